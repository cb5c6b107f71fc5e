//! One step of the world, and when steps can be left out.

use std::collections::{BTreeMap, BTreeSet};

use super::kafka::Pace;
use super::trainee::DrillState;
use super::{World, WorldEvent, WorldEventKind};
use crate::sim::flows::Pressure;
use crate::sim::ids::GroupId;
use crate::sim::plan::Cond;
use crate::sim::time::{SimTime, Span};

/// Share of an outgoing pool that is in use on an ordinary day.
const ORDINARY_POOL_USE: f64 = 0.31;

/// Scripted messages and automations that wait for a condition.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    /// Messages: name, condition, not before.
    pub waiting: Vec<(String, Cond, SimTime)>,
    /// Automations: name, condition, whether it held at the last step, times left.
    pub automations: BTreeMap<String, (Cond, bool, u32)>,
    /// Messages that were sent or are on their way.
    pub sent: BTreeSet<String>,
}

impl World {
    /// Moves to `next`.
    pub(super) fn step(&mut self, next: SimTime) {
        let span = next - self.now;
        self.now = next;
        while let Some((at, due)) = self.queue.take(next) {
            self.do_due(at, due);
        }
        self.run_cluster();
        self.signals.close_until(next);
        self.run_kafka(span);
        self.run_stocks(span);
        self.run_faults(span);
        self.run_flows();
        self.record_services();
        self.lose(span);
        self.look_at_timers();
        self.run_scripts();
        self.run_alerts();
        self.run_drill();
    }

    /// Whether a step would change nothing: then it can be left out.
    pub(super) fn rests(&self) -> bool {
        !self.timers.watches_drivers
            && !self.alerts.unsettled
            && self.faults.iter().all(super::FaultState::rests)
            && !self.flows_move()
            && self
                .groups
                .iter()
                .all(|group| group.pace == Pace::Following)
            && self.stocks_rest()
            && !self.timers.runs(self.now)
            && !self.faults_are_young()
            && self.loses() <= 0.0
    }

    /// The next instant at which something is due although the world rests.
    pub(super) fn next_due(&self) -> Option<SimTime> {
        let logs = self
            .topics
            .iter()
            .filter(|log| log.exists)
            .map(super::TopicLog::next_at);
        let alerts = (self.now >= self.plan.page - super::FINE_FROM).then_some(self.alerts.next_at);
        let deadline = (self.now >= self.plan.page).then_some(self.plan.deadline);
        [
            self.queue.next_at(),
            self.cluster.next_event_at(),
            alerts,
            deadline,
        ]
        .into_iter()
        .flatten()
        .chain(logs)
        .min()
    }

    fn faults_are_young(&self) -> bool {
        let longest = self.timers.longest;
        longest > Span::ZERO
            && self.faults.iter().any(|state| {
                state
                    .active_since
                    .is_some_and(|since| self.now - since <= longest)
            })
    }

    fn run_kafka(&mut self, span: Span) {
        let plan = std::sync::Arc::clone(&self.plan);
        for (index, topic) in plan.topics.iter().enumerate() {
            let retention = self.retention(crate::sim::ids::TopicId(index as u32));
            let Some(mut log) = self.topics.get(index).cloned().filter(|log| log.exists) else {
                continue;
            };
            let mut end_at = |at: SimTime| self.signals.log_end(index, at);
            if log.next_at() <= self.now {
                log.advance(topic, self.now, retention, &mut end_at);
            }
            log.end = end_at(self.now).max(log.end);
            self.signals.record_topic(index, self.now, &log);
            if let Some(slot) = self.topics.get_mut(index) {
                *slot = log;
            }
        }
        let less = self.consumes_less();
        for (index, group_plan) in plan.groups.iter().enumerate() {
            let ready = self.fleet.ready_of(group_plan.service);
            let (Some(group), Some(log)) = (
                self.groups.get_mut(index),
                self.topics.get(group_plan.topic.index()),
            ) else {
                continue;
            };
            let less = less.get(index).copied().unwrap_or(0.0);
            group.step(group_plan, log, ready, less, self.now, span);
            let members = ready;
            self.signals.record_group(index, self.now, group, members);
            self.signals.record_rebalances(
                GroupId(index as u32),
                self.now,
                group.rebalances_until(self.now),
            );
        }
    }

    /// Tells telemetry how many pods are wanted and ready, how full pools and Valkey servers are.
    fn record_services(&mut self) {
        let plan = std::sync::Arc::clone(&self.plan);
        let mut pools = vec![ORDINARY_POOL_USE; plan.services.len()];
        for (fault, state) in plan.faults.iter().zip(&self.faults) {
            for (service, share) in &fault.effects.pool_use {
                if let Some(pool) = pools.get_mut(service.index()) {
                    *pool += (share - *pool) * state.intensity(self.now);
                }
            }
        }
        let ready = self.fleet.ready();
        self.signals
            .record_services(self.now, &self.wanted, &ready, &pools);
        for (index, server) in self
            .valkey
            .iter()
            .enumerate()
            .filter(|(_, server)| server.flushed.is_some())
        {
            self.signals
                .record_valkey(index, self.now, server.filled(self.now));
        }
    }

    fn consumes_less(&self) -> Vec<f64> {
        let mut less = vec![0.0; self.plan.groups.len()];
        for (fault, state) in self.plan.faults.iter().zip(&self.faults) {
            for (group, share) in &fault.effects.consumes_less {
                if let Some(value) = less.get_mut(group.index()) {
                    *value = 1.0 - (1.0 - *value) * (1.0 - share * state.intensity(self.now));
                }
            }
        }
        less
    }

    fn run_stocks(&mut self, span: Span) {
        let plan = std::sync::Arc::clone(&self.plan);
        let seconds = span.millis() as f64 / 1000.0;
        for (index, stock) in plan.pack.scenario.stocks.values().enumerate() {
            let inflow = self.inflow(crate::sim::ids::StockId(index as u32));
            if let Some(level) = self.stocks.get_mut(index) {
                let above = (*level - stock.base).max(0.0);
                let out = (stock.drains.per_second * seconds).min(above);
                *level = (*level + inflow * seconds - out).clamp(0.0, stock.capacity);
                self.signals.record_stock(index, self.now, *level);
            }
        }
    }

    fn inflow(&self, stock: crate::sim::ids::StockId) -> f64 {
        self.plan
            .faults
            .iter()
            .zip(&self.faults)
            .flat_map(|(fault, state)| {
                fault
                    .effects
                    .fills
                    .iter()
                    .map(move |(of, rate)| (of, rate, state))
            })
            .filter(|(of, ..)| **of == stock)
            .map(|(_, rate, state)| rate * state.intensity(self.now))
            .sum()
    }

    fn stocks_rest(&self) -> bool {
        let declared = self.plan.pack.scenario.stocks.values();
        declared
            .zip(&self.stocks)
            .enumerate()
            .all(|(index, (stock, level))| {
                let drains = stock.drains.per_second > 0.0 && *level > stock.base;
                !drains && self.inflow(crate::sim::ids::StockId(index as u32)) <= 0.0
            })
    }

    fn run_faults(&mut self, span: Span) {
        let plan = std::sync::Arc::clone(&self.plan);
        let verdicts: Vec<_> = plan
            .faults
            .iter()
            .map(|fault| self.verdict(fault))
            .collect();
        for (index, (fault, (holds, ends, faster))) in plan.faults.iter().zip(verdicts).enumerate()
        {
            let Some(state) = self.faults.get_mut(index) else {
                continue;
            };
            let was = state.is_active();
            state.decide(fault, holds, ends, self.now);
            state.pass(fault, span, faster, self.now);
            let active = state.is_active();
            let felt = state.felt(self.now);
            self.signals.record_fault(&plan, index, self.now, felt);
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
    }

    fn verdict(&self, fault: &crate::sim::plan::FaultPlan) -> (bool, bool, f64) {
        let ends = fault.until.as_ref().is_some_and(|until| self.holds(until));
        let faster = fault
            .worsened_by
            .iter()
            .filter(|(when, _)| self.holds(when))
            .fold(1.0, |product, (_, factor)| product * factor);
        (self.holds(&fault.when), ends, faster)
    }

    fn pressure(&self) -> Pressure {
        Pressure {
            traffic: self.traffic_factor(self.now),
            ready: self.fleet.ready(),
            levels: self
                .faults
                .iter()
                .map(|state| state.intensity(self.now))
                .collect(),
        }
    }

    fn flows_move(&self) -> bool {
        self.flows.next(&self.plan, &self.pressure()) != self.flows
    }

    fn run_flows(&mut self) {
        let next = self.flows.next(&self.plan, &self.pressure());
        if next != self.flows {
            self.flows = next;
            self.signals.record_flows(&self.plan, self.now, &self.flows);
        }
    }

    /// Customers harmed now beyond an ordinary day.
    pub(super) fn loses(&self) -> f64 {
        let shape = self.shape_now() * self.traffic_factor(self.now);
        self.plan
            .entries
            .iter()
            .map(|entry| {
                let failing = |flows: &crate::sim::flows::Flows| {
                    flows
                        .routes
                        .get(entry.route.index())
                        .map_or(0.0, crate::sim::flows::RouteFlow::failing)
                };
                entry.customers * shape * (failing(&self.flows) - failing(&self.ordinary)).max(0.0)
            })
            .sum()
    }

    fn lose(&mut self, span: Span) {
        if self.now > self.plan.page {
            let customers = self.loses();
            self.loss.add(customers, self.now, span);
        }
    }

    fn look_at_timers(&mut self) {
        let mut timers = std::mem::take(&mut self.timers);
        timers.look(
            self.now,
            |fault| self.intensity(fault),
            |service| self.is_healthy(service),
        );
        self.timers = timers;
    }

    fn run_scripts(&mut self) {
        let mut scripts = std::mem::take(&mut self.scripts);
        let due: Vec<_> = scripts
            .waiting
            .iter()
            .filter(|(_, when, not_before)| self.now >= *not_before && self.holds(when))
            .map(|(name, ..)| name.clone())
            .collect();
        scripts.waiting.retain(|(name, ..)| !due.contains(name));
        let mut acting = Vec::new();
        for (name, (when, held, left)) in &mut scripts.automations {
            let holds = self.holds(when);
            if holds && !*held && *left > 0 {
                *left -= 1;
                acting.push(name.clone());
            }
            *held = holds;
        }
        self.scripts = scripts;
        due.into_iter()
            .for_each(|name| self.send_script_later(&name));
        acting
            .into_iter()
            .for_each(|name| self.run_automation(&name));
    }

    fn run_drill(&mut self) {
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
