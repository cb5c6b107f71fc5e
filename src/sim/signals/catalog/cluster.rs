//! What cAdvisor, kube-state-metrics and the node exporter say of workloads, pods and nodes.

use super::{Catalog, Labels, labels};
use crate::sim::ids::ServiceId;
use crate::sim::plan::ServicePlan;
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::gauge::GaugeDef;
use crate::sim::telemetry::series::{Base, Values};

fn pod_labels(service: &ServicePlan) -> Labels {
    labels([
        ("namespace", service.spec.namespace.as_str()),
        ("container", &service.name),
    ])
}

pub(super) fn declare(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let memory = service.spec.resources.memory_limit.value;
    let mut used = catalog.gauge(
        format!("{}/container_memory_working_set_bytes", service.name),
        memory * service.spec.resources.memory_use,
        0.03,
        false,
    );
    used.leaks = true;
    used.step = super::runtime::PAGE_BYTES;
    if memory > 0.0 {
        used.range = Some((0.0, memory));
    }
    let metric = "container_memory_working_set_bytes";
    catalog.per_pod(
        id,
        metric,
        "Current working set in bytes.",
        pod_labels(service),
        Values::Gauge(used),
        false,
    );
    cpu(catalog, id, service);
    let mut limit = pod_labels(service);
    limit.push(("resource".to_owned(), "memory".to_owned()));
    let metric = "kube_pod_container_resource_limits";
    catalog.per_pod(
        id,
        metric,
        "The number of requested limit resource by a container.",
        limit,
        Values::Constant(memory),
        false,
    );
    let restarts = "kube_pod_container_status_restarts_total";
    catalog.per_pod(
        id,
        restarts,
        "The number of container restarts per container.",
        pod_labels(service),
        Values::PodRestarts,
        false,
    );
    let ready = "kube_pod_status_ready";
    let mut condition = pod_labels(service);
    condition.push(("condition".to_owned(), "true".to_owned()));
    catalog.per_pod(
        id,
        ready,
        "Describes whether the pod is ready to serve requests.",
        condition,
        Values::PodReady,
        false,
    );
    catalog.per_pod(
        id,
        "kube_pod_created",
        "Unix creation timestamp",
        pod_labels(service),
        Values::PodCreated,
        false,
    );
    replicas(catalog, id, service);
}

/// What a service without requests uses of the CPU that it asks for.
const IDLE_SHARE: f64 = 0.15;

/// CPU follows the requests that a pod serves, so it agrees with the request counters; a service without requests idles
/// along.
fn cpu(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let plan = catalog.plan;
    let routes = service
        .routes
        .iter()
        .filter_map(|route| catalog.signals.route(*route));
    let atoms: Vec<AtomId> = routes
        .flat_map(|signals| signals.atoms.iter().copied())
        .collect();
    let rate: f64 = service
        .routes
        .iter()
        .filter_map(|id| plan.routes.get(id.index()))
        .map(|route| route.mean_rate)
        .sum();
    let pods = f64::from(service.spec.replicas.max(1));
    // Two fifths of what is asked for is an ordinary day's use.
    let cores = service.spec.resources.cpu_request.value * 0.4 * pods;
    let values = if atoms.is_empty() || rate <= 0.0 {
        Values::PodCpu {
            cores: service.spec.resources.cpu_request.value * IDLE_SHARE,
        }
    } else {
        Values::Counter {
            atoms,
            unit: cores / rate,
            base: Base::AtOrigin(0.0),
            minus: None,
        }
    };
    let metric = "container_cpu_usage_seconds_total";
    catalog.per_pod(
        id,
        metric,
        "Cumulative cpu time consumed in seconds.",
        pod_labels(service),
        values,
        false,
    );
}

fn replicas(catalog: &mut Catalog<'_>, id: ServiceId, service: &ServicePlan) {
    let Some(signals) = catalog.signals.service(id).cloned() else {
        return;
    };
    let own = || {
        labels([
            ("namespace", service.spec.namespace.as_str()),
            ("deployment", &service.name),
        ])
    };
    let wanted = Values::Value {
        value: signals.wanted,
        scale: 1.0,
    };
    catalog.single(
        "kube_deployment_spec_replicas",
        "Number of desired pods for a deployment.",
        own(),
        wanted,
    );
    let ready = Values::Value {
        value: signals.ready,
        scale: 1.0,
    };
    catalog.single(
        "kube_deployment_status_replicas_available",
        "The number of available replicas per deployment.",
        own(),
        ready,
    );
}

pub(super) fn declare_nodes(catalog: &mut Catalog<'_>) {
    let plan = catalog.plan;
    for (name, node) in &plan.pack.estate.nodes {
        let own = || labels([("node", name.as_str()), ("job", "node-exporter")]);
        let load = catalog.gauge(
            format!("node/{name}/load"),
            node.cpu.value * 0.42,
            0.12,
            true,
        );
        let load = GaugeDef { step: 0.01, ..load };
        catalog.single("node_load1", "1m load average.", own(), Values::Gauge(load));
        let free = catalog.counted(
            format!("node/{name}/memory"),
            node.memory.value * 0.38,
            0.02,
            false,
        );
        let metric = "node_memory_MemAvailable_bytes";
        catalog.single(
            metric,
            "Memory information field MemAvailable_bytes.",
            own(),
            Values::Gauge(free),
        );
        let total = Values::Constant(node.memory.value);
        catalog.single(
            "node_memory_MemTotal_bytes",
            "Memory information field MemTotal_bytes.",
            own(),
            total,
        );
        let disk = catalog.counted(format!("node/{name}/disk"), 61e9, 0.004, false);
        let metric = "node_filesystem_avail_bytes";
        catalog.single(
            metric,
            "Filesystem space available to non-root users in bytes.",
            own(),
            Values::Gauge(disk),
        );
    }
}
