//! `featureflags_set`: switches a flag. Never makes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::{Flag, flag_row, word};
use crate::scenario::checks::nearest::did_you_mean;
use crate::sim::command::{Command, Rejection};
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// Switches a flag.
pub struct SetFlag;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The flag's key.
    pub flag: String,
    /// On or off.
    pub on: bool,
}

/// A flag that was switched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Switched {
    /// The flag's key.
    pub key: String,
    /// What it is now.
    pub on: bool,
    /// The flag as it is now.
    pub flag: Option<Flag>,
}

impl Text for Switched {
    fn text(&self) -> String {
        format!(
            "{} is {} now; services see it within a minute\n",
            self.key,
            word(self.on)
        )
    }
}

impl Change for SetFlag {
    type Args = Args;
    type Output = Switched;
    const NAME: &'static str = "featureflags_set";
    const FAMILY: Family = Family::FeatureFlags;
    const ABOUT: &'static str = "Switches a feature flag on or off in production; services see it within a minute, and the audit says that it was you";
    const IMPACT: Impact = Impact::SETS;

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        if !world.facts().flags.contains_key(&args.flag) {
            let known = world.facts().flags.keys().map(String::as_str);
            return Err(ToolError {
                message: format!("flag \"{}\" does not exist", args.flag),
                hint: Some(
                    did_you_mean(&args.flag, known)
                        .unwrap_or_else(|| "featureflags_list lists them".to_owned()),
                ),
            });
        }
        Ok(vec![Command::SetFlag {
            flag: args.flag.clone(),
            on: args.on,
        }])
    }

    fn done(world: &World, args: &Args, _: &[WorldOutcome]) -> Switched {
        Switched {
            key: args.flag.clone(),
            on: args.on,
            flag: flag_row(world, &args.flag),
        }
    }

    fn refused(rejection: &Rejection) -> ToolError {
        ToolError::new(rejection.message.clone())
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"flag": "batch-size-v2", "on": true}"#,
                about: "Switches one on",
                prints: "batch-size-v2 is on now; services see it within a minute\n",
            },
            ToolExample {
                args: r#"{"flag": "none", "on": true}"#,
                about: "A flag that does not exist",
                prints: "featureflags_set: flag \"none\" does not exist\nhint: featureflags_list lists them\n",
            },
        ]
    }
}
