//! Searching in the texts of lines, newest first, without making the lines whose template decides.
//!
//! A query is several filters in a row (plain text or regular expression, each may be negated). For every template each
//! filter is decided as far as it can be: never, always, or depending on some fields, which alone are then drawn. Work is
//! done in slices, so a door can show progress, go on later, or stop.

mod batch;
pub(in crate::sim) mod cost;
mod graph;
mod machine;
mod pieces;
mod query;
mod scan;
pub mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use query::{LineQuery, QueryError, TextFilter};

use self::graph::{Graph, Surroundings};
use self::pieces::Traces;
use self::scan::{Scratch, Work};
use super::leaf::LeafIndex;
use super::lines::{Bar, Direction, LARGEST_PAGE, LEVELS, LineFilter, LogLine, MOST_BARS};
use super::logs::{LineId, LineKey, Log, LogId};
use super::render::TraceIds;
use super::selection::{Group, LineRef, Selection};
use super::store::Telemetry;
use super::template::FieldKind;

/// How one filter is decided for one template.
#[derive(Debug)]
enum Decision {
    /// The same for every line.
    Known(bool),
    /// By some of the fields.
    Fields(Graph),
    /// By the whole line.
    WholeLine,
}

/// What a query says of a template.
#[derive(Debug)]
enum Plan {
    Never,
    Always,
    /// Decided by these filters of the query; the others always hold.
    Depends(Vec<(usize, Decision)>),
    /// Only the event of this trace can match; the open filters decide.
    Traced(u128, Vec<(usize, Decision)>),
}

/// A search over a snapshot: what is looked for and where, with every template decided as far as it can be.
#[derive(Debug)]
pub struct Search {
    telemetry: Arc<Telemetry>,
    filter: LineFilter,
    query: LineQuery,
    plans: BTreeMap<LogId, Plan>,
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
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Matches by level, as in [`LEVELS`].
    pub counts: [u64; 5],
    /// Matches by time and level, if bars were asked for.
    pub bars: Vec<Bar>,
    /// Everything has been counted.
    pub done: bool,
    width_ms: i64,
    next: LeafIndex,
    /// Streams of the next leaf that are counted already.
    groups: usize,
}

impl Counting {
    /// All matches so far.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn add(&mut self, level: usize, at_ms: i64, more: u64) {
        if let Some(count) = self.counts.get_mut(level) {
            *count += more;
        }
        let first = self.bars.first().map_or(0, |bar| bar.start_ms);
        let place = (at_ms - first) / self.width_ms.max(1);
        if let Some(bar) = self
            .bars
            .get_mut(usize::try_from(place).unwrap_or(usize::MAX))
            && let Some(count) = bar.counts.get_mut(level)
        {
            *count += more;
        }
    }
}

impl Search {
    /// Prepares a search; cheap, nothing is drawn.
    pub fn new(telemetry: Arc<Telemetry>, filter: LineFilter, mut query: LineQuery) -> Self {
        let mut plans = BTreeMap::new();
        for group in &Selection::new(&telemetry, &filter).groups {
            for chosen in &group.logs {
                let plan = plan(&mut query, chosen.log, around(&telemetry, group));
                plans.insert(chosen.id, plan);
            }
        }
        let mut search = Self {
            telemetry,
            filter,
            query,
            plans,
            pinned: None,
        };
        search.pinned = search.pin();
        search
    }

    /// The leaves that can hold matches, if the event of a trace is all that can match besides scripted lines.
    fn pin(&self) -> Option<Vec<LeafIndex>> {
        let mut traces = self.plans.values().filter_map(|plan| match plan {
            Plan::Never => None,
            Plan::Traced(trace, _) => Some(Some(*trace)),
            Plan::Always | Plan::Depends(_) => Some(None),
        });
        let trace = traces.next()??;
        if !traces.all(|other| other == Some(trace)) {
            return None;
        }
        let event = TraceIds::new(self.telemetry.seed()).event(trace);
        let mut leaves: Vec<LeafIndex> = event.map(|(_, leaf, _)| leaf).into_iter().collect();
        let selection = self.selection(|_| false);
        let grid = self.telemetry.grid();
        let scripted = selection.scripted_between(selection.from_ms, selection.until_ms);
        leaves.extend(
            scripted
                .filter(|scripted| self.query.matches(scripted.text()))
                .map(|scripted| grid.leaf_at(scripted.key.at_ms)),
        );
        leaves.sort_unstable();
        leaves.dedup();
        Some(leaves)
    }

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

    /// The same search over another snapshot and window: templates stay decided, but for new ones and those that show pods.
    pub fn renew(&mut self, telemetry: Arc<Telemetry>, from_ms: i64, until_ms: i64) {
        (self.filter.from_ms, self.filter.until_ms) = (from_ms, until_ms);
        self.telemetry = telemetry;
        let mut plans = std::mem::take(&mut self.plans);
        for group in &Selection::new(&self.telemetry, &self.filter).groups {
            for chosen in &group.logs {
                let mut fields = chosen.log.def.template.fields().iter();
                let shows_pods =
                    fields.any(|field| matches!(field.kind, FieldKind::Pod | FieldKind::Node));
                if shows_pods || !plans.contains_key(&chosen.id) {
                    let around = around(&self.telemetry, group);
                    plans.insert(chosen.id, plan(&mut self.query, chosen.log, around));
                }
            }
        }
        self.plans = plans;
        self.pinned = self.pin();
    }

    /// The next matches after (or before) a cursor, at most `limit`, within a budget.
    pub fn find(
        &self,
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
        let mut lines = Vec::new();
        while (first..=last).contains(&leaf) {
            found.work = work.cost;
            if budget.is_spent(work) {
                found.next = Some(between(&grid, leaf, direction));
                return found;
            }
            lines.clear();
            work += self.matches_of(&mut selection, leaf, &mut scratch, &mut lines);
            lines.sort_unstable_by_key(|line| line.key);
            if direction == Direction::Older {
                lines.reverse();
            }
            for line in &lines {
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

    /// Begins to count: what templates alone decide is counted at once. With a width there are bars too.
    pub fn start_counting(&self, bar_width_ms: Option<i64>) -> Counting {
        let mut selection = self.selection(|plan| matches!(plan, Plan::Always));
        selection.scripted = false;
        let (from, until) = (selection.from_ms, selection.until_ms);
        let mut counting = Counting {
            counts: [0; 5],
            bars: Vec::new(),
            done: selection.is_empty(),
            width_ms: bar_width_ms.unwrap_or(0).max(0),
            next: LeafIndex::MIN,
            groups: 0,
        };
        if counting.done {
            return counting;
        }
        counting.next = selection.leaves().1;
        match bar_width_ms {
            Some(width) => counting.start_bars(&mut selection, width),
            None => counting.counts = selection.between(from, until),
        }
        counting
    }

    /// Goes on counting within a budget.
    pub fn count(&self, counting: &mut Counting, budget: Budget) {
        if counting.done {
            return;
        }
        let mut selection =
            self.selection(|plan| matches!(plan, Plan::Depends(_) | Plan::Traced(..)));
        counting.next = self.to_leaf(counting.next);
        let (first, _) = selection.leaves();
        let undecided = !selection.groups.is_empty();
        let mut work = Work::default();
        let mut scratch = Scratch::default();
        let mut lines = Vec::new();
        while counting.next >= first {
            if budget.is_spent(work) {
                return;
            }
            if undecided {
                work += self.count_leaf(
                    &mut selection,
                    counting,
                    budget.less(work.cost),
                    &mut scratch,
                    &mut lines,
                );
                if counting.groups < selection.groups.len() {
                    return;
                }
                counting.groups = 0;
                work += self.count_scripted(
                    &selection,
                    counting,
                    self.telemetry.grid().start_ms(counting.next),
                );
            } else {
                work += self.count_scripted(&selection, counting, i64::MIN);
                counting.next = first;
            }
            counting.next = self.to_leaf(counting.next - 1);
        }
        counting.done = true;
    }

    /// Whether a line with this text is a match.
    pub fn matches_text(&self, text: &str) -> bool {
        self.query.matches(text)
    }

    fn selection(&self, wanted: impl Fn(&Plan) -> bool) -> Selection<'_> {
        let mut selection = Selection::new(&self.telemetry, &self.filter);
        for group in &mut selection.groups {
            group
                .logs
                .retain(|chosen| self.plans.get(&chosen.id).is_some_and(&wanted));
        }
        selection.groups.retain(|group| !group.logs.is_empty());
        selection
    }

    /// Counts the undecided lines of the next leaf, stream by stream while the budget lasts.
    fn count_leaf(
        &self,
        selection: &mut Selection<'_>,
        counting: &mut Counting,
        budget: Budget,
        scratch: &mut Scratch,
        lines: &mut Vec<LineRef>,
    ) -> Work {
        let grid = self.telemetry.grid();
        let (start, end) = (grid.start_ms(counting.next), grid.end_ms(counting.next));
        let width = counting.width_ms.max(1);
        let one_bar =
            counting.bars.is_empty() || start.div_euclid(width) == (end - 1).div_euclid(width);
        let whole = selection.from_ms <= start && end <= selection.until_ms;
        let mut work = Work::default();
        while counting.groups < selection.groups.len() && work.cost <= budget.cost {
            let number = counting.groups;
            counting.groups += 1;
            work.lines += 1;
            lines.clear();
            let refs = (!one_bar || !whole).then_some(&mut *lines);
            work += self.scan_group(
                selection,
                number,
                counting.next,
                scratch,
                refs,
                &mut |log, count| {
                    counting.add(level_place(log.def.level), start, count);
                },
            );
            for line in lines.iter() {
                counting.add(level_place(selection.level_of(line)), line.key.at_ms, 1);
            }
        }
        work
    }

    /// Counts scripted lines from an instant to the end of the next leaf.
    fn count_scripted(
        &self,
        selection: &Selection<'_>,
        counting: &mut Counting,
        from_ms: i64,
    ) -> Work {
        let end = self
            .telemetry
            .grid()
            .end_ms(counting.next)
            .min(selection.until_ms);
        let mut work = Work::default();
        for scripted in selection.scripted_between(from_ms.max(selection.from_ms), end) {
            work.lines += 1;
            work.cost += cost::TEXT;
            if self.query.matches(scripted.text()) {
                counting.add(level_place(scripted.line.level), scripted.key.at_ms, 1);
            }
        }
        work
    }
}

impl Counting {
    fn start_bars(&mut self, selection: &mut Selection<'_>, width_ms: i64) {
        let (from, until) = (selection.from_ms, selection.until_ms);
        let mut width = width_ms.max(1000);
        while (until - from) / width >= MOST_BARS as i64 {
            width = width.saturating_mul(2);
        }
        self.width_ms = width;
        let mut start = from.div_euclid(width) * width;
        while start < until {
            let counts = selection.between(start.max(from), (start + width).min(until));
            self.bars.push(Bar {
                start_ms: start,
                counts,
            });
            for (sum, count) in self.counts.iter_mut().zip(counts) {
                *sum += count;
            }
            start += width;
        }
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

fn level_place(level: crate::scenario::format::telemetry::Level) -> usize {
    LEVELS.iter().position(|&known| known == level).unwrap_or(0)
}

fn around<'a>(telemetry: &'a Telemetry, group: &Group<'a>) -> Surroundings<'a> {
    let latency = telemetry
        .atom_def(group.atom)
        .and_then(|def| def.latency.as_ref());
    Surroundings {
        slots: group.slots,
        latency: latency.map(|(latency, _)| &**latency),
    }
}

fn plan(query: &mut LineQuery, log: &Log, around: Surroundings<'_>) -> Plan {
    let template = &log.def.template;
    let mut open = Vec::new();
    let mut trace = None;
    for (number, filter) in query.filters.iter_mut().enumerate() {
        // The digits of a trace are found in its own event's line alone: no automaton is needed to see that.
        let decision = match filter
            .trace
            .map(|wanted| (wanted, pieces::traces_of(template)))
        {
            Some((wanted, Traces::Alone)) if trace.is_none_or(|other| other == wanted) => {
                trace = Some(wanted);
                continue;
            }
            Some((_, Traces::Nowhere | Traces::Alone)) => Decision::Known(false),
            Some((_, Traces::Unclear)) | None => filter.decide(template, around),
        };
        match decision {
            Decision::Known(found) if found == filter.negated => return Plan::Never,
            Decision::Known(_) => {}
            decision => open.push((number, decision)),
        }
    }
    match trace {
        Some(trace) => Plan::Traced(trace, open),
        None if open.is_empty() => Plan::Always,
        None => Plan::Depends(open),
    }
}

#[cfg(test)]
mod tests;
