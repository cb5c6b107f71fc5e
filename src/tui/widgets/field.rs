//! A one-line text field: what a key does to it, and how it is drawn with its caret.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// The most characters a field holds.
const MAX_CHARS: usize = 4096;

/// A one-line text field. It never holds a control character.
#[derive(Clone, Debug, Default)]
pub struct Field {
    input: Input,
}

impl Field {
    /// A field with a text, the caret behind it.
    pub fn new(value: &str) -> Self {
        let mut field = Self::default();
        field.set(value);
        field
    }

    /// Its text.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.value().is_empty()
    }

    /// The caret, as a byte offset.
    pub fn cursor(&self) -> usize {
        self.value()
            .char_indices()
            .nth(self.input.cursor())
            .map_or(self.value().len(), |(at, _)| at)
    }

    /// Replaces the text; the caret goes behind it.
    pub fn set(&mut self, value: &str) {
        let cleaned: String = text::clean(value).chars().take(MAX_CHARS).collect();
        self.input = Input::new(cleaned);
    }

    /// Empties it and gives what it held.
    pub fn take(&mut self) -> String {
        let value = self.value().to_owned();
        self.input = Input::default();
        value
    }

    /// Puts text in at the caret.
    pub fn insert(&mut self, pasted: &str) {
        let room = MAX_CHARS.saturating_sub(self.value().chars().count());
        for letter in text::clean(pasted).chars().take(room) {
            self.input.handle(InputRequest::InsertChar(letter));
        }
    }

    /// Replaces the bytes from `from` to the caret.
    pub fn replace_back_to(&mut self, from: usize, with: &str) {
        let cursor = self.cursor();
        let before = self
            .value()
            .get(..from.min(cursor))
            .unwrap_or("")
            .to_owned();
        let after = self.value().get(cursor..).unwrap_or("").to_owned();
        let head = format!("{before}{}", text::clean(with));
        let caret = head.chars().count();
        self.input = Input::new(format!("{head}{after}")).with_cursor(caret);
    }

    /// Takes a key; whether the text changed.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request_of(key) else {
            return false;
        };
        if let InputRequest::InsertChar(letter) = request {
            let before = self.value().len();
            self.insert(letter.encode_utf8(&mut [0; 4]));
            return self.value().len() != before;
        }
        self.input
            .handle(request)
            .is_some_and(|changed| changed.value)
    }

    /// Draws it on a row part; the caret too, when it is the one that is typed into.
    pub fn draw(&self, canvas: &mut Canvas<'_>, part: Rect, placeholder: &str, active: bool) {
        canvas.fill(part, Role::Field);
        let mut field = canvas.part(part);
        let columns = usize::from(part.width);
        if self.is_empty() {
            field.text(u16::from(active), 0, placeholder, Role::Placeholder);
            if active {
                field.tint(Rect::new(0, 0, 1, 1), Role::Caret);
            }
            return;
        }
        let before = text::width(self.value().get(..self.cursor()).unwrap_or(""));
        let skip = before.saturating_sub(columns.saturating_sub(1));
        let mut column = 0;
        for (symbol, wide) in text::cells(self.value()) {
            if column >= skip {
                field.text((column - skip) as u16, 0, symbol, Role::Field);
            }
            column += usize::from(wide);
            if column >= skip + columns {
                break;
            }
        }
        if active {
            field.tint(Rect::new((before - skip) as u16, 0, 1, 1), Role::Caret);
        }
    }
}

fn request_of(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match (key.code, control, alt) {
        (KeyCode::Char('a'), true, _) | (KeyCode::Home, ..) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true, _) | (KeyCode::End, ..) => InputRequest::GoToEnd,
        (KeyCode::Char('w'), true, _) | (KeyCode::Backspace, _, true) => {
            InputRequest::DeletePrevWord
        }
        (KeyCode::Char('u'), true, _) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true, _) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('y'), true, _) => InputRequest::Yank,
        (KeyCode::Char('h'), true, _) | (KeyCode::Backspace, ..) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, ..) | (KeyCode::Char('d'), true, _) => InputRequest::DeleteNextChar,
        (KeyCode::Char('d'), _, true) => InputRequest::DeleteNextWord,
        (KeyCode::Char('b'), true, _) => InputRequest::GoToPrevChar,
        (KeyCode::Char('f'), true, _) => InputRequest::GoToNextChar,
        (KeyCode::Char('b'), _, true) | (KeyCode::Left, true, _) => InputRequest::GoToPrevWord,
        (KeyCode::Char('f'), _, true) | (KeyCode::Right, true, _) => InputRequest::GoToNextWord,
        (KeyCode::Left, ..) => InputRequest::GoToPrevChar,
        (KeyCode::Right, ..) => InputRequest::GoToNextChar,
        (KeyCode::Char(letter), false, false) => InputRequest::InsertChar(letter),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(field: &mut Field, code: KeyCode) {
        field.on_key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    #[test]
    fn typing_and_deleting() {
        let mut field = Field::default();
        for letter in "héllo".chars() {
            press(&mut field, KeyCode::Char(letter));
        }
        press(&mut field, KeyCode::Left);
        press(&mut field, KeyCode::Backspace);
        assert_eq!(field.value(), "hélo");
        assert_eq!(field.cursor(), 4);
        field.replace_back_to(1, "i\u{1b}[1m ");
        assert_eq!(field.value(), "hi o");
        assert_eq!(field.cursor(), 3);
        field.insert("a\nb");
        assert_eq!(field.value(), "hi a bo");
    }

    #[test]
    fn a_field_is_bounded() {
        let mut field = Field::default();
        field.insert(&"x".repeat(MAX_CHARS * 2));
        assert_eq!(field.value().len(), MAX_CHARS);
    }
}
