//! `statuspage` in the shell: what customers read. Never posts.

use super::get_status::{self, GetStatus};
use super::list_incidents::{self, ListIncidents};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "statuspage [status] | incidents [--open] [--no-maintenance] [--supplier=NAME]";

/// `statuspage`.
pub struct StatusPage;

impl Program for StatusPage {
    fn name(&self) -> &'static str {
        "statuspage"
    }

    fn family(&self) -> Family {
        Family::StatusPage
    }

    fn about(&self) -> &'static str {
        "Shows what the public status page tells customers, and the pages of suppliers"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let Ok((words, found)) = options(argv, &["--cursor", "--supplier"]) else {
            return usage(USAGE);
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["status" | "show"] => looked::<GetStatus>(world, &get_status::Args {}),
            ["incidents" | "list", flags @ ..]
                if flags
                    .iter()
                    .all(|flag| matches!(*flag, "--open" | "--no-maintenance")) =>
            {
                looked::<ListIncidents>(
                    world,
                    &list_incidents::Args {
                        open: flags.contains(&"--open"),
                        without_maintenance: flags.contains(&"--no-maintenance"),
                        supplier: value(&found, &["--supplier"]).map(str::to_owned),
                        cursor: value(&found, &["--cursor"]).map(str::to_owned),
                        ..list_incidents::Args::default()
                    },
                )
            }
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "statuspage incidents --open",
            about: "What is going on",
            prints: "No incidents.\n",
        }]
    }
}
