//! Where a followed counter stands: totals of its atoms, and what they were when its container started.

use super::super::atom::AtomId;
use super::super::leaf::LeafIndex;
use super::super::reader::{AtomReader, Measure, Part};
use super::super::samples::{self, Counted, ONE_Q16};
use super::super::series::{Aspect, Base, Family, Member, Values};
use super::super::slots::Slot;
use super::super::store::Telemetry;

/// How a counter's value comes from its atoms' totals.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    /// Numbers of the atom and of its part.
    pub(super) parts: Vec<(u32, u32)>,
    /// Only the rise is asked.
    pub(super) rises: bool,
    /// The container that the next two are about: when it started.
    pub(super) start_ms: Option<i64>,
    /// What the totals were then; less than nothing when they are counted from later.
    pub(super) before: i64,
    /// What it had counted when history began.
    pub(super) older: u64,
    /// Totals at T0, for what is anchored there.
    pub(super) at_open: u64,
    /// What is known of how high the counter really stands, while it is taken to stand at [`HIGH`].
    pub(super) below: Option<Below>,
}

/// What a container had counted before it was followed: counted backwards, as far as it matters.
///
/// Rates ask for it only where a counter might have begun at zero within the window, which one that stood at more than a
/// few times what it has risen by since cannot.
#[derive(Clone, Debug)]
pub(super) struct Below {
    /// When the container started: nothing lies before.
    begun_ms: i64,
    /// It is counted from here on.
    from_ms: i64,
    /// How much that is.
    counted: u64,
}

impl Below {
    /// The first stretch that is counted backwards; each is twice as long as the one after it.
    const FIRST_MS: i64 = 15 * 60_000;

    /// Counts further back until it is `enough`; says whether the beginning was reached.
    fn count_back(&mut self, enough: u64, counted: &Counted<'_>) -> bool {
        let mut stretch = Self::FIRST_MS;
        while self.counted < enough && self.from_ms > self.begun_ms {
            let from = (self.from_ms - stretch).max(self.begun_ms);
            self.counted += counted.between(from, self.from_ms);
            self.from_ms = from;
            stretch *= 2;
        }
        self.from_ms <= self.begun_ms
    }
}

/// Totals of parts of an atom up to a scrape.
#[derive(Clone, Debug)]
pub(super) struct AtomTail {
    pub(super) atom: AtomId,
    /// Totals are counted up to the start of this leaf.
    pub(super) leaf: LeafIndex,
    pub(super) parts: Vec<Part>,
    pub(super) totals: Vec<u64>,
    /// What the quarters before the scrape add.
    pub(super) quarters: Vec<u64>,
}

/// Totals of atoms at some scrapes in a row.
pub(super) struct Totals {
    pub(super) first: i64,
    pub(super) scrapes: usize,
    /// For each atom the totals of its parts, one after the other, each scrape by scrape.
    pub(super) of_atoms: Vec<Vec<u64>>,
}

impl Totals {
    /// The total of an atom's part at a scrape.
    pub(super) fn at(&self, (atom, part): (u32, u32), scrape: i64) -> u64 {
        let place = part as usize * self.scrapes + (scrape - self.first) as usize;
        let of_atom = self.of_atoms.get(atom as usize);
        of_atom
            .and_then(|totals| totals.get(place))
            .copied()
            .unwrap_or(0)
    }
}

/// What of its atoms a series counts.
pub(super) fn part_of(values: &Values, member: Member) -> Part {
    match values {
        Values::Offset { .. } => Part::ALL,
        Values::Histogram { .. } => Part {
            slot: member.slot,
            measure: member.aspect.measure(),
        },
        _ => Part {
            slot: member.slot,
            measure: Measure::Events,
        },
    }
}

pub(super) fn atoms_of(values: &Values) -> &[AtomId] {
    match values {
        Values::Counter { atoms, .. }
        | Values::Histogram { atoms, .. }
        | Values::Offset { atoms, .. } => atoms,
        _ => &[],
    }
}

impl AtomTail {
    /// The number of a part; a new one has counted nothing yet.
    pub(super) fn part(&mut self, part: Part) -> u32 {
        if let Some(known) = self.parts.iter().position(|other| *other == part) {
            return known as u32;
        }
        self.parts.push(part);
        self.totals.push(0);
        self.quarters.push(0);
        self.parts.len() as u32 - 1
    }

    /// Counts on up to some scrapes, which are given by their cuts. Gives the totals of each part, scrape by scrape.
    pub(super) fn advance(
        &mut self,
        reader: &mut AtomReader<'_>,
        cuts: &[(LeafIndex, u32)],
    ) -> Vec<u64> {
        let mut scratch = Vec::new();
        let mut seen = vec![0; self.parts.len() * cuts.len()];
        for (scrape, &(until, quarters)) in cuts.iter().enumerate() {
            let mut leaf = reader.skip_silence(self.leaf);
            while leaf < until {
                reader.add_whole(leaf, &self.parts, &mut self.totals, &mut scratch);
                leaf = reader.skip_silence(leaf + 1);
            }
            self.leaf = self.leaf.max(until);
            for (part, extra) in self.parts.iter().zip(&mut self.quarters) {
                *extra = reader.first_quarters(until, quarters, *part);
            }
            let totals = self.totals.iter().zip(&self.quarters);
            let of_scrape = seen.iter_mut().skip(scrape).step_by(cuts.len());
            for (total, (whole, quarters)) in of_scrape.zip(totals) {
                *total = whole + quarters;
            }
        }
        seen
    }

    pub(super) fn total(&self, part: u32) -> u64 {
        let part = part as usize;
        self.totals.get(part).copied().unwrap_or(0) + self.quarters.get(part).copied().unwrap_or(0)
    }
}

/// A counter that has probably counted so many events stands far above what it rises by in any window: where it stands
/// then makes no difference to how much it rises, and it is taken to stand at [`HIGH`].
const HIGH_ENOUGH: u64 = 500;
const HIGH: u64 = 10_000_000;

impl Counting {
    /// Where it stands at the start of a leaf, from which on its atoms are counted.
    pub(super) fn set_base(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        from_ms: i64,
    ) {
        let (atoms, part) = (
            atoms_of(&family.def.values),
            part_of(&family.def.values, member),
        );
        let counted = Counted {
            telemetry,
            atoms,
            part,
            pod,
        };
        let open_ms = telemetry.grid().t0().millis();
        let anchored = pod.is_none() && from_ms <= open_ms && is_anchored(&family.def.values);
        if anchored {
            self.at_open = HIGH + counted.between(from_ms, open_ms);
        } else if !self.rises {
            // All that came before is counted, and with it what a container finds.
            self.at_open = counted.at(open_ms);
        }
        let Some(slot) = pod else {
            self.before = if self.rises || anchored {
                -(HIGH as i64)
            } else {
                -(counted.at(from_ms) as i64)
            };
            return;
        };
        let start = slot.container_start_ms(from_ms);
        if start > from_ms || !slot.lives_at(from_ms) {
            return;
        }
        self.start_ms = Some(start);
        let grid = telemetry.grid();
        let begun = grid.cut_at_or_after(start).max(grid.origin_ms());
        self.before = if self.rises {
            let pods = family.def.per_pod.as_ref().map_or(1, |per_pod| {
                let track = telemetry.slots(per_pod.slots);
                track.map_or(1, |track| track.ready_at(grid.origin_ms()).len().max(1))
            });
            let high = |atom: &AtomId| {
                expected(telemetry, *atom, from_ms - begun) / pods as u64 >= HIGH_ENOUGH
            };
            // One that stands high makes the whole counter do so.
            if !atoms.iter().any(high) {
                self.below = Some(Below {
                    begun_ms: begun,
                    from_ms,
                    counted: 0,
                });
            }
            -(HIGH as i64)
        } else {
            self.older = counted.before_history(start);
            counted.at(begun) as i64 - counted.at(from_ms) as i64
        };
    }

    /// How far must be counted back once a value was read: so much that where the counter stood before makes no
    /// difference to how it rises. `None` if that is so already.
    pub(super) fn wanted(&self, value: f64) -> Option<u64> {
        let below = self.below.as_ref()?;
        let risen = (value as u64).saturating_sub(HIGH);
        (below.counted < 2 * risen).then_some(4 * risen + 4)
    }

    /// Whether another container runs at a scrape: then it must be known where this one stood, as what the next one
    /// counts is compared with it.
    pub(super) fn ends_with(&self, pod: Option<&Slot>, at_ms: i64) -> bool {
        let start = pod.map(|slot| slot.container_start_ms(at_ms));
        self.below.is_some() && start != self.start_ms
    }

    /// Counts back until it is `enough`, and says by how much all values of the container are too high if it is known
    /// then where it stands.
    pub(super) fn settle(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        enough: u64,
    ) -> Option<f64> {
        let counted = Counted {
            telemetry,
            atoms: atoms_of(&family.def.values),
            part: part_of(&family.def.values, member),
            pod,
        };
        let below = self.below.as_mut()?;
        if !below.count_back(enough, &counted) {
            return None;
        }
        let stands = below.counted;
        self.older = self
            .start_ms
            .map_or(0, |start| counted.before_history(start));
        self.before = -(stands as i64);
        self.below = None;
        Some(HIGH as f64 - (stands + self.older) as f64)
    }

    pub(super) fn value(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        at_ms: i64,
        total: u64,
    ) -> f64 {
        let total = self.since_container(telemetry, family, member, pod, at_ms, total);
        match &family.def.values {
            Values::Counter {
                unit, base, minus, ..
            } => {
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
            Values::Histogram { unit_us, .. } => {
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

    /// What was counted since the start of the container that runs at a scrape.
    fn since_container(
        &mut self,
        telemetry: &Telemetry,
        family: &Family,
        member: Member,
        pod: Option<&Slot>,
        at_ms: i64,
        total: u64,
    ) -> u64 {
        if let Some(slot) = pod {
            let start = slot.container_start_ms(at_ms);
            if self.start_ms != Some(start) {
                // It started after the last scrape: what it has counted lies between.
                let begun = telemetry.grid().cut_at_or_after(start);
                let part = part_of(&family.def.values, member);
                let counted: u64 = atoms_of(&family.def.values)
                    .iter()
                    .map(|atom| telemetry.between(*atom, part, begun, at_ms))
                    .sum();
                self.before = total as i64 - counted as i64;
                self.older = 0;
                self.start_ms = Some(start);
            }
        }
        (total as i64 - self.before).max(0) as u64 + self.older
    }
}

/// Whether a series stands where it does by what was counted since T0 alone, in whole numbers: then it makes no
/// difference from where its totals are counted.
fn is_anchored(values: &Values) -> bool {
    match values {
        Values::Offset { .. } => true,
        Values::Counter {
            unit,
            base: Base::AtOpen(value),
            minus: None,
            ..
        } => *unit == 1.0 && libm::trunc(*value) == *value,
        _ => false,
    }
}

/// About how many events an atom has had in a span of time, in all pods, at the rate with which its history began.
fn expected(telemetry: &Telemetry, atom: AtomId, span_ms: i64) -> u64 {
    let grid = telemetry.grid();
    let (first, length) = (grid.first(), grid.length_ms(grid.first()));
    let per_leaf = telemetry
        .reader(atom)
        .map_or(0, |mut reader| reader.expected_q32(first));
    let leaves = (span_ms / length.max(1)).max(0) as u128;
    ((u128::from(per_leaf) * leaves) >> 32) as u64
}
