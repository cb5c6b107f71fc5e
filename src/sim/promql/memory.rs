//! A source of series that holds its samples: for tests, recorded series and tools. Never draws or derives samples.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::Labels;
use super::matcher::{Matcher, all_match};
use super::source::{Series, SeriesSource, SourceError, stale_marker};
use crate::sim::time::SimTime;

/// Series in memory. A sample that is written for an instant again replaces the earlier one.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    series: BTreeMap<Labels, Samples>,
}

#[derive(Clone, Debug, Default)]
struct Samples {
    times: Vec<i64>,
    values: Vec<f64>,
}

impl Samples {
    fn push(&mut self, at: i64, value: f64) {
        match self.times.last() {
            Some(last) if *last >= at => self.insert(at, value),
            _ => {
                self.times.push(at);
                self.values.push(value);
            }
        }
    }

    fn insert(&mut self, at: i64, value: f64) {
        match self.times.binary_search(&at) {
            Ok(index) => {
                if let Some(slot) = self.values.get_mut(index) {
                    *slot = value;
                }
            }
            Err(index) => {
                self.times.insert(index, at);
                self.values.insert(index, value);
            }
        }
    }

    fn window(&self, start: SimTime, end: SimTime) -> (&[i64], &[f64]) {
        let low = self.times.partition_point(|at| *at <= start.millis());
        let high = self
            .times
            .partition_point(|at| *at <= end.millis())
            .max(low);
        (
            self.times.get(low..high).unwrap_or(&[]),
            self.values.get(low..high).unwrap_or(&[]),
        )
    }
}

impl MemorySource {
    /// A source without series.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one sample.
    pub fn push(&mut self, labels: &Labels, at: SimTime, value: f64) {
        if let Some(samples) = self.series.get_mut(labels) {
            samples.push(at.millis(), value);
        } else {
            let mut samples = Samples::default();
            samples.push(at.millis(), value);
            self.series.insert(labels.clone(), samples);
        }
    }

    /// Says that a series ended: queries after `at` no longer see it.
    pub fn end_series(&mut self, labels: &Labels, at: SimTime) {
        self.push(labels, at, stale_marker());
    }

    /// Forgets all samples at or before an instant, and series that are left without any.
    pub fn forget_until(&mut self, until: SimTime) {
        for samples in self.series.values_mut() {
            let old = samples.times.partition_point(|at| *at <= until.millis());
            samples.times.drain(..old);
            samples.values.drain(..old);
        }
        self.series.retain(|_, samples| !samples.times.is_empty());
    }

    /// The labels of all series, sorted.
    pub fn labels(&self) -> impl Iterator<Item = &Labels> {
        self.series.keys()
    }

    fn matching<'a>(&'a self, matchers: &'a [Matcher]) -> impl Iterator<Item = &'a Labels> {
        self.series
            .keys()
            .filter(move |labels| all_match(matchers, labels))
    }
}

impl SeriesSource for MemorySource {
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        let mut found = Vec::new();
        for (labels, samples) in &self.series {
            if !all_match(matchers, labels) {
                continue;
            }
            let (times, values) = samples.window(start, end);
            if !times.is_empty() {
                found.push(Series {
                    labels: labels.clone(),
                    times: times.into(),
                    values: values.into(),
                });
            }
        }
        Ok(found)
    }

    fn estimate_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        Some(
            self.series
                .iter()
                .filter(|(labels, _)| all_match(matchers, labels))
                .map(|(_, samples)| samples.window(start, end).0.len() as u64)
                .sum(),
        )
    }

    fn metric_names(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.series.keys().map(Labels::metric_name).collect();
        names
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn label_names(&self, matchers: &[Matcher]) -> Vec<String> {
        let names: BTreeSet<&str> = self
            .matching(matchers)
            .flat_map(|labels| labels.iter().map(|(name, _)| name))
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        let values: BTreeSet<&str> = self
            .matching(matchers)
            .map(|labels| labels.get(name))
            .filter(|value| !value.is_empty())
            .collect();
        values.into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::promql::labels::METRIC_NAME;

    #[test]
    fn windows_are_open_on_the_left() {
        let mut source = MemorySource::new();
        let labels = Labels::new([(METRIC_NAME, "alpha"), ("pod", "a")]);
        for at in [3000, 1000, 2000, 2000] {
            source.push(&labels, SimTime(at), at as f64);
        }
        let found = source
            .select(&[Matcher::equal("pod", "a")], SimTime(1000), SimTime(3000))
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].times.as_ref(), [2000, 3000]);
        assert_eq!(
            source.estimate_samples(&[], SimTime(0), SimTime(9000)),
            Some(3)
        );
        assert_eq!(source.metric_names(), ["alpha"]);
        assert_eq!(source.label_values("pod", &[]), ["a"]);
        source.forget_until(SimTime(3000));
        assert_eq!(source.labels().count(), 0);
    }
}
