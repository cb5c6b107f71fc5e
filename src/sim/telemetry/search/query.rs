//! What is looked for: filters in a row, compiled once. Bounded in text, number and size of automata.

use regex::{Regex, RegexBuilder};
use regex_automata::dfa::{StartKind, dense};
use regex_automata::util::syntax;

use super::Decision;
use super::graph::{Graph, Surroundings};
use super::machine::Machine;
use crate::sim::telemetry::template::Template;

/// Most filters of a query.
const MOST_FILTERS: usize = 16;
/// Longest text of a filter in bytes.
const LONGEST_FILTER: usize = 4096;
/// A regular expression's program may take so many bytes.
const PROGRAM_BYTES: usize = 1 << 20;
/// Automata larger than this are not made; such a filter reads whole lines.
const AUTOMATON_BYTES: usize = 1 << 20;

/// One filter of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFilter {
    /// Text, or a regular expression that may match anywhere in the line.
    pub pattern: String,
    /// Whether the pattern is a regular expression.
    pub regex: bool,
    /// Whether small and capital letters are the same.
    pub ignore_case: bool,
    /// Whether lines without it are wanted.
    pub negated: bool,
}

impl TextFilter {
    /// Lines that contain a text.
    pub fn containing(text: &str) -> Self {
        Self {
            pattern: text.to_owned(),
            regex: false,
            ignore_case: false,
            negated: false,
        }
    }

    /// Lines in which a regular expression matches.
    pub fn matching(pattern: &str) -> Self {
        Self {
            regex: true,
            ..Self::containing(pattern)
        }
    }

    /// The lines that this filter does not take.
    #[must_use]
    pub fn negate(mut self) -> Self {
        self.negated = !self.negated;
        self
    }
}

/// Why a query cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There are more filters than 16.
    #[error("a search may have {MOST_FILTERS} filters")]
    TooMany,
    /// A filter's text is longer than 4,096 bytes.
    #[error("a search text may have {LONGEST_FILTER} bytes")]
    TooLong,
    /// The regular expression cannot be read or grows too large.
    #[error("{0}")]
    Regex(String),
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) regex: Regex,
    pub(super) machine: Option<Machine>,
    pub(super) negated: bool,
    /// The trace that the pattern is, if it is the 32 digits of one.
    pub(super) trace: Option<u128>,
}

/// Filters in a row, all of which a line must fulfil.
#[derive(Debug, Default)]
pub struct LineQuery {
    pub(super) filters: Vec<Filter>,
}

impl LineQuery {
    /// Compiles filters.
    pub fn new(filters: &[TextFilter]) -> Result<Self, QueryError> {
        if filters.len() > MOST_FILTERS {
            return Err(QueryError::TooMany);
        }
        let filters = filters.iter().map(Filter::new).collect::<Result<_, _>>()?;
        Ok(Self { filters })
    }

    /// Whether a text fulfils all filters.
    pub fn matches(&self, text: &str) -> bool {
        self.filters
            .iter()
            .all(|filter| filter.regex.is_match(text) != filter.negated)
    }
}

/// A pattern of exactly 32 small hexadecimal digits as a number.
fn trace_of(spec: &TextFilter) -> Option<u128> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_trace = spec.pattern.len() == 32
        && spec.pattern.bytes().all(digit)
        && !spec.negated
        && !spec.ignore_case;
    is_trace.then(|| u128::from_str_radix(&spec.pattern, 16).ok())?
}

impl Filter {
    fn new(spec: &TextFilter) -> Result<Self, QueryError> {
        if spec.pattern.len() > LONGEST_FILTER {
            return Err(QueryError::TooLong);
        }
        let pattern = if spec.regex {
            spec.pattern.clone()
        } else {
            regex::escape(&spec.pattern)
        };
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(spec.ignore_case)
            .size_limit(PROGRAM_BYTES)
            .nest_limit(100)
            .build()
            .map_err(|error| QueryError::Regex(error.to_string()))?;
        let config = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            // Word boundaries are followed while the text is ASCII; a template with other letters is read whole.
            .unicode_word_boundary(true)
            .dfa_size_limit(Some(AUTOMATON_BYTES))
            .determinize_size_limit(Some(2 * AUTOMATON_BYTES));
        let automaton = dense::Builder::new()
            .configure(config)
            .syntax(
                syntax::Config::new()
                    .case_insensitive(spec.ignore_case)
                    .nest_limit(100),
            )
            .build(&pattern)
            .ok();
        Ok(Self {
            regex,
            machine: automaton.and_then(Machine::new),
            negated: spec.negated,
            trace: trace_of(spec),
        })
    }

    pub(super) fn decide(&mut self, template: &Template, around: Surroundings<'_>) -> Decision {
        let Some(machine) = &mut self.machine else {
            return Decision::WholeLine;
        };
        match Graph::new(machine, template, around) {
            Some(graph) => graph
                .known()
                .map_or(Decision::Fields(graph), Decision::Known),
            None => Decision::WholeLine,
        }
    }
}
