//! The page that has just arrived: a pager that rings over the board until it is taken or put aside.

use ratatui::layout::Rect;

use super::Outcome;
use crate::tui::canvas::{Align, Canvas};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Effect, Listening, PaneAction, PaneId};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::world::{Act, PageRow};

/// How long the pager takes to open, and how fast it blinks.
const OPENING_MS: u64 = 360;
const BLINK_MS: u64 = 480;

/// A page over the board.
#[derive(Clone, Debug)]
pub struct PageAlert {
    page: PageRow,
    since_ms: Option<u64>,
}

impl PageAlert {
    /// A page that has just arrived.
    pub const fn new(page: PageRow) -> Self {
        Self {
            page,
            since_ms: None,
        }
    }

    /// Where keys go.
    pub fn listening() -> Listening {
        Listening::keys(&[Context::Page])
    }

    /// Takes in what happened.
    pub fn on(&mut self, action: &PaneAction) -> Outcome {
        match action {
            PaneAction::Verb(Verb::Acknowledge) => Outcome::close(vec![Effect::Act(
                PaneId::Pager,
                Act::Acknowledge {
                    page: self.page.id.clone(),
                },
            )]),
            PaneAction::Verb(Verb::Back) => Outcome::close(Vec::new()),
            _ => Outcome::stay(),
        }
    }

    /// Draws it; it grows from the middle, then its border blinks.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, beat_ms: u64) {
        let since = beat_ms.saturating_sub(*self.since_ms.get_or_insert(beat_ms));
        let title = text::clean(&self.page.title).into_owned();
        let width = 66.min(canvas.width().saturating_sub(4));
        let lines = text::wrap(&title, usize::from(width.saturating_sub(6)));
        let whole = lines.len() as u16 + 11;
        let opened = since.min(OPENING_MS) as u16;
        let height = (whole * opened.max(60) / OPENING_MS as u16).clamp(3, whole);
        let height = height.min(canvas.height());
        let part = Rect::new(
            canvas.width().saturating_sub(width) / 2,
            canvas.height().saturating_sub(height) / 2,
            width,
            height,
        );
        let loud = (since / BLINK_MS).is_multiple_of(2);
        canvas.click(canvas.rect(), Hit::Nothing);
        canvas.fill(part, Role::Overlay);
        let siren = if loud { Role::Siren } else { Role::SirenDim };
        let mut card = canvas.part(part);
        card.border(
            card.rect(),
            if loud {
                Role::Alert
            } else {
                Role::OverlayBorder
            },
        );
        card.fill(Rect::new(1, 1, width.saturating_sub(2), 1), siren);
        let waves = match since / (BLINK_MS / 2) % 4 {
            0 => "▲",
            1 => "( ▲ )",
            2 => "(( ▲ ))",
            _ => "((( ▲ )))",
        };
        let banner = format!("{waves}  PAGE  {waves}");
        card.text_aligned(
            (1, 1),
            width.saturating_sub(2),
            Align::Centre,
            &banner,
            siren,
        );
        if height < whole {
            return;
        }
        self.draw_card(&mut card, &lines);
    }

    fn draw_card(&self, card: &mut Canvas<'_>, lines: &[String]) {
        let page = &self.page;
        let end = card.text(3, 3, &format!(" {} ", page.severity), Role::Badge);
        let end = card.text(end + 2, 3, &page.id, Role::Strong);
        card.text(
            end + 2,
            3,
            &format!("service {}", page.service),
            Role::Muted,
        );
        for (y, line) in lines.iter().enumerate() {
            card.text(3, 5 + y as u16, line, Role::Strong);
        }
        let y = 6 + lines.len() as u16;
        let at = units::instant(page.at_ms, "%a %b %e  %H:%M:%S UTC");
        card.text(3, y, &format!("triggered {at}"), Role::Muted);
        let who = if page.assignee.is_empty() {
            "nobody has it"
        } else {
            &page.assignee
        };
        card.text(3, y + 1, &format!("assigned to {who}"), Role::Muted);
        let y = y + 3;
        let after = card.text(3, y, " a ", Role::Badge);
        let end = card.text(after + 1, y, "acknowledge", Role::Strong);
        card.click(Rect::new(3, y, end - 3, 1), Hit::Verb(Verb::Acknowledge));
        let start = end + 3;
        let after = card.text(start, y, " Enter ", Role::Badge);
        let end = card.text(after + 1, y, "look at the board first", Role::Base);
        card.click(Rect::new(start, y, end - start, 1), Hit::Verb(Verb::Back));
    }
}
