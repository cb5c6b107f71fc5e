//! Diagnostics: problems of a text with their place, id and hint. Standard library only.
