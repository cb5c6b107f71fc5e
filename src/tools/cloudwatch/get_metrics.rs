//! `cloudwatch_get_metrics`: samples of a metric under each set of dimensions; or which metrics there are. Never more than a
//! thousand samples of one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarms::number;
use super::metrics;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::prometheus::query;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// No answer has more samples of one metric.
const MOST_POINTS: i64 = 1000;
/// Samples that the text prints of one metric: the newest.
const PRINTED: usize = 12;

/// Reads metrics.
pub struct GetMetrics;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Namespace, for example `AWS/EC2`; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Metric; without it the answer lists which there are, without samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Only metrics with these dimensions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// How far back, in minutes.
    pub minutes: u32,
    /// Length of a period in seconds: a multiple of 60.
    pub period: u32,
    /// Most metrics, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            namespace: None,
            metric: None,
            dimensions: BTreeMap::new(),
            minutes: 180,
            period: 300,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of metrics.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Metrics {
    /// By namespace, name and dimensions.
    pub metrics: Vec<MetricRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A metric under one set of dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricRow {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub metric: String,
    /// Dimensions.
    pub dimensions: Vec<Dimension>,
    /// Unit.
    pub unit: String,
    /// Averages of periods, oldest first; none when no metric was named.
    pub datapoints: Vec<Datapoint>,
}

/// A dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The average of a period.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Datapoint {
    /// End of the period, in ms since the epoch.
    pub at_ms: i64,
    /// Average.
    pub average: f64,
}

/// Dimensions as `Name=Value,...`.
pub fn dimension_text(dimensions: &[Dimension]) -> String {
    let parts: Vec<String> = dimensions
        .iter()
        .map(|one| format!("{}={}", one.name, one.value))
        .collect();
    parts.join(",")
}

impl Text for Metrics {
    fn text(&self) -> String {
        if self.metrics.is_empty() {
            return "No metrics.\n".to_owned();
        }
        let mut text = String::new();
        for metric in &self.metrics {
            text.push_str(&format!(
                "{} {} {} ({})\n",
                metric.namespace,
                metric.metric,
                dimension_text(&metric.dimensions),
                metric.unit
            ));
            let hidden = metric.datapoints.len().saturating_sub(PRINTED);
            if hidden > 0 {
                text.push_str(&format!(
                    "    ({hidden} older datapoints are in the data)\n"
                ));
            }
            for point in metric.datapoints.iter().skip(hidden) {
                text.push_str(&format!(
                    "    {}  {}\n",
                    SimTime(point.at_ms).rfc3339(),
                    number(point.average)
                ));
            }
        }
        text + &paging::footer(
            self.metrics.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        )
    }
}

impl Look for GetMetrics {
    type Args = Args;
    type Output = Metrics;
    const NAME: &'static str = "cloudwatch_get_metrics";
    const FAMILY: Family = Family::CloudWatch;
    const ABOUT: &'static str =
        "Reads a CloudWatch metric, or lists which there are when no metric is named";

    fn look(world: &World, args: &Args) -> Result<Seen<Metrics>, ToolError> {
        let period = Span::from_secs(i64::from(args.period));
        if args.period == 0 || !args.period.is_multiple_of(60) {
            return Err(ToolError::new(
                "InvalidParameterValue: The parameter Period must be a multiple of 60",
            ));
        }
        let window = Span::from_mins(i64::from(args.minutes.max(1)));
        if window.millis() / period.millis() > MOST_POINTS {
            return Err(ToolError::new(format!(
                "InvalidParameterCombination: You have requested up to {} datapoints, which exceeds the limit of {MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
                window.millis() / period.millis()
            )));
        }
        let mut found = metrics::all(world);
        found.retain(|metric| {
            args.namespace
                .as_ref()
                .is_none_or(|name| metric.namespace == *name)
                && args.metric.as_ref().is_none_or(|name| metric.name == *name)
                && args.dimensions.iter().all(|(name, value)| {
                    metric
                        .dimensions
                        .iter()
                        .any(|(known, held)| known == name && held == value)
                })
        });
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |metric| {
            let values: Vec<&str> = metric
                .dimensions
                .iter()
                .map(|(_, value)| value.as_str())
                .collect();
            format!("{}/{}/{}", metric.namespace, metric.name, values.join("/"))
        })?;
        let until = world.now().floor_to(Span::from_mins(1));
        let from = until - window;
        let mut shown: Vec<Shown> = Vec::new();
        let mut rows = Vec::new();
        for metric in page.items {
            let mut datapoints = Vec::new();
            if args.metric.is_some() {
                shown.extend(query::shown(world, &metric.expression()?, from, until));
                for (at, average) in metric.points(world, from, until, period)? {
                    datapoints.push(Datapoint {
                        at_ms: at.millis(),
                        average,
                    });
                }
            }
            rows.push(MetricRow {
                namespace: metric.namespace,
                metric: metric.name,
                dimensions: metric
                    .dimensions
                    .into_iter()
                    .map(|(name, value)| Dimension { name, value })
                    .collect(),
                unit: metric.unit,
                datapoints,
            });
        }
        Ok(Seen {
            output: Metrics {
                metrics: rows,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"namespace\":\"AWS/Lambda\"}",
                about: "A namespace without metrics",
                prints: "No metrics.\n",
            },
            ToolExample {
                args: "{\"metric\":\"CPUUtilization\",\"period\":30}",
                about: "A period that is too short",
                prints: "cloudwatch_get_metrics: InvalidParameterValue: The parameter Period must be a multiple of 60\n",
            },
        ]
    }
}
