//! `oncall` in the shell: who is on call, and a team's schedule. Never pages anybody.

use super::get_schedule::{self, GetSchedule};
use super::who_is_on_call::{self, WhoIsOnCall};
use crate::sim::World;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

/// `oncall`.
pub struct OnCall;

impl Program for OnCall {
    fn name(&self) -> &'static str {
        "oncall"
    }

    fn family(&self) -> Family {
        Family::OnCall
    }

    fn about(&self) -> &'static str {
        "Shows who is on call for each team, and schedules"
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        const USAGE: &str = "oncall [TEAM] | oncall schedule TEAM";
        let Ok((words, found)) = options(argv, &["--cursor"]) else {
            return usage(USAGE);
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["schedule", team] => looked::<GetSchedule>(
                world,
                &get_schedule::Args {
                    team: (*team).to_owned(),
                },
            ),
            [] | [_] => looked::<WhoIsOnCall>(
                world,
                &who_is_on_call::Args {
                    team: words.first().map(|name| (*name).to_owned()),
                    cursor: value(&found, &["--cursor"]).map(str::to_owned),
                    ..who_is_on_call::Args::default()
                },
            ),
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "oncall jobs",
            about: "One team",
            prints: "TEAM  LEVEL  ON CALL  NAME         LOCAL  CHANNEL  UNTIL\njobs  1      @lena    Lena Ferrin  14:00  #jobs    Mon 9 Mar 00:00\n",
        }]
    }
}
