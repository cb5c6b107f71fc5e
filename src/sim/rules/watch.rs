//! The series that rules ask for, kept at hand: which selectors rules have, and a source that answers them from the
//! newest samples. Gives the same answers as the drill's series, only sooner.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::rule::Rules;
use crate::sim::parallel::Workers;
use crate::sim::promql::Limits;
use crate::sim::promql::ast::{Aggregate, AggregateOp, Expr, Grouping, Node, Selector};
use crate::sim::promql::function::Function;
use crate::sim::promql::labels::Labels;
use crate::sim::promql::labels::METRIC_NAME;
use crate::sim::promql::matcher::{MatchOp, Matcher};
use crate::sim::promql::source::{Looked, Series, SeriesSource, SourceError, SummedRises};
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
            watched.collect(rules, &rule.expr, Asked::default());
        }
        watched
    }

    /// Something that follows them: with what evaluations from the window's start on ask for, up to its end.
    pub fn tail(
        &self,
        telemetry: &Telemetry,
        window: (SimTime, SimTime),
        workers: &dyn Workers,
    ) -> Tail {
        Tail::begin(self.selections.clone(), telemetry, window, workers)
    }

    /// Goes through an expression and keeps its selectors.
    fn collect(&mut self, rules: &Rules, expr: &Expr, asked: Asked) {
        // Only what stands directly under a function that looks at rises is asked for those alone.
        let plain = Asked {
            rises: false,
            ..asked
        };
        match &expr.node {
            Node::Number(_) | Node::Text(_) => {}
            Node::Vector(selector) => {
                let lookback = Limits::default().lookback.millis();
                self.add(rules, selector, plain.further(lookback));
            }
            Node::Matrix(selector, range) => self.add(rules, selector, asked.further(*range)),
            Node::Subquery(subquery) => {
                if subquery.shift.at.is_none() && subquery.shift.offset_ms >= 0 {
                    let further = subquery.shift.offset_ms + subquery.range_ms;
                    self.collect(rules, &subquery.inner, plain.further(further));
                }
            }
            Node::Call(function, arguments) => {
                let rises = matches!(
                    function,
                    Function::Rate | Function::Increase | Function::Irate | Function::Resets
                );
                for argument in arguments {
                    self.collect(rules, argument, Asked { rises, ..asked });
                }
            }
            Node::Aggregate(aggregate) => {
                self.collect(rules, &aggregate.inner, plain);
                self.add_sum(aggregate);
                if let Some(parameter) = &aggregate.parameter {
                    self.collect(rules, parameter, plain);
                }
            }
            Node::Binary(binary) => {
                self.collect(rules, &binary.left, plain);
                self.collect(rules, &binary.right, plain);
            }
            Node::Paren(inner) => self.collect(rules, inner, asked),
            Node::Negate(inner) => self.collect(rules, inner, plain),
        }
    }

    /// Notes how the sums of a selection's rises are grouped.
    fn add_sum(&mut self, aggregate: &Aggregate) {
        let Node::Call(Function::Rate | Function::Increase, arguments) =
            &aggregate.inner.unwrapped().node
        else {
            return;
        };
        let Some(Node::Matrix(selector, _)) =
            arguments.first().map(|argument| &argument.unwrapped().node)
        else {
            return;
        };
        let names_the_metric = match &aggregate.grouping {
            Grouping::By(names) => names.iter().any(|name| name == METRIC_NAME),
            Grouping::Without(_) => false,
        };
        let number = self.by_address.get(&address(&selector.matchers)).copied();
        if let (Some(number), AggregateOp::Sum, false) = (number, aggregate.op, names_the_metric)
            && let Some(selection) = self.selections.get_mut(number)
            && !selection.sums.contains(&aggregate.grouping)
        {
            selection.sums.push(aggregate.grouping.clone());
        }
    }

    fn add(&mut self, rules: &Rules, selector: &Selector, asked: Asked) {
        let reach_ms = asked.before_ms.saturating_add(selector.shift.offset_ms);
        if selector.shift.at.is_some()
            || selector.shift.offset_ms < 0
            || reach_ms > LONGEST.millis()
        {
            return;
        }
        let metric = selector
            .matchers
            .iter()
            .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal);
        let Some(metric) = metric else {
            return;
        };
        if let Some(recording) = rules.recording.get(metric.value()) {
            if asked.depth < MOST_DEPTH {
                // It is evaluated on the grid of rules within what is asked for.
                let inner = Asked {
                    before_ms: reach_ms,
                    depth: asked.depth + 1,
                    rises: false,
                };
                self.collect(rules, &recording.expr, inner);
            }
            return;
        }
        let same = |other: &Selection| other.matchers == selector.matchers;
        let number = if let Some(number) = self.selections.iter().position(same) {
            number
        } else {
            self.selections.push(Selection {
                matchers: selector.matchers.clone(),
                reach_ms,
                rises: true,
                sums: Vec::new(),
            });
            self.selections.len() - 1
        };
        if let Some(selection) = self.selections.get_mut(number) {
            selection.reach_ms = selection.reach_ms.max(reach_ms);
            selection.rises &= asked.rises;
        }
        self.by_address.insert(address(&selector.matchers), number);
    }
}

/// How a part of an expression is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// How far before the rule's instant its own instants lie, in ms.
    before_ms: i64,
    /// How many recording rules ask for it, one through the other.
    depth: u8,
    /// Only how much counters rise is looked at.
    rises: bool,
}

impl Asked {
    fn further(self, millis: i64) -> Self {
        Self {
            before_ms: self.before_ms.saturating_add(millis),
            ..self
        }
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
    fn summed_rises(&self, asked: &SummedRises<'_>) -> Option<Vec<(Labels, f64)>> {
        let number = self.number(asked.matchers, asked.start, asked.end)?;
        self.tail.summed_rises(number, asked)
    }

    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError> {
        self.select_for(matchers, start, end, Looked::Everything)
    }

    fn select_for(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
        looked: Looked,
    ) -> Result<Vec<Series>, SourceError> {
        let Some(number) = self.number(matchers, start, end) else {
            return self.telemetry.select_for(matchers, start, end, looked);
        };
        let key = (number, start.millis(), end.millis());
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = self.tail.select(number, start, end);
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn most_samples(&self, matchers: &[Matcher], start: SimTime, end: SimTime) -> Option<u64> {
        match self.number(matchers, start, end) {
            Some(_) => None,
            None => self.telemetry.most_samples(matchers, start, end),
        }
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
    use crate::sim::parallel::Alone;
    use crate::sim::rules::EVERY;

    /// What every rule gives at an instant, values by their bits.
    fn given(rules: &Rules, source: &dyn SeriesSource, at: SimTime) -> Vec<String> {
        let evaluate = |expr: &Expr| {
            let answer = crate::sim::promql::instant(source, expr, at, &Limits::default());
            let (value, _) = answer.unwrap();
            let samples = value.samples().iter();
            let texts = samples.map(|one| format!("{} {:x}", one.labels, one.value.to_bits()));
            texts.collect::<Vec<_>>().join("\n")
        };
        // The comparison would hide what does not fire.
        let uncompared = |expr: &Expr| match &expr.unwrapped().node {
            Node::Binary(binary) => evaluate(&binary.left),
            _ => String::new(),
        };
        rules
            .alerting
            .iter()
            .map(|rule| format!("{}\n{}", evaluate(&rule.expr), uncompared(&rule.expr)))
            .collect()
    }

    #[test]
    fn rules_give_the_same_by_the_newest_samples_as_by_the_drill() {
        let mut world = crate::sim::testing::small_world();
        let plan = std::sync::Arc::clone(world.plan());
        assert!(plan.watched.selections.len() > 10);
        let since = plan.page - Span::from_mins(20);
        let telemetry = world.signals().telemetry();
        let mut tail = plan
            .watched
            .tail(telemetry, (since, plan.page - Span(1)), &Alone);
        for back in [20, 7, 0] {
            let at = plan.page - Span::from_mins(back) - Span(1);
            let newest = Newest::new(telemetry, &plan.watched, &tail);
            let series = crate::sim::rules::Recorded::new(telemetry, &plan.rules, &[]);
            assert_eq!(
                given(&plan.rules, &series.with_scraped(&newest), at),
                given(&plan.rules, &series, at),
                "{back} minutes before the page"
            );
        }
        tail.forget();
        let mut said = 0;
        for tick in 1..=24 {
            let at = plan.page + Span(tick * EVERY.millis());
            if tick == 9 {
                world.apply(&restart("worker")).unwrap();
            }
            world.advance_to(at);
            let telemetry = world.signals().telemetry();
            tail.advance(telemetry, at - Span(1));
            // Not every tick: what is not looked at must be followed all the same.
            if tick % 3 == 0 {
                continue;
            }
            let newest = Newest::new(telemetry, &plan.watched, &tail);
            for number in 0..plan.watched.selections.len() {
                let reach = plan.watched.selections[number].reach_ms;
                assert!(tail.covers(number, at - Span(1 + reach), at - Span(1)));
            }
            let series = crate::sim::rules::Recorded::new(telemetry, &plan.rules, &[]);
            let found = given(&plan.rules, &series.with_scraped(&newest), at - Span(1));
            assert_eq!(
                found,
                given(&plan.rules, &series, at - Span(1)),
                "tick {tick}"
            );
            said += found.iter().filter(|text| text.len() > 10).count();
        }
        assert!(said > 100, "{said}");
    }

    fn restart(service: &str) -> crate::sim::command::Command {
        use crate::sim::kubernetes::{Kind, KubeCommand, ObjectRef};
        let target = ObjectRef::new(Kind::Deployment, "back", service);
        let command = KubeCommand::RolloutRestart { target };
        crate::sim::command::Command::Kubernetes(Box::new(command))
    }

    #[test]
    fn what_is_not_kept_is_asked_of_the_drill() {
        let world = crate::sim::testing::small_world();
        let (telemetry, watched) = (world.signals().telemetry(), &world.plan().watched);
        let tail = Tail::default();
        let newest = Newest::new(telemetry, watched, &tail);
        let expr = crate::sim::promql::parse("up").unwrap();
        let matchers = &expr.selectors()[0].matchers;
        let (start, end) = (world.now() - Span::from_mins(5), world.now());
        let found = newest.select(matchers, start, end).unwrap();
        let expected = telemetry.select(matchers, start, end).unwrap();
        assert!(!found.is_empty());
        assert_eq!(found.len(), expected.len());
    }
}
