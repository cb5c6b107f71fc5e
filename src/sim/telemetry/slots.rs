//! Replica slots of a workload: which pods lived when, and which of them took traffic. Draws nothing.
//!
//! Everything is append-only, so what a closed leaf saw never changes. A pod takes the share of its weight among the
//! weights of all pods that are ready at a leaf's start.

use std::sync::Arc;

use super::history::{LevelTrack, StepTrack, TrackError};

/// The weight of an ordinary ready pod, in the unit of weights.
pub const FULL_WEIGHT: u32 = 65_536;
/// More pods than this over a workload's whole history are refused.
pub const MOST_SLOTS: usize = 4096;

/// A pod's number in its workload's track, in the order of their starts.
pub type SlotId = u32;

/// Why a track of slots refused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// No pod has this number.
    #[error("there is no slot {0}")]
    Unknown(SlotId),
    /// The workload has had too many pods.
    #[error("a workload can have {MOST_SLOTS} pods over its history")]
    TooMany,
    /// The change lies before one that is already there.
    #[error(transparent)]
    History(#[from] TrackError),
}

/// One pod of a workload.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The pod's name.
    pub pod: Arc<str>,
    /// The node it runs on.
    pub node: Arc<str>,
    /// When the pod appeared, in ms since the Unix epoch.
    pub start_ms: i64,
    /// When it was gone, once it is.
    pub end_ms: Option<i64>,
    /// Restarts that lie further back than the telemetry's history.
    pub restarts_before: u32,
    /// When the container that ran at an instant had started: counters begin again there.
    containers: StepTrack<i64>,
    /// Whether a container runs; while none does, nothing of the pod's own can be scraped.
    running: StepTrack<bool>,
    /// Bytes that the container has leaked since it started.
    leaked: LevelTrack,
}

impl Slot {
    /// When the container that runs at an instant was started, in ms since the Unix epoch.
    pub fn container_start_ms(&self, at_ms: i64) -> i64 {
        *self.containers.at(at_ms)
    }

    /// The same, with the first instant at which another container runs (`i64::MAX`: none so far).
    pub fn container_until(&self, at_ms: i64) -> (i64, i64) {
        let (start, until) = self.containers.at_until(at_ms);
        (*start, until)
    }

    /// Bytes that the pod's container had leaked by an instant.
    pub fn leaked_until(&self, at_ms: i64) -> i64 {
        self.leaked.value_at(at_ms)
    }

    /// How often the pod's container had been started again by an instant.
    pub fn restarts_until(&self, at_ms: i64) -> u64 {
        u64::from(self.restarts_before) + self.containers.count_until(at_ms) as u64
    }

    /// Whether the pod exists at an instant, and with `running` whether a container runs in it, and until when that is so.
    pub(super) fn there_until(&self, at_ms: i64, running: bool) -> (bool, i64) {
        let ends = self.end_ms.unwrap_or(i64::MAX);
        if at_ms < self.start_ms {
            return (false, self.start_ms);
        }
        if at_ms >= ends {
            return (false, i64::MAX);
        }
        let (runs, until) = self.running.at_until(at_ms);
        if running {
            (*runs, until.min(ends))
        } else {
            (true, ends)
        }
    }

    /// How long the container that was started last had run at an instant, in ms.
    pub fn ran_ms(&self, at_ms: i64) -> i64 {
        let (runs, since_ms, _) = self.running.span_at(at_ms);
        let end_ms = if *runs { at_ms } else { since_ms };
        (end_ms.saturating_sub(self.container_start_ms(at_ms))).max(0)
    }

    /// When each life of its container began, in ms, oldest first.
    pub fn container_starts(&self) -> Vec<i64> {
        let first = self.container_start_ms(i64::MIN);
        let mut starts = vec![first];
        starts.extend(
            self.containers
                .segments()
                .map(|&(at_ms, _)| at_ms)
                .filter(|at_ms| *at_ms != first),
        );
        starts
    }

    /// Whether the pod exists at an instant.
    pub fn lives_at(&self, at_ms: i64) -> bool {
        self.start_ms <= at_ms && self.end_ms.is_none_or(|end| at_ms < end)
    }

    /// Whether the pod existed at some instant of `from_ms..=until_ms`.
    pub fn lives_within(&self, from_ms: i64, until_ms: i64) -> bool {
        self.start_ms <= until_ms && self.end_ms.is_none_or(|end| from_ms < end)
    }
}

/// The pods that take traffic at a time, each with its weight; never one with a weight of zero.
pub type ReadySet = Arc<[(SlotId, u32)]>;

/// All pods that a workload has had.
#[derive(Clone, Debug)]
pub struct SlotTrack {
    slots: Arc<Vec<Arc<Slot>>>,
    ready: StepTrack<ReadySet>,
}

impl Default for SlotTrack {
    fn default() -> Self {
        Self {
            slots: Arc::default(),
            ready: StepTrack::new(Arc::from([])),
        }
    }
}

impl SlotTrack {
    /// A pod appears; it takes no traffic yet.
    pub fn start(&mut self, at_ms: i64, pod: &str, node: &str) -> Result<SlotId, SlotError> {
        if self.slots.len() >= MOST_SLOTS {
            return Err(SlotError::TooMany);
        }
        let id = self.slots.len() as SlotId;
        Arc::make_mut(&mut self.slots).push(Arc::new(Slot {
            pod: Arc::from(pod),
            node: Arc::from(node),
            start_ms: at_ms,
            end_ms: None,
            restarts_before: 0,
            containers: StepTrack::new(at_ms),
            running: StepTrack::new(true),
            leaked: LevelTrack::new(0, 0, i64::MAX),
        }));
        Ok(id)
    }

    /// The pod's readiness or weight changes: 0 takes no traffic, [`FULL_WEIGHT`] an equal share.
    pub fn set_weight(&mut self, at_ms: i64, slot: SlotId, weight: u32) -> Result<(), SlotError> {
        self.slot(slot).ok_or(SlotError::Unknown(slot))?;
        let mut ready: Vec<_> = self.ready.last().to_vec();
        ready.retain(|&(other, _)| other != slot);
        if weight > 0 {
            let place = ready.partition_point(|&(other, _)| other < slot);
            ready.insert(place, (slot, weight));
        }
        self.ready.push(at_ms, ready.into())?;
        Ok(())
    }

    /// The pod had been restarted so often before the telemetry's history began.
    pub fn set_restarts_before(&mut self, slot: SlotId, restarts: u32) -> Result<(), SlotError> {
        self.change(slot)?.restarts_before = restarts;
        Ok(())
    }

    /// The pod's container was started again: its counters begin at zero.
    pub fn restart(&mut self, at_ms: i64, slot: SlotId) -> Result<(), SlotError> {
        let slot = self.change(slot)?;
        slot.containers.push(at_ms, at_ms)?;
        slot.running.push(at_ms, true)?;
        if !slot.leaked.is_empty() {
            slot.leaked.push(at_ms, 0, 0)?;
        }
        Ok(())
    }

    /// The pod's container has leaked so many bytes and goes on by so many a second.
    pub fn set_leak(
        &mut self,
        at_ms: i64,
        slot: SlotId,
        bytes: i64,
        bytes_per_s: i64,
    ) -> Result<(), SlotError> {
        self.change(slot)?.leaked.push(at_ms, bytes, bytes_per_s)?;
        Ok(())
    }

    /// The pod's container ended and no other runs yet; the pod takes no traffic until it is given a weight again.
    pub fn stop(&mut self, at_ms: i64, slot: SlotId) -> Result<(), SlotError> {
        self.set_weight(at_ms, slot, 0)?;
        self.change(slot)?.running.push(at_ms, false)?;
        Ok(())
    }

    /// The pod is gone.
    pub fn end(&mut self, at_ms: i64, slot: SlotId) -> Result<(), SlotError> {
        self.set_weight(at_ms, slot, 0)?;
        self.change(slot)?.end_ms = Some(at_ms);
        Ok(())
    }

    /// A pod by its number.
    pub fn slot(&self, slot: SlotId) -> Option<&Slot> {
        self.slots.get(slot as usize).map(AsRef::as_ref)
    }

    /// Whether another track, which was copied from this one or this one from it, has the same pods as this one.
    pub fn has_pods_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.slots, &other.slots)
    }

    /// All pods with their numbers, in the order of their starts.
    pub fn slots(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        self.slots
            .iter()
            .enumerate()
            .map(|(id, slot)| (id as SlotId, slot.as_ref()))
    }

    /// How many pods there have been.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there has been none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The pods that take traffic at an instant, since when and until when that is so.
    pub fn ready_span(&self, at_ms: i64) -> (&ReadySet, i64, i64) {
        self.ready.span_at(at_ms)
    }

    /// The pods that take traffic at an instant.
    pub fn ready_at(&self, at_ms: i64) -> &ReadySet {
        self.ready.at(at_ms)
    }

    fn change(&mut self, slot: SlotId) -> Result<&mut Slot, SlotError> {
        Arc::make_mut(&mut self.slots)
            .get_mut(slot as usize)
            .map(Arc::make_mut)
            .ok_or(SlotError::Unknown(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_come_become_ready_restart_and_go() {
        let mut track = SlotTrack::default();
        let a = track.start(0, "web-a", "n1").unwrap();
        let b = track.start(0, "web-b", "n2").unwrap();
        track.set_weight(5_000, b, FULL_WEIGHT).unwrap();
        track.set_weight(9_000, a, FULL_WEIGHT / 2).unwrap();
        track.stop(15_000, a).unwrap();
        track.restart(20_000, a).unwrap();
        track.set_weight(21_000, a, FULL_WEIGHT / 2).unwrap();
        track.set_restarts_before(a, 3).unwrap();
        track.end(30_000, b).unwrap();
        assert!(track.ready_at(4_999).is_empty());
        assert_eq!(track.ready_at(9_000)[..], [(a, 32_768), (b, 65_536)]);
        assert_eq!(track.ready_span(30_000).0[..], [(a, 32_768)]);
        let pod = track.slot(a).unwrap();
        assert_eq!(pod.container_start_ms(19_999), 0);
        assert_eq!(
            (pod.restarts_until(19_999), pod.restarts_until(20_000)),
            (3, 4)
        );
        assert_eq!(
            [14_999, 15_000, 20_000].map(|at| pod.there_until(at, true).0),
            [true, false, true]
        );
        assert_eq!(pod.container_until(20_000), (20_000, i64::MAX));
        assert_eq!(
            [9_000, 15_000, 19_000, 20_000, 26_000].map(|at| pod.ran_ms(at)),
            [9_000, 15_000, 15_000, 0, 6_000]
        );
        assert!(track.slot(b).unwrap().lives_at(29_999));
        assert!(!track.slot(b).unwrap().lives_at(30_000));
        assert!(track.slot(b).unwrap().lives_within(29_999, 50_000));
        assert_eq!(track.set_weight(40_000, 7, 1), Err(SlotError::Unknown(7)));
        assert!(matches!(
            track.set_weight(1, a, 1),
            Err(SlotError::History(_))
        ));
    }
}
