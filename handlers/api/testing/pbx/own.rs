//! The PBX of the tests with something of one's own in it.

use super::{contents, user};
use crate::snapshot::{
    Channel, Contents, Context, Domain, Extension, Gateway, Global, Group, Hosts, Language, List,
    Macro, Profile, ProfileKind, Setting, Snapshot, StoredDocument, User,
};
use crate::xml::Raw;

/// A PBX under way. What is put in takes the place of its namesake.
///
/// ```
/// use jackfield_api::snapshot::{Condition, Extension};
/// use jackfield_api::testing::Pbx;
///
/// let desk = Condition::on("destination_number", "^5551234$").run("bridge", "user/2000@a.test");
/// let pbx = Pbx::new()
///     .user("2000@a.test")
///     .context("from-customers", [Extension::new("desk", desk)])
///     .gateway("external", "carrier", &[("proxy", "carrier.example.test")])
///     .snapshot();
/// assert!(pbx.domain("a.test").is_some_and(|domain| domain.user("2000").is_some()));
/// assert!(pbx.context("default").is_some(), "what pbx() has");
/// ```
#[derive(Debug, Clone)]
pub struct Pbx {
    contents: Contents,
}

impl Default for Pbx {
    fn default() -> Self {
        Self::new()
    }
}

impl Pbx {
    /// One that has what [`pbx`](super::pbx()) has.
    pub fn new() -> Self {
        Self { contents: contents() }
    }

    /// One that has nothing.
    pub fn empty() -> Self {
        Self { contents: Contents { revision: 1, ..Contents::default() } }
    }

    /// As it is now.
    pub fn snapshot(self) -> Snapshot {
        Snapshot::new(self.contents)
    }

    /// With whatever else is to be changed in it.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Contents)) -> Self {
        change(&mut self.contents);
        self
    }

    /// With this domain.
    #[must_use]
    pub fn domain(mut self, domain: Domain) -> Self {
        let name = domain.name().to_owned();
        put(&mut self.contents.domains, domain, |other| is(other.name(), &name));
        self
    }

    /// With a user like those of [`pbx`](super::pbx()): with a hash for MD5 of 32 times `5`, one for
    /// SHA-256 of 64 times `2`, a mailbox with a PIN and the context `default`. Its domain is made where
    /// it is not there.
    ///
    /// # Panics
    /// Where the address is not `id@domain`.
    #[must_use]
    #[track_caller]
    pub fn user(self, address: &str) -> Self {
        let Some((id, domain)) = address.split_once('@') else { panic!("{address} has no domain") };
        self.user_of(domain, user(id, domain))
    }

    /// With this user in this domain, which is made where it is not there.
    #[must_use]
    pub fn user_of(self, domain: &str, user: User) -> Self {
        self.change(domain, |domain| {
            let users = domain.users().iter().map(|user| user.to_user());
            let users: Vec<_> = users.filter(|other| !is(&other.id, &user.id)).collect();
            domain.with_users(users.into_iter().chain([user]))
        })
    }

    /// With a group of these users of a domain, which is made where it is not there.
    #[must_use]
    pub fn group(self, domain: &str, name: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        let group = Group { name: name.to_owned(), members, ..Group::default() };
        self.change(domain, |domain| {
            let mut groups = domain.groups().clone();
            put(&mut groups, group, |other| is(&other.name, name));
            domain.with_groups(groups)
        })
    }

    /// With a context of the dialplan.
    #[must_use]
    pub fn context(mut self, name: &str, extensions: impl Into<List<Extension>>) -> Self {
        let context = Context::new(name, extensions);
        put(&mut self.contents.dialplan, context, |other| is(other.name(), name));
        self
    }

    /// With a context of the chatplan.
    #[must_use]
    pub fn chat_context(mut self, name: &str, extensions: impl Into<List<Extension>>) -> Self {
        let context = Context::new(name, extensions);
        put(&mut self.contents.chatplan, context, |other| is(other.name(), name));
        self
    }

    /// With a gateway of a SIP profile, which is made where it is not there.
    #[must_use]
    pub fn gateway(mut self, profile: &str, name: &str, params: &[(&str, &str)]) -> Self {
        let profiles = &mut self.contents.profiles;
        let is_it = |other: &Profile| other.kind == ProfileKind::Sofia && is(&other.name, profile);
        let mut own = profiles.iter().find(|other| is_it(other)).cloned().unwrap_or_default();
        profile.clone_into(&mut own.name);
        own.gateways.retain(|other| !is(&other.name, name));
        let params = params.iter().map(|(name, value)| Setting::new(*name, *value)).collect();
        own.gateways.push(Gateway { name: name.to_owned(), params, ..Gateway::default() });
        put(profiles, own, is_it);
        self
    }

    /// With a document of an operator, as in `timezones.conf`, of this `<configuration>`.
    ///
    /// # Panics
    /// Where it is no XML.
    #[must_use]
    #[track_caller]
    pub fn document(mut self, name: &str, xml: &str) -> Self {
        let document =
            StoredDocument { name: name.to_owned(), xml: raw(xml), hosts: Hosts::default() };
        put(&mut self.contents.documents, document, |other| is(&other.name, name));
        self
    }

    /// With a phrase of a language, which is made where it is not there, of this `<macro>`.
    ///
    /// # Panics
    /// Where it is no XML.
    #[must_use]
    #[track_caller]
    pub fn phrase(mut self, language: &str, name: &str, xml: &str) -> Self {
        let phrase = Macro { name: name.to_owned(), xml: raw(xml) };
        let languages = &mut self.contents.languages;
        let is_it = |other: &Language| is(&other.name, language);
        let mut own = languages.iter().find(|other| is_it(other)).cloned().unwrap_or_default();
        language.clone_into(&mut own.name);
        own.macros.insert(name.to_ascii_lowercase(), phrase);
        put(languages, own, is_it);
        self
    }

    /// With a global variable, which is put into the texts that read it.
    #[must_use]
    pub fn global(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        let global = Global { name: name.clone(), value, hosts: Hosts::default() };
        put(&mut self.contents.globals, global, |other| is(&other.name, &name));
        self
    }

    /// With a channel that browsers may join.
    #[must_use]
    pub fn channel(mut self, channel: Channel) -> Self {
        let name = channel.name.clone();
        put(&mut self.contents.channels, channel, |other| is(&other.name, &name));
        self
    }

    fn change(self, domain: &str, change: impl FnOnce(Domain) -> Domain) -> Self {
        let found = self.contents.domains.iter().find(|other| is(other.name(), domain)).cloned();
        self.domain(change(found.unwrap_or_else(|| Domain::new(domain))))
    }
}

fn is(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

#[track_caller]
fn raw(xml: &str) -> Raw {
    Raw::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"))
}

/// Puts an item in the place of the one that it is a namesake of, or at the end.
fn put<T: Clone>(list: &mut List<T>, item: T, is_namesake: impl Fn(&T) -> bool) {
    let mut items: Vec<_> = list.iter().cloned().collect();
    match items.iter().position(is_namesake) {
        Some(at) => items[at] = item,
        None => items.push(item),
    }
    *list = items.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Algorithm, Condition};

    #[test]
    fn what_is_put_in_is_there_beside_what_was() {
        let pbx = Pbx::new()
            .user("2000@pbx.example.test")
            .user("1@other.test")
            .group("pbx.example.test", "new", &["2000"])
            .context("own", [Extension::new("e", Condition::default())])
            .chat_context("own", [])
            .gateway("external", "own", &[("proxy", "a.test")])
            .gateway("fresh", "own", &[])
            .document("own.conf", "<configuration name='own.conf'/>")
            .phrase("en", "own", "<macro name='own'/>")
            .phrase("de", "own", "<macro name='own'/>")
            .channel(Channel::new("desk"))
            .snapshot();
        let domain = pbx.domain("pbx.example.test").expect("the domain");
        assert!(domain.user("1000").is_some() && domain.group("sales").is_some());
        let own = domain.user("2000").expect("the user");
        assert!(own.secret("2000", "pbx.example.test", Algorithm::Md5).is_some());
        assert!(domain.group("new").is_some());
        assert!(pbx.domain("other.test").is_some_and(|other| other.user("1").is_some()));
        assert!(pbx.context("own").is_some() && pbx.context("default").is_some());
        assert!(pbx.chat_context("own").is_some());
        let gateways = |name: &str| {
            let mut profiles = pbx.contents().profiles.iter();
            profiles.find(|profile| profile.name == name).map(|profile| profile.gateways.len())
        };
        assert_eq!((gateways("external"), gateways("fresh")), (Some(2), Some(1)));
        assert!(pbx.on("vm").document("own.conf").is_some());
        assert_eq!(pbx.language("en").map(|language| language.macros.len()), Some(3));
        assert!(pbx.language("de").is_some() && pbx.channel("desk").is_some());
    }

    #[test]
    fn a_namesake_goes() {
        let user = User { id: "1000".into(), disabled: true, ..User::default() };
        let pbx = Pbx::new()
            .user_of("PBX.example.test", user)
            .context("Default", [])
            .gateway("external", "upstream", &[("proxy", "a.test")])
            .global("a", "1")
            .global("A", "2")
            .with(|contents| contents.revision = 9)
            .snapshot();
        assert_eq!(pbx.user_count(), super::super::pbx().user_count());
        let domain = pbx.domain("pbx.example.test").expect("the domain");
        assert!(domain.user("1000").expect("the user").disabled);
        assert_eq!(pbx.contents().dialplan.len(), 1);
        assert!(pbx.context("default").expect("a context").extensions().is_empty());
        let external = pbx.contents().profiles.iter().find(|found| found.name == "external");
        assert_eq!(external.expect("a profile").gateways.len(), 1);
        let globals: Vec<_> = pbx.contents().globals.iter().map(|global| &*global.value).collect();
        assert_eq!((globals, pbx.revision()), (vec!["2"], 9));
        assert_eq!(Pbx::empty().snapshot().user_count(), 0);
    }
}
