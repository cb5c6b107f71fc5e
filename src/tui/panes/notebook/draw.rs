//! How the notebook looks: its sections and what is in them.

use ratatui::layout::Rect;

use super::{NotebookPane, ROWS, SECTIONS, Section};
use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::markdown;
use crate::tui::pane::{PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::world::{Claim, Hypothesis};

/// Rows that one hypothesis takes, with the gap after it.
const HYPOTHESIS_ROWS: u16 = 4;
/// Cells of the name of the system that a pin is from.
const FROM: u16 = 9;
/// Cells of a confidence bar.
const BAR: u16 = 10;

impl NotebookPane {
    /// Rows above a section's list.
    const fn head_rows() -> u16 {
        2
    }

    /// Tells the lists how many rows there are and how many fit.
    pub(super) fn fit(&mut self, size: Size) {
        let height = size.height.saturating_sub(Self::head_rows()).max(1);
        self.pins.fit(
            self.notebook.pins.len(),
            usize::from(height.saturating_sub(1)),
        );
        self.hypotheses.fit(
            self.notebook.hypotheses.len(),
            usize::from(height / HYPOTHESIS_ROWS),
        );
        self.hints
            .fit(self.notebook.hints.len(), usize::from(height));
    }

    pub(super) fn draw_all(&self, canvas: &mut Canvas<'_>, view: &View) {
        self.draw_sections(canvas);
        let top = Self::head_rows();
        let part = Rect::new(0, top, canvas.width(), canvas.height().saturating_sub(top));
        let mut body = canvas.part(part);
        match self.section {
            Section::Evidence => self.draw_evidence(&mut body, view),
            Section::Hypotheses => self.draw_hypotheses(&mut body, view),
            Section::Hints => self.draw_hints(&mut body, view),
            Section::Claim => self.draw_claim(&mut body),
            Section::Report => self.draw_report(&mut body),
        }
    }

    fn draw_sections(&self, canvas: &mut Canvas<'_>) {
        let mut x = 0;
        for (index, section) in Section::ALL.into_iter().enumerate() {
            let role = if section == self.section {
                Role::TabOpen
            } else {
                Role::Muted
            };
            let start = x;
            x = canvas.text(x, 0, &format!(" {} ", section.title()), role);
            canvas.click(
                Rect::new(start, 0, x - start, 1),
                Hit::Row {
                    pane: PaneId::Notebook,
                    list: SECTIONS,
                    row: index,
                },
            );
        }
    }

    fn draw_evidence(&self, canvas: &mut Canvas<'_>, view: &View) {
        if self.notebook.pins.is_empty() {
            draw_way(canvas);
            return;
        }
        let chosen = self.hypothesis();
        for (y, row) in self.pins.visible().enumerate() {
            let y = y as u16;
            let Some(pin) = self.notebook.pins.get(row) else {
                continue;
            };
            let (sign, role) = chosen.map_or(("·", Role::Faint), |hypothesis| {
                if hypothesis.supports.contains(&pin.id) {
                    ("+", Role::Good)
                } else if hypothesis.contradicts.contains(&pin.id) {
                    ("−", Role::Alert)
                } else {
                    ("·", Role::Faint)
                }
            });
            let at = canvas.text(0, y, sign, role);
            let at = canvas.text(at + 1, y, &units::clock_minute(pin.at_ms), Role::Faint);
            canvas.text_within(at + 1, y, FROM, &pin.from, Role::Link);
            let label = at + FROM + 2;
            let room = canvas.width().saturating_sub(label);
            canvas.text_within(label, y, room, &pin.label, Role::Base);
            select(
                canvas,
                Rect::new(0, y, canvas.width(), 1),
                row == self.pins.selected,
                view,
            );
            row_hit(canvas, y, 1, row);
        }
        let rect = canvas.rect();
        self.pins.scrollbar(canvas, rect);
        let y = canvas.height().saturating_sub(1);
        let words = chosen.map_or_else(
            || "a writes a hypothesis to weigh these against".to_owned(),
            |hypothesis| format!("s for, x against: {}", hypothesis.component),
        );
        canvas.text(0, y, &words, Role::Faint);
    }

    fn draw_hypotheses(&self, canvas: &mut Canvas<'_>, view: &View) {
        if self.notebook.hypotheses.is_empty() {
            say(
                canvas,
                "No hypothesis yet. a writes one: what component, what mechanism, why now.",
            );
            return;
        }
        for (slot, row) in self.hypotheses.visible().enumerate() {
            let y = slot as u16 * HYPOTHESIS_ROWS;
            let Some(hypothesis) = self.notebook.hypotheses.get(row) else {
                continue;
            };
            draw_hypothesis(canvas, y, hypothesis);
            let part = Rect::new(0, y, canvas.width(), 3);
            select(canvas, part, row == self.hypotheses.selected, view);
            row_hit(canvas, y, 3, row);
        }
        let rect = canvas.rect();
        self.hypotheses.scrollbar(canvas, rect);
    }

    fn draw_hints(&self, canvas: &mut Canvas<'_>, view: &View) {
        if self.notebook.hints.is_empty() {
            say(canvas, "This drill has no hints.");
            return;
        }
        let columns = usize::from(canvas.width().saturating_sub(4)).max(8);
        let mut y = 0;
        for (row, hint) in self.notebook.hints.iter().enumerate().skip(self.hints.top) {
            if y >= canvas.height() {
                break;
            }
            let start = y;
            let (sign, role) = match (&hint.text, hint.is_open) {
                (Some(_), _) => ("✓", Role::Good),
                (None, true) => ("?", Role::Accent),
                (None, false) => ("·", Role::Faint),
            };
            canvas.text(0, y, sign, role);
            let role = if hint.is_open || hint.text.is_some() {
                Role::Base
            } else {
                Role::Faint
            };
            let cost = if hint.text.is_some() {
                "taken".to_owned()
            } else {
                format!("costs {}", hint.cost)
            };
            let wide = text::width(&text::clean(&cost)) as u16 + 2;
            let room = canvas.width().saturating_sub(wide + 3);
            canvas.text_within(2, y, room, &hint.title, role);
            let whole = canvas.width().saturating_sub(1);
            canvas.text_aligned((0, y), whole, Align::Right, &cost, Role::Muted);
            y += 1;
            if let Some(told) = &hint.text {
                for line in text::wrap(&text::clean(told), columns) {
                    canvas.text(3, y, &line, Role::Info);
                    y += 1;
                }
            }
            let part = Rect::new(0, start, canvas.width(), y - start);
            select(canvas, part, row == self.hints.selected, view);
            row_hit(canvas, start, y - start, row);
        }
    }

    fn draw_claim(&self, canvas: &mut Canvas<'_>) {
        if let Some(claim) = &self.notebook.claim {
            draw_claim(canvas, claim);
            return;
        }
        let mut words = String::from(
            "Name the cause when you know it: the component, the mechanism, why it happened now, \
             and the pins that show it. It can be handed in once.",
        );
        if let Some(why) = &self.notebook.claim_refused {
            words.push_str("\n\n");
            words.push_str(why);
        } else {
            words.push_str("\n\n**Enter** opens the form, filled from your best hypothesis.");
        }
        draw_text(canvas, &words);
    }

    fn draw_report(&self, canvas: &mut Canvas<'_>) {
        if let Some(editor) = &self.editor {
            let rect = canvas.rect();
            editor.draw(canvas, rect);
            return;
        }
        if self.notebook.report.trim().is_empty() {
            say(
                canvas,
                "The incident report is empty. e writes it here, E in your own editor; it is kept with the drill.",
            );
            return;
        }
        let columns = usize::from(canvas.width().saturating_sub(2));
        let lines = markdown::layout(&self.notebook.report, columns);
        let last = lines.len().saturating_sub(usize::from(canvas.height()));
        let top = self.report_top.min(last);
        for (y, line) in lines
            .iter()
            .skip(top)
            .take(usize::from(canvas.height()))
            .enumerate()
        {
            canvas.runs(1, y as u16, line);
        }
    }
}

fn select(canvas: &mut Canvas<'_>, part: Rect, here: bool, view: &View) {
    if here {
        let role = if view.focused {
            Role::Selected
        } else {
            Role::SelectedIdle
        };
        canvas.tint(part, role);
    }
}

fn row_hit(canvas: &mut Canvas<'_>, y: u16, height: u16, row: usize) {
    canvas.click(
        Rect::new(0, y, canvas.width(), height),
        Hit::Row {
            pane: PaneId::Notebook,
            list: ROWS,
            row,
        },
    );
}

/// The way from a first look to an answer, for a notebook that is still empty.
fn draw_way(canvas: &mut Canvas<'_>) {
    let columns = usize::from(canvas.width().saturating_sub(5)).max(8);
    let mut y = 0;
    for (number, words) in [
        "Nothing kept yet. p keeps the selected log line, message, change or chart as evidence.",
        "a writes a hypothesis: what component, by what mechanism, why now.",
        "s and x weigh a pin for or against it; e changes how sure you are.",
        "C hands the claim in, with the pins that prove it. Hints cost points, and say how many.",
    ]
    .iter()
    .zip(1_u8..)
    .map(|(words, number)| (number, words))
    {
        canvas.text(1, y, &number.to_string(), Role::Accent);
        for line in text::wrap(words, columns) {
            canvas.text(4, y, &line, Role::Muted);
            y += 1;
        }
        y += 1;
    }
}

fn say(canvas: &mut Canvas<'_>, words: &str) {
    let columns = usize::from(canvas.width().saturating_sub(2)).max(8);
    for (y, line) in text::wrap(words, columns).iter().enumerate() {
        canvas.text(1, y as u16, line, Role::Muted);
    }
}

fn draw_text(canvas: &mut Canvas<'_>, words: &str) {
    let columns = usize::from(canvas.width().saturating_sub(2));
    for (y, line) in markdown::layout(words, columns).iter().enumerate() {
        canvas.runs(1, y as u16, line);
    }
}

fn draw_hypothesis(canvas: &mut Canvas<'_>, y: u16, hypothesis: &Hypothesis) {
    let width = canvas.width();
    let filled = u16::from(hypothesis.confidence.min(100)) * BAR / 100;
    for x in 0..BAR {
        let (glyph, role) = if x < filled {
            ('█', Role::Accent)
        } else {
            ('░', Role::Faint)
        };
        canvas.glyph(x, y, glyph, role);
    }
    let at = canvas.text(
        BAR + 1,
        y,
        &format!("{:>3} %", hypothesis.confidence),
        Role::Strong,
    );
    let evidence = format!(
        "+{} −{}",
        hypothesis.supports.len(),
        hypothesis.contradicts.len()
    );
    let room = width.saturating_sub(at + 12);
    canvas.text_within(at + 2, y, room, &hypothesis.component, Role::Strong);
    let whole = width.saturating_sub(1);
    canvas.text_aligned((0, y), whole, Align::Right, &evidence, Role::Muted);
    let or_dash = |words: &str| {
        if words.is_empty() {
            "–".to_owned()
        } else {
            words.to_owned()
        }
    };
    let lines = [
        [
            Run::new(Role::Faint, "how  "),
            Run::new(Role::Base, or_dash(&hypothesis.mechanism)),
        ],
        [
            Run::new(Role::Faint, "why now  "),
            Run::new(Role::Base, or_dash(&hypothesis.why_now)),
        ],
    ];
    for (offset, line) in lines.iter().enumerate() {
        canvas.runs(2, y + 1 + offset as u16, line);
    }
}

fn draw_claim(canvas: &mut Canvas<'_>, claim: &Claim) {
    let rows = [
        ("Component", claim.component.clone()),
        ("Mechanism", claim.mechanism.clone()),
        ("Why now", claim.why_now.clone()),
        ("Evidence", format!("{} pins", claim.evidence.len())),
    ];
    canvas.text(1, 0, "✓ handed in", Role::Good);
    let columns = usize::from(canvas.width().saturating_sub(14)).max(8);
    let mut y = 2;
    for (label, value) in rows {
        canvas.text(1, y, label, Role::Muted);
        for line in text::wrap(&text::clean(&value), columns) {
            canvas.text(12, y, &line, Role::Strong);
            y += 1;
        }
    }
}
