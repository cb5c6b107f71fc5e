//! A text editor of several lines, for the report and for files of the trainee's checkout.

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui_textarea::TextArea;

use crate::tui::canvas::Canvas;
use crate::tui::text;

/// The most bytes it takes in.
const MAX_BYTES: usize = 1 << 20;

/// A text under edit. It never holds a control character but line ends.
#[derive(Clone, Debug)]
pub struct Editor {
    area: TextArea<'static>,
    /// What is edited: a path, or `report`.
    pub subject: String,
    original: String,
}

impl Editor {
    /// Opens a text.
    pub fn new(subject: &str, content: &str) -> Self {
        let bounded: String = content
            .char_indices()
            .take_while(|(at, _)| *at < MAX_BYTES)
            .map(|(_, letter)| letter)
            .collect();
        let mut area = TextArea::new(bounded.split('\n').map(clean_line).collect());
        area.set_tab_length(4);
        area.set_cursor_line_style(Style::new());
        area.set_line_number_style(Style::new().add_modifier(Modifier::DIM));
        let original = area.lines().join("\n");
        Self {
            area,
            subject: subject.to_owned(),
            original,
        }
    }

    /// The text now.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether it was changed since it was opened or kept.
    pub fn is_changed(&self) -> bool {
        self.text() != self.original
    }

    /// Takes what there is as kept.
    pub fn keep(&mut self) {
        self.original = self.text();
    }

    /// Replaces the whole text, as one that is not kept yet.
    pub fn replace(&mut self, content: &str) {
        let original = std::mem::take(&mut self.original);
        *self = Self::new(&self.subject, content);
        self.original = original;
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) {
        self.area.input(key);
    }

    /// Takes pasted text.
    pub fn paste(&mut self, pasted: &str) {
        if self.text().len().saturating_add(pasted.len()) > MAX_BYTES {
            return;
        }
        let cleaned: Vec<String> = pasted.split('\n').map(clean_line).collect();
        self.area.insert_str(cleaned.join("\n"));
    }

    /// Draws it on a part, with line numbers.
    pub fn draw(&self, canvas: &mut Canvas<'_>, part: Rect) {
        canvas.editor(part, &self.area);
    }
}

/// A line without control characters but its tabs, which files need to keep.
fn clean_line(line: &str) -> String {
    let parts: Vec<_> = line.split('\t').map(text::clean).collect();
    parts.join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in_but_clean() {
        let mut editor = Editor::new("report", "one\r\n\t\u{1b}[31mtwo");
        assert_eq!(editor.text(), "one\n\ttwo");
        assert!(!editor.is_changed());
        editor.paste("zero\n\u{7}");
        assert!(editor.is_changed());
        assert_eq!(editor.text(), "zero\none\n\ttwo");
    }
}
