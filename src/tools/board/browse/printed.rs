//! A table that a program printed, as rows by heading: columns begin where their headings do. Never asks a program.

use serde_json::{Map, Value};

/// The rows of a printed table, each with its cells under their headings.
pub fn rows(text: &str) -> Vec<Map<String, Value>> {
    let mut lines = text.lines();
    let Some(heading) = lines.next() else {
        return Vec::new();
    };
    let columns = columns(heading);
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let letters: Vec<char> = line.chars().collect();
            columns
                .iter()
                .map(|(name, from, to)| {
                    let end = to.unwrap_or(letters.len()).min(letters.len());
                    let cell = letters.get((*from).min(end)..end).unwrap_or_default();
                    let cell: String = cell.iter().collect();
                    (name.clone(), Value::from(cell.trim()))
                })
                .collect()
        })
        .collect()
}

/// The headings with where they begin and where the next begins, in characters. Two blanks part them.
pub fn columns(heading: &str) -> Vec<(String, usize, Option<usize>)> {
    let mut starts: Vec<(String, usize)> = Vec::new();
    let mut blanks = 2;
    for (at, letter) in heading.chars().enumerate() {
        if letter == ' ' {
            blanks += 1;
            continue;
        }
        match starts.last_mut() {
            Some((name, _)) if blanks < 2 => {
                if blanks == 1 {
                    name.push(' ');
                }
                name.push(letter);
            }
            _ => starts.push((letter.to_string(), at)),
        }
        blanks = 0;
    }
    let ends: Vec<Option<usize>> = starts
        .iter()
        .skip(1)
        .map(|(_, at)| Some(*at))
        .chain([None])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((name, from), to)| (name, from, to))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_their_headings() {
        let text =
            "NAME     LAST SEEN   AGE\ngate-1   3m ago      <none>\nx        5m          2d\n";
        let rows = rows(text);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["NAME"], "gate-1");
        assert_eq!(rows[0]["LAST SEEN"], "3m ago");
        assert_eq!(rows[1]["AGE"], "2d");
        assert!(super::rows("").is_empty());
    }
}
