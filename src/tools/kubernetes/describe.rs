//! `kubectl describe`: an object in words, with its events.

mod batch;
mod config;
mod network;
mod node;
mod pod;
mod scaling;
pub mod template;
mod workloads;

use serde_json::{Value, json};

use super::age;
use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::outcome::KubectlOutcome;
use super::resources::{Request, Wanted};
use super::show;
use super::tabs::Page;
use crate::sim::kubernetes::meta::{Labels, ObjectMeta};
use crate::sim::kubernetes::{Cluster, Kind, ObjectRef};
use crate::sim::time::SimTime;

/// The flags of `describe`.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces", 'A'),
    value("chunk-size", ' '),
    value("filename", 'f'),
    switch("recursive", 'R'),
    value("selector", 'l'),
    switch("show-events", ' '),
];

/// Runs `describe`.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    if parsed.args.is_empty() {
        return KubectlOutcome::error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        );
    }
    let request = match Request::read(context, parsed) {
        Ok(request) => request,
        Err(line) => return KubectlOutcome::failed(line),
    };
    let cluster = context.cluster();
    let (mut objects, mut missing) = request.find(cluster);
    if objects.is_empty()
        && let Wanted::Names(names) = &request.wanted
    {
        // A name that no object has may be the beginning of several.
        for (kind, prefix) in names {
            let all = Request {
                wanted: Wanted::Kinds(vec![*kind]),
                ..request.clone()
            };
            let found = all.find(cluster).0;
            let like: Vec<ObjectRef> = found
                .into_iter()
                .filter(|object| object.name.starts_with(prefix.as_str()))
                .collect();
            if !like.is_empty() {
                missing.clear();
                objects.extend(like);
            }
        }
    }
    let with_events = parsed.on_unless_off("show-events");
    let mut outcome = KubectlOutcome::default();
    let mut data = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        let Some(page) = describe(cluster, object, context.now, with_events) else {
            continue;
        };
        if index > 0 {
            outcome.stdout.push_str("\n\n");
        }
        outcome.stdout.push_str(&page);
        outcome.shown.extend(show::detail(cluster, object));
        data.push(describe_data(context, object));
    }
    outcome.data = match data.as_slice() {
        [one] => one.clone(),
        _ => Value::Array(data),
    };
    for line in &missing {
        outcome.fail(line);
    }
    if objects.is_empty() && missing.is_empty() {
        match &request.namespace {
            Some(namespace) => {
                outcome.complain(&format!("No resources found in {namespace} namespace."));
            }
            None => outcome.complain("No resources found"),
        }
    }
    outcome
}

/// What a description holds as data: the object's document and its events.
fn describe_data(context: &Context<'_>, object: &ObjectRef) -> Value {
    let cluster = context.cluster();
    let events: Vec<Value> = cluster
        .events_of(object)
        .into_iter()
        .map(|event| {
            serde_json::to_value(super::rows::events::event_row(event, context.now))
                .unwrap_or_default()
        })
        .collect();
    json!({"object": cluster.document(object).unwrap_or(Value::Null), "events": events})
}

/// The description of an object; `None` if there is no such object or its kind has no description.
pub fn describe(
    cluster: &Cluster,
    object: &ObjectRef,
    now: SimTime,
    with_events: bool,
) -> Option<String> {
    let (namespace, name) = (object.namespace.as_str(), object.name.as_str());
    let mut page = Page::default();
    match object.kind {
        Kind::Pod => pod::pod(&mut page, cluster, cluster.pod(namespace, name)?, now),
        Kind::Deployment => {
            workloads::deployment(&mut page, cluster, cluster.deployment(namespace, name)?);
        }
        Kind::ReplicaSet => {
            workloads::replica_set(&mut page, cluster, cluster.replica_set(namespace, name)?);
        }
        Kind::StatefulSet => {
            workloads::stateful_set(&mut page, cluster, cluster.stateful_set(namespace, name)?);
        }
        Kind::DaemonSet => {
            workloads::daemon_set(&mut page, cluster, cluster.daemon_set(namespace, name)?);
        }
        Kind::Job => batch::job(&mut page, cluster, cluster.job(namespace, name)?),
        Kind::CronJob => batch::cron_job(&mut page, cluster, cluster.cron_job(namespace, name)?),
        Kind::Service => network::service(&mut page, cluster, cluster.service(namespace, name)?),
        Kind::Endpoints => {
            network::endpoints(&mut page, cluster, cluster.service(namespace, name)?);
        }
        Kind::Ingress => network::ingress(&mut page, cluster, cluster.ingress(namespace, name)?),
        Kind::ConfigMap => config::config_map(&mut page, cluster.config_map(namespace, name)?),
        Kind::Secret => {
            config::secret(&mut page, cluster.secret(namespace, name)?);
            return Some(page.laid_out());
        }
        Kind::Namespace => {
            config::namespace(&mut page, cluster.namespace(name)?);
            return Some(page.laid_out());
        }
        Kind::ServiceAccount => {
            config::service_account(&mut page, namespace);
        }
        Kind::HorizontalPodAutoscaler => {
            scaling::autoscaler(&mut page, cluster, cluster.autoscaler(namespace, name)?);
        }
        Kind::PodDisruptionBudget => {
            scaling::budget(&mut page, cluster, cluster.budget(namespace, name)?);
        }
        Kind::Node => node::node(&mut page, cluster, cluster.node(name)?, now),
        Kind::Event => {
            let document = cluster.document(object).ok()?;
            return Some(super::yaml::yaml(&document));
        }
        _ => return None,
    }
    if with_events {
        events(&mut page, cluster, object, now);
    }
    Some(page.laid_out())
}

/// The events of an object, oldest news first.
fn events(page: &mut Page, cluster: &Cluster, object: &ObjectRef, now: SimTime) {
    let mut events = cluster.events_of(object);
    if events.is_empty() {
        page.line(0, "Events:\t<none>");
        return;
    }
    page.settle();
    events.sort_by_key(|event| event.seen(now).last_at);
    page.line(0, "Events:");
    page.line(1, "Type\tReason\tAge\tFrom\tMessage");
    page.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let seen = event.seen(now);
        let age = if seen.count > 1 {
            format!(
                "{} (x{} over {})",
                age::since(seen.last_at, now),
                seen.count,
                age::since(event.first_at, now)
            )
        } else {
            age::since(event.first_at, now)
        };
        page.line(
            1,
            &format!(
                "{}\t{}\t{age}\t{}\t{}",
                event.event_type.name(),
                event.reason,
                event.component,
                event.message.trim()
            ),
        );
    }
}

/// Name and namespace.
fn head(page: &mut Page, meta: &ObjectMeta) {
    page.line(0, &format!("Name:\t{}", meta.name));
    page.line(0, &format!("Namespace:\t{}", meta.namespace));
}

/// Labels, one on each line.
fn labels(page: &mut Page, title: &str, labels: &Labels) {
    let lines: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    many(page, title, &lines);
}

/// The longest annotation that stands on one line.
const ANNOTATION: usize = 140;

/// Annotations, one on each line; long ones and those of several lines below their name.
fn annotations(page: &mut Page, title: &str, annotations: &Labels) {
    let mut lines = Vec::new();
    for (name, value) in annotations {
        if name == "kubectl.kubernetes.io/last-applied-configuration" {
            continue;
        }
        let value = value.trim_end_matches('\n');
        if name.len() + value.len() + 2 > ANNOTATION || value.contains('\n') {
            lines.push(format!("{name}:"));
            lines.extend(
                value
                    .split('\n')
                    .map(|line| format!("  {}", shortened(line))),
            );
        } else {
            lines.push(format!("{name}: {value}"));
        }
    }
    many(page, title, &lines);
}

fn shortened(line: &str) -> String {
    if line.chars().count() > ANNOTATION - 2 {
        let start: String = line.chars().take(ANNOTATION - 5).collect();
        format!("{start}...")
    } else {
        line.to_owned()
    }
}

fn many(page: &mut Page, title: &str, lines: &[String]) {
    match lines.split_first() {
        None => page.line(0, &format!("{title}:\t<none>")),
        Some((first, rest)) => {
            page.line(0, &format!("{title}:\t{first}"));
            for line in rest {
                page.line(0, &format!("\t{line}"));
            }
        }
    }
}
