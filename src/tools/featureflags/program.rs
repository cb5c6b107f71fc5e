//! `flags` in the shell: lists, shows and switches feature flags. Never a flag that the estate does not have.

use super::get::{self, GetFlag};
use super::list::{self, ListFlags};
use super::set::{self, SetFlag};
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::change::changed;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "flags list | get FLAG | set FLAG on|off";

/// `flags`.
pub struct Flags;

impl Program for Flags {
    fn name(&self) -> &'static str {
        "flags"
    }

    fn family(&self) -> Family {
        Family::FeatureFlags
    }

    fn about(&self) -> &'static str {
        "Lists, shows and switches feature flags"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let Ok((words, found)) = options(argv, &["--cursor"]) else {
            return usage(USAGE);
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["list" | "ls"] => looked::<ListFlags>(
                world,
                &list::Args {
                    cursor: value(&found, &["--cursor"]).map(str::to_owned),
                    ..list::Args::default()
                },
            ),
            ["get" | "show", flag] => looked::<GetFlag>(
                world,
                &get::Args {
                    flag: (*flag).to_owned(),
                },
            ),
            ["set", flag, value] => match *value {
                "on" | "true" => switch(world, flag, true),
                "off" | "false" => switch(world, flag, false),
                _ => usage("flags set FLAG on|off"),
            },
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "flags list",
                about: "All flags",
                prints: "FLAG           VALUE  OWNER  CHANGED                   WHAT IT SWITCHES\nbatch-size-v2  off    lena   2026-02-10 14:00 by lena  Larger batches in the worker\n",
            },
            Example {
                line: "flags set batch-size-v2 on",
                about: "Switches one",
                prints: "batch-size-v2 is on now; services see it within a minute\n",
            },
        ]
    }
}

fn switch(world: &World, flag: &str, on: bool) -> Run {
    let args = set::Args {
        flag: flag.to_owned(),
        on,
    };
    changed::<SetFlag>("flags", world, args)
}
