//! Kafka: log ends that follow what was produced, segments that expire, groups that follow, stand still or catch up.
//!
//! A topic's log end is what was drawn to be produced, so it agrees with the producers' own counters. A group's
//! committed offset is state: it stands still while nobody works the group off, to the message, and follows the log end
//! otherwise. Retention deletes whole closed segments whose newest message is too old, as the broker does.

use std::collections::VecDeque;

use crate::sim::plan::{GroupPlan, TopicPlan};
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

/// How a group moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It keeps up with the log end.
    Following,
    /// It works off a backlog.
    CatchingUp,
    /// Nobody works it off.
    Standing,
}

/// A consumer group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Committed offset as of the last step.
    pub committed: u64,
    /// How it moves.
    pub pace: Pace,
    /// Since when it moves like that.
    pub since: SimTime,
    /// Fractions of a message that were worked off, in thousandths.
    carried: u64,
    /// When each of its rebalances happened, oldest first; those before history began at its start. Their number up to an
    /// instant is the group's generation then.
    pub rebalances: Vec<SimTime>,
    /// Gaps that a start of a consumer found: when, expected, got.
    pub gaps: Vec<(SimTime, u64, u64)>,
    /// Messages that expired before the group read them, once it went past them.
    pub lost: u64,
    /// Messages that were skipped by setting the offset.
    pub skipped: u64,
}

impl Group {
    /// A group that keeps up, after so many joined it.
    pub fn new(end: u64, start: SimTime, joined: usize) -> Self {
        Self {
            committed: end,
            pace: Pace::Following,
            since: start,
            carried: 0,
            rebalances: vec![start; joined],
            gaps: Vec::new(),
            lost: 0,
            skipped: 0,
        }
    }

    /// Messages it has still to work off.
    pub fn lag(&self, log: &TopicLog) -> u64 {
        if log.exists {
            log.end.saturating_sub(self.committed)
        } else {
            0
        }
    }

    /// Messages that are gone before it read them: those it already went past, and those it will.
    pub fn expired(&self, log: &TopicLog) -> u64 {
        self.lost + log.start.saturating_sub(self.past(log))
    }

    /// What it is past. While it keeps up nobody writes its offset down, but what is deleted then was read before.
    pub fn past(&self, log: &TopicLog) -> u64 {
        match self.pace {
            Pace::Following => self.committed.max(log.start),
            Pace::CatchingUp | Pace::Standing => self.committed,
        }
    }

    /// Whether it keeps up and goes on doing so with these consumers: then its offset is the log end, whenever that is read.
    pub fn keeps_up(&self, log: &TopicLog, ready: u32, less: f64) -> bool {
        self.pace == Pace::Following && works(log, ready, less)
    }

    /// The next rebalance that is known and still to come.
    pub fn next_rebalance(&self, now: SimTime) -> Option<SimTime> {
        self.rebalances.get(self.rebalances_until(now)).copied()
    }

    /// A step: `ready` consumers work for `span`, each `per_pod` messages a second, less the share `less`.
    pub fn step(
        &mut self,
        plan: &GroupPlan,
        log: &TopicLog,
        ready: u32,
        less: f64,
        now: SimTime,
        span: Span,
    ) {
        if !works(log, ready, less) {
            // Until this step it kept up: what came before its members stopped was worked off.
            if self.pace == Pace::Following {
                self.committed = self.committed.max(log.end);
            }
            self.set_pace(Pace::Standing, now);
            return;
        }
        if log.start > self.committed {
            self.lost += log.start - self.committed;
            self.committed = log.start;
        }
        if self.pace == Pace::Following {
            self.committed = self.committed.max(log.end);
            return;
        }
        let thousandths = (plan.per_pod * f64::from(ready) * (1.0 - less) * span.millis() as f64)
            as u64
            + self.carried;
        self.carried = thousandths % 1000;
        self.committed += thousandths / 1000;
        if self.committed >= log.end {
            self.committed = log.end;
            self.set_pace(Pace::Following, now);
        } else {
            self.set_pace(Pace::CatchingUp, now);
        }
    }

    /// Rebalances up to an instant.
    pub fn rebalances_until(&self, now: SimTime) -> usize {
        self.rebalances.partition_point(|at| *at <= now)
    }

    fn set_pace(&mut self, pace: Pace, now: SimTime) {
        if self.pace != pace {
            self.pace = pace;
            self.since = now;
        }
    }

    /// Sets the committed offset by hand.
    pub fn set_offset(&mut self, offset: u64, log: &TopicLog, now: SimTime) {
        let from = self.committed.max(log.start);
        self.lost += log.start.saturating_sub(self.past(log));
        self.skipped += offset.saturating_sub(from);
        self.committed = offset;
        self.set_pace(Pace::Standing, now);
    }
}

/// Whether somebody works a topic off.
fn works(log: &TopicLog, ready: u32, less: f64) -> bool {
    ready > 0 && less < 1.0 && log.exists
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::format::infrastructure::Topic;
    use crate::scenario::format::map::Map;
    use crate::scenario::format::values::{Duration, Instant};
    use crate::sim::ids::{ServiceId, TopicId};

    fn topic() -> TopicPlan {
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
    fn what_is_deleted_behind_a_group_that_keeps_up_did_not_expire() {
        let plan = topic();
        let mut log = TopicLog::new(&plan, SimTime(0), 0, Some(Span::from_secs(300)));
        let mut group = Group::new(0, SimTime(0), 0);
        let mut end = |at: SimTime| (at.millis() / 1000) as u64;
        assert!(log.advance(&plan, SimTime(410_000), &mut end));
        assert!(log.start > 0);
        assert_eq!(group.expired(&log), 0);
        group.set_offset(log.start + 5, &log, SimTime(410_000));
        assert_eq!((group.lost, group.skipped), (0, 5));
        // One that stands has lost what goes while it stands.
        group.set_offset(0, &log, SimTime(411_000));
        assert_eq!(group.expired(&log), log.start);
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

    #[test]
    fn a_standing_group_keeps_its_offset_then_loses_what_expired() {
        let plan = GroupPlan {
            name: "g".into(),
            topic: TopicId(0),
            service: ServiceId(0),
            per_pod: 10.0,
            line: None,
        };
        let mut log = TopicLog::new(&topic(), SimTime(0), 100, None);
        let mut group = Group::new(100, SimTime(0), 0);
        group.step(&plan, &log, 0, 0.0, SimTime(500), Span::from_secs(1));
        log.end = 150;
        group.step(&plan, &log, 0, 0.0, SimTime(1000), Span::from_secs(1));
        assert_eq!(
            (group.committed, group.lag(&log), group.pace),
            (100, 50, Pace::Standing)
        );
        log.start = 120;
        assert_eq!(group.expired(&log), 20);
        group.step(&plan, &log, 1, 0.0, SimTime(2000), Span::from_secs(1));
        assert_eq!(
            (group.committed, group.lost, group.expired(&log)),
            (130, 20, 20)
        );
        group.step(&plan, &log, 1, 0.0, SimTime(4000), Span::from_secs(2));
        assert_eq!((group.committed, group.pace), (150, Pace::Following));
    }
}
