//! Templates of alert labels and annotations: Go's template language as Prometheus fills it. Never queries anything.
//!
//! What rules are written with is read: variables, pipelines, `if`, `with`, and Prometheus's functions on numbers and
//! texts. A template has no loops, so its work is bounded by its length.

mod fill;
mod functions;
mod lex;
mod parse;

use std::ops::Range;

use thiserror::Error;

pub use functions::{go_float, humanize, humanize_duration, humanize_percentage, printf};

use crate::sim::promql::labels::Labels;

/// The longest template that is read, in bytes.
pub const MOST_TEMPLATE_BYTES: usize = 4096;
/// The longest text that a template makes, in bytes.
pub const MOST_TEXT_BYTES: usize = 8192;

/// Why a template cannot be used, in the words of Go's package where it has some.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the text that are meant.
    pub span: Range<usize>,
}

impl TemplateError {
    fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            message: message.into(),
            span,
        }
    }
}

/// A template that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pieces: Vec<Piece>,
    labels: Vec<(String, Range<usize>)>,
}

/// What a template is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The labels of the sample: `$labels`, `.Labels`.
    pub labels: &'a Labels,
    /// Its value: `$value`, `.Value`.
    pub value: f64,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MOST_TEMPLATE_BYTES {
            return Err(TemplateError::new(
                format!("a template has at most {MOST_TEMPLATE_BYTES} bytes"),
                0..text.len(),
            ));
        }
        parse::template(text)
    }

    /// The labels that it asks for, each with its place.
    pub fn labels(&self) -> &[(String, Range<usize>)] {
        &self.labels
    }

    /// Fills it. What goes wrong stands in the text, as with Prometheus.
    pub fn fill(&self, data: Data<'_>) -> String {
        match fill::fill(&self.pieces, data) {
            Ok(text) => text,
            Err(message) => format!("<error expanding template: {message}>"),
        }
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// `{{ pipeline }}`, or `{{ $name := pipeline }}`, which prints nothing.
    Print(Pipeline),
    /// `if`: conditions with what follows each, then what follows if none holds.
    If {
        arms: Vec<(Pipeline, Vec<Piece>)>,
        otherwise: Vec<Piece>,
    },
    /// `with`: the dot is the pipeline's value inside.
    With {
        value: Pipeline,
        body: Vec<Piece>,
        otherwise: Vec<Piece>,
    },
}

/// Commands, each of which gets what the one before gave as its last argument.
#[derive(Clone, Debug, PartialEq)]
struct Pipeline {
    assign: Option<String>,
    commands: Vec<Vec<Operand>>,
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Function(functions::Function),
    Dot(Vec<String>),
    Variable(String, Vec<String>),
    Text(String),
    Number(f64),
    Whole(i64),
    Bool(bool),
    Nil,
    Paren(Box<Pipeline>, Vec<String>),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(text: &str, value: f64) -> String {
        let labels = Labels::new([
            ("__name__", "up"),
            ("pod", "gate-1"),
            ("instance", "gate.front:8080"),
        ]);
        let template = Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        template.fill(Data {
            labels: &labels,
            value,
        })
    }

    #[test]
    fn labels_and_the_value_are_put_in() {
        assert_eq!(
            filled("{{ $labels.pod }} has {{ $value }}", 3.5),
            "gate-1 has 3.5"
        );
        assert_eq!(filled("{{.Labels.pod}}: {{.Value}}", 1e6), "gate-1: 1e+06");
        assert_eq!(filled("[{{ $labels.nothing }}]", 0.0), "[]");
        assert_eq!(filled("{{ index $labels \"pod\" }}", 0.0), "gate-1");
        assert_eq!(filled("no action { here }", 0.0), "no action { here }");
    }

    #[test]
    fn numbers_are_written_as_prometheus_writes_them() {
        for (text, value, expected) in [
            ("{{ $value | humanize }}", 52_847.0, "52.85k"),
            ("{{ $value | humanize }}", 0.000_25, "250u"),
            ("{{ humanize1024 $value }}", 1_610_612_736.0, "1.5Gi"),
            ("{{ $value | humanizePercentage }}", 0.4023, "40.23%"),
            ("{{ $value | humanizeDuration }}", 93_784.0, "1d 2h 3m 4s"),
            ("{{ $value | humanizeDuration }}", 0.0125, "12.5ms"),
            ("{{ $value | humanizeDuration }}", 59.5, "59.5s"),
            (
                "{{ $value | humanizeTimestamp }}",
                1_733_132_700.0,
                "2024-12-02 09:45:00 +0000 UTC",
            ),
            ("{{ printf \"%.2f\" $value }}", 0.398, "0.40"),
            (
                "{{ printf \"%5.1f|%-4s|%q|%d%%\" $value \"a\" \"b\" 7 }}",
                2.25,
                "  2.2|a   |\"b\"|7%",
            ),
            (
                "{{ $value | printf \"%.0f of %s\" }}",
                3.0,
                "3 of %!s(MISSING)",
            ),
        ] {
            assert_eq!(filled(text, value), expected, "{text}");
        }
    }

    #[test]
    fn branches_variables_and_trimming() {
        let text = "{{ if gt $value 10.0 -}} many {{- else if eq $labels.pod \"gate-1\" }}few{{ else }}none{{ end }}";
        assert_eq!(filled(text, 11.0), "many");
        assert_eq!(filled(text, 1.0), "few");
        assert_eq!(
            filled(
                "{{ $x := $value | humanize }}{{ with $labels.pod }}{{ . }}={{ $x }}{{ end }}",
                7.0
            ),
            "gate-1=7"
        );
        assert_eq!(filled("{{/* nothing */}}a {{- /* b */ -}} c", 0.0), "ac");
        assert_eq!(
            filled("{{ stripPort $labels.instance | toUpper }}", 0.0),
            "GATE.FRONT"
        );
        assert_eq!(
            filled(
                "{{ reReplaceAll \"-[0-9]+$\" \"\" $labels.pod | title }}",
                0.0
            ),
            "Gate"
        );
        assert_eq!(
            filled(
                "{{ if and (match \"^gate\" $labels.pod) (not false) }}yes{{ end }}",
                0.0
            ),
            "yes"
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (text, message, span) in [
            (
                "a {{ $value | humanise }}",
                "function \"humanise\" not defined",
                14..22,
            ),
            ("{{ $valu }}", "undefined variable \"$valu\"", 3..8),
            ("{{ $value", "unclosed action", 0..9),
            ("{{ if $value }}x", "unexpected EOF", 16..16),
            ("{{ end }}", "unexpected {{end}}", 3..6),
            (
                "{{ range $labels }}{{ end }}",
                "\"range\" has no place in an alert's text here",
                3..8,
            ),
            ("{{ }}", "missing value for command", 0..5),
            ("{{ \"a }}", "unterminated quoted string", 3..8),
            ("{{ .Valu }}", "can't evaluate field Valu", 3..8),
        ] {
            let error = Template::parse(text).expect_err(text);
            assert_eq!(
                (error.message.as_str(), error.span),
                (message, span),
                "{text}"
            );
        }
    }

    #[test]
    fn labels_that_are_asked_for_are_known_with_their_places() {
        let template =
            Template::parse("{{ $labels.pod }} {{ .Labels.node }} {{ index $labels \"a.b\" }}");
        let labels = template.unwrap().labels().to_vec();
        assert_eq!(
            labels,
            [
                ("pod".to_owned(), 3..14),
                ("node".to_owned(), 21..33),
                ("a.b".to_owned(), 54..59)
            ]
        );
    }

    const WORDS: &[&str] = &[
        "{{",
        "}}",
        "{{-",
        "-}}",
        "$labels",
        ".pod",
        "$value",
        ".",
        "|",
        "humanize",
        "printf",
        "\"%.2f\"",
        "if",
        "else",
        "end",
        "with",
        "eq",
        "gt",
        "and",
        "(",
        ")",
        "1.5",
        "7",
        "\"a\"",
        "`b`",
        ":=",
        "$x",
        "nil",
        "true",
        " ",
        "text",
        "é",
        "humanizeDuration",
        "match",
        "index",
        "/*",
        "*/",
        "title",
        "\"%9999d\"",
        "parseDuration",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "\\PC{0,80}", value in any::<f64>()) {
            attempt(&text, value);
        }

        #[test]
        fn any_words_are_read_or_refused_with_a_place(
            words in prop::collection::vec(prop::sample::select(WORDS), 0..24),
            value in any::<f64>(),
        ) {
            attempt(&words.join(" "), value);
            attempt(&format!("{{{{ {} }}}}", words.join(" ")), value);
        }

        #[test]
        fn text_without_actions_stays_as_it_is(text in "[^{}]{0,80}") {
            prop_assert_eq!(Template::parse(&text).unwrap().fill(Data { labels: &Labels::empty(), value: 1.0 }), text);
        }
    }

    fn attempt(text: &str, value: f64) {
        match Template::parse(text) {
            Ok(template) => {
                let labels = Labels::new([("pod", "a")]);
                let filled = template.fill(Data {
                    labels: &labels,
                    value,
                });
                assert!(filled.len() <= MOST_TEXT_BYTES + 64, "{text}");
                for (_, span) in template.labels() {
                    assert!(text.get(span.clone()).is_some(), "{text}: {span:?}");
                }
            }
            Err(error) => assert!(
                text.get(error.span.clone()).is_some(),
                "{text}: {error}: {:?}",
                error.span
            ),
        }
    }
}
