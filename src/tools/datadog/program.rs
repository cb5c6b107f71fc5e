//! `datadog` in the shell: traces, one trace, metrics. Each is the tool of the same name.

use super::get_trace::{self, GetTrace};
use super::list_traces::{self, ListTraces};
use super::query_metrics::{self, QueryMetrics};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "datadog traces [SERVICE] [--status ok|error] [--operation NAME] [--sort newest|slowest|failed] [--from WHEN] [--to WHEN] [--limit N] [--cursor C]\n       datadog trace TRACE_ID\n       datadog query QUERY [--from WHEN] [--to WHEN] [--limit N] [--cursor C]";

const OPTIONS: [&str; 7] = [
    "--status",
    "--operation",
    "--sort",
    "--from",
    "--to",
    "--limit",
    "--cursor",
];

/// `datadog`.
pub struct Datadog;

impl Program for Datadog {
    fn name(&self) -> &'static str {
        "datadog"
    }

    fn family(&self) -> Family {
        Family::Datadog
    }

    fn about(&self) -> &'static str {
        "Shows traces and metrics as Datadog has them"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let (words, found) = match options(argv, &OPTIONS) {
            Ok(read) => read,
            Err(problem) => return Run::failed(format!("datadog: {problem}\n"), 2),
        };
        let given = |name: &str| value(&found, &[name]).map(str::to_owned);
        let limit = match given("--limit").map(|text| text.parse::<usize>()) {
            None => crate::tools::paging::USUAL,
            Some(Ok(limit)) => limit,
            Some(Err(_)) => return usage(USAGE),
        };
        let unknown = words.iter().skip(1).any(|word| word.starts_with("--"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            _ if unknown => usage(USAGE),
            ["traces", service @ ..] if service.len() < 2 => looked::<ListTraces>(
                world,
                &list_traces::Args {
                    service: service.first().map(|name| (*name).to_owned()),
                    status: given("--status"),
                    operation: given("--operation"),
                    from: given("--from"),
                    to: given("--to"),
                    sort: given("--sort").unwrap_or_else(|| "newest".to_owned()),
                    limit,
                    cursor: given("--cursor"),
                },
            ),
            ["trace", id] => looked::<GetTrace>(
                world,
                &get_trace::Args {
                    trace_id: (*id).to_owned(),
                },
            ),
            ["query", query @ ..] if !query.is_empty() => looked::<QueryMetrics>(
                world,
                &query_metrics::Args {
                    query: query.join(" "),
                    from: given("--from"),
                    to: given("--to"),
                    limit,
                    cursor: given("--cursor"),
                },
            ),
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "datadog traces gate --status error --limit 1",
                about: "The newest failed request of a service",
                prints: "START                    DURATION  STATUS     SERVICE  OPERATION   TRACE ID\n2026-03-02 13:59:59.630  304ms     error 502  gate     POST /jobs  e5a3b73e88472900bfbcf4021e279808\n(next page: --cursor e.0.1772459999935.-1.10.137)\n",
            },
            Example {
                line: "datadog query 'sum:trace.http.request.hits{service:gate}.as_count()' --from now-2m",
                about: "Requests for every minute",
                prints: "sum:trace.http.request.hits{service:gate}.as_count()\nevery 60s from 2026-03-02 13:58:00 to 2026-03-02 14:00:00\n*  ▁█  last 6008  avg 5997  min 5986  max 6008  [request]\n    2026-03-02 13:58:00  5986\n    2026-03-02 13:59:00  6008\n",
            },
        ]
    }
}
