//! The causal graph of an incident as the debrief tells it: which faults were part of it, what led to what, in layers, and
//! how each was found. Never draws: see [`super::drawing`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::claim::{self, Found};
use crate::scenario::format::fault::Scope;
use crate::sim::World;
use crate::sim::ids::FaultId;
use crate::sim::plan::{Cond, FaultPlan, Plan};
use crate::sim::time::SimTime;
use crate::sim::world::WorldEventKind;

/// The incident's causal graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Graph {
    /// Its nodes, causes before what they cause.
    pub nodes: Vec<Node>,
    /// What leads to what: positions in `nodes`. A way that another one implies is left out.
    pub edges: Vec<(usize, usize)>,
}

/// A fault of the graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its name in the scenario.
    pub fault: String,
    /// Where it is, in a word or two.
    pub place: String,
    /// What it is: one sentence.
    pub says: String,
    /// How it was found.
    pub found: Found,
    /// It is a root cause.
    pub is_root: bool,
    /// It is on the way from the root to what customers see, or a root itself.
    pub is_asked: bool,
    /// Its layer, counted from the roots.
    pub layer: usize,
    /// When it began, if it was active at all.
    #[serde(rename = "began_ms")]
    pub began: Option<SimTime>,
    /// Whether it was still active at the end.
    pub is_active: bool,
}

/// The graph of a drill: the faults asked about, and others that were active and hang together with them.
pub fn graph(world: &World, found: &BTreeMap<String, Found>) -> Graph {
    let plan = world.plan();
    let spans = active(world);
    let links = links(plan);
    let asked_order: Vec<usize> = claim::asked(plan)
        .into_iter()
        .filter_map(|fault| plan.names.faults.get(fault))
        .map(|id| id.index())
        .collect();
    let asked: BTreeSet<usize> = asked_order.iter().copied().collect();
    let members = members(&asked, &links, &spans);
    let edges = reduced(&links, &members);
    let layers = layers(plan.faults.len(), &edges);
    let roots: BTreeSet<&String> = plan.pack.scenario.answer.roots.iter().collect();
    let mut order: Vec<usize> = members.into_iter().collect();
    order.sort_by_key(|index| {
        let layer = layers.get(*index).copied().unwrap_or(0);
        let rank = asked_order.iter().position(|asked| asked == index);
        (layer, rank.unwrap_or(usize::MAX), *index)
    });
    let position: BTreeMap<usize, usize> = order
        .iter()
        .enumerate()
        .map(|(position, index)| (*index, position))
        .collect();
    let nodes = order
        .iter()
        .filter_map(|index| Some((*index, plan.faults.get(*index)?)))
        .map(|(index, fault)| Node {
            fault: fault.name.clone(),
            place: place(&fault.scope),
            says: says(plan, &fault.name),
            found: found.get(&fault.name).copied().unwrap_or(Found::Missed),
            is_root: roots.contains(&fault.name),
            is_asked: asked.contains(&index),
            layer: layers.get(index).copied().unwrap_or(0),
            began: spans.get(&index).map(|(began, _)| *began),
            is_active: spans.get(&index).is_some_and(|(_, active)| *active),
        })
        .collect();
    let edges = edges
        .into_iter()
        .filter_map(|(from, to)| Some((*position.get(&from)?, *position.get(&to)?)))
        .collect();
    Graph { nodes, edges }
}

/// What a fault says of itself.
pub fn says(plan: &Plan, fault: &str) -> String {
    let faults = &plan.pack.scenario.faults;
    faults
        .get(fault)
        .map_or_else(|| fault.to_owned(), |fault| fault.says.clone())
}

fn place(scope: &Scope) -> String {
    match scope {
        Scope::Service(name) | Scope::Node(name) | Scope::Zone(name) => name.clone(),
        Scope::Pods { of, .. } => format!("pods of {of}"),
        Scope::NodesOf(of) => format!("nodes of {of}"),
        Scope::Topic(topic) => format!("topic {topic}"),
        Scope::Partition { topic, partition } => format!("{topic}-{partition}"),
        Scope::Edge { from, to } => format!("{from} to {to}"),
        Scope::Estate => "everywhere".to_owned(),
    }
}

/// When each fault that was active at all last began, and whether it still is.
fn active(world: &World) -> BTreeMap<usize, (SimTime, bool)> {
    let mut spans = BTreeMap::new();
    for event in world.events() {
        if let WorldEventKind::Fault { name, active } = &event.kind
            && let Some(id) = world.plan().names.faults.get(name)
        {
            let span = spans.entry(id.index()).or_insert((event.at, *active));
            span.1 = *active;
        }
    }
    spans
}

/// What leads to what by the conditions of the faults: other faults, a group that is kept from reading, a stock that is filled.
fn links(plan: &Plan) -> BTreeSet<(usize, usize)> {
    let mut links = BTreeSet::new();
    for (to, fault) in plan.faults.iter().enumerate() {
        let mut causes = BTreeSet::new();
        gather(&fault.when, &plan.faults, &mut causes);
        links.extend(
            causes
                .into_iter()
                .filter(|from| *from != to)
                .map(|from| (from, to)),
        );
    }
    links
}

fn gather(condition: &Cond, faults: &[FaultPlan], causes: &mut BTreeSet<usize>) {
    let mut those = |fits: &dyn Fn(&FaultPlan) -> bool| {
        let fitting = faults.iter().enumerate().filter(|(_, fault)| fits(fault));
        causes.extend(fitting.map(|(index, _)| index));
    };
    match condition {
        Cond::All(parts) | Cond::Any(parts) => {
            for part in parts {
                gather(part, faults, causes);
            }
        }
        Cond::Active(fault)
        | Cond::ActiveFor(fault, _)
        | Cond::Above(fault, _)
        | Cond::AboveFor(fault, ..) => {
            causes.insert(FaultId::index(*fault));
        }
        Cond::LagAbove(group, ..) | Cond::ExpiredAbove(group, ..) => {
            those(&|fault| {
                fault
                    .effects
                    .consumes_less
                    .iter()
                    .any(|less| less.group == *group)
            });
        }
        Cond::StockAbove(stock, _) => {
            those(&|fault| fault.effects.fills.iter().any(|(of, _)| of == stock));
        }
        _ => {}
    }
}

/// The faults asked about, and those that were active and hang together with them.
fn members(
    asked: &BTreeSet<usize>,
    links: &BTreeSet<(usize, usize)>,
    spans: &BTreeMap<usize, (SimTime, bool)>,
) -> BTreeSet<usize> {
    let mut members = asked.clone();
    loop {
        let more: Vec<usize> = links
            .iter()
            .flat_map(|(from, to)| [(*from, *to), (*to, *from)])
            .filter(|(known, new)| {
                members.contains(known) && !members.contains(new) && spans.contains_key(new)
            })
            .map(|(_, new)| new)
            .collect();
        if more.is_empty() {
            return members;
        }
        members.extend(more);
    }
}

/// The links among members without those that a longer way implies, and without one that closes a circle.
fn reduced(links: &BTreeSet<(usize, usize)>, members: &BTreeSet<usize>) -> Vec<(usize, usize)> {
    let mut kept: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (from, to) in links {
        if members.contains(from) && members.contains(to) && !reaches(&kept, *to, *from) {
            kept.insert((*from, *to));
        }
    }
    let all: Vec<(usize, usize)> = kept.iter().copied().collect();
    for edge in all {
        kept.remove(&edge);
        if !reaches(&kept, edge.0, edge.1) {
            kept.insert(edge);
        }
    }
    kept.into_iter().collect()
}

fn reaches(links: &BTreeSet<(usize, usize)>, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        if at == to {
            return true;
        }
        for (_, next) in links.range((at, 0)..(at + 1, 0)) {
            if seen.insert(*next) {
                waiting.push(*next);
            }
        }
    }
    false
}

/// The layer of each fault: one below the lowest of its causes.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; count];
    // Without circles, as many rounds as there are faults settle it.
    for _ in 0..count {
        for (from, to) in edges {
            let below = layers.get(*from).copied().unwrap_or(0) + 1;
            if let Some(layer) = layers.get_mut(*to) {
                *layer = below.max(*layer);
            }
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implied_ways_and_circles_are_left_out() {
        let links = BTreeSet::from([(0, 1), (1, 2), (0, 2), (2, 0), (2, 3), (4, 3)]);
        let members = BTreeSet::from([0, 1, 2, 3]);
        let edges = reduced(&links, &members);
        assert_eq!(edges, [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(layers(5, &edges), [0, 1, 2, 3, 0]);
    }

    #[test]
    fn only_what_was_active_joins_those_asked_about() {
        let links = BTreeSet::from([(0, 1), (1, 2), (1, 3)]);
        let spans = BTreeMap::from([(2, (SimTime(0), true))]);
        let members = members(&BTreeSet::from([0, 1]), &links, &spans);
        assert_eq!(members, BTreeSet::from([0, 1, 2]));
    }
}
