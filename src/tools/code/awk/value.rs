//! Values of awk: text, numbers, and text from the input that counts as a number where it looks like one.

use std::cmp::Ordering;

use super::super::printf::{general, leading_number};

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Never set: zero and empty.
    #[default]
    Unset,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A text of the input.
    Input(String),
}

impl Value {
    /// As text.
    pub fn text(&self) -> String {
        match self {
            Self::Unset => String::new(),
            Self::Number(number) => number_text(*number),
            Self::Text(text) | Self::Input(text) => text.clone(),
        }
    }

    /// As a number.
    pub fn number(&self) -> f64 {
        match self {
            Self::Unset => 0.0,
            Self::Number(number) => *number,
            Self::Text(text) | Self::Input(text) => leading_number(text),
        }
    }

    /// Whether it holds as a condition.
    pub fn holds(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) => match looks_like_a_number(text) {
                Some(number) => number != 0.0,
                None => !text.is_empty(),
            },
        }
    }

    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Unset => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
            Self::Input(text) => looks_like_a_number(text),
        }
    }

    /// Compares as awk does: as numbers when both are, else as texts.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.as_number(), other.as_number()) {
            (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            _ => self.text().cmp(&other.text()),
        }
    }
}

fn looks_like_a_number(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let starts = trimmed
        .trim_start_matches(['+', '-'])
        .starts_with(|letter: char| letter.is_ascii_digit() || letter == '.');
    if starts { trimmed.parse().ok() } else { None }
}

/// A number as awk prints it.
pub fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        format!("{:.0}", number + 0.0)
    } else {
        general(number, 6, false)
    }
}
