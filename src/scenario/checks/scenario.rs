//! Checks of a scenario: what it says of itself, its story, people, messages and records.

use super::names::{Kind, classes};
use super::nearest::list;
use super::{Checker, limits};
use crate::scenario::format::records::{Counts, Incident, SentryIssue};
use crate::scenario::format::scenario::{Knowledge, Message, Scenario};
use crate::scenario::format::telemetry::Pin;
use crate::scenario::format::values::Moment;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    /// Everything of the scenario but its causal graph.
    pub(super) fn scenario(&mut self, scenario: &Scenario) {
        self.head(scenario);
        self.faults(scenario);
        self.story(scenario);
        self.pins(scenario);
        self.endings(scenario);
        let places = self.subject.scenario_places;
        for (name, herring) in &scenario.red_herrings {
            let at = places.entry("red_herrings", name);
            self.artifacts(&herring.shown_by, &at.field("shown_by"));
            self.artifacts(&herring.refuted_by, &at.field("refuted_by"));
            if let Some(blamed) = &herring.blames {
                self.refer(Kind::Service, blamed, &at.field("blames"));
            }
            for (field, artifacts, verb) in [
                ("shown_by", &herring.shown_by, "shows"),
                ("refuted_by", &herring.refuted_by, "refutes"),
            ] {
                if artifacts.is_empty() {
                    self.push(
                        at.field(field)
                            .error(ids::HERRING_UNREFUTED, format!("nothing {verb} the red herring `{name}`"))
                            .hint("name an artifact; who follows a wrong trail must be able to see that it is wrong"),
                    );
                }
            }
        }
        for (handle, knowledge) in &scenario.people {
            self.knowledge(handle, knowledge, &places.entry("people", handle));
        }
        for (name, message) in &scenario.messages {
            self.message(message, &places.entry("messages", name));
        }
        for (id, issue) in &scenario.sentry {
            self.sentry_issue(issue, &places.entry("sentry", id));
        }
        for (id, incident) in &scenario.incidents {
            self.incident(incident, &places.entry("incidents", id));
        }
        for (key, ticket) in &scenario.tickets {
            self.ticket(ticket, &places.entry("tickets", key));
        }
        for (name, rule) in &scenario.alerts {
            self.alert(rule, &places.entry("alerts", name));
        }
        for (name, spec) in &scenario.series {
            self.series(spec, &places.entry("series", name));
        }
        for (name, releases) in &scenario.releases {
            let at = places.entry("releases", name);
            self.refer(Kind::Service, name, &at.name());
            if let Some(service) = self.subject.estate.services.get(name) {
                self.releases(service, releases, &at);
            }
        }
    }

    fn head(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        for (field, text) in [
            ("title", &scenario.title),
            ("summary", &scenario.summary),
            ("severity", &scenario.severity),
        ] {
            self.not_empty(text, &format!("`{field}`"), &places.field(field));
        }
        self.count(
            u64::from(scenario.minutes),
            1,
            24 * 60,
            &places.field("minutes"),
        );
        self.duration(scenario.deadline, "5m", "2d", &places.field("deadline"));
        if scenario.starts.millis % 60_000 != 0 {
            self.push(
                places
                    .field("starts")
                    .error(ids::STARTS, "the page is not at a whole minute")
                    .hint("leave out the seconds: `...:00Z`"),
            );
        }
        let briefing = self
            .subject
            .scenario_files
            .is_some_and(|files| files.markdown.contains_key(&scenario.briefing));
        if !briefing && self.subject.whole {
            self.push(
                places
                    .field("briefing")
                    .error(
                        ids::NO_TEXT,
                        format!(
                            "there is no file `{}` beside scenario.ron",
                            scenario.briefing
                        ),
                    )
                    .hint("the briefing is a Markdown file, for example `brief.md`"),
            );
        }
        self.page(scenario);
        self.not_empty(
            &scenario.trainee,
            "the trainee's handle",
            &places.field("trainee"),
        );
        for (index, (moment, factor)) in scenario.traffic.iter().enumerate() {
            let place = places.item("traffic", index);
            self.moment(*moment, false, &place.item(0));
            self.number(*factor, 0.0, 100.0, &place.item(1));
            let (before, _) = scenario.traffic.split_at(index);
            let page = scenario.starts;
            if before
                .last()
                .is_some_and(|(last, _)| last.millis(page) >= moment.millis(page))
            {
                self.push(
                    place
                        .item(0)
                        .error(ids::ORDER, "the moments are not in the order of time")
                        .hint("write the earliest first"),
                );
            }
        }
        if let Some((worth, _)) = &scenario.worth {
            self.number(*worth, 0.0, 1e9, &places.field("worth").item(0));
        }
    }

    /// The incident that the drill begins with.
    fn page(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        self.refer(Kind::Incident, &scenario.page, &places.field("page"));
        let Some(incident) = scenario.incidents.get(&scenario.page) else {
            return;
        };
        let at = places.entry("incidents", &scenario.page);
        if incident.triggered.millis(scenario.starts) > scenario.starts.millis {
            self.push(
                at.field("triggered")
                    .error(
                        ids::MOMENT,
                        "the page is triggered after the drill has begun",
                    )
                    .hint("write `T+0s`, or the moment before it at which the alert fired"),
            );
        }
        for field in ["acknowledged", "resolved"] {
            let given = match field {
                "acknowledged" => incident.acknowledged.is_some(),
                _ => incident.resolved.is_some(),
            };
            if given {
                self.push(
                    at.field(field)
                        .name()
                        .error(
                            ids::MOMENT,
                            format!("the page is {field} before the trainee has seen it"),
                        )
                        .hint("leave it out: that is the trainee's to do"),
                );
            }
        }
    }

    /// The message whose thread another one is in.
    fn thread(&mut self, parent: &str, at: &Place<'_>) {
        let messages = self.subject.scenario.map(|scenario| &scenario.messages);
        let within = messages
            .and_then(|messages| messages.get(parent))
            .and_then(|message| message.thread_of.as_ref());
        if within.is_some() {
            self.push(
                at.error(ids::THREAD, format!("`{parent}` is in a thread itself"))
                    .hint("name the message that the thread began with"),
            );
        }
    }

    fn story(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        for (index, happening) in scenario.story.iter().enumerate() {
            let at = places.item("story", index);
            self.moment(happening.at, false, &at.field("at"));
            self.changes(&happening.does, &at.field("does"));
            if let Some(by) = &happening.by {
                self.person(by, &at.field("by"));
            }
        }
        for (name, automation) in &scenario.automations {
            let at = places.entry("automations", name);
            self.condition(&automation.when, &at.field("when"));
            self.changes(&automation.does, &at.field("does"));
            self.count(u64::from(automation.times), 1, 1000, &at.field("times"));
        }
    }

    fn endings(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        self.word_lists(&scenario.update_words, &places.field("update_words"));
        self.condition(&scenario.mitigated, &places.field("mitigated"));
        self.condition(&scenario.resolved, &places.field("resolved"));
        if let Some(worse) = &scenario.made_worse {
            self.condition(worse, &places.field("made_worse"));
        }
        self.number(
            scenario.par.customer_minutes,
            0.0,
            1e9,
            &places.field("par").field("customer_minutes"),
        );
        for (field, span) in [
            ("acknowledge", scenario.par.acknowledge),
            ("first_update", scenario.par.first_update),
            ("mitigate", scenario.par.mitigate),
            ("root_cause", scenario.par.root_cause),
        ] {
            if span > scenario.deadline && self.subject.whole {
                self.push(
                    places
                        .field("par")
                        .field(field)
                        .error(ids::DURATION, "par is after the drill's deadline")
                        .hint(format!("the drill ends after {}", scenario.deadline)),
                );
            }
        }
    }

    fn pins(&mut self, scenario: &Scenario) {
        let places = self.subject.scenario_places;
        let page = scenario.starts;
        for (index, pin) in scenario.pins.iter().enumerate() {
            let at = places.item("pins", index);
            self.counts(&pin.of, &at.field("of"));
            self.window(pin.from, pin.until, &at.field("until"));
            self.moment(pin.from, false, &at.field("from"));
            if pin.until.millis(page) > page.millis {
                self.push(
                    at.field("until")
                        .error(ids::WINDOW, "the pin ends after the page")
                        .hint("what comes after the page depends on the trainee: end at `T+0s` at the latest"),
                );
            }
            self.count(pin.total, 0, limits::MAX_PINNED, &at.field("total"));
            let (before, _) = scenario.pins.split_at(index);
            if let Some(other) = before
                .iter()
                .position(|other| overlap(other, pin, scenario))
            {
                let problem = at
                    .error(
                        ids::PINS_OVERLAP,
                        "the pin overlaps with another one of the same events",
                    )
                    .hint("let one end where the other begins");
                let problem = places.item("pins", other).label(problem, "the other one");
                self.push(problem);
            }
        }
    }

    /// A window of time.
    pub(super) fn window(&mut self, from: Moment, until: Moment, at: &Place<'_>) {
        let page = self
            .subject
            .scenario
            .map(|scenario| scenario.starts)
            .unwrap_or_default();
        let comparable = self.subject.scenario.is_some()
            || matches!(
                (from, until),
                (Moment::At(_), Moment::At(_)) | (Moment::FromPage(_), Moment::FromPage(_))
            );
        if comparable && until.millis(page) <= from.millis(page) {
            self.push(
                at.error(ids::WINDOW, "the window ends before it begins")
                    .hint("write the earlier moment first"),
            );
        }
    }

    /// What a count of events comes from.
    fn counts(&mut self, counts: &Counts, at: &Place<'_>) {
        match counts {
            Counts::Outcome { of, route, class } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.route(of, route, &at.field("route"));
                self.class(of, route, class, &at.field("class"));
            }
            Counts::Template { of, template } => {
                self.refer(Kind::Service, of, &at.field("of"));
                self.named_template(of, template, &at.field("template"));
            }
            Counts::Crashes { of } => self.refer(Kind::Service, of, &at.field("of")),
            Counts::Gaps { group } => self.refer(Kind::Group, group, &at.field("group")),
            Counts::Steady { .. } => {}
        }
    }

    fn class(&mut self, service: &str, route: &str, class: &str, at: &Place<'_>) {
        let faults = self
            .subject
            .scenario
            .into_iter()
            .flat_map(|scenario| scenario.faults.values());
        let known: Vec<&str> = classes(faults, service)
            .into_iter()
            .filter(|(of, _)| of.is_none_or(|of| of == route))
            .map(|(_, class)| class)
            .collect();
        if !known.contains(&class) && self.subject.whole {
            self.push(
                at.error(
                    ids::NO_CLASS,
                    format!("no request of this route ends as `{class}`"),
                )
                .hint(
                    super::nearest::did_you_mean(class, known.iter().copied())
                        .unwrap_or_else(|| format!("its classes are {}", list(&known))),
                ),
            );
        }
    }

    fn named_template(&mut self, service: &str, template: &str, at: &Place<'_>) {
        use crate::scenario::format::effect::Effect;
        let own = self.subject.estate.services.get(service);
        let mut known: Vec<&str> = own
            .into_iter()
            .flat_map(|service| service.logs.keys())
            .map(String::as_str)
            .collect();
        let faults = self
            .subject
            .scenario
            .into_iter()
            .flat_map(|scenario| scenario.faults.values());
        known.extend(
            faults
                .flat_map(|fault| &fault.effects)
                .filter_map(|effect| match effect {
                    Effect::Log { of, name, .. } if of == service => Some(name.as_str()),
                    _ => None,
                }),
        );
        if !known.contains(&template) && self.subject.whole {
            self.push(
                at.error(
                    ids::NO_CLASS,
                    format!("`{service}` writes no log template `{template}`"),
                )
                .hint(
                    super::nearest::did_you_mean(template, known.iter().copied())
                        .unwrap_or_else(|| format!("its templates are {}", list(&known))),
                ),
            );
        }
    }

    fn knowledge(&mut self, handle: &str, knowledge: &Knowledge, at: &Place<'_>) {
        self.refer(Kind::Person, handle, &at.name());
        self.refer_all(Kind::Fault, &knowledge.knows, &at.field("knows"));
        self.refer_all(Kind::Herring, &knowledge.believes, &at.field("believes"));
        for (index, reply) in knowledge.replies.iter().enumerate() {
            let place = at.field("replies").item(index);
            self.word_lists(&reply.words, &place.field("words"));
            self.not_empty(&reply.says, "the answer", &place.field("says"));
            self.figures(&reply.says, &place.field("says"));
            if let Some(when) = &reply.when {
                self.condition(when, &place.field("when"));
            }
        }
        for (index, text) in knowledge.otherwise.iter().enumerate() {
            self.figures(text, &at.field("otherwise").item(index));
        }
    }

    fn message(&mut self, message: &Message, at: &Place<'_>) {
        self.refer(Kind::Channel, &message.channel, &at.field("channel"));
        self.person(&message.by, &at.field("by"));
        self.not_empty(&message.says, "the message", &at.field("says"));
        self.figures(&message.says, &at.field("says"));
        if let Some(moment) = message.at {
            self.moment(moment, true, &at.field("at"));
        }
        if let Some(when) = &message.when {
            self.condition(when, &at.field("when"));
        }
        if message.at.is_none() && message.when.is_none() {
            self.push(
                at.name()
                    .error(ids::MISSING_FIELD, "nothing says when the message is sent")
                    .hint("add `at: \"T+5m\"` or `when: ...`"),
            );
        }
        if let Some(thread) = &message.thread_of {
            self.refer(Kind::Message, thread, &at.field("thread_of"));
            self.thread(thread, &at.field("thread_of"));
        }
    }

    fn sentry_issue(&mut self, issue: &SentryIssue, at: &Place<'_>) {
        self.refer(Kind::Service, &issue.service, &at.field("service"));
        self.counts(&issue.counts, &at.field("counts"));
        if !["debug", "info", "warning", "error", "fatal"].contains(&issue.level.as_str()) {
            self.push(
                at.field("level")
                    .error(
                        ids::BAD_VALUE,
                        format!("Sentry has no level `{}`", issue.level),
                    )
                    .hint("debug, info, warning, error or fatal"),
            );
        }
        if let Some(moment) = issue.first_seen {
            self.moment(moment, true, &at.field("first_seen"));
        }
        if let Some(assignee) = &issue.assignee {
            self.person(assignee, &at.field("assignee"));
        }
    }

    fn incident(&mut self, incident: &Incident, at: &Place<'_>) {
        // What is no service's own is the cluster's.
        if incident.service != self.subject.estate.cluster {
            self.refer(Kind::Service, &incident.service, &at.field("service"));
        }
        self.moment(incident.triggered, true, &at.field("triggered"));
        if !["high", "low"].contains(&incident.urgency.as_str()) {
            self.push(
                at.field("urgency")
                    .error(
                        ids::BAD_VALUE,
                        format!("there is no urgency `{}`", incident.urgency),
                    )
                    .hint("high or low"),
            );
        }
        for (index, (moment, who, _)) in incident.timeline.iter().enumerate() {
            let place = at.field("timeline").item(index);
            self.moment(*moment, true, &place.item(0));
            self.responder(who, &place.item(1));
        }
        for (field, entry) in [
            ("acknowledged", &incident.acknowledged),
            ("resolved", &incident.resolved),
        ] {
            if let Some((moment, who)) = entry {
                self.moment(*moment, true, &at.field(field).item(0));
                self.responder(who, &at.field(field).item(1));
            }
        }
    }

    fn responder(&mut self, who: &str, at: &Place<'_>) {
        if who != "system" {
            self.person(who, at);
        }
    }
}

fn overlap(a: &Pin, b: &Pin, scenario: &Scenario) -> bool {
    let page = scenario.starts;
    a.of == b.of
        && a.from.millis(page) < b.until.millis(page)
        && b.from.millis(page) < a.until.millis(page)
}
