//! Durations and sizes as Go programs write them. Reads and writes text, nothing else.

/// Units of a duration in nanoseconds.
const TIMES: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// Units of a size: decimal and binary, in any case.
const SIZES: [(&str, f64); 22] = [
    ("", 1.0),
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("pb", 1e15),
    ("k", 1e3),
    ("m", 1e6),
    ("g", 1e9),
    ("t", 1e12),
    ("p", 1e15),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tib", 1_099_511_627_776.0),
    ("pib", 1_125_899_906_842_624.0),
    ("ki", 1024.0),
    ("mi", 1_048_576.0),
    ("gi", 1_073_741_824.0),
    ("ti", 1_099_511_627_776.0),
    ("pi", 1_125_899_906_842_624.0),
];

/// Seconds of a duration such as `1.5s`, `2m30s`, `-250ms`; none if it is no duration.
pub fn duration_seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, after) = rest.split_at(digits);
        let letters = after
            .char_indices()
            .find(|(_, letter)| letter.is_ascii_digit() || *letter == '.')
            .map_or(after.len(), |(at, _)| at);
        let (unit, after) = after.split_at(letters);
        let scale = TIMES.iter().find(|(name, _)| *name == unit)?.1;
        if !number.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        nanos += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    Some(sign * nanos / 1e9)
}

/// Bytes of a size such as `5KB`, `1.5 MiB`, `42`; none if it is no size.
pub fn bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        .count();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.replace(',', "").parse().ok()?;
    let unit = unit.trim().to_ascii_lowercase();
    let scale = SIZES.iter().find(|(name, _)| *name == unit)?.1;
    Some(libm::floor(number * scale))
}

/// A duration as Go prints it: `1h30m0s`, `2.5s`, `250ms`, `0s`.
pub fn format_seconds(seconds: f64) -> String {
    let nanos = libm::round(seconds * 1e9) as i64;
    if nanos == 0 {
        return "0s".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let small = |scale: u64, unit: &str| {
        let whole = size / scale;
        let rest = size % scale;
        let width = scale.ilog10() as usize;
        let decimals = format!("{rest:0width$}");
        let decimals = decimals.trim_end_matches('0');
        let point = if rest == 0 { "" } else { "." };
        let decimals = if rest == 0 { "" } else { decimals };
        format!("{sign}{whole}{point}{decimals}{unit}")
    };
    match size {
        0..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => small(1_000, "µs"),
        1_000_000..1_000_000_000 => small(1_000_000, "ms"),
        _ => {
            let (hours, minutes) = (size / 3_600_000_000_000, size / 60_000_000_000 % 60);
            let left = size % 60_000_000_000;
            let mut seconds = (left / 1_000_000_000).to_string();
            let rest = left % 1_000_000_000;
            if rest > 0 {
                let decimals = format!("{rest:09}");
                seconds = format!("{seconds}.{}", decimals.trim_end_matches('0'));
            }
            if hours > 0 {
                format!("{sign}{hours}h{minutes}m{seconds}s")
            } else if minutes > 0 {
                format!("{sign}{minutes}m{seconds}s")
            } else {
                format!("{sign}{seconds}s")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, seconds) in [
            ("1.5s", 1.5),
            ("2m30s", 150.0),
            ("-250ms", -0.25),
            ("1h", 3600.0),
            ("3µs", 3e-6),
            ("0", 0.0),
            ("1h30m", 5400.0),
        ] {
            assert_eq!(duration_seconds(text), Some(seconds), "{text}");
        }
        for text in ["", "5", "s", "1x", ".s", "1d", "-", "1.2.3s", "é"] {
            assert_eq!(duration_seconds(text), None, "{text}");
        }
        for (seconds, text) in [
            (0.0, "0s"),
            (1.5, "1.5s"),
            (5400.0, "1h30m0s"),
            (150.0, "2m30s"),
            (0.25, "250ms"),
            (-0.25, "-250ms"),
            (3e-6, "3µs"),
            (1.5e-5, "15µs"),
            (7e-9, "7ns"),
            (3_661.001, "1h1m1.001s"),
        ] {
            assert_eq!(format_seconds(seconds), text);
        }
    }

    #[test]
    fn sizes_are_read_with_decimal_and_binary_units() {
        for (text, size) in [
            ("42", 42.0),
            ("5KB", 5000.0),
            ("5KiB", 5120.0),
            ("1.5 MiB", 1_572_864.0),
            ("1,000b", 1000.0),
            ("2gb", 2e9),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
        for text in ["", "KB", "5 parsecs", "-5KB", "1..2"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
