//! Key chords: how they are written in the keymap and in tests, read from the terminal and shown to people.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A key with its modifiers. Shift is kept only where the character does not already say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Control, alt, shift.
    pub modifiers: KeyModifiers,
}

/// Keys with names, as they are written and as they are shown.
const NAMED: [(&str, &str, KeyCode); 18] = [
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("backtab", "Shift-Tab", KeyCode::BackTab),
    ("space", "Space", KeyCode::Char(' ')),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("delete", "Del", KeyCode::Delete),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("plus", "+", KeyCode::Char('+')),
    ("minus", "-", KeyCode::Char('-')),
    ("f1", "F1", KeyCode::F(1)),
];

/// A key that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a key")]
pub struct NoSuchKey(String);

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let mut code = event.code;
        match code {
            KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => {
                code = KeyCode::Char(letter.to_ascii_lowercase());
                modifiers -= KeyModifiers::SHIFT;
            }
            KeyCode::Char(_) | KeyCode::BackTab => modifiers -= KeyModifiers::SHIFT,
            _ => {}
        }
        Self { code, modifiers }
    }
}

impl FromStr for Chord {
    type Err = NoSuchKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        for (prefix, modifier) in [
            ("ctrl-", KeyModifiers::CONTROL),
            ("alt-", KeyModifiers::ALT),
            ("shift-", KeyModifiers::SHIFT),
        ] {
            if let Some(after) = rest.strip_prefix(prefix) {
                modifiers |= modifier;
                rest = after;
            }
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(letter), None) => KeyCode::Char(letter),
            _ => NAMED
                .iter()
                .find(|(name, _, _)| *name == rest)
                .map(|(_, _, code)| *code)
                .ok_or_else(|| NoSuchKey(text.to_owned()))?,
        };
        Ok(Self { code, modifiers })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                out.write_str(name)?;
            }
        }
        if let Some((_, shown, _)) = NAMED.iter().find(|(_, _, code)| *code == self.code) {
            return out.write_str(shown);
        }
        match self.code {
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(out, "{}", letter.to_ascii_uppercase())
            }
            KeyCode::Char(letter) => write!(out, "{letter}"),
            other => write!(out, "{other}"),
        }
    }
}

impl<'de> Deserialize<'de> for Chord {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_read_and_shown() {
        for (written, shown) in [
            ("q", "q"),
            ("G", "G"),
            ("ctrl-c", "Ctrl-C"),
            ("alt-1", "Alt-1"),
            ("space", "Space"),
            ("backtab", "Shift-Tab"),
            ("plus", "+"),
        ] {
            assert_eq!(written.parse::<Chord>().unwrap().to_string(), shown);
        }
        assert!("nokey".parse::<Chord>().is_err());
    }

    #[test]
    fn shift_is_in_the_character() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::from(event), "G".parse().unwrap());
    }
}
