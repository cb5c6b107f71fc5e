//! The briefing: who you are, what is known, what counts. The clock starts when it is left.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::markdown;
use crate::tui::pane::{Effect, PaneAction, PaneId};
use crate::tui::theme::Role;
use crate::tui::verbs::Verb;
use crate::tui::widgets::rows::scrollbar;
use crate::tui::world::{Act, Briefing};

/// The briefing screen.
#[derive(Clone, Debug, Default)]
pub struct BriefingScreen {
    briefing: Briefing,
    top: usize,
    height: usize,
    total: usize,
}

impl BriefingScreen {
    /// A briefing from its top.
    pub fn new(briefing: Briefing) -> Self {
        Self {
            briefing,
            ..Self::default()
        }
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.total.saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Vec<Effect> {
        let page = self.height.saturating_sub(1) as isize;
        match action {
            PaneAction::Verb(Verb::Begin) => {
                return vec![Effect::Act(PaneId::Pager, Act::Begin)];
            }
            PaneAction::Verb(Verb::Back) => return vec![Effect::Leave],
            PaneAction::Verb(Verb::Up) => self.scroll(-1),
            PaneAction::Verb(Verb::Down) => self.scroll(1),
            PaneAction::Verb(Verb::PageUp) => self.scroll(-page),
            PaneAction::Verb(Verb::PageDown) => self.scroll(page),
            PaneAction::Verb(Verb::Top) => self.top = 0,
            PaneAction::Verb(Verb::Bottom) => self.scroll(isize::MAX / 2),
            PaneAction::Wheel(rows) => self.scroll(*rows as isize),
            _ => {}
        }
        Vec::new()
    }

    /// The text without a first heading that only repeats the title above it.
    fn body(&self) -> &str {
        let text = self.briefing.text.trim_start();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let heading = first.strip_prefix("# ").map(str::trim);
        if heading == Some(self.briefing.title.as_str()) {
            rest.trim_start()
        } else {
            text
        }
    }

    fn lines(&self, columns: usize) -> Vec<Vec<Run>> {
        let mut lines = markdown::layout(self.body(), columns);
        if !self.briefing.goals.is_empty() {
            lines.push(Vec::new());
            lines.push(vec![Run::new(Role::Strong, "What counts")]);
            for goal in &self.briefing.goals {
                let runs = [Run::new(Role::Base, goal.as_str())];
                for (index, line) in markdown::wrap_runs(&runs, columns.saturating_sub(2))
                    .into_iter()
                    .enumerate()
                {
                    let head = if index == 0 { "▪ " } else { "  " };
                    let mut row = vec![Run::new(Role::Accent, head)];
                    row.extend(line);
                    lines.push(row);
                }
            }
        }
        lines
    }

    /// Draws it.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>) {
        let width = canvas.width().saturating_sub(4).min(92);
        let lines = self.lines(usize::from(width.saturating_sub(8)));
        let wanted = lines.len() as u16 + 8;
        let height = wanted.min(canvas.height().saturating_sub(2));
        let part = Rect::new(
            (canvas.width() - width) / 2,
            (canvas.height().saturating_sub(1) - height) / 2,
            width,
            height,
        );
        canvas.fill(part, Role::Overlay);
        canvas.border(part, Role::OverlayBorder);
        let mut card = canvas.part(part);
        let end = card.text(3, 0, " BRIEFING ", Role::DrillMark);
        card.text(
            end + 1,
            0,
            &format!(" {} ", self.briefing.severity),
            Role::Badge,
        );
        card.text(4, 2, &self.briefing.title, Role::Strong);
        card.text(4, 3, &self.briefing.role, Role::Muted);
        let body = Rect::new(4, 5, width.saturating_sub(7), height.saturating_sub(8));
        self.total = lines.len();
        self.height = usize::from(body.height);
        self.scroll(0);
        for (y, line) in lines.iter().skip(self.top).take(self.height).enumerate() {
            card.runs(body.x, body.y + y as u16, line);
        }
        scrollbar(&mut card, body, self.top, self.height, self.total);
        let y = height.saturating_sub(2);
        let words = " Enter  the clock starts, the pager rings ";
        card.text_aligned((0, y), width, Align::Centre, words, Role::Badge);
        card.click(Rect::new(0, y, width, 1), Hit::Verb(Verb::Begin));
    }
}
