//! How runtimes write a log message: JSON, logfmt, plain, .NET's console, Java. A wrapper is literals and fields like the
//! message itself, so a search needs to know nothing of it.

use super::template::{FieldKind, Template, TimeForm};
use crate::scenario::format::telemetry::Level;
use crate::sim::time::SimTime;

/// The form of a service's log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogFormat {
    /// One JSON object a line, as Go and Node services write.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// Time, level, logger, message, as Python services write.
    Plain,
    /// Ruby's standard logger.
    Ruby,
    /// Monolog's line format.
    Php,
    /// .NET's console: level and category, then the message on lines of its own, without a time.
    DotNet,
    /// The default pattern of Java services.
    Java,
    /// The message alone.
    Bare,
}

/// Wraps a message as a runtime writes it. `logger` names the part of the program that speaks; `extra` are further
/// fields in their order, which forms without fields append as `key=value`.
pub fn wrap(
    message: &Template,
    format: LogFormat,
    level: Level,
    logger: &str,
    extra: &[(String, Template)],
) -> Template {
    wrap_error(message, format, level, logger, extra, "")
}

/// The same with a stack trace, on lines of its own where the runtime prints it so.
pub fn wrap_error(
    message: &Template,
    format: LogFormat,
    level: Level,
    logger: &str,
    extra: &[(String, Template)],
    stack: &str,
) -> Template {
    match format {
        LogFormat::Json => json(message, level, logger, extra, stack),
        LogFormat::Logfmt => logfmt(message, level, logger, extra),
        LogFormat::Plain => under(plain(message, level, logger, extra), stack),
        LogFormat::Ruby => under(ruby(message, level, extra), stack),
        LogFormat::Php => under(php(message, level, extra), stack),
        LogFormat::DotNet => {
            let indented = stack.replace('\n', "\n      ");
            let stack = if stack.is_empty() {
                indented
            } else {
                format!("      {indented}")
            };
            under(dotnet(message, level, logger, extra), &stack)
        }
        LogFormat::Java => under(java(message, level, logger, extra), stack),
        LogFormat::Bare => {
            let mut line = message.clone();
            append(&mut line, extra);
            line
        }
    }
}

/// A line with further lines under it.
fn under(mut line: Template, more: &str) -> Template {
    if !more.is_empty() {
        line.push_literal("\n");
        line.push_literal(more);
    }
    line
}

/// A message that is written once, as a runtime writes it at an instant. What a runtime itself prints when it gives up has
/// no logger's form.
pub fn written(
    message: &str,
    format: LogFormat,
    level: Level,
    logger: &str,
    at: SimTime,
) -> String {
    let last_words = [
        "Unhandled exception",
        "Exception in thread",
        "Traceback (most recent call last)",
        "panic: ",
        "goroutine ",
    ];
    if last_words.iter().any(|words| message.starts_with(words)) {
        return message.to_owned();
    }
    let template = wrap(&Template::literal(message), format, level, logger, &[]);
    template.written_at(at)
}

const fn upper(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
        Level::Fatal => "FATAL",
    }
}

const fn lower(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Fatal => "fatal",
    }
}

fn json(
    message: &Template,
    level: Level,
    logger: &str,
    extra: &[(String, Template)],
    stack: &str,
) -> Template {
    let mut line = Template::default();
    line.push_literal("{\"time\":\"");
    line.push_field("time", &FieldKind::Time(TimeForm::Rfc3339));
    line.push_literal(&format!("\",\"level\":\"{}\"", lower(level)));
    if !logger.is_empty() {
        line.push_literal(&format!(",\"logger\":\"{}\"", escape_json(logger)));
    }
    line.push_literal(",\"msg\":\"");
    line.push_template(message, &escape_json);
    line.push_literal("\"");
    for (key, value) in extra {
        let quote = if is_number(value) { "" } else { "\"" };
        line.push_literal(&format!(",\"{}\":{quote}", escape_json(key)));
        line.push_template(value, &escape_json);
        line.push_literal(quote);
    }
    if !stack.is_empty() {
        line.push_literal(&format!(",\"stack\":\"{}\"", escape_json(stack)));
    }
    line.push_literal("}");
    line
}

fn logfmt(
    message: &Template,
    level: Level,
    logger: &str,
    extra: &[(String, Template)],
) -> Template {
    let mut line = Template::default();
    line.push_literal("time=");
    line.push_field("time", &FieldKind::Time(TimeForm::Rfc3339));
    line.push_literal(&format!(" level={}", lower(level)));
    if !logger.is_empty() {
        line.push_literal(&format!(" logger={logger}"));
    }
    line.push_literal(" msg=\"");
    line.push_template(message, &escape_json);
    line.push_literal("\"");
    append(&mut line, extra);
    line
}

fn plain(message: &Template, level: Level, logger: &str, extra: &[(String, Template)]) -> Template {
    let mut line = Template::default();
    line.push_field("time", &FieldKind::Time(TimeForm::Comma));
    line.push_literal(&format!(" {} [{logger}] ", upper(level)));
    line.push_template(message, &str::to_owned);
    append(&mut line, extra);
    line
}

fn ruby(message: &Template, level: Level, extra: &[(String, Template)]) -> Template {
    let word = upper(level);
    let mut line = Template::default();
    line.push_literal(&format!("{}, [", word.get(..1).unwrap_or("I")));
    line.push_field("time", &FieldKind::Time(TimeForm::Rfc3339));
    line.push_literal(&format!(" #1] {word:>5} -- : "));
    line.push_template(message, &str::to_owned);
    append(&mut line, extra);
    line
}

fn php(message: &Template, level: Level, extra: &[(String, Template)]) -> Template {
    let word = match level {
        Level::Warn => "WARNING",
        Level::Fatal => "CRITICAL",
        level => upper(level),
    };
    let mut line = Template::default();
    line.push_literal("[");
    line.push_field("time", &FieldKind::Time(TimeForm::Rfc3339));
    line.push_literal(&format!("] app.{word}: "));
    line.push_template(message, &str::to_owned);
    append(&mut line, extra);
    line
}

fn dotnet(
    message: &Template,
    level: Level,
    logger: &str,
    extra: &[(String, Template)],
) -> Template {
    let name = match level {
        Level::Debug => "dbug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "fail",
        Level::Fatal => "crit",
    };
    let mut line = Template::default();
    // The number that the framework gives a finished request.
    let event = if logger.ends_with("Hosting.Diagnostics") {
        2
    } else {
        0
    };
    line.push_literal(&format!("{name}: {logger}[{event}]\n      "));
    line.push_template(message, &|text: &str| text.replace('\n', "\n      "));
    append(&mut line, extra);
    line
}

fn java(message: &Template, level: Level, logger: &str, extra: &[(String, Template)]) -> Template {
    let mut line = Template::default();
    line.push_field("time", &FieldKind::Time(TimeForm::Rfc3339));
    line.push_literal(&format!(" {:>5} 1 --- [nio-8080-exec-", upper(level)));
    line.push_field("thread", &FieldKind::Digits { low: 1, high: 10 });
    line.push_literal(&format!("] {logger} : "));
    line.push_template(message, &str::to_owned);
    append(&mut line, extra);
    line
}

/// ` key=value` for each; quoted where a value's literals need it.
fn append(line: &mut Template, extra: &[(String, Template)]) {
    for (key, value) in extra {
        let quoted = value.pattern().contains([' ', '"', '=']);
        let quote = if quoted { "\"" } else { "" };
        line.push_literal(&format!(" {key}={quote}"));
        if quoted {
            line.push_template(value, &escape_json);
        } else {
            line.push_template(value, &str::to_owned);
        }
        line.push_literal(quote);
    }
}

fn is_number(value: &Template) -> bool {
    match (value.segments.as_slice(), value.fields()) {
        ([super::template::Segment::Field { .. }], [field]) => field.kind.is_number(),
        ([super::template::Segment::Literal(text)], []) => {
            !text.is_empty() && text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Text as it stands inside a JSON string.
fn escape_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(format: LogFormat, level: Level) -> String {
        let message = Template::parse("cannot \"open\" {file:word(a\"b|c)}\n  at line 3").unwrap();
        let extra = [
            (
                "duration_ms".to_owned(),
                Template::parse("{duration_ms}").unwrap(),
            ),
            (
                "path".to_owned(),
                Template::parse("/basket/{id:digits(1..9)}").unwrap(),
            ),
            ("status".to_owned(), Template::parse("500").unwrap()),
        ];
        wrap(&message, format, level, "Alpha.Store", &extra).pattern()
    }

    #[test]
    fn every_form_is_what_its_runtime_writes() {
        assert_eq!(
            wrapped(LogFormat::Json, Level::Error),
            r#"{"time":"{time}","level":"error","logger":"Alpha.Store","msg":"cannot \"open\" {file}\n  at line 3","duration_ms":{duration_ms},"path":"/basket/{id}","status":500}"#
        );
        assert_eq!(
            wrapped(LogFormat::Logfmt, Level::Info),
            r#"time={time} level=info logger=Alpha.Store msg="cannot \"open\" {file}\n  at line 3" duration_ms={duration_ms} path=/basket/{id} status=500"#
        );
        let tail = "duration_ms={duration_ms} path=/basket/{id} status=500";
        assert_eq!(
            wrapped(LogFormat::Plain, Level::Warn),
            format!("{{time}} WARN [Alpha.Store] cannot \"open\" {{file}}\n  at line 3 {tail}")
        );
        assert_eq!(
            wrapped(LogFormat::DotNet, Level::Error),
            format!(
                "fail: Alpha.Store[0]\n      cannot \"open\" {{file}}\n        at line 3 {tail}"
            )
        );
        assert_eq!(
            wrapped(LogFormat::Java, Level::Info),
            format!(
                "{{time}}  INFO 1 --- [nio-8080-exec-{{thread}}] Alpha.Store : cannot \"open\" {{file}}\n  at line 3 {tail}"
            )
        );
    }

    #[test]
    fn traces_stand_where_their_runtime_prints_them() {
        let message = Template::literal("no stock");
        let made =
            |format, stack| wrap_error(&message, format, Level::Error, "a.B", &[], stack).pattern();
        let stack = "java.lang.Error: x\n\tat a.B.c(B.java:1)";
        assert_eq!(
            made(LogFormat::Java, stack),
            format!("{{time}} ERROR 1 --- [nio-8080-exec-{{thread}}] a.B : no stock\n{stack}")
        );
        assert_eq!(
            made(LogFormat::DotNet, "System.X: x\n   at a.B.C()"),
            "fail: a.B[0]\n      no stock\n      System.X: x\n         at a.B.C()"
        );
        assert!(
            made(LogFormat::Json, "Error: x\n    at c")
                .ends_with(r#","msg":"no stock","stack":"Error: x\n    at c"}"#)
        );
        assert_eq!(
            made(LogFormat::Ruby, ""),
            "E, [{time} #1] ERROR -- : no stock"
        );
        assert_eq!(made(LogFormat::Php, ""), "[{time}] app.ERROR: no stock");
        let at = SimTime(0);
        assert_eq!(
            written(
                "Unhandled exception. System.X",
                LogFormat::DotNet,
                Level::Fatal,
                "a",
                at
            ),
            "Unhandled exception. System.X"
        );
        assert_eq!(
            written("up", LogFormat::Plain, Level::Info, "a", at),
            "1970-01-01 00:00:00,000 INFO [a] up"
        );
    }

    #[test]
    fn words_are_escaped_where_they_are_quoted() {
        let message = Template::parse("{file:word(a\"b)}").unwrap();
        let line = wrap(&message, LogFormat::Json, Level::Info, "", &[]);
        let words = line.segments.iter().find_map(|segment| match segment {
            super::super::template::Segment::Field { words, .. } => words.clone(),
            super::super::template::Segment::Literal(_) => None,
        });
        assert_eq!(*words.unwrap()[0], *"a\\\"b");
    }
}
