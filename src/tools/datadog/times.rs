//! Instants, spans and durations as Datadog takes and writes them. Never the wall clock.

use crate::scenario::format::values::{Duration, Text as _};
use crate::sim::time::{SimTime, Span};
use crate::tools::tool::ToolError;

/// An instant: RFC 3339, seconds or milliseconds since the epoch, `now`, or before now as in `now-15m` and `-15m`.
///
/// # Errors
/// As the API words it.
pub fn instant(name: &str, text: &str, now: SimTime) -> Result<SimTime, ToolError> {
    let text = text.trim();
    let back = text.strip_prefix("now").unwrap_or(text);
    let at = if back.is_empty() {
        (text == "now").then_some(now)
    } else if let Some(span) = back.strip_prefix('-').and_then(span) {
        Some(SimTime(now.millis().saturating_sub(span.millis())))
    } else {
        SimTime::parse_rfc3339(text).or_else(|| epoch(text))
    };
    at.ok_or_else(|| ToolError {
        message: format!("400 Bad Request: {{\"errors\": [\"Invalid {name}: {text}\"]}}"),
        hint: Some("RFC 3339, seconds since the epoch, or as far back as in now-15m".to_owned()),
    })
}

fn span(text: &str) -> Option<Span> {
    Duration::parse(text)
        .ok()
        .map(|duration| Span(duration.millis))
}

fn epoch(text: &str) -> Option<SimTime> {
    let number: i64 = text.parse().ok().filter(|number| *number > 0)?;
    match number {
        1..100_000_000_000 => Some(SimTime(number * 1000)),
        100_000_000_000..100_000_000_000_000 => Some(SimTime(number)),
        _ => None,
    }
}

/// A duration in milliseconds as its traces show it: see [`duration`].
pub fn duration_of_ms(ms: f64) -> String {
    duration((ms * 1000.0 + 0.5) as u64)
}

/// A duration in microseconds as its traces show it: `812µs`, `34.2ms`, `2.61s`.
pub fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us}µs"),
        1_000..100_000 => format!("{}.{}ms", us / 1000, us % 1000 / 100),
        100_000..1_000_000 => format!("{}ms", us / 1000),
        1_000_000..60_000_000 => format!("{}.{:02}s", us / 1_000_000, us % 1_000_000 / 10_000),
        _ => format!("{}m {}s", us / 60_000_000, us % 60_000_000 / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_form() {
        let now = SimTime(1_772_460_000_000);
        let read = |text| instant("from", text, now).ok().map(SimTime::millis);
        assert_eq!(read("now"), Some(now.millis()));
        assert_eq!(read("now-15m"), Some(now.millis() - 900_000));
        assert_eq!(read("-1h"), Some(now.millis() - 3_600_000));
        assert_eq!(read("2026-03-02T13:00:00Z"), Some(now.millis() - 3_600_000));
        assert_eq!(read("1772460000"), Some(now.millis()));
        assert_eq!(read("1772460000000"), Some(now.millis()));
        for wrong in ["", "yesterday", "now+1h", "-", "-5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_keep_three_digits() {
        let texts = [0, 812, 34_217, 354_953, 2_610_000, 61_000_000].map(duration);
        assert_eq!(texts, ["0µs", "812µs", "34.2ms", "354ms", "2.61s", "1m 1s"]);
    }
}
