//! Storage in memory: for drills that are not to be kept, and for tests. Forgets everything with its last handle.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AppendFile, HeldLock, LockError, MOST_NAMES, ReadFile, Storage, SyncFile, check_name};

/// Files in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    files: BTreeMap<String, Vec<u8>>,
    locked: BTreeSet<String>,
}

impl MemoryStorage {
    /// A file's bytes now, or `None` if there is no such file.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.held().files.get(name).cloned()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A thread that panicked meanwhile left whole files: each change is one step.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn appender(&self, name: &str) -> Box<dyn AppendFile> {
        Box::new(MemoryFile {
            storage: self.clone(),
            name: name.to_owned(),
        })
    }
}

impl Storage for MemoryStorage {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.held().files.keys().take(MOST_NAMES).cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadFile>> {
        check_name(name)?;
        let bytes = self.bytes(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn AppendFile>> {
        check_name(name)?;
        let mut held = self.held();
        if held.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        held.files.insert(name.to_owned(), Vec::new());
        drop(held);
        Ok(self.appender(name))
    }

    fn reopen(&self, name: &str, keep: u64) -> io::Result<Box<dyn AppendFile>> {
        check_name(name)?;
        let mut file = self.appender(name);
        file.cut(keep)?;
        Ok(file)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        check_name(name)?;
        self.held().files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn lock(&self, name: &str) -> Result<Box<dyn HeldLock>, LockError> {
        check_name(name)?;
        if self.held().locked.insert(name.to_owned()) {
            Ok(Box::new(MemoryLock {
                storage: self.clone(),
                name: name.to_owned(),
            }))
        } else {
            Err(LockError::Held {
                holder: "this process".to_owned(),
            })
        }
    }
}

#[derive(Debug)]
struct MemoryFile {
    storage: MemoryStorage,
    name: String,
}

impl MemoryFile {
    fn with_bytes(&self, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut held = self.storage.held();
        change(
            held.files
                .get_mut(&self.name)
                .ok_or(io::ErrorKind::NotFound)?,
        );
        Ok(())
    }
}

impl AppendFile for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with_bytes(|file| file.extend_from_slice(bytes))
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.with_bytes(|file| file.truncate(usize::try_from(length).unwrap_or(usize::MAX)))
    }

    fn syncer(&self) -> io::Result<Box<dyn SyncFile>> {
        Ok(Box::new(MemorySync))
    }
}

/// Memory has no disk behind it.
#[derive(Debug)]
struct MemorySync;

impl SyncFile for MemorySync {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryLock {
    storage: MemoryStorage,
    name: String,
}

impl HeldLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.storage.held().locked.remove(&self.name);
    }
}
