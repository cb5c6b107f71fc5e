//! The causal graph of the plan. Never an intensity: those are the world's.

use super::{Cond, Deed, Effects, Plan};
use crate::scenario::format::fault::{FaultKind, Scope};
use crate::sim::time::Span;

/// A node of the causal graph.
#[derive(Debug)]
pub struct FaultPlan {
    /// Its name.
    pub name: String,
    /// What kind of thing it is.
    pub kind: FaultKind,
    /// Where it is.
    pub scope: Scope,
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
        let effects = plan.effects(&spec.effects);
        plan.faults.push(FaultPlan {
            name: name.clone(),
            kind: spec.kind,
            scope: spec.scope.clone(),
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
