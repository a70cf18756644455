//! Asking a handler without a service.

use super::switch_xml::Node;
use super::{lookup, seen};
use crate::answer::{Answer, Refusal};
use crate::kinds::{
    ChatplanHandler, ConfigurationHandler, DialplanHandler, DirectoryHandler, Facts, FsapiHandler,
    LanguagesHandler,
};
use crate::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, LanguagesLookup, Lookup,
};
use crate::snapshot::Snapshot;

/// A handler of look-ups, of whichever section; `K` is its kind, which the compiler finds.
pub trait Handles<K: ?Sized> {
    /// Answers a look-up as its section's view.
    fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer;
}

macro_rules! handles {
    ($($kind:ident: $view:ident;)+) => {
        $(impl<H: $kind> Handles<dyn $kind> for H {
            fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
                self.answer(&$view::new(lookup), facts)
            }
        })+
    };
}

handles! {
    ChatplanHandler: ChatplanLookup;
    ConfigurationHandler: ConfigurationLookup;
    DialplanHandler: DialplanLookup;
    DirectoryHandler: DirectoryLookup;
    LanguagesHandler: LanguagesLookup;
}

impl<H: FsapiHandler> Handles<dyn FsapiHandler> for H {
    fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
        self.answer(lookup, facts)
    }
}

/// What a handler answers to a look-up from this PBX.
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::testing::{ask, asking, pbx};
/// use jackfield_api::{Answer, DialplanHandler, Facts, Refusal};
///
/// struct Stored;
///
/// impl DialplanHandler for Stored {
///     fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
///         let name = lookup.context();
///         let context = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
///         Dialplan::stored(name, context)
///     }
/// }
///
/// let answer = ask(&Stored, asking::dialplan("elsewhere"), &pbx());
/// assert!(matches!(answer, Err(Refusal::NotFound(_))));
/// ```
///
/// # Panics
/// Where the body is no look-up, or where the answer is one to another section: the service would not
/// send it.
#[track_caller]
pub fn ask<K: ?Sized>(
    handler: &impl Handles<K>,
    body: impl Into<Vec<u8>>,
    snapshot: &Snapshot,
) -> Answer {
    let lookup = lookup(body);
    let answer = handler.handle(&lookup, Facts::new(snapshot));
    if let Ok(document) = &answer {
        let (is, asked) = (document.section(), lookup.section());
        assert_eq!(is, asked, "{asked} asked, {is} answered");
    }
    answer
}

/// What the switch sees of that answer.
///
/// # Errors
/// What the handler refuses with.
///
/// # Panics
/// As [`ask`] and [`seen`].
#[track_caller]
pub fn told<K: ?Sized>(
    handler: &impl Handles<K>,
    body: impl Into<Vec<u8>>,
    snapshot: &Snapshot,
) -> Result<Node, Refusal> {
    ask(handler, body, snapshot).map(|document| seen(&document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Configuration, Dialplan};
    use crate::testing::{pbx, recorded};

    struct Calls;
    struct Confused;

    impl DialplanHandler for Calls {
        fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
            let name = lookup.context();
            let context = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
            Dialplan::stored(name, context)
        }
    }

    impl DialplanHandler for Confused {
        fn answer(&self, _: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
            Configuration::new("a.conf").answer()
        }
    }

    #[test]
    fn a_handler_is_asked_by_its_own_kind() {
        let tree = told(&Calls, recorded::CALL_TO_1002, &pbx()).expect("an answer");
        let bridge = ("bridge", "user/$1@pbx.example.test");
        assert_eq!(tree.context("default").extension("users").actions(), [bridge]);
        let nothing = ask(&Calls, recorded::CALL_TO_1002, &Snapshot::default());
        assert!(matches!(nothing, Err(Refusal::NotFound("the context"))));
    }

    #[test]
    #[should_panic(expected = "dialplan asked, configuration answered")]
    fn an_answer_in_another_section_ends_the_test() {
        let _ = ask(&Confused, recorded::CALL_TO_1002, &pbx());
    }
}
