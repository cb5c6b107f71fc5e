//! What kubectl says of the cluster and itself: config, versions, resources, explanations, who may do what.

use serde_json::json;

use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::outcome::KubectlOutcome;
use super::resources::kind_of;
use super::tabs::{TABLE, lay_out};
use super::yaml;
use crate::sim::kubernetes::Kind;

/// The flags of `config` and its verbs.
pub const CONFIG_FLAGS: &[Flag] = &[
    switch("current", ' '),
    switch("flatten", ' '),
    switch("merge", ' '),
    switch("minify", ' '),
    switch("no-headers", ' '),
    value("output", 'o'),
    switch("raw", ' '),
];

/// The flags of the informing verbs.
pub const FLAGS: &[Flag] = &[
    value("api-group", ' '),
    value("api-version", ' '),
    switch("cached", ' '),
    value("categories", ' '),
    switch("client", ' '),
    switch("list", ' '),
    maybe("namespaced", "true"),
    switch("no-headers", ' '),
    value("output", 'o'),
    switch("recursive", ' '),
    value("sort-by", ' '),
    value("subresource", ' '),
    value("verbs", ' '),
    switch("all-namespaces", 'A'),
    switch("quiet", 'q'),
];

/// kubectl's own version.
pub const CLIENT_VERSION: &str = "v1.33.1";

/// `config view`.
pub fn config_view(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let identity = context.cluster().identity();
    let document = json!({
        "apiVersion": "v1",
        "clusters": [{"cluster": {"server": identity.server}, "name": identity.name}],
        "contexts": [{
            "context": {
                "cluster": identity.name,
                "namespace": identity.default_namespace,
                "user": identity.user,
            },
            "name": identity.name,
        }],
        "current-context": identity.name,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": identity.user, "user": {"token": "REDACTED"}}],
    });
    let text = if parsed.get("output") == Some("json") {
        yaml::json(&document)
    } else {
        yaml::yaml(&document)
    };
    KubectlOutcome {
        data: document,
        stdout: text,
        ..KubectlOutcome::default()
    }
}

/// `config get-contexts`.
pub fn get_contexts(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let identity = context.cluster().identity();
    if let Some(name) = parsed.args.first()
        && *name != identity.name
    {
        return KubectlOutcome::error(format!("context {name} not found"));
    }
    if parsed.get("output") == Some("name") {
        return KubectlOutcome::text(format!("{}\n", identity.name));
    }
    let mut text = String::new();
    if !parsed.on("no-headers") {
        text.push_str("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    text.push_str(&format!(
        "*\t{0}\t{0}\t{1}\t{2}\n",
        identity.name, identity.user, identity.default_namespace
    ));
    KubectlOutcome {
        data: json!([{
            "name": identity.name, "cluster": identity.name,
            "user": identity.user, "namespace": identity.default_namespace, "current": true,
        }]),
        stdout: lay_out(&text, TABLE),
        ..KubectlOutcome::default()
    }
}

/// `config current-context`.
pub fn current_context(context: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    KubectlOutcome::text(format!("{}\n", context.cluster().identity().name))
}

/// `config use-context`.
pub fn use_context(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let identity = context.cluster().identity();
    match parsed.args.first() {
        Some(name) if *name == identity.name => {
            KubectlOutcome::text(format!("Switched to context \"{name}\".\n"))
        }
        Some(name) => KubectlOutcome::error(format!("no context exists with the name: \"{name}\"")),
        None => KubectlOutcome::error("accepts 1 arg(s), received 0"),
    }
}

/// `config set-context`: the account's file is not the trainee's to change.
pub fn set_context(context: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    KubectlOutcome::error(format!(
        "the kubeconfig of this account is managed and read-only; use -n NAMESPACE instead (the default is {})",
        context.cluster().identity().default_namespace
    ))
}

/// `version`.
pub fn version(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let server = &context.cluster().identity().server_version;
    let data = json!({
        "clientVersion": {"gitVersion": CLIENT_VERSION},
        "kustomizeVersion": "v5.6.0",
        "serverVersion": {"gitVersion": server},
    });
    let stdout = match parsed.get("output") {
        Some("json") => yaml::json(&data),
        Some("yaml") => yaml::yaml(&data),
        Some(_) => return KubectlOutcome::error("--output must be 'yaml' or 'json'"),
        None if parsed.on("client") => {
            format!("Client Version: {CLIENT_VERSION}\nKustomize Version: v5.6.0\n")
        }
        None => format!(
            "Client Version: {CLIENT_VERSION}\nKustomize Version: v5.6.0\nServer Version: {server}\n"
        ),
    };
    KubectlOutcome {
        data,
        stdout,
        ..KubectlOutcome::default()
    }
}

/// `cluster-info`.
pub fn cluster_info(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.args.first().is_some_and(|word| word == "dump") {
        return KubectlOutcome::failed(format!(
            "Error from server (Forbidden): nodes is forbidden: User \"{}\" cannot dump the cluster; use get and describe",
            context.cluster().identity().user
        ));
    }
    KubectlOutcome::text(format!(
        "Kubernetes control plane is running at {}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
        context.cluster().identity().server
    ))
}

/// `api-resources`.
pub fn api_resources(_: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let mut kinds: Vec<Kind> = Kind::ALL.to_vec();
    if let Some(group) = parsed.get("api-group") {
        kinds.retain(|kind| kind.group() == group);
    }
    if let Some(namespaced) = parsed.get("namespaced") {
        kinds.retain(|kind| kind.is_namespaced() == (namespaced == "true"));
    }
    if parsed.get("output") == Some("name") {
        let text: String = kinds
            .iter()
            .map(|kind| format!("{}\n", kind.qualified_resource()))
            .collect();
        return KubectlOutcome::text(text);
    }
    let mut text = String::new();
    if !parsed.on("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND\n");
    }
    for kind in &kinds {
        text.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}\n",
            kind.resource(),
            kind.short_names().join(","),
            kind.api_version(),
            kind.is_namespaced(),
            kind.name()
        ));
    }
    KubectlOutcome {
        data: json!(
            kinds
                .iter()
                .map(|kind| kind.qualified_resource())
                .collect::<Vec<_>>()
        ),
        stdout: lay_out(&text, TABLE),
        ..KubectlOutcome::default()
    }
}

/// `api-versions`.
pub fn api_versions(_: &Context<'_>, _: &Parsed) -> KubectlOutcome {
    let mut versions: Vec<String> = Kind::ALL.iter().map(|kind| kind.api_version()).collect();
    versions.push("metrics.k8s.io/v1beta1".to_owned());
    versions.sort();
    versions.dedup();
    KubectlOutcome::text(
        versions
            .iter()
            .map(|version| format!("{version}\n"))
            .collect::<String>(),
    )
}

/// `auth can-i`.
pub fn can_i(_: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.on("list") {
        return KubectlOutcome::text(
            "Resources              Non-Resource URLs   Resource Names   Verbs\n*.*                    []                  []               [get list watch]\npods                   []                  []               [get list watch delete]\npods/eviction          []                  []               [create]\npods/exec              []                  []               [create]\ndeployments.apps       []                  []               [get list watch patch update delete]\nstatefulsets.apps      []                  []               [get list watch patch update delete]\ndaemonsets.apps        []                  []               [get list watch patch update delete]\nconfigmaps             []                  []               [get list watch create patch update delete]\nnodes                  []                  []               [get list watch patch]\n",
        );
    }
    let (Some(verb), Some(resource)) = (parsed.args.first(), parsed.args.get(1)) else {
        return KubectlOutcome::error(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples",
        );
    };
    let kind = Kind::parse(resource.split('/').next().unwrap_or(resource));
    let reads = matches!(verb.as_str(), "get" | "list" | "watch");
    let allowed = match (verb.as_str(), kind) {
        _ if reads => true,
        ("create", Some(kind)) => matches!(
            kind,
            Kind::ConfigMap | Kind::Namespace | Kind::Job | Kind::HorizontalPodAutoscaler
        ),
        ("delete", Some(kind)) => !matches!(kind, Kind::Node | Kind::Namespace),
        ("patch" | "update", Some(_)) => true,
        _ => false,
    };
    if allowed {
        KubectlOutcome::text("yes\n")
    } else {
        KubectlOutcome {
            stdout: "no\n".to_owned(),
            code: 1,
            ..KubectlOutcome::default()
        }
    }
}

/// `explain`: what a kind is, in a sentence, with its top fields.
pub fn explain(_: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let Some(word) = parsed.args.first() else {
        return KubectlOutcome::error(
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.",
        );
    };
    let mut parts = word.split('.');
    let kind = match kind_of(parts.next().unwrap_or_default()) {
        Ok(kind) => kind,
        Err(line) => return KubectlOutcome::failed(line),
    };
    let path: Vec<&str> = parts.collect();
    let mut text = String::new();
    if !kind.group().is_empty() {
        text.push_str(&format!("GROUP:      {}\n", kind.group()));
    }
    let version = kind.api_version();
    let version = version.rsplit('/').next().unwrap_or("v1");
    text.push_str(&format!(
        "KIND:       {}\nVERSION:    {version}\n\n",
        kind.name()
    ));
    if !path.is_empty() {
        text.push_str(&format!("FIELD: {}\n\n", path.last().unwrap_or(&"")));
    }
    text.push_str(&format!("DESCRIPTION:\n    {}\n", about(kind)));
    if path.is_empty() {
        text.push_str(
            "\nFIELDS:\n  apiVersion\t<string>\n  kind\t<string>\n  metadata\t<ObjectMeta>\n",
        );
        if matches!(kind, Kind::ConfigMap | Kind::Secret) {
            text.push_str("  data\t<map[string]string>\n");
        } else {
            text.push_str(&format!(
                "  spec\t<{0}Spec>\n  status\t<{0}Status>\n",
                kind.name()
            ));
        }
    }
    KubectlOutcome::text(text)
}

const fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => {
            "Containers that run together on one node. Made by the scheduler's choice of node and run by its kubelet."
        }
        Kind::Deployment => {
            "Declares how many pods of a template run, and replaces them when the template changes."
        }
        Kind::ReplicaSet => {
            "Keeps so many pods of one template running. A Deployment keeps one for each revision."
        }
        Kind::StatefulSet => {
            "Keeps numbered pods with lasting names, replaced one at a time from the last."
        }
        Kind::DaemonSet => "Keeps one pod on each node.",
        Kind::Job => "Runs pods until one of them ends well.",
        Kind::CronJob => "Makes Jobs by a schedule.",
        Kind::Service => "A lasting name and address for the pods that its selector finds.",
        Kind::Endpoints => "The addresses of the ready pods behind a Service.",
        Kind::Ingress => "Rules by which requests from outside reach Services.",
        Kind::ConfigMap => "Settings for pods, taken as variables or files.",
        Kind::Secret => "Settings that are not for everybody's eyes.",
        Kind::HorizontalPodAutoscaler => {
            "Changes how many pods a workload wants by how much they use."
        }
        Kind::PodDisruptionBudget => "Limits how many pods may be evicted at once.",
        Kind::Node => "A machine that runs pods.",
        Kind::Namespace => "A scope for names.",
        Kind::Event => "Something that a controller or kubelet saw. Kept for an hour.",
        _ => "An object of the cluster.",
    }
}
