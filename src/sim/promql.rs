//! PromQL: evaluation of expressions over a source of series, with the semantics of Prometheus 3.
//!
//! [`parse`] reads a query, [`instant`] and [`range`] evaluate it over any [`source::SeriesSource`]. Never makes
//! samples itself.

mod annotation;
pub mod ast;
mod diagnose;
mod evaluate;
pub mod function;
pub mod labels;
mod lex;
pub mod matcher;
pub mod memory;
pub mod numbers;
mod parse;
pub mod source;
pub mod value;

use thiserror::Error;

pub use annotation::{Annotation, Level};
pub use ast::Expr;
pub use parse::{ParseError, parse};
pub use value::{Matrix, MatrixColumn, Sample, SampleSeries, Value};

use self::ast::ValueType;
use self::evaluate::columns::{Column, Grid, Scalars, is_absent};
use self::evaluate::{Evaluated, Evaluator};
use self::labels::Labels;
use self::source::{SeriesSource, SourceError};
use crate::sim::time::{SimTime, Span};

/// What a query may use, and the settings that a Prometheus server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most samples and values held at once.
    pub max_samples: u64,
    /// The most samples and values looked at: a time limit that does not depend on the machine.
    pub max_work: u64,
    /// The most points per series of a range query.
    pub max_points: u64,
    /// How old a sample may be and still be a series' current value.
    pub lookback: Span,
    /// The step of a subquery that names none: the global evaluation interval.
    pub default_subquery_step: Span,
    /// Whether metric names go at the end of a query instead of at each function (a feature flag of Prometheus 3,
    /// off by default there and here).
    pub delayed_name_removal: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_samples: 50_000_000,
            max_work: 2_000_000_000,
            max_points: 11_000,
            lookback: Span::from_mins(5),
            default_subquery_step: Span::from_mins(1),
            delayed_name_removal: false,
        }
    }
}

/// Why a query has no result, in Prometheus's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// The source did not answer.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// More than [`Limits::max_samples`].
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// More than [`Limits::max_work`].
    #[error("query timed out in expression evaluation")]
    TimedOut,
    /// More than [`Limits::max_points`].
    #[error(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
    )]
    TooManyPoints,
    /// A range query's step is zero or negative.
    #[error(
        "zero or negative query resolution step widths are not accepted. Try a positive integer"
    )]
    BadStep,
    /// A range query ends before it starts.
    #[error("end timestamp must not be before start time")]
    EndBeforeStart,
    /// A range query of a type that cannot be one.
    #[error("invalid expression type {:?} for range query, must be Scalar or instant Vector", .0.to_string())]
    BadRangeType(ValueType),
    /// Two series of a vector have the same labels at one instant.
    #[error("vector cannot contain metrics with the same labelset")]
    SameLabelset,
    /// The expression cannot be evaluated over this data.
    #[error("{0}")]
    Execution(String),
}

impl QueryError {
    /// The error type in the HTTP API's answer.
    pub fn api_type(&self) -> &'static str {
        match self {
            Self::TooManyPoints | Self::BadStep | Self::EndBeforeStart | Self::BadRangeType(_) => {
                "bad_data"
            }
            Self::TimedOut => "timeout",
            _ => "execution",
        }
    }
}

/// Evaluates an expression at one instant. Annotations come warnings first.
pub fn instant(
    source: &dyn SeriesSource,
    expr: &Expr,
    at: SimTime,
    limits: &Limits,
) -> Result<(Value, Vec<Annotation>), QueryError> {
    let grid = Grid::instant(at.millis());
    let mut evaluator = Evaluator::new(source, limits, grid, false);
    let value = if expr.value_type() == ValueType::Matrix {
        let mut series: Vec<SampleSeries> = evaluator
            .evaluate_matrix(expr)?
            .into_iter()
            .map(|(labels, samples)| SampleSeries {
                labels,
                points: samples
                    .into_iter()
                    .map(|(at, value)| (SimTime(at), tidy(value)))
                    .collect(),
            })
            .collect();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Value::Matrix(series)
    } else {
        instant_value(evaluator.evaluate_query(expr)?, at)
    };
    Ok((value, evaluator.into_annotations()))
}

fn instant_value(evaluated: Evaluated, at: SimTime) -> Value {
    match evaluated {
        Evaluated::Scalar(values) => Value::Scalar {
            at,
            value: tidy(values.get(0)),
        },
        Evaluated::Text(text) => Value::Text {
            at,
            text: text.to_text(),
        },
        Evaluated::Vector(columns) => Value::Vector(
            columns
                .into_iter()
                .filter_map(|column| {
                    column.get(0).map(|value| Sample {
                        value: tidy(value),
                        labels: column.labels,
                        at,
                    })
                })
                .collect(),
        ),
    }
}

/// Evaluates an expression at every `step` from `start` to `end`, both included. Annotations come warnings first.
pub fn range(
    source: &dyn SeriesSource,
    expr: &Expr,
    start: SimTime,
    end: SimTime,
    step: Span,
    limits: &Limits,
) -> Result<(Matrix, Vec<Annotation>), QueryError> {
    let grid = range_grid(start, end, step, limits)?;
    if !matches!(expr.value_type(), ValueType::Scalar | ValueType::Vector) {
        return Err(QueryError::BadRangeType(expr.value_type()));
    }
    let mut evaluator = Evaluator::new(source, limits, grid, true);
    let columns = match evaluator.evaluate_query(expr)? {
        Evaluated::Vector(columns) => columns,
        Evaluated::Scalar(values) => vec![scalar_column(&values, grid)],
        Evaluated::Text(_) => return Err(QueryError::BadRangeType(ValueType::Text)),
    };
    let mut columns: Vec<MatrixColumn> = columns
        .into_iter()
        .filter(|column| !column.is_empty())
        .map(|column| MatrixColumn {
            labels: column.labels,
            values: column.values.into_iter().map(tidy).collect(),
        })
        .collect();
    columns.sort_by(|a, b| a.labels.cmp(&b.labels));
    let times = grid.times().map(SimTime).collect();
    Ok((Matrix { times, columns }, evaluator.into_annotations()))
}

fn range_grid(
    start: SimTime,
    end: SimTime,
    step: Span,
    limits: &Limits,
) -> Result<Grid, QueryError> {
    if step.millis() <= 0 {
        return Err(QueryError::BadStep);
    }
    if end < start {
        return Err(QueryError::EndBeforeStart);
    }
    let steps = (end - start).millis() / step.millis();
    if steps.unsigned_abs() > limits.max_points {
        return Err(QueryError::TooManyPoints);
    }
    Ok(Grid {
        start: start.millis(),
        step: step.millis(),
        count: usize::try_from(steps).map_or(1, |steps| steps + 1),
    })
}

fn scalar_column(values: &Scalars, grid: Grid) -> Column {
    let values = (0..grid.count).map(|index| values.get(index)).collect();
    Column::new(Labels::empty(), values)
}

/// Every NaN of a result has the same bits: which bits arithmetic makes depends on the processor.
fn tidy(value: f64) -> f64 {
    if value.is_nan() && !is_absent(value) {
        f64::NAN
    } else {
        value
    }
}
