//! The code pane: folders and files of the repositories, reading, searching, and editing in the trainee's checkout.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::modal::{Modal, Question};
use crate::tui::pane::{Answer, Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::editor::Editor;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::paint;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{Act, Desk, Family, FileRow, FileText, Look, Status, Tone};

/// What the pane answers to itself when an edit is dropped.
const DROP_EDIT: &str = "drop";
/// Columns that a step to the side scrolls.
const SIDE_STEP: usize = 8;

/// Columns from which a file is shown beside its folder, and those of the folder.
const BOTH: u16 = 100;
const LIST: u16 = 30;

/// A file that is read.
#[derive(Clone, Debug, Default)]
struct Reading {
    file: FileText,
    lines: Vec<String>,
}

/// The pane's state.
#[derive(Default)]
pub struct CodePane {
    folder: String,
    entries: Vec<FileRow>,
    shown: Vec<usize>,
    list: Rows,
    wanted: Option<String>,
    reading: Option<Reading>,
    problem: String,
    lines: Rows,
    side: usize,
    in_file: bool,
    filter: Field,
    filtering: bool,
    editor: Option<Editor>,
    asked: Option<(u64, String)>,
}

impl CodePane {
    fn entry(&self) -> Option<&FileRow> {
        self.shown
            .get(self.list.selected)
            .and_then(|at| self.entries.get(*at))
    }

    fn open(&mut self) {
        let Some(entry) = self.entry() else {
            return;
        };
        let path = entry.path.clone();
        if entry.is_folder {
            self.go(path);
        } else {
            self.wanted = Some(path);
            self.in_file = true;
            self.filter.take();
            self.lines = Rows::default();
            self.side = 0;
        }
    }

    fn go(&mut self, folder: String) {
        self.folder = folder;
        self.list = Rows::default();
        self.filter.take();
    }

    /// Goes one folder up; the folder that was left is selected there.
    fn up(&mut self) {
        if let Some((parent, _)) = self.folder.trim_end_matches('/').rsplit_once('/') {
            let parent = parent.to_owned();
            self.go(parent);
        } else if !self.folder.is_empty() {
            self.go(String::new());
        }
    }

    fn back(&mut self) {
        if !self.filter.is_empty() {
            self.filter.take();
        } else if self.in_file {
            self.in_file = false;
        } else {
            self.up();
        }
    }

    fn begin_edit(&mut self) -> Vec<Effect> {
        match &self.reading {
            Some(reading) if self.in_file => {
                self.editor = Some(Editor::new(&reading.file.path, &reading.file.text));
                Vec::new()
            }
            _ => vec![Effect::Notice(Tone::Plain, "Open a file first.".to_owned())],
        }
    }

    fn edit_outside(&self) -> Vec<Effect> {
        match (&self.editor, &self.reading) {
            (Some(editor), _) => vec![Effect::ExternalEdit(
                PaneId::Code,
                editor.subject.clone(),
                editor.text(),
            )],
            (None, Some(reading)) if self.in_file => vec![Effect::ExternalEdit(
                PaneId::Code,
                reading.file.path.clone(),
                reading.file.text.clone(),
            )],
            _ => vec![Effect::Notice(Tone::Plain, "Open a file first.".to_owned())],
        }
    }

    fn pin(&self) -> Vec<Effect> {
        let Some(reading) = self.reading.as_ref().filter(|_| self.in_file) else {
            return Vec::new();
        };
        let line = self.lines.selected + 1;
        let words = self
            .reading
            .as_ref()
            .and_then(|reading| reading.lines.get(self.lines.selected))
            .map_or("", |line| line.trim());
        vec![Effect::Act(
            PaneId::Code,
            Act::Pin {
                artifact: reading.file.id.clone(),
                label: format!("{}:{line} {words}", reading.file.path),
            },
        )]
    }

    /// Goes to the next line that holds what is searched for.
    fn next_match(&mut self, from: usize) {
        let wanted = self.filter.value().to_lowercase();
        let Some(reading) = self.reading.as_ref().filter(|_| !wanted.is_empty()) else {
            return;
        };
        let count = reading.lines.len();
        let found = (0..count).map(|step| (from + step) % count).find(|at| {
            reading
                .lines
                .get(*at)
                .is_some_and(|line| line.to_lowercase().contains(&wanted))
        });
        if let Some(at) = found {
            self.lines.select(at);
        }
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Filter => {
                self.filter.take();
                self.filtering = true;
            }
            Verb::Edit => return self.begin_edit(),
            Verb::ExternalEditor => return self.edit_outside(),
            Verb::Pin => return self.pin(),
            Verb::Back => self.back(),
            Verb::Open if self.in_file => self.next_match(self.lines.selected + 1),
            Verb::Right if self.in_file => self.side = (self.side + SIDE_STEP).min(2_000),
            Verb::Left if self.in_file && self.side == 0 => self.in_file = false,
            Verb::Left if self.in_file => self.side = self.side.saturating_sub(SIDE_STEP),
            Verb::Open | Verb::Right => self.open(),
            Verb::Left => self.up(),
            verb if self.in_file => {
                self.lines.on(verb);
            }
            verb => {
                self.list.on(verb);
            }
        }
        Vec::new()
    }

    fn on_filter(&mut self, action: &PaneAction) {
        let changed = match action {
            PaneAction::Verb(Verb::Back) => {
                self.filter.take();
                self.filtering = false;
                false
            }
            PaneAction::Verb(Verb::Submit) => {
                self.filtering = false;
                false
            }
            PaneAction::Verb(Verb::Down) if self.in_file => {
                self.next_match(self.lines.selected + 1);
                false
            }
            PaneAction::Verb(verb) => {
                self.list.on(*verb);
                false
            }
            PaneAction::Key(key) => self.filter.on_key(*key),
            PaneAction::Paste(pasted) => {
                self.filter.insert(pasted);
                true
            }
            _ => false,
        };
        if changed && self.in_file {
            self.next_match(self.lines.selected);
        }
    }

    fn on_editor(&mut self, action: PaneAction) -> Vec<Effect> {
        let Some(editor) = &mut self.editor else {
            return Vec::new();
        };
        match action {
            PaneAction::Key(key) => editor.on_key(key),
            PaneAction::Paste(pasted) => editor.paste(&pasted),
            PaneAction::Verb(Verb::Save) => {
                return vec![Effect::Act(
                    PaneId::Code,
                    Act::SaveFile {
                        path: editor.subject.clone(),
                        text: editor.text(),
                    },
                )];
            }
            PaneAction::Verb(Verb::ExternalEditor) => return self.edit_outside(),
            PaneAction::Verb(Verb::Back | Verb::Interrupt) if editor.is_changed() => {
                return vec![Effect::Modal(Box::new(Modal::Question(Question {
                    title: "Drop the changes?".to_owned(),
                    text: format!("{} was changed and not saved.", editor.subject),
                    yes: "drop them".to_owned(),
                    no: "go on editing".to_owned(),
                    effects: vec![Effect::Tell(
                        PaneId::Code,
                        Answer::Chosen(DROP_EDIT.to_owned()),
                    )],
                })))];
            }
            PaneAction::Verb(Verb::Back | Verb::Interrupt) => self.editor = None,
            _ => {}
        }
        Vec::new()
    }

    fn on_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Acted(Ok(_)) => {
                if let Some(editor) = self.editor.take() {
                    self.wanted = Some(editor.subject);
                }
            }
            Answer::Chosen(choice) if choice == DROP_EDIT => self.editor = None,
            Answer::EditFile { path, text } => {
                self.editor = Some(Editor::new(&path, &text));
                self.wanted = Some(path);
                self.in_file = true;
            }
            Answer::Edited { subject, text } => {
                let base = self
                    .reading
                    .as_ref()
                    .filter(|reading| reading.file.path == subject)
                    .map_or("", |reading| reading.file.text.as_str());
                let mut editor = Editor::new(&subject, base);
                editor.replace(&text);
                self.editor = Some(editor);
            }
            _ => {}
        }
    }

    fn draw_list(&self, canvas: &mut Canvas<'_>, focused: bool) {
        if self.shown.is_empty() {
            canvas.text(1, 0, "Nothing here.", Role::Muted);
        }
        for (y, row) in self.list.visible().enumerate() {
            let y = y as u16;
            let Some(entry) = self.shown.get(row).and_then(|at| self.entries.get(*at)) else {
                continue;
            };
            let (sign, role) = if entry.is_folder {
                ("▸ ", Role::Link)
            } else {
                ("  ", Role::Base)
            };
            let at = canvas.text(0, y, sign, Role::Faint);
            let columns = canvas.width().saturating_sub(2);
            let about = text::width(&text::clean(&entry.about)) as u16;
            let room = if columns > at + about + 16 {
                columns - at - about
            } else {
                columns - at.min(columns)
            };
            canvas.text_within(at, y, room, &entry.name, role);
            if columns > at + about + 16 {
                canvas.text_aligned((0, y), columns, Align::Right, &entry.about, Role::Faint);
            }
            if row == self.list.selected {
                let role = if focused {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint_row(y, role);
            }
            canvas.click(
                Rect::new(0, y, canvas.width(), 1),
                Hit::Row {
                    pane: PaneId::Code,
                    list: 0,
                    row,
                },
            );
        }
        let rect = canvas.rect();
        self.list.scrollbar(canvas, rect);
    }

    fn draw_file(&self, canvas: &mut Canvas<'_>, focused: bool) {
        if !self.problem.is_empty() {
            canvas.text(1, 0, &self.problem, Role::Alert);
            return;
        }
        let Some(reading) = &self.reading else {
            return;
        };
        let digits = reading.lines.len().to_string().len() as u16;
        let wanted = self.filter.value().to_lowercase();
        for (y, at) in self.lines.visible().enumerate() {
            let y = y as u16;
            let Some(line) = reading.lines.get(at) else {
                continue;
            };
            let number = (at + 1).to_string();
            canvas.text_aligned((0, y), digits, Align::Right, &number, Role::LineNumber);
            let shown: String = text::cells(line)
                .skip(self.side)
                .map(|(symbol, _)| symbol)
                .collect();
            let start = digits + 2;
            canvas.runs(start, y, &paint::code(&shown, &reading.file.path));
            let lower = shown.to_lowercase();
            if !wanted.is_empty() && lower.len() == shown.len() {
                for (from, found) in lower.match_indices(&wanted).take(8) {
                    let before = shown.get(..from).map_or(0, text::width) as u16;
                    let wide = text::width(found) as u16;
                    canvas.tint(Rect::new(start + before, y, wide, 1), Role::Match);
                }
            }
            if at == self.lines.selected {
                let role = if focused {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint_row(y, role);
            }
            canvas.click(
                Rect::new(0, y, canvas.width(), 1),
                Hit::Row {
                    pane: PaneId::Code,
                    list: 1,
                    row: at,
                },
            );
        }
        let rect = canvas.rect();
        self.lines.scrollbar(canvas, rect);
    }
}

impl Pane for CodePane {
    fn listening(&self) -> Listening {
        if self.filtering {
            Listening::typing(Context::Field)
        } else if self.editor.is_some() {
            Listening::typing(Context::Editor)
        } else {
            Listening::keys(&[Context::Code])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Answer(answer) => self.on_answer(answer),
            action if self.editor.is_some() => return self.on_editor(action),
            PaneAction::Row {
                list: 0,
                row,
                twice,
            } => {
                self.list.select(row);
                if twice {
                    self.open();
                }
            }
            PaneAction::Row { row, .. } => self.lines.select(row),
            PaneAction::Wheel(rows) if self.in_file => self.lines.step(rows as isize),
            PaneAction::Wheel(rows) => self.list.step(rows.signum() as isize),
            action if self.filtering => self.on_filter(&action),
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        let key = (desk.revision(Family::Code), self.folder.clone());
        let changed = self.asked.as_ref() != Some(&key);
        if changed {
            self.entries = desk.files(&self.folder);
            // There is nothing to choose between where there is one repository.
            if self.asked.is_none()
                && self.folder.is_empty()
                && let [only] = self.entries.as_slice()
                && only.is_folder
            {
                self.folder.clone_from(&only.path);
                self.entries = desk.files(&self.folder);
            }
            if let Some(reading) = &self.reading {
                self.wanted.get_or_insert(reading.file.path.clone());
            }
            self.asked = Some(key);
        }
        if let Some(path) = self.wanted.take() {
            match desk.file(&path) {
                Ok(file) => {
                    self.problem.clear();
                    let lines = text::clean_lines(&file.text);
                    self.reading = Some(Reading { file, lines });
                }
                Err(problem) => self.problem = problem,
            }
        }
        let wanted = if self.in_file {
            String::new()
        } else {
            self.filter.value().to_lowercase()
        };
        self.shown = (0..self.entries.len())
            .filter(|at| {
                self.entries
                    .get(*at)
                    .is_some_and(|entry| entry.name.to_lowercase().contains(&wanted))
            })
            .collect();
        let bar = u16::from(self.filtering || !self.filter.is_empty());
        let height = usize::from(size.height.saturating_sub(1 + bar)).max(1);
        self.list.fit(self.shown.len(), height);
        let count = self
            .reading
            .as_ref()
            .map_or(0, |reading| reading.lines.len());
        self.lines.fit(count, height);
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        if let Some(editor) = &self.editor {
            let changed = if editor.is_changed() { " changed" } else { "" };
            let at = canvas.text(0, 0, &editor.subject, Role::Link);
            canvas.text(at, 0, changed, Role::Warn);
            let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
            editor.draw(canvas, part);
            return;
        }
        let mut y = 1;
        let place = match &self.reading {
            Some(reading) if self.in_file => reading.file.path.clone(),
            _ if self.folder.is_empty() => "repositories".to_owned(),
            _ => format!("{}/", self.folder.trim_end_matches('/')),
        };
        canvas.text(0, 0, &place, Role::Strong);
        if let Some(reading) = self.reading.as_ref().filter(|_| self.in_file) {
            let columns = canvas.width().saturating_sub(1);
            let revision = &reading.file.revision;
            let room = columns.saturating_sub(text::width(&place) as u16 + 2);
            let start = columns - room;
            canvas.text_aligned((start, 0), room, Align::Right, revision, Role::Faint);
        }
        if self.filtering || !self.filter.is_empty() {
            let at = canvas.text(0, 1, "/ ", Role::Accent);
            let part = Rect::new(at, 1, canvas.width().saturating_sub(at), 1);
            let hint = if self.in_file {
                "search; Enter goes on"
            } else {
                "filter names"
            };
            let active = view.focused && self.filtering;
            self.filter.draw(canvas, part, hint, active);
            y = 2;
        }
        let part = Rect::new(0, y, canvas.width(), canvas.height().saturating_sub(y));
        let mut body = canvas.part(part);
        if !self.in_file {
            self.draw_list(&mut body, view.focused);
        } else if body.width() >= BOTH {
            let (width, height) = (body.width(), body.height());
            self.draw_list(&mut body.part(Rect::new(0, 0, LIST, height)), false);
            for y in 0..height {
                body.glyph(LIST, y, '│', Role::Border);
            }
            let part = Rect::new(LIST + 2, 0, width - LIST - 2, height);
            self.draw_file(&mut body.part(part), view.focused);
        } else {
            self.draw_file(&mut body, view.focused);
        }
    }

    fn caption(&self) -> Vec<Run> {
        if self.editor.is_some() {
            vec![Run::new(Role::Warn, "editing")]
        } else {
            Vec::new()
        }
    }

    fn look(&self) -> Option<Look> {
        let reading = self.reading.as_ref().filter(|_| self.in_file);
        Some(Look {
            pane: PaneId::Code.plain(),
            query: reading.map_or_else(|| self.folder.clone(), |reading| reading.file.path.clone()),
            filter: self.filter.value().to_owned(),
            first: reading.map(|reading| format!("{}:{}", reading.file.path, self.lines.top + 1)),
            rows: if self.in_file {
                self.lines.visible().len() as u16
            } else {
                self.list.visible().len() as u16
            },
            frozen: false,
        })
    }
}
