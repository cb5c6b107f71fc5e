//! The newest samples of chosen series, followed scrape by scrape: what was counted is not counted again.
//!
//! A tail gives the same samples to the bit as [`Telemetry::read_series`]; it is for those who ask the same every few
//! seconds, such as alert rules. It follows one telemetry, and its clone; nothing of it is state.

mod counting;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::counting::{AtomTail, Counting, Totals, atoms_of, part_of};
use super::atom::AtomId;
use super::leaf::SCRAPE_MS;
use super::samples::{self, Counted, STALE_BITS, there_until};
use super::series::{Aspect, Base, Family, Member, Values};
use super::slots::{Slot, SlotTrack};
use super::store::Telemetry;
use crate::sim::parallel::{self, Alone, Workers};
use crate::sim::promql::ast::Grouping;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::{MatchOp, Matcher, all_match};
use crate::sim::promql::source::{Series, SummedRises};
use crate::sim::promql::{ExactSum, group_labels, rise};
use crate::sim::time::SimTime;

/// Stands in a series' values where there was no sample. Not a value that a series can have.
const NOTHING_BITS: u64 = 0x7ff0_0000_0000_0bad;

/// What is followed: series that fulfil some matchers, and how far back their samples are kept.
#[derive(Clone, Debug)]
pub struct Selection {
    /// All must hold; one of them is the metric's name.
    pub matchers: Vec<Matcher>,
    /// How far back, in ms.
    pub reach_ms: i64,
    /// Only how much counters rise is asked, never where they stand: see [`Tail`].
    pub rises: bool,
    /// How sums of their rises are grouped that will be asked for.
    pub sums: Vec<Grouping>,
}

impl Selection {
    /// Scrapes that lie in its reach, and one more on either side.
    const fn scrapes(&self) -> i64 {
        self.reach_ms / SCRAPE_MS + 2
    }
}

/// The newest samples of some selections of series.
///
/// A counter of which only the rise is asked may stand apart from what [`Telemetry::read_series`] says by a number that is
/// the same at all its samples until its container ends: to count from the beginning of history would cost more than
/// everything else. It then stands so high that rates come out the same to the bit.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    selections: Arc<Vec<Selection>>,
    /// Series of each selection, sorted by labels.
    members: Vec<Vec<u32>>,
    /// The groups of each selection's sums.
    groups: Vec<Vec<Groups>>,
    series: Vec<Followed>,
    by_key: BTreeMap<Key, u32>,
    atoms: Vec<AtomTail>,
    by_atom: BTreeMap<AtomId, u32>,
    /// How many families there were, and pods of each followed family, when series were last looked for.
    looked: (usize, BTreeMap<u32, usize>),
    /// The newest scrape that was read: its instant in multiples of the scrape interval.
    reached: Option<i64>,
    /// From this scrape on selections have their whole reach; from the newest one when what is older is forgotten.
    whole_from: Option<i64>,
}

/// What a telemetry says of a series that is followed.
#[derive(Clone, Copy)]
struct Seen<'a> {
    telemetry: &'a Telemetry,
    family: &'a Family,
    pod: Option<&'a Slot>,
}

/// Which series: the family's place, the pod, the aspect.
type Key = (u32, Option<u32>, u16);

/// How the members of a selection fall into groups.
#[derive(Clone, Debug, Default)]
struct Groups {
    /// The group of each member.
    of: Vec<u32>,
    /// The groups' labels.
    labels: Vec<Labels>,
}

/// A series that is followed.
#[derive(Clone, Debug)]
struct Followed {
    family: u32,
    member: Member,
    labels: Labels,
    /// The scrape of the first value.
    first: i64,
    values: Vec<f64>,
    /// How many values are kept at least.
    keep: i64,
    was_there: bool,
    counted: Option<Counting>,
}

const fn key(family: u32, member: Member) -> Key {
    let aspect = match member.aspect {
        Aspect::Plain => 0,
        Aspect::Sum => 1,
        Aspect::Count => 2,
        Aspect::Bucket(bucket) => 16 + bucket as u16,
    };
    (family, member.slot, aspect)
}

fn metric_of(selection: &Selection) -> Option<&str> {
    selection
        .matchers
        .iter()
        .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
        .map(Matcher::value)
}

impl Tail {
    /// Follows some selections, with their reach before the window's start, up to its end. Both must be closed.
    pub fn begin(
        selections: Vec<Selection>,
        telemetry: &Telemetry,
        (since, until): (SimTime, SimTime),
        workers: &dyn Workers,
    ) -> Self {
        let since = since.millis().div_euclid(SCRAPE_MS);
        let mut tail = Self {
            members: vec![Vec::new(); selections.len()],
            selections: Arc::new(selections),
            whole_from: Some(since),
            ..Self::default()
        };
        let until = until.millis().min(telemetry.closed_ms());
        let last = until.div_euclid(SCRAPE_MS);
        tail.look_for_series(telemetry, since * SCRAPE_MS, until);
        // Counting is dear: what is counted begins as late as it may.
        let counted = tail.series.iter().filter(|one| one.counted.is_some());
        let first = counted.map(|one| since - one.keep).min().unwrap_or(since);
        tail.set_bases(telemetry, first - 1);
        for followed in &mut tail.series {
            followed.first = since - followed.keep;
        }
        tail.scrape(telemetry, (first, last), workers);
        tail.reached = Some(last);
        tail
    }

    /// Whether it has all samples of a selection in `(start, end]`.
    pub fn covers(&self, selection: usize, start: SimTime, end: SimTime) -> bool {
        let Some((reached, selection)) = self.reached.zip(self.selections.get(selection)) else {
            return false;
        };
        let first = start.millis().div_euclid(SCRAPE_MS) + 1;
        (reached + 1) * SCRAPE_MS > end.millis()
            && first > self.whole_from.unwrap_or(reached) - selection.scrapes()
    }

    /// Reads all scrapes up to an instant, which must be closed.
    pub fn advance(&mut self, telemetry: &Telemetry, until: SimTime) {
        let until_ms = until.millis().min(telemetry.closed_ms());
        let last = until_ms.div_euclid(SCRAPE_MS);
        let Some(reached) = self.reached else {
            return;
        };
        self.look_for_series(telemetry, reached * SCRAPE_MS, until_ms);
        self.scrape(telemetry, (reached + 1, last), &Alone);
        self.reached = Some(reached.max(last));
    }

    /// Forgets what lies further back than the selections reach from the newest scrape.
    pub fn forget(&mut self) {
        self.whole_from = None;
        for followed in &mut self.series {
            followed.trim();
            followed.values.shrink_to(2 * followed.keep as usize + 17);
        }
    }

    /// The samples of a selection in `(start, end]`.
    pub fn select(&self, selection: usize, start: SimTime, end: SimTime) -> Vec<Series> {
        let low = start.millis().div_euclid(SCRAPE_MS) + 1;
        let high = end.millis().div_euclid(SCRAPE_MS) + 1;
        let members = self.members.get(selection).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::with_capacity(members.len());
        let mut shared: Option<(i64, i64, Arc<[i64]>)> = None;
        for followed in members
            .iter()
            .filter_map(|index| self.series.get(*index as usize))
        {
            let (begin, values) = followed.between(low, high);
            if values.is_empty() {
                continue;
            }
            if values.iter().any(|value| value.to_bits() == NOTHING_BITS) {
                let samples: Vec<(i64, f64)> = (begin..)
                    .zip(values)
                    .filter(|(_, value)| value.to_bits() != NOTHING_BITS)
                    .map(|(scrape, value)| (scrape * SCRAPE_MS, *value))
                    .collect();
                if !samples.is_empty() {
                    found.push(Series::from_samples(followed.labels.clone(), &samples));
                }
                continue;
            }
            let end = begin + values.len() as i64;
            let times = match &shared {
                Some((from, until, times)) if (*from, *until) == (begin, end) => Arc::clone(times),
                _ => {
                    let times: Arc<[i64]> = (begin..end).map(|scrape| scrape * SCRAPE_MS).collect();
                    shared = Some((begin, end, Arc::clone(&times)));
                    times
                }
            };
            found.push(Series {
                labels: followed.labels.clone(),
                times,
                values: values.into(),
            });
        }
        found
    }

    /// Reads the scrapes `first..=last`, of each series those that it has not yet.
    fn scrape(&mut self, telemetry: &Telemetry, (first, last): (i64, i64), workers: &dyn Workers) {
        if first > last {
            return;
        }
        let cuts: Vec<_> = (first..=last)
            .map(|scrape| telemetry.grid().cut(scrape * SCRAPE_MS))
            .collect();
        let of_atoms = parallel::map_mut(workers, &mut self.atoms, |atom| {
            let reader = telemetry.reader(atom.atom);
            reader.map_or_else(Vec::new, |mut reader| atom.advance(&mut reader, &cuts))
        });
        let totals = Totals {
            first,
            scrapes: cuts.len(),
            of_atoms,
        };
        let forgets = self.whole_from.is_none();
        parallel::map_mut(workers, &mut self.series, |followed| {
            let Some(family) = telemetry.families().get(followed.family as usize) else {
                return;
            };
            let pod = pod_of(telemetry, family, followed.member);
            followed.read(
                &Seen {
                    telemetry,
                    family,
                    pod,
                },
                last,
                &totals,
            );
            if forgets {
                followed.trim_late();
            }
        });
    }

    /// Finds series that are new since it was last looked, and may have a sample in a window.
    fn look_for_series(&mut self, telemetry: &Telemetry, from_ms: i64, until_ms: i64) {
        let families = telemetry.families().len();
        let grown = self.looked.0 != families
            || self.looked.1.iter().any(|(place, pods)| {
                let family = telemetry.families().get(*place as usize);
                family.map_or(0, |family| pods_of(telemetry, family)) != *pods
            });
        if !grown {
            return;
        }
        self.looked.0 = families;
        let selections = Arc::clone(&self.selections);
        for (index, selection) in selections.iter().enumerate() {
            let metric = metric_of(selection);
            let window = (from_ms - selection.scrapes() * SCRAPE_MS, until_ms);
            for place in telemetry.places_named(metric) {
                let Some(family) = telemetry.families().get(place as usize) else {
                    continue;
                };
                let mut aspects = family.aspects(metric);
                aspects.retain(|aspect| family.may_match(&selection.matchers, *aspect));
                if aspects.is_empty() {
                    continue;
                }
                self.looked.1.insert(place, pods_of(telemetry, family));
                for (slot, pod) in family.slots(telemetry, window) {
                    for &aspect in &aspects {
                        let member = Member { slot, aspect };
                        self.follow(telemetry, index, place, member, pod);
                    }
                }
            }
        }
        let series = &self.series;
        for members in &mut self.members {
            members.sort_by(|a, b| {
                let labels = |index: &u32| series.get(*index as usize).map(|one| &one.labels);
                labels(a).cmp(&labels(b))
            });
        }
        self.groups = selections
            .iter()
            .zip(&self.members)
            .map(|(selection, members)| {
                let groupings = selection.sums.iter();
                groupings
                    .map(|grouping| Groups::of(grouping, members, &self.series))
                    .collect()
            })
            .collect();
    }

    /// Sums of the rises of a selection's series, if they are grouped as was said before.
    pub fn summed_rises(
        &self,
        selection: usize,
        asked: &SummedRises<'_>,
    ) -> Option<Vec<(Labels, f64)>> {
        let groupings = &self.selections.get(selection)?.sums;
        let place = groupings
            .iter()
            .position(|grouping| grouping == asked.grouping)?;
        let groups = self.groups.get(selection)?.get(place)?;
        let members = self.members.get(selection)?;
        let low = asked.start.millis().div_euclid(SCRAPE_MS) + 1;
        let high = asked.end.millis().div_euclid(SCRAPE_MS) + 1;
        let window = (asked.start.millis(), asked.end.millis());
        let times: Vec<i64> = (low..high).map(|scrape| scrape * SCRAPE_MS).collect();
        let mut order: Vec<u32> = Vec::new();
        let mut sums: Vec<Option<ExactSum>> = vec![None; groups.labels.len()];
        for (member, group) in members.iter().zip(&groups.of) {
            let Some(followed) = self.series.get(*member as usize) else {
                continue;
            };
            let (begin, values) = followed.between(low, high);
            let holes = |value: &f64| matches!(value.to_bits(), NOTHING_BITS | STALE_BITS);
            let risen = if values.iter().any(holes) {
                let (times, values): (Vec<i64>, Vec<f64>) = (begin..)
                    .zip(values)
                    .filter(|(_, value)| !holes(value))
                    .map(|(scrape, value)| (scrape * SCRAPE_MS, *value))
                    .unzip();
                rise(&times, &values, window, asked.per_second)
            } else {
                let from = (begin - low).max(0) as usize;
                let times = times.get(from..from + values.len()).unwrap_or(&[]);
                rise(times, values, window, asked.per_second)
            };
            if let (Some(risen), Some(sum)) = (risen, sums.get_mut(*group as usize)) {
                sum.get_or_insert_with(|| {
                    order.push(*group);
                    ExactSum::default()
                })
                .add(risen);
            }
        }
        let found = order.into_iter().filter_map(|group| {
            let labels = groups.labels.get(group as usize)?.clone();
            Some((labels, (*sums.get(group as usize)?)?.total()))
        });
        Some(found.collect())
    }

    fn follow(
        &mut self,
        telemetry: &Telemetry,
        index: usize,
        place: u32,
        member: Member,
        pod: Option<&Slot>,
    ) {
        let selections = Arc::clone(&self.selections);
        let (Some(selection), Some(family)) = (
            selections.get(index),
            telemetry.families().get(place as usize),
        ) else {
            return;
        };
        let keep = selection.scrapes();
        let key = key(place, member);
        if let Some(known) = self.by_key.get(&key).copied() {
            let Some(followed) = self.series.get_mut(known as usize) else {
                return;
            };
            if all_match(&selection.matchers, &followed.labels) {
                followed.keep = followed.keep.max(keep);
                if let (Some(counted), None) = (&mut followed.counted, self.reached) {
                    counted.rises &= selection.rises;
                }
                if let Some(members) = self.members.get_mut(index)
                    && !members.contains(&known)
                {
                    members.push(known);
                }
            }
            return;
        }
        let labels = family.identity(member, pod);
        if !all_match(&selection.matchers, &labels) {
            return;
        }
        let followed = Followed {
            family: place,
            member,
            labels,
            first: self.reached.map_or(0, |reached| reached + 1),
            values: Vec::new(),
            keep,
            was_there: false,
            counted: self.counting(family, member, selection.rises),
        };
        let number = self.series.len() as u32;
        let late = self.reached.filter(|_| pod.is_none());
        self.series.push(followed);
        if let Some(reached) = late {
            self.set_late_base(telemetry, number, reached);
        }
        self.by_key.insert(key, number);
        if let Some(members) = self.members.get_mut(index) {
            members.push(number);
        }
    }

    fn counting(&mut self, family: &Family, member: Member, rises: bool) -> Option<Counting> {
        let part = part_of(&family.def.values, member);
        let (Values::Counter { atoms, .. }
        | Values::Histogram { atoms, .. }
        | Values::Offset { atoms, .. }) = &family.def.values
        else {
            return None;
        };
        // Only whole numbers can be moved without a change in the last bit of a difference.
        let whole = match &family.def.values {
            Values::Counter {
                unit, base, minus, ..
            } => *unit == 1.0 && minus.is_none() && matches!(base, Base::AtOrigin(_)),
            Values::Histogram { .. } => member.aspect != Aspect::Sum,
            _ => false,
        };
        let leaf = self.atoms.first().map_or(0, |atom| atom.leaf);
        let parts = atoms
            .iter()
            .map(|&atom| {
                let number = *self.by_atom.entry(atom).or_insert_with(|| {
                    self.atoms.push(AtomTail {
                        atom,
                        leaf,
                        parts: Vec::new(),
                        totals: Vec::new(),
                        quarters: Vec::new(),
                    });
                    self.atoms.len() as u32 - 1
                });
                let tail = self.atoms.get_mut(number as usize);
                (number, tail.map_or(0, |tail| tail.part(part)))
            })
            .collect();
        Some(Counting {
            parts,
            rises: rises && whole,
            start_ms: None,
            before: 0,
            older: 0,
            at_open: 0,
            below: None,
        })
    }

    /// Where a counter without pods stands that is followed later than others.
    fn set_late_base(&mut self, telemetry: &Telemetry, number: u32, reached: i64) {
        let Some(followed) = self.series.get_mut(number as usize) else {
            return;
        };
        let (Some(counting), Some(family)) = (
            &mut followed.counted,
            telemetry.families().get(followed.family as usize),
        ) else {
            return;
        };
        let counted = Counted {
            telemetry,
            atoms: atoms_of(&family.def.values),
            part: part_of(&family.def.values, followed.member),
            pod: None,
        };
        let total: u64 = counting
            .parts
            .iter()
            .filter_map(|(atom, part)| Some(self.atoms.get(*atom as usize)?.total(*part)))
            .sum();
        counting.before = total as i64 - counted.at(reached * SCRAPE_MS) as i64;
        counting.at_open = counted.at(telemetry.grid().t0().millis());
    }

    /// Where counters stand at a scrape, from which on everything is counted.
    fn set_bases(&mut self, telemetry: &Telemetry, scrape: i64) {
        let at_ms = scrape * SCRAPE_MS;
        let (leaf, _) = telemetry.grid().cut(at_ms);
        for atom in &mut self.atoms {
            atom.leaf = leaf;
        }
        let from_ms = telemetry.grid().start_ms(leaf);
        let families = telemetry.families();
        for followed in &mut self.series {
            let (Some(counting), Some(family)) = (
                &mut followed.counted,
                families.get(followed.family as usize),
            ) else {
                continue;
            };
            let pod = pod_of(telemetry, family, followed.member);
            counting.set_base(telemetry, family, followed.member, pod, from_ms);
        }
    }
}

fn pods_of(telemetry: &Telemetry, family: &Family) -> usize {
    family
        .def
        .per_pod
        .as_ref()
        .and_then(|per_pod| telemetry.slots(per_pod.slots))
        .map_or(0, SlotTrack::len)
}

fn pod_of<'a>(telemetry: &'a Telemetry, family: &Family, member: Member) -> Option<&'a Slot> {
    let per_pod = family.def.per_pod.as_ref()?;
    telemetry.slots(per_pod.slots)?.slot(member.slot?)
}

/// What stands where a series has no sample: the stale marker where it has just ended.
const fn absent(was_there: bool) -> f64 {
    f64::from_bits(if was_there { STALE_BITS } else { NOTHING_BITS })
}

impl Groups {
    fn of(grouping: &Grouping, members: &[u32], series: &[Followed]) -> Self {
        let mut groups = Self::default();
        let mut known: BTreeMap<Labels, u32> = BTreeMap::new();
        for member in members {
            let labels = series.get(*member as usize).map(|one| &one.labels);
            let labels = labels.map_or_else(Labels::empty, |labels| group_labels(labels, grouping));
            let group = *known.entry(labels.clone()).or_insert_with(|| {
                groups.labels.push(labels);
                groups.labels.len() as u32 - 1
            });
            groups.of.push(group);
        }
        groups
    }
}

impl Followed {
    /// Its values in the scrapes `low..high`, and which scrape the first of them is.
    fn between(&self, low: i64, high: i64) -> (i64, &[f64]) {
        let begin = low.max(self.first);
        let end = high.min(self.first + self.values.len() as i64);
        if begin >= end {
            return (begin, &[]);
        }
        let range = (begin - self.first) as usize..(end - self.first) as usize;
        (begin, self.values.get(range).unwrap_or(&[]))
    }

    /// The scrape that is read next.
    const fn next(&self) -> i64 {
        self.first + self.values.len() as i64
    }

    /// Reads all scrapes up to one.
    fn read(&mut self, seen: &Seen<'_>, last: i64, totals: &Totals) {
        let Seen {
            telemetry,
            family,
            pod,
        } = *seen;
        let there_until = |scrape: i64| there_until(telemetry, family, pod, scrape * SCRAPE_MS);
        if self.values.is_empty() {
            self.was_there = there_until(self.next() - 1).0;
        }
        while self.next() <= last {
            let next = self.next();
            let (there, until_ms) = there_until(next);
            // The first scrape at or after that instant sees something else.
            let until = (until_ms.saturating_sub(1)).div_euclid(SCRAPE_MS) + 1;
            let end = until.clamp(next + 1, last + 1);
            if !there {
                self.values.push(absent(self.was_there));
                let nothing = f64::from_bits(NOTHING_BITS);
                self.values.extend((next + 1..end).map(|_| nothing));
            } else if self.counted.is_some() {
                (next..end).for_each(|scrape| self.count(seen, scrape, totals));
            } else {
                let instants: Vec<i64> = (next..end).map(|scrape| scrape * SCRAPE_MS).collect();
                let values = samples::values(telemetry, family, self.member, pod, &instants);
                let missing = instants.len().saturating_sub(values.len());
                self.values.extend(values);
                self.values.extend(std::iter::repeat_n(0.0, missing));
            }
            self.was_there = there;
        }
    }

    /// Reads one scrape of a series that is counted and there.
    fn count(&mut self, seen: &Seen<'_>, scrape: i64, totals: &Totals) {
        let Seen {
            telemetry,
            family,
            pod,
        } = *seen;
        let at_ms = scrape * SCRAPE_MS;
        if self
            .counted
            .as_ref()
            .is_some_and(|counting| counting.ends_with(pod, at_ms))
        {
            self.settle(telemetry, family, pod, u64::MAX);
        }
        let Some(counting) = &mut self.counted else {
            return;
        };
        let total = counting
            .parts
            .iter()
            .map(|part| totals.at(*part, scrape))
            .sum();
        let value = counting.value(telemetry, family, self.member, pod, at_ms, total);
        let wanted = counting.wanted(value);
        self.values.push(value);
        if let Some(enough) = wanted {
            self.settle(telemetry, family, pod, enough);
        }
    }

    /// Counts back until it is `enough`; if it is known then where the counter stands, all its values are lowered to that.
    fn settle(&mut self, telemetry: &Telemetry, family: &Family, pod: Option<&Slot>, enough: u64) {
        let member = self.member;
        let counting = self.counted.as_mut();
        let shift = counting.and_then(|one| one.settle(telemetry, family, member, pod, enough));
        if let Some(shift) = shift {
            let holes = |value: &&mut f64| matches!(value.to_bits(), NOTHING_BITS | STALE_BITS);
            let values = self.values.iter_mut().filter(|value| !holes(value));
            values.for_each(|value| *value -= shift);
        }
    }

    /// Forgets what is not kept, at once.
    fn trim(&mut self) {
        let old = self.values.len().saturating_sub(self.keep as usize);
        self.values.drain(..old);
        self.first += old as i64;
    }

    /// Forgets what is not kept, when it has become much.
    fn trim_late(&mut self) {
        if self.values.len() as i64 > 2 * self.keep + 16 {
            self.trim();
        }
    }
}
