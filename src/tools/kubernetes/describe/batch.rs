//! Jobs and CronJobs in words.

use super::super::age;
use super::super::tabs::Page;
use super::template::pod_template;
use super::{annotations, head, labels};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::batch::{CronJob, Job};
use crate::sim::kubernetes::meta::labels_text;

/// A Job.
pub(super) fn job(page: &mut Page, cluster: &Cluster, job: &Job) {
    head(page, &job.meta);
    page.line(0, &format!("Selector:\t{}", labels_text(&job.selector)));
    labels(page, "Labels", &job.meta.labels);
    annotations(page, "Annotations", &job.meta.annotations);
    if let Some(owner) = &job.meta.owner {
        page.line(
            0,
            &format!("Controlled By:\t{}/{}", owner.kind.name(), owner.name),
        );
    }
    page.line(0, "Parallelism:\t1");
    page.line(0, "Completions:\t1");
    page.line(0, "Completion Mode:\tNonIndexed");
    page.line(0, "Suspend:\tfalse");
    page.line(0, &format!("Backoff Limit:\t{}", job.backoff_limit));
    page.line(0, &format!("Start Time:\t{}", age::full(job.started_at)));
    if let Some(end) = job.finished.filter(|end| end.succeeded) {
        page.line(0, &format!("Completed At:\t{}", age::full(end.at)));
        page.line(
            0,
            &format!("Duration:\t{}", age::short(end.at - job.started_at)),
        );
    }
    let counts = cluster.job_counts(job);
    page.line(
        0,
        &format!(
            "Pods Statuses:\t{} Active ({} Ready) / {} Succeeded / {} Failed",
            counts.active, counts.ready, counts.succeeded, counts.failed
        ),
    );
    pod_template(page, &job.template);
}

/// A CronJob.
pub(super) fn cron_job(page: &mut Page, cluster: &Cluster, cron_job: &CronJob) {
    head(page, &cron_job.meta);
    labels(page, "Labels", &cron_job.meta.labels);
    annotations(page, "Annotations", &cron_job.meta.annotations);
    let suspended = if cron_job.suspended { "True" } else { "False" };
    for (title, value) in [
        ("Schedule", cron_job.schedule_text.clone()),
        ("Concurrency Policy", cron_job.concurrency.name().to_owned()),
        ("Suspend", suspended.to_owned()),
        (
            "Successful Job History Limit",
            cron_job.successful_history.to_string(),
        ),
        (
            "Failed Job History Limit",
            cron_job.failed_history.to_string(),
        ),
        ("Starting Deadline Seconds", "<unset>".to_owned()),
        ("Selector", "<unset>".to_owned()),
        ("Parallelism", "<unset>".to_owned()),
        ("Completions", "<unset>".to_owned()),
    ] {
        page.line(0, &format!("{title}:\t{value}"));
    }
    pod_template(page, &cron_job.template);
    let last = cron_job
        .last_schedule
        .map_or_else(|| "<unset>".to_owned(), age::full);
    page.line(0, &format!("Last Schedule Time:\t{last}"));
    let active: Vec<String> = cluster
        .jobs_of(cron_job)
        .filter(|job| job.finished.is_none())
        .map(|job| job.meta.name.to_string())
        .collect();
    let active = if active.is_empty() {
        "<none>".to_owned()
    } else {
        active.join(", ")
    };
    page.line(0, &format!("Active Jobs:\t{active}"));
}
