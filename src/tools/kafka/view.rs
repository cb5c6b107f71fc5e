//! What Kafka's tools read: offsets by partition, members, brokers. Never keeps an offset of its own.

use crate::scenario::format::infrastructure::KafkaCluster;
use crate::sim::World;
use crate::sim::ids::GroupId;
use crate::sim::kubernetes::pod::Pod;
use crate::sim::plan::{GroupPlan, TopicPlan};
use crate::sim::time::Span;
use crate::sim::world::consumers::assigned;
use crate::sim::world::kafka::TopicLog;
use crate::sim::world::members::{client_id, member_id};

/// A group is rebalancing for so long after a member came or went.
const REBALANCES_FOR: Span = Span::from_secs(4);

/// A cluster as its tools see it.
#[derive(Clone, Copy)]
pub struct Cluster<'a> {
    /// The world.
    pub world: &'a World,
    /// Its name.
    pub name: &'a str,
    /// As declared.
    pub spec: &'a KafkaCluster,
}

/// A partition of a group's topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub number: u32,
    /// Oldest offset that is there.
    pub start: u64,
    /// Committed offset.
    pub committed: u64,
    /// Log end offset.
    pub end: u64,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `<client>-<uuid>`.
    pub consumer_id: String,
    /// `/10.0.0.1`.
    pub host: String,
    /// Client id.
    pub client_id: String,
    /// Partitions it works off.
    pub partitions: Vec<u32>,
}

/// State of a group as the coordinator calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It has members and works.
    Stable,
    /// Members came or went.
    PreparingRebalance,
    /// Nobody is in it.
    Empty,
}

impl GroupState {
    /// Kafka's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stable => "Stable",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::Empty => "Empty",
        }
    }
}

impl<'a> Cluster<'a> {
    /// The cluster whose broker listens at an address.
    pub fn at(world: &'a World, bootstrap: &str) -> Option<Self> {
        let host = |address: &str| address.split(':').next().unwrap_or_default().to_owned();
        let short = |address: &str| {
            host(address)
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let wanted = bootstrap.split(',').next().unwrap_or_default();
        let clusters = world.plan().pack.estate.kafka.iter();
        clusters
            .map(|(name, spec)| Self { world, name, spec })
            .find(|cluster| {
                let declared = &cluster.spec.bootstrap;
                wanted == declared
                    || wanted == host(declared)
                    || short(wanted) == short(declared)
                    || short(wanted) == cluster.spec.service
            })
    }

    /// Whether a broker answers.
    pub fn answers(&self) -> bool {
        let service = self.world.plan().service(&self.spec.service);
        service.is_none_or(|(id, _)| self.world.fleet().ready_of(id) > 0)
    }

    /// Topics that exist, by name.
    pub fn topics(&self) -> Vec<(&'a TopicPlan, &'a TopicLog)> {
        let plans = self.world.plan().topics.iter().zip(self.world.topics());
        plans
            .filter(|(plan, log)| plan.cluster == self.name && log.exists)
            .collect()
    }

    /// A topic that exists.
    pub fn topic(&self, name: &str) -> Option<(&'a TopicPlan, &'a TopicLog)> {
        self.topics()
            .into_iter()
            .find(|(plan, _)| plan.name == name)
    }

    /// Groups that read a topic of this cluster, by name.
    pub fn groups(&self) -> Vec<(GroupId, &'a GroupPlan)> {
        let plan = self.world.plan();
        let mut groups: Vec<_> = plan
            .groups
            .iter()
            .enumerate()
            .map(|(index, group)| (GroupId(index as u32), group))
            .filter(|(_, group)| {
                let topic = plan.topics.get(group.topic.index());
                topic.is_some_and(|topic| topic.cluster == self.name)
            })
            .collect();
        groups.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        groups
    }

    /// The partitions of the topic that a group reads; none once the topic is deleted.
    pub fn partitions(&self, id: GroupId) -> Vec<Partition> {
        let plan = self.world.plan();
        let found = plan.groups.get(id.index()).and_then(|group| {
            let log = self.world.topics().get(group.topic.index())?;
            Some((log, self.world.groups().get(id.index())?))
        });
        let Some((log, state)) = found.filter(|(log, _)| log.exists) else {
            return Vec::new();
        };
        let numbered = state.with(log).zip(0..);
        numbered
            .map(|((progress, log), number)| Partition {
                number,
                start: log.start,
                committed: progress.committed.min(log.end),
                end: log.end,
            })
            .collect()
    }

    /// The members of a group: the pods of its service whose container runs, each with a run of partitions.
    pub fn members(&self, group: &GroupPlan) -> Vec<Member> {
        let plan = self.world.plan();
        let Some(service) = plan.services.get(group.service.index()) else {
            return Vec::new();
        };
        let partitions = plan.partitions(group.topic);
        let client_id = client_id(service.spec.runtime, &group.name);
        let pods: Vec<_> = self
            .world
            .fleet()
            .of(group.service)
            .filter(|(_, pod)| pod.alive)
            .collect();
        let count = pods.len() as u32;
        pods.iter()
            .zip(0_u32..)
            .map(|((name, pod), place)| {
                let object = self.world.cluster().pod(&service.spec.namespace, name);
                let address = object
                    .and_then(Pod::ip)
                    .map_or_else(String::new, |ip| ip.to_string());
                Member {
                    consumer_id: member_id(
                        self.world.seed(),
                        &group.name,
                        &client_id,
                        pod.slot,
                        pod.started,
                        0,
                    ),
                    host: format!("/{address}"),
                    client_id: client_id.clone(),
                    partitions: assigned(partitions, count, place).collect(),
                }
            })
            .collect()
    }

    /// State of a group.
    pub fn state(&self, id: GroupId, group: &GroupPlan) -> GroupState {
        let alive = self
            .world
            .fleet()
            .of(group.service)
            .any(|(_, pod)| pod.alive);
        let now = self.world.now();
        let fresh = self
            .world
            .groups()
            .get(id.index())
            .and_then(|state| state.rebalances.last());
        match (alive, fresh) {
            (false, _) => GroupState::Empty,
            (true, Some(at)) if *at + REBALANCES_FOR > now => GroupState::PreparingRebalance,
            (true, _) => GroupState::Stable,
        }
    }

    /// The broker's port.
    pub fn port(&self) -> &'a str {
        self.spec.bootstrap.rsplit(':').next().unwrap_or("9092")
    }

    /// The broker's host.
    pub fn host(&self) -> &'a str {
        self.spec.bootstrap.split(':').next().unwrap_or_default()
    }

    /// Number of brokers.
    pub fn brokers(&self) -> u32 {
        let service = self.world.plan().service(&self.spec.service);
        service.map_or(1, |(_, service)| service.spec.replicas.max(1))
    }

    /// Copies of each partition: three where there are brokers for it.
    pub fn replication(&self) -> u32 {
        self.brokers().min(3)
    }

    /// The brokers that hold a partition; the first one leads.
    pub fn replicas(&self, partition: u32) -> String {
        let brokers = self.brokers();
        let all =
            (0..self.replication()).map(|copy| ((partition + copy) % brokers + 1).to_string());
        all.collect::<Vec<_>>().join(",")
    }
}
