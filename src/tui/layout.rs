//! Where everything is: a pure function of the screen's size, the pane in focus and whether it is zoomed.

use ratatui::layout::Rect;

use super::pane::{PaneId, Size};

/// The smallest screen that can be played on.
pub const MIN_WIDTH: u16 = 60;
/// The smallest screen that can be played on.
pub const MIN_HEIGHT: u16 = 16;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Too little.
    None,
    /// One pane at a time.
    One,
    /// Two or four panes.
    Four,
    /// All of them.
    All,
}

impl Room {
    /// How much room a screen of this size has.
    pub const fn of(size: Size) -> Self {
        if size.width < MIN_WIDTH || size.height < MIN_HEIGHT {
            Self::None
        } else if size.width >= 170 && size.height >= 48 {
            Self::All
        } else if size.width >= 110 && size.height >= 30 {
            Self::Four
        } else {
            Self::One
        }
    }
}

/// Where the parts of the board are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The header.
    pub header: Rect,
    /// The strip of tabs: at no size every pane is on screen.
    pub tabs: Rect,
    /// The panes on screen.
    pub panes: Vec<(PaneId, Rect)>,
    /// The footer.
    pub footer: Rect,
}

/// Plans the board.
pub fn plan(size: Size, focus: PaneId, zoomed: bool) -> Plan {
    let room = Room::of(size);
    let top = 2;
    let body = Rect::new(0, top, size.width, size.height.saturating_sub(top + 1));
    let panes = match room {
        _ if zoomed => vec![(focus, body)],
        Room::None | Room::One => vec![(focus, body)],
        Room::Four => four(body, focus),
        Room::All => all(body, focus),
    };
    Plan {
        header: Rect::new(0, 0, size.width, 1),
        tabs: Rect::new(0, 1, size.width, 1),
        panes,
        footer: Rect::new(0, size.height.saturating_sub(1), size.width, 1),
    }
}

/// The four main panes; another one takes the right half while it has the focus, one with long rows more.
fn four(body: Rect, focus: PaneId) -> Vec<(PaneId, Rect)> {
    if has_long_rows(focus) {
        return below(body, focus);
    }
    let (left, right) = across(body, 50);
    let (slack, metrics) = down(left, 50);
    let (logs, shell) = down(right, 50);
    let mut panes = vec![(PaneId::Slack, slack), (PaneId::Metrics, metrics)];
    if matches!(
        focus,
        PaneId::Slack | PaneId::Metrics | PaneId::Logs | PaneId::Shell
    ) {
        panes.extend([(PaneId::Logs, logs), (PaneId::Shell, shell)]);
    } else {
        panes.push((focus, right));
    }
    panes
}

/// Whether a pane's rows are long: it lies across the board while it has the focus.
const fn has_long_rows(pane: PaneId) -> bool {
    matches!(pane, PaneId::Browser | PaneId::Traces)
}

/// Two panes above that go with one, and below them that one.
fn below(body: Rect, pane: PaneId) -> Vec<(PaneId, Rect)> {
    let (above, below) = down(body, 34);
    let (left, right) = across(above, 50);
    let beside = if matches!(pane, PaneId::Traces) {
        PaneId::Logs
    } else {
        PaneId::Slack
    };
    vec![(beside, left), (PaneId::Metrics, right), (pane, below)]
}

/// Every pane: the four main ones large, the others in a column at the right. One with long rows takes the place of two of
/// the main ones while it has the focus.
fn all(body: Rect, focus: PaneId) -> Vec<(PaneId, Rect)> {
    let (main, side) = across(body, 70);
    let (pager, rest) = down(side, 20);
    let (changes, rest) = down(rest, 32);
    let (code, notebook) = down(rest, 48);
    let mut panes = if has_long_rows(focus) {
        below(main, focus)
    } else {
        let (left, right) = across(main, 50);
        let (slack, metrics) = down(left, 50);
        let (logs, shell) = down(right, 50);
        vec![
            (PaneId::Slack, slack),
            (PaneId::Logs, logs),
            (PaneId::Metrics, metrics),
            (PaneId::Shell, shell),
        ]
    };
    panes.extend([
        (PaneId::Pager, pager),
        (PaneId::Changes, changes),
        (PaneId::Code, code),
        (PaneId::Notebook, notebook),
    ]);
    panes
}

fn across(part: Rect, percent: u32) -> (Rect, Rect) {
    let first = (u32::from(part.width) * percent / 100) as u16;
    (
        Rect {
            width: first,
            ..part
        },
        Rect {
            x: part.x + first,
            width: part.width - first,
            ..part
        },
    )
}

fn down(part: Rect, percent: u32) -> (Rect, Rect) {
    let first = (u32::from(part.height) * percent / 100) as u16;
    (
        Rect {
            height: first,
            ..part
        },
        Rect {
            y: part.y + first,
            height: part.height - first,
            ..part
        },
    )
}

/// The inside of a pane: without its border.
pub const fn inside(part: Rect) -> Rect {
    Rect {
        x: part.x + 1,
        y: part.y + 1,
        width: part.width.saturating_sub(2),
        height: part.height.saturating_sub(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u16, height: u16) -> Size {
        Size { width, height }
    }

    #[test]
    fn rooms_by_size() {
        assert_eq!(Room::of(size(59, 40)), Room::None);
        assert_eq!(Room::of(size(80, 24)), Room::One);
        assert_eq!(Room::of(size(120, 40)), Room::Four);
        assert_eq!(Room::of(size(200, 60)), Room::All);
    }

    #[test]
    fn panes_cover_the_body_without_overlap() {
        for (width, height) in [(80, 24), (120, 40), (200, 60), (171, 49)] {
            for focus in PaneId::ALL {
                for zoomed in [false, true] {
                    let plan = plan(size(width, height), focus, zoomed);
                    let cells: u32 = plan.panes.iter().map(|(_, part)| part.area()).sum();
                    assert_eq!(cells, u32::from(width) * (u32::from(height) - 3));
                    assert!(plan.panes.iter().any(|(pane, _)| *pane == focus));
                }
            }
        }
    }
}
