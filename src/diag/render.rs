//! Draws diagnostics as text: place, excerpt with the span marked, id, hint. Writes no control character of its input.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use super::position::{ceil, floor, line_at, position};
use super::text::{is_forbidden, visible};
use super::{Diagnostic, Severity, SourceText};

/// Columns of an excerpt; a longer line is cut around its span.
const MAX_COLUMNS: usize = 160;
/// Columns of a tab.
const TAB_COLUMNS: usize = 4;

/// Whether colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// No escape sequence at all.
    Never,
    /// The sixteen colours every terminal has.
    Ansi,
}

impl Colour {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Never => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

const BOLD: &str = "1";
const BLUE: &str = "1;34";
const CYAN: &str = "1;36";

const fn severity_code(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
    }
}

/// Draws one problem: a heading, its excerpt and those of its labels, its hint. Ends with a line break.
pub fn render(diagnostic: &Diagnostic, colour: Colour) -> String {
    let code = severity_code(diagnostic.severity);
    let mut out = String::new();
    let head = format!("{}[{}]", diagnostic.severity.word(), diagnostic.id);
    let _ = writeln!(
        out,
        "{}{}",
        colour.paint(code, &head),
        colour.paint(BOLD, &format!(": {}", one_line(&diagnostic.message)))
    );
    let gutter = gutter_width(diagnostic);
    excerpt(
        &mut out,
        &Part {
            file: &diagnostic.file,
            span: diagnostic.span.clone(),
            arrow: "-->",
            mark: '^',
            code,
            note: "",
        },
        gutter,
        colour,
    );
    for label in &diagnostic.labels {
        excerpt(
            &mut out,
            &Part {
                file: &label.file,
                span: label.span.clone(),
                arrow: ":::",
                mark: '-',
                code: BLUE,
                note: &label.message,
            },
            gutter,
            colour,
        );
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(
            out,
            "{} {} {}",
            " ".repeat(gutter),
            colour.paint(BLUE, "="),
            colour.paint(CYAN, "hint:") + " " + &one_line(hint)
        );
    }
    out
}

struct Part<'a> {
    file: &'a Arc<SourceText>,
    span: Range<usize>,
    arrow: &'a str,
    mark: char,
    code: &'a str,
    note: &'a str,
}

fn gutter_width(diagnostic: &Diagnostic) -> usize {
    let line = |file: &SourceText, at| position(&file.text, at).line;
    let last = diagnostic
        .labels
        .iter()
        .map(|label| line(&label.file, label.span.start))
        .fold(line(&diagnostic.file, diagnostic.span.start), usize::max);
    last.to_string().len()
}

fn excerpt(out: &mut String, part: &Part<'_>, gutter: usize, colour: Colour) {
    let text = part.file.text.as_str();
    let place = position(text, part.span.start);
    let pad = " ".repeat(gutter);
    let name = one_line(&part.file.name);
    if text.is_empty() {
        let _ = writeln!(out, "{pad}{} {name}", colour.paint(BLUE, part.arrow));
        return;
    }
    let _ = writeln!(
        out,
        "{pad}{} {name}:{place}",
        colour.paint(BLUE, part.arrow)
    );
    let bar = colour.paint(BLUE, "|");
    let _ = writeln!(out, "{pad} {bar}");
    let shown = Shown::new(text, &part.span);
    let number = colour.paint(BLUE, &format!("{:>gutter$}", place.line));
    let _ = writeln!(out, "{number} {bar} {}", shown.line);
    let marks: String = std::iter::repeat_n(part.mark, shown.width).collect();
    let note = if part.note.is_empty() {
        String::new()
    } else {
        format!(" {}", one_line(part.note))
    };
    let _ = writeln!(
        out,
        "{pad} {bar} {}{}",
        " ".repeat(shown.indent),
        colour.paint(part.code, &(marks + &note))
    );
}

/// The first line of a span as it is drawn.
struct Shown {
    line: String,
    /// Columns before the span.
    indent: usize,
    /// Columns of the span on this line; at least one.
    width: usize,
}

impl Shown {
    fn new(text: &str, span: &Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = ceil(text, span.end.max(span.start)).max(start);
        let line = line_at(text, start);
        let slice = |range: Range<usize>| text.get(range).unwrap_or("");
        let mut before = drawn(slice(line.start..start));
        let mut marked = drawn(slice(start..end.min(line.end).max(start)));
        let mut after = drawn(slice(end.min(line.end).max(start)..line.end));
        // A long line: the marked part first, then what is around it.
        cut_end(&mut marked, MAX_COLUMNS);
        let room = MAX_COLUMNS.saturating_sub(columns(&marked));
        cut_start(&mut before, room.max(20) / 2 + room / 4);
        cut_end(
            &mut after,
            MAX_COLUMNS
                .saturating_sub(columns(&before) + columns(&marked))
                .max(20),
        );
        Self {
            indent: columns(&before),
            width: columns(&marked).max(1),
            line: (before + &marked + &after).trim_end().to_owned(),
        }
    }
}

/// Columns that a drawn text takes. Wide characters count as two, marks that combine as none; the table is coarse,
/// which costs at most a shifted underline.
fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

const fn width(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

fn drawn(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '\t' => out.extend(std::iter::repeat_n(' ', TAB_COLUMNS)),
            // One column each, so that a span over them is as wide as it looks.
            _ if is_forbidden(character) => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

fn cut_end(text: &mut String, most: usize) {
    if columns(text) > most {
        let kept: String = text.chars().take(most.saturating_sub(3)).collect();
        *text = kept + "...";
    }
}

fn cut_start(text: &mut String, most: usize) {
    let count = text.chars().count();
    if count > most {
        let kept: String = text.chars().skip(count - most.saturating_sub(3)).collect();
        *text = format!("...{kept}");
    }
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Arc<SourceText> {
        Arc::new(SourceText {
            name: "web.ron".to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn a_problem_is_drawn_with_place_mark_and_hint() {
        let source = file("(\n\treplicas: 3,\n\truntme: Go,\n)\n");
        let problem = Diagnostic::error("FD0101", &source, 17..23, "no field is called `runtme`")
            .label(&source, 3..11, "the service")
            .hint("did you mean `runtime`?");
        assert_eq!(
            render(&problem, Colour::Never),
            "error[FD0101]: no field is called `runtme`\n \
             --> web.ron:3:2\n  \
             |\n\
             3 |     runtme: Go,\n  \
             |     ^^^^^^\n \
             ::: web.ron:2:2\n  \
             |\n\
             2 |     replicas: 3,\n  \
             |     -------- the service\n  \
             = hint: did you mean `runtime`?\n"
        );
    }

    #[test]
    fn nothing_of_the_input_controls_the_terminal() {
        let source = file("a\u{1b}]0;x\u{7}b");
        let problem = Diagnostic::error("FD0105", &source, 1..2, "control \u{1b}[2J")
            .hint("a\rb\u{202e}")
            .label(&source, 0..400, "\u{9b}");
        let drawn = render(&problem, Colour::Never);
        assert!(drawn.chars().all(|c| !is_forbidden(c)), "{drawn:?}");
        let coloured = render(&problem, Colour::Ansi);
        // Only the renderer's own colour sequences.
        for part in coloured.split('\u{1b}').skip(1) {
            let (code, _) = part.split_once('m').unwrap();
            assert!(
                code.strip_prefix('[')
                    .unwrap()
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b';')
            );
        }
    }

    #[test]
    fn a_long_line_is_cut_around_its_span() {
        let text = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let source = file(&text);
        let drawn = render(
            &Diagnostic::error("X", &source, 5000..5004, "m"),
            Colour::Never,
        );
        assert!(drawn.contains("xxHEREyy"), "{drawn}");
        assert!(drawn.lines().all(|line| line.len() < 200));
        let (line, marks) = (drawn.lines().nth(3).unwrap(), drawn.lines().nth(4).unwrap());
        assert_eq!(line.find("HERE"), marks.find("^^^^"));
    }

    #[test]
    fn any_span_of_any_text_is_drawn() {
        for text in ["", "\n", "ü", "a\r\nb", "日本\t語"] {
            let source = file(text);
            for start in 0..12 {
                for end in 0..12 {
                    let drawn = render(
                        &Diagnostic::error("X", &source, start..end, "m"),
                        Colour::Never,
                    );
                    assert!(drawn.ends_with('\n'));
                }
            }
        }
    }
}
