//! Times as kubectl writes them: ages in a few letters, instants in full. Never reads a clock.

use crate::sim::time::{SimTime, Span};

/// A span in a few letters: `45s`, `2m5s`, `3h10m`, `41d`, `<invalid>` for one that points back.
pub fn short(span: Span) -> String {
    let seconds = span.millis().div_euclid(1000);
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        two(days, "d", hours % 24, "h")
    } else if days < 730 {
        format!("{days}d")
    } else if days < 2920 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

fn two(large: i64, unit: &str, small: i64, sub_unit: &str) -> String {
    if small == 0 {
        format!("{large}{unit}")
    } else {
        format!("{large}{unit}{small}{sub_unit}")
    }
}

/// The age of something at `now`.
pub fn since(at: SimTime, now: SimTime) -> String {
    short(now - at)
}

/// `Mon, 02 Dec 2024 09:45:00 +0000`: how `describe` writes an instant.
pub fn full(at: SimTime) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000")
}

/// Reads a span as Go writes it (`10s`, `1h30m`, `1.5h`); the error is Go's.
pub fn parse_duration(text: &str) -> Result<Span, String> {
    let quoted = format!("\"{text}\"");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Span::ZERO);
    }
    if rest.is_empty() {
        return Err(format!("time: invalid duration {quoted}"));
    }
    let mut micros: i128 = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        if number.is_empty()
            || number == "."
            || number.len() > 15
            || number.matches('.').count() > 1
        {
            return Err(format!("time: invalid duration {quoted}"));
        }
        let unit_end = tail
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {quoted}"));
        }
        let scale: i128 = match unit {
            "ns" => 0,
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            _ => {
                return Err(format!(
                    "time: unknown unit \"{unit}\" in duration {quoted}"
                ));
            }
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        micros += whole.parse::<i128>().unwrap_or(0) * scale;
        if !fraction.is_empty() {
            let divisor = 10_i128.pow(fraction.len() as u32);
            micros += fraction.parse::<i128>().unwrap_or(0) * scale / divisor;
        }
        rest = next;
    }
    let millis =
        i64::try_from(micros / 1000).map_err(|_| format!("time: invalid duration {quoted}"))?;
    Ok(Span::from_millis(if negative { -millis } else { millis }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ages_follow_kubectls_ladder() {
        let ladder = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (59, "59s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (10_860, "3h1m"),
            (28_799, "7h59m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (176_400, "2d1h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ];
        for (seconds, text) in ladder {
            assert_eq!(short(Span::from_secs(seconds)), text);
        }
    }

    #[test]
    fn durations_are_read_as_go_does() {
        assert_eq!(parse_duration("1h30m"), Ok(Span::from_mins(90)));
        assert_eq!(parse_duration("1.5h"), Ok(Span::from_mins(90)));
        assert_eq!(parse_duration("250ms"), Ok(Span::from_millis(250)));
        assert_eq!(
            parse_duration("10x").unwrap_err(),
            "time: unknown unit \"x\" in duration \"10x\""
        );
        assert_eq!(
            parse_duration("10").unwrap_err(),
            "time: missing unit in duration \"10\""
        );
        assert_eq!(
            parse_duration("").unwrap_err(),
            "time: invalid duration \"\""
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_a_duration_or_an_error(text in "\\PC{0,16}") {
            let _ = parse_duration(&text);
        }
    }
}
