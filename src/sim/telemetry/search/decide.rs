//! What a query says of templates: decided one after the other, in slices, before anything is found. Draws nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::graph::{Draft, Graph, Surroundings};
use super::machine::{Machine, Stop};
use super::pieces::{self, Traces};
use super::query::Filter;
use super::{Budget, LineQuery, Search, cost};
use crate::sim::telemetry::atom::AtomId;
use crate::sim::telemetry::leaf::LeafIndex;
use crate::sim::telemetry::lines::LineFilter;
use crate::sim::telemetry::logs::{Log, LogId};
use crate::sim::telemetry::render::TraceIds;
use crate::sim::telemetry::selection::Selection;
use crate::sim::telemetry::slots::SlotTrack;
use crate::sim::telemetry::store::Telemetry;
use crate::sim::telemetry::template::{FieldKind, Template};

/// How one filter is decided for one template.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// The same for every line.
    Known(bool),
    /// By some of the fields.
    Fields(Graph),
    /// By the whole line.
    WholeLine,
}

/// What a query says of a template.
#[derive(Debug)]
pub(super) enum Plan {
    Never,
    Always,
    /// Decided by these filters of the query; the others always hold.
    Depends(Vec<(usize, Decision)>),
    /// Only the event of this trace can match; the open filters decide.
    Traced(u128, Vec<(usize, Decision)>),
}

/// What a query says of all templates that a filter takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided {
    /// The tables of each of the query's filters; none where no template has needed them, or lines are read whole.
    pub(super) machines: Vec<Option<Machine>>,
    pub(super) plans: BTreeMap<LogId, Arc<Plan>>,
    /// The pods that those templates were decided for which show them.
    pods: BTreeMap<LogId, SlotTrack>,
}

impl Decided {
    fn new(query: &LineQuery) -> Self {
        Self {
            machines: query.filters.iter().map(|_| None).collect(),
            ..Self::default()
        }
    }

    /// Whether a template is decided for the pods that it shows.
    fn knows(&self, log: LogId, shown: Option<&SlotTrack>) -> bool {
        self.plans.contains_key(&log)
            && shown.is_none_or(|slots| {
                let pods = self.pods.get(&log);
                pods.is_some_and(|pods| pods.has_pods_of(slots))
            })
    }

    /// What a copy of it costs.
    fn copied(&self) -> u64 {
        let bytes: usize = self.machines.iter().flatten().map(Machine::bytes).sum();
        bytes as u64 / cost::COPIED
    }
}

/// Templates that are still to be decided.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
    /// The last one comes first.
    logs: Vec<(AtomId, LogId)>,
    /// The first one, as far as it is decided.
    draft: PlanDraft,
}

/// A template's plan, as far as it has been made.
#[derive(Clone, Debug, Default)]
struct PlanDraft {
    /// The query's filters that are decided, those of them that are open, and the trace that one asks for.
    filters: usize,
    open: Vec<(usize, Decision)>,
    trace: Option<u128>,
    /// The next filter's graph, if it is begun.
    graph: Option<Draft>,
}

impl Search {
    /// Prepares a search and decides all templates; nothing is drawn.
    pub fn new(telemetry: Arc<Telemetry>, filter: LineFilter, query: LineQuery) -> Self {
        let mut search = Self::begin(telemetry, filter, query);
        search.finish();
        search
    }

    /// Prepares a search of which nothing is decided yet.
    pub fn begin(telemetry: Arc<Telemetry>, filter: LineFilter, query: LineQuery) -> Self {
        let decided = Arc::new(Decided::new(&query));
        let mut search = Self {
            telemetry,
            filter,
            query,
            decided,
            undecided: None,
            pinned: None,
        };
        search.look_for_undecided();
        search
    }

    /// The same search over another snapshot and window: templates stay decided, but for new ones and those that show pods
    /// of which there are more.
    pub fn renew(&mut self, telemetry: Arc<Telemetry>, from_ms: i64, until_ms: i64) {
        (self.filter.from_ms, self.filter.until_ms) = (from_ms, until_ms);
        self.telemetry = telemetry;
        self.look_for_undecided();
    }

    /// Whether all templates are decided.
    pub const fn is_decided(&self) -> bool {
        self.undecided.is_none()
    }

    /// Whether a filter's program is so large that lines are read whole.
    pub fn is_large(&self) -> bool {
        let mut filters = self.query.filters.iter();
        filters.any(|filter| filter.automaton.is_none())
    }

    /// Decides the templates that are left.
    pub fn finish(&mut self) {
        while !self.is_decided() {
            self.decide(Budget::work(u64::MAX));
        }
    }

    /// Goes on deciding within a budget of work. Says what it has taken, in units of [`Budget::work`].
    pub fn decide(&mut self, budget: Budget) -> u64 {
        let Some(mut undecided) = self.undecided.take() else {
            return 0;
        };
        let mut spent = 0;
        while let Some(&(atom, id)) = undecided.logs.last() {
            if spent > 0 && spent >= budget.cost {
                self.undecided = Some(undecided);
                return spent;
            }
            let Some(log) = self.telemetry.logs().logs.get(id.0 as usize) else {
                undecided.logs.pop();
                continue;
            };
            if Arc::strong_count(&self.decided) > 1 {
                spent += self.decided.copied();
            }
            let decided = Arc::make_mut(&mut self.decided);
            let around = around(&self.telemetry, atom);
            let left = budget.cost.saturating_sub(spent);
            spent += cost::TEMPLATE;
            let draft = &mut undecided.draft;
            let (plan, took) = draft.go_on(&self.query, &mut decided.machines, log, around, left);
            spent += took;
            let Some(plan) = plan else {
                continue;
            };
            decided.plans.insert(id, Arc::new(plan));
            if let Some(slots) = around.slots.filter(|_| shows_pods(log)) {
                decided.pods.insert(id, slots.clone());
            }
            undecided.logs.pop();
            undecided.draft = PlanDraft::default();
        }
        self.pinned = self.pin();
        spent
    }

    /// Notes the templates that are new, and those that show pods of which there are more.
    fn look_for_undecided(&mut self) {
        let mut logs = Vec::new();
        for group in &Selection::new(&self.telemetry, &self.filter).groups {
            for chosen in &group.logs {
                let shown = group.slots.filter(|_| shows_pods(chosen.log));
                if !self.decided.knows(chosen.id, shown) {
                    logs.push((group.atom, chosen.id));
                }
            }
        }
        logs.reverse();
        let draft = PlanDraft::default();
        self.undecided =
            Some(Box::new(Undecided { logs, draft })).filter(|left| !left.logs.is_empty());
        if self.is_decided() {
            self.pinned = self.pin();
        }
    }

    /// The leaves that can hold matches, if the event of a trace is all that can match besides scripted lines.
    fn pin(&self) -> Option<Vec<LeafIndex>> {
        let plans = self.decided.plans.values();
        let mut traces = plans.filter_map(|plan| match &**plan {
            Plan::Never => None,
            Plan::Traced(trace, _) => Some(Some(*trace)),
            Plan::Always | Plan::Depends(_) => Some(None),
        });
        let trace = traces.next()??;
        if !traces.all(|other| other == Some(trace)) {
            return None;
        }
        let event = TraceIds::new(self.telemetry.seed()).event(trace);
        let mut leaves: Vec<LeafIndex> = event.map(|(_, leaf, _)| leaf).into_iter().collect();
        let selection = Selection::choose(&self.telemetry, &self.filter, |_| false);
        let grid = self.telemetry.grid();
        let scripted = selection.scripted_between(selection.from_ms, selection.until_ms);
        leaves.extend(
            scripted
                .filter(|scripted| scripted.may_hold_trace() && self.query.matches(scripted.text()))
                .map(|scripted| grid.leaf_at(scripted.key.at_ms)),
        );
        leaves.sort_unstable();
        leaves.dedup();
        Some(leaves)
    }
}

fn around(telemetry: &Telemetry, atom: AtomId) -> Surroundings<'_> {
    let def = telemetry.atom_def(atom);
    let latency = def.and_then(|def| def.latency.as_ref());
    Surroundings {
        slots: def
            .and_then(|def| def.slots)
            .and_then(|id| telemetry.slots(id)),
        latency: latency.map(|(latency, _)| &**latency),
    }
}

fn shows_pods(log: &Log) -> bool {
    let mut fields = log.def.template.fields().iter();
    fields.any(|field| matches!(field.kind, FieldKind::Pod | FieldKind::Node))
}

/// A filter's machine, made when it is needed first.
fn made<'m>(machine: &'m mut Option<Machine>, filter: &Filter) -> Option<&'m mut Machine> {
    if machine.is_none() {
        *machine = Machine::new(Arc::clone(filter.automaton.as_ref()?));
    }
    machine.as_mut()
}

impl PlanDraft {
    /// Goes on within a budget of work. The plan, when it is made; and what that has taken.
    fn go_on(
        &mut self,
        query: &LineQuery,
        machines: &mut [Option<Machine>],
        log: &Log,
        around: Surroundings<'_>,
        work: u64,
    ) -> (Option<Plan>, u64) {
        let template = &log.def.template;
        let mut spent = 0;
        while let Some(filter) = query.filters.get(self.filters) {
            // The digits of a trace are found in its own event's line alone: no automaton is needed to see that.
            let traces = filter
                .trace
                .map(|wanted| (wanted, pieces::traces_of(template)));
            let decision = match traces {
                Some((wanted, Traces::Alone)) if self.trace.is_none_or(|other| other == wanted) => {
                    self.trace = Some(wanted);
                    self.filters += 1;
                    continue;
                }
                Some((_, Traces::Nowhere | Traces::Alone)) => Decision::Known(false),
                Some((_, Traces::Unclear)) | None => {
                    let machine = machines.get_mut(self.filters);
                    let machine = machine.and_then(|machine| made(machine, filter));
                    let left = work.saturating_sub(spent);
                    let (decision, took) = self.decide(machine, template, around, left);
                    spent += took;
                    let Some(decision) = decision else {
                        return (None, spent);
                    };
                    decision
                }
            };
            match decision {
                Decision::Known(found) if found == filter.negated => {
                    return (Some(Plan::Never), spent);
                }
                Decision::Known(_) => {}
                decision => self.open.push((self.filters, decision)),
            }
            self.filters += 1;
        }
        let open = std::mem::take(&mut self.open);
        let plan = match self.trace {
            Some(trace) => Plan::Traced(trace, open),
            None if open.is_empty() => Plan::Always,
            None => Plan::Depends(open),
        };
        (Some(plan), spent)
    }

    /// Goes on deciding the next filter by its machine within a budget of work. The decision, when it is made; and what that
    /// has taken.
    fn decide(
        &mut self,
        machine: Option<&mut Machine>,
        template: &Template,
        around: Surroundings<'_>,
        work: u64,
    ) -> (Option<Decision>, u64) {
        let Some(machine) = machine else {
            return (Some(Decision::WholeLine), 0);
        };
        machine.go_on(work);
        let mut draft = self.graph.take().unwrap_or_else(|| Draft::new(template));
        let decision = match draft.go_on(machine, around) {
            Ok(start) => {
                let graph = draft.finish(start);
                let known = graph.known().map(Decision::Known);
                Some(known.unwrap_or(Decision::Fields(graph)))
            }
            Err(Stop::Unclear) => Some(Decision::WholeLine),
            Err(Stop::Spent) => {
                self.graph = Some(draft);
                None
            }
        };
        (decision, machine.spent())
    }
}
