//! PromQL beside Prometheus on the same series: `cargo bench --bench promql`.
//!
//! A drill's series are exported, made into blocks by `promtool` and served by a Prometheus on this machine; both answer the
//! same range queries, Prometheus over its HTTP API, firedrill as the JSON that its own tool gives. Values are compared, then
//! times. Queries begin between two scrapes, so that it makes no difference on which side a range is open (it changed with
//! Prometheus 3). Without `prometheus` and `promtool` in the path only the own times are printed. `FIREDRILL_BENCH_HOURS`
//! (default 25) is how much history is exported.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops where something is wrong"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use firedrill::sim::time::Span;
use firedrill::tools::Places;
use firedrill::tools::offline::Offline;
use serde_json::Value;

#[path = "figures/machine.rs"]
mod machine;

const SCENARIO: &str = "carts-emptying";
/// The moment of all queries: 30 minutes after the page and 7 s after a scrape.
const AT: &str = "T+1807s";
const ADDRESS: &str = "127.0.0.1:19090";

/// A range query with what it is to show.
struct Asked {
    what: &'static str,
    query: &'static str,
    range_s: i64,
    step_s: i64,
    /// The most milliseconds of the own answer, where there is a limit that does not depend on Prometheus.
    limit_ms: Option<f64>,
}

const QUERIES: [Asked; 5] = [
    Asked {
        what: "1 h at 15 s, rate and sum by",
        query: "sum by (service) (rate(http_requests_total[5m]))",
        range_s: 3600,
        step_s: 15,
        limit_ms: None,
    },
    Asked {
        what: "1 h at 15 s, a ratio of sums",
        query: "sum by (service) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (service) (rate(http_requests_total[5m]))",
        range_s: 3600,
        step_s: 15,
        limit_ms: None,
    },
    Asked {
        what: "24 h at 60 s, histogram_quantile",
        query: "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[5m])))",
        range_s: 86_400,
        step_s: 60,
        limit_ms: None,
    },
    Asked {
        what: "24 h at 60 s, plain gauges",
        query: "sum by (namespace) (container_memory_working_set_bytes)",
        range_s: 86_400,
        step_s: 60,
        limit_ms: None,
    },
    Asked {
        what: "a chart's refresh, 1 h at 60 s",
        query: "sum by (service) (rate(http_requests_total[5m]))",
        range_s: 3600,
        step_s: 60,
        limit_ms: Some(5.0),
    },
];

/// An instant query that shows where counters stand.
struct FirstLook {
    what: &'static str,
    query: &'static str,
    /// The most milliseconds in a world in which nobody has looked yet, and in one that was counted ahead.
    limits_ms: (f64, f64),
}

const FIRST_LOOKS: [FirstLook; 4] = [
    FirstLook {
        what: "raw counters",
        query: "topk(3, http_requests_total)",
        limits_ms: (250.0, 50.0),
    },
    FirstLook {
        what: "a histogram's sum",
        query: "http_request_duration_seconds_sum",
        limits_ms: (2500.0, 50.0),
    },
    FirstLook {
        what: "a histogram's buckets",
        query: "http_request_duration_seconds_bucket",
        limits_ms: (2500.0, 100.0),
    },
    FirstLook {
        what: "a mean duration",
        query: "sum(rate(http_request_duration_seconds_sum[5m])) / sum(rate(http_request_duration_seconds_count[5m]))",
        limits_ms: (2500.0, 100.0),
    },
];

fn main() {
    // `cargo test --benches` builds and calls benches too: then there is nothing to measure.
    if std::env::args().any(|word| word == "--test") {
        return;
    }
    println!("{}", machine::describe());
    let scenarios = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let folder = tempfile::tempdir().expect("a folder");
    let world = Places::of_folder(scenarios, folder.path())
        .offline(SCENARIO, 1, AT)
        .expect("the shipped scenario opens");
    first_looks(|| {
        Places::of_folder(scenarios, folder.path())
            .offline(SCENARIO, 1, AT)
            .expect("the shipped scenario opens")
    });
    let served = Served::begin(&world, folder.path());
    if served.is_none() {
        println!("prometheus or promtool is not there: only the own times");
    }
    println!(
        "{:<36} {:>7} {:>8} {:>10} {:>14} {:>7}  VALUES",
        "QUERY", "SERIES", "POINTS", "OWN MS", "PROMETHEUS MS", "RATIO"
    );
    for asked in &QUERIES {
        measure(&world, served.as_ref(), asked);
    }
}

/// Times of first looks, each in a world of its own, and of the same once all is counted ahead.
fn first_looks(open: impl Fn() -> Offline) {
    println!(
        "{:<36} {:>10} {:>9} {:>10} {:>9}",
        "FIRST LOOK AT", "COLD MS", "LIMIT", "AHEAD MS", "LIMIT"
    );
    for look in &FIRST_LOOKS {
        let ask = |world: &Offline| {
            let begun = Instant::now();
            let answer = world.query(look.query, None).expect("it can be answered");
            (begun.elapsed().as_secs_f64() * 1000.0, answer.json)
        };
        let (cold_ms, cold) = ask(&open());
        let ahead = open();
        ahead.count_ahead();
        let (ahead_ms, same) = ask(&ahead);
        assert_eq!(cold, same, "counting ahead changes no answer");
        let (cold_limit, ahead_limit) = look.limits_ms;
        let over = cold_ms > cold_limit || ahead_ms > ahead_limit;
        println!(
            "{:<36} {cold_ms:>10.1} {cold_limit:>9.1} {ahead_ms:>10.1} {ahead_limit:>9.1}{}",
            look.what,
            if over { "  over" } else { "" }
        );
    }
    let world = open();
    let begun = Instant::now();
    world.count_ahead();
    println!(
        "all counted ahead in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
}

fn measure(world: &Offline, served: Option<&Served>, asked: &Asked) {
    let range = Some((
        Span::from_secs(asked.range_s),
        Span::from_secs(asked.step_s),
    ));
    let (own, own_ms) = best(|| {
        let answer = world.query(asked.query, range).expect("it can be answered");
        serde_json::to_string(&answer.json).expect("JSON")
    });
    let own: Value = serde_json::from_str(&own).expect("JSON");
    let result = own["result"].as_array().expect("a matrix");
    let points: usize = result.iter().map(|one| points(one).len()).sum();
    let other = served.map(|served| best(|| served.ask(world, asked)));
    let (other_ms, said) = other.map_or((f64::NAN, "not compared".to_owned()), |(text, ms)| {
        let other: Value = serde_json::from_str(&text).expect("JSON");
        (ms, compared(&own["result"], &other["data"]["result"]))
    });
    let slow = own_ms > other_ms || asked.limit_ms.is_some_and(|limit| own_ms > limit);
    println!(
        "{:<36} {:>7} {points:>8} {own_ms:>10.2} {other_ms:>14.2} {:>7.2}  {said}{}",
        asked.what,
        result.len(),
        other_ms / own_ms,
        if slow { "  short" } else { "" }
    );
}

/// The shortest of seven runs, and what the last gave.
fn best(mut run: impl FnMut() -> String) -> (String, f64) {
    let mut least = Duration::MAX;
    let mut last = String::new();
    for _ in 0..7 {
        let begun = Instant::now();
        last = run();
        least = least.min(begun.elapsed());
    }
    (last, least.as_secs_f64() * 1000.0)
}

fn points(series: &Value) -> &[Value] {
    series["values"].as_array().map_or(&[], Vec::as_slice)
}

/// Whether both matrices hold the same series with the same values to nine digits, and where not.
fn compared(own: &Value, other: &Value) -> String {
    let sorted = |matrix: &Value| {
        let mut all: Vec<(String, Value)> = matrix
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (canonical(&one["metric"]), one.clone()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let (own, other) = (sorted(own), sorted(other));
    if own.len() != other.len() {
        return format!("{} series and {}", own.len(), other.len());
    }
    let (mut same, mut differ) = (0, 0);
    let mut first = String::new();
    for ((name, own), (other_name, other)) in own.iter().zip(&other) {
        let (own, other) = (points(own), points(other));
        if name != other_name || own.len() != other.len() {
            return format!(
                "{name} has {} points, {other_name} {}",
                own.len(),
                other.len()
            );
        }
        for (mine, theirs) in own.iter().zip(other) {
            if mine[0] == theirs[0] && near(number(&mine[1]), number(&theirs[1])) {
                same += 1;
            } else {
                differ += 1;
                if first.is_empty() {
                    first = format!(", first {name}: {mine} and {theirs}");
                }
            }
        }
    }
    format!("{same} equal, {differ} differ{first}")
}

fn canonical(metric: &Value) -> String {
    let labels = metric.as_object().into_iter().flatten();
    let mut labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    labels.sort();
    labels.join(",")
}

fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(f64::NAN)
}

fn near(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// A Prometheus with the drill's series. Ends with the value.
struct Served {
    process: Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Served {
    fn begin(world: &Offline, folder: &Path) -> Option<Self> {
        for program in ["prometheus", "promtool"] {
            let told = Command::new(program).arg("--version").output().ok()?;
            if !told.status.success() {
                return None;
            }
        }
        let hours = std::env::var("FIREDRILL_BENCH_HOURS").ok();
        let hours = hours.and_then(|text| text.parse().ok()).unwrap_or(25);
        let begun = Instant::now();
        let path = folder.join("metrics.om");
        let mut out = BufWriter::new(File::create(&path).expect("the export can be written"));
        let written = world
            .export_metrics(Span::from_hours(hours), Span::from_secs(15), &mut out)
            .expect("the export can be written");
        out.flush().expect("the export can be written");
        println!(
            "exported {} samples of {} series in {:.1} s",
            written.samples,
            written.series,
            begun.elapsed().as_secs_f64()
        );
        let data = folder.join("data");
        let made = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&path, &data])
            .stdout(Stdio::null())
            .status()
            .expect("promtool starts");
        assert!(made.success(), "promtool takes the export");
        fs::remove_file(&path).expect("the export can be removed");
        let settings = folder.join("prometheus.yml");
        fs::write(&settings, "global: {}\n").expect("settings can be written");
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", settings.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={ADDRESS}"))
            .arg("--storage.tsdb.retention.time=100y")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus starts");
        let served = Self { process };
        for _ in 0..300 {
            if get("/-/ready").is_some_and(|text| text.contains("Ready")) {
                return Some(served);
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "another program's server does not say when it is ready"
            )]
            sleep(Duration::from_millis(100));
        }
        panic!("prometheus is not ready after 30 s");
    }

    #[expect(clippy::unused_self, reason = "only while it is served")]
    fn ask(&self, world: &Offline, asked: &Asked) -> String {
        let end = world.end().millis() / 1000;
        let start = end - asked.range_s;
        let query = encoded(asked.query);
        let step = asked.step_s;
        get(&format!(
            "/api/v1/query_range?query={query}&start={start}&end={end}&step={step}"
        ))
        .expect("prometheus answers")
    }
}

/// The body of an answer over HTTP/1.0, which ends with the connection.
fn get(path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(ADDRESS).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {ADDRESS}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
