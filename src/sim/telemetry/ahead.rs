//! Counting ahead where counters stand, so that whoever first looks at one finds it counted. Changes no answer.

use std::collections::BTreeSet;

use super::atom::AtomId;
use super::reader::{Detail, Measure, Part};
use super::series::{Aspect, Family, Values};
use super::store::Telemetry;
use super::totals::detail_of;

/// What is counted in one piece: a walk over the leaves of an atom, for all its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AheadPiece {
    atom: AtomId,
    part: Part,
}

impl Telemetry {
    /// What can be counted ahead of whom asks where a counter of pods stands: what takes the least time first.
    pub fn pieces_ahead(&self) -> Vec<AheadPiece> {
        let mut known: BTreeSet<(Detail, AtomId)> = BTreeSet::new();
        let mut pieces = Vec::new();
        for family in self.families() {
            for (atoms, part) in self.parts_ahead(family) {
                for &atom in atoms {
                    if let Some(detail) = detail_of(part)
                        && known.insert((detail, atom))
                    {
                        pieces.push((detail, AheadPiece { atom, part }));
                    }
                }
            }
        }
        pieces.sort_by_key(|(detail, _)| *detail);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Counts one piece up to where history is closed.
    pub fn count_ahead(&self, piece: AheadPiece) {
        self.total_until(piece.atom, piece.part, self.closed_ms());
    }

    /// One part for each amount of detail that a family needs, of a pod that lives.
    fn parts_ahead<'a>(&self, family: &'a Family) -> Vec<(&'a [AtomId], Part)> {
        let now = self.closed_ms();
        let mut pods = family.slots(self, (now, now)).into_iter();
        let Some((slot, _)) = pods.find(|(_, pod)| pod.is_none_or(|pod| pod.lives_at(now))) else {
            return Vec::new();
        };
        let part = |measure| Part { slot, measure };
        match &family.def.values {
            Values::Counter { atoms, .. } => vec![(atoms, part(Measure::Events))],
            Values::Histogram { atoms, .. } => vec![
                (atoms, part(Measure::Events)),
                (atoms, part(Aspect::Sum.measure())),
            ],
            _ => Vec::new(),
        }
    }
}
