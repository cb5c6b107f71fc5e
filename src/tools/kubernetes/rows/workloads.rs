//! Rows of Deployments, ReplicaSets, StatefulSets and DaemonSets.

use serde::Serialize;

use super::{Column, Row, containers_of};
use crate::sim::kubernetes::meta::labels_text;
use crate::sim::kubernetes::workload::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use crate::sim::kubernetes::{Cluster, Kind};
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A Deployment in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are wanted.
    pub replicas: u32,
    /// Pods of the newest template.
    pub up_to_date: u32,
    /// Pods that are available.
    pub available: u32,
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

impl Row for DeploymentRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("READY", false),
        ("UP-TO-DATE", false),
        ("AVAILABLE", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            format!("{}/{}", self.ready, self.replicas),
            self.up_to_date.to_string(),
            self.available.to_string(),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
            self.selector.clone(),
        ]
    }
}

/// The row of a Deployment.
pub fn deployment_row(_: &Cluster, deployment: &Deployment, now: SimTime) -> DeploymentRow {
    let (containers, images) = containers_of(&deployment.spec.template);
    DeploymentRow {
        namespace: deployment.meta.namespace.to_string(),
        name: deployment.meta.name.to_string(),
        ready: deployment.status.ready,
        replicas: deployment.spec.replicas,
        up_to_date: deployment.status.updated,
        available: deployment.status.available,
        created_at: deployment.meta.created_at,
        age: age::since(deployment.meta.created_at, now),
        containers,
        images,
        selector: labels_text(&deployment.spec.selector),
    }
}

/// The Deployments of a namespace, or of all.
pub fn get_deployments(
    cluster: &Cluster,
    namespace: Option<&str>,
    now: SimTime,
) -> Vec<DeploymentRow> {
    cluster
        .deployments()
        .values()
        .filter(|found| namespace.is_none_or(|wanted| *found.meta.namespace == *wanted))
        .map(|found| deployment_row(cluster, found, now))
        .collect()
}

/// A ReplicaSet in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplicaSetRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Pods that are wanted.
    pub desired: u32,
    /// Pods there are.
    pub current: usize,
    /// Pods that are ready.
    pub ready: usize,
    /// The Deployment's revision it is.
    pub revision: u64,
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

impl Row for ReplicaSetRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("DESIRED", false),
        ("CURRENT", false),
        ("READY", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.desired.to_string(),
            self.current.to_string(),
            self.ready.to_string(),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
            self.selector.clone(),
        ]
    }
}

/// How many pods of a ReplicaSet there are, and how many of them are ready.
pub fn replica_counts(cluster: &Cluster, set: &ReplicaSet) -> (usize, usize) {
    let mine =
        cluster.pods_of(&set.deployment).filter(|pod| {
            pod.is_active()
                && pod.meta.owner.as_ref().is_some_and(|owner| {
                    owner.kind == Kind::ReplicaSet && owner.name == set.meta.name
                })
        });
    mine.fold((0, 0), |(current, ready), pod| {
        (current + 1, ready + usize::from(pod.is_ready()))
    })
}

/// The row of a ReplicaSet.
pub fn replica_set_row(cluster: &Cluster, set: &ReplicaSet, now: SimTime) -> ReplicaSetRow {
    let (current, ready) = replica_counts(cluster, set);
    let (containers, images) = containers_of(&set.template);
    ReplicaSetRow {
        namespace: set.meta.namespace.to_string(),
        name: set.meta.name.to_string(),
        desired: set.replicas,
        current,
        ready,
        revision: set.revision,
        created_at: set.meta.created_at,
        age: age::since(set.meta.created_at, now),
        containers,
        images,
        selector: labels_text(&set.selector),
    }
}

/// A StatefulSet in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatefulSetRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Pods that are ready.
    pub ready: usize,
    /// Pods that are wanted.
    pub replicas: u32,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// Its containers.
    pub containers: Vec<String>,
    /// Their images.
    pub images: Vec<String>,
}

impl Row for StatefulSetRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("READY", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            format!("{}/{}", self.ready, self.replicas),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
        ]
    }
}

/// The row of a StatefulSet.
pub fn stateful_set_row(cluster: &Cluster, set: &StatefulSet, now: SimTime) -> StatefulSetRow {
    let (containers, images) = containers_of(&set.template);
    StatefulSetRow {
        namespace: set.meta.namespace.to_string(),
        name: set.meta.name.to_string(),
        ready: cluster
            .pods_of(&set.workload())
            .filter(|pod| pod.is_ready())
            .count(),
        replicas: set.replicas,
        created_at: set.meta.created_at,
        age: age::since(set.meta.created_at, now),
        containers,
        images,
    }
}

/// A DaemonSet in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DaemonSetRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Nodes that should have a pod.
    pub desired: u32,
    /// Pods there are.
    pub current: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods of the newest template.
    pub up_to_date: u32,
    /// Pods that are available.
    pub available: u32,
    /// The labels a node must carry.
    pub node_selector: String,
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

impl Row for DaemonSetRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("DESIRED", false),
        ("CURRENT", false),
        ("READY", false),
        ("UP-TO-DATE", false),
        ("AVAILABLE", false),
        ("NODE SELECTOR", false),
        ("AGE", false),
        ("CONTAINERS", true),
        ("IMAGES", true),
        ("SELECTOR", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.desired.to_string(),
            self.current.to_string(),
            self.ready.to_string(),
            self.up_to_date.to_string(),
            self.available.to_string(),
            self.node_selector.clone(),
            self.age.clone(),
            self.containers.join(","),
            self.images.join(","),
            self.selector.clone(),
        ]
    }
}

/// The row of a DaemonSet.
pub fn daemon_set_row(cluster: &Cluster, set: &DaemonSet, now: SimTime) -> DaemonSetRow {
    let counts = cluster.daemon_counts(set);
    let (containers, images) = containers_of(&set.template);
    DaemonSetRow {
        namespace: set.meta.namespace.to_string(),
        name: set.meta.name.to_string(),
        desired: counts.desired,
        current: counts.current,
        ready: counts.ready,
        up_to_date: counts.updated,
        available: counts.available,
        node_selector: labels_text(&set.template.spec.node_selector),
        created_at: set.meta.created_at,
        age: age::since(set.meta.created_at, now),
        containers,
        images,
        selector: labels_text(&set.selector),
    }
}
