//! What could stand at a place of a PromQL query: metrics, functions, labels and their values. Never evaluates the query.

use std::collections::BTreeSet;

use crate::sim::World;
use crate::sim::promql::{self, Limits};
use crate::tools::prometheus::list_metrics::ListMetrics;

/// The most candidates.
const MOST: usize = 200;

/// Functions and what they do.
const FUNCTIONS: [(&str, &str); 40] = [
    ("abs", "absolute value"),
    ("absent", "1 where there is no series"),
    ("avg_over_time", "average over a range"),
    ("ceil", "rounded up"),
    ("changes", "how often the value changed"),
    ("clamp_max", "at most a value"),
    ("clamp_min", "at least a value"),
    ("count_over_time", "samples in a range"),
    ("day_of_week", "day of the week, 0 is Sunday"),
    ("delta", "difference over a range, of a gauge"),
    ("deriv", "slope per second, of a gauge"),
    ("exp", "e to the power"),
    ("floor", "rounded down"),
    ("histogram_quantile", "a quantile of buckets"),
    ("hour", "hour of the day"),
    ("idelta", "difference of the last two samples"),
    ("increase", "growth of a counter over a range"),
    ("irate", "rate from the last two samples"),
    ("label_join", "a label from several"),
    ("label_replace", "a label by a pattern"),
    ("last_over_time", "the last sample in a range"),
    ("ln", "natural logarithm"),
    ("log10", "decimal logarithm"),
    ("log2", "binary logarithm"),
    ("max_over_time", "highest over a range"),
    ("min_over_time", "lowest over a range"),
    ("predict_linear", "where a gauge will be"),
    ("quantile_over_time", "a quantile over a range"),
    ("rate", "growth per second of a counter"),
    ("resets", "how often a counter began anew"),
    ("round", "rounded"),
    ("scalar", "a series as a number"),
    ("sort", "series by value"),
    ("sort_desc", "series by value, highest first"),
    ("sqrt", "square root"),
    ("stddev_over_time", "standard deviation over a range"),
    ("sum_over_time", "sum over a range"),
    ("time", "the time of evaluation"),
    ("timestamp", "when a sample was taken"),
    ("vector", "a number as a series"),
];

/// Aggregations and what they do.
const AGGREGATIONS: [(&str, &str); 11] = [
    ("avg", "average over series"),
    ("bottomk", "the k lowest series"),
    ("count", "number of series"),
    ("count_values", "number of series by value"),
    ("group", "1 for each group"),
    ("max", "highest of series"),
    ("min", "lowest of series"),
    ("quantile", "a quantile over series"),
    ("stddev", "standard deviation over series"),
    ("sum", "sum over series"),
    ("topk", "the k highest series"),
];

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
        .map(|(name, about)| (format!("{name}("), (*about).to_owned()));
    let aggregations = AGGREGATIONS
        .iter()
        .map(|(name, about)| (format!("{name} by ("), (*about).to_owned()));
    metrics.chain(functions).chain(aggregations).collect()
}

/// Labels of series that are there now.
fn series(world: &World, metric: &str) -> Vec<Vec<(String, String)>> {
    let Ok(expr) = promql::parse(metric) else {
        return Vec::new();
    };
    let telemetry = world.signals().telemetry();
    let Ok((value, _)) = promql::instant(telemetry, &expr, world.now(), &Limits::default()) else {
        return Vec::new();
    };
    let samples = value.samples().iter();
    samples
        .map(|sample| {
            let labels = sample.labels.iter();
            labels
                .filter(|(name, _)| *name != "__name__")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        .collect()
}

fn labels(world: &World, metrics: &[String]) -> BTreeSet<String> {
    let found: BTreeSet<String> = metrics
        .iter()
        .flat_map(|metric| series(world, metric))
        .flatten()
        .map(|(name, _)| name)
        .collect();
    if found.is_empty() {
        return ["service", "namespace", "pod", "job", "instance"]
            .map(str::to_owned)
            .into();
    }
    found
}

fn values(world: &World, metric: &str, label: &str) -> BTreeSet<String> {
    series(world, metric)
        .into_iter()
        .flatten()
        .filter(|(name, _)| name == label)
        .map(|(_, value)| value)
        .collect()
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
    let known: BTreeSet<&str> = FUNCTIONS
        .iter()
        .chain(&AGGREGATIONS)
        .map(|(name, _)| *name)
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
        assert!(of("http_requests_t").contains(&"http_requests_total".to_owned()));
        assert!(of("http_requests_total{serv").contains(&"service=\"".to_owned()));
        assert!(of("http_requests_total{service=\"").contains(&"gate\"".to_owned()));
        assert!(of("rate(http_requests_total[").contains(&"5m]".to_owned()));
    }
}
