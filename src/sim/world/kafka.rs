//! Topics' logs: log ends that follow what was produced, segments that expire. Never who reads them.
//!
//! A topic's log end is what was drawn to be produced, so it agrees with the producers' own counters. Retention deletes
//! whole closed segments whose newest message is too old, as the broker does.

use std::collections::VecDeque;

use crate::sim::partitions::share;
use crate::sim::plan::TopicPlan;
use crate::sim::time::{SimTime, Span};

/// A closed segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it was closed: the time of its newest message.
    pub closed: SimTime,
    /// The offset after its last message.
    pub end: u64,
}

/// A topic's log.
#[derive(Clone, Debug)]
pub struct TopicLog {
    /// It exists.
    pub exists: bool,
    /// Oldest offset that is still there.
    pub start: u64,
    /// Log end offset as of [`TopicLog::read_at`].
    pub end: u64,
    /// When the log end was read last. Steps read it only while somebody depends on it.
    pub read_at: SimTime,
    /// How long messages are kept, as of the last step; `None` for ever.
    pub kept: Option<Span>,
    /// Closed segments, oldest first. They are taken down when something is deleted at the latest.
    pub segments: VecDeque<Segment>,
    /// The next time a segment closes.
    pub closes_next: SimTime,
    /// The next time retention is checked.
    pub checks_next: SimTime,
    /// Settings that were set explicitly.
    pub config: std::collections::BTreeMap<String, String>,
    /// Each deletion: when, and the new oldest offset.
    pub deletions: Vec<(SimTime, u64)>,
}

/// The segment's index file is rolled and checked a moment after the segment's last message.
const CHECK_OFFSET: Span = Span::from_secs(10);

impl TopicLog {
    /// The log of a topic at the start of history.
    pub fn new(plan: &TopicPlan, start: SimTime, end: u64, kept: Option<Span>) -> Self {
        let phase = plan.segment_phase();
        let segment = plan.segment();
        let closes_next = next_after(start, phase, segment);
        let checks_next = next_after(start, phase + CHECK_OFFSET, plan.check_every);
        Self {
            exists: true,
            start: 0,
            end,
            read_at: start,
            kept,
            segments: VecDeque::new(),
            closes_next,
            checks_next,
            config: plan
                .spec
                .config
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            deletions: Vec::new(),
        }
    }

    /// Fills in the segments that were closed before history began and are still kept.
    pub fn fill_back(
        &mut self,
        plan: &TopicPlan,
        start: SimTime,
        end_at: &mut dyn FnMut(SimTime) -> u64,
    ) {
        let kept = self.kept.unwrap_or(Span::from_hours(24 * 365));
        let mut closed = self.closes_next - plan.segment();
        while closed + kept > start && self.segments.len() < 4096 {
            self.segments.push_front(Segment {
                closed,
                end: end_at(closed),
            });
            closed = closed - plan.segment();
        }
        self.start = end_at(closed);
    }

    /// The next instant at which something is deleted, if nothing else changes: the first check after the oldest segment's
    /// time.
    pub fn next_at(&self, plan: &TopicPlan) -> Option<SimTime> {
        let kept = self.kept.filter(|_| self.exists)?;
        let oldest = self
            .segments
            .front()
            .map_or(self.closes_next, |oldest| oldest.closed);
        let every = plan.check_every.millis().max(1);
        let wait = (oldest + kept - self.checks_next).millis().max(0);
        Some(self.checks_next + Span(every * ((wait + every - 1) / every)))
    }

    /// Closes segments and checks retention up to `now`. `end_at` gives the log end at an instant. Says whether
    /// anything was deleted.
    pub fn advance(
        &mut self,
        plan: &TopicPlan,
        now: SimTime,
        end_at: &mut dyn FnMut(SimTime) -> u64,
    ) -> bool {
        let mut deleted = false;
        while self.exists && self.closes_next.min(self.checks_next) <= now {
            if self.closes_next <= self.checks_next {
                let closed = self.closes_next;
                let end = end_at(closed).max(self.start);
                self.segments.push_back(Segment { closed, end });
                self.closes_next += plan.segment();
            } else {
                let at = self.checks_next;
                deleted |= self.check(at);
                self.checks_next += plan.check_every;
            }
        }
        deleted
    }

    fn check(&mut self, at: SimTime) -> bool {
        let Some(retention) = self.kept else {
            return false;
        };
        let mut deleted = false;
        while self
            .segments
            .front()
            .is_some_and(|oldest| oldest.closed + retention <= at)
        {
            if let Some(oldest) = self.segments.pop_front()
                && oldest.end > self.start
            {
                self.start = oldest.end;
                self.deletions.push((at, oldest.end));
                deleted = true;
            }
        }
        deleted
    }
}

fn next_after(start: SimTime, phase: SimTime, every: Span) -> SimTime {
    let behind = (start - phase).millis().rem_euclid(every.millis().max(1));
    start + Span(every.millis() - behind)
}

/// One partition of a topic's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionLog {
    /// The topic exists.
    pub exists: bool,
    /// Oldest offset that is still there.
    pub start: u64,
    /// Log end offset.
    pub end: u64,
}

impl TopicLog {
    /// One of the topic's `of` partitions.
    pub const fn partition(&self, number: u32, of: u32) -> PartitionLog {
        PartitionLog {
            exists: self.exists,
            start: share(self.start, number, of),
            end: share(self.end, number, of),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::scenario::format::infrastructure::Topic;
    use crate::scenario::format::map::Map;
    use crate::scenario::format::values::{Duration, Instant};

    pub(in crate::sim::world) fn topic() -> TopicPlan {
        TopicPlan {
            name: "t".into(),
            cluster: "k".into(),
            broker: None,
            spec: Topic {
                partitions: 1,
                config: Map::default(),
                message_bytes: 100,
                segment: Duration::from_secs(600),
                offsets: Vec::new(),
                segment_closes: Some(Instant { millis: 100_000 }),
            },
            retention_env: String::new(),
            check_every: Span::from_secs(60),
            producers: Vec::new(),
            marks: Vec::new(),
        }
    }

    #[test]
    fn a_closed_segment_goes_as_a_whole_at_the_first_check_after_its_time() {
        let plan = topic();
        let mut log = TopicLog::new(&plan, SimTime(0), 0, Some(Span::from_secs(300)));
        let mut end = |at: SimTime| (at.millis() / 1000) as u64;
        assert_eq!(log.next_at(&plan), Some(SimTime(410_000)));
        assert!(!log.advance(&plan, SimTime(400_000), &mut end));
        assert_eq!(log.next_at(&plan), Some(SimTime(410_000)));
        assert!(log.advance(&plan, SimTime(410_000), &mut end));
        assert_eq!(log.start, 100);
        assert_eq!(log.deletions, [(SimTime(410_000), 100)]);
    }
}
