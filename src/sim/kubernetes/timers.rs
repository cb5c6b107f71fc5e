//! The cluster's own queue: who has to be looked at next, and when. Ordered by instant, then by what it is.

use std::collections::BTreeSet;

use super::meta::ObjectKey;
use crate::sim::time::SimTime;

/// Who has to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// A pod, by its kubelet.
    Pod(ObjectKey),
    /// A Deployment whose rollout may have made no progress for too long, or whose pods become available by waiting.
    Deployment(ObjectKey),
    /// A CronJob whose next run is due.
    Cron(ObjectKey),
    /// A Job that makes another pod after a failure.
    Job(ObjectKey),
    /// An autoscaler that measures.
    Autoscaler(ObjectKey),
    /// A node whose pods are thrown out after it was lost.
    Node(ObjectKey),
}

/// The queue.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Timers(BTreeSet<(SimTime, Timer)>);

impl Timers {
    /// Puts a timer at an instant.
    pub fn set(&mut self, at: SimTime, timer: Timer) {
        self.0.insert((at, timer));
    }

    /// Takes a timer away from an instant.
    pub fn clear(&mut self, at: SimTime, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// The instant of the next timer.
    pub fn next_at(&self) -> Option<SimTime> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the next timer if it is due by `to`.
    pub fn pop_due(&mut self, to: SimTime) -> Option<(SimTime, Timer)> {
        if self.next_at()? > to {
            return None;
        }
        self.0.pop_first()
    }
}
