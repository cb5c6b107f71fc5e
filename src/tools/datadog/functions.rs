//! Arithmetic and functions of queries over series. Reads metrics through [`Computer`] alone.

use super::compute::{Computer, aggregate};
use super::language::{Aggregator, Operator, Query};
use super::series::{Grid, Series};
use crate::sim::time::Span;
use crate::tools::tool::ToolError;

/// Evaluates a query over a grid.
///
/// # Errors
/// As the API words them.
pub fn evaluate(
    computer: &mut Computer<'_>,
    query: &Query,
    grid: Grid,
) -> Result<Vec<Series>, ToolError> {
    match query {
        Query::Number(number) => Ok(vec![Series {
            values: vec![Some(*number); grid.count],
            ..Series::default()
        }]),
        Query::Metric(metric) => computer.metric(metric, grid),
        Query::Binary(operator, left, right) => {
            let left = evaluate(computer, left, grid)?;
            let right = evaluate(computer, right, grid)?;
            Ok(joined(*operator, &left, &right))
        }
        Query::Function { name, of, args } => {
            let shifted = match name.as_str() {
                "timeshift" => Some(Span::from_secs(-number(name, args, 0)? as i64)),
                "hour_before" => Some(Span::from_hours(1)),
                "week_before" => Some(Span::from_hours(24 * 7)),
                _ => None,
            };
            if let Some(span) = shifted {
                return evaluate(computer, of, grid.before(span));
            }
            let series = evaluate(computer, of, grid)?;
            function(name, series, args, grid)
        }
    }
}

fn number(name: &str, args: &[String], at: usize) -> Result<f64, ToolError> {
    let read = args.get(at).and_then(|text| text.parse::<f64>().ok());
    read.filter(|number| number.is_finite() && number.abs() < 1e12)
        .ok_or_else(|| {
            ToolError::new(format!(
                "400 Bad Request: {{\"errors\": [\"{name} needs a number as argument {}\"]}}",
                at + 2
            ))
        })
}

fn function(
    name: &str,
    mut series: Vec<Series>,
    args: &[String],
    grid: Grid,
) -> Result<Vec<Series>, ToolError> {
    let seconds = grid.interval.millis().max(1) as f64 / 1000.0;
    let mut each = |change: &dyn Fn(&mut Vec<Option<f64>>)| {
        for one in &mut series {
            change(&mut one.values);
        }
    };
    match name {
        "abs" => each(&|values| map(values, f64::abs)),
        "clamp_max" => {
            let most = number(name, args, 0)?;
            each(&|values| map(values, |value| value.min(most)));
        }
        "clamp_min" => {
            let least = number(name, args, 0)?;
            each(&|values| map(values, |value| value.max(least)));
        }
        "cumsum" => each(&|values| cumulate(values)),
        "default_zero" => {
            each(&|values| {
                for value in values.iter_mut() {
                    *value = value.or(Some(0.0));
                }
            });
            if series.is_empty() {
                series.push(Series {
                    values: vec![Some(0.0); grid.count],
                    ..Series::default()
                });
            }
        }
        "derivative" => each(&|values| differences(values, seconds, false)),
        "diff" => each(&|values| differences(values, 1.0, false)),
        "per_second" => each(&|values| differences(values, seconds, true)),
        "per_minute" => each(&|values| differences(values, seconds / 60.0, true)),
        "exclude_null" => series.retain(|one| !one.tags.values().any(|value| value == "N/A")),
        "top" => return top(series, args),
        _ => {}
    }
    Ok(series)
}

fn map(values: &mut [Option<f64>], change: impl Fn(f64) -> f64) {
    for value in values.iter_mut().flatten() {
        *value = change(*value);
    }
}

fn cumulate(values: &mut [Option<f64>]) {
    let mut sum = 0.0;
    for value in values.iter_mut().flatten() {
        sum += *value;
        *value = sum;
    }
}

/// Differences from one interval to the next in some unit of time; where only rises count, falls are left out.
fn differences(values: &mut Vec<Option<f64>>, unit: f64, rises: bool) {
    let before = values.iter().copied();
    let differences: Vec<Option<f64>> = before
        .zip(values.iter().skip(1))
        .map(|(before, after)| {
            let difference = (*after)? - before?;
            (!rises || difference >= 0.0).then_some(difference / unit)
        })
        .collect();
    let first = values.first().map(|_| None);
    *values = first.into_iter().chain(differences).collect();
}

fn top(series: Vec<Series>, args: &[String]) -> Result<Vec<Series>, ToolError> {
    let count = number("top", args, 0)?.clamp(0.0, 1000.0) as usize;
    let by = args.get(1).map_or("mean", String::as_str);
    let measure = |one: &Series| -> f64 {
        let values: Vec<f64> = one.present().collect();
        let value = match by {
            "max" => aggregate(Aggregator::Max, &values),
            "min" => aggregate(Aggregator::Min, &values),
            "last" => values.last().copied(),
            "sum" | "area" => aggregate(Aggregator::Sum, &values),
            _ => aggregate(Aggregator::Avg, &values),
        };
        value.unwrap_or(f64::NEG_INFINITY)
    };
    let mut ranked: Vec<(f64, Series)> =
        series.into_iter().map(|one| (measure(&one), one)).collect();
    let rising = args.get(2).is_some_and(|order| order == "asc");
    ranked.sort_by(|a, b| {
        if rising {
            a.0.total_cmp(&b.0)
        } else {
            b.0.total_cmp(&a.0)
        }
    });
    Ok(ranked.into_iter().take(count).map(|(_, one)| one).collect())
}

/// Two sides put together: series with the same tags, or each of one side with the only one of the other.
fn joined(operator: Operator, left: &[Series], right: &[Series]) -> Vec<Series> {
    let single = |side: &[Series]| side.len() == 1 && side.iter().all(|one| one.tags.is_empty());
    let (one_left, one_right) = (single(left), single(right));
    if one_left && !one_right {
        let only = left.first();
        let pairs = right.iter().filter_map(|other| Some((only?, other)));
        return pairs
            .map(|(own, other)| applied(operator, own, other, &other.tags))
            .collect();
    }
    left.iter()
        .filter_map(|own| {
            let other = if one_right {
                right.first()
            } else {
                right.iter().find(|other| other.tags == own.tags)
            };
            Some(applied(operator, own, other?, &own.tags))
        })
        .collect()
}

fn applied(
    operator: Operator,
    left: &Series,
    right: &Series,
    tags: &std::collections::BTreeMap<String, String>,
) -> Series {
    let values = left.values.iter().zip(&right.values);
    Series {
        tags: tags.clone(),
        values: values
            .map(|(left, right)| {
                let (left, right) = ((*left)?, (*right)?);
                let value = match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                };
                value.is_finite().then_some(value)
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(tag: &str, values: &[f64]) -> Series {
        let tags = (!tag.is_empty()).then(|| ("pod".to_owned(), tag.to_owned()));
        Series {
            tags: tags.into_iter().collect(),
            values: values.iter().copied().map(Some).collect(),
        }
    }

    #[test]
    fn sides_meet_by_their_tags() {
        let left = [series("a", &[4.0, 6.0]), series("b", &[1.0, 1.0])];
        let right = [series("a", &[2.0, 0.0])];
        let divided = joined(Operator::Divide, &left, &right);
        assert_eq!(divided.len(), 1);
        assert_eq!(divided[0].values, [Some(2.0), None]);
        let by_one = joined(Operator::Multiply, &[series("", &[2.0, 2.0])], &left);
        assert_eq!(by_one[1], series("b", &[2.0, 2.0]));
    }

    #[test]
    fn the_top_is_what_is_largest() {
        let all = vec![
            series("a", &[1.0]),
            series("b", &[3.0]),
            series("c", &[2.0]),
        ];
        let args = ["2".to_owned(), "max".to_owned(), "desc".to_owned()];
        let kept = top(all, &args).unwrap();
        let names: Vec<String> = kept.iter().map(Series::scope).collect();
        assert_eq!(names, ["pod:b", "pod:c"]);
        assert!(top(Vec::new(), &[]).is_err());
    }

    #[test]
    fn differences_begin_with_nothing() {
        let mut values = vec![Some(1.0), Some(4.0), Some(2.0)];
        differences(&mut values, 2.0, true);
        assert_eq!(values, [None, Some(1.5), None]);
    }
}
