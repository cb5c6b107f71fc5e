//! What a request of a route does one after the other: calls, statements, a message; how long each is expected to take at a
//! moment, and which of them a failure names. Draws nothing.

use super::moment::Moment;
use crate::scenario::format::fault::Scope;
use crate::scenario::format::service::{Protocol, Runtime};
use crate::sim::ids::{FaultId, RouteId, ServiceId, TopicId};
use crate::sim::plan::{CallPlan, RoutePlan};

/// The share of a service's own work that is its statements, where it has a store.
const OF_STORE: f64 = 0.45;
/// The share of a service's own work that is handing over a message.
const OF_MESSAGE: f64 = 0.2;

/// To whom a step goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// Another route.
    Call(CallPlan),
    /// A store: its server's name, and whether it is PostgreSQL.
    Store(String, bool),
    /// A topic.
    Topic(TopicId),
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) target: Target,
    /// What one takes, in microseconds.
    pub(super) expected_us: f64,
    /// How much of that passes before the peer hears of it.
    pub(super) waits_us: f64,
    /// How much of it is what faults add, that included: a quick request has less of this and not of the rest.
    pub(super) late_us: f64,
    /// After so long the caller gives up, in microseconds.
    pub(super) limit_us: f64,
}

/// All that a route does, and what remains for itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Work {
    pub(super) steps: Vec<Step>,
    pub(super) own_us: f64,
}

impl Step {
    const fn new(target: Target, expected_us: f64, limit_us: f64) -> Self {
        Self {
            target,
            expected_us,
            waits_us: 0.0,
            late_us: 0.0,
            limit_us,
        }
    }

    pub(super) const fn call(&self) -> Option<&CallPlan> {
        match &self.target {
            Target::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The service that is asked.
    pub(super) fn peer<'a>(&'a self, moment: &Moment<'a>) -> &'a str {
        let plan = moment.traces.plan;
        match &self.target {
            Target::Call(call) => moment
                .route(call.to)
                .and_then(|route| plan.services.get(route.service.index()))
                .map_or("", |service| service.name.as_str()),
            Target::Store(server, _) => server,
            Target::Topic(topic) => broker_of(moment, *topic),
        }
    }

    /// Whether the peer sends spans of its own.
    pub(super) fn peer_sends(&self, moment: &Moment<'_>) -> bool {
        let plan = moment.traces.plan;
        self.call()
            .and_then(|call| moment.route(call.to))
            .and_then(|route| plan.services.get(route.service.index()))
            .is_some_and(|service| service.spec.runtime != Runtime::Vendor)
    }
}

pub(super) fn topic_name<'a>(moment: &Moment<'a>, topic: TopicId) -> &'a str {
    let topics = &moment.traces.plan.topics;
    topics
        .get(topic.index())
        .map_or("", |topic| topic.name.as_str())
}

/// The service of the cluster that holds a topic.
fn broker_of<'a>(moment: &Moment<'a>, topic: TopicId) -> &'a str {
    let name = topic_name(moment, topic);
    let clusters = &moment.traces.plan.pack.estate.kafka;
    clusters
        .values()
        .find(|cluster| cluster.topics.contains_key(name))
        .map_or("kafka", |cluster| cluster.service.as_str())
}

/// What a request of a route does at a moment.
pub(super) fn work(moment: &Moment<'_>, id: RouteId) -> Option<Work> {
    let route = moment.route(id)?;
    let mut steps: Vec<Step> = route
        .calls
        .iter()
        .map(|call| {
            let limit = call.timeout_ms * 1000.0;
            let takes = moment.latency_us(call.to).min(limit * 0.95).max(150.0);
            Step::new(Target::Call(*call), takes, limit)
        })
        .collect();
    let waited: f64 = steps
        .iter()
        .filter_map(|step| Some(step.expected_us * step.call()?.per_request))
        .sum();
    let mut own = (moment.latency_us(id) - waited).max(route.p50_ms * 100.0);
    let plan = moment.traces.plan;
    let stores = plan
        .services
        .get(route.service.index())
        .map(|service| &service.spec.stores);
    let asked: Vec<String> = steps
        .iter()
        .map(|step| step.peer(moment).to_owned())
        .collect();
    let late = delays(moment, route);
    let mut plain = own;
    for (_, delay) in &late {
        plain = (plain - delay).max(own * 0.02);
    }
    for name in stores.into_iter().flatten() {
        let valkey = plan.pack.estate.valkey.get(name);
        let postgres = plan.pack.estate.postgres.get(name);
        let service = valkey
            .map(|own| &own.service)
            .or(postgres.map(|own| &own.service));
        if service.is_some_and(|service| !asked.contains(service)) {
            let target = Target::Store(name.clone(), postgres.is_some());
            steps.push(Step::new(target, plain * OF_STORE, f64::MAX));
            own -= plain * OF_STORE;
        }
    }
    if let Some(topic) = route.produces {
        let limit = route.produce_timeout_ms.map_or(f64::MAX, |ms| ms * 1000.0);
        steps.push(Step::new(Target::Topic(topic), plain * OF_MESSAGE, limit));
        own -= plain * OF_MESSAGE;
    }
    for (at, delay) in late {
        own -= delayed(moment, route, &mut steps, at, delay.min(own.max(0.0)));
    }
    Some(Work {
        steps,
        own_us: own.max(50.0),
    })
}

/// Faults that make a route slower, and by how much at the moment, in microseconds.
fn delays(moment: &Moment<'_>, route: &RoutePlan) -> Vec<(FaultId, f64)> {
    route
        .strains
        .latency
        .iter()
        .filter_map(|(place, factor, add)| {
            let more_ms = route.p50_ms * (factor - 1.0) + add;
            let delay = more_ms * 1000.0 * moment.level(*place);
            (delay > 0.0).then_some((moment.fault_at(*place)?, delay))
        })
        .collect()
}

/// Puts a delay on the steps that a fault is about, and says how much of it found one.
fn delayed(
    moment: &Moment<'_>,
    route: &RoutePlan,
    steps: &mut [Step],
    fault: FaultId,
    delay: f64,
) -> f64 {
    let Some(fault) = moment.traces.plan.faults.get(fault.index()) else {
        return 0.0;
    };
    if let Some(step) = steps
        .iter_mut()
        .find(|step| about(moment, route.service, &fault.scope, step))
    {
        let more = delay / times(step);
        step.expected_us += more;
        step.late_us += more;
        return delay;
    }
    // A pool that is full: who wants a connection waits before its peer hears of anything.
    if !fault
        .effects
        .pool_use
        .iter()
        .any(|(of, _)| *of == route.service)
    {
        return 0.0;
    }
    let pooled = |step: &Step| {
        step.call()
            .is_some_and(|call| call.protocol == Protocol::Http)
    };
    let any = steps.iter().any(pooled);
    let takes = |step: &Step| step.call().is_some() && (!any || pooled(step));
    let count = steps.iter().filter(|step| takes(step)).count();
    let mut placed = 0.0;
    for step in steps.iter_mut().filter(|step| takes(step)) {
        let room = (step.limit_us * 0.95 - step.expected_us).max(0.0);
        let more = (delay / count as f64 / times(step)).min(room);
        step.expected_us += more;
        step.waits_us += more;
        step.late_us += more;
        placed += more * times(step);
    }
    placed
}

fn times(step: &Step) -> f64 {
    step.call().map_or(1.0, |call| call.per_request.max(0.05))
}

/// Whether a fault's scope is what a step of another service goes to.
fn about(moment: &Moment<'_>, own: ServiceId, scope: &Scope, step: &Step) -> bool {
    let plan = moment.traces.plan;
    let own = plan
        .services
        .get(own.index())
        .map_or("", |service| service.name.as_str());
    let peer = step.peer(moment);
    let is_peer = |name: &str| name != own && (name == peer || is_server_of(moment, name, step));
    match scope {
        Scope::Edge { from, to } => from == own && is_peer(to),
        Scope::Service(name) | Scope::NodesOf(name) | Scope::Pods { of: name, .. } => is_peer(name),
        Scope::Topic(name) | Scope::Partition { topic: name, .. } => {
            matches!(&step.target, Target::Topic(topic) if topic_name(moment, *topic) == name)
        }
        Scope::Node(_) | Scope::Zone(_) | Scope::Estate => false,
    }
}

/// Whether a service runs the store that a step goes to.
fn is_server_of(moment: &Moment<'_>, service: &str, step: &Step) -> bool {
    let estate = &moment.traces.plan.pack.estate;
    let Target::Store(name, _) = &step.target else {
        return false;
    };
    let valkey = estate.valkey.get(name).map(|own| own.service.as_str());
    let postgres = estate.postgres.get(name).map(|own| own.service.as_str());
    valkey.or(postgres) == Some(service)
}

/// The step that a failure of a class is about, when it is not the request's own: the one whose host its text names, or
/// the one that the faults behind the class are about.
pub(super) fn culprit(
    moment: &Moment<'_>,
    route: &RoutePlan,
    class: usize,
    said: &str,
    steps: &[Step],
) -> Option<usize> {
    let named: Vec<usize> = (0..steps.len())
        .filter(|at| {
            steps
                .get(*at)
                .is_some_and(|step| names_host(said, step.peer(moment)))
        })
        .collect();
    let by_path = named.iter().copied().find(|at| {
        let path = steps.get(*at).and_then(|step| {
            let called = moment.route(step.call()?.to)?;
            Some(
                called
                    .name
                    .rsplit(['/', ' '])
                    .next()
                    .unwrap_or("")
                    .to_owned(),
            )
        });
        path.is_some_and(|path| !path.is_empty() && said.contains(&format!("/{path}")))
    });
    let by_host = by_path.or_else(|| named.first().copied());
    by_host.or_else(|| {
        let behind = route
            .strains
            .errors
            .iter()
            .filter(|strain| strain.1 == class);
        behind
            .filter_map(|strain| {
                moment
                    .traces
                    .plan
                    .faults
                    .get(moment.fault_at(strain.0)?.index())
            })
            .find_map(|fault| {
                steps
                    .iter()
                    .position(|step| about(moment, route.service, &fault.scope, step))
            })
    })
}

/// Whether a text has an address with a service's name as its host: `name.namespace`, `name:port`.
fn names_host(text: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let mut after = text.get(at + name.len()..).unwrap_or("").chars();
        let (next, then) = (after.next(), after.next());
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'));
        let goes_on = match next {
            Some(':') => then.is_some_and(|c| c.is_ascii_digit()),
            Some('.') => then.is_some_and(char::is_alphanumeric),
            _ => false,
        };
        begins && goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_and_no_word() {
        for text in [
            "Post \"http://ship.front:50/quote\"",
            "dial ship:80: refused",
        ] {
            assert!(names_host(text, "ship"), "{text}");
        }
        for text in [
            "ship it",
            "flagship.front:50",
            "ship. Then",
            "air-ship:80",
            "",
        ] {
            assert!(!names_host(text, "ship"), "{text}");
        }
    }
}
