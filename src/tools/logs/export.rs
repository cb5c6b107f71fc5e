//! Log lines of a window as one JSON object a line, oldest first. Written leaf by leaf; never holds more.

use std::io::{self, Write};

use serde::Serialize;

use crate::sim::World;
use crate::sim::telemetry::homes::level_word;
use crate::sim::telemetry::lines::LineFilter;
use crate::sim::time::{SimTime, Span};
use crate::tools::ToolError;
use crate::tools::prometheus::export::ExportError;

/// More lines than this are not written in one go.
const MOST_LINES: u64 = 200_000_000;

/// A line as it is written.
#[derive(Serialize)]
struct Exported<'a> {
    timestamp: String,
    service: &'a str,
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<&'a str>,
    container: &'a str,
    level: &'static str,
    stream: &'static str,
    line: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

/// Writes every line of `[end - range, end)`, and says how many there were.
///
/// # Errors
/// When there are too many, or writing fails.
pub fn write(
    world: &World,
    end: SimTime,
    range: Span,
    out: &mut dyn Write,
) -> Result<u64, ExportError> {
    let telemetry = world.signals().telemetry();
    let filter = LineFilter {
        from_ms: (end - range).millis(),
        until_ms: end.millis(),
        ..LineFilter::default()
    };
    let wanted = telemetry.count_lines(&filter);
    if wanted > MOST_LINES {
        return Err(ToolError::new(format!(
            "{wanted} lines are more than {MOST_LINES}: take a shorter --range"
        ))
        .into());
    }
    let mut written = 0;
    telemetry.each_line(&filter, |line| {
        let home = telemetry.home(&line.service);
        let exported = Exported {
            timestamp: SimTime(line.key.at_ms).format("%Y-%m-%dT%H:%M:%S%.3fZ"),
            service: &line.service,
            namespace: home.map_or("", |home| &home.namespace),
            pod: line.pod.as_deref(),
            container: home.map_or(&line.service, |home| &home.container),
            level: level_word(line.level),
            stream: telemetry.stream_of(&line.service, line.level),
            line: &line.text,
            trace_id: telemetry
                .trace_shown(line.key)
                .map(|trace| format!("{trace:032x}")),
        };
        serde_json::to_writer(&mut *out, &exported).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        written += 1;
        Ok::<(), io::Error>(())
    })?;
    out.flush()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn as_many_lines_as_are_counted_oldest_first_with_their_labels() {
        let world = small_world();
        let mut out = Vec::new();
        let written = write(&world, world.now(), Span::from_mins(2), &mut out).unwrap();
        let filter = LineFilter {
            from_ms: (world.now() - Span::from_mins(2)).millis(),
            until_ms: world.now().millis(),
            ..LineFilter::default()
        };
        assert_eq!(written, world.signals().telemetry().count_lines(&filter));
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len() as u64, written);
        assert!(lines.is_sorted_by_key(|line| line["timestamp"].as_str().unwrap().to_owned()));
        let worker = lines.iter().find(|line| line["service"] == "gate").unwrap();
        assert_eq!(worker["namespace"], "front");
        assert_eq!(worker["container"], "gate");
        let shown = worker["line"].as_str().unwrap();
        let trace = worker["trace_id"].as_str().unwrap();
        assert!(shown.contains(trace), "{shown} does not show {trace}");
    }
}
