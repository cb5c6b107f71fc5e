//! The cluster's side of a step: containers start by the causal graph, and what happened is told to the rest.

use std::cell::RefCell;
use std::sync::Arc;

use super::consumers::Gap;
use super::fate::{Started, WorldFate};
use super::members::{Member, Rebalance};
use super::memo::Needs;
use super::{World, WorldEvent, WorldEventKind};
use crate::sim::ids::{GroupId, ServiceId};
use crate::sim::kubernetes::fate::{PodSeat, WorkloadKey};
use crate::sim::kubernetes::{ClusterEvent, ClusterEventKind};
use crate::sim::plan::{Deed, GroupPlan};
use crate::sim::time::{SimTime, Span};

/// From one join of a start to the next.
const BETWEEN_JOINS: Span = Span(800);
/// From a join to the group's next state.
const SETTLED_AFTER: Span = Span(500);

impl World {
    pub(super) fn run_cluster(&mut self) {
        if self
            .cluster
            .next_event_at()
            .is_some_and(|at| at <= self.now)
        {
            self.advance_cluster();
        }
    }

    /// Brings the cluster up to now and takes in what happened.
    pub(super) fn advance_cluster(&mut self) {
        let mut cluster = std::mem::take(&mut self.cluster);
        let fate = WorldFate {
            world: self,
            started: RefCell::new(Vec::new()),
        };
        let events = cluster.advance(self.now, &fate);
        let started = fate.started.into_inner();
        self.cluster = cluster;
        let specs_changed = events.iter().any(|event| {
            matches!(
                event.kind,
                ClusterEventKind::RolloutStarted { .. }
                    | ClusterEventKind::RolloutComplete { .. }
                    | ClusterEventKind::ScaledTo { .. }
                    | ClusterEventKind::NodeChanged { .. }
                    | ClusterEventKind::WorkloadDeleted(_)
            )
        });
        self.take_in(started, events);
        if specs_changed {
            self.refresh_wanted();
        }
    }

    /// Takes in what happened, in the order in which it did.
    fn take_in(&mut self, started: Vec<Started>, events: Vec<ClusterEvent>) {
        let mut started = started.into_iter().peekable();
        for event in events {
            while let Some(next) = started.next_if(|next| next.at <= event.at) {
                self.container_started(next);
            }
            self.cluster_event(&event);
        }
        for rest in started {
            self.container_started(rest);
        }
    }

    fn container_started(&mut self, started: Started) {
        self.signals.container_started(&self.plan, &started);
        let plan = Arc::clone(&self.plan);
        let groups = plan
            .services
            .get(started.service.index())
            .map(|service| service.groups.clone());
        for group in groups.into_iter().flatten() {
            self.consumer_started(group, &started);
        }
        self.pods_changed(started.service);
        self.fleet
            .insert(started.service, started.pod, started.running);
    }

    /// Pods of a service have changed: conditions that look at it are asked again.
    fn pods_changed(&mut self, service: ServiceId) {
        if self.timers.services.contains(&service) {
            self.moves.note(Needs::FACTS);
            self.derived.facts_moved = true;
        }
        self.derived.pods_moved();
    }

    /// A consumer joins its group when it starts, and notices when the log begins after where it left off.
    fn consumer_started(&mut self, group: GroupId, started: &Started) {
        let plan = Arc::clone(&self.plan);
        self.joins(group, started);
        let topic = plan.groups.get(group.index()).map(|found| found.topic);
        let log = topic.and_then(|topic| self.topics.get(topic.index()));
        let Some(state) = self.groups.get_mut(group.index()) else {
            return;
        };
        let Some(log) = log else {
            return;
        };
        let found = state
            .with(log)
            .zip(0..)
            .map(|((progress, log), partition)| Gap {
                at: started.at + Span::from_secs(3),
                partition,
                expected: progress.past(log),
                got: log.start,
            });
        let found: Vec<Gap> = found.filter(|gap| gap.got > gap.expected).collect();
        for gap in found {
            state.gaps.push(gap);
            self.signals.gap_found(&self.plan, started, group, &gap);
        }
    }

    /// Each join of a consumer's start rebalances its group, and its coordinator says so.
    fn joins(&mut self, id: GroupId, started: &Started) {
        let plan = Arc::clone(&self.plan);
        let Some(group) = plan.groups.get(id.index()) else {
            return;
        };
        let (per_start, clients) = self.joins_of(id, started);
        let others = self.fleet.of(group.service);
        let others = others
            .filter(|(pod, running)| running.alive && **pod != started.pod)
            .count();
        let coordinator = self.coordinator(group);
        let Some(state) = self.groups.get_mut(id.index()) else {
            return;
        };
        // A coordinator does one after the other, also when several pods start at once.
        let last = state.rebalances.last().copied();
        let mut at = last.map_or(started.at, |last| last.max(started.at));
        for before_last in (0..per_start).rev() {
            at += BETWEEN_JOINS;
            let client = clients.get((per_start - 1 - before_last) as usize % clients.len().max(1));
            let ends = started.crash.as_ref().map(|(_, crash)| crash.after);
            let stays = before_last == 0 && ends.is_none();
            let rebalance = Rebalance {
                group: id,
                at,
                old_generation: state.rebalances.len(),
                member: Member {
                    seed: self.seed,
                    client: client.cloned(),
                    slot: started.running.slot,
                    started: started.at,
                    before_last: u64::from(before_last),
                },
                members: others + usize::from(stays),
                settled: match ends {
                    Some(ends) if before_last == 0 => at.max(started.at + ends),
                    _ => at + SETTLED_AFTER,
                },
            };
            state.rebalances.push(at);
            if let Some((broker, pod)) = &coordinator {
                self.signals.rebalanced(&plan, *broker, pod, rebalance);
            }
        }
    }

    /// How often a start joins a group, and as which clients.
    fn joins_of(&self, group: GroupId, started: &Started) -> (u32, Arc<[Arc<str>]>) {
        let crash = started.crash.as_ref().map(|(cause, _)| *cause);
        let faults = self.plan.faults.iter().enumerate();
        let joins = faults
            .flat_map(|(index, fault)| {
                let of_group = fault.effects.rebalances.iter();
                of_group.map(move |joins| (index, fault, joins))
            })
            .filter(|(.., joins)| joins.group == group)
            .filter(|(index, fault, _)| crash == Some(*index) || self.holds(&fault.when))
            .map(|(.., joins)| joins)
            .max_by_key(|joins| joins.per_start);
        joins.map_or((1, Arc::default()), |joins| {
            (joins.per_start, Arc::clone(&joins.clients))
        })
    }

    /// The broker that coordinates a group, the first one, and its pod while that runs.
    fn coordinator(&self, group: &GroupPlan) -> Option<(ServiceId, Arc<str>)> {
        let broker = self.plan.topics.get(group.topic.index())?.broker?;
        let mut pods = self.fleet.of(broker);
        let (pod, _) = pods.find(|(_, running)| running.alive && running.slot == 0)?;
        Some((broker, Arc::clone(pod)))
    }

    fn cluster_event(&mut self, event: &ClusterEvent) {
        match &event.kind {
            ClusterEventKind::ContainerCrashed { pod, .. } => {
                self.with_pod(pod, |running| {
                    running.alive = false;
                    running.ready = false;
                    running.leaks = 0.0;
                    running.leaked = 0.0;
                });
                self.signals.container_ended(&self.plan, pod, event.at);
            }
            ClusterEventKind::PodReady(pod) => {
                self.with_pod(pod, |running| running.ready = true);
                self.signals.pod_ready(&self.plan, pod, event.at, true);
            }
            ClusterEventKind::PodUnready(pod) | ClusterEventKind::PodTerminating(pod) => {
                self.with_pod(pod, |running| running.ready = false);
                self.signals.pod_ready(&self.plan, pod, event.at, false);
            }
            ClusterEventKind::PodDeleted(pod) => {
                if let Some(service) = self.service_of(&pod.workload) {
                    self.fleet.remove(service, &pod.pod);
                    self.pods_changed(service);
                }
                self.signals.pod_gone(&self.plan, pod, event.at);
            }
            ClusterEventKind::RolloutComplete { workload, .. } => {
                self.rolled_out(workload, event.at);
            }
            ClusterEventKind::ScaledTo {
                workload,
                to,
                by_autoscaler: false,
                ..
            } => {
                if let Some(service) = self.service_of(workload) {
                    self.deed(Deed::ScaledTo(service, *to), self.now >= self.plan.page);
                }
            }
            _ => {}
        }
    }

    fn rolled_out(&mut self, workload: &WorkloadKey, at: SimTime) {
        let Some(service) = self.service_of(workload) else {
            return;
        };
        self.refresh_wanted();
        let tag = self
            .templates
            .get(service.index())
            .map(|copy| copy.tag.clone())
            .unwrap_or_default();
        let name = workload.key.name.to_string();
        self.deployment_done(service, &tag, at);
        self.events.push(WorldEvent {
            at: self.now,
            kind: WorldEventKind::RolledOut { service: name, tag },
        });
        self.deed(Deed::Restart(service), self.now >= self.plan.page);
    }

    fn with_pod(&mut self, pod: &PodSeat, change: impl FnOnce(&mut super::fleet::Running)) {
        if let Some(service) = self.service_of(&pod.workload) {
            self.fleet.change(service, &pod.pod, change);
            self.pods_changed(service);
        }
    }

    pub(super) fn service_of(&self, workload: &WorkloadKey) -> Option<ServiceId> {
        self.plan.names.services.get(&*workload.key.name).copied()
    }

    /// Reads from the cluster what is wanted of each service.
    pub(super) fn refresh_wanted(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (index, service) in plan.services.iter().enumerate() {
            let target = super::releases::workload_ref(service);
            let key = WorkloadKey {
                kind: target.kind,
                key: target.key(),
            };
            if let Some(slot) = self.wanted.get_mut(index) {
                *slot = self.cluster.wanted_replicas(&key).unwrap_or(0);
            }
            if let Some(copy) = self.templates.get_mut(index) {
                super::cluster_spec::follow_template(&self.cluster, &key, copy);
            }
        }
        self.stir();
    }
}
