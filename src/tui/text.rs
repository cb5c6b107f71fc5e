//! The one door for text on its way to the screen: control characters out, widths measured in terminal columns,
//! lines cut and wrapped. It knows nothing of colours or positions.
//!
//! Scenario files, journals and pasted text come from strangers. Every string that reaches a cell has gone through
//! [`clean`] or [`clean_lines`], so nothing in them can move the cursor, change a colour or reorder what is read.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A grapheme longer than this (a letter under a tower of accents) is shown as a replacement character.
const GRAPHEME_MAX_BYTES: usize = 32;

/// What marks text that was cut to fit.
pub const ELLIPSIS: &str = "…";

/// One line without control characters, escape sequences or direction overrides. Tabs become spaces and line ends
/// become one space, so the result never spans lines.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or("");
        rest = match letter {
            '\u{1b}' => after_escape(after),
            '\t' => {
                out.push_str("    ");
                after
            }
            '\n' | '\u{2028}' | '\u{2029}' => {
                out.push(' ');
                after
            }
            plain if is_plain(plain) => {
                out.push(plain);
                after
            }
            _ => after,
        };
    }
    Cow::Owned(out)
}

/// Text of several lines, each cleaned as [`clean`] does; tabs reach to the next multiple of eight columns.
pub fn clean_lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            if line.contains('\t') {
                clean(&expand_tabs(line)).into_owned()
            } else {
                clean(line).into_owned()
            }
        })
        .collect()
}

fn expand_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut column = 0;
    for grapheme in line.graphemes(true) {
        if grapheme == "\t" {
            let reach = 8 - column % 8;
            out.extend(std::iter::repeat_n(' ', reach));
            column += reach;
        } else {
            out.push_str(grapheme);
            column += grapheme.width();
        }
    }
    out
}

/// Whether a character may stand in a cell: no control character (C0, DEL, C1), no line or paragraph separator and
/// none of the marks that reorder or hide what surrounds them.
fn is_plain(letter: char) -> bool {
    !(letter.is_control()
        || matches!(letter,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'))
}

/// What follows an escape sequence whose ESC has been read. An unfinished sequence loses its ESC alone.
fn after_escape(text: &str) -> &str {
    let mut letters = text.char_indices();
    match letters.next() {
        Some((_, '[')) => letters
            .find(|(_, letter)| ('\u{40}'..='\u{7e}').contains(letter))
            .and_then(|(at, letter)| text.get(at + letter.len_utf8()..))
            .unwrap_or(text),
        Some((_, ']' | 'P' | '_' | '^' | 'X')) => {
            let bell = text.find('\u{7}').map(|at| at + 1);
            let string_end = text.find("\u{1b}\\").map(|at| at + 2);
            [bell, string_end]
                .into_iter()
                .flatten()
                .min()
                .and_then(|at| text.get(at..))
                .unwrap_or(text)
        }
        Some((_, letter)) if letter.is_ascii() && !letter.is_ascii_control() => {
            text.get(1..).unwrap_or("")
        }
        _ => text,
    }
}

/// The width of cleaned text in terminal columns.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        cells(text).map(|(_, wide)| usize::from(wide)).sum()
    }
}

/// The graphemes of cleaned text with their widths, as they go into cells. Those without a width are left out.
pub fn cells(text: &str) -> impl Iterator<Item = (&str, u16)> {
    text.graphemes(true).filter_map(|grapheme| {
        let symbol = if grapheme.len() > GRAPHEME_MAX_BYTES {
            "\u{fffd}"
        } else {
            grapheme
        };
        let wide = symbol.width();
        (wide > 0).then_some((symbol, wide.min(2) as u16))
    })
}

/// The text cut to `columns`, with an ellipsis where something was cut off.
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut used = 0;
    for (symbol, wide) in cells(text) {
        if used + usize::from(wide) > columns - 1 {
            break;
        }
        used += usize::from(wide);
        out.push_str(symbol);
    }
    out.push_str(ELLIPSIS);
    Cow::Owned(out)
}

/// Cleaned text broken at spaces into lines of at most `columns`; longer words are broken where they must be.
/// At least one line comes back.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = width(word.trim_end_matches(' '));
        if used > 0 && used + bare > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for (symbol, wide) in cells(word) {
            let wide = usize::from(wide);
            if used + wide > columns {
                if symbol == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(symbol);
            used += wide;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end_matches(' ').len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_and_control_characters_vanish() {
        assert_eq!(clean("plain"), "plain");
        assert_eq!(clean("a\u{1b}[31mred\u{1b}[0mb"), "aredb");
        assert_eq!(clean("a\u{1b}]0;title\u{7}b"), "ab");
        assert_eq!(clean("a\u{1b}]8;;http://x\u{1b}\\link"), "alink");
        assert_eq!(clean("a\u{9b}31mb\u{7f}\u{0}"), "a31mb");
        assert_eq!(clean("x\u{202e}y\u{2066}z"), "xyz");
        assert_eq!(clean("two\nlines\tand"), "two lines    and");
        assert_eq!(clean("\u{1b}"), "");
        assert_eq!(clean("\u{1b}[31"), "[31");
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(clean_lines("a\tb\n\tc"), ["a       b", "        c"]);
    }

    #[test]
    fn cutting_and_wrapping_count_columns() {
        assert_eq!(clip("hello", 5), "hello");
        assert_eq!(clip("hello!", 5), "hell…");
        assert_eq!(clip("火事だ", 4), "火…");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn nothing_dangerous_survives(text in "\\PC*|[\\x00-\\x1f\\x7f-\\x9fa-z\\[\\];\u{202a}-\u{202e}]{0,40}", columns in 1usize..20) {
            let cleaned = clean(&text);
            prop_assert!(cleaned.chars().all(is_plain));
            prop_assert!(width(&clip(&cleaned, columns)) <= columns);
            for line in wrap(&cleaned, columns.max(2)) {
                prop_assert!(cells(&line).map(|(_, wide)| usize::from(wide)).sum::<usize>() <= columns.max(2));
            }
        }
    }
}
