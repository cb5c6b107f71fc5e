//! `pagerduty_acknowledge`: takes an incident. Never ends one.

use super::acted::{Acted, IncidentArgs, acted, on};
use crate::sim::command::{Command, PagerAct, Rejection};
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{ToolError, ToolExample};

/// Takes an incident.
pub struct Acknowledge;

impl Change for Acknowledge {
    type Args = IncidentArgs;
    type Output = Acted;
    const NAME: &'static str = "pagerduty_acknowledge";
    const FAMILY: Family = Family::PagerDuty;
    const ABOUT: &'static str =
        "Takes an incident: it stops paging, and its people know who works on it";
    const IMPACT: Impact = Impact {
        destructive: false,
        idempotent: true,
    };

    fn commands(world: &World, args: &IncidentArgs) -> Result<Vec<Command>, ToolError> {
        Ok(vec![on(world, &args.incident_id, PagerAct::Acknowledge)?])
    }

    fn done(world: &World, args: &IncidentArgs, _: &[WorldOutcome]) -> Acted {
        acted(world, &args.incident_id, "acknowledged")
    }

    fn refused(rejection: &Rejection) -> ToolError {
        super::acted::refused(rejection)
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"incident_id": "PD-1"}"#,
                about: "The page is taken",
                prints: "PD-1 acknowledged\n",
            },
            ToolExample {
                args: r#"{"incident_id": "PD-77"}"#,
                about: "An incident that does not exist",
                prints: "pagerduty_acknowledge: incident PD-77 not found\nhint: pagerduty_list_incidents lists them\n",
            },
        ]
    }
}
