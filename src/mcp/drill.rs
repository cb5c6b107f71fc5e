//! The drill behind the door: one call after the other, each after the time that passed on the wall. No protocol here.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::own::ShellArgs;
use crate::session::Answer;
use crate::session::clock::{LONGEST_STRETCH, Pace};
use crate::session::journal::{Door, Level, Saving};
use crate::sim::time::Span;
use crate::tools::drill::{clock, notebook, recall::Recall, score};
use crate::tools::workbench::Then;
use crate::tools::{Text, ToolError, Workbench, slack};

/// The longest stretch between two calls that counts: an agent that was stopped for hours finds the drill where a day ended.
const LONGEST_ABSENCE: Duration = Duration::from_hours(24);

/// A drill that a program plays.
pub struct Drill {
    bench: Workbench,
    /// When the wall clock was last looked at; `None` where only calls cost time.
    looked_at: Option<Instant>,
    recall: Recall,
    /// Up to when messages were told of, in ms since the epoch.
    told_until_ms: i64,
    trouble: Option<String>,
}

impl Drill {
    /// A drill at a workbench.
    pub fn new(bench: Workbench) -> Self {
        let wall = bench.session().header().settings.pace == Pace::Wall;
        let told_until_ms = bench.world().now().millis();
        Self {
            bench,
            looked_at: wall.then(Instant::now),
            recall: Recall::default(),
            told_until_ms,
            trouble: None,
        }
    }

    /// The workbench.
    pub const fn bench(&self) -> &Workbench {
        &self.bench
    }

    /// Closes the drill and says what could not be saved.
    pub fn close(mut self) -> Saving {
        self.catch_up();
        self.settle();
        self.bench.into_session().close()
    }

    /// Lets the wall time pass in the drill that has passed outside.
    pub fn catch_up(&mut self) {
        let Some(before) = self.looked_at else { return };
        let now = Instant::now();
        self.looked_at = Some(now);
        let mut left = now.duration_since(before).min(LONGEST_ABSENCE);
        while !left.is_zero() {
            let stretch = left.min(LONGEST_STRETCH);
            self.bench.session_mut().advance(stretch);
            left -= stretch;
        }
    }

    /// What follows a call: the outcome of a drill that is over is written, trouble with the disk is told once.
    pub fn settle(&mut self) {
        let session = self.bench.session();
        if session.is_over() && session.journal().outcome().is_none() {
            let summary = score::summary(self.bench.session());
            if let Err(error) = self.bench.session_mut().conclude(summary) {
                self.trouble.get_or_insert_with(|| error.to_string());
            }
        }
        if let Saving::Unsaved(unsaved) = self.bench.session().saving()
            && self.trouble.is_none()
        {
            eprintln!("firedrill mcp: not saved: {unsaved}");
            self.trouble = Some(format!("not saved: {unsaved}"));
        }
    }

    /// Uses a tool of the registry, or one of the door's own that needs no waiting. `None` when there is none of that name.
    pub fn use_tool(&mut self, name: &str, args: &Map<String, Value>) -> Option<Answer> {
        self.catch_up();
        let args = match self.with_evidence(name, args) {
            Ok(args) => args,
            Err(error) => return Some(failed(name, &error)),
        };
        let answer = match name {
            "shell_run" => self.shell(&args),
            "drill_score" => self.score(&args),
            name => self.bench.use_tool(Door::Mcp, name, &args)?,
        };
        self.recall.note(&answer);
        self.settle();
        Some(answer)
    }

    /// Quotes in a pin, a claim or a hypothesis, made the artifacts that they mean.
    fn with_evidence(&self, name: &str, args: &Map<String, Value>) -> Result<Value, ToolError> {
        let mut args = Value::Object(args.clone());
        let pins = &self.bench.world().trainee().pins;
        let artifact = |quote: &str| {
            if pins.contains_key(quote) {
                return Ok(quote.to_owned());
            }
            self.recall.artifact(self.bench.world(), quote)
        };
        let lists: &[&str] = match name {
            "drill_claim" => &["/evidence"],
            "drill_notebook" => &["/hypothesis/supports", "/hypothesis/contradicts"],
            _ => return Ok(args),
        };
        if let Some(pin) = args.pointer_mut("/pin").and_then(Value::as_object_mut)
            && let Some(quote) = pin
                .get("artifact")
                .and_then(Value::as_str)
                .map(str::to_owned)
        {
            if pin
                .get("title")
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                let title: String = quote.chars().take(notebook::LONGEST_TITLE).collect();
                pin.insert("title".to_owned(), Value::from(title));
            }
            pin.insert("artifact".to_owned(), Value::from(artifact(&quote)?));
        }
        for list in lists {
            let Some(items) = args.pointer_mut(list).and_then(Value::as_array_mut) else {
                continue;
            };
            for item in items.iter_mut().take(notebook::MOST_EVIDENCE) {
                if let Some(quote) = item.as_str() {
                    *item = Value::from(artifact(quote)?);
                }
            }
        }
        Ok(args)
    }

    fn shell(&mut self, args: &Value) -> Answer {
        let line = match ShellArgs::read(args) {
            Ok(line) => line,
            Err(answer) => return answer,
        };
        let before = self.bench.session().journal().records().len();
        let run = self.bench.shell(Door::Mcp, &line);
        let shown = self.bench.shown_since(before);
        let joined = |wanted: bool| -> String {
            let lines = run.lines.iter().filter(|(_, error)| *error == wanted);
            lines.map(|(line, _)| format!("{line}\n")).collect()
        };
        let (text, error) = (joined(false), joined(true));
        let (code, error) = match run.then {
            Then::Done(code) => (code, error),
            Then::Edit { path, .. } => (
                1,
                format!(
                    "{error}edit: an editor needs a person; read {path} with code_read_file and write it with code_write_file\n"
                ),
            ),
            _ => (0, error),
        };
        Answer {
            data: json!({"stdout": text, "stderr": error, "exit_code": code, "cwd": self.bench.place().cwd}),
            text: format!("{text}{error}"),
            shown,
            ..Answer::default()
        }
    }

    fn score(&self, args: &Value) -> Answer {
        if args.as_object().is_some_and(|args| !args.is_empty()) {
            return Answer::failed("drill_score: it takes no arguments\n", 2);
        }
        match score::score(self.bench.session()) {
            Ok(score) => Answer {
                text: score.text(),
                data: serde_json::to_value(&score).unwrap_or_default(),
                ..Answer::default()
            },
            Err(error) => failed("drill_score", &error),
        }
    }

    /// Reads a page of the wiki, as the shell's `wiki show` does; `None` when there is none of that name.
    pub fn wiki_page(&mut self, page: &str) -> Option<String> {
        self.catch_up();
        if !self.bench.world().plan().pack.wiki.contains_key(page) {
            return None;
        }
        let line = ["wiki", "show", page].map(str::to_owned);
        let answer = self.bench.exec(Door::Mcp, &line, "");
        self.recall.note(&answer);
        self.settle();
        Some(answer.text)
    }

    /// Lets a stretch of a wait pass. Answers whether it may go on.
    ///
    /// # Errors
    /// The journal's refusal, in words.
    pub fn pass(&mut self, stretch: Span) -> Result<bool, String> {
        self.catch_up();
        let on = clock::pass(self.bench.session_mut(), Door::Mcp, stretch);
        self.settle();
        on.map_err(|error| error.to_string())
    }

    /// Skips to the next thing to notice. Answers how far, and whether something is there.
    ///
    /// # Errors
    /// The journal's refusal, in words.
    pub fn skip(&mut self) -> Result<(Span, bool), String> {
        self.catch_up();
        let skipped = self.bench.session_mut().skip(Door::Mcp);
        self.settle();
        skipped.map_err(|error| error.to_string())
    }

    /// What a board always shows: the time, the business's estimate, who called for you since the answer before.
    pub fn status(&mut self) -> String {
        let world = self.bench.world();
        let mut parts = vec![world.now().format("%H:%M:%S UTC")];
        if self.bench.session().header().settings.level != Level::Hard {
            parts.push(format!(
                "about {} customer minutes lost",
                world.loss().reported(world.now()) as u64
            ));
        }
        let you = world.trainee_handle();
        let mut called: Vec<String> = Vec::new();
        for post in world.slack().posts() {
            let fresh =
                post.at.millis() > self.told_until_ms && post.at <= world.now() && post.by != you;
            if fresh && slack::messages::mentions(&post.text, you) {
                called.push(format!("{} mentions you in {}", post.by, post.channel));
            }
        }
        called.dedup();
        parts.extend(called.into_iter().take(5));
        if self.bench.session().is_over() {
            parts.push("the drill is over: drill_score tells how it went".to_owned());
        }
        parts.extend(self.trouble.clone());
        self.told_until_ms = world.now().millis();
        format!("[{}]", parts.join(" | "))
    }
}

fn failed(name: &str, error: &ToolError) -> Answer {
    crate::tools::tool::failed(name, error.clone())
}
