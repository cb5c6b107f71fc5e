//! `sentry_get_issue`: one issue with its stack trace, tags and events by hour. Never an issue that has not happened.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::counts::Events;
use super::list_issues::{Issue, ago, issue_row};
use super::trace;
use crate::scenario::format::service::Runtime;
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
    /// The issue.
    pub issue_id: String,
}

/// An issue in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Detail {
    /// The issue.
    pub issue: Issue,
    /// The stack trace as its language prints it.
    pub stack_trace: String,
    /// The source line of the innermost frame.
    pub source_line: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Release that runs.
    pub release: Option<String>,
    /// Events in each of the last 24 hours, oldest first.
    pub events_by_hour: Vec<u64>,
    /// Now, in ms since the epoch.
    pub now_ms: i64,
}

impl Text for Detail {
    fn text(&self) -> String {
        let (issue, now) = (&self.issue, SimTime(self.now_ms));
        let seen = |ms: i64| {
            let at = SimTime(ms);
            format!("{} ({} ago)", at.format("%Y-%m-%d %H:%M:%S"), ago(now, at))
        };
        let mut text = format!("{}  {}\n{}\n\n", issue.id, issue.title, issue.culprit);
        text.push_str(&format!(
            "project     {}\nlevel       {}\n",
            issue.project, issue.level
        ));
        text.push_str(&format!(
            "events      {} ({} in 24h)\n",
            issue.events, issue.events_last_day
        ));
        text.push_str(&format!("first seen  {}\n", seen(issue.first_seen_ms)));
        text.push_str(&format!("last seen   {}\n", seen(issue.last_seen_ms)));
        if let Some(assignee) = &issue.assignee {
            text.push_str(&format!("assignee    {assignee}\n"));
        }
        if let Some(release) = &self.release {
            text.push_str(&format!("release     {release}\n"));
        }
        for (name, value) in &self.tags {
            text.push_str(&format!("tag         {name}={value}\n"));
        }
        let hours: Vec<String> = self.events_by_hour.iter().map(u64::to_string).collect();
        text.push_str(&format!("per hour    {}\n\n", hours.join(" ")));
        text.push_str(&self.stack_trace);
        if let Some(line) = &self.source_line {
            text.push_str(&format!("\n> {line}\n"));
        }
        text
    }
}

impl Look for GetIssue {
    type Args = Args;
    type Output = Detail;
    const NAME: &'static str = "sentry_get_issue";
    const FAMILY: Family = Family::Sentry;
    const ABOUT: &'static str = "Shows an issue: stack trace, tags, events by hour";

    fn look(world: &World, args: &Args) -> Result<Seen<Detail>, ToolError> {
        let missing = || ToolError {
            message: format!("issue {} does not exist", args.issue_id),
            hint: Some("sentry_list_issues lists them".to_owned()),
        };
        let declared = world
            .plan()
            .pack
            .scenario
            .sentry
            .get(&args.issue_id)
            .ok_or_else(missing)?;
        let issue = issue_row(world, &args.issue_id, declared).ok_or_else(missing)?;
        let service = world.plan().service(&declared.service);
        let runtime = service.map_or(Runtime::Vendor, |(_, service)| service.spec.runtime);
        let innermost = declared
            .frames
            .last()
            .map(|(_, _, _, source)| source.clone());
        Ok(Seen {
            output: Detail {
                stack_trace: trace::print(runtime, declared),
                source_line: innermost.filter(|line| !line.is_empty()),
                tags: declared
                    .tags
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
                release: service
                    .and_then(|(id, _)| world.wanted_tag(id))
                    .map(str::to_owned),
                events_by_hour: Events::of(world, declared).by_hour(),
                now_ms: world.now().millis(),
                issue,
            },
            shown: vec![Shown::SentryIssue(args.issue_id.clone())],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"issue_id\":\"GATE-3\"}",
                about: "An issue with its stack trace",
                prints: "GATE-3  rpc error: code = Unavailable desc = queue is full\nmain.(*gate).Put\n\nproject     gate\nlevel       error\nevents      35411 (35411 in 24h)\nfirst seen  2026-03-02 13:07:15 (52m ago)\nlast seen   2026-03-02 14:00:00 (0s ago)\nrelease     2.0.0\ntag         environment=production\nper hour    0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 35411\n\nrpc error: code = Unavailable desc = queue is full\n\ngoroutine 1 [running]:\nmain.main(...)\n\tmain.go:4\n\n> serve(\":8080\")\n",
            },
            ToolExample {
                args: "{\"issue_id\":\"GATE-4\"}",
                about: "An issue that does not exist",
                prints: "sentry_get_issue: issue GATE-4 does not exist\nhint: sentry_list_issues lists them\n",
            },
        ]
    }
}
