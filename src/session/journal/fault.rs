//! What can be wrong with a journal, where, and what a person can do about it. Never reads or mends one.

use crate::sim::time::SimTime;

/// What a journal may ask of the program that reads or writes it. Journals come from strangers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a line.
    pub line_bytes: usize,
    /// Objects and lists inside one another on a line.
    pub depth: usize,
    /// Records.
    pub records: u64,
    /// Bytes of the whole file.
    pub file_bytes: u64,
}

impl Limits {
    /// Far above what a long drill writes (a few megabytes), far below what a machine holds.
    pub const STANDARD: Self = Self {
        line_bytes: 1024 * 1024,
        depth: 48,
        records: 200_000,
        file_bytes: 64 * 1024 * 1024,
    };
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is empty or ends inside its first line.
    #[error("the file ends inside its header: nothing was played")]
    NoHeader,
    /// The first line is no header of a journal.
    #[error("this is not a firedrill journal: {0}")]
    NotAJournal(String),
    /// The file's format is another one.
    #[error("the journal has format {found}, this program reads format {known}")]
    OtherFormat {
        /// The file's format.
        found: u32,
        /// The format of this program.
        known: u32,
    },
    /// The line is not what a journal's line is.
    #[error("not a whole record: {0}")]
    Broken(String),
    /// The record is sound, but its entry is not one this program knows.
    #[error("an entry that this program does not know: {0}")]
    UnknownEntry(String),
    /// The line before this one is not the one that was there when it was written, or this one was changed.
    #[error(
        "the chain is broken: this line or the one before it was changed, or lines between them are missing"
    )]
    Chain,
    /// A record is missing or doubled.
    #[error("record {found} stands where record {expected} belongs")]
    Number {
        /// The number that belongs here.
        expected: u64,
        /// The number that is here.
        found: u64,
    },
    /// Simulated time runs backwards.
    #[error("simulated time goes back from {before} to {at}")]
    TimeGoesBack {
        /// The time of the record before.
        before: SimTime,
        /// The time of this one.
        at: SimTime,
    },
    /// Something follows the outcome.
    #[error("a line after the outcome, which is always the last")]
    AfterOutcome,
    /// The line is longer than [`Limits::line_bytes`].
    #[error("the line is longer than {0} bytes")]
    LineTooLong(usize),
    /// The line is nested deeper than [`Limits::depth`].
    #[error("the line is nested deeper than {0} levels")]
    TooDeep(usize),
    /// There are more records than [`Limits::records`].
    #[error("there are more than {0} records")]
    TooManyRecords(u64),
    /// The file is longer than [`Limits::file_bytes`].
    #[error("the file is longer than {0} bytes")]
    FileTooLong(u64),
    /// The system could not read on.
    #[error("the file could not be read: {0}")]
    Unreadable(String),
}

/// A problem with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Fault {
    /// What a person can do about it, in one or two sentences.
    pub fn advice(&self) -> String {
        let line = self.line;
        match &self.problem {
            Problem::NoHeader => "The file can be deleted.".to_owned(),
            Problem::NotAJournal(_) => "Name a file that ends in .journal.".to_owned(),
            Problem::OtherFormat { .. } => {
                "Play it with the version of firedrill that wrote it.".to_owned()
            }
            Problem::UnknownEntry(_) => format!(
                "It was written by another version of firedrill, or by hand. The records before line {line} can be watched."
            ),
            Problem::Unreadable(_) => "Copy the file to a sound disk and try again.".to_owned(),
            Problem::Chain | Problem::Number { .. } if line > 2 => format!(
                "Take the file from a copy. Without one, delete the lines from {} on: what stands before them is whole and can be resumed.",
                line - 1
            ),
            _ if line > 1 => format!(
                "Take the file from a copy. Without one, delete line {line} and all after it: what stands before is whole and can be resumed."
            ),
            _ => "Take the file from a copy.".to_owned(),
        }
    }
}

/// A parser's message without anything that a hostile file could have put into it to move the terminal's cursor.
pub(super) fn quoted(message: &str) -> String {
    let mut text: String = message
        .chars()
        .take(200)
        .map(|letter| {
            if letter.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                letter
            }
        })
        .collect();
    if text.len() < message.len() && message.chars().count() > 200 {
        text.push('…');
    }
    text
}

/// How deep objects and lists nest in a JSON text, whether it is well-formed or not.
pub(super) fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_what_nests_and_not_what_a_string_says() {
        assert_eq!(depth(b"7"), 0);
        assert_eq!(depth(br#"{"a":[1,[2]],"b":{}}"#), 3);
        assert_eq!(depth(br#"{"a":"[[[\"[[[","b":"\\"}"#), 1);
        assert_eq!(depth(b"}}}]]]{"), 1);
    }

    #[test]
    fn a_message_cannot_move_the_cursor() {
        assert_eq!(
            quoted("unknown `\u{1b}[2J\u{9b}`"),
            "unknown `\u{fffd}[2J\u{fffd}`"
        );
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), 201);
        assert_eq!(quoted(&"é".repeat(200)).chars().count(), 200);
    }

    #[test]
    fn advice_names_the_first_line_to_delete() {
        let fault = |line, problem| Fault { line, problem };
        let chain = fault(7, Problem::Chain);
        assert!(
            chain.advice().contains("the lines from 6 on"),
            "{}",
            chain.advice()
        );
        let broken = fault(7, Problem::Broken(String::new()));
        assert!(
            broken.advice().contains("delete line 7"),
            "{}",
            broken.advice()
        );
        let header = fault(2, Problem::Chain);
        assert!(
            header.advice().contains("delete line 2"),
            "{}",
            header.advice()
        );
    }
}
