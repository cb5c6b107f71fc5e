//! The plan: an estate and a scenario with every name resolved to an index. Immutable; what a world is made from.
//!
//! It trusts that the checks have passed: a name that does not exist leaves its part out and is named in `gaps`, it
//! never stops the game. Never holds anything that changes.

pub mod condition;
pub mod effect;
mod fault;
mod kafka;
mod milestones;
mod route;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use condition::{Cond, Deed};
pub use effect::Effects;
pub use fault::{FaultPlan, Reach};
pub use kafka::{GroupPlan, TopicPlan};
pub use milestones::Milestones;
pub use route::{CallPlan, ClassPlan, EntryPlan, RoutePlan, Strains};

use super::ids::{
    ClueId, DriverId, FaultId, GroupId, HerringId, RouteId, ServiceId, StockId, TopicId, ValkeyId,
};
use super::rules::Rules;
use super::rules::watch::Watched;
use super::time::{SimTime, Span};
use crate::scenario::format::service::Service;
use crate::scenario::pack::Pack;

/// How far back telemetry reaches before the page.
pub const HISTORY: Span = Span::from_hours(14 * 24);

/// An estate and a scenario, ready to run.
#[derive(Debug)]
pub struct Plan {
    /// The files it was made from.
    pub pack: Arc<Pack>,
    /// The instant of the page, T0.
    pub page: SimTime,
    /// The drill ends then at the latest.
    pub deadline: SimTime,
    /// Services in the order of their names.
    pub services: Vec<ServicePlan>,
    /// Routes of all services.
    pub routes: Vec<RoutePlan>,
    /// Where customers come in.
    pub entries: Vec<EntryPlan>,
    /// Routes in an order in which callers come before those they call; calls against it are left out of propagation.
    pub route_order: Vec<RouteId>,
    /// The causal graph.
    pub faults: Vec<FaultPlan>,
    /// Faults that reach some pods of a service, where flows depend on how many.
    pub partial: Vec<(FaultId, ServiceId)>,
    /// Topics.
    pub topics: Vec<TopicPlan>,
    /// Consumer groups.
    pub groups: Vec<GroupPlan>,
    /// Milestones and endings.
    pub milestones: Milestones,
    /// Conditions of people's answers, by handle and the answer's position.
    pub replies: BTreeMap<String, Vec<Option<Cond>>>,
    /// Conditions of scripted messages that wait for one.
    pub message_conditions: BTreeMap<String, Cond>,
    /// Conditions of automations.
    pub automation_conditions: BTreeMap<String, Cond>,
    /// Alerting and recording rules.
    pub rules: Rules,
    /// What the alerting rules ask for.
    pub watched: Watched,
    /// Names and further lists by name.
    pub names: Names,
    /// Names that were used and do not exist; empty for files that passed the checks.
    pub gaps: Vec<String>,
}

/// A service of the plan.
#[derive(Debug)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// As the files declare it, scenario over estate, releases joined.
    pub spec: Service,
    /// Its routes.
    pub routes: Vec<RouteId>,
    /// The groups it consumes in.
    pub groups: Vec<GroupId>,
    /// Faults that take a share of its capacity: place among the levels, share.
    pub capacity_loss: Vec<(usize, f64)>,
}

/// From names to indices.
#[derive(Debug, Default)]
pub struct Names {
    /// Services.
    pub services: BTreeMap<String, ServiceId>,
    /// Routes by service and route.
    pub routes: BTreeMap<(String, String), RouteId>,
    /// Faults.
    pub faults: BTreeMap<String, FaultId>,
    /// Stocks.
    pub stocks: BTreeMap<String, StockId>,
    /// Drivers.
    pub drivers: BTreeMap<String, DriverId>,
    /// Topics.
    pub topics: BTreeMap<String, TopicId>,
    /// Groups.
    pub groups: BTreeMap<String, GroupId>,
    /// Valkey servers.
    pub valkey: BTreeMap<String, ValkeyId>,
    /// Clues.
    pub clues: BTreeMap<String, ClueId>,
    /// Herrings.
    pub herrings: BTreeMap<String, HerringId>,
}

impl Plan {
    /// Resolves a pack. Cheap: no history is made here.
    pub fn new(pack: Arc<Pack>) -> Self {
        let page = SimTime(pack.scenario.starts.millis);
        let deadline = page + Span(pack.scenario.deadline.millis);
        let mut plan = Self {
            page,
            deadline,
            services: Vec::new(),
            routes: Vec::new(),
            entries: Vec::new(),
            route_order: Vec::new(),
            faults: Vec::new(),
            partial: Vec::new(),
            topics: Vec::new(),
            groups: Vec::new(),
            milestones: Milestones::default(),
            replies: BTreeMap::new(),
            message_conditions: BTreeMap::new(),
            automation_conditions: BTreeMap::new(),
            names: Names::of(&pack),
            rules: Rules::of(&pack),
            watched: Watched::default(),
            gaps: Vec::new(),
            pack,
        };
        plan.watched = Watched::of(&plan.rules);
        plan.gaps.extend(plan.rules.unread.iter().cloned());
        plan.add_services();
        kafka::add_topics(&mut plan);
        route::add_routes(&mut plan);
        fault::add_faults(&mut plan);
        route::add_strains(&mut plan);
        milestones::add_milestones(&mut plan);
        plan
    }

    fn add_services(&mut self) {
        let pack = Arc::clone(&self.pack);
        for name in self.names.services.keys() {
            // The loader has put the scenario's services and releases into the estate.
            let mut spec = pack.estate.services.get(name).cloned().unwrap_or_default();
            spec.releases.sort_by_key(|release| release.built.millis);
            self.services.push(ServicePlan {
                name: name.clone(),
                spec,
                routes: Vec::new(),
                groups: Vec::new(),
                capacity_loss: Vec::new(),
            });
        }
    }

    /// A service by name.
    pub fn service(&self, name: &str) -> Option<(ServiceId, &ServicePlan)> {
        let id = *self.names.services.get(name)?;
        Some((id, self.services.get(id.index())?))
    }

    /// The first instant that telemetry knows.
    pub fn history_start(&self) -> SimTime {
        self.page - HISTORY
    }

    /// The position of a tag among a service's releases, oldest first.
    pub fn release_rank(&self, service: ServiceId, tag: &str) -> Option<usize> {
        self.services
            .get(service.index())?
            .spec
            .releases
            .iter()
            .position(|release| release.tag == tag)
    }

    pub(crate) fn gap(&mut self, what: impl Into<String>) {
        self.gaps.push(what.into());
    }
}

fn numbered<'a, I: Clone>(
    names: impl Iterator<Item = &'a String>,
    make: impl Fn(u32) -> I,
) -> BTreeMap<String, I> {
    names
        .enumerate()
        .map(|(index, name)| (name.clone(), make(index as u32)))
        .collect()
}

impl Names {
    fn of(pack: &Pack) -> Self {
        let (estate, scenario) = (&pack.estate, &pack.scenario);
        let all_services: BTreeSet<&String> = estate
            .services
            .keys()
            .chain(scenario.services.keys())
            .collect();
        Self {
            services: numbered(all_services.into_iter(), ServiceId),
            routes: BTreeMap::new(),
            faults: numbered(scenario.faults.keys(), FaultId),
            stocks: numbered(scenario.stocks.keys(), StockId),
            drivers: numbered(scenario.drivers.keys(), DriverId),
            topics: BTreeMap::new(),
            groups: BTreeMap::new(),
            valkey: numbered(estate.valkey.keys(), ValkeyId),
            clues: numbered(scenario.clues.keys(), ClueId),
            herrings: numbered(scenario.red_herrings.keys(), HerringId),
        }
    }
}
