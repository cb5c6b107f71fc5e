//! Label and field selectors: reading them, with the server's error texts, and matching objects.

use serde_json::Value;

use crate::sim::kubernetes::Kind;
use crate::sim::kubernetes::meta::Labels;

/// A label selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

/// The longest selector that is read, in bytes.
const LIMIT: usize = 8192;

impl LabelSelector {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`; the error is the server's.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LIMIT {
            return Err("unable to parse requirement: selector is too long".to_owned());
        }
        split_outside_brackets(text)
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(requirement)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether labels fulfil every requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::In(name, values) => {
                labels.get(name).is_some_and(|value| values.contains(value))
            }
            Requirement::NotIn(name, values) => {
                labels.get(name).is_none_or(|value| !values.contains(value))
            }
            Requirement::Exists(name) => labels.contains_key(name),
            Requirement::Missing(name) => !labels.contains_key(name),
        })
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn requirement(part: &str) -> Result<Requirement, String> {
    if let Some(name) = part.strip_prefix('!') {
        return Ok(Requirement::Missing(key(name)?));
    }
    if let Some((name, value)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(key(name)?, vec![label_value(value)?]));
    }
    if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Requirement::In(key(name)?, vec![label_value(value)?]));
    }
    let mut words = part
        .splitn(3, char::is_whitespace)
        .filter(|word| !word.is_empty());
    let (name, operator) = (words.next().unwrap_or_default(), words.next());
    // `app in(a,b)` is as good as `app in (a,b)`.
    let rest = part
        .get(name.len()..)
        .unwrap_or_default()
        .trim_start()
        .to_owned();
    let list = |word: &str| -> Result<Vec<String>, String> {
        let inner = rest
            .strip_prefix(word)
            .map(str::trim)
            .and_then(|inner| inner.strip_prefix('('))
            .and_then(|inner| inner.strip_suffix(')'))
            .ok_or_else(|| "unable to parse requirement: expected '('".to_owned())?;
        inner.split(',').map(label_value).collect()
    };
    match operator {
        None => Ok(Requirement::Exists(key(name)?)),
        Some(word) if word.starts_with("notin") => {
            Ok(Requirement::NotIn(key(name)?, list("notin")?))
        }
        Some(word) if word.starts_with("in") => Ok(Requirement::In(key(name)?, list("in")?)),
        Some(word) => Err(format!(
            "unable to parse requirement: found '{word}', expected: in, notin, =, ==, !=, gt, lt"
        )),
    }
}

fn key(text: &str) -> Result<String, String> {
    let name = text.trim();
    let last = name.rsplit('/').next().unwrap_or_default();
    let fine = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if last.is_empty() || last.len() > 63 || !last.chars().all(fine) {
        return Err(format!(
            "unable to parse requirement: <nil>: Invalid value: \"{name}\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        ));
    }
    Ok(name.to_owned())
}

fn label_value(text: &str) -> Result<String, String> {
    let value = text.trim();
    let fine = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if value.len() > 63 || !value.chars().all(fine) {
        return Err(format!(
            "unable to parse requirement: values[0][]: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        ));
    }
    Ok(value.to_owned())
}

/// A field selector: every pair must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    text: String,
    pairs: Vec<(String, bool, String)>,
}

impl FieldSelector {
    /// Reads `status.phase=Running,spec.nodeName!=node-1`; the error is kubectl's.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, wanted, value) = if let Some((name, value)) = part.split_once("!=") {
                (name, false, value)
            } else if let Some((name, value)) =
                part.split_once("==").or_else(|| part.split_once('='))
            {
                (name, true, value)
            } else {
                return Err(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                ));
            };
            pairs.push((name.to_owned(), wanted, value.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            pairs,
        })
    }

    /// Whether there is nothing to select by.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Refuses fields that the server does not select a kind by; the error is the server's whole line.
    pub fn check(&self, kind: Kind, labels: &str) -> Result<(), String> {
        let unknown = self
            .pairs
            .iter()
            .find(|(name, _, _)| !selectable(kind, name));
        let Some((name, _, _)) = unknown else {
            return Ok(());
        };
        Err(format!(
            "Error from server (BadRequest): Unable to find \"{}, Resource={}\" that match label selector \"{labels}\", field selector \"{}\": field label not supported: {name}",
            api_path(kind),
            kind.resource(),
            self.text
        ))
    }

    /// Whether a document fulfils every pair; a field that is not there is empty.
    pub fn matches(&self, document: &Value) -> bool {
        self.pairs.iter().all(|(name, wanted, value)| {
            let path = format!("/{}", name.replace('.', "/"));
            let found = match document.pointer(&path) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            (found == *value) == *wanted
        })
    }
}

fn api_path(kind: Kind) -> String {
    let version = kind.api_version();
    match version.split_once('/') {
        Some((group, version)) => format!("{group}/{version}"),
        None => format!("/{version}"),
    }
}

fn selectable(kind: Kind, field: &str) -> bool {
    let own: &[&str] = match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Kind::Node => &["spec.unschedulable"],
        Kind::Job => &["status.successful"],
        Kind::Namespace => &["status.phase"],
        Kind::Secret => &["type"],
        Kind::ReplicaSet => &["status.replicas"],
        _ => &[],
    };
    matches!(field, "metadata.name" | "metadata.namespace") || own.contains(&field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn labels_are_selected_by_value_set_and_presence() {
        let web = labels(&[("app", "web"), ("tier", "front")]);
        for (selector, expected) in [
            ("app=web", true),
            ("app==web,tier", true),
            ("app!=web", false),
            ("app in (web,api),tier notin (back)", true),
            ("app in(web)", true),
            ("!team", true),
            ("team!=x", true),
            ("app in (api)", false),
            ("", true),
        ] {
            let read = LabelSelector::parse(selector).unwrap();
            assert_eq!(read.matches(&web), expected, "{selector}");
        }
        assert!(LabelSelector::parse("app in web").is_err());
        assert!(LabelSelector::parse("app=a b").is_err());
    }

    #[test]
    fn fields_are_selected_where_the_server_can() {
        let selector = FieldSelector::parse("status.phase=Running,spec.nodeName!=node-1").unwrap();
        assert!(
            selector
                .matches(&json!({"status": {"phase": "Running"}, "spec": {"nodeName": "node-2"}}))
        );
        assert!(!selector.matches(&json!({"status": {"phase": "Pending"}})));
        assert!(selector.check(Kind::Pod, "").is_ok());
        assert_eq!(
            FieldSelector::parse("foo=bar")
                .unwrap()
                .check(Kind::Pod, "")
                .unwrap_err(),
            "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field selector \"foo=bar\": field label not supported: foo"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_a_selector_or_an_error(text in "[a-z!=(), ]{0,24}") {
            if let Ok(selector) = LabelSelector::parse(&text) {
                selector.matches(&Labels::new());
            }
            let _ = FieldSelector::parse(&text);
        }
    }
}
