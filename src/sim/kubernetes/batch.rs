//! Jobs and CronJobs. When a CronJob is due is `schedule`'s to say.

use std::sync::Arc;

use super::meta::{Labels, ObjectMeta};
use super::pod::Pace;
use super::schedule::Schedule;
use super::template::PodTemplate;
use crate::sim::time::SimTime;

/// A Job: pods that run to their end.
#[derive(Clone, Debug, Hash)]
pub struct Job {
    /// Name, labels, owner.
    pub meta: ObjectMeta,
    /// The CronJob that made it.
    pub cron_job: Option<Arc<str>>,
    /// What its pods are made from.
    pub template: Arc<PodTemplate>,
    /// Which pods belong to it.
    pub selector: Labels,
    /// How many pods may fail before the Job does.
    pub backoff_limit: u32,
    /// How many failed.
    pub failed: u32,
    /// How many pods it ever made.
    pub pods_made: u64,
    /// When it started.
    pub started_at: SimTime,
    /// How and when it ended.
    pub finished: Option<JobEnd>,
    /// When the next pod is made after a failure; mirrored in the cluster's timers.
    pub(super) retry_at: Option<SimTime>,
    /// How long containers take for what no manifest states.
    pub pace: Pace,
}

/// How and when a Job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobEnd {
    /// When.
    pub at: SimTime,
    /// Whether it ended well.
    pub succeeded: bool,
}

/// A CronJob: makes Jobs by a schedule.
#[derive(Clone, Debug, Hash)]
pub struct CronJob {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// The schedule as written.
    pub schedule_text: String,
    /// The schedule as understood.
    pub schedule: Schedule,
    /// What happens when a run is due while another runs.
    pub concurrency: Concurrency,
    /// Whether it makes no Jobs for now.
    pub suspended: bool,
    /// What its Jobs' pods are made from.
    pub template: Arc<PodTemplate>,
    /// How many pods may fail before a Job does.
    pub backoff_limit: u32,
    /// Ended Jobs that are kept.
    pub successful_history: u32,
    /// Failed Jobs that are kept.
    pub failed_history: u32,
    /// When a Job was last due.
    pub last_schedule: Option<SimTime>,
    /// When a Job last ended well.
    pub last_success: Option<SimTime>,
    /// How long containers take for what no manifest states.
    pub pace: Pace,
}

/// What happens when a run is due while another runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Concurrency {
    /// Both run.
    #[default]
    Allow,
    /// The new one is skipped.
    Forbid,
    /// The old one is stopped.
    Replace,
}

impl Concurrency {
    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}
