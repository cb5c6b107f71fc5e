//! What is due when: changes of the story, builds, replies, scripted messages. Ordered by time, then by entry.

use std::collections::BTreeMap;

use crate::scenario::format::change::Change;
use crate::sim::time::SimTime;

/// Something that happens later.
#[derive(Clone, Debug)]
pub enum Due {
    /// A change of the estate, by a person or by itself.
    Change {
        /// What.
        change: Change,
        /// Who.
        by: Option<String>,
    },
    /// A scripted message.
    Script(String),
    /// An answer of a person.
    Reply(Box<Answer>),
    /// A build has ended: roll it out.
    Built {
        /// Service.
        service: String,
        /// Tag.
        tag: String,
        /// Who asked for it.
        by: String,
    },
    /// A declared fact's new value has reached what runs.
    FactReaches {
        /// Fact.
        fact: String,
        /// Value.
        value: String,
    },
    /// Facts are looked at again: a moment that a condition names.
    Look,
}

/// An answer of a person.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Who.
    pub by: String,
    /// Where.
    pub channel: String,
    /// In which thread.
    pub thread: Option<String>,
    /// What, with figures still to be filled in.
    pub text: String,
    /// The answer's name, for clues.
    pub name: Option<String>,
}

/// What is due, in order.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    entries: BTreeMap<(SimTime, u64), Due>,
    added: u64,
}

impl Queue {
    /// Adds something; of two at one instant the first added comes first.
    pub fn add(&mut self, at: SimTime, due: Due) {
        self.added += 1;
        self.entries.insert((at, self.added), due);
    }

    /// Takes the first that is due at or before `now`.
    pub fn take(&mut self, now: SimTime) -> Option<(SimTime, Due)> {
        let (key, _) = self.entries.first_key_value()?;
        let key = *key;
        if key.0 > now {
            return None;
        }
        self.entries.remove(&key).map(|due| (key.0, due))
    }

    /// When the next one is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// How many wait, and how many were ever added; for the state hash.
    pub fn counts(&self) -> (usize, u64) {
        (self.entries.len(), self.added)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_order_of_time_then_of_adding() {
        let mut queue = Queue::default();
        queue.add(SimTime(5), Due::Script("b".into()));
        queue.add(SimTime(5), Due::Script("c".into()));
        queue.add(SimTime(1), Due::Script("a".into()));
        let mut order = Vec::new();
        while let Some((_, Due::Script(name))) = queue.take(SimTime(5)) {
            order.push(name);
        }
        assert_eq!(order, ["a", "b", "c"]);
    }
}
