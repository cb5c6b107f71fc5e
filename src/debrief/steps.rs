//! What each acting step was worth: the drill's course beside the one without it. Names no command as good or bad by
//! itself: a flush, a skipped offset or a needless restart shows by what it cost.

use serde::Serialize;

use super::course::{Course, Harm, Tried};
use super::entries::EntryRef;
use crate::session::entry::Entry;
use crate::session::journal::Record;
use crate::sim::time::{SimTime, Span};

/// Differences of customer minutes below this are none.
const LEAST_MINUTES: f64 = 10.0;
/// Differences of anything else lost below this are none.
const LEAST_LOSS: f64 = 5.0;
/// Below this share of what doing nothing loses, a difference is none.
const LEAST_SHARE: f64 = 0.01;
/// A mitigation that comes sooner by less than this is not due to the step.
const SOONER: Span = Span::from_mins(1);

/// What a step did to the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Less was lost with it than without.
    Helped,
    /// It made no difference in the end, but alone it would have helped: another step did the same.
    Spare,
    /// It made no difference.
    Nothing,
    /// It saved one thing and cost another.
    Mixed,
    /// More was lost with it than without.
    Worse,
}

/// One acting step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The entry.
    pub entry: EntryRef,
    /// What it did.
    pub effect: Effect,
    /// What was lost more (above zero) or less (below) because of it.
    pub differences: Vec<Difference>,
    /// Without it customers would have been harmed for longer.
    pub is_decisive: bool,
    /// One sentence.
    pub says: String,
}

/// A difference that a step made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Of what.
    pub what: String,
    /// How much more was lost because of it; below zero: how much was saved.
    pub cost: f64,
    /// The same as a share of what doing nothing loses of it, at most 1; 1 where doing nothing loses none.
    pub share: f64,
}

/// Compares the course with the one without a step, and the course of the step alone with that of doing nothing.
pub fn step(record: &Record<Entry>, actual: &Course, tried: &Tried, nothing: &Course) -> Step {
    let without = &tried.without;
    let differences = differences(&actual.harm, &without.harm, &nothing.harm);
    let costs = differences.iter().any(|difference| difference.cost > 0.0);
    let saves = differences.iter().any(|difference| difference.cost < 0.0);
    let is_decisive = sooner(actual.mitigated, without.mitigated);
    let effect = match (saves || is_decisive, costs) {
        (true, false) => Effect::Helped,
        (false, false) => Effect::Nothing,
        (true, true) => Effect::Mixed,
        (false, true) => Effect::Worse,
    };
    let alone: Vec<Difference> = match (effect, &tried.alone) {
        (Effect::Nothing, Some(alone)) => {
            self::differences(&alone.harm, &nothing.harm, &nothing.harm)
                .into_iter()
                .filter(|difference| difference.cost < 0.0)
                .collect()
        }
        _ => Vec::new(),
    };
    let says = sentence(effect, &differences, actual, without);
    Step {
        entry: EntryRef::of(record),
        effect: if alone.is_empty() {
            effect
        } else {
            Effect::Spare
        },
        says: match list(&alone, -1.0) {
            saved if saved.is_empty() => says,
            saved => format!("{says}; alone it would have saved {}", saved.join(", ")),
        },
        differences,
        is_decisive,
    }
}

/// What each difference of one sign is, in words.
fn list(differences: &[Difference], sign: f64) -> Vec<String> {
    differences
        .iter()
        .filter(|difference| difference.cost * sign > 0.0)
        .map(|difference| format!("{} {}", grouped(difference.cost.abs()), difference.what))
        .collect()
}

/// Whether customers were served again, and sooner than otherwise.
fn sooner(with: Option<SimTime>, without: Option<SimTime>) -> bool {
    match (with, without) {
        (Some(with), Some(without)) => without - with >= SOONER,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn differences(actual: &Harm, without: &Harm, nothing: &Harm) -> Vec<Difference> {
    let minutes = difference(
        "customer minutes",
        actual.customer_minutes,
        without.customer_minutes,
        nothing.customer_minutes,
        LEAST_MINUTES,
    );
    let losses = actual
        .losses
        .iter()
        .zip(&without.losses)
        .zip(&nothing.losses)
        .filter_map(|((with, without), nothing)| {
            difference(
                &with.what,
                with.amount,
                without.amount,
                nothing.amount,
                LEAST_LOSS,
            )
        });
    minutes.into_iter().chain(losses).collect()
}

fn difference(what: &str, with: f64, without: f64, nothing: f64, least: f64) -> Option<Difference> {
    let cost = with - without;
    if cost.abs() < least.max(nothing * LEAST_SHARE) {
        return None;
    }
    Some(Difference {
        what: what.to_owned(),
        cost,
        share: if nothing > least {
            (cost.abs() / nothing).min(1.0)
        } else {
            1.0
        },
    })
}

fn sentence(
    effect: Effect,
    differences: &[Difference],
    actual: &Course,
    without: &Course,
) -> String {
    let (cost, saved) = (list(differences, 1.0), list(differences, -1.0));
    let mut parts = Vec::new();
    if !saved.is_empty() {
        parts.push(format!("saved {}", saved.join(", ")));
    }
    if !cost.is_empty() {
        parts.push(format!("cost {}", cost.join(", ")));
    }
    if parts.is_empty() {
        parts.push(match effect {
            Effect::Helped => "ended the harm sooner".to_owned(),
            _ => "made no difference in the end".to_owned(),
        });
    }
    let (with, less) = (actual.harm.backlog, without.harm.backlog);
    if less > with + 500 {
        parts.push(format!(
            "and {} fewer messages wait at the end",
            grouped((less - with) as f64)
        ));
    }
    if let Some(first) = without.refused.first() {
        parts.push(format!("(without it, #{first} would have been refused)"));
    }
    parts.join(" ")
}

/// A number with commas: `52,847`.
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if number < -0.5 {
        out.insert(0, '-');
    }
    out
}

/// A span as people say it: `36m`, `1h 5m`, `40s`.
pub fn spoken(span: Span) -> String {
    let seconds = span.secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) if minutes < 10 => format!("{minutes}m {seconds}s"),
        (0, minutes, _) => format!("{minutes}m"),
        (hours, 0, _) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debrief::course::Loss;
    use crate::session::clock::WallTime;
    use crate::session::journal::{Digest, Door, Intent, Verdict};
    use crate::sim::command::Command;

    fn course(minutes: f64, lost: f64, mitigated: Option<i64>) -> Course {
        Course {
            harm: Harm {
                customer_minutes: minutes,
                losses: vec![Loss {
                    what: "orders".to_owned(),
                    amount: lost,
                }],
                backlog: 0,
            },
            mitigated: mitigated.map(|second| SimTime(second * 1000)),
            ..Course::default()
        }
    }

    fn worth(with: &Course, without: &Course) -> Step {
        let record = Record {
            intent: Intent {
                number: 4,
                at: SimTime(0),
                wall: WallTime(0),
                door: Door::Shell,
                entry: Entry::Command(Command::Ship {
                    service: "x".to_owned(),
                }),
            },
            verdict: Verdict::Ok,
            state: Digest::default(),
        };
        let tried = Tried {
            without: without.clone(),
            alone: Some(course(5000.0, 100.0, None)),
        };
        step(&record, with, &tried, &course(5000.0, 400.0, None))
    }

    #[test]
    fn a_step_is_worth_what_its_absence_costs() {
        let helped = worth(
            &course(1000.0, 100.0, Some(60)),
            &course(5000.0, 400.0, None),
        );
        assert_eq!(helped.effect, Effect::Helped);
        assert!(helped.is_decisive);
        assert_eq!(helped.says, "saved 4,000 customer minutes, 300 orders");
        let worse = worth(&course(5600.0, 400.0, None), &course(5000.0, 400.0, None));
        assert_eq!(worse.effect, Effect::Worse);
        assert_eq!(worse.says, "cost 600 customer minutes");
        assert_eq!(worse.differences[0].share, 0.12);
        let mixed = worth(&course(4000.0, 450.0, None), &course(5000.0, 400.0, None));
        assert_eq!(mixed.effect, Effect::Mixed);
    }

    #[test]
    fn noise_is_no_effect() {
        let nothing = worth(&course(5040.0, 402.0, None), &course(5000.0, 400.0, None));
        assert_eq!(nothing.effect, Effect::Spare);
        assert_eq!(
            nothing.says,
            "made no difference in the end; alone it would have saved 300 orders"
        );
        let sooner = worth(
            &course(5000.0, 400.0, Some(10)),
            &course(5000.0, 400.0, Some(60)),
        );
        assert!(!sooner.is_decisive, "fifty seconds are not due to it");
    }

    #[test]
    fn numbers_and_spans_read_well() {
        assert_eq!(grouped(52847.4), "52,847");
        assert_eq!(grouped(-1000.0), "-1,000");
        assert_eq!(grouped(-0.2), "0");
        assert_eq!(spoken(Span::from_secs(70)), "1m 10s");
        assert_eq!(spoken(Span::from_secs(3900)), "1h 5m");
        assert_eq!(spoken(Span::from_mins(12)), "12m");
    }
}
