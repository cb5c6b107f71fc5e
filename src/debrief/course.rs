//! Courses: the drill's commands run again over the same scenario and seed, as they were, without one of them, or without
//! all. Never looks at who did what: it compares what the worlds came to.
//!
//! Every course runs on to the scenario's deadline, whatever ended the drill, so that their losses can be compared and an
//! early end saves nothing. Looks and calls are left out: they change what the trainee knows, not the estate.

use std::sync::Arc;

use serde::Serialize;

use super::entries;
use crate::scenario::format::change::Change;
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::World;
use crate::sim::command::Command;
use crate::sim::ids::{GroupId, StockId};
use crate::sim::plan::Plan;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::WorldEvent;
use crate::sim::world::WorldEventKind;
use crate::sim::world::trainee::{DrillState, Ending};

/// So many acting commands are tried without, the first ones.
pub const MOST_WITHOUT: usize = 16;

/// What a course came to at the deadline, counted from the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Harm {
    /// Customer minutes lost.
    pub customer_minutes: f64,
    /// What else was lost, in one order for all courses of a scenario.
    pub losses: Vec<Loss>,
    /// Messages that wait to be worked off at the end: late, not lost.
    pub backlog: u64,
}

/// Something that was lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// What.
    pub what: String,
    /// How much, since the page.
    pub amount: f64,
}

/// One course of events.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Course {
    /// What it came to.
    pub harm: Harm,
    /// Customer minutes lost since the page, at each whole minute.
    #[serde(skip)]
    pub minutes: Vec<(SimTime, f64)>,
    /// Since when customers were harmed no more, if that held to the end.
    #[serde(rename = "mitigated_at_ms")]
    pub mitigated: Option<SimTime>,
    /// Records that the world refused in this course though it took them in the drill.
    #[serde(skip)]
    pub refused: Vec<u64>,
}

/// A step that was tried otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tried {
    /// The drill without it.
    pub without: Course,
    /// It alone, at its time, with the edits of the clones; left out where nothing but it was done.
    pub alone: Option<Course>,
}

/// The courses of one drill.
pub struct Courses<'a> {
    base: World,
    commands: Vec<(&'a Record<Entry>, &'a Command)>,
    horizon: SimTime,
    before: Vec<f64>,
}

impl<'a> Courses<'a> {
    /// The courses of a drill: its plan and seed, and its journal's records.
    pub fn new(plan: &Arc<Plan>, seed: u64, records: &'a [Record<Entry>]) -> Self {
        let base = World::open(Arc::clone(plan), seed).endless();
        let commands = records
            .iter()
            .filter_map(|record| Some((record, entries::command(record)?)))
            .filter(|(_, command)| changes_the_estate(command))
            .collect();
        Self {
            horizon: plan.deadline,
            before: amounts(&base),
            base,
            commands,
        }
    }

    /// The world at the page.
    pub const fn at_page(&self) -> &World {
        &self.base
    }

    /// The course without a single command.
    pub fn nothing(&self) -> Course {
        self.finish(self.base.clone(), Vec::new())
    }

    /// The course with changes at the page and nothing else.
    pub fn supposing(&self, changes: &[Change]) -> Course {
        let mut world = self.base.clone();
        for change in changes {
            world.suppose(change);
        }
        self.finish(world, Vec::new())
    }

    /// The course in which some of the drill's commands come at the page, a second apart, and no other does.
    pub fn at_once(&self, records: &[u64]) -> Course {
        let mut world = self.base.clone();
        let mut refused = Vec::new();
        // Edits in the clones belong to what ships them.
        let chosen = self.commands.iter().filter(|(record, command)| {
            records.contains(&record.intent.number) || matches!(command, Command::Repository { .. })
        });
        for (record, command) in chosen {
            let next = world.now() + Span::from_secs(1);
            world.advance_to(next);
            if world.apply(command).is_err() {
                refused.push(record.intent.number);
            }
        }
        self.finish(world, refused)
    }

    /// The course as it was, and for each of the first acting commands the courses without it and with it alone.
    pub fn actual(&self) -> (Course, Vec<(&'a Record<Entry>, Tried)>) {
        let mut world = self.base.clone();
        let mut refused = Vec::new();
        let mut without = Vec::new();
        let acting = self.commands.iter();
        let acting = acting
            .filter(|(_, command)| entries::is_acting(command))
            .count();
        for (index, (record, command)) in self.commands.iter().enumerate() {
            world.advance_to(record.intent.at);
            if entries::is_acting(command) && without.len() < MOST_WITHOUT {
                let later = self.commands.get(index + 1..).unwrap_or_default();
                let tried = Tried {
                    without: self.go_on(world.clone(), later),
                    alone: (acting > 1).then(|| self.alone(record.intent.number)),
                };
                without.push((*record, tried));
            }
            if world.apply(command).is_err() {
                refused.push(record.intent.number);
            }
        }
        (self.finish(world, refused), without)
    }

    fn alone(&self, number: u64) -> Course {
        let chosen: Vec<_> = self
            .commands
            .iter()
            .filter(|(record, command)| {
                record.intent.number == number || !entries::is_acting(command)
            })
            .copied()
            .collect();
        self.go_on(self.base.clone(), &chosen)
    }

    fn go_on(&self, mut world: World, later: &[(&Record<Entry>, &Command)]) -> Course {
        let mut refused = Vec::new();
        for (record, command) in later {
            world.advance_to(record.intent.at);
            if world.apply(command).is_err() {
                refused.push(record.intent.number);
            }
        }
        self.finish(world, refused)
    }

    fn finish(&self, mut world: World, refused: Vec<u64>) -> Course {
        world.advance_to(self.horizon);
        let losses = names(world.plan())
            .into_iter()
            .zip(amounts(&world))
            .zip(&self.before)
            .map(|((what, amount), before)| Loss {
                what,
                amount: amount - before,
            });
        Course {
            harm: Harm {
                customer_minutes: world.loss().total(),
                losses: losses.collect(),
                backlog: backlog(&world),
            },
            minutes: world.loss().minutes().collect(),
            mitigated: mitigated_since(world.events()),
            refused,
        }
    }
}

/// Whether a command can change what a course comes to: what concerns the drill alone cannot.
const fn changes_the_estate(command: &Command) -> bool {
    !matches!(command, Command::Drill(_))
}

fn names(plan: &Plan) -> Vec<String> {
    let groups = plan.groups.iter();
    let expired = groups
        .clone()
        .map(|group| format!("messages gone before {} read them", group.name));
    let skipped = groups.map(|group| format!("messages that {} was made to skip", group.name));
    let scenario = &plan.pack.scenario;
    let stocks = scenario
        .stocks
        .values()
        .filter(|stock| stock.lost.is_some())
        .map(|stock| lower_first(&stock.says));
    let keys = plan
        .pack
        .estate
        .valkey
        .keys()
        .map(|server| format!("keys deleted from {server}"));
    expired.chain(skipped).chain(stocks).chain(keys).collect()
}

fn amounts(world: &World) -> Vec<f64> {
    let plan = world.plan();
    let ids = (0..plan.groups.len()).map(|index| GroupId(index as u32));
    let expired = ids.map(|id| world.expired(id) as f64);
    let skipped = world.groups().iter().map(|group| group.skipped() as f64);
    let stocks = plan.pack.scenario.stocks.values().enumerate();
    let lost = stocks
        .filter(|(_, stock)| stock.lost.is_some())
        .map(|(index, _)| world.stock(StockId(index as u32)));
    let keys = world.valkey().iter().map(|server| server.deleted as f64);
    expired.chain(skipped).chain(lost).chain(keys).collect()
}

fn backlog(world: &World) -> u64 {
    (0..world.plan().groups.len())
        .map(|index| world.lag(GroupId(index as u32)))
        .sum()
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// Since when a drill has been mitigated or resolved at the end of its events; `None` when it is not.
pub fn mitigated_since(events: &[WorldEvent]) -> Option<SimTime> {
    let mut since = None;
    for event in events {
        if let WorldEventKind::Drill(state) = event.kind {
            match state {
                DrillState::Mitigated
                | DrillState::Resolved
                | DrillState::Ended(Ending::Resolved) => {
                    since.get_or_insert(event.at);
                }
                // How it ended says nothing about the customers.
                DrillState::Ended(_) => {}
                _ => since = None,
            }
        }
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: i64, state: DrillState) -> WorldEvent {
        WorldEvent {
            at: SimTime(second * 1000),
            kind: WorldEventKind::Drill(state),
        }
    }

    #[test]
    fn only_what_holds_to_the_end_is_mitigated() {
        let mut events = vec![
            event(1, DrillState::Investigating),
            event(2, DrillState::Mitigated),
        ];
        assert_eq!(mitigated_since(&events), Some(SimTime(2000)));
        events.push(event(3, DrillState::Relapsed));
        assert_eq!(mitigated_since(&events), None);
        events.push(event(4, DrillState::Mitigated));
        events.push(event(5, DrillState::Resolved));
        events.push(event(6, DrillState::Ended(Ending::HandedOver)));
        assert_eq!(mitigated_since(&events), Some(SimTime(4000)));
    }

    #[test]
    fn texts_can_stand_in_a_sentence() {
        assert_eq!(lower_first("Orders that"), "orders that");
        assert_eq!(lower_first(""), "");
    }
}
