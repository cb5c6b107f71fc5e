//! Routes, the calls between them and where customers come in. Never rates at a moment: those are the flows'.

use super::{FaultPlan, Plan};
use crate::scenario::format::effect::Effect;
use crate::scenario::format::service::Protocol;
use crate::sim::ids::{FaultId, RouteId, ServiceId, TopicId};

/// A route of a service.
#[derive(Debug)]
pub struct RoutePlan {
    /// Its service.
    pub service: ServiceId,
    /// `"METHOD /path"` or `"package.Service/Method"`.
    pub name: String,
    /// Median latency that this service itself causes, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
    /// Requests that come from nowhere in the estate, a second.
    pub own_rate: f64,
    /// Calls that one request makes.
    pub calls: Vec<CallPlan>,
    /// The ways in which a request can end: the good one first, then the ordinary failure, then all others.
    pub classes: Vec<ClassPlan>,
    /// Index of failures because something called failed only after a while; where nothing called can, there is none.
    pub late: Option<usize>,
    /// Share of ordinary failures.
    pub error_share: f64,
    /// Topic that good requests write to.
    pub produces: Option<TopicId>,
    /// After so many milliseconds it gives up handing over; none for ever.
    pub produce_timeout_ms: Option<f64>,
    /// After so many milliseconds it gives up a request; none for ever.
    pub deadline_ms: Option<f64>,
    /// Requests a second when nothing is wrong and traffic is at its mean.
    pub mean_rate: f64,
    /// Whether its traffic follows the estate's shape (it is reached from a journey).
    pub shaped: bool,
    /// What faults do to it.
    pub strains: Strains,
}

/// What faults do to a route at full intensity, in the order of the faults. The first number of each is a place among the
/// levels of a pressure: first one a fault, then those of [`Plan::partial`].
#[derive(Debug, Default)]
pub struct Strains {
    /// Requests that fail: class index, share.
    pub errors: Vec<(usize, usize, f64)>,
    /// It is slower: factor, added milliseconds.
    pub latency: Vec<(usize, f64, f64)>,
    /// More or less traffic: factor.
    pub traffic: Vec<(usize, f64)>,
}

/// A way in which a request can end.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassPlan {
    /// Short name: `"ok"`, `"error"`, or as an effect names it.
    pub name: String,
    /// Status as the service writes it.
    pub status: String,
    /// The line a failed request writes, where it is not the plain one.
    pub line: Option<String>,
    /// Whether such a request still writes to the topic.
    pub produces: bool,
    /// Such a request took at least so many milliseconds.
    pub least_ms: u64,
}

impl RoutePlan {
    /// Index of the good class.
    pub const OK: usize = 0;
    /// Index of the ordinary failure.
    pub const ERROR: usize = 1;
    /// Index of failures because something called failed.
    pub const DEPENDENCY: usize = 2;
    /// Index of failures because there is more work than it can do, or nobody to do it.
    pub const OVERLOADED: usize = 3;
    /// Name of failures because something called failed only after a while.
    pub const LATE: &str = "dependency-late";

    /// Whether a class is one of requests that failed only after a while.
    pub fn is_late(&self, class: usize) -> bool {
        self.classes.get(class).is_some_and(|own| own.least_ms > 0)
    }

    /// The least time after which requests of one of its classes fail late, in milliseconds; `None` without such a class.
    fn late_after_ms(&self) -> Option<u64> {
        let least = self.classes.iter().skip(1).map(|class| class.least_ms);
        least.filter(|least| *least > 0).min()
    }

    /// The index of a class by name.
    pub fn class(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|class| class.name == name)
    }
}

/// A call that a route's requests make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallPlan {
    /// The route called.
    pub to: RouteId,
    /// Calls per request.
    pub per_request: f64,
    /// Whether the request fails with it.
    pub required: bool,
    /// After so many milliseconds the caller gives up.
    pub timeout_ms: f64,
    /// Further tries.
    pub retries: u32,
    /// How the call is made.
    pub protocol: Protocol,
}

/// Where customers come in.
#[derive(Clone, Debug)]
pub struct EntryPlan {
    /// The journey's name.
    pub journey: String,
    /// Entry route.
    pub route: RouteId,
    /// Requests a second at the traffic's mean.
    pub rate: f64,
    /// Customers in it at the traffic's mean.
    pub customers: f64,
    /// Times the requests when everything fails.
    pub retry_factor: f64,
}

pub(super) fn add_routes(plan: &mut Plan) {
    for index in 0..plan.services.len() {
        let Some(service) = plan.services.get(index) else {
            continue;
        };
        let grpc = |name: &str| !name.contains(' ');
        let mut ids = Vec::new();
        let mut added = Vec::new();
        for (name, spec) in &service.spec.routes {
            let ordinary = spec
                .error_status
                .clone()
                .unwrap_or_else(|| code(grpc(name), "INTERNAL", "500"));
            added.push(RoutePlan {
                service: ServiceId(index as u32),
                name: name.clone(),
                p50_ms: (spec.p50.millis as f64).max(0.2),
                p99_ms: (spec.p99.millis as f64).max(0.4),
                own_rate: spec.own_rate.map_or(0.0, |rate| rate.per_second),
                calls: Vec::new(),
                classes: vec![
                    class("ok", code(grpc(name), "OK", "200"), true),
                    class("error", ordinary, false),
                    class("dependency", code(grpc(name), "UNAVAILABLE", "502"), false),
                    class(
                        "overloaded",
                        code(grpc(name), "RESOURCE_EXHAUSTED", "503"),
                        false,
                    ),
                ],
                late: None,
                error_share: spec.error_share.clamp(0.0, 1.0),
                produces: spec
                    .produces
                    .as_ref()
                    .and_then(|topic| plan.names.topics.get(topic).copied()),
                produce_timeout_ms: spec.produce_timeout.map(|time| time.millis as f64),
                deadline_ms: spec.deadline.map(|time| time.millis as f64),
                mean_rate: 0.0,
                shaped: false,
                strains: Strains::default(),
            });
        }
        let service_name = service.name.clone();
        for route in added {
            let id = RouteId(plan.routes.len() as u32);
            plan.names
                .routes
                .insert((service_name.clone(), route.name.clone()), id);
            if let Some(topic) = route
                .produces
                .and_then(|topic| plan.topics.get_mut(topic.index()))
            {
                topic.producers.push(id);
            }
            plan.routes.push(route);
            ids.push(id);
        }
        if let Some(service) = plan.services.get_mut(index) {
            service.routes = ids;
        }
    }
    add_calls(plan);
    add_effect_classes(plan);
    add_entries(plan);
    plan.route_order = callers_first(plan);
    add_late_classes(plan);
    spread_mean_rates(plan);
}

/// Who calls what can fail late fails late with it: after what it took the callee, or the caller's own timeout, each time it
/// tried.
fn add_late_classes(plan: &mut Plan) {
    for index in (0..plan.route_order.len()).rev() {
        let Some(id) = plan.route_order.get(index).copied() else {
            continue;
        };
        let Some(route) = plan.routes.get(id.index()) else {
            continue;
        };
        let after = route
            .calls
            .iter()
            .filter(|call| call.required)
            .filter_map(|call| {
                let least = plan.routes.get(call.to.index())?.late_after_ms()?;
                Some(least.min(call.timeout_ms as u64) * u64::from(call.retries + 1))
            });
        let (Some(least_ms), Some(quick)) = (
            after.min().filter(|least| *least > 0),
            route.classes.get(RoutePlan::DEPENDENCY),
        ) else {
            continue;
        };
        let late = ClassPlan {
            name: RoutePlan::LATE.to_owned(),
            least_ms,
            ..quick.clone()
        };
        if let Some(route) = plan.routes.get_mut(id.index()) {
            route.late = Some(route.classes.len());
            route.classes.push(late);
        }
    }
}

fn code(grpc: bool, grpc_code: &str, http_code: &str) -> String {
    if grpc {
        grpc_code.to_owned()
    } else {
        http_code.to_owned()
    }
}

fn class(name: &str, status: String, produces: bool) -> ClassPlan {
    ClassPlan {
        name: name.to_owned(),
        status,
        line: None,
        produces,
        least_ms: 0,
    }
}

fn add_calls(plan: &mut Plan) {
    let mut found = Vec::new();
    let mut gaps = Vec::new();
    for service in &plan.services {
        for (id, spec) in service.routes.iter().zip(service.spec.routes.values()) {
            for call in &spec.calls {
                match plan
                    .names
                    .routes
                    .get(&(call.to.clone(), call.route.clone()))
                {
                    Some(to) => found.push((
                        *id,
                        CallPlan {
                            to: *to,
                            per_request: call.per_request.max(0.0),
                            required: call.required,
                            timeout_ms: call
                                .timeout
                                .map_or(10_000.0, |timeout| timeout.millis as f64),
                            retries: call.retries,
                            protocol: call.protocol,
                        },
                    )),
                    None => gaps.push(format!("route {} of {}", call.route, call.to)),
                }
            }
        }
    }
    for (from, call) in found {
        if let Some(route) = plan.routes.get_mut(from.index()) {
            route.calls.push(call);
        }
    }
    plan.gaps.extend(gaps);
}

fn add_effect_classes(plan: &mut Plan) {
    let pack = std::sync::Arc::clone(&plan.pack);
    for fault in pack.scenario.faults.values() {
        for effect in &fault.effects {
            let Effect::Errors {
                of,
                route,
                class,
                status,
                line,
                produces,
                takes,
                ..
            } = effect
            else {
                continue;
            };
            for id in plan.routes_of(of, route.as_deref()) {
                let Some(found) = plan.routes.get_mut(id.index()) else {
                    continue;
                };
                if found.class(class).is_none() {
                    found.classes.push(ClassPlan {
                        name: class.clone(),
                        status: status.clone(),
                        line: line.clone(),
                        produces: *produces,
                        least_ms: takes.millis.unsigned_abs(),
                    });
                }
            }
        }
    }
}

fn add_entries(plan: &mut Plan) {
    let pack = std::sync::Arc::clone(&plan.pack);
    for (name, journey) in &pack.estate.journeys {
        let key = (journey.service.clone(), journey.route.clone());
        let Some(route) = plan.names.routes.get(&key).copied() else {
            plan.gap(format!("route {} of {}", journey.route, journey.service));
            continue;
        };
        plan.entries.push(EntryPlan {
            journey: name.clone(),
            route,
            rate: journey.rate.per_second,
            customers: journey.customers,
            retry_factor: journey.retry_factor.max(1.0),
        });
    }
}

/// Depth-first over the calls: a route comes after all that call it, except for calls that close a circle.
fn callers_first(plan: &Plan) -> Vec<RouteId> {
    let mut state = vec![0_u8; plan.routes.len()];
    let mut done = Vec::with_capacity(plan.routes.len());
    for start in 0..plan.routes.len() {
        let mut stack = vec![(start, 0_usize)];
        while let Some((route, next)) = stack.pop() {
            if next == 0 {
                if state.get(route).copied() != Some(0) {
                    continue;
                }
                mark(&mut state, route, 1);
            }
            if let Some(call) = plan
                .routes
                .get(route)
                .and_then(|found| found.calls.get(next))
            {
                stack.push((route, next + 1));
                if state.get(call.to.index()).copied() == Some(0) {
                    stack.push((call.to.index(), 0));
                }
            } else {
                mark(&mut state, route, 2);
                done.push(RouteId(route as u32));
            }
        }
    }
    done.reverse();
    done
}

fn mark(state: &mut [u8], index: usize, value: u8) {
    if let Some(slot) = state.get_mut(index) {
        *slot = value;
    }
}

fn spread_mean_rates(plan: &mut Plan) {
    for route in &mut plan.routes {
        route.mean_rate = route.own_rate;
    }
    for entry in plan.entries.clone() {
        if let Some(route) = plan.routes.get_mut(entry.route.index()) {
            route.mean_rate += entry.rate;
            route.shaped = true;
        }
    }
    for id in plan.route_order.clone() {
        let Some((rate, shaped, calls)) = plan
            .routes
            .get(id.index())
            .map(|route| (route.mean_rate, route.shaped, route.calls.clone()))
        else {
            continue;
        };
        for call in calls {
            if let Some(called) = plan.routes.get_mut(call.to.index()) {
                called.mean_rate += rate * call.per_request;
                called.shaped |= shaped;
            }
        }
    }
}

/// Sorts what faults do to flows by whom it is done to.
pub(super) fn add_strains(plan: &mut Plan) {
    for index in 0..plan.faults.len() {
        let id = FaultId(index as u32);
        let Some(effects) = plan.faults.get(index).map(|fault| fault.effects.clone()) else {
            continue;
        };
        for (route, class, share) in &effects.errors {
            let level = plan.level_of_route(id, *route);
            if let Some(route) = plan.routes.get_mut(route.index()) {
                route.strains.errors.push((level, *class, *share));
            }
        }
        for (route, factor, add) in &effects.latency {
            let level = plan.level_of_route(id, *route);
            if let Some(route) = plan.routes.get_mut(route.index()) {
                route.strains.latency.push((level, *factor, *add));
            }
        }
        for (route, factor) in &effects.traffic {
            let level = plan.level_of_route(id, *route);
            if let Some(route) = plan.routes.get_mut(route.index()) {
                route.strains.traffic.push((level, *factor));
            }
        }
        for (service, share) in &effects.capacity_loss {
            let level = plan.level_on(id, *service);
            if let Some(service) = plan.services.get_mut(service.index()) {
                service.capacity_loss.push((level, *share));
            }
        }
    }
}

impl Plan {
    fn level_of_route(&mut self, fault: FaultId, route: RouteId) -> usize {
        let service = self.routes.get(route.index()).map(|route| route.service);
        service.map_or(fault.index(), |service| self.level_on(fault, service))
    }

    /// The place of a fault's level for a service: its own number, or one behind all faults where it reaches only some of
    /// the service's pods.
    fn level_on(&mut self, fault: FaultId, service: ServiceId) -> usize {
        let whole = |fault: &FaultPlan| !fault.reach.splits(service);
        if self.faults.get(fault.index()).is_none_or(whole) {
            return fault.index();
        }
        let known = self.partial.iter().position(|one| *one == (fault, service));
        let place = known.unwrap_or(self.partial.len());
        if known.is_none() {
            self.partial.push((fault, service));
        }
        self.faults.len() + place
    }
}

impl Plan {
    /// The routes of a service that an effect means: one, or all when none is named.
    pub fn routes_of(&self, service: &str, route: Option<&str>) -> Vec<RouteId> {
        match route {
            Some(route) => self
                .names
                .routes
                .get(&(service.to_owned(), route.to_owned()))
                .copied()
                .into_iter()
                .collect(),
            None => self
                .service(service)
                .map(|(_, found)| found.routes.clone())
                .unwrap_or_default(),
        }
    }
}
