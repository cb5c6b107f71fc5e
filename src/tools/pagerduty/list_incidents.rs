//! `pagerduty_list_incidents`: incidents, those that need somebody first. Never their timelines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incidents;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::pager::{IncidentState, PagerIncident};
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists incidents.
pub struct ListIncidents;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only those that are not resolved.
    pub open: bool,
    /// Only this service's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Most incidents, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            open: false,
            service: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// Incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Incidents {
    /// Triggered ones first, then acknowledged, then resolved; newest first within each.
    pub incidents: Vec<Incident>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
}

/// An incident as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// State.
    pub status: IncidentState,
    /// `high` or `low`.
    pub urgency: String,
    /// Priority, if one was given.
    pub priority: Option<String>,
    /// Service.
    pub service: String,
    /// Title.
    pub title: String,
    /// When it was triggered, in ms since the epoch.
    pub triggered_ms: i64,
    /// Who acknowledged it last.
    pub acknowledged_by: Option<String>,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// The word that PagerDuty has for a state.
pub const fn state_word(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Triggered => "triggered",
        IncidentState::Acknowledged => "acknowledged",
        IncidentState::Resolved => "resolved",
    }
}

/// An incident as a row.
pub fn incident_row(incident: &PagerIncident) -> Incident {
    let taken = incident.timeline.iter().rev();
    let by = taken
        .filter(|entry| entry.what == "Acknowledged")
        .map(|entry| entry.by.clone());
    Incident {
        id: incident.id.clone(),
        status: incident.state,
        urgency: incident.urgency.clone(),
        priority: incident.priority.clone(),
        service: incident.service.clone(),
        title: incident.title.clone(),
        triggered_ms: incident.triggered.millis(),
        acknowledged_by: by.into_iter().next(),
        artifact: Shown::Incident(incident.id.clone()).id(),
    }
}

impl Text for Incidents {
    fn text(&self) -> String {
        if self.incidents.is_empty() {
            return "No incidents.\n".to_owned();
        }
        let mut rows = vec![row([
            "ID",
            "STATUS",
            "URGENCY",
            "PRIORITY",
            "SERVICE",
            "TRIGGERED",
            "TITLE",
        ])];
        for incident in &self.incidents {
            let triggered = SimTime(incident.triggered_ms).format("%Y-%m-%d %H:%M");
            rows.push(row([
                &incident.id,
                state_word(incident.status),
                &incident.urgency,
                incident.priority.as_deref().unwrap_or("-"),
                &incident.service,
                &triggered,
                &incident.title,
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.incidents.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

impl Look for ListIncidents {
    type Args = Args;
    type Output = Incidents;
    const NAME: &'static str = "pagerduty_list_incidents";
    const FAMILY: Family = Family::PagerDuty;
    const ABOUT: &'static str = "Lists incidents, those that nobody has taken first";

    fn look(world: &World, args: &Args) -> Result<Seen<Incidents>, ToolError> {
        let mut found: Vec<PagerIncident> = incidents::all(world)
            .into_iter()
            .filter(|incident| !args.open || incident.state != IncidentState::Resolved)
            .filter(|incident| {
                args.service
                    .as_ref()
                    .is_none_or(|service| *service == incident.service)
            })
            .collect();
        let rank = |state| match state {
            IncidentState::Triggered => 0,
            IncidentState::Acknowledged => 1,
            IncidentState::Resolved => 2,
        };
        found.sort_by_key(|incident| (rank(incident.state), std::cmp::Reverse(incident.triggered)));
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |incident| {
            incident.id.clone()
        })?;
        Ok(Seen {
            output: Incidents {
                incidents: page.items.iter().map(incident_row).collect(),
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: page
                .items
                .iter()
                .map(|incident| Shown::Incident(incident.id.clone()))
                .collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "All incidents",
            prints: "ID    STATUS     URGENCY  PRIORITY  SERVICE  TRIGGERED         TITLE\nPD-1  triggered  high     P1        gate     2026-03-02 13:58  Gate: jobs are refused\n",
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::command::{Command, PagerAct};
    use crate::sim::testing::small_world;

    #[test]
    fn a_resolved_incident_is_no_open_one() {
        let mut world = small_world();
        let open = Args {
            open: true,
            ..Args::default()
        };
        let ids = |world: &World| -> Vec<String> {
            let rows = ListIncidents::look(world, &open).unwrap().output.incidents;
            rows.into_iter().map(|incident| incident.id).collect()
        };
        assert!(ids(&world).contains(&"PD-1".to_owned()));
        let command = Command::Pager {
            incident: "PD-1".to_owned(),
            act: PagerAct::Resolve,
        };
        world.apply(&command).unwrap();
        assert!(!ids(&world).contains(&"PD-1".to_owned()));
    }
}
