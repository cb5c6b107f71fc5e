//! The first line of a journal: what a drill is before anything is done in it. Never reads or writes a file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::fault::{Problem, quoted};
use crate::session::clock::{Pace, Speed, WallTime};

/// The format of the file. It rises when a program that knows only the old one could misread the new one.
pub const FORMAT: u32 = 1;

/// What every journal of every format starts with.
pub(super) const MAGIC: &[u8] = b"{\"firedrill_journal\":";

/// A short text for people and file names: 1 to 100 characters, none of which controls a terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

impl Label {
    /// The most characters of a label.
    pub const LONGEST: usize = 100;

    /// The text made to fit: controls become `?`, what is too long is cut, nothing becomes `-`.
    pub fn cleaned(text: &str) -> Self {
        let clean: String = text
            .chars()
            .take(Self::LONGEST)
            .map(|letter| if letter.is_control() { '?' } else { letter })
            .collect();
        Self(if clean.is_empty() {
            "-".to_owned()
        } else {
            clean
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Label {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if Self::cleaned(&text).0 == text {
            Ok(Self(text))
        } else {
            Err("a name of 1 to 100 characters without control characters belongs here")
        }
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The name of one drill, and of its files: lower-case letters, digits and `-`, at most 80, not `-` first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DrillId(String);

/// A text that names no drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a drill's id is made of lower-case letters, digits and `-`, at most 80 of them")]
pub struct NotADrillId;

impl DrillId {
    const LONGEST: usize = 80;

    /// A name for a new drill: the scenario, when it started, and a bit of the seed, so that two drills started in one second differ.
    pub fn new(scenario: &str, started: WallTime, seed: u64) -> Self {
        let mut name: String = scenario
            .chars()
            .take(40)
            .map(|letter| match letter.to_ascii_lowercase() {
                letter if letter.is_ascii_alphanumeric() => letter,
                _ => '-',
            })
            .collect();
        name = name.trim_matches('-').to_owned();
        if name.is_empty() {
            name.push_str("drill");
        }
        let mut when = started.format("%Y%m%d-%H%M%S");
        when.retain(|letter| letter != '+'); // chrono's sign of a year past 9999
        Self(format!("{name}-{when}-{:04x}", seed & 0xffff))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part of the name that tells when the drill was started, as texts in the order of time; empty for a name of
    /// another form.
    pub(super) fn started_in_name(&self) -> &str {
        let digits = |text: &str, count: usize| {
            text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let parts: Vec<&str> = self.0.rsplitn(4, '-').collect();
        match parts.as_slice() {
            [seed, time, day, _] if digits(time, 6) && digits(day, 8) => {
                let from = self.0.len() - seed.len() - time.len() - day.len() - 2;
                self.0.get(from..).unwrap_or("")
            }
            _ => "",
        }
    }

    /// The journal's file name.
    pub fn journal_name(&self) -> String {
        format!("{}.journal", self.0)
    }

    /// The file name of the copy of the scenario.
    pub fn pack_name(&self) -> String {
        format!("{}.pack", self.0)
    }

    /// The file name of the lock that the process which plays the drill holds.
    pub fn lock_name(&self) -> String {
        format!("{}.journal.lock", self.0)
    }

    /// The drill whose journal has this file name.
    pub fn of_journal_name(name: &str) -> Option<Self> {
        Self::try_from(name.strip_suffix(".journal")?.to_owned()).ok()
    }
}

impl TryFrom<String> for DrillId {
    type Error = NotADrillId;

    fn try_from(text: String) -> Result<Self, NotADrillId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !text.is_empty()
            && text.len() <= Self::LONGEST
            && !text.starts_with('-')
            && text.bytes().all(allowed)
        {
            Ok(Self(text))
        } else {
            Err(NotADrillId)
        }
    }
}

impl From<DrillId> for String {
    fn from(id: DrillId) -> Self {
        id.0
    }
}

impl fmt::Display for DrillId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// How much the board tells the trainee.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Help is offered.
    Easy,
    /// As on an ordinary shift.
    #[default]
    Normal,
    /// Nothing is made easier: the estimate of the loss is hidden.
    Hard,
}

/// Whether the drill counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A pause covers the board, and the score counts.
    #[default]
    Scored,
    /// A pause reads freely, and the result says so.
    Practice,
}

/// What was chosen when the drill was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How much the board tells.
    pub level: Level,
    /// Whether it counts.
    pub mode: Mode,
    /// What makes time pass.
    pub pace: Pace,
    /// The speed at the start.
    pub speed: Speed,
}

/// The first line: all that a drill is, but for what was done in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the engine's rules: it rises when the same entries give another world.
    pub rules_version: u32,
    /// The drill's name.
    pub drill: DrillId,
    /// The scenario's name.
    pub scenario: Label,
    /// The digest of the scenario's files.
    pub content: Digest,
    /// The seed of every draw.
    pub seed: u64,
    /// What was chosen at the start.
    pub settings: Settings,
    /// When it was started.
    #[serde(rename = "started_ms")]
    pub started: WallTime,
}

/// How a journal differs from what would play it. It can still be watched up to the first record whose state is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The engine's rules have changed.
    Rules {
        /// The version that wrote the journal.
        recorded: u32,
        /// The version of this program.
        current: u32,
    },
    /// The scenario's files have changed.
    Scenario {
        /// The digest of the files it was played with.
        recorded: Digest,
        /// The digest of the files now.
        current: Digest,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules { recorded, current } => write!(
                out,
                "it was played by rules version {recorded}, this program has version {current}"
            ),
            Self::Scenario { recorded, current } => write!(
                out,
                "the scenario has changed since: its files were {recorded} and are {current}"
            ),
        }
    }
}

impl Header {
    /// How the journal differs from an engine and a scenario; empty if a replay must give the same states.
    pub fn differences(&self, rules_version: u32, content: Digest) -> Vec<Difference> {
        let rules = (self.rules_version != rules_version).then_some(Difference::Rules {
            recorded: self.rules_version,
            current: rules_version,
        });
        let scenario = (self.content != content).then_some(Difference::Scenario {
            recorded: self.content,
            current: content,
        });
        rules.into_iter().chain(scenario).collect()
    }

    /// The line, without its end.
    pub(super) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let fields = serde_json::to_vec(self)?;
        let mut line = MAGIC.to_vec();
        line.extend(FORMAT.to_string().bytes());
        line.push(b',');
        line.extend(fields.iter().skip(1));
        Ok(line)
    }

    pub(super) fn decode(line: &[u8]) -> Result<Self, Problem> {
        let Some(rest) = line.strip_prefix(MAGIC) else {
            return Err(Problem::NotAJournal(
                "its first line is no header".to_owned(),
            ));
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, fields) = rest.split_at(digits);
        let found = std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| Problem::NotAJournal("its format is no number".to_owned()))?;
        if found != FORMAT {
            return Err(Problem::OtherFormat {
                found,
                known: FORMAT,
            });
        }
        let mut object = b"{".to_vec();
        object.extend(fields.iter().skip(1));
        serde_json::from_slice(&object)
            .map_err(|error| Problem::NotAJournal(quoted(&error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            rules_version: 3,
            drill: DrillId::try_from("alpha-1".to_owned()).unwrap(),
            scenario: Label::cleaned("alpha"),
            content: Digest::of(b"files"),
            seed: u64::MAX,
            settings: Settings::default(),
            started: WallTime(1_700_000_000_000),
        }
    }

    #[test]
    fn the_line_is_these_bytes() {
        assert_eq!(
            String::from_utf8(header().encode().unwrap()).unwrap(),
            "{\"firedrill_journal\":1,\"rules_version\":3,\"drill\":\"alpha-1\",\"scenario\":\"alpha\",\
             \"content\":\"3d7db37d08f9140fd09f12b9621cd095\",\"seed\":18446744073709551615,\
             \"settings\":{\"level\":\"normal\",\"mode\":\"scored\",\"pace\":\"wall\",\"speed\":1},\
             \"started_ms\":1700000000000}"
        );
    }

    #[test]
    fn a_header_reads_back_and_names_what_it_is_not() {
        let line = header().encode().unwrap();
        assert_eq!(Header::decode(&line), Ok(header()));
        let newer = [MAGIC, b"2,\"anything\":true}"].concat();
        assert_eq!(
            Header::decode(&newer),
            Err(Problem::OtherFormat { found: 2, known: 1 })
        );
        for other in [
            &b""[..],
            b"{}",
            b"[1]",
            b"\xff",
            b"{\"firedrill_journal\":1",
            b"{\"firedrill_journal\":99999999999}",
        ] {
            assert!(
                matches!(Header::decode(other), Err(Problem::NotAJournal(_))),
                "{other:?}"
            );
        }
    }

    #[test]
    fn a_header_tells_rules_and_scenario_apart() {
        let header = header();
        assert_eq!(header.differences(3, header.content), []);
        let current = Digest::of(b"other files");
        assert_eq!(
            header.differences(4, current),
            [
                Difference::Rules {
                    recorded: 3,
                    current: 4
                },
                Difference::Scenario {
                    recorded: header.content,
                    current
                }
            ]
        );
    }

    #[test]
    fn a_drill_is_named_by_scenario_time_and_seed() {
        let id = DrillId::new("Alpha & More", WallTime(1_700_000_000_000), 0xabc_1234);
        assert_eq!(id.as_str(), "alpha---more-20231114-221320-1234");
        assert_eq!(id.started_in_name(), "20231114-221320-1234");
        assert_eq!(DrillId::of_journal_name(&id.journal_name()), Some(id));
        let other = DrillId::try_from("alpha-1".to_owned()).unwrap();
        assert_eq!(other.started_in_name(), "");
        assert!(
            DrillId::new("../..", WallTime(0), 1)
                .as_str()
                .starts_with("drill-")
        );
        for text in ["", "-a", "a/b", "..", "A", "a.b", &"a".repeat(81)] {
            assert_eq!(DrillId::try_from(text.to_owned()), Err(NotADrillId));
        }
        let longest = DrillId::new(&"x".repeat(500), WallTime(i64::MAX), u64::MAX);
        assert!(DrillId::try_from(String::from(longest)).is_ok());
    }
}
