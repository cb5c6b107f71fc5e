//! `slack_search`: messages that hold all words of a query, newest first. Never reaches past what Slack keeps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::messages::{self, Message};
use crate::sim::World;
use crate::sim::slack::Post;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Most results at once.
const MOST: usize = 100;

/// Searches messages.
pub struct Search;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Words that must all occur; `in:#channel` and `from:handle` narrow it.
    pub query: String,
    /// Most results, 1 to 100.
    #[serde(default = "twenty")]
    pub limit: usize,
}

fn twenty() -> usize {
    20
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// How many messages there are in all.
    pub total: usize,
    /// The newest of them, newest first.
    pub messages: Vec<Hit>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hit {
    /// The channel it is in.
    pub channel: String,
    /// The message.
    #[serde(flatten)]
    pub message: Message,
}

impl Text for Found {
    fn text(&self) -> String {
        let mut text = match self.total {
            0 => "No messages match.\n".to_owned(),
            1 => "1 message\n".to_owned(),
            total => format!("{total} messages\n"),
        };
        for hit in &self.messages {
            let day = SimTime(hit.message.at_ms).format("%a %-d %b");
            text.push_str(&format!(
                "{}  {day} {}\n",
                hit.channel,
                messages::line(&hit.message)
            ));
        }
        text
    }
}

struct Query {
    words: Vec<String>,
    channel: Option<String>,
    from: Option<String>,
}

impl Query {
    fn parse(text: &str) -> Self {
        let mut query = Self {
            words: Vec::new(),
            channel: None,
            from: None,
        };
        for word in text.split_whitespace().take(32) {
            if let Some(channel) = word.strip_prefix("in:") {
                query.channel = Some(format!("#{}", channel.trim_start_matches('#')));
            } else if let Some(from) = word.strip_prefix("from:") {
                query.from = Some(from.trim_start_matches('@').to_lowercase());
            } else {
                query.words.push(word.trim_matches('"').to_lowercase());
            }
        }
        query
    }

    fn matches(&self, post: &Post) -> bool {
        let text = post.text.to_lowercase();
        let by = self
            .from
            .as_ref()
            .is_none_or(|from| *from == post.by.to_lowercase());
        by && self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

impl Look for Search {
    type Args = Args;
    type Output = Found;
    const NAME: &'static str = "slack_search";
    const FAMILY: Family = Family::Slack;
    const ABOUT: &'static str = "Finds messages that hold all words of a query, newest first";

    fn look(world: &World, args: &Args) -> Result<Seen<Found>, ToolError> {
        if args.query.trim().is_empty() {
            return Err(ToolError::new("no_query"));
        }
        let query = Query::parse(&args.query);
        let channels = world.plan().pack.estate.channels.keys();
        let mut found: Vec<Post> = channels
            .filter(|name| query.channel.as_ref().is_none_or(|wanted| wanted == *name))
            .flat_map(|name| messages::all(world, name))
            .filter(|post| query.matches(post))
            .collect();
        found.sort_by_key(|post| std::cmp::Reverse(post.at));
        let total = found.len();
        found.truncate(args.limit.clamp(1, MOST));
        Ok(Seen {
            output: Found {
                total,
                messages: found
                    .iter()
                    .map(|post| Hit {
                        channel: post.channel.clone(),
                        message: messages::row(world, post),
                    })
                    .collect(),
            },
            shown: found.iter().map(messages::shown).collect(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"query\":\"refused jobs in:#incidents\"}",
                about: "Two words in one channel",
                prints: "1 message\n#incidents  Mon 2 Mar 13:50  jon: Support has 20 tickets about refused jobs, @mara is it known?  (1772459400.236066)\n",
            },
            ToolExample {
                args: "{\"query\":\"unicorn\"}",
                about: "Nothing is found",
                prints: "No messages match.\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn authors_and_words_narrow_the_search() {
        let world = small_world();
        let total = |query: &str| {
            let args = Args {
                query: query.to_owned(),
                limit: 3,
            };
            Search::look(&world, &args).map(|seen| seen.output.total)
        };
        assert_eq!(total("from:@jon refused"), Ok(1));
        assert_eq!(total("from:lena refused"), Ok(0));
        assert!(total("green build").unwrap() > 3);
        assert!(total("  ").is_err());
    }
}
