//! `logs_get_service_logs`: one service's lines, newest page first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::{self, Lines, Wanted};
use crate::sim::World;
use crate::sim::telemetry::lines::LineFilter;
use crate::tools::{Family, Look, Seen, ToolError, ToolExample};

/// Reads a service's lines.
pub struct ServiceLogs;

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The service.
    pub service: String,
    /// Lines of this level and above; all when empty.
    pub level: String,
    /// How far back, such as `15m`, or an instant.
    pub since: String,
    /// A text that the line contains.
    pub grep: String,
    /// Lines at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            service: String::new(),
            level: String::new(),
            since: String::new(),
            grep: String::new(),
            limit: 100,
            cursor: None,
        }
    }
}

impl Look for ServiceLogs {
    type Args = Args;
    type Output = Lines;
    const NAME: &'static str = "logs_get_service_logs";
    const FAMILY: Family = Family::Logs;
    const ABOUT: &'static str = "Reads a service's log lines, newest first, by level, age and text";

    fn look(world: &World, args: &Args) -> Result<Seen<Lines>, ToolError> {
        let known = world.signals().telemetry().log_services();
        if !known.iter().any(|service| **service == args.service) {
            return Err(ToolError::new(format!(
                "no service {:?} has log lines",
                args.service
            )));
        }
        let filter = LineFilter {
            services: vec![args.service.clone()],
            levels: page::levels_from(&args.level)?,
            from_ms: page::window(&args.since, world.now())?,
            ..LineFilter::default()
        };
        let cursor = page::cursor(args.cursor.as_deref())?;
        Ok(page::read(
            world,
            &Wanted {
                filter,
                contains: args.grep.clone(),
                cursor,
                limit: args.limit,
            },
        ))
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{\"service\":\"worker\",\"limit\":3}",
            about: "A service's newest lines",
            prints: "2026-03-02T13:56:06.671Z info  worker info: Worker.Service[0]\n      Application started. Hosting environment: Production; worker 1.4.0\n2026-03-02T13:56:07.321Z info  worker info: Worker.Service[0]\n      worker 1.4.0 starting\n2026-03-02T13:56:08.321Z fatal worker Unhandled exception. System.ArgumentNullException: Value cannot be null. (Parameter 's')\n   at System.Int32.Parse(String s)\n   at Alpha.Worker.Main..cctor() in /src/worker/Main.cs:line 7\n-- older lines: --cursor 1772459766671.s134\n",
        }]
    }
}
