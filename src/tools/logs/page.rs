//! Pages of log lines that a filter takes, newest first, within a bounded amount of work. Never decides what is logged.

use schemars::JsonSchema;
use serde::Serialize;

use crate::scenario::format::telemetry::Level;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use crate::sim::telemetry::logs::LineKey;
use crate::sim::telemetry::search::{Budget, LineQuery, Search, TextFilter};
use crate::sim::time::SimTime;
use crate::tools::{Seen, Text, ToolError};

/// Lines that one page looks at before it stops and says how far it came.
pub const LINES_LOOKED_AT: u64 = 2_000_000;
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
    /// How lines are sampled and how long they are kept, where some of these stand for more than themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
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

/// How the log system samples and how long it keeps lines: `successes sampled 1/10, kept 24 h; all other lines kept 7 d`.
pub fn kept(world: &World) -> String {
    let telemetry = world.signals().telemetry();
    let (mut one_in, mut sampled_ms, mut other_ms) = (1, 0, 0);
    for (_, def) in telemetry.log_defs() {
        if def.keep_one_in > 1 {
            one_in = one_in.max(def.keep_one_in);
            sampled_ms = sampled_ms.max(def.retention_ms);
        } else {
            other_ms = other_ms.max(def.retention_ms);
        }
    }
    let others = format!("kept {}", length(other_ms));
    if one_in > 1 {
        let sampled = length(sampled_ms);
        format!("successes sampled 1/{one_in}, kept {sampled}; all other lines {others}")
    } else {
        format!("all lines {others}")
    }
}

fn length(millis: i64) -> String {
    let hours = millis / 3_600_000;
    if hours >= 48 && hours % 24 == 0 {
        format!("{} d", hours / 24)
    } else {
        format!("{hours} h")
    }
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
    let limit = wanted.limit.clamp(1, LARGEST_PAGE);
    let text = TextFilter::containing(&wanted.contains);
    // A text that is too long to be looked for is in no line.
    let Ok(query) = LineQuery::new(&[text]) else {
        return Seen::default();
    };
    let telemetry = world.signals().telemetry().snapshot();
    let search = Search::new(telemetry, wanted.filter.clone(), query);
    let budget = Budget::lines(LINES_LOOKED_AT);
    let found = search.find(wanted.cursor, Direction::Older, limit, budget);
    let mut page = Lines::default();
    let mut shown = Vec::new();
    for line in found.lines {
        shown.push(Shown::line(&line));
        page.lines.push(as_line(line));
    }
    let stopped = page.lines.len() < limit;
    page.end_at(world, found.next, stopped);
    Seen {
        output: page,
        shown,
    }
}

/// The lines of a query as a page.
pub fn of_query(world: &World, found: &super::logql::Page) -> Seen<Lines> {
    let mut page = Lines {
        lines: found.lines(),
        ..Lines::default()
    };
    page.end_at(world, found.next, found.stopped);
    Seen {
        output: page,
        shown: found.shown(),
    }
}

impl Lines {
    /// Says where older lines go on, and what is not kept.
    fn end_at(&mut self, world: &World, next: Option<LineKey>, stopped: bool) {
        self.next_cursor = next.map(|key| key.to_string());
        if let Some(key) = next.filter(|_| stopped) {
            let until = SimTime(key.at_ms).format("%Y-%m-%dT%H:%M:%S%.3fZ");
            self.searched_until = Some(until);
        }
        if self.lines.iter().any(|line| line.sampled_one_in > 1) {
            self.kept = Some(kept(world));
        }
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
        if let Some(kept) = &self.kept {
            text.push_str(&format!("-- {kept}\n"));
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
