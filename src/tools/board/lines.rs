//! Windows of log lines around a place, for a list of any length; counts over time by level.

use std::sync::Arc;

use super::finder::Finder;
use crate::sim::World;
use crate::sim::telemetry::logs::LineKey;
use crate::tools::logs::page::{Line, as_line};

/// Steps of a search that is made at once.
const MOST_STEPS: usize = 60;

/// Which lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Services; all when empty.
    pub services: Vec<String>,
    /// Levels from this one on: 0 is debug.
    pub from_level: usize,
    /// A text in the line, or LogQL.
    pub text: String,
    /// Kinds of lines by name; all when empty.
    pub names: Vec<String>,
}

/// Where.
#[derive(Clone, Debug)]
pub enum Seek {
    /// The newest line.
    Newest,
    /// The oldest.
    Oldest,
    /// A line's cursor.
    At(String),
    /// The first at or after an instant, in ms.
    Time(i64),
    /// A share of the way.
    Fraction(f64),
}

/// Lines around a place.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Oldest first.
    pub lines: Vec<Line>,
    /// What a pin of each keeps.
    pub artifacts: Vec<String>,
    /// The place among them.
    pub at: usize,
    /// Nothing before the first.
    pub is_start: bool,
    /// Nothing after the last.
    pub is_end: bool,
    /// Share of the way of the first.
    pub fraction: f64,
    /// Lines that match; an upper bound while a text is searched.
    pub count: u64,
    /// Share of the lines searched.
    pub searched: f64,
}

/// Reads a window of lines at once, as far as a bounded search comes.
pub fn window(world: &World, wanted: &Wanted, seek: &Seek, before: usize, after: usize) -> Window {
    let Ok(mut finder) = Finder::new(world, wanted) else {
        return Window::default();
    };
    let mut window = finder.window(world, seek, before, after);
    let mut steps = 0;
    while window.searched < 1.0 && steps < MOST_STEPS {
        window = finder.window(world, seek, before, after);
        steps += 1;
    }
    window
}

/// The fields of one line.
pub fn fields(world: &World, cursor: &str) -> Vec<(String, String)> {
    let Some(key) = LineKey::parse(cursor) else {
        return Vec::new();
    };
    let telemetry = world.signals().telemetry();
    let Some(line) = telemetry.line(key) else {
        return Vec::new();
    };
    let own = json_fields(&line.text).unwrap_or_else(|| {
        let drawn = telemetry.line_fields(key).into_iter();
        drawn
            .map(|(name, value): (Arc<str>, String)| (name.to_string(), value))
            .collect()
    });
    // What the line itself says comes first: its time and pod stand above it already.
    let pod = line.pod.as_ref().map(ToString::to_string);
    let about = [
        ("service".to_owned(), line.service.to_string()),
        ("pod".to_owned(), pod.unwrap_or_default()),
        ("time".to_owned(), as_line(line.clone()).time),
    ];
    let mut fields: Vec<(String, String)> = own;
    for (name, value) in about {
        if fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, value));
        }
    }
    if line.one_in > 1 {
        fields.push(("sampled".to_owned(), format!("1/{}", line.one_in)));
    }
    fields
}

/// What a line that is a JSON object holds, in its own order.
fn json_fields(text: &str) -> Option<Vec<(String, String)>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    let fields = object.into_iter().map(|(name, value)| match value {
        serde_json::Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    Some(fields.collect())
}

/// Services that log.
pub fn services(world: &World) -> Vec<String> {
    world
        .signals()
        .telemetry()
        .log_services()
        .iter()
        .map(ToString::to_string)
        .collect()
}
