//! What the evaluator reads: series with their samples, and how it asks for them. Never makes samples itself.

use std::sync::Arc;

use thiserror::Error;

use super::ast::Grouping;
use super::labels::Labels;
use super::matcher::Matcher;
use crate::sim::time::{SimTime, Span};

/// The bits of the sample value that says "this series ended here": Prometheus's stale marker.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The stale marker as a sample value.
pub fn stale_marker() -> f64 {
    f64::from_bits(STALE_BITS)
}

/// Whether a sample value is the stale marker. Any other NaN is an ordinary value.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// One series and some of its samples.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its identity, the metric name included.
    pub labels: Labels,
    /// When each sample was taken: milliseconds since the epoch, strictly ascending. Series of one scrape grid can
    /// share one list; the evaluator then finds its windows once for all of them.
    pub times: Arc<[i64]>,
    /// The samples' values, as many as `times`.
    pub values: Arc<[f64]>,
}

impl Series {
    /// A series from (milliseconds, value) pairs in ascending order.
    pub fn from_samples(labels: Labels, samples: &[(i64, f64)]) -> Self {
        Self {
            labels,
            times: samples.iter().map(|(at, _)| *at).collect(),
            values: samples.iter().map(|(_, value)| *value).collect(),
        }
    }
}

/// What a query looks at in the samples that it selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// All of them.
    Everything,
    /// The newest one at or before each of `count` instants, the first of them `first`, each `step` after the one before.
    Newest {
        /// The first instant.
        first: SimTime,
        /// From one to the next.
        step: Span,
        /// How many there are.
        count: usize,
        /// Of counters only how much they rise from one instant to the next is looked at, and where they stand when they
        /// begin after the first instant or begin again.
        rises: bool,
    },
    /// How much counters rise in windows of this length as `rate`, `increase` and `irate` tell it, not where they stand.
    Rises {
        /// The length.
        window: Span,
    },
}

/// Why a source could not answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// The source is blind, stale or refuses; the text is shown as the real system would show it.
    #[error("{0}")]
    Unavailable(String),
    /// The answer would hold more samples than the source gives out at once.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
}

/// A sum of `rate` or `increase` over some series at one instant: what a source may know without giving out samples.
#[derive(Clone, Copy, Debug)]
pub struct SummedRises<'a> {
    /// All of these must hold.
    pub matchers: &'a [Matcher],
    /// The window is `(start, end]`.
    pub start: SimTime,
    /// Its end.
    pub end: SimTime,
    /// `rate` instead of `increase`.
    pub per_second: bool,
    /// How the series are grouped.
    pub grouping: &'a Grouping,
}

/// A store of series that queries run over.
pub trait SeriesSource {
    /// The groups' labels and sums, in the order of the groups' first series by labels; none if the source leaves that
    /// to the evaluator. Must be what the evaluator makes of [`Self::select`], to the bit.
    fn summed_rises(&self, _asked: &SummedRises<'_>) -> Option<Vec<(Labels, f64)>> {
        None
    }

    /// The series that fulfil all matchers, each with its samples in `(start, end]`, ascending. Series without a
    /// sample in the window may be left out. The order of the series does not matter.
    fn select(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
    ) -> Result<Vec<Series>, SourceError>;

    /// The same for a query that looks at nothing else: what it does not look at may be missing or untrue, as long as no
    /// answer changes by it, not in its last bit.
    fn select_for(
        &self,
        matchers: &[Matcher],
        start: SimTime,
        end: SimTime,
        _looked: Looked,
    ) -> Result<Vec<Series>, SourceError> {
        self.select(matchers, start, end)
    }

    /// At least as many samples as [`Self::estimate_samples`] says, if that is cheaper to know: where so many are allowed
    /// nobody has to ask for more.
    fn most_samples(&self, _matchers: &[Matcher], _start: SimTime, _end: SimTime) -> Option<u64> {
        None
    }

    /// About how many samples [`Self::select`] would return, if that is known without making them. The evaluator
    /// refuses a query by this number before any sample exists.
    fn estimate_samples(
        &self,
        _matchers: &[Matcher],
        _start: SimTime,
        _end: SimTime,
    ) -> Option<u64> {
        None
    }

    /// All metric names, sorted, for completion.
    fn metric_names(&self) -> Vec<String>;

    /// The label names of the series that fulfil all matchers, sorted, for completion.
    fn label_names(&self, matchers: &[Matcher]) -> Vec<String>;

    /// The values that one label has among the series that fulfil all matchers, sorted, for completion.
    fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String>;
}
