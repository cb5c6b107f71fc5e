//! The interface's desk over a drill's workbench: rows of panes from tools' outputs, acts to commands and calls.
//! Keeps no copy of the world: only what the player has read, and what the clock was told.

mod act;
mod browse;
mod debriefing;
mod looks;
mod rows;
#[cfg(test)]
mod tests;
mod traces;

pub(super) use traces::duration as trace_duration;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::world::{
    Act, BestResult, Briefing, Browsed, ChangeRow, ChannelRow, ChartData, ChartQuery, Choice,
    Completion, Completions, DashboardRow, Desk, DetailLine, DrillRow, Family, FileRow, FileText,
    KindRow, Lobby, LogGroup, LogHistogram, LogQuery, LogSeek, LogWindow, Look, Loss, Mark,
    MessageRow, MessagesPage, MetricRow, Mode, Notebook, PageRow, PersonRow, Phase, Report,
    ScenarioRow, ShellReply, Status, TimelineRow, TraceList, TraceQuery, TraceView, WindowSize,
};
use crate::debrief::{self, Debrief, Played};
use crate::session::Entry;
use crate::session::clock::Speed;
use crate::session::journal::{Door, Level, Record, Saving, Settings};
use crate::tools::board::{self, changes, charts, code, finder, lines, promql_words};
use crate::tools::{Places, Registry, Watched, Workbench, logs, slack};

/// Opens drills for the title screen.
#[derive(Debug)]
pub struct RealLobby {
    places: Places,
    settings: Settings,
}

impl RealLobby {
    /// A lobby over scenarios and saves; new drills get these settings.
    pub const fn new(places: Places, settings: Settings) -> Self {
        Self { places, settings }
    }
}

impl Lobby for RealLobby {
    fn scenarios(&mut self) -> Vec<ScenarioRow> {
        let best = rows::best_results(&self.places);
        self.places
            .scenarios()
            .into_iter()
            .map(|listing| {
                let difficulty = listing
                    .difficulty
                    .map_or_else(String::new, |difficulty| format!("{difficulty:?}"));
                let best: Option<BestResult> = best.get(&listing.name).cloned();
                ScenarioRow {
                    stars: match difficulty.as_str() {
                        "Easy" => 1,
                        "Moderate" => 3,
                        _ => 5,
                    },
                    id: listing.name,
                    title: listing.title,
                    teaser: listing.summary,
                    difficulty,
                    minutes: listing.minutes.unwrap_or(0),
                    estate: listing.estate,
                    best,
                }
            })
            .collect()
    }

    fn unfinished(&mut self) -> Vec<DrillRow> {
        rows::unfinished(&self.places)
    }

    fn open(&mut self, choice: &Choice) -> Result<Box<dyn Desk>, String> {
        let bench = match choice {
            Choice::New {
                scenario,
                seed,
                practice,
            } => {
                let seed = seed.unwrap_or_else(rand::random::<u64>);
                let mut settings = self.settings;
                if *practice {
                    settings.mode = crate::session::journal::Mode::Practice;
                }
                self.places.start(scenario, seed, settings, true)
            }
            Choice::Resume { drill } if drill.is_empty() => self.places.resume(None),
            Choice::Resume { drill } => {
                if let Some(watched) = rows::finished(&self.places, drill) {
                    let watched = watched.map_err(|error| error.to_string())?;
                    return Ok(Box::new(RealDesk::watching(watched)));
                }
                self.places.resume(Some(drill))
            }
        };
        bench
            .map(|bench| Box::new(RealDesk::new(bench.counting_ahead())) as Box<dyn Desk>)
            .map_err(|error| error.to_string())
    }
}

/// What a shell says that follows another one in the same drill.
const NEW_SHELL: &str = "The drill was resumed, so this is a new shell: variables, aliases, history and files in /tmp are gone. \
    Your clones are as you left them.";

/// One drill as the interface sees it.
#[derive(Debug)]
pub struct RealDesk {
    bench: Workbench,
    /// The briefing is open: the clock stands still.
    briefing: bool,
    /// The drill was begun in another run of the program.
    resumed: bool,
    /// Up to when each channel was read.
    read: BTreeMap<String, i64>,
    /// What is on screen, waiting to stay long enough to count.
    looks: looks::Looks,
    /// A sentence on what cannot be saved, once that is so.
    trouble: Option<String>,
    /// What the log pane found and counted so far.
    log_view: rows::LogView,
    /// The records of a finished drill that is only looked at.
    watched: Option<Vec<Record<Entry>>>,
    /// The debrief, once the drill is over.
    debrief: Option<Box<Debrief>>,
}

impl RealDesk {
    fn new(bench: Workbench) -> Self {
        let begun = bench.session().journal().records().is_empty();
        Self {
            bench,
            briefing: begun,
            resumed: !begun,
            read: BTreeMap::new(),
            looks: looks::Looks::default(),
            trouble: None,
            log_view: rows::LogView::default(),
            watched: None,
            debrief: None,
        }
    }

    /// A finished drill, to be looked at.
    fn watching(watched: Watched) -> Self {
        let bench = Workbench::new(watched.session, Registry::standard());
        Self {
            briefing: false,
            watched: Some(watched.contents.records),
            trouble: watched.replayed.difference,
            ..Self::new(bench)
        }
    }

    fn now_ms(&self) -> i64 {
        self.bench.world().now().millis()
    }

    fn telemetry_tick(&self) -> u64 {
        (self.now_ms() / 1000).unsigned_abs()
    }
}

impl Desk for RealDesk {
    fn status(&self) -> Status {
        let world = self.bench.world();
        let (scenario, clock) = (&world.plan().pack.scenario, self.bench.session().clock());
        let settings = self.bench.session().header().settings;
        Status {
            title: scenario.title.clone(),
            severity: scenario.severity.clone(),
            now_ms: clock.now().millis().max(self.now_ms()),
            began_ms: world.plan().page.millis(),
            speed: u32::from(clock.speed().factor()),
            paused: clock.is_paused(),
            phase: if self.watched.is_some() && !self.bench.session().is_over() {
                Phase::Ended("over".to_owned())
            } else if self.briefing {
                Phase::Briefing
            } else {
                rows::phase(world.drill())
            },
            loss: if settings.level == Level::Hard {
                Loss::Hidden
            } else {
                Loss::CustomerMinutes {
                    minutes: world.loss().reported(world.now()) as u64,
                    as_of_ms: self.now_ms() - 120_000,
                }
            },
            mentions: self.unread_mentions(),
            mode: if settings.mode == crate::session::journal::Mode::Practice {
                Mode::Practice
            } else {
                Mode::Scored
            },
            trouble: self.trouble.clone(),
        }
    }

    fn revision(&self, family: Family) -> u64 {
        let world = self.bench.world();
        let records = self.bench.session().journal().records().len() as u64;
        match family {
            Family::Chat => {
                world.slack().posts().len() as u64 * 1000 + self.telemetry_tick() / 30 + records
            }
            Family::Logs => self.telemetry_tick(),
            Family::Metrics => self.telemetry_tick() / 15,
            Family::Pager => world
                .pager()
                .incidents()
                .iter()
                .map(|incident| incident.timeline.len() as u64 + 1)
                .sum(),
            Family::Changes | Family::Code => records + world.events().len() as u64,
            Family::Listed => self.telemetry_tick() / 5 + (records << 32),
            Family::Traces => self.telemetry_tick() / 5,
            Family::Notebook => records,
        }
    }

    fn briefing(&mut self) -> Briefing {
        rows::briefing(self.bench.world())
    }

    fn advance(&mut self, wall_ms: u64) {
        if self.briefing {
            return;
        }
        self.bench
            .session_mut()
            .advance(Duration::from_millis(wall_ms));
        self.looks.settle(wall_ms, &mut self.bench);
        match self.bench.session().saving() {
            Saving::Unsaved(unsaved) => self.trouble = Some(format!("not saved: {unsaved}")),
            // The disk takes it again.
            Saving::Saved { .. } | Saving::NotKept => {
                self.trouble
                    .take_if(|trouble| trouble.starts_with("not saved: "));
            }
        }
    }

    fn set_speed(&mut self, speed: u32) {
        let speed = u8::try_from(speed)
            .ok()
            .and_then(|factor| Speed::try_from(factor).ok());
        if let Some(speed) = speed {
            let set = self.bench.session_mut().set_speed(Door::Tui, speed);
            self.note(set.map_err(|error| error.to_string()));
        }
    }

    fn set_paused(&mut self, paused: bool) {
        let set = self.bench.session_mut().set_paused(Door::Tui, paused);
        self.note(set.map_err(|error| error.to_string()));
    }

    fn skip(&mut self) -> Result<String, String> {
        self.looks.flush(&mut self.bench);
        let (span, found) = self
            .bench
            .session_mut()
            .skip(Door::Tui)
            .map_err(|error| error.to_string())?;
        let (minutes, seconds) = (span.secs() / 60, span.secs() % 60);
        Ok(if found {
            format!("skipped {minutes}m{seconds:02}s to the next thing to see")
        } else {
            format!("skipped {minutes}m{seconds:02}s; nothing happened")
        })
    }

    fn look(&mut self, looks: &[Look]) {
        self.looks.set(looks, self.bench.world());
    }

    fn act(&mut self, act: Act) -> Result<String, String> {
        self.looks.flush(&mut self.bench);
        self.do_act(act)
    }

    fn channels(&mut self) -> Vec<ChannelRow> {
        rows::channels(self.bench.world(), &self.read)
    }

    fn messages(&mut self, channel: &str, before: Option<&str>, limit: usize) -> MessagesPage {
        let channel = format!("#{}", channel.trim_start_matches('#'));
        if before.is_none() {
            self.read.insert(channel.clone(), self.now_ms());
        }
        rows::messages(self.bench.world(), &channel, before, limit)
    }

    fn thread(&mut self, channel: &str, message: &str) -> Vec<MessageRow> {
        let channel = format!("#{}", channel.trim_start_matches('#'));
        rows::thread(self.bench.world(), &channel, message)
    }

    fn people(&mut self) -> Vec<PersonRow> {
        rows::people(self.bench.world())
    }

    fn log_services(&mut self) -> Vec<String> {
        lines::services(self.bench.world())
    }

    fn log_window(&mut self, query: &LogQuery, seek: &LogSeek, size: WindowSize) -> LogWindow {
        rows::log_window(&mut self.log_view, self.bench.world(), query, seek, size)
    }

    fn log_histogram(
        &mut self,
        query: &LogQuery,
        start_ms: i64,
        end_ms: i64,
        buckets: usize,
    ) -> LogHistogram {
        let world = self.bench.world();
        rows::log_histogram(&mut self.log_view, world, query, start_ms, end_ms, buckets)
    }

    fn log_groups(&mut self, query: &LogQuery, start_ms: i64, end_ms: i64) -> Vec<LogGroup> {
        let world = self.bench.world();
        rows::log_groups(&mut self.log_view, world, query, start_ms, end_ms)
    }

    fn log_context(&mut self, cursor: &str, trace: bool) -> Option<String> {
        if trace {
            finder::trace_query(self.bench.world(), cursor)
        } else {
            finder::pod_query(self.bench.world(), cursor)
        }
    }

    fn log_complete(&mut self, text: &str, cursor: usize) -> Completions {
        let (from, items) = logs::complete::complete(self.bench.world(), text, cursor);
        let items = items
            .into_iter()
            .map(|(text, about)| Completion { text, about })
            .collect();
        Completions { from, items }
    }

    fn log_fields(&mut self, line: &str) -> Vec<(String, String)> {
        lines::fields(self.bench.world(), line)
    }

    fn metric_names(&mut self) -> Arc<[MetricRow]> {
        rows::metrics(self.bench.world())
    }

    fn starting_queries(&mut self) -> Vec<String> {
        // The same for every incident: a panel chosen by a scenario's files would point at its cause.
        vec!["sum by (service) (rate(http_requests_total[5m]))".to_owned()]
    }

    fn dashboards(&mut self) -> Vec<DashboardRow> {
        charts::dashboards(self.bench.world())
            .into_iter()
            .map(|board| DashboardRow {
                title: board.title,
                about: board.about,
                panels: board.panels,
            })
            .collect()
    }

    fn complete_query(&mut self, query: &str, cursor: usize) -> Completions {
        let (from, items) = promql_words::complete(self.bench.world(), query, cursor);
        let items = items
            .into_iter()
            .map(|(text, about)| Completion { text, about })
            .collect();
        Completions { from, items }
    }

    fn chart(&mut self, query: &ChartQuery) -> ChartData {
        rows::chart(self.bench.world(), query)
    }

    fn marks(&mut self, start_ms: i64, end_ms: i64) -> Vec<Mark> {
        charts::marks(self.bench.world(), start_ms, end_ms)
            .into_iter()
            .map(rows::mark)
            .collect()
    }

    fn shell_note(&self) -> Option<String> {
        self.resumed.then(|| NEW_SHELL.to_owned())
    }

    fn prompt(&self) -> String {
        self.bench.prompt()
    }

    fn shell(&mut self, line: &str) -> ShellReply {
        self.looks.flush(&mut self.bench);
        rows::shell_reply(self.bench.shell_live(Door::Shell, line))
    }

    fn shell_poll(&mut self, job: u64) -> ShellReply {
        rows::shell_reply(self.bench.shell_poll(Door::Shell, job))
    }

    fn shell_interrupt(&mut self, job: u64) -> ShellReply {
        rows::shell_reply(self.bench.shell_interrupt(Door::Shell, job))
    }

    fn complete(&mut self, line: &str, cursor: usize) -> Completions {
        let (from, items) = self.bench.complete(line, cursor);
        let items = items
            .into_iter()
            .map(|(text, about)| Completion { text, about })
            .collect();
        Completions { from, items }
    }

    fn pages(&mut self) -> Vec<PageRow> {
        rows::pages(self.bench.world())
    }

    fn page_timeline(&mut self, page: &str) -> Vec<TimelineRow> {
        rows::timeline(self.bench.world(), page)
    }

    fn changes(&mut self) -> Vec<ChangeRow> {
        changes::all(self.bench.world())
            .into_iter()
            .map(rows::change)
            .collect()
    }

    fn change_detail(&mut self, change: &str) -> Vec<DetailLine> {
        changes::detail(self.bench.world(), change)
            .map(|(text, _)| rows::detail(&text))
            .unwrap_or_default()
    }

    fn files(&mut self, folder: &str) -> Vec<FileRow> {
        let entries = code::folder(self.bench.world(), folder).into_iter();
        entries
            .map(|(name, path, is_folder)| FileRow {
                name,
                path,
                is_folder,
                about: String::new(),
            })
            .collect()
    }

    fn file(&mut self, path: &str) -> Result<FileText, String> {
        code::file(self.bench.world(), path)
            .map(|(text, shown, revision)| FileText {
                path: path.to_owned(),
                id: shown.id(),
                text,
                revision,
            })
            .ok_or_else(|| format!("{path}: no such file"))
    }

    fn kinds(&mut self) -> Vec<KindRow> {
        Self::browse_kinds()
    }

    fn browse(&mut self, ask: &str, search: &str) -> Result<Browsed, String> {
        self.do_browse(ask, search)
    }

    fn browse_again(&mut self, ask: &str) -> Result<Browsed, String> {
        self.do_browse_again(ask)
    }

    fn trace_services(&mut self) -> Vec<String> {
        board::traces::services(self.bench.world())
    }

    fn traces(&mut self, query: &TraceQuery) -> TraceList {
        traces::list(self.bench.world(), query)
    }

    fn trace(&mut self, trace: &str) -> Result<TraceView, String> {
        traces::open(self.bench.world(), trace)
    }

    fn trace_of_line(&mut self, cursor: &str) -> Option<String> {
        board::traces::of_line(self.bench.world(), cursor)
    }

    fn notebook(&mut self) -> Notebook {
        rows::notebook(&self.bench)
    }

    fn debrief(&mut self) -> Option<Report> {
        self.is_over().then(|| {
            let debrief = self.debriefed();
            debriefing::report(debrief)
        })
    }

    fn remarks(&self) -> Vec<String> {
        let tail = self.bench.session().journal().tail();
        tail.message().into_iter().collect()
    }

    fn close(&mut self) -> Option<String> {
        if self.watched.is_none() && self.is_over() {
            let summary = self.debriefed().0.summary();
            let concluded = self.bench.session_mut().conclude(summary);
            self.note(concluded.map_err(|error| error.to_string()));
        }
        if let Saving::Unsaved(unsaved) = self.bench.session().saving() {
            self.trouble
                .get_or_insert_with(|| format!("not saved: {unsaved}"));
        }
        self.trouble.clone()
    }
}

impl RealDesk {
    /// Whether there is nothing left to play. A finished drill is over even where its replay differs.
    const fn is_over(&self) -> bool {
        self.watched.is_some() || self.bench.session().is_over()
    }

    /// The debrief with the report as it is now, and whether the report can still be written.
    fn debriefed(&mut self) -> (&Debrief, bool) {
        let is_open = self.watched.is_none();
        let session = self.bench.session();
        let debrief = self.debrief.get_or_insert_with(|| {
            let played = Played::of(session);
            let records = self.watched.as_deref().unwrap_or(played.records);
            Box::new(debrief::debrief(&Played { records, ..played }))
        });
        debrief.report.clone_from(&session.world().trainee().report);
        (debrief, is_open)
    }

    fn note(&mut self, result: Result<(), String>) {
        if let Err(error) = result {
            self.trouble = Some(error);
        }
    }

    fn unread_mentions(&self) -> u32 {
        let world = self.bench.world();
        let page = world.plan().page.millis() - 1_800_000;
        let count = world.slack().posts().iter().filter(|post| {
            let read = self.read.get(&post.channel).copied().unwrap_or(page);
            post.at.millis() > read && slack::messages::mentions(&post.text, world.trainee_handle())
        });
        count.count() as u32
    }
}
