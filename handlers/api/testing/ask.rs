//! Asking a handler without a service.

use super::switch_xml::Node;
use super::{lookup, seen, wait};
use crate::answer::{Answer, Refusal};
use crate::document::{Document, Mismatch};
use crate::kinds::asynchronous::{
    AsyncChatplanHandler, AsyncConfigurationHandler, AsyncDialplanHandler, AsyncDirectoryHandler,
    AsyncFacts, AsyncFsapiHandler, AsyncLanguagesHandler,
};
use crate::kinds::{
    ChatplanHandler, ConfigurationHandler, DialplanHandler, DirectoryHandler, Facts, FsapiHandler,
    LanguagesHandler,
};
use crate::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, Field, Fields,
    LanguagesLookup, Lookup, Section,
};

/// A handler of look-ups, of whichever section. `K` is its kind, as in `dyn DialplanHandler`: the
/// compiler finds it, unless the handler is of two kinds. Only handlers of a kind are.
pub trait Handles<K: ?Sized>: sealed::Handles<K> {
    /// Answers a look-up as its section's view.
    fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer;

    /// The key that the look-up is routed by; none where it is routed by its section alone.
    fn key(lookup: &Lookup) -> Option<String>;
}

mod sealed {
    /// What nobody else can say of a type.
    pub trait Handles<K: ?Sized> {}
}

macro_rules! handles {
    ($($kind:ident, $outside:ident: $view:ident by $key:ident;)+) => {$(
        impl<H: $kind> sealed::Handles<dyn $kind> for H {}
        impl<H: $outside> sealed::Handles<dyn $outside> for H {}

        impl<H: $kind> Handles<dyn $kind> for H {
            fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
                self.answer(&$view::new(lookup), facts)
            }

            fn key(lookup: &Lookup) -> Option<String> {
                Some($view::new(lookup).$key().to_string())
            }
        }

        impl<H: $outside> Handles<dyn $outside> for H {
            fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
                let lookup = declared(lookup, Some(lookup.section()), self.question());
                wait(self.answer($view::new(&lookup), AsyncFacts::new(facts.snapshot)))
            }

            fn key(lookup: &Lookup) -> Option<String> {
                Some($view::new(lookup).$key().to_string())
            }
        }
    )+};
}

handles! {
    ChatplanHandler, AsyncChatplanHandler: ChatplanLookup by context;
    ConfigurationHandler, AsyncConfigurationHandler: ConfigurationLookup by file;
    DialplanHandler, AsyncDialplanHandler: DialplanLookup by context;
    DirectoryHandler, AsyncDirectoryHandler: DirectoryLookup by domain;
    LanguagesHandler, AsyncLanguagesHandler: LanguagesLookup by language;
}

impl<H: FsapiHandler> sealed::Handles<dyn FsapiHandler> for H {}
impl<H: AsyncFsapiHandler> sealed::Handles<dyn AsyncFsapiHandler> for H {}

impl<H: FsapiHandler> Handles<dyn FsapiHandler> for H {
    fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
        self.answer(lookup, facts)
    }

    fn key(_: &Lookup) -> Option<String> {
        None
    }
}

impl<H: AsyncFsapiHandler> Handles<dyn AsyncFsapiHandler> for H {
    fn handle(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer {
        let lookup = declared(lookup, None, self.question());
        wait(self.answer(&lookup, AsyncFacts::new(facts.snapshot)))
    }

    fn key(_: &Lookup) -> Option<String> {
        None
    }
}

/// The look-up, of which no more can be read than what an asynchronous handler declares.
fn declared(lookup: &Lookup, section: Option<Section>, question: &[Field]) -> Lookup {
    lookup.watched().only(Fields::declared(section, question))
}

/// What a handler answers to a look-up from this PBX; at another time than now from
/// `Facts::new(&pbx).at(1000)`. An asynchronous handler is waited for, without a runtime: a client in it
/// that needs one has to be entered by the test.
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
/// Where the body is no look-up, or where the service would not send the answer: it is one to another
/// question, it lists users without their secrets where one user was asked for, or it is too long. And
/// where an asynchronous handler reads a field that it does not declare.
#[track_caller]
pub fn ask<'a, K: ?Sized, H: Handles<K>>(
    handler: &H,
    body: impl Into<Vec<u8>>,
    facts: impl Into<Facts<'a>>,
) -> Answer {
    let lookup = lookup(body);
    let answer = handler.handle(&lookup, facts.into());
    if let Ok(document) = &answer {
        check(document, &lookup, &H::key(&lookup).unwrap_or_default());
    }
    answer
}

/// Ends the test where the service would not send this.
#[track_caller]
fn check(document: &Document, lookup: &Lookup, key: &str) {
    match document.check(lookup, key) {
        Ok(()) => {}
        Err(Mismatch::Section { asked, answered }) => {
            panic!("{asked} was asked, and {answered} is answered");
        }
        Err(Mismatch::Name { asked, answered }) => {
            panic!("{asked} was asked for, and {answered:?} is answered");
        }
        Err(mismatch) => panic!("the service would not send this: {mismatch}"),
    }
}

/// What the switch sees of that answer.
///
/// # Errors
/// What the handler refuses with.
///
/// # Panics
/// As [`ask`] and [`seen`].
#[track_caller]
pub fn told<'a, K: ?Sized, H: Handles<K>>(
    handler: &H,
    body: impl Into<Vec<u8>>,
    facts: impl Into<Facts<'a>>,
) -> Result<Node, Refusal> {
    ask(handler, body, facts).map(|document| seen(&document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Configuration, Dialplan};
    use crate::kinds::asynchronous::Answering;
    use crate::snapshot::{Condition, Extension, Snapshot};
    use crate::testing::{asking, pbx, recorded};

    struct Calls;

    impl DialplanHandler for Calls {
        fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
            let name = lookup.context();
            let context = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
            Dialplan::stored(name, context)
        }
    }

    /// Answers something else in two sections.
    struct Confused;

    impl DialplanHandler for Confused {
        fn answer(&self, _: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
            Configuration::new("a.conf").answer()
        }
    }

    impl ConfigurationHandler for Confused {
        fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
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

    struct Outside(&'static [Field]);

    impl AsyncDialplanHandler for Outside {
        fn question(&self) -> &[Field] {
            self.0
        }

        fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
            Box::pin(async move {
                let user = lookup.caller_number().unwrap_or_default();
                let to_user = Condition::default().transfer(&user, "default");
                Dialplan::context(lookup.context(), [&Extension::new("by-caller", to_user)])
            })
        }
    }

    #[test]
    fn an_asynchronous_handler_is_waited_for() {
        let call = asking::dialplan("default").caller("1001");
        let tree = told(&Outside(&[Field::CallerNumber]), call, &pbx()).expect("an answer");
        assert_eq!(tree.context("default").actions(), [("transfer", "1001 XML default")]);
    }

    #[test]
    #[should_panic(expected = "Caller-ID-Number")]
    fn reading_what_is_not_declared_ends_the_test() {
        let call = asking::dialplan("default").caller("1001");
        let _ = told(&Outside(&[Field::Destination]), call, &pbx());
    }

    #[test]
    fn a_handler_may_be_asked_at_another_time() {
        struct Clock;
        impl DialplanHandler for Clock {
            fn answer(&self, _: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
                assert_eq!(facts.now, 1000);
                Err(Refusal::Denied("it is late"))
            }
        }
        let pbx = pbx();
        let answer = ask(&Clock, recorded::CALL_TO_1002, Facts::new(&pbx).at(1000));
        assert!(matches!(answer, Err(Refusal::Denied("it is late"))));
    }

    #[test]
    #[should_panic(expected = "dialplan was asked, and configuration is answered")]
    fn an_answer_in_another_section_ends_the_test() {
        let _ = ask::<dyn DialplanHandler, _>(&Confused, recorded::CALL_TO_1002, &pbx());
    }

    #[test]
    #[should_panic(expected = "acl.conf was asked for, and [\"a.conf\"] is answered")]
    fn an_answer_of_another_name_ends_the_test() {
        let _ = ask::<dyn ConfigurationHandler, _>(&Confused, recorded::ACL_CONF, &pbx());
    }
}
