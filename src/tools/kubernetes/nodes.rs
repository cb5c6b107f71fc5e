//! Verbs for nodes: cordon, uncordon, drain, taint.

use super::act::{Trial, object_of};
use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::follow::Follow;
use super::outcome::KubectlOutcome;
use super::print::Format;
use super::resources::not_found;
use super::selector::LabelSelector;
use crate::sim::kubernetes::node::Taint;
use crate::sim::kubernetes::pod::Pod;
use crate::sim::kubernetes::template::VolumeSource;
use crate::sim::kubernetes::{Kind, KubeCommand, ObjectRef};

/// The flags of `cordon`, `uncordon` and `drain`.
pub const FLAGS: &[Flag] = &[
    value("chunk-size", ' '),
    switch("delete-emptydir-data", ' '),
    switch("delete-local-data", ' '),
    switch("disable-eviction", ' '),
    maybe("dry-run", "unchanged"),
    switch("force", ' '),
    value("grace-period", ' '),
    switch("ignore-daemonsets", ' '),
    value("pod-selector", ' '),
    value("selector", 'l'),
    value("skip-wait-for-delete-timeout", ' '),
    value("timeout", ' '),
];

/// `cordon`.
pub fn cordon(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    each(
        context,
        parsed,
        |node| KubeCommand::Cordon { node },
        "cordoned",
    )
}

/// `uncordon`.
pub fn uncordon(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    each(
        context,
        parsed,
        |node| KubeCommand::Uncordon { node },
        "uncordoned",
    )
}

fn each(
    context: &Context<'_>,
    parsed: &Parsed,
    command: impl Fn(String) -> KubeCommand,
    word: &str,
) -> KubectlOutcome {
    let names = match names(context, parsed) {
        Ok(names) => names,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    for name in names {
        match trial.apply(command(name)) {
            Ok(applied) => {
                let said = if applied.changed {
                    word.to_owned()
                } else {
                    trial.outcome.commands.pop();
                    format!("already {word}")
                };
                trial.done_as(&applied.object, &said, &Format::Table { wide: false });
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}

/// The nodes that are meant.
fn names(context: &Context<'_>, parsed: &Parsed) -> Result<Vec<String>, KubectlOutcome> {
    let cluster = context.cluster();
    if let Some(selector) = parsed.get("selector") {
        let selector = LabelSelector::parse(selector).map_err(KubectlOutcome::error)?;
        return Ok(cluster
            .nodes()
            .values()
            .filter(|node| selector.matches(&node.meta.labels))
            .map(|node| node.meta.name.to_string())
            .collect());
    }
    let names: Vec<String> = parsed
        .args
        .iter()
        .map(|word| {
            word.strip_prefix("node/")
                .or_else(|| word.strip_prefix("nodes/"))
                .unwrap_or(word)
                .to_owned()
        })
        .collect();
    match names.as_slice() {
        [] => Err(KubectlOutcome::error(
            "USAGE: cordon NODE [flags]\nSee 'kubectl cordon -h' for help and examples",
        )),
        names => match names.iter().find(|name| cluster.node(name).is_none()) {
            Some(missing) => Err(KubectlOutcome::failed(not_found(Kind::Node, missing))),
            None => Ok(names.to_vec()),
        },
    }
}

/// `drain`.
pub fn drain(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let names = match names(context, parsed) {
        Ok(names) => names,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    let mut left = Vec::new();
    for name in names {
        let was_cordoned = context
            .cluster()
            .node(&name)
            .is_some_and(|node| node.cordoned.is_some());
        let word = if was_cordoned {
            "already cordoned"
        } else {
            "cordoned"
        };
        let object = ObjectRef::new(Kind::Node, "", &name);
        let blockers = blockers(context, parsed, &name);
        if !blockers.is_empty() {
            if let Err(error) = trial.apply(KubeCommand::Cordon { node: name.clone() }) {
                trial.outcome.fail(&error.kubectl_text());
                continue;
            }
            trial.done_as(&object, word, &Format::Table { wide: false });
            trial.outcome.fail(&format!(
                "error: unable to drain node \"{name}\" due to error: [{}], continuing command...\nThere are pending nodes to be drained:\n {name}\n{}",
                blockers.join(", "),
                blockers
                    .iter()
                    .map(|blocker| format!("error: {blocker}"))
                    .collect::<Vec<_>>()
                    .join("\n")
            ));
            continue;
        }
        let daemons = daemon_pods(context, &name);
        match trial.apply(KubeCommand::Drain { node: name.clone() }) {
            Ok(applied) => {
                trial.done_as(&object, word, &Format::Table { wide: false });
                if !daemons.is_empty() {
                    trial.outcome.complain(&format!(
                        "Warning: ignoring DaemonSet-managed Pods: {}",
                        daemons.join(", ")
                    ));
                }
                for pod in &applied.also {
                    trial
                        .outcome
                        .say(&format!("evicting pod {}/{}", pod.namespace, pod.name));
                }
                for (pod, reason) in &applied.refused {
                    trial
                        .outcome
                        .say(&format!("evicting pod {}/{}", pod.namespace, pod.name));
                    trial.outcome.fail(&format!(
                        "error when evicting pods/\"{}\" -n \"{}\" (will retry after 5s): {reason}",
                        pod.name, pod.namespace
                    ));
                }
                if applied.refused.is_empty() {
                    trial.done_as(&object, "drained", &Format::Table { wide: false });
                }
                left.extend(applied.also.into_iter().filter_map(|pod| {
                    let uid = context
                        .cluster()
                        .pod(&pod.namespace, &pod.name)?
                        .meta
                        .uid
                        .to_string();
                    Some((pod, uid))
                }));
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    let dry = trial.is_dry();
    let mut outcome = trial.finish();
    if !left.is_empty() && !dry {
        outcome.follow = Some(Follow::gone(left, None));
    }
    outcome
}

fn here<'a>(context: &Context<'a>, node: &'a str) -> impl Iterator<Item = &'a Pod> {
    context
        .cluster()
        .pods()
        .values()
        .map(|pod| &**pod)
        .filter(move |pod| pod.node() == Some(node) && pod.deletion.is_none())
}

fn daemon_pods(context: &Context<'_>, node: &str) -> Vec<String> {
    here(context, node)
        .filter(|pod| pod.workload.kind == Kind::DaemonSet)
        .map(|pod| format!("{}/{}", pod.meta.namespace, pod.meta.name))
        .collect()
}

/// Why a node cannot be drained without further flags.
fn blockers(context: &Context<'_>, parsed: &Parsed, node: &str) -> Vec<String> {
    let list = |wanted: &dyn Fn(&Pod) -> bool| -> Vec<String> {
        here(context, node)
            .filter(|pod| !pod.is_finished() && wanted(pod))
            .map(|pod| format!("{}/{}", pod.meta.namespace, pod.meta.name))
            .collect()
    };
    let mut found = Vec::new();
    let lonely = list(&|pod| pod.meta.owner.is_none());
    if !lonely.is_empty() && !parsed.on("force") {
        found.push(format!(
            "cannot delete Pods that declare no controller (use --force to override): {}",
            lonely.join(", ")
        ));
    }
    let scratch = list(&|pod| {
        pod.workload.kind != Kind::DaemonSet
            && pod
                .template
                .spec
                .volumes
                .iter()
                .any(|volume| matches!(volume.source, VolumeSource::EmptyDir {}))
    });
    let may_lose = parsed.on("delete-emptydir-data") || parsed.on("delete-local-data");
    if !scratch.is_empty() && !may_lose {
        found.push(format!(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override): {}",
            scratch.join(", ")
        ));
    }
    let daemons = daemon_pods(context, node);
    if !daemons.is_empty() && !parsed.on("ignore-daemonsets") {
        found.push(format!(
            "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {}",
            daemons.join(", ")
        ));
    }
    found
}

/// The flags of `taint`.
pub const TAINT_FLAGS: &[Flag] = &[
    switch("all", ' '),
    maybe("dry-run", "unchanged"),
    value("output", 'o'),
    switch("overwrite", ' '),
    value("selector", 'l'),
];

/// `taint`.
pub fn taint(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let mut words = parsed.args.iter();
    let is_node = words
        .next()
        .is_some_and(|word| Kind::parse(word) == Some(Kind::Node));
    if !is_node {
        return KubectlOutcome::error("invalid resource type, only node is supported");
    }
    let (changes, names): (Vec<&String>, Vec<&String>) =
        words.partition(|word| word.contains(':') || word.ends_with('-') || word.contains('='));
    if changes.is_empty() {
        return KubectlOutcome::error("at least one taint update is required");
    }
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for change in changes {
        match read_taint(change) {
            Ok(Change::Set(taint)) => set.push(taint),
            Ok(Change::Remove(key, effect)) => remove.push((key, effect)),
            Err(error) => return KubectlOutcome::error(error),
        }
    }
    let mut trial = Trial::new(context, parsed);
    for name in names {
        let command = KubeCommand::Taint {
            node: name.clone(),
            set: set.clone(),
            remove: remove.clone(),
        };
        let word = if set.is_empty() {
            "untainted"
        } else {
            "tainted"
        };
        match trial.apply(command) {
            Ok(_) => {
                let object = object_of(context, Kind::Node, name);
                trial.done_as(&object, word, &Format::Table { wide: false });
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}

enum Change {
    Set(Taint),
    Remove(String, Option<String>),
}

fn read_taint(text: &str) -> Result<Change, String> {
    if let Some(gone) = text.strip_suffix('-') {
        return Ok(match gone.split_once(':') {
            Some((key, effect)) => Change::Remove(
                key.split('=').next().unwrap_or(key).to_owned(),
                Some(effect.to_owned()),
            ),
            None => Change::Remove(gone.to_owned(), None),
        });
    }
    let (pair, effect) = text
        .split_once(':')
        .ok_or_else(|| format!("unknown taint spec: {text}"))?;
    if !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err(format!(
            "invalid taint effect: {effect}, unsupported taint effect"
        ));
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Ok(Change::Set(Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
    }))
}
