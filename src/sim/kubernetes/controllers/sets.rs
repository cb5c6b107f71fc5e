//! The StatefulSet and DaemonSet controllers: numbered pods one after the other, and one pod on each node.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::fate::ClusterEventKind;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectMeta, ObjectRef, OwnerReference};
use super::super::node::{Node, UNSCHEDULABLE};
use super::super::pod::Pod;
use super::super::template::{PodTemplate, Toleration};
use super::super::workload::{ControllerRevision, DaemonSet, REVISION_HASH, StatefulSet};
use super::deployment::canonical;
use super::pods::NewPod;
use super::scheduler::tolerated;
use crate::sim::kubernetes::names;
use crate::sim::time::SimTime;

/// The taints every DaemonSet's pods put up with.
const DAEMON_TOLERATIONS: [&str; 6] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    UNSCHEDULABLE,
];

impl Cluster {
    /// One look of the controller at a StatefulSet: one step at a time, in the order of the numbers.
    pub(in super::super) fn sync_stateful_set(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(set) = self.stateful_sets.get(key).cloned() else {
            return;
        };
        let Some(revision) = set.revision().cloned() else {
            return;
        };
        for ordinal in 0..set.replicas {
            match self.pods.get(&numbered(&set, ordinal)) {
                None => {
                    self.make_numbered(&set, ordinal, at);
                    return;
                }
                Some(pod) if pod.is_finished() && pod.deletion.is_none() => {
                    self.remove_pod(&numbered(&set, ordinal));
                    return;
                }
                // The next one waits for this one.
                Some(pod) if !pod.serves() => {
                    if pod.is_active() && runs_other(pod, &revision) {
                        self.terminate_pod(&numbered(&set, ordinal), None, at);
                    }
                    return;
                }
                Some(_) => {}
            }
        }
        let workload = set.workload();
        let surplus = self
            .pods_of(&workload)
            .filter(|pod| pod.slot >= set.replicas)
            .max_by_key(|pod| pod.slot)
            .map(|pod| (pod.meta.key(), pod.deletion.is_some()));
        if let Some((pod, stopping)) = surplus {
            if !stopping {
                let message = format!(
                    "delete Pod {} in StatefulSet {} successful",
                    pod.name, key.name
                );
                self.report_set(
                    Kind::StatefulSet,
                    key,
                    "statefulset-controller",
                    "SuccessfulDelete",
                    message,
                );
                self.terminate_pod(&pod, None, at);
            }
            return;
        }
        let outdated = (0..set.replicas)
            .rev()
            .map(|ordinal| numbered(&set, ordinal))
            .find(|pod| {
                self.pods
                    .get(pod)
                    .is_some_and(|pod| runs_other(pod, &revision))
            });
        if let Some(pod) = outdated {
            self.terminate_pod(&pod, None, at);
        } else if !set.settled {
            if let Some(stored) = self.stateful_sets.get_mut(key) {
                Arc::make_mut(stored).settled = true;
            }
            self.tell(ClusterEventKind::RolloutComplete {
                workload,
                revision: revision.number,
            });
        }
    }

    fn make_numbered(&mut self, set: &StatefulSet, ordinal: u32, at: SimTime) {
        let name = numbered(set, ordinal).name.to_string();
        let message = format!(
            "create Pod {name} in StatefulSet {} successful",
            set.meta.name
        );
        self.report_set(
            Kind::StatefulSet,
            &set.meta.key(),
            "statefulset-controller",
            "SuccessfulCreate",
            message,
        );
        if let Some(new) = numbered_pod(set, ordinal) {
            self.make_pod(new, at);
        }
    }

    /// One look of the controller at a DaemonSet: a pod on each node, one replaced at a time.
    pub(in super::super) fn sync_daemon_set(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(set) = self.daemon_sets.get(key).cloned() else {
            return;
        };
        let Some(revision) = set.revision().cloned() else {
            return;
        };
        let nodes = self.daemon_nodes(&set);
        let workload = set.workload();
        let pods: Vec<Arc<Pod>> = self
            .pods
            .values()
            .filter(|pod| pod.workload == workload)
            .cloned()
            .collect();
        for pod in pods
            .iter()
            .filter(|pod| pod.is_finished() && pod.deletion.is_none())
        {
            self.remove_pod(&pod.meta.key());
        }
        for (slot, node) in &nodes {
            let here = |pod: &&Arc<Pod>| pod.node() == Some(&**node) && !pod.is_finished();
            if !pods.iter().any(|pod| here(&pod)) {
                self.make_daemon(&set, *slot, node, at);
            }
        }
        let misplaced: Vec<ObjectKey> = pods
            .iter()
            .filter(|pod| pod.is_active())
            .filter(|pod| !nodes.iter().any(|(_, node)| pod.node() == Some(&**node)))
            .map(|pod| pod.meta.key())
            .collect();
        for pod in misplaced {
            self.terminate_pod(&pod, None, at);
        }
        self.roll_daemons(&set, &revision, nodes.len(), at);
    }

    fn roll_daemons(
        &mut self,
        set: &DaemonSet,
        revision: &ControllerRevision,
        wanted: usize,
        at: SimTime,
    ) {
        let workload = set.workload();
        let outdated: Vec<(bool, ObjectKey)> = self
            .pods_of(&workload)
            .filter(|pod| pod.is_active() && runs_other(pod, revision))
            .map(|pod| (pod.serves(), pod.meta.key()))
            .collect();
        let serving = self.pods_of(&workload).filter(|pod| pod.serves()).count();
        let idle = outdated.iter().find(|(serves, _)| !serves);
        let next = idle.or_else(|| outdated.first().filter(|_| serving >= wanted));
        if let Some((_, pod)) = next.cloned() {
            let message = format!("Deleted pod: {}", pod.name);
            self.report_set(
                Kind::DaemonSet,
                &set.meta.key(),
                "daemonset-controller",
                "SuccessfulDelete",
                message,
            );
            self.terminate_pod(&pod, None, at);
        } else if outdated.is_empty() && serving >= wanted && !set.settled {
            if let Some(stored) = self.daemon_sets.get_mut(&set.meta.key()) {
                Arc::make_mut(stored).settled = true;
            }
            self.tell(ClusterEventKind::RolloutComplete {
                workload,
                revision: revision.number,
            });
        }
    }

    fn make_daemon(&mut self, set: &DaemonSet, slot: u32, node: &Arc<str>, at: SimTime) {
        let key = set.meta.key();
        let mut made = self.daemon_sets.get(&key).map_or(0, |set| set.pods_made);
        let name = self.pod_name(&key.namespace, &key.name, &mut made);
        if let Some(stored) = self.daemon_sets.get_mut(&key) {
            Arc::make_mut(stored).pods_made = made;
        }
        let message = format!("Created pod: {name}");
        self.report_set(
            Kind::DaemonSet,
            &key,
            "daemonset-controller",
            "SuccessfulCreate",
            message,
        );
        if let Some(new) = daemon_pod(set, name, slot) {
            let pod = self.make_pod(new, at);
            self.bind(&pod, node, at);
        }
    }

    /// The nodes a DaemonSet runs on, each with its number as the pod's place.
    pub(in super::super) fn daemon_nodes(&self, set: &DaemonSet) -> Vec<(u32, Arc<str>)> {
        let spec = &set.template.spec;
        let fits = |node: &Node| {
            let selected = spec
                .node_selector
                .iter()
                .all(|(name, value)| node.meta.labels.get(name) == Some(value));
            selected
                && node
                    .taints
                    .iter()
                    .filter(|taint| taint.effect != "PreferNoSchedule")
                    .all(|taint| {
                        DAEMON_TOLERATIONS.contains(&taint.key.as_str())
                            || tolerated(taint, &spec.tolerations)
                    })
        };
        self.nodes
            .values()
            .filter(|node| fits(node))
            .map(|node| (u32::from(node.index), Arc::clone(&node.meta.name)))
            .collect()
    }

    fn report_set(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        component: &'static str,
        reason: &'static str,
        message: String,
    ) {
        let object = ObjectRef::new(kind, &key.namespace, &key.name);
        self.report_normal(object, component, reason, message);
    }
}

/// The key of a StatefulSet's pod.
pub(in super::super) fn numbered(set: &StatefulSet, ordinal: u32) -> ObjectKey {
    ObjectKey::new(&set.meta.namespace, &format!("{}-{ordinal}", set.meta.name))
}

/// The pod of a StatefulSet with this number; `None` if the set has no revision.
pub(in super::super) fn numbered_pod(set: &StatefulSet, ordinal: u32) -> Option<NewPod> {
    let revision = set.revision()?;
    let name = numbered(set, ordinal).name.to_string();
    let mut template = pod_template(revision);
    let labels = &mut template.metadata.labels;
    for (label, value) in [
        ("apps.kubernetes.io/pod-index", ordinal.to_string()),
        ("statefulset.kubernetes.io/pod-name", name.clone()),
        (
            REVISION_HASH,
            format!("{}-{}", set.meta.name, revision.hash),
        ),
    ] {
        labels.insert(label.to_owned(), value);
    }
    Some(NewPod {
        name,
        owner: owner_of(Kind::StatefulSet, &set.meta),
        workload: set.workload(),
        cron_job: None,
        revision: revision.number,
        template: Arc::new(template),
        pace: set.pace,
        slot: Some(ordinal),
    })
}

/// A pod of a DaemonSet for the node of this number; `None` if the set has no revision.
pub(in super::super) fn daemon_pod(set: &DaemonSet, name: String, slot: u32) -> Option<NewPod> {
    let revision = set.revision()?;
    Some(NewPod {
        name,
        owner: owner_of(Kind::DaemonSet, &set.meta),
        workload: set.workload(),
        cron_job: None,
        revision: revision.number,
        template: Arc::new(pod_template(revision)),
        pace: set.pace,
        slot: Some(slot),
    })
}

fn owner_of(kind: Kind, meta: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        kind,
        name: Arc::clone(&meta.name),
        uid: Arc::clone(&meta.uid),
    }
}

fn runs_other(pod: &Pod, revision: &ControllerRevision) -> bool {
    pod.revision != revision.number
}

/// A revision's template as its pods get it.
fn pod_template(revision: &ControllerRevision) -> PodTemplate {
    let mut template = (*revision.template).clone();
    template
        .metadata
        .labels
        .insert(REVISION_HASH.to_owned(), revision.hash.to_string());
    template
}

/// The tolerations the API shows of a DaemonSet's pod beside its template's.
pub fn daemon_tolerations() -> Vec<Toleration> {
    DAEMON_TOLERATIONS
        .iter()
        .map(|key| Toleration {
            effect: if key.ends_with("pressure") || *key == UNSCHEDULABLE {
                "NoSchedule".to_owned()
            } else {
                "NoExecute".to_owned()
            },
            key: (*key).to_owned(),
            operator: "Exists".to_owned(),
            ..Toleration::default()
        })
        .collect()
}

/// A new revision for a template, numbered after those there are. An old revision with the same template is taken up again.
pub(in super::super) fn push_revision(
    revisions: &mut Vec<ControllerRevision>,
    owner: &str,
    template: &Arc<PodTemplate>,
    change_cause: Option<String>,
    at: SimTime,
) -> u64 {
    let number = revisions.last().map_or(0, |revision| revision.number) + 1;
    revisions.retain(|revision| revision.template != *template);
    revisions.push(ControllerRevision {
        number,
        hash: names::template_hash(&canonical(template, owner), 0).into(),
        template: Arc::clone(template),
        created_at: at,
        change_cause,
    });
    let surplus = revisions.len().saturating_sub(11);
    revisions.drain(..surplus);
    number
}
