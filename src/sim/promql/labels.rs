//! Label sets: sorted, shared, and printed as Prometheus prints them. Never interprets what a label means.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::numbers::quote;

/// The label that holds a series' metric name.
pub const METRIC_NAME: &str = "__name__";
/// The label that holds a classic histogram bucket's upper bound.
pub const BUCKET_BOUND: &str = "le";

type Label = (Arc<str>, Arc<str>);

/// Labels sorted by name, `__name__` included, no empty values. Cheap to clone; ordered as Prometheus orders series.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[Label]>);

impl Default for Labels {
    fn default() -> Self {
        Self::empty()
    }
}

impl Labels {
    /// No labels: `{}`.
    pub fn empty() -> Self {
        Self(Arc::from([]))
    }

    /// Labels from pairs in any order. An empty value means that the label is absent; of two values for one name the
    /// later one holds.
    pub fn new<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        let pairs = pairs.into_iter();
        Self::shared(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// The same as [`Labels::new`] for texts that are shared already.
    pub(in crate::sim) fn shared(mut labels: Vec<Label>) -> Self {
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        // Of two values for one name the later one holds, which the order has kept last.
        labels.reverse();
        labels.dedup_by(|later, kept| later.0 == kept.0);
        labels.reverse();
        labels.retain(|(_, value)| !value.is_empty());
        Self::from_sorted(labels)
    }

    fn from_sorted(labels: Vec<Label>) -> Self {
        Self(labels.into())
    }

    /// The value of a label; empty if the label is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .binary_search_by(|(own, _)| own.as_ref().cmp(name))
            .ok()
            .and_then(|index| self.0.get(index))
            .map_or("", |(_, value)| value)
    }

    /// The metric name; empty if there is none.
    pub fn metric_name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    /// Whether there is no label at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many labels there are, the metric name included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The labels, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Only the labels with one of these names.
    #[must_use]
    pub fn keep(&self, names: &[String]) -> Self {
        self.filter(|name| names.iter().any(|wanted| wanted == name))
    }

    /// The labels without those of these names and without the metric name.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Self {
        self.filter(|name| name != METRIC_NAME && !names.iter().any(|unwanted| unwanted == name))
    }

    /// The labels without those of these names; the metric name stays unless it is named.
    #[must_use]
    pub fn remove(&self, names: &[String]) -> Self {
        self.filter(|name| !names.iter().any(|unwanted| unwanted == name))
    }

    /// The labels without the metric name.
    #[must_use]
    pub fn without_metric_name(&self) -> Self {
        self.filter(|name| name != METRIC_NAME)
    }

    fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.0.iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        Self::from_sorted(
            self.0
                .iter()
                .filter(|(name, _)| keep(name))
                .cloned()
                .collect(),
        )
    }

    /// The labels with one set to a value; an empty value removes it.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let place = self.0.binary_search_by(|(own, _)| own.as_ref().cmp(name));
        let mut labels = self.0.to_vec();
        match (place, value.is_empty()) {
            (Ok(index), true) => {
                labels.remove(index);
            }
            (Ok(index), false) => {
                if let Some(label) = labels.get_mut(index) {
                    label.1 = value.into();
                }
            }
            (Err(_), true) => return self.clone(),
            (Err(index), false) => labels.insert(index, (name.into(), value.into())),
        }
        Self::from_sorted(labels)
    }

    /// `up{job="api", pod="a"}`: the form in which Prometheus's clients print a metric.
    pub fn metric_form(&self) -> String {
        let name = self.metric_name();
        if name.is_empty() {
            return self.to_string();
        }
        let rest = self.without_metric_name();
        if !is_plain_metric_name(name) {
            let body = rest.body();
            let comma = if body.is_empty() { "" } else { ", " };
            return format!("{{{}{comma}{body}}}", quote(name));
        }
        if rest.is_empty() {
            name.to_owned()
        } else {
            format!("{name}{rest}")
        }
    }

    fn body(&self) -> String {
        let mut body = String::new();
        for (name, value) in self.iter() {
            if !body.is_empty() {
                body.push_str(", ");
            }
            if is_plain_label_name(name) {
                body.push_str(name);
            } else {
                body.push_str(&quote(name));
            }
            body.push('=');
            body.push_str(&quote(value));
        }
        body
    }

    /// The labels as a JSON object, sorted by name.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Object(
            self.iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )
    }
}

/// `{__name__="up", job="api"}`: the form in which Prometheus names series in its messages.
impl fmt::Display for Labels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{{}}}", self.body())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map: BTreeMap<String, String> = BTreeMap::deserialize(deserializer)?;
        Ok(Self::new(map))
    }
}

/// Whether a label name can be written without quotes.
pub fn is_plain_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Whether a metric name can be written without quotes.
pub fn is_plain_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first == b'_' || first == b':' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte == b':' || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Labels {
        Labels::new([("pod", "a"), (METRIC_NAME, "up"), ("empty", "")])
    }

    #[test]
    fn sorted_without_empty_values_and_printed_both_ways() {
        assert_eq!(sample().to_string(), r#"{__name__="up", pod="a"}"#);
        assert_eq!(sample().metric_form(), r#"up{pod="a"}"#);
        assert_eq!(
            Labels::new([(METRIC_NAME, "my.metric"), ("a.b", "c\"d")]).metric_form(),
            r#"{"my.metric", "a.b"="c\"d"}"#
        );
        assert_eq!(Labels::empty().metric_form(), "{}");
    }

    #[test]
    fn set_keep_and_remove() {
        let labels = sample().with("zone", "x").with("pod", "");
        assert_eq!(labels.get("zone"), "x");
        assert_eq!(labels.get("pod"), "");
        assert_eq!(labels.len(), 2);
        assert_eq!(
            labels.keep(&["zone".to_owned()]).to_string(),
            r#"{zone="x"}"#
        );
        assert_eq!(labels.without(&["zone".to_owned()]), Labels::empty());
        assert_eq!(labels.remove(&["zone".to_owned()]).metric_name(), "up");
    }

    #[test]
    fn ordered_by_name_then_value_then_length() {
        let a = Labels::new([("a", "1")]);
        let longer = Labels::new([("a", "1"), ("b", "1")]);
        let b = Labels::new([("b", "0")]);
        assert!(a < longer && longer < b);
    }

    #[test]
    fn read_back_from_json() {
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(text, r#"{"__name__":"up","pod":"a"}"#);
        assert_eq!(serde_json::from_str::<Labels>(&text).unwrap(), sample());
    }
}
