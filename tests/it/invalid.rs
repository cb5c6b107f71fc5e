//! Mistakes in scenario files: what is said about each, all of it and nothing else, and how it is drawn.
//! Walks `tests/fixtures/scenarios/invalid`, whose README says how a case is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use firedrill::diag::Diagnostic;
use firedrill::diag::render::{Colour, render};
use firedrill::scenario::ids;
use firedrill::scenario::loader::Source;
use firedrill::session::content::inspect;

type Files = BTreeMap<String, Vec<u8>>;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scenarios")
}

/// All files below a folder, by their path from there.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(folder).unwrap();
            let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
            found.insert(parts.join("/"), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// The scenario without a mistake and its estate.
fn sound() -> Files {
    let root = fixtures();
    let mut all = Files::new();
    for (at, folder) in [
        ("base", root.join("invalid/base")),
        ("estates/small", root.join("estates/small")),
    ] {
        let below = files(&folder).into_iter();
        all.extend(below.map(|(path, bytes)| (format!("{at}/{path}"), bytes)));
    }
    all
}

/// What must be said: the file, the line, the id, and words of the message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    file: String,
    line: usize,
    id: String,
    words: String,
}

struct Case {
    name: String,
    files: Files,
    expected: Vec<Expected>,
}

fn cases() -> Vec<Case> {
    let root = fixtures().join("invalid");
    let mut names: BTreeMap<String, bool> = BTreeMap::new();
    for path in files(&root).into_keys() {
        match path.split_once('/') {
            Some(("base", _)) => {}
            Some((folder, _)) => drop(names.insert(folder.to_owned(), true)),
            None => {
                if let Some(name) = path.strip_suffix(".ron") {
                    names.insert(name.to_owned(), false);
                }
            }
        }
    }
    names
        .into_iter()
        .map(|(name, folder)| {
            if folder {
                case_of_folder(&root, name)
            } else {
                case_of_file(&root, name)
            }
        })
        .collect()
}

fn case_of_file(root: &Path, name: String) -> Case {
    let bytes = std::fs::read(root.join(format!("{name}.ron"))).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let mut files = sound();
    let scenario = files.get_mut("base/scenario.ron").unwrap();
    for line in text.lines().take_while(|line| line.starts_with("//")) {
        if let Some(field) = line.strip_prefix("// without: ") {
            let start = format!("    {field}:");
            let kept: Vec<&str> = std::str::from_utf8(scenario)
                .unwrap()
                .lines()
                .filter(|line| !line.starts_with(&start))
                .collect();
            *scenario = kept.join("\n").into_bytes();
        }
    }
    let of_estate = text.lines().any(|line| line == "// of: estate");
    let folder = if of_estate { "estates/small" } else { "base" };
    let path = format!("{folder}/{name}.ron");
    let expected = comments(&path, &text);
    files.insert(path, bytes);
    Case {
        name,
        files,
        expected,
    }
}

fn case_of_folder(root: &Path, name: String) -> Case {
    let mut files_of_case = files(&root.join(&name));
    let mut expected = Vec::new();
    if let Some(list) = files_of_case.remove("expected.txt") {
        for line in String::from_utf8(list).unwrap().lines() {
            let (place, rest) = line.split_once(" FD").unwrap();
            let (file, number) = place.rsplit_once(':').unwrap();
            expected.push(expectation(file, number.parse().unwrap(), rest));
        }
    }
    for (path, bytes) in &files_of_case {
        if let Ok(text) = std::str::from_utf8(bytes)
            && path.ends_with(".ron")
        {
            expected.extend(comments(path, text));
        }
    }
    let mut files = sound();
    files.extend(files_of_case);
    Case {
        name,
        files,
        expected,
    }
}

fn comments(file: &str, text: &str) -> Vec<Expected> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            line.split("// FD")
                .skip(1)
                .map(move |rest| expectation(file, index + 1, rest))
        })
        .collect()
}

/// From what follows `FD`: four digits, then words.
fn expectation(file: &str, line: usize, rest: &str) -> Expected {
    let (digits, words) = rest.split_at(4);
    Expected {
        file: file.to_owned(),
        line,
        id: format!("FD{digits}"),
        words: words.trim().to_owned(),
    }
}

fn said(files: Files) -> Vec<Diagnostic> {
    let inspection = inspect(&Source::memory(files), "base");
    let failed = firedrill::diag::has_errors(&inspection.diagnostics);
    assert_eq!(inspection.pack.is_none(), failed, "errors and a pack");
    inspection.diagnostics
}

/// What differs between what is said and what must be said.
fn differences(said: &[Diagnostic], expected: &[Expected]) -> String {
    let mut wanted = expected.to_vec();
    let mut text = String::new();
    for diagnostic in said {
        let line = diagnostic.position().line;
        let found = wanted.iter().position(|wanted| {
            wanted.file == diagnostic.file.name
                && wanted.line == line
                && wanted.id == diagnostic.id
                && diagnostic.message.contains(&wanted.words)
        });
        match found {
            Some(at) => drop(wanted.remove(at)),
            None => text.push_str(&format!(
                "not expected:\n{}",
                render(diagnostic, Colour::Never)
            )),
        }
    }
    for missing in wanted {
        let _ = writeln!(
            text,
            "not said: {}:{} {} {}",
            missing.file, missing.line, missing.id, missing.words
        );
    }
    text
}

#[test]
fn the_base_has_no_mistake() {
    assert_eq!(differences(&said(sound()), &[]), "");
}

#[test]
fn each_mistake_is_said_where_it_is_and_nothing_else() {
    let mut wrong = String::new();
    let mut drawn_names = BTreeSet::new();
    let folder = fixtures().join("invalid-drawn");
    for case in cases() {
        let said = said(case.files);
        let found = differences(&said, &case.expected);
        if case.expected.is_empty() {
            let _ = writeln!(wrong, "== {}: expects nothing", case.name);
        }
        if !found.is_empty() {
            let _ = writeln!(wrong, "== {}\n{found}", case.name);
        }
        for diagnostic in &said {
            if diagnostic.hint.as_ref().is_none_or(String::is_empty) {
                let _ = writeln!(
                    wrong,
                    "== {}: without a hint: {}",
                    case.name, diagnostic.message
                );
            }
        }
        let drawn: Vec<String> = said
            .iter()
            .take(20)
            .map(|diagnostic| render(diagnostic, Colour::Never))
            .collect();
        drawn_names.insert(format!("{}.snap", case.name));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(case.name, drawn.join("\n")));
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let kept: BTreeSet<String> = files(&folder)
        .into_keys()
        .filter(|name| name.ends_with(".snap"))
        .collect();
    assert_eq!(
        kept, drawn_names,
        "a drawing without its case, or the other way round"
    );
}

/// Ids that no text in memory can show, each with the files that do.
fn on_disk() -> Vec<(&'static str, Vec<Diagnostic>)> {
    let mut large = sound();
    large.insert("base/large.md".to_owned(), vec![b'x'; (1 << 20) + 1]);
    let mut many = sound();
    for number in 0..600 {
        many.insert(format!("base/wiki/page-{number}.md"), b"x".to_vec());
    }
    let mut much = sound();
    for number in 0..4 {
        let mut text = b"(story: [])".to_vec();
        text.resize((1 << 20) - 1, b' ');
        much.insert(format!("base/zz-{number}.ron"), text);
    }
    vec![
        (ids::FILE_TOO_LARGE, said(large)),
        (ids::TOO_MANY_FILES, said(many)),
        (ids::TOO_MUCH_RON, said(much)),
    ]
}

#[test]
fn limits_of_files_are_said() {
    for (id, said) in on_disk() {
        let ids: Vec<_> = said.iter().map(|diagnostic| diagnostic.id).collect();
        assert_eq!(ids, [id], "{said:?}");
    }
}

/// The sound scenario in a folder of the disk.
fn unpacked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in sound() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[cfg(unix)]
#[test]
fn links_and_odd_names_are_not_followed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = unpacked();
    let base = folder.path().join("base");
    std::os::unix::fs::symlink("/etc/passwd", base.join("link.md")).unwrap();
    std::os::unix::fs::symlink("/etc", base.join("wiki")).unwrap();
    std::fs::write(base.join("a\u{1b}[2J.md"), "x").unwrap();
    std::fs::write(base.join(OsStr::from_bytes(b"\xff.md")), "x").unwrap();
    let said = inspect(&Source::folder(folder.path()), "base").diagnostics;
    let mut ids: Vec<_> = said.iter().map(|diagnostic| diagnostic.id).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            ids::UNREADABLE,
            ids::UNREADABLE,
            ids::NOT_A_FILE,
            ids::NOT_A_FILE
        ]
    );
    for diagnostic in &said {
        let drawn = render(diagnostic, Colour::Never);
        assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
    }
}

#[test]
fn every_id_is_said_by_some_case() {
    let mut shown: BTreeSet<&str> = cases()
        .into_iter()
        .flat_map(|case| said(case.files))
        .map(|diagnostic| diagnostic.id)
        .collect();
    // Tests of their own.
    shown.extend([
        ids::UNREADABLE,
        ids::FILE_TOO_LARGE,
        ids::TOO_MANY_FILES,
        ids::NOT_A_FILE,
        ids::TOO_MUCH_RON,
    ]);
    let silent: Vec<_> = ids::ALL
        .iter()
        .filter(|(id, _)| !shown.contains(id))
        .collect();
    assert!(silent.is_empty(), "no case says {silent:?}");
}
