//! `kubectl set`: env, image, resources.

use std::collections::BTreeMap;

use serde_json::json;

use super::act::{Trial, format, has_template, targets};
use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::outcome::KubectlOutcome;
use super::show;
use crate::sim::kubernetes::template::{EnvFrom, EnvSource, EnvVar, KeyRef};
use crate::sim::kubernetes::{KubeCommand, ObjectRef, Quantity};

/// The flags of `set env`.
pub const ENV_FLAGS: &[Flag] = &[
    switch("all", ' '),
    value("containers", 'c'),
    maybe("dry-run", "unchanged"),
    value("env", 'e'),
    value("field-manager", ' '),
    value("filename", 'f'),
    value("from", ' '),
    value("keys", ' '),
    switch("list", ' '),
    switch("local", ' '),
    value("output", 'o'),
    switch("overwrite", ' '),
    value("prefix", ' '),
    switch("resolve", ' '),
    value("selector", 'l'),
];

/// The flags of `set image` and `set resources`.
pub const FLAGS: &[Flag] = &[
    switch("all", ' '),
    value("containers", 'c'),
    maybe("dry-run", "unchanged"),
    value("field-manager", ' '),
    value("filename", 'f'),
    value("limits", ' '),
    switch("local", ' '),
    value("output", 'o'),
    switch("record", ' '),
    value("requests", ' '),
    value("selector", 'l'),
];

/// The words of a command line that name objects, and those that say what is to be set.
fn split(parsed: &Parsed, is_setting: impl Fn(&str) -> bool) -> (Parsed, Vec<String>) {
    let mut objects = parsed.clone();
    let (settings, names) = parsed
        .args
        .iter()
        .cloned()
        .partition(|word| is_setting(word));
    objects.args = names;
    (objects, settings)
}

/// `set env`.
pub fn env(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let is_setting = |word: &str| word.contains('=') || (word.ends_with('-') && word.len() > 1);
    let (objects, mut settings) = split(parsed, is_setting);
    settings.extend(parsed.all("env").iter().cloned());
    if objects.args.is_empty() && !parsed.has("selector") && !parsed.on("all") {
        return KubectlOutcome::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if parsed.on("list") {
        return list(context, parsed, &objects);
    }
    let (mut set, remove) = match read_settings(&settings) {
        Ok(read) => read,
        Err(error) => return KubectlOutcome::error(error),
    };
    if let Some(from) = parsed.get("from") {
        match variables_from(context, parsed, from) {
            Ok(more) => set.extend(more),
            Err(line) => return KubectlOutcome::failed(line),
        }
    }
    if set.is_empty() && remove.is_empty() {
        return KubectlOutcome::error("at least one environment variable must be provided");
    }
    let containers = parsed.get("containers").unwrap_or("*").to_owned();
    change(context, parsed, &objects, "env updated", |target| {
        KubeCommand::SetEnv {
            target,
            containers: containers.clone(),
            set: set.clone(),
            remove: remove.clone(),
        }
    })
}

fn read_settings(settings: &[String]) -> Result<(Vec<EnvVar>, Vec<String>), String> {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for word in settings {
        if let Some((name, value)) = word.split_once('=') {
            if !is_name(name) {
                return Err(format!(
                    "\"{word}\" is not a valid key name: a valid environment variable name must consist only of printable ASCII characters other than '='"
                ));
            }
            set.push(EnvVar::plain(name, value));
        } else {
            let name = word.strip_suffix('-').unwrap_or(word);
            if set.iter().any(|known: &EnvVar| known.name == name) {
                return Err(format!(
                    "can not both modify and remove environment variable in the same command: {name}"
                ));
            }
            remove.push(name.to_owned());
        }
    }
    Ok((set, remove))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && name
            .bytes()
            .all(|byte| (0x20..0x7f).contains(&byte) && byte != b'=')
}

/// `--from=configmap/NAME` or `--from=secret/NAME`: a variable for each key.
fn variables_from(
    context: &Context<'_>,
    parsed: &Parsed,
    from: &str,
) -> Result<Vec<EnvVar>, String> {
    let cluster = context.cluster();
    let prefix = parsed.get("prefix").unwrap_or_default();
    let wanted: Vec<&str> = parsed
        .all("keys")
        .iter()
        .flat_map(|list| list.split(','))
        .collect();
    let (kind, name) = from
        .split_once('/')
        .ok_or_else(|| "error: from must be in the form TYPE/NAME".to_owned())?;
    let kind = super::resources::kind_of(kind)?;
    let missing = || super::resources::not_found(kind, name);
    let keys: Vec<String> = match kind {
        crate::sim::kubernetes::Kind::ConfigMap => cluster
            .config_map(&context.namespace, name)
            .map(|map| map.data.keys().cloned().collect())
            .ok_or_else(missing)?,
        crate::sim::kubernetes::Kind::Secret => cluster
            .secret(&context.namespace, name)
            .map(|secret| secret.data.keys().cloned().collect())
            .ok_or_else(missing)?,
        _ => {
            return Err(format!(
                "error: unsupported resource specified in --from: \"{from}\""
            ));
        }
    };
    Ok(keys
        .into_iter()
        .filter(|key| wanted.is_empty() || wanted.contains(&key.as_str()))
        .map(|key| {
            let variable = format!("{prefix}{}", key.to_uppercase().replace(['-', '.'], "_"));
            let reference = KeyRef {
                key,
                name: name.to_owned(),
                optional: false,
            };
            EnvVar {
                name: variable,
                source: if kind == crate::sim::kubernetes::Kind::Secret {
                    EnvSource::SecretKey(reference)
                } else {
                    EnvSource::ConfigMapKey(reference)
                },
            }
        })
        .collect())
}

/// `set env --list`.
fn list(context: &Context<'_>, parsed: &Parsed, objects: &Parsed) -> KubectlOutcome {
    let mut outcome = KubectlOutcome::default();
    let cluster = context.cluster();
    let mut data = Vec::new();
    for target in targets(context, objects, &mut outcome) {
        let template = match cluster.template_of(&target) {
            Ok(template) => template.clone(),
            Err(error) => {
                outcome.fail(&error.kubectl_text());
                continue;
            }
        };
        outcome.shown.extend(show::detail(cluster, &target));
        let wanted = parsed.get("containers");
        for container in &template.spec.containers {
            if wanted.is_some_and(|wanted| wanted != container.name && wanted != "*") {
                continue;
            }
            outcome.say(&format!(
                "# {} {}, container {}",
                target.kind.name(),
                target.name,
                container.name
            ));
            for source in &container.env_from {
                outcome.say(&match source {
                    EnvFrom::ConfigMapRef(reference) => {
                        format!("# env from configmap {}", reference.name)
                    }
                    EnvFrom::SecretRef(reference) => {
                        format!("# env from secret {}", reference.name)
                    }
                });
            }
            for variable in &container.env {
                outcome.say(&listed(variable));
            }
            data.push(json!({
                "object": target.qualified(),
                "container": container.name,
                "env": serde_json::to_value(&container.env).unwrap_or_default(),
            }));
        }
    }
    outcome.data = json!(data);
    outcome
}

fn listed(variable: &EnvVar) -> String {
    let name = &variable.name;
    match &variable.source {
        EnvSource::Value(value) => format!("{name}={value}"),
        EnvSource::SecretKey(key) => format!("# {name} from secret {}, key {}", key.name, key.key),
        EnvSource::ConfigMapKey(key) => {
            format!("# {name} from configmap {}, key {}", key.name, key.key)
        }
        EnvSource::Field(path) => format!("# {name} from field path {path}"),
        EnvSource::Resource(resource) => format!("# {name} from resource field {resource}"),
    }
}

/// `set image`.
pub fn image(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let (objects, settings) = split(parsed, |word| word.contains('='));
    if objects.args.is_empty() && !parsed.has("selector") && !parsed.on("all") {
        return KubectlOutcome::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if settings.is_empty() {
        return KubectlOutcome::error("at least one image update is required");
    }
    let images: Vec<(String, String)> = settings
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(container, image)| (container.to_owned(), image.to_owned()))
        .collect();
    change(context, parsed, &objects, "image updated", |target| {
        KubeCommand::SetImage {
            target,
            images: images.clone(),
        }
    })
}

/// `set resources`.
pub fn resources(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.args.is_empty() && !parsed.has("selector") && !parsed.on("all") {
        return KubectlOutcome::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if !parsed.has("limits") && !parsed.has("requests") {
        return KubectlOutcome::error(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        );
    }
    let read = |flag: &str| read_amounts(parsed.get(flag).unwrap_or_default());
    let (limits, requests) = match (read("limits"), read("requests")) {
        (Ok(limits), Ok(requests)) => (limits, requests),
        (Err(error), _) | (_, Err(error)) => return KubectlOutcome::error(error),
    };
    let containers = parsed.get("containers").unwrap_or("*").to_owned();
    change(
        context,
        parsed,
        parsed,
        "resource requirements updated",
        |target| KubeCommand::SetResources {
            target,
            containers: containers.clone(),
            limits: limits.clone(),
            requests: requests.clone(),
        },
    )
}

fn read_amounts(text: &str) -> Result<BTreeMap<String, Quantity>, String> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, amount) = part.split_once('=').ok_or_else(|| {
                format!("invalid argument syntax {part}, expected <resource>=<value>")
            })?;
            let amount = amount
                .parse::<Quantity>()
                .map_err(|error| error.to_string())?;
            Ok((name.to_owned(), amount))
        })
        .collect()
}

fn change(
    context: &Context<'_>,
    parsed: &Parsed,
    objects: &Parsed,
    word: &str,
    command: impl Fn(ObjectRef) -> KubeCommand,
) -> KubectlOutcome {
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    let mut trial = Trial::new(context, parsed);
    let found = targets(context, objects, &mut trial.outcome);
    for target in found {
        if !has_template(target.kind) {
            trial.outcome.fail(&format!(
                "error: {} {} does not have a pod template",
                target.kind.resource(),
                target.name
            ));
            continue;
        }
        match trial.apply(command(target)) {
            // kubectl says nothing where nothing changes.
            Ok(applied) if !applied.changed => {
                trial.outcome.commands.pop();
            }
            Ok(applied) => trial.done_as(&applied.object, word, &format),
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    }
    trial.finish()
}
