//! Conditions on labels: text, numbers, durations, sizes, addresses, joined by and/or. Knows nothing of lines.

use std::fmt;

use super::pipeline::Fields;
use super::units;
use crate::sim::promql::matcher::Matcher;

/// The value of `__error__` where a label is not what a filter compares it with.
pub const FILTER_ERROR: &str = "LabelFilterErr";

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `==` or `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Compare {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

/// What a label's text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A number.
    Number,
    /// A duration.
    Duration,
    /// A size.
    Bytes,
}

/// A range of IPv4 addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// As written.
    pub text: String,
    low: u32,
    high: u32,
}

impl Addresses {
    /// One address, `a-b`, or `a/bits`.
    pub fn parse(text: &str) -> Option<Self> {
        let one = |text: &str| {
            text.trim()
                .parse::<core::net::Ipv4Addr>()
                .ok()
                .map(u32::from)
        };
        let (low, high) = if let Some((from, to)) = text.split_once('-') {
            (one(from)?, one(to)?)
        } else if let Some((base, bits)) = text.split_once('/') {
            let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let base = one(base)? & mask;
            (base, base | !mask)
        } else {
            let only = one(text)?;
            (only, only)
        };
        (low <= high).then(|| Self {
            text: text.to_owned(),
            low,
            high,
        })
    }

    /// Whether a text is an address of the range.
    pub fn holds(&self, text: &str) -> bool {
        let address = text.parse::<core::net::Ipv4Addr>().ok().map(u32::from);
        address.is_some_and(|address| (self.low..=self.high).contains(&address))
    }

    /// Whether a text holds an address of the range anywhere.
    pub fn found_in(&self, text: &str) -> bool {
        text.split(|letter: char| !(letter == '.' || letter.is_ascii_digit()))
            .any(|piece| self.holds(piece.trim_matches('.')))
    }
}

/// A condition on labels.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelFilter {
    /// On a label's text.
    Text(Matcher),
    /// On the number in a label.
    Number {
        /// The label.
        name: String,
        /// The comparison.
        compare: Compare,
        /// What it is compared with, in its base unit.
        value: f64,
        /// As it was written.
        written: String,
        /// What the label holds.
        quantity: Quantity,
    },
    /// On the address in a label.
    Address {
        /// The label.
        name: String,
        /// Whether it must not be one of them.
        negated: bool,
        /// The addresses.
        addresses: Addresses,
    },
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
}

impl LabelFilter {
    /// Whether a line's labels fulfil it. A label that cannot be read marks the line as an error and keeps it.
    pub fn holds(&self, fields: &mut Fields<'_>) -> bool {
        match self {
            Self::Text(matcher) => matcher.matches(fields.get(matcher.name())),
            Self::Number {
                name,
                compare,
                value,
                quantity,
                ..
            } => {
                if fields.has_error() {
                    return true;
                }
                let text = fields.get(name);
                if text.is_empty() {
                    return false;
                }
                let read: Option<f64> = match quantity {
                    Quantity::Number => text.parse().ok(),
                    Quantity::Duration => units::duration_seconds(text),
                    Quantity::Bytes => units::bytes(text),
                };
                if let Some(read) = read {
                    compare.holds(read, *value)
                } else {
                    fields.set_error(FILTER_ERROR, "could not be read as a number");
                    true
                }
            }
            Self::Address {
                name,
                negated,
                addresses,
            } => addresses.holds(fields.get(name)) != *negated,
            Self::And(left, right) => left.holds(fields) && right.holds(fields),
            Self::Or(left, right) => left.holds(fields) || right.holds(fields),
        }
    }
}

impl fmt::Display for LabelFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(matcher) => write!(out, "{matcher}"),
            Self::Number {
                name,
                compare,
                written,
                ..
            } => write!(out, "{name}{}{written}", compare.text()),
            Self::Address {
                name,
                negated,
                addresses,
            } => {
                let op = if *negated { "!=" } else { "=" };
                write!(out, "{name}{op}ip(\"{}\")", addresses.text)
            }
            Self::And(left, right) => write!(out, "({left} and {right})"),
            Self::Or(left, right) => write!(out, "({left} or {right})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_single_ranges_or_networks() {
        let holds = |spec: &str, text: &str| Addresses::parse(spec).unwrap().holds(text);
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("10.1.0.0/16", "10.1.255.9") && !holds("10.1.0.0/16", "10.2.0.0"));
        assert!(holds("10.0.0.9-10.0.0.11", "10.0.0.10"));
        assert!(holds("0.0.0.0/0", "255.1.2.3"));
        assert!(Addresses::parse("10.0.0.0/33").is_none());
        assert!(Addresses::parse("x").is_none());
        let net = Addresses::parse("10.1.0.0/16").unwrap();
        assert!(net.found_in("from=10.1.7.7, took 3.5 s") && !net.found_in("took 10.1 s"));
    }
}
