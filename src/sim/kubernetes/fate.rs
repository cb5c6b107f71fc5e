//! The border with the world: what a container does once started, and what happened in the cluster.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::meta::ObjectKey;
use crate::sim::time::{SimTime, Span};

/// The world's answers to the cluster's questions. The cluster itself never decides why a container fails.
pub trait ContainerFate {
    /// What this container does from `at` on. Asked when it starts, and again for running containers after
    /// [`Cluster::recheck`](super::Cluster::recheck); every span of the answer counts from `at`.
    fn on_start(&self, pod: &PodRef<'_>, at: SimTime) -> Fate;

    /// The use of CPU, in per cent of what is requested, averaged over the ready pods of a workload; `None` while it
    /// cannot be measured. Asked every 15 s for each autoscaler.
    fn cpu_percent(&self, workload: &WorkloadKey, at: SimTime) -> Option<u32> {
        let _ = (workload, at);
        None
    }
}

/// The controller a pod belongs to in the end: the Deployment, not its ReplicaSet; the CronJob's Job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadKey {
    /// Deployment, StatefulSet, DaemonSet or Job.
    pub kind: Kind,
    /// Its namespace and name.
    pub key: ObjectKey,
}

impl WorkloadKey {
    /// A workload by its names.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            key: ObjectKey::new(namespace, name),
        }
    }
}

/// The container the kubelet asks about.
#[derive(Clone, Copy, Debug)]
pub struct PodRef<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The controller the pod belongs to.
    pub workload: &'a WorkloadKey,
    /// For a Job's pod, the CronJob that made the Job.
    pub cron_job: Option<&'a str>,
    /// The pod's place among its workload's pods, from 0; the lowest that was free when it was made.
    pub slot: u32,
    /// The pod's name.
    pub pod: &'a str,
    /// The container's name.
    pub container: &'a str,
    /// How often this container has been started before in this pod.
    pub life: u32,
    /// Since when it runs, if it is asked about while it runs: a pod made anew under an old name is not the old one.
    pub running_since: Option<SimTime>,
    /// Its variables as of this start, resolved.
    pub env: &'a EnvSnapshot,
    /// The image it runs.
    pub image: &'a str,
    /// The workload's revision the pod was made from.
    pub revision: u64,
    /// The node it runs on.
    pub node: &'a str,
    /// How long the workload takes to be ready after a start, as the estate says.
    pub startup: Span,
}

/// A container's variables as they were when it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EnvSnapshot(Arc<[(String, String)]>);

impl EnvSnapshot {
    /// A snapshot of resolved variables; of two with one name the later counts.
    pub fn new(variables: Vec<(String, String)>) -> Self {
        Self(variables.into())
    }

    /// The value of a variable, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(variable, _)| variable == name)
            .map(|(_, value)| value.as_str())
    }

    /// The variables in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Why a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CrashReason {
    /// It ended with an exit code other than 0.
    Error,
    /// The kernel killed it for its memory; exit code 137.
    OomKilled,
    /// It ended with exit code 0.
    Completed,
}

impl CrashReason {
    /// The word in a container's status.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::OomKilled => "OOMKilled",
            Self::Completed => "Completed",
        }
    }
}

/// What a container does from an instant on. Spans count from the instant of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs, and its readiness probe succeeds after this span.
    Runs {
        /// From the start to being ready.
        ready_after: Span,
    },
    /// It ends by itself.
    Crashes {
        /// From the start to the end.
        after: Span,
        /// The exit code.
        exit_code: i32,
        /// What the status gives as the reason.
        reason: CrashReason,
        /// Whether it became ready first (after the workload's own start-up time, if that is before the end).
        ready_before_crash: bool,
    },
    /// It runs, but its readiness probe fails; a container that was ready stops being so when the probe has failed often enough.
    NeverReady,
    /// It runs until its liveness probe has failed often enough, then the kubelet kills and restarts it.
    FailsLiveness {
        /// From the start to the kill.
        after: Span,
        /// Whether it became ready first.
        ready_before_kill: bool,
    },
    /// Its image cannot be pulled.
    ImagePullFails {
        /// The runtime's words, such as `... not found`.
        message: String,
    },
    /// The runtime cannot make it from its configuration.
    CreateConfigError {
        /// The kubelet's words.
        message: String,
    },
}

/// Something that happened in the cluster, for the world to react to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterEvent {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: ClusterEventKind,
}

/// What happened. Pods are named with the workload and slot they fill.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClusterEventKind {
    /// A pod object was made; it is not running yet.
    PodCreated(PodSeat),
    /// A pod was given a node.
    PodScheduled {
        /// The pod.
        pod: PodSeat,
        /// The node.
        node: Arc<str>,
    },
    /// A container started: the first life is 0.
    ContainerStarted {
        /// Its pod.
        pod: PodSeat,
        /// Its name.
        container: String,
        /// How often it had been started before.
        life: u32,
    },
    /// A container ended.
    ContainerCrashed {
        /// Its pod.
        pod: PodSeat,
        /// Its name.
        container: String,
        /// The life that ended.
        life: u32,
        /// The exit code.
        exit_code: i32,
        /// The reason.
        reason: CrashReason,
    },
    /// Every container of a pod is ready: it takes traffic.
    PodReady(PodSeat),
    /// A pod stopped being ready: it takes no more traffic.
    PodUnready(PodSeat),
    /// A pod was asked to stop.
    PodTerminating(PodSeat),
    /// A pod is gone.
    PodDeleted(PodSeat),
    /// A workload's template changed, or it was rolled back: a rollout began.
    RolloutStarted {
        /// The workload.
        workload: WorkloadKey,
        /// The new revision.
        revision: u64,
    },
    /// Every replica runs the newest revision and is available.
    RolloutComplete {
        /// The workload.
        workload: WorkloadKey,
        /// The revision.
        revision: u64,
    },
    /// A rollout made no progress for its deadline.
    RolloutStuck {
        /// The workload.
        workload: WorkloadKey,
        /// The revision.
        revision: u64,
    },
    /// The wanted number of replicas changed.
    ScaledTo {
        /// The workload.
        workload: WorkloadKey,
        /// How many were wanted.
        from: u32,
        /// How many are wanted now.
        to: u32,
        /// Whether the autoscaler did it.
        by_autoscaler: bool,
    },
    /// A Job ran to its end.
    JobFinished {
        /// The Job.
        job: ObjectKey,
        /// The CronJob that made it.
        cron_job: Option<Arc<str>>,
        /// Whether it ended well.
        succeeded: bool,
    },
    /// A node became ready or stopped being so.
    NodeChanged {
        /// The node.
        node: Arc<str>,
        /// Whether it is ready.
        ready: bool,
    },
    /// A ConfigMap's contents changed.
    ConfigMapChanged(ObjectKey),
    /// A workload is gone.
    WorkloadDeleted(WorkloadKey),
}

/// A pod with the place it fills.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodSeat {
    /// The controller it belongs to in the end.
    pub workload: WorkloadKey,
    /// Its place among the workload's pods.
    pub slot: u32,
    /// Its name.
    pub pod: Arc<str>,
    /// The workload's revision it was made from.
    pub revision: u64,
}
