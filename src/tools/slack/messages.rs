//! Messages of a channel as Slack shows them: posts and chatter merged. Never keeps any.

use schemars::JsonSchema;
use serde::Serialize;

use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::chatter::Chatter;
use crate::sim::plan::HISTORY;
use crate::sim::slack::Post;
use crate::sim::time::{SimTime, Span};

/// A message as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// Its id: name it to answer in its thread.
    pub id: String,
    /// When, in ms since the epoch.
    pub at_ms: i64,
    /// Handle of the author, or an app's name.
    pub by: String,
    /// The text.
    pub text: String,
    /// The message whose thread it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Answers in its thread.
    pub replies: usize,
    /// Emoji names and counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<(String, u32)>,
    /// It mentions the trainee.
    pub mentions_you: bool,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// Messages that are not read yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unread {
    /// Messages.
    pub messages: usize,
    /// Those that mention the trainee.
    pub mentions: usize,
}

/// All messages of a channel at or after `from`, oldest first. Chatter reaches as far back as telemetry does.
pub fn since(world: &World, channel: &str, from: SimTime) -> Vec<Post> {
    let now = world.now();
    let pack = &world.plan().pack;
    let mut all = Chatter::of(pack, world.seed(), channel)
        .map(|chatter| chatter.between(world.talked(), from, now))
        .unwrap_or_default();
    let posts = world.slack().posts().iter();
    all.extend(
        posts
            .filter(|post| post.channel == channel && from <= post.at && post.at <= now)
            .map(|post| post.as_ref().clone()),
    );
    all.sort_by_key(|post| post.at);
    all
}

/// The first instant at which a channel can have a message.
fn oldest(world: &World, channel: &str) -> SimTime {
    let posts = world.slack().posts().iter();
    let oldest = posts
        .filter(|post| post.channel == channel)
        .map(|post| post.at)
        .min();
    let history = world.plan().page - HISTORY;
    oldest.map_or(history, |at| at.min(history))
}

/// All messages of a channel.
pub fn all(world: &World, channel: &str) -> Vec<Post> {
    since(world, channel, oldest(world, channel))
}

/// At least the newest `count` messages of a channel that are not newer than `until`, as far as there are so many.
/// Looks back no further than it must.
pub fn newest(world: &World, channel: &str, count: usize, until: SimTime) -> Vec<Post> {
    let first = oldest(world, channel);
    let mut back = Span::from_hours(12);
    loop {
        let from = (until - back).max(first);
        let mut posts = since(world, channel, from);
        posts.retain(|post| post.at <= until);
        if posts.len() >= count || from == first {
            return posts;
        }
        back = back + back;
    }
}

/// What came in a channel after an instant and was not written by the trainee.
pub fn unread(world: &World, channel: &str, after: SimTime) -> Unread {
    unread_of(world, &since(world, channel, after), after)
}

/// The same, of messages that are at hand.
pub fn unread_of(world: &World, posts: &[Post], after: SimTime) -> Unread {
    let trainee = world.trainee_handle();
    let fresh = posts
        .iter()
        .filter(|post| post.at > after && post.by != trainee);
    fresh.fold(Unread::default(), |sum, post| Unread {
        messages: sum.messages + 1,
        mentions: sum.mentions + usize::from(mentions(&post.text, trainee)),
    })
}

/// Whether a text mentions a handle, the channel or everybody who is here.
pub fn mentions(text: &str, handle: &str) -> bool {
    text.split('@').skip(1).any(|after| {
        let name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let end = after.find(|c| !name(c)).unwrap_or(after.len());
        let word = after.get(..end).unwrap_or(after);
        word == handle || word == "here" || word == "channel"
    })
}

/// A message as a row.
pub fn row(world: &World, post: &Post) -> Message {
    let posts = world.slack().posts().iter();
    let replies = posts
        .filter(|other| other.thread.as_deref() == Some(post.id.as_str()))
        .count();
    Message {
        id: post.id.clone(),
        at_ms: post.at.millis(),
        by: post.by.clone(),
        text: post.text.clone(),
        thread: post.thread.clone(),
        replies,
        reactions: post.reactions.clone(),
        mentions_you: mentions(&post.text, world.trainee_handle()),
        artifact: artifact(post),
    }
}

/// The id under which a message can be pinned: its place, never its script's name.
pub fn artifact(post: &Post) -> String {
    Shown::Message(format!("{}/{}", post.channel, post.id)).id()
}

/// What a message shows: a scripted one counts under its script's name.
pub fn shown(post: &Post) -> Shown {
    Shown::Message(
        post.script
            .clone()
            .unwrap_or_else(|| format!("{}/{}", post.channel, post.id)),
    )
}

/// A message in the shell: time, author, text, what hangs on it.
pub fn line(message: &Message) -> String {
    let at = SimTime(message.at_ms).format("%H:%M");
    let into = message
        .thread
        .as_ref()
        .map_or_else(String::new, |thread| format!("[in {thread}] "));
    let text = message.text.replace('\n', "\n       ");
    let mut line = format!("{at}  {}: {into}{text}", message.by);
    for (emoji, count) in &message.reactions {
        line.push_str(&format!("  :{emoji}: {count}"));
    }
    if message.replies > 0 {
        let many = if message.replies == 1 {
            "reply"
        } else {
            "replies"
        };
        line.push_str(&format!("  ({} {many}, {})", message.replies, message.id));
    } else {
        line.push_str(&format!("  ({})", message.id));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;

    #[test]
    fn only_whole_handles_are_mentions() {
        assert!(mentions("hi @mara, look", "mara"));
        assert!(mentions("@here", "mara"));
        assert!(!mentions("@marathon mara@x", "mara"));
    }

    #[test]
    fn unread_counts_what_came_after_an_instant() {
        let world = small_world();
        let after = world.now() - Span::from_mins(11);
        assert_eq!(
            unread(&world, "#incidents", after),
            Unread {
                messages: 1,
                mentions: 0
            }
        );
        assert_eq!(unread(&world, "#incidents", world.now()), Unread::default());
    }
}
