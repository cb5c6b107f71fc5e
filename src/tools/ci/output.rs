//! What the steps of a run print: builds, pushes, rollouts, and why a run before a merge failed. Never decides when.

use super::run::{Flaw, Kind, Run};
use super::runs::PATIENCE;
use crate::scenario::format::service::{Runtime, WorkloadKind};
use crate::sim::World;
use crate::sim::ids::ServiceId;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::deployments::Deployment;
use crate::tools::drawn::{hex, key};
use crate::tools::registry_images::images;

/// Where and when a step runs.
pub struct Scene<'a> {
    /// The world.
    pub world: &'a World,
    /// The run.
    pub run: &'a Run,
    /// The service that the job is for.
    pub service: Option<ServiceId>,
    /// When the step begins.
    pub from: SimTime,
    /// When it ends.
    pub to: SimTime,
}

/// Lines with their times, and whether the step fails.
type Printed = (Vec<(SimTime, String)>, bool);

impl Scene<'_> {
    /// The head's lines when the step begins, then what it prints, spread evenly over the step.
    fn spread(&self, head: Vec<String>, body: Vec<String>) -> Vec<(SimTime, String)> {
        let count = body.len() as i64 + 1;
        let length = (self.to - self.from).millis().max(0);
        let head = head.into_iter().map(|line| (self.from, line));
        let body = body.into_iter().zip(1_i64..);
        head.chain(body.map(|(line, place)| (self.from + Span(length * place / count), line)))
            .collect()
    }

    fn name(&self) -> &str {
        let plan = self.world.plan();
        self.service
            .and_then(|id| plan.services.get(id.index()))
            .map_or("", |found| found.name.as_str())
    }

    fn runtime(&self) -> Runtime {
        let plan = self.world.plan();
        self.service
            .and_then(|id| plan.services.get(id.index()))
            .map_or(Runtime::Vendor, |found| found.spec.runtime)
    }

    fn flaw(&self) -> Option<Flaw> {
        match self.run.kind {
            Kind::PullRequest { flaw, .. } => flaw,
            _ => None,
        }
    }
}

/// The deployments of a run, oldest first.
pub fn applied<'a>(world: &'a World, run: &Run) -> Vec<&'a Deployment> {
    let Kind::Deploy(places) = &run.kind else {
        return Vec::new();
    };
    let all = world.deployments();
    places.iter().filter_map(|place| all.get(*place)).collect()
}

/// Whether a command waits for rollouts.
pub fn waits(command: &str) -> bool {
    command.contains("rollout status") || command.contains("wait")
}

/// What a step prints.
pub fn of(scene: &Scene<'_>, name: &str, command: &str) -> Printed {
    match name {
        "Set up job" => {
            let lines = [
                "Current runner version: '2.321.0'",
                "Runner name: 'runner-7'",
            ];
            return (
                scene.spread(lines.map(str::to_owned).to_vec(), Vec::new()),
                false,
            );
        }
        "Complete job" => {
            let line = "Cleaning up orphan processes".to_owned();
            return (scene.spread(vec![line], Vec::new()), false);
        }
        _ => {}
    }
    let mut head = vec![format!("##[group]{name}")];
    head.extend(command.lines().map(str::to_owned));
    head.push("##[endgroup]".to_owned());
    if command.is_empty() {
        let line = format!(
            "HEAD is now at {}",
            scene.run.sha.get(..7).unwrap_or_default()
        );
        return (scene.spread(head, vec![line]), false);
    }
    let flaw = scene.flaw();
    let (mut body, fails) = match command {
        _ if command.contains("docker build") => build(scene, flaw == Some(Flaw::Network)),
        _ if command.contains("docker push") => (push(scene), false),
        _ if command.contains("make test") => tests(scene, flaw == Some(Flaw::Test)),
        _ if command.contains("make check") || command.contains("lint") => {
            check(flaw == Some(Flaw::Lint))
        }
        _ if command.contains("freeze") => (freeze(scene), false),
        _ if command.contains("bump") => (bumped(scene), false),
        _ if command.contains("kubectl apply") => return (apply(scene, head), false),
        _ if waits(command) => return rollouts(scene, head),
        _ => (Vec::new(), false),
    };
    if fails {
        body.push("##[error]Process completed with exit code 1.".to_owned());
    }
    (scene.spread(head, body), fails)
}

fn base_image(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Go => "gcr.io/distroless/static-debian12:nonroot",
        Runtime::DotNet => "mcr.microsoft.com/dotnet/aspnet:8.0",
        Runtime::Java => "eclipse-temurin:21-jre",
        Runtime::Node => "node:22-alpine",
        Runtime::Python => "python:3.12-slim",
        Runtime::Ruby => "ruby:3.3-slim",
        Runtime::Rust | Runtime::Cpp => "debian:bookworm-slim",
        Runtime::Php => "php:8.3-apache",
        Runtime::Proxy => "envoyproxy/envoy:v1.31-latest",
        Runtime::Vendor => "alpine:3.20",
    }
}

fn build(scene: &Scene<'_>, network: bool) -> (Vec<String>, bool) {
    let base = base_image(scene.runtime());
    let mut lines = vec![
        "#1 [internal] load build definition from Dockerfile".to_owned(),
        format!("#2 [internal] load metadata for {base}"),
    ];
    if network {
        lines.push(format!(
            "#2 ERROR: failed to resolve source metadata for {base}: failed to do request: dial tcp: i/o timeout"
        ));
        return (lines, true);
    }
    let digest = hex(
        key(
            scene.world,
            &format!("ci/build/{}/{}", scene.name(), scene.run.sha),
        ),
        64,
    );
    lines.extend([
        "#2 DONE 0.8s".to_owned(),
        "#3 [internal] load build context".to_owned(),
        "#4 [build 4/4] DONE".to_owned(),
        format!("#5 writing image sha256:{digest} done"),
    ]);
    (lines, false)
}

fn push(scene: &Scene<'_>) -> Vec<String> {
    let Some(service) = scene.service else {
        return Vec::new();
    };
    let plan = scene.world.plan();
    let image = plan
        .services
        .get(service.index())
        .map_or("", |found| found.spec.image.as_str());
    let digest = images::digest(scene.world, service, &scene.run.sha);
    let mut lines = vec![
        format!("The push refers to repository [{image}]"),
        format!(
            "{}: digest: {digest} size: {}",
            scene.run.sha,
            images::MANIFEST_SIZE
        ),
    ];
    for (_, tag) in scene.run.releases.iter().filter(|(of, _)| *of == service) {
        lines.push(format!(
            "{tag}: digest: {digest} size: {}",
            images::MANIFEST_SIZE
        ));
    }
    lines
}

fn tests(scene: &Scene<'_>, flaky: bool) -> (Vec<String>, bool) {
    let key = key(
        scene.world,
        &format!("ci/tests/{}/{}", scene.name(), scene.run.sha),
    );
    let name = scene.name();
    let count = key.between(0, 18, 140);
    let seconds = key.between(1, 4, 38);
    let text = match (scene.runtime(), flaky) {
        (Runtime::Go, false) => format!("ok  \t{name}\t{seconds}.{:03}s", key.below(2, 1000)),
        (Runtime::Go, true) => {
            format!(
                "--- FAIL: TestReconnects (5.00s)\n    client_test.go:61: read tcp 127.0.0.1: i/o timeout\nFAIL\t{name}\t{seconds}.{:03}s",
                key.below(2, 1000)
            )
        }
        (Runtime::DotNet, false) => format!(
            "Passed!  - Failed:     0, Passed:   {count}, Skipped:     0, Total:   {count}, Duration: {seconds} s"
        ),
        (Runtime::DotNet, true) => format!(
            "  Failed Reconnects [5 s]\n  Error Message:\n   System.TimeoutException : The operation has timed out.\nFailed!  - Failed:     1, Passed:   {count}, Skipped:     0, Total:   {}, Duration: {seconds} s",
            count + 1
        ),
        (Runtime::Java, false) => {
            format!("Tests run: {count}, Failures: 0, Errors: 0, Skipped: 0\nBUILD SUCCESS")
        }
        (Runtime::Java, true) => format!(
            "[ERROR] reconnects  Time elapsed: 5.012 s  <<< ERROR! java.net.SocketTimeoutException: Read timed out\nTests run: {count}, Failures: 0, Errors: 1, Skipped: 0\nBUILD FAILURE"
        ),
        (Runtime::Rust, false) => format!(
            "test result: ok. {count} passed; 0 failed; 0 ignored; finished in {seconds}.02s"
        ),
        (Runtime::Rust, true) => format!(
            "test reconnects ... FAILED\ntest result: FAILED. {count} passed; 1 failed; 0 ignored; finished in {seconds}.02s"
        ),
        (_, false) => format!("{count} passed in {seconds}.02s"),
        (_, true) => format!(
            "FAILED test_reconnects: timed out after 5s\n1 failed, {count} passed in {seconds}.02s"
        ),
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if flaky {
        lines.push("make: *** [test] Error 1".to_owned());
    }
    (lines, flaky)
}

fn check(flawed: bool) -> (Vec<String>, bool) {
    if !flawed {
        return (Vec::new(), false);
    }
    let lines = [
        "  41:1      error    trailing spaces  (trailing-spaces)",
        "make: *** [check] Error 1",
    ];
    (lines.map(str::to_owned).to_vec(), true)
}

fn freeze(scene: &Scene<'_>) -> Vec<String> {
    let plan = scene.world.plan();
    if scene.from < plan.page {
        return Vec::new();
    }
    vec![format!(
        "INCIDENT={}: a freeze does not hold for it",
        plan.pack.scenario.page
    )]
}

fn bumped(scene: &Scene<'_>) -> Vec<String> {
    let plan = scene.world.plan();
    applied(scene.world, scene.run)
        .iter()
        .map(|one| {
            let found = plan.services.get(one.service.index());
            format!(
                "{}: {} -> {}",
                found.map_or("", |found| found.name.as_str()),
                one.before.as_deref().unwrap_or("(none)"),
                one.tag
            )
        })
        .collect()
}

const fn kind_word(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployment",
        WorkloadKind::StatefulSet => "statefulset",
        WorkloadKind::DaemonSet => "daemonset",
    }
}

/// Each line at the instant at which the cluster got it.
fn apply(scene: &Scene<'_>, head: Vec<String>) -> Vec<(SimTime, String)> {
    let parts = applied(scene.world, scene.run);
    let first = parts.first().map_or(scene.from, |one| one.at);
    let mut lines: Vec<(SimTime, String)> = head
        .into_iter()
        .map(|line| (scene.from.min(first), line))
        .collect();
    let plan = scene.world.plan();
    for one in parts {
        let Some(found) = plan.services.get(one.service.index()) else {
            continue;
        };
        let kind = kind_word(found.spec.workload);
        lines.push((one.at, format!("{kind}.apps/{} configured", found.name)));
    }
    lines
}

/// What became of each rollout while the pipeline waited.
fn rollouts(scene: &Scene<'_>, head: Vec<String>) -> Printed {
    let parts = applied(scene.world, scene.run);
    let begin = parts
        .last()
        .map_or(scene.from, |one| one.at + Span::from_secs(1));
    let deadline = parts.last().map_or(scene.to, |one| one.at + PATIENCE);
    let mut lines: Vec<(SimTime, String)> = head.into_iter().map(|line| (begin, line)).collect();
    let plan = scene.world.plan();
    let mut late = Vec::new();
    for one in &parts {
        let Some(found) = plan.services.get(one.service.index()) else {
            continue;
        };
        let done = one.complete.filter(|done| *done <= deadline);
        if let Some(done) = done {
            lines.push((
                done.max(begin),
                format!(
                    "{} \"{}\" successfully rolled out",
                    kind_word(found.spec.workload),
                    found.name
                ),
            ));
        } else {
            lines.push((
                begin,
                format!(
                    "Waiting for {} \"{}\" rollout to finish: 0 of {} updated replicas are available...",
                    kind_word(found.spec.workload),
                    found.name,
                    found.spec.replicas.max(1)
                ),
            ));
            late.push(format!("{}/{}", found.spec.namespace, found.name));
        }
    }
    let fails = scene.run.fails;
    if !late.is_empty() {
        let seconds = PATIENCE.secs();
        if fails {
            lines.push((
                deadline,
                "error: timed out waiting for the condition".to_owned(),
            ));
            lines.push((
                deadline,
                "##[error]Process completed with exit code 1.".to_owned(),
            ));
        } else {
            lines.push((
                deadline,
                format!(
                    "##[warning]late (not ready within {seconds}s): {}. Late rollouts go on by themselves.",
                    late.join(", ")
                ),
            ));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    (lines, fails && !late.is_empty())
}
