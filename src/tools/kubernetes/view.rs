//! What kubectl needs to see: the cluster, and narrow sources for what the cluster does not know (logs, usage, files).

use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::pod::{ContainerStatus, Pod};
use crate::sim::time::SimTime;

/// Everything kubectl looks at.
pub trait KubeView {
    /// The cluster as it is now.
    fn cluster(&self) -> &Cluster;

    /// What containers wrote.
    fn logs(&self) -> &dyn LogSource;

    /// What containers and nodes use.
    fn usage(&self) -> &dyn UsageSource;

    /// What is inside containers.
    fn inside(&self) -> &dyn ExecSource;

    /// A file of the trainee's own, for `-f FILE`; `None` if there is none of this name.
    fn file(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }
}

/// What containers wrote.
pub trait LogSource {
    /// The lines of one life of a container in a window, oldest first. With `tail`, only the last so many.
    fn lines(&self, query: &LogQuery<'_>) -> Vec<LogLine>;
}

/// Which lines are asked for.
#[derive(Clone, Copy, Debug)]
pub struct LogQuery<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// The container.
    pub container: &'a ContainerStatus,
    /// How often the container had been started before this life.
    pub life: u32,
    /// From this instant, inclusive.
    pub from: SimTime,
    /// Up to this instant, inclusive.
    pub until: SimTime,
    /// Only the last so many lines.
    pub tail: Option<usize>,
}

/// A line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: SimTime,
    /// The text, without a line break; several lines of one stack trace are several log lines.
    pub text: String,
}

/// What containers and nodes use.
pub trait UsageSource {
    /// What a container uses; `None` while it is not measured.
    fn container(&self, pod: &Pod, container: &str) -> Option<Usage>;

    /// What a node uses; `None` while it is not measured.
    fn node(&self, node: &str) -> Option<Usage>;
}

/// An amount of CPU and memory in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of a core.
    pub cpu_millis: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

/// What is inside containers.
pub trait ExecSource {
    /// Runs a program in a container; `None` if the container has no such program. `env`, `printenv`, `hostname`, `date`
    /// and files of mounted ConfigMaps need no answer here.
    fn run(&self, pod: &Pod, container: &ContainerStatus, argv: &[String]) -> Option<ExecOutput>;
}

/// What a program printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// Sources that know nothing: for a cluster alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl LogSource for Nothing {
    fn lines(&self, _: &LogQuery<'_>) -> Vec<LogLine> {
        Vec::new()
    }
}

impl UsageSource for Nothing {
    fn container(&self, _: &Pod, _: &str) -> Option<Usage> {
        None
    }

    fn node(&self, _: &str) -> Option<Usage> {
        None
    }
}

impl ExecSource for Nothing {
    fn run(&self, _: &Pod, _: &ContainerStatus, _: &[String]) -> Option<ExecOutput> {
        None
    }
}
