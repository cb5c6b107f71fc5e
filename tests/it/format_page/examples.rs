//! An example of every field and variant, taken from scenario files that other tests load: what the page shows is valid.

use std::collections::BTreeMap;

use firedrill::scenario::loader::tree::{self, Kind as NodeKind, Node};

use super::types::{Kind, Shape, Type, Types};

/// The longest example that is shown whole.
const LONGEST: usize = 110;

/// The shortest example of each field (`Fault.when`), variant (`Condition.All`) and variant's field (`Effect.Log.rate`).
#[derive(Debug, Default)]
pub struct Examples {
    found: BTreeMap<String, String>,
}

impl Examples {
    /// Adds those of a file that holds this type. What an earlier file shows is kept.
    pub fn add(&mut self, types: &Types, root: &str, text: &str) {
        let (node, flaws) = tree::parse(text);
        assert_eq!(flaws, [], "{text}");
        let mut walk = Walk {
            types,
            text,
            found: BTreeMap::new(),
        };
        walk.value(&Type::Named(root.to_owned()), &node.unwrap());
        for (place, example) in walk.found {
            self.found.entry(place).or_insert(example);
        }
    }

    /// The example of a place.
    pub fn of(&self, place: &str) -> Option<&str> {
        self.found.get(place).map(String::as_str)
    }
}

struct Walk<'a> {
    types: &'a Types,
    text: &'a str,
    found: BTreeMap<String, String>,
}

impl Walk<'_> {
    fn note(&mut self, place: String, example: String) {
        let better = |old: &String| {
            // An empty list or map shows nothing.
            let empty = |text: &str| text.ends_with("[]") || text.ends_with("{}");
            (empty(&example), example.len()) < (empty(old), old.len())
        };
        if self.found.get(&place).is_none_or(better) {
            self.found.insert(place, example);
        }
    }

    fn value(&mut self, ty: &Type, node: &Node) {
        match ty {
            Type::Option(inner) => self.value(inner, node),
            Type::List(inner) => node.items().iter().for_each(|item| self.value(inner, item)),
            Type::Map(inner) => {
                node.entries()
                    .iter()
                    .for_each(|entry| self.value(inner, &entry.value));
            }
            Type::Tuple(parts) => {
                for (part, item) in parts.iter().zip(node.items()) {
                    self.value(part, item);
                }
            }
            Type::Named(name) => self.named(name, node),
        }
    }

    fn named(&mut self, name: &str, node: &Node) {
        let types = self.types;
        let Some(item) = types.items.get(name) else {
            return;
        };
        match &item.kind {
            Kind::Struct(fields) => self.fields(name, fields, node),
            Kind::Enum(variants) => {
                let tag = node.tag.clone().map_or("", |tag| &self.text[tag]);
                let Some(variant) = variants.iter().find(|variant| variant.name == tag) else {
                    return;
                };
                let place = format!("{name}.{tag}");
                let raw = self.raw(node);
                self.note(place.clone(), raw);
                match &variant.shape {
                    Shape::Unit => {}
                    Shape::Values(values) => {
                        for (ty, item) in values.iter().zip(node.items()) {
                            self.value(ty, item);
                        }
                    }
                    Shape::Fields(fields) => self.fields(&place, fields, node),
                }
            }
        }
    }

    fn fields(&mut self, owner: &str, fields: &[super::types::Field], node: &Node) {
        for entry in node.entries() {
            if let Some(field) = fields.iter().find(|field| field.name == entry.name) {
                let raw = self.raw(&entry.value);
                self.note(
                    format!("{owner}.{}", field.name),
                    format!("{}: {raw}", field.name),
                );
                self.value(&field.ty, &entry.value);
            }
        }
        debug_assert!(!matches!(node.kind, NodeKind::Number));
    }

    /// What is written there, on one line, shortened.
    fn raw(&self, node: &Node) -> String {
        let lines = self.text[node.span.clone()].lines();
        let joined: Vec<&str> = lines
            .map(|line| line.split(" // ").next().unwrap_or("").trim())
            .filter(|line| !line.starts_with("//"))
            .collect();
        let mut text = joined
            .join(" ")
            .replace("( ", "(")
            .replace("[ ", "[")
            .replace("{ ", "{");
        for close in [')', ']', '}'] {
            text = text.replace(&format!(", {close}"), &close.to_string());
        }
        if text.chars().count() <= LONGEST {
            return text;
        }
        let cut: String = text.chars().take(LONGEST - 1).collect();
        format!("{cut}…")
    }
}
