//! `pagerduty_get_timeline`: one incident and all that happened to it. Never changes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incidents;
use super::list_incidents::{Incident, incident_row, state_word};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads an incident's timeline.
pub struct GetTimeline;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The incident.
    pub incident_id: String,
}

/// An incident with its timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timeline {
    /// The incident.
    pub incident: Incident,
    /// What happened, oldest first.
    pub entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// Who.
    pub by: String,
    /// What.
    pub what: String,
}

impl Text for Timeline {
    fn text(&self) -> String {
        let incident = &self.incident;
        let mut text = format!("{}  {}\n", incident.id, incident.title);
        text.push_str(&format!("status    {}\n", state_word(incident.status)));
        text.push_str(&format!("service   {}\n", incident.service));
        text.push_str(&format!("urgency   {}\n", incident.urgency));
        if let Some(priority) = &incident.priority {
            text.push_str(&format!("priority  {priority}\n"));
        }
        text.push('\n');
        for entry in &self.entries {
            let at = SimTime(entry.at_ms).format("%Y-%m-%d %H:%M:%S");
            text.push_str(&format!("{at}  {}: {}\n", entry.by, entry.what));
        }
        text
    }
}

impl Look for GetTimeline {
    type Args = Args;
    type Output = Timeline;
    const NAME: &'static str = "pagerduty_get_timeline";
    const FAMILY: Family = Family::PagerDuty;
    const ABOUT: &'static str = "Shows an incident and all that happened to it";

    fn look(world: &World, args: &Args) -> Result<Seen<Timeline>, ToolError> {
        let now = world.now();
        let found = incidents::find(world, &args.incident_id);
        let incident = found.ok_or_else(|| ToolError {
            message: format!("incident {} not found", args.incident_id),
            hint: Some("pagerduty_list_incidents lists them".to_owned()),
        })?;
        let entries = incident.timeline.iter().filter(|entry| entry.at <= now);
        Ok(Seen {
            output: Timeline {
                incident: incident_row(&incident),
                entries: entries
                    .map(|entry| Entry {
                        at_ms: entry.at.millis(),
                        by: entry.by.clone(),
                        what: entry.what.clone(),
                    })
                    .collect(),
            },
            shown: vec![Shown::Incident(incident.id.clone())],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"incident_id\":\"PD-1\"}",
                about: "The page",
                prints: "PD-1  Gate: jobs are refused\nstatus    triggered\nservice   gate\nurgency   high\npriority  P1\n\n2026-03-02 13:58:00  system: Triggered: Gate: jobs are refused\n2026-03-02 13:59:00  system: Notified mara\n",
            },
            ToolExample {
                args: "{\"incident_id\":\"PD-0\"}",
                about: "An incident that does not exist",
                prints: "pagerduty_get_timeline: incident PD-0 not found\nhint: pagerduty_list_incidents lists them\n",
            },
        ]
    }
}
