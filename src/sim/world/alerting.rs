//! Alert rules in the world: evaluated every thirty seconds on the drill's own series; what fires is posted and paged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commands::Outcome;
use super::{World, WorldEvent, WorldEventKind};
use crate::sim::command::{AlertCommand, Rejection};
use crate::sim::pager::IncidentState;
use crate::sim::parallel::{self, Workers};
use crate::sim::promql::ast::{AtTime, Expr, Node};
use crate::sim::promql::labels::Labels;
use crate::sim::promql::{self, Limits, Value};
use crate::sim::rules::notify::{GroupKey, Notification, Notifier};
use crate::sim::rules::rule::AlertingRule;
use crate::sim::rules::state::Transition;
use crate::sim::rules::watch::Newest;
use crate::sim::rules::{BEHIND, EVERY, Recorded, SINCE, Silence};
use crate::sim::time::{SimTime, Span};

/// Under this name alerts are posted and incidents closed.
const ALERTMANAGER: &str = "Alertmanager";
/// When an alert became active before the last hour is found to this.
const LOOK: Span = Span::from_mins(5);
/// The longest way back from one look to the next.
const FURTHEST_LOOK: Span = Span::from_hours(24);
/// So many looks are taken for one rule.
const MOST_LOOKS: usize = 64;

/// A trainee may add so many silences, each so long.
const MOST_SILENCES: usize = 200;
const LONGEST_SILENCE: Span = Span::from_hours(90 * 24);

/// What one evaluation of a rule gave.
type Given = Result<Vec<(Labels, f64)>, String>;

impl World {
    pub(super) fn run_alerts(&mut self) {
        self.alerts.unsettled = false;
        while self.alerts.next_at <= self.now {
            let at = self.alerts.next_at;
            self.alerts.next_at = at + EVERY;
            self.evaluate_rules(at);
        }
    }

    fn evaluate_rules(&mut self, at: SimTime) {
        let plan = Arc::clone(&self.plan);
        let mut tail = std::mem::take(&mut self.alerts.tail);
        let telemetry = self.signals.telemetry();
        Arc::make_mut(&mut tail).advance(telemetry, at - BEHIND);
        let newest = Newest::new(telemetry, &plan.watched, &tail);
        let mut transitions = Vec::new();
        for (index, rule) in plan.rules.alerting.iter().enumerate() {
            let series = Recorded::new(telemetry, &plan.rules, self.alerts.history());
            let outcome = evaluate(&series.with_scraped(&newest), &rule.expr, at);
            transitions.extend(self.alerts.update(&plan.rules, index, at, outcome));
        }
        drop(newest);
        self.alerts.tail = tail;
        self.alerts.last_at = Some(at);
        self.tell_of(at, transitions);
    }

    /// What follows from alerts that began or ceased to fire: events, posts, pages.
    fn tell_of(&mut self, at: SimTime, transitions: Vec<Transition>) {
        let plan = Arc::clone(&self.plan);
        self.alerts.unsettled |= !transitions.is_empty();
        for transition in transitions {
            let Some(rule) = plan.rules.alerting.get(transition.rule) else {
                continue;
            };
            if !self.alerts.is_silenced(&transition.labels, at) {
                self.events.push(WorldEvent {
                    at,
                    kind: WorldEventKind::Alert {
                        name: rule.name.clone(),
                        firing: transition.firing,
                    },
                });
            }
        }
        for notification in Notifier::look(&plan.rules, &mut self.alerts, at) {
            self.announce(&notification, at);
        }
    }

    fn announce(&mut self, notification: &Notification, at: SimTime) {
        let history = at <= self.plan.page;
        if !(history && self.story_tells_of(&notification.key)) {
            let channel = notification.key.channel.clone();
            self.post(ALERTMANAGER, &channel, notification.text(), None, at, None);
        }
        if notification.pages {
            self.page_for(notification, at);
        }
    }

    /// Whether a scripted message of the time before the page has announced an alert.
    fn story_tells_of(&self, key: &GroupKey) -> bool {
        let messages = self.plan.pack.scenario.messages.values();
        messages
            .filter(|message| message.channel == key.channel && message.when.is_none())
            .filter(|message| {
                message
                    .at
                    .is_some_and(|at| self.plan.moment(at) <= self.plan.page)
            })
            .any(|message| {
                message
                    .says
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .any(|word| word == key.name)
            })
    }

    fn page_for(&mut self, notification: &Notification, at: SimTime) {
        let key = &notification.key;
        self.adopt_page(key);
        let open = self
            .alerts
            .notifier
            .pages
            .get(key)
            .filter(|id| {
                self.pager
                    .get(id)
                    .is_some_and(|incident| incident.state != IncidentState::Resolved)
            })
            .cloned();
        match (open, notification.is_firing()) {
            (Some(id), false) => {
                if let Some(incident) = self.pager.get_mut(&id) {
                    incident.state = IncidentState::Resolved;
                    incident.note("system", "Resolved by Alertmanager", at);
                }
                self.alerts.notifier.pages.remove(key);
                self.paged(&id);
            }
            (Some(id), true) => {
                if let (Some(incident), false) = (self.pager.get_mut(&id), notification.repeats)
                    && incident.triggered < at
                {
                    let count = notification.firing.len();
                    let note = format!("{} is still firing ({count} alerts)", key.name);
                    incident.note("system", &note, at);
                }
            }
            (None, true) => {
                // Whoever closes an incident by hand is not paged for the same alerts again; and in the time before
                // the page the story pages: an incident about the same service is about the same thing.
                let told = at <= self.plan.page
                    && self.pager.incidents().iter().any(|incident| {
                        incident.state != IncidentState::Resolved && incident.service == key.service
                    });
                if notification.repeats || told {
                    return;
                }
                let title = notification.incident_title();
                let id = self.pager.trigger(&title, &key.service, "high", at);
                if let Some(who) = self.on_call_for(key, notification)
                    && let Some(incident) = self.pager.get_mut(&id)
                {
                    incident.note("system", &format!("Paged {who} by push"), at);
                }
                self.alerts.notifier.pages.insert(key.clone(), id.clone());
                self.paged(&id);
            }
            (None, false) => {
                self.alerts.notifier.pages.remove(key);
            }
        }
    }

    /// An open incident of the story that is about an alert becomes the alert's own.
    fn adopt_page(&mut self, key: &GroupKey) {
        if self.alerts.notifier.pages.contains_key(key) {
            return;
        }
        let about = self.pager.incidents().iter().rev().find(|incident| {
            let name = incident.title.split(':').next().unwrap_or_default().trim();
            incident.state != IncidentState::Resolved
                && name == key.name
                && (key.service.is_empty() || incident.service == key.service)
        });
        if let Some(id) = about.map(|incident| incident.id.clone()) {
            self.alerts.notifier.pages.insert(key.clone(), id);
        }
    }

    pub(super) fn apply_alerts(&mut self, command: &AlertCommand) -> Result<Outcome, Rejection> {
        match command {
            AlertCommand::Silence {
                matching,
                lasts_ms,
                comment,
            } => {
                if matching.is_empty() || *lasts_ms <= 0 || *lasts_ms > LONGEST_SILENCE.millis() {
                    return Err(Rejection::new(
                        "bad-silence",
                        "a silence needs matchers and lasts from a moment to 90 days",
                    ));
                }
                if self.alerts.silences().len() >= MOST_SILENCES {
                    return Err(Rejection::new("too-many-silences", "too many silences"));
                }
                let silence = Silence {
                    matching: matching.clone(),
                    from: self.now,
                    until: self.now + Span(*lasts_ms),
                    by: self.trainee_handle().to_owned(),
                    comment: comment.clone(),
                };
                self.alerts.silence(silence);
                Ok(Outcome::Done)
            }
            AlertCommand::ExpireSilence(id) => {
                if self.alerts.expire_silence(id, self.now) {
                    Ok(Outcome::Done)
                } else {
                    let text = format!("silence {id} not found");
                    Err(Rejection::new("no-such-silence", text))
                }
            }
        }
    }

    /// Who is on call for what an alert is about: the handle and the team.
    fn on_call_for(&self, key: &GroupKey, notification: &Notification) -> Option<String> {
        let labels = notification.firing.first().map(|(labels, _)| labels)?;
        let estate = &self.plan.pack.estate;
        let of_service = |name: &str| {
            self.plan
                .service(name)
                .map(|(_, service)| service.spec.team.clone())
        };
        let team = Some(labels.get("team"))
            .filter(|team| !team.is_empty())
            .map(str::to_owned)
            .or_else(|| {
                let names = [
                    &key.service,
                    labels.get("deployment"),
                    labels.get("container"),
                ];
                names.into_iter().find_map(of_service)
            })?;
        let on_call = estate.teams.get(&team)?.on_call.first()?;
        Some(format!("{on_call} ({team} on call)"))
    }

    /// Brings alerts to where they are at the page, by what the series were before it. What the story has announced is
    /// not announced again.
    pub(super) fn look_back_at_alerts(&mut self, workers: &dyn Workers) {
        let plan = Arc::clone(&self.plan);
        let page = plan.page.floor_to(EVERY);
        let since = page - SINCE;
        let ticks: Vec<SimTime> = (0..=SINCE.millis() / EVERY.millis())
            .map(|tick| since + Span(tick * EVERY.millis()))
            .collect();
        let telemetry = self.signals.telemetry();
        let window = (since - BEHIND, page - BEHIND);
        let mut tail = plan.watched.tail(telemetry, window, workers);
        let history = self.alerts.history();
        let mut pasts = parallel::map(workers, &plan.rules.alerting, |rule| {
            let newest = Newest::new(telemetry, &plan.watched, &tail);
            let series = Recorded::new(telemetry, &plan.rules, history);
            let mut ticked = evaluate_at(&series.with_scraped(&newest), &rule.expr, &ticks);
            let then = ticked.get(&since).filter(|then| is_active(then));
            let start = plan.history_start();
            let earlier = then.map_or_else(BTreeMap::new, |then| {
                earlier(series, rule, (start, since), then)
            });
            ticked.retain(|_, outcome| outcome.is_err() || is_active(outcome));
            Past { earlier, ticked }
        });
        for (index, past) in pasts.iter_mut().enumerate() {
            for (at, outcome) in std::mem::take(&mut past.earlier) {
                self.alerts.update(&plan.rules, index, at, outcome);
            }
        }
        for at in ticks {
            let mut transitions = Vec::new();
            for (index, past) in pasts.iter_mut().enumerate() {
                let outcome = past.ticked.remove(&at).unwrap_or_else(|| Ok(Vec::new()));
                transitions.extend(self.alerts.update(&plan.rules, index, at, outcome));
            }
            if at == since {
                Notifier::adopt(&plan.rules, &mut self.alerts, at);
            } else {
                self.tell_of(at, transitions);
            }
        }
        for key in Notifier::paging(&self.alerts) {
            self.adopt_page(&key);
        }
        tail.forget();
        self.alerts.tail = Arc::new(tail);
        self.alerts.last_at = Some(page);
        self.alerts.next_at = page + EVERY;
    }
}

/// What a rule gave before the page.
struct Past {
    /// At looks before the last hour, for one whose alerts were active when that began.
    earlier: BTreeMap<SimTime, Given>,
    /// At the ticks of the last hour at which it was active or failed.
    ticked: BTreeMap<SimTime, Given>,
}

/// What a rule gave before the last hour, for one whose alerts were active when that began: as many looks as it takes
/// to find when each of them became active. `then` is what it gave at `since`.
fn earlier(
    series: Recorded<'_>,
    rule: &AlertingRule,
    (start, since): (SimTime, SimTime),
    then: &Given,
) -> BTreeMap<SimTime, Given> {
    let mut looks = Looks {
        series,
        expr: &rule.expr,
        found: BTreeMap::new(),
    };
    let (mut upper, mut step) = (since, LOOK);
    let mut upper_keys = keys(then);
    // Further and further back until none is active, then between.
    let mut spans = Vec::new();
    while !upper_keys.is_empty() {
        let lower = upper - step;
        if lower <= start {
            break;
        }
        let lower_keys = looks.at(lower);
        spans.push(((lower, lower_keys.clone()), (upper, upper_keys)));
        (upper, upper_keys) = (lower, lower_keys);
        step = Span(step.millis() * 2).min(FURTHEST_LOOK);
    }
    while let Some(((lower, lower_keys), (upper, upper_keys))) = spans.pop() {
        let steps = (upper - lower).millis() / LOOK.millis();
        if steps < 2 || lower_keys == upper_keys || looks.found.len() >= MOST_LOOKS {
            continue;
        }
        let middle = lower + Span(steps / 2 * LOOK.millis());
        let middle_keys = looks.at(middle);
        spans.push(((lower, lower_keys), (middle, middle_keys.clone())));
        spans.push(((middle, middle_keys), (upper, upper_keys)));
    }
    looks.found
}

/// What a rule gave at some instants of the past, each by the samples before it alone.
struct Looks<'a> {
    series: Recorded<'a>,
    expr: &'a Expr,
    found: BTreeMap<SimTime, Given>,
}

impl Looks<'_> {
    /// Looks at an instant; answers with the labels of what was active.
    fn at(&mut self, at: SimTime) -> Vec<Labels> {
        let given = evaluate(&self.series, self.expr, at);
        let active = keys(&given);
        self.found.insert(at, given);
        active
    }
}

/// The labels of what a rule gave, sorted.
fn keys(given: &Given) -> Vec<Labels> {
    let samples = given.iter().flatten();
    let mut keys: Vec<Labels> = samples.map(|(labels, _)| labels.clone()).collect();
    keys.sort();
    keys
}

/// A rule at instants with equal steps between them, ascending.
fn evaluate_at(series: &Recorded<'_>, expr: &Expr, ticks: &[SimTime]) -> BTreeMap<SimTime, Given> {
    let one_by_one = || {
        ticks
            .iter()
            .map(|at| (*at, evaluate(series, expr, *at)))
            .collect()
    };
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else {
        return BTreeMap::new();
    };
    let step = ticks.get(1).map_or(EVERY, |second| *second - *first);
    if asks_for_the_ends(expr) {
        return one_by_one();
    }
    let matrix = promql::range(
        series,
        expr,
        *first - BEHIND,
        *last - BEHIND,
        step,
        &Limits::default(),
    );
    // One instant may fail where others do not.
    let Ok((matrix, _)) = matrix else {
        return one_by_one();
    };
    let mut outcomes: BTreeMap<SimTime, Given> = BTreeMap::new();
    for (index, at) in ticks.iter().enumerate() {
        let samples = matrix.columns.iter().filter_map(|column| {
            column
                .get(index)
                .map(|value| (column.labels.clone(), value))
        });
        outcomes.insert(*at, Ok(samples.collect()));
    }
    outcomes
}

fn evaluate(series: &Recorded<'_>, expr: &Expr, at: SimTime) -> Given {
    let value = promql::instant(series, expr, at - BEHIND, &Limits::default());
    match value.map_err(|error| error.to_string())? {
        (Value::Vector(samples), _) => Ok(samples
            .into_iter()
            .map(|sample| (sample.labels, sample.value))
            .collect()),
        (Value::Scalar { value, .. }, _) => Ok(vec![(Labels::empty(), value)]),
        _ => Err("rule result is not a vector or scalar".to_owned()),
    }
}

fn is_active(outcome: &Given) -> bool {
    outcome.as_ref().is_ok_and(|samples| !samples.is_empty())
}

/// Whether an expression has `@ start()` or `@ end()`, which mean something else in a range query.
fn asks_for_the_ends(expr: &Expr) -> bool {
    let mut asks = false;
    expr.walk(&mut |part| {
        let shift = match &part.node {
            Node::Vector(selector) | Node::Matrix(selector, _) => selector.shift.at,
            Node::Subquery(subquery) => subquery.shift.at,
            _ => None,
        };
        asks |= matches!(shift, Some(AtTime::Start | AtTime::End));
    });
    asks
}
