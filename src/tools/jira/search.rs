//! `jira_search`: issues by JQL or by words, a page at a time. Never their texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evaluate::{self, words};
use super::issues::{self, Issue};
use super::jql;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// No query is longer, in bytes.
const LONGEST_QUERY: usize = 4_000;

/// Searches issues.
pub struct Search;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// JQL, for example `project = OPS AND status != Done ORDER BY updated DESC`; or plain words, all of which an issue
    /// must have. Empty finds all.
    pub query: String,
    /// Most issues, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            query: String::new(),
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issues {
    /// In the order that the query asks for; newest first when it asks for none.
    pub issues: Vec<IssueRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// An issue as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IssueRow {
    /// Its key.
    pub key: String,
    /// `Bug`, `Task` or `Story`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Title.
    pub summary: String,
    /// Status.
    pub status: String,
    /// Priority.
    pub priority: String,
    /// Assignee's handle.
    pub assignee: Option<String>,
    /// Reporter's handle.
    pub reporter: String,
    /// Labels.
    pub labels: Vec<String>,
    /// When it was opened, in ms since the epoch.
    pub created_ms: i64,
    /// When it was changed last, in ms since the epoch.
    pub updated_ms: i64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// An issue as a row.
pub fn issue_row(issue: &Issue) -> IssueRow {
    IssueRow {
        key: issue.key.clone(),
        kind: issue.kind.clone(),
        summary: issue.summary.clone(),
        status: issue.status.clone(),
        priority: issue.priority.clone(),
        assignee: issue.assignee.clone(),
        reporter: issue.reporter.clone(),
        labels: issue.labels.clone(),
        created_ms: issue.created.millis(),
        updated_ms: issue.updated.millis(),
        artifact: Shown::Ticket(issue.key.clone()).id(),
    }
}

impl Text for Issues {
    fn text(&self) -> String {
        if self.issues.is_empty() {
            return "No result found for given query in project.\n".to_owned();
        }
        let mut rows = vec![row([
            "TYPE", "KEY", "SUMMARY", "STATUS", "PRIORITY", "ASSIGNEE", "CREATED", "UPDATED",
        ])];
        for issue in &self.issues {
            rows.push(row([
                &issue.kind,
                &issue.key,
                &issue.summary,
                &issue.status,
                &issue.priority,
                issue.assignee.as_deref().unwrap_or("-"),
                &SimTime(issue.created_ms).format("%Y-%m-%d"),
                &SimTime(issue.updated_ms).format("%Y-%m-%d"),
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.issues.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

/// Whether a query is plain words: nothing in it is JQL's.
fn is_plain(query: &str) -> bool {
    let lower = format!(" {} ", query.to_lowercase());
    let has = |text: &str| lower.contains(text);
    !query.contains(['=', '~', '<', '>', '('])
        && ![" is empty ", " is not ", " in ", " order by ", " is null "]
            .iter()
            .any(|word| has(word))
}

impl Look for Search {
    type Args = Args;
    type Output = Issues;
    const NAME: &'static str = "jira_search";
    const FAMILY: Family = Family::Jira;
    const ABOUT: &'static str = "Finds issues by JQL or by words";

    fn look(world: &World, args: &Args) -> Result<Seen<Issues>, ToolError> {
        let query = args.query.trim();
        if query.len() > LONGEST_QUERY {
            return Err(ToolError::new(format!(
                "the query is longer than {LONGEST_QUERY} bytes"
            )));
        }
        let mut found = issues::all(world);
        if !query.is_empty() && is_plain(query) {
            let words = words(query);
            found.retain(|issue| {
                let said: Vec<&str> = issue
                    .comments
                    .iter()
                    .map(|(_, _, text)| text.as_str())
                    .collect();
                let text = format!(
                    "{} {} {} {} {}",
                    issue.key,
                    issue.summary,
                    issue.description,
                    said.join(" "),
                    issue.labels.join(" ")
                )
                .to_lowercase();
                words.iter().all(|word| text.contains(word.as_str()))
            });
            found.sort_by(|a, b| (b.created, &b.key).cmp(&(a.created, &a.key)));
        } else {
            let hint = || Some("plain words work too: jira_search(\"kafka retention\")".to_owned());
            let wrong = |message| ToolError {
                message,
                hint: hint(),
            };
            let query = jql::read(query).map_err(wrong)?;
            let checked = evaluate::check(world, &query).map_err(wrong)?;
            found.retain(|issue| checked.fits(issue));
            checked.sort(&mut found);
        }
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |issue| {
            issue.key.clone()
        })?;
        Ok(Seen {
            output: Issues {
                issues: page.items.iter().map(issue_row).collect(),
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
                args: "{\"query\":\"worker settings\"}",
                about: "Issues that have these words",
                prints: "TYPE   KEY       SUMMARY                                    STATUS  PRIORITY  ASSIGNEE  CREATED     UPDATED\nStory  ALPHA-12  Worker settings belong in the environment  Done    Medium    lena      2026-02-18  2026-02-26\n",
            },
            ToolExample {
                args: "{\"query\":\"status = 'To Do' AND reporter = jon ORDER BY created\",\"limit\":3}",
                about: "Issues by JQL",
                prints: "TYPE  KEY       SUMMARY                               STATUS  PRIORITY  ASSIGNEE  CREATED     UPDATED\nTask  ALPHA-55  gate: move settings out of the image  To Do   Low       -         2026-02-20  2026-02-20\nTask  ALPHA-20  Import is slow                        To Do   Medium    -         2026-02-28  2026-02-28\n",
            },
            ToolExample {
                args: "{\"query\":\"project = OMEGA\"}",
                about: "A project that does not exist",
                prints: "jira_search: The value 'OMEGA' does not exist for the field 'project'.\nhint: plain words work too: jira_search(\"kafka retention\")\n",
            },
        ]
    }
}
