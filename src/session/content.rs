//! Content: scenarios with every check, those included that only the simulation can make. Holds no session.

use crate::diag::Diagnostic;
use crate::scenario::Pack;
use crate::scenario::loader::{self, Inspection, Source};
use crate::sim::judge::SimJudge;

/// Loads a scenario with all checks. The error holds every problem; there is at least one error among them.
pub fn load(root: &Source, scenario: &str) -> Result<Pack, Vec<Diagnostic>> {
    let inspection = inspect(root, scenario);
    inspection.pack.ok_or(inspection.diagnostics)
}

/// Reads a scenario and says everything that is wrong with it.
pub fn inspect(root: &Source, scenario: &str) -> Inspection {
    loader::inspect(root, scenario, &SimJudge)
}

/// Reads an estate by itself and says everything that is wrong with it.
pub fn inspect_estate(root: &Source, estate: &str) -> Vec<Diagnostic> {
    loader::inspect_estate(root, estate, &SimJudge)
}
