//! `slack_read_channel`: a page of a channel's messages, or of one thread. Never more than 200 at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messages::{self, Message};
use crate::sim::World;
use crate::sim::slack::Post;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// No page is longer.
const LONGEST_PAGE: usize = 200;

/// Reads a channel.
pub struct ReadChannel;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The channel; `#` may be left out.
    pub channel: String,
    /// Most messages, 1 to 200.
    #[serde(default = "fifty")]
    pub limit: usize,
    /// Where a page before ended: its `cursor`. Older messages follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Only this thread: the id of its first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

fn fifty() -> usize {
    50
}

/// A page of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page {
    /// The channel.
    pub channel: String,
    /// Its topic.
    pub topic: String,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
    /// Give this to read what is older; none when there is nothing.
    pub cursor: Option<String>,
}

impl Text for Page {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut day = String::new();
        for message in &self.messages {
            let of = SimTime(message.at_ms).format("%A, %-d %B %Y");
            if of != day {
                text.push_str(&format!("---- {of} ----\n"));
                day = of;
            }
            text.push_str(&messages::line(message));
            text.push('\n');
        }
        if let Some(cursor) = &self.cursor {
            text.push_str(&format!("(older messages: --cursor {cursor})\n"));
        }
        if text.is_empty() {
            text.push_str("No messages here.\n");
        }
        text
    }
}

/// The channel as it is called, with or without `#`.
pub fn channel_name(world: &World, given: &str) -> Result<String, ToolError> {
    let name = format!("#{}", given.trim_start_matches('#'));
    let channels = &world.plan().pack.estate.channels;
    if channels.contains_key(&name) {
        return Ok(name);
    }
    let names: Vec<&str> = channels.keys().map(String::as_str).collect();
    Err(ToolError {
        message: "channel_not_found".to_owned(),
        hint: Some(format!("channels are {}", names.join(", "))),
    })
}

/// The messages whose last `limit` are the page; at least one more where there is one.
fn posts_of(
    world: &World,
    args: &Args,
    channel: &str,
    limit: usize,
) -> Result<Vec<Post>, ToolError> {
    let end = args.cursor.as_deref().map(Cursor::parse).transpose()?;
    let mut posts = if let Some(thread) = &args.thread {
        let mut posts = messages::all(world, channel);
        posts.retain(|post| &post.id == thread || post.thread.as_ref() == Some(thread));
        if posts.is_empty() {
            return Err(ToolError::new("thread_not_found"));
        }
        posts
    } else {
        let until = end.as_ref().map_or(world.now(), |cursor| cursor.at);
        // Messages of the cursor's own instant may lie after it.
        messages::newest(world, channel, limit + 32, until)
    };
    if let Some(cursor) = end {
        let after = posts
            .iter()
            .position(|post| post.at == cursor.at && post.id == cursor.id)
            .unwrap_or_else(|| posts.partition_point(|post| post.at < cursor.at));
        posts.truncate(after);
    }
    Ok(posts)
}

/// The instant and the id of the oldest message of a page.
struct Cursor {
    at: SimTime,
    id: String,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, ToolError> {
        let read = text.split_once('-').and_then(|(at, id)| {
            let at = SimTime(at.parse().ok()?);
            Some(Self {
                at,
                id: id.to_owned(),
            })
        });
        read.ok_or_else(|| ToolError::new("invalid_cursor"))
    }
}

impl Look for ReadChannel {
    type Args = Args;
    type Output = Page;
    const NAME: &'static str = "slack_read_channel";
    const FAMILY: Family = Family::Slack;
    const ABOUT: &'static str = "Reads the newest messages of a channel, or those before a cursor";

    fn look(world: &World, args: &Args) -> Result<Seen<Page>, ToolError> {
        let channel = channel_name(world, &args.channel)?;
        let limit = args.limit.clamp(1, LONGEST_PAGE);
        let posts = posts_of(world, args, &channel, limit)?;
        let first = posts.len().saturating_sub(limit);
        let page = posts.get(first..).unwrap_or_default();
        let cursor = page
            .first()
            .filter(|_| first > 0)
            .map(|oldest| format!("{}-{}", oldest.at.millis(), oldest.id));
        let topic = world.plan().pack.estate.channels.get(&channel);
        Ok(Seen {
            output: Page {
                topic: topic.map_or_else(String::new, |channel| channel.topic.clone()),
                messages: page.iter().map(|post| messages::row(world, post)).collect(),
                cursor,
                channel,
            },
            shown: page.iter().map(messages::shown).collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"channel\":\"#incidents\"}",
                about: "The newest messages",
                prints: "---- Monday, 2 March 2026 ----\n13:50  jon: Support has 20 tickets about refused jobs, @mara is it known?  (1772459400.236066)\n",
            },
            ToolExample {
                args: "{\"channel\":\"platform\",\"limit\":2}",
                about: "The last two messages",
                prints: "---- Monday, 2 March 2026 ----\n13:36  jon: lunch at noon?  (1772458572.773873)\n13:59  mara: who has the spare key for the lab  (1772459942.391906)\n(older messages: --cursor 1772458572000-1772458572.773873)\n",
            },
            ToolExample {
                args: "{\"channel\":\"#lunch\"}",
                about: "A channel that does not exist",
                prints: "slack_read_channel: channel_not_found\nhint: channels are #alerts, #deploys, #incidents, #jobs, #platform\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::artifact::Shown;
    use crate::sim::testing::small_world;

    fn args(limit: usize, cursor: Option<String>) -> Args {
        Args {
            channel: "platform".to_owned(),
            limit,
            cursor,
            thread: None,
        }
    }

    #[test]
    fn pages_join_without_a_gap() {
        let world = small_world();
        let whole = ReadChannel::look(&world, &args(40, None))
            .unwrap()
            .output
            .messages;
        let mut joined = Vec::new();
        let mut cursor = None;
        while joined.len() < 40 {
            let page = ReadChannel::look(&world, &args(7, cursor)).unwrap().output;
            joined.splice(0..0, page.messages);
            cursor = page.cursor;
        }
        assert_eq!(joined.split_off(joined.len() - 40), whole);
        assert!(ReadChannel::look(&world, &args(7, Some("x".to_owned()))).is_err());
    }

    #[test]
    fn a_scripted_message_is_shown_under_its_name() {
        let world = small_world();
        let args = Args {
            channel: "#incidents".to_owned(),
            limit: 50,
            ..Args::default()
        };
        let seen = ReadChannel::look(&world, &args).unwrap();
        assert!(
            seen.shown
                .contains(&Shown::Message("support-asks".to_owned()))
        );
    }
}
