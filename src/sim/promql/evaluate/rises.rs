//! How much one counter rose in one window, as `rate` and `increase` say it: for sources that keep their samples at hand
//! and can sum it themselves. Never reads a source.

use super::numerics::Sum;
use super::over_time::{Extrapolation, Window, extrapolated};

/// `increase` of samples that lie in the window `(start, end]` (milliseconds); `rate` if it is asked per second.
pub fn rise(times: &[i64], values: &[f64], window: (i64, i64), per_second: bool) -> Option<f64> {
    let mut resets = 0.0;
    for pair in values.windows(2) {
        if let [before, now] = pair
            && now < before
        {
            resets += before;
        }
    }
    let kind = if per_second {
        Extrapolation::Rate
    } else {
        Extrapolation::Increase
    };
    let window = Window {
        times,
        values,
        start: window.0,
        end: window.1,
    };
    extrapolated(window, kind, resets)
}

/// A sum as `sum` makes it: what rounding would lose is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExactSum(Sum);

impl ExactSum {
    /// Adds a term.
    pub fn add(&mut self, term: f64) {
        self.0.add(term);
    }

    /// The sum.
    pub fn total(self) -> f64 {
        self.0.total()
    }
}
