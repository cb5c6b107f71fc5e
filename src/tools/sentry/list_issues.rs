//! `sentry_list_issues`: issues with how often they happened. Never their stack traces.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::counts::Events;
use crate::scenario::format::records::SentryIssue;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists issues.
pub struct ListIssues;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only this project's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// Issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issues {
    /// The one that was seen last comes first.
    pub issues: Vec<Issue>,
    /// Now, in ms since the epoch: ages count from it.
    pub now_ms: i64,
}

/// An issue as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Issue {
    /// Its id.
    pub id: String,
    /// Project.
    pub project: String,
    /// Level.
    pub level: String,
    /// Title.
    pub title: String,
    /// Where it happens.
    pub culprit: String,
    /// Events in all.
    pub events: u64,
    /// Events in the last 24 hours.
    pub events_last_day: u64,
    /// When it was seen first, in ms since the epoch.
    pub first_seen_ms: i64,
    /// When it was seen last, in ms since the epoch.
    pub last_seen_ms: i64,
    /// Assignee.
    pub assignee: Option<String>,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// `3m`, `5h`, `12d`: how long ago.
pub fn ago(now: SimTime, at: SimTime) -> String {
    let seconds = (now - at).max(Span::ZERO).secs();
    match seconds {
        0..=59 => format!("{seconds}s"),
        60..=3599 => format!("{}m", seconds / 60),
        3600..=86_399 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The project that an issue belongs to: its service's.
pub fn project_of(world: &World, issue: &SentryIssue) -> String {
    let service = world.plan().service(&issue.service);
    let project = service.and_then(|(_, service)| service.spec.sentry.clone());
    project.unwrap_or_else(|| issue.service.clone())
}

/// An issue as a row; `None` for one that has not happened.
pub fn issue_row(world: &World, id: &str, issue: &SentryIssue) -> Option<Issue> {
    let seen = Events::of(world, issue).seen()?;
    Some(Issue {
        id: id.to_owned(),
        project: project_of(world, issue),
        level: issue.level.clone(),
        title: issue.title.clone(),
        culprit: issue.culprit.clone(),
        events: seen.events,
        events_last_day: seen.last_day,
        first_seen_ms: seen.first.millis(),
        last_seen_ms: seen.last.millis(),
        assignee: issue.assignee.clone(),
        artifact: Shown::SentryIssue(id.to_owned()).id(),
    })
}

/// The issues of a project, or of all.
pub fn issues_of(world: &World, project: Option<&str>) -> Vec<Issue> {
    let declared = world.plan().pack.scenario.sentry.iter();
    let mut issues: Vec<Issue> = declared
        .filter(|(_, issue)| project.is_none_or(|wanted| project_of(world, issue) == wanted))
        .filter_map(|(id, issue)| issue_row(world, id, issue))
        .collect();
    issues.sort_by(|a, b| (b.last_seen_ms, &a.id).cmp(&(a.last_seen_ms, &b.id)));
    issues
}

impl Text for Issues {
    fn text(&self) -> String {
        if self.issues.is_empty() {
            return "No issues.\n".to_owned();
        }
        let now = SimTime(self.now_ms);
        let mut rows = vec![row([
            "ISSUE",
            "LEVEL",
            "EVENTS",
            "24h",
            "FIRST SEEN",
            "LAST SEEN",
            "ASSIGNEE",
            "TITLE",
        ])];
        for issue in &self.issues {
            rows.push(row([
                &issue.id,
                &issue.level,
                &issue.events.to_string(),
                &issue.events_last_day.to_string(),
                &format!("{} ago", ago(now, SimTime(issue.first_seen_ms))),
                &format!("{} ago", ago(now, SimTime(issue.last_seen_ms))),
                issue.assignee.as_deref().unwrap_or("-"),
                issue.title.lines().next().unwrap_or_default(),
            ]));
        }
        columns(&rows)
    }
}

impl Look for ListIssues {
    type Args = Args;
    type Output = Issues;
    const NAME: &'static str = "sentry_list_issues";
    const FAMILY: Family = Family::Sentry;
    const ABOUT: &'static str = "Lists issues with how often and when they happened";

    fn look(world: &World, args: &Args) -> Result<Seen<Issues>, ToolError> {
        if let Some(project) = &args.project {
            let services = &world.plan().services;
            let mut known = services
                .iter()
                .filter_map(|service| service.spec.sentry.as_ref());
            if !known.any(|name| name == project) {
                return Err(ToolError {
                    message: format!("project {project} does not exist"),
                    hint: Some("sentry_list_projects lists them".to_owned()),
                });
            }
        }
        let issues = issues_of(world, args.project.as_deref());
        let shown = issues
            .iter()
            .map(|issue| Shown::SentryIssue(issue.id.clone()))
            .collect();
        Ok(Seen {
            output: Issues {
                issues,
                now_ms: world.now().millis(),
            },
            shown,
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{}",
                about: "All issues",
                prints: "ISSUE     LEVEL  EVENTS  24h    FIRST SEEN  LAST SEEN  ASSIGNEE  TITLE\nGATE-3    error  35411   35411  52m ago     0s ago     -         rpc error: code = Unavailable desc = queue is full\nWORKER-9  fatal  17      17     59m ago     0s ago     lena      ArgumentNullException: Value cannot be null. (Parameter 's')\n",
            },
            ToolExample {
                args: "{\"project\":\"none\"}",
                about: "A project that does not exist",
                prints: "sentry_list_issues: project none does not exist\nhint: sentry_list_projects lists them\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let now = SimTime(1_000_000_000);
        let after = |seconds| ago(now, now - Span::from_secs(seconds));
        assert_eq!(
            [after(59), after(60), after(7200), after(90_000)],
            ["59s", "1m", "2h", "1d"]
        );
        assert_eq!(after(-5), "0s");
    }
}
