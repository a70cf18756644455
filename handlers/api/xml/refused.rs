//! Why a value is refused.

use std::fmt;

/// Why a value cannot be carried to the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// A control character or a non-character, which XML cannot hold.
    Character(char),
    /// A word that the switch's pre-processor or its XML encoder acts on, even inside a value.
    Directive(&'static str),
    /// `${` in untrusted text where the switch would expand it.
    Expansion,
    /// `$` + digit in untrusted text where the switch would put a capture.
    Capture,
    /// Untrusted text in which an application would find more than one word.
    Word,
    /// A parameter that decides about a login, and does not come from a `Credential`.
    Credential,
    /// The name of an attribute, from stored data, that is none in XML.
    Name,
    /// The name of an attribute that the element already has.
    Twice,
    /// `$${` in text that may not read the switch's global variables, or without a name and `}`.
    Global,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(c) => write!(f, "the character U+{:04X} cannot be sent", *c as u32),
            Self::Directive(word) => write!(f, "«{word}» would be acted on by the switch"),
            Self::Expansion => f.write_str("«${» would be expanded by the switch"),
            Self::Capture => f.write_str("«$» and a digit would be replaced by a capture"),
            Self::Word => f.write_str(
                "an application would not read one word here: it may not be empty, begin with «-», or \
                 hold a space, a quote or any of ,|{}[]<>\\^$ (nor :/@ in a user or a domain)",
            ),
            Self::Credential => f.write_str("only a Credential may decide about a login"),
            Self::Name => f.write_str("that is no name of an attribute"),
            Self::Twice => f.write_str("this attribute is set twice"),
            Self::Global => f.write_str("«$${» may not stand here"),
        }
    }
}

impl std::error::Error for Refused {}
