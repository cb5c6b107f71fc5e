//! Opening drills: the one start-up for every door. Finds scenarios and saves, makes plan, journal and session.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::registry::Registry;
use super::workbench::Workbench;
use crate::debrief::Played;
use crate::diag::{self, Diagnostic};
use crate::scenario::loader::{self, Listing, Source};
use crate::scenario::pack::Pack;
use crate::session::clock::WallTime;
use crate::session::entry::Entry;
use crate::session::journal::{
    self, Contents, Digest, DrillId, DrillInFolder, Header, Intent, Journal, Label,
    Pack as SavedPack, Settings, Verdict,
};
use crate::session::store::saves::saves_folder;
use crate::session::store::{FolderStorage, LockError, Storage};
use crate::session::{Session, SessionError, content};
use crate::sim::plan::Plan;
use crate::sim::time::SimTime;

/// Rises whenever the same entries give another world.
pub const RULES_VERSION: u32 = 4;

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
    /// A journal that is named by its path cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// Why, and what can be done.
        reason: String,
    },
    /// The drill was recorded with another engine or scenario.
    #[error(
        "the drill cannot be continued: {reason}. It can be watched up to the first difference: firedrill replay --show {journal}"
    )]
    Differs {
        /// What is different.
        reason: String,
        /// The journal's path.
        journal: String,
    },
    /// The drill is over.
    #[error("the drill is over; firedrill replay {journal} says how it ended")]
    Over {
        /// The journal's path.
        journal: String,
    },
    /// The journal is damaged.
    #[error(
        "the journal is damaged: {fault}. {} What stands before it can be watched: firedrill replay --show {journal}", .fault.advice()
    )]
    Damaged {
        /// What is wrong, and where.
        fault: journal::Fault,
        /// The journal's path.
        journal: String,
    },
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
        let Some(first) = self.sources.iter().position(|source| has(&source)) else {
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
        // The source that has the scenario, then those after it: a scenario of one's own may use an estate that ships.
        let source = Source::Stack(self.sources.iter().skip(first).cloned().collect());
        // The last source ships with the program and is checked by its tests; all others come from somebody.
        let loaded = if first + 1 == self.sources.len() {
            loader::load(&source, name)
        } else {
            content::load(&source, name)
        };
        loaded.map_err(|problems| OpeningError::Problems {
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
        let drill = self.drill(id)?;
        let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(self.saves.clone()));
        let path = self.journal_path(&drill);
        let journal: Journal<Entry> = Journal::resume(Arc::clone(&storage), &drill)
            .map_err(|error| explained(error, &path))?;
        let pack = self.pack_of(&journal, storage.as_ref())?;
        agrees(journal.header(), &pack, &path)?;
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let registry = Registry::standard();
        let session =
            Session::resume(plan, journal, Arc::<Registry>::clone(&registry)).map_err(|error| {
                match error {
                    SessionError::Diverged { .. } => OpeningError::Differs {
                        reason: error.to_string(),
                        journal: path,
                    },
                    error => error.into(),
                }
            })?;
        Ok(Workbench::new(session, registry))
    }

    /// Says what stands in the way of continuing a drill, without opening it: for the command line, which can say it better
    /// than a screen. What only a replay shows is left to [`Places::resume`].
    ///
    /// # Errors
    /// See [`OpeningError`].
    pub fn check_resume(&self, id: Option<&str>) -> Result<DrillId, OpeningError> {
        let drill = self.drill(id)?;
        let storage = FolderStorage::new(self.saves.clone());
        let path = self.journal_path(&drill);
        // Dropped at once: it is taken again when the drill is opened.
        if let Err(LockError::Held { holder }) = storage.lock(&drill.lock_name()) {
            return Err(journal::OpenError::InUse { holder }.into());
        }
        let damaged = |fault| OpeningError::Damaged {
            fault,
            journal: path.clone(),
        };
        let file = open_journal(Path::new(&path))?;
        let contents = journal::read::<Entry>(file, journal::Limits::STANDARD).map_err(damaged)?;
        if let Some(fault) = contents.fault {
            return Err(damaged(fault));
        }
        if contents.outcome.is_some() {
            // It is not played on, but looked at.
            return Ok(drill);
        }
        let name = contents.header.scenario.as_str();
        let pack = self.pack_beside(Path::new(&path), name)?;
        agrees(&contents.header, &pack, &path)?;
        Ok(drill)
    }

    /// The drill of an id; the newest that is not over when none is given.
    fn drill(&self, id: Option<&str>) -> Result<DrillId, OpeningError> {
        let place = self.saves.display().to_string();
        let Some(id) = id else {
            let is_open = |drill: &DrillInFolder| {
                let glance = drill.glance.as_ref();
                glance.is_ok_and(|glance| glance.outcome.is_none())
            };
            return self
                .drills()
                .into_iter()
                .find(is_open)
                .map(|drill| drill.id)
                .ok_or_else(|| OpeningError::NoDrill("(unfinished)".to_owned(), place));
        };
        let drill = DrillId::try_from(id.to_owned());
        drill
            .ok()
            .filter(|drill| Path::new(&self.journal_path(drill)).is_file())
            .ok_or_else(|| OpeningError::NoDrill(id.to_owned(), place))
    }

    fn journal_path(&self, drill: &DrillId) -> String {
        self.saves.join(drill.journal_name()).display().to_string()
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
        content::load(&source, &name).map_err(|problems| OpeningError::Problems { name, problems })
    }
}

/// What keeps a journal from being resumed, with what can be done instead.
fn explained(error: journal::OpenError, path: &str) -> OpeningError {
    let journal = path.to_owned();
    match error {
        journal::OpenError::Fault(fault) => OpeningError::Damaged { fault, journal },
        journal::OpenError::Over => OpeningError::Over { journal },
        other => other.into(),
    }
}

/// Refuses a journal that was written by other rules or for other files than these.
fn agrees(header: &Header, pack: &Pack, path: &str) -> Result<(), OpeningError> {
    let differences = header.differences(RULES_VERSION, digest_of(pack));
    differences.first().map_or(Ok(()), |first| {
        Err(OpeningError::Differs {
            reason: first.to_string(),
            journal: path.to_owned(),
        })
    })
}

/// Opens a journal that is named by its path.
fn open_journal(path: &Path) -> Result<impl std::io::Read, OpeningError> {
    crate::session::store::open_file(path).map_err(|error| OpeningError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
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
    /// Records that the journal holds.
    pub records: usize,
    /// Records that were applied: up to the first difference, that record included.
    pub applied: usize,
    /// The records that were applied, a line each.
    pub lines: Vec<String>,
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
        let file = open_journal(path)?;
        let contents =
            journal::read::<Entry>(file, journal::Limits::STANDARD).map_err(|fault| {
                OpeningError::Unreadable {
                    path: path.display().to_string(),
                    reason: format!("{fault}. {}", fault.advice()),
                }
            })?;
        let name = contents.header.scenario.as_str().to_owned();
        let pack = self.pack_beside(path, &name)?;
        let mut remarks: Vec<String> = contents.tail.message().into_iter().collect();
        remarks.extend(contents.fault.as_ref().map(|fault| {
            format!(
                "{fault}; only what stands before it is replayed. {}",
                fault.advice()
            )
        }));
        let differs = contents.header.differences(RULES_VERSION, digest_of(&pack));
        remarks.extend(differs.iter().map(ToString::to_string));
        let plan = Arc::new(Plan::new(Arc::new(pack)));
        let empty = Journal::in_memory(contents.header.clone())?;
        let mut session = Session::start(plan, empty, Registry::standard());
        let (lines, difference) = run_again(&mut session, &contents);
        let replayed = Replayed {
            scenario: name,
            seed: contents.header.seed,
            records: contents.records.len() + usize::from(contents.open.is_some()),
            applied: lines.len(),
            lines,
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
        content::load(&Source::memory(copy.files().clone()), name).map_err(|problems| {
            OpeningError::Problems {
                name: name.to_owned(),
                problems,
            }
        })
    }
}

/// A record for people: its number, its time after the page, where it came from, what it was, and what became of it.
fn told(intent: &Intent<Entry>, verdict: &Verdict, page: SimTime) -> String {
    let what = match &intent.entry {
        Entry::Command(command) => shortened(&serde_json::to_string(command).unwrap_or_default()),
        Entry::Call(call) => shortened(&format!("{} {}", call.tool, call.args)),
        Entry::Look(look) => match &look.query {
            Some(query) => shortened(&format!(
                "look {}: {} {}",
                look.pane, query.tool, query.args
            )),
            None => format!("look {}: nothing", diag::visible(&look.pane)),
        },
        Entry::Clock(change) => shortened(&format!(
            "clock {}",
            serde_json::to_string(change).unwrap_or_default()
        )),
    };
    let seconds = (intent.at - page).secs();
    let sign = if seconds < 0 { '-' } else { '+' };
    let after = seconds.unsigned_abs();
    let became = match verdict {
        Verdict::Ok => String::new(),
        Verdict::Rejected(reason) => format!("  (refused: {reason})"),
    };
    format!(
        "{:>5}  T{sign}{:02}:{:02}:{:02}  {what}{became}",
        intent.number,
        after / 3600,
        after / 60 % 60,
        after % 60,
    )
}

/// On one line, without anything that controls a terminal, cut where it is long.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 160;
    let line = diag::visible(text).replace(['\n', '\t'], " ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let cut: String = line.chars().take(LONGEST).collect();
    cut + "…"
}

/// Applies what a journal holds; answers with a line for each record, and the first difference from what was recorded.
fn run_again(session: &mut Session, contents: &Contents<Entry>) -> (Vec<String>, Option<String>) {
    let page = session.world().plan().page;
    let mut lines = Vec::new();
    for record in &contents.records {
        let verdict = session.repeat(record.intent.at, &record.intent.entry);
        lines.push(told(&record.intent, &verdict, page));
        if session.state() != record.state {
            let number = record.intent.number;
            let difference = format!("record {number}: the state differs from what was recorded");
            return (lines, Some(difference));
        }
    }
    if let Some(open) = &contents.open {
        let verdict = session.repeat(open.at, &open.entry);
        lines.push(told(open, &verdict, page));
    }
    let differs = contents.outcome.as_ref().is_some_and(|outcome| {
        session.run_to(outcome.at);
        session.state() != outcome.state
    });
    let difference =
        differs.then(|| "the outcome: the state differs from what was recorded".to_owned());
    (lines, difference)
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
