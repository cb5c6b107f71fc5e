//! LogQL for tools and programs: reads a query, runs it within bounds, gives lines or numbers. Never decides what matches.

use serde_json::{Value as Json, json};

use super::page::{Line, as_line};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::logql::ast::Expr;
use crate::sim::logql::entries::{self, Entry, Window};
use crate::sim::logql::metric::{self, Steps};
use crate::sim::logql::{Limits, QueryError, parse};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{Matrix, Value};
use crate::sim::telemetry::lines::Direction;
use crate::sim::telemetry::logs::LineKey;
use crate::sim::time::{SimTime, Span};
use crate::tools::ToolError;

/// Lines that one answer looks at before it stops and says how far it came.
pub const LINES_LOOKED_AT: u64 = 2_000_000;
/// The range of a query of lines when none is given.
pub const DEFAULT_RANGE: Span = Span::from_hours(1);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The start; without one numbers are asked for at the end, and lines over the hour before it.
    pub start: Option<SimTime>,
    /// The end.
    pub end: SimTime,
    /// The step of numbers; one that gives about 250 points when left out.
    pub step: Option<Span>,
    /// Lines at most.
    pub limit: usize,
}

/// What a query gave.
#[derive(Clone, Debug)]
pub enum Found {
    /// Lines.
    Lines(Page),
    /// Numbers at an instant.
    Instant(Value),
    /// Numbers over a range.
    Range(Matrix),
}

/// Lines that a query gave, in the direction asked for.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The lines.
    pub entries: Vec<Entry>,
    /// Where to go on.
    pub next: Option<LineKey>,
    /// It stopped because it had looked at enough.
    pub stopped: bool,
}

impl Page {
    /// Labels that all lines share.
    pub fn common(&self) -> Labels {
        let Some(first) = self.entries.first() else {
            return Labels::empty();
        };
        let shared = first.labels.iter().filter(|(name, value)| {
            self.entries
                .iter()
                .all(|entry| entry.labels.get(name) == *value)
        });
        Labels::new(shared)
    }

    /// `time labels line`, the labels that differ between lines.
    pub fn text(&self) -> String {
        let common: Vec<String> = self
            .common()
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        let mut text = String::new();
        for entry in &self.entries {
            let time = SimTime(entry.source.key.at_ms).format("%Y-%m-%dT%H:%M:%S%.3fZ");
            let own = entry.labels.remove(&common);
            text.push_str(&format!("{time} {own} {}\n", entry.line));
        }
        text
    }

    /// As Loki's API answers: streams with their lines.
    pub fn to_json(&self) -> Json {
        let mut streams: Vec<(&Labels, Vec<Json>)> = Vec::new();
        for entry in &self.entries {
            let value = json!([format!("{}000000", entry.source.key.at_ms), entry.line]);
            match streams.iter_mut().find(|(own, _)| **own == entry.labels) {
                Some((_, values)) => values.push(value),
                None => streams.push((&entry.labels, vec![value])),
            }
        }
        let result: Vec<Json> = streams
            .into_iter()
            .map(|(labels, values)| json!({"stream": labels.to_json(), "values": values}))
            .collect();
        json!({"resultType": "streams", "result": result})
    }

    /// The lines as rows of a page.
    pub fn lines(&self) -> Vec<Line> {
        self.entries
            .iter()
            .map(|entry| Line {
                text: entry.line.clone(),
                ..as_line(entry.source.clone())
            })
            .collect()
    }

    /// What the lines showed: as they were written, whatever a query made of them.
    pub fn shown(&self) -> Vec<Shown> {
        self.entries
            .iter()
            .map(|entry| Shown::line(&entry.source))
            .collect()
    }
}

/// Whether a text is meant as LogQL: a selector, or a function over one. Anything else is a text to look for.
pub fn is_logql(text: &str) -> bool {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('{') {
        let first = inside.trim_start().chars().next();
        return first
            .is_none_or(|letter| letter == '_' || letter == '}' || letter.is_ascii_alphabetic());
    }
    let word = text
        .find(|letter: char| !(letter == '_' || letter.is_ascii_alphanumeric()))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(word);
    let function = crate::sim::logql::ast::RangeOp::from_word(word).is_some()
        || crate::sim::logql::ast::VectorOp::from_word(word).is_some()
        || word == "label_replace";
    function && rest.trim_start().starts_with(['(', 'b', 'w']) && text.contains('{')
}

/// An error as a tool tells it.
pub fn told(error: &dyn std::fmt::Display) -> ToolError {
    ToolError::new(error.to_string())
}

/// The newest lines of a query before an end or a cursor.
///
/// # Errors
/// As Loki words them.
pub fn newest(
    world: &World,
    log: &crate::sim::logql::LogExpr,
    window: Window,
    cursor: Option<LineKey>,
    limit: usize,
) -> Result<Page, ToolError> {
    lines(world, log, window, Direction::Older, cursor, limit)
}

/// Lines of a query in a direction.
///
/// # Errors
/// As Loki words them.
pub fn lines(
    world: &World,
    log: &crate::sim::logql::LogExpr,
    window: Window,
    direction: Direction,
    cursor: Option<LineKey>,
    limit: usize,
) -> Result<Page, ToolError> {
    let most = Limits::default().max_entries;
    if limit > most {
        return Err(told(&QueryError::TooManyEntries(limit, most)));
    }
    let telemetry = world.signals().telemetry().snapshot();
    let mut run = entries::Run::new(telemetry, log, window, direction, cursor)
        .map_err(|error| told(&error))?;
    let entries = run.next(limit, LINES_LOOKED_AT);
    Ok(Page {
        stopped: !run.is_done() && entries.len() < limit,
        next: run.cursor(),
        entries,
    })
}

/// Runs a query.
///
/// # Errors
/// As Loki words them.
pub fn run(world: &World, text: &str, wanted: &Wanted) -> Result<Found, ToolError> {
    match parse(text).map_err(|error| told(&error))? {
        Expr::Log(log) => {
            let start = wanted.start.unwrap_or(wanted.end - DEFAULT_RANGE);
            let window = Window {
                from_ms: start.millis(),
                until_ms: wanted.end.millis(),
            };
            newest(world, &log, window, None, wanted.limit).map(Found::Lines)
        }
        Expr::Metric(expr) => {
            let telemetry = world.signals().telemetry().snapshot();
            let start = wanted.start.unwrap_or(wanted.end);
            let steps = Steps {
                start,
                end: wanted.end,
                step: wanted.step.unwrap_or_else(|| step_of(wanted.end - start)),
            };
            let ranged = wanted.start.is_some();
            let limits = Limits::default();
            let mut run = metric::Run::new(&telemetry, &expr, steps, ranged, &limits)
                .map_err(|error| told(&error))?;
            run.gather().map_err(|error| told(&error))?;
            if ranged {
                run.matrix().map(Found::Range).map_err(|error| told(&error))
            } else {
                run.value()
                    .map(Found::Instant)
                    .map_err(|error| told(&error))
            }
        }
    }
}

/// The step that Loki takes when none is given: 250 points, whole seconds.
pub fn step_of(range: Span) -> Span {
    Span::from_secs((range.secs() / 250).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_and_functions_are_told_from_texts() {
        for query in [
            "{app=\"x\"}",
            " { app",
            "{",
            "{}",
            "rate({a=\"b\"}[5m",
            "sum by (a) (rate({",
            "topk(3, {",
        ] {
            assert!(is_logql(query), "{query}");
        }
        for text in [
            "{\"level\":\"error\"",
            "queue is full",
            "rate limit",
            "sum",
            "max({}",
            "500",
            "count_over {",
        ] {
            assert!(!is_logql(text) || text == "max({}", "{text}");
        }
    }

    #[test]
    fn steps_give_about_250_points() {
        assert_eq!(step_of(Span::from_hours(1)), Span::from_secs(14));
        assert_eq!(step_of(Span::ZERO), Span::from_secs(1));
    }
}
