//! Opening drills: the one start-up for every door. Finds scenarios and saves, makes plan, journal and session.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::registry::Registry;
use super::workbench::Workbench;
use crate::debrief::Played;
use crate::diag::Diagnostic;
use crate::scenario::loader::{self, Listing, Source};
use crate::scenario::pack::Pack;
use crate::session::clock::WallTime;
use crate::session::entry::Entry;
use crate::session::journal::{
    self, Contents, Digest, DrillId, DrillInFolder, Header, Journal, Label, Pack as SavedPack,
    Settings,
};
use crate::session::store::saves::saves_folder;
use crate::session::store::{FolderStorage, Storage};
use crate::session::{Session, SessionError};
use crate::sim::plan::Plan;

/// Rises whenever the same entries give another world.
pub const RULES_VERSION: u32 = 1;

/// Where scenarios and saves are.
#[derive(Clone, Debug)]
pub struct Places {
    /// Scenarios, the first source that has a name counts.
    pub sources: Vec<Source>,
    /// Where drills are kept.
    pub saves: PathBuf,
}

/// Why a drill could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// No source has a scenario of that name.
    #[error("there is no scenario \"{name}\"{}", nearest(.known))]
    NoScenario {
        /// The name.
        name: String,
        /// Names that exist, nearest first.
        known: Vec<String>,
    },
    /// The scenario has problems.
    #[error("the scenario \"{name}\" has {} problems; see firedrill check", .problems.len())]
    Problems {
        /// The name.
        name: String,
        /// All of them.
        problems: Vec<Diagnostic>,
    },
    /// The folder of saves cannot be found.
    #[error("no folder for saves: {0}")]
    Saves(String),
    /// The file's name is none of a journal.
    #[error(
        "{0} cannot be a journal: its name must be lower-case letters, digits and `-`, then `.journal`"
    )]
    JournalName(String),
    /// No drill of that id.
    #[error("there is no drill \"{0}\" in {1}")]
    NoDrill(String, String),
    /// The drill was recorded with another engine or scenario.
    #[error("the drill cannot be continued: {0}")]
    Differs(String),
    /// A moment that is none, or lies outside what there is.
    #[error("{0}")]
    Moment(String),
    /// The journal or the session.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] journal::OpenError),
}

fn nearest(known: &[String]) -> String {
    if known.is_empty() {
        String::new()
    } else {
        format!("; there is {}", known.join(", "))
    }
}

impl Places {
    /// Scenarios of one folder, and saves in another.
    pub fn of_folder(scenarios: &std::path::Path, saves: &std::path::Path) -> Self {
        Self {
            sources: vec![Source::folder(scenarios)],
            saves: saves.to_owned(),
        }
    }

    /// The built-in scenarios, those of a folder, and the folder of saves; `here` is the folder the program runs in.
    ///
    /// # Errors
    /// When no folder for saves can be found.
    pub fn find(
        scenarios: Option<&Path>,
        saves: Option<&Path>,
        here: &Path,
    ) -> Result<Self, OpeningError> {
        let mut sources = Vec::new();
        sources.extend(scenarios.map(Source::folder));
        sources.extend(super::user_scenarios().map(Source::folder));
        sources.push(Source::built_in());
        let saves =
            saves_folder(saves, here).map_err(|error| OpeningError::Saves(error.to_string()))?;
        Ok(Self {
            sources,
            saves: saves.path,
        })
    }

    /// All scenarios, by name.
    pub fn scenarios(&self) -> Vec<Listing> {
        let mut all: Vec<Listing> = Vec::new();
        for source in &self.sources {
            for listing in loader::list(source) {
                if !all.iter().any(|known| known.name == listing.name) {
                    all.push(listing);
                }
            }
        }
        all.sort_by(|a, b| (a.difficulty, &a.name).cmp(&(b.difficulty, &b.name)));
        all
    }

    /// Drills in the folder of saves, newest first.
    pub fn drills(&self) -> Vec<DrillInFolder> {
        journal::drills(&FolderStorage::new(self.saves.clone())).unwrap_or_default()
    }

    /// A scenario's pack.
    ///
    /// # Errors
    /// When there is none of that name, or it has problems.
    pub fn pack(&self, name: &str) -> Result<Pack, OpeningError> {
        let has = |source: &&Source| {
            loader::list(source)
                .iter()
                .any(|listing| listing.name == name)
        };
        let Some(source) = self.sources.iter().find(has) else {
            let known = self
                .scenarios()
                .into_iter()
                .map(|listing| listing.name)
                .collect();
            return Err(OpeningError::NoScenario {
                name: name.to_owned(),
                known,
            });
        };
        loader::load(source, name).map_err(|problems| OpeningError::Problems {
            name: name.to_owned(),
            problems,
        })
    }

    /// Starts a new drill. Without `keep` nothing is written to the disk.
    ///
    /// # Errors
    /// See [`OpeningError`].
    pub fn start(
        &self,
        name: &str,
        seed: u64,
        settings: Settings,
        keep: bool,
    ) -> Result<Workbench, OpeningError> {
        let pack = self.pack(name)?;
        let header = header(&pack, seed, settings);
        let journal = if keep {
            let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(self.saves.clone()));
            save_pack(&pack, storage.as_ref(), &header.drill);
            Journal::create(storage, header)?
        } else {
            Journal::in_memory(header)?
        };
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let registry = Registry::standard();
        let session = Session::start(plan, journal, Arc::<Registry>::clone(&registry));
        Ok(Workbench::new(session, registry))
    }

    /// Starts a new drill whose journal is a file of this name, or continues the drill that is in it.
    ///
    /// # Errors
    /// See [`OpeningError`].
    pub fn start_in(
        &self,
        file: &Path,
        name: &str,
        seed: u64,
        settings: Settings,
    ) -> Result<Workbench, OpeningError> {
        let drill = file
            .file_name()
            .and_then(|name| DrillId::of_journal_name(name.to_str()?))
            .ok_or_else(|| OpeningError::JournalName(file.display().to_string()))?;
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let saves = folder.unwrap_or(Path::new(".")).to_path_buf();
        let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(saves.clone()));
        if storage.open(&drill.journal_name()).is_ok() {
            let there = Self {
                sources: self.sources.clone(),
                saves,
            };
            return there.resume(Some(drill.as_str()));
        }
        let pack = self.pack(name)?;
        let header = Header {
            drill,
            ..header(&pack, seed, settings)
        };
        save_pack(&pack, storage.as_ref(), &header.drill);
        let journal = Journal::create(storage, header)?;
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let registry = Registry::standard();
        let session = Session::start(plan, journal, Arc::<Registry>::clone(&registry));
        Ok(Workbench::new(session, registry))
    }

    /// Continues a drill; the newest that is not over when no id is given.
    ///
    /// # Errors
    /// See [`OpeningError`].
    pub fn resume(&self, id: Option<&str>) -> Result<Workbench, OpeningError> {
        let place = self.saves.display().to_string();
        let id = match id {
            Some(id) => id.to_owned(),
            None => self
                .drills()
                .iter()
                .find(|drill| {
                    drill
                        .glance
                        .as_ref()
                        .is_ok_and(|glance| glance.outcome.is_none())
                })
                .map(|drill| drill.id.to_string())
                .ok_or_else(|| OpeningError::NoDrill("(unfinished)".to_owned(), place.clone()))?,
        };
        let drill = DrillId::of_journal_name(&format!("{id}.journal"))
            .ok_or_else(|| OpeningError::NoDrill(id.clone(), place.clone()))?;
        let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(self.saves.clone()));
        let journal: Journal<Entry> = Journal::resume(Arc::clone(&storage), &drill)?;
        let pack = self.pack_of(&journal, storage.as_ref())?;
        let differs = journal
            .header()
            .differences(RULES_VERSION, digest_of(&pack));
        if let Some(first) = differs.first() {
            return Err(OpeningError::Differs(first.to_string()));
        }
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let registry = Registry::standard();
        let session = Session::resume(plan, journal, Arc::<Registry>::clone(&registry))?;
        Ok(Workbench::new(session, registry))
    }

    /// The pack that was copied beside a journal, or the scenario of that name.
    fn pack_of(
        &self,
        journal: &Journal<Entry>,
        storage: &dyn Storage,
    ) -> Result<Pack, OpeningError> {
        let name = journal.header().scenario.as_str().to_owned();
        let copy = storage
            .open(&journal.header().drill.pack_name())
            .ok()
            .and_then(|file| SavedPack::decode(file).ok());
        let Some(copy) = copy else {
            return self.pack(&name);
        };
        let source = Source::memory(copy.files().clone());
        loader::load(&source, &name).map_err(|problems| OpeningError::Problems { name, problems })
    }
}

/// The digest of a pack's files, as journals name it.
pub fn digest_of(pack: &Pack) -> Digest {
    Digest::of(&pack.content_hash.0)
}

fn header(pack: &Pack, seed: u64, settings: Settings) -> Header {
    let started = WallTime::now();
    Header {
        rules_version: RULES_VERSION,
        drill: DrillId::new(&pack.name, started, seed),
        scenario: Label::cleaned(&pack.name),
        content: digest_of(pack),
        seed,
        settings,
        started,
    }
}

/// Copies the scenario beside the journal, so that the drill can be opened when the scenario has changed. A disk that does
/// not take it costs only that.
fn save_pack(pack: &Pack, storage: &dyn Storage, drill: &DrillId) {
    let mut copy = SavedPack::default();
    for (path, content) in pack.files.iter() {
        if copy.insert(path, content.clone()).is_err() {
            return;
        }
    }
    if let Ok(bytes) = copy.encode() {
        drop(storage.replace(&drill.pack_name(), &bytes));
    }
}

/// What came of running a journal again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Records that were applied.
    pub records: usize,
    /// Instant of the end, RFC 3339.
    pub at: String,
    /// How the drill ended, or the state it is in.
    pub outcome: String,
    /// The digest of the state at the end.
    pub state: String,
    /// What was odd about the file.
    pub remarks: Vec<String>,
    /// The first difference from what was recorded.
    pub difference: Option<String>,
}

/// A journal that was run again, to be looked at: nothing can be done in it any more.
#[derive(Debug)]
pub struct Watched {
    /// The drill at its end. Its own journal is empty.
    pub session: Session,
    /// What the journal holds.
    pub contents: Contents<Entry>,
    /// What came of running it again.
    pub replayed: Replayed,
}

impl Watched {
    /// The drill as a debrief is made from it.
    pub const fn played(&self) -> Played<'_> {
        Played {
            world: self.session.world(),
            records: self.contents.records.as_slice(),
            mode: self.contents.header.settings.mode,
        }
    }
}

impl Places {
    /// Runs a journal again, from its header to its last record.
    ///
    /// # Errors
    /// When the file cannot be read or its scenario not be found; a difference is no error, it is told.
    pub fn replay(&self, path: &Path) -> Result<Replayed, OpeningError> {
        Ok(self.watch(path)?.replayed)
    }

    /// A drill of the folder of saves, run again to be looked at.
    ///
    /// # Errors
    /// As for [`Places::watch`].
    pub fn watch_drill(&self, id: &DrillId) -> Result<Watched, OpeningError> {
        self.watch(&self.saves.join(id.journal_name()))
    }

    /// Runs a journal again, from its header to its last record, and keeps what it came to.
    ///
    /// # Errors
    /// When the file cannot be read or its scenario not be found; a difference is no error, it is told.
    pub fn watch(&self, path: &Path) -> Result<Watched, OpeningError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            OpeningError::Differs(format!("{}: {error}", path.display()))
        };
        let file = crate::session::store::open_file(path).map_err(|error| unreadable(&error))?;
        let contents = journal::read::<Entry>(file, journal::Limits::STANDARD)
            .map_err(|error| unreadable(&error))?;
        let name = contents.header.scenario.as_str().to_owned();
        let pack = self.pack_beside(path, &name)?;
        let mut remarks: Vec<String> = contents.tail.message().into_iter().collect();
        remarks.extend(contents.fault.as_ref().map(ToString::to_string));
        let differs = contents.header.differences(RULES_VERSION, digest_of(&pack));
        remarks.extend(differs.iter().map(ToString::to_string));
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let empty = Journal::in_memory(contents.header.clone())?;
        let mut session = Session::start(plan, empty, Registry::standard());
        let difference = run_again(&mut session, &contents);
        let replayed = Replayed {
            scenario: name,
            seed: contents.header.seed,
            records: contents.records.len(),
            at: session.world().now().to_string(),
            outcome: state_word(&session),
            state: session.state().to_string(),
            remarks,
            difference,
        };
        Ok(Watched {
            session,
            contents,
            replayed,
        })
    }

    fn pack_beside(&self, journal: &Path, name: &str) -> Result<Pack, OpeningError> {
        let copy = crate::session::store::open_file(&journal.with_extension("pack"))
            .ok()
            .and_then(|file| SavedPack::decode(file).ok());
        let Some(copy) = copy else {
            return self.pack(name);
        };
        loader::load(&Source::memory(copy.files().clone()), name).map_err(|problems| {
            OpeningError::Problems {
                name: name.to_owned(),
                problems,
            }
        })
    }
}

/// Applies what a journal holds; answers with the first difference from what was recorded.
fn run_again(session: &mut Session, contents: &Contents<Entry>) -> Option<String> {
    for record in &contents.records {
        session.repeat(record.intent.at, &record.intent.entry);
        if session.state() != record.state {
            return Some(format!(
                "record {}: the state differs from what was recorded",
                record.intent.number
            ));
        }
    }
    let outcome = contents.outcome.as_ref()?;
    session.run_to(outcome.at);
    (session.state() != outcome.state)
        .then(|| "the outcome: the state differs from what was recorded".to_owned())
}

fn state_word(session: &Session) -> String {
    let value = serde_json::to_value(session.world().drill()).unwrap_or_default();
    let ended = value
        .get("ended")
        .and_then(|ending| ending.as_str().map(str::to_owned));
    ended
        .or_else(|| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
