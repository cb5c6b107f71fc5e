//! Telemetry as the evaluator of queries reads it. Adds nothing to what the series are.

use std::collections::BTreeSet;

use super::reading::Reading;
use super::samples;
use super::series::{Family, Member};
use super::slots::Slot;
use super::store::Telemetry;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::{MatchOp, Matcher, all_match};
use crate::sim::promql::source::{Looked, Series, SeriesSource, SourceError};
use crate::sim::time::SimTime;

/// More samples than this are not made for one selection.
const MOST_SAMPLES: u64 = 50_000_000;

fn metric_of(matchers: &[Matcher]) -> Option<&str> {
    matchers
        .iter()
        .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
        .map(Matcher::value)
}

/// A series that was found.
struct Found<'a> {
    family: &'a Family,
    member: Member,
    pod: Option<&'a Slot>,
    labels: Labels,
}

impl Telemetry {
    /// Every series that fulfils the matchers and may have a sample in `(start, end]`.
    fn matching(&self, matchers: &[Matcher], window_ms: (i64, i64)) -> Vec<Found<'_>> {
        let mut found = Vec::new();
        self.visit_series(
            metric_of(matchers),
            matchers,
            window_ms,
            |family, member, pod| {
                let labels = family.identity(member, pod);
                if all_match(matchers, &labels) {
                    found.push(Found {
                        family,
                        member,
                        pod,
                        labels,
                    });
                }
            },
        );
        found
    }

    /// The labels of all series that fulfil the matchers at any time, reading none.
    pub fn matching_labels(&self, matchers: &[Matcher]) -> Vec<Labels> {
        let window = (self.grid().origin_ms(), self.closed_ms());
        let found = self.matching(matchers, window).into_iter();
        found.map(|one| one.labels).collect()
    }
}

impl SeriesSource for Telemetry {
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        self.select_for(matchers, start, end, Looked::Everything)
    }

    fn select_for(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
        looked: Looked,
    ) -> Result<Vec<Series>, SourceError> {
        let window = (start.millis(), end.millis());
        let (_, scrapes) = samples::scrapes(self, window.0, window.1);
        let found = self.matching(matchers, window);
        let samples = (found.len() as u64).saturating_mul(scrapes as u64);
        if samples > MOST_SAMPLES {
            return Err(SourceError::TooManySamples);
        }
        // What would push out everything else is read past the cache.
        let bytes = samples.saturating_mul(size_of::<u32>() as u64);
        let keep = bytes <= self.counts().capacity_bytes() as u64 / 2;
        let mut reading = Reading::new(self, window, looked, keep);
        let mut series = Vec::with_capacity(found.len());
        let mut family: Option<&Family> = None;
        for one in found {
            if !family.is_some_and(|known| std::ptr::eq(known, one.family)) {
                reading.next_family();
                family = Some(one.family);
            }
            if let Some((times, values)) = reading.read(one.family, one.member, one.pod) {
                series.push(Series {
                    labels: one.labels,
                    times,
                    values,
                });
            }
        }
        Ok(series)
    }

    fn most_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        let window = (start.millis(), end.millis());
        let (_, scrapes) = samples::scrapes(self, window.0, window.1);
        let mut series: u64 = 0;
        self.visit_series(metric_of(matchers), matchers, window, |_, _, _| series += 1);
        Some(series.saturating_mul(scrapes as u64))
    }

    fn estimate_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        let window = (start.millis(), end.millis());
        let (_, scrapes) = samples::scrapes(self, window.0, window.1);
        let series = self.matching(matchers, window).len() as u64;
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
