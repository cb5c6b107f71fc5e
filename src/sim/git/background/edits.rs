//! The kinds of small change: a dependency's version, a line in a readme or changelog, a comment, a safe setting. Each
//! looks at the files as they are and answers `None` where it finds nothing to do.

use super::words::{CHANGELOG_THINGS, CHANGELOG_VERBS, README_LINES};
use super::{BackgroundService, Scene, SmallChange, pick};
use crate::sim::draw::LeafKey;
use crate::sim::git::hunk::lines;

type Kind = fn(&Scene<'_>, &BackgroundService, LeafKey) -> Option<SmallChange>;

/// Which kinds come how often.
const KINDS: [Kind; 9] = [
    dependency, comment, dependency, changelog, comment, readme, dependency, setting, changelog,
];

/// A small change in a service's folder: of the kind that is drawn or, where that finds nothing, of the next.
pub(super) fn small_change(
    scene: &Scene<'_>,
    service: &BackgroundService,
    key: LeafKey,
) -> Option<SmallChange> {
    let first = key.below(3, KINDS.len() as u64) as usize;
    KINDS
        .iter()
        .cycle()
        .skip(first)
        .take(KINDS.len())
        .find_map(|kind| kind(scene, service, key))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A text with one line replaced.
fn with_line(text: &str, number: usize, line: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (index, old) in lines(text).into_iter().enumerate() {
        if index == number {
            out.push_str(line);
            if old.ends_with('\n') {
                out.push('\n');
            }
        } else {
            out.push_str(old);
        }
    }
    out
}

/// A dependency in a manifest: its line, its name, and where its version stands in the line.
struct Dependency {
    line: usize,
    name: String,
    start: usize,
    end: usize,
}

fn dependency(scene: &Scene<'_>, service: &BackgroundService, key: LeafKey) -> Option<SmallChange> {
    let mut found = Vec::new();
    for (path, text) in scene.below(&service.folder) {
        if let Some(read) = manifest_reader(file_name(path)) {
            let all = text.lines().enumerate().filter_map(|(line, content)| {
                let name = read(content)?;
                let (start, end) = version_in(content)?;
                Some(Dependency {
                    line,
                    name,
                    start,
                    end,
                })
            });
            found.extend(all.map(|dependency| (path, text, dependency)));
        }
    }
    let (path, text, dependency) = pick(&found, key, 4)?;
    let line = text.lines().nth(dependency.line)?;
    let old = line.get(dependency.start..dependency.end)?;
    let new = bumped(old, key)?;
    let changed = format!(
        "{}{new}{}",
        line.get(..dependency.start)?,
        line.get(dependency.end..)?
    );
    Some(SmallChange {
        path: (*path).to_owned(),
        text: with_line(text, dependency.line, &changed),
        message: format!(
            "{}: bump {} from {old} to {new}",
            service.name, dependency.name
        ),
    })
}

/// How a manifest's line names a dependency, by the file's name.
fn manifest_reader(name: &str) -> Option<fn(&str) -> Option<String>> {
    match name {
        "go.mod" => Some(|line| {
            let line = line.trim().strip_prefix("require ").unwrap_or(line.trim());
            let (module, version) = line.split_once(' ')?;
            (module.contains('.') && version.starts_with('v')).then(|| module.to_owned())
        }),
        "package.json" => Some(|line| {
            let (name, version) = line.trim().strip_prefix('"')?.split_once("\": \"")?;
            let number = version.trim_start_matches(['^', '~']);
            let own = matches!(name, "version" | "node" | "npm");
            (!own && number.starts_with(|c: char| c.is_ascii_digit())).then(|| name.to_owned())
        }),
        "requirements.txt" => Some(|line| {
            let (name, _) = line.split_once("==")?;
            Some(name.trim().to_owned())
        }),
        "build.gradle" | "build.gradle.kts" => Some(|line| {
            let open = line.find(['\'', '"'])? + 1;
            let mut parts = line.get(open..)?.split(':');
            let (_, name, _) = (parts.next()?, parts.next()?, parts.next()?);
            Some(name.to_owned())
        }),
        name if name.rsplit('.').next() == Some("csproj") => Some(|line| {
            let (_, rest) = line.split_once("PackageReference Include=\"")?;
            Some(rest.split('"').next()?.to_owned())
        }),
        _ => None,
    }
}

/// The last `1.2.3` in a line.
fn version_in(line: &str) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut end = line.len();
    loop {
        let last = line.get(..end)?.rfind(|c: char| c.is_ascii_digit())?;
        let head = line.get(..=last)?;
        let start = head.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
        let version = head.get(start..)?;
        let whole =
            version.split('.').count() == 3 && version.split('.').all(|part| !part.is_empty());
        // What follows a dash is a build of its own (`0.0.0-2024...`), not a release.
        if whole && !line.get(last + 1..)?.starts_with('-') {
            return Some((start, last + 1));
        }
        end = start;
    }
}

/// The next release: mostly a fix, sometimes a feature.
fn bumped(version: &str, key: LeafKey) -> Option<String> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
    if key.below(5, 5) == 0 {
        Some(format!("{major}.{}.0", minor.checked_add(1)?))
    } else {
        Some(format!(
            "{major}.{minor}.{}",
            patch.checked_add(1 + key.below(6, 2) as u32)?
        ))
    }
}

fn comment_marker(path: &str) -> Option<&'static str> {
    match file_name(path).rsplit_once('.')?.1 {
        "go" | "ts" | "js" | "java" | "kt" | "cs" | "rs" | "proto" | "cpp" | "h" | "php" => {
            Some("// ")
        }
        "py" | "yml" | "yaml" | "sh" | "toml" | "rb" => Some("# "),
        _ => None,
    }
}

/// Closes a comment with a full stop, or starts it with a capital. The number of lines stays.
fn comment(scene: &Scene<'_>, service: &BackgroundService, key: LeafKey) -> Option<SmallChange> {
    let mut found = Vec::new();
    for (path, text) in scene.below(&service.folder) {
        let Some(marker) = comment_marker(path) else {
            continue;
        };
        let all: Vec<&str> = text.lines().collect();
        let is_comment = |line: Option<&&str>| {
            line.is_some_and(|line| line.trim_start().starts_with(marker.trim_end()))
        };
        for (number, line) in all.iter().enumerate() {
            let first = number == 0 || !is_comment(all.get(number - 1));
            let last = !is_comment(all.get(number + 1));
            if let Some(better) = better_comment(line, marker, first, last) {
                found.push((path, text, number, better));
            }
        }
    }
    let (path, text, number, better) = pick(&found, key, 7)?;
    Some(SmallChange {
        path: (*path).to_owned(),
        text: with_line(text, *number, better),
        message: format!("{}: comments are sentences", service.name),
    })
}

fn better_comment(line: &str, marker: &str, first: bool, last: bool) -> Option<String> {
    let trimmed = line.trim_start();
    let words = trimmed.strip_prefix(marker)?;
    let prose = words.split(' ').count() >= 4
        && words
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b',' | b'-' | b'\'' | b'.'));
    if !prose {
        return None;
    }
    let open_end = words.ends_with(|c: char| c.is_ascii_alphanumeric());
    if last && open_end {
        return Some(format!("{line}."));
    }
    let word = words.split(' ').next()?;
    if first && word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase()) {
        let indent = line.get(..line.len() - trimmed.len())?;
        let capital = words.get(..1)?.to_ascii_uppercase();
        return Some(format!("{indent}{marker}{capital}{}", words.get(1..)?));
    }
    None
}

fn page(service: &BackgroundService, name: &str) -> String {
    if service.folder.is_empty() {
        name.to_owned()
    } else {
        format!("{}/{name}", service.folder)
    }
}

fn readme(scene: &Scene<'_>, service: &BackgroundService, key: LeafKey) -> Option<SmallChange> {
    let path = page(service, "README.md");
    if !scene.may_touch(&path) {
        return None;
    }
    let old = scene.files.get(&path).map_or("", |text| text);
    let unused: Vec<&str> = README_LINES
        .iter()
        .copied()
        .filter(|line| !old.contains(line))
        .collect();
    let line = pick(&unused, key, 8)?;
    let (text, message) = if old.is_empty() {
        (
            format!("# {}\n\n- {line}\n", service.name),
            "start a readme",
        )
    } else {
        let newline = if old.ends_with('\n') { "" } else { "\n" };
        // A list grows; after prose a new list starts.
        let gap = if old
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("- "))
        {
            ""
        } else {
            "\n"
        };
        (
            format!("{old}{newline}{gap}- {line}\n"),
            "say more in the readme",
        )
    };
    Some(SmallChange {
        path,
        text,
        message: format!("{}: {message}", service.name),
    })
}

fn changelog(scene: &Scene<'_>, service: &BackgroundService, key: LeafKey) -> Option<SmallChange> {
    let path = page(service, "CHANGELOG.md");
    if !scene.may_touch(&path) {
        return None;
    }
    let verb = pick(&CHANGELOG_VERBS, key, 9)?;
    let thing = pick(&CHANGELOG_THINGS, key, 10)?;
    let entry = format!("- {verb} {thing}");
    let old = scene
        .files
        .get(&path)
        .map_or("# Changelog\n\n## Unreleased\n\n", |text| text);
    if old.contains(&entry) {
        return None;
    }
    let all = lines(old);
    let heading = all.iter().position(|line| line.starts_with("## "))?;
    let at = heading
        + 1
        + usize::from(
            all.get(heading + 1)
                .is_some_and(|line| line.trim().is_empty()),
        );
    let text: String = all
        .iter()
        .take(at)
        .copied()
        .chain([entry.as_str(), "\n"])
        .chain(all.iter().skip(at).copied())
        .collect();
    Some(SmallChange {
        path,
        text,
        message: format!("{}: {} {thing}", service.name, verb.to_ascii_lowercase()),
    })
}

fn setting(scene: &Scene<'_>, service: &BackgroundService, key: LeafKey) -> Option<SmallChange> {
    let mut found = Vec::new();
    for safe in &scene.plan.safe_values {
        let inside = scene
            .below(&service.folder)
            .any(|(path, _)| path == safe.path);
        let Some(text) = scene.files.get(&safe.path).filter(|_| inside) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if let Some((head, old)) = split_setting(line, &safe.key) {
                let others = safe.values.iter().filter(|value| value.as_str() != old);
                found.extend(
                    others.map(|value| (safe, text, number, format!("{head}{value}"), value)),
                );
            }
        }
    }
    let (safe, text, number, line, value) = pick(&found, key, 11)?;
    Some(SmallChange {
        path: safe.path.clone(),
        text: with_line(text, *number, line),
        message: format!("{}: set {} to {value}", service.name, safe.key),
    })
}

/// `  key: value` into `  key: ` and `value`.
fn split_setting<'a>(line: &'a str, key: &str) -> Option<(&'a str, &'a str)> {
    let rest = line.trim_start().strip_prefix(key)?;
    let value = rest.trim_start().strip_prefix([':', '='])?.trim_start();
    Some((line.get(..line.len() - value.len())?, value))
}
