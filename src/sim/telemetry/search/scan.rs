//! One leaf of a search: which of its lines match, as references or as numbers. Never decides in which order leaves come.

use super::batch::{Batch, Site};
use super::{Budget, Decision, Plan, Search, cost};
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::logs::{LineId, LineKey, Log, LogId};
use crate::sim::telemetry::reader::{AtomReader, Cell, Places};
use crate::sim::telemetry::selection::{Chosen, Group, LineRef, Selection, find_scripted, instant};

/// Events of a leaf that are looked at together; fewer where lines are read whole.
const TOGETHER: u64 = 1 << 13;
const TOGETHER_WHOLE: u64 = 1 << 8;

/// What a slice has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Lines looked at, or leaves of a stream passed.
    pub(super) lines: u64,
    /// What that cost, in the unit of [`cost`].
    pub(super) cost: u64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.cost += more.cost;
    }
}

/// Room that a scan works in, kept from leaf to leaf.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    places: Places,
    batch: Batch,
    cells: Vec<Cell>,
}

/// A leaf as far as it has been searched: the next group, template and event; and what was found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct InLeaf {
    leaf: LeafIndex,
    begun: bool,
    pub(super) group: usize,
    log: usize,
    event: u64,
    /// Matches, in no order until all are there, then oldest first.
    pub(super) lines: Vec<LineRef>,
    /// All groups have been searched.
    pub(super) done: bool,
    /// All lines are there.
    pub(super) ready: bool,
}

impl InLeaf {
    /// Begins with a leaf, or goes on with it.
    pub(super) fn go_to(&mut self, leaf: LeafIndex) {
        if !self.begun || self.leaf != leaf {
            let mut lines = std::mem::take(&mut self.lines);
            lines.clear();
            *self = Self {
                leaf,
                begun: true,
                lines,
                ..Self::default()
            };
        }
    }

    /// One group of a leaf.
    pub(super) fn of_group(leaf: LeafIndex, group: usize) -> Self {
        Self {
            leaf,
            begun: true,
            group,
            ..Self::default()
        }
    }

    pub(super) const fn leaf(&self) -> LeafIndex {
        self.leaf
    }

    fn next_group(&mut self) {
        self.group += 1;
        (self.log, self.event) = (0, 0);
    }
}

impl Search {
    /// Goes on with the matches of a leaf within a budget, a batch at least.
    pub(super) fn matches_of(
        &self,
        selection: &mut Selection<'_>,
        at: &mut InLeaf,
        budget: Budget,
        scratch: &mut Scratch,
    ) -> Work {
        let mut work = Work::default();
        if at.ready {
            return work;
        }
        work += self.scan_leaf(selection, at, true, budget, scratch, &mut |_, _| {});
        if !at.done {
            return work;
        }
        work.lines += selection.groups.len() as u64;
        let mut place = at.lines.len();
        selection.scripted_of(at.leaf, &mut at.lines);
        while let Some(line) = at.lines.get(place) {
            let found = find_scripted(&self.telemetry, line.key);
            work.lines += 1;
            work.cost += cost::TEXT;
            if found.is_some_and(|found| self.query.matches(found.text())) {
                place += 1;
            } else {
                at.lines.swap_remove(place);
            }
        }
        at.lines.sort_unstable_by_key(|line| line.key);
        at.ready = true;
        work
    }

    /// Goes on with the groups of a leaf within a budget of work, a batch at least: by line, or (for whole leaves) as a
    /// number for each template.
    pub(super) fn scan_leaf(
        &self,
        selection: &mut Selection<'_>,
        at: &mut InLeaf,
        by_line: bool,
        budget: Budget,
        scratch: &mut Scratch,
        tally: &mut dyn FnMut(&Log, u64),
    ) -> Work {
        let mut work = Work::default();
        while at.group < selection.groups.len() && !budget.is_overdrawn(work) {
            let left = budget.less(work.cost);
            work += self.scan_group(selection, at, by_line, left, scratch, tally);
        }
        at.done = at.group >= selection.groups.len();
        work
    }

    /// The same for one group.
    pub(super) fn scan_group(
        &self,
        selection: &mut Selection<'_>,
        at: &mut InLeaf,
        by_line: bool,
        budget: Budget,
        scratch: &mut Scratch,
        tally: &mut dyn FnMut(&Log, u64),
    ) -> Work {
        let window = (selection.from_ms, selection.until_ms);
        let index = at.leaf;
        let traces = selection.traces;
        let mut work = Work {
            lines: 0,
            cost: cost::LEAF,
        };
        let Some(group) = selection.groups.get_mut(at.group) else {
            return work;
        };
        if group.logs.iter().all(|log| index < log.first) {
            at.next_group();
            return work;
        }
        let leaf = group.reader.leaf(index);
        if leaf.count == 0 {
            at.next_group();
            return work;
        }
        let group = &*group;
        let ranks = AtomReader::ranks(&leaf);
        scratch.places.clear();
        // One batch at least, whatever it costs: so going on gets further.
        let mut going = false;
        while let Some(chosen) = group.logs.get(at.log) {
            let site = Site {
                reader: &group.reader,
                leaf: &leaf,
                ranks: &ranks,
                index,
                start_ms: self.telemetry.grid().start_ms(index),
                atom: group.atom.0,
                slots: group.slots,
                log: chosen.log,
                traces: &traces,
            };
            let events = self.events_of(&site, chosen, by_line || group.pods.is_some());
            if let Some((Events::All, kept)) = &events {
                work.lines += 1;
                tally(chosen.log, *kept);
            }
            if let Some((Events::Some(events, filters), _)) = events {
                let whole =
                    |(_, decision): &(usize, Decision)| matches!(decision, Decision::WholeLine);
                let together = if filters.iter().any(whole) {
                    TOGETHER_WHOLE
                } else {
                    TOGETHER
                };
                let mut start = events.start.max(at.event);
                while start < events.end {
                    if going && budget.is_overdrawn(work) {
                        at.event = start;
                        return work;
                    }
                    let end = events.end.min(start + together);
                    scratch.batch.begin(start as u32..end as u32);
                    work.lines += end - start;
                    work.cost += self.keep(&site, filters, scratch);
                    if by_line {
                        work.cost += scratch.batch.open.len() as u64 * cost::SECOND;
                        scratch.add_lines(&site, group, chosen.id, window, at);
                    } else if group.pods.is_some() {
                        work.cost += scratch.batch.open.len() as u64 * cost::PLACE;
                        tally(chosen.log, scratch.of_pods(&site, group));
                    } else {
                        tally(chosen.log, scratch.batch.open.len() as u64);
                    }
                    going = true;
                    start = end;
                }
            }
            (at.log, at.event) = (at.log + 1, 0);
        }
        at.next_group();
        work
    }

    /// The events of a leaf that a template's plan leaves open, with how many lines the template keeps; none if it is never
    /// a match.
    fn events_of(
        &self,
        site: &Site<'_, '_>,
        chosen: &Chosen<'_>,
        each: bool,
    ) -> Option<(Events<'_>, u64)> {
        let plan = self.decided.plans.get(&chosen.id)?;
        if site.index < chosen.first || matches!(**plan, Plan::Never) {
            return None;
        }
        let kept = AtomReader::kept(site.leaf, chosen.log.def.keep_one_in);
        let events = match &**plan {
            Plan::Never => return None,
            Plan::Always if !each => Events::All,
            Plan::Always => Events::Some(0..kept, &[]),
            Plan::Depends(filters) => Events::Some(0..kept, filters),
            Plan::Traced(trace, filters) => {
                let (atom, leaf, k) = site.traces.event(*trace)?;
                let k = u64::from(k);
                if atom != site.atom || leaf != site.index || k >= kept {
                    return None;
                }
                Events::Some(k..k + 1, filters)
            }
        };
        Some((events, kept))
    }

    /// Keeps the events of a batch that pass all open filters. Says what that cost.
    fn keep(
        &self,
        site: &Site<'_, '_>,
        filters: &[(usize, Decision)],
        scratch: &mut Scratch,
    ) -> u64 {
        let mut spent = scratch.batch.open.len() as u64 / 8;
        for (number, decision) in filters {
            match self.query.filters.get(*number) {
                Some(filter) => {
                    let machine = self.decided.machines.get(*number);
                    let machine = machine.and_then(Option::as_ref);
                    let places = &mut scratch.places;
                    spent += scratch.batch.keep(site, places, filter, machine, decision);
                }
                None => scratch.batch.open.clear(),
            }
        }
        spent
    }
}

/// Events of a leaf that may match.
enum Events<'p> {
    /// All that are kept do.
    All,
    /// These, as far as some filters take them.
    Some(std::ops::Range<u64>, &'p [(usize, Decision)]),
}

impl Scratch {
    /// Adds the lines of the events that are left, as far as they lie in a window and in pods that the group takes.
    fn add_lines(
        &mut self,
        site: &Site<'_, '_>,
        group: &Group<'_>,
        log: LogId,
        window: (i64, i64),
        at: &mut InLeaf,
    ) {
        let source = (at.group as u32, at.log as u32);
        for (k, cell) in self.placed(site) {
            let at_ms = instant(site.start_ms, &cell, &site.event(k), site.log.emitter);
            let inside = window.0 <= at_ms && at_ms < window.1;
            if inside && group.takes_pod(&cell) {
                let id = LineId::Event {
                    log,
                    leaf: site.index,
                    event: k,
                };
                at.lines.push(LineRef {
                    key: LineKey { at_ms, id },
                    source: Some(source),
                    cell,
                });
            }
        }
    }

    /// The events that are left, with where they lie.
    fn placed<'s>(&'s mut self, site: &'s Site<'_, '_>) -> impl Iterator<Item = (u32, Cell)> + 's {
        let Self {
            places,
            batch,
            cells,
        } = self;
        // Where most of a leaf's events are wanted, splitting all at once is less work.
        let all = batch.open.len() as u64 * 2 > site.leaf.count;
        if all {
            site.reader.cells(site.leaf, cells);
        }
        let batch = &*batch;
        batch.open.iter().map(move |&place| {
            let k = batch.event(place);
            let cell = if all {
                let rank = site.ranks.forward(k.into()) as usize;
                cells.get(rank).copied().unwrap_or_default()
            } else {
                site.cell(places, k)
            };
            (k, cell)
        })
    }

    /// How many of the events that are left belong to the pods that a group takes.
    fn of_pods(&mut self, site: &Site<'_, '_>, group: &Group<'_>) -> u64 {
        let of_pod = self.batch.open.iter().filter(|&&place| {
            let rank = site.ranks.forward(self.batch.event(place).into());
            let spot = site.reader.spot(site.leaf, &mut self.places, rank);
            let slot = site.reader.slot_at(spot.place);
            group.takes_pod(&Cell {
                slot,
                ..Cell::default()
            })
        });
        of_pod.count() as u64
    }
}
