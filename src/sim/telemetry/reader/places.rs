//! Where the events of a leaf lie: all of them at once, or single ones found by their ranks, for which only the splits on
//! the way to them are drawn.

use super::{AtomReader, Cell, Leaf, quarter_tree, second_tree};
use crate::sim::draw::ONE_Q32;
use crate::sim::telemetry::split::evenly;

/// The most quarters of a leaf.
const QUARTERS: usize = 4;

/// The places of a leaf's events as far as they have been asked for; to be cleared for another leaf.
#[derive(Debug, Default)]
pub(in super::super) struct Places {
    /// Events before each bucket of each pod, in the order of ranks, and at the end all; empty while not asked for.
    before: Vec<u64>,
    /// Events of each of those buckets before each quarter's end; none for a bucket not asked for.
    quarters: Vec<Option<[u64; QUARTERS]>>,
    buckets: usize,
}

/// An event's pod, bucket and number among those of both.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Spot {
    pub(in super::super) place: usize,
    pub(in super::super) bucket: usize,
    number: usize,
    rank: u64,
}

impl Places {
    /// Forgets the leaf.
    pub(in super::super) fn clear(&mut self) {
        self.before.clear();
    }
}

impl AtomReader<'_> {
    /// Where every event of a leaf lies, in the order of ranks.
    pub(in super::super) fn cells(&self, leaf: &Leaf, out: &mut Vec<Cell>) {
        out.clear();
        self.slot_tree(leaf)
            .each(leaf.count, &self.slot_share(), &mut |place, of_place| {
                let slot = self.slot_at(place);
                self.bucket_tree(leaf, place).each(
                    of_place,
                    &self.bucket_share(place),
                    &mut |bucket, of_bucket| {
                        quarter_tree(leaf, place, bucket).each(
                            of_bucket,
                            &evenly,
                            &mut |quarter, of| {
                                let mut rank = 0;
                                second_tree(leaf, place, bucket, quarter).each(
                                    of,
                                    &evenly,
                                    &mut |second, events| {
                                        for _ in 0..events {
                                            out.push(Cell {
                                                slot,
                                                place: place as u16,
                                                bucket: bucket as u8,
                                                quarter: quarter as u8,
                                                second: (quarter * leaf.seconds_per_quarter
                                                    + second)
                                                    as u8,
                                                rank,
                                                of: of as u32,
                                            });
                                            rank += 1;
                                        }
                                    },
                                );
                            },
                        );
                    },
                );
            });
    }

    /// The pod and bucket of the event of a rank.
    #[inline]
    pub(in super::super) fn spot(&self, leaf: &Leaf, places: &mut Places, rank: u64) -> Spot {
        if places.before.is_empty() {
            self.spread(leaf, places);
        }
        let number = places
            .before
            .partition_point(|&before| before <= rank)
            .saturating_sub(1);
        let buckets = places.buckets.max(1);
        Spot {
            place: number / buckets,
            bucket: number % buckets,
            number,
            rank: rank - places.before.get(number).copied().unwrap_or(0),
        }
    }

    fn spread(&self, leaf: &Leaf, places: &mut Places) {
        let buckets = self.buckets.max(1);
        let cells = self.places() * buckets;
        places.buckets = buckets;
        places.before.resize(cells, 0);
        places.quarters.clear();
        places.quarters.resize(cells, None);
        let before = &mut places.before;
        self.slot_tree(leaf)
            .each(leaf.count, &self.slot_share(), &mut |place, events| {
                self.bucket_tree(leaf, place).each(
                    events,
                    &self.bucket_share(place),
                    &mut |bucket, events| {
                        if let Some(count) = before.get_mut(place * buckets + bucket) {
                            *count = events;
                        }
                    },
                );
            });
        let mut sum = 0;
        for count in before.iter_mut() {
            sum += std::mem::replace(count, sum);
        }
        before.push(sum);
    }

    /// Where the event of a rank lies, all splits drawn.
    pub(in super::super) fn cell_at(&self, leaf: &Leaf, places: &mut Places, rank: u64) -> Cell {
        let spot = self.spot(leaf, places, rank);
        let quarter = in_quarter(leaf, places, &spot);
        let (number, rank, of) = quarter;
        let (second, _, _) =
            second_tree(leaf, spot.place, spot.bucket, number).holding(of, rank, evenly);
        Cell {
            second: (number * leaf.seconds_per_quarter + second) as u8,
            ..self.without_second(&spot, quarter)
        }
    }

    /// The event's place but for its second, which no duration depends on.
    #[inline]
    fn without_second(&self, spot: &Spot, quarter: (usize, u64, u64)) -> Cell {
        Cell {
            slot: self.slot_at(spot.place),
            place: spot.place as u16,
            bucket: spot.bucket as u8,
            quarter: quarter.0 as u8,
            second: 0,
            rank: quarter.1 as u32,
            of: quarter.2 as u32,
        }
    }

    /// How long the event of a spot took, in microseconds.
    #[inline]
    pub(in super::super) fn duration_at(
        &self,
        leaf: &Leaf,
        places: &mut Places,
        spot: &Spot,
    ) -> u64 {
        let quarter = in_quarter(leaf, places, spot);
        self.duration_us(leaf, &self.without_second(spot, quarter))
    }

    /// How many events lie in a set of buckets (bit by bit), by the shares alone: what drawing them would cost.
    pub(in super::super) fn expected_in(&self, leaf: &Leaf, buckets: u64) -> u64 {
        let before = |bucket: usize| self.shares_before.get(bucket).copied().unwrap_or(ONE_Q32);
        let share: u64 = (0..64)
            .filter(|bucket| buckets >> bucket & 1 == 1)
            .map(|bucket| before(bucket + 1).saturating_sub(before(bucket)))
            .sum();
        ((u128::from(leaf.count) * u128::from(share)) >> 32) as u64
    }

    /// Calls `visit(bucket, rank, duration)` for every event in a set of buckets (bit by bit), pod by pod in the order of
    /// ranks; the duration in microseconds is made when it is asked for.
    pub(in super::super) fn each_in_buckets(
        &self,
        leaf: &Leaf,
        buckets: u64,
        mut visit: impl FnMut(usize, u64, &mut dyn FnMut() -> u64),
    ) {
        let mut first = 0;
        self.slot_tree(leaf)
            .each(leaf.count, &self.slot_share(), &mut |place, events| {
                self.bucket_tree(leaf, place).each_of(
                    events,
                    buckets,
                    &self.bucket_share(place),
                    &mut |bucket, before, count| {
                        let mut ends = None;
                        for number in 0..count {
                            let mut duration = || {
                                let ends = ends.get_or_insert_with(|| {
                                    quarter_ends(leaf, place, bucket, count)
                                });
                                let (quarter, rank, of) = quarter_of(ends, number);
                                self.duration_us(
                                    leaf,
                                    &Cell {
                                        slot: None,
                                        place: place as u16,
                                        bucket: bucket as u8,
                                        quarter: quarter as u8,
                                        second: 0,
                                        rank: rank as u32,
                                        of: of as u32,
                                    },
                                )
                            };
                            visit(bucket, first + before + number, &mut duration);
                        }
                    },
                );
                first += events;
            });
    }
}

/// The quarter of an event of a bucket, its rank in it and how many events that has.
#[inline]
fn in_quarter(leaf: &Leaf, places: &mut Places, spot: &Spot) -> (usize, u64, u64) {
    let start = places.before.get(spot.number).copied().unwrap_or(0);
    let end = places.before.get(spot.number + 1).copied();
    let count = end.unwrap_or(start) - start;
    let known = places.quarters.get(spot.number).copied().flatten();
    let ends = known.unwrap_or_else(|| quarter_ends(leaf, spot.place, spot.bucket, count));
    if let (None, Some(slot)) = (known, places.quarters.get_mut(spot.number)) {
        *slot = Some(ends);
    }
    quarter_of(&ends, spot.rank)
}

/// Events of a bucket before the end of each of its quarters.
fn quarter_ends(leaf: &Leaf, place: usize, bucket: usize, count: u64) -> [u64; QUARTERS] {
    let mut ends = [0; QUARTERS];
    quarter_tree(leaf, place, bucket).each(count, &evenly, &mut |quarter, events| {
        if let Some(end) = ends.get_mut(quarter) {
            *end = events;
        }
    });
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    ends
}

/// The quarter of a rank, the rank in it and how many events it has.
#[inline]
fn quarter_of(ends: &[u64; QUARTERS], rank: u64) -> (usize, u64, u64) {
    let mut start = 0;
    for (quarter, &end) in ends.iter().enumerate() {
        if rank < end {
            return (quarter, rank - start, end - start);
        }
        start = end;
    }
    (QUARTERS - 1, 0, 0)
}
