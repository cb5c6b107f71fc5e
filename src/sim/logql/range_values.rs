//! What an aggregation over time keeps of each series between two cuts, and what its windows make of it. Reads no line.

use std::collections::BTreeMap;

use super::QueryError;
use super::ast::{RangeAggregation, RangeOp};
use super::bridge::Columns;
use crate::sim::promql::labels::Labels;

/// Intervals that may be joined for all windows of a query.
const MOST_JOINS: u64 = 400_000_000;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Whole numbers that add up: lines or bytes.
    Sums,
    /// Count, sum, extremes, spread, first and last.
    Digests,
    /// All values with their instants.
    Values,
}

impl Kept {
    pub(super) const fn of(op: RangeOp, unwrapped: bool) -> Self {
        match (op, unwrapped) {
            (RangeOp::QuantileOverTime | RangeOp::RateCounter, _) => Self::Values,
            (RangeOp::AbsentOverTime, _) | (_, false) => Self::Sums,
            _ => Self::Digests,
        }
    }
}

/// Values of an interval, joined.
#[derive(Clone, Copy, Debug)]
struct Digest {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of squared distances from the mean.
    spread: f64,
    first: (i64, f64),
    last: (i64, f64),
}

impl Digest {
    const fn of(at_ms: i64, value: f64) -> Self {
        Self {
            count: 1,
            sum: value,
            min: value,
            max: value,
            mean: value,
            spread: 0.0,
            first: (at_ms, value),
            last: (at_ms, value),
        }
    }

    /// Takes in later values.
    fn join(&mut self, later: &Self) {
        let (own, other) = (self.count as f64, later.count as f64);
        let apart = later.mean - self.mean;
        self.spread += later.spread + apart * apart * own * other / (own + other);
        self.mean += apart * other / (own + other);
        self.count += later.count;
        self.sum += later.sum;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        if later.first.0 < self.first.0 {
            self.first = later.first;
        }
        if later.last.0 >= self.last.0 {
            self.last = later.last;
        }
    }
}

#[derive(Debug)]
enum Cells {
    /// One for each interval.
    Sums(Vec<u64>),
    Digests(BTreeMap<usize, Digest>),
    Values(BTreeMap<usize, Vec<(i64, f64)>>),
}

/// Series by their labels.
#[derive(Debug)]
pub(super) struct Table {
    kept: Kept,
    intervals: usize,
    values_left: usize,
    most_series: usize,
    series: BTreeMap<Labels, Cells>,
}

impl Table {
    pub(super) fn new(
        kept: Kept,
        intervals: usize,
        most_values: usize,
        most_series: usize,
    ) -> Self {
        Self {
            kept,
            intervals,
            values_left: most_values,
            most_series,
            series: BTreeMap::new(),
        }
    }

    fn cells(&mut self, labels: Labels) -> Result<&mut Cells, QueryError> {
        if self.series.len() >= self.most_series && !self.series.contains_key(&labels) {
            return Err(QueryError::TooManySeries(self.most_series));
        }
        let (kept, intervals) = (self.kept, self.intervals);
        Ok(self.series.entry(labels).or_insert_with(|| match kept {
            Kept::Sums => Cells::Sums(vec![0; intervals]),
            Kept::Digests => Cells::Digests(BTreeMap::new()),
            Kept::Values => Cells::Values(BTreeMap::new()),
        }))
    }

    /// Adds to an interval's sum.
    pub(super) fn count(
        &mut self,
        labels: Labels,
        place: usize,
        more: u64,
    ) -> Result<(), QueryError> {
        if let Cells::Sums(sums) = self.cells(labels)?
            && let Some(sum) = sums.get_mut(place)
        {
            *sum += more;
        }
        Ok(())
    }

    /// Adds a line's value.
    pub(super) fn value(
        &mut self,
        labels: Labels,
        place: usize,
        at_ms: i64,
        value: f64,
    ) -> Result<(), QueryError> {
        if self.kept == Kept::Values {
            self.values_left = self.values_left.checked_sub(1).ok_or(QueryError::TooMuch)?;
        }
        match self.cells(labels)? {
            Cells::Sums(sums) => {
                if let Some(sum) = sums.get_mut(place) {
                    *sum += value as u64;
                }
            }
            Cells::Digests(digests) => {
                let own = Digest::of(at_ms, value);
                digests
                    .entry(place)
                    .and_modify(|digest| digest.join(&own))
                    .or_insert(own);
            }
            Cells::Values(values) => values.entry(place).or_default().push((at_ms, value)),
        }
        Ok(())
    }

    /// The values of all series at all windows, each from an interval to before another.
    pub(super) fn columns(
        &self,
        aggregation: &RangeAggregation,
        windows: &[(usize, usize)],
    ) -> Result<Columns, QueryError> {
        let mut joins = 0_u64;
        let mut columns = Vec::with_capacity(self.series.len());
        for (labels, cells) in &self.series {
            let values = match cells {
                Cells::Sums(sums) => of_sums(aggregation, sums, windows),
                Cells::Digests(digests) => windows
                    .iter()
                    .map(|&(from, to)| {
                        let mut inside =
                            digests.range(from..to.max(from)).map(|(_, digest)| digest);
                        let mut all = *inside.next()?;
                        for digest in inside {
                            joins += 1;
                            all.join(digest);
                        }
                        Some(of_digest(aggregation, &all))
                    })
                    .collect(),
                Cells::Values(values) => windows
                    .iter()
                    .map(|&(from, to)| {
                        let inside = values
                            .range(from..to.max(from))
                            .flat_map(|(_, values)| values);
                        let inside: Vec<(i64, f64)> = inside.copied().collect();
                        joins += inside.len() as u64;
                        of_values(aggregation, inside)
                    })
                    .collect(),
            };
            if joins > MOST_JOINS {
                return Err(QueryError::TooMuch);
            }
            columns.push((labels.clone(), values));
        }
        Ok(columns)
    }
}

fn seconds(aggregation: &RangeAggregation) -> f64 {
    aggregation.range_ms as f64 / 1000.0
}

fn of_sums(
    aggregation: &RangeAggregation,
    sums: &[u64],
    windows: &[(usize, usize)],
) -> Vec<Option<f64>> {
    let mut before = Vec::with_capacity(sums.len() + 1);
    let mut total = 0_u64;
    before.push(0);
    for sum in sums {
        total += sum;
        before.push(total);
    }
    let until = |place: usize| before.get(place).copied().unwrap_or(total);
    windows
        .iter()
        .map(|&(from, to)| {
            let count = until(to).saturating_sub(until(from));
            (count > 0).then(|| match aggregation.op {
                RangeOp::Rate | RangeOp::BytesRate => count as f64 / seconds(aggregation),
                _ => count as f64,
            })
        })
        .collect()
}

fn of_digest(aggregation: &RangeAggregation, digest: &Digest) -> f64 {
    let variance = digest.spread / digest.count as f64;
    match aggregation.op {
        RangeOp::AvgOverTime => digest.mean,
        RangeOp::MinOverTime => digest.min,
        RangeOp::MaxOverTime => digest.max,
        RangeOp::StdvarOverTime => variance,
        RangeOp::StddevOverTime => libm::sqrt(variance),
        RangeOp::FirstOverTime => digest.first.1,
        RangeOp::LastOverTime => digest.last.1,
        RangeOp::Rate => digest.sum / seconds(aggregation),
        _ => digest.sum,
    }
}

fn of_values(aggregation: &RangeAggregation, mut values: Vec<(i64, f64)>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    if aggregation.op == RangeOp::RateCounter {
        values.sort_by_key(|(at, _)| *at);
        return rate_of_counter(aggregation, &values);
    }
    let mut sorted: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
    sorted.sort_by(f64::total_cmp);
    quantile(aggregation.parameter.unwrap_or(0.5), &sorted)
}

/// Linear between the two nearest values, as Prometheus and Loki do.
fn quantile(share: f64, sorted: &[f64]) -> Option<f64> {
    if share < 0.0 {
        return Some(f64::NEG_INFINITY);
    }
    if share > 1.0 {
        return Some(f64::INFINITY);
    }
    let rank = share * (sorted.len() as f64 - 1.0);
    let (low, high) = (libm::floor(rank), libm::ceil(rank));
    let (a, b) = (sorted.get(low as usize)?, sorted.get(high as usize)?);
    let weight = rank - low;
    Some(a * (1.0 - weight) + b * weight)
}

/// Increases added up, resets taken as new beginnings, over the window's length.
fn rate_of_counter(aggregation: &RangeAggregation, values: &[(i64, f64)]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let increase: f64 = values
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, before), (_, after)] => Some(if after < before {
                *after
            } else {
                after - before
            }),
            _ => None,
        })
        .sum();
    Some(increase / seconds(aggregation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_join_to_what_the_values_say() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let mut joined = Digest::of(0, values[0]);
        for (at, value) in values.iter().enumerate().skip(1) {
            joined.join(&Digest::of(at as i64, *value));
        }
        assert_eq!((joined.count, joined.sum), (8, 31.0));
        assert_eq!((joined.min, joined.max), (1.0, 9.0));
        assert_eq!((joined.first.1, joined.last.1), (3.0, 6.0));
        let mean = 31.0 / 8.0;
        let spread: f64 = values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum();
        assert!((joined.mean - mean).abs() < 1e-12 && (joined.spread - spread).abs() < 1e-9);
    }

    #[test]
    fn quantiles_lie_between_values() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!(quantile(0.5, &sorted), Some(2.0));
        assert_eq!(quantile(0.75, &sorted), Some(3.0));
        assert_eq!(quantile(0.0, &sorted), Some(1.0));
        assert_eq!(quantile(1.5, &sorted), Some(f64::INFINITY));
        assert_eq!(quantile(-0.5, &sorted), Some(f64::NEG_INFINITY));
    }
}
