//! `pd` in the shell: lists, shows, takes and closes incidents. Never knows whether it is right to.

use super::acknowledge::Acknowledge;
use super::acted::IncidentArgs;
use super::add_note::{self, AddNote};
use super::get_timeline::{self, GetTimeline};
use super::list_incidents::{self, ListIncidents};
use super::resolve::Resolve;
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::change::changed;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, usage};

const USAGE: &str =
    "pd list [--open] [--limit N] [--cursor ID] | show ID | ack ID | resolve ID | note ID TEXT...";

/// `pd`.
pub struct Pd;

impl Program for Pd {
    fn name(&self) -> &'static str {
        "pd"
    }

    fn family(&self) -> Family {
        Family::PagerDuty
    }

    fn about(&self) -> &'static str {
        "Lists, shows, acknowledges and resolves incidents in PagerDuty"
    }

    fn cost(&self, argv: &[String]) -> Span {
        let looks = matches!(
            argv.first().map(String::as_str),
            Some("list" | "ls" | "show" | "log" | "timeline")
        );
        Span::from_secs(if looks { 2 } else { 5 })
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["list" | "ls", flags @ ..] => match list_args(flags) {
                Some(args) => looked::<ListIncidents>(world, &args),
                None => usage(USAGE),
            },
            ["show" | "log" | "timeline", id] => {
                let args = get_timeline::Args {
                    incident_id: (*id).to_owned(),
                };
                looked::<GetTimeline>(world, &args)
            }
            ["ack" | "acknowledge", id] => changed::<Acknowledge>("pd", world, incident(id)),
            ["resolve", id] => changed::<Resolve>("pd", world, incident(id)),
            ["note", id, text @ ..] if !text.is_empty() => {
                let args = add_note::Args {
                    incident_id: (*id).to_owned(),
                    text: text.join(" "),
                };
                changed::<AddNote>("pd", world, args)
            }
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "pd list --open",
                about: "Incidents that somebody must look at",
                prints: "ID    STATUS     URGENCY  PRIORITY  SERVICE  TRIGGERED         TITLE\nPD-1  triggered  high     P1        gate     2026-03-02 13:58  Gate: jobs are refused\n",
            },
            Example {
                line: "pd ack PD-1",
                about: "Takes a page",
                prints: "PD-1 acknowledged\n",
            },
            Example {
                line: "pd resolve PD-77",
                about: "An incident that does not exist",
                prints: "pd: incident PD-77 not found\n",
            },
        ]
    }
}

/// The flags of `pd list`; none for one that it does not have.
fn list_args(flags: &[&str]) -> Option<list_incidents::Args> {
    let mut args = list_incidents::Args::default();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        match *flag {
            "--open" => args.open = true,
            "--limit" => args.limit = flags.next()?.parse().ok()?,
            "--cursor" => args.cursor = Some((*flags.next()?).to_owned()),
            _ => return None,
        }
    }
    Some(args)
}

fn incident(id: &str) -> IncidentArgs {
    IncidentArgs {
        incident_id: id.to_owned(),
    }
}
