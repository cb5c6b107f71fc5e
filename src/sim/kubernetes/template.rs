//! Pod templates: containers, variables, probes, volumes, as a manifest states them. Never running state.
//!
//! The serialised form has Kubernetes' own field names, so a manifest is read into these types and written from them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta::Labels;
use super::quantity::Quantity;

/// What a controller makes pods from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of each pod.
    pub metadata: TemplateMeta,
    /// What runs in each pod.
    pub spec: PodSpec,
}

/// The metadata of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateMeta {
    /// Annotations of each pod; `kubectl rollout restart` writes one here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Labels,
    /// Labels of each pod.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
}

/// What runs in a pod, and where it may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// The containers; the first is the default of `kubectl logs` and `exec`.
    pub containers: Vec<Container>,
    /// Labels a node must carry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: Labels,
    /// What happens when a container ends.
    pub restart_policy: RestartPolicy,
    /// The service account; empty for `default`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Seconds between asking a container to stop and killing it.
    pub termination_grace_period_seconds: u32,
    /// Taints the pod puts up with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// The volumes containers can mount.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
}

impl Default for PodSpec {
    fn default() -> Self {
        Self {
            containers: Vec::new(),
            node_selector: Labels::new(),
            restart_policy: RestartPolicy::Always,
            service_account_name: String::new(),
            termination_grace_period_seconds: 30,
            tolerations: Vec::new(),
            volumes: Vec::new(),
        }
    }
}

/// What happens when a container ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RestartPolicy {
    /// It is started again, whatever its exit code.
    #[default]
    Always,
    /// It is started again unless it ended well.
    OnFailure,
    /// It stays ended; a Job makes a new pod.
    Never,
}

impl RestartPolicy {
    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::OnFailure => "OnFailure",
            Self::Never => "Never",
        }
    }
}

/// One container of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Its name within the pod.
    pub name: String,
    /// The image it runs.
    pub image: String,
    /// The program, where the image's own is replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The program's arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Its variables, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Whole ConfigMaps and Secrets taken as variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_from: Vec<EnvFrom>,
    /// The ports it listens on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// Killed and started again when this fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Taken out of services while this fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// What it is promised and what it may take at most.
    pub resources: Resources,
    /// Where volumes appear in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
}

/// Requests (promised) and limits (at most), by resource name (`cpu`, `memory`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// At most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Quantity>,
    /// Promised; the scheduler counts these.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, Quantity>,
}

impl Resources {
    /// Requests and limits of CPU (millicores) and memory (mebibytes).
    pub fn of(cpu_request: i64, cpu_limit: i64, memory_request: i64, memory_limit: i64) -> Self {
        let pair = |cpu, memory| {
            BTreeMap::from([
                ("cpu".to_owned(), Quantity::cpu_millis(cpu)),
                ("memory".to_owned(), Quantity::mebibytes(memory)),
            ])
        };
        Self {
            limits: pair(cpu_limit, memory_limit),
            requests: pair(cpu_request, memory_request),
        }
    }

    /// What is requested of a resource; a limit alone is its own request, as the API server defaults it.
    pub fn request(&self, resource: &str) -> Quantity {
        self.requests
            .get(resource)
            .or_else(|| self.limits.get(resource))
            .copied()
            .unwrap_or_default()
    }

    /// The limit of a resource, if there is one.
    pub fn limit(&self, resource: &str) -> Option<Quantity> {
        self.limits.get(resource).copied()
    }
}

/// One variable of a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "EnvVarForm", into = "EnvVarForm")]
pub struct EnvVar {
    /// The variable's name.
    pub name: String,
    /// Where its value comes from.
    pub source: EnvSource,
}

impl EnvVar {
    /// A variable with its value written in the manifest.
    pub fn plain(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            source: EnvSource::Value(value.to_owned()),
        }
    }
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EnvSource {
    /// The manifest itself.
    Value(String),
    /// A key of a Secret.
    SecretKey(KeyRef),
    /// A key of a ConfigMap.
    ConfigMapKey(KeyRef),
    /// A field of the pod, such as `metadata.name`.
    Field(String),
    /// A resource of a container, such as `limits.memory`.
    Resource(String),
}

/// A key of a ConfigMap or Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyRef {
    /// The key.
    pub key: String,
    /// The object's name.
    pub name: String,
    /// Whether the container starts without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A variable as a manifest writes it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvVarForm {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value_from: Option<EnvValueFrom>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::enum_variant_names,
    reason = "the names of a manifest's fields"
)]
enum EnvValueFrom {
    SecretKeyRef(KeyRef),
    ConfigMapKeyRef(KeyRef),
    FieldRef(FieldRef),
    ResourceFieldRef(ResourceRef),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldRef {
    #[serde(default = "core_version")]
    api_version: String,
    field_path: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ResourceRef {
    #[serde(default = "zero")]
    divisor: String,
    resource: String,
}

fn core_version() -> String {
    "v1".to_owned()
}

fn zero() -> String {
    "0".to_owned()
}

impl TryFrom<EnvVarForm> for EnvVar {
    type Error = String;

    fn try_from(form: EnvVarForm) -> Result<Self, String> {
        let source = match (form.value, form.value_from) {
            (Some(value), Some(_)) if !value.is_empty() => {
                return Err(
                    "valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"
                        .to_owned(),
                );
            }
            (_, Some(EnvValueFrom::SecretKeyRef(key))) => EnvSource::SecretKey(key),
            (_, Some(EnvValueFrom::ConfigMapKeyRef(key))) => EnvSource::ConfigMapKey(key),
            (_, Some(EnvValueFrom::FieldRef(field))) => EnvSource::Field(field.field_path),
            (_, Some(EnvValueFrom::ResourceFieldRef(resource))) => {
                EnvSource::Resource(resource.resource)
            }
            (value, None) => EnvSource::Value(value.unwrap_or_default()),
        };
        Ok(Self {
            name: form.name,
            source,
        })
    }
}

impl From<EnvVar> for EnvVarForm {
    fn from(variable: EnvVar) -> Self {
        let (value, value_from) = match variable.source {
            // Kubernetes leaves an empty value out.
            EnvSource::Value(value) => ((!value.is_empty()).then_some(value), None),
            EnvSource::SecretKey(key) => (None, Some(EnvValueFrom::SecretKeyRef(key))),
            EnvSource::ConfigMapKey(key) => (None, Some(EnvValueFrom::ConfigMapKeyRef(key))),
            EnvSource::Field(field_path) => (
                None,
                Some(EnvValueFrom::FieldRef(FieldRef {
                    api_version: core_version(),
                    field_path,
                })),
            ),
            EnvSource::Resource(resource) => (
                None,
                Some(EnvValueFrom::ResourceFieldRef(ResourceRef {
                    divisor: zero(),
                    resource,
                })),
            ),
        };
        Self {
            name: variable.name,
            value,
            value_from,
        }
    }
}

/// A whole ConfigMap or Secret taken as variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EnvFrom {
    /// Every key of a ConfigMap.
    ConfigMapRef(NameRef),
    /// Every key of a Secret.
    SecretRef(NameRef),
}

/// A reference by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NameRef {
    /// The object's name.
    pub name: String,
    /// Whether the container starts without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A port a container listens on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    /// The number.
    pub container_port: u16,
    /// The name services can refer to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// TCP or UDP.
    #[serde(default)]
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// The Transmission Control Protocol.
    #[default]
    TCP,
    /// The User Datagram Protocol.
    UDP,
}

impl Protocol {
    /// `TCP` or `UDP`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TCP => "TCP",
            Self::UDP => "UDP",
        }
    }
}

/// A port by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PortRef {
    /// By number.
    Number(u16),
    /// By the name a container gave it.
    Name(String),
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Name(name) => out.write_str(name),
        }
    }
}

/// A check the kubelet makes of a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// What is asked.
    #[serde(flatten)]
    pub check: ProbeCheck,
    /// Failures in a row that count.
    #[serde(default = "three")]
    pub failure_threshold: u32,
    /// Seconds after the start before the first check.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub initial_delay_seconds: u32,
    /// Seconds between checks.
    #[serde(default = "ten")]
    pub period_seconds: u32,
    /// Successes in a row that count.
    #[serde(default = "one")]
    pub success_threshold: u32,
    /// Seconds before a check is given up.
    #[serde(default = "one")]
    pub timeout_seconds: u32,
}

impl Probe {
    /// An HTTP check with Kubernetes' defaults and this period.
    pub fn http(
        path: &str,
        port: PortRef,
        initial_delay_seconds: u32,
        period_seconds: u32,
    ) -> Self {
        Self {
            check: ProbeCheck::HttpGet {
                path: path.to_owned(),
                port,
                scheme: http_scheme(),
            },
            failure_threshold: 3,
            initial_delay_seconds,
            period_seconds,
            success_threshold: 1,
            timeout_seconds: 1,
        }
    }
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProbeCheck {
    /// An HTTP request.
    HttpGet {
        /// The path.
        #[serde(default)]
        path: String,
        /// The port.
        port: PortRef,
        /// `HTTP` or `HTTPS`.
        #[serde(default = "http_scheme")]
        scheme: String,
    },
    /// A connection.
    TcpSocket {
        /// The port.
        port: PortRef,
    },
    /// A program run inside the container.
    Exec {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// A gRPC health check.
    Grpc {
        /// The port.
        port: u16,
    },
}

fn http_scheme() -> String {
    "HTTP".to_owned()
}

const fn three() -> u32 {
    3
}

const fn ten() -> u32 {
    10
}

const fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A volume of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Volume {
    /// Its name within the pod.
    pub name: String,
    /// What is in it.
    #[serde(flatten)]
    pub source: VolumeSource,
}

/// What is in a volume.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VolumeSource {
    /// The keys of a ConfigMap as files.
    ConfigMap(NameRef),
    /// The keys of a Secret as files.
    #[serde(rename_all = "camelCase")]
    Secret {
        /// The Secret's name.
        secret_name: String,
    },
    /// A folder that lives as long as the pod.
    EmptyDir {},
    /// A disk that outlives the pod.
    #[serde(rename_all = "camelCase")]
    PersistentVolumeClaim {
        /// The claim's name.
        claim_name: String,
    },
    /// A folder of the node.
    HostPath {
        /// The folder.
        path: String,
    },
}

/// Where a volume appears in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The folder or file it appears as.
    pub mount_path: String,
    /// The volume's name.
    pub name: String,
    /// Whether the container may not write to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// One file of the volume alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sub_path: String,
}

/// A taint the pod puts up with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Toleration {
    /// Which effect; empty for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub effect: String,
    /// Which key; empty for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// `Exists` or `Equal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// How long a `NoExecute` taint is put up with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<u32>,
    /// The value, for `Equal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

impl PodTemplate {
    /// A template of one container, labelled `app: NAME`.
    pub fn of(name: &str, container: Container) -> Self {
        Self {
            metadata: TemplateMeta {
                annotations: Labels::new(),
                labels: Labels::from([("app".to_owned(), name.to_owned())]),
            },
            spec: PodSpec {
                containers: vec![container],
                service_account_name: name.to_owned(),
                ..PodSpec::default()
            },
        }
    }

    /// The container of this name.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.spec
            .containers
            .iter()
            .find(|container| container.name == name)
    }

    /// What all containers request of a resource together.
    pub fn request(&self, resource: &str) -> Quantity {
        self.spec
            .containers
            .iter()
            .fold(Quantity::default(), |sum, container| {
                sum.plus(container.resources.request(resource))
            })
    }

    /// What all containers may take of a resource together; zero where there is no limit.
    pub fn limit(&self, resource: &str) -> Quantity {
        self.spec
            .containers
            .iter()
            .filter_map(|container| container.resources.limit(resource))
            .fold(Quantity::default(), Quantity::plus)
    }

    /// `Guaranteed`, `Burstable` or `BestEffort`: who is evicted first.
    pub fn qos_class(&self) -> &'static str {
        let containers = &self.spec.containers;
        let bare = |container: &Container| {
            container.resources.requests.is_empty() && container.resources.limits.is_empty()
        };
        let exact = |container: &Container| {
            ["cpu", "memory"].iter().all(|resource| {
                container.resources.limit(resource).is_some_and(|limit| {
                    limit.millis() == container.resources.request(resource).millis()
                })
            })
        };
        if containers.iter().all(bare) {
            "BestEffort"
        } else if containers.iter().all(exact) {
            "Guaranteed"
        } else {
            "Burstable"
        }
    }
}

impl Container {
    /// A container of this name and image, with nothing else set.
    pub fn new(name: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_template_reads_what_it_writes() {
        let manifest = json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [{
                    "name": "web",
                    "image": "registry/web:1",
                    "env": [
                        {"name": "A", "value": "1"},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"key": "url", "name": "db"}}},
                        {"name": "C", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
                    ],
                    "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                    "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"},
                        "failureThreshold": 3, "initialDelaySeconds": 10, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1},
                    "resources": {"limits": {"cpu": "500m"}, "requests": {"memory": "128Mi"}},
                }],
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
                "volumes": [{"name": "config", "configMap": {"name": "web-config"}}],
            }
        });
        let template: PodTemplate = serde_json::from_value(manifest.clone()).unwrap();
        assert_eq!(template.spec.containers[0].env[1].name, "B");
        assert_eq!(
            template.spec.containers[0].resources.request("cpu"),
            Quantity::cpu_millis(500)
        );
        assert_eq!(template.qos_class(), "Burstable");
        assert_eq!(serde_json::to_value(&template).unwrap(), manifest);
    }
}
