//! `jq`: filters over JSON, as `kubectl ... -o json | jq` needs them. A small interpreter, bounded in steps and memory:
//! a crate's would run a program for ever or recurse until the process dies. Functions of one's own are not in it.

mod builtins;
mod eval;
mod parse;
mod paths;
mod print;
mod tree;

use serde_json::Value;

use super::options::{Spec, Takes};
use super::text::{Input, MOST_BYTES, Reader, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `jq`.
pub const TOOL: Tool = Tool {
    name: "jq",
    about: "Picks from JSON: '.items[] | select(.a > 1) | .name', -r plain text, -c one line, -s all as one, --arg",
    run,
    examples: &[
        Example {
            line: "echo '{\"items\":[{\"name\":\"a\",\"n\":1},{\"name\":\"b\",\"n\":3}]}' | jq -r '.items[] | select(.n > 1) | .name'",
            about: "Names of what fits, as plain text",
            prints: "b\n",
        },
        Example {
            line: "echo '[1,2]' | jq .",
            about: "Printed to be read",
            prints: "[\n  1,\n  2\n]\n",
        },
        Example {
            line: "echo '[]' | jq .a",
            about: "A field of what has none",
            prints: "jq: error (at <stdin>:1): Cannot index array with \"a\"\n",
        },
    ],
};

const SPEC: Spec = Spec {
    tool: "jq",
    short: "rcnsejSMCa",
    long: &[
        ("raw-output", 'r', Takes::Nothing),
        ("compact-output", 'c', Takes::Nothing),
        ("null-input", 'n', Takes::Nothing),
        ("raw-input", 'R', Takes::Nothing),
        ("slurp", 's', Takes::Nothing),
        ("exit-status", 'e', Takes::Nothing),
        ("join-output", 'j', Takes::Nothing),
        ("sort-keys", 'S', Takes::Nothing),
        ("monochrome-output", 'M', Takes::Nothing),
        ("color-output", 'C', Takes::Nothing),
        ("tab", 't', Takes::Nothing),
        ("indent", 'i', Takes::Value),
    ],
    code: 2,
    usage: "jq [OPTIONS] FILTER [FILES...]",
};

/// Values with the names that the filter calls them by.
type Named = Vec<(String, Value)>;

/// `--arg NAME VALUE` and `--argjson NAME JSON` out of the words.
fn named(argv: &[String]) -> Result<(Vec<String>, Named), Answer> {
    let (mut words, mut found) = (Vec::new(), Vec::new());
    let mut rest = argv.iter();
    while let Some(word) = rest.next() {
        if word != "--arg" && word != "--argjson" {
            words.push(if word == "-R" {
                "--raw-input".to_owned()
            } else {
                word.clone()
            });
            continue;
        }
        let (Some(name), Some(text)) = (rest.next(), rest.next()) else {
            return Err(Answer::failed(
                format!("jq: error: {word} takes two parameters (e.g. {word} varname value)\n"),
                2,
            ));
        };
        let value = if word == "--arg" {
            Value::from(text.clone())
        } else {
            match serde_json::from_str(text) {
                Ok(value) => value,
                Err(_) => {
                    return Err(Answer::failed(
                        format!("jq: error: Invalid JSON text passed to --argjson {name}\n"),
                        2,
                    ));
                }
            }
        };
        found.push((name.clone(), value));
    }
    Ok((words, found))
}

#[expect(
    clippy::too_many_lines,
    reason = "one run: options, filter, inputs, what is printed"
)]
fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    let (argv, variables) = match named(argv) {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let options = match SPEC.parse(&argv) {
        Ok(options) => options,
        Err(answer) if answer.code == 2 => {
            let said = answer.error.lines().next().unwrap_or("").to_owned();
            return Answer::failed(
                format!(
                    "{said}\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.github.io/jq\n"
                ),
                2,
            );
        }
        Err(answer) => return answer,
    };
    let mut operands = options.operands.clone();
    let source = if operands.is_empty() {
        ".".to_owned()
    } else {
        operands.remove(0)
    };
    let filter = match parse::parse(&source) {
        Ok(filter) => filter,
        Err(error) => {
            return Answer::failed(
                format!(
                    "jq: error: {error} at <top-level>, line 1:\n{source}\njq: 1 compile error\n"
                ),
                3,
            );
        }
    };
    let mut reader = Reader::new(input, "jq", "error: Could not open {}: ", 2);
    let texts = reader.all(&operands);
    let mut documents = Vec::new();
    let mut broken = None;
    if options.has('n') {
        documents.push((Value::Null, 0));
    } else {
        for (_, text) in &texts {
            if options.has('R') {
                documents.extend(
                    text.lines()
                        .zip(1..)
                        .map(|(line, at)| (Value::from(line), at)),
                );
                continue;
            }
            let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            while let Some(next) = stream.next() {
                let upto = text.get(..stream.byte_offset()).unwrap_or("");
                match next {
                    Ok(value) => documents.push((value, upto.matches('\n').count().max(1))),
                    Err(error) => {
                        broken = Some(parse_error(&error));
                        break;
                    }
                }
            }
        }
        if options.has('s') {
            let all = documents.into_iter().map(|(value, _)| value).collect();
            documents = vec![(Value::Array(all), 1)];
        }
    }
    let style = print::Style {
        raw: options.has('r') || options.has('j'),
        indent: if options.has('c') {
            None
        } else if options.has('t') {
            Some("\t".to_owned())
        } else {
            let width = options
                .value('i')
                .and_then(|text| text.parse::<usize>().ok());
            match width.unwrap_or(2).min(7) {
                0 => None,
                width => Some(" ".repeat(width)),
            }
        },
        sorted: options.has('S'),
    };
    let (mut text, mut errors, mut code) = (String::new(), String::new(), 0);
    let mut last = None;
    let mut machine = eval::Machine::new(variables);
    for (document, line) in documents {
        let mut values = Vec::new();
        let result = machine.run(&filter, &document, &mut values);
        for value in values {
            text.push_str(&print::print(&value, &style));
            if !options.has('j') {
                text.push('\n');
            }
            last = Some(value);
        }
        if let Err(error) = result {
            errors.push_str(&format!("jq: error (at <stdin>:{line}): {error}\n"));
            code = 5;
        }
        if text.len() > MOST_BYTES || machine.is_spent() {
            break;
        }
    }
    if let Some(broken) = broken {
        errors.push_str(&format!("jq: {broken}\n"));
        code = 2;
    }
    if code == 0 && options.has('e') {
        code = match last {
            None => 4,
            Some(Value::Null | Value::Bool(false)) => 1,
            Some(_) => 0,
        };
    }
    let mut answer = reader.answer(text, code);
    answer.error.push_str(&errors);
    answer
}

fn parse_error(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        format!("parse error: Unfinished JSON term at EOF at line {line}, column {column}")
    } else {
        format!("parse error: Invalid numeric literal at line {line}, column {column}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::run_on;
    use super::*;

    fn jq(filter: &str, json: &str) -> String {
        run_on(&TOOL, &["-c", filter], json).0.trim_end().to_owned()
    }

    #[test]
    fn paths_and_pipes() {
        let json = r#"{"a":{"b":[1,2,{"c":"x"}]},"d":null,"e-f":4}"#;
        for (filter, gives) in [
            (".a.b[0]", "1"),
            (".a.b[-1].c", "\"x\""),
            (".a.b[1:]", "[2,{\"c\":\"x\"}]"),
            (".a[\"b\"][0]", "1"),
            (".\"e-f\"", "4"),
            (".a.b | length", "3"),
            (".a.b[]|numbers", "1\n2"),
            (".x.y.z", "null"),
            (".a.b[0].c?", ""),
            ("..|strings", "\"x\""),
            ("keys", "[\"a\",\"d\",\"e-f\"]"),
            (".d // \"none\"", "\"none\""),
            (
                "{n: .a.b[0], \"e-f\", (\"k\" + \"1\"): 2}",
                "{\"n\":1,\"e-f\":4,\"k1\":2}",
            ),
            ("[.a.b[] | numbers | . * 2]", "[2,4]"),
            (
                "[paths(scalars)|map(tostring)|join(\".\")]",
                "[\"a.b.0\",\"a.b.1\",\"a.b.2.c\",\"e-f\"]",
            ),
            ("to_entries|map(.key)", "[\"a\",\"d\",\"e-f\"]"),
            ("del(.a)", "{\"d\":null,\"e-f\":4}"),
            (".a.b[0] |= . + 10 | .a.b[0]", "11"),
            (".d = 1 | .d", "1"),
            (
                "\"n=\\(.a.b[0]) \\(.a.b[2])\"",
                "\"n=1 {\\\"c\\\":\\\"x\\\"}\"",
            ),
            (". as {a: {b: [$x]}} | $x", "1"),
        ] {
            assert_eq!(jq(filter, json), gives, "{filter}");
        }
    }

    #[test]
    fn functions() {
        for (filter, json, gives) in [
            (
                "map(select(.n >= 2)) | length",
                r#"[{"n":1},{"n":2},{"n":3}]"#,
                "2",
            ),
            (
                "sort_by(.n) | reverse | .[0].n",
                r#"[{"n":1},{"n":3},{"n":2}]"#,
                "3",
            ),
            (
                "group_by(.k) | map({k: .[0].k, n: length})",
                r#"[{"k":"b"},{"k":"a"},{"k":"b"}]"#,
                r#"[{"k":"a","n":1},{"k":"b","n":2}]"#,
            ),
            ("add", "[1,2,3.5]", "6.5"),
            ("add", r#"["a","b"]"#, "\"ab\""),
            ("reduce .[] as $x (0; . + $x)", "[1,2,3]", "6"),
            (
                "if . > 2 then \"big\" elif . == 2 then \"two\" else \"small\" end",
                "2",
                "\"two\"",
            ),
            (
                "test(\"^a.c$\"), (split(\",\")|length), ascii_upcase",
                "\"abc\"",
                "true\n1\n\"ABC\"",
            ),
            (
                "sub(\"b+\"; \"-\"), gsub(\"[ac]\"; \"x\")",
                "\"abbc\"",
                "\"a-c\"\n\"xbbx\"",
            ),
            ("capture(\"(?<n>[0-9]+)\").n | tonumber", "\"v12\"", "12"),
            (
                "[limit(2; .[])], first(.[]), any(. > 2), all(. > 0)",
                "[1,2,3]",
                "[1,2]\n1\ntrue\ntrue",
            ),
            (
                "unique, min, max, (map(tostring)|join(\"-\")), flatten",
                "[3,1,3]",
                "[1,3]\n1\n3\n\"3-1-3\"\n[3,1,3]",
            ),
            ("with_entries(.value += 1)", r#"{"a":1}"#, r#"{"a":2}"#),
            ("try error(\"x\") catch .", "null", "\"x\""),
            ("@base64, (@base64|@base64d)", "\"hi\"", "\"aGk=\"\n\"hi\""),
            (
                "@tsv, @csv",
                r#"["a",1,null]"#,
                "\"a\\t1\\t\"\n\"\\\"a\\\",1,\"",
            ),
            (
                "has(\"a\"), (.a|not), (.a|type), ([.[]]|length)",
                r#"{"a":true}"#,
                "true\nfalse\n\"boolean\"\n1",
            ),
            (
                "fromdate, (\"2024-12-02T09:45:00Z\"|fromdate)",
                "\"1970-01-01T00:01:00Z\"",
                "60\n1733132700",
            ),
            ("[range(3)], [range(1;4)]", "null", "[0,1,2]\n[1,2,3]"),
            ("contains({a: [\"x\"]})", r#"{"a":["xy"]}"#, "true"),
            (
                "ltrimstr(\"a\"), startswith(\"a\"), index(\"c\")",
                "\"abc\"",
                "\"bc\"\ntrue\n2",
            ),
            (
                "walk(if type == \"number\" then . + 1 else . end)",
                "[1,[2]]",
                "[2,[3]]",
            ),
            (
                "1 / 4, 7 % 4, -3, \"ab\" * 2, {a:1} + {b:2}, [1,2] - [2]",
                "null",
                "0.25\n3\n-3\n\"abab\"\n{\"a\":1,\"b\":2}\n[1]",
            ),
        ] {
            assert_eq!(jq(filter, json), gives, "{filter}");
        }
    }

    #[test]
    fn refusals() {
        let error = |filter: &str, json: &str| run_on(&TOOL, &[filter], json);
        assert_eq!(
            error(".a", "[1]"),
            (
                "jq: error (at <stdin>:1): Cannot index array with \"a\"\n".into(),
                5
            )
        );
        assert_eq!(error(".[]", "1").1, 5);
        assert_eq!(error(".a |", "{}").1, 3);
        assert_eq!(error("foo", "{}"), ("jq: error: foo/0 is not defined at <top-level>, line 1:\nfoo\njq: 1 compile error\n".into(), 3));
        assert_eq!(error(".", "{").1, 2);
        assert!(error("[range(1e9)]", "1").0.contains("stopped"));
        assert_eq!(error("[recurse(. + 1)]", "1").1, 5);
        assert_eq!(run_on(&TOOL, &["-e", ".a"], "{}").1, 1);
        assert_eq!(
            run_on(&TOOL, &["--arg", "x", "1", "-n", "-r", "$x"], "").0,
            "1\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_filter_is_run_or_refused(filter in "[.a\\[\\]{}()|,:0-9\"\\\\+*/<>=?$ -]{0,20}|(\\.a|\\[|\\]|\\.|\\||select|\\(|\\)|map|,|\\.\\.|recurse|range|9){0,12}") {
            let _ = run_on(&TOOL, &["-c", &filter], "{\"a\":[1,{\"b\":2}]}");
        }
    }
}
