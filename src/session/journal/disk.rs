//! The file under a journal: appends, keeps in memory what the disk does not take, and syncs on a thread of its own.
//! Never stops a drill, and never knows what a line says.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::session::store::{AppendFile, HeldLock, LockError, Storage, SyncFile};
use crate::sim::time::SimTime;

/// How long written bytes may wait to be forced to the disk: half of the second that is promised, as a disk takes time too.
const SYNC_WITHIN: Duration = Duration::from_millis(500);

/// Whether what was done is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saving {
    /// All of it, in this place.
    Saved {
        /// The place in words.
        place: String,
    },
    /// Not all of it; it is tried again with each record.
    Unsaved(Unsaved),
    /// The drill is not meant to be kept.
    NotKept,
}

/// What is not saved, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    /// The first record that is not saved; 0 if not even the header is.
    pub from_record: u64,
    /// Its simulated time, unless it is the header or the record is still to come.
    pub since: Option<SimTime>,
    /// What the system says.
    pub reason: String,
    /// The place in words.
    pub place: String,
}

impl fmt::Display for Unsaved {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from_record,
            since,
            reason,
            place,
        } = self;
        if *from_record == 0 {
            return write!(out, "nothing of this drill is saved in {place}: {reason}");
        }
        write!(out, "record {from_record}")?;
        if let Some(since) = since {
            write!(out, " ({since})")?;
        }
        write!(
            out,
            " and what follows it are not saved in {place}: {reason}"
        )
    }
}

/// A place in the journal: a record's number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub number: u64,
    pub at: Option<SimTime>,
}

/// A disk's failure: since when, and why.
#[derive(Clone, Debug)]
struct Failure {
    since: Mark,
    reason: String,
}

/// The names of a journal's files.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub journal: String,
    pub lock: String,
}

/// A journal's file.
#[derive(Debug)]
pub(super) struct Disk {
    storage: Arc<dyn Storage>,
    names: Names,
    file: Option<OpenFile>,
    /// Bytes of the file that are whole; 0 and no file: it is still to be made.
    good: u64,
    /// What the file has not taken yet.
    backlog: Vec<u8>,
    failure: Option<Failure>,
    /// What a sync of a file that is closed by now said.
    sync_failure: Arc<Mutex<Option<Failure>>>,
    // Last, so that it is let go when the file is closed and synced.
    lock: Option<Box<dyn HeldLock>>,
}

#[derive(Debug)]
struct OpenFile {
    file: Box<dyn AppendFile>,
    /// A write failed: there may be part of it behind the good bytes.
    torn: bool,
    syncer: Option<Syncer>,
}

impl Disk {
    /// A journal's file: a new one if `keep` is `None`, else one to go on after its first `keep` bytes. The lock is taken
    /// if it is not given.
    ///
    /// # Errors
    /// If another process holds it, or it is to be made and is there already. Everything else is told by [`Disk::saving`].
    pub fn open(
        storage: Arc<dyn Storage>,
        names: Names,
        lock: Option<Box<dyn HeldLock>>,
        keep: Option<u64>,
        start: Mark,
    ) -> Result<Self, DiskError> {
        let mut disk = Self {
            storage,
            names,
            file: None,
            good: keep.unwrap_or(0),
            backlog: Vec::new(),
            failure: None,
            sync_failure: Arc::default(),
            lock,
        };
        match disk.connect(start) {
            Ok(()) => {}
            Err(ConnectError::Held(holder)) => return Err(DiskError::InUse { holder }),
            Err(ConnectError::Io(error)) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(DiskError::Exists);
            }
            Err(ConnectError::Io(error)) => disk.fail(start, &error),
        }
        Ok(disk)
    }

    /// Appends; returns when the system has it or it is clear that it has not.
    pub fn append(&mut self, bytes: &[u8], mark: Mark) {
        self.backlog.extend_from_slice(bytes);
        self.write_backlog(mark);
    }

    /// Whether everything appended is saved.
    pub fn saving(&self) -> Saving {
        let sync_failure = self
            .sync_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let earliest = self
            .failure
            .iter()
            .chain(sync_failure.iter())
            .min_by_key(|failure| failure.since.number);
        let place = self.storage.place();
        match earliest {
            None => Saving::Saved { place },
            Some(failure) => Saving::Unsaved(Unsaved {
                from_record: failure.since.number,
                since: failure.since.at,
                reason: failure.reason.clone(),
                place,
            }),
        }
    }

    /// Tries once more to write what is missing, waits until everything is on the disk, and lets go of the file.
    pub fn close(mut self, mark: Mark) -> Saving {
        if !self.backlog.is_empty() {
            self.write_backlog(mark);
        }
        self.file = None;
        self.saving()
    }

    fn write_backlog(&mut self, mark: Mark) {
        match self.try_write(mark) {
            Ok(()) => {
                self.failure = None;
                if let Some(OpenFile {
                    syncer: Some(syncer),
                    ..
                }) = &self.file
                {
                    syncer.note(mark);
                }
            }
            Err(error) => self.fail(mark, &error),
        }
    }

    fn try_write(&mut self, mark: Mark) -> io::Result<()> {
        if self.file.is_none() {
            self.connect(mark).map_err(|error| match error {
                ConnectError::Held(holder) => io::Error::other(format!("in use by {holder}")),
                ConnectError::Io(error) => error,
            })?;
        }
        let Some(open) = &mut self.file else {
            return Ok(());
        };
        if open.torn {
            open.file.cut(self.good)?;
            open.torn = false;
        }
        if let Err(error) = open.file.append(&self.backlog) {
            open.torn = true;
            return Err(error);
        }
        self.good += self.backlog.len() as u64;
        self.backlog.clear();
        Ok(())
    }

    fn connect(&mut self, mark: Mark) -> Result<(), ConnectError> {
        if self.lock.is_none() {
            self.lock = Some(self.storage.lock(&self.names.lock)?);
        }
        let file = if self.good == 0 {
            self.storage.create(&self.names.journal)
        } else {
            self.storage.reopen(&self.names.journal, self.good)
        }
        .map_err(ConnectError::Io)?;
        let syncer = file
            .syncer()
            .and_then(|sync| Syncer::start(sync, Arc::clone(&self.sync_failure), SYNC_WITHIN));
        self.file = Some(OpenFile {
            file,
            torn: false,
            syncer: match syncer {
                Ok(syncer) => Some(syncer),
                Err(error) => {
                    note_first(&self.sync_failure, mark, &error);
                    None
                }
            },
        });
        Ok(())
    }

    fn fail(&mut self, mark: Mark, error: &io::Error) {
        let since = self.failure.as_ref().map_or(mark, |failure| failure.since);
        self.failure = Some(Failure {
            since,
            reason: error.to_string(),
        });
    }
}

/// Why a journal's file is not opened at all.
#[derive(Debug)]
pub(super) enum DiskError {
    /// Another process plays the drill.
    InUse { holder: String },
    /// There is a journal of this name.
    Exists,
}

enum ConnectError {
    Held(String),
    Io(io::Error),
}

impl From<LockError> for ConnectError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { holder } => Self::Held(holder),
            LockError::Unavailable(error) => Self::Io(error),
        }
    }
}

/// Holds a journal before it is read; nothing where nothing can be locked, as in a folder that may only be read.
///
/// # Errors
/// If another process holds it.
pub(super) fn hold(
    storage: &dyn Storage,
    names: &Names,
) -> Result<Option<Box<dyn HeldLock>>, DiskError> {
    match storage.lock(&names.lock) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held { holder }) => Err(DiskError::InUse { holder }),
        Err(LockError::Unavailable(_)) => Ok(None),
    }
}

/// The thread that forces bytes to the disk. Dropping it syncs once more and waits for that.
#[derive(Debug)]
struct Syncer {
    written: Option<Sender<Mark>>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    fn start(
        file: Box<dyn SyncFile>,
        failure: Arc<Mutex<Option<Failure>>>,
        within: Duration,
    ) -> io::Result<Self> {
        let (written, marks) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || sync_what_is_written(file, &marks, &failure, within))?;
        Ok(Self {
            written: Some(written),
            thread: Some(thread),
        })
    }

    fn note(&self, mark: Mark) {
        if let Some(written) = &self.written {
            // The thread ends only after this end of the channel.
            let _ = written.send(mark);
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.written = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Waits for the first byte, then for `within`, and syncs all that came by then. Sleeps while nothing is written.
fn sync_what_is_written(
    mut file: Box<dyn SyncFile>,
    marks: &Receiver<Mark>,
    failure: &Mutex<Option<Failure>>,
    within: Duration,
) {
    while let Ok(first) = marks.recv() {
        let due = Instant::now() + within;
        let mut closed = false;
        while !closed {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match marks.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => closed = true,
            }
        }
        if let Err(error) = file.sync() {
            note_first(failure, first, &error);
        }
    }
}

/// What a failed sync left behind nobody knows, not even a later one that succeeds: the first failure stays.
fn note_first(failure: &Mutex<Option<Failure>>, since: Mark, error: &io::Error) {
    failure
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert(Failure {
            since,
            reason: error.to_string(),
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Told(Sender<()>);

    impl SyncFile for Told {
        fn sync(&mut self) -> io::Result<()> {
            let _ = self.0.send(());
            Ok(())
        }
    }

    #[test]
    fn what_is_written_is_synced_without_waiting_for_the_end() {
        let (tell, told) = mpsc::channel();
        let syncer = Syncer::start(Box::new(Told(tell)), Arc::default(), Duration::ZERO).unwrap();
        let mark = Mark {
            number: 1,
            at: None,
        };
        syncer.note(mark);
        told.recv().unwrap();
        syncer.note(mark);
        told.recv().unwrap();
        drop(syncer);
        // Nothing was written since: nothing is synced at the end.
        assert!(told.recv().is_err());
    }

    #[test]
    fn the_end_does_not_wait_for_the_interval() {
        let (tell, told) = mpsc::channel();
        let an_hour = Duration::from_hours(1);
        let syncer = Syncer::start(Box::new(Told(tell)), Arc::default(), an_hour).unwrap();
        for number in 0..3 {
            syncer.note(Mark { number, at: None });
        }
        drop(syncer);
        assert_eq!(told.iter().count(), 1);
    }
}
