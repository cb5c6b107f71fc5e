//! The functions that templates may call. Pure, bounded in what they make; none reads a clock.

use crate::sim::logql::pipeline::Fields;
use crate::sim::logql::units;

/// What a part of a template is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Bool(bool),
}

impl Value {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Bool(known) => known.to_string(),
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Bool(known) => *known,
        }
    }

    /// As a number; text that is none counts as zero, as Loki's functions have it.
    fn number(&self) -> f64 {
        match self {
            Self::Text(text) => text.parse().unwrap_or(0.0),
            Self::Number(number) => *number,
            Self::Bool(known) => f64::from(u8::from(*known)),
        }
    }
}

/// Names with the number of arguments they take.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("ToLower", 1, 1),
    ("ToUpper", 1, 1),
    ("lower", 1, 1),
    ("upper", 1, 1),
    ("title", 1, 1),
    ("Replace", 4, 4),
    ("replace", 3, 3),
    ("Trim", 2, 2),
    ("TrimLeft", 2, 2),
    ("TrimRight", 2, 2),
    ("TrimPrefix", 2, 2),
    ("TrimSuffix", 2, 2),
    ("TrimSpace", 1, 1),
    ("trim", 1, 1),
    ("trimAll", 2, 2),
    ("trimPrefix", 2, 2),
    ("trimSuffix", 2, 2),
    ("trunc", 2, 2),
    ("substr", 3, 3),
    ("contains", 2, 2),
    ("hasPrefix", 2, 2),
    ("hasSuffix", 2, 2),
    ("eq", 2, 9),
    ("ne", 2, 2),
    ("lt", 2, 2),
    ("le", 2, 2),
    ("gt", 2, 2),
    ("ge", 2, 2),
    ("and", 1, 9),
    ("or", 1, 9),
    ("not", 1, 1),
    ("default", 2, 2),
    ("printf", 1, 12),
    ("print", 0, 12),
    ("repeat", 2, 2),
    ("indent", 2, 2),
    ("nindent", 2, 2),
    ("count", 2, 2),
    ("regexReplaceAll", 3, 3),
    ("regexReplaceAllLiteral", 3, 3),
    ("add", 2, 9),
    ("sub", 2, 2),
    ("mul", 2, 9),
    ("div", 2, 2),
    ("mod", 2, 2),
    ("addf", 2, 9),
    ("subf", 2, 9),
    ("mulf", 2, 9),
    ("divf", 2, 9),
    ("max", 2, 9),
    ("min", 2, 9),
    ("maxf", 2, 9),
    ("minf", 2, 9),
    ("ceil", 1, 1),
    ("floor", 1, 1),
    ("round", 2, 2),
    ("int", 1, 1),
    ("float64", 1, 1),
    ("len", 1, 1),
    ("bytes", 1, 1),
    ("duration", 1, 1),
    ("duration_seconds", 1, 1),
    ("alignLeft", 2, 2),
    ("alignRight", 2, 2),
    ("__line__", 0, 0),
    ("__timestamp__", 0, 0),
    ("unixEpoch", 1, 1),
    ("urlencode", 1, 1),
];
/// Texts that functions repeat or pad are cut to so many bytes.
const LONGEST: usize = 64 * 1024;

/// A function by name.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let found = FUNCTIONS.iter().find(|(known, _, _)| *known == name);
    found.map(|(known, _, _)| *known)
}

/// Calls a function; the error is in Go's words.
#[expect(clippy::too_many_lines, reason = "a table, one function an arm")]
pub(super) fn call(name: &str, values: &[Value], fields: &Fields<'_>) -> Result<Value, String> {
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, _, _)| *known == name) else {
        return Err(format!("function {name:?} not defined"));
    };
    if values.len() < *least || values.len() > *most {
        return Err(format!(
            "wrong number of args for {name}: want {least} got {}",
            values.len()
        ));
    }
    let text = |place: usize| values.get(place).map(Value::text).unwrap_or_default();
    let number = |place: usize| values.get(place).map_or(0.0, Value::number);
    let numbers = || values.iter().map(Value::number);
    let whole = libm::trunc;
    Ok(match name {
        "ToLower" | "lower" => Value::Text(text(0).to_lowercase()),
        "ToUpper" | "upper" => Value::Text(text(0).to_uppercase()),
        "title" => Value::Text(title(&text(0))),
        "Replace" => Value::Text(replace(&text(0), &text(1), &text(2), number(3))),
        "replace" => Value::Text(replace(&text(2), &text(0), &text(1), -1.0)),
        "Trim" => Value::Text(trim(&text(0), &text(1), true, true)),
        "trimAll" => Value::Text(trim(&text(1), &text(0), true, true)),
        "TrimLeft" => Value::Text(trim(&text(0), &text(1), true, false)),
        "TrimRight" => Value::Text(trim(&text(0), &text(1), false, true)),
        "TrimPrefix" => Value::Text(
            text(0)
                .strip_prefix(&text(1))
                .map_or_else(|| text(0), str::to_owned),
        ),
        "TrimSuffix" => Value::Text(
            text(0)
                .strip_suffix(&text(1))
                .map_or_else(|| text(0), str::to_owned),
        ),
        "trimPrefix" => Value::Text(
            text(1)
                .strip_prefix(&text(0))
                .map_or_else(|| text(1), str::to_owned),
        ),
        "trimSuffix" => Value::Text(
            text(1)
                .strip_suffix(&text(0))
                .map_or_else(|| text(1), str::to_owned),
        ),
        "TrimSpace" | "trim" => Value::Text(text(0).trim().to_owned()),
        "trunc" => Value::Text(trunc(number(0), &text(1))),
        "substr" => {
            let letters: Vec<char> = text(2).chars().collect();
            let start = number(0).max(0.0) as usize;
            let end = if number(1) < 0.0 {
                letters.len()
            } else {
                number(1) as usize
            };
            Value::Text(letters.iter().take(end).skip(start).collect())
        }
        "contains" => Value::Bool(text(1).contains(&text(0))),
        "hasPrefix" => Value::Bool(text(1).starts_with(&text(0))),
        "hasSuffix" => Value::Bool(text(1).ends_with(&text(0))),
        "eq" => Value::Bool(values.iter().skip(1).any(|other| other.text() == text(0))),
        "ne" => Value::Bool(text(0) != text(1)),
        "lt" => Value::Bool(number(0) < number(1)),
        "le" => Value::Bool(number(0) <= number(1)),
        "gt" => Value::Bool(number(0) > number(1)),
        "ge" => Value::Bool(number(0) >= number(1)),
        "and" => pick(values, |value| !value.is_true()),
        "or" => pick(values, Value::is_true),
        "not" => Value::Bool(!values.first().is_some_and(Value::is_true)),
        "default" => Value::Text(if text(1).is_empty() { text(0) } else { text(1) }),
        "printf" => Value::Text(printf(&text(0), values.get(1..).unwrap_or_default())),
        "print" => Value::Text(values.iter().map(Value::text).collect()),
        "repeat" => {
            let one = text(1);
            let times = (number(0).max(0.0) as usize).min(LONGEST / one.len().max(1));
            Value::Text(one.repeat(times))
        }
        "indent" | "nindent" => {
            let pad = " ".repeat((number(0).max(0.0) as usize).min(200));
            let lines: Vec<String> = text(1).lines().map(|line| format!("{pad}{line}")).collect();
            let first = if name == "nindent" { "\n" } else { "" };
            Value::Text(format!("{first}{}", lines.join("\n")))
        }
        "count" => Value::Number(regex(&text(0))?.find_iter(&text(1)).count() as f64),
        "regexReplaceAll" => {
            let (input, with) = (text(1), text(2));
            Value::Text(
                regex(&text(0))?
                    .replace_all(&input, with.as_str())
                    .into_owned(),
            )
        }
        "regexReplaceAllLiteral" => {
            let (input, with) = (text(1), text(2));
            Value::Text(
                regex(&text(0))?
                    .replace_all(&input, regex::NoExpand(&with))
                    .into_owned(),
            )
        }
        "add" => Value::Number(numbers().map(whole).sum()),
        "addf" => Value::Number(numbers().sum()),
        "sub" => Value::Number(whole(number(0)) - whole(number(1))),
        "mul" => Value::Number(numbers().map(whole).product()),
        "mulf" => Value::Number(numbers().product()),
        "div" | "mod" if whole(number(1)) == 0.0 => {
            return Err("integer divide by zero".to_owned());
        }
        "div" => Value::Number(whole(whole(number(0)) / whole(number(1)))),
        "mod" => Value::Number(libm::fmod(whole(number(0)), whole(number(1)))),
        "subf" => Value::Number(
            numbers()
                .skip(1)
                .fold(number(0), |left, right| left - right),
        ),
        "divf" => Value::Number(
            numbers()
                .skip(1)
                .fold(number(0), |left, right| left / right),
        ),
        "max" | "maxf" => Value::Number(numbers().fold(f64::NEG_INFINITY, f64::max)),
        "min" | "minf" => Value::Number(numbers().fold(f64::INFINITY, f64::min)),
        "ceil" => Value::Number(libm::ceil(number(0))),
        "floor" => Value::Number(libm::floor(number(0))),
        "round" => {
            let scale = libm::pow(10.0, number(1).clamp(0.0, 12.0));
            Value::Number(libm::round(number(0) * scale) / scale)
        }
        "int" => Value::Number(whole(number(0))),
        "float64" => Value::Number(number(0)),
        "len" => Value::Number(text(0).len() as f64),
        "bytes" => Value::Number(
            units::bytes(&text(0)).ok_or_else(|| format!("cannot parse {:?} as bytes", text(0)))?,
        ),
        "duration" | "duration_seconds" => {
            let seconds = units::duration_seconds(&text(0));
            Value::Number(seconds.ok_or_else(|| format!("time: invalid duration {:?}", text(0)))?)
        }
        "alignLeft" | "alignRight" => Value::Text(align(&text(1), number(0), name == "alignLeft")),
        "__line__" => Value::Text(fields.line().to_owned()),
        "__timestamp__" => Value::Text(fields.time()),
        "unixEpoch" => Value::Text(fields.epoch_seconds().to_string()),
        "urlencode" => Value::Text(urlencode(&text(0))),
        _ => return Err(format!("function {name:?} not defined")),
    })
}

fn pick(values: &[Value], stops: impl Fn(&Value) -> bool) -> Value {
    let found = values.iter().find(|value| stops(value)).or(values.last());
    found.cloned().unwrap_or(Value::Bool(false))
}

fn regex(pattern: &str) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| format!("error parsing regexp: `{pattern}`"))
}

fn title(text: &str) -> String {
    let mut before = ' ';
    text.chars()
        .flat_map(|letter| {
            let starts = !before.is_alphanumeric();
            before = letter;
            let upper: Vec<char> = if starts {
                letter.to_uppercase().collect()
            } else {
                vec![letter]
            };
            upper
        })
        .collect()
}

fn replace(text: &str, from: &str, to: &str, times: f64) -> String {
    if from.is_empty() {
        return text.to_owned();
    }
    let most = if times < 0.0 {
        usize::MAX
    } else {
        times as usize
    };
    let mut made = text.replacen(from, to, most);
    if made.len() > LONGEST {
        let mut end = LONGEST;
        while !made.is_char_boundary(end) {
            end -= 1;
        }
        made.truncate(end);
    }
    made
}

fn trim(text: &str, letters: &str, left: bool, right: bool) -> String {
    let among = |letter: char| letters.contains(letter);
    let text = if left {
        text.trim_start_matches(among)
    } else {
        text
    };
    let text = if right {
        text.trim_end_matches(among)
    } else {
        text
    };
    text.to_owned()
}

fn trunc(count: f64, text: &str) -> String {
    let length = text.chars().count();
    if count < 0.0 {
        let keep = (-count) as usize;
        return text.chars().skip(length.saturating_sub(keep)).collect();
    }
    text.chars().take(count as usize).collect()
}

fn align(text: &str, count: f64, left: bool) -> String {
    let wanted = (count.max(0.0) as usize).min(1000);
    let length = text.chars().count();
    if length >= wanted {
        return if left {
            text.chars().take(wanted).collect()
        } else {
            text.chars().skip(length - wanted).collect()
        };
    }
    let pad = " ".repeat(wanted - length);
    if left {
        format!("{text}{pad}")
    } else {
        format!("{pad}{text}")
    }
}

fn urlencode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// `%s`, `%v`, `%q`, `%d`, `%f`, with width, precision, `-` and `0`.
fn printf(format: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut spec = String::new();
        while let Some(part) =
            letters.next_if(|letter| letter.is_ascii_digit() || matches!(letter, '-' | '.' | '+'))
        {
            spec.push(part);
        }
        let Some(verb) = letters.next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = values.next() else {
            out.push_str(&format!("%!{verb}(MISSING)"));
            continue;
        };
        let (width, precision) = spec.split_once('.').unwrap_or((&spec, ""));
        let left = width.starts_with('-');
        let zeros = width.trim_start_matches('-').starts_with('0') && !left;
        let width: usize = width
            .trim_matches(['-', '+'])
            .parse()
            .unwrap_or(0)
            .min(1000);
        let precision: Option<usize> = precision.parse().ok().map(|digits: usize| digits.min(30));
        let text = match verb {
            'q' => format!("{:?}", value.text()),
            'd' => libm::trunc(value.number()).to_string(),
            'f' => format!("{:.*}", precision.unwrap_or(6), value.number()),
            _ => match precision {
                Some(most) => value.text().chars().take(most).collect(),
                None => value.text(),
            },
        };
        let pad = width.saturating_sub(text.chars().count());
        match (left, zeros) {
            (true, _) => out.push_str(&format!("{text}{}", " ".repeat(pad))),
            (_, true) => out.push_str(&format!("{}{text}", "0".repeat(pad))),
            _ => out.push_str(&format!("{}{text}", " ".repeat(pad))),
        }
        if out.len() > LONGEST {
            break;
        }
    }
    out
}
