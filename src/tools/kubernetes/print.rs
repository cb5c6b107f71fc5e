//! Printing objects: tables, names, documents, templates, custom columns.

use serde_json::{Value, json};

use super::gotemplate;
use super::jsonpath::{self, Template};
use super::rows::{Listed, Listing};
use super::tabs::{TABLE, lay_out};
use super::yaml;
use crate::sim::kubernetes::meta::labels_text;

/// A way of printing.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// A table; wide or not.
    Table {
        /// Whether all columns are shown.
        wide: bool,
    },
    /// `kind/name` lines.
    Name,
    /// JSON documents.
    Json,
    /// YAML documents.
    Yaml,
    /// A JSONPath template.
    JsonPath(Template),
    /// A Go template.
    GoTemplate(gotemplate::Template),
    /// Columns with a header and a path each.
    Columns(Vec<(String, String)>),
}

impl Format {
    /// Reads `-o`. The error is kubectl's, without `error: `.
    pub fn read(output: Option<&str>) -> Result<Self, String> {
        let output = output.unwrap_or_default();
        let (name, argument) = match output.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (output, None),
        };
        match (name, argument) {
            ("", None) => Ok(Self::Table { wide: false }),
            ("wide", None) => Ok(Self::Table { wide: true }),
            ("name", None) => Ok(Self::Name),
            ("json", None) => Ok(Self::Json),
            ("yaml", None) => Ok(Self::Yaml),
            ("jsonpath" | "jsonpath-as-json", Some(template)) => {
                Template::parse(template).map(Self::JsonPath)
            }
            ("jsonpath" | "jsonpath-as-json" | "go-template" | "template", None) => {
                Err("template format specified but no template given".to_owned())
            }
            ("go-template" | "template", Some(template)) => {
                gotemplate::Template::parse(template).map(Self::GoTemplate)
            }
            ("custom-columns", Some(columns)) => read_columns(columns).map(Self::Columns),
            ("custom-columns", None) => {
                Err("custom-columns format specified but no custom columns given".to_owned())
            }
            _ => Err(format!(
                "unable to match a printer suitable for the output format \"{output}\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml"
            )),
        }
    }

    /// Whether it prints whole documents rather than rows.
    pub const fn takes_documents(&self) -> bool {
        !matches!(self, Self::Table { .. } | Self::Name)
    }
}

fn read_columns(text: &str) -> Result<Vec<(String, String)>, String> {
    let columns: Result<Vec<(String, String)>, String> = text
        .split(',')
        .map(|part| {
            let (header, path) = part.split_once(':').ok_or_else(|| {
                format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                )
            })?;
            Ok((header.to_owned(), path.to_owned()))
        })
        .collect();
    columns
}

/// How a table is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a command line are independent of one another"
)]
pub struct TableStyle {
    /// Whether all columns are shown.
    pub wide: bool,
    /// Whether the namespace comes first.
    pub with_namespace: bool,
    /// Whether names carry their kind.
    pub with_kind: bool,
    /// Whether the header is left out.
    pub no_headers: bool,
    /// Whether all labels come last.
    pub show_labels: bool,
    /// Labels with a column of their own.
    pub label_columns: Vec<String>,
    /// What comes before everything, such as the `EVENT` of a watch.
    pub prefix: Option<&'static str>,
}

/// Prints a table.
pub fn table(listing: &Listing, style: &TableStyle) -> String {
    let mut text = String::new();
    if !style.no_headers {
        text.push_str(&headers(listing, style).join("\t"));
        text.push('\n');
    }
    for row in &listing.rows {
        text.push_str(&cells(listing, row, style, "ADDED").join("\t"));
        text.push('\n');
    }
    lay_out(&text, TABLE)
}

/// The headers of a table.
pub fn headers(listing: &Listing, style: &TableStyle) -> Vec<String> {
    let mut headers: Vec<String> = style.prefix.iter().map(|word| (*word).to_owned()).collect();
    if style.with_namespace && listing.kind.is_namespaced() {
        headers.push("NAMESPACE".to_owned());
    }
    headers.extend(
        listing
            .columns
            .iter()
            .filter(|(_, wide)| style.wide || !wide)
            .map(|(name, _)| (*name).to_owned()),
    );
    headers.extend(style.label_columns.iter().map(|label| {
        label
            .rsplit('/')
            .next()
            .unwrap_or(label)
            .to_ascii_uppercase()
    }));
    if style.show_labels {
        headers.push("LABELS".to_owned());
    }
    headers
}

/// The cells of a row.
pub fn cells(listing: &Listing, row: &Listed, style: &TableStyle, event: &str) -> Vec<String> {
    let mut cells: Vec<String> = style.prefix.iter().map(|_| event.to_owned()).collect();
    if style.with_namespace && listing.kind.is_namespaced() {
        cells.push(row.object.namespace.clone());
    }
    let shown = listing
        .columns
        .iter()
        .zip(&row.cells)
        .filter(|((_, wide), _)| style.wide || !wide);
    for ((header, _), cell) in shown {
        // A cell is one line and no more than one cell.
        let cell = cell.replace(['\t', '\n'], " ");
        cells.push(if style.with_kind && *header == "NAME" {
            format!("{}/{cell}", listing.kind.qualified_singular())
        } else {
            cell
        });
    }
    cells.extend(
        style
            .label_columns
            .iter()
            .map(|label| row.labels.get(label).cloned().unwrap_or_default()),
    );
    if style.show_labels {
        cells.push(labels_text(&row.labels));
    }
    cells
}

/// Prints documents: one alone as it is, several (or a list that was asked for) as a list.
pub fn documents(format: &Format, documents: &[Value], single: bool) -> Result<String, String> {
    let whole = match documents {
        [one] if single => one.clone(),
        many => json!({
            "apiVersion": "v1",
            "items": many,
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }),
    };
    match format {
        Format::Json => Ok(yaml::json(&whole)),
        Format::Yaml => Ok(yaml::yaml(&whole)),
        Format::JsonPath(template) => template
            .fill(&whole)
            .map_err(|error| format!("error executing jsonpath: {error}")),
        Format::GoTemplate(template) => template.fill(&whole),
        Format::Columns(columns) => custom(columns, documents),
        Format::Table { .. } | Format::Name => Ok(String::new()),
    }
}

fn custom(columns: &[(String, String)], documents: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    let headers: Vec<&str> = columns.iter().map(|(header, _)| header.as_str()).collect();
    text.push_str(&headers.join("\t"));
    text.push('\n');
    for document in documents {
        let mut cells = Vec::new();
        for (_, path) in columns {
            let found = jsonpath::find(path, document)?;
            let texts: Vec<String> = found.into_iter().map(column_text).collect();
            cells.push(if texts.is_empty() {
                "<none>".to_owned()
            } else {
                texts.join(",")
            });
        }
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    Ok(lay_out(&text, TABLE))
}

/// A value in a custom column, as Go prints it.
fn column_text(value: &Value) -> String {
    match value {
        Value::Null => "<none>".to_owned(),
        Value::String(text) => text.replace(['\t', '\n'], " "),
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(column_text).collect();
            format!("[{}]", inner.join(" "))
        }
        Value::Object(map) => {
            let inner: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", column_text(value)))
                .collect();
            format!("map[{}]", inner.join(" "))
        }
        other => other.to_string(),
    }
}

/// Orders two documents by what a path finds in them, as `--sort-by` does: what is missing comes first, numbers and
/// amounts by size, all else by letters.
pub fn compare(path: &str, one: &Value, other: &Value) -> std::cmp::Ordering {
    let first = |document| {
        jsonpath::find(path, document)
            .ok()
            .and_then(|found| found.first().copied().cloned())
            .filter(|value| !value.is_null())
    };
    match (first(one), first(other)) {
        (None, None) => std::cmp::Ordering::Equal,
        (None, Some(_)) => std::cmp::Ordering::Less,
        (Some(_), None) => std::cmp::Ordering::Greater,
        (Some(one), Some(other)) => match (size(&one), size(&other)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => jsonpath::plain(&one).cmp(&jsonpath::plain(&other)),
        },
    }
}

fn size(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text
            .parse::<crate::sim::kubernetes::Quantity>()
            .ok()
            .map(|amount| amount.millis() as f64),
        _ => None,
    }
}
