//! A cluster at its first instant: what has been stable is made as it is, without replaying how it came about.

use core::net::Ipv4Addr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::autoscaling::{Autoscaler, DisruptionBudget, Limited};
use super::super::config::{ConfigMap, Namespace, Secret};
use super::super::error::KubeError;
use super::super::event::EventLog;
use super::super::fate::WorkloadKey;
use super::super::kind::Kind;
use super::super::meta::{Labels, ObjectKey};
use super::super::names;
use super::super::network::{Exposure, Ingress, Service};
use super::super::node::{Node, NodeHealth, NodeResources};
use super::super::quantity::Quantity;
use super::super::spec::{
    AutoscalerSeed, BudgetSeed, ClusterSpec, ConfigMapSeed, ExposureSeed, IngressSeed,
    NamespaceSpec, NodeSpec, SecretSeed, ServiceSeed,
};
use super::super::timers::{Timer, Timers};
use super::super::workload::Since;
use super::{Cluster, ClusterIdentity};
use crate::sim::time::{SimTime, Span};

/// Namespaces every cluster has.
const OWN_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// What the system keeps of each node: CPU in millicores, memory in bytes.
const RESERVED: (i64, i64) = (70, 700 << 20);
/// The disk of a node, and what pods may have of it.
const DISK: (i64, i64) = (20_959_212 << 10, 18_242_267_924);

impl Cluster {
    /// A cluster as `spec` describes it at `start`. Refuses a schedule that cannot be read.
    pub fn new(spec: &ClusterSpec, seed: u64, start: SimTime) -> Result<Self, KubeError> {
        let mut cluster = Self::empty(spec, seed, start);
        for name in OWN_NAMESPACES {
            cluster.seed_namespace(&NamespaceSpec {
                name: name.to_owned(),
                created_at: spec.created_at,
                labels: Labels::new(),
            });
        }
        for namespace in &spec.namespaces {
            cluster.seed_namespace(namespace);
        }
        for (index, node) in spec.nodes.iter().enumerate() {
            cluster.seed_node(node, index);
        }
        for config_map in &spec.config_maps {
            cluster.seed_config_map(config_map);
        }
        for secret in &spec.secrets {
            cluster.seed_secret(secret);
        }
        for service in &spec.services {
            cluster.seed_service(service);
        }
        for ingress in &spec.ingresses {
            cluster.seed_ingress(ingress);
        }
        for budget in &spec.budgets {
            cluster.seed_budget(budget);
        }
        cluster.seed_workloads(spec)?;
        for autoscaler in &spec.autoscalers {
            cluster.seed_autoscaler(autoscaler);
        }
        cluster.settle();
        cluster.outbox.clear();
        Ok(cluster)
    }

    fn empty(spec: &ClusterSpec, seed: u64, start: SimTime) -> Self {
        Self {
            seed,
            identity: Arc::new(ClusterIdentity {
                name: spec.name.clone(),
                user: spec.user.clone(),
                server: spec.server.clone(),
                server_version: spec.server_version.clone(),
                default_namespace: spec.default_namespace.clone(),
            }),
            now: start,
            // A cluster that has lived for a while counts from a few millions.
            version: 1_000_000 + names::keyed(seed, &["resource-version"], 0) % 8_000_000,
            namespaces: BTreeMap::new(),
            nodes: BTreeMap::new(),
            deployments: BTreeMap::new(),
            replica_sets: BTreeMap::new(),
            stateful_sets: BTreeMap::new(),
            daemon_sets: BTreeMap::new(),
            pods: BTreeMap::new(),
            jobs: BTreeMap::new(),
            cron_jobs: BTreeMap::new(),
            services: BTreeMap::new(),
            config_maps: BTreeMap::new(),
            secrets: BTreeMap::new(),
            autoscalers: BTreeMap::new(),
            budgets: BTreeMap::new(),
            ingresses: BTreeMap::new(),
            events: EventLog::default(),
            timers: Timers::default(),
            dirty: BTreeSet::new(),
            unscheduled: BTreeSet::new(),
            room_changed: false,
            rechecks: BTreeSet::new(),
            outbox: Vec::new(),
        }
    }

    pub(super) fn seed_namespace(&mut self, spec: &NamespaceSpec) {
        let mut labels = spec.labels.clone();
        labels.insert("kubernetes.io/metadata.name".to_owned(), spec.name.clone());
        let meta = self.new_meta(Kind::Namespace, "", &spec.name, labels, spec.created_at);
        self.namespaces
            .insert(meta.key(), Arc::new(Namespace { meta }));
        let root = BTreeMap::from([(
            "ca.crt".to_owned(),
            "-----BEGIN CERTIFICATE-----\nMIIBdjCCAR2gAwIBAgIBADAKBggqhkjOPQQDAjAj\n-----END CERTIFICATE-----\n".to_owned(),
        )]);
        self.seed_config_map(&ConfigMapSeed {
            namespace: spec.name.clone(),
            name: "kube-root-ca.crt".to_owned(),
            created_at: spec.created_at,
            data: root,
        });
    }

    fn seed_node(&mut self, spec: &NodeSpec, index: usize) {
        let index = (index % 250) as u8 + 1;
        let mut labels = spec.labels.clone();
        for (label, value) in [
            ("kubernetes.io/arch", spec.system.architecture.as_str()),
            ("kubernetes.io/hostname", spec.name.as_str()),
            ("kubernetes.io/os", "linux"),
            (
                "node.kubernetes.io/instance-type",
                spec.instance_type.as_str(),
            ),
            ("topology.kubernetes.io/zone", spec.zone.as_str()),
            ("pool", spec.pool.as_str()),
        ] {
            if !value.is_empty() {
                labels.insert(label.to_owned(), value.to_owned());
            }
        }
        let mut meta = self.new_meta(Kind::Node, "", &spec.name, labels, spec.created_at);
        meta.annotations
            .insert("node.alpha.kubernetes.io/ttl".to_owned(), "0".to_owned());
        let drawn = names::keyed(self.seed, &["node-ip", &spec.name], 0);
        let (cpu, memory) = RESERVED;
        let quiet = Since {
            value: false,
            at: spec.created_at,
        };
        let node = Node {
            meta,
            index,
            internal_ip: spec
                .internal_ip
                .or_else(|| names::address_in(&spec.name))
                .unwrap_or_else(|| Ipv4Addr::new(10, 0, index, 2 + (drawn % 250) as u8)),
            capacity: NodeResources {
                cpu: spec.cpu,
                memory: spec.memory,
                ephemeral_storage: Quantity::bytes(DISK.0),
                pods: spec.pods,
            },
            allocatable: NodeResources {
                cpu: Quantity::cpu_millis((spec.cpu.millis() - cpu).max(0)),
                memory: Quantity::bytes((spec.memory.units() - memory).max(0)),
                ephemeral_storage: Quantity::cpu_millis(DISK.1 * 1000),
                pods: spec.pods,
            },
            taints: spec.taints.clone(),
            cordoned: None,
            health: Since {
                value: NodeHealth::Ready,
                at: spec.created_at + Span::from_secs(40),
            },
            memory_pressure: quiet,
            disk_pressure: quiet,
            images: BTreeSet::new(),
            system: spec.system.clone(),
        };
        self.nodes.insert(node.meta.key(), Arc::new(node));
    }

    pub(super) fn seed_config_map(&mut self, spec: &ConfigMapSeed) {
        let meta = self.new_meta(
            Kind::ConfigMap,
            &spec.namespace,
            &spec.name,
            Labels::new(),
            spec.created_at,
        );
        let config_map = ConfigMap {
            meta,
            data: Arc::new(spec.data.clone()),
            replaced: Vec::new(),
        };
        self.config_maps
            .insert(config_map.meta.key(), Arc::new(config_map));
    }

    fn seed_secret(&mut self, spec: &SecretSeed) {
        let meta = self.new_meta(
            Kind::Secret,
            &spec.namespace,
            &spec.name,
            Labels::new(),
            spec.created_at,
        );
        let secret = Secret {
            meta,
            secret_type: spec.secret_type.clone(),
            data: spec.data.clone(),
        };
        self.secrets.insert(secret.meta.key(), Arc::new(secret));
    }

    fn seed_service(&mut self, spec: &ServiceSeed) {
        let ip = names::cluster_ip(self.seed, &spec.namespace, &spec.name);
        let exposure = match &spec.exposure {
            ExposureSeed::ClusterIp => Exposure::ClusterIp(ip),
            ExposureSeed::Headless => Exposure::Headless,
            ExposureSeed::NodePort => Exposure::NodePort(ip),
            ExposureSeed::LoadBalancer(hostname) => Exposure::LoadBalancer {
                cluster_ip: ip,
                hostname: hostname.clone(),
            },
            ExposureSeed::ExternalName(name) => Exposure::ExternalName(name.clone()),
        };
        let mut ports = spec.ports.clone();
        let outside = matches!(
            spec.exposure,
            ExposureSeed::NodePort | ExposureSeed::LoadBalancer(_)
        );
        for port in ports.iter_mut().filter(|_| outside) {
            let drawn = names::keyed(
                self.seed,
                &["node-port", &spec.namespace, &spec.name],
                u64::from(port.port),
            );
            port.node_port
                .get_or_insert(30_000 + (drawn % 2_767) as u16);
        }
        let meta = self.new_meta(
            Kind::Service,
            &spec.namespace,
            &spec.name,
            spec.labels.clone(),
            spec.created_at,
        );
        let service = Service {
            meta,
            exposure,
            selector: spec.selector.clone(),
            ports,
        };
        self.services.insert(service.meta.key(), Arc::new(service));
    }

    fn seed_ingress(&mut self, spec: &IngressSeed) {
        let meta = self.new_meta(
            Kind::Ingress,
            &spec.namespace,
            &spec.name,
            Labels::new(),
            spec.created_at,
        );
        let ingress = Ingress {
            meta,
            class: spec.class.clone(),
            address: spec.address.clone(),
            tls_hosts: spec.tls_hosts.clone(),
            tls_secret: spec.tls_secret.clone(),
            rules: spec.rules.clone(),
        };
        self.ingresses.insert(ingress.meta.key(), Arc::new(ingress));
    }

    fn seed_budget(&mut self, spec: &BudgetSeed) {
        let meta = self.new_meta(
            Kind::PodDisruptionBudget,
            &spec.namespace,
            &spec.name,
            Labels::new(),
            spec.created_at,
        );
        let budget = DisruptionBudget {
            meta,
            bound: spec.bound,
            selector: spec.selector.clone(),
        };
        self.budgets.insert(budget.meta.key(), Arc::new(budget));
    }

    pub(super) fn seed_autoscaler(&mut self, spec: &AutoscalerSeed) {
        let target = WorkloadKey::new(spec.target_kind, &spec.namespace, &spec.target);
        let meta = self.new_meta(
            Kind::HorizontalPodAutoscaler,
            &spec.namespace,
            &spec.name,
            Labels::new(),
            spec.created_at,
        );
        let desired = self.wanted_replicas(&target).unwrap_or(0);
        let autoscaler = Autoscaler {
            meta,
            target,
            min: spec.min,
            max: spec.max,
            cpu_percent: spec.cpu_percent,
            current_percent: spec.current_percent,
            desired,
            last_scaled: None,
            recommendations: Vec::new(),
            limited: Since {
                value: Limited::No,
                at: spec.created_at,
            },
            active: Since {
                value: spec.current_percent.is_some(),
                at: spec.created_at,
            },
        };
        let key: ObjectKey = autoscaler.meta.key();
        self.autoscalers.insert(key.clone(), Arc::new(autoscaler));
        let phase = names::keyed_between(
            self.seed,
            &["hpa", &spec.namespace, &spec.name],
            0,
            1_000,
            15_000,
        );
        self.timers
            .set(self.now + Span::from_millis(phase), Timer::Autoscaler(key));
    }
}

impl Default for Cluster {
    /// A cluster without nodes or workloads.
    fn default() -> Self {
        Self::empty(&ClusterSpec::default(), 0, SimTime(0))
    }
}
