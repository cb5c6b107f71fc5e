//! All series of a window as OpenMetrics text with timestamps, as `promtool tsdb create-blocks-from openmetrics` takes it.
//! Written series by series; never holds more than one.

use std::io::{self, Write};

use crate::sim::World;
use crate::sim::promql::numbers::format_json_value;
use crate::sim::promql::source::{SeriesSource, is_stale};
use crate::sim::time::{SimTime, Span};
use crate::tools::ToolError;

/// Series are scraped every fifteen seconds.
pub const SCRAPE: Span = Span::from_secs(15);
/// More samples than this are not written in one go.
const MOST_SAMPLES: u64 = 200_000_000;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Metrics, a histogram counted once.
    pub metrics: u64,
    /// Series.
    pub series: u64,
    /// Samples.
    pub samples: u64,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The window or step cannot be.
    #[error(transparent)]
    Refused(#[from] ToolError),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes every sample of `(end - range, end]` that lies on a multiple of the step.
///
/// # Errors
/// When the step is no multiple of the scrape interval, there is too much, or writing fails.
pub fn write(
    world: &World,
    end: SimTime,
    range: Span,
    step: Span,
    out: &mut dyn Write,
) -> Result<Written, ExportError> {
    if step.millis() <= 0 || step.millis() % SCRAPE.millis() != 0 {
        return Err(ToolError::new(format!(
            "the step must be a multiple of the scrape interval, {} s: 15s, 30s, 1m, 5m",
            SCRAPE.secs()
        ))
        .into());
    }
    let telemetry = world.signals().telemetry();
    let start = end - range;
    let scraped = telemetry
        .estimate_samples(&[], start, end)
        .unwrap_or(u64::MAX);
    let wanted = scraped / (step.millis() / SCRAPE.millis()).unsigned_abs();
    if wanted > MOST_SAMPLES {
        return Err(ToolError::new(format!(
            "about {wanted} samples are more than {MOST_SAMPLES}: take a shorter --range or a longer --step"
        ))
        .into());
    }
    let mut written = Written::default();
    let window = (start.millis(), end.millis());
    for info in telemetry.metrics() {
        let mut begun = false;
        telemetry.each_series(&info.metric, window, |labels, samples| {
            if !begun {
                head(out, &info.metric, info.kind, &info.help)?;
                written.metrics += 1;
                begun = true;
            }
            let name = series_name(labels);
            let before = written.samples;
            for (at, value) in samples.times.iter().zip(&samples.values) {
                if is_stale(*value) || at % step.millis() != 0 {
                    continue;
                }
                let value = format_json_value(*value);
                writeln!(out, "{name} {value} {}", seconds(*at))?;
                written.samples += 1;
            }
            written.series += u64::from(written.samples > before);
            Ok::<(), io::Error>(())
        })?;
    }
    writeln!(out, "# EOF")?;
    out.flush()?;
    Ok(written)
}

fn head(
    out: &mut dyn Write,
    metric: &str,
    kind: crate::sim::telemetry::series::MetricKind,
    help: &str,
) -> io::Result<()> {
    use crate::sim::telemetry::series::MetricKind;
    // A counter's family is named without `_total`; what is not called so is no counter to OpenMetrics.
    let (family, word) = match (kind, metric.strip_suffix("_total")) {
        (MetricKind::Counter, Some(stem)) => (stem, "counter"),
        (MetricKind::Counter, None) | (MetricKind::Gauge, Some(_)) => (metric, "unknown"),
        (MetricKind::Gauge, None) => (metric, "gauge"),
        (MetricKind::Histogram, _) => (metric, "histogram"),
    };
    writeln!(out, "# TYPE {family} {word}")?;
    if help.is_empty() {
        return Ok(());
    }
    writeln!(out, "# HELP {family} {}", escaped(help))
}

/// `name{label="value",...}`, labels sorted.
fn series_name(labels: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    sorted.sort();
    let metric = sorted.iter().find(|(name, _)| name == "__name__");
    let rest: Vec<String> = sorted
        .iter()
        .filter(|(name, _)| name != "__name__")
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    let metric = metric.map_or("", |(_, value)| value.as_str());
    if rest.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric}{{{}}}", rest.join(","))
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}

fn seconds(at_ms: i64) -> String {
    format!("{}.{:03}", at_ms.div_euclid(1000), at_ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    fn exported(range: Span, step: Span) -> (Written, String) {
        let world = small_world();
        let mut out = Vec::new();
        let written = write(&world, world.now(), range, step, &mut out).unwrap();
        (written, String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_family_stands_together_and_the_end_is_marked() {
        let (written, text) = exported(Span::from_mins(5), SCRAPE);
        assert!(text.ends_with("# EOF\n"));
        let families: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .collect();
        let mut unique = families.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), families.len());
        assert_eq!(families.len() as u64, written.metrics);
        let samples = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(samples as u64, written.samples);
        assert!(text.contains("# TYPE kube_deployment_spec_replicas gauge\n"));
        let wanted = "kube_deployment_spec_replicas{deployment=\"worker\",namespace=\"back\"} 1 1772460000.000\n";
        assert!(text.contains(wanted));
    }

    #[test]
    fn a_longer_step_leaves_samples_out_and_keeps_the_rest() {
        let (_, fine) = exported(Span::from_mins(5), SCRAPE);
        let (_, coarse) = exported(Span::from_mins(5), Span::from_mins(1));
        let kept: Vec<&str> = fine
            .lines()
            .filter(|line| {
                let at = line.rsplit(' ').next().unwrap_or("");
                let seconds: Option<f64> = at.parse().ok();
                line.starts_with('#') || seconds.is_some_and(|at| at % 60.0 == 0.0)
            })
            .collect();
        assert_eq!(coarse.lines().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let world = small_world();
        let refuse = |range, step| {
            let mut out = Vec::new();
            let written = write(&world, world.now(), range, step, &mut out);
            assert!(out.is_empty());
            written.unwrap_err().to_string()
        };
        assert!(refuse(Span::from_hours(1), Span::from_secs(7)).contains("multiple"));
        assert!(refuse(Span::from_hours(1), Span::ZERO).contains("multiple"));
    }

    #[test]
    fn texts_are_escaped() {
        let label = |value: &str| {
            vec![
                ("__name__".to_owned(), "up".to_owned()),
                ("a".to_owned(), value.to_owned()),
            ]
        };
        assert_eq!(series_name(&label("x\"\\\n")), "up{a=\"x\\\"\\\\\\n\"}");
        assert_eq!(series_name(&label("")), "up");
        assert_eq!(seconds(1_500), "1.500");
    }
}
