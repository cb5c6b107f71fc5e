//! What `kafka_exporter` says of topics and consumer groups.

use super::{Catalog, labels};
use crate::sim::ids::{GroupId, TopicId};
use crate::sim::telemetry::series::{Base, Values};

#[expect(clippy::too_many_lines, reason = "a list of what is declared")]
pub(super) fn declare(catalog: &mut Catalog<'_>) {
    let plan = catalog.plan;
    for (index, topic) in plan.topics.iter().enumerate() {
        let Some(signals) = catalog.signals.topic(TopicId(index as u32)).cloned() else {
            continue;
        };
        let own = || {
            labels([
                ("topic", topic.name.as_str()),
                ("partition", "0"),
                ("job", "kafka-exporter"),
            ])
        };
        let end = Values::Counter {
            atoms: signals.producers.clone(),
            unit: 1.0,
            base: Base::AtOpen(signals.end_at_page as f64),
            minus: None,
        };
        let metric = "kafka_topic_partition_current_offset";
        catalog.single(
            metric,
            "Current offset of a broker at topic/partition.",
            own(),
            end,
        );
        let oldest = Values::Value {
            value: signals.start,
            scale: 1.0,
        };
        let metric = "kafka_topic_partition_oldest_offset";
        catalog.single(
            metric,
            "Oldest offset of a broker at topic/partition.",
            own(),
            oldest,
        );
    }
    for (index, group) in plan.groups.iter().enumerate() {
        let Some(signals) = catalog.signals.group(GroupId(index as u32)).cloned() else {
            continue;
        };
        let Some(topic) = catalog.signals.topic(group.topic).cloned() else {
            continue;
        };
        let name = plan
            .topics
            .get(group.topic.index())
            .map_or("", |topic| topic.name.as_str());
        let own = || {
            labels([
                ("consumergroup", group.name.as_str()),
                ("topic", name),
                ("partition", "0"),
                ("job", "kafka-exporter"),
            ])
        };
        for (metric, help, lag) in [
            (
                "kafka_consumergroup_lag",
                "Current approximate lag of a consumer group at topic/partition.",
                true,
            ),
            (
                "kafka_consumergroup_current_offset",
                "Current offset of a consumer group at topic/partition.",
                false,
            ),
        ] {
            let values = Values::Offset {
                atoms: topic.producers.clone(),
                end_at_open: topic.end_at_page,
                held: signals.committed,
                lag,
            };
            catalog.single(metric, help, own(), values);
        }
        let members = Values::Value {
            value: signals.members,
            scale: 1.0,
        };
        let of_group = labels([
            ("consumergroup", group.name.as_str()),
            ("job", "kafka-exporter"),
        ]);
        catalog.single(
            "kafka_consumergroup_members",
            "Amount of members in a consumer group.",
            of_group.clone(),
            members,
        );
        let rebalances = Values::Value {
            value: signals.rebalances,
            scale: 1.0,
        };
        let metric = "kafka_consumergroup_rebalances_total";
        catalog.single(
            metric,
            "Rebalances of a consumer group.",
            of_group,
            rebalances,
        );
    }
}
