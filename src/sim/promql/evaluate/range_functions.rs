//! Functions of range vectors: each window of each series to one value. What a window gives is in `over_time`.

use super::columns::{Column, Grid, Scalars, absent, is_absent};
use super::over_time::{self as windowed, Extrapolation, Window};
use super::selectors::{RangeSeries, Ranges};
use super::{Evaluator, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::annotation::Annotation;
use crate::sim::promql::ast::{Expr, Node};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::Labels;

/// The suffixes of names that counters have.
const COUNTER_SUFFIXES: [&str; 4] = ["_total", "_sum", "_count", "_bucket"];

impl Evaluator<'_> {
    pub(super) fn range_function(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        let place = usize::from(function == Function::QuantileOverTime);
        let argument = arguments.get(place).ok_or_else(wrong_type)?;
        let mut parameters = Vec::new();
        for (index, parameter) in arguments.iter().enumerate() {
            if index != place {
                parameters.push(self.scalar(parameter, grid)?);
            }
        }
        let parameter = |index: usize| {
            parameters
                .get(index)
                .cloned()
                .unwrap_or(Scalars::Constant(f64::NAN))
        };
        match function {
            Function::QuantileOverTime => self.warn_of_quantile(&parameter(0), grid, arguments),
            Function::DoubleExponentialSmoothing => {
                check_factors(&parameter(0), &parameter(1), grid)?;
            }
            _ => {}
        }
        let rises = matches!(
            function,
            Function::Rate | Function::Increase | Function::Irate
        );
        let ranges = self.ranges(argument, grid, rises)?;
        let loaded: u64 = ranges
            .series
            .iter()
            .map(|one| one.values.len() as u64)
            .sum();
        if function == Function::AbsentOverTime {
            let column = absent_over_time(&ranges, argument);
            self.release(loaded);
            return Ok(column);
        }
        let level = parameter(0);
        let trend = parameter(1);
        let columns = match function {
            Function::Rate => self.extrapolate(&ranges, Extrapolation::Rate)?,
            Function::Increase => self.extrapolate(&ranges, Extrapolation::Increase)?,
            Function::Delta => self.sweep(&ranges, |window, _| {
                windowed::extrapolated(window, Extrapolation::Delta, 0.0)
            })?,
            Function::PredictLinear => self.sweep(&ranges, |window, index| {
                let (slope, intercept) = windowed::regression(window, grid.time(index))?;
                Some(slope * level.get(index) + intercept)
            })?,
            Function::QuantileOverTime => self.sweep(&ranges, |window, index| {
                Some(super::numerics::quantile(
                    level.get(index),
                    &mut window.values.to_vec(),
                ))
            })?,
            Function::DoubleExponentialSmoothing => self.sweep(&ranges, |window, index| {
                windowed::smoothed(window.values, level.get(index), trend.get(index))
            })?,
            _ => self.sweep(&ranges, |window, _| simple(function, window))?,
        };
        self.release(loaded);
        if matches!(function, Function::Rate | Function::Increase) {
            self.inform_of_non_counters(&columns, argument);
        }
        if function.keeps_metric_name() {
            Ok(columns)
        } else {
            self.drop_names(columns)
        }
    }

    /// `rate` and `increase`: where a counter fell is found once per series, not once per window.
    fn extrapolate(
        &mut self,
        ranges: &Ranges,
        kind: Extrapolation,
    ) -> Result<Vec<Column>, QueryError> {
        let falls: Vec<Vec<usize>> = ranges
            .series
            .iter()
            .map(|series| falls(&series.values))
            .collect();
        self.sweep_series(ranges, |series, number, low, high, window, _| {
            let falls = falls.get(number).map_or(&[][..], Vec::as_slice);
            let mut resets = 0.0;
            // Most counters never fall.
            if !falls.is_empty() {
                let from = falls.partition_point(|index| *index <= low);
                let within = falls.get(from..).unwrap_or(&[]).iter();
                for index in within.take_while(|index| **index < high) {
                    let before = index.checked_sub(1);
                    let before = before.and_then(|before| series.values.get(before));
                    resets += before.copied().unwrap_or(0.0);
                }
            }
            windowed::extrapolated(window, kind, resets)
        })
    }

    fn sweep(
        &mut self,
        ranges: &Ranges,
        mut compute: impl FnMut(Window<'_>, usize) -> Option<f64>,
    ) -> Result<Vec<Column>, QueryError> {
        self.sweep_series(ranges, |_, _, _, _, window, index| compute(window, index))
    }

    /// Calls `compute` with the series, its number, the bounds of the window's samples, the window and the instant's
    /// number, for each window that holds a sample.
    fn sweep_series(
        &mut self,
        ranges: &Ranges,
        mut compute: impl FnMut(&RangeSeries, usize, usize, usize, Window<'_>, usize) -> Option<f64>,
    ) -> Result<Vec<Column>, QueryError> {
        let windows = &ranges.windows;
        let count = windows.grid.count;
        self.hold((ranges.series.len() as u64).saturating_mul(count as u64))?;
        let mut columns = Vec::with_capacity(ranges.series.len());
        let mut bounds: Vec<(usize, usize)> = Vec::new();
        let mut bounds_of: Option<*const i64> = None;
        for (number, series) in ranges.series.iter().enumerate() {
            // Series that share their times share their windows.
            if bounds_of != Some(series.times.as_ptr()) {
                bounds = windows.bounds(&series.times);
                bounds_of = Some(series.times.as_ptr());
            }
            self.spend(bounds.iter().map(|(low, high)| (high - low) as u64).sum())?;
            let mut values = Vec::with_capacity(count);
            for (index, (low, high)) in bounds.iter().copied().enumerate() {
                let end = windows.end(index);
                let window = Window {
                    times: series.times.get(low..high).unwrap_or(&[]),
                    values: series.values.get(low..high).unwrap_or(&[]),
                    start: end.saturating_sub(windows.range),
                    end,
                };
                let value = if window.values.is_empty() {
                    None
                } else {
                    compute(series, number, low, high, window, index)
                };
                values.push(value.unwrap_or_else(absent));
            }
            let column = Column {
                labels: series.labels.clone(),
                drop_name: series.drop_name,
                values,
            };
            if column.is_empty() {
                self.release(count as u64);
            } else {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    fn inform_of_non_counters(&mut self, columns: &[Column], argument: &Expr) {
        let name = columns
            .first()
            .map_or("", |column| column.labels.metric_name());
        if !name.is_empty() && !COUNTER_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
            self.annotate(Annotation::possible_non_counter(name, argument.place));
        }
    }

    fn warn_of_quantile(&mut self, level: &Scalars, grid: Grid, arguments: &[Expr]) {
        if let Some(argument) = arguments.first() {
            self.check_quantile(level, grid, argument);
        }
    }

    /// Warns of quantiles outside 0 to 1, once for each value.
    pub(super) fn check_quantile(&mut self, level: &Scalars, grid: Grid, argument: &Expr) {
        let count = if matches!(level, Scalars::Constant(_)) {
            grid.count.min(1)
        } else {
            grid.count
        };
        for index in 0..count {
            let value = level.get(index);
            if !(0.0..=1.0).contains(&value) && !is_absent(value) {
                self.annotate(Annotation::invalid_quantile(value, argument.place));
            }
        }
    }
}

/// Functions that look at nothing but the window's samples.
fn simple(function: Function, window: Window<'_>) -> Option<f64> {
    let values = window.values;
    let seconds = |index: usize| window.times.get(index).map(|at| *at as f64 / 1000.0);
    match function {
        Function::AvgOverTime => Some(windowed::mean(values)),
        Function::Changes => Some(windowed::changes(values)),
        Function::CountOverTime => Some(values.len() as f64),
        Function::Deriv => {
            let origin = window.times.first().copied()?;
            windowed::regression(window, origin).map(|(slope, _)| slope)
        }
        Function::FirstOverTime => values.first().copied(),
        Function::Idelta => windowed::instant_difference(window, false),
        Function::Irate => windowed::instant_difference(window, true),
        Function::LastOverTime => values.last().copied(),
        Function::MadOverTime => Some(windowed::median_deviation(values)),
        Function::MaxOverTime => values.get(windowed::max_index(values)?).copied(),
        Function::MinOverTime => values.get(windowed::min_index(values)?).copied(),
        Function::PresentOverTime => Some(1.0),
        Function::Resets => Some(windowed::resets(values)),
        Function::StddevOverTime => Some(libm::sqrt(windowed::variance(values))),
        Function::StdvarOverTime => Some(windowed::variance(values)),
        Function::SumOverTime => Some(windowed::sum(values)),
        Function::TsOfFirstOverTime => seconds(0),
        Function::TsOfLastOverTime => seconds(values.len().checked_sub(1)?),
        Function::TsOfMaxOverTime => seconds(windowed::max_index(values)?),
        Function::TsOfMinOverTime => seconds(windowed::min_index(values)?),
        _ => None,
    }
}

/// The indices of the samples that are less than the one before.
fn falls(values: &[f64]) -> Vec<usize> {
    let mut falls = Vec::new();
    let mut before = f64::NEG_INFINITY;
    for (index, now) in values.iter().enumerate() {
        if *now < before {
            falls.push(index);
        }
        before = *now;
    }
    falls
}

fn check_factors(level: &Scalars, trend: &Scalars, grid: Grid) -> Result<(), QueryError> {
    for index in 0..grid.count {
        for (factor, symbol, name) in [
            (level.get(index), "sf", "smoothing"),
            (trend.get(index), "tf", "trend"),
        ] {
            if !(factor > 0.0 && factor < 1.0) {
                return Err(QueryError::Execution(format!(
                    "invalid {name} factor. Expected: 0 < {symbol} < 1, got: {factor:.6}"
                )));
            }
        }
    }
    Ok(())
}

fn absent_over_time(ranges: &Ranges, argument: &Expr) -> Vec<Column> {
    let mut values = vec![1.0; ranges.windows.grid.count];
    for series in &ranges.series {
        let bounds = ranges.windows.bounds(&series.times);
        for (slot, (low, high)) in values.iter_mut().zip(bounds) {
            if high > low {
                *slot = absent();
            }
        }
    }
    let column = Column::new(absent_labels(argument), values);
    if column.is_empty() {
        Vec::new()
    } else {
        vec![column]
    }
}

/// The labels that an absent series would have had: those that the selector fixes to one value.
pub(super) fn absent_labels(argument: &Expr) -> Labels {
    let (Node::Vector(selector) | Node::Matrix(selector, _)) = &argument.unwrapped().node else {
        return Labels::empty();
    };
    let mut labels = Labels::empty();
    let mut seen: Vec<&str> = Vec::new();
    for matcher in &selector.matchers {
        let name = matcher.name();
        if name == crate::sim::promql::labels::METRIC_NAME {
            continue;
        }
        let fixed =
            matcher.op() == crate::sim::promql::matcher::MatchOp::Equal && !seen.contains(&name);
        labels = labels.with(name, if fixed { matcher.value() } else { "" });
        if fixed {
            seen.push(name);
        }
    }
    labels
}
