//! Rows of the traces pane: lists of traces, and one with its spans. Plain data.

use super::ArtifactId;

/// What comes first in a list of traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceOrder {
    /// What failed.
    #[default]
    Failed,
    /// What took longest.
    Slowest,
    /// What was answered last.
    Newest,
}

impl TraceOrder {
    /// The word that names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Slowest => "slowest",
            Self::Newest => "newest",
        }
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Failed => Self::Slowest,
            Self::Slowest => Self::Newest,
            Self::Newest => Self::Failed,
        }
    }
}

/// Which traces are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceQuery {
    /// Of this service; of all when empty.
    pub service: String,
    /// What comes first.
    pub order: TraceOrder,
    /// Only those that failed.
    pub failed_only: bool,
    /// Around this instant, milliseconds since the Unix epoch; of the last quarter of an hour when left out.
    pub around_ms: Option<i64>,
}

/// Traces of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceList {
    /// In the order asked for.
    pub rows: Vec<TraceListRow>,
    /// What the list does not have, in words.
    pub notes: Vec<String>,
}

/// A trace of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceListRow {
    /// What it is pinned by.
    pub id: ArtifactId,
    /// Its digits.
    pub trace: String,
    /// When it began, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Whether it failed.
    pub failed: bool,
    /// Its status, as HTTP or gRPC write it.
    pub status: String,
    /// The service where it enters.
    pub service: String,
    /// The operation asked for.
    pub operation: String,
    /// What it said of its failure.
    pub error: String,
}

/// One trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceView {
    /// What it is pinned by.
    pub id: ArtifactId,
    /// Its digits.
    pub trace: String,
    /// Service and operation.
    pub title: String,
    /// Its status, as HTTP or gRPC write it.
    pub status: String,
    /// Whether it failed.
    pub failed: bool,
    /// When it began, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Its spans, each parent before its children.
    pub spans: Vec<SpanRow>,
    /// What the trace does not have, in words.
    pub notes: Vec<String>,
}

/// A span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanRow {
    /// How deep it lies.
    pub depth: usize,
    /// The service that did the work.
    pub service: String,
    /// What kind of work.
    pub operation: String,
    /// Which work.
    pub resource: String,
    /// When it began after the trace did, in microseconds.
    pub offset_us: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What went wrong.
    pub error: Option<String>,
    /// Further names and values.
    pub attributes: Vec<(String, String)>,
}
