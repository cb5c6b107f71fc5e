//! `logs_list_services`: who logs, and how much. Never a line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::telemetry::lines::LineFilter;
use crate::sim::time::Span;
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Lists services that log.
pub struct ListServices;

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {}

/// Services that log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Services {
    /// In the order of their names.
    pub services: Vec<Row>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub service: String,
    /// Lines of the last quarter of an hour.
    pub lines_15m: u64,
    /// Those at error or fatal among them.
    pub errors_15m: u64,
}

impl Text for Services {
    fn text(&self) -> String {
        let mut text = format!(
            "{:<24} {:>10} {:>10}\n",
            "SERVICE", "LINES/15M", "ERRORS/15M"
        );
        for row in &self.services {
            text.push_str(&format!(
                "{:<24} {:>10} {:>10}\n",
                row.service, row.lines_15m, row.errors_15m
            ));
        }
        text
    }
}

impl Look for ListServices {
    type Args = Args;
    type Output = Services;
    const NAME: &'static str = "logs_list_services";
    const FAMILY: Family = Family::Logs;
    const ABOUT: &'static str =
        "Lists the services that log, with lines and errors of the last 15 minutes";

    fn look(world: &World, _: &Args) -> Result<Seen<Services>, ToolError> {
        let telemetry = world.signals().telemetry();
        let rows = telemetry.log_services().into_iter().map(|service| {
            let filter = LineFilter {
                services: vec![service.to_string()],
                from_ms: (world.now() - Span::from_mins(15)).millis(),
                ..LineFilter::default()
            };
            let counts = telemetry.count_lines_by_level(&filter);
            let [_, _, _, errors, fatal] = counts;
            Row {
                service: service.to_string(),
                lines_15m: counts.iter().sum(),
                errors_15m: errors + fatal,
            }
        });
        Ok(Seen {
            output: Services {
                services: rows.collect(),
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "Services that log",
            prints: "SERVICE                   LINES/15M ERRORS/15M\nbroker                          197          0\ncache                          6546          0\ngate                          22715      15196\nintake                         3704       2113\nmailer                            6          3\nworker                            9          3\n",
        }]
    }
}
