//! `find`: paths of the checkout that fit tests. Reads names only.

use super::glob;
use super::text::{Input, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `find`.
pub const TOOL: Tool = Tool {
    name: "find",
    about: "Finds paths of your checkout: -name -iname -path -type -maxdepth -not",
    run,
    examples: &[
        Example {
            line: "find nothing",
            about: "A path that is not there",
            prints: "find: 'nothing': No such file or directory\n",
        },
        Example {
            line: "find alpha -maxdepth 1 -name 'R*'",
            about: "By name",
            prints: "alpha/README.md\n",
        },
    ],
};

/// Paths that one search goes through at most.
const MOST_PATHS: usize = 20_000;

enum Test {
    Name(String, bool),
    Path(String),
    Kind(bool),
    Not,
    Or,
    Yes,
}

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let is_expression = |word: &&String| word.starts_with('-') || *word == "!" || *word == "(";
    let split = argv
        .iter()
        .position(|word| is_expression(&word))
        .unwrap_or(argv.len());
    let (starts, expression) = argv.split_at(split);
    let mut tests = Vec::new();
    let (mut most, mut least) = (usize::MAX, 0);
    let mut rest = expression.iter();
    while let Some(word) = rest.next() {
        let mut value = || {
            rest.next()
                .cloned()
                .ok_or_else(|| Answer::failed(format!("find: missing argument to `{word}'\n"), 1))
        };
        let test = match word.as_str() {
            "-name" => value().map(|text| Test::Name(text, false)),
            "-iname" => value().map(|text| Test::Name(text.to_lowercase(), true)),
            "-path" | "-wholename" => value().map(Test::Path),
            "-type" => value().and_then(|text| match text.as_str() {
                "f" => Ok(Test::Kind(false)),
                "d" => Ok(Test::Kind(true)),
                other => Err(Answer::failed(
                    format!("find: Unknown argument to -type: {other}\n"),
                    1,
                )),
            }),
            "-maxdepth" | "-mindepth" => value().and_then(|text| match text.parse::<usize>() {
                Ok(depth) => {
                    if word == "-maxdepth" {
                        most = depth;
                    } else {
                        least = depth;
                    }
                    Ok(Test::Yes)
                }
                Err(_) => Err(Answer::failed(
                    format!("find: Expected a positive decimal integer argument to {word}, but got '{text}'\n"),
                    1,
                )),
            }),
            "-not" | "!" => Ok(Test::Not),
            "-o" | "-or" => Ok(Test::Or),
            "-a" | "-and" | "-print" => Ok(Test::Yes),
            "-exec" | "-delete" | "-execdir" | "-ok" => Err(Answer::failed(
                format!("find: {word} is not for this checkout; pipe into xargs\n"),
                1,
            )),
            other => Err(Answer::failed(format!("find: unknown predicate `{other}'\n"), 1)),
        };
        match test {
            Ok(test) => tests.push(test),
            Err(answer) => return answer,
        }
    }
    let here = [".".to_owned()];
    let starts = if starts.is_empty() { &here } else { starts };
    let mut answer = Answer::default();
    for start in starts {
        if !input.files.exists(start) {
            answer
                .error
                .push_str(&format!("find: '{start}': No such file or directory\n"));
            answer.code = 1;
            continue;
        }
        let mut stack = vec![(
            start.clone(),
            input.files.resolve(start),
            input.files.is_folder(start),
            0,
        )];
        let mut count = 0;
        while let Some((shown, path, is_folder, depth)) = stack.pop() {
            count += 1;
            if count > MOST_PATHS {
                break;
            }
            if depth >= least && fits(&tests, &shown, is_folder) {
                answer.text.push_str(&format!("{shown}\n"));
            }
            if is_folder && depth < most {
                let entries = input.files.list(&path).into_iter().rev();
                stack.extend(entries.map(|(name, whole, is_folder)| {
                    let base = shown.trim_end_matches('/');
                    (format!("{base}/{name}"), whole, is_folder, depth + 1)
                }));
            }
        }
    }
    answer
}

/// Tests side by side are all to hold; `-o` begins another group.
fn fits(tests: &[Test], path: &str, is_folder: bool) -> bool {
    let name = super::paths::base_name(path);
    let (mut any, mut all, mut negate) = (false, true, false);
    for test in tests {
        let holds = match test {
            Test::Or => {
                any |= all;
                all = true;
                continue;
            }
            Test::Not => {
                negate = !negate;
                continue;
            }
            Test::Yes => true,
            Test::Name(pattern, true) => glob::matches(pattern, &name.to_lowercase()),
            Test::Name(pattern, false) => glob::matches(pattern, name),
            Test::Path(pattern) => glob::matches(pattern, path),
            Test::Kind(folder) => *folder == is_folder,
        };
        all &= holds != std::mem::take(&mut negate);
    }
    any || all
}
