//! What readers of log lines ask for and get: filters, lines, pages. Reads nothing.

use std::sync::Arc;

use super::logs::{LineKey, ScriptedLine};
use super::store::Telemetry;
use crate::scenario::format::telemetry::Level;
use crate::sim::promql::matcher::Matcher;

/// Most lines of a page.
pub const LARGEST_PAGE: usize = 10_000;
/// Levels, for arrays of counts: `Debug` to `Fatal`.
pub const LEVELS: [Level; 5] = [
    Level::Debug,
    Level::Info,
    Level::Warn,
    Level::Error,
    Level::Fatal,
];

/// The label that tells the pods of a stream apart.
const POD: &str = "pod";

/// Which lines are read. Empty lists leave a thing open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFilter {
    /// Services.
    pub services: Vec<String>,
    /// Pods.
    pub pods: Vec<String>,
    /// Levels.
    pub levels: Vec<Level>,
    /// Kinds of lines by name.
    pub names: Vec<String>,
    /// Conditions on the labels of their stream, all of which hold.
    pub matchers: Vec<Matcher>,
    /// From this instant, in ms since the Unix epoch.
    pub from_ms: i64,
    /// To before this instant.
    pub until_ms: i64,
}

impl Default for LineFilter {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            pods: Vec::new(),
            levels: Vec::new(),
            names: Vec::new(),
            matchers: Vec::new(),
            from_ms: i64::MIN,
            until_ms: i64::MAX,
        }
    }
}

impl LineFilter {
    pub(super) fn takes(
        &self,
        telemetry: &Telemetry,
        service: &str,
        level: Level,
        name: &str,
    ) -> bool {
        let among =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|own| own == value);
        let mut on_streams = self.matchers.iter().filter(|one| one.name() != POD);
        among(&self.services, service)
            && among(&self.names, name)
            && (self.levels.is_empty() || self.levels.contains(&level))
            && on_streams.all(|one| one.matches(telemetry.stream_label(one.name(), service, level)))
    }

    /// Whether pods make a difference.
    pub(super) fn names_pods(&self) -> bool {
        !self.pods.is_empty() || self.matchers.iter().any(|one| one.name() == POD)
    }

    /// Whether a pod's lines are taken; without a pod its name is empty.
    pub(super) fn takes_pod(&self, pod: &str) -> bool {
        let mut on_pods = self.matchers.iter().filter(|one| one.name() == POD);
        (self.pods.is_empty() || self.pods.iter().any(|own| own == pod))
            && on_pods.all(|one| one.matches(pod))
    }

    pub(super) fn takes_scripted(&self, telemetry: &Telemetry, line: &ScriptedLine) -> bool {
        self.takes(telemetry, &line.service, line.level, &line.name)
            && self.takes_pod(line.pod.as_deref().unwrap_or(""))
    }
}

/// Which way pages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the newest line back.
    Older,
    /// From the oldest line on.
    Newer,
}

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its place and identity.
    pub key: LineKey,
    /// The service that wrote it.
    pub service: Arc<str>,
    /// The pod that wrote it, if one did.
    pub pod: Option<Arc<str>>,
    /// Its level.
    pub level: Level,
    /// The kind of line.
    pub name: Arc<str>,
    /// Its text; several lines for a stack trace.
    pub text: String,
    /// It stands for so many events: 1, or what is sampled.
    pub one_in: u32,
}

/// A page of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines, in the direction asked for.
    pub lines: Vec<LogLine>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<LineKey>,
}
