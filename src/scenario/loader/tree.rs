//! A RON text as a tree of values with their places: what the checks point at. Tolerant and bounded; gives no types.

use std::ops::Range;

use super::lexer::{Flaw, Token, tokens};

/// The deepest nesting that a file may have.
pub const MAX_DEPTH: usize = 64;

/// A value and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its bytes, from its tag to its closing bracket.
    pub span: Range<usize>,
    /// Where it ends together with the comma that follows it.
    pub tail: usize,
    /// The bytes of the name before its bracket, or of a name alone: `Errors` in `Errors(of: "web")`.
    pub tag: Option<Range<usize>>,
    /// What it holds.
    pub kind: Kind,
}

/// What a value holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text, decoded.
    Text(String),
    /// A number.
    Number,
    /// A name alone: a unit variant, `true`, `None`.
    Name,
    /// Something that no field takes.
    Other,
    /// `(a: 1, b: 2)`.
    Fields(Vec<Entry>),
    /// `(1, 2)`.
    Tuple(Vec<Node>),
    /// `[1, 2]`.
    List(Vec<Node>),
    /// `{"a": 1}`.
    Map(Vec<Entry>),
}

impl Kind {
    /// Whether both are maps, both lists, and so on.
    pub fn same_form(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The field or key.
    pub name: String,
    /// Bytes of the name.
    pub name_span: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// Bytes from the name to the end of the value.
    pub fn span(&self) -> Range<usize> {
        self.name_span.start..self.value.span.end
    }
}

impl Node {
    /// The named values of a struct or map; none for other values.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Fields(entries) | Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list or tuple; none for other values.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Tuple(items) | Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The named value of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.name == name)
    }

    /// All values directly inside.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        self.entries()
            .iter()
            .map(|entry| &entry.value)
            .chain(self.items())
    }

    /// Takes out the entry or item that begins and ends there, wherever it is inside.
    pub fn remove(&mut self, gone: &Range<usize>) {
        match &mut self.kind {
            Kind::Fields(entries) | Kind::Map(entries) => {
                entries.retain(|entry| entry.span() != *gone);
                entries
                    .iter_mut()
                    .filter(|entry| entry.value.span.start <= gone.start)
                    .for_each(|entry| entry.value.remove(gone));
            }
            Kind::Tuple(items) | Kind::List(items) => {
                items.retain(|item| item.span != *gone);
                items
                    .iter_mut()
                    .filter(|item| item.span.start <= gone.start)
                    .for_each(|item| item.remove(gone));
            }
            _ => {}
        }
    }

    /// What to call it in a message.
    pub const fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Text(_) => "a text",
            Kind::Number => "a number",
            Kind::Name => "a name",
            Kind::Other => "a value of another kind",
            Kind::Fields(_) => "fields in `( )`",
            Kind::Tuple(_) => "values in `( )`",
            Kind::List(_) => "a list in `[ ]`",
            Kind::Map(_) => "a map in `{ }`",
        }
    }
}

/// Reads a text. There is no node when not even its beginning is a value.
pub fn parse(text: &str) -> (Option<Node>, Vec<Flaw>) {
    let (tokens, flaws) = tokens(text);
    let mut parser = Parser {
        text,
        tokens: &tokens,
        at: 0,
        due: Vec::new(),
        stopped: false,
        flaws,
    };
    let node = parser.value(0);
    if node.is_none() && parser.flaws.is_empty() {
        parser.flaws.push(
            Flaw::new(0..0, "the file has no content")
                .hint("a file is one value: `( field: value, ... )`"),
        );
    }
    if node.is_some()
        && let Some((_, span)) = parser.peek()
    {
        parser.flaws.push(
            Flaw::new(span, "nothing may follow the end of the file's value")
                .hint("is there a closing bracket too many before this?"),
        );
    }
    parser.flaws.sort_by_key(|flaw| flaw.span.start);
    (node, parser.flaws)
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [(Token, Range<usize>)],
    at: usize,
    /// The closing signs that are due, innermost last.
    due: Vec<u8>,
    /// Nothing more is said about brackets: one was never closed, or the nesting is too deep.
    stopped: bool,
    flaws: Vec<Flaw>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<(Token, Range<usize>)> {
        self.tokens.get(self.at).cloned()
    }

    fn is_punct(&self, ahead: usize, punct: u8) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some((Token::Punct(found), _)) if *found == punct)
    }

    fn end(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(0, |(_, span)| span.end)
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        let (token, span) = self.peek()?;
        if depth > MAX_DEPTH {
            self.flaws.push(
                Flaw::new(
                    span,
                    format!("values are nested more than {MAX_DEPTH} deep"),
                )
                .hint("no file needs this; split the condition into faults or automations")
                .structural(),
            );
            self.at = self.tokens.len();
            self.stopped = true;
            return None;
        }
        let leaf = |kind, tag| {
            Some(Node {
                span: span.clone(),
                tail: span.end,
                tag,
                kind,
            })
        };
        match token {
            Token::Punct(open @ (b'(' | b'[' | b'{')) => self.bracket(open, None, depth),
            Token::Punct(_) => None,
            Token::Name => {
                self.at += 1;
                if self.is_punct(0, b'(') {
                    self.bracket(b'(', Some(span), depth)
                } else {
                    leaf(Kind::Name, Some(span.clone()))
                }
            }
            Token::Text(text) => {
                self.at += 1;
                leaf(Kind::Text(text), None)
            }
            Token::Number => {
                self.at += 1;
                leaf(Kind::Number, None)
            }
            Token::Other => {
                self.at += 1;
                leaf(Kind::Other, None)
            }
        }
    }

    fn bracket(&mut self, open: u8, tag: Option<Range<usize>>, depth: usize) -> Option<Node> {
        let (_, open_span) = self.peek()?;
        let start = tag.as_ref().map_or(open_span.start, |tag| tag.start);
        self.at += 1;
        let named = open == b'{' || (open == b'(' && self.is_punct(1, b':'));
        let mut entries = Vec::new();
        let mut items = Vec::new();
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        self.due.push(close);
        loop {
            if self.is_punct(0, close) {
                self.at += 1;
                break;
            }
            let before = self.at;
            if named {
                entries.extend(self.entry(open, depth).map(|mut entry| {
                    entry.value.tail = self.tail(entry.value.tail);
                    entry
                }));
            } else {
                items.extend(self.value(depth + 1).map(|mut item| {
                    item.tail = self.tail(item.tail);
                    item
                }));
            }
            if !self.after_entry(before, close, &open_span) {
                break;
            }
        }
        self.due.pop();
        let kind = match (open, named) {
            (b'{', _) => Kind::Map(entries),
            (b'[', _) => Kind::List(items),
            (_, true) => Kind::Fields(entries),
            (_, false) => Kind::Tuple(items),
        };
        let mut node = Node {
            span: start..self.end(),
            tail: self.end(),
            tag,
            kind,
        };
        // `Some(x)` is another way to write `x`.
        if node.tag.clone().and_then(|tag| self.text.get(tag)) == Some("Some")
            && let Kind::Tuple(items) = &mut node.kind
            && items.len() == 1
            && let Some(inner) = items.pop()
        {
            node.tag = inner.tag;
            node.kind = inner.kind;
        }
        Some(node)
    }

    /// The end of the comma that comes now, or `otherwise`.
    fn tail(&self, otherwise: usize) -> usize {
        match self.tokens.get(self.at) {
            Some((Token::Punct(b','), span)) => span.end,
            _ => otherwise,
        }
    }

    fn entry(&mut self, open: u8, depth: usize) -> Option<Entry> {
        let key = self.value(depth + 1)?;
        if self.is_punct(0, b':') {
            self.at += 1;
        } else {
            let end = key.span.end;
            let is_name = open == b'{' || matches!(key.kind, Kind::Name);
            self.flaws.push(if is_name {
                Flaw::new(key.span.start..end, "a name without a value").hint("write `name: value`")
            } else {
                Flaw::new(key.span.start..end, "a value without a name")
                    .hint("write `name: value`, as its neighbours are written")
            });
            // `name = value` and `name value`: the stray sign was said already, go on with the value.
            if self.is_punct(0, b',') || self.closes() {
                return None;
            }
        }
        let name = match &key.kind {
            Kind::Text(text) => text.clone(),
            _ => self.text.get(key.span.clone()).unwrap_or("").to_owned(),
        };
        let value = self.value(depth + 1)?;
        Some(Entry {
            name,
            name_span: key.span,
            value,
        })
    }

    fn closes(&self) -> bool {
        [b')', b']', b'}']
            .iter()
            .any(|punct| self.is_punct(0, *punct))
    }

    /// After an entry: a comma, or the end. False when the bracket is over without its closing sign.
    fn after_entry(&mut self, before: usize, close: u8, open: &Range<usize>) -> bool {
        if self.is_punct(0, b',') {
            if self.at == before {
                let (_, span) = self
                    .tokens
                    .get(self.at)
                    .cloned()
                    .unwrap_or((Token::Other, 0..0));
                self.flaws
                    .push(Flaw::new(span, "a comma without a value before it"));
            }
            self.at += 1;
            return true;
        }
        if self.is_punct(0, close) {
            return true;
        }
        let closing = close as char;
        match self.peek() {
            None => {
                self.unclosed(open, closing);
                false
            }
            Some((Token::Punct(b')' | b']' | b'}'), span)) => {
                let found = self.text.get(span.clone()).unwrap_or("").to_owned();
                self.flaws.push(
                    Flaw::new(span, format!("expected `{closing}`, found `{found}`"))
                        .hint(format!(
                            "`{closing}` closes what was opened at line {}",
                            self.line(open.start)
                        ))
                        .structural(),
                );
                if self.is_mistyped(found.as_bytes().first().copied()) {
                    self.at += 1;
                }
                false
            }
            Some((_, span)) => {
                if self.at == before {
                    // Nothing was read: step over the token so that the loop ends.
                    self.flaws.push(Flaw::new(span, "this has no meaning here"));
                    self.at += 1;
                } else {
                    let end = self.end();
                    let flaw = Flaw::new(end..end + 1, "a comma is missing")
                        .hint("entries are separated by `,`");
                    let is_free = |at: usize| {
                        let byte = self.text.as_bytes().get(at);
                        byte.is_some_and(u8::is_ascii_whitespace)
                    };
                    self.flaws.push(if is_free(end) {
                        flaw.repaired(end, b',')
                    } else {
                        flaw.structural()
                    });
                }
                true
            }
        }
    }

    /// Whether a closing sign that is not due was written in place of the one that is, which is then not missing.
    fn is_mistyped(&self, found: Option<u8>) -> bool {
        let mut outer = self.due.iter().rev().skip(1).copied();
        if !outer.clone().any(|due| Some(due) == found) {
            return true;
        }
        // Both can be: what follows tells which of them makes the outer brackets end as they should.
        let next = match self.tokens.get(self.at + 1) {
            Some((Token::Punct(sign), _)) => Some(*sign),
            _ => None,
        };
        let (first, second) = (outer.next(), outer.next());
        next.is_some() && next == first && !(found == first && next == second)
    }

    fn unclosed(&mut self, open: &Range<usize>, closing: char) {
        // Only the innermost: the others follow from it.
        if !self.stopped {
            self.stopped = true;
            let sign = self.text.get(open.clone()).unwrap_or("").to_owned();
            self.flaws.push(
                Flaw::new(open.clone(), format!("`{sign}` is never closed"))
                    .hint(format!("add `{closing}` where it ends"))
                    .structural(),
            );
        }
    }

    fn line(&self, offset: usize) -> usize {
        crate::diag::position(self.text, offset).line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> Node {
        let (node, flaws) = parse(text);
        assert_eq!(flaws, [], "{text}");
        node.unwrap()
    }

    #[test]
    fn values_keep_their_places() {
        let text =
            r#"(title: "Web", faults: {"a": (when: All([Active("b"), Always]), at: (1, -2.5))})"#;
        let node = good(text);
        let fault = &node.get("faults").unwrap().value.get("a").unwrap().value;
        let when = &fault.get("when").unwrap().value;
        assert_eq!(&text[when.tag.clone().unwrap()], "All");
        let list = &when.items()[0];
        assert_eq!(&text[list.items()[0].span.clone()], "Active(\"b\")");
        assert_eq!(list.items()[1].kind, Kind::Name);
        let pair = &fault.get("at").unwrap().value;
        assert_eq!(&text[pair.items()[1].span.clone()], "-2.5");
    }

    #[test]
    fn a_flaw_does_not_hide_what_follows() {
        let (node, flaws) = parse("(a: 1 b = 2, c, d: [1 2], e: {\"k\" 3})");
        let node = node.unwrap();
        let names: Vec<_> = node
            .entries()
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b", "d", "e"]);
        assert_eq!(node.get("d").unwrap().value.items().len(), 2);
        let said: Vec<_> = flaws.iter().map(|flaw| flaw.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "a comma is missing",
                "`=` has no meaning here",
                "a name without a value",
                "a comma is missing",
                "a name without a value",
            ]
        );
    }

    #[test]
    fn brackets_are_told_with_their_opening() {
        let (_, flaws) = parse("(\n a: [1, 2)\n");
        assert_eq!(flaws.len(), 1);
        assert_eq!(flaws[0].message, "expected `]`, found `)`");
        assert_eq!(
            flaws[0].hint.as_deref(),
            Some("`]` closes what was opened at line 2")
        );
        let (_, flaws) = parse("(a: {\"x\": 1");
        assert_eq!(flaws.len(), 1);
        assert_eq!(flaws[0].span, 4..5);
    }

    #[test]
    fn depth_is_bounded() {
        let (_, flaws) = parse(&"[".repeat(100_000));
        assert!(flaws[0].message.contains("nested"), "{flaws:?}");
    }
}
