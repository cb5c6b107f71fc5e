//! The audit of a flag: every change of its value, from the estate's history to this second. Never forgets one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::drawn::estate_key;

/// A change of a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// To what.
    pub on: bool,
    /// By whom.
    pub by: String,
    /// Why, as they wrote it; often empty.
    pub why: String,
    /// The flag was made with this value.
    pub created: bool,
}

/// A flag's changes, newest first; the last is its making.
pub fn of(world: &World, flag: &str) -> Vec<Change> {
    let plan = world.plan();
    let mut changes = Vec::new();
    if let Some(declared) = plan.pack.estate.flags.get(flag) {
        for change in &declared.history {
            changes.push(Change {
                at_ms: plan.moment(change.at).millis(),
                on: change.on,
                by: change.by.clone(),
                why: change.why.clone(),
                created: false,
            });
        }
        if let Some(changed) = declared.changed {
            changes.push(Change {
                at_ms: plan.moment(changed).millis(),
                on: declared.on,
                by: declared.owner.clone(),
                why: String::new(),
                created: false,
            });
        }
        changes.sort_by_key(|change| change.at_ms);
        // A flag is made some weeks before its first change, with the other value.
        let first = changes.first();
        let at = first.map_or(plan.history_start(), |change| SimTime(change.at_ms));
        let key = estate_key(world, &format!("flags/{flag}"));
        let weeks = key.between(0, 6 * 24, 40 * 24);
        changes.insert(
            0,
            Change {
                at_ms: ((at - Span::from_hours(weeks)).floor_to(Span::from_hours(24))
                    + Span::from_mins(key.between(1, 8 * 60, 16 * 60)))
                .millis(),
                on: first.map_or(declared.on, |change| !change.on),
                by: declared.owner.clone(),
                why: String::new(),
                created: true,
            },
        );
    }
    let since = world.facts().flag_changes.iter();
    changes.extend(
        since
            .filter(|(_, of, _, _)| of == flag)
            .map(|(at, _, on, by)| Change {
                at_ms: at.millis(),
                on: *on,
                by: by.clone(),
                why: String::new(),
                created: false,
            }),
    );
    changes.retain(|change| change.at_ms <= world.now().millis());
    changes.reverse();
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::command::Command;
    use crate::sim::testing::small_world;

    #[test]
    fn a_switch_is_in_the_audit_with_who_and_when() {
        let mut world = small_world();
        let before = of(&world, "batch-size-v2");
        assert!(before.last().unwrap().created);
        let command = Command::SetFlag {
            flag: "batch-size-v2".to_owned(),
            on: true,
        };
        world.apply(&command).unwrap();
        let after = of(&world, "batch-size-v2");
        assert_eq!(after.len(), before.len() + 1);
        assert_eq!(
            (after[0].on, after[0].by.as_str(), after[0].at_ms),
            (true, world.trainee_handle(), world.now().millis())
        );
    }
}
