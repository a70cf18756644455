//! Documents of modules: those that there are tables for, and all others as they are.

use std::collections::BTreeSet;

use jackfield_api::files::ROOM;
use jackfield_api::snapshot::{
    AccessList, AccessNode, AccessTarget, Agent, Hosts, Menu, MenuEntry, ProfileKind, Queue, Room,
    StoredDocument, Tier,
};

use super::super::tree::Element;
use super::{Standing, Taker, is_true};

/// Documents that a switch reads before it can ask anybody.
const READ_FROM_DISK: [&str; 4] =
    ["modules.conf", "pre_load_modules.conf", "switch.conf", "xml_curl.conf"];

impl Taker<'_> {
    pub(super) fn configuration(&mut self, section: &Element) {
        let mut names = BTreeSet::new();
        for element in &section.children {
            if element.name != "configuration" {
                self.stray(element, "section configuration");
                continue;
            }
            let Some(name) = self.name_of(element) else { continue };
            let key = name.to_ascii_lowercase();
            if !names.insert(key.clone()) {
                let text = format!("a second {name}: the switch finds the first alone");
                self.report.left_out(&element.place, text);
                continue;
            }
            let (mut frame, mut tabled) = (element.clone(), true);
            match key.as_str() {
                "sofia.conf" => self.profiles(ProfileKind::Sofia, &mut frame),
                "verto.conf" => self.profiles(ProfileKind::Verto, &mut frame),
                "conference.conf" => {
                    self.profiles(ProfileKind::Conference, &mut frame);
                    self.rooms(&mut frame);
                }
                "voicemail.conf" => self.profiles(ProfileKind::Voicemail, &mut frame),
                "acl.conf" => self.access_lists(&mut frame),
                "ivr.conf" => self.menus(&mut frame),
                "callcenter.conf" => self.callcenter(&mut frame),
                _ => {
                    let disk = READ_FROM_DISK.contains(&key.as_str());
                    let why = if disk {
                        ": the switch reads it before it asks; keep the file there"
                    } else {
                        ""
                    };
                    self.report.document(&element.place, format!("{name}{why}"));
                    tabled = false;
                }
            }
            if tabled && frame.children.iter().any(|list| !list.children.is_empty()) {
                let text = format!("{name}: what has no table of its own");
                self.report.document(&element.place, text);
            }
            for (attribute, value) in &mut frame.attributes {
                if attribute == "name" {
                    value.clone_from(&name);
                }
            }
            if tabled && is_bare(&frame) {
                continue;
            }
            let xml = self.raw([&frame]);
            self.contents.documents.push(StoredDocument { name, xml, hosts: Hosts::default() });
        }
    }

    /// Takes the elements of a list of a document; those that are given back stay where they are.
    fn listed(
        &mut self,
        document: &mut Element,
        list: &str,
        item: &str,
        mut take: impl FnMut(&mut Self, &Element) -> Taken,
    ) {
        let Some(list) = document.children.iter_mut().find(|found| found.name == list) else {
            return;
        };
        let elements = std::mem::take(&mut list.children);
        list.children = elements
            .into_iter()
            .filter(|element| element.name != item || take(self, element) == Taken::Not)
            .collect();
    }

    fn access_lists(&mut self, document: &mut Element) {
        self.listed(document, "network-lists", "list", |taker, element| {
            // Nodes with a mask or ports have no place in the table, and none that are made of what
            // the switch alone knows.
            let plain = element.children.iter().all(|node| {
                let fits = |name: &str| matches!(name, "type" | "cidr" | "domain");
                let one = node.attribute("cidr").is_some() != node.attribute("domain").is_some();
                let known = node.attribute("cidr").is_none_or(|network| taker.is_known(network));
                let plain = node.attributes.iter().all(|(name, _)| fits(name));
                node.name == "node" && one && known && plain
            });
            let named = |(name, _): &(String, String)| matches!(name.as_str(), "name" | "default");
            if !plain || !element.attributes.iter().all(named) {
                taker.kept(element, "a network list");
                return Taken::Not;
            }
            let Some(name) = taker.name_of(element) else { return Taken::Yes };
            if taker.contents.access_lists.iter().any(|list| list.name.eq_ignore_ascii_case(&name))
            {
                taker.kept(element, "a second network list");
                return Taken::Not;
            }
            let mut nodes = Vec::new();
            for node in &element.children {
                let allow = node.attribute("type").is_some_and(is_true);
                let target = match (node.attribute("cidr"), node.attribute("domain")) {
                    (Some(cidr), _) => {
                        taker.known("a network", cidr, &node.place).map(AccessTarget::Cidr)
                    }
                    (None, domain) => taker
                        .key(
                            "the domain of a network list",
                            domain.unwrap_or_default(),
                            &node.place,
                        )
                        .map(AccessTarget::Domain),
                };
                nodes.extend(target.map(|target| AccessNode { allow, target }));
            }
            let default_allow = element.attribute("default").is_some_and(is_true);
            taker.contents.access_lists.push(AccessList {
                name,
                default_allow,
                nodes,
                hosts: Hosts::default(),
            });
            Taken::Yes
        });
    }

    fn menus(&mut self, document: &mut Element) {
        self.listed(document, "menus", "menu", |taker, element| {
            let Some(menu) = taker.menu(element) else { return Taken::Yes };
            let name = &menu.name;
            if taker.contents.menus.iter().any(|menu| menu.name.eq_ignore_ascii_case(name)) {
                let text = format!("a second menu «{name}»: the switch finds the first alone");
                taker.report.left_out(&element.place, text);
            } else {
                taker.contents.menus.push(menu);
            }
            Taken::Yes
        });
    }

    pub(super) fn menu(&mut self, element: &Element) -> Option<Menu> {
        let name = self.name_of(element)?;
        let attributes = element.attributes.iter().filter(|(key, _)| key != "name");
        let attributes =
            attributes.map(|(key, _)| self.attribute(element, key, Standing::Plain)).collect();
        let mut entries = Vec::new();
        for entry in &element.children {
            if entry.name == "entry" {
                entries.extend(self.menu_entry(entry));
            } else {
                self.stray(entry, "a menu");
            }
        }
        Some(Menu { name, attributes, entries })
    }

    fn menu_entry(&mut self, element: &Element) -> Option<MenuEntry> {
        let mut known = |name: &str| {
            let text = element.attribute(name).unwrap_or_default();
            self.known(&format!("the {name} of a menu's entry"), text, &element.place)
        };
        let (action, digits) = (known("action")?, known("digits")?);
        let param = element.attribute("param").unwrap_or_default();
        let (param, level) = self.leveled(element, "param", param, Standing::Captured);
        for (attribute, _) in &element.attributes {
            if !matches!(attribute.as_str(), "action" | "digits" | "param") {
                let text = format!("the attribute {attribute} of a menu's entry");
                self.report.left_out(&element.place, text);
            }
        }
        Some(MenuEntry { action, digits, param, level })
    }

    /// Rooms as an export writes them: a file of others tells no profile.
    fn rooms(&mut self, document: &mut Element) {
        self.listed(document, "advertise", "room", |taker, element| {
            let [Some(name), Some(profile)] = ROOM.map(|name| element.attribute(name)) else {
                return Taken::Not;
            };
            let name = taker.key("the name of a room", name, &element.place);
            let profile = taker.key("the profile of a room", profile, &element.place);
            let (Some(name), Some(profile)) = (name, profile) else { return Taken::Yes };
            if taker.contents.rooms.iter().any(|room| room.name.eq_ignore_ascii_case(&name)) {
                taker.report.left_out(&element.place, format!("a second room «{name}»"));
                return Taken::Yes;
            }
            taker.contents.rooms.push(Room { name, profile });
            Taken::Yes
        });
    }

    fn callcenter(&mut self, document: &mut Element) {
        self.listed(document, "queues", "queue", |taker, element| {
            let Some(name) = taker.name_of(element) else { return Taken::Yes };
            if taker.contents.queues.iter().any(|queue| queue.name.eq_ignore_ascii_case(&name)) {
                taker.report.left_out(&element.place, format!("a second queue «{name}»"));
                return Taken::Yes;
            }
            let params = taker.settings(element, "param");
            taker.contents.queues.push(Queue { name, params });
            Taken::Yes
        });
        self.listed(document, "agents", "agent", |taker, element| {
            let Some(name) = taker.name_of(element) else { return Taken::Yes };
            if taker.contents.agents.iter().any(|agent| agent.name.eq_ignore_ascii_case(&name)) {
                taker.report.left_out(&element.place, format!("a second agent «{name}»"));
                return Taken::Yes;
            }
            let attributes = element.attributes.iter().filter(|(key, _)| key != "name");
            let attributes = attributes
                .map(|(key, _)| taker.attribute(element, key, Standing::Expanded))
                .collect();
            taker.contents.agents.push(Agent { name, attributes });
            Taken::Yes
        });
        self.listed(document, "tiers", "tier", Self::tier);
    }

    fn tier(&mut self, element: &Element) -> Taken {
        let mut named = |name: &str| {
            let text = element.attribute(name).unwrap_or_default();
            self.key(&format!("the {name} of a tier"), text, &element.place)
        };
        let (Some(queue), Some(agent)) = (named("queue"), named("agent")) else {
            return Taken::Yes;
        };
        let number = |name| match element.attribute(name) {
            None => Some(1),
            Some(text) => text.parse().ok().filter(|number| *number > 0),
        };
        let known = self.contents.queues.iter().any(|found| found.name == queue)
            && self.contents.agents.iter().any(|found| found.name == agent);
        match (number("level"), number("position")) {
            (Some(level), Some(position)) if known => {
                let tier = Tier { queue, agent, level, position };
                let same =
                    |found: &Tier| (&found.queue, &found.agent) == (&tier.queue, &tier.agent);
                if !self.contents.tiers.iter().any(same) {
                    self.contents.tiers.push(tier);
                }
                Taken::Yes
            }
            _ => {
                self.kept(element, "a tier of a queue or an agent that is described elsewhere");
                Taken::Not
            }
        }
    }

    fn kept(&mut self, element: &Element, what: &str) {
        self.report.document(&element.place, what);
    }
}

/// Whether a document holds nothing but the lists that the tables have now.
fn is_bare(frame: &Element) -> bool {
    const LISTS: [&str; 7] =
        ["advertise", "agents", "menus", "network-lists", "profiles", "queues", "tiers"];
    frame.attributes.iter().all(|(name, _)| name == "name")
        && frame.children.iter().all(|list| {
            LISTS.contains(&list.name.as_str())
                && list.attributes.is_empty()
                && list.children.is_empty()
        })
}

/// Whether a table has an element now.
#[derive(PartialEq, Eq)]
enum Taken {
    Yes,
    Not,
}
