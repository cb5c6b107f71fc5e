//! A small cluster with something of everything, and a world that answers for it. Names are invented.

use std::collections::BTreeMap;

use crate::sim::kubernetes::autoscaling::DisruptionBound;
use crate::sim::kubernetes::batch::Concurrency;
use crate::sim::kubernetes::config::ConfigMap;
use crate::sim::kubernetes::meta::Labels;
use crate::sim::kubernetes::network::{IngressRule, ServicePort};
use crate::sim::kubernetes::node::NodeSystem;
use crate::sim::kubernetes::pod::{ContainerStatus, Pace, Pod};
use crate::sim::kubernetes::spec::*;
use crate::sim::kubernetes::template::{
    Container, ContainerPort, EnvSource, EnvVar, KeyRef, NameRef, PodTemplate, PortRef, Probe,
    Protocol, Resources, RestartPolicy, Volume, VolumeMount, VolumeSource,
};
use crate::sim::kubernetes::workload::{Share, Strategy};
use crate::sim::kubernetes::{
    Cluster, ClusterSpec, ContainerFate, CrashReason, Fate, Kind, PodRef, Quantity,
};
use crate::sim::time::{SimTime, Span};
use crate::tools::kubernetes::view::{
    ExecOutput, ExecSource, KubeView, LogLine, LogQuery, LogSource, Usage, UsageSource,
};
use crate::tools::kubernetes::{KubectlOutcome, run};

/// The instant of the fixture.
pub fn start() -> SimTime {
    SimTime::parse_rfc3339("2024-05-06T08:00:00Z").unwrap()
}

fn days(days: i64) -> SimTime {
    start() - Span::from_hours(24 * days)
}

/// Containers of `bad` images crash after five seconds; all others run.
pub struct Fates;

impl ContainerFate for Fates {
    fn on_start(&self, pod: &PodRef<'_>, _: SimTime) -> Fate {
        if pod.image.contains("missing") {
            Fate::ImagePullFails {
                message: "rpc error: code = NotFound desc = not found".to_owned(),
            }
        } else if pod.image.contains("bad") {
            Fate::Crashes {
                after: Span::from_secs(5),
                exit_code: 137,
                reason: CrashReason::OomKilled,
                ready_before_crash: false,
            }
        } else {
            Fate::Runs {
                ready_after: pod.startup,
            }
        }
    }
}

/// A view of the fixture.
pub struct World {
    pub cluster: Cluster,
    pub files: BTreeMap<String, String>,
}

impl KubeView for World {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn logs(&self) -> &dyn LogSource {
        self
    }

    fn usage(&self) -> &dyn UsageSource {
        self
    }

    fn inside(&self) -> &dyn ExecSource {
        self
    }

    fn file(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }
}

impl LogSource for World {
    /// A line every ten seconds of a life, numbered from its start.
    fn lines(&self, query: &LogQuery<'_>) -> Vec<LogLine> {
        let begin = query
            .container
            .running_since()
            .filter(|_| query.life == query.container.restart_count)
            .or_else(|| query.container.last_end().map(|end| end.started_at))
            .unwrap_or(query.from);
        let mut lines = Vec::new();
        let mut at = begin.max(query.until - Span::from_mins(10));
        while at <= query.until {
            if at >= query.from {
                lines.push(LogLine {
                    at,
                    text: format!(
                        "{} life={} n={}",
                        query.container.name,
                        query.life,
                        (at - begin).secs() / 10
                    ),
                });
            }
            at += Span::from_secs(10);
        }
        let keep = query.tail.unwrap_or(usize::MAX);
        lines.split_off(lines.len().saturating_sub(keep))
    }
}

impl UsageSource for World {
    fn container(&self, pod: &Pod, container: &str) -> Option<Usage> {
        let base = if container == "proxy" { 3 } else { 40 };
        Some(Usage {
            cpu_millis: base + i64::from(pod.slot) * 7,
            memory_bytes: (base + 30) << 20,
        })
    }

    fn node(&self, node: &str) -> Option<Usage> {
        (node != "node-3").then_some(Usage {
            cpu_millis: 812,
            memory_bytes: 3120 << 20,
        })
    }
}

impl ExecSource for World {
    fn run(&self, _: &Pod, _: &ContainerStatus, argv: &[String]) -> Option<ExecOutput> {
        (argv.join(" ") == "cat /etc/os-release").then(|| ExecOutput {
            stdout: "ID=alpine\n".to_owned(),
            ..ExecOutput::default()
        })
    }
}

impl World {
    /// Runs a command line; words are split at blanks, `'...'` stays whole.
    pub fn kubectl(&self, line: &str) -> KubectlOutcome {
        run(self, &words(line), self.cluster.now())
    }

    /// Runs a command line and applies what it asks for.
    pub fn act(&mut self, line: &str) -> KubectlOutcome {
        let outcome = self.kubectl(line);
        for command in &outcome.commands {
            self.cluster.apply(command, self.cluster.now()).unwrap();
        }
        outcome
    }

    /// Lets time pass.
    pub fn pass(&mut self, span: Span) {
        self.cluster.advance(self.cluster.now() + span, &Fates);
    }

    /// The name of a pod of a workload.
    pub fn pod(&self, workload: &str, slot: u32) -> String {
        self.cluster
            .pods()
            .values()
            .find(|pod| *pod.workload.key.name == *workload && pod.slot == slot)
            .unwrap()
            .meta
            .name
            .to_string()
    }
}

pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn container(name: &str, image: &str) -> Container {
    let mut container = Container::new(name, image);
    container.resources = Resources::of(100, 500, 128, 256);
    container.ports = vec![ContainerPort {
        container_port: 8080,
        name: "http".to_owned(),
        protocol: Protocol::TCP,
    }];
    container.liveness_probe = Some(Probe::http(
        "/healthz",
        PortRef::Name("http".to_owned()),
        10,
        10,
    ));
    container.readiness_probe = Some(Probe::http("/ready", PortRef::Number(8080), 0, 5));
    container
}

fn key(name: &str, key: &str) -> KeyRef {
    KeyRef {
        key: key.to_owned(),
        name: name.to_owned(),
        optional: false,
    }
}

fn web() -> DeploymentSeed {
    let mut container = container("web", "reg.test/web:1.4.0");
    container.env = vec![
        EnvVar {
            name: "DATABASE_URL".to_owned(),
            source: EnvSource::SecretKey(key("web-db", "url")),
        },
        EnvVar::plain("BACKEND_ADDR", "back:8080"),
        EnvVar::plain("POOL_SIZE", "5"),
        EnvVar {
            name: "POD_NAME".to_owned(),
            source: EnvSource::Field("metadata.name".to_owned()),
        },
    ];
    container.volume_mounts = vec![VolumeMount {
        mount_path: "/etc/web".to_owned(),
        name: "settings".to_owned(),
        read_only: true,
        sub_path: String::new(),
    }];
    let mut template = PodTemplate::of("web", container);
    template.spec.volumes = vec![Volume {
        name: "settings".to_owned(),
        source: VolumeSource::ConfigMap(NameRef {
            name: "web-config".to_owned(),
            optional: false,
        }),
    }];
    let mut seed = DeploymentSeed::new("alpha", "web", 3, template, days(40));
    seed.labels.insert("team".to_owned(), "payments".to_owned());
    let revision = |at, cause: Option<&str>, template| RevisionSeed {
        at,
        change_cause: cause.map(str::to_owned),
        template,
    };
    seed.history = vec![
        revision(
            days(40),
            None,
            RevisionTemplate::Image {
                image: "reg.test/web:1.3.0".to_owned(),
                env: None,
            },
        ),
        revision(days(12), Some("release 1.4.0"), RevisionTemplate::Newest),
    ];
    seed.past = PodPast::Spotless;
    seed
}

fn desk() -> DeploymentSeed {
    let mut template = PodTemplate::of("desk", container("desk", "reg.test/desk:1.9.2"));
    template
        .spec
        .containers
        .push(container("proxy", "reg.test/proxy:1.22.1"));
    let mut seed = DeploymentSeed::new("alpha", "desk", 2, template, days(12));
    seed.past = PodPast::Given(vec![
        SlotPast {
            created_at: None,
            restarts: 0,
            last_end: None,
        },
        SlotPast {
            created_at: None,
            restarts: 1,
            last_end: Some(PastEnd {
                at: start() - Span::from_hours(51),
                exit_code: 1,
                reason: CrashReason::Error,
            }),
        },
    ]);
    seed
}

fn report() -> CronJobSeed {
    let mut template = PodTemplate::of("report", Container::new("report", "reg.test/report:1.0"));
    template.spec.restart_policy = RestartPolicy::Never;
    CronJobSeed {
        namespace: "alpha".to_owned(),
        name: "report".to_owned(),
        labels: Labels::new(),
        created_at: days(40),
        schedule: "0 3 * * *".to_owned(),
        concurrency: Concurrency::Forbid,
        suspended: false,
        template,
        typical_duration: Span::from_secs(28),
        pace: Pace::default(),
    }
}

fn node(name: &str) -> NodeSpec {
    NodeSpec {
        name: name.to_owned(),
        created_at: days(41),
        pool: String::new(),
        zone: "zone-a".to_owned(),
        instance_type: "large".to_owned(),
        internal_ip: None,
        cpu: Quantity::cpu_millis(2000),
        memory: Quantity::mebibytes(7749),
        pods: 29,
        labels: Labels::new(),
        taints: Vec::new(),
        system: NodeSystem::default(),
    }
}

fn service(name: &str, exposure: ExposureSeed) -> ServiceSeed {
    ServiceSeed {
        namespace: "alpha".to_owned(),
        name: name.to_owned(),
        labels: Labels::from([("app".to_owned(), name.to_owned())]),
        created_at: days(40),
        selector: Labels::from([("app".to_owned(), name.to_owned())]),
        ports: vec![ServicePort {
            name: "http".to_owned(),
            port: 80,
            target: PortRef::Name("http".to_owned()),
            node_port: None,
            protocol: Protocol::TCP,
        }],
        exposure,
    }
}

/// The fixture.
#[expect(clippy::too_many_lines, reason = "a list of what there is")]
pub fn world() -> World {
    let mut flaky = DeploymentSeed::new(
        "beta",
        "flaky",
        1,
        PodTemplate::of("flaky", container("flaky", "reg.test/flaky:bad")),
        days(21),
    );
    flaky.past = PodPast::CrashLooping {
        life: Span::from_secs(5),
        restarts: 5_900,
        exit_code: 137,
        reason: CrashReason::OomKilled,
    };
    let mut solo = DeploymentSeed::new(
        "alpha",
        "solo",
        1,
        PodTemplate::of("solo", container("solo", "reg.test/solo:2")),
        days(30),
    );
    solo.strategy = Strategy::Recreate;
    solo.past = PodPast::Spotless;
    let spec = ClusterSpec {
        name: "lab".to_owned(),
        user: "trainee".to_owned(),
        server: "https://10.0.0.1:6443".to_owned(),
        server_version: "v1.32.3".to_owned(),
        default_namespace: "alpha".to_owned(),
        namespaces: ["alpha", "beta"]
            .iter()
            .map(|name| NamespaceSpec {
                name: (*name).to_owned(),
                created_at: days(40),
                labels: Labels::new(),
            })
            .collect(),
        created_at: days(41),
        nodes: vec![node("node-1"), node("node-2"), node("node-3")],
        deployments: vec![web(), desk(), solo, flaky],
        stateful_sets: vec![StatefulSetSeed {
            namespace: "alpha".to_owned(),
            name: "store".to_owned(),
            labels: Labels::from([("app".to_owned(), "store".to_owned())]),
            created_at: days(40),
            replicas: 2,
            service_name: "store".to_owned(),
            template: PodTemplate::of("store", container("store", "reg.test/store:7")),
            history: Vec::new(),
            pace: Pace::default(),
            past: PodPast::Spotless,
        }],
        daemon_sets: vec![DaemonSetSeed {
            namespace: "kube-system".to_owned(),
            name: "agent".to_owned(),
            labels: Labels::new(),
            created_at: days(41),
            template: PodTemplate::of("agent", container("agent", "reg.test/agent:3")),
            history: Vec::new(),
            pace: Pace::default(),
            past: PodPast::Spotless,
        }],
        cron_jobs: vec![report()],
        services: vec![
            service("web", ExposureSeed::ClusterIp),
            service("store", ExposureSeed::Headless),
            service("gate", ExposureSeed::LoadBalancer("lb.test".to_owned())),
        ],
        config_maps: vec![ConfigMapSeed {
            namespace: "alpha".to_owned(),
            name: "web-config".to_owned(),
            created_at: days(40),
            data: BTreeMap::from([
                ("LOG_LEVEL".to_owned(), "info".to_owned()),
                (
                    "web.yaml".to_owned(),
                    "pool:\n  max: 5\nretries: 3\n".to_owned(),
                ),
            ]),
        }],
        secrets: vec![SecretSeed {
            namespace: "alpha".to_owned(),
            name: "web-db".to_owned(),
            created_at: days(40),
            secret_type: "Opaque".to_owned(),
            data: BTreeMap::from([("url".to_owned(), "db://secret".to_owned())]),
        }],
        autoscalers: vec![AutoscalerSeed {
            namespace: "alpha".to_owned(),
            name: "web".to_owned(),
            created_at: days(40),
            target_kind: Kind::Deployment,
            target: "web".to_owned(),
            min: 3,
            max: 10,
            cpu_percent: 70,
            current_percent: Some(34),
        }],
        budgets: vec![BudgetSeed {
            namespace: "alpha".to_owned(),
            name: "web".to_owned(),
            created_at: days(40),
            bound: DisruptionBound::MinAvailable(Share::Count(2)),
            selector: Labels::from([("app".to_owned(), "web".to_owned())]),
        }],
        ingresses: vec![IngressSeed {
            namespace: "alpha".to_owned(),
            name: "front".to_owned(),
            created_at: days(40),
            class: "nginx".to_owned(),
            address: "203.0.113.10".to_owned(),
            tls_hosts: vec!["web.test".to_owned()],
            tls_secret: "tls".to_owned(),
            rules: vec![IngressRule {
                host: "web.test".to_owned(),
                path: "/".to_owned(),
                service: "web".to_owned(),
                port: 80,
            }],
        }],
    };
    let _: Option<&ConfigMap> = None;
    World {
        cluster: Cluster::new(&spec, 7, start()).unwrap(),
        files: BTreeMap::new(),
    }
}
