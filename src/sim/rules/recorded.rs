//! The drill's series as queries see them: what is scraped, what rules record, and the alerts themselves. Stores nothing.
//!
//! A recording rule is evaluated when somebody asks for its series, at the instants at which Prometheus would have
//! evaluated it; `ALERTS` and `ALERTS_FOR_STATE` are written from the history of the alerts.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{ALERT_NAME, Rules};
use super::state::AlertSpan;
use super::{BEHIND, EVERY};
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::{MatchOp, Matcher, all_match};
use crate::sim::promql::source::{
    Looked, Series, SeriesSource, SourceError, SummedRises, stale_marker,
};
use crate::sim::promql::{self, Limits, QueryError};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::time::{SimTime, Span};

/// Recording rules that ask for one another are followed so deep.
const MOST_DEPTH: u8 = 4;
/// The metric that says which alerts are active.
pub const ALERTS: &str = "ALERTS";
/// The metric that says since when.
pub const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";
/// The label with an alert's state.
const ALERT_STATE: &str = "alertstate";

/// Everything that can be queried.
#[derive(Clone, Copy)]
pub struct Recorded<'a> {
    telemetry: &'a Telemetry,
    /// Answers what is scraped.
    scraped: &'a dyn SeriesSource,
    rules: &'a Rules,
    history: &'a [AlertSpan],
    depth: u8,
}

impl<'a> Recorded<'a> {
    /// The series of a drill.
    pub const fn new(telemetry: &'a Telemetry, rules: &'a Rules, history: &'a [AlertSpan]) -> Self {
        Self {
            telemetry,
            scraped: telemetry,
            rules,
            history,
            depth: 0,
        }
    }

    /// The same with another source of what is scraped, which must give the same answers.
    #[must_use]
    pub const fn with_scraped(self, scraped: &'a dyn SeriesSource) -> Self {
        Self { scraped, ..self }
    }

    /// The scraped series.
    pub const fn telemetry(&self) -> &'a Telemetry {
        self.telemetry
    }

    /// The labels of all series that fulfil the matchers: the scraped ones at any time, the others shortly before `at`.
    pub fn matching_labels(&self, matchers: &[Matcher], at: SimTime) -> Vec<Labels> {
        let mut found = self.telemetry.matching_labels(matchers);
        let made = self.made(matchers, at - Span::from_mins(5), at);
        found.extend(made.unwrap_or_default().into_iter().map(|one| one.labels));
        found
    }

    /// Series that are not scraped.
    fn made(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        let mut found = Vec::new();
        let named = |name: &str| {
            matchers
                .iter()
                .filter(|matcher| matcher.name() == METRIC_NAME)
                .all(|matcher| matcher.matches(name))
        };
        let exact = metric_of(matchers);
        let recordings = match exact {
            Some(name) => self
                .rules
                .recording
                .get_key_value(name)
                .into_iter()
                .collect(),
            None => self.rules.recording.iter().collect::<Vec<_>>(),
        };
        for (name, rule) in recordings {
            if named(name) {
                found.extend(self.recorded(name, &rule.expr, matchers, start, end)?);
            }
        }
        for metric in [ALERTS, ALERTS_FOR_STATE] {
            if named(metric) {
                self.alerts(metric, matchers, (start, end), &mut found);
            }
        }
        Ok(found)
    }

    fn recorded(
        &self,
        name: &str,
        expr: &promql::Expr,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        let Some((first, last)) = self.ticks(start, end) else {
            return Ok(Vec::new());
        };
        if self.depth >= MOST_DEPTH {
            return Err(SourceError::Unavailable(format!(
                "recording rules are nested deeper than {MOST_DEPTH} at {name:?}"
            )));
        }
        let inner = Self {
            depth: self.depth + 1,
            ..*self
        };
        let limits = Limits {
            max_points: u64::MAX,
            ..Limits::default()
        };
        let evaluated = promql::range(&inner, expr, first - BEHIND, last - BEHIND, EVERY, &limits);
        let matrix = match evaluated {
            Ok((matrix, _)) => matrix,
            Err(QueryError::TooManySamples | QueryError::TimedOut) => {
                return Err(SourceError::TooManySamples);
            }
            Err(QueryError::Source(error)) => return Err(error),
            // A rule whose evaluation fails records nothing.
            Err(_) => return Ok(Vec::new()),
        };
        let mut found = Vec::new();
        for column in &matrix.columns {
            let labels = column.labels.with(METRIC_NAME, name);
            if !all_match(matchers, &labels) {
                continue;
            }
            let mut samples = Vec::with_capacity(matrix.times.len());
            let mut was_there = false;
            for (index, at) in matrix.times.iter().enumerate() {
                let at = (*at + BEHIND).millis();
                match column.get(index) {
                    Some(value) => samples.push((at, value)),
                    None if was_there => samples.push((at, stale_marker())),
                    None => {}
                }
                was_there = column.get(index).is_some();
            }
            found.push(Series::from_samples(labels, &samples));
        }
        Ok(found)
    }

    /// The first and the last evaluation in `(start, end]`, within what is known.
    fn ticks(&self, start: SimTime, end: SimTime) -> Option<(SimTime, SimTime)> {
        let origin = SimTime(self.telemetry.grid().origin_ms());
        let closed = SimTime(self.telemetry.closed_ms());
        let first = start.max(origin).floor_to(EVERY) + EVERY;
        let last = end.min(closed).floor_to(EVERY);
        (first <= last).then_some((first, last))
    }

    fn alerts(
        &self,
        metric: &str,
        matchers: &[Matcher],
        window: (SimTime, SimTime),
        found: &mut Vec<Series>,
    ) {
        let Some((first, last)) = self.ticks(window.0, window.1) else {
            return;
        };
        let mut series: BTreeMap<Labels, BTreeMap<i64, f64>> = BTreeMap::new();
        for span in self.history {
            // One evaluation later the series is found to have ended.
            let ends = span.until.unwrap_or(last + EVERY);
            if span.from > last || ends < first {
                continue;
            }
            let mut labels = span.labels.with(METRIC_NAME, metric);
            let value = if metric == ALERTS {
                labels = labels.with(ALERT_STATE, span.state.word());
                1.0
            } else {
                span.active_at.secs() as f64
            };
            if !all_match(matchers, &labels) {
                continue;
            }
            let samples = series.entry(labels).or_default();
            let mut at = span.from.max(first);
            while at <= last && at < ends {
                samples.insert(at.millis(), value);
                at += EVERY;
            }
            if ends <= last && ends >= first {
                samples.entry(ends.millis()).or_insert_with(stale_marker);
            }
        }
        found.extend(series.into_iter().map(|(labels, samples)| {
            let samples: Vec<(i64, f64)> = samples.into_iter().collect();
            Series::from_samples(labels, &samples)
        }));
    }
}

fn metric_of(matchers: &[Matcher]) -> Option<&str> {
    matchers
        .iter()
        .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
        .map(Matcher::value)
}

impl SeriesSource for Recorded<'_> {
    fn summed_rises(&self, asked: &SummedRises<'_>) -> Option<Vec<(Labels, f64)>> {
        let metric = metric_of(asked.matchers)?;
        let scraped = !self.rules.recording.contains_key(metric)
            && metric != ALERTS
            && metric != ALERTS_FOR_STATE;
        self.scraped.summed_rises(asked).filter(|_| scraped)
    }

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
        let mut found = self.scraped.select_for(matchers, start, end, looked)?;
        found.extend(self.made(matchers, start, end)?);
        Ok(found)
    }

    fn most_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        self.scraped.most_samples(matchers, start, end)
    }

    fn estimate_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        self.scraped.estimate_samples(matchers, start, end)
    }

    fn metric_names(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = self.telemetry.metric_names().into_iter().collect();
        names.extend(self.rules.recording.keys().cloned());
        if !self.rules.alerting.is_empty() {
            names.extend([ALERTS.to_owned(), ALERTS_FOR_STATE.to_owned()]);
        }
        names.into_iter().collect()
    }

    fn label_names(&self, matchers: &[Matcher]) -> Vec<String> {
        let mut names: BTreeSet<String> =
            self.telemetry.label_names(matchers).into_iter().collect();
        if names.is_empty() || metric_of(matchers).is_none() {
            names.extend([ALERT_NAME.to_owned(), ALERT_STATE.to_owned()]);
            let at = SimTime(self.telemetry.closed_ms());
            for labels in self.matching_labels(matchers, at) {
                names.extend(labels.iter().map(|(name, _)| name.to_owned()));
            }
        }
        names.into_iter().collect()
    }

    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        let mut values: BTreeSet<String> = self
            .telemetry
            .label_values(name, matchers)
            .into_iter()
            .collect();
        if name == METRIC_NAME && matchers.is_empty() {
            values.extend(self.metric_names());
        } else if name == ALERT_NAME {
            values.extend(self.rules.alerting.iter().map(|rule| rule.name.clone()));
        } else if values.is_empty() {
            let at = SimTime(self.telemetry.closed_ms());
            for labels in self.matching_labels(matchers, at) {
                let value = labels.get(name);
                if !value.is_empty() {
                    values.insert(value.to_owned());
                }
            }
        }
        values.into_iter().collect()
    }
}
