//! The state machine of a drill: from the page to an ending, by what holds in the world and what the trainee did.

use super::World;
use super::trainee::{DrillState, Ending};
use crate::scenario::format::change::Change;
use crate::sim::pager::IncidentState;
use crate::sim::time::{SimTime, Span};

/// A page that was resolved too early comes back after this long.
const PAGE_RETURNS_AFTER: Span = Span::from_mins(3);

/// Which of the scenario's milestones hold.
struct Reached {
    made_worse: bool,
    resolved: bool,
    mitigated: bool,
}

impl World {
    pub(super) fn next_drill_state(&mut self) -> DrillState {
        if let DrillState::Ended(ending) = self.drill {
            return DrillState::Ended(ending);
        }
        let milestones = self.milestones();
        if milestones.made_worse && !self.endless {
            return DrillState::Ended(Ending::MadeWorse);
        }
        let resolved = milestones.resolved;
        if let Some(at) = self.trainee.resolved {
            if resolved && !self.trainee.claims.is_empty() && !self.endless {
                return DrillState::Ended(Ending::Resolved);
            }
            if !resolved && self.now - at >= PAGE_RETURNS_AFTER {
                self.return_page();
                return DrillState::Relapsed;
            }
        }
        if self.now >= self.plan.deadline && !self.endless {
            return DrillState::Ended(Ending::DeadlinePassed);
        }
        if resolved {
            return DrillState::Resolved;
        }
        if milestones.mitigated {
            return DrillState::Mitigated;
        }
        self.unmitigated()
    }

    fn milestones(&mut self) -> Reached {
        let plan = std::sync::Arc::clone(&self.plan);
        let milestones = &plan.milestones;
        let (mut worse, mut resolved, mut mitigated) = (
            self.memos.made_worse,
            self.memos.resolved,
            self.memos.mitigated,
        );
        let moves = &self.moves;
        let reached = Reached {
            made_worse: milestones
                .made_worse
                .as_ref()
                .zip(worse.as_mut())
                .is_some_and(|(when, memo)| memo.answer(moves, || self.holds(when))),
            resolved: resolved.answer(moves, || self.holds(&milestones.resolved)),
            mitigated: mitigated.answer(moves, || self.holds(&milestones.mitigated)),
        };
        self.memos.made_worse = worse;
        self.memos.resolved = resolved;
        self.memos.mitigated = mitigated;
        reached
    }

    /// When a page that was resolved comes back, if what it was about is not over.
    pub(super) fn page_returns_at(&self) -> Option<SimTime> {
        let at = self.trainee.resolved? + PAGE_RETURNS_AFTER;
        (at > self.now).then_some(at)
    }

    fn unmitigated(&self) -> DrillState {
        match self.drill {
            DrillState::Mitigated | DrillState::Resolved | DrillState::Relapsed => {
                DrillState::Relapsed
            }
            _ if self.trainee.acknowledged.is_none() => DrillState::Paged,
            _ if self.trainee.first_look.is_none() => DrillState::Acknowledged,
            _ => DrillState::Investigating,
        }
    }

    /// The same world for a what-if: it runs on whatever happens, so that courses of one length can be compared.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    /// Makes a change at once, as if somebody had done it now. For what-ifs: a drill's changes are commands.
    pub fn suppose(&mut self, change: &Change) {
        self.stir();
        self.do_change(change, None);
        self.run_cluster();
    }

    fn return_page(&mut self) {
        self.trainee.resolved = None;
        let (page, now) = (self.plan.pack.scenario.page.clone(), self.now);
        if let Some(incident) = self.pager.get_mut(&page) {
            incident.set(IncidentState::Triggered, "system", now);
        }
        let text = format!(
            "@{} {page} triggered again: the condition that paged still holds",
            self.trainee_handle()
        );
        let channel = self.plan.pack.estate.incident_channel.clone();
        self.post_app("PagerDuty", &channel, text);
        self.paged(&page);
    }
}
