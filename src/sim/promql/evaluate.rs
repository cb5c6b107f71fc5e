//! Evaluates an expression over a grid of instants: every node once for all instants, a column per series.
//!
//! A selector's data is asked for once for the whole grid. What a node holds is counted against the limits before it
//! is made. Never parses, never makes samples.

mod aggregate;
mod binary;
mod calendar;
pub(crate) mod columns;
mod histogram;
mod label_functions;
mod matching;
mod math;
mod numerics;
mod over_time;
mod range_functions;
pub(crate) mod rises;
mod selectors;
mod vector_functions;

use std::collections::BTreeSet;

use self::columns::{Column, Grid, Scalars, remove_names, unite};
use super::annotation::Annotation;
use super::ast::{AtTime, Expr, Grouping, Node, Text, TimeShift};
use super::function::Function;
use super::labels::Labels;
use super::{Limits, QueryError};
use crate::sim::promql::source::SeriesSource;

/// The value of a node over a grid.
#[derive(Debug)]
pub(crate) enum Evaluated {
    Scalar(Scalars),
    Vector(Vec<Column>),
    Text(Text),
}

/// One query's evaluation.
pub(crate) struct Evaluator<'a> {
    source: &'a dyn SeriesSource,
    limits: &'a Limits,
    /// The instants of the query itself, whatever subquery is being evaluated.
    query: Grid,
    /// Whether the query is a range query.
    ranged: bool,
    annotations: BTreeSet<Annotation>,
    /// Samples and values held now.
    held: u64,
    /// Samples and values looked at so far.
    work: u64,
}

impl<'a> Evaluator<'a> {
    pub fn new(
        source: &'a dyn SeriesSource,
        limits: &'a Limits,
        query: Grid,
        ranged: bool,
    ) -> Self {
        Self {
            source,
            limits,
            query,
            ranged,
            annotations: BTreeSet::new(),
            held: 0,
            work: 0,
        }
    }

    /// The annotations, warnings first.
    pub fn into_annotations(self) -> Vec<Annotation> {
        self.annotations.into_iter().collect()
    }

    /// The value of the whole query, with the names gone that must go.
    pub fn evaluate_query(&mut self, expr: &Expr) -> Result<Evaluated, QueryError> {
        match self.evaluate(expr, self.query)? {
            Evaluated::Vector(columns) => Ok(Evaluated::Vector(finish_names(columns)?)),
            other => Ok(other),
        }
    }

    pub(crate) fn evaluate(&mut self, expr: &Expr, grid: Grid) -> Result<Evaluated, QueryError> {
        match &expr.node {
            Node::Number(value) => Ok(Evaluated::Scalar(Scalars::Constant(*value))),
            Node::Text(text) => Ok(Evaluated::Text(text.clone())),
            Node::Paren(inner) => self.evaluate(inner, grid),
            Node::Vector(selector) => Ok(Evaluated::Vector(self.select_instants(selector, grid)?)),
            Node::Negate(inner) => match self.evaluate(inner, grid)? {
                Evaluated::Scalar(values) => Ok(Evaluated::Scalar(values.map(|value| -value))),
                Evaluated::Vector(mut columns) => {
                    for column in &mut columns {
                        column.map(|_, value| -value);
                    }
                    Ok(Evaluated::Vector(self.drop_names(columns)?))
                }
                Evaluated::Text(_) => Err(wrong_type()),
            },
            Node::Binary(binary) => self.binary(binary, grid),
            Node::Aggregate(aggregate) => Ok(Evaluated::Vector(self.aggregate(aggregate, grid)?)),
            Node::Call(function, arguments) => self.call(*function, arguments, grid),
            Node::Matrix(..) | Node::Subquery(_) => Err(wrong_type()),
        }
    }

    fn call(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Evaluated, QueryError> {
        if function.returns_scalar() {
            return Ok(Evaluated::Scalar(
                self.scalar_function(function, arguments, grid)?,
            ));
        }
        let columns = if function.takes_range() {
            self.range_function(function, arguments, grid)?
        } else {
            self.vector_function(function, arguments, grid)?
        };
        Ok(Evaluated::Vector(columns))
    }

    /// An argument that is a vector.
    pub(crate) fn vector(&mut self, expr: &Expr, grid: Grid) -> Result<Vec<Column>, QueryError> {
        match self.evaluate(expr, grid)? {
            Evaluated::Vector(columns) => Ok(columns),
            _ => Err(wrong_type()),
        }
    }

    /// An argument that is a number.
    pub(crate) fn scalar(&mut self, expr: &Expr, grid: Grid) -> Result<Scalars, QueryError> {
        match self.evaluate(expr, grid)? {
            Evaluated::Scalar(values) => Ok(values),
            _ => Err(wrong_type()),
        }
    }

    /// Takes metric names off after a function: now, or at the end of the query with delayed name removal.
    pub(crate) fn drop_names(&self, mut columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
        if !self.limits.delayed_name_removal {
            return remove_names(columns);
        }
        for column in &mut columns {
            column.drop_name = true;
        }
        Ok(columns)
    }

    pub(crate) fn annotate(&mut self, annotation: Annotation) {
        self.annotations.insert(annotation);
    }

    /// Counts samples or values that are about to be held.
    pub(crate) fn hold(&mut self, count: u64) -> Result<(), QueryError> {
        self.held = self.held.saturating_add(count);
        self.spend(count)?;
        if self.held > self.limits.max_samples {
            return Err(QueryError::TooManySamples);
        }
        Ok(())
    }

    /// Counts samples or values that are no longer held.
    pub(crate) fn release(&mut self, count: u64) {
        self.held = self.held.saturating_sub(count);
    }

    /// Counts work; the limit stands for Prometheus's time limit, which would depend on the machine.
    pub(crate) fn spend(&mut self, count: u64) -> Result<(), QueryError> {
        self.work = self.work.saturating_add(count);
        if self.work > self.limits.max_work {
            return Err(QueryError::TimedOut);
        }
        Ok(())
    }

    /// The instant that an `@` modifier fixes.
    fn fixed_time(&self, shift: TimeShift) -> Option<i64> {
        shift.at.map(|at| match at {
            AtTime::Start => self.query.start,
            AtTime::End => self.query.last(),
            AtTime::Millis(millis) => millis,
        })
    }
}

/// The labels of the group that a series falls into.
pub(super) fn group_labels(labels: &Labels, grouping: &Grouping) -> Labels {
    matching::signature(labels, grouping)
}

/// The values that some columns hold.
pub(crate) fn size_of(columns: &[Column]) -> u64 {
    columns
        .iter()
        .map(|column| column.values.len() as u64)
        .sum()
}

/// The error for a tree that the parser would not have let through.
pub(crate) fn wrong_type() -> QueryError {
    QueryError::Execution("expression has a type that cannot stand here".to_owned())
}

fn finish_names(mut columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
    if !columns.iter().any(|column| column.drop_name) {
        return Ok(columns);
    }
    for column in &mut columns {
        if column.drop_name {
            column.labels = column.labels.without_metric_name();
        }
    }
    unite(columns)
}
