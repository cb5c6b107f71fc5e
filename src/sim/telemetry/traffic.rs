//! The shape of traffic over a week, as an integer table. Draws nothing.

const HOUR_MS: i64 = 3_600_000;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
/// The Unix epoch was a Thursday; weeks here begin on Monday.
const EPOCH_TO_MONDAY_MS: i64 = 3 * 24 * HOUR_MS;

/// How traffic moves with the hour of the week: factors in units of 1/65,536 at the middle of each hour, with straight
/// lines between. The first hour is Monday's from 00:00 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficShape {
    hours_q16: Box<[u32; 168]>,
}

impl TrafficShape {
    /// The same at all times.
    pub fn flat() -> Self {
        Self::hour_of_week([65_536; 168])
    }

    /// A factor for each hour of the week.
    pub fn hour_of_week(hours_q16: [u32; 168]) -> Self {
        Self {
            hours_q16: Box::new(hours_q16),
        }
    }

    /// A factor for each hour of the day times one for each day of the week from Monday, moved east by whole hours
    /// (an offset of -5 puts the curve where New York has it in winter).
    pub fn daily(hours_q16: &[u32; 24], days_q16: &[u32; 7], offset_hours: i32) -> Self {
        let mut week = [0; 168];
        for (hour, factor) in week.iter_mut().enumerate() {
            let local = (hour as i32 + offset_hours).rem_euclid(168) as usize;
            let of_day = hours_q16.get(local % 24).copied().unwrap_or(65_536);
            let of_week = days_q16.get(local / 24).copied().unwrap_or(65_536);
            let product = (u64::from(of_day) * u64::from(of_week)) >> 16;
            *factor = product.min(u64::from(u32::MAX)) as u32;
        }
        Self::hour_of_week(week)
    }

    /// The factor at an instant, in units of 1/65,536.
    pub fn factor_q16(&self, at_ms: i64) -> u32 {
        self.stretch_at(at_ms).factor_q16(at_ms)
    }

    /// The straight line on which an instant lies: for who asks for many instants.
    pub(super) fn stretch_at(&self, at_ms: i64) -> Stretch {
        let into_week = at_ms
            .saturating_add(EPOCH_TO_MONDAY_MS - HOUR_MS / 2)
            .rem_euclid(WEEK_MS);
        let hour = (into_week / HOUR_MS) as usize;
        let into_hour = into_week % HOUR_MS;
        let entry =
            |hour: usize| i64::from(self.hours_q16.get(hour % 168).copied().unwrap_or(65_536));
        let (before, after) = (entry(hour), entry(hour + 1));
        Stretch {
            from_ms: at_ms.saturating_sub(into_hour),
            before_q16: before,
            rise_q16: after - before,
        }
    }
}

/// An hour of a shape, from the middle of one hour to that of the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    from_ms: i64,
    before_q16: i64,
    rise_q16: i64,
}

impl Stretch {
    /// Whether an instant lies on it.
    #[inline]
    pub(super) const fn holds(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && at_ms - self.from_ms < HOUR_MS
    }

    /// The factor at an instant that lies on it, in units of 1/65,536.
    #[inline]
    pub(super) const fn factor_q16(&self, at_ms: i64) -> u32 {
        let into_hour = at_ms.saturating_sub(self.from_ms);
        (self.before_q16 + self.rise_q16 * into_hour / HOUR_MS) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimTime;

    #[test]
    fn the_curve_passes_through_its_points() {
        let mut hours = [65_536; 24];
        hours[9] = 131_072;
        let mut days = [65_536; 7];
        days[0] = 32_768;
        let shape = TrafficShape::daily(&hours, &days, 0);
        let at = |text| shape.factor_q16(SimTime::parse_rfc3339(text).unwrap().millis());
        // 2026-03-02 is a Monday.
        assert_eq!(at("2026-03-02T09:30:00Z"), 65_536);
        assert_eq!(at("2026-03-02T10:00:00Z"), 49_152);
        assert_eq!(at("2026-03-03T09:30:00Z"), 131_072);
        assert_eq!(at("2026-03-01T23:30:00Z"), 65_536);
        assert_eq!(at("2026-03-02T00:00:00Z"), 49_152);
        let moved = TrafficShape::daily(&hours, &days, -5);
        let noon = SimTime::parse_rfc3339("2026-03-03T14:30:00Z").unwrap();
        assert_eq!(moved.factor_q16(noon.millis()), 131_072);
        assert_eq!(TrafficShape::flat().factor_q16(i64::MIN), 65_536);
    }
}
