//! Pages of log lines that a filter takes, newest first, within a bounded amount of work. Never decides what is logged.

use schemars::JsonSchema;
use serde::Serialize;

use crate::scenario::format::telemetry::Level;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::logs::LineKey;
use crate::sim::time::SimTime;
use crate::tools::{Seen, Text, ToolError};

/// Lines that one page looks at before it stops and says how far it came.
pub const LINES_LOOKED_AT: usize = 20_000;
/// Lines fetched at once while looking for matches.
const FETCHED_AT_ONCE: usize = 500;
/// Lines of a page at most.
pub const LARGEST_PAGE: usize = 1000;

/// What a page is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Services, levels, window.
    pub filter: LineFilter,
    /// A text that the line must contain; case counts.
    pub contains: String,
    /// Where the page begins: a line's cursor. The page does not hold it.
    pub cursor: Option<LineKey>,
    /// Lines at most.
    pub limit: usize,
}

/// A page of lines, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lines {
    /// The lines.
    pub lines: Vec<Line>,
    /// Where older lines go on; none when there are none.
    pub next_cursor: Option<String>,
    /// The search stopped here because it had looked at enough; go on with the cursor.
    pub searched_until: Option<String>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// When, RFC 3339 with milliseconds.
    pub time: String,
    /// When, in milliseconds since the epoch.
    #[serde(skip)]
    #[schemars(skip)]
    pub at: SimTime,
    /// Level.
    pub level: &'static str,
    /// Service.
    pub service: String,
    /// Pod.
    pub pod: String,
    /// Text.
    pub text: String,
    /// It stands for so many: successes are sampled.
    pub sampled_one_in: u32,
    /// Its cursor.
    pub cursor: String,
}

/// A level in one word.
pub const fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Fatal => "fatal",
    }
}

/// The levels from one on.
///
/// # Errors
/// When the word is no level.
pub fn levels_from(text: &str) -> Result<Vec<Level>, ToolError> {
    let all = [
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
        Level::Fatal,
    ];
    let wanted = match text.to_lowercase().as_str() {
        "" => return Ok(Vec::new()),
        "warning" => "warn".to_owned(),
        "err" => "error".to_owned(),
        other => other.to_owned(),
    };
    let from = all.iter().position(|level| word(*level) == wanted);
    from.map(|from| all.iter().skip(from).copied().collect())
        .ok_or_else(|| {
            ToolError::new(format!(
                "unknown level {text:?}: debug, info, warn, error or fatal"
            ))
        })
}

/// Reads a page.
pub fn read(world: &World, wanted: &Wanted) -> Seen<Lines> {
    let telemetry = world.signals().telemetry();
    let limit = wanted.limit.clamp(1, LARGEST_PAGE);
    let mut page = Lines::default();
    let mut shown = Vec::new();
    let mut cursor = wanted.cursor;
    let mut looked_at = 0;
    while page.lines.len() < limit && looked_at < LINES_LOOKED_AT {
        let fetch = if wanted.contains.is_empty() {
            limit - page.lines.len()
        } else {
            FETCHED_AT_ONCE
        };
        let found = telemetry.lines(&wanted.filter, cursor, Direction::Older, fetch);
        let last = found.next;
        for line in found.lines {
            looked_at += 1;
            cursor = Some(line.key);
            if line.text.contains(&wanted.contains) {
                shown.push(Shown::Line {
                    service: line.service.to_string(),
                    text: line.text.clone(),
                });
                page.lines.push(as_line(line));
                if page.lines.len() >= limit {
                    break;
                }
            }
        }
        if last.is_none() {
            cursor = if page.lines.len() >= limit {
                cursor
            } else {
                None
            };
            break;
        }
    }
    page.next_cursor = cursor.map(|key| key.to_string());
    if looked_at >= LINES_LOOKED_AT && page.lines.len() < limit {
        page.searched_until = cursor.map(|key| SimTime(key.at_ms).format("%Y-%m-%dT%H:%M:%S%.3fZ"));
    }
    Seen {
        output: page,
        shown,
    }
}

/// A line of telemetry as a row.
pub fn as_line(line: LogLine) -> Line {
    let at = SimTime(line.key.at_ms);
    Line {
        time: at.format("%Y-%m-%dT%H:%M:%S%.3fZ"),
        at,
        level: word(line.level),
        service: line.service.to_string(),
        pod: line.pod.map(|pod| pod.to_string()).unwrap_or_default(),
        text: line.text,
        sampled_one_in: line.one_in,
        cursor: line.key.to_string(),
    }
}

impl Text for Lines {
    fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().rev() {
            text.push_str(&format!(
                "{} {:5} {} {}\n",
                line.time, line.level, line.service, line.text
            ));
        }
        if let Some(until) = &self.searched_until {
            text.push_str(&format!(
                "-- searched back to {until}; go on with --cursor {}\n",
                self.next_cursor.as_deref().unwrap_or("")
            ));
        } else if let Some(cursor) = &self.next_cursor {
            text.push_str(&format!("-- older lines: --cursor {cursor}\n"));
        }
        text
    }
}

/// Reads a cursor.
///
/// # Errors
/// When it is none.
pub fn cursor(text: Option<&str>) -> Result<Option<LineKey>, ToolError> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => LineKey::parse(text).map(Some).ok_or_else(|| {
            ToolError::new(format!(
                "invalid cursor {text:?}: use next_cursor of the page before"
            ))
        }),
    }
}

/// The start of a window that reaches `since` back, such as `15m`; the oldest line when empty.
///
/// # Errors
/// When it is no duration.
pub fn window(since: &str, now: SimTime) -> Result<i64, ToolError> {
    use crate::scenario::format::values::{Duration, Text as _};
    if since.is_empty() {
        return Ok(i64::MIN);
    }
    if let Some(at) = SimTime::parse_rfc3339(since) {
        return Ok(at.millis());
    }
    Duration::parse(since)
        .map(|duration| now.millis() - duration.millis)
        .map_err(ToolError::new)
}
