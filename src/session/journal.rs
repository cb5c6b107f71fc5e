//! The journal: the records of a drill, their chain and their storage. Never interprets what a command does.
//!
//! # The file
//!
//! JSON Lines, one object a line. The first line is the [`Header`], then come the records, and when the drill is over
//! an [`Outcome`] closes the file:
//!
//! ```text
//! {"firedrill_journal":1,"rules_version":4,"drill":"…","scenario":"…","content":"…","seed":7,"settings":{…},"started_ms":…}
//! {"n":1,"at_ms":…,"wall_ms":…,"door":"tui","entry":{…},"before":"<digest of the line above>","result":"ok","state":"…"}
//! {"outcome":{…},"n":2,"before":"<digest of the line above>"}
//! ```
//!
//! Each line carries the digest of the line before it, so that a changed, lost or doubled line shows where it is.
//! Digests are taken of the bytes in the file, never of values that were read and written again.
//!
//! # Written before it is applied
//!
//! A record is one line made by two writes. [`Journal::begin`] hands the line up to and with `"before":"…"` to the operating
//! system before the entry is applied; [`Journal::complete`] adds `,"result":…,"state":…}` and the line's end. Wherever the process is
//! killed, the last line then tells what happened:
//!
//! - it ends in its first part: the entry was never applied. It is dropped, and the reader says so ([`Tail`]).
//! - its first part is whole, the second missing or cut: the entry may have been applied. It is kept as [`Contents::open`]; resuming applies it
//!   again to the same world, which gives the same result, and completes the line. Its bytes are then those that an unbroken run
//!   would have written.
//!
//! The alternatives were worse: a result in a line of its own doubles the lines a person reads, and the result of
//! record n in line n + 1 is missing for the last one of every drill.
//!
//! The bytes are with the operating system before `begin` returns (a killed process loses nothing) and on the disk
//! within a second, by a thread of their own (a power failure loses at most that second), and at the end.
//!
//! # A disk that does not take it
//!
//! No error of the disk stops a drill: what cannot be written stays in memory and is tried again with each record;
//! [`Journal::saving`] tells the doors, and [`Journal::close`] tells what was not saved in the end.

mod digest;
mod disk;
mod fault;
mod header;
mod listing;
mod pack;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod writer;

pub use digest::{Digest, DigestBuilder};
pub use disk::{Saving, Unsaved};
pub use fault::{Fault, Limits, Problem};
pub use header::{Difference, DrillId, Header, Label, Level, Mode, NotADrillId, Settings};
pub use listing::{DrillInFolder, Glance, LastRecord, drills};
pub use pack::{Pack, PackError};
pub use reader::{Contents, Tail, read};
pub use record::{Door, Intent, Outcome, Record, Verdict};
pub use writer::{AppendError, Journal, OpenError, Sequence};
