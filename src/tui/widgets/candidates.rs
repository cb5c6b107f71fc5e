//! Candidates for a word of a text field: what they share is put in, Tab goes through them, a list shows them.

use ratatui::layout::Rect;

use super::field::Field;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::world::Completions;

/// The most candidates shown at once.
const SHOWN: usize = 8;

/// A list that is open.
#[derive(Clone, Debug)]
struct Open {
    completions: Completions,
    chosen: Option<usize>,
}

/// Candidates of a field.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    open: Option<Open>,
}

impl Candidates {
    /// Closes the list; whether one was open.
    pub fn close(&mut self) -> bool {
        self.open.take().is_some()
    }

    /// Takes the next candidate; `false` when no list is open.
    pub fn next(&mut self, field: &mut Field) -> bool {
        let Some(open) = &mut self.open else {
            return false;
        };
        let count = open.completions.items.len();
        let next = open.chosen.map_or(0, |at| (at + 1) % count.max(1));
        open.chosen = Some(next);
        if let Some(item) = open.completions.items.get(next) {
            field.replace_back_to(open.completions.from, &item.text);
        }
        true
    }

    /// Takes candidates in: a single one is put in, of several what they share, and the list opens.
    pub fn take(&mut self, completions: Completions, field: &mut Field) {
        self.open = None;
        match completions.items.as_slice() {
            [] => {}
            [only] => {
                let words = only.text.clone();
                field.replace_back_to(completions.from, &words);
            }
            several => {
                let shared = shared_start(several.iter().map(|item| item.text.as_str()));
                let typed = field.cursor().saturating_sub(completions.from);
                if shared.len() > typed {
                    field.replace_back_to(completions.from, &shared);
                }
                self.open = Some(Open {
                    completions,
                    chosen: None,
                });
            }
        }
    }

    /// Draws the list above or below the field, whose text begins at a column of a row.
    pub fn draw(&self, canvas: &mut Canvas<'_>, field: &Field, (x, y): (u16, u16)) {
        let Some(open) = &self.open else {
            return;
        };
        let before = field.value().get(..open.completions.from);
        let indent = before.map_or(0, text::width) as u16;
        let x = x + indent.min(canvas.width().saturating_sub(x) / 2);
        let items = &open.completions.items;
        let top = open.chosen.map_or(0, |at| (at + 1).saturating_sub(SHOWN));
        let shown = items.len().min(SHOWN) as u16;
        let labels = items
            .iter()
            .map(|item| text::width(&item.text))
            .max()
            .unwrap_or(0)
            .clamp(8, 48) as u16;
        let width = canvas.width().saturating_sub(x).min(labels + 36);
        let start = if y >= shown { y - shown } else { y + 1 };
        for (index, item) in items.iter().enumerate().skip(top).take(SHOWN) {
            let row = start + (index - top) as u16;
            let mut line = canvas.part(Rect::new(x, row, width, 1));
            line.fill(line.rect(), Role::Overlay);
            line.text_within(1, 0, labels, &item.text, Role::Base);
            line.text(labels + 2, 0, &item.about, Role::Muted);
            if open.chosen == Some(index) {
                line.tint_row(0, Role::Selected);
            }
        }
        if items.len() > SHOWN {
            let count = format!(
                " {} of {} ",
                top + SHOWN.min(items.len() - top),
                items.len()
            );
            let wide = text::width(&count) as u16;
            if width > wide {
                canvas.text(x + width - wide, start + shown - 1, &count, Role::Faint);
            }
        }
    }
}

/// What all texts begin with.
fn shared_start<'a>(mut texts: impl Iterator<Item = &'a str>) -> String {
    let mut shared = texts.next().unwrap_or("").to_owned();
    for other in texts {
        let same: usize = shared
            .chars()
            .zip(other.chars())
            .take_while(|(left, right)| left == right)
            .map(|(left, _)| left.len_utf8())
            .sum();
        shared.truncate(same);
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_candidates_share_is_put_in() {
        assert_eq!(shared_start(["pods", "podtemplates"].into_iter()), "pod");
        assert_eq!(shared_start(["äb", "äc"].into_iter()), "ä");
        assert_eq!(shared_start(std::iter::empty()), "");
    }
}
