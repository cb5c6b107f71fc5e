//! The newest samples of chosen series, followed scrape by scrape: what was counted is not counted again.
//!
//! A tail gives the same samples to the bit as [`Telemetry::read_series`]; it is for those who ask the same every few
//! seconds, such as alert rules. It follows one telemetry, and its clone; nothing of it is state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::atom::AtomId;
use super::leaf::{LeafIndex, SCRAPE_MS};
use super::reader::Part;
use super::samples::{self, Counted, ONE_Q16, STALE_BITS};
use super::series::{Aspect, Base, Family, Member, Values};
use super::slots::Slot;
use super::store::Telemetry;
use crate::sim::promql::labels::{Labels, METRIC_NAME};
use crate::sim::promql::matcher::{MatchOp, Matcher, all_match};
use crate::sim::promql::source::Series;
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
}

/// The newest samples of some selections of series.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    selections: Arc<Vec<Selection>>,
    /// Series of each selection, sorted by labels.
    members: Vec<Vec<u32>>,
    series: Vec<Followed>,
    by_key: BTreeMap<Key, u32>,
    atoms: Vec<AtomTail>,
    by_atom: BTreeMap<AtomId, u32>,
    /// How many families there were, and pods of each followed family, when series were last looked for.
    looked: (usize, BTreeMap<u32, usize>),
    /// The newest scrape that was read: its instant in multiples of the scrape interval.
    reached: Option<i64>,
}

/// Which series: the family's place, the pod, the aspect.
type Key = (u32, Option<u32>, u16);

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
    keep: usize,
    was_there: bool,
    counted: Option<Counting>,
}

/// How a counter's value comes from its atoms' totals.
#[derive(Clone, Debug)]
struct Counting {
    /// Numbers of the atom and of its part.
    parts: Vec<(u32, u32)>,
    /// The container that the next two are about: when it started.
    start_ms: Option<i64>,
    /// What the totals were then.
    before: u64,
    /// What it had counted when history began.
    older: u64,
    /// Totals at T0, for what is anchored there.
    at_open: u64,
}

/// Totals of parts of an atom up to a leaf.
#[derive(Clone, Debug)]
struct AtomTail {
    atom: AtomId,
    leaf: LeafIndex,
    parts: Vec<Part>,
    totals: Vec<u64>,
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

impl Tail {
    /// Follows some selections.
    pub fn new(selections: Vec<Selection>) -> Self {
        Self {
            members: vec![Vec::new(); selections.len()],
            selections: Arc::new(selections),
            ..Self::default()
        }
    }

    /// What is followed.
    pub fn selections(&self) -> &[Selection] {
        &self.selections
    }

    /// Whether it has all samples of a selection in `(start, end]`: none before the drill's start.
    pub fn covers(&self, selection: usize, start: SimTime, end: SimTime) -> bool {
        let Some((reached, selection)) = self.reached.zip(self.selections.get(selection)) else {
            return false;
        };
        (reached + 1) * SCRAPE_MS > end.millis()
            && start.millis() >= reached * SCRAPE_MS - selection.reach_ms
    }

    /// Reads all scrapes up to an instant, which must be closed. Nothing is read before the drill has started.
    pub fn advance(&mut self, telemetry: &Telemetry, until: SimTime) {
        let until_ms = until.millis().min(telemetry.closed_ms());
        let last = until_ms.div_euclid(SCRAPE_MS);
        if last * SCRAPE_MS < telemetry.grid().t0().millis() {
            return;
        }
        match self.reached {
            Some(reached) => {
                for scrape in reached + 1..=last {
                    self.scrape(telemetry, scrape);
                }
                self.reached = Some(reached.max(last));
            }
            None => self.reached = Some(last),
        }
        self.look_for_series(telemetry);
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
            let begin = low.max(followed.first);
            let end = high.min(followed.first + followed.values.len() as i64);
            if begin >= end {
                continue;
            }
            let from = (begin - followed.first) as usize;
            let until = (end - followed.first) as usize;
            let values = followed.values.get(from..until).unwrap_or(&[]);
            if values.iter().any(|value| value.to_bits() == NOTHING_BITS) {
                let samples: Vec<(i64, f64)> = (begin..end)
                    .zip(values)
                    .filter(|(_, value)| value.to_bits() != NOTHING_BITS)
                    .map(|(scrape, value)| (scrape * SCRAPE_MS, *value))
                    .collect();
                if !samples.is_empty() {
                    found.push(Series::from_samples(followed.labels.clone(), &samples));
                }
                continue;
            }
            let times = match &shared {
                Some((from, until, times)) if (*from, *until) == (begin, end) => Arc::clone(times),
                _ => {
                    let times: Arc<[i64]> =
                        (begin..end).map(|scrape| scrape * SCRAPE_MS).collect();
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

    fn scrape(&mut self, telemetry: &Telemetry, scrape: i64) {
        let at_ms = scrape * SCRAPE_MS;
        let (leaf, _) = telemetry.grid().cut(at_ms);
        let mut scratch = Vec::new();
        for atom in &mut self.atoms {
            atom.advance(telemetry, leaf, &mut scratch);
        }
        let (atoms, families) = (&self.atoms, telemetry.families());
        for followed in &mut self.series {
            let Some(family) = families.get(followed.family as usize) else {
                continue;
            };
            let pod = pod_of(telemetry, family, followed.member);
            followed.read(telemetry, family, pod, at_ms, atoms);
        }
    }

    /// Finds series that are new since it was last looked.
    fn look_for_series(&mut self, telemetry: &Telemetry) {
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
            let metric = selection
                .matchers
                .iter()
                .find(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
                .map(Matcher::value);
            let reached = self.reached.unwrap_or(0) * SCRAPE_MS;
            let window = (reached - selection.reach_ms, reached);
            for place in telemetry.places_named(metric) {
                let Some(family) = telemetry.families().get(place as usize) else {
                    continue;
                };
                self.looked
                    .1
                    .insert(place, pods_of(telemetry, family));
                for (slot, pod) in family.slots(telemetry, window) {
                    for aspect in family.aspects(metric) {
                        let member = Member { slot, aspect };
                        self.follow(telemetry, index, selection, place, member, pod);
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
    }

    fn follow(
        &mut self,
        telemetry: &Telemetry,
        index: usize,
        selection: &Selection,
        place: u32,
        member: Member,
        pod: Option<&Slot>,
    ) {
        let Some(family) = telemetry.families().get(place as usize) else {
            return;
        };
        // The samples kept, and one more: whether there was one tells where a series ended.
        let keep = (selection.reach_ms / SCRAPE_MS + 2) as usize;
        let key = key(place, member);
        if let Some(known) = self.by_key.get(&key).copied() {
            let Some(followed) = self.series.get_mut(known as usize) else {
                return;
            };
            if all_match(&selection.matchers, &followed.labels) {
                if keep > followed.keep {
                    followed.keep = keep;
                    followed.fill(telemetry, family, pod, self.reached.unwrap_or(0));
                }
                if let Some(members) = self.members.get_mut(index)
                    && !members.contains(&known)
                {
                    members.push(known);
                }
            }
            return;
        }
        let labels = Labels::new(family.labels(member, pod));
        if !all_match(&selection.matchers, &labels) {
            return;
        }
        let reached = self.reached.unwrap_or(0);
        let mut followed = Followed {
            family: place,
            member,
            labels,
            first: 0,
            values: Vec::new(),
            keep,
            was_there: false,
            counted: self.counting(telemetry, family, member, pod, reached * SCRAPE_MS),
        };
        followed.fill(telemetry, family, pod, reached);
        let number = self.series.len() as u32;
        self.series.push(followed);
        self.by_key.insert(key, number);
        if let Some(members) = self.members.get_mut(index) {
            members.push(number);
        }
    }

    fn counting(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        at_ms: i64,
    ) -> Option<Counting> {
        let (atoms, part) = match &family.def.values {
            Values::Counter { atoms, .. } => (
                atoms,
                Part {
                    slot: member.slot,
                    measure: super::reader::Measure::Events,
                },
            ),
            Values::Histogram { atoms, .. } => (
                atoms,
                Part {
                    slot: member.slot,
                    measure: member.aspect.measure(),
                },
            ),
            Values::Offset { atoms, .. } => (atoms, Part::ALL),
            _ => return None,
        };
        let (leaf, _) = telemetry.grid().cut(at_ms);
        let parts = atoms
            .iter()
            .map(|&atom| {
                let number = *self.by_atom.entry(atom).or_insert_with(|| {
                    self.atoms.push(AtomTail {
                        atom,
                        leaf,
                        parts: Vec::new(),
                        totals: Vec::new(),
                    });
                    self.atoms.len() as u32 - 1
                });
                let tail = self.atoms.get_mut(number as usize);
                let part = tail.map_or(0, |tail| tail.part(telemetry, part, at_ms));
                (number, part)
            })
            .collect();
        let counted = Counted {
            telemetry,
            atoms,
            part,
            pod,
        };
        Some(Counting {
            parts,
            before: 0,
            older: 0,
            start_ms: None,
            at_open: counted.at(telemetry.grid().t0().millis()),
        })
    }
}

fn pods_of(telemetry: &Telemetry, family: &Family) -> usize {
    family
        .def
        .per_pod
        .as_ref()
        .and_then(|per_pod| telemetry.slots(per_pod.slots))
        .map_or(0, |track| track.len())
}

fn pod_of<'a>(telemetry: &'a Telemetry, family: &Family, member: Member) -> Option<&'a Slot> {
    let per_pod = family.def.per_pod.as_ref()?;
    telemetry.slots(per_pod.slots)?.slot(member.slot?)
}

impl AtomTail {
    /// The number of a part; a new one has counted what it has counted.
    fn part(&mut self, telemetry: &Telemetry, part: Part, at_ms: i64) -> u32 {
        if let Some(known) = self.parts.iter().position(|other| *other == part) {
            return known as u32;
        }
        self.parts.push(part);
        self.totals
            .push(telemetry.total_until(self.atom, part, at_ms));
        self.parts.len() as u32 - 1
    }

    fn advance(&mut self, telemetry: &Telemetry, until: LeafIndex, scratch: &mut Vec<u64>) {
        let Some(mut reader) = telemetry.reader(self.atom) else {
            return;
        };
        let mut leaf = reader.skip_silence(self.leaf);
        while leaf < until {
            reader.add_whole(leaf, &self.parts, &mut self.totals, scratch);
            leaf = reader.skip_silence(leaf + 1);
        }
        self.leaf = self.leaf.max(until);
    }
}

impl Followed {
    /// Reads what is kept of the past.
    fn fill(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        pod: Option<&Slot>,
        reached: i64,
    ) {
        let first = reached + 1 - self.keep as i64;
        let window = (first * SCRAPE_MS - 1, reached * SCRAPE_MS);
        let read = samples::read(telemetry, family, self.member, pod, window);
        self.first = first;
        self.values = vec![f64::from_bits(NOTHING_BITS); self.keep];
        for (at, value) in read.times.iter().zip(&read.values) {
            let place = usize::try_from(at.div_euclid(SCRAPE_MS) - first);
            if let Some(slot) = place.ok().and_then(|place| self.values.get_mut(place)) {
                *slot = *value;
            }
        }
        self.was_there = samples::is_there(telemetry, family, pod, reached * SCRAPE_MS);
    }

    fn read(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        pod: Option<&Slot>,
        at_ms: i64,
        atoms: &[AtomTail],
    ) {
        let there = samples::is_there(telemetry, family, pod, at_ms);
        let value = if there {
            self.value(telemetry, family, pod, at_ms, atoms)
        } else if self.was_there {
            f64::from_bits(STALE_BITS)
        } else {
            f64::from_bits(NOTHING_BITS)
        };
        self.was_there = there;
        self.values.push(value);
        if self.values.len() > 2 * self.keep + 16 {
            let old = self.values.len() - self.keep;
            self.values.drain(..old);
            self.first += old as i64;
        }
    }

    fn value(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        pod: Option<&Slot>,
        at_ms: i64,
        atoms: &[AtomTail],
    ) -> f64 {
        let Some(counting) = &mut self.counted else {
            let values = samples::values(telemetry, family, self.member, pod, &[at_ms]);
            return values.first().copied().unwrap_or(0.0);
        };
        let total: u64 = counting
            .parts
            .iter()
            .filter_map(|(atom, part)| {
                atoms.get(*atom as usize)?.totals.get(*part as usize)
            })
            .sum();
        counting.value(telemetry, family, self.member, pod, at_ms, total)
    }
}

impl Counting {
    fn value(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        at_ms: i64,
        total: u64,
    ) -> f64 {
        match &family.def.values {
            Values::Counter {
                atoms,
                unit,
                base,
                minus,
            } => {
                let total = self.since_container(telemetry, atoms, family, member, pod, at_ms, total);
                let offset = match base {
                    _ if pod.is_some() => 0.0,
                    Base::AtOrigin(value) => *value,
                    Base::AtOpen(value) => value - self.at_open as f64 * unit,
                };
                match minus.and_then(|id| telemetry.level(id)) {
                    Some(level) => (total as f64 * unit + offset
                        - level.value_at(at_ms) as f64 / ONE_Q16 * unit)
                        .max(0.0),
                    None => total as f64 * unit + offset,
                }
            }
            Values::Histogram { atoms, unit_us } => {
                let total = self.since_container(telemetry, atoms, family, member, pod, at_ms, total);
                let scale = if member.aspect == Aspect::Sum {
                    (*unit_us).max(1) as f64
                } else {
                    1.0
                };
                total as f64 / scale
            }
            values => samples::offset(telemetry, values, total, self.at_open, at_ms),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a sample depends on")]
    fn since_container(
        &mut self,
        telemetry: &Telemetry,
        atoms: &[AtomId],
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        at_ms: i64,
        total: u64,
    ) -> u64 {
        let Some(slot) = pod else {
            return total;
        };
        let start = slot.container_start_ms(at_ms);
        if self.start_ms != Some(start) {
            let measure = match &family.def.values {
                Values::Histogram { .. } => member.aspect.measure(),
                _ => super::reader::Measure::Events,
            };
            let counted = Counted {
                telemetry,
                atoms,
                part: Part {
                    slot: member.slot,
                    measure,
                },
                pod,
            };
            self.before = counted.at(telemetry.grid().cut_at_or_after(start));
            self.older = counted.before_history(start);
            self.start_ms = Some(start);
        }
        total.saturating_sub(self.before) + self.older
    }
}
