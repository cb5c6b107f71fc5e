//! A jq filter, once it is parsed.

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// `.`
    Same,
    /// `..`
    Deep,
    /// A number, `true`, `null`, a plain text.
    Value(serde_json::Value),
    /// `"a\(.b)c"`: texts and filters, and the format between them (`@csv`).
    Text(Vec<Piece>, String),
    /// `f.a`, `f["a"]`, `f[0]`
    Index(Box<Filter>, Box<Filter>),
    /// `f[1:2]`
    Slice(Box<Filter>, Option<Box<Filter>>, Option<Box<Filter>>),
    /// `f[]`
    Each(Box<Filter>),
    /// `f?`, `try f catch g`
    Try(Box<Filter>, Option<Box<Filter>>),
    /// `f | g`
    Pipe(Box<Filter>, Box<Filter>),
    /// `f, g`
    Both(Box<Filter>, Box<Filter>),
    /// `f + g`
    Sum(Box<Filter>, char, Box<Filter>),
    /// `f == g`: the sign.
    Compare(Box<Filter>, &'static str, Box<Filter>),
    /// `f and g`
    And(Box<Filter>, Box<Filter>),
    /// `f or g`
    Or(Box<Filter>, Box<Filter>),
    /// `f // g`
    Else(Box<Filter>, Box<Filter>),
    /// `-f`
    Negative(Box<Filter>),
    /// `f = g`, `f |= g`, `f += g`: the sign without `=`, `|` for `|=`, a blank for `=`.
    Update(Box<Filter>, char, Box<Filter>),
    /// `[f]`
    Array(Option<Box<Filter>>),
    /// `{k: v}`
    Object(Vec<(Filter, Filter)>),
    /// `if a then b ... else c end`
    If(Vec<(Filter, Filter)>, Option<Box<Filter>>),
    /// `f as $x | g`
    Bind(Box<Filter>, Pattern, Box<Filter>),
    /// `reduce f as $x (g; h)`
    Reduce(Box<Filter>, Pattern, Box<Filter>, Box<Filter>),
    /// `$x`
    Variable(String),
    /// `name(a; b)`
    Call(String, Vec<Filter>),
    /// `@csv`
    Format(String),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Plain.
    Plain(String),
    /// `\(f)`
    Of(Filter),
}

/// What a value is taken apart into.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `$x`
    Name(String),
    /// `[$a, $b]`
    Array(Vec<Pattern>),
    /// `{a: $b}`, `{$a}`
    Object(Vec<(Filter, Pattern)>),
}
