//! Telemetry as the evaluator of queries reads it. Adds nothing to what the series are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::samples::{self, Samples};
use super::store::Telemetry;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::{MatchOp, Matcher, all_match};
use crate::sim::promql::source::{Series, SeriesSource, SourceError};
use crate::sim::time::SimTime;

/// More samples than this are not made for one selection.
const MOST_SAMPLES: u64 = 50_000_000;

fn metric_of(matchers: &[Matcher]) -> Option<&str> {
    matchers
        .iter()
        .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
        .map(Matcher::value)
}

impl Telemetry {
    /// Calls `visit` with the labels of every series that fulfils the matchers and may have a sample in `(start, end]`.
    fn visit_matching(
        &self,
        matchers: &[Matcher],
        window_ms: (i64, i64),
        mut visit: impl FnMut(Labels, &mut dyn FnMut() -> Samples),
    ) {
        self.visit_series(
            metric_of(matchers),
            matchers,
            window_ms,
            |family, member, pod, labels| {
                let labels = Labels::new(labels);
                if all_match(matchers, &labels) {
                    visit(labels, &mut || {
                        samples::read(self, family, member, pod, window_ms)
                    });
                }
            },
        );
    }

    /// The labels of all series that fulfil the matchers at any time, reading none.
    pub fn matching_labels(&self, matchers: &[Matcher]) -> Vec<Labels> {
        let mut found = Vec::new();
        let window = (self.grid().origin_ms(), self.closed_ms());
        self.visit_matching(matchers, window, |labels, _| found.push(labels));
        found
    }
}

impl SeriesSource for Telemetry {
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        if self
            .estimate_samples(matchers, start, end)
            .is_some_and(|count| count > MOST_SAMPLES)
        {
            return Err(SourceError::TooManySamples);
        }
        let mut found: Vec<Series> = Vec::new();
        self.visit_matching(matchers, (start.millis(), end.millis()), |labels, read| {
            let Samples { times, values } = read();
            if times.is_empty() {
                return;
            }
            // Series of one window mostly share their instants: one list then serves them all.
            let times = match found.last() {
                Some(last) if *last.times == *times => Arc::clone(&last.times),
                _ => times.into(),
            };
            found.push(Series {
                labels,
                times,
                values: values.into(),
            });
        });
        Ok(found)
    }

    fn estimate_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        let window = (start.millis(), end.millis());
        let (_, scrapes) = samples::scrapes(self, window.0, window.1);
        let mut series = 0_u64;
        self.visit_matching(matchers, window, |_, _| series += 1);
        Some(series.saturating_mul(scrapes as u64))
    }

    fn metric_names(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        for family in self.families() {
            for aspect in family.aspects(None) {
                names.insert(format!("{}{}", family.def.metric, aspect.suffix()));
            }
        }
        names.into_iter().collect()
    }

    fn label_names(&self, matchers: &[Matcher]) -> Vec<String> {
        let all = self.matching_labels(matchers);
        let names: BTreeSet<&str> = all
            .iter()
            .flat_map(|labels| labels.iter().map(|(name, _)| name))
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        let all = self.matching_labels(matchers);
        let values: BTreeSet<&str> = all
            .iter()
            .map(|labels| labels.get(name))
            .filter(|value| !value.is_empty())
            .collect();
        values.into_iter().map(str::to_owned).collect()
    }
}
