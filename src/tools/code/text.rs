//! What text programs share: where they read from, what they answer, and the trait's side of them. Never changes a file.

use std::collections::BTreeMap;

use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::Span;
use crate::tools::board::code;
use crate::tools::workbench::resolve;
use crate::tools::{Example, Family, Place, Program, Run};

/// Files that belong to no repository: what a trainee wrote to `/tmp` or home. By path without the leading `/`.
pub type Scratch = BTreeMap<String, String>;

static NOTHING: Scratch = Scratch::new();

/// The most bytes that one program prints.
pub const MOST_BYTES: usize = 4 << 20;

/// The files that a program sees.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// The drill, for the clones in it.
    pub world: &'a World,
    /// Where the shell stands.
    pub cwd: &'a str,
    /// Files outside the clones.
    pub scratch: &'a Scratch,
}

/// A file's text, and where it is in a clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its text.
    pub text: String,
    /// Repository and path, for a file of a clone.
    pub clone: Option<(String, String)>,
}

/// As the C library words it.
const MISSING: &str = "No such file or directory";

impl<'a> Files<'a> {
    /// The clones alone, from a folder.
    pub fn of(world: &'a World, cwd: &'a str) -> Self {
        Self {
            world,
            cwd,
            scratch: &NOTHING,
        }
    }

    /// A path as typed, made whole.
    pub fn resolve(&self, name: &str) -> String {
        resolve(self.cwd, name)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// `No such file or directory`, `Is a directory`.
    pub fn open(&self, name: &str) -> Result<Opened, &'static str> {
        if name == "/dev/null" {
            return Ok(Opened {
                text: String::new(),
                clone: None,
            });
        }
        if name.is_empty() {
            return Err(MISSING);
        }
        let path = self.resolve(name);
        if let Some((text, Shown::File { repo, path, .. }, _)) = code::file(self.world, &path) {
            return Ok(Opened {
                text,
                clone: Some((repo, path)),
            });
        }
        if let Some(text) = self.scratch.get(&path) {
            return Ok(Opened {
                text: text.clone(),
                clone: None,
            });
        }
        Err(if self.is_folder(name) {
            "Is a directory"
        } else {
            MISSING
        })
    }

    /// Whether a path is a folder.
    pub fn is_folder(&self, name: &str) -> bool {
        let path = self.resolve(name);
        path.is_empty() || path == "tmp" || !self.list(&path).is_empty()
    }

    /// Whether anything is at a path.
    pub fn exists(&self, name: &str) -> bool {
        name == "/dev/null" || self.open(name).is_ok() || self.is_folder(name)
    }

    /// Entries of a folder by its whole path, in the order of their names: name, whole path, whether it is a folder.
    pub fn list(&self, path: &str) -> Vec<(String, String, bool)> {
        let mut entries = code::folder(self.world, path);
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        for file in self.scratch.keys() {
            let Some(rest) = file.strip_prefix(&prefix) else {
                continue;
            };
            let (name, is_folder) = rest
                .split_once('/')
                .map_or((rest, false), |(name, _)| (name, true));
            let whole = format!("{prefix}{name}");
            if !entries.iter().any(|(known, ..)| known == name) {
                entries.push((name.to_owned(), whole, is_folder));
            }
        }
        entries.sort();
        entries
    }
}

/// What a text program gets.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files it sees.
    pub files: Files<'a>,
    /// What is piped into it.
    pub stdin: &'a str,
}

/// A text program: one function over its files and what is piped into it.
#[derive(Clone, Copy)]
pub struct Tool {
    /// The word it is called by.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// What it does.
    pub run: fn(&Input<'_>, &[String]) -> Answer,
    /// Uses with what they print.
    pub examples: &'static [Example],
}

impl Program for Tool {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn cost(&self, _argv: &[String]) -> Span {
        Span::from_secs(2)
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], stdin: &str) -> Run {
        let files = Files::of(world, &place.cwd);
        Run::Answer((self.run)(&Input { files, stdin }, argv))
    }

    fn examples(&self) -> Vec<Example> {
        self.examples.to_vec()
    }
}

/// Reads a program's operands, collects what goes wrong and which files of clones were read.
pub struct Reader<'a> {
    input: &'a Input<'a>,
    tool: &'static str,
    words: &'static str,
    problem_code: i32,
    error: String,
    code: i32,
    read: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    /// A reader. A file that cannot be read is complained of as `tool: WORDS problem` with the name for `{}`, and the exit
    /// code becomes `problem_code`.
    pub fn new(
        input: &'a Input<'a>,
        tool: &'static str,
        words: &'static str,
        problem_code: i32,
    ) -> Self {
        Self {
            input,
            tool,
            words,
            problem_code,
            error: String::new(),
            code: 0,
            read: Vec::new(),
        }
    }

    /// A file's text; `-` is what was piped in. `None` after a complaint.
    pub fn read(&mut self, name: &str) -> Option<String> {
        if name == "-" {
            return Some(self.input.stdin.to_owned());
        }
        match self.input.files.open(name) {
            Ok(opened) => {
                self.read.extend(opened.clone);
                Some(opened.text)
            }
            Err(problem) => {
                let said = self.words.replace("{}", name);
                self.complain(&format!("{said}{problem}"));
                None
            }
        }
    }

    /// All operands with their texts; what was piped in where there are none.
    pub fn all(&mut self, operands: &[String]) -> Vec<(String, String)> {
        if operands.is_empty() {
            return vec![("-".to_owned(), self.input.stdin.to_owned())];
        }
        let mut texts = Vec::new();
        for name in operands {
            if let Some(text) = self.read(name) {
                texts.push((name.clone(), text));
            }
        }
        texts
    }

    /// All operands as one text.
    pub fn joined(&mut self, operands: &[String]) -> String {
        self.all(operands)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    /// Says what is wrong.
    pub fn complain(&mut self, words: &str) {
        self.error.push_str(&format!("{}: {words}\n", self.tool));
        self.code = self.problem_code;
    }

    /// The answer: what was printed, and for every file read that this was shown of it.
    pub fn answer(self, text: String, code: i32) -> Answer {
        let shown = self
            .read
            .into_iter()
            .map(|(repo, path)| Shown::File {
                repo,
                path,
                text: text.clone(),
            })
            .collect();
        Answer {
            text,
            error: self.error,
            code: if self.code == 0 { code } else { self.code },
            shown,
            ..Answer::default()
        }
    }
}

/// Lines joined again, each with its line break.
pub fn joined<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for line in lines {
        if text.len() > MOST_BYTES {
            break;
        }
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

/// What a program without files, for its own tests.
#[cfg(test)]
pub fn run_on(tool: &Tool, argv: &[&str], stdin: &str) -> (String, i32) {
    let world = crate::sim::testing::small_world();
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    let input = Input {
        files: Files::of(&world, ""),
        stdin,
    };
    let answer = (tool.run)(&input, &argv);
    (format!("{}{}", answer.text, answer.error), answer.code)
}
