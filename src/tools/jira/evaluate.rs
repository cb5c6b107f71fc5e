//! Whether an issue fits a JQL query, and in which order issues come. Refuses in Jira's words what a field does not take.

use std::cmp::Ordering;

use super::issues::{Category, Issue, projects};
use super::jql::{Clause, Node, Operator, Query, Value};
use super::sprints;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::oncall::rotation::{monday, week_of};

/// A field that a query may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Project,
    Key,
    Status,
    StatusCategory,
    Assignee,
    Reporter,
    Labels,
    Component,
    Kind,
    Priority,
    Sprint,
    Resolution,
    Text,
    Summary,
    Description,
    Comment,
    Created,
    Updated,
    Resolved,
}

const FIELDS: [(&str, Field); 26] = [
    ("project", Field::Project),
    ("key", Field::Key),
    ("issuekey", Field::Key),
    ("issue", Field::Key),
    ("id", Field::Key),
    ("status", Field::Status),
    ("statuscategory", Field::StatusCategory),
    ("assignee", Field::Assignee),
    ("reporter", Field::Reporter),
    ("creator", Field::Reporter),
    ("labels", Field::Labels),
    ("component", Field::Component),
    ("components", Field::Component),
    ("issuetype", Field::Kind),
    ("type", Field::Kind),
    ("priority", Field::Priority),
    ("sprint", Field::Sprint),
    ("resolution", Field::Resolution),
    ("text", Field::Text),
    ("summary", Field::Summary),
    ("description", Field::Description),
    ("comment", Field::Comment),
    ("created", Field::Created),
    ("createddate", Field::Created),
    ("updated", Field::Updated),
    ("resolved", Field::Resolved),
];

const PRIORITIES: [&str; 5] = ["Lowest", "Low", "Medium", "High", "Highest"];

fn field(name: &str) -> Result<Field, String> {
    let found = FIELDS
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map(|(_, field)| *field).ok_or_else(|| {
        format!("Field '{name}' does not exist or you do not have permission to view it.")
    })
}

impl Field {
    const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Summary | Self::Description | Self::Comment
        )
    }

    const fn is_date(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Resolved)
    }

    /// Whether it can be compared so.
    fn takes(self, operator: Operator) -> bool {
        use Operator as Is;
        match operator {
            Is::Contains | Is::ContainsNot => self.is_text(),
            Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual => {
                self.is_date() || matches!(self, Self::Priority | Self::Key)
            }
            Is::Is | Is::IsNot => self != Self::Text,
            Is::Equal | Is::NotEqual | Is::In | Is::NotIn => !self.is_text(),
        }
    }
}

/// A query whose names and values are known to be right.
#[derive(Debug)]
pub struct Checked {
    filter: Option<Test>,
    order: Vec<(Field, bool)>,
}

#[derive(Debug)]
enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Field {
        field: Field,
        operator: Operator,
        values: Vec<Wanted>,
    },
}

/// A value as its field wants it.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Empty,
    /// Small letters.
    Text(String),
    /// The words that must all be there, in small letters; a phrase is one.
    Words(Vec<String>),
    /// From then on, until then: an instant, or a whole day.
    Time(SimTime, SimTime),
    Rank(usize),
    Sprints(Vec<u32>),
}

/// Checks a query's fields, operators and values.
///
/// # Errors
/// As Jira words it.
pub fn check(world: &World, query: &Query) -> Result<Checked, String> {
    let filter = query
        .filter
        .as_ref()
        .map(|node| test(world, node))
        .transpose()?;
    let order = query.order.iter().map(|(name, falls)| {
        let field = field(name)?;
        if field.is_text() && field != Field::Summary {
            return Err(format!("Not able to sort using field '{name}'."));
        }
        Ok((field, *falls))
    });
    Ok(Checked {
        filter,
        order: order.collect::<Result<_, String>>()?,
    })
}

fn test(world: &World, node: &Node) -> Result<Test, String> {
    let all = |nodes: &[Node]| -> Result<Vec<Test>, String> {
        nodes.iter().map(|node| test(world, node)).collect()
    };
    Ok(match node {
        Node::And(nodes) => Test::And(all(nodes)?),
        Node::Or(nodes) => Test::Or(all(nodes)?),
        Node::Not(inner) => Test::Not(Box::new(test(world, inner)?)),
        Node::Clause(clause) => clause_test(world, clause)?,
    })
}

fn clause_test(world: &World, clause: &Clause) -> Result<Test, String> {
    let (name, operator) = (&clause.field, clause.operator);
    let field = field(name)?;
    if !field.takes(operator) {
        return Err(format!(
            "The operator '{}' is not supported by the '{name}' field.",
            operator.word()
        ));
    }
    if matches!(operator, Operator::Is | Operator::IsNot) && clause.values != [Value::Empty] {
        return Err(format!(
            "The operator '{}' does not support the value given for the field '{name}'; it takes EMPTY.",
            operator.word()
        ));
    }
    let mut values = Vec::new();
    for value in &clause.values {
        values.push(wanted(world, name, field, value)?);
    }
    Ok(Test::Field {
        field,
        operator,
        values,
    })
}

fn wanted(world: &World, name: &str, field: Field, value: &Value) -> Result<Wanted, String> {
    let text = match value {
        Value::Empty => return Ok(Wanted::Empty),
        Value::Function(function, arguments) => {
            return called(world, name, field, function, arguments);
        }
        Value::Text(text) => text,
    };
    if field.is_date() {
        return date(world.now(), text)
            .map(|(from, until)| Wanted::Time(from, until))
            .ok_or_else(|| {
                format!(
                    "Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
                )
            });
    }
    if field.is_text() {
        return Ok(Wanted::Words(words(text)));
    }
    let missing = || format!("The value '{text}' does not exist for the field '{name}'.");
    match field {
        Field::Project => {
            let known = projects(world);
            let project = known.iter().find(|(key, title)| {
                key.eq_ignore_ascii_case(text) || title.eq_ignore_ascii_case(text)
            });
            project
                .map(|(key, _)| Wanted::Text(key.to_lowercase()))
                .ok_or_else(missing)
        }
        Field::Assignee | Field::Reporter => {
            let estate = &world.plan().pack.estate;
            let handle = text.trim_start_matches('@');
            let person = estate.people.iter().find(|(known, person)| {
                known.eq_ignore_ascii_case(handle) || person.name.eq_ignore_ascii_case(handle)
            });
            match person {
                Some((known, _)) => Ok(Wanted::Text(known.to_lowercase())),
                None if handle == world.trainee_handle() => Ok(Wanted::Text(handle.to_lowercase())),
                None => Err(missing()),
            }
        }
        Field::Priority => PRIORITIES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(text))
            .map(Wanted::Rank)
            .ok_or_else(missing),
        Field::StatusCategory => ["To Do", "In Progress", "Done"]
            .iter()
            .find(|known| known.eq_ignore_ascii_case(text))
            .map(|known| Wanted::Text(known.to_lowercase()))
            .ok_or_else(missing),
        Field::Sprint => {
            let number = text.rsplit(' ').next().and_then(|word| word.parse().ok());
            number
                .map(|number| Wanted::Sprints(vec![number]))
                .ok_or_else(|| {
                    format!("Sprint with name '{text}' does not exist or you do not have permission to view it.")
                })
        }
        _ => Ok(Wanted::Text(text.to_lowercase())),
    }
}

/// A function's value.
fn called(
    world: &World,
    name: &str,
    field: Field,
    function: &str,
    arguments: &[String],
) -> Result<Wanted, String> {
    let now = world.now();
    let day = Span::from_hours(24);
    let by = arguments
        .first()
        .map_or(Some(Span::ZERO), |text| period(text));
    let moved = |at: SimTime| by.map(|by| Wanted::Time(at + by, at + by));
    let time = match function.to_lowercase().as_str() {
        "now" => Some(Wanted::Time(now, now)),
        "startofday" => moved(now.floor_to(day)),
        "endofday" => moved(now.floor_to(day) + day - Span::from_secs(1)),
        "startofweek" => moved(monday(week_of(now))),
        "endofweek" => moved(monday(week_of(now) + 1) - Span::from_secs(1)),
        "currentuser" if matches!(field, Field::Assignee | Field::Reporter) => {
            return Ok(Wanted::Text(world.trainee_handle().to_lowercase()));
        }
        "opensprints" | "closedsprints" | "futuresprints" if field == Field::Sprint => {
            let state = match function.to_lowercase().as_str() {
                "opensprints" => "active",
                "closedsprints" => "closed",
                _ => "future",
            };
            let sprints = sprints::listed(world).into_iter();
            return Ok(Wanted::Sprints(
                sprints
                    .filter(|sprint| sprint.state(now) == state)
                    .map(|sprint| sprint.number)
                    .collect(),
            ));
        }
        _ => return Err(format!("Unable to find JQL function '{function}()'.")),
    };
    match time {
        Some(time) if field.is_date() => Ok(time),
        Some(_) => Err(format!(
            "A value provided by the function '{function}' is invalid for the field '{name}'."
        )),
        None => Err(format!(
            "The argument '{}' of the function '{function}' is no period, e.g. '-5d'.",
            arguments.first().map_or("", String::as_str)
        )),
    }
}

/// `-5d`, `4w 2d`, `90` (minutes): a span of time.
fn period(text: &str) -> Option<Span> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut minutes: i64 = 0;
    for part in rest.split_whitespace() {
        let (number, unit) = match part.find(|c: char| c.is_ascii_alphabetic()) {
            Some(at) => part.split_at(at),
            None => (part, "m"),
        };
        let number: i64 = number.parse().ok().filter(|n| (0..1_000_000).contains(n))?;
        let factor = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 24 * 60,
            "w" => 7 * 24 * 60,
            "M" => 30 * 24 * 60,
            "y" => 365 * 24 * 60,
            _ => return None,
        };
        minutes += number * factor;
    }
    (!rest.trim().is_empty()).then(|| Span::from_mins(sign * minutes))
}

/// A date: from its first to its last instant.
fn date(now: SimTime, text: &str) -> Option<(SimTime, SimTime)> {
    if let Some(by) = period(text) {
        return Some((now + by, now + by));
    }
    let text = text.trim().replace('/', "-");
    let (day, time) = text.split_once(' ').unwrap_or((&text, ""));
    let mut parts = day.split('-');
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (year, month, date) = (number()?, number()?, number()?);
    let at =
        |time: &str| SimTime::parse_rfc3339(&format!("{year:04}-{month:02}-{date:02}T{time}:00Z"));
    if time.is_empty() {
        let from = at("00:00")?;
        return Some((from, from + Span::from_hours(24) - Span(1)));
    }
    let from = at(time)?;
    Some((from, from + Span::from_mins(1) - Span(1)))
}

/// The words of a text search: what stands in quotes inside the text is one phrase.
pub fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    if let Some(phrase) = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        return vec![phrase.to_owned()];
    }
    text.split_whitespace()
        .map(|word| word.trim_matches('*').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

impl Checked {
    /// Whether an issue fits.
    pub fn fits(&self, issue: &Issue) -> bool {
        self.filter.as_ref().is_none_or(|test| holds(test, issue))
    }

    /// Sorts issues as the query says; newest first when it says nothing.
    pub fn sort(&self, issues: &mut [Issue]) {
        issues.sort_by(|a, b| {
            for (field, falls) in &self.order {
                let order = compare(*field, a, b);
                let order = if *falls { order.reverse() } else { order };
                if order != Ordering::Equal {
                    return order;
                }
            }
            (b.created, b.number, &b.project).cmp(&(a.created, a.number, &a.project))
        });
    }
}

fn rank(issue: &Issue) -> usize {
    PRIORITIES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(&issue.priority))
        .unwrap_or(2)
}

fn compare(field: Field, a: &Issue, b: &Issue) -> Ordering {
    match field {
        Field::Project => a.project.cmp(&b.project),
        Field::Key => (&a.project, a.number).cmp(&(&b.project, b.number)),
        Field::Status | Field::StatusCategory | Field::Resolution => a.status.cmp(&b.status),
        Field::Assignee => a.assignee.cmp(&b.assignee),
        Field::Reporter => a.reporter.cmp(&b.reporter),
        Field::Labels => a.labels.cmp(&b.labels),
        Field::Component => a.components.cmp(&b.components),
        Field::Kind => a.kind.cmp(&b.kind),
        Field::Priority => rank(a).cmp(&rank(b)),
        Field::Sprint => a.sprint.cmp(&b.sprint),
        Field::Updated => a.updated.cmp(&b.updated),
        Field::Resolved => a.resolved.cmp(&b.resolved),
        Field::Created => a.created.cmp(&b.created),
        Field::Summary | Field::Text | Field::Description | Field::Comment => {
            a.summary.cmp(&b.summary)
        }
    }
}

fn holds(test: &Test, issue: &Issue) -> bool {
    match test {
        Test::And(tests) => tests.iter().all(|test| holds(test, issue)),
        Test::Or(tests) => tests.iter().any(|test| holds(test, issue)),
        Test::Not(inner) => !holds(inner, issue),
        Test::Field {
            field,
            operator,
            values,
        } => {
            if let Some(held) = held(*field, issue) {
                // As in Jira, an empty field is neither this nor another value.
                if held.is_empty() && *operator != Operator::Is {
                    let wants_empty = values.contains(&Wanted::Empty);
                    return !operator.negates() && wants_empty;
                }
                let any = values.iter().any(|value| match value {
                    Wanted::Empty => held.is_empty(),
                    Wanted::Text(text) => held.contains(text),
                    Wanted::Sprints(numbers) => numbers
                        .iter()
                        .any(|number| held.contains(&number.to_string())),
                    _ => false,
                });
                return any != operator.negates();
            }
            values
                .iter()
                .any(|value| fits_value(*field, *operator, value, issue))
        }
    }
}

/// The values of a field that is compared with texts, in small letters; `None` for other fields.
fn held(field: Field, issue: &Issue) -> Option<Vec<String>> {
    let one = |text: &str| vec![text.to_lowercase()];
    let many = |texts: &[String]| texts.iter().map(|text| text.to_lowercase()).collect();
    Some(match field {
        Field::Project => one(&issue.project),
        Field::Key => one(&issue.key),
        Field::Status => one(&issue.status),
        Field::StatusCategory => one(Category::of(&issue.status).word()),
        Field::Assignee => issue
            .assignee
            .iter()
            .map(|who| who.to_lowercase())
            .collect(),
        Field::Reporter => one(&issue.reporter),
        Field::Labels => many(&issue.labels),
        Field::Component => many(&issue.components),
        Field::Kind => one(&issue.kind),
        Field::Sprint => issue.sprint.iter().map(u32::to_string).collect(),
        Field::Resolution => issue.resolved.iter().map(|_| "done".to_owned()).collect(),
        _ => return None,
    })
}

fn fits_value(field: Field, operator: Operator, value: &Wanted, issue: &Issue) -> bool {
    use Operator as Is;
    match (field, value) {
        (Field::Priority, Wanted::Rank(wanted)) => {
            let order = rank(issue).cmp(wanted);
            match operator {
                Is::Less => order.is_lt(),
                Is::LessOrEqual => order.is_le(),
                Is::Greater => order.is_gt(),
                Is::GreaterOrEqual => order.is_ge(),
                _ => order.is_eq() != operator.negates(),
            }
        }
        (Field::Created | Field::Updated | Field::Resolved, _) => {
            let at = match field {
                Field::Created => Some(issue.created),
                Field::Updated => Some(issue.updated),
                _ => issue.resolved,
            };
            match (at, value) {
                (None, Wanted::Empty) => !operator.negates(),
                (Some(_), Wanted::Empty) => operator.negates(),
                (Some(at), Wanted::Time(from, until)) => match operator {
                    Is::Less => at < *from,
                    Is::LessOrEqual => at <= *until,
                    Is::Greater => at > *until,
                    Is::GreaterOrEqual => at >= *from,
                    _ => (*from <= at && at <= *until) != operator.negates(),
                },
                _ => false,
            }
        }
        (_, Wanted::Words(words)) => {
            let text = text_of(field, issue).to_lowercase();
            let all = words.iter().all(|word| text.contains(word.as_str()));
            all != operator.negates()
        }
        (_, Wanted::Empty) => text_of(field, issue).is_empty() != operator.negates(),
        _ => false,
    }
}

/// What a text search looks through.
fn text_of(field: Field, issue: &Issue) -> String {
    let comments = || {
        let texts: Vec<&str> = issue
            .comments
            .iter()
            .map(|(_, _, text)| text.as_str())
            .collect();
        texts.join("\n")
    };
    match field {
        Field::Summary => issue.summary.clone(),
        Field::Description => issue.description.clone(),
        Field::Comment => comments(),
        _ => format!(
            "{}\n{}\n{}\n{}\n{}",
            issue.key,
            issue.summary,
            issue.description,
            comments(),
            issue.labels.join(" ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{issues, jql};
    use super::*;
    use crate::sim::testing::small_world;

    fn keys(query: &str) -> Result<Vec<String>, String> {
        let world = small_world();
        let query = jql::read(query)?;
        let checked = check(&world, &query)?;
        let mut found = issues::all(&world);
        found.retain(|issue| checked.fits(issue));
        checked.sort(&mut found);
        Ok(found.into_iter().map(|issue| issue.key).collect())
    }

    #[test]
    fn queries_find_what_they_ask_for() {
        let declared = "text ~ \"settings environment\"";
        assert_eq!(keys(declared).unwrap(), ["ALPHA-12"]);
        assert_eq!(
            keys("status = Done AND assignee = lena AND labels in (worker)").unwrap(),
            ["ALPHA-12"]
        );
        let recent = keys("created >= -3d AND reporter = jon").unwrap();
        assert!(recent.contains(&"ALPHA-20".to_owned()));
        assert!(
            !keys("created >= -3d")
                .unwrap()
                .contains(&"ALPHA-12".to_owned())
        );
        let open = keys("assignee is EMPTY").unwrap();
        assert!(open.contains(&"ALPHA-20".to_owned()));
        let all = keys("").unwrap();
        let (is, is_not) = (
            keys("labels = docs").unwrap(),
            keys("NOT labels = docs").unwrap(),
        );
        assert_eq!(is.len() + is_not.len(), all.len());
        let sorted = keys("project = ALPHA ORDER BY key ASC").unwrap();
        assert_eq!(sorted.len(), all.len());
        assert!(sorted.first() != all.first());
    }

    #[test]
    fn what_a_field_does_not_take_is_refused_in_jiras_words() {
        let wrong = |query: &str| keys(query).unwrap_err();
        assert_eq!(
            wrong("severity = 1"),
            "Field 'severity' does not exist or you do not have permission to view it."
        );
        assert_eq!(
            wrong("project = ZZZ"),
            "The value 'ZZZ' does not exist for the field 'project'."
        );
        assert_eq!(
            wrong("status ~ Done"),
            "The operator '~' is not supported by the 'status' field."
        );
        assert!(wrong("created > yesterday").starts_with("Date value 'yesterday'"));
        assert_eq!(
            wrong("assignee = me()"),
            "Unable to find JQL function 'me()'."
        );
    }

    #[test]
    fn periods_and_dates_are_read() {
        assert_eq!(period("-5d"), Some(Span::from_hours(-120)));
        assert_eq!(period("4w 2d"), Some(Span::from_hours(30 * 24)));
        assert_eq!(period("soon"), None);
        let (from, until) = date(SimTime(0), "2026/02/03").unwrap();
        assert_eq!((until - from).secs(), 86_399);
        assert_eq!(date(SimTime(0), "2026-02-31"), None);
    }
}
