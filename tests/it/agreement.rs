//! Series, lines, traces, kubectl and Kafka tell the same story: exactly where they come from the same events, within the
//! sampling error otherwise. Held on the shipped scenario and several seeds, at a moment when much is going wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use firedrill::scenario::format::telemetry::Level;
use firedrill::scenario::loader::{self, Source};
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::sim::promql::{self, Limits};
use firedrill::sim::telemetry::lines::{Direction, LineFilter, LogLine};
use firedrill::sim::telemetry::reader::Part;
use firedrill::sim::telemetry::slots::SlotTrack;
use firedrill::sim::telemetry::store::Telemetry;
use firedrill::sim::time::{SimTime, Span};

const SEEDS: [u64; 2] = [1, 1_234_567];

fn plan() -> Arc<Plan> {
    static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
    let load = || {
        let root = Source::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        let pack =
            loader::load(&root, "carts-emptying").expect("the shipped scenario has no problems");
        Arc::new(Plan::new(Arc::new(pack)))
    };
    Arc::clone(PLAN.get_or_init(load))
}

/// A world twenty minutes after the page.
fn world(seed: u64) -> World {
    let mut world = World::open(plan(), seed);
    let later = world.now() + Span::from_mins(20);
    world.advance_to(later);
    world
}

/// The worlds of all seeds, twenty minutes after the page.
fn worlds() -> impl Iterator<Item = World> {
    SEEDS.into_iter().map(world)
}

/// The value of an expression at an instant, by the labels of its samples.
fn values(world: &World, query: &str, at: SimTime) -> BTreeMap<String, f64> {
    let expr = promql::parse(query).expect("the query can be read");
    let telemetry = world.signals().telemetry();
    let (value, _) =
        promql::instant(telemetry, &expr, at, &Limits::default()).expect("the query has a value");
    value
        .samples()
        .iter()
        .map(|sample| (sample.labels.to_string(), sample.value))
        .collect()
}

fn value(world: &World, query: &str, at: SimTime) -> f64 {
    values(world, query, at).values().sum()
}

fn window(from: SimTime, until: SimTime) -> LineFilter {
    LineFilter {
        from_ms: from.millis(),
        until_ms: until.millis(),
        ..LineFilter::default()
    }
}

fn all_lines(telemetry: &Telemetry, filter: &LineFilter) -> Vec<LogLine> {
    let mut lines = Vec::new();
    let walked: Result<(), ()> = telemetry.each_line(filter, |line| {
        lines.push(line);
        Ok(())
    });
    walked.expect("nothing stops the walk");
    lines
}

/// Windows of closed history in whole minutes: an ordinary hour of the day before, the last one before the page, the drill.
fn windows(world: &World) -> [(SimTime, SimTime); 3] {
    let page = world.plan().page;
    let minute = page.floor_to(Span::from_mins(1));
    let day = minute - Span::from_hours(20);
    [
        (day, day + Span::from_mins(30)),
        (minute - Span::from_mins(30), minute),
        (minute, minute + Span::from_mins(15)),
    ]
}

/// What the atoms of a template counted in a window, all of them and those that write lines.
fn counted(
    telemetry: &Telemetry,
    atom: firedrill::sim::telemetry::atom::AtomId,
    from: SimTime,
    until: SimTime,
) -> u64 {
    telemetry.total_until(atom, Part::ALL, until.millis())
        - telemetry.total_until(atom, Part::ALL, from.millis())
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn error_lines_are_the_error_counters() {
    for world in worlds() {
        let world = &world;
        let telemetry = world.signals().telemetry();
        for (from, until) in windows(world) {
            let mut events = 0;
            for (_, def) in telemetry.log_defs() {
                if def.level < Level::Error || def.keep_one_in > 1 {
                    continue;
                }
                let filter = LineFilter {
                    services: vec![def.service.to_string()],
                    names: vec![def.name.to_string()],
                    levels: vec![def.level],
                    ..window(from, until)
                };
                let lines = telemetry.count_lines(&filter);
                assert_eq!(
                    lines,
                    counted(telemetry, def.atom, from, until),
                    "{} {} from {from}",
                    def.service,
                    def.name
                );
                events += lines;
            }
            assert!(events > 0, "no error from {from}");
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn error_counters_of_prometheus_rise_by_the_error_lines() {
    for world in worlds() {
        let world = &world;
        let telemetry = world.signals().telemetry();
        let plan = world.plan();
        let mut compared = 0;
        for (from, until) in windows(world) {
            for route in &plan.routes {
                let service = &plan.services[route.service.index()];
                if began_anew(world, route.service, from, until) {
                    continue;
                }
                let metric = if let Some((method, path)) = route.name.split_once(' ') {
                    format!(
                        "http_requests_total{{service=\"{}\",method=\"{method}\",route=\"{path}\",status=",
                        service.name
                    )
                } else {
                    let (of, method) = route.name.rsplit_once('/').expect("a method has a service");
                    format!(
                        "grpc_server_handled_total{{service=\"{}\",grpc_service=\"{of}\",grpc_method=\"{method}\",grpc_code=",
                        service.name
                    )
                };
                let mut by_status: BTreeMap<&str, u64> = BTreeMap::new();
                for class in route.classes.iter().filter(|class| class.name != "ok") {
                    let filter = LineFilter {
                        services: vec![service.name.clone()],
                        names: vec![format!("{} {}", route.name, class.name)],
                        ..window(from, until)
                    };
                    *by_status.entry(&class.status).or_default() += telemetry.count_lines(&filter);
                }
                for (status, lines) in by_status.into_iter().filter(|(_, lines)| *lines > 0) {
                    let query = format!("sum({metric}\"{status}\"}})");
                    let rise = value(world, &query, until) - value(world, &query, from);
                    assert_eq!(rise, lines as f64, "{query} from {from}");
                    compared += 1;
                }
            }
        }
        assert!(compared >= 10, "only {compared} counters could be compared");
    }
}

/// Whether a pod of a service came, went or began anew in a window: its counter then does not stand on what it was.
fn began_anew(
    world: &World,
    service: firedrill::sim::ids::ServiceId,
    from: SimTime,
    until: SimTime,
) -> bool {
    let telemetry = world.signals().telemetry();
    let slots = world
        .signals()
        .service(service)
        .and_then(|service| telemetry.slots(service.slots));
    let inside = |at: i64| from.millis() - 15_000 <= at && at <= until.millis() + 15_000;
    slots
        .into_iter()
        .flat_map(SlotTrack::slots)
        .any(|(_, slot)| {
            inside(slot.start_ms)
                || slot.end_ms.is_some_and(inside)
                || slot.container_starts().into_iter().any(inside)
        })
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn sampled_lines_stand_for_the_requests() {
    for world in worlds() {
        let world = &world;
        let telemetry = world.signals().telemetry();
        for (from, until) in windows(world) {
            let (mut lines, mut events) = (0.0, 0.0);
            for (_, def) in telemetry.log_defs().filter(|(_, def)| def.keep_one_in > 1) {
                let filter = LineFilter {
                    services: vec![def.service.to_string()],
                    names: vec![def.name.to_string()],
                    ..window(from, until)
                };
                let kept = telemetry.count_lines(&filter) as f64;
                let all = counted(telemetry, def.atom, from, until) as f64;
                let share = f64::from(def.keep_one_in);
                // A binomial's deviation, five times.
                let off = 5.0 * (all * (share - 1.0)).sqrt() + share;
                assert!(
                    (kept * share - all).abs() <= off,
                    "{} {}: {kept} lines stand for {all} requests",
                    def.service,
                    def.name
                );
                lines += kept * share;
                events += all;
            }
            assert!(
                events > 10_000.0 && (lines / events - 1.0).abs() < 0.02,
                "{lines} of {events}"
            );
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn every_line_made_is_a_line_counted() {
    for world in worlds() {
        let world = &world;
        let telemetry = world.signals().telemetry();
        let until = world.plan().page.floor_to(Span::from_mins(1)) + Span::from_mins(12);
        let from = until - Span::from_mins(10);
        let lines = all_lines(telemetry, &window(from, until));
        assert!(lines.is_sorted_by(|a, b| a.key < b.key));
        let mut by_service: BTreeMap<(String, Level), u64> = BTreeMap::new();
        let mut by_pod: BTreeMap<String, u64> = BTreeMap::new();
        for line in &lines {
            *by_service
                .entry((line.service.to_string(), line.level))
                .or_default() += 1;
            *by_pod
                .entry(line.pod.as_deref().unwrap_or("").to_owned())
                .or_default() += 1;
        }
        assert_eq!(
            telemetry.count_lines(&window(from, until)),
            lines.len() as u64
        );
        for ((service, level), count) in by_service {
            let filter = LineFilter {
                services: vec![service.clone()],
                levels: vec![level],
                ..window(from, until)
            };
            assert_eq!(telemetry.count_lines(&filter), count, "{service} {level:?}");
        }
        for (pod, count) in by_pod.into_iter().filter(|(pod, _)| !pod.is_empty()) {
            let filter = LineFilter {
                pods: vec![pod.clone()],
                ..window(from, until)
            };
            assert_eq!(telemetry.count_lines(&filter), count, "{pod}");
        }
    }
}

#[test]
fn a_line_shows_its_event_wherever_it_is_looked_at() {
    let world = &world(SEEDS[0]);
    let telemetry = world.signals().telemetry();
    let until = world.now().floor_to(Span::from_mins(1));
    let lines = all_lines(telemetry, &window(until - Span::from_secs(20), until));
    for line in lines.iter().step_by(37) {
        assert_eq!(telemetry.line(line.key).as_ref(), Some(line));
        if let Some(trace) = telemetry.trace_shown(line.key) {
            assert!(
                line.text.contains(&format!("{trace:032x}")),
                "{}",
                line.text
            );
            assert!(telemetry.lines_of_trace(trace).contains(&line.key));
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn histograms_are_monotone_and_agree_with_counters() {
    for world in worlds() {
        let world = &world;
        let at = world.now().floor_to(Span::from_secs(15));
        let buckets = values(world, "http_request_duration_seconds_bucket", at);
        assert!(!buckets.is_empty(), "no histogram");
        let mut by_series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (labels, count) in buckets {
            let (before, rest) = labels.split_once("le=\"").expect("a bucket has a bound");
            let (bound, after) = rest.split_once('"').expect("the bound ends");
            let bound = bound
                .replace("+Inf", "inf")
                .parse()
                .expect("the bound is a number");
            let series = format!("{before}{}", after.trim_start_matches(", "));
            let series = series.replace("_bucket", "");
            by_series.entry(series).or_default().push((bound, count));
        }
        let counts = values(world, "http_request_duration_seconds_count", at);
        let sums = values(world, "http_request_duration_seconds_sum", at);
        let strip = |all: BTreeMap<String, f64>, suffix: &str| -> BTreeMap<String, f64> {
            all.into_iter()
                .map(|(labels, value)| (labels.replace(suffix, ""), value))
                .collect()
        };
        let (counts, sums) = (strip(counts, "_count"), strip(sums, "_sum"));
        for (series, mut buckets) in by_series {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{series}");
            let count = buckets.last().expect("there is a last bucket").1;
            assert_eq!(counts.get(&series), Some(&count), "{series}");
            let sum = sums[&series];
            // Each event lies between its bucket's bounds, so the sum lies between theirs.
            let (mut low, mut high, mut before) = (0.0, 0.0, (0.0, 0.0));
            for bucket in &buckets {
                let inside = bucket.1 - before.1;
                low += inside * before.0;
                high += inside * if bucket.0.is_finite() { bucket.0 } else { 60.0 };
                before = *bucket;
            }
            assert!(
                low <= sum * 1.000_001 && sum <= high * 1.000_001,
                "{series}: {low} {sum} {high}"
            );
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn request_counters_are_the_histograms_counts() {
    for world in worlds() {
        let world = &world;
        let at = world.now().floor_to(Span::from_secs(15));
        let counters = values(world, "sum by (service, pod) (http_requests_total)", at);
        let histograms = values(
            world,
            "sum by (service, pod) (http_request_duration_seconds_count)",
            at,
        );
        assert!(!histograms.is_empty());
        for (labels, count) in histograms {
            assert_eq!(counters.get(&labels), Some(&count), "{labels}");
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn counters_fall_at_restarts_alone() {
    for world in worlds() {
        let world = &world;
        let telemetry = world.signals().telemetry();
        let until = world.now();
        let from = until - Span::from_mins(40);
        let mut falls = 0;
        for info in telemetry.metrics() {
            use firedrill::sim::telemetry::series::MetricKind;
            if info.kind == MetricKind::Gauge {
                continue;
            }
            let walked: Result<(), ()> = telemetry.each_series(
                &info.metric,
                (from.millis(), until.millis()),
                |labels, samples| {
                    let pod = labels
                        .iter()
                        .find(|(name, _)| name == "pod")
                        .map(|(_, pod)| pod.as_str());
                    let points = samples.times.iter().zip(&samples.values);
                    let points: Vec<(i64, f64)> = points
                        .filter(|(_, value)| !value.is_nan())
                        .map(|(at, value)| (*at, *value))
                        .collect();
                    for pair in points.windows(2) {
                        if pair[1].1 < pair[0].1 {
                            falls += 1;
                            assert!(
                                restarted(telemetry, world, pod, pair[0].0, pair[1].0),
                                "{labels:?} falls from {} to {} at {}",
                                pair[0].1,
                                pair[1].1,
                                SimTime(pair[1].0)
                            );
                        }
                    }
                    Ok(())
                },
            );
            walked.expect("nothing stops the walk");
        }
        assert!(falls > 0, "something restarts in this incident");
    }
}

/// Whether a pod's container began anew between two instants.
fn restarted(
    telemetry: &Telemetry,
    world: &World,
    pod: Option<&str>,
    from_ms: i64,
    until_ms: i64,
) -> bool {
    let Some(pod) = pod else { return false };
    let services = 0..world.plan().services.len() as u32;
    services
        .filter_map(|index| {
            world
                .signals()
                .service(firedrill::sim::ids::ServiceId(index))
        })
        .filter_map(|service| telemetry.slots(service.slots))
        .flat_map(SlotTrack::slots)
        .filter(|(_, slot)| *slot.pod == *pod)
        .any(|(_, slot)| {
            slot.container_starts()
                .iter()
                .any(|at| from_ms < *at && *at <= until_ms)
        })
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn restarts_are_those_of_kubectl() {
    for world in worlds() {
        let world = &world;
        let at = world.now();
        let told = values(
            world,
            "sum by (pod) (kube_pod_container_status_restarts_total)",
            at,
        );
        let mut compared = 0;
        for (key, pod) in world.cluster().pods() {
            let labels = format!("{{pod=\"{}\"}}", key.name);
            if let Some(restarts) = told.get(&labels) {
                assert_eq!(*restarts, f64::from(pod.restart_count()), "{labels}");
                compared += 1;
            }
        }
        assert!(compared > 20, "only {compared} pods are told of");
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn lag_is_what_came_in_less_what_went_out() {
    for world in worlds() {
        let world = &world;
        let end = world.now().floor_to(Span::from_secs(15));
        let start = end - Span::from_mins(15);
        let lag = "sum by (consumergroup, topic) (kafka_consumergroup_lag)";
        let done = "sum by (consumergroup, topic) (kafka_consumergroup_current_offset)";
        let ends = "sum by (topic) (kafka_topic_partition_current_offset)";
        let (lag_then, lag_now) = (values(world, lag, start), values(world, lag, end));
        let (done_then, done_now) = (values(world, done, start), values(world, done, end));
        let (in_then, in_now) = (values(world, ends, start), values(world, ends, end));
        assert!(!lag_now.is_empty(), "no group is told of");
        for (group, now) in &lag_now {
            let topic = group.split_once("topic=").expect("a group has a topic").1;
            let topic = format!("{{topic={topic}");
            let came = in_now[&topic] - in_then[&topic];
            let went = done_now[group] - done_then[group];
            assert_eq!(now - lag_then[group], came - went, "{group}");
        }
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn kubectl_logs_shows_the_lines_of_the_log_system() {
    use firedrill::tools::{Place, Registry, Run};
    let world = &world(SEEDS[0]);
    let telemetry = world.signals().telemetry();
    let registry = Registry::standard();
    let kubectl = registry.program("kubectl").expect("there is kubectl");
    let mut compared = 0;
    for (key, pod) in world.cluster().pods() {
        let argv: Vec<String> = [
            "logs",
            &key.name,
            "-n",
            &key.namespace,
            "--since=90s",
            "--timestamps",
        ]
        .map(str::to_owned)
        .to_vec();
        let Run::Answer(answer) = kubectl.run(world, &Place::default(), &argv, "") else {
            panic!("logs changes nothing")
        };
        let started = pod.containers.first().map(|status| status.restart_count);
        let filter = LineFilter {
            pods: vec![key.name.to_string()],
            ..window(world.now() - Span::from_secs(90), world.now())
        };
        let page = telemetry.lines(&filter, None, Direction::Older, 10_000);
        let lines: Vec<String> = page
            .lines
            .iter()
            .rev()
            .flat_map(|line| line.text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let shown: Vec<String> = answer
            .text
            .lines()
            .map(|line| line.split_once(' ').map_or("", |(_, text)| text).to_owned())
            .collect();
        // A container that began anew shows its own life only: the log system has what came before as well.
        assert!(
            lines.ends_with(&shown) || lines == shown,
            "{} (restarts {started:?}): {} lines, {} shown",
            key.name,
            lines.len(),
            shown.len()
        );
        compared += usize::from(!shown.is_empty());
    }
    assert!(compared > 20, "only {compared} pods have lines");
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "takes minutes without optimisation: cargo test --release"
)]
fn looking_changes_nothing() {
    let world = &world(SEEDS[0]);
    let telemetry = world.signals().telemetry();
    let (from, until) = windows(world)[1];
    let first = all_lines(telemetry, &window(until - Span::from_mins(2), until));
    // Another order, other windows, no cache at all.
    let mut other = telemetry.clone();
    other.set_cache_bytes(0);
    for (start, end) in [
        (from, until),
        (from + Span::from_secs(7), until),
        (until - Span::from_mins(1), until),
    ] {
        let counts = |telemetry: &Telemetry| telemetry.count_lines_by_level(&window(start, end));
        assert_eq!(counts(&other), counts(telemetry), "{start} to {end}");
    }
    assert_eq!(
        all_lines(&other, &window(until - Span::from_mins(2), until)),
        first
    );
    let query = "sum by (service) (rate(http_requests_total[5m]))";
    let expr = promql::parse(query).expect("the query can be read");
    let range = |telemetry: &Telemetry, step: i64| {
        promql::range(
            telemetry,
            &expr,
            from,
            until,
            Span::from_secs(step),
            &Limits::default(),
        )
        .expect("the query has values")
        .0
    };
    let (fine, coarse) = (range(telemetry, 15), range(&other, 300));
    for column in &coarse.columns {
        let same = fine
            .columns
            .iter()
            .find(|own| own.labels == column.labels)
            .expect("the series is there");
        for (index, at) in coarse.times.iter().enumerate() {
            let place = fine
                .times
                .iter()
                .position(|time| time == at)
                .expect("the instant is there");
            assert_eq!(
                column.get(index).map(f64::to_bits),
                same.get(place).map(f64::to_bits),
                "{} at {at}",
                column.labels
            );
        }
    }
}

#[test]
fn a_history_holds_ten_million_lines() {
    for world in worlds() {
        let world = &world;
        let lines = world
            .signals()
            .telemetry()
            .count_lines(&LineFilter::default());
        assert!(lines >= 10_000_000, "{lines} lines");
    }
}
