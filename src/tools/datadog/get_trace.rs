//! `datadog_get_trace`: one trace with its spans, as a waterfall. Never why something failed beyond what spans say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{times, waterfall};
use crate::sim::World;
use crate::sim::plan::RoutePlan;
use crate::sim::time::SimTime;
use crate::sim::traces::{Missing, SpanKind, Trace, TraceSpan, Traces};
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads a trace.
pub struct GetTrace;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The trace: 32 hexadecimal digits, as log lines show them in `trace_id`.
    pub trace_id: String,
}

/// A trace.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TraceDetail {
    /// Its id.
    pub trace_id: String,
    /// The service where it enters.
    pub service: String,
    /// The operation asked for.
    pub operation: String,
    /// `ok` or `error`.
    pub status: String,
    /// Status as HTTP or gRPC write it.
    pub status_code: String,
    /// When it began, in microseconds since the epoch.
    pub started_us: i64,
    /// How long it took, in ms.
    pub duration_ms: f64,
    /// Its spans, each parent before its children.
    pub spans: Vec<SpanRow>,
    /// Services by the share of the time in which they were at work themselves, in percent.
    pub time_spent: Vec<Spent>,
    /// What the trace does not have, in words.
    pub notes: Vec<String>,
}

/// A span.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SpanRow {
    /// Its id.
    pub span_id: String,
    /// The span that it is part of.
    pub parent_id: Option<String>,
    /// How deep it lies; 0 for the entry.
    pub depth: usize,
    /// The service that did the work.
    pub service: String,
    /// What kind of work, for example `grpc.server`.
    pub operation: String,
    /// Which work.
    pub resource: String,
    /// `server`, `client` or `producer`.
    pub kind: String,
    /// When it began after the trace did, in ms.
    pub offset_ms: f64,
    /// How long it took, in ms.
    pub duration_ms: f64,
    /// What went wrong.
    pub error: Option<String>,
    /// Further names and values.
    pub attributes: BTreeMap<String, String>,
}

/// A service's share of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Spent {
    /// The service.
    pub service: String,
    /// Percent of the trace's time.
    pub percent: f64,
}

impl Text for TraceDetail {
    fn text(&self) -> String {
        let started = SimTime(self.started_us.div_euclid(1000));
        let services = self.time_spent.len();
        let mut text = format!(
            "trace {}\n{} {}  {} {}  {}  {}\n{} spans, {services} service{}",
            self.trace_id,
            self.service,
            self.operation,
            self.status,
            self.status_code,
            times::duration_of_ms(self.duration_ms),
            started.format("%Y-%m-%d %H:%M:%S%.3f"),
            self.spans.len(),
            if services == 1 { "" } else { "s" },
        );
        let shares = self.time_spent.iter();
        let shares: Vec<String> = shares
            .map(|spent| format!("{} {:.1}%", spent.service, spent.percent))
            .collect();
        text.push_str(&format!(": {}\n\n", shares.join(", ")));
        text.push_str(&waterfall::text(self));
        for note in &self.notes {
            text.push_str(&format!("({note})\n"));
        }
        text
    }
}

/// Reads an id as log lines, URLs and headers write it.
pub fn parse_id(text: &str) -> Option<u128> {
    let digits = text.trim().trim_start_matches("0x");
    let plain = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain
        .then(|| u128::from_str_radix(digits, 16).ok())
        .flatten()
}

fn missing(id: &str, why: Missing) -> ToolError {
    let message = format!("404 Not Found: {{\"errors\": [\"Trace {id} not found\"]}}");
    let hint = match why {
        Missing::Unknown => {
            "a trace_id has 32 hexadecimal digits and comes from a log line or datadog_list_traces"
                .to_owned()
        }
        Missing::NotKept(one_in) => format!(
            "the request was ingested but not indexed: retention filters keep every error trace and 1 in {one_in} of the others"
        ),
        Missing::Expired => "it is older than traces are kept".to_owned(),
        Missing::Lost => {
            "its entry span was never ingested; the log line of the request is still there"
                .to_owned()
        }
    };
    ToolError {
        message,
        hint: Some(hint),
    }
}

fn opened(world: &World, trace_id: &str) -> Result<Trace, ToolError> {
    let id = parse_id(trace_id).ok_or_else(|| missing(trace_id, Missing::Unknown))?;
    let traces = Traces::of(world);
    traces.open(id).map_err(|why| missing(trace_id, why))
}

/// A trace with its spans as rows.
///
/// # Errors
/// When there is none of this id.
pub fn detail(world: &World, trace_id: &str) -> Result<TraceDetail, ToolError> {
    described(world, trace_id, &opened(world, trace_id)?)
}

fn described(world: &World, trace_id: &str, trace: &Trace) -> Result<TraceDetail, ToolError> {
    let (service, route, class) = Traces::of(world)
        .names_of(&trace.request)
        .ok_or_else(|| missing(trace_id, Missing::Unknown))?;
    let event = &trace.request.event;
    let started_us = event.at_ms * 1000 - event.duration_us as i64;
    let failed = trace.request.class != RoutePlan::OK;
    Ok(TraceDetail {
        trace_id: format!("{:032x}", trace.id),
        service: service.name.clone(),
        operation: route.name.clone(),
        status: if failed { "error" } else { "ok" }.to_owned(),
        status_code: class.status.clone(),
        started_us,
        duration_ms: event.duration_us as f64 / 1000.0,
        time_spent: time_spent(trace),
        notes: notes(trace),
        spans: rows(trace, started_us),
    })
}

fn notes(trace: &Trace) -> Vec<String> {
    let mut notes = Vec::new();
    if trace.orphans > 0 {
        notes.push(format!(
            "trace incomplete: {} span{} name a parent that was never ingested; spans are missing",
            trace.orphans,
            if trace.orphans == 1 { "" } else { "s" }
        ));
    }
    if trace.cut {
        notes.push(format!(
            "only the first {} spans are shown",
            trace.spans.len()
        ));
    }
    notes
}

fn rows(trace: &Trace, started_us: i64) -> Vec<SpanRow> {
    let mut depths: BTreeMap<u64, usize> = BTreeMap::new();
    let row = |span: &TraceSpan| {
        let above = span.parent.and_then(|parent| depths.get(&parent).copied());
        let depth = match span.parent {
            None => 0,
            Some(_) => above.unwrap_or(0) + 1,
        };
        depths.insert(span.id, depth);
        SpanRow {
            span_id: format!("{:016x}", span.id),
            parent_id: span.parent.map(|parent| format!("{parent:016x}")),
            depth,
            service: span.service.to_string(),
            operation: span.operation.to_owned(),
            resource: span.resource.clone(),
            kind: match span.kind {
                SpanKind::Server => "server",
                SpanKind::Client => "client",
                SpanKind::Producer => "producer",
            }
            .to_owned(),
            offset_ms: (span.start_us - started_us) as f64 / 1000.0,
            duration_ms: span.duration_us as f64 / 1000.0,
            error: span.error.clone(),
            attributes: span
                .attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        }
    };
    trace.spans.iter().map(row).collect()
}

/// The time of each service's spans without that of their children, the longest first.
fn time_spent(trace: &Trace) -> Vec<Spent> {
    let mut own: BTreeMap<u64, i64> = BTreeMap::new();
    for span in &trace.spans {
        *own.entry(span.id).or_default() += span.duration_us as i64;
        if let Some(parent) = span.parent {
            *own.entry(parent).or_default() -= span.duration_us as i64;
        }
    }
    let mut by_service: BTreeMap<&str, i64> = BTreeMap::new();
    for span in &trace.spans {
        let spent = own.get(&span.id).copied().unwrap_or(0).max(0);
        *by_service.entry(&span.service).or_default() += spent;
    }
    let all: i64 = by_service.values().sum::<i64>().max(1);
    let mut shares: Vec<(i64, &str)> = by_service
        .into_iter()
        .map(|(service, spent)| (spent, service))
        .collect();
    shares.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    shares
        .into_iter()
        .map(|(spent, service)| Spent {
            service: service.to_owned(),
            percent: (spent as f64 / all as f64 * 1000.0 + 0.5).floor() / 10.0,
        })
        .collect()
}

impl Look for GetTrace {
    type Args = Args;
    type Output = TraceDetail;
    const NAME: &'static str = "datadog_get_trace";
    const FAMILY: Family = Family::Datadog;
    const ABOUT: &'static str =
        "Opens a trace: its spans as a waterfall, with durations and errors";

    fn look(world: &World, args: &Args) -> Result<Seen<TraceDetail>, ToolError> {
        let trace = opened(world, &args.trace_id)?;
        Ok(Seen {
            output: described(world, &args.trace_id, &trace)?,
            shown: trace.shown(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"trace_id\":\"60e8d325c55ba7c657f6ee3075ac1aa2\"}",
                about: "A failed request with what it waited for",
                prints: "trace 60e8d325c55ba7c657f6ee3075ac1aa2\nintake jobs.Intake/Put  error UNAVAILABLE  533ms  2026-03-02 13:59:47.808\n2 spans, 1 service: intake 100.0%\n\n! intake grpc.server jobs.Intake/Put         |▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒|    533ms\n!   intake kafka.produce Produce Topic jobs  | ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ |    503ms\n\nerrors\n! intake grpc.server jobs.Intake/Put\n    queue is full topic=jobs id=98d2f679\n! intake kafka.produce Produce Topic jobs\n    queue is full topic=jobs id=98d2f679\n",
            },
            ToolExample {
                args: "{\"trace_id\":\"60e8d325\"}",
                about: "Digits that are no trace",
                prints: "datadog_get_trace: 404 Not Found: {\"errors\": [\"Trace 60e8d325 not found\"]}\nhint: a trace_id has 32 hexadecimal digits and comes from a log line or datadog_list_traces\n",
            },
        ]
    }
}
