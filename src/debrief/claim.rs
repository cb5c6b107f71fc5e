//! The claim against the causal graph: component, mechanism, why now, the way in between, and what the evidence shows.
//! Gives no points.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entries::EntryRef;
use super::words::Said;
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::command::{Claim, Command, DrillAct};
use crate::sim::plan::Plan;

/// Who names more services than this as the component names none.
const MOST_COMPONENTS: usize = 2;

/// A claim, compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The entry that handed it in.
    pub entry: EntryRef,
    /// The component as it was named.
    pub component: String,
    /// The mechanism as it was put.
    pub mechanism: String,
    /// Why now, as it was put.
    pub why_now: String,
    /// Whether the component is right.
    pub component_is_right: bool,
    /// Whether the mechanism is.
    pub mechanism_is_right: bool,
    /// Whether it says why now.
    pub why_now_is_right: bool,
    /// Faults of the path and further roots that it names, the first root left out.
    pub names: BTreeSet<String>,
    /// Faults of the path and roots that its evidence shows.
    pub shows: BTreeSet<String>,
    /// Pieces of evidence it gives that show nothing of the path.
    pub beside_the_point: usize,
}

impl Judged {
    /// Whether component and mechanism of the first root are named.
    pub const fn names_the_root(&self) -> bool {
        self.component_is_right && self.mechanism_is_right
    }
}

/// The faults that a claim is asked about: the path, then the further roots.
pub fn asked(plan: &Plan) -> Vec<&str> {
    plan.hinted_faults()
}

/// Compares a claim. Pins count as its evidence when it gives none of its own.
pub fn judge(world: &World, record: &Record<Entry>, claim: &Claim) -> Judged {
    let plan = world.plan();
    let answer = &plan.pack.scenario.answer;
    let (component, mechanism) = (
        Said::of(&claim.component),
        join(&[&claim.component, &claim.mechanism]),
    );
    let why_now = join(&[&claim.why_now, &claim.mechanism]);
    let whole = join(&[&claim.component, &claim.mechanism, &claim.why_now]);
    let services = plan
        .services
        .iter()
        .filter(|service| component.has(&service.name));
    let named = answer.components.iter().any(|right| component.has(right));
    let names = asked(plan)
        .into_iter()
        .skip(1)
        .filter(|fault| {
            answer
                .path_words
                .get(*fault)
                .is_some_and(|lists| whole.has_one_of_each(lists))
        })
        .map(str::to_owned)
        .collect();
    let evidence: Vec<&String> = if claim.evidence.is_empty() {
        world.trainee().pins.keys().collect()
    } else {
        claim.evidence.iter().collect()
    };
    let (shows, beside_the_point) = shown_by(world, &evidence);
    Judged {
        entry: EntryRef::of(record),
        component: claim.component.clone(),
        mechanism: claim.mechanism.clone(),
        why_now: claim.why_now.clone(),
        component_is_right: named && services.count() <= MOST_COMPONENTS,
        mechanism_is_right: mechanism.has_one_of_each(&answer.mechanism_words),
        why_now_is_right: why_now.has_one_of_each(&answer.why_now_words),
        names,
        shows,
        beside_the_point,
    }
}

fn join(texts: &[&str]) -> Said {
    Said::of(&texts.join(" \u{2014} "))
}

/// The faults asked about that artifacts show, and how many artifacts show none of them.
fn shown_by(world: &World, artifacts: &[&String]) -> (BTreeSet<String>, usize) {
    let asked: BTreeSet<&str> = asked(world.plan()).into_iter().collect();
    let mut shows = BTreeSet::new();
    let mut others = 0;
    for artifact in artifacts {
        let revealed: Vec<String> = revealed_by(world, artifact)
            .into_iter()
            .filter(|fault| asked.contains(fault.as_str()))
            .collect();
        if revealed.is_empty() {
            others += 1;
        }
        shows.extend(revealed);
    }
    (shows, others)
}

/// The faults of which an artifact shows a clue.
pub fn revealed_by(world: &World, artifact: &str) -> Vec<String> {
    let clues: Vec<_> = world.plan().pack.scenario.clues.values().collect();
    world
        .clues_of(artifact)
        .into_iter()
        .filter_map(|clue| clues.get(clue.index()))
        .map(|clue| clue.reveals.clone())
        .collect()
}

/// Every claim of a drill, compared, oldest first.
pub fn all(world: &World, records: &[Record<Entry>]) -> Vec<Judged> {
    records
        .iter()
        .filter_map(|record| match super::entries::command(record)? {
            Command::Drill(DrillAct::Claim(claim)) => Some(judge(world, record, claim)),
            _ => None,
        })
        .collect()
}

/// How a fault was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// No clue of it was on screen.
    Missed,
    /// A clue of it was on screen.
    Seen,
    /// A clue of it was kept as evidence.
    Pinned,
    /// The claim names it.
    Named,
}

/// How each fault was found, by name.
pub fn found(world: &World, claim: Option<&Judged>) -> BTreeMap<String, Found> {
    let plan = world.plan();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut raise = |fault: &str, how: Found| {
        let known = found.entry(fault.to_owned()).or_insert(how);
        *known = how.max(*known);
    };
    let clues: Vec<_> = plan.pack.scenario.clues.values().collect();
    for clue in world.trainee().clues.keys() {
        if let Some(clue) = clues.get(clue.index()) {
            raise(&clue.reveals, Found::Seen);
        }
    }
    for artifact in world.trainee().pins.keys() {
        for fault in revealed_by(world, artifact) {
            raise(&fault, Found::Pinned);
        }
    }
    if let Some(claim) = claim {
        claim
            .shows
            .iter()
            .for_each(|fault| raise(fault, Found::Pinned));
        claim
            .names
            .iter()
            .for_each(|fault| raise(fault, Found::Named));
        if claim.names_the_root()
            && let Some(root) = plan.pack.scenario.answer.roots.first()
        {
            raise(root, Found::Named);
        }
    }
    for fault in plan.names.faults.keys() {
        raise(fault, Found::Missed);
    }
    found
}
