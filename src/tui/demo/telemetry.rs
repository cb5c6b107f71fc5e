//! Made-up log lines and series: each a function of its place, nothing stored.

use super::super::world::*;
use super::{BEGAN_MS, MINUTE_MS};

/// The services that log.
pub const SERVICES: [&str; 5] = ["turnstile", "timetable", "seating", "fares", "postcard"];
/// A line every so often, for two days.
const LINE_EVERY_MS: i64 = 300;
const HISTORY_MS: i64 = 172_800_000;

fn mix(seed: i64) -> u64 {
    let mut x = seed.unsigned_abs().wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// How bad things are at a time, from 0 to 1.
fn trouble(at_ms: i64) -> f64 {
    let since = (at_ms - (BEGAN_MS - 25 * MINUTE_MS)) as f64 / MINUTE_MS as f64;
    (since / 18.0).clamp(0.0, 1.0)
}

fn line(index: i64) -> LogRow {
    let at_ms = index * LINE_EVERY_MS + (mix(index * 7) % 250) as i64;
    let draw = mix(index);
    let service = SERVICES
        .get((draw % 5) as usize)
        .copied()
        .unwrap_or_default();
    let bad = (draw >> 8) % 100 < (trouble(at_ms) * 22.0) as u64 + 1;
    let (level, text) = match ((draw >> 16) % 6, bad) {
        (0..=2, true) => (
            Level::Error,
            format!(
                "POST /v2/seats/{} 503 pool exhausted: no connection within 5000ms (waiting={})",
                100 + draw % 40,
                draw % 190
            ),
        ),
        (3 | 4, true) => (
            Level::Warn,
            format!(
                "lease seat-{} not released, held for {}s by worker-3",
                draw % 900,
                30 + draw % 400
            ),
        ),
        (_, true) => (
            Level::Fatal,
            "panic: runtime error: index out of range [3] with length 3".into(),
        ),
        (0 | 1, false) => (
            Level::Info,
            format!(
                "GET /v2/trains/NJ{} 200 {}ms",
                400 + draw % 90,
                8 + draw % 60
            ),
        ),
        (2, false) => (
            Level::Debug,
            format!("cache hit timetable:{:04x}", draw % 65536),
        ),
        (3, false) => (
            Level::Info,
            format!(
                "fare computed route=VIE-HAM class={} price={}.{:02}",
                1 + draw % 2,
                49 + draw % 80,
                draw % 100
            ),
        ),
        _ => (
            Level::Info,
            format!(
                "POST /v2/seats/{} 201 {}ms trace={:016x}",
                100 + draw % 40,
                20 + draw % 90,
                draw
            ),
        ),
    };
    LogRow {
        id: format!("logs/{index}"),
        cursor: index.to_string(),
        at_ms,
        level,
        service: service.into(),
        source: format!("{service}-6d9c7f-{:05x}", draw % 0xfffff),
        text,
    }
}

fn fits(query: &LogQuery, row: &LogRow) -> bool {
    row.level >= query.level
        && (query.services.is_empty() || query.services.contains(&row.service))
        && row.text.to_lowercase().contains(&query.text.to_lowercase())
}

/// Lines around a place.
pub fn log_window(query: &LogQuery, seek: &LogSeek, size: WindowSize, now_ms: i64) -> LogWindow {
    let last = now_ms / LINE_EVERY_MS;
    let first = (BEGAN_MS - HISTORY_MS) / LINE_EVERY_MS;
    let from = match seek {
        LogSeek::Newest => last,
        LogSeek::Oldest => first,
        LogSeek::At(cursor) => cursor.parse().unwrap_or(last),
        LogSeek::Time(at_ms) => at_ms / LINE_EVERY_MS,
        LogSeek::Fraction(share) => first + ((last - first) as f64 * share) as i64,
    }
    .clamp(first, last);
    let reach = 60_000;
    let mut rows: Vec<LogRow> = (first.max(from - reach)..from)
        .rev()
        .map(line)
        .filter(|row| fits(query, row))
        .take(size.before)
        .collect();
    rows.reverse();
    let at = rows.len();
    rows.extend(
        (from..=last.min(from + reach))
            .map(line)
            .filter(|row| fits(query, row))
            .take(size.after),
    );
    let share = (from - first) as f64 / (last - first) as f64;
    let whole = query.text.is_empty() && query.level == Level::Debug;
    LogWindow {
        is_start: at < size.before,
        is_end: rows.len() - at < size.after,
        at,
        fraction: share,
        count: if whole {
            (last - first).unsigned_abs()
        } else {
            18_304
        },
        searched: 1.0,
        error: query.text.starts_with('[').then(|| QueryError {
            message: "unclosed character class".into(),
            at: Some(0..1),
        }),
        rows,
    }
}

/// Counts over time.
pub fn log_histogram(
    query: &LogQuery,
    start_ms: i64,
    end_ms: i64,
    buckets: usize,
    now_ms: i64,
) -> LogHistogram {
    let buckets = (0..buckets as i64)
        .map(|bucket| {
            let at = start_ms + (end_ms - start_ms) * bucket / buckets as i64;
            if at > now_ms {
                return [0; 5];
            }
            let noise = mix(at / 1000) % 40;
            let bad = (trouble(at) * 90.0) as u64;
            let mut counts = [60 + noise, 180 + noise * 2, 4 + bad / 3, bad, bad / 40];
            for (count, level) in counts.iter_mut().zip(Level::ALL) {
                if level < query.level {
                    *count = 0;
                }
            }
            counts
        })
        .collect();
    LogHistogram {
        buckets,
        note: "sampled 1/10".into(),
    }
}

/// The metrics that can be asked for.
pub fn metric_names() -> Vec<MetricRow> {
    let row = |name: &str, kind: &str, help: &str| MetricRow {
        name: name.into(),
        help: help.into(),
        kind: kind.into(),
        query: if kind == "counter" {
            format!("sum(rate({name}[5m]))")
        } else {
            name.into()
        },
    };
    vec![
        row(
            "http_requests_total",
            "counter",
            "Requests by service, route and code.",
        ),
        row(
            "http_request_duration_seconds",
            "histogram",
            "Time to answer a request.",
        ),
        row(
            "seats_pool_waiting",
            "gauge",
            "Requests that wait for a connection.",
        ),
        row("seats_pool_in_use", "gauge", "Connections that are in use."),
        row(
            "process_resident_memory_bytes",
            "gauge",
            "Memory of the process.",
        ),
        row(
            "kafka_consumergroup_lag",
            "gauge",
            "Messages behind the end of the log.",
        ),
        row("pg_stat_activity_count", "gauge", "Sessions by state."),
        row("up", "gauge", "Whether the last scrape worked."),
    ]
}

/// Series for queries.
pub fn chart(query: &ChartQuery) -> ChartData {
    let times: Vec<i64> = (0..=((query.end_ms - query.start_ms) / query.step_ms.max(1)).min(4000))
        .map(|step| query.start_ms + step * query.step_ms)
        .collect();
    let mut series = Vec::new();
    let mut errors = Vec::new();
    for (index, text) in query.queries.iter().enumerate() {
        let open = text.matches('(').count() != text.matches(')').count();
        errors.push(open.then(|| QueryError {
            message: "parse error: unclosed left parenthesis".into(),
            at: text.find('(').map(|at| at..at + 1),
        }));
        if open {
            continue;
        }
        let (names, unit): (&[&str], Unit) = if text.contains("by (service)") {
            (&SERVICES[..4], Unit::PerSecond)
        } else if text.contains("bytes") {
            (&["resident"], Unit::Bytes)
        } else if text.contains("seconds") {
            (&["p99"], Unit::Seconds)
        } else {
            (&["pool waiting"], Unit::Count)
        };
        for (which, name) in names.iter().enumerate() {
            let values = times
                .iter()
                .map(|at| value(*at, which as i64 + 10 * index as i64, unit))
                .collect();
            series.push(SeriesColumn {
                id: format!("metrics/{name}"),
                name: name.to_string(),
                labels: vec![("service".into(), name.to_string())],
                query: index,
                unit,
                values,
            });
        }
    }
    ChartData {
        times: times.into(),
        series,
        errors,
    }
}

fn value(at_ms: i64, which: i64, unit: Unit) -> f64 {
    let noise = (mix(at_ms / 15_000 * 31 + which) % 1000) as f64 / 1000.0;
    let wave = ((at_ms / 1000) as f64 / 1700.0 + which as f64).sin() * 0.15 + 1.0;
    let bad = trouble(at_ms);
    match unit {
        Unit::PerSecond => (260.0 - 50.0 * which as f64) * wave * (1.0 - 0.6 * bad) + noise * 14.0,
        Unit::Bytes => 3.1e8 * wave + 1.9e8 * bad + noise * 2e7,
        Unit::Seconds => 0.12 * wave + 4.6 * bad * wave + noise * 0.05,
        _ => 6.0 * noise + 168.0 * bad * wave + noise * 12.0,
    }
}

/// What happened.
pub fn marks() -> Vec<Mark> {
    let mark = |minutes: i64, kind, label: &str| Mark {
        at_ms: BEGAN_MS + minutes * MINUTE_MS,
        kind,
        label: label.into(),
    };
    vec![
        mark(-41, MarkKind::Rollout, "fares 7.3.1"),
        mark(-26, MarkKind::Config, "seating lease 30s to 600s"),
        mark(-9, MarkKind::Alert, "SeatingErrors"),
        mark(0, MarkKind::Page, "INC-214"),
    ]
}
