//! Computes metric queries: reads the estate's series, keeps those that the filter takes, puts groups together. Reads
//! counters at the edges of intervals, so that counts are whole numbers of events.

use std::collections::BTreeMap;

use super::catalog::{self, Source};
use super::language::{Aggregator, Form, Metric};
use super::series::{Grid, Series};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{self, Limits, Matrix};
use crate::sim::time::{SimTime, Span};
use crate::tools::tool::ToolError;

/// More series than this are not noted one by one as shown.
const MOST_SHOWN: usize = 64;
/// No query reads more series.
const MOST_SERIES: usize = 5000;

/// Computes the metrics of one query.
pub struct Computer<'a> {
    world: &'a World,
    /// What was read.
    pub shown: Vec<Shown>,
    /// What the answer does not have, in words.
    pub notes: Vec<String>,
}

/// One series of the estate over a grid, with its tags.
struct Read {
    tags: BTreeMap<String, String>,
    le: Option<f64>,
    values: Vec<Option<f64>>,
}

impl<'a> Computer<'a> {
    /// Nothing read yet.
    pub const fn new(world: &'a World) -> Self {
        Self {
            world,
            shown: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A metric's series over a grid.
    ///
    /// # Errors
    /// As the query engine refuses.
    pub fn metric(&mut self, asked: &Metric, grid: Grid) -> Result<Vec<Series>, ToolError> {
        let Some(known) = catalog::metric(self.world, &asked.name) else {
            let names = catalog::names();
            let near = super::list_traces::nearest(&asked.name, names.into_iter());
            let near = near.map_or_else(String::new, |near| format!("; {near}"));
            self.notes
                .push(format!("no metric {} reports here{near}", asked.name));
            return Ok(Vec::new());
        };
        let of = |series: &'static str| {
            if series.is_empty() {
                asked.name.clone()
            } else {
                series.to_owned()
            }
        };
        match known.source {
            Source::Gauge(series, scale) => {
                let reads = self.gauge(&of(series), known.only, asked, grid)?;
                Ok(grouped(asked, &reads, scale))
            }
            Source::Count(series, scale) => {
                let reads = self.counter(&of(series), known.only, asked, grid)?;
                Ok(grouped(asked, &reads, scale * per(asked.form, grid)))
            }
            Source::Rate(series, scale) => {
                let reads = self.counter(&of(series), known.only, asked, grid)?;
                Ok(grouped(asked, &reads, scale * per(Form::Rate, grid)))
            }
            Source::Distribution(series) => self.distribution(series, asked, grid),
            Source::Load(idle) => self.load(idle, asked, grid),
        }
    }

    fn gauge(
        &mut self,
        series: &str,
        only: &str,
        asked: &Metric,
        grid: Grid,
    ) -> Result<Vec<Read>, ToolError> {
        let over = match asked.rollup {
            Some(Aggregator::Sum) => "sum",
            Some(Aggregator::Min) => "min",
            Some(Aggregator::Max) => "max",
            Some(Aggregator::Count) => "count",
            Some(Aggregator::Avg | Aggregator::Percentile(_)) | None => "avg",
        };
        let seconds = grid.interval.secs();
        let selector = selector(series, only, asked);
        let expr = format!("{over}_over_time({selector}[{seconds}s])");
        let first = grid.from + grid.interval;
        let matrix = self.read(&expr, first, grid, false)?;
        self.note(&matrix, series, asked, grid);
        Ok(reads(&matrix, asked))
    }

    /// What counters counted in each interval.
    fn counter(
        &mut self,
        series: &str,
        only: &str,
        asked: &Metric,
        grid: Grid,
    ) -> Result<Vec<Read>, ToolError> {
        let edges = Grid {
            count: grid.count + 1,
            ..grid
        };
        let mut matrix = self.read(&selector(series, only, asked), grid.from, edges, true)?;
        matrix.times.pop();
        self.note(&matrix, series, asked, grid);
        Ok(reads(&matrix, asked))
    }

    /// A percentile, or the mean of a distribution.
    fn distribution(
        &mut self,
        series: &str,
        asked: &Metric,
        grid: Grid,
    ) -> Result<Vec<Series>, ToolError> {
        if let Aggregator::Percentile(share) = asked.space {
            let reads = self.counter(&format!("{series}_bucket"), "", asked, grid)?;
            return Ok(percentiles(asked, &reads, share, grid.count));
        }
        let count = self.counter(&format!("{series}_count"), "", asked, grid)?;
        if matches!(asked.space, Aggregator::Count) {
            let sum = Metric {
                space: Aggregator::Sum,
                ..asked.clone()
            };
            return Ok(grouped(&sum, &count, 1.0));
        }
        let sum = self.counter(&format!("{series}_sum"), "", asked, grid)?;
        if matches!(asked.space, Aggregator::Sum) {
            return Ok(grouped(asked, &sum, 1.0));
        }
        Ok(means(asked, &sum, &count))
    }

    fn load(&mut self, idle: bool, asked: &Metric, grid: Grid) -> Result<Vec<Series>, ToolError> {
        let mut reads = self.gauge("node_load1", "", asked, grid)?;
        let nodes = &self.world.plan().pack.estate.nodes;
        for read in &mut reads {
            let cores = read
                .tags
                .get("host")
                .and_then(|host| nodes.get(host))
                .map_or(1.0, |node| node.cpu.value);
            for value in read.values.iter_mut().flatten() {
                let used = (100.0 * *value / cores.max(0.1)).clamp(0.0, 100.0);
                *value = if idle { 100.0 - used } else { used };
            }
        }
        Ok(grouped(asked, &reads, 1.0))
    }

    /// What an expression gives over a grid; with `rises` how much the counters that it selects rise between its instants.
    fn read(
        &self,
        expr: &str,
        first: SimTime,
        grid: Grid,
        rises: bool,
    ) -> Result<Matrix, ToolError> {
        let wrong = |text: String| ToolError::new(format!("400 Bad Request: {text}"));
        let parsed = promql::parse(expr).map_err(|error| wrong(error.to_string()))?;
        let last = first + Span(grid.interval.millis() * (grid.count.max(1) as i64 - 1));
        let series = self.world.series();
        let (step, limits) = (grid.interval, Limits::default());
        let matrix = if rises {
            promql::rises(&series, &parsed, first, last, step, &limits)
        } else {
            promql::range(&series, &parsed, first, last, step, &limits).map(|(matrix, _)| matrix)
        };
        let matrix = matrix.map_err(|error| wrong(error.to_string()))?;
        if matrix.columns.len() > MOST_SERIES {
            return Err(ToolError::new(format!(
                "422 Unprocessable Entity: the query selects {} series, more than {MOST_SERIES}",
                matrix.columns.len()
            )));
        }
        Ok(matrix)
    }

    /// Notes the series that a filter takes as shown.
    fn note(&mut self, matrix: &Matrix, series: &str, asked: &Metric, grid: Grid) {
        for column in &matrix.columns {
            if self.shown.len() >= MOST_SHOWN || !takes(asked, &catalog::tags(&column.labels)) {
                continue;
            }
            let labels = column.labels.iter().filter(|(name, _)| *name != "__name__");
            self.shown.push(Shown::Series {
                metric: series.to_owned(),
                labels: labels
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                from: grid.from,
                to: grid.end(),
            });
        }
    }
}

/// A selector of a series with what the filter says of its labels.
fn selector(series: &str, only: &str, asked: &Metric) -> String {
    let mut matchers: Vec<String> = Vec::new();
    if !only.is_empty() {
        matchers.push(only.to_owned());
    }
    for tag in [
        "service",
        "pod_name",
        "kube_namespace",
        "consumer_group",
        "topic",
    ] {
        let aliases = ["pod", "namespace", "group"];
        let keys = aliases
            .iter()
            .copied()
            .filter(|key| catalog::key(key) == tag);
        let required = keys.chain([tag]).find_map(|key| asked.filter.required(key));
        if let (Some(value), Some(label)) = (required, catalog::label_of(series, tag)) {
            matchers.push(format!("{label}={}", quoted(value)));
        }
    }
    format!("{series}{{{}}}", matchers.join(","))
}

fn quoted(value: &str) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn takes(asked: &Metric, tags: &BTreeMap<String, String>) -> bool {
    asked
        .filter
        .takes(&|key| tags.get(catalog::key(key)).map(String::as_str))
}

fn reads(matrix: &Matrix, asked: &Metric) -> Vec<Read> {
    let read = |labels: &Labels, values: Vec<Option<f64>>| Read {
        tags: catalog::tags(labels),
        le: match labels.get("le") {
            "" => None,
            "+Inf" => Some(f64::INFINITY),
            bound => bound.parse().ok(),
        },
        values,
    };
    matrix
        .columns
        .iter()
        .map(|column| {
            let values = (0..matrix.times.len()).map(|index| column.get(index));
            read(&column.labels, values.collect())
        })
        .filter(|read| takes(asked, &read.tags))
        .collect()
}

fn per(form: Form, grid: Grid) -> f64 {
    match form {
        Form::Rate => 1000.0 / grid.interval.millis().max(1) as f64,
        Form::Plain | Form::Count => 1.0,
    }
}

/// The tags that a series is grouped by, under the keys that were asked for.
fn group_of(asked: &Metric, tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |key: &String| {
        let value = tags.get(catalog::key(key)).cloned();
        (key.clone(), value.unwrap_or_else(|| "N/A".to_owned()))
    };
    asked.by.iter().map(value).collect()
}

type Groups<'a> = BTreeMap<BTreeMap<String, String>, Vec<&'a Read>>;

fn groups<'a>(asked: &Metric, reads: &'a [Read]) -> Groups<'a> {
    let mut groups = Groups::new();
    for read in reads {
        groups
            .entry(group_of(asked, &read.tags))
            .or_default()
            .push(read);
    }
    groups
}

/// Groups put together by the query's aggregator.
fn grouped(asked: &Metric, reads: &[Read], scale: f64) -> Vec<Series> {
    let width = reads.first().map_or(0, |read| read.values.len());
    groups(asked, reads)
        .into_iter()
        .map(|(tags, members)| Series {
            tags,
            values: (0..width)
                .map(|index| {
                    let values: Vec<f64> = present(&members, index).collect();
                    aggregate(asked.space, &values).map(|value| {
                        if matches!(asked.space, Aggregator::Count) {
                            value
                        } else {
                            value * scale
                        }
                    })
                })
                .collect(),
        })
        .collect()
}

fn present<'a>(members: &'a [&Read], index: usize) -> impl Iterator<Item = f64> + 'a {
    members
        .iter()
        .filter_map(move |read| read.values.get(index).copied().flatten())
}

/// Values put together; none of nothing.
pub fn aggregate(by: Aggregator, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    Some(match by {
        Aggregator::Avg | Aggregator::Percentile(_) => values.iter().sum::<f64>() / count,
        Aggregator::Sum => values.iter().sum(),
        Aggregator::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Aggregator::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Aggregator::Count => count,
    })
}

/// Means of distributions: the mean over a group, or the least or greatest of its members' means.
fn means(asked: &Metric, sums: &[Read], counts: &[Read]) -> Vec<Series> {
    let width = sums.first().map_or(0, |read| read.values.len());
    let counts = groups(asked, counts);
    groups(asked, sums)
        .into_iter()
        .map(|(tags, members)| {
            let others = counts.get(&tags).cloned().unwrap_or_default();
            let values = (0..width).map(|index| match asked.space {
                Aggregator::Min | Aggregator::Max => {
                    let each = members.iter().filter_map(|read| {
                        let same = others.iter().find(|other| other.tags == read.tags)?;
                        ratio(
                            read.values.get(index).copied().flatten()?,
                            same.values.get(index).copied().flatten()?,
                        )
                    });
                    aggregate(asked.space, &each.collect::<Vec<f64>>())
                }
                _ => ratio(
                    present(&members, index).sum(),
                    present(&others, index).sum(),
                ),
            });
            Series {
                values: values.collect(),
                tags,
            }
        })
        .collect()
}

fn ratio(sum: f64, count: f64) -> Option<f64> {
    (count > 0.0).then(|| sum / count)
}

fn percentiles(asked: &Metric, reads: &[Read], share: f64, width: usize) -> Vec<Series> {
    groups(asked, reads)
        .into_iter()
        .map(|(tags, members)| Series {
            tags,
            values: (0..width)
                .map(|index| percentile(&buckets(&members, index), share))
                .collect(),
        })
        .collect()
}

/// Bounds and how many lie up to each, ascending.
fn buckets(members: &[&Read], index: usize) -> Vec<(f64, f64)> {
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for read in members {
        let (Some(le), Some(value)) = (read.le, read.values.get(index).copied().flatten()) else {
            continue;
        };
        match buckets.iter_mut().find(|(bound, _)| *bound == le) {
            Some((_, sum)) => *sum += value,
            None => buckets.push((le, value)),
        }
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets
}

/// A percentile of cumulative buckets, on a straight line within one; the last bound for what lies beyond.
fn percentile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let (_, all) = *buckets.last()?;
    if all <= 0.0 {
        return None;
    }
    let wanted = share * all;
    let (mut bound_before, mut count_before) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= wanted {
            if bound.is_infinite() {
                return Some(bound_before);
            }
            let part = (wanted - count_before) / (count - count_before).max(f64::MIN_POSITIVE);
            return Some(bound_before + (bound - bound_before) * part);
        }
        (bound_before, count_before) = (*bound, *count);
    }
    Some(bound_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_within_their_bucket() {
        let buckets = [(0.1, 50.0), (0.5, 90.0), (f64::INFINITY, 100.0)];
        assert_eq!(percentile(&buckets, 0.5), Some(0.1));
        assert_eq!(percentile(&buckets, 0.7), Some(0.1 + 0.4 * 0.5));
        assert_eq!(percentile(&buckets, 0.99), Some(0.5));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
