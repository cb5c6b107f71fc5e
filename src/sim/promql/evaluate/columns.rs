//! The evaluator's data: a grid of instants, and a column of values per series. Knows nothing of expressions.

use crate::sim::promql::QueryError;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::source::{is_stale, stale_marker};

/// Instants at equal steps, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub start: i64,
    pub step: i64,
    pub count: usize,
}

impl Grid {
    /// One instant.
    pub fn instant(at: i64) -> Self {
        Self {
            start: at,
            step: 1,
            count: 1,
        }
    }

    /// The n-th instant.
    pub fn time(self, index: usize) -> i64 {
        self.start.saturating_add(
            self.step
                .saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)),
        )
    }

    /// The last instant; the start of an empty grid.
    pub fn last(self) -> i64 {
        self.time(self.count.saturating_sub(1))
    }

    /// All instants.
    pub fn times(self) -> impl Iterator<Item = i64> {
        (0..self.count).map(move |index| self.time(index))
    }
}

/// The value that stands for "no value at this instant". Selectors never let the stale marker through as a value, and
/// no arithmetic makes its bits.
pub(crate) fn absent() -> f64 {
    stale_marker()
}

pub(crate) fn is_absent(value: f64) -> bool {
    is_stale(value)
}

/// A series' values at the instants of a grid.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub labels: Labels,
    /// Whether the metric name goes at the end of the query; only with delayed name removal.
    pub drop_name: bool,
    pub values: Vec<f64>,
}

impl Column {
    pub fn new(labels: Labels, values: Vec<f64>) -> Self {
        Self {
            labels,
            drop_name: false,
            values,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|value| is_absent(*value))
    }

    /// Replaces each value that is there.
    pub fn map(&mut self, mut change: impl FnMut(usize, f64) -> f64) {
        for (index, value) in self.values.iter_mut().enumerate() {
            if !is_absent(*value) {
                *value = change(index, *value);
            }
        }
    }

    /// The value at one instant, if there is one.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.values
            .get(index)
            .copied()
            .filter(|value| !is_absent(*value))
    }
}

/// A number for each instant.
#[derive(Clone, Debug)]
pub(crate) enum Scalars {
    Constant(f64),
    Varying(Vec<f64>),
}

impl Scalars {
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Varying(values) => values.get(index).copied().unwrap_or(f64::NAN),
        }
    }

    /// Combines two numbers per instant.
    pub fn zip(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        match (self, other) {
            (Self::Constant(left), Self::Constant(right)) => Self::Constant(combine(left, right)),
            (Self::Varying(values), other) => Self::Varying(
                values
                    .iter()
                    .enumerate()
                    .map(|(index, left)| combine(*left, other.get(index)))
                    .collect(),
            ),
            (Self::Constant(left), Self::Varying(values)) => {
                Self::Varying(values.iter().map(|right| combine(left, *right)).collect())
            }
        }
    }

    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(change(value)),
            Self::Varying(values) => Self::Varying(values.into_iter().map(change).collect()),
        }
    }
}

/// Joins columns with the same labels. Two values at one instant cannot both stand.
pub(crate) fn unite(columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let labels = |index: &usize| columns.get(*index).map(|column| &column.labels);
    order.sort_by(|a, b| labels(a).cmp(&labels(b)).then(a.cmp(b)));
    let duplicated = order
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if labels(a) == labels(b)));
    if !duplicated {
        return Ok(columns);
    }
    // The first column of each set of labels takes the others' values.
    let mut target = vec![0; columns.len()];
    let mut first = 0;
    for (place, index) in order.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| order.get(before));
        if before.is_none_or(|before| labels(before) != labels(index)) {
            first = *index;
        }
        if let Some(slot) = target.get_mut(*index) {
            *slot = first;
        }
    }
    let mut united: Vec<Option<Column>> = Vec::with_capacity(columns.len());
    for (index, column) in columns.into_iter().enumerate() {
        let first = target.get(index).copied().unwrap_or(index);
        if first == index {
            united.push(Some(column));
            continue;
        }
        united.push(None);
        if let Some(Some(into)) = united.get_mut(first) {
            join(into, &column)?;
        }
    }
    Ok(united.into_iter().flatten().collect())
}

fn join(into: &mut Column, other: &Column) -> Result<(), QueryError> {
    into.drop_name |= other.drop_name;
    for (slot, value) in into.values.iter_mut().zip(&other.values) {
        if is_absent(*value) {
            continue;
        }
        if !is_absent(*slot) {
            return Err(QueryError::SameLabelset);
        }
        *slot = *value;
    }
    Ok(())
}

/// Takes the metric names off and joins what is the same without them.
pub(crate) fn remove_names(mut columns: Vec<Column>) -> Result<Vec<Column>, QueryError> {
    let mut names = columns.iter().map(|column| column.labels.get(METRIC_NAME));
    let first = names.next().unwrap_or("");
    let distinct = names.any(|name| name != first);
    for column in &mut columns {
        column.labels = column.labels.without_metric_name();
        column.drop_name = false;
    }
    if distinct {
        unite(columns)
    } else {
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: &[f64]) -> Column {
        Column::new(Labels::new([(METRIC_NAME, name)]), values.to_vec())
    }

    #[test]
    fn columns_join_unless_they_overlap() {
        let gap = absent();
        let joined =
            remove_names(vec![column("b", &[gap, 2.0]), column("a", &[1.0, gap])]).unwrap();
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].values, [1.0, 2.0]);
        let overlap = remove_names(vec![column("b", &[gap, 2.0]), column("a", &[1.0, 3.0])]);
        assert_eq!(overlap.unwrap_err(), QueryError::SameLabelset);
    }
}
