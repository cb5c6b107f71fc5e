//! Windows of log lines around a place, for a list of any length; counts over time by level.

use std::sync::Arc;

use crate::scenario::format::telemetry::Level;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::telemetry::lines::{Direction, LineFilter};
use crate::sim::telemetry::logs::LineKey;
use crate::tools::logs::page::{Line, as_line};

/// Lines looked at for one window when a text is searched.
const LOOKED_AT: usize = 8_000;
const FETCHED: usize = 400;

/// Which lines.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Services; all when empty.
    pub services: Vec<String>,
    /// Levels from this one on: 0 is debug.
    pub from_level: usize,
    /// A text in the line.
    pub text: String,
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

fn filter(wanted: &Wanted) -> LineFilter {
    let all = [
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
        Level::Fatal,
    ];
    LineFilter {
        services: wanted.services.clone(),
        levels: if wanted.from_level == 0 {
            Vec::new()
        } else {
            all.into_iter().skip(wanted.from_level).collect()
        },
        ..LineFilter::default()
    }
}

/// Reads a window of lines.
pub fn window(world: &World, wanted: &Wanted, seek: &Seek, before: usize, after: usize) -> Window {
    let telemetry = world.signals().telemetry();
    let filter = filter(wanted);
    let key = match seek {
        Seek::Newest => None,
        Seek::Oldest => telemetry.nth_line(&filter, 0),
        Seek::At(cursor) => LineKey::parse(cursor),
        Seek::Time(at) => {
            let older = LineFilter {
                until_ms: *at,
                ..filter.clone()
            };
            telemetry.nth_line(&filter, telemetry.count_lines(&older))
        }
        Seek::Fraction(share) => {
            let count = telemetry.count_lines(&filter);
            telemetry.nth_line(&filter, (count as f64 * share.clamp(0.0, 1.0)) as u64)
        }
    };
    let mut window = Window {
        searched: 1.0,
        ..Window::default()
    };
    let (mut lines, is_end) = match key {
        None => (Vec::new(), true),
        Some(key) => {
            let (mut lines, more) = read(
                world,
                &filter,
                &wanted.text,
                Some(key),
                Direction::Newer,
                after.saturating_sub(1),
            );
            if let Some(line) = telemetry
                .line(key)
                .filter(|line| line.text.contains(&wanted.text))
            {
                lines.insert(0, as_line(line));
            }
            (lines, !more)
        }
    };
    let older_wanted = if key.is_none() {
        before + after
    } else {
        before
    };
    let (mut older, more) = read(
        world,
        &filter,
        &wanted.text,
        key,
        Direction::Older,
        older_wanted,
    );
    older.reverse();
    window.at = if key.is_none() {
        older.len().saturating_sub(1)
    } else {
        older.len()
    };
    older.append(&mut lines);
    window.lines = older;
    window.is_start = !more;
    window.is_end = is_end;
    window.artifacts = window
        .lines
        .iter()
        .map(|line| {
            Shown::Line {
                service: line.service.clone(),
                text: line.text.clone(),
            }
            .id()
        })
        .collect();
    window.count = telemetry.count_lines(&filter);
    let first = window
        .lines
        .first()
        .and_then(|line| LineKey::parse(&line.cursor));
    let rank = first.map_or(0, |first| telemetry.line_rank(&filter, first));
    window.fraction = if window.count == 0 {
        0.0
    } else {
        rank as f64 / window.count as f64
    };
    window
}

fn read(
    world: &World,
    filter: &LineFilter,
    text: &str,
    from: Option<LineKey>,
    direction: Direction,
    limit: usize,
) -> (Vec<Line>, bool) {
    let telemetry = world.signals().telemetry();
    let mut found = Vec::new();
    let mut cursor = from;
    let mut looked_at = 0;
    while found.len() < limit && looked_at < LOOKED_AT {
        let fetch = if text.is_empty() {
            limit - found.len()
        } else {
            FETCHED
        };
        let page = telemetry.lines(filter, cursor, direction, fetch);
        let more = page.next.is_some();
        for line in page.lines {
            looked_at += 1;
            cursor = Some(line.key);
            if line.text.contains(text) && found.len() < limit {
                found.push(as_line(line));
            }
        }
        if !more {
            return (found, false);
        }
    }
    (found, true)
}

/// Lines by level in equal parts of a window of time.
pub fn histogram(
    world: &World,
    wanted: &Wanted,
    start_ms: i64,
    end_ms: i64,
    buckets: usize,
) -> Vec<[u64; 5]> {
    let width = ((end_ms - start_ms) / buckets.max(1) as i64).max(1000);
    let filter = LineFilter {
        from_ms: start_ms,
        until_ms: end_ms,
        ..filter(wanted)
    };
    let mut counts = vec![[0; 5]; buckets];
    for bar in world.signals().telemetry().line_histogram(&filter, width) {
        let index = (bar.start_ms - start_ms).div_euclid(width).max(0) as usize;
        if let Some(slot) = counts.get_mut(index.min(buckets.saturating_sub(1))) {
            slot.iter_mut()
                .zip(bar.counts)
                .for_each(|(sum, count)| *sum += count);
        }
    }
    counts
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
    let mut fields = vec![
        ("time".to_owned(), as_line(line.clone()).time),
        ("service".to_owned(), line.service.to_string()),
        (
            "pod".to_owned(),
            line.pod
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
    ];
    fields.extend(
        telemetry
            .line_fields(key)
            .into_iter()
            .map(|(name, value): (Arc<str>, String)| (name.to_string(), value)),
    );
    if line.one_in > 1 {
        fields.push(("sampled".to_owned(), format!("1/{}", line.one_in)));
    }
    fields
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
