//! The score of a drill that is over: the one place that asks the debrief. Never tells anything before.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::debrief::{self, Played};
use crate::session::Session;
use crate::tools::tool::{Text, ToolError};

/// How a drill went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Score {
    /// How it ended: `resolved`, `handed_over`, `deadline_passed`, `made_worse` or `gave_up`.
    pub ending: String,
    /// Resolved, with a claim that names the root.
    pub is_win: bool,
    /// How it ended, in one sentence.
    pub verdict: String,
    /// Points.
    pub points: u32,
    /// The most there are.
    pub out_of: u32,
    /// Its parts.
    pub parts: Vec<Part>,
    /// How long it took from the page to the end, in simulated seconds.
    pub took_s: i64,
    /// Customer minutes lost up to the deadline.
    pub customer_minutes: u64,
    /// Those that doing nothing would have lost.
    pub customer_minutes_doing_nothing: u64,
    /// Why it happened when it did.
    pub why_now: String,
    /// The debrief, in Markdown.
    pub debrief: String,
}

/// A part of the score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Points; below zero for what is taken off.
    pub points: i32,
    /// The most there are.
    pub out_of: u32,
}

impl Text for Score {
    fn text(&self) -> String {
        format!("{}\n\n{}", self.verdict, self.debrief)
    }
}

/// The score.
///
/// # Errors
/// While the drill is not over.
pub fn score(session: &Session) -> Result<Score, ToolError> {
    if !session.is_over() {
        return Err(ToolError {
            message: "the drill is not over".to_owned(),
            hint: Some(
                "it ends when the facts are mended, a claim is handed in and the page is resolved; or with drill_hand_over or drill_give_up"
                    .to_owned(),
            ),
        });
    }
    let told = debrief::debrief(&Played::of(session));
    let parts = told.score.parts.iter().map(|part| Part {
        name: part.name.to_owned(),
        points: part.points,
        out_of: part.out_of,
    });
    Ok(Score {
        parts: parts.collect(),
        ending: told.ending.clone(),
        is_win: told.is_win,
        verdict: told.verdict.clone(),
        points: told.score.points,
        out_of: told.score.out_of,
        took_s: (told.end - told.page).secs(),
        customer_minutes: told.actual.harm.customer_minutes.round() as u64,
        customer_minutes_doing_nothing: told.nothing.harm.customer_minutes.round() as u64,
        why_now: told.why_now.clone(),
        debrief: debrief::text::markdown(&told),
    })
}

/// What the journal keeps beside the outcome of a drill that is over.
pub fn summary(session: &Session) -> Map<String, Value> {
    if session.is_over() {
        debrief::debrief(&Played::of(session)).summary()
    } else {
        Map::new()
    }
}
