//! The scheduler: which node a pod gets, and what is said when none fits.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::event::{EventType, Report};
use super::super::fate::ClusterEventKind;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef};
use super::super::names;
use super::super::node::{Node, Taint, UNSCHEDULABLE};
use super::super::pod::{ContainerState, NextStep, Placement, Pod, Waiting, WaitingReason};
use super::super::template::Toleration;
use crate::sim::time::{SimTime, Span};

/// How often the scheduler tries a pod again that fits nowhere, telling so each time.
const RETRY_TOLD: Span = Span::from_mins(5);

/// What a node's pods request together.
#[derive(Clone, Copy, Default)]
struct Load {
    cpu: i64,
    memory: i64,
    pods: u32,
    of_workload: u32,
}

impl Cluster {
    /// Gives nodes to the pods that have none, in the order they were made.
    pub(in super::super) fn schedule_pods(&mut self, at: SimTime) {
        let mut waiting: Vec<(SimTime, ObjectKey)> = self
            .unscheduled
            .iter()
            .filter_map(|key| Some((self.pods.get(key)?.meta.created_at, key.clone())))
            .collect();
        waiting.sort();
        for (_, key) in waiting {
            self.schedule_pod(&key, at);
        }
    }

    fn schedule_pod(&mut self, key: &ObjectKey, at: SimTime) {
        let Some(pod) = self.pods.get(key).cloned() else {
            return;
        };
        match self.pick_node(&pod) {
            Ok(node) => self.bind(key, &node, at),
            Err(reasons) => self.tell_unschedulable(key, &reasons, at),
        }
    }

    /// The node a pod gets; where none fits, how many nodes have which objection.
    pub(in super::super) fn pick_node(&self, pod: &Pod) -> Result<Arc<str>, BTreeMap<String, u32>> {
        let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
        let mut best: Option<(Score, Arc<str>)> = None;
        for node in self.nodes.values() {
            let load = self.load_of(node, pod);
            let against = objections(node, pod, load);
            if against.is_empty() {
                let score = self.score(node, pod, load);
                if best.as_ref().is_none_or(|(other, _)| score < *other) {
                    best = Some((score, Arc::clone(&node.meta.name)));
                }
            }
            for reason in against {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        best.map(|(_, node)| node).ok_or(reasons)
    }

    fn load_of(&self, node: &Node, pod: &Pod) -> Load {
        let mut load = Load::default();
        let here = self
            .pods
            .values()
            .filter(|other| other.node() == Some(&*node.meta.name) && !other.is_finished());
        for other in here {
            load.cpu += other.template.request("cpu").millis();
            load.memory += other.template.request("memory").units();
            load.pods += 1;
            load.of_workload += u32::from(other.workload == pod.workload);
        }
        load
    }

    /// Fewest pods of the same workload first, then the least loaded; drawn where all is equal.
    fn score(&self, node: &Node, pod: &Pod, load: Load) -> Score {
        let share = |used: i64, of: i64| used.saturating_mul(1000) / of.max(1);
        let cpu = share(
            load.cpu + pod.template.request("cpu").millis(),
            node.allocatable.cpu.millis(),
        );
        let memory = share(
            load.memory + pod.template.request("memory").units(),
            node.allocatable.memory.units(),
        );
        let draw = names::keyed(self.seed, &["schedule", &node.meta.name, &pod.meta.name], 0);
        (load.of_workload, cpu + memory, draw)
    }

    /// Gives the pod to the node; its kubelet sets up the sandbox.
    pub(in super::super) fn bind(&mut self, key: &ObjectKey, node: &Arc<str>, at: SimTime) {
        self.unscheduled.remove(key);
        let object = ObjectRef::new(Kind::Pod, &key.namespace, &key.name);
        self.events.stop_repeating(&object, "FailedScheduling", at);
        let sandbox = names::keyed_between(
            self.seed,
            &["sandbox", &key.namespace, &key.name],
            0,
            600,
            1_500,
        );
        let Some(pod) = self.pod_mut(key) else {
            return;
        };
        pod.placement = Some(Placement {
            node: Arc::clone(node),
            at,
            ip: None,
        });
        for container in &mut pod.containers {
            container.state = ContainerState::Waiting(Waiting {
                reason: WaitingReason::ContainerCreating,
                message: String::new(),
                next: Some(NextStep::Sandbox(at + Span::from_millis(sandbox))),
            });
        }
        let seat = pod.seat();
        self.report_normal(
            object,
            "default-scheduler",
            "Scheduled",
            format!("Successfully assigned {key} to {node}"),
        );
        self.tell(ClusterEventKind::PodScheduled {
            pod: seat,
            node: Arc::clone(node),
        });
        self.schedule_kubelet(key);
    }

    fn tell_unschedulable(
        &mut self,
        key: &ObjectKey,
        reasons: &BTreeMap<String, u32>,
        at: SimTime,
    ) {
        let total = self.nodes.len();
        let parts: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        let mut sorted = parts.clone();
        sorted.sort();
        let resources = reasons
            .iter()
            .filter(|(reason, _)| reason.starts_with("Insufficient") || *reason == "Too many pods")
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0);
        let unhelpful = (total as u32).saturating_sub(resources);
        let mut preemption = Vec::new();
        if resources > 0 {
            preemption.push(format!(
                "{resources} No preemption victims found for incoming pod"
            ));
        }
        if unhelpful > 0 {
            preemption.push(format!(
                "{unhelpful} Preemption is not helpful for scheduling"
            ));
        }
        let message = if total == 0 {
            "no nodes available to schedule pods".to_owned()
        } else {
            format!(
                "0/{total} nodes are available: {}. preemption: 0/{total} nodes are available: {}.",
                sorted.join(", "),
                preemption.join(", ")
            )
        };
        let report = Report {
            object: ObjectRef::new(Kind::Pod, &key.namespace, &key.name),
            container: None,
            event_type: EventType::Warning,
            reason: "FailedScheduling",
            message,
            component: "default-scheduler",
            host: None,
        };
        let object = report.object.clone();
        self.events.stop_repeating(&object, "FailedScheduling", at);
        self.events
            .record_repeating(self.seed, report, at, RETRY_TOLD);
    }
}

type Score = (u32, i64, u64);

/// Why a node cannot take a pod, in the scheduler's words; empty if it can.
fn objections(node: &Node, pod: &Pod, load: Load) -> Vec<String> {
    let taints = node.all_taints();
    let hard = |taint: &&Taint| taint.effect != "PreferNoSchedule";
    let untolerated = taints
        .iter()
        .filter(hard)
        .find(|taint| !tolerated(taint, &pod.template.spec.tolerations));
    if let Some(taint) = untolerated {
        if taint.key == UNSCHEDULABLE {
            return vec!["node(s) were unschedulable".to_owned()];
        }
        return vec![format!(
            "node(s) had untolerated taint {{{}: {}}}",
            taint.key, taint.value
        )];
    }
    let selector = &pod.template.spec.node_selector;
    if !selector
        .iter()
        .all(|(name, value)| node.meta.labels.get(name) == Some(value))
    {
        return vec!["node(s) didn't match Pod's node affinity/selector".to_owned()];
    }
    let mut against = Vec::new();
    if load.pods >= node.allocatable.pods {
        against.push("Too many pods".to_owned());
    }
    let cpu = pod.template.request("cpu").millis();
    if cpu > 0 && load.cpu + cpu > node.allocatable.cpu.millis() {
        against.push("Insufficient cpu".to_owned());
    }
    let memory = pod.template.request("memory").units();
    if memory > 0 && load.memory + memory > node.allocatable.memory.units() {
        against.push("Insufficient memory".to_owned());
    }
    against
}

/// Whether one of the tolerations covers a taint.
pub(in super::super) fn tolerated(taint: &Taint, tolerations: &[Toleration]) -> bool {
    tolerations.iter().any(|toleration| {
        let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
        let key = toleration.key.is_empty() || toleration.key == taint.key;
        let value = toleration.operator == "Exists" || toleration.value == taint.value;
        effect && key && value
    })
}
