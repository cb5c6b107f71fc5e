//! Draws the traces pane: a list of traces, a waterfall with the selected span below it, two waterfalls on one scale.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas};
pub(super) use crate::tui::desk::trace_duration as duration;
use crate::tui::hits::Hit;
use crate::tui::pane::{PaneId, Size};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::widgets::rows::{Rows, scrollbar};
use crate::tui::world::{SpanRow, TraceListRow, TraceView};

/// Rows of the list that are no traces: its heading and its notes.
pub(super) const LIST_BARS: u16 = 2;
/// Columns of a duration.
const DURATION: u16 = 8;

/// Why a trace could not be opened.
pub(super) fn problem(canvas: &mut Canvas<'_>, problem: &str) {
    let columns = usize::from(canvas.width().saturating_sub(2));
    for (y, line) in text::wrap(&text::clean(problem), columns)
        .iter()
        .enumerate()
    {
        canvas.text(1, y as u16 + 1, line, Role::Warn);
    }
}

/// A list of traces.
pub(super) struct List<'a> {
    pub(super) rows: &'a [TraceListRow],
    pub(super) notes: &'a [String],
    pub(super) shown: &'a [usize],
    /// The trace that is to be compared.
    pub(super) marked: Option<&'a str>,
    pub(super) place: &'a Rows,
}

/// Draws the list.
pub(super) fn list(canvas: &mut Canvas<'_>, list: &List<'_>, focused: bool) {
    let longest = list.rows.iter().map(|row| row.duration_us).max();
    let longest = longest.unwrap_or(1).max(1);
    let columns = Columns::of(canvas.width());
    canvas.text(2, 0, "TIME", Role::Faint);
    canvas.text(columns.duration, 0, "DURATION", Role::Faint);
    canvas.text(columns.status, 0, "STATUS", Role::Faint);
    canvas.text(columns.service, 0, "SERVICE, OPERATION", Role::Faint);
    if list.shown.is_empty() {
        canvas.text(1, 1, "No traces.", Role::Muted);
    }
    for (y, at) in list.place.visible().enumerate() {
        let y = y as u16 + 1;
        let row = list.shown.get(at).and_then(|row| list.rows.get(*row));
        let Some(row) = row.filter(|_| y + 1 < canvas.height()) else {
            continue;
        };
        draw_row(canvas, y, row, longest, list.marked);
        if at == list.place.selected {
            let role = if focused {
                Role::Selected
            } else {
                Role::SelectedIdle
            };
            canvas.tint_row(y, role);
        }
        let hit = Hit::Row {
            pane: PaneId::Traces,
            list: 0,
            row: at,
        };
        canvas.click(Rect::new(0, y, canvas.width(), 1), hit);
    }
    let notes = list.notes.join("; ");
    let last = canvas.height().saturating_sub(1);
    let columns = canvas.width().saturating_sub(1);
    canvas.text_within(1, last, columns, &notes, Role::Muted);
    let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(2));
    list.place.scrollbar(canvas, part);
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    y: u16,
    row: &TraceListRow,
    longest: u64,
    marked: Option<&str>,
) {
    let (sign, role) = match (marked == Some(row.trace.as_str()), row.failed) {
        (true, _) => ("◆", Role::Pin),
        (false, true) => ("✗", Role::Alert),
        (false, false) => ("✓", Role::Good),
    };
    canvas.text(0, y, sign, role);
    let columns = Columns::of(canvas.width());
    let at = units::instant(row.at_ms, "%H:%M:%S%.3f");
    let time = columns.duration.saturating_sub(3);
    canvas.text_within(
        2,
        y,
        time,
        at.get(..time.into()).unwrap_or(&at),
        Role::Faint,
    );
    let took = duration(row.duration_us);
    canvas.text_within(columns.duration, y, DURATION, &took, Role::Strong);
    let bar = columns.duration + DURATION + 1;
    let room = columns.status.saturating_sub(bar + 1);
    let (status, part) = if row.failed {
        (Role::Alert, Role::Alert)
    } else {
        (Role::Muted, Role::Info)
    };
    if room > 0 {
        for x in 0..bar_length(row.duration_us, longest, room) {
            canvas.glyph(bar + x, y, '▬', part);
        }
    }
    let room = columns.service.saturating_sub(columns.status + 1);
    canvas.text_within(columns.status, y, room, &row.status, status);
    let room = canvas.width().saturating_sub(columns.service + 1);
    let end = canvas.text_within(columns.service, y, room, &row.service, Role::Link);
    let room = canvas.width().saturating_sub(end + 2);
    let end = canvas.text_within(end + 1, y, room, &row.operation, Role::Base);
    let room = canvas.width().saturating_sub(end + 3);
    if room > 12 {
        canvas.text_within(end + 2, y, room, &row.error, Role::Muted);
    }
}

/// Where the columns of the list begin.
struct Columns {
    duration: u16,
    status: u16,
    service: u16,
}

impl Columns {
    const fn of(width: u16) -> Self {
        if width >= 110 {
            Self {
                duration: 15,
                status: 36,
                service: 56,
            }
        } else {
            Self {
                duration: 11,
                status: 20,
                service: 33,
            }
        }
    }
}

fn bar_length(part: u64, whole: u64, columns: u16) -> u16 {
    let length = u128::from(part) * u128::from(columns) / u128::from(whole.max(1));
    (length as u16).clamp(1, columns)
}

/// Rows of the part below the waterfall.
const fn detail_rows(height: u16, compared: bool) -> u16 {
    if compared || height < 12 {
        0
    } else {
        let third = height / 3;
        if third > 12 { 12 } else { third }
    }
}

/// How many spans are on screen: what remains of the pane below the heading and above the detail.
pub(super) fn span_rows(size: Size, compared: bool) -> usize {
    let whole = if compared {
        size.height / 2
    } else {
        size.height.saturating_sub(detail_rows(size.height, false))
    };
    usize::from(whole.saturating_sub(1)).max(1)
}

/// Draws a trace, and another on the same scale where two are compared.
pub(super) fn waterfall(
    canvas: &mut Canvas<'_>,
    open: &TraceView,
    other: Option<&TraceView>,
    place: &Rows,
    focused: bool,
) {
    let longest = other.map_or(0, |other| other.duration_us);
    let whole = open.duration_us.max(longest).max(1);
    let (width, height) = (canvas.width(), canvas.height());
    let detail = detail_rows(height, other.is_some());
    let upper = if other.is_some() {
        height / 2
    } else {
        height.saturating_sub(detail)
    };
    let part = Rect::new(0, 0, width, upper);
    spans(&mut canvas.part(part), open, whole, place, Some(focused));
    if let Some(other) = other {
        let part = Rect::new(0, upper, width, height - upper);
        let mut rows = Rows::default();
        rows.fit(
            other.spans.len(),
            usize::from(part.height.saturating_sub(1)),
        );
        spans(&mut canvas.part(part), other, whole, &rows, None);
    } else if detail > 1 {
        let part = Rect::new(0, upper, width, detail);
        span_detail(&mut canvas.part(part), open, place.selected);
    }
}

/// A trace's heading and its spans; `focused` is none for one that has no selection.
fn spans(
    canvas: &mut Canvas<'_>,
    view: &TraceView,
    whole_us: u64,
    place: &Rows,
    focused: Option<bool>,
) {
    let status = if view.failed { Role::Alert } else { Role::Good };
    let at = canvas.text(0, 0, &duration(view.duration_us), Role::Strong);
    let at = canvas.text(at + 1, 0, &view.status, status);
    let at = canvas.text(at + 1, 0, &view.title, Role::Link);
    let when = units::instant(view.at_ms, "%H:%M:%S%.3f");
    let words = format!("{when}  {}  {}", view.trace, view.notes.join("; "));
    let room = canvas.width().saturating_sub(at + 2);
    canvas.text_within(at + 2, 0, room, &words, Role::Faint);
    let name = canvas.width() * 11 / 20;
    let bars = canvas.width().saturating_sub(name + DURATION + 3);
    let mut services: Vec<&str> = Vec::new();
    for span in &view.spans {
        if !services.contains(&span.service.as_str()) {
            services.push(&span.service);
        }
    }
    for (y, at) in place.visible().enumerate() {
        let y = y as u16 + 1;
        let Some(span) = view.spans.get(at).filter(|_| y < canvas.height()) else {
            continue;
        };
        let service = services.iter().position(|own| *own == span.service);
        let role = Role::series(service.unwrap_or(0));
        draw_name(canvas, y, span, name, role);
        draw_bar(canvas, (name + 1, y, bars), span, whole_us, role);
        let end = canvas.width().saturating_sub(1);
        let took = duration(span.duration_us);
        canvas.text_aligned((0, y), end, Align::Right, &took, Role::Muted);
        if focused.is_some() && at == place.selected {
            let role = if focused == Some(true) {
                Role::Selected
            } else {
                Role::SelectedIdle
            };
            canvas.tint_row(y, role);
        }
        if focused.is_some() {
            let hit = Hit::Row {
                pane: PaneId::Traces,
                list: 1,
                row: at,
            };
            canvas.click(Rect::new(0, y, canvas.width(), 1), hit);
        }
    }
    let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
    let height = usize::from(part.height);
    scrollbar(canvas, part, place.top, height, view.spans.len());
}

fn draw_name(canvas: &mut Canvas<'_>, y: u16, span: &SpanRow, columns: u16, role: Role) {
    if span.error.is_some() {
        canvas.text(0, y, "✗", Role::Alert);
    }
    let indent = 2 + (span.depth.min(20) as u16) * 2;
    let room = columns.saturating_sub(indent);
    let end = canvas.text_within(indent, y, room, &span.service, role);
    let room = columns.saturating_sub(end + 1);
    let end = canvas.text_within(end + 1, y, room, &span.operation, Role::Muted);
    let room = columns.saturating_sub(end + 1);
    let plain = if span.error.is_some() {
        Role::Alert
    } else {
        Role::Base
    };
    // Where there is little room, a method goes without its package.
    let method = span.resource.rsplit('/').next();
    let short = method.filter(|_| canvas.width() < 110 && !span.resource.contains(' '));
    canvas.text_within(end + 1, y, room, short.unwrap_or(&span.resource), plain);
}

fn draw_bar(
    canvas: &mut Canvas<'_>,
    (x, y, columns): (u16, u16, u16),
    span: &SpanRow,
    whole_us: u64,
    role: Role,
) {
    if columns == 0 {
        return;
    }
    let column = |us: u64| (u128::from(us) * u128::from(columns) / u128::from(whole_us)) as u16;
    let offset = span.offset_us.max(0).unsigned_abs();
    let start = column(offset).min(columns - 1);
    let end = column(offset + span.duration_us).clamp(start + 1, columns);
    for at in start..end {
        let glyph = if span.error.is_some() { '▒' } else { '█' };
        let role = if span.error.is_some() {
            Role::Alert
        } else {
            role
        };
        canvas.glyph(x + at, y, glyph, role);
    }
}

/// The selected span in full: what went wrong, then its names and values in as many columns as fit.
fn span_detail(canvas: &mut Canvas<'_>, view: &TraceView, selected: usize) {
    for x in 0..canvas.width() {
        canvas.glyph(x, 0, '─', Role::Border);
    }
    let Some(span) = view.spans.get(selected) else {
        return;
    };
    let head = format!(" {} {} {} ", span.service, span.operation, span.resource);
    let room = canvas.width().saturating_sub(2);
    canvas.text_within(1, 0, room, &head, Role::Title);
    let start = span.offset_us.max(0).unsigned_abs();
    let times = format!(
        "starts at {}, takes {}",
        duration(start),
        duration(span.duration_us)
    );
    canvas.text_within(1, 1, room, &times, Role::Muted);
    let mut y = 2;
    if let Some(error) = &span.error {
        for line in text::wrap(&text::clean(error), usize::from(room))
            .iter()
            .take(3)
        {
            canvas.text(1, y, line, Role::Alert);
            y += 1;
        }
    }
    let columns = if canvas.width() >= 70 { 2 } else { 1 };
    let width = canvas.width() / columns;
    for (index, (name, value)) in span.attributes.iter().enumerate() {
        let (row, column) = (index as u16 / columns, index as u16 % columns);
        if y + row >= canvas.height() {
            break;
        }
        let x = 1 + column * width;
        let end = canvas.text_within(x, y + row, 20, name, Role::Faint);
        let room = (x + width).saturating_sub(end + 2);
        canvas.text_within(end + 1, y + row, room, value, Role::Base);
    }
}
