//! Terms of unstructured events: `ERROR "BAD REQUEST" -INFO`, `?ERROR ?WARN`, `%AUTHORIZED%`.

use super::{PatternError, Reader};
use crate::sim::telemetry::search::TextFilter;

/// Most terms of a pattern.
const MOST: usize = 100;

#[derive(Clone, Debug)]
enum Term {
    Text(String),
    Regex(regex::Regex),
}

impl Term {
    fn found_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }

    fn as_regex(&self) -> String {
        match self {
            Self::Text(text) => regex::escape(text),
            Self::Regex(regex) => format!("(?:{})", regex.as_str()),
        }
    }

    fn filter(&self) -> TextFilter {
        match self {
            Self::Text(text) => TextFilter::containing(text),
            Self::Regex(regex) => TextFilter::matching(regex.as_str()),
        }
    }
}

/// Terms that must be there, must not, or of which one must.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    all: Vec<Term>,
    none: Vec<Term>,
    any: Vec<Term>,
}

pub(super) fn parse(text: &str) -> Result<Terms, PatternError> {
    let mut reader = Reader::new(text, 0);
    let mut terms = Terms::default();
    loop {
        reader.skip_blanks();
        let Some(first) = reader.rest().chars().next() else {
            break;
        };
        let sign = matches!(first, '-' | '?').then_some(first);
        reader.at += usize::from(sign.is_some());
        let term = term(&mut reader)?;
        match sign {
            Some('-') => terms.none.push(term),
            Some(_) => terms.any.push(term),
            None => terms.all.push(term),
        }
        if terms.all.len() + terms.none.len() + terms.any.len() > MOST {
            return reader.error("too many terms");
        }
    }
    // Beside other terms the question mark has no meaning.
    if !(terms.all.is_empty() && terms.none.is_empty()) {
        terms.all.append(&mut terms.any);
    }
    Ok(terms)
}

fn term(reader: &mut Reader<'_>) -> Result<Term, PatternError> {
    match reader.rest().chars().next() {
        Some('"') => {
            reader.at += 1;
            reader.quoted().map(Term::Text)
        }
        Some('%') => {
            reader.at += 1;
            reader.regex().map(Term::Regex)
        }
        Some(letter) if letter == '_' || letter.is_alphanumeric() => {
            let rest = reader.rest();
            let end = rest
                .find(|letter: char| letter.is_whitespace())
                .unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or("");
            if let Some((at, odd)) = word
                .char_indices()
                .find(|(_, letter)| !(*letter == '_' || letter.is_alphanumeric()))
            {
                reader.at += at;
                return reader.error(format!("a term with '{odd}' needs double quotation marks"));
            }
            reader.at += end;
            Ok(Term::Text(word.to_owned()))
        }
        Some(odd) => reader.error(format!("a term with '{odd}' needs double quotation marks")),
        None => reader.error("a term is missing"),
    }
}

impl Terms {
    pub(super) fn matches(&self, message: &str) -> bool {
        let found = |term: &Term| term.found_in(message);
        self.all.iter().all(found)
            && !self.none.iter().any(found)
            && (self.any.is_empty() || self.any.iter().any(found))
    }

    pub(super) fn text_filters(&self) -> Vec<TextFilter> {
        let mut filters: Vec<TextFilter> = self.all.iter().map(Term::filter).collect();
        filters.extend(self.none.iter().map(|term| term.filter().negate()));
        if !self.any.is_empty() {
            let any: Vec<String> = self.any.iter().map(Term::as_regex).collect();
            filters.push(TextFilter::matching(&any.join("|")));
        }
        filters
    }
}
