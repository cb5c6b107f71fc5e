//! Reading a cluster: lists and single objects, and what follows from them (endpoints, budgets). Changes nothing.

use super::super::autoscaling::{Autoscaler, BudgetStatus, DisruptionBound, DisruptionBudget};
use super::super::batch::{CronJob, Job};
use super::super::config::{ConfigMap, Namespace, Secret};
use super::super::event::Event;
use super::super::fate::WorkloadKey;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef, selects};
use super::super::names;
use super::super::network::{EndpointAddress, Endpoints, Ingress, Service};
use super::super::node::Node;
use super::super::pod::Pod;
use super::super::template::PortRef;
use super::super::workload::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use super::{Cluster, ClusterIdentity, Objects};
use crate::sim::kubernetes::config::MOUNT_SYNC;
use crate::sim::time::Span;
use std::collections::BTreeMap;

/// Makes a list and a lookup for one kind of object.
macro_rules! readers {
    ($($field:ident, $one:ident, $kind:ty, $what:literal;)*) => {$(
        #[doc = concat!("All ", $what, "s, by namespace and name.")]
        pub const fn $field(&self) -> &Objects<$kind> {
            &self.$field
        }

        #[doc = concat!("The ", $what, " of this name.")]
        pub fn $one(&self, namespace: &str, name: &str) -> Option<&$kind> {
            self.$field.get(&ObjectKey::new(namespace, name)).map(|object| &**object)
        }
    )*};
}

impl Cluster {
    readers! {
        deployments, deployment, Deployment, "Deployment";
        replica_sets, replica_set, ReplicaSet, "ReplicaSet";
        stateful_sets, stateful_set, StatefulSet, "StatefulSet";
        daemon_sets, daemon_set, DaemonSet, "DaemonSet";
        pods, pod, Pod, "Pod";
        jobs, job, Job, "Job";
        cron_jobs, cron_job, CronJob, "CronJob";
        services, service, Service, "Service";
        config_maps, config_map, ConfigMap, "ConfigMap";
        secrets, secret, Secret, "Secret";
        autoscalers, autoscaler, Autoscaler, "HorizontalPodAutoscaler";
        budgets, budget, DisruptionBudget, "PodDisruptionBudget";
        ingresses, ingress, Ingress, "Ingress";
    }

    /// How the cluster is reached and what it is called.
    pub fn identity(&self) -> &ClusterIdentity {
        &self.identity
    }

    /// All nodes, by name; the namespace of the keys is empty.
    pub const fn nodes(&self) -> &Objects<Node> {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes
            .get(&ObjectKey::new("", name))
            .map(|node| &**node)
    }

    /// All namespaces, by name; the namespace of the keys is empty.
    pub const fn namespaces(&self) -> &Objects<Namespace> {
        &self.namespaces
    }

    /// The namespace of this name.
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces
            .get(&ObjectKey::new("", name))
            .map(|namespace| &**namespace)
    }

    /// Events that are kept, in the order they were first made.
    pub fn events(&self) -> Vec<&Event> {
        self.events.kept(self.now)
    }

    /// Events about one object, in the order they were first made.
    pub fn events_of(&self, object: &ObjectRef) -> Vec<&Event> {
        let mut events = self.events();
        events.retain(|event| event.object == *object);
        events
    }

    /// The pods of a workload, by name, those that are stopping too.
    pub fn pods_of<'a>(&'a self, workload: &'a WorkloadKey) -> impl Iterator<Item = &'a Pod> {
        self.pods
            .values()
            .map(|pod| &**pod)
            .filter(move |pod| pod.workload == *workload)
    }

    /// The pods a controller object made itself: a ReplicaSet's, not its Deployment's.
    pub(in crate::sim::kubernetes) fn pods_owned_by<'a>(
        &'a self,
        kind: Kind,
        key: &'a ObjectKey,
    ) -> impl Iterator<Item = &'a Pod> {
        self.pods.values().map(|pod| &**pod).filter(move |pod| {
            pod.meta.namespace == key.namespace
                && pod
                    .meta
                    .owner
                    .as_ref()
                    .is_some_and(|owner| owner.kind == kind && owner.name == key.name)
        })
    }

    /// The ReplicaSets of a Deployment, oldest revision first.
    pub fn replica_sets_of<'a>(&'a self, deployment: &'a Deployment) -> Vec<&'a ReplicaSet> {
        let mut sets: Vec<&ReplicaSet> = self
            .replica_sets
            .values()
            .map(|set| &**set)
            .filter(|set| {
                set.deployment.key.name == deployment.meta.name
                    && set.meta.namespace == deployment.meta.namespace
            })
            .collect();
        sets.sort_by_key(|set| set.revision);
        sets
    }

    /// The addresses behind a Service.
    pub fn endpoints(&self, service: &Service) -> Endpoints {
        let mut addresses = Vec::new();
        let mut ports = BTreeMap::new();
        for pod in self.pods.values() {
            let chosen = pod.meta.namespace == service.meta.namespace
                && selects(&service.selector, &pod.meta.labels)
                && pod.is_active();
            let (true, Some(ip), Some(node)) = (chosen, pod.ip(), pod.node()) else {
                continue;
            };
            for port in &service.ports {
                if let Some(number) = target_port(pod, &port.target) {
                    ports.insert((port.name.clone(), number), port.protocol);
                }
            }
            addresses.push(EndpointAddress {
                ip,
                pod: pod.meta.name.to_string(),
                node: node.to_owned(),
                ready: pod.serves(),
            });
        }
        addresses.sort_by_key(|address| address.ip);
        Endpoints {
            addresses,
            ports: ports
                .into_iter()
                .map(|((name, number), protocol)| (name, number, protocol))
                .collect(),
        }
    }

    /// How a disruption budget stands.
    pub fn budget_status(&self, budget: &DisruptionBudget) -> BudgetStatus {
        let pods: Vec<&Pod> = self
            .pods
            .values()
            .map(|pod| &**pod)
            .filter(|pod| {
                pod.meta.namespace == budget.meta.namespace
                    && selects(&budget.selector, &pod.meta.labels)
                    && pod.outcome.is_none()
            })
            .collect();
        let mut workloads: Vec<&WorkloadKey> = pods.iter().map(|pod| &pod.workload).collect();
        workloads.sort();
        workloads.dedup();
        let total = workloads
            .iter()
            .map(|workload| self.wanted_replicas(workload).unwrap_or(0))
            .sum();
        let current = pods.iter().filter(|pod| pod.serves()).count() as u32;
        let desired = match budget.bound {
            DisruptionBound::MinAvailable(share) => share.rounded_up(total),
            DisruptionBound::MaxUnavailable(share) => total.saturating_sub(share.rounded_up(total)),
        };
        BudgetStatus {
            allowed: current.saturating_sub(desired),
            current,
            desired,
            total,
        }
    }

    /// How many pods a workload wants; `None` if there is no such workload.
    pub fn wanted_replicas(&self, workload: &WorkloadKey) -> Option<u32> {
        match workload.kind {
            Kind::Deployment => self
                .deployments
                .get(&workload.key)
                .map(|deployment| deployment.spec.replicas),
            Kind::StatefulSet => self
                .stateful_sets
                .get(&workload.key)
                .map(|set| set.replicas),
            Kind::DaemonSet => self
                .daemon_sets
                .get(&workload.key)
                .map(|set| self.daemon_nodes(set).len() as u32),
            Kind::Job => self.jobs.get(&workload.key).map(|_| 1),
            _ => None,
        }
    }

    /// What a pod's mounted copy of a ConfigMap holds now: it follows the object with a delay of up to 90 s that is the
    /// pod's own.
    pub fn mounted_config(&self, pod: &Pod, config_map: &str) -> Option<&BTreeMap<String, String>> {
        let config_map = self.config_map(&pod.meta.namespace, config_map)?;
        let delay = names::keyed_between(
            self.seed,
            &["mount-sync", &pod.meta.namespace, &pod.meta.name],
            0,
            5_000,
            MOUNT_SYNC.millis() - 1,
        );
        Some(config_map.mounted(self.now, Span::from_millis(delay)))
    }

    /// The identifier of a container's life, as `describe` shows it.
    pub fn container_id(&self, pod: &Pod, container: &str, life: u32) -> String {
        names::hex(
            self.seed,
            &["container", &pod.meta.uid, container, &life.to_string()],
            64,
        )
    }

    /// The digest of an image.
    pub fn image_digest(&self, image: &str) -> String {
        names::hex(self.seed, &["image", image], 64)
    }

    /// Five drawn letters that belong to an object, as in a pod's token volume.
    pub fn suffix_of(&self, meta: &crate::sim::kubernetes::ObjectMeta) -> String {
        names::pod_suffix(self.seed, &meta.uid, 0)
    }

    /// Hexadecimal digits that belong to a node, as its machine id.
    pub fn node_hex(&self, node: &Node, what: &str, length: usize) -> String {
        names::hex(self.seed, &["node", &node.meta.name, what], length)
    }
}

/// The number of the pod's port that a service means.
pub(in crate::sim::kubernetes) fn target_port(pod: &Pod, target: &PortRef) -> Option<u16> {
    match target {
        PortRef::Number(number) => Some(*number),
        PortRef::Name(name) => pod
            .template
            .spec
            .containers
            .iter()
            .flat_map(|container| &container.ports)
            .find(|port| port.name == *name)
            .map(|port| port.container_port),
    }
}
