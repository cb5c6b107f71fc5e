//! Sums, means, deviations and quantiles that lose as little precision as Prometheus's. Pure numbers.

#![expect(
    clippy::float_cmp,
    reason = "equal numbers need no tolerance, and tests state exact results"
)]

/// A sum that keeps what rounding would lose (Kahan's method, Neumaier's form).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub value: f64,
    pub lost: f64,
}

impl Sum {
    pub fn add(&mut self, term: f64) {
        let total = self.value + term;
        if total.is_infinite() {
            self.lost = 0.0;
        } else if self.value.abs() >= term.abs() {
            self.lost += (self.value - total) + term;
        } else {
            self.lost += (term - total) + self.value;
        }
        self.value = total;
    }

    pub fn total(self) -> f64 {
        self.value + self.lost
    }
}

/// A mean: sum over count, until the sum would overflow; from there on the mean is carried along.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: Sum,
    count: f64,
    carried: bool,
}

impl Mean {
    pub fn add(&mut self, term: f64) {
        self.count += 1.0;
        if !self.carried {
            let mut sum = self.sum;
            sum.add(term);
            if self.count < 2.0 || !sum.value.is_infinite() {
                self.sum = sum;
                return;
            }
            self.carried = true;
            self.sum.value /= self.count - 1.0;
            self.sum.lost /= self.count - 1.0;
        }
        let share = (self.count - 1.0) / self.count;
        let mut mean = Sum {
            value: share * self.sum.value,
            lost: share * self.sum.lost,
        };
        mean.add(term / self.count);
        self.sum = mean;
    }

    pub fn value(self) -> f64 {
        if self.carried {
            self.sum.total()
        } else {
            self.sum.value / self.count + self.sum.lost / self.count
        }
    }
}

/// Mean and sum of squared deviations (Welford's method).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deviation {
    count: f64,
    mean: Sum,
    squares: Sum,
}

impl Deviation {
    pub fn add(&mut self, term: f64) {
        self.count += 1.0;
        let delta = term - self.mean.total();
        self.mean.add(delta / self.count);
        self.squares.add(delta * (term - self.mean.total()));
    }

    /// The population variance.
    pub fn variance(self) -> f64 {
        self.squares.total() / self.count
    }
}

/// Orders numbers with NaN before all others, as quantiles and sorting need it.
pub(super) fn nan_first(a: f64, b: f64) -> std::cmp::Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => std::cmp::Ordering::Equal,
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal),
    }
}

/// A quantile of some values, which it sorts; between two values the line between them counts.
pub(super) fn quantile(level: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || level.is_nan() {
        return f64::NAN;
    }
    if level < 0.0 {
        return f64::NEG_INFINITY;
    }
    if level > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|a, b| nan_first(*a, *b));
    let rank = level * (values.len() as f64 - 1.0);
    let below = libm::floor(rank).max(0.0);
    let above = (below + 1.0).min(values.len() as f64 - 1.0);
    let weight = rank - libm::floor(rank);
    let at = |index: f64| values.get(index as usize).copied().unwrap_or(f64::NAN);
    at(below) * (1.0 - weight) + at(above) * weight
}

/// Whether two counts are the same but for rounding, relative to their size.
pub(super) fn almost_equal(a: f64, b: f64, tolerance: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let size = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || size < f64::MIN_POSITIVE {
        return difference < tolerance * f64::MIN_POSITIVE;
    }
    difference / size.min(f64::MAX) < tolerance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_small_terms_between_large_ones() {
        let mut sum = Sum::default();
        for term in [2.0, 8.0, 1e100, -1e100] {
            sum.add(term);
        }
        assert_eq!(sum.total(), 10.0);
    }

    #[test]
    fn means_do_not_overflow() {
        let mut mean = Mean::default();
        for _ in 0..4 {
            mean.add(f64::MAX / 2.0);
        }
        let expected = f64::MAX / 2.0;
        assert!((mean.value() - expected).abs() <= expected * 1e-15);
        let mut infinite = Mean::default();
        for term in [0.0, f64::INFINITY, 0.0] {
            infinite.add(term);
        }
        assert_eq!(infinite.value(), f64::INFINITY);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(0.75, &mut [4.0, 0.0, 1.0]), 2.5);
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert!(quantile(0.2, &mut [0.0, 1.0, f64::NAN]).is_nan());
    }
}
