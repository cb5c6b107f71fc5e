//! Who is told of which alerts and when: groups, waits, what was told already. Never posts or pages by itself.

use std::collections::BTreeMap;

use super::rule::{Receiver, Rules};
use super::state::{ActiveAlert, AlertState, Alerts};
use crate::sim::hash::StateHasher;
use crate::sim::promql::labels::Labels;
use crate::sim::time::{SimTime, Span};

/// So many alerts of a group are listed in a message.
const MOST_LISTED: usize = 5;

/// What alerts are told together: the channel, the alert's name, the service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// Channel.
    pub channel: String,
    /// The alert's name.
    pub name: String,
    /// The service, or the workload or namespace where no service is named; may be empty.
    pub service: String,
}

/// What a group has told.
#[derive(Clone, Debug)]
struct Group {
    /// Alerts it has told of and that have not been told to be over, with their last summary.
    told: BTreeMap<Labels, String>,
    /// When it may tell next.
    next_at: SimTime,
    /// When it told last.
    told_at: Option<SimTime>,
    pages: bool,
}

/// Something that is told now.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The group.
    pub key: GroupKey,
    /// Whether somebody is paged for the group.
    pub pages: bool,
    /// Alerts that fire, with their summaries.
    pub firing: Vec<(Labels, String)>,
    /// Alerts that are over.
    pub resolved: Vec<(Labels, String)>,
    /// It says again what was said before.
    pub repeats: bool,
}

/// The groups that are open.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    groups: BTreeMap<GroupKey, Group>,
    /// The page that was sent for a group: the incident's id.
    pub pages: BTreeMap<GroupKey, String>,
}

impl Notifier {
    /// Looks at all alerts after an evaluation and says what is to be told.
    pub fn look(rules: &Rules, alerts: &mut Alerts, at: SimTime) -> Vec<Notification> {
        let mut firing: BTreeMap<GroupKey, Vec<(Labels, String)>> = BTreeMap::new();
        let mut muted: Vec<Labels> = Vec::new();
        let mut still: Vec<Labels> = Vec::new();
        let mut notifier = std::mem::take(&mut alerts.notifier);
        let wait = Span(rules.timing().group_wait.millis);
        for (index, alert) in alerts.active() {
            let Some(rule) = rules.alerting.get(index) else {
                continue;
            };
            if alert.state != AlertState::Firing {
                continue;
            }
            if alerts.is_silenced(&alert.labels, at) {
                still.push(alert.labels.clone());
                continue;
            }
            let receiver = rules.receiver(rule, &alert.labels);
            let key = key_of(rule, &receiver, alert);
            notifier.groups.entry(key.clone()).or_insert(Group {
                told: BTreeMap::new(),
                next_at: at + wait,
                told_at: None,
                pages: receiver.pages,
            });
            let summary = summary(rule, alert);
            firing
                .entry(key)
                .or_default()
                .push((alert.labels.clone(), summary));
        }
        muted.extend(still.iter().cloned());
        // What is over is not told of either while a silence holds it back.
        for group in notifier.groups.values() {
            let silenced = group.told.keys();
            muted.extend(
                silenced
                    .filter(|labels| alerts.is_silenced(labels, at))
                    .cloned(),
            );
        }
        let told = notifier.tell(rules, &firing, (&muted, &still), at);
        alerts.notifier = notifier;
        told
    }

    /// Takes all alerts that fire as told of: they were before anybody looks.
    pub fn adopt(rules: &Rules, alerts: &mut Alerts, at: SimTime) {
        let mut notifier = std::mem::take(&mut alerts.notifier);
        for (index, alert) in alerts.active() {
            let Some(rule) = rules.alerting.get(index) else {
                continue;
            };
            if alert.state != AlertState::Firing || alerts.is_silenced(&alert.labels, at) {
                continue;
            }
            let receiver = rules.receiver(rule, &alert.labels);
            let group = notifier
                .groups
                .entry(key_of(rule, &receiver, alert))
                .or_insert(Group {
                    told: BTreeMap::new(),
                    next_at: at + Span(rules.timing().group_interval.millis),
                    told_at: alert.fired_at,
                    pages: receiver.pages,
                });
            group
                .told
                .insert(alert.labels.clone(), summary(rule, alert));
        }
        alerts.notifier = notifier;
    }

    /// Groups that page and have told of something.
    pub fn paging(alerts: &Alerts) -> Vec<GroupKey> {
        let groups = alerts.notifier.groups.iter();
        groups
            .filter(|(_, group)| group.pages && !group.told.is_empty())
            .map(|(key, _)| key.clone())
            .collect()
    }

    fn tell(
        &mut self,
        rules: &Rules,
        firing: &BTreeMap<GroupKey, Vec<(Labels, String)>>,
        (muted, still): (&[Labels], &[Labels]),
        at: SimTime,
    ) -> Vec<Notification> {
        let interval = Span(rules.timing().group_interval.millis);
        let repeat = Span(rules.timing().repeat_interval.millis);
        let mut told = Vec::new();
        self.groups.retain(|key, group| {
            if group.next_at > at {
                return true;
            }
            let now = firing.get(key).map_or(&[][..], Vec::as_slice);
            let over: Vec<(Labels, String)> = group
                .told
                .iter()
                .filter(|(labels, _)| !now.iter().any(|(own, _)| own == *labels))
                .map(|(labels, summary)| (labels.clone(), summary.clone()))
                .collect();
            let resolved: Vec<_> = over
                .iter()
                .filter(|(labels, _)| !muted.contains(labels))
                .cloned()
                .collect();
            let news = now
                .iter()
                .any(|(labels, _)| !group.told.contains_key(labels));
            let repeats = !news
                && resolved.is_empty()
                && !now.is_empty()
                && group.told_at.is_some_and(|told| at - told >= repeat);
            if news || !resolved.is_empty() || repeats {
                told.push(Notification {
                    key: key.clone(),
                    pages: group.pages,
                    firing: now.to_vec(),
                    resolved,
                    repeats,
                });
                group.told_at = Some(at);
            }
            group.told = now.iter().cloned().collect();
            group.next_at = at + interval;
            // Muted alerts that still fire are the group's own: they are not told again when the silence ends soon.
            for (labels, summary) in over {
                if muted.contains(&labels) && still.contains(&labels) {
                    group.told.insert(labels, summary);
                }
            }
            !group.told.is_empty()
        });
        told
    }

    /// Adds the state to a hash.
    pub fn hash_into(&self, hasher: &mut StateHasher) {
        for (key, group) in &self.groups {
            hasher.text(&key.name);
            hasher.text(&key.service);
            hasher.number(group.next_at.millis());
            hasher.number(group.told.len() as i64);
        }
        for incident in self.pages.values() {
            hasher.text(incident);
        }
    }
}

fn key_of(rule: &super::rule::AlertingRule, receiver: &Receiver, alert: &ActiveAlert) -> GroupKey {
    let label = |name: &str| Some(alert.labels.get(name)).filter(|value| !value.is_empty());
    let service = label("service").or(rule.service.as_deref()).or_else(|| {
        ["deployment", "container", "namespace"]
            .into_iter()
            .find_map(label)
    });
    GroupKey {
        channel: receiver.channel.clone(),
        name: rule.name.clone(),
        service: service.unwrap_or_default().to_owned(),
    }
}

fn summary(rule: &super::rule::AlertingRule, alert: &ActiveAlert) -> String {
    let summary = alert.annotation(rule, "summary");
    if summary.is_empty() {
        alert.annotation(rule, "description")
    } else {
        summary
    }
}

impl Notification {
    /// Whether something of it fires.
    pub fn is_firing(&self) -> bool {
        !self.firing.is_empty()
    }

    /// The message as Alertmanager's default template for Slack has it: a title, then a line for each alert.
    pub fn text(&self) -> String {
        let mut text = self.title();
        let (listed, left) = if self.is_firing() {
            (&self.firing, self.firing.len().saturating_sub(MOST_LISTED))
        } else {
            (
                &self.resolved,
                self.resolved.len().saturating_sub(MOST_LISTED),
            )
        };
        for (_, summary) in listed.iter().take(MOST_LISTED) {
            if !summary.is_empty() {
                text.push_str(&format!("\n{summary}"));
            }
        }
        if left > 0 {
            text.push_str(&format!("\nand {left} more"));
        }
        if self.is_firing() && !self.resolved.is_empty() {
            text.push_str(&format!("\n({} resolved)", self.resolved.len()));
        }
        text
    }

    fn title(&self) -> String {
        let status = if self.is_firing() {
            format!("[FIRING:{}]", self.firing.len())
        } else {
            "[RESOLVED]".to_owned()
        };
        let mut title = format!("{status} {}", self.key.name);
        if !self.key.service.is_empty() {
            title.push_str(&format!(" {}", self.key.service));
        }
        let all = if self.is_firing() {
            &self.firing
        } else {
            &self.resolved
        };
        let common: Vec<&str> = all.first().map_or_else(Vec::new, |(first, _)| {
            first
                .iter()
                .filter(|(name, value)| {
                    !matches!(*name, "alertname" | "service")
                        && **value != *self.key.service
                        && all.iter().all(|(labels, _)| labels.get(name) == *value)
                })
                .map(|(_, value)| value)
                .collect()
        });
        if !common.is_empty() {
            title.push_str(&format!(" ({})", common.join(" ")));
        }
        title
    }

    /// The title of the incident that is opened for it.
    pub fn incident_title(&self) -> String {
        match self.firing.first() {
            Some((_, summary)) if !summary.is_empty() => format!("{}: {summary}", self.key.name),
            _ => self.key.name.clone(),
        }
    }
}
