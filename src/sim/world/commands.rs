//! Commands of the trainee: each either changes the world or is rejected with an id. Never how they were typed.

use std::sync::Arc;

use super::World;
use super::memo::Needs;
use super::trainee::{DrillState, Ending};
use crate::sim::artifact::{Shown, shows};
use crate::sim::chatter::Chatter;
use crate::sim::command::{Command, DrillAct, KafkaCommand, OffsetTarget, PagerAct, Rejection};
use crate::sim::git::command::{RepoCommand, RepoEvent};
use crate::sim::git::commit::Signature;
use crate::sim::ids::{ClueId, HerringId};
use crate::sim::kubernetes::Applied;
use crate::sim::pager::IncidentState;
use crate::sim::plan::Deed;
use crate::sim::slack::second_of;
use crate::sim::time::Span;
use crate::sim::traces::Traces;

/// What a command did, for whoever asked to word it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; nothing more to say.
    Done,
    /// The cluster's answer.
    Kubernetes(Applied),
    /// A group's new committed offsets, with their partitions.
    Offsets(Vec<(u32, u64)>),
    /// Keys that were deleted.
    Flushed(u64),
    /// The id of the message that was posted.
    Posted(String),
    /// What happened in a clone.
    Repository(RepoEvent),
    /// A build was started: its tag and how long it takes.
    Building {
        /// Tag of the image.
        tag: String,
        /// How long the build takes.
        takes: Span,
    },
    /// A hint, and what it cost.
    Hint {
        /// The hint.
        says: String,
        /// Points.
        cost: u32,
    },
}

impl World {
    /// Does what a command asks for, now.
    pub fn apply(&mut self, command: &Command) -> Result<Outcome, Rejection> {
        if let DrillState::Ended(_) = self.drill
            && !matches!(
                command,
                Command::Drill(DrillAct::Report(_) | DrillAct::Note(_))
            )
        {
            return Err(Rejection::new("drill-over", "the drill is over"));
        }
        let outcome = self.apply_one(command)?;
        self.stir();
        // What follows at once (a claim that ends the drill, a replica count that a fault looks at) follows now.
        self.run_cluster();
        let next = self.next_drill_state();
        self.set_drill(next);
        Ok(outcome)
    }

    fn apply_one(&mut self, command: &Command) -> Result<Outcome, Rejection> {
        match command {
            Command::Kubernetes(command) => {
                let applied = self
                    .cluster
                    .apply(command, self.now)
                    .map_err(|error| Rejection::new("kubernetes", error.to_string()))?;
                self.refresh_wanted();
                Ok(Outcome::Kubernetes(applied))
            }
            Command::Kafka(command) => self.apply_kafka(command),
            Command::ValkeyFlush { server } => self.flush(server),
            Command::SlackPost {
                channel,
                text,
                thread,
            } => self.trainee_posts(channel, text, thread.clone()),
            Command::Pager { incident, act } => self.apply_pager(incident, act),
            Command::Repository { repo, command } => self.apply_repository(repo, command),
            Command::Ship { service } => self
                .ship(service)
                .map(|(tag, takes)| Outcome::Building { tag, takes }),
            Command::SetFlag { flag, on } => {
                if !self.facts.flags.contains_key(flag) {
                    return Err(Rejection::new(
                        "no-such-flag",
                        format!("flag \"{flag}\" does not exist"),
                    ));
                }
                let by = self.trainee_handle().to_owned();
                self.set_flag(flag, *on, &by);
                Ok(Outcome::Done)
            }
            Command::Alerts(command) => self.apply_alerts(command),
            Command::Drill(act) => self.apply_drill(act),
        }
    }

    fn apply_kafka(&mut self, command: &KafkaCommand) -> Result<Outcome, Rejection> {
        let plan = Arc::clone(&self.plan);
        let topic_id = |topic: &str| {
            let missing = format!("Topic '{topic}' does not exist as expected");
            plan.names
                .topics
                .get(topic)
                .copied()
                .ok_or_else(|| Rejection::new("no-such-topic", missing))
        };
        match command {
            KafkaCommand::AlterTopic { topic, key, value } => {
                topic_id(topic)?;
                self.set_topic_config(topic, key, value.clone());
                Ok(Outcome::Done)
            }
            KafkaCommand::DeleteTopic { topic } => {
                let id = topic_id(topic)?;
                if let Some(log) = self.topics.get_mut(id.index()) {
                    log.exists = false;
                    log.start = log.end;
                    log.segments.clear();
                }
                self.deed(Deed::TopicDeleted(id), true);
                Ok(Outcome::Done)
            }
            KafkaCommand::ResetOffsets {
                group,
                topic,
                partitions,
                to,
            } => {
                topic_id(topic)?;
                self.reset_offsets(group, partitions, *to)
            }
        }
    }

    fn reset_offsets(
        &mut self,
        name: &str,
        partitions: &[u32],
        to: OffsetTarget,
    ) -> Result<Outcome, Rejection> {
        let plan = Arc::clone(&self.plan);
        let missing = || {
            Rejection::new(
                "no-such-group",
                format!("Consumer group '{name}' does not exist."),
            )
        };
        let id = plan.names.groups.get(name).copied().ok_or_else(missing)?;
        let group_plan = plan.groups.get(id.index()).ok_or_else(missing)?;
        let alive = self.fleet.of(group_plan.service).any(|(_, pod)| pod.alive);
        if alive {
            let text = format!(
                "Assignments can only be reset if the group '{name}' is inactive, but the current state is Stable."
            );
            return Err(Rejection::new("group-active", text));
        }
        let (Some(group), Some(log)) = (
            self.groups.get_mut(id.index()),
            self.topics.get(group_plan.topic.index()),
        ) else {
            return Err(missing());
        };
        let count = group.partitions.len() as u32;
        if let Some(number) = partitions.iter().find(|number| **number >= count) {
            let text = format!(
                "This server does not host this topic-partition. ({name} reads partitions 0 to {} alone, not {number})",
                count.saturating_sub(1)
            );
            return Err(Rejection::new("no-such-partition", text));
        }
        let offsets = group.reset(log, partitions, to, self.now);
        self.deed(Deed::OffsetsReset(id), true);
        Ok(Outcome::Offsets(offsets))
    }

    fn flush(&mut self, server: &str) -> Result<Outcome, Rejection> {
        let plan = Arc::clone(&self.plan);
        let missing = || {
            Rejection::new(
                "no-such-server",
                format!("Could not connect to Valkey at {server}:6379"),
            )
        };
        let id = plan.names.valkey.get(server).copied().ok_or_else(missing)?;
        let spec = plan.pack.estate.valkey.get(server).ok_or_else(missing)?;
        let state = self.valkey.get_mut(id.index()).ok_or_else(missing)?;
        let keys = state.keys(spec, self.now);
        state.flushed = Some(self.now);
        state.flushes += 1;
        state.deleted += keys;
        self.signals.record_valkey(id.index(), self.now, 0.0);
        self.signals.valkey_flushed(id.index(), self.now);
        self.deed(Deed::Flush(id), true);
        Ok(Outcome::Flushed(keys))
    }

    fn trainee_posts(
        &mut self,
        channel: &str,
        text: &str,
        thread: Option<String>,
    ) -> Result<Outcome, Rejection> {
        if !self.plan.pack.estate.channels.contains_key(channel) {
            return Err(Rejection::new(
                "no-such-channel",
                format!("channel_not_found: {channel}"),
            ));
        }
        if thread
            .as_ref()
            .is_some_and(|thread| !self.was_said(channel, thread))
        {
            return Err(Rejection::new("no-such-thread", "thread_not_found"));
        }
        let by = self.trainee_handle().to_owned();
        let post = self.post(&by, channel, text.to_owned(), thread, self.now, None);
        let lower = text.to_lowercase();
        self.note_update(channel, &lower);
        self.deed(
            Deed::Posted {
                channel: channel.to_owned(),
                words: vec![lower],
            },
            true,
        );
        self.answer(&post);
        Ok(Outcome::Posted(post.id.clone()))
    }

    /// Whether a channel has a message of this id: a kept one, or one of the ordinary talk.
    fn was_said(&self, channel: &str, id: &str) -> bool {
        let kept = self.slack.get(id);
        kept.is_some_and(|post| post.channel == channel)
            || second_of(id).is_some_and(|second| {
                let chatter = Chatter::of(&self.plan.pack, self.seed, channel);
                chatter.is_some_and(|chatter| {
                    let said = chatter.between(self.talked(), second, second.min(self.now));
                    said.iter().any(|post| post.id == id)
                })
            })
    }

    fn note_update(&mut self, channel: &str, lower: &str) {
        let pack = Arc::clone(&self.plan.pack);
        let says_it = pack
            .scenario
            .update_words
            .iter()
            .all(|any| any.iter().any(|word| lower.contains(&word.to_lowercase())));
        if channel == pack.estate.incident_channel && says_it && self.trainee.first_update.is_none()
        {
            self.trainee.first_update = Some(self.now);
        }
    }

    fn apply_pager(&mut self, id: &str, act: &PagerAct) -> Result<Outcome, Rejection> {
        let (now, by) = (self.now, self.trainee_handle().to_owned());
        let own = self.plan.pack.scenario.page == id;
        let Some(incident) = self.pager.get_mut(id) else {
            return Err(Rejection::new(
                "no-such-incident",
                format!("incident {id} not found"),
            ));
        };
        match act {
            PagerAct::Note(text) => incident.note(&by, text, now),
            PagerAct::Acknowledge if incident.state == IncidentState::Resolved => {
                return Err(Rejection::new(
                    "already-resolved",
                    format!("incident {id} is already resolved"),
                ));
            }
            PagerAct::Acknowledge => {
                incident.set(IncidentState::Acknowledged, &by, now);
                if own {
                    self.trainee.acknowledged.get_or_insert(now);
                    self.deed(Deed::Acknowledged, true);
                }
            }
            PagerAct::Resolve => {
                incident.set(IncidentState::Resolved, &by, now);
                if own {
                    self.trainee.resolved = Some(now);
                }
            }
        }
        self.paged(id);
        Ok(Outcome::Done)
    }

    pub(super) fn apply_repository(
        &mut self,
        name: &str,
        command: &RepoCommand,
    ) -> Result<Outcome, Rejection> {
        let author = self.trainee_signature();
        let missing = || {
            Rejection::new(
                "no-such-repository",
                format!("repository '{name}' not found"),
            )
        };
        let repository = self.repositories.get_mut(name).ok_or_else(missing)?;
        let worktree = self.worktrees.get_mut(name).ok_or_else(missing)?;
        crate::sim::git::command::apply(repository, worktree, command, &author, self.now)
            .map(Outcome::Repository)
            .map_err(|error| Rejection::new("repository", error.to_string()))
    }

    fn trainee_signature(&self) -> Signature {
        let handle = self.trainee_handle();
        Signature::new(
            handle,
            &format!("{handle}@{}", self.plan.pack.estate.domain),
        )
    }

    fn apply_drill(&mut self, act: &DrillAct) -> Result<Outcome, Rejection> {
        let now = self.now;
        match act {
            DrillAct::Hint { number } => {
                let (_, hint) = self.plan.hint(*number).ok_or_else(|| {
                    Rejection::new("no-such-hint", format!("there is no hint {number}"))
                })?;
                let outcome = Outcome::Hint {
                    says: hint.says.clone(),
                    cost: hint.cost,
                };
                self.trainee.hints.insert(*number);
                return Ok(outcome);
            }
            DrillAct::Pin { artifact, title } => {
                let clues = self.clues_of(artifact);
                self.trainee
                    .evidence
                    .extend(clues.into_iter().map(|clue| (clue, artifact.clone())));
                self.trainee.pins.insert(artifact.clone(), title.clone());
            }
            DrillAct::Unpin { artifact } => {
                self.trainee.pins.remove(artifact);
            }
            DrillAct::Note(text) => self.trainee.notes.push((now, text.clone())),
            DrillAct::Hypothesis(hypothesis) => {
                self.trainee
                    .hypotheses
                    .insert(hypothesis.number, hypothesis.clone());
            }
            DrillAct::Claim(claim) => self.trainee.claims.push((now, claim.clone())),
            DrillAct::Report(text) => self.trainee.report = Some(text.clone()),
            DrillAct::HandOver(note) => {
                self.trainee.notes.push((now, note.clone()));
                self.set_drill(DrillState::Ended(Ending::HandedOver));
            }
            DrillAct::GiveUp => self.set_drill(DrillState::Ended(Ending::GaveUp)),
        }
        Ok(Outcome::Done)
    }

    /// The clues that an artifact shows that can be pinned; of a trace those of its spans.
    pub fn clues_of(&self, artifact: &str) -> Vec<ClueId> {
        match self.artifact(artifact) {
            Some(Shown::Trace(id)) => self.clues_in(&Traces::of(self).shown(&id)),
            Some(shown) => self.clues_in(&[shown]),
            None => Vec::new(),
        }
    }

    /// The clues that something shows.
    pub fn clues_in(&self, shown: &[Shown]) -> Vec<ClueId> {
        let clues = self.plan.pack.scenario.clues.values().enumerate();
        clues
            .filter(|(_, clue)| {
                clue.shown_by
                    .iter()
                    .any(|artifact| shown.iter().any(|shown| shows(shown, artifact)))
            })
            .map(|(index, _)| ClueId(index as u32))
            .collect()
    }

    /// Something was looked at. What it showed may be a clue, a herring, or what refutes one.
    pub fn observe(&mut self, shown: &[Shown]) {
        if self.trainee.acknowledged.is_some() {
            self.trainee.first_look.get_or_insert(self.now);
        }
        let pack = Arc::clone(&self.plan.pack);
        let any = |artifacts: &[crate::scenario::format::artifact::Artifact]| {
            artifacts
                .iter()
                .any(|artifact| shown.iter().any(|shown| shows(shown, artifact)))
        };
        let known = (self.trainee.clues.len(), self.trainee.refuted.len());
        for clue in self.clues_in(shown) {
            self.trainee.clues.entry(clue).or_insert(self.now);
        }
        for (index, herring) in pack.scenario.red_herrings.values().enumerate() {
            let id = HerringId(index as u32);
            if !self.trainee.herrings.contains_key(&id) && any(&herring.shown_by) {
                self.trainee.herrings.insert(id, self.now);
            }
            if !self.trainee.refuted.contains_key(&id) && any(&herring.refuted_by) {
                self.trainee.refuted.insert(id, self.now);
            }
        }
        if known != (self.trainee.clues.len(), self.trainee.refuted.len()) {
            self.moves.note(Needs::FACTS);
        }
    }
}
