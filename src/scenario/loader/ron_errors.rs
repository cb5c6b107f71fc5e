//! Turns ron's errors into sentences of this format: ron names what its parser expected at a cursor, an author needs to
//! know which value is wrong and what would be right. Also finds what to cut out so that the rest can be read.

use std::ops::Range;
use std::sync::Arc;

use ron::Error;

use super::tree::{Entry, Kind, Node};
use crate::diag::{Diagnostic, SourceText};
use crate::scenario::checks::nearest::{did_you_mean, list};
use crate::scenario::ids;

/// A value on the way from the file's root to an error.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// A named value.
    Entry(&'a Entry),
    /// An item of a list or tuple; also the root.
    Item(&'a Node),
}

impl<'a> Step<'a> {
    /// The value.
    pub(super) const fn node(self) -> &'a Node {
        match self {
            Self::Entry(entry) => &entry.value,
            Self::Item(node) => node,
        }
    }

    /// Its bytes, with its name.
    pub(super) fn span(self) -> Range<usize> {
        match self {
            Self::Entry(entry) => entry.span(),
            Self::Item(node) => node.span.clone(),
        }
    }
}

/// The values that hold an offset, from the root inwards.
pub(super) fn steps<'a>(root: &'a Node, offset: usize, code: &Error) -> Vec<Step<'a>> {
    let mut steps = vec![Step::Item(root)];
    loop {
        let node = steps.last().map_or(root, |step| step.node());
        let all = || {
            node.entries()
                .iter()
                .map(Step::Entry)
                .chain(node.items().iter().map(Step::Item))
        };
        let inside = all().find(|step| step.span().contains(&offset));
        // A name that wants values is found missing them just behind it.
        let behind = || {
            matches!(code, Error::ExpectedStructLike)
                .then(|| all().rfind(|step| step.span().end <= offset))
                .flatten()
        };
        match inside.or_else(behind) {
            Some(step) => steps.push(step),
            None => return steps,
        }
    }
}

/// What is cut out: the innermost value that the rest can be without.
pub(super) fn target<'a>(steps: &[Step<'a>]) -> Option<Step<'a>> {
    let outer = steps.iter().rev().skip(1);
    steps
        .iter()
        .skip(1)
        .rev()
        .zip(outer)
        .find(|(_, outer)| !matches!(outer.node().kind, Kind::Tuple(_)))
        .map(|(step, _)| *step)
}

/// The problem that ron's error is.
pub(super) fn explain(
    file: &Arc<SourceText>,
    steps: &[Step<'_>],
    code: &Error,
    offset: usize,
    noun: &str,
) -> Diagnostic {
    let context = Context {
        file,
        steps,
        offset,
        noun,
    };
    match code {
        Error::NoSuchStructField {
            expected, found, ..
        } => context.unknown_field(found, expected),
        Error::NoSuchEnumVariant {
            expected, found, ..
        } => context.unknown_variant(found, expected),
        Error::MissingStructField { field, .. } => context.missing_field(field),
        Error::DuplicateStructField { field, .. } => context.at_node(
            ids::FIELD_TWICE,
            format!("`{field}` is given twice"),
            "keep one of them",
        ),
        Error::Message(message) => {
            // A value's own reader says what is wrong, and behind a semicolon what would be right.
            let (wrong, right) = message.split_once("; ").unwrap_or((
                message,
                "compare with the field's example in docs/scenario-format.md",
            ));
            context.at_node(ids::BAD_VALUE, wrong.to_owned(), right)
        }
        Error::IntegerOutOfBounds => context.at_node(
            ids::OUT_OF_RANGE,
            format!("{} is out of range for this field", context.shown()),
            "whole numbers here are zero or more, and at most what the field can hold",
        ),
        Error::ExpectedDifferentLength { expected, .. } => context.at_node(
            ids::WRONG_TYPE,
            format!(
                "expected {}, found {}",
                expected.replace("a tuple of size", "values in `( )`, as many as"),
                context.count()
            ),
            "compare with the field's example in docs/scenario-format.md",
        ),
        _ => context.wrong_type(code),
    }
}

struct Context<'a> {
    file: &'a Arc<SourceText>,
    steps: &'a [Step<'a>],
    offset: usize,
    /// What the file holds: an estate or a scenario.
    noun: &'a str,
}

impl Context<'_> {
    fn node(&self) -> Option<&Node> {
        self.steps.last().map(|step| step.node())
    }

    fn node_span(&self) -> Range<usize> {
        self.node()
            .map_or(self.offset..self.offset + 1, |node| node.span.clone())
    }

    fn text(&self, span: Range<usize>) -> &str {
        self.file.text.get(span).unwrap_or("")
    }

    /// The tag of the value, or the name it is given under: what to call it.
    fn owner(&self) -> String {
        for step in self.steps.iter().rev() {
            if let Some(tag) = &step.node().tag {
                return format!("`{}`", self.text(tag.clone()));
            }
            if let Step::Entry(entry) = step {
                return format!("`{}`", entry.name);
            }
        }
        format!("the {}", self.noun)
    }

    fn at_node(&self, id: &'static str, message: String, hint: &str) -> Diagnostic {
        Diagnostic::error(id, self.file, self.node_span(), message).hint(hint)
    }

    fn unknown_field(&self, found: &str, expected: &[&str]) -> Diagnostic {
        let span = self
            .steps
            .iter()
            .rev()
            .find_map(|step| match step {
                Step::Entry(entry) if entry.name == found => Some(entry.name_span.clone()),
                _ => None,
            })
            .unwrap_or_else(|| self.node_span());
        // The deepest value is the unknown field's own; its owner is one up.
        let owner = Context {
            steps: self
                .steps
                .split_last()
                .map_or(self.steps, |(_, outer)| outer),
            ..*self
        }
        .owner();
        Diagnostic::error(
            ids::UNKNOWN_FIELD,
            self.file,
            span,
            format!("{owner} has no field `{found}`"),
        )
        .hint(
            did_you_mean(found, expected.iter().copied())
                .unwrap_or_else(|| format!("its fields are {}", list(expected))),
        )
    }

    fn unknown_variant(&self, found: &str, expected: &[&str]) -> Diagnostic {
        let span = self
            .node()
            .and_then(|node| node.tag.clone())
            .unwrap_or_else(|| self.node_span());
        Diagnostic::error(
            ids::UNKNOWN_VARIANT,
            self.file,
            span,
            format!("`{found}` is not known here"),
        )
        .hint(
            did_you_mean(found, expected.iter().copied())
                .unwrap_or_else(|| format!("known are {}", list(expected))),
        )
    }

    fn missing_field(&self, field: &str) -> Diagnostic {
        let node = self.node();
        let span = match (self.steps.last(), node.and_then(|node| node.tag.clone())) {
            (_, Some(tag)) => tag,
            (Some(Step::Entry(entry)), None) => entry.name_span.clone(),
            (_, None) => node.map_or(self.offset..self.offset + 1, |node| {
                node.span.start..node.span.start + 1
            }),
        };
        Diagnostic::error(
            ids::MISSING_FIELD,
            self.file,
            span,
            format!("{} has no `{field}`", self.owner()),
        )
        .hint(format!("add `{field}: ...`"))
    }

    /// What the author wrote, shortened.
    fn shown(&self) -> String {
        let Some(node) = self.node() else {
            return "this".to_owned();
        };
        let text = self.text(node.span.clone());
        match &node.kind {
            Kind::Number | Kind::Name => format!("`{text}`"),
            Kind::Text(_) if text.chars().count() <= 40 && !text.contains('\n') => {
                format!("the text `{text}`")
            }
            _ => node.noun().to_owned(),
        }
    }

    fn count(&self) -> usize {
        self.node().map_or(0, |node| node.items().len())
    }

    fn wrong_type(&self, code: &Error) -> Diagnostic {
        let Some(node) = self.node() else {
            return self.at_node(ids::WRONG_TYPE, format!("this cannot be read: {code}"), "");
        };
        let tag = node.tag.clone().map(|tag| self.text(tag).to_owned());
        if let Some(found) = self.misused_variant(node, tag.as_deref(), code) {
            return found;
        }
        let (wanted, hint) = match code {
            Error::ExpectedInteger | Error::ExpectedComma => {
                ("a whole number", "write it without a fraction: `3`")
            }
            Error::ExpectedFloat => ("a number", "write `2` or `0.5`, without quotes"),
            Error::ExpectedBoolean => ("`true` or `false`", "write `true` or `false`"),
            Error::ExpectedString => ("a text", "write it in quotes: `\"...\"`"),
            Error::ExpectedArray => ("a list", "write `[ ..., ... ]`"),
            Error::ExpectedMap => ("a map", "write `{ \"name\": ..., }`"),
            Error::ExpectedNamedStructLike(_) | Error::ExpectedStructLike => {
                ("fields", "write `( field: value, ... )`")
            }
            Error::ExpectedStructLikeEnd => (
                "fewer values",
                "compare with the field's example in docs/scenario-format.md",
            ),
            Error::ExpectedIdentifier
            | Error::InvalidIdentifier(_)
            | Error::SuggestRawIdentifier(_) => {
                ("a name", "names of kinds are written without quotes")
            }
            Error::InvalidValueForType { expected, found } => {
                return self.at_node(
                    ids::WRONG_TYPE,
                    format!("expected {expected}, found {found}"),
                    "compare with the field's example in docs/scenario-format.md",
                );
            }
            other => {
                return self.at_node(
                    ids::WRONG_TYPE,
                    format!("this cannot be read: {}", lower_first(&other.to_string())),
                    "compare with the field's example in docs/scenario-format.md",
                );
            }
        };
        self.at_node(
            ids::WRONG_TYPE,
            format!("expected {wanted}, found {}", self.shown()),
            hint,
        )
    }

    /// A known variant with the wrong shape around its values.
    fn misused_variant(&self, node: &Node, tag: Option<&str>, code: &Error) -> Option<Diagnostic> {
        if let (Some(Step::Entry(entry)), [.., outer, _]) = (self.steps.last(), self.steps)
            && matches!(outer.node().kind, Kind::Fields(_))
            && entry.name_span.contains(&self.offset)
            && let Some(tag) = outer.node().tag.clone()
        {
            let tag = self.text(tag);
            return Some(
                Diagnostic::error(
                    ids::WRONG_SHAPE,
                    self.file,
                    entry.span(),
                    format!("`{tag}` takes its value without a name"),
                )
                .hint(format!(
                    "write `{tag}({})`",
                    self.text(entry.value.span.clone())
                )),
            );
        }
        // A name was expected inside of `( )` that hold plain values.
        let names_wanted = matches!(
            code,
            Error::SuggestRawIdentifier(_)
                | Error::InvalidIdentifier(_)
                | Error::ExpectedIdentifier
        );
        if names_wanted
            && let [.., outer, _] = self.steps
            && matches!(outer.node().kind, Kind::Tuple(_))
            && let Some(tag) = outer.node().tag.clone()
        {
            let tag = self.text(tag);
            return Some(
                Diagnostic::error(
                    ids::WRONG_SHAPE,
                    self.file,
                    outer.node().span.clone(),
                    format!("the values of `{tag}` have names"),
                )
                .hint(format!("write `{tag}(name: value, ...)`")),
            );
        }
        let tag = tag?;
        let (message, hint) = match (code, &node.kind) {
            (Error::ExpectedComma, Kind::Fields(_) | Kind::Tuple(_)) => {
                (format!("`{tag}` takes no values"), format!("write `{tag}`"))
            }
            (Error::ExpectedStructLike, Kind::Name) => (
                format!("`{tag}` needs values"),
                format!("write `{tag}(...)`"),
            ),
            (
                Error::SuggestRawIdentifier(_)
                | Error::InvalidIdentifier(_)
                | Error::ExpectedIdentifier,
                Kind::Tuple(_),
            ) => (
                format!("the values of `{tag}` have names"),
                format!("write `{tag}(name: value, ...)`"),
            ),
            _ => return None,
        };
        Some(self.at_node(ids::WRONG_SHAPE, message, &hint))
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}
