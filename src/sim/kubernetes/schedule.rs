//! Cron schedules: five fields, and when they are next due. In UTC, never by a clock.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::sim::time::SimTime;

/// A schedule as the five fields of cron say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// A text that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScheduleError(String);

impl Schedule {
    /// Reads five fields, or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError(format!(
                "expected exactly 5 fields, found {}: [{}]",
                fields.len(),
                fields.join(" ")
            )));
        };
        let weekdays = field(weekday, 0, 7)?;
        Ok(Self {
            minutes: field(minute, 0, 59)?,
            hours: field(hour, 0, 23)?,
            days: field(day, 1, 31)?,
            months: field(month, 1, 12)?,
            // Sunday is both 0 and 7.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        })
    }

    /// The first due instant after `after`; `None` for a schedule that is never due, such as the 31st of February.
    pub fn next_after(&self, after: SimTime) -> Option<SimTime> {
        let start = DateTime::<Utc>::from_timestamp_millis(after.millis())?.naive_utc();
        let first = (start + Duration::minutes(1))
            .with_second(0)?
            .with_nanosecond(0)?;
        let mut day = first.date();
        let mut from = first.time();
        // Every date and weekday meet within 28 years; leap days make it at most 40.
        for _ in 0..366 * 40 {
            if self.has_day(day)
                && let Some(time) = self.first_time(from)
            {
                let at = NaiveDateTime::new(day, time).and_utc();
                return Some(SimTime(at.timestamp_millis()));
            }
            day = day.succ_opt()?;
            from = NaiveTime::MIN;
        }
        None
    }

    /// The last due instants up to and including `until`, newest first, at most `count`, looking back at most 400 days.
    pub fn last_until(&self, until: SimTime, count: usize) -> Vec<SimTime> {
        let mut found = Vec::new();
        let Some(end) = DateTime::<Utc>::from_timestamp_millis(until.millis()) else {
            return found;
        };
        let end = end.naive_utc();
        let mut day = end.date();
        for back in 0..400 {
            if self.has_day(day) {
                let last = if back == 0 {
                    end.hour() * 60 + end.minute()
                } else {
                    24 * 60 - 1
                };
                for minute in (0..=last).rev() {
                    if found.len() >= count {
                        return found;
                    }
                    if self.has_minute(minute)
                        && let Some(time) = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)
                    {
                        let at = NaiveDateTime::new(day, time).and_utc();
                        found.push(SimTime(at.timestamp_millis()));
                    }
                }
            }
            let Some(before) = day.pred_opt() else {
                return found;
            };
            day = before;
        }
        found
    }

    fn has_day(&self, day: NaiveDate) -> bool {
        let by_date = bit(self.days, day.day());
        let by_weekday = bit(self.weekdays, day.weekday().num_days_from_sunday());
        // As in cron: when both fields are restricted, either is enough.
        let matches = if self.any_day || self.any_weekday {
            by_date && by_weekday
        } else {
            by_date || by_weekday
        };
        bit(self.months, day.month()) && matches
    }

    fn has_minute(&self, minute: u32) -> bool {
        bit(self.hours, minute / 60) && bit(self.minutes, minute % 60)
    }

    fn first_time(&self, from: NaiveTime) -> Option<NaiveTime> {
        let start = from.hour() * 60 + from.minute();
        (start..24 * 60)
            .find(|minute| self.has_minute(*minute))
            .and_then(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0))
    }
}

const fn bit(bits: u64, index: u32) -> bool {
    bits >> index & 1 == 1
}

fn field(text: &str, low: u32, high: u32) -> Result<u64, ScheduleError> {
    text.split(',')
        .try_fold(0, |bits, part| Ok(bits | range(part, low, high)?))
}

fn range(part: &str, low: u32, high: u32) -> Result<u64, ScheduleError> {
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| ScheduleError(format!("failed to parse int from {text}")))
    };
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => (span, number(step)?),
        None => (part, 1),
    };
    let (first, last) = match span.split_once('-') {
        _ if span == "*" => (low, high),
        Some((first, last)) => (number(first)?, number(last)?),
        None if part.contains('/') => (number(span)?, high),
        None => (number(span)?, number(span)?),
    };
    if first < low || last > high || first > last || step == 0 {
        return Err(ScheduleError(format!(
            "range ({span}) outside of {low}-{high}, or step of zero: {part}"
        )));
    }
    Ok((first..=last)
        .step_by(step as usize)
        .fold(0, |bits, value| bits | 1 << value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(schedule: &str, after: &str) -> String {
        Schedule::parse(schedule)
            .unwrap()
            .next_after(SimTime::parse_rfc3339(after).unwrap())
            .unwrap()
            .rfc3339()
    }

    #[test]
    fn due_instants_follow_the_fields() {
        assert_eq!(
            next("0 3 * * *", "2024-12-02T09:45:00Z"),
            "2024-12-03T03:00:00Z"
        );
        assert_eq!(
            next("*/15 * * * *", "2024-12-02T09:45:00Z"),
            "2024-12-02T10:00:00Z"
        );
        assert_eq!(
            next("30 6 * * 1-5", "2024-12-06T07:00:00Z"),
            "2024-12-09T06:30:00Z"
        );
        assert_eq!(
            next("0 0 29 2 *", "2024-12-06T07:00:00Z"),
            "2028-02-29T00:00:00Z"
        );
        assert_eq!(
            next("@hourly", "2024-12-02T09:45:00Z"),
            "2024-12-02T10:00:00Z"
        );
        assert_eq!(
            next("0 0 1 * 7", "2024-12-03T00:00:00Z"),
            "2024-12-08T00:00:00Z"
        );
    }

    #[test]
    fn past_instants_come_newest_first() {
        let past = Schedule::parse("0 3 * * *")
            .unwrap()
            .last_until(SimTime::parse_rfc3339("2024-12-02T09:45:00Z").unwrap(), 2);
        let texts: Vec<String> = past.iter().map(|at| at.rfc3339()).collect();
        assert_eq!(texts, ["2024-12-02T03:00:00Z", "2024-12-01T03:00:00Z"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "a * * * *",
            "*/0 * * * *",
            "5-1 * * * *",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Schedule::parse("0 0 31 2 *")
                .unwrap()
                .next_after(SimTime(0)),
            None
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_refused_or_gives_a_later_instant(text in "[0-9*/, -]{0,20}") {
            if let Ok(schedule) = Schedule::parse(&text)
                && let Some(at) = schedule.next_after(SimTime(0)) {
                prop_assert!(at > SimTime(0));
            }
        }
    }
}
