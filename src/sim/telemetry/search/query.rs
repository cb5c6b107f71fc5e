//! What is looked for: filters in a row, compiled once. Bounded in text, number and size of automata.

use std::sync::Arc;

use regex_automata::MatchKind;
use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

use super::automaton::Automaton;
use super::size;

/// Most filters of a query.
const MOST_FILTERS: usize = 16;
/// Longest text of a filter in bytes.
const LONGEST_FILTER: usize = 4096;
/// A regular expression's program may take so many bytes.
const PROGRAM_BYTES: usize = 1 << 20;

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
    /// None where lines are read whole.
    pub(super) automaton: Option<Arc<Automaton>>,
    pub(super) negated: bool,
    /// The trace that the pattern is, if it is the 32 digits of one.
    pub(super) trace: Option<u128>,
}

/// Filters in a row, all of which a line must fulfil. Copies share what is compiled.
#[derive(Clone, Debug, Default)]
pub struct LineQuery {
    pub(super) filters: Arc<[Filter]>,
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
        let syntax = syntax::Config::new()
            .case_insensitive(spec.ignore_case)
            .nest_limit(100);
        let parsed = syntax::parse_with(&pattern, &syntax)
            .map_err(|error| QueryError::Regex(error.to_string()))?;
        Ok(Self {
            regex: compile(&parsed)?,
            automaton: Automaton::new(&parsed).map(Arc::new),
            negated: spec.negated,
            trace: trace_of(spec),
        })
    }
}

/// Whether the program of an expression certainly takes more than a filter's may. Compiles nothing.
pub(in crate::sim) fn is_too_large(pattern: &str) -> bool {
    let syntax = syntax::Config::new().nest_limit(100);
    let parsed = syntax::parse_with(pattern, &syntax);
    parsed.is_ok_and(|parsed| size::exceeds_as_regex(&parsed, PROGRAM_BYTES))
}

/// Compiles an expression as the crate `regex` does, but without what only captures need.
fn compile(parsed: &Hir) -> Result<Regex, QueryError> {
    let too_large = || {
        let error = regex::Error::CompiledTooBig(PROGRAM_BYTES);
        QueryError::Regex(error.to_string())
    };
    if size::exceeds_as_regex(parsed, PROGRAM_BYTES) {
        return Err(too_large());
    }
    let config = meta::Config::new()
        .nfa_size_limit(Some(PROGRAM_BYTES))
        .hybrid_cache_capacity(2 << 20)
        .onepass(false)
        .match_kind(MatchKind::LeftmostFirst)
        .utf8_empty(true);
    let regex = meta::Builder::new()
        .configure(config)
        .build_from_hir(parsed);
    regex.map_err(|error| match error.size_limit() {
        Some(_) => too_large(),
        None => QueryError::Regex(error.to_string()),
    })
}
