//! What tools that act on an incident share: the incident named, and what became of it. Never acts itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incidents;
use super::list_incidents::{Incident, incident_row};
use crate::sim::World;
use crate::sim::command::{Command, PagerAct, Rejection};
use crate::sim::pager::PagerIncident;
use crate::tools::tool::{Text, ToolError};

/// Arguments that name an incident.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentArgs {
    /// The incident.
    pub incident_id: String,
}

/// What was done to an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acted {
    /// The incident's id.
    pub incident_id: String,
    /// What was done, in one word.
    pub done: &'static str,
    /// The incident as it is now.
    pub incident: Option<Incident>,
}

impl Text for Acted {
    fn text(&self) -> String {
        format!("{} {}\n", self.incident_id, self.done)
    }
}

/// The command. What was closed before telemetry's history is only read any more.
///
/// # Errors
/// In the pager's words, for an incident that nobody can act on.
pub(super) fn on(world: &World, incident: &str, act: PagerAct) -> Result<Command, ToolError> {
    let closed = |known: &PagerIncident| known.id == incident;
    if world.pager().get(incident).is_none() && incidents::earlier(world).iter().any(closed) {
        return Err(ToolError::new(match act {
            PagerAct::Note(_) => format!("incident {incident} is closed: it takes no more notes"),
            PagerAct::Acknowledge | PagerAct::Resolve => {
                format!("incident {incident} is already resolved")
            }
        }));
    }
    Ok(Command::Pager {
        incident: incident.to_owned(),
        act,
    })
}

/// What was done.
pub(super) fn acted(world: &World, incident: &str, done: &'static str) -> Acted {
    Acted {
        incident_id: incident.to_owned(),
        done,
        incident: world.pager().get(incident).map(incident_row),
    }
}

/// The refusal, with where incidents are listed.
pub(super) fn refused(rejection: &Rejection) -> ToolError {
    ToolError {
        message: rejection.message.clone(),
        hint: rejection
            .message
            .ends_with("not found")
            .then(|| "pagerduty_list_incidents lists them".to_owned()),
    }
}
