//! What parts of atoms counted up to an instant, or between two. Changes nothing but caches.

use super::Telemetry;
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::prefix::{Sum, sum_leaves};
use crate::sim::telemetry::reader::{AtomReader, Measure, Part};
use crate::sim::telemetry::slots::SlotTrack;
use crate::sim::telemetry::totals::detail_of;

impl Telemetry {
    /// What a part of an atom counted from the beginning of history to a cut (see `LeafGrid::cut`) at or before `at_ms`,
    /// or to where history is closed if that is earlier.
    pub fn total_until(&self, atom: AtomId, part: Part, at_ms: i64) -> u64 {
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        self.total_with(&mut reader, atom, part, at_ms)
    }

    /// What a part of an atom counted between two cuts, the second not before the first: without what came before.
    pub(in crate::sim) fn between(
        &self,
        atom: AtomId,
        part: Part,
        from_ms: i64,
        until_ms: i64,
    ) -> u64 {
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        let (first, before) = self.grid.cut(from_ms.max(self.grid.origin_ms()));
        let (last, after) = self.grid.cut(until_ms.min(self.closed_ms));
        if last < first {
            return 0;
        }
        let whole = sum_leaves(&mut reader, part, first, last);
        let rest = reader.first_quarters(last, after, part);
        (whole + rest).saturating_sub(reader.first_quarters(first, before, part))
    }

    /// [`Telemetry::total_until`] at many ascending instants, in one pass over the leaves between them.
    pub fn totals_at(&self, atom: AtomId, part: Part, times_ms: &[i64]) -> Vec<u64> {
        let Some(mut reader) = self.reader(atom) else {
            return vec![0; times_ms.len()];
        };
        let origin = self.origin_of(atom, part);
        let mut totals = Vec::with_capacity(times_ms.len());
        // The next leaf to count and the total before it; unknown until the first instant that counts anything.
        let mut reached: Option<(LeafIndex, u64)> = None;
        for &at_ms in times_ms {
            let (leaf, quarters) = self.grid.cut(at_ms.min(self.closed_ms));
            if leaf < origin {
                totals.push(0);
                continue;
            }
            let total = match reached {
                Some((from, total)) => total + sum_leaves(&mut reader, part, from, leaf),
                None => self.total_before(&mut reader, atom, part, leaf),
            };
            reached = Some((leaf, total));
            totals.push(total + reader.first_quarters(leaf, quarters, part));
        }
        totals
    }

    /// What an atom counted from one edge of leaves to a later one, both closed. Costs a draw a leaf and leaves the cache
    /// of running totals alone: for who follows a total step by step.
    pub fn count_between(&self, atom: AtomId, from_ms: i64, until_ms: i64) -> u64 {
        let until_ms = until_ms.min(self.closed_ms);
        let Some(mut reader) = self.reader(atom) else {
            return 0;
        };
        let (from, until) = (self.grid.leaf_at(from_ms), self.grid.leaf_at(until_ms));
        sum_leaves(&mut reader, Part::ALL, from, until)
    }

    /// What a part of an atom would count in some seconds at its ordinary rate, all pods of T0 sharing it evenly.
    pub(in super::super) fn ordinary_events(&self, atom: AtomId, part: Part, seconds: u64) -> u64 {
        let Some(def) = self.atom_def(atom) else {
            return 0;
        };
        let events = (u128::from(def.rate_q32) * u128::from(seconds)) >> 32;
        let pods = def
            .slots
            .and_then(|id| self.slots(id))
            .filter(|_| part.slot.is_some())
            .map_or(1, |track| {
                track.ready_at(self.grid.origin_ms()).len().max(1)
            });
        let events = (events / pods as u128) as u64;
        let latency = def.latency.as_ref().map(|(latency, _)| latency);
        match (part.measure, latency) {
            (Measure::UpTo(end), Some(latency)) => latency.ordinary_up_to(events, usize::from(end)),
            (Measure::DurationUs, Some(latency)) => latency.ordinary_sum_us(events),
            (Measure::Sampled(one_in), _) => events / u64::from(one_in.max(1)),
            _ => events,
        }
    }

    /// The first leaf in which a part of an atom can have counted anything.
    pub(in super::super) fn origin_of(&self, atom: AtomId, part: Part) -> LeafIndex {
        let first = self.grid.first();
        let Some(slot) = part.slot else {
            return first;
        };
        self.atom_def(atom)
            .and_then(|def| def.slots)
            .and_then(|slots| self.slots(slots))
            .and_then(|track| track.slot(slot))
            .map_or(first, |slot| self.grid.leaf_at(slot.start_ms).max(first))
    }

    /// The first leaf in which any of the pods that live in one can have counted anything of an atom.
    fn oldest_of(&self, atom: AtomId, leaf: LeafIndex) -> LeafIndex {
        let at_ms = self.grid.start_ms(leaf);
        let track = self.atom_def(atom).and_then(|def| self.slots(def.slots?));
        let pods = track.into_iter().flat_map(SlotTrack::slots);
        let alive = pods.filter(|(_, pod)| pod.lives_at(at_ms));
        let oldest = alive.map(|(_, pod)| self.grid.leaf_at(pod.start_ms)).min();
        oldest.unwrap_or(leaf).max(self.grid.first())
    }

    /// What a part of an atom counted in the leaves `from..until`.
    pub(in super::super) fn total_of_leaves(
        &self,
        reader: &mut AtomReader<'_>,
        atom: AtomId,
        part: Part,
        leaves: (LeafIndex, LeafIndex),
    ) -> u64 {
        let mut sum = self.begin_sum(atom, part, leaves);
        self.carry_on(&mut sum, reader, u64::MAX);
        sum.count()
    }

    /// Begins to sum what a part of an atom counted in the leaves `from..until`.
    pub(in super::super) fn begin_sum(
        &self,
        atom: AtomId,
        part: Part,
        leaves: (LeafIndex, LeafIndex),
    ) -> Sum {
        let origin = self.origin_of(atom, part);
        self.cache.begin((atom, part), origin, leaves)
    }

    /// Goes on with a sum within a budget of work, in units of about ten nanoseconds; says what it has spent.
    pub(in super::super) fn carry_on(
        &self,
        sum: &mut Sum,
        reader: &mut AtomReader<'_>,
        budget: u64,
    ) -> u64 {
        self.cache.carry_on(sum, reader, budget)
    }

    pub(in super::super) fn total_with(
        &self,
        reader: &mut AtomReader<'_>,
        atom: AtomId,
        part: Part,
        at_ms: i64,
    ) -> u64 {
        let (leaf, quarters) = self.grid.cut(at_ms.min(self.closed_ms));
        let origin = self.origin_of(atom, part);
        if leaf < origin {
            return 0;
        }
        let total = self.total_before(reader, atom, part, leaf);
        total + reader.first_quarters(leaf, quarters, part)
    }

    /// What a part of an atom counted before a leaf. What needs splits is counted for all parts at once, as whoever asks
    /// for one will ask for the others.
    fn total_before(
        &self,
        reader: &mut AtomReader<'_>,
        atom: AtomId,
        part: Part,
        leaf: LeafIndex,
    ) -> u64 {
        match detail_of(part) {
            Some(detail) if self.totals.capacity_bytes() > 0 => {
                let begun = self.origin_of(atom, part);
                let from = self.oldest_of(atom, leaf).min(begun);
                let leaves = (from, begun, leaf);
                self.totals.total((atom, detail, part), reader, leaves)
            }
            _ => {
                let origin = self.origin_of(atom, part);
                self.cache.total(atom, part, reader, origin, leaf)
            }
        }
    }
}
