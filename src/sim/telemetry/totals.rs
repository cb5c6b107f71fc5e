//! What atoms counted since the pods began that live now, for all pods and buckets of an atom in one walk over its leaves.
//!
//! A walk leaves marks behind: one each 1,024 leaves, and the last few places that were asked for, from which the next walk
//! goes on. A cache and nothing more: with a capacity of zero every answer is the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::age::oldest_kept;
use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::reader::{AtomReader, Detail, Measure, Part, Totals};

/// Leaves between two marks that stay.
const SPACING: i64 = 1024;
/// So many marks between those are kept: the ends of the window that a chart shows, and of another one's.
const PASSING: usize = 4;
/// What the cache may hold by default.
pub const TOTALS_CACHE_BYTES: usize = 6 << 20;
/// Bytes of a mark beside its numbers, rounded up.
const MARK_BYTES: usize = 128;

/// A walk: over which atom, with how much detail, from which leaf on.
type Walk = (AtomId, Detail, LeafIndex);

/// Totals of all leaves before one.
#[derive(Debug)]
struct Mark {
    leaf: LeafIndex,
    /// When it was asked for last.
    stamp: u64,
    totals: Arc<Totals>,
}

impl Mark {
    const fn stays(&self) -> bool {
        self.leaf % SPACING == 0
    }

    fn bytes(&self) -> usize {
        MARK_BYTES + self.totals.heap_bytes()
    }
}

#[derive(Debug, Default)]
struct Store {
    /// Marks by leaf.
    marks: BTreeMap<Walk, Vec<Mark>>,
    clock: u64,
    bytes: usize,
}

/// Totals at some leaves.
#[derive(Debug)]
pub(super) struct TotalsCache {
    store: Mutex<Store>,
    capacity_bytes: usize,
}

/// Whose walk gives a part: that of its atom with so much detail. `None` where a part is counted by itself: all events
/// together need no split, and kept ones are none of what is split.
pub(super) const fn detail_of(part: Part) -> Option<Detail> {
    match (part.measure, part.slot) {
        (Measure::Sampled(_), _) | (Measure::Events, None) => None,
        (Measure::Events, Some(_)) => Some(Detail::Pods),
        (Measure::UpTo(_) | Measure::DurationUs, _) => Some(Detail::Durations),
    }
}

/// A part of what was counted with the detail that it needs.
fn part_of(totals: &Totals, part: Part) -> u64 {
    let of_row = |row: &[u64]| match (part.measure, row) {
        (Measure::DurationUs, [.., micros]) => *micros,
        (Measure::UpTo(end), [buckets @ .., _]) => buckets.iter().take(end.into()).sum(),
        _ => row.first().copied().unwrap_or(0),
    };
    totals.rows(part.slot).map(of_row).sum()
}

impl TotalsCache {
    pub(super) fn new(capacity_bytes: usize) -> Self {
        Self {
            store: Mutex::default(),
            capacity_bytes,
        }
    }

    pub(super) const fn capacity_bytes(&self) -> usize {
        self.capacity_bytes
    }

    /// What a part counted before the leaf `end`. The leaves up to it must be closed.
    ///
    /// `begun` is the leaf before which the part cannot have counted anything, `from` an earlier one where a walk had best
    /// begin if none is known.
    pub(super) fn total(
        &self,
        (atom, detail, part): (AtomId, Detail, Part),
        reader: &mut AtomReader<'_>,
        (from, begun, end): (LeafIndex, LeafIndex, LeafIndex),
    ) -> u64 {
        let known = self.nearest((atom, detail), begun, end);
        let (walk, mut leaf, known) =
            known
                .filter(|(_, leaf, _)| *leaf >= from)
                .unwrap_or_else(|| {
                    let nothing = Arc::new(Totals::nothing(reader.width(detail)));
                    ((atom, detail, from), from, nothing)
                });
        if leaf >= end {
            return part_of(&known, part);
        }
        let mut totals = Totals::clone(&known);
        let mut fresh = Vec::new();
        while leaf < end {
            let next = end.min((leaf.div_euclid(SPACING) + 1) * SPACING);
            reader.add_leaves((leaf, next), detail, &mut totals);
            fresh.push((next, Arc::new(totals.clone())));
            leaf = next;
        }
        self.keep(walk, fresh);
        part_of(&totals, part)
    }

    /// The last mark at or before a leaf of all walks that began before a part did, with its walk.
    fn nearest(
        &self,
        (atom, detail): (AtomId, Detail),
        begun: LeafIndex,
        end: LeafIndex,
    ) -> Option<(Walk, LeafIndex, Arc<Totals>)> {
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let Store { marks, clock, .. } = &mut *guard;
        let walks = marks.range_mut((atom, detail, LeafIndex::MIN)..=(atom, detail, begun));
        let last_marks = walks.filter_map(|(walk, marks)| {
            let place = marks.partition_point(|mark| mark.leaf <= end);
            Some((*walk, marks.get_mut(place.checked_sub(1)?)?))
        });
        let (walk, mark) = last_marks.max_by_key(|(_, mark)| mark.leaf)?;
        *clock += 1;
        mark.stamp = *clock;
        Some((walk, mark.leaf, Arc::clone(&mark.totals)))
    }

    fn keep(&self, walk: Walk, fresh: Vec<(LeafIndex, Arc<Totals>)>) {
        let mut guard = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &mut *guard;
        let marks = store.marks.entry(walk).or_default();
        for (leaf, totals) in fresh {
            store.clock += 1;
            // Another reader may have come here meanwhile.
            if let Err(place) = marks.binary_search_by_key(&leaf, |mark| mark.leaf) {
                let mark = Mark {
                    leaf,
                    stamp: store.clock,
                    totals,
                };
                store.bytes += mark.bytes();
                marks.insert(place, mark);
            }
        }
        while marks.iter().filter(|mark| !mark.stays()).count() > PASSING {
            let passing = marks.iter().enumerate().filter(|(_, mark)| !mark.stays());
            let Some((place, _)) = passing.min_by_key(|(_, mark)| mark.stamp) else {
                break;
            };
            store.bytes = store.bytes.saturating_sub(marks.remove(place).bytes());
        }
        store.shrink_to(self.capacity_bytes);
    }
}

impl Store {
    /// Drops what was not asked for the longest.
    fn shrink_to(&mut self, capacity_bytes: usize) {
        if self.bytes <= capacity_bytes {
            return;
        }
        let marks = self.marks.values().flatten();
        let ages = marks.map(|mark| (mark.stamp, mark.bytes()));
        let oldest_kept = oldest_kept(ages, self.bytes, capacity_bytes);
        self.bytes = 0;
        self.marks.retain(|_, marks| {
            marks.retain(|mark| mark.stamp >= oldest_kept);
            self.bytes += marks.iter().map(Mark::bytes).sum::<usize>();
            !marks.is_empty()
        });
    }
}
