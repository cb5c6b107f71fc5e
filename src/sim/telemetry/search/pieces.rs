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
    Drawn {
        field: usize,
        kind: Drawn,
    },
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

/// Milliseconds that a line may show.
pub(super) const LAST_MILLI: u64 = 999;

/// Cuts a template.
pub(super) fn cut(template: &Template) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(template.segments.len() + 8);
    for segment in &template.segments {
        match segment {
            Segment::Literal(text) => pieces.push(Piece::Text(Arc::clone(text))),
            Segment::Field { field, words } => {
                if let Some(known) = template.fields.get(*field) {
                    push(&mut pieces, *field, &known.kind, words.as_ref());
                }
            }
        }
    }
    pieces
}

fn push(
    pieces: &mut Vec<Piece>,
    field: usize,
    kind: &FieldKind,
    words: Option<&Arc<[Arc<str>]>>,
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
            pieces.extend([Piece::Minute(*form), Piece::Second]);
            pieces.extend([Piece::Text(Arc::from(point)), Piece::Milli]);
            Piece::Text(Arc::from(end))
        }
    };
    pieces.push(piece);
}
