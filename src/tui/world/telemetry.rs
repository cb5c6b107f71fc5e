//! Rows of the log and metric families: log windows with cursors, columnar chart data, marks. Plain data.

use std::ops::Range;
use std::sync::Arc;

use super::ArtifactId;

/// How serious a log line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Traces and debugging.
    #[default]
    Debug,
    /// The ordinary course of things.
    Info,
    /// Something odd.
    Warn,
    /// Something failed.
    Error,
    /// The process gave up.
    Fatal,
}

impl Level {
    /// All of them, mildest first.
    pub const ALL: [Self; 5] = [
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// Four letters or fewer for a narrow column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Debug => "DBG",
            Self::Info => "INF",
            Self::Warn => "WRN",
            Self::Error => "ERR",
            Self::Fatal => "FTL",
        }
    }
}

/// Which log lines match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// The services; none means all.
    pub services: Vec<String>,
    /// Lines of this level and above.
    pub level: Level,
    /// Text that the line holds, as typed, or LogQL; empty matches all.
    pub text: String,
    /// Lines of this kind only, by its name.
    pub kind: Option<String>,
}

/// A place among the lines that match.
#[derive(Clone, Debug, PartialEq)]
pub enum LogSeek {
    /// The newest line.
    Newest,
    /// The oldest line.
    Oldest,
    /// A line that was shown before, by its cursor.
    At(String),
    /// The first line at or after an instant.
    Time(i64),
    /// A share of the way from the oldest (0.0) to the newest (1.0).
    Fraction(f64),
}

/// How many lines to give around a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// Lines before it.
    pub before: usize,
    /// Lines from it on, itself among them.
    pub after: usize,
}

/// Lines around a place, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogWindow {
    /// The lines.
    pub rows: Vec<LogRow>,
    /// Where the place that was asked for is among them.
    pub at: usize,
    /// Whether there is nothing before the first line.
    pub is_start: bool,
    /// Whether there is nothing after the last line.
    pub is_end: bool,
    /// Where the first line is on the way from the oldest (0.0) to the newest (1.0).
    pub fraction: f64,
    /// Lines that match, as far as counted.
    pub count: u64,
    /// The share of the lines searched so far; 1.0 when done.
    pub searched: f64,
    /// What is wrong with the query.
    pub error: Option<QueryError>,
}

/// A log line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// What a pin keeps.
    pub id: ArtifactId,
    /// The place to seek to.
    pub cursor: String,
    /// When it was written.
    pub at_ms: i64,
    /// How serious it is.
    pub level: Level,
    /// The service that wrote it.
    pub service: String,
    /// The pod or host.
    pub source: String,
    /// The line.
    pub text: String,
}

/// A kind of line with what it wrote in a window of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogGroup {
    /// The service that writes it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// How serious its lines are.
    pub level: Level,
    /// Its text, with fields as `{name}`.
    pub pattern: String,
    /// Lines in the window.
    pub lines: u64,
    /// There was none before the window.
    pub is_new: bool,
}

/// Lines that match, counted over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHistogram {
    /// One row of counts for each bucket, in the order of [`Level::ALL`].
    pub buckets: Vec<[u64; 5]>,
    /// What must be said of the counts: `sampled 1/10`.
    pub note: String,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The message, as the real system words it.
    pub message: String,
    /// The bytes of the query it is about.
    pub at: Option<Range<usize>>,
}

/// What a value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    #[default]
    Count,
    /// Something per second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A share between 0 and 1.
    Ratio,
}

/// A metric that can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricRow {
    /// Its name.
    pub name: String,
    /// What it means.
    pub help: String,
    /// `counter`, `gauge`, `histogram`.
    pub kind: String,
    /// A query that shows it well: a counter's rate, a gauge itself.
    pub query: String,
}

/// A dashboard: panels that are looked at together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DashboardRow {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Titles and queries of its panels.
    pub panels: Vec<(String, String)>,
}

/// Queries over a time range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartQuery {
    /// The queries.
    pub queries: Vec<String>,
    /// The first instant.
    pub start_ms: i64,
    /// The last instant.
    pub end_ms: i64,
    /// The step.
    pub step_ms: i64,
}

/// What queries gave: columns over shared instants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    /// The instants, rising.
    pub times: Arc<[i64]>,
    /// The series.
    pub series: Vec<SeriesColumn>,
    /// For each query, what is wrong with it.
    pub errors: Vec<Option<QueryError>>,
}

/// One series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesColumn {
    /// What a pin keeps.
    pub id: ArtifactId,
    /// What tells it from the others of its query, as a legend shows it.
    pub name: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The query it came from, by its place.
    pub query: usize,
    /// What its values mean.
    pub unit: Unit,
    /// One value an instant; not-a-number where there is none.
    pub values: Vec<f64>,
}

/// Something that happened, for the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at_ms: i64,
    /// What kind of thing.
    pub kind: MarkKind,
    /// What, in a few words.
    pub label: String,
}

/// Kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A rollout.
    Rollout,
    /// A change of configuration.
    Config,
    /// An alert that began to fire.
    Alert,
    /// A page.
    Page,
    /// Something the trainee did.
    Action,
}
