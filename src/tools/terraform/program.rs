//! `terraform` in the shell: lists and shows the state, plans. Never applies: that is the platform team's pipeline.

use super::list_resources::{self, ListResources};
use super::plan;
use super::show_state::{self, NO_INSTANCE, ShowState};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::looked;
use crate::tools::tool::{Look, Text};

/// `terraform`.
pub struct Terraform;

impl Program for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn family(&self) -> Family {
        Family::Terraform
    }

    fn about(&self) -> &'static str {
        "Lists and shows the infrastructure's state and plans changes"
    }

    fn cost(&self, argv: &[String]) -> Span {
        let plans = argv.iter().any(|word| word == "plan");
        Span::from_secs(if plans { 20 } else { 4 })
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], _stdin: &str) -> Run {
        let words: Vec<&str> = argv
            .iter()
            .map(String::as_str)
            .filter(|word| *word != "-no-color")
            .collect();
        match words.as_slice() {
            ["state", "list", prefix @ ..] if prefix.len() < 2 => looked::<ListResources>(
                world,
                &list_resources::Args {
                    prefix: prefix.first().map(|text| (*text).to_owned()),
                    limit: paging::MOST,
                    cursor: None,
                },
            ),
            ["state", "show", address] => {
                let args = show_state::Args {
                    resource: (*address).to_owned(),
                };
                match ShowState::look(world, &args) {
                    Ok(seen) => Run::Answer(Answer {
                        text: seen.output.text(),
                        data: serde_json::to_value(&seen.output).unwrap_or_default(),
                        shown: seen.shown,
                        ..Answer::default()
                    }),
                    Err(_) => Run::failed(format!("{NO_INSTANCE}\n"), 1),
                }
            }
            ["plan", ..] => {
                let (text, shown) = plan::text(world);
                Run::Answer(Answer {
                    text,
                    shown,
                    ..Answer::default()
                })
            }
            ["apply" | "destroy" | "import" | "taint", ..] => Run::failed(
                "Error: Error acquiring the state lock\n\nThe state is locked to the platform team's pipeline: changes go through its repository.\n",
                1,
            ),
            _ => Run::failed(
                "Usage: terraform [global options] <subcommand> [args]\n\nHere for the on-call role:\n  state list [PREFIX]    List resources in the state\n  state show ADDRESS     Show a resource in the state\n  plan                   Show changes required by the current configuration\n",
                127,
            ),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "terraform state list kafka_topic",
                about: "Resources of one type",
                prints: "kafka_topic.jobs\n",
            },
            Example {
                line: "terraform state show kafka_topic.none",
                about: "A resource that does not exist",
                prints: "No instance found for the given address!\n\nThis command requires that the address references one specific instance.\nTo view the available instances, use \"terraform state list\". Please modify \nthe address to reference a specific instance.\n",
            },
        ]
    }
}
