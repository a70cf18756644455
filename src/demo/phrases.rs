//! The demo's phrases: tones and silence, because no sound files are installed.

use jackfield_api::snapshot::{Language, Macro, Setting};
use jackfield_api::xml::Raw;

/// A short tone that asks for something.
const ASK: &str = "tone_stream://%(250,50,440)";
/// A rising pair that says that something went well.
const WELL: &str = "tone_stream://%(120,20,523);%(180,50,659)";
/// A low tone that says that something went wrong.
const WRONG: &str = "tone_stream://%(400,50,260)";
/// A number, a name or a date: there is no voice to say it.
const SAY: &str = "silence_stream://100";

/// Every phrase that `mod_voicemail` and the demo's own menus play.
const PHRASES: [(&str, &str); 37] = [
    ("demo_ivr_main_menu", ASK),
    ("demo_ivr_main_menu_short", ASK),
    ("demo_ivr_sub_menu", ASK),
    ("demo_ivr_sub_menu_short", ASK),
    ("voicemail_abort", WRONG),
    ("voicemail_ack", WELL),
    ("voicemail_change_pass_fail", WRONG),
    ("voicemail_change_pass_success", WELL),
    ("voicemail_choose_greeting", ASK),
    ("voicemail_choose_greeting_fail", WRONG),
    ("voicemail_config_menu", ASK),
    ("voicemail_disk_quota_exceeded", WRONG),
    ("voicemail_enter_id", ASK),
    ("voicemail_enter_pass", ASK),
    ("voicemail_fail_auth", WRONG),
    ("voicemail_forward_message_enter_extension", ASK),
    ("voicemail_forward_prepend", ASK),
    ("voicemail_goodbye", WELL),
    ("voicemail_greeting_selected", WELL),
    ("voicemail_hello", WELL),
    ("voicemail_invalid_extension", WRONG),
    ("voicemail_listen_file_check", ASK),
    ("voicemail_menu", ASK),
    ("voicemail_message_count", SAY),
    ("voicemail_play_greeting", SAY),
    ("voicemail_record_file_check", ASK),
    ("voicemail_record_greeting", ASK),
    ("voicemail_record_message", ASK),
    ("voicemail_record_name", ASK),
    ("voicemail_record_urgent_check", ASK),
    ("voicemail_say_date", SAY),
    ("voicemail_say_message_number", SAY),
    ("voicemail_say_name", SAY),
    ("voicemail_say_number", SAY),
    ("voicemail_say_phone_number", SAY),
    ("valet_announce_ext", SAY),
    ("queue_position", SAY),
];

/// The language `en`.
pub(super) fn english() -> Language {
    Language {
        name: "en".to_owned(),
        attributes: vec![Setting::new("say-module", "en")],
        macros: PHRASES.map(|(name, sound)| (name.to_owned(), phrase(name, sound))).into(),
        ..Language::default()
    }
}

fn phrase(name: &str, sound: &str) -> Macro {
    let xml = format!(
        "<macro name=\"{name}\"><input pattern=\"(.*)\"><match>\
         <action function=\"play-file\" data=\"{sound}\"/></match></input></macro>"
    );
    Macro { name: name.to_owned(), xml: Raw::parse(&xml).expect("fixed text is valid") }
}
