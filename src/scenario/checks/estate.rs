//! Checks of an estate: people, channels, journeys, what is watched. Services and servers have files of their own.

use super::names::Kind;
use super::{Checker, limits};
use crate::scenario::format::records::{FeatureFlag, Ticket};
use crate::scenario::format::telemetry::{SeriesSpec, SeriesValue, TrafficShape};
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    /// Everything of the estate.
    pub(super) fn estate(&mut self) {
        self.estate_texts();
        self.services();
        self.infrastructure();
        self.people_and_channels();
        self.journeys();
        self.watched();
        self.traffic_shape(
            &self.subject.estate.traffic,
            &self.subject.estate_places.field("traffic"),
        );
    }

    fn estate_texts(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for (field, text) in [
            ("title", &subject.estate.title),
            ("cluster", &subject.estate.cluster),
            ("domain", &subject.estate.domain),
        ] {
            self.not_empty(
                text,
                &format!("the estate's `{field}`"),
                &places.field(field),
            );
        }
        for (field, channel) in [
            ("incident_channel", &subject.estate.incident_channel),
            ("alert_channel", &subject.estate.alert_channel),
            ("deploy_channel", &subject.estate.deploy_channel),
        ] {
            if channel.is_empty() {
                self.not_empty(
                    channel,
                    &format!("the estate's `{field}`"),
                    &places.field(field),
                );
            } else {
                self.refer(Kind::Channel, channel, &places.field(field));
            }
        }
        for (name, flag) in &subject.estate.flags {
            self.flag(flag, &places.entry("flags", name));
        }
        for (key, ticket) in &subject.estate.tickets {
            self.ticket(ticket, &places.entry("tickets", key));
        }
    }

    /// A feature flag.
    fn flag(&mut self, flag: &FeatureFlag, at: &Place<'_>) {
        self.person(&flag.owner, &at.field("owner"));
        if let Some(service) = &flag.service {
            self.refer(Kind::Service, service, &at.field("service"));
        }
        self.number(
            f64::from(flag.percent.unwrap_or(0)),
            0.0,
            100.0,
            &at.field("percent"),
        );
        for (index, change) in flag.history.iter().enumerate() {
            let place = at.field("history").item(index);
            self.moment(change.at, true, &place.field("at"));
            self.person(&change.by, &place.field("by"));
        }
    }

    fn people_and_channels(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for (name, team) in &subject.estate.teams {
            let at = places.entry("teams", name);
            if !team.channel.is_empty() {
                self.refer(Kind::Channel, &team.channel, &at.field("channel"));
            }
            self.refer_all(Kind::Person, &team.on_call, &at.field("on_call"));
            for (index, change) in team.overrides.iter().enumerate() {
                let place = at.field("overrides").item(index);
                self.refer(Kind::Person, &change.by, &place.field("by"));
                self.window(change.from, change.until, &place);
            }
            if let Some(other) = &team.escalates_to {
                self.refer(Kind::Team, other, &at.field("escalates_to"));
            }
        }
        for (handle, person) in &subject.estate.people {
            let at = places.entry("people", handle);
            self.refer(Kind::Team, &person.team, &at.field("team"));
            for (index, (from, until)) in person.away.iter().enumerate() {
                self.window(*from, *until, &at.field("away").item(index));
            }
            if !(-14..=14).contains(&person.utc_offset_hours) {
                self.push(
                    at.field("utc_offset_hours")
                        .error(
                            ids::NUMBER,
                            format!(
                                "no place on earth is {} hours from UTC",
                                person.utc_offset_hours
                            ),
                        )
                        .hint("-14 to 14"),
                );
            }
        }
        for (name, channel) in &subject.estate.channels {
            let at = places.entry("channels", name);
            let plain = name.strip_prefix('#').unwrap_or("");
            let inner = |c: char| c.is_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
            if plain.is_empty() || plain.len() > 80 || !plain.chars().all(inner) {
                self.push(
                    at.name()
                        .error(ids::NAME, format!("Slack takes no channel called `{name}`"))
                        .hint("`#`, then small letters, digits, `-` and `_`"),
                );
            }
            self.refer_all(Kind::Person, &channel.members, &at.field("members"));
            if let Some(chatter) = &channel.chatter {
                let place = at.field("chatter");
                let stem = chatter
                    .corpus
                    .strip_suffix(".txt")
                    .unwrap_or(&chatter.corpus);
                self.refer(Kind::Chatter, stem, &place.field("corpus"));
                self.people(&chatter.by, &place.field("by"));
                self.number(chatter.rate.per_second, 0.0, 1.0, &place.field("rate"));
            }
        }
    }

    fn journeys(&mut self) {
        let subject = self.subject;
        for (name, journey) in &subject.estate.journeys {
            let at = subject.estate_places.entry("journeys", name);
            self.refer(Kind::Service, &journey.service, &at.field("service"));
            self.route(&journey.service, &journey.route, &at.field("route"));
            self.number(journey.customers, 0.0, 1e9, &at.field("customers"));
            self.number(journey.retry_factor, 1.0, 100.0, &at.field("retry_factor"));
        }
    }

    fn watched(&mut self) {
        let subject = self.subject;
        let places = subject.estate_places;
        for (name, dashboard) in &subject.estate.dashboards {
            let at = places.entry("dashboards", name).field("panels");
            self.limit(
                dashboard.panels.len(),
                limits::MAX_PANELS,
                "panels",
                &at.name(),
            );
            for (index, (_, expr)) in dashboard.panels.iter().enumerate() {
                self.promql(expr, &at.item(index).item(1));
            }
        }
        self.alerting();
        for (name, spec) in &subject.estate.series {
            self.series(spec, &places.entry("series", name));
        }
    }

    /// A further series.
    pub(super) fn series(&mut self, spec: &SeriesSpec, at: &Place<'_>) {
        self.prometheus_name(&spec.metric, &at.field("metric"));
        for label in spec.labels.keys() {
            self.prometheus_name(label, &at.field("labels").field(label).name());
        }
        let value = at.field("value");
        match &spec.value {
            SeriesValue::Gauge {
                base,
                noise,
                range,
                step,
                ..
            } => {
                self.number(*step, 0.0, 1e15, &value.field("step"));
                self.number(*noise, 0.0, 10.0, &value.field("noise"));
                if let Some((least, most)) = range
                    && !(least <= base && base <= most)
                {
                    self.push(
                        value
                            .field("range")
                            .error(
                                ids::BOUNDS,
                                format!("the base {base} is not between {least} and {most}"),
                            )
                            .hint("the range is (lowest, highest), with the base in it"),
                    );
                }
            }
            SeriesValue::Counter { base, .. } => {
                self.number(*base, 0.0, 1e15, &value.field("base"));
            }
            SeriesValue::Stock(stock) => self.refer(Kind::Stock, stock, &value.item(0)),
            SeriesValue::SameAs { metric, .. } => self.metric(metric, &value.field("metric")),
            SeriesValue::SuccessShare { of, route } => {
                self.refer(Kind::Service, of, &value.field("of"));
                self.route(of, route, &value.field("route"));
            }
            SeriesValue::Consumed { group } => {
                self.refer(Kind::Group, group, &value.field("group"));
            }
        }
    }

    /// A ticket.
    pub(super) fn ticket(&mut self, ticket: &Ticket, at: &Place<'_>) {
        if let Some(assignee) = &ticket.assignee {
            self.person(assignee, &at.field("assignee"));
        }
        self.person(&ticket.reporter, &at.field("reporter"));
        self.moment(ticket.opened, true, &at.field("opened"));
        for (index, (when, who, _)) in ticket.comments.iter().enumerate() {
            let place = at.field("comments").item(index);
            self.moment(*when, true, &place.item(0));
            self.person(who, &place.item(1));
        }
    }

    fn traffic_shape(&mut self, shape: &TrafficShape, at: &Place<'_>) {
        for (field, list, wanted, noun) in [
            ("hours", &shape.hours, 24, "hours"),
            ("days", &shape.days, 7, "days"),
        ] {
            let place = at.field(field);
            if list.len() != wanted {
                self.push(
                    place
                        .error(ids::SHAPE, format!("there are {} {noun}", list.len()))
                        .hint(format!("write {wanted} factors")),
                );
            }
            for (index, factor) in list.iter().enumerate() {
                self.number(*factor, 0.0, 100.0, &place.item(index));
            }
        }
    }
}
