//! Checks of the graph of calls: how deep it goes and how many requests come of it. Circles are found with the causal graph.

use std::collections::BTreeMap;

use super::Checker;
use crate::scenario::format::estate::Estate;
use crate::scenario::ids;

/// How many services may call one another, one behind the other.
const MAX_DEPTH: usize = 32;
/// The most requests a second of all routes together, those that services make of one another included.
const MAX_REQUESTS: f64 = 200_000.0;

/// What a request of a route brings about.
#[derive(Clone, Copy, Debug)]
struct Weight {
    /// Requests of all routes, itself included.
    requests: f64,
    /// Calls one behind the other.
    depth: usize,
}

type Route<'a> = (&'a str, &'a str);

/// Where most requests come from.
enum Busiest<'a> {
    Journey(&'a str),
    Route(&'a str, &'a str),
}

impl Checker<'_> {
    /// The depth of calls, and the sum of all requests.
    pub(super) fn calls(&mut self) {
        let estate = self.subject.estate;
        let mut known = BTreeMap::new();
        let mut deepest = None;
        let (mut total, mut most, mut busiest) = (0.0, 0.0, None);
        for (name, service) in &estate.services {
            for (path, route) in &service.routes {
                let weight = weigh(estate, (name, path), 0, &mut known);
                if weight.depth > MAX_DEPTH {
                    deepest.get_or_insert((name, path));
                }
                let own = weight.requests * route.own_rate.map_or(0.0, |rate| rate.per_second);
                total += own;
                if own > most {
                    most = own;
                    busiest = Some(Busiest::Route(name, path));
                }
            }
        }
        for (name, journey) in &estate.journeys {
            let weight = weigh(estate, (&journey.service, &journey.route), 0, &mut known);
            let own = weight.requests * journey.rate.per_second * journey.retry_factor.max(1.0);
            total += own;
            if own > most {
                most = own;
                busiest = Some(Busiest::Journey(name));
            }
        }
        if let Some((name, path)) = deepest {
            self.push(
                self.service_place(name)
                    .field("routes")
                    .field(path)
                    .name()
                    .error(
                        ids::CALL_DEPTH,
                        format!("a request goes through more than {MAX_DEPTH} services, one behind the other"),
                    )
                    .hint("no request is followed so far: leave some of the calls out"),
            );
        } else if total > MAX_REQUESTS {
            let at = match busiest {
                Some(Busiest::Journey(name)) => {
                    self.subject.estate_places.entry("journeys", name).name()
                }
                Some(Busiest::Route(name, path)) => {
                    self.service_place(name).field("routes").field(path).name()
                }
                None => self.subject.estate_places.field("services").name(),
            };
            self.push(
                at.error(
                    ids::TOO_FAST,
                    format!("services make {total:.0} requests a second of one another, most of them because of this"),
                )
                .hint(format!("at most {MAX_REQUESTS} together: lower its rate, or `per_request` of a call on its way")),
            );
        }
    }

    /// Where a service is given: by the scenario if it is the scenario's own.
    pub(super) fn service_place(&self, name: &str) -> crate::scenario::loader::place::Place<'_> {
        let own = self
            .subject
            .scenario
            .is_some_and(|scenario| scenario.services.contains_key(name));
        let places = if own {
            self.subject.scenario_places
        } else {
            self.subject.estate_places
        };
        places.entry("services", name)
    }
}

/// Follows a request. Beyond the depth that is allowed, and in a circle, it goes no further.
fn weigh<'a>(
    estate: &'a Estate,
    route: Route<'a>,
    depth: usize,
    known: &mut BTreeMap<Route<'a>, Weight>,
) -> Weight {
    if let Some(weight) = known.get(&route) {
        return *weight;
    }
    let mut weight = Weight {
        requests: 1.0,
        depth: 1,
    };
    let calls = estate
        .services
        .get(route.0)
        .and_then(|service| service.routes.get(route.1))
        .map(|route| route.calls.as_slice())
        .unwrap_or_default();
    if depth > MAX_DEPTH {
        return weight;
    }
    // So that a circle is gone round once.
    known.insert(route, weight);
    for call in calls {
        let inner = weigh(estate, (&call.to, &call.route), depth + 1, known);
        let times = call.per_request.max(0.0) * f64::from(call.retries.saturating_add(1));
        weight.requests += inner.requests * times;
        weight.depth = weight.depth.max(inner.depth + 1);
    }
    known.insert(route, weight);
    weight
}
