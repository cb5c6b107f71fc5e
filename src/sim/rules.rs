//! Alerting and recording rules: what is evaluated when, who is told, and what becomes of each alert.
//!
//! Rules are evaluated on a fixed grid over the drill's own series, on history that is closed, so an alert's state is a
//! function of seed and journal. Never makes samples, never posts or pages by itself: the world does.

pub mod notify;
pub mod recorded;
pub mod rule;
pub mod silence;
pub mod standard;
pub mod state;
pub mod template;
pub mod watch;

use super::time::Span;

pub use recorded::Recorded;
pub use rule::{AlertingRule, RecordingRule, Rules};
pub use silence::Silence;
pub use state::{ActiveAlert, AlertSpan, AlertState, Alerts};

/// How often rules are evaluated; evaluations lie on multiples of it since the epoch.
pub const EVERY: Span = Span::from_secs(30);
/// An evaluation sees what was scraped before its instant: what happens in the same second comes after it.
pub const BEHIND: Span = Span::from_millis(1);
/// Rules are evaluated on the whole grid from so long before the page.
pub const SINCE: Span = Span::from_hours(1);

#[cfg(test)]
mod tests;
