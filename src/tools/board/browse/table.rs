//! Rows of a tool's data as cells of text: how values are written, what colour says the same, what can be pinned.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Ask, Kind, Source, View};
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;

/// A list as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The kind that is listed.
    pub kind: String,
    /// Its system.
    pub system: String,
    /// Headings.
    pub heads: Vec<Head>,
    /// Rows.
    pub rows: Vec<Row>,
    /// How many there are in all, where the system says so.
    pub total: Option<usize>,
    /// What reads on.
    pub more: Option<Ask>,
    /// Whether the system itself can be searched.
    pub is_searched: bool,
    /// What is said where there are no rows.
    pub note: String,
}

/// A heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The heading.
    pub title: String,
    /// Whether its cells are numbers.
    pub is_number: bool,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What it is known by among the rows.
    pub key: String,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// The id under which it can be pinned.
    pub artifact: Option<String>,
    /// Ways to open it: the verb and what to ask.
    pub opens: Vec<(&'static str, Ask)>,
    /// All its fields, a line each.
    pub record: String,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What its word means.
    pub tone: CellTone,
}

/// What a cell's word means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellTone {
    /// Nothing by itself.
    #[default]
    Plain,
    /// Well.
    Good,
    /// Odd, or on its way.
    Odd,
    /// Wrong.
    Bad,
}

/// Words of states, by what they mean: those of all systems, lower case.
const WORDS: [(CellTone, &[&str]); 3] = [
    (
        CellTone::Good,
        &[
            "running",
            "success",
            "ok",
            "resolved",
            "operational",
            "active",
            "done",
            "ready",
            "bound",
            "complete",
            "completed",
            "succeeded",
            "none",
            "deployed",
            "on",
        ],
    ),
    (
        CellTone::Odd,
        &[
            "pending",
            "warning",
            "warn",
            "acknowledged",
            "queued",
            "in_progress",
            "in progress",
            "insufficient_data",
            "containercreating",
            "terminating",
            "degraded_performance",
            "monitoring",
            "identified",
            "investigating",
            "minor",
            "notready",
            "under_maintenance",
        ],
    ),
    (
        CellTone::Bad,
        &[
            "crashloopbackoff",
            "error",
            "failed",
            "failure",
            "fatal",
            "firing",
            "alarm",
            "triggered",
            "oomkilled",
            "imagepullbackoff",
            "errimagepull",
            "evicted",
            "critical",
            "major",
            "major_outage",
            "partial_outage",
            "p1",
            "highest",
            "blocker",
        ],
    ),
];

/// Columns whose words are states.
const STATES: [&str; 9] = [
    "STATUS",
    "STATE",
    "LEVEL",
    "CONCLUSION",
    "IMPACT",
    "TYPE",
    "HEALTH",
    "PRIORITY",
    "VALUE",
];

fn tone(title: &str, text: &str) -> CellTone {
    if !STATES.contains(&title) {
        return CellTone::Plain;
    }
    let word = text.to_lowercase();
    WORDS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()))
        .map_or(CellTone::Plain, |(tone, _)| *tone)
}

/// A field of a row; a `/` steps inside.
pub fn at<'a>(row: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('/');
    let first = row.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

/// The rows that are at a path of the data; arrays on the way are joined.
pub fn rows(data: &Value, path: &str) -> Vec<Map<String, Value>> {
    let mut found = vec![data];
    for step in path.split('/') {
        found = found
            .into_iter()
            .filter_map(|value| value.get(step))
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            })
            .collect();
    }
    found
        .into_iter()
        .map(|value| match value {
            Value::Object(fields) => fields.clone(),
            other => Map::from_iter([("name".to_owned(), other.clone())]),
        })
        .collect()
}

/// A value as a text, as it would be typed.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list of names with values as an object.
pub fn by_name(pairs: &Value) -> Value {
    let pairs = pairs.as_array().into_iter().flatten();
    pairs
        .filter_map(|pair| {
            Some((
                pair.get("name")?.as_str()?.to_owned(),
                pair.get("value")?.clone(),
            ))
        })
        .collect::<Map<String, Value>>()
        .into()
}

/// A value as a cell says it: instants by how long ago they are, or how far ahead.
fn said(field: &str, value: Option<&Value>, now: SimTime) -> String {
    let name = field.rsplit('/').next().unwrap_or(field);
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Bool(on)) => match (name, on) {
            ("on", true) => "on".to_owned(),
            ("on", false) => "off".to_owned(),
            (_, true) => "yes".to_owned(),
            (_, false) => "no".to_owned(),
        },
        Some(Value::Number(number)) => match number.as_i64() {
            Some(millis) if name == "elapsed_ms" => span(millis),
            Some(millis) if name == "at_ms" => SimTime(millis).format("%m-%d %H:%M:%S%.3f"),
            Some(millis) if name.ends_with("_ms") => ago(now.millis() - millis),
            _ => number.to_string(),
        },
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) if name.ends_with("At") => SimTime::parse_rfc3339(text)
            .map_or_else(|| text.clone(), |at| ago(now.millis() - at.millis())),
        Some(Value::String(text)) => text.lines().next().unwrap_or_default().to_owned(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(item).collect();
            if items.is_empty() {
                "-".to_owned()
            } else {
                items.join(",")
            }
        }
        Some(Value::Object(fields)) => pairs(fields),
    }
}

fn pairs(fields: &Map<String, Value>) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    if pairs.is_empty() {
        "-".to_owned()
    } else {
        pairs.join(",")
    }
}

fn item(value: &Value) -> String {
    let Some(fields) = value.as_object() else {
        return plain(value);
    };
    match (fields.get("name"), fields.get("value")) {
        (Some(name), Some(value)) => format!("{}={}", plain(name), plain(value)),
        _ => pairs(fields),
    }
}

/// How long ago something was, in its largest unit: `3m ago`, `in 2d`.
fn ago(millis: i64) -> String {
    let seconds = millis.abs() / 1000;
    let long = match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    };
    if millis < 0 {
        format!("in {long}")
    } else {
        format!("{long} ago")
    }
}

fn span(millis: i64) -> String {
    let seconds = millis / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// A table of a kind's rows, asked for with what was given. What was shown says what of them can be pinned.
pub fn make(
    kind: &Kind,
    rows: &[Map<String, Value>],
    given: &Map<String, Value>,
    shown: &[Shown],
    now: SimTime,
) -> Table {
    let columns: Vec<(String, String)> = match kind.list {
        Source::Line(_) => rows
            .first()
            .map(|row| {
                row.keys()
                    .map(|name| (name.clone(), name.clone()))
                    .collect()
            })
            .unwrap_or_default(),
        _ => kind
            .columns
            .iter()
            .map(|(title, field)| ((*title).to_owned(), (*field).to_owned()))
            .collect(),
    };
    let heads = columns
        .iter()
        .map(|(title, field)| Head {
            title: title.clone(),
            is_number: !rows.is_empty() && rows.iter().all(|row| is_number(at(row, field))),
        })
        .collect();
    let known: Vec<(String, Vec<String>)> = shown
        .iter()
        .map(|one| {
            let id = one.id();
            let names = names_in(&id);
            (id, names)
        })
        .collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let rows = rows
        .iter()
        .map(|row| Row {
            key: unique(key(&columns, row), &mut seen),
            cells: columns
                .iter()
                .map(|(title, field)| {
                    let text = said(field, at(row, field), now);
                    Cell {
                        tone: tone(title, &text),
                        text,
                    }
                })
                .collect(),
            artifact: artifact(row, &known),
            opens: kind
                .views
                .iter()
                .enumerate()
                .map(|(place, view)| (view.verb, open(kind, place, view, row, given)))
                .collect(),
            record: record(row),
        })
        .collect();
    Table {
        kind: kind.name.to_owned(),
        system: kind.system.to_owned(),
        heads,
        rows,
        is_searched: kind.search.is_some(),
        ..Table::default()
    }
}

fn is_number(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Number(_) | Value::Null) => true,
        Some(Value::String(text)) => text.parse::<f64>().is_ok(),
        _ => false,
    }
}

/// What tells a row from the others: its first columns, and all its labels where it has some.
fn key(columns: &[(String, String)], row: &Map<String, Value>) -> String {
    let columns = columns.iter().take(3).map(|(_, field)| at(row, field));
    let parts: Vec<String> = columns
        .chain([row.get("labels")])
        .map(|value| value.map(plain).unwrap_or_default())
        .collect();
    parts.join("\u{0}")
}

/// Rows that nothing tells apart, such as two events of one second, are counted.
fn unique(key: String, seen: &mut BTreeMap<String, usize>) -> String {
    let before = seen.entry(key.clone()).or_default();
    *before += 1;
    match *before {
        1 => key,
        times => format!("{key}\u{0}{times}"),
    }
}

fn open(
    kind: &Kind,
    place: usize,
    view: &View,
    row: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Ask {
    let mut fields = given.clone();
    fields.extend(row.clone());
    let given: Map<String, Value> = view
        .args
        .iter()
        .map(|(name, template)| ((*name).to_owned(), super::filled(template, &fields)))
        .collect();
    match view.source {
        Source::Kind(child) => Ask {
            given,
            ..Ask::list(child)
        },
        Source::Tool(..) | Source::Line(_) => Ask {
            view: Some(place),
            given,
            ..Ask::list(kind.name)
        },
    }
}

/// The id that a row can be pinned by: its own, or that of what was shown under one of its names.
fn artifact(row: &Map<String, Value>, known: &[(String, Vec<String>)]) -> Option<String> {
    if let Some(own) = row.get("artifact").and_then(Value::as_str) {
        return Some(own.to_owned());
    }
    let names: Vec<&str> = row.values().filter_map(Value::as_str).collect();
    known
        .iter()
        .find(|(_, of)| of.iter().any(|name| names.contains(&name.as_str())))
        .map(|(id, _)| id.clone())
}

fn names_in(id: &str) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => fields.values().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_str(id).unwrap_or_default(), &mut found);
    found
}

/// All fields of a row, a line each, without what only doors need.
fn record(row: &Map<String, Value>) -> String {
    let widest = row.keys().map(String::len).max().unwrap_or(0);
    row.iter()
        .filter(|(name, _)| *name != "artifact")
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name:widest$}  {text}\n"),
            Value::Object(fields) if !fields.is_empty() => {
                let inner: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("  {name} = {}\n", plain(value)))
                    .collect();
                format!("{name}\n{}", inner.concat())
            }
            Value::Number(number) if name.ends_with("_ms") && name != "elapsed_ms" => {
                let at = SimTime(number.as_i64().unwrap_or_default());
                let name = name.trim_end_matches("_ms");
                format!("{name:widest$}  {}\n", at.format("%Y-%m-%d %H:%M:%S%.3f"))
            }
            value => format!("{name:widest$}  {}\n", said(name, Some(value), SimTime(0))),
        })
        .collect()
}
