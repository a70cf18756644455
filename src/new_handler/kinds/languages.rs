//! Language `example_key`: what is played for a phrase.
//!
//! ```text
//! section=languages&...&macro_name=voicemail_hello&lang=example_key&...
//! ```

use jackfield_api::document::Languages;
use jackfield_api::lookup::LanguagesLookup;
use jackfield_api::{Answer, Facts, Keys, LanguagesHandler, Refusal, register};

struct ExampleType;

impl LanguagesHandler for ExampleType {
    /// The phrases of the stored language `en`, under another name.
    fn answer(&self, lookup: &LanguagesLookup<'_>, facts: Facts<'_>) -> Answer {
        let language = facts.snapshot.language("en").ok_or(Refusal::NotFound("the language"))?;
        let name = lookup.macro_name().ok_or(Refusal::NotFound("a phrase macro without a name"))?;
        let phrase = language.macro_named(&name).ok_or(Refusal::NotFound("the phrase macro"))?;
        Languages::language(lookup, language, [phrase])
    }
}

register!(LanguagesHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn a_phrase_of_english_is_found_in_it() {
        let phrase = asking::phrase("example_key", "voicemail_hello");
        let answer = told(&ExampleType, phrase, &pbx()).expect("an answer");
        assert_eq!(answer.the("language", "example_key").names("macro"), ["voicemail_hello"]);
    }
}
