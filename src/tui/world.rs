//! The seam between the interface and a drill: what panes read and how they act, as two traits and plain rows.
//! No drawing, no keys, no game logic. Whoever opens drills implements [`Lobby`] and [`Desk`].
//!
//! Reading is free and never journaled; only [`Desk::act`], [`Desk::shell`], [`Desk::browse`], the clock and
//! [`Desk::look`] leave a trace. Text in the rows may hold anything: the interface cleans it before it is shown.

mod browse;
mod chat;
mod notebook;
mod report;
mod telemetry;
mod traces;
mod work;

pub use browse::*;
pub use chat::*;
pub use notebook::*;
pub use report::*;
pub use telemetry::*;
pub use traces::*;
pub use work::*;

use std::sync::Arc;

/// The identity of something a pane showed (a log line, a message, a commit, a series): what a pin keeps.
pub type ArtifactId = String;

/// Where drills come from: the title screen's lists, and opening one.
pub trait Lobby {
    /// The scenarios that can be played, in the order they are shown.
    fn scenarios(&mut self) -> Vec<ScenarioRow>;
    /// Drills that were begun and not ended, newest first.
    fn unfinished(&mut self) -> Vec<DrillRow>;
    /// Opens a drill; the error is a sentence for the player.
    fn open(&mut self, choice: &Choice) -> Result<Box<dyn Desk>, String>;
}

/// One drill as the interface sees it.
pub trait Desk {
    /// What the header shows. Cheap: asked at every tick.
    fn status(&self) -> Status;
    /// A number that changes when what a family shows may have changed. Cheap: asked at every tick.
    fn revision(&self, family: Family) -> u64;
    /// What the trainee is told before the clock starts.
    fn briefing(&mut self) -> Briefing;
    /// Lets `wall_ms` of the player's time pass; the clock's speed makes simulated time of it.
    fn advance(&mut self, wall_ms: u64);
    /// Simulated seconds per second.
    fn set_speed(&mut self, speed: u32);
    /// Stops or starts the clock.
    fn set_paused(&mut self, paused: bool);
    /// Moves the clock to the next thing the trainee can see; the answer says what it was.
    fn skip(&mut self) -> Result<String, String>;
    /// What is on screen now. Called when it changed; how long it must stay to count is the journal's affair.
    fn look(&mut self, looks: &[Look]);
    /// Does something that changes the drill; the answer is a sentence for the notice line.
    fn act(&mut self, act: Act) -> Result<String, String>;

    /// The channels, in the order they are shown.
    fn channels(&mut self) -> Vec<ChannelRow>;
    /// At most `limit` messages of a channel before a cursor (the newest without one), oldest first.
    fn messages(&mut self, channel: &str, before: Option<&str>, limit: usize) -> MessagesPage;
    /// A message and its replies, oldest first.
    fn thread(&mut self, channel: &str, message: &str) -> Vec<MessageRow>;
    /// Everyone who can be mentioned.
    fn people(&mut self) -> Vec<PersonRow>;

    /// The services that log.
    fn log_services(&mut self) -> Vec<String>;
    /// Lines around a place in the lines that match.
    fn log_window(&mut self, query: &LogQuery, seek: &LogSeek, size: WindowSize) -> LogWindow;
    /// How many lines match in each of `buckets` equal parts of a time range, by level.
    fn log_histogram(
        &mut self,
        query: &LogQuery,
        start_ms: i64,
        end_ms: i64,
        buckets: usize,
    ) -> LogHistogram;
    /// One line's fields, in the order the line has them.
    fn log_fields(&mut self, line: &str) -> Vec<(String, String)>;
    /// The kinds of lines that a query finds in a time range, most lines first, as far as counted.
    fn log_groups(&mut self, query: &LogQuery, start_ms: i64, end_ms: i64) -> Vec<LogGroup> {
        let _ = (query, start_ms, end_ms);
        Vec::new()
    }
    /// A query for what belongs to a line: its pod's lines, or those of its trace; none where it has none.
    fn log_context(&mut self, cursor: &str, trace: bool) -> Option<String> {
        let _ = (cursor, trace);
        None
    }
    /// What could stand at `cursor` (a byte offset) of a query of lines.
    fn log_complete(&mut self, text: &str, cursor: usize) -> Completions {
        let _ = (text, cursor);
        Completions::default()
    }

    /// Every metric that can be asked for.
    fn metric_names(&mut self) -> Arc<[MetricRow]>;
    /// The queries that the metrics pane opens with: what the estate's main dashboard shows.
    fn starting_queries(&mut self) -> Vec<String>;
    /// Dashboards, the estate's own first.
    fn dashboards(&mut self) -> Vec<DashboardRow>;
    /// What could stand at `cursor` (a byte offset) of a query.
    fn complete_query(&mut self, query: &str, cursor: usize) -> Completions;
    /// Series of one or more queries over a time range.
    fn chart(&mut self, query: &ChartQuery) -> ChartData;
    /// Rollouts, alerts and the like in a time range, oldest first.
    fn marks(&mut self, start_ms: i64, end_ms: i64) -> Vec<Mark>;

    /// What the shell says before its first prompt, if there is something to say.
    fn shell_note(&self) -> Option<String> {
        None
    }
    /// The prompt the shell shows.
    fn prompt(&self) -> String;
    /// Runs one command line.
    fn shell(&mut self, line: &str) -> ShellReply;
    /// What a running command printed since it was last asked.
    fn shell_poll(&mut self, job: u64) -> ShellReply;
    /// Interrupts a running command, as Ctrl-C does.
    fn shell_interrupt(&mut self, job: u64) -> ShellReply;
    /// What could stand at `cursor` (a byte offset) of a command line.
    fn complete(&mut self, line: &str, cursor: usize) -> Completions;

    /// Pages, newest first.
    fn pages(&mut self) -> Vec<PageRow>;
    /// What happened to a page, oldest first.
    fn page_timeline(&mut self, page: &str) -> Vec<TimelineRow>;
    /// Commits, rollouts and other changes, newest first.
    fn changes(&mut self) -> Vec<ChangeRow>;
    /// One change in full.
    fn change_detail(&mut self, change: &str) -> Vec<DetailLine>;
    /// The entries of a folder of the repositories; the root is the empty string.
    fn files(&mut self, folder: &str) -> Vec<FileRow>;
    /// One file's text.
    fn file(&mut self, path: &str) -> Result<FileText, String>;

    /// The kinds of things that can be listed and opened.
    fn kinds(&mut self) -> Vec<KindRow> {
        Vec::new()
    }
    /// Asks for a list or a thing, as a line of the shell would: it costs its time. `search` is what the system itself is
    /// asked to find. The error is the system's own.
    fn browse(&mut self, ask: &str, search: &str) -> Result<Browsed, String> {
        let _ = (ask, search);
        Err("nothing can be listed here".to_owned())
    }
    /// The same list or thing as it is now, without a trace.
    fn browse_again(&mut self, ask: &str) -> Result<Browsed, String> {
        let _ = ask;
        Err("nothing can be listed here".to_owned())
    }

    /// The services that send spans.
    fn trace_services(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// Traces as the query asks for them.
    fn traces(&mut self, query: &TraceQuery) -> TraceList {
        let _ = query;
        TraceList::default()
    }
    /// One trace with its spans, or why it cannot be opened.
    fn trace(&mut self, trace: &str) -> Result<TraceView, String> {
        Err(format!("{trace}: no such trace"))
    }
    /// The digits of the trace that a log line shows, if it shows one; the line by its cursor.
    fn trace_of_line(&mut self, cursor: &str) -> Option<String> {
        let _ = cursor;
        None
    }

    /// The trainee's notebook.
    fn notebook(&mut self) -> Notebook;
    /// The debrief, once the drill has ended.
    fn debrief(&mut self) -> Option<Report>;
    /// What there is to say when the drill has been opened: that a record was torn, for instance.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
    /// Ends the visit: what is to be kept is kept. The answer says what could not be saved.
    fn close(&mut self) -> Option<String>;
}

/// A scenario on the title screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScenarioRow {
    /// The name it is opened by.
    pub id: String,
    /// The title people know it by.
    pub title: String,
    /// One or two sentences that tempt without telling.
    pub teaser: String,
    /// How hard, in the scenario's own word.
    pub difficulty: String,
    /// How hard, from 1 to 5.
    pub stars: u8,
    /// Minutes a run takes.
    pub minutes: u32,
    /// The estate it plays in.
    pub estate: String,
    /// The best result so far.
    pub best: Option<BestResult>,
}

/// The best result of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestResult {
    /// Points, out of `out_of`.
    pub points: u32,
    /// The most points there are.
    pub out_of: u32,
    /// How it ended, in one word.
    pub ending: String,
}

/// A drill that can be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillRow {
    /// The name it is opened by.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// Simulated time played.
    pub played_ms: i64,
    /// The state it is in.
    pub phase: Phase,
    /// When it was begun, as the player's clock said.
    pub begun: String,
}

/// What to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A new drill of a scenario.
    New {
        /// The scenario's id.
        scenario: String,
        /// A seed, if one was asked for.
        seed: Option<u64>,
        /// Practice: pausing reads freely and the result says so.
        practice: bool,
    },
    /// A drill that was begun before.
    Resume {
        /// The drill's id.
        drill: String,
    },
}

/// What the header shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The scenario's title.
    pub title: String,
    /// The severity, as the estate writes it: `P0`, `SEV1`.
    pub severity: String,
    /// Simulated time, milliseconds since the Unix epoch, UTC.
    pub now_ms: i64,
    /// When the drill began, in simulated time.
    pub began_ms: i64,
    /// Simulated seconds per second while running.
    pub speed: u32,
    /// Whether the clock stands still.
    pub paused: bool,
    /// The drill's state.
    pub phase: Phase,
    /// The business's own estimate of what it has lost.
    pub loss: Loss,
    /// Messages that mention the trainee and were not read.
    pub mentions: u32,
    /// Scored or practice.
    pub mode: Mode,
    /// What went wrong with the drill itself (a journal that cannot be written), for the player.
    pub trouble: Option<String>,
}

/// The state of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not begun: the briefing is open.
    Briefing,
    /// The page has arrived.
    Paged,
    /// Somebody has it.
    Acknowledged,
    /// It is being worked on.
    Investigating,
    /// Customers are served again.
    Mitigated,
    /// It came back.
    Relapsed,
    /// It is over, and was solved.
    Resolved,
    /// It is over; the sentence says how.
    Ended(String),
}

impl Phase {
    /// One word for the header.
    pub fn word(&self) -> &str {
        match self {
            Self::Briefing => "briefing",
            Self::Paged => "paged",
            Self::Acknowledged => "acknowledged",
            Self::Investigating => "investigating",
            Self::Mitigated => "mitigated",
            Self::Relapsed => "relapsed",
            Self::Resolved => "resolved",
            Self::Ended(how) => how,
        }
    }

    /// Whether the drill is over and has a debrief.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Resolved | Self::Ended(_))
    }
}

/// What the business says it has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// This level does not show it.
    Hidden,
    /// An estimate, and the simulated time it was made for.
    CustomerMinutes {
        /// Minutes that customers could not do what they came for.
        minutes: u64,
        /// The time the estimate is for.
        as_of_ms: i64,
    },
}

/// Whether a drill counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Pausing covers the board.
    Scored,
    /// Pausing reads freely.
    Practice,
}

/// What a revision is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Channels, messages, people.
    Chat,
    /// Log lines.
    Logs,
    /// Series and marks.
    Metrics,
    /// Pages and their timelines.
    Pager,
    /// Commits and rollouts.
    Changes,
    /// Repository files.
    Code,
    /// What is listed in the browser.
    Listed,
    /// Traces.
    Traces,
    /// Pins, hypotheses, hints, claim, report.
    Notebook,
}

/// What the trainee is told before the clock starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Briefing {
    /// The scenario's title.
    pub title: String,
    /// The severity.
    pub severity: String,
    /// Who the trainee is in this drill: `Sam, SRE on call`.
    pub role: String,
    /// The text, in Markdown.
    pub text: String,
    /// What ends the drill and what it is scored on, one point a line.
    pub goals: Vec<String>,
}

/// What one pane shows, for the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The pane, by its plain name: `slack`, `logs`, `metrics`, ...
    pub pane: &'static str,
    /// What it shows: a channel, a query, a file, a page.
    pub query: String,
    /// Its filter, as typed.
    pub filter: String,
    /// The artifact in its first row, or nothing when it follows the newest.
    pub first: Option<ArtifactId>,
    /// Rows on screen.
    pub rows: u16,
    /// Whether it stands still while time goes on.
    pub frozen: bool,
}

/// Something the trainee does to the world or the notebook through a pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ends the briefing: the clock starts.
    Begin,
    /// Takes a page.
    Acknowledge {
        /// The page.
        page: String,
    },
    /// Resolves a page.
    Resolve {
        /// The page.
        page: String,
    },
    /// Posts a message.
    Post {
        /// The channel.
        channel: String,
        /// The message it replies to.
        thread: Option<String>,
        /// What it says.
        text: String,
    },
    /// Keeps an artifact as evidence.
    Pin {
        /// What is kept.
        artifact: ArtifactId,
        /// One line that says what it is.
        label: String,
    },
    /// Lets go of a pin.
    Unpin {
        /// The pin.
        pin: String,
    },
    /// Writes or rewrites a hypothesis.
    SaveHypothesis(Hypothesis),
    /// Drops a hypothesis.
    DropHypothesis {
        /// The hypothesis.
        id: String,
    },
    /// Hands in the claim.
    Claim(Claim),
    /// Takes a hint, at its cost.
    TakeHint {
        /// The hint.
        hint: String,
    },
    /// Keeps the incident report.
    SaveReport {
        /// Its text.
        text: String,
    },
    /// Saves an edited file in the trainee's checkout.
    SaveFile {
        /// Its path.
        path: String,
        /// Its text.
        text: String,
    },
    /// Hands the incident over.
    HandOver {
        /// To whom, and what they should know.
        note: String,
    },
    /// Gives up.
    GiveUp,
}
