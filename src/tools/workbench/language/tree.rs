//! What a command line is made of, once it is parsed.

/// Pipelines one after another.
pub type List = Vec<(Connector, Pipeline)>;

/// When a pipeline is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// After `;`, a line break or at the start: always.
    Always,
    /// After `&&`: when the one before succeeded.
    And,
    /// After `||`: when it failed.
    Or,
}

/// Commands, each reading what the one before it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// `!` before it.
    pub negated: bool,
    /// `time` before it.
    pub timed: bool,
    /// The commands, and whether what they say on standard error goes down the pipe too (`|&`).
    pub stages: Vec<(Command, bool)>,
}

/// A command with its redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it does.
    pub kind: Kind,
    /// Where it reads from and prints to.
    pub redirects: Vec<Redirect>,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `A=1 program words`
    Simple {
        /// Variables set for it, or in the shell when there is no word.
        assigns: Vec<(String, Word)>,
        /// The program and its arguments.
        words: Vec<Word>,
    },
    /// `{ ...; }`, and `( ... )`, which leaves no trace in the shell.
    Group {
        /// What is run.
        body: List,
        /// In a shell of its own.
        own: bool,
    },
    /// `for X in ...; do ...; done`
    For {
        /// The variable.
        name: String,
        /// Its values.
        words: Vec<Word>,
        /// What is run for each.
        body: List,
    },
    /// `while ...; do ...; done`, `until ...`
    While {
        /// Runs while it fails instead.
        until: bool,
        /// What is asked.
        condition: List,
        /// What is run.
        body: List,
    },
    /// `if ...; then ...; elif ...; else ...; fi`
    If {
        /// Conditions with what they lead to.
        arms: Vec<(List, List)>,
        /// What is run when none holds.
        otherwise: List,
    },
    /// `case X in a|b) ...;; esac`
    Case {
        /// What is compared.
        word: Word,
        /// Patterns with what they lead to.
        arms: Vec<(Vec<Word>, List)>,
    },
}

/// A word as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Plain text, and whether it was quoted.
    Text(String, bool),
    /// `$X`, `${X:-y}`, and whether it stands in quotes.
    Variable {
        /// Its name; `#` before it asks for its length.
        name: String,
        /// What is done to its value.
        change: Option<(Change, Word)>,
        /// Ask for the length.
        length: bool,
        /// Stands in double quotes.
        quoted: bool,
    },
    /// `$(...)` and whether it stands in quotes.
    Output(List, bool),
    /// `$((...))`
    Sum(Word, bool),
}

/// What is done to a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `:-` this instead, if it is empty.
    Default,
    /// `:=` this instead, and set it.
    Assign,
    /// `:+` this, if it is not empty.
    Alternative,
    /// `:?` complain if it is empty.
    Complain,
    /// `#`, `##`: without the shortest or longest start that fits.
    Start(bool),
    /// `%`, `%%`: without the shortest or longest end that fits.
    End(bool),
    /// `/a/b`, `//a/b`: the first or all replaced; the word holds both with a line break of its own between.
    Replace(bool),
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// `> FILE`, `2>> FILE`
    To {
        /// 1 or 2; 0 for both (`&>`).
        from: u8,
        /// The file.
        file: Word,
        /// Behind what is in it.
        append: bool,
    },
    /// `2>&1`, `>&2`
    Join {
        /// 1 or 2.
        from: u8,
        /// 1 or 2.
        to: u8,
    },
    /// `< FILE`
    From(Word),
    /// `<<< WORD`
    Here(Word),
}

impl Word {
    /// The word as plain text, when it is nothing else and nothing in it was quoted.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text, false)] => Some(text),
            _ => None,
        }
    }
}
