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
use crate::tui::widgets::field::Field;
use crate::tui::world::{Act, Completions, Desk, Look, ShellReply, ShellThen, Status};

/// The most commands that are remembered.
const MAX_HISTORY: usize = 500;
/// The most candidates shown.
const CANDIDATES: usize = 8;

/// Candidates that are open.
#[derive(Clone, Debug)]
struct Open {
    completions: Completions,
    chosen: Option<usize>,
}

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
    open: Option<Open>,
}

impl Default for ShellPane {
    fn default() -> Self {
        let mut scrollback = Scrollback::default();
        scrollback.say("Tab completes, Ctrl-R searches, Esc scrolls.");
        Self {
            scrollback,
            field: Field::default(),
            prompt: "$ ".to_owned(),
            history: Vec::new(),
            at: None,
            draft: String::new(),
            job: None,
            scrolling: false,
            open: None,
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
        self.open = None;
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
        for line in &reply.lines {
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
        if let Some(open) = &mut self.open {
            let count = open.completions.items.len();
            let next = open.chosen.map_or(0, |at| (at + 1) % count.max(1));
            open.chosen = Some(next);
            if let Some(item) = open.completions.items.get(next) {
                self.field
                    .replace_back_to(open.completions.from, &item.text);
            }
            return Vec::new();
        }
        vec![Effect::Complete {
            line: self.field.value().to_owned(),
            cursor: self.field.cursor(),
        }]
    }

    fn take_completions(&mut self, completions: Completions) {
        self.open = None;
        match completions.items.as_slice() {
            [] => {}
            [only] => {
                let words = only.text.clone();
                self.field.replace_back_to(completions.from, &words);
            }
            several => {
                let shared = shared_start(several.iter().map(|item| item.text.as_str()));
                let typed = self.field.cursor().saturating_sub(completions.from);
                if shared.len() > typed {
                    self.field.replace_back_to(completions.from, &shared);
                }
                self.open = Some(Open {
                    completions,
                    chosen: None,
                });
            }
        }
    }

    fn interrupt(&mut self) -> Vec<Effect> {
        self.open = None;
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
            Verb::Back if self.open.take().is_none() => self.scrolling = true,
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

    fn draw_candidates(&self, canvas: &mut Canvas<'_>, x: u16, y: u16) {
        let Some(open) = &self.open else {
            return;
        };
        let items = &open.completions.items;
        let top = open
            .chosen
            .map_or(0, |at| (at + 1).saturating_sub(CANDIDATES));
        let shown = items.len().min(CANDIDATES) as u16;
        let labels = items
            .iter()
            .map(|item| text::width(&item.text))
            .max()
            .unwrap_or(0)
            .clamp(8, 32) as u16;
        let width = canvas.width().saturating_sub(x).min(labels + 34);
        let start = if y >= shown { y - shown } else { y + 1 };
        for (index, item) in items.iter().enumerate().skip(top).take(CANDIDATES) {
            let row = start + (index - top) as u16;
            let mut line = canvas.part(Rect::new(x, row, width, 1));
            line.fill(line.rect(), Role::Overlay);
            line.text_within(1, 0, labels, &item.text, Role::Base);
            line.text(labels + 2, 0, &item.about, Role::Muted);
            if open.chosen == Some(index) {
                line.tint_row(0, Role::Selected);
            }
        }
    }
}

/// What all texts begin with.
fn shared_start<'a>(mut texts: impl Iterator<Item = &'a str>) -> String {
    let mut shared = texts.next().unwrap_or("").to_owned();
    for other in texts {
        let same: usize = shared
            .chars()
            .zip(other.chars())
            .take_while(|(left, right)| left == right)
            .map(|(left, _)| left.len_utf8())
            .sum();
        shared.truncate(same);
    }
    shared
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
                    self.open = None;
                    self.at = None;
                }
                self.scrollback.follow();
            }
            PaneAction::Paste(pasted) => {
                self.field.insert(&pasted);
                self.open = None;
            }
            PaneAction::Wheel(rows) => self.scrollback.scroll(rows as isize),
            PaneAction::Focused => self.type_again(),
            PaneAction::Row { row, .. } => {
                self.scrolling = true;
                self.scrollback.select(row);
            }
            PaneAction::Column { .. } => self.type_again(),
            PaneAction::Answer(Answer::Shell(reply)) => return self.take_reply(reply),
            PaneAction::Answer(Answer::Completions(completions)) => {
                self.take_completions(completions);
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
        self.prompt = text::clean(&desk.prompt()).into_owned();
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
            let caret = self
                .open
                .as_ref()
                .and_then(|open| self.field.value().get(..open.completions.from))
                .map_or(0, text::width) as u16;
            self.draw_candidates(canvas, at + caret.min(part.width / 2), y);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_candidates_share_is_put_in() {
        assert_eq!(shared_start(["pods", "podtemplates"].into_iter()), "pod");
        assert_eq!(shared_start(["äb", "äc"].into_iter()), "ä");
        assert_eq!(shared_start(std::iter::empty()), "");
    }
}
