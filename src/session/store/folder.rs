//! A folder of the machine as storage. Never reads or writes outside that folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{AppendFile, HeldLock, LockError, MOST_NAMES, ReadFile, Storage, SyncFile, check_name};

/// How much of a lock file is read to name its holder.
const LONGEST_HOLDER: u64 = 60;

/// The files of one folder; the folder is made when the first file is.
#[derive(Clone, Debug)]
pub struct FolderStorage {
    folder: PathBuf,
}

impl FolderStorage {
    /// The storage in a folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        check_name(name)?;
        Ok(self.folder.join(name))
    }

    fn path_in_made_folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path(name)?;
        fs::create_dir_all(&self.folder).map_err(|error| {
            // Else a file in the folder's place would read as "there is such a drill already".
            if error.kind() == io::ErrorKind::AlreadyExists {
                io::Error::from(io::ErrorKind::NotADirectory)
            } else {
                error
            }
        })?;
        Ok(path)
    }
}

impl Storage for FolderStorage {
    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| check_name(name).is_ok())
            .take(MOST_NAMES)
            .collect();
        names.sort();
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(File::open(self.path(name)?)?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn AppendFile>> {
        let path = self.path_in_made_folder(name)?;
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(FolderFile {
            file,
            folder: self.folder.clone(),
        }))
    }

    fn reopen(&self, name: &str, keep: u64) -> io::Result<Box<dyn AppendFile>> {
        let file = OpenOptions::new().write(true).open(self.path(name)?)?;
        let mut reopened = FolderFile {
            file,
            folder: self.folder.clone(),
        };
        reopened.cut(keep)?;
        Ok(Box::new(reopened))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path_in_made_folder(name)?;
        let half_written = self.folder.join(format!(".{name}.{}", std::process::id()));
        let written = write_and_sync(&half_written, bytes)
            .and_then(|()| fs::rename(&half_written, &path))
            .and_then(|()| sync_folder(&self.folder));
        if written.is_err() {
            // The reason that is told is the first one; a leftover has a name of its own and does no harm.
            let _ = fs::remove_file(&half_written);
        }
        written
    }

    fn lock(&self, name: &str) -> Result<Box<dyn HeldLock>, LockError> {
        let path = self.path_in_made_folder(name)?;
        // Another process may remove the file between our opening it and our locking it: then the lock is on a file
        // that nobody else finds. Few rounds are enough, each needs another process to end in just that moment.
        for _ in 0..8 {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held {
                        holder: holder_of(&mut file),
                    });
                }
                // A file system without locks, as some network ones: nothing can be held, and nothing is gained by
                // refusing to play.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            if is_still_at(&file, &path) {
                write_holder(&mut file)?;
                return Ok(Box::new(FolderLock { _file: file, path }));
            }
        }
        Err(LockError::Unavailable(io::Error::other(
            "the lock file is removed again and again",
        )))
    }
}

#[derive(Debug)]
struct FolderFile {
    file: File,
    folder: PathBuf,
}

impl AppendFile for FolderFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length))?;
        Ok(())
    }

    fn syncer(&self) -> io::Result<Box<dyn SyncFile>> {
        Ok(Box::new(FolderSync {
            file: self.file.try_clone()?,
            unsynced_folder: Some(self.folder.clone()),
        }))
    }
}

#[derive(Debug)]
struct FolderSync {
    file: File,
    /// Until the folder is on the disk, a new file's name in it may not be.
    unsynced_folder: Option<PathBuf>,
}

impl SyncFile for FolderSync {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        if let Some(folder) = &self.unsynced_folder {
            sync_folder(folder)?;
            self.unsynced_folder = None;
        }
        Ok(())
    }
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; the file system orders names by itself.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[derive(Debug)]
struct FolderLock {
    _file: File,
    path: PathBuf,
}

impl HeldLock for FolderLock {}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Removed while still held, so that nobody can have locked this file in between. Elsewhere than on Unix an
        // open file cannot be removed, and an unlocked one that stays does no harm.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(format!("process {}\n", std::process::id()).as_bytes())
}

fn holder_of(file: &mut File) -> String {
    let mut written = String::new();
    // Where locks bind readers too, the name cannot be read; that it is held is what counts.
    let _ = file.take(LONGEST_HOLDER).read_to_string(&mut written);
    let name: String = written
        .chars()
        .take_while(|letter| *letter == ' ' || letter.is_ascii_alphanumeric())
        .collect();
    if name.is_empty() {
        "another process".to_owned()
    } else {
        name
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_its_holder_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let storage = FolderStorage::new(folder.path());
        let held = storage.lock("a.lock").unwrap();
        let Err(LockError::Held { holder }) = storage.lock("a.lock") else {
            panic!("locked twice");
        };
        assert_eq!(holder, format!("process {}", std::process::id()));
        drop(held);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_left_by_a_killed_process_does_not_lock_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.lock"), "process 1\n").unwrap();
        let storage = FolderStorage::new(folder.path());
        drop(storage.lock("a.lock").unwrap());
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("saves");
        fs::write(&file, "").unwrap();
        let storage = FolderStorage::new(&file);
        let error = storage.create("a.journal").err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
        assert!(matches!(
            storage.lock("a.lock"),
            Err(LockError::Unavailable(_))
        ));
    }

    #[test]
    fn replacing_leaves_only_the_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let storage = FolderStorage::new(folder.path());
        storage.replace("a.pack", b"x").unwrap();
        storage.replace("a.pack", b"y").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read(folder.path().join("a.pack")).unwrap(), b"y");
    }

    #[test]
    fn folders_and_hidden_files_are_no_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join(".hidden"), "").unwrap();
        fs::write(folder.path().join("a b"), "").unwrap();
        fs::write(folder.path().join("z.journal"), "").unwrap();
        let storage = FolderStorage::new(folder.path());
        assert_eq!(storage.names().unwrap(), ["z.journal"]);
        assert_eq!(storage.place(), folder.path().display().to_string());
    }
}
