//! `firedrill check`: says all problems of scenario and estate folders. Prints; knows nothing of what a problem means.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;

use crate::diag::render::{Colour, render};
use crate::diag::{Diagnostic, Severity, SourceText};
use crate::scenario::ids;
use crate::scenario::loader::{Source, estates, list};
use crate::session::content::{inspect, inspect_estate};

/// The most problems that are printed.
const MAX_PRINTED: usize = 200;
/// How far up a scenario's estates are looked for.
const MAX_PARENTS: usize = 6;

/// Checks scenarios and estates, prints what is wrong and a summary. The code is 0 when nothing is, 1 otherwise.
pub fn run(paths: &[PathBuf], colour: Colour) -> Result<ExitCode> {
    let report = report(paths, colour);
    std::io::stdout().lock().write_all(report.text.as_bytes())?;
    Ok(if report.problems == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What `check` has to say.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// Everything that is printed.
    pub text: String,
    /// How many problems there are.
    pub problems: usize,
}

/// Checks scenarios and estates. A path is a scenario's folder, an estate's folder, a file in one of them, or a folder
/// that holds scenarios and `estates/`.
pub fn report(paths: &[PathBuf], colour: Colour) -> Report {
    let mut found = Vec::new();
    let mut checked = Checked::default();
    for path in paths {
        found.extend(checked.path(path));
    }
    crate::diag::sort(&mut found);
    let mut text = String::new();
    for diagnostic in found.iter().take(MAX_PRINTED) {
        text.push_str(&render(diagnostic, colour));
        text.push('\n');
    }
    if found.len() > MAX_PRINTED {
        text.push_str(&format!("... and {} more\n\n", found.len() - MAX_PRINTED));
    }
    text.push_str(&summary(&found, &checked));
    Report {
        text,
        problems: found.len(),
    }
}

fn summary(found: &[Diagnostic], checked: &Checked) -> String {
    let count = |severity| {
        found
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    };
    let errors = count(Severity::Error);
    let warnings = count(Severity::Warning);
    let verdict = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, _) => plural(warnings, "warning"),
        (_, 0) => plural(errors, "error"),
        _ => format!(
            "{}, {}",
            plural(errors, "error"),
            plural(warnings, "warning")
        ),
    };
    let scenarios = plural(checked.scenarios.len(), "scenario");
    let estates = plural(checked.estates.len(), "estate");
    format!("checked {scenarios} and {estates}: {verdict}\n")
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What was checked already: a path given twice is checked once.
#[derive(Default)]
struct Checked {
    scenarios: BTreeSet<PathBuf>,
    estates: BTreeSet<PathBuf>,
}

impl Checked {
    fn path(&mut self, path: &Path) -> Vec<Diagnostic> {
        let folder = if path.is_file() {
            path.parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
        } else {
            path
        };
        if folder.join("scenario.ron").is_file() {
            self.scenario(folder)
        } else if folder.join("estate.ron").is_file() {
            self.estate(folder)
        } else {
            self.root(folder)
        }
    }

    fn root(&mut self, folder: &Path) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for listing in list(&Source::folder(folder)) {
            found.extend(self.scenario(&folder.join(listing.name)));
        }
        for name in estates(&Source::folder(folder)) {
            found.extend(self.estate(&folder.join("estates").join(name)));
        }
        if self.scenarios.is_empty() && self.estates.is_empty() && found.is_empty() {
            found.push(nothing_at(folder));
        }
        found
    }

    fn scenario(&mut self, folder: &Path) -> Vec<Diagnostic> {
        if !self.scenarios.insert(folder.to_path_buf()) {
            return Vec::new();
        }
        let (root, name) = root_of(folder);
        let source = Source::Stack(vec![Source::folder(root), Source::built_in()]);
        inspect(&source, &name).diagnostics
    }

    fn estate(&mut self, folder: &Path) -> Vec<Diagnostic> {
        if !self.estates.insert(folder.to_path_buf()) {
            return Vec::new();
        }
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        // `estates/<name>` is two below the root.
        let root = folder
            .parent()
            .and_then(Path::parent)
            .unwrap_or(Path::new("."));
        match name {
            Some(name)
                if folder
                    .parent()
                    .is_some_and(|parent| parent.ends_with("estates")) =>
            {
                inspect_estate(&Source::folder(root), &name)
            }
            _ => vec![nothing_at(folder)],
        }
    }
}

/// The root that a scenario's folder is below, and its name there: the nearest folder above that holds `estates/`.
fn root_of(folder: &Path) -> (PathBuf, String) {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let name_below = |root: &Path| {
        let rest = absolute.strip_prefix(root).ok()?;
        let parts: Option<Vec<&str>> = rest.iter().map(|part| part.to_str()).collect();
        parts.map(|parts| parts.join("/"))
    };
    for (up, root) in absolute.ancestors().skip(1).take(MAX_PARENTS).enumerate() {
        if root.join("estates").is_dir()
            && let Some(name) = name_below(root)
        {
            // As the user wrote it where that is possible: `scenarios` rather than `/home/.../scenarios`.
            let shown = folder
                .ancestors()
                .nth(up + 1)
                .filter(|shown| !shown.as_os_str().is_empty());
            return (
                shown.map_or_else(|| root.to_path_buf(), Path::to_path_buf),
                name,
            );
        }
    }
    let parent = absolute.parent().unwrap_or(&absolute).to_path_buf();
    let name = name_below(&parent).unwrap_or_default();
    (parent, name)
}

fn nothing_at(path: &Path) -> Diagnostic {
    let file = Arc::new(SourceText {
        name: path.display().to_string(),
        text: String::new(),
    });
    Diagnostic::error(ids::NOT_FOUND, &file, 0..0, "there is no scenario or estate here")
        .hint("give a folder with scenario.ron in it, an estate's folder below estates/, or a folder that holds both")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixtures(below: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/scenarios")
            .join(below)
    }

    #[test]
    fn a_scenario_a_file_and_an_estate_are_checked() {
        let paths = [
            fixtures("small"),
            fixtures("small/scenario.ron"),
            fixtures("estates/small"),
        ];
        let report = report(&paths, Colour::Never);
        assert_eq!(
            report.text,
            "checked 1 scenario and 1 estate: no problems\n"
        );
        assert_eq!(report.problems, 0);
    }

    #[test]
    fn a_path_without_anything_is_a_problem() {
        let report = report(&[fixtures("nowhere")], Colour::Never);
        assert_eq!(report.problems, 1);
        assert!(
            report
                .text
                .contains("error[FD0008]: there is no scenario or estate here"),
            "{}",
            report.text
        );
    }
}
