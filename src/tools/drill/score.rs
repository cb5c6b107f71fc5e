//! The score of a drill that is over: the one place that asks the debrief. Never tells anything before.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::session::Session;
use crate::sim::world::trainee::DrillState;
use crate::tools::tool::{Text, ToolError};

/// How a drill went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Score {
    /// How it ended: `resolved`, `handed_over`, `deadline_passed`, `made_worse` or `gave_up`.
    pub ending: String,
    /// How long it took from the page to the end, in simulated seconds.
    pub took_s: i64,
    /// Customer minutes lost since the page.
    pub customer_minutes: u64,
    /// Why it happened when it did.
    pub why_now: String,
    /// The debrief, in words.
    pub debrief: String,
}

impl Text for Score {
    fn text(&self) -> String {
        format!(
            "{} after {} min, {} customer minutes lost\n\n{}",
            self.ending.replace('_', " "),
            self.took_s / 60,
            self.customer_minutes,
            self.debrief
        )
    }
}

/// The score.
///
/// # Errors
/// While the drill is not over.
pub fn score(session: &Session) -> Result<Score, ToolError> {
    let world = session.world();
    let DrillState::Ended(ending) = world.drill() else {
        return Err(ToolError {
            message: "the drill is not over".to_owned(),
            hint: Some(
                "it ends when the facts are mended, a claim is handed in and the page is resolved; or with drill_hand_over or drill_give_up"
                    .to_owned(),
            ),
        });
    };
    let ending = serde_json::to_value(ending).unwrap_or_default();
    let answer = &world.plan().pack.scenario.answer;
    Ok(Score {
        ending: ending.as_str().unwrap_or_default().to_owned(),
        took_s: (world.now() - world.plan().page).secs(),
        customer_minutes: world.loss().total() as u64,
        why_now: answer.why_now.clone(),
        debrief: format!("Why now: {}\n", answer.why_now),
    })
}

/// What the journal keeps beside the outcome of a drill that is over.
pub fn summary(session: &Session) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Ok(score) = score(session) {
        fields.insert(
            "customer_minutes".to_owned(),
            Value::from(score.customer_minutes),
        );
    }
    fields
}
