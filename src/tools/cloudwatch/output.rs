//! How the AWS CLI prints an answer: `--query`, then JSON, text, table or YAML. Never makes an answer.

mod table;
mod yaml;

use serde_json::{Map, Value};

use crate::tools::registry_images::get_manifest::pretty;

/// The longest `--query`: its reader goes as deep as it is nested.
const LONGEST_QUERY: usize = 512;

/// Commas and calls of a `--query` at most: each can double what is there.
const MOST_PARTS: usize = 10;
/// Values that a `--query` gives at most.
const MOST_VALUES: usize = 1_000_000;

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `json`.
    #[default]
    Json,
    /// `text`.
    Text,
    /// `table`.
    Table,
    /// `yaml`.
    Yaml,
}

impl Form {
    /// The form of a name; `None` for one that the CLI does not have.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            "table" => Some(Self::Table),
            "yaml" | "yaml-stream" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// What a query takes of an answer.
///
/// # Errors
/// As the CLI words a query that is none.
pub fn select(data: &Value, query: &str) -> Result<Value, String> {
    let bad = |reason: &str| format!("\nBad value for --query {query}: {reason}\n");
    if query.len() > LONGEST_QUERY || query.matches([',', '(']).count() > MOST_PARTS {
        return Err(bad("the expression is too long"));
    }
    let expression = jmespath::compile(query).map_err(|error| {
        bad(&format!(
            "Invalid jmespath expression: {}",
            worded(&error, query)
        ))
    })?;
    let found = expression
        .search(data)
        .map_err(|error| bad(&error.to_string()))?;
    if !fits(&found, &mut MOST_VALUES.clone()) {
        return Err(bad("the result is too large"));
    }
    serde_json::to_value(&*found).map_err(|error| bad(&error.to_string()))
}

/// Whether a result has no more values than are left. What a result shares, it counts each time.
fn fits(value: &jmespath::Variable, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    match value {
        jmespath::Variable::Array(items) => items.iter().all(|item| fits(item, left)),
        jmespath::Variable::Object(fields) => fields.values().all(|item| fits(item, left)),
        _ => true,
    }
}

/// A query's error with a mark under the place.
fn worded(error: &jmespath::JmespathError, query: &str) -> String {
    let blanks = " ".repeat(error.column + 1);
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    if error.offset >= query.len() {
        format!("Incomplete expression:\n\"{query}\"\n{blanks}^")
    } else {
        format!("{reason}:\n\"{query}\"\n{blanks}^")
    }
}

/// An answer as the CLI prints it; `operation` is the title of tables.
pub fn print(data: &Value, operation: &str, form: Form) -> String {
    match form {
        Form::Json => pretty(data, b"    "),
        Form::Text => {
            let mut out = String::new();
            text(data, None, None, &mut out);
            out
        }
        Form::Table => table::print(data, operation),
        Form::Yaml => yaml::print(data),
    }
}

/// A scalar as Python writes it.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

const fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// The keys of scalars, sorted.
fn scalar_keys<'a>(maps: impl Iterator<Item = &'a Map<String, Value>>) -> Vec<String> {
    let mut keys: Vec<String> = maps
        .flat_map(|map| map.iter())
        .filter(|(_, value)| is_scalar(value))
        .map(|(key, _)| key.clone())
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Rows of tabs: a name in capitals before what is inside something.
fn text(value: &Value, name: Option<&str>, keys: Option<&[String]>, out: &mut String) {
    match value {
        Value::Object(map) => {
            let own = scalar_keys(std::iter::once(map));
            let shown = keys.unwrap_or(&own);
            let cells = shown
                .iter()
                .map(|key| map.get(key).map_or_else(String::new, scalar));
            let cells: Vec<String> = name
                .filter(|_| !shown.is_empty())
                .map(str::to_uppercase)
                .into_iter()
                .chain(cells)
                .collect();
            if !cells.is_empty() {
                out.push_str(&cells.join("\t"));
                out.push('\n');
            }
            let mut rest: Vec<(&String, &Value)> =
                map.iter().filter(|(key, _)| !shown.contains(key)).collect();
            rest.sort_by_key(|(key, _)| *key);
            for (key, value) in rest {
                text(value, Some(key), None, out);
            }
        }
        Value::Array(items) => list(items, name, out),
        other => {
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
}

fn list(items: &[Value], name: Option<&str>, out: &mut String) {
    if items.is_empty() {
        return;
    }
    if items.iter().any(Value::is_object) {
        let keys = scalar_keys(items.iter().filter_map(Value::as_object));
        for item in items {
            text(item, name, Some(&keys), out);
        }
        return;
    }
    let scalars: Vec<String> = items
        .iter()
        .filter(|item| is_scalar(item))
        .map(scalar)
        .collect();
    match name {
        _ if scalars.is_empty() => {}
        Some(name) => {
            for item in &scalars {
                out.push_str(&format!("{}\t{item}\n", name.to_uppercase()));
            }
        }
        None => {
            out.push_str(&scalars.join("\t"));
            out.push('\n');
        }
    }
    for item in items.iter().filter(|item| item.is_array()) {
        text(item, name, None, out);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alarms() -> Value {
        json!({"MetricAlarms": [
            {"AlarmName": "orders-throttles", "StateValue": "ALARM", "Period": 60, "Threshold": 10.0, "ActionsEnabled": true,
             "AlarmDescription": "DynamoDB throttling on orders", "Dimensions": [{"Name": "TableName", "Value": "orders"}]},
            {"AlarmName": "checkout-cpu", "StateValue": "OK", "Period": 60, "Threshold": 80.0, "ActionsEnabled": true},
        ], "CompositeAlarms": []})
    }

    fn printed(query: &str, form: Form) -> String {
        print(&select(&alarms(), query).unwrap(), "DescribeAlarms", form)
    }

    #[test]
    fn a_query_that_would_grow_without_bound_is_refused() {
        let data = json!({"a": "x"});
        for query in [
            "[@,@][]|".repeat(60) + "@",
            "[@,@]|".repeat(60) + "@",
            "to_string([@])|".repeat(30) + "@",
        ] {
            let refused = select(&data, &query).unwrap_err();
            assert!(refused.contains("Bad value for --query"), "{refused}");
        }
        let shared = json!({"a": vec![0; 4000]});
        let query = "[a,a]|[@,@]|[@,@]|[@,@]|[@,@]|[@,@]|[@,@]|[@,@]|[@,@]";
        let refused = select(&shared, query).unwrap_err();
        assert!(refused.contains("the result is too large"), "{refused}");
    }

    #[test]
    fn text_is_rows_of_tabs() {
        for (query, expected) in [
            ("MetricAlarms[0].AlarmName", "orders-throttles\n"),
            ("MetricAlarms[0].Threshold", "10.0\n"),
            ("Nope", "None\n"),
            (
                "MetricAlarms[].AlarmName",
                "orders-throttles\tcheckout-cpu\n",
            ),
            (
                "MetricAlarms[].[AlarmName,StateValue,Period]",
                "orders-throttles\tALARM\t60\ncheckout-cpu\tOK\t60\n",
            ),
            (
                "MetricAlarms[].[AlarmName,AlarmDescription]",
                "orders-throttles\tDynamoDB throttling on orders\ncheckout-cpu\tNone\n",
            ),
            ("{a:MetricAlarms[0].ActionsEnabled,b:Nope}", "True\tNone\n"),
            ("CompositeAlarms", ""),
            ("length(MetricAlarms)", "2\n"),
            ("MetricAlarms[0].Dimensions", "TableName\torders\n"),
        ] {
            assert_eq!(printed(query, Form::Text), expected, "{query}");
        }
    }

    #[test]
    fn tables_are_as_wide_as_their_widest_section() {
        assert_eq!(
            printed("MetricAlarms[].AlarmName", Form::Table),
            "----------------------\n|   DescribeAlarms   |\n+--------------------+\n|  orders-throttles  |\n|  checkout-cpu      |\n+--------------------+\n"
        );
        assert_eq!(
            printed("MetricAlarms[].[AlarmName,StateValue,Period]", Form::Table),
            "-------------------------------------\n|          DescribeAlarms           |\n+-------------------+---------+-----+\n|  orders-throttles |  ALARM  |  60 |\n|  checkout-cpu     |  OK     |  60 |\n+-------------------+---------+-----+\n"
        );
        assert_eq!(printed("Nope", Form::Table), "");
        assert_eq!(
            printed("MetricAlarms[0].Period", Form::Table),
            "----------------\n|DescribeAlarms|\n+--------------+\n"
        );
    }

    #[test]
    fn a_table_in_a_table_is_indented() {
        let data = json!({"Datapoints": [
            {"Average": 83.5, "Maximum": 85.5, "Timestamp": "2026-11-20T14:42:00+00:00", "Unit": "Percent"},
            {"Average": 88.5, "Maximum": 90.5, "Timestamp": "2026-11-20T14:47:00+00:00", "Unit": "Percent"},
        ], "Label": "CPUUtilization"});
        let expected = "\
------------------------------------------------------------------
|                       GetMetricStatistics                      |
+--------------------+-------------------------------------------+
|  Label             |  CPUUtilization                           |
+--------------------+-------------------------------------------+
||                          Datapoints                          ||
|+---------+----------+-----------------------------+-----------+|
|| Average | Maximum  |          Timestamp          |   Unit    ||
|+---------+----------+-----------------------------+-----------+|
||  83.5   |  85.5    |  2026-11-20T14:42:00+00:00  |  Percent  ||
||  88.5   |  90.5    |  2026-11-20T14:47:00+00:00  |  Percent  ||
|+---------+----------+-----------------------------+-----------+|
";
        assert_eq!(print(&data, "GetMetricStatistics", Form::Table), expected);
        assert_eq!(
            print(&data, "GetMetricStatistics", Form::Text),
            "CPUUtilization\nDATAPOINTS\t83.5\t85.5\t2026-11-20T14:42:00+00:00\tPercent\nDATAPOINTS\t88.5\t90.5\t2026-11-20T14:47:00+00:00\tPercent\n"
        );
    }

    #[test]
    fn yaml_sorts_keys_and_quotes_what_would_be_read_as_something_else() {
        let data = json!({"Label": "CPUUtilization", "Datapoints": [
            {"Timestamp": "2026-11-20T14:42:00+00:00", "Average": 83.5, "Unit": "Percent"},
        ], "Empty": [], "None": {}, "Yes": "yes", "Colon": "a: b"});
        assert_eq!(
            print(&data, "GetMetricStatistics", Form::Yaml),
            "Colon: 'a: b'\nDatapoints:\n- Average: 83.5\n  Timestamp: '2026-11-20T14:42:00+00:00'\n  Unit: Percent\nEmpty: []\nLabel: CPUUtilization\nNone: {}\n'Yes': 'yes'\n"
        );
    }

    #[test]
    fn a_query_that_is_none_says_where() {
        assert_eq!(
            select(&json!({}), "a[").unwrap_err(),
            "\nBad value for --query a[: Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^\n"
        );
        assert!(select(&json!({}), &"(".repeat(10_000)).is_err());
        assert!(select(&json!({}), &"[".repeat(LONGEST_QUERY)).is_err());
    }
}
