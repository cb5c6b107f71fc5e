//! Digests: SHA-256 cut to 128 bits, written as 32 hex digits. Never used to keep a secret.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a digest. Half of SHA-256: no two journals meet by chance, and a line stays readable.
const LENGTH: usize = 16;

/// A digest of some bytes: of a journal's line, of a scenario's content, of the state of a world.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; LENGTH]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hasher(Sha256::new_with_prefix(bytes))
    }

    fn from_hasher(hasher: Sha256) -> Self {
        let mut digest = [0; LENGTH];
        for (to, from) in digest.iter_mut().zip(hasher.finalize()) {
            *to = from;
        }
        Self(digest)
    }

    /// Reads 32 hex digits in lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH * 2 {
            return None;
        }
        let mut digest = [0; LENGTH];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return None,
                };
                *byte = (*byte << 4) | value;
            }
        }
        Some(Self(digest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a digest is 32 hex digits in lower case"))
    }
}

/// Takes bytes piece by piece, as a writer, so that a large state need not be one buffer.
#[derive(Clone, Debug, Default)]
pub struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Adds bytes. How they are cut into pieces makes no difference.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest::from_hasher(self.0)
    }
}

impl io::Write for DigestBuilder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_first_half_of_sha_256() {
        // FIPS 180-2, appendix B.1: SHA-256 of "abc" starts so.
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223");
        let mut pieces = DigestBuilder::default();
        pieces.add(b"a");
        pieces.add(b"bc");
        assert_eq!(pieces.finish(), digest);
    }

    #[test]
    fn it_reads_back_and_nothing_else_does() {
        let digest = Digest::of(b"");
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        for text in [
            "",
            "ba",
            "BA7816BF8F01CFEA414140DE5DAE2223",
            "ba7816bf8f01cfea414140de5dae222g",
        ] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
        assert_eq!(Digest::parse(&"é".repeat(16)), None);
    }
}
