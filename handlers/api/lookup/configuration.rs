//! Look-ups of section `configuration`: one `*.conf` document.

use std::borrow::Cow;

use super::Lookup;

/// A module asks for its document.
#[derive(Debug, Clone, Copy)]
pub struct ConfigurationLookup<'a> {
    lookup: &'a Lookup,
}

/// Why the document is asked for, where it makes a difference to the answer.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConferenceJoin<'a> {
    /// Name of the room.
    pub room: Cow<'a, str>,
    /// The profile that the dialplan named.
    pub profile: Cow<'a, str>,
}

/// The controls that a member asks for (`conference_member_bind_controls`).
#[derive(Debug, Clone, PartialEq, Eq)]
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
