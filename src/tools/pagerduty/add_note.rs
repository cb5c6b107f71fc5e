//! `pagerduty_add_note`: a note in an incident's timeline. Never changes its state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acted::{Acted, acted, on};
use crate::sim::command::{Command, PagerAct, Rejection};
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{ToolError, ToolExample};

/// The longest note that PagerDuty takes.
const LONGEST_NOTE: usize = 2_000;

/// Adds a note.
pub struct AddNote;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The incident.
    pub incident_id: String,
    /// The text.
    pub text: String,
}

impl Change for AddNote {
    type Args = Args;
    type Output = Acted;
    const NAME: &'static str = "pagerduty_add_note";
    const FAMILY: Family = Family::PagerDuty;
    const ABOUT: &'static str = "Adds a note to an incident's timeline";
    const IMPACT: Impact = Impact::ADDS;

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        if args.text.trim().is_empty() {
            return Err(ToolError::new("Note content cannot be empty"));
        }
        if args.text.len() > LONGEST_NOTE {
            return Err(ToolError::new(format!(
                "Note content is too long (maximum is {LONGEST_NOTE} bytes)"
            )));
        }
        Ok(vec![on(
            world,
            &args.incident_id,
            PagerAct::Note(args.text.clone()),
        )?])
    }

    fn done(world: &World, args: &Args, _: &[WorldOutcome]) -> Acted {
        acted(world, &args.incident_id, "noted")
    }

    fn refused(rejection: &Rejection) -> ToolError {
        super::acted::refused(rejection)
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"incident_id": "PD-1", "text": "the worker is restarting"}"#,
            about: "A note",
            prints: "PD-1 noted\n",
        }]
    }
}
