//! The interface's state, and `update`: what it makes of an action. Pure; no drill, no terminal, no clock in here.

mod board;
mod palette;
#[cfg(test)]
mod tests;

use ratatui::crossterm::event::KeyEvent;

use super::action::{Action, Input};
use super::hits::{Hit, Hits};
use super::keymap::{Context, Keymap};
use super::keys::Chord;
use super::layout::{self, Plan, Room};
use super::modal::{HelpSheet, Modal, PageAlert, Question};
use super::pane::{Effect, Listening, PaneAction, PaneId, Size};
use super::panes::Panes;
use super::screens::briefing::BriefingScreen;
use super::screens::debrief::DebriefScreen;
use super::screens::title::TitleScreen;
use super::theme::Theme;
use super::verbs::Verb;
use super::world::{Act, Mode, Phase, Status, Tone};

/// Two clicks on one place within this time are a double click.
const DOUBLE_CLICK_MS: u64 = 400;
/// How long a notice stays.
const NOTICE_MS: u64 = 6_000;
/// The most internal effects that one action may cause.
const MAX_CASCADE: usize = 64;

/// Which screen is shown under the modals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The title.
    Title,
    /// The briefing.
    Briefing,
    /// The board.
    Board,
    /// The debrief.
    Debrief,
}

/// Something said at the bottom of the screen for a while.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub text: String,
    /// Until when, in the player's time.
    pub until_ms: u64,
}

/// The whole state of the interface.
pub struct Ui {
    /// The screen's size.
    pub size: Size,
    /// The player's time.
    pub beat_ms: u64,
    /// The keymap.
    pub keymap: Keymap,
    /// The theme.
    pub theme: Theme,
    /// The screen.
    pub screen: Screen,
    /// What lies over it, the last on top.
    pub modals: Vec<Modal>,
    /// The title screen.
    pub title: TitleScreen,
    /// The briefing.
    pub briefing: BriefingScreen,
    /// The debrief.
    pub debrief: DebriefScreen,
    /// The panes.
    pub panes: Panes,
    /// The pane in focus.
    pub focus: PaneId,
    /// Whether it has the whole screen.
    pub zoomed: bool,
    /// The drill's status, while one is open.
    pub status: Option<Status>,
    /// What is being said.
    pub notice: Option<Notice>,
    /// The click regions of the last frame.
    pub hits: Hits,
    last_click: Option<(u16, u16, u64)>,
}

impl Ui {
    /// The interface at the title screen.
    pub fn new(theme: Theme, keymap: Keymap, size: Size) -> Self {
        Self {
            size,
            beat_ms: 0,
            keymap,
            theme,
            screen: Screen::Title,
            modals: Vec::new(),
            title: TitleScreen::default(),
            briefing: BriefingScreen::default(),
            debrief: DebriefScreen::default(),
            panes: Panes::default(),
            focus: PaneId::Slack,
            zoomed: false,
            status: None,
            notice: None,
            hits: Hits::default(),
            last_click: None,
        }
    }

    /// Whether a paused, scored drill is covered.
    pub fn is_covered(&self) -> bool {
        self.screen == Screen::Board
            && self.status.as_ref().is_some_and(|status| {
                status.paused && status.mode == Mode::Scored && !status.phase.is_over()
            })
    }

    /// Where the board's parts are.
    pub fn plan(&self) -> Plan {
        layout::plan(self.size, self.focus, self.zoomed)
    }

    /// Whether something on screen moves by itself.
    pub fn is_animated(&self) -> bool {
        self.notice.is_some() || matches!(self.modals.last(), Some(Modal::Page(_)))
    }

    /// Where keys go now, innermost first.
    pub fn listening(&self) -> Listening {
        let mut listening = if let Some(modal) = self.modals.last() {
            modal.listening()
        } else if self.is_covered() {
            Listening::keys(&[Context::Paused])
        } else {
            match self.screen {
                Screen::Title => Listening::keys(&[Context::Title, Context::Moving]),
                Screen::Briefing => Listening::keys(&[Context::Briefing, Context::Moving]),
                Screen::Debrief => self.debrief.listening(),
                Screen::Board => {
                    let mut pane = self.panes.get(self.focus).listening();
                    if !pane.typing {
                        pane.contexts.extend([Context::Board, Context::Moving]);
                    }
                    pane
                }
            }
        };
        listening.contexts.push(Context::Anywhere);
        listening
    }

    /// Takes in an action; gives the work for the driver.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        let effects = match action {
            Action::Input(input) => self.on_input(input),
            Action::Beat(beat_ms) => {
                self.on_beat(beat_ms);
                Vec::new()
            }
            Action::Status(status) => {
                self.on_status(*status);
                Vec::new()
            }
            Action::Lists { scenarios, drills } => {
                self.title.set_lists(scenarios, drills);
                Vec::new()
            }
            Action::Opened(briefing, status) => {
                self.on_opened(*briefing, *status);
                Vec::new()
            }
            Action::Left => {
                self.notice = None;
                self.screen = Screen::Title;
                self.status = None;
                self.modals.clear();
                Vec::new()
            }
            Action::Debrief(report) if self.screen == Screen::Debrief => {
                self.debrief.renew(*report);
                Vec::new()
            }
            Action::Debrief(report) => {
                self.modals.clear();
                self.notice = None;
                self.debrief = DebriefScreen::new(*report);
                self.screen = Screen::Debrief;
                Vec::new()
            }
            Action::Paged(page) => {
                self.modals.push(Modal::Page(PageAlert::new(page)));
                Vec::new()
            }
            Action::Answer(pane, answer) => self.panes.get_mut(pane).on(PaneAction::Answer(answer)),
            Action::Notice(tone, text) => {
                self.say(tone, text);
                Vec::new()
            }
        };
        self.settle(effects)
    }

    /// Does the effects that concern the interface alone and gives the others.
    fn settle(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut queue = std::collections::VecDeque::from(effects);
        let mut outside = Vec::new();
        for _ in 0..MAX_CASCADE {
            let Some(effect) = queue.pop_front() else {
                break;
            };
            match effect {
                Effect::Modal(modal) => self.modals.push(*modal),
                Effect::Focus(pane) => queue.extend(self.focus_on(pane)),
                Effect::Tell(pane, answer) => {
                    queue.extend(self.panes.get_mut(pane).on(PaneAction::Answer(answer)));
                }
                Effect::Verb(verb) => queue.extend(self.on_verb(verb)),
                Effect::Notice(tone, text) => self.say(tone, text),
                other => outside.push(other),
            }
        }
        outside
    }

    /// Says something for a while.
    fn say(&mut self, tone: Tone, text: String) {
        if !text.is_empty() {
            self.notice = Some(Notice {
                tone,
                text,
                until_ms: self.beat_ms + NOTICE_MS,
            });
        }
    }

    fn on_beat(&mut self, beat_ms: u64) {
        self.beat_ms = beat_ms;
        if self
            .notice
            .as_ref()
            .is_some_and(|notice| notice.until_ms <= beat_ms)
        {
            self.notice = None;
        }
    }

    fn on_opened(&mut self, briefing: super::world::Briefing, status: Status) {
        self.panes = Panes::default();
        self.focus = PaneId::Slack;
        self.zoomed = false;
        self.modals.clear();
        self.screen = if status.phase == Phase::Briefing {
            Screen::Briefing
        } else {
            Screen::Board
        };
        self.briefing = BriefingScreen::new(briefing);
        self.status = Some(status);
    }

    fn on_status(&mut self, status: Status) {
        if self.screen == Screen::Briefing && status.phase != Phase::Briefing {
            self.screen = Screen::Board;
        }
        let before = self.status.as_ref().map(|old| old.phase.clone());
        if before.as_ref() != Some(&status.phase) {
            match status.phase {
                Phase::Relapsed => {
                    self.say(Tone::Bad, "It is back: the drill has relapsed.".into());
                }
                Phase::Mitigated => self.say(
                    Tone::Good,
                    "Customers are served again. Is the cause gone, too?".into(),
                ),
                _ => {}
            }
        }
        self.status = Some(status);
    }

    fn on_input(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Resized(size) => {
                self.size = size;
                Vec::new()
            }
            Input::Terminated => vec![Effect::Exit],
            Input::Key(key) => self.on_key(key),
            _ if Room::of(self.size) == Room::None => Vec::new(),
            Input::Paste(text) => {
                if self.listening().typing {
                    self.forward(PaneAction::Paste(text))
                } else {
                    Vec::new()
                }
            }
            Input::Click { column, row } => self.on_click(column, row),
            Input::Wheel { column, row, rows } => self.on_wheel(column, row, rows),
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let listening = self.listening();
        match self.keymap.resolve(&listening.contexts, Chord::from(key)) {
            Some(verb) => self.on_verb(verb),
            None if listening.typing => self.forward(PaneAction::Key(key)),
            None => Vec::new(),
        }
    }

    fn on_click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        let twice = self.last_click.is_some_and(|(x, y, at)| {
            (x, y) == (column, row) && self.beat_ms.saturating_sub(at) < DOUBLE_CLICK_MS
        });
        self.last_click = (!twice).then_some((column, row, self.beat_ms));
        match self.hits.at(column, row) {
            None | Some(Hit::Nothing) => Vec::new(),
            Some(Hit::Verb(verb)) => self.on_verb(verb),
            Some(Hit::Choice(choice)) => self.forward(PaneAction::Row {
                list: 0,
                row: choice,
                twice,
            }),
            Some(Hit::Pane(pane)) => self.focus_on(pane),
            Some(Hit::Row { pane, list, row }) => {
                let mut effects = self.focus_on(pane);
                let action = PaneAction::Row { list, row, twice };
                effects.extend(self.panes.get_mut(pane).on(action));
                effects
            }
            Some(Hit::Column {
                pane,
                left,
                columns,
            }) => {
                let mut effects = self.focus_on(pane);
                effects.extend(self.panes.get_mut(pane).on(PaneAction::Column {
                    column: column.saturating_sub(left),
                    columns,
                }));
                effects
            }
        }
    }

    fn on_wheel(&mut self, column: u16, row: u16, rows: i32) -> Vec<Effect> {
        let action = PaneAction::Wheel(rows);
        if !self.modals.is_empty() || self.screen != Screen::Board {
            return self.forward(action);
        }
        match self.hits.pane_at(column, row) {
            Some(pane) if !self.is_covered() => self.panes.get_mut(pane).on(action),
            _ => Vec::new(),
        }
    }

    /// Gives an action to whatever is on top.
    fn forward(&mut self, action: PaneAction) -> Vec<Effect> {
        if let Some(modal) = self.modals.last_mut() {
            let outcome = modal.on(&action);
            if outcome.close {
                self.modals.pop();
            }
            return outcome.effects;
        }
        match self.screen {
            Screen::Title => self.title.on(&action),
            Screen::Briefing => self.briefing.on(&action),
            Screen::Debrief => self.debrief.on(&action),
            Screen::Board if self.is_covered() => Vec::new(),
            Screen::Board => self.panes.get_mut(self.focus).on(action),
        }
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        if !self.modals.is_empty() {
            let verb = if verb == Verb::Interrupt {
                Verb::Back
            } else {
                verb
            };
            let is_page = matches!(self.modals.last(), Some(Modal::Page(_)));
            return if is_page && verb == Verb::Quit {
                self.ask_to_leave()
            } else {
                self.forward(PaneAction::Verb(verb))
            };
        }
        match (verb, self.screen) {
            (Verb::Help, _) => {
                let contexts = self.listening().contexts;
                let sheet = HelpSheet::new(&self.keymap, &contexts);
                self.modals.push(Modal::Help(sheet));
                Vec::new()
            }
            (verb, Screen::Debrief) if self.debrief.is_writing() => {
                self.forward(PaneAction::Verb(verb))
            }
            (Verb::Interrupt, Screen::Title | Screen::Briefing | Screen::Debrief) => {
                self.ask_to_leave()
            }
            (Verb::Quit, _) => self.ask_to_leave(),
            (_, Screen::Board) => self.on_board_verb(verb),
            (verb, _) => self.forward(PaneAction::Verb(verb)),
        }
    }

    /// Leaves at once where nothing is lost, asks elsewhere.
    fn ask_to_leave(&mut self) -> Vec<Effect> {
        match self.screen {
            Screen::Title => vec![Effect::Exit],
            Screen::Debrief => vec![Effect::Leave],
            Screen::Briefing | Screen::Board => {
                self.modals.push(Modal::Question(Question {
                    title: "Leave the drill?".to_owned(),
                    text: "It is kept as it is and waits on the title screen. Its clock stops."
                        .to_owned(),
                    yes: "leave".to_owned(),
                    no: "stay".to_owned(),
                    effects: vec![Effect::Leave],
                }));
                Vec::new()
            }
        }
    }

    /// Whether giving up was meant.
    fn ask_to_give_up(&mut self) {
        self.modals.push(Modal::Question(Question {
            title: "Give up?".to_owned(),
            text: "The drill ends here without an answer, and the debrief tells what happened."
                .to_owned(),
            yes: "give up".to_owned(),
            no: "go on".to_owned(),
            effects: vec![Effect::Act(PaneId::Pager, Act::GiveUp)],
        }));
    }
}
