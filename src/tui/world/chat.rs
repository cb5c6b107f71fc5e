//! Rows of the chat family: channels, messages, people. Plain data.

use super::ArtifactId;

/// A channel in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelRow {
    /// Its name without the `#`.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// Messages not read.
    pub unread: u32,
    /// Those among them that mention the trainee.
    pub mentions: u32,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRow {
    /// What a pin keeps.
    pub id: ArtifactId,
    /// When it was posted.
    pub at_ms: i64,
    /// The author's handle.
    pub author: String,
    /// The author's role: `SRE`, `support`, `bot`.
    pub role: String,
    /// What it says; may hold several lines.
    pub text: String,
    /// Whether it mentions the trainee.
    pub mentions_me: bool,
    /// Whether the trainee wrote it.
    pub mine: bool,
    /// Whether a program wrote it.
    pub bot: bool,
    /// Replies in its thread.
    pub replies: u32,
    /// Reactions and how many gave them.
    pub reactions: Vec<(String, u32)>,
}

/// A page of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagesPage {
    /// The messages, oldest first.
    pub rows: Vec<MessageRow>,
    /// The cursor for the page before, if there is one.
    pub older: Option<String>,
    /// Those who are writing now.
    pub typing: Vec<String>,
}

/// Someone who can be mentioned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRow {
    /// The handle, without the `@`.
    pub handle: String,
    /// The name.
    pub name: String,
    /// What they do: `SRE, platform`.
    pub role: String,
    /// Whether they are on call now.
    pub on_call: bool,
    /// Whether it is the trainee.
    pub is_me: bool,
}
