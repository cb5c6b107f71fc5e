//! Traces of the small scenario: they are the requests that were counted, and hold together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::scenario::format::effect::Effect;
use crate::scenario::format::values::Duration;
use crate::sim::plan::Plan;
use crate::sim::telemetry::lines::LineFilter;
use crate::sim::telemetry::reader::Part;
use crate::sim::testing::{small_pack, small_world};

fn all(traces: Traces<'_>, outcome: Outcome, window: (SimTime, SimTime)) -> Vec<ListedTrace> {
    let mut wanted = Wanted {
        outcome,
        from: window.0,
        until: window.1,
        limit: 700,
        ..Wanted::default()
    };
    let mut entries = Vec::new();
    loop {
        let found = traces.list(&wanted);
        assert_eq!(found.looked_from, None);
        entries.extend(found.entries);
        wanted.after = found.next;
        if wanted.after.is_none() {
            return entries;
        }
    }
}

fn last(world: &World, minutes: i64) -> (SimTime, SimTime) {
    (world.now() - Span::from_mins(minutes), world.now())
}

#[test]
fn failed_traces_are_the_failed_requests() {
    let world = small_world();
    let telemetry = world.signals().telemetry();
    let traces = Traces::of(&world);
    let window = last(&world, 10);
    let mut by_route: BTreeMap<(RouteId, usize), u64> = BTreeMap::new();
    for entry in all(traces, Outcome::Error, window) {
        let key = (entry.request.route, entry.request.class);
        *by_route.entry(key).or_default() += 1;
    }
    assert!(by_route.values().sum::<u64>() > 1000);
    for ((route, class), count) in by_route {
        let atom = world.signals().route(route).unwrap().atoms[class];
        let until = |at: SimTime| telemetry.total_until(atom, Part::ALL, at.millis());
        assert_eq!(count, until(window.1) - until(window.0));
        let plan = &world.plan().routes[route.index()];
        let service = &world.plan().services[plan.service.index()];
        let filter = LineFilter {
            services: vec![service.name.clone()],
            names: vec![format!("{} {}", plan.name, plan.classes[class].name)],
            from_ms: window.0.millis(),
            until_ms: window.1.millis(),
            ..LineFilter::default()
        };
        assert_eq!(count, telemetry.count_lines(&filter));
    }
}

#[test]
fn a_line_opens_its_own_trace() {
    let world = small_world();
    let telemetry = world.signals().telemetry();
    let traces = Traces::of(&world);
    let window = last(&world, 2);
    let filter = LineFilter {
        services: vec!["gate".to_owned(), "intake".to_owned()],
        from_ms: window.0.millis(),
        until_ms: window.1.millis(),
        ..LineFilter::default()
    };
    let mut opened = 0;
    let walked: Result<(), ()> = telemetry.each_line(&filter, |line| {
        let Some(id) = telemetry.trace_shown(line.key) else {
            return Ok(());
        };
        let trace = traces.open(id).unwrap();
        let root = &trace.spans[0];
        assert_eq!(*root.service, *line.service);
        assert_eq!(root.pod, line.pod);
        assert_eq!(root.end_us(), line.key.at_ms * 1000);
        let fields: BTreeMap<_, _> = telemetry.line_fields(line.key).into_iter().collect();
        let shown = &fields["duration_ms"];
        let us = root.duration_us;
        assert_eq!(*shown, format!("{}.{:03}", us / 1000, us % 1000));
        if let Some(error) = &root.error {
            assert!(line.text.contains(error), "{error} in {}", line.text);
        }
        opened += 1;
        Ok(())
    });
    walked.unwrap();
    assert!(opened > 300, "{opened}");
}

#[test]
fn spans_lie_within_their_parents() {
    let world = small_world();
    let traces = Traces::of(&world);
    let mut deepest = 0;
    for entry in all(traces, Outcome::Any, last(&world, 2)) {
        let trace = traces.open(entry.trace).unwrap();
        assert_eq!((trace.orphans, trace.cut), (0, false));
        let by_id: BTreeMap<u64, &TraceSpan> =
            trace.spans.iter().map(|span| (span.id, span)).collect();
        assert_eq!(by_id.len(), trace.spans.len());
        let root = &trace.spans[0];
        assert_eq!(root.duration_us, entry.request.event.duration_us);
        for span in &trace.spans[1..] {
            let parent = by_id[&span.parent.unwrap()];
            assert!(span.start_us >= parent.start_us, "{span:#?} in {parent:#?}");
            assert!(span.end_us() <= parent.end_us(), "{span:#?} in {parent:#?}");
        }
        deepest = deepest.max(trace.spans.len());
    }
    assert!(deepest >= 4, "{deepest}");
}

#[test]
fn a_failed_call_is_what_the_callers_failure_comes_from() {
    let world = small_world();
    let traces = Traces::of(&world);
    let mut explained = 0;
    for entry in all(traces, Outcome::Error, last(&world, 2)) {
        let trace = traces.open(entry.trace).unwrap();
        let (service, _, class) = traces.names_of(&entry.request).unwrap();
        if service.name != "gate" || class.name != "dependency" {
            continue;
        }
        let failed: Vec<&TraceSpan> = trace
            .spans
            .iter()
            .filter(|span| span.error.is_some())
            .collect();
        let of = |name: &str| failed.iter().filter(|span| *span.service == *name).count();
        assert!(of("gate") >= 2 && of("intake") >= 1, "{failed:#?}");
        explained += 1;
    }
    assert!(explained > 100, "{explained}");
}

#[test]
fn who_passes_on_what_failed_late_has_waited_for_it() {
    let mut pack = (*small_pack()).clone();
    let fault = pack.scenario.faults.get_mut("jobs-pile-up").unwrap();
    for effect in &mut fault.effects {
        if let Effect::Errors { takes, .. } = effect {
            *takes = Duration { millis: 1500 };
        }
    }
    let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 1);
    let traces = Traces::of(&world);
    let (mut late, mut quick) = (0, 0);
    for entry in all(traces, Outcome::Error, last(&world, 2)) {
        let trace = traces.open(entry.trace).unwrap();
        let (service, route, class) = traces.names_of(&entry.request).unwrap();
        if service.name != "gate" || route.name != "POST /jobs" {
            continue;
        }
        let is_full = |span: &&TraceSpan| {
            let says = span.error.as_deref().unwrap_or("");
            let answers = *span.service == *"intake" && span.kind == SpanKind::Server;
            answers && says.contains("queue is full")
        };
        let full: Vec<u64> = trace
            .spans
            .iter()
            .filter(is_full)
            .map(|span| span.duration_us)
            .collect();
        if class.name == RoutePlan::LATE {
            // It tries twice, and each try takes most of half its time.
            assert!(trace.spans[0].duration_us > 3_000_000, "{:#?}", trace.spans);
            assert_eq!(full.len(), 2, "{:#?}", trace.spans);
            assert!(full.iter().all(|us| *us > 1_300_000), "{full:?}");
            late += 1;
        } else if class.name == "dependency" {
            assert_eq!(full.len(), 0, "{:#?}", trace.spans);
            quick += 1;
        }
    }
    assert!(late > 100 && quick < late / 20, "{late} {quick}");
}

#[test]
fn looking_changes_nothing() {
    let mut world = small_world();
    let window = last(&world, 1);
    let entries = all(Traces::of(&world), Outcome::Any, window);
    let open = |world: &World, entry: &ListedTrace| Traces::of(world).open(entry.trace).unwrap();
    let forwards: Vec<Trace> = entries.iter().map(|entry| open(&world, entry)).collect();
    world.advance_to(window.1 + Span::from_mins(5));
    let mut backwards: Vec<Trace> = entries
        .iter()
        .rev()
        .map(|entry| open(&world, entry))
        .collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    assert_eq!(entries, all(Traces::of(&world), Outcome::Any, window));
}

#[test]
fn orders_hold_the_same_traces() {
    let world = small_world();
    let traces = Traces::of(&world);
    let window = last(&world, 3);
    let newest = all(traces, Outcome::Any, window);
    let sorted = |order| {
        let mut wanted = Wanted {
            from: window.0,
            until: window.1,
            order,
            limit: 37,
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
    };
    let ids = |entries: &[ListedTrace]| {
        let mut ids: Vec<u128> = entries.iter().map(|entry| entry.trace).collect();
        ids.sort_unstable();
        ids
    };
    let slowest = sorted(Order::Slowest);
    assert!(
        slowest.is_sorted_by(|a, b| { a.request.event.duration_us >= b.request.event.duration_us })
    );
    let failed = sorted(Order::Failed);
    assert!(failed.is_sorted_by_key(|entry| entry.request.class == RoutePlan::OK));
    assert_eq!(ids(&slowest), ids(&newest));
    assert_eq!(ids(&failed), ids(&newest));
    assert!(newest.is_sorted_by(|a, b| a.request.event.at_ms >= b.request.event.at_ms));
}

#[test]
fn what_was_not_sampled_cannot_be_opened() {
    let world = small_world();
    let telemetry = world.signals().telemetry();
    let traces = Traces::of(&world);
    let kept = all(traces, Outcome::Ok, last(&world, 5));
    let some = kept[0].request.event.id;
    let mut missing = 0;
    for number in 0..2000 {
        let id = EventId { number, ..some };
        let opened = traces.request_of(telemetry.trace_of_event(id));
        missing += usize::from(opened == Err(Missing::NotKept(traces.one_in())));
    }
    assert!(missing > 0);
    assert_eq!(traces.open(7).unwrap_err(), Missing::Unknown);
}

/// The small scenario with spans collected by a service that suffers in it.
fn lossy_world() -> World {
    let mut pack = (*small_pack()).clone();
    pack.estate.traces.collector = Some("intake".to_owned());
    World::open(Arc::new(Plan::new(Arc::new(pack))), 1)
}

#[test]
fn a_collector_that_suffers_loses_spans() {
    let (world, sound) = (lossy_world(), small_world());
    let window = last(&world, 2);
    let (lossy, whole) = (Traces::of(&world), Traces::of(&sound));
    assert!(lossy.lost_within(window.0, window.1) && !whole.lost_within(window.0, window.1));
    let there = all(lossy, Outcome::Error, window);
    let before = all(whole, Outcome::Error, window);
    assert!(!there.is_empty() && there.len() * 10 < before.len() * 9);
    let mut orphans = 0;
    for entry in &there {
        let trace = lossy.open(entry.trace).unwrap();
        let all_spans = whole.open(entry.trace).unwrap();
        assert!(
            trace
                .spans
                .iter()
                .all(|span| all_spans.spans.contains(span))
        );
        orphans += trace.orphans;
    }
    assert!(orphans > 0);
    let gone = before.iter().find(|entry| !there.contains(entry)).unwrap();
    assert_eq!(lossy.open(gone.trace).unwrap_err(), Missing::Lost);
}
