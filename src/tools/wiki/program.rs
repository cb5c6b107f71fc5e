//! `wiki` in the shell: finds and shows pages. Never edits one.

use super::get_page::{self, GetPage};
use super::search::{self, Search};
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "wiki list | search WORDS... | show PAGE";

/// `wiki`.
pub struct Wiki;

impl Program for Wiki {
    fn name(&self) -> &'static str {
        "wiki"
    }

    fn family(&self) -> Family {
        Family::Wiki
    }

    fn about(&self) -> &'static str {
        "Finds and shows pages of the wiki: runbooks, decisions, past incidents"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let Ok((words, found)) = options(argv, &["--cursor"]) else {
            return usage(USAGE);
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let search = |query: String, limit: usize| {
            looked::<Search>(
                world,
                &search::Args {
                    query,
                    limit,
                    cursor: value(&found, &["--cursor"]).map(str::to_owned),
                },
            )
        };
        match words.as_slice() {
            [] | ["list" | "ls"] => search(String::new(), paging::MOST),
            ["search", words @ ..] if !words.is_empty() => search(words.join(" "), paging::USUAL),
            ["show" | "cat", page @ ..] if !page.is_empty() => looked::<GetPage>(
                world,
                &get_page::Args {
                    page: page.join(" "),
                },
            ),
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "wiki list",
                about: "All pages",
                prints: "PAGE            TITLE           EDITED\nqueue           Queue           2026-01-27 by lena\nworker-runbook  Worker runbook  2026-02-04 by lena\n",
            },
            Example {
                line: "wiki search topic",
                about: "Pages that have a word",
                prints: "queue  Queue\n    One topic, one group, one day of retention.\n",
            },
        ]
    }
}
