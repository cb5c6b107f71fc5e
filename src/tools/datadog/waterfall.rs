//! A trace drawn as a waterfall of text: names indented by depth, bars by time, errors marked. Never colours.

use unicode_width::UnicodeWidthStr;

use super::get_trace::{SpanRow, TraceDetail};
use super::times;

/// Columns of the bars.
const BARS: usize = 32;
/// A name is cut to so many columns.
const LONGEST_NAME: usize = 64;

/// Where a span's bar begins and how long it is, in columns of a bar area; never empty and never beyond it.
pub fn bar(offset_ms: f64, duration_ms: f64, whole_ms: f64, width: usize) -> (usize, usize) {
    let columns = width as f64;
    let whole = whole_ms.max(0.001);
    let start = (offset_ms / whole * columns).clamp(0.0, columns - 1.0) as usize;
    let end = ((offset_ms + duration_ms) / whole * columns + 0.5).clamp(0.0, columns) as usize;
    (start, end.saturating_sub(start).max(1).min(width - start))
}

/// A span's name: its service, operation and resource.
pub fn name(span: &SpanRow) -> String {
    format!("{} {} {}", span.service, span.operation, span.resource)
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if kept.width() + 2 > width {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

/// The waterfall, a line for each span, and what went wrong below it.
pub fn text(trace: &TraceDetail) -> String {
    let names: Vec<String> = trace
        .spans
        .iter()
        .map(|span| {
            let mark = if span.error.is_some() { "! " } else { "  " };
            let indented = format!("{mark}{}{}", "  ".repeat(span.depth), name(span));
            cut(&indented, LONGEST_NAME)
        })
        .collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (span, name) in trace.spans.iter().zip(&names) {
        let (start, length) = bar(span.offset_ms, span.duration_ms, trace.duration_ms, BARS);
        let fill = if span.error.is_some() { "▒" } else { "█" };
        text.push_str(&format!(
            "{name}{}  |{}{}{}| {:>8}\n",
            " ".repeat(widest - name.width()),
            " ".repeat(start),
            fill.repeat(length),
            " ".repeat(BARS - start - length),
            times::duration_of_ms(span.duration_ms),
        ));
    }
    let failed = || {
        let spans = trace.spans.iter();
        spans.filter_map(|span| Some((span, span.error.as_ref()?)))
    };
    if failed().next().is_some() {
        text.push_str("\nerrors\n");
    }
    for (span, error) in failed() {
        text.push_str(&format!("! {}\n    {error}\n", name(span)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_inside() {
        assert_eq!(bar(0.0, 10.0, 10.0, 20), (0, 20));
        assert_eq!(bar(5.0, 2.5, 10.0, 20), (10, 5));
        assert_eq!(bar(10.0, 0.0, 10.0, 20), (19, 1));
        assert_eq!(bar(9.9, 9.0, 10.0, 20), (19, 1));
        assert_eq!(bar(0.0, 0.0, 0.0, 20), (0, 1));
    }
}
