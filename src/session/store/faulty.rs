//! A storage that fails as disks do, for tests: full, read-only, or failing to sync. Never compiled into the program.

#![cfg(test)]

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AppendFile, HeldLock, LockError, MemoryStorage, ReadFile, Storage, SyncFile};

/// What is wrong with the disk now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// Bytes that still fit; `None` for any number.
    pub room: Option<u64>,
    /// Nothing can be made, opened for writing or locked.
    pub read_only: bool,
    /// Every sync fails.
    pub sync_fails: bool,
    /// How often a sync succeeded.
    pub syncs: u32,
}

/// Memory whose behaviour a test changes while it is in use. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct FaultyStorage {
    /// The files that made it.
    pub memory: MemoryStorage,
    trouble: Arc<Mutex<Trouble>>,
}

impl FaultyStorage {
    /// The trouble, to read or to change.
    pub fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.trouble().read_only {
            Err(io::ErrorKind::ReadOnlyFilesystem.into())
        } else {
            Ok(())
        }
    }

    fn wrap(&self, name: &str, file: Box<dyn AppendFile>) -> Box<dyn AppendFile> {
        Box::new(FaultyFile {
            name: name.to_owned(),
            file,
            storage: self.clone(),
        })
    }
}

impl Storage for FaultyStorage {
    fn place(&self) -> String {
        "a faulty disk".to_owned()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.memory.names()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadFile>> {
        self.memory.open(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn AppendFile>> {
        self.check_writable()?;
        Ok(self.wrap(name, self.memory.create(name)?))
    }

    fn reopen(&self, name: &str, keep: u64) -> io::Result<Box<dyn AppendFile>> {
        self.check_writable()?;
        Ok(self.wrap(name, self.memory.reopen(name, keep)?))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.check_writable()?;
        self.memory.replace(name, bytes)
    }

    fn lock(&self, name: &str) -> Result<Box<dyn HeldLock>, LockError> {
        self.check_writable()?;
        self.memory.lock(name)
    }
}

#[derive(Debug)]
struct FaultyFile {
    name: String,
    file: Box<dyn AppendFile>,
    storage: FaultyStorage,
}

impl AppendFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(room) = self.storage.trouble().room else {
            return self.file.append(bytes);
        };
        let fits = bytes.len().min(usize::try_from(room).unwrap());
        self.storage.trouble().room = Some(room - fits as u64);
        // As a real disk does: what fits is written, then it fails.
        self.file.append(&bytes[..fits])?;
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let before = self.storage.memory.bytes(&self.name).unwrap().len() as u64;
        if let Some(room) = &mut self.storage.trouble().room {
            *room += before.saturating_sub(length);
        }
        self.file.cut(length)
    }

    fn syncer(&self) -> io::Result<Box<dyn SyncFile>> {
        Ok(Box::new(FaultySync {
            storage: self.storage.clone(),
        }))
    }
}

#[derive(Debug)]
struct FaultySync {
    storage: FaultyStorage,
}

impl SyncFile for FaultySync {
    fn sync(&mut self) -> io::Result<()> {
        let mut trouble = self.storage.trouble();
        if trouble.sync_fails {
            return Err(io::Error::other("input/output error"));
        }
        trouble.syncs += 1;
        Ok(())
    }
}
