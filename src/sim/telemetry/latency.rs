//! The distribution of a request's duration over histogram buckets, in integers. Draws nothing.
//!
//! Durations are log-normal: a median, a spread in octaves, and a factor that moves with the service's health. What would
//! be longer than the ceiling or shorter than the floor lies in the bucket that holds it. Inside a
//! bucket they are spread evenly, in pairs that lie symmetrically about the bucket's middle: so the sum of a bucket's
//! durations is known from its count, and only a single event that is left over must be drawn.

use std::sync::Arc;

use crate::sim::draw::{LeafKey, ONE_Q32, upper_tail_q32};

/// More buckets than this (with the last, unbounded one) are refused.
pub const MOST_BUCKETS: usize = 64;

/// Why a distribution cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LatencyError {
    /// Bounds must rise from above zero and be fewer than [`MOST_BUCKETS`]; the ceiling must be above zero.
    #[error("bucket bounds must rise from above zero, at most 63 of them, and so must the ceiling")]
    Bounds,
    /// The median or the spread is zero.
    #[error("a latency needs a median and a spread above zero")]
    Shape,
}

/// How long requests of one class take.
#[derive(Clone, Debug)]
pub struct Latency {
    bounds_us: Arc<[u64]>,
    /// `log2` of each bound over the median, in 1/65,536.
    bound_octaves_q16: Vec<i64>,
    floor_us: u64,
    ceiling_us: u64,
    spread_octaves_q16: i64,
}

impl Latency {
    /// Durations with a median, a spread (one standard deviation in octaves, in units of 1/65,536: 65,536 doubles and
    /// halves) and nothing above the ceiling, counted in buckets with these upper bounds. All in microseconds.
    pub fn new(
        bounds_us: Arc<[u64]>,
        median_us: u64,
        spread_octaves_q16: u32,
        ceiling_us: u64,
    ) -> Result<Self, LatencyError> {
        let rising = bounds_us.is_sorted_by(|a, b| a < b);
        let positive = bounds_us.first().is_none_or(|&first| first > 0) && ceiling_us > 0;
        if !rising || !positive || bounds_us.len() >= MOST_BUCKETS || ceiling_us > 1 << 50 {
            return Err(LatencyError::Bounds);
        }
        if median_us == 0 || spread_octaves_q16 == 0 {
            return Err(LatencyError::Shape);
        }
        let median = log2_q16(median_us);
        Ok(Self {
            bound_octaves_q16: bounds_us.iter().map(|&us| log2_q16(us) - median).collect(),
            bounds_us,
            floor_us: 0,
            ceiling_us,
            spread_octaves_q16: i64::from(spread_octaves_q16),
        })
    }

    /// The same with nothing at or below a floor. A floor from the ceiling on leaves only what lies just below that.
    #[must_use]
    pub fn with_floor(mut self, floor_us: u64) -> Self {
        self.floor_us = floor_us.min(self.ceiling_us - 1);
        self
    }

    /// Upper bounds of the buckets but the last, in microseconds.
    pub fn bounds_us(&self) -> &Arc<[u64]> {
        &self.bounds_us
    }

    /// How many buckets there are, the unbounded one included.
    pub fn buckets(&self) -> usize {
        self.bounds_us.len() + 1
    }

    /// The share of durations up to each bound when the median is stretched by a factor (in units of 1/65,536), in units
    /// of 2^-32. Starts with 0 and ends with one, so bucket `b` has `shares[b + 1] - shares[b]`.
    pub fn shares_q32(&self, factor_q16: u32) -> Vec<u64> {
        let stretch = log2_q16(u64::from(factor_q16.max(1))) - (16 << 16);
        let mut shares = Vec::with_capacity(self.buckets() + 1);
        shares.push(0);
        for (octaves, bound) in self.bound_octaves_q16.iter().zip(&*self.bounds_us) {
            let deviations_q16 = ((octaves - stretch) << 16) / self.spread_octaves_q16;
            shares.push(if *bound >= self.ceiling_us {
                ONE_Q32
            } else if *bound <= self.floor_us {
                0
            } else {
                ONE_Q32 - upper_tail_q32(deviations_q16)
            });
        }
        shares.push(ONE_Q32);
        shares
    }

    /// How many of so many events of an ordinary day lie in the first `end` buckets.
    pub(super) fn ordinary_up_to(&self, events: u64, end: usize) -> u64 {
        let share = self.shares_q32(65_536).get(end).copied().unwrap_or(ONE_Q32);
        ((u128::from(events) * u128::from(share)) >> 32) as u64
    }

    /// The sum of the durations of so many events of an ordinary day, in microseconds.
    pub(super) fn ordinary_sum_us(&self, events: u64) -> u64 {
        let of_bucket = |bucket: usize| {
            let (low, high) = self.range_us(bucket);
            let count =
                self.ordinary_up_to(events, bucket + 1) - self.ordinary_up_to(events, bucket);
            count * low.midpoint(high)
        };
        (0..self.buckets()).map(of_bucket).sum()
    }

    /// The shortest and the longest duration in a bucket, in microseconds.
    pub fn range_us(&self, bucket: usize) -> (u64, u64) {
        let bound = |at: usize| self.bounds_us.get(at).copied();
        let above = bucket.checked_sub(1).and_then(bound).unwrap_or(0);
        let high = bound(bucket).map_or(self.ceiling_us, |bound| bound.min(self.ceiling_us));
        // Nothing lies in a bucket beyond the ceiling.
        ((above.max(self.floor_us) + 1).min(high), high)
    }

    /// The duration of event `rank` of the `count` in a cell of a bucket, in microseconds. `index` numbers the cell.
    pub fn duration_us(
        &self,
        key: LeafKey,
        index: u64,
        bucket: usize,
        rank: u64,
        count: u64,
    ) -> u64 {
        let (low, high) = self.range_us(bucket);
        let drawn = key.below(index | (rank / 2), high - low + 1);
        if rank % 2 == 1 {
            high - drawn
        } else {
            debug_assert!(rank < count, "a rank lies below its count");
            low + drawn
        }
    }

    /// The sum of the durations of all `count` events of a cell, in microseconds.
    pub fn sum_us(&self, key: LeafKey, index: u64, bucket: usize, count: u64) -> u64 {
        let (low, high) = self.range_us(bucket);
        let pairs = (count / 2) * (low + high);
        if count % 2 == 1 {
            pairs + self.duration_us(key, index, bucket, count - 1, count)
        } else {
            pairs
        }
    }

    /// [`Latency::sum_us`] over the same cell of many leaves.
    pub fn sums_us(&self, keys: &[LeafKey], index: u64, bucket: usize, counts: &[u64]) -> u64 {
        let (low, high) = self.range_us(bucket);
        let (mut pairs, mut odd) = (0, 0);
        for (key, count) in keys.iter().zip(counts) {
            pairs += count / 2;
            if count % 2 == 1 {
                odd += low + key.below(index | (count / 2), high - low + 1);
            }
        }
        pairs * (low + high) + odd
    }
}

/// The logarithm to base two in units of 1/65,536, rounded down; 0 for 0.
pub(super) fn log2_q16(value: u64) -> i64 {
    let Some(whole) = value.checked_ilog2() else {
        return 0;
    };
    // The mantissa in 1..2, in units of 2^-63, squared once for each bit of the result.
    let mut mantissa = value << (63 - whole);
    let mut result = i64::from(whole);
    for _ in 0..16 {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        let overflow = square >> 64 != 0;
        mantissa = if overflow { square >> 1 } else { square } as u64;
        result = (result << 1) | i64::from(overflow);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{StreamId, StreamKey};

    fn latency() -> Latency {
        let bounds = [
            5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
        ];
        Latency::new(Arc::from(bounds), 20_000, 65_536, 10_000_000).unwrap()
    }

    #[test]
    fn logarithms_are_exact_enough() {
        for value in [1_u64, 2, 3, 10, 1_000, 65_537, u64::MAX] {
            let expected = libm::log2(value as f64) * 65_536.0;
            assert!((log2_q16(value) as f64 - expected).abs() < 1.5, "{value}");
        }
    }

    #[test]
    fn shares_follow_the_log_normal() {
        let shares = latency().shares_q32(65_536);
        assert_eq!(shares.len(), 10);
        assert_eq!((shares[0], shares[9]), (0, ONE_Q32));
        // One octave below the median of 20 ms lies 10 ms: one deviation.
        let share = shares[2] as f64 / ONE_Q32 as f64;
        assert!((share - 0.1587).abs() < 0.001, "{share}");
        // Slowed down twice over, 20 ms lies one deviation lower.
        let slowed = latency().shares_q32(131_072);
        assert!(
            slowed
                .iter()
                .zip(&shares)
                .all(|(slow, usual)| slow <= usual)
        );
        assert!(shares.is_sorted());
    }

    #[test]
    fn durations_lie_in_their_bucket_and_add_up() {
        let latency = latency();
        let key = StreamKey::new(1, StreamId::of("latency")).leaf(0);
        for bucket in 0..latency.buckets() {
            for count in 0..9 {
                let (low, high) = latency.range_us(bucket);
                let mut sum = 0;
                for rank in 0..count {
                    let duration = latency.duration_us(key, 1 << 40, bucket, rank, count);
                    assert!((low..=high).contains(&duration));
                    sum += duration;
                }
                assert_eq!(sum, latency.sum_us(key, 1 << 40, bucket, count));
            }
        }
    }

    #[test]
    fn sums_of_many_leaves_are_those_of_each() {
        let (latency, stream) = (latency(), StreamKey::new(1, StreamId::of("latency")));
        let keys: Vec<_> = (0..40).map(|leaf| stream.leaf(leaf)).collect();
        let counts: Vec<u64> = (0..40).collect();
        for bucket in 0..latency.buckets() {
            let each = keys.iter().zip(&counts);
            let sums = each.map(|(key, count)| latency.sum_us(*key, 1 << 40, bucket, *count));
            assert_eq!(
                latency.sums_us(&keys, 1 << 40, bucket, &counts),
                sums.sum::<u64>()
            );
        }
    }

    #[test]
    fn nothing_lies_beyond_the_ceiling_or_below_the_floor() {
        let bounds: Arc<[u64]> = Arc::from([5_000, 10_000, 25_000, 50_000]);
        let latency = Latency::new(bounds, 20_000, 65_536, 30_000).unwrap();
        let shares = latency.shares_q32(65_536);
        assert_eq!(shares[4..], [ONE_Q32, ONE_Q32]);
        assert_eq!(latency.range_us(3), (25_001, 30_000));
        let slow = latency.clone().with_floor(12_000);
        assert_eq!(slow.shares_q32(65_536)[..3], [0, 0, 0]);
        assert_eq!(slow.range_us(2), (12_001, 25_000));
        assert!(slow.shares_q32(65_536).is_sorted());
        let all = latency.with_floor(90_000);
        assert_eq!(all.range_us(3), (30_000, 30_000));
        let key = StreamKey::new(1, StreamId::of("latency")).leaf(0);
        assert_eq!(all.duration_us(key, 0, 3, 1, 2), 30_000);
    }

    #[test]
    fn bad_shapes_are_refused() {
        let make = |bounds: &[u64], median, spread| {
            Latency::new(Arc::from(bounds), median, spread, 1000).err()
        };
        assert_eq!(make(&[5, 5], 1, 1), Some(LatencyError::Bounds));
        assert_eq!(make(&[0, 5], 1, 1), Some(LatencyError::Bounds));
        assert_eq!(make(&[5, 1000], 1, 1), None);
        assert_eq!(make(&[5], 0, 1), Some(LatencyError::Shape));
        assert_eq!(make(&[], 1, 1), None);
    }
}
