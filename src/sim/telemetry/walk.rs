//! Everything in turn: all lines of a window oldest first, all series of a metric one by one. Holds a leaf, or a
//! series and what its family's atoms counted in the window, at a time.

use super::lines::{LineFilter, LogLine};
use super::logs::LineKey;
use super::reading::Reading;
use super::samples::Samples;
use super::selection::Selection;
use super::series::Member;
use super::store::Telemetry;
use super::template::FieldKind;
use crate::sim::promql::source::Looked;

impl Telemetry {
    /// Hands over every line that a filter takes, oldest first, until an error comes back.
    pub fn each_line<E>(
        &self,
        filter: &LineFilter,
        mut visit: impl FnMut(LogLine) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut selection = Selection::new(self, filter);
        if selection.is_empty() {
            return Ok(());
        }
        let (first, last) = selection.leaves();
        let mut lines = Vec::new();
        for leaf in first..=last {
            selection.lines_of(leaf, &mut lines);
            for line in &lines {
                if let Some(line) = selection.make(line) {
                    visit(line)?;
                }
            }
        }
        Ok(())
    }

    /// Hands over every series of a metric (by the name without `_bucket` and the like) that has a sample in
    /// `(after, until]`, until an error comes back. Labels are in no order and hold `__name__`.
    pub fn each_series<E>(
        &self,
        metric: &str,
        window_ms: (i64, i64),
        mut visit: impl FnMut(&[(String, String)], Samples) -> Result<(), E>,
    ) -> Result<(), E> {
        let families = self.families().iter();
        let mut reading = Reading::new(self, window_ms, Looked::Everything, false);
        for family in families.filter(|family| family.def.metric == metric) {
            reading.next_family();
            for (slot, pod) in family.slots(self, window_ms) {
                for aspect in family.aspects(None) {
                    let member = Member { slot, aspect };
                    if let Some((times, values)) = reading.read(family, member, pod) {
                        let samples = Samples {
                            times: times.to_vec(),
                            values: values.to_vec(),
                        };
                        visit(&family.labels(member, pod), samples)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The trace that a line shows, if its template writes one.
    pub fn trace_shown(&self, key: LineKey) -> Option<u128> {
        let super::logs::LineId::Event { log, .. } = key.id else {
            return None;
        };
        let fields = self.log_def(log)?.template.fields();
        fields
            .iter()
            .any(|field| field.kind == FieldKind::TraceId)
            .then(|| self.trace_of(key))?
    }
}
