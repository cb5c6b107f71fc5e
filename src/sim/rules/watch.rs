//! The series that rules ask for, kept at hand: which selectors rules have, and a source that answers them from the
//! newest samples. Gives the same answers as the drill's series, only sooner.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::rule::Rules;
use crate::sim::promql::Limits;
use crate::sim::promql::ast::{Expr, Node, Selector};
use crate::sim::promql::labels::METRIC_NAME;
use crate::sim::promql::matcher::{MatchOp, Matcher};
use crate::sim::promql::source::{Series, SeriesSource, SourceError};
use crate::sim::telemetry::store::Telemetry;
use crate::sim::telemetry::tail::{Selection, Tail};
use crate::sim::time::{SimTime, Span};

/// What looks further back than this is not kept at hand.
const LONGEST: Span = Span::from_hours(2);
/// Recording rules are followed into one another so deep, as when they are evaluated.
const MOST_DEPTH: u8 = 4;

/// Which selectors the rules have: by where their matchers lie in memory, so that one is found without comparing texts.
#[derive(Debug, Default)]
pub struct Watched {
    selections: Vec<Selection>,
    by_address: BTreeMap<usize, usize>,
}

fn address(matchers: &[Matcher]) -> usize {
    matchers.as_ptr() as usize
}

impl Watched {
    /// The selectors of some rules, which must not move in memory any more.
    pub fn of(rules: &Rules) -> Self {
        let mut watched = Self::default();
        for rule in &rules.alerting {
            watched.collect(rules, &rule.expr, 0, 0);
        }
        watched
    }

    /// Something that follows them.
    pub fn tail(&self) -> Tail {
        Tail::new(self.selections.clone())
    }

    /// Goes through an expression whose instants lie up to `before_ms` before that of the rule.
    fn collect(&mut self, rules: &Rules, expr: &Expr, before_ms: i64, depth: u8) {
        match &expr.node {
            Node::Number(_) | Node::Text(_) => {}
            Node::Vector(selector) => {
                let lookback = Limits::default().lookback.millis();
                self.add(rules, selector, before_ms + lookback, depth);
            }
            Node::Matrix(selector, range) => self.add(rules, selector, before_ms + range, depth),
            Node::Subquery(subquery) => {
                if subquery.shift.at.is_none() && subquery.shift.offset_ms >= 0 {
                    // A subquery's instants lie on multiples of its step, up to one before the range.
                    let before = before_ms + subquery.shift.offset_ms + subquery.range_ms;
                    self.collect(rules, &subquery.inner, before, depth);
                }
            }
            Node::Call(_, arguments) => {
                for argument in arguments {
                    self.collect(rules, argument, before_ms, depth);
                }
            }
            Node::Aggregate(aggregate) => {
                self.collect(rules, &aggregate.inner, before_ms, depth);
                if let Some(parameter) = &aggregate.parameter {
                    self.collect(rules, parameter, before_ms, depth);
                }
            }
            Node::Binary(binary) => {
                self.collect(rules, &binary.left, before_ms, depth);
                self.collect(rules, &binary.right, before_ms, depth);
            }
            Node::Negate(inner) | Node::Paren(inner) => {
                self.collect(rules, inner, before_ms, depth);
            }
        }
    }

    fn add(&mut self, rules: &Rules, selector: &Selector, reach_ms: i64, depth: u8) {
        let reach_ms = reach_ms.saturating_add(selector.shift.offset_ms);
        if selector.shift.at.is_some()
            || selector.shift.offset_ms < 0
            || reach_ms > LONGEST.millis()
        {
            return;
        }
        let metric = selector.matchers.iter().find(|matcher| {
            matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal
        });
        let Some(metric) = metric else {
            return;
        };
        if let Some(recording) = rules.recording.get(metric.value()) {
            if depth < MOST_DEPTH {
                // It is evaluated on the grid of rules within what is asked for.
                self.collect(rules, &recording.expr, reach_ms, depth + 1);
            }
            return;
        }
        let same = |other: &Selection| other.matchers == selector.matchers;
        let number = match self.selections.iter().position(same) {
            Some(number) => number,
            None => {
                self.selections.push(Selection {
                    matchers: selector.matchers.clone(),
                    reach_ms,
                });
                self.selections.len() - 1
            }
        };
        if let Some(selection) = self.selections.get_mut(number) {
            selection.reach_ms = selection.reach_ms.max(reach_ms);
        }
        self.by_address.insert(address(&selector.matchers), number);
    }
}

/// The drill's scraped series with the newest samples of what rules ask for at hand.
pub struct Newest<'a> {
    telemetry: &'a Telemetry,
    watched: &'a Watched,
    tail: &'a Tail,
    /// What was selected already at this evaluation: the selection and its window.
    known: RefCell<BTreeMap<(usize, i64, i64), Vec<Series>>>,
}

impl<'a> Newest<'a> {
    /// A source for one evaluation of all rules.
    pub const fn new(telemetry: &'a Telemetry, watched: &'a Watched, tail: &'a Tail) -> Self {
        Self {
            telemetry,
            watched,
            tail,
            known: RefCell::new(BTreeMap::new()),
        }
    }

    fn number(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<usize> {
        let number = *self.watched.by_address.get(&address(matchers))?;
        let selection = self.watched.selections.get(number)?;
        let kept = self.tail.covers(number, start, end);
        (kept && selection.matchers == matchers).then_some(number)
    }
}

impl SeriesSource for Newest<'_> {
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        let Some(number) = self.number(matchers, start, end) else {
            return self.telemetry.select(matchers, start, end);
        };
        let key = (number, start.millis(), end.millis());
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = self.tail.select(number, start, end);
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn estimate_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        match self.number(matchers, start, end) {
            Some(_) => None,
            None => self.telemetry.estimate_samples(matchers, start, end),
        }
    }

    fn metric_names(&self) -> Vec<String> {
        self.telemetry.metric_names()
    }

    fn label_names(&self, matchers: &[Matcher]) -> Vec<String> {
        self.telemetry.label_names(matchers)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        self.telemetry.label_values(name, matchers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rules::EVERY;

    /// Series in one order, values by their bits.
    fn plain(mut series: Vec<Series>) -> Vec<(String, Vec<i64>, Vec<u64>)> {
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        series
            .into_iter()
            .map(|one| {
                let bits = one.values.iter().map(|value| value.to_bits()).collect();
                (one.labels.to_string(), one.times.to_vec(), bits)
            })
            .collect()
    }

    #[test]
    fn the_newest_samples_are_those_of_the_drill() {
        let mut world = crate::sim::testing::small_world();
        let plan = std::sync::Arc::clone(world.plan());
        let mut tail = plan.watched.tail();
        assert!(plan.watched.selections.len() > 10);
        let mut compared = 0;
        for tick in 1..=20 {
            let at = plan.page + Span(tick * EVERY.millis());
            world.advance_to(at);
            let telemetry = world.signals().telemetry();
            tail.advance(telemetry, at - Span(1));
            // Not every tick: what is not looked at must be followed all the same.
            if tick % 3 == 0 {
                continue;
            }
            for (number, selection) in plan.watched.selections.iter().enumerate() {
                let end = at - Span(1);
                let start = end - Span(selection.reach_ms);
                assert!(tail.covers(number, start, end));
                let expected = telemetry.select(&selection.matchers, start, end);
                let found = plain(tail.select(number, start, end));
                assert_eq!(
                    found,
                    plain(expected.unwrap()),
                    "{:?} at tick {tick}",
                    selection.matchers
                );
                compared += found.len();
            }
        }
        assert!(compared > 200, "{compared}");
    }

    #[test]
    fn what_is_not_kept_is_asked_of_the_drill() {
        let world = crate::sim::testing::small_world();
        let (telemetry, watched) = (world.signals().telemetry(), &world.plan().watched);
        let tail = watched.tail();
        let newest = Newest::new(telemetry, watched, &tail);
        let expr = crate::sim::promql::parse("up").unwrap();
        let matchers = &expr.selectors()[0].matchers;
        let (start, end) = (world.now() - Span::from_mins(5), world.now());
        let found = newest.select(matchers, start, end).unwrap();
        assert_eq!(
            plain(found),
            plain(telemetry.select(matchers, start, end).unwrap())
        );
    }
}
