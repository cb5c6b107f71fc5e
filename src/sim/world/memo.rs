//! What conditions depend on, and answers that are kept while none of that has moved. A cache and nothing more: with it
//! or without, every answer is the same.

use crate::sim::plan::Cond;

/// What a condition reads, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs(u8);

impl Needs {
    /// Facts, pods, alerts, what the trainee did and saw: what changes at instants.
    pub const FACTS: Self = Self(1);
    /// Faults' activity and intensities.
    pub const FAULTS: Self = Self(2);
    /// Offsets of groups that do not keep up.
    pub const OFFSETS: Self = Self(4);
    /// Levels of stocks.
    pub const STOCKS: Self = Self(8);
    /// The clock: something must have held for a while, or an instant is named.
    pub const CLOCK: Self = Self(16);
    /// Traffic's shape, which moves all day.
    pub const TRAFFIC: Self = Self(32);
    /// Drivers.
    pub const DRIVERS: Self = Self(64);

    /// Everything.
    pub const ANY: Self = Self(127);
    /// All that does not move by the clock alone.
    const STATE: Self = Self(15);

    const ALL: [Self; 7] = [
        Self::FACTS,
        Self::FAULTS,
        Self::OFFSETS,
        Self::STOCKS,
        Self::CLOCK,
        Self::TRAFFIC,
        Self::DRIVERS,
    ];

    /// What a condition reads.
    pub fn of(condition: &Cond) -> Self {
        let mut needs = Self::default();
        condition.walk(&mut |part| needs = needs.with(Self::of_part(part)));
        needs
    }

    fn of_part(part: &Cond) -> Self {
        match part {
            Cond::Always | Cond::Never | Cond::All(_) | Cond::Any(_) | Cond::Not(_) => {
                Self::default()
            }
            Cond::Active(_) | Cond::Above(..) => Self::FAULTS,
            Cond::ActiveFor(..) | Cond::AboveFor(..) => Self::FAULTS.with(Self::CLOCK),
            Cond::After(_) | Cond::Healthy(..) => Self::CLOCK,
            Cond::LagAbove(..) | Cond::ExpiredAbove(..) => Self::OFFSETS.with(Self::FACTS),
            Cond::StockAbove(..) => Self::STOCKS,
            Cond::TrafficAbove(_) => Self::TRAFFIC,
            Cond::DriverAbove(..) | Cond::DriverBelow(..) => Self::DRIVERS,
            Cond::ImageAtLeast(..)
            | Cond::EnvMissing(..)
            | Cond::EnvIs(..)
            | Cond::CodeMatches(..)
            | Cond::ReplicasAtLeast(..)
            | Cond::ReadyBelow(..)
            | Cond::FlagOn(_)
            | Cond::FactIs(..)
            | Cond::FactBelow(..)
            | Cond::RetentionBelow(..)
            | Cond::JobRunning(_)
            | Cond::AlertFiring(_)
            | Cond::ClueSeen(_)
            | Cond::Did(_)
            | Cond::Refuted(_) => Self::FACTS,
        }
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// All of this but what is in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the two have anything in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// How often each of what conditions read has moved.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    times: [u64; Needs::ALL.len()],
}

impl Moves {
    /// Something has moved.
    pub fn note(&mut self, what: Needs) {
        for (kind, times) in Needs::ALL.iter().zip(&mut self.times) {
            *times += u64::from(kind.meets(what));
        }
    }

    /// A number that grows whenever anything moves but the clock and what follows from it alone.
    pub fn all(&self) -> u64 {
        self.stamp(Needs::STATE)
    }

    /// A number that grows whenever something of what is needed moves.
    fn stamp(&self, needs: Needs) -> u64 {
        let moved = Needs::ALL.iter().zip(&self.times);
        moved
            .filter(|(kind, _)| kind.meets(needs))
            .map(|(_, times)| times)
            .sum()
    }
}

/// The last answer to one condition.
#[derive(Clone, Copy, Debug)]
pub struct Memo {
    needs: Needs,
    /// The stamp at the last answer; none before the first.
    at: Option<u64>,
    value: bool,
}

impl Memo {
    /// No answer yet.
    pub fn new(condition: &Cond) -> Self {
        Self {
            needs: Needs::of(condition),
            at: None,
            value: false,
        }
    }

    /// The answer, asked for only when something it depends on has moved since.
    pub fn answer(&mut self, moves: &Moves, ask: impl FnOnce() -> bool) -> bool {
        let stamp = moves.stamp(self.needs);
        if self.at != Some(stamp) {
            self.value = ask();
            self.at = Some(stamp);
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ids::FaultId;

    #[test]
    fn an_answer_is_kept_until_something_it_reads_moves() {
        let condition = Cond::Not(Box::new(Cond::Active(FaultId(0))));
        let (mut memo, mut moves) = (Memo::new(&condition), Moves::default());
        assert!(memo.answer(&moves, || true));
        moves.note(Needs::STOCKS);
        assert!(memo.answer(&moves, || false), "stocks do not matter to it");
        moves.note(Needs::FAULTS.with(Needs::STOCKS));
        assert!(!memo.answer(&moves, || false));
    }
}
