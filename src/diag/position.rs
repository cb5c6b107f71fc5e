//! Lines and columns of a text. Counts characters, not bytes; never panics on an offset outside the text.

use std::fmt;
use std::ops::Range;

/// A place as people name it: line and column, both from 1. A column is a character; a tab counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// The nearest character border at or before an offset.
pub fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The nearest character border at or after an offset.
pub fn ceil(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// The position of a byte offset; the end of the text for one beyond it.
pub fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..floor(text, offset)).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    Position {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before.get(start..).unwrap_or("").chars().count() + 1,
    }
}

/// The bytes of the line that holds an offset, without its line break.
pub fn line_at(text: &str, offset: usize) -> Range<usize> {
    let at = floor(text, offset);
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |found| found + 1);
    let end = text
        .get(at..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |found| at + found);
    start..end
}

/// The byte offset of a position; the end of its line or text for one beyond it.
pub fn offset(text: &str, place: Position) -> usize {
    let mut line_start = 0;
    for _ in 1..place.line {
        match text.get(line_start..).and_then(|rest| rest.find('\n')) {
            Some(found) => line_start += found + 1,
            None => return text.len(),
        }
    }
    let line = text.get(line_at(text, line_start)).unwrap_or("");
    line.char_indices()
        .nth(place.column.saturating_sub(1))
        .map_or(line_start + line.len(), |(at, _)| line_start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "ab\n\tü→x\n";
        let place = |offset| {
            let Position { line, column } = position(text, offset);
            (line, column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(3), (2, 1));
        assert_eq!(place(4), (2, 2));
        // Inside the two bytes of the umlaut.
        assert_eq!(place(5), (2, 2));
        assert_eq!(place(9), (2, 4));
        assert_eq!(place(999), (3, 1));
    }

    #[test]
    fn positions_and_offsets_are_inverse_on_borders() {
        let text = "ab\n\tü→x\n\nend";
        for (at, _) in text.char_indices() {
            assert_eq!(offset(text, position(text, at)), at);
        }
        assert_eq!(offset(text, Position { line: 9, column: 1 }), text.len());
        assert_eq!(
            offset(
                text,
                Position {
                    line: 1,
                    column: 50
                }
            ),
            2
        );
    }
}
