//! `slack_post_message`: a message to a channel or into a thread. Never decides who answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read_channel::channel_name;
use crate::sim::command::Command;
use crate::sim::time::Span;
use crate::sim::{World, WorldOutcome};
use crate::tools::change::{Change, Impact};
use crate::tools::family::Family;
use crate::tools::tool::{Text, ToolError, ToolExample};

/// The longest message that Slack takes.
const LONGEST_MESSAGE: usize = 40_000;

/// Posts a message.
pub struct PostMessage;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The channel; `#` may be left out.
    pub channel: String,
    /// The text; `@handle` calls somebody.
    pub text: String,
    /// Answer in this thread: the id of its first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

/// What was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Posted {
    /// The channel.
    pub channel: String,
    /// The message's id: name it to answer in its thread.
    pub id: String,
}

impl Text for Posted {
    fn text(&self) -> String {
        format!("posted in {} ({})\n", self.channel, self.id)
    }
}

impl Change for PostMessage {
    type Args = Args;
    type Output = Posted;
    const NAME: &'static str = "slack_post_message";
    const FAMILY: Family = Family::Slack;
    const ABOUT: &'static str = "Posts a message in a channel, or answers in a thread";
    const IMPACT: Impact = Impact::ADDS;

    fn cost(_: &Args) -> Span {
        Span::from_secs(15)
    }

    fn commands(world: &World, args: &Args) -> Result<Vec<Command>, ToolError> {
        let channel = channel_name(world, &args.channel)?;
        if args.text.trim().is_empty() {
            return Err(ToolError::new("no_text"));
        }
        if args.text.len() > LONGEST_MESSAGE {
            return Err(ToolError {
                message: "msg_too_long".to_owned(),
                hint: Some(format!("a message holds at most {LONGEST_MESSAGE} bytes")),
            });
        }
        Ok(vec![Command::SlackPost {
            channel,
            text: args.text.clone(),
            thread: args.thread.clone(),
        }])
    }

    fn done(world: &World, args: &Args, outcomes: &[WorldOutcome]) -> Posted {
        let id = outcomes.iter().find_map(|outcome| match outcome {
            WorldOutcome::Posted(id) => Some(id.clone()),
            _ => None,
        });
        Posted {
            channel: channel_name(world, &args.channel).unwrap_or_default(),
            id: id.unwrap_or_default(),
        }
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: r#"{"channel": "incidents", "text": "looking at refused jobs"}"#,
                about: "A message",
                prints: "posted in #incidents (1772460000.180330)\n",
            },
            ToolExample {
                args: r##"{"channel": "#lunch", "text": "noon?"}"##,
                about: "A channel that does not exist",
                prints: "slack_post_message: channel_not_found\nhint: channels are #alerts, #deploys, #incidents, #jobs, #platform\n",
            },
        ]
    }
}
