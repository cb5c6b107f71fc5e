//! `flags`: feature flags, their values and who changed them. Never a flag that the estate does not have.

use crate::sim::World;
use crate::sim::command::Command;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{act, columns, row, usage};

/// `flags`.
pub struct Flags;

impl Program for Flags {
    fn name(&self) -> &'static str {
        "flags"
    }

    fn family(&self) -> Family {
        Family::Delivery
    }

    fn about(&self) -> &'static str {
        "Lists, shows and switches feature flags"
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(5)
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["list" | "ls"] => list(world),
            ["get" | "show", flag] => get(world, flag),
            ["set", flag, value] => match *value {
                "on" | "true" => set(flag, true),
                "off" | "false" => set(flag, false),
                _ => usage("flags set FLAG on|off"),
            },
            _ => usage("flags list | get FLAG | set FLAG on|off"),
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
            Example {
                line: "flags get none",
                about: "A flag that does not exist",
                prints: "flags: flag \"none\" does not exist\n",
            },
        ]
    }
}

const fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// When a flag was changed last, and by whom.
fn changed(world: &World, flag: &str) -> Option<(SimTime, String)> {
    let changes = world.facts().flag_changes.iter().rev();
    let last = changes
        .filter(|(_, of, _, _)| of == flag)
        .map(|(at, _, _, by)| (*at, by.clone()))
        .next();
    last.or_else(|| {
        let pack = &world.plan().pack;
        let declared = pack.estate.flags.get(flag)?;
        let moment = declared.changed?;
        Some((
            SimTime(moment.millis(pack.scenario.starts)),
            declared.owner.clone(),
        ))
    })
}

fn list(world: &World) -> Run {
    let mut rows = vec![row([
        "FLAG",
        "VALUE",
        "OWNER",
        "CHANGED",
        "WHAT IT SWITCHES",
    ])];
    for (name, on) in &world.facts().flags {
        let declared = world.plan().pack.estate.flags.get(name);
        let changed =
            changed(world, name).map(|(at, by)| format!("{} by {by}", at.format("%Y-%m-%d %H:%M")));
        rows.push(row([
            name,
            word(*on),
            declared.map_or("-", |flag| flag.owner.as_str()),
            changed.as_deref().unwrap_or("-"),
            declared.map_or("", |flag| flag.about.as_str()),
        ]));
    }
    Run::text(columns(&rows))
}

fn get(world: &World, flag: &str) -> Run {
    match world.facts().flags.get(flag) {
        Some(on) => Run::text(format!("{flag} {}\n", word(*on))),
        None => Run::failed(format!("flags: flag \"{flag}\" does not exist\n"), 1),
    }
}

fn set(flag: &str, on: bool) -> Run {
    let command = Command::SetFlag {
        flag: flag.to_owned(),
        on,
    };
    act(
        "flags",
        command,
        format!(
            "{flag} is {} now; services see it within a minute\n",
            word(on)
        ),
    )
}
