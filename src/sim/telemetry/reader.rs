//! Counting an atom's events leaf by leaf, and splitting them over pods, latency buckets, quarters and seconds.
//!
//! The order of the splits is pods, buckets, quarters of 15 s, seconds. Quarters come late so that a counter over days of
//! whole leaves never pays for them; below an hour before the start a leaf has one quarter anyway.

mod places;

use std::sync::Arc;

pub(super) use places::Places;

use super::atom::{Atom, PinState};
use super::history::{RATE_ONE, RateTrack};
use super::leaf::{LeafGrid, LeafIndex};
use super::slots::{ReadySet, SlotId, SlotTrack};
use super::split::Tree;
use crate::sim::draw::{LeafKey, ONE_Q32, Permutation, binomial, poisson};

/// Draws of a leaf, told apart by the number of their stage in the upper bits of their index.
mod stage {
    /// The count itself takes indices 0 and 1; the permutation of the events the six from here.
    pub(super) const PERMUTATION: u64 = 16;
    pub(super) const SLOTS: u64 = 1 << 44;
    pub(super) const BUCKETS: u64 = 2 << 44;
    pub(super) const QUARTERS: u64 = 3 << 44;
    pub(super) const SECONDS: u64 = 4 << 44;
    pub(super) const SAMPLED: u64 = 5 << 44;
    /// Durations are not binomials: their indices carry the stage eight bits higher.
    pub(super) const DURATIONS: u64 = 6 << 52;
}

/// What is counted of an atom's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// The events.
    Events,
    /// Those in the first so many latency buckets.
    UpTo(u8),
    /// The sum of their durations in microseconds.
    DurationUs,
    /// Those that are kept when one in so many is.
    Sampled(u32),
}

/// Whose events are counted, and what of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// One pod, or all of them.
    pub slot: Option<SlotId>,
    /// What is counted.
    pub measure: Measure,
}

impl Part {
    /// All events of all pods.
    pub const ALL: Self = Self {
        slot: None,
        measure: Measure::Events,
    };
}

/// Where one event of a leaf lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The pod, if the atom has any.
    pub(super) slot: Option<SlotId>,
    /// Place of the pod among those that were ready.
    pub(super) place: u16,
    pub(super) bucket: u8,
    pub(super) quarter: u8,
    /// The second within the leaf.
    pub(super) second: u8,
    /// The event's number among those of its pod, bucket and quarter.
    pub(super) rank: u32,
    /// How many those are.
    pub(super) of: u32,
}

/// A value that holds over a span of time, so that reading on needs no search.
#[derive(Debug)]
struct Held<T> {
    from_ms: i64,
    until_ms: i64,
    value: T,
}

impl<T> Held<T> {
    fn nothing(value: T) -> Self {
        Self {
            from_ms: i64::MAX,
            until_ms: i64::MIN,
            value,
        }
    }

    #[inline]
    fn holds(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && at_ms < self.until_ms
    }
}

/// One leaf of an atom: its key and its count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) key: LeafKey,
    pub(super) count: u64,
    quarters: usize,
    seconds_per_quarter: usize,
}

/// Reads one atom's leaves in any order; forwards is fastest.
#[derive(Debug)]
pub(super) struct AtomReader<'a> {
    atom: &'a Atom,
    grid: &'a LeafGrid,
    slots: Option<&'a SlotTrack>,
    factor: Option<&'a RateTrack>,
    rate: Held<u32>,
    ready: Held<ReadySet>,
    /// Weights of all ready pods before each place; one entry more than pods.
    weights: Vec<u64>,
    /// How much longer than the others' the events of each ready pod take; empty while all are alike.
    slow: Vec<u32>,
    latency_factor: Held<u32>,
    shares_of: Option<u32>,
    shares: Vec<u64>,
    /// The shares of each ready pod, where they are not all alike.
    place_shares: Vec<Vec<u64>>,
}

impl<'a> AtomReader<'a> {
    pub(super) fn new(
        atom: &'a Atom,
        grid: &'a LeafGrid,
        slots: Option<&'a SlotTrack>,
        factor: Option<&'a RateTrack>,
    ) -> Self {
        Self {
            atom,
            grid,
            slots,
            factor,
            rate: Held::nothing(0),
            ready: Held::nothing(Arc::from([])),
            weights: vec![0, 1],
            slow: Vec::new(),
            latency_factor: Held::nothing(0),
            shares_of: None,
            shares: vec![0, ONE_Q32],
            place_shares: Vec::new(),
        }
    }

    /// The leaf with its count, and the weights of its pods and buckets made ready.
    pub(super) fn leaf(&mut self, index: LeafIndex) -> Leaf {
        let start_ms = self.grid.start_ms(index);
        let key = self.atom.key.leaf(index);
        self.refresh_ready(start_ms);
        let count = match self.atom.pin_at(index) {
            Some((number, pin)) => self.pinned(number, pin, index),
            None => match self.expected_q32(index) {
                0 => 0,
                mean => poisson(key, 0, mean),
            },
        };
        if count > 0 {
            self.refresh_shares(start_ms);
        }
        Leaf {
            key,
            count,
            quarters: self.grid.quarters(index) as usize,
            seconds_per_quarter: self.grid.seconds_per_quarter(index) as usize,
        }
    }

    /// The first leaf at or after `index` in which something can happen: a stretch with a rate of zero costs no draw.
    pub(super) fn skip_silence(&mut self, index: LeafIndex) -> LeafIndex {
        let start_ms = self.grid.start_ms(index);
        if self.atom.def.rate_q32 == 0 && self.atom.pins.is_empty() {
            return LeafIndex::MAX;
        }
        self.refresh_rate(start_ms);
        if self.rate.value != 0 || self.rate.until_ms <= self.grid.end_ms(index) {
            return index;
        }
        let next = if self.rate.until_ms == i64::MAX {
            LeafIndex::MAX
        } else {
            self.grid.leaf_at(self.rate.until_ms)
        };
        let pin = self.atom.pins.iter().find(|pin| pin.end > index);
        pin.map_or(next, |pin| next.min(pin.first.max(index)))
    }

    /// The expected number of events in a leaf, in units of 2^-32, from what held at its start.
    pub(super) fn expected_q32(&mut self, index: LeafIndex) -> u64 {
        let start_ms = self.grid.start_ms(index);
        self.refresh_rate(start_ms);
        if self.rate.value == 0 {
            return 0;
        }
        self.refresh_ready(start_ms);
        if self.slots.is_some() && self.weights.last().is_none_or(|&all| all == 0) {
            return 0;
        }
        let seconds = (self.grid.length_ms(index) / 1000) as u128;
        let shape = u128::from(self.atom.def.traffic.factor_q16(start_ms));
        let mean =
            (u128::from(self.atom.def.rate_q32) * shape * u128::from(self.rate.value) * seconds)
                >> 32;
        // 2^31 events in a leaf are more than any estate asks for.
        mean.min(1 << 63) as u64
    }

    /// What a part of the atom counted in a whole leaf.
    pub(super) fn whole(&mut self, index: LeafIndex, part: Part) -> u64 {
        let leaf = self.leaf(index);
        if leaf.count == 0 {
            return 0;
        }
        match part.measure {
            Measure::Sampled(one_in) => self.sampled(&leaf, one_in, part.slot, leaf.quarters),
            Measure::Events => match part.slot {
                None => leaf.count,
                Some(slot) => self
                    .place_of(slot)
                    .map_or(0, |place| self.of_place(&leaf, place)),
            },
            Measure::UpTo(end) => self.sum_places(part.slot, |reader, place| {
                let count = reader.of_place(&leaf, place);
                reader
                    .bucket_tree(&leaf, place)
                    .before(count, usize::from(end), |i| reader.share_before(place, i))
            }),
            Measure::DurationUs => self.until(&leaf, leaf.quarters, part),
        }
    }

    /// Adds to each of some totals what its part counted in a whole leaf: one draw of the leaf serves all of them.
    /// `scratch` is room for the pods' counts.
    pub(super) fn add_whole(
        &mut self,
        index: LeafIndex,
        parts: &[Part],
        totals: &mut [u64],
        scratch: &mut Vec<u64>,
    ) {
        let leaf = self.leaf(index);
        if leaf.count == 0 {
            return;
        }
        scratch.clear();
        scratch.resize(self.places(), 0);
        if parts.iter().any(|part| *part != Part::ALL) {
            self.slot_tree(&leaf).each(
                leaf.count,
                &|place| self.weight_before(place),
                &mut |place, events| {
                    if let Some(slot) = scratch.get_mut(place) {
                        *slot = events;
                    }
                },
            );
        }
        let up_to = |place: usize, count: u64, end: u8| {
            if count == 0 {
                return 0;
            }
            self.bucket_tree(&leaf, place)
                .before(count, usize::from(end), |bucket| {
                    self.share_before(place, bucket)
                })
        };
        for (part, total) in parts.iter().zip(totals) {
            let place = match part.slot {
                None => None,
                Some(slot) => match self.place_of(slot) {
                    Some(place) => Some(place),
                    None => continue,
                },
            };
            let of_place = |place: usize| scratch.get(place).copied().unwrap_or(0);
            *total += match (part.measure, place) {
                (Measure::Events, None) => leaf.count,
                (Measure::Events, Some(place)) => of_place(place),
                (Measure::UpTo(end), Some(place)) => up_to(place, of_place(place), end),
                (Measure::UpTo(end), None) => (0..self.places())
                    .map(|place| up_to(place, of_place(place), end))
                    .sum(),
                (Measure::DurationUs, _) => self.until(&leaf, leaf.quarters, *part),
                (Measure::Sampled(one_in), _) => {
                    self.sampled(&leaf, one_in, part.slot, leaf.quarters)
                }
            };
        }
    }

    /// What a part of the atom counted in the first quarters of a leaf.
    pub(super) fn first_quarters(&mut self, index: LeafIndex, quarters: u32, part: Part) -> u64 {
        if quarters == 0 {
            return 0;
        }
        let leaf = self.leaf(index);
        if leaf.count == 0 {
            return 0;
        }
        let quarters = (quarters as usize).min(leaf.quarters);
        match part.measure {
            Measure::Sampled(one_in) => self.sampled(&leaf, one_in, part.slot, quarters),
            _ => self.until(&leaf, quarters, part),
        }
    }

    /// Which rank each event has: event `k` lies where `forward(k)` says.
    pub(super) fn ranks(leaf: &Leaf) -> Permutation {
        Permutation::new(leaf.key, stage::PERMUTATION, leaf.count)
    }

    /// How many of a leaf's events are kept when one in `one_in` is: they are the first so many.
    pub(super) fn kept(leaf: &Leaf, one_in: u32) -> u64 {
        if one_in <= 1 {
            return leaf.count;
        }
        binomial(
            leaf.key,
            stage::SAMPLED,
            leaf.count,
            ONE_Q32 / u64::from(one_in),
        )
    }

    /// How long an event took, in microseconds; zero for an atom without latency.
    #[inline]
    pub(super) fn duration_us(&self, leaf: &Leaf, cell: &Cell) -> u64 {
        self.atom.def.latency.as_ref().map_or(0, |(latency, _)| {
            let index = duration_index(cell.place.into(), cell.bucket.into(), cell.quarter.into());
            latency.duration_us(
                leaf.key,
                index,
                cell.bucket.into(),
                cell.rank.into(),
                cell.of.into(),
            )
        })
    }

    fn until(&self, leaf: &Leaf, quarters: usize, part: Part) -> u64 {
        let buckets = match part.measure {
            Measure::UpTo(end) => usize::from(end),
            _ => usize::MAX,
        };
        self.sum_places(part.slot, |reader, place| {
            let of_place = reader.of_place(leaf, place);
            let mut sum = 0;
            reader.bucket_tree(leaf, place).each(
                of_place,
                &|i| reader.share_before(place, i),
                &mut |bucket, count| {
                    if bucket >= buckets {
                        return;
                    }
                    let tree = quarter_tree(leaf, place, bucket);
                    if part.measure == Measure::DurationUs {
                        tree.each(count, &even, &mut |quarter, events| {
                            if quarter < quarters {
                                sum += reader.cell_sum_us(leaf, place, bucket, quarter, events);
                            }
                        });
                    } else {
                        sum += tree.before(count, quarters, even);
                    }
                },
            );
            sum
        })
    }

    fn cell_sum_us(
        &self,
        leaf: &Leaf,
        place: usize,
        bucket: usize,
        quarter: usize,
        events: u64,
    ) -> u64 {
        self.atom.def.latency.as_ref().map_or(0, |(latency, _)| {
            latency.sum_us(
                leaf.key,
                duration_index(place, bucket, quarter),
                bucket,
                events,
            )
        })
    }

    /// Kept events cannot be split ahead of their ranks, so a part of them is found one by one.
    fn sampled(&self, leaf: &Leaf, one_in: u32, slot: Option<SlotId>, quarters: usize) -> u64 {
        let kept = Self::kept(leaf, one_in);
        if slot.is_none() && quarters == leaf.quarters {
            return kept;
        }
        let mut cells = Vec::new();
        self.cells(leaf, &mut cells);
        let ranks = Self::ranks(leaf);
        let inside = |cell: &Cell| {
            usize::from(cell.quarter) < quarters && (slot.is_none() || cell.slot == slot)
        };
        (0..kept)
            .filter(|&k| cells.get(ranks.forward(k) as usize).is_some_and(inside))
            .count() as u64
    }

    fn sum_places(&self, slot: Option<SlotId>, count: impl Fn(&Self, usize) -> u64) -> u64 {
        match slot {
            Some(slot) => self.place_of(slot).map_or(0, |place| count(self, place)),
            None => (0..self.places()).map(|place| count(self, place)).sum(),
        }
    }

    fn of_place(&self, leaf: &Leaf, place: usize) -> u64 {
        self.slot_tree(leaf)
            .cell(leaf.count, place, |i| self.weight_before(i))
    }

    fn places(&self) -> usize {
        self.weights.len().saturating_sub(1)
    }

    fn place_of(&self, slot: SlotId) -> Option<usize> {
        self.slots?;
        self.ready
            .value
            .binary_search_by_key(&slot, |&(id, _)| id)
            .ok()
    }

    fn slot_at(&self, place: usize) -> Option<SlotId> {
        self.slots?;
        self.ready.value.get(place).map(|&(id, _)| id)
    }

    /// The pod at a uniform point among the weights of those that were ready at the leaf read last.
    pub(super) fn slot_by_weight(&self, point: u32) -> Option<SlotId> {
        let all = *self.weights.last()?;
        let at = ((u128::from(all) * u128::from(point)) >> 32) as u64;
        let place = self.weights.partition_point(|&before| before <= at);
        self.slot_at(place.checked_sub(1)?)
    }

    fn weight_before(&self, place: usize) -> u64 {
        self.weights.get(place).copied().unwrap_or(0)
    }

    fn share_before(&self, place: usize, bucket: usize) -> u64 {
        let shares = self.place_shares.get(place).unwrap_or(&self.shares);
        shares.get(bucket).copied().unwrap_or(ONE_Q32)
    }

    fn slot_tree(&self, leaf: &Leaf) -> Tree {
        Tree::new(leaf.key, stage::SLOTS, self.places())
    }

    fn bucket_tree(&self, leaf: &Leaf, place: usize) -> Tree {
        Tree::new(
            leaf.key,
            stage::BUCKETS | (place as u64) << 32,
            self.shares.len().saturating_sub(1),
        )
    }

    fn refresh_rate(&mut self, at_ms: i64) {
        if !self.rate.holds(at_ms) {
            let (value, from_ms, until_ms) = self.atom.rate.span_at(at_ms);
            self.rate = Held {
                from_ms,
                until_ms,
                value: *value,
            };
        }
    }

    fn refresh_ready(&mut self, at_ms: i64) {
        let Some(slots) = self.slots else {
            return;
        };
        if self.ready.holds(at_ms) {
            return;
        }
        let (ready, mut from_ms, mut until_ms) = slots.ready_span(at_ms);
        self.weights.clear();
        self.weights.push(0);
        self.slow.clear();
        self.place_shares.clear();
        self.shares_of = None;
        let mut sum = 0;
        for &(slot, weight) in ready.iter() {
            let bias = self.atom.bias.iter().find(|(biased, _)| *biased == slot);
            let factor = bias.map_or(65_536, |(_, track)| {
                let (factor, since, until) = track.span_at(at_ms);
                from_ms = from_ms.max(since);
                until_ms = until_ms.min(until);
                *factor
            });
            sum += (u64::from(weight) * u64::from(factor)) >> 16;
            self.weights.push(sum);
            if !self.atom.slow.is_empty() {
                let slow = self.atom.slow.iter().find(|(of, _)| *of == slot);
                self.slow.push(slow.map_or(RATE_ONE, |(_, track)| {
                    let (factor, since, until) = track.span_at(at_ms);
                    from_ms = from_ms.max(since);
                    until_ms = until_ms.min(until);
                    *factor
                }));
            }
        }
        if self.slow.iter().all(|factor| *factor == RATE_ONE) {
            self.slow.clear();
        }
        self.ready = Held {
            from_ms,
            until_ms,
            value: Arc::clone(ready),
        };
    }

    fn refresh_shares(&mut self, at_ms: i64) {
        let (Some((latency, _)), Some(track)) = (&self.atom.def.latency, self.factor) else {
            return;
        };
        if !self.latency_factor.holds(at_ms) {
            let (value, from_ms, until_ms) = track.span_at(at_ms);
            self.latency_factor = Held {
                from_ms,
                until_ms,
                value: *value,
            };
        }
        if self.shares_of != Some(self.latency_factor.value) {
            self.shares_of = Some(self.latency_factor.value);
            self.shares = latency.shares_q32(self.latency_factor.value);
            let factor = u64::from(self.latency_factor.value);
            self.place_shares = self
                .slow
                .iter()
                .map(|slow| (factor * u64::from(*slow)) >> 16)
                .map(|factor| latency.shares_q32(factor.min(u64::from(u32::MAX)) as u32))
                .collect();
        }
    }

    fn pinned(&mut self, number: usize, pin: &'a PinState, index: LeafIndex) -> u64 {
        let counts = if let Some(counts) = pin.counts.get() {
            counts
        } else {
            let counts = self.apportion(number, pin);
            pin.counts.get_or_init(|| counts)
        };
        usize::try_from(index - pin.first)
            .ok()
            .and_then(|at| counts.get(at))
            .map_or(0, |&count| u64::from(count))
    }

    /// Splits a pin's total over its leaves by binomials weighted with the expected number of each; evenly if none is
    /// expected at all.
    fn apportion(&mut self, number: usize, pin: &PinState) -> Box<[u32]> {
        let leaves = (pin.end - pin.first) as usize;
        let mut before = Vec::with_capacity(leaves + 1);
        let mut sum = 0_u64;
        before.push(sum);
        for index in pin.first..pin.end {
            // In 2^-16ths: a window of 2^15 leaves cannot overflow.
            sum = sum.saturating_add(self.expected_q32(index) >> 16);
            before.push(sum);
        }
        let weight_before = |i: usize| {
            if sum == 0 {
                i as u64
            } else {
                before.get(i).copied().unwrap_or(sum)
            }
        };
        let key = self.atom.key.leaf(i64::MIN + number as i64);
        let mut counts = vec![0; leaves].into_boxed_slice();
        Tree::new(key, 1 << 20, leaves).each(pin.total, &weight_before, &mut |leaf, events| {
            if let Some(count) = counts.get_mut(leaf) {
                *count = events as u32;
            }
        });
        counts
    }
}

fn even(cells: usize) -> u64 {
    cells as u64
}

fn quarter_tree(leaf: &Leaf, place: usize, bucket: usize) -> Tree {
    let base = stage::QUARTERS | (place as u64) << 32 | (bucket as u64) << 26;
    Tree::new(leaf.key, base, leaf.quarters)
}

fn second_tree(leaf: &Leaf, place: usize, bucket: usize, quarter: usize) -> Tree {
    let base =
        stage::SECONDS | (place as u64) << 32 | (bucket as u64) << 26 | (quarter as u64) << 24;
    Tree::new(leaf.key, base, leaf.seconds_per_quarter)
}

/// The place of a cell's durations among a leaf's draws; the low 32 bits number the pairs.
fn duration_index(place: usize, bucket: usize, quarter: usize) -> u64 {
    stage::DURATIONS | (place as u64) << 40 | (bucket as u64) << 34 | (quarter as u64) << 32
}
