//! The changes pane: commits, rollouts and configuration changes, newest first, and one of them in full.

use ratatui::layout::Rect;

use crate::tui::canvas::{Align, Canvas, Run};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::pane::{Effect, Listening, Pane, PaneAction, PaneId, Size, View};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::units;
use crate::tui::verbs::Verb;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::rows::{Rows, scrollbar};
use crate::tui::world::{
    Act, ChangeKind, ChangeRow, Desk, DetailKind, DetailLine, Family, Look, Status,
};

/// The pane's state.
#[derive(Default)]
pub struct ChangesPane {
    changes: Vec<ChangeRow>,
    shown: Vec<usize>,
    rows: Rows,
    filter: Field,
    filtering: bool,
    detail: Vec<DetailLine>,
    detail_of: String,
    reading: bool,
    top: usize,
    detail_height: usize,
    frozen: bool,
    seen: Option<u64>,
}

const fn kind_sign(kind: ChangeKind) -> (&'static str, Role) {
    match kind {
        ChangeKind::Commit => ("●", Role::Muted),
        ChangeKind::Rollout => ("▲", Role::Info),
        ChangeKind::Config => ("◆", Role::Link),
    }
}

impl ChangesPane {
    fn selected(&self) -> Option<&ChangeRow> {
        self.shown
            .get(self.rows.selected)
            .and_then(|at| self.changes.get(*at))
    }

    fn scroll(&mut self, lines: isize) {
        let last = self.detail.len().saturating_sub(self.detail_height);
        self.top = self.top.saturating_add_signed(lines).min(last);
    }

    fn on_verb(&mut self, verb: Verb) -> Vec<Effect> {
        let page = self.detail_height.saturating_sub(1).max(1) as isize;
        match verb {
            Verb::Open | Verb::Right => self.reading = true,
            Verb::Left => self.reading = false,
            Verb::Filter => self.filtering = true,
            Verb::Freeze => self.frozen = !self.frozen,
            Verb::Back => {
                if !std::mem::take(&mut self.reading) {
                    self.filter.take();
                }
            }
            Verb::Pin => {
                return self.selected().map_or_else(Vec::new, |change| {
                    vec![Effect::Act(
                        PaneId::Changes,
                        Act::Pin {
                            artifact: change.id.clone(),
                            label: format!(
                                "{} {} {}: {}",
                                change.kind.word(),
                                change.target,
                                change.name,
                                change.title
                            ),
                        },
                    )]
                });
            }
            Verb::Up if self.reading => self.scroll(-1),
            Verb::Down if self.reading => self.scroll(1),
            Verb::PageUp if self.reading => self.scroll(-page),
            Verb::PageDown if self.reading => self.scroll(page),
            Verb::Top if self.reading => self.top = 0,
            Verb::Bottom if self.reading => self.scroll(isize::MAX / 2),
            verb => {
                self.rows.on(verb);
            }
        }
        Vec::new()
    }

    /// Rows of the list and of the change in full.
    fn split(&self, height: u16) -> (u16, u16) {
        let filter = u16::from(self.filtering || !self.filter.is_empty());
        let room = height.saturating_sub(filter);
        let detail = if self.reading {
            room * 2 / 3
        } else if room >= 16 {
            room / 2
        } else {
            0
        };
        (room - detail, detail)
    }

    fn draw_list(&self, canvas: &mut Canvas<'_>, view: &View) {
        let wide = canvas.width() >= 70;
        for (y, row) in self.rows.visible().enumerate() {
            let y = y as u16;
            let Some(change) = self.shown.get(row).and_then(|at| self.changes.get(*at)) else {
                continue;
            };
            let (sign, role) = kind_sign(change.kind);
            let at = canvas.text(0, y, sign, role);
            let when = units::when(change.at_ms, view.now_ms);
            let end = at + 1 + 12;
            canvas.text_within(at + 1, y, 12, &when, Role::Faint);
            let target = if wide { 16 } else { 11 };
            canvas.text_within(end + 1, y, target, &change.target, Role::Link);
            let at = end + 2 + target;
            let tail = if change.progress.is_empty() {
                change.author.clone()
            } else {
                change.progress.clone()
            };
            let tail_role = if change.progress.is_empty() {
                Role::Faint
            } else {
                Role::Warn
            };
            let tail_wide = if wide || !change.progress.is_empty() {
                text::width(&text::clean(&tail)) as u16 + 2
            } else {
                0
            };
            let room = canvas.width().saturating_sub(at + tail_wide + 1);
            canvas.text_within(at, y, room, &change.title, Role::Base);
            if tail_wide > 0 {
                let columns = canvas.width().saturating_sub(1);
                canvas.text_aligned((0, y), columns, Align::Right, &tail, tail_role);
            }
            if row == self.rows.selected {
                let role = if view.focused && !self.reading {
                    Role::Selected
                } else {
                    Role::SelectedIdle
                };
                canvas.tint_row(y, role);
            }
            canvas.click(
                Rect::new(0, y, canvas.width(), 1),
                Hit::Row {
                    pane: PaneId::Changes,
                    list: 0,
                    row,
                },
            );
        }
        let rect = canvas.rect();
        self.rows.scrollbar(canvas, rect);
    }

    fn draw_detail(&self, canvas: &mut Canvas<'_>, focused: bool) {
        let rule = if focused && self.reading {
            Role::BorderFocus
        } else {
            Role::Border
        };
        for x in 0..canvas.width() {
            canvas.glyph(x, 0, '─', rule);
        }
        if let Some(change) = self.selected() {
            let head = format!(" {} {} ", change.kind.word(), change.name);
            let at = canvas.text(1, 0, &head, Role::Title);
            canvas.text(at, 0, &format!("{} ", change.author), Role::Muted);
        }
        for (y, line) in self
            .detail
            .iter()
            .skip(self.top)
            .take(usize::from(canvas.height().saturating_sub(1)))
            .enumerate()
        {
            let role = match line.kind {
                DetailKind::Text => Role::Base,
                DetailKind::Heading => Role::Strong,
                DetailKind::Hunk => Role::Hunk,
                DetailKind::Added => Role::Added,
                DetailKind::Removed => Role::Removed,
            };
            canvas.text(1, y as u16 + 1, &line.text, role);
        }
        let part = Rect::new(0, 1, canvas.width(), canvas.height().saturating_sub(1));
        let room = usize::from(part.height);
        scrollbar(canvas, part, self.top, room, self.detail.len());
    }
}

impl Pane for ChangesPane {
    fn listening(&self) -> Listening {
        if self.filtering {
            Listening::typing(Context::Field)
        } else {
            Listening::keys(&[Context::Changes])
        }
    }

    fn on(&mut self, action: PaneAction) -> Vec<Effect> {
        match action {
            PaneAction::Row { row, twice, .. } => {
                self.rows.select(row);
                self.reading = twice;
            }
            PaneAction::Wheel(rows) if self.reading => self.scroll(rows as isize),
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
        let revision = desk.revision(Family::Changes);
        let changed = self.seen != Some(revision) && !(self.frozen && self.seen.is_some());
        if changed {
            let kept = self.selected().map(|change| change.id.clone());
            self.seen = Some(revision);
            self.changes = desk.changes();
            if let Some(at) = kept
                .filter(|_| self.rows.selected > 0)
                .and_then(|id| self.changes.iter().position(|change| change.id == id))
                && self.filter.is_empty()
            {
                self.rows.fit(self.changes.len(), usize::from(size.height));
                self.rows.select(at);
            }
        }
        let wanted = self.filter.value().to_lowercase();
        self.shown = (0..self.changes.len())
            .filter(|at| {
                self.changes.get(*at).is_some_and(|change| {
                    format!(
                        "{} {} {} {} {}",
                        change.kind.word(),
                        change.target,
                        change.name,
                        change.title,
                        change.author
                    )
                    .to_lowercase()
                    .contains(&wanted)
                })
            })
            .collect();
        let (list, detail) = self.split(size.height);
        self.rows.fit(self.shown.len(), usize::from(list));
        self.detail_height = usize::from(detail.saturating_sub(1));
        let id = self
            .selected()
            .map_or_else(String::new, |change| change.id.clone());
        if detail > 0 && (changed || id != self.detail_of) {
            if id != self.detail_of {
                self.top = 0;
            }
            self.detail = if id.is_empty() {
                Vec::new()
            } else {
                desk.change_detail(&id)
            };
            self.detail_of = id;
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, view: &View) {
        let mut y = 0;
        if self.filtering || !self.filter.is_empty() {
            let at = canvas.text(0, 0, "/ ", Role::Accent);
            let part = Rect::new(at, 0, canvas.width().saturating_sub(at), 1);
            let active = view.focused && self.filtering;
            self.filter
                .draw(canvas, part, "service, commit, author, words", active);
            y = 1;
        }
        if self.shown.is_empty() {
            canvas.text(1, y, "No change.", Role::Muted);
            return;
        }
        let (list, detail) = self.split(canvas.height());
        let part = Rect::new(0, y, canvas.width(), list);
        self.draw_list(&mut canvas.part(part), view);
        if detail > 1 {
            let part = Rect::new(0, y + list, canvas.width(), detail);
            self.draw_detail(&mut canvas.part(part), view.focused);
        }
    }

    fn caption(&self) -> Vec<Run> {
        let mut runs = vec![Run::new(
            Role::Muted,
            format!("{} of {}", self.shown.len(), self.changes.len()),
        )];
        if self.frozen {
            runs.push(Run::new(Role::Info, " frozen"));
        }
        runs
    }

    fn look(&self) -> Option<Look> {
        let first = self.shown.get(self.rows.top);
        Some(Look {
            pane: PaneId::Changes.plain(),
            query: self.detail_of.clone(),
            filter: self.filter.value().to_owned(),
            first: first
                .and_then(|at| self.changes.get(*at))
                .map(|change| change.id.clone()),
            rows: self.rows.visible().len() as u16,
            frozen: self.frozen,
        })
    }
}
