//! Conference rooms.

use super::{Level, Profile, ProfileKind};

/// A room that callers meet in.
///
/// ```
/// use jackfield_api::snapshot::{Profile, ProfileKind, Room};
///
/// let profile = Profile::new(ProfileKind::Conference, "wide").param("domain", "pbx.example.test");
/// assert_eq!(Room::new("3000", "wide").advertised([&profile]).name, "3000@pbx.example.test");
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Room {
    /// The name, mostly the number that is dialled.
    pub name: String,
    /// The conference profile it runs with.
    pub profile: String,
}

impl Room {
    /// A room that runs with a conference profile.
    pub fn new(name: impl Into<String>, profile: impl Into<String>) -> Self {
        Self { name: name.into(), profile: profile.into() }
    }

    /// The room by the name that phones subscribe to: with the domain that its profile, one of these,
    /// has for presence.
    #[must_use]
    pub fn advertised<'p>(&self, profiles: impl IntoIterator<Item = &'p Profile>) -> Self {
        let mut room = self.clone();
        let is_its = |profile: &&Profile| {
            profile.kind == ProfileKind::Conference
                && profile.name.eq_ignore_ascii_case(&self.profile)
        };
        let profile = profiles.into_iter().find(is_its);
        let params = profile.map(|profile| profile.params.as_slice()).unwrap_or_default();
        let domain = params
            .iter()
            .find(|param| param.name.eq_ignore_ascii_case("domain"))
            .filter(|domain| domain.level == Level::Text && !domain.text.is_empty());
        if let Some(domain) = domain.filter(|_| !room.name.contains('@')) {
            room.name = format!("{}@{}", room.name, domain.text);
        }
        room
    }
}
