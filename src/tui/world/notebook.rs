//! Rows of the notebook: pins, hypotheses, hints, the claim, the report. Plain data.

use super::ArtifactId;

/// The notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notebook {
    /// What was kept, oldest first.
    pub pins: Vec<PinRow>,
    /// What is thought, in the order it was written.
    pub hypotheses: Vec<Hypothesis>,
    /// Hints, in the order they can be taken.
    pub hints: Vec<HintRow>,
    /// The claim, once handed in.
    pub claim: Option<Claim>,
    /// The report as last saved.
    pub report: String,
    /// Components a hypothesis can name; others may be typed.
    pub components: Vec<String>,
    /// Mechanisms a hypothesis can name; others may be typed.
    pub mechanisms: Vec<String>,
    /// Whether a claim can be handed in now, or why not.
    pub claim_refused: Option<String>,
}

/// A piece of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinRow {
    /// The pin.
    pub id: String,
    /// What it keeps.
    pub artifact: ArtifactId,
    /// When it was kept.
    pub at_ms: i64,
    /// One line that says what it is.
    pub label: String,
    /// The pane it came from.
    pub from: String,
}

/// An explanation under test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hypothesis {
    /// The hypothesis; empty for one that is not saved yet.
    pub id: String,
    /// What component.
    pub component: String,
    /// What mechanism.
    pub mechanism: String,
    /// Why now.
    pub why_now: String,
    /// How sure, from 0 to 100.
    pub confidence: u8,
    /// Pins that speak for it.
    pub supports: Vec<String>,
    /// Pins that speak against it.
    pub contradicts: Vec<String>,
}

/// What the trainee says was the cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// What component.
    pub component: String,
    /// What mechanism.
    pub mechanism: String,
    /// Why now.
    pub why_now: String,
    /// The pins that show it.
    pub evidence: Vec<String>,
}

/// A hint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintRow {
    /// The hint.
    pub id: String,
    /// What kind: `where to look`, `what to look for`, `what it means`.
    pub title: String,
    /// What it costs, in words, told before it is taken.
    pub cost: String,
    /// What it says, once taken.
    pub text: Option<String>,
    /// Whether it can be taken now.
    pub is_open: bool,
}
