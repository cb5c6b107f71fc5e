//! The nearest valid name for one that is not known. Bounded work: very long names and lists are cut.

/// The longest name that is compared.
const MAX_NAME: usize = 80;
/// The most names that are listed.
const MAX_LISTED: usize = 8;

/// `did you mean ...?` with the nearest candidate, where one is near enough.
pub fn did_you_mean<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(found, candidates).map(|name| format!("did you mean `{name}`?"))
}

/// The candidate that differs least, where it is near enough to be meant.
pub fn nearest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: String = fold(found);
    if wanted.is_empty() || wanted.len() > MAX_NAME {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_NAME)
        .map(|candidate| (distance(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= 0.502)
        .min_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| x.cmp(y)))
        .map(|(_, candidate)| candidate)
}

/// Case and separators do not count: `image-at-least` is near `ImageAtLeast`.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Zero for the same name, one for nothing in common. A name that begins or ends as the other does is near.
fn distance(a: &str, b: &str) -> f64 {
    let (of_a, of_b) = (a.chars().count(), b.chars().count());
    let longest = of_a.max(of_b).max(1);
    let contained = a.len() >= 4 && b.len() >= 4 && (a.contains(b) || b.contains(a));
    // As many edits as the lengths differ are needed at least: far names are not compared letter by letter.
    if of_a.abs_diff(of_b) * 2 > longest && !contained {
        return 1.0;
    }
    let edits = strsim::damerau_levenshtein(a, b) as f64 / longest as f64;
    // Of two that are as near, the one that begins alike is meant: `wroker` is `worker`, not `broker`.
    let other_start = if a.chars().next() == b.chars().next() {
        0.0
    } else {
        0.001
    };
    let distance = if contained { edits.min(0.4) } else { edits };
    distance + other_start
}

/// Names for a message: `a`, `b` and `c`; shortened when there are many.
pub fn list<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MAX_LISTED)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match (shown.split_last(), names.len() > MAX_LISTED) {
        (None, _) => "none".to_owned(),
        (Some(_), true) => format!("{} and {} more", shown.join(", "), names.len() - MAX_LISTED),
        (Some((last, [])), false) => last.clone(),
        (Some((last, first)), false) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["checkout", "basket", "gateway", "search"];
        assert_eq!(nearest("chekcout", names), Some("checkout"));
        assert_eq!(nearest("Basket", names), Some("basket"));
        assert_eq!(nearest("gate-way", names), Some("gateway"));
        assert_eq!(nearest("wroker", ["broker", "worker"]), Some("worker"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn lists_are_short() {
        assert_eq!(list::<&str>(&[]), "none");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            list(&["a"; 10]),
            format!("{} and 2 more", ["`a`"; 8].join(", "))
        );
    }
}
