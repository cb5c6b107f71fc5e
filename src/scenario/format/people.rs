//! People, teams and channels of an estate.

use serde::{Deserialize, Serialize};

use super::values::{Delay, Moment, Rate};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Display name.
    pub title: String,
    /// Its Slack channel.
    pub channel: String,
    /// On-call rotation, by handle; the first is on call in the week of the page.
    #[serde(default)]
    pub on_call: Vec<String>,
    /// Spans in which somebody else is on call.
    #[serde(default)]
    pub overrides: Vec<OnCallOverride>,
    /// The team that is paged when nobody of this one takes a page.
    #[serde(default)]
    pub escalates_to: Option<String>,
}

/// A span in which somebody else than the rotation says is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnCallOverride {
    /// From then on.
    pub from: Moment,
    /// Until then.
    pub until: Moment,
    /// Who.
    pub by: String,
    /// What they wrote beside it: why, or what the one before them handed over.
    #[serde(default)]
    pub note: String,
}

/// Somebody who works there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Title, for example `"Senior SRE"`.
    pub role: String,
    /// Team.
    pub team: String,
    /// Offset of their working hours from UTC, in hours.
    #[serde(default)]
    pub utc_offset_hours: i32,
    /// Spans, from and until, in which they are away: no small talk of theirs is in any channel.
    #[serde(default)]
    pub away: Vec<(Moment, Moment)>,
    /// How long they take to answer a mention.
    #[serde(default = "few_minutes")]
    pub answers_in: Delay,
}

fn few_minutes() -> Delay {
    Delay {
        least: super::values::Duration::from_secs(60),
        most: super::values::Duration::from_secs(240),
    }
}

/// A Slack channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Topic line.
    pub topic: String,
    /// Handles of its members; empty means everybody.
    #[serde(default)]
    pub members: Vec<String>,
    /// Ordinary messages on a working day.
    #[serde(default)]
    pub chatter: Option<Chatter>,
}

/// Ordinary messages in a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chatter {
    /// The text file in `chatter/`, one message a line.
    pub corpus: String,
    /// Messages at the busiest hour.
    pub rate: Rate,
    /// Who writes them; empty means the members.
    #[serde(default)]
    pub by: Vec<String>,
}
