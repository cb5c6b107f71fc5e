//! The names of everything that can be referred to. Collects; complains about nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use super::nearest::{did_you_mean, list};
use crate::scenario::format::Map;
use crate::scenario::format::effect::Effect;
use crate::scenario::format::systems::SYSTEMS;
use crate::scenario::ids;

/// A kind of thing that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Service,
    Namespace,
    Node,
    Zone,
    Team,
    Person,
    Channel,
    Repository,
    KafkaCluster,
    Valkey,
    Postgres,
    Store,
    Topic,
    Group,
    Job,
    Flag,
    Fact,
    Driver,
    Stock,
    Alert,
    Fault,
    Clue,
    Herring,
    Message,
    Sentry,
    Incident,
    Ticket,
    StatusIncident,
    StatusComponent,
    Supplier,
    Alarm,
    Resource,
    System,
    WikiPage,
    Chatter,
    Commit,
    Metric,
}

impl Kind {
    /// The id of a reference to one that does not exist.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Service => ids::NO_SERVICE,
            Self::Namespace => ids::NO_NAMESPACE,
            Self::Node | Self::Zone => ids::NO_NODE,
            Self::Team => ids::NO_TEAM,
            Self::Person => ids::NO_PERSON,
            Self::Channel => ids::NO_CHANNEL,
            Self::Repository => ids::NO_REPOSITORY,
            Self::KafkaCluster | Self::Valkey | Self::Postgres | Self::Store => ids::NO_SERVER,
            Self::Topic => ids::NO_TOPIC,
            Self::Group => ids::NO_GROUP,
            Self::Job => ids::NO_JOB,
            Self::Flag => ids::NO_FLAG,
            Self::Fact => ids::NO_FACT,
            Self::Driver => ids::NO_DRIVER,
            Self::Stock => ids::NO_STOCK,
            Self::Alert => ids::NO_ALERT,
            Self::Fault => ids::NO_FAULT,
            Self::Clue => ids::NO_CLUE,
            Self::Herring => ids::NO_HERRING,
            Self::Message => ids::NO_MESSAGE,
            Self::Sentry => ids::NO_SENTRY_ISSUE,
            Self::Incident => ids::NO_INCIDENT,
            Self::Ticket => ids::NO_TICKET,
            Self::StatusIncident | Self::StatusComponent | Self::Supplier => ids::NO_STATUS,
            Self::Alarm => ids::NO_ALARM,
            Self::Resource => ids::NO_RESOURCE,
            Self::System => ids::NO_SYSTEM,
            Self::WikiPage => ids::NO_WIKI_PAGE,
            Self::Chatter => ids::NO_TEXT,
            Self::Commit => ids::NO_COMMIT,
            Self::Metric => ids::NO_METRIC,
        }
    }

    /// What to call it.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Team => "team",
            Self::Person => "person",
            Self::Channel => "channel",
            Self::Repository => "repository",
            Self::KafkaCluster => "Kafka cluster",
            Self::Valkey => "Valkey server",
            Self::Postgres => "PostgreSQL server",
            Self::Store => "Valkey or PostgreSQL server",
            Self::Topic => "topic",
            Self::Group => "consumer group",
            Self::Job => "cron job",
            Self::Flag => "feature flag",
            Self::Fact => "fact",
            Self::Driver => "driver",
            Self::Stock => "stock",
            Self::Alert => "alert",
            Self::Fault => "fault",
            Self::Clue => "clue",
            Self::Herring => "red herring",
            Self::Message => "message",
            Self::Sentry => "Sentry issue",
            Self::Incident => "incident",
            Self::Ticket => "ticket",
            Self::StatusIncident => "incident of the status page",
            Self::StatusComponent => "component of the status page",
            Self::Supplier => "supplier with a status page",
            Self::Alarm => "alarm of the cloud account",
            Self::Resource => "resource of the infrastructure",
            Self::System => "system whose calls can be limited",
            Self::WikiPage => "wiki page",
            Self::Chatter => "chatter file",
            Self::Commit => "commit",
            Self::Metric => "series",
        }
    }

    /// Whether only a scenario gives its names.
    pub const fn is_of_scenario(self) -> bool {
        matches!(
            self,
            Self::Fact
                | Self::Driver
                | Self::Stock
                | Self::Fault
                | Self::Clue
                | Self::Herring
                | Self::Message
                | Self::Sentry
                | Self::Incident
        )
    }

    /// Whether its names are given inside of values, and are unknown when such a value could not be read.
    pub const fn is_inside(self) -> bool {
        matches!(
            self,
            Self::Topic
                | Self::Group
                | Self::Zone
                | Self::Commit
                | Self::Message
                | Self::Metric
                | Self::StatusIncident
                | Self::StatusComponent
                | Self::Supplier
                | Self::Alarm
                | Self::Resource
        )
    }
}

/// All names by kind.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    known: BTreeMap<Kind, BTreeSet<&'a str>>,
}

impl<'a> Names<'a> {
    /// Whether there is one of this name. A commit may be named by the beginning of its id.
    pub fn has(&self, kind: Kind, name: &str) -> bool {
        let Some(known) = self.known.get(&kind) else {
            return false;
        };
        if kind == Kind::Commit && name.len() >= 4 {
            return known
                .range(name..)
                .next()
                .is_some_and(|id| id.starts_with(name));
        }
        known.contains(name)
    }

    /// All names of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &'a str> + '_ {
        self.known.get(&kind).into_iter().flatten().copied()
    }

    /// What the author may have meant.
    pub fn hint(&self, kind: Kind, name: &str) -> String {
        did_you_mean(name, self.all(kind)).unwrap_or_else(|| {
            let known: Vec<&str> = self.all(kind).collect();
            if known.is_empty() {
                format!("there is no {} at all", kind.noun())
            } else {
                format!("known are {}", list(&known))
            }
        })
    }

    /// Takes further names of a kind.
    pub fn add(&mut self, kind: Kind, names: impl IntoIterator<Item = &'a str>) {
        self.known.entry(kind).or_default().extend(names);
    }

    fn map<V>(&mut self, kind: Kind, map: &'a Map<V>) {
        self.add(kind, map.keys().map(String::as_str));
    }

    /// Collects the names of a subject.
    pub fn collect(
        subject: &Subject<'a>,
        metrics: &'a [String],
        alerts: &'a [&'static str],
    ) -> Self {
        let mut names = Self::default();
        names.add(Kind::Metric, metrics.iter().map(String::as_str));
        if subject.estate.alerting.standard {
            let without = &subject.estate.alerting.without;
            let brought = alerts.iter().copied();
            names.add(
                Kind::Alert,
                brought.filter(|name| !without.iter().any(|other| other == name)),
            );
        }
        names.of_estate(subject);
        names.of_scenario(subject);
        names.of_texts(subject);
        names
    }

    fn of_estate(&mut self, subject: &Subject<'a>) {
        let estate = subject.estate;
        self.map(Kind::Service, &estate.services);
        self.map(Kind::KafkaCluster, &estate.kafka);
        for cluster in estate.kafka.values() {
            self.map(Kind::Topic, &cluster.topics);
        }
        self.add(
            Kind::Zone,
            estate.nodes.values().map(|node| node.zone.as_str()),
        );
        for service in estate.services.values() {
            self.add(
                Kind::Group,
                service.consumes.iter().map(|each| each.group.as_str()),
            );
        }
        self.add(
            Kind::Metric,
            estate.series.values().map(|spec| spec.metric.as_str()),
        );
        self.map(Kind::Metric, &estate.recordings);
        self.map(Kind::StatusIncident, &estate.status_page.incidents);
        self.map(Kind::Supplier, &estate.status_page.suppliers);
        for supplier in estate.status_page.suppliers.values() {
            self.map(Kind::StatusIncident, &supplier.incidents);
            self.map(Kind::StatusComponent, &supplier.components);
        }
        self.add(Kind::System, SYSTEMS.iter().copied());
        if estate.status_page.components.is_empty() {
            self.map(Kind::StatusComponent, &estate.journeys);
        }
        self.map(Kind::StatusComponent, &estate.status_page.components);
        self.add(Kind::Metric, ["ALERTS", "ALERTS_FOR_STATE", "up"]);
        // From the files rather than the values: one that could not be read has its name all the same.
        let places = subject.estate_places;
        for (kind, field) in [
            (Kind::Service, "services"),
            (Kind::Namespace, "namespaces"),
            (Kind::Node, "nodes"),
            (Kind::Team, "teams"),
            (Kind::Person, "people"),
            (Kind::Channel, "channels"),
            (Kind::Repository, "repositories"),
            (Kind::KafkaCluster, "kafka"),
            (Kind::Valkey, "valkey"),
            (Kind::Store, "valkey"),
            (Kind::Postgres, "postgres"),
            (Kind::Store, "postgres"),
            (Kind::Job, "jobs"),
            (Kind::Flag, "flags"),
            (Kind::Alert, "alerts"),
            (Kind::Ticket, "tickets"),
        ] {
            self.add(kind, places.written_names(field));
        }
    }

    fn of_scenario(&mut self, subject: &Subject<'a>) {
        let Some(scenario) = subject.scenario else {
            return;
        };
        for (kind, field) in [
            (Kind::Service, "services"),
            (Kind::Fact, "facts"),
            (Kind::Driver, "drivers"),
            (Kind::Stock, "stocks"),
            (Kind::Fault, "faults"),
            (Kind::Alert, "alerts"),
            (Kind::Clue, "clues"),
            (Kind::Herring, "red_herrings"),
            (Kind::Message, "messages"),
            (Kind::Sentry, "sentry"),
            (Kind::Incident, "incidents"),
            (Kind::Ticket, "tickets"),
            (Kind::StatusIncident, "status_incidents"),
        ] {
            self.add(kind, subject.scenario_places.written_names(field));
        }
        self.add(
            Kind::Metric,
            scenario.series.values().map(|spec| spec.metric.as_str()),
        );
        for incidents in scenario.supplier_incidents.values() {
            self.map(Kind::StatusIncident, incidents);
        }
        for knowledge in scenario.people.values() {
            let named = knowledge
                .replies
                .iter()
                .filter_map(|reply| reply.name.as_deref());
            self.add(Kind::Message, named);
        }
    }

    fn of_texts(&mut self, subject: &Subject<'a>) {
        let text = |name: &'a String| name.as_str();
        for files in std::iter::once(subject.estate_files).chain(subject.scenario_files) {
            self.add(Kind::WikiPage, files.wiki.keys().map(text));
            self.add(Kind::Chatter, files.chatter.keys().map(text));
        }
        for texts in subject.repositories.values() {
            self.add(Kind::Repository, []);
            let ids = texts
                .root
                .iter()
                .chain(&texts.commits)
                .map(|commit| commit.id.as_str());
            self.add(Kind::Commit, ids);
        }
    }
}

/// The outcome classes of a service's requests that faults bring, with the route of each; `None` is every route.
pub(super) fn classes<'a>(
    faults: impl IntoIterator<Item = &'a crate::scenario::format::fault::Fault>,
    service: &str,
) -> Vec<(Option<&'a str>, &'a str)> {
    let mut found = vec![(None, "error")];
    for fault in faults {
        for effect in &fault.effects {
            match effect {
                Effect::Errors {
                    of, route, class, ..
                } if of == service => {
                    found.push((route.as_deref(), class.as_str()));
                }
                _ => {}
            }
        }
    }
    found
}
