//! Where files come from: a folder on the disk, the program itself, or memory. The only code of this layer that touches
//! the disk. Bounded: never follows a link, never reads more than the limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::Dir;

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// The most files of one estate or scenario.
pub const MAX_FILES: usize = 512;
/// The most bytes of one estate or scenario.
pub const MAX_TOTAL_BYTES: u64 = 32 << 20;
/// The deepest folder below an estate or scenario.
const MAX_FOLDER_DEPTH: usize = 12;
/// The most entries of a folder that are looked at.
const MAX_FOLDER_ENTRIES: usize = 4096;

/// The scenarios that come with the program.
#[cfg(not(debug_assertions))]
static BUILT_IN: Dir<'static> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A tree of scenario files: `<scenario>/scenario.ron` and `estates/<estate>/*.ron`.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder on the disk.
    Folder(PathBuf),
    /// Files inside the program.
    Embedded(&'static Dir<'static>),
    /// Files in memory, by path: a stored pack, or a test's.
    Memory(Arc<BTreeMap<String, Vec<u8>>>),
    /// Several of them; what an earlier one has hides the same scenario or estate of a later one.
    Stack(Vec<Source>),
}

/// Files of a folder that were read, and what could not be.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Path below the folder, with `/`, and bytes; in the order of the paths.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was left out, and why.
    pub left_out: Vec<(String, LeftOut)>,
    bytes: u64,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It is larger than [`MAX_FILE_BYTES`].
    TooLarge(u64),
    /// There are more files than [`MAX_FILES`], or more bytes than [`MAX_TOTAL_BYTES`].
    TooMany,
    /// It is a link, a pipe or a device.
    NotAFile,
    /// The folder is too deep or has too many entries.
    FolderTooLarge,
    /// Its name is not UTF-8 or holds control characters.
    BadName,
    /// The operating system says no.
    Unreadable(String),
}

impl Source {
    /// The scenarios that come with the program: inside it in a release build, read from the checkout in a debug one.
    pub fn built_in() -> Self {
        #[cfg(debug_assertions)]
        return Self::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
        #[cfg(not(debug_assertions))]
        return Self::Embedded(&BUILT_IN);
    }

    /// The files of a folder.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(path.into())
    }

    /// The files of a map from path to bytes.
    pub fn memory(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self::Memory(Arc::new(files))
    }

    /// The layer that has a file, if any; for everything but a stack the source itself.
    pub(super) fn layer_with(&self, path: &str) -> Option<&Self> {
        match self {
            Self::Stack(layers) => layers.iter().find_map(|layer| layer.layer_with(path)),
            _ => self.has_file(path).then_some(self),
        }
    }

    fn has_file(&self, path: &str) -> bool {
        match self {
            Self::Folder(root) => {
                fs::symlink_metadata(root.join(path)).is_ok_and(|data| data.is_file())
            }
            Self::Embedded(dir) => dir.get_file(path).is_some(),
            Self::Memory(files) => files.contains_key(path),
            Self::Stack(layers) => layers.iter().any(|layer| layer.has_file(path)),
        }
    }

    /// How a person would name a file of this source.
    pub(super) fn display(&self, path: &str) -> String {
        match self {
            Self::Folder(root) => root.join(path).display().to_string(),
            _ => path.to_owned(),
        }
    }

    /// Names of the folders directly below a folder, sorted.
    pub(super) fn folders(&self, under: &str) -> BTreeSet<String> {
        match self {
            Self::Folder(root) => {
                let mut found = BTreeSet::new();
                for entry in fs::read_dir(root.join(under))
                    .into_iter()
                    .flatten()
                    .take(MAX_FOLDER_ENTRIES)
                    .flatten()
                {
                    if entry.file_type().is_ok_and(|kind| kind.is_dir())
                        && let Ok(name) = entry.file_name().into_string()
                    {
                        found.insert(name);
                    }
                }
                found
            }
            Self::Embedded(dir) => folder_of(dir, under)
                .into_iter()
                .flat_map(Dir::dirs)
                .filter_map(|inner| inner.path().file_name()?.to_str().map(str::to_owned))
                .collect(),
            Self::Memory(files) => {
                let prefix = prefix(under);
                files
                    .keys()
                    .filter_map(|path| path.strip_prefix(&prefix)?.split_once('/'))
                    .map(|(name, _)| name.to_owned())
                    .collect()
            }
            Self::Stack(layers) => layers
                .iter()
                .flat_map(|layer| layer.folders(under))
                .collect(),
        }
    }

    /// One file, where it exists and is not too large.
    pub(super) fn read_file(&self, path: &str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(root) => {
                let path = root.join(path);
                let data = fs::symlink_metadata(&path).ok()?;
                if !data.is_file() {
                    return None;
                }
                read_bounded(&path)
                    .ok()
                    .filter(|bytes| bytes.len() as u64 <= MAX_FILE_BYTES)
            }
            Self::Embedded(dir) => Some(dir.get_file(path)?.contents().to_vec()),
            Self::Memory(files) => files.get(path).cloned(),
            Self::Stack(layers) => layers.iter().find_map(|layer| layer.read_file(path)),
        }
    }

    /// All files below a folder.
    pub(super) fn read_folder(&self, under: &str) -> Reading {
        let mut reading = Reading::default();
        match self {
            Self::Folder(root) => reading.walk(&root.join(under), "", 0),
            Self::Embedded(dir) => {
                if let Some(found) = folder_of(dir, under) {
                    reading.embedded(found, Path::new(under), 0);
                }
            }
            Self::Memory(files) => {
                let prefix = prefix(under);
                for (path, bytes) in files.iter() {
                    if let Some(name) = path.strip_prefix(&prefix) {
                        reading.add(name, bytes.len() as u64, || Ok(bytes.clone()));
                    }
                }
            }
            // A stack is resolved to one of its layers before it is read.
            Self::Stack(_) => {}
        }
        reading
    }
}

fn prefix(under: &str) -> String {
    if under.is_empty() {
        String::new()
    } else {
        format!("{under}/")
    }
}

fn folder_of<'a>(dir: &'a Dir<'a>, under: &str) -> Option<&'a Dir<'a>> {
    if under.is_empty() {
        Some(dir)
    } else {
        dir.get_dir(under)
    }
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a file that grew meanwhile is noticed.
    fs::File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Reading {
    fn leave_out(&mut self, name: &str, why: LeftOut) {
        if self.left_out.len() < 32 {
            self.left_out.push((name.to_owned(), why));
        }
    }

    fn add(&mut self, name: &str, size: u64, read: impl FnOnce() -> std::io::Result<Vec<u8>>) {
        if size > MAX_FILE_BYTES {
            self.leave_out(name, LeftOut::TooLarge(size));
        } else if self.files.len() >= MAX_FILES || self.bytes + size > MAX_TOTAL_BYTES {
            if !self
                .left_out
                .iter()
                .any(|(_, why)| *why == LeftOut::TooMany)
            {
                self.leave_out(name, LeftOut::TooMany);
            }
        } else {
            match read() {
                Ok(bytes) if bytes.len() as u64 > MAX_FILE_BYTES => {
                    self.leave_out(name, LeftOut::TooLarge(bytes.len() as u64));
                }
                Ok(bytes) => {
                    self.bytes += bytes.len() as u64;
                    self.files.insert(name.to_owned(), bytes);
                }
                Err(error) => self.leave_out(name, LeftOut::Unreadable(error.to_string())),
            }
        }
    }

    fn walk(&mut self, folder: &Path, below: &str, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.leave_out(below, LeftOut::Unreadable(error.to_string())),
        };
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .take(MAX_FOLDER_ENTRIES + 1)
            .collect();
        if depth > MAX_FOLDER_DEPTH || paths.len() > MAX_FOLDER_ENTRIES {
            return self.leave_out(below, LeftOut::FolderTooLarge);
        }
        paths.sort();
        for path in paths {
            let plain = path.file_name().and_then(|name| name.to_str());
            let Some(name) =
                plain.filter(|name| !name.chars().any(crate::diag::text::is_forbidden))
            else {
                self.leave_out(&path.display().to_string(), LeftOut::BadName);
                continue;
            };
            let name = if below.is_empty() {
                name.to_owned()
            } else {
                format!("{below}/{name}")
            };
            match fs::symlink_metadata(&path) {
                Ok(data) if data.is_dir() => self.walk(&path, &name, depth + 1),
                Ok(data) if data.is_file() => self.add(&name, data.len(), || read_bounded(&path)),
                Ok(_) => self.leave_out(&name, LeftOut::NotAFile),
                Err(error) => self.leave_out(&name, LeftOut::Unreadable(error.to_string())),
            }
        }
    }

    fn embedded(&mut self, dir: &Dir<'_>, root: &Path, depth: usize) {
        if depth > MAX_FOLDER_DEPTH {
            return;
        }
        for file in dir.files() {
            let name = file.path().strip_prefix(root).unwrap_or(file.path());
            let parts: Vec<_> = name.iter().filter_map(|part| part.to_str()).collect();
            self.add(&parts.join("/"), file.contents().len() as u64, || {
                Ok(file.contents().to_vec())
            });
        }
        for inner in dir.dirs() {
            self.embedded(inner, root, depth + 1);
        }
    }
}
