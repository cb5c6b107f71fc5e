//! The world's history as telemetry keeps it: what each atom, level and pod did when. Fed by the world's steps alone.
//!
//! The world says what is expected; what was counted is drawn from it when somebody looks. Nothing here draws.

pub mod catalog;
mod coordinator;
mod declare;
mod lines;
pub mod logs;
mod stack;

pub use lines::LINES;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flows::Flows;
use super::ids::{FaultId, GroupId, RouteId, ServiceId};
use super::kubernetes::fate::PodSeat;
use super::partitions::share;
use super::plan::Plan;
use super::telemetry::atom::{AtomId, FactorId, SlotsId};
use super::telemetry::logs::ScriptedLine;
use super::telemetry::reader::Part;
use super::telemetry::slots::{FULL_WEIGHT, SlotId};
use super::telemetry::store::{HistoryError, LevelId, Telemetry, ValueId};
use super::telemetry::traffic::TrafficShape;
use super::time::SimTime;
use super::world::consumers::{Group, Pace};
use super::world::fate::Started;
use super::world::faults::FULL;
use super::world::kafka::TopicLog;

/// What a group's committed offset is while it follows the log end.
pub const FOLLOWS: i64 = -1;
/// A stock's level is kept in thousandths.
pub const STOCK_UNIT: f64 = 1000.0;

/// Telemetry's history, and which number of it means what.
#[derive(Clone, Debug)]
pub struct Signals {
    telemetry: Telemetry,
    page: SimTime,
    shape: Arc<TrafficShape>,
    services: Vec<ServiceSignals>,
    routes: Vec<RouteSignals>,
    faults: Vec<LevelId>,
    stocks: Vec<ValueId>,
    topics: Vec<TopicSignals>,
    groups: Vec<GroupSignals>,
    ordinary: Arc<Flows>,
    valkey_flushes: Vec<Vec<SimTime>>,
    /// Lines of lives that were left out, with the instants (ms) at which they were said, until they are told.
    past_lines: Vec<(ScriptedLine, Vec<i64>)>,
    /// What the coordinators of groups say, by broker and group: made when one speaks first.
    coordinators: BTreeMap<(ServiceId, GroupId), coordinator::Coordinator>,
    /// How full each Valkey server is, in millionths of its ordinary content.
    valkey: Vec<ValueId>,
    /// Services whose pool has its series.
    pools_declared: std::collections::BTreeSet<ServiceId>,
    refused: u64,
}

/// A service's pods and log templates.
#[derive(Clone, Debug)]
pub struct ServiceSignals {
    /// Its pods.
    pub slots: SlotsId,
    /// Pods that live, by name.
    pub pods: BTreeMap<Arc<str>, SlotId>,
    /// Log templates by name: the service's own and those of faults.
    pub templates: BTreeMap<String, AtomId>,
    /// Pods wanted.
    pub wanted: ValueId,
    /// Pods that take traffic.
    pub ready: ValueId,
    /// Outgoing pool in use, in thousandths.
    pub pool: ValueId,
}

/// What one pod does otherwise than the mean of its service.
pub(super) struct Apart<'a> {
    /// The pod.
    pub pod: &'a str,
    /// Shares of classes over all pods.
    pub means: &'a [f64],
    /// Its own shares of classes.
    pub shares: &'a [f64],
    /// How much longer than the mean its requests take, a factor.
    pub slower: f64,
}

/// A route's atoms, one a class, and how much slower than usual it is.
#[derive(Clone, Debug)]
pub struct RouteSignals {
    /// One a class, in the plan's order; empty for a route that nobody calls.
    pub atoms: Vec<AtomId>,
    /// How much slower.
    pub factor: FactorId,
    /// Share of requests that are answered well, in millionths.
    pub success_ppm: ValueId,
}

/// A topic's log end.
#[derive(Clone, Debug)]
pub struct TopicSignals {
    /// Atoms whose events are its messages.
    pub producers: Vec<AtomId>,
    /// Log end at the page.
    pub end_at_page: u64,
    /// Known instants and offsets before the page, ascending.
    marks: Vec<(SimTime, u64)>,
    /// Messages a second on average, for what lies before the first mark.
    mean_rate: f64,
    /// Oldest offset that is still there, by partition.
    pub starts: Vec<ValueId>,
}

/// A group's offset.
#[derive(Clone, Debug)]
pub struct GroupSignals {
    /// Committed offset by partition; [`FOLLOWS`] while it keeps up there.
    pub committed: Vec<ValueId>,
    /// Rebalances ever.
    pub rebalances: ValueId,
    /// Its members.
    pub members: ValueId,
}

impl Signals {
    /// The lazy telemetry.
    pub const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The traffic's shape at an instant, as a factor of its mean.
    pub fn shape(&self, at: SimTime) -> f64 {
        f64::from(self.shape.factor_q16(at.millis())) / 65_536.0
    }

    /// A service's numbers.
    pub fn service(&self, service: ServiceId) -> Option<&ServiceSignals> {
        self.services.get(service.index())
    }

    /// A route's numbers.
    pub fn route(&self, route: RouteId) -> Option<&RouteSignals> {
        self.routes.get(route.index())
    }

    /// The median time that a request of a route takes on an ordinary day with all it waits for, in milliseconds.
    pub fn usual_latency_ms(&self, route: RouteId) -> f64 {
        let flow = self.ordinary.routes.get(route.index());
        flow.map_or(0.0, |flow| flow.latency_ms)
    }

    /// A fault's level.
    pub fn fault(&self, fault: FaultId) -> Option<LevelId> {
        self.faults.get(fault.index()).copied()
    }

    /// A stock's level in thousandths.
    pub fn stock(&self, stock: super::ids::StockId) -> Option<ValueId> {
        self.stocks.get(stock.index()).copied()
    }

    /// A topic's numbers.
    pub fn topic(&self, topic: super::ids::TopicId) -> Option<&TopicSignals> {
        self.topics.get(topic.index())
    }

    /// A group's numbers.
    pub fn group(&self, group: GroupId) -> Option<&GroupSignals> {
        self.groups.get(group.index())
    }

    /// When a Valkey server was flushed.
    pub fn valkey_flushes(&self, server: usize) -> &[SimTime] {
        self.valkey_flushes.get(server).map_or(&[], Vec::as_slice)
    }

    /// Changes that telemetry refused because they came too late or were too many: none, unless the world is wrong.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn keep<T>(&mut self, result: Result<T, HistoryError>) -> Option<T> {
        keep(&mut self.refused, result)
    }

    /// Closes history up to `now`.
    pub fn close_until(&mut self, now: SimTime) {
        self.telemetry.close_until(now);
    }

    /// A topic's log end as a step sees it: before the page on the line through the known offsets, which the counted
    /// messages pass through too; from then on by what was counted.
    pub fn log_end(&self, topic: usize, at: SimTime) -> u64 {
        let Some(topic) = self.topics.get(topic) else {
            return 0;
        };
        if at < self.page {
            topic.on_the_line(at)
        } else {
            self.counted_end(topic, at)
        }
    }

    /// A topic's log end by what was counted, at a closed instant after the page. What came before is not counted again.
    fn counted_end(&self, topic: &TopicSignals, at: SimTime) -> u64 {
        let since_page = |atom: &AtomId| {
            self.telemetry
                .between(*atom, Part::ALL, self.page.millis(), at.millis())
        };
        let written: u64 = topic.producers.iter().map(since_page).sum();
        topic.end_at_page + written
    }

    /// A topic's messages from one whole second after the page to a later one.
    pub(super) fn written_between(&self, topic: usize, from: SimTime, until: SimTime) -> u64 {
        let producers = self.topics.get(topic).map(|topic| &topic.producers);
        producers
            .into_iter()
            .flatten()
            .map(|atom| {
                self.telemetry
                    .count_between(*atom, from.millis(), until.millis())
            })
            .sum()
    }

    /// Flows as they are from now on, where they differ from what they were.
    pub(super) fn record_flows(&mut self, plan: &Plan, at: SimTime, was: &Flows, flows: &Flows) {
        let Self {
            telemetry,
            routes,
            refused,
            ordinary,
            ..
        } = self;
        let at_ms = at.millis();
        for (index, (route, flow)) in plan.routes.iter().zip(&flows.routes).enumerate() {
            let Some(signals) = routes.get(index) else {
                continue;
            };
            if was.routes.get(index) == Some(flow) {
                continue;
            }
            for (atom, share) in signals.atoms.iter().zip(&flow.shares) {
                let factor = factor_q16(flow.rate * share, route.mean_rate);
                keep(refused, telemetry.set_rate(at_ms, *atom, factor));
            }
            let set = telemetry.set_value(at_ms, signals.success_ppm, ppm(flow));
            keep(refused, set);
            let usual = ordinary
                .routes
                .get(index)
                .map_or(0.0, |ordinary| ordinary.latency_ms);
            let factor = factor_q16(flow.latency_ms, usual).max(1);
            keep(refused, telemetry.set_factor(at_ms, signals.factor, factor));
        }
    }

    /// A fault's intensity, and the rates of its lines: `on` says how strong it is for a service.
    pub(super) fn record_fault(
        &mut self,
        plan: &Plan,
        fault: usize,
        at: SimTime,
        felt: i64,
        on: impl Fn(ServiceId) -> f64,
    ) {
        let Some(level) = self.faults.get(fault).copied() else {
            return;
        };
        let q16 = (i128::from(felt) * 65_536 / i128::from(FULL)) as i64;
        let set = self.telemetry.set_level(at.millis(), level, q16, 0);
        self.keep(set);
        let logs = plan.faults.get(fault).map(|fault| &fault.effects.logs);
        for log in logs.into_iter().flatten() {
            let rate = (on(log.service) * 65_536.0) as i64;
            let atom = self
                .service(log.service)
                .and_then(|service| service.templates.get(&log.name))
                .copied();
            if let Some(atom) = atom {
                let set = self
                    .telemetry
                    .set_rate(at.millis(), atom, rate.clamp(0, 65_536) as u32);
                self.keep(set);
            }
        }
    }

    pub(super) fn record_stock(&mut self, stock: usize, at: SimTime, level: f64) {
        if let Some(value) = self.stocks.get(stock).copied() {
            let set = self
                .telemetry
                .set_value(at.millis(), value, (level * STOCK_UNIT) as i64);
            self.keep(set);
        }
    }

    pub(super) fn record_group(&mut self, group: usize, at: SimTime, state: &Group, members: u32) {
        let Self {
            telemetry,
            groups,
            refused,
            ..
        } = self;
        let Some(signals) = groups.get(group) else {
            return;
        };
        let at_ms = at.millis();
        for (value, progress) in signals.committed.iter().zip(&state.partitions) {
            let committed = match progress.pace {
                Pace::Following => FOLLOWS,
                Pace::CatchingUp | Pace::Standing => progress.committed as i64,
            };
            keep(refused, telemetry.set_value(at_ms, *value, committed));
        }
        let set = telemetry.set_value(at_ms, signals.members, i64::from(members));
        keep(refused, set);
    }

    /// Pods wanted and ready of each service, and pools in use.
    pub(super) fn record_services(
        &mut self,
        at: SimTime,
        wanted: &[u32],
        ready: &[u32],
        pools: &[f64],
    ) {
        let Self {
            telemetry,
            services,
            refused,
            ..
        } = self;
        for (index, service) in services.iter().enumerate() {
            let number = |list: &[u32]| i64::from(list.get(index).copied().unwrap_or(0));
            let pool = (pools.get(index).copied().unwrap_or(0.0) * 1000.0) as i64;
            for (value, number) in [
                (service.wanted, number(wanted)),
                (service.ready, number(ready)),
                (service.pool, pool),
            ] {
                keep(refused, telemetry.set_value(at.millis(), value, number));
            }
        }
    }

    pub(super) fn record_topic(&mut self, topic: usize, at: SimTime, log: &TopicLog) {
        let Self {
            telemetry,
            topics,
            refused,
            ..
        } = self;
        let starts = topics.get(topic).map_or(&[][..], |topic| &topic.starts);
        for (value, number) in starts.iter().zip(0..) {
            let start = share(log.start, number, starts.len() as u32);
            let set = telemetry.set_value(at.millis(), *value, start as i64);
            keep(refused, set);
        }
    }

    pub(super) fn record_rebalances(&mut self, group: GroupId, at: SimTime, count: usize) {
        if let Some(value) = self.groups.get(group.index()).map(|group| group.rebalances) {
            let set = self.telemetry.set_value(at.millis(), value, count as i64);
            self.keep(set);
        }
    }

    pub(super) fn record_valkey(&mut self, server: usize, at: SimTime, filled: f64) {
        if let Some(value) = self.valkey.get(server).copied() {
            let set = self
                .telemetry
                .set_value(at.millis(), value, (filled * 1e6) as i64);
            self.keep(set);
        }
    }

    pub(super) fn valkey_flushed(&mut self, server: usize, at: SimTime) {
        if let Some(flushes) = self.valkey_flushes.get_mut(server) {
            flushes.push(at);
        }
    }

    pub(super) fn container_started(&mut self, plan: &Plan, started: &Started) {
        let (service, at) = (started.service.index(), started.at.millis());
        let Some((slots, known)) = self
            .services
            .get(service)
            .map(|service| (service.slots, service.pods.get(&started.pod).copied()))
        else {
            return;
        };
        if let Some(slot) = known {
            let restarted = self.telemetry.restart_pod(at, slots, slot);
            self.keep(restarted);
        } else {
            let began = self
                .telemetry
                .start_pod(at, slots, &started.pod, &started.running.node);
            if let (Some(slot), Some(service)) = (self.keep(began), self.services.get_mut(service))
            {
                service.pods.insert(Arc::clone(&started.pod), slot);
            }
        }
        self.start_lines(plan, started);
    }

    pub(super) fn pod_ready(&mut self, plan: &Plan, pod: &PodSeat, at: SimTime, ready: bool) {
        let Some((slots, slot)) = self.pod(plan, pod) else {
            return;
        };
        let set =
            self.telemetry
                .set_pod_weight(at.millis(), slots, slot, u32::from(ready) * FULL_WEIGHT);
        self.keep(set);
    }

    /// A pod's container has ended; no other runs yet.
    pub(super) fn container_ended(&mut self, plan: &Plan, pod: &PodSeat, at: SimTime) {
        let Some((slots, slot)) = self.pod(plan, pod) else {
            return;
        };
        let ended = self.telemetry.stop_pod(at.millis(), slots, slot);
        self.keep(ended);
    }

    /// How a pod's requests of a route end and how long they take, where that differs from the mean over all pods.
    pub(super) fn record_apart(
        &mut self,
        at: SimTime,
        service: ServiceId,
        route: RouteId,
        apart: &Apart<'_>,
    ) {
        let Self {
            telemetry,
            services,
            routes,
            refused,
            ..
        } = self;
        let slot = services
            .get(service.index())
            .and_then(|service| service.pods.get(apart.pod).copied());
        let (Some(slot), Some(signals)) = (slot, routes.get(route.index())) else {
            return;
        };
        let at_ms = at.millis();
        let slower = factor_q16(apart.slower, 1.0).max(1);
        let shares = apart.shares.iter().zip(apart.means);
        for (atom, (share, mean)) in signals.atoms.iter().zip(shares) {
            let bias = if *mean > 0.0 {
                factor_q16(*share, *mean)
            } else {
                65_536
            };
            keep(refused, telemetry.set_bias(at_ms, *atom, slot, bias));
            keep(refused, telemetry.set_slowness(at_ms, *atom, slot, slower));
        }
    }

    /// What a pod's container has leaked, and how fast it goes on.
    pub(super) fn record_leak(
        &mut self,
        at: SimTime,
        service: ServiceId,
        pod: &str,
        bytes: f64,
        bytes_per_s: f64,
    ) {
        let found = self
            .services
            .get(service.index())
            .and_then(|service| Some((service.slots, *service.pods.get(pod)?)));
        if let Some((slots, slot)) = found {
            let set =
                self.telemetry
                    .set_leak(at.millis(), slots, slot, bytes as i64, bytes_per_s as i64);
            self.keep(set);
        }
    }

    /// Whether the series of a metric are scraped.
    pub(super) fn record_blind(&mut self, at: SimTime, metric_prefix: &str, blind: bool) {
        let set = self.telemetry.set_blind(at.millis(), metric_prefix, blind);
        self.keep(set);
    }

    pub(super) fn pod_gone(&mut self, plan: &Plan, pod: &PodSeat, at: SimTime) {
        let Some((slots, slot)) = self.pod(plan, pod) else {
            return;
        };
        let ended = self.telemetry.end_pod(at.millis(), slots, slot);
        self.keep(ended);
        let service = plan.names.services.get(&*pod.workload.key.name);
        if let Some(service) = service.and_then(|id| self.services.get_mut(id.index())) {
            service.pods.remove(&pod.pod);
        }
    }

    fn pod(&self, plan: &Plan, pod: &PodSeat) -> Option<(SlotsId, SlotId)> {
        let id = plan.names.services.get(&*pod.workload.key.name)?;
        let service = self.services.get(id.index())?;
        Some((service.slots, *service.pods.get(&pod.pod)?))
    }
}

impl TopicSignals {
    fn on_the_line(&self, at: SimTime) -> u64 {
        let after = self.marks.partition_point(|(mark, _)| *mark <= at);
        let before = after.checked_sub(1).and_then(|index| self.marks.get(index));
        match (before, self.marks.get(after)) {
            (Some((from, start)), Some((to, end))) => {
                let (passed, whole) = (
                    (at - *from).millis() as u64,
                    (*to - *from).millis().max(1) as u64,
                );
                start + end.saturating_sub(*start) * passed / whole
            }
            (Some((from, start)), None) => start + self.expected((at - *from).millis()),
            (None, Some((to, end))) => end.saturating_sub(self.expected((*to - at).millis())),
            (None, None) => 0,
        }
    }

    fn expected(&self, millis: i64) -> u64 {
        (self.mean_rate * millis.max(0) as f64 / 1000.0) as u64
    }
}

/// What came of a change; one that was refused is counted.
fn keep<T>(refused: &mut u64, result: Result<T, HistoryError>) -> Option<T> {
    if result.is_err() {
        *refused += 1;
    }
    result.ok()
}

/// The share of requests that are answered well, in millionths.
fn ppm(flow: &super::flows::RouteFlow) -> i64 {
    ((1.0 - flow.failing()) * 1e6 + 0.5) as i64
}

/// `part` of `whole` in units of 1/65,536.
fn factor_q16(part: f64, whole: f64) -> u32 {
    if whole <= 0.0 {
        return 0;
    }
    (part / whole * 65_536.0 + 0.5).clamp(0.0, f64::from(u32::MAX)) as u32
}

impl Signals {
    /// A pod that was there when history began.
    pub(super) fn pod_was_there(
        &mut self,
        service: ServiceId,
        pod: &Arc<str>,
        running: &super::world::fleet::Running,
        at: SimTime,
    ) {
        let Some(slots) = self
            .services
            .get(service.index())
            .map(|service| service.slots)
        else {
            return;
        };
        let began = self
            .telemetry
            .start_pod(at.millis(), slots, pod, &running.node);
        let Some(slot) = self.keep(began) else { return };
        let weight = u32::from(running.ready) * FULL_WEIGHT;
        let set = self
            .telemetry
            .set_pod_weight(at.millis(), slots, slot, weight);
        self.keep(set);
        let set = self
            .telemetry
            .set_restarts_before(slots, slot, running.life);
        self.keep(set);
        if !running.alive {
            let ended = self.telemetry.stop_pod(at.millis(), slots, slot);
            self.keep(ended);
        }
        if let Some(service) = self.services.get_mut(service.index()) {
            service.pods.insert(Arc::clone(pod), slot);
        }
    }
}
