//! People: scripted messages, and answers to what the trainee writes. Never decides what is true: it reads the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::queue::{Answer, Due};
use super::{World, WorldEvent, WorldEventKind};
use crate::scenario::format::scenario::{Knowledge, Reply};
use crate::sim::draw::{StreamId, StreamKey};
use crate::sim::slack::Post;
use crate::sim::time::{SimTime, Span};

/// What people have said already.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    said: BTreeSet<(String, usize)>,
    evasions: BTreeMap<String, usize>,
}

impl World {
    /// The trainee's handle.
    pub fn trainee_handle(&self) -> &str {
        &self.plan.pack.scenario.trainee
    }

    pub(super) fn post_app(&mut self, app: &str, channel: &str, text: String) -> Arc<Post> {
        self.post(app, channel, text, None, self.now, None)
    }

    pub(super) fn post(
        &mut self,
        by: &str,
        channel: &str,
        text: String,
        thread: Option<String>,
        at: SimTime,
        script: Option<String>,
    ) -> Arc<Post> {
        let post = self.slack.post(Post {
            id: String::new(),
            channel: channel.to_owned(),
            by: by.to_owned(),
            at,
            text,
            thread,
            reactions: Vec::new(),
            script,
        });
        self.events.push(WorldEvent {
            at,
            kind: WorldEventKind::Posted(post.id.clone()),
        });
        post
    }

    /// A scripted message's condition has come to hold: it is sent after its delay.
    pub(super) fn send_script_later(&mut self, name: &str) {
        let plan = Arc::clone(&self.plan);
        let Some(message) = plan.pack.scenario.messages.get(name) else {
            return;
        };
        let delay = self.draw_delay("script", name, message.after);
        self.queue
            .add(self.now + delay, Due::Script(name.to_owned()));
    }

    /// Sends a scripted message.
    pub(super) fn send_script(&mut self, name: &str, at: SimTime) {
        let plan = Arc::clone(&self.plan);
        let Some(message) = plan.pack.scenario.messages.get(name) else {
            return;
        };
        if !self.scripts.sent.insert(name.to_owned()) {
            return;
        }
        let thread = message
            .thread_of
            .as_ref()
            .and_then(|parent| self.slack.scripted(parent))
            .map(|parent| parent.thread.clone().unwrap_or_else(|| parent.id.clone()));
        let text = self.fill(&message.says);
        let post = self.slack.post(Post {
            id: String::new(),
            channel: message.channel.clone(),
            by: message.by.clone(),
            at,
            text,
            thread,
            reactions: message.reactions.clone(),
            script: Some(name.to_owned()),
        });
        self.events.push(WorldEvent {
            at,
            kind: WorldEventKind::Posted(post.id.clone()),
        });
    }

    /// People answer what the trainee wrote: those who are mentioned, or one who has something to say.
    pub(super) fn answer(&mut self, post: &Post) {
        let plan = Arc::clone(&self.plan);
        let lower = post.text.to_lowercase();
        let mentioned: Vec<&String> = plan
            .pack
            .estate
            .people
            .keys()
            .filter(|handle| mentions(&lower, handle))
            .collect();
        let known = &plan.pack.scenario.people;
        if mentioned.is_empty() {
            let volunteer = known.iter().find_map(|(handle, knowledge)| {
                self.fitting(handle, knowledge, &lower)
                    .map(|reply| (handle.clone(), reply))
            });
            if let Some((handle, (index, reply))) = volunteer {
                self.say(&handle, Some(index), reply.clone(), post);
            }
            return;
        }
        for handle in mentioned {
            let nothing = Knowledge::default();
            let knowledge = known.get(handle).unwrap_or(&nothing);
            match self
                .fitting(handle, knowledge, &lower)
                .map(|(index, reply)| (index, reply.clone()))
            {
                Some((index, reply)) => self.say(handle, Some(index), reply, post),
                None => self.evade(handle, knowledge, post),
            }
        }
    }

    fn fitting<'a>(
        &self,
        handle: &str,
        knowledge: &'a Knowledge,
        lower: &str,
    ) -> Option<(usize, &'a Reply)> {
        let conditions = self.plan.replies.get(handle);
        knowledge.replies.iter().enumerate().find(|(index, reply)| {
            let fits = reply
                .words
                .iter()
                .all(|any| any.iter().any(|word| lower.contains(&word.to_lowercase())));
            let fresh = reply.repeats || !self.people.said.contains(&(handle.to_owned(), *index));
            let condition = conditions
                .and_then(|all| all.get(*index))
                .and_then(Option::as_ref);
            fits && fresh && condition.is_none_or(|when| self.holds(when))
        })
    }

    fn say(&mut self, handle: &str, index: Option<usize>, reply: Reply, to: &Post) {
        if let Some(index) = index {
            self.people.said.insert((handle.to_owned(), index));
        }
        let delay = self
            .plan
            .pack
            .estate
            .people
            .get(handle)
            .map_or(Span::from_mins(2), |person| {
                self.draw_delay("reply", &format!("{handle}/{}", to.id), person.answers_in)
            });
        let answer = Answer {
            by: handle.to_owned(),
            channel: to.channel.clone(),
            thread: to.thread.clone(),
            text: reply.says,
            name: reply.name,
        };
        self.queue
            .add(self.now + delay, Due::Reply(Box::new(answer)));
    }

    fn evade(&mut self, handle: &str, knowledge: &Knowledge, to: &Post) {
        let turn = self.people.evasions.entry(handle.to_owned()).or_default();
        let says = knowledge
            .otherwise
            .get(*turn % knowledge.otherwise.len().max(1))
            .cloned();
        *turn += 1;
        let says = says.unwrap_or_else(|| {
            "Not my area, sorry. Who owns it is in the service catalogue.".to_owned()
        });
        let reply = Reply {
            words: Vec::new(),
            when: None,
            says,
            repeats: true,
            name: None,
        };
        self.say(handle, None, reply, to);
    }

    pub(super) fn draw_delay(
        &self,
        what: &str,
        of: &str,
        delay: crate::scenario::format::values::Delay,
    ) -> Span {
        let key = StreamKey::new(self.seed, StreamId::of(&format!("people/{what}/{of}"))).leaf(0);
        let seconds = key.between(0, delay.least.millis / 1000, delay.most.millis / 1000);
        Span::from_secs(seconds)
    }

    /// Fills figures into a scripted text: `{lag}`, `{time}`, or a stock's name.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            match self.figure(name) {
                Some(figure) => filled.push_str(&figure),
                None => filled.push_str(&format!("{{{name}}}")),
            }
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }

    fn figure(&self, name: &str) -> Option<String> {
        match name {
            "lag" => self
                .groups
                .iter()
                .zip(&self.plan.groups)
                .map(|(group, plan)| {
                    self.topics
                        .get(plan.topic.index())
                        .map_or(0, |log| group.lag(log, None))
                })
                .max()
                .map(|lag| lag.to_string()),
            "time" => Some(self.now.format("%H:%M")),
            "lost" => Some(format!("{:.0}", self.loss.reported(self.now))),
            stock => {
                let id = self.plan.names.stocks.get(stock)?;
                self.stocks
                    .get(id.index())
                    .map(|level| format!("{level:.0}"))
            }
        }
    }
}

fn mentions(lower: &str, handle: &str) -> bool {
    let wanted = format!("@{}", handle.to_lowercase());
    lower.match_indices(&wanted).any(|(at, _)| {
        let next = lower
            .get(at + wanted.len()..)
            .and_then(|tail| tail.chars().next());
        !next.is_some_and(|next| next.is_alphanumeric() || next == '-' || next == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_mention_is_a_whole_handle() {
        assert!(mentions("hey @ana, look", "ana"));
        assert!(!mentions("hey @ana-2, look", "ana"));
        assert!(!mentions("ana", "ana"));
    }
}
