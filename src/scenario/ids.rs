//! The ids of all diagnostics of this layer, in groups by their third and fourth digit. An id never changes its meaning.

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $id;)+
        /// Every id with what it means, in order.
        pub const ALL: &[(&str, &str)] = &[$(($id, concat!($($doc),+))),+];
    };
}

ids! {
    /// A file or folder cannot be read.
    UNREADABLE = "FD0001";
    /// A file is larger than 1 MiB.
    FILE_TOO_LARGE = "FD0002";
    /// There are more than 512 files, or more than 32 MiB of them.
    TOO_MANY_FILES = "FD0003";
    /// A file is not UTF-8.
    NOT_UTF8 = "FD0004";
    /// A file holds control characters.
    CONTROL_IN_FILE = "FD0005";
    /// A file is not used by anything.
    UNUSED_FILE = "FD0006";
    /// A link, pipe or device where a file should be.
    NOT_A_FILE = "FD0007";
    /// There is no scenario or estate of this name.
    NOT_FOUND = "FD0008";

    /// The text is not well-formed RON.
    SYNTAX = "FD0101";
    /// A field that the format does not have.
    UNKNOWN_FIELD = "FD0102";
    /// A variant that the format does not have.
    UNKNOWN_VARIANT = "FD0103";
    /// A required field is missing.
    MISSING_FIELD = "FD0104";
    /// A value of the wrong type.
    WRONG_TYPE = "FD0105";
    /// A variant with values it does not take, or without those it needs.
    WRONG_SHAPE = "FD0106";
    /// A name is given twice in a map.
    NAME_TWICE = "FD0107";
    /// A field is given twice.
    FIELD_TWICE = "FD0108";
    /// A duration, instant, rate, size or delay that cannot be read.
    BAD_VALUE = "FD0109";
    /// A whole number that its field cannot hold.
    OUT_OF_RANGE = "FD0110";
    /// A number that is infinite or not a number.
    NOT_FINITE = "FD0111";
    /// A text holds control characters.
    CONTROL_IN_TEXT = "FD0112";
    /// A commit file that cannot be read.
    COMMIT_FORM = "FD0113";
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_in_order_and_unique() {
        assert!(super::ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(
            super::ALL
                .iter()
                .all(|(id, _)| id.len() == 6 && id.starts_with("FD"))
        );
    }
}
