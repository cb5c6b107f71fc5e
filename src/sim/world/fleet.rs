//! What runs: each pod with its own copy of the facts as of its container's start. Follows the cluster's events.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::fate::EnvSnapshot;
use crate::sim::time::SimTime;

/// The facts that a container has its own copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Variables as of its start.
    pub env: EnvSnapshot,
    /// Image tag.
    pub tag: String,
}

/// A pod that was started.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its place among the workload's pods.
    pub slot: u32,
    /// Its node.
    pub node: Arc<str>,
    /// Its container's copy of the facts.
    pub copy: Copy,
    /// When the container started last.
    pub started: SimTime,
    /// How often it had been started before.
    pub life: u32,
    /// The container runs.
    pub alive: bool,
    /// The pod takes traffic.
    pub ready: bool,
    /// Bytes that the container has leaked since it started.
    pub leaked: f64,
    /// Bytes a second that it leaks.
    pub leaks: f64,
}

/// All pods by service and name.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    pods: Vec<BTreeMap<Arc<str>, Running>>,
    /// Ready pods of each service, counted whenever one changes.
    ready: Vec<u32>,
}

impl Fleet {
    /// No pod yet.
    pub fn new(services: usize) -> Self {
        Self {
            pods: vec![BTreeMap::new(); services],
            ready: vec![0; services],
        }
    }

    /// The pods of a service by name.
    pub fn of(&self, service: ServiceId) -> impl Iterator<Item = (&Arc<str>, &Running)> {
        self.pods.get(service.index()).into_iter().flatten()
    }

    /// A pod by name.
    pub fn get(&self, service: ServiceId, pod: &str) -> Option<&Running> {
        self.pods.get(service.index())?.get(pod)
    }

    /// Adds or replaces a pod.
    pub fn insert(&mut self, service: ServiceId, pod: Arc<str>, running: Running) {
        if let Some(pods) = self.pods.get_mut(service.index()) {
            pods.insert(pod, running);
            self.count(service);
        }
    }

    /// Changes a pod, if it is there.
    pub fn change(&mut self, service: ServiceId, pod: &str, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self
            .pods
            .get_mut(service.index())
            .and_then(|pods| pods.get_mut(pod))
        {
            change(running);
            self.count(service);
        }
    }

    /// Takes a pod out.
    pub fn remove(&mut self, service: ServiceId, pod: &str) {
        if let Some(pods) = self.pods.get_mut(service.index()) {
            pods.remove(pod);
            self.count(service);
        }
    }

    /// Ready pods of each service.
    pub fn ready(&self) -> &[u32] {
        &self.ready
    }

    /// Ready pods of one service.
    pub fn ready_of(&self, service: ServiceId) -> u32 {
        self.ready.get(service.index()).copied().unwrap_or(0)
    }

    fn count(&mut self, service: ServiceId) {
        let ready = self.of(service).filter(|(_, pod)| pod.ready).count() as u32;
        if let Some(count) = self.ready.get_mut(service.index()) {
            *count = ready;
        }
    }
}
