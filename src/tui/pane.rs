//! What a pane is: its name and number, what it is asked and what it asks for. The panes themselves are in `panes/`.

use ratatui::crossterm::event::KeyEvent;

use super::canvas::{Canvas, Run};
use super::keymap::Context;
use super::modal::Modal;
use super::verbs::Verb;
use super::world::{
    Act, AskToken, Browsed, Choice, Completions, Desk, KindRow, Look, ShellReply, Status, Tone,
};

/// The panes of the board, in the order of their number keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaneId {
    /// Channels and messages.
    Slack,
    /// Log lines.
    Logs,
    /// Charts.
    Metrics,
    /// The shell.
    Shell,
    /// Pages.
    Pager,
    /// Commits and rollouts.
    Changes,
    /// Repository files.
    Code,
    /// Evidence, hypotheses, hints, claim, report.
    Notebook,
    /// Everything else that is listed and opened.
    Browser,
    /// Traces of requests.
    Traces,
}

impl PaneId {
    /// All of them, by number.
    pub const ALL: [Self; 10] = [
        Self::Slack,
        Self::Logs,
        Self::Metrics,
        Self::Shell,
        Self::Pager,
        Self::Changes,
        Self::Code,
        Self::Notebook,
        Self::Browser,
        Self::Traces,
    ];

    /// The key that opens it.
    pub const fn number(self) -> usize {
        match self {
            Self::Traces => 0,
            _ => self as usize + 1,
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::Logs => "Logs",
            Self::Metrics => "Metrics",
            Self::Shell => "Shell",
            Self::Pager => "Pager",
            Self::Changes => "Changes",
            Self::Code => "Code",
            Self::Notebook => "Notebook",
            Self::Browser => "Browse",
            Self::Traces => "Traces",
        }
    }

    /// Its plain name, as the journal writes it.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Shell => "shell",
            Self::Pager => "pager",
            Self::Changes => "changes",
            Self::Code => "code",
            Self::Notebook => "notebook",
            Self::Browser => "browser",
            Self::Traces => "traces",
        }
    }

    /// The verb that goes to it.
    pub const fn verb(self) -> Verb {
        match self {
            Self::Slack => Verb::Slack,
            Self::Logs => Verb::Logs,
            Self::Metrics => Verb::Metrics,
            Self::Shell => Verb::Shell,
            Self::Pager => Verb::Pager,
            Self::Changes => Verb::Changes,
            Self::Code => Verb::Code,
            Self::Notebook => Verb::Notebook,
            Self::Browser => Verb::Browser,
            Self::Traces => Verb::Traces,
        }
    }

    /// The keymap's context for it.
    pub const fn context(self) -> Context {
        match self {
            Self::Slack => Context::Slack,
            Self::Logs => Context::Logs,
            Self::Metrics => Context::Metrics,
            Self::Shell => Context::Shell,
            Self::Pager => Context::Pager,
            Self::Changes => Context::Changes,
            Self::Code => Context::Code,
            Self::Notebook => Context::Notebook,
            Self::Browser => Context::Browser,
            Self::Traces => Context::Traces,
        }
    }

    /// The pane a verb goes to.
    pub fn from_verb(verb: Verb) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.verb() == verb)
    }

    /// The pane `steps` further on, around the end.
    pub fn step(self, steps: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let index = (self as isize + steps).rem_euclid(count) as usize;
        Self::ALL.get(index).copied().unwrap_or(self)
    }
}

/// Columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Where the keys of a pane go now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The contexts, innermost first; the board's are added unless it is typing.
    pub contexts: Vec<Context>,
    /// Whether keys without a meaning are typed text.
    pub typing: bool,
}

impl Listening {
    /// Keys have meanings.
    pub fn keys(contexts: &[Context]) -> Self {
        Self {
            contexts: contexts.to_vec(),
            typing: false,
        }
    }

    /// Keys are text unless the context says otherwise.
    pub fn typing(context: Context) -> Self {
        Self {
            contexts: vec![context],
            typing: true,
        }
    }
}

/// What a pane is told.
#[derive(Clone, Debug)]
pub enum PaneAction {
    /// A key or command with this meaning.
    Verb(Verb),
    /// A key that types.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// A click on a row of one of its lists; the second in a row opens.
    Row {
        /// Which list.
        list: u8,
        /// The row.
        row: usize,
        /// Whether it was clicked twice.
        twice: bool,
    },
    /// A click in its drawing: the column and how many there are.
    Column {
        /// The column.
        column: u16,
        /// All columns.
        columns: u16,
    },
    /// The wheel, in rows; up is negative.
    Wheel(i32),
    /// It got the focus.
    Focused,
    /// What the desk answered to its effect.
    Answer(Answer),
}

/// What the desk answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To a command line, or to a poll of a running one.
    Shell(ShellReply),
    /// To a request for completions.
    Completions(Completions),
    /// To an act.
    Acted(Result<String, String>),
    /// The outside editor came back with this text.
    Edited {
        /// What was edited.
        subject: String,
        /// The text.
        text: String,
    },
    /// Something another pane or modal chose for this one.
    Chosen(String),
    /// Several queries with their titles: a dashboard.
    Panels {
        /// Its title.
        title: String,
        /// Titles and queries.
        panels: Vec<(String, String)>,
    },
    /// A moment to show, of a service where one is named.
    Moment {
        /// When.
        at_ms: i64,
        /// Whose.
        service: Option<String>,
    },
    /// The kinds of things that can be listed.
    Kinds(Vec<KindRow>),
    /// A list or a thing that was asked for.
    Browsed(Result<Box<Browsed>, String>),
    /// A file to edit.
    EditFile {
        /// Its path.
        path: String,
        /// Its text.
        text: String,
    },
}

/// Work for the driver, or for the interface itself.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Do something in the drill; the pane is told how it went.
    Act(PaneId, Act),
    /// Run a command line.
    Shell(String),
    /// Ask a running command for more.
    ShellPoll(u64),
    /// Interrupt a running command.
    ShellInterrupt(u64),
    /// Ask what could stand at a place of the command line.
    Complete {
        /// The line.
        line: String,
        /// The place, in bytes.
        cursor: usize,
    },
    /// Ask what could stand at a place of a query.
    CompleteQuery {
        /// The query.
        line: String,
        /// The place, in bytes.
        cursor: usize,
    },
    /// Ask for a list or a thing, of the systems that are browsed.
    Browse {
        /// What is asked.
        ask: AskToken,
        /// What the system is to search for.
        search: String,
    },
    /// Edit a text outside, for a pane: what is edited comes back with the text.
    ExternalEdit(PaneId, String, String),
    /// Say something in the notice line.
    Notice(Tone, String),
    /// Open a modal.
    Modal(Box<Modal>),
    /// Give another pane the focus.
    Focus(PaneId),
    /// Tell another pane something.
    Tell(PaneId, Answer),
    /// The same as a key with this meaning.
    Verb(Verb),
    /// Set the clock's speed.
    SetSpeed(u32),
    /// Stop or start the clock.
    SetPaused(bool),
    /// Move the clock to the next thing that can be seen.
    Skip,
    /// Open a drill.
    Open(Choice),
    /// Leave the drill for the title screen.
    Leave,
    /// End the program.
    Exit,
}

/// What a pane needs to know to draw itself.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Whether it has the focus.
    pub focused: bool,
    /// Simulated time.
    pub now_ms: i64,
    /// The player's time, for what blinks.
    pub beat_ms: u64,
}

/// One pane of the board.
pub trait Pane {
    /// Where keys go now.
    fn listening(&self) -> Listening;
    /// Takes in what happened; says what work follows. No access to the drill.
    fn on(&mut self, action: PaneAction) -> Vec<Effect>;
    /// Reads what it shows from the desk, if it changed or the query did.
    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, status: &Status);
    /// Draws what it read.
    fn draw(&self, canvas: &mut Canvas<'_>, view: &View);
    /// What its border says after its name.
    fn caption(&self) -> Vec<Run> {
        Vec::new()
    }
    /// What it shows, for the journal.
    fn look(&self) -> Option<Look>;
}
