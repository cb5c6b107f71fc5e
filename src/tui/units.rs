//! Numbers as people read them: values with their unit, axis ticks, times of day, counts. Pure formatting.

use super::world::Unit;

/// A value with its unit, short enough for a legend: `4.85k`, `1.2 GiB`, `230 ms`, `40 %`.
pub fn value(value: f64, unit: Unit) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    match unit {
        Unit::Count => scaled(value, 1000.0, &["", "k", "M", "G", "T", "P"], ""),
        Unit::PerSecond => format!(
            "{}/s",
            scaled(value, 1000.0, &["", "k", "M", "G", "T", "P"], "")
        ),
        Unit::Bytes => scaled(
            value,
            1024.0,
            &["B", "KiB", "MiB", "GiB", "TiB", "PiB"],
            " ",
        ),
        Unit::Seconds => seconds(value),
        Unit::Ratio => format!("{} %", digits(value * 100.0)),
    }
}

fn scaled(value: f64, base: f64, names: &[&str], gap: &str) -> String {
    let mut size = value;
    let mut index = 0;
    while size.abs() >= base && index + 1 < names.len() {
        size /= base;
        index += 1;
    }
    let name = names.get(index).copied().unwrap_or("");
    format!("{}{gap}{name}", digits(size))
}

fn seconds(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0 s".to_owned()
    } else if size < 1e-3 {
        format!("{} µs", digits(value * 1e6))
    } else if size < 1.0 {
        format!("{} ms", digits(value * 1e3))
    } else if size < 120.0 {
        format!("{} s", digits(value))
    } else if size < 7200.0 {
        format!("{} min", digits(value / 60.0))
    } else if size < 172_800.0 {
        format!("{} h", digits(value / 3600.0))
    } else {
        format!("{} d", digits(value / 86_400.0))
    }
}

/// Three significant digits without trailing zeros.
fn digits(value: f64) -> String {
    let size = value.abs();
    let places = if size == 0.0 || size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else if size >= 0.01 {
        3
    } else {
        return if size < 1e-6 {
            format!("{value:.0e}")
        } else {
            trimmed(&format!("{value:.6}"))
        };
    };
    trimmed(&format!("{value:.places$}"))
}

fn trimmed(number: &str) -> String {
    let short = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    if short == "-0" { "0" } else { short }.to_owned()
}

/// A whole number with thin groups of three: `52,847`.
pub fn grouped(number: u64) -> String {
    let plain = number.to_string();
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count for a badge: `999`, `12.4k`, `3.1M`.
pub fn short_count(number: u64) -> String {
    value(number as f64, Unit::Count)
}

/// Round values for a y axis that cover `low..=high`, about `wanted` of them, rising. Bytes step in powers of two.
pub fn ticks(low: f64, high: f64, wanted: usize, unit: Unit) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite()) || high <= low {
        return vec![low];
    }
    let raw = (high - low) / wanted.max(1) as f64;
    let step = if unit == Unit::Bytes && raw >= 1.0 {
        2f64.powf(raw.log2().ceil())
    } else {
        let power = 10f64.powf(raw.log10().floor());
        let lead = raw / power;
        power
            * if lead <= 1.0 {
                1.0
            } else if lead <= 2.0 {
                2.0
            } else if lead <= 5.0 {
                5.0
            } else {
                10.0
            }
    };
    let first = (low / step).floor();
    let last = (high / step).ceil();
    (0..=(last - first).clamp(0.0, 64.0) as u32)
        .map(|index| (first + f64::from(index)) * step)
        .collect()
}

/// Steps a time axis may have, in milliseconds: one second to a day.
const TIME_STEPS_MS: [i64; 18] = [
    1_000,
    5_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    14_400_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
];

/// Round instants for a time axis inside `start_ms..=end_ms`, at most `wanted` of them.
pub fn time_ticks(start_ms: i64, end_ms: i64, wanted: usize) -> Vec<i64> {
    let span = end_ms.saturating_sub(start_ms).max(1);
    let step = TIME_STEPS_MS
        .into_iter()
        .find(|step| span / step <= wanted.max(1) as i64)
        .unwrap_or(604_800_000);
    let mut at = start_ms.div_euclid(step) * step;
    let mut out = Vec::new();
    while at <= end_ms && out.len() < 64 {
        if at >= start_ms {
            out.push(at);
        }
        at = at.saturating_add(step);
    }
    out
}

/// A UTC instant written with a chrono pattern; empty outside chrono's calendar.
pub fn instant(at_ms: i64, pattern: &str) -> String {
    chrono::DateTime::from_timestamp_millis(at_ms)
        .map_or_else(String::new, |at| at.format(pattern).to_string())
}

/// `09:45:07`.
pub fn clock(at_ms: i64) -> String {
    instant(at_ms, "%H:%M:%S")
}

/// `09:45`.
pub fn clock_minute(at_ms: i64) -> String {
    instant(at_ms, "%H:%M")
}

/// `09:45` today, `Mon 09:45` within a week before, `Nov 15 09:45` earlier: what a person would say at `now_ms`.
pub fn when(at_ms: i64, now_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    let day = at_ms.div_euclid(DAY_MS);
    let today = now_ms.div_euclid(DAY_MS);
    if day == today {
        instant(at_ms, "%H:%M")
    } else if today > day && today - day < 7 {
        instant(at_ms, "%a %H:%M")
    } else {
        instant(at_ms, "%b %d %H:%M")
    }
}

/// A span as people say it: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`.
pub fn span(millis: i64) -> String {
    let seconds = millis.abs() / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let sign = if millis <= -1000 { "-" } else { "" };
    if days > 0 {
        format!("{sign}{days} d {} h", hours % 24)
    } else if hours > 0 {
        format!("{sign}{hours} h {:02} min", minutes % 60)
    } else if minutes > 0 {
        format!("{sign}{minutes} min")
    } else {
        format!("{sign}{seconds} s")
    }
}

/// A running time as a stopwatch shows it: `00:07:31`.
pub fn stopwatch(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_carry_their_unit() {
        assert_eq!(value(4847.0, Unit::Count), "4.85k");
        assert_eq!(value(0.4, Unit::Ratio), "40 %");
        assert_eq!(value(0.23, Unit::Seconds), "230 ms");
        assert_eq!(value(1.5 * 1024.0 * 1024.0, Unit::Bytes), "1.5 MiB");
        assert_eq!(value(2.4, Unit::PerSecond), "2.4/s");
        assert_eq!(value(f64::NAN, Unit::Count), "–");
        assert_eq!(value(0.0, Unit::Count), "0");
        assert_eq!(value(-1200.0, Unit::Count), "-1.2k");
    }

    #[test]
    fn axes_have_round_ticks() {
        assert_eq!(
            ticks(0.0, 9.3, 5, Unit::Count),
            [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        );
        assert_eq!(
            ticks(0.0, 1000.0, 4, Unit::Bytes),
            [0.0, 256.0, 512.0, 768.0, 1024.0]
        );
        assert_eq!(
            time_ticks(0, 3_600_000, 4),
            [0, 900_000, 1_800_000, 2_700_000, 3_600_000]
        );
        assert_eq!(ticks(f64::NAN, 1.0, 5, Unit::Count).len(), 1);
    }

    #[test]
    fn times_read_as_people_say_them() {
        let monday = 1_772_460_300_000;
        assert_eq!(clock(monday), "14:05:00");
        assert_eq!(when(monday, monday + 60_000), "14:05");
        assert_eq!(when(monday - 86_400_000, monday), "Sun 14:05");
        assert_eq!(when(monday - 30 * 86_400_000, monday), "Jan 31 14:05");
        assert_eq!(span(11_100_000), "3 h 05 min");
        assert_eq!(stopwatch(451_000), "00:07:31");
        assert_eq!(grouped(52_847), "52,847");
        assert_eq!(grouped(7), "7");
    }
}
