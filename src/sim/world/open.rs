//! Opens a world: the estate as it was fourteen days before the page, then everything that happened until the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster_spec::cluster_spec;
use super::consumers::Group;
use super::evaluate::Timers;
use super::faults::FaultState;
use super::fleet::{Copy, Fleet, Running};
use super::kafka::TopicLog;
use super::loss::Loss;
use super::memo::Memo;
use super::queue::{Due, Queue};
use super::step::{Scripts, Waiting, Watch};
use super::trainee::{DrillState, Trainee};
use super::valkey::ValkeyState;
use super::{Facts, World};
use crate::scenario::format::records::Incident;
use crate::sim::flows::Flows;
use crate::sim::git::Repository;
use crate::sim::git::worktree::Worktree;
use crate::sim::ids::{GroupId, ServiceId, TopicId};
use crate::sim::kubernetes::Cluster;
use crate::sim::kubernetes::fate::EnvSnapshot;
use crate::sim::pager::{IncidentState, Pager, PagerIncident};
use crate::sim::parallel::{self, Alone, Workers};
use crate::sim::plan::{Cond, Plan, Reach};
use crate::sim::rules::{Alerts, Silence};
use crate::sim::signals::Signals;
use crate::sim::slack::{Post, Slack};
use crate::sim::time::{SimTime, Span};

/// Runs of CronJobs are played from so long before the page: events are forgotten after an hour, and of Jobs only the
/// last few are kept.
const CRON_JOBS_FROM: Span = Span::from_hours(2);

impl World {
    /// Opens a drill's world at its page.
    pub fn open(plan: Arc<Plan>, seed: u64) -> Self {
        Self::open_with(plan, seed, &Alone)
    }

    /// The same world, opened with the help of others.
    pub fn open_with(plan: Arc<Plan>, seed: u64, workers: &dyn Workers) -> Self {
        let mut world = Self::before(plan, seed, workers);
        world.take_in_pods();
        world.refresh_wanted();
        world.schedule_story();
        world.tell_old_stories();
        world.settle();
        world.leave_out_known_crashes();
        let page = world.plan.page;
        world.advance_to((page - CRON_JOBS_FROM).max(world.now));
        world.begin_cron_jobs();
        world.advance_to(page);
        world.signals.tell_past_lines();
        world.signals.close_until(page);
        world.anchor_stocks();
        world.look_back_at_alerts(workers);
        // What came before the page is history; the debrief tells how the faults began.
        world.events.retain(|event| {
            event.at >= page || matches!(event.kind, super::WorldEventKind::Fault { .. })
        });
        world
    }

    /// CronJobs begin with the Jobs that they ran last.
    fn begin_cron_jobs(&mut self) {
        let seeds = super::cluster_spec::cron_jobs(self);
        self.advance_cluster();
        for seed in &seeds {
            // A schedule that cannot be read, which the checks refuse, costs the CronJob, not the drill.
            drop(self.cluster.add_cron_job(seed));
        }
    }

    /// Stocks whose level at the page is stated have exactly that.
    fn anchor_stocks(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (index, stock) in plan.pack.scenario.stocks.values().enumerate() {
            if let (Some(at_page), Some(level)) = (stock.at_page, self.stocks.get_mut(index)) {
                *level = at_page;
                self.signals.record_stock(index, self.now, at_page);
            }
        }
    }

    /// The estate at the start of history, with nothing yet taken in.
    fn before(plan: Arc<Plan>, seed: u64, workers: &dyn Workers) -> Self {
        let start = plan.history_start();
        let ordinary = Arc::new(Flows::ordinary(&plan));
        let (repositories, signals) = parallel::both(
            workers,
            || super::repositories::build(&plan.pack),
            || Signals::new(&plan, seed, Arc::clone(&ordinary)),
        );
        let services = plan.services.len();
        let stocks = plan
            .pack
            .scenario
            .stocks
            .values()
            .map(|stock| stock.base)
            .collect();
        let mut timers = Timers::default();
        let worsening = plan.faults.iter().flat_map(|fault| &fault.worsened_by);
        worsening.for_each(|(when, _)| timers.watch_while_moving(when));
        let replies = plan.replies.values().flatten().flatten();
        replies.for_each(|when| timers.time(when));
        let mut watch = |condition: &Cond| timers.watch(condition);
        for fault in &plan.faults {
            watch(&fault.when);
            fault.until.iter().for_each(&mut watch);
        }
        watch(&plan.milestones.mitigated);
        watch(&plan.milestones.resolved);
        plan.milestones.made_worse.iter().for_each(&mut watch);
        let scripts = scripts(&plan);
        let waiting = scripts.waiting.iter();
        waiting.for_each(|waiting| watch(&waiting.when));
        let automations = scripts.automations.values();
        automations.for_each(|automation| watch(&automation.when));
        for fault in &plan.faults {
            if let Reach::Pods { of, .. } | Reach::NodesOf(of) = fault.reach {
                timers.services.insert(of);
            }
        }
        // A topic's retention is a variable of its broker, a group's pace one of its members.
        let brokers = plan.topics.iter().filter_map(|topic| topic.broker);
        timers.services.extend(brokers);
        let members = plan.groups.iter().map(|group| group.service);
        timers.services.extend(members);
        let mut world = Self {
            seed,
            now: start,
            cluster: Cluster::default(),
            fleet: Fleet::new(services),
            wanted: vec![0; services],
            templates: vec![
                Copy {
                    env: EnvSnapshot::default(),
                    tag: String::new()
                };
                services
            ],
            faults: vec![FaultState::default(); plan.faults.len()],
            instances: super::instances::Instances::of(&plan),
            spilled: vec![0.0; plan.pack.scenario.stocks.len()],
            stocks,
            topics: Vec::new(),
            groups: Vec::new(),
            valkey: vec![ValkeyState::default(); plan.pack.estate.valkey.len()],
            facts: facts(&plan),
            slack: Slack::default(),
            pager: Pager::default(),
            people: super::people::Memory::default(),
            trainee: Trainee::default(),
            queue: Queue::default(),
            timers,
            flows: (*ordinary).clone(),
            ordinary,
            loss: Loss::default(),
            drill: DrillState::Paged,
            endless: false,
            worktrees: clones(&repositories),
            repositories,
            shipped: vec![Vec::new(); services],
            deployments: super::deployments::old(&plan, start),
            code: super::code::Code::default(),
            signals,
            // What was before the page is looked at when the page is reached.
            alerts: Alerts::new(&plan.rules, plan.page + crate::sim::rules::EVERY),
            scripts,
            moves: super::memo::Moves::default(),
            memos: super::step::Memos::new(&plan),
            verdicts: super::step::Verdicts::default(),
            derived: super::load::Derived::new(&plan),
            events: Vec::new(),
            digests: super::hashing::Digests::default(),
            talked: Arc::default(),
            plan,
        };
        let spec = cluster_spec(&world);
        // Without CronJobs there is nothing in it that cannot be read.
        world.cluster = Cluster::new(&spec, seed, start).unwrap_or_default();
        world
    }

    /// The pods that run at the start of history, with their copies of the facts.
    fn take_in_pods(&mut self) {
        let plan = Arc::clone(&self.plan);
        let mut found = Vec::new();
        for (index, service) in plan.services.iter().enumerate() {
            for pod in super::cluster_spec::pods_of(&self.cluster, service) {
                found.push((ServiceId(index as u32), pod));
            }
        }
        for (service, pod) in found {
            self.signals
                .pod_was_there(service, &pod.name, &pod.running, self.now);
            self.fleet.insert(service, pod.name, pod.running);
        }
        for (index, topic) in plan.topics.iter().enumerate() {
            let end = self.signals.log_end(index, self.now);
            let kept = self.retention_of_spec(TopicId(index as u32));
            let mut log = TopicLog::new(topic, self.now, end, kept);
            log.fill_back(topic, self.now, &mut |at| self.signals.log_end(index, at));
            self.topics.push(log);
        }
        for (index, group) in plan.groups.iter().enumerate() {
            let Some(log) = self.topics.get(group.topic.index()) else {
                continue;
            };
            // Each pod that is there has joined it once.
            let joined = self.fleet.of(group.service).count();
            let partitions = plan.partitions(group.topic);
            self.groups
                .push(Group::new(log, partitions, self.now, joined));
            let id = GroupId(index as u32);
            self.signals.record_rebalances(id, self.now, joined);
        }
    }

    /// How long a topic keeps its messages while no topic is there to ask: the broker's variable.
    fn retention_of_spec(&self, topic: TopicId) -> Option<Span> {
        let plan = self.plan.topics.get(topic.index())?;
        let set = plan
            .spec
            .config
            .get("retention.ms")
            .and_then(|text| text.parse::<i64>().ok())
            .map(Span);
        let broker = plan.broker?;
        let hours = || {
            let (_, pod) = self.fleet.of(broker).next()?;
            pod.copy
                .env
                .get(&plan.retention_env)?
                .parse::<i64>()
                .ok()
                .map(Span::from_hours)
        };
        set.or_else(hours)
    }

    /// Puts what will happen by itself into the queue.
    fn schedule_story(&mut self) {
        let plan = Arc::clone(&self.plan);
        let pack = &plan.pack;
        let start = self.now;
        for service in &plan.services {
            for release in &service.spec.releases {
                let Some(at) = release
                    .deployed
                    .map(|at| SimTime(at.millis))
                    .filter(|at| *at > start)
                else {
                    continue;
                };
                let change = crate::scenario::format::change::Change::Deploy {
                    of: service.name.clone(),
                    tag: release.tag.clone(),
                };
                self.queue.add(
                    at,
                    Due::Change {
                        change,
                        by: release.by.clone(),
                    },
                );
            }
        }
        for happening in &pack.scenario.story {
            let at = plan.moment(happening.at).max(start);
            for change in &happening.does {
                self.queue.add(
                    at,
                    Due::Change {
                        change: change.clone(),
                        by: happening.by.clone(),
                    },
                );
            }
        }
        for (moment, _) in &pack.scenario.traffic {
            self.queue.add(plan.moment(*moment).max(start), Due::Look);
        }
        let scripts = self.scripts.waiting.iter();
        let not_before = scripts.map(|waiting| waiting.not_before);
        let mut moments = self.timers.moments();
        moments.extend(not_before);
        moments.sort_unstable();
        moments.dedup();
        for at in moments.into_iter().filter(|at| *at > start) {
            self.queue.add(at, Due::Look);
        }
        for (name, message) in &pack.scenario.messages {
            if let (Some(at), None) = (message.at, &message.when) {
                let at = plan.moment(at);
                if at > start {
                    self.queue.add(at, Due::Script(name.clone()));
                }
            }
        }
    }

    /// Messages, incidents and silences from before history, or with a time of their own.
    fn tell_old_stories(&mut self) {
        let plan = Arc::clone(&self.plan);
        let scenario = &plan.pack.scenario;
        let mut old: Vec<_> = scenario
            .messages
            .iter()
            .filter(|(_, message)| message.when.is_none())
            .filter_map(|(name, message)| Some((plan.moment(message.at?), name, message)))
            .filter(|(at, ..)| *at <= self.now)
            .collect();
        old.sort_by_key(|(at, name, _)| (*at, (*name).clone()));
        for (at, name, message) in old {
            self.scripts.sent.insert(name.clone());
            let thread = message
                .thread_of
                .as_ref()
                .and_then(|parent| self.slack.scripted(parent));
            let thread = thread.map(|parent| parent.id.clone());
            self.slack.post(Post {
                id: String::new(),
                channel: message.channel.clone(),
                by: message.by.clone(),
                at,
                text: message.says.clone(),
                thread,
                reactions: message.reactions.clone(),
                script: Some(name.clone()),
            });
        }
        for (id, incident) in &scenario.incidents {
            self.pager.add(old_incident(&plan, id, incident));
        }
        for (name, rule) in plan.pack.estate.alerts.iter().chain(&scenario.alerts) {
            for (from, until) in &rule.silences {
                let (from, until) = (plan.moment(*from), plan.moment(*until));
                self.alerts
                    .silence(Silence::of_alert(name, from, until, "story"));
            }
        }
    }

    /// Brings faults that hold at the start of history to rest: they did not begin on that day.
    fn settle(&mut self) {
        let plan = Arc::clone(&self.plan);
        for _ in 0..plan.faults.len().min(64) {
            for (index, fault) in plan.faults.iter().enumerate() {
                if self.holds(&fault.when) {
                    self.settle_fault(index, fault);
                    self.tell_fault(index);
                }
            }
            self.stir();
        }
        self.faults_moved();
    }
}

fn facts(plan: &Plan) -> Facts {
    let declared: BTreeMap<String, String> = plan
        .pack
        .scenario
        .facts
        .iter()
        .map(|(name, fact)| (name.clone(), fact.value.clone()))
        .collect();
    let flags = plan
        .pack
        .estate
        .flags
        .iter()
        .map(|(name, flag)| (name.clone(), flag.on))
        .collect();
    Facts {
        set: declared.clone(),
        reached: declared,
        flags,
        ..Facts::default()
    }
}

fn clones(repositories: &BTreeMap<String, Repository>) -> BTreeMap<String, Worktree> {
    repositories
        .iter()
        .filter_map(|(name, repository)| Some((name.clone(), Worktree::clone_of(repository)?)))
        .collect()
}

fn scripts(plan: &Plan) -> Scripts {
    let scenario = &plan.pack.scenario;
    let waiting = plan
        .message_conditions
        .iter()
        .map(|(name, when)| {
            let at = scenario.messages.get(name).and_then(|message| message.at);
            Waiting {
                name: name.clone(),
                when: when.clone(),
                not_before: at.map_or(plan.page, |at| plan.moment(at)),
                memo: Memo::new(when),
            }
        })
        .collect();
    let automations = plan
        .automation_conditions
        .iter()
        .map(|(name, when)| {
            let declared = scenario.automations.get(name);
            let watch = Watch {
                when: when.clone(),
                held: false,
                left: declared.map_or(1, |automation| automation.times),
                memo: Memo::new(when),
            };
            (name.clone(), watch)
        })
        .collect();
    Scripts {
        waiting,
        automations,
        ..Scripts::default()
    }
}

fn old_incident(plan: &Plan, id: &str, spec: &Incident) -> PagerIncident {
    let triggered = plan.moment(spec.triggered);
    let mut incident = PagerIncident {
        id: id.to_owned(),
        title: spec.title.clone(),
        service: spec.service.clone(),
        urgency: spec.urgency.clone(),
        priority: spec.priority.clone(),
        state: IncidentState::Triggered,
        triggered,
        timeline: Vec::new(),
    };
    incident.note("system", &format!("Triggered: {}", spec.title), triggered);
    let mut entries: Vec<_> = spec
        .timeline
        .iter()
        .map(|(at, by, what)| (plan.moment(*at), by.clone(), what.clone()))
        .collect();
    if let Some((at, by)) = &spec.acknowledged {
        entries.push((plan.moment(*at), by.clone(), "Acknowledged".to_owned()));
        incident.state = IncidentState::Acknowledged;
    }
    if let Some((at, by)) = &spec.resolved {
        entries.push((plan.moment(*at), by.clone(), "Resolved".to_owned()));
        incident.state = IncidentState::Resolved;
    }
    entries.sort();
    for (at, by, what) in &entries {
        incident.note(by, what, *at);
    }
    incident
}

/// A pod that is there when history begins.
pub(super) struct OldPod {
    pub name: Arc<str>,
    pub running: Running,
}
