//! What the player does through panes, as commands to the drill.

use super::RealDesk;
use crate::session::journal::Door;
use crate::tools::orders::{self, Order};
use crate::tui::world::Act;

impl RealDesk {
    pub(super) fn do_act(&mut self, act: Act) -> Result<String, String> {
        if matches!(act, Act::Begin) {
            self.briefing = false;
            return Ok("The clock runs.".to_owned());
        }
        let order = order(act);
        orders::carry_out(&mut self.bench, Door::Tui, order).map_err(|error| error.to_string())
    }
}

fn order(act: Act) -> Order {
    match act {
        Act::Begin => Order::Note("the clock was started".to_owned()),
        Act::Acknowledge { page } => Order::Acknowledge(page),
        Act::Resolve { page } => Order::Resolve(page),
        Act::Post {
            channel,
            thread,
            text,
        } => Order::Post {
            channel: format!("#{}", channel.trim_start_matches('#')),
            thread,
            text,
        },
        Act::Pin { artifact, label } => Order::Pin { artifact, label },
        Act::Unpin { pin } => Order::Unpin(pin),
        Act::SaveHypothesis(hypothesis) => Order::Hypothesis {
            number: hypothesis.id.parse().ok(),
            component: hypothesis.component,
            mechanism: hypothesis.mechanism,
            why_now: hypothesis.why_now,
            confidence: hypothesis.confidence,
            supports: hypothesis.supports,
            contradicts: hypothesis.contradicts,
            rejected: false,
        },
        Act::DropHypothesis { id } => Order::DropHypothesis(id.parse().unwrap_or(0)),
        Act::Claim(claim) => Order::Claim {
            component: claim.component,
            mechanism: claim.mechanism,
            why_now: claim.why_now,
            evidence: claim.evidence,
        },
        Act::TakeHint { hint } => Order::Hint(hint.parse().unwrap_or(u32::MAX)),
        Act::SaveReport { text } => Order::Report(text),
        Act::SaveFile { path, text } => Order::SaveFile { path, text },
        Act::HandOver { note } => Order::HandOver(note),
        Act::GiveUp => Order::GiveUp,
    }
}
