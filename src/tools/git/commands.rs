//! The commands of `git` by name, and what it says to a name it does not know.

use super::error::GitError;
use super::{
    Context, GitOutcome, act, blame, branch, diff, log, look, refs, search, shortlog, show, status,
};

type Command = fn(&Context<'_>, &[String]) -> Result<GitOutcome, GitError>;

const COMMANDS: [(&str, Command); 36] = [
    ("add", act::add),
    ("annotate", blame::blame),
    ("blame", blame::blame),
    ("branch", branch::branch),
    ("cat-file", look::cat_file),
    ("checkout", act::checkout),
    ("cherry-pick", act::cherry_pick),
    ("commit", act::commit),
    ("config", look::config),
    ("describe", refs::describe),
    ("diff", diff::diff),
    ("fetch", act::fetch),
    ("grep", search::grep),
    ("hash-object", look::hash_object),
    ("log", log::log),
    ("ls-files", search::ls_files),
    ("ls-tree", search::ls_tree),
    ("merge", act::merge),
    ("merge-base", refs::base),
    ("pull", act::pull),
    ("push", act::push),
    ("remote", refs::remote),
    ("reset", act::reset),
    ("restore", act::restore),
    ("rev-list", look::rev_list),
    ("rev-parse", refs::rev_parse),
    ("revert", act::revert),
    ("rm", act::remove),
    ("shortlog", shortlog::shortlog),
    ("show", show::show),
    ("stage", act::add),
    ("stash", act::stash),
    ("status", status::status),
    ("switch", act::switch),
    ("tag", refs::tag),
    ("whatchanged", log::log),
];

/// The command of a name.
pub(super) fn find(name: &str) -> Option<Command> {
    COMMANDS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, command)| *command)
}

/// Commands of git that have no place here, with the reason in the world's voice.
const ELSEWHERE: [(&str, &str); 10] = [
    (
        "clone",
        "every repository you may read is cloned already; see your home folder",
    ),
    ("init", "new repositories are made in the code host"),
    (
        "rebase",
        "history of shared branches is not rewritten here; use revert or merge",
    ),
    (
        "bisect",
        "bisecting needs builds on this machine; look at log -S, log -p and blame",
    ),
    ("mv", "rename files in the editor"),
    ("gc", "this clone is maintained for you"),
    ("reflog", "this clone keeps no reflog"),
    ("submodule", "there are no submodules"),
    ("worktree", "this clone has one worktree"),
    (
        "format-patch",
        "changes go through push and review, not by mail",
    ),
];

/// What git says to a name that it does not know.
pub(super) fn unknown(name: &str) -> GitError {
    if let Some((_, why)) = ELSEWHERE.iter().find(|(known, _)| *known == name) {
        return GitError::fatal(&format!("git {name}: {why}"));
    }
    let mut message = format!("git: '{name}' is not a git command. See 'git --help'.");
    let similar = similar(name);
    if let [only] = similar.as_slice() {
        message.push_str(&format!("\n\nThe most similar command is\n\t{only}"));
    } else if !similar.is_empty() {
        message.push_str(&format!(
            "\n\nThe most similar commands are\n\t{}",
            similar.join("\n\t")
        ));
    }
    GitError::plain(&message, 1)
}

fn similar(name: &str) -> Vec<&'static str> {
    let distance = |known: &str| strsim::damerau_levenshtein(name, known);
    let best = COMMANDS
        .iter()
        .map(|(known, _)| distance(known))
        .min()
        .unwrap_or(usize::MAX);
    if best > 3 || best >= name.chars().count() {
        return Vec::new();
    }
    COMMANDS
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| distance(known) == best)
        .collect()
}

pub(super) const SYNOPSIS: &str = "usage: git [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]\n           \
    [-p | --paginate | -P | --no-pager] <command> [<args>]\n";

/// What `git` alone prints.
pub(super) fn overview() -> String {
    const GROUPS: [(&str, &[(&str, &str)]); 4] = [
        (
            "work on the current change (see also: git help everyday)",
            &[
                ("add", "Add file contents to the index"),
                ("restore", "Restore working tree files"),
                (
                    "rm",
                    "Remove files from the working tree and from the index",
                ),
            ],
        ),
        (
            "examine the history and state (see also: git help revisions)",
            &[
                (
                    "blame",
                    "Show what revision and author last modified each line of a file",
                ),
                (
                    "diff",
                    "Show changes between commits, commit and working tree, etc",
                ),
                ("grep", "Print lines matching a pattern"),
                ("log", "Show commit logs"),
                ("show", "Show various types of objects"),
                ("status", "Show the working tree status"),
            ],
        ),
        (
            "grow, mark and tweak your common history",
            &[
                ("branch", "List, create, or delete branches"),
                ("commit", "Record changes to the repository"),
                ("merge", "Join two or more development histories together"),
                ("reset", "Reset current HEAD to the specified state"),
                ("revert", "Revert some existing commits"),
                ("switch", "Switch branches"),
                ("tag", "List tags"),
            ],
        ),
        (
            "collaborate (see also: git help workflows)",
            &[
                ("fetch", "Download objects and refs from another repository"),
                (
                    "pull",
                    "Fetch from and integrate with another repository or a local branch",
                ),
                ("push", "Update remote refs along with associated objects"),
            ],
        ),
    ];
    let mut out =
        format!("{SYNOPSIS}\nThese are common Git commands used in various situations:\n");
    for (title, commands) in GROUPS {
        out.push_str(&format!("\n{title}\n"));
        for (name, what) in commands {
            out.push_str(&format!("   {name:<10}{what}\n"));
        }
    }
    out
}
