//! `prometheus_list_metrics`: which metrics there are. Never their values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::rules::recorded::ALERTS;
use crate::sim::telemetry::series::MetricKind;
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Lists metrics.
pub struct ListMetrics;

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// A text that the name must contain; empty for all.
    #[serde(rename = "match")]
    pub contains: String,
}

/// Metrics by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Metrics {
    /// In the order of their names.
    pub metrics: Vec<Metric>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Help text.
    pub help: String,
}

impl Text for Metrics {
    fn text(&self) -> String {
        let width = self
            .metrics
            .iter()
            .map(|metric| metric.name.len())
            .max()
            .unwrap_or(0);
        self.metrics
            .iter()
            .map(|metric| {
                format!(
                    "{:width$}  {:9}  {}\n",
                    metric.name, metric.kind, metric.help
                )
            })
            .collect()
    }
}

impl ListMetrics {
    /// All metrics.
    pub fn seen(world: &World) -> Metrics {
        Self::look(world, &Args::default()).map_or(
            Metrics {
                metrics: Vec::new(),
            },
            |seen| seen.output,
        )
    }
}

impl Look for ListMetrics {
    type Args = Args;
    type Output = Metrics;
    const NAME: &'static str = "prometheus_list_metrics";
    const FAMILY: Family = Family::Prometheus;
    const ABOUT: &'static str =
        "Lists the metrics that Prometheus has, by name, with kind and help";

    fn look(world: &World, args: &Args) -> Result<Seen<Metrics>, ToolError> {
        let scraped = world.signals().telemetry().metrics().into_iter();
        let mut metrics: Vec<Metric> = scraped
            .map(|info| Metric {
                name: info.metric,
                kind: word(info.kind),
                help: info.help,
            })
            .collect();
        let rules = &world.plan().rules;
        metrics.extend(rules.recording.iter().map(|(name, rule)| Metric {
            name: name.clone(),
            kind: word(MetricKind::Gauge),
            help: format!("Recorded: {}", rule.query),
        }));
        if !rules.alerting.is_empty() {
            metrics.push(Metric {
                name: ALERTS.to_owned(),
                kind: word(MetricKind::Gauge),
                help: "1 for each alert that is pending or fires.".to_owned(),
            });
        }
        metrics.retain(|metric| metric.name.contains(&args.contains));
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Seen {
            output: Metrics { metrics },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"match": "consumergroup_m"}"#,
            about: "metrics whose name contains a text",
            prints: "kafka_consumergroup_members  gauge      Amount of members in a consumer group.\n",
        }]
    }
}

const fn word(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram => "histogram",
    }
}
