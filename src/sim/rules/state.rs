//! What became of each alert: pending, firing, gone; since when; and the history of it. Never evaluates a rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::notify::Notifier;
use super::rule::{ALERT_NAME, AlertingRule, Rules};
use super::silence::Silence;
use super::template::Data;
use crate::sim::hash::StateHasher;
use crate::sim::promql::labels::Labels;
use crate::sim::telemetry::tail::Tail;
use crate::sim::time::SimTime;

/// A rule that brings more alerts than this at once has gone wrong, and its evaluation fails.
pub const MOST_ALERTS: usize = 200;
/// The history of alerts keeps so many spans.
const MOST_SPANS: usize = 20_000;

/// State of an alert that is active at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// Its expression holds, but not yet for long enough.
    Pending,
    /// It fires.
    Firing,
}

impl AlertState {
    /// As the label `alertstate` has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// An alert that is pending or fires.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The alert's labels: those of the sample, those of the rule, its name.
    pub labels: Labels,
    /// The sample's labels, which templates are filled with.
    pub sample: Labels,
    /// The sample's value at the last evaluation at which there was one.
    pub value: f64,
    /// State.
    pub state: AlertState,
    /// Since when its expression holds.
    pub active_at: SimTime,
    /// When it began to fire.
    pub fired_at: Option<SimTime>,
    /// Since when its expression does not hold any more, while it is kept firing.
    kept_since: Option<SimTime>,
    /// Its span in the history that is open.
    span: usize,
}

impl ActiveAlert {
    /// Its annotations, filled.
    pub fn annotations(&self, rule: &AlertingRule) -> Vec<(String, String)> {
        let data = Data {
            labels: &self.sample,
            value: self.value,
        };
        rule.annotations
            .iter()
            .map(|(name, template)| (name.clone(), template.fill(data)))
            .collect()
    }

    /// One annotation, filled; empty if the rule has none of this name.
    pub fn annotation(&self, rule: &AlertingRule, name: &str) -> String {
        let data = Data {
            labels: &self.sample,
            value: self.value,
        };
        let template = rule.annotations.iter().find(|(own, _)| own == name);
        template.map_or_else(String::new, |(_, template)| template.fill(data))
    }
}

/// A stretch of time in which an alert was in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSpan {
    /// The rule's number.
    pub rule: usize,
    /// The alert's labels.
    pub labels: Labels,
    /// The state.
    pub state: AlertState,
    /// Since when its expression held.
    pub active_at: SimTime,
    /// The first evaluation in this state.
    pub from: SimTime,
    /// The first evaluation not in this state any more.
    pub until: Option<SimTime>,
}

/// An alert that began or ceased to fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The rule's number.
    pub rule: usize,
    /// The alert's labels.
    pub labels: Labels,
    /// It fires now.
    pub firing: bool,
}

/// A rule's alerts.
#[derive(Clone, Debug, Default)]
struct RuleState {
    /// By the sample's labels.
    active: BTreeMap<Labels, ActiveAlert>,
    /// Why the last evaluation failed.
    error: Option<String>,
}

/// All alerts, silences, and who has been told of what.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    rules: Vec<RuleState>,
    history: Vec<AlertSpan>,
    silences: Vec<Silence>,
    pub(in crate::sim) notifier: Notifier,
    /// The newest samples of what rules ask for; no state, only sooner at hand.
    pub(in crate::sim) tail: Arc<Tail>,
    /// When rules are evaluated next.
    pub next_at: SimTime,
    /// Alerts began or ceased to fire at the last step: conditions that look at them have not seen it yet.
    pub unsettled: bool,
    /// When they were evaluated last.
    pub last_at: Option<SimTime>,
}

impl Alerts {
    /// No alert yet, and the first evaluation at an instant.
    pub fn new(rules: &Rules, next_at: SimTime) -> Self {
        Self {
            rules: vec![RuleState::default(); rules.alerting.len()],
            next_at,
            ..Self::default()
        }
    }

    /// Whether an alert of this name fires, silenced or not.
    pub fn is_firing(&self, rules: &Rules, name: &str) -> bool {
        let states = rules.alerting.iter().zip(&self.rules);
        states
            .filter(|(rule, _)| rule.name == name)
            .flat_map(|(_, state)| state.active.values())
            .any(|alert| alert.state == AlertState::Firing)
    }

    /// Whether nobody is told of an alert with these labels at an instant.
    pub fn is_silenced(&self, labels: &Labels, at: SimTime) -> bool {
        self.silences
            .iter()
            .any(|silence| silence.mutes(labels, at))
    }

    /// All silences, also those that are over.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// Adds a silence.
    pub fn silence(&mut self, silence: Silence) {
        self.silences.push(silence);
    }

    /// Ends a silence now.
    pub fn expire_silence(&mut self, id: &str, at: SimTime) -> bool {
        let found = self
            .silences
            .iter_mut()
            .find(|silence| silence.is_active(at) && silence.id() == id);
        match found {
            Some(silence) => {
                silence.until = at;
                true
            }
            None => false,
        }
    }

    /// The alerts of a rule that are pending or fire.
    pub fn of_rule(&self, rule: usize) -> impl Iterator<Item = &ActiveAlert> {
        self.rules
            .get(rule)
            .into_iter()
            .flat_map(|state| state.active.values())
    }

    /// All alerts that are pending or fire, with the number of their rule.
    pub fn active(&self) -> impl Iterator<Item = (usize, &ActiveAlert)> {
        self.rules
            .iter()
            .enumerate()
            .flat_map(|(rule, state)| state.active.values().map(move |alert| (rule, alert)))
    }

    /// Why a rule's last evaluation failed.
    pub fn error(&self, rule: usize) -> Option<&str> {
        self.rules.get(rule)?.error.as_deref()
    }

    /// What became of all alerts, in the order in which it began.
    pub fn history(&self) -> &[AlertSpan] {
        &self.history
    }

    /// Takes in what a rule's evaluation gave: labels (without a metric name) and values.
    pub fn update(
        &mut self,
        rules: &Rules,
        index: usize,
        at: SimTime,
        result: Result<Vec<(Labels, f64)>, String>,
    ) -> Vec<Transition> {
        let (Some(rule), Some(state)) = (rules.alerting.get(index), self.rules.get_mut(index))
        else {
            return Vec::new();
        };
        let result = result.and_then(|samples| {
            if samples.len() > MOST_ALERTS {
                Err(format!(
                    "exceeded limit of {MOST_ALERTS} with {} alerts",
                    samples.len()
                ))
            } else {
                Ok(samples)
            }
        });
        let samples = match result {
            Ok(samples) => samples,
            Err(error) => {
                state.error = Some(error);
                return Vec::new();
            }
        };
        state.error = None;
        if samples.is_empty() && state.active.is_empty() {
            return Vec::new();
        }
        let mut transitions = Vec::new();
        let mut keeper = Keeper {
            rule: index,
            at,
            history: &mut self.history,
            transitions: &mut transitions,
        };
        let mut seen: Vec<Labels> = Vec::with_capacity(samples.len());
        for (sample, value) in samples {
            if let Some(alert) = state.active.get_mut(&sample) {
                alert.value = value;
                alert.kept_since = None;
                keeper.promote(rule, alert);
                seen.push(sample);
                continue;
            }
            let labels = alert_labels(rule, &sample, value);
            if state.active.values().any(|other| other.labels == labels) {
                state.error = Some(
                    "vector contains metrics with the same labelset after applying alert labels"
                        .to_owned(),
                );
                continue;
            }
            let mut alert = ActiveAlert {
                labels,
                sample: sample.clone(),
                value,
                state: AlertState::Pending,
                active_at: at,
                fired_at: None,
                kept_since: None,
                span: usize::MAX,
            };
            if rule.hold.millis() > 0 {
                alert.span = keeper.open(&alert);
            }
            keeper.promote(rule, &mut alert);
            state.active.insert(sample.clone(), alert);
            seen.push(sample);
        }
        seen.sort();
        state.active.retain(|sample, alert| {
            if seen.binary_search(sample).is_ok() {
                return true;
            }
            if alert.state == AlertState::Firing && rule.keep_firing.millis() > 0 {
                let since = *alert.kept_since.get_or_insert(at);
                if at - since < rule.keep_firing {
                    return true;
                }
            }
            keeper.close(alert);
            false
        });
        transitions
    }

    /// Adds the state to a hash.
    pub fn hash_into(&self, hasher: &mut StateHasher) {
        for (rule, alert) in self.active() {
            hasher.number(rule as i64);
            hasher.text(&alert.labels.to_string());
            hasher.text(alert.state.word());
            hasher.number(alert.active_at.millis());
            hasher.number(alert.fired_at.map_or(-1, SimTime::millis));
        }
        for silence in &self.silences {
            hasher.number(silence.from.millis());
            hasher.number(silence.until.millis());
        }
        hasher.number(self.history.len() as i64);
        self.notifier.hash_into(hasher);
    }
}

fn alert_labels(rule: &AlertingRule, sample: &Labels, value: f64) -> Labels {
    let data = Data {
        labels: sample,
        value,
    };
    let own = rule
        .labels
        .iter()
        .map(|(name, template)| (name.clone(), template.fill(data)));
    let pairs = sample
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain(own)
        .chain([(ALERT_NAME.to_owned(), rule.name.clone())]);
    Labels::new(pairs)
}

/// Writes the history of one rule's alerts.
struct Keeper<'a> {
    rule: usize,
    at: SimTime,
    history: &'a mut Vec<AlertSpan>,
    transitions: &'a mut Vec<Transition>,
}

impl Keeper<'_> {
    /// A pending alert that has held for long enough fires.
    fn promote(&mut self, rule: &AlertingRule, alert: &mut ActiveAlert) {
        if alert.state == AlertState::Firing || self.at - alert.active_at < rule.hold {
            return;
        }
        self.end(alert.span);
        alert.state = AlertState::Firing;
        alert.fired_at = Some(self.at);
        alert.span = self.open(alert);
        self.transitions.push(Transition {
            rule: self.rule,
            labels: alert.labels.clone(),
            firing: true,
        });
    }

    fn open(&mut self, alert: &ActiveAlert) -> usize {
        if self.history.len() < MOST_SPANS {
            self.history.push(AlertSpan {
                rule: self.rule,
                labels: alert.labels.clone(),
                state: alert.state,
                active_at: alert.active_at,
                from: self.at,
                until: None,
            });
            self.history.len() - 1
        } else {
            usize::MAX
        }
    }

    fn end(&mut self, span: usize) {
        if let Some(span) = self.history.get_mut(span) {
            span.until = Some(self.at);
        }
    }

    fn close(&mut self, alert: &ActiveAlert) {
        self.end(alert.span);
        if alert.state == AlertState::Firing {
            self.transitions.push(Transition {
                rule: self.rule,
                labels: alert.labels.clone(),
                firing: false,
            });
        }
    }
}
