//! Rows of Jobs and CronJobs.

use serde::Serialize;

use super::{Column, Row, containers_of};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::batch::{CronJob, Job};
use crate::sim::kubernetes::meta::labels_text;
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A Job in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Running`, `Complete` or `Failed`.
    pub status: &'static str,
    /// Pods that ended well.
    pub succeeded: u32,
    /// When it started.
    pub started_at: SimTime,
    /// When it ended.
    pub ended_at: Option<SimTime>,
    /// How long it ran, in a few letters.
    pub duration: String,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// Its containers.
    pub containers: Vec<String>,
    /// Their images.
    pub images: Vec<String>,
    /// Which pods belong to it.
    pub selector: String,
}

impl Row for JobRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("STATUS", false),
        ("COMPLETIONS", false),
        ("DURATION", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.status.to_owned(),
            format!("{}/1", self.succeeded),
            self.duration.clone(),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
            self.selector.clone(),
        ]
    }
}

/// The row of a Job.
pub fn job_row(cluster: &Cluster, job: &Job, now: SimTime) -> JobRow {
    let (containers, images) = containers_of(&job.template);
    let ended_at = job.finished.map(|end| end.at);
    let completed_at = job.finished.filter(|end| end.succeeded).map(|end| end.at);
    JobRow {
        namespace: job.meta.namespace.to_string(),
        name: job.meta.name.to_string(),
        status: match job.finished {
            None => "Running",
            Some(end) if end.succeeded => "Complete",
            Some(_) => "Failed",
        },
        succeeded: cluster.job_counts(job).succeeded,
        started_at: job.started_at,
        ended_at,
        duration: age::short(completed_at.unwrap_or(now) - job.started_at),
        created_at: job.meta.created_at,
        age: age::since(job.meta.created_at, now),
        containers,
        images,
        selector: labels_text(&job.selector),
    }
}

/// A CronJob in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CronJobRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its schedule.
    pub schedule: String,
    /// Whether it makes no Jobs for now.
    pub suspended: bool,
    /// Jobs that run.
    pub active: usize,
    /// When a Job was last due.
    pub last_schedule: Option<SimTime>,
    /// Since then, in a few letters.
    pub last_schedule_ago: Option<String>,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// Its containers.
    pub containers: Vec<String>,
    /// Their images.
    pub images: Vec<String>,
}

impl Row for CronJobRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("SCHEDULE", false),
        ("TIMEZONE", false),
        ("SUSPEND", false),
        ("ACTIVE", false),
        ("LAST SCHEDULE", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.schedule.clone(),
            "<none>".to_owned(),
            if self.suspended { "True" } else { "False" }.to_owned(),
            self.active.to_string(),
            self.last_schedule_ago
                .clone()
                .unwrap_or_else(|| "<none>".to_owned()),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
            "<none>".to_owned(),
        ]
    }
}

/// The row of a CronJob.
pub fn cron_job_row(cluster: &Cluster, cron_job: &CronJob, now: SimTime) -> CronJobRow {
    let (containers, images) = containers_of(&cron_job.template);
    CronJobRow {
        namespace: cron_job.meta.namespace.to_string(),
        name: cron_job.meta.name.to_string(),
        schedule: cron_job.schedule_text.clone(),
        suspended: cron_job.suspended,
        active: cluster
            .jobs_of(cron_job)
            .filter(|job| job.finished.is_none())
            .count(),
        last_schedule: cron_job.last_schedule,
        last_schedule_ago: cron_job.last_schedule.map(|at| age::since(at, now)),
        created_at: cron_job.meta.created_at,
        age: age::since(cron_job.meta.created_at, now),
        containers,
        images,
    }
}
