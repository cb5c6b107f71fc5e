//! Label matchers: equality and anchored, size-limited regular expressions. Knows nothing of series or queries.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::labels::Labels;
use super::numbers::quote;
use super::plain_pattern::PlainPattern;

/// The most bytes that one compiled regular expression may take.
const REGEX_SIZE_LIMIT: usize = 1 << 20;
/// The most bytes of a regular expression's text.
const REGEX_TEXT_LIMIT: usize = 16 * 1024;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl fmt::Display for MatchOp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        })
    }
}

/// One condition on one label. An absent label has the empty value.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    op: MatchOp,
    value: String,
    pattern: Option<Pattern>,
}

/// A regular expression that is matched against whole values.
#[derive(Clone, Debug)]
enum Pattern {
    Plain(PlainPattern),
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        match PlainPattern::new(text).filter(|_| text.len() <= REGEX_TEXT_LIMIT) {
            Some(plain) => Ok(Self::Plain(plain)),
            None => anchored_regex(text).map(Self::Regex),
        }
    }

    fn is_match(&self, value: &str) -> bool {
        match self {
            Self::Plain(plain) => plain.is_match(value),
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.op == other.op && self.value == other.value
    }
}

impl Eq for Matcher {}

impl Matcher {
    /// A matcher; the error is the reason why the regular expression cannot be used.
    pub fn new(name: &str, op: MatchOp, value: &str) -> Result<Self, String> {
        let pattern = match op {
            MatchOp::Regex | MatchOp::NotRegex => Some(Pattern::new(value)?),
            MatchOp::Equal | MatchOp::NotEqual => None,
        };
        Ok(Self {
            name: name.to_owned(),
            op,
            value: value.to_owned(),
            pattern,
        })
    }

    /// The matcher `name="value"`, which cannot fail.
    pub fn equal(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            op: MatchOp::Equal,
            value: value.to_owned(),
            pattern: None,
        }
    }

    /// The label that is looked at.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is compared.
    pub fn op(&self) -> MatchOp {
        self.op
    }

    /// What it is compared with: text, or the text of the regular expression without its anchors.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label's value fulfils the condition.
    pub fn matches(&self, value: &str) -> bool {
        match (&self.pattern, self.op) {
            (None, MatchOp::NotEqual | MatchOp::NotRegex) => self.value != value,
            (None, _) => self.value == value,
            (Some(pattern), MatchOp::NotRegex) => !pattern.is_match(value),
            (Some(pattern), _) => pattern.is_match(value),
        }
    }

    /// Whether the labels fulfil the condition.
    pub fn matches_labels(&self, labels: &Labels) -> bool {
        self.matches(labels.get(&self.name))
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}{}", self.name, self.op, quote(&self.value))
    }
}

/// Whether the labels fulfil all conditions.
pub fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers
        .iter()
        .all(|matcher| matcher.matches_labels(labels))
}

/// A regular expression that must match the whole text; `.` matches a newline too, as in Prometheus 3.
///
/// The error is a sentence in the form of Go's `regexp` package.
pub fn anchored_regex(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > REGEX_TEXT_LIMIT {
        return Err("error parsing regexp: expression too large".to_owned());
    }
    let build = |text: &str| {
        RegexBuilder::new(&format!("^(?s:{text})$"))
            .size_limit(REGEX_SIZE_LIMIT)
            .dfa_size_limit(REGEX_SIZE_LIMIT)
            .nest_limit(100)
            .build()
    };
    // The pattern alone first: `)(` would otherwise close the anchors' group.
    if let Err(problem) = regex_syntax::ast::parse::Parser::new().parse(pattern) {
        return match literal_braces(pattern) {
            Some(escaped) => build(&escaped).map_err(|_| syntax_message(&problem, pattern)),
            None => Err(syntax_message(&problem, pattern)),
        };
    }
    build(pattern).map_err(|problem| match problem {
        regex::Error::CompiledTooBig(_) => "error parsing regexp: expression too large".to_owned(),
        _ => format!(
            "error parsing regexp: invalid syntax: {}",
            backquoted(pattern)
        ),
    })
}

fn backquoted(pattern: &str) -> String {
    format!("`{pattern}`")
}

/// Go reads a `{` that starts no repetition as itself; the pattern with such braces escaped, if there are any.
fn literal_braces(pattern: &str) -> Option<String> {
    let mut escaped = String::with_capacity(pattern.len() + 4);
    let mut rest = pattern;
    let mut changed = false;
    while let Some(character) = rest.chars().next() {
        let (first, after) = rest.split_at(character.len_utf8());
        match character {
            '\\' => {
                let next = after.chars().next().map_or(0, char::len_utf8);
                let (second, tail) = after.split_at(next);
                escaped.push_str(first);
                escaped.push_str(second);
                rest = tail;
                continue;
            }
            '{' if !starts_repetition(after) => {
                escaped.push_str("\\{");
                changed = true;
            }
            _ => escaped.push_str(first),
        }
        rest = after;
    }
    changed.then_some(escaped)
}

fn starts_repetition(after_brace: &str) -> bool {
    let Some((inside, _)) = after_brace.split_once('}') else {
        return false;
    };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    !low.is_empty()
        && low.bytes().all(|byte| byte.is_ascii_digit())
        && high.bytes().all(|byte| byte.is_ascii_digit())
}

fn syntax_message(problem: &regex_syntax::ast::Error, pattern: &str) -> String {
    use regex_syntax::ast::ErrorKind as Kind;
    let span = problem.span();
    let place = pattern
        .get(span.start.offset..span.end.offset)
        .filter(|place| !place.is_empty())
        .or_else(|| pattern.get(span.start.offset..))
        .unwrap_or(pattern);
    let (reason, shown) = match problem.kind() {
        Kind::GroupUnclosed => ("missing closing )", pattern),
        Kind::GroupUnopened => ("unexpected )", pattern),
        Kind::ClassUnclosed => (
            "missing closing ]",
            pattern.get(span.start.offset..).unwrap_or(pattern),
        ),
        Kind::ClassRangeInvalid => ("invalid character class range", place),
        Kind::RepetitionMissing => ("missing argument to repetition operator", place),
        Kind::RepetitionCountInvalid => ("invalid repeat count", place),
        Kind::EscapeUnexpectedEof => ("trailing backslash at end of expression", ""),
        Kind::EscapeUnrecognized => ("invalid escape sequence", place),
        Kind::NestLimitExceeded(_) => ("expression nests too deeply", pattern),
        Kind::UnsupportedLookAround | Kind::FlagUnrecognized => {
            ("invalid or unsupported Perl syntax", place)
        }
        _ => ("invalid syntax", pattern),
    };
    format!("error parsing regexp: {reason}: {}", backquoted(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regexes_are_anchored_and_match_newlines() {
        let matcher = Matcher::new("job", MatchOp::Regex, "a.b|c").unwrap();
        assert!(matcher.matches("a\nb") && matcher.matches("c"));
        assert!(!matcher.matches("xa.b") && !matcher.matches("cc"));
        assert!(
            Matcher::new("job", MatchOp::NotRegex, "a.*")
                .unwrap()
                .matches("")
        );
        assert!(Matcher::equal("job", "").matches_labels(&Labels::empty()));
    }

    #[test]
    fn bad_regexes_are_told_as_go_tells_them() {
        let reason = |pattern| anchored_regex(pattern).unwrap_err();
        assert_eq!(
            reason("(.*"),
            "error parsing regexp: missing closing ): `(.*`"
        );
        assert_eq!(reason("a)(b"), "error parsing regexp: unexpected ): `a)(b`");
        assert_eq!(
            reason("[a"),
            "error parsing regexp: missing closing ]: `[a`"
        );
        assert_eq!(
            reason("*a"),
            "error parsing regexp: missing argument to repetition operator: `*a`"
        );
        assert_eq!(
            reason("(a{999}){999}"),
            "error parsing regexp: expression too large"
        );
    }

    #[test]
    fn a_brace_that_repeats_nothing_is_itself() {
        assert!(anchored_regex("a{b}c").unwrap().is_match("a{b}c"));
        assert!(anchored_regex("a{2}").unwrap().is_match("aa"));
    }
}
