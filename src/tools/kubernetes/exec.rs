//! `kubectl exec`: a few programs inside containers. What is inside is the world's to say.

use std::collections::BTreeMap;

use serde_json::json;

use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::logs::pods_of;
use super::outcome::KubectlOutcome;
use super::resources::{kind_of, not_found};
use super::show;
use super::view::ExecOutput;
use crate::sim::kubernetes::pod::{ContainerStatus, Phase, Pod};
use crate::sim::kubernetes::template::{EnvFrom, EnvSource, VolumeSource};
use crate::sim::kubernetes::{Kind, ObjectRef};

/// The flags of `exec`.
pub const FLAGS: &[Flag] = &[
    value("container", 'c'),
    value("filename", 'f'),
    value("pod-running-timeout", ' '),
    switch("quiet", 'q'),
    switch("stdin", 'i'),
    switch("tty", 't'),
];

/// Runs `exec`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    match attempt(context, parsed) {
        Ok(outcome) | Err(outcome) => outcome,
    }
}

fn attempt(context: &Context<'_>, parsed: &Parsed) -> Result<KubectlOutcome, KubectlOutcome> {
    let usage = |message: &str| {
        KubectlOutcome::error(format!(
            "{message}\nSee 'kubectl exec -h' for help and examples"
        ))
    };
    let word = parsed
        .args
        .first()
        .ok_or_else(|| usage("pod, type/name or --filename must be specified"))?;
    if parsed.args.len() > 1 {
        return Err(usage(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
        ));
    }
    let argv = parsed
        .rest
        .as_ref()
        .filter(|argv| !argv.is_empty())
        .ok_or_else(|| {
            KubectlOutcome::error("you must specify at least one command for the container")
        })?;
    let pod = find_pod(context, word)?;
    if pod.is_finished() {
        return Err(KubectlOutcome::error(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            pod.phase().name()
        )));
    }
    let mut outcome = KubectlOutcome::default();
    let container = find_container(pod, parsed.get("container"), &mut outcome)?;
    if container.running_since().is_none() {
        return Err(KubectlOutcome::failed(if pod.placement.is_none() {
            format!(
                "Error from server (BadRequest): pod {} does not have a host assigned",
                pod.meta.name
            )
        } else {
            format!(
                "error: Internal error occurred: unable to upgrade connection: container not found (\"{}\")",
                container.name
            )
        }));
    }
    let output = output_of(context, pod, container, argv);
    outcome.stdout.push_str(&output.stdout);
    outcome.stderr.push_str(&output.stderr);
    outcome.code = output.code;
    if output.code != 0 {
        outcome.complain(&format!(
            "command terminated with exit code {}",
            output.code
        ));
    }
    outcome.data = json!({
        "pod": &*pod.meta.name,
        "container": container.name,
        "command": argv,
        "stdout": output.stdout,
        "stderr": output.stderr,
        "exit_code": output.code,
    });
    let object = ObjectRef::new(Kind::Pod, &pod.meta.namespace, &pod.meta.name);
    outcome.shown = show::detail(context.cluster(), &object);
    Ok(outcome)
}

fn find_pod<'a>(context: &Context<'a>, word: &str) -> Result<&'a Pod, KubectlOutcome> {
    let cluster = context.cluster();
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) => (kind_of(kind).map_err(KubectlOutcome::failed)?, name),
        None => (Kind::Pod, word),
    };
    if kind == Kind::Pod {
        return cluster
            .pod(&context.namespace, name)
            .ok_or_else(|| KubectlOutcome::failed(not_found(Kind::Pod, name)));
    }
    let object = ObjectRef::new(kind, &context.namespace, name);
    let found = pods_of(cluster, &object).map_err(KubectlOutcome::failed)?;
    found
        .into_iter()
        .min_by_key(|pod| (pod.phase() != Phase::Running, !pod.is_ready(), pod.slot))
        .ok_or_else(|| KubectlOutcome::error("timed out waiting for the condition"))
}

fn find_container<'a>(
    pod: &'a Pod,
    wanted: Option<&str>,
    outcome: &mut KubectlOutcome,
) -> Result<&'a ContainerStatus, KubectlOutcome> {
    if let Some(wanted) = wanted {
        return pod
            .containers
            .iter()
            .find(|container| container.name == wanted)
            .ok_or_else(|| {
                KubectlOutcome::failed(format!(
                    "Error from server (BadRequest): container {wanted} is not valid for pod {}",
                    pod.meta.name
                ))
            });
    }
    if pod.containers.len() > 1 {
        let names: Vec<&str> = pod
            .containers
            .iter()
            .map(|container| container.name.as_str())
            .collect();
        outcome.complain(&format!(
            "Defaulted container \"{}\" out of: {}",
            names.first().unwrap_or(&""),
            names.join(", ")
        ));
    }
    pod.containers
        .first()
        .ok_or_else(|| KubectlOutcome::error("the pod has no containers"))
}

/// What a program prints: a few are known to every container, the rest is the world's.
fn output_of(
    context: &Context<'_>,
    pod: &Pod,
    container: &ContainerStatus,
    argv: &[String],
) -> ExecOutput {
    // `sh -c "env | ..."` is a shell's work, but a plain command in it is no more than that command.
    let unwrapped = unwrap_shell(argv);
    let argv = unwrapped.as_deref().unwrap_or(argv);
    let (program, arguments) = match argv.split_first() {
        Some((program, arguments)) => (program.rsplit('/').next().unwrap_or(program), arguments),
        None => ("", [].as_slice()),
    };
    let printed = |stdout: String| ExecOutput {
        stdout,
        ..ExecOutput::default()
    };
    match program {
        "env" if arguments.is_empty() => return printed(env_text(context, pod, container)),
        "printenv" => return printenv(context, pod, container, arguments),
        "hostname" => return printed(format!("{}\n", pod.meta.name)),
        "date" => return printed(context.now.format("%a %b %e %H:%M:%S UTC %Y\n")),
        "whoami" => return printed("app\n".to_owned()),
        "true" => return ExecOutput::default(),
        "cat" | "ls" => {
            if let Some(output) = mounted(context, pod, container, program, arguments) {
                return output;
            }
        }
        _ => {}
    }
    if let Some(output) = context.view.inside().run(pod, container, argv) {
        return output;
    }
    match program {
        "cat" => ExecOutput {
            stdout: String::new(),
            stderr: arguments
                .iter()
                .map(|path| format!("cat: {path}: No such file or directory\n"))
                .collect(),
            code: 1,
        },
        "ls" => ExecOutput {
            stdout: String::new(),
            stderr: arguments
                .iter()
                .map(|path| format!("ls: cannot access '{path}': No such file or directory\n"))
                .collect(),
            code: if arguments.is_empty() { 0 } else { 2 },
        },
        _ => ExecOutput {
            stdout: String::new(),
            stderr: format!(
                "error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: \"{program}\": executable file not found in $PATH: unknown\n"
            ),
            code: 127,
        },
    }
}

fn unwrap_shell(argv: &[String]) -> Option<Vec<String>> {
    let [shell, flag, line] = argv else {
        return None;
    };
    let is_shell = matches!(shell.rsplit('/').next(), Some("sh" | "bash" | "ash"));
    let plain = !line.contains(['|', ';', '&', '>', '<', '$', '`', '"', '\'', '*']);
    (is_shell && flag == "-c" && plain)
        .then(|| line.split_whitespace().map(str::to_owned).collect())
}

/// The variables a program sees: the container's own, those of the runtime, and those of the namespace's services.
/// Secrets' values are hidden.
pub fn variables(
    context: &Context<'_>,
    pod: &Pod,
    container: &ContainerStatus,
) -> Vec<(String, String)> {
    let mut all = vec![
        (
            "PATH".to_owned(),
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        ),
        ("HOSTNAME".to_owned(), pod.meta.name.to_string()),
    ];
    let secret = secret_names(context, pod, container);
    let mut own: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, value) in container.env.iter() {
        let value = if secret.contains(&name.to_owned()) {
            "*".repeat(value.chars().count())
        } else {
            value.to_owned()
        };
        if let Some(known) = own.get(name).and_then(|place| all.get_mut(*place)) {
            known.1 = value;
        } else {
            own.insert(name, all.len());
            all.push((name.to_owned(), value));
        }
    }
    for (name, value) in [
        ("KUBERNETES_SERVICE_PORT", "443"),
        ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
        ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
        ("KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"),
        ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"),
        ("KUBERNETES_PORT_443_TCP_PORT", "443"),
        ("KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"),
        ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
        ("HOME", "/root"),
    ] {
        all.push((name.to_owned(), value.to_owned()));
    }
    all
}

fn secret_names(context: &Context<'_>, pod: &Pod, container: &ContainerStatus) -> Vec<String> {
    let Some(spec) = pod.template.container(&container.name) else {
        return Vec::new();
    };
    let mut names: Vec<String> = spec
        .env
        .iter()
        .filter(|variable| matches!(variable.source, EnvSource::SecretKey(_)))
        .map(|variable| variable.name.clone())
        .collect();
    for source in &spec.env_from {
        if let EnvFrom::SecretRef(reference) = source
            && let Some(secret) = context
                .cluster()
                .secret(&pod.meta.namespace, &reference.name)
        {
            names.extend(secret.data.keys().cloned());
        }
    }
    names
}

fn env_text(context: &Context<'_>, pod: &Pod, container: &ContainerStatus) -> String {
    variables(context, pod, container)
        .into_iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

fn printenv(
    context: &Context<'_>,
    pod: &Pod,
    container: &ContainerStatus,
    names: &[String],
) -> ExecOutput {
    if names.is_empty() {
        return ExecOutput {
            stdout: env_text(context, pod, container),
            ..ExecOutput::default()
        };
    }
    let all = variables(context, pod, container);
    let mut output = ExecOutput::default();
    for name in names {
        match all.iter().find(|(known, _)| known == name) {
            Some((_, value)) => {
                output.stdout.push_str(value);
                output.stdout.push('\n');
            }
            None => output.code = 1,
        }
    }
    output
}

/// `cat` and `ls` of mounted ConfigMaps: the pod's own copy, which lags behind an edit.
fn mounted(
    context: &Context<'_>,
    pod: &Pod,
    container: &ContainerStatus,
    program: &str,
    arguments: &[String],
) -> Option<ExecOutput> {
    let path = arguments.iter().find(|word| !word.starts_with('-'))?;
    let spec = pod.template.container(&container.name)?;
    for mount in &spec.volume_mounts {
        let volume = pod
            .template
            .spec
            .volumes
            .iter()
            .find(|volume| volume.name == mount.name)?;
        let VolumeSource::ConfigMap(reference) = &volume.source else {
            continue;
        };
        let Some(data) = context.cluster().mounted_config(pod, &reference.name) else {
            continue;
        };
        let folder = mount.mount_path.trim_end_matches('/');
        if program == "ls" && path.trim_end_matches('/') == folder && mount.sub_path.is_empty() {
            let names: Vec<&str> = data.keys().map(String::as_str).collect();
            return Some(ExecOutput {
                stdout: format!("{}\n", names.join("\n")),
                ..ExecOutput::default()
            });
        }
        let key = if mount.sub_path.is_empty() {
            path.strip_prefix(folder)?.strip_prefix('/')
        } else {
            (path == folder).then_some(mount.sub_path.as_str())
        };
        if let Some(text) = key.and_then(|key| data.get(key)) {
            let stdout = if program == "ls" {
                format!("{path}\n")
            } else {
                text.clone()
            };
            return Some(ExecOutput {
                stdout,
                ..ExecOutput::default()
            });
        }
    }
    None
}
