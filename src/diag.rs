//! Diagnostics: problems of a text with their place, id and hint. Standard library only.
//!
//! Holds what a problem is and how a list of them is put in order; [`render`] draws them. Knows nothing of what the
//! texts mean.

pub mod position;
pub mod render;
pub mod text;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

pub use position::{Position, position};
pub use text::visible;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The files cannot be used.
    Error,
    /// The files can be used; something in them is probably not meant.
    Warning,
}

impl Severity {
    /// The word that a report begins with.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A text that problems are found in.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Name as a person would write it: a path relative to where they are, or to the root of the files.
    pub name: String,
    /// The text as it was read. Empty for a file that could not be read.
    pub text: String,
}

/// A further place that helps to understand a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text it is in.
    pub file: Arc<SourceText>,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What is there.
    pub message: String,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem it is, for example `FD0101`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// The text it is in.
    pub file: Arc<SourceText>,
    /// Bytes of the text that are wrong. Need not lie on character borders: rendering widens it.
    pub span: Range<usize>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do about it: one hint, most often the nearest valid name.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        id: &'static str,
        file: &Arc<SourceText>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            id,
            severity: Severity::Error,
            message: message.into(),
            file: Arc::clone(file),
            span,
            labels: Vec::new(),
            hint: None,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a hint, where there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The same with a further place.
    #[must_use]
    pub fn label(
        mut self,
        file: &Arc<SourceText>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        self.labels.push(Label {
            file: Arc::clone(file),
            span,
            message: message.into(),
        });
        self
    }

    /// Line and column where the problem begins, both from 1.
    pub fn position(&self) -> Position {
        position(&self.file.text, self.span.start)
    }
}

/// Puts problems in the order of files and places, and drops those said twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(order);
    diagnostics.dedup_by(|next, kept| {
        next.id == kept.id
            && next.span == kept.span
            && next.message == kept.message
            && next.file.name == kept.file.name
    });
}

fn order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    (
        &a.file.name,
        a.span.start,
        a.span.end,
        a.severity,
        a.id,
        &a.message,
    )
        .cmp(&(
            &b.file.name,
            b.span.start,
            b.span.end,
            b.severity,
            b.id,
            &b.message,
        ))
}

/// Whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_ordered_by_place_and_said_once() {
        let file = |name: &str| {
            Arc::new(SourceText {
                name: name.to_owned(),
                text: "abc".to_owned(),
            })
        };
        let (a, b) = (file("a"), file("b"));
        let mut list = vec![
            Diagnostic::error("X2", &b, 0..1, "third"),
            Diagnostic::error("X1", &a, 2..3, "second"),
            Diagnostic::error("X1", &a, 0..1, "first"),
            Diagnostic::error("X1", &a, 2..3, "second").hint("said again"),
        ];
        sort(&mut list);
        let said: Vec<_> = list.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(said, ["first", "second", "third"]);
    }
}
