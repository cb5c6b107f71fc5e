//! Which metrics there are under Datadog's names, and which of the estate's series each of them is. Never samples.

use std::collections::BTreeMap;

use crate::sim::World;
use crate::sim::promql::labels::Labels;

/// What a metric is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// A gauge, times a factor.
    Gauge(&'static str, f64),
    /// What a counter counted, times a factor.
    Count(&'static str, f64),
    /// A counter's rate a second, times a factor.
    Rate(&'static str, f64),
    /// A histogram in seconds, by the name without `_bucket`.
    Distribution(&'static str),
    /// A node's load in percent of its cores; with `true` what is left of them.
    Load(bool),
}

/// A metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// The series that it is.
    pub source: Source,
    /// Matchers that its series fulfil, as PromQL writes them.
    pub only: &'static str,
    /// Its unit.
    pub unit: &'static str,
}

type Row = (&'static str, Source, &'static str, &'static str);

const FAILED_HTTP: &str = "status!~\"[123]..\"";
const FAILED_GRPC: &str = "grpc_code!=\"OK\"";

/// By name, series, matchers, unit.
const METRICS: [Row; 47] = {
    use Source::{Count, Distribution, Gauge, Load, Rate};
    [
        (
            "kafka.broker_offset",
            Gauge("kafka_topic_partition_current_offset", 1.0),
            "",
            "offset",
        ),
        (
            "kafka.consumer_lag",
            Gauge("kafka_consumergroup_lag", 1.0),
            "",
            "offset",
        ),
        (
            "kafka.consumer_offset",
            Gauge("kafka_consumergroup_current_offset", 1.0),
            "",
            "offset",
        ),
        (
            "kafka.group.members",
            Gauge("kafka_consumergroup_members", 1.0),
            "",
            "member",
        ),
        (
            "kafka.group.rebalances",
            Count("kafka_consumergroup_rebalances_total", 1.0),
            "",
            "rebalance",
        ),
        (
            "kafka.log.start_offset",
            Gauge("kafka_topic_partition_oldest_offset", 1.0),
            "",
            "offset",
        ),
        (
            "kubernetes.containers.restarts",
            Gauge("kube_pod_container_status_restarts_total", 1.0),
            "",
            "",
        ),
        (
            "kubernetes.cpu.usage.total",
            Rate("container_cpu_usage_seconds_total", 1e9),
            "",
            "nanocore",
        ),
        (
            "kubernetes.memory.limits",
            Gauge("kube_pod_container_resource_limits", 1.0),
            "resource=\"memory\"",
            "byte",
        ),
        (
            "kubernetes.memory.usage",
            Gauge("container_memory_working_set_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "kubernetes.memory.working_set",
            Gauge("container_memory_working_set_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "kubernetes_state.container.restarts",
            Gauge("kube_pod_container_status_restarts_total", 1.0),
            "",
            "",
        ),
        (
            "kubernetes_state.deployment.replicas_available",
            Gauge("kube_deployment_status_replicas_available", 1.0),
            "",
            "",
        ),
        (
            "kubernetes_state.deployment.replicas_desired",
            Gauge("kube_deployment_spec_replicas", 1.0),
            "",
            "",
        ),
        (
            "kubernetes_state.pod.ready",
            Gauge("kube_pod_status_ready", 1.0),
            "condition=\"true\"",
            "",
        ),
        ("postgresql.can_connect", Gauge("pg_up", 1.0), "", ""),
        (
            "postgresql.connections",
            Gauge("pg_stat_database_numbackends", 1.0),
            "",
            "connection",
        ),
        (
            "postgresql.max_connections",
            Gauge("pg_settings_max_connections", 1.0),
            "",
            "connection",
        ),
        ("redis.can_connect", Gauge("redis_up", 1.0), "", ""),
        (
            "redis.clients.blocked",
            Gauge("redis_blocked_clients", 1.0),
            "",
            "connection",
        ),
        ("redis.keys", Gauge("redis_db_keys", 1.0), "", "key"),
        (
            "redis.keys.evicted",
            Count("redis_evicted_keys_total", 1.0),
            "",
            "key",
        ),
        (
            "redis.mem.fragmentation_ratio",
            Gauge("redis_mem_fragmentation_ratio", 1.0),
            "",
            "fraction",
        ),
        (
            "redis.mem.maxmemory",
            Gauge("redis_memory_max_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "redis.mem.used",
            Gauge("redis_memory_used_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "redis.net.clients",
            Gauge("redis_connected_clients", 1.0),
            "",
            "connection",
        ),
        (
            "redis.net.instantaneous_ops_per_sec",
            Gauge("redis_instantaneous_ops_per_sec", 1.0),
            "",
            "command",
        ),
        (
            "runtime.go.num_goroutine",
            Gauge("go_goroutines", 1.0),
            "",
            "",
        ),
        (
            "runtime.go.mem_stats.heap_inuse",
            Gauge("go_memstats_heap_inuse_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "runtime.node.event_loop.delay",
            Gauge("nodejs_eventloop_lag_seconds", 1.0),
            "",
            "second",
        ),
        (
            "runtime.node.heap.used",
            Gauge("nodejs_heap_size_used_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "jvm.memory.used",
            Gauge("jvm_memory_used_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "jvm.thread_count",
            Gauge("jvm_threads_live_threads", 1.0),
            "",
            "thread",
        ),
        ("system.cpu.idle", Load(true), "", "percent"),
        ("system.cpu.user", Load(false), "", "percent"),
        (
            "system.disk.free",
            Gauge("node_filesystem_avail_bytes", 1.0),
            "",
            "byte",
        ),
        ("system.load.1", Gauge("node_load1", 1.0), "", ""),
        (
            "system.mem.total",
            Gauge("node_memory_MemTotal_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "system.mem.usable",
            Gauge("node_memory_MemAvailable_bytes", 1.0),
            "",
            "byte",
        ),
        (
            "trace.grpc.server",
            Distribution("grpc_server_handling_seconds"),
            "",
            "second",
        ),
        (
            "trace.grpc.server.errors",
            Count("grpc_server_handled_total", 1.0),
            FAILED_GRPC,
            "request",
        ),
        (
            "trace.grpc.server.hits",
            Count("grpc_server_handled_total", 1.0),
            "",
            "request",
        ),
        (
            "trace.http.request",
            Distribution("http_request_duration_seconds"),
            "",
            "second",
        ),
        (
            "trace.grpc.server.duration",
            Distribution("grpc_server_handling_seconds"),
            "",
            "second",
        ),
        (
            "trace.http.request.duration",
            Distribution("http_request_duration_seconds"),
            "",
            "second",
        ),
        (
            "trace.http.request.errors",
            Count("http_requests_total", 1.0),
            FAILED_HTTP,
            "request",
        ),
        (
            "trace.http.request.hits",
            Count("http_requests_total", 1.0),
            "",
            "request",
        ),
    ]
};

/// The metrics' names, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = METRICS.iter().map(|row| row.0).collect();
    names.sort_unstable();
    names
}

/// A metric by name. A Prometheus series of the estate has its own name too, as the agent's OpenMetrics check sends it.
pub fn metric(world: &World, name: &str) -> Option<Metric> {
    if let Some((own, source, only, unit)) = METRICS.iter().find(|row| row.0 == name) {
        return Some(Metric {
            name: (*own).to_owned(),
            source: *source,
            only,
            unit,
        });
    }
    let scraped = world.signals().telemetry().metrics();
    let known = scraped.iter().any(|info| info.metric == name);
    known.then(|| Metric {
        name: name.to_owned(),
        source: if name.ends_with("_total") {
            Source::Count("", 1.0)
        } else {
            Source::Gauge("", 1.0)
        },
        only: "",
        unit: "",
    })
}

/// The names of labels that are a tag under another name.
const RENAMED: [(&str, &str); 10] = [
    ("consumergroup", "consumer_group"),
    ("container", "kube_container_name"),
    ("datname", "db"),
    ("deployment", "kube_deployment"),
    ("grpc_code", "rpc.grpc.status_code"),
    ("instance", "host"),
    ("namespace", "kube_namespace"),
    ("node", "host"),
    ("pod", "pod_name"),
    ("status", "http.status_code"),
];

/// Keys that people write for a tag.
const ALIASES: [(&str, &str); 6] = [
    ("pod", "pod_name"),
    ("namespace", "kube_namespace"),
    ("node", "host"),
    ("group", "consumer_group"),
    ("resource", "resource_name"),
    ("container_name", "kube_container_name"),
];

/// The tag that a key means.
pub fn key(key: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == key)
        .map_or(key, |(_, tag)| tag)
}

/// The tags of a series.
pub fn tags(labels: &Labels) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (name, value) in labels.iter() {
        if matches!(
            name,
            "__name__" | "le" | "method" | "route" | "grpc_service" | "grpc_method"
        ) {
            continue;
        }
        let renamed = RENAMED.iter().find(|(label, _)| *label == name);
        let tag = renamed.map_or(name, |(_, tag)| tag);
        tags.insert(tag.to_owned(), value.to_owned());
    }
    let (method, route) = (labels.get("method"), labels.get("route"));
    if !method.is_empty() && !route.is_empty() {
        tags.insert("resource_name".to_owned(), format!("{method} {route}"));
    }
    let (service, rpc) = (labels.get("grpc_service"), labels.get("grpc_method"));
    if !rpc.is_empty() {
        tags.insert("resource_name".to_owned(), format!("{service}/{rpc}"));
    }
    for label in ["container", "deployment"] {
        let value = labels.get(label);
        if !value.is_empty() && !tags.contains_key("service") {
            tags.insert("service".to_owned(), value.to_owned());
        }
    }
    tags
}

/// The label of a series that has a tag's value as it is, if one always has.
pub fn label_of(series: &str, tag: &str) -> Option<&'static str> {
    let of_container = series.starts_with("container_") || series.starts_with("kube_pod_");
    match tag {
        "service" if of_container => Some("container"),
        "service" if series.starts_with("kube_deployment_") => Some("deployment"),
        "service" => Some("service"),
        "pod_name" => Some("pod"),
        "kube_namespace" => Some("namespace"),
        "consumer_group" => Some("consumergroup"),
        "topic" => Some("topic"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let names = names();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn labels_become_tags() {
        let labels = Labels::new([
            ("__name__", "http_requests_total"),
            ("method", "GET"),
            ("route", "/jobs"),
            ("pod", "gate-1"),
            ("container", "gate"),
        ]);
        let tags = tags(&labels);
        assert_eq!(tags["resource_name"], "GET /jobs");
        assert_eq!(tags["pod_name"], "gate-1");
        assert_eq!(tags["service"], "gate");
        assert!(!tags.contains_key("method"));
    }
}
