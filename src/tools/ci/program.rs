//! `gh` in the shell: lists runs of CI and shows one. Never starts one: `ship` does.

use super::get_run_logs::{self, GetRunLogs, RunLog};
use super::list_runs::{self, ListRuns, duration};
use super::run::{Conclusion, sign};
use crate::session::Answer;
use crate::sim::World;
use crate::sim::git::date_style::relative;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::program::{Example, Place, Program, Run};
use crate::tools::shared::{looked, options, usage, value};
use crate::tools::tool::{Look, Text};

const USAGE: &str = "gh run list [-R REPO] [-w WORKFLOW] [-s STATUS] [-L LIMIT] | gh run view ID [--log | --log-failed | --verbose] | gh workflow list";

/// `gh`.
pub struct Gh;

impl Program for Gh {
    fn name(&self) -> &'static str {
        "gh"
    }

    fn family(&self) -> Family {
        Family::Ci
    }

    fn about(&self) -> &'static str {
        "Lists the runs of CI and shows their logs"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], _stdin: &str) -> Run {
        let valued = [
            "-R",
            "--repo",
            "-w",
            "--workflow",
            "-s",
            "--status",
            "-L",
            "--limit",
            "--cursor",
            "--service",
        ];
        let (words, found) = match options(argv, &valued) {
            Ok(read) => read,
            Err(error) => return Run::failed(format!("{error}\n\nUsage:  {USAGE}\n"), 1),
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["run", "list" | "ls"] => {
                let Ok(limit) = value(&found, &["-L", "--limit"])
                    .unwrap_or("20")
                    .parse::<usize>()
                else {
                    return Run::failed("invalid argument for \"-L, --limit\" flag\n", 1);
                };
                let text = |names: &[&str]| value(&found, names).map(str::to_owned);
                let here = place.cwd.split('/').next().filter(|name| !name.is_empty());
                looked::<ListRuns>(
                    world,
                    &list_runs::Args {
                        repo: text(&["-R", "--repo"]).or_else(|| here.map(str::to_owned)),
                        workflow: text(&["-w", "--workflow"]),
                        service: text(&["--service"]),
                        status: text(&["-s", "--status"]),
                        limit,
                        cursor: text(&["--cursor"]),
                    },
                )
            }
            ["run", "view", id, flags @ ..] => view(world, id, flags, value(&found, &["--cursor"])),
            ["workflow", "list"] => Run::text("ci      active  1\ndeploy  active  2\n"),
            _ => usage(USAGE),
        }
    }

    fn examples(&self) -> Vec<Example> {
        vec![
            Example {
                line: "gh run list -w deploy -L 2",
                about: "The newest deployments",
                prints: "STATUS  TITLE                WORKFLOW  BRANCH  EVENT              ID           ELAPSED  AGE\nX       Deploy worker 1.4.0  deploy    main    workflow_dispatch  12455650255  3m15s    1h\n✓       Deploy worker 1.3.0  deploy    main    workflow_dispatch  12305890292  1m17s    27d\n(1 to 2 of 7; next page: --cursor 12305890292)\n",
            },
            Example {
                line: "gh run view 12455650255",
                about: "A run with its jobs",
                prints: "\nX main deploy · 12455650255\nTriggered via workflow_dispatch about 61 minutes ago\n\nJOBS\nX ship in 32s (ID 49822601020)\n  ✓ Set up job\n  ✓ Run actions/checkout@v4\n  ✓ Run kubectl apply -f manifests.yaml\n  X Run kubectl rollout status -f manifests.yaml --timeout=120s\n  ✓ Complete job\n\nANNOTATIONS\nX Process completed with exit code 1.\nship: .github#1\n\n\nTo see what failed, try: gh run view 12455650255 --log-failed\n",
            },
            Example {
                line: "gh run view 7 --log",
                about: "A run that does not exist",
                prints: "failed to get run: HTTP 404: Not Found (run 7)\n",
            },
        ]
    }
}

fn view(world: &World, id: &str, flags: &[&str], cursor: Option<&str>) -> Run {
    let has = |flag: &str| flags.contains(&flag);
    let known = ["--log", "--log-failed", "--verbose", "-v"];
    if let Some(flag) = flags.iter().find(|flag| !known.contains(flag)) {
        return Run::failed(format!("unknown flag: {flag}\n\nUsage:  {USAGE}\n"), 1);
    }
    let Ok(run_id) = id.parse() else {
        return Run::failed(format!("failed to get run: {id:?} is no run's id\n"), 1);
    };
    let args = get_run_logs::Args {
        run_id,
        failed_only: has("--log-failed"),
        limit: paging::MOST,
        cursor: cursor.map(str::to_owned),
    };
    match GetRunLogs::look(world, &args) {
        Err(error) => Run::failed(format!("{}\n", error.message), 1),
        Ok(seen) => {
            let logs = has("--log") || has("--log-failed");
            let text = if logs {
                seen.output.text()
            } else {
                summary(&seen.output, has("--verbose") || has("-v"))
            };
            Run::Answer(Answer {
                text,
                data: serde_json::to_value(&seen.output).unwrap_or_default(),
                shown: seen.shown,
                ..Answer::default()
            })
        }
    }
}

/// A run as `gh run view` prints it.
fn summary(log: &RunLog, verbose: bool) -> String {
    let run = &log.run;
    let started = relative(SimTime(run.started_ms), SimTime(log.now_ms));
    let mut text = format!(
        "\n{} {} {} · {}\nTriggered via {} about {started}\n\nJOBS\n",
        sign(run.status, run.conclusion),
        run.branch,
        run.workflow,
        run.id,
        run.event
    );
    for job in &log.jobs {
        text.push_str(&format!(
            "{} {} in {} (ID {})\n",
            sign(job.status, job.conclusion),
            job.name,
            duration(Span(job.elapsed_ms)),
            job.id
        ));
        if verbose || job.conclusion == Some(Conclusion::Failure) {
            for step in &job.steps {
                text.push_str(&format!(
                    "  {} {}\n",
                    sign(step.status, step.conclusion),
                    step.name
                ));
            }
        }
    }
    let said: Vec<(&str, &String)> = log
        .jobs
        .iter()
        .flat_map(|job| job.annotations.iter().map(|line| (job.name.as_str(), line)))
        .collect();
    if !said.is_empty() {
        text.push_str("\nANNOTATIONS\n");
        for (job, line) in said {
            text.push_str(&format!("{line}\n{job}: .github#1\n\n"));
        }
    }
    let hint = if run.conclusion == Some(Conclusion::Failure) {
        "To see what failed, try: gh run view"
    } else {
        "For the logs, try: gh run view"
    };
    let flag = if run.conclusion == Some(Conclusion::Failure) {
        "--log-failed"
    } else {
        "--log"
    };
    text.push_str(&format!("\n{hint} {} {flag}\n", run.id));
    text
}
