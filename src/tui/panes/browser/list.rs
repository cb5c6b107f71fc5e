//! A list of the browser: pages joined to rows, filtered as is typed, drawn in columns. Never asks by itself, but reads
//! again what it has.

use ratatui::layout::Rect;

use super::table_of;
use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::pane::{PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{AskToken, Browsed, Content, Desk, KindRow, Table, TableRow, Tone};

/// A list of more pages is not read again as time goes on.
pub const MOST_AGAIN: usize = 8;
/// The first two columns are cut to this, where there is not room for all.
const LEAST_FIRST: usize = 24;
/// The others to this.
const LEAST: usize = 20;

/// A page that was read.
#[derive(Clone, Debug)]
struct Part {
    ask: AskToken,
    look: String,
    rows: usize,
}

/// A list.
pub struct List {
    /// The kind that is listed.
    kind: String,
    /// Its system.
    pub system: String,
    /// What its system searched for.
    pub search: String,
    /// Where it is.
    pub rows: Rows,
    /// The filter.
    pub filter: Field,
    heads: Vec<(String, bool)>,
    all: Vec<TableRow>,
    shown: Vec<usize>,
    total: Option<usize>,
    more: Option<AskToken>,
    note: String,
    parts: Vec<Part>,
    is_searched: bool,
    /// What asks for it without a search.
    base: AskToken,
    widths: Vec<usize>,
    /// Why it could not be read again.
    trouble: Option<String>,
}

impl List {
    /// The kinds themselves, as the first list.
    pub fn of_kinds(kinds: &[KindRow]) -> Self {
        let rows = kinds.iter().map(|kind| TableRow {
            key: kind.name.clone(),
            cells: [
                kind.name.clone(),
                kind.aliases.join(" "),
                kind.system.clone(),
                kind.about.clone(),
            ]
            .map(|cell| (cell, Tone::Plain))
            .to_vec(),
            opens: vec![("open".to_owned(), kind.ask.clone())],
            ..TableRow::default()
        });
        let table = Table {
            heads: ["NAME", "SHORT", "SYSTEM", "WHAT IT LISTS"]
                .map(|head| (head.to_owned(), false))
                .to_vec(),
            rows: rows.collect(),
            ..Table::default()
        };
        let mut list = Self::new(Browsed {
            content: Content::Table(table),
            ..Browsed::default()
        });
        list.parts.clear();
        list
    }

    /// What was answered.
    pub fn new(browsed: Browsed) -> Self {
        let part = |rows| Part {
            ask: browsed.ask.clone(),
            look: browsed.look.clone(),
            rows,
        };
        let table = table_of(browsed.content);
        let mut list = Self {
            base: browsed.ask.clone(),
            parts: vec![part(table.rows.len())],
            kind: table.kind,
            system: table.system,
            search: String::new(),
            rows: Rows::default(),
            filter: Field::default(),
            heads: table.heads,
            all: table.rows,
            shown: Vec::new(),
            total: table.total,
            more: browsed.more,
            note: table.note,
            is_searched: table.is_searched,
            widths: Vec::new(),
            trouble: None,
        };
        list.sift();
        list
    }

    /// Takes what was answered to a search in its place.
    pub fn take_search(&mut self, browsed: Browsed, search: &str) {
        *self = Self {
            search: search.to_owned(),
            base: std::mem::take(&mut self.base),
            ..Self::new(browsed)
        };
    }

    /// Its title: the kind, and what was searched for.
    pub fn title(&self) -> String {
        if self.search.is_empty() {
            self.kind.clone()
        } else {
            format!("{} ? {}", self.kind, self.search)
        }
    }

    /// Takes the next page.
    pub fn add(&mut self, browsed: Browsed) {
        let table = table_of(browsed.content);
        self.parts.push(Part {
            ask: browsed.ask,
            look: browsed.look,
            rows: table.rows.len(),
        });
        self.total = table.total;
        self.more = browsed.more;
        self.all.extend(table.rows);
        self.sift();
    }

    /// The selected row; none on the line that reads on.
    pub fn selected(&self) -> Option<&TableRow> {
        self.shown
            .get(self.rows.selected)
            .and_then(|at| self.all.get(*at))
    }

    /// Selects a row by its place.
    pub fn select(&mut self, row: usize) {
        self.filter.take();
        self.sift();
        self.rows.fit(self.shown.len(), self.shown.len());
        self.rows.select(row);
    }

    /// What reads on, when the line that does is selected.
    pub fn wants_more(&self) -> Option<AskToken> {
        self.more
            .clone()
            .filter(|_| self.rows.selected >= self.shown.len())
    }

    /// Whether its system can be searched.
    pub const fn is_searched(&self) -> bool {
        self.is_searched
    }

    /// What asks for it without a search.
    pub fn base(&self) -> AskToken {
        self.base.clone()
    }

    /// Clears the filter; whether there was one.
    pub fn clear_filter(&mut self) -> bool {
        let was = !self.filter.is_empty();
        self.filter.take();
        was
    }

    /// The call of the page that the selected row is on.
    pub fn look(&self) -> Option<String> {
        let at = self.shown.get(self.rows.selected).copied().unwrap_or(0);
        let mut before = 0;
        let part = self.parts.iter().find(|part| {
            before += part.rows;
            at < before
        });
        part.or_else(|| self.parts.first())
            .map(|part| part.look.clone())
            .filter(|look| !look.is_empty())
    }

    /// How many there are, for the caption.
    pub fn counts(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let read = self.all.len();
        let words = if self.shown.len() == read {
            format!(" {read}")
        } else {
            format!(" {} of {read}", self.shown.len())
        };
        runs.push(Run::new(Role::Strong, words));
        if self.more.is_some() {
            let words = self.total.map_or_else(
                || ", more to read".to_owned(),
                |total| format!(" read of {total}"),
            );
            runs.push(Run::new(Role::Warn, words));
        }
        if let Some(trouble) = &self.trouble {
            runs.push(Run::new(Role::Alert, format!(" {trouble}")));
        }
        runs
    }

    /// Reads its pages again; the selected row stays selected.
    pub fn read_again(&mut self, desk: &mut dyn Desk) {
        let Some(first) = self.parts.first() else {
            return;
        };
        if self.parts.len() > MOST_AGAIN {
            self.trouble = Some("too long to be read again".to_owned());
            return;
        }
        let mut next = Some(first.ask.clone());
        let (mut parts, mut rows) = (Vec::new(), Vec::new());
        let wanted = self.parts.len();
        let mut last = None;
        while let Some(ask) = next.take().filter(|_| parts.len() < wanted) {
            match desk.browse_again(&ask) {
                Ok(browsed) => {
                    let table = table_of(browsed.content);
                    parts.push(Part {
                        ask: browsed.ask,
                        look: browsed.look,
                        rows: table.rows.len(),
                    });
                    next.clone_from(&browsed.more);
                    rows.extend(table.rows);
                    last = Some((table.heads, table.total, browsed.more, table.note));
                }
                Err(trouble) => {
                    // What was read stays; that it is old is said.
                    let line = trouble.lines().next().unwrap_or_default();
                    self.trouble = Some(format!("not read again: {line}"));
                    return;
                }
            }
        }
        let Some((heads, total, more, note)) = last else {
            return;
        };
        let kept = self.selected().map(|row| row.key.clone());
        (self.parts, self.all) = (parts, rows);
        (self.heads, self.total, self.more, self.note) = (heads, total, more, note);
        self.trouble = None;
        self.sift();
        let found = kept.and_then(|key| {
            self.shown
                .iter()
                .position(|at| self.all.get(*at).is_some_and(|row| row.key == key))
        });
        if let Some(place) = found.filter(|_| self.rows.selected > 0) {
            self.rows.selected = place;
        }
    }

    /// Finds the rows that the filter leaves.
    fn sift(&mut self) {
        let wanted = self.filter.value().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        self.shown = (0..self.all.len())
            .filter(|at| {
                self.all.get(*at).is_some_and(|row| {
                    let cells: Vec<&str> =
                        row.cells.iter().map(|(cell, _)| cell.as_str()).collect();
                    let line = cells.join(" ").to_lowercase();
                    words.iter().all(|word| line.contains(word))
                })
            })
            .collect();
    }

    /// Takes in how much room there is.
    pub fn lay_out(&mut self, size: Size, typed: u16) {
        self.sift();
        let field = typed.max(u16::from(!self.filter.is_empty()));
        let height = size.height.saturating_sub(1 + field);
        let count = self.shown.len() + usize::from(self.more.is_some());
        self.rows.fit(count, usize::from(height));
        self.widths = self.fitted(usize::from(size.width).saturating_sub(2));
    }

    /// Columns as wide as their cells. Where that is too much, long ones are cut as far as they can still be read, then the
    /// last ones are left out: the first say most.
    fn fitted(&self, room: usize) -> Vec<usize> {
        let natural: Vec<usize> = self
            .heads
            .iter()
            .enumerate()
            .map(|(column, (title, _))| {
                let rows = self.shown.iter().filter_map(|at| self.all.get(*at));
                let widest = rows
                    .filter_map(|row| row.cells.get(column))
                    .map(|(cell, _)| text::width(&text::clean(cell)))
                    .max()
                    .unwrap_or(0);
                widest.max(text::width(title))
            })
            .collect();
        let least = |column: usize| if column < 2 { LEAST_FIRST } else { LEAST };
        let mut widths: Vec<usize> = natural
            .iter()
            .enumerate()
            .map(|(column, wide)| (*wide).min(least(column)))
            .collect();
        let total =
            |widths: &[usize]| widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        while widths.len() > 1 && total(&widths) > room {
            widths.pop();
        }
        // What is left goes to the columns that were cut, a cell to each in turn.
        let mut spare = room.saturating_sub(total(&widths));
        while spare > 0 {
            let before = spare;
            for (wide, wanted) in widths.iter_mut().zip(&natural) {
                if *wide < *wanted && spare > 0 {
                    *wide += 1;
                    spare -= 1;
                }
            }
            if spare == before {
                break;
            }
        }
        widths
    }

    /// Draws headings and rows.
    pub fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        self.draw_row(canvas, 0, |_, head| (head.0.clone(), Role::Muted));
        if self.widths.len() < self.heads.len() {
            let end = canvas.width().saturating_sub(1);
            canvas.text(end, 0, "»", Role::Muted);
        }
        if self.shown.is_empty() && self.more.is_none() {
            let words = if !self.all.is_empty() {
                "No row has these words."
            } else if self.note.is_empty() {
                "There is none."
            } else {
                &self.note
            };
            canvas.text(1, 1, words, Role::Muted);
        }
        for (place, row) in self.rows.visible().enumerate() {
            let y = place as u16 + 1;
            match self.shown.get(row).and_then(|at| self.all.get(*at)) {
                Some(found) => self.draw_row(canvas, y, |column, _| {
                    let (cell, tone) = found.cells.get(column).cloned().unwrap_or_default();
                    let role = match tone {
                        Tone::Good => Role::Good,
                        Tone::Missed => Role::Warn,
                        Tone::Bad => Role::Alert,
                        Tone::Plain if column == 0 => Role::Link,
                        Tone::Plain => Role::Base,
                    };
                    (cell, role)
                }),
                None => self.draw_more(canvas, y),
            }
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
        let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
        self.rows.scrollbar(canvas, part);
    }

    fn draw_row(
        &self,
        canvas: &mut Canvas<'_>,
        y: u16,
        cell: impl Fn(usize, &(String, bool)) -> (String, Role),
    ) {
        let mut x = 0;
        let last = canvas.width().saturating_sub(1);
        for ((column, head), width) in self.heads.iter().enumerate().zip(&self.widths) {
            if x >= last {
                break;
            }
            let (shown, role) = cell(column, head);
            let width = (*width as u16).min(last - x);
            let align = if head.1 { Align::Right } else { Align::Left };
            canvas.text_aligned((x, y), width, align, &shown, role);
            x += width + 2;
        }
    }

    fn draw_more(&self, canvas: &mut Canvas<'_>, y: u16) {
        let left = self
            .total
            .map(|total| total.saturating_sub(self.all.len()))
            .map_or_else(String::new, |left| format!("{left} "));
        let words = format!("↓ {left}more: Enter reads on");
        canvas.text(0, y, &words, Role::Warn);
    }
}
