//! A thing of the browser in full: its text laid out, a line under the cursor, commands that can be taken to the shell.
//! Never runs a command.

use ratatui::layout::Rect;

use super::list::MOST_AGAIN;
use crate::tui::canvas::{Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::markdown;
use crate::tui::pane::{PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{ArtifactId, AskToken, Browsed, Content, Desk, Page};

/// A line as it is drawn.
struct Line {
    runs: Vec<Run>,
    /// Which line of the text it is, where that is known.
    of: Option<usize>,
    /// The command that it is.
    command: Option<usize>,
}

/// A thing in full.
pub struct Reader {
    /// What it is.
    pub title: String,
    page: Page,
    asks: Vec<AskToken>,
    look: String,
    more: Option<AskToken>,
    lines: Vec<Line>,
    rows: Rows,
    is_wrapped: bool,
    laid: Option<(u16, bool)>,
}

impl Reader {
    /// What was answered.
    pub fn new(browsed: Browsed) -> Self {
        let page = page_of(browsed.content);
        Self {
            asks: vec![browsed.ask],
            look: browsed.look,
            more: browsed.more,
            ..Self::of_record(page)
        }
    }

    /// A row in full, which was read with its list.
    pub fn of_record(page: Page) -> Self {
        Self {
            title: page.title.clone(),
            page,
            asks: Vec::new(),
            look: String::new(),
            more: None,
            lines: Vec::new(),
            rows: Rows::default(),
            is_wrapped: true,
            laid: None,
        }
    }

    /// Takes the next page of the text.
    pub fn add(&mut self, browsed: Browsed) {
        let page = page_of(browsed.content);
        self.asks.push(browsed.ask);
        self.more = browsed.more;
        self.join(page);
    }

    fn join(&mut self, page: Page) {
        self.page.text.push_str(&page.text);
        self.page.commands.extend(page.commands);
        self.page.lines.extend(page.lines);
        self.laid = None;
    }

    /// The call that it shows.
    pub fn look(&self) -> Option<String> {
        Some(self.look.clone()).filter(|look| !look.is_empty())
    }

    /// What reads on.
    pub fn more(&self) -> Option<AskToken> {
        self.more.clone().filter(|_| self.rows.at_end())
    }

    /// The command under the cursor.
    pub fn command(&self) -> Option<&str> {
        let line = self.lines.get(self.rows.selected)?;
        self.page.commands.get(line.command?).map(String::as_str)
    }

    /// What a pin of the line under the cursor keeps, or of the whole, and what it says.
    pub fn pin(&self) -> Option<(ArtifactId, String)> {
        let line = self
            .lines
            .get(self.rows.selected)
            .and_then(|line| self.page.text.lines().nth(line.of?));
        let own = line.and_then(|line| {
            // The longest text that the line ends with is the line itself, not another that ends alike.
            let ends = |text: &str| !text.is_empty() && line.ends_with(text);
            let found = self.page.lines.iter().filter(|(text, _)| ends(text));
            let found = found.min_by_key(|(text, _)| std::cmp::Reverse(text.len()));
            found.map(|(text, artifact)| (artifact.clone(), text.clone()))
        });
        let first = || {
            let line = self.page.text.lines().find(|line| !line.trim().is_empty());
            line.unwrap_or_default().trim().to_owned()
        };
        own.or_else(|| Some((self.page.artifact.clone()?, first())))
    }

    /// Selects a line.
    pub fn select(&mut self, row: usize) {
        self.rows.select(row);
    }

    /// Moves the cursor.
    pub fn step(&mut self, lines: isize) {
        self.rows.step(lines);
    }

    /// Does what a verb says.
    pub fn on(&mut self, verb: Verb) {
        match verb {
            Verb::NextCommand => self.jump(1),
            Verb::PreviousCommand => self.jump(-1),
            Verb::Wrap => {
                self.is_wrapped = !self.is_wrapped;
                self.laid = None;
            }
            verb => {
                self.rows.on(verb);
            }
        }
    }

    fn jump(&mut self, way: isize) {
        let at = self.rows.selected;
        let places = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.command.is_some())
            .map(|(place, _)| place);
        let found = if way > 0 {
            places.into_iter().find(|place| *place > at)
        } else {
            places.into_iter().rfind(|place| *place < at)
        };
        if let Some(place) = found {
            self.rows.select(place);
        }
    }

    /// Reads it again; the cursor stays where it is, or at the end.
    pub fn read_again(&mut self, desk: &mut dyn Desk) {
        let Some(first) = self.asks.first() else {
            return;
        };
        if self.asks.len() > MOST_AGAIN {
            return;
        }
        let mut next = Some(first.clone());
        let mut joined: Option<Self> = None;
        for _ in 0..self.asks.len() {
            let Some(Ok(browsed)) = next.take().map(|ask| desk.browse_again(&ask)) else {
                return;
            };
            next.clone_from(&browsed.more);
            match &mut joined {
                None => joined = Some(Self::new(browsed)),
                Some(reader) => reader.add(browsed),
            }
            if next.is_none() {
                break;
            }
        }
        let Some(fresh) = joined.filter(|fresh| fresh.page != self.page) else {
            return;
        };
        let follows = self.rows.at_end() && self.rows.selected > 0;
        self.page = fresh.page;
        self.more = fresh.more;
        self.asks = fresh.asks;
        self.laid = None;
        if follows {
            self.rows.selected = usize::MAX / 2;
        }
    }

    /// Takes in how much room there is.
    pub fn lay_out(&mut self, size: Size) {
        let wanted = (size.width, self.is_wrapped);
        if self.laid != Some(wanted) {
            let columns = usize::from(size.width).saturating_sub(4).max(8);
            self.lines = if self.page.is_markdown {
                self.laid_markdown(columns)
            } else {
                self.laid_plain(columns)
            };
            self.laid = Some(wanted);
        }
        let hint = u16::from(!self.page.commands.is_empty() || self.more.is_some());
        let height = size.height.saturating_sub(hint);
        self.rows.fit(self.lines.len(), usize::from(height));
    }

    fn laid_plain(&self, columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for (of, line) in text::clean_lines(&self.page.text).into_iter().enumerate() {
            let pieces = if self.is_wrapped {
                text::wrap(&line, columns)
            } else {
                vec![line]
            };
            lines.extend(pieces.into_iter().map(|piece| Line {
                runs: vec![Run::new(role_of(&piece), piece)],
                of: Some(of),
                command: None,
            }));
        }
        lines
    }

    fn laid_markdown(&self, columns: usize) -> Vec<Line> {
        let mut left: Vec<usize> = (0..self.page.commands.len()).collect();
        let (head, body) = head_of(&self.page.text);
        let head = head
            .into_iter()
            .map(|line| vec![Run::new(Role::Muted, line)]);
        let mut lines: Vec<Line> = head
            .chain(markdown::layout(body, columns))
            .map(|runs| {
                let whole: String = runs.iter().map(|run| run.text.as_str()).collect();
                let bare = whole.trim();
                let bare = bare.strip_prefix("$ ").unwrap_or(bare);
                let is_code = runs.iter().all(|run| run.role == Role::Code);
                let command = left
                    .iter()
                    .position(|place| {
                        is_code
                            && self
                                .page
                                .commands
                                .get(*place)
                                .is_some_and(|command| text::clean(command) == bare)
                    })
                    .map(|at| left.remove(at));
                Line {
                    runs,
                    of: None,
                    command,
                }
            })
            .collect();
        // Those that the layout broke are named once more below, so that each can be taken.
        for place in left {
            let command = self.page.commands.get(place).cloned().unwrap_or_default();
            lines.push(Line {
                runs: vec![Run::new(Role::Code, format!("  {command}"))],
                of: None,
                command: Some(place),
            });
        }
        lines
    }

    /// Where it is, for the caption.
    pub fn counts(&self) -> Vec<Run> {
        let at = (self.rows.selected + 1).min(self.lines.len());
        let mut runs = vec![Run::new(
            Role::Muted,
            format!(" line {at} of {}", self.lines.len()),
        )];
        if self.more.is_some() {
            runs.push(Run::new(Role::Warn, ", more to read"));
        }
        runs
    }

    /// Draws it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        for (y, row) in self.rows.visible().enumerate() {
            let y = y as u16;
            let Some(line) = self.lines.get(row) else {
                continue;
            };
            if line.command.is_some() {
                canvas.text(0, y, "▸", Role::Accent);
            }
            canvas.runs(2, y, &line.runs);
            if row == self.rows.selected {
                let role = if view.focused {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint_row(y, role);
            }
            let hit = Hit::Row {
                pane: PaneId::Browser,
                list: 0,
                row,
            };
            canvas.click(Rect::new(0, y, canvas.width(), 1), hit);
        }
        let bottom = canvas.height().saturating_sub(1);
        let words = if self.command().is_some() {
            "Enter puts the command into the shell's line"
        } else if self.more.is_some() {
            "at the end, Enter reads on"
        } else if self.page.commands.is_empty() {
            ""
        } else {
            "] goes to the next command"
        };
        if !words.is_empty() {
            canvas.text(2, bottom, words, Role::Faint);
        }
        let part = Rect::new(0, 0, canvas.width(), bottom);
        self.rows.scrollbar(canvas, part);
    }
}

/// The lines of a page's head (`title: ...` up to `---`), and what follows.
fn head_of(text: &str) -> (Vec<String>, &str) {
    let Some((head, body)) = text.split_once("\n---\n") else {
        return (Vec::new(), text);
    };
    let is_field = |line: &str| {
        line.split_once(": ")
            .is_some_and(|(name, _)| name.chars().all(|letter| letter.is_ascii_lowercase()))
    };
    if !head.lines().all(is_field) {
        return (Vec::new(), text);
    }
    let lines = text::clean_lines(head).into_iter().chain([String::new()]);
    (lines.collect(), body)
}

/// What a line of plain text looks like: headings of descriptions stand out.
fn role_of(line: &str) -> Role {
    let is_heading = line.ends_with(':') && !line.starts_with(' ');
    if is_heading { Role::Strong } else { Role::Base }
}

fn page_of(content: Content) -> Page {
    match content {
        Content::Page(page) => page,
        Content::Table(_) => Page::default(),
    }
}
