//! Where an artifact is to be seen: which pane of the board, and which command, query or question would have shown it.
//! Never says what it means.

use serde::Serialize;

use crate::scenario::format::Map;
use crate::scenario::format::artifact::Artifact;
use crate::scenario::format::values::Duration;
use crate::sim::World;

/// A place where something was to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// The pane of the board.
    pub pane: &'static str,
    /// What to type, open or ask there.
    pub how: String,
}

impl Sight {
    fn new(pane: &'static str, how: impl Into<String>) -> Self {
        Self {
            pane,
            how: how.into(),
        }
    }
}

/// Where an artifact is to be seen.
pub fn sight(world: &World, artifact: &Artifact) -> Sight {
    let shell = |how: String| Sight::new("Shell", how);
    match artifact {
        Artifact::Series {
            metric,
            matching,
            spans,
        } => series(metric, matching, *spans),
        Artifact::Line { of, contains } => Sight::new(
            "Logs",
            format!(
                "service {of}, filter `{contains}` (or `kubectl logs -n {} deploy/{of} --previous | grep ...`)",
                namespace(world, of)
            ),
        ),
        Artifact::Object { kind, name } => {
            let kind = kind.to_lowercase();
            let place = namespace(world, name);
            if kind == "pod" {
                shell(format!("`kubectl describe pods -n {place}` of {name}"))
            } else {
                shell(format!("`kubectl describe {kind} {name} -n {place}`"))
            }
        }
        Artifact::PodStatus { of } => {
            shell(format!("`kubectl get pods -n {}`", namespace(world, of)))
        }
        Artifact::Rollout(of) => shell(format!(
            "`kubectl rollout history deployment/{of} -n {}`",
            namespace(world, of)
        )),
        Artifact::Commit(id) => Sight::new("Changes", format!("commit {id} (`git show {id}`)")),
        Artifact::CommitTitle(id) => {
            Sight::new("Changes", format!("commit {id} in the list (`git log`)"))
        }
        Artifact::FileLines {
            repo,
            path,
            contains,
        } => {
            let line = line_of(world, repo, path, contains);
            let at = line.map_or_else(String::new, |line| format!(":{line}"));
            Sight::new("Code", format!("{repo}/{path}{at}"))
        }
        Artifact::Group(group) => shell(format!(
            "`kafka-consumer-groups --bootstrap-server {} --describe --group {group}`",
            bootstrap(world)
        )),
        Artifact::Topic(topic) => shell(format!(
            "`kafka-topics --bootstrap-server {} --describe --topic {topic}`",
            bootstrap(world)
        )),
        Artifact::ValkeyInfo(server) => shell(format!("`valkey-cli -h {server} INFO`")),
        Artifact::Message(name) => message(world, name),
        Artifact::SentryIssue(issue) => shell(format!("`sentry show {issue}`")),
        Artifact::Incident(incident) => Sight::new("Pager", incident.clone()),
        Artifact::WikiPage(page) => shell(format!("`wiki show {page}`")),
        Artifact::Ticket(key) => shell(format!("`jira show {key}`")),
        Artifact::CiRun { of, tag } => {
            shell(format!("`gh run view --log` of the run for {of} {tag}"))
        }
        Artifact::ImageManifest { of, tag } => {
            shell(format!("the registry's manifest of {of}:{tag}"))
        }
        Artifact::ImageTag { of, tag } => Sight::new(
            "Browse",
            format!("the registry's tags of {of}: when {tag} was pushed and with which digest"),
        ),
        Artifact::Span {
            of,
            resource,
            lasts,
            failed,
        } => span(of, resource, *lasts, *failed),
        Artifact::Flag(flag) => shell(format!("`flags get {flag}`")),
        Artifact::FlagAudit(flag) => shell(format!("`flags get {flag}`, its audit")),
        Artifact::Schedule(team) => shell(format!("`oncall schedule {team}`")),
        Artifact::StatusIncident(incident) => shell(format!("`statuspage incidents`: {incident}")),
        Artifact::StatusComponent(component) => {
            shell(format!("`statuspage status`: component {component}"))
        }
        Artifact::TerraformResource(address) => shell(format!("`terraform state show {address}`")),
        Artifact::TerraformDrift(address) => shell(format!(
            "`terraform plan`: what it would change of {address}"
        )),
        Artifact::Alarm(alarm) => shell(format!(
            "`aws cloudwatch describe-alarms --alarm-names {alarm}`"
        )),
        Artifact::Table { server, table } => shell(format!(
            "`psql -h {server} -c 'select * from {table} limit 5'`"
        )),
    }
}

fn series(metric: &str, matching: &Map<String>, spans: Option<Duration>) -> Sight {
    let labels: Vec<String> = matching
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let selector = if labels.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric}{{{}}}", labels.join(","))
    };
    let range = spans.map_or_else(String::new, |spans| format!(" over {spans} or more"));
    Sight::new("Metrics", format!("`{selector}`{range}"))
}

fn span(of: &str, resource: &str, lasts: Option<Duration>, failed: bool) -> Sight {
    let which = if failed { "a failed trace" } else { "a trace" };
    let long = lasts.map_or_else(String::new, |lasts| format!(" of {lasts} or more"));
    Sight::new(
        "Traces",
        format!("{which} with a span `{resource}` of {of}{long}"),
    )
}

fn namespace<'a>(world: &'a World, service: &str) -> &'a str {
    let plan = world.plan();
    plan.service(service)
        .map_or("default", |(_, service)| service.spec.namespace.as_str())
}

fn bootstrap(world: &World) -> &str {
    let clusters = &world.plan().pack.estate.kafka;
    clusters
        .values()
        .next()
        .map_or("kafka:9092", |cluster| cluster.bootstrap.as_str())
}

/// The line of a file, as everybody has it, in which a text begins.
fn line_of(world: &World, repo: &str, path: &str, contains: &str) -> Option<usize> {
    let repository = world.repositories().get(repo)?;
    let file = repository.tree(repository.head()?)?.file(path)?.clone();
    let (before, _) = file.split_once(contains)?;
    Some(before.matches('\n').count() + 1)
}

/// A message that is sent by itself is in its channel; an answer has to be asked for.
fn message(world: &World, name: &str) -> Sight {
    let scenario = &world.plan().pack.scenario;
    if let Some(sent) = world.slack().scripted(name) {
        return Sight::new(
            "Slack",
            format!(
                "{} at {} by @{}",
                sent.channel,
                sent.at.format("%H:%M"),
                sent.by
            ),
        );
    }
    if let Some(message) = scenario.messages.get(name) {
        return Sight::new("Slack", format!("{} by @{}", message.channel, message.by));
    }
    let asked = scenario.people.iter().find_map(|(handle, knowledge)| {
        let reply = knowledge
            .replies
            .iter()
            .find(|reply| reply.name.as_deref() == Some(name))?;
        let words: Vec<&str> = reply
            .words
            .iter()
            .filter_map(|any| any.first())
            .map(String::as_str)
            .collect();
        Some((handle, words.join(" ")))
    });
    match asked {
        Some((handle, words)) => Sight::new("Slack", format!("ask @{handle} about {words}")),
        None => Sight::new("Slack", format!("the message {name}")),
    }
}
