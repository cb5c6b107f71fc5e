//! A template cut into pieces for a search: text, and values so small that each is drawn by itself. A time is the minute,
//! which a leaf knows, the second, which must be looked for, and the millisecond. Decides nothing.

use std::sync::Arc;

use super::machine::Shape;
use crate::sim::telemetry::render;
use crate::sim::telemetry::template::{FieldKind, Segment, Template, TimeForm};

/// A piece of a line.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Text.
    Text(Arc<str>),
    /// One of some words.
    Words {
        field: usize,
        words: Arc<[Arc<str>]>,
    },
    /// A value of a field's own draws.
    Drawn { field: usize, kind: Drawn },
    /// The event's trace.
    Trace,
    /// The event's span.
    Span,
    /// Date, hour and minute of a form, with what follows them.
    Minute(TimeForm),
    /// The second, two digits.
    Second,
    /// The millisecond, three digits.
    Milli,
    /// The event's duration in milliseconds with three decimals.
    DurationMs,
    /// The event's duration in microseconds.
    DurationUs,
    /// The name of the event's pod.
    Pod,
    /// The name of its node.
    Node,
}

/// What a field draws.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drawn {
    /// A whole number of a range.
    Number { low: u64, high: u64 },
    /// Hundredths of a range.
    Money { low: u64, high: u64 },
    /// Hexadecimal digits.
    Hex(u8),
    /// A UUID.
    Uuid,
    /// An address.
    Ip,
}

impl Drawn {
    /// Its shape.
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Number { low, high } => Shape::Number(low, high),
            Self::Money { low, high } => Shape::Money(low, high),
            Self::Hex(digits) => Shape::Hex(digits),
            Self::Uuid => Shape::Uuid,
            Self::Ip => Shape::Ip,
        }
    }
}

/// Cuts a template.
pub(super) fn cut(template: &Template) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(template.segments.len() + 8);
    each_piece(template, &mut |piece| pieces.push(piece));
    pieces
}

fn each_piece(template: &Template, visit: &mut impl FnMut(Piece)) {
    for segment in &template.segments {
        match segment {
            Segment::Literal(text) => visit(Piece::Text(Arc::clone(text))),
            Segment::Field { field, words } => {
                if let Some(known) = template.fields.get(*field) {
                    of_field(*field, &known.kind, words.as_ref(), visit);
                }
            }
        }
    }
}

fn of_field(
    field: usize,
    kind: &FieldKind,
    words: Option<&Arc<[Arc<str>]>>,
    visit: &mut impl FnMut(Piece),
) {
    let drawn = |kind| Piece::Drawn { field, kind };
    let (low, high) = match kind {
        FieldKind::Digits { low, high } | FieldKind::Money { low, high } => (*low, *high),
        _ => (0, 0),
    };
    let piece = match kind {
        FieldKind::Words(own) => Piece::Words {
            field,
            words: Arc::clone(words.unwrap_or(own)),
        },
        FieldKind::Digits { .. } => drawn(Drawn::Number { low, high }),
        FieldKind::Money { .. } => drawn(Drawn::Money { low, high }),
        FieldKind::Hex(digits) => drawn(Drawn::Hex((*digits).min(32))),
        FieldKind::Uuid => drawn(Drawn::Uuid),
        FieldKind::Ip => drawn(Drawn::Ip),
        FieldKind::TraceId => Piece::Trace,
        FieldKind::SpanId => Piece::Span,
        FieldKind::DurationMs => Piece::DurationMs,
        FieldKind::DurationUs => Piece::DurationUs,
        FieldKind::Pod => Piece::Pod,
        FieldKind::Node => Piece::Node,
        FieldKind::Time(form) => {
            let (_, point, end) = render::marks(*form);
            visit(Piece::Minute(*form));
            visit(Piece::Second);
            visit(Piece::Text(Arc::from(point)));
            visit(Piece::Milli);
            Piece::Text(Arc::from(end))
        }
    };
    visit(piece);
}

/// Where 32 hexadecimal digits in a row can stand in a template's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traces {
    /// Nowhere.
    Nowhere,
    /// Only as the event's trace.
    Alone,
    /// Perhaps elsewhere too, or with further digits around them.
    Unclear,
}

/// Digits of a trace.
const TRACE_DIGITS: usize = 32;

/// Where 32 small hexadecimal digits in a row can stand in a template's lines.
pub(super) fn traces_of(template: &Template) -> Traces {
    let mut row = Row::default();
    each_piece(template, &mut |piece| row.piece(&piece));
    match row {
        Row { unclear: true, .. } => Traces::Unclear,
        Row { shown: true, .. } => Traces::Alone,
        _ => Traces::Nowhere,
    }
}

/// Digits in a row so far, at most.
#[derive(Debug, Default)]
struct Row {
    digits: usize,
    /// The piece before is a trace.
    after_trace: bool,
    shown: bool,
    unclear: bool,
}

impl Row {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Words { words, .. } => self.words(words),
            Piece::Trace => self.trace(),
            Piece::Second => self.digits(2),
            Piece::Milli => self.digits(3),
            // Date and time have dashes and colons between them, of which the last one ends the piece.
            Piece::Minute(_) => {
                self.digits(4);
                self.end();
            }
            Piece::Span => self.digits(16),
            Piece::Drawn { kind, .. } => match kind {
                Drawn::Number { .. } => self.digits(20),
                Drawn::Hex(digits) => self.digits(usize::from(*digits)),
                Drawn::Uuid => self.parts(8, 12),
                Drawn::Ip => self.parts(2, 3),
                Drawn::Money { .. } => self.parts(18, 2),
            },
            Piece::DurationMs => self.parts(17, 3),
            Piece::DurationUs => self.digits(20),
            Piece::Pod | Piece::Node => self.unclear = true,
        }
    }

    fn digits(&mut self, most: usize) {
        if most > 0 {
            self.digits += most;
            self.unclear |= self.after_trace || self.digits >= TRACE_DIGITS;
        }
    }

    fn end(&mut self) {
        self.digits = 0;
        self.after_trace = false;
    }

    /// Digits, something else, and digits.
    fn parts(&mut self, first: usize, last: usize) {
        self.digits(first);
        self.end();
        self.digits(last);
    }

    fn trace(&mut self) {
        self.unclear |= self.digits > 0 || self.after_trace;
        self.after_trace = true;
        self.shown = true;
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            if matches!(byte, b'0'..=b'9' | b'a'..=b'f') {
                self.digits(1);
            } else {
                self.end();
            }
        }
    }

    fn words(&mut self, words: &[Arc<str>]) {
        // An empty word would let the pieces beside it touch.
        self.unclear |= self.after_trace;
        let mut most = 0;
        for word in words {
            let mut alone = Self {
                digits: self.digits,
                ..Self::default()
            };
            alone.text(word);
            self.unclear |= alone.unclear;
            most = most.max(alone.digits);
        }
        self.digits = most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_stand_alone_where_no_digit_touches_them() {
        let of = |text: &str| traces_of(&Template::parse(text).unwrap());
        assert_eq!(of("id={trace} took {n:digits(1..9)}"), Traces::Alone);
        assert_eq!(of("{trace}"), Traces::Alone);
        assert_eq!(of("took {n:digits(1..9)} {u:uuid} {i:ip}"), Traces::Nowhere);
        for touched in [
            "{trace}{trace}",
            "a{trace}",
            "{trace}0",
            "{trace}{w:word(x|y)}",
            "{w:word(x|xf)}{trace}",
            "{i:ip}{trace}",
            "{h:hex(32)}",
            "{h:hex(16)}{g:hex(16)}",
            "{w:word(x|0123456789abcdef0123456789abcdef)}",
            "{trace} {pod}",
        ] {
            assert_eq!(of(touched), Traces::Unclear, "{touched}");
        }
        assert_eq!(of("{w:word(x|xf)} {trace}"), Traces::Alone);
        assert_eq!(of("{trace}, {w:word(x|xf)}"), Traces::Alone);
    }
}
