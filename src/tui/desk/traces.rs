//! Rows of the traces pane from what the board's tools say.

use crate::sim::time::SimTime;
use crate::tools::board::traces;
use crate::tools::datadog::get_trace::{SpanRow as Span, TraceDetail};
use crate::tools::datadog::list_traces::TraceRow;
use crate::tools::{DrillWorld, datadog};
use crate::tui::world::{SpanRow, TraceList, TraceListRow, TraceQuery, TraceView};

fn us(ms: f64) -> i64 {
    (ms * 1000.0).round() as i64
}

fn row(row: TraceRow) -> TraceListRow {
    TraceListRow {
        id: traces::artifact(&row.trace_id),
        at_ms: row.started_ms,
        duration_us: us(row.duration_ms).unsigned_abs(),
        failed: row.status == "error",
        status: row.status_code,
        service: row.service,
        operation: row.operation,
        error: row.error.unwrap_or_default(),
        trace: row.trace_id,
    }
}

/// Traces as the query asks for them.
pub(super) fn list(world: &DrillWorld, query: &TraceQuery) -> TraceList {
    let word = query.order.word();
    let around = query.around_ms.map(SimTime);
    match traces::list(world, &query.service, word, query.failed_only, around) {
        Ok(found) => TraceList {
            rows: found.traces.into_iter().map(row).collect(),
            notes: found.notes,
        },
        Err(problem) => TraceList {
            notes: vec![problem],
            ..TraceList::default()
        },
    }
}

fn span(span: Span) -> SpanRow {
    SpanRow {
        depth: span.depth,
        service: span.service,
        operation: span.operation,
        resource: span.resource,
        offset_us: us(span.offset_ms),
        duration_us: us(span.duration_ms).unsigned_abs(),
        error: span.error,
        attributes: span.attributes.into_iter().collect(),
    }
}

fn view(detail: TraceDetail) -> TraceView {
    TraceView {
        id: traces::artifact(&detail.trace_id),
        title: format!("{} {}", detail.service, detail.operation),
        status: detail.status_code,
        failed: detail.status == "error",
        at_ms: detail.started_us.div_euclid(1000),
        duration_us: us(detail.duration_ms).unsigned_abs(),
        spans: detail.spans.into_iter().map(span).collect(),
        notes: detail.notes,
        trace: detail.trace_id,
    }
}

/// One trace, or why it cannot be opened.
pub(super) fn open(world: &DrillWorld, trace: &str) -> Result<TraceView, String> {
    traces::detail(world, trace).map(view)
}

/// A duration as traces show it.
pub(in crate::tui) fn duration(us: u64) -> String {
    datadog::times::duration(us)
}
