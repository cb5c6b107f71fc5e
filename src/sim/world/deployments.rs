//! Deployments: which release went out when, by whom, and when its rollout was complete. Never starts one.

use super::World;
use crate::scenario::format::service::{Release, WorkloadKind};
use crate::sim::ids::ServiceId;
use crate::sim::plan::Plan;
use crate::sim::time::{SimTime, Span};

/// A release that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Service.
    pub service: ServiceId,
    /// Its tag.
    pub tag: String,
    /// The tag that ran before, where one did.
    pub before: Option<String>,
    /// When it was applied.
    pub at: SimTime,
    /// Who deployed it: a person's handle or an app's name, where it is known.
    pub by: Option<String>,
    /// When all its pods were ready; `None` while they are not, and for one that was replaced before.
    pub complete: Option<SimTime>,
}

/// The releases that went out before history begins, oldest first. Their rollouts took as long as their pods do to start.
pub(super) fn old(plan: &Plan, start: SimTime) -> Vec<Deployment> {
    let mut found = Vec::new();
    for (service, id) in plan.services.iter().zip(0_u32..) {
        let mut before = None;
        let deployed = |release: &Release| release.deployed.map(|at| SimTime(at.millis));
        let releases = &service.spec.releases;
        let is_old = |release: &Release| deployed(release).is_some_and(|at| at <= start);
        // A service whose first release came later runs it since history began.
        let only_later = !releases.iter().any(is_old);
        for (place, release) in releases.iter().enumerate() {
            let at = match deployed(release) {
                Some(at) if at <= start => at,
                _ if only_later && place == 0 => start,
                _ => continue,
            };
            found.push(Deployment {
                service: ServiceId(id),
                tag: release.tag.clone(),
                before: before.replace(release.tag.clone()),
                at,
                by: release.by.clone(),
                complete: Some(at + Span(service.spec.starts_in.millis) + Span::from_secs(2)),
            });
        }
    }
    found.sort_by_key(|found| (found.at, found.service));
    found
}

impl World {
    /// All releases that went out, oldest first.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// A release was applied. One that is applied twice at the same instant went out once: then the answer is false.
    pub(super) fn deployment_began(
        &mut self,
        service: ServiceId,
        tag: &str,
        before: Option<String>,
        by: Option<&str>,
    ) -> bool {
        let twice = |known: &Deployment| {
            known.service == service && known.tag == tag && known.at == self.now
        };
        if self.deployments.iter().rev().any(twice) {
            return false;
        }
        self.deployments.push(Deployment {
            service,
            tag: tag.to_owned(),
            before,
            at: self.now,
            by: by.map(str::to_owned),
            complete: self.sure_completion(service),
        });
        true
    }

    /// When a rollout will be complete of which the cluster sends no word: that of anything but a Deployment, pod by pod.
    fn sure_completion(&self, service: ServiceId) -> Option<SimTime> {
        let spec = &self.plan.services.get(service.index())?.spec;
        let each = Span(spec.starts_in.millis) + Span::from_secs(4);
        (spec.workload != WorkloadKind::Deployment)
            .then(|| self.now + Span(each.millis() * i64::from(spec.replicas.max(1))))
    }

    /// A service's rollout is complete.
    pub(super) fn deployment_done(&mut self, service: ServiceId, tag: &str, at: SimTime) {
        let last = self
            .deployments
            .iter_mut()
            .rev()
            .find(|known| known.service == service);
        if let Some(last) = last.filter(|last| last.tag == tag) {
            last.complete.get_or_insert(at);
        }
    }
}
