//! The pack: a compressed copy of the scenario's files, kept beside the journal. Never reads or writes files itself, and
//! trusts nothing of what it reads back.
//!
//! Gzip of a text line that counts the files, then for each file, in the order of the paths, a line with its path and length
//! and its bytes. The digest is taken before compression: a better compressor changes no journal.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::fault::quoted;

const FORMAT: u32 = 1;
const LONGEST_LINE: u64 = 4096;
const LONGEST_PATH: usize = 300;
/// The most files of a pack.
pub const MOST_FILES: usize = 5_000;
/// The most bytes of all files of a pack together, before compression.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What is wrong with a pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The bytes are no pack.
    #[error("this is not a copy of a scenario: {0}")]
    NotAPack(String),
    /// The pack is of another format.
    #[error("the copy of the scenario has format {0}, this program reads format {FORMAT}")]
    OtherFormat(u32),
    /// A path could lead out of the folder that the pack stands for.
    #[error("the copy of the scenario names a file that cannot be: {0}")]
    BadPath(String),
    /// A path stands twice, or not in its order.
    #[error("the copy of the scenario has its files doubled or out of order")]
    OutOfOrder,
    /// More files or bytes than a scenario may have.
    #[error(
        "the scenario is too large to be copied: at most {MOST_FILES} files of {MOST_BYTES} bytes together"
    )]
    TooLarge,
}

/// A scenario's files by path; paths are relative, with `/` between their parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    firedrill_pack: u32,
    files: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    path: String,
    bytes: u64,
}

impl Pack {
    /// Adds a file, or puts it in place of the one of that path.
    ///
    /// # Errors
    /// [`PackError::BadPath`] and [`PackError::TooLarge`].
    pub fn insert(&mut self, path: &str, content: Vec<u8>) -> Result<(), PackError> {
        check_path(path)?;
        let replaced = self.files.get(path).map_or(0, |old| old.len() as u64);
        let bytes = self.bytes - replaced + content.len() as u64;
        if bytes > MOST_BYTES || (self.files.len() >= MOST_FILES && !self.files.contains_key(path))
        {
            return Err(PackError::TooLarge);
        }
        self.bytes = bytes;
        self.files.insert(path.to_owned(), content);
        Ok(())
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The digest of all paths and contents: what a journal's header names.
    ///
    /// # Errors
    /// None that the paths and lengths of a pack can give.
    pub fn digest(&self) -> Result<Digest, PackError> {
        let mut digest = super::DigestBuilder::default();
        self.write_plain(&mut digest).map_err(not_a_pack)?;
        Ok(digest.finish())
    }

    /// The compressed bytes.
    ///
    /// # Errors
    /// None that memory can give.
    pub fn encode(&self) -> Result<Vec<u8>, PackError> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        self.write_plain(&mut encoder).map_err(not_a_pack)?;
        encoder.finish().map_err(not_a_pack)
    }

    fn write_plain(&self, out: &mut impl Write) -> io::Result<()> {
        let first = FirstLine {
            firedrill_pack: FORMAT,
            files: self.files.len(),
        };
        write_line(out, &first)?;
        for (path, content) in &self.files {
            let line = FileLine {
                path: path.clone(),
                bytes: content.len() as u64,
            };
            write_line(out, &line)?;
            out.write_all(content)?;
        }
        Ok(())
    }

    /// Reads compressed bytes back, with bounded work and memory whatever they are.
    ///
    /// # Errors
    /// See [`PackError`].
    pub fn decode(compressed: impl Read) -> Result<Self, PackError> {
        // Lines are bounded each, so this is above what any pack can have and below what a bomb would like.
        let most = MOST_BYTES + (MOST_FILES as u64 + 1) * LONGEST_LINE;
        let mut input = BufReader::new(GzDecoder::new(compressed).take(most));
        let first: FirstLine = read_line(&mut input)?;
        if first.firedrill_pack != FORMAT {
            return Err(PackError::OtherFormat(first.firedrill_pack));
        }
        if first.files > MOST_FILES {
            return Err(PackError::TooLarge);
        }
        let mut pack = Self::default();
        for _ in 0..first.files {
            pack.read_file(&mut input)?;
        }
        match input.read(&mut [0]).map_err(not_a_pack)? {
            0 => Ok(pack),
            _ => Err(PackError::NotAPack(
                "there is more than its files".to_owned(),
            )),
        }
    }

    fn read_file(&mut self, input: &mut impl BufRead) -> Result<(), PackError> {
        let line: FileLine = read_line(input)?;
        if line.bytes > MOST_BYTES {
            return Err(PackError::TooLarge);
        }
        let last = self.files.last_key_value().map(|(path, _)| path);
        if last.is_some_and(|last| *last >= line.path) {
            return Err(PackError::OutOfOrder);
        }
        let mut content = Vec::new();
        input
            .take(line.bytes)
            .read_to_end(&mut content)
            .map_err(not_a_pack)?;
        if content.len() as u64 != line.bytes {
            return Err(PackError::NotAPack("it ends inside a file".to_owned()));
        }
        self.insert(&line.path, content)
    }
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn read_line<T: for<'de> Deserialize<'de>>(input: &mut impl BufRead) -> Result<T, PackError> {
    let mut line = Vec::new();
    input
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .map_err(not_a_pack)?;
    serde_json::from_slice(&line).map_err(|error| PackError::NotAPack(quoted(&error.to_string())))
}

// By value, as `map_err` hands it over.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn not_a_pack(error: io::Error) -> PackError {
    PackError::NotAPack(error.to_string())
}

/// Relative, with plain parts: never out of a folder, never with what a terminal or another system reads as a command.
fn check_path(path: &str) -> Result<(), PackError> {
    let plain_part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part
                .chars()
                .any(|letter| letter.is_control() || matches!(letter, '\\' | ':'))
    };
    if path.len() <= LONGEST_PATH && path.split('/').all(plain_part) {
        Ok(())
    } else {
        Err(PackError::BadPath(quoted(path)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack() -> Pack {
        let mut pack = Pack::default();
        pack.insert("scenario.ron", b"(title: \"x\")\n".to_vec())
            .unwrap();
        pack.insert("repos/web/src/main.go", vec![0, 255, b'\n'])
            .unwrap();
        pack.insert("empty", Vec::new()).unwrap();
        pack
    }

    #[test]
    fn it_reads_back_with_the_same_digest() {
        let pack = pack();
        let read = Pack::decode(&*pack.encode().unwrap()).unwrap();
        assert_eq!(read, pack);
        assert_eq!(read.digest().unwrap(), pack.digest().unwrap());
        let mut other = pack.clone();
        other.insert("empty", b"no more".to_vec()).unwrap();
        assert_ne!(other.digest().unwrap(), pack.digest().unwrap());
    }

    #[test]
    fn the_order_of_adding_is_no_part_of_the_digest() {
        let mut turned = Pack::default();
        for (path, content) in pack().files().iter().rev() {
            turned.insert(path, content.clone()).unwrap();
        }
        assert_eq!(turned.digest().unwrap(), pack().digest().unwrap());
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        let mut pack = Pack::default();
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "c:x",
            "a\\b",
            "a\u{1b}",
            ".",
        ] {
            assert!(
                matches!(pack.insert(path, Vec::new()), Err(PackError::BadPath(_))),
                "{path:?}"
            );
        }
        assert!(pack.insert(&"a".repeat(301), Vec::new()).is_err());
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(b"{\"firedrill_pack\":1,\"files\":2}\n{\"path\":\"a\",\"bytes\":67108864}\n")
            .unwrap();
        for _ in 0..8192 {
            encoder.write_all(&[0; 8 * 1024]).unwrap();
        }
        encoder
            .write_all(b"{\"path\":\"b\",\"bytes\":1}\nx")
            .unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(matches!(Pack::decode(&*bomb), Err(PackError::TooLarge)));
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_wrong_is_told() {
        let read = |text: &str| Pack::decode(&*gzip(text.as_bytes())).unwrap_err();
        assert!(matches!(
            read("{\"firedrill_pack\":2,\"files\":0}\n"),
            PackError::OtherFormat(2)
        ));
        assert!(matches!(
            read("{\"firedrill_pack\":1,\"files\":5001}\n"),
            PackError::TooLarge
        ));
        let two = "{\"firedrill_pack\":1,\"files\":2}\n{\"path\":\"b\",\"bytes\":0}\n{\"path\":\"a\",\"bytes\":0}\n";
        assert!(matches!(read(two), PackError::OutOfOrder));
        assert!(matches!(
            read("{\"firedrill_pack\":1,\"files\":1}\n{\"path\":\"b\",\"bytes\":9}\nabc"),
            PackError::NotAPack(_)
        ));
        assert!(matches!(
            read("{\"firedrill_pack\":1,\"files\":0}\nmore"),
            PackError::NotAPack(_)
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Pack::decode(&*bytes);
            let _ = Pack::decode(&*gzip(&bytes));
        }

        #[test]
        fn any_change_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = pack().encode().unwrap();
            let place = at.index(bytes.len());
            bytes[place] = byte;
            let _ = Pack::decode(&*bytes);
        }
    }
}
