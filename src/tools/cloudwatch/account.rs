//! The cloud account: its number, its region, ids of instances and volumes. The same in every drill of an estate.

use crate::sim::World;
use crate::tools::drawn::{estate_key, hex};

/// The account's number, twelve digits.
pub fn number(world: &World) -> String {
    let key = estate_key(world, "aws/account");
    format!("{:012}", 100_000_000_000 + key.below(0, 900_000_000_000))
}

/// The region: that of the first node's zone.
pub fn region(world: &World) -> String {
    let nodes = &world.plan().pack.estate.nodes;
    let zone = nodes.values().map(|node| node.zone.as_str()).next();
    let zone = zone.unwrap_or_default();
    let region = zone.trim_end_matches(|c: char| c.is_ascii_lowercase());
    if region.contains('-') {
        region.to_owned()
    } else {
        "eu-central-1".to_owned()
    }
}

/// The id of a node's instance.
pub fn instance(world: &World, node: &str) -> String {
    format!(
        "i-{}",
        hex(estate_key(world, &format!("aws/instance/{node}")), 17)
    )
}

/// The id of something else, with its kind's prefix.
pub fn id(world: &World, prefix: &str, name: &str) -> String {
    format!(
        "{prefix}-{}",
        hex(estate_key(world, &format!("aws/{prefix}/{name}")), 17)
    )
}
