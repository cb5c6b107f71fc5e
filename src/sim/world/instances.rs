//! Faults that reach pods one by one: each pod's own intensity, and how strong that makes a fault for a service.
//!
//! A pod's condition reads the pod's own copy of the facts. A share of the pods is drawn by the seed among those that are
//! there when the condition comes to hold; pods that start later are clean, so replacing a bad pod mends it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::World;
use super::evaluate::OwnCopy;
use super::faults::FaultState;
use super::fleet::Running;
use super::memo::Memo;
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::ids::{FaultId, ServiceId};
use crate::sim::plan::{FaultPlan, Plan, Reach};
use crate::sim::time::{SimTime, Span};

/// A fault's instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Instances {
    pods: BTreeMap<Arc<str>, Instance>,
    /// The pods that were drawn when it began.
    drawn: BTreeSet<Arc<str>>,
    /// Its condition held for some pod at the last step.
    began: bool,
}

#[derive(Clone, Debug)]
struct Instance {
    state: FaultState,
    when: Memo,
    until: Option<Memo>,
}

impl Instances {
    /// One set for each fault; empty for those that reach no pods by themselves.
    pub fn of(plan: &Plan) -> Vec<Self> {
        vec![Self::default(); plan.faults.len()]
    }

    /// Whether every pod's intensity stays as it is until its condition changes.
    pub fn rest(&self) -> bool {
        self.pods.values().all(|instance| instance.state.rests())
    }

    /// The next instant at which one changes although its condition does not.
    pub fn next_at(&self, plan: &FaultPlan) -> Option<SimTime> {
        let pods = self.pods.values();
        pods.filter_map(|instance| instance.state.next_at(plan))
            .min()
    }

    /// Hides it for a while in every pod.
    pub fn ease(&mut self, plan: &FaultPlan, which: usize, now: SimTime) {
        for instance in self.pods.values_mut() {
            instance.state.ease(plan, which, now);
        }
    }

    /// Full intensity from the start in all pods in which it holds.
    fn settle(&mut self, now: SimTime) {
        let pods = self.pods.values_mut();
        pods.filter(|instance| instance.state.waits())
            .for_each(|instance| instance.state.settle(now));
    }

    /// Each pod's name and intensity as it is felt, for the hash.
    pub fn felt(&self, now: SimTime) -> impl Iterator<Item = (&Arc<str>, i64)> {
        let pods = self.pods.iter();
        pods.map(move |(pod, instance)| (pod, instance.state.felt(now)))
    }

    fn intensity(&self, pod: &str, now: SimTime) -> f64 {
        self.pods
            .get(pod)
            .map_or(0.0, |instance| instance.state.intensity(now))
    }
}

impl World {
    /// A fault that holds at the start of history did not begin on that day.
    pub(super) fn settle_fault(&mut self, index: usize, fault: &FaultPlan) {
        let now = self.now;
        if matches!(fault.reach, Reach::Pods { .. }) {
            self.run_instances(index, fault, true, 1.0, Span::ZERO);
            if let (Some(instances), Some(state)) =
                (self.instances.get_mut(index), self.faults.get_mut(index))
            {
                instances.settle(now);
                let states = instances.pods.values().map(|instance| &instance.state);
                state.follow(states, now);
            }
        } else if let Some(state) = self.faults.get_mut(index) {
            state.settle(now);
        }
    }

    /// Lets time pass for a fault's pods, and makes the fault what they are together. `holds`: its condition holds for
    /// some pod. Says whether anything changed.
    pub(super) fn run_instances(
        &mut self,
        index: usize,
        fault: &FaultPlan,
        holds: bool,
        faster: f64,
        span: Span,
    ) -> bool {
        let Reach::Pods { of, share } = fault.reach else {
            return false;
        };
        let Some(mut instances) = self.instances.get_mut(index).map(std::mem::take) else {
            return false;
        };
        let some = share < 1.0;
        if some && holds && !instances.began {
            instances.drawn = self.draw_pods(fault, of, share);
        }
        instances.began = holds;
        let before = instances.pods.len();
        let lives = |pod: &Arc<str>| self.fleet.get(of, pod).is_some();
        instances.pods.retain(|pod, _| lives(pod));
        instances.drawn.retain(lives);
        let mut moved = instances.pods.len() != before;
        for (pod, running) in self.fleet.of(of) {
            let reached = !some || instances.drawn.contains(pod);
            if !reached && !instances.pods.contains_key(pod) {
                continue;
            }
            let instance = instances
                .pods
                .entry(Arc::clone(pod))
                .or_insert_with(|| Instance {
                    state: FaultState::default(),
                    when: Memo::new(&fault.when),
                    until: fault.until.as_ref().map(Memo::new),
                });
            let own = Some(OwnCopy {
                service: of,
                copy: &running.copy,
            });
            let holds = reached
                && instance
                    .when
                    .answer(&self.moves, || self.holds_for(&fault.when, own));
            let ends = fault
                .until
                .as_ref()
                .zip(instance.until.as_mut())
                .is_some_and(|(until, memo)| {
                    memo.answer(&self.moves, || self.holds_for(until, own))
                });
            let state = &mut instance.state;
            let was = (state.is_active(), state.shown);
            state.decide(fault, holds, ends, self.now);
            state.pass(fault, span, faster, self.now);
            state.shown = state.felt(self.now);
            moved |= was != (state.is_active(), state.shown);
        }
        if let Some(state) = self.faults.get_mut(index) {
            let states = instances.pods.values().map(|instance| &instance.state);
            state.follow(states, self.now);
        }
        if let Some(slot) = self.instances.get_mut(index) {
            *slot = instances;
        }
        moved
    }

    /// A share of a service's pods, one at least: those whose draws are lowest.
    fn draw_pods(&self, fault: &FaultPlan, of: ServiceId, share: f64) -> BTreeSet<Arc<str>> {
        let mut pods: Vec<(u64, &Arc<str>)> = self
            .fleet
            .of(of)
            .map(|(pod, _)| {
                let stream = StreamId::of(&format!("fault/{}/pod/{pod}", fault.name));
                (StreamKey::new(self.seed, stream).leaf(0).draw(0), pod)
            })
            .collect();
        pods.sort_unstable();
        let count = (libm::round(pods.len() as f64 * share) as usize).max(1);
        let drawn = pods.into_iter().take(count);
        drawn.map(|(_, pod)| Arc::clone(pod)).collect()
    }

    /// How strong a fault is for one pod, 0 to 1.
    pub(super) fn intensity_in(
        &self,
        fault: FaultId,
        service: ServiceId,
        pod: &str,
        running: &Running,
    ) -> f64 {
        let Some(plan) = self.plan.faults.get(fault.index()) else {
            return 0.0;
        };
        match &plan.reach {
            Reach::Pods { of, .. } if *of == service => self
                .instances
                .get(fault.index())
                .map_or(0.0, |instances| instances.intensity(pod, self.now)),
            Reach::Whole | Reach::Pods { .. } => self.intensity(fault),
            reach if self.reaches_node(reach, &running.node) => self.intensity(fault),
            _ => 0.0,
        }
    }

    /// How strong a fault is for a service: the mean over its ready pods, or over all while none is ready.
    pub(super) fn intensity_on(&self, fault: FaultId, service: ServiceId) -> f64 {
        let splits = |plan: &FaultPlan| plan.reach.splits(service);
        if !self.plan.faults.get(fault.index()).is_some_and(splits) {
            return self.intensity(fault);
        }
        let none_ready = self.fleet.ready_of(service) == 0;
        let (mut sum, mut count) = (0.0, 0_u32);
        for (pod, running) in self.fleet.of(service) {
            if running.ready || none_ready {
                sum += self.intensity_in(fault, service, pod, running);
                count += 1;
            }
        }
        sum / f64::from(count.max(1))
    }

    /// Whether a fault that reaches nodes or some pods reaches a container that starts now.
    pub(super) fn reaches_start(
        &self,
        fault: usize,
        service: ServiceId,
        pod: &str,
        node: &str,
    ) -> bool {
        let Some(plan) = self.plan.faults.get(fault) else {
            return false;
        };
        match &plan.reach {
            Reach::Whole => true,
            Reach::Pods { of, share } => {
                let drawn = |instances: &Instances| instances.drawn.contains(pod);
                *of != service || *share >= 1.0 || self.instances.get(fault).is_some_and(drawn)
            }
            reach => self.reaches_node(reach, node),
        }
    }

    fn reaches_node(&self, reach: &Reach, node: &str) -> bool {
        match reach {
            Reach::Whole | Reach::Pods { .. } => true,
            Reach::Node(name) => name == node,
            Reach::NodesOf(service) => self
                .fleet
                .of(*service)
                .any(|(_, running)| &*running.node == node),
            Reach::Zone(zone) => {
                let nodes = &self.plan.pack.estate.nodes;
                nodes.get(node).is_some_and(|found| found.zone == *zone)
            }
        }
    }
}
