//! What the cluster starts from, made of the plan. Never anything that happens later.

use std::sync::Arc;

use super::World;
use super::fate::tag_of;
use super::fleet::{Copy, Running};
use super::open::OldPod;
use crate::scenario::format::infrastructure::ScheduledJob;
use crate::scenario::format::service::{
    Release, Runtime, Service, Strategy as DeclaredStrategy, WorkloadKind,
};
use crate::sim::ids::ServiceId;
use crate::sim::kubernetes::batch::Concurrency;
use crate::sim::kubernetes::fate::{CrashReason, EnvSnapshot, WorkloadKey};
use crate::sim::kubernetes::meta::Labels;
use crate::sim::kubernetes::network::ServicePort;
use crate::sim::kubernetes::node::NodeSystem;
use crate::sim::kubernetes::pod::{ContainerState, Pace};
use crate::sim::kubernetes::spec::{
    AutoscalerSeed, ConfigMapSeed, CronJobSeed, DaemonSetSeed, DeploymentSeed, ExposureSeed,
    NamespaceSpec, NodeSpec, PastEnd, PodPast, RevisionSeed, RevisionTemplate, SecretSeed,
    ServiceSeed, SlotPast, StatefulSetSeed,
};
use crate::sim::kubernetes::template::{
    Container, ContainerPort, EnvSource, EnvVar, PodTemplate, PortRef, Probe, Protocol, Resources,
    RestartPolicy,
};
use crate::sim::kubernetes::workload::Strategy;
use crate::sim::kubernetes::{Cluster, ClusterSpec, Kind, Quantity};
use crate::sim::plan::{Plan, ServicePlan};
use crate::sim::time::{SimTime, Span};

/// How long before history a cluster was made that does not say so.
const OLD: Span = Span::from_hours(180 * 24);

/// The cluster at the start of history.
pub(super) fn cluster_spec(world: &World) -> ClusterSpec {
    let plan = world.plan();
    let estate = &plan.pack.estate;
    let since = since(plan);
    let mut spec = ClusterSpec {
        name: estate.cluster.clone(),
        user: format!("{}-oncall", estate.cluster),
        server: format!("https://api.{}.{}:6443", estate.cluster, estate.domain),
        server_version: "v1.33.1".to_owned(),
        default_namespace: estate
            .namespaces
            .keys()
            .next()
            .cloned()
            .unwrap_or_else(|| "default".to_owned()),
        created_at: since,
        ..ClusterSpec::default()
    };
    add_namespaces(&mut spec, world, since);
    add_nodes(&mut spec, world, since);
    for (index, service) in plan.services.iter().enumerate() {
        add_workload(&mut spec, world, ServiceId(index as u32), service, since);
    }
    spec
}

/// The CronJobs: they join the cluster shortly before the page with the Jobs they ran last, as nothing remembers more.
pub(super) fn cron_jobs(world: &World) -> Vec<CronJobSeed> {
    let plan = world.plan();
    let since = since(plan);
    let seed = |(name, job): (&String, &ScheduledJob)| {
        let mut template = PodTemplate::of(name, Container::new(name, &job.image));
        template.spec.restart_policy = RestartPolicy::OnFailure;
        CronJobSeed {
            namespace: job.namespace.clone(),
            name: name.clone(),
            labels: Labels::new(),
            created_at: since,
            schedule: job.schedule.clone(),
            concurrency: Concurrency::Forbid,
            suspended: job.suspend,
            template,
            typical_duration: Span(job.runs_for.millis),
            pace: Pace::default(),
        }
    };
    plan.pack.estate.jobs.iter().map(seed).collect()
}

/// When the cluster was made.
fn since(plan: &Plan) -> SimTime {
    let declared = plan.pack.estate.since;
    declared.map_or(plan.history_start() - OLD, |at| SimTime(at.millis))
}

fn add_namespaces(spec: &mut ClusterSpec, world: &World, since: SimTime) {
    for (name, namespace) in &world.plan().pack.estate.namespaces {
        let labels: Labels = namespace
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        spec.namespaces.push(NamespaceSpec {
            name: name.clone(),
            created_at: since,
            labels,
        });
        for (map, data) in &namespace.config_maps {
            spec.config_maps.push(ConfigMapSeed {
                namespace: name.clone(),
                name: map.clone(),
                created_at: since,
                data: data
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            });
        }
        for (secret, keys) in &namespace.secrets {
            spec.secrets.push(SecretSeed {
                namespace: name.clone(),
                name: secret.clone(),
                created_at: since,
                secret_type: "Opaque".to_owned(),
                data: keys
                    .iter()
                    .map(|key| (key.clone(), "********************".to_owned()))
                    .collect(),
            });
        }
    }
}

fn add_nodes(spec: &mut ClusterSpec, world: &World, since: SimTime) {
    for (name, node) in &world.plan().pack.estate.nodes {
        spec.nodes.push(NodeSpec {
            name: name.clone(),
            created_at: since,
            pool: String::new(),
            zone: node.zone.clone(),
            instance_type: node.instance_type.clone(),
            internal_ip: None,
            cpu: Quantity::cpu_millis((node.cpu.value * 1000.0) as i64),
            memory: Quantity::bytes(node.memory.value as i64),
            pods: 110,
            labels: node
                .labels
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            taints: Vec::new(),
            system: NodeSystem::default(),
        });
    }
}

fn add_workload(
    spec: &mut ClusterSpec,
    world: &World,
    id: ServiceId,
    service: &ServicePlan,
    since: SimTime,
) {
    let start = world.plan().history_start();
    let mut deployed: Vec<&Release> = service
        .spec
        .releases
        .iter()
        .filter(|release| {
            release
                .deployed
                .is_some_and(|at| at.millis <= start.millis())
        })
        .collect();
    deployed.sort_by_key(|release| release.deployed.map(|at| at.millis));
    let Some(current) = deployed.last().copied().or(service.spec.releases.first()) else {
        return;
    };
    let template = template(world, id, service, current);
    let labels = template.metadata.labels.clone();
    let pace = Pace {
        startup: Span(service.spec.starts_in.millis.max(1000)),
        stop: Span::from_secs(2),
    };
    let (namespace, name) = (service.spec.namespace.clone(), service.name.clone());
    match service.spec.workload {
        WorkloadKind::Deployment => {
            let mut seed =
                DeploymentSeed::new(&namespace, &name, service.spec.replicas, template, since);
            if service.spec.strategy == DeclaredStrategy::Recreate {
                seed.strategy = Strategy::Recreate;
            }
            seed.history = revisions(world, id, &deployed);
            seed.pace = pace;
            seed.past = past(world, service);
            spec.deployments.push(seed);
        }
        WorkloadKind::StatefulSet => spec.stateful_sets.push(StatefulSetSeed {
            namespace: namespace.clone(),
            name: name.clone(),
            labels: labels.clone(),
            created_at: since,
            replicas: service.spec.replicas,
            service_name: name.clone(),
            template,
            history: revisions(world, id, &deployed),
            pace,
            past: past(world, service),
        }),
        WorkloadKind::DaemonSet => spec.daemon_sets.push(DaemonSetSeed {
            namespace: namespace.clone(),
            name: name.clone(),
            labels: labels.clone(),
            created_at: since,
            template,
            history: revisions(world, id, &deployed),
            pace,
            past: past(world, service),
        }),
    }
    add_network(spec, service, &labels, since);
}

fn add_network(spec: &mut ClusterSpec, service: &ServicePlan, labels: &Labels, since: SimTime) {
    let (namespace, name) = (&service.spec.namespace, &service.name);
    if !service.spec.ports.is_empty() {
        let ports = service.spec.ports.iter().map(|port| ServicePort {
            name: format!("tcp-{port}"),
            port: *port,
            target: PortRef::Number(*port),
            node_port: None,
            protocol: Protocol::TCP,
        });
        let selector: Labels = labels
            .iter()
            .filter(|(key, _)| *key == "app")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        spec.services.push(ServiceSeed {
            namespace: namespace.clone(),
            name: name.clone(),
            labels: labels.clone(),
            created_at: since,
            selector,
            ports: ports.collect(),
            exposure: ExposureSeed::ClusterIp,
        });
    }
    if let Some(scaling) = service.spec.autoscale {
        spec.autoscalers.push(AutoscalerSeed {
            namespace: namespace.clone(),
            name: name.clone(),
            created_at: since,
            target_kind: Kind::Deployment,
            target: name.clone(),
            min: scaling.min,
            max: scaling.max,
            cpu_percent: scaling.cpu_percent,
            current_percent: Some(scaling.cpu_percent / 2),
        });
    }
}

fn past(world: &World, service: &ServicePlan) -> PodPast {
    let start = world.plan().history_start();
    if let Some(known) = &service.spec.known_crash_loop {
        let until_start = (known.since.millis - crate::sim::plan::HISTORY.millis()).max(0);
        // At the longest back-off a life comes every five minutes and its own length.
        let every = 300_000 + known.life.millis;
        return PodPast::CrashLooping {
            life: Span(known.life.millis),
            restarts: (until_start / every) as u32,
            exit_code: known.exit_code,
            reason: if known.exit_code == 0 {
                CrashReason::Completed
            } else {
                CrashReason::Error
            },
        };
    }
    match service.spec.past_restarts {
        None => PodPast::Spotless,
        Some(past) => PodPast::Given(vec![SlotPast {
            created_at: None,
            restarts: past.count,
            last_end: Some(PastEnd {
                at: (world.plan().page - Span(past.last.millis)).min(start - Span::from_hours(1)),
                exit_code: 137,
                reason: CrashReason::OomKilled,
            }),
        }]),
    }
}

fn revisions(world: &World, id: ServiceId, deployed: &[&Release]) -> Vec<RevisionSeed> {
    let last = deployed.len().saturating_sub(1);
    let recent = deployed.len().saturating_sub(6);
    deployed
        .iter()
        .enumerate()
        .skip(recent)
        .map(|(index, release)| RevisionSeed {
            at: SimTime(release.deployed.map_or(0, |at| at.millis)),
            change_cause: Some(format!("deploy {}", release.tag)),
            template: if index == last {
                RevisionTemplate::Newest
            } else {
                RevisionTemplate::Image {
                    image: world
                        .plan()
                        .services
                        .get(id.index())
                        .map_or_else(String::new, |service| {
                            format!("{}:{}", service.spec.image, release.tag)
                        }),
                    env: Some(env_of(world, id, release)),
                }
            },
        })
        .collect()
}

fn env_of(world: &World, id: ServiceId, release: &Release) -> Vec<EnvVar> {
    let env = world.release_env(id, release);
    env.iter()
        .filter_map(|(name, value)| Some(EnvVar::plain(name, value.as_ref()?)))
        .collect()
}

fn template(world: &World, id: ServiceId, service: &ServicePlan, release: &Release) -> PodTemplate {
    let spec = &service.spec;
    let mut container = Container::new(&service.name, &format!("{}:{}", spec.image, release.tag));
    container.env = env_of(world, id, release);
    container.resources = resources(spec);
    for port in &spec.ports {
        container.ports.push(ContainerPort {
            container_port: *port,
            name: String::new(),
            protocol: Protocol::TCP,
        });
    }
    if let Some(port) = spec
        .ports
        .first()
        .filter(|_| spec.runtime != Runtime::Vendor)
    {
        container.readiness_probe = Some(Probe::http("/ready", PortRef::Number(*port), 2, 5));
        container.liveness_probe = Some(Probe::http("/health", PortRef::Number(*port), 10, 10));
    }
    let mut template = PodTemplate::of(&service.name, container);
    template
        .metadata
        .labels
        .insert("app".to_owned(), service.name.clone());
    if !spec.team.is_empty() {
        template
            .metadata
            .labels
            .insert("team".to_owned(), spec.team.clone());
    }
    template
}

fn resources(spec: &Service) -> Resources {
    let cpu = |cores: f64| (cores * 1000.0) as i64;
    let mut resources = Resources::of(
        cpu(spec.resources.cpu_request.value),
        spec.resources.cpu_limit.map_or(0, |limit| cpu(limit.value)),
        0,
        0,
    );
    resources.requests.insert(
        "memory".to_owned(),
        Quantity::bytes(spec.resources.memory_request.value as i64),
    );
    resources.limits.insert(
        "memory".to_owned(),
        Quantity::bytes(spec.resources.memory_limit.value as i64),
    );
    if spec.resources.cpu_limit.is_none() {
        resources.limits.remove("cpu");
    }
    resources
}

/// The pods of a service that are there now, as the fleet knows them.
pub(super) fn pods_of(cluster: &Cluster, service: &ServicePlan) -> Vec<OldPod> {
    let target = super::releases::workload_ref(service);
    let key = WorkloadKey {
        kind: target.kind,
        key: target.key(),
    };
    let mut pods = Vec::new();
    for pod in cluster.pods_of(&key) {
        let Some(container) = pod.containers.first() else {
            continue;
        };
        let (alive, started) = match &container.state {
            ContainerState::Running(running) => (true, running.started_at),
            ContainerState::Waiting(_) | ContainerState::Terminated(_) => {
                (false, pod.meta.created_at)
            }
        };
        pods.push(OldPod {
            name: Arc::clone(&pod.meta.name),
            running: Running {
                slot: pod.slot,
                node: Arc::from(pod.node().unwrap_or("")),
                copy: Copy {
                    env: container.env.clone(),
                    tag: tag_of(&container.image).to_owned(),
                },
                started,
                life: container.restart_count,
                alive,
                ready: pod.is_ready(),
                leaked: 0.0,
                leaks: 0.0,
            },
        });
    }
    pods
}

/// Brings a copy up to the image and the variables that a workload's new pods get. Few of all have changed when this is
/// asked, so nothing is made anew for the others.
pub(super) fn follow_template(cluster: &Cluster, key: &WorkloadKey, copy: &mut Copy) {
    let Some(container) = first_container(cluster, key) else {
        return;
    };
    let variables = || {
        let variables = container.env.iter();
        variables.filter_map(|variable| match &variable.source {
            EnvSource::Value(value) => Some((variable.name.as_str(), value.as_str())),
            _ => None,
        })
    };
    let tag = tag_of(&container.image);
    if copy.tag != tag {
        tag.clone_into(&mut copy.tag);
    }
    if !variables().eq(copy.env.iter()) {
        let owned = variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
        copy.env = EnvSnapshot::new(owned.collect());
    }
}

/// The first container of a workload's new pods.
fn first_container<'a>(cluster: &'a Cluster, key: &WorkloadKey) -> Option<&'a Container> {
    let (namespace, name) = (&*key.key.namespace, &*key.key.name);
    let template = match key.kind {
        Kind::Deployment => &cluster.deployment(namespace, name)?.spec.template,
        Kind::StatefulSet => &cluster.stateful_set(namespace, name)?.template,
        Kind::DaemonSet => &cluster.daemon_set(namespace, name)?.template,
        _ => return None,
    };
    template.spec.containers.first()
}
