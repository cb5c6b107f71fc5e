//! What the trainee did and saw, as conditions, states and the score need it. Fed by the journal alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::command::{Claim, Hypothesis};
use crate::sim::ids::{ClueId, HerringId};
use crate::sim::plan::Deed;
use crate::sim::time::SimTime;

/// State of a drill.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DrillState {
    /// The page came; nobody has taken it.
    Paged,
    /// The trainee took the page and has looked at nothing since.
    Acknowledged,
    /// The trainee looks into it.
    Investigating,
    /// Customers are harmed no more, the cause may still be there.
    Mitigated,
    /// It came back after it was mitigated or called resolved.
    Relapsed,
    /// What the scenario calls resolved holds.
    Resolved,
    /// The drill is over.
    Ended(Ending),
}

/// How a drill ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Resolved, with a claim.
    Resolved,
    /// Handed over.
    HandedOver,
    /// Time was up.
    DeadlinePassed,
    /// It was made much worse.
    MadeWorse,
    /// Given up.
    GaveUp,
}

/// Something the trainee did.
#[derive(Clone, Debug)]
pub struct Done {
    /// When.
    pub at: SimTime,
    /// What.
    pub deed: Deed,
}

/// What the trainee did and saw.
#[derive(Clone, Debug, Default)]
pub struct Trainee {
    /// Deeds in order.
    pub deeds: Vec<Done>,
    /// Clues seen, and when first.
    pub clues: BTreeMap<ClueId, SimTime>,
    /// Herrings seen.
    pub herrings: BTreeMap<HerringId, SimTime>,
    /// Herrings refuted by what was seen.
    pub refuted: BTreeMap<HerringId, SimTime>,
    /// When the page was taken.
    pub acknowledged: Option<SimTime>,
    /// When the page was called resolved, if it has not come back since.
    pub resolved: Option<SimTime>,
    /// The first post in the incident channel that says what is affected.
    pub first_update: Option<SimTime>,
    /// The first look at anything after taking the page.
    pub first_look: Option<SimTime>,
    /// Clues that were kept as evidence, by the artifact that shows them.
    pub evidence: BTreeMap<ClueId, String>,
    /// Evidence: artifact to title.
    pub pins: BTreeMap<String, String>,
    /// Notes.
    pub notes: Vec<(SimTime, String)>,
    /// Hypotheses by number.
    pub hypotheses: BTreeMap<u32, Hypothesis>,
    /// Claims, oldest first.
    pub claims: Vec<(SimTime, Claim)>,
    /// Hints taken.
    pub hints: BTreeSet<u32>,
    /// The incident report.
    pub report: Option<String>,
}
