//! Section `languages`: what the switch plays for a phrase.
//!
//! It asks for one macro, or for a language alone where it has something to say:
//!
//! ```text
//! section=languages&tag_name=&key_name=&key_value=&...&macro_name=voicemail_hello&lang=en&...
//! section=languages&tag_name=&key_name=&key_value=&...&macro_name=say_app&lang=en&...
//! ```
//!
//! ```xml
//! <section name="languages">
//!   <language name="en" say-module="en">
//!     <phrases>
//!       <macros>
//!         <macro name="voicemail_hello">...</macro>
//!       </macros>
//!     </phrases>
//!   </language>
//! </section>
//! ```
//!
//! Only the macro asked for is answered: the switch asks again for each phrase inside it. What is
//! not found it asks for once more as section `phrases`, then, a language with a region, as the
//! language alone: `en-US`, then `en`. So a regional variant needs no answer of its own.

use std::collections::BTreeSet;

use jackfield_api::document::Languages;
use jackfield_api::lookup::LanguagesLookup;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Answer, Facts, Keys, LanguagesHandler, Refusal, register};

struct Phrases;

impl LanguagesHandler for Phrases {
    fn answer(&self, lookup: &LanguagesLookup<'_>, facts: Facts<'_>) -> Answer {
        let language =
            facts.snapshot.language(&lookup.language()).ok_or(Refusal::NotFound("the language"))?;
        match lookup.macro_name() {
            None => Languages::language(lookup, language, language.macros.values()),
            Some(_) if lookup.is_say() => Languages::language(lookup, language, []),
            Some(name) => {
                let phrase =
                    language.macro_named(&name).ok_or(Refusal::NotFound("the phrase macro"))?;
                Languages::language(lookup, language, [phrase])
            }
        }
    }
}

/// Each language once, whatever its case.
fn keys(snapshot: &Snapshot) -> Vec<String> {
    let languages = &snapshot.contents().languages;
    let keys: BTreeSet<_> =
        languages.iter().map(|language| language.name.to_ascii_lowercase()).collect();
    keys.into_iter().collect()
}

register!(LanguagesHandler, "phrases", Keys::From(keys), Phrases);

#[cfg(test)]
mod tests {
    use jackfield_api::Document;
    use jackfield_api::snapshot::{Contents, Language, Macro, PhraseGroup, Setting};
    use jackfield_api::testing::switch_xml::Node;
    use jackfield_api::testing::{ask, pbx, recorded, seen, told};
    use jackfield_api::xml::Raw;

    use super::*;

    const HELLO: &str = recorded::PHRASE_HELLO.text();
    const ENTER_PASS: &str = recorded::PHRASE_ENTER_PASS.text();
    const GOODBYE: &str = recorded::PHRASE_GOODBYE.text();
    const SAY: &str = recorded::SAY.text();
    const PHRASES: &str = recorded::PHRASE_OF_PHRASES.text();

    fn answer(body: &str) -> Result<Document, Refusal> {
        ask(&Phrases, body, &pbx())
    }

    fn answered(body: &str) -> Node {
        seen(&answer(body).expect("an answer"))
    }

    fn is_not_found(body: &str) -> bool {
        matches!(answer(body), Err(Refusal::NotFound(_)))
    }

    /// Names of the macros where the switch looks for them in section `languages`.
    fn macros(tree: &Node) -> Vec<&str> {
        let macros = tree.find(&[
            ("section", Some(("name", "languages"))),
            ("language", Some(("name", "en"))),
            ("phrases", None),
            ("macros", None),
        ]);
        let macros = macros.expect("a list of macros").children_named("macro");
        macros.filter_map(|found| found.attribute("name")).collect()
    }

    #[test]
    fn a_phrase_gets_its_language_with_its_macro_alone() {
        let document = answer(HELLO).expect("an answer");
        assert_eq!(macros(&seen(&document)), ["voicemail_hello"]);
        assert_eq!(
            String::from_utf8(document.into_body()).expect("UTF-8"),
            r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="languages">
    <language name="en" say-module="en">
      <phrases>
        <macros>
          <macro name="voicemail_hello">
            <input pattern="(.*)">
              <match>
                <action function="play-file" data="tone_stream://%(200,0,440)"/>
              </match>
            </input>
          </macro>
        </macros>
      </phrases>
    </language>
  </section>
</document>
"#
        );
        assert_eq!(macros(&answered(GOODBYE)), ["voicemail_goodbye"]);
    }

    #[test]
    fn a_macro_or_language_that_is_not_stored_is_not_found() {
        for body in [ENTER_PASS, PHRASES] {
            assert!(is_not_found(body));
        }
        for lang in ["de", "en-US", ""] {
            let lang = format!("&lang={lang}&");
            for body in [HELLO, SAY] {
                assert!(is_not_found(&body.replace("&lang=en", &lang)), "{lang}");
            }
        }
    }

    #[test]
    fn something_to_say_gets_the_language_without_macros() {
        assert_eq!(macros(&answered(SAY)), [""; 0]);
        let say = SAY.replace("switch_ivr_say_string", "switch_ivr_say");
        assert_eq!(macros(&answered(&say)), [""; 0]);
        let reduced = "hostname=vm&section=languages&tag_name=&key_name=&key_value=\
                       &lang=en&macro_name=say_app";
        assert_eq!(macros(&answered(reduced)), [""; 0]);
    }

    #[test]
    fn a_phrase_that_is_called_like_what_say_sends_is_a_phrase() {
        assert!(is_not_found(&HELLO.replace("voicemail_hello", "say_app")));
        assert!(is_not_found(&SAY.replace("say_app", "say_else")));
    }

    #[test]
    fn section_phrases_has_the_language_inside_of_the_macros() {
        let document = answer(&PHRASES.replace("mymacro", "voicemail_hello")).expect("an answer");
        assert_eq!(document.names(), ["en"]);
        let tree = seen(&document);
        let phrase = tree.find(&[
            ("section", Some(("name", "phrases"))),
            ("macros", None),
            ("language", Some(("name", "en"))),
            ("macro", Some(("name", "voicemail_hello"))),
        ]);
        assert!(phrase.is_some_and(|found| found.child("input").is_some()));
        let language = tree.find(&[("section", None), ("macros", None), ("language", None)]);
        let language = language.expect("a language");
        assert_eq!(language.children.len(), 1);
        assert_eq!(language.attribute("say-module"), Some("en"));
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        let asked = HELLO.replace("&lang=en", "&lang=EN").replace("voicemail_", "VOICEMAIL_");
        assert_eq!(macros(&answered(&asked)), ["voicemail_hello"]);
    }

    #[test]
    fn a_language_that_is_located_by_name_has_all_its_macros() {
        let located = "hostname=vm&section=languages&tag_name=language&key_name=name&key_value=en\
                       &Event-Name=REQUEST_PARAMS&section=languages";
        assert_eq!(macros(&answered(located)), ["voicemail_goodbye", "voicemail_hello"]);
    }

    #[test]
    fn each_language_is_a_key() {
        assert_eq!(keys(&pbx()), ["en"]);
    }

    #[test]
    fn a_macro_of_a_group_is_answered_in_its_group_with_what_that_sets() {
        let xml = |name: &str| Raw::parse(&format!("<macro name='{name}'/>")).expect("valid");
        let phrase = |name: &str, macro_name: &str| {
            (name.to_owned(), Macro { name: name.to_owned(), xml: xml(macro_name) })
        };
        let language = Language {
            name: "en".into(),
            groups: vec![PhraseGroup {
                name: "box".into(),
                attributes: vec![Setting::new("sound-prefix", "/box")],
            }],
            macros: [phrase("hello", "hello"), phrase("hello@box", "hello")].into(),
            ..Language::default()
        };
        let languages = vec![language];
        let snapshot =
            Snapshot::new(Contents { languages: languages.into(), ..Contents::default() });
        let asked = |body: &str| {
            let tree = told(&Phrases, body, &snapshot).expect("an answer");
            let path = [("section", None), ("language", None), ("phrases", None)];
            let phrases = tree.find(&path).expect("phrases");
            let lists = phrases
                .children
                .iter()
                .map(|list| (list.attribute("name").map(str::to_owned), list.children.len()));
            (lists.collect::<Vec<_>>(), phrases.children[0].attributes.clone())
        };
        let by_group = HELLO.replace("voicemail_hello", "hello%40box");
        let prefix = ("sound-prefix".to_owned(), "/box".to_owned());
        let name = ("name".to_owned(), "box".to_owned());
        assert_eq!(asked(&by_group), (vec![(Some("box".into()), 1)], vec![name, prefix]));
        let plain = HELLO.replace("voicemail_hello", "hello");
        assert_eq!(asked(&plain), (vec![(None, 1)], vec![]));
        let whole = "hostname=vm&section=languages&tag_name=language&key_name=name&key_value=en\
                     &Event-Name=REQUEST_PARAMS";
        assert_eq!(asked(whole).0, [(None, 1), (Some("box".into()), 1)]);
    }
}
