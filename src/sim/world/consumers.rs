//! Consumer groups: how far each has come in each partition of its topic. Never what a topic holds.
//!
//! A committed offset is state: it stands still while nobody works the partition off, to the message, and follows the log
//! end otherwise. Partitions are dealt to ready members in runs, as Kafka's range assignor does: a member beyond the
//! number of partitions has nothing to do.

use std::ops::Range;

use super::kafka::{PartitionLog, TopicLog};
use crate::sim::command::OffsetTarget;
use crate::sim::plan::GroupPlan;
use crate::sim::time::{SimTime, Span};

/// How a group moves in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It keeps up with the log end.
    Following,
    /// It works off a backlog.
    CatchingUp,
    /// Nobody works it off.
    Standing,
}

/// How far a group has come in a partition.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Committed offset as of the last step.
    pub committed: u64,
    /// How it moves.
    pub pace: Pace,
    /// Since when it moves like that.
    pub since: SimTime,
    /// Fractions of a message that were worked off, in thousandths.
    carried: u64,
    /// Messages that expired before the group read them, once it went past them.
    pub lost: u64,
    /// Messages that were skipped by setting the offset.
    pub skipped: u64,
}

/// A gap that a start of a consumer found: the log begins after where it left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When it was found.
    pub at: SimTime,
    /// In which partition.
    pub partition: u32,
    /// The offset at which the group left off.
    pub expected: u64,
    /// The oldest one that there is.
    pub got: u64,
}

impl Gap {
    /// Messages that are gone.
    pub const fn missing(&self) -> u64 {
        self.got.saturating_sub(self.expected)
    }
}

/// A consumer group.
#[derive(Clone, Debug)]
pub struct Group {
    /// How far it has come in each partition of its topic.
    pub partitions: Vec<Progress>,
    /// When each of its rebalances happened, oldest first; those before history began at its start. Their number up to an
    /// instant is the group's generation then.
    pub rebalances: Vec<SimTime>,
    /// Gaps that starts of its consumers found, oldest first.
    pub gaps: Vec<Gap>,
}

impl Progress {
    /// What it is past. While it keeps up nobody writes its offset down, but what is deleted then was read before.
    pub fn past(&self, log: PartitionLog) -> u64 {
        match self.pace {
            Pace::Following => self.committed.max(log.start),
            Pace::CatchingUp | Pace::Standing => self.committed,
        }
    }

    /// Messages it has still to work off.
    pub const fn lag(&self, log: PartitionLog) -> u64 {
        if log.exists {
            log.end.saturating_sub(self.committed)
        } else {
            0
        }
    }

    /// Messages that are gone before it read them: those it already went past, and those it will.
    pub fn expired(&self, log: PartitionLog) -> u64 {
        self.lost + log.start.saturating_sub(self.past(log))
    }

    /// Where setting the offset goes: what the log holds bounds it.
    fn reset_to(&self, log: PartitionLog, to: OffsetTarget) -> u64 {
        match to {
            OffsetTarget::Earliest => log.start,
            OffsetTarget::Latest => log.end,
            OffsetTarget::Offset(offset) => offset.clamp(log.start, log.end),
            OffsetTarget::ShiftBy(by) => self
                .committed
                .saturating_add_signed(by)
                .clamp(log.start, log.end),
        }
    }

    /// A step of a partition that is worked off by so many messages a second.
    fn step(&mut self, log: PartitionLog, per_second: Option<f64>, now: SimTime, span: Span) {
        let Some(per_second) = per_second.filter(|_| log.exists) else {
            // Until this step it kept up: what came before its members stopped was worked off.
            if self.pace == Pace::Following {
                self.committed = self.committed.max(log.end);
            }
            self.set_pace(Pace::Standing, now);
            return;
        };
        if log.start > self.committed {
            self.lost += log.start - self.committed;
            self.committed = log.start;
        }
        if self.pace == Pace::Following {
            self.committed = self.committed.max(log.end);
            return;
        }
        let thousandths = (per_second * span.millis() as f64) as u64 + self.carried;
        self.carried = thousandths % 1000;
        self.committed += thousandths / 1000;
        if self.committed >= log.end {
            self.committed = log.end;
            self.set_pace(Pace::Following, now);
        } else {
            self.set_pace(Pace::CatchingUp, now);
        }
    }

    fn set_pace(&mut self, pace: Pace, now: SimTime) {
        if self.pace != pace {
            self.pace = pace;
            self.since = now;
        }
    }

    /// Sets the committed offset by hand.
    fn set_offset(&mut self, offset: u64, log: PartitionLog, now: SimTime) {
        let from = self.committed.max(log.start);
        self.lost += log.start.saturating_sub(self.past(log));
        self.skipped += offset.saturating_sub(from);
        self.committed = offset;
        self.set_pace(Pace::Standing, now);
    }
}

impl Group {
    /// A group that keeps up with a topic of so many partitions, one at least, after so many joined it.
    pub fn new(log: &TopicLog, partitions: u32, start: SimTime, joined: usize) -> Self {
        let following = |number| Progress {
            committed: log.partition(number, partitions).end,
            pace: Pace::Following,
            since: start,
            carried: 0,
            lost: 0,
            skipped: 0,
        };
        Self {
            partitions: (0..partitions).map(following).collect(),
            rebalances: vec![start; joined],
            gaps: Vec::new(),
        }
    }

    /// Its progress in each partition, with that partition's log.
    pub fn with(&self, log: &TopicLog) -> impl Iterator<Item = (&Progress, PartitionLog)> {
        let of = self.partitions.len() as u32;
        let numbered = self.partitions.iter().zip(0..);
        numbered.map(move |(progress, number)| (progress, log.partition(number, of)))
    }

    fn with_mut(&mut self, log: &TopicLog) -> impl Iterator<Item = (&mut Progress, PartitionLog)> {
        let of = self.partitions.len() as u32;
        let numbered = self.partitions.iter_mut().zip(0..);
        numbered.map(move |(progress, number)| (progress, log.partition(number, of)))
    }

    /// Messages it has committed in all partitions.
    pub fn committed(&self) -> u64 {
        self.partitions.iter().map(|one| one.committed).sum()
    }

    /// Messages that were skipped by setting offsets.
    pub fn skipped(&self) -> u64 {
        self.partitions.iter().map(|one| one.skipped).sum()
    }

    /// Messages that expired before it read them, of those it went past.
    pub fn lost(&self) -> u64 {
        self.partitions.iter().map(|one| one.lost).sum()
    }

    /// Messages it has still to work off, in all partitions or in one.
    pub fn lag(&self, log: &TopicLog, partition: Option<u32>) -> u64 {
        let parts = chosen(self.with(log), partition);
        parts.map(|(progress, log)| progress.lag(log)).sum()
    }

    /// Messages that are gone before it read them, in all partitions or in one.
    pub fn expired(&self, log: &TopicLog, partition: Option<u32>) -> u64 {
        let parts = chosen(self.with(log), partition);
        parts.map(|(progress, log)| progress.expired(log)).sum()
    }

    /// Whether it keeps up with every partition.
    pub fn follows(&self) -> bool {
        self.is_all(Pace::Following)
    }

    /// Whether it moves so in every partition.
    pub fn is_all(&self, pace: Pace) -> bool {
        self.partitions.iter().all(|one| one.pace == pace)
    }

    /// Since when it has moved as it does now in all partitions.
    pub fn since(&self) -> SimTime {
        let latest = self.partitions.iter().map(|one| one.since).max();
        latest.unwrap_or(SimTime(0))
    }

    /// Whether it keeps up and goes on doing so with these consumers: then its offsets are the log ends, whenever those are
    /// read.
    pub fn keeps_up(&self, log: &TopicLog, ready: u32, less: &[f64]) -> bool {
        let works = ready > 0 && log.exists;
        works && self.follows() && less.iter().all(|less| *less < 1.0)
    }

    /// What keeps up is as far as the log.
    pub fn settle(&mut self, log: &TopicLog) {
        if !log.exists {
            return;
        }
        for (progress, log) in self.with_mut(log) {
            if progress.pace == Pace::Following {
                progress.committed = progress.committed.max(log.end);
            }
        }
    }

    /// The next rebalance that is known and still to come.
    pub fn next_rebalance(&self, now: SimTime) -> Option<SimTime> {
        self.rebalances.get(self.rebalances_until(now)).copied()
    }

    /// Rebalances up to an instant.
    pub fn rebalances_until(&self, now: SimTime) -> usize {
        self.rebalances.partition_point(|at| *at <= now)
    }

    /// Where setting the offsets of some partitions, or of all when none is named, goes.
    pub fn reset_to(
        &self,
        log: &TopicLog,
        partitions: &[u32],
        to: OffsetTarget,
    ) -> Vec<(u32, u64)> {
        let numbered = (0..).zip(self.with(log));
        let wanted =
            numbered.filter(|(number, _)| partitions.is_empty() || partitions.contains(number));
        wanted
            .map(|(number, (progress, log))| (number, progress.reset_to(log, to)))
            .collect()
    }

    /// Sets those offsets by hand.
    pub fn reset(
        &mut self,
        log: &TopicLog,
        partitions: &[u32],
        to: OffsetTarget,
        now: SimTime,
    ) -> Vec<(u32, u64)> {
        let offsets = self.reset_to(log, partitions, to);
        for ((progress, log), number) in self.with_mut(log).zip(0..) {
            if let Some((_, offset)) = offsets.iter().find(|(wanted, _)| *wanted == number) {
                progress.set_offset(*offset, log, now);
            }
        }
        offsets
    }

    /// A step: `ready` consumers work for `span`, less the share `less` of each partition. Says whether its pace changed
    /// anywhere.
    pub fn step(
        &mut self,
        plan: &GroupPlan,
        log: &TopicLog,
        ready: u32,
        less: &[f64],
        now: SimTime,
        span: Span,
    ) -> bool {
        let rates = self.rates(plan.per_pod, ready, less);
        let mut moved = false;
        for ((progress, log), per_second) in self.with_mut(log).zip(rates) {
            let pace = progress.pace;
            progress.step(log, per_second, now, span);
            moved |= progress.pace != pace;
        }
        moved
    }

    /// How many messages a second are worked off in each partition; none where nobody does. A member shares its time
    /// between the partitions it is behind in.
    fn rates(&self, per_pod: f64, ready: u32, less: &[f64]) -> Vec<Option<f64>> {
        let of = self.partitions.len() as u32;
        let mut rates = vec![None; self.partitions.len()];
        for place in 0..ready.min(of) {
            let own = assigned(of, ready, place);
            let own = own.start as usize..own.end as usize;
            let parts = self.partitions.get(own.clone()).unwrap_or_default();
            let behind = parts.iter().filter(|one| one.pace != Pace::Following);
            let behind = behind.count().max(1);
            for number in own {
                let less = less.get(number).copied().unwrap_or(0.0);
                if let Some(rate) = rates.get_mut(number).filter(|_| less < 1.0) {
                    *rate = Some(per_pod * (1.0 - less) / behind as f64);
                }
            }
        }
        rates
    }
}

fn chosen<'a>(
    parts: impl Iterator<Item = (&'a Progress, PartitionLog)>,
    partition: Option<u32>,
) -> impl Iterator<Item = (&'a Progress, PartitionLog)> {
    let numbered = parts.zip(0..);
    let wanted = numbered.filter(move |(_, number)| partition.is_none_or(|one| one == *number));
    wanted.map(|(part, _)| part)
}

/// The partitions of the `place`-th of `members`, as the range assignor deals them.
pub fn assigned(partitions: u32, members: u32, place: u32) -> Range<u32> {
    let each = partitions / members.max(1);
    let more = partitions % members.max(1);
    let first = place * each + place.min(more);
    first..first + each + u32::from(place < more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ids::{ServiceId, TopicId};
    use crate::sim::world::kafka::tests::topic;

    fn plan() -> GroupPlan {
        GroupPlan {
            name: "g".into(),
            topic: TopicId(0),
            service: ServiceId(0),
            per_pod: 10.0,
            line: None,
        }
    }

    fn log(end: u64) -> TopicLog {
        TopicLog::new(&topic(), SimTime(0), end, None)
    }

    fn second(group: &mut Group, log: &TopicLog, ready: u32, less: &[f64], at: i64) {
        group.step(
            &plan(),
            log,
            ready,
            less,
            SimTime(at * 1000),
            Span::from_secs(1),
        );
    }

    #[test]
    fn what_is_deleted_behind_a_group_that_keeps_up_did_not_expire() {
        let plan = topic();
        let mut log = TopicLog::new(&plan, SimTime(0), 0, Some(Span::from_secs(300)));
        let mut group = Group::new(&log, 1, SimTime(0), 0);
        let mut end = |at: SimTime| (at.millis() / 1000) as u64;
        assert!(log.advance(&plan, SimTime(410_000), &mut end));
        assert!(log.start > 0);
        assert_eq!(group.expired(&log, None), 0);
        let part = log.partition(0, 1);
        group.partitions[0].set_offset(part.start + 5, part, SimTime(410_000));
        assert_eq!((group.lost(), group.skipped()), (0, 5));
        // One that stands has lost what goes while it stands.
        group.partitions[0].set_offset(0, part, SimTime(411_000));
        assert_eq!(group.expired(&log, None), log.start);
    }

    #[test]
    fn a_standing_group_keeps_its_offset_then_loses_what_expired() {
        let mut log = log(100);
        let mut group = Group::new(&log, 1, SimTime(0), 0);
        second(&mut group, &log, 0, &[0.0], 1);
        log.end = 150;
        second(&mut group, &log, 0, &[0.0], 2);
        assert_eq!((group.committed(), group.lag(&log, None)), (100, 50));
        assert!(group.is_all(Pace::Standing));
        log.start = 120;
        assert_eq!(group.expired(&log, None), 20);
        second(&mut group, &log, 1, &[0.0], 3);
        assert_eq!(
            (group.committed(), group.lost(), group.expired(&log, None)),
            (130, 20, 20)
        );
        second(&mut group, &log, 1, &[0.0], 4);
        second(&mut group, &log, 1, &[0.0], 5);
        assert_eq!(group.committed(), 150);
        assert!(group.follows());
    }

    #[test]
    fn one_partition_that_nobody_works_off_stands_while_the_others_follow() {
        let mut log = log(9);
        let mut group = Group::new(&log, 3, SimTime(0), 0);
        log.end = 300;
        assert!(!group.keeps_up(&log, 2, &[0.0, 1.0, 0.0]));
        second(&mut group, &log, 2, &[0.0, 1.0, 0.0], 1);
        let lags: Vec<u64> = group.with(&log).map(|(one, log)| one.lag(log)).collect();
        // What came before the step was still worked off.
        assert_eq!(lags, [0, 0, 0]);
        log.end = 390;
        second(&mut group, &log, 2, &[0.0, 1.0, 0.0], 2);
        let lags: Vec<u64> = group.with(&log).map(|(one, log)| one.lag(log)).collect();
        assert_eq!(lags, [0, 30, 0]);
        assert_eq!(
            (group.lag(&log, Some(1)), group.lag(&log, Some(2))),
            (30, 0)
        );
        assert_eq!(group.partitions[1].pace, Pace::Standing);
        assert!(!group.follows() && !group.is_all(Pace::Standing));
        // Its member is behind in this one alone and gives it all its time.
        second(&mut group, &log, 2, &[0.0; 3], 3);
        assert_eq!(group.lag(&log, None), 20);
    }

    #[test]
    fn members_beyond_the_partitions_have_nothing_to_do() {
        let mut log = log(0);
        let mut group = Group::new(&log, 2, SimTime(0), 0);
        second(&mut group, &log, 0, &[0.0; 2], 1);
        log.end = 1000;
        second(&mut group, &log, 1, &[0.0; 2], 2);
        assert_eq!(group.committed(), 10);
        second(&mut group, &log, 2, &[0.0; 2], 3);
        assert_eq!(group.committed(), 30);
        second(&mut group, &log, 7, &[0.0; 2], 4);
        assert_eq!(group.committed(), 50);
    }

    #[test]
    fn members_share_the_partitions_in_runs() {
        assert_eq!((assigned(5, 2, 0), assigned(5, 2, 1)), (0..3, 3..5));
        assert!(assigned(1, 2, 1).is_empty());
    }
}
