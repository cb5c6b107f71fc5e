//! Counting many leaves of an atom at once, for all its pods, buckets and durations: leaves that are split alike go through
//! every split together. Gives what leaf by leaf would give, and keeps nothing.

use super::{AtomReader, duration_index, quarter_base, stage};
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::slots::SlotId;
use crate::sim::telemetry::split::{Lanes, evenly};

/// What is told apart within a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Detail {
    /// Nothing: its events are one number.
    Pods,
    /// Its events by latency bucket, and the sum of their durations in microseconds after them.
    Durations,
}

/// What an atom counted in a span of leaves, a row for each pod that counted something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Totals {
    /// Numbers of a row.
    width: usize,
    /// The pods; `None` for events without pods.
    slots: Vec<Option<SlotId>>,
    /// Rows one after another.
    counts: Vec<u64>,
}

impl Totals {
    /// Nothing counted, in rows of so many numbers.
    pub(in super::super) const fn nothing(width: usize) -> Self {
        Self {
            width,
            slots: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// The row of a pod, or those of all pods.
    pub(in super::super) fn rows(&self, slot: Option<SlotId>) -> impl Iterator<Item = &[u64]> {
        let rows = self.counts.chunks_exact(self.width.max(1));
        let owned = rows.zip(&self.slots);
        owned
            .filter(move |(_, own)| slot.is_none() || **own == slot)
            .map(|(row, _)| row)
    }

    /// Bytes beside its own.
    pub(in super::super) const fn heap_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Option<SlotId>>()
            + self.counts.capacity() * size_of::<u64>()
    }

    fn row_of(&mut self, slot: Option<SlotId>) -> &mut [u64] {
        let known = self.slots.iter().position(|own| *own == slot);
        let place = known.unwrap_or_else(|| {
            self.slots.push(slot);
            self.counts.resize(self.slots.len() * self.width, 0);
            self.slots.len() - 1
        });
        let start = place * self.width;
        let row = self.counts.get_mut(start..start + self.width);
        row.unwrap_or(&mut [])
    }
}

impl AtomReader<'_> {
    /// How many numbers a row of totals has.
    pub(in super::super) fn width(&self, detail: Detail) -> usize {
        match detail {
            Detail::Pods => 1,
            Detail::Durations => self.buckets() + 1,
        }
    }

    /// Adds to totals what the leaves `from..until` counted.
    pub(in super::super) fn add_leaves(
        &mut self,
        (from, until): (LeafIndex, LeafIndex),
        detail: Detail,
        totals: &mut Totals,
    ) {
        let mut leaf = self.skip_silence(from);
        let mut lanes = Lanes::none(self.atom.key.leaf(from));
        while leaf < until {
            let quarters = self.grid.quarters(leaf) as usize;
            let next = self.gather((leaf, until), &mut lanes);
            self.add_alike(&lanes, quarters, detail, totals);
            lanes.clear();
            leaf = self.skip_silence(next);
        }
    }

    /// Takes leaves from one on that are split as that one is, as many as go together, and gives the one that comes next.
    /// The shares are made ready for them.
    fn gather(&mut self, (first, until): (LeafIndex, LeafIndex), lanes: &mut Lanes) -> LeafIndex {
        let start_ms = self.grid.start_ms(first);
        let (quarters, changes_ms) = (self.grid.quarters(first), self.split_until(start_ms));
        let mut leaf = first;
        while leaf < until
            && !lanes.is_full()
            && self.grid.start_ms(leaf) < changes_ms
            && self.grid.quarters(leaf) == quarters
        {
            let key = self.atom.key.leaf(leaf);
            lanes.push(key, self.count(key, leaf));
            leaf += 1;
            if self.rate.value == 0 {
                break;
            }
        }
        // A pin's first leaf may have had a look at all leaves of its window.
        self.split_until(start_ms);
        leaf
    }

    fn add_alike(&self, lanes: &Lanes, quarters: usize, detail: Detail, totals: &mut Totals) {
        let pods = (stage::SLOTS, self.places());
        lanes.each(pods, &self.slot_share(), &mut |place, lanes| {
            let row = totals.row_of(self.slot_at(place));
            match (detail, row) {
                (Detail::Pods, [events, ..]) => *events += sum(lanes),
                (Detail::Durations, [buckets @ .., micros]) => {
                    let tree = (stage::BUCKETS | (place as u64) << 32, self.buckets);
                    lanes.each(tree, &self.bucket_share(place), &mut |bucket, lanes| {
                        if let Some(events) = buckets.get_mut(bucket) {
                            *events += sum(lanes);
                        }
                        *micros += self.durations(lanes, quarters, (place, bucket));
                    });
                }
                (_, []) => {}
            }
        });
    }

    fn durations(&self, lanes: &Lanes, quarters: usize, (place, bucket): (usize, usize)) -> u64 {
        let Some((latency, _)) = &self.atom.def.latency else {
            return 0;
        };
        let mut micros = 0;
        let tree = (quarter_base(place, bucket), quarters);
        lanes.each(tree, &evenly, &mut |quarter, lanes| {
            let index = duration_index(place, bucket, quarter);
            micros += latency.sums_us(lanes.keys(), index, bucket, lanes.counts());
        });
        micros
    }
}

fn sum(lanes: &Lanes) -> u64 {
    lanes.counts().iter().sum()
}
