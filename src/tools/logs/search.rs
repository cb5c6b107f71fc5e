//! `logs_search`: lines of all services that contain a text, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::{self, Lines, Wanted};
use crate::sim::World;
use crate::sim::telemetry::lines::LineFilter;
use crate::tools::{Family, Look, Seen, ToolError, ToolExample};

/// Searches all lines.
pub struct Search;

/// What to search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The text.
    pub query: String,
    /// Lines of this level and above; all when empty.
    pub level: String,
    /// How far back, such as `15m`, or an instant.
    pub since: String,
    /// Lines at most.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            query: String::new(),
            level: String::new(),
            since: String::new(),
            limit: 100,
            cursor: None,
        }
    }
}

impl Look for Search {
    type Args = Args;
    type Output = Lines;
    const NAME: &'static str = "logs_search";
    const FAMILY: Family = Family::Logs;
    const ABOUT: &'static str = "Searches the log lines of all services for a text, newest first";

    fn look(world: &World, args: &Args) -> Result<Seen<Lines>, ToolError> {
        if args.query.is_empty() {
            return Err(ToolError::new(
                "the query is empty: give a text that the line contains",
            ));
        }
        let filter = LineFilter {
            levels: page::levels_from(&args.level)?,
            from_ms: page::window(&args.since, world.now())?,
            ..LineFilter::default()
        };
        let cursor = page::cursor(args.cursor.as_deref())?;
        Ok(page::read(
            world,
            &Wanted {
                filter,
                contains: args.query.clone(),
                cursor,
                limit: args.limit,
            },
        ))
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{\"query\":\"queue is full\",\"level\":\"\",\"since\":\"2m\",\"limit\":2}",
            about: "A text in all services",
            prints: "2026-03-02T13:59:59.342Z error intake 2026-03-02T13:59:59.342Z ERROR 1 --- [exec-8]  : queue is full topic=jobs id=98d2f679 route=jobs.Intake/Put status=UNAVAILABLE duration_ms=354.953 trace_id=60e8d325c55ba7c657f6ee3075ac1aa2\n2026-03-02T13:59:59.734Z error intake 2026-03-02T13:59:59.734Z ERROR 1 --- [exec-2]  : queue is full topic=jobs id=d6d3be5c route=jobs.Intake/Put status=UNAVAILABLE duration_ms=645.079 trace_id=13761fcc97700a3a2e2707062b9fcbe9\n-- older lines: --cursor 1772459999342.17.-1.15\n",
        }]
    }
}
