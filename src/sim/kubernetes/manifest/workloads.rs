//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs as documents.

use serde_json::{Value, json};

use super::super::batch::{CronJob, Job};
use super::super::cluster::Cluster;
use super::super::kind::Kind;
use super::super::pod::{Outcome, Pod};
use super::super::workload::{
    DaemonSet, Deployment, Progress, ReplicaSet, Share, StatefulSet, Strategy,
};
use super::pods::template;
use super::{frame, metadata, put, time, truth};

fn share(share: Share) -> Value {
    match share {
        Share::Count(count) => json!(count),
        Share::Percent(_) => json!(share.to_string()),
    }
}

/// The document of a Deployment.
pub(super) fn deployment(deployment: &Deployment) -> Value {
    let spec = &deployment.spec;
    let strategy = match spec.strategy {
        Strategy::Recreate => json!({"type": "Recreate"}),
        Strategy::RollingUpdate {
            max_surge,
            max_unavailable,
        } => json!({
            "rollingUpdate": {"maxSurge": share(max_surge), "maxUnavailable": share(max_unavailable)},
            "type": "RollingUpdate",
        }),
    };
    let mut wanted = json!({
        "progressDeadlineSeconds": spec.progress_deadline_seconds,
        "replicas": spec.replicas,
        "revisionHistoryLimit": spec.revision_history_limit,
        "selector": {"matchLabels": spec.selector},
        "strategy": strategy,
        "template": template(&spec.template),
    });
    if spec.paused {
        put(&mut wanted, "paused", json!(true));
    }
    if spec.min_ready_seconds > 0 {
        put(
            &mut wanted,
            "minReadySeconds",
            json!(spec.min_ready_seconds),
        );
    }
    let meta = metadata(&deployment.meta, &deployment.shown_annotations(), true);
    frame(
        Kind::Deployment,
        meta,
        json!({"spec": wanted, "status": deployment_status(deployment)}),
    )
}

fn deployment_status(deployment: &Deployment) -> Value {
    let seen = &deployment.status;
    let mut status = json!({
        "conditions": deployment.conditions().iter().map(|condition| json!({
            "lastTransitionTime": time(condition.since),
            "lastUpdateTime": time(condition.updated),
            "message": condition.message,
            "reason": condition.reason,
            "status": condition.status,
            "type": condition.name,
        })).collect::<Vec<_>>(),
        "observedGeneration": seen.observed_generation,
    });
    let unavailable = deployment
        .spec
        .replicas
        .max(seen.replicas)
        .saturating_sub(seen.available);
    for (name, count) in [
        ("availableReplicas", seen.available),
        ("readyReplicas", seen.ready),
        ("replicas", seen.replicas),
        ("unavailableReplicas", unavailable),
        ("updatedReplicas", seen.updated),
    ] {
        if count > 0 {
            put(&mut status, name, json!(count));
        }
    }
    status
}

/// One condition of a Deployment.
pub struct DeploymentCondition {
    /// The type.
    pub name: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: &'static str,
    /// The reason in one word.
    pub reason: &'static str,
    /// In words.
    pub message: String,
    /// Since when.
    pub since: crate::sim::time::SimTime,
    /// When it was last written.
    pub updated: crate::sim::time::SimTime,
}

impl Deployment {
    /// The Deployment's conditions, in the API's order.
    pub fn conditions(&self) -> Vec<DeploymentCondition> {
        let seen = &self.status;
        let available = if seen.is_available.value {
            (
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
            )
        } else {
            (
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        };
        let set = &self.newest_set;
        let message = match seen.progress.value {
            Progress::NewReplicaSetCreated => format!("Created new replica set \"{set}\""),
            Progress::FoundNewReplicaSet => format!("Found new replica set \"{set}\""),
            Progress::ReplicaSetUpdated => format!("ReplicaSet \"{set}\" is progressing."),
            Progress::NewReplicaSetAvailable => {
                format!("ReplicaSet \"{set}\" has successfully progressed.")
            }
            Progress::ProgressDeadlineExceeded => {
                format!("ReplicaSet \"{set}\" has timed out progressing.")
            }
            Progress::DeploymentPaused => "Deployment is paused".to_owned(),
            Progress::DeploymentResumed => "Deployment is resumed".to_owned(),
        };
        vec![
            DeploymentCondition {
                name: "Available",
                status: truth(seen.is_available.value),
                reason: available.0,
                message: available.1.to_owned(),
                since: seen.is_available.at,
                updated: seen.is_available.at,
            },
            DeploymentCondition {
                name: "Progressing",
                status: seen.progress.value.status(),
                reason: seen.progress.value.reason(),
                message,
                since: seen.progress.at,
                updated: seen.progressed_at,
            },
        ]
    }
}

/// The document of a ReplicaSet.
pub(super) fn replica_set(cluster: &Cluster, set: &ReplicaSet) -> Value {
    let owner = cluster.deployments.get(&set.deployment.key);
    let annotations = set.shown_annotations(owner.map(|owner| &**owner));
    let key = set.meta.key();
    let pods: Vec<&Pod> = cluster
        .pods_owned_by(Kind::ReplicaSet, &key)
        .filter(|pod| pod.is_active())
        .collect();
    let ready = pods.iter().filter(|pod| pod.is_ready()).count();
    let mut status = json!({
        "observedGeneration": set.meta.generation,
        "replicas": pods.len(),
    });
    for (name, count) in [
        ("availableReplicas", ready),
        ("fullyLabeledReplicas", pods.len()),
        ("readyReplicas", ready),
    ] {
        if count > 0 {
            put(&mut status, name, json!(count));
        }
    }
    let spec = json!({
        "replicas": set.replicas,
        "selector": {"matchLabels": set.selector},
        "template": template(&set.pod_template),
    });
    frame(
        Kind::ReplicaSet,
        metadata(&set.meta, &annotations, true),
        json!({"spec": spec, "status": status}),
    )
}

/// The document of a StatefulSet.
pub(super) fn stateful_set(cluster: &Cluster, set: &StatefulSet) -> Value {
    let workload = set.workload();
    let pods: Vec<&Pod> = cluster.pods_of(&workload).collect();
    let revision = set.revision();
    let name = |hash: &str| format!("{}-{hash}", set.meta.name);
    let current = revision.map_or_else(String::new, |revision| name(&revision.hash));
    let updated = pods
        .iter()
        .filter(|pod| revision.is_some_and(|revision| pod.revision == revision.number))
        .count();
    let ready = pods.iter().filter(|pod| pod.is_ready()).count();
    let spec = json!({
        "podManagementPolicy": "OrderedReady",
        "replicas": set.replicas,
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": set.selector},
        "serviceName": set.service_name,
        "template": template(&set.template),
        "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
    });
    let status = json!({
        "availableReplicas": ready,
        "collisionCount": 0,
        "currentReplicas": updated,
        "currentRevision": current,
        "observedGeneration": set.meta.generation,
        "readyReplicas": ready,
        "replicas": pods.len(),
        "updateRevision": current,
        "updatedReplicas": updated,
    });
    frame(
        Kind::StatefulSet,
        metadata(&set.meta, &set.meta.annotations, true),
        json!({"spec": spec, "status": status}),
    )
}

/// The document of a DaemonSet.
pub(super) fn daemon_set(cluster: &Cluster, set: &DaemonSet) -> Value {
    let counts = cluster.daemon_counts(set);
    let spec = json!({
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": set.selector},
        "template": template(&set.template),
        "updateStrategy": {
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            "type": "RollingUpdate",
        },
    });
    let mut status = json!({
        "currentNumberScheduled": counts.current,
        "desiredNumberScheduled": counts.desired,
        "numberAvailable": counts.available,
        "numberMisscheduled": 0,
        "numberReady": counts.ready,
        "observedGeneration": set.meta.generation,
        "updatedNumberScheduled": counts.updated,
    });
    let missing = counts.desired.saturating_sub(counts.available);
    if missing > 0 {
        put(&mut status, "numberUnavailable", json!(missing));
    }
    frame(
        Kind::DaemonSet,
        metadata(&set.meta, &set.meta.annotations, true),
        json!({"spec": spec, "status": status}),
    )
}

/// How many pods of a DaemonSet there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaemonCounts {
    /// Nodes that should have one.
    pub desired: u32,
    /// Nodes that have one.
    pub current: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are available.
    pub available: u32,
}

impl Cluster {
    /// How many pods of a DaemonSet there are.
    pub fn daemon_counts(&self, set: &DaemonSet) -> DaemonCounts {
        let workload = set.workload();
        let newest = set.revision().map(|revision| revision.number);
        let mut counts = DaemonCounts {
            desired: self.daemon_nodes(set).len() as u32,
            current: 0,
            ready: 0,
            updated: 0,
            available: 0,
        };
        for pod in self.pods_of(&workload).filter(|pod| !pod.is_finished()) {
            counts.current += 1;
            counts.ready += u32::from(pod.is_ready());
            counts.available += u32::from(pod.is_ready());
            counts.updated += u32::from(newest == Some(pod.revision));
        }
        counts
    }

    /// How many pods of a Job run (and how many of them are ready), ended well, failed.
    pub fn job_counts(&self, job: &Job) -> JobCounts {
        let workload = job.workload();
        let mut counts = JobCounts::default();
        for pod in self.pods_of(&workload) {
            match pod.outcome {
                None => {
                    counts.active += 1;
                    counts.ready += u32::from(pod.is_ready());
                }
                Some(Outcome::Succeeded) => counts.succeeded += 1,
                Some(_) => counts.failed += 1,
            }
        }
        counts
    }
}

/// How many pods of a Job there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Running or about to.
    pub active: u32,
    /// Of those, ready.
    pub ready: u32,
    /// Ended well.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
}

/// The document of a Job.
pub(super) fn job(cluster: &Cluster, job: &Job) -> Value {
    let counts = cluster.job_counts(job);
    let spec = json!({
        "backoffLimit": job.backoff_limit,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": false,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "selector": {"matchLabels": job.selector},
        "suspend": false,
        "template": template(&job.template),
    });
    let mut status = json!({"startTime": time(job.started_at), "ready": counts.ready});
    for (name, count) in [
        ("active", counts.active),
        ("failed", counts.failed),
        ("succeeded", counts.succeeded),
    ] {
        if count > 0 {
            put(&mut status, name, json!(count));
        }
    }
    if let Some(end) = job.finished {
        let (name, reason, message) = if end.succeeded {
            put(&mut status, "completionTime", time(end.at));
            (
                "Complete",
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            )
        } else {
            (
                "Failed",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            )
        };
        put(
            &mut status,
            "conditions",
            json!([{
                "lastProbeTime": time(end.at),
                "lastTransitionTime": time(end.at),
                "message": message,
                "reason": reason,
                "status": "True",
                "type": name,
            }]),
        );
    }
    frame(
        Kind::Job,
        metadata(&job.meta, &job.meta.annotations, true),
        json!({"spec": spec, "status": status}),
    )
}

/// The document of a CronJob.
pub(super) fn cron_job(cluster: &Cluster, cron_job: &CronJob) -> Value {
    let spec = json!({
        "concurrencyPolicy": cron_job.concurrency.name(),
        "failedJobsHistoryLimit": cron_job.failed_history,
        "jobTemplate": {
            "metadata": {"creationTimestamp": null},
            "spec": {"backoffLimit": cron_job.backoff_limit, "template": template(&cron_job.template)},
        },
        "schedule": cron_job.schedule_text,
        "successfulJobsHistoryLimit": cron_job.successful_history,
        "suspend": cron_job.suspended,
    });
    let mut status = json!({});
    let active: Vec<Value> = cluster
        .jobs_of(cron_job)
        .filter(|job| job.finished.is_none())
        .map(|job| {
            json!({
                "apiVersion": "batch/v1",
                "kind": "Job",
                "name": &*job.meta.name,
                "namespace": &*job.meta.namespace,
                "resourceVersion": job.meta.resource_version.to_string(),
                "uid": &*job.meta.uid,
            })
        })
        .collect();
    if !active.is_empty() {
        put(&mut status, "active", json!(active));
    }
    if let Some(at) = cron_job.last_schedule {
        put(&mut status, "lastScheduleTime", time(at));
    }
    if let Some(at) = cron_job.last_success {
        put(&mut status, "lastSuccessfulTime", time(at));
    }
    frame(
        Kind::CronJob,
        metadata(&cron_job.meta, &cron_job.meta.annotations, true),
        json!({"spec": spec, "status": status}),
    )
}
