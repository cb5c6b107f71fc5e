//! `kubectl logs`: which lives of which containers, and their lines from the world's source.

use serde_json::json;

use super::age;
use super::context::Context;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::follow::Follow;
use super::outcome::KubectlOutcome;
use super::resources::{kind_of, not_found};
use super::selector::LabelSelector;
use super::view::{KubeView, LogLine, LogQuery};
use crate::sim::artifact::Shown;
use crate::sim::kubernetes::fate::WorkloadKey;
use crate::sim::kubernetes::meta::selects;
use crate::sim::kubernetes::pod::{ContainerState, ContainerStatus, Phase, Pod, WaitingReason};
use crate::sim::kubernetes::{Cluster, Kind, ObjectRef};
use crate::sim::time::{SimTime, Span};

/// The flags of `logs`.
pub const FLAGS: &[Flag] = &[
    switch("all-containers", ' '),
    switch("all-pods", ' '),
    value("container", 'c'),
    switch("follow", 'f'),
    switch("ignore-errors", ' '),
    switch("insecure-skip-tls-verify-backend", ' '),
    value("limit-bytes", ' '),
    value("max-log-requests", ' '),
    value("pod-running-timeout", ' '),
    switch("prefix", ' '),
    switch("previous", 'p'),
    value("selector", 'l'),
    value("since", ' '),
    value("since-time", ' '),
    value("tail", ' '),
    maybe("timestamps", "true"),
];

/// The most lines one answer holds; the rest is asked for with `--since` or `--tail`, as on a slow line.
pub const MOST_LINES: usize = 50_000;

/// Which lines are shown, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether each line begins with its pod and container.
    pub prefix: bool,
    /// Whether each line begins with its instant.
    pub timestamps: bool,
}

/// One life of a container whose lines are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// How often the container had been started before this life.
    pub life: u32,
    /// When the life began.
    pub from: SimTime,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<SimTime>,
}

/// Runs `logs`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    match read(context, parsed) {
        Ok(outcome) | Err(outcome) => outcome,
    }
}

fn usage_error(message: &str) -> KubectlOutcome {
    KubectlOutcome::error(format!(
        "{message}\nSee 'kubectl logs -h' for help and examples"
    ))
}

fn read(context: &Context<'_>, parsed: &Parsed) -> Result<KubectlOutcome, KubectlOutcome> {
    let selector = parsed.get("selector");
    match (parsed.args.len(), selector) {
        (0 | 3.., None) => {
            return Err(usage_error(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
            ));
        }
        (1.., Some(_)) => {
            return Err(usage_error("only a selector (-l) or a POD name is allowed"));
        }
        _ => {}
    }
    let window = Window::read(context, parsed)?;
    let mut outcome = KubectlOutcome::default();
    let pods = pods(context, parsed, &mut outcome)?;
    let all_containers = parsed.on("all-containers");
    let wanted = parsed
        .get("container")
        .or_else(|| parsed.args.get(1).map(String::as_str));
    let mut streams = Vec::new();
    for pod in &pods {
        for container in containers(pod, wanted, all_containers, &mut outcome)? {
            match stream(pod, container, parsed.on("previous")) {
                Ok(stream) => streams.push(stream),
                Err(line) if parsed.on("ignore-errors") || pods.len() > 1 => {
                    outcome.complain(&line);
                }
                Err(line) => return Err(KubectlOutcome::failed(line)),
            }
        }
    }
    let follow = parsed.on("follow");
    let most = parsed
        .number("max-log-requests")
        .ok()
        .flatten()
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(5);
    if follow && streams.len() > most {
        return Err(KubectlOutcome::error(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit",
            streams.len()
        )));
    }
    let style = Style {
        prefix: parsed.on("prefix"),
        timestamps: parsed.on("timestamps"),
    };
    let mut data = Vec::new();
    for stream in &streams {
        let until = stream.ended_at.unwrap_or(context.now).min(context.now);
        let from = stream.from.max(window.from);
        let lines = lines(context.view, stream, from, until, window.tail);
        data.push(json!({
            "namespace": stream.namespace,
            "pod": stream.pod,
            "container": stream.container,
            "life": stream.life,
            "lines": lines.iter().map(|line| json!({"at": line.at, "text": line.text})).collect::<Vec<_>>(),
        }));
        print(context.cluster(), stream, &lines, &style, &mut outcome);
    }
    outcome.data = json!({"streams": data});
    if follow {
        outcome.follow = Some(Follow::logs(streams, style, context.now));
    }
    Ok(outcome)
}

/// Which lines of a life are shown.
struct Window {
    from: SimTime,
    tail: Option<usize>,
}

impl Window {
    fn read(context: &Context<'_>, parsed: &Parsed) -> Result<Self, KubectlOutcome> {
        let bad = |flag: &str, error: &str| {
            let text = parsed.get(flag).unwrap_or_default();
            KubectlOutcome::error(format!(
                "invalid argument \"{text}\" for \"--{flag}\" flag: {error}\nSee 'kubectl logs --help' for usage."
            ))
        };
        let since = match parsed.get("since").map(age::parse_duration).transpose() {
            Ok(since) => since,
            Err(error) => return Err(bad("since", &error)),
        };
        if since.is_some() && parsed.has("since-time") {
            return Err(KubectlOutcome::error(
                "at most one of `sinceTime` or `sinceSeconds` may be specified",
            ));
        }
        let since_time = match parsed.get("since-time") {
            None => None,
            Some(text) => Some(SimTime::parse_rfc3339(text).ok_or_else(|| {
                KubectlOutcome::error(format!(
                    "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
                ))
            })?),
        };
        let tail = match parsed.number("tail") {
            Ok(tail) => tail,
            Err(error) => {
                return Err(KubectlOutcome::error(format!(
                    "{error}\nSee 'kubectl logs --help' for usage."
                )));
            }
        };
        let default = if parsed.has("selector") {
            Some(10)
        } else {
            None
        };
        let tail = match tail {
            None => default,
            Some(tail) => usize::try_from(tail).ok(),
        };
        let from = since_time
            .or_else(|| since.map(|since| context.now - since))
            .unwrap_or(SimTime(i64::MIN));
        Ok(Self { from, tail })
    }
}

/// The pods that are meant: one by name, the best of a workload, or those of a selector.
fn pods<'a>(
    context: &Context<'a>,
    parsed: &Parsed,
    outcome: &mut KubectlOutcome,
) -> Result<Vec<&'a Pod>, KubectlOutcome> {
    let cluster = context.cluster();
    if let Some(selector) = parsed.get("selector") {
        let selector = LabelSelector::parse(selector).map_err(KubectlOutcome::error)?;
        let found: Vec<&Pod> = cluster
            .pods()
            .values()
            .map(|pod| &**pod)
            .filter(|pod| {
                *pod.meta.namespace == *context.namespace && selector.matches(&pod.meta.labels)
            })
            .collect();
        if found.is_empty() {
            outcome.complain(&format!(
                "No resources found in {} namespace.",
                context.namespace
            ));
        }
        return Ok(found);
    }
    let word = parsed.args.first().map_or("", String::as_str);
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) => (kind_of(kind).map_err(KubectlOutcome::failed)?, name),
        None => (Kind::Pod, word),
    };
    if kind == Kind::Pod {
        let missing = || {
            KubectlOutcome::failed(format!(
                "error: error from server (NotFound): pods \"{name}\" not found in namespace \"{}\"",
                context.namespace
            ))
        };
        return cluster
            .pod(&context.namespace, name)
            .map(|pod| vec![pod])
            .ok_or_else(missing);
    }
    let object = ObjectRef::new(kind, &context.namespace, name);
    let mut found = pods_of(cluster, &object).map_err(KubectlOutcome::failed)?;
    found.sort_by_key(|pod| {
        (
            pod.placement.is_none(),
            pod.phase() != Phase::Running,
            !pod.is_ready(),
            pod.ready_since,
            std::cmp::Reverse(pod.restart_count()),
            pod.meta.created_at,
            pod.meta.name.to_string(),
        )
    });
    match found.as_slice() {
        [] => Err(KubectlOutcome::error("timed out waiting for the condition")),
        all if parsed.on("all-pods") => Ok(all.to_vec()),
        [one] => Ok(vec![one]),
        [best, ..] => {
            outcome.complain(&format!(
                "Found {} pods, using pod/{}",
                found.len(),
                best.meta.name
            ));
            Ok(vec![best])
        }
    }
}

/// The pods behind a workload or Service.
pub fn pods_of<'a>(cluster: &'a Cluster, object: &ObjectRef) -> Result<Vec<&'a Pod>, String> {
    let missing = || not_found(object.kind, &object.name);
    let all = cluster.pods().values().map(|pod| &**pod);
    match object.kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Job => {
            let workload = WorkloadKey {
                kind: object.kind,
                key: object.key(),
            };
            cluster.wanted_replicas(&workload).ok_or_else(missing)?;
            Ok(all.filter(|pod| pod.workload == workload).collect())
        }
        Kind::ReplicaSet => {
            let set = cluster
                .replica_set(&object.namespace, &object.name)
                .ok_or_else(missing)?;
            Ok(all
                .filter(|pod| {
                    pod.meta.namespace == set.meta.namespace
                        && selects(&set.selector, &pod.meta.labels)
                })
                .collect())
        }
        Kind::Service => {
            let service = cluster
                .service(&object.namespace, &object.name)
                .ok_or_else(missing)?;
            Ok(all
                .filter(|pod| {
                    pod.meta.namespace == service.meta.namespace
                        && selects(&service.selector, &pod.meta.labels)
                })
                .collect())
        }
        kind => Err(format!(
            "error: cannot get the logs from {}: selector for {} not implemented",
            kind.api_version(),
            kind.resource()
        )),
    }
}

/// The containers that are meant.
fn containers<'a>(
    pod: &'a Pod,
    wanted: Option<&str>,
    all: bool,
    outcome: &mut KubectlOutcome,
) -> Result<Vec<&'a ContainerStatus>, KubectlOutcome> {
    if all {
        return Ok(pod.containers.iter().collect());
    }
    if let Some(wanted) = wanted {
        let found = pod
            .containers
            .iter()
            .find(|container| container.name == wanted);
        return found.map(|container| vec![container]).ok_or_else(|| {
            KubectlOutcome::error(format!(
                "container {wanted} is not valid for pod {}",
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
    Ok(pod.containers.iter().take(1).collect())
}

/// The life whose lines are meant: the one that runs, else the last; the error is kubectl's line.
fn stream(pod: &Pod, container: &ContainerStatus, previous: bool) -> Result<Stream, String> {
    let (name, pod_name) = (&container.name, &pod.meta.name);
    let bad = |message: String| format!("Error from server (BadRequest): {message}");
    let life = |life: u32, from: SimTime, ended_at: Option<SimTime>| Stream {
        namespace: pod.meta.namespace.to_string(),
        pod: pod_name.to_string(),
        container: name.clone(),
        life,
        from,
        ended_at,
    };
    let count = container.restart_count;
    if previous {
        // What is shown as ended now is the previous life of nothing: the one before it is.
        let backing_off = matches!(&container.state, ContainerState::Waiting(_));
        return match &container.last {
            Some(last) => {
                let number = if backing_off {
                    count
                } else {
                    count.saturating_sub(1)
                };
                Ok(life(number, last.started_at, Some(last.finished_at)))
            }
            None => Err(bad(format!(
                "previous terminated container \"{name}\" in pod \"{pod_name}\" not found"
            ))),
        };
    }
    match &container.state {
        ContainerState::Running(running) => Ok(life(count, running.started_at, None)),
        ContainerState::Terminated(ended) => Ok(life(
            count,
            ended.how.started_at,
            Some(ended.how.finished_at),
        )),
        ContainerState::Waiting(waiting) => match (&container.last, waiting.reason) {
            (Some(last), _) => Ok(life(count, last.started_at, Some(last.finished_at))),
            (None, WaitingReason::Unscheduled) => {
                Err(bad(format!("pod {pod_name} does not have a host assigned")))
            }
            (None, reason) => {
                let why = match reason {
                    WaitingReason::ErrImagePull => "image can't be pulled",
                    WaitingReason::ImagePullBackOff => "trying and failing to pull image",
                    other => other.name(),
                };
                Err(bad(format!(
                    "container \"{name}\" in pod \"{pod_name}\" is waiting to start: {why}"
                )))
            }
        },
    }
}

/// The lines of a life in a window.
pub fn lines(
    view: &dyn KubeView,
    stream: &Stream,
    from: SimTime,
    until: SimTime,
    tail: Option<usize>,
) -> Vec<LogLine> {
    let cluster = view.cluster();
    let Some(pod) = cluster.pod(&stream.namespace, &stream.pod) else {
        return Vec::new();
    };
    let found = pod
        .containers
        .iter()
        .find(|container| container.name == stream.container);
    let Some(container) = found.filter(|_| from <= until && tail != Some(0)) else {
        return Vec::new();
    };
    let tail = Some(tail.unwrap_or(MOST_LINES).min(MOST_LINES));
    view.logs().lines(&LogQuery {
        pod,
        container,
        life: stream.life,
        from,
        until,
        tail,
    })
}

/// Prints lines and notes that they were shown.
pub fn print(
    cluster: &Cluster,
    stream: &Stream,
    lines: &[LogLine],
    style: &Style,
    outcome: &mut KubectlOutcome,
) {
    let service = cluster.pod(&stream.namespace, &stream.pod).map_or_else(
        || stream.pod.clone(),
        |pod| pod.workload.key.name.to_string(),
    );
    for line in lines {
        let mut text = String::new();
        if style.prefix {
            text.push_str(&format!("[pod/{}/{}] ", stream.pod, stream.container));
        }
        if style.timestamps {
            text.push_str(&nanoseconds(line));
            text.push(' ');
        }
        text.push_str(&line.text);
        outcome.say(&text);
        outcome.shown.push(Shown::Line {
            service: service.clone(),
            text: line.text.clone(),
            at: Some(line.at),
            pod: stream.pod.clone(),
        });
    }
}

/// The instant of a line as the runtime writes it, to the nanosecond; what is finer than a millisecond follows from the
/// text.
fn nanoseconds(line: &LogLine) -> String {
    let fine = line.text.bytes().fold(0x811c_9dc5_u32, |state, byte| {
        (state ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    }) % 1_000_000;
    let millis = line.at.millis().rem_euclid(1000);
    line.at
        .format(&format!("%Y-%m-%dT%H:%M:%S.{millis:03}{fine:06}Z"))
}

/// How long a life must be over before `-f` gives up on it: its last lines may come late.
pub const LINGER: Span = Span::from_secs(1);
