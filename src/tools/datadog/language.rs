//! Datadog's query language as values: what is asked of which metric, and what is done with the answers. Evaluates nothing.

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// A number.
    Number(f64),
    /// A metric.
    Metric(Metric),
    /// Two queries put together.
    Binary(Operator, Box<Query>, Box<Query>),
    /// A function of a query, with further arguments as they are written.
    Function {
        /// Its name.
        name: String,
        /// What it works on.
        of: Box<Query>,
        /// Its other arguments.
        args: Vec<String>,
    },
}

impl Query {
    /// All metrics of the query.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Metric(metric) => vec![metric],
            Self::Binary(_, left, right) => {
                let mut all = left.metrics();
                all.extend(right.metrics());
                all
            }
            Self::Function { of, .. } => of.metrics(),
        }
    }
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operation of that name")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// How series of one group are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the aggregator of that name")]
pub enum Aggregator {
    Avg,
    Sum,
    Min,
    Max,
    Count,
    /// A percentile of a distribution, 0 to 1.
    Percentile(f64),
}

/// A metric query: `avg:name{filter} by {tags}.rollup(avg, 60)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// How series are put together.
    pub space: Aggregator,
    /// The metric's name.
    pub name: String,
    /// Which series.
    pub filter: Filter,
    /// A series of its own for each value of these tags.
    pub by: Vec<String>,
    /// As a count for each interval, a rate a second, or as the metric is.
    pub form: Form,
    /// How samples of an interval are put together; as suits the metric when left out.
    pub rollup: Option<Aggregator>,
    /// Length of an interval in seconds; as suits the window when left out.
    pub interval: Option<u32>,
}

/// How a count is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As the metric is.
    #[default]
    Plain,
    /// For each interval.
    Count,
    /// A second.
    Rate,
}

/// Which series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    All,
    /// Those with a tag: a key and a pattern in which `*` stands for anything.
    Tag(String, String),
    /// Those that another does not take.
    Not(Box<Filter>),
    /// Those that all of these take.
    And(Vec<Filter>),
    /// Those that one of these takes.
    Or(Vec<Filter>),
}

impl Filter {
    /// Whether it takes a series; `tag` gives the value of a key.
    pub fn takes<'a>(&self, tag: &impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::All => true,
            Self::Tag(key, pattern) => tag(key).is_some_and(|value| matches(pattern, value)),
            Self::Not(inner) => !inner.takes(tag),
            Self::And(all) => all.iter().all(|one| one.takes(tag)),
            Self::Or(any) => any.iter().any(|one| one.takes(tag)),
        }
    }

    /// The value that a key must have, where the filter says one.
    pub fn required(&self, key: &str) -> Option<&str> {
        match self {
            Self::Tag(own, value) if own == key && !value.contains('*') => Some(value),
            Self::And(all) => all.iter().find_map(|one| one.required(key)),
            _ => None,
        }
    }
}

/// Whether a pattern with `*` fits a text from its beginning to its end.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            match rest.find(before) {
                Some(at) => rest = rest.get(at + before.len()..).unwrap_or(""),
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fits) in [
            ("intake", "intake", true),
            ("intake", "intake-2", false),
            ("in*", "intake", true),
            ("*take", "intake", true),
            ("i*a*e", "intake", true),
            ("i*x*e", "intake", false),
            ("*", "", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
