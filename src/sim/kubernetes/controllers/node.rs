//! Nodes that stop answering and come back: what happens to their pods. Why a node is lost is the world's to say.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::event::{EventType, Report};
use super::super::fate::ClusterEventKind;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef};
use super::super::node::{NodeHealth, UNREACHABLE};
use super::super::pod::Pod;
use super::super::timers::Timer;
use super::super::workload::Since;
use crate::sim::time::{SimTime, Span};

/// How long pods stay on a node that does not answer.
const PATIENCE: Span = Span::from_secs(300);

impl Cluster {
    /// The world says how a node is from now on. False if there is no such node.
    pub fn set_node_health(&mut self, name: &str, health: NodeHealth) -> bool {
        let key = ObjectKey::new("", name);
        let at = self.now;
        let version = self.bump();
        let Some(stored) = self.nodes.get_mut(&key) else {
            return false;
        };
        let was = stored.health;
        if was.value == health {
            return true;
        }
        let node = Arc::make_mut(stored);
        node.health = Since { value: health, at };
        node.meta.resource_version = version;
        let ready = health == NodeHealth::Ready;
        if was.value != NodeHealth::Ready {
            self.timers
                .clear(was.at + PATIENCE, Timer::Node(key.clone()));
        }
        if !ready {
            self.timers.set(at + PATIENCE, Timer::Node(key.clone()));
        }
        let (reason, word) = if ready {
            ("NodeReady", "NodeReady")
        } else {
            ("NodeNotReady", "NodeNotReady")
        };
        let object = ObjectRef::new(Kind::Node, "", name);
        let message = format!("Node {name} status is now: {word}");
        self.report_normal(object, "node-controller", reason, message);
        self.tell(ClusterEventKind::NodeChanged {
            node: name.into(),
            ready,
        });
        self.follow_node(name, ready, at);
        self.room_changed = true;
        self.settle();
        true
    }

    /// The world says whether a node is short of memory or disk. False if there is no such node.
    pub fn set_node_pressure(&mut self, name: &str, memory: bool, disk: bool) -> bool {
        let at = self.now;
        let version = self.bump();
        let Some(stored) = self.nodes.get_mut(&ObjectKey::new("", name)) else {
            return false;
        };
        let node = Arc::make_mut(stored);
        node.meta.resource_version = version;
        if node.memory_pressure.value != memory {
            node.memory_pressure = Since { value: memory, at };
        }
        if node.disk_pressure.value != disk {
            node.disk_pressure = Since { value: disk, at };
        }
        self.room_changed = true;
        self.settle();
        true
    }

    /// The node's pods count as ready or not with it; those that were to be deleted go when it is back.
    fn follow_node(&mut self, name: &str, ready: bool, at: SimTime) {
        let here: Vec<ObjectKey> = self
            .pods
            .values()
            .filter(|pod| pod.node() == Some(name) && !pod.is_finished())
            .map(|pod| pod.meta.key())
            .collect();
        for key in here {
            let Some(was_ready) = self.pods.get(&key).map(|pod| pod.is_ready()) else {
                continue;
            };
            if let Some(pod) = self.pod_mut(&key) {
                pod.node_lost = !ready;
                if ready
                    && let Some(deletion) = &mut pod.deletion
                    && deletion.gone_at.is_none()
                {
                    deletion.gone_at = Some(at + Span::from_secs(1));
                }
            }
            if was_ready && !ready {
                self.report(Report {
                    object: ObjectRef::new(Kind::Pod, &key.namespace, &key.name),
                    container: None,
                    event_type: EventType::Warning,
                    reason: "NodeNotReady",
                    message: "Node is not ready".to_owned(),
                    component: "node-controller",
                    host: None,
                });
            }
            self.after_step(&key, was_ready, at);
        }
    }

    /// The patience with a lost node is over: its pods are deleted, so that their controllers make others.
    pub(in super::super) fn evict_from_lost_node(&mut self, key: &ObjectKey, at: SimTime) {
        if self.nodes.get(key).is_none_or(|node| node.is_ready()) {
            return;
        }
        let doomed: Vec<ObjectKey> = self
            .pods
            .values()
            .filter(|pod| pod.node() == Some(&*key.name) && pod.is_active())
            .filter(|pod| !stays(pod))
            .map(|pod| pod.meta.key())
            .collect();
        for pod in doomed {
            let object = ObjectRef::new(Kind::Pod, &pod.namespace, &pod.name);
            let message = format!("Marking for deletion Pod {pod}");
            self.report_normal(
                object,
                "taint-eviction-controller",
                "TaintManagerEviction",
                message,
            );
            self.terminate_pod(&pod, None, at);
        }
    }
}

/// Whether a pod puts up with a lost node for good, as those of DaemonSets do.
fn stays(pod: &Pod) -> bool {
    pod.workload.kind == Kind::DaemonSet
        || pod.template.spec.tolerations.iter().any(|toleration| {
            toleration.toleration_seconds.is_none()
                && (toleration.key.is_empty() || toleration.key == UNREACHABLE)
                && toleration.operator == "Exists"
        })
}
