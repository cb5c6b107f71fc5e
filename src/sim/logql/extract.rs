//! Labels out of lines: JSON, logfmt, patterns. Each hands its pairs over as it finds them; none knows of pipelines.

pub mod json;
pub mod logfmt;
pub mod pattern;

/// A name as a label may be called: letters, digits and underscores, no digit first.
pub fn label_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for letter in key.trim().chars() {
        if name.is_empty() && letter.is_ascii_digit() {
            name.push('_');
        }
        name.push(if letter == '_' || letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        });
    }
    name
}
