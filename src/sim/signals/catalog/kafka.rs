//! What `kafka_exporter` says of topics and consumer groups, partition by partition.

use super::{Catalog, labels};
use crate::sim::ids::{GroupId, TopicId};
use crate::sim::plan::{GroupPlan, TopicPlan};
use crate::sim::signals::{GroupSignals, TopicSignals};
use crate::sim::telemetry::series::{Base, Offsets, Values};

/// The exporter's job.
const JOB: (&str, &str) = ("job", "kafka-exporter");

pub(super) fn declare(catalog: &mut Catalog<'_>) {
    let plan = catalog.plan;
    for (index, topic) in plan.topics.iter().enumerate() {
        if let Some(signals) = catalog.signals.topic(TopicId(index as u32)).cloned() {
            declare_topic(catalog, topic, &signals);
        }
    }
    for (index, group) in plan.groups.iter().enumerate() {
        let signals = catalog.signals.group(GroupId(index as u32)).cloned();
        let topic = plan.topics.get(group.topic.index());
        let of_topic = catalog.signals.topic(group.topic).cloned();
        if let (Some(signals), Some(topic), Some(of_topic)) = (signals, topic, of_topic) {
            declare_offsets(catalog, (group, &signals), (topic, &of_topic));
            declare_members(catalog, group, &signals);
        }
    }
}

fn declare_topic(catalog: &mut Catalog<'_>, topic: &TopicPlan, signals: &TopicSignals) {
    let partitions = signals.starts.len() as u32;
    for (number, start) in (0..partitions).zip(&signals.starts) {
        let number_text = number.to_string();
        let own = || {
            labels([
                ("topic", topic.name.as_str()),
                ("partition", number_text.as_str()),
                JOB,
            ])
        };
        catalog.single(
            "kafka_topic_partition_current_offset",
            "Current offset of a broker at topic/partition.",
            own(),
            log_end(signals, number, partitions),
        );
        catalog.single(
            "kafka_topic_partition_oldest_offset",
            "Oldest offset of a broker at topic/partition.",
            own(),
            value(*start),
        );
    }
}

/// A partition's log end; the only one's is the count of all messages.
fn log_end(signals: &TopicSignals, number: u32, partitions: u32) -> Values {
    let atoms = signals.producers.clone();
    if partitions == 1 {
        return Values::Counter {
            atoms,
            unit: 1.0,
            base: Base::AtOpen(signals.end_at_page as f64),
            minus: None,
        };
    }
    Values::Offset {
        atoms,
        end_at_open: signals.end_at_page,
        partitions,
        shows: Offsets::LogEnd(number),
    }
}

const fn value(value: crate::sim::telemetry::store::ValueId) -> Values {
    Values::Value { value, scale: 1.0 }
}

fn declare_offsets(
    catalog: &mut Catalog<'_>,
    (group, signals): (&GroupPlan, &GroupSignals),
    (topic, of_topic): (&TopicPlan, &TopicSignals),
) {
    for (number, held) in (0..).zip(&signals.committed) {
        let number_text = u32::to_string(&number);
        let own = labels([
            ("consumergroup", group.name.as_str()),
            ("topic", topic.name.as_str()),
            ("partition", number_text.as_str()),
            JOB,
        ]);
        let offset = |shows: Offsets| Values::Offset {
            atoms: of_topic.producers.clone(),
            end_at_open: of_topic.end_at_page,
            partitions: of_topic.starts.len() as u32,
            shows,
        };
        let held = vec![(number, *held)];
        catalog.single(
            "kafka_consumergroup_lag",
            "Current approximate lag of a consumer group at topic/partition.",
            own.clone(),
            offset(Offsets::Lag(held.clone())),
        );
        catalog.single(
            "kafka_consumergroup_current_offset",
            "Current offset of a consumer group at topic/partition.",
            own,
            offset(Offsets::Committed(held)),
        );
    }
}

fn declare_members(catalog: &mut Catalog<'_>, group: &GroupPlan, signals: &GroupSignals) {
    let own = labels([("consumergroup", group.name.as_str()), JOB]);
    catalog.single(
        "kafka_consumergroup_members",
        "Amount of members in a consumer group.",
        own.clone(),
        value(signals.members),
    );
    catalog.single(
        "kafka_consumergroup_rebalances_total",
        "Rebalances of a consumer group.",
        own,
        value(signals.rebalances),
    );
}
