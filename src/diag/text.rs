//! Text that is safe to show: no control character and no invisible reordering reaches a terminal through here.

/// Whether a character may not be in a text that is shown: control characters other than a line break and a tab, and
/// the marks that reorder or hide what follows them.
pub const fn is_forbidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

/// The text with every forbidden character written out: `\u{1b}` for an escape character.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_forbidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_written_out() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{202e}\tü\n"),
            "a\\u{1b}[31mb\\u{202e}\tü\n"
        );
    }
}
