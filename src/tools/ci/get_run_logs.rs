//! `ci_get_run_logs`: the log of a run, step by step. Never a line that is not printed yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::jobs;
use super::list_runs::{RunRow, run_row, shown};
use super::run::{Conclusion, Status};
use super::runs;
use crate::sim::World;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads a run's log.
pub struct GetRunLogs;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The run.
    pub run_id: u64,
    /// Only the log of steps that failed.
    #[serde(default)]
    pub failed_only: bool,
    /// Most lines, 1 to 200.
    #[serde(default = "most")]
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

fn most() -> usize {
    paging::MOST
}

/// A run with its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunLog {
    /// The run.
    pub run: RunRow,
    /// Its jobs.
    pub jobs: Vec<JobRow>,
    /// What its steps printed, in the order of the jobs.
    pub lines: Vec<LogLine>,
    /// How many lines there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
    /// Now, in ms since the epoch.
    pub now_ms: i64,
}

/// A job of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobRow {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub status: Status,
    /// How it ended; none while it runs.
    pub conclusion: Option<Conclusion>,
    /// How long it took or has taken so far, in ms.
    pub elapsed_ms: i64,
    /// Its steps.
    pub steps: Vec<StepRow>,
    /// What it warns of, and why it failed.
    pub annotations: Vec<String>,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepRow {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub status: Status,
    /// How it ended; none while it runs.
    pub conclusion: Option<Conclusion>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogLine {
    /// The job.
    pub job: String,
    /// The step.
    pub step: String,
    /// When it was printed, in ms since the epoch.
    pub at_ms: i64,
    /// The line.
    pub text: String,
    /// Its place in the log.
    #[serde(skip)]
    pub number: usize,
}

impl Text for RunLog {
    fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            // GitHub stamps lines in units of 100 ns.
            let at = SimTime(line.at_ms).format("%Y-%m-%dT%H:%M:%S%.3f");
            let below = (line.number * 1237 + 11) % 10_000;
            text.push_str(&format!(
                "{}\t{}\t{at}{below:04}Z {}\n",
                line.job, line.step, line.text
            ));
        }
        text + &paging::footer(
            self.lines.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        )
    }
}

fn job_row(job: &jobs::Job, now: SimTime) -> JobRow {
    let steps = job.steps.iter();
    let printed = job.steps.iter().flat_map(|step| &step.lines);
    let said = printed
        .filter(|(at, _)| *at <= now)
        .filter_map(|(_, text)| {
            let warning = text
                .strip_prefix("##[warning]")
                .map(|text| format!("! {text}"));
            warning.or_else(|| {
                text.strip_prefix("##[error]")
                    .map(|text| format!("X {text}"))
            })
        });
    JobRow {
        id: job.id,
        name: job.name.clone(),
        status: job.status(now),
        conclusion: job.conclusion(now),
        elapsed_ms: (job.ends.min(now) - job.started).millis().max(0),
        annotations: said.collect(),
        steps: steps
            .map(|step| StepRow {
                name: step.name.clone(),
                status: step.status(now),
                conclusion: step.conclusion(now),
            })
            .collect(),
    }
}

impl Look for GetRunLogs {
    type Args = Args;
    type Output = RunLog;
    const NAME: &'static str = "ci_get_run_logs";
    const FAMILY: Family = Family::Ci;
    const ABOUT: &'static str = "Shows a run of CI: its jobs and steps and what they printed";

    fn look(world: &World, args: &Args) -> Result<Seen<RunLog>, ToolError> {
        let now = world.now();
        let run = runs::find(world, args.run_id).ok_or_else(|| ToolError {
            message: format!(
                "failed to get run: HTTP 404: Not Found (run {})",
                args.run_id
            ),
            hint: Some("ci_list_runs lists them".to_owned()),
        })?;
        let jobs = jobs::of(world, &run);
        let mut lines = Vec::new();
        for job in &jobs {
            for step in &job.steps {
                if args.failed_only && step.conclusion(now) != Some(Conclusion::Failure) {
                    continue;
                }
                for (at, text) in step.lines.iter().filter(|(at, _)| *at <= now) {
                    lines.push(LogLine {
                        job: job.name.clone(),
                        step: step.name.clone(),
                        at_ms: at.millis(),
                        text: text.clone(),
                        number: lines.len() + 1,
                    });
                }
            }
        }
        let page = paging::page(lines, args.limit, args.cursor.as_deref(), |line| {
            line.number.to_string()
        })?;
        Ok(Seen {
            output: RunLog {
                run: run_row(world, &run),
                jobs: jobs.iter().map(|job| job_row(job, now)).collect(),
                lines: page.items,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
                now_ms: now.millis(),
            },
            shown: vec![shown(world, &run)],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"run_id\":12455650255}",
                about: "The log of a deployment",
                prints: "ship\tSet up job\t2026-03-02T12:58:55.0001248Z Current runner version: '2.321.0'\nship\tSet up job\t2026-03-02T12:58:55.0002485Z Runner name: 'runner-7'\nship\tRun actions/checkout@v4\t2026-03-02T12:59:16.0003722Z ##[group]Run actions/checkout@v4\nship\tRun actions/checkout@v4\t2026-03-02T12:59:16.0004959Z ##[endgroup]\nship\tRun actions/checkout@v4\t2026-03-02T12:59:37.0006196Z HEAD is now at b7c0de1\nship\tRun kubectl apply -f manifests.yaml\t2026-03-02T12:59:58.0007433Z ##[group]Run kubectl apply -f manifests.yaml\nship\tRun kubectl apply -f manifests.yaml\t2026-03-02T12:59:58.0008670Z kubectl apply -f manifests.yaml\nship\tRun kubectl apply -f manifests.yaml\t2026-03-02T12:59:58.0009907Z ##[endgroup]\nship\tRun kubectl apply -f manifests.yaml\t2026-03-02T13:00:00.0001144Z deployment.apps/worker configured\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:00:01.0002381Z ##[group]Run kubectl rollout status -f manifests.yaml --timeout=120s\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:00:01.0003618Z kubectl rollout status -f manifests.yaml --timeout=120s\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:00:01.0004855Z ##[endgroup]\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:00:01.0006092Z Waiting for deployment \"worker\" rollout to finish: 0 of 1 updated replicas are available...\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:02:00.0007329Z error: timed out waiting for the condition\nship\tRun kubectl rollout status -f manifests.yaml --timeout=120s\t2026-03-02T13:02:00.0008566Z ##[error]Process completed with exit code 1.\nship\tComplete job\t2026-03-02T12:59:27.5009803Z Cleaning up orphan processes\n",
            },
            ToolExample {
                args: "{\"run_id\":1}",
                about: "A run that does not exist",
                prints: "ci_get_run_logs: failed to get run: HTTP 404: Not Found (run 1)\nhint: ci_list_runs lists them\n",
            },
        ]
    }
}
