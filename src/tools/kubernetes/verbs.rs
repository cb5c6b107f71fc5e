//! The verbs: their names, flags and functions, and finding the one a command line means.

use super::context::Context;
use super::flags::{self, Flag, Parsed};
use super::outcome::KubectlOutcome;
use super::view::KubeView;
use super::{
    change, create, describe, edit, elsewhere, events, exec, get, help, info, logs, nodes,
    resources, rollout, set, top, wait,
};
use crate::sim::kubernetes::{Cluster, Kind};
use crate::sim::time::SimTime;

/// What a verb does.
pub type Action = fn(&Context<'_>, &Parsed) -> KubectlOutcome;

/// A verb, or a verb of a group such as `rollout undo`.
pub struct Verb {
    /// Its words.
    pub name: &'static str,
    /// The part of the help it stands in; empty for verbs of a group.
    pub section: Section,
    /// What it is for, as the help says.
    pub about: &'static str,
    /// Its flags.
    pub flags: &'static [Flag],
    /// What it does; `None` for a group.
    pub action: Option<Action>,
}

/// A part of kubectl's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Beginner,
    Intermediate,
    Deploy,
    Cluster,
    Troubleshooting,
    Advanced,
    Settings,
    Other,
    Group,
}

const fn verb(
    name: &'static str,
    section: Section,
    about: &'static str,
    flags: &'static [Flag],
    action: Action,
) -> Verb {
    Verb {
        name,
        section,
        about,
        flags,
        action: Some(action),
    }
}

const fn group(name: &'static str, section: Section, about: &'static str) -> Verb {
    Verb {
        name,
        section,
        about,
        flags: &[],
        action: None,
    }
}

use Section::{
    Advanced, Beginner, Cluster as ClusterPart, Deploy, Group, Intermediate, Other, Settings,
    Troubleshooting,
};

/// Every verb, in the order of kubectl's help.
pub const VERBS: &[Verb] = &[
    verb(
        "create",
        Beginner,
        "Create a resource from a file or from stdin",
        create::FLAGS,
        create::create,
    ),
    verb(
        "expose",
        Beginner,
        "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
        elsewhere::FLAGS,
        elsewhere::make,
    ),
    verb(
        "run",
        Beginner,
        "Run a particular image on the cluster",
        elsewhere::FLAGS,
        elsewhere::make,
    ),
    group("set", Beginner, "Set specific features on objects"),
    verb(
        "explain",
        Intermediate,
        "Get documentation for a resource",
        info::FLAGS,
        info::explain,
    ),
    verb(
        "get",
        Intermediate,
        "Display one or many resources",
        get::FLAGS,
        get::run,
    ),
    verb(
        "edit",
        Intermediate,
        "Edit a resource on the server",
        edit::FLAGS,
        edit::run,
    ),
    verb(
        "delete",
        Intermediate,
        "Delete resources by file names, stdin, resources and names, or by resources and label selector",
        change::DELETE_FLAGS,
        change::delete,
    ),
    group("rollout", Deploy, "Manage the rollout of a resource"),
    verb(
        "scale",
        Deploy,
        "Set a new size for a deployment, replica set, or replication controller",
        change::SCALE_FLAGS,
        change::scale,
    ),
    verb(
        "autoscale",
        Deploy,
        "Auto-scale a deployment, replica set, stateful set, or replication controller",
        change::AUTOSCALE_FLAGS,
        change::autoscale,
    ),
    verb(
        "certificate",
        ClusterPart,
        "Modify certificate resources",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "cluster-info",
        ClusterPart,
        "Display cluster information",
        info::FLAGS,
        info::cluster_info,
    ),
    group("top", ClusterPart, "Display resource (CPU/memory) usage"),
    verb(
        "cordon",
        ClusterPart,
        "Mark node as unschedulable",
        nodes::FLAGS,
        nodes::cordon,
    ),
    verb(
        "uncordon",
        ClusterPart,
        "Mark node as schedulable",
        nodes::FLAGS,
        nodes::uncordon,
    ),
    verb(
        "drain",
        ClusterPart,
        "Drain node in preparation for maintenance",
        nodes::FLAGS,
        nodes::drain,
    ),
    verb(
        "taint",
        ClusterPart,
        "Update the taints on one or more nodes",
        nodes::TAINT_FLAGS,
        nodes::taint,
    ),
    verb(
        "describe",
        Troubleshooting,
        "Show details of a specific resource or group of resources",
        describe::FLAGS,
        describe::run,
    ),
    verb(
        "logs",
        Troubleshooting,
        "Print the logs for a container in a pod",
        logs::FLAGS,
        logs::run,
    ),
    verb(
        "attach",
        Troubleshooting,
        "Attach to a running container",
        elsewhere::FLAGS,
        elsewhere::attach,
    ),
    verb(
        "exec",
        Troubleshooting,
        "Execute a command in a container",
        exec::FLAGS,
        exec::run,
    ),
    verb(
        "port-forward",
        Troubleshooting,
        "Forward one or more local ports to a pod",
        elsewhere::FLAGS,
        elsewhere::port_forward,
    ),
    verb(
        "proxy",
        Troubleshooting,
        "Run a proxy to the Kubernetes API server",
        elsewhere::FLAGS,
        elsewhere::proxy,
    ),
    verb(
        "cp",
        Troubleshooting,
        "Copy files and directories to and from containers",
        elsewhere::FLAGS,
        elsewhere::copy,
    ),
    group("auth", Troubleshooting, "Inspect authorization"),
    verb(
        "debug",
        Troubleshooting,
        "Create debugging sessions for troubleshooting workloads and nodes",
        elsewhere::FLAGS,
        elsewhere::make,
    ),
    verb(
        "events",
        Troubleshooting,
        "List events",
        events::FLAGS,
        events::run,
    ),
    verb(
        "diff",
        Advanced,
        "Diff the live version against a would-be applied version",
        create::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "apply",
        Advanced,
        "Apply a configuration to a resource by file name or stdin",
        create::FLAGS,
        create::apply,
    ),
    verb(
        "patch",
        Advanced,
        "Update fields of a resource",
        change::PATCH_FLAGS,
        change::patch,
    ),
    verb(
        "replace",
        Advanced,
        "Replace a resource by file name or stdin",
        create::FLAGS,
        create::replace,
    ),
    verb(
        "wait",
        Advanced,
        "Experimental: Wait for a specific condition on one or many resources",
        wait::FLAGS,
        wait::run,
    ),
    verb(
        "kustomize",
        Advanced,
        "Build a kustomization target from a directory or URL",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "label",
        Settings,
        "Update the labels on a resource",
        change::LABEL_FLAGS,
        change::label,
    ),
    verb(
        "annotate",
        Settings,
        "Update the annotations on a resource",
        change::LABEL_FLAGS,
        change::annotate,
    ),
    verb(
        "completion",
        Settings,
        "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "api-resources",
        Other,
        "Print the supported API resources on the server",
        info::FLAGS,
        info::api_resources,
    ),
    verb(
        "api-versions",
        Other,
        "Print the supported API versions on the server, in the form of \"group/version\"",
        info::FLAGS,
        info::api_versions,
    ),
    group("config", Other, "Modify kubeconfig files"),
    verb(
        "plugin",
        Other,
        "Provides utilities for interacting with plugins",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "version",
        Other,
        "Print the client and server version information",
        info::FLAGS,
        info::version,
    ),
    verb(
        "set env",
        Group,
        "Update environment variables on a pod template",
        set::ENV_FLAGS,
        set::env,
    ),
    verb(
        "set image",
        Group,
        "Update the image of a pod template",
        set::FLAGS,
        set::image,
    ),
    verb(
        "set resources",
        Group,
        "Update resource requests/limits on objects with pod templates",
        set::FLAGS,
        set::resources,
    ),
    verb(
        "set selector",
        Group,
        "Set the selector on a resource",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "set serviceaccount",
        Group,
        "Update the service account of a resource",
        elsewhere::FLAGS,
        elsewhere::not_here,
    ),
    verb(
        "rollout history",
        Group,
        "View rollout history",
        rollout::FLAGS,
        rollout::history,
    ),
    verb(
        "rollout pause",
        Group,
        "Mark the provided resource as paused",
        rollout::FLAGS,
        rollout::pause,
    ),
    verb(
        "rollout restart",
        Group,
        "Restart a resource",
        rollout::FLAGS,
        rollout::restart,
    ),
    verb(
        "rollout resume",
        Group,
        "Resume a paused resource",
        rollout::FLAGS,
        rollout::resume,
    ),
    verb(
        "rollout status",
        Group,
        "Show the status of the rollout",
        rollout::STATUS_FLAGS,
        rollout::status,
    ),
    verb(
        "rollout undo",
        Group,
        "Undo a previous rollout",
        rollout::FLAGS,
        rollout::undo,
    ),
    verb(
        "top node",
        Group,
        "Display resource (CPU/memory) usage of nodes",
        top::NODE_FLAGS,
        top::nodes,
    ),
    verb(
        "top pod",
        Group,
        "Display resource (CPU/memory) usage of pods",
        top::POD_FLAGS,
        top::pods,
    ),
    verb(
        "auth can-i",
        Group,
        "Check whether an action is allowed",
        info::FLAGS,
        info::can_i,
    ),
    verb(
        "config current-context",
        Group,
        "Display the current-context",
        info::CONFIG_FLAGS,
        info::current_context,
    ),
    verb(
        "config get-contexts",
        Group,
        "Describe one or many contexts",
        info::CONFIG_FLAGS,
        info::get_contexts,
    ),
    verb(
        "config set-context",
        Group,
        "Set a context entry in kubeconfig",
        info::CONFIG_FLAGS,
        info::set_context,
    ),
    verb(
        "config use-context",
        Group,
        "Set the current-context in a kubeconfig file",
        info::CONFIG_FLAGS,
        info::use_context,
    ),
    verb(
        "config view",
        Group,
        "Display merged kubeconfig settings or a specified kubeconfig file",
        info::CONFIG_FLAGS,
        info::config_view,
    ),
    verb(
        "create configmap",
        Group,
        "Create a config map from a local file, directory or literal value",
        create::FLAGS,
        create::config_map,
    ),
    verb(
        "create job",
        Group,
        "Create a job with the specified name",
        create::FLAGS,
        create::job,
    ),
    verb(
        "create namespace",
        Group,
        "Create a namespace with the specified name",
        create::FLAGS,
        create::namespace,
    ),
];

/// The verb of these words.
pub fn find(words: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == words)
}

/// The verbs of a group.
pub fn of_group(name: &str) -> impl Iterator<Item = &'static Verb> {
    VERBS
        .iter()
        .filter(move |verb| verb.section == Group && verb.name.split(' ').next() == Some(name))
}

/// Other words for verbs of groups.
fn sub_verb(group: &str, word: &str) -> Option<&'static Verb> {
    let word = match (group, word) {
        ("top", "pods" | "po") => "pod",
        ("top", "nodes" | "no") => "node",
        ("create", "cm") => "configmap",
        ("create", "ns") => "namespace",
        ("set", "sa") => "serviceaccount",
        (_, word) => word,
    };
    find(&format!("{group} {word}"))
}

/// Takes the next word that is no flag out of a command line; flags for every verb may come before it.
fn take_word(argv: &[String]) -> (Option<String>, Vec<String>) {
    let mut rest = argv.to_vec();
    let mut place = 0;
    while let Some(word) = rest.get(place) {
        if word == "--" {
            break;
        }
        if !word.starts_with('-') {
            let word = rest.remove(place);
            return (Some(word), rest);
        }
        let with_value = flags::GLOBAL.iter().any(|flag| {
            flag.takes == flags::Takes::Value
                && (*word == format!("--{}", flag.long)
                    || (flag.short != ' ' && *word == format!("-{}", flag.short)))
        });
        place += if with_value { 2 } else { 1 };
    }
    (None, rest)
}

/// Finds the verb of a command line and runs it.
pub fn dispatch(view: &dyn KubeView, argv: &[String], stdin: &str, now: SimTime) -> KubectlOutcome {
    let (word, rest) = take_word(argv);
    let Some(word) = word else {
        return match flags::parse(&rest, &[flags::switch("version", ' ')]) {
            Ok(_) => help::main(),
            Err(error) => {
                KubectlOutcome::error(format!("{error}\nSee 'kubectl --help' for usage."))
            }
        };
    };
    if word == "help" || word == "options" {
        return help::of(&rest, &word);
    }
    let Some(verb) = find(&word) else {
        return unknown(&word);
    };
    let (verb, rest) = match take_word(&rest) {
        (Some(sub), shorter) if sub_verb(&word, &sub).is_some() => {
            (sub_verb(&word, &sub).unwrap_or(verb), shorter)
        }
        (Some(sub), _) if verb.action.is_none() => {
            return KubectlOutcome::error(format!(
                "unknown command \"{sub}\"\nSee 'kubectl {word} -h' for help and examples"
            ));
        }
        (None, _) if verb.action.is_none() => return help::group(verb, &rest),
        _ => (verb, rest),
    };
    let parsed = match flags::parse(&rest, verb.flags) {
        Ok(parsed) => parsed,
        Err(error) => {
            return KubectlOutcome::error(format!(
                "{error}\nSee 'kubectl {} --help' for usage.",
                verb.name
            ));
        }
    };
    if parsed.on("help") {
        return help::verb(verb);
    }
    match (Context::read(view, &parsed, now, stdin), verb.action) {
        (Ok(context), Some(action)) => action(&context, &parsed),
        (Err(line), _) => KubectlOutcome::failed(line),
        (Ok(_), None) => help::group(verb, &[]),
    }
}

fn unknown(word: &str) -> KubectlOutcome {
    let lower = word.to_lowercase();
    let near: Vec<&str> = VERBS
        .iter()
        .filter(|verb| verb.section != Group)
        .map(|verb| verb.name)
        .filter(|name| strsim::levenshtein(&lower, name) <= 2 || name.starts_with(&lower))
        .collect();
    let mut text = format!("unknown command \"{word}\" for \"kubectl\"");
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?");
        for name in near {
            text.push_str("\n\t");
            text.push_str(name);
        }
    }
    KubectlOutcome::error(text)
}

/// The words a command line can go on with.
pub fn complete(cluster: &Cluster, argv: &[String]) -> Vec<String> {
    let Some((typed, before)) = argv.split_last() else {
        return Vec::new();
    };
    let mut words = candidates(cluster, before, typed);
    words.retain(|word| word.starts_with(typed.as_str()));
    words.sort();
    words.dedup();
    words
}

fn candidates(cluster: &Cluster, before: &[String], typed: &str) -> Vec<String> {
    let (word, rest) = take_word(before);
    let Some(word) = word else {
        return VERBS
            .iter()
            .filter(|verb| verb.section != Group)
            .map(|verb| verb.name.to_owned())
            .collect();
    };
    let Some(mut verb) = find(&word) else {
        return Vec::new();
    };
    let mut rest = rest;
    if of_group(&word).next().is_some() {
        let (sub, shorter) = take_word(&rest);
        match sub.and_then(|sub| sub_verb(&word, &sub)) {
            Some(found) => {
                verb = found;
                rest = shorter;
            }
            None => {
                return of_group(&word)
                    .filter_map(|verb| verb.name.split(' ').nth(1))
                    .map(str::to_owned)
                    .collect();
            }
        }
    }
    if matches!(rest.last().map(String::as_str), Some("-n" | "--namespace")) {
        return names(cluster, Kind::Namespace, None);
    }
    if typed.starts_with('-') {
        return verb
            .flags
            .iter()
            .chain(flags::GLOBAL)
            .map(|flag| format!("--{}", flag.long))
            .collect();
    }
    let parsed = flags::parse(&rest, verb.flags).unwrap_or_default();
    let namespace = parsed
        .get("namespace")
        .unwrap_or(&cluster.identity().default_namespace)
        .to_owned();
    objects(cluster, verb, &parsed.args, &namespace, typed)
}

fn objects(
    cluster: &Cluster,
    verb: &Verb,
    args: &[String],
    namespace: &str,
    typed: &str,
) -> Vec<String> {
    if matches!(
        verb.name,
        "logs" | "exec" | "attach" | "port-forward" | "top pod"
    ) {
        return names(cluster, Kind::Pod, Some(namespace));
    }
    if matches!(verb.name, "cordon" | "uncordon" | "drain" | "top node") {
        return names(cluster, Kind::Node, None);
    }
    if let Some((kind, _)) = typed.split_once('/') {
        return Kind::parse(kind)
            .map(|found| names(cluster, found, Some(namespace)))
            .unwrap_or_default()
            .into_iter()
            .map(|name| format!("{kind}/{name}"))
            .collect();
    }
    match args.first() {
        None => Kind::ALL
            .iter()
            .map(|kind| kind.resource().to_owned())
            .collect(),
        Some(kind) => Kind::parse(kind)
            .map(|kind| names(cluster, kind, Some(namespace)))
            .unwrap_or_default(),
    }
}

fn names(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Vec<String> {
    resources::objects(cluster, kind)
        .into_iter()
        .filter(|(object, _)| {
            !kind.is_namespaced() || namespace.is_none_or(|wanted| object.namespace == wanted)
        })
        .map(|(object, _)| object.name)
        .collect()
}
