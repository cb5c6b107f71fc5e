//! `jira_list_sprints`: sprints of every project with how much of them is done. Never their issues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::issues::{self, Category};
use super::sprints;
use crate::sim::World;
use crate::sim::time::SimTime;
use crate::tools::drawn::{estate_key, one_of};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists sprints.
pub struct ListSprints;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only those in this state: `active`, `closed`, `future`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Most sprints, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            state: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of sprints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sprints {
    /// Newest first.
    pub sprints: Vec<SprintRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A sprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SprintRow {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `active`, `closed` or `future`.
    pub state: String,
    /// When it begins, in ms since the epoch.
    pub start_ms: i64,
    /// When it ends, in ms since the epoch.
    pub end_ms: i64,
    /// What it is for.
    pub goal: String,
    /// Issues in it.
    pub issues: usize,
    /// Those that are done.
    pub done: usize,
}

const GOALS: [&str; 8] = [
    "Fewer open bugs than two weeks ago",
    "What the season needs",
    "Dependencies up to date",
    "Runbooks that are true",
    "Smaller images, shorter builds",
    "Support can answer by itself",
    "Alerts that mean something",
    "Room for what comes unplanned",
];

impl Text for Sprints {
    fn text(&self) -> String {
        let mut rows = vec![row(["ID", "NAME", "START", "END", "STATE", "DONE", "GOAL"])];
        for sprint in &self.sprints {
            let day = |ms: i64| SimTime(ms).format("%Y-%m-%d");
            rows.push(row([
                &sprint.id.to_string(),
                &sprint.name,
                &day(sprint.start_ms),
                &day(sprint.end_ms),
                &sprint.state,
                &format!("{}/{}", sprint.done, sprint.issues),
                &sprint.goal,
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.sprints.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

fn all(world: &World) -> Vec<SprintRow> {
    let issues = issues::all(world);
    let projects = issues::projects(world);
    let mut rows = Vec::new();
    for sprint in sprints::listed(world) {
        for ((project, _), board) in projects.iter().zip(1_u64..) {
            let of = |issue: &&issues::Issue| {
                issue.project == *project && issue.sprint == Some(sprint.number)
            };
            let inside: Vec<_> = issues.iter().filter(of).collect();
            let done = inside
                .iter()
                .filter(|issue| Category::of(&issue.status) == Category::Done);
            let key = estate_key(world, &format!("jira/goal/{project}/{}", sprint.number));
            rows.push(SprintRow {
                id: u64::from(sprint.number) * 20 + board,
                name: format!("{project} Sprint {}", sprint.number),
                state: sprint.state(world.now()).to_owned(),
                start_ms: sprint.starts.millis(),
                end_ms: sprint.ends.millis(),
                goal: one_of(key, 0, &GOALS).copied().unwrap_or("").to_owned(),
                done: done.count(),
                issues: inside.len(),
            });
        }
    }
    rows
}

impl Look for ListSprints {
    type Args = Args;
    type Output = Sprints;
    const NAME: &'static str = "jira_list_sprints";
    const FAMILY: Family = Family::Jira;
    const ABOUT: &'static str = "Lists the sprints of every project";

    fn look(world: &World, args: &Args) -> Result<Seen<Sprints>, ToolError> {
        const STATES: [&str; 3] = ["active", "closed", "future"];
        if let Some(state) = args
            .state
            .as_deref()
            .filter(|state| !STATES.contains(state))
        {
            return Err(ToolError {
                message: format!("The value '{state}' for the state of a sprint is invalid."),
                hint: Some(format!("one of {}", STATES.join(", "))),
            });
        }
        let mut rows = all(world);
        rows.retain(|row| args.state.as_ref().is_none_or(|state| row.state == *state));
        let page = paging::page(rows, args.limit, args.cursor.as_deref(), |row| {
            row.id.to_string()
        })?;
        Ok(Seen {
            output: Sprints {
                sprints: page.items,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"limit\":4}",
                about: "The newest sprints",
                prints: "ID   NAME             START       END         STATE   DONE  GOAL\n441  ALPHA Sprint 22  2026-03-23  2026-04-03  future  0/0   What the season needs\n421  ALPHA Sprint 21  2026-03-09  2026-03-20  future  0/0   Runbooks that are true\n401  ALPHA Sprint 20  2026-02-23  2026-03-06  active  2/6   What the season needs\n381  ALPHA Sprint 19  2026-02-09  2026-02-20  closed  6/6   Alerts that mean something\n(1 to 4 of 11; next page: --cursor 381)\n",
            },
            ToolExample {
                args: "{\"state\":\"open\"}",
                about: "A state that does not exist",
                prints: "jira_list_sprints: The value 'open' for the state of a sprint is invalid.\nhint: one of active, closed, future\n",
            },
        ]
    }
}
