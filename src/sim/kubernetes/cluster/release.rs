//! Releases as a pipeline rolls them out. Does to the bit what a strategic patch of the same fields does, without writing
//! and reading the object's document: months of history are hundreds of releases.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::error::KubeError;
use super::super::kind::Kind;
use super::super::meta::{ObjectMeta, ObjectRef};
use super::super::template::{Container, EnvSource, EnvVar, PodTemplate};
use super::super::workload::{CHANGE_CAUSE, REVISION};
use super::Cluster;
use super::edit::{check_template, workload};
use crate::sim::time::SimTime;

/// What a pipeline sets in a workload.
#[derive(Clone, Debug)]
pub struct Deploy<'a> {
    /// What the change is about, as an annotation.
    pub cause: String,
    /// Which container; one that is not there is added.
    pub container: &'a str,
    /// Its image.
    pub image: String,
    /// Variables to set, or to remove.
    pub env: &'a BTreeMap<String, Option<String>>,
}

impl Cluster {
    /// Rolls a release out, as [`apply`](Self::apply) does with a patch.
    pub fn deploy(
        &mut self,
        target: &ObjectRef,
        deploy: &Deploy<'_>,
        at: SimTime,
    ) -> Result<(), KubeError> {
        self.now = self.now.max(at);
        let done = self.take_deploy(target, deploy, self.now);
        self.settle();
        done
    }

    fn take_deploy(
        &mut self,
        target: &ObjectRef,
        deploy: &Deploy<'_>,
        at: SimTime,
    ) -> Result<(), KubeError> {
        let before = Arc::clone(self.template_of(target)?);
        self.note_cause(target, &deploy.cause)?;
        let template = rolled_out(target, &before, deploy)?;
        check_template(target, &template)?;
        self.check_selector(target, &template)?;
        if target.kind == Kind::Deployment {
            // A patch of a Deployment takes a version and another look, whether it changes anything or not.
            self.bump();
            self.dirty.insert(workload(target));
        }
        self.put_template(target, template, at)?;
        Ok(())
    }

    fn note_cause(&mut self, target: &ObjectRef, cause: &str) -> Result<(), KubeError> {
        let known = self.workload_meta(target);
        let known = known.and_then(|meta| meta.annotations.get(CHANGE_CAUSE));
        if known.is_some_and(|known| known == cause) {
            return Ok(());
        }
        let meta = self.meta_mut(target)?;
        let annotations = &mut meta.annotations;
        annotations.insert(CHANGE_CAUSE.to_owned(), cause.to_owned());
        annotations.remove(REVISION);
        if target.kind == Kind::Deployment {
            self.dirty.insert(workload(target));
        }
        Ok(())
    }

    fn workload_meta(&self, target: &ObjectRef) -> Option<&ObjectMeta> {
        let key = target.key();
        match target.kind {
            Kind::Deployment => self.deployments.get(&key).map(|owner| &owner.meta),
            Kind::StatefulSet => self.stateful_sets.get(&key).map(|owner| &owner.meta),
            Kind::DaemonSet => self.daemon_sets.get(&key).map(|owner| &owner.meta),
            _ => None,
        }
    }
}

/// A template with what a pipeline sets in it.
fn rolled_out(
    target: &ObjectRef,
    before: &PodTemplate,
    deploy: &Deploy<'_>,
) -> Result<PodTemplate, KubeError> {
    let mut template = before.clone();
    let containers = &mut template.spec.containers;
    let place = containers
        .iter()
        .position(|one| one.name == deploy.container);
    let place = place.unwrap_or_else(|| {
        containers.push(Container {
            name: deploy.container.to_owned(),
            ..Container::default()
        });
        containers.len() - 1
    });
    if let Some(container) = containers.get_mut(place) {
        container.image.clone_from(&deploy.image);
        for (name, value) in deploy.env {
            set_variable(target, &mut container.env, name, value.as_deref())?;
        }
    }
    Ok(template)
}

fn set_variable(
    target: &ObjectRef,
    env: &mut Vec<EnvVar>,
    name: &str,
    value: Option<&str>,
) -> Result<(), KubeError> {
    let place = env.iter().position(|known| known.name == name);
    match (value, place) {
        (None, None) => {}
        (None, Some(place)) => {
            env.remove(place);
        }
        (Some(value), None) => env.push(EnvVar::plain(name, value)),
        (Some(value), Some(place)) => {
            if let Some(known) = env.get_mut(place) {
                match &mut known.source {
                    EnvSource::Value(old) => value.clone_into(old),
                    // A patch leaves `valueFrom` as it is, beside which no value may stand.
                    _ if value.is_empty() => {}
                    _ => {
                        return Err(KubeError::invalid(
                            target.kind,
                            &target.name,
                            format!(
                                "spec.template.spec.containers[*].env[{place}].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"
                            ),
                        ));
                    }
                }
            }
        }
    }
    Ok(())
}
