//! Dates in UTC from seconds since the epoch, for any number of seconds. Reads no clock.

/// A day and a time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    /// 1 to 366.
    pub day_of_year: i64,
}

const DAY_SECONDS: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;

impl Moment {
    /// The moment of some seconds since the epoch, fractions dropped. Numbers beyond 64 bits stop at their ends.
    pub fn from_seconds(seconds: f64) -> Self {
        let seconds = seconds as i64;
        let days = seconds.div_euclid(DAY_SECONDS);
        let rest = seconds.rem_euclid(DAY_SECONDS);
        let (year, month, day) = civil(days);
        Self {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest % 3600 / 60,
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - days_before_year(year) + 1,
        }
    }

    pub fn days_in_month(self) -> i64 {
        match self.month {
            2 if is_leap(self.year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// Days from the epoch to January 1 of a year.
fn days_before_year(year: i64) -> i64 {
    let before = year - 1;
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

/// Year, month and day of a number of days since the epoch. Years are counted from March, so that the leap day is
/// the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(ERA_DAYS);
    let day_of_era = shifted.rem_euclid(ERA_DAYS);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / (ERA_DAYS - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        let moment = Moment::from_seconds(1_136_239_445.0);
        assert_eq!((moment.year, moment.month, moment.day), (2006, 1, 2));
        assert_eq!((moment.hour, moment.minute, moment.weekday), (22, 4, 1));
        assert_eq!(moment.day_of_year, 2);
        let leap = Moment::from_seconds(1_483_191_420.0);
        assert_eq!((leap.day_of_year, leap.days_in_month()), (366, 31));
        assert_eq!(Moment::from_seconds(-1.0).year, 1969);
        assert_eq!(Moment::from_seconds(1_454_284_800.0).days_in_month(), 29);
        let _ends = (
            Moment::from_seconds(f64::MAX),
            Moment::from_seconds(f64::MIN),
        );
    }
}
