//! `ci_list_runs`: runs of CI, newest first, a page at a time. Never their logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::run::{Conclusion, Run, Status, sign};
use super::runs;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists runs.
pub struct ListRuns;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only this repository's runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// Only this workflow's: `ci` tests and builds, `deploy` deploys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Only runs about this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Only those in this state or with this end: `queued`, `in_progress`, `completed`, `success`, `failure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Most runs, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            repo: None,
            workflow: None,
            service: None,
            status: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Runs {
    /// Runs, newest first.
    pub runs: Vec<RunRow>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read older ones; none when there are none.
    pub cursor: Option<String>,
    /// Now, in ms since the epoch: ages count from it.
    pub now_ms: i64,
}

/// A run as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RunRow {
    /// Its id.
    pub id: u64,
    /// How far it is.
    pub status: Status,
    /// How it ended; none while it runs.
    pub conclusion: Option<Conclusion>,
    /// Title.
    pub title: String,
    /// Repository.
    pub repo: String,
    /// Workflow.
    pub workflow: String,
    /// Branch.
    pub branch: String,
    /// What set it off.
    pub event: String,
    /// Who did.
    pub actor: String,
    /// The commit it ran on.
    pub sha: String,
    /// The services it is about.
    pub services: Vec<String>,
    /// When it began, in ms since the epoch.
    pub started_ms: i64,
    /// How long it took or has taken so far, in ms.
    pub elapsed_ms: i64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// What a run's log shows.
pub fn shown(world: &World, run: &Run) -> Shown {
    let plan = world.plan();
    let name = |service: crate::sim::ids::ServiceId| {
        let found = plan.services.get(service.index());
        found.map_or_else(String::new, |found| found.name.clone())
    };
    Shown::CiRun {
        run: run.id,
        releases: run
            .releases
            .iter()
            .map(|(service, tag)| (name(*service), tag.clone()))
            .collect(),
    }
}

/// A run as a row.
pub fn run_row(world: &World, run: &Run) -> RunRow {
    let (now, plan) = (world.now(), world.plan());
    let services = run.services.iter();
    RunRow {
        id: run.id,
        status: run.status(now),
        conclusion: run.conclusion(now),
        title: run.title.clone(),
        repo: run.repo.clone(),
        workflow: run.workflow.to_owned(),
        branch: run.branch.clone(),
        event: run.event.to_owned(),
        actor: run.actor.clone(),
        sha: run.sha.clone(),
        services: services
            .filter_map(|id| plan.services.get(id.index()))
            .map(|found| found.name.clone())
            .collect(),
        started_ms: run.started.millis(),
        elapsed_ms: (run.ends.min(now) - run.started).millis(),
        artifact: shown(world, run).id(),
    }
}

/// `4m0s`, `1h2m3s`: a duration as Go writes it.
pub fn duration(span: Span) -> String {
    let seconds = span.secs().max(0);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

/// `2m`, `5h`, `12d`, then the day: how long ago, as `gh` shortens it.
pub fn age(now: SimTime, at: SimTime) -> String {
    match (now - at).max(Span::ZERO).secs() {
        seconds @ 0..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds if seconds < 30 * 86_400 => format!("{}d", seconds / 86_400),
        _ => at.format("%b %e, %Y"),
    }
}

impl Text for Runs {
    fn text(&self) -> String {
        if self.runs.is_empty() {
            return "no runs found\n".to_owned();
        }
        let now = SimTime(self.now_ms);
        let mut rows = vec![row([
            "STATUS", "TITLE", "WORKFLOW", "BRANCH", "EVENT", "ID", "ELAPSED", "AGE",
        ])];
        for run in &self.runs {
            rows.push(row([
                sign(run.status, run.conclusion),
                &run.title,
                &run.workflow,
                &run.branch,
                &run.event,
                &run.id.to_string(),
                &duration(Span(run.elapsed_ms)),
                &age(now, SimTime(run.started_ms)),
            ]));
        }
        let footer = paging::footer(
            self.runs.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        );
        columns(&rows) + &footer
    }
}

/// The repository that is meant: its name, or `owner/name`.
fn repository<'a>(world: &'a World, given: &str) -> Result<&'a str, ToolError> {
    let name = given.rsplit('/').next().unwrap_or(given);
    let known = world.repositories();
    match known.get_key_value(name) {
        Some((name, _)) => Ok(name),
        None => Err(ToolError {
            message: format!("HTTP 404: Not Found (repository {given})"),
            hint: Some(format!(
                "repositories are {}",
                known
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }),
    }
}

const STATES: [&str; 5] = ["queued", "in_progress", "completed", "success", "failure"];

impl Look for ListRuns {
    type Args = Args;
    type Output = Runs;
    const NAME: &'static str = "ci_list_runs";
    const FAMILY: Family = Family::Ci;
    const ABOUT: &'static str = "Lists the runs of CI, those that build and those that deploy";

    fn look(world: &World, args: &Args) -> Result<Seen<Runs>, ToolError> {
        let repo = args
            .repo
            .as_deref()
            .map(|given| repository(world, given))
            .transpose()?;
        let service = match args.service.as_deref() {
            None => None,
            Some(name) => Some(
                world
                    .plan()
                    .service(name)
                    .ok_or_else(|| ToolError::new(format!("no service {name}")))?
                    .0,
            ),
        };
        if let Some(state) = args
            .status
            .as_deref()
            .filter(|state| !STATES.contains(state))
        {
            return Err(ToolError {
                message: format!("invalid argument {state:?} for status"),
                hint: Some(format!("one of {}", STATES.join(", "))),
            });
        }
        let now = world.now();
        let fits = |run: &Run| {
            repo.is_none_or(|repo| run.repo == repo)
                && args
                    .workflow
                    .as_deref()
                    .is_none_or(|name| run.workflow == name.trim_end_matches(".yml"))
                && service.is_none_or(|service| run.services.contains(&service))
                && args.status.as_deref().is_none_or(|state| {
                    run.status(now).word() == state
                        || run.conclusion(now).is_some_and(|end| end.word() == state)
                })
        };
        let runs: Vec<Run> = runs::all(world).into_iter().filter(fits).collect();
        let page = paging::page(runs, args.limit, args.cursor.as_deref(), |run| {
            run.id.to_string()
        })?;
        Ok(Seen {
            output: Runs {
                runs: page.items.iter().map(|run| run_row(world, run)).collect(),
                total: page.total,
                before: page.before,
                cursor: page.cursor,
                now_ms: now.millis(),
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"repo\":\"alpha\",\"limit\":5}",
                about: "The newest runs of a repository",
                prints: "STATUS  TITLE                                    WORKFLOW  BRANCH                                  EVENT              ID           ELAPSED  AGE\nX       Deploy worker 1.4.0                      deploy    main                                    workflow_dispatch  12455650255  3m15s    1h\n✓       worker: batch time from the environment  ci        main                                    push               12434035477  19m59s   3d\n✓       worker: batch time from the environment  ci        worker-batch-time-from-the-environment  pull_request       12433766770  3m34s    3d\nX       worker: batch time from the environment  ci        worker-batch-time-from-the-environment  pull_request       12433714202  5m6s     4d\n✓       readme: say where things are             ci        main                                    push               12344947487  6m38s    20d\n(1 to 5 of 15; next page: --cursor 12344947487)\n",
            },
            ToolExample {
                args: "{\"workflow\":\"deploy\",\"service\":\"worker\"}",
                about: "Deployments of one service",
                prints: "STATUS  TITLE                WORKFLOW  BRANCH  EVENT              ID           ELAPSED  AGE\nX       Deploy worker 1.4.0  deploy    main    workflow_dispatch  12455650255  3m15s    1h\n✓       Deploy worker 1.3.0  deploy    main    workflow_dispatch  12305890292  1m17s    27d\n",
            },
            ToolExample {
                args: "{\"repo\":\"omega\"}",
                about: "A repository that does not exist",
                prints: "ci_list_runs: HTTP 404: Not Found (repository omega)\nhint: repositories are alpha\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_ages_are_written_as_gh_does() {
        let words = [5, 65, 3723].map(|seconds| duration(Span::from_secs(seconds)));
        assert_eq!(words, ["5s", "1m5s", "1h2m3s"]);
        let now = SimTime::parse_rfc3339("2026-03-14T12:00:00Z").unwrap();
        let ages =
            [59, 7200, 86_400 * 3, 86_400 * 40].map(|ago| age(now, now - Span::from_secs(ago)));
        assert_eq!(ages, ["0m", "2h", "3d", "Feb  2, 2026"]);
    }
}
