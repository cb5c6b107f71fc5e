//! The debrief: what happened, what was found and missed, drawn from a report of sections and blocks.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::markdown;
use crate::tui::pane::{Effect, Listening, PaneAction, PaneId};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::chart::{self, Chart, Curve};
use crate::tui::widgets::editor::Editor;
use crate::tui::widgets::rows::scrollbar;
use crate::tui::world::{Act, Block, Impact, Report, Tone, Unit};

/// Rows an impact chart takes at least and at most.
const CHART_ROWS: (u16, u16) = (12, 28);

/// One row of a section, laid out.
#[derive(Clone, Debug)]
enum Row {
    Runs(Vec<Run>),
    /// A row of the chart of the n-th block, by its place in the chart.
    Chart(usize, u16),
}

/// The debrief screen.
#[derive(Clone, Debug, Default)]
pub struct DebriefScreen {
    report: Report,
    section: usize,
    top: usize,
    height: usize,
    total: usize,
    /// The incident report, while it is written.
    editor: Option<Editor>,
}

/// What the report is called while it is edited.
const INCIDENT: &str = "report";

/// The mark and look of how something went.
const fn sign(tone: Tone) -> (&'static str, Role) {
    match tone {
        Tone::Plain => ("·", Role::Base),
        Tone::Good => ("✓", Role::Good),
        Tone::Missed => ("○", Role::Warn),
        Tone::Bad => ("✗", Role::Alert),
    }
}

impl DebriefScreen {
    /// A report from its first section.
    pub fn new(report: Report) -> Self {
        Self {
            report,
            ..Self::default()
        }
    }

    /// The same drill's report, changed: the place in it stays.
    pub fn renew(&mut self, report: Report) {
        self.report = report;
    }

    /// Where keys go now.
    pub fn listening(&self) -> Listening {
        if self.editor.is_some() {
            Listening::typing(Context::Editor)
        } else {
            Listening::keys(&[Context::Debrief, Context::Moving])
        }
    }

    /// Whether the incident report is being written.
    pub const fn is_writing(&self) -> bool {
        self.editor.is_some()
    }

    /// Opens the incident report to be written, or says that it is closed.
    fn write(&mut self, outside: bool) -> Vec<Effect> {
        if !self.report.is_open {
            let closed = "The drill is closed: its incident report cannot be changed any more.";
            return vec![Effect::Notice(Tone::Missed, closed.to_owned())];
        }
        let text = &self.report.incident;
        if outside {
            return vec![outside_editor(text.clone())];
        }
        self.editor = Some(Editor::new(INCIDENT, text));
        Vec::new()
    }

    fn on_editor(&mut self, action: &PaneAction) -> Vec<Effect> {
        let Some(editor) = &mut self.editor else {
            return Vec::new();
        };
        match action {
            PaneAction::Key(key) => editor.on_key(*key),
            PaneAction::Paste(pasted) => editor.paste(pasted),
            PaneAction::Verb(Verb::Save) => {
                editor.keep();
                return vec![keep(editor.text())];
            }
            PaneAction::Verb(Verb::ExternalEditor) => {
                let text = editor.text();
                self.editor = None;
                return vec![outside_editor(text)];
            }
            PaneAction::Verb(Verb::Back | Verb::Interrupt | Verb::Quit) => {
                let (changed, text) = (editor.is_changed(), editor.text());
                self.editor = None;
                if changed {
                    return vec![keep(text)];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.total.saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Rows of an impact chart: most of the screen, within bounds.
    fn chart_rows(&self) -> u16 {
        let (least, most) = CHART_ROWS;
        (self.height as u16).saturating_sub(6).clamp(least, most)
    }

    fn go(&mut self, section: usize) {
        if section < self.report.sections.len() {
            self.section = section;
            self.top = 0;
        }
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Vec<Effect> {
        if self.editor.is_some() {
            return self.on_editor(action);
        }
        let page = self.height.saturating_sub(2) as isize;
        let last = self.report.sections.len().saturating_sub(1);
        match action {
            PaneAction::Verb(Verb::NextSection | Verb::Right) => {
                let next = if self.section >= last {
                    0
                } else {
                    self.section + 1
                };
                self.go(next);
            }
            PaneAction::Verb(Verb::PreviousSection | Verb::Left) => {
                self.go(self.section.checked_sub(1).unwrap_or(last));
            }
            PaneAction::Verb(Verb::Edit) => return self.write(false),
            PaneAction::Verb(Verb::ExternalEditor) => return self.write(true),
            PaneAction::Verb(Verb::Up) => self.scroll(-1),
            PaneAction::Verb(Verb::Down) => self.scroll(1),
            PaneAction::Verb(Verb::PageUp) => self.scroll(-page),
            PaneAction::Verb(Verb::PageDown | Verb::Open) => self.scroll(page),
            PaneAction::Verb(Verb::Top) => self.top = 0,
            PaneAction::Verb(Verb::Bottom) => self.scroll(isize::MAX / 2),
            PaneAction::Wheel(rows) => self.scroll(*rows as isize),
            PaneAction::Row { row, .. } => self.go(*row),
            _ => {}
        }
        Vec::new()
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let head = self.draw_head(canvas);
        let wide = canvas.width() >= 100;
        let top = head + if wide { 1 } else { 2 };
        let bottom = canvas.height().saturating_sub(1);
        if wide {
            let list = Rect::new(0, top, 28, bottom.saturating_sub(top));
            self.draw_sections(&mut canvas.part(list));
        } else {
            self.draw_tabs(&mut canvas.part(Rect::new(0, head, canvas.width(), 1)));
        }
        let left = if wide { 30 } else { 2 };
        if let Some(editor) = &self.editor {
            let width = canvas.width().saturating_sub(left + 2);
            let part = Rect::new(left, top + 1, width, bottom.saturating_sub(top + 1));
            canvas.text(left, top, "Your incident report", Role::Accent);
            editor.draw(canvas, part);
            return;
        }
        let width = canvas.width().saturating_sub(left + 2).min(140);
        let body = Rect::new(left, top, width, bottom.saturating_sub(top));
        self.draw_body(&mut canvas.part(body));
    }

    /// Draws the head; answers with its rows.
    fn draw_head(&self, canvas: &mut Canvas<'_>) -> u16 {
        let report = &self.report;
        canvas.fill(Rect::new(0, 0, canvas.width(), 1), Role::Header);
        let at = canvas.text(0, 0, " DEBRIEF ", Role::DrillMark);
        let score = format!(" {} of {} points ", report.points, report.out_of);
        let taken = at + 1 + text::width(&score) as u16;
        let room = canvas.width().saturating_sub(taken);
        canvas.text_within(at + 1, 0, room, &report.title, Role::Header);
        canvas.text_aligned((0, 0), canvas.width(), Align::Right, &score, Role::Header);
        let (mark, role) = if report.is_win {
            sign(Tone::Good)
        } else {
            sign(Tone::Bad)
        };
        let at = canvas.text(2, 1, mark, role);
        let room = canvas.width().saturating_sub(at + 1 + 2);
        let verdict = text::wrap(&text::clean(&report.verdict), room.into());
        for (line, y) in verdict.iter().zip(1..) {
            canvas.text(at + 1, y, line, Role::Strong);
        }
        let rule = 1 + verdict.len().max(1) as u16;
        let columns = canvas.width().saturating_sub(4);
        let filled = (u32::from(columns) * report.points.min(report.out_of))
            .checked_div(report.out_of)
            .unwrap_or(0) as u16;
        for x in 0..columns {
            let (glyph, role) = if x < filled {
                ('━', Role::Accent)
            } else {
                ('─', Role::Border)
            };
            canvas.glyph(2 + x, rule, glyph, role);
        }
        rule + 1
    }

    fn draw_sections(&self, list: &mut Canvas<'_>) {
        for (index, section) in self.report.sections.iter().enumerate() {
            let y = index as u16;
            let here = index == self.section;
            let role = if here { Role::Strong } else { Role::Muted };
            if here {
                list.text(1, y, "▸", Role::Accent);
            }
            list.text_within(3, y, 24, &section.heading, role);
            if here {
                list.tint(Rect::new(0, y, 28, 1), Role::Selected);
            }
            list.click(Rect::new(0, y, 28, 1), Hit::Choice(index));
        }
    }

    fn draw_tabs(&self, strip: &mut Canvas<'_>) {
        strip.fill(strip.rect(), Role::Tab);
        let headings: Vec<String> = self
            .report
            .sections
            .iter()
            .map(|section| format!(" {} ", section.heading))
            .collect();
        let before: usize = headings
            .iter()
            .take(self.section + 1)
            .map(|heading| text::width(heading))
            .sum();
        let mut skip = before.saturating_sub(usize::from(strip.width()));
        let mut x = 0;
        for (index, heading) in headings.iter().enumerate() {
            let wide = text::width(heading);
            if skip >= wide {
                skip -= wide;
                continue;
            }
            skip = 0;
            let role = if index == self.section {
                Role::TabOpen
            } else {
                Role::Tab
            };
            let start = x;
            x = strip.text(x, 0, heading, role);
            strip.click(Rect::new(start, 0, x - start, 1), Hit::Choice(index));
        }
    }

    fn draw_body(&mut self, body: &mut Canvas<'_>) {
        let columns = usize::from(body.width().saturating_sub(2));
        self.height = usize::from(body.height());
        let rows = self.layout(columns);
        self.total = rows.len();
        self.scroll(0);
        let mut charts: Vec<usize> = Vec::new();
        for (y, row) in rows.iter().skip(self.top).take(self.height).enumerate() {
            match row {
                Row::Runs(runs) => {
                    body.runs(0, y as u16, runs);
                }
                Row::Chart(block, row) => {
                    if charts.contains(block) {
                        continue;
                    }
                    charts.push(*block);
                    let rows = (self.chart_rows() - row).min(body.height() - y as u16);
                    let part = Rect::new(0, y as u16, columns as u16, rows);
                    self.draw_impact(&mut body.part(part), *block);
                }
            }
        }
        let rect = body.rect();
        scrollbar(body, rect, self.top, self.height, self.total);
    }

    fn draw_impact(&self, part: &mut Canvas<'_>, block: usize) {
        let impact = self
            .report
            .sections
            .get(self.section)
            .and_then(|section| section.blocks.get(block));
        let Some(Block::Impact(impact)) = impact else {
            return;
        };
        let (Some(first), Some(last)) = (impact.times.first(), impact.times.last()) else {
            return;
        };
        let curves: Vec<Curve<'_>> = impact
            .curves
            .iter()
            .enumerate()
            .map(|(index, (_, values))| Curve {
                values,
                unit: Unit::Count,
                role: Role::series(index),
                letter: chart::curve_letter(index),
            })
            .collect();
        chart::draw(
            part,
            &Chart {
                times: &impact.times,
                curves: &curves,
                unit: Unit::Count,
                range_ms: (*first, *last),
                marks: &impact.marks,
                cursor_ms: None,
            },
        );
    }

    fn layout(&self, columns: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(section) = self.report.sections.get(self.section) else {
            return rows;
        };
        rows.push(Row::Runs(vec![Run::new(
            Role::Accent,
            section.heading.as_str(),
        )]));
        for (index, block) in section.blocks.iter().enumerate() {
            rows.push(Row::Runs(Vec::new()));
            match block {
                Block::Text(source) => {
                    rows.extend(
                        markdown::layout(source, columns.min(100))
                            .into_iter()
                            .map(Row::Runs),
                    );
                }
                Block::Points(points) => {
                    for (tone, words) in points {
                        rows.extend(pointed(*tone, words, columns).into_iter().map(Row::Runs));
                    }
                }
                Block::Table(table) => {
                    rows.extend(tabled(table, columns).into_iter().map(Row::Runs));
                }
                Block::Drawing(lines) => rows.extend(lines.iter().map(|(tone, line)| {
                    let (_, role) = sign(*tone);
                    Row::Runs(vec![Run::new(role, line.as_str())])
                })),
                Block::Timeline(entries) => {
                    for entry in entries {
                        let mut lines =
                            pointed(entry.tone, &entry.what, columns.saturating_sub(10));
                        for (offset, line) in lines.iter_mut().enumerate() {
                            let at = if offset == 0 {
                                units::clock(entry.at_ms)
                            } else {
                                " ".repeat(8)
                            };
                            line.insert(0, Run::new(Role::Muted, format!("{at}  ")));
                        }
                        rows.extend(lines.into_iter().map(Row::Runs));
                    }
                }
                Block::Impact(impact) => {
                    rows.extend(impact_head(impact).into_iter().map(Row::Runs));
                    rows.extend((0..self.chart_rows()).map(|row| Row::Chart(index, row)));
                    rows.extend(impact_marks(impact).into_iter().map(Row::Runs));
                }
            }
        }
        rows
    }
}

/// Keeps the incident report. The notebook's answer to it goes nowhere.
fn keep(text: String) -> Effect {
    Effect::Act(PaneId::Notebook, Act::SaveReport { text })
}

/// Lets the incident report be written in the player's own editor; it comes back by the notebook, which keeps it.
fn outside_editor(text: String) -> Effect {
    Effect::ExternalEdit(PaneId::Notebook, INCIDENT.to_owned(), text)
}

fn pointed(tone: Tone, words: &str, columns: usize) -> Vec<Vec<Run>> {
    let (mark, role) = sign(tone);
    text::wrap(&text::clean(words), columns.saturating_sub(2))
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let head = if index == 0 { mark } else { " " };
            vec![
                Run::new(role, format!("{head} ")),
                Run::new(Role::Base, line),
            ]
        })
        .collect()
}

/// A table's lines; the last column that is too wide is wrapped.
fn tabled(table: &[Vec<String>], columns: usize) -> Vec<Vec<Run>> {
    let count = table.iter().map(Vec::len).max().unwrap_or(0);
    let natural: Vec<usize> = (0..count)
        .map(|column| {
            table
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| text::width(&text::clean(cell)))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let fixed: usize = natural
        .iter()
        .take(count.saturating_sub(1))
        .map(|wide| wide + 2)
        .sum();
    let rest = columns.saturating_sub(fixed).max(12);
    let mut lines = Vec::new();
    for (index, row) in table.iter().enumerate() {
        let role = if index == 0 { Role::Muted } else { Role::Base };
        let last = row.get(count.saturating_sub(1)).map_or("", String::as_str);
        for (piece, words) in text::wrap(&text::clean(last), rest).into_iter().enumerate() {
            let mut line = Vec::new();
            for (column, wide) in natural.iter().take(count.saturating_sub(1)).enumerate() {
                let cell = row.get(column).filter(|_| piece == 0);
                let cell = text::clean(cell.map_or("", String::as_str)).into_owned();
                let pad = " ".repeat((wide + 2).saturating_sub(text::width(&cell)));
                line.push(Run::new(role, format!("{cell}{pad}")));
            }
            line.push(Run::new(role, words));
            lines.push(line);
        }
        if index == 0 {
            let rule = "─".repeat(columns.min(fixed + natural.last().copied().unwrap_or(0)));
            lines.push(vec![Run::new(Role::Border, rule)]);
        }
    }
    lines
}

fn impact_head(impact: &Impact) -> Vec<Vec<Run>> {
    let mut legend = vec![Run::new(Role::Strong, format!("{}   ", impact.title))];
    for (index, (name, _)) in impact.curves.iter().enumerate() {
        let letter = chart::curve_letter(index);
        legend.push(Run::new(Role::series(index), format!("{letter} ━ ")));
        legend.push(Run::new(Role::Base, format!("{name}   ")));
    }
    vec![legend]
}

fn impact_marks(impact: &Impact) -> Vec<Vec<Run>> {
    impact
        .marks
        .iter()
        .map(|mark| {
            let (letter, role) = chart::mark_sign(mark.kind);
            vec![
                Run::new(role, format!("{letter} ")),
                Run::new(Role::Muted, format!("{}  ", units::clock(mark.at_ms))),
                Run::new(Role::Base, mark.label.as_str()),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::hits::Hits;
    use crate::tui::theme::{Depth, Theme};
    use crate::tui::world::Section;

    fn drawn(report: Report, width: u16) -> Vec<String> {
        let theme = Theme::for_depth(Depth::None).unwrap();
        let mut hits = Hits::default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 16));
        let mut screen = DebriefScreen::new(report);
        screen.draw(&mut Canvas::new(&mut buffer, &theme, &mut hits));
        let row = |y| {
            let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            row.trim_end().to_owned()
        };
        (0..16).map(row).collect()
    }

    #[test]
    fn a_headline_that_is_too_long_is_wrapped() {
        let section = Section {
            heading: "What happened".to_owned(),
            blocks: vec![Block::Text("The first thing.".to_owned())],
        };
        let report = Report {
            title: "Carts".to_owned(),
            verdict: "Resolved after 1 h 12 min, but the claim does not name the cause. \
                      12,345 customer minutes were saved against doing nothing."
                .to_owned(),
            out_of: 100,
            sections: vec![section],
            ..Report::default()
        };
        let rows = drawn(report.clone(), 80);
        assert_eq!(
            rows[1],
            "  ✗ Resolved after 1 h 12 min, but the claim does not name the cause. 12,345"
        );
        assert_eq!(
            rows[2],
            "    customer minutes were saved against doing nothing."
        );
        assert_eq!(rows[3], format!("  {}", "─".repeat(76)));
        assert_eq!(rows[4], " What happened");
        assert_eq!(rows[6].trim(), "What happened");
        assert_eq!(rows[8].trim(), "The first thing.");
        // A wide screen has room for it.
        let rows = drawn(report, 140);
        assert!(rows[1].ends_with("against doing nothing."), "{}", rows[1]);
        assert!(rows[4].ends_with("  What happened"), "{}", rows[4]);
    }

    #[test]
    fn a_title_ends_before_the_points() {
        let report = Report {
            title: "A title that is as long as titles are when nobody counts their letters"
                .to_owned(),
            points: 7,
            out_of: 100,
            ..Report::default()
        };
        let rows = drawn(report, 60);
        assert!(rows[0].ends_with("… 7 of 100 points"), "{}", rows[0]);
    }
}
