//! How the series of two vectors find each other: one to one, or many to one with `group_left` and `group_right`.

use std::collections::BTreeMap;

use super::Evaluator;
use super::binary::Operation;
use super::columns::{Column, Grid, absent, is_absent, unite};
use crate::sim::promql::QueryError;
use crate::sim::promql::ast::{Cardinality, Grouping, Matching};
use crate::sim::promql::labels::{Labels, METRIC_NAME};

/// The labels by which a series is matched or grouped.
pub(super) fn signature(labels: &Labels, grouping: &Grouping) -> Labels {
    match grouping {
        Grouping::By(names) => labels.keep(names),
        Grouping::Without(names) => labels.without(names),
    }
}

/// Columns of one signature, by their places in the two operands.
#[derive(Default)]
struct Group {
    many: Vec<usize>,
    one: Vec<usize>,
}

/// The operands by their role: the `one` side has at most one series per signature and instant.
struct Match<'m> {
    matching: &'m Matching,
    operation: Operation,
    many: Vec<Column>,
    one: Vec<Column>,
    /// Whether the `many` side is the right operand.
    swapped: bool,
    count: usize,
    /// Whether names of results with 0 and 1 go at the end of the query.
    delayed_names: bool,
}

impl Evaluator<'_> {
    pub(super) fn match_vectors(
        &mut self,
        matching: &Matching,
        operation: Operation,
        left: Vec<Column>,
        right: Vec<Column>,
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        let swapped = matches!(matching.cardinality, Cardinality::OneToMany(_));
        let (many, one) = if swapped {
            (right, left)
        } else {
            (left, right)
        };
        let groups = groups(&many, &one, &matching.labels);
        let pairs: u64 = groups
            .values()
            .map(|group| {
                (group.many.len().max(1) as u64).saturating_mul(group.one.len().max(1) as u64)
            })
            .sum();
        self.hold(pairs.saturating_mul(grid.count as u64))?;
        let matched = Match {
            matching,
            operation,
            many,
            one,
            swapped,
            count: grid.count,
            delayed_names: self.limits.delayed_name_removal,
        };
        let columns = matched.columns(&groups)?;
        let made = (columns.len() as u64).saturating_mul(grid.count as u64);
        self.release(pairs.saturating_mul(grid.count as u64).saturating_sub(made));
        Ok(columns)
    }
}

fn groups(many: &[Column], one: &[Column], labels: &Grouping) -> BTreeMap<Labels, Group> {
    let mut groups: BTreeMap<Labels, Group> = BTreeMap::new();
    for (index, column) in many.iter().enumerate() {
        groups
            .entry(signature(&column.labels, labels))
            .or_default()
            .many
            .push(index);
    }
    for (index, column) in one.iter().enumerate() {
        groups
            .entry(signature(&column.labels, labels))
            .or_default()
            .one
            .push(index);
    }
    groups
}

impl Match<'_> {
    fn columns(&self, groups: &BTreeMap<Labels, Group>) -> Result<Vec<Column>, QueryError> {
        // Results in the order of the many side, then those that a fill made.
        let mut made: Vec<(usize, Column)> = Vec::new();
        let mut many_present: Option<Vec<bool>> = None;
        for (key, group) in groups {
            if group.one.len() > 1 {
                let present =
                    many_present.get_or_insert_with(|| any_present(self.many.iter(), self.count));
                self.check_one_side(key, group, present)?;
            }
            let before = made.len();
            self.check_many_side(group)?;
            self.pair(key, group, &mut made);
            if group.many.len() > 1 && self.matching.cardinality != Cardinality::OneToOne {
                check_unique(made.get(before..).unwrap_or(&[]))?;
            }
        }
        made.retain(|(_, column)| !column.is_empty());
        made.sort_by_key(|(order, _)| *order);
        unite(made.into_iter().map(|(_, column)| column).collect())
    }

    /// Two series of the one side at one instant cannot both match.
    fn check_one_side(
        &self,
        key: &Labels,
        group: &Group,
        many_present: &[bool],
    ) -> Result<(), QueryError> {
        let filled = self.matching.fill_left.is_some() || self.matching.fill_right.is_some();
        let columns: Vec<&Column> = group
            .one
            .iter()
            .filter_map(|index| self.one.get(*index))
            .collect();
        for index in 0..self.count {
            if !filled && !many_present.get(index).copied().unwrap_or(false) {
                continue;
            }
            let mut present = columns.iter().filter(|column| column.get(index).is_some());
            if let (Some(first), Some(second)) = (present.next(), present.next()) {
                let mut pair = [&first.labels, &second.labels];
                pair.sort();
                return Err(QueryError::Execution(format!(
                    "found duplicate series for the match group {key} on the {} hand-side of the operation: [{}, \
                     {}];many-to-many matching not allowed: matching labels must be unique on one side",
                    if self.swapped { "left" } else { "right" },
                    pair[0],
                    pair[1]
                )));
            }
        }
        Ok(())
    }

    /// One to one, two series of the left side cannot both match, even if a comparison would filter them away.
    fn check_many_side(&self, group: &Group) -> Result<(), QueryError> {
        if self.matching.cardinality != Cardinality::OneToOne || group.many.len() < 2 {
            return Ok(());
        }
        let one_present = any_present(
            group.one.iter().filter_map(|index| self.one.get(*index)),
            self.count,
        );
        for index in 0..self.count {
            let matched =
                self.one_fill().is_some() || one_present.get(index).copied().unwrap_or(false);
            let present = group
                .many
                .iter()
                .filter_map(|place| self.many.get(*place))
                .filter(|column| column.get(index).is_some())
                .count();
            if matched && present > 1 {
                return Err(QueryError::Execution(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// The value for a series that is missing on the one side.
    fn one_fill(&self) -> Option<f64> {
        if self.swapped {
            self.matching.fill_left
        } else {
            self.matching.fill_right
        }
    }

    /// The value for a series that is missing on the many side.
    fn many_fill(&self) -> Option<f64> {
        if self.swapped {
            self.matching.fill_right
        } else {
            self.matching.fill_left
        }
    }

    fn pair(&self, key: &Labels, group: &Group, made: &mut Vec<(usize, Column)>) {
        for place in &group.many {
            let Some(many) = self.many.get(*place) else {
                continue;
            };
            for one in group.one.iter().filter_map(|index| self.one.get(*index)) {
                let values = many
                    .values
                    .iter()
                    .zip(&one.values)
                    .map(|(many, one)| self.combine(*many, *one));
                made.push((*place, self.column(many, &one.labels, values.collect())));
            }
            if let Some(fill) = self.one_fill() {
                let present = any_present(
                    group.one.iter().filter_map(|index| self.one.get(*index)),
                    self.count,
                );
                let values = many.values.iter().zip(present).map(|(many, present)| {
                    if present {
                        absent()
                    } else {
                        self.combine(*many, fill)
                    }
                });
                made.push((*place, self.column(many, key, values.collect())));
            }
        }
        if let Some(fill) = self.many_fill() {
            let present = any_present(
                group.many.iter().filter_map(|index| self.many.get(*index)),
                self.count,
            );
            for one in group.one.iter().filter_map(|index| self.one.get(*index)) {
                let values = one.values.iter().zip(&present).map(|(one, present)| {
                    if *present {
                        absent()
                    } else {
                        self.combine(fill, *one)
                    }
                });
                let stand_in = Column::new(key.clone(), Vec::new());
                made.push((
                    usize::MAX,
                    self.column(&stand_in, &one.labels, values.collect()),
                ));
            }
        }
    }

    fn combine(&self, many: f64, one: f64) -> f64 {
        if is_absent(many) || is_absent(one) {
            absent()
        } else if self.swapped {
            self.operation.apply(one, many)
        } else {
            self.operation.apply(many, one)
        }
    }

    fn column(&self, many: &Column, one: &Labels, values: Vec<f64>) -> Column {
        let truth = matches!(self.operation, Operation::Truth(_));
        Column {
            labels: self.result_labels(&many.labels, one),
            drop_name: many.drop_name || (truth && self.delayed_names),
            values,
        }
    }

    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let keeps_name = match self.operation {
            Operation::Arithmetic(_) => false,
            Operation::Truth(_) => self.delayed_names,
            Operation::Filter(_) => true,
        };
        let mut labels = if keeps_name {
            many.clone()
        } else {
            many.without_metric_name()
        };
        match (&self.matching.cardinality, &self.matching.labels) {
            (Cardinality::OneToOne, Grouping::By(names)) => labels = labels.keep(names),
            (Cardinality::OneToOne, Grouping::Without(names)) => labels = labels.remove(names),
            (Cardinality::ManyToOne(included) | Cardinality::OneToMany(included), _) => {
                for name in included {
                    labels = labels.with(name, one.get(name));
                }
            }
        }
        if keeps_name || self.included_name() {
            labels
        } else {
            labels.without_metric_name()
        }
    }

    fn included_name(&self) -> bool {
        match &self.matching.cardinality {
            Cardinality::OneToOne => false,
            Cardinality::ManyToOne(included) | Cardinality::OneToMany(included) => {
                included.iter().any(|name| name == METRIC_NAME)
            }
        }
    }
}

fn any_present<'c>(columns: impl Iterator<Item = &'c Column>, count: usize) -> Vec<bool> {
    let mut present = vec![false; count];
    for column in columns {
        for (slot, value) in present.iter_mut().zip(&column.values) {
            *slot |= !is_absent(*value);
        }
    }
    present
}

/// Many to one, the labels that stay must tell the results apart.
fn check_unique(made: &[(usize, Column)]) -> Result<(), QueryError> {
    unite(made.iter().map(|(_, column)| column.clone()).collect())
        .map(|_| ())
        .map_err(|_| {
            QueryError::Execution(
                "multiple matches for labels: grouping labels must ensure unique matches"
                    .to_owned(),
            )
        })
}
