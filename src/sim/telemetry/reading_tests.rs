//! What a reading leaves out never shows: queries give the same, to the bit, as over all samples as they are.

use super::samples::STALE_BITS;
use super::series_tests::with_requests;
use super::store::Telemetry;
use super::testing::{HOUR_MS, t0_ms};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::matcher::Matcher;
use crate::sim::promql::source::{Series, SeriesSource, SourceError};
use crate::sim::promql::{self, Limits};
use crate::sim::time::{SimTime, Span};

/// A source that is never told what a query looks at.
struct Untold<'a>(&'a Telemetry);

impl SeriesSource for Untold<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        self.0.select(matchers, start, end)
    }

    fn metric_names(&self) -> Vec<String> {
        self.0.metric_names()
    }

    fn label_names(&self, matchers: &[Matcher]) -> Vec<String> {
        self.0.label_names(matchers)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        self.0.label_values(name, matchers)
    }
}

/// An answer's labels and the bits of its values.
fn answer(
    source: &dyn SeriesSource,
    query: &str,
    (start, end, step): (i64, i64, i64),
) -> Vec<(Labels, Vec<u64>)> {
    let expr = promql::parse(query).unwrap();
    let (start, end, step) = (SimTime(start), SimTime(end), Span(step));
    let (matrix, _) = promql::range(source, &expr, start, end, step, &Limits::default()).unwrap();
    let columns = matrix.columns.into_iter();
    columns
        .map(|column| {
            let bits = column.values.iter().map(|value| value.to_bits());
            (column.labels, bits.collect())
        })
        .collect()
}

const QUERIES: [&str; 10] = [
    "rate(http_requests_total[5m])",
    "sum by (pod) (increase(http_requests_total[45s]))",
    "irate(http_request_duration_seconds_bucket[2m])",
    "increase(http_request_duration_seconds_bucket{le=\"0.005\"}[20m] offset 3m)",
    "rate(http_request_duration_seconds_sum[5m]) / rate(http_request_duration_seconds_count[5m])",
    "max_over_time(rate(http_requests_total[1m])[10m:30s])",
    "rate(worker_ticks_total[1h])",
    "http_requests_total",
    "timestamp(kube_pod_container_status_restarts_total)",
    "rate(http_requests_total[3m] @ end())",
];

/// Windows before, around and after what happens to the pods, on and off the scrapes.
fn windows() -> Vec<(i64, i64, i64)> {
    let t0 = t0_ms();
    vec![
        (t0 - 3 * HOUR_MS, t0 - HOUR_MS, 60_000),
        (t0 - HOUR_MS - 7_000, t0 + HOUR_MS / 4, 15_000),
        (t0 - 48 * HOUR_MS, t0 - 47 * HOUR_MS, 300_000),
        (t0 + 1, t0 + 200_000, 7_000),
        (t0 - 2 * HOUR_MS, t0 - 2 * HOUR_MS, 1),
        (t0 + HOUR_MS / 2 - 3_000, t0 + HOUR_MS, 33_000),
    ]
}

fn running() -> Telemetry {
    let mut estate = with_requests();
    let telemetry = &mut estate.telemetry;
    let t0 = t0_ms();
    telemetry.restart_pod(t0 + 101_000, estate.web, 2).unwrap();
    telemetry.stop_pod(t0 + 300_000, estate.web, 3).unwrap();
    telemetry.restart_pod(t0 + 333_000, estate.web, 3).unwrap();
    telemetry
        .set_pod_weight(t0 + 340_000, estate.web, 3, 65_536)
        .unwrap();
    telemetry.set_blind(t0 + 500_000, "http_", true).unwrap();
    telemetry.set_blind(t0 + 610_000, "http_", false).unwrap();
    telemetry.close_until(SimTime(t0 + HOUR_MS / 2 + 4_000));
    estate.telemetry
}

#[test]
fn what_is_not_looked_at_does_not_show() {
    let telemetry = running();
    let mut bare = telemetry.clone();
    bare.set_cache_bytes(0);
    let mut tight = telemetry.clone();
    tight.set_cache_bytes(20_000);
    let mut values = 0;
    for query in QUERIES {
        for window in windows() {
            let expected = answer(&Untold(&telemetry), query, window);
            for (name, source) in [("usual", &telemetry), ("bare", &bare), ("tight", &tight)] {
                let found = answer(source, query, window);
                assert_eq!(found, expected, "{name} {query} {window:?}");
            }
            values += expected.iter().map(|(_, bits)| bits.len()).sum::<usize>();
        }
    }
    assert!(values > 20_000, "{values}");
}

#[test]
fn rises_from_instant_to_instant_need_no_beginning() {
    let telemetry = running();
    let mut rising = 0;
    for query in [
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_sum",
        "worker_ticks_total",
    ] {
        let expr = promql::parse(query).unwrap();
        for (start, end, step) in windows() {
            let (start, end, step) = (SimTime(start), SimTime(end), Span(step));
            let limits = Limits::default();
            let rises = |source: &dyn SeriesSource| {
                let matrix = promql::rises(source, &expr, start, end, step, &limits).unwrap();
                let columns = matrix.columns.into_iter();
                let columns = columns.map(|column| {
                    let bits = column.values.iter().map(|value| value.to_bits());
                    (column.labels, bits.collect::<Vec<_>>())
                });
                columns.collect::<Vec<_>>()
            };
            let found = rises(&telemetry);
            assert_eq!(found, rises(&Untold(&telemetry)), "{query} {start:?}");
            rising += found.len();
        }
    }
    assert!(rising > 100, "{rising}");
}

/// A chart that is drawn again and again while the drill goes on: what was counted is counted on.
#[test]
fn counts_are_carried_on_as_time_goes_by() {
    let mut estate = with_requests();
    let t0 = t0_ms();
    for step in 0..40 {
        let now = t0 + step * 47_000;
        estate.telemetry.close_until(SimTime(now));
        if step == 10 {
            estate
                .telemetry
                .start_pod(now, estate.web, "web-e", "node-3")
                .unwrap();
            estate
                .telemetry
                .set_pod_weight(now + 9_000, estate.web, 4, 65_536)
                .unwrap();
        }
        if step == 20 {
            estate
                .telemetry
                .set_rate(now, estate.good, 3 * 65_536)
                .unwrap();
        }
        let window = (now - HOUR_MS / 4, now, 60_000);
        for query in [QUERIES[0], QUERIES[2]] {
            let fresh = estate.telemetry.clone();
            let found = answer(&estate.telemetry, query, window);
            assert_eq!(found, answer(&Untold(&fresh), query, window), "step {step}");
        }
    }
}

#[test]
fn selected_samples_are_those_of_each_series() {
    let telemetry = running();
    for metric in [
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_sum",
        "kube_pod_container_status_restarts_total",
        "worker_ticks_total",
    ] {
        let window = (t0_ms() - 3 * HOUR_MS, t0_ms() + HOUR_MS);
        let selected = telemetry
            .select(
                &[Matcher::equal("__name__", metric)],
                SimTime(window.0),
                SimTime(window.1),
            )
            .unwrap();
        let read = telemetry.read_series(Some(metric), window, |_| true);
        assert_eq!(selected.len(), read.len());
        let mut markers = 0;
        for (one, (labels, samples)) in selected.iter().zip(&read) {
            assert_eq!(one.labels, Labels::new(labels.clone()));
            assert_eq!(one.times[..], samples.times[..]);
            let bits = |values: &[f64]| {
                values
                    .iter()
                    .map(|value| value.to_bits())
                    .collect::<Vec<_>>()
            };
            assert_eq!(bits(&one.values), bits(&samples.values));
            markers += bits(&one.values)
                .iter()
                .filter(|bits| **bits == STALE_BITS)
                .count();
        }
        assert!(markers > 0 || metric == "worker_ticks_total", "{metric}");
    }
}
