//! Fuzzy matching of short labels against what was typed, best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A candidate that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its place among the candidates.
    pub index: usize,
    /// The characters that matched, by their place.
    pub letters: Vec<u32>,
}

/// The candidates that match, best first; equal ones stay in order. Nothing typed matches all.
pub fn search<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<Found> {
    if typed.trim().is_empty() {
        return candidates
            .enumerate()
            .map(|(index, _)| Found {
                index,
                letters: Vec::new(),
            })
            .collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, Found)> = candidates
        .enumerate()
        .filter_map(|(index, candidate)| {
            let mut letters = Vec::new();
            let text = Utf32Str::new(candidate, &mut buffer);
            let score = pattern.indices(text, &mut matcher, &mut letters)?;
            letters.sort_unstable();
            letters.dedup();
            Some((score, Found { index, letters }))
        })
        .collect();
    found.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.index.cmp(&right.1.index)));
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_matches_come_first() {
        let names = ["go to slack", "logs", "go to logs", "zoom"];
        let order: Vec<usize> = search("logs", names.into_iter())
            .into_iter()
            .map(|found| found.index)
            .collect();
        assert_eq!(order, [1, 2]);
        assert_eq!(search("", names.into_iter()).len(), 4);
        assert!(search("xyz", names.into_iter()).is_empty());
    }
}
