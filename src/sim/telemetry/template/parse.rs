//! Reads the text of a template. Every problem has a place; nothing is guessed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::{
    FieldKind, LONGEST_TEXT, MOST_FIELDS, MOST_WORDS, Template, TemplateError, TemplateProblem,
    TimeForm,
};

/// Fields that every line has, by the names under which they may be written without a kind.
const EVERY_LINE: [(&str, FieldKind); 12] = [
    ("time", FieldKind::Time(TimeForm::Rfc3339)),
    ("timestamp", FieldKind::Time(TimeForm::Rfc3339)),
    ("trace", FieldKind::TraceId),
    ("trace_id", FieldKind::TraceId),
    ("span", FieldKind::SpanId),
    ("span_id", FieldKind::SpanId),
    ("duration_ms", FieldKind::DurationMs),
    ("duration_us", FieldKind::DurationUs),
    ("pod", FieldKind::Pod),
    ("node", FieldKind::Node),
    ("uuid", FieldKind::Uuid),
    ("ip", FieldKind::Ip),
];

const KINDS: [&str; 12] = [
    "word",
    "digits",
    "money",
    "hex",
    "uuid",
    "ip",
    "time",
    "trace",
    "span",
    "duration_ms",
    "pod",
    "node",
];

pub(super) fn parse(
    text: &str,
    bound: &BTreeMap<String, FieldKind>,
) -> Result<Template, TemplateError> {
    if text.len() > LONGEST_TEXT {
        return Err(problem(LONGEST_TEXT..text.len(), TemplateProblem::TooLong));
    }
    let mut template = Template::default();
    let mut literal = String::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let doubled = rest.peek().is_some_and(|&(_, next)| next == c);
        match c {
            '{' | '}' if doubled => {
                rest.next();
                literal.push(c);
            }
            '}' => return Err(problem(at..at + 1, TemplateProblem::Unopened)),
            '{' => {
                template.push_literal(&std::mem::take(&mut literal));
                let inside = text.get(at + 1..).unwrap_or("");
                let Some(length) = inside.find('}') else {
                    return Err(problem(at..text.len(), TemplateProblem::Unclosed));
                };
                let body = inside.get(..length).unwrap_or("");
                add_field(&mut template, body, at + 1, bound)?;
                while rest
                    .next_if(|&(place, _)| place <= at + 1 + length)
                    .is_some()
                {}
            }
            '\n' | '\t' => literal.push(c),
            c if c.is_control() => {
                return Err(problem(
                    at..at + c.len_utf8(),
                    TemplateProblem::ControlCharacter,
                ));
            }
            c => literal.push(c),
        }
    }
    template.push_literal(&literal);
    Ok(template)
}

fn add_field(
    template: &mut Template,
    body: &str,
    start: usize,
    bound: &BTreeMap<String, FieldKind>,
) -> Result<(), TemplateError> {
    let (name, kind) = match body.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (body, None),
    };
    let name_span = start..start + name.len();
    let whole = start..start + body.len();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letter) {
        return Err(problem(
            name_span,
            TemplateProblem::BadName(name.to_owned()),
        ));
    }
    let declared = template.fields.iter().find(|field| *field.name == *name);
    let kind = match (kind, declared) {
        (Some(kind), declared) => {
            let kind = read_kind(kind, name_span.end + 1)?;
            if declared.is_some_and(|field| field.kind != kind) {
                return Err(problem(whole, TemplateProblem::Redeclared(name.to_owned())));
            }
            kind
        }
        (None, Some(field)) => field.kind.clone(),
        (None, None) => bound
            .get(name)
            .cloned()
            .or_else(|| every_line(name))
            .ok_or_else(|| problem(name_span, TemplateProblem::Unbound(name.to_owned())))?,
    };
    template.push_field(name, &kind);
    if template.fields.len() > MOST_FIELDS {
        return Err(problem(whole, TemplateProblem::TooManyFields));
    }
    Ok(())
}

fn every_line(name: &str) -> Option<FieldKind> {
    let found = EVERY_LINE.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| kind.clone())
}

fn read_kind(text: &str, start: usize) -> Result<FieldKind, TemplateError> {
    let (kind, arguments) = match text.split_once('(') {
        Some((kind, rest)) => match rest.strip_suffix(')') {
            Some(arguments) => (kind, Some(arguments)),
            None => {
                return Err(problem(
                    start..start + text.len(),
                    TemplateProblem::Unclosed,
                ));
            }
        },
        None => (text, None),
    };
    let bad = |kind: &'static str, takes: &'static str| {
        problem(
            start..start + text.len(),
            TemplateProblem::BadArguments { kind, takes },
        )
    };
    match (kind, arguments) {
        ("word", Some(list)) => words(list).ok_or_else(|| bad("word", "words, as in word(a|b|c)")),
        ("word", None) => Err(bad("word", "words, as in word(a|b|c)")),
        ("digits", range) => range
            .and_then(|range| ends(range, |end| end.parse().ok()))
            .map(|(low, high)| FieldKind::Digits { low, high })
            .ok_or_else(|| bad("digits", "a range, as in digits(1..900)")),
        ("money", range) => range
            .and_then(|range| ends(range, hundredths))
            .map(|(low, high)| FieldKind::Money { low, high })
            .ok_or_else(|| bad("money", "a range, as in money(9.99..250)")),
        ("hex", digits) => digits
            .and_then(|digits| digits.trim().parse().ok())
            .filter(|digits| (1..=32).contains(digits))
            .map(FieldKind::Hex)
            .ok_or_else(|| bad("hex", "a number of digits from 1 to 32, as in hex(16)")),
        ("time", form) => match form.map(str::trim) {
            None | Some("") => Ok(FieldKind::Time(TimeForm::Rfc3339)),
            Some("comma") => Ok(FieldKind::Time(TimeForm::Comma)),
            Some("point") => Ok(FieldKind::Time(TimeForm::Point)),
            Some(_) => Err(bad("time", "nothing, comma or point")),
        },
        (name, None | Some("")) => every_line(name).ok_or_else(|| unknown(name, start)),
        (name, Some(_)) if every_line(name).is_some() => Err(bad("this kind", "no arguments")),
        (name, Some(_)) => Err(unknown(name, start)),
    }
}

fn unknown(kind: &str, start: usize) -> TemplateError {
    let nearest = KINDS
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(known, kind), known))
        .min()
        .filter(|&(distance, _)| distance <= 2)
        .map(|(_, known)| known);
    let found = kind.to_owned();
    problem(
        start..start + kind.len(),
        TemplateProblem::UnknownKind { found, nearest },
    )
}

fn words(list: &str) -> Option<FieldKind> {
    let words: Arc<[Arc<str>]> = list.split('|').map(Arc::from).collect();
    let fine = |word: &Arc<str>| !word.is_empty() && !word.chars().any(char::is_control);
    (words.len() <= MOST_WORDS && words.iter().all(fine)).then_some(FieldKind::Words(words))
}

fn ends(range: &str, read: impl Fn(&str) -> Option<u64>) -> Option<(u64, u64)> {
    let (low, high) = range.split_once("..")?;
    let (low, high) = (read(low.trim())?, read(high.trim())?);
    (low <= high && high <= 1 << 60).then_some((low, high))
}

/// An amount with up to two decimals, in hundredths.
fn hundredths(amount: &str) -> Option<u64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    if fraction.is_empty() || fraction.len() > 2 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let tens = if fraction.len() == 1 { 10 } else { 1 };
    let whole: u64 = whole.parse().ok()?;
    whole
        .checked_mul(100)?
        .checked_add(fraction.parse::<u64>().ok()? * tens)
}

const fn problem(span: Range<usize>, problem: TemplateProblem) -> TemplateError {
    TemplateError { span, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> (Range<usize>, TemplateProblem) {
        let error = Template::parse(text).unwrap_err();
        (error.span, error.problem)
    }

    #[test]
    fn fields_of_every_kind_are_read() {
        let text = "slow {{query}} {ms:digits(1..900)}ms ({ms}) shard={shard:word(a|b|c)} \
                    {id:hex(16)} {sum:money(9.99..250)} {at:time(comma)} {trace} {duration_ms} {u:uuid} {pod}";
        let template = Template::parse(text).unwrap();
        assert_eq!(
            template.pattern(),
            "slow {query} {ms}ms ({ms}) shard={shard} {id} {sum} {at} {trace} {duration_ms} {u} {pod}"
        );
        let kinds: Vec<_> = template
            .fields()
            .iter()
            .map(|field| field.kind.clone())
            .collect();
        assert_eq!(kinds.len(), 9);
        assert_eq!(kinds[0], FieldKind::Digits { low: 1, high: 900 });
        assert_eq!(
            kinds[3],
            FieldKind::Money {
                low: 999,
                high: 25_000
            }
        );
        assert_eq!(kinds[4], FieldKind::Time(TimeForm::Comma));
        assert_eq!(kinds[5], FieldKind::TraceId);
    }

    #[test]
    fn the_caller_may_bind_fields() {
        let bound = BTreeMap::from([("user".to_owned(), FieldKind::Hex(8))]);
        assert!(Template::parse_with("user {user}", &bound).is_ok());
        assert_eq!(
            error("user {user}"),
            (6..10, TemplateProblem::Unbound("user".to_owned()))
        );
    }

    #[test]
    fn problems_have_their_place() {
        let arguments = |kind, takes| TemplateProblem::BadArguments { kind, takes };
        assert_eq!(error("a {b"), (2..4, TemplateProblem::Unclosed));
        assert_eq!(error("a } b"), (2..3, TemplateProblem::Unopened));
        assert_eq!(error("{}"), (1..1, TemplateProblem::BadName(String::new())));
        assert_eq!(
            error("{a b}"),
            (1..4, TemplateProblem::BadName("a b".to_owned()))
        );
        let found = "digit".to_owned();
        let nearest = Some("digits");
        assert_eq!(
            error("é {a:digit(1..2)}"),
            (6..11, TemplateProblem::UnknownKind { found, nearest })
        );
        assert_eq!(
            error("{a:digits(5..2)}").1,
            arguments("digits", "a range, as in digits(1..900)")
        );
        assert_eq!(
            error("{a:hex(33)}").1,
            arguments("hex", "a number of digits from 1 to 32, as in hex(16)")
        );
        assert_eq!(
            error("{a:word(a||b)}").1,
            arguments("word", "words, as in word(a|b|c)")
        );
        assert_eq!(error("{a:digits(1..2}"), (3..14, TemplateProblem::Unclosed));
        assert_eq!(
            error("{a:trace(1)}").1,
            arguments("this kind", "no arguments")
        );
        let twice = "{a:digits(1..2)} {a:digits(1..3)}";
        assert_eq!(
            error(twice),
            (18..32, TemplateProblem::Redeclared("a".to_owned()))
        );
        assert_eq!(
            error("a\u{1b}[31m"),
            (1..2, TemplateProblem::ControlCharacter)
        );
        assert_eq!(
            error(&"x".repeat(LONGEST_TEXT + 1)).1,
            TemplateProblem::TooLong
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~\u{e9}\n{}:()|.]{0,80}") {
            match Template::parse(&text) {
                Ok(template) => prop_assert!(template.fields().len() <= MOST_FIELDS),
                Err(error) => {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error.span);
                    prop_assert!(!error.to_string().is_empty());
                }
            }
        }

        #[test]
        fn text_with_doubled_braces_is_itself(text in "[ -~\n]{0,60}") {
            let doubled = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(Template::parse(&doubled).unwrap().pattern(), text);
        }
    }
}
