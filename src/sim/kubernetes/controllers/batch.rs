//! The Job and CronJob controllers: pods that run to their end, and when new ones are made.

use std::sync::Arc;

use super::super::batch::{Concurrency, CronJob, Job, JobEnd};
use super::super::cluster::Cluster;
use super::super::fate::{ClusterEventKind, WorkloadKey};
use super::super::kind::Kind;
use super::super::meta::{Labels, ObjectKey, ObjectRef, OwnerReference};
use super::super::pod::{Outcome, Pod};
use super::super::timers::Timer;
use super::pods::NewPod;
use crate::sim::time::{SimTime, Span};

/// The wait before a Job's second pod; it doubles up to [`RETRY_LIMIT`].
const RETRY_FIRST: Span = Span::from_secs(10);
/// The longest wait between a Job's pods.
const RETRY_LIMIT: Span = Span::from_mins(6);

impl Cluster {
    /// A CronJob's run is due.
    pub(in super::super) fn run_cron_job(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(cron_job) = self.cron_jobs.get(key).cloned() else {
            return;
        };
        self.plan_cron_job(&cron_job, at);
        if cron_job.suspended {
            return;
        }
        let active: Vec<ObjectKey> = self
            .jobs_of(&cron_job)
            .filter(|job| job.finished.is_none())
            .map(|job| job.meta.key())
            .collect();
        if !active.is_empty() {
            match cron_job.concurrency {
                Concurrency::Allow => {}
                Concurrency::Forbid => {
                    let object = ObjectRef::new(Kind::CronJob, &key.namespace, &key.name);
                    self.report_normal(
                        object,
                        "cronjob-controller",
                        "JobAlreadyActive",
                        "Not starting job because prior execution is running and concurrency policy is Forbid".to_owned(),
                    );
                    return;
                }
                Concurrency::Replace => {
                    for job in active {
                        self.delete_job(&job, at);
                    }
                }
            }
        }
        let name = format!("{}-{}", key.name, at.secs().div_euclid(60));
        self.make_job(&cron_job, &name, at);
        if let Some(stored) = self.cron_jobs.get_mut(key) {
            Arc::make_mut(stored).last_schedule = Some(at);
        }
    }

    /// Puts the next run into the queue.
    pub(in super::super) fn plan_cron_job(&mut self, cron_job: &CronJob, at: SimTime) {
        if let Some(next) = cron_job.schedule.next_after(at) {
            self.timers.set(next, Timer::Cron(cron_job.meta.key()));
        }
    }

    /// The Jobs a CronJob made.
    pub fn jobs_of<'a>(&'a self, cron_job: &'a CronJob) -> impl Iterator<Item = &'a Job> {
        self.jobs.values().map(|job| &**job).filter(move |job| {
            job.meta.namespace == cron_job.meta.namespace
                && job.cron_job.as_deref() == Some(&*cron_job.meta.name)
        })
    }

    /// Makes a Job from a CronJob's template.
    pub(in super::super) fn make_job(
        &mut self,
        cron_job: &CronJob,
        name: &str,
        at: SimTime,
    ) -> ObjectKey {
        let mut job = self.new_job(cron_job, name, at);
        job.started_at = at;
        let key = job.meta.key();
        self.jobs.insert(key.clone(), Arc::new(job));
        let object = ObjectRef::new(Kind::CronJob, &key.namespace, &cron_job.meta.name);
        let message = format!("Created job {name}");
        self.report_normal(object, "cronjob-controller", "SuccessfulCreate", message);
        self.dirty.insert(WorkloadKey {
            kind: Kind::Job,
            key: key.clone(),
        });
        key
    }

    pub(in super::super) fn new_job(&mut self, cron_job: &CronJob, name: &str, at: SimTime) -> Job {
        let namespace = Arc::clone(&cron_job.meta.namespace);
        let mut meta = self.new_meta(Kind::Job, &namespace, name, Labels::new(), at);
        meta.owner = Some(OwnerReference {
            kind: Kind::CronJob,
            name: Arc::clone(&cron_job.meta.name),
            uid: Arc::clone(&cron_job.meta.uid),
        });
        let mut template = (*cron_job.template).clone();
        let ties = [
            ("batch.kubernetes.io/controller-uid", meta.uid.to_string()),
            ("batch.kubernetes.io/job-name", name.to_owned()),
            ("controller-uid", meta.uid.to_string()),
            ("job-name", name.to_owned()),
        ];
        for (label, value) in &ties {
            template
                .metadata
                .labels
                .insert((*label).to_owned(), value.clone());
        }
        meta.labels = template.metadata.labels.clone();
        let selector = Labels::from([(
            "batch.kubernetes.io/controller-uid".to_owned(),
            meta.uid.to_string(),
        )]);
        Job {
            meta,
            cron_job: Some(Arc::clone(&cron_job.meta.name)),
            template: Arc::new(template),
            selector,
            backoff_limit: cron_job.backoff_limit,
            failed: 0,
            pods_made: 0,
            started_at: at,
            finished: None,
            retry_at: None,
            pace: cron_job.pace,
        }
    }

    /// One look of the controller at a Job.
    pub(in super::super) fn sync_job(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(job) = self.jobs.get(key).cloned() else {
            return;
        };
        if job.finished.is_some() || job.retry_at.is_some() {
            return;
        }
        let workload = job.workload();
        let (mut active, mut failed, mut succeeded) = (0, 0, false);
        for pod in self.pods_of(&workload) {
            match pod.outcome {
                None if pod.deletion.is_none() => active += 1,
                Some(Outcome::Failed | Outcome::Evicted { .. }) => failed += 1,
                Some(Outcome::Succeeded) => succeeded = true,
                None => {}
            }
        }
        let failed = failed.max(job.failed);
        if succeeded {
            self.finish_job(key, true, at);
        } else if failed > job.backoff_limit {
            self.finish_job(key, false, at);
        } else if active == 0 {
            if failed == 0 || failed == job.failed {
                self.make_job_pod(&job, at);
            } else {
                self.wait_before_retry(key, failed, at);
            }
        }
    }

    fn wait_before_retry(&mut self, key: &ObjectKey, failed: u32, at: SimTime) {
        let factor = 1_i64 << failed.saturating_sub(1).min(10);
        let wait = (RETRY_FIRST.millis() * factor).min(RETRY_LIMIT.millis());
        let retry_at = at + Span::from_millis(wait);
        if let Some(job) = self.jobs.get_mut(key) {
            let job = Arc::make_mut(job);
            job.failed = failed;
            job.retry_at = Some(retry_at);
        }
        self.timers.set(retry_at, Timer::Job(key.clone()));
    }

    /// The wait before a Job's next pod is over.
    pub(in super::super) fn retry_job(&mut self, key: &ObjectKey) {
        if let Some(job) = self.jobs.get_mut(key) {
            let job = Arc::make_mut(job);
            job.retry_at = None;
            self.dirty.insert(job.workload());
        }
    }

    fn make_job_pod(&mut self, job: &Job, at: SimTime) {
        let key = job.meta.key();
        let mut made = job.pods_made;
        let name = self.pod_name(&key.namespace, &key.name, &mut made);
        if let Some(stored) = self.jobs.get_mut(&key) {
            Arc::make_mut(stored).pods_made = made;
        }
        let object = ObjectRef::new(Kind::Job, &key.namespace, &key.name);
        let message = format!("Created pod: {name}");
        self.report_normal(object, "job-controller", "SuccessfulCreate", message);
        let new = Self::job_pod(job, name);
        self.make_pod(new, at);
    }

    pub(in super::super) fn job_pod(job: &Job, name: String) -> NewPod {
        NewPod {
            name,
            owner: OwnerReference {
                kind: Kind::Job,
                name: Arc::clone(&job.meta.name),
                uid: Arc::clone(&job.meta.uid),
            },
            workload: job.workload(),
            cron_job: job.cron_job.clone(),
            revision: 1,
            template: Arc::clone(&job.template),
            pace: job.pace,
            slot: Some(0),
        }
    }

    fn finish_job(&mut self, key: &ObjectKey, succeeded: bool, at: SimTime) {
        let Some(stored) = self.jobs.get_mut(key) else {
            return;
        };
        let job = Arc::make_mut(stored);
        job.finished = Some(JobEnd { at, succeeded });
        let cron_job = job.cron_job.clone();
        let object = ObjectRef::new(Kind::Job, &key.namespace, &key.name);
        if succeeded {
            self.report_normal(
                object,
                "job-controller",
                "Completed",
                "Job completed".to_owned(),
            );
        } else {
            self.report(super::super::event::Report {
                object,
                container: None,
                event_type: super::super::event::EventType::Warning,
                reason: "BackoffLimitExceeded",
                message: "Job has reached the specified backoff limit".to_owned(),
                component: "job-controller",
                host: None,
            });
        }
        self.tell(ClusterEventKind::JobFinished {
            job: key.clone(),
            cron_job: cron_job.clone(),
            succeeded,
        });
        if let Some(name) = cron_job {
            self.after_cron_run(&ObjectKey::new(&key.namespace, &name), key, succeeded, at);
        }
    }

    fn after_cron_run(&mut self, key: &ObjectKey, job: &ObjectKey, succeeded: bool, at: SimTime) {
        let Some(stored) = self.cron_jobs.get_mut(key) else {
            return;
        };
        if succeeded {
            Arc::make_mut(stored).last_success = Some(at);
        }
        let cron_job = Arc::clone(stored);
        let condition = if succeeded { "Complete" } else { "Failed" };
        let object = ObjectRef::new(Kind::CronJob, &key.namespace, &key.name);
        let message = format!("Saw completed job: {}, condition: {condition}", job.name);
        self.report_normal(object, "cronjob-controller", "SawCompletedJob", message);
        for (outcome, keep) in [
            (true, cron_job.successful_history),
            (false, cron_job.failed_history),
        ] {
            let mut ended: Vec<(SimTime, ObjectKey)> = self
                .jobs_of(&cron_job)
                .filter(|job| job.finished.is_some_and(|end| end.succeeded == outcome))
                .map(|job| (job.started_at, job.meta.key()))
                .collect();
            ended.sort();
            let surplus = ended.len().saturating_sub(keep as usize);
            for (_, job) in ended.into_iter().take(surplus) {
                self.delete_job(&job, at);
            }
        }
    }

    /// Removes a Job with its pods.
    pub(in super::super) fn delete_job(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(job) = self.jobs.remove(key) else {
            return;
        };
        if let Some(retry_at) = job.retry_at {
            self.timers.clear(retry_at, Timer::Job(key.clone()));
        }
        let workload = job.workload();
        let pods: Vec<ObjectKey> = self.pods_of(&workload).map(Pod::key).collect();
        for pod in pods {
            self.terminate_pod(&pod, None, at);
        }
    }
}

impl Job {
    /// The workload it is.
    pub fn workload(&self) -> WorkloadKey {
        WorkloadKey {
            kind: Kind::Job,
            key: self.meta.key(),
        }
    }
}

impl Pod {
    fn key(&self) -> ObjectKey {
        self.meta.key()
    }
}
