//! Text programs of a few lines each: `column`, `less`, `nl`, `rev`, `seq`, `basename`, `dirname`, `base64`.

use super::options::{Spec, Takes};
use super::text::{Input, Reader, Tool, joined};
use crate::session::Answer;
use crate::tools::Example;

/// The programs.
pub const TOOLS: [Tool; 9] = [
    Tool {
        name: "column",
        about: "Lines up columns: -t, -s SEPARATOR",
        run: column,
        examples: &[Example {
            line: "printf 'a 1\\nbbb 22\\n' | column -t",
            about: "A table",
            prints: "a    1\nbbb  22\n",
        }],
    },
    Tool {
        name: "less",
        about: "Prints files; the pane scrolls by itself",
        run: page,
        examples: &[Example {
            line: "seq 2 | less",
            about: "All of it",
            prints: "1\n2\n",
        }],
    },
    Tool {
        name: "more",
        about: "Prints files; the pane scrolls by itself",
        run: page,
        examples: &[Example {
            line: "seq 2 | more",
            about: "All of it",
            prints: "1\n2\n",
        }],
    },
    Tool {
        name: "nl",
        about: "Numbers lines: -ba blank ones too",
        run: nl,
        examples: &[Example {
            line: "printf 'a\\n\\nb\\n' | nl",
            about: "Lines that are not blank",
            prints: "     1\ta\n       \n     2\tb\n",
        }],
    },
    Tool {
        name: "rev",
        about: "Reverses each line",
        run: rev,
        examples: &[Example {
            line: "echo abc | rev",
            about: "A line",
            prints: "cba\n",
        }],
    },
    Tool {
        name: "seq",
        about: "Prints numbers: LAST, FIRST LAST, FIRST STEP LAST",
        run: seq,
        examples: &[
            Example {
                line: "seq 2 4",
                about: "From two to four",
                prints: "2\n3\n4\n",
            },
            Example {
                line: "seq x",
                about: "No number",
                prints: "seq: invalid floating point argument: 'x'\nTry 'seq --help' for more information.\n",
            },
        ],
    },
    Tool {
        name: "basename",
        about: "Prints the last part of a path",
        run: basename,
        examples: &[Example {
            line: "basename src/main.go .go",
            about: "Without its ending",
            prints: "main\n",
        }],
    },
    Tool {
        name: "dirname",
        about: "Prints a path without its last part",
        run: dirname,
        examples: &[Example {
            line: "dirname src/main.go",
            about: "The folder",
            prints: "src\n",
        }],
    },
    Tool {
        name: "base64",
        about: "Encodes text, -d decodes it",
        run: base64,
        examples: &[
            Example {
                line: "printf secret | base64",
                about: "Encodes",
                prints: "c2VjcmV0\n",
            },
            Example {
                line: "echo c2VjcmV0 | base64 -d",
                about: "Decodes",
                prints: "secret",
            },
        ],
    },
];

const COLUMN: Spec = Spec {
    tool: "column",
    short: "ts:o:nN:",
    long: &[
        ("table", 't', Takes::Nothing),
        ("separator", 's', Takes::Value),
        ("output-separator", 'o', Takes::Value),
    ],
    code: 1,
    usage: "column [options] [<file>...]",
};

fn column(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match COLUMN.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "column", "{}: ", 1);
    let text = reader.joined(&options.operands);
    if !options.has('t') {
        return reader.answer(text, 0);
    }
    let separators = options.value('s').map(|text| text.replace("\\t", "\t"));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| match &separators {
            Some(separators) => line.split(|letter| separators.contains(letter)).collect(),
            None => line.split_whitespace().collect(),
        })
        .collect();
    let wide = |cell: &str| unicode_width::UnicodeWidthStr::width(cell);
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| wide(cell)).max().unwrap_or(0)
        })
        .collect();
    let between = options.value('o').unwrap_or("  ");
    let lines = rows.iter().map(|row| {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line.push_str(cell);
            if at + 1 < row.len() {
                line.push_str(&" ".repeat(width.saturating_sub(wide(cell))));
                line.push_str(between);
            }
        }
        line
    });
    reader.answer(joined(lines), 0)
}

fn page(input: &Input<'_>, argv: &[String]) -> Answer {
    let mut reader = Reader::new(input, "less", "{}: ", 1);
    let operands: Vec<String> = argv
        .iter()
        .filter(|word| !word.starts_with(['-', '+']))
        .cloned()
        .collect();
    let text = reader.joined(&operands);
    reader.answer(text, 0)
}

const NL: Spec = Spec {
    tool: "nl",
    short: "b:w:s:v:",
    long: &[("body-numbering", 'b', Takes::Value)],
    code: 1,
    usage: "nl [OPTION]... [FILE]...",
};

fn nl(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match NL.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let all = options.value('b') == Some("a");
    let mut number: i64 = options
        .value('v')
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let mut reader = Reader::new(input, "nl", "{}: ", 1);
    let text = reader.joined(&options.operands);
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.is_empty() && !all {
                return "       ".to_owned();
            }
            let shown = format!("{number:>6}\t{line}");
            number = number.saturating_add(1);
            shown
        })
        .collect();
    reader.answer(joined(lines), 0)
}

fn rev(input: &Input<'_>, argv: &[String]) -> Answer {
    let mut reader = Reader::new(input, "rev", "cannot open {}: ", 1);
    let text = reader.joined(argv);
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.chars().rev().collect())
        .collect();
    reader.answer(joined(lines), 0)
}

const SEQ: Spec = Spec {
    tool: "seq",
    short: "",
    long: &[],
    code: 1,
    usage: "seq [OPTION]... LAST",
};

/// Numbers that `seq` prints at most.
const MOST_NUMBERS: usize = 100_000;

fn seq(_: &Input<'_>, argv: &[String]) -> Answer {
    let mut between = "\n".to_owned();
    let (mut wide, mut words) = (false, Vec::new());
    let mut rest = argv.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-w" | "--equal-width" => wide = true,
            "-s" | "--separator" => between = rest.next().cloned().unwrap_or_default(),
            word if word.starts_with("-s") => between = String::from(word.get(2..).unwrap_or("")),
            word => words.push(word),
        }
    }
    let mut numbers = Vec::new();
    for word in &words {
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => numbers.push(number),
            _ => return SEQ.refused(&format!("invalid floating point argument: '{word}'")),
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [] => return SEQ.refused("missing operand"),
        [last] => (1.0, 1.0, *last),
        [first, last] => (*first, 1.0, *last),
        [first, step, last] => (*first, *step, *last),
        _ => {
            let extra = words.get(3).copied().unwrap_or("");
            return SEQ.refused(&format!("extra operand '{extra}'"));
        }
    };
    if step == 0.0 {
        return SEQ.refused("invalid Zero increment value: '0'");
    }
    let places = words
        .iter()
        .map(|word| {
            word.split_once('.')
                .map_or(0, |(_, after)| after.len().min(12))
        })
        .max()
        .unwrap_or(0);
    let mut out = Vec::new();
    for index in 0..MOST_NUMBERS {
        let value = first + step * index as f64;
        if (step > 0.0 && value > last + 1e-9) || (step < 0.0 && value < last - 1e-9) {
            break;
        }
        out.push(format!("{value:.places$}"));
    }
    if wide {
        let width = out.iter().map(String::len).max().unwrap_or(0);
        out = out.iter().map(|text| format!("{text:0>width$}")).collect();
    }
    let end = if out.is_empty() { "" } else { "\n" };
    Answer {
        text: format!("{}{end}", out.join(&between)),
        ..Answer::default()
    }
}

fn basename(_: &Input<'_>, argv: &[String]) -> Answer {
    let Some(path) = argv.first() else {
        return Answer::failed(
            "basename: missing operand\nTry 'basename --help' for more information.\n",
            1,
        );
    };
    let name = super::paths::base_name(path);
    let name = argv
        .get(1)
        .and_then(|ending| name.strip_suffix(ending.as_str()))
        .filter(|name| !name.is_empty())
        .unwrap_or(name);
    Answer {
        text: format!("{name}\n"),
        ..Answer::default()
    }
}

fn dirname(_: &Input<'_>, argv: &[String]) -> Answer {
    let Some(path) = argv.first() else {
        return Answer::failed(
            "dirname: missing operand\nTry 'dirname --help' for more information.\n",
            1,
        );
    };
    let folder = match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None if path.starts_with('/') => "/",
        None => ".",
    };
    Answer {
        text: format!("{folder}\n"),
        ..Answer::default()
    }
}

const BASE64: Spec = Spec {
    tool: "base64",
    short: "dDiw:",
    long: &[
        ("decode", 'd', Takes::Nothing),
        ("ignore-garbage", 'i', Takes::Nothing),
        ("wrap", 'w', Takes::Value),
    ],
    code: 1,
    usage: "base64 [OPTION]... [FILE]",
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes that a text in base 64 stands for; `None` where it is none.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        if byte == b'=' {
            break;
        }
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

/// Bytes in base 64.
pub fn encode_base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .chain(std::iter::repeat(&0))
            .take(3)
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        for place in 0..4 {
            if place > chunk.len() {
                out.push('=');
            } else {
                let value = (word >> (18 - 6 * place) & 63) as usize;
                out.push(
                    ALPHABET
                        .get(value)
                        .map_or('=', |letter| char::from(*letter)),
                );
            }
        }
    }
    out
}

fn base64(input: &Input<'_>, argv: &[String]) -> Answer {
    let options = match BASE64.parse(argv) {
        Ok(options) => options,
        Err(answer) => return answer,
    };
    let mut reader = Reader::new(input, "base64", "{}: ", 1);
    let text = reader.joined(&options.operands);
    if options.has('d') || options.has('D') {
        return match decode_base64(&text) {
            Some(bytes) => reader.answer(String::from_utf8_lossy(&bytes).into_owned(), 0),
            None => Answer::failed("base64: invalid input\n", 1),
        };
    }
    let width = options
        .value('w')
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(76);
    let encoded = encode_base64(text.as_bytes());
    if width == 0 {
        return reader.answer(encoded, 0);
    }
    let lines: Vec<String> = encoded
        .as_bytes()
        .chunks(width)
        .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
        .collect();
    reader.answer(joined(lines), 0)
}
