//! How git refuses: the text on standard error and the exit code. Never a Rust error type of another layer.

/// A refusal, as git prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitError {
    /// What went to standard output before.
    pub stdout: String,
    /// The complaint.
    pub stderr: String,
    /// Exit code.
    pub code: i32,
}

impl GitError {
    /// `fatal: ...`, exit 128.
    pub fn fatal(message: &str) -> Self {
        Self::plain(&format!("fatal: {message}"), 128)
    }

    /// `error: ...`, exit 1.
    pub fn error(message: &str) -> Self {
        Self::plain(&format!("error: {message}"), 1)
    }

    /// A complaint as it stands, exit 129.
    pub fn usage(message: &str) -> Self {
        Self::plain(message, 129)
    }

    /// `error: unknown option` with the command's usage, exit 129.
    pub fn unknown_option(option: &str, usage: &str) -> Self {
        let message = match option.strip_prefix("--") {
            Some(name) => format!(
                "error: unknown option `{}'",
                name.split('=').next().unwrap_or(name)
            ),
            None => format!("error: unknown switch `{}'", option.trim_start_matches('-')),
        };
        Self::usage(&format!("{message}\n{usage}"))
    }

    /// A complaint with its own exit code.
    pub fn plain(message: &str, code: i32) -> Self {
        Self {
            stdout: String::new(),
            stderr: format!("{}\n", message.trim_end()),
            code,
        }
    }

    /// A negative answer without a word, exit 1.
    pub fn silent() -> Self {
        Self {
            code: 1,
            ..Self::default()
        }
    }

    /// A name that is neither a revision nor a file.
    pub fn ambiguous(argument: &str) -> Self {
        Self::fatal(&format!(
            "ambiguous argument '{argument}': unknown revision or path not in the working tree.\n\
             Use '--' to separate paths from revisions, like this:\n\
             'git <command> [<revision>...] -- [<file>...]'"
        ))
    }
}
