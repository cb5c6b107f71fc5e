//! What can be asked of the cluster from outside, as data: kubectl, CI and automation all send these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta::ObjectRef;
use super::quantity::Quantity;
use super::template::EnvVar;
use crate::sim::time::Span;

/// A change asked of the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KubeCommand {
    /// Sets and removes variables of containers.
    SetEnv {
        /// A workload with a template.
        target: ObjectRef,
        /// Which containers: a name, or a pattern with `*`.
        containers: String,
        /// Variables to set.
        set: Vec<EnvVar>,
        /// Variables to remove.
        remove: Vec<String>,
    },
    /// Sets the images of containers.
    SetImage {
        /// A workload with a template.
        target: ObjectRef,
        /// Container name, or `*`, and image.
        images: Vec<(String, String)>,
    },
    /// Sets requests and limits of containers.
    SetResources {
        /// A workload with a template.
        target: ObjectRef,
        /// Which containers: a name, or a pattern with `*`.
        containers: String,
        /// New limits; zero removes one.
        limits: BTreeMap<String, Quantity>,
        /// New requests; zero removes one.
        requests: BTreeMap<String, Quantity>,
    },
    /// Sets the wanted number of pods.
    Scale {
        /// A Deployment, ReplicaSet or StatefulSet.
        target: ObjectRef,
        /// How many.
        replicas: u32,
        /// Only if it is this many now.
        expected: Option<u32>,
    },
    /// Replaces all pods with new ones of the same template.
    RolloutRestart {
        /// A Deployment, StatefulSet or DaemonSet.
        target: ObjectRef,
    },
    /// Goes back to an earlier template.
    RolloutUndo {
        /// A Deployment, StatefulSet or DaemonSet.
        target: ObjectRef,
        /// Which revision; the one before if not given.
        to_revision: Option<u64>,
    },
    /// Lets changes of a Deployment's template wait.
    RolloutPause {
        /// A Deployment.
        target: ObjectRef,
    },
    /// Lets them go on.
    RolloutResume {
        /// A Deployment.
        target: ObjectRef,
    },
    /// Deletes an object; pods of a deleted workload go with it.
    Delete {
        /// The object.
        target: ObjectRef,
        /// How long a pod may take to stop, if not as its template says.
        grace: Option<Span>,
        /// Whether a pod is gone at once.
        force: bool,
    },
    /// Deletes a pod if its disruption budget allows it.
    Evict {
        /// The pod.
        target: ObjectRef,
    },
    /// Merges a document into an object.
    Patch {
        /// The object.
        target: ObjectRef,
        /// How lists are merged.
        form: PatchForm,
        /// The document, JSON.
        patch: String,
    },
    /// Replaces an object by an edited manifest, JSON.
    ReplaceManifest {
        /// The object.
        target: ObjectRef,
        /// The manifest.
        manifest: String,
    },
    /// Makes a node take no new pods.
    Cordon {
        /// The node's name.
        node: String,
    },
    /// Lets a node take pods again.
    Uncordon {
        /// The node's name.
        node: String,
    },
    /// Cordons a node and evicts its pods, except those of DaemonSets; what a budget forbids stays.
    Drain {
        /// The node's name.
        node: String,
    },
    /// Sets and removes taints of a node.
    Taint {
        /// The node's name.
        node: String,
        /// Taints to set.
        set: Vec<super::node::Taint>,
        /// Keys, and effects if given, to remove.
        remove: Vec<(String, Option<String>)>,
    },
    /// Sets and removes labels.
    Label {
        /// The object.
        target: ObjectRef,
        /// Labels to set.
        set: BTreeMap<String, String>,
        /// Labels to remove.
        remove: Vec<String>,
        /// Whether a label that has another value may change.
        overwrite: bool,
    },
    /// Sets and removes annotations.
    Annotate {
        /// The object.
        target: ObjectRef,
        /// Annotations to set.
        set: BTreeMap<String, String>,
        /// Annotations to remove.
        remove: Vec<String>,
        /// Whether an annotation that has another value may change.
        overwrite: bool,
    },
    /// Makes a HorizontalPodAutoscaler.
    Autoscale {
        /// A Deployment, ReplicaSet or StatefulSet.
        target: ObjectRef,
        /// Its name; the target's if not given.
        name: Option<String>,
        /// At least so many pods.
        min: u32,
        /// At most so many.
        max: u32,
        /// The use of CPU to aim at, in per cent.
        cpu_percent: u32,
    },
    /// Makes a ConfigMap.
    CreateConfigMap {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// What it holds.
        data: BTreeMap<String, String>,
    },
    /// Makes a Job from a CronJob, now.
    CreateJob {
        /// Its namespace.
        namespace: String,
        /// The Job's name.
        name: String,
        /// The CronJob.
        from: String,
    },
    /// Makes a namespace.
    CreateNamespace {
        /// Its name.
        name: String,
    },
}

/// How a patch is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PatchForm {
    /// Lists of named things are merged by name; kubectl's default.
    Strategic,
    /// Lists are replaced.
    Merge,
    /// A list of operations.
    Json,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The object it was about.
    pub object: ObjectRef,
    /// Whether anything changed.
    pub changed: bool,
    /// Other objects it touched: pods evicted by a drain.
    pub also: Vec<ObjectRef>,
    /// Objects it could not touch, with the reason.
    pub refused: Vec<(ObjectRef, String)>,
    /// A remark, such as why a rollback was skipped; empty if there is none.
    pub note: String,
}

impl Applied {
    pub(super) fn to(object: ObjectRef, changed: bool) -> Self {
        Self {
            object,
            changed,
            also: Vec::new(),
            refused: Vec::new(),
            note: String::new(),
        }
    }
}
