//! What a cluster starts from: workloads as the estate describes them, with their past. No running state.

use std::collections::BTreeMap;

use super::autoscaling::DisruptionBound;
use super::batch::Concurrency;
use super::fate::CrashReason;
use super::kind::Kind;
use super::meta::Labels;
use super::network::{IngressRule, ServicePort};
use super::node::{NodeSystem, Taint};
use super::pod::Pace;
use super::quantity::Quantity;
use super::template::PodTemplate;
use super::workload::Strategy;
use crate::sim::time::{SimTime, Span};

/// A whole cluster at the instant it starts.
#[derive(Clone, Debug, Default)]
pub struct ClusterSpec {
    /// The name in the kubeconfig: context and cluster.
    pub name: String,
    /// The user in the kubeconfig.
    pub user: String,
    /// The API server's address, such as `https://10.0.0.1:6443`.
    pub server: String,
    /// The API server's version, such as `v1.32.3`.
    pub server_version: String,
    /// The namespace commands mean when they name none.
    pub default_namespace: String,
    /// Namespaces beside `default`, `kube-system`, `kube-public` and `kube-node-lease`, which are always there.
    pub namespaces: Vec<NamespaceSpec>,
    /// When the cluster was made: the age of its own namespaces.
    pub created_at: SimTime,
    /// The nodes.
    pub nodes: Vec<NodeSpec>,
    /// Deployments.
    pub deployments: Vec<DeploymentSeed>,
    /// StatefulSets.
    pub stateful_sets: Vec<StatefulSetSeed>,
    /// DaemonSets.
    pub daemon_sets: Vec<DaemonSetSeed>,
    /// CronJobs, with the Jobs that ended last.
    pub cron_jobs: Vec<CronJobSeed>,
    /// Services.
    pub services: Vec<ServiceSeed>,
    /// ConfigMaps.
    pub config_maps: Vec<ConfigMapSeed>,
    /// Secrets.
    pub secrets: Vec<SecretSeed>,
    /// HorizontalPodAutoscalers.
    pub autoscalers: Vec<AutoscalerSeed>,
    /// PodDisruptionBudgets.
    pub budgets: Vec<BudgetSeed>,
    /// Ingresses.
    pub ingresses: Vec<IngressSeed>,
}

/// A namespace.
#[derive(Clone, Debug)]
pub struct NamespaceSpec {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// Its labels beside `kubernetes.io/metadata.name`.
    pub labels: Labels,
}

/// A node.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// When it joined.
    pub created_at: SimTime,
    /// The group of nodes it belongs to: the label `pool`, which workloads can ask for. Empty for none.
    pub pool: String,
    /// Its zone.
    pub zone: String,
    /// Its machine type.
    pub instance_type: String,
    /// Its own address; drawn if not given.
    pub internal_ip: Option<core::net::Ipv4Addr>,
    /// Its cores.
    pub cpu: Quantity,
    /// Its memory.
    pub memory: Quantity,
    /// How many pods it takes.
    pub pods: u32,
    /// Further labels.
    pub labels: Labels,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Versions of what runs on it.
    pub system: NodeSystem,
}

/// A Deployment with its past.
#[derive(Clone, Debug)]
pub struct DeploymentSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own labels; the pods' are the template's.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// How many pods.
    pub replicas: u32,
    /// What they are made from now. The selector is the template's `app` label, or all labels if it has none.
    pub template: PodTemplate,
    /// How pods are replaced.
    pub strategy: Strategy,
    /// Whether it is paused.
    pub paused: bool,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: u32,
    /// How long a rollout may make no progress.
    pub progress_deadline: Span,
    /// Revisions, oldest first. The last is the one that runs; empty means one revision, made with the Deployment.
    pub history: Vec<RevisionSeed>,
    /// How long its containers take to be ready and to stop.
    pub pace: Pace,
    /// What its pods have been through.
    pub past: PodPast,
}

impl DeploymentSeed {
    /// A Deployment with Kubernetes' defaults and one revision.
    pub fn new(
        namespace: &str,
        name: &str,
        replicas: u32,
        template: PodTemplate,
        created_at: SimTime,
    ) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            labels: template.metadata.labels.clone(),
            annotations: Labels::new(),
            created_at,
            replicas,
            template,
            strategy: Strategy::default(),
            paused: false,
            revision_history_limit: 10,
            progress_deadline: Span::from_mins(10),
            history: Vec::new(),
            pace: Pace::default(),
            past: PodPast::Quiet,
        }
    }
}

/// One revision of a workload's past.
#[derive(Clone, Debug)]
pub struct RevisionSeed {
    /// When it was rolled out.
    pub at: SimTime,
    /// Why, if somebody said so.
    pub change_cause: Option<String>,
    /// How its template differed from the newest.
    pub template: RevisionTemplate,
}

/// How an earlier template differed from the newest.
#[derive(Clone, Debug)]
pub enum RevisionTemplate {
    /// It is the newest.
    Newest,
    /// The first container had another image, and possibly other variables.
    Image {
        /// The image.
        image: String,
        /// All its variables, where they differed.
        env: Option<Vec<super::template::EnvVar>>,
    },
    /// It was quite another.
    Whole(Box<PodTemplate>),
}

/// What the pods of a workload have been through when the cluster starts.
#[derive(Clone, Debug, Default)]
pub enum PodPast {
    /// They have run since they were made; a few restarts are drawn, as any cluster has them.
    #[default]
    Quiet,
    /// They have run since they were made, without a restart.
    Spotless,
    /// They were made at these instants, and restarted so: by slot.
    Given(Vec<SlotPast>),
    /// They crash again and again, as everybody knows.
    CrashLooping {
        /// How long a life lasts.
        life: Span,
        /// How often each pod was started again so far.
        restarts: u32,
        /// The exit code.
        exit_code: i32,
        /// The reason.
        reason: CrashReason,
    },
}

/// What one pod has been through.
#[derive(Clone, Debug)]
pub struct SlotPast {
    /// When it was made; as the newest revision if not given.
    pub created_at: Option<SimTime>,
    /// How often its first container was started again.
    pub restarts: u32,
    /// How and when its last finished life ended, if there was one.
    pub last_end: Option<PastEnd>,
}

/// How an earlier life of a container ended.
#[derive(Clone, Copy, Debug)]
pub struct PastEnd {
    /// When.
    pub at: SimTime,
    /// The exit code.
    pub exit_code: i32,
    /// The reason.
    pub reason: CrashReason,
}

/// A StatefulSet.
#[derive(Clone, Debug)]
pub struct StatefulSetSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own labels.
    pub labels: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// How many pods.
    pub replicas: u32,
    /// The headless service that names the pods.
    pub service_name: String,
    /// What they are made from.
    pub template: PodTemplate,
    /// Revisions, oldest first. The last is the one that runs; empty means one revision, made with the set.
    pub history: Vec<RevisionSeed>,
    /// How long its containers take to be ready and to stop.
    pub pace: Pace,
    /// What its pods have been through.
    pub past: PodPast,
}

/// A DaemonSet.
#[derive(Clone, Debug)]
pub struct DaemonSetSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own labels.
    pub labels: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// What its pods are made from.
    pub template: PodTemplate,
    /// Revisions, oldest first. The last is the one that runs; empty means one revision, made with the set.
    pub history: Vec<RevisionSeed>,
    /// How long its containers take to be ready and to stop.
    pub pace: Pace,
    /// What its pods have been through.
    pub past: PodPast,
}

/// A CronJob. Its kept past Jobs follow from the schedule.
#[derive(Clone, Debug)]
pub struct CronJobSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own labels.
    pub labels: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// The schedule, five fields.
    pub schedule: String,
    /// What happens when a run is due while another runs.
    pub concurrency: Concurrency,
    /// Whether it makes no Jobs for now.
    pub suspended: bool,
    /// What its Jobs' pods are made from.
    pub template: PodTemplate,
    /// How long its past runs took.
    pub typical_duration: Span,
    /// How long its containers take for what no manifest states.
    pub pace: Pace,
}

/// A Service.
#[derive(Clone, Debug)]
pub struct ServiceSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// When it was made.
    pub created_at: SimTime,
    /// Which pods answer for it.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// How it is reached.
    pub exposure: ExposureSeed,
}

/// How a Service is reached; addresses are drawn.
#[derive(Clone, Debug, Default)]
pub enum ExposureSeed {
    /// By an address inside the cluster.
    #[default]
    ClusterIp,
    /// By the pods' own addresses.
    Headless,
    /// By a port of each node.
    NodePort,
    /// By a load balancer with this name.
    LoadBalancer(String),
    /// By another name.
    ExternalName(String),
}

/// A ConfigMap.
#[derive(Clone, Debug)]
pub struct ConfigMapSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// What it holds.
    pub data: BTreeMap<String, String>,
}

/// A Secret.
#[derive(Clone, Debug)]
pub struct SecretSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// `Opaque` and the like.
    pub secret_type: String,
    /// What it holds; never shown.
    pub data: BTreeMap<String, String>,
}

/// A HorizontalPodAutoscaler on CPU.
#[derive(Clone, Debug)]
pub struct AutoscalerSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// The kind of what it scales: Deployment or StatefulSet.
    pub target_kind: Kind,
    /// The name of what it scales.
    pub target: String,
    /// At least so many pods.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// The use of CPU it aims at, in per cent of what is requested.
    pub cpu_percent: u32,
    /// What it last measured when the cluster starts.
    pub current_percent: Option<u32>,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct BudgetSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// What must stay, or may go.
    pub bound: DisruptionBound,
    /// Which pods it protects.
    pub selector: Labels,
}

/// An Ingress.
#[derive(Clone, Debug)]
pub struct IngressSeed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: SimTime,
    /// The controller that serves it.
    pub class: String,
    /// The address of that controller.
    pub address: String,
    /// Hosts for which it ends TLS.
    pub tls_hosts: Vec<String>,
    /// The Secret with the certificate.
    pub tls_secret: String,
    /// Where requests go.
    pub rules: Vec<IngressRule>,
}
