//! Fields of a JSON object as labels: nested ones joined by underscores, arrays left out; or single values by path.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::label_name;

/// Objects nested deeper than this are left out.
const DEEPEST: usize = 32;

/// An object's fields in their order, values not read yet.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A key that borrows where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    fields.push((key, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Hands over every field of a line's object; the error is why the line is no object.
pub fn each(line: &str, found: &mut dyn FnMut(&str, Cow<'_, str>)) -> Result<(), String> {
    let object: Object<'_> =
        serde_json::from_str(line.trim()).map_err(|error| error.to_string())?;
    flatten("", &object, 0, found);
    Ok(())
}

fn flatten(
    prefix: &str,
    object: &Object<'_>,
    depth: usize,
    found: &mut dyn FnMut(&str, Cow<'_, str>),
) {
    for (key, value) in &object.0 {
        let own = label_name(key);
        let name = if prefix.is_empty() {
            own
        } else {
            format!("{prefix}_{own}")
        };
        match value.get().as_bytes().first() {
            Some(b'{') if depth < DEEPEST => {
                if let Ok(inner) = serde_json::from_str(value.get()) {
                    flatten(&name, &inner, depth + 1, found);
                }
            }
            Some(b'{' | b'[' | b'n') | None => {}
            _ => found(&name, text_of(value.get())),
        }
    }
}

/// A string's text, any other value as it is written.
fn text_of(raw: &str) -> Cow<'_, str> {
    if raw.starts_with('"') {
        serde_json::from_str::<Key<'_>>(raw).map_or_else(|_| Cow::Borrowed(raw), |key| key.0)
    } else {
        Cow::Borrowed(raw)
    }
}

/// A step of a path: a field or a place in an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field.
    Field(String),
    /// A place, from 0.
    Place(usize),
}

/// Reads a path such as `servers[0].headers["User-Agent"]`; none if it is no path.
pub fn path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            if inside.starts_with('"') {
                let end = inside.get(1..)?.find("\"]")? + 1;
                steps.push(Step::Field(inside.get(1..end)?.replace("\\\"", "\"")));
                rest = inside.get(end + 2..)?;
            } else {
                let end = inside.find(']')?;
                steps.push(Step::Place(inside.get(..end)?.parse().ok()?));
                rest = inside.get(end + 1..)?;
            }
        } else {
            let field = if steps.is_empty() {
                rest
            } else {
                rest.strip_prefix('.')?
            };
            let end = field
                .find(|letter: char| !(letter == '_' || letter.is_alphanumeric()))
                .unwrap_or(field.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Field(field.get(..end)?.to_owned()));
            rest = field.get(end..)?;
        }
    }
    Some(steps)
}

/// The value at a path of a line's object as text; empty where there is none, the error is why the line is no object.
pub fn at_path<'a>(line: &'a str, steps: &[Step]) -> Result<Cow<'a, str>, String> {
    let mut raw: &'a RawValue =
        serde_json::from_str(line.trim()).map_err(|error| error.to_string())?;
    for step in steps {
        let next = match step {
            Step::Field(name) => serde_json::from_str::<Object<'a>>(raw.get())
                .ok()
                .and_then(|object| object.0.into_iter().find(|(key, _)| key == name))
                .map(|(_, value)| value),
            Step::Place(place) => serde_json::from_str::<Vec<&'a RawValue>>(raw.get())
                .ok()
                .and_then(|values| values.get(*place).copied()),
        };
        match next {
            Some(value) => raw = value,
            None => return Ok(Cow::Borrowed("")),
        }
    }
    Ok(if raw.get() == "null" {
        Cow::Borrowed("")
    } else {
        text_of(raw.get())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<String> {
        let mut pairs = Vec::new();
        each(line, &mut |name, value| {
            pairs.push(format!("{name}={value}"));
        })
        .unwrap();
        pairs
    }

    #[test]
    fn nested_fields_are_joined_and_arrays_left_out() {
        let line = r#"{"a": 1.50, "b.c": {"d": true, "e": {"f": "x\"y"}}, "list": [1], "none": null, "9": "n"}"#;
        assert_eq!(all(line), ["a=1.50", "b_c_d=true", "b_c_e_f=x\"y", "_9=n"]);
        assert!(each("not json", &mut |_, _| {}).is_err());
        assert!(each("[1]", &mut |_, _| {}).is_err());
    }

    #[test]
    fn paths_lead_to_values() {
        let line = r#"{"servers": [{"h": {"User-Agent": "curl"}}], "n": null}"#;
        let at = |text: &str| at_path(line, &path(text).unwrap()).unwrap().into_owned();
        assert_eq!(at("servers[0].h[\"User-Agent\"]"), "curl");
        assert_eq!(at("servers[0].h"), r#"{"User-Agent": "curl"}"#);
        assert_eq!(at("servers[1]"), "");
        assert_eq!(at("n"), "");
        assert_eq!(path("a..b"), None);
        assert_eq!(path(""), None);
        assert_eq!(path("a[x]"), None);
    }
}
