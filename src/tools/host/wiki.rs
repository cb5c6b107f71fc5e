//! `wiki`: finds and shows pages. Never edits one.

use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{columns, usage};

/// `wiki`.
pub struct Wiki;

impl Program for Wiki {
    fn name(&self) -> &'static str {
        "wiki"
    }

    fn family(&self) -> Family {
        Family::Host
    }

    fn about(&self) -> &'static str {
        "Finds and shows pages of the wiki: runbooks, decisions, past incidents"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["list" | "ls"] => list(world, &[]),
            ["search", words @ ..] if !words.is_empty() => list(world, words),
            ["show" | "cat", page] => show(world, page),
            _ => usage("wiki list | search WORDS... | show PAGE"),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "wiki list",
                about: "All pages",
                prints: "queue           Queue\nworker-runbook  Worker runbook\n",
            },
            Example {
                line: "wiki show nothing",
                about: "A page that does not exist",
                prints: "wiki: there is no page 'nothing'; `wiki search WORDS` finds pages\n",
            },
        ]
    }
}

fn title(text: &str) -> &str {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.unwrap_or_default().trim_start_matches('#').trim()
}

fn list(world: &World, words: &[&str]) -> Run {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let pages = world.plan().pack.wiki.iter().filter(|(name, text)| {
        let text = format!("{name} {}", text.to_lowercase());
        words.iter().all(|word| text.contains(word.as_str()))
    });
    let rows: Vec<Vec<String>> = pages
        .map(|(name, text)| vec![name.clone(), title(text).to_owned()])
        .collect();
    if rows.is_empty() {
        return Run::text("No page has all of these words.\n");
    }
    Run::text(columns(&rows))
}

fn show(world: &World, page: &str) -> Run {
    let name = page.strip_suffix(".md").unwrap_or(page);
    let Some(text) = world.plan().pack.wiki.get(name) else {
        return Run::failed(
            format!("wiki: there is no page '{page}'; `wiki search WORDS` finds pages\n"),
            1,
        );
    };
    let shown = Shown::WikiPage(name.to_owned());
    Run::Answer(Answer {
        text: format!("{}\n", text.trim_end()),
        data: serde_json::json!({ "page": name, "title": title(text), "text": text.as_ref(), "artifact": shown.id() }),
        shown: vec![shown],
        ..Answer::default()
    })
}
