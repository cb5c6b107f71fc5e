//! The browser alone: what a page's commands do, how columns are cut, what is kept when a list is read again.

use ratatui::buffer::Buffer;

use super::*;
use crate::tui::hits::Hits;
use crate::tui::theme::{Depth, Theme};

fn answered(content: Content) -> PaneAction {
    PaneAction::Answer(Answer::Browsed(Ok(Box::new(Browsed {
        content,
        ..Browsed::default()
    }))))
}

fn lay_out(pane: &mut BrowserPane, width: u16, height: u16) {
    let size = Size { width, height };
    match pane.levels.last_mut() {
        Some(Level::Page(page)) => page.lay_out(size),
        Some(Level::List(list)) => list.lay_out(size, 0),
        None => pane.home.lay_out(size, 0),
    }
}

fn drawn(pane: &BrowserPane, width: u16, height: u16) -> String {
    let theme = Theme::for_depth(Depth::None).unwrap();
    let mut hits = Hits::default();
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let view = View {
        focused: true,
        now_ms: 0,
        beat_ms: 0,
    };
    pane.draw(&mut Canvas::new(&mut buffer, &theme, &mut hits), &view);
    let mut out = String::new();
    for y in 0..height {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn runbook() -> Page {
    Page {
        title: "runbook".to_owned(),
        text: "title: Runbook\nowner: ida\n---\n# Gate\n\nLook first:\n\n```sh\nkubectl get pods -n front\n```\n\nThen:\n\n```\n$ kubectl logs -n front deploy/gate --tail=5\n```\n"
            .to_owned(),
        is_markdown: true,
        commands: vec![
            "kubectl get pods -n front".to_owned(),
            "kubectl logs -n front deploy/gate --tail=5".to_owned(),
        ],
        ..Page::default()
    }
}

#[test]
fn a_command_of_a_page_goes_to_the_shells_line_and_is_not_run() {
    let mut pane = BrowserPane::default();
    pane.on(answered(Content::Page(runbook())));
    lay_out(&mut pane, 60, 20);
    assert!(drawn(&pane, 60, 20).contains("▸   kubectl get pods -n front\n"));
    assert!(pane.on_verb(Verb::Open).is_empty());
    pane.on_verb(Verb::NextCommand);
    pane.on_verb(Verb::NextCommand);
    let effects = pane.on_verb(Verb::Open);
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Focus(PaneId::Shell), Effect::Tell(PaneId::Shell, Answer::Chosen(line))]
                if line == "kubectl logs -n front deploy/gate --tail=5"
        ),
        "{effects:?}"
    );
    pane.on_verb(Verb::PreviousCommand);
    let effects = pane.on_verb(Verb::Open);
    assert!(format!("{effects:?}").contains("get pods -n front"));
}

#[test]
fn a_pages_head_stands_in_lines_of_its_own() {
    let mut pane = BrowserPane::default();
    pane.on(answered(Content::Page(runbook())));
    lay_out(&mut pane, 60, 20);
    assert!(drawn(&pane, 60, 20).starts_with("  title: Runbook\n  owner: ida\n\n  Gate\n"));
}

fn list(names: &[&str]) -> Content {
    let heads = ["NAME", "WHERE", "STATE", "NOTE"];
    let rows = names.iter().map(|name| TableRow {
        key: (*name).to_owned(),
        cells: [
            *name,
            "front",
            "Running",
            "a note that is long enough to be cut",
        ]
        .map(|cell| (cell.to_owned(), Tone::Plain))
        .to_vec(),
        ..TableRow::default()
    });
    Content::Table(Table {
        kind: "things".to_owned(),
        heads: heads.map(|head| (head.to_owned(), false)).to_vec(),
        rows: rows.collect(),
        ..Table::default()
    })
}

#[test]
fn columns_are_cut_and_the_last_are_left_out_where_there_is_no_room() {
    let mut pane = BrowserPane::default();
    pane.on(answered(list(&["one", "two"])));
    lay_out(&mut pane, 70, 4);
    assert_eq!(
        drawn(&pane, 70, 4),
        "NAME  WHERE  STATE    NOTE\none   front  Running  a note that is long enough to be cut\ntwo   front  Running  a note that is long enough to be cut\n\n"
    );
    lay_out(&mut pane, 50, 4);
    assert!(drawn(&pane, 50, 4).contains("one   front  Running  a note that is long enoug…\n"));
    lay_out(&mut pane, 32, 4);
    let narrow = drawn(&pane, 32, 4);
    assert!(narrow.lines().next().unwrap().ends_with('»'), "{narrow}");
    assert!(narrow.contains("\none   front  Running\n"), "{narrow}");
    assert!(!narrow.contains("NOTE"), "{narrow}");
}

#[test]
fn a_row_that_is_opened_while_a_filter_is_typed_ends_the_typing() {
    let mut pane = BrowserPane::default();
    pane.on(answered(list(&["one", "two"])));
    pane.on_verb(Verb::Filter);
    pane.on(PaneAction::Row {
        list: 0,
        row: 0,
        twice: true,
    });
    assert!(matches!(pane.levels.last(), Some(Level::Page(_))));
    pane.on(PaneAction::Verb(Verb::Back));
    assert!(matches!(pane.levels.last(), Some(Level::List(_))));
}

#[test]
fn a_filter_takes_rows_that_have_all_its_words() {
    let mut pane = BrowserPane::default();
    pane.on(answered(list(&["one", "two", "three"])));
    pane.on_verb(Verb::Filter);
    pane.on(PaneAction::Paste("t run".to_owned()));
    lay_out(&mut pane, 70, 6);
    let shown = drawn(&pane, 70, 6);
    assert!(shown.starts_with("/ t run"), "{shown}");
    assert!(shown.contains("two") && shown.contains("three") && shown.contains("one"));
    pane.on(PaneAction::Paste(" tw".to_owned()));
    lay_out(&mut pane, 70, 6);
    assert!(!drawn(&pane, 70, 6).contains("three"));
    pane.on(PaneAction::Verb(Verb::Back));
    lay_out(&mut pane, 70, 6);
    assert!(drawn(&pane, 70, 6).contains("three"));
}
