//! `datadog_query_metrics`: a query in Datadog's language over a window. Never a sample that the estate's series do not
//! have.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compute::{Computer, aggregate};
use super::language::{Aggregator, Query};
use super::series::{Grid, Series};
use super::{catalog, functions, parse, times};
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// How far back a query looks when nothing is said.
const WINDOW: Span = Span::from_hours(1);
/// No answer has more intervals.
const MOST_INTERVALS: i64 = 1500;
/// No query reads more metrics.
const MOST_METRICS: usize = 20;
/// Intervals of a query that names none.
const USUAL_INTERVALS: i64 = 60;
/// Series are scraped so often.
const SCRAPES: i64 = 15;
/// Points that the text prints of a single series: the newest.
const PRINTED: usize = 12;
/// Columns of a series' small chart.
const CHART: usize = 30;

/// Queries metrics.
pub struct QueryMetrics;

/// Arguments. `from` and `to` are RFC 3339, seconds since the epoch, or as far back as in `now-1h`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The query, for example `sum:trace.http.request.hits{service:x} by {resource_name}.as_rate()`.
    pub query: String,
    /// From when; an hour before `to` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until when; now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Most series, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            query: String::new(),
            from: None,
            to: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// What a query gave.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct QueryResult {
    /// `ok`.
    pub status: String,
    /// The query.
    pub query: String,
    /// Start of the first interval, in ms since the epoch.
    pub from_date: i64,
    /// End of the last interval, in ms since the epoch.
    pub to_date: i64,
    /// Length of an interval in seconds.
    pub interval: i64,
    /// A series for each group.
    pub series: Vec<SeriesRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// What the answer does not have, in words.
    pub notes: Vec<String>,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A series.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SeriesRow {
    /// Its tags as Datadog writes them: `service:x,pod_name:y`, or `*`.
    pub scope: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Unit of a query of one metric.
    pub unit: Option<String>,
    /// Start of an interval in ms since the epoch, and its value.
    pub pointlist: Vec<(i64, f64)>,
}

/// A number in at most five digits, or whole.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e15 {
        format!("{value}")
    } else if size >= 1000.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.5}")
    }
}

/// Values as a small chart, the newest at its end.
fn chart(values: &[f64]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let newest = values.get(values.len().saturating_sub(CHART)..);
    let newest = newest.unwrap_or(values);
    let least = newest.iter().copied().fold(f64::INFINITY, f64::min);
    let most = newest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = most - least;
    newest
        .iter()
        .map(|value| {
            let share = if range > 0.0 {
                (value - least) / range
            } else {
                0.0
            };
            let step = (share * 7.0 + 0.5) as usize;
            STEPS.get(step.min(7)).copied().unwrap_or('█')
        })
        .collect()
}

impl QueryResult {
    fn row(row: &SeriesRow) -> String {
        let values: Vec<f64> = row.pointlist.iter().map(|(_, value)| *value).collect();
        let of = |by| aggregate(by, &values).map_or_else(|| "-".to_owned(), number);
        let last = values
            .last()
            .map_or_else(|| "-".to_owned(), |value| number(*value));
        let unit = row.unit.as_deref().filter(|unit| !unit.is_empty());
        format!(
            "{}  {}  last {last}  avg {}  min {}  max {}{}\n",
            row.scope,
            chart(&values),
            of(Aggregator::Avg),
            of(Aggregator::Min),
            of(Aggregator::Max),
            unit.map_or_else(String::new, |unit| format!("  [{unit}]")),
        )
    }
}

impl Text for QueryResult {
    fn text(&self) -> String {
        let at = |ms: i64| SimTime(ms).format("%Y-%m-%d %H:%M:%S");
        let mut text = format!(
            "{}\nevery {}s from {} to {}\n",
            self.query,
            self.interval,
            at(self.from_date),
            at(self.to_date)
        );
        if self.series.is_empty() {
            text.push_str("No series.\n");
        }
        for row in &self.series {
            text.push_str(&Self::row(row));
        }
        if let [only] = self.series.as_slice() {
            let hidden = only.pointlist.len().saturating_sub(PRINTED);
            if hidden > 0 {
                text.push_str(&format!("    ({hidden} older points are in the data)\n"));
            }
            for (ms, value) in only.pointlist.iter().skip(hidden) {
                text.push_str(&format!("    {}  {}\n", at(*ms), number(*value)));
            }
        }
        for note in &self.notes {
            text.push_str(&format!("({note})\n"));
        }
        text + &paging::footer(
            self.series.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        )
    }
}

/// The grid of a query over a window: the longest interval that one of its metrics names, or one that suits.
fn grid(query: &Query, from: SimTime, until: SimTime) -> Result<Grid, ToolError> {
    let named = query.metrics().iter().filter_map(|one| one.interval).max();
    let window = (until - from).secs().max(1);
    let seconds = match named {
        Some(0) => {
            return Err(ToolError::new(
                "400 Bad Request: {\"errors\": [\"rollup interval must be greater than 0\"]}",
            ));
        }
        Some(seconds) => i64::from(seconds).max(SCRAPES) / SCRAPES * SCRAPES,
        None => {
            let usual = [60, 120, 300, 600, 1800, 3600, 7200, 14_400];
            let fits = |seconds: &&i64| window / **seconds <= USUAL_INTERVALS;
            usual.iter().find(fits).copied().unwrap_or(28_800)
        }
    };
    let count = window / seconds;
    if count > MOST_INTERVALS {
        return Err(ToolError {
            message: format!(
                "400 Bad Request: {{\"errors\": [\"The query would return {count} points for each series, the limit is {MOST_INTERVALS}\"]}}"
            ),
            hint: Some("give a longer rollup or a shorter window".to_owned()),
        });
    }
    let interval = Span::from_secs(seconds);
    let count = count.max(1);
    let end = until.floor_to(interval.min(Span::from_mins(1)));
    Ok(Grid {
        from: end - Span(interval.millis() * count),
        interval,
        count: count as usize,
    })
}

fn unit(world: &World, query: &Query) -> Option<String> {
    let Query::Metric(metric) = query else {
        return None;
    };
    let unit = catalog::metric(world, &metric.name)?.unit;
    (!unit.is_empty()).then(|| unit.to_owned())
}

fn series_row(series: Series, grid: Grid, unit: Option<&String>) -> SeriesRow {
    let points = series.values.iter().enumerate();
    SeriesRow {
        scope: series.scope(),
        pointlist: points
            .filter_map(|(index, value)| Some((grid.start(index).millis(), (*value)?)))
            .collect(),
        tags: series.tags,
        unit: unit.cloned(),
    }
}

impl Look for QueryMetrics {
    type Args = Args;
    type Output = QueryResult;
    const NAME: &'static str = "datadog_query_metrics";
    const FAMILY: Family = Family::Datadog;
    const ABOUT: &'static str = "Evaluates a Datadog metrics query over a window: trace.* hits, errors and durations, kubernetes.*, kafka.*, redis.*, postgresql.*, system.*";

    fn look(world: &World, args: &Args) -> Result<Seen<QueryResult>, ToolError> {
        if args.query.trim().is_empty() {
            return Err(ToolError {
                message: "400 Bad Request: {\"errors\": [\"query is required\"]}".to_owned(),
                hint: Some(format!("there are {}", catalog::names().join(", "))),
            });
        }
        let query = parse::parse(&args.query).map_err(|problem| ToolError {
            message: format!(
                "400 Bad Request: {{\"errors\": [\"Error parsing query: unable to parse {}: {problem}\"]}}",
                args.query
            ),
            hint: Some("such as avg:kubernetes.memory.usage{service:x} by {pod_name}.rollup(max, 60)".to_owned()),
        })?;
        if query.metrics().len() > MOST_METRICS {
            return Err(ToolError::new(format!(
                "400 Bad Request: {{\"errors\": [\"The query has more than {MOST_METRICS} metrics\"]}}"
            )));
        }
        let now = world.now();
        let until = match &args.to {
            Some(text) => times::instant("to", text, now)?.min(now),
            None => now,
        };
        let from = match &args.from {
            Some(text) => times::instant("from", text, now)?,
            None => until - WINDOW,
        };
        if from >= until {
            return Err(ToolError::new(
                "400 Bad Request: {\"errors\": [\"'from' must be before 'to'\"]}",
            ));
        }
        let grid = grid(&query, from, until)?;
        let mut computer = Computer::new(world);
        let all = functions::evaluate(&mut computer, &query, grid)?;
        let unit = unit(world, &query);
        let rows: Vec<SeriesRow> = all
            .into_iter()
            .map(|series| series_row(series, grid, unit.as_ref()))
            .filter(|row| !row.pointlist.is_empty())
            .collect();
        let page = paging::page(rows, args.limit, args.cursor.as_deref(), |row| {
            row.scope.clone()
        })?;
        Ok(Seen {
            shown: computer.shown,
            output: QueryResult {
                status: "ok".to_owned(),
                query: args.query.clone(),
                from_date: grid.from.millis(),
                to_date: grid.end().millis(),
                interval: grid.interval.secs(),
                series: page.items,
                total: page.total,
                before: page.before,
                notes: computer.notes,
                cursor: page.cursor,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"query\":\"sum:trace.grpc.server.errors{service:intake} by {resource_name}.as_count().rollup(sum, 300)\"}",
                about: "Failed requests of a service by operation, for every five minutes",
                prints: "sum:trace.grpc.server.errors{service:intake} by {resource_name}.as_count().rollup(sum, 300)\nevery 300s from 2026-03-02 13:00:00 to 2026-03-02 14:00:00\nresource_name:jobs.Intake/Put  ▁▂▆███▂▂▂▂▂▂  last 701  avg 2963  min 5  max 8205  [request]\n    2026-03-02 13:00:00  5\n    2026-03-02 13:05:00  816\n    2026-03-02 13:10:00  6022\n    2026-03-02 13:15:00  8148\n    2026-03-02 13:20:00  8078\n    2026-03-02 13:25:00  8205\n    2026-03-02 13:30:00  700\n    2026-03-02 13:35:00  762\n    2026-03-02 13:40:00  710\n    2026-03-02 13:45:00  723\n    2026-03-02 13:50:00  689\n    2026-03-02 13:55:00  701\n",
            },
            ToolExample {
                args: "{\"query\":\"max:kubernetes.memory.usage{service:worker}\",\"from\":\"now-5m\"}",
                about: "A gauge over five minutes",
                prints: "max:kubernetes.memory.usage{service:worker}\nevery 60s from 2026-03-02 13:55:00 to 2026-03-02 14:00:00\n*  ▁▇▆▇█  last 121641984  avg 120366490  min 117527552  max 121641984  [byte]\n    2026-03-02 13:55:00  117527552\n    2026-03-02 13:56:00  120844288\n    2026-03-02 13:57:00  120686592\n    2026-03-02 13:58:00  121132032\n    2026-03-02 13:59:00  121641984\n",
            },
            ToolExample {
                args: "{\"query\":\"avg:kafka.consumer_lags{*}\"}",
                about: "A metric that does not exist",
                prints: "avg:kafka.consumer_lags{*}\nevery 60s from 2026-03-02 13:00:00 to 2026-03-02 14:00:00\nNo series.\n(no metric kafka.consumer_lags reports here; did you mean kafka.consumer_lag or kafka.consumer_offset?)\n",
            },
            ToolExample {
                args: "{\"query\":\"kafka.consumer_lag{*}\"}",
                about: "A query without its aggregator",
                prints: "datadog_query_metrics: 400 Bad Request: {\"errors\": [\"Error parsing query: unable to parse kafka.consumer_lag{*}: expected an aggregator such as avg: before the metric at col 1\"]}\nhint: such as avg:kubernetes.memory.usage{service:x} by {pod_name}.rollup(max, 60)\n",
            },
        ]
    }
}
