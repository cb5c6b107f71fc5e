//! The cluster as a whole: its objects, its queue, and moving both along. What each controller does is in `controllers`.

mod apply;
mod bootstrap;
mod delete;
mod edit;
mod release;
mod repeat;
mod rollout;
mod seeding;
mod view;

pub use release::Deploy;
pub use repeat::CrashCycle;
pub(super) use view::target_port;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::autoscaling::{Autoscaler, DisruptionBudget};
use super::batch::{CronJob, Job};
use super::config::{ConfigMap, Namespace, Secret};
use super::event::{EventLog, EventType, Report};
use super::fate::{ClusterEvent, ClusterEventKind, ContainerFate, WorkloadKey};
use super::kind::Kind;
use super::meta::{Labels, ObjectKey, ObjectMeta, ObjectRef};
use super::names;
use super::network::{Ingress, Service};
use super::node::Node;
use super::pod::Pod;
use super::timers::{Timer, Timers};
use super::workload::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use crate::sim::time::SimTime;

/// Objects of one kind, by namespace and name.
pub type Objects<T> = BTreeMap<ObjectKey, Arc<T>>;

/// How the cluster is reached and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterIdentity {
    /// The name in the kubeconfig.
    pub name: String,
    /// The user in the kubeconfig.
    pub user: String,
    /// The API server's address.
    pub server: String,
    /// The API server's version.
    pub server_version: String,
    /// The namespace commands mean when they name none.
    pub default_namespace: String,
}

/// A cluster at an instant. Cloning shares all objects that do not change afterwards.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) seed: u64,
    pub(super) identity: Arc<ClusterIdentity>,
    pub(super) now: SimTime,
    pub(super) version: u64,
    pub(super) namespaces: Objects<Namespace>,
    pub(super) nodes: Objects<Node>,
    pub(super) deployments: Objects<Deployment>,
    pub(super) replica_sets: Objects<ReplicaSet>,
    pub(super) stateful_sets: Objects<StatefulSet>,
    pub(super) daemon_sets: Objects<DaemonSet>,
    pub(super) pods: Objects<Pod>,
    pub(super) jobs: Objects<Job>,
    pub(super) cron_jobs: Objects<CronJob>,
    pub(super) services: Objects<Service>,
    pub(super) config_maps: Objects<ConfigMap>,
    pub(super) secrets: Objects<Secret>,
    pub(super) autoscalers: Objects<Autoscaler>,
    pub(super) budgets: Objects<DisruptionBudget>,
    pub(super) ingresses: Objects<Ingress>,
    pub(super) events: EventLog,
    pub(super) timers: Timers,
    /// Workloads whose controller has to look; empty between calls.
    pub(super) dirty: BTreeSet<WorkloadKey>,
    /// Pods without a node.
    pub(super) unscheduled: BTreeSet<ObjectKey>,
    /// Whether pods without a node may fit now; false between calls.
    pub(super) room_changed: bool,
    /// Pods whose running containers the world is asked about again.
    pub(super) rechecks: BTreeSet<ObjectKey>,
    pub(super) outbox: Vec<ClusterEvent>,
}

/// Rounds of controllers at one instant; far more than any real change needs.
const ROUNDS: usize = 10_000;

impl Cluster {
    /// When something will happen next by itself; `None` if nothing ever will.
    pub fn next_event_at(&self) -> Option<SimTime> {
        if self.rechecks.is_empty() && self.outbox.is_empty() {
            self.timers.next_at()
        } else {
            Some(self.now)
        }
    }

    /// The instant up to which everything has happened.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Lets everything happen that is due up to and including `to`, asking the world about each start, and tells what
    /// happened since the last call. An instant before now changes nothing.
    pub fn advance(&mut self, to: SimTime, fate: &dyn ContainerFate) -> Vec<ClusterEvent> {
        self.ask_again(fate);
        while let Some((at, timer)) = self.timers.pop_due(to) {
            self.now = self.now.max(at);
            self.fire(timer, self.now, fate);
            self.settle();
        }
        self.now = self.now.max(to);
        std::mem::take(&mut self.outbox)
    }

    /// The world's answers for this workload's running containers may have changed: the next
    /// [`advance`](Self::advance) asks again, as of the instant reached now.
    pub fn recheck(&mut self, workload: &WorkloadKey) {
        let pods = self
            .pods
            .iter()
            .filter(|(_, pod)| pod.workload == *workload)
            .map(|(key, _)| key.clone());
        self.rechecks.extend(pods);
    }

    fn fire(&mut self, timer: Timer, at: SimTime, fate: &dyn ContainerFate) {
        match timer {
            Timer::Pod(key) => self.step_pod(&key, at, fate),
            Timer::Deployment(key) => {
                if let Some(deployment) = self.deployments.get_mut(&key) {
                    let deployment = Arc::make_mut(deployment);
                    deployment.due = None;
                    self.dirty.insert(deployment.workload());
                }
            }
            Timer::Cron(key) => self.run_cron_job(&key, at),
            Timer::Job(key) => self.retry_job(&key),
            Timer::Autoscaler(key) => self.autoscale(&key, at, fate),
            Timer::Node(key) => self.evict_from_lost_node(&key, at),
        }
    }

    /// Lets controllers and scheduler act until nothing is left to do at this instant.
    pub(super) fn settle(&mut self) {
        let at = self.now;
        for _ in 0..ROUNDS {
            if let Some(workload) = self.dirty.pop_first() {
                match workload.kind {
                    Kind::Deployment => self.sync_deployment(&workload.key, at),
                    Kind::StatefulSet => self.sync_stateful_set(&workload.key, at),
                    Kind::DaemonSet => self.sync_daemon_set(&workload.key, at),
                    Kind::Job => self.sync_job(&workload.key, at),
                    _ => {}
                }
            } else if self.room_changed {
                self.room_changed = false;
                self.schedule_pods(at);
            } else {
                return;
            }
        }
        debug_assert!(false, "controllers did not come to rest");
    }

    /// Takes down what happened, for the world.
    pub(super) fn tell(&mut self, kind: ClusterEventKind) {
        self.outbox.push(ClusterEvent { at: self.now, kind });
    }

    /// Takes down an event object.
    pub(super) fn report(&mut self, report: Report) {
        self.events.record(self.seed, report, self.now);
    }

    /// A good piece of news of a controller.
    pub(super) fn report_normal(
        &mut self,
        object: ObjectRef,
        component: &'static str,
        reason: &'static str,
        message: String,
    ) {
        self.report(Report {
            object,
            container: None,
            event_type: EventType::Normal,
            reason,
            message,
            component,
            host: None,
        });
    }

    /// The next resource version.
    pub(super) fn bump(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Metadata of a new object.
    pub(super) fn new_meta(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        labels: Labels,
        at: SimTime,
    ) -> ObjectMeta {
        let resource_version = self.bump();
        ObjectMeta {
            name: name.into(),
            namespace: namespace.into(),
            uid: names::uid(
                self.seed,
                kind.name(),
                namespace,
                &format!("{name}@{}", at.millis()),
            )
            .into(),
            labels,
            annotations: Labels::new(),
            created_at: at,
            generation: 1,
            resource_version,
            owner: None,
        }
    }

    /// A pod to change. The caller calls [`Self::schedule_kubelet`] when what comes next may have changed.
    pub(super) fn pod_mut(&mut self, key: &ObjectKey) -> Option<&mut Pod> {
        self.version += 1;
        let version = self.version;
        let pod = Arc::make_mut(self.pods.get_mut(key)?);
        pod.meta.resource_version = version;
        Some(pod)
    }

    /// Puts the pod's next step into the queue.
    pub(super) fn schedule_kubelet(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let (old, new) = (pod.due, pod.next_due());
        if old == new {
            return;
        }
        if let Some(pod) = self.pods.get_mut(key) {
            Arc::make_mut(pod).due = new;
        }
        if let Some(at) = old {
            self.timers.clear(at, Timer::Pod(key.clone()));
        }
        if let Some(at) = new {
            self.timers.set(at, Timer::Pod(key.clone()));
        }
    }
}
