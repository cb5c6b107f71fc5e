//! `cat`, `ls` and `grep` on the trainee's checkout and on what is piped into them.

use crate::session::Answer;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::tools::board::code;
use crate::tools::workbench::resolve;
use crate::tools::{Example, Family, Place, Program, Run};

/// Prints files.
pub struct Cat;

impl Program for Cat {
    fn name(&self) -> &'static str {
        "cat"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn about(&self) -> &'static str {
        "Prints files of your checkout; -n numbers the lines"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], stdin: &str) -> Run {
        let numbered = argv.iter().any(|word| word == "-n");
        let files: Vec<&String> = argv.iter().filter(|word| !word.starts_with('-')).collect();
        let mut answer = Answer::default();
        if files.is_empty() {
            answer.text = stdin.to_owned();
        }
        for name in files {
            let path = resolve(&place.cwd, name);
            match code::file(world, &path) {
                Some((text, shown, _)) => {
                    answer.shown.push(shown);
                    answer.text.push_str(&text);
                }
                None => {
                    let problem = if code::folder(world, &path).is_empty() {
                        "No such file or directory"
                    } else {
                        "Is a directory"
                    };
                    answer.error.push_str(&format!("cat: {name}: {problem}\n"));
                    answer.code = 1;
                }
            }
        }
        if numbered {
            let lines = answer.text.lines().enumerate();
            answer.text = lines
                .map(|(index, line)| format!("{:>6}\t{line}\n", index + 1))
                .collect();
        }
        Run::Answer(answer)
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "cat nothing",
            about: "a file that is not there",
            prints: "cat: nothing: No such file or directory\n",
        }]
    }
}

/// Lists folders.
pub struct Ls;

impl Program for Ls {
    fn name(&self) -> &'static str {
        "ls"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn about(&self) -> &'static str {
        "Lists a folder of your checkout"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], _: &str) -> Run {
        let name = argv
            .iter()
            .find(|word| !word.starts_with('-'))
            .map_or("", String::as_str);
        let path = resolve(&place.cwd, name);
        let mut entries: Vec<String> = code::folder(world, &path)
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        entries.sort();
        if entries.is_empty() {
            return match code::file(world, &path) {
                Some(_) => Run::text(format!("{name}\n")),
                None => Run::failed(
                    format!("ls: cannot access '{name}': No such file or directory\n"),
                    2,
                ),
            };
        }
        let hidden = argv
            .iter()
            .any(|word| word.starts_with('-') && (word.contains('a') || word.contains('A')));
        entries.retain(|entry| hidden || !entry.starts_with('.'));
        Run::text(
            entries
                .iter()
                .map(|entry| format!("{entry}\n"))
                .collect::<String>(),
        )
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "ls /",
            about: "the repositories",
            prints: "alpha\n",
        }]
    }
}

/// Finds lines.
pub struct Grep;

struct Options {
    numbers: bool,
    ignore_case: bool,
    invert: bool,
    recursive: bool,
    count: bool,
    names: bool,
}

impl Options {
    fn of(argv: &[String]) -> Self {
        let has = |flag: char| {
            argv.iter()
                .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(flag))
        };
        Self {
            numbers: has('n'),
            ignore_case: has('i'),
            invert: has('v'),
            recursive: has('r') || has('R'),
            count: has('c'),
            names: has('l'),
        }
    }
}

impl Program for Grep {
    fn name(&self) -> &'static str {
        "grep"
    }

    fn family(&self) -> Family {
        Family::Code
    }

    fn about(&self) -> &'static str {
        "Finds lines in your checkout or in what is piped into it: -n -i -v -r -c -l"
    }

    fn run(&self, world: &World, place: &Place, argv: &[String], stdin: &str) -> Run {
        let options = Options::of(argv);
        let mut words = argv
            .iter()
            .filter(|word| !word.starts_with('-') || word.len() == 1);
        let Some(pattern) = words.next() else {
            return Run::failed("Usage: grep [OPTION]... PATTERNS [FILE]...\n", 2);
        };
        let pattern = pattern.replace("\\|", "|");
        let built = regex::RegexBuilder::new(&pattern)
            .case_insensitive(options.ignore_case)
            .size_limit(1 << 20)
            .build();
        let Ok(regex) = built else {
            return Run::failed(format!("grep: invalid pattern: {pattern}\n"), 2);
        };
        let paths: Vec<&String> = words.collect();
        let mut answer = Answer {
            code: 1,
            ..Answer::default()
        };
        if paths.is_empty() && !options.recursive {
            search(&mut answer, &options, &regex, "", stdin);
            return Run::Answer(answer);
        }
        let start = if paths.is_empty() {
            vec![place.cwd.clone()]
        } else {
            paths.iter().map(|path| resolve(&place.cwd, path)).collect()
        };
        let mut files = Vec::new();
        for path in start {
            collect(world, &path, options.recursive, &mut files);
        }
        let several = files.len() > 1 || options.recursive;
        for path in files {
            let Some((
                text,
                Shown::File {
                    repo, path: inside, ..
                },
                _,
            )) = code::file(world, &path)
            else {
                continue;
            };
            let before = answer.text.len();
            search(
                &mut answer,
                &options,
                &regex,
                if several { &inside } else { "" },
                &text,
            );
            let found = answer.text.get(before..).unwrap_or("").to_owned();
            if !found.is_empty() {
                answer.shown.push(Shown::File {
                    repo,
                    path: inside,
                    text: found,
                });
            }
        }
        Run::Answer(answer)
    }

    fn examples(&self) -> Vec<Example> {
        vec![Example {
            line: "grep",
            about: "what it wants",
            prints: "Usage: grep [OPTION]... PATTERNS [FILE]...\n",
        }]
    }
}

/// Files of a search at most.
const MOST_FILES: usize = 5_000;

fn collect(world: &World, path: &str, recursive: bool, files: &mut Vec<String>) {
    let entries = code::folder(world, path);
    if entries.is_empty() {
        files.push(path.to_owned());
    } else if recursive {
        for (_, path, is_folder) in entries {
            if files.len() >= MOST_FILES {
                return;
            }
            if is_folder {
                collect(world, &path, true, files);
            } else {
                files.push(path);
            }
        }
    }
}

fn search(answer: &mut Answer, options: &Options, regex: &regex::Regex, name: &str, text: &str) {
    let prefix = if name.is_empty() {
        String::new()
    } else {
        format!("{name}:")
    };
    let mut count = 0;
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| regex.is_match(line) != options.invert)
    {
        count += 1;
        if options.count || options.names {
            continue;
        }
        let number = if options.numbers {
            format!("{}:", index + 1)
        } else {
            String::new()
        };
        answer.text.push_str(&format!("{prefix}{number}{line}\n"));
    }
    if options.count {
        answer.text.push_str(&format!("{prefix}{count}\n"));
    } else if options.names && count > 0 {
        answer.text.push_str(&format!("{name}\n"));
    }
    if count > 0 {
        answer.code = 0;
    }
}
