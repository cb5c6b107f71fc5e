//! The pager pane: pages, and what happened to the selected one.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::modal::{Modal, Question};
use crate::tui::pane::{Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::{Rows, scrollbar};
use crate::tui::world::{Act, Desk, Family, Look, PageRow, PageState, Status, TimelineRow};

/// The pane's state.
#[derive(Default)]
pub struct PagerPane {
    pages: Vec<PageRow>,
    shown: Vec<usize>,
    rows: Rows,
    timeline: Vec<TimelineRow>,
    timeline_of: String,
    filter: Field,
    filtering: bool,
    seen: Option<u64>,
}

/// The mark and look of a page's state.
const fn state_sign(state: PageState) -> (&'static str, Role) {
    match state {
        PageState::Triggered => ("▲", Role::Alert),
        PageState::Acknowledged => ("◐", Role::Warn),
        PageState::Resolved => ("✓", Role::Good),
    }
}

impl PagerPane {
    /// Pages that nobody has taken.
    pub fn triggered(&self) -> u32 {
        self.pages
            .iter()
            .filter(|page| page.state == PageState::Triggered)
            .count() as u32
    }

    fn selected(&self) -> Option<&PageRow> {
        self.shown
            .get(self.rows.selected)
            .and_then(|at| self.pages.get(*at))
    }

    fn act(&self, act: impl Fn(String) -> Act) -> Vec<Effect> {
        self.selected().map_or_else(Vec::new, |page| {
            vec![Effect::Act(PaneId::Pager, act(page.id.clone()))]
        })
    }

    fn resolve(&self) -> Vec<Effect> {
        let Some(page) = self.selected() else {
            return Vec::new();
        };
        vec![Effect::Modal(Box::new(Modal::Question(Question {
            title: format!("Resolve {}?", page.id),
            text: "Say so only when customers are served and the cause is gone: if it is not, the page comes back."
                .to_owned(),
            yes: "resolve".to_owned(),
            no: "not yet".to_owned(),
            effects: self.act(|page| Act::Resolve { page }),
        })))]
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match verb {
            Verb::Acknowledge => return self.act(|page| Act::Acknowledge { page }),
            Verb::Resolve => return self.resolve(),
            Verb::Pin => {
                return self.selected().map_or_else(Vec::new, |page| {
                    vec![Effect::Act(
                        PaneId::Pager,
                        Act::Pin {
                            artifact: page.id.clone(),
                            label: format!("page {}: {}", page.id, page.title),
                        },
                    )]
                });
            }
            Verb::Filter => self.filtering = true,
            Verb::Back => {
                self.filter.take();
            }
            verb => {
                self.rows.on(verb);
            }
        }
        Vec::new()
    }

    fn list_height(&self, height: u16) -> u16 {
        let wanted = (self.shown.len() as u16).max(1);
        wanted.min((height / 2).max(2))
    }

    fn draw_list(&self, canvas: &mut Canvas<'_>, view: &View) {
        for (y, row) in self.rows.visible().enumerate() {
            let y = y as u16;
            let Some(page) = self.shown.get(row).and_then(|at| self.pages.get(*at)) else {
                continue;
            };
            let (sign, role) = state_sign(page.state);
            let at = canvas.text(0, y, sign, role);
            let at = canvas.text(at + 1, y, &page.severity, role);
            let at = canvas.text(at + 1, y, &page.id, Role::Link);
            let when = units::when(page.at_ms, view.now_ms);
            let wide = text::width(&when) as u16 + 1;
            let room = canvas.width().saturating_sub(at + wide + 2);
            let role = if page.is_mine {
                Role::Strong
            } else {
                Role::Base
            };
            canvas.text_within(at + 1, y, room, &page.title, role);
            let columns = canvas.width().saturating_sub(1);
            canvas.text_aligned((0, y), columns, Align::Right, &when, Role::Faint);
            if row == self.rows.selected {
                let role = if view.focused {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint_row(y, role);
            }
            canvas.click(
                Rect::new(0, y, canvas.width(), 1),
                Hit::Row {
                    pane: PaneId::Pager,
                    list: 0,
                    row,
                },
            );
        }
        let rect = canvas.rect();
        self.rows.scrollbar(canvas, rect);
    }

    fn draw_page(&self, canvas: &mut Canvas<'_>, now_ms: i64) {
        let Some(page) = self.selected() else {
            return;
        };
        for x in 0..canvas.width() {
            canvas.glyph(x, 0, '─', Role::Border);
        }
        let (sign, role) = state_sign(page.state);
        let at = canvas.text(1, 0, &format!(" {sign} {} ", page.state.word()), role);
        let who = if page.assignee.is_empty() {
            "nobody".to_owned()
        } else {
            page.assignee.clone()
        };
        canvas.text(at, 0, &format!(" {} · {who} ", page.service), Role::Muted);
        let columns = usize::from(canvas.width().saturating_sub(2));
        let mut lines: Vec<Vec<Run>> = text::wrap(&text::clean(&page.title), columns)
            .into_iter()
            .map(|line| vec![Run::new(Role::Strong, line)])
            .collect();
        for row in &self.timeline {
            let when = units::when(row.at_ms, now_ms);
            let indent = text::width(&when) + 2;
            let line = format!("{} {}", row.who, row.what);
            for (index, piece) in text::wrap(&text::clean(&line), columns.saturating_sub(indent))
                .into_iter()
                .enumerate()
            {
                let head = if index == 0 {
                    format!("{when}  ")
                } else {
                    " ".repeat(indent)
                };
                lines.push(vec![
                    Run::new(Role::Faint, head),
                    Run::new(Role::Base, piece),
                ]);
            }
        }
        let room = usize::from(canvas.height().saturating_sub(1));
        let skip = lines.len().saturating_sub(room);
        for (y, line) in lines.iter().skip(skip).enumerate() {
            canvas.runs(1, y as u16 + 1, line);
        }
        let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
        scrollbar(canvas, part, skip, room, lines.len());
    }
}

impl Pane for PagerPane {
    fn listening(&self) -> Listening {
        if self.filtering {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Pager])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Row { row, .. } => self.rows.select(row),
            PaneAction::Wheel(rows) => self.rows.step(rows.signum() as isize),
            action if self.filtering => {
                self.filtering = super::type_filter(&mut self.filter, &mut self.rows, &action);
            }
            PaneAction::Verb(verb) => return self.on_verb(verb),
            _ => {}
        }
        Vec::new()
    }

    fn refresh(&mut self, desk: &mut dyn Desk, size: Size, _status: &Status) {
        let revision = desk.revision(Family::Pager);
        let changed = self.seen != Some(revision);
        if changed {
            self.seen = Some(revision);
            self.pages = desk.pages();
        }
        let wanted = self.filter.value().to_lowercase();
        self.shown = (0..self.pages.len())
            .filter(|at| {
                self.pages.get(*at).is_some_and(|page| {
                    format!("{} {} {}", page.id, page.title, page.service)
                        .to_lowercase()
                        .contains(&wanted)
                })
            })
            .collect();
        let height = self.list_height(size.height);
        self.rows.fit(self.shown.len(), usize::from(height));
        let id = self
            .selected()
            .map_or_else(String::new, |page| page.id.clone());
        if changed || id != self.timeline_of {
            self.timeline = if id.is_empty() {
                Vec::new()
            } else {
                desk.page_timeline(&id)
            };
            self.timeline_of = id;
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let mut y = 0;
        if self.filtering || !self.filter.is_empty() {
            let at = canvas.text(0, 0, "/ ", Role::Accent);
            let part = Rect::new(at, 0, canvas.width().saturating_sub(at), 1);
            let active = view.focused && self.filtering;
            self.filter.draw(canvas, part, "filter pages", active);
            y = 1;
        }
        if self.shown.is_empty() {
            canvas.text(1, y, "No page.", Role::Muted);
            return;
        }
        let list = self.list_height(canvas.height());
        let part = Rect::new(0, y, canvas.width(), list);
        self.draw_list(&mut canvas.part(part), view);
        let top = y + list;
        let height = canvas.height().saturating_sub(top);
        if height > 1 {
            let part = Rect::new(0, top, canvas.width(), height);
            self.draw_page(&mut canvas.part(part), view.now_ms);
        }
    }

    fn caption(&self) -> Vec<Run> {
        match self.triggered() {
            0 => Vec::new(),
            count => vec![Run::new(Role::Alert, format!("▲ {count} not taken"))],
        }
    }

    fn look(&self) -> Option<Look> {
        Some(Look {
            pane: PaneId::Pager.plain(),
            query: self.timeline_of.clone(),
            filter: self.filter.value().to_owned(),
            first: None,
            rows: self.shown.len().min(usize::from(u16::MAX)) as u16,
            frozen: false,
        })
    }
}
