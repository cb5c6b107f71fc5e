//! Aggregations over series: each column is added to its group once, for all instants.

use std::collections::BTreeMap;

use super::columns::{Column, Grid, Scalars, absent, is_absent};
use super::label_functions::checked_label_name;
use super::matching::signature;
use super::numerics::{Deviation, Mean, Sum, quantile};
use super::{Evaluator, size_of, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::annotation::Annotation;
use crate::sim::promql::ast::{Aggregate, AggregateOp, Expr, Grouping, Node};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::numbers::{format_short, format_value};
use crate::sim::promql::source::SummedRises;
use crate::sim::time::SimTime;

/// Columns of one group, by their places in the aggregated vector.
struct Group {
    labels: Labels,
    members: Vec<usize>,
}

impl Evaluator<'_> {
    pub(super) fn aggregate(
        &mut self,
        aggregate: &Aggregate,
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        if let Some(columns) = self.summed_rises(aggregate, grid)? {
            return Ok(columns);
        }
        let parameter = match (&aggregate.parameter, aggregate.op) {
            (None, _) | (_, AggregateOp::CountValues) => Scalars::Constant(f64::NAN),
            (Some(parameter), op) => {
                let values = self.scalar(parameter, grid)?;
                match op {
                    AggregateOp::Quantile => self.check_quantile(&values, grid, parameter),
                    AggregateOp::LimitRatio => self.check_ratio(&values, grid, parameter)?,
                    _ => check_limit(&values, grid)?,
                }
                values
            }
        };
        let columns = self.vector(&aggregate.inner, grid)?;
        self.spend(size_of(&columns))?;
        let groups = groups(&columns, &aggregate.grouping);
        let made = match aggregate.op {
            AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => {
                return Ok(best(&columns, &groups, aggregate.op, &parameter, grid));
            }
            AggregateOp::CountValues => {
                let text = aggregate
                    .parameter
                    .as_ref()
                    .and_then(|parameter| parameter.as_text());
                let name = checked_label_name(text.ok_or_else(wrong_type)?)?;
                self.count_values(&columns, &aggregate.grouping, name, grid)?
            }
            op => {
                self.hold((groups.len() as u64).saturating_mul(grid.count as u64))?;
                groups
                    .iter()
                    .map(|group| Column {
                        labels: group.labels.clone(),
                        drop_name: members(group, &columns).any(|column| column.drop_name),
                        values: combine(op, group, &columns, &parameter, grid),
                    })
                    .collect()
            }
        };
        self.release(size_of(&columns));
        Ok(made)
    }

    /// A sum of rates at one instant, if the source knows it.
    fn summed_rises(
        &mut self,
        aggregate: &Aggregate,
        grid: Grid,
    ) -> Result<Option<Vec<Column>>, QueryError> {
        let plain = aggregate.op == AggregateOp::Sum
            && grid.count == 1
            && !self.limits.delayed_name_removal;
        let (true, Node::Call(function @ (Function::Rate | Function::Increase), arguments)) =
            (plain, &aggregate.inner.unwrapped().node)
        else {
            return Ok(None);
        };
        let [argument] = arguments.as_slice() else {
            return Ok(None);
        };
        let Node::Matrix(selector, range) = &argument.unwrapped().node else {
            return Ok(None);
        };
        if selector.shift.at.is_some() {
            return Ok(None);
        }
        let end = grid.start.saturating_sub(selector.shift.offset_ms);
        let summed = self.source.summed_rises(&SummedRises {
            matchers: &selector.matchers,
            start: SimTime(end.saturating_sub(*range)),
            end: SimTime(end),
            per_second: *function == Function::Rate,
            grouping: &aggregate.grouping,
        });
        let Some(summed) = summed else {
            return Ok(None);
        };
        self.hold(summed.len() as u64)?;
        let columns = summed.into_iter();
        Ok(Some(
            columns
                .map(|(labels, value)| Column::new(labels, vec![value]))
                .collect(),
        ))
    }

    /// The ratio of `limit_ratio` must be a number from -1 to 1.
    fn check_ratio(
        &mut self,
        values: &Scalars,
        grid: Grid,
        parameter: &Expr,
    ) -> Result<(), QueryError> {
        for index in 0..grid.count {
            let value = values.get(index);
            if value.is_nan() {
                return Err(QueryError::Execution("Ratio value is NaN".to_owned()));
            }
            if value.abs() > 1.0 {
                self.annotate(Annotation::invalid_ratio(value, parameter.place));
            }
        }
        Ok(())
    }

    /// The value becomes a label before the series are grouped, so groups that then look alike are counted together.
    fn count_values(
        &mut self,
        columns: &[Column],
        grouping: &Grouping,
        name: &str,
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        let named = match grouping {
            Grouping::By(_) => true,
            Grouping::Without(names) => !names.iter().any(|other| other == name),
        };
        let mut counts: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
        for column in columns {
            let group = signature(&column.labels.with(name, ""), grouping);
            for (index, value) in column.values.iter().enumerate() {
                if is_absent(*value) {
                    continue;
                }
                let labels = if named {
                    group.with(name, &format_value(*value))
                } else {
                    group.clone()
                };
                if !counts.contains_key(&labels) {
                    self.hold(grid.count as u64)?;
                    counts.insert(labels.clone(), vec![absent(); grid.count]);
                }
                if let Some(slot) = counts
                    .get_mut(&labels)
                    .and_then(|values| values.get_mut(index))
                {
                    *slot = if is_absent(*slot) { 1.0 } else { *slot + 1.0 };
                }
            }
        }
        Ok(counts
            .into_iter()
            .map(|(labels, values)| Column::new(labels, values))
            .collect())
    }
}

/// `topk` and its like: at each instant some columns of each group keep their value.
fn best(
    columns: &[Column],
    groups: &[Group],
    op: AggregateOp,
    limit: &Scalars,
    grid: Grid,
) -> Vec<Column> {
    let mut kept: Vec<Column> = columns
        .iter()
        .map(|column| Column {
            labels: column.labels.clone(),
            drop_name: column.drop_name,
            values: vec![absent(); grid.count],
        })
        .collect();
    let mut order: Vec<usize> = Vec::with_capacity(columns.len());
    for group in groups {
        for index in 0..grid.count {
            let ranked = ranked(group, columns, op, limit.get(index), index);
            for (place, value) in &ranked {
                if let Some(slot) = kept
                    .get_mut(*place)
                    .and_then(|column| column.values.get_mut(index))
                {
                    *slot = *value;
                }
            }
            if grid.count == 1 {
                order.extend(ranked.iter().map(|(place, _)| *place));
            }
        }
    }
    if grid.count > 1 {
        kept.retain(|column| !column.is_empty());
        return kept;
    }
    // An instant query shows the best first.
    let mut slots: Vec<Option<Column>> = kept.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|place| slots.get_mut(place).and_then(Option::take))
        .collect()
}

fn members<'c>(group: &Group, columns: &'c [Column]) -> impl Iterator<Item = &'c Column> {
    group.members.iter().filter_map(|place| columns.get(*place))
}

/// The groups, in the order of their first members.
fn groups(columns: &[Column], grouping: &Grouping) -> Vec<Group> {
    let mut index: BTreeMap<Labels, usize> = BTreeMap::new();
    let mut found: Vec<Group> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let labels = signature(&column.labels, grouping);
        let group = *index.entry(labels.clone()).or_insert(found.len());
        match found.get_mut(group) {
            Some(group) => group.members.push(place),
            None => found.push(Group {
                labels,
                members: vec![place],
            }),
        }
    }
    found
}

/// The limits of `topk`, `limitk` and `bottomk` must be numbers that fit 64 bits.
fn check_limit(values: &Scalars, grid: Grid) -> Result<(), QueryError> {
    for index in 0..grid.count {
        let value = values.get(index);
        if value.is_nan() {
            return Err(QueryError::Execution("Parameter value is NaN".to_owned()));
        }
        let direction = if value >= i64::MAX as f64 {
            "overflows"
        } else if value <= i64::MIN as f64 {
            "underflows"
        } else {
            continue;
        };
        return Err(QueryError::Execution(format!(
            "Scalar value {} {direction} int64",
            format_short(value)
        )));
    }
    Ok(())
}

fn combine(
    op: AggregateOp,
    group: &Group,
    columns: &[Column],
    parameter: &Scalars,
    grid: Grid,
) -> Vec<f64> {
    match op {
        AggregateOp::Sum => fold(group, columns, grid, Sum::add, Sum::total),
        AggregateOp::Avg => fold(group, columns, grid, Mean::add, Mean::value),
        AggregateOp::Stdvar => fold(group, columns, grid, Deviation::add, Deviation::variance),
        AggregateOp::Stddev => fold(group, columns, grid, Deviation::add, |deviation| {
            libm::sqrt(deviation.variance())
        }),
        AggregateOp::Count => fold(
            group,
            columns,
            grid,
            |count: &mut f64, _| *count += 1.0,
            |count| count,
        ),
        AggregateOp::Group => fold(group, columns, grid, |(), _| (), |()| 1.0),
        AggregateOp::Max => extreme(group, columns, grid, |value, best| value > best),
        AggregateOp::Min => extreme(group, columns, grid, |value, best| value < best),
        AggregateOp::Quantile => quantiles(group, columns, parameter, grid),
        _ => Vec::new(),
    }
}

/// Adds every value to its instant's state; instants without a value have no result.
fn fold<S: Clone + Default>(
    group: &Group,
    columns: &[Column],
    grid: Grid,
    add: impl Fn(&mut S, f64),
    finish: impl Fn(S) -> f64,
) -> Vec<f64> {
    let mut states: Vec<(bool, S)> = vec![(false, S::default()); grid.count];
    for column in members(group, columns) {
        for ((seen, state), value) in states.iter_mut().zip(&column.values) {
            if !is_absent(*value) {
                *seen = true;
                add(state, *value);
            }
        }
    }
    states
        .into_iter()
        .map(|(seen, state)| if seen { finish(state) } else { absent() })
        .collect()
}

/// The best value; any number is better than NaN.
fn extreme(
    group: &Group,
    columns: &[Column],
    grid: Grid,
    better: impl Fn(f64, f64) -> bool,
) -> Vec<f64> {
    let mut best = vec![absent(); grid.count];
    for column in members(group, columns) {
        for (slot, value) in best.iter_mut().zip(&column.values) {
            // The absent value is a NaN too, so the first value always takes its place.
            if !is_absent(*value) && (better(*value, *slot) || slot.is_nan()) {
                *slot = *value;
            }
        }
    }
    best
}

fn quantiles(group: &Group, columns: &[Column], level: &Scalars, grid: Grid) -> Vec<f64> {
    let mut values = Vec::with_capacity(group.members.len());
    (0..grid.count)
        .map(|index| {
            values.clear();
            values.extend(members(group, columns).filter_map(|column| column.get(index)));
            if values.is_empty() {
                absent()
            } else {
                quantile(level.get(index), &mut values)
            }
        })
        .collect()
}

/// The places and values of the columns of a group that stay at one instant, best first; NaN is worse than any
/// number, and of equals the first stays.
fn ranked(
    group: &Group,
    columns: &[Column],
    op: AggregateOp,
    limit: f64,
    index: usize,
) -> Vec<(usize, f64)> {
    let present = group
        .members
        .iter()
        .filter_map(|place| Some((*place, columns.get(*place)?.get(index)?)));
    if op == AggregateOp::LimitRatio {
        let chosen = |(place, _): &(usize, f64)| {
            columns
                .get(*place)
                .is_some_and(|column| sampled(&column.labels, limit))
        };
        return present.filter(chosen).collect();
    }
    if limit < 1.0 {
        return Vec::new();
    }
    let mut found: Vec<(usize, f64)> = present.collect();
    if op != AggregateOp::Limitk {
        found.sort_by(|(_, a), (_, b)| match (a.is_nan(), b.is_nan()) {
            (false, false) if op == AggregateOp::Topk => b.total_cmp(a),
            (false, false) => a.total_cmp(b),
            (a_nan, b_nan) => a_nan.cmp(&b_nan),
        });
    }
    found.truncate(limit.min(found.len() as f64) as usize);
    found
}

/// Whether a series belongs to the share of series that a ratio asks for; a ratio and its complement to minus one
/// never share a series. The share is drawn by a hash of the labels (FNV-1a), so it stays the same over time.
fn sampled(labels: &Labels, ratio: f64) -> bool {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in labels.to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The low bits of this hash are the better ones.
    let position = f64::from((hash ^ (hash >> 32)) as u32) / f64::from(u32::MAX);
    (ratio >= 0.0 && position < ratio) || (ratio < 0.0 && position >= 1.0 + ratio)
}
