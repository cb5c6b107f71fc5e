//! Where a drill's files are kept: the trait and its real and in-memory forms. The one place of a session that touches
//! files; never knows what is inside them.
//!
//! A journal needs five things of its storage: to append with the bytes handed to the system before the call returns, to
//! cut back what a failed write left, to force bytes to the disk from another thread, to be held by one process at a time, and to
//! be read from any place. Everything else is the same for a folder, for memory and for a disk that is full.

use std::fmt;
use std::io::{self, Read, Seek};

pub mod faulty;
pub mod folder;
pub mod memory;
pub mod saves;

pub use folder::FolderStorage;
pub use memory::MemoryStorage;

/// The most names [`Storage::names`] answers: a folder of a million files must not stop a title screen.
pub const MOST_NAMES: usize = 20_000;

/// A file open for reading from any place.
pub trait ReadFile: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadFile for T {}

/// A file open for appending.
pub trait AppendFile: fmt::Debug + Send {
    /// Hands the bytes to the operating system, behind what is there.
    ///
    /// # Errors
    /// If not all could be written. Some may have been: [`AppendFile::cut`] takes them back.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file to a length in bytes; the next append goes there.
    ///
    /// # Errors
    /// If the file cannot be changed.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// A handle of its own that forces what was appended to the disk, for another thread.
    ///
    /// # Errors
    /// If the system has no further handle to give.
    fn syncer(&self) -> io::Result<Box<dyn SyncFile>>;
}

/// Forces what was appended to a file to the disk.
pub trait SyncFile: fmt::Debug + Send {
    /// Returns when everything appended before the call is on the disk.
    ///
    /// # Errors
    /// If the disk does not take it; what was appended since the last success may be lost.
    fn sync(&mut self) -> io::Result<()>;
}

/// Holds a name for one process until it is dropped.
pub trait HeldLock: fmt::Debug + Send {}

/// Why a name could not be held.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process, or another drill of this one, holds it.
    #[error("in use by {holder}")]
    Held {
        /// The holder in words, as it wrote itself into the lock: `process 4711`.
        holder: String,
    },
    /// The lock could not be made, for instance in a folder that may only be read.
    #[error(transparent)]
    Unavailable(#[from] io::Error),
}

/// A flat set of named files.
///
/// Names are plain file names; one that names a path is refused with [`io::ErrorKind::InvalidInput`].
pub trait Storage: fmt::Debug + Send + Sync {
    /// The place in words for a message: a folder's path, or `memory`.
    fn place(&self) -> String;

    /// The names of all files, sorted, at most [`MOST_NAMES`]; empty if the place does not exist yet.
    ///
    /// # Errors
    /// If the place exists and cannot be read.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Opens a file for reading.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if there is none, or what the system says.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadFile>>;

    /// Makes a new, empty file for appending.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if there is one, or what the system says.
    fn create(&self, name: &str) -> io::Result<Box<dyn AppendFile>>;

    /// Opens an existing file for appending after its first `keep` bytes; what lies beyond is cut off.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if there is none, or what the system says.
    fn reopen(&self, name: &str, keep: u64) -> io::Result<Box<dyn AppendFile>>;

    /// Writes a whole file, in place of one that is there. Afterwards there is the old or the new one, never half of it.
    ///
    /// # Errors
    /// What the system says; the old file is then untouched.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Holds a name against every other process until the lock is dropped; a process that dies lets go.
    ///
    /// # Errors
    /// See [`LockError`].
    fn lock(&self, name: &str) -> Result<Box<dyn HeldLock>, LockError>;
}

/// Opens any file for reading: a journal that is named by its path.
///
/// # Errors
/// As the system says.
pub fn open_file(path: &std::path::Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// Refuses a name that is not a plain file name: it could lead out of the storage.
fn check_name(name: &str) -> io::Result<()> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    if plain {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a plain file name",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::SeekFrom;

    use super::*;

    fn text(storage: &dyn Storage, name: &str) -> String {
        let mut text = String::new();
        storage
            .open(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// What every storage must do, on a fresh one.
    fn behaves_as_a_storage(storage: &dyn Storage) {
        assert_eq!(storage.names().unwrap(), Vec::<String>::new());
        assert_eq!(
            storage.open("a.journal").err().unwrap().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(
            storage.reopen("a.journal", 0).err().unwrap().kind(),
            io::ErrorKind::NotFound
        );

        let mut file = storage.create("a.journal").unwrap();
        file.append(b"one two").unwrap();
        assert_eq!(text(storage, "a.journal"), "one two");
        file.cut(4).unwrap();
        file.append(b"three").unwrap();
        file.syncer().unwrap().sync().unwrap();
        assert_eq!(text(storage, "a.journal"), "one three");
        assert_eq!(
            storage.create("a.journal").err().unwrap().kind(),
            io::ErrorKind::AlreadyExists
        );
        drop(file);

        let mut again = storage.reopen("a.journal", 3).unwrap();
        again.append(b"!").unwrap();
        assert_eq!(text(storage, "a.journal"), "one!");
        let mut reader = storage.open("a.journal").unwrap();
        reader.seek(SeekFrom::End(-2)).unwrap();
        let mut end = String::new();
        reader.read_to_string(&mut end).unwrap();
        assert_eq!(end, "e!");

        storage.replace("b.pack", b"first").unwrap();
        storage.replace("b.pack", b"second").unwrap();
        assert_eq!(text(storage, "b.pack"), "second");
        assert_eq!(storage.names().unwrap(), ["a.journal", "b.pack"]);
    }

    fn locks_out_a_second(storage: &dyn Storage) {
        let first = storage.lock("a.journal.lock").unwrap();
        assert!(matches!(
            storage.lock("a.journal.lock"),
            Err(LockError::Held { .. })
        ));
        drop(storage.lock("b.journal.lock").unwrap());
        drop(first);
        drop(storage.lock("a.journal.lock").unwrap());
    }

    fn refuses_paths(storage: &dyn Storage) {
        for name in ["", ".", "..", "../a", "a/b", "a\\b", "/etc/passwd", "a\n"] {
            let kinds = [
                storage.open(name).err().unwrap().kind(),
                storage.create(name).err().unwrap().kind(),
                storage.reopen(name, 0).err().unwrap().kind(),
                storage.replace(name, b"").err().unwrap().kind(),
            ];
            assert_eq!(kinds, [io::ErrorKind::InvalidInput; 4], "{name:?}");
            assert!(matches!(storage.lock(name), Err(LockError::Unavailable(_))));
        }
    }

    #[test]
    fn a_folder_is_a_storage() {
        let folder = tempfile::tempdir().unwrap();
        let storage = FolderStorage::new(folder.path().join("not").join("there"));
        behaves_as_a_storage(&storage);
        locks_out_a_second(&storage);
        refuses_paths(&storage);
    }

    #[test]
    fn memory_is_a_storage() {
        let storage = MemoryStorage::default();
        behaves_as_a_storage(&storage);
        locks_out_a_second(&storage);
        refuses_paths(&storage);
    }
}
