//! `statuspage_get_status`: what customers read now: components with their state, what is going on. Never checks whether it
//! is true.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::posted::{self, Posted};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// The days that uptime is counted over.
const DAYS: i64 = 90;

/// Reads the status page.
pub struct GetStatus;

/// Arguments: none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// The status page.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Status {
    /// Whose page it is.
    pub page: String,
    /// `none`, `minor`, `major`, `critical` or `maintenance`: the worst of what is going on.
    pub indicator: String,
    /// The sentence at its top.
    pub description: String,
    /// Components, by name.
    pub components: Vec<Component>,
    /// What is going on, as it was posted.
    pub ongoing: Vec<Ongoing>,
    /// When something was posted last, in ms since the epoch.
    pub updated_ms: Option<i64>,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// `operational`, `degraded_performance`, `partial_outage`, `major_outage` or `under_maintenance`.
    pub status: String,
    /// Share of the last 90 days without a posted incident, in percent.
    pub uptime_percent: f64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// Something that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ongoing {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// How much it hurts.
    pub impact: String,
    /// Its state as it was posted last.
    pub state: String,
}

impl Text for Status {
    fn text(&self) -> String {
        let mut text = format!("{}  {}\n\n", self.page, self.description);
        let mut rows = vec![row(["COMPONENT", "STATUS", "UPTIME (90d)", "WHAT IT IS"])];
        for component in &self.components {
            rows.push(row([
                &component.name,
                &component.status,
                &format!("{:.2} %", component.uptime_percent),
                &component.about,
            ]));
        }
        text.push_str(&columns(&rows));
        for one in &self.ongoing {
            text.push_str(&format!(
                "\n{}  {} ({})  {}\n",
                one.id, one.title, one.impact, one.state
            ));
        }
        if let Some(ms) = self.updated_ms {
            text.push_str(&format!(
                "\nlast post {}\n",
                SimTime(ms).format("%Y-%m-%d %H:%M UTC")
            ));
        }
        text
    }
}

fn rank(impact: &str) -> usize {
    ["none", "maintenance", "minor", "major", "critical"]
        .iter()
        .position(|known| *known == impact)
        .unwrap_or(0)
}

fn uptime(world: &World, name: &str, all: &[Posted]) -> f64 {
    let start = world.now() - Span::from_hours(DAYS * 24);
    let felt: i64 = all
        .iter()
        .filter(|posted| rank(&posted.impact) >= 2 && posted.began() >= start)
        .filter(|posted| posted.components.iter().any(|one| one == name))
        .map(|posted| posted.lasted().millis())
        .sum();
    let share = 1.0 - felt as f64 / (DAYS * 86_400_000) as f64;
    // To two digits after the point, as the page shows it.
    libm::round(share * 10_000.0) / 100.0
}

impl Look for GetStatus {
    type Args = Args;
    type Output = Status;
    const NAME: &'static str = "statuspage_get_status";
    const FAMILY: Family = Family::StatusPage;
    const ABOUT: &'static str = "Shows what the public status page tells customers now";

    fn look(world: &World, _args: &Args) -> Result<Seen<Status>, ToolError> {
        let all = posted::all(world);
        let open: Vec<&Posted> = all
            .iter()
            .filter(|posted| !posted.is_over() && posted.state() != "scheduled")
            .collect();
        let worst = open
            .iter()
            .map(|posted| posted.impact.as_str())
            .max_by_key(|impact| rank(impact))
            .unwrap_or("none");
        let state_of = |name: &str| {
            let impact = open
                .iter()
                .filter(|posted| posted.components.iter().any(|one| one == name))
                .map(|posted| posted.impact.as_str())
                .max_by_key(|impact| rank(impact));
            match impact {
                Some("critical") => "major_outage",
                Some("major") => "partial_outage",
                Some("minor") => "degraded_performance",
                Some("maintenance") => "under_maintenance",
                _ => "operational",
            }
        };
        let estate = &world.plan().pack.estate;
        let components: Vec<Component> = posted::components(world)
            .into_iter()
            .map(|(name, about)| Component {
                status: state_of(&name).to_owned(),
                uptime_percent: uptime(world, &name, &all),
                artifact: Shown::StatusComponent(name.clone()).id(),
                about,
                name,
            })
            .collect();
        let last = all
            .iter()
            .filter_map(|posted| posted.updates.last())
            .map(|(at, ..)| at.millis())
            .max();
        Ok(Seen {
            shown: components
                .iter()
                .map(|component| Shown::StatusComponent(component.name.clone()))
                .collect(),
            output: Status {
                page: format!("status.{}", estate.domain),
                indicator: worst.to_owned(),
                description: match worst {
                    "critical" => "Major System Outage",
                    "major" => "Partial System Outage",
                    "minor" => "Minor Service Outage",
                    "maintenance" => "Service Under Maintenance",
                    _ => "All Systems Operational",
                }
                .to_owned(),
                components,
                ongoing: open
                    .iter()
                    .map(|posted| Ongoing {
                        id: posted.id.clone(),
                        title: posted.title.clone(),
                        impact: posted.impact.clone(),
                        state: posted.state().to_owned(),
                    })
                    .collect(),
                updated_ms: last,
            },
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "What customers read",
            prints: "status.alpha.example  All Systems Operational\n\nCOMPONENT      STATUS       UPTIME (90d)  WHAT IT IS\nhand in a job  operational  100.00 %\nlook at a job  operational  100.00 %\n\nlast post 2026-02-08 02:08 UTC\n",
        }]
    }
}
