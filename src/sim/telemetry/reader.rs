//! Counting an atom's events leaf by leaf, and splitting them over pods, latency buckets, quarters and seconds.
//!
//! The order of the splits is pods, buckets, quarters of 15 s, seconds. Quarters come late so that a counter over days of
//! whole leaves never pays for them; below an hour before the start a leaf has one quarter anyway.

mod bulk;
mod held;
mod places;

use std::sync::Arc;

pub(super) use self::bulk::{Detail, Totals};
use self::held::Held;
pub(super) use self::places::Places;
use super::atom::Atom;
use super::history::RateTrack;
use super::leaf::{LeafGrid, LeafIndex};
use super::search::cost;
use super::slots::{ReadySet, SlotId, SlotTrack};
use super::split::{Node, Tree, evenly};
use super::traffic::Stretch;
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
    /// The ordinary rate times what `rate` holds.
    rate_product: u128,
    traffic: Stretch,
    ready: Held<ReadySet>,
    /// Weights of all ready pods before each place; one entry more than pods.
    weights: Vec<u64>,
    /// Shares of the nodes of the pods' tree.
    weight_nodes: Vec<u64>,
    /// How much longer than the others' the events of each ready pod take; empty while all are alike.
    slow: Vec<u32>,
    latency_factor: Held<u32>,
    shares_of: Option<u32>,
    buckets: usize,
    /// Shares of all buckets before each.
    shares_before: Vec<u64>,
    /// Shares of the nodes of the buckets' tree.
    shares: Vec<u64>,
    /// The same for each ready pod, where they are not all alike.
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
            rate_product: 0,
            traffic: atom.def.traffic.stretch_at(grid.origin_ms()),
            ready: Held::nothing(Arc::from([])),
            weights: vec![0, 1],
            weight_nodes: Vec::new(),
            slow: Vec::new(),
            latency_factor: Held::nothing(0),
            shares_of: None,
            buckets: 1,
            shares_before: Vec::new(),
            shares: Vec::new(),
            place_shares: Vec::new(),
        }
    }

    /// The leaf with its count, and the weights of its pods and buckets made ready.
    pub(super) fn leaf(&mut self, index: LeafIndex) -> Leaf {
        let leaf = self.counted(index);
        if leaf.count > 0 {
            self.refresh_shares(self.grid.start_ms(index));
        }
        leaf
    }

    /// The leaf with its count; only the weights of its pods are made ready.
    fn counted(&mut self, index: LeafIndex) -> Leaf {
        let start_ms = self.grid.start_ms(index);
        let key = self.atom.key.leaf(index);
        let count = self.count(key, index);
        // After the count: a pin's first leaf may have had a look at all leaves of its window.
        self.refresh_ready(start_ms);
        Leaf {
            key,
            count,
            quarters: self.grid.quarters(index) as usize,
            seconds_per_quarter: self.grid.seconds_per_quarter(index) as usize,
        }
    }

    /// How many events a leaf has.
    #[inline]
    fn count(&mut self, key: LeafKey, index: LeafIndex) -> u64 {
        match self.atom.pin_at(index) {
            Some((number, pin)) => self.pinned(number, pin, index),
            None => match self.expected_q32(index) {
                0 => 0,
                mean => poisson(key, 0, mean),
            },
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
        if !self.traffic.holds(start_ms) {
            self.traffic = self.atom.def.traffic.stretch_at(start_ms);
        }
        let seconds = (self.grid.length_ms(index) / 1000) as u64;
        let shape = u64::from(self.traffic.factor_q16(start_ms));
        let mean = (self.rate_product * u128::from(shape * seconds)) >> 32;
        // 2^31 events in a leaf are more than any estate asks for.
        mean.min(1 << 63) as u64
    }

    /// What a part of the atom counted in a whole leaf.
    pub(super) fn whole(&mut self, index: LeafIndex, part: Part) -> u64 {
        let leaf = self.leaf(index);
        self.of_whole(&leaf, part)
    }

    /// The same, with what it cost in units of about ten nanoseconds.
    pub(super) fn whole_for(&mut self, index: LeafIndex, part: Part) -> (u64, u64) {
        let simple =
            part.slot.is_none() && matches!(part.measure, Measure::Events | Measure::Sampled(_));
        let leaf = if simple {
            self.counted(index)
        } else {
            self.leaf(index)
        };
        let cost = cost::COUNTED
            + match (part.measure, part.slot) {
                (Measure::Sampled(_), Some(_)) => cost::SPREAD + leaf.count * cost::DRAW,
                (Measure::UpTo(_) | Measure::DurationUs, _) => cost::SPREAD,
                (Measure::Events, Some(_)) | (Measure::Sampled(_), None) => cost::PLACE,
                (Measure::Events, None) => 0,
            };
        (self.of_whole(&leaf, part), cost)
    }

    fn of_whole(&self, leaf: &Leaf, part: Part) -> u64 {
        if leaf.count == 0 {
            return 0;
        }
        match part.measure {
            Measure::Sampled(one_in) => self.sampled(leaf, one_in, part.slot, leaf.quarters),
            Measure::Events => match part.slot {
                None => leaf.count,
                Some(slot) => self
                    .place_of(slot)
                    .map_or(0, |place| self.of_place(leaf, place)),
            },
            Measure::UpTo(end) => self.sum_places(part.slot, |reader, place| {
                let count = reader.of_place(leaf, place);
                reader.bucket_tree(leaf, place).before(
                    count,
                    usize::from(end),
                    reader.bucket_share(place),
                )
            }),
            Measure::DurationUs => self.until(leaf, leaf.quarters, part),
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
            self.slot_tree(&leaf)
                .each(leaf.count, &self.slot_share(), &mut |place, events| {
                    if let Some(slot) = scratch.get_mut(place) {
                        *slot = events;
                    }
                });
        }
        let up_to = |place: usize, count: u64, end: u8| {
            if count == 0 {
                return 0;
            }
            self.bucket_tree(&leaf, place)
                .before(count, usize::from(end), self.bucket_share(place))
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

    /// Calls `visit` with a pod's place, a bucket, a quarter and how many events of a leaf lie there, for all where some
    /// do, the pods in order. Where nobody asks for buckets, those of a leaf with one quarter are left together.
    pub(super) fn each_quarter(
        &self,
        leaf: &Leaf,
        by_bucket: bool,
        visit: &mut impl FnMut(usize, usize, usize, u64),
    ) {
        let whole = leaf.quarters == 1;
        self.slot_tree(leaf)
            .each(leaf.count, &self.slot_share(), &mut |place, of_place| {
                if whole && !by_bucket {
                    visit(place, 0, 0, of_place);
                    return;
                }
                let share = self.bucket_share(place);
                self.bucket_tree(leaf, place)
                    .each(of_place, &share, &mut |bucket, of_bucket| {
                        if whole {
                            visit(place, bucket, 0, of_bucket);
                            return;
                        }
                        quarter_tree(leaf, place, bucket).each(
                            of_bucket,
                            &evenly,
                            &mut |quarter, events| visit(place, bucket, quarter, events),
                        );
                    });
            });
    }

    /// How many buckets its latency has; one without.
    pub(super) fn buckets(&self) -> usize {
        let latency = self.atom.def.latency.as_ref();
        latency.map_or(1, |(latency, _)| latency.buckets())
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
                &reader.bucket_share(place),
                &mut |bucket, count| {
                    if bucket >= buckets {
                        return;
                    }
                    let tree = quarter_tree(leaf, place, bucket);
                    if part.measure == Measure::DurationUs {
                        tree.each(count, &evenly, &mut |quarter, events| {
                            if quarter < quarters {
                                sum += reader.cell_sum_us(leaf, place, bucket, quarter, events);
                            }
                        });
                    } else {
                        sum += tree.before(count, quarters, evenly);
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
            .cell(leaf.count, place, self.slot_share())
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

    pub(super) fn slot_at(&self, place: usize) -> Option<SlotId> {
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

    #[inline]
    fn slot_share(&self) -> impl Fn(Node) -> u64 + '_ {
        |node| by_number(&self.weight_nodes, node)
    }

    #[inline]
    fn bucket_share(&self, place: usize) -> impl Fn(Node) -> u64 + '_ {
        let shares = self.place_shares.get(place).unwrap_or(&self.shares);
        move |node| by_number(shares, node)
    }

    fn slot_tree(&self, leaf: &Leaf) -> Tree {
        Tree::new(leaf.key, stage::SLOTS, self.places())
    }

    fn bucket_tree(&self, leaf: &Leaf, place: usize) -> Tree {
        Tree::new(
            leaf.key,
            stage::BUCKETS | (place as u64) << 32,
            self.buckets,
        )
    }
}

#[inline]
fn by_number(shares: &[u64], node: Node) -> u64 {
    shares.get(node.number as usize).copied().unwrap_or(0)
}

fn quarter_tree(leaf: &Leaf, place: usize, bucket: usize) -> Tree {
    Tree::new(leaf.key, quarter_base(place, bucket), leaf.quarters)
}

/// The place of a cell's quarters among a leaf's draws.
const fn quarter_base(place: usize, bucket: usize) -> u64 {
    stage::QUARTERS | (place as u64) << 32 | (bucket as u64) << 26
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
