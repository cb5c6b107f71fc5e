//! What writes log lines: templates that an atom's events write, and single lines at given instants. Renders nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::atom::AtomId;
use super::leaf::LeafIndex;
use super::store::{HistoryError, Telemetry};
use super::template::Template;
use super::wrap::{LogFormat, written};
use crate::scenario::format::telemetry::Level;
use crate::sim::time::SimTime;

/// An atom's events may write lines of so many kinds each.
pub const MOST_LOGS_PER_ATOM: usize = 8;
/// Fields of a template, its wrapper's included.
const MOST_FIELDS: usize = 63;
/// More log templates than this are refused.
const MOST_LOGS: usize = 50_000;
/// So long the log system keeps what has no retention of its own.
pub const RETENTION_MS: i64 = 7 * 24 * 3_600_000;

/// More scripted lines than this are refused.
const MOST_SCRIPTED: usize = 200_000;
/// A scripted line's text is cut to so many bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// Numbers a log template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub u32);

/// Why a log template or line was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// It refers to an atom that is not registered.
    #[error("log {0:?} refers to a stream that is not registered")]
    Unknown(String),
    /// The atom's events write too many kinds of lines already.
    #[error(
        "the events of one stream write lines of {MOST_LOGS_PER_ATOM} kinds at most: {0:?} is one too many"
    )]
    TooManyOfAtom(String),
    /// The template has too many fields.
    #[error("log {0:?} has more than {MOST_FIELDS} fields with those of its format")]
    TooManyFields(String),
    /// There are too many templates or lines.
    #[error("too many log templates or lines")]
    TooMany,
    /// The line lies in closed history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// A kind of line that an atom's events write.
#[derive(Clone, Debug)]
pub struct LogDef {
    /// The atom; its pods write the lines.
    pub atom: AtomId,
    /// The service under which the lines are found.
    pub service: Arc<str>,
    /// A name for the kind of line, unique in its service.
    pub name: Arc<str>,
    /// Level of all its lines.
    pub level: Level,
    /// The line as it is written, wrapper included.
    pub template: Template,
    /// One event in so many writes a line; 1 for all.
    pub keep_one_in: u32,
    /// Lines older than this are gone, in ms.
    pub retention_ms: i64,
}

/// What a line at a single instant says.
#[derive(Clone, Debug)]
pub enum Says {
    /// A text.
    Text(Arc<str>),
    /// What is put into words when somebody reads the line, which hardly ever happens to one of thousands.
    Later(Arc<dyn Words>),
}

/// Something that can be put into words.
pub trait Words: fmt::Debug + Send + Sync {
    /// The words as they are said at an instant: always the same.
    fn said_at(&self, at: SimTime) -> String;
}

impl Says {
    /// The text as it is at an instant.
    fn text_at(&self, at: SimTime) -> Arc<str> {
        match self {
            Self::Text(text) => Arc::clone(text),
            Self::Later(words) => {
                let mut text = words.said_at(at).into();
                clean(&mut text);
                text
            }
        }
    }

    fn clean(&mut self) {
        if let Self::Text(text) = self {
            clean(text);
        }
    }
}

/// What is written at single instants: the same for every time that a container says it.
#[derive(Clone, Debug)]
pub struct ScriptedLine {
    /// The service under which it is found.
    pub service: Arc<str>,
    /// The pod that wrote it, if one did.
    pub pod: Option<Arc<str>>,
    /// Its level.
    pub level: Level,
    /// A name for the kind of line.
    pub name: Arc<str>,
    /// What it says. Control characters but line breaks and tabs are taken out.
    pub says: Says,
    /// How its program writes that.
    pub format: LogFormat,
    /// The part of the program that speaks, where its form names one.
    pub logger: Arc<str>,
}

/// Identity of a line: which event of which leaf wrote it under which template, or the number of a scripted line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineId {
    /// Written by an event.
    Event {
        /// The template.
        log: LogId,
        /// The leaf.
        leaf: LeafIndex,
        /// The event in its leaf.
        event: u32,
    },
    /// A scripted line by its number.
    Scripted(u32),
}

/// A line's place in the order of all lines: by time, then by identity. Also the cursor between two pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// When the line was written, in ms since the Unix epoch.
    pub at_ms: i64,
    /// Which line it is.
    pub id: LineId,
}

/// `1733132701123.12.-340.7` for event 7 of leaf -340 under template 12, `1733132701123.s4` for scripted line 4.
impl fmt::Display for LineKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            LineId::Event { log, leaf, event } => {
                write!(out, "{}.{}.{leaf}.{event}", self.at_ms, log.0)
            }
            LineId::Scripted(number) => write!(out, "{}.s{number}", self.at_ms),
        }
    }
}

impl LineKey {
    /// Reads what [`fmt::Display`] writes; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, rest) = text.split_once('.')?;
        let at_ms = at.parse().ok()?;
        let id = if let Some(number) = rest.strip_prefix('s') {
            LineId::Scripted(number.parse().ok()?)
        } else {
            let mut parts = rest.split('.');
            let log = LogId(parts.next()?.parse().ok()?);
            let leaf = parts.next()?.parse().ok()?;
            let event = parts.next()?.parse().ok()?;
            if parts.next().is_some() {
                return None;
            }
            LineId::Event { log, leaf, event }
        };
        Some(Self { at_ms, id })
    }
}

/// A declared log template.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) def: Arc<LogDef>,
    /// Its number among the templates of its atom: the draws of their fields are told apart by it.
    pub(super) emitter: u8,
    /// Declared after the drill began: its lines begin here.
    pub(super) from: LeafIndex,
}

/// Hexadecimal digits of a trace.
const TRACE_DIGITS: usize = 32;

/// A scripted line with its number.
#[derive(Clone, Debug)]
pub(super) struct Scripted {
    pub(super) key: LineKey,
    pub(super) line: Arc<ScriptedLine>,
    text: OnceLock<Written>,
}

/// What a scripted line is in writing.
#[derive(Clone, Debug)]
struct Written {
    text: Arc<str>,
    /// Whether it has as many hexadecimal digits in a row as a trace.
    has_digits: bool,
}

impl Scripted {
    const fn new(key: LineKey, line: Arc<ScriptedLine>) -> Self {
        Self {
            key,
            line,
            text: OnceLock::new(),
        }
    }

    /// The line as it is written; kept once it has been asked for, as searches ask again and again.
    pub(super) fn text(&self) -> &str {
        &self.written().text
    }

    /// Whether the line can hold a trace's digits.
    pub(super) fn may_hold_trace(&self) -> bool {
        self.written().has_digits
    }

    fn written(&self) -> &Written {
        self.text.get_or_init(|| {
            let line = &self.line;
            let at = SimTime(self.key.at_ms);
            let says = line.says.text_at(at);
            let text = written(&says, line.format, line.level, &line.logger, at);
            let rows = text.split(|letter: char| !letter.is_ascii_hexdigit());
            Written {
                has_digits: rows.map(str::len).any(|digits| digits >= TRACE_DIGITS),
                text: text.into(),
            }
        })
    }
}

/// All that writes lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Logs {
    #[expect(clippy::struct_field_names, reason = "the logs themselves")]
    pub(super) logs: Vec<Log>,
    pub(super) by_atom: BTreeMap<AtomId, Vec<LogId>>,
    /// Sorted by key.
    pub(super) scripted: Vec<Scripted>,
}

impl Telemetry {
    /// Declares a log template. After [`Telemetry::open`] its lines begin in the open.
    pub fn add_log(&mut self, def: LogDef) -> Result<LogId, LogError> {
        let name = || def.name.to_string();
        self.atom(def.atom)
            .ok_or_else(|| LogError::Unknown(name()))?;
        if def.template.fields().len() > MOST_FIELDS {
            return Err(LogError::TooManyFields(name()));
        }
        let from = if self.closed_ms() == i64::MIN {
            LeafIndex::MIN
        } else {
            self.grid()
                .leaf_at(self.grid().cut_at_or_after(self.closed_ms()))
        };
        let logs = self.logs_mut();
        if logs.logs.len() >= MOST_LOGS {
            return Err(LogError::TooMany);
        }
        let id = LogId(logs.logs.len() as u32);
        let of_atom = logs.by_atom.entry(def.atom).or_default();
        if of_atom.len() >= MOST_LOGS_PER_ATOM {
            return Err(LogError::TooManyOfAtom(name()));
        }
        let emitter = of_atom.len() as u8;
        of_atom.push(id);
        logs.logs.push(Log {
            def: Arc::new(def),
            emitter,
            from,
        });
        Ok(id)
    }

    /// Adds a line at an instant, in ms since the Unix epoch, that is not closed yet.
    pub fn add_line(&mut self, at_ms: i64, mut line: ScriptedLine) -> Result<LineKey, LogError> {
        self.check_open(at_ms)?;
        line.says.clean();
        let logs = self.logs_mut();
        if logs.scripted.len() >= MOST_SCRIPTED {
            return Err(LogError::TooMany);
        }
        let key = LineKey {
            at_ms,
            id: LineId::Scripted(logs.scripted.len() as u32),
        };
        let place = logs.scripted.partition_point(|other| other.key < key);
        logs.scripted
            .insert(place, Scripted::new(key, Arc::new(line)));
        Ok(key)
    }

    /// Adds lines of the past, each said at many instants, while nothing has read any.
    pub fn add_past_lines(&mut self, lines: Vec<(ScriptedLine, Vec<i64>)>) -> Result<(), LogError> {
        let logs = self.logs_mut();
        let more: usize = lines.iter().map(|(_, instants)| instants.len()).sum();
        if logs.scripted.len() + more > MOST_SCRIPTED {
            return Err(LogError::TooMany);
        }
        logs.scripted.reserve(more);
        for (mut line, instants) in lines {
            line.says.clean();
            let line = Arc::new(line);
            for at_ms in instants {
                let key = LineKey {
                    at_ms,
                    id: LineId::Scripted(logs.scripted.len() as u32),
                };
                logs.scripted.push(Scripted::new(key, Arc::clone(&line)));
            }
        }
        logs.scripted.sort_by_key(|scripted| scripted.key);
        Ok(())
    }

    /// What a log template was declared as.
    pub fn log_def(&self, log: LogId) -> Option<&LogDef> {
        self.logs()
            .logs
            .get(log.0 as usize)
            .map(|log| log.def.as_ref())
    }

    /// All log templates with their numbers.
    pub fn log_defs(&self) -> impl Iterator<Item = (LogId, &LogDef)> {
        let numbered = self.logs().logs.iter().enumerate();
        numbered.map(|(number, log)| (LogId(number as u32), log.def.as_ref()))
    }

    /// The services that write lines, sorted.
    pub fn log_services(&self) -> Vec<Arc<str>> {
        let declared = self.logs().logs.iter().map(|log| &log.def.service);
        let scripted = self
            .logs()
            .scripted
            .iter()
            .map(|scripted| &scripted.line.service);
        let services: std::collections::BTreeSet<_> = declared.chain(scripted).cloned().collect();
        services.into_iter().collect()
    }
}

/// Makes a text fit to be a line; most are already, and stay shared.
fn clean(says: &mut Arc<str>) {
    let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if says.len() > LONGEST_LINE || says.chars().any(bad) {
        *says = cleaned(says).into();
    }
}

fn cleaned(text: &str) -> String {
    let mut end = text.len().min(LONGEST_LINE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or("");
    kept.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_and_read() {
        let id = LineId::Event {
            log: LogId(12),
            leaf: -340,
            event: 7,
        };
        for id in [id, LineId::Scripted(4)] {
            let key = LineKey { at_ms: -5, id };
            assert_eq!(LineKey::parse(&key.to_string()), Some(key));
        }
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.3",
            "1.2.3.4.5",
            "1.s",
            "x.s1",
            "1.2.3.-4",
        ] {
            assert_eq!(LineKey::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn control_characters_are_taken_out() {
        assert_eq!(cleaned("a\u{1b}[31m\tb\r\nc\u{85}"), "a[31m\tb\nc");
        assert_eq!(cleaned(&"é".repeat(LONGEST_LINE)).len(), LONGEST_LINE);
    }
}
