//! What really happened beside what the trainee did, and the impact over time. Tells, never judges.

use serde::Serialize;

use super::course::Course;
use super::entries::{self, EntryRef, command};
use super::graph;
use super::steps::{Effect, Step, grouped};
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::command::{Command, DrillAct};
use crate::sim::git::command::RepoCommand;
use crate::sim::ids::TopicId;
use crate::sim::partitions::share;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::WorldEventKind;
use crate::sim::world::consumers::{Gap, Group};
use crate::sim::world::kafka::TopicLog;
use crate::sim::world::trainee::DrillState;

/// The most entries of a story.
const MOST: usize = 160;
/// The shortest stretch that the impact is shown over.
const SHORTEST_IMPACT: Span = Span::from_mins(30);

/// Whose doing something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It happened in the world.
    World,
    /// The trainee did or saw it.
    Trainee,
}

/// How something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Good.
    Good,
    /// Missed, or could have been better.
    Missed,
    /// Bad.
    Bad,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Happening {
    /// When.
    #[serde(rename = "at_ms")]
    pub at: SimTime,
    /// Whose doing.
    pub side: Side,
    /// What.
    pub what: String,
    /// How it went.
    pub tone: Tone,
    /// The journal's record, for what the trainee did.
    pub record: Option<u64>,
}

/// The story of a drill, oldest first.
pub fn story(
    world: &World,
    records: &[Record<Entry>],
    steps: &[Step],
    graph: &graph::Graph,
) -> Vec<Happening> {
    let mut all = world_side(world, graph);
    all.extend(expiries(world));
    all.extend(records.iter().filter_map(|record| deed(record, steps)));
    all.extend(sights(world));
    all.sort_by_key(|happening| {
        (
            happening.at,
            happening.side == Side::Trainee,
            happening.record,
        )
    });
    all.truncate(MOST);
    all
}

fn happening(at: SimTime, what: String, tone: Tone) -> Happening {
    Happening {
        at,
        side: Side::World,
        what,
        tone,
        record: None,
    }
}

/// Faults of the graph that began and ended, alerts and states of the drill since the page.
fn world_side(world: &World, graph: &graph::Graph) -> Vec<Happening> {
    let page = world.plan().page;
    let is_member = |name: &str| graph.nodes.iter().any(|node| node.fault == name);
    world
        .events()
        .iter()
        .filter_map(|event| match &event.kind {
            WorldEventKind::Fault { name, active } if is_member(name) => {
                let says = graph::says(world.plan(), name);
                Some(if *active {
                    happening(event.at, format!("begins: {says}"), Tone::Bad)
                } else {
                    happening(event.at, format!("ends: {says}"), Tone::Good)
                })
            }
            WorldEventKind::Drill(state) if event.at >= page => {
                let (what, tone) = state_words(*state)?;
                Some(happening(event.at, what.to_owned(), tone))
            }
            _ => None,
        })
        .collect()
}

const fn state_words(state: DrillState) -> Option<(&'static str, Tone)> {
    match state {
        DrillState::Mitigated => Some(("customers are served again", Tone::Good)),
        DrillState::Resolved => Some(("what counts as resolved holds", Tone::Good)),
        DrillState::Relapsed => Some(("it is back: relapsed", Tone::Bad)),
        _ => None,
    }
}

/// Segments that were deleted while a group had not read them.
fn expiries(world: &World) -> Vec<Happening> {
    let plan = world.plan();
    let mut found = Vec::new();
    for (index, topic) in plan.topics.iter().enumerate() {
        let id = TopicId(index as u32);
        let Some(log) = world.topics().get(index) else {
            continue;
        };
        for (at, start) in &log.deletions {
            let names: Vec<&str> = plan
                .groups
                .iter()
                .zip(world.groups())
                .filter(|(group, state)| group.topic == id && missed(state, log, *start))
                .map(|(group, _)| group.name.as_str())
                .collect();
            if names.is_empty() {
                continue;
            }
            found.push(happening(
                *at,
                format!(
                    "a segment of {} expires: it begins at offset {} now ({} had not read all that is gone)",
                    topic.name,
                    grouped(*start as f64),
                    names.join(", ")
                ),
                Tone::Bad,
            ));
        }
    }
    found
}

/// Whether a group lost messages when a topic began at an offset: it stands before it still, or found the gap later.
fn missed(group: &Group, log: &TopicLog, start: u64) -> bool {
    let of = group.partitions.len() as u32;
    let start = |number| share(start, number, of);
    let mut numbered = group.with(log).zip(0..);
    let stands = numbered.any(|((progress, log), number)| progress.past(log) < start(number));
    let found = |gap: &Gap| gap.expected < start(gap.partition) && start(gap.partition) <= gap.got;
    stands || group.gaps.iter().any(found)
}

fn deed(record: &Record<Entry>, steps: &[Step]) -> Option<Happening> {
    let at = record.intent.at;
    let entry = EntryRef::of(record);
    let tone = steps
        .iter()
        .find(|step| step.entry.record == entry.record)
        .map_or(Tone::Plain, |step| match step.effect {
            Effect::Helped => Tone::Good,
            Effect::Spare => Tone::Plain,
            Effect::Nothing => Tone::Missed,
            Effect::Mixed | Effect::Worse => Tone::Bad,
        });
    let told = match command(record)? {
        Command::Drill(DrillAct::Pin { .. } | DrillAct::Unpin { .. } | DrillAct::Note(_)) => false,
        Command::Repository { command, .. } => matches!(
            command,
            RepoCommand::Write { .. } | RepoCommand::Commit { .. } | RepoCommand::Revert { .. }
        ),
        _ => true,
    };
    told.then(|| Happening {
        at,
        side: Side::Trainee,
        what: entry.what.clone(),
        tone,
        record: Some(entry.record),
    })
}

/// The first sight of each clue of a fault that was asked about.
fn sights(world: &World) -> Vec<Happening> {
    let asked = super::claim::asked(world.plan());
    let clues: Vec<_> = world.plan().pack.scenario.clues.values().collect();
    world
        .trainee()
        .clues
        .iter()
        .filter_map(|(id, at)| Some((clues.get(id.index())?, at)))
        .filter(|(clue, _)| asked.contains(&clue.reveals.as_str()))
        .map(|(clue, at)| Happening {
            at: *at,
            side: Side::Trainee,
            what: format!("saw: {}", clue.says),
            tone: Tone::Good,
            record: None,
        })
        .collect()
}

/// The impact over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Impact {
    /// The ends of the minutes.
    pub times: Vec<i64>,
    /// Customers harmed in each minute, as it was.
    pub actual: Vec<f64>,
    /// The same, had nothing been done.
    pub nothing: Vec<f64>,
    /// What the trainee changed.
    pub marks: Vec<EntryRef>,
}

/// The impact from the page to the end of the drill.
pub fn impact(
    world: &World,
    records: &[Record<Entry>],
    actual: &Course,
    nothing: &Course,
) -> Impact {
    let page = world.plan().page;
    let end = world.now().max(page + SHORTEST_IMPACT);
    let rates = |course: &Course| -> Vec<(i64, f64)> {
        let mut before = 0.0;
        course
            .minutes
            .iter()
            .map(|(at, total)| {
                let rate = total - before;
                before = *total;
                (at.millis(), rate)
            })
            .filter(|(at, _)| *at <= end.millis())
            .collect()
    };
    let (with, without) = (rates(actual), rates(nothing));
    Impact {
        times: with.iter().map(|(at, _)| *at).collect(),
        actual: with.into_iter().map(|(_, rate)| rate).collect(),
        nothing: without.into_iter().map(|(_, rate)| rate).collect(),
        marks: records
            .iter()
            .filter(|record| command(record).is_some_and(entries::is_acting))
            .map(EntryRef::of)
            .collect(),
    }
}
