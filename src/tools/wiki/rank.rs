//! Ranking of texts for a query: Okapi BM25 over words, a title's words counted several times. Never reads the wiki itself.

use std::collections::BTreeMap;

/// How fast a word that comes again counts less.
const SATURATION: f64 = 1.2;
/// How much a long text is held against it.
const LENGTH: f64 = 0.75;
/// A word of the title counts as so many of the text.
const TITLE: usize = 4;
/// No query has more words that count.
const MOST_WORDS: usize = 32;

/// A text to be ranked.
#[derive(Debug)]
pub struct Document {
    words: BTreeMap<String, usize>,
    length: usize,
}

impl Document {
    /// A document from its title and its text.
    pub fn new(title: &str, text: &str) -> Self {
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        let mut length = 0;
        let weighted = terms(title)
            .map(|term| (term, TITLE))
            .chain(terms(text).map(|term| (term, 1)));
        for (term, weight) in weighted {
            *words.entry(term).or_default() += weight;
            length += weight;
        }
        Self { words, length }
    }
}

/// The words of a text as they are compared: small letters, without a plural's ending.
pub fn terms(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| stem(&word.to_lowercase()))
}

fn stem(word: &str) -> String {
    let cut = ["ing", "ies", "es", "ed", "s"]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|root| root.chars().count() >= 4);
    cut.unwrap_or(word)
        .trim_end_matches(['e', 'i', 'y'])
        .to_owned()
}

/// The documents that have any word of the query, best first, with their scores.
pub fn rank(documents: &[Document], query: &str) -> Vec<(usize, f64)> {
    let count = documents.len() as f64;
    let whole: usize = documents.iter().map(|document| document.length).sum();
    let average = (whole as f64 / count.max(1.0)).max(1.0);
    let mut scores = vec![0.0_f64; documents.len()];
    for term in terms(query).take(MOST_WORDS) {
        let having = documents
            .iter()
            .filter(|document| document.words.contains_key(&term))
            .count() as f64;
        let rarity = libm::log(1.0 + (count - having + 0.5) / (having + 0.5));
        for (document, score) in documents.iter().zip(&mut scores) {
            let Some(times) = document.words.get(&term) else {
                continue;
            };
            let times = *times as f64;
            let length = 1.0 - LENGTH + LENGTH * document.length as f64 / average;
            *score += rarity * times * (SATURATION + 1.0) / (times + SATURATION * length);
        }
    }
    let mut found: Vec<(usize, f64)> = scores
        .into_iter()
        .enumerate()
        .filter(|(_, score)| *score > 0.0)
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found
}

/// A piece of a text around the place where most words of the query stand, on one line.
pub fn excerpt(text: &str, query: &str, longest: usize) -> String {
    let wanted: Vec<String> = terms(query).take(MOST_WORDS).collect();
    let plain = |line: &&str| !line.trim().is_empty() && !line.starts_with("```");
    // A page's head says nothing of what it is about.
    let text = super::pages::body(text);
    let lines: Vec<&str> = text.lines().skip(1).filter(plain).collect();
    let score = |line: &&str| {
        let found: Vec<String> = terms(line).collect();
        wanted.iter().filter(|term| found.contains(term)).count()
    };
    // The first of the best lines.
    let best = lines
        .iter()
        .enumerate()
        .max_by_key(|(place, line)| (score(line), std::cmp::Reverse(*place)))
        .map_or(0, |(place, _)| place);
    let mut excerpt = String::new();
    for line in lines.iter().skip(best) {
        let line = line
            .trim()
            .trim_start_matches(['#', '-', '*', '|', '>', ' ']);
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(line);
        if excerpt.chars().count() >= longest {
            break;
        }
    }
    if excerpt.chars().count() > longest {
        let cut: String = excerpt.chars().take(longest).collect();
        let end = cut.rfind(' ').unwrap_or(cut.len());
        return format!("{}...", cut.get(..end).unwrap_or(&cut).trim_end());
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_and_titles_count_more() {
        let documents = [
            Document::new("Queue", "jobs wait here, jobs and jobs"),
            Document::new("Worker runbook", "restart it when jobs wait"),
            Document::new("Lunch", "soup"),
        ];
        let order = |query| -> Vec<usize> {
            rank(&documents, query)
                .into_iter()
                .map(|(place, _)| place)
                .collect()
        };
        assert_eq!(order("worker jobs"), [1, 0]);
        assert_eq!(order("queues"), [0]);
        assert!(order("tractor").is_empty());
    }

    #[test]
    fn an_excerpt_begins_where_the_words_stand() {
        let text =
            "# Worker\n\nFirst line.\nRestart the worker when the queue is long.\nThen look.";
        assert_eq!(
            excerpt(text, "restart queue", 30),
            "Restart the worker when the..."
        );
        assert_eq!(excerpt("# Title", "x", 30), "");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_has_an_excerpt_no_longer_than_asked(text in ".{0,300}", query in ".{0,20}") {
            proptest::prop_assert!(excerpt(&text, &query, 40).chars().count() <= 43);
            let _ = rank(&[Document::new(&query, &text)], &query);
        }
    }
}
