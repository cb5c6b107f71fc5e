//! `jira` and `tickets` in the shell: finds and shows issues, lists sprints. Never changes one.

use super::get_issue::{self, GetIssue};
use super::list_sprints::{self, ListSprints};
use super::search::{self, Search};
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

/// The ticket system, under one of its names.
pub struct Jira(pub &'static str);

impl Program for Jira {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Jira
    }

    fn about(&self) -> &'static str {
        "Finds and shows issues, lists sprints"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let name = self.0;
        let help = || {
            usage(&format!(
                "{name} issue list [-q JQL] [--limit N] | {name} issue view KEY | {name} sprint list [--state STATE] | {name} search WORDS..."
            ))
        };
        let valued = [
            "-q",
            "--jql",
            "--limit",
            "--cursor",
            "--state",
            "-s",
            "--status",
            "-a",
            "--assignee",
        ];
        let Ok((words, found)) = options(argv, &valued) else {
            return help();
        };
        let words: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !matches!(*word, "--plain" | "--current"))
            .collect();
        let text = |names: &[&str]| value(&found, names).map(str::to_owned);
        let limit = match value(&found, &["--limit"]).map(str::parse::<usize>) {
            None => crate::tools::paging::USUAL,
            Some(Ok(limit)) => limit,
            Some(Err(_)) => return help(),
        };
        let search = |query: String| {
            looked::<Search>(
                world,
                &search::Args {
                    query,
                    limit,
                    cursor: text(&["--cursor"]),
                },
            )
        };
        match words.as_slice() {
            [] | ["list" | "ls"] | ["issue" | "issues", "list" | "ls"] => {
                let mut parts: Vec<String> = text(&["-q", "--jql"]).into_iter().collect();
                let wrap = |text: String| format!("\"{}\"", text.replace('"', ""));
                parts
                    .extend(text(&["-s", "--status"]).map(|one| format!("status = {}", wrap(one))));
                parts.extend(
                    text(&["-a", "--assignee"]).map(|one| format!("assignee = {}", wrap(one))),
                );
                search(parts.join(" AND "))
            }
            ["search", words @ ..] if !words.is_empty() => search(words.join(" ")),
            ["show" | "view", key] | ["issue" | "issues", "view" | "show", key] => {
                looked::<GetIssue>(
                    world,
                    &get_issue::Args {
                        key: (*key).to_owned(),
                    },
                )
            }
            ["sprint" | "sprints"] | ["sprint" | "sprints", "list" | "ls"] => {
                looked::<ListSprints>(
                    world,
                    &list_sprints::Args {
                        state: text(&["--state"]),
                        limit,
                        cursor: text(&["--cursor"]),
                    },
                )
            }
            _ => help(),
        }
    }

    fn examples(&self) -> Vec<Example> {
        if self.0 == "jira" {
            return vec![Example {
                line: "jira issue view ALPHA-12",
                about: "An issue with its comments",
                prints: "ALPHA-12  Worker settings belong in the environment\n\ntype       Story\nstatus     Done\npriority   Medium\nreporter   mara\nassignee   lena\nlabels     worker\ncomponents worker\nsprint     ALPHA Sprint 20\ncreated    2026-02-18 14:00\nupdated    2026-02-26 14:00\nresolved   2026-02-26 14:00\n\nThey are literals in main.go. Please read them from the environment.\n\n2026-02-26 14:00  lena: Merged.\n",
            }];
        }
        vec![Example {
            line: "tickets search import",
            about: "Issues that have a word",
            prints: "TYPE  KEY       SUMMARY         STATUS  PRIORITY  ASSIGNEE  CREATED     UPDATED\nTask  ALPHA-20  Import is slow  To Do   Medium    -         2026-02-28  2026-02-28\n",
        }]
    }
}
