//! What functions of a range vector compute from one window of samples. Pure numbers; windows are never empty.

#![expect(
    clippy::float_cmp,
    reason = "a sample changed or it did not: PromQL compares exactly"
)]

use super::numerics::{Deviation, Mean, Sum, quantile};

/// The samples in `(start, end]`, stale markers left out. Times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    pub times: &'a [i64],
    pub values: &'a [f64],
    pub start: i64,
    pub end: i64,
}

impl Window<'_> {
    fn first(self) -> Option<(i64, f64)> {
        Some((*self.times.first()?, *self.values.first()?))
    }

    fn last(self) -> Option<(i64, f64)> {
        Some((*self.times.last()?, *self.values.last()?))
    }
}

/// How far two ends of a window are extrapolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extrapolation {
    /// `delta`: the difference of a gauge.
    Delta,
    /// `increase`: the difference of a counter, which never was negative.
    Increase,
    /// `rate`: the increase per second of the range.
    Rate,
}

/// The difference between the ends of the range, from the samples in it. `resets` is what the counter lost by falling
/// to zero between the first and the last sample, summed by the caller.
pub(super) fn extrapolated(window: Window<'_>, kind: Extrapolation, resets: f64) -> Option<f64> {
    let (first_at, first) = window.first()?;
    let (last_at, last) = window.last()?;
    let intervals = window
        .values
        .len()
        .checked_sub(1)
        .filter(|count| *count > 0)?;
    let counter = kind != Extrapolation::Delta;
    let difference = last - first + resets;
    let sampled = (last_at - first_at) as f64 / 1000.0;
    let between = sampled / intervals as f64;
    // Samples further from an end than this show that the series began or ended inside the range.
    let threshold = between * 1.1;
    let reach = |gap: f64| if gap >= threshold { between / 2.0 } else { gap };
    let mut before = reach((first_at - window.start) as f64 / 1000.0);
    let after = reach((window.end - last_at) as f64 / 1000.0);
    if counter && difference > 0.0 && first >= 0.0 {
        before = before.min(sampled * (first / difference));
    }
    let mut factor = (sampled + before + after) / sampled;
    if kind == Extrapolation::Rate {
        factor /= (window.end - window.start) as f64 / 1000.0;
    }
    Some(difference * factor)
}

/// The difference between the last two samples; for a counter per second, and a fall counts from zero.
pub(super) fn instant_difference(window: Window<'_>, counter: bool) -> Option<f64> {
    let [.., before_at, last_at] = window.times else {
        return None;
    };
    let [.., before, last] = window.values else {
        return None;
    };
    if !counter {
        return Some(last - before);
    }
    let difference = if last < before { *last } else { last - before };
    let seconds = (last_at - before_at) as f64 / 1000.0;
    (seconds > 0.0).then(|| difference / seconds)
}

/// Slope per second and value at `origin` (milliseconds) of the line through the samples.
pub(super) fn regression(window: Window<'_>, origin: i64) -> Option<(f64, f64)> {
    let first = *window.values.first()?;
    if window.values.len() < 2 {
        return None;
    }
    if window.values.iter().all(|value| *value == first) {
        return Some(if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        });
    }
    let mut sums = [Sum::default(); 4];
    let [sum_of_x, sum_of_y, products, squares] = &mut sums;
    for (at, y) in window.times.iter().zip(window.values) {
        let x = (at - origin) as f64 / 1000.0;
        sum_of_x.add(x);
        sum_of_y.add(*y);
        products.add(x * y);
        squares.add(x * x);
    }
    let n = window.values.len() as f64;
    let [x, y, products, squares] = sums.map(Sum::total);
    let slope = (products - x * y / n) / (squares - x * x / n);
    Some((slope, y / n - slope * x / n))
}

/// Double exponential smoothing (Holt's linear method) with the factors of level and trend.
pub(super) fn smoothed(values: &[f64], level: f64, trend: f64) -> Option<f64> {
    let [first, second, ..] = values else {
        return None;
    };
    let mut before = 0.0;
    let mut now = *first;
    let mut slope = second - first;
    for (index, value) in values.iter().enumerate().skip(1) {
        if index > 1 {
            slope = trend * (now - before) + (1.0 - trend) * slope;
        }
        let next = level * value + (1.0 - level) * (now + slope);
        (before, now) = (now, next);
    }
    Some(now)
}

/// How often the value changed; NaN follows NaN without a change.
pub(super) fn changes(values: &[f64]) -> f64 {
    count_pairs(values, |before, now| {
        before != now && !(before.is_nan() && now.is_nan())
    })
}

/// How often the value fell.
pub(super) fn resets(values: &[f64]) -> f64 {
    count_pairs(values, |before, now| now < before)
}

fn count_pairs(values: &[f64], counts: impl Fn(f64, f64) -> bool) -> f64 {
    values
        .windows(2)
        .filter(|pair| matches!(pair, [before, now] if counts(*before, *now)))
        .count() as f64
}

pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    for value in values {
        sum.add(*value);
    }
    sum.total()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    let mut mean = Mean::default();
    for value in values {
        mean.add(*value);
    }
    mean.value()
}

pub(super) fn variance(values: &[f64]) -> f64 {
    let mut deviation = Deviation::default();
    for value in values {
        deviation.add(*value);
    }
    deviation.variance()
}

/// The index of the best value: the last of equals if `last`, and any number is better than NaN.
fn best(values: &[f64], last: bool, better: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (index, value) in values.iter().enumerate() {
        let replace = found.is_none_or(|(_, best)| {
            better(*value, best) || best.is_nan() || (last && *value == best)
        });
        if replace {
            found = Some((index, *value));
        }
    }
    found.map(|(index, _)| index)
}

pub(super) fn max_index(values: &[f64]) -> Option<usize> {
    best(values, true, |value, best| value > best)
}

pub(super) fn min_index(values: &[f64]) -> Option<usize> {
    best(values, true, |value, best| value < best)
}

/// The median of the distances from the median.
pub(super) fn median_deviation(values: &[f64]) -> f64 {
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let mut sorted = values.to_vec();
    let median = quantile(0.5, &mut sorted);
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    quantile(0.5, &mut distances)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window<'a>(times: &'a [i64], values: &'a [f64], start: i64, end: i64) -> Window<'a> {
        Window {
            times,
            values,
            start,
            end,
        }
    }

    #[test]
    fn rates_reach_to_the_ends_of_the_range() {
        let times = [15_000, 30_000, 45_000, 60_000];
        let samples = window(&times, &[100.0, 115.0, 130.0, 145.0], 0, 60_000);
        // Not 1: the order of multiplications is Prometheus's, to the last bit.
        assert_eq!(
            extrapolated(samples, Extrapolation::Rate, 0.0),
            Some(0.999_999_999_999_999_9)
        );
        assert_eq!(
            extrapolated(samples, Extrapolation::Increase, 0.0),
            Some(60.0)
        );
        assert_eq!(
            extrapolated(
                window(&times[..1], &[1.0], 0, 60_000),
                Extrapolation::Rate,
                0.0
            ),
            None
        );
    }

    #[test]
    fn counters_are_not_extrapolated_below_zero() {
        let times = [30_000, 60_000];
        let samples = window(&times, &[1.0, 31.0], 0, 60_000);
        assert_eq!(
            extrapolated(samples, Extrapolation::Increase, 0.0),
            Some(31.000_000_000_000_004)
        );
        assert_eq!(extrapolated(samples, Extrapolation::Delta, 0.0), Some(60.0));
    }

    #[test]
    fn lines_and_smoothing() {
        let times = [0, 1000, 2000];
        let samples = window(&times, &[1.0, 3.0, 5.0], -1, 2000);
        assert_eq!(regression(samples, 0), Some((2.0, 1.0)));
        assert_eq!(smoothed(&[1.0, 3.0, 5.0], 0.5, 0.5), Some(5.0));
        assert_eq!(changes(&[1.0, f64::NAN, f64::NAN, 2.0]), 2.0);
        assert_eq!(
            median_deviation(&[4.0, 6.0, 2.0, 1.0, 999.0, 1.0, 2.0]),
            1.0
        );
    }

    #[test]
    fn numbers_beat_nan() {
        assert_eq!(max_index(&[f64::NAN, 1.0, 2.0, 2.0]), Some(3));
        assert_eq!(min_index(&[f64::NAN, f64::NAN]), Some(1));
    }
}
