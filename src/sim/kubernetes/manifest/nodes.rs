//! Nodes as documents.

use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::kind::Kind;
use super::super::node::{Node, NodeHealth, NodeResources};
use super::{frame, metadata, put, time};
use crate::sim::time::{SimTime, Span};

/// One condition of a node.
pub struct NodeCondition {
    /// The type.
    pub name: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: &'static str,
    /// When the kubelet last said so.
    pub heartbeat: SimTime,
    /// Since when.
    pub since: SimTime,
    /// The reason in one word.
    pub reason: &'static str,
    /// In words.
    pub message: &'static str,
}

impl Node {
    /// The node's conditions, in the API's order.
    pub fn conditions(&self, now: SimTime) -> Vec<NodeCondition> {
        let lost = self.health.value == NodeHealth::Unknown;
        // A kubelet writes its status every five minutes where nothing changes.
        let heartbeat = if lost {
            self.health.at - Span::from_secs(40)
        } else {
            let phase = Span::from_secs(i64::from(self.index) * 37 % 300);
            (now - phase).floor_to(Span::from_mins(5)) + phase
        };
        let one = |name, status, since: SimTime, reason, message| NodeCondition {
            name,
            status: if lost { "Unknown" } else { status },
            heartbeat: heartbeat.max(since),
            since: if lost { self.health.at } else { since },
            reason: if lost { "NodeStatusUnknown" } else { reason },
            message: if lost {
                "Kubelet stopped posting node status."
            } else {
                message
            },
        };
        let born = self.meta.created_at;
        let memory = if self.memory_pressure.value {
            (
                "True",
                "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available",
            )
        } else {
            (
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
            )
        };
        let disk = if self.disk_pressure.value {
            (
                "True",
                "KubeletHasDiskPressure",
                "kubelet has disk pressure",
            )
        } else {
            (
                "False",
                "KubeletHasNoDiskPressure",
                "kubelet has no disk pressure",
            )
        };
        let ready = if self.health.value == NodeHealth::Ready {
            ("True", "KubeletReady", "kubelet is posting ready status")
        } else {
            (
                "False",
                "KubeletNotReady",
                "container runtime network not ready",
            )
        };
        vec![
            one(
                "MemoryPressure",
                memory.0,
                self.memory_pressure.at,
                memory.1,
                memory.2,
            ),
            one(
                "DiskPressure",
                disk.0,
                self.disk_pressure.at,
                disk.1,
                disk.2,
            ),
            one(
                "PIDPressure",
                "False",
                born,
                "KubeletHasSufficientPID",
                "kubelet has sufficient PID available",
            ),
            one("Ready", ready.0, self.health.at, ready.1, ready.2),
        ]
    }

    /// The provider's name for the machine.
    pub fn provider_id(&self, cluster: &Cluster) -> String {
        let zone = self
            .meta
            .labels
            .get("topology.kubernetes.io/zone")
            .map_or("", String::as_str);
        format!("aws:///{zone}/i-{}", cluster.node_hex(self, "instance", 17))
    }

    /// The addresses of its pods.
    pub fn pod_cidr(&self) -> String {
        format!("10.244.{}.0/24", self.index)
    }
}

fn amounts(resources: &NodeResources) -> Value {
    json!({
        "cpu": resources.cpu.to_string(),
        "ephemeral-storage": resources.ephemeral_storage.to_string(),
        "memory": resources.memory.to_string(),
        "pods": resources.pods.to_string(),
    })
}

/// The document of a node.
pub(super) fn node(cluster: &Cluster, node: &Node) -> Value {
    let mut spec = json!({
        "podCIDR": node.pod_cidr(),
        "podCIDRs": [node.pod_cidr()],
        "providerID": node.provider_id(cluster),
    });
    let taints: Vec<Value> = node
        .all_taints()
        .into_iter()
        .map(|taint| {
            let mut value = json!({"effect": taint.effect, "key": taint.key});
            if !taint.value.is_empty() {
                put(&mut value, "value", json!(taint.value));
            }
            value
        })
        .collect();
    if !taints.is_empty() {
        put(&mut spec, "taints", json!(taints));
    }
    if node.cordoned.is_some() {
        put(&mut spec, "unschedulable", json!(true));
    }
    let conditions: Vec<Value> = node
        .conditions(cluster.now())
        .into_iter()
        .map(|condition| {
            json!({
                "lastHeartbeatTime": time(condition.heartbeat),
                "lastTransitionTime": time(condition.since),
                "message": condition.message,
                "reason": condition.reason,
                "status": condition.status,
                "type": condition.name,
            })
        })
        .collect();
    let system = &node.system;
    let status = json!({
        "addresses": [
            {"address": node.internal_ip.to_string(), "type": "InternalIP"},
            {"address": &*node.meta.name, "type": "InternalDNS"},
            {"address": &*node.meta.name, "type": "Hostname"},
        ],
        "allocatable": amounts(&node.allocatable),
        "capacity": amounts(&node.capacity),
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": node.images.iter().map(|image| json!({"names": [image]})).collect::<Vec<_>>(),
        "nodeInfo": {
            "architecture": system.architecture,
            "bootID": cluster.node_uuid(node, "boot"),
            "containerRuntimeVersion": system.container_runtime,
            "kernelVersion": system.kernel_version,
            "kubeProxyVersion": system.kubelet_version,
            "kubeletVersion": system.kubelet_version,
            "machineID": cluster.node_hex(node, "machine", 32),
            "operatingSystem": "linux",
            "osImage": system.os_image,
            "systemUUID": cluster.node_uuid(node, "machine"),
        },
    });
    frame(
        Kind::Node,
        metadata(&node.meta, &node.meta.annotations, false),
        json!({"spec": spec, "status": status}),
    )
}

impl Cluster {
    /// An identifier that belongs to a node, in groups as a UUID has them.
    pub fn node_uuid(&self, node: &Node, what: &str) -> String {
        let digits = self.node_hex(node, what, 32);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        )
    }
}
