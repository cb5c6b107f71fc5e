//! Answers what checks of scenario files ask about PromQL, log templates, commits and series: the same readers that the
//! simulation uses. Pure; reads no files.

use std::ops::Range;

use crate::scenario::checks::{HistoryFlaw, Judge, TextFlaw};
use crate::scenario::pack::RepositoryTexts;
use crate::sim::git::Repository;
use crate::sim::git::commit::Signature;
use crate::sim::promql::ast::{
    AggregateOp, Cardinality, Expr, Grouping, Node, Selector, ValueType,
};
use crate::sim::promql::labels::METRIC_NAME;
use crate::sim::promql::matcher::MatchOp;
use crate::sim::rules::template::Template as AlertTemplate;
use crate::sim::telemetry::template::Template;

/// Metrics that components bring by themselves, sorted. A test opens a world with every kind of component and compares.
const METRICS: &[&str] = &[
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "dotnet_threadpool_num_threads",
    "dotnet_total_memory_bytes",
    "go_goroutines",
    "go_memstats_heap_inuse_bytes",
    "go_threads",
    "jvm_gc_overhead",
    "jvm_memory_used_bytes",
    "jvm_threads_live_threads",
    "kafka_consumergroup_current_offset",
    "kafka_consumergroup_lag",
    "kafka_consumergroup_members",
    "kafka_consumergroup_rebalances_total",
    "kafka_topic_partition_current_offset",
    "kafka_topic_partition_oldest_offset",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_pod_container_resource_limits",
    "kube_pod_container_status_restarts_total",
    "kube_pod_created",
    "kube_pod_status_ready",
    "net_http_transport_conns_per_host",
    "net_http_transport_max_conns_per_host",
    "node_filesystem_avail_bytes",
    "node_load1",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "nodejs_active_handles_total",
    "nodejs_eventloop_lag_seconds",
    "nodejs_heap_size_used_bytes",
    "pg_settings_max_connections",
    "pg_stat_database_numbackends",
    "pg_up",
    "process_num_threads",
    "process_open_fds",
    "process_open_handles",
    "process_resident_memory_bytes",
    "process_threads",
    "redis_blocked_clients",
    "redis_connected_clients",
    "redis_db_keys",
    "redis_evicted_keys_total",
    "redis_instantaneous_ops_per_sec",
    "redis_mem_fragmentation_ratio",
    "redis_memory_max_bytes",
    "redis_memory_used_bytes",
    "redis_up",
    "up",
];

/// Counters of requests.
const COUNTERS: &[&str] = &["grpc_server_handled_total", "http_requests_total"];

/// Histograms: each is a family of three metrics.
const HISTOGRAMS: &[&str] = &[
    "grpc_server_handling_seconds",
    "http_request_duration_seconds",
];

/// The simulation's judge.
#[derive(Clone, Copy, Debug)]
pub struct SimJudge;

impl Judge for SimJudge {
    fn metrics(&self) -> Option<Vec<String>> {
        let plain = METRICS
            .iter()
            .chain(COUNTERS)
            .map(|name| (*name).to_owned());
        let parts =
            |family: &&str| ["_bucket", "_sum", "_count"].map(|part| format!("{family}{part}"));
        Some(plain.chain(HISTOGRAMS.iter().flat_map(parts)).collect())
    }

    fn promql(&self, text: &str) -> Result<Vec<(String, Range<usize>)>, TextFlaw> {
        let expr = crate::sim::promql::parse(text).map_err(|error| TextFlaw {
            span: error.span(),
            message: error.message,
        })?;
        let mut found = Vec::new();
        selectors(&expr, &mut found);
        Ok(found)
    }

    fn labels_of(&self, promql: &str) -> Option<Vec<String>> {
        let expr = crate::sim::promql::parse(promql).ok()?;
        labels_of(&expr)
    }

    fn alert_template(&self, text: &str) -> Result<Vec<(String, Range<usize>)>, TextFlaw> {
        match AlertTemplate::parse(text) {
            Ok(template) => Ok(template.labels().to_vec()),
            Err(error) => Err(TextFlaw {
                span: error.span,
                message: error.message,
            }),
        }
    }

    fn alerts(&self) -> &'static [&'static str] {
        crate::sim::rules::standard::NAMES
    }

    fn lines(&self) -> Option<&'static [&'static str]> {
        Some(&crate::sim::signals::LINES)
    }

    fn template(&self, text: &str) -> Result<(), TextFlaw> {
        Template::parse(text).map(drop).map_err(|error| TextFlaw {
            message: error.to_string(),
            span: error.span,
        })
    }

    fn history(&self, name: &str, branch: &str, texts: &RepositoryTexts) -> Vec<HistoryFlaw> {
        let importer = Signature::new("release bot", "bot@localhost");
        let source = super::world::repositories::source(name, branch, texts, &importer);
        let Err(errors) = Repository::build(source) else {
            return Vec::new();
        };
        errors
            .into_iter()
            .map(|error| {
                let message = error.to_string();
                // Every error that is about a commit begins with it.
                let commit = message
                    .strip_prefix("commit ")
                    .and_then(|rest| rest.split_once(':'))
                    .map(|(id, _)| id.to_owned());
                HistoryFlaw { commit, message }
            })
            .collect()
    }
}

/// The labels that an expression's series can have, where it groups by names; `None` where the series decide.
fn labels_of(expr: &Expr) -> Option<Vec<String>> {
    match &expr.node {
        Node::Paren(inner) | Node::Negate(inner) => labels_of(inner),
        Node::Aggregate(aggregate) => match (&aggregate.grouping, aggregate.op) {
            (_, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::CountValues)
            | (Grouping::Without(_), _) => None,
            (Grouping::By(names), _) => Some(names.clone()),
        },
        Node::Binary(binary) => {
            if binary.matching.cardinality != Cardinality::OneToOne {
                return None;
            }
            match (
                binary.left.value_type(),
                binary.right.value_type(),
                &binary.matching.labels,
            ) {
                (ValueType::Vector, ValueType::Vector, Grouping::By(names)) => Some(names.clone()),
                (ValueType::Scalar, ..) => labels_of(&binary.right),
                _ => labels_of(&binary.left),
            }
        }
        _ => None,
    }
}

/// The metrics that an expression names, each with the place of its selector.
fn selectors(expr: &Expr, found: &mut Vec<(String, Range<usize>)>) {
    match &expr.node {
        Node::Number(_) | Node::Text(_) => {}
        Node::Vector(selector) | Node::Matrix(selector, _) => found.extend(metric(selector, expr)),
        Node::Subquery(subquery) => selectors(&subquery.inner, found),
        Node::Call(_, arguments) => {
            for argument in arguments {
                selectors(argument, found);
            }
        }
        Node::Aggregate(aggregate) => {
            selectors(&aggregate.inner, found);
            if let Some(parameter) = &aggregate.parameter {
                selectors(parameter, found);
            }
        }
        Node::Binary(binary) => {
            selectors(&binary.left, found);
            selectors(&binary.right, found);
        }
        Node::Negate(inner) | Node::Paren(inner) => selectors(inner, found),
    }
}

fn metric(selector: &Selector, expr: &Expr) -> Option<(String, Range<usize>)> {
    let matchers = selector.matchers.iter();
    let name = matchers
        .filter(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
        .map(|matcher| matcher.value().to_owned())
        .next()?;
    let start = expr.place.span().start;
    let span = start..start + name.len();
    Some((name, span))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::format::service::Runtime;
    use crate::scenario::loader::{Source, load};
    use crate::sim::World;
    use crate::sim::plan::Plan;

    #[test]
    fn every_series_that_components_bring_is_known() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scenarios");
        let mut pack = load(&Source::folder(root), "small").unwrap();
        let gate = pack.estate.services["gate"].clone();
        for runtime in [
            Runtime::Node,
            Runtime::Python,
            Runtime::Ruby,
            Runtime::Rust,
            Runtime::Cpp,
            Runtime::Php,
            Runtime::Proxy,
        ] {
            let mut service = gate.clone();
            service.runtime = runtime;
            let name = format!("{runtime:?}").to_lowercase();
            pack.estate.services.insert(name, service);
        }
        let known = SimJudge.metrics().unwrap();
        let declared: Vec<String> = pack
            .estate
            .series
            .values()
            .map(|spec| spec.metric.clone())
            .chain(pack.estate.recordings.keys().cloned())
            .collect();
        let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 1);
        let metrics = world.signals().telemetry().metrics();
        assert!(metrics.len() > 40, "{}", metrics.len());
        let unknown: Vec<_> = metrics
            .iter()
            .map(|metric| metric.metric.as_str())
            .filter(|name| !HISTOGRAMS.contains(name))
            .filter(|name| !known.iter().chain(&declared).any(|other| other == name))
            .collect();
        assert_eq!(unknown, Vec::<&str>::new());
    }

    #[test]
    fn metrics_of_an_expression_are_found_with_their_places() {
        let found = SimJudge
            .promql("sum(rate(a_total{x=\"1\"}[5m])) / -max_over_time((b > 1)[1h:1m])")
            .unwrap();
        assert_eq!(
            found,
            [("a_total".to_owned(), 9..16), ("b".to_owned(), 48..49)]
        );
        assert!(SimJudge.promql("sum(").is_err());
    }

    #[test]
    fn labels_of_an_expression_are_known_where_it_groups_by_names() {
        let labels = |text: &str| SimJudge.labels_of(text);
        let named = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(
            labels("sum by (pod) (a) / sum by (pod) (b) > 1"),
            named(&["pod"])
        );
        assert_eq!(labels("1 - (max by (a, b) (x))"), named(&["a", "b"]));
        assert_eq!(labels("a / on (node) b"), named(&["node"]));
        assert_eq!(labels("a > 1"), None);
        assert_eq!(labels("sum without (pod) (a)"), None);
        assert_eq!(labels("topk by (pod) (1, a)"), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        assert_eq!(SimJudge.template("took {ms:digits(1..9)}ms"), Ok(()));
        let flaw = SimJudge.template("took {ms}ms").unwrap_err();
        assert_eq!(flaw.span, 6..8);
    }
}
