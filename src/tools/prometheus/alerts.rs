//! `prometheus_alerts`: alerts that are pending or fire, as Prometheus's page of alerts lists them. Never silences one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::promql::numbers::format_value;
use crate::sim::rules::rule::AlertingRule;
use crate::sim::rules::{ActiveAlert, AlertState};
use crate::sim::time::SimTime;
use crate::tools::shared::{columns, row};
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Lists alerts.
pub struct AlertList;

/// Which alerts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// `firing` or `pending`; both when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// A text that the name must contain; empty for all.
    #[serde(rename = "match")]
    pub contains: String,
}

/// Alerts.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ListedAlerts {
    /// Firing ones first, the longest active first.
    pub alerts: Vec<ListedAlert>,
}

/// An alert, as `/api/v1/alerts` of Prometheus answers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedAlert {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations, filled.
    pub annotations: BTreeMap<String, String>,
    /// `firing` or `pending`.
    pub state: &'static str,
    /// Since when its expression holds.
    pub active_at: String,
    /// The value.
    pub value: String,
    /// Whether a silence holds it back, which Alertmanager knows.
    pub silenced: bool,
}

impl ListedAlert {
    /// The alert's name.
    pub fn name(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }
}

/// An alert as a row.
pub fn listed(world: &World, rule: &AlertingRule, alert: &ActiveAlert) -> ListedAlert {
    ListedAlert {
        labels: alert
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        annotations: alert.annotations(rule).into_iter().collect(),
        state: alert.state.word(),
        active_at: alert.active_at.rfc3339(),
        value: format_value(alert.value),
        silenced: world.alerts().is_silenced(&alert.labels, world.now()),
    }
}

/// What an alert shows: the series of `ALERTS` that says so.
pub fn shown_alert(alert: &ActiveAlert, now: SimTime) -> Shown {
    let labels = alert.labels.iter();
    Shown::Series {
        metric: "ALERTS".to_owned(),
        labels: labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain([("alertstate".to_owned(), alert.state.word().to_owned())])
            .collect(),
        from: alert.active_at,
        to: now,
    }
}

impl Text for ListedAlerts {
    fn text(&self) -> String {
        if self.alerts.is_empty() {
            return "No alerts are active.\n".to_owned();
        }
        let mut rows = vec![row([
            "ALERT", "STATE", "SINCE", "VALUE", "LABELS", "SUMMARY",
        ])];
        for alert in &self.alerts {
            let labels: Vec<String> = alert
                .labels
                .iter()
                .filter(|(name, _)| *name != "alertname")
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let summary = alert.annotations.get("summary");
            let silenced = if alert.silenced { " (silenced)" } else { "" };
            rows.push(row([
                alert.name(),
                &format!("{}{silenced}", alert.state),
                &alert.active_at,
                &alert.value,
                &labels.join(","),
                summary.map_or("", String::as_str),
            ]));
        }
        columns(&rows)
    }
}

impl Look for AlertList {
    type Args = Args;
    type Output = ListedAlerts;
    const NAME: &'static str = "prometheus_alerts";
    const FAMILY: Family = Family::Prometheus;
    const ABOUT: &'static str = "Lists the alerts that are pending or fire";

    fn look(world: &World, args: &Args) -> Result<Seen<ListedAlerts>, ToolError> {
        let wanted = match args.state.as_deref() {
            None | Some("") => None,
            Some("firing") => Some(AlertState::Firing),
            Some("pending") => Some(AlertState::Pending),
            Some(other) => {
                return Err(ToolError {
                    message: format!("invalid parameter \"state\": unknown alert state {other:?}"),
                    hint: Some("firing or pending".to_owned()),
                });
            }
        };
        let rules = &world.plan().rules;
        let mut found: Vec<(&AlertingRule, &ActiveAlert)> = world
            .alerts()
            .active()
            .filter_map(|(index, alert)| Some((rules.alerting.get(index)?, alert)))
            .filter(|(rule, alert)| {
                wanted.is_none_or(|state| state == alert.state)
                    && rule.name.contains(&args.contains)
            })
            .collect();
        found.sort_by_key(|(_, alert)| (std::cmp::Reverse(alert.state), alert.active_at));
        Ok(Seen {
            output: ListedAlerts {
                alerts: found
                    .iter()
                    .map(|(rule, alert)| listed(world, rule, alert))
                    .collect(),
            },
            shown: found
                .iter()
                .map(|(_, alert)| shown_alert(alert, world.now()))
                .collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"state": "firing", "match": "Jobs"}"#,
                about: "alerts that fire, by a part of their name",
                prints: "",
            },
            ToolExample {
                args: r#"{"match": "Unheard"}"#,
                about: "none",
                prints: "No alerts are active.\n",
            },
        ]
    }
}
