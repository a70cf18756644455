//! Where a call is sent, by names that a stranger may have chosen.
//!
//! Each name is one word of what the application reads, or there is no answer: it is refused when the
//! answer is written, with the place.

use super::{Action, Condition, Level, Step};
use crate::xml::{Value, is_part_of_address, is_word};

impl Condition {
    /// Adds a `transfer` to a destination in a context, both by anybody's choice. The dialplan is XML.
    ///
    /// ```
    /// use jackfield_api::document::Dialplan;
    /// use jackfield_api::snapshot::{Condition, Extension};
    ///
    /// let answer = |agent: &str| {
    ///     let to_agent = Condition::default().transfer(agent, "default");
    ///     Dialplan::context("from-customers", [&Extension::new("agent", to_agent)])
    /// };
    /// assert!(answer("1000").is_ok());
    /// assert!(answer("'system:reboot' inline").is_err());
    /// ```
    #[must_use]
    pub fn transfer(self, destination: impl AsRef<str>, context: impl AsRef<str>) -> Self {
        self.step(Step::Action(Action::transfer(destination, context)))
    }

    /// Adds a `bridge` to a user of a domain, both by anybody's choice: `user/1000@pbx.example.test`.
    #[must_use]
    pub fn bridge_user(self, user: impl AsRef<str>, domain: impl AsRef<str>) -> Self {
        self.step(Step::Action(Action::bridge_user(user, domain)))
    }

    /// Adds a `callcenter` with a queue by anybody's choice, as `support@default`.
    #[must_use]
    pub fn callcenter(self, queue: impl AsRef<str>) -> Self {
        self.step(Step::Action(Action::callcenter(queue)))
    }
}

impl Action {
    /// An action of [`Condition::transfer`].
    pub fn transfer(destination: impl AsRef<str>, context: impl AsRef<str>) -> Self {
        let (destination, context) = (destination.as_ref(), context.as_ref());
        let words = is_word(destination) && is_word(context);
        Self::of_words("transfer", words.then(|| format!("{destination} XML {context}")))
    }

    /// An action of [`Condition::bridge_user`].
    pub fn bridge_user(user: impl AsRef<str>, domain: impl AsRef<str>) -> Self {
        let (user, domain) = (user.as_ref(), domain.as_ref());
        let parts = is_part_of_address(user) && is_part_of_address(domain);
        Self::of_words("bridge", parts.then(|| format!("user/{user}@{domain}")))
    }

    /// An action of [`Condition::callcenter`].
    pub fn callcenter(queue: impl AsRef<str>) -> Self {
        Self::new("callcenter", Value::word(queue.as_ref()))
    }

    /// An action with this data; without, one that no answer is made of: an empty word.
    fn of_words(application: &str, data: Option<String>) -> Self {
        let level = if data.is_some() { Level::Text } else { Level::Word };
        let data = data.unwrap_or_default();
        Self { application: application.to_owned(), data, level, ..Self::default() }
    }
}
