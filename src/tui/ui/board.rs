//! What the board makes of verbs before its panes are asked: focus, zoom, clock, palette.

use super::{Screen, Ui};
use crate::tui::modal::{Form, FormField, FormPurpose, Modal};
use crate::tui::pane::{Effect, PaneAction, PaneId};
use crate::tui::verbs::Verb;
use crate::tui::world::Look;

/// The speeds the clock can have.
const SPEEDS: [u32; 5] = [1, 2, 5, 10, 30];

impl Ui {
    /// Gives a pane the focus.
    pub(super) fn focus_on(&mut self, pane: PaneId) -> Vec<Effect> {
        if self.focus == pane || self.screen != Screen::Board || self.is_covered() {
            return Vec::new();
        }
        self.focus = pane;
        self.panes.get_mut(pane).on(PaneAction::Focused)
    }

    /// A verb on the board, no modal open.
    pub(super) fn on_board_verb(&mut self, verb: Verb) -> Vec<Effect> {
        if self.is_covered() {
            return match verb {
                Verb::Pause => vec![Effect::SetPaused(false)],
                Verb::Interrupt => self.ask_to_leave(),
                _ => Vec::new(),
            };
        }
        if let Some(pane) = PaneId::from_verb(verb) {
            return self.focus_on(pane);
        }
        match verb {
            Verb::NextPane => self.focus_on(self.focus.step(1)),
            Verb::PreviousPane => self.focus_on(self.focus.step(-1)),
            Verb::Zoom => {
                self.zoomed = !self.zoomed;
                Vec::new()
            }
            Verb::Palette => {
                let picker = self.palette();
                self.modals.push(Modal::Picker(picker));
                Vec::new()
            }
            Verb::Pause => {
                let paused = self.status.as_ref().is_some_and(|status| status.paused);
                vec![Effect::SetPaused(!paused)]
            }
            Verb::Faster => self.change_speed(1),
            Verb::Slower => self.change_speed(-1),
            Verb::Skip => vec![Effect::Skip],
            Verb::GiveUp => {
                self.ask_to_give_up();
                Vec::new()
            }
            Verb::HandOver => {
                self.modals.push(Modal::Form(hand_over_form()));
                Vec::new()
            }
            Verb::Claim if self.focus != PaneId::Notebook => {
                let mut effects = self.focus_on(PaneId::Notebook);
                effects.extend(
                    self.panes
                        .get_mut(PaneId::Notebook)
                        .on(PaneAction::Verb(Verb::Claim)),
                );
                effects
            }
            Verb::Interrupt if self.focus != PaneId::Shell => self.ask_to_leave(),
            verb => self.panes.get_mut(self.focus).on(PaneAction::Verb(verb)),
        }
    }

    fn change_speed(&self, steps: isize) -> Vec<Effect> {
        let Some(status) = &self.status else {
            return Vec::new();
        };
        let at = SPEEDS
            .iter()
            .position(|speed| *speed >= status.speed)
            .unwrap_or(SPEEDS.len() - 1);
        let wanted = at.saturating_add_signed(steps).min(SPEEDS.len() - 1);
        match SPEEDS.get(wanted) {
            Some(speed) if *speed != status.speed => vec![Effect::SetSpeed(*speed)],
            _ => Vec::new(),
        }
    }

    /// What the panes on screen show, for the journal; nothing while none can be read.
    pub fn looks(&self) -> Vec<Look> {
        if self.screen != Screen::Board || self.is_covered() {
            return Vec::new();
        }
        self.plan()
            .panes
            .iter()
            .filter_map(|(pane, _)| self.panes.get(*pane).look())
            .collect()
    }
}

fn hand_over_form() -> Form {
    Form::new(
        "Hand the incident over",
        FormPurpose::HandOver,
        vec![FormField::new(
            "To whom",
            "who takes it, and what they must know",
            "",
            &[],
        )],
        None,
        Vec::new(),
    )
}
