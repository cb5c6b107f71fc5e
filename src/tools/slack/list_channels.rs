//! `slack_list_channels`: the channels and what is new in them. Never shows a message.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messages::{self, Unread};
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists channels.
pub struct ListChannels;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Until when each channel was read, in ms since the epoch; a channel that is not named was read an hour before the
    /// page. Panes use it.
    #[schemars(skip)]
    pub read_until_ms: BTreeMap<String, i64>,
}

/// The channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Channels {
    /// By name.
    pub channels: Vec<Channel>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Channel {
    /// Its name, with `#`.
    pub name: String,
    /// Topic line.
    pub topic: String,
    /// How many people are in it.
    pub members: usize,
    /// What is new.
    #[serde(flatten)]
    pub unread: Unread,
    /// When something was written last, in ms since the epoch.
    pub latest_ms: Option<i64>,
}

impl Text for Channels {
    fn text(&self) -> String {
        let mut rows = vec![row(["CHANNEL", "MEMBERS", "UNREAD", "MENTIONS", "TOPIC"])];
        for channel in &self.channels {
            rows.push(vec![
                channel.name.clone(),
                channel.members.to_string(),
                channel.unread.messages.to_string(),
                channel.unread.mentions.to_string(),
                channel.topic.clone(),
            ]);
        }
        columns(&rows)
    }
}

impl Look for ListChannels {
    type Args = Args;
    type Output = Channels;
    const NAME: &'static str = "slack_list_channels";
    const FAMILY: Family = Family::Slack;
    const ABOUT: &'static str = "Lists the channels with what is new in them";

    fn look(world: &World, args: &Args) -> Result<Seen<Channels>, ToolError> {
        let estate = &world.plan().pack.estate;
        let usual = world.plan().page - Span::from_hours(1);
        let channels = estate.channels.iter().map(|(name, channel)| {
            let read = args
                .read_until_ms
                .get(name)
                .map_or(usual, |ms| SimTime(*ms));
            let posts = messages::since(world, name, read.min(world.now() - Span::from_hours(72)));
            Channel {
                name: name.clone(),
                topic: channel.topic.clone(),
                members: if channel.members.is_empty() {
                    estate.people.len()
                } else {
                    channel.members.len()
                },
                unread: messages::unread_of(world, &posts, read),
                latest_ms: posts.last().map(|post| post.at.millis()),
            }
        });
        Ok(Seen {
            output: Channels {
                channels: channels.collect(),
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "All channels",
            prints: "CHANNEL     MEMBERS  UNREAD  MENTIONS  TOPIC\n#alerts     3        7       0         Alerts\n#deploys    3        0       0         Deployments\n#incidents  3        1       0         Incidents are worked here\n#jobs       2        0       0         Jobs\n#platform   2        3       0         Platform\n",
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn what_was_read_is_not_new() {
        let world = small_world();
        let new = |args: &Args| {
            let channels = ListChannels::look(&world, args).unwrap().output.channels;
            channels
                .iter()
                .find(|channel| channel.name == "#incidents")
                .unwrap()
                .unread
                .messages
        };
        assert_eq!(new(&Args::default()), 1);
        let read = BTreeMap::from([("#incidents".to_owned(), world.now().millis())]);
        assert_eq!(
            new(&Args {
                read_until_ms: read
            }),
            0
        );
    }
}
