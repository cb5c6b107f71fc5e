//! `ls`: a folder's entries, short or long.

use super::options::{Spec, Takes};
use super::text::{Input, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `ls`.
pub const TOOL: Tool = Tool {
    name: "ls",
    about: "Lists a folder of your checkout: -l -a -1 -R -d",
    run,
    examples: &[
        Example {
            line: "ls /",
            about: "The repositories",
            prints: "alpha\n",
        },
        Example {
            line: "ls nothing",
            about: "A path that is not there",
            prints: "ls: cannot access 'nothing': No such file or directory\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "ls",
    short: "1aAcCdFghilmnoprRsStuvx",
    long: &[
        ("all", 'a', Takes::Nothing),
        ("almost-all", 'A', Takes::Nothing),
        ("color", 'C', Takes::Maybe),
        ("directory", 'd', Takes::Nothing),
        ("human-readable", 'h', Takes::Nothing),
        ("recursive", 'R', Takes::Nothing),
        ("reverse", 'r', Takes::Nothing),
    ],
    code: 2,
    usage: "ls [OPTION]... [FILE]...",
};

/// Folders that one listing goes through at most.
const MOST_FOLDERS: usize = 2_000;

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match SPEC.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let files = &input.files;
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push(".".to_owned());
    }
    let long = "lgno".chars().any(|letter| options.has(letter));
    let (mut plain, mut folders) = (Vec::new(), Vec::new());
    let mut answer = Answer::default();
    for name in names {
        if files.is_folder(&name) && !options.has('d') {
            folders.push((name.clone(), files.resolve(&name)));
        } else if files.exists(&name) {
            plain.push((name.clone(), files.resolve(&name), files.is_folder(&name)));
        } else {
            answer.error.push_str(&format!(
                "ls: cannot access '{name}': No such file or directory\n"
            ));
            answer.code = 2;
        }
    }
    let several = folders.len() + plain.len() > 1 || options.has('R');
    let show = |entries: &[(String, String, bool)]| -> String {
        entries
            .iter()
            .map(|(name, path, is_folder)| {
                if !long {
                    let mark = if options.has('F') || options.has('p') {
                        if *is_folder { "/" } else { "" }
                    } else {
                        ""
                    };
                    return format!("{name}{mark}\n");
                }
                let size = files
                    .open(&format!("/{path}"))
                    .map_or(4096, |opened| opened.text.len());
                let size = if options.has('h') {
                    human(size)
                } else {
                    size.to_string()
                };
                let kind = if *is_folder {
                    "drwxr-xr-x"
                } else {
                    "-rw-r--r--"
                };
                let user = files.world.trainee_handle();
                let when = files.world.plan().page.format("%b %e %H:%M");
                format!("{kind} 1 {user} {user} {size:>7} {when} {name}\n")
            })
            .collect()
    };
    let sort = |entries: &mut Vec<(String, String, bool)>| {
        entries.sort();
        if options.has('r') {
            entries.reverse();
        }
    };
    sort(&mut plain);
    answer.text.push_str(&show(&plain));
    let mut queue = std::collections::VecDeque::from(folders);
    let mut count = 0;
    while let Some((name, path)) = queue.pop_front() {
        count += 1;
        if count > MOST_FOLDERS {
            break;
        }
        let mut entries = files.list(&path);
        entries.retain(|(name, ..)| options.has('a') || options.has('A') || !name.starts_with('.'));
        sort(&mut entries);
        if several {
            let gap = if answer.text.is_empty() { "" } else { "\n" };
            answer.text.push_str(&format!("{gap}{name}:\n"));
        }
        if options.has('a') {
            for dots in [".", ".."] {
                answer
                    .text
                    .push_str(&show(&[(dots.to_owned(), path.clone(), true)]));
            }
        }
        answer.text.push_str(&show(&entries));
        if options.has('R') {
            for (entry, inside, is_folder) in entries.into_iter().rev() {
                if is_folder {
                    let base = name.trim_end_matches('/');
                    queue.push_front((format!("{base}/{entry}"), inside));
                }
            }
        }
    }
    answer
}

fn human(bytes: usize) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    let mut value = bytes as f64;
    for unit in ["K", "M", "G"] {
        value /= 1024.0;
        if value < 10.0 {
            return format!("{value:.1}{unit}");
        }
        if value < 1024.0 {
            return format!("{value:.0}{unit}");
        }
    }
    format!("{value:.0}G")
}
