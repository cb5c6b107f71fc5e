//! The clock of a drill: how much simulated time passes for the wall time that passed, and what a call costs.
//! Never decides what happens in that time, and never waits: the caller measures the wall and moves the world.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::sim::time::{SimTime, Span};

/// The longest stretch of wall time that one [`Clock::advance`] lets through.
///
/// A program that was stopped (`Ctrl-Z`, a debugger, a closed lid) comes back after minutes or hours; the incident must not
/// have run on without the trainee in between.
pub const LONGEST_STRETCH: Duration = Duration::from_secs(10);

const NANOS_PER_MILLI: u128 = 1_000_000;

/// An instant of the real world: milliseconds since the Unix epoch, UTC.
///
/// Kept apart from [`SimTime`] so that the two are never compared; it may run backwards when the machine's clock is set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct WallTime(pub i64);

impl WallTime {
    /// The machine's time now. A clock set to before 1970 reads as the epoch.
    pub fn now() -> Self {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(Self(0), |since| {
                Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            })
    }

    /// The instant written with a chrono format, in UTC; empty for an instant outside chrono's calendar.
    pub fn format(self, pattern: &str) -> String {
        SimTime(self.0).format(pattern)
    }
}

/// How many simulated seconds pass in a second of wall time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speed {
    /// As in life.
    #[default]
    X1,
    /// Twice as fast.
    X2,
    /// Five times as fast.
    X5,
    /// Ten times as fast.
    X10,
    /// Thirty times as fast: an hour in two minutes.
    X30,
}

impl Speed {
    /// Every speed, slowest first.
    pub const ALL: [Self; 5] = [Self::X1, Self::X2, Self::X5, Self::X10, Self::X30];

    /// Simulated seconds per second of wall time.
    pub const fn factor(self) -> u8 {
        match self {
            Self::X1 => 1,
            Self::X2 => 2,
            Self::X5 => 5,
            Self::X10 => 10,
            Self::X30 => 30,
        }
    }

    /// The next faster speed, or this one if there is none.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::ALL
            .into_iter()
            .find(|speed| *speed > self)
            .unwrap_or(self)
    }

    /// The next slower speed, or this one if there is none.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::ALL
            .into_iter()
            .rev()
            .find(|speed| *speed < self)
            .unwrap_or(self)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x", self.factor())
    }
}

/// A number that is none of the five speeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a speed: choose 1, 2, 5, 10 or 30")]
pub struct NotASpeed(pub u8);

impl TryFrom<u8> for Speed {
    type Error = NotASpeed;

    fn try_from(factor: u8) -> Result<Self, NotASpeed> {
        Self::ALL
            .into_iter()
            .find(|speed| speed.factor() == factor)
            .ok_or(NotASpeed(factor))
    }
}

// Written as its factor: `"speed":10`.
impl Serialize for Speed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.factor())
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(u8::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What makes simulated time pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// The wall, times the speed, plus what calls cost: how a person plays.
    #[default]
    Wall,
    /// Only what calls cost and skips: how a program plays, so that its own slowness does not count.
    PerCall,
}

/// The clock of one drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    now: SimTime,
    pace: Pace,
    speed: Speed,
    paused: bool,
    /// Simulated nanoseconds under a millisecond that earlier stretches left over: without them, a clock that is asked
    /// a hundred times a second would lose up to a tenth of its time.
    carried_nanos: u128,
}

impl Clock {
    /// A running clock at an instant.
    pub const fn new(now: SimTime, pace: Pace, speed: Speed) -> Self {
        Self {
            now,
            pace,
            speed,
            paused: false,
            carried_nanos: 0,
        }
    }

    /// Simulated time now.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// What makes time pass.
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// The chosen speed; kept while paused.
    pub const fn speed(&self) -> Speed {
        self.speed
    }

    /// Chooses a speed. A pause stays a pause.
    pub const fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    /// True while wall time moves nothing.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Stops or restarts the passing of wall time. Calls still cost what they cost.
    pub const fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Lets wall time pass and answers how much simulated time that was: whole milliseconds, the rest is carried to
    /// the next time. Zero while paused and when time passes per call. Of one stretch at most [`LONGEST_STRETCH`] counts.
    pub fn advance(&mut self, wall: Duration) -> Span {
        if self.paused || self.pace == Pace::PerCall {
            return Span::ZERO;
        }
        let counted = wall.min(LONGEST_STRETCH).as_nanos();
        let simulated = counted * u128::from(self.speed.factor()) + self.carried_nanos;
        self.carried_nanos = simulated % NANOS_PER_MILLI;
        // At most 10 s times 30 in milliseconds: far inside an i64.
        let passed = Span::from_millis((simulated / NANOS_PER_MILLI) as i64);
        self.now += passed;
        passed
    }

    /// Lets the simulated time pass that a call costs, paused or not. A negative cost is none. Answers the time after.
    pub fn charge(&mut self, cost: Span) -> SimTime {
        self.now += cost.max(Span::ZERO);
        self.now
    }

    /// Goes forward to an instant and answers how much simulated time that skipped; an instant that has passed skips none.
    pub fn skip_to(&mut self, target: SimTime) -> Span {
        if target <= self.now {
            return Span::ZERO;
        }
        let skipped = target - self.now;
        self.now = target;
        self.carried_nanos = 0;
        skipped
    }

    /// The wall time until the clock shows an instant, if nothing else moves it: how long a caller may sleep.
    /// Zero for an instant that has passed, `None` if wall time alone never gets there.
    pub fn wall_until(&self, target: SimTime) -> Option<Duration> {
        if target <= self.now {
            return Some(Duration::ZERO);
        }
        if self.paused || self.pace == Pace::PerCall {
            return None;
        }
        let missing_ms = u128::from((target - self.now).millis().unsigned_abs());
        let missing = (missing_ms * NANOS_PER_MILLI).saturating_sub(self.carried_nanos);
        let wall = missing.div_ceil(u128::from(self.speed.factor()));
        Some(Duration::from_nanos(
            u64::try_from(wall).unwrap_or(u64::MAX),
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: SimTime = SimTime(1_000_000);

    fn clock(speed: Speed) -> Clock {
        Clock::new(START, Pace::Wall, speed)
    }

    #[test]
    fn a_second_passes_as_many_as_the_speed_says() {
        for (speed, expected_ms) in Speed::ALL
            .into_iter()
            .zip([1000, 2000, 5000, 10_000, 30_000])
        {
            let mut clock = clock(speed);
            assert_eq!(
                clock.advance(Duration::from_secs(1)),
                Span::from_millis(expected_ms)
            );
            assert_eq!(clock.now(), START + Span::from_millis(expected_ms));
        }
    }

    #[test]
    fn parts_of_a_millisecond_are_carried() {
        let mut clock = clock(Speed::X1);
        let passed: i64 = (0..3000)
            .map(|_| clock.advance(Duration::from_micros(333)).millis())
            .sum();
        assert_eq!(passed, 999);
        assert_eq!(clock.advance(Duration::from_millis(1)).millis(), 1);
    }

    #[test]
    fn a_pause_stops_the_wall_but_not_the_cost_of_a_call() {
        let mut clock = clock(Speed::X10);
        clock.set_paused(true);
        assert_eq!(clock.advance(Duration::from_secs(5)), Span::ZERO);
        assert_eq!(clock.charge(Span::from_secs(3)), START + Span::from_secs(3));
        assert_eq!(
            clock.charge(Span::from_secs(-3)),
            START + Span::from_secs(3)
        );
        clock.set_paused(false);
        assert_eq!(clock.speed(), Speed::X10);
        assert_eq!(
            clock.advance(Duration::from_millis(100)),
            Span::from_secs(1)
        );
    }

    #[test]
    fn a_program_is_charged_per_call_only() {
        let mut clock = Clock::new(START, Pace::PerCall, Speed::X30);
        assert_eq!(clock.advance(Duration::from_secs(5)), Span::ZERO);
        assert_eq!(clock.wall_until(START + Span::from_secs(1)), None);
        clock.charge(Span::from_secs(8));
        assert_eq!(
            clock.skip_to(START + Span::from_mins(1)),
            Span::from_secs(52)
        );
        assert_eq!(clock.now(), START + Span::from_mins(1));
    }

    #[test]
    fn a_skip_never_goes_back() {
        let mut clock = clock(Speed::X1);
        assert_eq!(
            clock.skip_to(START + Span::from_secs(9)),
            Span::from_secs(9)
        );
        assert_eq!(clock.skip_to(START), Span::ZERO);
        assert_eq!(clock.now(), START + Span::from_secs(9));
    }

    #[test]
    fn a_stopped_program_does_not_find_the_incident_over() {
        let mut clock = clock(Speed::X1);
        assert_eq!(clock.advance(Duration::from_hours(8)), Span::from_secs(10));
        assert_eq!(clock.advance(Duration::MAX), Span::from_secs(10));
    }

    #[test]
    fn a_speed_is_written_as_its_factor() {
        assert_eq!(serde_json::to_string(&Speed::X10).unwrap(), "10");
        assert_eq!(serde_json::from_str::<Speed>("30").unwrap(), Speed::X30);
        let error = serde_json::from_str::<Speed>("3").unwrap_err().to_string();
        assert_eq!(error, "3 is not a speed: choose 1, 2, 5, 10 or 30");
        assert_eq!(Speed::X30.faster(), Speed::X30);
        assert_eq!(Speed::X30.slower(), Speed::X10);
        assert_eq!(Speed::X1.slower(), Speed::X1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_division_of_the_wall_drifts(
            stretches in prop::collection::vec(0_u64..40_000_000, 0..200),
            speed in prop::sample::select(Speed::ALL.to_vec()),
        ) {
            let mut clock = clock(speed);
            let mut passed = 0;
            for nanos in &stretches {
                passed += clock.advance(Duration::from_nanos(*nanos)).millis();
            }
            let exact: u128 = stretches.iter().map(|nanos| u128::from(*nanos)).sum();
            prop_assert_eq!(passed as u128, exact * u128::from(speed.factor()) / NANOS_PER_MILLI);
            prop_assert_eq!(clock.now(), START + Span::from_millis(passed));
        }

        #[test]
        fn sleeping_until_an_instant_gets_there_and_not_beyond(
            before in 0_u64..9_000_000,
            missing_ms in 1_i64..10_000,
            speed in prop::sample::select(Speed::ALL.to_vec()),
        ) {
            let mut clock = clock(speed);
            clock.advance(Duration::from_nanos(before));
            let target = clock.now() + Span::from_millis(missing_ms);
            let sleep = clock.wall_until(target).unwrap();
            let mut early = clock.clone();
            early.advance(sleep.saturating_sub(Duration::from_nanos(1)));
            prop_assert!(early.now() < target);
            clock.advance(sleep);
            prop_assert_eq!(clock.now(), target);
        }
    }
}
