//! Warnings and infos that come with a result, in Prometheus's words. Never decides when one is due.

use std::fmt;

use super::ast::Place;
use super::numbers::{format_short, quote};

/// How much an annotation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The result may be wrong.
    Warning,
    /// The query may not say what was meant.
    Info,
}

/// A remark about a query's result and the part of the query that it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    /// How much it matters.
    pub level: Level,
    /// The remark, without level and place.
    pub message: String,
    /// What it is about.
    pub place: Place,
}

/// As Prometheus's API writes it: `PromQL info: ... (1:6)`.
impl fmt::Display for Annotation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Warning => "warning",
            Level::Info => "info",
        };
        write!(out, "PromQL {level}: {} ({})", self.message, self.place)
    }
}

impl Annotation {
    fn new(level: Level, message: String, place: Place) -> Self {
        Self {
            level,
            message,
            place,
        }
    }

    /// `rate` or `increase` of something that is not named like a counter.
    pub fn possible_non_counter(metric: &str, place: Place) -> Self {
        let message = format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
            quote(metric)
        );
        Self::new(Level::Info, message, place)
    }

    /// A quantile outside 0 to 1.
    pub fn invalid_quantile(quantile: f64, place: Place) -> Self {
        let message = format!(
            "quantile value should be between 0 and 1, got {}",
            format_short(quantile)
        );
        Self::new(Level::Warning, message, place)
    }

    /// A share of series outside -1 to 1.
    pub fn invalid_ratio(ratio: f64, place: Place) -> Self {
        let message = format!(
            "ratio value should be between -1 and 1, got {}, capping to {}",
            format_short(ratio),
            format_short(ratio.clamp(-1.0, 1.0))
        );
        Self::new(Level::Warning, message, place)
    }

    /// A bucket without a bound that is a number.
    pub fn bad_bucket_bound(metric: &str, bound: &str, place: Place) -> Self {
        let message = format!(
            "bucket label \"le\" is missing or has a malformed value of {}{}",
            quote(bound),
            for_metric(metric)
        );
        Self::new(Level::Warning, message, place)
    }

    /// Buckets whose counts fell with a growing bound.
    pub fn forced_monotonicity(metric: &str, place: Place) -> Self {
        let message = format!(
            "input to histogram_quantile needed to be fixed for monotonicity (see \
             https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){}",
            for_metric(metric)
        );
        Self::new(Level::Info, message, place)
    }

    /// A sort whose order a range query does not show.
    pub fn sort_in_range_query(place: Place) -> Self {
        let message =
            "sort is ineffective for range queries since results are always ordered by labels";
        Self::new(Level::Warning, message.to_owned(), place)
    }
}

fn for_metric(metric: &str) -> String {
    if metric.is_empty() {
        String::new()
    } else {
        format!(" for metric name {}", quote(metric))
    }
}
