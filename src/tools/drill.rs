//! The drill's own tools: briefing, notebook, claim, report, hints, and ways to end it. They cost no simulated time.

pub mod brief;
pub mod claim;
pub mod clock;
pub mod hint;
pub mod leave;
pub mod notebook;
pub mod recall;
pub mod report;
pub mod score;
