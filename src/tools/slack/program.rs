//! `slack` in the shell: channels, reading, searching, posting. Never decides who answers.

use super::list_channels::{self, ListChannels};
use super::post_message::{self, PostMessage};
use super::read_channel::{self, ReadChannel};
use super::search::{self, Search};
use crate::sim::World;
use crate::sim::time::Span;
use crate::tools::change::changed;
use crate::tools::family::Family;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};

const USAGE: &str = "slack channels | read CHANNEL [-n COUNT] [--cursor CURSOR] [--thread ID] | search WORDS... | post CHANNEL TEXT... [--thread ID]";

/// `slack`.
pub struct Slack;

impl Program for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn family(&self) -> Family {
        Family::Slack
    }

    fn about(&self) -> &'static str {
        "Reads, searches and posts in Slack"
    }

    fn cost(&self, argv: &[String]) -> Span {
        let posts = argv.first().is_some_and(|word| word == "post");
        Span::from_secs(if posts { 15 } else { 3 })
    }

    fn run(&self, world: &World, _place: &Place, argv: &[String], stdin: &str) -> Run {
        let (words, found) = match options(argv, &["-n", "--limit", "--cursor", "--thread"]) {
            Ok(split) => split,
            Err(error) => return Run::failed(format!("slack: {error}\n"), 2),
        };
        let owned = |names: &[&str]| value(&found, names).map(str::to_owned);
        let (verb, rest) = words
            .split_first()
            .map_or(("", &[][..]), |(verb, rest)| (verb.as_str(), rest));
        match (verb, rest) {
            ("channels" | "list" | "ls", []) => {
                looked::<ListChannels>(world, &list_channels::Args::default())
            }
            ("read", [channel]) => {
                let limit = owned(&["-n", "--limit"]).map_or(Ok(20), |text| text.parse());
                let Ok(limit) = limit else {
                    return usage(USAGE);
                };
                let args = read_channel::Args {
                    channel: channel.clone(),
                    limit,
                    cursor: owned(&["--cursor"]),
                    thread: owned(&["--thread"]),
                };
                looked::<ReadChannel>(world, &args)
            }
            ("search", [_, ..]) => {
                let args = search::Args {
                    query: rest.join(" "),
                    limit: 20,
                };
                looked::<Search>(world, &args)
            }
            ("post", [channel, text @ ..]) => {
                let text = if text.is_empty() {
                    stdin.trim_end().to_owned()
                } else {
                    text.join(" ")
                };
                if text.is_empty() {
                    return usage(USAGE);
                }
                let args = post_message::Args {
                    channel: channel.clone(),
                    text,
                    thread: owned(&["--thread"]),
                };
                changed::<PostMessage>("slack", world, args)
            }
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "slack read incidents -n 1",
                about: "The newest message of a channel",
                prints: "---- Monday, 2 March 2026 ----\n13:50  jon: Support has 20 tickets about refused jobs, @mara is it known?  (1772459400.236066)\n",
            },
            Example {
                line: "slack post incidents looking at refused jobs",
                about: "Posts a message",
                prints: "posted in #incidents (1772460000.180330)\n",
            },
        ]
    }
}
