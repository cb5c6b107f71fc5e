//! Milestones, answers' conditions and hints of a scenario, resolved. Never looks at a running world.

use std::collections::BTreeSet;

use super::{Cond, Plan};
use crate::scenario::format::fault::Hint;

/// The milestones and endings of the scenario.
#[derive(Debug)]
pub struct Milestones {
    /// Customers are harmed no more.
    pub mitigated: Cond,
    /// It is over.
    pub resolved: Cond,
    /// It was made much worse.
    pub made_worse: Option<Cond>,
}

impl Default for Milestones {
    fn default() -> Self {
        Self {
            mitigated: Cond::Never,
            resolved: Cond::Never,
            made_worse: None,
        }
    }
}

pub(super) fn add_milestones(plan: &mut Plan) {
    let pack = std::sync::Arc::clone(&plan.pack);
    plan.milestones = Milestones {
        mitigated: plan.resolve(&pack.scenario.mitigated),
        resolved: plan.resolve(&pack.scenario.resolved),
        made_worse: pack
            .scenario
            .made_worse
            .as_ref()
            .map(|worse| plan.resolve(worse)),
    };
    for (name, message) in &pack.scenario.messages {
        if let Some(when) = &message.when {
            let when = plan.resolve(when);
            plan.message_conditions.insert(name.clone(), when);
        }
    }
    for (name, automation) in &pack.scenario.automations {
        let when = plan.resolve(&automation.when);
        plan.automation_conditions.insert(name.clone(), when);
    }
    for (handle, knowledge) in &pack.scenario.people {
        let conditions = knowledge
            .replies
            .iter()
            .map(|reply| reply.when.as_ref().map(|when| plan.resolve(when)))
            .collect();
        plan.replies.insert(handle.clone(), conditions);
    }
}

impl Plan {
    /// The faults that hints are given for, in order: those of the answer's path, then the other roots.
    pub fn hinted_faults(&self) -> Vec<&str> {
        let answer = &self.pack.scenario.answer;
        let mut seen = BTreeSet::new();
        answer
            .path
            .iter()
            .chain(&answer.roots)
            .map(String::as_str)
            .filter(|fault| seen.insert(*fault))
            .collect()
    }

    /// A hint by number: three for each hinted fault, where to look first. With the fault's name.
    pub fn hint(&self, number: u32) -> Option<(&str, &Hint)> {
        let faults = self.hinted_faults();
        let name = *faults.get(number as usize / 3)?;
        let hint = self
            .pack
            .scenario
            .faults
            .get(name)?
            .hints
            .get(number as usize % 3)?;
        Some((name, hint))
    }
}
