//! Queries of numbers: gathers each aggregation over time in slices, then lets the evaluator of PromQL join them.

use std::sync::Arc;

use super::ast::{MetricExpr, RangeAggregation, RangeOp, Unwrap, VectorOp};
use super::bridge;
use super::entries::Prepared;
use super::range_values::{Kept, Table};
use super::units;
use super::{Limits, QueryError};
use crate::sim::promql::ast::{AggregateOp, Grouping};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{Matrix, Value};
use crate::sim::telemetry::search::Budget;
use crate::sim::telemetry::search::tally::{Detail, Matches, Walk};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::time::{SimTime, Span};

/// Series of one aggregation over time, before they are joined.
const MOST_INNER_SERIES: usize = 50_000;
/// Aggregations over time in one query.
const MOST_PARTS: usize = 32;

/// Instants of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The first.
    pub start: SimTime,
    /// The last is not after this.
    pub end: SimTime,
    /// Between two; of no account for a single instant.
    pub step: Span,
}

impl Steps {
    /// One instant.
    pub const fn instant(at: SimTime) -> Self {
        Self {
            start: at,
            end: at,
            step: Span::from_secs(1),
        }
    }

    fn times(self) -> Vec<i64> {
        let step = self.step.millis().max(1);
        let count = (self.end - self.start).millis() / step;
        (0..=count)
            .map(|index| self.start.millis() + index * step)
            .collect()
    }
}

/// A query of numbers, as far as it has come.
pub struct Run {
    expr: MetricExpr,
    steps: Steps,
    ranged: bool,
    limits: Limits,
    parts: Vec<Part>,
    /// The part that is being gathered.
    at: usize,
    looked: u64,
}

/// One aggregation over time.
struct Part {
    aggregation: RangeAggregation,
    /// The labels that survive what stands around it.
    grouping: Option<Grouping>,
    prepared: Prepared,
    walk: Walk,
    detail: Detail,
    cuts: Vec<i64>,
    table: Table,
}

impl Run {
    /// Begins a query over a range, or at an instant if `ranged` is false.
    ///
    /// # Errors
    /// When it asks for more than the limits allow.
    pub fn new(
        telemetry: &Arc<Telemetry>,
        expr: &MetricExpr,
        steps: Steps,
        ranged: bool,
        limits: &Limits,
    ) -> Result<Self, QueryError> {
        if steps.step.millis() <= 0 {
            return Err(QueryError::BadStep);
        }
        if steps.end < steps.start {
            return Err(QueryError::EndBeforeStart);
        }
        let length = (steps.end - steps.start).millis();
        if length > limits.max_query_length_ms {
            let shown = |ms: i64| units::format_seconds(ms as f64 / 1000.0);
            return Err(QueryError::TooLong(
                shown(length),
                shown(limits.max_query_length_ms),
            ));
        }
        if (length / steps.step.millis()).unsigned_abs() > limits.max_points {
            return Err(QueryError::TooManyPoints);
        }
        let mut aggregations = Vec::new();
        collect(expr, None, &mut aggregations);
        if aggregations.len() > MOST_PARTS {
            return Err(QueryError::TooMuch);
        }
        let times = steps.times();
        let parts = aggregations
            .into_iter()
            .map(|(aggregation, around)| Part::new(telemetry, aggregation, around, &times, limits));
        Ok(Self {
            expr: expr.clone(),
            steps,
            ranged,
            limits: limits.clone(),
            parts: parts.collect::<Result<_, _>>()?,
            at: 0,
            looked: 0,
        })
    }

    /// Whether everything is gathered.
    pub fn is_done(&self) -> bool {
        self.at >= self.parts.len()
    }

    /// Lines looked at so far.
    pub const fn looked_at(&self) -> u64 {
        self.looked
    }

    /// Gathers within a budget of lines looked at.
    ///
    /// # Errors
    /// When a stage fails on a line, or a limit is reached.
    pub fn step(&mut self, mut budget: u64) -> Result<(), QueryError> {
        while let Some(part) = self.parts.get_mut(self.at) {
            if budget == 0 {
                return Ok(());
            }
            let work = part.gather(Budget::lines(budget))?;
            self.looked = self.looked.saturating_add(work);
            budget = budget.saturating_sub(work.max(1));
            if self.looked > self.limits.max_lines {
                return Err(QueryError::TooMuch);
            }
            if part.walk.is_done() {
                self.at += 1;
            }
        }
        Ok(())
    }

    /// Gathers all of it.
    ///
    /// # Errors
    /// See [`Run::step`].
    pub fn gather(&mut self) -> Result<(), QueryError> {
        while !self.is_done() {
            self.step(u64::MAX)?;
        }
        Ok(())
    }

    /// The answer of a query over a range.
    ///
    /// # Errors
    /// When series cannot be joined, or there are too many.
    pub fn matrix(&self) -> Result<Matrix, QueryError> {
        let matrix = bridge::range(&self.expr, &self.results()?, self.steps)?;
        self.check(matrix.columns.len())?;
        Ok(matrix)
    }

    /// The answer of a query at an instant.
    ///
    /// # Errors
    /// When series cannot be joined, or there are too many.
    pub fn value(&self) -> Result<Value, QueryError> {
        let value = bridge::instant(&self.expr, &self.results()?, self.steps.end)?;
        self.check(value.samples().len())?;
        Ok(value)
    }

    /// Whether it was asked over a range.
    pub const fn is_ranged(&self) -> bool {
        self.ranged
    }

    fn check(&self, series: usize) -> Result<(), QueryError> {
        if series > self.limits.max_series {
            return Err(QueryError::TooManySeries(self.limits.max_series));
        }
        Ok(())
    }

    fn results(&self) -> Result<Vec<bridge::Columns>, QueryError> {
        let times = self.steps.times();
        self.parts.iter().map(|part| part.result(&times)).collect()
    }
}

/// All aggregations over time in the order in which [`bridge`] numbers them, each with the grouping of a sum around it.
fn collect(
    expr: &MetricExpr,
    around: Option<&Grouping>,
    found: &mut Vec<(RangeAggregation, Option<Grouping>)>,
) {
    match expr {
        MetricExpr::Number(_) | MetricExpr::Vector(_) => {}
        MetricExpr::Range(range) => found.push(((**range).clone(), around.cloned())),
        MetricExpr::Aggregate(aggregate) => {
            let all = Grouping::By(Vec::new());
            let sums = aggregate.op == VectorOp::Aggregate(AggregateOp::Sum);
            let grouping = sums.then(|| aggregate.grouping.as_ref().unwrap_or(&all));
            collect(&aggregate.inner, grouping, found);
        }
        MetricExpr::Binary(binary) => {
            collect(&binary.left, None, found);
            collect(&binary.right, None, found);
        }
        MetricExpr::LabelReplace(replace) => collect(&replace.inner, None, found),
    }
}

impl Part {
    fn new(
        telemetry: &Arc<Telemetry>,
        aggregation: RangeAggregation,
        around: Option<Grouping>,
        times: &[i64],
        limits: &Limits,
    ) -> Result<Self, QueryError> {
        let (range, offset) = (aggregation.range_ms, aggregation.offset_ms);
        let ends = times.iter().map(|at| at.saturating_sub(offset));
        let mut cuts: Vec<i64> = ends
            .flat_map(|end| [end.saturating_sub(range), end])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let (from, until) = (
            cuts.first().copied().unwrap_or(0),
            cuts.last().copied().unwrap_or(0),
        );
        let telemetry = Arc::clone(telemetry);
        let mut prepared = Prepared::new(telemetry, &aggregation.log, &[], from, until)?;
        prepared.search.finish();
        // What is summed over streams need not be kept apart by them.
        let summable = aggregation.unwrap.is_none()
            && matches!(
                aggregation.op,
                RangeOp::CountOverTime
                    | RangeOp::Rate
                    | RangeOp::BytesOverTime
                    | RangeOp::BytesRate
            );
        let grouping = match (&aggregation.grouping, aggregation.op) {
            (_, RangeOp::AbsentOverTime) => Some(Grouping::By(Vec::new())),
            (Some(own), _) => Some(own.clone()),
            (None, _) => around.filter(|_| summable),
        };
        let of_lines = !prepared.stages.is_empty()
            || aggregation.unwrap.is_some()
            || matches!(aggregation.op, RangeOp::BytesOverTime | RangeOp::BytesRate);
        let by_pod = match &grouping {
            None => true,
            Some(Grouping::By(names)) => names.iter().any(|name| name == "pod"),
            Some(Grouping::Without(names)) => !names.iter().any(|name| name == "pod"),
        };
        let detail = match (of_lines, by_pod) {
            (true, _) => Detail::Lines,
            (false, true) => Detail::Pods,
            (false, false) => Detail::Templates,
        };
        let kept = Kept::of(aggregation.op, aggregation.unwrap.is_some());
        Ok(Self {
            walk: prepared.search.start_walk(),
            table: Table::new(kept, cuts.len(), limits.max_values, MOST_INNER_SERIES),
            prepared,
            aggregation,
            grouping,
            detail,
            cuts,
        })
    }

    fn gather(&mut self, budget: Budget) -> Result<u64, QueryError> {
        let Self {
            aggregation,
            grouping,
            prepared,
            walk,
            detail,
            cuts,
            table,
        } = self;
        let grouping = grouping.as_ref();
        let bytes = matches!(aggregation.op, RangeOp::BytesOverTime | RangeOp::BytesRate);
        prepared
            .search
            .walk(walk, *detail, cuts, budget, &mut |matches| {
                match matches {
                    Matches::Many {
                        service,
                        level,
                        pod,
                        at_ms,
                        count,
                        ..
                    } => {
                        if let Some(place) = place(cuts, at_ms) {
                            let labels = grouped(prepared.stream(service, level, pod), grouping);
                            table.count(labels, place, count)?;
                        }
                    }
                    Matches::One(line) => {
                        let Some(place) = place(cuts, line.key.at_ms) else {
                            return Ok(());
                        };
                        let unwrap = aggregation.unwrap.as_ref();
                        let found = prepared.run(line, |fields| {
                            let value = match unwrap {
                                Some(unwrap) => fields.unwrap(unwrap)?,
                                None if bytes => fields.line().len() as f64,
                                None => 1.0,
                            };
                            let labels =
                                fields.labels(unwrap.map(|unwrap: &Unwrap| unwrap.label.as_str()));
                            Some((labels, value, fields.error().map(str::to_owned)))
                        });
                        if let Some((labels, value, error)) = found {
                            if let Some(kind) = error {
                                let series = labels.to_string();
                                return Err(QueryError::Pipeline { kind, series });
                            }
                            table.value(grouped(labels, grouping), place, line.key.at_ms, value)?;
                        }
                    }
                }
                Ok(())
            })
    }

    fn result(&self, times: &[i64]) -> Result<bridge::Columns, QueryError> {
        let windows = times.iter().map(|at| {
            let end = at.saturating_sub(self.aggregation.offset_ms);
            let find = |cut: i64| self.cuts.binary_search(&cut).unwrap_or(0);
            (
                find(end.saturating_sub(self.aggregation.range_ms)),
                find(end),
            )
        });
        let windows: Vec<(usize, usize)> = windows.collect();
        let mut columns = self.table.columns(&self.aggregation, &windows)?;
        if self.aggregation.op == RangeOp::AbsentOverTime {
            columns = absent(&self.aggregation, &columns, times.len());
        }
        Ok(columns)
    }
}

/// The interval between cuts that an instant lies in.
fn place(cuts: &[i64], at_ms: i64) -> Option<usize> {
    let after = cuts.partition_point(|cut| *cut <= at_ms);
    (after < cuts.len()).then(|| after.checked_sub(1))?
}

fn grouped(labels: Labels, grouping: Option<&Grouping>) -> Labels {
    match grouping {
        None => labels,
        Some(Grouping::By(names)) => labels.keep(names),
        Some(Grouping::Without(names)) => labels.remove(names),
    }
}

/// One where nothing was counted, with the labels that the selector fixes.
fn absent(
    aggregation: &RangeAggregation,
    counted: &bridge::Columns,
    steps: usize,
) -> bridge::Columns {
    use crate::sim::promql::matcher::MatchOp;
    let matchers = &aggregation.log.matchers;
    let once = |name: &str| matchers.iter().filter(|one| one.name() == name).count() == 1;
    let fixed = matchers
        .iter()
        .filter(|one| one.op() == MatchOp::Equal && once(one.name()))
        .map(|one| (one.name(), one.value()));
    let labels = Labels::new(fixed);
    let values = (0..steps)
        .map(|step| {
            let there = counted
                .iter()
                .any(|(_, values)| values.get(step).is_some_and(Option::is_some));
            (!there).then_some(1.0)
        })
        .collect();
    vec![(labels, values)]
}
