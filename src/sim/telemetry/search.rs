//! Searching in the texts of lines, newest first, without making the lines whose template decides.
//!
//! A query is several filters in a row (plain text or regular expression, each may be negated). For every template each
//! filter is decided as far as it can be: never, always, or depending on some fields, which alone are then drawn. Work is
//! done in slices, so a door can show progress, go on later, or stop.

mod automaton;
mod batch;
pub(in crate::sim) mod cost;
mod decide;
mod graph;
mod machine;
mod pieces;
mod query;
mod scan;
mod set;
mod size;
mod table;
pub mod tally;

use std::sync::Arc;

pub(in crate::sim) use query::is_too_large;
pub use query::{LineQuery, QueryError, TextFilter};

use self::decide::{Decided, Decision, Plan, Undecided};
use self::scan::{InLeaf, Scratch, Work};
use super::leaf::LeafIndex;
use super::lines::{Direction, LARGEST_PAGE, LEVELS, LineFilter, LogLine};
use super::logs::{LineId, LineKey, Log, LogId};
use super::prefix::Sum;
use super::selection::Selection;
use super::store::Telemetry;
use crate::scenario::format::telemetry::Level;

/// A search over a snapshot: what is looked for and where, with every template decided as far as it can be. Copies share
/// what is compiled and decided. Nothing may be found or counted before all templates are decided.
#[derive(Clone, Debug)]
pub struct Search {
    telemetry: Arc<Telemetry>,
    filter: LineFilter,
    query: LineQuery,
    decided: Arc<Decided>,
    /// What is still to be decided; none when everything is.
    undecided: Option<Box<Undecided>>,
    /// The only leaves with matches, ascending, where a trace says which; none when all must be looked at.
    pinned: Option<Vec<LeafIndex>>,
}

/// How much a slice of a search may do. One of lines ends with the leaf in which it has done that much; one of work may end
/// inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    lines: u64,
    cost: u64,
}

impl Budget {
    /// So many lines looked at, or leaves of a stream passed.
    pub const fn lines(lines: u64) -> Self {
        Self {
            lines,
            cost: u64::MAX,
        }
    }

    /// So many units of work, whatever lines they are spent on: a unit is about ten nanoseconds of one core.
    pub const fn work(cost: u64) -> Self {
        Self {
            lines: u64::MAX,
            cost,
        }
    }

    /// What is left of a budget of work.
    #[must_use]
    pub const fn less(self, work: u64) -> Self {
        Self {
            lines: self.lines,
            cost: self.cost.saturating_sub(work),
        }
    }

    const fn is_spent(self, work: Work) -> bool {
        work.lines > self.lines || work.cost > self.cost
    }

    /// Whether more than its work has been done, whatever the lines: then even a leaf is not finished.
    const fn is_overdrawn(self, work: Work) -> bool {
        work.cost > self.cost
    }
}

/// The leaf that slices of one search for lines have come to, as far as it has been searched.
#[derive(Clone, Debug, Default)]
pub struct Finding(InLeaf);

/// Matches found in a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The lines, in the direction asked for.
    pub lines: Vec<LogLine>,
    /// Where to go on; `None` when everything has been seen.
    pub next: Option<LineKey>,
    /// What the slice has taken, in units of [`Budget::work`].
    pub work: u64,
}

/// Counts so far.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    /// Matches by level, as in [`LEVELS`].
    pub counts: [u64; 5],
    /// Everything has been counted.
    pub done: bool,
    /// What templates alone decide, which comes first; none once it is counted.
    decided: Option<Summing>,
    /// The next leaf of what they do not decide; none before that begins.
    next: Option<LeafIndex>,
    /// That leaf, as far as it has been searched.
    at: InLeaf,
}

/// How far the sums of whole templates have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Summing {
    /// The group, the leaves at the window's edges that are counted in it, and its parts that are summed.
    group: usize,
    edges: usize,
    parts: usize,
    /// The next part, if it has begun.
    sum: Option<Sum>,
}

impl Counting {
    /// All matches so far.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn add(&mut self, level: Level, more: u64) {
        let place = LEVELS.iter().position(|&known| known == level);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += more;
        }
    }
}

impl Search {
    /// The first leaf from one on that can hold matches.
    fn first_leaf(&self, leaf: LeafIndex) -> LeafIndex {
        match &self.pinned {
            None => leaf,
            Some(leaves) => {
                let place = leaves.partition_point(|pinned| *pinned < leaf);
                leaves.get(place).copied().unwrap_or(LeafIndex::MAX)
            }
        }
    }

    /// The last leaf up to one that can hold matches.
    fn to_leaf(&self, leaf: LeafIndex) -> LeafIndex {
        match &self.pinned {
            None => leaf,
            Some(leaves) => {
                let place = leaves.partition_point(|pinned| *pinned <= leaf);
                let last = place.checked_sub(1).and_then(|last| leaves.get(last));
                last.copied().unwrap_or(LeafIndex::MIN)
            }
        }
    }

    /// The next matches after (or before) a cursor, at most `limit`, within a budget.
    pub fn find(
        &self,
        cursor: Option<LineKey>,
        direction: Direction,
        limit: usize,
        budget: Budget,
    ) -> Found {
        self.find_on(&mut Finding::default(), cursor, direction, limit, budget)
    }

    /// The same, going on where the same search ended when its budget was spent inside a leaf.
    pub fn find_on(
        &self,
        finding: &mut Finding,
        cursor: Option<LineKey>,
        direction: Direction,
        limit: usize,
        budget: Budget,
    ) -> Found {
        let limit = limit.min(LARGEST_PAGE);
        let mut found = Found::default();
        let mut selection = self.selection(|plan| !matches!(plan, Plan::Never));
        if selection.is_empty() || limit == 0 {
            return found;
        }
        let grid = *self.telemetry.grid();
        let (first, last) = selection.leaves();
        let at = cursor.map(|key| grid.leaf_at(key.at_ms));
        let mut leaf = match direction {
            Direction::Older => self.to_leaf(at.map_or(last, |at| at.min(last))),
            Direction::Newer => self.first_leaf(at.map_or(first, |at| at.max(first))),
        };
        let mut work = Work::default();
        let mut scratch = Scratch::default();
        let in_leaf = &mut finding.0;
        while (first..=last).contains(&leaf) {
            found.work = work.cost;
            if budget.is_spent(work) {
                found.next = Some(between(&grid, leaf, direction));
                return found;
            }
            in_leaf.go_to(leaf);
            let left = budget.less(work.cost);
            work += self.matches_of(&mut selection, in_leaf, left, &mut scratch);
            found.work = work.cost;
            if !in_leaf.ready {
                let inside = cursor.filter(|_| at == Some(leaf));
                found.next = inside.or_else(|| Some(between(&grid, leaf, direction)));
                return found;
            }
            let count = in_leaf.lines.len();
            for number in 0..count {
                let place = match direction {
                    Direction::Older => count - 1 - number,
                    Direction::Newer => number,
                };
                let Some(line) = in_leaf.lines.get(place) else {
                    break;
                };
                let beyond = cursor.is_none_or(|cursor| match direction {
                    Direction::Older => line.key < cursor,
                    Direction::Newer => line.key > cursor,
                });
                if !beyond {
                    continue;
                }
                // At least one line, so that going on gets further.
                let full = work.cost > budget.cost && !found.lines.is_empty();
                if found.lines.len() == limit || full {
                    found.next = found.lines.last().map(|line| line.key);
                    found.work = work.cost;
                    return found;
                }
                work.cost += cost::LINE;
                found.lines.extend(selection.make(line));
            }
            leaf = match direction {
                Direction::Older => self.to_leaf(leaf - 1),
                Direction::Newer => self.first_leaf(leaf + 1),
            };
        }
        found.work = work.cost;
        found
    }

    /// Begins to count; nothing is counted yet.
    pub fn start_counting(&self) -> Counting {
        Counting {
            decided: Some(Summing::default()),
            ..Counting::default()
        }
    }

    /// Goes on counting within a budget. Says what it has taken, in units of [`Budget::work`].
    pub fn count(&self, counting: &mut Counting, budget: Budget) -> u64 {
        let mut work = Work::default();
        let mut scratch = Scratch::default();
        if let Some(mut summing) = counting.decided.take() {
            work += self.sum_decided(&mut summing, counting, budget, &mut scratch);
            if counting.decided.is_some() {
                return work.cost;
            }
        }
        if counting.done {
            return work.cost;
        }
        let mut selection =
            self.selection(|plan| matches!(plan, Plan::Depends(_) | Plan::Traced(..)));
        let (first, last) = selection.leaves();
        if selection.is_empty() {
            counting.done = true;
            return work.cost;
        }
        let mut next = self.to_leaf(counting.next.unwrap_or(last));
        let undecided = !selection.groups.is_empty();
        while next >= first {
            counting.next = Some(next);
            if budget.is_spent(work) {
                return work.cost;
            }
            if undecided {
                let left = budget.less(work.cost);
                work += self.count_leaf(&mut selection, counting, next, left, &mut scratch);
                if !counting.at.done {
                    return work.cost;
                }
            }
            let start_ms = self.telemetry.grid().start_ms(next);
            work += self.count_scripted(&selection, counting, next, start_ms);
            work.cost += cost::DRAW;
            next = self.to_leaf(next - 1);
        }
        counting.done = true;
        work.cost
    }

    /// Sums what templates alone decide, one after the other; puts `summing` back where the budget ends.
    fn sum_decided(
        &self,
        summing: &mut Summing,
        counting: &mut Counting,
        budget: Budget,
        scratch: &mut Scratch,
    ) -> Work {
        let mut selection = self.selection(|plan| matches!(plan, Plan::Always));
        let (edges, whole) = selection.whole_leaves();
        let mut work = Work::default();
        while let Some(group) = selection.groups.get_mut(summing.group) {
            if budget.is_spent(work) {
                counting.decided = Some(std::mem::take(summing));
                return work;
            }
            if let Some(&edge) = edges.get(summing.edges) {
                summing.edges += 1;
                let mut at = InLeaf::of_group(edge, summing.group);
                let all = Budget::work(u64::MAX);
                work +=
                    self.scan_group(&mut selection, &mut at, true, all, scratch, &mut |_, _| {});
                for line in &at.lines {
                    counting.add(selection.level_of(line), 1);
                }
                continue;
            }
            let Some((chosen, part)) = group.part(summing.parts) else {
                *summing = Summing {
                    group: summing.group + 1,
                    ..Summing::default()
                };
                continue;
            };
            let leaves = (chosen.first.max(whole.0), whole.1);
            let mut sum = summing
                .sum
                .take()
                .unwrap_or_else(|| self.telemetry.begin_sum(group.atom, part, leaves));
            let left = budget.less(work.cost).cost;
            work.cost += self.telemetry.carry_on(&mut sum, &mut group.reader, left);
            if sum.is_done() {
                counting.add(chosen.log.def.level, sum.count());
                summing.parts += 1;
            } else {
                summing.sum = Some(sum);
            }
        }
        work
    }

    /// Whether a line with this text is a match.
    pub fn matches_text(&self, text: &str) -> bool {
        self.query.matches(text)
    }

    fn selection(&self, wanted: impl Fn(&Plan) -> bool) -> Selection<'_> {
        debug_assert!(self.is_decided(), "a search that is not decided yet");
        Selection::choose(&self.telemetry, &self.filter, |id| {
            let plan = self.decided.plans.get(&id);
            plan.is_some_and(|plan| wanted(plan))
        })
    }

    /// Goes on counting the undecided lines of a leaf.
    fn count_leaf(
        &self,
        selection: &mut Selection<'_>,
        counting: &mut Counting,
        leaf: LeafIndex,
        budget: Budget,
        scratch: &mut Scratch,
    ) -> Work {
        let mut at = std::mem::take(&mut counting.at);
        at.go_to(leaf);
        let by_line = !selection.has_whole(leaf);
        let mut tally = |log: &Log, count| counting.add(log.def.level, count);
        let mut work = self.scan_leaf(selection, &mut at, by_line, budget, scratch, &mut tally);
        if at.done {
            work.lines += selection.groups.len() as u64;
            for line in &at.lines {
                counting.add(selection.level_of(line), 1);
            }
        }
        counting.at = at;
        work
    }

    /// Counts scripted lines from an instant to the end of a leaf.
    fn count_scripted(
        &self,
        selection: &Selection<'_>,
        counting: &mut Counting,
        leaf: LeafIndex,
        from_ms: i64,
    ) -> Work {
        let end = self.telemetry.grid().end_ms(leaf).min(selection.until_ms);
        let mut work = Work::default();
        for scripted in selection.scripted_between(from_ms.max(selection.from_ms), end) {
            work.lines += 1;
            work.cost += cost::TEXT;
            if self.query.matches(scripted.text()) {
                counting.add(scripted.line.level, 1);
            }
        }
        work
    }
}

/// A key between a leaf and the one before it in a direction.
fn between(grid: &super::leaf::LeafGrid, leaf: LeafIndex, direction: Direction) -> LineKey {
    match direction {
        // Scripted numbers come last among the lines of an instant.
        Direction::Older => LineKey {
            at_ms: grid.end_ms(leaf) - 1,
            id: LineId::Scripted(u32::MAX),
        },
        // Before all lines of the instant, and in the leaf itself, so that going on always gets further.
        Direction::Newer => LineKey {
            at_ms: grid.start_ms(leaf),
            id: LineId::Event {
                log: LogId(0),
                leaf: LeafIndex::MIN,
                event: 0,
            },
        },
    }
}

#[cfg(test)]
mod tests;
