//! Acting verbs in common: commands are tried on a copy of the cluster, so that what is printed is what will happen.

use serde_json::{Value, json};

use super::context::Context;
use super::flags::Parsed;
use super::outcome::KubectlOutcome;
use super::print::Format;
use super::resources::{Wanted, exists, not_found, wanted};
use super::selector::LabelSelector;
use super::yaml;
use crate::sim::kubernetes::{Applied, Cluster, Kind, KubeCommand, KubeError, ObjectRef};

/// Commands tried one after the other.
pub struct Trial<'a> {
    context: &'a Context<'a>,
    cluster: Cluster,
    dry: Option<&'static str>,
    /// What is printed and asked so far.
    pub outcome: KubectlOutcome,
    done: Vec<Value>,
}

impl<'a> Trial<'a> {
    /// Starts trying.
    pub fn new(context: &'a Context<'a>, parsed: &Parsed) -> Self {
        Self {
            context,
            cluster: context.cluster().clone(),
            dry: dry_run(parsed),
            outcome: KubectlOutcome::default(),
            done: Vec::new(),
        }
    }

    /// Tries a command; it is asked for if it succeeds and this is no dry run.
    pub fn apply(&mut self, command: KubeCommand) -> Result<Applied, KubeError> {
        let applied = self.cluster.apply(&command, self.context.now)?;
        if self.dry.is_none() {
            self.outcome.commands.push(command);
        }
        self.done
            .push(serde_json::to_value(&applied).unwrap_or_default());
        Ok(applied)
    }

    /// Tries a command and says `kind/name WORD`, or why not.
    pub fn say(&mut self, command: KubeCommand, word: &str, format: &Format) {
        match self.apply(command) {
            Ok(applied) => self.done_as(&applied.object, word, format),
            Err(error) => self.outcome.fail(&error.kubectl_text()),
        }
    }

    /// Says what was done to an object, in the wanted format.
    pub fn done_as(&mut self, object: &ObjectRef, word: &str, format: &Format) {
        let line = match format {
            Format::Name => object.qualified(),
            Format::Json | Format::Yaml => {
                let document = self.cluster.document(object).unwrap_or(Value::Null);
                let text = if *format == Format::Json {
                    yaml::json(&document)
                } else {
                    yaml::yaml(&document)
                };
                self.outcome.stdout.push_str(&text);
                return;
            }
            _ => format!("{} {word}{}", object.qualified(), self.suffix()),
        };
        self.outcome.say(&line);
    }

    /// What a dry run adds to a line.
    pub fn suffix(&self) -> &'static str {
        match self.dry {
            Some("server") => " (server dry run)",
            Some(_) => " (dry run)",
            None => "",
        }
    }

    /// The copy, with everything tried so far.
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Whether nothing is really asked for.
    pub const fn is_dry(&self) -> bool {
        self.dry.is_some()
    }

    /// What came of it.
    pub fn finish(mut self) -> KubectlOutcome {
        if self.outcome.data.is_null() && !self.done.is_empty() {
            self.outcome.data = json!({"applied": self.done, "dry_run": self.dry.is_some()});
        }
        self.outcome
    }
}

fn dry_run(parsed: &Parsed) -> Option<&'static str> {
    match parsed.get("dry-run") {
        Some("client" | "unchanged" | "true") => Some("client"),
        Some("server") => Some("server"),
        _ => None,
    }
}

/// The format of an acting verb; tables make no sense there.
pub fn format(parsed: &Parsed) -> Result<Format, KubectlOutcome> {
    Format::read(parsed.get("output")).map_err(KubectlOutcome::error)
}

/// Which objects an acting verb means: named ones, or with `-l` and `--all` those of a kind. What is missing is told and
/// left out.
pub fn targets(
    context: &Context<'_>,
    parsed: &Parsed,
    outcome: &mut KubectlOutcome,
) -> Vec<ObjectRef> {
    let cluster = context.cluster();
    let selector = parsed.get("selector").unwrap_or_default();
    let labels = match LabelSelector::parse(selector) {
        Ok(labels) => labels,
        Err(error) => {
            outcome.fail(&format!("error: {error}"));
            return Vec::new();
        }
    };
    let read = match wanted(&parsed.args) {
        Ok((read, _)) => read,
        Err(line) => {
            outcome.fail(&line);
            return Vec::new();
        }
    };
    match read {
        Wanted::Names(names) => {
            let mut found = Vec::new();
            for (kind, name) in names {
                let object = object_of(context, kind, &name);
                if exists(cluster, &object) {
                    found.push(object);
                } else {
                    outcome.fail(&not_found(kind, &name));
                }
            }
            found
        }
        Wanted::Kinds(_) if selector.is_empty() && !parsed.on("all") => {
            outcome.fail("error: resource(s) were provided, but no name was specified");
            Vec::new()
        }
        Wanted::Kinds(kinds) => kinds
            .into_iter()
            .flat_map(|kind| super::resources::objects(cluster, kind))
            .filter(|(object, own)| {
                let here = !object.kind.is_namespaced()
                    || parsed.on("all-namespaces")
                    || object.namespace == context.namespace;
                here && labels.matches(own)
            })
            .map(|(object, _)| object)
            .collect(),
    }
}

/// The object of this kind and name that a command line means.
pub fn object_of(context: &Context<'_>, kind: Kind, name: &str) -> ObjectRef {
    let namespace = if kind.is_namespaced() {
        context.namespace.as_str()
    } else {
        ""
    };
    ObjectRef::new(kind, namespace, name)
}

/// The kinds that are made and cannot be changed by a verb have nothing to say here.
pub const fn has_template(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::CronJob
            | Kind::Job
    )
}
