//! Series as queries work on them: tags, and a value for each interval of one grid. Computes nothing.

use std::collections::BTreeMap;

use crate::sim::time::{SimTime, Span};

/// The intervals of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Start of the first one.
    pub from: SimTime,
    /// Length of each.
    pub interval: Span,
    /// How many there are.
    pub count: usize,
}

impl Grid {
    /// The start of an interval.
    pub fn start(&self, index: usize) -> SimTime {
        self.from + Span(self.interval.millis() * index as i64)
    }

    /// The end of the last one.
    pub fn end(&self) -> SimTime {
        self.start(self.count)
    }

    /// The same, a while before.
    #[must_use]
    pub fn before(&self, span: Span) -> Self {
        Self {
            from: self.from - span,
            ..*self
        }
    }
}

/// A series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its tags: those grouped by.
    pub tags: BTreeMap<String, String>,
    /// A value for each interval that has one.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Its scope as Datadog writes it: `service:x,pod_name:y`; `*` without tags.
    pub fn scope(&self) -> String {
        if self.tags.is_empty() {
            return "*".to_owned();
        }
        let parts: Vec<String> = self
            .tags
            .iter()
            .map(|(key, value)| format!("{key}:{value}"))
            .collect();
        parts.join(",")
    }

    /// The values that there are.
    pub fn present(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().flatten()
    }
}
