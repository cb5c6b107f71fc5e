//! The expression tree that is evaluated, each node with its place in the query. Never parses, never evaluates.

use std::fmt;
use std::ops::Range;

use super::function::Function;
use super::matcher::Matcher;
use super::numbers::{quote, quote_bytes};

/// Where something stands in a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
    /// Line, from 1.
    pub line: u32,
    /// Byte within the line, from 1.
    pub column: u32,
}

impl Place {
    /// The place of some bytes of a text.
    pub fn at(text: &str, start: usize, end: usize) -> Self {
        let before = text.get(..start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            start: start as u32,
            end: end as u32,
            line: before.matches('\n').count() as u32 + 1,
            column: (before.len() - line_start + 1) as u32,
        }
    }

    /// From the first byte of one place to the last byte of another.
    #[must_use]
    pub fn to(self, last: Self) -> Self {
        Self {
            end: last.end,
            ..self
        }
    }

    /// The bytes.
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// `line:column`, as Prometheus writes places.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// A string literal: usually UTF-8, but PromQL's escapes can make any bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Ordinary text.
    Utf8(String),
    /// Bytes that are no UTF-8: never a valid label name.
    Bytes(Vec<u8>),
}

impl Text {
    /// Text from bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Utf8(text),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }

    /// The text, with a replacement character for what is no UTF-8.
    pub fn to_text(&self) -> String {
        match self {
            Self::Utf8(text) => text.clone(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// The text as a label name: not empty and valid UTF-8.
    pub fn as_label_name(&self) -> Option<&str> {
        match self {
            Self::Utf8(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// In double quotes with Go's escapes.
    pub fn quoted(&self) -> String {
        match self {
            Self::Utf8(text) => quote(text),
            Self::Bytes(bytes) => quote_bytes(bytes),
        }
    }
}

/// The types of PromQL's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// One sample each of some series.
    Vector,
    /// Samples over a range of time of some series.
    Matrix,
    /// Text.
    Text,
}

/// The type's name in messages.
impl fmt::Display for ValueType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::Text => "string",
        })
    }
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Where it stands in the query.
    pub place: Place,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum Node {
    /// A number or a duration in seconds.
    Number(f64),
    /// A string literal.
    Text(Text),
    /// An instant vector selector.
    Vector(Selector),
    /// A range vector selector and its range in milliseconds.
    Matrix(Selector, i64),
    /// A subquery.
    Subquery(Box<Subquery>),
    /// A function call.
    Call(Function, Vec<Expr>),
    /// An aggregation.
    Aggregate(Box<Aggregate>),
    /// An operator between two expressions.
    Binary(Box<Binary>),
    /// A unary minus.
    Negate(Box<Expr>),
    /// An expression in parentheses.
    Paren(Box<Expr>),
}

/// A selector of series.
#[derive(Clone, Debug)]
pub struct Selector {
    /// All of these must hold; a metric name is a matcher on `__name__`.
    pub matchers: Vec<Matcher>,
    /// Offset and `@`.
    pub shift: TimeShift,
}

/// How a selector's or subquery's time differs from the evaluation time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeShift {
    /// Milliseconds to look back; negative looks forward.
    pub offset_ms: i64,
    /// A fixed instant instead of the evaluation time.
    pub at: Option<AtTime>,
}

/// The instant of an `@` modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtTime {
    /// `@ start()`: the start of the query.
    Start,
    /// `@ end()`: the end of the query.
    End,
    /// Milliseconds since the epoch.
    Millis(i64),
}

/// `expression[range:step]`.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// What is evaluated.
    pub inner: Expr,
    /// Range in milliseconds.
    pub range_ms: i64,
    /// Step in milliseconds; none means the global evaluation interval.
    pub step_ms: Option<i64>,
    /// Offset and `@`.
    pub shift: TimeShift,
}

/// An aggregation over series.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Which one.
    pub op: AggregateOp,
    /// What is aggregated.
    pub inner: Expr,
    /// The parameter of those that have one.
    pub parameter: Option<Expr>,
    /// How series are grouped.
    pub grouping: Grouping,
}

/// The aggregations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateOp {
    /// Kahan sum.
    Sum,
    /// Mean.
    Avg,
    /// Number of series.
    Count,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Always 1.
    Group,
    /// Population standard deviation.
    Stddev,
    /// Population variance.
    Stdvar,
    /// Any k series.
    Limitk,
    /// Any share of the series.
    LimitRatio,
    /// The k largest series.
    Topk,
    /// The k smallest series.
    Bottomk,
    /// A quantile over series.
    Quantile,
    /// Number of series per value.
    CountValues,
}

impl AggregateOp {
    /// All aggregations with the word that calls each.
    pub const ALL: [(&'static str, Self); 14] = [
        ("avg", Self::Avg),
        ("bottomk", Self::Bottomk),
        ("count", Self::Count),
        ("count_values", Self::CountValues),
        ("group", Self::Group),
        ("limit_ratio", Self::LimitRatio),
        ("limitk", Self::Limitk),
        ("max", Self::Max),
        ("min", Self::Min),
        ("quantile", Self::Quantile),
        ("stddev", Self::Stddev),
        ("stdvar", Self::Stdvar),
        ("sum", Self::Sum),
        ("topk", Self::Topk),
    ];

    /// What it gives, in a few words, as completion shows it.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Sum => "sum over series",
            Self::Avg => "average over series",
            Self::Count => "number of series",
            Self::Min => "lowest of series",
            Self::Max => "highest of series",
            Self::Group => "1 for each group",
            Self::Stddev => "standard deviation over series",
            Self::Stdvar => "variance over series",
            Self::Limitk => "any k series",
            Self::LimitRatio => "any share of the series",
            Self::Topk => "the k highest series",
            Self::Bottomk => "the k lowest series",
            Self::Quantile => "a quantile over series",
            Self::CountValues => "number of series by value",
        }
    }

    /// The aggregation that a word calls, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, op)| *op)
    }
}

/// The labels by which series are grouped or matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// `by`, `on`: these labels only.
    By(Vec<String>),
    /// `without`, `ignoring`: all but these and the metric name.
    Without(Vec<String>),
}

/// An operator between two expressions.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Which one.
    pub op: BinaryOp,
    /// Whether a comparison gives 0 and 1 instead of filtering.
    pub returns_bool: bool,
    /// Left operand.
    pub left: Expr,
    /// Right operand.
    pub right: Expr,
    /// How series of two vectors find each other.
    pub matching: Matching,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operator of the same name")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    And,
    Or,
    Unless,
}

impl BinaryOp {
    /// The operator written so, words in any case.
    pub fn from_text(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Modulo,
            "^" => Self::Power,
            "atan2" => Self::Atan2,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            "and" => Self::And,
            "or" => Self::Or,
            "unless" => Self::Unless,
            _ => return None,
        })
    }

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::Less
                | Self::LessOrEqual
        )
    }

    /// Whether it works on sets of series.
    pub fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// How series of two vectors find each other.
#[derive(Clone, Debug)]
pub struct Matching {
    /// Which labels must be equal.
    pub labels: Grouping,
    /// How many series of either side may share those labels.
    pub cardinality: Cardinality,
    /// The value of a series that is missing on the left.
    pub fill_left: Option<f64>,
    /// The value of a series that is missing on the right.
    pub fill_right: Option<f64>,
}

/// How many series may match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// One of each side.
    OneToOne,
    /// Many of the left side (`group_left`); these labels are taken from the right.
    ManyToOne(Vec<String>),
    /// Many of the right side (`group_right`); these labels are taken from the left.
    OneToMany(Vec<String>),
}

impl Expr {
    /// The type of its value.
    pub fn value_type(&self) -> ValueType {
        match &self.node {
            Node::Number(_) => ValueType::Scalar,
            Node::Text(_) => ValueType::Text,
            Node::Vector(_) | Node::Aggregate(_) => ValueType::Vector,
            Node::Matrix(..) | Node::Subquery(_) => ValueType::Matrix,
            Node::Call(function, _) => {
                if function.returns_scalar() {
                    ValueType::Scalar
                } else {
                    ValueType::Vector
                }
            }
            Node::Binary(binary) => match (binary.left.value_type(), binary.right.value_type()) {
                (ValueType::Scalar, ValueType::Scalar) => ValueType::Scalar,
                _ => ValueType::Vector,
            },
            Node::Negate(inner) | Node::Paren(inner) => inner.value_type(),
        }
    }

    /// The expression inside any parentheses.
    pub fn unwrapped(&self) -> &Self {
        let mut expr = self;
        while let Node::Paren(inner) = &expr.node {
            expr = inner;
        }
        expr
    }

    /// The string literal that this is, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.unwrapped().node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Calls `visit` for this expression and all below it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.node {
            Node::Number(_) | Node::Text(_) | Node::Vector(_) | Node::Matrix(..) => {}
            Node::Subquery(subquery) => subquery.inner.walk(visit),
            Node::Call(_, arguments) => {
                for argument in arguments {
                    argument.walk(visit);
                }
            }
            Node::Aggregate(aggregate) => {
                if let Some(parameter) = &aggregate.parameter {
                    parameter.walk(visit);
                }
                aggregate.inner.walk(visit);
            }
            Node::Binary(binary) => {
                binary.left.walk(visit);
                binary.right.walk(visit);
            }
            Node::Negate(inner) | Node::Paren(inner) => inner.walk(visit),
        }
    }

    /// The selectors in it, in the order of the query.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut found = Vec::new();
        self.walk(&mut |expr| {
            if let Node::Vector(selector) | Node::Matrix(selector, _) = &expr.node {
                found.push(selector);
            }
        });
        found
    }
}
