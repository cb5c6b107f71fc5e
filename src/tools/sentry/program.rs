//! `sentry` in the shell: projects, issues, one issue. Never resolves an issue: that is for later.

use super::get_issue::{self, GetIssue};
use super::list_issues::{self, ListIssues};
use super::list_projects::{self, ListProjects};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, usage};

const USAGE: &str = "sentry projects | issues [PROJECT] | show ISSUE";

/// `sentry`.
pub struct Sentry;

impl Program for Sentry {
    fn name(&self) -> &'static str {
        "sentry"
    }

    fn family(&self) -> Family {
        Family::Sentry
    }

    fn about(&self) -> &'static str {
        "Shows what services report to Sentry"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["projects"] => looked::<ListProjects>(world, &list_projects::Args {}),
            ["issues", project @ ..] if project.len() < 2 => {
                let project = project.first().map(|name| (*name).to_owned());
                looked::<ListIssues>(world, &list_issues::Args { project })
            }
            ["show" | "issue", issue] => {
                let issue_id = (*issue).to_owned();
                looked::<GetIssue>(world, &get_issue::Args { issue_id })
            }
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "sentry issues gate",
            about: "The issues of one project",
            prints: "ISSUE   LEVEL  EVENTS  24h    FIRST SEEN  LAST SEEN  ASSIGNEE  TITLE\nGATE-3  error  35411   35411  52m ago     0s ago     -         rpc error: code = Unavailable desc = queue is full\n",
        }]
    }
}
