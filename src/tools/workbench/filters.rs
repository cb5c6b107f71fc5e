//! Text filters that stand behind a pipe: `head`, `tail`, `wc`, `sort`, `uniq`. Pure functions of what is piped in.

/// Runs a filter; `None` when there is none of this name.
pub(super) fn run(name: &str, args: &[String], stdin: &str) -> Option<String> {
    let lines: Vec<&str> = stdin.lines().collect();
    let has = |flag: char| {
        args.iter()
            .any(|word| word.starts_with('-') && word.contains(flag))
    };
    let picked: Vec<String> = match name {
        "head" => lines
            .iter()
            .take(count(args))
            .map(|line| (*line).to_owned())
            .collect(),
        "tail" => lines
            .iter()
            .skip(lines.len().saturating_sub(count(args)))
            .map(|line| (*line).to_owned())
            .collect(),
        "wc" if has('l') => vec![lines.len().to_string()],
        "wc" => {
            let words = stdin.split_whitespace().count();
            vec![format!(
                "{:>7} {:>7} {:>7}",
                lines.len(),
                words,
                stdin.len()
            )]
        }
        "sort" => sorted(&lines, has('n'), has('r'), has('u')),
        "uniq" => uniq(&lines, has('c')),
        "less" | "more" | "cat" if args.is_empty() => {
            lines.iter().map(|line| (*line).to_owned()).collect()
        }
        _ => return None,
    };
    Some(
        picked
            .iter()
            .flat_map(|line| [line.as_str(), "\n"])
            .collect(),
    )
}

/// `-5`, `-n 5` or `-n5`; ten when nothing is said.
fn count(args: &[String]) -> usize {
    let digits = |word: &String| word.trim_start_matches(['-', 'n']).parse().ok();
    args.iter().find_map(digits).unwrap_or(10)
}

fn sorted(lines: &[&str], numeric: bool, reverse: bool, unique: bool) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    if numeric {
        let number = |line: &String| {
            line.split_whitespace()
                .next()
                .and_then(|word| word.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        lines.sort_by(|a, b| number(a).total_cmp(&number(b)));
    } else {
        lines.sort();
    }
    if unique {
        lines.dedup();
    }
    if reverse {
        lines.reverse();
    }
    lines
}

fn uniq(lines: &[&str], counted: bool) -> Vec<String> {
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in lines {
        match runs.last_mut() {
            Some((count, last)) if last == line => *count += 1,
            _ => runs.push((1, line)),
        }
    }
    runs.into_iter()
        .map(|(count, line)| {
            if counted {
                format!("{count:>7} {line}")
            } else {
                line.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn filters_filter() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(run("head", &words("-n 2"), "a\nb\nc\n").unwrap(), "a\nb\n");
        assert_eq!(run("tail", &words("-1"), "a\nb\n").unwrap(), "b\n");
        assert_eq!(
            run("uniq", &words("-c"), "a\na\nb\n").unwrap(),
            "      2 a\n      1 b\n"
        );
        assert_eq!(run("sort", &words("-rn"), "2\n10\n").unwrap(), "10\n2\n");
        assert!(run("kubectl", &[], "").is_none());
    }
}
