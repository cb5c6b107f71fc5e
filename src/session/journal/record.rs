//! The lines behind a journal's header as types, and their bytes. Never reads or writes a file.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::digest::Digest;
use super::fault::{Problem, quoted};
use super::header::Label;
use crate::session::clock::WallTime;
use crate::sim::time::SimTime;

const OUTCOME_START: &[u8] = b"{\"outcome\":";
/// Where the part of a record that is written before the entry is applied ends, but for the digest behind it.
const INTENT_END: &[u8] = b",\"before\":\"";

/// The door through which an entry came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The terminal interface.
    Tui,
    /// A line typed into the shell pane.
    Shell,
    /// A program, over the Model Context Protocol.
    Mcp,
    /// The command line.
    Cli,
    /// A replay or a what-if.
    Replay,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was applied.
    Ok,
    /// The world refused it, with the id of the reason. The refusal is part of the drill.
    Rejected(Label),
}

/// What is written before it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent<E> {
    /// The record's number, counted from 1.
    pub number: u64,
    /// Simulated time.
    pub at: SimTime,
    /// The real world's time.
    pub wall: WallTime,
    /// Where it came from.
    pub door: Door,
    /// What it is; the session decides what that can be.
    pub entry: E,
}

/// A whole record: what was written before, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<E> {
    /// What was to be done.
    pub intent: Intent<E>,
    /// What became of it.
    pub verdict: Verdict,
    /// The digest of the world's state afterwards.
    pub state: Digest,
}

/// How the drill ended: the last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The id of the ending.
    pub ending: Label,
    /// Simulated time of the end.
    #[serde(rename = "at_ms")]
    pub at: SimTime,
    /// The digest of the world's state at the end.
    pub state: Digest,
    /// What lists and title screens show of it without playing it again: the score, times, losses.
    pub summary: Map<String, Value>,
}

#[derive(Serialize)]
struct IntentLine<'a, E> {
    n: u64,
    at_ms: SimTime,
    wall_ms: WallTime,
    door: Door,
    entry: &'a E,
    before: Digest,
}

#[derive(Serialize)]
struct ResultPart<'a> {
    result: &'a Verdict,
    state: Digest,
}

/// A record as it is read: whole, or cut off behind `before`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine<E> {
    n: u64,
    at_ms: SimTime,
    wall_ms: WallTime,
    door: Door,
    entry: E,
    before: Digest,
    #[serde(default = "Option::default")]
    result: Option<Verdict>,
    #[serde(default = "Option::default")]
    state: Option<Digest>,
}

#[derive(Serialize)]
struct OutcomeLine<'a> {
    outcome: &'a Outcome,
    n: u64,
    before: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedOutcomeLine {
    outcome: Outcome,
    n: u64,
    before: Digest,
}

/// A line behind the header, and the digest of the line before it as this one states it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line<E> {
    Record {
        record: Record<E>,
        before: Digest,
    },
    Outcome {
        outcome: Outcome,
        number: u64,
        before: Digest,
    },
}

/// The first part of a record's line: all that is known before the entry is applied.
pub(super) fn encode_intent<E: Serialize>(
    intent: &Intent<E>,
    before: Digest,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut part = serde_json::to_vec(&IntentLine {
        n: intent.number,
        at_ms: intent.at,
        wall_ms: intent.wall,
        door: intent.door,
        entry: &intent.entry,
        before,
    })?;
    part.pop();
    Ok(part)
}

/// The second part of a record's line, without the line's end.
pub(super) fn encode_result(
    verdict: &Verdict,
    state: Digest,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut part = serde_json::to_vec(&ResultPart {
        result: verdict,
        state,
    })?;
    if let Some(brace) = part.first_mut() {
        *brace = b',';
    }
    Ok(part)
}

/// The outcome's line, without its end.
pub(super) fn encode_outcome(
    outcome: &Outcome,
    number: u64,
    before: Digest,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&OutcomeLine {
        outcome,
        n: number,
        before,
    })
}

/// Reads a whole line behind the header.
pub(super) fn decode_line<E: DeserializeOwned>(line: &[u8]) -> Result<Line<E>, Problem> {
    if line.starts_with(OUTCOME_START) {
        return decode_outcome(line);
    }
    let (intent, before, result) = parse::<E>(line)?;
    let (verdict, state) = result.ok_or_else(|| Problem::Broken("it has no result".to_owned()))?;
    Ok(Line::Record {
        record: Record {
            intent,
            verdict,
            state,
        },
        before,
    })
}

type Parsed<E> = (Intent<E>, Digest, Option<(Verdict, Digest)>);

fn parse<E: DeserializeOwned>(object: &[u8]) -> Result<Parsed<E>, Problem> {
    match serde_json::from_slice::<RecordLine<E>>(object) {
        Ok(line) => Ok(line.into_parts()),
        Err(error) => {
            let message = quoted(&error.to_string());
            // Is the record itself sound? Then it is the entry that this program does not know.
            Err(
                match serde_json::from_slice::<RecordLine<IgnoredAny>>(object) {
                    Ok(_) => Problem::UnknownEntry(message),
                    Err(_) => Problem::Broken(message),
                },
            )
        }
    }
}

fn decode_outcome<E>(line: &[u8]) -> Result<Line<E>, Problem> {
    let mut read: OwnedOutcomeLine = serde_json::from_slice(line)
        .map_err(|error| Problem::Broken(quoted(&error.to_string())))?;
    read.outcome.summary = std::mem::take(&mut read.outcome.summary)
        .into_iter()
        .map(|(key, value)| (without_controls(&key), printable(value)))
        .collect();
    Ok(Line::Outcome {
        outcome: read.outcome,
        number: read.n,
        before: read.before,
    })
}

/// What is left of a last line that was cut off: its record without the result, if at least that was written, with the
/// digest of the line before and the number of bytes that it takes.
pub(super) fn decode_cut_line<E: DeserializeOwned>(
    line: &[u8],
) -> Result<Option<(Intent<E>, Digest, usize)>, Problem> {
    let Some(start) = line
        .windows(INTENT_END.len())
        .rposition(|window| window == INTENT_END)
    else {
        return Ok(None);
    };
    let digest_and_quote = Digest::default().to_string().len() + 1;
    let end = start + INTENT_END.len() + digest_and_quote;
    let Some(part) = line.get(..end) else {
        return Ok(None);
    };
    let mut object = part.to_vec();
    object.push(b'}');
    match parse::<E>(&object) {
        Ok((intent, before, _)) => Ok(Some((intent, before, end))),
        // The last `before` was a field of the entry, or the part is not whole.
        Err(Problem::Broken(_)) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The number and simulated time of a record whose entry does not matter; `None` if the line is none.
pub(super) fn decode_place(line: &[u8]) -> Option<(u64, SimTime)> {
    let (intent, ..) = parse::<IgnoredAny>(line).ok()?;
    Some((intent.number, intent.at))
}

impl<E> RecordLine<E> {
    fn into_parts(self) -> Parsed<E> {
        let intent = Intent {
            number: self.n,
            at: self.at_ms,
            wall: self.wall_ms,
            door: self.door,
            entry: self.entry,
        };
        (intent, self.before, self.result.zip(self.state))
    }
}

/// A value whose texts, at any depth, hold nothing that controls a terminal.
fn printable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_controls(&text)),
        Value::Array(values) => values.into_iter().map(printable).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (without_controls(&key), printable(value)))
            .collect(),
        plain => plain,
    }
}

fn without_controls(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() && letter != '\n' {
                char::REPLACEMENT_CHARACTER
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(entry: Value) -> Intent<Value> {
        Intent {
            number: 1,
            at: SimTime(5000),
            wall: WallTime(6000),
            door: Door::Shell,
            entry,
        }
    }

    #[test]
    fn the_line_is_these_bytes() {
        let before = Digest::default();
        let first = encode_intent(&intent(serde_json::json!({"tool": "x"})), before).unwrap();
        let rejected = Verdict::Rejected(Label::cleaned("no-such-pod"));
        let second = encode_result(&rejected, before).unwrap();
        assert_eq!(
            String::from_utf8([first, second].concat()).unwrap(),
            "{\"n\":1,\"at_ms\":5000,\"wall_ms\":6000,\"door\":\"shell\",\"entry\":{\"tool\":\"x\"},\
             \"before\":\"00000000000000000000000000000000\",\"result\":{\"rejected\":\"no-such-pod\"},\
             \"state\":\"00000000000000000000000000000000\"}"
        );
    }

    #[test]
    fn a_cut_record_is_told_from_a_field_that_looks_like_its_end() {
        let before = Digest::of(b"line");
        let inner = format!("{}", Digest::of(b"x"));
        let entry = serde_json::json!({"a": 1, "before": inner, "text": ",\"before\":\""});
        let first = encode_intent(&intent(entry.clone()), before).unwrap();
        let second = encode_result(&Verdict::Ok, before).unwrap();
        let line = [first.clone(), second].concat();
        for cut in 0..line.len() {
            let read = decode_cut_line::<Value>(&line[..cut]).unwrap();
            if cut < first.len() {
                assert_eq!(read, None, "cut at {cut}");
            } else {
                assert_eq!(read, Some((intent(entry.clone()), before, first.len())));
            }
        }
    }

    #[test]
    fn an_unknown_entry_is_not_called_damage() {
        let first = encode_intent(&intent(Value::from("x")), Digest::default()).unwrap();
        let second = encode_result(&Verdict::Ok, Digest::default()).unwrap();
        let line = [first, second].concat();
        assert!(matches!(
            decode_line::<u32>(&line),
            Err(Problem::UnknownEntry(_))
        ));
        assert!(matches!(
            decode_line::<u32>(&line[1..]),
            Err(Problem::Broken(_))
        ));
    }

    #[test]
    fn nothing_in_an_outcome_controls_the_terminal() {
        let outcome = Outcome {
            ending: Label::cleaned("resolved\u{7}"),
            at: SimTime(1),
            state: Digest::default(),
            summary: Map::from_iter([(
                "a\u{1b}".to_owned(),
                serde_json::json!([{"b": "x\u{9b}2J\ny"}, 1.5]),
            )]),
        };
        assert_eq!(outcome.ending.as_str(), "resolved?");
        let line = encode_outcome(&outcome, 7, Digest::default()).unwrap();
        let Ok(Line::Outcome { outcome: read, .. }) = decode_line::<Value>(&line) else {
            panic!("not an outcome");
        };
        assert_eq!(
            Value::Object(read.summary),
            serde_json::json!({"a\u{fffd}": [{"b": "x\u{fffd}2J\ny"}, 1.5]})
        );
        assert_eq!(read.ending, outcome.ending);
    }
}
