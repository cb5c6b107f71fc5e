//! What a broker says of groups that rebalance, at the instants of their rebalances. Puts nothing into words before
//! somebody reads it: a crash loop of days has thousands of such lines.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::Signals;
use super::logs::format_of;
use super::stack;
use crate::scenario::format::telemetry::Level;
use crate::sim::ids::{GroupId, ServiceId};
use crate::sim::plan::Plan;
use crate::sim::telemetry::logs::{RETENTION_MS, Says, ScriptedLine, Words};
use crate::sim::telemetry::template::TimeForm;
use crate::sim::telemetry::wrap::LogFormat;
use crate::sim::time::{SimTime, Span};
use crate::sim::world::members::{Rebalance, offsets_partition};

impl Signals {
    /// A group's coordinator says that somebody joined, and what became of the group.
    pub(in crate::sim) fn rebalanced(
        &mut self,
        plan: &Arc<Plan>,
        broker: ServiceId,
        pod: &Arc<str>,
        rebalance: Rebalance,
    ) {
        let coordinator = match self.coordinators.entry((broker, rebalance.group)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => match Coordinator::new(plan, broker, rebalance.group) {
                Some(coordinator) => place.insert(coordinator),
                None => return,
            },
        };
        let settled = match rebalance.members {
            0 => Subject::Empty,
            members => Subject::Settled(members),
        };
        let told = [
            (rebalance.at, Subject::Joined),
            (rebalance.settled, settled),
        ];
        // What the log system has forgotten when the drill begins need not be told.
        let kept_from = plan.page - Span::from_millis(RETENTION_MS);
        let rebalance = Arc::new(rebalance);
        for (at, subject) in told.into_iter().filter(|(at, _)| *at >= kept_from) {
            let line = coordinator.line(plan, pod, &rebalance, subject);
            if self.telemetry.add_line(at.millis(), line).is_err() {
                self.refused += 1;
            }
        }
    }
}

/// What a line of a coordinator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// Somebody joined.
    Joined,
    /// Nobody is left.
    Empty,
    /// So many members have settled.
    Settled(usize),
}

impl Subject {
    /// What is said of a group, of its generations before and after, and of who joined.
    fn words(self, group: &str, (old, new): (&str, &str), member: &str) -> String {
        let partition = offsets_partition(group);
        match self {
            Self::Joined => format!(
                "Preparing to rebalance group {group} in state PreparingRebalance with old generation {old} (__consumer_offsets-{partition}) (reason: Adding new member {member} with group instance id None; client reason: not provided)"
            ),
            Self::Empty => format!(
                "Group {group} with generation {new} is now empty (__consumer_offsets-{partition})"
            ),
            Self::Settled(members) => format!(
                "Stabilized group {group} generation {new} (__consumer_offsets-{partition}) with {members} members"
            ),
        }
    }
}

/// A coordinator's words as its broker writes them.
fn written(format: LogFormat, time: &str, words: &str) -> String {
    let head = match format {
        LogFormat::Bare => format!("[{time}] INFO "),
        _ => String::new(),
    };
    format!("{head}[GroupCoordinator 1]: {words} (kafka.coordinator.group.GroupCoordinator)")
}

/// What all lines of a group's coordinator have in common.
#[derive(Clone, Debug)]
pub(super) struct Coordinator {
    group: Arc<str>,
    service: Arc<str>,
    logger: Arc<str>,
    format: LogFormat,
    /// The kinds of line that it has written, by what they are about.
    kinds: BTreeMap<Subject, Arc<str>>,
}

impl Coordinator {
    fn new(plan: &Plan, broker: ServiceId, group: GroupId) -> Option<Self> {
        let service = plan.services.get(broker.index())?;
        let runtime = service.spec.runtime;
        Some(Self {
            group: plan.groups.get(group.index())?.name.as_str().into(),
            service: service.name.as_str().into(),
            logger: stack::logger(runtime, &service.name, false).into(),
            format: format_of(runtime),
            kinds: BTreeMap::new(),
        })
    }

    fn line(
        &mut self,
        plan: &Arc<Plan>,
        pod: &Arc<str>,
        rebalance: &Arc<Rebalance>,
        subject: Subject,
    ) -> ScriptedLine {
        let (group, format) = (&self.group, self.format);
        let kind = self.kinds.entry(subject).or_insert_with(|| {
            let words = subject.words(group, ("{old}", "{generation}"), "{member}");
            written(format, "{time}", &words).into()
        });
        ScriptedLine {
            service: Arc::clone(&self.service),
            pod: Some(Arc::clone(pod)),
            level: Level::Info,
            name: Arc::clone(kind),
            says: Says::Later(Arc::new(Said {
                plan: Arc::clone(plan),
                rebalance: Arc::clone(rebalance),
                subject,
                format,
            })),
            format,
            logger: Arc::clone(&self.logger),
        }
    }
}

/// What a line of a coordinator says.
#[derive(Debug)]
struct Said {
    plan: Arc<Plan>,
    rebalance: Arc<Rebalance>,
    subject: Subject,
    format: LogFormat,
}

impl Words for Said {
    fn said_at(&self, at: SimTime) -> String {
        let rebalance = &self.rebalance;
        let Some(group) = self.plan.groups.get(rebalance.group.index()) else {
            return String::new();
        };
        let old = rebalance.old_generation.to_string();
        let new = (rebalance.old_generation + 1).to_string();
        let member = rebalance.member.id(&self.plan, group);
        let words = self.subject.words(&group.name, (&old, &new), &member);
        written(self.format, &TimeForm::Rfc3339.write(at), &words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::World;
    use crate::sim::telemetry::lines::{Direction, LARGEST_PAGE, LineFilter};
    use crate::sim::testing::small_world;

    /// The lines of the small estate's broker about its group, oldest first.
    fn coordinated(world: &World) -> Vec<(SimTime, String)> {
        let filter = LineFilter {
            services: vec!["broker".to_owned()],
            from_ms: (world.now() - Span::from_hours(2)).millis(),
            ..LineFilter::default()
        };
        let telemetry = world.signals().telemetry();
        let page = telemetry.lines(&filter, None, Direction::Newer, LARGEST_PAGE);
        let all = page.lines.iter();
        let of_group = all.filter(|line| line.text.contains("GroupCoordinator"));
        of_group
            .map(|line| (SimTime(line.key.at_ms), line.text.clone()))
            .collect()
    }

    fn number_after(text: &str, words: &str) -> usize {
        let (_, rest) = text.split_once(words).unwrap();
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        digits.parse().unwrap()
    }

    #[test]
    fn a_groups_generation_rises_from_rebalance_to_rebalance() {
        let world = small_world();
        let said = coordinated(&world);
        let group = &world.groups()[0];
        let starts = said
            .iter()
            .filter(|(_, text)| text.contains("Preparing to rebalance"));
        let mut told = 0;
        for (at, text) in starts {
            let old = number_after(text, "old generation ");
            assert_eq!(group.rebalances[old], *at, "{text}");
            told += 1;
        }
        // The worker has crashed since 1.4.0 went out an hour ago: each life joins and leaves the group empty.
        let first = world.now() - Span::from_hours(2);
        let expected = group.rebalances.iter().filter(|at| **at >= first).count();
        assert!(told > 5 && told == expected, "{told} of {expected}");
        let ends = said
            .iter()
            .filter(|(_, text)| text.contains("is now empty"));
        let generations: Vec<_> = ends
            .map(|(_, text)| number_after(text, "with generation "))
            .collect();
        assert!(generations.len() >= told - 1);
        assert!(generations.is_sorted_by(|a, b| a < b), "{generations:?}");
    }
}
