//! Checks: what no single type can say about an estate and a scenario. Reads checked types and the places they were read
//! from; gives diagnostics. Never reads files.
//!
//! What only the simulation knows (PromQL, log templates, how commits apply, which series components bring) it is asked
//! through [`Judge`].

mod alerting;
mod artifacts;
mod calls;
mod conditions;
mod effects;
mod estate;
mod faults;
mod graph;
mod infrastructure;
mod limits;
mod names;
pub mod nearest;
mod numbers;
mod repositories;
mod scenario;
mod seen;
mod services;
mod systems;
mod texts;
mod words;

use std::ops::Range;

use super::addresses;
use super::format::estate::Estate;
use super::format::scenario::Scenario;
use super::loader::files::Files;
use super::loader::place::{Place, Places};
use super::pack::RepositoryTexts;
use crate::diag::Diagnostic;

use self::names::{Kind, Names};

/// Something wrong in a text that has a language of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFlaw {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
}

/// A commit that does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFlaw {
    /// Its id, where it is known.
    pub commit: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What a check needs to ask about languages and components that this layer does not know.
pub trait Judge {
    /// The metrics that components bring by themselves; `None` for all that anybody asks for.
    fn metrics(&self) -> Option<Vec<String>>;

    /// Reads a PromQL expression: the metrics it names, with their places.
    fn promql(&self, text: &str) -> Result<Vec<(String, Range<usize>)>, TextFlaw>;

    /// The labels that an expression's series can have, if its own words decide that.
    fn labels_of(&self, _promql: &str) -> Option<Vec<String>> {
        None
    }

    /// Reads a template of an alert's label or annotation: the labels it asks for, with their places.
    fn alert_template(&self, _text: &str) -> Result<Vec<(String, Range<usize>)>, TextFlaw> {
        Ok(Vec::new())
    }

    /// Alerts that components bring by themselves.
    fn alerts(&self) -> &'static [&'static str] {
        &[]
    }

    /// Templates of lines that containers write by themselves, whatever their service's files say; `None` for any line.
    fn lines(&self) -> Option<&'static [&'static str]>;

    /// Reads a log template.
    fn template(&self, text: &str) -> Result<(), TextFlaw>;

    /// Applies the commits of a repository; `branch` is its default branch.
    fn history(&self, name: &str, branch: &str, texts: &RepositoryTexts) -> Vec<HistoryFlaw>;
}

/// Finds nothing wrong with anything it is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Unjudged;

impl Judge for Unjudged {
    fn metrics(&self) -> Option<Vec<String>> {
        None
    }

    fn promql(&self, _: &str) -> Result<Vec<(String, Range<usize>)>, TextFlaw> {
        Ok(Vec::new())
    }

    fn lines(&self) -> Option<&'static [&'static str]> {
        None
    }

    fn template(&self, _: &str) -> Result<(), TextFlaw> {
        Ok(())
    }

    fn history(&self, _: &str, _: &str, _: &RepositoryTexts) -> Vec<HistoryFlaw> {
        Vec::new()
    }
}

/// An estate, or an estate with a scenario, as it was read.
pub(super) struct Subject<'a> {
    /// The estate, with the scenario's services and releases.
    pub estate: &'a Estate,
    /// The scenario, if there is one.
    pub scenario: Option<&'a Scenario>,
    /// Where the estate's values were read from.
    pub estate_places: Places<'a>,
    /// Where the scenario's values were read from; those of the estate when there is no scenario.
    pub scenario_places: Places<'a>,
    /// The estate's files.
    pub estate_files: &'a Files,
    /// The scenario's files.
    pub scenario_files: Option<&'a Files>,
    /// Files and commits of both.
    pub repositories: &'a std::collections::BTreeMap<String, RepositoryTexts>,
    /// Whether every value could be read. Otherwise names inside of values may be missing and are not complained about.
    pub whole: bool,
}

/// Checks everything about a subject.
pub(super) fn check(subject: &Subject<'_>, judge: &dyn Judge) -> Vec<Diagnostic> {
    let metrics = judge.metrics();
    let alarms = addresses::alarms(subject.estate);
    let resources = addresses::resources(subject.estate);
    let mut names = Names::collect(
        subject,
        metrics.as_deref().unwrap_or_default(),
        judge.alerts(),
    );
    names.add(Kind::Alarm, alarms.iter().map(String::as_str));
    names.add(Kind::Resource, resources.iter().map(String::as_str));
    let mut checker = Checker {
        names,
        any_metric: metrics.is_none(),
        subject,
        judge,
        found: Vec::new(),
        patterns: 0,
        comparisons: 0,
    };
    checker.limits();
    checker.estate();
    checker.repositories();
    checker.calls();
    checker.systems();
    if let Some(scenario) = subject.scenario {
        checker.scenario(scenario);
        checker.systems_of(scenario);
        checker.graph(scenario);
    }
    checker.found
}

/// Goes through a subject and collects what is wrong.
struct Checker<'a> {
    subject: &'a Subject<'a>,
    names: Names<'a>,
    judge: &'a dyn Judge,
    /// Nobody knows which metrics there are.
    any_metric: bool,
    found: Vec<Diagnostic>,
    /// Regular expressions that were compiled.
    patterns: usize,
    /// Bytes of texts that were compared with what artifacts name.
    comparisons: usize,
}

/// The most problems that the checks list: nobody reads more, and each costs a search for the nearest name.
const MAX_FOUND: usize = 500;

impl Checker<'_> {
    /// Takes a problem; after the most that are listed, says that there are more.
    fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MAX_FOUND {
            self.found.push(diagnostic);
        } else if self.found.len() == MAX_FOUND {
            self.found.push(Diagnostic {
                id: super::ids::MORE_PROBLEMS,
                message: format!(
                    "there are more than {MAX_FOUND} problems; the others are not listed"
                ),
                hint: Some("mend these first".to_owned()),
                labels: Vec::new(),
                ..diagnostic
            });
        }
    }

    /// Whether there are as many problems already as are listed.
    fn is_full(&self) -> bool {
        self.found.len() > MAX_FOUND
    }

    /// Says when a name of a kind does not exist.
    fn refer(&mut self, kind: Kind, name: &str, at: &Place<'_>) {
        let unknowable = (!self.subject.whole && kind.is_inside())
            || (self.subject.scenario.is_none() && kind.is_of_scenario());
        if unknowable || self.is_full() || self.names.has(kind, name) {
            return;
        }
        let hint = self.names.hint(kind, name);
        self.push(
            at.error(kind.id(), format!("there is no {} `{name}`", kind.noun()))
                .hint(hint),
        );
    }

    fn refer_all(&mut self, kind: Kind, names: &[String], at: &Place<'_>) {
        for (index, name) in names.iter().enumerate() {
            self.refer(kind, name, &at.item(index));
        }
    }

    /// Says when a service has no such route; `None` is all routes.
    fn route(&mut self, service: &str, route: &str, at: &Place<'_>) {
        let Some(known) = self.subject.estate.services.get(service) else {
            return;
        };
        if !known.routes.contains_key(route) && !self.is_full() {
            let names: Vec<&str> = known.routes.keys().map(String::as_str).collect();
            let hint = nearest::did_you_mean(route, names.iter().copied())
                .unwrap_or_else(|| format!("its routes are {}", nearest::list(&names)));
            self.push(
                at.error(
                    super::ids::NO_ROUTE,
                    format!("`{service}` has no route `{route}`"),
                )
                .hint(hint),
            );
        }
    }

    /// Says when a service has no such release.
    fn release(&mut self, service: &str, tag: &str, at: &Place<'_>) {
        let Some(known) = self.subject.estate.services.get(service) else {
            return;
        };
        if !known.releases.iter().any(|release| release.tag == tag) {
            let tags: Vec<&str> = known
                .releases
                .iter()
                .map(|release| release.tag.as_str())
                .collect();
            self.push(
                at.error(
                    super::ids::NO_RELEASE,
                    format!("`{service}` has no release `{tag}`"),
                )
                .hint(format!("its releases are {}", nearest::list(&tags))),
            );
        }
    }

    /// Says when a person does not exist. An app is one too, and so is the trainee.
    fn person(&mut self, handle: &str, at: &Place<'_>) {
        let trainee = self
            .subject
            .scenario
            .is_some_and(|scenario| scenario.trainee == handle);
        if !trainee && !self.is_app(handle) {
            self.refer(Kind::Person, handle, at);
        }
    }

    fn people(&mut self, handles: &[String], at: &Place<'_>) {
        for (index, handle) in handles.iter().enumerate() {
            self.person(handle, &at.item(index));
        }
    }

    /// Whether a name is that of an app: it begins with a capital, or the estate says so.
    fn is_app(&self, name: &str) -> bool {
        name.chars().next().is_some_and(char::is_uppercase)
            || self.subject.estate.apps.iter().any(|app| app == name)
    }

    /// Says when a metric does not exist.
    fn metric(&mut self, name: &str, at: &Place<'_>) {
        if self.any_metric || self.is_full() || self.names.has(Kind::Metric, name) {
            return;
        }
        let hint = self.names.hint(Kind::Metric, name);
        self.push(
            at.error(
                super::ids::NO_METRIC,
                format!("no series is called `{name}`"),
            )
            .hint(hint),
        );
    }
}
