//! Amounts of CPU and memory as Kubernetes writes them: `500m`, `256Mi`. Never floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in thousandths of a unit (a core, a byte), with the family of suffixes it is written in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity {
    milli: i64,
    binary: bool,
}

/// A text that is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)]
pub struct QuantityError;

const BINARY: [(&str, i64); 5] = [
    ("Pi", 1 << 50),
    ("Ti", 1 << 40),
    ("Gi", 1 << 30),
    ("Mi", 1 << 20),
    ("Ki", 1 << 10),
];
const DECIMAL: [(&str, i64); 5] = [
    ("P", 1_000_000_000_000_000),
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
];

impl Quantity {
    /// An amount of CPU in thousandths of a core.
    pub const fn cpu_millis(millis: i64) -> Self {
        Self {
            milli: millis,
            binary: false,
        }
    }

    /// An amount of memory in bytes, written with binary suffixes.
    pub const fn bytes(bytes: i64) -> Self {
        Self {
            milli: bytes.saturating_mul(1000),
            binary: true,
        }
    }

    /// An amount of memory in mebibytes.
    pub const fn mebibytes(mebibytes: i64) -> Self {
        Self::bytes(mebibytes.saturating_mul(1 << 20))
    }

    /// Thousandths of a unit: millicores for CPU.
    pub const fn millis(self) -> i64 {
        self.milli
    }

    /// Whole units, rounded up: bytes for memory, cores for CPU.
    pub const fn units(self) -> i64 {
        (self.milli / 1000).saturating_add(if self.milli % 1000 > 0 { 1 } else { 0 })
    }

    /// The sum, written in the family of the larger part.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            milli: self.milli.saturating_add(other.milli),
            binary: self.binary || other.binary,
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let split = text
            .find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | '+' | '-')))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(split);
        let millis = parse_millis(number).ok_or(QuantityError)?;
        let (factor, divisor, binary) = match suffix {
            "" => (1, 1, false),
            "m" => (1, 1000, false),
            "u" => (1, 1_000_000, false),
            "n" => (1, 1_000_000_000, false),
            _ => {
                let known = |table: &[(&str, i64)]| {
                    table
                        .iter()
                        .find(|(name, _)| *name == suffix)
                        .map(|(_, factor)| *factor)
                };
                if let Some(factor) = known(&BINARY) {
                    (factor, 1, true)
                } else {
                    (known(&DECIMAL).ok_or(QuantityError)?, 1, false)
                }
            }
        };
        let scaled = i128::from(millis) * i128::from(factor);
        // Kubernetes rounds away from zero to the smallest unit it keeps.
        let rounded = (scaled + (divisor - 1) * scaled.signum()) / divisor;
        Ok(Self {
            milli: i64::try_from(rounded).map_err(|_| QuantityError)?,
            binary,
        })
    }
}

/// Reads `[+-]digits[.digits]` as thousandths; digits past the third after the point are dropped.
fn parse_millis(number: &str) -> Option<i64> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty())
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut thousandths = 0;
    for place in 0..3 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(0, |byte| i64::from(byte - b'0'));
        thousandths = thousandths * 10 + digit;
    }
    let value = whole.checked_mul(1000)?.checked_add(thousandths)?;
    Some(if negative { -value } else { value })
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.milli % 1000 != 0 {
            return write!(out, "{}m", self.milli);
        }
        let units = self.milli / 1000;
        let table = if self.binary { &BINARY } else { &DECIMAL };
        match table
            .iter()
            .find(|(_, factor)| units != 0 && units % factor == 0)
        {
            Some((suffix, factor)) => write!(out, "{}{suffix}", units / factor),
            None => write!(out, "{units}"),
        }
    }
}

impl TryFrom<String> for Quantity {
    type Error = QuantityError;
    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        text.parse::<Quantity>().unwrap().to_string()
    }

    #[test]
    fn amounts_are_written_in_their_canonical_form() {
        assert_eq!(canonical("500m"), "500m");
        assert_eq!(canonical("0.5"), "500m");
        assert_eq!(canonical("1000m"), "1");
        assert_eq!(canonical("256Mi"), "256Mi");
        assert_eq!(canonical("1024Mi"), "1Gi");
        assert_eq!(canonical("1.5Gi"), "1536Mi");
        assert_eq!(canonical("7935352Ki"), "7935352Ki");
        assert_eq!(canonical("18242267924"), "18242267924");
        assert_eq!(canonical("2000"), "2k");
        assert_eq!(canonical("0"), "0");
        assert_eq!("256Mi".parse::<Quantity>().unwrap().units(), 268_435_456);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "Mi", "12X", "1.2.3", "abc", "1e", "9999999999999999999"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_refused_or_reads_back(text in "\\PC{0,12}") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                prop_assert_eq!(quantity.to_string().parse::<Quantity>().unwrap().millis(), quantity.millis());
            }
        }
    }
}
