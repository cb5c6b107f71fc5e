//! Stack traces as each language prints them. Never invents a frame.

use crate::scenario::format::records::SentryIssue;
use crate::scenario::format::service::Runtime;

/// The stack trace of an issue; the innermost frame stands where the language puts it.
pub fn print(runtime: Runtime, issue: &SentryIssue) -> String {
    let outer_first = issue.frames.iter();
    let inner_first = issue.frames.iter().rev();
    let mut text = String::new();
    match runtime {
        Runtime::Go => {
            text.push_str(&format!("{}\n\ngoroutine 1 [running]:\n", issue.title));
            for (file, line, function, _) in inner_first {
                text.push_str(&format!("{function}(...)\n\t{file}:{line}\n"));
            }
        }
        Runtime::DotNet => {
            text.push_str(&format!("{}\n", issue.title));
            for (file, line, function, _) in inner_first {
                text.push_str(&format!("   at {function} in {file}:line {line}\n"));
            }
        }
        Runtime::Java => {
            text.push_str(&format!("{}\n", issue.title));
            for (file, line, function, _) in inner_first {
                text.push_str(&format!("\tat {function}({file}:{line})\n"));
            }
        }
        Runtime::Node => {
            text.push_str(&format!("{}\n", issue.title));
            for (file, line, function, _) in inner_first {
                text.push_str(&format!("    at {function} ({file}:{line})\n"));
            }
        }
        Runtime::Python => {
            text.push_str("Traceback (most recent call last):\n");
            for (file, line, function, source) in outer_first {
                text.push_str(&format!(
                    "  File \"{file}\", line {line}, in {function}\n    {source}\n"
                ));
            }
            text.push_str(&format!("{}\n", issue.title));
        }
        Runtime::Ruby => {
            for (place, (file, line, function, _)) in inner_first.enumerate() {
                if place == 0 {
                    text.push_str(&format!("{file}:{line}:in `{function}': {}\n", issue.title));
                } else {
                    text.push_str(&format!("\tfrom {file}:{line}:in `{function}'\n"));
                }
            }
        }
        Runtime::Rust => {
            text.push_str(&format!("{}\nstack backtrace:\n", issue.title));
            for (place, (file, line, function, _)) in inner_first.enumerate() {
                text.push_str(&format!(
                    "   {place}: {function}\n             at {file}:{line}\n"
                ));
            }
        }
        Runtime::Php => {
            text.push_str(&format!("PHP Fatal error:  {}\n", issue.title));
            for (place, (file, line, function, _)) in inner_first.enumerate() {
                text.push_str(&format!("#{place} {file}({line}): {function}()\n"));
            }
        }
        Runtime::Cpp | Runtime::Proxy | Runtime::Vendor => {
            text.push_str(&format!("{}\n", issue.title));
            for (place, (file, line, function, _)) in inner_first.enumerate() {
                text.push_str(&format!("#{place}  {function} at {file}:{line}\n"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::testing::small_pack;

    #[test]
    fn each_language_has_its_form() {
        let mut issue = small_pack().scenario.sentry.get("GATE-3").unwrap().clone();
        issue.title = "boom".to_owned();
        issue.frames = vec![
            (
                "a.x".to_owned(),
                1,
                "outer".to_owned(),
                "inner()".to_owned(),
            ),
            ("b.x".to_owned(), 2, "inner".to_owned(), "fail()".to_owned()),
        ];
        assert_eq!(
            print(Runtime::Go, &issue),
            "boom\n\ngoroutine 1 [running]:\ninner(...)\n\tb.x:2\nouter(...)\n\ta.x:1\n"
        );
        assert_eq!(
            print(Runtime::Python, &issue),
            "Traceback (most recent call last):\n  File \"a.x\", line 1, in outer\n    inner()\n  File \"b.x\", line 2, in inner\n    fail()\nboom\n"
        );
        assert_eq!(
            print(Runtime::DotNet, &issue),
            "boom\n   at inner in b.x:line 2\n   at outer in a.x:line 1\n"
        );
        assert_eq!(
            print(Runtime::Ruby, &issue),
            "b.x:2:in `inner': boom\n\tfrom a.x:1:in `outer'\n"
        );
    }
}
