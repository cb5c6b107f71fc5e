//! What was due happens: changes of the story, builds, answers. And what every deed does to what it eases.

use std::sync::Arc;

use super::queue::Due;
use super::{World, WorldEvent, WorldEventKind};
use crate::scenario::format::change::Change;
use crate::sim::kubernetes::KubeCommand;
use crate::sim::kubernetes::template::EnvVar;
use crate::sim::plan::Deed;
use crate::sim::time::{SimTime, Span};

impl World {
    pub(super) fn do_due(&mut self, at: SimTime, due: Due) {
        match due {
            Due::Change { change, by } => self.do_change(&change, by.as_deref()),
            Due::Script(name) => self.send_script(&name, at),
            Due::Reply(answer) => {
                let text = self.fill(&answer.text);
                self.post(
                    &answer.by,
                    &answer.channel,
                    text,
                    answer.thread,
                    at,
                    answer.name,
                );
            }
            Due::Built { service, tag, by } => self.deploy(&service, &tag, Some(&by)),
            Due::FactReaches { fact, value } => {
                self.facts.reached.insert(fact, value);
            }
            Due::Look => {}
        }
    }

    pub(super) fn run_automation(&mut self, name: &str) {
        let plan = Arc::clone(&self.plan);
        let Some(automation) = plan.pack.scenario.automations.get(name) else {
            return;
        };
        let at = self.now + Span(automation.delay.millis);
        for change in &automation.does {
            self.queue.add(
                at,
                Due::Change {
                    change: change.clone(),
                    by: None,
                },
            );
        }
    }

    pub(super) fn do_change(&mut self, change: &Change, by: Option<&str>) {
        match change {
            Change::Deploy { of, tag } => self.deploy(of, tag, by),
            Change::SetEnv { of, name, value } => {
                self.change_workload(of, |target| KubeCommand::SetEnv {
                    target,
                    containers: "*".to_owned(),
                    set: value
                        .iter()
                        .map(|value| EnvVar::plain(name, value))
                        .collect(),
                    remove: if value.is_none() {
                        vec![name.clone()]
                    } else {
                        Vec::new()
                    },
                });
            }
            Change::Scale { of, replicas } => {
                self.change_workload(of, |target| KubeCommand::Scale {
                    target,
                    replicas: *replicas,
                    expected: None,
                });
            }
            Change::Restart { of } => {
                self.change_workload(of, |target| KubeCommand::RolloutRestart { target });
            }
            Change::SetFlag { flag, on } => self.set_flag(flag, *on, by.unwrap_or("automation")),
            Change::SetFact { fact, value } => self.set_fact(fact, value),
            Change::SetTopicConfig { topic, key, value } => {
                self.set_topic_config(topic, key, value.clone());
            }
            Change::Silence {
                alert,
                matching,
                lasts,
            } => {
                let mut silence = crate::sim::rules::Silence {
                    matching: matching
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect(),
                    from: self.now,
                    until: self.now + Span(lasts.millis),
                    by: by.unwrap_or("automation").to_owned(),
                    comment: String::new(),
                };
                if let Some(alert) = alert {
                    let name = crate::sim::rules::rule::ALERT_NAME.to_owned();
                    silence.matching.insert(0, (name, alert.clone()));
                }
                self.alerts.silence(silence);
            }
        }
    }

    fn change_workload(
        &mut self,
        of: &str,
        command: impl Fn(crate::sim::kubernetes::ObjectRef) -> KubeCommand,
    ) {
        let plan = Arc::clone(&self.plan);
        if let Some((_, service)) = plan.service(of) {
            // A story that asks for what the cluster refuses (scaling a DaemonSet) changes nothing, as in life.
            if self
                .cluster
                .apply(&command(super::releases::workload_ref(service)), self.now)
                .is_ok()
            {
                self.refresh_wanted();
            }
        }
    }

    pub(super) fn set_flag(&mut self, flag: &str, on: bool, by: &str) {
        self.facts.flags.insert(flag.to_owned(), on);
        self.facts
            .flag_changes
            .push((self.now, flag.to_owned(), on, by.to_owned()));
    }

    fn set_fact(&mut self, fact: &str, value: &str) {
        let plan = Arc::clone(&self.plan);
        let Some(declared) = plan.pack.scenario.facts.get(fact) else {
            return;
        };
        self.facts.set.insert(fact.to_owned(), value.to_owned());
        let delay = self.draw_delay("fact", fact, declared.reaches_in);
        self.queue.add(
            self.now + delay,
            Due::FactReaches {
                fact: fact.to_owned(),
                value: value.to_owned(),
            },
        );
    }

    pub(super) fn set_topic_config(&mut self, topic: &str, key: &str, value: Option<String>) {
        let log = self
            .plan
            .names
            .topics
            .get(topic)
            .and_then(|id| self.topics.get_mut(id.index()));
        if let Some(log) = log {
            match value {
                Some(value) => log.config.insert(key.to_owned(), value),
                None => log.config.remove(key),
            };
        }
    }

    /// A deed was done, by whomever: what it eases is hidden, what it resets is reset.
    pub(super) fn deed(&mut self, deed: Deed, by_trainee: bool) {
        self.stir();
        let plan = Arc::clone(&self.plan);
        let states = self.faults.iter_mut().zip(&mut self.instances);
        for (fault, (state, instances)) in plan.faults.iter().zip(states) {
            for (which, (eases, ..)) in fault.eased_by.iter().enumerate() {
                if super::evaluate::deed_fits(&deed, eases) {
                    state.ease(fault, which, self.now);
                    instances.ease(fault, which, self.now);
                }
            }
        }
        let stocks = plan.pack.scenario.stocks.values().zip(&mut self.stocks);
        for (index, (stock, level)) in stocks.enumerate() {
            let resets = stock.reset_by.iter().filter_map(|action| plan.deed(action));
            if resets
                .into_iter()
                .any(|resets| super::evaluate::deed_fits(&deed, &resets))
            {
                *level = stock.base;
                self.signals.record_stock(index, self.now, stock.base);
            }
        }
        self.derived.stocks_move = true;
        if by_trainee {
            self.trainee
                .deeds
                .push(super::trainee::Done { at: self.now, deed });
        }
    }

    pub(super) fn paged(&mut self, incident: &str) {
        self.events.push(WorldEvent {
            at: self.now,
            kind: WorldEventKind::Paged(incident.to_owned()),
        });
    }
}
