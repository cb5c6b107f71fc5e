//! What systems say to too many uses a minute, each in its own words. Never counts them.

use serde_json::Value;

use super::cloudwatch::program::split;
use super::family::Family;
use crate::session::{Answer, Call, Refused};

/// The words of a system for a use that it refuses, and the exit code of its own client.
pub fn words(family: Family, call: Option<&Call>, refused: Refused) -> (String, i32) {
    let limit = refused.limit;
    let wait = (refused.wait.millis() + 999) / 1000;
    let words = match family {
        Family::Slack => "ratelimited".to_owned(),
        Family::PagerDuty => "Rate Limit Exceeded (HTTP 429, code 2020)".to_owned(),
        Family::Sentry => format!(
            "You are attempting to use this endpoint too frequently. Limit is {limit} requests in 60 seconds (HTTP 429)"
        ),
        Family::Jira | Family::Wiki => {
            format!("429 Too Many Requests: Rate limit exceeded. (Retry-After: {wait})")
        }
        Family::Ci => "HTTP 403: API rate limit exceeded for your user".to_owned(),
        Family::ImageRegistry => {
            "toomanyrequests: You have reached your pull rate limit.".to_owned()
        }
        Family::CloudWatch => {
            let operation = call.map_or_else(|| "GetMetricStatistics".to_owned(), operation);
            return (
                format!(
                    "An error occurred (Throttling) when calling the {operation} operation (reached max retries: 2): Rate exceeded"
                ),
                254,
            );
        }
        Family::StatusPage => "420 Enhance Your Calm: Too many requests".to_owned(),
        _ => format!("429 Too Many Requests (limit {limit} per minute, Retry-After: {wait})"),
    };
    (words, 1)
}

/// The answer to a use that is refused.
pub fn answer(family: Family, call: &Call, refused: Refused) -> Answer {
    let (words, code) = words(family, Some(call), refused);
    let wait = (refused.wait.millis() + 999) / 1000;
    if call.tool == "aws" {
        return Answer::failed(format!("\n{words}\n"), code);
    }
    // A line of the shell ends with the system's words; a program is told what to do.
    let hint = if call.args.get("argv").is_some() {
        String::new()
    } else {
        format!("\nhint: wait {wait} s")
    };
    Answer::failed(format!("{}: {words}{hint}\n", call.tool), code)
}

/// The API's operation that a use is: `aws logs tail` is `FilterLogEvents`.
fn operation(call: &Call) -> String {
    let argv: Vec<String> = call
        .args
        .get("argv")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    let (words, _) = split(&argv);
    let word = match (call.tool.as_str(), words.get(1).map(String::as_str)) {
        ("cloudwatch_list_alarms", _) => "describe-alarms",
        ("cloudwatch_list_log_groups", _) => "describe-log-groups",
        ("cloudwatch_filter_log_events", _) | (_, Some("tail")) => "filter-log-events",
        (_, Some(word)) => word,
        _ => "get-metric-statistics",
    };
    word.split('-')
        .map(|part| {
            let mut letters = part.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::time::Span;

    #[test]
    fn each_system_says_it_in_its_own_words() {
        let refused = Refused {
            limit: 3,
            wait: Span(11_200),
        };
        let call = |tool: &str, args| Call {
            tool: tool.to_owned(),
            args,
        };
        let said = |family, call: &Call| answer(family, call, refused).error;
        assert_eq!(
            said(Family::Slack, &call("slack_search", json!({}))),
            "slack_search: ratelimited\nhint: wait 12 s\n"
        );
        assert_eq!(
            said(
                Family::CloudWatch,
                &call("aws", json!({"argv": ["logs", "tail", "x"]}))
            ),
            "\nAn error occurred (Throttling) when calling the FilterLogEvents operation (reached max retries: 2): Rate exceeded\n"
        );
        assert!(said(Family::Jira, &call("jira", json!({"argv": []}))).contains("Retry-After: 12"));
    }
}
