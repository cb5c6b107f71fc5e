//! A drill made up for tests and for looking at the interface: a railway's ticket shop, lively and deterministic.
//! Invented from end to end, and small; nothing of it is in the program.

#[path = "demo/book.rs"]
mod book;
#[path = "demo/telemetry.rs"]
mod telemetry;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::world::*;

/// When the drill begins: Monday, March 2, 2026, 14:05 UTC.
pub const BEGAN_MS: i64 = 1_772_460_300_000;
const MINUTE_MS: i64 = 60_000;

/// Opens made-up drills.
#[derive(Default)]
pub struct DemoLobby {
    /// What the last drill was asked to do, in order.
    pub log: Rc<RefCell<Vec<String>>>,
}

impl Lobby for DemoLobby {
    fn scenarios(&mut self) -> Vec<ScenarioRow> {
        book::scenarios()
    }

    fn unfinished(&mut self) -> Vec<DrillRow> {
        vec![DrillRow {
            id: "drill-7".into(),
            title: "The lamp that stays green".into(),
            played_ms: 23 * MINUTE_MS,
            phase: Phase::Investigating,
            begun: "yesterday 21:40".into(),
        }]
    }

    fn open(&mut self, choice: &Choice) -> Result<Box<dyn Desk>, String> {
        let mode = match choice {
            Choice::New { practice: true, .. } => Mode::Practice,
            _ => Mode::Scored,
        };
        if matches!(choice, Choice::New { scenario, .. } if scenario == "broken") {
            return Err("scenario broken: 2 problems; `firedrill check` tells them".into());
        }
        let mut desk = DemoDesk::new(mode, Rc::clone(&self.log));
        if matches!(choice, Choice::Resume { .. }) {
            desk.phase = Phase::Investigating;
            desk.now_ms += 23 * MINUTE_MS;
        }
        Ok(Box::new(desk))
    }
}

/// A made-up drill.
pub struct DemoDesk {
    now_ms: i64,
    spare_ms: u64,
    speed: u32,
    paused: bool,
    mode: Mode,
    phase: Phase,
    page_state: PageState,
    posts: Vec<(String, Option<String>, MessageRow)>,
    notebook: Notebook,
    edits: Vec<(String, String)>,
    jobs: u64,
    running: Option<(u64, i64)>,
    changes: u64,
    log: Rc<RefCell<Vec<String>>>,
}

impl DemoDesk {
    /// A drill at its briefing.
    pub fn new(mode: Mode, log: Rc<RefCell<Vec<String>>>) -> Self {
        Self {
            now_ms: BEGAN_MS,
            spare_ms: 0,
            speed: 1,
            paused: false,
            mode,
            phase: Phase::Briefing,
            page_state: PageState::Triggered,
            posts: Vec::new(),
            notebook: book::notebook(),
            edits: Vec::new(),
            jobs: 0,
            running: None,
            changes: 0,
            log,
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.log.borrow_mut().push(what.into());
    }

    fn pin(&mut self, artifact: ArtifactId, label: String) -> Result<String, String> {
        if self
            .notebook
            .pins
            .iter()
            .any(|pin| pin.artifact == artifact)
        {
            return Err("That is in the notebook already.".into());
        }
        let id = format!("pin-{}", self.notebook.pins.len() + 1);
        let from = artifact.split('/').next().unwrap_or("board").to_owned();
        self.notebook.pins.push(PinRow {
            id,
            artifact,
            at_ms: self.now_ms,
            label,
            from,
        });
        Ok("Kept in the notebook.".into())
    }

    fn end(&mut self, how: &str) -> String {
        self.phase = Phase::Ended(how.into());
        String::new()
    }
}

impl Desk for DemoDesk {
    fn status(&self) -> Status {
        let minutes = (self.now_ms - BEGAN_MS) / MINUTE_MS;
        Status {
            title: "Nobody can board the night train".into(),
            severity: "SEV1".into(),
            now_ms: self.now_ms,
            began_ms: BEGAN_MS,
            speed: self.speed,
            paused: self.paused || self.phase == Phase::Briefing,
            phase: self.phase.clone(),
            loss: Loss::CustomerMinutes {
                minutes: 48_200 + 1_730 * minutes.unsigned_abs(),
                as_of_ms: self.now_ms - 2 * MINUTE_MS,
            },
            mentions: 2,
            mode: self.mode,
            trouble: None,
        }
    }

    fn revision(&self, family: Family) -> u64 {
        let step = match family {
            Family::Logs => 1_000,
            Family::Metrics => 15_000,
            Family::Chat | Family::Listed => 5_000,
            Family::Pager | Family::Changes | Family::Code | Family::Traces | Family::Notebook => {
                i64::MAX
            }
        };
        let act = if family == Family::Logs || family == Family::Metrics {
            0
        } else {
            self.changes
        };
        act * 1_000_000_000 + (self.now_ms / step).unsigned_abs()
    }

    fn briefing(&mut self) -> Briefing {
        book::briefing()
    }

    fn advance(&mut self, wall_ms: u64) {
        if !self.status().paused && !self.phase.is_over() {
            let total = self.spare_ms + wall_ms * u64::from(self.speed);
            self.now_ms += total as i64;
            self.spare_ms = 0;
        }
    }

    fn set_speed(&mut self, speed: u32) {
        self.note(format!("speed {speed}"));
        self.speed = speed;
    }

    fn set_paused(&mut self, paused: bool) {
        self.note(format!("paused {paused}"));
        self.paused = paused;
    }

    fn skip(&mut self) -> Result<String, String> {
        self.note("skip");
        self.now_ms += 4 * MINUTE_MS;
        Ok("4 min on: a message in #incident-214".into())
    }

    fn look(&mut self, looks: &[Look]) {
        let panes: Vec<&str> = looks.iter().map(|look| look.pane).collect();
        self.note(format!("look {}", panes.join(" ")));
    }

    fn act(&mut self, act: Act) -> Result<String, String> {
        self.note(format!("{act:?}"));
        self.changes += 1;
        match act {
            Act::Begin => {
                self.phase = Phase::Paged;
                Ok(String::new())
            }
            Act::Acknowledge { page } => {
                self.page_state = PageState::Acknowledged;
                self.phase = Phase::Acknowledged;
                Ok(format!("{page} is yours."))
            }
            Act::Resolve { page } => {
                self.page_state = PageState::Resolved;
                Ok(format!("{page} is resolved."))
            }
            Act::Post {
                channel,
                thread,
                text,
            } => {
                let row = MessageRow {
                    id: format!("slack/{channel}/me-{}", self.posts.len()),
                    at_ms: self.now_ms,
                    author: "sam".into(),
                    role: "SRE".into(),
                    text,
                    mine: true,
                    ..MessageRow::default()
                };
                self.posts.push((channel, thread, row));
                Ok("Posted.".into())
            }
            Act::Pin { artifact, label } => self.pin(artifact, label),
            Act::Unpin { pin } => {
                self.notebook.pins.retain(|row| row.id != pin);
                Ok("Let go.".into())
            }
            Act::SaveHypothesis(mut hypothesis) => {
                if hypothesis.id.is_empty() {
                    hypothesis.id = format!("h-{}", self.changes);
                    self.notebook.hypotheses.push(hypothesis);
                } else if let Some(old) = self
                    .notebook
                    .hypotheses
                    .iter_mut()
                    .find(|old| old.id == hypothesis.id)
                {
                    *old = hypothesis;
                }
                Ok("Written down.".into())
            }
            Act::DropHypothesis { id } => {
                self.notebook.hypotheses.retain(|row| row.id != id);
                Ok("Dropped.".into())
            }
            Act::Claim(claim) => {
                self.notebook.claim = Some(claim);
                Ok("Handed in. The debrief will compare it.".into())
            }
            Act::TakeHint { hint } => {
                book::take_hint(&mut self.notebook, &hint);
                Ok("The hint is in the notebook.".into())
            }
            Act::SaveReport { text } => {
                self.notebook.report = text;
                Ok("The report is kept.".into())
            }
            Act::SaveFile { path, text } => {
                self.edits.retain(|(known, _)| *known != path);
                self.edits.push((path.clone(), text));
                Ok(format!("{path} is saved; `ship` builds it."))
            }
            Act::HandOver { .. } => Ok(self.end("handed over")),
            Act::GiveUp => Ok(self.end("given up")),
        }
    }

    fn channels(&mut self) -> Vec<ChannelRow> {
        book::channels()
    }

    fn messages(&mut self, channel: &str, _before: Option<&str>, limit: usize) -> MessagesPage {
        let mut rows = book::messages(channel, self.now_ms);
        rows.extend(
            self.posts
                .iter()
                .filter(|(place, thread, _)| place == channel && thread.is_none())
                .map(|(_, _, row)| row.clone()),
        );
        let older = (rows.len() > limit).then(|| "older".to_owned());
        let skip = rows.len().saturating_sub(limit);
        MessagesPage {
            rows: rows.split_off(skip),
            older,
            typing: if channel == "incident-214" {
                vec!["anouk".into()]
            } else {
                Vec::new()
            },
        }
    }

    fn thread(&mut self, channel: &str, message: &str) -> Vec<MessageRow> {
        let mut rows = book::messages(channel, self.now_ms);
        rows.retain(|row| row.id == message);
        rows.extend(
            self.posts
                .iter()
                .filter(|(_, thread, _)| thread.as_deref() == Some(message))
                .map(|(_, _, row)| row.clone()),
        );
        rows
    }

    fn people(&mut self) -> Vec<PersonRow> {
        book::people()
    }

    fn log_services(&mut self) -> Vec<String> {
        telemetry::SERVICES
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn log_window(&mut self, query: &LogQuery, seek: &LogSeek, size: WindowSize) -> LogWindow {
        telemetry::log_window(query, seek, size, self.now_ms)
    }

    fn log_histogram(
        &mut self,
        query: &LogQuery,
        start_ms: i64,
        end_ms: i64,
        buckets: usize,
    ) -> LogHistogram {
        telemetry::log_histogram(query, start_ms, end_ms, buckets, self.now_ms)
    }

    fn log_fields(&mut self, line: &str) -> Vec<(String, String)> {
        vec![
            ("trace_id".into(), format!("8f3a{:0>12}", line.len())),
            ("pod".into(), "seats-6d9c7f-x2lqp".into()),
            ("http.route".into(), "/v2/seats/{coach}".into()),
            ("duration_ms".into(), "5012".into()),
            ("db.pool.waiting".into(), "143".into()),
        ]
    }

    fn metric_names(&mut self) -> Arc<[MetricRow]> {
        telemetry::metric_names().into()
    }

    fn starting_queries(&mut self) -> Vec<String> {
        vec![
            "sum by (service) (rate(http_requests_total[1m]))".into(),
            "seats_pool_waiting".into(),
        ]
    }

    fn chart(&mut self, query: &ChartQuery) -> ChartData {
        telemetry::chart(query)
    }

    fn marks(&mut self, start_ms: i64, end_ms: i64) -> Vec<Mark> {
        let mut marks = telemetry::marks();
        marks.retain(|mark| mark.at_ms >= start_ms && mark.at_ms <= end_ms);
        marks
    }

    fn prompt(&self) -> String {
        "sam@bastion:~$ ".into()
    }

    fn shell(&mut self, line: &str) -> ShellReply {
        self.note(format!("shell {line}"));
        self.jobs += 1;
        let mut words = line.split_whitespace();
        let then = match (words.next(), words.next()) {
            (Some("clear"), _) => ShellThen::Clear,
            (Some("edit"), Some(path)) => ShellThen::Edit {
                path: path.into(),
                text: book::file_text(path, &self.edits).unwrap_or_default(),
            },
            (Some("watch"), _) => {
                self.running = Some((self.jobs, self.now_ms));
                ShellThen::Running(self.jobs)
            }
            _ => ShellThen::Done(0),
        };
        ShellReply {
            lines: book::shell_output(line),
            artifact: Some(format!("shell/{}", self.jobs)),
            replaces: false,
            then,
        }
    }

    fn shell_poll(&mut self, job: u64) -> ShellReply {
        let passed = self
            .running
            .map_or(i64::MAX, |(_, since)| self.now_ms - since);
        let then = if passed < 10_000 {
            ShellThen::Running(job)
        } else {
            ShellThen::Done(0)
        };
        let line = ShellLine {
            text: format!(
                "waiting for rollout: {} of 3 updated",
                passed.clamp(0, 10_000) / 4000 + 1
            ),
            is_error: false,
        };
        ShellReply {
            lines: if passed % 1000 < 130 {
                vec![line]
            } else {
                Vec::new()
            },
            artifact: None,
            replaces: false,
            then,
        }
    }

    fn shell_interrupt(&mut self, _job: u64) -> ShellReply {
        self.running = None;
        ShellReply {
            lines: vec![ShellLine {
                text: "^C".into(),
                is_error: true,
            }],
            artifact: None,
            replaces: false,
            then: ShellThen::Done(130),
        }
    }

    fn dashboards(&mut self) -> Vec<DashboardRow> {
        book::dashboards()
    }

    fn complete_query(&mut self, query: &str, cursor: usize) -> Completions {
        book::complete_query(query, cursor)
    }

    fn complete(&mut self, line: &str, cursor: usize) -> Completions {
        book::complete(line, cursor)
    }

    fn pages(&mut self) -> Vec<PageRow> {
        book::pages(self.page_state)
    }

    fn page_timeline(&mut self, page: &str) -> Vec<TimelineRow> {
        book::page_timeline(page, self.page_state)
    }

    fn changes(&mut self) -> Vec<ChangeRow> {
        book::changes()
    }

    fn change_detail(&mut self, change: &str) -> Vec<DetailLine> {
        book::change_detail(change)
    }

    fn files(&mut self, folder: &str) -> Vec<FileRow> {
        book::files(folder)
    }

    fn file(&mut self, path: &str) -> Result<FileText, String> {
        let text =
            book::file_text(path, &self.edits).ok_or_else(|| format!("{path}: no such file"))?;
        let edited = self.edits.iter().any(|(known, _)| known == path);
        Ok(FileText {
            path: path.into(),
            id: format!("code/{path}"),
            text,
            revision: if edited { "edited" } else { "main@4be19d0" }.into(),
        })
    }

    fn notebook(&mut self) -> Notebook {
        self.notebook.clone()
    }

    fn debrief(&mut self) -> Option<Report> {
        self.phase.is_over().then(|| Report {
            incident: self.notebook.report.clone(),
            is_open: true,
            ..book::report()
        })
    }

    fn close(&mut self) -> Option<String> {
        None
    }
}
