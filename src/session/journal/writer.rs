//! Writing a journal: two writes a record, the chain, and what may be written. Never applies an entry.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::digest::Digest;
use super::disk::{Disk, DiskError, Mark, Names, Saving, hold};
use super::fault::{Fault, Limits, Problem, depth};
use super::header::{DrillId, Header};
use super::reader::{Contents, Tail, read};
use super::record::{
    Door, Intent, Outcome, Record, Verdict, decode_cut_line, encode_intent, encode_outcome,
    encode_result,
};
use crate::session::clock::WallTime;
use crate::session::store::{ReadFile, Storage};
use crate::sim::time::SimTime;

/// What a record's second part and the outcome's line may take: so much is kept free when the first part is checked.
const RESERVED_BYTES: usize = 32 * 1024;

/// A record's number, counted from 1: what [`Journal::begin`] gives and [`Journal::complete`] takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// Why an entry or an outcome is not taken. Nothing was written, and the entry must not be applied.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The record before has no result yet.
    #[error("record {0} is still being applied")]
    RecordOpen(u64),
    /// No such record is open.
    #[error("record {0} is not being applied")]
    NotOpen(u64),
    /// The drill is over.
    #[error("the drill is over")]
    Over,
    /// Simulated time would run backwards.
    #[error("simulated time cannot go back from {before} to {at}")]
    TimeGoesBack {
        /// The last record's time.
        before: SimTime,
        /// The time given.
        at: SimTime,
    },
    /// The entry is longer than a line may be.
    #[error("that is too long: {bytes} bytes, and {most} are allowed")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// The most allowed.
        most: usize,
    },
    /// The entry is nested deeper than a line may be.
    #[error("that is nested deeper than {0} levels")]
    TooDeep(usize),
    /// The journal has as many records or bytes as one may have.
    #[error("the drill's journal is full: it can only be ended now")]
    Full,
    /// The entry does not come back as it was written, as a number that is none: its replay would be another drill.
    #[error("that cannot be kept in a journal")]
    NotKept,
    /// The entry cannot be written as JSON.
    #[error("that cannot be written: {0}")]
    NotJson(#[from] serde_json::Error),
}

/// Why a journal cannot be made or resumed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process plays the drill.
    #[error("the drill is being played by {holder}")]
    InUse {
        /// The holder in words.
        holder: String,
    },
    /// There is a drill of this name.
    #[error("there is a drill of that name already")]
    Exists,
    /// There is no drill of this name.
    #[error("there is no drill {drill} in {place}")]
    Missing {
        /// The name.
        drill: DrillId,
        /// The place in words.
        place: String,
    },
    /// The drill is over: it can be watched, not played on.
    #[error("the drill is over")]
    Over,
    /// The journal is damaged.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The header names another drill than the file.
    #[error("the file of drill {file} holds drill {header}")]
    OtherDrill {
        /// The drill of the file's name.
        file: DrillId,
        /// The drill of the header.
        header: DrillId,
    },
    /// The header cannot be written as JSON.
    #[error("the header cannot be written: {0}")]
    NotJson(#[from] serde_json::Error),
}

/// The journal of a drill that is being played.
#[derive(Debug)]
pub struct Journal<E> {
    header: Header,
    records: Vec<Record<E>>,
    /// The record whose entry is being applied, and the part of its line that is written.
    open: Option<(Intent<E>, Vec<u8>)>,
    outcome: Option<Outcome>,
    /// The digest of the last whole line.
    chain: Digest,
    /// Bytes of all lines so far.
    bytes: u64,
    limits: Limits,
    /// What the reader found behind the last whole line, if the journal was resumed.
    tail: Tail,
    /// None if the drill is not to be kept.
    disk: Option<Disk>,
}

impl<E: Serialize + DeserializeOwned> Journal<E> {
    /// Starts a journal in a storage. A disk that does not take it is told by [`Journal::saving`] and stops nothing.
    ///
    /// # Errors
    /// [`OpenError::Exists`] and [`OpenError::InUse`].
    pub fn create(storage: Arc<dyn Storage>, header: Header) -> Result<Self, OpenError> {
        let names = names_of(&header.drill);
        let start = Mark {
            number: 0,
            at: None,
        };
        let disk = Disk::open(storage, names, None, None, start)?;
        Self::start(header, Some(disk))
    }

    /// Starts a journal that is kept in memory only.
    ///
    /// # Errors
    /// [`OpenError::NotJson`], which no header gives.
    pub fn in_memory(header: Header) -> Result<Self, OpenError> {
        Self::start(header, None)
    }

    fn start(header: Header, disk: Option<Disk>) -> Result<Self, OpenError> {
        let mut line = header.encode()?;
        let mut journal = Self {
            header,
            records: Vec::new(),
            open: None,
            outcome: None,
            chain: Digest::of(&line),
            bytes: 0,
            limits: Limits::STANDARD,
            tail: Tail::Whole,
            disk,
        };
        line.push(b'\n');
        journal.write(
            &line,
            Mark {
                number: 0,
                at: None,
            },
        );
        Ok(journal)
    }

    /// Writes an entry before it is applied. When this returns, the operating system has it, or [`Journal::saving`] says that
    /// it could not be saved.
    ///
    /// # Errors
    /// See [`AppendError`]; the entry must then not be applied.
    pub fn begin(
        &mut self,
        at: SimTime,
        wall: WallTime,
        door: Door,
        entry: E,
    ) -> Result<Sequence, AppendError> {
        self.check_ready()?;
        if let Some(before) = self.last_time().filter(|last| at < *last) {
            return Err(AppendError::TimeGoesBack { before, at });
        }
        let number = self.next_number();
        let intent = Intent {
            number,
            at,
            wall,
            door,
            entry,
        };
        let part = encode_intent(&intent, self.chain)?;
        self.check_size(&part)?;
        check_reads_back::<E>(&part, self.chain)?;
        if number > self.limits.records
            || self.bytes + (part.len() + 2 * RESERVED_BYTES) as u64 > self.limits.file_bytes
        {
            return Err(AppendError::Full);
        }
        self.write(&part, mark(&intent));
        self.open = Some((intent, part));
        Ok(Sequence(number))
    }

    /// Writes what became of the entry that was begun.
    ///
    /// # Errors
    /// [`AppendError::NotOpen`] if that entry was not begun or is complete.
    pub fn complete(
        &mut self,
        sequence: Sequence,
        verdict: Verdict,
        state: Digest,
    ) -> Result<(), AppendError> {
        let Some((intent, mut line)) = self.open.take_if(|(intent, _)| intent.number == sequence.0)
        else {
            return Err(AppendError::NotOpen(sequence.0));
        };
        let mut part = encode_result(&verdict, state)?;
        line.extend_from_slice(&part);
        self.chain = Digest::of(&line);
        part.push(b'\n');
        self.write(&part, mark(&intent));
        self.records.push(Record {
            intent,
            verdict,
            state,
        });
        Ok(())
    }

    /// Writes the outcome; nothing can follow it.
    ///
    /// # Errors
    /// [`AppendError::RecordOpen`], [`AppendError::Over`], or a summary that is too long.
    pub fn conclude(&mut self, outcome: Outcome) -> Result<(), AppendError> {
        self.check_ready()?;
        let number = self.next_number();
        let mut line = encode_outcome(&outcome, number, self.chain)?;
        if line.len() > RESERVED_BYTES {
            return Err(AppendError::TooLong {
                bytes: line.len(),
                most: RESERVED_BYTES,
            });
        }
        self.check_size(&line)?;
        let mark = Mark {
            number,
            at: Some(outcome.at),
        };
        self.chain = Digest::of(&line);
        line.push(b'\n');
        self.write(&line, mark);
        self.outcome = Some(outcome);
        Ok(())
    }

    fn check_ready(&self) -> Result<(), AppendError> {
        if self.outcome.is_some() {
            return Err(AppendError::Over);
        }
        match &self.open {
            Some((intent, _)) => Err(AppendError::RecordOpen(intent.number)),
            None => Ok(()),
        }
    }

    /// Refuses what a reader would refuse.
    fn check_size(&self, part: &[u8]) -> Result<(), AppendError> {
        let most = self.limits.line_bytes.saturating_sub(RESERVED_BYTES);
        if part.len() > most {
            return Err(AppendError::TooLong {
                bytes: part.len(),
                most,
            });
        }
        if depth(part) > self.limits.depth {
            return Err(AppendError::TooDeep(self.limits.depth));
        }
        Ok(())
    }

    fn next_number(&self) -> u64 {
        self.records.len() as u64 + 1
    }
}

impl<E> Journal<E> {
    fn write(&mut self, bytes: &[u8], mark: Mark) {
        self.bytes += bytes.len() as u64;
        if let Some(disk) = &mut self.disk {
            disk.append(bytes, mark);
        }
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole records, in order.
    pub fn records(&self) -> &[Record<E>] {
        &self.records
    }

    /// The record that was begun and is not complete. In a resumed journal: the one to apply again.
    pub fn open_record(&self) -> Option<&Intent<E>> {
        self.open.as_ref().map(|(intent, _)| intent)
    }

    /// How the drill ended, if it did.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What was found behind the last whole line when the journal was resumed.
    pub fn tail(&self) -> Tail {
        self.tail
    }

    /// Whether all of it is saved.
    pub fn saving(&self) -> Saving {
        self.disk.as_ref().map_or(Saving::NotKept, Disk::saving)
    }

    /// Tries once more to write what is missing, waits until all of it is on the disk, and answers whether it is.
    /// Dropping a journal waits in the same way, but does not try again and tells nobody.
    pub fn close(mut self) -> Saving {
        let mark = Mark {
            number: self.records.len() as u64,
            at: self.last_time(),
        };
        self.disk
            .take()
            .map_or(Saving::NotKept, |disk| disk.close(mark))
    }

    fn last_time(&self) -> Option<SimTime> {
        self.records.last().map(|record| record.intent.at)
    }
}

impl<E: Serialize + DeserializeOwned> Journal<E> {
    /// Opens the journal of a drill to play on. What a killed process left of its last record is dropped or, if the entry
    /// was written whole, [`Journal::open_record`]: apply it and [`Journal::complete`] it first.
    ///
    /// # Errors
    /// See [`OpenError`]. A fault is told with its line; [`read`] gives what stands before it.
    pub fn resume(storage: Arc<dyn Storage>, drill: &DrillId) -> Result<Self, OpenError> {
        // Looked for before it is locked, so that a wrong name leaves no lock file behind.
        drop(open_file(&*storage, drill)?);
        let names = names_of(drill);
        // Locked before it is read: another process may be about to write more.
        let lock = hold(&*storage, &names)?;
        let contents = read_file::<E>(&*storage, drill)?;
        check_playable(&contents, drill)?;
        let next = Mark {
            number: contents.records.len() as u64 + 1,
            at: None,
        };
        let disk = Disk::open(storage, names, lock, Some(contents.end.keep), next)?;
        Ok(Self::go_on(contents, disk))
    }

    fn go_on(contents: Contents<E>, disk: Disk) -> Self {
        let mut journal = Self {
            header: contents.header,
            records: contents.records,
            open: contents.open.map(|intent| (intent, contents.end.open_part)),
            outcome: None,
            chain: contents.end.chain,
            bytes: contents.end.keep,
            limits: Limits::STANDARD,
            tail: contents.tail,
            disk: Some(disk),
        };
        if journal.tail == Tail::NoLineEnd {
            let mark = Mark {
                number: journal.records.len() as u64,
                at: journal.last_time(),
            };
            journal.write(b"\n", mark);
        }
        journal
    }
}

fn check_reads_back<E: Serialize + DeserializeOwned>(
    part: &[u8],
    before: Digest,
) -> Result<(), AppendError> {
    match decode_cut_line::<E>(part) {
        Ok(Some((intent, ..))) if encode_intent(&intent, before)? == part => Ok(()),
        _ => Err(AppendError::NotKept),
    }
}

fn mark<E>(intent: &Intent<E>) -> Mark {
    Mark {
        number: intent.number,
        at: Some(intent.at),
    }
}

fn names_of(drill: &DrillId) -> Names {
    Names {
        journal: drill.journal_name(),
        lock: drill.lock_name(),
    }
}

fn open_file(storage: &dyn Storage, drill: &DrillId) -> Result<Box<dyn ReadFile>, OpenError> {
    storage.open(&drill.journal_name()).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            OpenError::Missing {
                drill: drill.clone(),
                place: storage.place(),
            }
        } else {
            OpenError::Fault(Fault {
                line: 1,
                problem: Problem::Unreadable(error.to_string()),
            })
        }
    })
}

fn read_file<E: DeserializeOwned>(
    storage: &dyn Storage,
    drill: &DrillId,
) -> Result<Contents<E>, OpenError> {
    Ok(read(open_file(storage, drill)?, Limits::STANDARD)?)
}

fn check_playable<E>(contents: &Contents<E>, drill: &DrillId) -> Result<(), OpenError> {
    if let Some(fault) = &contents.fault {
        return Err(fault.clone().into());
    }
    if contents.header.drill != *drill {
        return Err(OpenError::OtherDrill {
            file: drill.clone(),
            header: contents.header.drill.clone(),
        });
    }
    if contents.outcome.is_some() {
        return Err(OpenError::Over);
    }
    Ok(())
}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::InUse { holder } => Self::InUse { holder },
            DiskError::Exists => Self::Exists,
        }
    }
}
