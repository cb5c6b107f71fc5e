//! Append-only tracks: how a level, a rate or a fact moved in time. The only telemetry state that is stored; draws nothing.
//!
//! A track is a list of frozen chunks behind `Arc`s and a short tail. A snapshot for a reader is two counted pointers; an
//! append while a snapshot is alive copies the tail alone (at most 256 segments), never the whole history, which matters
//! when a fault ramps by a segment a second for hours. Reads are a binary search over the chunks and one inside a chunk.

use std::sync::Arc;

const CHUNK: usize = 256;

/// Why a track refused a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// The segment starts before the last one: the past cannot be changed.
    #[error("a segment at {at_ms} ms cannot follow one at {last_ms} ms: history is append-only")]
    OutOfOrder {
        /// Start of the refused segment, in ms since the Unix epoch.
        at_ms: i64,
        /// Start of the segment that is there already.
        last_ms: i64,
    },
}

/// Values with the instants, in milliseconds, from which they hold.
type Steps<T> = Arc<Vec<(i64, T)>>;

/// A value that is constant between the instants at which it was set.
#[derive(Clone, Debug)]
pub struct StepTrack<T> {
    initial: T,
    chunks: Arc<Vec<Steps<T>>>,
    tail: Steps<T>,
}

impl<T: Clone + PartialEq> StepTrack<T> {
    /// A track that has always had this value.
    pub fn new(initial: T) -> Self {
        Self {
            initial,
            chunks: Arc::default(),
            tail: Arc::new(Vec::new()),
        }
    }

    /// The value from `at_ms` on. Setting the same value again stores nothing; a second value for the same instant
    /// replaces the first.
    pub fn push(&mut self, at_ms: i64, value: T) -> Result<(), TrackError> {
        let last = self.last_segment();
        if let Some(&(last_ms, ref held)) = last {
            if at_ms < last_ms {
                return Err(TrackError::OutOfOrder { at_ms, last_ms });
            }
            if *held == value {
                return Ok(());
            }
        } else if self.initial == value {
            return Ok(());
        }
        let tail = Arc::make_mut(&mut self.tail);
        if tail.last().is_some_and(|&(last_ms, _)| last_ms == at_ms) {
            tail.pop();
        } else if tail.len() >= CHUNK {
            let full = std::mem::take(tail);
            Arc::make_mut(&mut self.chunks).push(Arc::new(full));
        }
        tail.push((at_ms, value));
        Ok(())
    }

    /// The value at an instant.
    pub fn at(&self, at_ms: i64) -> &T {
        self.segment_at(at_ms)
            .map_or(&self.initial, |(_, value)| value)
    }

    /// The value at an instant and the first instant at which the track says something else (`i64::MAX`: never so far).
    pub fn at_until(&self, at_ms: i64) -> (&T, i64) {
        let (value, _, until) = self.span_at(at_ms);
        (value, until)
    }

    /// The value at an instant, since when (`i64::MIN`: always) and until when it holds.
    pub fn span_at(&self, at_ms: i64) -> (&T, i64, i64) {
        let tail_start = self.tail.first().map_or(i64::MAX, |&(start, _)| start);
        if tail_start <= at_ms {
            return self.in_run(&self.tail, at_ms, i64::MAX);
        }
        let chunk_after = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(|&(start, _)| start <= at_ms));
        let next = self
            .chunks
            .get(chunk_after)
            .and_then(|chunk| chunk.first())
            .map_or(tail_start, |&(start, _)| start);
        match chunk_after
            .checked_sub(1)
            .and_then(|last| self.chunks.get(last))
        {
            Some(chunk) => self.in_run(chunk, at_ms, next),
            None => (&self.initial, i64::MIN, next),
        }
    }

    /// When the value at an instant began; `None` for the initial value.
    pub fn since(&self, at_ms: i64) -> Option<i64> {
        self.segment_at(at_ms).map(|&(start, _)| start)
    }

    /// How many times the value had been set by an instant.
    pub fn count_until(&self, at_ms: i64) -> usize {
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(|&(start, _)| start <= at_ms));
        let full = chunk.saturating_sub(1) * CHUNK;
        let partial = chunk.checked_sub(1).and_then(|last| self.chunks.get(last));
        let count = |run: &[(i64, T)]| run.partition_point(|&(start, _)| start <= at_ms);
        full + partial.map_or(0, |run| count(run)) + count(&self.tail)
    }

    /// The latest value.
    pub fn last(&self) -> &T {
        self.last_segment()
            .map_or(&self.initial, |(_, value)| value)
    }

    /// How many segments are stored.
    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.tail.len()
    }

    /// Whether the value has never been set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All segments as (start in ms, value), oldest first, without the initial value.
    pub fn segments(&self) -> impl Iterator<Item = &(i64, T)> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.iter())
            .chain(self.tail.iter())
    }

    fn in_run<'a>(&'a self, run: &'a [(i64, T)], at_ms: i64, next: i64) -> (&'a T, i64, i64) {
        let after = run.partition_point(|&(start, _)| start <= at_ms);
        let until = run.get(after).map_or(next, |&(start, _)| start);
        match after.checked_sub(1).and_then(|last| run.get(last)) {
            Some((start, value)) => (value, *start, until),
            None => (&self.initial, i64::MIN, until),
        }
    }

    fn segment_at(&self, at_ms: i64) -> Option<&(i64, T)> {
        let find = |run: &'_ [(i64, T)]| run.partition_point(|&(start, _)| start <= at_ms);
        if let Some(found) = find(&self.tail).checked_sub(1) {
            return self.tail.get(found);
        }
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(|&(start, _)| start <= at_ms))
            .checked_sub(1)
            .and_then(|found| self.chunks.get(found))?;
        find(chunk)
            .checked_sub(1)
            .and_then(|found| chunk.get(found))
    }

    fn last_segment(&self) -> Option<&(i64, T)> {
        self.tail.last()
    }
}

/// A factor in units of 1/65,536 that is constant between changes: what bends an atom's rate or a service's latency.
pub type RateTrack = StepTrack<u32>;

/// The factor one in a [`RateTrack`].
pub const RATE_ONE: u32 = 65_536;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LevelSegment {
    level_q16: i64,
    slope_q16_per_s: i64,
}

/// A level that moves along straight lines: a fault's intensity, or a stock such as a lag, a pool or a disk.
///
/// Levels are in units of 1/65,536. The value never leaves the track's bounds, whatever the slope.
#[derive(Clone, Debug)]
pub struct LevelTrack {
    track: StepTrack<LevelSegment>,
    bounds_q16: (i64, i64),
}

impl LevelTrack {
    /// A level that starts at `level_q16` and stays within `low_q16..=high_q16`.
    pub fn new(level_q16: i64, low_q16: i64, high_q16: i64) -> Self {
        Self {
            track: StepTrack::new(LevelSegment {
                level_q16,
                slope_q16_per_s: 0,
            }),
            bounds_q16: (low_q16, high_q16.max(low_q16)),
        }
    }

    /// An intensity: from 0 to 1, at first 0.
    pub fn intensity() -> Self {
        Self::new(0, 0, 65_536)
    }

    /// From `at_ms` on the level starts at `level_q16` and moves by `slope_q16_per_s` every second.
    pub fn push(
        &mut self,
        at_ms: i64,
        level_q16: i64,
        slope_q16_per_s: i64,
    ) -> Result<(), TrackError> {
        self.track.push(
            at_ms,
            LevelSegment {
                level_q16,
                slope_q16_per_s,
            },
        )
    }

    /// The level at an instant, in units of 1/65,536.
    pub fn value_at(&self, at_ms: i64) -> i64 {
        let segment = self.track.at(at_ms);
        let moved = match self.track.since(at_ms) {
            Some(start) if segment.slope_q16_per_s != 0 => {
                i128::from(segment.slope_q16_per_s) * i128::from(at_ms.saturating_sub(start)) / 1000
            }
            _ => 0,
        };
        let (low, high) = self.bounds_q16;
        let value =
            (i128::from(segment.level_q16) + moved).clamp(i128::from(low), i128::from(high));
        // The bounds are 64-bit numbers, so the clamped value is one.
        value as i64
    }

    /// How many segments are stored.
    pub fn len(&self) -> usize {
        self.track.len()
    }

    /// Whether the level has never moved.
    pub fn is_empty(&self) -> bool {
        self.track.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_are_read_back_and_the_past_is_closed() {
        let mut track = StepTrack::new(1_u32);
        track.push(100, 2).unwrap();
        track.push(200, 2).unwrap();
        track.push(300, 5).unwrap();
        track.push(300, 6).unwrap();
        assert_eq!(track.len(), 2);
        assert_eq!((*track.at(99), *track.at(100), *track.at(299)), (1, 2, 2));
        assert_eq!(track.at_until(0), (&1, 100));
        assert_eq!(track.at_until(100), (&2, 300));
        assert_eq!(track.at_until(301), (&6, i64::MAX));
        assert_eq!(track.since(50), None);
        assert_eq!(track.since(150), Some(100));
        assert_eq!(
            track.push(299, 9),
            Err(TrackError::OutOfOrder {
                at_ms: 299,
                last_ms: 300
            })
        );
    }

    #[test]
    fn a_snapshot_is_not_moved_by_later_appends() {
        let mut track = StepTrack::new(0_i64);
        for second in 0..1000 {
            track.push(second * 1000, second + 1).unwrap();
        }
        let snapshot = track.clone();
        track.push(1_000_000, -1).unwrap();
        assert_eq!((*snapshot.last(), *track.last()), (1000, -1));
        assert_eq!(snapshot.len(), 1000);
    }

    #[test]
    fn levels_ramp_and_stay_in_bounds() {
        let mut level = LevelTrack::intensity();
        level.push(10_000, 0, 6_553).unwrap();
        level.push(30_000, 65_536, -65_536).unwrap();
        assert_eq!(level.value_at(9_999), 0);
        assert_eq!(level.value_at(15_000), 32_765);
        assert_eq!(level.value_at(29_000), 65_536);
        assert_eq!(level.value_at(30_500), 32_768);
        assert_eq!(level.value_at(i64::MAX), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn reads_agree_with_a_plain_list(
            gaps in prop::collection::vec((0_i64..5, 0_u8..4), 0..700),
            probes in prop::collection::vec(-3_i64..2000, 20),
        ) {
            let mut track = StepTrack::new(0_u8);
            let mut plain = Vec::new();
            let mut at = 0;
            for (gap, value) in gaps {
                at += gap;
                track.push(at, value).unwrap();
                plain.push((at, value));
            }
            for probe in probes {
                let expected = plain.iter().rev().find(|(start, _)| *start <= probe).map_or(0, |p| p.1);
                prop_assert_eq!(*track.at(probe), expected);
                let (value, until) = track.at_until(probe);
                prop_assert_eq!(*value, expected);
                prop_assert!(until > probe);
                prop_assert_eq!(*track.at(until - 1), expected);
                let (_, since, _) = track.span_at(probe);
                prop_assert!(since <= probe && *track.at(since) == expected);
                let set = track.segments().filter(|segment| segment.0 <= probe).count();
                prop_assert_eq!(track.count_until(probe), set);
            }
        }
    }
}
