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
    total: usize,
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
            total: 0,
        }
    }

    /// Where keys go.
    pub fn listening() -> Listening {
        Listening::keys(&[Context::Help, Context::Moving])
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.total.saturating_sub(self.height);
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
        let width = 92.min(canvas.width().saturating_sub(2));
        let keys = self
            .lines
            .iter()
            .map(|line| match line {
                HelpLine::Key(keys, _) => text::width(keys),
                _ => 0,
            })
            .max()
            .unwrap_or(0);
        let room = usize::from(width).saturating_sub(keys + 9).max(16);
        let rows: Vec<(&str, String, Role)> = self
            .lines
            .iter()
            .flat_map(|line| match line {
                HelpLine::Heading(heading) => {
                    vec![("", (*heading).to_owned(), Role::Accent)]
                }
                HelpLine::Gap => vec![("", String::new(), Role::Base)],
                HelpLine::Key(shown, sentence) => text::wrap(sentence, room)
                    .into_iter()
                    .enumerate()
                    .map(|(index, piece)| {
                        let shown = if index == 0 { shown.as_str() } else { "" };
                        (shown, piece, Role::Base)
                    })
                    .collect(),
            })
            .collect();
        let inner = boxed(canvas, width, rows.len() as u16 + 2, "Keys");
        self.height = usize::from(inner.height);
        self.total = rows.len();
        self.top = self.top.min(self.total.saturating_sub(self.height));
        for (y, (shown, words, role)) in rows.iter().skip(self.top).take(self.height).enumerate() {
            let mut row = canvas.part(Rect::new(inner.x, inner.y + y as u16, inner.width, 1));
            row.text(1, 0, shown, Role::Key);
            let x = if *role == Role::Accent {
                0
            } else {
                keys as u16 + 3
            };
            row.text(x, 0, words, *role);
        }
        scrollbar(canvas, inner, self.top, self.height, self.total);
    }
}
