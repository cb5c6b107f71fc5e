//! The command line: its page, what its commands print, what it says where there is no terminal.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use firedrill::cli::Arguments;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What the program prints: its code, its output, its errors.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_remove("FIREDRILL_SCENARIOS")
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn names(command: &clap::Command) -> Vec<String> {
    let names = command
        .get_subcommands()
        .map(|inner| inner.get_name().to_owned());
    names.filter(|name| name != "help").collect()
}

/// The page: the help of the program and of each command, as it is printed.
fn page() -> String {
    let mut program = Arguments::command().term_width(100);
    program.build();
    let mut page = String::from(
        "# The command line\n\n\
         Written by a test from the program's own help. Shell completions: `firedrill completions SHELL`; the manual page:\n\
         `firedrill man`.\n",
    );
    let mut add = |title: &str, command: &clap::Command| {
        let help = command
            .clone()
            .term_width(100)
            .render_long_help()
            .to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        page.push_str(&format!(
            "\n## {title}\n\n```text\n{}\n```\n",
            lines.join("\n").trim()
        ));
    };
    add("firedrill", &program);
    for name in names(&program) {
        add(
            &format!("firedrill {name}"),
            program.find_subcommand(&name).unwrap(),
        );
    }
    page
}

#[test]
fn the_page_of_the_command_line_is_its_help() {
    let path = root().join("docs/cli.md");
    let page = page();
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/cli.md is not what the program's help says; write it anew with FIREDRILL_BLESS=1 cargo test commands"
    );
}

#[test]
fn each_command_says_how_it_is_used_with_examples() {
    for name in names(&Arguments::command()) {
        let (code, help, _) = run(&[&name, "--help"]);
        assert_eq!(code, 0, "{name}");
        assert!(
            help.contains("Examples:") && help.contains(&format!("  firedrill {name}")),
            "{name}: {help}"
        );
    }
    let (code, version, _) = run(&["--version"]);
    assert_eq!(
        (code, version.as_str()),
        (0, concat!("firedrill ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let commands = names(&Arguments::command());
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = run(&["completions", shell]);
        assert_eq!(code, 0, "{shell}");
        for command in &commands {
            assert!(
                script.contains(command.as_str()),
                "{shell} does not know {command}"
            );
        }
        assert!(script.contains("saves"), "{shell} does not know --saves");
    }
    let (code, manual, _) = run(&["man"]);
    assert_eq!(code, 0);
    assert!(manual.starts_with(".ie"), "{manual}");
    for command in &commands {
        // A hyphen is written `\-` there.
        assert!(
            manual.contains(&command.replace('-', "\\-")),
            "the manual does not know {command}"
        );
    }
}

#[test]
fn without_a_terminal_the_board_is_not_shown() {
    let saves = tempfile::tempdir().unwrap();
    let saves = saves.path().to_str().unwrap();
    for arguments in [
        &["--saves", saves][..],
        &["play", "carts-emptying", "--saves", saves],
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains("not a terminal"), "{error}");
    }
    assert_eq!(std::fs::read_dir(saves).unwrap().count(), 0);
}

#[test]
fn a_wrong_name_is_answered_with_those_there_are() {
    let (code, _, error) = run(&["play", "no-such-scenario"]);
    assert_eq!(code, 1);
    assert!(
        error.contains("there is no scenario \"no-such-scenario\"; there is "),
        "{error}"
    );
    let saves = tempfile::tempdir().unwrap();
    let saves = saves.path().to_str().unwrap();
    let (code, _, error) = run(&["resume", "no-such-drill", "--saves", saves]);
    assert_eq!(code, 1);
    assert!(
        error.contains("there is no drill \"no-such-drill\" in "),
        "{error}"
    );
    let (code, _, error) = run(&["replay", "no-such.journal"]);
    assert_eq!(code, 1);
    assert!(error.contains("no-such.journal: "), "{error}");
}

#[test]
fn check_prints_every_problem_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::write(
        mine.join("scenario.ron"),
        "(\n    title: \"Mine\",\n    minuts: 5,\n)\n",
    )
    .unwrap();
    let (code, out, _) = run(&["check", mine.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(
        out.contains("error[FD0102]: the scenario has no field `minuts`"),
        "{out}"
    );
    assert!(out.contains("scenario.ron:3:5"), "{out}");
    assert!(out.contains("= hint: did you mean `minutes`?"), "{out}");
    let last = out.lines().last().unwrap();
    assert!(
        last.starts_with("checked 1 scenario and 0 estates: ") && last.ends_with(" errors"),
        "{out}"
    );
    assert!(!out.contains('\u{1b}'), "colours in a pipe: {out:?}");

    let (code, out, _) = run(&["check", root().join("scenarios").to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with(": no problems\n"), "{out}");
}

#[test]
fn a_scenario_of_ones_own_may_use_an_estate_that_ships() {
    let page = std::fs::read_to_string(root().join("docs/scenario-format.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("rates-time-out");
    std::fs::create_dir(&mine).unwrap();
    for name in ["scenario.ron", "brief.md"] {
        let (_, block) = page.split_once(&format!(" {name}\n")).unwrap();
        let (text, _) = block.split_once("\n```").unwrap();
        std::fs::write(mine.join(name), format!("{text}\n")).unwrap();
    }
    let (code, out, _) = run(&["check", mine.to_str().unwrap()]);
    assert_eq!(out, "checked 1 scenario and 0 estates: no problems\n");
    assert_eq!(code, 0);
    let scenarios = folder.path().to_str().unwrap();
    let (code, out, _) = run(&["list", "--scenarios", scenarios]);
    assert_eq!(code, 0);
    assert!(
        out.contains("rates-time-out") && out.contains("carts-emptying"),
        "{out}"
    );
    // It can be opened; that there is no terminal is all that is wrong.
    let saves = Path::new(scenarios).join("saves");
    let saves = saves.to_str().unwrap();
    let (code, _, error) = run(&[
        "play",
        "rates-time-out",
        "--scenarios",
        scenarios,
        "--saves",
        saves,
    ]);
    assert_eq!(code, 2, "{error}");
}
