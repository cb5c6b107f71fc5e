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

/// The first character of a text that may not be shown, and where it begins.
pub fn first_forbidden(text: &str) -> Option<(usize, char)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut characters = line.char_indices();
        if !is_plain(line)
            && let Some((at, bad)) = characters.find(|(_, c)| is_forbidden(*c))
        {
            return Some((start + at, bad));
        }
        start += line.len();
    }
    None
}

/// Whether a line is of printable ASCII characters alone, as nearly all are. Looks at all bytes, so that it can look at
/// many at once.
fn is_plain(line: &str) -> bool {
    let printable = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    line.bytes()
        .fold(true, |plain, byte| plain & printable(byte))
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
    fn the_first_forbidden_character_is_found() {
        assert_eq!(first_forbidden("plain\n\tü – all may be shown\n"), None);
        assert_eq!(
            first_forbidden("a\nü\u{202e}b\u{1b}"),
            Some((4, '\u{202e}'))
        );
        assert_eq!(first_forbidden("a\nb\u{1b}\n"), Some((3, '\u{1b}')));
    }

    #[test]
    fn escapes_are_written_out() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{202e}\tü\n"),
            "a\\u{1b}[31mb\\u{202e}\tü\n"
        );
    }
}
