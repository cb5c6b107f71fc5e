//! The debrief as Markdown. Nothing in it controls a terminal.

use super::drawing::{COLUMNS, chart, wrap};
use super::page::{Block, Section, sections, side_word};
use super::story::Tone;
use super::{Debrief, story};

/// Rows of the impact's chart.
const CHART_ROWS: usize = 10;

/// The whole debrief as Markdown, as wide as its drawings where it can be.
pub fn markdown(debrief: &Debrief) -> String {
    let mut out = format!(
        "# Debrief: {}\n\n{} of {} points\n",
        debrief.title, debrief.score.points, debrief.score.out_of
    );
    for section in sections(debrief) {
        out.push_str(&one(debrief, &section));
    }
    printable(&out)
}

fn one(debrief: &Debrief, section: &Section) -> String {
    let mut out = format!("\n## {}\n", section.heading);
    for block in &section.blocks {
        out.push('\n');
        match block {
            Block::Text(text) => push_lines(&mut out, "", "", text),
            // Its own headings must not pass for the debrief's.
            Block::Report(text) => {
                for line in text.lines() {
                    out.push_str(&format!("> {line}\n"));
                }
            }
            Block::Points(points) => {
                for (tone, words) in points {
                    push_lines(&mut out, &format!("- {} ", sign(*tone)), "    ", words);
                }
            }
            Block::Table(rows) => out.push_str(&table(rows)),
            Block::Drawing(lines) => fenced(&mut out, lines),
            Block::Timeline(entries) => {
                for entry in entries {
                    let record = entry
                        .record
                        .map_or_else(String::new, |record| format!(" #{record}"));
                    let head = format!(
                        "- {} {} {}{record}: ",
                        entry.at.format("%m-%d %H:%M:%S"),
                        sign(entry.tone),
                        side_word(entry.side)
                    );
                    push_lines(&mut out, &head, "    ", &entry.what);
                }
            }
            Block::Impact => {
                fenced(&mut out, &impact(&debrief.impact));
                for mark in &debrief.impact.marks {
                    push_lines(&mut out, "- ", "  ", &mark.text());
                }
            }
        }
    }
    out
}

const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "·",
        Tone::Good => "✓",
        Tone::Missed => "○",
        Tone::Bad => "✗",
    }
}

fn push_lines(out: &mut String, head: &str, indent: &str, words: &str) {
    let columns = COLUMNS.saturating_sub(head.chars().count().max(indent.chars().count()));
    let lines = wrap(words, columns);
    if lines.is_empty() {
        out.push('\n');
    }
    for (index, line) in lines.iter().enumerate() {
        out.push_str(if index == 0 { head } else { indent });
        out.push_str(line);
        out.push('\n');
    }
}

fn fenced(out: &mut String, lines: &[String]) {
    out.push_str("```\n");
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    out.push_str("```\n");
}

fn impact(impact: &story::Impact) -> Vec<String> {
    let mut lines = chart(&impact.actual, &impact.nothing, CHART_ROWS);
    if lines.is_empty() {
        return vec!["no customer was harmed".to_owned()];
    }
    let clock = |at: Option<&i64>| {
        at.map_or_else(String::new, |at| {
            crate::sim::time::SimTime(*at).format("%H:%M")
        })
    };
    lines.push(format!(
        "from {} to {}; █ as it was, · had nothing been done",
        clock(impact.times.first()),
        clock(impact.times.last())
    ));
    lines
}

fn table(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                let cell = row.get(column).map_or("", String::as_str);
                if column == 0 {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
        if index == 0 {
            let rules: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| {
                    let dashes = "-".repeat(width.saturating_sub(usize::from(column > 0)).max(1));
                    if column == 0 {
                        dashes
                    } else {
                        format!("{dashes}:")
                    }
                })
                .collect();
            out.push_str(&format!("| {} |\n", rules.join(" | ")));
        }
    }
    out
}

/// The text without anything that controls a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() && letter != '\n' {
                char::REPLACEMENT_CHARACTER
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_markdown() {
        let rows = [["A", "Points"], ["Times", "3"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&rows),
            "| A     | Points |\n| ----- | -----: |\n| Times |      3 |\n"
        );
    }

    #[test]
    fn nothing_controls_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nb\u{9b}"), "a\u{fffd}[2J\nb\u{fffd}");
    }
}
