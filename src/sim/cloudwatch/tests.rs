//! Filter patterns as AWS documents them, and that any pattern is answered.

use proptest::prelude::*;

use super::FilterPattern;
use crate::sim::telemetry::search::LineQuery;

const REQUESTS: [&str; 3] = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
];

fn taken<'a>(pattern: &str, messages: &[&'a str]) -> Vec<&'a str> {
    let pattern =
        FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let found: Vec<&str> = messages
        .iter()
        .copied()
        .filter(|message| pattern.matches(message))
        .collect();
    if let Some(filters) = pattern.text_filters() {
        let query = LineQuery::new(&filters).unwrap();
        let searched: Vec<&str> = messages
            .iter()
            .copied()
            .filter(|message| query.matches(message))
            .collect();
        assert_eq!(searched, found);
    }
    found
}

#[test]
fn terms_must_all_be_there_unless_marked() {
    assert_eq!(taken("", &REQUESTS), REQUESTS);
    assert_eq!(taken("ERROR", &REQUESTS), REQUESTS);
    assert_eq!(taken("error", &REQUESTS), Vec::<&str>::new());
    assert_eq!(taken("ERROR ARGUMENTS", &REQUESTS), [REQUESTS[2]]);
    assert_eq!(taken("\"BAD REQUEST\"", &REQUESTS), [REQUESTS[0]]);
    assert_eq!(
        taken("ERROR -ARGUMENTS", &REQUESTS),
        [REQUESTS[0], REQUESTS[1]]
    );
    assert_eq!(
        taken("ERROR -\"BAD REQUEST\"", &REQUESTS),
        [REQUESTS[1], REQUESTS[2]]
    );
    assert_eq!(
        taken("?UNAUTHORIZED ?ARGUMENTS", &REQUESTS),
        [REQUESTS[1], REQUESTS[2]]
    );
    // Beside other terms the question mark is ignored.
    assert_eq!(taken("?UNAUTHORIZED REQUEST", &REQUESTS), [REQUESTS[1]]);
    let authorized = [
        "[ERROR 401] UNAUTHORIZED REQUEST",
        "[SUCCESS 200] AUTHORIZED REQUEST",
        "[ERROR 400] BAD",
    ];
    assert_eq!(
        taken("%AUTHORIZED%", &authorized),
        [authorized[0], authorized[1]]
    );
    assert_eq!(taken("%4[0-9]{2}% -BAD", &authorized), [authorized[0]]);
}

#[test]
fn json_fields_are_compared() {
    let event = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "bandwidth": 75.5, "latency": 1.2E2,
        "cluster.name": "c1", "ok": true, "off": false, "user": {"id": 1, "email": "j@x.example"}}"#;
    for (pattern, expected) in [
        ("{ $.eventType = \"UpdateTrail\" }", true),
        ("{ $.eventType = UpdateTrail }", true),
        ("{ $.eventType = \"*Trail\" }", true),
        ("{ $.eventType = \"Up*ra*\" }", true),
        ("{ $.eventType = \"Trail\" }", false),
        ("{ $.sourceIPAddress != 123.123.* }", true),
        ("{ $.sourceIPAddress != 111.111.* }", false),
        ("{ $.sourceIPAddress = %111\\.111% }", true),
        ("{ $.arrayKey[0] = \"value\" }", true),
        ("{ $.arrayKey[1] = \"value\" }", false),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.objectList[*].name = \"b\" }", true),
        ("{ $.SomeObject IS NULL }", true),
        ("{ $.SomeOther IS NULL }", false),
        ("{ $.SomeOther NOT EXISTS }", true),
        ("{ $.eventType NOT EXISTS }", false),
        ("{ $.ok IS TRUE && $.off IS FALSE }", true),
        ("{ $.bandwidth > 75 }", true),
        ("{ $.bandwidth >= 7.55e1 }", true),
        ("{ $.bandwidth = 75.* }", true),
        ("{ $.latency != 120 }", false),
        ("{ $.missing != 1 }", false),
        ("{ $.['cluster.name'] = \"c1\" }", true),
        (
            "{ ($.user.id = 1) && ($.user.email = \"j@x.example\") }",
            true,
        ),
        ("{ $.user.id = 2 || $.user.id = 1 && $.ok IS FALSE }", false),
        ("{ ($.user.id = 2 || $.user.id = 1) && $.ok IS TRUE }", true),
        ("{ $.user = \"*\" }", false),
    ] {
        assert_eq!(!taken(pattern, &[event]).is_empty(), expected, "{pattern}");
    }
    assert_eq!(
        taken("{ $.a = 1 }", &["not json", "[1]", "{\"a\": 1}"]),
        ["{\"a\": 1}"]
    );
}

#[test]
fn columns_are_parted_by_blanks_brackets_and_quotes() {
    let lines = [
        r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
        r#"127.0.0.1 Prod anna [10/Oct/2000:13:25:16 -0700] "GET /index.htm HTTP/1.0" 410 15"#,
        r#"127.0.0.1 Prod carl [10/Oct/2000:13:25:17 -0700] "GET /x HTTP/1.0" 200 2000"#,
    ];
    assert_eq!(
        taken(
            "[ip, user, username, timestamp, request, status_code, bytes]",
            &lines
        ),
        lines
    );
    assert_eq!(
        taken(
            "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
            &lines
        ),
        [lines[0]]
    );
    assert_eq!(
        taken("[..., status_code = 4*, bytes > 1000]", &lines),
        [lines[0]]
    );
    assert_eq!(
        taken(
            "[ip, ..., status_code = 404 || status_code = 410, bytes]",
            &lines
        ),
        [lines[0], lines[1]]
    );
    assert_eq!(
        taken(
            "[ip, user, username != frank && username != \"anna\", ...]",
            &lines
        ),
        [lines[2]]
    );
    assert_eq!(
        taken(
            "[w1 = ERROR, w2]",
            &["ERROR one", "ERROR one two", "WARN one", "ERROR"]
        ),
        ["ERROR one", "ERROR one two"]
    );
    assert_eq!(
        taken("[w1 = %RR%, w2 = one]", &["ERROR one", "ERROR one two"]),
        ["ERROR one"]
    );
}

#[test]
fn what_is_no_pattern_is_refused_with_its_place() {
    for (pattern, reason) in [
        (
            "ERR-OR",
            "a term with '-' needs double quotation marks at position 3",
        ),
        ("\"open", "a quotation mark is missing"),
        ("%a(b)%", "'(' is not supported"),
        ("{ $.a }", "an operator is missing"),
        ("{ a = 1 }", "begins with $"),
        ("{ $.a = 1", "a closing brace is missing"),
        ("{ $.a > \"x\" }", "only numbers"),
        ("[a, b", "a closing bracket is missing"),
        ("[a = 1 || b = 2]", "names b"),
        ("[..., a, ...]", "once"),
        ("-", "a term is missing"),
    ] {
        let error = FilterPattern::parse(pattern).unwrap_err().to_string();
        assert!(
            error.starts_with("Invalid filter pattern: ") && error.contains(reason),
            "{pattern}: {error}"
        );
    }
    assert!(FilterPattern::parse(&"x".repeat(2000)).is_err());
    assert!(FilterPattern::parse(&format!("{{ {}$.a = 1 }}", "(".repeat(500))).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_pattern_is_answered(pattern in "\\PC{0,40}", message in "\\PC{0,60}") {
        if let Ok(pattern) = FilterPattern::parse(&pattern) {
            pattern.matches(&message);
        }
    }

    #[test]
    fn any_pieces_are_answered(pieces in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "$", ".a", "[0]", "[*]", "['b']", "=", "!=", ">", "<=", "1", "\"x\"", "%y%", "&&", "||",
        "IS", "TRUE", "NULL", "NOT EXISTS", ",", "...", "w1", "-", "?", "*", " ",
    ]), 0..20)) {
        let text = pieces.concat();
        if let Ok(pattern) = FilterPattern::parse(&text) {
            pattern.matches("{\"a\": [1]}");
            pattern.matches("a [b c] \"d\" 5");
        }
    }
}
