//! A list that is searched by typing: the command palette, the metric list, services, the shell's history.

use ratatui::layout::Rect;

use super::{Outcome, boxed};
use crate::tui::canvas::{Align, Canvas};
use crate::tui::fuzzy::{self, Found};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Effect, Listening, PaneAction};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;

/// One thing to choose.
#[derive(Clone, Debug)]
pub struct PickItem {
    /// What it is called: what is searched.
    pub label: String,
    /// What else it is called: found by their beginnings, after labels that begin so.
    pub other_names: Vec<String>,
    /// What it is.
    pub about: String,
    /// A short note at the right edge, such as its key.
    pub note: String,
    /// What choosing it does.
    pub effects: Vec<Effect>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Picker {
    title: String,
    items: Vec<PickItem>,
    field: Field,
    rows: Rows,
    found: Vec<Found>,
}

impl Picker {
    /// A list with nothing typed yet.
    pub fn new(title: &str, items: Vec<PickItem>) -> Self {
        let mut picker = Self {
            title: title.to_owned(),
            items,
            field: Field::default(),
            rows: Rows::default(),
            found: Vec::new(),
        };
        picker.search();
        picker
    }

    /// Where keys go.
    pub fn listening() -> Listening {
        Listening::typing(Context::Field)
    }

    fn search(&mut self) {
        let typed = self.field.value().trim();
        let labels = self.items.iter().map(|item| item.label.as_str());
        let by_label = fuzzy::search(typed, labels);
        let is_called = |item: &PickItem| {
            let mut names = item.other_names.iter();
            !typed.is_empty() && names.any(|name| name.starts_with(typed))
        };
        let begins = |found: &Found| {
            let item = self.items.get(found.index);
            item.is_some_and(|item| item.label.starts_with(typed))
        };
        let (mut found, others): (Vec<Found>, Vec<Found>) = by_label.into_iter().partition(begins);
        let items = self.items.iter().enumerate();
        for (index, _) in items.filter(|(_, item)| is_called(item)) {
            if !found.iter().any(|one| one.index == index) {
                let letters = Vec::new();
                found.push(Found { index, letters });
            }
        }
        for other in others {
            if !found.iter().any(|one| one.index == other.index) {
                found.push(other);
            }
        }
        self.found = found;
        self.rows = Rows::default();
        self.rows.fit(self.found.len(), 10);
    }

    fn chosen(&self, row: usize) -> Option<&PickItem> {
        self.found
            .get(row)
            .and_then(|found| self.items.get(found.index))
    }

    fn choose(&self, row: usize) -> Outcome {
        self.chosen(row)
            .map_or_else(Outcome::stay, |item| Outcome::close(item.effects.clone()))
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        match action {
            PaneAction::Verb(Verb::Back) => return Outcome::close(Vec::new()),
            PaneAction::Verb(Verb::Submit) => return self.choose(self.rows.selected),
            PaneAction::Verb(Verb::Complete) => {
                if let Some(label) = self
                    .chosen(self.rows.selected)
                    .map(|item| item.label.clone())
                {
                    self.field.set(&label);
                    self.search();
                }
            }
            PaneAction::Verb(verb) => {
                self.rows.on(*verb);
            }
            PaneAction::Key(key) => {
                if self.field.on_key(*key) {
                    self.search();
                }
            }
            PaneAction::Paste(pasted) => {
                self.field.insert(pasted);
                self.search();
            }
            PaneAction::Row { row, twice, .. } => {
                self.rows.select(*row);
                if *twice {
                    return self.choose(*row);
                }
            }
            PaneAction::Wheel(rows) => self.rows.step(*rows as isize),
            _ => {}
        }
        Outcome::stay()
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let height = (self.items.len() as u16).saturating_add(5).clamp(8, 24);
        let inner = boxed(canvas, 84, height, &self.title);
        self.field.draw(
            canvas,
            Rect::new(inner.x, inner.y, inner.width, 1),
            "type to search",
            true,
        );
        let list = Rect::new(
            inner.x,
            inner.y + 2,
            inner.width,
            inner.height.saturating_sub(2),
        );
        self.rows.fit(self.found.len(), usize::from(list.height));
        if self.found.is_empty() {
            let mut part = canvas.part(list);
            part.text(0, 0, "Nothing matches.", Role::Muted);
            return;
        }
        let labels = self
            .items
            .iter()
            .map(|item| text::width(&item.label))
            .max()
            .unwrap_or(0)
            .clamp(12, usize::from(list.width / 2).max(12)) as u16;
        for (y, row) in self.rows.visible().enumerate() {
            let y = y as u16;
            let mut line = canvas.part(Rect::new(list.x, list.y + y, list.width, 1));
            if row == self.rows.selected {
                line.tint_row(0, Role::Selected);
            }
            self.draw_row(&mut line, row, labels);
            line.click(line.rect(), Hit::Choice(row));
        }
        self.rows.scrollbar(canvas, list);
    }

    fn draw_row(&self, line: &mut Canvas<'_>, row: usize, labels: u16) {
        let (Some(found), Some(item)) = (self.found.get(row), self.chosen(row)) else {
            return;
        };
        let pointer = if row == self.rows.selected {
            "▸"
        } else {
            " "
        };
        line.text(0, 0, pointer, Role::Accent);
        let end = line.text_within(2, 0, labels, &item.label, Role::Base);
        let mut column = 2;
        for (index, (_, wide)) in text::cells(&item.label).enumerate() {
            if column < end && found.letters.contains(&(index as u32)) {
                line.tint(Rect::new(column, 0, wide, 1), Role::Accent);
            }
            column += wide;
        }
        let note = text::width(&item.note) as u16;
        let room = line.width().saturating_sub(labels + 6 + note);
        line.text_within(labels + 4, 0, room, &item.about, Role::Muted);
        let whole = line.width().saturating_sub(1);
        line.text_aligned((0, 0), whole, Align::Right, &item.note, Role::Key);
        if row == self.rows.selected {
            line.tint_row(0, Role::Selected);
        }
    }
}
