//! The scenario: one incident in an estate.

use serde::{Deserialize, Serialize};

use super::Map;
use super::artifact::Artifact;
use super::change::{Automation, Fact, Happening};
use super::condition::Condition;
use super::fault::{Driver, Fault, Stock};
use super::records::{Incident, SentryIssue, Ticket};
use super::scoring::{Answer, Par};
use super::service::{Release, Service};
use super::systems::{Instruments, MovedTag, StatusIncident};
use super::telemetry::{AlertRule, Pin, SeriesSpec};
use super::values::{Delay, Instant, Moment};

/// One incident in an estate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Title in the list.
    pub title: String,
    /// One or two sentences for the list; gives nothing away.
    pub summary: String,
    /// Estate it happens in.
    pub estate: String,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// How long a drill takes, in real minutes.
    pub minutes: u32,
    /// Markdown file with the briefing, beside this file.
    pub briefing: String,
    /// Severity on the board, for example `"P0"`.
    pub severity: String,
    /// The instant of the page: a whole minute.
    pub starts: Instant,
    /// The drill ends at the latest so long after the page.
    pub deadline: super::values::Duration,
    /// The handle the trainee has in Slack.
    #[serde(default = "trainee")]
    pub trainee: String,
    /// The page: key of the incident in `incidents` that is the trainee's.
    pub page: String,
    /// Traffic from this moment on, as a factor of the estate's.
    #[serde(default)]
    pub traffic: Vec<(Moment, f64)>,
    /// Services that this scenario changes in the estate, or adds.
    #[serde(default)]
    pub services: Map<Service>,
    /// Releases that this scenario adds to services of the estate.
    #[serde(default)]
    pub releases: Map<Vec<Release>>,
    /// Declared facts.
    #[serde(default)]
    pub facts: Map<Fact>,
    /// Drivers.
    #[serde(default)]
    pub drivers: Map<Driver>,
    /// Stocks.
    #[serde(default)]
    pub stocks: Map<Stock>,
    /// The causal graph.
    pub faults: Map<Fault>,
    /// Exact totals before the page.
    #[serde(default)]
    pub pins: Vec<Pin>,
    /// What happened before the page and happens during the drill whatever the trainee does.
    #[serde(default)]
    pub story: Vec<Happening>,
    /// Rules of the estate that change facts.
    #[serde(default)]
    pub automations: Map<Automation>,
    /// Further series.
    #[serde(default)]
    pub series: Map<SeriesSpec>,
    /// Further alert rules.
    #[serde(default)]
    pub alerts: Map<AlertRule>,
    /// Clues.
    #[serde(default)]
    pub clues: Map<Clue>,
    /// Red herrings.
    #[serde(default)]
    pub red_herrings: Map<Herring>,
    /// What people know and how they answer, by handle.
    #[serde(default)]
    pub people: Map<Knowledge>,
    /// Scripted messages, by name.
    #[serde(default)]
    pub messages: Map<Message>,
    /// Sentry issues by id.
    #[serde(default)]
    pub sentry: Map<SentryIssue>,
    /// Incidents of the paging system by id.
    #[serde(default)]
    pub incidents: Map<Incident>,
    /// Tickets by key.
    #[serde(default)]
    pub tickets: Map<Ticket>,
    /// Incidents that the company posted on its status page, by id.
    #[serde(default)]
    pub status_incidents: Map<StatusIncident>,
    /// Incidents that suppliers posted on their status pages, by supplier and id.
    #[serde(default)]
    pub supplier_incidents: Map<Map<StatusIncident>>,
    /// Tags of images that move.
    #[serde(default)]
    pub image_tags: Vec<MovedTag>,
    /// Attributes of resources that are not what the infrastructure's code says: address, attribute, the code's value.
    #[serde(default)]
    pub drift: Vec<(String, String, String)>,
    /// Instruments that fail.
    #[serde(default)]
    pub instruments: Instruments,
    /// Customers are harmed no more when this holds.
    pub mitigated: Condition,
    /// The incident is over when this holds.
    pub resolved: Condition,
    /// It was made much worse when this holds: the drill ends.
    #[serde(default)]
    pub made_worse: Option<Condition>,
    /// The right answer.
    pub answer: Answer,
    /// The author's par.
    pub par: Par,
    /// Money lost for each customer minute, and its currency.
    #[serde(default)]
    pub worth: Option<(f64, String)>,
    /// Words of a first update that say what is affected: one from each list.
    #[serde(default)]
    pub update_words: Vec<Vec<String>>,
}

fn trainee() -> String {
    "you".to_owned()
}

/// How hard a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Difficulty {
    /// For a first drill.
    Easy,
    /// For somebody who has been on call.
    Moderate,
    /// For somebody who has been on call for long.
    Hard,
}

/// What an artifact reveals about the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clue {
    /// The fault it reveals.
    pub reveals: String,
    /// What it tells, for the debrief.
    pub says: String,
    /// Any of these shows it.
    pub shown_by: Vec<Artifact>,
}

/// An artifact that supports a wrong explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Herring {
    /// The wrong explanation.
    pub says: String,
    /// What seems to support it.
    pub shown_by: Vec<Artifact>,
    /// Why it is wrong.
    pub because: String,
    /// What refutes it.
    pub refuted_by: Vec<Artifact>,
    /// The component it wrongly blames.
    #[serde(default)]
    pub blames: Option<String>,
}

/// What a person knows about the incident, and how they answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knowledge {
    /// Faults they know something of.
    pub knows: Vec<String>,
    /// Herrings they believe in until refuted.
    pub believes: Vec<String>,
    /// Answers by keyword; the first that fits is given, each once unless `repeats`.
    pub replies: Vec<Reply>,
    /// What they say when nothing fits.
    pub otherwise: Vec<String>,
}

/// An answer by keyword.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The post has one word from each of these lists.
    pub words: Vec<Vec<String>>,
    /// And this holds.
    #[serde(default)]
    pub when: Option<Condition>,
    /// The answer; may hold `{lag}`, `{tickets}` and other figures (see the format's page).
    pub says: String,
    /// May be given more than once.
    #[serde(default)]
    pub repeats: bool,
    /// Name of the answer, for clues (`Message(name)`).
    #[serde(default)]
    pub name: Option<String>,
}

/// A scripted message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Channel, with `#`.
    pub channel: String,
    /// Handle of the person, or the name of an app such as `"PagerDuty"`.
    pub by: String,
    /// The text; mentions as `@handle`.
    pub says: String,
    /// When; for a message with `when`, not before this.
    #[serde(default)]
    pub at: Option<Moment>,
    /// Sent when this comes to hold.
    #[serde(default)]
    pub when: Option<Condition>,
    /// So long after `when` came to hold.
    #[serde(default)]
    pub after: Delay,
    /// The message (by name) whose thread it is in.
    #[serde(default)]
    pub thread_of: Option<String>,
    /// Reactions: emoji name and count.
    #[serde(default)]
    pub reactions: Vec<(String, u32)>,
}
