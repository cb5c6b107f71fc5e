//! Tables as `psql` prints them, to the blank. Never decides what is in them.

/// A result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Whether each holds numbers: those stand to the right.
    pub numeric: Vec<bool>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// `-A`: values with a bar between them.
    pub unaligned: bool,
    /// `-t`: rows alone.
    pub tuples_only: bool,
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn centred(text: &str, wanted: usize) -> String {
    let left = wanted.saturating_sub(width(text)) / 2;
    let right = wanted.saturating_sub(width(text) + left);
    format!("{}{text}{}", " ".repeat(left), " ".repeat(right))
}

impl Grid {
    fn widths(&self) -> Vec<usize> {
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widest = |(column, name): (usize, &String)| {
            cells(column)
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
                .max(width(name))
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    /// Prints it with a title, without a count of rows where it is a description.
    pub fn print(&self, title: Option<&str>, counted: bool, style: Style) -> String {
        if style.unaligned {
            return self.unaligned(style);
        }
        let widths = self.widths();
        let mut text = String::new();
        if !style.tuples_only {
            if let Some(title) = title {
                let whole: usize = widths
                    .iter()
                    .map(|width| width + 3)
                    .sum::<usize>()
                    .saturating_sub(1);
                text.push_str(centred(title, whole).trim_end());
                text.push('\n');
            }
            let header = self.columns.iter().zip(&widths);
            let header: Vec<String> = header
                .map(|(name, width)| format!(" {} ", centred(name, *width)))
                .collect();
            text.push_str(&header.join("|"));
            text.push('\n');
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
            text.push_str(&rule.join("+"));
            text.push('\n');
        }
        for row in &self.rows {
            text.push_str(&self.row(row, &widths));
            text.push('\n');
        }
        if counted && !style.tuples_only {
            let many = if self.rows.len() == 1 { "row" } else { "rows" };
            text.push_str(&format!("({} {many})\n", self.rows.len()));
        }
        text.push('\n');
        text
    }

    fn row(&self, row: &[String], widths: &[usize]) -> String {
        let last = row.len().saturating_sub(1);
        let cells = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, wanted))| {
                let room = " ".repeat(wanted.saturating_sub(width(cell)));
                if self.numeric.get(column).copied().unwrap_or(false) {
                    if column == last {
                        format!(" {room}{cell}")
                    } else {
                        format!(" {room}{cell} ")
                    }
                } else if column == last {
                    format!(" {cell}")
                } else {
                    format!(" {cell}{room} ")
                }
            });
        cells.collect::<Vec<_>>().join("|")
    }

    fn unaligned(&self, style: Style) -> String {
        let mut text = String::new();
        if !style.tuples_only {
            text.push_str(&format!("{}\n", self.columns.join("|")));
        }
        for row in &self.rows {
            text.push_str(&format!("{}\n", row.join("|")));
        }
        if !style.tuples_only {
            let many = if self.rows.len() == 1 { "row" } else { "rows" };
            text.push_str(&format!("({} {many})\n", self.rows.len()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_printed_as_psql_does() {
        let grid = Grid {
            columns: vec!["state".into(), "count".into()],
            numeric: vec![false, true],
            rows: vec![
                vec!["open".into(), "12".into()],
                vec!["in progress".into(), "7".into()],
            ],
        };
        let expected = "    state    | count \n-------------+-------\n open        |    12\n in progress |     7\n(2 rows)\n\n";
        assert_eq!(grid.print(None, true, Style::default()), expected);
        let bare = Style {
            unaligned: true,
            tuples_only: true,
        };
        assert_eq!(grid.print(None, true, bare), "open|12\nin progress|7\n");
    }
}
