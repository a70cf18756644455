//! Files of section `configuration`.

use std::borrow::Cow;

use super::{ROOM, added, include};
use crate::document::{
    Configuration, gateway as gateway_element, menu as menu_element, profile_settings,
};
use crate::snapshot::{Contents, Gateway, Globals, Level, Menu, Profile, ProfileKind, Setting};
use crate::xml::{Element, XmlError, file};

/// A part of a document that is not there where the tables have nothing for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// This list of other files: the name of its element and the path.
    Files(&'a str, &'a str),
    /// The profiles of a module, completed.
    Profiles(ProfileKind),
    /// The rooms of conferences.
    Rooms,
    /// Network lists.
    AccessLists,
    /// Queues of the call centre.
    Queues,
    /// Its agents.
    Agents,
    /// Which agent serves which queue.
    Tiers,
    /// The keys that callers know.
    UsualCallerControls,
}

impl<'a> Configuration<'a> {
    /// Adds a part as it stands in a file.
    #[must_use]
    pub fn with_part(self, part: Part<'a>, contents: &'a Contents) -> Self {
        match part {
            Part::Files(list, path) => self.part(Element::new(list).holding([include(path)])),
            Part::Profiles(kind) => {
                let of_kind = contents.profiles.iter().filter(|profile| profile.kind == kind);
                let globals = Globals::new(&contents.globals);
                let completed = of_kind.map(|profile| completed(profile, &globals));
                self.part(Element::new("profiles").holding(completed))
            }
            Part::Rooms => self.part(Element::new("advertise").holding(rooms(contents))),
            Part::AccessLists => self.network_lists(&contents.access_lists),
            Part::Queues => self.queues(&contents.queues),
            Part::Agents => self.agents(&contents.agents),
            Part::Tiers => self.tiers(&contents.tiers),
            Part::UsualCallerControls => {
                let mut usual = Self::new("").usual_caller_controls();
                let part = usual.parts.pop().expect("just put there");
                self.part(added(part))
            }
        }
    }

    /// Marks the whole document as one that is not stored.
    #[must_use]
    pub fn added(mut self) -> Self {
        self.root = added(self.root);
        self
    }

    /// The document as a file.
    pub fn file(self) -> Result<String, XmlError> {
        file([self.element()])
    }
}

/// A profile of sofia, with the path of the files of its gateways.
pub fn profile(profile: &Profile, gateways: Option<&str>) -> Result<String, XmlError> {
    let gateways =
        gateways.map(|path| Element::new("gateways").holding([include(path)])).into_iter();
    let element = Element::new("profile").with("name", &profile.name);
    file([element.holding(gateways).holding(profile_settings(profile))])
}

/// A gateway.
pub fn gateway(gateway: &Gateway) -> Result<String, XmlError> {
    file([gateway_element(gateway)])
}

/// A menu.
pub fn menu(menu: &Menu) -> Result<String, XmlError> {
    file([menu_element(menu)])
}

/// A profile with what an answer adds to it.
fn completed(profile: &Profile, globals: &Globals) -> Element<'static> {
    let mut element = Element::new("profile").with("name", profile.name.clone());
    for param in &profile.completed(|param| text_of(param, globals)).params {
        let named = |own: &Setting| own.name.eq_ignore_ascii_case(&param.name);
        let (name, value) = (param.name.clone(), param.value().into_owned());
        let mut written = Element::new("param").with("name", name).with("value", value);
        if param.secure {
            written = written.with("secure", true);
        }
        element.push(if profile.params.iter().any(named) { written } else { added(written) });
    }
    element.holding(profile.others.elements().iter().cloned())
}

fn text_of<'s>(param: &'s Setting, globals: &Globals) -> Cow<'s, str> {
    match param.level {
        Level::Global => Cow::Owned(globals.resolve(&param.text)),
        _ => Cow::Borrowed(&param.text),
    }
}

/// The rooms as phones know them, with what is stored of them.
fn rooms(contents: &Contents) -> impl Iterator<Item = Element<'_>> {
    contents.rooms.iter().map(|room| {
        Element::new("room")
            .with("name", room.advertised(&contents.profiles).name)
            .with("status", "FreeSWITCH")
            .with(ROOM[0], &room.name)
            .with(ROOM[1], &room.profile)
    })
}
