//! Verbs that belong to an engineer's hands but not to this world: answered in the world's voice.

use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::outcome::KubectlOutcome;
use super::resources::{exists, kind_of, not_found};
use crate::sim::kubernetes::{Kind, ObjectRef};

/// Flags that these verbs take; what they say does not matter here.
pub const FLAGS: &[Flag] = &[
    value("address", ' '),
    switch("attach", ' '),
    value("container", 'c'),
    value("copy-to", ' '),
    maybe("dry-run", "unchanged"),
    value("env", ' '),
    value("filename", 'f'),
    value("image", ' '),
    value("labels", 'l'),
    switch("no-preserve", ' '),
    value("output", 'o'),
    value("overrides", ' '),
    value("port", 'p'),
    value("profile", ' '),
    switch("quiet", 'q'),
    value("restart", ' '),
    value("retries", ' '),
    switch("rm", ' '),
    switch("share-processes", ' '),
    switch("stdin", 'i'),
    value("target", ' '),
    value("target-port", ' '),
    switch("tty", 't'),
    value("type", ' '),
];

/// `port-forward`.
pub fn port_forward(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(word) = parsed.args.first() else {
        return KubectlOutcome::error(
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        );
    };
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) => match kind_of(kind) {
            Ok(kind) => (kind, name),
            Err(line) => return KubectlOutcome::failed(line),
        },
        None => (Kind::Pod, word.as_str()),
    };
    let object = ObjectRef::new(kind, &context.namespace, name);
    if !exists(context.cluster(), &object) {
        return KubectlOutcome::failed(not_found(kind, name));
    }
    if parsed.args.len() < 2 {
        return KubectlOutcome::error(
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        );
    }
    KubectlOutcome::error(format!(
        "error upgrading connection: unable to upgrade connection: the bastion this shell runs on does not allow forwarded ports; ask {name} with exec, its metrics and its logs"
    ))
}

/// `proxy`.
pub fn proxy(_: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    KubectlOutcome::error(
        "listen tcp 127.0.0.1:8001: bind: operation not permitted (the bastion this shell runs on lets nobody listen)",
    )
}

/// `cp`.
pub fn copy(_: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.args.len() != 2 {
        return KubectlOutcome::error(
            "source and destination are required\nSee 'kubectl cp -h' for help and examples",
        );
    }
    KubectlOutcome::error(
        "Internal error occurred: error executing command in container: exec: \"tar\": executable file not found in $PATH: the images of this cluster carry no tar; read files with exec POD -- cat FILE",
    )
}

/// `run`, `debug`, `expose` and other ways to make pods and services by hand.
pub fn make(context: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    let identity = context.cluster().identity();
    KubectlOutcome::failed(format!(
        "Error from server (Forbidden): pods is forbidden: User \"{}\" cannot create resource \"pods\" in API group \"\" in the namespace \"{}\": workloads come from the delivery pipeline",
        identity.user, context.namespace
    ))
}

/// `attach`.
pub fn attach(_: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    KubectlOutcome::error(
        "unable to attach: the containers of this cluster have no standard input; use logs -f or exec",
    )
}

/// `kustomize`, `plugin`, `completion`, `certificate`, `diff` and the like.
pub fn not_here(_: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    KubectlOutcome::error(
        "not set up on this bastion: manifests are rendered and shipped by the delivery pipeline from each service's repository",
    )
}
