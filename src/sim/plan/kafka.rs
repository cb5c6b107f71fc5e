//! Topics and consumer groups of the plan. Never their offsets: those are the world's.

use super::Plan;
use crate::scenario::format::infrastructure::Topic;
use crate::scenario::format::values::Duration;
use crate::sim::ids::{GroupId, RouteId, ServiceId, TopicId};
use crate::sim::time::{SimTime, Span};

/// A topic.
#[derive(Debug)]
pub struct TopicPlan {
    /// Its name.
    pub name: String,
    /// Its cluster's name.
    pub cluster: String,
    /// The service whose pods are the brokers.
    pub broker: Option<ServiceId>,
    /// As declared.
    pub spec: Topic,
    /// The broker's variable for the default retention in hours.
    pub retention_env: String,
    /// How often retention is checked.
    pub check_every: Span,
    /// Routes whose good requests write to it.
    pub producers: Vec<RouteId>,
    /// Known offsets: instant and log end offset, ascending.
    pub marks: Vec<(SimTime, u64)>,
}

impl TopicPlan {
    /// How many partitions it has, one at least.
    pub fn partitions(&self) -> u32 {
        self.spec.partitions.max(1)
    }

    /// An instant at which a segment closes; all others are whole segments away from it.
    pub fn segment_phase(&self) -> SimTime {
        SimTime(self.spec.segment_closes.map_or(0, |at| at.millis))
    }

    /// How long a segment stays open.
    pub fn segment(&self) -> Span {
        Span(self.spec.segment.millis.max(Duration::from_secs(60).millis))
    }
}

/// A consumer group.
#[derive(Debug)]
pub struct GroupPlan {
    /// Its name.
    pub name: String,
    /// The topic it reads.
    pub topic: TopicId,
    /// The service whose pods are its members.
    pub service: ServiceId,
    /// Messages a second that one ready pod works off.
    pub per_pod: f64,
    /// The log template written for each message.
    pub line: Option<String>,
}

impl Plan {
    /// How many partitions a topic has, one at least.
    pub fn partitions(&self, topic: TopicId) -> u32 {
        let found = self.topics.get(topic.index());
        found.map_or(1, TopicPlan::partitions)
    }
}

pub(super) fn add_topics(plan: &mut Plan) {
    let pack = std::sync::Arc::clone(&plan.pack);
    for (cluster_name, cluster) in &pack.estate.kafka {
        let broker = plan.names.services.get(&cluster.service).copied();
        for (name, spec) in &cluster.topics {
            let id = TopicId(plan.topics.len() as u32);
            plan.names.topics.insert(name.clone(), id);
            let mut marks: Vec<_> = spec
                .offsets
                .iter()
                .map(|mark| (SimTime(mark.at.millis), mark.end))
                .collect();
            marks.sort_unstable();
            plan.topics.push(TopicPlan {
                name: name.clone(),
                cluster: cluster_name.clone(),
                broker,
                spec: spec.clone(),
                retention_env: cluster.retention_env.clone(),
                check_every: Span(cluster.retention_check.millis.max(1000)),
                producers: Vec::new(),
                marks,
            });
        }
    }
    add_groups(plan);
}

fn add_groups(plan: &mut Plan) {
    let mut gaps = Vec::new();
    for index in 0..plan.services.len() {
        let service = ServiceId(index as u32);
        let consumed = plan
            .services
            .get(index)
            .map(|found| found.spec.consumes.clone())
            .unwrap_or_default();
        for consumes in consumed {
            let Some(topic) = plan.names.topics.get(&consumes.topic).copied() else {
                gaps.push(format!("topic {}", consumes.topic));
                continue;
            };
            let id = GroupId(plan.groups.len() as u32);
            plan.names.groups.insert(consumes.group.clone(), id);
            plan.groups.push(GroupPlan {
                name: consumes.group,
                topic,
                service,
                per_pod: consumes.per_pod.per_second,
                line: consumes.line,
            });
            if let Some(found) = plan.services.get_mut(index) {
                found.groups.push(id);
            }
        }
    }
    plan.gaps.extend(gaps);
}
