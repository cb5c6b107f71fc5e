//! Series as scrapes show them: counters that reset with their pod, histograms that add up, gauges, blind exporters.

use super::atom::{AtomId, SlotsId};
use super::gauge::{Bend, GaugeDef, GaugeEffect};
use super::history::LevelTrack;
use super::leaf::LeafGrid;
use super::reader::Part;
use super::samples::{STALE_BITS, Samples};
use super::series::{Base, Offsets, PerPod, PodLabel, SeriesDef, SeriesError, Values};
use super::store::{Telemetry, ValueId};
use super::testing::{Estate, HOUR_MS, atom, estate, t0_ms};
use crate::sim::time::{SimTime, Span};

fn series(metric: &str, values: Values) -> SeriesDef {
    SeriesDef {
        metric: metric.to_owned(),
        help: String::new(),
        labels: vec![("job".to_owned(), "alpha".to_owned())],
        per_pod: None,
        values,
        from_ms: None,
    }
}

fn per_pod(slots: SlotsId, scraped: bool) -> PerPod {
    let labels = vec![
        ("pod".to_owned(), PodLabel::Pod),
        ("node".to_owned(), PodLabel::Node),
    ];
    PerPod {
        slots,
        labels,
        scraped,
    }
}

fn counter(atoms: Vec<AtomId>, base: Base) -> Values {
    Values::Counter {
        atoms,
        unit: 1.0,
        base,
        minus: None,
    }
}

/// The samples of the series with this name and pod.
fn read(telemetry: &Telemetry, metric: &str, pod: &str, after: i64, until: i64) -> Samples {
    let is_pod = |labels: &[(String, String)]| {
        pod.is_empty() || labels.iter().any(|(k, v)| k == "pod" && v == pod)
    };
    let mut found = telemetry.read_series(Some(metric), (after, until), is_pod);
    assert_eq!(found.len(), 1, "{metric} {pod}");
    found.remove(0).1
}

pub(super) fn with_requests() -> Estate {
    let mut estate = estate(5);
    let grid = *estate.telemetry.grid();
    // Series may be declared after opening, but then they begin there: these want to be old.
    let mut telemetry = std::mem::replace(&mut estate.telemetry, Telemetry::new(grid, 5));
    telemetry = reopened(&telemetry);
    let mut requests = series(
        "http_requests_total",
        counter(vec![estate.good, estate.bad], Base::AtOrigin(0.0)),
    );
    requests.per_pod = Some(per_pod(estate.web, true));
    telemetry.add_series(requests).unwrap();
    let mut seconds = series(
        "http_request_duration_seconds",
        Values::Histogram {
            atoms: vec![estate.good, estate.bad],
            unit_us: 1_000_000,
        },
    );
    seconds.per_pod = Some(per_pod(estate.web, true));
    telemetry.add_series(seconds).unwrap();
    let mut restarts = series(
        "kube_pod_container_status_restarts_total",
        Values::PodRestarts,
    );
    restarts.per_pod = Some(per_pod(estate.web, false));
    telemetry.add_series(restarts).unwrap();
    telemetry
        .add_series(series(
            "worker_ticks_total",
            counter(vec![estate.ticks], Base::AtOpen(10_000.0)),
        ))
        .unwrap();
    telemetry.open();
    estate.telemetry = telemetry;
    estate
}

/// The same telemetry before it was opened.
fn reopened(telemetry: &Telemetry) -> Telemetry {
    let mut copy = telemetry.clone();
    copy.reopen_for_tests();
    copy
}

#[test]
fn counters_rise_and_reset_with_their_container() {
    let Estate { telemetry, .. } = with_requests();
    let restart = t0_ms() - HOUR_MS / 2 + 3_000;
    let samples = read(
        &telemetry,
        "http_requests_total",
        "web-a",
        t0_ms() - HOUR_MS,
        t0_ms(),
    );
    assert_eq!(samples.times.len(), 240);
    let mut resets = 0;
    for (pair, times) in samples.values.windows(2).zip(samples.times.windows(2)) {
        if pair[1] < pair[0] {
            resets += 1;
            assert!(times[0] <= restart && restart < times[1]);
            assert_eq!(pair[1], 0.0);
        }
    }
    assert_eq!(resets, 1);
    let restarts = read(
        &telemetry,
        "kube_pod_container_status_restarts_total",
        "web-a",
        t0_ms() - HOUR_MS,
        t0_ms(),
    );
    assert_eq!((restarts.values[0], restarts.values[239]), (0.0, 1.0));
}

#[test]
fn a_series_ends_with_a_marker_and_the_next_pod_starts_at_zero() {
    let Estate { telemetry, .. } = with_requests();
    let moment = t0_ms() - 2 * HOUR_MS + 7_000;
    let old = read(
        &telemetry,
        "http_requests_total",
        "web-b",
        moment - 60_000,
        t0_ms(),
    );
    assert_eq!(*old.times.last().unwrap(), t0_ms() - 2 * HOUR_MS + 15_000);
    assert_eq!(old.values.last().unwrap().to_bits(), STALE_BITS);
    assert_eq!(old.times.len(), 5);
    assert!(
        old.values[..4]
            .iter()
            .all(|value| value.to_bits() != STALE_BITS)
    );
    let new = read(
        &telemetry,
        "http_requests_total",
        "web-d",
        moment - 60_000,
        t0_ms(),
    );
    assert_eq!(
        (new.times[0], new.values[0]),
        (t0_ms() - 2 * HOUR_MS + 15_000, 0.0)
    );
    assert!(*new.values.last().unwrap() > 5_000.0);
    let later = telemetry.read_series(
        Some("http_requests_total"),
        (t0_ms() - HOUR_MS, t0_ms()),
        |_| true,
    );
    assert_eq!(later.len(), 3);
}

#[test]
fn histograms_are_monotone_and_their_count_is_the_counter() {
    let Estate { telemetry, .. } = with_requests();
    let window = (t0_ms() - 2 * HOUR_MS, t0_ms() - HOUR_MS);
    let mut buckets = telemetry.read_series(
        Some("http_request_duration_seconds_bucket"),
        window,
        |labels| labels.contains(&("pod".to_owned(), "web-c".to_owned())),
    );
    assert_eq!(buckets.len(), 9);
    let le = |labels: &[(String, String)]| {
        labels
            .iter()
            .find(|(name, _)| name == "le")
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(le(&buckets[0].0), "0.005");
    assert_eq!(le(&buckets[8].0), "+Inf");
    for pair in buckets.windows(2) {
        assert!(
            pair[0]
                .1
                .values
                .iter()
                .zip(&pair[1].1.values)
                .all(|(a, b)| a <= b)
        );
    }
    let all = buckets.pop().unwrap().1;
    let count = read(
        &telemetry,
        "http_request_duration_seconds_count",
        "web-c",
        window.0,
        window.1,
    );
    let requests = read(
        &telemetry,
        "http_requests_total",
        "web-c",
        window.0,
        window.1,
    );
    assert_eq!(all, count);
    assert_eq!(count, requests);
    let sum = read(
        &telemetry,
        "http_request_duration_seconds_sum",
        "web-c",
        window.0,
        window.1,
    );
    let mean = (sum.values[239] - sum.values[0]) / (count.values[239] - count.values[0]);
    assert!((0.02..0.04).contains(&mean), "{mean}");
}

#[test]
fn what_a_window_shows_does_not_depend_on_the_window() {
    let Estate { telemetry, .. } = with_requests();
    for metric in [
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_sum",
    ] {
        let whole = telemetry.read_series(Some(metric), (t0_ms() - 3 * HOUR_MS, t0_ms()), |_| true);
        let fresh = telemetry.clone();
        for start in [7, 233, 718] {
            let after = t0_ms() - 3 * HOUR_MS + start * 15_000;
            for (labels, part) in fresh.read_series(Some(metric), (after, after + 45_000), |_| true)
            {
                let (_, all) = whole.iter().find(|(other, _)| *other == labels).unwrap();
                for (at, value) in part.times.iter().zip(&part.values) {
                    let place = all.times.binary_search(at).unwrap();
                    assert_eq!(
                        all.values[place].to_bits(),
                        value.to_bits(),
                        "{labels:?} {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_counter_has_the_value_it_was_given_at_the_start() {
    let Estate {
        telemetry, ticks, ..
    } = with_requests();
    let ends = read(
        &telemetry,
        "worker_ticks_total",
        "",
        t0_ms() - 5 * HOUR_MS - 1,
        t0_ms(),
    );
    assert_eq!(*ends.values.last().unwrap(), 10_000.0);
    // The pin of 347 lies in the last five hours.
    assert_eq!(ends.values[0], 10_000.0 - 347.0);
    assert!(telemetry.total_until(ticks, Part::ALL, t0_ms()) > 347);
}

fn plain() -> Telemetry {
    let grid = LeafGrid::new(SimTime(t0_ms()), Span::from_hours(5)).unwrap();
    Telemetry::new(grid, 3)
}

#[test]
fn gauges_follow_their_effects_and_aliases_agree() {
    let mut telemetry = plain();
    let level = telemetry.add_level(LevelTrack::intensity());
    let mut gauge = GaugeDef::steady("alpha/memory", 1000.0);
    gauge.noise = 0.01;
    gauge.step = 1.0;
    gauge.range = Some((0.0, 1500.0));
    gauge.effects = vec![GaugeEffect {
        bend: Bend::Scale(4.0),
        level,
        only: Vec::new(),
        after_starts: None,
    }];
    telemetry
        .add_series(series("memory_bytes", Values::Gauge(gauge.clone())))
        .unwrap();
    telemetry
        .add_series(series("memory:recorded", Values::Gauge(gauge)))
        .unwrap();
    telemetry
        .set_level(t0_ms() - HOUR_MS, level, 0, 65_536 / 60)
        .unwrap();
    telemetry.open();
    let window = (t0_ms() - 2 * HOUR_MS, t0_ms());
    let samples = read(&telemetry, "memory_bytes", "", window.0, window.1);
    assert_eq!(
        samples,
        read(&telemetry, "memory:recorded", "", window.0, window.1)
    );
    let before = &samples.values[..200];
    assert!(
        before
            .iter()
            .all(|value| (950.0..1050.0).contains(value) && value.fract() == 0.0)
    );
    assert!(before.iter().any(|value| *value != before[0]));
    assert_eq!(samples.values[479], 1500.0);
}

#[test]
fn a_gauge_may_move_for_a_while_after_each_start_of_a_container() {
    let mut telemetry = plain();
    let level = telemetry.add_level(LevelTrack::intensity());
    let pods = telemetry.add_slots();
    let mut gauge = GaugeDef::steady("alpha/reads", 10.0);
    gauge.effects = vec![GaugeEffect {
        bend: Bend::Toward(100.0),
        level,
        only: Vec::new(),
        after_starts: Some((pods, 60_000)),
    }];
    telemetry
        .add_series(series("reads", Values::Gauge(gauge)))
        .unwrap();
    let begins = t0_ms() - HOUR_MS;
    telemetry
        .set_level(begins - HOUR_MS, level, 32_768, 0)
        .unwrap();
    let slot = telemetry
        .start_pod(begins, pods, "worker-1", "node-a")
        .unwrap();
    telemetry
        .restart_pod(begins + HOUR_MS / 2, pods, slot)
        .unwrap();
    telemetry.open();
    let samples = read(&telemetry, "reads", "", begins - 60_000, t0_ms());
    // At half intensity half of the way, for half of the minute: two scrapes after each of two starts.
    let moved = samples.values.iter().filter(|value| **value == 55.0);
    assert!((4..=6).contains(&moved.count()), "{:?}", samples.values);
    assert!(
        samples
            .values
            .iter()
            .all(|value| [10.0, 55.0].contains(value))
    );
}

#[test]
fn offsets_of_partitions_add_up_and_do_not_hang_on_how_many_instants_are_read() {
    let mut telemetry = plain();
    let produced = telemetry.add_atom(atom("jobs/produced", 3.0)).unwrap();
    let held = [-1, 20_000, -1].map(|offset| telemetry.add_value(offset));
    let offset = |shows: Offsets| Values::Offset {
        atoms: vec![produced],
        end_at_open: 101_140,
        partitions: 3,
        shows,
    };
    let all: Vec<(u32, ValueId)> = (0..).zip(held).collect();
    let mut add = |metric: &str, shows: Offsets| {
        telemetry.add_series(series(metric, offset(shows))).unwrap();
    };
    for number in 0..3 {
        add(&format!("end_{number}"), Offsets::LogEnd(number));
    }
    add("committed", Offsets::Committed(all.clone()));
    add("lag", Offsets::Lag(all));
    telemetry.open();
    let (from, until) = (t0_ms() - HOUR_MS, t0_ms());
    let many = |metric: &str| read(&telemetry, metric, "", from, until).values;
    let ends: Vec<Vec<f64>> = (0..3)
        .map(|number| many(&format!("end_{number}")))
        .collect();
    let (committed, lag) = (many("committed"), many("lag"));
    assert_eq!(lag.len(), 240);
    for place in 0..lag.len() {
        let end: f64 = ends.iter().map(|samples| samples[place]).sum();
        assert_eq!(committed[place] + lag[place], end);
    }
    assert_eq!(
        ends.iter().map(|samples| samples[239]).sum::<f64>(),
        101_140.0
    );
    // Few instants near T0 are counted from there, many from the beginning of history.
    for metric in ["end_1", "committed", "lag"] {
        let few = read(&telemetry, metric, "", until - 60_000, until).values;
        assert_eq!(few.len(), 4);
        assert_eq!(few, many(metric)[236..], "{metric}");
    }
}

#[test]
fn tracks_lags_and_blind_exporters() {
    let mut telemetry = plain();
    let produced = telemetry.add_atom(atom("orders/produced", 2.0)).unwrap();
    let consumed = telemetry.add_level(LevelTrack::new(0, 0, i64::MAX));
    let replicas = telemetry.add_value(3);
    let lag = Values::Counter {
        atoms: vec![produced],
        unit: 1.0,
        base: Base::AtOpen(101_140.0),
        minus: Some(consumed),
    };
    telemetry
        .add_series(series("kafka_consumergroup_lag", lag))
        .unwrap();
    telemetry
        .add_series(series(
            "deployment_replicas",
            Values::Value {
                value: replicas,
                scale: 1.0,
            },
        ))
        .unwrap();
    let offset = Values::Level {
        level: consumed,
        scale: 1.0,
    };
    telemetry
        .add_series(series("kafka_consumergroup_current_offset", offset))
        .unwrap();
    telemetry
        .set_level(t0_ms() - HOUR_MS, consumed, 48_293 << 16, 0)
        .unwrap();
    telemetry
        .set_blind(t0_ms() - 600_000, "kafka_", true)
        .unwrap();
    telemetry
        .set_blind(t0_ms() - 300_000, "kafka_", false)
        .unwrap();
    telemetry.open();
    let lag = read(
        &telemetry,
        "kafka_consumergroup_lag",
        "",
        t0_ms() - HOUR_MS,
        t0_ms(),
    );
    assert_eq!(*lag.values.last().unwrap(), 52_847.0);
    let stale: Vec<_> = lag
        .values
        .iter()
        .filter(|value| value.to_bits() == STALE_BITS)
        .collect();
    assert_eq!((stale.len(), lag.times.len()), (1, 240 - 19));
    telemetry.set_value(t0_ms() + 1, replicas, 0).unwrap();
    let late = telemetry
        .add_series(series("late", Values::Constant(1.0)))
        .unwrap();
    telemetry.end_series(t0_ms() + 50_000, late).unwrap();
    telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    let value = read(
        &telemetry,
        "deployment_replicas",
        "",
        t0_ms() - 1,
        t0_ms() + 15_000,
    )
    .values;
    assert_eq!(value, [3.0, 0.0]);
    let late = read(&telemetry, "late", "", i64::MIN, i64::MAX);
    assert_eq!(
        late.times,
        [0, 15_000, 30_000, 45_000, 60_000].map(|at| t0_ms() + at)
    );
    assert_eq!(late.values[4].to_bits(), STALE_BITS);
}

#[test]
fn what_is_not_registered_is_refused() {
    let mut telemetry = plain();
    let unknown = |metric: &str| Err(SeriesError::Unknown(metric.to_owned()));
    let result = telemetry.add_series(series("a", counter(vec![AtomId(7)], Base::AtOrigin(0.0))));
    assert_eq!(result, unknown("a"));
    assert_eq!(
        telemetry.add_series(series("b", Values::PodRestarts)),
        unknown("b")
    );
    let bare = telemetry.add_atom(atom("bare", 1.0)).unwrap();
    let histogram = Values::Histogram {
        atoms: vec![bare],
        unit_us: 1000,
    };
    let result = telemetry.add_series(series("c", histogram));
    assert_eq!(result, Err(SeriesError::NoBuckets("c".to_owned())));
}

#[test]
fn queries_read_them() {
    use crate::sim::promql::matcher::{MatchOp, Matcher};
    use crate::sim::promql::source::SeriesSource;
    let Estate { telemetry, .. } = with_requests();
    let matchers = [
        Matcher::equal("__name__", "http_request_duration_seconds_bucket"),
        Matcher::new("pod", MatchOp::Regex, "web-(a|c)").unwrap(),
    ];
    let (start, end) = (SimTime(t0_ms() - 300_000), SimTime(t0_ms()));
    let found = telemetry.select(&matchers, start, end).unwrap();
    assert_eq!(found.len(), 18);
    assert!(
        found
            .iter()
            .all(|series| series.times.len() == 20 && series.values.len() == 20)
    );
    assert_eq!(telemetry.estimate_samples(&matchers, start, end), Some(360));
    assert!(telemetry.most_samples(&matchers, start, end) >= Some(360));
    assert_eq!(telemetry.label_values("pod", &matchers), ["web-a", "web-c"]);
    assert_eq!(
        telemetry.label_names(&[Matcher::equal("__name__", "worker_ticks_total")]),
        ["__name__", "job"]
    );
    let names = telemetry.metric_names();
    assert!(names.contains(&"http_request_duration_seconds_sum".to_owned()) && names.is_sorted());
    let all = telemetry.select(&[], start, end).unwrap();
    assert_eq!(all.len(), 3 * 12 + 3 + 1);
}
