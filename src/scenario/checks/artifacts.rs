//! Checks of artifacts: that what a clue or herring names can be seen somewhere.

use super::Checker;
use super::names::Kind;
use super::nearest::{did_you_mean, list};
use super::numbers::HISTORY_MS;
use crate::scenario::format::artifact::Artifact;
use crate::scenario::format::service::Runtime;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

/// Statements to stores that spans are called by.
const STATEMENTS: [&str; 6] = ["SELECT", "INSERT", "DELETE", "HGETALL", "HSET", "DEL"];

impl Checker<'_> {
    /// A list of artifacts.
    pub(super) fn artifacts(&mut self, artifacts: &[Artifact], at: &Place<'_>) {
        for (index, artifact) in artifacts.iter().enumerate() {
            self.artifact(artifact, &at.item(index));
        }
    }

    fn artifact(&mut self, artifact: &Artifact, at: &Place<'_>) {
        let first = || at.item(0);
        match artifact {
            Artifact::Series {
                metric,
                matching,
                spans,
            } => {
                self.metric(metric, &at.field("metric"));
                for label in matching.keys() {
                    self.prometheus_name(label, &at.field("matching").field(label).name());
                }
                if let Some(spans) = spans
                    && spans.millis > HISTORY_MS
                {
                    self.push(
                        at.field("spans")
                            .error(ids::DURATION, "no series goes back so far")
                            .hint("history begins fourteen days before the page"),
                    );
                }
            }
            Artifact::Line { of, contains } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.not_empty(contains, "the text", &at.field("contains"));
                self.line_is_written(of, contains, &at.field("contains"));
            }
            Artifact::PodStatus { of } => self.refer(Kind::Service, of, &at.field("of")),
            Artifact::Rollout(service) => self.refer(Kind::Service, service, &first()),
            Artifact::Object { kind, name } => self.object(kind, name, at),
            Artifact::Commit(id) | Artifact::CommitTitle(id) => {
                self.refer(Kind::Commit, id, &first());
            }
            Artifact::FileLines {
                repo,
                path,
                contains,
            } => {
                self.refer(Kind::Repository, repo, &at.field("repo"));
                self.file(repo, path, &at.field("path"));
                self.not_empty(contains, "the text", &at.field("contains"));
                self.file_holds(repo, path, contains, &at.field("contains"));
            }
            Artifact::Group(group) => self.refer(Kind::Group, group, &first()),
            Artifact::Topic(topic) => self.refer(Kind::Topic, topic, &first()),
            Artifact::ValkeyInfo(server) => self.refer(Kind::Valkey, server, &first()),
            Artifact::Message(name) => self.refer(Kind::Message, name, &first()),
            Artifact::SentryIssue(id) => self.refer(Kind::Sentry, id, &first()),
            Artifact::Incident(id) => self.refer(Kind::Incident, id, &first()),
            Artifact::WikiPage(name) => self.refer(Kind::WikiPage, name, &first()),
            Artifact::Ticket(key) => self.refer(Kind::Ticket, key, &first()),
            Artifact::CiRun { of, tag } | Artifact::ImageManifest { of, tag } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.release(of, tag, &at.field("tag"));
            }
            Artifact::Flag(flag) | Artifact::FlagAudit(flag) => {
                self.refer(Kind::Flag, flag, &first());
            }
            Artifact::Schedule(team) => self.refer(Kind::Team, team, &first()),
            Artifact::StatusIncident(id) => self.refer(Kind::StatusIncident, id, &first()),
            Artifact::StatusComponent(name) => self.refer(Kind::StatusComponent, name, &first()),
            Artifact::TerraformResource(address) | Artifact::TerraformDrift(address) => {
                self.refer(Kind::Resource, address, &first());
            }
            Artifact::Alarm(name) => self.refer(Kind::Alarm, name, &first()),
            Artifact::ImageTag { of, tag } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.image_tag(of, tag, &at.field("tag"));
            }
            Artifact::Span {
                of,
                resource,
                lasts,
                ..
            } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.span(of, resource, &at.field("resource"));
                if let Some(lasts) = lasts {
                    self.duration(*lasts, "1ms", "1h", &at.field("lasts"));
                }
            }
            Artifact::Table { server, table } => self.table(server, table, at),
        }
    }

    /// A Kubernetes object: its kind, and that something of this name is of this kind.
    fn object(&mut self, kind: &str, name: &str, at: &Place<'_>) {
        const KINDS: [&str; 16] = [
            "Pod",
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "Service",
            "Endpoints",
            "ConfigMap",
            "Secret",
            "Node",
            "Namespace",
            "CronJob",
            "Job",
            "HorizontalPodAutoscaler",
            "Event",
            "Container",
        ];
        if !KINDS.contains(&kind) {
            self.push(
                at.field("kind")
                    .error(
                        ids::NO_OBJECT,
                        format!("there is no kind of object `{kind}`"),
                    )
                    .hint(
                        did_you_mean(kind, KINDS)
                            .unwrap_or_else(|| format!("kinds are {}", list(&KINDS))),
                    ),
            );
            return;
        }
        let place = at.field("name");
        match kind {
            "Node" => self.refer(Kind::Node, name, &place),
            "Namespace" => self.refer(Kind::Namespace, name, &place),
            "CronJob" | "Job" => self.refer(Kind::Job, name, &place),
            "ConfigMap" | "Secret" => self.settings(kind, name, &place),
            _ => self.refer(Kind::Service, name, &place),
        }
    }

    /// A tag of a service's images: a release's, or one that moves.
    fn image_tag(&mut self, service: &str, tag: &str, at: &Place<'_>) {
        let of_scenario = self.subject.scenario.map(|scenario| &scenario.image_tags);
        let estate = &self.subject.estate.image_tags;
        let mut moved = estate.iter().chain(of_scenario.into_iter().flatten());
        if !moved.any(|moved| moved.of == service && moved.tag == tag) {
            self.release(service, tag, at);
        }
    }

    /// What a span of a service is called: a route of its own or of a service that it calls, a topic that it writes to, a
    /// statement to its store.
    fn span(&mut self, service: &str, resource: &str, at: &Place<'_>) {
        let Some(known) = self.subject.estate.services.get(service) else {
            return;
        };
        let mut all: Vec<String> = Vec::new();
        for (name, route) in &known.routes {
            all.push(name.clone());
            all.extend(route.calls.iter().map(|call| call.route.clone()));
            let topic = route.produces.iter();
            all.extend(topic.map(|topic| format!("Produce Topic {topic}")));
        }
        if !known.stores.is_empty() {
            all.extend(STATEMENTS.map(str::to_owned));
        }
        let sends = known.runtime != Runtime::Vendor;
        if (sends && all.iter().any(|name| name == resource)) || !self.subject.whole {
            return;
        }
        let near = || did_you_mean(resource, all.iter().map(String::as_str));
        let hint = sends.then(near).flatten();
        self.push(
            at.error(
                ids::ARTIFACT_UNSEEN,
                format!("no span of `{service}` is called `{resource}`"),
            )
            .hint(hint.unwrap_or_else(|| {
                if sends {
                    format!("its spans are {}", list(&all))
                } else {
                    "what somebody else built sends no spans".to_owned()
                }
            })),
        );
    }

    fn settings(&mut self, kind: &str, name: &str, at: &Place<'_>) {
        let all: Vec<&str> = self
            .subject
            .estate
            .namespaces
            .values()
            .flat_map(|namespace| {
                let maps = namespace.config_maps.keys().filter(|_| kind == "ConfigMap");
                maps.chain(namespace.secrets.keys().filter(|_| kind == "Secret"))
            })
            .map(String::as_str)
            .collect();
        if !all.contains(&name) && self.subject.whole {
            self.push(
                at.error(ids::NO_OBJECT, format!("there is no {kind} `{name}`"))
                    .hint(
                        did_you_mean(name, all.iter().copied())
                            .unwrap_or_else(|| format!("known are {}", list(&all))),
                    ),
            );
        }
    }

    fn table(&mut self, server: &str, table: &str, at: &Place<'_>) {
        self.refer(Kind::Postgres, server, &at.field("server"));
        let Some(known) = self.subject.estate.postgres.get(server) else {
            return;
        };
        let tables: Vec<&str> = known
            .databases
            .values()
            .flat_map(|tables| tables.keys())
            .map(String::as_str)
            .collect();
        if !tables.contains(&table) {
            self.push(
                at.field("table")
                    .error(ids::NO_SERVER, format!("`{server}` has no table `{table}`"))
                    .hint(
                        did_you_mean(table, tables.iter().copied())
                            .unwrap_or_else(|| format!("its tables are {}", list(&tables))),
                    ),
            );
        }
    }
}
