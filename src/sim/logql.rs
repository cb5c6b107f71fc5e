//! LogQL: reading queries as Loki words them, and evaluating them over a drill's lazy lines.
//!
//! [`parse`] reads a query. A query of lines is run by [`entries::Run`], one of numbers by [`metric::Run`]; both work in
//! slices. Selectors and line filters go to the search over templates, so what a template decides makes no line. Vectors
//! are joined and aggregated by the evaluator of PromQL. Never writes, stores or draws anything.

pub mod ast;
mod bridge;
pub mod entries;
pub mod extract;
mod filter;
mod lex;
pub mod metric;
mod parse;
mod parse_metric;
mod pipeline;
mod print;
mod range_values;
pub mod tallies;
mod template;
#[cfg(test)]
mod tests;
pub mod units;

use std::ops::Range;

use thiserror::Error;

pub use ast::{Expr, LogExpr, MetricExpr};
pub use parse::parse;

use super::promql;

/// What a query may use: Loki's own limits, as its default configuration has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most lines of one answer.
    pub max_entries: usize,
    /// The most series of one answer.
    pub max_series: usize,
    /// The longest time from start to end.
    pub max_query_length_ms: i64,
    /// The most instants of a range query.
    pub max_points: u64,
    /// The most lines that are looked at: a time limit that does not depend on the machine.
    pub max_lines: u64,
    /// The most values that are held for quantiles.
    pub max_values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 5_000,
            max_series: 500,
            max_query_length_ms: 721 * 3_600_000,
            max_points: 11_000,
            max_lines: 2_000_000_000,
            max_values: 10_000_000,
        }
    }
}

/// A query that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", placed(*.line, *.column, .message))]
pub struct ParseError {
    /// Line from 1; 0 where Loki does not know it.
    pub line: u32,
    /// Column from 1; 0 where Loki does not know it.
    pub column: u32,
    /// What is wrong, in Loki's words.
    pub message: String,
    /// The bytes of the query that are meant.
    pub span: Range<usize>,
}

fn placed(line: u32, column: u32, message: &str) -> String {
    if line == 0 && column == 0 {
        format!("parse error : {message}")
    } else {
        format!("parse error at line {line}, col {column}: {message}")
    }
}

/// Why a query has no result, in Loki's words.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum QueryError {
    /// It cannot be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// More lines are asked for than one answer may hold.
    #[error(
        "max entries limit per query exceeded, limit > max_entries_limit_per_query ({0} > {1})"
    )]
    TooManyEntries(usize, usize),
    /// The answer would have too many series.
    #[error(
        "maximum number of series ({0}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()"
    )]
    TooManySeries(usize),
    /// The range is too long.
    #[error("the query time range exceeds the limit (query length: {0}, limit: {1})")]
    TooLong(String, String),
    /// There are too many instants.
    #[error(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"
    )]
    TooManyPoints,
    /// The step is zero or negative.
    #[error(
        "zero or negative query resolution step widths are not accepted. Try a positive integer"
    )]
    BadStep,
    /// It ends before it starts.
    #[error("end timestamp must not be before or equal to start time")]
    EndBeforeStart,
    /// It looked at too much.
    #[error(
        "the query would read too many bytes; consider adding more specific stream selectors or reduce the time range of the query"
    )]
    TooMuch,
    /// A query of lines stands where one of numbers belongs.
    #[error(
        "log queries are not supported as an instant query type, please change your query to a range query type"
    )]
    LogsAtInstant,
    /// A stage of a pipeline could not do its work on a line.
    #[error(
        "pipeline error: '{kind}' for series: '{series}'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"{kind}\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\nThe label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n"
    )]
    Pipeline {
        /// The value of `__error__`.
        kind: String,
        /// The series' labels.
        series: String,
    },
    /// Joining or aggregating series failed.
    #[error(transparent)]
    Vectors(#[from] promql::QueryError),
}
