//! What could stand at a place of a PromQL query: metrics, functions, labels and their values. Never evaluates the query.

use std::collections::BTreeSet;

use crate::sim::World;
use crate::sim::promql::ast::AggregateOp;
use crate::sim::promql::function::FUNCTIONS;
use crate::sim::promql::labels::METRIC_NAME;
use crate::sim::promql::matcher::Matcher;
use crate::sim::promql::source::SeriesSource as _;
use crate::tools::prometheus::list_metrics::ListMetrics;

/// The most candidates.
const MOST: usize = 200;

/// Where a word stands.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Anywhere a metric or a function can stand.
    Expression,
    /// A label's name among the matchers of a metric.
    Label(String),
    /// A label's value: of which metric and label.
    Value(String, String),
    /// A label's name after `by`, with the metrics of the query.
    Grouping(Vec<String>),
    /// A duration.
    Range,
}

/// Where the word under the cursor begins, and what could stand there with what it is.
pub fn complete(world: &World, query: &str, cursor: usize) -> (usize, Vec<(String, String)>) {
    let before = query.get(..cursor).unwrap_or(query);
    let (from, place) = place(query, before);
    let word = before.get(from..).unwrap_or("");
    let mut found = match place {
        Place::Expression => expression(world),
        Place::Label(metric) => labels(world, &[metric])
            .into_iter()
            .map(|label| (format!("{label}=\""), "label".to_owned()))
            .collect(),
        Place::Grouping(metrics) => labels(world, &metrics)
            .into_iter()
            .map(|label| (label, "label".to_owned()))
            .collect(),
        Place::Value(metric, label) => values(world, &metric, &label)
            .into_iter()
            .map(|value| (format!("{value}\""), format!("value of {label}")))
            .collect(),
        Place::Range => ["1m]", "5m]", "15m]", "30m]", "1h]", "6h]", "1d]"]
            .map(|range| (range.to_owned(), "range".to_owned()))
            .to_vec(),
    };
    found.retain(|(text, _)| text.starts_with(word) && text != word);
    found.sort();
    found.dedup();
    found.truncate(MOST);
    (from, found)
}

fn expression(world: &World) -> Vec<(String, String)> {
    let metrics = ListMetrics::seen(world).metrics.into_iter();
    let metrics = metrics.flat_map(|metric| {
        let about = format!("{}  {}", metric.kind, metric.help);
        if metric.kind == "histogram" {
            ["_bucket", "_sum", "_count"]
                .map(|ending| (format!("{}{ending}", metric.name), about.clone()))
                .to_vec()
        } else {
            vec![(metric.name, about)]
        }
    });
    let functions = FUNCTIONS
        .iter()
        .map(|known| (format!("{}(", known.name), known.help.to_owned()));
    let aggregations = AggregateOp::ALL
        .iter()
        .map(|(name, op)| (format!("{name} by ("), op.help().to_owned()));
    metrics.chain(functions).chain(aggregations).collect()
}

/// What a query of a metric alone asks for.
fn of_metric(metric: &str) -> [Matcher; 1] {
    [Matcher::equal(METRIC_NAME, metric)]
}

fn labels(world: &World, metrics: &[String]) -> BTreeSet<String> {
    let series = world.series();
    let matchers = metrics.iter().map(|metric| of_metric(metric));
    let found: BTreeSet<String> = matchers
        .flat_map(|matchers| series.label_names(&matchers))
        .filter(|name| name != METRIC_NAME)
        .collect();
    if found.is_empty() {
        return ["service", "namespace", "pod", "job", "instance"]
            .map(str::to_owned)
            .into();
    }
    found
}

fn values(world: &World, metric: &str, label: &str) -> Vec<String> {
    world.series().label_values(label, &of_metric(metric))
}

const fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'
}

fn place(query: &str, before: &str) -> (usize, Place) {
    let (mut quote, mut quoted_from) = (None, 0);
    // What each open bracket is: its sign, the word before it, and where its inside begins.
    let mut open: Vec<(char, String, usize)> = Vec::new();
    let mut word = String::new();
    let mut last_word = String::new();
    let mut name_before_sign = String::new();
    for (at, letter) in before.char_indices() {
        if let Some(sign) = quote {
            if letter == sign {
                quote = None;
            }
            continue;
        }
        if is_word(letter) {
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            last_word = std::mem::take(&mut word);
        }
        match letter {
            '"' | '\'' => {
                quote = Some(letter);
                quoted_from = at + 1;
            }
            '=' | '!' | '~' => name_before_sign.clone_from(&last_word),
            '(' | '{' | '[' => open.push((letter, last_word.clone(), at + 1)),
            ')' | '}' | ']' => drop(open.pop()),
            _ => {}
        }
    }
    let from = before.len() - word.len();
    let inside = open.last();
    if quote.is_some() {
        return match inside {
            Some(('{', metric, _)) => (quoted_from, Place::Value(metric.clone(), name_before_sign)),
            _ => (before.len(), Place::Range),
        };
    }
    match inside {
        Some(('{', metric, _)) => (from, Place::Label(metric.clone())),
        Some(('[', _, start)) => (*start, Place::Range),
        Some(('(', word, _))
            if matches!(
                word.as_str(),
                "by" | "without" | "on" | "ignoring" | "group_left" | "group_right"
            ) =>
        {
            (from, Place::Grouping(metrics_of(query)))
        }
        _ => (from, Place::Expression),
    }
}

/// Words of a query that may be metrics.
fn metrics_of(query: &str) -> Vec<String> {
    let functions = FUNCTIONS.iter().map(|known| known.name);
    let known: BTreeSet<&str> = functions
        .chain(AggregateOp::ALL.iter().map(|(name, _)| *name))
        .collect();
    query
        .split(|letter: char| !is_word(letter))
        .filter(|word| word.contains('_') && !known.contains(word))
        .map(str::to_owned)
        .take(4)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn the_place_of_a_word() {
        let of = |query: &str| place(query, query);
        assert_eq!(of("ra"), (0, Place::Expression));
        assert_eq!(of("rate(http_"), (5, Place::Expression));
        assert_eq!(of("up{jo"), (3, Place::Label("up".to_owned())));
        assert_eq!(
            of("up{job=~\"a"),
            (9, Place::Value("up".to_owned(), "job".to_owned()))
        );
        assert_eq!(of("rate(x_total[5"), (13, Place::Range));
        let query = "sum by (se) (rate(x_total[5m]))";
        assert_eq!(
            place(query, "sum by (se"),
            (8, Place::Grouping(vec!["x_total".to_owned()]))
        );
    }

    #[test]
    fn names_of_this_world() {
        let world = small_world();
        let of = |query: &str| -> Vec<String> {
            let (_, found) = complete(&world, query, query.len());
            found.into_iter().map(|(text, _)| text).collect()
        };
        assert!(of("rat").contains(&"rate(".to_owned()));
        assert!(of("su").contains(&"sum by (".to_owned()));
        assert!(of("double_exp").contains(&"double_exponential_smoothing(".to_owned()));
        assert!(of("ALERTS{alertn").contains(&"alertname=\"".to_owned()));
        assert!(of("http_requests_t").contains(&"http_requests_total".to_owned()));
        assert!(of("http_requests_total{serv").contains(&"service=\"".to_owned()));
        assert!(of("http_requests_total{service=\"").contains(&"gate\"".to_owned()));
        assert!(of("rate(http_requests_total[").contains(&"5m]".to_owned()));
    }
}
