//! Profiles of modules, their gateways, and the realms that they challenge with.

use jackfield_api::snapshot::{Domain, Gateway, Profile, ProfileDomain, ProfileKind, Setting};

use super::super::place::Place;
use super::super::tree::Element;
use super::{Taker, is_true};

/// Whether a mailbox without a PIN takes any.
const EMPTY_PIN: &str = "allow-empty-password-auth";

impl Taker<'_> {
    /// The profiles of a document. What else stands in its list stays there.
    pub(super) fn profiles(&mut self, kind: ProfileKind, document: &mut Element) {
        let Some(list) = document.children.iter_mut().find(|list| list.name == "profiles") else {
            return;
        };
        let elements = std::mem::take(&mut list.children);
        let (profiles, others): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(|element| element.name == "profile");
        list.children = others;
        for element in &profiles {
            let Some(profile) = self.profile(kind, element) else { continue };
            let is_it = |known: &Profile| {
                known.kind == kind && known.name.eq_ignore_ascii_case(&profile.name)
            };
            if self.contents.profiles.iter().any(is_it) {
                let text = format!("a second profile «{}» of {kind}", profile.name);
                self.report.left_out(&element.place, text);
            } else {
                if kind == ProfileKind::Sofia {
                    self.profile_places.push((profile.name.clone(), realm_place(element)));
                }
                self.contents.profiles.push(profile);
            }
        }
    }

    fn profile(&mut self, kind: ProfileKind, element: &Element) -> Option<Profile> {
        let name = self.name_of(element)?;
        for (attribute, _) in element.attributes.iter().filter(|(key, _)| key != "name") {
            let text = format!("the attribute {attribute} of profile «{name}»");
            self.report.left_out(&element.place, text);
        }
        let mut profile = Profile { kind, name, ..Profile::default() };
        let mut others = Vec::new();
        for inner in &element.children {
            match (kind, inner.name.as_str()) {
                (ProfileKind::Sofia, "settings") => {
                    profile.params.extend(self.settings(inner, "param"));
                }
                (ProfileKind::Sofia, "gateways") => {
                    for gateway in &inner.children {
                        profile.gateways.extend(self.gateway(gateway));
                    }
                }
                // A name that the switch alone knows stays in a list of its own, live.
                (ProfileKind::Sofia, "aliases" | "domains") if !self.names_are_known(inner) => {
                    others.push(inner);
                }
                (ProfileKind::Sofia, "aliases") => {
                    for alias in inner.children_named("alias") {
                        profile.aliases.extend(self.name_of(alias));
                    }
                }
                (ProfileKind::Sofia, "domains") => {
                    for domain in inner.children_named("domain") {
                        let Some(name) = self.name_of(domain) else { continue };
                        let says = |name| domain.attribute(name).is_some_and(is_true);
                        let (alias, parse) = (says("alias"), says("parse"));
                        profile.domains.push(ProfileDomain { name, alias, parse });
                    }
                }
                (ProfileKind::Sofia, _) => others.push(inner),
                (_, "param") => profile.params.extend(self.setting(inner)),
                _ => others.push(inner),
            }
        }
        profile.others = self.raw(others);
        if kind == ProfileKind::Voicemail {
            self.check_pins(&profile, element);
            // Every answer says false, whatever is stored.
            profile.params.retain(|param| !param.name.eq_ignore_ascii_case(EMPTY_PIN));
        }
        Some(profile)
    }

    fn names_are_known(&self, list: &Element) -> bool {
        let mut names = list.children.iter().filter_map(|inner| inner.attribute("name"));
        names.all(|name| self.is_known(name))
    }

    /// One name is one gateway, wherever it stands.
    pub(super) fn gateway(&mut self, element: &Element) -> Option<Gateway> {
        if element.name != "gateway" {
            self.stray(element, "gateways");
            return None;
        }
        let name = self.name_of(element)?;
        let key = name.to_ascii_lowercase();
        if let Some(place) = self.gateways.insert(key.clone(), element.place.clone()) {
            let text = format!("a second gateway «{name}»: there is one at {place}");
            self.report.left_out(&element.place, text);
            self.gateways.insert(key, place);
            return None;
        }
        let params = element.children_named("param").filter_map(|param| self.setting(param));
        let params = params.collect();
        let others = self.raw(element.children.iter().filter(|inner| inner.name != "param"));
        Some(Gateway { name, params, others })
    }

    fn check_pins(&mut self, profile: &Profile, element: &Element) {
        let open = value_of(&profile.params, EMPTY_PIN).is_none_or(is_true);
        if open {
            let text = format!(
                "voicemail profile «{}» lets callers into mailboxes without a PIN; it is answered \
                 with allow-empty-password-auth false",
                profile.name
            );
            self.report.finding(&element.place, text);
        }
    }

    /// Hashes fit one realm: a profile that challenges with another lets nobody in.
    pub(super) fn check_realms(&mut self) {
        let realms: Vec<String> =
            self.contents.domains.iter().flat_map(Domain::all_realms).map(str::to_owned).collect();
        let Some(first) = realms.first() else { return };
        let mut findings = Vec::new();
        for (name, place) in &self.profile_places {
            let is_it =
                |profile: &&Profile| profile.kind == ProfileKind::Sofia && profile.name == *name;
            let Some(profile) = self.contents.profiles.iter().find(is_it) else { continue };
            let says = |name: &str| {
                value_of(&profile.params, name).map(|text| self.globals.resolve(text).0)
            };
            let realm = says("challenge-realm").filter(|realm| !realm.is_empty());
            let realm = realm.unwrap_or_else(|| "auto_to".to_owned());
            let asks = says("auth-calls").is_none_or(|calls| is_true(&calls));
            if !asks || realms.contains(&realm) {
                continue;
            }
            let forced = says("force-register-domain").filter(|domain| realms.contains(domain));
            let line = forced.as_ref().unwrap_or(first);
            let text = format!(
                "profile «{name}» challenges with realm «{realm}», and secrets are made for the \
                 domain: write <param name=\"challenge-realm\" value=\"{line}\"/>, or phones that \
                 name another realm are refused"
            );
            findings.push((place.clone(), text));
        }
        for (place, text) in findings {
            self.report.finding(&place, text);
        }
    }
}

fn value_of<'p>(params: &'p [Setting], name: &str) -> Option<&'p str> {
    let named = |param: &&Setting| param.name.eq_ignore_ascii_case(name);
    params.iter().find(named).map(|param| param.text.as_str())
}

/// The line to change: that of the parameter, else that of the settings it is missing from.
fn realm_place(profile: &Element) -> Place {
    let Some(settings) = profile.child("settings") else { return profile.place.clone() };
    let mut params = settings.children_named("param");
    let realm = params.find(|param| {
        param.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("challenge-realm"))
    });
    realm.unwrap_or(settings).place.clone()
}
