//! Functions of instant vectors and of numbers, except those of labels and histograms.

use super::columns::{Column, Grid, Scalars, absent};
use super::math;
use super::numerics::nan_first;
use super::range_functions::absent_labels;
use super::{Evaluator, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::annotation::Annotation;
use crate::sim::promql::ast::{Expr, Node};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::Labels;

impl Evaluator<'_> {
    /// Functions that give a number.
    pub(super) fn scalar_function(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Scalars, QueryError> {
        let seconds = |millis: i64| Scalars::Constant(millis as f64 / 1000.0);
        Ok(match function {
            Function::Time => evaluation_times(grid),
            Function::Pi => Scalars::Constant(std::f64::consts::PI),
            Function::Start => seconds(self.query.start),
            Function::End => seconds(self.query.last()),
            Function::Range => seconds(self.query.last().saturating_sub(self.query.start)),
            Function::Step => seconds(if self.ranged { self.query.step } else { 0 }),
            Function::MinOf | Function::MaxOf => {
                let [left, right] = arguments else {
                    return Err(wrong_type());
                };
                let combine = if function == Function::MinOf {
                    math::smaller
                } else {
                    math::larger
                };
                self.scalar(left, grid)?
                    .zip(self.scalar(right, grid)?, combine)
            }
            Function::Scalar => {
                let columns = self.vector(arguments.first().ok_or_else(wrong_type)?, grid)?;
                Scalars::Varying(
                    (0..grid.count)
                        .map(|index| only_value(&columns, index))
                        .collect(),
                )
            }
            _ => return Err(wrong_type()),
        })
    }

    /// Functions that give an instant vector and take none but instant vectors, numbers and text.
    pub(super) fn vector_function(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        if let Some(compute) = math::of_number(function) {
            return self.map_numbers(arguments, grid, compute);
        }
        if let Some(compute) = math::of_moment(function) {
            if arguments.is_empty() {
                let values = evaluation_times(grid).map(compute);
                return Ok(vec![constant_column(&values, grid)]);
            }
            return self.map_numbers(arguments, grid, compute);
        }
        let first = arguments.first().ok_or_else(wrong_type)?;
        match function {
            Function::Vector => {
                let values = self.scalar(first, grid)?;
                self.hold(grid.count as u64)?;
                Ok(vec![constant_column(&values, grid)])
            }
            Function::Absent => {
                let columns = self.vector(first, grid)?;
                Ok(absent_column(&columns, grid, first))
            }
            Function::Timestamp => self.timestamp(first, grid),
            Function::Round => {
                let step = match arguments.get(1) {
                    Some(step) => self.scalar(step, grid)?,
                    None => Scalars::Constant(1.0),
                };
                self.map_indexed(first, grid, |index, value| {
                    math::round_to(value, step.get(index))
                })
            }
            Function::Clamp | Function::ClampMin | Function::ClampMax => {
                self.clamp(function, arguments, grid)
            }
            Function::Sort | Function::SortDesc => {
                self.warn_of_sort(first);
                let columns = self.vector(first, grid)?;
                Ok(if self.ranged {
                    columns
                } else {
                    sorted_by_value(columns, function == Function::SortDesc)
                })
            }
            Function::SortByLabel
            | Function::SortByLabelDesc
            | Function::LabelReplace
            | Function::LabelJoin => self.label_function(function, arguments, grid),
            Function::HistogramQuantile | Function::HistogramFraction => {
                self.histogram_function(function, arguments, grid)
            }
            // Native histograms only; samples here are never that.
            Function::HistogramAvg
            | Function::HistogramCount
            | Function::HistogramStddev
            | Function::HistogramStdvar
            | Function::HistogramSum => {
                self.vector(first, grid)?;
                Ok(Vec::new())
            }
            _ => Err(wrong_type()),
        }
    }

    fn map_numbers(
        &mut self,
        arguments: &[Expr],
        grid: Grid,
        compute: fn(f64) -> f64,
    ) -> Result<Vec<Column>, QueryError> {
        let first = arguments.first().ok_or_else(wrong_type)?;
        self.map_indexed(first, grid, |_, value| compute(value))
    }

    fn map_indexed(
        &mut self,
        argument: &Expr,
        grid: Grid,
        compute: impl Fn(usize, f64) -> f64,
    ) -> Result<Vec<Column>, QueryError> {
        let mut columns = self.vector(argument, grid)?;
        for column in &mut columns {
            column.map(&compute);
        }
        self.drop_names(columns)
    }

    fn timestamp(&mut self, argument: &Expr, grid: Grid) -> Result<Vec<Column>, QueryError> {
        let columns = if let Node::Vector(selector) = &argument.unwrapped().node {
            self.select_timestamps(selector, grid)?
        } else {
            let mut columns = self.vector(argument, grid)?;
            for column in &mut columns {
                column.map(|index, _| grid.time(index) as f64 / 1000.0);
            }
            columns
        };
        self.drop_names(columns)
    }

    fn clamp(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        let bound = |evaluator: &mut Self, index: usize| {
            evaluator.scalar(arguments.get(index).ok_or_else(wrong_type)?, grid)
        };
        let (low, high) = match function {
            Function::ClampMin => (bound(self, 1)?, Scalars::Constant(f64::INFINITY)),
            Function::ClampMax => (Scalars::Constant(f64::NEG_INFINITY), bound(self, 1)?),
            _ => (bound(self, 1)?, bound(self, 2)?),
        };
        let first = arguments.first().ok_or_else(wrong_type)?;
        let mut columns = self.map_indexed(first, grid, |index, value| {
            let (low, high) = (low.get(index), high.get(index));
            if low > high {
                absent()
            } else {
                math::larger(low, math::smaller(high, value))
            }
        })?;
        columns.retain(|column| !column.is_empty());
        Ok(columns)
    }

    /// In a range query the result is ordered by labels whatever the function says.
    pub(super) fn warn_of_sort(&mut self, argument: &Expr) {
        if self.ranged {
            self.annotate(Annotation::sort_in_range_query(argument.place));
        }
    }
}

fn evaluation_times(grid: Grid) -> Scalars {
    Scalars::Varying(grid.times().map(|at| at as f64 / 1000.0).collect())
}

fn constant_column(values: &Scalars, grid: Grid) -> Column {
    Column::new(
        Labels::empty(),
        (0..grid.count).map(|index| values.get(index)).collect(),
    )
}

/// The value of the only column that has one; NaN if none has or several have.
fn only_value(columns: &[Column], index: usize) -> f64 {
    let mut values = columns.iter().filter_map(|column| column.get(index));
    match (values.next(), values.next()) {
        (Some(value), None) => value,
        _ => f64::NAN,
    }
}

fn absent_column(columns: &[Column], grid: Grid, argument: &Expr) -> Vec<Column> {
    let values = (0..grid.count)
        .map(|index| {
            let present = columns.iter().any(|column| column.get(index).is_some());
            if present { absent() } else { 1.0 }
        })
        .collect();
    let column = Column::new(absent_labels(argument), values);
    if column.is_empty() {
        Vec::new()
    } else {
        vec![column]
    }
}

/// For one instant: by value, NaN last either way.
fn sorted_by_value(mut columns: Vec<Column>, descending: bool) -> Vec<Column> {
    let value = |column: &Column| column.values.first().copied().unwrap_or(f64::NAN);
    columns.sort_by(|a, b| {
        let (a, b) = (value(a), value(b));
        match (a.is_nan(), b.is_nan()) {
            (false, false) if descending => nan_first(b, a),
            (false, false) => nan_first(a, b),
            (a_nan, b_nan) => a_nan.cmp(&b_nan),
        }
    });
    columns
}
