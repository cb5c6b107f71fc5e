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
pub(in crate::sim) mod lex;
pub mod matcher;
pub mod memory;
pub mod numbers;
mod parse;
mod plain_pattern;
pub mod source;
pub mod value;

use thiserror::Error;

pub use annotation::{Annotation, Level};
pub use ast::Expr;
pub use evaluate::rises::{ExactSum, rise};
pub use parse::{ParseError, parse};
pub use value::{Matrix, MatrixColumn, Sample, SampleSeries, Value};

use self::ast::ValueType;
use self::evaluate::columns::{Column, Grid, Scalars, is_absent};
use self::evaluate::{Evaluated, Evaluator};
use self::labels::Labels;
use self::source::{SeriesSource, SourceError};
use crate::sim::time::{SimTime, Span};

/// The labels of the group that a series falls into.
pub fn group_labels(labels: &Labels, grouping: &ast::Grouping) -> Labels {
    evaluate::group_labels(labels, grouping)
}

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
        let mut series = evaluator.evaluate_matrix(expr)?;
        for (_, value) in series.iter_mut().flat_map(|one| &mut one.points) {
            *value = tidy(*value);
        }
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
    let columns = columns.into_iter().filter(|column| !column.is_empty());
    let matrix = matrix(columns.collect(), grid);
    Ok((matrix, evaluator.into_annotations()))
}

/// How much the counters that a plain selector takes rose from each instant of a range to the next: whole numbers of events,
/// which `increase` does not give. The last instant has no values.
///
/// # Errors
/// As [`range`].
pub fn rises(
    source: &dyn SeriesSource,
    expr: &Expr,
    start: SimTime,
    end: SimTime,
    step: Span,
    limits: &Limits,
) -> Result<Matrix, QueryError> {
    let grid = range_grid(start, end, step, limits)?;
    let columns = Evaluator::new(source, limits, grid, true).select_rises(expr)?;
    Ok(matrix(columns, grid))
}

fn matrix(columns: Vec<Column>, grid: Grid) -> Matrix {
    let tidied = |column: Column| MatrixColumn {
        labels: column.labels,
        values: column.values.into_iter().map(tidy).collect(),
    };
    let mut columns: Vec<MatrixColumn> = columns.into_iter().map(tidied).collect();
    columns.sort_by(|a, b| a.labels.cmp(&b.labels));
    let times = grid.times().map(SimTime).collect();
    Matrix { times, columns }
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
    let steps = end.millis().saturating_sub(start.millis()) / step.millis();
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::memory::MemorySource;
    use super::*;

    #[test]
    fn counters_rise_from_instant_to_instant() {
        let mut source = MemorySource::new();
        let labels = Labels::new([("__name__", "alpha_total")]);
        for (at, value) in [(0, 5.0), (60, 9.0), (180, 3.0), (240, 1.0)] {
            source.push(&labels, SimTime(at * 1000), value);
        }
        source.end_series(&labels, SimTime(100_000));
        let expr = parse("alpha_total").unwrap();
        let (end, step) = (SimTime(240_000), Span::from_mins(1));
        let risen = rises(&source, &expr, SimTime(0), end, step, &Limits::default()).unwrap();
        let column = &risen.columns[0];
        let values: Vec<_> = (0..5).map(|index| column.get(index)).collect();
        assert_eq!(values, [Some(4.0), None, Some(3.0), Some(1.0), None]);
    }

    fn source() -> MemorySource {
        let mut source = MemorySource::new();
        for (name, pod) in [("alpha_total", "a"), ("alpha_total", "b"), ("beta", "a")] {
            let labels = Labels::new([("__name__", name), ("pod", pod)]);
            for step in 0..40_i64 {
                source.push(&labels, SimTime(step * 15_000), (step % 17) as f64);
            }
        }
        source
    }

    fn limited() -> Limits {
        Limits {
            max_samples: 20_000,
            max_work: 200_000,
            ..Limits::default()
        }
    }

    /// Reads a query and evaluates what can be read; the outcome does not matter.
    fn attempt(query: &str) {
        match parse(query) {
            Ok(expr) => {
                let source = source();
                let end = SimTime(600_000);
                let _ = instant(&source, &expr, end, &limited());
                let _ = range(
                    &source,
                    &expr,
                    SimTime(0),
                    end,
                    Span::from_secs(60),
                    &limited(),
                );
            }
            Err(error) => {
                let span = error.span();
                assert!(
                    span.start <= span.end && span.end <= query.len(),
                    "{error}: {span:?}"
                );
                assert!(query.is_char_boundary(span.start) && query.is_char_boundary(span.end));
            }
        }
    }

    const WORDS: &[&str] = &[
        "alpha_total",
        "beta",
        "sum",
        "rate",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "offset",
        "and",
        "or",
        "unless",
        "topk",
        "quantile",
        "count_values",
        "histogram_quantile",
        "label_replace",
        "start",
        "end",
        "inf",
        "NaN",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "=",
        "!=",
        "=~",
        "!~",
        "==",
        ">",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "@",
        "5m",
        "1h",
        "0",
        "1",
        "2.5",
        "1e9",
        "0x1f",
        "\"pod\"",
        "\"a\"",
        "'(.*)'",
        "`x`",
        "pod",
        "le",
        "fill",
        "atan2",
        "#",
        "\n",
        "é",
    ];

    /// Expressions that the grammar allows.
    fn expression() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("alpha_total".to_owned()),
            Just("beta{pod=~\"a|b\"}".to_owned()),
            Just("alpha_total @ end() offset 1m".to_owned()),
            Just("vector(time())".to_owned()),
            any::<f64>().prop_map(|value| format!("vector({value:e})").replace("inf", "Inf")),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (
                    inner.clone(),
                    inner.clone(),
                    prop::sample::select(vec![
                        "+",
                        "-",
                        "*",
                        "/",
                        "%",
                        "^",
                        "==",
                        "> bool",
                        "and",
                        "or",
                        "unless on(pod)",
                        "* on(pod) group_left()",
                    ])
                )
                    .prop_map(|(left, right, op)| format!("({left} {op} {right})")),
                (
                    inner.clone(),
                    prop::sample::select(vec![
                        "sum by (pod)",
                        "avg",
                        "max",
                        "stddev",
                        "topk(2, ",
                        "quantile(0.3, ",
                        "count_values(\"v\", ",
                        "abs",
                        "absent",
                        "timestamp",
                        "sort",
                        "hour",
                        "negative",
                        "round",
                    ])
                )
                    .prop_map(|(inner, call)| match call.strip_suffix(", ") {
                        Some(call) => format!("{call}, {inner})"),
                        None if call == "negative" => format!("(-({inner}))"),
                        None => format!("{call}({inner})"),
                    }),
                (
                    inner,
                    prop::sample::select(vec![
                        "rate",
                        "increase",
                        "deriv",
                        "avg_over_time",
                        "max_over_time",
                        "changes",
                        "absent_over_time",
                        "stddev_over_time",
                        "irate",
                        "last_over_time",
                    ]),
                    1..400_u32,
                    1..120_u32
                )
                    .prop_map(|(inner, call, range, step)| format!(
                        "{call}({inner}[{range}s:{step}s])"
                    )),
            ]
        })
    }

    fn refused(query: &str) -> String {
        let expr = parse(query).unwrap();
        let answer = instant(&source(), &expr, SimTime(600_000), &Limits::default());
        answer.map_or_else(|error| error.to_string(), |(value, _)| value.to_text())
    }

    #[test]
    fn what_asks_for_too_much_is_refused_in_the_words_of_prometheus() {
        let too_many =
            "query processing would load too many samples into memory in query execution";
        for query in [
            "max_over_time(rate(alpha_total[5m])[1y:1ms])",
            "max_over_time(max_over_time(alpha_total[1y:1s])[1y:1s])",
            "sum_over_time(vector(time())[10y:10ms])",
            "count_over_time((alpha_total or beta)[300d:1s])",
        ] {
            assert_eq!(refused(query), too_many, "{query}");
        }
    }

    #[test]
    fn ranges_that_cannot_be_drawn_are_refused_in_the_words_of_prometheus() {
        let expr = parse("alpha_total").unwrap();
        let asked = |start: i64, end: i64, step: i64| {
            let answer = range(
                &source(),
                &expr,
                SimTime(start),
                SimTime(end),
                Span(step),
                &Limits::default(),
            );
            answer.map_or_else(|error| error.to_string(), |_| "an answer".to_owned())
        };
        let year = 365 * 86_400_000;
        assert_eq!(
            asked(-year, 0, 15_000),
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
        );
        assert_eq!(asked(-year, 0, 3_600_000), "an answer");
        assert_eq!(
            asked(0, 600_000, 0),
            "zero or negative query resolution step widths are not accepted. Try a positive integer"
        );
        assert_eq!(
            asked(600_000, 0, 15_000),
            "end timestamp must not be before start time"
        );
        let far = 100_000_000_000_000;
        assert_eq!(asked(-far, far, far), "an answer");
    }

    #[test]
    fn patterns_cannot_run_away() {
        assert_eq!(
            refused("beta{pod=~\"(a+)+(a|a)*$\"}"),
            "beta{pod=\"a\"} => 5 @[600]"
        );
        let large = parse("beta{pod=~\"(.{500}){500}\"}")
            .unwrap_err()
            .to_string();
        assert!(large.contains("expression too large"), "{large}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_answered(query in "\\PC{0,60}") {
            attempt(&query);
        }

        #[test]
        fn any_words_are_answered(words in prop::collection::vec(prop::sample::select(WORDS), 0..24)) {
            attempt(&words.join(" "));
            attempt(&words.concat());
        }

        #[test]
        fn what_the_grammar_allows_is_read_and_repeats(query in expression()) {
            let expr = parse(&query).unwrap();
            attempt(&query);
            let at = SimTime(600_000);
            let once = instant(&source(), &expr, at, &limited());
            prop_assert_eq!(format!("{once:?}"), format!("{:?}", instant(&source(), &expr, at, &limited())));
        }

        #[test]
        fn an_instant_of_a_range_is_the_instant(query in expression()) {
            // `@ end()` is another instant in an instant query.
            let query = query.replace("end()", "400");
            let expr = parse(&query).unwrap();
            let limits = Limits { max_work: 2_000_000, max_samples: 2_000_000, ..Limits::default() };
            let (start, step) = (SimTime(120_000), Span::from_secs(60));
            // Neighbours may fail where one instant does not.
            let Ok((matrix, _)) = range(&source(), &expr, start, start + Span::from_secs(180), step, &limits) else {
                return Ok(());
            };
            for (index, at) in matrix.times.iter().enumerate() {
                let (value, _) = instant(&source(), &expr, *at, &limits).unwrap();
                let mut alone: Vec<(Labels, u64)> =
                    value.samples().iter().map(|one| (one.labels.clone(), one.value.to_bits())).collect();
                alone.sort();
                let within: Vec<(Labels, u64)> = matrix
                    .columns
                    .iter()
                    .filter_map(|column| Some((column.labels.clone(), column.get(index)?.to_bits())))
                    .collect();
                prop_assert_eq!(alone, within, "{} at {}", query, at);
            }
        }
    }

    #[test]
    fn deep_and_long_queries_are_refused_in_time() {
        let deep = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(
            parse(&deep)
                .unwrap_err()
                .message
                .starts_with("query is too long")
        );
        let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
        assert!(
            parse(&deep)
                .unwrap_err()
                .message
                .starts_with("expression is nested too deeply")
        );
        let long = vec!["beta"; 5000].join("+");
        assert!(
            parse(&long)
                .unwrap_err()
                .message
                .starts_with("too many operators")
        );
        let long = vec!["beta"; 900].join(" or ");
        assert!(
            parse(&long)
                .unwrap_err()
                .message
                .starts_with("expression is nested too deeply")
        );
        let signs = format!("{}1", "-".repeat(900));
        assert_eq!(parse(&signs).unwrap().value_type(), ValueType::Scalar);
        assert!(parse(&format!("{}beta", "-".repeat(900))).is_err());
    }

    #[test]
    fn huge_queries_end_with_a_limit() {
        let source = source();
        let error = |query: &str| {
            let expr = parse(query).unwrap();
            instant(&source, &expr, SimTime(600_000), &Limits::default()).unwrap_err()
        };
        assert_eq!(
            error("max_over_time(alpha_total[10y:1ms])"),
            QueryError::TooManySamples
        );
        assert_eq!(
            error("sum_over_time(sum_over_time(vector(1)[1y:1m])[1y:1m])"),
            QueryError::TimedOut
        );
        let expr = parse("alpha_total").unwrap();
        let over = |start, end, step| {
            range(
                &source,
                &expr,
                SimTime(start),
                SimTime(end),
                Span(step),
                &Limits::default(),
            )
        };
        assert_eq!(
            over(0, 11_001_000, 1000).unwrap_err(),
            QueryError::TooManyPoints
        );
        assert_eq!(over(0, 11_000_000, 1000).unwrap().0.times.len(), 11_001);
        assert_eq!(over(0, 1, 0).unwrap_err(), QueryError::BadStep);
        assert_eq!(over(1, 0, 1).unwrap_err(), QueryError::EndBeforeStart);
    }

    #[test]
    fn places_at_the_ends_of_time_do_not_overflow() {
        for query in [
            "alpha_total @ 9223372036854775",
            "alpha_total @ -9223372036854775 offset 290y",
            "sum_over_time(alpha_total[290y:290y] offset -290y)",
            "alpha_total offset 1e9",
            "alpha_total offset inf",
            "alpha_total @ inf",
            "alpha_total[1e300]",
        ] {
            attempt(query);
        }
    }
}
