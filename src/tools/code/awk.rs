//! `awk`: patterns with actions over fields, sums and arrays. A small interpreter, bounded in steps and output; functions of
//! one's own, `getline` and files to write to are not in it, and it says so.

mod parse;
mod run;
mod tree;
mod value;

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool};
use crate::session::Answer;
use crate::tools::Example;

/// `awk`.
pub const AWK: Tool = Tool {
    name: "awk",
    about: "Works on fields of lines: '{print $1}', -F SEPARATOR, patterns, sums, arrays, printf",
    run,
    examples: &[
        Example {
            line: "printf 'a 1\\nb 20\\n' | awk '$2 > 5 {print $1}'",
            about: "Fields of lines that fit",
            prints: "b\n",
        },
        Example {
            line: "printf 'x 1\\ny 2\\nx 3\\n' | awk '{n[$1] += $2} END {for (k in n) print k, n[k]}'",
            about: "Sums by key",
            prints: "x 4\ny 2\n",
        },
        Example {
            line: "echo x | awk '{print $1'",
            about: "A program that is not finished",
            prints: "awk: line 1: syntax error at end of source line: unexpected end of program\n",
        },
    ],
};

/// `gawk`, the same.
pub const GAWK: Tool = Tool {
    name: "gawk",
    about: "The same as awk",
    run,
    examples: &[Example {
        line: "seq 4 | gawk '{s += $1} END {print s / NR}'",
        about: "An average",
        prints: "2.5\n",
    }],
};

const SPEC: Spec = Spec {
    tool: "awk",
    short: "F:v:f:",
    long: &[
        ("field-separator", 'F', Takes::Value),
        ("assign", 'v', Takes::Value),
        ("file", 'f', Takes::Value),
    ],
    code: 2,
    usage: "awk [-F fs][-v var=value][prog | -f progfile][file ...]",
};

fn run(input: &Input<'_>, argv: &[String]) -> Answer {
    // Options end at the program: what follows is the program's.
    let mut end = 0;
    while let Some(word) = argv
        .get(end)
        .filter(|word| word.starts_with('-') && word.len() > 1)
    {
        end += if matches!(word.as_str(), "-F" | "-v" | "-f") {
            2
        } else {
            1
        };
        if word == "--" {
            break;
        }
    }
    let (before, after) = argv.split_at(end.min(argv.len()));
    let options = match SPEC.parse(before) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "awk", "cannot open \"{}\": ", 2);
    let mut operands = after.to_vec();
    let source = match options.value('f') {
        Some(file) => match reader.read(file) {
            Some(source) => source,
            None => return reader.answer(String::new(), 2),
        },
        None if operands.is_empty() => {
            return Answer::failed(format!("usage: {}\n", SPEC.usage), 2);
        }
        None => operands.remove(0),
    };
    let program = match parse::parse(&source) {
        Ok(program) => program,
        Err(error) => return Answer::failed(format!("awk: {error}\n"), 2),
    };
    let mut variables = Vec::new();
    for text in options.values('v') {
        match text.split_once('=') {
            Some((name, value)) => {
                let plain = super::printf::unescape(value).0;
                variables.push((name.to_owned(), plain));
            }
            None => {
                return Answer::failed(
                    format!("awk: invalid -v argument: `{text}' is not NAME=VALUE\n"),
                    2,
                );
            }
        }
    }
    // NAME=VALUE among the files sets a variable.
    operands.retain(|word| match word.split_once('=') {
        Some((name, value)) if parse::is_name(name) => {
            variables.push((name.to_owned(), value.to_owned()));
            false
        }
        _ => true,
    });
    let separator = options
        .value('F')
        .map(|text| super::printf::unescape(text).0);
    let texts = if program.reads() {
        reader.all(&operands)
    } else {
        Vec::new()
    };
    let ran = run::run(&program, &texts, separator, variables);
    let mut answer = reader.answer(ran.text, ran.code);
    if let Some(error) = ran.error {
        answer.error.push_str(&format!("awk: {error}\n"));
        answer.code = 2;
    }
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::run_on;
    use super::*;

    fn awk(argv: &[&str], text: &str) -> String {
        run_on(&AWK, argv, text).0
    }

    #[test]
    fn fields_patterns_and_formats() {
        let text = "web-1 Running 3\nweb-2 Error 10\ndb-1 Running 0\n";
        assert_eq!(
            awk(&["{print $1, $NF}"], text),
            "web-1 3\nweb-2 10\ndb-1 0\n"
        );
        assert_eq!(awk(&["/Err/"], text), "web-2 Error 10\n");
        assert_eq!(
            awk(&["NR>1 && $3 > 3 {print NR\":\"$1}"], text),
            "2:web-2\n"
        );
        assert_eq!(awk(&["$2 != \"Running\" {print $1}"], text), "web-2\n");
        assert_eq!(awk(&["$1 ~ /^web/ {c++} END {print c+0}"], text), "2\n");
        assert_eq!(awk(&["-F-", "{print $1}"], "a-b\n"), "a\n");
        assert_eq!(awk(&["-F", "[:=]", "{print $3}"], "a:b=c\n"), "c\n");
        assert_eq!(
            awk(&["{printf \"%-6s|%5.1f\\n\", $1, $3/4}"], text),
            "web-1 |  0.8\nweb-2 |  2.5\ndb-1  |  0.0\n"
        );
        assert_eq!(
            awk(&["BEGIN{OFS=\",\"} {$2=\"x\"; print}"], "a b c\n"),
            "a,x,c\n"
        );
        assert_eq!(awk(&["-v", "n=2", "NR==n"], text), "web-2 Error 10\n");
        assert_eq!(awk(&["NR==1,NR==2 {print $1}"], text), "web-1\nweb-2\n");
        assert_eq!(
            awk(&["!seen[$2]++"], text),
            "web-1 Running 3\nweb-2 Error 10\n"
        );
        assert_eq!(awk(&["END{print NR}"], text), "3\n");
        assert_eq!(
            awk(&["BEGIN{print 1/3, 10, 1e6, 2^10, 7%4, \"a\" 1+1}"], ""),
            "0.333333 10 1000000 1024 3 a2\n"
        );
    }

    #[test]
    fn functions_and_statements() {
        assert_eq!(awk(&["{gsub(/o/, \"0\"); print}"], "foo\n"), "f00\n");
        assert_eq!(
            awk(&["{n = split($0, a, \",\"); print n, a[2]}"], "x,y,z\n"),
            "3 y\n"
        );
        assert_eq!(
            awk(
                &["{print substr($0, 2, 3), length($0), index($0, \"c\"), toupper($0)}"],
                "abcde\n"
            ),
            "bcd 5 3 ABCDE\n"
        );
        assert_eq!(
            awk(
                &["{if (match($0, /[0-9]+/)) print substr($0, RSTART, RLENGTH)}"],
                "ab12c\n"
            ),
            "12\n"
        );
        assert_eq!(
            awk(
                &[
                    "BEGIN{for(i=0;i<3;i++) {if(i==1) continue; printf i \" \"}; while(j<2) j++; print j}"
                ],
                ""
            ),
            "0 2 2\n"
        );
        assert_eq!(
            awk(&["{a[NR]=$0} END{for(i=NR;i>0;i--) print a[i]}"], "1\n2\n"),
            "2\n1\n"
        );
        assert_eq!(
            awk(
                &[
                    "BEGIN { x[\"a\"]; if (\"a\" in x) print \"yes\"; delete x[\"a\"]; print length(x) }"
                ],
                ""
            ),
            "yes\n0\n"
        );
        assert_eq!(
            awk(&["{print ($1 > 2) ? \"big\" : \"small\"}"], "1\n3\n"),
            "small\nbig\n"
        );
        assert_eq!(run_on(&AWK, &["{exit 3}"], "a\n").1, 3);
    }

    #[test]
    fn what_is_not_in_it_is_said_and_loops_end() {
        assert_eq!(
            awk(&["function f(x) {return x}"], ""),
            "awk: line 1: functions of one's own are not on this workstation\n"
        );
        assert_eq!(
            awk(&["BEGIN{while(1){}}"], ""),
            "awk: stopped: the program ran too long\n"
        );
        assert_eq!(awk(&["BEGIN{print 1/0}"], ""), "awk: division by zero\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_program_is_run_or_refused(source in "[a-c$0-9{}()\\[\\];,+*/=<>!~\"&|^% -]{0,24}|(BEGIN|END|print|\\$1|\\{|\\}|x|\\[|\\]|=|\\+|1|;|if|\\(|\\)| ){0,20}") {
            let _ = run_on(&AWK, &[&source], "a b 1\nc d 2\n");
        }
    }
}
