//! Members of consumer groups: under which ids they join, and what each join leaves. Keeps nothing.

use std::sync::Arc;

use crate::scenario::format::service::Runtime;
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::ids::GroupId;
use crate::sim::plan::{GroupPlan, Plan, ServicePlan};
use crate::sim::time::SimTime;

/// Partitions of the topic in which the brokers keep what groups have committed, as Kafka makes it when nobody says otherwise.
pub const OFFSETS_PARTITIONS: u32 = 50;

/// A rebalance of a group, as its coordinator sees it: somebody joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebalance {
    /// The group.
    pub group: GroupId,
    /// When the member joined.
    pub at: SimTime,
    /// How many rebalances the group had before.
    pub old_generation: usize,
    /// Who joined.
    pub member: Member,
    /// How many members it has once this is settled.
    pub members: usize,
    /// When it is settled.
    pub settled: SimTime,
}

/// A member of a group: what its id is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The drill's seed.
    pub seed: u64,
    /// Its client id; `None` for that of its runtime's usual library.
    pub client: Option<Arc<str>>,
    /// The slot of its pod.
    pub slot: u32,
    /// When its container started.
    pub started: SimTime,
    /// Which join of that start it is, from the last one back.
    pub before_last: u64,
}

impl Member {
    /// Its id in a group.
    pub fn id(&self, plan: &Plan, group: &GroupPlan) -> String {
        let service = plan.services.get(group.service.index());
        let own = |service: &ServicePlan| client_id(service.spec.runtime, &group.name).into();
        let client = self.client.clone().or_else(|| service.map(own));
        member_id(
            self.seed,
            &group.name,
            client.as_deref().unwrap_or_default(),
            self.slot,
            self.started,
            self.before_last,
        )
    }
}

/// The client id of a group's members when their program sets none: that of its runtime's usual library.
pub fn client_id(runtime: Runtime, group: &str) -> String {
    match runtime {
        Runtime::Java => format!("consumer-{group}-1"),
        Runtime::Go => "sarama".to_owned(),
        Runtime::Node => "kafkajs".to_owned(),
        Runtime::Python => "kafka-python-2.0.2".to_owned(),
        _ => "rdkafka".to_owned(),
    }
}

/// The id that the coordinator gives a member: its client id and a uuid. `before_last` counts joins of one start from the
/// last one, which stays, back.
pub fn member_id(
    seed: u64,
    group: &str,
    client_id: &str,
    slot: u32,
    started: SimTime,
    before_last: u64,
) -> String {
    let stream = StreamId::of(&format!("kafka/member/{group}")).child(u64::from(slot));
    let key = StreamKey::new(seed, stream).leaf(started.millis());
    format!("{client_id}-{}", uuid(key.draw(before_last), 1))
}

/// The partition of the offsets' topic whose leader coordinates a group: Java's hash of its name.
pub fn offsets_partition(group: &str) -> u32 {
    let hash = group.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    (hash & i32::MAX) as u32 % OFFSETS_PARTITIONS
}

/// A random-looking uuid (version 4) of a word.
pub fn uuid(word: u64, salt: u64) -> String {
    let second = word
        .rotate_left(23)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        word >> 32,
        (word >> 16) & 0xffff,
        word & 0xfff,
        0x8000 | ((second >> 48) & 0x3fff),
        second & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_coordinated_where_kafka_puts_it() {
        // "ab".hashCode() is 31 * 97 + 98 = 3105; that of "worker" is -782,085,250, whose sign bit Kafka leaves out.
        assert_eq!(offsets_partition("ab"), 5);
        assert_eq!(offsets_partition("worker"), 48);
    }

    #[test]
    fn joins_of_one_start_have_ids_of_their_own() {
        let id = |before_last| member_id(7, "g", "rdkafka", 0, SimTime(5), before_last);
        assert_ne!(id(0), id(1));
        assert_eq!(id(0), id(0));
        assert!(id(0).starts_with("rdkafka-"));
    }
}
