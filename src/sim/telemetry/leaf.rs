//! The grid of leaves: the units in which events are counted. Knows nothing of rates.
//!
//! Leaves are 60 s long until an hour before the drill's start (T0), 15 s from there to T0 and 1 s after it. Leaf 0
//! starts at T0; negative leaves are history.

use crate::sim::time::{SimTime, Span};

/// Length of the short leaves just before T0, and the interval of scrapes.
pub const SCRAPE_MS: i64 = 15_000;
const LONG_MS: i64 = 60_000;
const LIVE_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;
/// Short leaves in the last hour before T0.
const SHORT_LEAVES: i64 = HOUR_MS / SCRAPE_MS;
/// More history than two years is a mistake of the caller.
const LONGEST_HISTORY_MS: i64 = 2 * 366 * 24 * HOUR_MS;

/// Why a grid cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// T0 lies between two whole minutes.
    #[error("the drill's start must be a whole minute, {0} ms is not")]
    StartNotWholeMinute(i64),
    /// The history is no whole number of minutes between an hour and two years.
    #[error("history must be a whole number of minutes from 1 hour to 2 years, {0} ms is not")]
    HistoryLength(i64),
}

/// A leaf's number: 0 starts at T0.
pub type LeafIndex = i64;

/// Where leaves begin and end. The default has its start at the epoch and no history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeafGrid {
    t0_ms: i64,
    first: LeafIndex,
}

impl LeafGrid {
    /// The grid of a drill that starts at `t0` (a whole minute) after `history` (whole minutes, an hour at least).
    pub fn new(t0: SimTime, history: Span) -> Result<Self, GridError> {
        let t0_ms = t0.millis();
        if t0_ms.rem_euclid(LONG_MS) != 0 || t0_ms.abs() > i64::MAX / 4 {
            return Err(GridError::StartNotWholeMinute(t0_ms));
        }
        let history_ms = history.millis();
        if !(HOUR_MS..=LONGEST_HISTORY_MS).contains(&history_ms) || history_ms % LONG_MS != 0 {
            return Err(GridError::HistoryLength(history_ms));
        }
        Ok(Self {
            t0_ms,
            first: -SHORT_LEAVES - (history_ms - HOUR_MS) / LONG_MS,
        })
    }

    /// The drill's start.
    pub const fn t0(&self) -> SimTime {
        SimTime(self.t0_ms)
    }

    /// The oldest leaf.
    pub const fn first(&self) -> LeafIndex {
        self.first
    }

    /// Where the oldest leaf starts, in ms since the Unix epoch.
    pub const fn origin_ms(&self) -> i64 {
        self.start_ms(self.first)
    }

    /// The leaf that holds an instant (which may lie before the oldest leaf).
    pub const fn leaf_at(&self, at_ms: i64) -> LeafIndex {
        let from_t0 = at_ms.saturating_sub(self.t0_ms);
        if from_t0 >= 0 {
            from_t0 / LIVE_MS
        } else if from_t0 >= -HOUR_MS {
            from_t0.div_euclid(SCRAPE_MS)
        } else {
            (from_t0 + HOUR_MS).div_euclid(LONG_MS) - SHORT_LEAVES
        }
    }

    /// Where a leaf starts, in ms since the Unix epoch.
    pub const fn start_ms(&self, leaf: LeafIndex) -> i64 {
        if leaf >= 0 {
            self.t0_ms + leaf * LIVE_MS
        } else if leaf >= -SHORT_LEAVES {
            self.t0_ms + leaf * SCRAPE_MS
        } else {
            self.t0_ms - HOUR_MS + (leaf + SHORT_LEAVES) * LONG_MS
        }
    }

    /// A leaf's length in ms.
    pub const fn length_ms(&self, leaf: LeafIndex) -> i64 {
        if leaf >= 0 {
            LIVE_MS
        } else if leaf >= -SHORT_LEAVES {
            SCRAPE_MS
        } else {
            LONG_MS
        }
    }

    /// Where a leaf ends, in ms since the Unix epoch.
    pub const fn end_ms(&self, leaf: LeafIndex) -> i64 {
        self.start_ms(leaf) + self.length_ms(leaf)
    }

    /// How many quarters of 15 s a leaf has: four, or one where it is no longer than that.
    pub const fn quarters(&self, leaf: LeafIndex) -> u32 {
        if leaf < -SHORT_LEAVES { 4 } else { 1 }
    }

    /// How many whole seconds a leaf's quarter has.
    pub const fn seconds_per_quarter(&self, leaf: LeafIndex) -> u32 {
        if leaf >= 0 { 1 } else { 15 }
    }

    /// The leaf and the number of its quarters that lie before a cut. Cuts are the instants at which counters can be read:
    /// multiples of 15 s before T0, whole seconds after. An instant between two cuts counts as the earlier one.
    pub const fn cut(&self, at_ms: i64) -> (LeafIndex, u32) {
        let leaf = self.leaf_at(at_ms);
        let into = at_ms - self.start_ms(leaf);
        let quarters = if self.quarters(leaf) == 4 {
            (into / SCRAPE_MS) as u32
        } else {
            0
        };
        (leaf, quarters)
    }

    /// The first cut at or after an instant.
    pub const fn cut_at_or_after(&self, at_ms: i64) -> i64 {
        let step = if at_ms >= self.t0_ms {
            LIVE_MS
        } else {
            SCRAPE_MS
        };
        let into = (at_ms - self.t0_ms).rem_euclid(step);
        if into == 0 {
            at_ms
        } else {
            at_ms - into + step
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> LeafGrid {
        let t0 = SimTime::parse_rfc3339("2026-03-02T14:05:00Z").unwrap();
        LeafGrid::new(t0, Span::from_hours(14 * 24)).unwrap()
    }

    #[test]
    fn leaves_follow_each_other_without_gap() {
        let grid = grid();
        assert_eq!(grid.origin_ms(), grid.t0().millis() - 14 * 24 * HOUR_MS);
        let mut at = grid.origin_ms();
        for leaf in grid.first()..200 {
            assert_eq!(grid.start_ms(leaf), at);
            assert_eq!(grid.leaf_at(at), leaf);
            at = grid.end_ms(leaf);
            assert_eq!(grid.leaf_at(at - 1), leaf);
        }
        assert_eq!(grid.leaf_at(grid.origin_ms() - 1), grid.first() - 1);
    }

    #[test]
    fn cuts_are_scrapes_before_the_start_and_seconds_after() {
        let grid = grid();
        let t0 = grid.t0().millis();
        assert_eq!(grid.cut(t0 - 2 * HOUR_MS + 45_000), (-300, 3));
        assert_eq!(grid.cut(t0 - HOUR_MS), (-240, 0));
        assert_eq!(grid.cut(t0 + 2_700), (2, 0));
        assert_eq!(grid.cut_at_or_after(t0 - 1), t0);
        assert_eq!(grid.cut_at_or_after(t0 - 16_000), t0 - 15_000);
        assert_eq!(grid.cut_at_or_after(t0 + 1), t0 + 1_000);
        assert_eq!(grid.cut_at_or_after(t0 + 1_000), t0 + 1_000);
    }

    #[test]
    fn bad_grids_are_refused() {
        assert_eq!(
            LeafGrid::new(SimTime(1), Span::from_hours(2)),
            Err(GridError::StartNotWholeMinute(1))
        );
        assert_eq!(
            LeafGrid::new(SimTime(0), Span::from_mins(59)),
            Err(GridError::HistoryLength(3_540_000))
        );
    }
}
