//! `ship`: commits and pushes what is edited, builds a service and rolls it out, in the minutes that takes.

use crate::session::Answer;
use crate::sim::World;
use crate::sim::WorldOutcome;
use crate::sim::command::Command;
use crate::tools::{Act, Example, Family, Place, Program, Run};

/// The program.
pub struct Ship;

impl Program for Ship {
    fn name(&self) -> &'static str {
        "ship"
    }

    fn family(&self) -> Family {
        Family::Delivery
    }

    fn about(&self) -> &'static str {
        "Commits your edits, builds a service from them and rolls it out"
    }

    fn run(&self, _: &World, _: &Place, argv: &[String], _: &str) -> Run {
        let [service] = argv else {
            return Run::failed("usage: ship SERVICE\n", 2);
        };
        let name = service.clone();
        Run::Act(Act {
            commands: vec![Command::Ship {
                service: service.clone(),
            }],
            answer: Box::new(move |_, outcomes| match outcomes.first() {
                Some(Ok(WorldOutcome::Building { tag, takes })) => Answer {
                    text: format!(
                        "building {name} as {tag}: about {} min, then it is rolled out; watch with `kubectl rollout status`\n",
                        (takes.secs() + 59) / 60
                    ),
                    ..Answer::default()
                },
                Some(Err(rejection)) => Answer::failed(format!("{}\n", rejection.message), 1),
                _ => Answer::default(),
            }),
        })
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "ship",
            about: "what it wants",
            prints: "usage: ship SERVICE\n",
        }]
    }
}
