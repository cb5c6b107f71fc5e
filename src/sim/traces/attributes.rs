//! Names and values of spans by protocol, as tracers write them. Draws nothing.

use std::sync::Arc;

use super::moment::Moment;
use super::step::{self, Step, Target};
use super::{SpanKind, TraceSpan};
use crate::scenario::format::service::Protocol;
use crate::sim::ids::RouteId;
use crate::sim::plan::{RoutePlan, ServicePlan};

/// Names and values.
pub(super) type Attributes = Vec<(&'static str, String)>;

/// Codes of gRPC in the order of their numbers.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A route by how it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called<'a> {
    /// Method and path.
    Http(&'a str, &'a str),
    /// Package and service, and method.
    Grpc(&'a str, &'a str),
}

impl<'a> Called<'a> {
    pub(super) fn of(route: &'a RoutePlan) -> Self {
        if let Some((method, path)) = route.name.split_once(' ') {
            Self::Http(method, path)
        } else {
            let (service, method) = route.name.rsplit_once('/').unwrap_or(("", &route.name));
            Self::Grpc(service, method)
        }
    }

    pub(super) const fn server_operation(&self) -> &'static str {
        match self {
            Self::Http(..) => "http.request",
            Self::Grpc(..) => "grpc.server",
        }
    }

    const fn client_operation(&self) -> &'static str {
        match self {
            Self::Http(..) => "http.client",
            Self::Grpc(..) => "grpc.client",
        }
    }

    fn attributes(&self, status: Option<&str>) -> Attributes {
        let text = str::to_owned;
        match self {
            Self::Http(method, path) => {
                let mut own = vec![("http.method", text(method)), ("http.route", text(path))];
                own.extend(status.map(|status| ("http.status_code", text(status))));
                own
            }
            Self::Grpc(service, method) => {
                let mut own = vec![
                    ("rpc.system", text("grpc")),
                    ("rpc.service", text(service)),
                    ("rpc.method", text(method)),
                ];
                let number = status.and_then(|code| GRPC_CODES.iter().position(|own| *own == code));
                own.extend(number.map(|code| ("rpc.grpc.status_code", code.to_string())));
                own
            }
        }
    }
}

/// What the side that answers says of a request.
pub(super) fn server(called: &Called<'_>, status: &str) -> Attributes {
    let mut own = vec![("span.kind", "server".to_owned())];
    own.extend(called.attributes(Some(status)));
    own
}

/// Where a service's work was done.
pub(super) fn of_pod(service: &ServicePlan, pod: Option<&str>) -> Attributes {
    let mut own = vec![("k8s.namespace.name", service.spec.namespace.clone())];
    own.extend(pod.map(|pod| ("k8s.pod.name", pod.to_owned())));
    own
}

/// The span of the side that asks, without its place in a trace.
pub(super) fn client(
    moment: &Moment<'_>,
    caller: RouteId,
    step: &Step,
    status: Option<&str>,
) -> TraceSpan {
    let peer = step.peer(moment).to_owned();
    let (operation, resource, kind, own) = match &step.target {
        Target::Call(call) => match moment.route(call.to) {
            Some(route) => called(route, call.protocol, status),
            None => return empty(),
        },
        Target::Store(_, postgres) => stored(moment, caller, *postgres),
        Target::Topic(topic) => {
            let name = step::topic_name(moment, *topic).to_owned();
            let own = vec![
                ("messaging.system", "kafka".to_owned()),
                ("messaging.operation", "publish".to_owned()),
                ("messaging.destination.name", name.clone()),
            ];
            (
                "kafka.produce",
                format!("Produce Topic {name}"),
                SpanKind::Producer,
                own,
            )
        }
    };
    let side = match kind {
        SpanKind::Producer => "producer",
        _ => "client",
    };
    let mut attributes = vec![("span.kind", side.to_owned()), ("peer.service", peer)];
    attributes.extend(own);
    TraceSpan {
        operation,
        resource,
        kind,
        attributes,
        ..empty()
    }
}

fn empty() -> TraceSpan {
    TraceSpan {
        id: 0,
        parent: None,
        service: Arc::from(""),
        operation: "",
        resource: String::new(),
        kind: SpanKind::Client,
        pod: None,
        start_us: 0,
        duration_us: 0,
        error: None,
        attributes: Vec::new(),
    }
}

type Words = (&'static str, String, SpanKind, Attributes);

fn called(route: &RoutePlan, protocol: Protocol, status: Option<&str>) -> Words {
    let statement = |system: &str, operation| {
        let own = vec![
            ("db.system", system.to_owned()),
            ("db.operation", route.name.clone()),
        ];
        (operation, route.name.clone(), SpanKind::Client, own)
    };
    match protocol {
        Protocol::Resp => statement("redis", "redis.command"),
        Protocol::Postgres => statement("postgresql", "postgres.query"),
        Protocol::Http | Protocol::Grpc => {
            let called = Called::of(route);
            (
                called.client_operation(),
                route.name.clone(),
                SpanKind::Client,
                called.attributes(status),
            )
        }
    }
}

/// A statement of a route to its store, by what the route's name says that it does.
fn stored(moment: &Moment<'_>, caller: RouteId, postgres: bool) -> Words {
    let name = moment.route(caller).map_or("", |route| route.name.as_str());
    let verb = name.rsplit('/').next().unwrap_or(name);
    let begins = |words: &[&str]| {
        words
            .iter()
            .any(|word| verb.starts_with(word) || name.starts_with(&word.to_uppercase()))
    };
    let removes = begins(&["Empty", "Delete", "Remove", "Clear"]);
    let writes = begins(&[
        "Add", "Put", "Post", "Set", "Create", "Update", "Place", "Charge",
    ]);
    let (system, operation, statement) = match (postgres, removes, writes) {
        (true, true, _) => ("postgresql", "postgres.query", "DELETE"),
        (true, false, true) => ("postgresql", "postgres.query", "INSERT"),
        (true, false, false) => ("postgresql", "postgres.query", "SELECT"),
        (false, true, _) => ("redis", "redis.command", "DEL"),
        (false, false, true) => ("redis", "redis.command", "HSET"),
        (false, false, false) => ("redis", "redis.command", "HGETALL"),
    };
    let own = vec![
        ("db.system", system.to_owned()),
        ("db.operation", statement.to_owned()),
    ];
    (operation, statement.to_owned(), SpanKind::Client, own)
}

/// What a caller reports of a peer's failure.
pub(super) fn passed_on(status: &str, said: Option<&str>) -> String {
    match (status.parse::<u16>(), said) {
        (Ok(code), _) => format!("HTTP {code}"),
        (Err(_), Some(said)) => format!("rpc error: code = {status} desc = {}", cause(said)),
        (Err(_), None) => format!("rpc error: code = {status}"),
    }
}

/// What a line gives as the cause of its failure: the value of `error=`, otherwise all of its first line.
pub(super) fn cause(said: &str) -> String {
    let first = said.lines().next().unwrap_or("");
    match first.split_once("error=\"") {
        Some((_, rest)) => rest.strip_suffix('"').unwrap_or(rest).replace("\\\"", "\""),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_what_error_says() {
        let said = "order failed step=ship error=\"Post \\\"http://a:1/b\\\": too late\"";
        assert_eq!(cause(said), "Post \"http://a:1/b\": too late");
        assert_eq!(cause("queue is full\n\tat x"), "queue is full");
        assert_eq!(passed_on("503", Some("x")), "HTTP 503");
        assert_eq!(
            passed_on("UNAVAILABLE", Some("queue is full")),
            "rpc error: code = UNAVAILABLE desc = queue is full"
        );
    }
}
