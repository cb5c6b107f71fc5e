//! Traces for the board: the newest of a service, and one in full, as the tools answer. Never anything that they do not.

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::telemetry::logs::LineKey;
use crate::sim::time::{SimTime, Span};
use crate::sim::traces::Traces;
use crate::tools::datadog::get_trace::{self, TraceDetail};
use crate::tools::datadog::list_traces::{Args, ListTraces, TraceList};
use crate::tools::paging;
use crate::tools::tool::Look;

/// Services that send spans.
pub fn services(world: &World) -> Vec<String> {
    Traces::of(world)
        .services()
        .map(|(_, service)| service.name.clone())
        .collect()
}

/// A list around an instant reaches so far to either side.
const AROUND: Span = Span::from_secs(60);

/// The traces around an instant, otherwise of the last quarter of an hour; of all services for an empty name.
///
/// # Errors
/// As the tool refuses.
pub fn list(
    world: &World,
    service: &str,
    sort: &str,
    failed_only: bool,
    around: Option<SimTime>,
) -> Result<TraceList, String> {
    let args = Args {
        from: around.map(|at| (at - AROUND).rfc3339()),
        to: around.map(|at| (at + AROUND).rfc3339()),
        service: Some(service.to_owned()).filter(|name| !name.is_empty()),
        status: failed_only.then(|| "error".to_owned()),
        sort: sort.to_owned(),
        limit: paging::MOST,
        ..Args::default()
    };
    ListTraces::look(world, &args)
        .map(|seen| seen.output)
        .map_err(|error| error.message)
}

/// One trace in full.
///
/// # Errors
/// When it cannot be opened, with what to do instead.
pub fn detail(world: &World, trace: &str) -> Result<TraceDetail, String> {
    get_trace::detail(world, trace).map_err(|error| match error.hint {
        Some(hint) => format!("trace not found: {hint}"),
        None => error.message,
    })
}

/// What a trace is pinned by.
pub fn artifact(trace: &str) -> String {
    Shown::Trace(trace.to_owned()).id()
}

/// The trace that a line shows.
pub fn of_line(world: &World, cursor: &str) -> Option<String> {
    let key = LineKey::parse(cursor)?;
    let trace = world.signals().telemetry().trace_shown(key)?;
    Some(format!("{trace:032x}"))
}

/// What the pane shows: the traces of its list, or those that are open (their digits, one a line).
pub fn shown(world: &World, query: &str, filter: &str, rows: usize) -> Vec<Shown> {
    if !query.is_empty() {
        let open = query.lines().filter(|id| get_trace::parse_id(id).is_some());
        let traces = Traces::of(world);
        return open.flat_map(|id| traces.shown(id)).collect();
    }
    let mut words = filter.split(' ');
    let (service, sort) = (words.next().unwrap_or(""), words.next().unwrap_or("failed"));
    let service = if service == "*" { "" } else { service };
    let failed_only = words.next() == Some("error");
    let around = words.next().and_then(|ms| ms.parse().ok());
    let around = around.filter(|ms| *ms != 0).map(SimTime);
    let listed = list(world, service, sort, failed_only, around);
    let traces = listed.map(|list| list.traces).unwrap_or_default();
    traces
        .into_iter()
        .take(rows)
        .map(|trace| Shown::Trace(trace.trace_id))
        .collect()
}
