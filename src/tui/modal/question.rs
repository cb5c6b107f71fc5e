//! A question to answer with yes or no.

use ratatui::layout::Rect;

use super::{Outcome, boxed};
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Effect, Listening, PaneAction};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;

/// A question, and what a yes does.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question.
    pub title: String,
    /// What should be known before answering.
    pub text: String,
    /// The words on the yes.
    pub yes: String,
    /// The words on the no.
    pub no: String,
    /// What a yes does.
    pub effects: Vec<Effect>,
}

impl Question {
    /// Where keys go.
    pub fn listening() -> Listening {
        Listening::keys(&[Context::Question])
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        match action {
            PaneAction::Verb(Verb::Confirm) => Outcome::close(self.effects.clone()),
            PaneAction::Verb(Verb::Decline | Verb::Back) => Outcome::close(Vec::new()),
            _ => Outcome::stay(),
        }
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let width = 62.min(canvas.width().saturating_sub(2));
        let lines = text::wrap(
            &text::clean(&self.text),
            usize::from(width.saturating_sub(4)),
        );
        let inner = boxed(canvas, width, lines.len() as u16 + 6, &self.title);
        let mut part = canvas.part(inner);
        for (y, line) in lines.iter().enumerate() {
            part.text(0, y as u16 + 1, line, Role::Base);
        }
        let y = part.height().saturating_sub(2);
        let end = button(&mut part, 0, y, "y", &self.yes, Verb::Confirm);
        button(&mut part, end + 3, y, "n", &self.no, Verb::Decline);
    }
}

fn button(part: &mut Canvas<'_>, x: u16, y: u16, key: &str, words: &str, verb: Verb) -> u16 {
    let after = part.text(x, y, &format!(" {key} "), Role::Badge);
    let end = part.text(after + 1, y, words, Role::Base);
    part.click(Rect::new(x, y, end - x, 1), Hit::Verb(verb));
    end
}
