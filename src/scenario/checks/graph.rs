//! Checks of the causal graph: cycles, what clues reveal, whether the answer's way exists; and of the graph of calls.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Kind;
use super::{Checker, nearest};
use crate::scenario::format::condition::Condition;
use crate::scenario::format::effect::Effect;
use crate::scenario::format::fault::Fault;
use crate::scenario::format::scenario::Scenario;
use crate::scenario::ids;

/// Which faults cause which others.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    names: Vec<&'a str>,
    /// By cause: what it causes, and whether it does so at once.
    effects: Vec<Vec<(usize, bool)>>,
    /// Whether something that can be done ends the fault by itself.
    remedied: Vec<bool>,
}

impl Checker<'_> {
    /// The causal graph and the graph of calls.
    pub(super) fn graph(&mut self, scenario: &Scenario) {
        let graph = Graph::new(scenario, self);
        self.cycles(&graph);
        self.revealed(scenario);
        self.answer_path(scenario, &graph);
        self.call_cycles();
    }

    fn cycles(&mut self, graph: &Graph<'_>) {
        let places = self.subject.scenario_places;
        let at_once = graph.edges(|_, _, at_once| at_once);
        let lasting = graph.edges(|from, to, _| !graph.is_remedied(from) && !graph.is_remedied(to));
        for (edges, id, message, hint) in [
            (
                at_once,
                ids::CYCLE_AT_ONCE,
                "cause each other at once",
                "give one of them a `delay`, or let it depend on `ActiveFor` or `AboveFor`",
            ),
            (
                lasting,
                ids::CYCLE_FOR_EVER,
                "keep each other alive, and nothing that anybody can do ends it",
                "let one of them depend on a fact of the configuration, or give it `until` or `eased_by`",
            ),
        ] {
            for circle in circles(&edges) {
                let names: Vec<&str> = circle.iter().map(|index| graph.name(*index)).collect();
                let Some(first) = names.iter().min() else {
                    continue;
                };
                let subject = if names.len() == 1 {
                    format!("`{first}` depends on itself: faults that do so")
                } else {
                    format!("the faults {}", nearest::list(&names))
                };
                let at = places.entry("faults", first).field("when").tag();
                self.push(at.error(id, format!("{subject} {message}")).hint(hint));
            }
        }
    }

    /// Each fault is revealed by a clue, each clue is shown by something.
    fn revealed(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        let clues = scenario.clues.values();
        let revealed: BTreeSet<&str> = clues.map(|clue| clue.reveals.as_str()).collect();
        for name in scenario.faults.keys() {
            if !revealed.contains(name.as_str()) && self.subject.whole {
                self.push(
                    places
                        .entry("faults", name)
                        .name()
                        .error(
                            ids::FAULT_UNREVEALED,
                            format!("no clue reveals the fault `{name}`"),
                        )
                        .hint("add a clue with `reveals` and something that shows it"),
                );
            }
        }
        for (name, clue) in &scenario.clues {
            let at = places.entry("clues", name);
            self.refer(Kind::Fault, &clue.reveals, &at.field("reveals"));
            self.artifacts(&clue.shown_by, &at.field("shown_by"));
            if clue.shown_by.is_empty() {
                self.push(
                    at.field("shown_by")
                        .error(ids::CLUE_UNSEEN, format!("nothing shows the clue `{name}`"))
                        .hint(
                            "name an artifact, for example `Line(of: \"...\", contains: \"...\")`",
                        ),
                );
            }
        }
    }

    fn answer_path(&mut self, scenario: &Scenario, graph: &Graph<'_>) {
        let at = self.subject.scenario_places.field("answer");
        let answer = &scenario.answer;
        self.refer_all(Kind::Fault, &answer.roots, &at.field("roots"));
        self.refer_all(Kind::Fault, &answer.path, &at.field("path"));
        self.refer_all(Kind::Service, &answer.components, &at.field("components"));
        self.word_lists(&answer.why_now_words, &at.field("why_now_words"));
        self.word_lists(&answer.mechanism_words, &at.field("mechanism_words"));
        self.not_empty(&answer.why_now, "`why_now`", &at.field("why_now"));
        for name in answer.path_words.keys() {
            self.refer(Kind::Fault, name, &at.field("path_words"));
        }
        for (index, remedy) in answer.remedies.iter().enumerate() {
            let place = at.field("remedies").item(index);
            self.not_empty(&remedy.says, "what the remedy is", &place.field("says"));
            self.changes(&remedy.does, &place.field("does"));
        }
        if !self.subject.whole {
            return;
        }
        if answer.components.is_empty() {
            self.push(
                at.field("components")
                    .error(ids::EMPTY, "no component is right")
                    .hint("name the services that a right claim may name"),
            );
        }
        let begins = answer.path.first();
        if answer.roots.is_empty() || begins.is_none_or(|first| !answer.roots.contains(first)) {
            self.push(
                at.field("roots")
                    .error(
                        ids::ANSWER_ROOT,
                        "the answer's path does not begin at one of its roots",
                    )
                    .hint("name at least one root, and begin `path` with it"),
            );
        }
        for (index, to) in answer.path.iter().enumerate().skip(1) {
            let (before, _) = answer.path.split_at(index);
            let Some(effect) = graph.index(to) else {
                continue;
            };
            let causes = before.iter().filter_map(|from| graph.index(from));
            if !causes.into_iter().any(|from| graph.reaches(from, effect)) {
                self.push(
                    at.field("path")
                        .item(index)
                        .error(ids::PATH_BROKEN, format!("no earlier step of the path leads to `{to}`"))
                        .hint(format!("let the condition of `{to}` depend on one of them, or name the step between")),
                );
            }
        }
    }

    fn call_cycles(&mut self) {
        let services = &self.subject.estate.services;
        let mut index: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (name, service) in services {
            for route in service.routes.keys() {
                let next = index.len();
                index.insert((name, route), next);
            }
        }
        let nodes: Vec<(&str, &str)> = index.keys().copied().collect();
        // Numbered by the order of the keys, as `nodes` is.
        let number: BTreeMap<(&str, &str), usize> = nodes
            .iter()
            .enumerate()
            .map(|(number, node)| (*node, number))
            .collect();
        let edges: Vec<Vec<usize>> = nodes
            .iter()
            .map(|(service, route)| {
                let calls = services
                    .get(*service)
                    .and_then(|service| service.routes.get(*route));
                calls
                    .into_iter()
                    .flat_map(|route| &route.calls)
                    .filter_map(|call| {
                        number
                            .get(&(call.to.as_str(), call.route.as_str()))
                            .copied()
                    })
                    .collect()
            })
            .collect();
        for circle in circles(&edges) {
            let Some((service, route)) = circle.iter().min().and_then(|first| nodes.get(*first))
            else {
                continue;
            };
            let at = self
                .service_place(service)
                .field("routes")
                .field(route)
                .field("calls")
                .name();
            self.push(
                at.error(
                    ids::CALL_CYCLE,
                    format!(
                        "`{service}` calls itself, by way of {} routes",
                        circle.len()
                    ),
                )
                .hint("a request would never end: leave one of the calls out"),
            );
        }
    }
}

impl<'a> Graph<'a> {
    fn new(scenario: &'a Scenario, checker: &Checker<'_>) -> Self {
        let names: Vec<&str> = scenario.faults.keys().map(String::as_str).collect();
        let mut graph = Self {
            effects: vec![Vec::new(); names.len()],
            remedied: scenario.faults.values().map(is_remedied).collect(),
            names,
        };
        for (index, fault) in scenario.faults.values().enumerate() {
            let mut causes = Vec::new();
            causes_of(&fault.when, true, &mut causes);
            for cause in causes {
                for from in graph.sources(&cause, scenario, checker) {
                    let at_once = cause.is_at_once(scenario) && fault.delay.millis == 0;
                    if let Some(effects) = graph.effects.get_mut(from) {
                        effects.push((index, at_once));
                    }
                }
            }
        }
        graph
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.names.binary_search(&name).ok()
    }

    fn name(&self, index: usize) -> &'a str {
        self.names.get(index).copied().unwrap_or("")
    }

    fn is_remedied(&self, index: usize) -> bool {
        self.remedied.get(index).copied().unwrap_or(true)
    }

    fn edges(&self, keep: impl Fn(usize, usize, bool) -> bool) -> Vec<Vec<usize>> {
        let kept = |from: usize, to: &[(usize, bool)]| {
            to.iter()
                .filter(|(to, at_once)| keep(from, *to, *at_once))
                .map(|(to, _)| *to)
                .collect()
        };
        self.effects
            .iter()
            .enumerate()
            .map(|(from, to)| kept(from, to))
            .collect()
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            for (effect, _) in self.effects.get(next).into_iter().flatten() {
                if *effect == to {
                    return true;
                }
                if seen.insert(*effect) {
                    open.push(*effect);
                }
            }
        }
        false
    }

    /// The faults that can bring about a cause.
    fn sources(&self, cause: &Cause<'_>, scenario: &Scenario, checker: &Checker<'_>) -> Vec<usize> {
        if let Cause::Fault(name, _) = cause {
            return self.index(name).into_iter().collect();
        }
        scenario
            .faults
            .values()
            .enumerate()
            .filter(|(_, fault)| {
                fault
                    .effects
                    .iter()
                    .any(|effect| cause.comes_from(effect, checker))
            })
            .map(|(index, _)| index)
            .collect()
    }
}

/// What a condition looks at that a fault can bring about.
#[derive(Debug)]
enum Cause<'a> {
    /// A fault's own activity; whether a lasting one is asked for.
    Fault(&'a str, Lasting),
    Stock(&'a str),
    Group(&'a str),
    Traffic,
    /// Pods that are not ready, or requests that fail.
    Unhealthy(&'a str),
}

#[derive(Debug, PartialEq, Eq)]
enum Lasting {
    /// As soon as it is active.
    No,
    /// When its intensity is above a level: at once only where it does not have to rise.
    Risen,
    /// When it has been for a while.
    Yes,
}

impl Cause<'_> {
    fn is_at_once(&self, scenario: &Scenario) -> bool {
        match self {
            Self::Fault(_, Lasting::No) => true,
            Self::Fault(name, Lasting::Risen) => scenario
                .faults
                .get(*name)
                .is_some_and(|fault| fault.rises.millis == 0),
            // Stocks and lag need time to fill.
            _ => false,
        }
    }

    fn comes_from(&self, effect: &Effect, checker: &Checker<'_>) -> bool {
        let consumer = |service: &str, wanted: &str| {
            let services = &checker.subject.estate.services;
            services.get(service).is_some_and(|service| {
                service
                    .consumes
                    .iter()
                    .any(|consumes| consumes.group == wanted)
            })
        };
        match (self, effect) {
            (Self::Stock(wanted), Effect::Fills { stock, .. }) => stock == wanted,
            (
                Self::Group(wanted),
                Effect::ConsumesLess { group, .. } | Effect::Rebalances { group, .. },
            ) => group == wanted,
            (
                Self::Group(wanted),
                Effect::Crash { of, .. }
                | Effect::NotReady { of }
                | Effect::MemoryLeak { of, .. }
                | Effect::CapacityLoss { of, .. },
            ) => consumer(of, wanted),
            (Self::Traffic, Effect::Traffic { .. }) => true,
            (
                Self::Unhealthy(wanted),
                Effect::Crash { of, .. }
                | Effect::NotReady { of }
                | Effect::MemoryLeak { of, .. }
                | Effect::Errors { of, .. },
            ) => of == wanted,
            _ => false,
        }
    }
}

/// What a condition looks at, as far as it holds because of it and not in spite of it.
fn causes_of<'a>(condition: &'a Condition, wanted: bool, causes: &mut Vec<Cause<'a>>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                causes_of(part, wanted, causes);
            }
        }
        Condition::Not(inner) => causes_of(inner, !wanted, causes),
        Condition::Active(fault) if wanted => causes.push(Cause::Fault(fault, Lasting::No)),
        Condition::Above { fault, .. } if wanted => {
            causes.push(Cause::Fault(fault, Lasting::Risen));
        }
        Condition::ActiveFor { fault, lasts } | Condition::AboveFor { fault, lasts, .. }
            if wanted =>
        {
            let lasting = if lasts.millis > 0 {
                Lasting::Yes
            } else {
                Lasting::No
            };
            causes.push(Cause::Fault(fault, lasting));
        }
        Condition::StockAbove { stock, .. } if wanted => causes.push(Cause::Stock(stock)),
        Condition::LagAbove { group, .. } | Condition::ExpiredAbove { group, .. } if wanted => {
            causes.push(Cause::Group(group));
        }
        Condition::TrafficAbove(_) if wanted => causes.push(Cause::Traffic),
        Condition::ReadyBelow { of, .. } if wanted => causes.push(Cause::Unhealthy(of)),
        Condition::Healthy { of, .. } if !wanted => causes.push(Cause::Unhealthy(of)),
        _ => {}
    }
}

/// Whether something that somebody can do makes the fault end by itself.
fn is_remedied(fault: &Fault) -> bool {
    let ends = |until: &Condition| mentions_act(until);
    breakable(&fault.when) || fault.until.as_ref().is_some_and(ends) || !fault.eased_by.is_empty()
}

/// Whether a change of the configuration alone can make a condition false.
fn breakable(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(breakable),
        Condition::Any(parts) => !parts.is_empty() && parts.iter().all(breakable),
        Condition::Not(inner) => mentions_act(inner),
        other => is_fact(other),
    }
}

fn mentions_act(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(mentions_act),
        Condition::Not(inner) => mentions_act(inner),
        Condition::Did(_) => true,
        other => is_fact(other),
    }
}

const fn is_fact(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::ImageAtLeast { .. }
            | Condition::EnvMissing { .. }
            | Condition::EnvIs { .. }
            | Condition::CodeMatches { .. }
            | Condition::ReplicasAtLeast { .. }
            | Condition::FlagOn(_)
            | Condition::FactIs { .. }
            | Condition::FactBelow { .. }
            | Condition::RetentionBelow { .. }
    )
}

/// The sets of nodes that reach each other, and nodes that reach themselves: Tarjan's algorithm without recursion.
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut tarjan = Tarjan {
        edges,
        order: vec![None; edges.len()],
        low: vec![0; edges.len()],
        on_stack: vec![false; edges.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for node in 0..edges.len() {
        if tarjan.order.get(node) == Some(&None) {
            tarjan.visit(node);
        }
    }
    tarjan.found
}

struct Tarjan<'a> {
    edges: &'a [Vec<usize>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    found: Vec<Vec<usize>>,
}

impl Tarjan<'_> {
    fn enter(&mut self, node: usize) {
        if let (Some(order), Some(low), Some(on_stack)) = (
            self.order.get_mut(node),
            self.low.get_mut(node),
            self.on_stack.get_mut(node),
        ) {
            *order = Some(self.next);
            *low = self.next;
            *on_stack = true;
        }
        self.next += 1;
        self.stack.push(node);
    }

    fn lower(&mut self, node: usize, to: usize) {
        if let Some(low) = self.low.get_mut(node) {
            *low = (*low).min(to);
        }
    }

    fn low(&self, node: usize) -> usize {
        self.low.get(node).copied().unwrap_or(0)
    }

    fn visit(&mut self, start: usize) {
        let mut work = vec![(start, 0)];
        self.enter(start);
        while let Some((node, edge)) = work.pop() {
            let next = self
                .edges
                .get(node)
                .and_then(|edges| edges.get(edge))
                .copied();
            if let Some(to) = next {
                work.push((node, edge + 1));
                match self.order.get(to).copied().flatten() {
                    None => {
                        self.enter(to);
                        work.push((to, 0));
                    }
                    Some(order) if self.on_stack.get(to) == Some(&true) => self.lower(node, order),
                    Some(_) => {}
                }
            } else {
                self.leave(node);
                if let Some((parent, _)) = work.last().copied() {
                    self.lower(parent, self.low(node));
                }
            }
        }
    }

    fn leave(&mut self, node: usize) {
        if self.order.get(node).copied().flatten() != Some(self.low(node)) {
            return;
        }
        let mut circle = Vec::new();
        while let Some(last) = self.stack.pop() {
            if let Some(on_stack) = self.on_stack.get_mut(last) {
                *on_stack = false;
            }
            circle.push(last);
            if last == node {
                break;
            }
        }
        let own = self
            .edges
            .get(node)
            .is_some_and(|edges| edges.contains(&node));
        if circle.len() > 1 || own {
            circle.sort_unstable();
            self.found.push(circle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn circles_are_found() {
        let found = |edges: &[&[usize]]| {
            let mut found = circles(&edges.iter().map(|to| to.to_vec()).collect::<Vec<_>>());
            found.sort();
            found
        };
        assert!(found(&[&[1], &[2], &[]]).is_empty());
        assert_eq!(found(&[&[1], &[0], &[2], &[0, 2]]), [vec![0, 1], vec![2]]);
        assert_eq!(
            found(&[&[1, 3], &[2], &[0], &[4], &[3]]),
            [vec![0, 1, 2], vec![3, 4]]
        );
        // A long chain does not run out of stack.
        let chain: Vec<Vec<usize>> = (0..100_000)
            .map(|node| vec![(node + 1) % 100_000])
            .collect();
        assert_eq!(circles(&chain).len(), 1);
    }
}
