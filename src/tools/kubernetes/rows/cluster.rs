//! Rows of nodes.

use serde::Serialize;

use super::{Column, Row};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::node::Node;
use crate::sim::time::SimTime;
use crate::tools::kubernetes::age;

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// The status as shown: `Ready`, `NotReady,SchedulingDisabled`.
    pub status: String,
    /// Its roles.
    pub roles: String,
    /// When it joined.
    pub created_at: SimTime,
    /// Its age in a few letters.
    pub age: String,
    /// The kubelet's version.
    pub version: String,
    /// Its address.
    pub internal_ip: String,
    /// The operating system's own name.
    pub os_image: String,
    /// The kernel.
    pub kernel_version: String,
    /// The container runtime.
    pub container_runtime: String,
}

impl Row for NodeRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", false),
        ("STATUS", false),
        ("ROLES", false),
        ("AGE", false),
        ("VERSION", false),
        ("INTERNAL-IP", true),
        ("EXTERNAL-IP", true),
        ("OS-IMAGE", true),
        ("KERNEL-VERSION", true),
        ("CONTAINER-RUNTIME", true),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.status.clone(),
            self.roles.clone(),
            self.age.clone(),
            self.version.clone(),
            self.internal_ip.clone(),
            "<none>".to_owned(),
            self.os_image.clone(),
            self.kernel_version.clone(),
            self.container_runtime.clone(),
        ]
    }
}

/// The row of a node.
pub fn node_row(_: &Cluster, node: &Node, now: SimTime) -> NodeRow {
    NodeRow {
        name: node.meta.name.to_string(),
        status: node.display_status(),
        roles: node.roles(),
        created_at: node.meta.created_at,
        age: age::since(node.meta.created_at, now),
        version: node.system.kubelet_version.clone(),
        internal_ip: node.internal_ip.to_string(),
        os_image: node.system.os_image.clone(),
        kernel_version: node.system.kernel_version.clone(),
        container_runtime: node.system.container_runtime.clone(),
    }
}
