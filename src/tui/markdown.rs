//! Markdown laid out as lines of runs: headings, emphasis, code, lists, quotes. For briefings and messages' long kin.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::canvas::Run;
use super::text;
use super::theme::Role;

/// Lays text out in `columns`.
pub fn layout(source: &str, columns: usize) -> Vec<Vec<Run>> {
    let mut page = Page {
        columns: columns.max(8),
        ..Page::default()
    };
    for event in Parser::new_ext(source, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.flush();
    while page.lines.last().is_some_and(Vec::is_empty) {
        page.lines.pop();
    }
    page.lines
}

#[derive(Default)]
struct Page {
    columns: usize,
    lines: Vec<Vec<Run>>,
    words: Vec<Run>,
    role: Vec<Role>,
    indent: usize,
    bullet: Option<String>,
    numbers: Vec<Option<u64>>,
    in_code: bool,
    table: Vec<Vec<Vec<Run>>>,
}

impl Page {
    fn role(&self) -> Role {
        self.role.last().copied().unwrap_or(Role::Base)
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(words) if self.in_code => {
                for line in text::clean_lines(&words) {
                    let pad = " ".repeat(self.indent);
                    self.lines
                        .push(vec![Run::new(Role::Code, format!("{pad}  {line}"))]);
                }
            }
            Event::Text(words) => self.words.push(Run::new(self.role(), words.into_string())),
            Event::Code(words) => self.words.push(Run::new(Role::Code, words.into_string())),
            Event::SoftBreak => self.words.push(Run::new(self.role(), " ")),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.flush();
                let rule = "─".repeat(self.columns);
                self.lines.push(vec![Run::new(Role::Border, rule)]);
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.gap();
                self.role.push(if *level == HeadingLevel::H1 {
                    Role::Accent
                } else {
                    Role::Strong
                });
            }
            Tag::Strong => self.role.push(Role::Strong),
            Tag::Emphasis => self.role.push(Role::Info),
            Tag::Link { .. } => self.role.push(Role::Link),
            Tag::BlockQuote(_) => {
                self.gap();
                self.indent += 2;
                self.role.push(Role::Muted);
            }
            Tag::CodeBlock(_) => {
                self.gap();
                self.in_code = true;
            }
            Tag::List(first) => {
                if self.numbers.is_empty() {
                    self.gap();
                } else {
                    self.flush();
                }
                self.numbers.push(*first);
            }
            Tag::Item => {
                self.flush();
                let bullet = match self.numbers.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                };
                self.indent += text::width(&bullet);
                self.bullet = Some(bullet);
            }
            Tag::Table(_) => {
                self.gap();
                self.table.clear();
            }
            Tag::TableHead => {
                self.table.push(Vec::new());
                self.role.push(Role::Strong);
            }
            Tag::TableRow => self.table.push(Vec::new()),
            Tag::Paragraph if self.bullet.is_none() => self.gap(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.role.pop();
            }
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Link => {
                self.role.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indent = self.indent.saturating_sub(2);
                self.role.pop();
            }
            TagEnd::CodeBlock => self.in_code = false,
            TagEnd::Item => {
                self.flush();
                let wide = match self.numbers.last() {
                    Some(Some(number)) => text::width(&format!("{}. ", number.saturating_sub(1))),
                    _ => 2,
                };
                self.indent = self.indent.saturating_sub(wide);
            }
            TagEnd::List(_) => {
                self.numbers.pop();
            }
            TagEnd::TableCell => {
                let mut cell = std::mem::take(&mut self.words);
                for run in &mut cell {
                    run.text = text::clean(&run.text).into_owned();
                }
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::TableHead => drop(self.role.pop()),
            TagEnd::Table => self.lay_table(),
            TagEnd::Paragraph => self.flush(),
            _ => {}
        }
    }

    /// Lays a table out in columns; where they do not fit, the widest are broken.
    fn lay_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let wide =
            |cell: &Vec<Run>| -> usize { cell.iter().map(|run| text::width(&run.text)).sum() };
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..count)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells
                    .map(wide)
                    .max()
                    .unwrap_or(0)
                    .clamp(1, self.columns.max(1))
            })
            .collect();
        let room = self.columns.saturating_sub(2 * count.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            match widths.iter_mut().max() {
                Some(widest) if *widest > 6 => *widest -= 1,
                _ => break,
            }
        }
        for (place, row) in rows.iter().enumerate() {
            let cells: Vec<Vec<Vec<Run>>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| wrap_runs(cell, *width))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let mut line = Vec::new();
                for (cell, width) in cells.iter().zip(&widths) {
                    let piece = cell.get(at).cloned().unwrap_or_default();
                    let used = wide(&piece);
                    line.extend(piece);
                    let blanks = " ".repeat(width.saturating_sub(used) + 2);
                    line.push(Run::new(Role::Base, blanks));
                }
                self.lines.push(line);
            }
            if place == 0 {
                let ruled: usize = widths.iter().sum::<usize>() + 2 * count.saturating_sub(1);
                let rule = "─".repeat(ruled.min(self.columns));
                self.lines.push(vec![Run::new(Role::Border, rule)]);
            }
        }
    }

    fn gap(&mut self) {
        self.flush();
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    /// Breaks the collected words into lines.
    fn flush(&mut self) {
        if self.words.is_empty() {
            return;
        }
        let mut words = std::mem::take(&mut self.words);
        let indent = self.indent.min(self.columns / 2);
        let bullet = self.bullet.take().unwrap_or_default();
        let lead = " ".repeat(indent.saturating_sub(text::width(&bullet)));
        let first = Run::new(Role::Accent, format!("{lead}{bullet}"));
        let rest = Run::new(Role::Base, " ".repeat(indent));
        for run in &mut words {
            run.text = text::clean(&run.text).into_owned();
        }
        for (index, mut line) in wrap_runs(&words, self.columns - indent)
            .into_iter()
            .enumerate()
        {
            let head = if index == 0 { &first } else { &rest };
            if !head.text.is_empty() {
                line.insert(0, head.clone());
            }
            self.lines.push(line);
        }
    }
}

/// Breaks runs at spaces into lines of at most `columns`; a word may change its look inside.
pub fn wrap_runs(runs: &[Run], columns: usize) -> Vec<Vec<Run>> {
    let columns = columns.max(1);
    let cells: Vec<(&str, usize, Role)> = runs
        .iter()
        .flat_map(|run| {
            text::cells(&run.text).map(|(symbol, wide)| (symbol, wide.into(), run.role))
        })
        .collect();
    let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
    let mut used = 0;
    for word in cells.split_inclusive(|(symbol, ..)| *symbol == " ") {
        let bare: usize = word
            .iter()
            .filter(|(symbol, ..)| *symbol != " ")
            .map(|(_, wide, _)| wide)
            .sum();
        if used > 0 && used + bare > columns {
            lines.push(Vec::new());
            used = 0;
        }
        for (symbol, wide, role) in word {
            if used + wide > columns {
                if *symbol == " " {
                    continue;
                }
                lines.push(Vec::new());
                used = 0;
            }
            used += wide;
            if let Some(line) = lines.last_mut() {
                match line.last_mut() {
                    Some(last) if last.role == *role => last.text.push_str(symbol),
                    _ => line.push(Run::new(*role, *symbol)),
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str, columns: usize) -> Vec<String> {
        layout(source, columns)
            .iter()
            .map(|line| line.iter().map(|run| run.text.as_str()).collect())
            .collect()
    }

    #[test]
    fn blocks_become_lines() {
        let shown = plain(
            "# Top\n\nSome *plain* words here.\n\n- one\n- two two two\n\n```\n  x\n```",
            12,
        );
        assert_eq!(
            shown,
            [
                "Top",
                "",
                "Some plain ",
                "words here.",
                "",
                "• one",
                "• two two ",
                "  two",
                "",
                "    x"
            ]
        );
    }

    #[test]
    fn tables_stand_in_columns_and_break_where_they_must() {
        let source = "| a | says |\n|---|---|\n| one | two three four |\n";
        let shown = plain(source, 40);
        let shown: Vec<&str> = shown.iter().map(|line| line.trim_end()).collect();
        assert_eq!(
            shown,
            ["a    says", "───────────────────", "one  two three four"]
        );
        let narrow = plain(source, 14);
        let narrow: Vec<&str> = narrow.iter().map(|line| line.trim_end()).collect();
        assert_eq!(
            narrow,
            ["a    says", "──────────────", "one  two three", "     four"]
        );
    }

    #[test]
    fn words_may_change_their_look_inside() {
        let runs = [Run::new(Role::Base, "ab "), Run::new(Role::Strong, "cdef")];
        assert_eq!(wrap_runs(&runs, 4).len(), 2);
        let runs = [
            Run::new(Role::Base, "see "),
            Run::new(Role::Link, "#ab"),
            Run::new(Role::Base, "."),
        ];
        assert_eq!(wrap_runs(&runs, 7).len(), 2);
    }
}
