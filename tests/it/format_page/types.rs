//! The types of the format as their source declares them: fields, variants, doc comments, defaults. Reads Rust as far as
//! rustfmt writes it; understands no more of it than a page about fields needs.

use std::collections::BTreeMap;

/// A struct or an enum of the format.
#[derive(Clone, Debug)]
pub struct Item {
    pub name: String,
    pub docs: String,
    pub kind: Kind,
    /// Every field may be left out: the type has a default of its own.
    pub has_default: bool,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Type,
    pub docs: String,
    pub default: Default_,
}

/// What stands for a field that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Default_ {
    /// It must be given.
    Required,
    /// The default of its type.
    OfType,
    /// What a function of this name gives.
    Function(String),
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub name: String,
    pub docs: String,
    pub shape: Shape,
    pub is_default: bool,
}

#[derive(Clone, Debug)]
pub enum Shape {
    Unit,
    Values(Vec<Type>),
    Fields(Vec<Field>),
}

/// A type as a field names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Named(String),
    Option(Box<Type>),
    List(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
}

/// All types of some source files, and the bodies of functions without arguments.
#[derive(Debug, Default)]
pub struct Types {
    pub items: BTreeMap<String, Item>,
    pub functions: BTreeMap<String, String>,
    /// Constants with their docs and expressions, in the order of the files.
    pub constants: Vec<Constant>,
}

#[derive(Clone, Debug)]
pub struct Constant {
    pub name: String,
    pub docs: String,
    pub value: String,
}

impl Types {
    /// Adds what a source file declares.
    pub fn read(&mut self, source: &str) {
        let mut lines = source.lines().peekable();
        let mut before = Before::default();
        while let Some(line) = lines.next() {
            if before.take(line) {
                continue;
            }
            let plain = line.strip_prefix("pub ").unwrap_or(line);
            if let Some(name) = opens(plain, "struct ") {
                let fields = fields(&mut lines, "}", &before);
                self.add(name, &before, Kind::Struct(fields));
            } else if let Some(name) = opens(plain, "enum ") {
                let variants = variants(&mut lines);
                self.add(name, &before, Kind::Enum(variants));
            } else if let Some(rest) = plain.strip_prefix("fn ")
                && let Some((name, _)) = rest.split_once("() ->")
            {
                let body: Vec<&str> = lines
                    .by_ref()
                    .take_while(|line| *line != "}")
                    .map(str::trim)
                    .collect();
                self.functions.insert(name.to_owned(), body.join(" "));
            }
            before = Before::default();
        }
    }

    /// Adds the constants of a source file alone.
    pub fn read_constants(&mut self, source: &str) {
        let mut before = Before::default();
        for line in source.lines() {
            if before.take(line) {
                continue;
            }
            if let Some((name, value)) = constant(line) {
                self.constants.push(Constant {
                    name,
                    docs: before.docs(),
                    value,
                });
            }
            before = Before::default();
        }
    }

    fn add(&mut self, name: &str, before: &Before, kind: Kind) {
        let item = Item {
            name: name.to_owned(),
            docs: before.docs(),
            kind,
            has_default: before.has_default(),
        };
        let old = self.items.insert(name.to_owned(), item);
        assert!(old.is_none(), "two types are called {name}");
    }
}

fn opens<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix(word)?.strip_suffix(" {")
}

fn constant(line: &str) -> Option<(String, String)> {
    let (head, value) = line.strip_suffix(';')?.split_once(" = ")?;
    let (_, name) = head.split_once("const ")?;
    let (name, _) = name.split_once(':')?;
    Some((name.to_owned(), value.to_owned()))
}

/// Docs and attributes before a declaration.
#[derive(Debug, Default)]
struct Before {
    docs: Vec<String>,
    attributes: Vec<String>,
}

impl Before {
    /// Takes a line that belongs to what follows it.
    fn take(&mut self, line: &str) -> bool {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            self.docs.push(doc.trim().to_owned());
        } else if line.starts_with("#[") || line.starts_with("Clone,") || line == ")]" {
            self.attributes.push(line.to_owned());
        } else {
            return false;
        }
        true
    }

    fn docs(&self) -> String {
        self.docs.join(" ").replace("  ", "\n\n").trim().to_owned()
    }

    fn serde(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .filter_map(|line| line.strip_prefix("#[serde(")?.strip_suffix(")]"))
            .flat_map(|inside| inside.split(", "))
    }

    fn has_default(&self) -> bool {
        self.serde().any(|part| part == "default")
    }

    fn field_default(&self) -> Default_ {
        for part in self.serde() {
            if part == "default" {
                return Default_::OfType;
            }
            if let Some(name) = part.strip_prefix("default = ") {
                return Default_::Function(name.trim_matches('"').to_owned());
            }
        }
        Default_::Required
    }
}

fn fields<'a>(lines: &mut impl Iterator<Item = &'a str>, end: &str, owner: &Before) -> Vec<Field> {
    let mut found = Vec::new();
    let mut before = Before::default();
    for line in lines {
        if line.trim_end() == end {
            break;
        }
        if before.take(line) {
            continue;
        }
        let line = line.trim();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let (name, ty) = line.trim_end_matches(',').split_once(": ").unwrap();
        let default = match before.field_default() {
            Default_::Required if owner.has_default() => Default_::OfType,
            default => default,
        };
        found.push(Field {
            name: name.to_owned(),
            ty: Type::parse(ty),
            docs: before.docs(),
            default,
        });
        before = Before::default();
    }
    found
}

fn variants<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<Variant> {
    let mut found = Vec::new();
    let mut before = Before::default();
    while let Some(line) = lines.next() {
        if line == "}" {
            break;
        }
        if before.take(line) {
            continue;
        }
        let line = line.trim().trim_end_matches(',');
        let (name, shape) = if let Some(name) = line.strip_suffix(" {") {
            (
                name,
                Shape::Fields(fields(lines, "    },", &Before::default())),
            )
        } else if let Some((name, inside)) = line.split_once('(') {
            let inside = inside.strip_suffix(')').unwrap();
            (
                name,
                Shape::Values(split(inside).iter().map(|ty| Type::parse(ty)).collect()),
            )
        } else {
            (line, Shape::Unit)
        };
        found.push(Variant {
            name: name.to_owned(),
            docs: before.docs(),
            shape,
            is_default: before.attributes.iter().any(|line| line == "#[default]"),
        });
        before = Before::default();
    }
    found
}

impl Type {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(inside) = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'))
        {
            return Self::Tuple(split(inside).iter().map(|ty| Self::parse(ty)).collect());
        }
        let inner = |inside: &str| Box::new(Self::parse(inside.strip_suffix('>').unwrap()));
        match text.split_once('<') {
            Some(("Option", inside)) => Self::Option(inner(inside)),
            Some(("Vec", inside)) => Self::List(inner(inside)),
            Some(("Map", inside)) => Self::Map(inner(inside)),
            Some(("Box", inside)) => *inner(inside),
            Some(_) => panic!("a type that the page has no words for: {text}"),
            None => Self::Named(text.rsplit("::").next().unwrap_or(text).to_owned()),
        }
    }

    /// The names of all types in it.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) => vec![name],
            Self::Option(inner) | Self::List(inner) | Self::Map(inner) => inner.names(),
            Self::Tuple(parts) => parts.iter().flat_map(Self::names).collect(),
        }
    }
}

/// The parts of a list of types: commas inside of brackets part nothing.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '(' | '<' => depth += 1,
            ')' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}
