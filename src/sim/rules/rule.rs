//! Rules as they were read from an estate and a scenario. Never evaluates them.

use std::collections::BTreeMap;

use super::standard;
use super::template::Template;
use crate::scenario::format::alerting::{AlertRoute, Alerting};
use crate::scenario::format::telemetry::AlertRule;
use crate::scenario::pack::Pack;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{self, Expr};
use crate::sim::time::Span;

/// The label that holds an alert's name.
pub const ALERT_NAME: &str = "alertname";
/// The group of rules that an estate or scenario declares.
const OWN_GROUP: &str = "estate";

/// All rules of a drill.
#[derive(Debug, Default)]
pub struct Rules {
    /// Alerting rules: those declared first, then those that components bring, each in the order of their names.
    pub alerting: Vec<AlertingRule>,
    /// Recording rules by name.
    pub recording: BTreeMap<String, RecordingRule>,
    /// Rules that could not be read; none for files that passed the checks.
    pub unread: Vec<String>,
    alerting_spec: Alerting,
    alert_channel: String,
}

/// An alerting rule.
#[derive(Debug)]
pub struct AlertingRule {
    /// The alert's name.
    pub name: String,
    /// The group it stands in.
    pub group: String,
    /// The expression as it was written.
    pub query: String,
    /// The same, read.
    pub expr: Expr,
    /// How long it must hold before the alert fires (`for`).
    pub hold: Span,
    /// How long the alert goes on firing when it does not hold any more (`keep_firing_for`).
    pub keep_firing: Span,
    /// Labels that are added.
    pub labels: Vec<(String, Template)>,
    /// Texts.
    pub annotations: Vec<(String, Template)>,
    /// Labels and annotations as they were written, for those who list rules.
    #[expect(clippy::type_complexity, reason = "two lists of names and values")]
    pub written: (Vec<(String, String)>, Vec<(String, String)>),
    /// Whether it pages, whatever the routes say.
    pub pages: bool,
    /// The service it is about.
    pub service: Option<String>,
}

/// A recording rule.
#[derive(Debug)]
pub struct RecordingRule {
    /// The expression as it was written.
    pub query: String,
    /// The same, read.
    pub expr: Expr,
}

/// Who is told of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The channel it is posted in.
    pub channel: String,
    /// Whether somebody is paged.
    pub pages: bool,
}

impl Rules {
    /// Reads the rules of a pack. What cannot be read, which the checks refuse, is left out and named in `unread`.
    pub fn of(pack: &Pack) -> Self {
        let (estate, scenario) = (&pack.estate, &pack.scenario);
        let mut rules = Self {
            alerting_spec: estate.alerting.clone(),
            alert_channel: estate.alert_channel.clone(),
            ..Self::default()
        };
        let declared: BTreeMap<&String, &AlertRule> =
            estate.alerts.iter().chain(&scenario.alerts).collect();
        for (name, spec) in &declared {
            rules.add(name, OWN_GROUP, spec);
        }
        if estate.alerting.standard {
            for standard in standard::rules(pack) {
                if !declared.contains_key(&standard.name) {
                    rules.add(&standard.name, standard.group, &standard.rule);
                }
            }
        }
        for (name, query) in &estate.recordings {
            match promql::parse(query) {
                Ok(expr) => {
                    let query = query.clone();
                    rules
                        .recording
                        .insert(name.clone(), RecordingRule { query, expr });
                }
                Err(error) => rules.unread.push(format!("recording {name}: {error}")),
            }
        }
        rules
    }

    /// Rules by name, as tests need them.
    #[cfg(test)]
    pub(crate) fn of_specs(alerts: &[(&str, AlertRule)], recordings: &[(&str, &str)]) -> Self {
        let mut rules = Self {
            alert_channel: "#alerts".to_owned(),
            ..Self::default()
        };
        for (name, spec) in alerts {
            rules.add(name, OWN_GROUP, spec);
        }
        for (name, query) in recordings {
            let rule = RecordingRule {
                query: (*query).to_owned(),
                expr: promql::parse(query).unwrap_or_else(|error| panic!("{query}: {error}")),
            };
            rules.recording.insert((*name).to_owned(), rule);
        }
        rules
    }

    fn add(&mut self, name: &str, group: &str, spec: &AlertRule) {
        match AlertingRule::read(name, group, spec) {
            Ok(rule) => self.alerting.push(rule),
            Err(problem) => self.unread.push(format!("alert {name}: {problem}")),
        }
    }

    /// Who is told of an alert with these labels.
    pub fn receiver(&self, rule: &AlertingRule, labels: &Labels) -> Receiver {
        let fits = |route: &&AlertRoute| {
            route
                .matching
                .iter()
                .all(|(name, value)| labels.get(name) == value)
        };
        let route = self.alerting_spec.routes.iter().find(fits);
        let critical = labels.get("severity") == "critical";
        Receiver {
            channel: route
                .and_then(|route| route.channel.clone())
                .unwrap_or_else(|| self.alert_channel.clone()),
            pages: route
                .and_then(|route| route.pages)
                .unwrap_or(critical || rule.pages),
        }
    }

    /// How Alertmanager groups and waits.
    pub const fn timing(&self) -> &Alerting {
        &self.alerting_spec
    }
}

impl AlertingRule {
    fn read(name: &str, group: &str, spec: &AlertRule) -> Result<Self, String> {
        let expr = promql::parse(&spec.expr).map_err(|error| error.to_string())?;
        let templates = |texts: &crate::scenario::format::Map<String>| {
            texts
                .iter()
                .map(|(name, text)| match Template::parse(text) {
                    Ok(template) => Ok((name.clone(), template)),
                    Err(error) => Err(format!("{name}: {error}")),
                })
                .collect::<Result<Vec<_>, String>>()
        };
        let written = |texts: &crate::scenario::format::Map<String>| {
            texts
                .iter()
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect()
        };
        Ok(Self {
            name: name.to_owned(),
            group: group.to_owned(),
            query: spec.expr.clone(),
            expr,
            hold: Span(spec.hold.millis),
            keep_firing: Span(spec.keep_firing.millis),
            labels: templates(&spec.labels)?,
            annotations: templates(&spec.annotations)?,
            written: (written(&spec.labels), written(&spec.annotations)),
            pages: spec.pages,
            service: spec.service.clone(),
        })
    }
}
