//! Dates as git reads them: `--since="2 weeks ago"` relative to simulated now, all in UTC. Never reads a clock.

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike};

use crate::sim::time::{SimTime, Span};

const DAY_SECONDS: i64 = 24 * 3600;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Sunday first, as the numbers of weekdays go.
const WEEKDAYS: [&str; 7] = [
    "Sundays",
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
];
const NUMBERS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];
const UNITS: [(&str, i64); 5] = [
    ("seconds", 1),
    ("minutes", 60),
    ("hours", 3600),
    ("days", DAY_SECONDS),
    ("weeks", 7 * DAY_SECONDS),
];

/// The instant that a text of `--since`, `--until` and the like means. Git never refuses one: words that it does not know
/// are passed over, and what is missing (a day's time, a time's day) is taken from now.
pub fn parse_when(text: &str, now: SimTime) -> SimTime {
    let text = text.trim();
    if let Some(seconds) = epoch(text) {
        return SimTime(seconds.saturating_mul(1000));
    }
    let (rest, zone_seconds) = split_zone(text);
    let mut reader = Approximate::new(now);
    reader.read(rest);
    let whole_date =
        reader.at.year.is_some() && reader.at.month.is_some() && reader.at.day.is_some();
    let instant = SimTime(reader.finish().saturating_mul(1000));
    match zone_seconds {
        Some(seconds) if whole_date => instant - Span::from_secs(seconds),
        _ => instant,
    }
}

/// `@1732722000`, or nine digits and more alone, perhaps with a zone.
fn epoch(text: &str) -> Option<i64> {
    let marked = text.strip_prefix('@');
    let digits = marked.unwrap_or(text).split(' ').next().unwrap_or_default();
    let long_enough = marked.is_some() || digits.len() >= 9;
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !(long_enough && all_digits && digits.len() <= 11) {
        return None;
    }
    digits.parse().ok()
}

/// A zone at the end, `+0200` or `+02:00`, in seconds east of UTC. Only a text with a time of day has one.
fn split_zone(text: &str) -> (&str, Option<i64>) {
    let Some(sign_at) = text.rfind(['+', '-']) else {
        return (text, None);
    };
    let (rest, zone) = (text.get(..sign_at), text.get(sign_at..));
    let (Some(rest), Some(zone)) = (rest, zone) else {
        return (text, None);
    };
    let digits: String = zone.chars().skip(1).filter(|c| *c != ':').collect();
    let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || !rest.contains(':') {
        return (text, None);
    }
    let number: i64 = digits.parse().unwrap_or_default();
    let seconds = (number / 100 * 60 + number % 100) * 60;
    (
        rest,
        Some(if zone.starts_with('-') {
            -seconds
        } else {
            seconds
        }),
    )
}

/// Calendar fields that are read one after another; date fields are `None` until something sets them.
#[derive(Clone, Copy)]
struct Fields {
    year: Option<i64>,
    /// From 0.
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    /// From Sunday.
    weekday: i64,
}

impl Fields {
    fn of(seconds: i64) -> Self {
        let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        Self {
            year: Some(i64::from(at.year())),
            month: Some(i64::from(at.month0())),
            day: Some(i64::from(at.day())),
            hour: i64::from(at.hour()),
            minute: i64::from(at.minute()),
            second: i64::from(at.second()),
            weekday: i64::from(at.weekday().num_days_from_sunday()),
        }
    }
}

/// The reader of loose dates: goes over words and numbers and lets each change the fields.
struct Approximate {
    at: Fields,
    now: Fields,
    now_seconds: i64,
    /// A number that has not found its unit yet; 0 is none.
    number: i64,
    /// Whether a date of eight digits was read, so that six more are its time.
    compact_date: bool,
}

impl Approximate {
    fn new(now: SimTime) -> Self {
        let today = Fields::of(now.secs());
        Self {
            at: Fields {
                year: None,
                month: None,
                day: None,
                ..today
            },
            now: today,
            now_seconds: now.secs(),
            number: 0,
            compact_date: false,
        }
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first.is_ascii_digit() {
                self.settle_number();
                rest = self.digits(rest);
            } else if first.is_ascii_alphabetic() {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphabetic())
                    .unwrap_or(rest.len());
                let (word, later) = rest.split_at(end);
                // A word is compared up to the next character that is neither letter nor digit.
                let glued = later.starts_with(|c: char| c.is_ascii_digit());
                self.word(word, glued);
                rest = later;
            } else {
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        self.settle_number();
    }

    fn finish(&mut self) -> i64 {
        self.move_back(0)
    }

    /// Fills the date from now where it is open, then goes back by `seconds`.
    fn move_back(&mut self, seconds: i64) -> i64 {
        let month = self.at.month.or(self.now.month).unwrap_or_default();
        let day = self.at.day.or(self.now.day).unwrap_or(1);
        let year = self.at.year.unwrap_or_else(|| {
            let this_year = self.now.year.unwrap_or(1970);
            this_year - i64::from(month > self.now.month.unwrap_or_default())
        });
        let time = self.at.hour * 3600 + self.at.minute * 60 + self.at.second;
        let instant = midnight(year, month, day).unwrap_or(self.now_seconds) + time - seconds;
        let instant = instant.clamp(0, 4_102_444_800);
        self.at = Fields::of(instant);
        instant
    }

    /// A number that no unit claimed is a day, else a month, else a year.
    fn settle_number(&mut self) {
        let number = std::mem::take(&mut self.number);
        if number == 0 {
            return;
        }
        if self.at.day.is_none() && number < 32 {
            self.at.day = Some(number);
        } else if self.at.month.is_none() && number < 13 {
            self.at.month = Some(number - 1);
        } else if self.at.year.is_none() {
            self.at.year = full_year(number);
        }
    }

    fn digits<'a>(&mut self, text: &'a str) -> &'a str {
        let (number, end) = leading_number(text);
        let mut after = text.get(end..).unwrap_or_default().chars();
        let separator = after.next().unwrap_or_default();
        let digit_follows = after.next().is_some_and(|c| c.is_ascii_digit());
        if matches!(separator, ':' | '.' | '/' | '-')
            && digit_follows
            && let Some(length) = self.joined_numbers(number, separator, text, end)
        {
            return text.get(length..).unwrap_or_default();
        }
        if text.len() > end && end == 8 && separator == 'T' || (end == 6 && self.compact_date) {
            self.compact(number, end);
            return text.get(end..).unwrap_or_default();
        }
        if !text.starts_with('0') || end <= 2 {
            self.number = number;
        }
        text.get(end..).unwrap_or_default()
    }

    /// `20241127T154000`.
    fn compact(&mut self, number: i64, digits: usize) {
        let (high, middle, low) = (number / 10_000, number / 100 % 100, number % 100);
        if digits == 8 {
            self.compact_date = self.set_date(high, middle, low, false);
        } else {
            (self.at.hour, self.at.minute, self.at.second) = (high % 100, middle, low);
        }
    }

    /// `15:40`, `15:40:30`, `2024-11-27`, `11/27/2024`, `27.11.2024`: how many bytes were taken.
    fn joined_numbers(
        &mut self,
        first: i64,
        separator: char,
        text: &str,
        end: usize,
    ) -> Option<usize> {
        let (second, length) = leading_number(text.get(end + 1..)?);
        let mut end = end + 1 + length;
        let mut third = -1;
        let rest = text.get(end..)?;
        if let Some(digits) = rest.strip_prefix(separator)
            && digits.starts_with(|c: char| c.is_ascii_digit())
        {
            let (number, length) = leading_number(digits);
            third = number;
            end += 1 + length;
        }
        if separator == ':' {
            let third = third.max(0);
            if first >= 25 || second >= 60 || third > 60 {
                return None;
            }
            (self.at.hour, self.at.minute, self.at.second) = (first, second, third);
            return Some(end + fraction(text.get(end..)?));
        }
        let dotted = separator == '.';
        let found = (first > 70
            && (self.set_date(first, second, third, false)
                || self.set_date(first, third, second, false)))
            || (!dotted && self.set_date(third, first, second, true))
            || self.set_date(third, second, first, true)
            || (dotted && self.set_date(third, first, second, true));
        found.then_some(end)
    }

    /// Sets the date if it is one; the order of day and month that lies well after now is not believed.
    fn set_date(&mut self, year: i64, month: i64, day: i64, refuse_future: bool) -> bool {
        if !(1..13).contains(&month) || !(1..32).contains(&day) {
            return false;
        }
        let year = if year == -1 {
            self.now.year
        } else {
            full_year(year)
        };
        let Some(year) = year else { return false };
        if refuse_future {
            let time = self.at.hour * 3600 + self.at.minute * 60 + self.at.second;
            let at = midnight(year, month - 1, day).unwrap_or_default() + time;
            if at > self.now_seconds + 10 * DAY_SECONDS {
                return false;
            }
        }
        self.at.year = Some(year);
        self.at.month = Some(month - 1);
        self.at.day = Some(day);
        true
    }

    fn word(&mut self, word: &str, glued: bool) {
        let matches = |name: &str| if glued { 0 } else { common(word, name) };
        if let Some(month) = MONTHS.iter().position(|name| matches(name) >= 3) {
            self.at.month = Some(month as i64);
        } else if self.special(&word.to_ascii_lowercase()) {
        } else if self.number == 0 {
            let number = NUMBERS.iter().position(|name| matches(name) == name.len());
            if let Some(number) = number {
                self.number = number as i64;
            } else if matches("last") == 4 {
                self.number = 1;
            }
        } else if let Some((_, seconds)) = UNITS
            .iter()
            .find(|(name, _)| matches(name) + 1 >= name.len())
        {
            let back = seconds.saturating_mul(std::mem::take(&mut self.number));
            self.move_back(back);
        } else if let Some(day) = WEEKDAYS.iter().position(|name| matches(name) >= 3) {
            let mut weeks = std::mem::take(&mut self.number) - 1;
            let days = self.at.weekday - day as i64;
            weeks += i64::from(days <= 0);
            self.move_back((days + 7 * weeks).saturating_mul(DAY_SECONDS));
        } else if matches("months") >= 5 {
            self.months_back();
        } else if matches("years") >= 4 {
            self.move_back(0);
            let years = std::mem::take(&mut self.number);
            self.at.year = self.at.year.map(|year| year - years);
        }
    }

    fn months_back(&mut self) {
        self.move_back(0);
        let months = std::mem::take(&mut self.number).min(12_000);
        let month = self.at.month.unwrap_or_default() - months;
        self.at.year = self.at.year.map(|year| year + month.div_euclid(12));
        self.at.month = Some(month.rem_euclid(12));
    }

    /// Words that stand for a time; says whether this is one.
    fn special(&mut self, word: &str) -> bool {
        match word {
            "yesterday" => {
                self.number = 0;
                self.move_back(DAY_SECONDS);
            }
            "noon" => self.last_hour(12),
            "midnight" => self.last_hour(0),
            "tea" => self.last_hour(17),
            "pm" | "am" => {
                let hour = std::mem::take(&mut self.number);
                if hour != 0 {
                    (self.at.hour, self.at.minute, self.at.second) = (hour, 0, 0);
                }
                self.at.hour = self.at.hour % 12 + if word == "pm" { 12 } else { 0 };
            }
            "never" => {
                self.number = 0;
                self.at = Fields::of(0);
            }
            "now" => {
                self.number = 0;
                self.move_back(0);
            }
            _ => return false,
        }
        true
    }

    fn last_hour(&mut self, hour: i64) {
        self.settle_number();
        if self.at.hour < hour {
            self.move_back(DAY_SECONDS);
        }
        (self.at.hour, self.at.minute, self.at.second) = (hour, 0, 0);
    }
}

fn full_year(year: i64) -> Option<i64> {
    match year {
        1970..2100 => Some(year),
        71..100 => Some(1900 + year),
        0..38 => Some(2000 + year),
        _ => None,
    }
}

/// Seconds at the start of a day; a day past the month's end runs into the next month.
fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    let first = NaiveDate::from_ymd_opt(year as i32, month as u32 + 1, 1)?;
    let date = first.checked_add_days(Days::new(u64::try_from(day - 1).ok()?))?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
}

/// The digits at the start as a number (at most nine of them count) and how many there are.
fn leading_number(text: &str) -> (i64, usize) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let digits = text.get(..end.min(9)).unwrap_or_default();
    (digits.parse().unwrap_or_default(), end)
}

/// `.123` after a time of day.
fn fraction(text: &str) -> usize {
    let Some(digits) = text.strip_prefix('.') else {
        return 0;
    };
    let (_, length) = leading_number(digits);
    if length == 0 { 0 } else { length + 1 }
}

/// Length of a word that begins a name, else 0.
fn common(word: &str, name: &str) -> usize {
    let begins = name
        .get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word));
    if begins { word.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> SimTime {
        SimTime::parse_rfc3339("2024-12-02T09:45:00Z").unwrap()
    }

    /// What `git rev-parse --since=TEXT` of git 2.47 says at 2024-12-02T09:45:00Z.
    const KNOWN: [(&str, &str); 73] = [
        ("now", "2024-12-02T09:45:00Z"),
        ("today", "2024-12-02T09:45:00Z"),
        ("yesterday", "2024-12-01T09:45:00Z"),
        ("midnight", "2024-12-02T00:00:00Z"),
        ("noon", "2024-12-01T12:00:00Z"),
        ("tea", "2024-12-01T17:00:00Z"),
        ("2 weeks ago", "2024-11-18T09:45:00Z"),
        ("2.weeks.ago", "2024-11-18T09:45:00Z"),
        ("2.weeks", "2024-11-18T09:45:00Z"),
        ("3 days", "2024-11-29T09:45:00Z"),
        ("last week", "2024-11-25T09:45:00Z"),
        ("last month", "2024-11-02T09:45:00Z"),
        ("last year", "2023-12-02T09:45:00Z"),
        ("last friday", "2024-11-29T09:45:00Z"),
        ("friday", "2024-12-02T09:45:00Z"),
        ("last monday", "2024-11-25T09:45:00Z"),
        ("yesterday noon", "2024-11-30T12:00:00Z"),
        ("yesterday 15:00", "2024-12-01T15:00:00Z"),
        ("15:00 yesterday", "2024-12-01T15:00:00Z"),
        ("1 hour ago", "2024-12-02T08:45:00Z"),
        ("an hour ago", "2024-12-02T09:45:00Z"),
        ("2 hours 30 minutes ago", "2024-12-02T07:15:00Z"),
        ("90 seconds ago", "2024-12-02T09:43:30Z"),
        ("6 months ago", "2024-06-02T09:45:00Z"),
        ("1 year 2 months ago", "2023-10-02T09:45:00Z"),
        ("2024-11-27", "2024-11-27T09:45:00Z"),
        ("2024-11-27 15:40", "2024-11-27T15:40:00Z"),
        ("2024-11-27T15:40", "2024-11-27T15:40:00Z"),
        ("2024-11-27T15:40:30", "2024-11-27T15:40:30Z"),
        ("2024-11-27T15:40:00Z", "2024-11-27T15:40:00Z"),
        ("2024-11-27T15:40:00+02:00", "2024-11-27T13:40:00Z"),
        ("2024-11-27 15:40:00 +0200", "2024-11-27T13:40:00Z"),
        ("2024-11-27 15:40:00 -0500", "2024-11-27T20:40:00Z"),
        ("2024/11/27", "2024-11-27T09:45:00Z"),
        ("11/27/2024", "2024-11-27T09:45:00Z"),
        ("27/11/2024", "2024-11-27T09:45:00Z"),
        ("27.11.2024", "2024-11-27T09:45:00Z"),
        ("11-27", "2024-11-27T09:45:00Z"),
        ("Nov 27", "2024-11-27T09:45:00Z"),
        ("Nov 27, 2024", "2024-11-27T09:45:00Z"),
        ("27 Nov 2024", "2024-11-27T09:45:00Z"),
        ("November 27", "2024-11-27T09:45:00Z"),
        ("27th November", "2024-11-27T09:45:00Z"),
        ("Dec 25", "2024-12-25T09:45:00Z"),
        ("Wed Nov 27 15:40:00 2024 +0000", "2024-11-27T15:40:00Z"),
        ("Wed, 27 Nov 2024 15:40:00 +0000", "2024-11-27T15:40:00Z"),
        ("Wed, 27 Nov 2024 15:40:00 -0100", "2024-11-27T16:40:00Z"),
        ("1732722000", "2024-11-27T15:40:00Z"),
        ("@1732722000", "2024-11-27T15:40:00Z"),
        ("09:00", "2024-12-02T09:00:00Z"),
        ("9am", "2024-12-02T09:00:00Z"),
        ("9:30 pm", "2024-12-02T21:30:00Z"),
        ("5pm yesterday", "2024-12-01T17:00:00Z"),
        ("3pm", "2024-12-02T15:00:00Z"),
        ("noon yesterday", "2024-11-30T12:00:00Z"),
        ("two weeks ago", "2024-11-18T09:45:00Z"),
        ("2w", "2024-12-02T09:45:00Z"),
        ("4h", "2024-12-04T09:45:00Z"),
        ("-2days", "2024-11-30T09:45:00Z"),
        ("garbage", "2024-12-02T09:45:00Z"),
        ("nov", "2024-11-02T09:45:00Z"),
        ("2024", "2024-12-02T09:45:00Z"),
        ("2023", "2023-12-02T09:45:00Z"),
        ("12:00 am", "2024-12-02T00:00:00Z"),
        ("2 days ago 15:00", "2024-11-30T15:00:00Z"),
        ("2 days ago noon", "2024-11-29T12:00:00Z"),
        ("2024-11-31", "2024-12-01T09:45:00Z"),
        ("2024-13-01", "2024-01-13T09:45:00Z"),
        ("20241127T154000", "2024-11-27T15:40:00Z"),
        ("2024-11", "2024-12-11T09:45:00Z"),
        ("yesterday at 5pm", "2024-12-01T17:00:00Z"),
        ("7 days ago midnight", "2024-11-25T00:00:00Z"),
        ("3 wednesdays ago", "2024-11-13T09:45:00Z"),
    ];

    #[test]
    fn loose_dates_mean_what_they_mean_to_git() {
        for (text, expected) in KNOWN {
            assert_eq!(parse_when(text, now()).rfc3339(), expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_some_instant(text in "([0-9]{1,12}|[-:./+@T ]|ago|days|months|years|noon|pm|last|friday|nov|é){0,12}") {
            let _ = parse_when(&text, now());
        }
    }
}
