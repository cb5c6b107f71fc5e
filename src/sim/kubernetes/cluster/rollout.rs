//! Rollout commands: restart, undo, pause, resume, with kubectl's own refusals.

use std::sync::Arc;

use super::super::command::Applied;
use super::super::error::KubeError;
use super::super::fate::WorkloadKey;
use super::super::kind::Kind;
use super::super::meta::ObjectRef;
use super::super::template::PodTemplate;
use super::super::workload::{CHANGE_CAUSE, Progress, RESTARTED_AT};
use super::Cluster;
use crate::sim::time::SimTime;

/// One line of `kubectl rollout history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionEntry {
    /// The revision's number.
    pub number: u64,
    /// Why it was made, if somebody said so.
    pub change_cause: Option<String>,
    /// Its template as its pods get it.
    pub template: Arc<PodTemplate>,
    /// When it was made.
    pub created_at: SimTime,
}

impl Cluster {
    /// The revisions of a Deployment, StatefulSet or DaemonSet, oldest first.
    pub fn revisions(&self, target: &ObjectRef) -> Result<Vec<RevisionEntry>, KubeError> {
        let key = target.key();
        let missing = || KubeError::not_found(target.kind, &target.name);
        match target.kind {
            Kind::Deployment => {
                let deployment = self.deployments.get(&key).ok_or_else(missing)?;
                Ok(self
                    .replica_sets_of(deployment)
                    .into_iter()
                    .map(|set| RevisionEntry {
                        number: set.revision,
                        change_cause: set.change_cause.clone(),
                        template: Arc::clone(&set.pod_template),
                        created_at: set.meta.created_at,
                    })
                    .collect())
            }
            Kind::StatefulSet | Kind::DaemonSet => {
                let revisions = if target.kind == Kind::StatefulSet {
                    &self.stateful_sets.get(&key).ok_or_else(missing)?.revisions
                } else {
                    &self.daemon_sets.get(&key).ok_or_else(missing)?.revisions
                };
                Ok(revisions
                    .iter()
                    .map(|revision| RevisionEntry {
                        number: revision.number,
                        change_cause: revision.change_cause.clone(),
                        template: Arc::clone(&revision.template),
                        created_at: revision.created_at,
                    })
                    .collect())
            }
            kind => Err(KubeError::client(format!(
                "no history viewer has been implemented for {{\"{}\" \"{}\"}}",
                kind.group(),
                kind.name()
            ))),
        }
    }

    pub(super) fn restart(
        &mut self,
        target: &ObjectRef,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        if !matches!(
            target.kind,
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet
        ) {
            return Err(KubeError::client(format!(
                "{} \"{}\" restarting is not supported",
                target.kind.qualified_resource(),
                target.name
            )));
        }
        let mut template = (**self.template_of(target)?).clone();
        let paused = self
            .deployments
            .get(&target.key())
            .is_some_and(|deployment| deployment.spec.paused);
        if target.kind == Kind::Deployment && paused {
            return Err(KubeError::client(format!(
                "{} \"{}\" can't restart paused deployment (run rollout resume first)",
                target.kind.qualified_resource(),
                target.name
            )));
        }
        template
            .metadata
            .annotations
            .insert(RESTARTED_AT.to_owned(), at.rfc3339());
        if !self.put_template(target, template, at)? {
            return Err(KubeError::client(format!(
                "if restart has already been triggered within the past second, please wait before attempting to trigger another: {} \"{}\"",
                target.kind.qualified_resource(),
                target.name
            )));
        }
        Ok(Applied::to(target.clone(), true))
    }

    pub(super) fn undo(
        &mut self,
        target: &ObjectRef,
        to_revision: Option<u64>,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let wanted = to_revision.filter(|revision| *revision > 0);
        let entry = self.rollback_target(target, wanted)?;
        let current = Arc::clone(self.template_of(target)?);
        let mut template = (*entry.template).clone();
        template
            .metadata
            .labels
            .remove(super::super::workload::TEMPLATE_HASH);
        if *current == template {
            let mut applied = Applied::to(target.clone(), false);
            applied.note = format!(
                "skipped rollback (current template already matches revision {})",
                entry.number
            );
            return Ok(applied);
        }
        if target.kind == Kind::Deployment
            && let Some(deployment) = self.deployments.get_mut(&target.key())
        {
            // The reason of the revision comes back with its template.
            let annotations = &mut Arc::make_mut(deployment).meta.annotations;
            match &entry.change_cause {
                Some(cause) => annotations.insert(CHANGE_CAUSE.to_owned(), cause.clone()),
                None => annotations.remove(CHANGE_CAUSE),
            };
        }
        self.put_template(target, template, at)?;
        Ok(Applied::to(target.clone(), true))
    }

    /// The revision a rollback goes to: the one asked for, or the one before the newest.
    pub fn rollback_target(
        &self,
        target: &ObjectRef,
        wanted: Option<u64>,
    ) -> Result<RevisionEntry, KubeError> {
        let revisions = match target.kind {
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => self.revisions(target)?,
            kind => {
                return Err(KubeError::client(format!(
                    "no rollbacker has been implemented for \"{}\"",
                    kind.name()
                )));
            }
        };
        if let Some(deployment) = self.deployments.get(&target.key())
            && target.kind == Kind::Deployment
            && deployment.spec.paused
        {
            return Err(KubeError::client(format!(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/{}' and try again",
                target.name
            )));
        }
        let found = match wanted {
            Some(number) => {
                let entry = revisions.into_iter().find(|entry| entry.number == number);
                return entry.ok_or_else(|| {
                    KubeError::client(format!(
                        "unable to find specified revision {number} in history"
                    ))
                });
            }
            None => revisions
                .len()
                .checked_sub(2)
                .and_then(|index| revisions.get(index).cloned()),
        };
        found.ok_or_else(|| {
            KubeError::client(if target.kind == Kind::Deployment {
                format!(
                    "no rollout history found for deployment \"{}\"",
                    target.name
                )
            } else {
                "no last revision to roll back to".to_owned()
            })
        })
    }

    pub(super) fn pause(
        &mut self,
        target: &ObjectRef,
        on: bool,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let word = if on { "pausing" } else { "resuming" };
        if target.kind != Kind::Deployment {
            return Err(KubeError::client(format!(
                "{} \"{}\" {word} is not supported",
                target.kind.qualified_resource(),
                target.name
            )));
        }
        let version = self.bump();
        let deployment = self
            .deployments
            .get_mut(&target.key())
            .ok_or_else(|| KubeError::not_found(target.kind, &target.name))?;
        if deployment.spec.paused == on {
            let state = if on { "already paused" } else { "not paused" };
            return Err(KubeError::client(format!(
                "{} \"{}\" is {state}",
                target.kind.qualified_resource(),
                target.name
            )));
        }
        let deployment = Arc::make_mut(deployment);
        deployment.spec.paused = on;
        super::apply::touch(&mut deployment.meta, version);
        let progress = if on {
            Progress::DeploymentPaused
        } else {
            Progress::DeploymentResumed
        };
        deployment.status.set_progress(progress, at);
        self.dirty.insert(WorkloadKey {
            kind: Kind::Deployment,
            key: target.key(),
        });
        Ok(Applied::to(target.clone(), true))
    }
}
