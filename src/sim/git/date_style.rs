//! Dates as git writes them: `%ar`, `--date=iso`, all in UTC. Never reads a clock.

use chrono::DateTime;

use crate::sim::time::SimTime;

/// How a date is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DateStyle {
    /// `Sat Mar 14 09:07:00 2026 +0000`
    #[default]
    Default,
    /// `Sat Mar 14 09:07:00 2026`
    Local,
    /// `2026-03-14 09:07:00 +0000`
    Iso,
    /// `2026-03-14T09:07:00Z`
    IsoStrict,
    /// `Sat, 14 Mar 2026 09:07:00 +0000`
    Rfc,
    /// `2026-03-14`
    Short,
    /// `1773479220 +0000`
    Raw,
    /// `1773479220`
    Unix,
    /// `3 hours ago`
    Relative,
    /// A pattern of strftime.
    Pattern(String),
}

impl DateStyle {
    /// The style of `--date=NAME`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "default" => Self::Default,
            "local" | "default-local" => Self::Local,
            "iso" | "iso8601" | "iso-local" => Self::Iso,
            "iso-strict" | "iso8601-strict" | "iso-strict-local" => Self::IsoStrict,
            "rfc" | "rfc2822" | "rfc-local" => Self::Rfc,
            "short" | "short-local" => Self::Short,
            "raw" => Self::Raw,
            "unix" => Self::Unix,
            "relative" => Self::Relative,
            _ => {
                let pattern = name
                    .strip_prefix("format:")
                    .or_else(|| name.strip_prefix("format-local:"))?;
                Self::Pattern(pattern.to_owned())
            }
        })
    }

    /// The date in this style.
    pub fn write(&self, at: SimTime, now: SimTime) -> String {
        let pattern = match self {
            Self::Default => "%a %b %-d %H:%M:%S %Y +0000",
            Self::Local => "%a %b %-d %H:%M:%S %Y",
            Self::Iso => "%Y-%m-%d %H:%M:%S +0000",
            Self::IsoStrict => "%Y-%m-%dT%H:%M:%SZ",
            Self::Rfc => "%a, %-d %b %Y %H:%M:%S +0000",
            Self::Short => "%Y-%m-%d",
            Self::Raw => "%s +0000",
            Self::Unix => "%s",
            Self::Relative => return relative(at, now),
            Self::Pattern(pattern) => return checked_format(at, pattern),
        };
        at.format(pattern)
    }
}

/// Formats with a pattern from outside: what chrono does not know stays as it is.
pub fn checked_format(at: SimTime, pattern: &str) -> String {
    use chrono::format::{Item, StrftimeItems};
    let Some(date) = DateTime::from_timestamp_millis(at.millis()) else {
        return String::new();
    };
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.iter().any(|item| matches!(item, Item::Error)) {
        return pattern.to_owned();
    }
    date.format_with_items(items.iter()).to_string()
}

/// `3 hours ago`, in git's rounding.
pub fn relative(at: SimTime, now: SimTime) -> String {
    let seconds = now.secs() - at.secs();
    if seconds < 0 {
        return "in the future".to_owned();
    }
    let ago = |count: i64, unit: &str| format!("{} ago", counted(count, unit));
    if seconds < 90 {
        return ago(seconds, "second");
    }
    let minutes = (seconds + 30) / 60;
    if minutes < 90 {
        return ago(minutes, "minute");
    }
    let hours = (minutes + 30) / 60;
    if hours < 36 {
        return ago(hours, "hour");
    }
    let days = (hours + 12) / 24;
    match days {
        ..14 => ago(days, "day"),
        14..70 => ago((days + 3) / 7, "week"),
        70..365 => ago((days + 15) / 30, "month"),
        365..1825 => {
            let months = (days * 12 * 2 + 365) / (365 * 2);
            let years = counted(months / 12, "year");
            if months % 12 == 0 {
                format!("{years} ago")
            } else {
                format!("{years}, {} ago", counted(months % 12, "month"))
            }
        }
        _ => ago((days + 183) / 365, "year"),
    }
}

fn counted(count: i64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::Span;

    const DAY_SECONDS: i64 = 24 * 3600;

    fn now() -> SimTime {
        SimTime::parse_rfc3339("2024-12-02T09:45:00Z").unwrap()
    }

    #[test]
    fn spans_round_as_in_git() {
        let ago = |seconds: i64| relative(now() - Span::from_secs(seconds), now());
        assert_eq!(ago(-1), "in the future");
        assert_eq!(ago(1), "1 second ago");
        assert_eq!(ago(89), "89 seconds ago");
        assert_eq!(ago(90), "2 minutes ago");
        assert_eq!(ago(5400), "2 hours ago");
        assert_eq!(ago(5 * DAY_SECONDS), "5 days ago");
        assert_eq!(ago(17 * DAY_SECONDS), "2 weeks ago");
        assert_eq!(ago(100 * DAY_SECONDS), "3 months ago");
        assert_eq!(ago(400 * DAY_SECONDS), "1 year, 1 month ago");
        assert_eq!(ago(2000 * DAY_SECONDS), "5 years ago");
    }

    #[test]
    fn a_pattern_that_is_none_stays_text() {
        assert_eq!(
            DateStyle::parse("format:%Q").unwrap().write(now(), now()),
            "%Q"
        );
        assert_eq!(
            DateStyle::parse("format:%H:%M")
                .unwrap()
                .write(now(), now()),
            "09:45"
        );
        assert_eq!(DateStyle::parse("nonsense"), None);
    }
}
