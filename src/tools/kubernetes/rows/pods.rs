//! Rows of pods.

use serde::Serialize;

use super::{Column, Row, or_none};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::pod::Pod;
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A pod in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The workload it belongs to in the end.
    pub workload: String,
    /// Containers that are ready.
    pub ready_containers: usize,
    /// Containers.
    pub containers: usize,
    /// The status as shown: `Running`, `CrashLoopBackOff`, `Terminating`.
    pub status: String,
    /// Restarts of all containers.
    pub restarts: u32,
    /// When a container last ended and was started again.
    pub restarted_at: Option<SimTime>,
    /// Since then, in a few letters.
    pub restarted_ago: Option<String>,
    /// When it was made.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// Its address.
    pub ip: Option<String>,
    /// Its node.
    pub node: Option<String>,
}

impl Row for PodRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("READY", false),
        ("STATUS", false),
        ("RESTARTS", false),
        ("AGE", false),
        ("IP", true),
        ("NODE", true),
        ("NOMINATED NODE", true),
        ("READINESS GATES", true),
    ];

    fn cells(&self) -> Vec<String> {
        let restarts = match &self.restarted_ago {
            Some(ago) => format!("{} ({ago} ago)", self.restarts),
            None => self.restarts.to_string(),
        };
        vec![
            self.name.clone(),
            format!("{}/{}", self.ready_containers, self.containers),
            self.status.clone(),
            restarts,
            self.age.clone(),
            or_none(self.ip.clone().unwrap_or_default()),
            or_none(self.node.clone().unwrap_or_default()),
            "<none>".to_owned(),
            "<none>".to_owned(),
        ]
    }
}

/// The row of a pod.
pub fn pod_row(_: &Cluster, pod: &Pod, now: SimTime) -> PodRow {
    let restarts = pod.restart_count();
    let restarted_at = pod.last_restart().filter(|_| restarts > 0);
    PodRow {
        namespace: pod.meta.namespace.to_string(),
        name: pod.meta.name.to_string(),
        workload: pod.workload.key.name.to_string(),
        ready_containers: pod.ready_count(),
        containers: pod.containers.len(),
        status: pod.display_status(),
        restarts,
        restarted_at,
        restarted_ago: restarted_at.map(|at| age::since(at, now)),
        created_at: pod.meta.created_at,
        age: age::since(pod.meta.created_at, now),
        ip: pod.ip().map(|ip| ip.to_string()),
        node: pod.node().map(str::to_owned),
    }
}

/// The pods of a namespace, or of all.
pub fn get_pods(cluster: &Cluster, namespace: Option<&str>, now: SimTime) -> Vec<PodRow> {
    cluster
        .pods()
        .values()
        .filter(|pod| namespace.is_none_or(|wanted| *pod.meta.namespace == *wanted))
        .map(|pod| pod_row(cluster, pod, now))
        .collect()
}
