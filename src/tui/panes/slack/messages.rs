//! Messages laid out as lines: authors, mentions, days, replies; which one is selected and which lines are on screen.

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::markdown::wrap_runs;
use crate::tui::pane::{PaneId, Size};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::rows::scrollbar;
use crate::tui::world::{MessageRow, MessagesPage, PersonRow};

/// Messages of one author within this time share one heading.
const TOGETHER_MS: i64 = 300_000;
/// The most lines one message takes.
const MAX_LINES: usize = 60;

/// One line of the feed.
#[derive(Clone, Debug)]
struct FeedLine {
    /// The message it belongs to; none for a day's heading.
    message: Option<usize>,
    runs: Vec<Run>,
}

/// The messages of a channel or thread.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    page: MessagesPage,
    shown: Vec<usize>,
    lines: Vec<FeedLine>,
    selected: usize,
    top: usize,
    height: usize,
    scrolled: bool,
    laid: Option<(Size, String)>,
}

impl Feed {
    /// Goes to the newest message and stays with it.
    pub fn follow(&mut self) {
        self.scrolled = false;
    }

    /// Takes in messages; the selected one stays selected.
    pub fn set(&mut self, page: MessagesPage) {
        let kept = self.selected().map(|message| message.id.clone());
        self.page = page;
        self.laid = None;
        if let Some(at) = kept.and_then(|id| self.page.rows.iter().position(|row| row.id == id)) {
            self.selected = at;
        }
    }

    /// Who is writing.
    pub fn typing(&self) -> String {
        match self.page.typing.as_slice() {
            [] => String::new(),
            [one] => format!("{one} is writing"),
            several => format!("{} are writing", several.join(", ")),
        }
    }

    /// The selected message.
    pub fn selected(&self) -> Option<&MessageRow> {
        self.page.rows.get(self.selected)
    }

    /// Whether the first message is selected or on screen.
    pub const fn at_top(&self) -> bool {
        self.top == 0
    }

    /// Whether there are messages before.
    pub const fn has_older(&self) -> bool {
        self.page.older.is_some()
    }

    /// The first message on screen; none while the newest are followed.
    pub fn first_on_screen(&self) -> Option<String> {
        if !self.scrolled {
            return None;
        }
        self.lines
            .iter()
            .skip(self.top)
            .find_map(|line| line.message)
            .and_then(|at| self.page.rows.get(at))
            .map(|row| row.id.clone())
    }

    /// Lines on screen.
    pub fn rows_on_screen(&self) -> u16 {
        self.height.min(self.lines.len()) as u16
    }

    /// Selects a message.
    pub fn select(&mut self, at: usize) {
        self.selected = at.min(self.page.rows.len().saturating_sub(1));
        self.scrolled = !self.is_last();
        self.show_selected();
    }

    fn is_last(&self) -> bool {
        self.shown.last().is_none_or(|last| *last == self.selected)
    }

    fn step(&mut self, steps: isize) {
        let at = self
            .shown
            .iter()
            .position(|shown| *shown >= self.selected)
            .unwrap_or(self.shown.len().saturating_sub(1));
        let wanted = at
            .saturating_add_signed(steps)
            .min(self.shown.len().saturating_sub(1));
        if let Some(message) = self.shown.get(wanted) {
            self.select(*message);
        }
    }

    /// Goes to the next message that mentions the trainee; whether there is one.
    pub fn next_mention(&mut self) -> bool {
        let count = self.page.rows.len();
        let next = (1..=count)
            .map(|step| (self.selected + step) % count)
            .find(|at| self.page.rows.get(*at).is_some_and(|row| row.mentions_me));
        if let Some(at) = next {
            self.select(at);
        }
        next.is_some()
    }

    /// Moves as a verb says.
    pub fn on(&mut self, verb: Verb) {
        let page = (self.height / 3).max(1) as isize;
        match verb {
            Verb::Up => self.step(-1),
            Verb::Down => self.step(1),
            Verb::PageUp => self.step(-page),
            Verb::PageDown => self.step(page),
            Verb::Top => self.select(self.shown.first().copied().unwrap_or(0)),
            Verb::Bottom => self.select(usize::MAX),
            _ => {}
        }
    }

    /// Scrolls by lines; the selection comes along.
    pub fn scroll(&mut self, lines: isize) {
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(lines).min(last);
        self.scrolled = self.top < last;
        let inside = self.top..self.top + self.height;
        let selected_inside = self
            .lines
            .iter()
            .enumerate()
            .any(|(at, line)| line.message == Some(self.selected) && inside.contains(&at));
        if !selected_inside {
            let mut candidates: Vec<usize> = self
                .lines
                .iter()
                .skip(self.top)
                .take(self.height)
                .filter_map(|line| line.message)
                .collect();
            if lines > 0 {
                candidates.reverse();
            }
            if let Some(first) = candidates.last() {
                self.selected = *first;
            }
        }
    }

    fn show_selected(&mut self) {
        let mut own = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.message == Some(self.selected))
            .map(|(at, _)| at);
        if let Some(first) = own.next() {
            let last = own.next_back().unwrap_or(first);
            if last >= self.top + self.height {
                self.top = last + 1 - self.height.max(1);
            }
            if first < self.top {
                self.top = first;
            }
        }
    }

    /// Breaks the messages into lines for a size.
    pub fn lay_out(&mut self, size: Size, filter: &str, people: &[PersonRow]) {
        self.height = usize::from(size.height).max(1);
        let key = (size, filter.to_owned());
        if self.laid.as_ref() != Some(&key) {
            self.laid = Some(key);
            self.shown = (0..self.page.rows.len())
                .filter(|at| self.page.rows.get(*at).is_some_and(|row| fits(row, filter)))
                .collect();
            self.lines = lines_of(&self.page.rows, &self.shown, size.width, people);
            if !self.shown.contains(&self.selected) {
                self.selected = self.shown.last().copied().unwrap_or(0);
            }
            self.show_selected();
        }
        let last = self.lines.len().saturating_sub(self.height);
        if !self.scrolled {
            self.selected = self.shown.last().copied().unwrap_or(0);
            self.top = last;
        }
        self.top = self.top.min(last);
    }

    /// Draws the lines on screen.
    pub fn draw(&self, canvas: &mut Canvas<'_>, active: bool, _now_ms: i64) {
        if self.lines.is_empty() {
            canvas.text(1, 0, "Nothing here yet.", Role::Muted);
            return;
        }
        for (y, line) in self
            .lines
            .iter()
            .skip(self.top)
            .take(usize::from(canvas.height()))
            .enumerate()
        {
            let y = y as u16;
            canvas.runs(1, y, &line.runs);
            let Some(message) = line.message else {
                continue;
            };
            let row = Rect::new(0, y, canvas.width(), 1);
            if message == self.selected {
                let role = if active {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                if active {
                    canvas.tint(row, role);
                    canvas.glyph(0, y, '▌', Role::Accent);
                }
            }
            canvas.click(
                row,
                Hit::Row {
                    pane: PaneId::Slack,
                    list: super::MESSAGES,
                    row: message,
                },
            );
        }
        let rect = canvas.rect();
        scrollbar(canvas, rect, self.top, self.height, self.lines.len());
    }
}

fn fits(row: &MessageRow, filter: &str) -> bool {
    let wanted = filter.trim().to_lowercase();
    wanted.is_empty()
        || row.text.to_lowercase().contains(&wanted)
        || row.author.to_lowercase().contains(&wanted)
}

fn lines_of(
    rows: &[MessageRow],
    shown: &[usize],
    width: u16,
    people: &[PersonRow],
) -> Vec<FeedLine> {
    const DAY_MS: i64 = 86_400_000;
    let columns = usize::from(width.saturating_sub(3)).max(8);
    let me = people
        .iter()
        .find(|person| person.is_me)
        .map_or("", |person| person.handle.as_str());
    let mut lines = Vec::new();
    let mut before: Option<&MessageRow> = None;
    for (at, row) in shown.iter().filter_map(|at| Some((*at, rows.get(*at)?))) {
        let new_day =
            before.is_none_or(|old| old.at_ms.div_euclid(DAY_MS) != row.at_ms.div_euclid(DAY_MS));
        if new_day {
            let day = units::instant(row.at_ms, "%A %b %e");
            lines.push(FeedLine {
                message: None,
                runs: vec![Run::new(Role::Faint, format!("── {day} ──"))],
            });
        }
        let together = !new_day
            && before.is_some_and(|old| {
                old.author == row.author && row.at_ms - old.at_ms < TOGETHER_MS && old.replies == 0
            });
        if !together {
            if before.is_some() && !new_day && width >= 60 {
                lines.push(FeedLine {
                    message: None,
                    runs: Vec::new(),
                });
            }
            lines.push(FeedLine {
                message: Some(at),
                runs: heading(row),
            });
        }
        for paragraph in text::clean_lines(&row.text) {
            for runs in wrap_runs(&inline(&paragraph, me), columns) {
                lines.push(FeedLine {
                    message: Some(at),
                    runs,
                });
            }
        }
        if let Some(runs) = tail(row) {
            lines.push(FeedLine {
                message: Some(at),
                runs,
            });
        }
        let own = lines
            .iter()
            .rev()
            .take_while(|line| line.message == Some(at))
            .count();
        lines.truncate(lines.len() - own.saturating_sub(MAX_LINES));
        before = Some(row);
    }
    lines
}

fn heading(row: &MessageRow) -> Vec<Run> {
    let role = if row.mine {
        Role::Mine
    } else if row.bot {
        Role::Info
    } else {
        Role::Author
    };
    let mut runs = vec![Run::new(role, row.author.as_str())];
    if row.bot {
        runs.push(Run::new(Role::Faint, " app"));
    } else if !row.role.is_empty() {
        runs.push(Run::new(Role::Faint, format!(" {}", row.role)));
    }
    let at = units::clock_minute(row.at_ms);
    runs.push(Run::new(Role::Faint, format!("  {at}")));
    if row.mentions_me {
        runs.push(Run::new(Role::Base, "  "));
        runs.push(Run::new(Role::Mention, " @you "));
    }
    runs
}

/// A line of a message with mentions, channels and code told apart.
fn inline(line: &str, me: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for (index, piece) in line.split('`').enumerate() {
        if index % 2 == 1 {
            runs.push(Run::new(Role::Code, piece));
            continue;
        }
        for word in piece.split_inclusive(' ') {
            let bare = word.trim_end_matches(|letter: char| {
                !letter.is_alphanumeric() && letter != '-' && letter != '_'
            });
            let role = if bare.len() > 1 && bare.starts_with('@') {
                if bare.get(1..) == Some(me) || matches!(bare, "@here" | "@channel") {
                    Role::Mention
                } else {
                    Role::Link
                }
            } else if bare.len() > 1 && bare.starts_with('#') {
                Role::Link
            } else {
                Role::Base
            };
            let rest = word.get(bare.len()..).unwrap_or("");
            runs.push(Run::new(role, bare));
            runs.push(Run::new(Role::Base, rest));
        }
    }
    runs
}

fn tail(row: &MessageRow) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    if row.replies > 0 {
        let word = if row.replies == 1 { "reply" } else { "replies" };
        runs.push(Run::new(Role::Link, format!("↳ {} {word}  ", row.replies)));
    }
    for (name, count) in &row.reactions {
        runs.push(Run::new(Role::Faint, format!(":{name}: {count}  ")));
    }
    (!runs.is_empty()).then_some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, author: &str, at_ms: i64, body: &str) -> MessageRow {
        MessageRow {
            id: id.into(),
            author: author.into(),
            at_ms,
            text: body.into(),
            ..MessageRow::default()
        }
    }

    #[test]
    fn an_author_who_goes_on_gets_one_heading() {
        let rows = [
            message("a", "ida", 0, "one"),
            message("b", "ida", 1000, "two"),
            message("c", "ole", 2000, "three"),
        ];
        let lines = lines_of(&rows, &[0, 1, 2], 40, &[]);
        let owners: Vec<_> = lines.iter().map(|line| line.message).collect();
        assert_eq!(owners, [None, Some(0), Some(0), Some(1), Some(2), Some(2)]);
    }

    #[test]
    fn mentions_of_me_stand_out() {
        let runs = inline("hi @ida, see #ops `kubectl get po`", "ida");
        let role_of = |text: &str| runs.iter().find(|run| run.text == text).unwrap().role;
        assert_eq!(role_of("@ida"), Role::Mention);
        assert_eq!(role_of("#ops"), Role::Link);
        assert_eq!(role_of("kubectl get po"), Role::Code);
    }
}
