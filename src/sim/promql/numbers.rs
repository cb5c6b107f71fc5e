//! Numbers, durations and quoted text as Prometheus writes and reads them. Knows nothing of queries.

use std::fmt::Write as _;

/// A value as query results show it: shortest decimal digits without exponent, `+Inf`, `-Inf`, `NaN`.
pub fn format_value(value: f64) -> String {
    special(value).map_or_else(|| format!("{value}"), str::to_owned)
}

/// A value as Prometheus's HTTP API writes it: like [`format_value`], with an exponent below 1e-6 and from 1e21.
pub fn format_json_value(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && size.is_finite() && !(1e-6..1e21).contains(&size) {
        return exponent_form(value);
    }
    format_value(value)
}

/// A value as messages and templates show it (`%g`): shortest digits, an exponent below 1e-4 and from 1e6.
pub fn format_short(value: f64) -> String {
    if value.is_finite() && value != 0.0 && !(-4..6).contains(&exponent_of(value)) {
        return exponent_form(value);
    }
    format_value(value)
}

fn exponent_of(value: f64) -> i32 {
    format!("{value:e}")
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0)
}

/// `1.5e-07`: shortest digits, a signed exponent of at least two digits.
pub fn exponent_form(value: f64) -> String {
    if let Some(text) = special(value) {
        return text.to_owned();
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let (sign, size) = match exponent.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{size:0>2}")
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

/// Milliseconds since the epoch as seconds with up to three decimals: `1435781451.781`.
pub fn format_seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let size = millis.unsigned_abs();
    let (whole, rest) = (size / 1000, size % 1000);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let decimals = format!("{rest:03}");
    format!("{sign}{whole}.{}", decimals.trim_end_matches('0'))
}

/// Text in double quotes with Go's escapes.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\u{b}' => quoted.push_str("\\v"),
            control if (control as u32) < 0x80 && control.is_control() => {
                let _ = write!(quoted, "\\x{:02x}", control as u32);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", control as u32);
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// Bytes that need not be UTF-8 in double quotes with Go's escapes.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let valid = quote(chunk.valid());
        quoted.push_str(
            valid
                .trim_start_matches('"')
                .strip_suffix('"')
                .unwrap_or(""),
        );
        for byte in chunk.invalid() {
            let _ = write!(quoted, "\\x{byte:02x}");
        }
    }
    quoted.push('"');
    quoted
}

/// Reads a number as PromQL writes it: decimal with optional exponent, `0x` hexadecimal, leading-zero octal,
/// underscores between digits, `Inf` and `NaN` in any case.
pub fn parse_number(text: &str) -> Option<f64> {
    let plain: String = text
        .chars()
        .filter(|character| *character != '_')
        .map(|character| character.to_ascii_lowercase())
        .collect();
    if let Some(digits) = plain.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16)
            .ok()
            .map(|value| value as f64);
    }
    if plain.len() > 1
        && plain.starts_with('0')
        && plain.bytes().all(|b| (b'0'..=b'7').contains(&b))
    {
        return i64::from_str_radix(&plain, 8)
            .ok()
            .map(|value| value as f64);
    }
    match plain.as_str() {
        "inf" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        digits if digits.bytes().any(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

/// The units of a duration from large to small, in milliseconds.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// The longest duration that Prometheus can hold: 2^63 nanoseconds.
pub const LONGEST_DURATION_MS: i64 = i64::MAX / 1_000_000;

/// Why a duration could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Not digits and units from large to small.
    Malformed,
    /// More than [`LONGEST_DURATION_MS`].
    OutOfRange,
}

/// Reads a duration such as `1d12h` or `90s` to milliseconds: units from large to small, each at most once.
pub fn parse_duration_ms(text: &str) -> Result<i64, DurationError> {
    if text == "0" {
        return Ok(0);
    }
    let mut rest = text;
    let mut total: i64 = 0;
    let mut allowed = UNITS.iter();
    if rest.is_empty() {
        return Err(DurationError::Malformed);
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let scale = allowed
            .find(|(name, _)| *name == unit)
            .map(|(_, scale)| *scale)
            .ok_or(DurationError::Malformed)?;
        if number.is_empty() {
            return Err(DurationError::Malformed);
        }
        total = number
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(scale))
            .and_then(|part| total.checked_add(part))
            .filter(|sum| *sum <= LONGEST_DURATION_MS)
            .ok_or(DurationError::OutOfRange)?;
        rest = after;
    }
    Ok(total)
}

/// Seconds as whole milliseconds, or why that is no duration.
pub fn seconds_to_ms(seconds: f64) -> Result<i64, DurationError> {
    let millis = libm::round(seconds * 1000.0);
    if millis.is_nan() || millis.abs() > LONGEST_DURATION_MS as f64 {
        return Err(DurationError::OutOfRange);
    }
    Ok(millis as i64)
}

/// A duration as Prometheus writes it: `1h30m`, `14d`, `5m`, `250ms`, `0s`.
pub fn format_duration_ms(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    if millis < 0 {
        text.push('-');
    }
    let mut rest = millis.unsigned_abs();
    for (unit, scale) in UNITS {
        let scale = scale.unsigned_abs();
        let whole_only = matches!(unit, "y" | "w");
        if rest < scale || (whole_only && !rest.is_multiple_of(scale)) {
            continue;
        }
        let _ = write!(text, "{}{unit}", rest / scale);
        rest %= scale;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_results_show_them() {
        assert_eq!(format_value(0.1), "0.1");
        assert_eq!(format_value(f64::INFINITY), "+Inf");
        assert_eq!(format_value(1e21), "1000000000000000000000");
        assert_eq!(format_json_value(1e21), "1e+21");
        assert_eq!(format_json_value(1.5e-7), "1.5e-07");
        assert_eq!(format_json_value(0.0), "0");
        assert_eq!(format_short(f64::NAN), "NaN");
        assert_eq!(format_short(-0.1), "-0.1");
        assert_eq!(format_short(1_234_567.0), "1.234567e+06");
        assert_eq!(format_seconds(1_435_781_451_781), "1435781451.781");
        assert_eq!(format_seconds(-1500), "-1.5");
    }

    #[test]
    fn numbers_in_every_base() {
        assert_eq!(parse_number("0x1F"), Some(31.0));
        assert_eq!(parse_number("017"), Some(15.0));
        assert_eq!(parse_number("018"), Some(18.0));
        assert_eq!(parse_number("0e5"), Some(0.0));
        assert_eq!(parse_number("1_000"), Some(1000.0));
        assert_eq!(parse_number("iNf"), Some(f64::INFINITY));
        assert_eq!(parse_number("5."), Some(5.0));
        assert_eq!(parse_number("e"), None);
    }

    #[test]
    fn durations_read_and_written() {
        assert_eq!(parse_duration_ms("1h30m"), Ok(5_400_000));
        assert_eq!(parse_duration_ms("10s53ms"), Ok(10_053));
        assert_eq!(parse_duration_ms("30m1h"), Err(DurationError::Malformed));
        assert_eq!(parse_duration_ms("5hs"), Err(DurationError::Malformed));
        assert_eq!(parse_duration_ms("300y"), Err(DurationError::OutOfRange));
        assert_eq!(format_duration_ms(5_400_000), "1h30m");
        assert_eq!(format_duration_ms(90 * 86_400_000), "90d");
        assert_eq!(format_duration_ms(14 * 86_400_000), "2w");
        assert_eq!(format_duration_ms(300_250), "5m250ms");
    }

    #[test]
    fn quoting() {
        assert_eq!(quote("a\"\n\u{1}é"), "\"a\\\"\\n\\x01é\"");
        assert_eq!(quote_bytes(b"a\xc5z"), "\"a\\xc5z\"");
    }
}
