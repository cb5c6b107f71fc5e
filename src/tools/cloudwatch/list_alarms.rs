//! `cloudwatch_list_alarms`: the account's alarms with their state and why. Never what they would page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarms::{self, Alarm, State};
use super::get_metrics::{Dimension, dimension_text};
use super::metrics;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists alarms.
pub struct ListAlarms;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only those in this state: `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Only those whose name begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Most alarms, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            state: None,
            prefix: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of alarms.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Alarms {
    /// By name.
    pub alarms: Vec<AlarmRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AlarmRow {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub about: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Since when, in ms since the epoch, as far as samples reach back.
    pub since_ms: i64,
    /// Namespace.
    pub namespace: String,
    /// Metric.
    pub metric: String,
    /// Dimensions.
    pub dimensions: Vec<Dimension>,
    /// Threshold.
    pub threshold: f64,
    /// `GreaterThanThreshold` or `LessThanThreshold`.
    pub comparison: String,
    /// Length of a period, in seconds.
    pub period_seconds: i64,
    /// So many periods in a row must be beyond the threshold.
    pub evaluation_periods: u32,
    /// The id under which it can be pinned.
    pub artifact: String,
}

impl Text for Alarms {
    fn text(&self) -> String {
        let mut rows = vec![row([
            "ALARM",
            "STATE",
            "SINCE",
            "METRIC",
            "DIMENSIONS",
            "THRESHOLD",
        ])];
        for alarm in &self.alarms {
            let sign = if alarm.comparison.starts_with("Less") {
                "<"
            } else {
                ">"
            };
            rows.push(row([
                &alarm.name,
                &alarm.state,
                &SimTime(alarm.since_ms).format("%Y-%m-%d %H:%M"),
                &format!("{} {}", alarm.namespace, alarm.metric),
                &dimension_text(&alarm.dimensions),
                &format!("{sign} {}", alarms::number(alarm.threshold)),
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.alarms.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

fn alarm_row(world: &World, alarm: Alarm, state: State, all: &[metrics::Metric]) -> AlarmRow {
    let since = alarm.began(world, all, &state);
    AlarmRow {
        artifact: Shown::Alarm(alarm.name.clone()).id(),
        about: alarm.about,
        state: state.value.to_owned(),
        reason: state.reason,
        since_ms: since.millis(),
        namespace: alarm.namespace,
        metric: alarm.metric,
        dimensions: alarm
            .dimensions
            .into_iter()
            .map(|(name, value)| Dimension { name, value })
            .collect(),
        threshold: alarm.threshold,
        comparison: if alarm.below {
            "LessThanThreshold"
        } else {
            "GreaterThanThreshold"
        }
        .to_owned(),
        period_seconds: alarm.period.secs(),
        evaluation_periods: alarm.periods,
        name: alarm.name,
    }
}

impl Look for ListAlarms {
    type Args = Args;
    type Output = Alarms;
    const NAME: &'static str = "cloudwatch_list_alarms";
    const FAMILY: Family = Family::CloudWatch;
    const ABOUT: &'static str = "Lists CloudWatch alarms with their state";

    fn look(world: &World, args: &Args) -> Result<Seen<Alarms>, ToolError> {
        const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];
        if let Some(state) = args
            .state
            .as_deref()
            .filter(|state| !STATES.contains(state))
        {
            return Err(ToolError {
                message: format!("InvalidParameterValue: StateValue {state} is none"),
                hint: Some(format!("one of {}", STATES.join(", "))),
            });
        }
        let known = metrics::all(world);
        let found: Vec<(Alarm, State)> = alarms::all(world)
            .into_iter()
            .filter(|alarm| {
                args.prefix
                    .as_ref()
                    .is_none_or(|prefix| alarm.name.starts_with(prefix.as_str()))
            })
            .map(|alarm| {
                let state = alarm.state(world, &known);
                (alarm, state)
            })
            .filter(|(_, state)| args.state.as_ref().is_none_or(|own| state.value == *own))
            .collect();
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |(alarm, _)| {
            alarm.name.clone()
        })?;
        let rows: Vec<AlarmRow> = page
            .items
            .into_iter()
            .map(|(alarm, state)| alarm_row(world, alarm, state, &known))
            .collect();
        Ok(Seen {
            shown: rows
                .iter()
                .map(|row| Shown::Alarm(row.name.clone()))
                .collect(),
            output: Alarms {
                alarms: rows,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"prefix\":\"queue\"}",
                about: "Alarms whose name begins so",
                prints: "ALARM  STATE  SINCE  METRIC  DIMENSIONS  THRESHOLD\n",
            },
            ToolExample {
                args: "{\"state\":\"FIRING\"}",
                about: "A state that does not exist",
                prints: "cloudwatch_list_alarms: InvalidParameterValue: StateValue FIRING is none\nhint: one of OK, ALARM, INSUFFICIENT_DATA\n",
            },
        ]
    }
}
