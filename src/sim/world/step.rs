//! One step of the world, and when steps can be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::faults::FaultState;
use super::memo::{Memo, Needs};
use super::trainee::DrillState;
use super::{World, WorldEvent, WorldEventKind};
use crate::sim::ids::{FaultId, ServiceId};
use crate::sim::plan::{Cond, FaultPlan, Plan, Reach};
use crate::sim::time::{SimTime, Span};

/// After a flush, how full a Valkey server is again is told this often: at every scrape.
pub(super) const VALKEY_TOLD: Span = Span::from_secs(15);

/// Scripted messages and automations that wait for a condition.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    /// Messages that wait.
    pub waiting: Vec<Waiting>,
    /// Automations.
    pub automations: BTreeMap<String, Watch>,
    /// Messages that were sent or are on their way.
    pub sent: BTreeSet<String>,
}

/// A message that waits for its condition.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The message's name.
    pub name: String,
    /// What it waits for.
    pub when: Cond,
    /// It is not sent before.
    pub not_before: SimTime,
    /// The last answer.
    pub memo: Memo,
}

/// An automation that waits for its condition to come to hold.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What it waits for.
    pub when: Cond,
    /// It held at the last step.
    pub held: bool,
    /// Times left.
    pub left: u32,
    /// The last answer.
    pub memo: Memo,
}

/// Last answers to the plan's conditions.
#[derive(Clone, Debug)]
pub(super) struct Memos {
    faults: Vec<FaultMemos>,
    pub made_worse: Option<Memo>,
    pub resolved: Memo,
    pub mitigated: Memo,
}

#[derive(Clone, Debug)]
struct FaultMemos {
    when: Memo,
    until: Option<Memo>,
    worsened_by: Vec<Memo>,
}

/// What a fault's conditions say: it holds, it ends, it rises so many times as fast.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    holds: bool,
    ends: bool,
    faster: f64,
}

impl Memos {
    pub fn new(plan: &Plan) -> Self {
        let of_fault = |fault: &FaultPlan| FaultMemos {
            when: Memo::new(&fault.when),
            until: fault.until.as_ref().map(Memo::new),
            worsened_by: fault
                .worsened_by
                .iter()
                .map(|(when, _)| Memo::new(when))
                .collect(),
        };
        Self {
            faults: plan.faults.iter().map(of_fault).collect(),
            made_worse: plan.milestones.made_worse.as_ref().map(Memo::new),
            resolved: Memo::new(&plan.milestones.resolved),
            mitigated: Memo::new(&plan.milestones.mitigated),
        }
    }
}

impl World {
    /// Moves to `next`.
    pub(super) fn step(&mut self, next: SimTime) {
        let from = self.now;
        let span = next - from;
        if span > self.stride() {
            self.run_logs(next - self.stride());
        }
        self.now = next;
        self.moves
            .note(Needs::CLOCK.with(Needs::TRAFFIC).with(Needs::DRIVERS));
        while let Some((at, due)) = self.queue.take(next) {
            self.stir();
            self.do_due(at, due);
        }
        self.run_cluster();
        self.signals.close_until(next);
        self.run_kafka(span);
        self.run_stocks(span);
        self.run_leaks(span);
        self.run_faults(span);
        self.run_flows();
        self.record_services();
        self.lose(from);
        self.look_at_timers();
        self.run_scripts();
        self.run_alerts();
        if self.alerts.unsettled {
            self.moves.note(Needs::FACTS);
        }
        self.run_drill();
    }

    /// Facts, or anything else that conditions read, may have changed at an instant.
    pub(super) fn stir(&mut self) {
        self.moves.note(Needs::ANY);
        self.derived.facts_moved = true;
        self.derived.pods_moved();
    }

    /// Whether steps change nothing until [`World::next_due`]: then they can be left out.
    pub(super) fn rests(&self) -> bool {
        self.moves.all() == self.derived.judged
            && !self.derived.facts_moved
            && !self.derived.stocks_move
            && self.flows_rest()
            && self.faults_rest()
            && !self.leaks_move()
            && self.groups_rest()
            && !self.timers.needs.meets(Needs::TRAFFIC)
            && !self.drivers_move()
    }

    /// The next instant at which something is due although the world rests.
    pub(super) fn next_due(&self) -> Option<SimTime> {
        let logs = self.plan.topics.iter().zip(&self.topics);
        let logs = logs.filter_map(|(topic, log)| log.next_at(topic));
        let faults = self.plan.faults.iter().zip(&self.faults);
        let faults = faults.filter_map(|(fault, state)| state.next_at(fault));
        let instances = self.plan.faults.iter().zip(&self.instances);
        let instances = instances.filter_map(|(fault, instances)| instances.next_at(fault));
        let rebalances = self.groups.iter();
        let rebalances = rebalances.filter_map(|group| group.next_rebalance(self.now));
        let deadline = (self.now >= self.plan.page && !self.endless).then_some(self.plan.deadline);
        let filling = self.valkey.iter().any(|server| server.flushed.is_some());
        let told = self.now.floor_to(VALKEY_TOLD) + VALKEY_TOLD;
        let lasted = self
            .timers
            .next_at(self.now, |fault| self.active_since(fault));
        [
            self.queue.next_at(),
            self.cluster.next_event_at(),
            Some(self.alerts.next_at),
            deadline,
            filling.then_some(told),
            lasted,
            self.page_returns_at(),
            self.drivers_start(),
        ]
        .into_iter()
        .flatten()
        .chain(logs)
        .chain(faults)
        .chain(instances)
        .chain(rebalances)
        .min()
    }

    fn faults_rest(&self) -> bool {
        let faults = self.plan.faults.iter().zip(&self.faults);
        let whole = faults.filter(|(fault, _)| !matches!(fault.reach, Reach::Pods { .. }));
        whole.into_iter().all(|(_, state)| state.rests())
            && self.instances.iter().all(super::instances::Instances::rest)
    }

    /// Tells telemetry how strong a fault is.
    pub(super) fn tell_fault(&mut self, index: usize) {
        let (Some(state), plan) = (self.faults.get(index), Arc::clone(&self.plan)) else {
            return;
        };
        let felt = state.felt(self.now);
        let logs = plan.faults.get(index).map(|fault| &fault.effects.logs);
        let on: BTreeMap<ServiceId, f64> = logs
            .into_iter()
            .flatten()
            .map(|log| {
                let id = FaultId(index as u32);
                (log.service, self.intensity_on(id, log.service))
            })
            .collect();
        self.signals
            .record_fault(&plan, index, self.now, felt, |service| {
                on.get(&service).copied().unwrap_or(0.0)
            });
    }

    fn run_faults(&mut self, span: Span) {
        let plan = Arc::clone(&self.plan);
        let uncovered =
            |state: &FaultState| state.hidden_until.is_some_and(|until| until <= self.now);
        if self.faults.iter().any(uncovered) {
            self.moves.note(Needs::FAULTS);
        }
        self.derived.facts_moved = false;
        self.derived.judged = self.moves.all();
        let mut verdicts = std::mem::take(&mut self.verdicts.0);
        let mut memos = std::mem::take(&mut self.memos.faults);
        verdicts.clear();
        verdicts.extend(
            plan.faults
                .iter()
                .zip(&mut memos)
                .map(|(fault, memos)| self.verdict(fault, memos)),
        );
        self.memos.faults = memos;
        let mut moved = false;
        for (index, (fault, verdict)) in plan.faults.iter().zip(&verdicts).enumerate() {
            let Some(state) = self.faults.get_mut(index) else {
                continue;
            };
            let (was, felt_before) = (state.is_active(), state.shown);
            if matches!(fault.reach, Reach::Pods { .. }) {
                moved |= self.run_instances(index, fault, verdict.holds, verdict.faster, span);
            } else {
                state.decide(fault, verdict.holds, verdict.ends, self.now);
                state.pass(fault, span, verdict.faster, self.now);
            }
            let Some(state) = self.faults.get_mut(index) else {
                continue;
            };
            let (active, felt) = (state.is_active(), state.felt(self.now));
            state.shown = felt;
            if felt != felt_before {
                self.tell_fault(index);
            }
            moved |= felt != felt_before || was != active;
            if was != active {
                self.events.push(WorldEvent {
                    at: self.now,
                    kind: WorldEventKind::Fault {
                        name: fault.name.clone(),
                        active,
                    },
                });
            }
        }
        self.verdicts.0 = verdicts;
        if moved {
            self.faults_moved();
            self.blind();
            self.recheck_readiness();
        }
    }

    fn verdict(&self, fault: &FaultPlan, memos: &mut FaultMemos) -> Verdict {
        let moves = &self.moves;
        let ends = fault
            .until
            .as_ref()
            .zip(memos.until.as_mut())
            .is_some_and(|(until, memo)| memo.answer(moves, || self.holds(until)));
        let faster = fault
            .worsened_by
            .iter()
            .zip(&mut memos.worsened_by)
            .filter_map(|((when, factor), memo)| {
                memo.answer(moves, || self.holds(when)).then_some(factor)
            })
            .product();
        Verdict {
            holds: memos.when.answer(moves, || self.holds(&fault.when)),
            ends,
            faster,
        }
    }

    fn run_scripts(&mut self) {
        let mut scripts = std::mem::take(&mut self.scripts);
        let mut due = Vec::new();
        for waiting in &mut scripts.waiting {
            if self.now >= waiting.not_before
                && waiting
                    .memo
                    .answer(&self.moves, || self.holds(&waiting.when))
            {
                due.push(waiting.name.clone());
            }
        }
        if !due.is_empty() {
            scripts
                .waiting
                .retain(|waiting| !due.contains(&waiting.name));
        }
        let mut acting = Vec::new();
        for (name, watch) in &mut scripts.automations {
            let holds = watch.memo.answer(&self.moves, || self.holds(&watch.when));
            if holds && !watch.held && watch.left > 0 {
                watch.left -= 1;
                acting.push(name.clone());
            }
            watch.held = holds;
        }
        self.scripts = scripts;
        for name in due {
            self.send_script_later(&name);
        }
        for name in acting {
            self.run_automation(&name);
        }
    }

    pub(super) fn run_drill(&mut self) {
        if self.now >= self.plan.page {
            let next = self.next_drill_state();
            self.set_drill(next);
        }
    }

    pub(super) fn set_drill(&mut self, next: DrillState) {
        if next != self.drill {
            self.drill = next;
            self.events.push(WorldEvent {
                at: self.now,
                kind: WorldEventKind::Drill(next),
            });
        }
    }
}

/// Verdicts of the step that is being made; kept for its memory alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts(Vec<Verdict>);
