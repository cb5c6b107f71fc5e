//! Functions that change or order by labels: `label_replace`, `label_join`, `sort_by_label`.

use std::cmp::Ordering;

use super::columns::{Column, Grid, unite};
use super::{Evaluator, wrong_type};
use crate::sim::promql::QueryError;
use crate::sim::promql::ast::{Expr, Text};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::anchored_regex;

impl Evaluator<'_> {
    pub(super) fn label_function(
        &mut self,
        function: Function,
        arguments: &[Expr],
        grid: Grid,
    ) -> Result<Vec<Column>, QueryError> {
        let (first, rest) = arguments.split_first().ok_or_else(wrong_type)?;
        let texts: Vec<&Text> = rest
            .iter()
            .map(|argument| argument.as_text().ok_or_else(wrong_type))
            .collect::<Result<_, _>>()?;
        match function {
            Function::LabelReplace => {
                let replacement = Replacement::new(&texts)?;
                let columns = self.vector(first, grid)?;
                unite(
                    columns
                        .into_iter()
                        .map(|column| replacement.apply(column))
                        .collect(),
                )
            }
            Function::LabelJoin => {
                let join = Join::new(&texts)?;
                let columns = self.vector(first, grid)?;
                unite(
                    columns
                        .into_iter()
                        .map(|column| join.apply(column))
                        .collect(),
                )
            }
            _ => {
                let names: Vec<&str> = texts
                    .iter()
                    .map(|text| {
                        text.as_label_name().ok_or_else(|| {
                            QueryError::Execution(format!(
                                "invalid label name in {}(): {}",
                                function.name(),
                                text.quoted()
                            ))
                        })
                    })
                    .collect::<Result<_, _>>()?;
                self.warn_of_sort(first);
                let columns = self.vector(first, grid)?;
                let descending = function == Function::SortByLabelDesc;
                Ok(if self.ranged {
                    columns
                } else {
                    sorted_by_labels(columns, &names, descending)
                })
            }
        }
    }
}

fn destination<'a>(text: &'a Text, function: &str) -> Result<&'a str, QueryError> {
    text.as_label_name().ok_or_else(|| {
        let shown = text.quoted();
        QueryError::Execution(format!(
            "invalid destination label name in {function}(): {}",
            shown.trim_matches('"')
        ))
    })
}

struct Replacement<'a> {
    destination: &'a str,
    template: String,
    source: String,
    regex: regex::Regex,
}

impl<'a> Replacement<'a> {
    fn new(texts: &[&'a Text]) -> Result<Self, QueryError> {
        let [name, template, source, pattern] = texts else {
            return Err(wrong_type());
        };
        let pattern = pattern.to_text();
        let regex = anchored_regex(&pattern).map_err(|_| {
            QueryError::Execution(format!(
                "invalid regular expression in label_replace(): {pattern}"
            ))
        })?;
        Ok(Self {
            destination: destination(name, "label_replace")?,
            template: template.to_text(),
            source: source.to_text(),
            regex,
        })
    }

    fn apply(&self, mut column: Column) -> Column {
        let Some(captures) = self.regex.captures(column.labels.get(&self.source)) else {
            return column;
        };
        let mut value = String::new();
        captures.expand(&self.template, &mut value);
        set_label(&mut column, self.destination, &value);
        column
    }
}

struct Join<'a> {
    destination: &'a str,
    separator: String,
    sources: Vec<String>,
}

impl<'a> Join<'a> {
    fn new(texts: &[&'a Text]) -> Result<Self, QueryError> {
        let [name, separator, sources @ ..] = texts else {
            return Err(wrong_type());
        };
        let sources = sources
            .iter()
            .map(|text| {
                text.as_label_name().map(str::to_owned).ok_or_else(|| {
                    let shown = text.quoted();
                    QueryError::Execution(format!(
                        "invalid source label name in label_join(): {shown}"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            destination: destination(name, "label_join")?,
            separator: separator.to_text(),
            sources,
        })
    }

    fn apply(&self, mut column: Column) -> Column {
        let values: Vec<&str> = self
            .sources
            .iter()
            .map(|source| column.labels.get(source))
            .collect();
        let joined = values.join(&self.separator);
        set_label(&mut column, self.destination, &joined);
        column
    }
}

/// A metric name that is set explicitly stays, whatever a function below would have dropped.
fn set_label(column: &mut Column, name: &str, value: &str) {
    column.labels = column.labels.with(name, value);
    if name == METRIC_NAME {
        column.drop_name = false;
    }
}

/// By the named labels, digits in them by their number, then by all labels.
fn sorted_by_labels(mut columns: Vec<Column>, names: &[&str], descending: bool) -> Vec<Column> {
    columns.sort_by(|a, b| {
        let order = compare_labels(&a.labels, &b.labels, names);
        if descending { order.reverse() } else { order }
    });
    columns
}

fn compare_labels(a: &Labels, b: &Labels, names: &[&str]) -> Ordering {
    names
        .iter()
        .map(|name| natural(a.get(name), b.get(name)))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.cmp(b))
}

/// Natural order: runs of digits compare as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (part_a, rest_a) = split_run(a);
        let (part_b, rest_b) = split_run(b);
        if part_a.is_empty() || part_b.is_empty() {
            return part_a.len().cmp(&part_b.len());
        }
        let digits = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let order = if digits(part_a) && digits(part_b) {
            let plain = |part: &str| part.trim_start_matches('0').to_owned();
            let (x, y) = (plain(part_a), plain(part_b));
            x.len().cmp(&y.len()).then(x.cmp(&y))
        } else {
            part_a.cmp(part_b)
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The first run of digits or of other characters, and the rest.
fn split_run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text
        .find(|c: char| c.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The error for a label name that `count_values` cannot set.
pub(super) fn checked_label_name(text: &Text) -> Result<&str, QueryError> {
    text.as_label_name()
        .ok_or_else(|| QueryError::Execution(format!("invalid label name {}", text.quoted())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_compare_as_numbers() {
        let mut names = ["4m1000", "4m600", "10", "4m5", "9", "4m05"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["4m5", "4m05", "4m600", "4m1000", "9", "10"]);
    }
}
