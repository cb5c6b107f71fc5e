//! `datadog_list_traces`: traces of a service over a window, the newest, slowest or failed first. Never their spans.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::times;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::ids::{RouteId, ServiceId};
use crate::sim::plan::{RoutePlan, ServicePlan};
use crate::sim::time::{SimTime, Span};
use crate::sim::traces::{Cursor, ListedTrace, Order, Outcome, Traces, Wanted};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// How far back a list looks when nothing is said, as Datadog's live search.
const WINDOW: Span = Span::from_mins(15);

/// Lists traces.
pub struct ListTraces;

/// Arguments. `from` and `to` are RFC 3339, seconds since the epoch, or as far back as in `now-15m`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only traces that enter at this service; those of all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `ok` or `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Only this operation, for example `GET /items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// From when; 15 minutes before `to` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until when; now when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `newest`, `slowest` or `failed` first.
    pub sort: String,
    /// Most traces, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            service: None,
            status: None,
            operation: None,
            from: None,
            to: None,
            sort: "newest".to_owned(),
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of traces.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TraceList {
    /// In the order asked for.
    pub traces: Vec<TraceRow>,
    /// Start of the window, in ms since the epoch.
    pub from_ms: i64,
    /// End of the window, in ms since the epoch.
    pub to_ms: i64,
    /// One good trace in so many is kept; failed ones all are.
    pub sampled_one_in: u32,
    /// What the list does not have, in words.
    pub notes: Vec<String>,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A trace as a row.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TraceRow {
    /// Its id: 32 hexadecimal digits.
    pub trace_id: String,
    /// The service where it enters.
    pub service: String,
    /// The operation asked for.
    pub operation: String,
    /// `ok` or `error`.
    pub status: String,
    /// Status as HTTP or gRPC write it.
    pub status_code: String,
    /// When it began, in ms since the epoch.
    pub started_ms: i64,
    /// How long it took, in ms.
    pub duration_ms: f64,
    /// The pod that answered.
    pub pod: Option<String>,
    /// What it said of its failure.
    pub error: Option<String>,
}

impl Text for TraceList {
    fn text(&self) -> String {
        let mut rows = vec![row([
            "START",
            "DURATION",
            "STATUS",
            "SERVICE",
            "OPERATION",
            "TRACE ID",
        ])];
        for trace in &self.traces {
            let status = format!("{} {}", trace.status, trace.status_code);
            rows.push(row([
                &SimTime(trace.started_ms).format("%Y-%m-%d %H:%M:%S%.3f"),
                &times::duration_of_ms(trace.duration_ms),
                &status,
                &trace.service,
                &trace.operation,
                &trace.trace_id,
            ]));
        }
        let mut text = if self.traces.is_empty() {
            "No traces.\n".to_owned()
        } else {
            columns(&rows)
        };
        for note in &self.notes {
            text.push_str(&format!("({note})\n"));
        }
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!("(next page: --cursor {cursor})\n"));
        }
        text
    }
}

/// A service that sends spans.
///
/// # Errors
/// When it sends none, with the nearest names.
pub fn service<'a>(
    traces: &Traces<'a>,
    name: &str,
) -> Result<(ServiceId, &'a ServicePlan), ToolError> {
    traces.service(name).ok_or_else(|| {
        let names = traces.services().map(|(_, service)| service.name.as_str());
        ToolError {
            message: format!("404 Not Found: {{\"errors\": [\"Service {name} not found\"]}}"),
            hint: nearest(name, names),
        }
    })
}

/// The names nearest to one that does not exist: what it may have meant, or all of them where they are few.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    // A longer one is no slip of the finger, and telling how far it is off would cost its length.
    if name.len() > 80 {
        return None;
    }
    let mut all: Vec<&str> = names.collect();
    all.sort_by_cached_key(|own| (strsim::damerau_levenshtein(own, name), *own));
    let close = |own: &&&str| {
        strsim::damerau_levenshtein(own, name) <= 2.max(own.len() / 3)
            || (!name.is_empty() && (own.contains(name) || name.contains(**own)))
    };
    let near: Vec<&str> = all.iter().filter(close).take(3).copied().collect();
    if near.is_empty() {
        all.truncate(12);
        (!all.is_empty()).then(|| format!("there are {}", all.join(", ")))
    } else {
        Some(format!("did you mean {}?", near.join(" or ")))
    }
}

fn operation(
    traces: &Traces<'_>,
    world: &World,
    of: Option<&ServicePlan>,
    name: &str,
) -> Result<RouteId, ToolError> {
    let plan = world.plan();
    let mut known = Vec::new();
    for (_, service) in traces.services() {
        if of.is_some_and(|of| of.name != service.name) {
            continue;
        }
        for id in &service.routes {
            let Some(route) = plan.routes.get(id.index()) else {
                continue;
            };
            if route.name == name {
                return Ok(*id);
            }
            known.push(route.name.as_str());
        }
    }
    Err(ToolError {
        message: format!("404 Not Found: {{\"errors\": [\"Operation {name} not found\"]}}"),
        hint: nearest(name, known.into_iter()),
    })
}

fn bad(what: &str, given: &str, known: &str) -> ToolError {
    ToolError {
        message: format!("400 Bad Request: {{\"errors\": [\"Invalid {what}: {given}\"]}}"),
        hint: Some(format!("one of {known}")),
    }
}

fn outcome(status: Option<&str>) -> Result<Outcome, ToolError> {
    match status {
        None => Ok(Outcome::Any),
        Some("ok") => Ok(Outcome::Ok),
        Some("error") => Ok(Outcome::Error),
        Some(other) => Err(bad("status", other, "ok, error")),
    }
}

fn order(sort: &str) -> Result<Order, ToolError> {
    match sort {
        "newest" => Ok(Order::Newest),
        "slowest" => Ok(Order::Slowest),
        "failed" => Ok(Order::Failed),
        other => Err(bad("sort", other, "newest, slowest, failed")),
    }
}

/// A trace of a list as a row.
pub fn trace_row(traces: &Traces<'_>, entry: &ListedTrace) -> Option<TraceRow> {
    let (service, route, class) = traces.names_of(&entry.request)?;
    let event = &entry.request.event;
    let failed = entry.request.class != RoutePlan::OK;
    Some(TraceRow {
        trace_id: format!("{:032x}", entry.trace),
        service: service.name.clone(),
        operation: route.name.clone(),
        status: if failed { "error" } else { "ok" }.to_owned(),
        status_code: class.status.clone(),
        started_ms: (event.at_ms * 1000 - event.duration_us as i64).div_euclid(1000),
        duration_ms: event.duration_us as f64 / 1000.0,
        pod: traces.pod_of(&entry.request).map(|pod| pod.to_string()),
        error: traces.said(&entry.request),
    })
}

impl Look for ListTraces {
    type Args = Args;
    type Output = TraceList;
    const NAME: &'static str = "datadog_list_traces";
    const FAMILY: Family = Family::Datadog;
    const ABOUT: &'static str =
        "Lists traces of a service, newest, slowest or failed first; datadog_get_trace opens one";

    fn look(world: &World, args: &Args) -> Result<Seen<TraceList>, ToolError> {
        let traces = Traces::of(world);
        let of = match args.service.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => Some(service(&traces, name)?),
            None => None,
        };
        let route = match args.operation.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => {
                let plan = of.map(|(_, plan)| plan);
                Some(operation(&traces, world, plan, name)?)
            }
            None => None,
        };
        let now = world.now();
        let until = match &args.to {
            Some(text) => times::instant("to", text, now)?.min(now),
            None => now,
        };
        let from = match &args.from {
            Some(text) => times::instant("from", text, now)?,
            None => until - WINDOW,
        };
        let after = match args.cursor.as_deref() {
            Some(text) => Some(Cursor::parse(text).ok_or_else(|| ToolError {
                message: format!("400 Bad Request: {{\"errors\": [\"Invalid cursor: {text}\"]}}"),
                hint: Some("leave it out to begin again".to_owned()),
            })?),
            None => None,
        };
        let wanted = Wanted {
            service: of.map(|(id, _)| id),
            route,
            outcome: outcome(args.status.as_deref())?,
            from,
            until,
            order: order(&args.sort)?,
            after,
            limit: args.limit.clamp(1, paging::MOST),
        };
        let found = traces.list(&wanted);
        let rows: Vec<TraceRow> = found
            .entries
            .iter()
            .filter_map(|entry| trace_row(&traces, entry))
            .collect();
        let shown = rows
            .iter()
            .map(|row| Shown::Trace(row.trace_id.clone()))
            .collect();
        Ok(Seen {
            output: TraceList {
                notes: notes(&traces, &wanted, found.looked_from),
                traces: rows,
                from_ms: from.millis(),
                to_ms: until.millis(),
                sampled_one_in: traces.one_in(),
                cursor: found.next.map(|next| next.to_string()),
            },
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"service\":\"intake\",\"status\":\"error\",\"limit\":2}",
                about: "The newest failed requests of a service",
                prints: "START                    DURATION  STATUS             SERVICE  OPERATION        TRACE ID\n2026-03-02 13:59:59.088  645ms     error UNAVAILABLE  intake   jobs.Intake/Put  13761fcc97700a3a2e2707062b9fcbe9\n2026-03-02 13:59:59.045  482ms     error UNAVAILABLE  intake   jobs.Intake/Put  1ae4820f9838d8aa58058bde0867a950\n(next page: --cursor e.0.1772459999528.-1.16.17)\n",
            },
            ToolExample {
                args: "{\"service\":\"intakes\"}",
                about: "A service that does not exist",
                prints: "datadog_list_traces: 404 Not Found: {\"errors\": [\"Service intakes not found\"]}\nhint: did you mean intake?\n",
            },
        ]
    }
}

/// What a list does not have.
fn notes(traces: &Traces<'_>, wanted: &Wanted, looked_from: Option<SimTime>) -> Vec<String> {
    let mut notes = Vec::new();
    if wanted.outcome != Outcome::Error && traces.one_in() > 1 {
        notes.push(format!(
            "retention filters keep every error trace and 1 in {} of the others",
            traces.one_in()
        ));
    }
    if wanted.from < traces.oldest() {
        notes.push(format!(
            "traces before {} are no longer kept",
            traces.oldest().rfc3339()
        ));
    }
    if let Some(at) = looked_from {
        notes.push(format!(
            "too many spans: only those since {} were searched; narrow the window, service or operation",
            at.rfc3339()
        ));
    }
    if traces.lost_within(wanted.from, wanted.until) {
        notes.push(
            "spans were lost before they were ingested in this window: traces are missing or incomplete, metrics are not"
                .to_owned(),
        );
    }
    notes
}
