//! `tickets` and `jira`: finds and shows tickets. Never changes one.

use crate::scenario::format::records::Ticket;
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{columns, row, usage};

/// The ticket system, under one of its names.
pub struct Tickets(pub &'static str);

impl Program for Tickets {
    fn name(&self) -> &'static str {
        self.0
    }

    fn family(&self) -> Family {
        Family::Host
    }

    fn about(&self) -> &'static str {
        "Finds and shows tickets"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["list" | "ls"] => list(world, &[]),
            ["search", words @ ..] if !words.is_empty() => list(world, words),
            ["show" | "view", key] => show(world, self.0, key),
            _ => usage(&format!("{} list | search WORDS... | show KEY", self.0)),
        }
    }

    fn examples(&self) -> Vec<Example> {
        if self.0 == "jira" {
            return vec![Example {
                line: "jira show ALPHA-12",
                about: "A ticket with its comments",
                prints: "ALPHA-12  Worker settings belong in the environment\n\nstatus    Done\nreporter  mara\nassignee  lena\nlabels    worker\nopened    2026-02-18 14:00\n\nThey are literals in main.go. Please read them from the environment.\n\n2026-02-26 14:00  lena: Merged.\n",
            }];
        }
        vec![Example {
            line: "tickets list",
            about: "All tickets, newest first",
            prints: "KEY       STATUS  ASSIGNEE  OPENED      TITLE\nALPHA-20  To Do   -         2026-02-28  Import is slow\nALPHA-12  Done    lena      2026-02-18  Worker settings belong in the environment\n",
        }]
    }
}

fn opened(world: &World, ticket: &Ticket) -> SimTime {
    SimTime(ticket.opened.millis(world.plan().pack.scenario.starts))
}

/// The scenario's and the estate's tickets that were opened by now.
fn all(world: &World) -> Vec<(&String, &Ticket)> {
    let pack = &world.plan().pack;
    let estate = pack
        .estate
        .tickets
        .iter()
        .filter(|(key, _)| !pack.scenario.tickets.contains_key(*key));
    let mut tickets: Vec<_> = pack
        .scenario
        .tickets
        .iter()
        .chain(estate)
        .filter(|(_, ticket)| opened(world, ticket) <= world.now())
        .collect();
    tickets.sort_by_key(|(_, ticket)| std::cmp::Reverse(opened(world, ticket)));
    tickets
}

fn list(world: &World, words: &[&str]) -> Run {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let mut rows = vec![row(["KEY", "STATUS", "ASSIGNEE", "OPENED", "TITLE"])];
    for (key, ticket) in all(world) {
        let comments: String = ticket
            .comments
            .iter()
            .map(|(_, _, text)| text.as_str())
            .collect();
        let text = format!(
            "{key} {} {} {comments} {}",
            ticket.title,
            ticket.text,
            ticket.labels.join(" ")
        )
        .to_lowercase();
        if words.iter().all(|word| text.contains(word.as_str())) {
            let assignee = ticket.assignee.as_deref().unwrap_or("-");
            let day = opened(world, ticket).format("%Y-%m-%d");
            rows.push(row([key, &ticket.status, assignee, &day, &ticket.title]));
        }
    }
    if rows.len() == 1 {
        return Run::text("No ticket has all of these words.\n");
    }
    Run::text(columns(&rows))
}

fn show(world: &World, program: &str, wanted: &str) -> Run {
    let found = all(world)
        .into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(wanted));
    let Some((key, ticket)) = found else {
        return Run::failed(
            format!("{program}: ticket {wanted} does not exist or you may not see it\n"),
            1,
        );
    };
    let mut text = format!("{key}  {}\n\n", ticket.title);
    text.push_str(&format!(
        "status    {}\nreporter  {}\n",
        ticket.status, ticket.reporter
    ));
    if let Some(assignee) = &ticket.assignee {
        text.push_str(&format!("assignee  {assignee}\n"));
    }
    if !ticket.labels.is_empty() {
        text.push_str(&format!("labels    {}\n", ticket.labels.join(", ")));
    }
    text.push_str(&format!(
        "opened    {}\n\n{}\n",
        opened(world, ticket).format("%Y-%m-%d %H:%M"),
        ticket.text.trim_end()
    ));
    for (moment, by, says) in &ticket.comments {
        let at = SimTime(moment.millis(world.plan().pack.scenario.starts));
        if at <= world.now() {
            text.push_str(&format!(
                "\n{}  {by}: {says}\n",
                at.format("%Y-%m-%d %H:%M")
            ));
        }
    }
    let shown = Shown::Ticket(key.clone());
    Run::Answer(Answer {
        text,
        data: serde_json::json!({ "key": key, "title": ticket.title, "artifact": shown.id() }),
        shown: vec![shown],
        ..Answer::default()
    })
}
