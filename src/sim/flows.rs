//! Flows: how many requests each route gets, how they end and how long they take, at one moment.
//!
//! The queueing formula. A service with `n` ready pods of capacity `c` requests a second each, of which a share `x` is
//! lost, is used to `u = demand / (n * c * (1 - x))`. Its own latency is multiplied by `1 / (1 - min(u, 0.95))`
//! relative to what an ordinary day gives (the M/M/1 residence time, capped at twenty times), and where `u > 1` the
//! share `1 - 1/u` of its requests is refused. A request takes its own time plus that of the calls it waits for, each
//! cut at the caller's timeout, and fails when a required call fails, late where the call failed only after a while.
//! Callers that try again, and customers who do, multiply the demand by what failed a step before, which is what makes
//! retry storms possible.
//!
//! Never draws: these are expectations, the counts are drawn from them elsewhere.

use super::ids::RouteId;
use super::plan::{Plan, RoutePlan};

/// What flows depend on at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pressure {
    /// Traffic as a factor of the estate's shape.
    pub traffic: f64,
    /// Ready pods of each service.
    pub ready: Vec<u32>,
    /// Intensity of each fault, 0 to 1, then the mean over a service's pods of those that reach only some.
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

    /// Share of requests that fail only after a while.
    fn failing_late(&self, plan: &Plan, id: RouteId) -> f64 {
        let Some(route) = plan.routes.get(id.index()) else {
            return 0.0;
        };
        let shares = self.shares.iter().enumerate();
        let late = shares.filter(|(class, _)| route.is_late(*class));
        late.map(|(_, share)| share).sum()
    }
}

/// All routes at a moment, and how much each service is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// By route.
    pub routes: Vec<RouteFlow>,
    /// Utilisation by service; 0 where capacity is not declared.
    pub used: Vec<f64>,
    /// Requests asked for by route, before any is refused.
    demand: Vec<f64>,
}

const QUEUE_CAP: f64 = 0.95;

impl Pressure {
    /// The level at a place.
    pub fn level(&self, place: usize) -> f64 {
        self.levels.get(place).copied().unwrap_or(0.0)
    }
}

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
            levels: vec![0.0; plan.faults.len() + plan.partial.len()],
        };
        let mut flows = Self::default();
        Self::default().next_into(plan, &pressure, &mut flows);
        flows
    }

    /// The flows under a pressure, given those a step before (for what is tried again), written over `next`.
    pub fn next_into(&self, plan: &Plan, pressure: &Pressure, next: &mut Self) {
        self.demand_into(plan, pressure, &mut next.demand);
        next.use_up(plan, pressure);
        next.routes
            .resize_with(plan.routes.len(), RouteFlow::default);
        // A call that closes a circle finds nothing yet, not what stood here before.
        for flow in &mut next.routes {
            flow.latency_ms = 0.0;
            flow.shares.clear();
        }
        for id in plan.route_order.iter().rev() {
            let (Some(route), Some(slot)) =
                (plan.routes.get(id.index()), next.routes.get_mut(id.index()))
            else {
                continue;
            };
            // Taken out while it is worked on: what it calls is read from the others.
            let mut flow = std::mem::take(slot);
            flow.rate = next.demand.get(id.index()).copied().unwrap_or(0.0);
            next.flow_into(plan, pressure, route, &mut flow);
            if let Some(slot) = next.routes.get_mut(id.index()) {
                *slot = flow;
            }
        }
    }

    fn failing(&self, route: RouteId) -> f64 {
        self.routes
            .get(route.index())
            .map_or(0.0, RouteFlow::failing)
    }

    fn demand_into(&self, plan: &Plan, pressure: &Pressure, demand: &mut Vec<f64>) {
        demand.clear();
        demand.extend(plan.routes.iter().map(|route| route.own_rate));
        for entry in &plan.entries {
            let again = 1.0 + (entry.retry_factor - 1.0) * self.failing(entry.route);
            add(demand, entry.route, entry.rate * pressure.traffic * again);
        }
        for (route, value) in plan.routes.iter().zip(demand.iter_mut()) {
            for (place, factor) in &route.strains.traffic {
                *value *= 1.0 + (factor - 1.0) * pressure.level(*place);
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
                add(demand, call.to, rate * call.per_request * again);
            }
        }
    }

    fn flow_into(&self, plan: &Plan, pressure: &Pressure, route: &RoutePlan, flow: &mut RouteFlow) {
        let used = self.used.get(route.service.index()).copied().unwrap_or(0.0);
        let nobody = pressure.ready.get(route.service.index()).copied() == Some(0);
        let (mut factor, mut added) = (1.0, 0.0);
        for (place, by, add) in &route.strains.latency {
            let level = pressure.level(*place);
            factor *= 1.0 + (by - 1.0) * level;
            added += add * level;
        }
        let shares = &mut flow.shares;
        shares.clear();
        shares.resize(route.classes.len(), 0.0);
        for (place, class, share) in &route.strains.errors {
            add_share(shares, *class, share * pressure.level(*place));
        }
        let mut latency_ms = (route.p50_ms * factor + added) / (1.0 - used.min(QUEUE_CAP));
        let mut answered = 1.0;
        // How much of what fails does so at all, and only after a while.
        let (mut failed, mut failed_late) = (0.0, 0.0);
        for call in &route.calls {
            let Some(called) = self.routes.get(call.to.index()) else {
                continue;
            };
            latency_ms += call.per_request * called.latency_ms.min(call.timeout_ms);
            if call.required {
                answered *= 1.0 - called.failing().max(0.0) * call.per_request.min(1.0);
                if route.late.is_some() {
                    failed += called.failing().max(0.0) * call.per_request.min(1.0);
                    failed_late += called.failing_late(plan, call.to) * call.per_request.min(1.0);
                }
            }
        }
        let refused = if nobody {
            1.0
        } else if used > 1.0 {
            1.0 - 1.0 / used
        } else {
            0.0
        };
        add_share(shares, RoutePlan::OVERLOADED, refused);
        let dependent = (1.0 - answered) * (1.0 - refused);
        let late = match route.late {
            Some(class) if failed > 0.0 => {
                let late = dependent * (failed_late / failed).min(1.0);
                add_share(shares, class, late);
                late
            }
            _ => 0.0,
        };
        add_share(shares, RoutePlan::DEPENDENCY, dependent - late);
        add_share(shares, RoutePlan::ERROR, route.error_share);
        settle(shares);
        flow.latency_ms = latency_ms;
    }

    fn use_up(&mut self, plan: &Plan, pressure: &Pressure) {
        self.used.clear();
        self.used.resize(plan.services.len(), 0.0);
        for (index, (service, used)) in plan.services.iter().zip(&mut self.used).enumerate() {
            let Some(per_pod) = service.spec.capacity.per_pod else {
                continue;
            };
            let asked: f64 = service
                .routes
                .iter()
                .filter_map(|id| self.demand.get(id.index()))
                .sum();
            let left = service
                .capacity_loss
                .iter()
                .fold(1.0, |left, (place, share)| {
                    left * (1.0 - share * pressure.level(*place))
                });
            let pods = f64::from(pressure.ready.get(index).copied().unwrap_or(1));
            let capacity = pods * per_pod.per_second * left;
            *used = if capacity > 0.0 {
                asked / capacity
            } else {
                1e6
            };
        }
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::format::effect::Effect;
    use crate::scenario::format::values::Duration;
    use crate::sim::testing::small_pack;

    /// The small scenario's plan, where what fails at the intake does so after a while.
    fn plan(takes_ms: i64) -> Plan {
        let mut pack = (*small_pack()).clone();
        let fault = pack.scenario.faults.get_mut("jobs-pile-up").unwrap();
        for effect in &mut fault.effects {
            if let Effect::Errors { takes, .. } = effect {
                *takes = Duration { millis: takes_ms };
            }
        }
        Plan::new(Arc::new(pack))
    }

    fn route(plan: &Plan, service: &str, name: &str) -> RouteId {
        plan.names.routes[&(service.to_owned(), name.to_owned())]
    }

    #[test]
    fn who_waits_for_what_fails_late_fails_late_too() {
        let plan = plan(1500);
        let (gate, intake) = (
            route(&plan, "gate", "POST /jobs"),
            route(&plan, "intake", "jobs.Intake/Put"),
        );
        let of_gate = &plan.routes[gate.index()];
        let late = of_gate.late.unwrap();
        assert_eq!(of_gate.classes[late].name, RoutePlan::LATE);
        // It tries twice.
        assert_eq!(of_gate.classes[late].least_ms, 3000);
        let mut levels = vec![0.0; plan.faults.len() + plan.partial.len()];
        levels[plan.names.faults["jobs-pile-up"].index()] = 1.0;
        let pressure = Pressure {
            traffic: 1.0,
            ready: vec![2; plan.services.len()],
            levels,
        };
        let mut flows = Flows::default();
        Flows::ordinary(&plan).next_into(&plan, &pressure, &mut flows);
        let full = plan.routes[intake.index()].class("queue full").unwrap();
        let asked = &flows.routes[intake.index()];
        let gave = &flows.routes[gate.index()].shares;
        let all = gave[late] + gave[RoutePlan::DEPENDENCY];
        assert!(gave[late] > 0.3, "{gave:?}");
        let wanted = asked.shares[full] / asked.failing();
        assert!(
            (gave[late] / all - wanted).abs() < 1e-9,
            "{gave:?} {asked:?}"
        );
        assert!((gave.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{gave:?}");
    }

    #[test]
    fn nobody_waits_longer_than_the_own_timeout() {
        let late_of = |plan: &Plan| {
            let gate = &plan.routes[route(plan, "gate", "POST /jobs").index()];
            gate.late.map(|class| gate.classes[class].least_ms)
        };
        assert_eq!(late_of(&plan(5000)), Some(4000));
        assert_eq!(late_of(&plan(0)), None);
    }
}
