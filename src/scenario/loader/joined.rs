//! Joins the RON files of an estate or scenario to one value, and reads it. ron stops at its first error: what is wrong is
//! cut out and the rest is read again, so that all problems are found in one go.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ron::extensions::Extensions;
use serde::de::DeserializeOwned;

use super::lexer::Flaw;
use super::ron_errors::{self, Step};
use super::tree::{Entry, Kind, Node, parse};
use crate::diag::position::{Position, offset};
use crate::diag::{Diagnostic, SourceText};
use crate::scenario::checks::nearest::did_you_mean;
use crate::scenario::ids;

/// The most problems of form that are looked for in one estate or scenario.
const MAX_PROBLEMS: usize = 64;
/// The most bytes that are read again and again for them.
const MAX_WORK_BYTES: usize = 48 << 20;

/// A RON file and its values.
#[derive(Debug)]
pub struct Part {
    /// The file.
    pub file: Arc<SourceText>,
    /// All its values, as written. `None` when it holds none.
    pub written: Option<Node>,
    /// The values that were read: `written` without what was wrong.
    pub kept: Option<Node>,
    /// Bytes that are read as others, so that a slip of form does not hide what follows.
    repairs: Vec<(usize, u8)>,
    /// Where the form is wrong: what ron says there as well follows from it.
    spoilt: Vec<Range<usize>>,
}

/// A piece of the joined text.
#[derive(Debug)]
struct Piece {
    /// Where it begins in the joined text.
    at: usize,
    part: usize,
    /// Its bytes in the file.
    span: Range<usize>,
}

/// Reads the files of one estate or scenario as one `T`. `fallback` gives the RON text of a required top-level field.
pub(super) fn read<T: DeserializeOwned>(
    files: &[Arc<SourceText>],
    noun: &str,
    fallback: &dyn Fn(&str) -> Option<&'static str>,
) -> (Option<T>, Vec<Part>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut parts: Vec<Part> = files
        .iter()
        .map(|file| part(file, &mut diagnostics))
        .collect();
    let value = Joining::new(&mut parts, &mut diagnostics).read(noun, fallback);
    (value, parts, diagnostics)
}

fn part(file: &Arc<SourceText>, diagnostics: &mut Vec<Diagnostic>) -> Part {
    let (node, flaws) = parse(&file.text);
    let repairs = flaws.iter().filter_map(|flaw| flaw.repair).collect();
    let spoilt = flaws
        .iter()
        .filter(|flaw| flaw.repair.is_none())
        .filter_map(|flaw| spoilt_by(flaw, node.as_ref()?))
        .take(MAX_PROBLEMS)
        .collect();
    for flaw in flaws.into_iter().take(MAX_PROBLEMS) {
        diagnostics.push(
            Diagnostic::error(ids::SYNTAX, file, flaw.span, flaw.message)
                .hint("remove it, or see the notation in docs/scenario-format.md")
                .maybe_hint(flaw.hint),
        );
    }
    let mut kept = node.clone();
    if let Some(root) = &node {
        if matches!(root.kind, Kind::Fields(_)) {
            let mut doubled = Vec::new();
            super::walk::values(file, root, diagnostics);
            super::walk::doubled(file, root, &mut doubled, diagnostics);
            if let Some(kept) = &mut kept {
                for gone in &doubled {
                    kept.remove(gone);
                }
            }
        } else {
            let end = root.span.end.min(root.span.start + 1);
            diagnostics.push(
                Diagnostic::error(
                    ids::WRONG_TYPE,
                    file,
                    root.span.start..end,
                    format!("a file holds fields in `( )`, found {}", root.noun()),
                )
                .hint("write `( field: value, ... )`"),
            );
            kept = None;
        }
    }
    Part {
        file: Arc::clone(file),
        written: node,
        kept,
        repairs,
        spoilt,
    }
}

/// The bytes in which a flaw of form makes ron's complaints worthless: the innermost value that holds it; for a flaw of
/// brackets the whole top-level field.
fn spoilt_by(flaw: &Flaw, root: &Node) -> Option<Range<usize>> {
    let at = flaw.span.start;
    let inside = |node: &Node| {
        let entries = node.entries().iter();
        let items = node.items().iter();
        let named = entries.map(|entry| (entry.span(), entry.value.clone()));
        named
            .chain(items.map(|item| (item.span.clone(), item.clone())))
            .find(|(span, _)| span.start <= at && at <= span.end)
    };
    let (mut span, mut node) = inside(root)?;
    while !flaw.is_structural
        && let Some((inner_span, inner)) = inside(&node)
    {
        (span, node) = (inner_span, inner);
    }
    Some(span)
}

struct Joining<'a> {
    parts: &'a mut Vec<Part>,
    diagnostics: &'a mut Vec<Diagnostic>,
    text: Vec<u8>,
    pieces: Vec<Piece>,
    /// Required fields that nothing gives a value to, so that the rest can be read.
    filled: Vec<String>,
    /// Names of fields that were cut out, so that their absence is not said as well.
    cut: Vec<(usize, Range<usize>, String)>,
}

impl<'a> Joining<'a> {
    fn new(parts: &'a mut Vec<Part>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            parts,
            diagnostics,
            text: Vec::new(),
            pieces: Vec::new(),
            filled: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// Writes the joined text: each top-level field once, maps and lists of several files as one.
    fn join(&mut self) {
        self.text.clear();
        self.pieces.clear();
        let mut fields: BTreeMap<String, Vec<(usize, Entry)>> = BTreeMap::new();
        for (index, part) in self.parts.iter().enumerate() {
            for entry in part.kept.iter().flat_map(Node::entries) {
                fields
                    .entry(entry.name.clone())
                    .or_default()
                    .push((index, entry.clone()));
            }
        }
        self.text.push(b'(');
        for entries in fields.into_values() {
            self.field(&entries);
        }
        for filled in &self.filled {
            self.text.extend_from_slice(filled.as_bytes());
        }
        self.text.push(b')');
        self.blank_what_is_gone();
    }

    fn field(&mut self, entries: &[(usize, Entry)]) {
        let Some(((first_part, first), later)) = entries.split_first() else {
            return;
        };
        let (open, close) = match first.value.kind {
            Kind::Map(_) => (b'{', b'}'),
            Kind::List(_) => (b'[', b']'),
            _ => (b' ', b' '),
        };
        let mut joined = vec![(*first_part, first)];
        for (part, entry) in later {
            if open != b' ' && entry.value.kind.same_form(&first.value.kind) {
                joined.push((*part, entry));
            } else {
                self.twice(
                    ids::FIELD_TWICE,
                    &entry.name,
                    (*part, entry),
                    (*first_part, &first.name_span),
                );
            }
        }
        if joined.len() == 1 {
            self.piece(*first_part, first.span());
        } else {
            self.text.extend_from_slice(first.name.as_bytes());
            self.text.extend_from_slice(&[b':', open]);
            self.inside(&joined);
            self.text.push(close);
        }
        self.text.push(b',');
    }

    /// The entries and items of a field that several files give.
    fn inside(&mut self, entries: &[(usize, &Entry)]) {
        let mut names: BTreeMap<&str, (usize, &Range<usize>)> = BTreeMap::new();
        for (part, entry) in entries {
            for inner in entry.value.entries() {
                if let Some(first) = names.get(inner.name.as_str()) {
                    self.twice(ids::NAME_TWICE, &inner.name, (*part, inner), *first);
                    continue;
                }
                names.insert(&inner.name, (*part, &inner.name_span));
                self.piece(*part, inner.span());
                self.text.push(b',');
            }
            for item in entry.value.items() {
                self.piece(*part, item.span.clone());
                self.text.push(b',');
            }
        }
    }

    /// The same name in two files: said, and the later one left out.
    fn twice(
        &mut self,
        id: &'static str,
        name: &str,
        later: (usize, &Entry),
        first: (usize, &Range<usize>),
    ) {
        let (part, entry) = later;
        let file = |index: usize| self.parts.get(index).map(|part| Arc::clone(&part.file));
        if let (Some(here), Some(there)) = (file(part), file(first.0)) {
            self.diagnostics.push(
                Diagnostic::error(
                    id,
                    &here,
                    entry.name_span.clone(),
                    format!("`{name}` is given twice"),
                )
                .label(&there, first.1.clone(), "it is given here already")
                .hint("keep one of them, or give one another name"),
            );
        }
        if let Some(kept) = self.parts.get_mut(part).and_then(|part| part.kept.as_mut()) {
            kept.remove(&entry.span());
        }
    }

    fn piece(&mut self, part: usize, span: Range<usize>) {
        let at = self.text.len();
        if let Some(bytes) = self
            .parts
            .get(part)
            .and_then(|part| part.file.text.as_bytes().get(span.clone()))
        {
            self.text.extend_from_slice(bytes);
            self.pieces.push(Piece { at, part, span });
        }
    }

    fn read<T: DeserializeOwned>(
        mut self,
        noun: &str,
        fallback: &dyn Fn(&str) -> Option<&'static str>,
    ) -> Option<T> {
        let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
        let mut work = 0;
        for _ in 0..MAX_PROBLEMS {
            self.join();
            work += self.text.len();
            if work > MAX_WORK_BYTES {
                break;
            }
            let text = std::str::from_utf8(&self.text).ok()?;
            let error = match options.from_str::<T>(text) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let place = Position {
                line: error.span.start.line,
                column: error.span.start.col,
            };
            let place = offset(text, place);
            self.handle(&error.code, place, noun, fallback)?;
        }
        None
    }

    /// Values that are no longer in the trees, but lie inside a piece that was copied whole.
    fn blank_what_is_gone(&mut self) {
        let mut gone = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            if let (Some(written), Some(kept)) = (&part.written, &part.kept) {
                super::walk::missing(written, kept, &mut |span, tail| {
                    gone.push((index, span.start..tail));
                });
            }
        }
        for (part, span) in gone {
            let inside = self.pieces.iter().find(|piece| {
                piece.part == part && piece.span.start <= span.start && span.end <= piece.span.end
            });
            if let Some(piece) = inside {
                let start = piece.at + (span.start - piece.span.start);
                if let Some(bytes) = self.text.get_mut(start..start + span.len()) {
                    bytes.fill(b' ');
                }
            }
        }
        self.repair();
    }

    /// Reads slips of form as they were meant: a comma that is missing, `=` for `:`.
    fn repair(&mut self) {
        let mut repairs = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            for (offset, byte) in &part.repairs {
                let inside = self.pieces.iter().find(|piece| {
                    piece.part == index && piece.span.start <= *offset && *offset < piece.span.end
                });
                repairs.extend(inside.map(|piece| (piece.at + (offset - piece.span.start), *byte)));
            }
        }
        for (at, byte) in repairs {
            // What the comma would follow may be gone.
            let before = self.text.get(..at).unwrap_or(&[]).iter().rev();
            let last = before.copied().find(|byte| !byte.is_ascii_whitespace());
            let nothing_before = matches!(last, Some(b',' | b'(' | b'[' | b'{') | None);
            if byte == b',' && nothing_before {
                if let Some(slot) = self.text.get_mut(at) {
                    *slot = b' ';
                }
            } else if let Some(slot) = self.text.get_mut(at) {
                *slot = byte;
            }
        }
    }

    /// Says what is wrong and cuts it out of the trees. `None` when nothing can be cut.
    fn handle(
        &mut self,
        code: &ron::Error,
        place: usize,
        noun: &str,
        fallback: &dyn Fn(&str) -> Option<&'static str>,
    ) -> Option<()> {
        if let ron::Error::MissingStructField { field, .. } = code
            && place + 1 >= self.text.len()
        {
            return self.missing_at_top(field, noun, fallback);
        }
        let located = self
            .pieces
            .iter()
            .rev()
            .find(|piece| piece.at <= place && place <= piece.at + piece.span.len())
            .map(|piece| (piece.part, piece.span.start + (place - piece.at)));
        let Some((index, offset)) = located else {
            return self.unknown_in_several(code, noun);
        };
        let part = self.parts.get(index)?;
        let steps = ron_errors::steps(part.kept.as_ref()?, offset, code);
        let target = ron_errors::target(&steps)?;
        let said_already = matches!(code, ron::Error::MissingStructField { field, .. }
            if steps.last().is_some_and(|step| self.was_cut(index, &step.node().span, field)));
        let span = target.span();
        let follows = part
            .spoilt
            .iter()
            .any(|spoilt| spoilt.start <= span.end && span.start <= spoilt.end);
        let found = if said_already || follows {
            None
        } else {
            Some(ron_errors::explain(&part.file, &steps, code, offset, noun))
        };
        // A variant whose values have the wrong shape has nothing else to say.
        let misshapen = found
            .as_ref()
            .filter(|found| found.id == ids::WRONG_SHAPE)
            .and_then(|_| Some(steps.get(steps.len().checked_sub(2)?)?.node().span.clone()));
        if let Step::Entry(entry) = target
            && let Some(holder) = holder(&steps, &span)
        {
            self.cut.push((index, holder, entry.name.clone()));
        }
        self.diagnostics.extend(found);
        let part = self.parts.get_mut(index)?;
        part.spoilt.extend(misshapen);
        part.kept.as_mut()?.remove(&span);
        Some(())
    }

    fn was_cut(&self, part: usize, holder: &Range<usize>, name: &str) -> bool {
        self.cut
            .iter()
            .any(|(index, span, field)| *index == part && span == holder && field == name)
    }

    /// A top-level field that several files give and no file may.
    fn unknown_in_several(&mut self, code: &ron::Error, noun: &str) -> Option<()> {
        let ron::Error::NoSuchStructField {
            expected, found, ..
        } = code
        else {
            return None;
        };
        for part in self.parts.iter_mut() {
            let entry = part.kept.as_ref().and_then(|node| node.get(found)).cloned();
            if let (Some(entry), Some(kept)) = (entry, &mut part.kept) {
                self.diagnostics.push(
                    Diagnostic::error(
                        ids::UNKNOWN_FIELD,
                        &part.file,
                        entry.name_span.clone(),
                        format!("the {noun} has no field `{found}`"),
                    )
                    .maybe_hint(did_you_mean(found, expected.iter().copied())),
                );
                kept.remove(&entry.span());
            }
        }
        Some(())
    }

    fn missing_at_top(
        &mut self,
        field: &str,
        noun: &str,
        fallback: &dyn Fn(&str) -> Option<&'static str>,
    ) -> Option<()> {
        let value = fallback(field)?;
        let written = |part: &Part| {
            part.written
                .as_ref()
                .is_some_and(|node| node.get(field).is_some())
        };
        if !self.parts.iter().any(written)
            && let Some(part) = self.parts.first()
        {
            let start = part.written.as_ref().map_or(0, |node| node.span.start);
            self.diagnostics.push(
                Diagnostic::error(
                    ids::MISSING_FIELD,
                    &part.file,
                    start..start + 1,
                    format!("the {noun} has no `{field}`"),
                )
                .hint(format!("add `{field}: ...`; see docs/scenario-format.md")),
            );
        }
        self.filled.push(format!("{field}: {value},"));
        Some(())
    }
}

/// The span of the value that directly holds the entry with this span.
fn holder(steps: &[Step<'_>], entry: &Range<usize>) -> Option<Range<usize>> {
    let at = steps.iter().position(|step| step.span() == *entry)?;
    Some(steps.get(at.checked_sub(1)?)?.node().span.clone())
}
