//! `statuspage_list_incidents`: what was ever posted, newest first, with all updates. Never what was not posted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::posted::{self, Posted};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists incidents of the status page.
pub struct ListIncidents;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only those that are not over.
    pub open: bool,
    /// Without scheduled maintenance.
    pub without_maintenance: bool,
    /// Only those on the page of this supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
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
            without_maintenance: false,
            supplier: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Incidents {
    /// Newest first.
    pub incidents: Vec<Incident>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
}

/// An incident of the status page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// The supplier on whose page it stands; none for the company's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// Title.
    pub title: String,
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    pub impact: String,
    /// Its state as it was posted last.
    pub status: String,
    /// The components it names.
    pub components: Vec<String>,
    /// When it was posted first, in ms since the epoch.
    pub created_ms: i64,
    /// Updates, newest first.
    pub updates: Vec<Update>,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// An update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Update {
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// State.
    pub status: String,
    /// Text.
    pub text: String,
}

impl Text for Incidents {
    fn text(&self) -> String {
        if self.incidents.is_empty() {
            return "No incidents.\n".to_owned();
        }
        let mut text = String::new();
        for incident in &self.incidents {
            let page = incident.supplier.as_ref();
            let page = page.map_or_else(String::new, |name| format!("{name}: "));
            text.push_str(&format!(
                "{}  {page}{} ({})  {}  {}\n",
                incident.id,
                incident.title,
                incident.impact,
                incident.status,
                incident.components.join(", ")
            ));
            for update in &incident.updates {
                text.push_str(&format!(
                    "    {}  {}: {}\n",
                    SimTime(update.at_ms).format("%Y-%m-%d %H:%M"),
                    update.status,
                    update.text
                ));
            }
        }
        text + &paging::footer(
            self.incidents.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        )
    }
}

fn incident(posted: Posted) -> Incident {
    Incident {
        artifact: Shown::StatusIncident(posted.id.clone()).id(),
        status: posted.state().to_owned(),
        created_ms: posted.began().millis(),
        id: posted.id,
        supplier: posted.supplier,
        title: posted.title,
        impact: posted.impact,
        components: posted.components,
        updates: posted
            .updates
            .into_iter()
            .rev()
            .map(|(at, status, text)| Update {
                at_ms: at.millis(),
                status,
                text,
            })
            .collect(),
    }
}

impl Look for ListIncidents {
    type Args = Args;
    type Output = Incidents;
    const NAME: &'static str = "statuspage_list_incidents";
    const FAMILY: Family = Family::StatusPage;
    const ABOUT: &'static str = "Lists what was posted on the status page and on those of suppliers: incidents and maintenance";

    fn look(world: &World, args: &Args) -> Result<Seen<Incidents>, ToolError> {
        let suppliers = &world.plan().pack.estate.status_page.suppliers;
        if let Some(name) = &args.supplier
            && !suppliers.contains_key(name)
        {
            let names: Vec<&str> = suppliers.keys().map(String::as_str).collect();
            return Err(ToolError {
                message: format!("no status page of {name} is known"),
                hint: Some(if names.is_empty() {
                    "nobody here looks at a supplier's page".to_owned()
                } else {
                    format!("suppliers are {}", names.join(", "))
                }),
            });
        }
        let mut all = posted::all(world);
        all.retain(|posted| {
            (args.supplier.is_none() || posted.supplier == args.supplier)
                && (!args.open || !posted.is_over())
                && (!args.without_maintenance || posted.impact != "maintenance")
        });
        let page = paging::page(all, args.limit, args.cursor.as_deref(), |posted| {
            posted.id.clone()
        })?;
        let incidents: Vec<Incident> = page.items.into_iter().map(incident).collect();
        Ok(Seen {
            shown: incidents
                .iter()
                .map(|incident| Shown::StatusIncident(incident.id.clone()))
                .collect(),
            output: Incidents {
                incidents,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"limit\":1}",
                about: "What was posted last",
                prints: "m470359  Order processing maintenance (maintenance)  completed  look at a job\n    2026-02-08 02:08  completed: The scheduled maintenance has been completed.\n    2026-02-08 02:00  in_progress: Scheduled maintenance is in progress.\n    2026-02-03 13:00  scheduled: We will apply updates on 8 February between 02:00 and 02:30 UTC. No interruption is expected.\n(1 to 1 of 30; next page: --cursor m470359)\n",
            },
            ToolExample {
                args: "{\"open\":true}",
                about: "What is going on",
                prints: "No incidents.\n",
            },
        ]
    }
}
