//! `drill_clock`: what the drill's clock shows, and letting time pass. Never decides what happens meanwhile.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::journal::Door;
use crate::session::{Session, SessionError};
use crate::sim::time::Span;
use crate::tools::tool::{Text, ToolError};

/// The name of the tool.
pub const NAME: &str = "drill_clock";
/// What it does.
pub const ABOUT: &str = "Tells the drill's time; waits a while of simulated time, or skips to the next thing you would notice (at most 10 minutes)";

/// The longest that one call waits.
const LONGEST_WAIT: Span = Span::from_hours(4);
/// A wait is told of at most so many times on the way.
const STRETCHES: i64 = 20;
/// And not more often than this.
const SHORTEST_STRETCH: Span = Span::from_secs(30);

/// What to do with the clock; with nothing it is only read.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// How long to wait, in simulated time: `90s`, `5m`, `1h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
    /// Skip to the next thing you would notice: a message to you, a page, the end of a rollout.
    pub skip: bool,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Clock {
    /// The instant now, RFC 3339.
    pub now: String,
    /// Simulated seconds since the page.
    pub since_page_s: i64,
    /// When the drill ends at the latest, RFC 3339.
    pub deadline: String,
    /// Simulated seconds that this call let pass.
    pub passed_s: i64,
    /// With `skip`: something is there to notice.
    pub noticed: bool,
    /// The drill is over.
    pub over: bool,
}

impl Text for Clock {
    fn text(&self) -> String {
        let mut text = format!(
            "{}, {} min {:02} s since the page; the drill ends at {}\n",
            self.now,
            self.since_page_s / 60,
            self.since_page_s % 60,
            self.deadline
        );
        if self.passed_s > 0 {
            text.push_str(&format!("{} s passed", self.passed_s));
            text.push_str(if self.noticed {
                "; something happened\n"
            } else {
                "\n"
            });
        }
        if self.over {
            text.push_str("The drill is over: drill_score tells how it went.\n");
        }
        text
    }
}

/// Reads how long to wait.
///
/// # Errors
/// When it is no duration, or too long.
pub fn wanted(args: &Args) -> Result<Option<Span>, ToolError> {
    use crate::scenario::format::values::{Duration, Text as _};
    let Some(text) = args.wait.as_deref().filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    if args.skip {
        return Err(ToolError::new("give either wait or skip, not both"));
    }
    let span = Duration::parse(text.trim())
        .map(|duration| Span(duration.millis))
        .map_err(|_| ToolError {
            message: format!("{text:?} is no duration"),
            hint: Some("write 90s, 5m or 1h30m".to_owned()),
        })?;
    if span <= Span::ZERO || span > LONGEST_WAIT {
        return Err(ToolError::new(format!(
            "a wait takes more than nothing and at most {} hours",
            LONGEST_WAIT.secs() / 3600
        )));
    }
    Ok(Some(span))
}

/// The stretch that a wait is done in: so that it can be told of and cancelled on the way.
pub fn stretch(whole: Span) -> Span {
    let secs = (whole.secs() / STRETCHES).max(SHORTEST_STRETCH.secs());
    Span::from_secs(secs)
}

/// Lets a stretch pass. Answers whether there is anything left to wait for.
///
/// # Errors
/// The journal's refusal.
pub fn pass(session: &mut Session, door: Door, stretch: Span) -> Result<bool, SessionError> {
    if session.is_over() {
        return Ok(false);
    }
    session.wait(door, stretch)?;
    Ok(!session.is_over())
}

/// What the clock shows.
pub fn read(session: &Session, passed: Span, noticed: bool) -> Clock {
    let world = session.world();
    Clock {
        now: world.now().to_string(),
        since_page_s: (world.now() - world.plan().page).secs(),
        deadline: world.plan().deadline.to_string(),
        passed_s: passed.secs(),
        noticed,
        over: session.is_over(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(wait: &str) -> Result<Option<Span>, ToolError> {
        wanted(&Args {
            wait: Some(wait.to_owned()),
            skip: false,
        })
    }

    #[test]
    fn waits_are_durations_of_a_sensible_length() {
        assert_eq!(asked("90s"), Ok(Some(Span::from_secs(90))));
        assert_eq!(asked("1h"), Ok(Some(Span::from_hours(1))));
        assert_eq!(asked(""), Ok(None));
        for wrong in ["soon", "5h", "0s", "-5m", "999999999999h"] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_long_wait_is_done_in_few_stretches() {
        assert_eq!(stretch(Span::from_mins(2)), Span::from_secs(30));
        assert_eq!(stretch(Span::from_hours(2)), Span::from_mins(6));
    }
}
