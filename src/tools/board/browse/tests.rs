//! Every kind on the small scenario: it lists, its rows open, and what it asks is what the shell asks.

use super::*;
use crate::sim::testing::small_world;

fn ask(world: &World, ask: &Ask) -> (Asked, Result<Browsed, String>) {
    let registry = Registry::standard();
    let asked = resolve(world, &registry, &Place::default(), ask)
        .unwrap_or_else(|error| panic!("{ask:?}: {error}"));
    let answer = registry.answer(world, &asked.call);
    let browsed = read(world, &registry, ask, &asked, &answer);
    (asked, browsed)
}

fn table(world: &World, name: &str) -> Table {
    match ask(world, &Ask::list(name)).1 {
        Ok(Browsed::Table(table)) => table,
        other => panic!("{name}: {other:?}"),
    }
}

fn texts(row: &Row) -> Vec<&str> {
    row.cells.iter().map(|cell| cell.text.as_str()).collect()
}

#[test]
fn names_are_unique_and_short_ones_too() {
    let mut names: Vec<&str> = Vec::new();
    for kind in kinds() {
        for name in std::iter::once(&kind.name).chain(kind.aliases) {
            assert!(!names.contains(name), "{name} twice");
            names.push(name);
        }
    }
}

#[test]
fn every_kind_lists_and_every_row_opens_in_every_way() {
    let world = small_world();
    for kind in listed() {
        let table = table(&world, kind.name);
        for row in table.rows.iter().take(2) {
            assert_eq!(row.cells.len(), table.heads.len(), "{}", kind.name);
            for (verb, open) in &row.opens {
                let (asked, opened) = ask(&world, open);
                assert!(opened.is_ok(), "{} {verb}: {asked:?} {opened:?}", kind.name);
            }
        }
        let keys: std::collections::BTreeSet<&str> =
            table.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys.len(), table.rows.len(), "{}: keys differ", kind.name);
    }
}

#[test]
fn a_tool_that_is_a_line_of_the_shell_is_asked_as_that_line_and_has_its_rows() {
    let world = small_world();
    let (asked, _) = ask(&world, &Ask::list("po"));
    assert_eq!(asked.call.tool, "kubectl");
    let pods = table(&world, "pods");
    let worker = pods
        .rows
        .iter()
        .find(|row| row.cells[1].text.starts_with("worker-"))
        .unwrap();
    assert_eq!(worker.cells[0].text, "back");
    assert!(worker.artifact.as_deref().unwrap().contains("worker"));
    assert_eq!(worker.opens[1].0, "logs");
}

#[test]
fn a_printed_table_has_its_columns_and_a_state_has_its_tone() {
    let world = small_world();
    let table = table(&world, "deployments");
    let heads: Vec<&str> = table.heads.iter().map(|head| head.title.as_str()).collect();
    assert_eq!(
        heads,
        [
            "NAMESPACE",
            "NAME",
            "READY",
            "UP-TO-DATE",
            "AVAILABLE",
            "AGE"
        ]
    );
    assert!(table.heads[3].is_number && !table.heads[2].is_number);
    let flags = super::tests::table(&world, "flags");
    assert_eq!(texts(&flags.rows[0])[..2], ["batch-size-v2", "off"]);
    let errors = super::tests::table(&world, "errors");
    assert_eq!(errors.rows[1].cells[2].tone, CellTone::Bad);
}

#[test]
fn a_page_gives_its_commands_and_pages_join_by_cursor() {
    let world = small_world();
    let pages = table(&world, "wiki");
    let (_, first) = &pages.rows[0].opens[0];
    let Ok(Browsed::Text(page)) = ask(&world, first).1 else {
        panic!("no page");
    };
    assert!(page.is_markdown && page.artifact.is_some());
    let few = Ask {
        given: Map::from_iter([("limit".to_owned(), Value::from(3))]),
        ..Ask::list("cloudmetrics")
    };
    let (mut joined, mut next) = (0, Some(few));
    let mut total = None;
    while let Some(asked) = next {
        let Ok(Browsed::Table(table)) = ask(&world, &asked).1 else {
            panic!("no table");
        };
        joined += table.rows.len();
        total = table.total;
        next = table.more;
    }
    assert_eq!(Some(joined), total);
}

#[test]
fn a_child_list_is_given_what_its_row_has() {
    let world = small_world();
    let images = table(&world, "images");
    let worker = images
        .rows
        .iter()
        .find(|row| row.cells[0].text.ends_with("/worker"))
        .unwrap();
    let (_, open) = &worker.opens[0];
    let (asked, browsed) = ask(&world, open);
    assert_eq!(asked.call.tool, "registry_list_tags");
    let Ok(Browsed::Table(tags)) = browsed else {
        panic!("no tags");
    };
    let (_, manifest) = &tags.rows[0].opens[0];
    let (asked, _) = ask(&world, manifest);
    assert_eq!(asked.call.args["tag"], "1.4.0");
    assert_eq!(asked.call.args["repo"], "registry.alpha.example/worker");
}

#[test]
fn what_no_catalogue_has_is_refused() {
    let world = small_world();
    let registry = Registry::standard();
    let place = Place::default();
    for bad in [
        Ask::list("nothing"),
        Ask {
            view: Some(9),
            ..Ask::list("pods")
        },
        Ask {
            given: Map::from_iter([("limt".to_owned(), Value::from(1))]),
            ..Ask::list("flags")
        },
    ] {
        assert!(resolve(&world, &registry, &place, &bad).is_err(), "{bad:?}");
    }
}
