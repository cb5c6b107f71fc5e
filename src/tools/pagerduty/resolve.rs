//! `pagerduty_resolve`: says that an incident is over. Never knows whether it is.

use super::acted::{Acted, IncidentArgs, acted, on};
use crate::sim::command::{Command, PagerAct, Rejection};
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{ToolError, ToolExample};

/// Says that an incident is over.
pub struct Resolve;

impl Change for Resolve {
    type Args = IncidentArgs;
    type Output = Acted;
    const NAME: &'static str = "pagerduty_resolve";
    const FAMILY: Family = Family::PagerDuty;
    const ABOUT: &'static str =
        "Says that an incident is over; it comes back while what paged still holds";
    const IMPACT: Impact = Impact::SETS;

    fn commands(world: &World, args: &IncidentArgs) -> Result<Vec<Command>, ToolError> {
        Ok(vec![on(world, &args.incident_id, PagerAct::Resolve)?])
    }

    fn done(world: &World, args: &IncidentArgs, _: &[WorldOutcome]) -> Acted {
        acted(world, &args.incident_id, "resolved")
    }

    fn refused(rejection: &Rejection) -> ToolError {
        super::acted::refused(rejection)
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: r#"{"incident_id": "PD-1"}"#,
            about: "The page is called over",
            prints: "PD-1 resolved\n",
        }]
    }
}
