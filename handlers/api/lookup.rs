//! Look-ups, as their handlers see them: one typed view per flow of the switch.
//!
//! | section | view | asks for | what it tells besides |
//! |---|---|---|---|
//! | `configuration` | [`ConfigurationLookup`] | a `*.conf` document | [`ConfigurationFlow`]: why |
//! | `directory` | [`DirectoryLookup`] | a domain, a user, a group | [`DirectoryFlow`], [`UserFlow`]: why |
//! | `dialplan` | [`DialplanLookup`] | a context | who calls, and what was dialled |
//! | `languages` | [`LanguagesLookup`] | a phrase macro | whether something is only said |
//! | `chatplan` | [`ChatplanLookup`] | a context | who writes to whom |
//! | `channels` | [`Lookup`] | | |
//!
//! All have [`Lookup`] in common. What an asynchronous handler reads of one it declares ([`Field`]).
//!
//! The body of a look-up names its fields in four dialects (`user`, `Menu-Name`, `Conf-Name`,
//! `Hunt-Context`, ...) and strangers can add fields to it. So no handler reads a field by name: it
//! gets the view of its section, and of that only what the flow holds. What the switch sends is
//! described in `mod_xml_curl.c` and in the callers named at each view.

mod chatplan;
mod configuration;
mod dialplan;
mod directory;
mod languages;
mod pin_change;
mod question;

use std::borrow::Cow;
use std::fmt;

pub use chatplan::ChatplanLookup;
pub use configuration::{
    ConferenceControls, ConferenceJoin, ConfigurationFlow, ConfigurationLookup,
};
pub use dialplan::DialplanLookup;
pub use directory::{
    DirectoryFlow, DirectoryLookup, GatewayList, GroupLookup, SipAuth, UserFlow, UserLookup,
};
pub use languages::LanguagesLookup;
pub use pin_change::{MailboxPin, PinLookup};
use question::Reads;
pub use question::{Field, Fields};

use crate::form::Form;

/// The sections of the switch's XML tree that `mod_xml_curl` asks for.
///
/// ```
/// use jackfield_api::Section;
///
/// assert_eq!(Section::named("phrases"), Some(Section::Languages));
/// assert_eq!(Section::Dialplan.as_str(), "dialplan");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// Documents of modules, as `sofia.conf`.
    Configuration,
    /// Domains, groups and users.
    Directory,
    /// Where calls go.
    Dialplan,
    /// Phrase macros; asked for as `languages`, then as `phrases`.
    Languages,
    /// Where messages go.
    Chatplan,
    /// Transfers between nodes (`purpose=nightmare_xfer`).
    Channels,
}

impl Section {
    /// All sections, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Configuration,
        Self::Directory,
        Self::Dialplan,
        Self::Languages,
        Self::Chatplan,
        Self::Channels,
    ];

    /// The section of this name, case apart; `phrases` is another name of `languages`.
    pub fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("phrases") {
            return Some(Self::Languages);
        }
        Self::ALL.into_iter().find(|section| section.as_str().eq_ignore_ascii_case(name))
    }

    /// The name, as the switch spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Directory => "directory",
            Self::Dialplan => "dialplan",
            Self::Languages => "languages",
            Self::Chatplan => "chatplan",
            Self::Channels => "channels",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One look-up, past the guard: what every section has in common.
///
/// ```
/// use jackfield_api::{Form, Lookup, Section};
///
/// let body = "hostname=vm&section=configuration&tag_name=configuration&key_name=name&key_value=acl.conf";
/// let lookup = Lookup::new(Form::parse(body.into())?).expect("a known section");
/// assert_eq!(lookup.section(), Section::Configuration);
/// assert_eq!((&*lookup.hostname(), &*lookup.key_value()), ("vm", "acl.conf"));
/// # Ok::<(), jackfield_api::FormError>(())
/// ```
#[derive(Debug)]
pub struct Lookup {
    form: Form,
    section: Section,
    /// What has been read of it, where that is to be known.
    reads: Option<Reads>,
}

impl Lookup {
    /// Takes a form for a look-up; `None` if it is none, or if the section is unknown.
    pub fn new(form: Form) -> Option<Self> {
        let section = form.is_lookup().then(|| Section::named(&form.base(1))).flatten()?;
        Some(Self { form, section, reads: None })
    }

    /// The section asked for.
    pub fn section(&self) -> Section {
        self.section
    }

    /// The section's name exactly as asked, `languages` or `phrases`.
    pub fn section_name(&self) -> Cow<'_, str> {
        self.form.base(1)
    }

    /// The switch that asks, by its switch name: `switchname` of its `switch.conf`, or else the name
    /// of its machine. It is what things are limited to; hook scripts send the machine's name.
    pub fn hostname(&self) -> Cow<'_, str> {
        self.form.base(0)
    }

    /// The element looked for, as in `domain` or `configuration`; often empty.
    pub fn tag_name(&self) -> Cow<'_, str> {
        self.form.base(2)
    }

    /// The attribute it is looked for by, mostly `name`; often empty.
    pub fn key_name(&self) -> Cow<'_, str> {
        self.form.base(3)
    }

    /// The value of that attribute, as in `sofia.conf`; often empty.
    pub fn key_value(&self) -> Cow<'_, str> {
        self.form.base(4)
    }

    /// Identifies the running switch (`Core-UUID`), for logs.
    pub fn core_uuid(&self) -> Option<Cow<'_, str>> {
        self.field("Core-UUID")
    }

    /// Identifies the call: its channel's `Unique-ID`, or the SIP call id, for logs.
    pub fn call_id(&self) -> Option<Cow<'_, str>> {
        ["Unique-ID", "Fetch-Call-UUID", "sip_call_id"]
            .into_iter()
            .find_map(|name| self.field(name))
    }

    /// The function of the switch that asks (`Event-Calling-Function`).
    pub fn calling_function(&self) -> Option<Cow<'_, str>> {
        self.field("Event-Calling-Function")
    }

    /// The form behind the views, for the router and for `explain`. A handler that looks at it is taken
    /// for one whose answer depends on every field.
    pub fn form(&self) -> &Form {
        if let Some(reads) = &self.reads {
            reads.whole();
        }
        &self.form
    }

    pub(crate) fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(reads) = &self.reads {
            reads.value(name);
        }
        self.form.field(name)
    }

    /// How long the value of a field is, where nothing else of it counts.
    fn length_of(&self, name: &str) -> usize {
        if let Some(reads) = &self.reads {
            reads.length(name);
        }
        self.form.field(name).map_or(0, |value| value.len())
    }

    /// Where the switch looks a named element up by itself (the `xml_locate` API), its name.
    fn located(&self, tag: &str) -> Option<Cow<'_, str>> {
        let located = self.tag_name() == tag && !self.key_value().is_empty();
        located.then(|| self.key_value())
    }
}
