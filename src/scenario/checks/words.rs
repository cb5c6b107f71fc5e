//! Checks of lists of words that a text of the trainee is compared with: each list can be met.

use super::Checker;
use crate::scenario::ids;
use crate::scenario::loader::place::Place;

impl Checker<'_> {
    /// One word from each list must be in a text: a list without a word never is.
    pub(super) fn word_lists(&mut self, lists: &[Vec<String>], at: &Place<'_>) {
        for (index, list) in lists.iter().enumerate() {
            let place = at.item(index);
            if list.is_empty() {
                self.push(
                    place
                        .error(
                            ids::EMPTY,
                            "no word is in this list, so no text can have one of it",
                        )
                        .hint("write the words any of which counts, or leave the list out"),
                );
            }
            for (number, word) in list.iter().enumerate() {
                if word.trim().is_empty() {
                    self.push(
                        place
                            .item(number)
                            .error(ids::EMPTY, "an empty word is in every text")
                            .hint("write a word, or leave it out"),
                    );
                }
            }
        }
    }
}
