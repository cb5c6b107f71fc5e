//! `featureflags_list`: all flags with their values and last changes. Never their whole audit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists flags.
pub struct ListFlags;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Most flags, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Flags {
    /// By key.
    pub flags: Vec<Flag>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Flag {
    /// Its key.
    pub flag: String,
    /// Whether it is on.
    pub on: bool,
    /// The share of sessions that get it while it is on, in percent.
    pub percent: u32,
    /// Who owns it.
    pub owner: String,
    /// The service that reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What it switches.
    pub about: String,
    /// When it was changed last, in ms since the epoch.
    pub changed_ms: Option<i64>,
    /// By whom.
    pub changed_by: Option<String>,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// The word for a value.
pub const fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A flag as a row; `None` for one that does not exist.
pub fn flag_row(world: &World, key: &str) -> Option<Flag> {
    let on = *world.facts().flags.get(key)?;
    let declared = world.plan().pack.estate.flags.get(key);
    let last = audit::of(world, key).into_iter().next();
    Some(Flag {
        flag: key.to_owned(),
        on,
        percent: declared.and_then(|flag| flag.percent).unwrap_or(100),
        owner: declared.map_or_else(|| "-".to_owned(), |flag| flag.owner.clone()),
        service: declared.and_then(|flag| flag.service.clone()),
        about: declared.map_or_else(String::new, |flag| flag.about.clone()),
        changed_ms: last.as_ref().map(|change| change.at_ms),
        changed_by: last.map(|change| change.by),
        artifact: Shown::Flag(key.to_owned()).id(),
    })
}

impl Text for Flags {
    fn text(&self) -> String {
        let mut rows = vec![row([
            "FLAG",
            "VALUE",
            "OWNER",
            "CHANGED",
            "WHAT IT SWITCHES",
        ])];
        for flag in &self.flags {
            let value = if flag.on && flag.percent < 100 {
                format!("on {}%", flag.percent)
            } else {
                word(flag.on).to_owned()
            };
            let changed = flag.changed_ms.zip(flag.changed_by.as_ref());
            let changed = changed.map_or_else(
                || "-".to_owned(),
                |(ms, by)| format!("{} by {by}", SimTime(ms).format("%Y-%m-%d %H:%M")),
            );
            rows.push(row([
                &flag.flag,
                &value,
                &flag.owner,
                &changed,
                &flag.about,
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.flags.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

impl Look for ListFlags {
    type Args = Args;
    type Output = Flags;
    const NAME: &'static str = "featureflags_list";
    const FAMILY: Family = Family::FeatureFlags;
    const ABOUT: &'static str = "Lists feature flags with their values and who changed them last";

    fn look(world: &World, args: &Args) -> Result<Seen<Flags>, ToolError> {
        let keys: Vec<&String> = world.facts().flags.keys().collect();
        let page = paging::page(keys, args.limit, args.cursor.as_deref(), |key| {
            (*key).clone()
        })?;
        let flags: Vec<Flag> = page
            .items
            .iter()
            .filter_map(|key| flag_row(world, key))
            .collect();
        Ok(Seen {
            shown: flags
                .iter()
                .map(|flag| Shown::Flag(flag.flag.clone()))
                .collect(),
            output: Flags {
                flags,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "All flags",
            prints: "FLAG           VALUE  OWNER  CHANGED                   WHAT IT SWITCHES\nbatch-size-v2  off    lena   2026-02-10 14:00 by lena  Larger batches in the worker\n",
        }]
    }
}
