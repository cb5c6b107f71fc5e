//! Asking tools of a world: one answer, or all items of a list that comes in pages.

use firedrill::session::Answer;
use firedrill::sim::World;
use firedrill::tools::Registry;
use serde_json::{Value, json};

/// A tool's whole answer; it must not be an error.
pub(crate) fn answer(world: &World, tool: &str, args: &Value) -> Answer {
    let registry = Registry::standard();
    let answer = registry.tool(tool).unwrap().answer(world, args);
    assert_eq!(answer.error, "", "{tool} {args}");
    answer
}

/// What a tool answers.
pub(crate) fn ask(world: &World, tool: &str, args: &Value) -> Value {
    answer(world, tool, args).data
}

/// All items of a list that comes in pages of seven, and says how many there are.
pub(crate) fn ask_all(world: &World, tool: &str, args: Value, items: &str) -> Vec<Value> {
    ask_pages(world, tool, args, items, 7, usize::MAX)
}

/// The items of a list that comes in pages of a size, until there are so many or no more.
pub(crate) fn ask_pages(
    world: &World,
    tool: &str,
    args: Value,
    items: &str,
    size: usize,
    enough: usize,
) -> Vec<Value> {
    let mut args = args;
    args["limit"] = json!(size);
    let mut all = Vec::new();
    loop {
        let page = ask(world, tool, &args);
        all.extend(page[items].as_array().unwrap().iter().cloned());
        let mut cursors = ["cursor", "next_cursor"].into_iter();
        let next = cursors.find_map(|name| page.get(name).filter(|next| next.is_string()));
        let Some(next) = next.filter(|_| all.len() < enough) else {
            if page["total"].is_number() && enough == usize::MAX {
                assert_eq!(page["total"], json!(all.len()), "{tool}");
            }
            return all;
        };
        args["cursor"] = next.clone();
    }
}
