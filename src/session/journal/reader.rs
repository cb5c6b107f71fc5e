//! Reading a journal back, a line at a time, with bounded work and memory. Never panics on any bytes, never mends them.

use std::io::{BufRead, BufReader, Read};

use serde::de::DeserializeOwned;

use super::digest::Digest;
use super::fault::{Fault, Limits, Problem, depth};
use super::header::{Header, MAGIC};
use super::record::{Intent, Line, Outcome, Record, decode_cut_line, decode_line};
use crate::sim::time::SimTime;

/// What was found behind the last whole line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tail {
    /// Nothing: the file ends where a line does.
    #[default]
    Whole,
    /// The last line is whole but for its line end, as an editor leaves it.
    NoLineEnd,
    /// A record that was being written when its process stopped, before it was applied: dropped.
    TornRecord {
        /// The line it stood on.
        line: u64,
        /// Its bytes.
        bytes: u64,
    },
    /// The last record's result was not written, or only a part of it: the entry is applied again.
    NoResult {
        /// The line it stands on.
        line: u64,
    },
}

impl Tail {
    /// What to tell the person who opened the journal; `None` if there is nothing to tell.
    pub fn message(self) -> Option<String> {
        match self {
            Self::Whole | Self::NoLineEnd => None,
            Self::TornRecord { line, .. } => Some(format!(
                "line {line} was being written when the program stopped and had not been applied: it is dropped"
            )),
            Self::NoResult { line } => Some(format!(
                "the program stopped while it applied line {line}: it is applied again"
            )),
        }
    }
}

/// All that a journal holds, up to its end or its first fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents<E> {
    /// The first line.
    pub header: Header,
    /// The whole records, in order, numbered from 1.
    pub records: Vec<Record<E>>,
    /// The last record, if its result is missing.
    pub open: Option<Intent<E>>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// What was found behind the last whole line.
    pub tail: Tail,
    /// What stopped the reading before the end. What is here stands before it and is sound.
    pub fault: Option<Fault>,
    pub(super) end: End,
}

/// Where and how writing can go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes of the file that are sound.
    pub keep: u64,
    /// The digest of the last whole line.
    pub chain: Digest,
    /// The bytes of the open record, which its digest is to be taken of.
    pub open_part: Vec<u8>,
}

/// Reads a journal to its end or its first fault.
///
/// # Errors
/// If there is no header to say what the rest would be. Any later fault is in [`Contents::fault`], so that the sound part
/// before it can be watched.
pub fn read<E: DeserializeOwned>(input: impl Read, limits: Limits) -> Result<Contents<E>, Fault> {
    let mut lines = Lines::new(input, limits);
    let header = read_header(&mut lines)?;
    let mut contents = Contents {
        header,
        records: Vec::new(),
        open: None,
        outcome: None,
        tail: Tail::Whole,
        fault: None,
        end: lines.end(),
    };
    loop {
        let step = lines
            .next()
            .and_then(|ending| take_line(&mut contents, &lines, ending, limits));
        match step {
            Ok(true) => {}
            Ok(false) => return Ok(contents),
            Err(problem) => {
                contents.fault = Some(lines.fault(problem));
                return Ok(contents);
            }
        }
    }
}

/// Reads the first line alone.
///
/// # Errors
/// As [`read`].
pub(super) fn read_first_line(input: impl Read, limits: Limits) -> Result<Header, Fault> {
    read_header(&mut Lines::new(input, limits))
}

fn read_header<R: Read>(lines: &mut Lines<R>) -> Result<Header, Fault> {
    let header = match lines.next() {
        Ok(Ending::LineEnd) => Header::decode(&lines.line),
        // A header alone, without its line end: a process killed in its first write, or no journal at all.
        Ok(Ending::FileEnd) => match Header::decode(&lines.line) {
            Err(other @ (Problem::NotAJournal(_) | Problem::OtherFormat { .. }))
                if !is_start_of_header(&lines.line) =>
            {
                Err(other)
            }
            _ => Err(Problem::NoHeader),
        },
        Ok(Ending::Nothing) => Err(Problem::NoHeader),
        Err(problem) => Err(problem),
    };
    header.map_err(|problem| lines.fault(problem))
}

fn is_start_of_header(line: &[u8]) -> bool {
    line.starts_with(MAGIC) || MAGIC.starts_with(line)
}

/// Takes one line into the contents; false at the end of the file.
fn take_line<E: DeserializeOwned, R: Read>(
    contents: &mut Contents<E>,
    lines: &Lines<R>,
    ending: Ending,
    limits: Limits,
) -> Result<bool, Problem> {
    if ending == Ending::Nothing {
        return Ok(false);
    }
    if contents.outcome.is_some() {
        return Err(Problem::AfterOutcome);
    }
    if depth(&lines.line) > limits.depth {
        return Err(Problem::TooDeep(limits.depth));
    }
    match decode_line::<E>(&lines.line) {
        Ok(line) => {
            place_line(contents, line, limits)?;
            contents.end = lines.end();
            if ending == Ending::FileEnd {
                contents.tail = Tail::NoLineEnd;
            }
            Ok(ending == Ending::LineEnd)
        }
        Err(Problem::Broken(_)) if ending == Ending::FileEnd => {
            take_cut_line(contents, lines, limits)?;
            Ok(false)
        }
        Err(problem) => Err(problem),
    }
}

fn place_line<E>(contents: &mut Contents<E>, line: Line<E>, limits: Limits) -> Result<(), Problem> {
    match line {
        Line::Record { record, before } => {
            check_place(contents, &record.intent, before, limits)?;
            contents.records.push(record);
        }
        Line::Outcome {
            outcome,
            number,
            before,
        } => {
            check_chain(contents, number, before)?;
            contents.outcome = Some(outcome);
        }
    }
    Ok(())
}

/// The last line, without its end and not whole: torn before it was applied, or open.
fn take_cut_line<E: DeserializeOwned, R: Read>(
    contents: &mut Contents<E>,
    lines: &Lines<R>,
    limits: Limits,
) -> Result<(), Problem> {
    let Some((intent, before, length)) = decode_cut_line::<E>(&lines.line)? else {
        contents.tail = Tail::TornRecord {
            line: lines.number,
            bytes: lines.line.len() as u64,
        };
        return Ok(());
    };
    check_place(contents, &intent, before, limits)?;
    contents.end.keep += length as u64;
    contents.end.open_part = lines.line.iter().take(length).copied().collect();
    contents.open = Some(intent);
    contents.tail = Tail::NoResult { line: lines.number };
    Ok(())
}

fn check_place<E>(
    contents: &Contents<E>,
    intent: &Intent<E>,
    before: Digest,
    limits: Limits,
) -> Result<(), Problem> {
    check_chain(contents, intent.number, before)?;
    if intent.number > limits.records {
        return Err(Problem::TooManyRecords(limits.records));
    }
    match contents.last_time() {
        Some(last) if intent.at < last => Err(Problem::TimeGoesBack {
            before: last,
            at: intent.at,
        }),
        _ => Ok(()),
    }
}

fn check_chain<E>(contents: &Contents<E>, number: u64, before: Digest) -> Result<(), Problem> {
    let expected = contents.records.len() as u64 + 1;
    if number != expected {
        return Err(Problem::Number {
            expected,
            found: number,
        });
    }
    if before != contents.end.chain {
        return Err(Problem::Chain);
    }
    Ok(())
}

impl<E> Contents<E> {
    fn last_time(&self) -> Option<SimTime> {
        self.records.last().map(|record| record.intent.at)
    }
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// With a line end, as written.
    LineEnd,
    /// With the file.
    FileEnd,
    /// There was no line.
    Nothing,
}

/// The lines of a file, one at a time in one buffer.
struct Lines<R> {
    input: BufReader<std::io::Take<R>>,
    limits: Limits,
    /// The line, without its end.
    line: Vec<u8>,
    /// Its number, from 1; 0 before the first.
    number: u64,
    /// Bytes up to and with its end.
    offset: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R, limits: Limits) -> Self {
        Self {
            // One byte more than allowed, to tell a file that ends at the limit from one that goes on.
            input: BufReader::new(input.take(limits.file_bytes.saturating_add(1))),
            limits,
            line: Vec::new(),
            number: 0,
            offset: 0,
        }
    }

    fn next(&mut self) -> Result<Ending, Problem> {
        self.line.clear();
        self.number += 1;
        let longest = self.limits.line_bytes as u64 + 1;
        let read = (&mut self.input)
            .take(longest)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| Problem::Unreadable(error.to_string()))?;
        self.offset += read as u64;
        if self.offset > self.limits.file_bytes {
            return Err(Problem::FileTooLong(self.limits.file_bytes));
        }
        if read == 0 {
            return Ok(Ending::Nothing);
        }
        if self.line.pop_if(|last| *last == b'\n').is_some() {
            // Some tools write a file's line ends anew when they copy it.
            self.line.pop_if(|last| *last == b'\r');
            return Ok(Ending::LineEnd);
        }
        if read as u64 == longest {
            return Err(Problem::LineTooLong(self.limits.line_bytes));
        }
        Ok(Ending::FileEnd)
    }

    fn end(&self) -> End {
        End {
            keep: self.offset,
            chain: Digest::of(&self.line),
            open_part: Vec::new(),
        }
    }

    fn fault(&self, problem: Problem) -> Fault {
        Fault {
            line: self.number,
            problem,
        }
    }
}
