//! Controllers of pods that run on: Deployments, ReplicaSets, StatefulSets, DaemonSets. What is wanted, not how it comes about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fate::WorkloadKey;
use super::kind::Kind;
use super::meta::{Labels, ObjectMeta};
use super::pod::Pace;
use super::template::PodTemplate;
use crate::sim::time::{SimTime, Span};

/// The annotation with a ReplicaSet's or Deployment's revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The annotation with the reason of a change.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// The annotation `kubectl rollout restart` writes into the template.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// The label that ties pods to their ReplicaSet.
pub const TEMPLATE_HASH: &str = "pod-template-hash";
/// The label that ties pods of StatefulSets and DaemonSets to their revision.
pub const REVISION_HASH: &str = "controller-revision-hash";

/// A Deployment.
#[derive(Clone, Debug, Hash)]
pub struct Deployment {
    /// Name, labels, annotations (without the revision, which is `revision`).
    pub meta: ObjectMeta,
    /// What is wanted.
    pub spec: DeploymentSpec,
    /// The newest revision.
    pub revision: u64,
    /// How long containers take for what no manifest states.
    pub pace: Pace,
    /// What the controller last saw.
    pub status: DeploymentStatus,
    /// How many ReplicaSets it made whose hash was taken.
    pub collisions: u32,
    /// The name of the newest ReplicaSet; empty before there is one.
    pub newest_set: Arc<str>,
    /// When its controller has to look again; mirrored in the cluster's timers.
    pub(super) due: Option<SimTime>,
}

/// What is wanted of a Deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentSpec {
    /// How many pods.
    pub replicas: u32,
    /// Which pods belong to it.
    pub selector: Labels,
    /// What they are made from.
    pub template: Arc<PodTemplate>,
    /// How pods are replaced.
    pub strategy: Strategy,
    /// How long a pod must be ready to count as available.
    pub min_ready_seconds: u32,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: u32,
    /// How long a rollout may make no progress.
    pub progress_deadline_seconds: u32,
    /// Whether changes of the template wait.
    pub paused: bool,
}

/// How pods are replaced when the template changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strategy {
    /// All old pods go before a new one is made.
    Recreate,
    /// A few at a time.
    RollingUpdate {
        /// How many pods may be there beyond the wanted number.
        max_surge: Share,
        /// How many of the wanted number may be missing.
        max_unavailable: Share,
    },
}

impl Default for Strategy {
    fn default() -> Self {
        Self::RollingUpdate {
            max_surge: Share::Percent(25),
            max_unavailable: Share::Percent(25),
        }
    }
}

/// A number of pods, or a share of the wanted number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Share {
    /// So many pods.
    Count(u32),
    /// So many of a hundred.
    Percent(u32),
}

impl Share {
    /// The number of pods, rounded up.
    pub const fn rounded_up(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => replicas.saturating_mul(percent).div_ceil(100),
        }
    }

    /// The number of pods, rounded down.
    pub const fn rounded_down(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => replicas.saturating_mul(percent) / 100,
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(out, "{count}"),
            Self::Percent(percent) => write!(out, "{percent}%"),
        }
    }
}

impl Strategy {
    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recreate => "Recreate",
            Self::RollingUpdate { .. } => "RollingUpdate",
        }
    }

    /// Pods beyond the wanted number, and pods that may be missing, for this many replicas.
    pub const fn bounds(self, replicas: u32) -> (u32, u32) {
        match self {
            Self::Recreate => (0, replicas),
            Self::RollingUpdate {
                max_surge,
                max_unavailable,
            } => {
                let surge = max_surge.rounded_up(replicas);
                let missing = max_unavailable.rounded_down(replicas);
                // Both zero would never move; Kubernetes lets one pod be missing then.
                if surge == 0 && missing == 0 {
                    (0, 1)
                } else if missing > replicas {
                    (surge, replicas)
                } else {
                    (surge, missing)
                }
            }
        }
    }
}

/// What the Deployment controller last saw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentStatus {
    /// The generation it acted on.
    pub observed_generation: u64,
    /// Pods there are.
    pub replicas: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Whether enough pods are available, and since when.
    pub is_available: Since<bool>,
    /// How the rollout goes, and since when.
    pub progress: Since<Progress>,
    /// When the progress condition was last written.
    pub progressed_at: SimTime,
}

/// A value with the instant it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Since<T> {
    /// The value.
    pub value: T,
    /// Since when.
    pub at: SimTime,
}

/// How a rollout goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The new ReplicaSet was made.
    NewReplicaSetCreated,
    /// An old ReplicaSet that fits was found.
    FoundNewReplicaSet,
    /// Pods are being replaced.
    ReplicaSetUpdated,
    /// All is done.
    NewReplicaSetAvailable,
    /// It made no progress for too long.
    ProgressDeadlineExceeded,
    /// It is paused.
    DeploymentPaused,
    /// It was resumed.
    DeploymentResumed,
}

impl Progress {
    /// The reason in the condition.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NewReplicaSetCreated => "NewReplicaSetCreated",
            Self::FoundNewReplicaSet => "FoundNewReplicaSet",
            Self::ReplicaSetUpdated => "ReplicaSetUpdated",
            Self::NewReplicaSetAvailable => "NewReplicaSetAvailable",
            Self::ProgressDeadlineExceeded => "ProgressDeadlineExceeded",
            Self::DeploymentPaused => "DeploymentPaused",
            Self::DeploymentResumed => "DeploymentResumed",
        }
    }

    /// `True`, `False` or `Unknown`, as the condition shows it.
    pub const fn status(self) -> &'static str {
        match self {
            Self::ProgressDeadlineExceeded => "False",
            Self::DeploymentPaused | Self::DeploymentResumed => "Unknown",
            _ => "True",
        }
    }
}

/// A ReplicaSet: one template of a Deployment, kept for rolling back.
#[derive(Clone, Debug, Hash)]
pub struct ReplicaSet {
    /// Name, labels, owner.
    pub meta: ObjectMeta,
    /// The Deployment it belongs to.
    pub deployment: WorkloadKey,
    /// The template's hash, part of its name.
    pub hash: Arc<str>,
    /// The template as the Deployment has it, without the hash label.
    pub template: Arc<PodTemplate>,
    /// The template with the hash label, as pods get it.
    pub pod_template: Arc<PodTemplate>,
    /// Which pods belong to it.
    pub selector: Labels,
    /// How many pods are wanted.
    pub replicas: u32,
    /// The Deployment's revision; a rollback gives an old one a new number.
    pub revision: u64,
    /// Numbers this ReplicaSet had before.
    pub former_revisions: Vec<u64>,
    /// Why it was made, if somebody said so.
    pub change_cause: Option<String>,
    /// How many pods it ever made; the next pod's name is drawn with this number.
    pub pods_made: u64,
}

/// One kept template of a StatefulSet or DaemonSet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ControllerRevision {
    /// Its number.
    pub number: u64,
    /// The template's hash.
    pub hash: Arc<str>,
    /// The template.
    pub template: Arc<PodTemplate>,
    /// When it was made.
    pub created_at: SimTime,
    /// Why, if somebody said so.
    pub change_cause: Option<String>,
}

/// A StatefulSet: numbered pods, replaced one at a time from the last.
#[derive(Clone, Debug, Hash)]
pub struct StatefulSet {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// How many pods.
    pub replicas: u32,
    /// Which pods belong to it.
    pub selector: Labels,
    /// The headless service that names the pods.
    pub service_name: String,
    /// What they are made from.
    pub template: Arc<PodTemplate>,
    /// Its templates, oldest first; the last is wanted.
    pub revisions: Vec<ControllerRevision>,
    /// How long containers take for what no manifest states.
    pub pace: Pace,
    /// Whether the last rollout has been reported as done.
    pub(super) settled: bool,
}

/// A DaemonSet: one pod on each node.
#[derive(Clone, Debug, Hash)]
pub struct DaemonSet {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// Which pods belong to it.
    pub selector: Labels,
    /// What they are made from.
    pub template: Arc<PodTemplate>,
    /// Its templates, oldest first; the last is wanted.
    pub revisions: Vec<ControllerRevision>,
    /// How long containers take for what no manifest states.
    pub pace: Pace,
    /// How many pods it ever made.
    pub pods_made: u64,
    /// Whether the last rollout has been reported as done.
    pub(super) settled: bool,
}

impl Deployment {
    /// The workload it is.
    pub fn workload(&self) -> WorkloadKey {
        WorkloadKey {
            kind: Kind::Deployment,
            key: self.meta.key(),
        }
    }

    /// How long a rollout may make no progress.
    pub const fn progress_deadline(&self) -> Span {
        Span::from_secs(self.spec.progress_deadline_seconds as i64)
    }

    /// The annotations as the API shows them, with the revision.
    pub fn shown_annotations(&self) -> Labels {
        let mut shown = self.meta.annotations.clone();
        shown.insert(REVISION.to_owned(), self.revision.to_string());
        shown
    }
}

impl ReplicaSet {
    /// The annotations as the API shows them.
    pub fn shown_annotations(&self, deployment: Option<&Deployment>) -> Labels {
        let mut shown = self.meta.annotations.clone();
        if let Some(deployment) = deployment {
            let wanted = deployment.spec.replicas;
            let (surge, _) = deployment.spec.strategy.bounds(wanted);
            shown.insert(
                "deployment.kubernetes.io/desired-replicas".to_owned(),
                wanted.to_string(),
            );
            shown.insert(
                "deployment.kubernetes.io/max-replicas".to_owned(),
                (wanted + surge).to_string(),
            );
        }
        shown.insert(REVISION.to_owned(), self.revision.to_string());
        if !self.former_revisions.is_empty() {
            let former: Vec<String> = self.former_revisions.iter().map(u64::to_string).collect();
            shown.insert(
                "deployment.kubernetes.io/revision-history".to_owned(),
                former.join(","),
            );
        }
        if let Some(cause) = &self.change_cause {
            shown.insert(CHANGE_CAUSE.to_owned(), cause.clone());
        }
        shown
    }
}

impl StatefulSet {
    /// The workload it is.
    pub fn workload(&self) -> WorkloadKey {
        WorkloadKey {
            kind: Kind::StatefulSet,
            key: self.meta.key(),
        }
    }

    /// The wanted revision.
    pub fn revision(&self) -> Option<&ControllerRevision> {
        self.revisions.last()
    }
}

impl DaemonSet {
    /// The workload it is.
    pub fn workload(&self) -> WorkloadKey {
        WorkloadKey {
            kind: Kind::DaemonSet,
            key: self.meta.key(),
        }
    }

    /// The wanted revision.
    pub fn revision(&self) -> Option<&ControllerRevision> {
        self.revisions.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_round_as_kubernetes_does() {
        let quarter = Strategy::default();
        assert_eq!(quarter.bounds(1), (1, 0));
        assert_eq!(quarter.bounds(3), (1, 0));
        assert_eq!(quarter.bounds(4), (1, 1));
        assert_eq!(quarter.bounds(10), (3, 2));
        assert_eq!(Strategy::Recreate.bounds(3), (0, 3));
        let still = Strategy::RollingUpdate {
            max_surge: Share::Count(0),
            max_unavailable: Share::Percent(0),
        };
        assert_eq!(still.bounds(4), (0, 1));
    }
}
