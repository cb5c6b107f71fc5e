//! The tree of a query. Never parses, never evaluates.

use crate::sim::promql::ast::{AggregateOp, BinaryOp, Grouping, Matching};
use crate::sim::promql::matcher::Matcher;

use super::extract::pattern::Pattern;
use super::filter::LabelFilter;
use super::template::Template;

/// A query.
#[derive(Clone, Debug)]
pub enum Expr {
    /// One of lines.
    Log(LogExpr),
    /// One of numbers.
    Metric(MetricExpr),
}

/// A selector and its pipeline.
#[derive(Clone, Debug)]
pub struct LogExpr {
    /// Conditions on the labels of streams.
    pub matchers: Vec<Matcher>,
    /// What happens to each line, in order.
    pub stages: Vec<Stage>,
}

/// How a line filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOp {
    /// `|=`
    Contains,
    /// `!=`
    Lacks,
    /// `|~`
    Matches,
    /// `!~`
    MatchesNot,
    /// `|>`
    Like,
    /// `!>`
    Unlike,
}

impl LineOp {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Contains => "|=",
            Self::Lacks => "!=",
            Self::Matches => "|~",
            Self::MatchesNot => "!~",
            Self::Like => "|>",
            Self::Unlike => "!>",
        }
    }

    /// Whether lines without it are wanted.
    pub const fn is_negated(self) -> bool {
        matches!(self, Self::Lacks | Self::MatchesNot | Self::Unlike)
    }
}

/// `|= "a" or "b"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFilter {
    /// The comparison.
    pub op: LineOp,
    /// Texts, patterns or expressions; never empty.
    pub values: Vec<String>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Keeps lines by their text.
    Line(LineFilter),
    /// Labels from a JSON object: all of its fields, or some by path.
    Json(Vec<(String, String)>),
    /// Labels from `key=value` pairs.
    Logfmt {
        /// Stops at the first malformed pair.
        strict: bool,
        /// Keeps keys without a value.
        keep_empty: bool,
        /// Some of the keys under other names; all when empty.
        fields: Vec<(String, String)>,
    },
    /// Labels from a pattern's captures.
    Pattern(Pattern),
    /// Labels from an expression's named groups.
    Regexp(NamedRegex),
    /// Labels and line of a packed JSON object.
    Unpack,
    /// Keeps lines by their labels.
    Label(LabelFilter),
    /// Writes the line anew.
    LineFormat(Template),
    /// Writes labels anew.
    LabelFormat(Vec<(String, LabelValue)>),
    /// Takes labels away: all of a name, or those whose value matches.
    Drop(Vec<LabelChoice>),
    /// Leaves these labels only.
    Keep(Vec<LabelChoice>),
    /// Takes colour codes out of the line.
    Decolorize,
}

/// What a label is set to.
#[derive(Clone, Debug)]
pub enum LabelValue {
    /// Another label's value, which goes.
    Rename(String),
    /// A text with fields.
    Format(Template),
}

/// A label by name, or by name and value.
#[derive(Clone, Debug)]
pub enum LabelChoice {
    /// Whatever its value.
    Name(String),
    /// With a value that matches.
    Match(Matcher),
}

/// An expression with named groups.
#[derive(Clone, Debug)]
pub struct NamedRegex {
    /// As written.
    pub text: String,
    /// Compiled.
    pub regex: regex::Regex,
}

/// A query of numbers.
#[derive(Clone, Debug)]
pub enum MetricExpr {
    /// A number.
    Number(f64),
    /// `vector(1)`.
    Vector(f64),
    /// An aggregation of lines over time.
    Range(Box<RangeAggregation>),
    /// An aggregation of series.
    Aggregate(Box<VectorAggregation>),
    /// An operator.
    Binary(Box<Binary>),
    /// `label_replace(...)`.
    LabelReplace(Box<LabelReplace>),
}

/// The aggregations over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the function of the same name")]
pub enum RangeOp {
    CountOverTime,
    Rate,
    RateCounter,
    BytesOverTime,
    BytesRate,
    AvgOverTime,
    SumOverTime,
    MinOverTime,
    MaxOverTime,
    StdvarOverTime,
    StddevOverTime,
    QuantileOverTime,
    FirstOverTime,
    LastOverTime,
    AbsentOverTime,
}

impl RangeOp {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 15] = [
        ("absent_over_time", Self::AbsentOverTime),
        ("avg_over_time", Self::AvgOverTime),
        ("bytes_over_time", Self::BytesOverTime),
        ("bytes_rate", Self::BytesRate),
        ("count_over_time", Self::CountOverTime),
        ("first_over_time", Self::FirstOverTime),
        ("last_over_time", Self::LastOverTime),
        ("max_over_time", Self::MaxOverTime),
        ("min_over_time", Self::MinOverTime),
        ("quantile_over_time", Self::QuantileOverTime),
        ("rate", Self::Rate),
        ("rate_counter", Self::RateCounter),
        ("stddev_over_time", Self::StddevOverTime),
        ("stdvar_over_time", Self::StdvarOverTime),
        ("sum_over_time", Self::SumOverTime),
    ];

    /// The operation of a name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, op)| *op)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, op)| *op == self);
        found.map_or("", |(name, _)| name)
    }

    /// Whether it needs a number from each line.
    pub const fn needs_unwrap(self) -> bool {
        matches!(
            self,
            Self::AvgOverTime
                | Self::SumOverTime
                | Self::MinOverTime
                | Self::MaxOverTime
                | Self::StdvarOverTime
                | Self::StddevOverTime
                | Self::QuantileOverTime
                | Self::FirstOverTime
                | Self::LastOverTime
                | Self::RateCounter
        )
    }

    /// Whether it may be grouped by itself.
    pub const fn takes_grouping(self) -> bool {
        matches!(
            self,
            Self::AvgOverTime
                | Self::MinOverTime
                | Self::MaxOverTime
                | Self::StdvarOverTime
                | Self::StddevOverTime
                | Self::QuantileOverTime
                | Self::FirstOverTime
                | Self::LastOverTime
        )
    }
}

/// How a label's text becomes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// It is one.
    Plain,
    /// `duration(x)` or `duration_seconds(x)`: Go's durations, in seconds.
    Duration,
    /// The same under its other name.
    DurationSeconds,
    /// `bytes(x)`.
    Bytes,
}

/// `| unwrap duration(x) | y > 3`.
#[derive(Clone, Debug)]
pub struct Unwrap {
    /// The label.
    pub label: String,
    /// How it is read.
    pub conversion: Conversion,
    /// Filters after it.
    pub filters: Vec<LabelFilter>,
}

/// `rate({...} |= "x" [5m] offset 1m)`.
#[derive(Clone, Debug)]
pub struct RangeAggregation {
    /// The operation.
    pub op: RangeOp,
    /// A quantile.
    pub parameter: Option<f64>,
    /// The lines.
    pub log: LogExpr,
    /// The number of each line.
    pub unwrap: Option<Unwrap>,
    /// The window's length in ms.
    pub range_ms: i64,
    /// How far back, in ms.
    pub offset_ms: i64,
    /// Labels by which values are gathered.
    pub grouping: Option<Grouping>,
}

/// The aggregations of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorOp {
    /// One that PromQL has under the same name.
    Aggregate(AggregateOp),
    /// `sort`
    Sort,
    /// `sort_desc`
    SortDesc,
}

impl VectorOp {
    /// The operation of a name.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "sort" => Some(Self::Sort),
            "sort_desc" => Some(Self::SortDesc),
            "sum" | "avg" | "max" | "min" | "count" | "stddev" | "stdvar" | "topk" | "bottomk" => {
                AggregateOp::from_word(word).map(Self::Aggregate)
            }
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::SortDesc => "sort_desc",
            Self::Aggregate(op) => {
                let found = AggregateOp::ALL.iter().find(|(_, own)| *own == op);
                found.map_or("", |(name, _)| name)
            }
        }
    }

    /// Whether it takes a number.
    pub const fn takes_parameter(self) -> bool {
        matches!(
            self,
            Self::Aggregate(AggregateOp::Topk | AggregateOp::Bottomk)
        )
    }
}

/// `topk by (x) (3, ...)`.
#[derive(Clone, Debug)]
pub struct VectorAggregation {
    /// The operation.
    pub op: VectorOp,
    /// Its number.
    pub parameter: Option<f64>,
    /// What it aggregates.
    pub inner: MetricExpr,
    /// By which labels.
    pub grouping: Option<Grouping>,
}

/// An operator between two queries.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Whether a comparison gives 0 or 1.
    pub returns_bool: bool,
    /// Left.
    pub left: MetricExpr,
    /// Right.
    pub right: MetricExpr,
    /// How series find each other.
    pub matching: Matching,
}

/// `label_replace(v, dst, replacement, src, regex)`.
#[derive(Clone, Debug)]
pub struct LabelReplace {
    /// The series.
    pub inner: MetricExpr,
    /// The four texts, in the order in which they are written.
    pub texts: [String; 4],
}
