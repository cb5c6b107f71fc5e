//! Places and drawings of diagnostics: any span of any text.

#![no_main]

use std::sync::Arc;

use firedrill::diag::position::{offset, position};
use firedrill::diag::render::{Colour, render};
use firedrill::diag::text::is_forbidden;
use firedrill::diag::{Diagnostic, SourceText};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, u16, u16)| {
    let (text, start, length) = input;
    let (start, end) = (usize::from(start), usize::from(start) + usize::from(length));
    let at = offset(&text, position(&text, start));
    assert!(text.is_char_boundary(at));
    let file = Arc::new(SourceText {
        name: text.clone(),
        text: text.clone(),
    });
    let diagnostic = Diagnostic::error("FD0101", &file, start..end, text.clone()).hint(text);
    assert!(!render(&diagnostic, Colour::Never).chars().any(is_forbidden));
});
