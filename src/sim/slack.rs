//! Slack's messages: what was posted, by whom, in which thread. Ordinary chatter is drawn when looked at, not kept.

use serde::Serialize;

use super::time::SimTime;

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Identity: `m<number>`, stable within a drill.
    pub id: String,
    /// Channel, with `#`.
    pub channel: String,
    /// Handle of the person, or an app's name.
    pub by: String,
    /// When.
    pub at: SimTime,
    /// The text.
    pub text: String,
    /// The message whose thread it is in.
    pub thread: Option<String>,
    /// Emoji names and counts.
    pub reactions: Vec<(String, u32)>,
    /// The scripted message's name, for clues; never shown.
    #[serde(skip)]
    pub script: Option<String>,
}

/// All messages that were posted, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Slack {
    posts: Vec<std::sync::Arc<Post>>,
    next: u32,
}

impl Slack {
    /// Posts a message and gives it its id. Times must not go back.
    pub fn post(&mut self, mut post: Post) -> std::sync::Arc<Post> {
        self.next += 1;
        post.id = format!("m{}", self.next);
        let post = std::sync::Arc::new(post);
        let after = self.posts.partition_point(|other| other.at <= post.at);
        self.posts.insert(after, std::sync::Arc::clone(&post));
        post
    }

    /// All messages, oldest first.
    pub fn posts(&self) -> &[std::sync::Arc<Post>] {
        &self.posts
    }

    /// A message by id.
    pub fn get(&self, id: &str) -> Option<&Post> {
        self.posts
            .iter()
            .find(|post| post.id == id)
            .map(AsRef::as_ref)
    }

    /// The message that a scripted message became.
    pub fn scripted(&self, name: &str) -> Option<&Post> {
        self.posts
            .iter()
            .find(|post| post.script.as_deref() == Some(name))
            .map(AsRef::as_ref)
    }
}
