//! Flows: how many requests each route gets, how they end and how long they take, at one moment.
//!
//! The queueing formula. A service with `n` ready pods of capacity `c` requests a second each, of which a share `x` is
//! lost, is used to `u = demand / (n * c * (1 - x))`. Its own latency is multiplied by `1 / (1 - min(u, 0.95))`
//! relative to what an ordinary day gives (the M/M/1 residence time, capped at twenty times), and where `u > 1` the
//! share `1 - 1/u` of its requests is refused. A request takes its own time plus that of the calls it waits for, each
//! cut at the caller's timeout, and fails when a required call fails. Callers that try again, and customers who do,
//! multiply the demand by what failed a step before, which is what makes retry storms possible.
//!
//! Never draws: these are expectations, the counts are drawn from them elsewhere.

use super::ids::{RouteId, ServiceId};
use super::plan::{Plan, RoutePlan};

/// What flows depend on at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Pressure {
    /// Traffic as a factor of the estate's shape.
    pub traffic: f64,
    /// Ready pods of each service.
    pub ready: Vec<u32>,
    /// Intensity of each fault, 0 to 1.
    pub levels: Vec<f64>,
}

/// One route at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteFlow {
    /// Requests a second where the traffic's shape is 1.
    pub rate: f64,
    /// Share of each class; they add up to one.
    pub shares: Vec<f64>,
    /// Median time a request takes with all it waits for, in milliseconds.
    pub latency_ms: f64,
}

impl RouteFlow {
    /// Share of requests that are not answered well.
    pub fn failing(&self) -> f64 {
        1.0 - self.shares.first().copied().unwrap_or(1.0)
    }
}

/// All routes at a moment, and how much each service is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// By route.
    pub routes: Vec<RouteFlow>,
    /// Utilisation by service; 0 where capacity is not declared.
    pub used: Vec<f64>,
}

const QUEUE_CAP: f64 = 0.95;

impl Flows {
    /// The flows of an ordinary day: all pods ready, no fault.
    pub fn ordinary(plan: &Plan) -> Self {
        let pressure = Pressure {
            traffic: 1.0,
            ready: plan
                .services
                .iter()
                .map(|service| service.spec.replicas.max(1))
                .collect(),
            levels: vec![0.0; plan.faults.len()],
        };
        Self::default().next(plan, &pressure)
    }

    /// The flows under a pressure, given those a step before (for what is tried again).
    #[must_use]
    pub fn next(&self, plan: &Plan, pressure: &Pressure) -> Self {
        let demand = self.demand(plan, pressure);
        let used = used(plan, pressure, &demand);
        let mut flows = Self {
            routes: vec![RouteFlow::default(); plan.routes.len()],
            used,
        };
        for id in plan.route_order.iter().rev() {
            let Some(route) = plan.routes.get(id.index()) else {
                continue;
            };
            let flow = flows.route(
                plan,
                pressure,
                *id,
                route,
                demand.get(id.index()).copied().unwrap_or(0.0),
            );
            if let Some(slot) = flows.routes.get_mut(id.index()) {
                *slot = flow;
            }
        }
        flows
    }

    fn failing(&self, route: RouteId) -> f64 {
        self.routes
            .get(route.index())
            .map_or(0.0, RouteFlow::failing)
    }

    fn demand(&self, plan: &Plan, pressure: &Pressure) -> Vec<f64> {
        let mut demand: Vec<f64> = plan.routes.iter().map(|route| route.own_rate).collect();
        for entry in &plan.entries {
            let again = 1.0 + (entry.retry_factor - 1.0) * self.failing(entry.route);
            add(
                &mut demand,
                entry.route,
                entry.rate * pressure.traffic * again,
            );
        }
        for (fault, level) in plan.faults.iter().zip(&pressure.levels) {
            for (route, factor) in &fault.effects.traffic {
                if let Some(value) = demand.get_mut(route.index()) {
                    *value *= 1.0 + (factor - 1.0) * level;
                }
            }
        }
        for id in &plan.route_order {
            let (Some(route), Some(rate)) =
                (plan.routes.get(id.index()), demand.get(id.index()).copied())
            else {
                continue;
            };
            for call in &route.calls {
                let again = 1.0 + f64::from(call.retries) * self.failing(call.to);
                add(&mut demand, call.to, rate * call.per_request * again);
            }
        }
        demand
    }

    fn route(
        &self,
        plan: &Plan,
        pressure: &Pressure,
        id: RouteId,
        route: &RoutePlan,
        rate: f64,
    ) -> RouteFlow {
        let used = self.used.get(route.service.index()).copied().unwrap_or(0.0);
        let nobody = pressure.ready.get(route.service.index()).copied() == Some(0);
        let (mut factor, mut added) = (1.0, 0.0);
        let mut shares = vec![0.0; route.classes.len()];
        for (fault, level) in plan
            .faults
            .iter()
            .zip(&pressure.levels)
            .filter(|(_, level)| **level > 0.0)
        {
            for (_, by, add) in fault.effects.latency.iter().filter(|(of, ..)| *of == id) {
                factor *= 1.0 + (by - 1.0) * level;
                added += add * level;
            }
            for (_, class, share) in fault.effects.errors.iter().filter(|(of, ..)| *of == id) {
                add_share(&mut shares, *class, share * level);
            }
        }
        let mut latency_ms = (route.p50_ms * factor + added) / (1.0 - used.min(QUEUE_CAP));
        let mut answered = 1.0;
        for call in &route.calls {
            let Some(called) = self.routes.get(call.to.index()) else {
                continue;
            };
            latency_ms += call.per_request * called.latency_ms.min(call.timeout_ms);
            if call.required {
                answered *= 1.0 - called.failing().max(0.0) * call.per_request.min(1.0);
            }
        }
        let refused = if nobody {
            1.0
        } else if used > 1.0 {
            1.0 - 1.0 / used
        } else {
            0.0
        };
        add_share(&mut shares, RoutePlan::OVERLOADED, refused);
        add_share(
            &mut shares,
            RoutePlan::DEPENDENCY,
            (1.0 - answered) * (1.0 - refused),
        );
        add_share(&mut shares, RoutePlan::ERROR, route.error_share);
        settle(&mut shares);
        RouteFlow {
            rate,
            shares,
            latency_ms,
        }
    }
}

fn used(plan: &Plan, pressure: &Pressure, demand: &[f64]) -> Vec<f64> {
    let mut used = vec![0.0; plan.services.len()];
    for (index, service) in plan.services.iter().enumerate() {
        let Some(per_pod) = service.spec.capacity.per_pod else {
            continue;
        };
        let asked: f64 = service
            .routes
            .iter()
            .filter_map(|id| demand.get(id.index()))
            .sum();
        let lost = capacity_lost(plan, pressure, ServiceId(index as u32));
        let pods = f64::from(pressure.ready.get(index).copied().unwrap_or(1));
        let capacity = pods * per_pod.per_second * (1.0 - lost);
        if let Some(value) = used.get_mut(index) {
            *value = if capacity > 0.0 {
                asked / capacity
            } else {
                1e6
            };
        }
    }
    used
}

fn capacity_lost(plan: &Plan, pressure: &Pressure, service: ServiceId) -> f64 {
    let left = plan
        .faults
        .iter()
        .zip(&pressure.levels)
        .fold(1.0, |left, (fault, level)| {
            fault
                .effects
                .capacity_loss
                .iter()
                .filter(|(of, _)| *of == service)
                .fold(left, |left, (_, share)| left * (1.0 - share * level))
        });
    1.0 - left
}

fn add(values: &mut [f64], route: RouteId, more: f64) {
    if let Some(value) = values.get_mut(route.index()) {
        *value += more;
    }
}

fn add_share(shares: &mut [f64], class: usize, more: f64) {
    if let Some(value) = shares.get_mut(class) {
        *value += more;
    }
}

/// Makes the failing shares fit into one, then gives the rest to the good class.
fn settle(shares: &mut [f64]) {
    let failing: f64 = shares.iter().skip(1).sum();
    if failing > 1.0 {
        for share in shares.iter_mut().skip(1) {
            *share /= failing;
        }
    }
    if let Some(good) = shares.first_mut() {
        *good = (1.0 - failing).max(0.0);
    }
}
