//! A log line as it is read best: without what its columns say already, with its fields in their colours. Pure.

use serde_json::Value;

use super::paint::LONGEST;
use crate::tui::canvas::Run;
use crate::tui::theme::Role;

/// Keys that a log pane's own columns show.
const SHOWN: [&str; 9] = [
    "time",
    "ts",
    "timestamp",
    "@timestamp",
    "level",
    "lvl",
    "severity",
    "msg",
    "message",
];

/// A log line as it is read best: what it says first, then its fields, without the time and level that its columns show.
pub fn painted(line: &str, base: Role) -> Vec<Run> {
    if line.len() > LONGEST {
        return vec![Run::new(base, line.to_owned())];
    }
    if line.starts_with('{')
        && let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line)
    {
        let said = ["msg", "message", "event"]
            .iter()
            .find_map(|name| fields.get(*name).and_then(Value::as_str));
        let mut runs = vec![Run::new(base, said.unwrap_or("").to_owned())];
        for (name, value) in &fields {
            if SHOWN.contains(&name.as_str()) {
                continue;
            }
            let shown = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            field(&mut runs, name, &shown);
        }
        return runs;
    }
    if let Some(access) = access(line) {
        return access.runs(base);
    }
    let rest = without_head(line);
    let pairs = pairs(rest);
    let is_logfmt = pairs.first().is_some_and(|(start, ..)| *start == 0)
        && pairs.iter().any(|(_, name, _)| SHOWN.contains(name));
    let mut runs = Vec::new();
    if is_logfmt {
        let said = pairs
            .iter()
            .find(|(_, name, _)| matches!(*name, "msg" | "message"));
        runs.push(Run::new(
            base,
            said.map_or(String::new(), |(.., value)| unquoted(value)),
        ));
        for (_, name, value) in &pairs {
            if !SHOWN.contains(name) {
                field(&mut runs, name, &unquoted(value));
            }
        }
        return runs;
    }
    with_pairs(&mut runs, rest, &pairs, base);
    runs
}

/// A kind of lines, its fields as `{name}`, as its lines are shown.
pub fn kind(pattern: &str, base: Role) -> Vec<Run> {
    let bare = pattern.strip_prefix("{time}").map(str::trim_start);
    let bracketed = pattern.strip_prefix("[{time}] ");
    painted(&with_texts(bracketed.or(bare).unwrap_or(pattern)), base)
}

/// JSON whose numbers are fields, `"n":{n}`, with texts in their places, so that it can be read.
fn with_texts(pattern: &str) -> String {
    let mut parts = pattern.split("\":{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if !name.contains('"') => {
                text.push_str(&format!("\":\"{{{name}}}\"{rest}"));
            }
            _ => text.push_str(&format!("\":{{{part}")),
        }
    }
    text
}

/// A text with its pairs in their colours.
fn with_pairs(runs: &mut Vec<Run>, rest: &str, pairs: &[(usize, &str, &str)], base: Role) {
    let mut at = 0;
    for (start, name, value) in pairs {
        runs.push(Run::new(
            base,
            rest.get(at..*start).unwrap_or("").to_owned(),
        ));
        runs.push(Run::new(Role::Muted, format!("{name}=")));
        runs.push(Run::new(value_role(name, value), (*value).to_owned()));
        at = start + name.len() + 1 + value.len();
    }
    runs.push(Run::new(base, rest.get(at..).unwrap_or("").to_owned()));
}

/// An access line in the common form of web servers and proxies:
/// `CLIENT - - [TIME] "REQUEST" STATUS - BYTES "AGENT" name=value ...`.
struct Access<'a> {
    client: &'a str,
    request: &'a str,
    status: &'a str,
    sizes: &'a str,
    agent: &'a str,
    fields: &'a str,
}

fn access(line: &str) -> Option<Access<'_>> {
    let (client, rest) = line.split_once(" - - [")?;
    let (_, rest) = rest.split_once("] \"")?;
    let (request, rest) = rest.split_once("\" ")?;
    let (status, rest) = rest.split_once(' ')?;
    let (sizes, rest) = rest.split_once('"')?;
    let (agent, fields) = rest.split_once('"')?;
    let numbers = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
    (numbers && !client.contains(' ')).then_some(Access {
        client,
        request,
        status,
        sizes: sizes.trim(),
        agent,
        fields: fields.trim_start(),
    })
}

impl Access<'_> {
    /// What was asked and answered first, who asked last.
    fn runs(&self, base: Role) -> Vec<Run> {
        let role = value_role("status", self.status);
        let mut runs = vec![
            Run::new(base, format!("{} ", self.request)),
            Run::new(role, self.status.to_owned()),
            Run::new(base, "  ".to_owned()),
        ];
        with_pairs(&mut runs, self.fields, &pairs(self.fields), base);
        for (text, role) in [
            (self.client, Role::Muted),
            (self.sizes, Role::Faint),
            (self.agent, Role::Faint),
        ] {
            runs.push(Run::new(role, format!("  {text}")));
        }
        runs
    }
}

fn field(runs: &mut Vec<Run>, name: &str, value: &str) {
    let gap = if runs.iter().all(|run| run.text.is_empty()) {
        ""
    } else {
        "  "
    };
    runs.push(Run::new(Role::Muted, format!("{gap}{name}=")));
    runs.push(Run::new(value_role(name, value), value.to_owned()));
}

/// A value's look: failures stand out, ids step back.
fn value_role(name: &str, value: &str) -> Role {
    let value = value.trim_matches('"');
    match name {
        "status" | "code" | "status_code" | "http_status" => match value.parse::<u32>() {
            Ok(500..) => Role::Alert,
            Ok(400..=499) => Role::Warn,
            Ok(_) => Role::Good,
            Err(_) if value == "OK" => Role::Good,
            Err(_) => Role::Alert,
        },
        "error" | "err" | "exception" => Role::Alert,
        "trace_id" | "span_id" | "trace" | "request_id" => Role::Faint,
        "duration_ms" | "took_ms" | "duration" | "latency_ms" => Role::Info,
        _ => Role::Base,
    }
}

fn unquoted(value: &str) -> String {
    let inside = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or_else(|| value.to_owned(), |inside| inside.replace("\\\"", "\""))
}

/// A line without the time and level that it begins with: `2026-03-02 14:00:00,123 INFO [] `, `info: [0]   `,
/// `[2026-03-02T14:00:00.123Z] INFO `.
fn without_head(line: &str) -> &str {
    let mut rest = line;
    let bare = rest.strip_prefix('[');
    if let Some(after) = after_time(bare.unwrap_or(rest)) {
        let after = bare.and_then(|_| after.strip_prefix(']')).unwrap_or(after);
        rest = after.trim_start();
    }
    for word in [
        "INFO", "WARN", "WARNING", "ERROR", "DEBUG", "FATAL", "TRACE", "CRITICAL",
    ] {
        if let Some(after) = rest.strip_prefix(word)
            && after.starts_with([' ', ':'])
        {
            rest = after.trim_start_matches([' ', ':']);
            break;
        }
    }
    for word in ["info", "warn", "fail", "crit", "dbug", "trce"] {
        if let Some(after) = rest.strip_prefix(word)
            && let Some(after) = after.strip_prefix(": ")
        {
            rest = after.trim_start();
            if let Some((inside, after)) = rest.split_once(']')
                && inside.starts_with('[')
            {
                rest = after.trim_start();
            }
            break;
        }
    }
    rest.strip_prefix("[] ").unwrap_or(rest)
}

fn after_time(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let shape = b"0000-00-00 00:00:00";
    for (at, wanted) in shape.iter().enumerate() {
        let byte = bytes.get(at)?;
        let fits = match wanted {
            b'0' => byte.is_ascii_digit(),
            b' ' => matches!(byte, b' ' | b'T'),
            wanted => byte == wanted,
        };
        if !fits {
            return None;
        }
    }
    let rest = line.get(shape.len()..)?;
    let end = rest.find([' ', ']']).unwrap_or(rest.len());
    rest.get(end..)
}

/// `name=value` pairs: where each begins, its name and its value, quotes among it.
fn pairs(line: &str) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let skip = rest.len() - rest.trim_start().len();
        let start = at + skip;
        let word = line.get(start..).unwrap_or("");
        let Some(first) = word.chars().next() else {
            break;
        };
        let name_end = word
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.-@".contains(letter)))
            .unwrap_or(word.len());
        let name = word.get(..name_end).unwrap_or("");
        let after = word.get(name_end..).unwrap_or("");
        if let Some(value) = after.strip_prefix('=').filter(|_| !name.is_empty()) {
            let end = if let Some(inside) = value.strip_prefix('"') {
                let mut escaped = false;
                inside
                    .char_indices()
                    .find(|(_, letter)| {
                        let ends = *letter == '"' && !escaped;
                        escaped = *letter == '\\' && !escaped;
                        ends
                    })
                    .map_or(value.len(), |(at, _)| at + 2)
            } else {
                value.find(char::is_whitespace).unwrap_or(value.len())
            };
            found.push((start, name, value.get(..end).unwrap_or("")));
            at = start + name_end + 1 + end;
        } else {
            let end = word.find(char::is_whitespace).unwrap_or(word.len());
            at = start + end.max(first.len_utf8());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::paint::text_of;

    fn shown(line: &str) -> String {
        text_of(&painted(line, Role::Base))
    }

    #[test]
    fn kinds_are_shown_as_their_lines_are() {
        let shown = |pattern: &str| text_of(&kind(pattern, Role::Base));
        assert_eq!(
            shown(
                r#"{"time":"{time}","level":"info","msg":"request","ms":{ms},"trace_id":"{trace}"}"#
            ),
            "request  ms={ms}  trace_id={trace}"
        );
        assert_eq!(
            shown(r#"{"msg":"a","by":{"id":"x"}}"#),
            r#"a  by={"id":"x"}"#
        );
        assert_eq!(shown("{time}  INFO 1 --- took {n}"), "1 --- took {n}");
        assert_eq!(shown("[{time}] INFO {words}"), "{words}");
        assert_eq!(shown("\":{"), "\":{");
    }

    #[test]
    fn log_lines_say_what_they_say_first() {
        assert_eq!(
            shown(
                r#"{"time":"2026-03-02T14:00:00Z","level":"info","msg":"request","route":"GET /","status":200}"#
            ),
            "request  route=GET /  status=200"
        );
        assert_eq!(
            shown(
                r#"time=2026-03-02T14:00:00Z level=error msg="request failed: x" route="GET /a" status=503"#
            ),
            "request failed: x  route=GET /a  status=503"
        );
        assert_eq!(
            shown("2026-03-02 14:00:00,123 INFO [] request route=a/b ok"),
            "request route=a/b ok"
        );
        assert_eq!(
            shown("[2026-03-02T14:00:00.123Z] INFO [Log partition=a-0] rolled"),
            "[Log partition=a-0] rolled"
        );
        assert_eq!(shown("[x] INFO y"), "[x] INFO y");
        assert_eq!(shown("info: [0]       request route=a"), "request route=a");
        assert_eq!(
            shown(
                r#"10.0.0.1 - - [2026-03-02T14:00:00.123Z] "GET /a HTTP/2" 503 - 91 "curl/8" upstream=web status=503 trace_id=ab"#
            ),
            "GET /a HTTP/2 503  upstream=web status=503 trace_id=ab  10.0.0.1  - 91  curl/8"
        );
        assert_eq!(shown("a - - [b] \"c\" d"), "a - - [b] \"c\" d");
        assert_eq!(shown("plain words"), "plain words");
        assert_eq!(shown("a=1 b"), "a=1 b");
    }
}
