//! One leaf of a search: which of its lines match, as references or as numbers. Never decides in which order leaves come.

use super::batch::{Batch, Site};
use super::{Decision, Plan, Search, cost};
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::logs::{LineId, LineKey, Log};
use crate::sim::telemetry::reader::{AtomReader, Cell, Places};
use crate::sim::telemetry::selection::{Group, LineRef, Selection, find_scripted, instant};

/// Events of a leaf that are looked at together.
const TOGETHER: u64 = 1 << 16;

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

impl Search {
    /// All matches of a leaf, in no order.
    pub(super) fn matches_of(
        &self,
        selection: &mut Selection<'_>,
        leaf: LeafIndex,
        scratch: &mut Scratch,
        lines: &mut Vec<LineRef>,
    ) -> Work {
        let mut work = Work::default();
        for number in 0..selection.groups.len() {
            work.lines += 1;
            work += self.scan_group(
                selection,
                number,
                leaf,
                scratch,
                Some(lines),
                &mut |_, _| {},
            );
        }
        let before = lines.len();
        selection.scripted_of(leaf, lines);
        let mut place = before;
        while let Some(line) = lines.get(place) {
            let found = find_scripted(&self.telemetry, line.key);
            work.lines += 1;
            work.cost += cost::TEXT;
            if found.is_some_and(|found| self.query.matches(found.text())) {
                place += 1;
            } else {
                lines.swap_remove(place);
            }
        }
        work
    }

    /// The matches of one group in a leaf, as references or (for whole leaves) as a number for each template.
    pub(super) fn scan_group(
        &self,
        selection: &mut Selection<'_>,
        number: usize,
        index: LeafIndex,
        scratch: &mut Scratch,
        mut refs: Option<&mut Vec<LineRef>>,
        tally: &mut dyn FnMut(&Log, u64),
    ) -> Work {
        let window = (selection.from_ms, selection.until_ms);
        let start_ms = self.telemetry.grid().start_ms(index);
        let traces = selection.traces;
        let mut work = Work {
            lines: 0,
            cost: cost::LEAF,
        };
        let Some(group) = selection.groups.get_mut(number) else {
            return work;
        };
        if group.logs.iter().all(|log| index < log.first) {
            return work;
        }
        let leaf = group.reader.leaf(index);
        if leaf.count == 0 {
            return work;
        }
        let group = &*group;
        let ranks = AtomReader::ranks(&leaf);
        scratch.places.clear();
        for (place, chosen) in group.logs.iter().enumerate() {
            let Some(plan) = self.decided.plans.get(&chosen.id) else {
                continue;
            };
            let plan = &**plan;
            if index < chosen.first || matches!(plan, Plan::Never) {
                continue;
            }
            let log = chosen.log;
            let kept = AtomReader::kept(&leaf, log.def.keep_one_in);
            if matches!(plan, Plan::Always) && refs.is_none() && group.pods.is_none() {
                work.lines += 1;
                tally(log, kept);
                continue;
            }
            let (events, filters) = match plan {
                Plan::Traced(trace, filters) => match traces.event(*trace) {
                    Some((atom, leaf, k))
                        if atom == group.atom.0 && leaf == index && u64::from(k) < kept =>
                    {
                        (u64::from(k)..u64::from(k) + 1, filters.as_slice())
                    }
                    _ => continue,
                },
                Plan::Depends(filters) => (0..kept, filters.as_slice()),
                Plan::Always | Plan::Never => (0..kept, &[][..]),
            };
            let site = Site {
                reader: &group.reader,
                leaf: &leaf,
                ranks: &ranks,
                index,
                start_ms,
                atom: group.atom.0,
                slots: group.slots,
                log,
                traces: &traces,
            };
            let source = (number as u32, place as u32);
            let mut counted = 0;
            let mut start = events.start;
            while start < events.end {
                let end = events.end.min(start + TOGETHER);
                scratch.batch.begin(start as u32..end as u32);
                work.lines += end - start;
                work.cost += self.keep(&site, filters, scratch);
                let id = |k| LineId::Event {
                    log: chosen.id,
                    leaf: index,
                    event: k,
                };
                match refs.as_deref_mut() {
                    Some(refs) => {
                        work.cost += scratch.batch.open.len() as u64 * cost::SECOND;
                        for (k, cell) in scratch.placed(&site) {
                            let at_ms = instant(start_ms, &cell, &site.event(k), log.emitter);
                            let inside = window.0 <= at_ms && at_ms < window.1;
                            if inside && group.takes_pod(&cell) {
                                let key = LineKey { at_ms, id: id(k) };
                                refs.push(LineRef {
                                    key,
                                    source: Some(source),
                                    cell,
                                });
                            }
                        }
                    }
                    None if group.pods.is_none() => counted += scratch.batch.open.len() as u64,
                    None => {
                        work.cost += scratch.batch.open.len() as u64 * cost::PLACE;
                        counted += scratch.of_pods(&site, group);
                    }
                }
                start = end;
            }
            if counted > 0 {
                tally(log, counted);
            }
        }
        work
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

impl Scratch {
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
