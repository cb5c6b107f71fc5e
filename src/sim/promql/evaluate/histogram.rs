//! Quantiles and shares from the buckets of classic histograms. Native histograms do not occur here.

#![expect(
    clippy::float_cmp,
    reason = "bounds and counts are compared as Prometheus compares them, exactly"
)]

use std::collections::BTreeMap;

use super::columns::{Column, Grid, Scalars, absent};
use super::numerics::almost_equal;
use super::{Evaluator, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::annotation::Annotation;
use crate::sim::promql::ast::Expr;
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::{BUCKET_BOUND, Labels};
use crate::sim::promql::numbers::parse_number;

/// Counts that differ less than this, relative to their size, differ by rounding alone.
const SMALL_DELTA: f64 = 1e-12;

/// The bucket series of one histogram.
struct Histogram {
    /// The bucket's labels but for `le`, the name included: two metrics are two histograms.
    labels: Labels,
    /// Upper bounds, ascending, and the bucket's series.
    buckets: Vec<(f64, Column)>,
}

/// One bucket at one instant: the count of observations up to the bound.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    bound: f64,
    count: f64,
}

impl Evaluator<'_> {
    pub(super) fn histogram_function(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        match (function, arguments) {
            (Function::HistogramQuantile, [level, vector]) => {
                let levels = self.scalar(level, grid)?;
                self.check_quantile(&levels, grid, level);
                let histograms = self.histograms(vector, grid)?;
                self.quantiles(&histograms, vector, grid, &levels)
            }
            (Function::HistogramFraction, [lower, upper, vector]) => {
                let lower = self.scalar(lower, grid)?;
                let upper = self.scalar(upper, grid)?;
                let histograms = self.histograms(vector, grid)?;
                self.over_buckets(&histograms, grid, |_, buckets, index| {
                    fraction(lower.get(index), upper.get(index), buckets)
                })
            }
            _ => Err(wrong_type()),
        }
    }

    /// The vector's series as histograms: the same labels but for `le`.
    fn histograms(&mut self, vector: &Expr, grid: Grid) -> Result<Vec<Histogram>, QueryError> {
        let columns = self.vector(vector, grid)?;
        let without = [BUCKET_BOUND.to_owned()];
        let mut index: BTreeMap<Labels, usize> = BTreeMap::new();
        let mut found: Vec<Histogram> = Vec::new();
        for column in columns {
            let text = column.labels.get(BUCKET_BOUND);
            let Some(bound) = bucket_bound(text) else {
                let metric = column.labels.metric_name();
                self.annotate(Annotation::bad_bucket_bound(metric, text, vector.place));
                continue;
            };
            let labels = column.labels.remove(&without);
            let place = *index.entry(labels.clone()).or_insert(found.len());
            if place == found.len() {
                found.push(Histogram {
                    labels,
                    buckets: Vec::new(),
                });
            }
            if let Some(histogram) = found.get_mut(place) {
                histogram.buckets.push((bound, column));
            }
        }
        for histogram in &mut found {
            histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Ok(found)
    }

    fn quantiles(
        &mut self,
        histograms: &[Histogram],
        vector: &Expr,
        grid: Grid,
        levels: &Scalars,
    ) -> Result<Vec<Column>, QueryError> {
        let mut forced: Vec<&str> = Vec::new();
        let columns = self.over_buckets(histograms, grid, |histogram, buckets, index| {
            let (value, was_forced) = quantile(levels.get(index), buckets);
            let metric = histogram.labels.metric_name();
            if was_forced && forced.last() != Some(&metric) {
                forced.push(metric);
            }
            value
        })?;
        let annotations: Vec<Annotation> = forced
            .into_iter()
            .map(|metric| Annotation::forced_monotonicity(metric, vector.place))
            .collect();
        for annotation in annotations {
            self.annotate(annotation);
        }
        Ok(columns)
    }

    /// Computes one value per histogram and instant from the buckets that are there.
    fn over_buckets<'h>(
        &mut self,
        histograms: &'h [Histogram],
        grid: Grid,
        mut compute: impl FnMut(&'h Histogram, &mut Vec<Bucket>, usize) -> f64,
    ) -> Result<Vec<Column>, QueryError> {
        self.hold((histograms.len() as u64).saturating_mul(grid.count as u64))?;
        let mut columns = Vec::with_capacity(histograms.len());
        let mut buckets = Vec::new();
        for histogram in histograms {
            self.spend((histogram.buckets.len() as u64).saturating_mul(grid.count as u64))?;
            let values = (0..grid.count)
                .map(|index| {
                    gather(histogram, index, &mut buckets);
                    if buckets.is_empty() {
                        absent()
                    } else {
                        compute(histogram, &mut buckets, index)
                    }
                })
                .collect();
            columns.push(Column::new(histogram.labels.clone(), values));
        }
        self.drop_names(columns)
    }
}

/// The bound that a bucket's label says, as Go reads numbers.
fn bucket_bound(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("nan") {
        let value = parse_number(unsigned)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    text.parse().ok()
}

/// The buckets at one instant; those of equal bounds are added up.
fn gather(histogram: &Histogram, index: usize, buckets: &mut Vec<Bucket>) {
    buckets.clear();
    for (bound, column) in &histogram.buckets {
        let Some(count) = column.get(index) else {
            continue;
        };
        match buckets.last_mut() {
            Some(last) if last.bound == *bound => last.count += count,
            _ => buckets.push(Bucket {
                bound: *bound,
                count,
            }),
        }
    }
}

/// The quantile, and whether counts fell with a growing bound and were lifted.
fn quantile(level: f64, buckets: &mut [Bucket]) -> (f64, bool) {
    if level.is_nan() {
        return (f64::NAN, false);
    }
    if level < 0.0 {
        return (f64::NEG_INFINITY, false);
    }
    if level > 1.0 {
        return (f64::INFINITY, false);
    }
    if buckets
        .last()
        .is_none_or(|last| last.bound != f64::INFINITY)
    {
        return (f64::NAN, false);
    }
    let forced = make_monotonic(buckets);
    (interpolate(level, buckets).unwrap_or(f64::NAN), forced)
}

fn interpolate(level: f64, buckets: &[Bucket]) -> Option<f64> {
    let (infinite, finite) = buckets.split_last()?;
    let highest = finite.last()?;
    if infinite.count == 0.0 {
        return None;
    }
    let rank = level * infinite.count;
    let place = finite.partition_point(|bucket| bucket.count < rank);
    let Some(bucket) = finite.get(place) else {
        return Some(highest.bound);
    };
    let Some(below) = place.checked_sub(1).and_then(|below| finite.get(below)) else {
        // Observations below the first bound are taken to be above zero.
        return Some(if bucket.bound <= 0.0 {
            bucket.bound
        } else {
            bucket.bound * (rank / bucket.count)
        });
    };
    let share = (rank - below.count) / (bucket.count - below.count);
    Some(below.bound + (bucket.bound - below.bound) * share)
}

/// Lifts counts that are less than the one before; differences of rounding are evened out without a word.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    let mut forced = false;
    let mut before: Option<f64> = None;
    for bucket in buckets {
        match before {
            Some(count)
                if bucket.count != count && almost_equal(count, bucket.count, SMALL_DELTA) =>
            {
                bucket.count = count;
            }
            Some(count) if bucket.count < count => {
                bucket.count = count;
                forced = true;
            }
            _ => before = Some(bucket.count),
        }
    }
    forced
}

/// The share of observations between two bounds.
fn fraction(lower: f64, upper: f64, buckets: &mut [Bucket]) -> f64 {
    if buckets
        .last()
        .is_none_or(|last| last.bound != f64::INFINITY)
        || lower.is_nan()
        || upper.is_nan()
    {
        return f64::NAN;
    }
    make_monotonic(buckets);
    let Some(total) = buckets
        .last()
        .map(|last| last.count)
        .filter(|total| *total != 0.0)
    else {
        return f64::NAN;
    };
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets) - rank_of(lower, buckets)) / total
}

/// How many observations are at or below a value, by the line through the bucket that holds it.
fn rank_of(value: f64, buckets: &[Bucket]) -> f64 {
    let total = buckets.last().map_or(0.0, |last| last.count);
    let place = buckets.partition_point(|bucket| bucket.bound < value);
    let Some(bucket) = buckets.get(place) else {
        return total;
    };
    let below = place.checked_sub(1).and_then(|below| buckets.get(below));
    let (from, count) = match below {
        Some(below) => (below.bound, below.count),
        None if bucket.bound > 0.0 => (0.0, 0.0),
        // No line leads through a bucket without a lower end: only minus infinity is below its observations.
        None if value == f64::NEG_INFINITY => return 0.0,
        None => return bucket.count,
    };
    if value <= from || bucket.bound == f64::INFINITY {
        return if value == f64::INFINITY { total } else { count };
    }
    count + (bucket.count - count) * ((value - from) / (bucket.bound - from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs
            .iter()
            .map(|(bound, count)| Bucket {
                bound: *bound,
                count: *count,
            })
            .collect()
    }

    #[test]
    fn quantiles_lie_on_the_line_through_the_bucket() {
        let counts = [(0.1, 50.0), (0.2, 70.0), (f64::INFINITY, 110.0)];
        let level = |level| quantile(level, &mut buckets(&counts)).0;
        assert_eq!(level(0.5), 0.125);
        assert_eq!(level(0.0), 0.0);
        assert_eq!(level(1.0), 0.2);
        assert_eq!(level(2.0), f64::INFINITY);
        assert!(quantile(0.5, &mut buckets(&[(1.0, 1.0)])).0.is_nan());
    }

    #[test]
    fn falling_counts_are_lifted_and_told() {
        let mut falling = buckets(&[(1.0, 5.0), (2.0, 3.0), (f64::INFINITY, 10.0)]);
        assert!(quantile(0.9, &mut falling).1);
        assert_eq!(falling[1].count, 5.0);
        let mut rounding = buckets(&[(1.0, 5.0), (2.0, 5.0 - 1e-13), (f64::INFINITY, 10.0)]);
        assert!(!quantile(0.9, &mut rounding).1);
    }

    #[test]
    fn bounds_are_read_as_go_reads_them() {
        assert_eq!(bucket_bound("+Inf"), Some(f64::INFINITY));
        assert_eq!(bucket_bound("2.0e-1"), Some(0.2));
        assert_eq!(bucket_bound("Hello"), None);
        assert_eq!(bucket_bound(""), None);
    }
}
