//! Hands aggregations over time to PromQL's evaluator: each becomes a selector of its own over what was gathered.

use std::collections::BTreeMap;

use super::QueryError;
use super::ast::{MetricExpr, VectorOp};
use super::metric::Steps;
use crate::sim::promql::ast::{
    Aggregate, Binary, Expr, Grouping, Node, Place, Selector, Text, TimeShift,
};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::Matcher;
use crate::sim::promql::source::{Series, SeriesSource, SourceError};
use crate::sim::promql::{self, Limits, Matrix, Value};
use crate::sim::time::{SimTime, Span};

/// Series with a value at each instant, or none.
pub(super) type Columns = Vec<(Labels, Vec<Option<f64>>)>;

/// What was gathered, by the name of the selector that stands for it.
struct Gathered(BTreeMap<String, Vec<Series>>);

impl SeriesSource for Gathered {
    fn select(
        &self,
        matchers: &[Matcher],
        _start: SimTime,
        _end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        let name = matchers.iter().find(|one| one.name() == METRIC_NAME);
        let found = name.and_then(|name| self.0.get(name.value()));
        Ok(found.cloned().unwrap_or_default())
    }

    fn metric_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn label_names(&self, _: &[Matcher]) -> Vec<String> {
        Vec::new()
    }

    fn label_values(&self, _: &str, _: &[Matcher]) -> Vec<String> {
        Vec::new()
    }
}

fn gathered(parts: &[Columns], times: &[i64]) -> Gathered {
    let named = parts.iter().enumerate().map(|(number, columns)| {
        let series = columns.iter().map(|(labels, values)| {
            let there = times
                .iter()
                .zip(values)
                .filter_map(|(at, value)| Some((*at, (*value)?)));
            let samples: Vec<(i64, f64)> = there.collect();
            Series::from_samples(labels.clone(), &samples)
        });
        let series = series.filter(|series| !series.times.is_empty());
        (name(number), series.collect())
    });
    Gathered(named.collect())
}

fn name(number: usize) -> String {
    format!("#{number}")
}

fn limits() -> Limits {
    Limits {
        // Only a value at the very instant counts.
        lookback: Span::from_millis(1),
        ..Limits::default()
    }
}

/// Evaluates over a range.
pub(super) fn range(
    expr: &MetricExpr,
    parts: &[Columns],
    steps: Steps,
) -> Result<Matrix, QueryError> {
    let step = steps.step.millis().max(1);
    let count = (steps.end - steps.start).millis() / step;
    let times: Vec<i64> = (0..=count)
        .map(|index| steps.start.millis() + index * step)
        .collect();
    let source = gathered(parts, &times);
    let expr = translated(expr, &mut 0)?;
    let (matrix, _) = promql::range(
        &source,
        &expr,
        steps.start,
        steps.end,
        steps.step,
        &limits(),
    )?;
    Ok(matrix)
}

/// Evaluates at an instant.
pub(super) fn instant(
    expr: &MetricExpr,
    parts: &[Columns],
    at: SimTime,
) -> Result<Value, QueryError> {
    let source = gathered(parts, &[at.millis()]);
    let expr = translated(expr, &mut 0)?;
    let (value, _) = promql::instant(&source, &expr, at, &limits())?;
    Ok(value)
}

fn node(node: Node) -> Expr {
    Expr {
        node,
        place: Place::default(),
    }
}

fn call(name: &str, arguments: Vec<Expr>) -> Result<Expr, QueryError> {
    let function = Function::from_name(name).ok_or_else(|| {
        promql::QueryError::Execution(format!("unknown function with name {name:?}"))
    })?;
    Ok(node(Node::Call(function, arguments)))
}

/// The same tree for PromQL; aggregations over time are numbered from left to right.
fn translated(expr: &MetricExpr, next: &mut usize) -> Result<Expr, QueryError> {
    Ok(match expr {
        MetricExpr::Number(number) => node(Node::Number(*number)),
        MetricExpr::Vector(number) => call("vector", vec![node(Node::Number(*number))])?,
        MetricExpr::Range(_) => {
            let selector = Selector {
                matchers: vec![Matcher::equal(METRIC_NAME, &name(*next))],
                shift: TimeShift::default(),
            };
            *next += 1;
            node(Node::Vector(selector))
        }
        MetricExpr::Aggregate(aggregate) => {
            let inner = translated(&aggregate.inner, next)?;
            let parameter = aggregate.parameter.map(|number| node(Node::Number(number)));
            match aggregate.op {
                VectorOp::Sort => call("sort", vec![inner])?,
                VectorOp::SortDesc => call("sort_desc", vec![inner])?,
                VectorOp::Aggregate(op) => node(Node::Aggregate(Box::new(Aggregate {
                    op,
                    inner,
                    parameter,
                    grouping: aggregate
                        .grouping
                        .clone()
                        .unwrap_or(Grouping::By(Vec::new())),
                }))),
            }
        }
        MetricExpr::Binary(binary) => {
            let left = translated(&binary.left, next)?;
            let right = translated(&binary.right, next)?;
            node(Node::Binary(Box::new(Binary {
                op: binary.op,
                returns_bool: binary.returns_bool,
                left,
                right,
                matching: binary.matching.clone(),
            })))
        }
        MetricExpr::LabelReplace(replace) => {
            let mut arguments = vec![translated(&replace.inner, next)?];
            let texts = replace.texts.iter();
            arguments.extend(texts.map(|text| node(Node::Text(Text::Utf8(text.clone())))));
            call("label_replace", arguments)?
        }
    })
}
