//! Jobs and steps of a run, with what they print: the workflow's file, laid out over the time the run took. Never decides
//! how a run ends.

use super::output::{self, Scene};
use super::run::{Conclusion, DEPLOY, Kind, Run, Status};
use super::workflow::{self, JobSpec, StepSpec, filled};
use crate::sim::World;
use crate::sim::ids::ServiceId;
use crate::sim::time::{SimTime, Span};

/// A job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: u64,
    /// Its name, with the service it is for.
    pub name: String,
    /// When it began.
    pub started: SimTime,
    /// When it ended, or will.
    pub ends: SimTime,
    /// It fails.
    pub fails: bool,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// When it began.
    pub started: SimTime,
    /// When it ended, or will.
    pub ends: SimTime,
    /// How it ends.
    pub ends_as: Conclusion,
    /// What it prints, and when.
    pub lines: Vec<(SimTime, String)>,
}

impl Job {
    /// How far it is at an instant.
    pub fn status(&self, now: SimTime) -> Status {
        status(self.started, self.ends, now)
    }

    /// How it ended; `None` while it runs.
    pub fn conclusion(&self, now: SimTime) -> Option<Conclusion> {
        (self.ends <= now).then_some(if self.fails {
            Conclusion::Failure
        } else {
            Conclusion::Success
        })
    }
}

impl Step {
    /// How far it is at an instant.
    pub fn status(&self, now: SimTime) -> Status {
        status(self.started, self.ends, now)
    }

    /// How it ended; `None` while it runs.
    pub fn conclusion(&self, now: SimTime) -> Option<Conclusion> {
        (self.ends <= now).then_some(self.ends_as)
    }
}

fn status(started: SimTime, ends: SimTime, now: SimTime) -> Status {
    if ends <= now {
        Status::Completed
    } else if started <= now {
        Status::InProgress
    } else {
        Status::Queued
    }
}

/// The jobs of a run, in the order of the workflow's file.
pub fn of(world: &World, run: &Run) -> Vec<Job> {
    let Some(repository) = world.repositories().get(&run.repo) else {
        return Vec::new();
    };
    let index = match &run.kind {
        Kind::Push(index) | Kind::Rebuild(index) => Some(*index),
        Kind::PullRequest { commit, .. } => Some(*commit),
        Kind::Deploy(_) => repository.head_at(run.started),
    };
    let specs = workflow::jobs(index.and_then(|index| repository.tree(index)), run.workflow);
    let mut jobs = Vec::new();
    for spec in &specs {
        let services: Vec<Option<ServiceId>> = if spec.per_service {
            run.services.iter().copied().map(Some).collect()
        } else {
            vec![None]
        };
        for service in services {
            jobs.push(job(world, run, spec, service, jobs.len() as u64));
        }
    }
    let failing = jobs.iter().rposition(|job| job.fails);
    if run.fails && failing.is_none() {
        fail_last(&mut jobs);
    }
    jobs
}

/// The run fails, and no step of it is known to print why: the last one does.
fn fail_last(jobs: &mut [Job]) {
    let Some(job) = jobs.last_mut() else { return };
    job.fails = true;
    if let Some(step) = job.steps.last_mut() {
        step.ends_as = Conclusion::Failure;
        step.lines.push((
            step.ends,
            "##[error]Process completed with exit code 1.".to_owned(),
        ));
    }
}

/// When a job begins and ends within its run.
fn span(
    world: &World,
    run: &Run,
    spec: &JobSpec,
    service: Option<ServiceId>,
) -> (SimTime, SimTime) {
    if run.workflow == DEPLOY {
        let first = output::applied(world, run)
            .first()
            .map_or(run.ends, |one| one.at);
        let half = run.started + Span((first - run.started).millis() / 2);
        return if spec.waits {
            (half, run.ends)
        } else {
            (run.started, half)
        };
    }
    let first = run.started + Span::from_secs(3);
    let second = first + Span::from_secs(14);
    if !spec.waits {
        let whole = (run.ends - run.started).secs();
        let ends = if spec.per_service {
            run.ends
        } else {
            first + Span::from_secs((whole / 8).clamp(9, 40))
        };
        return (first, ends.min(run.ends));
    }
    let built = service.and_then(|service| {
        let (_, tag) = run.releases.iter().find(|(of, _)| *of == service)?;
        let release = world.releases_of(service).find(|known| known.tag == *tag)?;
        Some(SimTime(release.built.millis) + Span::from_secs(2))
    });
    (
        second.min(run.ends),
        built.unwrap_or(run.ends).min(run.ends),
    )
}

fn job(world: &World, run: &Run, spec: &JobSpec, service: Option<ServiceId>, number: u64) -> Job {
    let plan = world.plan();
    let named = service.and_then(|id| plan.services.get(id.index()));
    let called = named.map_or("", |found| found.name.as_str());
    let (started, ends) = span(world, run, spec, service);
    let subject = match (&run.kind, run.services.as_slice()) {
        (Kind::Deploy(_), [only]) => plan
            .services
            .get(only.index())
            .map_or("", |found| found.name.as_str()),
        _ => called,
    };
    let mut job = Job {
        id: run.id * 4 + number,
        name: if called.is_empty() {
            spec.name.clone()
        } else {
            format!("{} ({called})", spec.name)
        },
        started,
        ends,
        fails: false,
        steps: Vec::new(),
    };
    let setup = StepSpec {
        name: "Set up job".to_owned(),
        command: String::new(),
        merged_only: false,
    };
    let tidy = StepSpec {
        name: "Complete job".to_owned(),
        ..setup.clone()
    };
    let all: Vec<&StepSpec> = std::iter::once(&setup)
        .chain(&spec.steps)
        .chain(std::iter::once(&tidy))
        .collect();
    let spans = step_spans(world, run, &all, started, ends);
    let merged = !matches!(run.kind, Kind::PullRequest { .. });
    for (step, (from, to)) in all.into_iter().zip(spans) {
        let skipped = job.fails || (step.merged_only && !merged);
        let filled = StepSpec {
            name: filled(&step.name, subject, &run.sha),
            command: filled(&step.command, subject, &run.sha),
            merged_only: step.merged_only,
        };
        let scene = Scene {
            world,
            run,
            service,
            from,
            to,
        };
        job.steps
            .push(made(&scene, filled, skipped, &mut job.fails));
    }
    job
}

/// When each step of a job begins and ends: as long as its weight says, but what a deployment applies and waits for when
/// it did.
fn step_spans(
    world: &World,
    run: &Run,
    steps: &[&StepSpec],
    started: SimTime,
    ends: SimTime,
) -> Vec<(SimTime, SimTime)> {
    let applies = steps
        .iter()
        .position(|step| step.command.contains("kubectl apply"));
    let parts = output::applied(world, run);
    let (Some(applies), Some(first), Some(last)) = (applies, parts.first(), parts.last()) else {
        return spread(steps, started, ends);
    };
    let (before, after) = steps.split_at(applies);
    let after = after.get(1..).unwrap_or_default();
    let begun = (first.at - Span::from_secs(2)).max(started);
    let applied = (last.at + Span::from_secs(1)).min(ends);
    let mut spans = spread(before, started, begun);
    spans.push((begun, applied));
    spans.extend(spread(after, applied, ends));
    spans
}

fn spread(steps: &[&StepSpec], started: SimTime, ends: SimTime) -> Vec<(SimTime, SimTime)> {
    let waits = |step: &&StepSpec| output::waits(&step.command);
    let weight = |step: &&StepSpec| if waits(step) { 100 } else { weight(step) };
    let whole = steps.iter().map(weight).sum::<i64>().max(1);
    let length = (ends - started).millis().max(0);
    let mut done = 0;
    steps
        .iter()
        .map(|step| {
            let from = started + Span(length * done / whole);
            done += weight(step);
            (from, started + Span(length * done / whole))
        })
        .collect()
}

/// How long a step takes beside others.
fn weight(step: &StepSpec) -> i64 {
    match step.command.as_str() {
        "" if step.name.starts_with("Run ") => 2,
        "" => 1,
        command if command.contains("docker build") => 10,
        command if command.contains("docker push") => 3,
        command if command.contains("make test") => 6,
        _ => 2,
    }
}

fn made(scene: &Scene<'_>, spec: StepSpec, skipped: bool, job_fails: &mut bool) -> Step {
    let mut step = Step {
        name: spec.name,
        started: scene.from,
        ends: scene.to,
        ends_as: Conclusion::Success,
        lines: Vec::new(),
    };
    if skipped {
        let tidies = step.name == "Complete job";
        step.ends_as = if tidies {
            Conclusion::Success
        } else {
            Conclusion::Skipped
        };
        if !tidies {
            step.ends = step.started;
            return step;
        }
    }
    let (lines, fails) = output::of(scene, &step.name, &spec.command);
    step.lines = lines;
    if fails {
        step.ends_as = Conclusion::Failure;
        *job_fails = true;
    }
    step
}
