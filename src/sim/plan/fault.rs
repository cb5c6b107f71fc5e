//! The causal graph of the plan. Never an intensity: those are the world's.

use super::{Cond, Deed, Effects, Plan};
use crate::scenario::format::fault::{FaultKind, Scope};
use crate::sim::ids::ServiceId;
use crate::sim::time::Span;

/// A node of the causal graph.
#[derive(Debug)]
pub struct FaultPlan {
    /// Its name.
    pub name: String,
    /// What kind of thing it is.
    pub kind: FaultKind,
    /// Where it is, as declared.
    pub scope: Scope,
    /// What it has an intensity of its own for.
    pub reach: Reach,
    /// It becomes active when this holds.
    pub when: Cond,
    /// It ends when this holds, if given; when `when` no longer holds otherwise.
    pub until: Option<Cond>,
    /// How long `when` must hold first.
    pub delay: Span,
    /// Time from nothing to full intensity.
    pub rises: Span,
    /// Time from full intensity to nothing.
    pub falls: Span,
    /// What it does.
    pub effects: Effects,
    /// What hides it: the deed, how long the first time, and the share of that each further time.
    pub eased_by: Vec<(Deed, Span, f64)>,
    /// What makes it rise faster.
    pub worsened_by: Vec<(Cond, f64)>,
}

/// What a fault has an intensity of its own for.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// One intensity: a service, a topic, an edge or the estate as a whole.
    Whole,
    /// One for each pod of a service; of a share of them when less than one.
    Pods {
        /// The service.
        of: ServiceId,
        /// Share of the pods that are there when it begins.
        share: f64,
    },
    /// One intensity, for the pods on a node.
    Node(String),
    /// One intensity, for the pods on the nodes that a service's pods are on.
    NodesOf(ServiceId),
    /// One intensity, for the pods on a zone's nodes.
    Zone(String),
}

impl Reach {
    /// Whether it reaches pods of a service by themselves, not the service as a whole.
    pub fn splits(&self, service: ServiceId) -> bool {
        match self {
            Self::Whole => false,
            Self::Pods { of, .. } => *of == service,
            Self::Node(_) | Self::NodesOf(_) | Self::Zone(_) => true,
        }
    }
}

fn reach(plan: &Plan, scope: &Scope) -> Reach {
    let service = |name: &String| plan.names.services.get(name).copied();
    match scope {
        Scope::Pods { of, share } => service(of).map_or(Reach::Whole, |of| Reach::Pods {
            of,
            share: share.clamp(0.0, 1.0),
        }),
        Scope::Node(name) => Reach::Node(name.clone()),
        Scope::NodesOf(name) => service(name).map_or(Reach::Whole, Reach::NodesOf),
        Scope::Zone(name) => Reach::Zone(name.clone()),
        Scope::Service(_)
        | Scope::Topic(_)
        | Scope::Partition { .. }
        | Scope::Edge { .. }
        | Scope::Estate => Reach::Whole,
    }
}

/// What a fault of one partition does to a group that reads its topic, it does there alone.
fn narrow(plan: &Plan, scope: &Scope, effects: &mut Effects) {
    let Scope::Partition { topic, partition } = scope else {
        return;
    };
    let topic = plan.names.topics.get(topic);
    for less in &mut effects.consumes_less {
        let reads = plan.groups.get(less.group.index()).map(|group| group.topic);
        if reads.as_ref() == topic {
            less.partition = Some(*partition);
        }
    }
}

pub(super) fn add_faults(plan: &mut Plan) {
    let pack = std::sync::Arc::clone(&plan.pack);
    for (name, spec) in &pack.scenario.faults {
        let when = plan.resolve(&spec.when);
        let until = spec.until.as_ref().map(|condition| plan.resolve(condition));
        let worsened_by = spec
            .worsened_by
            .iter()
            .map(|worse| (plan.resolve(&worse.when), worse.factor))
            .collect();
        let eased_by = spec
            .eased_by
            .iter()
            .filter_map(|ease| Some((plan.deed(&ease.by)?, Span(ease.lasts.millis), ease.again)))
            .collect();
        let mut effects = plan.effects(&spec.effects);
        narrow(plan, &spec.scope, &mut effects);
        plan.faults.push(FaultPlan {
            name: name.clone(),
            kind: spec.kind,
            scope: spec.scope.clone(),
            reach: reach(plan, &spec.scope),
            when,
            until,
            delay: Span(spec.delay.millis),
            rises: Span(spec.rises.millis),
            falls: Span(spec.falls.millis),
            effects,
            eased_by,
            worsened_by,
        });
    }
}
