//! `kubectl wait`: until a condition holds.

use serde_json::Value;

use super::act::targets;
use super::age;
use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::follow::Follow;
use super::jsonpath;
use super::outcome::KubectlOutcome;
use super::resources::exists;
use crate::sim::kubernetes::{Cluster, ObjectRef};
use crate::sim::time::Span;

/// The flags of `wait`.
pub const FLAGS: &[Flag] = &[
    switch("all", ' '),
    switch("all-namespaces", 'A'),
    value("field-selector", ' '),
    value("filename", 'f'),
    value("for", ' '),
    switch("local", ' '),
    value("output", 'o'),
    value("selector", 'l'),
    value("timeout", ' '),
];

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A condition of the object's status has this status.
    Status {
        /// The condition.
        name: String,
        /// Its status.
        status: String,
    },
    /// A path finds this value, or anything.
    Path {
        /// The path.
        path: String,
        /// The value.
        value: Option<String>,
    },
    /// The object is gone.
    Delete,
    /// The object is there.
    Create,
}

impl Condition {
    fn read(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("delete") {
            return Ok(Self::Delete);
        }
        if text.eq_ignore_ascii_case("create") {
            return Ok(Self::Create);
        }
        if let Some(condition) = text.strip_prefix("condition=") {
            let (name, status) = condition.split_once('=').unwrap_or((condition, "true"));
            return Ok(Self::Status {
                name: name.to_owned(),
                status: status.to_owned(),
            });
        }
        if let Some(expression) = text.strip_prefix("jsonpath=") {
            let expression = expression.trim_matches('\'');
            let close = expression
                .rfind('}')
                .ok_or_else(|| "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'".to_owned())?;
            let (path, rest) = expression.split_at(close + 1);
            let value = rest.trim_start_matches('\'').strip_prefix('=');
            return Ok(Self::Path {
                path: path.to_owned(),
                value: value.map(|value| value.trim_matches(['\'', '"']).to_owned()),
            });
        }
        Err(format!("unrecognized condition: {text:?}"))
    }

    /// Whether it holds for an object.
    pub fn is_met(&self, cluster: &Cluster, object: &ObjectRef) -> bool {
        let document = || cluster.document(object).unwrap_or(Value::Null);
        match self {
            Self::Delete => !exists(cluster, object),
            Self::Create => exists(cluster, object),
            Self::Status { name, status } => document()
                .pointer("/status/conditions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|condition| {
                    let text = |field: &str| {
                        condition
                            .get(field)
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                    };
                    text("type").eq_ignore_ascii_case(name)
                        && text("status").eq_ignore_ascii_case(status)
                }),
            Self::Path { path, value } => {
                let document = document();
                let found = jsonpath::find(path, &document).unwrap_or_default();
                match value {
                    None => !found.is_empty(),
                    Some(value) => found.iter().any(|found| jsonpath::plain(found) == *value),
                }
            }
        }
    }
}

/// kubectl's line for an object that was waited for in vain.
pub fn timed_out(object: &ObjectRef) -> String {
    format!(
        "error: timed out waiting for the condition on {}/{}",
        object.kind.resource(),
        object.name
    )
}

/// Runs `wait`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(text) = parsed.get("for") else {
        return KubectlOutcome::error("required flag(s) \"for\" not set");
    };
    let condition = match Condition::read(text) {
        Ok(condition) => condition,
        Err(error) => return KubectlOutcome::error(error),
    };
    if parsed.args.is_empty() {
        return KubectlOutcome::error(
            "arguments must consist of a resource and a name\nSee 'kubectl wait -h' for help and examples",
        );
    }
    let timeout = match parsed.get("timeout").map(age::parse_duration).transpose() {
        Ok(timeout) => timeout.unwrap_or(Span::from_secs(30)),
        Err(error) => {
            let text = parsed.get("timeout").unwrap_or_default();
            return KubectlOutcome::error(format!(
                "invalid argument \"{text}\" for \"--timeout\" flag: {error}\nSee 'kubectl wait --help' for usage."
            ));
        }
    };
    let timeout = if timeout.millis() < 0 {
        Span::from_hours(24 * 7)
    } else {
        timeout
    };
    let mut outcome = KubectlOutcome::default();
    let found = targets(context, parsed, &mut outcome);
    if matches!(condition, Condition::Delete) {
        // What is gone already is what was waited for.
        outcome.stderr.clear();
        outcome.code = 0;
    }
    if found.is_empty() && outcome.code == 0 && !matches!(condition, Condition::Delete) {
        return KubectlOutcome::error("no matching resources found");
    }
    let mut left = Vec::new();
    for object in found {
        if condition.is_met(context.cluster(), &object) {
            outcome.say(&format!("{} condition met", object.qualified()));
        } else {
            left.push(object);
        }
    }
    if left.is_empty() || outcome.code != 0 {
        return outcome;
    }
    if timeout.millis() == 0 {
        for object in &left {
            outcome.fail(&timed_out(object));
        }
        return outcome;
    }
    outcome.follow = Some(Follow::Wait {
        left,
        condition,
        deadline: context.now + timeout,
    });
    outcome
}
