//! The box to write a message in, with completion of people after `@` and channels after `#`.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::fuzzy;
use crate::tui::pane::PaneAction;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::world::PersonRow;

/// The most candidates shown.
const CANDIDATES: usize = 6;

/// A message under way.
#[derive(Clone, Debug, Default)]
pub struct Compose {
    field: Field,
    candidates: Vec<(String, String)>,
    chosen: usize,
    from: usize,
    sending: bool,
}

impl Compose {
    /// Whether candidates are open.
    pub const fn is_open(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// The desk answered: if a message went out, the box is empty again; else it keeps its text.
    pub fn answered(&mut self, went_well: bool) {
        if std::mem::take(&mut self.sending) && went_well {
            self.field.take();
            self.candidates.clear();
        }
    }

    /// Takes in what happened; a text to post when it is to go out. It stays until [`Compose::answered`].
    pub fn on<'a>(
        &mut self,
        action: &PaneAction,
        people: &[PersonRow],
        channels: impl Iterator<Item = &'a str>,
    ) -> Option<String> {
        match action {
            PaneAction::Verb(Verb::Submit) if self.is_open() => self.take_candidate(),
            PaneAction::Verb(Verb::Submit) => {
                let text = self.field.value().trim().to_owned();
                self.sending = !text.is_empty();
                return self.sending.then_some(text);
            }
            PaneAction::Verb(Verb::Complete) => self.take_candidate(),
            PaneAction::Verb(Verb::Down) => {
                self.chosen = (self.chosen + 1).min(self.candidates.len().saturating_sub(1));
            }
            PaneAction::Verb(Verb::Up) => self.chosen = self.chosen.saturating_sub(1),
            PaneAction::Verb(Verb::Back) if self.is_open() => {
                self.candidates.clear();
                self.field.insert(" ");
            }
            PaneAction::Key(key) => {
                if self.field.on_key(*key) {
                    self.look_up(people, channels);
                }
            }
            PaneAction::Paste(pasted) => {
                self.field.insert(pasted);
                self.candidates.clear();
            }
            _ => {}
        }
        None
    }

    /// Fills the candidates for the word before the caret.
    fn look_up<'a>(&mut self, people: &[PersonRow], channels: impl Iterator<Item = &'a str>) {
        self.candidates.clear();
        self.chosen = 0;
        let before = self.field.value().get(..self.field.cursor()).unwrap_or("");
        let from = before.rfind(' ').map_or(0, |at| at + 1);
        let word = before.get(from..).unwrap_or("");
        let known: Vec<(String, String)> = match word.chars().next() {
            Some('@') => people
                .iter()
                .map(|person| {
                    let call = if person.on_call { ", on call" } else { "" };
                    (
                        format!("@{} ", person.handle),
                        format!("{}, {}{call}", person.name, person.role),
                    )
                })
                .collect(),
            Some('#') => channels
                .map(|channel| (format!("#{channel} "), String::new()))
                .collect(),
            _ => return,
        };
        let typed = word.get(1..).unwrap_or("");
        self.candidates = fuzzy::search(typed, known.iter().map(|(name, _)| name.as_str()))
            .into_iter()
            .take(CANDIDATES)
            .filter_map(|found| known.get(found.index).cloned())
            .collect();
        self.from = from;
    }

    fn take_candidate(&mut self) {
        if let Some((name, _)) = self.candidates.get(self.chosen).cloned() {
            self.field.replace_back_to(self.from, &name);
        }
        self.candidates.clear();
    }

    /// Draws the box in the last row, candidates above it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, place: &str, active: bool) {
        let y = canvas.height().saturating_sub(1);
        let role = if active { Role::Accent } else { Role::Faint };
        let at = canvas.text(0, y, "› ", role);
        let part = Rect::new(at, y, canvas.width().saturating_sub(at + 1), 1);
        self.field.draw(canvas, part, place, active);
        let count = self.candidates.len() as u16;
        if !active || count == 0 || count > y {
            return;
        }
        let width = canvas.width().min(48);
        for (index, (name, about)) in self.candidates.iter().enumerate() {
            let mut row = canvas.part(Rect::new(at, y - count + index as u16, width, 1));
            row.fill(row.rect(), Role::Overlay);
            let end = row.text(1, 0, name, Role::Link);
            row.text(end + 1, 0, about, Role::Muted);
            if index == self.chosen {
                row.tint_row(0, Role::Selected);
            }
        }
    }
}
