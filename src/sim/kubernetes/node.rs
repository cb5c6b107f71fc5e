//! Nodes: capacity, conditions, taints, cordon. Which pods run on one is the pods' own business.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::meta::ObjectMeta;
use super::quantity::Quantity;
use super::workload::Since;
use crate::sim::time::SimTime;

/// The taint of a node whose kubelet does not answer.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a cordoned node.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// A node.
#[derive(Clone, Debug, Hash)]
pub struct Node {
    /// Name, labels, annotations.
    pub meta: ObjectMeta,
    /// Its number: pods on it get addresses in 10.244.INDEX.0/24.
    pub index: u8,
    /// Its own address.
    pub internal_ip: Ipv4Addr,
    /// What the machine has.
    pub capacity: NodeResources,
    /// What pods may have of it.
    pub allocatable: NodeResources,
    /// Taints that somebody set; those of its state come from its state.
    pub taints: Vec<Taint>,
    /// Whether it was cordoned, and when.
    pub cordoned: Option<SimTime>,
    /// Whether its kubelet answers, and since when.
    pub health: Since<NodeHealth>,
    /// Whether it is short of memory, and since when.
    pub memory_pressure: Since<bool>,
    /// Whether it is short of disk, and since when.
    pub disk_pressure: Since<bool>,
    /// The images it has.
    pub images: BTreeSet<String>,
    /// Versions of what runs on it.
    pub system: NodeSystem,
}

/// CPU, memory, disk and pods of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeResources {
    /// Cores.
    pub cpu: Quantity,
    /// Memory.
    pub memory: Quantity,
    /// Disk for images, logs and scratch files.
    pub ephemeral_storage: Quantity,
    /// How many pods.
    pub pods: u32,
}

/// Whether a node's kubelet answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeHealth {
    /// It answers and is ready.
    Ready,
    /// It answers and says that it is not ready.
    NotReady,
    /// It stopped answering.
    Unknown,
}

/// A taint: pods that do not put up with it keep away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value; often empty.
    #[serde(default)]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

impl std::fmt::Display for Taint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.value.is_empty() {
            write!(out, "{}:{}", self.key, self.effect)
        } else {
            write!(out, "{}={}:{}", self.key, self.value, self.effect)
        }
    }
}

/// Versions of what runs on a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeSystem {
    /// The kubelet.
    pub kubelet_version: String,
    /// The operating system's own name.
    pub os_image: String,
    /// The kernel.
    pub kernel_version: String,
    /// The container runtime.
    pub container_runtime: String,
    /// `amd64` or `arm64`.
    pub architecture: String,
}

impl Default for NodeSystem {
    fn default() -> Self {
        Self {
            kubelet_version: "v1.31.1-eks-ae9a62a".to_owned(),
            os_image: "Amazon Linux 2023.5.20240916".to_owned(),
            kernel_version: "6.1.109-118.189.amzn2023.x86_64".to_owned(),
            container_runtime: "containerd://1.7.22".to_owned(),
            architecture: "amd64".to_owned(),
        }
    }
}

impl Node {
    /// All taints: those somebody set and those of its state.
    pub fn all_taints(&self) -> Vec<Taint> {
        let of_state = |key: &str, effect: &str| Taint {
            key: key.to_owned(),
            value: String::new(),
            effect: effect.to_owned(),
        };
        let mut taints = self.taints.clone();
        match self.health.value {
            NodeHealth::Ready => {}
            NodeHealth::NotReady => {
                taints.push(of_state("node.kubernetes.io/not-ready", "NoExecute"));
                taints.push(of_state("node.kubernetes.io/not-ready", "NoSchedule"));
            }
            NodeHealth::Unknown => {
                taints.push(of_state(UNREACHABLE, "NoExecute"));
                taints.push(of_state(UNREACHABLE, "NoSchedule"));
            }
        }
        if self.memory_pressure.value {
            taints.push(of_state("node.kubernetes.io/memory-pressure", "NoSchedule"));
        }
        if self.disk_pressure.value {
            taints.push(of_state("node.kubernetes.io/disk-pressure", "NoSchedule"));
        }
        if self.cordoned.is_some() {
            taints.push(of_state(UNSCHEDULABLE, "NoSchedule"));
        }
        taints
    }

    /// Whether its kubelet answers and is ready.
    pub fn is_ready(&self) -> bool {
        self.health.value == NodeHealth::Ready
    }

    /// What the STATUS column of `kubectl get nodes` shows.
    pub fn display_status(&self) -> String {
        let ready = if self.is_ready() { "Ready" } else { "NotReady" };
        if self.cordoned.is_some() {
            format!("{ready},SchedulingDisabled")
        } else {
            ready.to_owned()
        }
    }

    /// What the ROLES column shows.
    pub fn roles(&self) -> String {
        let roles: Vec<&str> = self
            .meta
            .labels
            .keys()
            .filter_map(|label| label.strip_prefix("node-role.kubernetes.io/"))
            .collect();
        if roles.is_empty() {
            "<none>".to_owned()
        } else {
            roles.join(",")
        }
    }
}
