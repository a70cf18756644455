//! What an application reads as one word.
//!
//! An application splits its argument itself, each in its own way: `transfer` at spaces, where quotes
//! hold words together; `bridge` at `,` and `|`, with variables in `[]`, `{}` and `<>` in front. `^^`
//! chooses another separator, `\` escapes one, and a `-` begins an option. What a stranger chose may
//! hold none of these, or it chooses what is run.

/// Whether an application finds one word in this, and nothing else.
pub(crate) fn is_word(text: &str) -> bool {
    let breaks = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                ',' | '|' | '{' | '}' | '[' | ']' | '<' | '>' | '\'' | '"' | '\\' | '^' | '$'
            )
    };
    !text.is_empty() && !text.starts_with('-') && !text.contains(breaks)
}

/// Whether it is such a word in an address, too, as the user and the domain of `user/1000@example.test`.
pub(crate) fn is_part_of_address(text: &str) -> bool {
    is_word(text) && !text.contains([':', '/', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_no_application_splits() {
        for word in
            ["1000", "*97", "#1", "+31612345678", "support@default", "a-b_c.d", "Jürgen", "a:b"]
        {
            assert!(is_word(word), "{word}");
        }
        for other in [
            "", "-bleg", "a b", "a\tb", "a\nb", "a\u{a0}b", "a\0", "a,b", "a|b", "{a", "a}", "[a",
            "a]", "<a", "a>", "'a", "\"a", "a\\", "^a", "$1", "${a}",
        ] {
            assert!(!is_word(other), "{other:?}");
        }
    }

    #[test]
    fn a_part_of_an_address_does_not_end_it() {
        assert!(is_part_of_address("pbx.example.test"));
        for other in ["1000@other.test", "sofia/x", "a:_:b", "a b"] {
            assert!(!is_part_of_address(other), "{other}");
        }
    }
}
