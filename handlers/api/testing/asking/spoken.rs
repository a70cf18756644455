//! Section `languages`: what is spoken.

use super::Asking;

/// A call hears a phrase (`switch_ivr_phrase_macro_event`). What is not found there is asked for once
/// more in section `phrases`.
pub fn phrase(language: &str, name: &str) -> Asking {
    Asking::base("languages", [""; 3])
        .by("REQUEST_PARAMS", "switch_ivr_play_say.c", "switch_ivr_phrase_macro_event")
        .and("macro_name", name)
        .and("lang", language)
        .and("Unique-ID", "11111111-2222-4333-8444-000000000002")
}

/// A call hears a number or a date (`switch_ivr_say_string`): the language, and no phrase of it.
pub fn language(name: &str) -> Asking {
    Asking::base("languages", [""; 3])
        .by("REQUEST_PARAMS", "switch_ivr.c", "switch_ivr_say_string")
        .and("macro_name", "say_app")
        .and("lang", name)
}
