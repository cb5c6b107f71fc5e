//! Intensities of the causal graph: they rise while a fault is active, fall when it is not, and can be hidden.

use crate::sim::plan::FaultPlan;
use crate::sim::time::{SimTime, Span};

/// Full intensity. Integers, so that adding up small steps is the same everywhere.
pub const FULL: i64 = 1_000_000_000;

/// A fault at a moment.
#[derive(Clone, Debug, Default)]
pub struct FaultState {
    /// Active since.
    pub active_since: Option<SimTime>,
    /// Its condition has held since, while it waits for its delay.
    holds_since: Option<SimTime>,
    /// Intensity without what hides it, 0 to [`FULL`].
    level: i64,
    /// Hidden until then.
    pub hidden_until: Option<SimTime>,
    /// Intensity as the world felt it at the last step.
    pub shown: i64,
    /// How often each ease was used.
    eased: Vec<u32>,
}

impl FaultState {
    /// Whether it is active.
    pub const fn is_active(&self) -> bool {
        self.active_since.is_some()
    }

    /// Intensity as the world feels it, 0 to [`FULL`].
    pub fn felt(&self, now: SimTime) -> i64 {
        if self.hidden_until.is_some_and(|until| now < until) {
            0
        } else {
            self.level
        }
    }

    /// Intensity as the world feels it, 0 to 1.
    pub fn intensity(&self, now: SimTime) -> f64 {
        self.felt(now) as f64 / FULL as f64
    }

    /// Whether its intensity stays as it is until its condition changes or [`FaultState::next_at`] comes.
    pub fn rests(&self) -> bool {
        self.level == if self.is_active() { FULL } else { 0 }
    }

    /// The next instant at which it changes although its condition does not: it has waited for its delay, or what hides
    /// it is over.
    pub fn next_at(&self, plan: &FaultPlan) -> Option<SimTime> {
        let begins = self
            .holds_since
            .filter(|_| !self.is_active())
            .map(|since| since + plan.delay);
        begins.into_iter().chain(self.hidden_until).min()
    }

    /// Whether its condition holds.
    pub const fn waits(&self) -> bool {
        self.holds_since.is_some()
    }

    /// Is what its instances are together: active while one is, as strong as the strongest.
    pub fn follow<'a>(&mut self, instances: impl Iterator<Item = &'a Self> + Clone, now: SimTime) {
        self.active_since = instances
            .clone()
            .filter_map(|instance| instance.active_since)
            .min();
        self.level = instances
            .map(|instance| instance.felt(now))
            .max()
            .unwrap_or(0);
    }

    /// Enters or leaves by what its conditions say now.
    pub fn decide(&mut self, plan: &FaultPlan, holds: bool, ends: bool, now: SimTime) {
        if holds {
            let since = *self.holds_since.get_or_insert(now);
            if self.active_since.is_none() && now - since >= plan.delay {
                self.active_since = Some(now);
            }
        } else {
            self.holds_since = None;
        }
        let over = if plan.until.is_some() { ends } else { !holds };
        if over {
            self.active_since = None;
        }
    }

    /// Lets time pass: `faster` is how many times as fast it rises.
    pub fn pass(&mut self, plan: &FaultPlan, span: Span, faster: f64, now: SimTime) {
        if self.hidden_until.is_some_and(|until| until <= now) {
            self.hidden_until = None;
        }
        if self.is_active() {
            self.level = (self.level + portion(span, plan.rises, faster)).min(FULL);
        } else {
            self.level = (self.level - portion(span, plan.falls, 1.0)).max(0);
        }
    }

    /// Has been active for long: full intensity from the start.
    pub fn settle(&mut self, now: SimTime) {
        self.active_since.get_or_insert(now);
        self.holds_since.get_or_insert(now);
        self.level = FULL;
    }

    /// Hides it for a while; each further time for a shorter one.
    pub fn ease(&mut self, plan: &FaultPlan, which: usize, now: SimTime) {
        let Some((_, lasts, again)) = plan.eased_by.get(which) else {
            return;
        };
        // What there is nothing of cannot be hidden, and does not wear the remedy out.
        if self.level == 0 {
            return;
        }
        self.eased.resize(plan.eased_by.len(), 0);
        let times = self.eased.get(which).copied().unwrap_or(0);
        let mut millis = lasts.millis() as f64;
        for _ in 0..times.min(64) {
            millis *= again.clamp(0.0, 1.0);
        }
        if let Some(count) = self.eased.get_mut(which) {
            *count += 1;
        }
        let until = now + Span(millis as i64);
        if self.hidden_until.is_none_or(|hidden| hidden < until) {
            self.hidden_until = Some(until);
        }
    }
}

/// The part of full intensity that `span` is of `whole`; everything when there is no whole.
fn portion(span: Span, whole: Span, faster: f64) -> i64 {
    if whole.millis() <= 0 {
        return FULL;
    }
    let factor = (faster.clamp(0.0, 1000.0) * 1000.0) as i128;
    (i128::from(FULL) * i128::from(span.millis()) * factor / (i128::from(whole.millis()) * 1000))
        as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::format::fault::{FaultKind, Scope};
    use crate::sim::plan::{Cond, Deed, Effects};

    fn plan() -> FaultPlan {
        FaultPlan {
            name: "f".into(),
            kind: FaultKind::Overload,
            scope: Scope::Estate,
            reach: crate::sim::plan::Reach::Whole,
            when: Cond::Always,
            until: None,
            delay: Span::from_secs(10),
            rises: Span::from_secs(100),
            falls: Span::from_secs(50),
            effects: Effects::default(),
            eased_by: vec![(Deed::Acknowledged, Span::from_secs(60), 0.5)],
            worsened_by: Vec::new(),
        }
    }

    fn run(state: &mut FaultState, plan: &FaultPlan, holds: bool, from: i64, to: i64) {
        for second in from..to {
            let now = SimTime(second * 1000);
            state.decide(plan, holds, false, now);
            state.pass(plan, Span::from_secs(1), 1.0, now);
        }
    }

    #[test]
    fn it_waits_rises_and_falls_at_its_own_pace() {
        let (plan, mut state) = (plan(), FaultState::default());
        run(&mut state, &plan, true, 0, 10);
        assert!(!state.is_active());
        run(&mut state, &plan, true, 10, 60);
        assert_eq!(state.level, FULL / 2);
        run(&mut state, &plan, false, 60, 85);
        assert_eq!(state.level, 0);
    }

    #[test]
    fn what_hides_it_helps_less_each_time() {
        let (plan, mut state) = (plan(), FaultState::default());
        state.ease(&plan, 0, SimTime(0)); // a restart long before: nothing was hidden, nothing is worn out
        run(&mut state, &plan, true, 0, 200);
        state.ease(&plan, 0, SimTime(200_000));
        assert_eq!(state.intensity(SimTime(259_000)), 0.0);
        run(&mut state, &plan, true, 200, 300);
        assert_eq!(state.intensity(SimTime(300_000)), 1.0);
        state.ease(&plan, 0, SimTime(300_000));
        assert_eq!(state.hidden_until, Some(SimTime(330_000)));
    }
}
