//! Load's side of a step: stocks, flows, pools, customers harmed. Worked out again only when something they follow from has
//! moved.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::World;
use super::memo::Needs;
use crate::sim::flows::{Flows, Pressure, RouteFlow};
use crate::sim::ids::{FaultId, ServiceId, StockId};
use crate::sim::plan::Plan;
use crate::sim::time::{SimTime, Span};

/// Share of an outgoing pool that is in use on an ordinary day.
const ORDINARY_POOL_USE: f64 = 0.31;

/// What follows from the rest of the state: never hashed, kept so that a step at which nothing moves costs nothing.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of another thing whether it moved"
)]
pub(super) struct Derived {
    /// Some fact has moved since the step before.
    pub facts_moved: bool,
    /// What had moved when faults were judged last.
    pub judged: u64,
    /// Some stock moved at the last step.
    pub stocks_move: bool,
    /// Consumption less, by group and partition.
    pub consumes_less: Vec<Vec<f64>>,
    /// Inflow a second, by stock.
    pub inflows: Vec<f64>,
    /// Outgoing pools in use, by service.
    pools: Vec<f64>,
    pressure: Pressure,
    /// The flows before these, to be written over.
    spare: Flows,
    /// Flows stay as they are under the same pressure.
    settled: bool,
    /// Customers harmed at a traffic of 1.
    harmed: f64,
    /// Wanted or ready pods, or pools, have changed.
    services_moved: bool,
    /// Something that a service's health depends on has changed.
    health_moved: bool,
    /// Pods, or intensities in them, have changed: where a fault reaches only some pods, its mean is another one.
    pub partial_moved: bool,
    /// Prefixes of metrics that are not scraped now.
    pub blind: BTreeSet<String>,
    /// Services whose pods some fault keeps from being ready now.
    pub not_ready: BTreeSet<ServiceId>,
    /// Memory leaks at the last step.
    pub leaks: bool,
}

impl Derived {
    /// How much less a group works off in each partition.
    pub fn less_of(&self, group: usize) -> &[f64] {
        self.consumes_less.get(group).map_or(&[], Vec::as_slice)
    }

    pub fn new(plan: &Plan) -> Self {
        Self {
            facts_moved: true,
            judged: 0,
            stocks_move: true,
            consumes_less: plan
                .groups
                .iter()
                .map(|group| vec![0.0; plan.partitions(group.topic) as usize])
                .collect(),
            inflows: vec![0.0; plan.pack.scenario.stocks.len()],
            pools: vec![ORDINARY_POOL_USE; plan.services.len()],
            pressure: Pressure {
                levels: vec![0.0; plan.faults.len() + plan.partial.len()],
                ..Pressure::default()
            },
            spare: Flows::default(),
            settled: false,
            harmed: 0.0,
            services_moved: true,
            health_moved: true,
            partial_moved: true,
            blind: BTreeSet::new(),
            not_ready: BTreeSet::new(),
            leaks: false,
        }
    }

    /// Pods have changed.
    pub fn pods_moved(&mut self) {
        self.services_moved = true;
        self.health_moved = true;
        self.partial_moved = true;
    }
}

impl World {
    pub(super) fn run_stocks(&mut self, span: Span) {
        let plan = Arc::clone(&self.plan);
        let seconds = span.millis() as f64 / 1000.0;
        let mut moved = false;
        for (index, stock) in plan.pack.scenario.stocks.values().enumerate() {
            let inflow = self.derived.inflows.get(index).copied().unwrap_or(0.0);
            if let Some(level) = self.stocks.get_mut(index) {
                let above = (*level - stock.base).max(0.0);
                let out = (stock.drains.per_second * seconds).min(above);
                let flowed = *level + inflow * seconds - out;
                let next = flowed.clamp(0.0, stock.capacity);
                if let Some(spilled) = self.spilled.get_mut(index).filter(|_| flowed > next) {
                    *spilled += flowed - next;
                    moved = true;
                }
                if next != *level {
                    *level = next;
                    moved = true;
                    self.signals.record_stock(index, self.now, next);
                }
            }
        }
        self.derived.stocks_move = moved;
        if moved {
            self.moves.note(Needs::STOCKS);
        }
    }

    fn inflow(&self, stock: StockId) -> f64 {
        let faults = self.plan.faults.iter().zip(&self.faults);
        faults
            .flat_map(|(fault, state)| {
                let fills = fault.effects.fills.iter();
                fills.map(move |(of, rate)| (of, rate, state))
            })
            .filter(|(of, ..)| **of == stock)
            .map(|(_, rate, state)| rate * state.intensity(self.now))
            .sum()
    }

    /// Intensities have changed: what follows from them by a plain sum.
    pub(super) fn faults_moved(&mut self) {
        self.moves.note(Needs::FAULTS);
        self.consumes_less();
        for index in 0..self.derived.inflows.len() {
            let inflow = self.inflow(StockId(index as u32));
            if let Some(slot) = self.derived.inflows.get_mut(index) {
                *slot = inflow;
                self.derived.stocks_move |= inflow > 0.0;
            }
        }
        let plan = Arc::clone(&self.plan);
        self.derived.pools.fill(ORDINARY_POOL_USE);
        for (index, (fault, state)) in plan.faults.iter().zip(&self.faults).enumerate() {
            let intensity = state.intensity(self.now);
            if let Some(level) = self.derived.pressure.levels.get_mut(index)
                && fault.effects.bend_flows()
                && *level != intensity
            {
                *level = intensity;
                self.derived.settled = false;
            }
            for (service, share) in &fault.effects.pool_use {
                let intensity = self.intensity_on(FaultId(index as u32), *service);
                if let Some(pool) = self.derived.pools.get_mut(service.index()) {
                    *pool += (share - *pool) * intensity;
                    self.derived.services_moved = true;
                }
            }
        }
        self.derived.health_moved = true;
        self.derived.partial_moved = true;
    }

    /// The means of faults that reach only some pods of a service.
    fn run_partial(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (place, (fault, service)) in plan.partial.iter().enumerate() {
            let mean = self.intensity_on(*fault, *service);
            let level = self
                .derived
                .pressure
                .levels
                .get_mut(plan.faults.len() + place);
            if let Some(level) = level.filter(|level| **level != mean) {
                *level = mean;
                self.derived.settled = false;
            }
        }
    }

    pub(super) fn run_flows(&mut self) {
        let partial_moved = std::mem::take(&mut self.derived.partial_moved);
        if partial_moved {
            self.run_partial();
        }
        let moved = self.move_flows();
        if (partial_moved || moved) && !self.plan.partial.is_empty() {
            self.tell_apart();
        }
    }

    /// How strong a fault is at a place among the levels.
    pub(super) fn level_at(&self, place: usize) -> f64 {
        self.derived.pressure.level(place)
    }

    /// Says whether flows have changed.
    fn move_flows(&mut self) -> bool {
        let traffic = self.traffic_factor(self.now);
        let Derived {
            pressure, settled, ..
        } = &mut self.derived;
        if pressure.traffic != traffic {
            pressure.traffic = traffic;
            *settled = false;
        }
        if pressure.ready != self.fleet.ready() {
            pressure.ready.clear();
            pressure.ready.extend_from_slice(self.fleet.ready());
            *settled = false;
        }
        if self.derived.settled {
            return false;
        }
        let plan = Arc::clone(&self.plan);
        let Derived {
            pressure, spare, ..
        } = &mut self.derived;
        self.flows.next_into(&plan, pressure, spare);
        if *spare == self.flows {
            self.derived.settled = true;
        } else {
            std::mem::swap(spare, &mut self.flows);
            self.signals
                .record_flows(&plan, self.now, &self.derived.spare, &self.flows);
            self.derived.health_moved = true;
        }
        self.derived.harmed = self.harmed();
        !self.derived.settled
    }

    /// Whether flows stay as they are unless the pressure on them changes.
    pub(super) const fn flows_rest(&self) -> bool {
        self.derived.settled
    }

    /// Customers harmed beyond an ordinary day where traffic is 1.
    fn harmed(&self) -> f64 {
        let failing = |flows: &Flows, entry: &crate::sim::plan::EntryPlan| {
            flows
                .routes
                .get(entry.route.index())
                .map_or(0.0, RouteFlow::failing)
        };
        let entries = self.plan.entries.iter();
        entries
            .map(|entry| {
                let more = failing(&self.flows, entry) - failing(&self.ordinary, entry);
                entry.customers * more.max(0.0)
            })
            .sum()
    }

    pub(super) fn lose(&mut self, from: SimTime) {
        let from = from.max(self.plan.page);
        if self.now <= from {
            return;
        }
        let (signals, traffic) = (&self.signals, self.derived.pressure.traffic);
        let harmed = self.derived.harmed * traffic;
        let at = |at: SimTime| signals.shape(at) * harmed;
        self.loss.pass(from, self.now, (harmed > 0.0).then_some(at));
    }

    /// Tells telemetry how many pods are wanted and ready, how full pools and Valkey servers are.
    pub(super) fn record_services(&mut self) {
        if std::mem::take(&mut self.derived.services_moved) {
            self.signals.record_services(
                self.now,
                &self.wanted,
                self.fleet.ready(),
                &self.derived.pools,
            );
        }
        if self.now.floor_to(super::step::VALKEY_TOLD) != self.now {
            return;
        }
        for (index, server) in self.valkey.iter().enumerate() {
            if server.flushed.is_some() {
                let filled = server.filled(self.now);
                self.signals.record_valkey(index, self.now, filled);
            }
        }
    }

    pub(super) fn look_at_timers(&mut self) {
        if !std::mem::take(&mut self.derived.health_moved) {
            return;
        }
        let mut timers = std::mem::take(&mut self.timers);
        timers.look(
            self.now,
            |fault| self.intensity(fault),
            |service| self.is_healthy(service),
        );
        self.timers = timers;
    }
}
