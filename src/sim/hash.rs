//! The state hash: SHA-256 over canonical bytes of the world's state. Never hashes anything whose order is not fixed.

use sha2::{Digest as _, Sha256};

/// A part of a hash: 128 bits.
pub type Digest = [u8; 16];

/// Collects the state into a hash.
#[derive(Clone, Default)]
pub struct StateHasher(Sha256);

impl StateHasher {
    /// A text, with its length.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as i64);
        self.0.update(text.as_bytes());
    }

    /// A number.
    pub fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    /// A float by its bits.
    pub fn float(&mut self, value: f64) {
        self.0.update(value.to_bits().to_le_bytes());
    }

    /// The first 16 bytes of the hash.
    pub fn digest(self) -> Digest {
        let mut digest = Digest::default();
        for (to, from) in digest.iter_mut().zip(self.0.finalize()) {
            *to = from;
        }
        digest
    }

    /// The first 16 bytes of the hash as 32 hex digits.
    pub fn hex(self) -> String {
        self.digest()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl std::hash::Hasher for StateHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the whole hash is taken with [`StateHasher::hex`].
    fn finish(&self) -> u64 {
        0
    }
}

impl std::fmt::Debug for StateHasher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("StateHasher")
    }
}
