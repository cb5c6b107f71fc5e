//! Figures of the MCP door: until it answers, what each tool takes, what it holds in memory. Judges nothing; prints beside the
//! figures of a Python server with the same tools: `cargo bench --bench mcp`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made says so by stopping"
)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PEER_READY_MS: f64 = 650.0;
const PEER_SEARCH_MS: f64 = 570.0;
const PEER_MEMORY_MB: f64 = 69.0;
const ROUNDS: usize = 15;

struct Server {
    child: Child,
    write: ChildStdin,
    read: BufReader<ChildStdout>,
    last: u64,
}

impl Server {
    fn start(journal: &std::path::Path) -> (Self, Duration) {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_firedrill"))
            .args([
                "mcp",
                "--scenario",
                "carts-emptying",
                "--seed",
                "7",
                "--journal",
            ])
            .arg(journal)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let write = child.stdin.take().expect("its input");
        let read = BufReader::new(child.stdout.take().expect("its output"));
        let mut server = Self {
            child,
            write,
            read,
            last: 0,
        };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}});
        server.ask("initialize", &hello);
        let ready = begun.elapsed();
        writeln!(
            server.write,
            "{}",
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
        )
        .expect("it reads");
        (server, ready)
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let request =
            json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params});
        writeln!(self.write, "{request}").expect("it reads");
        let mut line = String::new();
        self.read.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("it answers in JSON")
    }

    fn call(&mut self, tool: &str, args: &Value) -> Duration {
        let begun = Instant::now();
        let answer = self.ask("tools/call", &json!({"name": tool, "arguments": args}));
        let took = begun.elapsed();
        assert_eq!(answer["result"]["isError"], false, "{tool}: {answer}");
        took
    }

    fn memory_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.and_then(|kb| kb.trim().parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1024.0
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ready: Vec<f64> = (0..5)
        .map(|round| {
            let (mut server, ready) =
                Server::start(&folder.path().join(format!("r{round}.journal")));
            drop(server.child.kill());
            drop(server.child.wait());
            millis(ready)
        })
        .collect();
    ready.sort_by(f64::total_cmp);
    let (mut server, _) = Server::start(&folder.path().join("bench.journal"));
    let first = server.call("drill_brief", &json!({}));
    let calls = [
        ("slack_list_channels", json!({})),
        ("slack_read_channel", json!({"channel": "incidents"})),
        ("slack_search", json!({"query": "orders"})),
        ("sentry_list_issues", json!({})),
        ("pagerduty_list_incidents", json!({})),
        ("prometheus_list_metrics", json!({})),
        (
            "prometheus_query",
            json!({"query": "sum by (service) (rate(http_requests_total[5m]))"}),
        ),
        ("logs_list_services", json!({})),
        (
            "logs_get_service_logs",
            json!({"service": "checkout", "level": "error", "limit": 50}),
        ),
        (
            "logs_search",
            json!({"query": "deadline exceeded", "limit": 50}),
        ),
        ("kubectl_get_pods", json!({})),
        ("kubectl_get_events", json!({})),
        ("git_recent_commits", json!({})),
        (
            "code_list_files",
            json!({"path": "shop", "recursive": true}),
        ),
        ("code_grep", json!({"pattern": "retention", "path": "shop"})),
        (
            "shell_run",
            json!({"line": "kubectl get deployments -n shop"}),
        ),
    ];
    println!("{:<28} {:>10} {:>10}", "tool", "median ms", "worst ms");
    let mut all = Vec::new();
    for (tool, args) in &calls {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| millis(server.call(tool, args)))
            .collect();
        times.sort_by(f64::total_cmp);
        let (median, worst) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        println!("{tool:<28} {median:>10.2} {worst:>10.2}");
        all.extend(times);
    }
    all.sort_by(f64::total_cmp);
    println!();
    println!(
        "ready                        {:>10.1} ms (goal 20; the peer {PEER_READY_MS})",
        ready[ready.len() / 2]
    );
    println!("first call after that        {:>10.1} ms", millis(first));
    println!(
        "any call, median             {:>10.2} ms (goal 5)",
        all[all.len() / 2]
    );
    println!(
        "any call, worst              {:>10.1} ms (goal 50; the peer's log search {PEER_SEARCH_MS})",
        all[all.len() - 1]
    );
    println!(
        "memory at its peak           {:>10.1} MB (goal 40; the peer {PEER_MEMORY_MB})",
        server.memory_mb()
    );
    drop(server.write);
    drop(server.child.wait());
}
