//! Patches and edited manifests: the object's document is changed and read back into the object.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::command::{Applied, PatchForm};
use super::super::error::KubeError;
use super::super::fate::{ClusterEventKind, WorkloadKey};
use super::super::kind::Kind;
use super::super::manifest::{self, merge};
use super::super::meta::{Labels, ObjectRef};
use super::super::schedule::Schedule;
use super::super::template::PodTemplate;
use super::super::workload::{Share, Strategy};
use super::Cluster;
use super::apply::{check_resources, touch};
use crate::sim::time::SimTime;

/// The longest document a patch or manifest may be, in bytes: the API server's own limit is of this size.
const DOCUMENT_LIMIT: usize = 1 << 20;

impl Cluster {
    pub(super) fn patch(
        &mut self,
        target: &ObjectRef,
        form: PatchForm,
        patch: &str,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let patch = read_document(patch)?;
        let before = self.document(target)?;
        let after = match form {
            PatchForm::Strategic => merge::strategic(&before, &patch),
            PatchForm::Merge => merge::plain(&before, &patch),
            PatchForm::Json => {
                merge::operations(&before, &patch).map_err(|message| KubeError::Invalid {
                    kind: target.kind,
                    name: target.name.clone(),
                    causes: vec![message],
                })?
            }
        };
        let changed = self.take_document(target, &before, &after, at)?;
        Ok(Applied::to(target.clone(), changed))
    }

    pub(super) fn replace_manifest(
        &mut self,
        target: &ObjectRef,
        text: &str,
        at: SimTime,
    ) -> Result<Applied, KubeError> {
        let after = read_document(text)?;
        let before = self.document(target)?;
        let name = after.pointer("/metadata/name").and_then(Value::as_str);
        if name.is_some_and(|name| name != target.name) {
            return Err(KubeError::BadRequest {
                message: format!(
                    "the name of the object ({}) does not match the name on the URL ({})",
                    name.unwrap_or_default(),
                    target.name
                ),
            });
        }
        let stated = after
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str);
        let current = before
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str);
        if stated.is_some() && stated != current {
            return Err(KubeError::Conflict {
                kind: target.kind,
                name: target.name.clone(),
            });
        }
        if let Some(path) = merge::unknown_field(&after, &before) {
            return Err(KubeError::BadRequest {
                message: format!(
                    "{} in version \"{}\" cannot be handled as a {}: strict decoding error: unknown field \"{path}\"",
                    target.kind.name(),
                    target.kind.api_version(),
                    target.kind.name()
                ),
            });
        }
        let changed = self.take_document(target, &before, &after, at)?;
        Ok(Applied::to(target.clone(), changed))
    }

    /// The object's document as `kubectl get -o json` shows it.
    pub fn document(&self, target: &ObjectRef) -> Result<Value, KubeError> {
        manifest::document(self, target)
            .ok_or_else(|| KubeError::not_found(target.kind, &target.name))
    }

    fn take_document(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        let mut changed = self.take_metadata(target, before, after)?;
        changed |= match target.kind {
            Kind::Deployment => self.take_deployment(target, before, after, at)?,
            Kind::StatefulSet => {
                let scaled = self.take_replicas(target, before, after, at)?;
                self.take_template(target, before, after, at)? || scaled
            }
            Kind::DaemonSet => self.take_template(target, before, after, at)?,
            Kind::CronJob => self.take_cron_job(target, before, after, at)?,
            Kind::ConfigMap => self.take_config_map(target, before, after, at)?,
            Kind::HorizontalPodAutoscaler => self.take_autoscaler(target, before, after)?,
            Kind::Service => self.take_service(target, before, after)?,
            Kind::Node => self.take_node(target, before, after, at)?,
            _ if before.get("spec") != after.get("spec")
                || before.get("data") != after.get("data") =>
            {
                return Err(KubeError::MethodNotAllowed);
            }
            _ => false,
        };
        Ok(changed)
    }

    fn take_metadata(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
    ) -> Result<bool, KubeError> {
        let (labels, annotations) = ("/metadata/labels", "/metadata/annotations");
        let same = |path| before.pointer(path) == after.pointer(path);
        if same(labels) && same(annotations) {
            return Ok(false);
        }
        let new_labels = pairs(target, after, labels)?;
        let mut new_annotations = pairs(target, after, annotations)?;
        new_annotations.remove(super::super::workload::REVISION);
        let meta = self.meta_mut(target)?;
        meta.labels = new_labels;
        meta.annotations = new_annotations;
        if target.kind == Kind::Pod {
            self.release_pod(&target.key());
        }
        if target.kind == Kind::Deployment {
            self.dirty.insert(workload(target));
        }
        Ok(true)
    }

    fn take_deployment(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        if before.pointer("/spec/selector") != after.pointer("/spec/selector") {
            return Err(KubeError::invalid(
                target.kind,
                &target.name,
                "spec.selector: Invalid value: field is immutable".to_owned(),
            ));
        }
        let strategy = strategy_of(target, after)?;
        let paused = flag(target, after, "/spec/paused")?;
        let min_ready = number(target, after, "/spec/minReadySeconds")?.unwrap_or(0);
        let history = number(target, after, "/spec/revisionHistoryLimit")?.unwrap_or(10);
        let deadline = number(target, after, "/spec/progressDeadlineSeconds")?.unwrap_or(600);
        let template = self.read_template(target, after)?;
        let scaled = self.take_replicas(target, before, after, at)?;
        let version = self.bump();
        let mut changed = scaled;
        if let Some(stored) = self.deployments.get_mut(&target.key()) {
            let owner = Arc::make_mut(stored);
            let old = owner.spec.clone();
            owner.spec.strategy = strategy;
            owner.spec.paused = paused;
            owner.spec.min_ready_seconds = min_ready;
            owner.spec.revision_history_limit = history;
            owner.spec.progress_deadline_seconds = deadline;
            if old != owner.spec {
                touch(&mut owner.meta, version);
                changed = true;
            }
        }
        changed |= self.put_template(target, template, at)?;
        self.dirty.insert(workload(target));
        Ok(changed)
    }

    fn take_replicas(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        let path = "/spec/replicas";
        let to = number(target, after, path)?.unwrap_or(1);
        let from = number(target, before, path)?.unwrap_or(1);
        if from == to {
            return Ok(false);
        }
        self.set_replicas(&workload(target), to, false, at);
        Ok(true)
    }

    fn take_template(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        if before.pointer("/spec/template") == after.pointer("/spec/template") {
            return Ok(false);
        }
        let template = self.read_template(target, after)?;
        self.put_template(target, template, at)
    }

    fn read_template(&self, target: &ObjectRef, after: &Value) -> Result<PodTemplate, KubeError> {
        let path = if target.kind == Kind::CronJob {
            "/spec/jobTemplate/spec/template"
        } else {
            "/spec/template"
        };
        let stated = after.pointer(path).cloned().unwrap_or(Value::Null);
        let template = read_template(target, stated)?;
        self.check_selector(target, &template)?;
        Ok(template)
    }

    /// A workload's selector must select its own pods.
    pub(super) fn check_selector(
        &self,
        target: &ObjectRef,
        template: &PodTemplate,
    ) -> Result<(), KubeError> {
        let selector = match target.kind {
            Kind::Deployment => self
                .deployments
                .get(&target.key())
                .map(|owner| &owner.spec.selector),
            Kind::StatefulSet => self
                .stateful_sets
                .get(&target.key())
                .map(|owner| &owner.selector),
            Kind::DaemonSet => self
                .daemon_sets
                .get(&target.key())
                .map(|owner| &owner.selector),
            _ => None,
        };
        if let Some(selector) = selector
            && !super::super::meta::selects(selector, &template.metadata.labels)
        {
            return Err(KubeError::invalid(
                target.kind,
                &target.name,
                format!(
                    "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`",
                    serde_json::to_string(&template.metadata.labels).unwrap_or_default()
                ),
            ));
        }
        Ok(())
    }

    fn take_cron_job(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        if before.get("spec") == after.get("spec") {
            return Ok(false);
        }
        let template = self.read_template(target, after)?;
        let suspended = flag(target, after, "/spec/suspend")?;
        let text = after
            .pointer("/spec/schedule")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let schedule = Schedule::parse(&text).map_err(|error| {
            KubeError::invalid(
                target.kind,
                &target.name,
                format!("spec.schedule: Invalid value: \"{text}\": {error}"),
            )
        })?;
        let version = self.bump();
        if let Some(stored) = self.cron_jobs.get_mut(&target.key()) {
            let owner = Arc::make_mut(stored);
            let moved = owner.schedule != schedule;
            let old = owner.schedule;
            owner.suspended = suspended;
            owner.schedule = schedule;
            owner.schedule_text = text;
            touch(&mut owner.meta, version);
            if moved {
                let owner = owner.clone();
                if let Some(next) = old.next_after(at) {
                    let timer = super::super::timers::Timer::Cron(target.key());
                    self.timers.clear(next, timer);
                }
                self.plan_cron_job(&owner, at);
            }
        }
        self.put_template(target, template, at)?;
        Ok(true)
    }

    fn take_config_map(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        if before.get("data") == after.get("data") {
            return Ok(false);
        }
        let data: BTreeMap<String, String> = pairs(target, after, "/data")?;
        if let Some(stored) = self.config_maps.get_mut(&target.key()) {
            Arc::make_mut(stored).replace(data, at);
        }
        self.meta_mut(target)?;
        self.tell(ClusterEventKind::ConfigMapChanged(target.key()));
        Ok(true)
    }

    fn take_autoscaler(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
    ) -> Result<bool, KubeError> {
        if before.get("spec") == after.get("spec") {
            return Ok(false);
        }
        let min = number(target, after, "/spec/minReplicas")?.unwrap_or(1);
        let max = number(target, after, "/spec/maxReplicas")?.unwrap_or(min);
        let path = "/spec/metrics/0/resource/target/averageUtilization";
        let percent = number(target, after, path)?.unwrap_or(80);
        if max < min.max(1) {
            return Err(KubeError::invalid(
                target.kind,
                &target.name,
                format!(
                    "spec.maxReplicas: Invalid value: {max}: must be greater than or equal to `minReplicas`"
                ),
            ));
        }
        let version = self.bump();
        if let Some(stored) = self.autoscalers.get_mut(&target.key()) {
            let owner = Arc::make_mut(stored);
            owner.min = min;
            owner.max = max;
            owner.cpu_percent = percent;
            owner.meta.resource_version = version;
        }
        Ok(true)
    }

    fn take_service(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
    ) -> Result<bool, KubeError> {
        let selector = "/spec/selector";
        if before.pointer(selector) == after.pointer(selector) {
            return if before.get("spec") == after.get("spec") {
                Ok(false)
            } else {
                Err(KubeError::MethodNotAllowed)
            };
        }
        let selector = pairs(target, after, selector)?;
        let version = self.bump();
        if let Some(stored) = self.services.get_mut(&target.key()) {
            let owner = Arc::make_mut(stored);
            owner.selector = selector;
            owner.meta.resource_version = version;
        }
        Ok(true)
    }

    fn take_node(
        &mut self,
        target: &ObjectRef,
        before: &Value,
        after: &Value,
        at: SimTime,
    ) -> Result<bool, KubeError> {
        let path = "/spec/unschedulable";
        if before.pointer(path) == after.pointer(path) {
            return Ok(false);
        }
        let cordoned = flag(target, after, path)?;
        let version = self.bump();
        if let Some(stored) = self.nodes.get_mut(&target.key()) {
            let node = Arc::make_mut(stored);
            node.cordoned = cordoned.then_some(at);
            node.meta.resource_version = version;
        }
        self.room_changed = true;
        Ok(true)
    }
}

pub(super) fn workload(target: &ObjectRef) -> WorkloadKey {
    WorkloadKey {
        kind: target.kind,
        key: target.key(),
    }
}

fn read_document(text: &str) -> Result<Value, KubeError> {
    if text.len() > DOCUMENT_LIMIT {
        return Err(KubeError::BadRequest {
            message: format!("Request entity too large: limit is {DOCUMENT_LIMIT}"),
        });
    }
    serde_json::from_str(text).map_err(|error| KubeError::BadRequest {
        message: format!("error decoding patch: {error}"),
    })
}

fn wrong_type(target: &ObjectRef, path: &str, wanted: &str) -> KubeError {
    let kind = target.kind.name();
    let field = path.trim_start_matches('/').replace('/', ".");
    KubeError::BadRequest {
        message: format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: json: cannot unmarshal value into Go struct field {kind}.{field} of type {wanted}",
            target.kind.api_version()
        ),
    }
}

fn number(target: &ObjectRef, document: &Value, path: &str) -> Result<Option<u32>, KubeError> {
    let Some(value) = document.pointer(path).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let Some(value) = value.as_i64() else {
        return Err(wrong_type(target, path, "int32"));
    };
    u32::try_from(value).map(Some).map_err(|_| {
        let field = path.trim_start_matches('/').replace('/', ".");
        KubeError::invalid(
            target.kind,
            &target.name,
            format!("{field}: Invalid value: {value}: must be greater than or equal to 0"),
        )
    })
}

fn flag(target: &ObjectRef, document: &Value, path: &str) -> Result<bool, KubeError> {
    match document.pointer(path) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(wrong_type(target, path, "bool")),
    }
}

fn pairs(target: &ObjectRef, document: &Value, path: &str) -> Result<Labels, KubeError> {
    let Some(value) = document.pointer(path).filter(|value| !value.is_null()) else {
        return Ok(Labels::new());
    };
    serde_json::from_value(value.clone()).map_err(|_| wrong_type(target, path, "string"))
}

fn strategy_of(target: &ObjectRef, document: &Value) -> Result<Strategy, KubeError> {
    let path = "/spec/strategy";
    let name = document
        .pointer("/spec/strategy/type")
        .and_then(Value::as_str)
        .unwrap_or("RollingUpdate");
    let share = |field: &str| -> Result<Share, KubeError> {
        match document.pointer(&format!("{path}/rollingUpdate/{field}")) {
            None | Some(Value::Null) => Ok(Share::Percent(25)),
            Some(Value::Number(count)) => count
                .as_u64()
                .map(|count| Share::Count(count as u32))
                .ok_or_else(|| wrong_type(target, path, "intstr.IntOrString")),
            Some(Value::String(text)) => text
                .strip_suffix('%')
                .and_then(|percent| percent.parse().ok())
                .map(Share::Percent)
                .ok_or_else(|| {
                    KubeError::invalid(
                        target.kind,
                        &target.name,
                        format!("spec.strategy.rollingUpdate.{field}: Invalid value: \"{text}\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"),
                    )
                }),
            Some(_) => Err(wrong_type(target, path, "intstr.IntOrString")),
        }
    };
    let rolling = document.pointer("/spec/strategy/rollingUpdate");
    match name {
        "Recreate" if rolling.is_some_and(|value| !value.is_null()) => Err(KubeError::invalid(
            target.kind,
            &target.name,
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'".to_owned(),
        )),
        "Recreate" => Ok(Strategy::Recreate),
        "RollingUpdate" => Ok(Strategy::RollingUpdate {
            max_surge: share("maxSurge")?,
            max_unavailable: share("maxUnavailable")?,
        }),
        other => Err(KubeError::invalid(
            target.kind,
            &target.name,
            format!("spec.strategy.type: Unsupported value: \"{other}\": supported values: \"Recreate\", \"RollingUpdate\""),
        )),
    }
}

/// The most containers a template may have, and the most variables of a container: far more than anyone writes.
const TEMPLATE_LIMITS: (usize, usize) = (64, 1_000);

fn read_template(target: &ObjectRef, stated: Value) -> Result<PodTemplate, KubeError> {
    let template: PodTemplate =
        serde_json::from_value(stated).map_err(|error| KubeError::BadRequest {
            message: format!(
                "{} in version \"{}\" cannot be handled as a {}: {error}",
                target.kind.name(),
                target.kind.api_version(),
                target.kind.name()
            ),
        })?;
    check_template(target, &template)?;
    Ok(template)
}

/// What the API server asks of a template.
pub(super) fn check_template(target: &ObjectRef, template: &PodTemplate) -> Result<(), KubeError> {
    let required = |field: String| {
        KubeError::invalid(
            target.kind,
            &target.name,
            format!("{field}: Required value"),
        )
    };
    let containers = &template.spec.containers;
    if containers.is_empty() || containers.len() > TEMPLATE_LIMITS.0 {
        return Err(required("spec.template.spec.containers".to_owned()));
    }
    for (index, container) in containers.iter().enumerate() {
        let path = format!("spec.template.spec.containers[{index}]");
        if container.name.is_empty() {
            return Err(required(format!("{path}.name")));
        }
        if container.image.is_empty() {
            return Err(required(format!("{path}.image")));
        }
        if container.env.len() > TEMPLATE_LIMITS.1 {
            return Err(required(format!("{path}.env")));
        }
        for (number, variable) in container.env.iter().enumerate() {
            if variable.name.is_empty() {
                return Err(required(format!("{path}.env[{number}].name")));
            }
        }
        let twice = containers
            .iter()
            .take(index)
            .any(|other| other.name == container.name);
        if twice {
            return Err(KubeError::invalid(
                target.kind,
                &target.name,
                format!("{path}.name: Duplicate value: \"{}\"", container.name),
            ));
        }
    }
    check_resources(target, template)
}
