//! Draws the interface: header, tabs, panes, footer, and what lies over them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::{Align, Canvas, Run, runs_width};
use super::hits::Hit;
use super::layout::{self, MIN_HEIGHT, MIN_WIDTH, Plan, Room};
use super::pane::{PaneId, View};
use super::text;
use super::theme::Role;
use super::ui::{Screen, Ui};
use super::units;
use super::verbs::Verb;
use super::world::{Loss, Mode, Status, Tone};

/// Draws everything and remembers the click regions.
pub fn draw(ui: &mut Ui, buffer: &mut Buffer) {
    let mut hits = std::mem::take(&mut ui.hits);
    hits.clear();
    let theme = ui.theme.clone();
    let mut canvas = Canvas::new(buffer, &theme, &mut hits);
    let whole = canvas.rect();
    canvas.fill(whole, Role::Ground);
    if Room::of(ui.size) == Room::None {
        draw_too_small(ui, &mut canvas);
    } else {
        match ui.screen {
            Screen::Title => ui.title.draw(&mut canvas),
            Screen::Briefing => ui.briefing.draw(&mut canvas),
            Screen::Debrief => ui.debrief.draw(&mut canvas),
            Screen::Board => draw_board(ui, &mut canvas),
        }
        draw_footer(ui, &mut canvas);
        let beat_ms = ui.beat_ms;
        if let Some(modal) = ui.modals.last_mut() {
            modal.draw(&mut canvas, beat_ms);
        }
        draw_notice(ui, &mut canvas);
    }
    ui.hits = hits;
}

fn draw_too_small(ui: &Ui, canvas: &mut Canvas<'_>) {
    let lines = [
        "firedrill needs a larger terminal".to_owned(),
        format!("at least {MIN_WIDTH} x {MIN_HEIGHT}"),
        format!("now {} x {}", ui.size.width, ui.size.height),
    ];
    let top = canvas.height().saturating_sub(3) / 2;
    for (index, line) in lines.iter().enumerate() {
        let role = if index == 0 {
            Role::Accent
        } else {
            Role::Muted
        };
        let columns = canvas.width();
        canvas.text_aligned((0, top + index as u16), columns, Align::Centre, line, role);
    }
}

fn draw_board(ui: &Ui, canvas: &mut Canvas<'_>) {
    let plan = ui.plan();
    if let Some(status) = &ui.status {
        draw_header(status, &mut canvas.part(plan.header));
    }
    if ui.is_covered() {
        draw_cover(ui, canvas, &plan);
        return;
    }
    draw_tabs(ui, &mut canvas.part(plan.tabs));
    let now_ms = ui.status.as_ref().map_or(0, |status| status.now_ms);
    for (pane, part) in &plan.panes {
        let view = View {
            focused: *pane == ui.focus,
            now_ms,
            beat_ms: ui.beat_ms,
        };
        draw_pane(ui, canvas, *pane, *part, &view);
    }
}

fn draw_pane(ui: &Ui, canvas: &mut Canvas<'_>, pane: PaneId, part: Rect, view: &View) {
    canvas.click(part, Hit::Pane(pane));
    let (border, title) = if view.focused {
        (Role::BorderFocus, Role::TitleFocus)
    } else {
        (Role::Border, Role::Title)
    };
    canvas.border(part, border);
    let mut frame = canvas.part(Rect::new(
        part.x + 2,
        part.y,
        part.width.saturating_sub(4),
        1,
    ));
    let mut heading = vec![
        Run::new(Role::Key, format!(" {} ", pane.number())),
        Run::new(title, format!("{} ", pane.title())),
    ];
    let caption = ui.panes.get(pane).caption();
    if !caption.is_empty() {
        heading.push(Run::new(border, "─ "));
        heading.extend(caption);
        heading.push(Run::new(border, " "));
    }
    frame.runs(0, 0, &heading);
    let mut inside = canvas.part(layout::inside(part));
    ui.panes.get(pane).draw(&mut inside, view);
}

/// The line that is always on screen: this is a drill, which, how bad, when, how fast, what it costs, who asks.
fn draw_header(status: &Status, header: &mut Canvas<'_>) {
    header.fill(header.rect(), Role::Header);
    let wide = header.width() >= 110;
    let right = header_right(status, header.width());
    let start = header.width().saturating_sub(runs_width(&right) as u16 + 1);
    let mark = match status.mode {
        Mode::Scored => " DRILL ",
        Mode::Practice if wide => " DRILL practice ",
        Mode::Practice => " DRILL p ",
    };
    let mut at = header.text(0, 0, mark, Role::DrillMark);
    let severity = format!(" {} ", status.severity);
    let phase = format!(" {}", status.phase.word());
    let tail = text::width(&severity) + if wide { text::width(&phase) + 1 } else { 0 } + 2;
    let room = start.saturating_sub(at + 1 + tail as u16);
    at = header.text_within(at + 1, 0, room, &status.title, Role::Header);
    at = header.text(at + 1, 0, &severity, Role::Badge);
    if wide {
        header.text(at + 1, 0, phase.trim_start(), Role::HeaderMuted);
    }
    header.runs(start, 0, &right);
}

fn header_right(status: &Status, columns: u16) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut push = |role, words: String| runs.push(Run::new(role, words));
    let whole = columns >= 140;
    let words = if whole { " unread mentions" } else { "" };
    let role = if status.mentions > 0 {
        Role::Badge
    } else {
        Role::HeaderMuted
    };
    push(role, format!(" @{}{words} ", status.mentions));
    push(Role::Header, " ".to_owned());
    if let Loss::CustomerMinutes { minutes, as_of_ms } = status.loss {
        let (exact, unit) = if columns >= 110 {
            (units::grouped(minutes), " customer minutes lost ")
        } else {
            (units::short_count(minutes), " min lost ")
        };
        push(Role::HeaderAlert, format!("≈{exact}"));
        push(Role::HeaderMuted, unit.to_owned());
        if whole {
            let at = units::clock_minute(as_of_ms);
            push(Role::HeaderMuted, format!("by {at} "));
        }
    }
    if whole {
        let since = units::stopwatch(status.now_ms - status.began_ms);
        push(Role::HeaderMuted, format!(" T+{since} "));
    }
    push(Role::Header, format!(" {} ", units::clock(status.now_ms)));
    if status.paused {
        push(Role::HeaderAlert, "‖ paused".to_owned());
    } else {
        push(Role::Header, format!("▶ {}x", status.speed));
    }
    runs
}

fn draw_tabs(ui: &Ui, strip: &mut Canvas<'_>) {
    strip.fill(strip.rect(), Role::Tab);
    let waits = |pane| match ui.panes.waiting(pane) {
        0 => 0,
        waiting => 1 + text::width(&units::short_count(u64::from(waiting))),
    };
    let columns: usize = PaneId::ALL
        .into_iter()
        .map(|pane| 4 + text::width(pane.title()) + waits(pane))
        .sum();
    let is_tight = columns > usize::from(strip.width());
    let mut x = 0;
    for pane in PaneId::ALL {
        let open = pane == ui.focus;
        let role = if open { Role::TabOpen } else { Role::Tab };
        let start = x;
        // Where there is no room for all names, long ones that are not open are cut to their beginning.
        let title = if is_tight && !open && pane.title().len() > 5 {
            pane.title().get(..4).unwrap_or(pane.title())
        } else {
            pane.title()
        };
        x = strip.text(x, 0, &format!(" {} {title}", pane.number()), role);
        let waiting = ui.panes.waiting(pane);
        if waiting > 0 {
            x = strip.text(x, 0, " ", role);
            x = strip.text(x, 0, &units::short_count(u64::from(waiting)), Role::Badge);
        }
        if !is_tight {
            x = strip.text(x, 0, " ", role);
        }
        strip.click(Rect::new(start, 0, x - start, 1), Hit::Pane(pane));
    }
    if ui.zoomed {
        let columns = strip.width().saturating_sub(1);
        if x + 8 < columns {
            strip.text_aligned((0, 0), columns, Align::Right, "zoomed", Role::Accent);
        }
    }
}

fn draw_cover(ui: &Ui, canvas: &mut Canvas<'_>, plan: &Plan) {
    let top = plan.header.bottom();
    let body = Rect::new(0, top, canvas.width(), plan.footer.y.saturating_sub(top));
    canvas.click(body, Hit::Verb(Verb::Pause));
    let mut cover = canvas.part(body);
    for y in 0..cover.height() {
        for x in 0..cover.width() {
            if (x + 2 * y).is_multiple_of(8) {
                cover.glyph(x, y, '╱', Role::Grid);
            }
        }
    }
    let key = ui
        .keymap
        .key_of(&ui.listening().contexts, Verb::Pause)
        .unwrap_or_default();
    let lines = [
        ("‖  The clock stands still", Role::Accent),
        ("", Role::Muted),
        ("A scored drill is covered while it is paused:", Role::Base),
        ("nobody reads the board for free.", Role::Base),
    ];
    let width = 52.min(cover.width());
    let height = 9.min(cover.height());
    let card = Rect::new(
        (cover.width() - width) / 2,
        (cover.height() - height) / 2,
        width,
        height,
    );
    cover.fill(card, Role::Overlay);
    cover.border(card, Role::OverlayBorder);
    let mut part = cover.part(card);
    for (y, (line, role)) in lines.iter().enumerate() {
        part.text_aligned((0, y as u16 + 2), width, Align::Centre, line, *role);
    }
    let line = format!("{key} goes on");
    part.text_aligned((0, 7), width, Align::Centre, &line, Role::Key);
}

fn draw_footer(ui: &Ui, canvas: &mut Canvas<'_>) {
    let y = canvas.height().saturating_sub(1);
    let mut footer = canvas.part(Rect::new(0, y, canvas.width(), 1));
    let listening = ui.listening();
    let shown = ui.keymap.footer(&listening.contexts);
    let mut end = footer.width();
    if let Some((key, verb)) = shown.iter().find(|(_, verb)| *verb == Verb::Help) {
        let wide = (text::width(key) + text::width(verb.label()) + 2) as u16;
        end = end.saturating_sub(wide + 1);
        draw_key(&mut footer, end, key, *verb);
    }
    let mut x = 1;
    for (key, verb) in shown.iter().filter(|(_, verb)| *verb != Verb::Help) {
        let wide = (text::width(key) + text::width(verb.label()) + 3) as u16;
        if x + wide <= end {
            x = draw_key(&mut footer, x, key, *verb) + 2;
        }
    }
}

fn draw_key(footer: &mut Canvas<'_>, x: u16, key: &str, verb: Verb) -> u16 {
    let at = footer.text(x, 0, key, Role::Key);
    let end = footer.text(at + 1, 0, verb.label(), Role::KeyText);
    footer.click(Rect::new(x, 0, end - x, 1), Hit::Verb(verb));
    end
}

fn draw_notice(ui: &Ui, canvas: &mut Canvas<'_>) {
    let trouble = ui
        .status
        .as_ref()
        .and_then(|status| status.trouble.as_deref())
        .map(|trouble| (Tone::Bad, trouble));
    let said = ui
        .notice
        .as_ref()
        .map(|notice| (notice.tone, notice.text.as_str()));
    let Some((tone, words)) = said.or(trouble) else {
        return;
    };
    let (mark, role) = match tone {
        Tone::Plain => ("•", Role::Info),
        Tone::Good => ("✓", Role::Good),
        Tone::Missed => ("!", Role::Warn),
        Tone::Bad => ("✗", Role::Alert),
    };
    let cleaned = text::clean(words);
    let width = (text::width(&cleaned) as u16 + 6).min(canvas.width().saturating_sub(2));
    let part = Rect::new(
        canvas.width().saturating_sub(width + 1),
        canvas.height().saturating_sub(2),
        width,
        1,
    );
    canvas.fill(part, Role::SelectedIdle);
    let mut line = canvas.part(part);
    let at = line.text(1, 0, mark, role);
    line.text_within(at + 1, 0, width.saturating_sub(4), &cleaned, Role::Strong);
    line.tint_row(0, Role::SelectedIdle);
}
