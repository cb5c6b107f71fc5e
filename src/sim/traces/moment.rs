//! What flows were at a moment of closed history, read back from telemetry: how requests of a route ended and how long they
//! took, how strong faults were, how many spans the collector lost. Never what will be.

use super::Traces;
use crate::sim::ids::{FaultId, RouteId, ServiceId};
use crate::sim::plan::RoutePlan;
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::time::SimTime;

/// A moment: the start of a leaf, for which its rates hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub(super) traces: Traces<'a>,
    pub(super) leaf: LeafIndex,
    at_ms: i64,
}

impl<'a> Moment<'a> {
    pub(super) fn new(traces: Traces<'a>, leaf: LeafIndex) -> Self {
        Self {
            traces,
            leaf,
            at_ms: traces.signals.telemetry().grid().start_ms(leaf),
        }
    }

    pub(super) fn route(&self, id: RouteId) -> Option<&'a RoutePlan> {
        self.traces.plan.routes.get(id.index())
    }

    /// Shares of a route's classes; they add up to one, or are empty for a route that nobody asks for.
    pub(super) fn shares(&self, id: RouteId) -> Vec<f64> {
        let Some(signals) = self.traces.signals.route(id) else {
            return Vec::new();
        };
        let telemetry = self.traces.signals.telemetry();
        let rates: Vec<f64> = signals
            .atoms
            .iter()
            .map(|atom| f64::from(telemetry.rate_factor(*atom, self.at_ms)))
            .collect();
        let all: f64 = rates.iter().sum();
        if all <= 0.0 {
            return Vec::new();
        }
        rates.iter().map(|rate| rate / all).collect()
    }

    /// The share of a route's requests that are not answered well.
    pub(super) fn failing(&self, id: RouteId) -> f64 {
        self.shares(id).iter().skip(1).sum()
    }

    /// The share of a route's requests that fail, only after a while or before.
    pub(super) fn failing_so(&self, id: RouteId, late: bool) -> f64 {
        self.shares_so(id, Some(late)).iter().skip(1).sum()
    }

    /// Shares of a route's classes, of those that fail only one sort if that is known.
    fn shares_so(&self, id: RouteId, late: Option<bool>) -> Vec<f64> {
        let mut shares = self.shares(id);
        if let (Some(late), Some(route)) = (late, self.route(id)) {
            for (class, share) in shares.iter_mut().enumerate().skip(1) {
                if route.is_late(class) != late {
                    *share = 0.0;
                }
            }
        }
        shares
    }

    /// A class in which a request of a route failed, by their shares, only after a while or before if that is known; `point`
    /// is uniform in 0 to 1.
    pub(super) fn failed_class(&self, id: RouteId, late: Option<bool>, point: f64) -> usize {
        let shares = self.shares_so(id, late);
        let failing: f64 = shares.iter().skip(1).sum();
        let mut left = point * failing;
        for (class, share) in shares.iter().enumerate().skip(1) {
            if *share > 0.0 && left < *share {
                return class;
            }
            left -= share;
        }
        RoutePlan::ERROR
    }

    /// The median time that a request of a route takes with all it waits for, in microseconds.
    pub(super) fn latency_us(&self, id: RouteId) -> f64 {
        let signals = self.traces.signals;
        let factor = signals
            .route(id)
            .and_then(|route| signals.telemetry().factor(route.factor))
            .map_or(65_536, |track| *track.at(self.at_ms));
        signals.usual_latency_ms(id) * 1000.0 * f64::from(factor) / 65_536.0
    }

    /// How strong the fault at a place among the levels of flows was, 0 to 1.
    pub(super) fn level(&self, place: usize) -> f64 {
        let Some(fault) = self.fault_at(place) else {
            return 0.0;
        };
        let signals = self.traces.signals;
        let level = signals
            .fault(fault)
            .and_then(|level| signals.telemetry().level(level));
        level.map_or(0.0, |track| track.value_at(self.at_ms) as f64 / 65_536.0)
    }

    /// The fault at a place among the levels of flows.
    pub(super) fn fault_at(&self, place: usize) -> Option<FaultId> {
        let plan = self.traces.plan;
        match place.checked_sub(plan.faults.len()) {
            None => Some(FaultId(place as u32)),
            Some(partial) => plan.partial.get(partial).map(|(fault, _)| *fault),
        }
    }

    /// The share of spans that the collector lost, 0 to 1.
    pub(super) fn lost(&self) -> f64 {
        collector(self.traces).map_or(0.0, |id| lost_at(self.traces, id, self.at_ms))
    }
}

fn collector(traces: Traces<'_>) -> Option<ServiceId> {
    let name = traces.plan.pack.estate.traces.collector.as_ref()?;
    traces.plan.names.services.get(name).copied()
}

/// What the collector lost at an instant: all while none of its pods is ready, otherwise what its routes failed.
fn lost_at(traces: Traces<'_>, id: ServiceId, at_ms: i64) -> f64 {
    let telemetry = traces.signals.telemetry();
    let value = |value| telemetry.value(value).map(|track| *track.at(at_ms));
    let ready = traces.signals.service(id).and_then(|own| value(own.ready));
    if ready == Some(0) {
        return 1.0;
    }
    let routes = traces.plan.services.get(id.index()).map(|own| &own.routes);
    let failing = routes.into_iter().flatten().filter_map(|route| {
        let success = value(traces.signals.route(*route)?.success_ppm)?;
        Some(1.0 - success as f64 / 1e6)
    });
    failing.fold(0.0, f64::max).clamp(0.0, 1.0)
}

/// More instants than this of a window are not looked at.
const MOST_INSTANTS: i64 = 2000;

/// Whether the collector lost a noticeable share at some scrape of a window (or at fewer instants of a long one).
pub(super) fn lost_within(traces: Traces<'_>, from: SimTime, until: SimTime) -> bool {
    let Some(id) = collector(traces) else {
        return false;
    };
    let whole = (until - from).millis().max(0);
    let step = (whole / MOST_INSTANTS).max(15_000);
    let mut at = from.millis();
    while at <= until.millis() {
        if lost_at(traces, id, at) > 0.001 {
            return true;
        }
        at += step;
    }
    false
}
