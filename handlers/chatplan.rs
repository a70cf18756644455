//! Section `chatplan`: the stored contexts of messages, each answered whole.
//!
//! The switch routes a message in the context of the profile that it came in by:
//!
//! ```text
//! section=chatplan&tag_name=&key_name=&key_value=&...&from=1000%40pbx.example.test&...
//!     &to=1001%40pbx.example.test&...&context=public&...
//! ```
//!
//! ```xml
//! <section name="chatplan">
//!   <context name="public">
//!     <extension name="messages">
//!       <condition field="to" expression="^(.*)$">
//!         <action application="send"/>
//!       </condition>
//!     </extension>
//!   </context>
//! </section>
//! ```

use std::collections::BTreeSet;

use jackfield_api::document::Chatplan;
use jackfield_api::lookup::ChatplanLookup;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Answer, ChatplanHandler, Facts, Keys, Refusal, register};

struct Contexts;

impl ChatplanHandler for Contexts {
    fn answer(&self, lookup: &ChatplanLookup<'_>, facts: Facts<'_>) -> Answer {
        let name = lookup.context();
        let context = facts.snapshot.chat_context(&name).ok_or(Refusal::NotFound("the context"))?;
        Chatplan::stored(name, context)
    }
}

/// Each context once, whatever its case.
fn keys(snapshot: &Snapshot) -> Vec<String> {
    let contexts = &snapshot.contents().chatplan;
    let keys: BTreeSet<_> =
        contexts.iter().map(|context| context.name().to_ascii_lowercase()).collect();
    keys.into_iter().collect()
}

register!(ChatplanHandler, "chatplan", Keys::From(keys), Contexts);

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Contents, Context};
    use jackfield_api::testing::{Pbx, ask, pbx, recorded, seen, written};

    use super::*;

    fn told(body: &str, snapshot: &Snapshot) -> Result<String, Refusal> {
        let document = ask(&Contexts, body, snapshot)?;
        seen(&document);
        Ok(written(&document).to_owned())
    }

    const SIP_MESSAGE: &str = recorded::CHAT_SIP_MESSAGE.text();
    const VERTO_INFO: &str = recorded::CHAT_VERTO_INFO.text();

    #[test]
    fn a_sip_message_gets_the_context_of_its_profile() {
        let text = told(SIP_MESSAGE, &pbx()).expect("an answer");
        assert_eq!(
            text,
            r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="chatplan">
    <context name="public">
      <extension name="messages">
        <condition field="to" expression="^(.*)&#36;">
          <action application="send"/>
        </condition>
      </extension>
    </context>
  </section>
</document>
"#
        );
    }

    #[test]
    fn a_message_of_a_verto_client_gets_the_default_context_or_is_not_found() {
        assert!(matches!(told(VERTO_INFO, &pbx()), Err(Refusal::NotFound(_))));
        let snapshot = Pbx::empty().chat_context("Default", []).snapshot();
        let text = told(VERTO_INFO, &snapshot).expect("an answer");
        assert!(text.contains(r#"<context name="default"/>"#), "{text}");
    }

    #[test]
    fn a_call_context_is_no_message_context() {
        let asked = SIP_MESSAGE.replace("&context=public&", "&context=default&");
        assert!(matches!(told(&asked, &pbx()), Err(Refusal::NotFound(_))));
    }

    #[test]
    fn each_context_has_one_key_in_lower_case() {
        let chatplan = ["Public", "public"].map(|name| Context::new(name, Vec::new())).to_vec();
        let snapshot = Snapshot::new(Contents { chatplan: chatplan.into(), ..Contents::default() });
        assert_eq!(keys(&snapshot), ["public"]);
    }
}
