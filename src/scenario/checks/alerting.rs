//! Checks of alert rules, recording rules and routes. Never evaluates one.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Kind;
use super::{Checker, nearest};
use crate::scenario::format::telemetry::AlertRule;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// Recording rules may ask for one another so many times.
const MOST_NESTED: usize = 4;

/// Labels that series of components have, beside those that the estate's own series bring.
const LABELS: &[&str] = &[
    "__name__",
    "condition",
    "consumergroup",
    "container",
    "datname",
    "db",
    "deployment",
    "grpc_code",
    "grpc_method",
    "grpc_service",
    "instance",
    "job",
    "le",
    "method",
    "namespace",
    "node",
    "partition",
    "pod",
    "resource",
    "route",
    "service",
    "state",
    "status",
    "topic",
];

impl Checker<'_> {
    /// The estate's rules and routes.
    pub(super) fn alerting(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for (name, expr) in &subject.estate.recordings {
            let at = places.entry("recordings", name);
            self.prometheus_name(name, &at.name());
            self.promql(expr, &at);
        }
        self.recordings_end();
        for (name, rule) in &subject.estate.alerts {
            self.alert(rule, &places.entry("alerts", name));
        }
        let at = places.field("alerting");
        let alerting = &subject.estate.alerting;
        let known = self.judge.alerts();
        for (index, name) in alerting.without.iter().enumerate() {
            if !known.is_empty() && !known.contains(&name.as_str()) {
                let hint = nearest::did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("they bring {}", nearest::list(known)));
                self.push(
                    at.field("without")
                        .item(index)
                        .error(
                            ids::NO_ALERT,
                            format!("no component brings an alert `{name}` by itself"),
                        )
                        .hint(hint),
                );
            }
        }
        self.duration(alerting.group_wait, "0s", "1h", &at.field("group_wait"));
        self.duration(
            alerting.group_interval,
            "30s",
            "1d",
            &at.field("group_interval"),
        );
        self.duration(
            alerting.repeat_interval,
            "5m",
            "7d",
            &at.field("repeat_interval"),
        );
        self.limit(alerting.routes.len(), 100, "routes", &at.field("routes"));
        for (index, route) in alerting.routes.iter().enumerate() {
            let at = at.field("routes").item(index);
            if let Some(channel) = &route.channel {
                self.refer(Kind::Channel, channel, &at.field("channel"));
            }
            for label in route.matching.keys() {
                let label_at = at.field("matching").field(label);
                self.prometheus_name(label, &label_at.name());
            }
        }
    }

    /// An alert rule.
    pub(super) fn alert(&mut self, rule: &AlertRule, at: &Place<'_>) {
        self.promql(&rule.expr, &at.field("expr"));
        self.duration(rule.hold, "0s", "7d", &at.field("hold"));
        self.duration(rule.keep_firing, "0s", "7d", &at.field("keep_firing"));
        if let Some(service) = &rule.service {
            self.refer(Kind::Service, service, &at.field("service"));
        }
        let possible = self.judge.labels_of(&rule.expr);
        for (field, texts) in [("labels", &rule.labels), ("annotations", &rule.annotations)] {
            for (name, text) in texts {
                let place = at.field(field).field(name);
                self.prometheus_name(name, &place.name());
                self.alert_text(text, possible.as_deref(), &place);
            }
        }
        if rule.labels.contains_key("alertname") {
            self.push(
                at.field("labels")
                    .field("alertname")
                    .error(ids::NAME, "the label `alertname` is the alert's name")
                    .hint("leave it out"),
            );
        }
        for (index, (from, until)) in rule.silences.iter().enumerate() {
            self.window(*from, *until, &at.field("silences").item(index));
        }
    }

    /// A template of a label or annotation. `possible` are the labels that the expression lets through, if its own
    /// words decide that.
    fn alert_text(&mut self, text: &str, possible: Option<&[String]>, at: &Place<'_>) {
        let asked = match self.judge.alert_template(text) {
            Ok(asked) => asked,
            Err(flaw) => {
                self.push(
                    at.within(flaw.span)
                        .error(
                            ids::ALERT_TEMPLATE,
                            format!("the template cannot be read: {}", flaw.message),
                        )
                        .hint("as in Prometheus: `{{ $labels.pod }}`, `{{ $value | humanizePercentage }}`"),
                );
                return;
            }
        };
        let series = || {
            let subject = self.subject;
            let own = subject.estate.series.values();
            own.chain(subject.scenario.iter().flat_map(|one| one.series.values()))
        };
        let mut found = Vec::new();
        for (label, span) in asked {
            let known: Vec<&str> = if let Some(possible) = possible {
                possible.iter().map(String::as_str).collect()
            } else {
                let declared = series().flat_map(|spec| spec.labels.keys());
                let all = declared.map(String::as_str).chain(LABELS.iter().copied());
                all.collect::<BTreeSet<_>>().into_iter().collect()
            };
            if known.contains(&label.as_str()) {
                continue;
            }
            let hint = nearest::did_you_mean(&label, known.iter().copied()).unwrap_or_else(|| {
                if known.is_empty() {
                    "the expression leaves no label".to_owned()
                } else {
                    format!("there are {}", nearest::list(&known))
                }
            });
            found.push(
                at.within(span)
                    .error(
                        ids::ALERT_TEMPLATE,
                        format!("the alert's series have no label `{label}`"),
                    )
                    .hint(hint),
            );
        }
        for diagnostic in found {
            self.push(diagnostic);
        }
    }

    /// Says when recording rules ask for each other in a circle or one after the other too often.
    fn recordings_end(&mut self) {
        let subject = self.subject;
        let recordings = &subject.estate.recordings;
        let asks: BTreeMap<&str, Vec<&str>> = recordings
            .iter()
            .map(|(name, expr)| {
                let metrics = self.judge.promql(expr).unwrap_or_default();
                let asked = metrics.iter().filter_map(|(metric, _)| {
                    recordings
                        .get_key_value(metric)
                        .map(|(own, _)| own.as_str())
                });
                (name.as_str(), asked.collect())
            })
            .collect();
        for name in recordings.keys() {
            let mut level: BTreeSet<&str> = BTreeSet::from([name.as_str()]);
            let mut depth = 0;
            while !level.is_empty() && depth <= MOST_NESTED {
                level = level
                    .iter()
                    .filter_map(|name| asks.get(name))
                    .flatten()
                    .copied()
                    .collect();
                depth += 1;
            }
            if !level.is_empty() {
                self.push(
                    subject
                        .estate_places
                        .entry("recordings", name)
                        .error(
                            ids::RULE_CYCLE,
                            format!("`{name}` asks for recording rules in a circle or too deep"),
                        )
                        .hint(format!("at most {MOST_NESTED} one after the other")),
                );
            }
        }
    }
}
