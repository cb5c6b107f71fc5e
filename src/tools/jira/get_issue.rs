//! `jira_get_issue`: one issue with its text and comments. Never changes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::issues;
use super::search::{IssueRow, issue_row};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads an issue.
pub struct GetIssue;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The issue's key.
    pub key: String,
}

/// An issue in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Detail {
    /// The issue.
    pub issue: IssueRow,
    /// Services it is about.
    pub components: Vec<String>,
    /// The sprint it is in.
    pub sprint: Option<String>,
    /// When it was done, in ms since the epoch.
    pub resolved_ms: Option<i64>,
    /// Text.
    pub description: String,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comment {
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

impl Text for Detail {
    fn text(&self) -> String {
        let issue = &self.issue;
        let minute = |ms: i64| SimTime(ms).format("%Y-%m-%d %H:%M");
        let mut text = format!("{}  {}\n\n", issue.key, issue.summary);
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("{name:<10} {value}\n"));
            }
        };
        line("type", &issue.kind);
        line("status", &issue.status);
        line("priority", &issue.priority);
        line("reporter", &issue.reporter);
        line("assignee", issue.assignee.as_deref().unwrap_or(""));
        line("labels", &issue.labels.join(", "));
        line("components", &self.components.join(", "));
        line("sprint", self.sprint.as_deref().unwrap_or(""));
        line("created", &minute(issue.created_ms));
        line("updated", &minute(issue.updated_ms));
        line(
            "resolved",
            &self.resolved_ms.map_or_else(String::new, minute),
        );
        if !self.description.is_empty() {
            text.push_str(&format!("\n{}\n", self.description.trim_end()));
        }
        for comment in &self.comments {
            text.push_str(&format!(
                "\n{}  {}: {}\n",
                minute(comment.at_ms),
                comment.by,
                comment.text
            ));
        }
        text
    }
}

impl Look for GetIssue {
    type Args = Args;
    type Output = Detail;
    const NAME: &'static str = "jira_get_issue";
    const FAMILY: Family = Family::Jira;
    const ABOUT: &'static str = "Shows an issue with its text and comments";

    fn look(world: &World, args: &Args) -> Result<Seen<Detail>, ToolError> {
        let issue = issues::find(world, args.key.trim()).ok_or_else(|| ToolError {
            message: "Issue does not exist or you do not have permission to see it.".to_owned(),
            hint: Some("jira_search finds issues".to_owned()),
        })?;
        let shown = Shown::Ticket(issue.key.clone());
        let sprint = issue
            .sprint
            .map(|number| format!("{} Sprint {number}", issue.project));
        Ok(Seen {
            output: Detail {
                issue: issue_row(&issue),
                components: issue.components,
                sprint,
                resolved_ms: issue.resolved.map(SimTime::millis),
                description: issue.description,
                comments: issue
                    .comments
                    .into_iter()
                    .map(|(at, by, text)| Comment {
                        at_ms: at.millis(),
                        by,
                        text,
                    })
                    .collect(),
            },
            shown: vec![shown],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"key\":\"ALPHA-12\"}",
                about: "An issue with its comments",
                prints: "ALPHA-12  Worker settings belong in the environment\n\ntype       Story\nstatus     Done\npriority   Medium\nreporter   mara\nassignee   lena\nlabels     worker\ncomponents worker\nsprint     ALPHA Sprint 20\ncreated    2026-02-18 14:00\nupdated    2026-02-26 14:00\nresolved   2026-02-26 14:00\n\nThey are literals in main.go. Please read them from the environment.\n\n2026-02-26 14:00  lena: Merged.\n",
            },
            ToolExample {
                args: "{\"key\":\"ALPHA-0\"}",
                about: "An issue that does not exist",
                prints: "jira_get_issue: Issue does not exist or you do not have permission to see it.\nhint: jira_search finds issues\n",
            },
        ]
    }
}
