//! Operators between numbers and vectors; how two vectors' series find each other is in `matching`.

use std::collections::BTreeMap;

use super::columns::{Column, Grid, Scalars, absent, is_absent, unite};
use super::matching::signature;
use super::{Evaluated, Evaluator, math, size_of, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::ast::{Binary, BinaryOp};
use crate::sim::promql::labels::Labels;

/// What an operator makes of two values; none if a comparison filters them away.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    Arithmetic(fn(f64, f64) -> f64),
    /// A comparison that gives 0 or 1.
    Truth(fn(f64, f64) -> bool),
    /// A comparison that lets the left value through.
    Filter(fn(f64, f64) -> bool),
}

impl Operation {
    fn new(op: BinaryOp, returns_bool: bool) -> Result<Self, QueryError> {
        if let Some(compute) = math::arithmetic(op) {
            return Ok(Self::Arithmetic(compute));
        }
        let holds = math::comparison(op).ok_or_else(wrong_type)?;
        Ok(if returns_bool {
            Self::Truth(holds)
        } else {
            Self::Filter(holds)
        })
    }

    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Arithmetic(compute) => compute(left, right),
            Self::Truth(holds) => f64::from(u8::from(holds(left, right))),
            Self::Filter(holds) if holds(left, right) => left,
            Self::Filter(_) => absent(),
        }
    }

    /// Whether a result is no longer the metric that it was computed from.
    pub fn drops_name(self) -> bool {
        !matches!(self, Self::Filter(_))
    }
}

impl Evaluator<'_> {
    pub(super) fn binary(&mut self, binary: &Binary, grid: Grid) -> Result<Evaluated, QueryError> {
        let left = self.evaluate(&binary.left, grid)?;
        let right = self.evaluate(&binary.right, grid)?;
        if binary.op.is_set() {
            let (Evaluated::Vector(left), Evaluated::Vector(right)) = (left, right) else {
                return Err(wrong_type());
            };
            return Ok(Evaluated::Vector(self.set_operation(binary, left, right)?));
        }
        let operation = Operation::new(binary.op, binary.returns_bool)?;
        match (left, right) {
            (Evaluated::Scalar(left), Evaluated::Scalar(right)) => Ok(Evaluated::Scalar(
                left.zip(right, |a, b| operation.apply(a, b)),
            )),
            (Evaluated::Vector(columns), Evaluated::Scalar(values)) => {
                let apply = |index: usize, value: f64| operation.apply(value, values.get(index));
                Ok(Evaluated::Vector(
                    self.with_number(columns, operation, apply)?,
                ))
            }
            (Evaluated::Scalar(values), Evaluated::Vector(columns)) => Ok(Evaluated::Vector(
                self.with_number_first(&values, columns, operation)?,
            )),
            (Evaluated::Vector(left), Evaluated::Vector(right)) => {
                let held = size_of(&left) + size_of(&right);
                let columns = self.match_vectors(&binary.matching, operation, left, right, grid)?;
                self.release(held);
                Ok(Evaluated::Vector(columns))
            }
            _ => Err(wrong_type()),
        }
    }

    /// The number is on the left, but a comparison lets the vector's value through.
    fn with_number_first(
        &mut self,
        values: &Scalars,
        columns: Vec<Column>,
        operation: Operation,
    ) -> Result<Vec<Column>, QueryError> {
        self.with_number(columns, operation, |index, value| match operation {
            Operation::Filter(holds) if holds(values.get(index), value) => value,
            other => other.apply_or_absent(values.get(index), value),
        })
    }

    fn with_number(
        &mut self,
        mut columns: Vec<Column>,
        operation: Operation,
        apply: impl Fn(usize, f64) -> f64,
    ) -> Result<Vec<Column>, QueryError> {
        self.spend(size_of(&columns))?;
        for column in &mut columns {
            column.map(&apply);
        }
        if operation.drops_name() {
            return self.drop_names(columns);
        }
        columns.retain(|column| !column.is_empty());
        Ok(columns)
    }

    fn set_operation(
        &mut self,
        binary: &Binary,
        left: Vec<Column>,
        right: Vec<Column>,
    ) -> Result<Vec<Column>, QueryError> {
        self.spend(size_of(&left) + size_of(&right))?;
        let key = |column: &Column| signature(&column.labels, &binary.matching.labels);
        match binary.op {
            BinaryOp::Or => {
                let present = presence(&left, key);
                let missing = right
                    .into_iter()
                    .filter_map(|column| masked(column, &present, key, false))
                    .collect::<Vec<_>>();
                unite(left.into_iter().chain(missing).collect())
            }
            op => {
                let present = presence(&right, key);
                let keep = op == BinaryOp::And;
                Ok(left
                    .into_iter()
                    .filter_map(|column| masked(column, &present, key, keep))
                    .collect())
            }
        }
    }
}

impl Operation {
    fn apply_or_absent(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Filter(_) => absent(),
            other => other.apply(left, right),
        }
    }
}

/// For each signature, at which instants some column has a value.
fn presence(columns: &[Column], key: impl Fn(&Column) -> Labels) -> BTreeMap<Labels, Vec<bool>> {
    let mut present: BTreeMap<Labels, Vec<bool>> = BTreeMap::new();
    for column in columns {
        let slots = present
            .entry(key(column))
            .or_insert_with(|| vec![false; column.values.len()]);
        for (slot, value) in slots.iter_mut().zip(&column.values) {
            *slot |= !is_absent(*value);
        }
    }
    present
}

/// The column where its signature is present (`keep`) or is not; none if nothing is left.
fn masked(
    mut column: Column,
    present: &BTreeMap<Labels, Vec<bool>>,
    key: impl Fn(&Column) -> Labels,
    keep: bool,
) -> Option<Column> {
    let Some(slots) = present.get(&key(&column)) else {
        return (!keep).then_some(column);
    };
    for (value, there) in column.values.iter_mut().zip(slots) {
        if *there != keep {
            *value = absent();
        }
    }
    (!column.is_empty()).then_some(column)
}
