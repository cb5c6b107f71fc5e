//! `kubectl create`, `apply` and `replace`: ConfigMaps, namespaces, Jobs from CronJobs, and files for what exists.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::act::{Trial, format};
use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::outcome::KubectlOutcome;
use super::print::Format;
use super::resources::{exists, kind_of};
use crate::sim::kubernetes::command::PatchForm;
use crate::sim::kubernetes::{Kind, KubeCommand, ObjectRef};

/// The flags of `create`, `apply`, `replace` and `diff`.
pub const FLAGS: &[Flag] = &[
    switch("all", ' '),
    switch("append-hash", ' '),
    maybe("dry-run", "unchanged"),
    value("field-manager", ' '),
    value("filename", 'f'),
    switch("force", ' '),
    switch("force-conflicts", ' '),
    value("from", ' '),
    value("from-env-file", ' '),
    value("from-file", ' '),
    value("from-literal", ' '),
    value("image", ' '),
    value("kustomize", 'k'),
    value("output", 'o'),
    switch("prune", ' '),
    switch("recursive", 'R'),
    value("selector", 'l'),
    switch("server-side", ' '),
    maybe("validate", "strict"),
    switch("wait", ' '),
];

/// The most documents one file may hold.
const DOCUMENTS: usize = 64;

/// `create configmap`.
pub fn config_map(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(name) = parsed.args.first() else {
        return KubectlOutcome::error(
            "exactly one NAME is required, got 0\nSee 'kubectl create configmap -h' for help and examples",
        );
    };
    let mut data = BTreeMap::new();
    for literal in parsed.all("from-literal") {
        let Some((key, value)) = literal.split_once('=') else {
            return KubectlOutcome::error(format!(
                "invalid literal source {literal}, expected key=value"
            ));
        };
        data.insert(key.to_owned(), value.to_owned());
    }
    for source in parsed.all("from-file") {
        let (key, path) = source.split_once('=').unwrap_or_else(|| {
            let name = source.rsplit('/').next().unwrap_or(source);
            (name, source.as_str())
        });
        let Some(text) = context.view.file(path) else {
            return KubectlOutcome::error(format!(
                "error reading {path}: no such file or directory"
            ));
        };
        data.insert(key.to_owned(), text);
    }
    simple(
        context,
        parsed,
        KubeCommand::CreateConfigMap {
            namespace: context.namespace.clone(),
            name: name.clone(),
            data,
        },
    )
}

/// `create namespace`.
pub fn namespace(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(name) = parsed.args.first() else {
        return KubectlOutcome::error(
            "exactly one NAME is required, got 0\nSee 'kubectl create namespace -h' for help and examples",
        );
    };
    simple(
        context,
        parsed,
        KubeCommand::CreateNamespace { name: name.clone() },
    )
}

/// `create job --from=cronjob/NAME`.
pub fn job(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(name) = parsed.args.first() else {
        return KubectlOutcome::error(
            "exactly one NAME is required, got 0\nSee 'kubectl create job -h' for help and examples",
        );
    };
    let from = parsed.get("from").unwrap_or_default();
    let Some((kind, cron_job)) = from.split_once('/') else {
        return KubectlOutcome::error("either --image or --from must be specified");
    };
    match kind_of(kind) {
        Ok(Kind::CronJob) => {}
        Ok(_) => return KubectlOutcome::error("from must be an existing cronjob"),
        Err(line) => return KubectlOutcome::failed(line),
    }
    simple(
        context,
        parsed,
        KubeCommand::CreateJob {
            namespace: context.namespace.clone(),
            name: name.clone(),
            from: cron_job.to_owned(),
        },
    )
}

fn simple(context: &Context<'_>, parsed: &Parsed, command: KubeCommand) -> KubectlOutcome {
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    match trial.apply(command) {
        Ok(applied) => trial.done_as(&applied.object, "created", &format),
        Err(error) => {
            let line = match error.reason() {
                Some("AlreadyExists") => format!("error: failed to create {error}"),
                _ => error.kubectl_text(),
            };
            trial.outcome.fail(&line);
        }
    }
    trial.finish()
}

/// `create -f`, and kinds that this account may not create.
pub fn create(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.has("filename") {
        return files(context, parsed, Mode::Create);
    }
    match parsed.args.first() {
        None => KubectlOutcome::error("must specify one of -f and -k"),
        Some(word) => match Kind::parse(word) {
            Some(kind) => KubectlOutcome::failed(may_not_create(context, kind)),
            None => KubectlOutcome::error(format!(
                "Unexpected args: {:?}\nSee 'kubectl create -h' for help and examples",
                parsed.args
            )),
        },
    }
}

/// `apply -f`.
pub fn apply(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    files(context, parsed, Mode::Apply)
}

/// `replace -f`.
pub fn replace(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    files(context, parsed, Mode::Replace)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Create,
    Apply,
    Replace,
}

fn may_not_create(context: &Context<'_>, kind: Kind) -> String {
    let scope = if kind.is_namespaced() {
        format!("in the namespace \"{}\"", context.namespace)
    } else {
        "at the cluster scope".to_owned()
    };
    format!(
        "Error from server (Forbidden): {} is forbidden: User \"{}\" cannot create resource \"{}\" in API group \"{}\" {scope}",
        kind.qualified_resource(),
        context.cluster().identity().user,
        kind.resource(),
        kind.group()
    )
}

fn files(context: &Context<'_>, parsed: &Parsed, mode: Mode) -> KubectlOutcome {
    if !parsed.has("filename") {
        return KubectlOutcome::error("must specify one of -f and -k");
    }
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    for path in parsed.all("filename") {
        let text = if path == "-" {
            Some(context.stdin.to_owned())
        } else {
            context.view.file(path)
        };
        let Some(text) = text else {
            trial
                .outcome
                .fail(&format!("error: the path \"{path}\" does not exist"));
            continue;
        };
        let documents = serde_yaml_ng::Deserializer::from_str(&text)
            .take(DOCUMENTS)
            .map(Value::deserialize);
        let mut any = false;
        for document in documents {
            match document {
                Ok(Value::Null) => {}
                Ok(document) => {
                    any = true;
                    one(&mut trial, context, &document, mode, path, &format);
                }
                Err(error) => {
                    trial.outcome.fail(&format!(
                        "error: error parsing {path}: error converting YAML to JSON: yaml: {error}"
                    ));
                    return trial.finish();
                }
            }
        }
        if !any && trial.outcome.code == 0 {
            let word = match mode {
                Mode::Create => "create",
                Mode::Apply => "apply",
                Mode::Replace => "replace",
            };
            trial
                .outcome
                .fail(&format!("error: no objects passed to {word}"));
        }
    }
    trial.finish()
}

fn one(
    trial: &mut Trial<'_>,
    context: &Context<'_>,
    document: &Value,
    mode: Mode,
    path: &str,
    format: &Format,
) {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let Some(kind) = text("/kind").and_then(Kind::parse) else {
        let (kind, version) = (
            text("/kind").unwrap_or_default(),
            text("/apiVersion").unwrap_or_default(),
        );
        trial.outcome.fail(&format!(
            "error: resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{path}\": no matches for kind \"{kind}\" in version \"{version}\"\nensure CRDs are installed first",
            text("/metadata/name").unwrap_or_default(),
            text("/metadata/namespace").unwrap_or_default()
        ));
        return;
    };
    let Some(name) = text("/metadata/name") else {
        trial.outcome.fail(&format!(
            "error: error when retrieving current configuration of: \"{path}\": resource name may not be empty"
        ));
        return;
    };
    let namespace = if kind.is_namespaced() {
        text("/metadata/namespace").unwrap_or(&context.namespace)
    } else {
        ""
    };
    let object = ObjectRef::new(kind, namespace, name);
    let there = exists(trial.cluster(), &object);
    if mode == Mode::Create && there {
        trial.outcome.fail(&format!(
            "Error from server (AlreadyExists): error when creating \"{path}\": {} \"{name}\" already exists",
            kind.qualified_resource()
        ));
        return;
    }
    if mode == Mode::Replace && !there {
        trial.outcome.fail(&super::resources::not_found(kind, name));
        return;
    }
    if !there {
        create_from(trial, context, document, &object, format);
        return;
    }
    // What a file does not say stays as it is, as with `apply`; a whole replacement would drop what the server added.
    let mut patch = document.clone();
    if let Value::Object(map) = &mut patch {
        map.shift_remove("status");
    }
    if let Some(Value::Object(meta)) = patch.get_mut("metadata") {
        for field in ["resourceVersion", "uid", "creationTimestamp", "generation"] {
            meta.shift_remove(field);
        }
    }
    let command = KubeCommand::Patch {
        target: object.clone(),
        form: PatchForm::Strategic,
        patch: patch.to_string(),
    };
    match trial.apply(command) {
        Ok(applied) => {
            let word = match (mode, applied.changed) {
                (Mode::Replace, _) => "replaced",
                (_, true) => "configured",
                (_, false) => {
                    trial.outcome.commands.pop();
                    "unchanged"
                }
            };
            trial.done_as(&object, word, format);
        }
        Err(error) => trial.outcome.fail(&error.kubectl_text()),
    }
}

fn create_from(
    trial: &mut Trial<'_>,
    context: &Context<'_>,
    document: &Value,
    object: &ObjectRef,
    format: &Format,
) {
    let command = match object.kind {
        Kind::ConfigMap => {
            let data = document.get("data").cloned().unwrap_or_default();
            let data: BTreeMap<String, String> = if data.is_null() {
                BTreeMap::new()
            } else {
                match serde_json::from_value(data) {
                    Ok(data) => data,
                    Err(error) => {
                        trial.outcome.fail(&format!(
                            "Error from server (BadRequest): ConfigMap in version \"v1\" cannot be handled as a ConfigMap: {error}"
                        ));
                        return;
                    }
                }
            };
            KubeCommand::CreateConfigMap {
                namespace: object.namespace.clone(),
                name: object.name.clone(),
                data,
            }
        }
        Kind::Namespace => KubeCommand::CreateNamespace {
            name: object.name.clone(),
        },
        kind => {
            trial.outcome.fail(&may_not_create(context, kind));
            return;
        }
    };
    trial.say(command, "created", format);
}
