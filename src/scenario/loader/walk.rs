//! Walks a tree of values for what no type can say: names given twice, control characters, numbers that are none.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::tree::{Entry, Kind, Node};
use crate::diag::text::first_forbidden;
use crate::diag::{Diagnostic, SourceText};
use crate::scenario::ids;

/// Says which names a map or struct gives twice, and collects the later ones.
pub(super) fn doubled(
    file: &Arc<SourceText>,
    node: &Node,
    gone: &mut Vec<Range<usize>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    let id = match node.kind {
        Kind::Map(_) => ids::NAME_TWICE,
        _ => ids::FIELD_TWICE,
    };
    for entry in node.entries() {
        if let Some(first) = seen.get(entry.name.as_str()) {
            diagnostics.push(
                Diagnostic::error(
                    id,
                    file,
                    entry.name_span.clone(),
                    format!("`{}` is given twice", entry.name),
                )
                .label(file, first.name_span.clone(), "it is given here already")
                .hint("keep one of them, or give one another name"),
            );
            gone.push(entry.span());
        } else {
            seen.insert(&entry.name, entry);
        }
    }
    for child in node.children() {
        doubled(file, child, gone, diagnostics);
    }
}

/// The longest name of a map's entry, in characters.
const LONGEST_NAME: usize = 300;
/// The longest text, in bytes.
const LONGEST_TEXT: usize = 64 << 10;
/// The most problems of this kind that are listed.
const MAX_PROBLEMS: usize = 500;

/// Says which texts hold characters that may not be shown or are too long, and which numbers are not finite.
pub(super) fn values(file: &Arc<SourceText>, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.len() > MAX_PROBLEMS {
        return;
    }
    let raw = file.text.get(node.span.clone()).unwrap_or("");
    match &node.kind {
        Kind::Text(text) => text_value(file, &node.span, text, diagnostics),
        Kind::Number if !finite(raw) => diagnostics.push(not_a_number(file, node, raw)),
        Kind::Name if matches!(raw, "inf" | "NaN" | "nan" | "infinity") => {
            diagnostics.push(not_a_number(file, node, raw));
        }
        _ => {}
    }
    for entry in node.entries() {
        text_value(file, &entry.name_span, &entry.name, diagnostics);
        if entry.name.chars().count() > LONGEST_NAME {
            diagnostics.push(
                Diagnostic::error(
                    ids::TOO_LONG,
                    file,
                    entry.name_span.clone(),
                    format!("the name has more than {LONGEST_NAME} characters"),
                )
                .hint("give it a short name, and say the rest in its text"),
            );
        }
    }
    for child in node.children() {
        values(file, child, diagnostics);
    }
}

fn text_value(
    file: &Arc<SourceText>,
    span: &Range<usize>,
    text: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some((_, bad)) = first_forbidden(text) {
        diagnostics.push(
            Diagnostic::error(
                ids::CONTROL_IN_TEXT,
                file,
                span.clone(),
                format!(
                    "the text holds the control character {}",
                    bad.escape_unicode()
                ),
            )
            .hint("only line breaks and tabs may be in a text; remove it"),
        );
    }
    if text.len() > LONGEST_TEXT {
        diagnostics.push(
            Diagnostic::error(
                ids::TOO_LONG,
                file,
                span.clone(),
                format!("the text has more than {} KiB", LONGEST_TEXT >> 10),
            )
            .hint("put long texts into files: a wiki page, a file of a repository"),
        );
    }
}

/// Whether a number can be held. A hexadecimal or other form that is no decimal is left to the type.
fn finite(raw: &str) -> bool {
    raw.replace('_', "")
        .parse::<f64>()
        .map_or(true, f64::is_finite)
}

fn not_a_number(file: &Arc<SourceText>, node: &Node, raw: &str) -> Diagnostic {
    Diagnostic::error(
        ids::NOT_FINITE,
        file,
        node.span.clone(),
        format!("`{raw}` is not a number that can be used here"),
    )
    .hint("write a finite number")
}

/// Calls `each` with span and tail of every entry and item that `kept` no longer has.
pub(super) fn missing(written: &Node, kept: &Node, each: &mut dyn FnMut(Range<usize>, usize)) {
    let mut left = kept.entries().iter();
    let mut next = left.next();
    for entry in written.entries() {
        match next {
            Some(same) if same.span() == entry.span() => {
                missing(&entry.value, &same.value, each);
                next = left.next();
            }
            _ => each(entry.span(), entry.value.tail),
        }
    }
    let mut left = kept.items().iter();
    let mut next = left.next();
    for item in written.items() {
        match next {
            Some(same) if same.span == item.span => {
                missing(item, same, each);
                next = left.next();
            }
            _ => each(item.span.clone(), item.tail),
        }
    }
}
