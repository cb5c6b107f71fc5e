//! A drill that is being played: every entry is written, then applied, then closed with the world's hash.
//! Never knows what a tool is beyond its cost, its answer and what that showed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::clock::{Clock, Speed, WallTime};
use super::entry::{Call, ClockChange, Entry, Look};
use super::journal::{
    AppendError, Digest, Door, Header, Journal, Label, OpenError, Outcome, Saving, Verdict,
};
use super::quota::Quotas;
use super::toolbox::{Answer, Toolbox, Used};
use super::workers::Threads;
use crate::sim::command::{Command, Rejection};
use crate::sim::plan::Plan;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::trainee::DrillState;
use crate::sim::{World, WorldOutcome};

/// What panes show is looked through for clues this often, and whenever it changes.
const LOOKED_THROUGH_EVERY: Span = Span::from_secs(15);
/// A skip never goes further than this.
const LONGEST_SKIP: Span = Span::from_mins(10);

/// Why an entry could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The world refused it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The journal refused it; it was not applied.
    #[error("the journal cannot take this: {0}")]
    Journal(#[from] AppendError),
    /// A journal could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The drill is over.
    #[error("the drill is over")]
    Over,
    /// A replay came to another world than the journal says.
    #[error(
        "record {number}: the world differs from what the journal says (expected {expected}, got {got}); the engine or the scenario has changed since it was recorded"
    )]
    Diverged {
        /// The record.
        number: u64,
        /// The recorded state.
        expected: String,
        /// The state that the replay came to.
        got: String,
    },
}

/// One drill that is being played.
pub struct Session {
    world: World,
    clock: Clock,
    journal: Journal<Entry>,
    toolbox: Arc<dyn Toolbox>,
    looks: BTreeMap<String, Look>,
    quotas: Quotas,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session")
            .field("now", &self.world.now())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Starts a drill at its page with a journal that has no record yet.
    pub fn start(plan: Arc<Plan>, journal: Journal<Entry>, toolbox: Arc<dyn Toolbox>) -> Self {
        let header = journal.header();
        let world = World::open_with(plan, header.seed, &Threads);
        let clock = Clock::new(world.now(), header.settings.pace, header.settings.speed);
        Self {
            world,
            clock,
            journal,
            toolbox,
            looks: BTreeMap::new(),
            quotas: Quotas::default(),
        }
    }

    /// Opens a drill whose journal has records: they are applied again, and each must come to the recorded state.
    ///
    /// # Errors
    /// [`SessionError::Diverged`] names the first record that did not.
    pub fn resume(
        plan: Arc<Plan>,
        journal: Journal<Entry>,
        toolbox: Arc<dyn Toolbox>,
    ) -> Result<Self, SessionError> {
        let mut session = Self::start(plan, journal, toolbox);
        let records = session.journal.records().to_vec();
        for record in records {
            session.repeat(record.intent.at, &record.intent.entry);
            session.agrees(record.intent.number, record.state)?;
        }
        if let Some(open) = session.journal.open_record() {
            let (number, at, entry) = (open.number, open.at, open.entry.clone());
            let verdict = session.repeat(at, &entry);
            let state = session.state();
            session
                .journal
                .complete(super::journal::Sequence(number), verdict, state)?;
        }
        Ok(session)
    }

    fn agrees(&self, number: u64, expected: Digest) -> Result<(), SessionError> {
        let got = self.state();
        if got == expected {
            return Ok(());
        }
        Err(SessionError::Diverged {
            number,
            expected: expected.to_string(),
            got: got.to_string(),
        })
    }

    /// Brings the world to an instant and applies an entry, without writing it. For replays and what-ifs.
    pub fn repeat(&mut self, at: SimTime, entry: &Entry) -> Verdict {
        self.clock.skip_to(at);
        self.move_world();
        match self.apply(entry) {
            Ok(_) => Verdict::Ok,
            Err(rejection) => Verdict::Rejected(Label::cleaned(rejection.id)),
        }
    }

    /// Lets simulated time pass up to an instant, without an entry: the end of a replay.
    pub fn run_to(&mut self, at: SimTime) {
        self.clock.skip_to(at);
        self.move_world();
    }

    /// The world as it is.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal<Entry> {
        &self.journal
    }

    /// The tools it was opened with.
    pub fn toolbox(&self) -> Arc<dyn Toolbox> {
        Arc::clone(&self.toolbox)
    }

    /// The drill's header.
    pub fn header(&self) -> &Header {
        self.journal.header()
    }

    /// Whether the drill is over.
    pub const fn is_over(&self) -> bool {
        matches!(self.world.drill(), DrillState::Ended(_))
    }

    /// The digest of the world's state.
    pub fn state(&self) -> Digest {
        Digest::of(self.world.hash().as_bytes())
    }

    /// Lets wall time pass.
    pub fn advance(&mut self, wall: Duration) {
        if !self.is_over() && self.clock.advance(wall) > Span::ZERO {
            self.move_world();
        }
    }

    /// Moves the world up to the clock, looking through what panes show on the way.
    fn move_world(&mut self) {
        let target = self.clock.now().floor_to(Span::from_secs(1));
        while self.world.now() < target && !self.is_over() {
            if self.looks.is_empty() {
                self.world.advance_to(target);
                break;
            }
            let next = self.world.now().floor_to(LOOKED_THROUGH_EVERY) + LOOKED_THROUGH_EVERY;
            self.world.advance_to(next.min(target));
            if self.world.now() == next {
                self.look_through();
            }
        }
    }

    fn look_through(&mut self) {
        let queries: Vec<_> = self
            .looks
            .values()
            .filter(|look| !look.frozen)
            .filter_map(|look| look.query.clone())
            .collect();
        for query in queries {
            let answer = self.toolbox.answer(&self.world, &query);
            self.world.observe(&answer.shown);
        }
    }

    /// Asks the world for a change.
    ///
    /// # Errors
    /// The world's rejection (which is journaled), or the journal's refusal (then nothing was done).
    pub fn command(&mut self, door: Door, command: Command) -> Result<WorldOutcome, SessionError> {
        match self.enter(door, &Entry::Command(command))? {
            Applied::Outcome(outcome) => Ok(outcome),
            Applied::Answer(_) | Applied::Nothing => Ok(WorldOutcome::Done),
        }
    }

    /// Uses a tool that looks. It costs its time, then answers.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn call(&mut self, door: Door, call: Call) -> Result<Answer, SessionError> {
        if self.is_over() {
            return Ok(self.toolbox.answer(&self.world, &call));
        }
        match self.enter(door, &Entry::Call(call))? {
            Applied::Answer(answer) => Ok(*answer),
            Applied::Outcome(_) | Applied::Nothing => Ok(Answer::default()),
        }
    }

    /// Lets the simulated time pass that doing something takes; what is done then is journaled at the instant after it.
    pub fn spend(&mut self, span: Span) {
        if !self.is_over() {
            self.clock.charge(span);
            self.move_world();
        }
    }

    /// Notes what a pane shows from now on. Nothing is written when that is what it showed before.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn look(&mut self, door: Door, look: Look) -> Result<(), SessionError> {
        if self.is_over() || self.looks.get(&look.pane) == Some(&look) {
            return Ok(());
        }
        self.enter(door, &Entry::Look(look)).map(|_| ())
    }

    /// Whether a pane of this name shows something.
    pub fn is_looking(&self, pane: &str) -> bool {
        self.looks.contains_key(pane)
    }

    /// Chooses a speed.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn set_speed(&mut self, door: Door, speed: Speed) -> Result<(), SessionError> {
        if self.clock.speed() == speed || self.is_over() {
            return Ok(());
        }
        self.enter(door, &Entry::Clock(ClockChange::Speed(speed)))
            .map(|_| ())
    }

    /// Stops or starts the clock.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn set_paused(&mut self, door: Door, paused: bool) -> Result<(), SessionError> {
        if self.clock.is_paused() == paused || self.is_over() {
            return Ok(());
        }
        self.enter(door, &Entry::Clock(ClockChange::Paused(paused)))
            .map(|_| ())
    }

    /// Skips to the next thing that the trainee can see, at most ten minutes. Answers how far it went and whether
    /// something was there.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn skip(&mut self, door: Door) -> Result<(Span, bool), SessionError> {
        if self.is_over() {
            return Err(SessionError::Over);
        }
        let from = self.world.now();
        let (target, found) = self.next_visible(from + LONGEST_SKIP);
        self.enter(door, &Entry::Clock(ClockChange::SkippedTo(target.millis())))?;
        Ok((target - from, found))
    }

    /// Waits a while: for programs, whose clock moves only by what they do.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn wait(&mut self, door: Door, span: Span) -> Result<(), SessionError> {
        let target = self.world.now() + span.max(Span::ZERO);
        self.enter(door, &Entry::Clock(ClockChange::SkippedTo(target.millis())))
            .map(|_| ())
    }

    fn next_visible(&self, latest: SimTime) -> (SimTime, bool) {
        let mut ahead = self.world.clone();
        let known = ahead.events().len();
        while ahead.now() < latest && !matches!(ahead.drill(), DrillState::Ended(_)) {
            let next = ahead.now() + Span::from_secs(1);
            ahead.advance_to(next);
            if ahead
                .events()
                .iter()
                .skip(known)
                .any(|event| event.kind.is_visible())
            {
                return (ahead.now(), true);
            }
        }
        (ahead.now(), false)
    }

    /// Writes an entry, applies it, closes its record.
    fn enter(&mut self, door: Door, entry: &Entry) -> Result<Applied, SessionError> {
        self.move_world();
        let at = self.world.now();
        let sequence = self
            .journal
            .begin(at, WallTime::now(), door, entry.clone())?;
        let applied = self.apply(entry);
        let verdict = match &applied {
            Ok(_) => Verdict::Ok,
            Err(rejection) => Verdict::Rejected(Label::cleaned(rejection.id)),
        };
        let state = self.state();
        self.journal.complete(sequence, verdict, state)?;
        Ok(applied?)
    }

    fn apply(&mut self, entry: &Entry) -> Result<Applied, Rejection> {
        match entry {
            Entry::Command(command) => {
                if let Some(refused) = self.refusal(Used::Command(command)) {
                    return Err(Rejection::new("rate-limited", refused.error));
                }
                self.world.apply(command).map(Applied::Outcome)
            }
            Entry::Call(call) => {
                let cost = self.toolbox.cost(&self.world, call);
                self.clock.charge(cost);
                self.move_world();
                let answer = match self.refusal(Used::Call(call)) {
                    Some(refused) => refused,
                    None => self.toolbox.answer(&self.world, call),
                };
                self.world.observe(&answer.shown);
                Ok(Applied::Answer(Box::new(answer)))
            }
            Entry::Look(look) => {
                self.apply_look(look);
                Ok(Applied::Nothing)
            }
            Entry::Clock(change) => {
                self.apply_clock(*change);
                Ok(Applied::Nothing)
            }
        }
    }

    /// What the system says to a use that is more than the scenario lets it take in a minute.
    fn refusal(&mut self, used: Used<'_>) -> Option<Answer> {
        let limits = &self.world.plan().pack.scenario.instruments.rate_limits;
        if limits.is_empty() {
            return None;
        }
        let system = self.toolbox.system(used)?;
        let limit = *limits.get(&system)?;
        let refused = self.quotas.take(&system, limit, self.world.now())?;
        Some(self.toolbox.refusal(used, refused))
    }

    fn apply_look(&mut self, look: &Look) {
        if let Some(query) = &look.query {
            let answer = self.toolbox.answer(&self.world, query);
            self.world.observe(&answer.shown);
            self.looks.insert(look.pane.clone(), look.clone());
        } else if let Some(ended) = self.looks.remove(&look.pane) {
            // It was on the screen up to now.
            if let Some(query) = ended.query.filter(|_| !ended.frozen) {
                let answer = self.toolbox.answer(&self.world, &query);
                self.world.observe(&answer.shown);
            }
        }
    }

    fn apply_clock(&mut self, change: ClockChange) {
        match change {
            ClockChange::Speed(speed) => self.clock.set_speed(speed),
            ClockChange::Paused(paused) => self.clock.set_paused(paused),
            ClockChange::SkippedTo(millis) => {
                self.clock.skip_to(SimTime(millis));
                self.move_world();
            }
        }
    }

    /// Writes the outcome of a drill that is over. Does nothing while it is not, or when it was written.
    ///
    /// # Errors
    /// The journal's refusal.
    pub fn conclude(&mut self, summary: Map<String, Value>) -> Result<(), SessionError> {
        let DrillState::Ended(ending) = self.world.drill() else {
            return Ok(());
        };
        if self.journal.outcome().is_some() {
            return Ok(());
        }
        let ending = serde_json::to_value(ending)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned));
        let outcome = Outcome {
            ending: Label::cleaned(&ending.unwrap_or_default()),
            at: self.world.now(),
            state: self.state(),
            summary,
        };
        Ok(self.journal.conclude(outcome)?)
    }

    /// Whether the journal is saved.
    pub fn saving(&self) -> Saving {
        self.journal.saving()
    }

    /// Closes the journal and answers whether all of it is saved.
    pub fn close(self) -> Saving {
        self.journal.close()
    }
}

enum Applied {
    Outcome(WorldOutcome),
    Answer(Box<Answer>),
    Nothing,
}
