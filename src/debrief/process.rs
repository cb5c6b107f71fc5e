//! How the incident was gone about: taken before acting, changes announced, evidence kept, hints, wrong trails followed.
//! Reads the journal alone, and gives no points.

use std::collections::BTreeSet;

use serde::Serialize;

use super::claim::revealed_by;
use super::entries::{self, EntryRef, command};
use super::steps::{Effect, Step};
use super::times::relapse_count;
use super::words::Said;
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::command::{Command, DrillAct, KafkaCommand, PagerAct};
use crate::sim::kubernetes::KubeCommand;
use crate::sim::plan::Plan;
use crate::sim::time::Span;
use crate::sim::world::trainee::{DrillState, Ending};

/// A change is announced by a post that names what is changed, at most so long before it.
pub const ANNOUNCED_BEFORE: Span = Span::from_mins(10);
/// Or so long after it.
pub const ANNOUNCED_AFTER: Span = Span::from_mins(2);

/// How it was gone about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Process {
    /// The page was taken before anything was changed.
    pub taken_first: bool,
    /// The entry that took it, or the first change before it was taken.
    pub taken_by: Vec<EntryRef>,
    /// Changes of the estate.
    pub acting: usize,
    /// Changes that were announced.
    pub announced: Vec<EntryRef>,
    /// Changes that were not.
    pub unannounced: Vec<EntryRef>,
    /// Pieces of evidence that show something of the incident.
    pub pins: Vec<EntryRef>,
    /// The page was resolved, and it did not come back.
    pub held: bool,
    /// The entry that resolved it.
    pub resolved_by: Vec<EntryRef>,
    /// How often it came back.
    pub relapses: usize,
    /// Hints taken.
    pub hints: Vec<Hint>,
}

/// A hint that was taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hint {
    /// Its cost in points.
    pub cost: u32,
    /// What it said.
    pub says: String,
    /// The entry that took it.
    pub entry: Option<EntryRef>,
}

/// How a drill was gone about.
pub fn process(world: &World, records: &[Record<Entry>]) -> Process {
    let page = &world.plan().pack.scenario.page;
    let of_page = |wanted: PagerAct| {
        records.iter().find(move |record| {
            matches!(command(record), Some(Command::Pager { incident, act }) if incident == page && *act == wanted)
        })
    };
    let taken = of_page(PagerAct::Acknowledge);
    let acting: Vec<&Record<Entry>> = records
        .iter()
        .filter(|record| command(record).is_some_and(entries::is_acting))
        .collect();
    let early = acting
        .iter()
        .find(|record| taken.is_none_or(|taken| taken.intent.number > record.intent.number));
    let posts: Vec<(&Record<Entry>, Said)> = records
        .iter()
        .filter_map(|record| match command(record)? {
            Command::SlackPost { channel, text, .. }
                if *channel == world.plan().pack.estate.incident_channel =>
            {
                Some((record, Said::of(text)))
            }
            _ => None,
        })
        .collect();
    let (announced, unannounced): (Vec<_>, Vec<_>) = acting
        .iter()
        .partition(|record| is_announced(world.plan(), record, &posts));
    let relapses = relapse_count(world);
    let resolved = matches!(
        world.drill(),
        DrillState::Resolved | DrillState::Ended(Ending::Resolved)
    ) && world.trainee().resolved.is_some();
    Process {
        taken_first: taken.is_some() && early.is_none(),
        taken_by: early
            .copied()
            .or(taken)
            .map(EntryRef::of)
            .into_iter()
            .collect(),
        acting: acting.len(),
        announced: announced.into_iter().map(EntryRef::of).collect(),
        unannounced: unannounced.into_iter().map(EntryRef::of).collect(),
        pins: pins(world, records),
        held: resolved && relapses == 0,
        resolved_by: of_page(PagerAct::Resolve)
            .map(EntryRef::of)
            .into_iter()
            .collect(),
        relapses,
        hints: hints(world, records),
    }
}

fn is_announced(plan: &Plan, record: &Record<Entry>, posts: &[(&Record<Entry>, Said)]) -> bool {
    let targets = command(record).map_or_else(Vec::new, |command| targets(plan, command));
    let at = record.intent.at;
    posts.iter().any(|(post, said)| {
        post.intent.at + ANNOUNCED_BEFORE >= at
            && post.intent.at <= at + ANNOUNCED_AFTER
            && targets.iter().any(|target| said.has(target))
    })
}

/// What a command acts on, as people call it: services, topics, groups, servers, flags.
pub fn targets(plan: &Plan, command: &Command) -> Vec<String> {
    match command {
        Command::Kubernetes(command) => {
            let name = object_of(command);
            vec![service_of(plan, name).unwrap_or(name).to_owned()]
        }
        Command::Kafka(KafkaCommand::ResetOffsets { group, topic, .. }) => {
            vec![group.clone(), topic.clone()]
        }
        Command::Kafka(
            KafkaCommand::AlterTopic { topic, .. } | KafkaCommand::DeleteTopic { topic },
        ) => vec![topic.clone()],
        Command::ValkeyFlush { server } => vec![server.clone()],
        Command::Ship { service } => vec![service.clone()],
        Command::SetFlag { flag, .. } => vec![flag.clone()],
        _ => Vec::new(),
    }
}

fn object_of(command: &KubeCommand) -> &str {
    use KubeCommand as K;
    match command {
        K::SetEnv { target, .. }
        | K::SetImage { target, .. }
        | K::SetResources { target, .. }
        | K::Scale { target, .. }
        | K::RolloutRestart { target }
        | K::RolloutUndo { target, .. }
        | K::RolloutPause { target }
        | K::RolloutResume { target }
        | K::Delete { target, .. }
        | K::Evict { target }
        | K::Patch { target, .. }
        | K::ReplaceManifest { target, .. }
        | K::Label { target, .. }
        | K::Annotate { target, .. }
        | K::Autoscale { target, .. } => &target.name,
        K::Cordon { node } | K::Uncordon { node } | K::Drain { node } | K::Taint { node, .. } => {
            node
        }
        K::CreateConfigMap { name, .. }
        | K::CreateJob { name, .. }
        | K::CreateNamespace { name } => name,
    }
}

/// The service that an object belongs to: the longest name that the object's begins with.
fn service_of<'a>(plan: &'a Plan, object: &str) -> Option<&'a str> {
    plan.services
        .iter()
        .map(|service| service.name.as_str())
        .filter(|name| {
            object
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
        .max_by_key(|name| name.len())
}

fn pins(world: &World, records: &[Record<Entry>]) -> Vec<EntryRef> {
    let mut known = BTreeSet::new();
    records
        .iter()
        .filter(|record| match command(record) {
            Some(Command::Drill(DrillAct::Pin { artifact, .. })) => {
                world.trainee().pins.contains_key(artifact)
                    && !revealed_by(world, artifact).is_empty()
                    && known.insert(artifact.clone())
            }
            _ => false,
        })
        .map(EntryRef::of)
        .collect()
}

fn hints(world: &World, records: &[Record<Entry>]) -> Vec<Hint> {
    world
        .trainee()
        .hints
        .iter()
        .filter_map(|number| {
            let (_, hint) = world.plan().hint(*number)?;
            let taken = records.iter().find(|record| {
                matches!(command(record), Some(Command::Drill(DrillAct::Hint { number: of })) if of == number)
            });
            Some(Hint {
                cost: hint.cost,
                says: hint.says.clone(),
                entry: taken.map(EntryRef::of),
            })
        })
        .collect()
}

/// A wrong explanation, and whether it was followed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trail {
    /// The explanation.
    pub says: String,
    /// Why it is wrong.
    pub because: String,
    /// Whether something that supports it was on screen.
    pub was_seen: bool,
    /// Whether something that refutes it was.
    pub was_refuted: bool,
    /// Entries that followed it: a claim or a hypothesis that names what it blames, a step on it that did not help.
    pub followed: Vec<EntryRef>,
    /// Where what refutes it was to be seen.
    pub refuted_at: Vec<super::places::Sight>,
}

/// The wrong trails of a scenario.
pub fn trails(world: &World, records: &[Record<Entry>], steps: &[Step]) -> Vec<Trail> {
    let scenario = &world.plan().pack.scenario;
    let trainee = world.trainee();
    let seen: BTreeSet<usize> = trainee.herrings.keys().map(|id| id.index()).collect();
    let refuted: BTreeSet<usize> = trainee.refuted.keys().map(|id| id.index()).collect();
    scenario
        .red_herrings
        .values()
        .enumerate()
        .map(|(index, herring)| Trail {
            says: herring.says.clone(),
            because: herring.because.clone(),
            was_seen: seen.contains(&index),
            was_refuted: refuted.contains(&index),
            followed: herring.blames.as_ref().map_or_else(Vec::new, |blamed| {
                followed(world.plan(), records, steps, blamed)
            }),
            refuted_at: herring
                .refuted_by
                .iter()
                .map(|artifact| super::places::sight(world, artifact))
                .collect(),
        })
        .collect()
}

fn followed(plan: &Plan, records: &[Record<Entry>], steps: &[Step], blamed: &str) -> Vec<EntryRef> {
    let right = &plan.pack.scenario.answer.components;
    let useless = |record: &Record<Entry>| {
        steps.iter().any(|step| {
            step.entry.record == record.intent.number
                && matches!(step.effect, Effect::Nothing | Effect::Worse)
        })
    };
    records
        .iter()
        .filter(|record| match command(record) {
            Some(Command::Drill(DrillAct::Claim(claim))) => names(&claim.component, blamed, right),
            Some(Command::Drill(DrillAct::Hypothesis(hypothesis))) => {
                !hypothesis.rejected && names(&hypothesis.component, blamed, right)
            }
            Some(command) if entries::is_acting(command) => {
                useless(record) && targets(plan, command).iter().any(|target| target == blamed)
            }
            _ => false,
        })
        .map(EntryRef::of)
        .take(4)
        .collect()
}

/// Whether a component that was named is the blamed one and not a right one.
fn names(component: &str, blamed: &str, right: &[String]) -> bool {
    let said = Said::of(component);
    said.has(blamed) && !right.iter().any(|right| said.has(right))
}
