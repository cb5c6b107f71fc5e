//! Lines however they are asked for: every line of a window, made one by one, against pages, counts, histograms and totals.

use super::lines::{Direction, LEVELS, LineFilter, LogLine};
use super::logs::{LineId, LineKey};
use super::reader::Part;
use super::store::Telemetry;
use super::testing::{Estate, HOUR_MS, t0_ms, with_logs};
use crate::scenario::format::telemetry::Level;
use crate::sim::time::SimTime;

fn window(from_ms: i64, until_ms: i64) -> LineFilter {
    LineFilter {
        from_ms: t0_ms() + from_ms,
        until_ms: t0_ms() + until_ms,
        ..LineFilter::default()
    }
}

/// All lines of a filter, oldest first, in one page.
fn all(telemetry: &Telemetry, filter: &LineFilter) -> Vec<LogLine> {
    let page = telemetry.lines(filter, None, Direction::Newer, 10_000);
    assert_eq!(page.next, None);
    page.lines
}

/// Windows in long leaves, over a change of pods, in short leaves and over T0, with edges inside leaves.
fn windows() -> [LineFilter; 4] {
    [
        window(-5 * HOUR_MS + 1_234, -5 * HOUR_MS + 601_234),
        window(-2 * HOUR_MS - 300_000, -2 * HOUR_MS + 300_000),
        window(-35 * 60_000 - 7, -25 * 60_000 + 7_777),
        window(-300_500, 300_500),
    ]
}

fn later(seed: u64) -> Estate {
    let mut estate = with_logs(seed);
    estate.telemetry.close_until(SimTime(t0_ms() + HOUR_MS));
    estate
}

#[test]
fn lines_have_their_form() {
    let Estate { telemetry, .. } = later(1);
    let lines = all(&telemetry, &window(-20 * 60_000, -15 * 60_000));
    let text_of = |name: &str| &lines.iter().find(|line| *line.name == *name).unwrap().text;
    let access = text_of("access");
    assert!(
        access.starts_with(r#"{"time":"2026-03-02T13:4"#),
        "{access}"
    );
    let json: serde_json::Value = serde_json::from_str(access).unwrap();
    assert!(json["msg"].as_str().unwrap().contains("status=200"));
    assert!(json["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(json["trace_id"].as_str().unwrap().len(), 32);
    assert!(
        text_of("access-failed").contains(" level=info logger=alpha.Basket msg=\"GET /basket/")
    );
    let error = text_of("basket-error");
    assert!(
        error.starts_with("fail: alpha.Basket[0]\n      cannot read basket "),
        "{error}"
    );
    assert!(error.contains("\n        at Basket.Read(Basket.cs:"));
    let tick = text_of("tick");
    assert!(
        tick.starts_with("2026-03-02 13:4") && tick.contains(" DEBUG [alpha.Basket] tick "),
        "{tick}"
    );
}

#[test]
fn error_lines_are_the_error_counter_and_access_lines_are_sampled() {
    for seed in 0..4 {
        let Estate {
            telemetry,
            good,
            bad,
            ..
        } = later(seed);
        for filter in [
            window(-2 * HOUR_MS, -2 * HOUR_MS + 600_000),
            window(-600_000, 600_000),
        ] {
            let lines = all(&telemetry, &filter);
            let of = |name: &str| lines.iter().filter(|line| *line.name == *name).count() as u64;
            let total = |atom| {
                telemetry.total_until(atom, Part::ALL, filter.until_ms)
                    - telemetry.total_until(atom, Part::ALL, filter.from_ms)
            };
            assert_eq!(of("basket-error"), total(bad));
            assert_eq!(of("access-failed"), total(bad));
            let expected = total(good) as f64 / 8.0;
            assert!((of("access") as f64 - expected).abs() < 5.0 * libm::sqrt(expected));
        }
    }
}

#[test]
fn pages_of_any_size_and_direction_give_the_same_lines() {
    let Estate { telemetry, .. } = later(2);
    for filter in windows() {
        let lines = all(&telemetry, &filter);
        assert!(lines.len() > 20);
        assert!(lines.is_sorted_by(|a, b| a.key < b.key));
        assert!(
            lines
                .iter()
                .all(|line| (filter.from_ms..filter.until_ms).contains(&line.key.at_ms))
        );
        for limit in [3, 50] {
            for direction in [Direction::Older, Direction::Newer] {
                let mut found = Vec::new();
                let mut cursor = None;
                loop {
                    let page = telemetry.lines(&filter, cursor, direction, limit);
                    found.extend(page.lines);
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                if direction == Direction::Older {
                    found.reverse();
                }
                assert!(found == lines, "{limit} {direction:?}");
            }
        }
    }
}

#[test]
fn counts_agree_with_the_lines() {
    let Estate { telemetry, .. } = later(3);
    for mut filter in windows() {
        for pods in [vec![], vec!["web-a".to_owned(), "web-d".to_owned()]] {
            for levels in [vec![], vec![Level::Error, Level::Fatal], vec![Level::Info]] {
                filter.pods.clone_from(&pods);
                filter.levels = levels;
                let lines = all(&telemetry, &filter);
                let by_level = telemetry.count_lines_by_level(&filter);
                for (level, count) in LEVELS.into_iter().zip(by_level) {
                    assert_eq!(
                        count,
                        lines.iter().filter(|line| line.level == level).count() as u64
                    );
                }
            }
        }
    }
}

#[test]
fn a_line_is_found_by_key_and_by_trace() {
    let Estate { telemetry, .. } = later(4);
    for line in all(&telemetry, &windows()[3]) {
        assert_eq!(telemetry.line(line.key).as_ref(), Some(&line));
        let fields = telemetry.line_fields(line.key);
        let Some(trace) = telemetry.trace_of(line.key) else {
            assert!(matches!(line.key.id, LineId::Scripted(_)) && fields.is_empty());
            continue;
        };
        assert!(line.text.contains(&format!("{trace:032x}")));
        let of_trace = telemetry.lines_of_trace(trace);
        assert!(of_trace.contains(&line.key));
        assert_eq!(of_trace.len(), if line.name.contains('-') { 2 } else { 1 });
        assert!(
            fields
                .iter()
                .all(|(_, value)| line.text.contains(value.as_str())),
            "{fields:?}"
        );
        assert!(fields.iter().any(|(name, _)| &**name == "duration_ms"));
        let moved = LineKey {
            at_ms: line.key.at_ms + 1,
            ..line.key
        };
        assert_eq!(telemetry.line(moved), None);
    }
    assert!(telemetry.lines_of_trace(0x1234).is_empty());
}

#[test]
fn retention_and_services_hold() {
    let Estate { telemetry, .. } = with_logs(5);
    assert_eq!(
        telemetry
            .log_services()
            .iter()
            .map(AsRef::as_ref)
            .collect::<Vec<_>>(),
        ["web", "worker"]
    );
    let day_before = window(-26 * HOUR_MS, -25 * HOUR_MS);
    let lines = all(&telemetry, &day_before);
    assert!(lines.len() > 100);
    assert!(
        lines
            .iter()
            .all(|line| *line.name == *"basket-error" || *line.name == *"tick")
    );
    let worker = LineFilter {
        services: vec!["worker".to_owned()],
        ..day_before
    };
    assert!(
        all(&telemetry, &worker)
            .iter()
            .all(|line| line.pod.is_none() && line.level == Level::Debug)
    );
    // Nothing after the drill's start is closed yet.
    assert!(all(&telemetry, &window(0, HOUR_MS)).is_empty());
    assert_eq!(telemetry.count_lines(&window(0, HOUR_MS)), 0);
}

#[test]
fn later_faults_move_no_line_that_was_there() {
    let Estate {
        mut telemetry,
        good,
        bad,
        web,
        ..
    } = with_logs(6);
    let now = t0_ms() + 120_000;
    telemetry.close_until(SimTime(now));
    let filter = window(-600_000, 120_000);
    let before = all(&telemetry, &filter);
    let mut changed = telemetry.clone();
    changed.set_cache_bytes(0);
    changed.set_rate(now, good, 0).unwrap();
    changed.set_rate(now, bad, 500 * 65_536).unwrap();
    changed.end_pod(now, web, 0).unwrap();
    changed.close_until(SimTime(now + 60_000));
    assert!(all(&changed, &filter) == before);
    let after = all(&changed, &window(120_000, 180_000));
    assert!(
        after
            .iter()
            .filter(|line| line.level == Level::Error)
            .count()
            > 1000
    );
    assert!(
        after
            .iter()
            .all(|line| line.pod.as_deref() != Some("web-a"))
    );
}
