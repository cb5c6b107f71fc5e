//! Columns of text as Go's `text/tabwriter` lays them out. Knows nothing of what the columns mean.

use unicode_width::UnicodeWidthStr;

/// How columns are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The least width of a column, with its padding.
    pub min_width: usize,
    /// Spaces after the widest cell of a column.
    pub padding: usize,
}

/// The tables of `kubectl get`.
pub const TABLE: Layout = Layout {
    min_width: 6,
    padding: 3,
};

/// The texts of `kubectl describe`.
pub const DESCRIPTION: Layout = Layout {
    min_width: 0,
    padding: 2,
};

/// Lays out a text whose cells end in tabs: a column goes over adjacent lines that have a cell there, and the last cell
/// of a line is part of no column.
pub fn lay_out(text: &str, layout: Layout) -> String {
    let lines: Vec<Vec<&str>> = text
        .split('\n')
        .map(|line| line.split('\t').collect())
        .collect();
    let mut writer = Writer {
        layout,
        lines: &lines,
        widths: Vec::new(),
        out: String::with_capacity(text.len() * 2),
    };
    writer.format(0, lines.len());
    // The split leaves one empty line after the last line break.
    writer.out.pop();
    writer.out
}

struct Writer<'a> {
    layout: Layout,
    lines: &'a [Vec<&'a str>],
    widths: Vec<usize>,
    out: String,
}

impl Writer<'_> {
    fn has_cell(&self, line: usize, column: usize) -> bool {
        self.lines
            .get(line)
            .is_some_and(|cells| column + 1 < cells.len())
    }

    fn format(&mut self, from: usize, to: usize) {
        let column = self.widths.len();
        let mut written = from;
        let mut line = from;
        while line < to {
            if !self.has_cell(line, column) {
                line += 1;
                continue;
            }
            self.write(written, line);
            let start = line;
            let mut width = self.layout.min_width;
            while line < to && self.has_cell(line, column) {
                let cell = self
                    .lines
                    .get(line)
                    .and_then(|cells| cells.get(column))
                    .map_or(0, |cell| cell.width());
                width = width.max(cell + self.layout.padding);
                line += 1;
            }
            self.widths.push(width);
            self.format(start, line);
            self.widths.pop();
            written = line;
        }
        self.write(written, to);
    }

    fn write(&mut self, from: usize, to: usize) {
        for cells in self.lines.get(from..to).unwrap_or_default() {
            for (column, cell) in cells.iter().enumerate() {
                self.out.push_str(cell);
                if let Some(width) = self.widths.get(column) {
                    let padding = width.saturating_sub(cell.width());
                    self.out.extend(std::iter::repeat_n(' ', padding));
                }
            }
            self.out.push('\n');
        }
    }
}

/// A text for `lay_out`, written line by line with an indentation.
#[derive(Clone, Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// Adds a line, two spaces deeper for each level. Tabs end cells; control characters are dropped.
    pub fn line(&mut self, level: usize, line: &str) {
        self.text.extend(std::iter::repeat_n("  ", level));
        self.text.extend(
            line.chars()
                .filter(|letter| *letter == '\t' || !letter.is_control()),
        );
        self.text.push('\n');
    }

    /// The text with its tabs.
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// The text laid out.
    pub fn laid_out(&self) -> String {
        lay_out(&self.text, DESCRIPTION)
    }

    /// Lays out what was written so far by itself: later lines do not widen its columns.
    pub fn settle(&mut self) {
        self.text = self.laid_out();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_over_adjacent_lines() {
        let text =
            "Name:\tweb\nLabels:\tapp=web\n\ttier=front\nEvents:\n  Type\tReason\n  ----\t------\n";
        assert_eq!(
            lay_out(text, DESCRIPTION),
            "Name:    web\nLabels:  app=web\n         tier=front\nEvents:\n  Type  Reason\n  ----  ------\n"
        );
    }

    #[test]
    fn a_cell_that_ends_in_a_tab_is_padded() {
        assert_eq!(
            lay_out("IP:\t\nName:\tx\n", DESCRIPTION),
            "IP:    \nName:  x\n"
        );
        assert_eq!(lay_out("", DESCRIPTION), "");
        assert_eq!(lay_out("a\tb\n", TABLE), "a     b\n");
    }
}
