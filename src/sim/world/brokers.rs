//! Kafka's side of a step: retention deletes, groups move. Log ends are read only while somebody depends on them.

use std::sync::Arc;

use super::World;
use super::consumers::Pace;
use super::memo::Needs;
use crate::sim::ids::{FaultId, GroupId, TopicId};
use crate::sim::time::{SimTime, Span};

impl World {
    /// Lets retention do up to `until` what it would have done in the steps that were left out.
    pub(super) fn run_logs(&mut self, until: SimTime) {
        let plan = Arc::clone(&self.plan);
        for (index, (topic, log)) in plan.topics.iter().zip(&mut self.topics).enumerate() {
            if log.next_at(topic).is_none_or(|at| at > until) {
                continue;
            }
            let signals = &self.signals;
            if log.advance(topic, until, &mut |at| signals.log_end(index, at)) {
                self.signals.record_topic(index, until, log);
                self.moves.note(Needs::OFFSETS);
            }
        }
    }

    pub(super) fn run_kafka(&mut self, span: Span) {
        let plan = Arc::clone(&self.plan);
        if self.derived.facts_moved {
            for index in 0..self.topics.len() {
                let kept = self.retention(TopicId(index as u32));
                if let Some(log) = self.topics.get_mut(index) {
                    log.kept = kept;
                }
            }
        }
        self.run_logs(self.now);
        let mut moved = false;
        for (index, group_plan) in plan.groups.iter().enumerate() {
            let ready = self.fleet.ready_of(group_plan.service);
            let less = self.derived.less_of(index);
            let topic = group_plan.topic.index();
            let keeps_up = match (self.groups.get(index), self.topics.get(topic)) {
                (Some(group), Some(log)) => group.keeps_up(log, ready, less),
                _ => continue,
            };
            if !keeps_up {
                self.read_log_end(topic);
                moved = true;
            }
            let (Some(group), Some(log)) = (self.groups.get_mut(index), self.topics.get(topic))
            else {
                continue;
            };
            if !keeps_up {
                let less = self.derived.less_of(index);
                if group.step(group_plan, log, ready, less, self.now, span) {
                    self.derived.pods_moved();
                }
            }
            self.signals.record_group(index, self.now, group, ready);
            self.signals.record_rebalances(
                GroupId(index as u32),
                self.now,
                group.rebalances_until(self.now),
            );
        }
        if moved {
            self.moves.note(Needs::OFFSETS);
        }
    }

    /// Brings a topic's log end up to now.
    fn read_log_end(&mut self, topic: usize) {
        let (now, page) = (self.now, self.plan.page);
        let Some(log) = self.topics.get_mut(topic).filter(|log| log.exists) else {
            return;
        };
        if log.read_at >= now {
            return;
        }
        if log.read_at >= page {
            log.end += self.signals.written_between(topic, log.read_at, now);
        } else {
            log.end = self.signals.log_end(topic, now).max(log.end);
        }
        log.read_at = now;
    }

    /// Brings all log ends and the offsets of groups that keep up to now: what others read between steps.
    pub(super) fn settle_kafka(&mut self) {
        let plan = Arc::clone(&self.plan);
        for topic in 0..self.topics.len() {
            self.read_log_end(topic);
        }
        for (group, group_plan) in self.groups.iter_mut().zip(&plan.groups) {
            if let Some(log) = self.topics.get(group_plan.topic.index()) {
                group.settle(log);
            }
        }
    }

    /// Whether no group moves unless a fact does, as far as conditions can tell.
    pub(super) fn groups_rest(&self) -> bool {
        let watched = self.timers.needs.meets(Needs::OFFSETS);
        let mut partitions = self.groups.iter().flat_map(|group| &group.partitions);
        partitions.all(|progress| match progress.pace {
            Pace::Following => true,
            Pace::Standing => !watched,
            Pace::CatchingUp => false,
        })
    }

    /// How much less each group works off in each partition by what faults do: one about a partition slows that one alone.
    pub(super) fn consumes_less(&mut self) {
        let plan = Arc::clone(&self.plan);
        for less in &mut self.derived.consumes_less {
            less.fill(0.0);
        }
        for (index, fault) in plan.faults.iter().enumerate() {
            for slower in &fault.effects.consumes_less {
                let group = slower.group.index();
                let Some(members) = plan.groups.get(group).map(|group| group.service) else {
                    continue;
                };
                let intensity = self.intensity_on(FaultId(index as u32), members);
                let less = self.derived.consumes_less.get_mut(group);
                for (less, number) in less.into_iter().flatten().zip(0..) {
                    if slower.partition.is_none_or(|one| one == number) {
                        *less = 1.0 - (1.0 - *less) * (1.0 - slower.share * intensity);
                    }
                }
            }
        }
    }
}
