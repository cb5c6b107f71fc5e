//! `sentry_list_projects`: the projects with how many issues and events they have. Never their issues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list_issues::issues_of;
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists projects.
pub struct ListProjects;

/// Arguments: none.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// Projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Projects {
    /// By name.
    pub projects: Vec<Project>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The service that reports to it.
    pub service: String,
    /// Issues.
    pub issues: usize,
    /// Events in the last 24 hours.
    pub events_last_day: u64,
}

impl Text for Projects {
    fn text(&self) -> String {
        let mut rows = vec![row(["PROJECT", "SERVICE", "ISSUES", "EVENTS (24h)"])];
        for project in &self.projects {
            rows.push(row([
                &project.name,
                &project.service,
                &project.issues.to_string(),
                &project.events_last_day.to_string(),
            ]));
        }
        columns(&rows)
    }
}

impl Look for ListProjects {
    type Args = Args;
    type Output = Projects;
    const NAME: &'static str = "sentry_list_projects";
    const FAMILY: Family = Family::Sentry;
    const ABOUT: &'static str = "Lists the projects that report to Sentry";

    fn look(world: &World, _args: &Args) -> Result<Seen<Projects>, ToolError> {
        let mut projects: Vec<Project> = world
            .plan()
            .services
            .iter()
            .filter_map(|service| {
                let name = service.spec.sentry.clone()?;
                let issues = issues_of(world, Some(&name));
                Some(Project {
                    name,
                    service: service.name.clone(),
                    issues: issues.len(),
                    events_last_day: issues.iter().map(|issue| issue.events_last_day).sum(),
                })
            })
            .collect();
        projects.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Seen {
            output: Projects { projects },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "All projects",
            prints: "PROJECT  SERVICE  ISSUES  EVENTS (24h)\ngate     gate     1       35411\nworker   worker   1       17\n",
        }]
    }
}
