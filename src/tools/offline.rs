//! A scenario's world without a drill: opened at a moment, asked or exported, then dropped. Journals nothing.

use std::io::Write;
use std::sync::Arc;

use serde_json::Value as Json;

use super::logs;
use super::open::{OpeningError, Places};
use super::prometheus::export::{ExportError, Written};
use super::tool::ToolError;
use crate::scenario::format::values::{Duration, Text as _};
use crate::sim::World;
use crate::sim::plan::Plan;
use crate::sim::promql::numbers::format_value;
use crate::sim::promql::{self, Limits, Matrix, Value};
use crate::sim::time::{SimTime, Span};

/// The seed when none is given: the same answer every time.
pub const DEFAULT_SEED: u64 = 1;

/// A world at a moment.
#[derive(Debug)]
pub struct Offline {
    world: World,
    end: SimTime,
}

/// One series of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its labels as a legend shows them.
    pub name: String,
    /// One value an instant; none where there is a gap.
    pub values: Vec<Option<f64>>,
}

/// What a query gave: series over shared instants, or one instant, or text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The instants.
    pub times: Vec<SimTime>,
    /// The series.
    pub columns: Vec<Column>,
    /// The answer of the HTTP API.
    pub json: Json,
    /// Lines, or a text of one's own form.
    pub text: Option<String>,
    /// Warnings.
    pub notes: Vec<String>,
}

impl Places {
    /// Opens a scenario's world and lets it run, with nobody doing anything, to a moment: `T+30m` from the page, `T-2h`
    /// before it, or an instant.
    ///
    /// # Errors
    /// When there is no such scenario, or the moment is none or lies outside what there is.
    pub fn offline(&self, scenario: &str, seed: u64, at: &str) -> Result<Offline, OpeningError> {
        let plan = Arc::new(Plan::new(Arc::new(self.pack(scenario)?)));
        let end = moment(&plan, at).map_err(OpeningError::Moment)?;
        let mut world = World::open(plan, seed);
        if end > world.now() {
            world.advance_to(end);
        }
        Ok(Offline { world, end })
    }
}

fn moment(plan: &Plan, text: &str) -> Result<SimTime, String> {
    let from_page = text
        .strip_prefix(['T', 't'])
        .map(|rest| (rest.strip_prefix('+'), rest.strip_prefix('-')));
    let at = match from_page {
        Some((None, None)) if text.len() == 1 => plan.page,
        Some((Some(after), _)) => plan.page + span(after)?,
        Some((_, Some(before))) => plan.page - span(before)?,
        _ => SimTime::parse_rfc3339(text).ok_or_else(|| {
            format!("\"{text}\" is no moment: write T+30m, T-2h or 2024-12-02T09:45:00Z")
        })?,
    };
    if at < plan.history_start() {
        return Err(format!(
            "\"{text}\" lies before the history, which begins at {}",
            plan.history_start().rfc3339()
        ));
    }
    if at > plan.deadline {
        return Err(format!(
            "\"{text}\" lies after the drill's end at {}",
            plan.deadline.rfc3339()
        ));
    }
    Ok(at)
}

/// A length of time such as `24h`.
///
/// # Errors
/// When it is none.
pub fn span(text: &str) -> Result<Span, String> {
    Duration::parse(text).map(|duration| Span(duration.millis))
}

impl Offline {
    /// The moment that was asked for.
    pub const fn end(&self) -> SimTime {
        self.end
    }

    /// Counts where counters stand, which a drill does beside everything else before somebody asks.
    pub fn count_ahead(&self) {
        let telemetry = self.world.signals().telemetry();
        for piece in telemetry.pieces_ahead() {
            telemetry.count_ahead(piece);
        }
    }

    /// Evaluates PromQL at the moment, or over a range that ends there.
    ///
    /// # Errors
    /// As Prometheus words them.
    pub fn query(&self, text: &str, range: Option<(Span, Span)>) -> Result<Answer, ToolError> {
        let wrong = |error: &dyn std::fmt::Display| ToolError::new(error.to_string());
        let expr = promql::parse(text).map_err(|error| wrong(&error))?;
        let series = self.world.series();
        let limits = Limits::default();
        let (mut answer, notes) = match range {
            None => {
                let (value, notes) = promql::instant(&series, &expr, self.end, &limits)
                    .map_err(|error| wrong(&error))?;
                (instant_answer(&value), notes)
            }
            Some((range, step)) => {
                let start = self.end - range;
                let (matrix, notes) = promql::range(&series, &expr, start, self.end, step, &limits)
                    .map_err(|error| wrong(&error))?;
                (range_answer(&matrix), notes)
            }
        };
        answer.notes = notes.iter().map(ToString::to_string).collect();
        Ok(answer)
    }

    /// Evaluates LogQL.
    ///
    /// # Errors
    /// As Loki words them.
    pub fn query_logs(
        &self,
        text: &str,
        range: Option<(Span, Span)>,
        limit: usize,
    ) -> Result<Answer, ToolError> {
        let wanted = logs::logql::Wanted {
            start: range.map(|(range, _)| self.end - range),
            end: self.end,
            step: range.map(|(_, step)| step),
            limit,
        };
        let found = logs::logql::run(&self.world, text, &wanted)?;
        Ok(match found {
            logs::logql::Found::Lines(lines) => Answer {
                text: Some(lines.text()),
                json: lines.to_json(),
                ..Answer::default()
            },
            logs::logql::Found::Instant(value) => instant_answer(&value),
            logs::logql::Found::Range(matrix) => range_answer(&matrix),
        })
    }

    /// Writes all series as OpenMetrics.
    ///
    /// # Errors
    /// See [`super::prometheus::export::write`].
    pub fn export_metrics(
        &self,
        range: Span,
        step: Span,
        out: &mut dyn Write,
    ) -> Result<Written, ExportError> {
        super::prometheus::export::write(&self.world, self.end, range, step, out)
    }

    /// Writes all log lines as JSON, and says how many.
    ///
    /// # Errors
    /// See [`logs::export::write`].
    pub fn export_logs(&self, range: Span, out: &mut dyn Write) -> Result<u64, ExportError> {
        logs::export::write(&self.world, self.end, range, out)
    }

    /// How the log system samples and how long it keeps lines, in a sentence.
    pub fn logs_kept(&self) -> String {
        logs::page::kept(&self.world)
    }
}

fn instant_answer(value: &Value) -> Answer {
    let column = |name: String, value: f64| Column {
        name,
        values: vec![Some(value)],
    };
    let (times, columns, text) = match value {
        Value::Scalar { at, value } => (vec![*at], vec![column("scalar".to_owned(), *value)], None),
        Value::Text { text, .. } => (Vec::new(), Vec::new(), Some(text.clone())),
        Value::Vector(samples) => (
            samples.iter().map(|sample| sample.at).take(1).collect(),
            samples
                .iter()
                .map(|sample| column(sample.labels.metric_form(), sample.value))
                .collect(),
            None,
        ),
        Value::Matrix(_) => (Vec::new(), Vec::new(), Some(value.to_text())),
    };
    Answer {
        times,
        columns,
        text,
        json: value.to_json(),
        notes: Vec::new(),
    }
}

fn range_answer(matrix: &Matrix) -> Answer {
    let columns = matrix.columns.iter().map(|column| Column {
        name: column.labels.metric_form(),
        values: (0..matrix.times.len())
            .map(|index| column.get(index))
            .collect(),
    });
    Answer {
        times: matrix.times.clone(),
        columns: columns.collect(),
        json: matrix.to_json(),
        ..Answer::default()
    }
}

/// A value in a table.
pub fn shown(value: f64) -> String {
    format_value(value)
}

/// A value on an axis: four digits, large numbers with their thousands as `k`, `M`, `G`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = match size {
        _ if !size.is_finite() => return format_value(value),
        _ if size >= 1e10 => (value / 1e9, "G"),
        _ if size >= 1e7 => (value / 1e6, "M"),
        _ if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        size if size == 0.0 || size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 0.1 => 3,
        _ => 6,
    };
    let text = format!("{scaled:.digits$}");
    let text = if digits > 0 {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_record_can_be_asked_for() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scenarios");
        let folder = std::path::Path::new(folder);
        let world = Places::of_folder(folder, folder).offline("small", 7, "T+0s");
        let world = world.unwrap();
        let recorded = world.query("gate:requests:rate5m", None).unwrap();
        assert_eq!(recorded.columns[0].name, "gate:requests:rate5m");
        let asked = "sum(rate(http_requests_total{service=\"gate\"}[5m]))";
        let itself = world.query(asked, None).unwrap();
        let values = [&recorded, &itself].map(|answer| answer.columns[0].values[0].unwrap());
        assert!((values[0] / values[1] - 1.0).abs() < 0.1, "{values:?}");
    }

    #[test]
    fn numbers_on_an_axis_are_short() {
        for (value, text) in [
            (2.833_333, "2.833"),
            (1234.0, "1234"),
            (0.016_666_7, "0.016667"),
            (12_345.0, "12.35k"),
            (2e9, "2000M"),
            (0.0, "0"),
            (-5.5, "-5.5"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
