//! The drills of a storage at a glance: header and outcome, without reading what lies between. Never checks a chain.

use std::io::{self, Read, Seek, SeekFrom};

use serde::de::IgnoredAny;

use super::fault::{Fault, Limits, Problem};
use super::header::{DrillId, Header};
use super::reader::read_first_line;
use super::record::{Line, Outcome, decode_line, decode_place};
use crate::session::store::Storage;
use crate::sim::time::SimTime;

/// How much of a file's end is read to find its last whole line: a little, and more where that is not enough.
const TAIL_BYTES: [u64; 2] = [4 * 1024, 64 * 1024];
/// The most journals that are opened for a list, the latest by their names: a folder with more must not slow a title screen.
const MOST_OPENED: usize = 2_000;

/// One drill of a storage.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillInFolder {
    /// Its name.
    pub id: DrillId,
    /// What its file says at a glance, or why it says nothing.
    pub glance: Result<Glance, Fault>,
}

/// What a journal says without being read through.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    /// Its first line.
    pub header: Header,
    /// Its last line, if the drill is over.
    pub outcome: Option<Outcome>,
    /// The last whole record, if the drill goes on and the record is found near the end of the file.
    pub last: Option<LastRecord>,
}

/// How far a drill got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRecord {
    /// The record's number.
    pub number: u64,
    /// Its simulated time.
    pub at: SimTime,
}

/// The drills of a storage, the latest started first, those that cannot be read last. Of very many, the latest.
///
/// # Errors
/// If the storage cannot be listed.
pub fn drills(storage: &dyn Storage) -> io::Result<Vec<DrillInFolder>> {
    let mut ids: Vec<DrillId> = storage
        .names()?
        .iter()
        .filter_map(|name| DrillId::of_journal_name(name))
        .collect();
    if ids.len() > MOST_OPENED {
        ids.sort_by(|a, b| b.started_in_name().cmp(a.started_in_name()));
        ids.truncate(MOST_OPENED);
    }
    let mut found: Vec<DrillInFolder> = ids
        .into_iter()
        .map(|id| DrillInFolder {
            glance: glance(storage, &id),
            id,
        })
        .collect();
    found.sort_by_key(|drill| {
        let started = drill.glance.as_ref().map(|glance| glance.header.started);
        (std::cmp::Reverse(started.ok()), drill.id.clone())
    });
    Ok(found)
}

fn glance(storage: &dyn Storage, id: &DrillId) -> Result<Glance, Fault> {
    let unreadable = |error: io::Error| Fault {
        line: 1,
        problem: Problem::Unreadable(error.to_string()),
    };
    let mut file = storage.open(&id.journal_name()).map_err(unreadable)?;
    let header = read_first_line(&mut file, Limits::STANDARD)?;
    let (outcome, last) = read_end(&mut file).map_err(unreadable)?;
    Ok(Glance {
        header,
        outcome,
        last,
    })
}

fn read_end(file: &mut (impl Read + Seek)) -> io::Result<(Option<Outcome>, Option<LastRecord>)> {
    let length = file.seek(SeekFrom::End(0))?;
    for most in TAIL_BYTES {
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut tail = Vec::new();
        file.by_ref().take(most).read_to_end(&mut tail)?;
        // The last line may be cut off, the one before it is whole; a first line of the tail that is not is no record.
        for line in tail.rsplit(|byte| *byte == b'\n').take(3) {
            if let Ok(Line::Outcome { outcome, .. }) = decode_line::<IgnoredAny>(line) {
                return Ok((Some(outcome), None));
            }
            if let Some((number, at)) = decode_place(line) {
                return Ok((None, Some(LastRecord { number, at })));
            }
        }
        if length <= most {
            break;
        }
    }
    Ok((None, None))
}
