//! Scoring: the right answer, par times, the author's weights.

use serde::{Deserialize, Serialize};

use super::Map;
use super::change::Change;
use super::values::Duration;

/// The right answer to the claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Root causes: faults. Naming the first is needed, each further one is worth extra.
    pub roots: Vec<String>,
    /// The way from the root to what customers see, in order.
    pub path: Vec<String>,
    /// Why now: a sentence for the debrief.
    pub why_now: String,
    /// Any of these words in the trainee's "why now" counts, one from each list.
    pub why_now_words: Vec<Vec<String>>,
    /// Services that the trainee may name as the component at fault.
    pub components: Vec<String>,
    /// Words for the mechanism, one from each list.
    pub mechanism_words: Vec<Vec<String>>,
    /// Words that name a fault of the path or a further root in a claim, one from each list; a fault without words
    /// counts by its evidence alone.
    #[serde(default)]
    pub path_words: Map<Vec<Vec<String>>>,
    /// What a good responder would have done at the page, for the debrief's "had you done this".
    #[serde(default)]
    pub remedies: Vec<Remedy>,
}

/// Something that could have been done at the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What it is, to follow "had you", for example `"rolled the worker back"`.
    pub says: String,
    /// What it changes.
    pub does: Vec<Change>,
}

/// The author's par: what a good responder needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Par {
    /// To acknowledge.
    pub acknowledge: Duration,
    /// To the first update in the incident channel.
    pub first_update: Duration,
    /// To the end of the customers' harm.
    pub mitigate: Duration,
    /// To the root cause.
    pub root_cause: Duration,
    /// Customer minutes lost from the page on.
    pub customer_minutes: f64,
}
