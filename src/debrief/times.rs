//! When what a responder is measured by was reached, and by which entry: acknowledged, first update, mitigated, root cause.
//! Gives no points.

use serde::Serialize;

use super::claim::Judged;
use super::course;
use super::entries::{self, EntryRef};
use super::steps::{Effect, Step};
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::command::{Command, PagerAct};
use crate::sim::time::{SimTime, Span};
use crate::sim::world::WorldEventKind;

/// Something that was to be reached.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Milestone {
    /// When, if it was.
    #[serde(rename = "at_ms")]
    pub at: Option<SimTime>,
    /// How long after the page.
    #[serde(rename = "after_ms")]
    pub after: Option<Span>,
    /// The author's par.
    #[serde(rename = "par_ms")]
    pub par: Span,
    /// The entries that reached it.
    pub entries: Vec<EntryRef>,
    /// How, where that is not plain.
    pub how: String,
}

/// All milestones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The page was taken.
    pub acknowledged: Milestone,
    /// A post in the incident channel said what is affected.
    pub first_update: Milestone,
    /// Customers were harmed no more, and that held to the end.
    pub mitigated: Milestone,
    /// A claim named the root's component and mechanism, or the root was mended.
    pub root_cause: Milestone,
}

/// The milestones of a drill.
pub fn times(world: &World, records: &[Record<Entry>], claims: &[Judged], steps: &[Step]) -> Times {
    let par = world.plan().pack.scenario.par;
    let page = world.plan().page;
    let make = |at: Option<SimTime>, par: i64, entries: Vec<EntryRef>, how: String| Milestone {
        at,
        after: at.map(|at| at - page),
        par: Span(par),
        entries,
        how,
    };
    let trainee = world.trainee();
    let taken = first(records, |command| is_taken(world, command));
    let told = trainee.first_update.and_then(|at| {
        first(records, |command| {
            matches!(command, Command::SlackPost { .. })
        })
        .filter(|entry| entry.at == at)
        .or_else(|| {
            records
                .iter()
                .filter(|record| record.intent.at == at)
                .find(|record| matches!(entries::command(record), Some(Command::SlackPost { .. })))
                .map(EntryRef::of)
        })
    });
    let (root_at, root_entries, root_how) = root_cause(world, claims, steps);
    Times {
        acknowledged: make(
            trainee.acknowledged,
            par.acknowledge.millis,
            taken.into_iter().collect(),
            String::new(),
        ),
        first_update: make(
            trainee.first_update,
            par.first_update.millis,
            told.into_iter().collect(),
            String::new(),
        ),
        mitigated: make(
            course::mitigated_since(world.events()),
            par.mitigate.millis,
            decisive(steps),
            relapses(world),
        ),
        root_cause: make(root_at, par.root_cause.millis, root_entries, root_how),
    }
}

fn is_taken(world: &World, command: &Command) -> bool {
    matches!(command, Command::Pager { incident, act: PagerAct::Acknowledge }
        if *incident == world.plan().pack.scenario.page)
}

fn first(records: &[Record<Entry>], fits: impl Fn(&Command) -> bool) -> Option<EntryRef> {
    records
        .iter()
        .find(|record| entries::command(record).is_some_and(&fits))
        .map(EntryRef::of)
}

fn decisive(steps: &[Step]) -> Vec<EntryRef> {
    let decisive = steps.iter().filter(|step| step.is_decisive);
    decisive.map(|step| step.entry.clone()).take(3).collect()
}

/// The earlier of a claim that names the root, and the root's end.
fn root_cause(
    world: &World,
    claims: &[Judged],
    steps: &[Step],
) -> (Option<SimTime>, Vec<EntryRef>, String) {
    let named = claims.iter().find(|claim| claim.names_the_root());
    let mended = mended(world);
    match (named, mended) {
        (Some(claim), mended) if mended.is_none_or(|at| claim.entry.at <= at) => (
            Some(claim.entry.at),
            vec![claim.entry.clone()],
            "the claim names it".to_owned(),
        ),
        (_, Some(at)) => {
            let by = steps
                .iter()
                .rfind(|step| step.entry.at <= at && step.effect != Effect::Worse)
                .map(|step| step.entry.clone());
            (
                Some(at),
                by.into_iter().collect(),
                "it was mended before a claim named it".to_owned(),
            )
        }
        _ => (None, Vec::new(), String::new()),
    }
}

/// When the first root ended, if it had begun, ended after the page and stayed away.
fn mended(world: &World) -> Option<SimTime> {
    let root = world.plan().pack.scenario.answer.roots.first()?;
    let mut ended = None;
    for event in world.events() {
        if let WorldEventKind::Fault { name, active } = &event.kind
            && name == root
        {
            ended = (!active && event.at > world.plan().page).then_some(event.at);
        }
    }
    ended
}

/// How often it came back.
fn relapses(world: &World) -> String {
    match relapse_count(world) {
        0 => String::new(),
        1 => "it came back once on the way".to_owned(),
        times => format!("it came back {times} times on the way"),
    }
}

/// How often the drill relapsed.
pub fn relapse_count(world: &World) -> usize {
    use crate::sim::world::trainee::DrillState;
    world
        .events()
        .iter()
        .filter(|event| event.kind == WorldEventKind::Drill(DrillState::Relapsed))
        .count()
}
