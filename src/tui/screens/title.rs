//! The title screen: the program's face, the scenarios and the drills to continue.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::pane::{Effect, PaneAction};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::rows::Rows;
use crate::tui::world::{Choice, DrillRow, ScenarioRow};

/// The name in blocks, five rows; each row has its own colour of the fire.
const LOGO: [&str; 5] = [
    "██████  ██  █████   ██████  █████   █████   ██  ██      ██",
    "██      ██  ██  ██  ██      ██  ██  ██  ██  ██  ██      ██",
    "█████   ██  █████   █████   ██  ██  █████   ██  ██      ██",
    "██      ██  ██ ██   ██      ██  ██  ██ ██   ██  ██      ██",
    "██      ██  ██  ██  ██████  █████   ██  ██  ██  ██████  ██████",
];

const FLAMES: [Role; 5] = [
    Role::Flame0,
    Role::Flame1,
    Role::Flame2,
    Role::Flame3,
    Role::Flame4,
];

/// A shop's pulse that has its incident and recovers: one height from 0 to 8 a column, over and over.
const PULSE: [u8; 62] = [
    2, 2, 3, 2, 2, 3, 2, 2, 3, 3, 2, 3, 2, 2, 3, 2, 3, 2, 2, 3, 2, 3, 3, 4, 6, 8, 7, 8, 7, 8, 8, 7,
    8, 7, 6, 7, 8, 7, 6, 5, 4, 4, 3, 3, 2, 3, 2, 2, 3, 2, 2, 3, 2, 2, 3, 2, 3, 2, 2, 3, 2, 2,
];

/// Which of the two lists has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum List {
    #[default]
    Scenarios,
    Drills,
}

/// The title screen.
#[derive(Clone, Debug, Default)]
pub struct TitleScreen {
    scenarios: Vec<ScenarioRow>,
    drills: Vec<DrillRow>,
    rows: Rows,
    drill_rows: Rows,
    list: List,
    practice: bool,
}

impl TitleScreen {
    /// Takes in the lists.
    pub fn set_lists(&mut self, scenarios: Vec<ScenarioRow>, drills: Vec<DrillRow>) {
        self.scenarios = scenarios;
        self.drills = drills;
        self.rows.fit(self.scenarios.len(), 8);
        self.drill_rows.fit(self.drills.len(), 3);
        if self.drills.is_empty() {
            self.list = List::Scenarios;
        }
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Vec<Effect> {
        let rows = match self.list {
            List::Scenarios => &mut self.rows,
            List::Drills => &mut self.drill_rows,
        };
        match action {
            PaneAction::Verb(Verb::Open) => return self.open(),
            PaneAction::Verb(Verb::Practice) => self.practice = !self.practice,
            PaneAction::Verb(Verb::OtherList) if !self.drills.is_empty() => {
                self.list = match self.list {
                    List::Scenarios => List::Drills,
                    List::Drills => List::Scenarios,
                };
            }
            PaneAction::Verb(verb) => {
                rows.on(*verb);
            }
            PaneAction::Wheel(by) => rows.step(*by as isize),
            PaneAction::Row { row, twice, .. } => {
                if let Some(drill) = row.checked_sub(self.scenarios.len()) {
                    self.list = List::Drills;
                    self.drill_rows.select(drill);
                } else {
                    self.list = List::Scenarios;
                    self.rows.select(*row);
                }
                if *twice {
                    return self.open();
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn open(&self) -> Vec<Effect> {
        let choice = match self.list {
            List::Scenarios => self
                .scenarios
                .get(self.rows.selected)
                .map(|row| Choice::New {
                    scenario: row.id.clone(),
                    seed: None,
                    practice: self.practice,
                }),
            List::Drills => self
                .drills
                .get(self.drill_rows.selected)
                .map(|row| Choice::Resume {
                    drill: row.id.clone(),
                }),
        };
        choice.map(Effect::Open).into_iter().collect()
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let tall = canvas.height() >= 30;
        let width = canvas
            .width()
            .min(if canvas.width() >= 150 { 110 } else { 92 });
        let left = (canvas.width() - width) / 2;
        let mut y = if tall { canvas.height() / 8 } else { 1 };
        y = draw_logo(canvas, y, tall);
        let tagline = "a flight simulator for on-call engineers";
        let columns = canvas.width();
        canvas.text_aligned((0, y), columns, Align::Centre, tagline, Role::Muted);
        y += if tall { 3 } else { 2 };
        let footer = canvas.height().saturating_sub(1);
        let body = Rect::new(left, y, width, footer.saturating_sub(y));
        let mut part = canvas.part(body);
        self.draw_lists(&mut part, tall);
    }

    fn draw_lists(&mut self, part: &mut Canvas<'_>, tall: bool) {
        let drills = if self.drills.is_empty() {
            0
        } else {
            self.drills.len().min(3) as u16 + 2
        };
        let teaser = if tall { 6 } else { 3 };
        let height = part.height().saturating_sub(drills + teaser + 2).max(1);
        let shown = height.min(self.scenarios.len().max(1) as u16);
        self.rows.fit(self.scenarios.len(), usize::from(shown));
        self.drill_rows.fit(self.drills.len(), 3);
        let mode = if self.practice {
            [
                Run::new(Role::Muted, "mode "),
                Run::new(Role::Info, "practice"),
            ]
        } else {
            [
                Run::new(Role::Muted, "mode "),
                Run::new(Role::Accent, "scored"),
            ]
        };
        let end = part.text(1, 0, "Scenarios", Role::Title);
        rule(part, end + 1, 0, 16);
        let start = part.width().saturating_sub(14);
        part.runs(start, 0, &mode);
        let mut y = 1;
        if self.scenarios.is_empty() {
            part.text(2, y, "No scenario was found.", Role::Muted);
        }
        for row in self.rows.visible() {
            self.draw_scenario(part, y, row);
            y += 1;
        }
        y = self.draw_teaser(part, y + 1, teaser);
        if !self.drills.is_empty() && y + 2 < part.height() {
            let end = part.text(1, y, "Continue", Role::Title);
            rule(part, end + 1, y, 0);
            for row in self.drill_rows.visible() {
                y += 1;
                self.draw_drill(part, y, row);
            }
        }
    }

    fn draw_scenario(&self, part: &mut Canvas<'_>, y: u16, row: usize) {
        let Some(scenario) = self.scenarios.get(row) else {
            return;
        };
        let selected = self.list == List::Scenarios && row == self.rows.selected;
        if selected {
            part.tint_row(y, Role::Selected);
            part.text(1, y, "▸", Role::Accent);
        }
        let wide = part.width();
        let best = scenario.best.as_ref().map_or_else(
            || "not played".to_owned(),
            |best| format!("{}/{} {}", best.points, best.out_of, best.ending),
        );
        let columns = [
            wide.saturating_sub(48),
            wide.saturating_sub(30),
            wide.saturating_sub(22),
        ];
        let [level, minutes, result] = columns;
        let title = if selected { Role::Strong } else { Role::Base };
        part.text_within(3, y, level.saturating_sub(4), &scenario.title, title);
        let stars: String = (0..5)
            .map(|star| if star < scenario.stars { '◆' } else { '◇' })
            .collect();
        let end = part.text(level, y, &stars, Role::Warn);
        part.text_within(end + 1, y, 12, &scenario.difficulty, Role::Muted);
        part.text(
            minutes,
            y,
            &format!("{:>3} min", scenario.minutes),
            Role::Muted,
        );
        let role = if scenario.best.is_some() {
            Role::Good
        } else {
            Role::Faint
        };
        part.text_aligned((result, y), 21, Align::Right, &best, role);
        if selected {
            part.tint_row(y, Role::Selected);
        }
        part.click(Rect::new(0, y, wide, 1), Hit::Choice(row));
    }

    fn draw_teaser(&self, part: &mut Canvas<'_>, y: u16, rows: u16) -> u16 {
        let Some(scenario) = self.scenarios.get(self.rows.selected) else {
            return y;
        };
        let columns = usize::from(part.width().saturating_sub(6)).min(96);
        let lines = text::wrap(&text::clean(&scenario.teaser), columns);
        for (offset, line) in lines
            .iter()
            .take(usize::from(rows.saturating_sub(1)))
            .enumerate()
        {
            part.glyph(3, y + offset as u16, '│', Role::Accent);
            part.text(5, y + offset as u16, line, Role::Muted);
        }
        y + rows
    }

    fn draw_drill(&self, part: &mut Canvas<'_>, y: u16, row: usize) {
        let Some(drill) = self.drills.get(row) else {
            return;
        };
        let selected = self.list == List::Drills && row == self.drill_rows.selected;
        if selected {
            part.text(1, y, "▸", Role::Accent);
        }
        let role = if selected { Role::Strong } else { Role::Base };
        let room = part.width().saturating_sub(53);
        part.text_within(3, y, room, &drill.title, role);
        let about = format!(
            "{}, {} in, begun {}",
            drill.phase.word(),
            units::span(drill.played_ms),
            drill.begun
        );
        let wide = part.width().saturating_sub(1);
        part.text_aligned(
            (wide.saturating_sub(48), y),
            48,
            Align::Right,
            &about,
            Role::Muted,
        );
        if selected {
            part.tint_row(y, Role::Selected);
        }
        let choice = self.scenarios.len() + row;
        part.click(Rect::new(0, y, part.width(), 1), Hit::Choice(choice));
    }
}

/// A thin line from a column to the right edge, `spare` columns short of it.
fn rule(part: &mut Canvas<'_>, from: u16, y: u16, spare: u16) {
    for x in from..part.width().saturating_sub(spare) {
        part.glyph(x, y, '─', Role::Border);
    }
}

/// Draws the name over its pulse; gives the row under it.
fn draw_logo(canvas: &mut Canvas<'_>, top: u16, tall: bool) -> u16 {
    let width = LOGO.iter().map(|row| text::width(row)).max().unwrap_or(0) as u16;
    let left = canvas.width().saturating_sub(width) / 2;
    for (y, (row, role)) in LOGO.iter().zip(FLAMES).enumerate() {
        canvas.text(left, top + y as u16, row, role);
    }
    let below = top + LOGO.len() as u16;
    if !tall {
        return below;
    }
    draw_pulse(canvas, left, below + 1, width);
    below + 3
}

/// Draws the pulse: quiet columns in grey, the incident in the colours of fire.
fn draw_pulse(canvas: &mut Canvas<'_>, left: u16, y: u16, width: u16) {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    for x in 0..width {
        let height = PULSE
            .get(usize::from(x) % PULSE.len())
            .copied()
            .unwrap_or(0);
        let role = match height {
            0..=3 => Role::Faint,
            4..=5 => Role::Flame1,
            6..=7 => Role::Flame3,
            _ => Role::Flame4,
        };
        let block = BLOCKS.get(usize::from(height)).copied().unwrap_or(' ');
        canvas.glyph(left + x, y, block, role);
    }
}
