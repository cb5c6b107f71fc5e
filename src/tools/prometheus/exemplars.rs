//! `prometheus_query_exemplars`: traces behind the samples of a latency histogram, as `/api/v1/query_exemplars` answers.
//! Each names a request that its bucket counted. Never a trace that was not kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::query::instant;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::ids::{RouteId, ServiceId};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{self, Expr};
use crate::sim::time::{SimTime, Span};
use crate::sim::traces::{ListedTrace, Order, Traces, Wanted};
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// Prometheus keeps so many of a series: the newest.
const OF_A_SERIES: usize = 5;
/// Traces of a route that are looked at.
const OF_A_ROUTE: usize = 500;
/// No answer has more exemplars.
const MOST: usize = 400;
/// The histograms that have exemplars.
const HISTOGRAMS: [&str; 2] = [
    "http_request_duration_seconds",
    "grpc_server_handling_seconds",
];

/// Queries exemplars.
pub struct QueryExemplars;

/// What to look for. `start` and `end` are RFC 3339 or seconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The PromQL expression whose series are meant, such as
    /// `histogram_quantile(0.99, rate(http_request_duration_seconds_bucket{service="x"}[5m]))`.
    pub query: String,
    /// Start of the window; an hour before its end when left out.
    pub start: Option<String>,
    /// End of the window; now when left out.
    pub end: Option<String>,
}

/// Exemplars by series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    series: Vec<(Labels, Vec<Exemplar>)>,
}

/// A sample's example.
#[derive(Clone, Debug, PartialEq)]
struct Exemplar {
    trace: u128,
    /// How long the request took, in microseconds.
    duration_us: u64,
    at_ms: i64,
}

impl Exemplar {
    fn seconds(&self) -> f64 {
        self.duration_us as f64 / 1e6
    }
}

impl JsonSchema for Output {
    fn schema_name() -> Cow<'static, str> {
        "QueryExemplarsOutput".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "As Prometheus's HTTP API answers: seriesLabels, and exemplars with labels, value and timestamp",
            "type": "object",
            "properties": {
                "status": {"const": "success"},
                "data": {"type": "array"}
            },
            "required": ["status", "data"]
        })
    }
}

impl Serialize for Output {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let exemplar = |one: &Exemplar| {
            json!({
                "labels": {"trace_id": format!("{:032x}", one.trace)},
                "value": format!("{}", one.seconds()),
                "timestamp": one.at_ms as f64 / 1000.0,
            })
        };
        let data: Vec<Value> = self
            .series
            .iter()
            .map(|(labels, exemplars)| {
                let pairs = labels.iter().map(|(name, value)| (name.to_owned(), value));
                json!({
                    "seriesLabels": pairs.collect::<BTreeMap<String, &str>>(),
                    "exemplars": exemplars.iter().map(exemplar).collect::<Vec<Value>>(),
                })
            })
            .collect();
        json!({ "status": "success", "data": data }).serialize(serializer)
    }
}

impl Text for Output {
    fn text(&self) -> String {
        if self.series.is_empty() {
            return "No exemplars.\n".to_owned();
        }
        let mut text = String::new();
        for (labels, exemplars) in &self.series {
            text.push_str(&format!("{}\n", labels.metric_form()));
            for one in exemplars {
                text.push_str(&format!(
                    "    {}  {}  trace_id={:032x}\n",
                    SimTime(one.at_ms).rfc3339(),
                    one.seconds(),
                    one.trace
                ));
            }
        }
        text
    }
}

/// Bucket series that an expression selects, with the route that they count.
fn buckets(world: &World, expr: &Expr, at: SimTime) -> BTreeMap<RouteId, Vec<Labels>> {
    let mut found: BTreeMap<RouteId, Vec<Labels>> = BTreeMap::new();
    for selector in expr.selectors() {
        for labels in world.series().matching_labels(&selector.matchers, at) {
            let name = labels.metric_name();
            let of = name.strip_suffix("_bucket");
            if of.is_some_and(|of| HISTOGRAMS.contains(&of))
                && let Some(route) = route_of(world, &labels)
            {
                let known = found.entry(route).or_default();
                if !known.contains(&labels) {
                    known.push(labels);
                }
            }
        }
    }
    found
}

fn route_of(world: &World, labels: &Labels) -> Option<RouteId> {
    let name = match labels.get("route") {
        "" => format!(
            "{}/{}",
            labels.get("grpc_service"),
            labels.get("grpc_method")
        ),
        path => format!("{} {path}", labels.get("method")),
    };
    let key = (labels.get("service").to_owned(), name);
    world.plan().names.routes.get(&key).copied()
}

fn entries(world: &World, route: RouteId, from: SimTime, until: SimTime) -> Vec<ListedTrace> {
    let service: Option<ServiceId> = world
        .plan()
        .routes
        .get(route.index())
        .map(|route| route.service);
    let wanted = Wanted {
        service,
        route: Some(route),
        from,
        until,
        order: Order::Newest,
        limit: OF_A_ROUTE,
        ..Wanted::default()
    };
    Traces::of(world).list(&wanted).entries
}

/// The bound of a bucket in seconds.
fn bound(labels: &Labels) -> Option<f64> {
    match labels.get("le") {
        "+Inf" => Some(f64::INFINITY),
        bound => bound.parse().ok(),
    }
}

/// The bucket series that has a request's exemplar: of its pod, with the lowest bound of all that is not below its
/// duration.
fn bucket_of<'a>(world: &World, series: &'a [Labels], entry: &ListedTrace) -> Option<&'a Labels> {
    let event = &entry.request.event;
    let atom = world.signals().telemetry().atom_def(event.id.atom)?;
    let bounds = atom.latency.as_ref()?.0.bounds_us();
    let holds = bounds.iter().find(|bound| **bound >= event.duration_us);
    let wanted = holds.map_or(f64::INFINITY, |bound| *bound as f64 / 1e6);
    let pod = Traces::of(world).pod_of(&entry.request);
    let pod = pod.as_deref().unwrap_or("");
    series
        .iter()
        .find(|labels| labels.get("pod") == pod && bound(labels) == Some(wanted))
}

impl Look for QueryExemplars {
    type Args = Args;
    type Output = Output;
    const NAME: &'static str = "prometheus_query_exemplars";
    const FAMILY: Family = Family::Prometheus;
    const ABOUT: &'static str =
        "Names traces behind the samples of a latency histogram; datadog_get_trace opens them";

    fn look(world: &World, args: &Args) -> Result<Seen<Output>, ToolError> {
        let expr = promql::parse(&args.query).map_err(|error| ToolError::new(error.to_string()))?;
        let until = instant(args.end.as_deref(), world.now())?.min(world.now());
        let from = match &args.start {
            Some(start) => instant(Some(start), world.now())?,
            None => until - Span::from_hours(1),
        };
        if until < from {
            return Err(ToolError::new(
                "end timestamp must not be before start time",
            ));
        }
        let mut by_series: BTreeMap<String, (Labels, Vec<Exemplar>)> = BTreeMap::new();
        for (route, series) in buckets(world, &expr, until) {
            for entry in entries(world, route, from, until) {
                let event = &entry.request.event;
                let Some(labels) = bucket_of(world, &series, &entry) else {
                    continue;
                };
                let (_, kept) = by_series
                    .entry(labels.metric_form())
                    .or_insert_with(|| (labels.clone(), Vec::new()));
                if kept.len() < OF_A_SERIES {
                    kept.push(Exemplar {
                        trace: entry.trace,
                        duration_us: event.duration_us,
                        at_ms: event.at_ms,
                    });
                }
            }
        }
        let mut series: Vec<(Labels, Vec<Exemplar>)> = by_series.into_values().collect();
        let mut left = MOST;
        for (_, exemplars) in &mut series {
            exemplars.truncate(left);
            left -= exemplars.len();
            exemplars.reverse();
        }
        series.retain(|(_, exemplars)| !exemplars.is_empty());
        let shown = series.iter().flat_map(|(_, exemplars)| exemplars);
        Ok(Seen {
            shown: shown
                .map(|one| Shown::Trace(format!("{:032x}", one.trace)))
                .collect(),
            output: Output { series },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"query": "rate(grpc_server_handling_seconds_bucket{service=\"intake\",le=\"1\"}[1m])", "start": "2026-03-02T13:59:50Z"}"#,
                about: "Traces behind one bucket",
                prints: "grpc_server_handling_seconds_bucket{grpc_method=\"Put\", grpc_service=\"jobs.Intake\", job=\"intake\", le=\"1\", namespace=\"front\", pod=\"intake-56bb5b9f9b-645lj\", service=\"intake\"}\n    2026-03-02T13:59:52Z  0.797571  trace_id=3940fa7b61d8d3bf1a743e7e192ad5e8\n    2026-03-02T13:59:53Z  0.788548  trace_id=2307fa624a055ae9b0d8f04190db2daf\n    2026-03-02T13:59:54Z  0.961453  trace_id=32b095381947f11c6ab9422c37309480\n    2026-03-02T13:59:55Z  0.984548  trace_id=3bc1aa8208394d0662b16c5af6362532\ngrpc_server_handling_seconds_bucket{grpc_method=\"Put\", grpc_service=\"jobs.Intake\", job=\"intake\", le=\"1\", namespace=\"front\", pod=\"intake-56bb5b9f9b-ccj5j\", service=\"intake\"}\n    2026-03-02T13:59:50Z  0.866349  trace_id=fe29eb00e54fd6ca0aaec7686263fc8f\n    2026-03-02T13:59:57Z  0.852599  trace_id=83fc0f15bfe3cc9db5a7c69747fb542b\n",
            },
            ToolExample {
                args: r#"{"query": "up"}"#,
                about: "Series without exemplars",
                prints: "No exemplars.\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn an_exemplar_lies_in_its_bucket_and_opens() {
        let world = small_world();
        let args = Args {
            query: "histogram_quantile(0.9, sum by (le) (rate(grpc_server_handling_seconds_bucket{service=\"intake\"}[5m])))".to_owned(),
            ..Args::default()
        };
        let seen = QueryExemplars::look(&world, &args).unwrap();
        let traces = Traces::of(&world);
        let mut opened = 0;
        for (labels, exemplars) in &seen.output.series {
            let bound = bound(labels).unwrap();
            for one in exemplars {
                let trace = traces.open(one.trace).unwrap();
                assert_eq!(trace.spans[0].duration_us, one.duration_us);
                assert_eq!(trace.spans[0].pod.as_deref(), Some(labels.get("pod")));
                assert!(one.seconds() <= bound);
                // No bucket is wider than from two fifths of its bound, but the first and the last.
                assert!(bound <= 0.005 || bound > 10.0 || one.seconds() >= bound / 2.5);
                opened += 1;
            }
        }
        assert!(opened > 20, "{opened}");
    }
}
