//! Every tool's and program's examples, run on the small scenario to exactly what they say; and the page of tools.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use firedrill::scenario::loader::{self, Source};
use firedrill::session::Answer;
use firedrill::sim::World;
use firedrill::sim::plan::Plan;
use firedrill::tools::{Place, Program, Registry, Run, reference, workbench};

fn world() -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios");
    let pack = loader::load(&Source::folder(folder), "small").unwrap();
    World::open(Arc::new(Plan::new(Arc::new(pack))), 1)
}

/// The words of a line as a shell splits them: blanks part words, either kind of quote keeps them together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn run(world: &World, program: &dyn Program, argv: &[String]) -> Answer {
    done(world, program.run(world, &Place::default(), argv, ""))
}

fn done(world: &World, run: Run) -> Answer {
    match run {
        Run::Answer(answer) => answer,
        Run::Act(act) => {
            let mut world = world.clone();
            let mut results = Vec::new();
            for command in &act.commands {
                results.push(world.apply(command));
                if results.last().is_some_and(Result::is_err) {
                    break;
                }
            }
            (act.answer)(&world, &results)
        }
    }
}

#[test]
fn examples_print_what_they_say() {
    let (world, registry) = (world(), Registry::standard());
    let mut wrong = String::new();
    let mut compare = |of: &str, use_: &str, prints: &str, answer: &Answer| {
        let actual = format!("{}{}", answer.text, answer.error);
        if actual != prints {
            let _ = writeln!(
                wrong,
                "EXAMPLE {of} {use_:?}\nexpected: {prints:?}\nactual:   {actual:?}"
            );
        }
    };
    let mut bare = Vec::new();
    for tool in registry.tools() {
        if tool.examples().is_empty() {
            bare.push(tool.name());
        }
        for example in tool.examples() {
            let args = serde_json::from_str(example.args).unwrap();
            compare(
                tool.name(),
                example.args,
                example.prints,
                &tool.answer(&world, &args),
            );
        }
    }
    for tool in registry.changes() {
        if tool.examples().is_empty() {
            bare.push(tool.name());
        }
        for example in tool.examples() {
            let args = serde_json::from_str(example.args).unwrap();
            compare(
                tool.name(),
                example.args,
                example.prints,
                &done(&world, tool.run(&world, &args)),
            );
        }
    }
    for program in registry.programs() {
        if program.examples().is_empty() {
            bare.push(program.name());
        }
        for example in program.examples() {
            if example.line.contains(" | ") {
                let answer = workbench::peek(&world, &registry, &Place::default(), example.line);
                compare(program.name(), example.line, example.prints, &answer);
                continue;
            }
            let line = words(example.line);
            let (name, argv) = line.split_first().unwrap();
            assert_eq!(name, program.name());
            compare(
                program.name(),
                example.line,
                example.prints,
                &run(&world, program, argv),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(bare.is_empty(), "without an example: {bare:?}");
}

#[test]
fn the_page_of_tools_is_what_the_registry_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tools.md");
    let page = reference::page(&Registry::standard());
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/tools.md is not what the registry says; write it anew with FIREDRILL_BLESS=1 cargo test tools"
    );
}
