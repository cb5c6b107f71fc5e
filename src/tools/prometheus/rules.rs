//! `prometheus_rules`: alerting and recording rules with what each says now. Never evaluates one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alerts::{ListedAlert, listed};
use crate::sim::World;
use crate::sim::rules::{AlertState, EVERY};
use crate::sim::time::SimTime;
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Lists rules.
pub struct RuleList;

/// Which rules to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// A text that the name must contain; empty for all.
    #[serde(rename = "match")]
    pub contains: String,
    /// `alert` or `record`; both when left out.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Groups of rules, as `/api/v1/rules` of Prometheus answers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ListedRules {
    /// In the order in which they are evaluated.
    pub groups: Vec<Group>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Seconds between evaluations.
    pub interval: i64,
    /// When it was evaluated last.
    pub last_evaluation: Option<String>,
    /// Its rules.
    pub rules: Vec<ListedRule>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedRule {
    /// The alert's or the metric's name.
    pub name: String,
    /// The expression.
    pub query: String,
    /// `alerting` or `recording`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Seconds that it must hold.
    pub duration: i64,
    /// Seconds that it goes on firing.
    pub keep_firing_for: i64,
    /// `firing`, `pending` or `inactive`; empty for a recording rule.
    pub state: &'static str,
    /// `ok` or `err`.
    pub health: &'static str,
    /// Why the last evaluation failed.
    pub last_error: String,
    /// Labels as they are written.
    pub labels: BTreeMap<String, String>,
    /// Annotations as they are written.
    pub annotations: BTreeMap<String, String>,
    /// Alerts that are active.
    pub alerts: Vec<ListedAlert>,
}

impl Text for ListedRules {
    /// As a file of rules, with what each says now as a comment.
    fn text(&self) -> String {
        let mut text = String::new();
        for group in &self.groups {
            text.push_str(&format!(
                "group {} (every {} s)\n",
                group.name, group.interval
            ));
            for rule in &group.rules {
                let noun = if rule.kind == "alerting" {
                    "alert"
                } else {
                    "record"
                };
                text.push_str(&format!("- {noun}: {}", rule.name));
                if !rule.state.is_empty() {
                    text.push_str(&format!("    # {}", rule.state));
                    if rule.alerts.len() > 1 {
                        text.push_str(&format!(" ({} alerts)", rule.alerts.len()));
                    }
                }
                text.push_str(&format!("\n  expr: {}\n", rule.query));
                if rule.duration > 0 {
                    text.push_str(&format!("  for: {}s\n", rule.duration));
                }
                if rule.keep_firing_for > 0 {
                    text.push_str(&format!("  keep_firing_for: {}s\n", rule.keep_firing_for));
                }
                for (heading, texts) in
                    [("labels", &rule.labels), ("annotations", &rule.annotations)]
                {
                    let pairs: Vec<String> = texts
                        .iter()
                        .map(|(name, value)| format!("{name}: {value:?}"))
                        .collect();
                    if !pairs.is_empty() {
                        text.push_str(&format!("  {heading}: {{{}}}\n", pairs.join(", ")));
                    }
                }
                if !rule.last_error.is_empty() {
                    text.push_str(&format!("  # error: {}\n", rule.last_error));
                }
            }
        }
        if text.is_empty() {
            text.push_str("No rules match.\n");
        }
        text
    }
}

impl Look for RuleList {
    type Args = Args;
    type Output = ListedRules;
    const NAME: &'static str = "prometheus_rules";
    const FAMILY: Family = Family::Prometheus;
    const ABOUT: &'static str =
        "Lists alerting and recording rules with their expressions and states";

    fn look(world: &World, args: &Args) -> Result<Seen<ListedRules>, ToolError> {
        let (alerting, recording) = match args.kind.as_deref() {
            None | Some("") => (true, true),
            Some("alert") => (true, false),
            Some("record") => (false, true),
            Some(other) => {
                return Err(ToolError {
                    message: format!("invalid parameter \"type\": not supported value {other:?}"),
                    hint: Some("alert or record".to_owned()),
                });
            }
        };
        let rules = &world.plan().rules;
        let mut groups: Vec<Group> = Vec::new();
        let mut add = |group: &str, rule: ListedRule| {
            if !rule.name.contains(&args.contains) {
                return;
            }
            match groups.iter_mut().find(|other| other.name == group) {
                Some(group) => group.rules.push(rule),
                None => groups.push(Group {
                    name: group.to_owned(),
                    interval: EVERY.secs(),
                    last_evaluation: world.alerts().last_at.map(SimTime::rfc3339),
                    rules: vec![rule],
                }),
            }
        };
        if recording {
            for (name, rule) in &rules.recording {
                add(
                    "recordings",
                    ListedRule {
                        name: name.clone(),
                        query: rule.query.clone(),
                        kind: "recording",
                        duration: 0,
                        keep_firing_for: 0,
                        state: "",
                        health: "ok",
                        last_error: String::new(),
                        labels: BTreeMap::new(),
                        annotations: BTreeMap::new(),
                        alerts: Vec::new(),
                    },
                );
            }
        }
        for (index, rule) in rules.alerting.iter().enumerate().filter(|_| alerting) {
            let active: Vec<_> = world.alerts().of_rule(index).collect();
            let state = active.iter().map(|alert| alert.state).max();
            let error = world.alerts().error(index).unwrap_or_default();
            let (labels, annotations) = &rule.written;
            add(
                &rule.group,
                ListedRule {
                    name: rule.name.clone(),
                    query: rule.query.clone(),
                    kind: "alerting",
                    duration: rule.hold.secs(),
                    keep_firing_for: rule.keep_firing.secs(),
                    state: state.map_or("inactive", AlertState::word),
                    health: if error.is_empty() { "ok" } else { "err" },
                    last_error: error.to_owned(),
                    labels: labels.iter().cloned().collect(),
                    annotations: annotations.iter().cloned().collect(),
                    alerts: active
                        .iter()
                        .map(|alert| listed(world, rule, alert))
                        .collect(),
                },
            );
        }
        Ok(Seen {
            output: ListedRules { groups },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"match": "Unheard"}"#,
            about: "none",
            prints: "No rules match.\n",
        }]
    }
}
