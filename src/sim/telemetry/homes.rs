//! Where a service's lines come from, as a log system labels them: namespace, container, standard stream. Reads no line.

use std::sync::Arc;

use super::store::Telemetry;
use crate::scenario::format::telemetry::Level;

/// The labels of a stream of lines, sorted.
pub const STREAM_LABELS: [&str; 7] = [
    "app",
    "container",
    "level",
    "namespace",
    "pod",
    "service",
    "stream",
];

/// Which lines a program writes to its standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stderr {
    /// None.
    #[default]
    Never,
    /// Those that report an error.
    Errors,
    /// All.
    Always,
}

/// Where a service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Namespace.
    pub namespace: Arc<str>,
    /// Container in its pods.
    pub container: Arc<str>,
    /// What it writes to its standard error.
    pub stderr: Stderr,
}

impl Home {
    /// The standard stream of lines of a level.
    pub const fn stream(&self, level: Level) -> &'static str {
        match (self.stderr, level) {
            (Stderr::Always, _) | (Stderr::Errors, Level::Error | Level::Fatal) => "stderr",
            _ => "stdout",
        }
    }
}

/// A level as the label `level` has it.
pub const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Fatal => "fatal",
    }
}

impl Telemetry {
    /// The value of a stream's label but for `pod`; empty where there is none.
    pub fn stream_label<'a>(&'a self, name: &str, service: &'a str, level: Level) -> &'a str {
        match name {
            "app" | "service" => service,
            "level" => level_word(level),
            "container" => self.home(service).map_or(service, |home| &home.container),
            "namespace" => self.home(service).map_or("", |home| &home.namespace),
            "stream" => self
                .home(service)
                .map_or("stdout", |home| home.stream(level)),
            _ => "",
        }
    }

    /// The standard stream of a service's lines of a level.
    pub fn stream_of(&self, service: &str, level: Level) -> &'static str {
        self.home(service)
            .map_or("stdout", |home| home.stream(level))
    }
}
