//! What a player does to a drill by a form rather than a command line: the same commands, worded for a notice.

use super::Workbench;
use crate::session::SessionError;
use crate::session::journal::Door;
use crate::sim::WorldOutcome;
use crate::sim::command::{Claim, Command, DrillAct, Hypothesis, PagerAct};

/// Something a player does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is what its name says")]
pub enum Order {
    /// Takes a page.
    Acknowledge(String),
    /// Calls a page resolved.
    Resolve(String),
    /// Posts a message.
    Post {
        channel: String,
        thread: Option<String>,
        text: String,
    },
    /// Keeps an artifact.
    Pin { artifact: String, label: String },
    /// Lets go of an artifact.
    Unpin(String),
    /// Writes a note.
    Note(String),
    /// Writes a hypothesis; a new one without a number.
    Hypothesis {
        number: Option<u32>,
        component: String,
        mechanism: String,
        why_now: String,
        confidence: u8,
        supports: Vec<String>,
        contradicts: Vec<String>,
        rejected: bool,
    },
    /// Gives up a hypothesis.
    DropHypothesis(u32),
    /// Hands in a claim.
    Claim {
        component: String,
        mechanism: String,
        why_now: String,
        evidence: Vec<String>,
    },
    /// Takes a hint.
    Hint(u32),
    /// Keeps the incident report.
    Report(String),
    /// Saves a file of a clone.
    SaveFile { path: String, text: String },
    /// Hands the incident over.
    HandOver(String),
    /// Gives up.
    GiveUp,
}

/// Does it, and says what came of it.
///
/// # Errors
/// The world's rejection, or the journal's refusal.
pub fn carry_out(bench: &mut Workbench, door: Door, order: Order) -> Result<String, SessionError> {
    if let Order::SaveFile { path, text } = &order {
        bench.save_file(door, path, text)?;
        if path.starts_with("kubectl ") {
            return Ok("saved to the cluster".to_owned());
        }
        return Ok(format!(
            "{path} saved in your checkout; `ship SERVICE` commits, builds and deploys it"
        ));
    }
    let said = notice(&order);
    let command = command(bench, order);
    match bench.command(door, command)? {
        WorldOutcome::Hint { says, cost } => Ok(format!("{says} (-{cost} points)")),
        _ => Ok(said),
    }
}

fn notice(order: &Order) -> String {
    match order {
        Order::Acknowledge(page) => format!("{page} is yours"),
        Order::Resolve(page) => format!("{page} resolved; it comes back if what paged still holds"),
        Order::Post { channel, .. } => format!("posted in {channel}"),
        Order::Pin { label, .. } => format!("pinned: {label}"),
        Order::Unpin(_) => "unpinned".to_owned(),
        Order::Hypothesis { component, .. } => format!("hypothesis on {component} written down"),
        Order::DropHypothesis(_) => "hypothesis dropped".to_owned(),
        Order::Claim { .. } => "claim handed in; resolve the page when the facts hold".to_owned(),
        Order::Report(_) => "report kept".to_owned(),
        _ => "done".to_owned(),
    }
}

fn command(bench: &Workbench, order: Order) -> Command {
    let act = match order {
        Order::Acknowledge(incident) => {
            return Command::Pager {
                incident,
                act: PagerAct::Acknowledge,
            };
        }
        Order::Resolve(incident) => {
            return Command::Pager {
                incident,
                act: PagerAct::Resolve,
            };
        }
        Order::Post {
            channel,
            thread,
            text,
        } => {
            return Command::SlackPost {
                channel,
                text,
                thread,
            };
        }
        Order::Pin { artifact, label } => DrillAct::Pin {
            artifact,
            title: label,
        },
        Order::Unpin(artifact) => DrillAct::Unpin { artifact },
        Order::Note(text) => DrillAct::Note(text),
        Order::SaveFile { path, .. } => DrillAct::Note(path),
        Order::Hypothesis {
            number,
            component,
            mechanism,
            why_now,
            confidence,
            supports,
            contradicts,
            rejected,
        } => {
            let known = &bench.world().trainee().hypotheses;
            let next = known.keys().next_back().map_or(1, |last| last + 1);
            DrillAct::Hypothesis(Hypothesis {
                number: number.unwrap_or(next),
                component,
                mechanism,
                why_now,
                confidence,
                for_it: supports,
                against_it: contradicts,
                rejected,
            })
        }
        Order::DropHypothesis(number) => {
            let known = bench
                .world()
                .trainee()
                .hypotheses
                .get(&number)
                .cloned()
                .unwrap_or_default();
            DrillAct::Hypothesis(Hypothesis {
                number,
                rejected: true,
                ..known
            })
        }
        Order::Claim {
            component,
            mechanism,
            why_now,
            evidence,
        } => DrillAct::Claim(Claim {
            component,
            mechanism,
            why_now,
            evidence,
        }),
        Order::Hint(number) => DrillAct::Hint { number },
        Order::Report(text) => DrillAct::Report(text),
        Order::HandOver(note) => DrillAct::HandOver(note),
        Order::GiveUp => DrillAct::GiveUp,
    };
    Command::Drill(act)
}
