//! What lies over a screen: a small stack of these. Each kind holds its own state in its own file; here is what they
//! have in common.

mod form;
mod help;
mod page;
mod picker;
mod question;

pub use form::{EvidenceRow, EvidenceSide, Form, FormField, FormPurpose};
pub use help::HelpSheet;
pub use page::PageAlert;
pub use picker::{PickItem, Picker};
pub use question::Question;

use ratatui::layout::Rect;

use super::canvas::{Align, Canvas};
use super::hits::Hit;
use super::pane::{Effect, Listening, PaneAction};
use super::theme::Role;

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Modal {
    /// A list that is searched by typing: the command palette and its kin.
    Picker(Picker),
    /// The keys.
    Help(HelpSheet),
    /// Yes or no.
    Question(Question),
    /// Several fields.
    Form(Form),
    /// The page that has just arrived.
    Page(PageAlert),
}

/// What a modal made of an action.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Whether it closes.
    pub close: bool,
    /// What follows.
    pub effects: Vec<Effect>,
}

impl Outcome {
    /// It stays, and nothing follows.
    pub fn stay() -> Self {
        Self::default()
    }

    /// It closes, and this follows.
    pub const fn close(effects: Vec<Effect>) -> Self {
        Self {
            close: true,
            effects,
        }
    }
}

impl Modal {
    /// Where keys go now.
    pub fn listening(&self) -> Listening {
        match self {
            Self::Picker(_) => Picker::listening(),
            Self::Help(_) => HelpSheet::listening(),
            Self::Question(_) => Question::listening(),
            Self::Form(form) => form.listening(),
            Self::Page(_) => PageAlert::listening(),
        }
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        match self {
            Self::Picker(picker) => picker.on(action),
            Self::Help(help) => help.on(action),
            Self::Question(question) => question.on(action),
            Self::Form(form) => form.on(action),
            Self::Page(page) => page.on(action),
        }
    }

    /// Draws it over the whole screen.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, beat_ms: u64) {
        match self {
            Self::Picker(picker) => picker.draw(canvas),
            Self::Help(help) => help.draw(canvas),
            Self::Question(question) => question.draw(canvas),
            Self::Form(form) => form.draw(canvas),
            Self::Page(page) => page.draw(canvas, beat_ms),
        }
    }
}

/// Draws a box of at most this size in the middle of the screen, `title` in its border; gives its inside.
pub fn boxed(canvas: &mut Canvas<'_>, width: u16, height: u16, title: &str) -> Rect {
    let width = width.min(canvas.width().saturating_sub(2)).max(4);
    let height = height.min(canvas.height().saturating_sub(2)).max(3);
    let part = Rect::new(
        canvas.width().saturating_sub(width) / 2,
        canvas.height().saturating_sub(height) / 2,
        width,
        height,
    );
    canvas.click(canvas.rect(), Hit::Nothing);
    canvas.fill(part, Role::Overlay);
    canvas.border(part, Role::OverlayBorder);
    canvas.text_aligned(
        (part.x + 2, part.y),
        part.width.saturating_sub(4),
        Align::Left,
        &format!(" {title} "),
        Role::TitleFocus,
    );
    Rect::new(
        part.x + 2,
        part.y + 1,
        part.width.saturating_sub(4),
        part.height.saturating_sub(2),
    )
}
