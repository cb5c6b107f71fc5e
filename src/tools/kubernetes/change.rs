//! Verbs that change objects as a whole: scale, autoscale, patch, label, annotate, delete.

use super::act::{Trial, format, object_of, targets};
use super::age;
use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::follow::Follow;
use super::outcome::KubectlOutcome;
use super::resources;
use crate::sim::kubernetes::command::PatchForm;
use crate::sim::kubernetes::meta::Labels;
use crate::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
use crate::sim::time::Span;

/// The flags of `scale`.
pub const SCALE_FLAGS: &[Flag] = &[
    switch("all", ' '),
    value("current-replicas", ' '),
    maybe("dry-run", "unchanged"),
    value("filename", 'f'),
    value("output", 'o'),
    value("replicas", ' '),
    value("resource-version", ' '),
    value("selector", 'l'),
    value("timeout", ' '),
];

/// `scale`.
pub fn scale(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let replicas = match parsed.number("replicas") {
        Ok(Some(replicas)) => replicas,
        Ok(None) => return KubectlOutcome::error("required flag(s) \"replicas\" not set"),
        Err(error) => return usage("scale", &error),
    };
    let Ok(replicas) = u32::try_from(replicas) else {
        return KubectlOutcome::error(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
    };
    let expected = match parsed.number("current-replicas") {
        Ok(expected) => expected.and_then(|count| u32::try_from(count).ok()),
        Err(error) => return usage("scale", &error),
    };
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    let mut missing = KubectlOutcome::default();
    let found = targets(context, parsed, &mut missing);
    // `scale` words a missing object in its own way.
    for line in missing.stderr.lines() {
        match line.strip_prefix("Error from server (NotFound): ") {
            Some(rest) => trial
                .outcome
                .fail(&format!("error: no objects passed to scale {rest}")),
            None => trial.outcome.fail(line),
        }
    }
    for target in found {
        let command = KubeCommand::Scale {
            target,
            replicas,
            expected,
        };
        trial.say(command, "scaled", &format);
    }
    trial.finish()
}

fn usage(verb: &str, error: &str) -> KubectlOutcome {
    KubectlOutcome::error(format!("{error}\nSee 'kubectl {verb} --help' for usage."))
}

/// The flags of `autoscale`.
pub const AUTOSCALE_FLAGS: &[Flag] = &[
    value("cpu-percent", ' '),
    maybe("dry-run", "unchanged"),
    value("filename", 'f'),
    value("max", ' '),
    value("min", ' '),
    value("name", ' '),
    value("output", 'o'),
];

/// `autoscale`.
pub fn autoscale(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let number = |name: &'static str| -> Result<Option<u32>, String> {
        Ok(parsed
            .number(name)?
            .and_then(|number| u32::try_from(number).ok()))
    };
    let (min, max, percent) = match (number("min"), number("max"), number("cpu-percent")) {
        (Ok(min), Ok(max), Ok(percent)) => (min.unwrap_or(1).max(1), max, percent.unwrap_or(80)),
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
            return usage("autoscale", &error);
        }
    };
    let Some(max) = max.filter(|max| *max > 0) else {
        return KubectlOutcome::error("required flag(s) \"max\" not set");
    };
    if max < min {
        return KubectlOutcome::error(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        ));
    }
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    for target in targets(context, parsed, &mut trial.outcome) {
        let command = KubeCommand::Autoscale {
            target,
            name: parsed.get("name").map(str::to_owned),
            min,
            max,
            cpu_percent: percent,
        };
        match trial.apply(command) {
            Ok(applied) => {
                // kubectl names the kind with its group, not with its version.
                trial.done_as(
                    &applied.object,
                    if trial.is_dry() {
                        "created"
                    } else {
                        "autoscaled"
                    },
                    &format,
                );
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}

/// The flags of `patch`.
pub const PATCH_FLAGS: &[Flag] = &[
    maybe("dry-run", "unchanged"),
    value("field-manager", ' '),
    value("filename", 'f'),
    switch("local", ' '),
    value("output", 'o'),
    value("patch", 'p'),
    value("patch-file", ' '),
    value("subresource", ' '),
    value("type", ' '),
];

/// `patch`.
pub fn patch(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let form = match parsed.get("type").unwrap_or("strategic") {
        "strategic" => PatchForm::Strategic,
        "merge" => PatchForm::Merge,
        "json" => PatchForm::Json,
        _ => return KubectlOutcome::error("--type must be one of [json merge strategic]"),
    };
    let text = match (parsed.get("patch"), parsed.get("patch-file")) {
        (Some(text), None) => text.to_owned(),
        (None, Some(path)) => match context.view.file(path) {
            Some(text) => text,
            None => {
                return KubectlOutcome::error(format!(
                    "unable to read patch file: open {path}: no such file or directory"
                ));
            }
        },
        (None, None) => {
            return KubectlOutcome::error(
                "must specify --patch or --patch-file containing the contents of the patch",
            );
        }
        (Some(_), Some(_)) => {
            return KubectlOutcome::error("cannot specify --patch and --patch-file together");
        }
    };
    // The patch may be JSON or YAML.
    let document: serde_json::Value = match serde_yaml_ng::from_str(&text) {
        Ok(document) => document,
        Err(error) => {
            return KubectlOutcome::error(format!("unable to parse {text:?}: yaml: {error}"));
        }
    };
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    for target in targets(context, parsed, &mut trial.outcome) {
        let command = KubeCommand::Patch {
            target,
            form,
            patch: document.to_string(),
        };
        match trial.apply(command) {
            Ok(applied) => {
                let word = if applied.changed {
                    "patched"
                } else {
                    "patched (no change)"
                };
                trial.done_as(&applied.object, word, &format);
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}

/// The flags of `label` and `annotate`.
pub const LABEL_FLAGS: &[Flag] = &[
    switch("all", ' '),
    switch("all-namespaces", 'A'),
    maybe("dry-run", "unchanged"),
    value("field-manager", ' '),
    value("field-selector", ' '),
    value("filename", 'f'),
    switch("list", ' '),
    switch("local", ' '),
    value("output", 'o'),
    switch("overwrite", ' '),
    value("resource-version", ' '),
    value("selector", 'l'),
];

/// `label`.
pub fn label(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    pairs(context, parsed, true)
}

/// `annotate`.
pub fn annotate(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    pairs(context, parsed, false)
}

fn pairs(context: &Context<'_>, parsed: &Parsed, labels: bool) -> KubectlOutcome {
    let (word, past) = if labels {
        ("label", "labeled")
    } else {
        ("annotation", "annotated")
    };
    let is_change = |text: &str| text.contains('=') || (text.ends_with('-') && text.len() > 1);
    let mut objects = parsed.clone();
    let (changes, names): (Vec<String>, Vec<String>) = parsed
        .args
        .iter()
        .cloned()
        .partition(|text| is_change(text));
    objects.args = names;
    if objects.args.is_empty() {
        return KubectlOutcome::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if changes.is_empty() && !parsed.on("list") {
        return KubectlOutcome::error(format!("at least one {word} update is required"));
    }
    let (mut set, mut remove) = (Labels::new(), Vec::new());
    for change in &changes {
        match change.split_once('=') {
            Some((name, value)) => {
                set.insert(name.to_owned(), value.to_owned());
            }
            None => remove.push(change.trim_end_matches('-').to_owned()),
        }
    }
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let overwrite = parsed.on("overwrite");
    let mut trial = Trial::new(context, parsed);
    for target in targets(context, &objects, &mut trial.outcome) {
        let (set, remove) = (set.clone(), remove.clone());
        let gone = labels && !remove.is_empty() && set.is_empty();
        let command = if labels {
            KubeCommand::Label {
                target,
                set,
                remove,
                overwrite,
            }
        } else {
            KubeCommand::Annotate {
                target,
                set,
                remove,
                overwrite,
            }
        };
        match trial.apply(command) {
            Ok(applied) => {
                let said = match (labels, applied.changed, gone) {
                    (true, false, _) => "not labeled",
                    (true, true, true) => "unlabeled",
                    _ => past,
                };
                trial.done_as(&applied.object, said, &format);
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}

/// The flags of `delete`.
pub const DELETE_FLAGS: &[Flag] = &[
    switch("all", ' '),
    switch("all-namespaces", 'A'),
    maybe("cascade", "background"),
    maybe("dry-run", "unchanged"),
    value("field-selector", ' '),
    value("filename", 'f'),
    switch("force", ' '),
    value("grace-period", ' '),
    switch("ignore-not-found", ' '),
    switch("interactive", 'i'),
    switch("now", ' '),
    value("output", 'o'),
    value("raw", ' '),
    value("selector", 'l'),
    value("timeout", ' '),
    switch("wait", ' '),
];

/// `delete`.
pub fn delete(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.args.is_empty() {
        return KubectlOutcome::error(
            "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
        );
    }
    let grace = match parsed.number("grace-period") {
        Ok(grace) => grace.filter(|seconds| *seconds >= 0),
        Err(error) => return usage("delete", &error),
    };
    let force = parsed.on("force");
    let now = parsed.on("now");
    if grace == Some(0) && !force {
        return KubectlOutcome::error("--grace-period=0 requires --force");
    }
    let grace = if now { Some(1) } else { grace };
    let name_only = match format(parsed) {
        Ok(format) => format == super::print::Format::Name,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    let at_once = force && grace.unwrap_or(0) == 0;
    if at_once {
        trial.outcome.complain("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
    }
    let mut gone = Vec::new();
    let mut missing = KubectlOutcome::default();
    let found = targets(context, parsed, &mut missing);
    if !parsed.on("ignore-not-found") {
        for line in missing.stderr.lines() {
            trial.outcome.fail(line);
        }
    }
    for target in found {
        let command = KubeCommand::Delete {
            target: target.clone(),
            grace: grace.map(Span::from_secs),
            force: at_once,
        };
        match trial.apply(command) {
            Ok(_) => {
                let word = if at_once { "force deleted" } else { "deleted" };
                let line = if name_only {
                    target.qualified()
                } else {
                    format!(
                        "{} \"{}\" {word}{}",
                        target.kind.qualified_singular(),
                        target.name,
                        trial.suffix()
                    )
                };
                trial.outcome.say(&line);
                gone.push(target);
            }
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    if gone.is_empty() && missing.stderr.is_empty() && trial.outcome.stderr.is_empty() {
        trial.outcome.say("No resources found");
    }
    let timeout = parsed
        .get("timeout")
        .and_then(|text| age::parse_duration(text).ok())
        .filter(|timeout| timeout.millis() > 0);
    let waits = parsed.on_unless_off("wait") && !at_once && !trial.is_dry();
    let mut outcome = trial.finish();
    gone.retain(|target| target.kind == Kind::Pod);
    if waits && !gone.is_empty() {
        let uids = gone
            .into_iter()
            .filter_map(|pod| uid_of(context, pod))
            .collect();
        outcome.follow = Some(Follow::gone(
            uids,
            timeout.map(|timeout| context.now + timeout),
        ));
    }
    outcome
}

/// A pod with its UID: another pod may take its name.
fn uid_of(context: &Context<'_>, pod: ObjectRef) -> Option<(ObjectRef, String)> {
    let uid = context
        .cluster()
        .pod(&pod.namespace, &pod.name)?
        .meta
        .uid
        .to_string();
    Some((pod, uid))
}

/// The one object a command line names, for verbs that take one.
pub fn single(context: &Context<'_>, parsed: &Parsed) -> Result<ObjectRef, KubectlOutcome> {
    let (read, _) = resources::wanted(&parsed.args).map_err(KubectlOutcome::failed)?;
    match read {
        resources::Wanted::Names(names) => match names.as_slice() {
            [(kind, name)] => {
                let object = object_of(context, *kind, name);
                if resources::exists(context.cluster(), &object) {
                    Ok(object)
                } else {
                    Err(KubectlOutcome::failed(resources::not_found(*kind, name)))
                }
            }
            _ => Err(KubectlOutcome::error("only one resource at a time, please")),
        },
        resources::Wanted::Kinds(_) => Err(KubectlOutcome::error(
            "resource(s) were provided, but no name was specified",
        )),
    }
}
