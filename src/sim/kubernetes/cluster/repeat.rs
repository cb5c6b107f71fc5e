//! Leaves out whole lives of a container that crashes again and again. Only what repeats exactly is left out: afterwards
//! the cluster is as if each life had been lived, but for the version numbers that those would have used up.

use std::sync::Arc;

use super::super::event::Count;
use super::super::kind::Kind;
use super::super::meta::{ObjectKey, ObjectRef};
use super::super::pod::{BACK_OFF_LIMIT, ContainerState, NextStep, WaitingReason};
use super::Cluster;
use crate::sim::time::{SimTime, Span};

/// A pod whose one container waits at the longest back-off: when it starts next, and how long a life with the wait after
/// it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashCycle {
    /// The next start.
    pub starts_at: SimTime,
    /// From one start to the next.
    pub period: Span,
}

impl Cluster {
    /// The cycle that a pod is in, if it waits at the longest back-off.
    pub fn crash_cycle(&self, namespace: &str, pod: &str) -> Option<CrashCycle> {
        let pod = self.pods.get(&ObjectKey::new(namespace, pod))?;
        let [container] = pod.containers.as_slice() else {
            return None;
        };
        let ContainerState::Waiting(waiting) = &container.state else {
            return None;
        };
        let (WaitingReason::CrashLoopBackOff, Some(NextStep::Start(starts_at))) =
            (waiting.reason, waiting.next)
        else {
            return None;
        };
        let last = container.last.as_ref()?;
        let at_limit = container.back_off?.delay == BACK_OFF_LIMIT;
        let period = starts_at - last.started_at;
        (at_limit && pod.deletion.is_none()).then_some(CrashCycle { starts_at, period })
    }

    /// How often each event of a pod was seen by now.
    pub fn event_counts(&self, namespace: &str, pod: &str) -> Vec<Count> {
        let object = ObjectRef::new(Kind::Pod, namespace, pod);
        self.events.counts_of(&object, self.now)
    }

    /// Leaves out so many lives of a pod that is in a cycle: its container starts next that many periods later. `once` is
    /// what a life adds to the counts of its events.
    pub fn leave_out_lives(&mut self, namespace: &str, pod: &str, lives: u32, once: &[Count]) {
        let key = ObjectKey::new(namespace, pod);
        let Some(cycle) = self.crash_cycle(namespace, pod) else {
            return;
        };
        let later = Span(cycle.period.millis() * i64::from(lives));
        if let Some(container) = self.pods.get_mut(&key).and_then(|pod| {
            let pod = Arc::make_mut(pod);
            pod.containers.first_mut()
        }) {
            container.restart_count += lives;
            if let Some(last) = &mut container.last {
                last.started_at += later;
                last.finished_at += later;
            }
            if let Some(back_off) = &mut container.back_off {
                back_off.set_at += later;
            }
            if let ContainerState::Waiting(waiting) = &mut container.state {
                waiting.next = Some(NextStep::Start(cycle.starts_at + later));
            }
        }
        let object = ObjectRef::new(Kind::Pod, namespace, &key.name);
        self.events.repeat(&object, later, lives, once);
        self.schedule_kubelet(&key);
    }
}
