//! What the shell printed: lines broken to the pane's width, scrolled and selected. Bounded.

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::pane::{PaneId, Size};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::paint;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::ArtifactId;

/// The most lines kept.
const MAX_LINES: usize = 5_000;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A prompt with its command.
    Command,
    /// Output.
    Output,
    /// Output to standard error.
    Error,
    /// Said by the pane itself.
    Note,
}

#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    text: String,
    block: usize,
}

/// A command and what it printed.
#[derive(Clone, Debug, Default)]
struct Printed {
    command: String,
    artifact: Option<ArtifactId>,
}

/// The printed lines.
#[derive(Clone, Debug, Default)]
pub struct Scrollback {
    lines: Vec<Line>,
    blocks: Vec<Printed>,
    rows: Vec<(usize, String)>,
    place: Rows,
    following: bool,
    width: u16,
    stale: bool,
}

impl Scrollback {
    /// Says something that no command printed.
    pub fn say(&mut self, words: &str) {
        self.blocks.push(Printed::default());
        self.print(Kind::Note, words);
    }

    /// Begins a command's block.
    pub fn begin(&mut self, shown: &str, command: &str) {
        self.blocks.push(Printed {
            command: command.to_owned(),
            artifact: None,
        });
        self.print(Kind::Command, shown);
        self.follow();
    }

    /// Prints lines into the last block.
    pub fn print(&mut self, kind: Kind, printed: &str) {
        let block = self.blocks.len().saturating_sub(1);
        let mut lines = text::clean_lines(printed);
        if lines.is_empty() {
            lines.push(String::new());
        }
        self.lines
            .extend(lines.into_iter().map(|text| Line { kind, text, block }));
        let spare = self.lines.len().saturating_sub(MAX_LINES);
        self.lines.drain(..spare);
        self.stale = true;
    }

    /// Takes back what the last command has printed.
    pub fn rewind(&mut self) {
        let last = self.blocks.len().saturating_sub(1);
        self.lines
            .retain(|line| line.block != last || line.kind == Kind::Command);
        self.stale = true;
    }

    /// What a pin of the last block keeps.
    pub fn keep(&mut self, artifact: ArtifactId) {
        if let Some(block) = self.blocks.last_mut() {
            block.artifact = Some(artifact);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.stale = true;
    }

    /// Goes to the end and stays there.
    pub fn follow(&mut self) {
        self.following = true;
    }

    /// Moves as a verb says.
    pub fn on(&mut self, verb: Verb) {
        if self.place.on(verb) {
            self.following = self.place.at_end();
        }
    }

    /// Moves by rows.
    pub fn scroll(&mut self, rows: isize) {
        self.place.step(rows);
        self.following = self.place.at_end();
    }

    /// Selects a row.
    pub fn select(&mut self, row: usize) {
        self.place.select(row);
        self.following = self.place.at_end();
    }

    /// What the selected row's command printed, and a label for it.
    pub fn selected_artifact(&self) -> Option<(ArtifactId, String)> {
        let (line, _) = self.rows.get(self.place.selected)?;
        let block = self.blocks.get(self.lines.get(*line)?.block)?;
        Some((block.artifact.clone()?, format!("$ {}", block.command)))
    }

    /// Breaks lines for a size.
    pub fn lay_out(&mut self, size: Size) {
        if self.stale || self.width != size.width {
            self.stale = false;
            self.width = size.width;
            let columns = usize::from(size.width).max(1);
            self.rows = self
                .lines
                .iter()
                .enumerate()
                .flat_map(|(at, line)| {
                    hard_wrap(&line.text, columns)
                        .into_iter()
                        .map(move |row| (at, row))
                })
                .collect();
        }
        self.place.fit(self.rows.len(), usize::from(size.height));
        if self.following {
            self.place.select(self.rows.len().saturating_sub(1));
        }
    }

    /// A row in its colours.
    fn painted(&self, line: usize, shown: &str) -> Vec<Run> {
        let Some(line) = self.lines.get(line) else {
            return Vec::new();
        };
        let plain = |role| vec![Run::new(role, shown.to_owned())];
        match line.kind {
            Kind::Error => plain(Role::Warn),
            Kind::Note => plain(Role::Faint),
            Kind::Output => {
                let command = self
                    .blocks
                    .get(line.block)
                    .map(|block| block.command.as_str());
                let command = command.unwrap_or("").trim_start();
                let is_diff = command.starts_with("git ")
                    || command.starts_with("diff ")
                    || command.starts_with("kubectl diff");
                paint::printed(shown, is_diff)
            }
            Kind::Command => match shown.split_once("$ ") {
                Some((prompt, command)) => vec![
                    Run::new(Role::Prompt, format!("{prompt}$ ")),
                    Run::new(Role::Strong, command.to_owned()),
                ],
                None => plain(Role::Strong),
            },
        }
    }

    /// Draws the rows on screen; gives how many.
    pub fn draw(&self, canvas: &mut Canvas<'_>, selecting: bool) -> u16 {
        let mut count = 0;
        for (y, row) in self.place.visible().enumerate() {
            let Some((at, shown)) = self.rows.get(row) else {
                continue;
            };
            let y = y as u16;
            canvas.runs(0, y, &self.painted(*at, shown));
            if selecting && row == self.place.selected {
                canvas.tint_row(y, Role::Selected);
            }
            canvas.click(
                Rect::new(0, y, canvas.width(), 1),
                Hit::Row {
                    pane: PaneId::Shell,
                    list: 0,
                    row,
                },
            );
            count = y + 1;
        }
        let part = Rect::new(0, 0, canvas.width(), canvas.height().saturating_sub(1));
        self.place.scrollbar(canvas, part);
        count
    }
}

/// A line broken exactly at the edge, as a terminal does.
fn hard_wrap(line: &str, columns: usize) -> Vec<String> {
    if text::width(line) <= columns {
        return vec![line.to_owned()];
    }
    let mut rows = vec![String::new()];
    let mut used = 0;
    for (symbol, wide) in text::cells(line) {
        let wide = usize::from(wide);
        if used + wide > columns {
            rows.push(String::new());
            used = 0;
        }
        if let Some(row) = rows.last_mut() {
            row.push_str(symbol);
        }
        used += wide;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_bounded_and_clean() {
        let mut scrollback = Scrollback::default();
        scrollback.begin("$ x", "x");
        for _ in 0..MAX_LINES {
            scrollback.print(Kind::Output, "a\u{1b}[2J\nb");
        }
        assert_eq!(scrollback.lines.len(), MAX_LINES);
        assert!(scrollback.lines.iter().all(|line| line.text.len() == 1));
    }

    #[test]
    fn long_lines_break_at_the_edge() {
        assert_eq!(hard_wrap("abcde", 2), ["ab", "cd", "e"]);
        assert_eq!(hard_wrap("", 2), [""]);
    }
}
