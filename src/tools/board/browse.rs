//! Everything that is listed and opened rather than drawn: a request for a list or a thing becomes the call that the shell
//! and programs make, and the call's answer becomes rows or a text. Never words an answer itself, never journals.

mod catalog;
mod printed;
mod table;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use catalog::kinds;
pub use table::{Cell, CellTone, Head, Row, Table};

use crate::session::{Answer, Call, Toolbox};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::program::Place;
use crate::tools::registry::{Registry, program_call};

/// A kind of things that can be listed: one row of the catalogue.
#[derive(Debug)]
pub struct Kind {
    /// The name it is gone to by.
    pub name: &'static str,
    /// Shorter names.
    pub aliases: &'static [&'static str],
    /// The system it belongs to, as people call it.
    pub system: &'static str,
    /// What is listed, in a few words.
    pub about: &'static str,
    /// What lists it.
    list: Source,
    /// Where the rows are in the tool's data, a `/` for each step; arrays on the way are joined. Empty for what prints a table.
    rows: &'static str,
    /// Headings and where their values are in a row. Empty for what prints a table: it has its own.
    columns: &'static [(&'static str, &'static str)],
    /// The argument that a search is given as, where the system itself searches.
    search: Option<&'static str>,
    /// Ways to open a row, the usual one first; without any, a row shows its own fields.
    views: &'static [View],
    /// Whether it can be listed without anything given, so that it stands among the kinds.
    is_listed: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A tool, with arguments that are always given.
    Tool(&'static str, &'static [(&'static str, &'static str)]),
    /// A line of the shell; `{field}` stands for a field of the row.
    Line(&'static [&'static str]),
    /// Another kind's list.
    Kind(&'static str),
}

/// A way to open a row.
#[derive(Debug)]
struct View {
    /// What it does, in one word: `open`, `describe`, `yaml`, `logs`.
    verb: &'static str,
    /// What is asked.
    source: Source,
    /// Arguments and what they are given; `{field}` alone gives the field as it is.
    args: &'static [(&'static str, &'static str)],
    /// The text is Markdown.
    is_markdown: bool,
}

/// A request: a kind's list, or one of its rows opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    /// The kind.
    pub kind: String,
    /// Which of its views; the list when left out.
    pub view: Option<usize>,
    /// What is given.
    pub given: Map<String, Value>,
    /// What is searched for.
    pub search: String,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Ask {
    /// A kind's list.
    pub fn list(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            ..Self::default()
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Browsed {
    /// Rows.
    Table(Table),
    /// A text.
    Text(Page),
}

/// A thing in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What it is: what was given to open it.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Whether the text is Markdown.
    pub is_markdown: bool,
    /// Commands that it gives.
    pub commands: Vec<String>,
    /// The id under which it can be pinned.
    pub artifact: Option<String>,
    /// Ids of single lines that can be pinned.
    pub lines: Vec<(String, String)>,
    /// What reads on.
    pub more: Option<Ask>,
}

/// A request as the call that it is at every door.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The call, as journals keep it.
    pub call: Call,
    /// The tool whose data the rows are made of, where the call is a line of the shell.
    data_of: Option<Call>,
}

fn kind_of(name: &str) -> Result<&'static Kind, String> {
    kinds()
        .iter()
        .find(|kind| kind.name == name || kind.aliases.contains(&name))
        .ok_or_else(|| format!("there is nothing called {name:?} to list"))
}

/// The kinds that can be gone to by name.
pub fn listed() -> impl Iterator<Item = &'static Kind> {
    kinds().iter().filter(|kind| kind.is_listed)
}

/// The call that a request is.
///
/// # Errors
/// A sentence, for a request that no catalogue has or whose arguments cannot be read.
pub fn resolve(
    world: &World,
    registry: &Registry,
    place: &Place,
    ask: &Ask,
) -> Result<Asked, String> {
    let kind = kind_of(&ask.kind)?;
    let source = match ask.view {
        None => kind.list,
        Some(view) => match kind.views.get(view) {
            Some(view) => view.source,
            None => return Err(format!("{} has no such view", kind.name)),
        },
    };
    match source {
        Source::Kind(_) => Err(format!("{} opens as a list", kind.name)),
        Source::Line(words) => {
            let argv: Vec<String> = words
                .iter()
                .map(|word| filled(word, &ask.given).as_str().map(str::to_owned))
                .map(Option::unwrap_or_default)
                .collect();
            Ok(Asked {
                call: line_call(world, registry, place, &argv)?,
                data_of: None,
            })
        }
        Source::Tool(name, fixed) => {
            let mut args = ask.given.clone();
            for (name, value) in fixed {
                args.insert((*name).to_owned(), Value::from(*value));
            }
            if let Some(search) = kind.search.filter(|_| ask.view.is_none())
                && !ask.search.is_empty()
            {
                args.insert(search.to_owned(), Value::from(ask.search.as_str()));
            }
            if let Some(cursor) = &ask.cursor {
                args.insert("cursor".to_owned(), Value::from(cursor.as_str()));
            }
            tool_call(world, registry, place, name, &Value::Object(args))
        }
    }
}

/// The call of a line: a program that passes on to a tool is the tool.
fn line_call(
    world: &World,
    registry: &Registry,
    place: &Place,
    argv: &[String],
) -> Result<Call, String> {
    let (program, words) = argv.split_first().ok_or("an empty line")?;
    let call = program_call(program, place, words, "");
    let passed_on = registry.answer(world, &call).asked;
    Ok(passed_on.unwrap_or(call))
}

/// The call of a tool: a tool that is a line of the shell is that line.
fn tool_call(
    world: &World,
    registry: &Registry,
    place: &Place,
    name: &str,
    args: &Value,
) -> Result<Asked, String> {
    let tool = registry
        .tool(name)
        .ok_or_else(|| format!("{name}: no such tool"))?;
    let args = tool
        .read(args)
        .map_err(|refused| refused.error.trim_end().to_owned())?;
    let itself = Call {
        tool: name.to_owned(),
        args,
    };
    let Some(line) = tool.line(world, &itself.args) else {
        return Ok(Asked {
            call: itself,
            data_of: None,
        });
    };
    let place = line.cwd.map_or_else(|| place.clone(), |cwd| Place { cwd });
    let (program, argv) = line.argv.split_first().ok_or("an empty line")?;
    Ok(Asked {
        call: program_call(program, &place, argv, ""),
        data_of: Some(itself),
    })
}

/// What a template gives: the field itself for `{field}` alone, its pairs by name for `{field=}`, a text with the fields
/// filled in otherwise.
fn filled(template: &str, fields: &Map<String, Value>) -> Value {
    let whole = template
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    if let Some(value) = whole.and_then(|name| table::at(fields, name)) {
        return value.clone();
    }
    if let Some(pairs) = whole
        .and_then(|name| name.strip_suffix('='))
        .and_then(|name| table::at(fields, name))
    {
        return table::by_name(pairs);
    }
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        if let Some(value) = table::at(fields, name) {
            text.push_str(&table::plain(value));
        }
        rest = behind;
    }
    text.push_str(rest);
    Value::from(text)
}

/// What an answer shows of a request.
///
/// # Errors
/// The system's refusal in its own words.
pub fn read(
    world: &World,
    registry: &Registry,
    ask: &Ask,
    asked: &Asked,
    answer: &Answer,
) -> Result<Browsed, String> {
    let kind = kind_of(&ask.kind)?;
    if answer.code != 0 {
        return Err(answer.error.trim_end().to_owned());
    }
    let data = match &asked.data_of {
        Some(call) => registry.answer(world, call).data,
        None => answer.data.clone(),
    };
    let more = data
        .get("cursor")
        .and_then(Value::as_str)
        .map(|cursor| Ask {
            cursor: Some(cursor.to_owned()),
            ..ask.clone()
        });
    let Some(view) = ask.view else {
        let rows = match kind.list {
            Source::Line(_) => printed::rows(&answer.text),
            _ => table::rows(&data, kind.rows),
        };
        let mut table = table::make(kind, &rows, &ask.given, &answer.shown, world.now());
        table.total = data
            .get("total")
            .and_then(Value::as_u64)
            .and_then(|total| usize::try_from(total).ok());
        table.more = more;
        if table.rows.is_empty() {
            table.note = first_line(&answer.error, &answer.text);
        }
        return Ok(Browsed::Table(table));
    };
    let view = kind.views.get(view);
    let commands = data.get("commands").and_then(Value::as_array);
    Ok(Browsed::Text(Page {
        title: page_title(view, ask),
        text: answer.text.clone(),
        is_markdown: view.is_some_and(|view| view.is_markdown),
        commands: commands
            .into_iter()
            .flatten()
            .filter_map(|command| command.as_str().map(str::to_owned))
            .collect(),
        artifact: answer.shown.first().map(Shown::id),
        lines: pinnable_lines(&answer.shown),
        more,
    }))
}

fn page_title(view: Option<&View>, ask: &Ask) -> String {
    let given = ask.given.values().filter(|value| !value.is_object());
    let of: Vec<String> = given.map(table::plain).collect();
    let verb = view
        .map(|view| view.verb)
        .filter(|verb| *verb != "open")
        .map_or_else(String::new, |verb| format!(" ({verb})"));
    format!("{}{verb}", of.join(" "))
}

fn first_line(error: &str, text: &str) -> String {
    let line = |text: &str| text.lines().next().unwrap_or_default().trim().to_owned();
    Some(line(error))
        .filter(|line| !line.is_empty())
        .unwrap_or_else(|| line(text))
}

fn pinnable_lines(shown: &[Shown]) -> Vec<(String, String)> {
    shown
        .iter()
        .filter_map(|one| match one {
            Shown::Line { text, .. } => {
                let first = text.lines().next().unwrap_or_default();
                Some((first.to_owned(), one.id()))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
