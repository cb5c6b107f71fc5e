//! Debrief: scoring, report and what-if, as pure functions of a drill. Never changes anything, and no door.
//!
//! What it reads is the world at the end, the journal's records and the plan. What it says is plain data ([`Debrief`]) and
//! the same as sections of blocks ([`page::sections`]) for every door. `docs/scoring.md` has the formulas.

pub mod claim;
pub mod course;
pub mod drawing;
pub mod entries;
pub mod graph;
pub mod page;
pub mod places;
pub mod process;
pub mod score;
pub mod steps;
pub mod story;
pub mod text;
pub mod times;
pub mod words;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use self::claim::{Found, Judged};
use self::course::{Course, Courses};
use self::entries::EntryRef;
use self::graph::Graph;
use self::places::Sight;
use self::process::{Process, Trail};
use self::score::Score;
use self::steps::{Effect, Step, grouped, spoken};
use self::story::{Happening, Impact};
use self::times::Times;
use crate::session::Session;
use crate::session::entry::Entry;
use crate::session::journal::{Mode, Record};
use crate::sim::World;
use crate::sim::ids::ClueId;
use crate::sim::time::SimTime;
use crate::sim::world::trainee::{DrillState, Ending};

/// A drill that was played: what a debrief is made from.
#[derive(Clone, Copy, Debug)]
pub struct Played<'a> {
    /// The world as it is at the end.
    pub world: &'a World,
    /// What was done, in order.
    pub records: &'a [Record<Entry>],
    /// Whether it counts.
    pub mode: Mode,
}

impl<'a> Played<'a> {
    /// A session with its own journal.
    pub fn of(session: &'a Session) -> Self {
        Self {
            world: session.world(),
            records: session.journal().records(),
            mode: session.header().settings.mode,
        }
    }
}

/// The debrief of a drill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Debrief {
    /// The scenario's title.
    pub title: String,
    /// How it ended: `resolved`, `gave_up`, or `unfinished`.
    pub ending: String,
    /// How it ended, in one sentence.
    pub verdict: String,
    /// Resolved, with a claim that names the root.
    pub is_win: bool,
    /// It does not count.
    pub is_practice: bool,
    /// The instant of the page.
    #[serde(rename = "page_ms")]
    pub page: SimTime,
    /// The instant of the end.
    #[serde(rename = "end_ms")]
    pub end: SimTime,
    /// The score.
    pub score: Score,
    /// When what was reached.
    pub times: Times,
    /// The course of events, run on to the deadline.
    pub actual: Course,
    /// The course without a single command.
    pub nothing: Course,
    /// Value of a customer minute, and its currency.
    pub worth: Option<(f64, String)>,
    /// The claim that counts: the last one.
    pub claim: Option<Judged>,
    /// The causal graph with what was found.
    pub graph: Graph,
    /// Every clue of it.
    pub clues: Vec<Clue>,
    /// Wrong trails.
    pub trails: Vec<Trail>,
    /// What each acting step was worth.
    pub steps: Vec<Step>,
    /// Acting steps that were not tried without, because there were too many.
    pub untried: usize,
    /// How it was gone about.
    pub process: Process,
    /// What happened beside what the trainee did.
    pub story: Vec<Happening>,
    /// The impact over time.
    pub impact: Impact,
    /// What would have been better.
    pub what_ifs: Vec<WhatIf>,
    /// Why now: the author's sentence.
    pub why_now: String,
    /// The trainee's incident report.
    pub report: Option<String>,
}

/// A clue of the incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clue {
    /// The fault it reveals.
    pub reveals: String,
    /// What it tells.
    pub says: String,
    /// Whether it was seen or kept.
    pub found: Found,
    /// When it was first seen.
    #[serde(rename = "seen_ms")]
    pub seen: Option<SimTime>,
    /// Where it was to be seen.
    pub places: Vec<Sight>,
}

/// Something else that could have been done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// What.
    pub says: String,
    /// What it would have come to.
    pub course: Course,
}

/// The debrief of a drill, finished or not.
pub fn debrief(played: &Played<'_>) -> Debrief {
    let (world, records) = (played.world, played.records);
    let plan = world.plan();
    let scenario = &plan.pack.scenario;
    let courses = Courses::new(plan, world.seed(), records);
    let nothing = courses.nothing();
    let (actual, without) = courses.actual();
    let steps: Vec<Step> = without
        .iter()
        .map(|(record, tried)| steps::step(record, &actual, tried, &nothing))
        .collect();
    let claims = claim::all(world, records);
    let process = process::process(world, records);
    let times = times::times(world, records, &claims, &steps);
    let claim = claims.last().cloned();
    let score = score::score(&score::Basis {
        plan,
        times: &times,
        actual: &actual,
        nothing: &nothing,
        claim: claim.as_ref(),
        steps: &steps,
        process: &process,
    });
    let found = claim::found(world, claim.as_ref());
    let graph = graph::graph(world, &found);
    let is_win = world.drill() == DrillState::Ended(Ending::Resolved)
        && claim.as_ref().is_some_and(Judged::names_the_root);
    Debrief {
        title: scenario.title.clone(),
        ending: ending_word(world.drill()),
        verdict: verdict(world, claim.as_ref(), &actual, &nothing),
        is_win,
        is_practice: played.mode == Mode::Practice,
        page: plan.page,
        end: world.now(),
        clues: clues(world, &graph),
        trails: process::trails(world, records, &steps),
        untried: process.acting.saturating_sub(steps.len()),
        story: story::story(world, records, &steps, &graph),
        impact: story::impact(world, records, &actual, &nothing),
        what_ifs: what_ifs(&courses, &steps, scenario),
        why_now: scenario.answer.why_now.clone(),
        report: world.trainee().report.clone(),
        worth: scenario.worth.clone(),
        score,
        times,
        actual,
        nothing,
        claim,
        graph,
        steps,
        process,
    }
}

fn ending_word(state: DrillState) -> String {
    let DrillState::Ended(ending) = state else {
        return "unfinished".to_owned();
    };
    serde_json::to_value(ending)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn verdict(world: &World, claim: Option<&Judged>, actual: &Course, nothing: &Course) -> String {
    let after = spoken(world.now() - world.plan().page);
    let right = claim.is_some_and(Judged::names_the_root);
    let ended = match world.drill() {
        DrillState::Ended(Ending::Resolved) if right => {
            format!("Resolved after {after}, with the right cause.")
        }
        DrillState::Ended(Ending::Resolved) => {
            format!("Resolved after {after}, but the claim does not name the cause.")
        }
        DrillState::Ended(Ending::HandedOver) => format!("Handed over after {after}."),
        DrillState::Ended(Ending::DeadlinePassed) => {
            "The time was up before it was resolved.".to_owned()
        }
        DrillState::Ended(Ending::MadeWorse) => format!("It was made much worse after {after}."),
        DrillState::Ended(Ending::GaveUp) => format!("Given up after {after}."),
        _ => format!("Not finished; {after} played."),
    };
    let saved = nothing.harm.customer_minutes - actual.harm.customer_minutes;
    if saved >= 1.0 {
        format!(
            "{ended} {} customer minutes were saved against doing nothing.",
            grouped(saved)
        )
    } else {
        format!("{ended} No customer minute was saved against doing nothing.")
    }
}

fn clues(world: &World, graph: &Graph) -> Vec<Clue> {
    let trainee = world.trainee();
    let seen: BTreeMap<usize, SimTime> = trainee
        .clues
        .iter()
        .map(|(id, at)| (id.index(), *at))
        .collect();
    let pinned: Vec<usize> = trainee
        .pins
        .keys()
        .flat_map(|artifact| world.clues_of(artifact))
        .map(ClueId::index)
        .collect();
    let clues = world.plan().pack.scenario.clues.values().enumerate();
    clues
        .filter(|(_, clue)| {
            graph
                .nodes
                .iter()
                .any(|node| node.fault == clue.reveals && (node.is_asked || node.began.is_some()))
        })
        .map(|(index, clue)| Clue {
            reveals: clue.reveals.clone(),
            says: clue.says.clone(),
            found: if pinned.contains(&index) {
                Found::Pinned
            } else if seen.contains_key(&index) {
                Found::Seen
            } else {
                Found::Missed
            },
            seen: seen.get(&index).copied(),
            places: clue
                .shown_by
                .iter()
                .map(|artifact| places::sight(world, artifact))
                .collect(),
        })
        .collect()
}

fn what_ifs(
    courses: &Courses<'_>,
    steps: &[Step],
    scenario: &crate::scenario::format::scenario::Scenario,
) -> Vec<WhatIf> {
    let mut all: Vec<WhatIf> = scenario
        .answer
        .remedies
        .iter()
        .map(|remedy| WhatIf {
            says: format!("Had you {} at the page", remedy.says),
            course: courses.supposing(&remedy.does),
        })
        .collect();
    let own: Vec<&Step> = steps
        .iter()
        .filter(|step| step.effect == Effect::Helped || step.is_decisive)
        .collect();
    if !own.is_empty() {
        let numbers: Vec<u64> = own.iter().map(|step| step.entry.record).collect();
        let list: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
        all.push(WhatIf {
            says: format!("Had you done what helped ({}) at the page", list.join(", ")),
            course: courses.at_once(&numbers),
        });
    }
    all
}

impl Debrief {
    /// What lists and title screens show of a drill without playing it again.
    pub fn summary(&self) -> Map<String, Value> {
        let value = serde_json::json!({
            "points": self.score.points,
            "out_of": self.score.out_of,
            "win": self.is_win,
            "practice": self.is_practice,
            "acknowledged_ms": self.times.acknowledged.after,
            "first_update_ms": self.times.first_update.after,
            "mitigated_ms": self.times.mitigated.after,
            "root_cause_ms": self.times.root_cause.after,
            "customer_minutes": self.actual.harm.customer_minutes.round(),
            "customer_minutes_doing_nothing": self.nothing.harm.customer_minutes.round(),
        });
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The entries that points name, for tests and links.
    pub fn named_entries(&self) -> Vec<&EntryRef> {
        let items = self.score.parts.iter().flat_map(|part| &part.items);
        items.flat_map(|item| &item.entries).collect()
    }
}
