//! The alert rules that components bring by themselves: services, workloads, nodes, consumer groups, servers.
//!
//! They are what an estate of this kind has from its first week: thresholds and holds are wide enough to be quiet on an
//! ordinary day. Never names a particular estate.

use crate::scenario::format::Map;
use crate::scenario::format::service::Service;
use crate::scenario::format::telemetry::AlertRule;
use crate::scenario::format::values::Duration;
use crate::scenario::pack::Pack;

/// Names of the rules that components may bring, sorted: what conditions and silences may name.
pub const NAMES: &[&str] = &[
    "ConsumerLagHigh",
    "ContainerMemoryHigh",
    "DeploymentDown",
    "DeploymentReplicasMissing",
    "HighErrorRate",
    "HighLatency",
    "NodeDiskFull",
    "NodeLoadHigh",
    "NodeMemoryHigh",
    "PodCrashLooping",
    "PostgresConnectionsHigh",
    "PostgresDown",
    "ValkeyDown",
    "ValkeyEvicting",
    "ValkeyMemoryHigh",
];

/// Codes of gRPC that mean that the server failed, as counters show them.
const GRPC_FAILURES: &str =
    "UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|DATA_LOSS";
/// Fewer requests a second than this say little about a share.
const LEAST_REQUESTS: &str = "0.2";
/// Latency buckets in seconds that a threshold can lie on.
const BUCKETS: [f64; 7] = [0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0];

/// A rule that a component brings.
#[derive(Clone, Debug)]
pub struct Standard {
    /// The alert's name.
    pub name: String,
    /// The group of rules.
    pub group: &'static str,
    /// The rule.
    pub rule: AlertRule,
}

/// The rules of everything in a pack.
pub fn rules(pack: &Pack) -> Vec<Standard> {
    let mut made = Maker {
        without: &pack.estate.alerting.without,
        rules: Vec::new(),
    };
    let services = || {
        let estate = pack
            .estate
            .services
            .iter()
            .filter(|(name, _)| !pack.scenario.services.contains_key(*name));
        estate.chain(&pack.scenario.services)
    };
    for (name, service) in services() {
        made.requests(name, service);
    }
    for (name, service) in services() {
        made.groups(name, service);
    }
    let known: Vec<&str> = services()
        .filter(|(_, service)| service.known_crash_loop.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    made.workloads(&known);
    made.nodes();
    made.servers(pack);
    made.rules
}

struct Maker<'a> {
    without: &'a [String],
    rules: Vec<Standard>,
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> Map<String> {
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Maker<'_> {
    fn add(&mut self, name: &str, group: &'static str, rule: AlertRule) {
        if !self.without.iter().any(|other| other == name) {
            self.rules.push(Standard {
                name: name.to_owned(),
                group,
                rule,
            });
        }
    }

    /// Failing and slow requests of a service.
    fn requests(&mut self, name: &str, service: &Service) {
        let http = |route: &String| route.contains(' ');
        let by = "sum by (namespace, service)".to_owned();
        let of = |more: &str| format!("{{service=\"{name}\"{more}}}[5m]");
        for is_http in [true, false] {
            if !service.routes.keys().any(|route| http(route) == is_http) {
                continue;
            }
            let (counter, failed) = if is_http {
                ("http_requests_total", ",status=~\"5..\"".to_owned())
            } else {
                (
                    "grpc_server_handled_total",
                    format!(",grpc_code=~\"{GRPC_FAILURES}\""),
                )
            };
            let (failed, all) = (of(&failed), of(""));
            let rule = AlertRule {
                expr: format!(
                    "{by} (rate({counter}{failed})) / {by} (rate({counter}{all})) > 0.05 and {by} (rate({counter}{all})) > {LEAST_REQUESTS}"
                ),
                hold: Duration::from_secs(300),
                labels: map([("severity", "warning"), ("team", &service.team)]),
                annotations: map([(
                    "summary",
                    "{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} fail",
                )]),
                ..plain(name)
            };
            self.add("HighErrorRate", "services", rule);
        }
        let Some(slow) = service.slow_above else {
            return;
        };
        let seconds = slow.millis as f64 / 1000.0;
        let Some(bound) = BUCKETS.into_iter().find(|bound| *bound >= seconds) else {
            return;
        };
        for is_http in [true, false] {
            if !service.routes.keys().any(|route| http(route) == is_http) {
                continue;
            }
            let histogram = if is_http {
                "http_request_duration_seconds"
            } else {
                "grpc_server_handling_seconds"
            };
            let (quick, all) = (of(&format!(",le=\"{bound}\"")), of(""));
            let rule = AlertRule {
                expr: format!(
                    "1 - {by} (rate({histogram}_bucket{quick})) / {by} (rate({histogram}_count{all})) > 0.05 and {by} (rate({histogram}_count{all})) > {LEAST_REQUESTS}"
                ),
                hold: Duration::from_secs(300),
                labels: map([("severity", "warning"), ("team", &service.team)]),
                annotations: map([(
                    "summary",
                    &format!(
                        "{{{{ $value | humanizePercentage }}}} of the requests to {{{{ $labels.service }}}} take longer than {bound} s"
                    ),
                )]),
                ..plain(name)
            };
            self.add("HighLatency", "services", rule);
        }
    }

    fn groups(&mut self, name: &str, service: &Service) {
        for consumes in &service.consumes {
            let rule = AlertRule {
                expr: format!(
                    "sum by (consumergroup) (kafka_consumergroup_lag{{consumergroup=\"{}\"}}) > 5000",
                    consumes.group
                ),
                hold: Duration::from_secs(900),
                labels: map([
                    ("severity", "warning"),
                    ("team", &service.team),
                    ("namespace", &service.namespace),
                ]),
                annotations: map([(
                    "summary",
                    "Group {{ $labels.consumergroup }} is {{ $value }} messages behind",
                )]),
                ..plain(name)
            };
            self.add("ConsumerLagHigh", "kafka", rule);
        }
    }

    /// What kube-state-metrics and cAdvisor tell of workloads, those left out that are known to crash.
    fn workloads(&mut self, known: &[&str]) {
        let known = known.join("|");
        let except = |label: &str, more: &str| match (known.is_empty(), more.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!("{{{more}}}"),
            (false, true) => format!("{{{label}!~\"{known}\"}}"),
            (false, false) => format!("{{{more},{label}!~\"{known}\"}}"),
        };
        let (containers, deployments) = (except("container", ""), except("deployment", ""));
        let warning = || map([("severity", "warning")]);
        let rule = AlertRule {
            expr: format!(
                "increase(kube_pod_container_status_restarts_total{containers}[30m]) > 3"
            ),
            hold: Duration::from_secs(600),
            labels: warning(),
            annotations: map([(
                "summary",
                "{{ $labels.pod }} restarts again and again: {{ $value | printf \"%.0f\" }} times in half an hour",
            )]),
            ..nobody()
        };
        self.add("PodCrashLooping", "kubernetes", rule);
        let missing = format!(
            "kube_deployment_spec_replicas{deployments} - kube_deployment_status_replicas_available{deployments} > 0"
        );
        let rule = AlertRule {
            expr: missing,
            hold: Duration::from_secs(900),
            labels: warning(),
            annotations: map([(
                "summary",
                "{{ $labels.deployment }} has {{ $value }} pods too few",
            )]),
            ..nobody()
        };
        self.add("DeploymentReplicasMissing", "kubernetes", rule);
        let rule = AlertRule {
            expr: format!(
                "kube_deployment_status_replicas_available{deployments} == 0 unless kube_deployment_spec_replicas{deployments} == 0"
            ),
            hold: Duration::from_secs(300),
            labels: map([("severity", "critical")]),
            annotations: map([("summary", "No pod of {{ $labels.deployment }} is available")]),
            ..nobody()
        };
        self.add("DeploymentDown", "kubernetes", rule);
        let limits = except("container", "resource=\"memory\"");
        let rule = AlertRule {
            expr: format!(
                "container_memory_working_set_bytes{containers} / on (namespace, pod, container) kube_pod_container_resource_limits{limits} > 0.95"
            ),
            hold: Duration::from_secs(600),
            labels: warning(),
            annotations: map([(
                "summary",
                "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory",
            )]),
            ..nobody()
        };
        self.add("ContainerMemoryHigh", "kubernetes", rule);
    }

    fn nodes(&mut self) {
        let rule = |expr: &str, minutes: i64, severity: &str, summary: &str| AlertRule {
            expr: expr.to_owned(),
            hold: Duration::from_secs(minutes * 60),
            labels: map([("severity", severity)]),
            annotations: map([("summary", summary)]),
            ..nobody()
        };
        self.add(
            "NodeDiskFull",
            "nodes",
            rule(
                "node_filesystem_avail_bytes < 2e9",
                5,
                "critical",
                "{{ $labels.node }} has {{ $value | humanize1024 }}B left",
            ),
        );
        self.add(
            "NodeMemoryHigh",
            "nodes",
            rule(
                "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.95",
                10,
                "warning",
                "{{ $labels.node }} uses {{ $value | humanizePercentage }} of its memory",
            ),
        );
        self.add(
            "NodeLoadHigh",
            "nodes",
            rule(
                "node_load1 > 32",
                15,
                "warning",
                "The load of {{ $labels.node }} is {{ $value | humanize }}",
            ),
        );
    }

    fn servers(&mut self, pack: &Pack) {
        for (name, valkey) in &pack.estate.valkey {
            let team = pack
                .estate
                .services
                .get(&valkey.service)
                .map_or("", |service| service.team.as_str());
            let rule = |expr: String, minutes: i64, severity: &str, summary: &str| AlertRule {
                expr,
                hold: Duration::from_secs(minutes * 60),
                labels: map([("severity", severity), ("team", team)]),
                annotations: map([("summary", summary)]),
                ..plain(&valkey.service)
            };
            let own = format!("{{instance=\"{name}\"}}");
            self.add(
                "ValkeyDown",
                "valkey",
                rule(
                    format!("redis_up{own} == 0"),
                    1,
                    "critical",
                    "{{ $labels.instance }} does not answer",
                ),
            );
            self.add(
                "ValkeyMemoryHigh",
                "valkey",
                rule(
                    format!("redis_memory_used_bytes{own} / redis_memory_max_bytes{own} > 0.85"),
                    5,
                    "critical",
                    "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory",
                ),
            );
            self.add(
                "ValkeyEvicting",
                "valkey",
                rule(
                    format!("increase(redis_evicted_keys_total{own}[5m]) > 0"),
                    5,
                    "warning",
                    "{{ $labels.instance }} has evicted {{ $value | humanize }} keys",
                ),
            );
        }
        for (name, server) in &pack.estate.postgres {
            let team = pack
                .estate
                .services
                .get(&server.service)
                .map_or("", |service| service.team.as_str());
            let rule = |expr: String, minutes: i64, severity: &str, summary: &str| AlertRule {
                expr,
                hold: Duration::from_secs(minutes * 60),
                labels: map([("severity", severity), ("team", team)]),
                annotations: map([("summary", summary)]),
                ..plain(&server.service)
            };
            let own = format!("{{instance=\"{name}\"}}");
            self.add(
                "PostgresDown",
                "postgres",
                rule(
                    format!("pg_up{own} == 0"),
                    1,
                    "critical",
                    "{{ $labels.instance }} does not answer",
                ),
            );
            self.add(
                "PostgresConnectionsHigh",
                "postgres",
                rule(
                    format!("sum by (instance) (pg_stat_database_numbackends{own}) / on (instance) pg_settings_max_connections{own} > 0.9"),
                    5,
                    "warning",
                    "{{ $value | humanizePercentage }} of the connections of {{ $labels.instance }} are in use",
                ),
            );
        }
    }
}

/// A rule about a service, with everything still to be said.
fn plain(service: &str) -> AlertRule {
    AlertRule {
        service: Some(service.to_owned()),
        ..nobody()
    }
}

/// A rule whose series say themselves what they are about.
fn nobody() -> AlertRule {
    AlertRule {
        expr: String::new(),
        hold: Duration::default(),
        keep_firing: Duration::default(),
        labels: Map::default(),
        annotations: Map::default(),
        pages: false,
        service: None,
        silences: Vec::new(),
    }
}
