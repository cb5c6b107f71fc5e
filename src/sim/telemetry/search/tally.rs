//! All matches of a search in turn, oldest leaf first, each made only as far as it is asked for: a number of lines of one
//! template, their pods, or the lines themselves. Works in slices. Never decides what a match is.

use super::scan::{InLeaf, Scratch, Work};
use super::{Budget, Plan, Search, cost};
use crate::scenario::format::telemetry::Level;
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::lines::LogLine;
use crate::sim::telemetry::logs::{LineId, LineKey, Log};
use crate::sim::telemetry::selection::{LineRef, Selection, find_scripted};

/// How far matches are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// How many lines of each template.
    Templates,
    /// How many lines of each template and pod.
    Pods,
    /// The lines.
    Lines,
}

/// How far a walk has come.
#[derive(Clone, Debug)]
pub struct Walk {
    next: LeafIndex,
    last: LeafIndex,
    /// The next leaf, as far as it has been searched.
    at: InLeaf,
    /// The last line of the next leaf that has been handed over.
    after: Option<LineKey>,
}

impl Walk {
    /// Everything has been seen.
    pub const fn is_done(&self) -> bool {
        self.next > self.last
    }
}

/// Matches.
#[derive(Clone, Copy, Debug)]
pub enum Matches<'a> {
    /// So many lines of one stream, all within a window that no cut divides.
    Many {
        /// Service.
        service: &'a str,
        /// The kind of line.
        name: &'a str,
        /// Level.
        level: Level,
        /// The pod, if asked for; empty for none.
        pod: &'a str,
        /// An instant of the window, in ms since the Unix epoch.
        at_ms: i64,
        /// How many.
        count: u64,
    },
    /// One line.
    One(&'a LogLine),
}

impl Search {
    /// Begins to go through all matches.
    pub fn start_walk(&self) -> Walk {
        let selection = self.selection(|_| true);
        if selection.is_empty() {
            return Walk {
                next: 1,
                last: 0,
                at: InLeaf::default(),
                after: None,
            };
        }
        let (first, last) = selection.leaves();
        Walk {
            next: self.first_leaf(first),
            last,
            at: InLeaf::default(),
            after: None,
        }
    }

    /// Goes on within a budget. `cuts` are instants (ascending) between which matches may be taken together; lines at a cut
    /// lie after it. A line that is handed over is taken to cost what a pipeline does with it. Stops where `visit` fails.
    /// Says how many lines it has looked at.
    pub fn walk<E>(
        &self,
        walk: &mut Walk,
        detail: Detail,
        cuts: &[i64],
        budget: Budget,
        visit: &mut dyn FnMut(Matches<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut selection = self.selection(|plan| !matches!(plan, Plan::Never));
        let grid = *self.telemetry.grid();
        let mut work = Work::default();
        let mut scratch = Scratch::default();
        while walk.next <= walk.last && !budget.is_spent(work) {
            let leaf = walk.next;
            let start = grid.start_ms(leaf);
            let place = cuts.partition_point(|cut| *cut <= start);
            let divided = cuts.get(place).is_some_and(|cut| *cut < grid.end_ms(leaf));
            let left = budget.less(work.cost);
            walk.at.go_to(leaf);
            if detail == Detail::Templates && selection.has_whole(leaf) && !divided {
                let at = &mut walk.at;
                work += self.templates(&mut selection, at, start, left, &mut scratch, visit)?;
                if !walk.at.done {
                    break;
                }
            } else {
                work += self.matches_of(&mut selection, &mut walk.at, left, &mut scratch);
                if !walk.at.ready {
                    break;
                }
                let after = walk.after;
                for line in &walk.at.lines {
                    if after.is_some_and(|after| line.key <= after) {
                        continue;
                    }
                    if work.cost > budget.cost && walk.after.is_some() {
                        return Ok(work.lines);
                    }
                    walk.after = Some(line.key);
                    if detail == Detail::Lines {
                        work.cost += cost::PIPELINE;
                    }
                    hand_over(&mut selection, line, detail, visit)?;
                }
                walk.after = None;
            }
            work.lines += 1;
            walk.next = self.first_leaf(walk.next + 1);
        }
        Ok(work.lines)
    }

    fn templates<E>(
        &self,
        selection: &mut Selection<'_>,
        at: &mut InLeaf,
        start_ms: i64,
        budget: Budget,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(Matches<'_>) -> Result<(), E>,
    ) -> Result<Work, E> {
        let mut failed = Ok(());
        let mut tally = |log: &Log, count| {
            if failed.is_ok() && count > 0 {
                failed = visit(Matches::Many {
                    service: &log.def.service,
                    name: &log.def.name,
                    level: log.def.level,
                    pod: "",
                    at_ms: start_ms,
                    count,
                });
            }
        };
        let mut work = self.scan_leaf(selection, at, false, budget, scratch, &mut tally);
        failed?;
        if !at.done {
            return Ok(work);
        }
        let end = self
            .telemetry
            .grid()
            .end_ms(at.leaf())
            .min(selection.until_ms);
        for scripted in selection.scripted_between(start_ms.max(selection.from_ms), end) {
            work.lines += 1;
            work.cost += cost::TEXT;
            if self.query.matches(scripted.text()) {
                visit(Matches::Many {
                    service: &scripted.line.service,
                    name: &scripted.line.name,
                    level: scripted.line.level,
                    pod: "",
                    at_ms: scripted.key.at_ms,
                    count: 1,
                })?;
            }
        }
        Ok(work)
    }
}

fn hand_over<E>(
    selection: &mut Selection<'_>,
    line: &LineRef,
    detail: Detail,
    visit: &mut dyn FnMut(Matches<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if detail == Detail::Lines {
        return match selection.make(line) {
            Some(made) => visit(Matches::One(&made)),
            None => Ok(()),
        };
    }
    let mut many = |service: &str, name: &str, level, pod: &str| {
        visit(Matches::Many {
            service,
            name,
            level,
            pod,
            at_ms: line.key.at_ms,
            count: 1,
        })
    };
    match (line.source, line.key.id) {
        (Some((number, place)), LineId::Event { .. }) => {
            let Some(group) = selection.groups.get(number as usize) else {
                return Ok(());
            };
            let Some(chosen) = group.logs.get(place as usize) else {
                return Ok(());
            };
            let def = &chosen.log.def;
            let pod = group.pod_of(&line.cell);
            many(
                &def.service,
                &def.name,
                def.level,
                pod.as_deref().unwrap_or(""),
            )
        }
        _ => match find_scripted(selection.telemetry, line.key) {
            Some(found) => {
                let line = &found.line;
                let pod = line.pod.as_deref().unwrap_or("");
                many(&line.service, &line.name, line.level, pod)
            }
            None => Ok(()),
        },
    }
}
