//! Loads a scenario with its estate: reads the files, joins and checks them, gives a pack or all problems.
//!
//! A root holds scenarios in `<name>/scenario.ron` and estates in `estates/<name>/`. Every `*.ron` file of a folder is a
//! part of the same struct: maps and lists are joined, a name given twice is a problem. Beside them are `repos/<repo>/base/`
//! (files of the first commit), `repos/<repo>/commits/*.patch`, `wiki/*.md`, `chatter/*.txt` and the briefing.
//! Only [`source`] touches the disk.

mod commits;
pub mod files;
pub mod joined;
pub mod lexer;
pub mod place;
mod ron_errors;
pub mod source;
pub mod tree;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use self::files::{Files, RepositoryFiles};
use self::joined::Part;
use self::tree::Kind;
use super::checks::{self, Judge, Subject, Unjudged};
use super::format::estate::Estate;
use super::format::scenario::{Difficulty, Scenario};
use super::ids;
use super::pack::{CommitChange, ContentHash, Pack, RepositoryTexts};
use crate::diag::{self, Diagnostic, SourceText};

pub use self::source::Source;

/// The folder of all estates.
const ESTATES: &str = "estates";
/// The file that makes a folder a scenario.
const SCENARIO_FILE: &str = "scenario.ron";
/// The file that makes a folder an estate.
const ESTATE_FILE: &str = "estate.ron";
/// The most scenarios that are listed.
const MAX_LISTED: usize = 500;

/// A scenario in a list. Read without checking the scenario: what cannot be read is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The name that [`load`] takes.
    pub name: String,
    /// Title.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// Name of the estate.
    pub estate: String,
    /// How hard it is.
    pub difficulty: Option<Difficulty>,
    /// How long it takes, in real minutes.
    pub minutes: Option<u32>,
    /// The instant of the page as it is written, RFC 3339.
    pub starts: String,
}

/// What came of reading and checking a scenario.
#[derive(Debug)]
pub struct Inspection {
    /// The pack, when there is no error.
    pub pack: Option<Pack>,
    /// All problems, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// The scenarios of a source, by name.
pub fn list(root: &Source) -> Vec<Listing> {
    root.folders("")
        .into_iter()
        .filter(|name| name != ESTATES && is_name(name))
        .filter_map(|name| listing(root, &name))
        .take(MAX_LISTED)
        .collect()
}

/// The names of the estates of a source.
pub fn estates(root: &Source) -> Vec<String> {
    root.folders(ESTATES)
        .into_iter()
        .filter(|name| {
            is_name(name)
                && root
                    .layer_with(&format!("{ESTATES}/{name}/{ESTATE_FILE}"))
                    .is_some()
        })
        .take(MAX_LISTED)
        .collect()
}

fn listing(root: &Source, name: &str) -> Option<Listing> {
    let bytes = root.read_file(&format!("{name}/{SCENARIO_FILE}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let (node, _) = tree::parse(&text);
    let value = |field: &str| node.as_ref()?.get(field).map(|entry| &entry.value);
    let words = |field: &str| match value(field).map(|node| &node.kind) {
        Some(Kind::Text(text)) => diag::visible(text),
        _ => String::new(),
    };
    let raw = |field: &str| value(field).and_then(|node| text.get(node.span.clone()));
    Some(Listing {
        name: name.to_owned(),
        title: words("title"),
        summary: words("summary"),
        estate: words("estate"),
        difficulty: match raw("difficulty") {
            Some("Easy") => Some(Difficulty::Easy),
            Some("Moderate") => Some(Difficulty::Moderate),
            Some("Hard") => Some(Difficulty::Hard),
            _ => None,
        },
        minutes: raw("minutes").and_then(|minutes| minutes.parse().ok()),
        starts: words("starts"),
    })
}

/// Loads a scenario without asking a judge: for one that was inspected before, and for tests. The error holds every
/// problem, warnings included; there is at least one error among them.
pub fn load(root: &Source, scenario: &str) -> Result<Pack, Vec<Diagnostic>> {
    let inspection = inspect(root, scenario, &Unjudged);
    inspection.pack.ok_or(inspection.diagnostics)
}

/// Whether a text can name a scenario or estate: it cannot lead out of its folder.
fn is_name(name: &str) -> bool {
    name.len() <= 200
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
}

/// Reads and checks a scenario.
pub fn inspect(root: &Source, scenario: &str, judge: &dyn Judge) -> Inspection {
    let mut reading = Reading::new(judge);
    let pack = reading.scenario(root, scenario);
    reading.finish(pack)
}

/// Reads and checks an estate by itself.
pub fn inspect_estate(root: &Source, estate: &str, judge: &dyn Judge) -> Vec<Diagnostic> {
    let mut reading = Reading::new(judge);
    if let Some(estate) = reading.estate(root, estate, None) {
        reading.check(&estate, None);
    }
    reading.finish(None).diagnostics
}

/// An estate or scenario as it was read.
#[derive(Debug)]
pub(super) struct Loaded<T> {
    pub value: T,
    pub parts: Vec<Part>,
    pub files: Files,
}

struct Reading<'a> {
    diagnostics: Vec<Diagnostic>,
    judge: &'a dyn Judge,
}

impl<'a> Reading<'a> {
    const fn new(judge: &'a dyn Judge) -> Self {
        Self {
            diagnostics: Vec::new(),
            judge,
        }
    }

    fn finish(mut self, pack: Option<Pack>) -> Inspection {
        diag::sort(&mut self.diagnostics);
        let failed = diag::has_errors(&self.diagnostics);
        let pack = pack.filter(|_| !failed).map(|mut pack| {
            pack.warnings.clone_from(&self.diagnostics);
            pack
        });
        Inspection {
            pack,
            diagnostics: self.diagnostics,
        }
    }

    fn scenario(&mut self, root: &Source, name: &str) -> Option<Pack> {
        let file = format!("{name}/{SCENARIO_FILE}");
        let Some(layer) = root.layer_with(&file).filter(|_| is_name(name)) else {
            self.not_found(
                "scenario",
                name,
                root.folders("").into_iter().filter(|name| name != ESTATES),
            );
            return None;
        };
        let scenario: Loaded<Scenario> = self.read(layer, name, "scenario", &required)?;
        let place = place::Places::new(&scenario.parts).field("estate");
        let estate = self.estate(root, &scenario.value.estate.clone(), Some(&place))?;
        let joined = self.check(&estate, Some(&scenario));
        Some(pack(name, estate, scenario, joined))
    }

    /// Checks what could be read; joins estate and scenario on the way.
    fn check(&mut self, estate: &Loaded<Estate>, scenario: Option<&Loaded<Scenario>>) -> Joined {
        let whole = !diag::has_errors(&self.diagnostics);
        let joined = Joined {
            estate: changed(
                estate.value.clone(),
                scenario.map(|scenario| &scenario.value),
            ),
            repositories: repositories(&estate.files, scenario.map(|scenario| &scenario.files)),
        };
        let estate_places = place::Places::new(&estate.parts);
        let subject = Subject {
            estate: &joined.estate,
            scenario: scenario.map(|scenario| &scenario.value),
            estate_places,
            scenario_places: scenario.map_or(estate_places, |scenario| {
                place::Places::new(&scenario.parts)
            }),
            estate_files: &estate.files,
            scenario_files: scenario.map(|scenario| &scenario.files),
            repositories: &joined.repositories,
            whole,
        };
        self.diagnostics.extend(checks::check(&subject, self.judge));
        joined
    }

    fn estate(
        &mut self,
        root: &Source,
        name: &str,
        place: Option<&place::Place<'_>>,
    ) -> Option<Loaded<Estate>> {
        let folder = format!("{ESTATES}/{name}");
        let layer = root
            .layer_with(&format!("{folder}/{ESTATE_FILE}"))
            .filter(|_| is_name(name) && !name.contains('/'));
        if let Some(layer) = layer {
            return self.read(layer, &folder, "estate", &|_| None);
        }
        match place {
            Some(place) => {
                let known = root.folders(ESTATES);
                let hint =
                    super::checks::nearest::did_you_mean(name, known.iter().map(String::as_str));
                self.diagnostics.push(
                    place
                        .error(ids::NOT_FOUND, format!("there is no estate `{name}`"))
                        .maybe_hint(hint.or_else(|| {
                            Some(format!(
                                "an estate is a folder {folder} with {ESTATE_FILE} in it"
                            ))
                        })),
                );
            }
            None => self.not_found("estate", name, root.folders(ESTATES).into_iter()),
        }
        None
    }

    fn not_found(&mut self, noun: &str, name: &str, known: impl Iterator<Item = String>) {
        let known: Vec<String> = known.collect();
        let file = Arc::new(SourceText {
            name: name.to_owned(),
            text: String::new(),
        });
        let nearest = super::checks::nearest::did_you_mean(name, known.iter().map(String::as_str));
        self.diagnostics.push(
            Diagnostic::error(
                ids::NOT_FOUND,
                &file,
                0..0,
                format!("there is no {noun} `{name}`"),
            )
            .hint(
                nearest.unwrap_or_else(|| {
                    format!("known are {}", super::checks::nearest::list(&known))
                }),
            ),
        );
    }

    fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        layer: &Source,
        folder: &str,
        noun: &str,
        fallback: &dyn Fn(&str) -> Option<&'static str>,
    ) -> Option<Loaded<T>> {
        let files = files::read(layer, folder, &mut self.diagnostics);
        let (value, parts, found) = joined::read(&files.ron, noun, fallback);
        self.diagnostics.extend(found);
        Some(Loaded {
            value: value?,
            parts,
            files,
        })
    }
}

/// An estate with what a scenario changes in it.
struct Joined {
    estate: Estate,
    repositories: BTreeMap<String, RepositoryTexts>,
}

fn pack(name: &str, estate: Loaded<Estate>, scenario: Loaded<Scenario>, joined: Joined) -> Pack {
    let files = packed_files(name, &estate, &scenario);
    let texts = |estate: BTreeMap<String, Arc<SourceText>>,
                 scenario: BTreeMap<String, Arc<SourceText>>| {
        estate
            .into_iter()
            .chain(scenario)
            .collect::<BTreeMap<_, _>>()
    };
    let briefing = scenario.files.markdown.get(&scenario.value.briefing);
    Pack {
        name: name.to_owned(),
        briefing: briefing.map(|file| file.text.clone()).unwrap_or_default(),
        wiki: texts(estate.files.wiki, scenario.files.wiki)
            .into_iter()
            .map(|(name, file)| (name, Arc::from(file.text.as_str())))
            .collect(),
        chatter: texts(estate.files.chatter, scenario.files.chatter)
            .into_iter()
            .map(|(name, file)| (name, lines(&file.text)))
            .collect(),
        estate: joined.estate,
        repositories: joined.repositories,
        scenario: scenario.value,
        content_hash: hash(&files),
        files: Arc::new(files),
        warnings: Vec::new(),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The estate with what the scenario changes in it.
fn changed(mut estate: Estate, scenario: Option<&Scenario>) -> Estate {
    let Some(scenario) = scenario else {
        return estate;
    };
    for (name, service) in &scenario.services {
        estate.services.insert(name.clone(), service.clone());
    }
    for (name, releases) in &scenario.releases {
        if let Some(service) = estate.services.get_mut(name) {
            service.releases.extend(releases.iter().cloned());
        }
    }
    estate
}

fn repositories(estate: &Files, scenario: Option<&Files>) -> BTreeMap<String, RepositoryTexts> {
    let mut all: BTreeMap<String, RepositoryTexts> = BTreeMap::new();
    for (name, files) in std::iter::once(estate)
        .chain(scenario)
        .flat_map(|files| &files.repositories)
    {
        let texts = all.entry(name.clone()).or_default();
        add_files(texts, files);
    }
    for texts in all.values_mut() {
        // Stable: commits of one instant keep the order of their files.
        texts.commits.sort_by_key(|commit| commit.at);
        if texts
            .commits
            .first()
            .is_some_and(|first| first.change == CommitChange::Nothing)
        {
            texts.root = Some(texts.commits.remove(0));
        }
    }
    all
}

fn add_files(texts: &mut RepositoryTexts, files: &RepositoryFiles) {
    let base = files.base.iter();
    texts
        .base
        .extend(base.map(|(path, file)| (path.clone(), Arc::from(file.text.as_str()))));
    texts
        .commits
        .extend(files.commits.iter().map(|file| file.commit.clone()));
}

fn packed_files(
    name: &str,
    estate: &Loaded<Estate>,
    scenario: &Loaded<Scenario>,
) -> BTreeMap<String, Vec<u8>> {
    let within = |folder: String, files: &Files| -> Vec<(String, Vec<u8>)> {
        files
            .bytes
            .iter()
            .map(|(path, bytes)| (format!("{folder}/{path}"), bytes.clone()))
            .collect()
    };
    let mut all: BTreeMap<_, _> = within(name.to_owned(), &scenario.files)
        .into_iter()
        .collect();
    all.extend(within(
        format!("{ESTATES}/{}", scenario.value.estate),
        &estate.files,
    ));
    all
}

/// Names and contents with their lengths, so that no two sets of files can be written the same way.
fn hash(files: &BTreeMap<String, Vec<u8>>) -> ContentHash {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), bytes] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    ContentHash(hasher.finalize().into())
}

/// Values for required fields of a scenario, so that the rest can be read and checked when one is missing.
fn required(field: &str) -> Option<&'static str> {
    Some(match field {
        "title" | "summary" | "estate" | "briefing" | "severity" | "page" => "\"\"",
        "difficulty" => "Easy",
        "minutes" => "1",
        "starts" => "\"2000-01-01T00:00:00Z\"",
        "deadline" => "\"1h\"",
        "faults" => "{}",
        "mitigated" | "resolved" => "Always",
        "answer" => {
            "(roots: [], path: [], why_now: \"\", why_now_words: [], components: [], mechanism_words: [])"
        }
        "par" => {
            "(acknowledge: \"0s\", first_update: \"0s\", mitigate: \"0s\", root_cause: \"0s\", customer_minutes: 0.0)"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static FIXTURES: include_dir::Dir<'static> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/tests/fixtures/scenarios");

    fn fixtures() -> Source {
        Source::folder(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/scenarios"
        ))
    }

    fn drawn(problems: &[Diagnostic]) -> String {
        problems
            .iter()
            .map(|problem| diag::render::render(problem, diag::render::Colour::Never))
            .collect()
    }

    #[test]
    fn the_small_scenario_is_loaded() {
        let inspection = inspect(&fixtures(), "small", &Unjudged);
        assert_eq!(drawn(&inspection.diagnostics), "");
        let pack = inspection.pack.unwrap();
        assert_eq!(pack.estate.services.len(), 6);
        let tags: Vec<_> = pack.estate.services["worker"]
            .releases
            .iter()
            .map(|release| release.tag.as_str())
            .collect();
        assert_eq!(tags, ["1.3.0", "1.4.0"]);
        let alpha = &pack.repositories["alpha"];
        assert_eq!(alpha.root.as_ref().unwrap().id, "a100001");
        let ids: Vec<_> = alpha
            .commits
            .iter()
            .map(|commit| commit.id.as_str())
            .collect();
        assert_eq!(ids, ["a100002", "b7c0de1"]);
        assert!(alpha.base.contains_key(".env"));
        assert_eq!(pack.wiki.len(), 2);
        assert!(pack.briefing.starts_with("# Jobs wait"));
    }

    #[test]
    fn folder_program_and_memory_give_the_same_pack() {
        let pack = load(&fixtures(), "small").unwrap();
        let embedded = load(&Source::Embedded(&FIXTURES), "small").unwrap();
        let stored = load(&Source::Memory(Arc::clone(&pack.files)), "small").unwrap();
        let empty = Source::memory(BTreeMap::new());
        let stacked = load(&Source::Stack(vec![empty, fixtures()]), "small").unwrap();
        for other in [embedded, stored, stacked] {
            assert_eq!(other.content_hash, pack.content_hash);
            assert_eq!(other.files, pack.files);
            assert_eq!(other.repositories, pack.repositories);
        }
    }

    #[test]
    fn names_and_bytes_are_hashed_apart() {
        let of = |files: &[(&str, &str)]| {
            hash(
                &files
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                    .collect(),
            )
        };
        assert_ne!(of(&[("ab", "c")]), of(&[("a", "bc")]));
        assert_ne!(of(&[("a", ""), ("b", "")]), of(&[("a", "b")]));
    }

    #[test]
    fn scenarios_are_listed() {
        let listed = list(&fixtures());
        let small = listed
            .iter()
            .find(|listing| listing.name == "small")
            .unwrap();
        assert_eq!(small.title, "Jobs are refused");
        assert_eq!(
            (small.difficulty, small.minutes),
            (Some(Difficulty::Easy), Some(15))
        );
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_root() {
        for name in ["../small", "/etc", "", "a//b", ".hidden", "small/../small"] {
            let problems = load(&fixtures(), name).unwrap_err();
            assert_eq!(problems[0].id, ids::NOT_FOUND, "{name}");
        }
        let problems = load(&fixtures(), "smal").unwrap_err();
        assert_eq!(problems[0].hint.as_deref(), Some("did you mean `small`?"));
    }
}
