//! What answers showed, so that a player can keep it as evidence by quoting it. Never finds what was not shown.

use std::collections::VecDeque;

use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::slack::Post;
use crate::tools::slack::messages;
use crate::tools::tool::ToolError;

/// How much is remembered.
const REMEMBERED: usize = 20_000;
/// A line's time as answers print it.
const LINE_TIME: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";
/// A quote of a text must have so many characters, so that it can mean something.
const SHORTEST_QUOTE: usize = 4;

/// What was shown, newest last.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    shown: VecDeque<Shown>,
}

impl Recall {
    /// Remembers what an answer showed.
    pub fn note(&mut self, answer: &Answer) {
        for shown in &answer.shown {
            if self.shown.len() >= REMEMBERED {
                self.shown.pop_front();
            }
            self.shown.push_back(shown.clone());
        }
    }

    /// The artifact that a quote or an id means.
    ///
    /// # Errors
    /// When nothing that was shown is meant.
    pub fn artifact(&self, world: &World, quote: &str) -> Result<String, ToolError> {
        let quote = quote.trim();
        let exact = world.artifact(quote);
        if let Some(id) = self.message(world, quote, exact.as_ref()) {
            return Ok(id);
        }
        let found = self.shown.iter().rev().find_map(|shown| match &exact {
            Some(exact) => part_of(shown, exact).then(|| match shown {
                // The window or the line that was shown, not one that is claimed.
                Shown::Series { .. } | Shown::Line { .. } => shown.id(),
                _ => exact.id(),
            }),
            None => meant(shown, quote).map(|shown| shown.id()),
        });
        found.ok_or_else(|| ToolError {
            message: format!("nothing that you were shown is meant by {:?}", short(quote)),
            hint: Some(
                "give the artifact of an answer, or quote what it showed: part of a log line (its time before it, if others say the same) or of a file's line, a commit's id, a metric, kind/name of an object"
                    .to_owned(),
            ),
        })
    }
}

impl Recall {
    /// A message that was shown, by its id or by words of it; it is pinned by its place.
    fn message(&self, world: &World, quote: &str, exact: Option<&Shown>) -> Option<String> {
        if let Some(exact) = exact {
            let is = matches!(exact, Shown::Message(_)) && self.shown.contains(exact);
            return is.then(|| quote.to_owned());
        }
        let quoted = |post: &&std::sync::Arc<Post>| {
            let words = quote.chars().count() >= SHORTEST_QUOTE && post.text.contains(quote);
            (words || post.id == quote) && self.shown.contains(&messages::shown(post))
        };
        let posts = world.slack().posts();
        posts
            .iter()
            .rev()
            .find(quoted)
            .map(|post| messages::artifact(post))
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Whether an artifact is what was shown, or lines of the file that was.
fn part_of(shown: &Shown, artifact: &Shown) -> bool {
    match (shown, artifact) {
        (
            Shown::File { repo, path, text },
            Shown::File {
                repo: of,
                path: at,
                text: lines,
            },
        ) => repo == of && path == at && text.contains(lines.as_str()),
        (
            Shown::Series { metric, labels, .. },
            Shown::Series {
                metric: of,
                labels: with,
                ..
            },
        ) => metric == of && labels == with,
        // A line that is given without its time is the newest one that says so.
        (
            Shown::Line { service, text, .. },
            Shown::Line {
                service: of,
                text: says,
                at: None,
                ..
            },
        ) => service == of && text == says,
        (Shown::Commit(id), Shown::CommitTitle(of)) => id == of,
        (shown, artifact) => shown == artifact,
    }
}

/// What a quote means of something that was shown.
fn meant(shown: &Shown, quote: &str) -> Option<Shown> {
    let long_enough = quote.chars().count() >= SHORTEST_QUOTE;
    let is = match shown {
        Shown::Line { text, at, .. } => {
            // Its time before it tells a line from others that say the same.
            let words = at.and_then(|at| quote.strip_prefix(at.format(LINE_TIME).as_str()));
            long_enough && text.contains(words.map_or(quote, str::trim))
        }
        Shown::File { repo, path, text } => {
            let lines = long_enough.then(|| lines_of(text, quote)).flatten()?;
            return Some(Shown::File {
                repo: repo.clone(),
                path: path.clone(),
                text: lines,
            });
        }
        Shown::Series { metric, labels, .. } => {
            metric == quote
                || quote
                    .strip_prefix(metric.as_str())
                    .is_some_and(|rest| selects(labels, rest))
        }
        Shown::Commit(id) | Shown::CommitTitle(id) => quote.len() >= 6 && id.starts_with(quote),
        Shown::Object { kind, name } => {
            name == quote
                || quote.split_once('/').is_some_and(|(of, called)| {
                    called == name && of.trim_end_matches('s').eq_ignore_ascii_case(kind)
                })
        }
        Shown::Table { server, table } => {
            table == quote || quote.split_once('/') == Some((server.as_str(), table.as_str()))
        }
        Shown::PodStatus(name)
        | Shown::Rollout(name)
        | Shown::Group(name)
        | Shown::Topic(name)
        | Shown::ValkeyInfo(name)
        | Shown::SentryIssue(name)
        | Shown::Incident(name)
        | Shown::WikiPage(name)
        | Shown::Ticket(name)
        | Shown::Flag(name)
        | Shown::FlagAudit(name)
        | Shown::Schedule(name)
        | Shown::StatusIncident(name)
        | Shown::StatusComponent(name)
        | Shown::TerraformResource(name)
        | Shown::TerraformDrift(name)
        | Shown::Trace(name)
        | Shown::Alarm(name) => name == quote,
        Shown::CiRun { run, .. } => quote.trim_start_matches('#') == run.to_string(),
        Shown::Span { resource, .. } => resource == quote,
        Shown::ImageManifest { service, tag } | Shown::ImageTag { service, tag } => {
            quote.split_once(':') == Some((service.as_str(), tag.as_str()))
        }
        // By its place: a script's name is nobody's to know.
        Shown::Message(_) => false,
    };
    is.then(|| shown.clone())
}

/// Whether each `name="value"` between braces is one of the labels.
fn selects(labels: &[(String, String)], braces: &str) -> bool {
    let Some(inside) = braces
        .trim()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return false;
    };
    inside
        .split(',')
        .filter(|pair| !pair.trim().is_empty())
        .all(|pair| {
            pair.split_once('=').is_some_and(|(name, value)| {
                labels
                    .iter()
                    .any(|(of, is)| of == name.trim() && is == value.trim().trim_matches('"'))
            })
        })
}

/// The whole lines that a quote is in.
fn lines_of(text: &str, quote: &str) -> Option<String> {
    let at = text.find(quote)?;
    let start = text.get(..at)?.rfind('\n').map_or(0, |before| before + 1);
    let end = at + quote.len();
    let end = text
        .get(end..)?
        .find('\n')
        .map_or(text.len(), |after| end + after);
    text.get(start..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_world;
    use crate::sim::time::SimTime;

    fn recall() -> Recall {
        let mut recall = Recall::default();
        recall.note(&Answer {
            shown: vec![
                Shown::Line {
                    service: "gate".to_owned(),
                    text: "12:00 queue is full".to_owned(),
                    at: Some(SimTime(7)),
                    pod: "gate-1".to_owned(),
                },
                Shown::File {
                    repo: "alpha".to_owned(),
                    path: "main.go".to_owned(),
                    text: "one\ntwo = three()\nfour\n".to_owned(),
                },
                Shown::Commit("9f31c2e0aa".to_owned()),
                Shown::Series {
                    metric: "up".to_owned(),
                    labels: vec![("job".to_owned(), "gate".to_owned())],
                    from: SimTime(0),
                    to: SimTime(1),
                },
                Shown::Object {
                    kind: "Deployment".to_owned(),
                    name: "gate".to_owned(),
                },
            ],
            ..Answer::default()
        });
        recall
    }

    #[test]
    fn a_quote_means_what_was_shown() {
        let (recall, world) = (recall(), small_world());
        let line = recall.artifact(&world, "queue is full").unwrap();
        assert_eq!(
            line,
            r#"{"line":{"service":"gate","text":"12:00 queue is full","at":7,"pod":"gate-1"}}"#
        );
        assert_eq!(recall.artifact(&world, &line).unwrap(), line);
        let without_time = r#"{"line":{"service":"gate","text":"12:00 queue is full"}}"#;
        assert_eq!(recall.artifact(&world, without_time).unwrap(), line);
        assert_eq!(
            recall.artifact(&world, "three()").unwrap(),
            r#"{"file":{"repo":"alpha","path":"main.go","text":"two = three()"}}"#
        );
        assert_eq!(
            recall.artifact(&world, "9f31c2e").unwrap(),
            r#"{"commit":"9f31c2e0aa"}"#
        );
        assert!(recall.artifact(&world, "up{job=\"gate\"}").is_ok());
        assert!(recall.artifact(&world, "deployments/gate").is_ok());
    }

    #[test]
    fn lines_that_say_the_same_are_told_apart_by_their_time() {
        let world = small_world();
        let line = |at| Shown::Line {
            service: "gate".to_owned(),
            text: "queue is full".to_owned(),
            at: Some(SimTime(at)),
            pod: "gate-1".to_owned(),
        };
        let mut recall = Recall::default();
        recall.note(&Answer {
            shown: vec![line(1000), line(2000)],
            ..Answer::default()
        });
        let artifact = |quote: &str| recall.artifact(&world, quote).unwrap();
        assert_eq!(artifact("queue is full"), line(2000).id());
        assert_eq!(artifact(&line(1000).id()), line(1000).id());
        assert_eq!(
            artifact("1970-01-01T00:00:01.000Z queue is"),
            line(1000).id()
        );
        assert!(recall.artifact(&world, &line(3000).id()).is_err());
    }

    #[test]
    fn what_was_not_shown_is_no_evidence() {
        let (recall, world) = (recall(), small_world());
        for quote in [
            "",
            "x",
            "disk is full",
            "9f31c",
            "up{job=\"web\"}",
            r#"{"line":{"service":"gate","text":"made up"}}"#,
            r#"{"commit":"1234567"}"#,
        ] {
            assert!(recall.artifact(&world, quote).is_err(), "{quote}");
        }
    }
}
