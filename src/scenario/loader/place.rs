//! Places of checked values: from a value's way through the structs to the bytes it was read from. Where a part of the
//! way is not written out (a default, a pruned value), the place is that of what holds it.

use std::ops::Range;
use std::sync::Arc;

use super::joined::Part;
use super::lexer::written;
use super::tree::{Kind, Node};
use crate::diag::{Diagnostic, SourceText};

/// The places of all values of an estate or scenario.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    parts: &'a [Part],
}

/// Where a value was read from.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    file: &'a Arc<SourceText>,
    node: Option<&'a Node>,
    /// The name it is given under, where it has one.
    name: Option<Range<usize>>,
    span: Range<usize>,
}

impl<'a> Places<'a> {
    /// The places of joined files. There is at least one file.
    pub const fn new(parts: &'a [Part]) -> Self {
        Self { parts }
    }

    /// A top-level field; in the first file that gives it.
    pub fn field(self, name: &str) -> Place<'a> {
        self.find(|node| node.get(name))
    }

    /// An entry of a top-level map, in whatever file it is.
    pub fn entry(self, field: &str, name: &str) -> Place<'a> {
        self.find(|node| node.get(field)?.value.get(name))
    }

    /// An item of a top-level list; items of several files are counted through.
    pub fn item(self, field: &str, index: usize) -> Place<'a> {
        let mut left = index;
        for part in self.parts {
            let list = part.kept.as_ref().and_then(|node| node.get(field));
            let items = list.map_or(&[] as &[Node], |entry| entry.value.items());
            if let Some(node) = items.get(left) {
                return Place {
                    file: &part.file,
                    node: Some(node),
                    name: None,
                    span: node.span.clone(),
                };
            }
            left -= items.len();
        }
        self.field(field)
    }

    fn find(self, find: impl Fn(&'a Node) -> Option<&'a super::tree::Entry>) -> Place<'a> {
        for part in self.parts {
            if let Some(entry) = part.kept.as_ref().and_then(&find) {
                return Place {
                    file: &part.file,
                    node: Some(&entry.value),
                    name: Some(entry.name_span.clone()),
                    span: entry.value.span.clone(),
                };
            }
        }
        self.start()
    }

    /// The beginning of the first file.
    pub fn start(self) -> Place<'a> {
        static NOWHERE: std::sync::LazyLock<Arc<SourceText>> = std::sync::LazyLock::new(|| {
            Arc::new(SourceText {
                name: String::new(),
                text: String::new(),
            })
        });
        let file = self.parts.first().map_or(&*NOWHERE, |part| &part.file);
        Place {
            file,
            node: None,
            name: None,
            span: 0..1,
        }
    }

    /// The names that a top-level map was given in the files, whether or not their values could be read.
    pub fn written_names(self, field: &str) -> Vec<&'a str> {
        self.parts
            .iter()
            .filter_map(|part| part.written.as_ref()?.get(field))
            .flat_map(|entry| entry.value.entries())
            .map(|entry| entry.name.as_str())
            .collect()
    }
}

impl Place<'_> {
    /// A field of this struct, an entry of this map, a named value of this variant.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let entry = self.node.and_then(|node| node.get(name));
        entry.map_or_else(
            || self.whole(),
            |entry| Self {
                file: self.file,
                node: Some(&entry.value),
                name: Some(entry.name_span.clone()),
                span: entry.value.span.clone(),
            },
        )
    }

    /// An item of this list or tuple; the only value of a variant such as `Active("x")` is item 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let item = self.node.and_then(|node| node.items().get(index));
        item.map_or_else(
            || self.whole(),
            |node| Self {
                file: self.file,
                node: Some(node),
                name: None,
                span: node.span.clone(),
            },
        )
    }

    /// The name it is given under: `"alpha"` of `"alpha": (...)`; the value itself where it has none.
    #[must_use]
    pub fn name(&self) -> Self {
        let span = self.name.clone().unwrap_or_else(|| self.span.clone());
        Self {
            span,
            ..self.clone()
        }
    }

    /// The variant's name: `Errors` of `Errors(...)`; the value itself where it has none.
    #[must_use]
    pub fn tag(&self) -> Self {
        let tag = self.node.and_then(|node| node.tag.clone());
        Self {
            span: tag.unwrap_or_else(|| self.span.clone()),
            ..self.clone()
        }
    }

    /// A long value is pointed at by its name.
    fn whole(&self) -> Self {
        Self {
            node: None,
            ..self.name()
        }
    }

    /// A part of this text, by bytes of its value; the whole text where it cannot be told.
    #[must_use]
    pub fn within(&self, part: Range<usize>) -> Self {
        let raw = self.file.text.get(self.span.clone()).unwrap_or("");
        let is_text = matches!(self.node.map(|node| &node.kind), Some(Kind::Text(_)));
        match written(raw, &part).filter(|_| is_text) {
            Some(found) => Self {
                span: self.span.start + found.start..self.span.start + found.end,
                ..self.clone()
            },
            None => self.clone(),
        }
    }

    /// An error here.
    pub fn error(&self, id: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(id, self.file, self.span.clone(), message)
    }

    /// A problem elsewhere, with this place as a further one.
    pub fn label(&self, diagnostic: Diagnostic, message: impl Into<String>) -> Diagnostic {
        diagnostic.label(self.file, self.span.clone(), message)
    }
}
