//! Traces agree with counters, lines and series on the shipped scenarios and the small one: a failed trace for each failed
//! request and each of its lines, the entry's duration that of its line, and children within parents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::telemetry::lines::LineFilter;
use firedrill::sim::time::{SimTime, Span};
use firedrill::sim::traces::{ListedTrace, Outcome, SpanKind, Traces, Wanted};
use serde_json::json;

use super::asking::ask;

fn worlds() -> Vec<World> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut worlds = Vec::new();
    for (folder, only) in [("scenarios", ""), ("tests/fixtures/scenarios", "small")] {
        let source = Source::folder(root.join(folder));
        let all = loader::list(&source).into_iter();
        for listing in all.filter(|listing| only.is_empty() || listing.name == only) {
            let pack = loader::load(&source, &listing.name).unwrap();
            let plan = Arc::new(Plan::new(Arc::new(pack)));
            worlds.push(World::open(plan, 7));
        }
    }
    assert!(worlds.len() >= 2, "no scenarios were found");
    worlds
}

fn list(world: &World, outcome: Outcome, window: (SimTime, SimTime)) -> Vec<ListedTrace> {
    let traces = Traces::of(world);
    let mut wanted = Wanted {
        outcome,
        from: window.0,
        until: window.1,
        limit: 1000,
        ..Wanted::default()
    };
    let mut entries = Vec::new();
    loop {
        let found = traces.list(&wanted);
        entries.extend(found.entries);
        wanted.after = found.next;
        if wanted.after.is_none() {
            return entries;
        }
    }
}

#[test]
fn failed_traces_are_the_failed_requests_their_lines_and_their_counters() {
    for world in worlds() {
        let (plan, telemetry) = (world.plan(), world.signals().telemetry());
        let end = world.now().floor_to(Span::from_mins(1));
        let window = (end - Span::from_mins(5), end);
        let traces = Traces::of(&world);
        let mut failed: BTreeMap<(String, String), u64> = BTreeMap::new();
        for entry in list(&world, Outcome::Error, window) {
            let (service, route, _) = traces.names_of(&entry.request).unwrap();
            let key = (service.name.clone(), route.name.clone());
            *failed.entry(key).or_default() += 1;
        }
        assert!(!failed.is_empty(), "nothing failed in {}", plan.pack.name);
        for ((service, route), count) in failed {
            let id = plan.names.routes[&(service.clone(), route.clone())];
            let classes = plan.routes[id.index()].classes.iter().skip(1);
            let filter = LineFilter {
                services: vec![service.clone()],
                names: classes
                    .map(|class| format!("{route} {}", class.name))
                    .collect(),
                from_ms: window.0.millis(),
                until_ms: window.1.millis(),
                ..LineFilter::default()
            };
            assert_eq!(count, telemetry.count_lines(&filter), "{service} {route}");
            let metric = if route.contains(' ') {
                "trace.http.request.errors"
            } else {
                "trace.grpc.server.errors"
            };
            let answer = ask(
                &world,
                "datadog_query_metrics",
                &json!({
                    "query": format!("sum:{metric}{{service:{service},resource_name:\"{route}\"}}.as_count().rollup(sum, 300)"),
                    "from": window.0.rfc3339(),
                    "to": window.1.rfc3339(),
                }),
            );
            let points = &answer["series"][0]["pointlist"];
            assert_eq!(
                points,
                &json!([[window.0.millis(), count as f64]]),
                "{service} {route}"
            );
        }
    }
}

#[test]
fn a_trace_is_the_request_of_its_line() {
    for world in worlds() {
        let telemetry = world.signals().telemetry();
        let traces = Traces::of(&world);
        let end = world.now().floor_to(Span::from_mins(1));
        let filter = LineFilter {
            from_ms: (end - Span::from_secs(20)).millis(),
            until_ms: end.millis(),
            ..LineFilter::default()
        };
        let mut opened = 0;
        let walked: Result<(), ()> = telemetry.each_line(&filter, |line| {
            let Some(id) = telemetry.trace_shown(line.key) else {
                return Ok(());
            };
            let trace = traces.open(id).unwrap();
            let root = &trace.spans[0];
            let fields: BTreeMap<_, _> = telemetry.line_fields(line.key).into_iter().collect();
            let us = root.duration_us;
            assert_eq!(
                fields["duration_ms"],
                format!("{}.{:03}", us / 1000, us % 1000)
            );
            assert_eq!(*root.service, *line.service);
            assert_eq!(telemetry.lines_of_trace(id), [line.key]);
            let spans: BTreeMap<u64, _> = trace.spans.iter().map(|span| (span.id, span)).collect();
            for span in &trace.spans[1..] {
                let parent = spans[&span.parent.unwrap()];
                assert!(parent.start_us <= span.start_us && span.end_us() <= parent.end_us());
            }
            opened += 1;
            Ok(())
        });
        walked.unwrap();
        assert!(opened > 50, "{opened} in {}", world.plan().pack.name);
    }
}

/// Who calls gives up after its timeout, and who is called is not heard any longer: in failed and good traces alike, and
/// whoever says that it gave up waiting has waited that long.
#[test]
fn nobody_waits_longer_than_it_would() {
    let mut all_given_up = 0;
    for world in worlds() {
        let plan = world.plan();
        let traces = Traces::of(&world);
        let end = world.now().floor_to(Span::from_mins(1));
        let window = (end - Span::from_mins(2), end);
        let (mut calls, mut given_up) = (0, 0);
        for entry in list(&world, Outcome::Any, window) {
            let trace = traces.open(entry.trace).unwrap();
            for span in &trace.spans {
                let service = &plan.pack.estate.services[&*span.service];
                let Some(client) = (span.parent.is_some() && span.kind == SpanKind::Client)
                    .then_some(&span.resource)
                else {
                    continue;
                };
                let all = service.routes.values().flat_map(|route| &route.calls);
                let waits = all.filter(|call| call.route == *client);
                let Some(longest) = waits.filter_map(|call| call.timeout).max() else {
                    continue;
                };
                let longest_us = u64::try_from(longest.millis).unwrap() * 1000;
                assert!(
                    span.duration_us <= longest_us,
                    "{} waits {} µs for {client} in {:032x}",
                    span.service,
                    span.duration_us,
                    trace.id
                );
                calls += 1;
                let root = &trace.spans[0];
                let said = root.error.as_deref().unwrap_or("").replace('\\', "");
                let error = span.error.as_deref().unwrap_or("none");
                let waited = error.contains("context deadline exceeded");
                // What somebody further down reports is that one's own waiting.
                if waited
                    && span.parent == Some(root.id)
                    && said.contains(error)
                    && !error.starts_with("rpc")
                {
                    given_up += 1;
                    assert!(span.duration_us * 10 >= longest_us * 9, "{:032x}", trace.id);
                }
            }
        }
        assert!(calls > 100, "{calls} calls in {}", plan.pack.name);
        println!("{}: {calls} calls, {given_up} given up", plan.pack.name);
        all_given_up += given_up;
    }
    assert!(all_given_up > 0, "nobody gave up waiting anywhere");
}

/// What a trainee finds in the shipped scenarios: enough traces of enough services, failures of more than one kind, and no
/// single trace with the whole story.
#[test]
fn shipped_scenarios_have_traces_to_read() {
    for world in worlds() {
        let page = ask(
            &world,
            "datadog_list_traces",
            &json!({"sort": "failed", "limit": 200}),
        );
        let rows = page["traces"].as_array().unwrap();
        let of = |field: &str| -> BTreeSet<&str> {
            rows.iter().filter_map(|row| row[field].as_str()).collect()
        };
        assert!(rows.len() >= 20, "{} traces", rows.len());
        assert!(of("service").len() >= 2, "{:?}", of("service"));
        assert!(of("error").len() >= 2, "{:?}", of("error"));
    }
}
