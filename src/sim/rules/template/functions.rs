//! The functions of alert templates: comparisons, Go's `printf`, Prometheus's ways to write numbers. Pure.

use std::cmp::Ordering;

use regex::RegexBuilder;

use super::{Data, MOST_TEXT_BYTES};
use crate::sim::promql::numbers::{parse_duration_ms, quote};
use crate::sim::time::SimTime;

/// The most bytes that a regular expression of a template may take when compiled.
const REGEX_BYTES: usize = 1 << 18;
/// Wider than this nothing is padded.
const MOST_WIDTH: usize = 128;

macro_rules! functions {
    ($($variant:ident $name:literal,)*) => {
        /// A function of templates.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function {
            $($variant,)*
        }

        impl Function {
            /// The function of a name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

functions! {
    And "and",
    Or "or",
    Not "not",
    Equal "eq",
    NotEqual "ne",
    Less "lt",
    LessOrEqual "le",
    Greater "gt",
    GreaterOrEqual "ge",
    Index "index",
    Len "len",
    Print "print",
    Println "println",
    Printf "printf",
    Humanize "humanize",
    Humanize1024 "humanize1024",
    HumanizeDuration "humanizeDuration",
    HumanizePercentage "humanizePercentage",
    HumanizeTimestamp "humanizeTimestamp",
    ParseDuration "parseDuration",
    Title "title",
    ToUpper "toUpper",
    ToLower "toLower",
    TrimSpace "trimSpace",
    Match "match",
    ReReplaceAll "reReplaceAll",
    StripPort "stripPort",
    StripDomain "stripDomain",
    SafeHtml "safeHtml",
}

/// A value while a template is filled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Text(String),
    Number(f64),
    Whole(i64),
    Bool(bool),
    Nil,
    /// The sample's labels.
    Labels,
    /// External labels: there are none.
    NoLabels,
    /// The dot at the top: labels and value.
    Data,
}

impl Held {
    /// A field of it.
    pub(super) fn field(self, name: &str, data: Data<'_>) -> Result<Self, String> {
        match (self, name) {
            (Self::Labels, name) => Ok(Self::Text(data.labels.get(name).to_owned())),
            (Self::NoLabels, _) => Ok(Self::Text(String::new())),
            (Self::Data, "Labels") => Ok(Self::Labels),
            (Self::Data, "ExternalLabels") => Ok(Self::NoLabels),
            (Self::Data, "Value") => Ok(Self::Number(data.value)),
            (_, name) => Err(format!("can't evaluate field {name}")),
        }
    }

    /// As Go prints it.
    pub(super) fn print(&self, data: Data<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => go_float(*number),
            Self::Whole(whole) => whole.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Nil => "<no value>".to_owned(),
            Self::Labels => {
                let pairs: Vec<String> = data
                    .labels
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("map[{}]", pairs.join(" "))
            }
            Self::NoLabels => "map[]".to_owned(),
            Self::Data => format!(
                "{{{} map[] {}}}",
                Self::Labels.print(data),
                go_float(data.value)
            ),
        }
    }

    /// Go's truth: not zero, not empty.
    pub(super) fn is_true(&self, data: Data<'_>) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Whole(whole) => *whole != 0,
            Self::Bool(value) => *value,
            Self::Nil | Self::NoLabels => false,
            Self::Labels => !data.labels.is_empty(),
            Self::Data => true,
        }
    }

    fn number(&self, function: Function) -> Result<f64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Whole(whole) => Ok(*whole as f64),
            Self::Text(text) => text.parse().map_err(|_| {
                format!(
                    "error calling {}: can't convert {} to a number",
                    function.name(),
                    quote(text)
                )
            }),
            _ => Err(format!("error calling {}: not a number", function.name())),
        }
    }

    fn text(&self, function: Function) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(format!(
                "wrong type for value in a call of {}; expected string",
                function.name()
            )),
        }
    }
}

/// Calls a function.
#[expect(clippy::too_many_lines, reason = "a table, one function an arm")]
pub(super) fn call(function: Function, arguments: &[Held], data: Data<'_>) -> Result<Held, String> {
    use Function as F;
    let least = match function {
        F::Print | F::Println => 0,
        F::Equal
        | F::NotEqual
        | F::Less
        | F::LessOrEqual
        | F::Greater
        | F::GreaterOrEqual
        | F::Match
        | F::Index => 2,
        F::ReReplaceAll => 3,
        _ => 1,
    };
    let most = match function {
        F::And | F::Or | F::Equal | F::Print | F::Println | F::Printf => usize::MAX,
        F::ReReplaceAll => 3,
        _ => least,
    };
    if !(least..=most).contains(&arguments.len()) {
        return Err(format!(
            "wrong number of args for {}: want {}{least} got {}",
            function.name(),
            if most == usize::MAX { "at least " } else { "" },
            arguments.len()
        ));
    }
    let argument = |index: usize| arguments.get(index).unwrap_or(&Held::Nil);
    let text = |index: usize| argument(index).text(function);
    let number = || argument(0).number(function);
    Ok(match function {
        F::And => logic(arguments, data, false),
        F::Or => logic(arguments, data, true),
        F::Not => Held::Bool(!argument(0).is_true(data)),
        F::Equal => {
            let first = argument(0);
            let mut equal = false;
            for other in arguments.iter().skip(1) {
                equal |= compare(first, other)? == Some(Ordering::Equal);
            }
            Held::Bool(equal)
        }
        F::NotEqual => Held::Bool(compare(argument(0), argument(1))? != Some(Ordering::Equal)),
        F::Less | F::LessOrEqual | F::Greater | F::GreaterOrEqual => {
            let order = compare(argument(0), argument(1))?;
            Held::Bool(order.is_some_and(|order| match function {
                F::Less => order.is_lt(),
                F::LessOrEqual => order.is_le(),
                F::Greater => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        F::Index => argument(0).clone().field(text(1)?, data)?,
        F::Len => Held::Whole(match argument(0) {
            Held::Text(text) => text.len() as i64,
            Held::Labels => data.labels.len() as i64,
            Held::NoLabels => 0,
            _ => return Err("error calling len: no length".to_owned()),
        }),
        F::Print | F::Println => {
            let mut line = String::new();
            for (index, held) in arguments.iter().enumerate() {
                let before = index.checked_sub(1).and_then(|index| arguments.get(index));
                let texts = matches!(held, Held::Text(_)) || matches!(before, Some(Held::Text(_)));
                if index > 0 && (function == F::Println || !texts) {
                    line.push(' ');
                }
                line.push_str(&held.print(data));
            }
            if function == F::Println {
                line.push('\n');
            }
            Held::Text(line)
        }
        F::Printf => {
            let rest = arguments.get(1..).unwrap_or(&[]);
            Held::Text(format_with(text(0)?, rest, data))
        }
        F::Humanize => Held::Text(humanize(number()?)),
        F::Humanize1024 => Held::Text(humanize_1024(number()?)),
        F::HumanizeDuration => Held::Text(humanize_duration(number()?)),
        F::HumanizePercentage => Held::Text(humanize_percentage(number()?)),
        F::HumanizeTimestamp => Held::Text(humanize_timestamp(number()?)),
        F::ParseDuration => {
            let millis = parse_duration_ms(text(0)?)
                .map_err(|_| "error calling parseDuration: not a valid duration".to_owned())?;
            Held::Number(millis as f64 / 1000.0)
        }
        F::Title => Held::Text(title(text(0)?)),
        F::ToUpper => Held::Text(text(0)?.to_uppercase()),
        F::ToLower => Held::Text(text(0)?.to_lowercase()),
        F::TrimSpace => Held::Text(text(0)?.trim().to_owned()),
        F::Match => Held::Bool(regex(text(0)?)?.is_match(text(1)?)),
        F::ReReplaceAll => {
            let replaced = regex(text(0)?)?.replace_all(text(2)?, text(1)?);
            Held::Text(replaced.chars().take(MOST_TEXT_BYTES).collect())
        }
        F::StripPort => {
            let host = text(0)?;
            let host = match host.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
                _ => host,
            };
            Held::Text(host.to_owned())
        }
        F::StripDomain => {
            let host = text(0)?;
            let (name, port) = host.split_once(':').unwrap_or((host, ""));
            let name = name.split('.').next().unwrap_or(name);
            let colon = if port.is_empty() { "" } else { ":" };
            Held::Text(format!("{name}{colon}{port}"))
        }
        F::SafeHtml => Held::Text(text(0)?.to_owned()),
    })
}

/// Go's `and` and `or`: the first argument that decides, else the last one.
fn logic(arguments: &[Held], data: Data<'_>, decides: bool) -> Held {
    arguments
        .iter()
        .find(|held| held.is_true(data) == decides)
        .or(arguments.last())
        .cloned()
        .unwrap_or(Held::Nil)
}

fn compare(left: &Held, right: &Held) -> Result<Option<Ordering>, String> {
    match (left, right) {
        (Held::Text(left), Held::Text(right)) => Ok(Some(left.cmp(right))),
        (Held::Number(left), Held::Number(right)) => Ok(left.partial_cmp(right)),
        (Held::Whole(left), Held::Whole(right)) => Ok(Some(left.cmp(right))),
        (Held::Bool(left), Held::Bool(right)) => Ok(Some(left.cmp(right))),
        // Go refuses `gt $value 1` for its types: the number must be written `1.0`.
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

fn regex(pattern: &str) -> Result<regex::Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES)
        .build()
        .map_err(|_| format!("error parsing regexp: {}", quote(pattern)))
}

fn title(text: &str) -> String {
    let mut begins = true;
    text.chars()
        .map(|c| {
            let shown = if begins { c.to_ascii_uppercase() } else { c };
            begins = !(c.is_alphanumeric() || c == '_' || c == '\'');
            shown
        })
        .collect()
}

/// `printf` with texts and numbers, for others who write as Go does.
pub fn printf(format: &str, number: f64) -> String {
    let labels = crate::sim::promql::labels::Labels::empty();
    let data = Data {
        labels: &labels,
        value: number,
    };
    format_with(format, &[Held::Number(number)], data)
}

/// A verb of a format, with what stands between it and the percent sign.
struct Verb {
    minus: bool,
    plus: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

fn format_with(format: &str, arguments: &[Held], data: Data<'_>) -> String {
    let mut out = String::new();
    let mut next = arguments.iter();
    let mut characters = format.chars().peekable();
    while let Some(c) = characters.next() {
        if out.len() > MOST_TEXT_BYTES {
            break;
        }
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut verb = Verb {
            minus: false,
            plus: false,
            zero: false,
            width: 0,
            precision: None,
        };
        while let Some(flag) = characters.next_if(|c| matches!(c, '-' | '+' | '0' | '#' | ' ')) {
            verb.minus |= flag == '-';
            verb.plus |= flag == '+';
            verb.zero |= flag == '0';
        }
        let mut digits = |into: &mut usize| {
            while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                *into = (*into * 10 + digit.to_digit(10).unwrap_or(0) as usize).min(MOST_WIDTH);
            }
        };
        digits(&mut verb.width);
        if characters.next_if_eq(&'.').is_some() {
            let mut precision = 0;
            while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                precision =
                    (precision * 10 + digit.to_digit(10).unwrap_or(0) as usize).min(MOST_WIDTH);
            }
            verb.precision = Some(precision);
        }
        match characters.next() {
            Some('%') => out.push('%'),
            Some(letter) => match next.next() {
                Some(held) => out.push_str(&verb.write(letter, held, data)),
                None => out.push_str(&format!("%!{letter}(MISSING)")),
            },
            None => out.push_str("%!(NOVERB)"),
        }
    }
    let left: Vec<String> = next
        .map(|held| format!("{}={}", kind(held), held.print(data)))
        .collect();
    if !left.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", left.join(", ")));
    }
    out
}

const fn kind(held: &Held) -> &'static str {
    match held {
        Held::Text(_) => "string",
        Held::Number(_) => "float64",
        Held::Whole(_) => "int",
        Held::Bool(_) => "bool",
        Held::Nil => "<nil>",
        Held::Labels | Held::NoLabels => "map[string]string",
        Held::Data => "struct",
    }
}

impl Verb {
    fn write(&self, letter: char, held: &Held, data: Data<'_>) -> String {
        let sign = |text: String, number: f64| {
            if self.plus && !number.is_sign_negative() {
                format!("+{text}")
            } else {
                text
            }
        };
        let text = match (letter, held) {
            ('v', held) => held.print(data),
            ('s', Held::Text(text)) => match self.precision {
                Some(most) => text.chars().take(most).collect(),
                None => text.clone(),
            },
            ('q', Held::Text(text)) => quote(text),
            ('x', Held::Text(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
            ('t', Held::Bool(value)) => value.to_string(),
            ('d', Held::Whole(whole)) => sign(whole.to_string(), *whole as f64),
            ('x', Held::Whole(whole)) => format!("{whole:x}"),
            ('f' | 'F', Held::Number(number)) => {
                sign(fixed(*number, self.precision.unwrap_or(6)), *number)
            }
            ('e', Held::Number(number)) => {
                sign(exponent(*number, self.precision.unwrap_or(6)), *number)
            }
            ('g', Held::Number(number)) => sign(
                match self.precision {
                    Some(precision) => general(*number, precision),
                    None => go_float(*number),
                },
                *number,
            ),
            (letter, held) => format!("%!{letter}({}={})", kind(held), held.print(data)),
        };
        let missing = self.width.saturating_sub(text.chars().count());
        if self.minus {
            format!("{text}{}", " ".repeat(missing))
        } else if self.zero && !matches!(held, Held::Text(_)) {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (text.get(..1).unwrap_or(""), digits),
                None => ("", text.as_str()),
            };
            format!("{sign}{}{digits}", "0".repeat(missing))
        } else {
            format!("{}{text}", " ".repeat(missing))
        }
    }
}

fn special(value: f64) -> Option<String> {
    if value.is_nan() {
        Some("NaN".to_owned())
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned())
    } else {
        None
    }
}

fn fixed(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| format!("{value:.precision$}"))
}

/// Digits and exponent, as Go writes `e`: at least two digits of exponent.
fn exponent(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| go_exponent(&format!("{value:.precision$e}")))
}

fn go_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A float as Go prints it: the shortest digits that read back, with an exponent for what is small or a million and more.
pub fn go_float(value: f64) -> String {
    special(value).unwrap_or_else(|| {
        let text = format!("{value:e}");
        let exponent: i32 = text
            .split_once('e')
            .and_then(|(_, exponent)| exponent.parse().ok())
            .unwrap_or(0);
        if (-4..6).contains(&exponent) {
            format!("{value}")
        } else {
            go_exponent(&text)
        }
    })
}

/// `%.4g` and the like: so many digits, without zeros at the end.
fn general(value: f64, precision: usize) -> String {
    special(value).unwrap_or_else(|| {
        if value == 0.0 {
            return "0".to_owned();
        }
        let precision = precision.max(1);
        let text = format!("{value:.*e}", precision - 1);
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let digits = if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.')
        } else {
            digits
        };
        if exponent < -4 || exponent >= precision as i32 {
            return go_exponent(&format!("{digits}e{exponent}"));
        }
        let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
        let text = format!("{value:.decimals$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    })
}

/// With a metric prefix: `52.85k`, `250u`.
pub fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return general(value, 4);
    }
    if value.abs() >= 1.0 {
        scaled(value, 1000.0, &["k", "M", "G", "T", "P", "E", "Z", "Y"])
    } else {
        shrunk(value, "")
    }
}

fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return general(value, 4);
    }
    scaled(
        value,
        1024.0,
        &["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"],
    )
}

fn scaled(mut value: f64, by: f64, prefixes: &[&str]) -> String {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < by {
            break;
        }
        prefix = next;
        value /= by;
    }
    format!("{}{prefix}", general(value, 4))
}

fn shrunk(mut value: f64, unit: &str) -> String {
    let mut prefix = "";
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = next;
        value *= 1000.0;
    }
    format!("{}{prefix}{unit}", general(value, 4))
}

/// A share in percent with four digits: `40.23%`.
pub fn humanize_percentage(value: f64) -> String {
    format!("{}%", general(value * 100.0, 4))
}

/// Seconds as `1d 2h 3m 4s`, `59.5s`, `12.5ms`.
pub fn humanize_duration(value: f64) -> String {
    if !value.is_finite() {
        return general(value, 4);
    }
    if value == 0.0 {
        return "0s".to_owned();
    }
    if value.abs() < 1.0 {
        return shrunk(value, "s");
    }
    let (sign, value) = if value < 0.0 {
        ("-", -value)
    } else {
        ("", value)
    };
    let whole = value.min(9e15) as i64;
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3600 % 24, whole / 86_400);
    if days > 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours > 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", general(value, 4))
    }
}

fn humanize_timestamp(value: f64) -> String {
    if !value.is_finite() || value.abs() > 9e12 {
        return general(value, 4);
    }
    SimTime((value * 1000.0) as i64).format("%Y-%m-%d %H:%M:%S +0000 UTC")
}
