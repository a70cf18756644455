//! Look-ups of section `configuration`: one `*.conf` document.

use std::borrow::Cow;

use super::Lookup;

/// A module asks for its document (`switch_xml_open_cfg`).
///
/// ```
/// # use jackfield_api::{lookup::{ConfigurationFlow, ConfigurationLookup}, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=configuration&tag_name=configuration&key_name=name\
/// #     &key_value=ivr.conf&Menu-Name=demo");
/// let view = ConfigurationLookup::new(&lookup);
/// assert_eq!(view.file(), "ivr.conf");
/// assert_eq!(view.flow(), ConfigurationFlow::Menu("demo".into()));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ConfigurationLookup<'a> {
    lookup: &'a Lookup,
}

/// Why the document is asked for, where it makes a difference to the answer.
///
/// A whole document is a right answer to all of them; the others let one be shorter, or depend on
/// who is there. New flows come with new versions: match the rest as [`ConfigurationFlow::Whole`].
///
/// ```
/// use jackfield_api::document::Configuration;
/// use jackfield_api::lookup::{ConfigurationFlow, ConfigurationLookup};
/// use jackfield_api::{Answer, Facts};
///
/// fn ivr(lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
///     let document = Configuration::new("ivr.conf");
///     match lookup.flow() {
///         ConfigurationFlow::Menu(name) => document.menus(facts.snapshot.menu(&name)).answer(),
///         _ => document.menus(&facts.snapshot.contents().menus).answer(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigurationFlow<'a> {
    /// The whole document: at boot, on reload.
    Whole,
    /// `sofia.conf` for one profile: at its start, on rescan.
    Profile(Cow<'a, str>),
    /// `conference.conf` when a caller joins.
    ConferenceJoin(ConferenceJoin<'a>),
    /// `conference.conf` for the caller controls of a member.
    ConferenceControls(ConferenceControls<'a>),
    /// `ivr.conf` when a call enters this menu.
    Menu(Cow<'a, str>),
    /// `callcenter.conf` when this queue is loaded.
    Queue(Cow<'a, str>),
}

/// The room that a caller joins (`conference_function` in `mod_conference.c`).
///
/// ```
/// # use jackfield_api::{lookup::{ConfigurationFlow, ConfigurationLookup}, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=configuration&tag_name=configuration&key_name=name\
/// #     &key_value=conference.conf&conference_name=3000&profile_name=wide");
/// let ConfigurationFlow::ConferenceJoin(join) = ConfigurationLookup::new(&lookup).flow() else {
///     panic!("somebody joins");
/// };
/// assert_eq!((&*join.room, &*join.profile), ("3000", "wide"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConferenceJoin<'a> {
    /// Name of the room.
    pub room: Cow<'a, str>,
    /// The profile that the dialplan named.
    pub profile: Cow<'a, str>,
}

/// The controls that a member asks for (`conference_member_bind_controls`).
///
/// ```
/// # use jackfield_api::{lookup::{ConfigurationFlow, ConfigurationLookup}, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=configuration&tag_name=configuration&key_name=name\
/// #     &key_value=conference.conf&Conf-Name=3000&Conf-Profile=wide&Controls=default");
/// let ConfigurationFlow::ConferenceControls(asked) = ConfigurationLookup::new(&lookup).flow() else {
///     panic!("a member asks for its keys");
/// };
/// assert_eq!(asked.controls, "default");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConferenceControls<'a> {
    /// Name of the room.
    pub room: Cow<'a, str>,
    /// The profile that it runs with.
    pub profile: Cow<'a, str>,
    /// The group of controls.
    pub controls: Cow<'a, str>,
}

impl<'a> ConfigurationLookup<'a> {
    /// A look-up of section `configuration`.
    pub fn new(lookup: &'a Lookup) -> Self {
        Self { lookup }
    }

    /// What all look-ups have in common.
    pub fn base(&self) -> &'a Lookup {
        self.lookup
    }

    /// The document's name, as in `sofia.conf`.
    pub fn file(&self) -> Cow<'a, str> {
        self.lookup.key_value()
    }

    /// Why it is asked for.
    pub fn flow(&self) -> ConfigurationFlow<'a> {
        let field = |name| self.lookup.field(name);
        if let Some(menu) = field("Menu-Name") {
            ConfigurationFlow::Menu(menu)
        } else if let Some(controls) = field("Controls") {
            ConfigurationFlow::ConferenceControls(ConferenceControls {
                room: field("Conf-Name").unwrap_or_default(),
                profile: field("Conf-Profile").unwrap_or_default(),
                controls,
            })
        } else if let Some(room) = field("conference_name") {
            ConfigurationFlow::ConferenceJoin(ConferenceJoin {
                room,
                profile: field("profile_name").unwrap_or_default(),
            })
        } else if let Some(queue) = field("CC-Queue") {
            ConfigurationFlow::Queue(queue)
        } else if let Some(profile) = field("profile") {
            ConfigurationFlow::Profile(profile)
        } else {
            ConfigurationFlow::Whole
        }
    }
}
