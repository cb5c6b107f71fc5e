//! `drill_hand_over` and `drill_give_up`: ways to end a drill before the incident is over. Never undone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notebook::text_of;
use crate::sim::command::{Command, DrillAct};
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// Hands the incident over.
pub struct HandOver;

/// Gives up.
pub struct GiveUp;

/// What the next person must know.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverArgs {
    /// What the next person must know.
    pub note: String,
}

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpArgs {}

/// The end of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Over {
    /// How it ended.
    pub ended: &'static str,
}

impl Text for Over {
    fn text(&self) -> String {
        format!("{}; drill_score tells the rest\n", self.ended)
    }
}

/// It ends the drill.
const ENDS: Impact = Impact {
    destructive: true,
    idempotent: true,
};

impl Change for HandOver {
    type Args = HandOverArgs;
    type Output = Over;
    const NAME: &'static str = "drill_hand_over";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str =
        "Hands the incident over to the next person on call, with a note; this ends the drill";
    const IMPACT: Impact = ENDS;

    fn cost(_: &HandOverArgs) -> Span {
        Span::ZERO
    }

    fn commands(_: &World, args: &HandOverArgs) -> Result<Vec<Command>, ToolError> {
        let note = text_of("the note", &args.note)?;
        Ok(vec![Command::Drill(DrillAct::HandOver(note))])
    }

    fn done(_: &World, _: &HandOverArgs, _: &[WorldOutcome]) -> Over {
        Over {
            ended: "handed over",
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"note": "the worker restarts, cause not found"}"#,
            about: "The next person takes it",
            prints: "handed over; drill_score tells the rest\n",
        }]
    }
}

impl Change for GiveUp {
    type Args = GiveUpArgs;
    type Output = Over;
    const NAME: &'static str = "drill_give_up";
    const FAMILY: Family = Family::Drill;
    const ABOUT: &'static str = "Gives up; this ends the drill";
    const IMPACT: Impact = ENDS;

    fn cost(_: &GiveUpArgs) -> Span {
        Span::ZERO
    }

    fn commands(_: &World, _: &GiveUpArgs) -> Result<Vec<Command>, ToolError> {
        Ok(vec![Command::Drill(DrillAct::GiveUp)])
    }

    fn done(_: &World, _: &GiveUpArgs, _: &[WorldOutcome]) -> Over {
        Over { ended: "given up" }
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "The drill ends",
            prints: "given up; drill_score tells the rest\n",
        }]
    }
}
