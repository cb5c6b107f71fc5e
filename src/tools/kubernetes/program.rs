//! `kubectl` in the shell: the command line over the drill's cluster, its logs and what its containers use.

use super::{ExecOutput, ExecSource, KubeView, LogLine, LogQuery, LogSource, Usage, UsageSource};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::command::Command;
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::pod::{ContainerStatus, Pod};
use crate::sim::promql::{self, Limits};
use crate::sim::telemetry::lines::{Direction, LineFilter};
use crate::sim::time::SimTime;
use crate::tools::board::code;
use crate::tools::program::{Following, Step};
use crate::tools::workbench::resolve;
use crate::tools::{Act, Example, Family, Place, Program, Run};

/// Lines of a container that one call reads at most.
const MOST_LINES: usize = 5_000;

/// The program.
pub struct Kubectl;

impl Program for Kubectl {
    fn name(&self) -> &'static str {
        "kubectl"
    }

    fn family(&self) -> Family {
        Family::Kubernetes
    }

    fn about(&self) -> &'static str {
        "Looks at the cluster and changes it"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], stdin: &str) -> Run {
        let outcome = super::run_with_input(&View { world, place }, argv, stdin, world.now());
        let answer = Answer {
            text: outcome.stdout,
            error: outcome.stderr,
            code: outcome.code,
            data: outcome.data,
            shown: outcome.shown,
            asked: None,
        };
        if outcome.commands.is_empty() {
            return Run::Answer(answer);
        }
        let commands = outcome
            .commands
            .into_iter()
            .map(|command| Command::Kubernetes(Box::new(command)));
        Run::Act(Act {
            commands: commands.collect(),
            answer: Box::new(move |_, outcomes| {
                match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
                    Some(rejection) => Answer::failed(format!("{}\n", rejection.message), 1),
                    None => answer,
                }
            }),
        })
    }

    fn follow(
        &self,
        world: &World,
        place: &Place,
        argv: &[String],
        stdin: &str,
    ) -> Option<Box<dyn Following>> {
        let view = View { world, place };
        let follow = super::run_with_input(&view, argv, stdin, world.now()).follow?;
        Some(Box::new(Goes {
            follow,
            place: place.clone(),
        }))
    }

    fn editor(&self, world: &World, place: &Place, argv: &[String]) -> Option<String> {
        let view = View { world, place };
        let outcome = super::run_with_input(&view, argv, "", world.now());
        outcome.edit.map(|request| request.text)
    }

    fn followed(
        &self,
        world: &World,
        place: &Place,
        argv: &[String],
        since: SimTime,
    ) -> Vec<Shown> {
        let view = View { world, place };
        let argv = if argv.iter().any(|word| word == "logs") {
            lines_since(argv, since)
        } else {
            argv.to_vec()
        };
        let outcome = super::run_with_input(&view, &argv, "", world.now());
        if outcome.commands.is_empty() {
            outcome.shown
        } else {
            Vec::new()
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "kubectl get deployment worker -n back -o name",
            about: "one object by name",
            prints: "deployment.apps/worker\n",
        }]
    }
}

/// `logs -f` as the `logs` that prints what has come since an instant.
fn lines_since(argv: &[String], since: SimTime) -> Vec<String> {
    const VALUED: [&str; 3] = ["--tail", "--since", "--since-time"];
    let mut words = Vec::new();
    let mut rest = argv.iter();
    while let Some(word) = rest.next() {
        let name = word.split('=').next().unwrap_or(word);
        if VALUED.contains(&name) {
            if !word.contains('=') {
                rest.next();
            }
        } else if !matches!(name, "-f" | "--follow") {
            words.push(word.clone());
        }
    }
    words.push(format!(
        "--since-time={}",
        since.format("%Y-%m-%dT%H:%M:%SZ")
    ));
    words
}

/// A use of kubectl that goes on.
struct Goes {
    follow: super::Follow,
    place: Place,
}

impl Following for Goes {
    fn step(&mut self, world: &World) -> Step {
        let view = View {
            world,
            place: &self.place,
        };
        let step = self.follow.step(&view, world.now());
        Step {
            text: step.outcome.stdout,
            error: step.outcome.stderr,
            done: step.done.then_some(step.outcome.code),
        }
    }
}

struct View<'a> {
    world: &'a World,
    place: &'a Place,
}

impl KubeView for View<'_> {
    fn cluster(&self) -> &Cluster {
        self.world.cluster()
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
        let path = resolve(&self.place.cwd, path);
        code::file(self.world, &path).map(|(text, ..)| text)
    }
}

impl View<'_> {
    /// When each life of a pod's container began, oldest first.
    fn starts(&self, pod: &Pod) -> Vec<i64> {
        let plan = self.world.plan();
        let Some((id, _)) = plan.service(&pod.workload.key.name) else {
            return Vec::new();
        };
        let signals = self.world.signals();
        let Some(track) = signals
            .service(id)
            .and_then(|service| signals.telemetry().slots(service.slots))
        else {
            return Vec::new();
        };
        let found = track.slots().find(|(_, slot)| *slot.pod == *pod.meta.name);
        found
            .map(|(_, slot)| slot.container_starts())
            .unwrap_or_default()
    }

    fn sample(&self, query: &str) -> Option<f64> {
        let expr = promql::parse(query).ok()?;
        let telemetry = self.world.signals().telemetry();
        let (value, _) =
            promql::instant(telemetry, &expr, self.world.now(), &Limits::default()).ok()?;
        value.samples().first().map(|sample| sample.value)
    }
}

impl LogSource for View<'_> {
    fn lines(&self, query: &LogQuery<'_>) -> Vec<LogLine> {
        let starts = self.starts(query.pod);
        let current = query.container.restart_count;
        let back = current.saturating_sub(query.life) as usize;
        let index = starts.len().checked_sub(1 + back);
        let begin = index
            .and_then(|index| starts.get(index))
            .copied()
            .unwrap_or(i64::MIN);
        let end = index
            .and_then(|index| starts.get(index + 1))
            .copied()
            .unwrap_or(i64::MAX);
        let filter = LineFilter {
            pods: vec![query.pod.meta.name.to_string()],
            from_ms: query.from.millis().max(begin),
            until_ms: query.until.millis().saturating_add(1).min(end),
            ..LineFilter::default()
        };
        let limit = query.tail.unwrap_or(MOST_LINES).min(MOST_LINES);
        let page =
            self.world
                .signals()
                .telemetry()
                .lines(&filter, None, Direction::Older, limit.max(1));
        let mut lines: Vec<LogLine> = Vec::new();
        for line in page.lines.into_iter().rev() {
            let at = SimTime(line.key.at_ms);
            lines.extend(line.text.lines().map(|text| LogLine {
                at,
                text: text.to_owned(),
            }));
        }
        let skip = query
            .tail
            .map_or(0, |tail| lines.len().saturating_sub(tail));
        lines.into_iter().skip(skip).collect()
    }
}

impl UsageSource for View<'_> {
    fn container(&self, pod: &Pod, _: &str) -> Option<Usage> {
        let name = &pod.meta.name;
        let cpu = self.sample(&format!(
            "rate(container_cpu_usage_seconds_total{{pod=\"{name}\"}}[2m])"
        ));
        let memory = self.sample(&format!(
            "container_memory_working_set_bytes{{pod=\"{name}\"}}"
        ))?;
        Some(Usage {
            cpu_millis: (cpu.unwrap_or(0.001) * 1000.0) as i64,
            memory_bytes: memory as i64,
        })
    }

    fn node(&self, node: &str) -> Option<Usage> {
        let load = self.sample(&format!("node_load1{{node=\"{node}\"}}"))?;
        let total = self.sample(&format!("node_memory_MemTotal_bytes{{node=\"{node}\"}}"))?;
        let free = self.sample(&format!(
            "node_memory_MemAvailable_bytes{{node=\"{node}\"}}"
        ))?;
        Some(Usage {
            cpu_millis: (load * 1000.0) as i64,
            memory_bytes: (total - free) as i64,
        })
    }
}

impl ExecSource for View<'_> {
    fn run(&self, pod: &Pod, _: &ContainerStatus, argv: &[String]) -> Option<ExecOutput> {
        let (_, service) = self.world.plan().service(&pod.workload.key.name)?;
        let text = |stdout: String| {
            Some(ExecOutput {
                stdout,
                ..ExecOutput::default()
            })
        };
        match argv
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            ["cat", path] => match service.spec.files.get(*path) {
                Some(file) => text(format!("{}\n", file.trim_end())),
                None => Some(ExecOutput {
                    stderr: format!("cat: {path}: No such file or directory\n"),
                    code: 1,
                    ..ExecOutput::default()
                }),
            },
            ["ls" | "find", ..] => text(
                service
                    .spec
                    .files
                    .keys()
                    .map(|path| format!("{path}\n"))
                    .collect(),
            ),
            ["date"] => text(format!(
                "{}\n",
                self.world.now().format("%a %b %e %H:%M:%S UTC %Y")
            )),
            ["uptime"] => text(format!(" {} up\n", self.world.now().format("%H:%M:%S"))),
            _ => None,
        }
    }
}
