//! The driver: feeds the interface with inputs and time, does its effects on the drill, reads what it shows, draws.
//! It owns the drill; it knows no terminal, so tests drive it the same way.

use ratatui::buffer::Buffer;

use super::action::{Action, Input};
use super::keymap::Keymap;
use super::layout;
use super::pane::{Answer, Effect, PaneId, Size};
use super::theme::Theme;
use super::ui::{Screen, Ui};
use super::view;
use super::world::{Act, Choice, Desk, Family, Lobby, Look, PageState, Phase, Tone};

/// The most rounds of effects that one input may cause.
const MAX_ROUNDS: usize = 32;
/// What is shown of the drill is read again this often, at most.
const REFRESH_MS: u64 = 120;

/// A text that is to be edited in an outside program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRequest {
    /// The pane that asked.
    pub pane: PaneId,
    /// What is edited.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// The interface with the drill it shows.
pub struct App {
    /// The interface's state.
    pub ui: Ui,
    lobby: Box<dyn Lobby>,
    desk: Option<Box<dyn Desk>>,
    looks: Vec<Look>,
    known_pages: Vec<String>,
    pager_seen: Option<u64>,
    beat_ms: u64,
    refreshed_ms: Option<u64>,
    dirty: bool,
    edit: Option<EditRequest>,
    ended: bool,
    /// What could not be saved of the drill that was left last.
    farewell: Option<String>,
}

impl App {
    /// The interface at the title screen.
    pub fn new(lobby: Box<dyn Lobby>, theme: Theme, keymap: Keymap, size: Size) -> Self {
        let mut app = Self {
            ui: Ui::new(theme, keymap, size),
            lobby,
            desk: None,
            looks: Vec::new(),
            known_pages: Vec::new(),
            pager_seen: None,
            beat_ms: 0,
            refreshed_ms: None,
            dirty: true,
            edit: None,
            ended: false,
            farewell: None,
        };
        app.load_lists();
        app
    }

    /// Whether the program is to end.
    pub const fn is_over(&self) -> bool {
        self.ended
    }

    /// What could not be saved of the drill that was left last: for the end of the program.
    pub fn farewell(&self) -> Option<&str> {
        self.farewell.as_deref()
    }

    /// Whether something changed since it was last drawn.
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Whether time changes what is shown, so that ticks must come often.
    pub fn is_moving(&self) -> bool {
        let running = self
            .ui
            .status
            .as_ref()
            .is_some_and(|status| !status.paused && !status.phase.is_over());
        running || self.ui.is_animated()
    }

    /// The text that is to be edited outside, once.
    pub fn take_edit(&mut self) -> Option<EditRequest> {
        self.edit.take()
    }

    /// Opens a drill, as choosing it on the title screen does.
    pub fn open(&mut self, choice: Choice) {
        self.run(vec![Effect::Open(choice)]);
    }

    /// Takes in an input.
    pub fn input(&mut self, input: Input) {
        self.take(Action::Input(input));
        self.refreshed_ms = None;
    }

    /// Gives what came back from the outside editor.
    pub fn edited(&mut self, request: EditRequest, text: String) {
        let answer = Answer::Edited {
            subject: request.subject,
            text,
        };
        self.take(Action::Answer(request.pane, answer));
    }

    /// Says something at the bottom of the screen.
    pub fn notice(&mut self, tone: Tone, words: String) {
        self.take(Action::Notice(tone, words));
    }

    fn take(&mut self, action: Action) {
        self.dirty = true;
        let effects = self.ui.update(action);
        self.run(effects);
    }

    /// Lets time pass: `beat_ms` is the player's time since the start.
    pub fn tick(&mut self, beat_ms: u64) {
        let passed = beat_ms.saturating_sub(self.beat_ms);
        self.beat_ms = beat_ms;
        if self.ui.is_animated() {
            self.dirty = true;
        }
        let mut effects = self.ui.update(Action::Beat(beat_ms));
        if let Some(desk) = self.desk.as_mut() {
            desk.advance(passed);
            if let Some(job) = self.ui.panes.running_job() {
                effects.push(Effect::ShellPoll(job));
            }
        }
        self.run(effects);
        self.read_status();
        self.watch_end();
        self.watch_pager();
    }

    fn read_status(&mut self) {
        let Some(desk) = self.desk.as_ref() else {
            return;
        };
        let status = desk.status();
        if self.ui.status.as_ref() == Some(&status) {
            return;
        }
        self.dirty = true;
        self.ui.update(Action::Status(Box::new(status)));
    }

    /// Opens the debrief once the drill is over.
    fn watch_end(&mut self) {
        let over = self
            .ui
            .status
            .as_ref()
            .is_some_and(|status| status.phase.is_over());
        if over
            && self.ui.screen == Screen::Board
            && let Some(report) = self.desk.as_mut().and_then(|desk| desk.debrief())
        {
            self.dirty = true;
            self.ui.update(Action::Debrief(Box::new(report)));
        }
    }

    /// Rings for pages that have just arrived for the trainee.
    fn watch_pager(&mut self) {
        let on_board = self.ui.screen == Screen::Board;
        let Some(desk) = self.desk.as_mut().filter(|_| on_board) else {
            return;
        };
        let revision = desk.revision(Family::Pager);
        if self.pager_seen == Some(revision) {
            return;
        }
        self.pager_seen = Some(revision);
        let ringing: Vec<_> = desk
            .pages()
            .into_iter()
            .filter(|page| page.is_mine && page.state == PageState::Triggered)
            .collect();
        let fresh: Vec<_> = ringing
            .iter()
            .filter(|page| !self.known_pages.contains(&page.id))
            .cloned()
            .collect();
        self.known_pages = ringing.into_iter().map(|page| page.id).collect();
        for page in fresh {
            self.dirty = true;
            self.ui.update(Action::Paged(page));
        }
    }

    fn load_lists(&mut self) {
        let scenarios = self.lobby.scenarios();
        let drills = self.lobby.unfinished();
        self.ui.update(Action::Lists { scenarios, drills });
    }

    /// Does effects, and those that follow from them.
    fn run(&mut self, effects: Vec<Effect>) {
        let mut effects = effects;
        for _ in 0..MAX_ROUNDS {
            if effects.is_empty() {
                return;
            }
            self.dirty = true;
            let mut next = Vec::new();
            for effect in effects {
                for action in self.perform(effect) {
                    next.extend(self.ui.update(action));
                }
            }
            self.refreshed_ms = None;
            effects = next;
        }
    }

    fn perform(&mut self, effect: Effect) -> Vec<Action> {
        match effect {
            Effect::Exit => {
                self.leave();
                self.ended = true;
                Vec::new()
            }
            Effect::Leave => {
                self.leave();
                self.load_lists();
                let unsaved = self.farewell.clone();
                let told = unsaved.map(|unsaved| Action::Notice(Tone::Bad, unsaved));
                std::iter::once(Action::Left).chain(told).collect()
            }
            Effect::Open(choice) => self.open_drill(&choice),
            Effect::ExternalEdit(pane, subject, text) => {
                self.edit = Some(EditRequest {
                    pane,
                    subject,
                    text,
                });
                Vec::new()
            }
            effect => self.on_desk(effect),
        }
    }

    fn leave(&mut self) {
        if let Some(desk) = self.desk.as_mut() {
            desk.look(&[]);
            self.farewell = desk.close();
        }
        self.desk = None;
        self.looks.clear();
    }

    fn open_drill(&mut self, choice: &Choice) -> Vec<Action> {
        match self.lobby.open(choice) {
            Ok(mut desk) => {
                let briefing = desk.briefing();
                let status = desk.status();
                let remarks = desk.remarks().into_iter();
                let kinds = Answer::Kinds(desk.kinds());
                self.known_pages.clear();
                self.pager_seen = None;
                self.looks.clear();
                self.desk = Some(desk);
                let opened = Action::Opened(Box::new(briefing), Box::new(status));
                let told = remarks.map(|remark| Action::Notice(Tone::Plain, remark));
                let kinds = Action::Answer(PaneId::Browser, kinds);
                [opened, kinds].into_iter().chain(told).collect()
            }
            Err(problem) => vec![Action::Notice(Tone::Bad, problem)],
        }
    }

    /// An effect that concerns the drill.
    fn on_desk(&mut self, effect: Effect) -> Vec<Action> {
        let Some(desk) = self.desk.as_mut() else {
            return Vec::new();
        };
        let shell = |answer| vec![Action::Answer(PaneId::Shell, answer)];
        match effect {
            Effect::Act(pane, act) => {
                let begins = act == Act::Begin;
                let writes = matches!(act, Act::SaveReport { .. });
                let result = desk.act(act);
                let (tone, words) = match &result {
                    Ok(said) => (Tone::Good, said.clone()),
                    Err(problem) => (Tone::Bad, problem.clone()),
                };
                let status = desk.status();
                let mut actions = vec![Action::Answer(pane, Answer::Acted(result))];
                if !(begins && tone == Tone::Good) {
                    actions.push(Action::Notice(tone, words));
                }
                if status.phase != Phase::Briefing {
                    actions.push(Action::Status(Box::new(status)));
                }
                if writes
                    && self.ui.screen == Screen::Debrief
                    && let Some(report) = desk.debrief()
                {
                    actions.push(Action::Debrief(Box::new(report)));
                }
                actions
            }
            Effect::Shell(line) => shell(Answer::Shell(desk.shell(&line))),
            Effect::ShellPoll(job) => shell(Answer::Shell(desk.shell_poll(job))),
            Effect::ShellInterrupt(job) => shell(Answer::Shell(desk.shell_interrupt(job))),
            Effect::Complete { line, cursor } => {
                shell(Answer::Completions(desk.complete(&line, cursor)))
            }
            Effect::CompleteQuery { line, cursor } => {
                let found = desk.complete_query(&line, cursor);
                vec![Action::Answer(PaneId::Metrics, Answer::Completions(found))]
            }
            Effect::Browse { ask, search } => {
                let found = desk.browse(&ask, &search).map(Box::new);
                vec![Action::Answer(PaneId::Browser, Answer::Browsed(found))]
            }
            Effect::SetSpeed(speed) => {
                desk.set_speed(speed);
                vec![Action::Status(Box::new(desk.status()))]
            }
            Effect::SetPaused(paused) => {
                desk.set_paused(paused);
                vec![Action::Status(Box::new(desk.status()))]
            }
            Effect::Skip => {
                let (tone, words) = match desk.skip() {
                    Ok(said) => (Tone::Plain, said),
                    Err(problem) => (Tone::Missed, problem),
                };
                vec![
                    Action::Status(Box::new(desk.status())),
                    Action::Notice(tone, words),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// Reads what the panes on screen show, and tells the drill what is looked at.
    fn refresh(&mut self) {
        let due = self
            .refreshed_ms
            .is_none_or(|at| self.beat_ms.saturating_sub(at) >= REFRESH_MS);
        if !due {
            return;
        }
        self.refreshed_ms = Some(self.beat_ms);
        let on_board = self.ui.screen == Screen::Board && !self.ui.is_covered();
        let (Some(desk), Some(status)) = (self.desk.as_mut(), self.ui.status.clone()) else {
            return;
        };
        if on_board {
            for (pane, part) in self.ui.plan().panes {
                let inside = layout::inside(part);
                let size = Size {
                    width: inside.width,
                    height: inside.height,
                };
                self.ui
                    .panes
                    .get_mut(pane)
                    .refresh(desk.as_mut(), size, &status);
            }
        }
        let looks = self.ui.looks();
        if looks != self.looks {
            desk.look(&looks);
            self.looks = looks;
        }
    }

    /// Draws everything.
    pub fn draw(&mut self, buffer: &mut Buffer) {
        self.refresh();
        view::draw(&mut self.ui, buffer);
        self.dirty = false;
    }
}
