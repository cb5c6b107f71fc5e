//! Selectors, range selectors and subqueries: from a source's series to columns and windows. Computes no function.

use std::sync::Arc;

use super::columns::{Column, Grid, absent, is_absent};
use super::{Evaluator, size_of, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::ast::{Expr, Node, Selector, Subquery};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::matcher::Matcher;
use crate::sim::promql::source::{Looked, Series, is_stale};
use crate::sim::promql::value::SampleSeries;
use crate::sim::time::{SimTime, Span};

/// One series under a range selector or subquery, without stale markers.
#[derive(Debug)]
pub(crate) struct RangeSeries {
    pub labels: Labels,
    pub drop_name: bool,
    pub times: Arc<[i64]>,
    pub values: Arc<[f64]>,
}

/// The series under a range selector or subquery, and the window of each instant.
#[derive(Debug)]
pub(crate) struct Ranges {
    pub series: Vec<RangeSeries>,
    pub windows: Windows,
}

/// Where the windows of a grid's instants end and how long they are, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub grid: Grid,
    /// The instant that `@` fixes for all windows.
    pub fixed: Option<i64>,
    pub offset: i64,
    pub range: i64,
}

impl Windows {
    /// The end of the n-th window; a window holds `(end - range, end]`.
    pub fn end(&self, index: usize) -> i64 {
        self.fixed
            .unwrap_or_else(|| self.grid.time(index))
            .saturating_sub(self.offset)
    }

    fn first_start(&self) -> i64 {
        self.end(0).saturating_sub(self.range)
    }

    fn last_end(&self) -> i64 {
        self.end(self.grid.count.saturating_sub(1))
    }

    /// For each instant, the range of indices of the samples in its window.
    pub fn bounds(&self, times: &[i64]) -> Vec<(usize, usize)> {
        let (mut low, mut high) = (0, 0);
        (0..self.grid.count)
            .map(|index| {
                let end = self.end(index);
                let start = end.saturating_sub(self.range);
                while times.get(high).is_some_and(|at| *at <= end) {
                    high += 1;
                }
                while low < high && times.get(low).is_some_and(|at| *at <= start) {
                    low += 1;
                }
                (low, high)
            })
            .collect()
    }
}

impl Evaluator<'_> {
    /// Asks the source, within the limits; the series come sorted by labels.
    fn load(
        &mut self,
        matchers: &[Matcher],
        windows: &Windows,
        looked: Looked,
    ) -> Result<Vec<Series>, QueryError> {
        let (start, end) = (SimTime(windows.first_start()), SimTime(windows.last_end()));
        let allowed = |samples: u64| self.held.saturating_add(samples) <= self.limits.max_samples;
        let most = self.source.most_samples(matchers, start, end);
        if !most.is_some_and(allowed) {
            let expected = self.source.estimate_samples(matchers, start, end);
            if !allowed(expected.unwrap_or(0)) {
                return Err(QueryError::TooManySamples);
            }
        }
        let mut series = self.source.select_for(matchers, start, end, looked)?;
        self.hold(series.iter().map(|one| one.values.len() as u64).sum())?;
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }

    /// The newest sample within the lookback of each instant.
    pub(super) fn select_instants(
        &mut self,
        selector: &Selector,
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        self.select_with(selector, grid, false, |_, value| value)
    }

    /// How much each counter rose from each instant to the next; the last instant has no value. One that begins in between,
    /// or begins anew, rose from nothing. A series that is there at an instant has a column, with values or without.
    pub(crate) fn select_rises(&mut self, expr: &Expr) -> Result<Vec<Column>, QueryError> {
        let Node::Vector(selector) = &expr.unwrapped().node else {
            return Err(wrong_type());
        };
        let mut columns = self.select_with(selector, self.query, true, |_, value| value)?;
        for column in &mut columns {
            let mut after = absent();
            for slot in column.values.iter_mut().rev() {
                let before = std::mem::replace(slot, after);
                if !is_absent(after) && !is_absent(before) && after >= before {
                    *slot = after - before;
                }
                after = before;
            }
        }
        Ok(columns)
    }

    /// When the newest sample within the lookback of each instant was taken, in seconds.
    pub(super) fn select_timestamps(
        &mut self,
        selector: &Selector,
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        self.select_with(selector, grid, false, |at, _| at as f64 / 1000.0)
    }

    fn select_with(
        &mut self,
        selector: &Selector,
        grid: Grid,
        rises: bool,
        pick: impl Fn(i64, f64) -> f64,
    ) -> Result<Vec<Column>, QueryError> {
        let lookback = self.limits.lookback.millis();
        let windows = Windows {
            grid,
            fixed: self.fixed_time(selector.shift),
            offset: selector.shift.offset_ms,
            range: lookback,
        };
        let looked = match windows.fixed {
            Some(_) => Looked::Everything,
            None => Looked::Newest {
                first: SimTime(windows.end(0)),
                step: Span(grid.step),
                count: grid.count,
                rises,
            },
        };
        let series = self.load(&selector.matchers, &windows, looked)?;
        let loaded: u64 = series.iter().map(|one| one.values.len() as u64).sum();
        self.hold((series.len() as u64).saturating_mul(grid.count as u64))?;
        let mut columns = Vec::with_capacity(series.len());
        for one in series {
            let values = newest(&one, &windows, &pick);
            let column = Column::new(one.labels, values);
            if column.is_empty() {
                self.release(grid.count as u64);
            } else {
                columns.push(column);
            }
        }
        self.release(loaded);
        Ok(columns)
    }

    /// The windows of a range selector or subquery.
    /// `rises` says that only how much counters rise is looked at.
    pub(super) fn ranges(
        &mut self,
        expr: &Expr,
        grid: Grid,
        rises: bool,
    ) -> Result<Ranges, QueryError> {
        match &expr.unwrapped().node {
            Node::Matrix(selector, range) => self.matrix(selector, *range, grid, rises),
            Node::Subquery(subquery) => self.subquery(subquery, grid),
            _ => Err(wrong_type()),
        }
    }

    fn matrix(
        &mut self,
        selector: &Selector,
        range: i64,
        grid: Grid,
        rises: bool,
    ) -> Result<Ranges, QueryError> {
        let windows = Windows {
            grid,
            fixed: self.fixed_time(selector.shift),
            offset: selector.shift.offset_ms,
            range,
        };
        let looked = if rises {
            Looked::Rises {
                window: Span(range),
            }
        } else {
            Looked::Everything
        };
        let series = self
            .load(&selector.matchers, &windows, looked)?
            .into_iter()
            .map(without_stale)
            .collect();
        Ok(Ranges { series, windows })
    }

    fn subquery(&mut self, subquery: &Subquery, grid: Grid) -> Result<Ranges, QueryError> {
        let windows = Windows {
            grid,
            fixed: self.fixed_time(subquery.shift),
            offset: subquery.shift.offset_ms,
            range: subquery.range_ms,
        };
        let step = subquery
            .step_ms
            .unwrap_or_else(|| self.limits.default_subquery_step.millis())
            .max(1);
        let inner = aligned(windows.first_start(), windows.last_end(), step);
        if inner.count as u64 > self.limits.max_samples {
            return Err(QueryError::TooManySamples);
        }
        if inner.count == 0 {
            return Ok(Ranges {
                series: Vec::new(),
                windows,
            });
        }
        let columns = match self.evaluate(&subquery.inner, inner)? {
            super::Evaluated::Vector(columns) => columns,
            super::Evaluated::Scalar(values) => {
                let values = (0..inner.count).map(|index| values.get(index)).collect();
                vec![Column::new(Labels::empty(), values)]
            }
            super::Evaluated::Text(_) => return Err(wrong_type()),
        };
        self.hold(size_of(&columns))?;
        self.release(size_of(&columns));
        let shared: Arc<[i64]> = inner.times().collect();
        let series = columns
            .into_iter()
            .map(|column| present_samples(column, &shared))
            .collect();
        Ok(Ranges { series, windows })
    }

    /// The samples of a range selector or subquery that is a query by itself.
    pub(crate) fn evaluate_matrix(&mut self, expr: &Expr) -> Result<Vec<SampleSeries>, QueryError> {
        let ranges = self.ranges(expr, self.query, false)?;
        let mut found = Vec::new();
        for series in &ranges.series {
            let Some((low, high)) = ranges.windows.bounds(&series.times).first().copied() else {
                continue;
            };
            let times = series.times.get(low..high).unwrap_or(&[]);
            let values = series.values.get(low..high).unwrap_or(&[]);
            if !times.is_empty() {
                let labels = if series.drop_name {
                    series.labels.without_metric_name()
                } else {
                    series.labels.clone()
                };
                let points = times.iter().zip(values);
                found.push(SampleSeries {
                    labels,
                    points: points.map(|(at, value)| (SimTime(*at), *value)).collect(),
                });
            }
        }
        Ok(found)
    }
}

/// For each instant, the newest sample in its window, unless that is a stale marker.
fn newest(series: &Series, windows: &Windows, pick: impl Fn(i64, f64) -> f64) -> Vec<f64> {
    let mut next = 0;
    (0..windows.grid.count)
        .map(|index| {
            let end = windows.end(index);
            while series.times.get(next).is_some_and(|at| *at <= end) {
                next += 1;
            }
            let newest = next
                .checked_sub(1)
                .and_then(|last| Some((*series.times.get(last)?, *series.values.get(last)?)));
            match newest {
                Some((at, value)) if at > end.saturating_sub(windows.range) && !is_stale(value) => {
                    pick(at, value)
                }
                _ => absent(),
            }
        })
        .collect()
}

fn without_stale(series: Series) -> RangeSeries {
    let stale = series.values.iter().any(|value| is_stale(*value));
    let (times, values) = if stale {
        series
            .times
            .iter()
            .zip(series.values.iter())
            .filter(|(_, value)| !is_stale(**value))
            .map(|(at, value)| (*at, *value))
            .unzip::<i64, f64, Vec<i64>, Vec<f64>>()
    } else {
        return RangeSeries {
            labels: series.labels,
            drop_name: false,
            times: series.times,
            values: series.values,
        };
    };
    RangeSeries {
        labels: series.labels,
        drop_name: false,
        times: times.into(),
        values: values.into(),
    }
}

fn present_samples(column: Column, shared: &Arc<[i64]>) -> RangeSeries {
    let full = !column.values.iter().any(|value| is_absent(*value));
    let (times, values): (Arc<[i64]>, Arc<[f64]>) = if full {
        (Arc::clone(shared), column.values.into())
    } else {
        let (times, values): (Vec<i64>, Vec<f64>) = shared
            .iter()
            .zip(&column.values)
            .filter(|(_, value)| !is_absent(**value))
            .map(|(at, value)| (*at, *value))
            .unzip();
        (times.into(), values.into())
    };
    RangeSeries {
        labels: column.labels,
        drop_name: column.drop_name,
        times,
        values,
    }
}

/// The multiples of `step` after `start` and up to `end`: a subquery's instants do not depend on the query's.
///
/// As in Prometheus the division goes towards zero, so before 1970 the first instant may be one step later.
fn aligned(start: i64, end: i64, step: i64) -> Grid {
    let mut first = (start / step).saturating_mul(step);
    if first <= start {
        first = first.saturating_add(step);
    }
    let count = if end < first {
        0
    } else {
        usize::try_from(end.saturating_sub(first) / step)
            .map_or(usize::MAX, |steps| steps.saturating_add(1))
    };
    Grid {
        start: first,
        step,
        count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_open_on_the_left_and_move_forward() {
        let windows = Windows {
            grid: Grid {
                start: 30,
                step: 10,
                count: 3,
            },
            fixed: None,
            offset: 0,
            range: 20,
        };
        assert_eq!(
            windows.bounds(&[10, 20, 30, 40, 55]),
            [(1, 3), (2, 4), (3, 4)]
        );
    }

    #[test]
    fn subqueries_start_at_multiples_of_their_step() {
        let grid = aligned(5, 40, 10);
        assert_eq!(grid.times().collect::<Vec<_>>(), [10, 20, 30, 40]);
        assert_eq!(aligned(10, 40, 10).start, 20);
        assert_eq!(aligned(10, 15, 10).count, 0);
    }
}
