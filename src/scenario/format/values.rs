//! Values with units, written as texts: durations, instants, rates, sizes, delays. Each reads strictly or says why not.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// A value that is written as a text with its unit.
pub trait Text: Sized {
    /// Reads the text; the error says what was expected.
    fn parse(text: &str) -> Result<Self, String>;
    /// Writes the value as `parse` reads it.
    fn write(&self) -> String;
}

macro_rules! text_value {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.write())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.write())
            }
        }
    )*};
}

text_value!(Duration, Instant, Moment, Rate, Size, Delay);

/// A span of time: `"250ms"`, `"90s"`, `"1h30m"`, `"14d"`. At most 400 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    /// Length in milliseconds; never negative.
    pub millis: i64,
}

impl Duration {
    /// The longest duration a file may give.
    pub const MAX_MILLIS: i64 = 400 * 86_400_000;

    /// A duration of whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self {
            millis: seconds * 1000,
        }
    }
}

const UNITS: [(&str, i64); 6] = [
    ("ms", 1),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
];

impl Text for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("\"{text}\" is not a duration; write \"250ms\", \"90s\", \"1h30m\" or \"14d\"")
        };
        let mut rest = text.trim();
        let mut millis = 0_i64;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let number: i64 = number.parse().map_err(|_| wrong())?;
            let (unit, factor) = UNITS
                .iter()
                .find(|(unit, _)| tail.starts_with(unit))
                .ok_or_else(wrong)?;
            let part = number.checked_mul(*factor).ok_or_else(wrong)?;
            millis = millis.checked_add(part).ok_or_else(wrong)?;
            rest = tail.get(unit.len()..).unwrap_or("");
        }
        if millis > Self::MAX_MILLIS {
            return Err(format!(
                "\"{text}\" is longer than the longest duration; at most 400d"
            ));
        }
        Ok(Self { millis })
    }

    fn write(&self) -> String {
        let mut rest = self.millis;
        let mut text = String::new();
        for (unit, factor) in [
            ("d", 86_400_000),
            ("h", 3_600_000),
            ("m", 60_000),
            ("s", 1000),
            ("ms", 1),
        ] {
            if rest >= factor {
                text.push_str(&format!("{}{unit}", rest / factor));
                rest %= factor;
            }
        }
        if text.is_empty() {
            "0s".to_owned()
        } else {
            text
        }
    }
}

/// A calendar instant in UTC: `"2024-12-02T09:45:00Z"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    /// Milliseconds since the Unix epoch.
    pub millis: i64,
}

impl Text for Instant {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not an instant; write \"2024-12-02T09:45:00Z\"");
        let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?;
        let year = chrono::Datelike::year(&at);
        if !(1990..=2100).contains(&year) {
            return Err(format!(
                "the year of \"{text}\" is out of range; 1990 to 2100"
            ));
        }
        Ok(Self {
            millis: at.timestamp_millis(),
        })
    }

    fn write(&self) -> String {
        chrono::DateTime::from_timestamp_millis(self.millis).map_or_else(String::new, |at| {
            at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
        })
    }
}

/// A moment of a drill: relative to the page (`"T+6m"`, `"T-45m"`, `"T+0s"`) or a calendar instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Milliseconds after the page; negative before it.
    FromPage(i64),
    /// A calendar instant.
    At(Instant),
}

impl Moment {
    /// The moment in milliseconds since the epoch, given the instant of the page.
    pub const fn millis(self, page: Instant) -> i64 {
        match self {
            Self::FromPage(offset) => page.millis + offset,
            Self::At(instant) => instant.millis,
        }
    }
}

impl Text for Moment {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(after) = text.strip_prefix("T+") {
            return Ok(Self::FromPage(Duration::parse(after)?.millis));
        }
        if let Some(before) = text.strip_prefix("T-") {
            return Ok(Self::FromPage(-Duration::parse(before)?.millis));
        }
        Instant::parse(text).map(Self::At).map_err(|_| {
            format!(
                "\"{text}\" is not a moment; write \"T+6m\", \"T-45m\" or \"2024-12-02T09:45:00Z\""
            )
        })
    }

    fn write(&self) -> String {
        match self {
            Self::FromPage(offset) if *offset < 0 => {
                format!("T-{}", Duration { millis: -offset }.write())
            }
            Self::FromPage(offset) => format!("T+{}", Duration { millis: *offset }.write()),
            Self::At(instant) => instant.write(),
        }
    }
}

/// Events in time: `"300/s"`, `"0.5/s"`, `"12/min"`, `"40/h"`. At most 100,000 a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate {
    /// Events a second; finite, zero or more.
    pub per_second: f64,
}

impl Rate {
    /// The highest rate a file may give.
    pub const MAX_PER_SECOND: f64 = 100_000.0;
}

impl Text for Rate {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("\"{text}\" is not a rate; write \"300/s\", \"12/min\", \"40/h\" or \"3/day\"")
        };
        let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" | "day" => 86_400.0,
            _ => return Err(wrong()),
        };
        let per_second = number / seconds;
        if !per_second.is_finite() || !(0.0..=Self::MAX_PER_SECOND).contains(&per_second) {
            return Err(format!(
                "the rate \"{text}\" is out of range; zero to 100000/s"
            ));
        }
        Ok(Self { per_second })
    }

    fn write(&self) -> String {
        format!("{}/s", self.per_second)
    }
}

/// A size or a CPU share: `"256MiB"`, `"7.5GiB"`, `"500MB"`, `"250m"` (millicores), `"2"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Size {
    /// Bytes for memory and disk, cores for CPU; finite, zero or more.
    pub value: f64,
}

const SIZES: [(&str, f64); 14] = [
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("m", 1e-3),
    ("B", 1.0),
];

impl Text for Size {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("\"{text}\" is not a size; write \"256MiB\", \"7.5GiB\", \"250m\" or \"2\"");
        let trimmed = text.trim();
        let (number, factor) = SIZES
            .iter()
            .find_map(|(unit, factor)| trimmed.strip_suffix(unit).map(|number| (number, *factor)))
            .unwrap_or((trimmed, 1.0));
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let value = number * factor;
        if !value.is_finite() || !(0.0..=1e18).contains(&value) {
            return Err(format!("the size \"{text}\" is out of range; zero to 1e18"));
        }
        Ok(Self { value })
    }

    fn write(&self) -> String {
        format!("{}", self.value)
    }
}

/// A delay that is drawn between two bounds: `"1m..3m"`, or one fixed duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// The shortest delay.
    pub least: Duration,
    /// The longest delay; not shorter than `least`.
    pub most: Duration,
}

impl Text for Delay {
    fn parse(text: &str) -> Result<Self, String> {
        let (least, most) = match text.split_once("..") {
            Some((least, most)) => (Duration::parse(least)?, Duration::parse(most)?),
            None => (Duration::parse(text)?, Duration::parse(text)?),
        };
        if most < least {
            return Err(format!(
                "\"{text}\" ends before it begins; write the shorter delay first"
            ));
        }
        Ok(Self { least, most })
    }

    fn write(&self) -> String {
        format!("{}..{}", self.least.write(), self.most.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_with_their_units() {
        assert_eq!(Duration::parse("1h30m").unwrap().millis, 5_400_000);
        assert_eq!(Duration::parse("250ms").unwrap().millis, 250);
        assert_eq!(
            Moment::parse("T-45m").unwrap(),
            Moment::FromPage(-2_700_000)
        );
        assert!((Rate::parse("12/min").unwrap().per_second - 0.2).abs() < 1e-12);
        assert!((Size::parse("1.5GiB").unwrap().value - 1_610_612_736.0).abs() < 1.0);
        assert_eq!(Delay::parse("1m..3m").unwrap().most.millis, 180_000);
    }

    #[test]
    fn wrong_values_say_what_was_expected() {
        for text in ["", "4", "m", "4x", "-3s", "99999999d"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
        for text in ["inf/s", "NaN/s", "-1/s", "3", "3/week"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
        assert!(Delay::parse("3m..1m").is_err());
        assert!(Instant::parse("yesterday").is_err());
    }
}
