//! Making and removing pods, for whatever controller wants them.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::event::{EventType, Report};
use super::super::fate::{ClusterEventKind, WorkloadKey};
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef, OwnerReference};
use super::super::names;
use super::super::node::NodeHealth;
use super::super::pod::{ContainerState, ContainerStatus, Deletion, Outcome, Pace, Pod};
use super::super::template::PodTemplate;
use crate::sim::time::{SimTime, Span};

/// What a controller wants a pod to be.
pub(in super::super) struct NewPod {
    pub name: String,
    pub owner: OwnerReference,
    pub workload: WorkloadKey,
    pub cron_job: Option<Arc<str>>,
    pub revision: u64,
    pub template: Arc<PodTemplate>,
    pub pace: Pace,
    /// The place among the workload's pods, where the controller decides it; else the lowest free one.
    pub slot: Option<u32>,
}

impl Cluster {
    /// Makes a pod; it has no node yet.
    pub(in super::super) fn make_pod(&mut self, new: NewPod, at: SimTime) -> ObjectKey {
        let namespace = Arc::clone(&new.workload.key.namespace);
        let labels = new.template.metadata.labels.clone();
        let mut meta = self.new_meta(Kind::Pod, &namespace, &new.name, labels, at);
        meta.annotations = new.template.metadata.annotations.clone();
        meta.owner = Some(new.owner);
        let key = meta.key();
        let slot = new.slot.unwrap_or_else(|| self.free_slot(&new.workload));
        let containers = new
            .template
            .spec
            .containers
            .iter()
            .map(|container| ContainerStatus::unscheduled(&container.name, &container.image))
            .collect();
        let pod = Pod {
            meta,
            workload: new.workload,
            cron_job: new.cron_job,
            slot,
            revision: new.revision,
            template: new.template,
            pace: new.pace,
            placement: None,
            containers,
            outcome: None,
            ready_since: at,
            node_lost: false,
            deletion: None,
            due: None,
        };
        self.tell(ClusterEventKind::PodCreated(pod.seat()));
        self.pods.insert(key.clone(), Arc::new(pod));
        self.unscheduled.insert(key.clone());
        self.room_changed = true;
        key
    }

    /// The lowest place no pod of the workload holds.
    fn free_slot(&self, workload: &WorkloadKey) -> u32 {
        let mut taken: Vec<u32> = self
            .pods_of(workload)
            .filter(|pod| !pod.is_finished())
            .map(|pod| pod.slot)
            .collect();
        taken.sort_unstable();
        taken.dedup();
        let free = taken
            .iter()
            .zip(0_u32..)
            .find(|(slot, expected)| **slot != *expected);
        free.map_or(taken.len() as u32, |(_, expected)| expected)
    }

    /// A name `PREFIX-xxxxx` that no pod has, counting up what the owner made.
    pub(in super::super) fn pod_name(
        &self,
        namespace: &str,
        prefix: &str,
        made: &mut u64,
    ) -> String {
        loop {
            let suffix = names::pod_suffix(self.seed, &format!("{namespace}/{prefix}"), *made);
            *made += 1;
            let name = format!("{prefix}-{suffix}");
            if !self.pods.contains_key(&ObjectKey::new(namespace, &name)) {
                return name;
            }
        }
    }

    /// Asks a pod to stop. `grace` replaces its template's period; zero removes it at once.
    pub(in super::super) fn terminate_pod(
        &mut self,
        key: &ObjectKey,
        grace: Option<Span>,
        at: SimTime,
    ) {
        let Some(pod) = self.pods.get(key) else {
            return;
        };
        let lost = pod
            .node()
            .and_then(|node| self.node(node))
            .is_some_and(|node| node.health.value == NodeHealth::Unknown);
        let default = Span::from_secs(i64::from(
            pod.template.spec.termination_grace_period_seconds,
        ));
        let grace = grace.unwrap_or(default);
        if grace.millis() <= 0 || pod.placement.is_none() || pod.is_finished() {
            self.remove_pod(key);
            return;
        }
        if let Some(deletion) = pod.deletion
            && deletion.requested_at + deletion.grace <= at + grace
        {
            return;
        }
        let (ready, first) = (pod.is_ready(), pod.deletion.is_none());
        let (seat, workload) = (pod.seat(), pod.workload.clone());
        let gone_at = (!lost).then(|| at + self.stopping_time(pod).min(grace));
        let running: Vec<String> = pod
            .containers
            .iter()
            .filter(|status| matches!(status.state, ContainerState::Running(_)))
            .map(|status| status.name.clone())
            .collect();
        if let Some(pod) = self.pod_mut(key) {
            pod.deletion = Some(Deletion {
                requested_at: at,
                grace,
                gone_at,
            });
        }
        self.rechecks.remove(key);
        self.schedule_kubelet(key);
        if first {
            self.events
                .stop_all(&ObjectRef::new(Kind::Pod, &key.namespace, &key.name), at);
            for name in running {
                let message = format!("Stopping container {name}");
                let report = self.kubelet_report(key, &name, EventType::Normal, "Killing", message);
                self.report(report);
            }
            self.tell(ClusterEventKind::PodTerminating(seat.clone()));
            if ready {
                self.tell(ClusterEventKind::PodUnready(seat));
            }
        }
        self.dirty.insert(workload);
    }

    /// How long the pod's containers take to stop.
    fn stopping_time(&self, pod: &Pod) -> Span {
        let running = pod
            .containers
            .iter()
            .any(|status| matches!(status.state, ContainerState::Running(_)));
        if !running {
            return Span::from_secs(1);
        }
        let stop = pod.pace.stop.millis().max(1);
        Span::from_millis(names::keyed_between(
            self.seed,
            &["stop", &pod.meta.uid],
            0,
            stop - stop / 4,
            stop + stop / 4,
        ))
    }

    /// Takes a pod away, whatever it does.
    pub(in super::super) fn remove_pod(&mut self, key: &ObjectKey) {
        let at = self.now;
        let Some(pod) = self.pods.remove(key) else {
            return;
        };
        if let Some(due) = pod.due {
            self.timers
                .clear(due, super::super::timers::Timer::Pod(key.clone()));
        }
        self.unscheduled.remove(key);
        self.rechecks.remove(key);
        self.events
            .stop_all(&ObjectRef::new(Kind::Pod, &key.namespace, &key.name), at);
        if pod.is_ready() && pod.deletion.is_none() {
            self.tell(ClusterEventKind::PodUnready(pod.seat()));
        }
        self.tell(ClusterEventKind::PodDeleted(pod.seat()));
        self.dirty.insert(pod.workload.clone());
        self.room_changed = true;
    }

    /// The node throws a pod out: it fails and stays to be seen.
    pub fn evict_from_node(&mut self, namespace: &str, name: &str, message: &str) -> bool {
        let key = ObjectKey::new(namespace, name);
        let Some(pod) = self.pods.get(&key) else {
            return false;
        };
        if pod.is_finished() || pod.placement.is_none() {
            return false;
        }
        let was_ready = pod.is_ready();
        let node = pod
            .placement
            .as_ref()
            .map(|placement| Arc::clone(&placement.node));
        if let Some(pod) = self.pod_mut(&key) {
            pod.outcome = Some(Outcome::Evicted {
                message: message.to_owned(),
            });
        }
        self.report(Report {
            object: ObjectRef::new(Kind::Pod, namespace, name),
            container: None,
            event_type: EventType::Warning,
            reason: "Evicted",
            message: message.to_owned(),
            component: "kubelet",
            host: node,
        });
        self.events
            .stop_all(&ObjectRef::new(Kind::Pod, namespace, name), self.now);
        self.room_changed = true;
        self.after_step(&key, was_ready, self.now);
        self.settle();
        true
    }
}
