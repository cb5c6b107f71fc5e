//! Log templates: literal text and fields, parsed from `slow query {ms:digits(1..900)}ms shard={shard:word(a|b|c)}`.
//!
//! A field is `{name:kind(arguments)}`, or `{name}` for one that was declared earlier in the template, that the caller
//! binds, or that every line has (`{trace}`, `{duration_ms}`, ...). A name has one value in a line however often it is
//! written. `{{` and `}}` are braces. Renders nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::sim::time::SimTime;

mod parse;

/// Longest text of a template in bytes.
pub const LONGEST_TEXT: usize = 16 * 1024;
/// Most fields of a template, those of its wrapper included.
pub const MOST_FIELDS: usize = 48;
/// Most words of a vocabulary.
pub const MOST_WORDS: usize = 1024;

/// How a field writes the line's instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeForm {
    /// `2024-12-02T09:45:07.123Z`
    Rfc3339,
    /// `2024-12-02 09:45:07,123`
    Comma,
    /// `2024-12-02 09:45:07.123`
    Point,
}

impl TimeForm {
    /// An instant in this form.
    pub fn write(self, at: SimTime) -> String {
        at.format(match self {
            Self::Rfc3339 => "%Y-%m-%dT%H:%M:%S%.3fZ",
            Self::Comma => "%Y-%m-%d %H:%M:%S,%3f",
            Self::Point => "%Y-%m-%d %H:%M:%S%.3f",
        })
    }
}

/// Where a field's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One of some words, all equally often; a word that is listed twice comes twice as often.
    Words(Arc<[Arc<str>]>),
    /// A whole number in a range, both ends included.
    Digits {
        /// The least.
        low: u64,
        /// The greatest.
        high: u64,
    },
    /// A number with two decimals; the ends of its range are in hundredths.
    Money {
        /// The least, in hundredths.
        low: u64,
        /// The greatest, in hundredths.
        high: u64,
    },
    /// So many lower-case hexadecimal digits, at most 32.
    Hex(u8),
    /// A random UUID.
    Uuid,
    /// An IPv4 address in 10.0.0.0/8.
    Ip,
    /// When the line was written.
    Time(TimeForm),
    /// How long the event took, in milliseconds with three decimals.
    DurationMs,
    /// How long the event took, in microseconds.
    DurationUs,
    /// The event's trace: 32 hexadecimal digits.
    TraceId,
    /// The event's span: 16 hexadecimal digits.
    SpanId,
    /// The pod that wrote the line.
    Pod,
    /// The node of the pod that wrote the line.
    Node,
}

impl FieldKind {
    /// Whether its values are numbers, which JSON writes without quotes.
    pub(super) const fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Digits { .. } | Self::Money { .. } | Self::DurationMs | Self::DurationUs
        )
    }
}

/// A named field of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Where its value comes from.
    pub kind: FieldKind,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(Arc<str>),
    /// A field by its number. Words are held as they are written here, escaped if a wrapper quotes them.
    Field {
        field: usize,
        words: Option<Arc<[Arc<str>]>>,
    },
}

/// A kind of log line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub(super) segments: Vec<Segment>,
    pub(super) fields: Vec<Field>,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// A `{` without its `}`.
    #[error("a field begins here and does not end: write {{{{ for a brace")]
    Unclosed,
    /// A `}` without its `{`.
    #[error("a closing brace without an opening one: write }}}} for a brace")]
    Unopened,
    /// A field's name is empty or not of letters, digits and underscores.
    #[error("a field's name is of letters, digits and underscores, {0:?} is not")]
    BadName(String),
    /// A field without kind that nothing binds.
    #[error("nothing says what {{{0}}} is: give it a kind, as in {{{0}:digits(1..9)}}")]
    Unbound(String),
    /// A kind that does not exist.
    #[error("there is no kind of field called {found:?}{}", nearest.as_ref().map(|near| format!(", did you mean {near:?}?")).unwrap_or_default())]
    UnknownKind {
        /// The kind as written.
        found: String,
        /// The nearest one that exists.
        nearest: Option<&'static str>,
    },
    /// Arguments that the kind does not take.
    #[error("{kind} takes {takes}")]
    BadArguments {
        /// The kind.
        kind: &'static str,
        /// What it takes.
        takes: &'static str,
    },
    /// A name is declared twice with different kinds.
    #[error("field {0:?} is declared twice, differently")]
    Redeclared(String),
    /// A control character other than a line break or a tab.
    #[error("control characters are not allowed in log lines")]
    ControlCharacter,
    /// The text is longer than [`LONGEST_TEXT`].
    #[error("a template may have {LONGEST_TEXT} bytes")]
    TooLong,
    /// There are more fields than [`MOST_FIELDS`].
    #[error("a template may have {MOST_FIELDS} fields")]
    TooManyFields,
}

/// A problem with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TemplateError {
    /// Bytes of the text that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub problem: TemplateProblem,
}

impl Template {
    /// Reads a template's text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::parse_with(text, &BTreeMap::new())
    }

    /// Reads a template's text, with fields that may be written as `{name}` because the caller says what they are.
    pub fn parse_with(
        text: &str,
        bound: &BTreeMap<String, FieldKind>,
    ) -> Result<Self, TemplateError> {
        parse::parse(text, bound)
    }

    /// A template of literal text alone, control characters but line breaks and tabs taken out.
    pub fn literal(text: &str) -> Self {
        let mut template = Self::default();
        let clean = |c: &char| *c == '\n' || *c == '\t' || !c.is_control();
        template.push_literal(&text.chars().filter(clean).collect::<String>());
        template
    }

    /// The text with every field of time filled in; other fields are left out, as they belong to an event.
    pub fn written_at(&self, at: SimTime) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => text.push_str(literal),
                Segment::Field { field, .. } => {
                    if let Some(FieldKind::Time(form)) =
                        self.fields.get(*field).map(|field| &field.kind)
                    {
                        text.push_str(&form.write(at));
                    }
                }
            }
        }
        text
    }

    /// The fields, in the order in which they first appear.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The template as a text with its fields as `{name}`: what lines are grouped by.
    pub fn pattern(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => text.push_str(literal),
                Segment::Field { field, .. } => {
                    let name = self.fields.get(*field).map_or("", |field| &field.name);
                    text.push('{');
                    text.push_str(name);
                    text.push('}');
                }
            }
        }
        text
    }

    pub(super) fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Segment::Literal(last)) = self.segments.last_mut() {
            *last = Arc::from(format!("{last}{text}"));
        } else {
            self.segments.push(Segment::Literal(Arc::from(text)));
        }
    }

    /// Adds a field, the one of that name and kind if it is there already.
    pub(super) fn push_field(&mut self, name: &str, kind: &FieldKind) {
        let same = |field: &Field| *field.name == *name && field.kind == *kind;
        let known = self.fields.iter().position(same);
        let field = known.unwrap_or_else(|| {
            self.fields.push(Field {
                name: Arc::from(name),
                kind: kind.clone(),
            });
            self.fields.len() - 1
        });
        let words = match self.fields.get(field).map(|field| &field.kind) {
            Some(FieldKind::Words(words)) => Some(Arc::clone(words)),
            _ => None,
        };
        self.segments.push(Segment::Field { field, words });
    }

    /// Adds another template's pieces, literals and words changed by an escaping.
    pub(super) fn push_template(&mut self, other: &Self, escape: &impl Fn(&str) -> String) {
        for segment in &other.segments {
            match segment {
                Segment::Literal(text) => self.push_literal(&escape(text)),
                Segment::Field { field, words } => {
                    let Some(known) = other.fields.get(*field) else {
                        continue;
                    };
                    self.push_field(&known.name, &known.kind);
                    if let (Some(words), Some(Segment::Field { words: escaped, .. })) =
                        (words, self.segments.last_mut())
                    {
                        *escaped = Some(words.iter().map(|word| Arc::from(escape(word))).collect());
                    }
                }
            }
        }
    }
}
