//! `prometheus_query`: an expression at an instant or over a range, as Prometheus's HTTP API answers. Never makes samples.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::promql::{self, Expr, Limits, Matrix, Value};
use crate::sim::time::{SimTime, Span};
use crate::tools::{Family, Look, Seen, Text, ToolError, ToolExample};

/// More series than this are not noted one by one as shown.
const MOST_SHOWN: usize = 64;
/// An instant query shows so much of the past: what its lookback covers.
const INSTANT_SPAN: Span = Span::from_mins(5);

/// Evaluates an expression.
pub struct Query;

/// What to evaluate. `time`, `start` and `end` are RFC 3339 or seconds since the epoch; now when left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// The PromQL expression.
    pub query: String,
    /// The instant of an instant query.
    pub time: Option<String>,
    /// Start of a range query.
    pub start: Option<String>,
    /// End of a range query.
    pub end: Option<String>,
    /// Step of a range query, such as `15s`.
    pub step: Option<String>,
}

impl JsonSchema for Output {
    fn schema_name() -> Cow<'static, str> {
        "QueryOutput".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "As Prometheus's HTTP API answers: samples are [seconds since the epoch, value as text]",
            "type": "object",
            "properties": {
                "status": {"const": "success"},
                "data": {
                    "type": "object",
                    "properties": {
                        "resultType": {"enum": ["vector", "matrix", "scalar", "string"]},
                        "result": {"type": "array"}
                    },
                    "required": ["resultType", "result"]
                },
                "warnings": {"type": "array", "items": {"type": "string"}}
            },
            "required": ["status", "data"]
        })
    }
}

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// At an instant.
    Instant(Value, Vec<String>),
    /// Over a range.
    Range(Matrix, Vec<String>),
}

impl Serialize for Output {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (data, notes) = match self {
            Self::Instant(value, notes) => (value.to_json(), notes),
            Self::Range(matrix, notes) => (matrix.to_json(), notes),
        };
        let mut answer = serde_json::json!({ "status": "success", "data": data });
        if let (Some(fields), false) = (answer.as_object_mut(), notes.is_empty()) {
            fields.insert("warnings".to_owned(), serde_json::json!(notes));
        }
        answer.serialize(serializer)
    }
}

impl Text for Output {
    fn text(&self) -> String {
        let (text, notes) = match self {
            Self::Instant(value, notes) => (value.to_text(), notes),
            Self::Range(matrix, notes) => (matrix.to_text(), notes),
        };
        let mut text = if text.is_empty() {
            "{} (no data)".to_owned()
        } else {
            text
        };
        text.push('\n');
        for note in notes {
            text.push_str(note);
            text.push('\n');
        }
        text
    }
}

impl Look for Query {
    type Args = Args;
    type Output = Output;
    const NAME: &'static str = "prometheus_query";
    const FAMILY: Family = Family::Prometheus;
    const ABOUT: &'static str = "Evaluates a PromQL expression at an instant, or over a range when start, end and step are given";

    fn look(world: &World, args: &Args) -> Result<Seen<Output>, ToolError> {
        let expr = promql::parse(&args.query).map_err(|error| ToolError::new(error.to_string()))?;
        let now = world.now();
        let limits = Limits::default();
        if args.start.is_none() && args.end.is_none() && args.step.is_none() {
            let at = instant(args.time.as_deref(), now)?;
            let (value, notes) = promql::instant(&world.series(), &expr, at, &limits)
                .map_err(|error| ToolError::new(error.to_string()))?;
            let shown = shown(world, &expr, at - INSTANT_SPAN, at);
            let notes = notes.iter().map(ToString::to_string).collect();
            return Ok(Seen {
                output: Output::Instant(value, notes),
                shown,
            });
        }
        let end = instant(args.end.as_deref(), now)?;
        let start = match &args.start {
            Some(start) => instant(Some(start), now)?,
            None => end - Span::from_hours(1),
        };
        let step = step(args.step.as_deref())?;
        let (matrix, notes) = evaluate_range(world, &expr, start, end, step)?;
        let shown = shown(world, &expr, start, end);
        Ok(Seen {
            output: Output::Range(matrix, notes),
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"query": "kube_deployment_spec_replicas{deployment=\"worker\"}"}"#,
                about: "an instant query",
                prints: "kube_deployment_spec_replicas{deployment=\"worker\", namespace=\"back\"} => 1 @[1772460000]\n",
            },
            ToolExample {
                args: r#"{"query": "up{job=\"nothing\"}"}"#,
                about: "nothing there",
                prints: "{} (no data)\n",
            },
        ]
    }
}

/// Evaluates over a range; the answer's columns share their instants.
///
/// # Errors
/// As Prometheus words them.
pub fn evaluate_range(
    world: &World,
    expr: &Expr,
    start: SimTime,
    end: SimTime,
    step: Span,
) -> Result<(Matrix, Vec<String>), ToolError> {
    let series = world.series();
    let (matrix, notes) = promql::range(&series, expr, start, end, step, &Limits::default())
        .map_err(|error| ToolError::new(error.to_string()))?;
    Ok((matrix, notes.iter().map(ToString::to_string).collect()))
}

/// The series that an expression selects, as shown over a window.
pub fn shown(world: &World, expr: &Expr, from: SimTime, to: SimTime) -> Vec<Shown> {
    let series = world.series();
    let mut shown = Vec::new();
    for selector in expr.selectors() {
        for labels in series
            .matching_labels(&selector.matchers, to)
            .into_iter()
            .take(MOST_SHOWN)
        {
            let pairs = labels.iter().filter(|(name, _)| *name != "__name__");
            let labels_shown = pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            shown.push(Shown::Series {
                metric: labels.metric_name().to_owned(),
                labels: labels_shown,
                from,
                to,
            });
        }
    }
    shown
}

/// An instant as Prometheus's API takes it; now for none.
pub(super) fn instant(text: Option<&str>, now: SimTime) -> Result<SimTime, ToolError> {
    let Some(text) = text else { return Ok(now) };
    let seconds = || {
        text.parse::<f64>()
            .ok()
            .filter(|seconds| seconds.is_finite() && seconds.abs() < 1e11)
    };
    let at = SimTime::parse_rfc3339(text)
        .or_else(|| seconds().map(|seconds| SimTime((seconds * 1000.0) as i64)));
    at.ok_or_else(|| {
        ToolError::new(format!(
            "invalid parameter \"time\": cannot parse {text:?} to a valid timestamp"
        ))
    })
}

fn step(text: Option<&str>) -> Result<Span, ToolError> {
    use crate::scenario::format::values::{Duration, Text as _};
    let Some(text) = text else {
        return Ok(Span::from_secs(15));
    };
    let seconds = || {
        text.parse::<i64>()
            .ok()
            .filter(|seconds| *seconds > 0 && *seconds < 100_000_000)
            .map(Span::from_secs)
    };
    let span = Duration::parse(text)
        .ok()
        .map(|duration| Span(duration.millis))
        .or_else(seconds);
    span.ok_or_else(|| {
        ToolError::new(format!(
            "invalid parameter \"step\": cannot parse {text:?} to a valid duration"
        ))
    })
}
