//! Comparisons that JSON fields and columns share: texts with wildcards, numbers, expressions.

use super::{PatternError, Reader};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What it is compared with.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Number(f64),
    /// A text; its asterisks stand for any text.
    Text(String),
    Regex(regex::Regex),
}

impl Op {
    /// The operator that comes next, if one does.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        [
            ("!=", Self::NotEqual),
            (">=", Self::GreaterOrEqual),
            ("<=", Self::LessOrEqual),
            ("=", Self::Equal),
            (">", Self::Greater),
            ("<", Self::Less),
        ]
        .into_iter()
        .find(|(mark, _)| reader.take(mark))
        .map(|(_, op)| op)
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

impl Operand {
    /// Reads a value; `stops` are characters that end a bare one.
    pub(super) fn read(reader: &mut Reader<'_>, stops: &str) -> Result<Self, PatternError> {
        reader.skip_blanks();
        match reader.rest().chars().next() {
            Some('"') => {
                reader.at += 1;
                reader.quoted().map(Self::Text)
            }
            Some('%') => {
                reader.at += 1;
                reader.regex().map(Self::Regex)
            }
            _ => {
                let rest = reader.rest();
                let end = rest
                    .char_indices()
                    .find(|(at, letter)| {
                        letter.is_whitespace()
                            || stops.contains(*letter)
                            || rest.get(*at..).is_some_and(|rest| {
                                rest.starts_with("&&") || rest.starts_with("||")
                            })
                    })
                    .map_or(rest.len(), |(at, _)| at);
                let word = rest.get(..end).unwrap_or("");
                if word.is_empty() {
                    return reader.error("a value is missing");
                }
                reader.at += end;
                let digits = word.trim_start_matches(['-', '+']);
                let number = digits
                    .starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
                    .then(|| word.parse().ok())
                    .flatten();
                Ok(number.map_or_else(|| Self::Text(word.to_owned()), Self::Number))
            }
        }
    }

    /// Whether it can be compared by size.
    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// Whether a text fulfils the comparison.
    pub(super) fn holds(&self, op: Op, text: &str) -> bool {
        let is = match self {
            Self::Number(number) => {
                return text.parse().is_ok_and(|value| op.holds(value, *number));
            }
            Self::Text(pattern) => wildcard(pattern, text),
            Self::Regex(regex) => regex.is_match(text),
        };
        match op {
            Op::Equal => is,
            Op::NotEqual => !is,
            _ => false,
        }
    }

    /// Whether a number fulfils the comparison.
    pub(super) fn holds_number(&self, op: Op, value: f64, written: &str) -> bool {
        match self {
            Self::Number(number) => op.holds(value, *number),
            _ => self.holds(op, written),
        }
    }
}

/// Whether a text is of a form in which asterisks stand for any text.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}
