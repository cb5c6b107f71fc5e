//! Slack's messages: what was posted, by whom, in which thread. Ordinary chatter is drawn when looked at, not kept.

use serde::Serialize;

use super::time::SimTime;

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Identity, as Slack's own: the second and six digits, `1733132700.004182`. Says nothing of who wrote it.
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

/// The id of a message: its second, and six digits that no other of the same source and second has.
/// A person's and a drawn message's ids look the same, so that nobody tells by them what a scenario wrote.
pub fn message_id(at: SimTime, number: u64) -> String {
    // 618,033 has no factor in common with a million: different numbers give different digits.
    let digits = (number % 1_000_000) * 618_033 % 1_000_000;
    format!("{}.{digits:06}", at.millis().div_euclid(1000))
}

/// The second that an id names.
pub fn second_of(id: &str) -> Option<SimTime> {
    let (second, digits) = id.split_once('.')?;
    let second: i64 = second.parse().ok()?;
    (digits.len() == 6).then_some(SimTime(second.checked_mul(1000)?))
}

impl Slack {
    /// Posts a message and gives it its id. Times must not go back.
    pub fn post(&mut self, mut post: Post) -> std::sync::Arc<Post> {
        self.next += 1;
        post.id = message_id(post.at, u64::from(self.next));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_second_and_is_its_own() {
        let at = SimTime(1_733_132_700_900);
        let ids: std::collections::BTreeSet<String> =
            (0..100_000).map(|number| message_id(at, number)).collect();
        assert_eq!(ids.len(), 100_000);
        assert!(
            ids.iter()
                .all(|id| second_of(id) == Some(SimTime(1_733_132_700_000)))
        );
        for wrong in [
            "",
            "m4",
            "1733132700",
            "1733132700.1",
            "x.123456",
            "9223372036854775807.000000",
        ] {
            assert_eq!(second_of(wrong), None, "{wrong}");
        }
    }
}
