//! The score: one hundred points, each with what earned or lost it. Computes nothing but points: what happened is told by
//! the modules beside it. The same formulas are in `docs/scoring.md`.
//!
//! | part | points | formula |
//! |---|---|---|
//! | times | 30 | each: all up to par, none from [`TIME_LIMIT`] times par, a straight line between |
//! | harm | 20 | each: all at par, none at what doing nothing loses by the deadline, a straight line between |
//! | claim | 35 | by what it names and what its evidence shows |
//! | process | 15 | by the journal |
//! | less | | hints at their price; steps that made it worse, 1 to [`WORST_STEP`] each |
//!
//! Items are rounded to whole points, so that what is shown adds up. The sum is held between 0 and [`OUT_OF`].

use serde::Serialize;

use super::claim::Judged;
use super::course::Course;
use super::entries::EntryRef;
use super::process::Process;
use super::steps::{Effect, Step, grouped, spoken};
use super::times::{Milestone, Times};
use crate::sim::plan::Plan;

/// The most points there are.
pub const OUT_OF: u32 = 100;

/// Points for taking the page in time.
pub const ACKNOWLEDGE: u32 = 5;
/// Points for saying in time what is affected.
pub const FIRST_UPDATE: u32 = 6;
/// Points for ending the customers' harm in time.
pub const MITIGATE: u32 = 11;
/// Points for the root cause in time.
pub const ROOT_CAUSE: u32 = 8;
/// No points for what took this many times par.
pub const TIME_LIMIT: f64 = 4.0;

/// Points for customer minutes that were not lost.
pub const CUSTOMER_MINUTES: u32 = 12;
/// Points for what is lost for good.
pub const LOST_FOR_GOOD: u32 = 8;
/// What doing nothing loses less of than this is not counted as lost for good.
pub const LEAST_LOST: f64 = 10.0;

/// Points for the right component.
pub const COMPONENT: u32 = 7;
/// Points for the right mechanism.
pub const MECHANISM: u32 = 7;
/// Points for why now.
pub const WHY_NOW: u32 = 6;
/// Points for the way from the root to the customers, and further roots.
pub const PATH: u32 = 9;
/// Points for evidence.
pub const EVIDENCE: u32 = 6;
/// So many faults shown by evidence are enough.
pub const ENOUGH_EVIDENCE: usize = 4;

/// Points for taking the page before acting.
pub const TAKEN_FIRST: u32 = 4;
/// Points for saying in the incident channel what is about to be done.
pub const ANNOUNCED: u32 = 5;
/// Points for keeping evidence.
pub const KEPT_EVIDENCE: u32 = 3;
/// So many pieces that show something are enough.
pub const ENOUGH_PINS: usize = 3;
/// Points for a page that was resolved once, when it was over.
pub const HELD: u32 = 3;

/// The most points that one step which made it worse costs.
pub const WORST_STEP: u32 = 5;
/// The most points that all such steps cost together.
pub const WORST_STEPS: u32 = 15;

/// The score of a drill.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Points.
    pub points: u32,
    /// The most there are.
    pub out_of: u32,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A part of the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Points; below zero for what is taken off.
    pub points: i32,
    /// The most there are.
    pub out_of: u32,
    /// What it is made of.
    pub items: Vec<Item>,
}

/// Points with what earned or lost them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What they are for.
    pub name: String,
    /// Points; below zero for what is taken off.
    pub points: i32,
    /// The most there are; zero for what is taken off.
    pub out_of: u32,
    /// Why so many.
    pub why: String,
    /// The journal entries that earned or lost them.
    pub entries: Vec<EntryRef>,
}

/// What the score is computed from.
pub struct Basis<'a> {
    /// The scenario.
    pub plan: &'a Plan,
    /// When what was reached.
    pub times: &'a Times,
    /// The drill's course.
    pub actual: &'a Course,
    /// The course without a single command.
    pub nothing: &'a Course,
    /// The last claim.
    pub claim: Option<&'a Judged>,
    /// What each step was worth.
    pub steps: &'a [Step],
    /// How it was gone about.
    pub process: &'a Process,
}

/// The score.
pub fn score(basis: &Basis<'_>) -> Score {
    let parts = vec![
        part("Times", times(basis.times)),
        part("Harm", harm(basis)),
        part("Claim", claim(basis)),
        part("Process", process(basis)),
        part("Taken off", taken_off(basis)),
    ];
    let sum: i32 = parts.iter().map(|part| part.points).sum();
    Score {
        points: sum.clamp(0, OUT_OF as i32).unsigned_abs(),
        out_of: OUT_OF,
        parts,
    }
}

fn part(name: &'static str, items: Vec<Item>) -> Part {
    Part {
        name,
        points: items.iter().map(|item| item.points).sum(),
        out_of: items.iter().map(|item| item.out_of).sum(),
        items,
    }
}

fn item(
    name: impl Into<String>,
    share: f64,
    out_of: u32,
    why: impl Into<String>,
    entries: Vec<EntryRef>,
) -> Item {
    Item {
        name: name.into(),
        points: (share.clamp(0.0, 1.0) * f64::from(out_of)).round() as i32,
        out_of,
        why: why.into(),
        entries,
    }
}

/// The share of the points for a time: 1 up to par, 0 from [`TIME_LIMIT`] times par.
pub fn in_time(milestone: &Milestone) -> f64 {
    let (Some(after), par) = (milestone.after, milestone.par.millis() as f64) else {
        return 0.0;
    };
    if par <= 0.0 {
        return 1.0;
    }
    (TIME_LIMIT - after.millis() as f64 / par) / (TIME_LIMIT - 1.0)
}

fn times(times: &Times) -> Vec<Item> {
    let rows = [
        ("Acknowledged", ACKNOWLEDGE, &times.acknowledged),
        ("First update", FIRST_UPDATE, &times.first_update),
        ("Mitigated", MITIGATE, &times.mitigated),
        ("Root cause", ROOT_CAUSE, &times.root_cause),
    ];
    rows.map(|(name, out_of, milestone)| {
        let par = spoken(milestone.par);
        let how = if milestone.how.is_empty() {
            String::new()
        } else {
            format!("; {}", milestone.how)
        };
        let why = match milestone.after {
            Some(after) => format!("after {}, par {par}{how}", spoken(after)),
            None => format!("not reached, par {par}{how}"),
        };
        let entries = milestone.entries.clone();
        item(name, in_time(milestone), out_of, why, entries)
    })
    .into()
}

/// The share of what could have been lost that was not: 1 at `par` or below, 0 at `nothing` or above.
pub fn spared(lost: f64, par: f64, nothing: f64) -> f64 {
    if lost <= par {
        1.0
    } else if nothing <= par {
        0.0
    } else {
        (nothing - lost) / (nothing - par)
    }
}

fn harm(basis: &Basis<'_>) -> Vec<Item> {
    let (lost, nothing) = (&basis.actual.harm, &basis.nothing.harm);
    let par = basis.plan.pack.scenario.par.customer_minutes;
    let minutes = spared(lost.customer_minutes, par, nothing.customer_minutes);
    let helped = basis
        .steps
        .iter()
        .filter(|step| matches!(step.effect, Effect::Helped | Effect::Mixed) || step.is_decisive);
    let helped: Vec<EntryRef> = helped.map(|step| step.entry.clone()).take(4).collect();
    let counted: Vec<_> = lost
        .losses
        .iter()
        .zip(&nothing.losses)
        .filter(|(_, nothing)| nothing.amount > LEAST_LOST)
        .collect();
    let shares = counted
        .iter()
        .map(|(lost, nothing)| spared(lost.amount, 0.0, nothing.amount).clamp(0.0, 1.0));
    let (share, why) = if counted.is_empty() {
        (
            minutes,
            "nothing but customers' time can be lost here; as above".to_owned(),
        )
    } else {
        let list: Vec<String> = counted
            .iter()
            .map(|(lost, nothing)| {
                format!(
                    "{} {} (doing nothing: {})",
                    grouped(lost.amount),
                    lost.what,
                    grouped(nothing.amount)
                )
            })
            .collect();
        (shares.sum::<f64>() / counted.len() as f64, list.join("; "))
    };
    vec![
        item(
            "Customer minutes",
            minutes,
            CUSTOMER_MINUTES,
            format!(
                "{} lost by the deadline; par {}, doing nothing {}",
                grouped(lost.customer_minutes),
                grouped(par),
                grouped(nothing.customer_minutes)
            ),
            helped.clone(),
        ),
        item("Lost for good", share, LOST_FOR_GOOD, why, helped),
    ]
}

fn claim(basis: &Basis<'_>) -> Vec<Item> {
    let Some(claim) = basis.claim else {
        let none =
            |name: &str, out_of| item(name, 0.0, out_of, "no claim was handed in", Vec::new());
        return vec![
            none("Component", COMPONENT),
            none("Mechanism", MECHANISM),
            none("Why now", WHY_NOW),
            none("The way to the customers", PATH),
            none("Evidence", EVIDENCE),
        ];
    };
    let yes = |right: bool| if right { 1.0 } else { 0.0 };
    let by = || vec![claim.entry.clone()];
    let asked = super::claim::asked(basis.plan);
    let further: Vec<&&str> = asked.iter().skip(1).collect();
    let known = further
        .iter()
        .filter(|fault| {
            claim.names.contains(**fault as &str) || claim.shows.contains(**fault as &str)
        })
        .count();
    let (right, wrong) = ("right", "not what it was");
    let word = |is_right: bool| if is_right { right } else { wrong };
    vec![
        item(
            "Component",
            yes(claim.component_is_right),
            COMPONENT,
            word(claim.component_is_right),
            by(),
        ),
        item(
            "Mechanism",
            yes(claim.mechanism_is_right),
            MECHANISM,
            word(claim.mechanism_is_right),
            by(),
        ),
        item(
            "Why now",
            yes(claim.why_now_is_right),
            WHY_NOW,
            if claim.why_now_is_right {
                "says what made it happen now"
            } else {
                "does not say what made it happen now"
            },
            by(),
        ),
        item(
            "The way to the customers",
            share(known, further.len()),
            PATH,
            format!("{known} of {} further links named or shown", further.len()),
            by(),
        ),
        item(
            "Evidence",
            share(claim.shows.len(), ENOUGH_EVIDENCE.min(asked.len())),
            EVIDENCE,
            format!(
                "its evidence shows {} of the {} links{}",
                claim.shows.len(),
                asked.len(),
                match claim.beside_the_point {
                    0 => String::new(),
                    beside => format!("; {beside} pieces show none"),
                }
            ),
            by(),
        ),
    ]
}

fn share(count: usize, enough: usize) -> f64 {
    if enough == 0 {
        1.0
    } else {
        count as f64 / enough as f64
    }
}

fn process(basis: &Basis<'_>) -> Vec<Item> {
    let process = basis.process;
    let (first, why) = match (process.taken_first, process.acting) {
        (true, 0) => (1.0, "the page was taken; nothing was changed".to_owned()),
        (true, _) => (
            1.0,
            "the page was taken before anything was changed".to_owned(),
        ),
        (false, 0) => (0.0, "the page was never taken".to_owned()),
        (false, _) => (
            0.0,
            "something was changed before the page was taken".to_owned(),
        ),
    };
    let announced = match process.acting {
        0 => (
            0.0,
            "nothing was changed that could be announced".to_owned(),
        ),
        acting => (
            share(process.announced.len(), acting),
            format!(
                "{} of {acting} changes were announced in the incident channel",
                process.announced.len()
            ),
        ),
    };
    // What lost points, or where none were lost, what earned them.
    let told = if process.unannounced.is_empty() {
        &process.announced
    } else {
        &process.unannounced
    };
    let held = if process.held {
        (1.0, "resolved when it was over, and it stayed away")
    } else if process.relapses > 0 {
        (0.0, "it was called over, or seemed to be, and came back")
    } else {
        (0.0, "the page was not resolved")
    };
    vec![
        item(
            "Taken before acting",
            first,
            TAKEN_FIRST,
            why,
            process.taken_by.clone(),
        ),
        item(
            "Changes announced",
            announced.0,
            ANNOUNCED,
            announced.1,
            told.clone(),
        ),
        item(
            "Evidence kept",
            share(process.pins.len(), ENOUGH_PINS),
            KEPT_EVIDENCE,
            format!("{} pieces that show something", process.pins.len()),
            process.pins.iter().take(ENOUGH_PINS).cloned().collect(),
        ),
        item(
            "Resolved once",
            held.0,
            HELD,
            held.1,
            process.resolved_by.clone(),
        ),
    ]
}

fn taken_off(basis: &Basis<'_>) -> Vec<Item> {
    let hints = basis.process.hints.iter().map(|hint| Item {
        name: "Hint".to_owned(),
        points: -(hint.cost as i32),
        out_of: 0,
        why: hint.says.clone(),
        entries: hint.entry.iter().cloned().collect(),
    });
    let mut left = WORST_STEPS;
    let worse: Vec<Item> = basis
        .steps
        .iter()
        .filter(|step| matches!(step.effect, Effect::Worse | Effect::Mixed))
        .map(|step| {
            let cost = penalty(step).min(left);
            left -= cost;
            Item {
                name: "Made it worse".to_owned(),
                points: -(cost as i32),
                out_of: 0,
                why: step.says.clone(),
                entries: vec![step.entry.clone()],
            }
        })
        .filter(|item| item.points < 0)
        .collect();
    hints.chain(worse).collect()
}

/// What a step that made it worse costs: 1, and up to [`WORST_STEP`] by the largest share it added to a loss.
pub fn penalty(step: &Step) -> u32 {
    let largest = step
        .differences
        .iter()
        .filter(|difference| difference.cost > 0.0)
        .map(|difference| difference.share)
        .fold(0.0, f64::max);
    if largest <= 0.0 {
        return 0;
    }
    1 + (f64::from(WORST_STEP - 1) * largest).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debrief::steps::Difference;
    use crate::sim::time::{SimTime, Span};

    fn milestone(minutes: Option<i64>) -> Milestone {
        Milestone {
            at: minutes.map(|minutes| SimTime(minutes * 60_000)),
            after: minutes.map(Span::from_mins),
            par: Span::from_mins(10),
            entries: Vec::new(),
            how: String::new(),
        }
    }

    #[test]
    fn the_parts_add_up_to_the_most_there_is() {
        let times = ACKNOWLEDGE + FIRST_UPDATE + MITIGATE + ROOT_CAUSE;
        let harm = CUSTOMER_MINUTES + LOST_FOR_GOOD;
        let claim = COMPONENT + MECHANISM + WHY_NOW + PATH + EVIDENCE;
        let process = TAKEN_FIRST + ANNOUNCED + KEPT_EVIDENCE + HELD;
        assert_eq!((times, harm, claim, process), (30, 20, 35, 15));
        assert_eq!(times + harm + claim + process, OUT_OF);
    }

    #[test]
    fn a_time_is_worth_all_at_par_and_nothing_at_four_times_par() {
        let points = |minutes| item("x", in_time(&milestone(minutes)), 12, "", Vec::new()).points;
        assert_eq!(points(Some(3)), 12);
        assert_eq!(points(Some(10)), 12);
        assert_eq!(points(Some(25)), 6);
        assert_eq!(points(Some(40)), 0);
        assert_eq!(points(Some(90)), 0);
        assert_eq!(points(None), 0);
    }

    #[test]
    fn harm_is_worth_all_at_par_and_nothing_where_nothing_was_done() {
        assert_eq!(spared(50.0, 100.0, 500.0), 1.0);
        assert_eq!(spared(300.0, 100.0, 500.0), 0.5);
        assert_eq!(spared(500.0, 100.0, 500.0), 0.0);
        assert_eq!(spared(500.0, 100.0, 100.0), 0.0);
    }

    #[test]
    fn a_harmful_step_costs_by_the_largest_share_it_added() {
        let step = |costs: &[(f64, f64)]| Step {
            entry: EntryRef {
                record: 1,
                at: SimTime(0),
                what: String::new(),
            },
            effect: Effect::Worse,
            differences: costs
                .iter()
                .map(|(cost, share)| Difference {
                    what: String::new(),
                    cost: *cost,
                    share: *share,
                })
                .collect(),
            is_decisive: false,
            says: String::new(),
        };
        assert_eq!(penalty(&step(&[])), 0);
        assert_eq!(penalty(&step(&[(-9.0, 1.0)])), 0);
        assert_eq!(penalty(&step(&[(9.0, 0.02)])), 1);
        assert_eq!(penalty(&step(&[(9.0, 0.5), (9.0, 0.1)])), 3);
        assert_eq!(penalty(&step(&[(9.0, 1.0)])), WORST_STEP);
    }
}
