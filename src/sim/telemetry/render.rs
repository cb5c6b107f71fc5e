//! Makes a line's text from its template and its event. Every field has its own draws, so any one can be had alone.

use std::sync::Arc;

use super::reader::Cell;
use super::slots::SlotTrack;
use super::template::{Field, FieldKind, Segment, Template, TimeForm};
use crate::sim::draw::{LeafKey, Permutation128, StreamId, StreamKey};

/// Draws of fields lie above those of splits: 4 bits of stage, 4 of template, 6 of field, 2 of part, 40 of event.
const FIELDS: u64 = 7 << 52;
/// The instant within the second.
const OFFSETS: u64 = 8 << 52;
/// The last bits of an event's number before it becomes a trace id: what is not an id does not show them.
const TRACE_CHECK: u128 = 0x00f1_2ed7;
const TRACE_STREAM: StreamId = StreamId::of("telemetry/trace-id");
/// Milliseconds kept free at the end of a second, for the further lines of an event.
const LAST_OFFSETS_MS: u64 = 16;

/// Whose event wrote a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// The atom's number.
    pub(super) atom: u32,
    /// The leaf's number.
    pub(super) leaf: i64,
    pub(super) key: LeafKey,
    /// The event in its leaf.
    pub(super) k: u32,
}

/// What of a line is not drawn from its fields' own keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) at_ms: i64,
    pub(super) duration_us: u64,
    pub(super) slots: Option<&'a SlotTrack>,
    pub(super) cell: Cell,
}

/// Traces of events and events of traces.
#[derive(Clone, Copy, Debug)]
pub(super) struct TraceIds {
    permutation: Permutation128,
}

impl TraceIds {
    pub(super) fn new(seed: u64) -> Self {
        let key = StreamKey::new(seed, TRACE_STREAM).leaf(0);
        Self {
            permutation: Permutation128::new(key),
        }
    }

    /// The trace that an event began.
    #[inline]
    pub(super) fn of(&self, atom: u32, leaf: i64, k: u32) -> u128 {
        self.permutation.forward(number_of(atom, leaf, k))
    }

    /// The traces that several events of a leaf began.
    #[inline]
    pub(super) fn of_all<const N: usize>(&self, atom: u32, leaf: i64, ks: [u32; N]) -> [u128; N] {
        self.permutation
            .forward_all(ks.map(|k| number_of(atom, leaf, k)))
    }

    /// The atom, leaf and event that began a trace, if one did.
    pub(super) fn event(&self, trace: u128) -> Option<(u32, i64, u32)> {
        let number = self.permutation.inverse(trace);
        if number & 0x00ff_ffff != TRACE_CHECK {
            return None;
        }
        let atom = (number >> 96) as u32;
        // Sign-extended from 40 bits.
        let leaf = (((number >> 56) as u64) << 24) as i64 >> 24;
        Some((atom, leaf, (number >> 24) as u32))
    }
}

/// An event as one number: 32 bits of atom, 40 of leaf, 32 of event, 24 of check.
#[inline]
fn number_of(atom: u32, leaf: i64, k: u32) -> u128 {
    let leaf = u128::from(leaf as u64 & ((1 << 40) - 1));
    u128::from(atom) << 96 | leaf << 56 | u128::from(k) << 24 | TRACE_CHECK
}

/// The millisecond of its second in which an event writes its first line.
#[inline]
pub(super) fn offset_ms(event: &Event) -> i64 {
    event
        .key
        .below(OFFSETS | u64::from(event.k), 1000 - LAST_OFFSETS_MS) as i64
}

/// The draw of a part of a field.
#[inline]
pub(super) fn field_index(event: &Event, emitter: u8, field: usize, part: u64) -> u64 {
    FIELDS | u64::from(emitter) << 48 | (field as u64) << 42 | part << 40 | u64::from(event.k)
}

/// A number of a field of digits, money or words.
#[inline]
pub(super) fn field_number(event: &Event, emitter: u8, field: usize, low: u64, high: u64) -> u64 {
    let width = (high - low).saturating_add(1);
    low + event
        .key
        .below(field_index(event, emitter, field, 0), width)
}

/// Writes a whole line.
pub(super) fn line(
    out: &mut String,
    template: &Template,
    event: &Event,
    emitter: u8,
    placed: &Placed<'_>,
    traces: &TraceIds,
) {
    for segment in &template.segments {
        match segment {
            Segment::Literal(text) => out.push_str(text),
            Segment::Field { field, words } => {
                if let Some(known) = template.fields.get(*field) {
                    value(
                        out,
                        known,
                        *field,
                        words.as_ref(),
                        event,
                        emitter,
                        Some(placed),
                        traces,
                    );
                }
            }
        }
    }
}

/// Writes one field's value; nothing for a field of the event's place if that is not known.
#[expect(
    clippy::too_many_arguments,
    reason = "all that a line is made from, at one place"
)]
pub(super) fn value(
    out: &mut String,
    field: &Field,
    number: usize,
    words: Option<&Arc<[Arc<str>]>>,
    event: &Event,
    emitter: u8,
    placed: Option<&Placed<'_>>,
    traces: &TraceIds,
) {
    let draw = |part| event.key.draw(field_index(event, emitter, number, part));
    match (&field.kind, placed) {
        (FieldKind::Words(own), _) => {
            let words = words.unwrap_or(own);
            let chosen = field_number(event, emitter, number, 0, (words.len() as u64).max(1) - 1);
            out.push_str(words.get(chosen as usize).map_or("", |word| word));
        }
        (FieldKind::Digits { low, high }, _) => {
            push_number(out, field_number(event, emitter, number, *low, *high));
        }
        (FieldKind::Money { low, high }, _) => {
            let hundredths = field_number(event, emitter, number, *low, *high);
            push_number(out, hundredths / 100);
            out.push('.');
            push_padded(out, hundredths % 100, 2);
        }
        (FieldKind::Hex(digits), _) => {
            push_hex(out, wide(draw(0), draw(1)), usize::from(*digits));
        }
        (FieldKind::Uuid, _) => push_uuid(out, uuid(draw(0), draw(1))),
        (FieldKind::Ip, _) => {
            out.push_str("10");
            for byte in address(draw(0)) {
                out.push('.');
                push_number(out, byte.into());
            }
        }
        (FieldKind::TraceId, _) => push_hex(out, traces.of(event.atom, event.leaf, event.k), 32),
        (FieldKind::SpanId, _) => push_hex(out, span_id(event).into(), 16),
        (FieldKind::Time(form), Some(placed)) => push_time(out, placed.at_ms, *form),
        (FieldKind::DurationMs, Some(placed)) => {
            push_number(out, placed.duration_us / 1000);
            out.push('.');
            push_padded(out, placed.duration_us % 1000, 3);
        }
        (FieldKind::DurationUs, Some(placed)) => push_number(out, placed.duration_us),
        (FieldKind::Pod, Some(placed)) => {
            out.push_str(pod_of(placed).map_or("-", |slot| &slot.pod));
        }
        (FieldKind::Node, Some(placed)) => {
            out.push_str(pod_of(placed).map_or("-", |slot| &slot.node));
        }
        (_, None) => {}
    }
}

/// The span of an event's own work.
#[inline]
pub(super) fn span_id(event: &Event) -> u64 {
    let key = event.key.child(SPAN_STREAM_INDEX);
    key.draw(u64::from(event.k)) | 1
}

/// Span ids have a key of their own below the leaf's.
const SPAN_STREAM_INDEX: u64 = 9 << 52;

fn pod_of<'a>(placed: &Placed<'a>) -> Option<&'a super::slots::Slot> {
    placed.slots?.slot(placed.cell.slot?)
}

pub(super) fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    out.extend(
        digits
            .iter()
            .skip(20 - used)
            .map(|&digit| char::from(digit)),
    );
}

fn push_padded(out: &mut String, number: u64, width: u32) {
    for place in (0..width).rev() {
        out.push(char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8));
    }
}

/// The highest `digits` of 128 bits if there are fewer than 32; all 16 of a 64-bit number if 16 are asked for.
fn push_hex(out: &mut String, bits: u128, digits: usize) {
    for place in (0..digits.min(32)).rev() {
        let nibble = (bits >> (place * 4)) as u8 & 0xf;
        out.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
    }
}

/// Two draws as one number.
#[inline]
pub(super) fn wide(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// A UUID of two draws: version 4, variant 1.
#[inline]
pub(super) fn uuid(high: u64, low: u64) -> u128 {
    wide((high & !0xf000) | 0x4000, (low & !(3 << 62)) | (1 << 63))
}

/// The last three parts of a drawn address.
#[inline]
pub(super) const fn address(draw: u64) -> [u8; 3] {
    let [a, b, c, ..] = draw.to_le_bytes();
    [a, b, c]
}

fn push_uuid(out: &mut String, bits: u128) {
    for (shift, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
        if shift != 96 {
            out.push('-');
        }
        push_hex(out, bits >> shift, digits);
    }
}

fn push_time(out: &mut String, at_ms: i64, form: TimeForm) {
    let of_minute = at_ms.rem_euclid(60_000) as u64;
    let (_, point, end) = marks(form);
    push_minute(out, at_ms, form);
    push_padded(out, of_minute / 1000, 2);
    out.push_str(point);
    push_padded(out, of_minute % 1000, 3);
    out.push_str(end);
}

/// What stands between a time's date and its hour, before its milliseconds and behind them.
pub(super) const fn marks(form: TimeForm) -> (char, &'static str, &'static str) {
    match form {
        TimeForm::Rfc3339 => ('T', ".", "Z"),
        TimeForm::Comma => (' ', ",", ""),
        TimeForm::Point => (' ', ".", ""),
    }
}

/// A time up to its seconds.
pub(super) fn push_minute(out: &mut String, at_ms: i64, form: TimeForm) {
    let (year, month, day) = date_of(at_ms.div_euclid(86_400_000));
    let of_day = at_ms.rem_euclid(86_400_000) as u64;
    let (between, _, _) = marks(form);
    push_padded(out, year, 4);
    for part in [month, day] {
        out.push('-');
        push_padded(out, part, 2);
    }
    out.push(between);
    push_padded(out, of_day / 3_600_000, 2);
    out.push(':');
    push_padded(out, of_day / 60_000 % 60, 2);
    out.push(':');
}

/// Year, month and day of a number of days since the Unix epoch, in the Gregorian calendar; eras of 400 years begin in
/// March, so that the leap day is the last of its year.
fn date_of(days: i64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year.max(0) as u64, month as u64, day as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimTime;

    #[test]
    fn times_are_written_as_the_calendar_says() {
        for days in (-1000..40_000).step_by(17) {
            let at = SimTime(days * 86_400_000 + 35_107_042);
            let mut text = String::new();
            push_time(&mut text, at.millis(), TimeForm::Rfc3339);
            assert_eq!(text, at.format("%Y-%m-%dT%H:%M:%S%.3fZ"));
        }
    }

    #[test]
    fn traces_lead_back_to_their_event() {
        let traces = TraceIds::new(7);
        for event in [(0, 0, 0), (3, -20_340, 17), (u32::MAX, 14_399, u32::MAX)] {
            let trace = traces.of(event.0, event.1, event.2);
            assert_eq!(traces.event(trace), Some(event));
            assert_eq!(traces.event(trace ^ 1), None);
        }
    }

    #[test]
    fn numbers_and_ids_have_their_form() {
        let mut text = String::new();
        push_number(&mut text, 0);
        push_number(&mut text, u64::MAX);
        push_hex(&mut text, 0xabc, 4);
        text.push(' ');
        push_uuid(&mut text, uuid(u64::MAX, u64::MAX));
        assert_eq!(
            text,
            "0184467440737095516150abc ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }
}
