//! Requests, failures and durations of each route, as HTTP and gRPC middleware expose them.

use super::{Catalog, Labels, labels, service_labels};
use crate::sim::ids::{RouteId, ServiceId};
use crate::sim::plan::{RoutePlan, ServicePlan};
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::series::{Base, Values};

pub(super) fn declare(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let plan = catalog.plan;
    for route_id in &service.routes {
        let (Some(route), Some(atoms)) = (
            plan.routes.get(route_id.index()),
            atoms_of(catalog, *route_id),
        ) else {
            continue;
        };
        if atoms.is_empty() {
            continue;
        }
        requests(catalog, id, service, route, &atoms);
        durations(catalog, id, service, route, &atoms);
        pool(catalog, id, service);
    }
}

fn atoms_of(catalog: &Catalog<'_>, route: RouteId) -> Option<Vec<AtomId>> {
    catalog
        .signals
        .route(route)
        .map(|signals| signals.atoms.clone())
}

/// HTTP's `METHOD /path` or gRPC's `package.Service/Method` as the labels of the usual middleware.
fn route_labels(route: &RoutePlan) -> (bool, Labels) {
    if let Some((method, path)) = route.name.split_once(' ') {
        (true, labels([("method", method), ("route", path)]))
    } else {
        let (service, method) = route.name.rsplit_once('/').unwrap_or(("", &route.name));
        (
            false,
            labels([("grpc_service", service), ("grpc_method", method)]),
        )
    }
}

/// Classes that end in one status share a series, so that there is one for each label set.
fn requests(
    catalog: &mut Catalog<'_>,
    id: ServiceId,
    service: &ServicePlan,
    route: &RoutePlan,
    atoms: &[AtomId],
) {
    let (http, own) = route_labels(route);
    let mut by_status: Vec<(String, Vec<AtomId>)> = Vec::new();
    for (class, atom) in route.classes.iter().zip(atoms) {
        match by_status
            .iter_mut()
            .find(|(status, _)| *status == class.status)
        {
            Some((_, atoms)) => atoms.push(*atom),
            None => by_status.push((class.status.clone(), vec![*atom])),
        }
    }
    for (status, atoms) in by_status {
        let mut labels = service_labels(service);
        labels.extend(own.clone());
        let (metric, help, name) = if http {
            ("http_requests_total", "Requests by status.", "status")
        } else {
            (
                "grpc_server_handled_total",
                "RPCs completed on the server, by code.",
                "grpc_code",
            )
        };
        labels.push((name.to_owned(), status));
        let values = Values::Counter {
            atoms,
            unit: 1.0,
            base: Base::AtOrigin(0.0),
            minus: None,
        };
        catalog.per_pod(id, metric, help, labels, values, true);
    }
}

fn durations(
    catalog: &mut Catalog<'_>,
    id: ServiceId,
    service: &ServicePlan,
    route: &RoutePlan,
    atoms: &[AtomId],
) {
    let (http, own) = route_labels(route);
    let mut labels = service_labels(service);
    labels.extend(own);
    let (metric, help) = if http {
        ("http_request_duration_seconds", "Duration of requests.")
    } else {
        (
            "grpc_server_handling_seconds",
            "Duration of RPCs handled by the server.",
        )
    };
    let values = Values::Histogram {
        atoms: atoms.to_vec(),
        unit_us: 1_000_000,
    };
    catalog.per_pod(id, metric, help, labels, values, true);
}

/// Connections of the outgoing pool, where its size is declared; the first route of a service declares it.
fn pool(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let Some(size) = service.spec.capacity.pool else {
        return;
    };
    let metric = "net_http_transport_conns_per_host";
    if catalog.signals.pools_declared.insert(id) {
        let Some(pool) = catalog.signals.service(id).map(|signals| signals.pool) else {
            return;
        };
        let mut labels = service_labels(service);
        labels.push(("state".to_owned(), "in_use".to_owned()));
        let scale = f64::from(size) / 1000.0;
        catalog.single(
            metric,
            "Connections of the outgoing pool.",
            labels,
            Values::Value { value: pool, scale },
        );
        let limit = Values::Constant(f64::from(size));
        catalog.single(
            "net_http_transport_max_conns_per_host",
            "Size of the outgoing pool.",
            service_labels(service),
            limit,
        );
    }
}
