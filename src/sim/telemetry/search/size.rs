//! How large the program of a regular expression becomes at least, from its parsed form: an expression that is too large
//! is known by it in a moment, where compiling would first fill the room that there is. Compiles nothing but classes.

use regex_automata::nfa::thompson::{Compiler, Config, State, WhichCaptures};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A state of a program takes so many bytes, and a range of a state with several takes so many more.
const STATE_BYTES: u64 = 32;
const RANGE_BYTES: u64 = 8;
/// Classes beyond ASCII whose size is worked out; further ones count as a state.
const MOST_CLASSES: usize = 8;
/// Strings that are no longer than this may be looked for without a program, whatever it would take.
const STRING_BYTES: usize = 100;

/// Whether no program of an expression can be made within so many bytes. Says no where it is not certain.
pub(super) fn exceeds(hir: &Hir, bytes: usize) -> bool {
    Sizes::default().least(hir) > bytes as u64
}

/// The same where an expression that is but a few strings needs no program.
pub(super) fn exceeds_as_regex(hir: &Hir, bytes: usize) -> bool {
    let longest = hir.properties().maximum_len();
    longest.is_none_or(|longest| longest > STRING_BYTES) && exceeds(hir, bytes)
}

#[derive(Default)]
struct Sizes<'h> {
    /// What classes beyond ASCII take, in bytes.
    classes: Vec<(&'h Class, u64)>,
}

impl<'h> Sizes<'h> {
    /// The bytes of an expression's program, or fewer.
    fn least(&mut self, hir: &'h Hir) -> u64 {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => 0,
            HirKind::Literal(text) => text.0.len() as u64 * STATE_BYTES,
            HirKind::Class(class) => self.class(class),
            HirKind::Capture(group) => self.least(&group.sub),
            HirKind::Concat(parts) => {
                let parts = parts.iter().map(|part| self.least(part));
                parts.fold(0, u64::saturating_add)
            }
            HirKind::Alternation(parts) => {
                let strings = parts
                    .iter()
                    .all(|part| matches!(part.kind(), HirKind::Literal(_)));
                let parts = parts.iter().map(|part| self.least(part));
                // Strings share what they begin with.
                if strings {
                    parts.max().unwrap_or(0)
                } else {
                    parts.fold(0, u64::saturating_add)
                }
            }
            HirKind::Repetition(repetition) => {
                let copies = repetition.max.unwrap_or_else(|| repetition.min.max(1));
                self.least(&repetition.sub).saturating_mul(copies.into())
            }
        }
    }

    fn class(&mut self, class: &'h Class) -> u64 {
        if class.is_utf8() && class.maximum_len() == Some(1) {
            let ranges = match class {
                Class::Unicode(class) => class.ranges().len(),
                Class::Bytes(class) => class.ranges().len(),
            };
            return state_bytes(ranges);
        }
        if let Some((_, bytes)) = self.classes.iter().find(|(known, _)| *known == class) {
            return *bytes;
        }
        if self.classes.len() == MOST_CLASSES {
            return STATE_BYTES;
        }
        let bytes = of_class(class);
        self.classes.push((class, bytes));
        bytes
    }
}

const fn state_bytes(ranges: usize) -> u64 {
    let more = if ranges > 1 { ranges } else { 0 };
    STATE_BYTES + more as u64 * RANGE_BYTES
}

/// What the program of a class alone takes, without what surrounds it.
fn of_class(class: &Class) -> u64 {
    let config = Config::new().which_captures(WhichCaptures::None);
    let program = Compiler::new()
        .configure(config)
        .build_from_hir(&Hir::class(class.clone()));
    let Ok(program) = program else {
        return STATE_BYTES;
    };
    let states = program.states().iter().map(|state| match state {
        State::ByteRange { .. } => state_bytes(1),
        State::Sparse(sparse) => state_bytes(sparse.transitions.len()),
        _ => 0,
    });
    // One state passes over what stands before a match.
    states.sum::<u64>().saturating_sub(STATE_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::RegexBuilder;
    use regex_automata::util::syntax;

    use super::*;

    const LIMIT: usize = 1 << 15;

    fn refused(pattern: &str) -> (bool, bool) {
        let hir = syntax::parse(pattern).unwrap();
        let regex = RegexBuilder::new(pattern).size_limit(LIMIT).build();
        let program = Compiler::new()
            .configure(
                Config::new()
                    .nfa_size_limit(Some(LIMIT))
                    .which_captures(WhichCaptures::None),
            )
            .build(pattern);
        let early = exceeds_as_regex(&hir, LIMIT);
        if early {
            assert!(regex.is_err(), "a regex is made of {pattern}");
        }
        if exceeds(&hir, LIMIT) {
            assert!(program.is_err(), "a program is made of {pattern}");
        }
        (early, regex.is_err())
    }

    #[test]
    fn expressions_at_the_limit_are_left_to_the_compiler() {
        for (pattern, step) in [
            ("a{N}", 1),
            (r"\w{N}", 1),
            (r"(?i)k{N}", 1),
            ("(?:[a-z0-9]x){N}", 1),
            ("(?:ab|ac|[xy]z){N,}", 1),
            (r"(?:é|\d){0,N}", 1),
            (".{N}z", 1),
            ("(?:ab|ac){N}", 7),
        ] {
            let (mut early, mut late) = (0, 0);
            for copies in (1..LIMIT / 16).step_by(step) {
                let (cheap, dear) = refused(&pattern.replace('N', &copies.to_string()));
                early += u32::from(cheap);
                late += u32::from(dear);
                if early > 3 {
                    break;
                }
            }
            assert!(
                early > 3 && late >= early,
                "{pattern} is never refused early"
            );
        }
    }

    fn pattern() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("a"),
            Just("xyz"),
            Just("é"),
            Just(r"\w"),
            Just(r"\d"),
            Just("[a-f0-9]"),
            Just("."),
            Just(r"\b"),
            Just(""),
            Just("(?i)k"),
            Just(r"\pL"),
            Just("[^x]"),
        ];
        leaf.prop_map(str::to_owned)
            .prop_recursive(4, 24, 4, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 2..4).prop_map(|all| all.concat()),
                    prop::collection::vec(inner.clone(), 2..4)
                        .prop_map(|all| format!("(?:{})", all.join("|"))),
                    (inner.clone(), 0..12_u32).prop_map(|(one, n)| format!("(?:{one}){{{n}}}")),
                    (inner.clone(), 0..9_u32).prop_map(|(one, n)| format!("({one}){{{n},}}")),
                    (inner, 0..9_u32, 0..9_u32)
                        .prop_map(|(one, n, more)| format!("(?:{one}){{{n},{}}}", n + more)),
                ]
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_refused_early_cannot_be_compiled(pattern in pattern()) {
            refused(&pattern);
        }
    }
}
