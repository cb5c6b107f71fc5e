//! The shell pane: a prompt with history and completion, and what commands printed.

mod scrollback;

use ratatui::layout::Rect;

use self::scrollback::{Kind, Scrollback};
use crate::tui::canvas::{Canvas, Run};
use crate::tui::keymap::Context;
use crate::tui::modal::{Modal, PickItem, Picker};
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::candidates::Candidates;
use crate::tui::widgets::field::Field;
use crate::tui::world::{Act, Desk, Look, ShellReply, ShellThen, Status};

/// The most commands that are remembered.
const MAX_HISTORY: usize = 500;
/// The pane's state.
pub struct ShellPane {
    scrollback: Scrollback,
    field: Field,
    prompt: String,
    history: Vec<String>,
    at: Option<usize>,
    draft: String,
    job: Option<u64>,
    scrolling: bool,
    height: u16,
    candidates: Candidates,
    /// What the desk has to say was said.
    greeted: bool,
}

impl Default for ShellPane {
    fn default() -> Self {
        let mut scrollback = Scrollback::default();
        for line in [
            "Tab completes, Ctrl-R searches, Esc scrolls.",
            "",
            "  kubectl get pods -A        what runs, what does not",
            "  kubectl logs -f POD | jq   pipes and loops as in bash",
            "  git log --oneline          what changed",
            "  slack pd sentry wiki       what people know",
            "  help                       all there is",
            "",
        ] {
            scrollback.say(line);
        }
        Self {
            scrollback,
            field: Field::default(),
            prompt: "$ ".to_owned(),
            history: Vec::new(),
            at: None,
            draft: String::new(),
            job: None,
            scrolling: false,
            height: 24,
            candidates: Candidates::default(),
            greeted: false,
        }
    }
}

impl ShellPane {
    /// The command that runs on.
    pub const fn job(&self) -> Option<u64> {
        self.job
    }

    fn run(&mut self) -> Vec<Effect> {
        if self.job.is_some() {
            return Vec::new();
        }
        let line = self.field.take();
        self.candidates.close();
        self.at = None;
        self.scrollback
            .begin(&format!("{}{line}", self.prompt), &line);
        if line.trim().is_empty() {
            return Vec::new();
        }
        if self.history.last() != Some(&line) {
            self.history.push(line.clone());
            let spare = self.history.len().saturating_sub(MAX_HISTORY);
            self.history.drain(..spare);
        }
        vec![Effect::Shell(line)]
    }

    fn take_reply(&mut self, reply: ShellReply) -> Vec<Effect> {
        if reply.replaces {
            self.scrollback.rewind();
        }
        // What is watched shows its first lines, as on a screen; the rest has no place there.
        let room = if reply.replaces {
            usize::from(self.height.saturating_sub(2)).max(4)
        } else {
            usize::MAX
        };
        for line in reply.lines.iter().take(room) {
            let kind = if line.is_error {
                Kind::Error
            } else {
                Kind::Output
            };
            self.scrollback.print(kind, &line.text);
        }
        if let Some(artifact) = reply.artifact {
            self.scrollback.keep(artifact);
        }
        self.job = None;
        match reply.then {
            ShellThen::Done(_) => {}
            ShellThen::Running(job) => self.job = Some(job),
            ShellThen::Clear => self.scrollback.clear(),
            ShellThen::Edit { path, text } => {
                return vec![
                    Effect::Focus(PaneId::Code),
                    Effect::Tell(PaneId::Code, Answer::EditFile { path, text }),
                ];
            }
        }
        Vec::new()
    }

    fn remember(&mut self, back: bool) {
        let count = self.history.len();
        let next = match (self.at, back) {
            (None, true) if count > 0 => {
                self.draft = self.field.value().to_owned();
                Some(count - 1)
            }
            (Some(at), true) => Some(at.saturating_sub(1)),
            (Some(at), false) if at + 1 < count => Some(at + 1),
            (Some(_), false) => None,
            _ => return,
        };
        self.at = next;
        let line = next
            .and_then(|at| self.history.get(at))
            .unwrap_or(&self.draft)
            .clone();
        self.field.set(&line);
    }

    fn complete(&mut self) -> Vec<Effect> {
        if self.field.is_empty() {
            return vec![Effect::Verb(Verb::NextPane)];
        }
        if self.candidates.next(&mut self.field) {
            return Vec::new();
        }
        vec![Effect::Complete {
            line: self.field.value().to_owned(),
            cursor: self.field.cursor(),
        }]
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        self.candidates.close();
        if let Some(job) = self.job {
            return vec![Effect::ShellInterrupt(job)];
        }
        let line = self.field.take();
        self.scrollback
            .begin(&format!("{}{line}^C", self.prompt), "");
        Vec::new()
    }

    fn search_history(&self) -> Vec<Effect> {
        let items: Vec<PickItem> = self
            .history
            .iter()
            .rev()
            .map(|line| PickItem {
                label: line.clone(),
                about: String::new(),
                note: String::new(),
                other_names: Vec::new(),
                effects: vec![Effect::Tell(PaneId::Shell, Answer::Chosen(line.clone()))],
            })
            .collect();
        if items.is_empty() {
            return Vec::new();
        }
        let picker = Picker::new("Commands typed before", items);
        vec![Effect::Modal(Box::new(Modal::Picker(picker)))]
    }

    fn on_line_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Open => return self.run(),
            Verb::Complete => return self.complete(),
            Verb::Up => self.remember(true),
            Verb::Down => self.remember(false),
            Verb::PageUp | Verb::PageDown => self.scrollback.on(verb),
            Verb::PreviousPane => return vec![Effect::Verb(Verb::PreviousPane)],
            Verb::ClearScreen => self.scrollback.clear(),
            Verb::HistorySearch => return self.search_history(),
            Verb::Interrupt => return self.interrupt(),
            Verb::Back if !self.candidates.close() => self.scrolling = true,
            _ => {}
        }
        Vec::new()
    }

    fn on_scroll_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Type | Verb::Open | Verb::Back => self.type_again(),
            Verb::ClearScreen => self.scrollback.clear(),
            Verb::Filter | Verb::HistorySearch => return self.search_history(),
            Verb::Interrupt => return self.interrupt(),
            Verb::Pin => {
                return match self.scrollback.selected_artifact() {
                    Some((artifact, label)) => {
                        vec![Effect::Act(PaneId::Shell, Act::Pin { artifact, label })]
                    }
                    None => Vec::new(),
                };
            }
            verb => self.scrollback.on(verb),
        }
        Vec::new()
    }

    fn type_again(&mut self) {
        self.scrolling = false;
        self.scrollback.follow();
    }
}

impl Pane for ShellPane {
    fn listening(&self) -> Listening {
        if self.scrolling {
            Listening::keys(&[Context::Shell])
        } else {
            Listening::typing(Context::ShellLine)
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Verb(verb) if self.scrolling => return self.on_scroll_verb(verb),
            PaneAction::Verb(verb) => return self.on_line_verb(verb),
            PaneAction::Key(key) => {
                if self.field.on_key(key) {
                    self.candidates.close();
                    self.at = None;
                }
                self.scrollback.follow();
            }
            PaneAction::Paste(pasted) => {
                // Lines that were pasted are run one after another, once Enter says so.
                let line = pasted.trim_end().replace("\\\n", " ").replace('\n', "; ");
                self.field.insert(&line);
                self.candidates.close();
            }
            PaneAction::Wheel(rows) => self.scrollback.scroll(rows as isize),
            PaneAction::Row { row, .. } => {
                self.scrolling = true;
                self.scrollback.select(row);
            }
            PaneAction::Focused | PaneAction::Column { .. } => self.type_again(),
            PaneAction::Answer(Answer::Shell(reply)) => return self.take_reply(reply),
            PaneAction::Answer(Answer::Completions(completions)) => {
                self.candidates.take(completions, &mut self.field);
            }
            PaneAction::Answer(Answer::Chosen(line)) => {
                self.field.set(&line);
                self.type_again();
            }
            PaneAction::Answer(_) => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        if !std::mem::replace(&mut self.greeted, true)
            && let Some(note) = desk.shell_note()
        {
            self.scrollback.say(&note);
            self.scrollback.say("");
        }
        self.prompt = text::clean(&desk.prompt()).into_owned();
        self.height = size.height;
        self.scrollback.lay_out(Size {
            width: size.width.saturating_sub(1),
            height: size.height.saturating_sub(1),
        });
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let rows = self.scrollback.draw(canvas, view.focused && self.scrolling);
        let y = rows.min(canvas.height().saturating_sub(1));
        let line = Rect::new(0, y, canvas.width(), 1);
        canvas.click_columns(line, PaneId::Shell);
        if self.job.is_some() {
            let blink = if (view.beat_ms / 500).is_multiple_of(2) {
                "▪"
            } else {
                " "
            };
            let at = canvas.text(0, y, blink, Role::Accent);
            canvas.text(at + 1, y, "running, Ctrl-C interrupts", Role::Faint);
            return;
        }
        let at = canvas.text(0, y, &self.prompt, Role::Prompt);
        let part = Rect::new(at, y, canvas.width().saturating_sub(at), 1);
        if view.focused && !self.scrolling {
            self.field.draw(canvas, part, "", true);
            self.candidates.draw(canvas, &self.field, (at, y));
        } else {
            canvas.text(at, y, self.field.value(), Role::Muted);
        }
    }

    fn caption(&self) -> Vec<Run> {
        if self.scrolling {
            vec![Run::new(Role::Info, "scrolling")]
        } else {
            Vec::new()
        }
    }

    fn look(&self) -> Option<Look> {
        None
    }
}
