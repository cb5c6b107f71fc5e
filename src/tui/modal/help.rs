//! The keys of where the player is, from the keymap.

use ratatui::layout::Rect;

use super::{Outcome, boxed};
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Context, Keymap};
use crate::tui::pane::{Listening, PaneAction};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::rows::scrollbar;

#[derive(Clone, Debug)]
enum HelpLine {
    Heading(&'static str),
    Key(String, &'static str),
    Gap,
}

/// The keys of some contexts.
#[derive(Clone, Debug)]
pub struct HelpSheet {
    lines: Vec<HelpLine>,
    top: usize,
    height: usize,
}

impl HelpSheet {
    /// The keys of these contexts, innermost first.
    pub fn new(keymap: &Keymap, contexts: &[Context]) -> Self {
        let mut lines = Vec::new();
        for context in contexts {
            let bindings: Vec<_> = keymap.of(*context).collect();
            if bindings.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(HelpLine::Gap);
            }
            lines.push(HelpLine::Heading(context.heading()));
            for binding in bindings {
                let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
                lines.push(HelpLine::Key(keys.join(" "), binding.does.sentence()));
            }
        }
        Self {
            lines,
            top: 0,
            height: 1,
        }
    }

    /// Where keys go.
    pub fn listening() -> Listening {
        Listening::keys(&[Context::Help, Context::Moving])
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        let page = self.height.saturating_sub(1) as isize;
        match action {
            PaneAction::Verb(Verb::Back | Verb::Help | Verb::Open) => {
                return Outcome::close(Vec::new());
            }
            PaneAction::Verb(Verb::Up) => self.scroll(-1),
            PaneAction::Verb(Verb::Down) => self.scroll(1),
            PaneAction::Verb(Verb::PageUp) => self.scroll(-page),
            PaneAction::Verb(Verb::PageDown) => self.scroll(page),
            PaneAction::Verb(Verb::Top) => self.top = 0,
            PaneAction::Verb(Verb::Bottom) => self.scroll(isize::MAX / 2),
            PaneAction::Wheel(rows) => self.scroll(*rows as isize),
            _ => {}
        }
        Outcome::stay()
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let height = (self.lines.len() as u16).saturating_add(2);
        let inner = boxed(canvas, 92, height, "Keys");
        self.height = usize::from(inner.height);
        self.scroll(0);
        let keys = self
            .lines
            .iter()
            .map(|line| match line {
                HelpLine::Key(keys, _) => text::width(keys),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
            .min(18) as u16;
        for (y, line) in self
            .lines
            .iter()
            .skip(self.top)
            .take(self.height)
            .enumerate()
        {
            let mut row = canvas.part(Rect::new(inner.x, inner.y + y as u16, inner.width, 1));
            match line {
                HelpLine::Heading(heading) => {
                    row.text(0, 0, heading, Role::Accent);
                }
                HelpLine::Key(shown, sentence) => {
                    row.text_within(1, 0, keys, shown, Role::Key);
                    row.text(keys + 3, 0, sentence, Role::Base);
                }
                HelpLine::Gap => {}
            }
        }
        scrollbar(canvas, inner, self.top, self.height, self.lines.len());
    }
}
