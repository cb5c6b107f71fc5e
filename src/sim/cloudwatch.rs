//! CloudWatch Logs' filter patterns: terms and phrases, conditions on JSON fields, conditions on space-delimited columns.
//!
//! [`FilterPattern::parse`] reads a pattern, [`FilterPattern::matches`] tries one event's message. What terms say can be
//! handed to the search over templates ([`FilterPattern::text_filters`]). Never reads lines itself.

mod columns;
mod compare;
mod json;
mod terms;
#[cfg(test)]
mod tests;

use thiserror::Error;

use self::columns::Columns;
use self::json::Condition;
use self::terms::Terms;
use crate::sim::telemetry::search::TextFilter;

/// The longest pattern, as the service has it.
const LONGEST: usize = 1024;
/// The deepest nesting of parentheses.
const DEEPEST: usize = 32;

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Invalid filter pattern: {reason} at position {at}")]
pub struct PatternError {
    /// What is wrong.
    pub reason: String,
    /// The byte of the pattern, from 0.
    pub at: usize,
}

/// A filter pattern.
#[derive(Clone, Debug)]
pub struct FilterPattern {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Terms(Terms),
    Json(Condition),
    Columns(Columns),
}

impl FilterPattern {
    /// Reads a pattern; an empty one takes every event.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > LONGEST {
            return Err(PatternError {
                reason: format!("more than {LONGEST} characters"),
                at: LONGEST,
            });
        }
        let start = text.len() - text.trim_start().len();
        let kind = match text.trim_start().chars().next() {
            Some('{') => Kind::Json(json::parse(text, start)?),
            Some('[') => Kind::Columns(columns::parse(text, start)?),
            _ => Kind::Terms(terms::parse(text)?),
        };
        Ok(Self { kind })
    }

    /// Whether an event's message is taken.
    pub fn matches(&self, message: &str) -> bool {
        match &self.kind {
            Kind::Terms(terms) => terms.matches(message),
            Kind::Json(condition) => {
                serde_json::from_str(message.trim()).is_ok_and(|value| condition.holds(&value))
            }
            Kind::Columns(columns) => columns.matches(message),
        }
    }

    /// The same as filters for the search, if the search alone can decide.
    pub fn text_filters(&self) -> Option<Vec<TextFilter>> {
        match &self.kind {
            Kind::Terms(terms) => Some(terms.text_filters()),
            Kind::Json(_) | Kind::Columns(_) => None,
        }
    }
}

/// A reader of a pattern's characters.
#[derive(Debug)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    const fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn error<T>(&self, reason: impl Into<String>) -> Result<T, PatternError> {
        Err(PatternError {
            reason: reason.into(),
            at: self.at,
        })
    }

    /// A quoted text after its opening quote.
    fn quoted(&mut self) -> Result<String, PatternError> {
        let mut text = String::new();
        let mut escaped = false;
        for (offset, letter) in self.rest().char_indices() {
            match letter {
                _ if escaped => {
                    if !matches!(letter, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(letter);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += offset + 1;
                    return Ok(text);
                }
                _ => text.push(letter),
            }
        }
        self.error("a quotation mark is missing")
    }

    /// An expression after its opening percent sign.
    fn regex(&mut self) -> Result<regex::Regex, PatternError> {
        let rest = self.rest();
        let Some(end) = rest.find('%') else {
            return self.error("a percent sign is missing");
        };
        let text = rest.get(..end).unwrap_or("");
        let allowed = |letter: char| {
            letter.is_ascii_alphanumeric() || " _#=@/;,-:^$?[]{}|\\*+.".contains(letter)
        };
        if let Some(odd) = text.chars().find(|letter| !allowed(*letter)) {
            return self.error(format!("'{odd}' is not supported in an expression"));
        }
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        match built {
            Ok(regex) if !text.is_empty() => {
                self.at += end + 1;
                Ok(regex)
            }
            _ => self.error("the expression cannot be read"),
        }
    }
}
