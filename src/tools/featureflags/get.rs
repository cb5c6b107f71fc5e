//! `featureflags_get`: one flag with its audit. Never switches it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::{self, Change};
use super::list::{Flag, flag_row, word};
use crate::scenario::checks::nearest::did_you_mean;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads a flag.
pub struct GetFlag;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The flag's key.
    pub flag: String,
}

/// A flag with its audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Detail {
    /// The flag.
    pub flag: Flag,
    /// Its changes, newest first.
    pub audit: Vec<Change>,
}

impl Text for Detail {
    fn text(&self) -> String {
        let flag = &self.flag;
        let mut text = format!("{}  {}\n{}\n\n", flag.flag, word(flag.on), flag.about);
        text.push_str(&format!("owner    {}\n", flag.owner));
        if let Some(service) = &flag.service {
            text.push_str(&format!("read by  {service}\n"));
        }
        text.push_str(&format!(
            "share    {} % of sessions while on\n\n",
            flag.percent
        ));
        for change in &self.audit {
            let at = SimTime(change.at_ms).format("%Y-%m-%d %H:%M:%S");
            let what = if change.created { "created " } else { "" };
            let why = if change.why.is_empty() {
                String::new()
            } else {
                format!("  {}", change.why)
            };
            text.push_str(&format!(
                "{at}  {}  {what}{}{why}\n",
                change.by,
                word(change.on)
            ));
        }
        text
    }
}

impl Look for GetFlag {
    type Args = Args;
    type Output = Detail;
    const NAME: &'static str = "featureflags_get";
    const FAMILY: Family = Family::FeatureFlags;
    const ABOUT: &'static str = "Shows a feature flag and every change of it: who, when, to what";

    fn look(world: &World, args: &Args) -> Result<Seen<Detail>, ToolError> {
        let flag = flag_row(world, &args.flag).ok_or_else(|| {
            let known = world.facts().flags.keys().map(String::as_str);
            ToolError {
                message: format!("flag \"{}\" does not exist", args.flag),
                hint: Some(
                    did_you_mean(&args.flag, known)
                        .unwrap_or_else(|| "featureflags_list lists them".to_owned()),
                ),
            }
        })?;
        Ok(Seen {
            output: Detail {
                audit: audit::of(world, &args.flag),
                flag,
            },
            shown: vec![Shown::FlagAudit(args.flag.clone())],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"flag\":\"batch-size-v2\"}",
                about: "A flag with its audit",
                prints: "batch-size-v2  off\nLarger batches in the worker\n\nowner    lena\nshare    100 % of sessions while on\n\n2026-02-10 14:00:00  lena  off\n2026-01-24 09:35:00  lena  created on\n",
            },
            ToolExample {
                args: "{\"flag\":\"none\"}",
                about: "A flag that does not exist",
                prints: "featureflags_get: flag \"none\" does not exist\nhint: featureflags_list lists them\n",
            },
        ]
    }
}
