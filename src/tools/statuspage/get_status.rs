//! `statuspage_get_status`: what customers read now: components with their state, what is going on; and what suppliers say
//! on their pages. Never checks whether it is true.

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
    /// Components by name, the company's own before those of suppliers.
    pub components: Vec<Component>,
    /// What is going on, as it was posted.
    pub ongoing: Vec<Ongoing>,
    /// When something was posted last, in ms since the epoch.
    pub updated_ms: Option<i64>,
    /// Pages of suppliers that people here look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppliers: Vec<Supplier>,
}

/// A supplier's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Supplier {
    /// The supplier.
    pub name: String,
    /// The page's address.
    pub page: String,
    /// The sentence at its top.
    pub description: String,
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
    /// The supplier on whose page it stands; none for the company's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
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
    /// The supplier on whose page it stands; none for the company's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
}

impl Status {
    /// The page of a supplier, or the company's own: its components and what is going on there.
    fn page_text(&self, title: &str, supplier: Option<&str>) -> String {
        let mut rows = vec![row(["COMPONENT", "STATUS", "UPTIME (90d)", "WHAT IT IS"])];
        let of_page = |other: &Option<String>| other.as_deref() == supplier;
        let components = self.components.iter();
        for component in components.filter(|component| of_page(&component.supplier)) {
            rows.push(row([
                &component.name,
                &component.status,
                &format!("{:.2} %", component.uptime_percent),
                &component.about,
            ]));
        }
        let mut text = format!("{title}\n\n{}", columns(&rows));
        for one in self.ongoing.iter().filter(|one| of_page(&one.supplier)) {
            text.push_str(&format!(
                "\n{}  {} ({})  {}\n",
                one.id, one.title, one.impact, one.state
            ));
        }
        text
    }
}

impl Text for Status {
    fn text(&self) -> String {
        let mut text = self.page_text(&format!("{}  {}", self.page, self.description), None);
        if let Some(ms) = self.updated_ms {
            text.push_str(&format!(
                "\nlast post {}\n",
                SimTime(ms).format("%Y-%m-%d %H:%M UTC")
            ));
        }
        for supplier in &self.suppliers {
            let title = format!("{}  {}", supplier.page, supplier.description);
            text.push_str(&format!(
                "\n{}",
                self.page_text(&title, Some(&supplier.name))
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

/// The worst impact of what is going on and counts.
fn worst<'a>(open: &[&'a Posted], counts: impl Fn(&Posted) -> bool) -> &'a str {
    let counting = open.iter().filter(|posted| counts(posted));
    counting
        .map(|posted| posted.impact.as_str())
        .max_by_key(|impact| rank(impact))
        .unwrap_or("none")
}

/// The state of a component by the worst that is going on there.
fn state(impact: &str) -> &'static str {
    match impact {
        "critical" => "major_outage",
        "major" => "partial_outage",
        "minor" => "degraded_performance",
        "maintenance" => "under_maintenance",
        _ => "operational",
    }
}

/// The sentence at the top of a page.
fn sentence(impact: &str) -> &'static str {
    match impact {
        "critical" => "Major System Outage",
        "major" => "Partial System Outage",
        "minor" => "Minor Service Outage",
        "maintenance" => "Service Under Maintenance",
        _ => "All Systems Operational",
    }
}

fn ongoing(posted: &Posted) -> Ongoing {
    Ongoing {
        id: posted.id.clone(),
        title: posted.title.clone(),
        impact: posted.impact.clone(),
        state: posted.state().to_owned(),
        supplier: posted.supplier.clone(),
    }
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
    const ABOUT: &'static str = "Shows what the public status page tells customers now, and what the pages of suppliers say";

    fn look(world: &World, _args: &Args) -> Result<Seen<Status>, ToolError> {
        let all = posted::all(world);
        let open: Vec<&Posted> = all
            .iter()
            .filter(|posted| !posted.is_over() && posted.state() != "scheduled")
            .collect();
        let estate = &world.plan().pack.estate;
        let made = |supplier: Option<&String>, (name, about): (String, String)| Component {
            status: state(worst(&open, |posted| posted.components.contains(&name))).to_owned(),
            uptime_percent: uptime(world, &name, &all),
            artifact: Shown::StatusComponent(name.clone()).id(),
            supplier: supplier.cloned(),
            about,
            name,
        };
        let own = posted::components(world).into_iter();
        let mut components: Vec<Component> = own.map(|one| made(None, one)).collect();
        let pages = &estate.status_page.suppliers;
        for (name, page) in pages {
            let theirs = page.components.iter();
            let theirs = theirs.map(|(name, about)| (name.clone(), about.clone()));
            components.extend(theirs.map(|one| made(Some(name), one)));
        }
        let of_page =
            |supplier: Option<&String>| worst(&open, |posted| posted.supplier.as_ref() == supplier);
        let own = all.iter().filter(|posted| posted.supplier.is_none());
        let last = own
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
                indicator: of_page(None).to_owned(),
                description: sentence(of_page(None)).to_owned(),
                components,
                ongoing: open.iter().map(|posted| ongoing(posted)).collect(),
                updated_ms: last,
                suppliers: pages
                    .iter()
                    .map(|(name, page)| Supplier {
                        name: name.clone(),
                        page: page.address.clone(),
                        description: sentence(of_page(Some(name))).to_owned(),
                    })
                    .collect(),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::format::systems::{StatusIncident, SupplierPage};
    use crate::scenario::format::values::Moment;
    use crate::sim::plan::Plan;
    use crate::sim::testing::small_pack;

    #[test]
    fn what_a_supplier_says_is_on_its_own_page_alone() {
        let mut pack = (*small_pack()).clone();
        let page = SupplierPage {
            address: "status.maps.example".to_owned(),
            components: [("Tiles".to_owned(), "Maps".to_owned())]
                .into_iter()
                .collect(),
            ..SupplierPage::default()
        };
        let suppliers = [("Maps Ltd".to_owned(), page)];
        pack.estate.status_page.suppliers = suppliers.into_iter().collect();
        let incident = StatusIncident {
            title: "Tiles fail".to_owned(),
            impact: "major".to_owned(),
            components: vec!["Tiles".to_owned()],
            updates: vec![(
                Moment::FromPage(-60_000),
                "identified".to_owned(),
                "In one region.".to_owned(),
            )],
        };
        let incidents = [("maps-1".to_owned(), incident)].into_iter().collect();
        let of_scenario = [("Maps Ltd".to_owned(), incidents)];
        pack.scenario.supplier_incidents = of_scenario.into_iter().collect();
        let world = World::open(Arc::new(Plan::new(Arc::new(pack))), 7);
        let seen = GetStatus::look(&world, &Args {}).unwrap();
        let status = &seen.output;
        assert_eq!(status.indicator, "none");
        assert_eq!(status.suppliers[0].description, "Partial System Outage");
        let tiles = status.components.last().unwrap();
        assert_eq!(tiles.supplier.as_deref(), Some("Maps Ltd"));
        assert_eq!(tiles.status, "partial_outage");
        let text = status.text();
        let (own, theirs) = text.split_once("status.maps.example").unwrap();
        assert!(!own.contains("Tiles") && theirs.contains("maps-1  Tiles fail"));
        let shown = Shown::StatusComponent("Tiles".to_owned());
        assert!(seen.shown.contains(&shown));
    }
}
