//! Answers in section `configuration`.

use super::Document;
use crate::answer::Answer;
use crate::lookup::Section;
use crate::snapshot::{
    AccessList, AccessTarget, Agent, Gateway, Level, Menu, Profile, ProfileKind, Queue, Room,
    Setting, StoredDocument, Tier,
};
use crate::xml::{Element, Node, Place, Value, XmlError, fragment};

/// A `*.conf` document in the making. Parts are written in the order in which they are added.
///
/// ```
/// use jackfield_api::document::Configuration;
/// use jackfield_api::snapshot::{Profile, ProfileKind};
///
/// let profile = Profile::new(ProfileKind::Conference, "wide").param("rate", 48_000);
/// let answer = Configuration::new("conference.conf")
///     .usual_caller_controls()
///     .profiles([&profile])
///     .answer();
/// # answer?;
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
///
/// A document that this has no words for is [`stored`](Configuration::stored) XML.
#[derive(Debug, Clone)]
pub struct Configuration<'a> {
    pub(crate) root: Element<'a>,
    pub(crate) parts: Vec<Element<'a>>,
    frame: Option<&'a StoredDocument>,
}

/// The group of keys that a member of a conference has where neither call nor profile names one.
pub const USUAL_CONTROLS: &str = "default";

/// Digits and what they do.
const USUAL_KEYS: [(&str, &str); 12] = [
    ("0", "mute"),
    ("*", "deaf mute"),
    ("9", "energy up"),
    ("8", "energy equ"),
    ("7", "energy dn"),
    ("3", "vol talk up"),
    ("2", "vol talk zero"),
    ("1", "vol talk dn"),
    ("6", "vol listen up"),
    ("5", "vol listen zero"),
    ("4", "vol listen dn"),
    ("#", "hangup"),
];

/// One key of the conference's caller controls.
///
/// ```
/// use jackfield_api::document::{Configuration, Control};
///
/// let keys = [Control { action: "mute", digits: "0" }, Control { action: "hangup", digits: "#" }];
/// Configuration::new("conference.conf").caller_controls("quiet", keys).answer()?;
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// What it does, as in `mute`.
    pub action: &'a str,
    /// The digits that do it.
    pub digits: &'a str,
}

impl<'a> Configuration<'a> {
    /// A document of this name, as in `acl.conf`.
    pub fn new(name: impl Into<Value<'a>>) -> Self {
        let root = Element::new("configuration").with("name", name);
        Self { root, parts: Vec::new(), frame: None }
    }

    /// Puts the document into what the operator stored of it: each part goes to where the frame has
    /// an element of its name, before what already stands there, and what is in the frame besides
    /// stays.
    #[must_use]
    pub fn framed(mut self, frame: Option<&'a StoredDocument>) -> Self {
        self.frame = frame;
        self
    }

    /// A line for people that read the switch's XML.
    #[must_use]
    pub fn described(mut self, text: &'a str) -> Self {
        self.root = self.root.with("description", text);
        self
    }

    /// `<settings>` with one `<param>` each.
    #[must_use]
    pub fn settings<V: Into<Value<'a>>>(
        self,
        params: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Self {
        self.part(Element::new("settings").holding(plain(params)))
    }

    /// `<global_settings>` with one `<param>` each (`sofia.conf`).
    #[must_use]
    pub fn global_settings<V: Into<Value<'a>>>(
        self,
        params: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Self {
        self.part(Element::new("global_settings").holding(plain(params)))
    }

    /// `<settings>` with one `<hook>` for each event, its subclass and the script it runs
    /// (`lua.conf`).
    #[must_use]
    pub fn hooks(self, hooks: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let hooks = hooks.into_iter().map(|(event, subclass, script)| {
            Element::new("hook")
                .with("event", event)
                .with("subclass", subclass)
                .with("script", script)
        });
        self.part(Element::new("settings").holding(hooks))
    }

    /// `<profiles>`, each in the shape that its module reads.
    #[must_use]
    pub fn profiles(self, profiles: impl IntoIterator<Item = &'a Profile>) -> Self {
        self.part(Element::new("profiles").holding(profiles.into_iter().map(profile)))
    }

    /// `<profiles>` with one profile, its parameters inside a `<params>` of their own
    /// (`httapi.conf`).
    #[must_use]
    pub fn params_profile(
        self,
        name: &'a str,
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let profile = Element::new("profile")
            .with("name", name)
            .holding([Element::new("params").holding(plain(params))]);
        self.part(Element::new("profiles").holding([profile]))
    }

    /// `<network-lists>` (`acl.conf`).
    #[must_use]
    pub fn network_lists(self, lists: impl IntoIterator<Item = &'a AccessList>) -> Self {
        self.part(Element::new("network-lists").holding(lists.into_iter().map(network_list)))
    }

    /// `<menus>` (`ivr.conf`).
    #[must_use]
    pub fn menus(self, menus: impl IntoIterator<Item = &'a Menu>) -> Self {
        self.part(Element::new("menus").holding(menus.into_iter().map(menu)))
    }

    /// `<advertise>` with the rooms that presence is told of (`conference.conf`).
    #[must_use]
    pub fn rooms(self, rooms: impl IntoIterator<Item = &'a Room>) -> Self {
        let rooms = rooms
            .into_iter()
            .map(|room| Element::new("room").with("name", &room.name).with("status", "FreeSWITCH"));
        self.part(Element::new("advertise").holding(rooms))
    }

    /// `<caller-controls>` with one group of keys (`conference.conf`).
    #[must_use]
    pub fn caller_controls(
        self,
        group: impl Into<Value<'a>>,
        controls: impl IntoIterator<Item = Control<'a>>,
    ) -> Self {
        let controls = controls.into_iter().map(|control| {
            Element::new("control").with("action", control.action).with("digits", control.digits)
        });
        let group = Element::new("group").with("name", group).holding(controls);
        self.part(Element::new("caller-controls").holding([group]))
    }

    /// The keys that callers know from every switch that was never changed, as the group
    /// [`USUAL_CONTROLS`].
    #[must_use]
    pub fn usual_caller_controls(self) -> Self {
        let keys = USUAL_KEYS.into_iter().map(|(digits, action)| Control { action, digits });
        self.caller_controls(USUAL_CONTROLS, keys)
    }

    /// `<queues>` (`callcenter.conf`).
    #[must_use]
    pub fn queues(self, queues: impl IntoIterator<Item = &'a Queue>) -> Self {
        let queues = queues.into_iter().map(|queue| {
            Element::new("queue").with("name", &queue.name).holding(params(&queue.params))
        });
        self.part(Element::new("queues").holding(queues))
    }

    /// `<agents>` (`callcenter.conf`). The contact is a dial string.
    #[must_use]
    pub fn agents(self, agents: impl IntoIterator<Item = &'a Agent>) -> Self {
        let agents = agents.into_iter().map(|agent| {
            let mut element = Element::new("agent").with("name", &agent.name);
            for attribute in &agent.attributes {
                element.set(attribute.name.as_str(), attribute.value(), Place::Expanded);
            }
            element
        });
        self.part(Element::new("agents").holding(agents))
    }

    /// `<tiers>` (`callcenter.conf`).
    #[must_use]
    pub fn tiers(self, tiers: impl IntoIterator<Item = &'a Tier>) -> Self {
        let tiers = tiers.into_iter().map(|tier| {
            Element::new("tier")
                .with("agent", &tier.agent)
                .with("queue", &tier.queue)
                .with("level", tier.level)
                .with("position", tier.position)
        });
        self.part(Element::new("tiers").holding(tiers))
    }

    /// `<fifos>` with a name and an importance each (`fifo.conf`).
    #[must_use]
    pub fn fifos(self, fifos: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let fifos = fifos.into_iter().map(|(name, importance)| {
            Element::new("fifo").with("name", name).with("importance", importance)
        });
        self.part(Element::new("fifos").holding(fifos))
    }

    /// `<modules>` that are loaded after the core (`post_load_modules.conf`).
    #[must_use]
    pub fn modules(self, modules: impl IntoIterator<Item = &'a str>) -> Self {
        let modules = modules.into_iter().map(|module| Element::new("load").with("module", module));
        self.part(Element::new("modules").holding(modules))
    }

    /// `<timezones>` with a name and a POSIX rule each (`timezones.conf`).
    #[must_use]
    pub fn zones(self, zones: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let zones =
            zones.into_iter().map(|(name, rule)| Node::pair("zone", name, rule, Place::Plain));
        self.part(Element::new("timezones").holding(zones))
    }

    /// A `<directory>` of sounds with its parameters (`local_stream.conf`). The switch resolves
    /// `$${...}` in the path.
    #[must_use]
    pub fn stream(
        self,
        name: &'a str,
        path: &'a str,
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let stream = Element::new("directory").with("name", name).with("path", Value::global(path));
        self.part(stream.holding(plain(params)))
    }

    /// The finished document.
    pub fn answer(self) -> Answer {
        Ok(Document::write(Section::Configuration, "configuration", vec![self.element()])?)
    }

    pub(crate) fn element(self) -> Element<'a> {
        let Self { mut root, mut parts, frame } = self;
        let Some(frame) = frame.and_then(|frame| frame.xml.elements().first()) else {
            return root.holding(parts);
        };
        for (name, value, place) in frame.attributes() {
            if root.attribute(name).is_none() {
                root.set(name.clone(), value.clone(), *place);
            }
        }
        for standing in frame.children() {
            let part = parts.iter().position(|part| part.name() == standing.name());
            root.push(match part.map(|at| parts.remove(at)) {
                None => standing.clone(),
                Some(mut part) => {
                    for (name, value, place) in standing.attributes() {
                        part.set(name.clone(), value.clone(), *place);
                    }
                    part.holding(standing.children().cloned())
                }
            });
        }
        root.holding(parts)
    }

    /// A document as the operator stored it, or as XML says it that an operator wrote.
    ///
    /// Checked when the XML is parsed ([`Raw`](crate::xml::Raw)): that it is well-formed, and holds
    /// nothing that the pre-processor acts on. The router checks that its name is the one asked for.
    ///
    /// ```
    /// use jackfield_api::document::Configuration;
    /// use jackfield_api::snapshot::StoredDocument;
    /// use jackfield_api::xml::Raw;
    ///
    /// let xml = Raw::parse(r#"<configuration name="alsa.conf"><settings/></configuration>"#)?;
    /// let document = Configuration::stored(&StoredDocument::new("alsa.conf", xml))?;
    /// assert_eq!(document.names(), ["alsa.conf"]);
    /// # Ok::<(), jackfield_api::Refusal>(())
    /// ```
    pub fn stored(document: &StoredDocument) -> Answer {
        let elements = document.xml.elements().to_vec();
        Ok(Document::write(Section::Configuration, "configuration", elements)?)
    }

    pub(crate) fn part(mut self, part: Element<'a>) -> Self {
        self.parts.push(part);
        self
    }
}

/// One `<param>` for each name and value.
fn plain<'a, V: Into<Value<'a>>>(
    params: impl IntoIterator<Item = (&'a str, V)>,
) -> impl Iterator<Item = Node<'a>> {
    params.into_iter().map(|(name, value)| Node::pair("param", name, value, Place::Plain))
}

fn params(settings: &[Setting]) -> impl Iterator<Item = Node<'_>> {
    settings.iter().map(|setting| {
        let name = setting.name.as_str();
        if !setting.secure {
            return Node::pair("param", name, setting.value(), Place::Plain);
        }
        let param = Element::new("param").with("name", name).with("value", setting.value());
        param.with("secure", true).into()
    })
}

fn profile(profile: &Profile) -> Element<'_> {
    let element = Element::new("profile").with("name", &profile.name);
    if profile.kind != ProfileKind::Sofia {
        let others = profile.others.elements().iter().cloned();
        return element.holding(params(&profile.params)).holding(others);
    }
    let mut parts = Vec::new();
    if !profile.gateways.is_empty() {
        parts.push(Element::new("gateways").holding(profile.gateways.iter().map(gateway)));
    }
    element.holding(parts).holding(profile_settings(profile))
}

/// What a sofia profile holds besides its gateways.
pub(crate) fn profile_settings(profile: &Profile) -> Vec<Element<'_>> {
    let mut parts = Vec::new();
    if !profile.aliases.is_empty() {
        let aliases = profile.aliases.iter();
        let aliases = aliases.map(|alias| Element::new("alias").with("name", alias));
        parts.push(Element::new("aliases").holding(aliases));
    }
    if !profile.domains.is_empty() {
        parts.push(Element::new("domains").holding(profile.domains.iter().map(|domain| {
            Element::new("domain")
                .with("name", &domain.name)
                .with("alias", domain.alias)
                .with("parse", domain.parse)
        })));
    }
    // Also where there are none: without the element the switch does not start the profile.
    parts.push(Element::new("settings").holding(params(&profile.params)));
    parts.extend(profile.others.elements().iter().cloned());
    parts
}

pub(crate) fn gateway(gateway: &Gateway) -> Element<'_> {
    Element::new("gateway")
        .with("name", &gateway.name)
        .holding(params(&gateway.params))
        .holding(gateway.others.elements().iter().cloned())
}

fn network_list(list: &AccessList) -> Element<'_> {
    let word = |allow| if allow { "allow" } else { "deny" };
    let nodes = list.nodes.iter().map(move |node| {
        let element = Element::new("node").with("type", word(node.allow));
        match &node.target {
            AccessTarget::Cidr(cidr) => element.with("cidr", cidr),
            AccessTarget::Domain(domain) => element.with("domain", domain),
        }
    });
    Element::new("list")
        .with("name", &list.name)
        .with("default", word(list.default_allow))
        .holding(nodes)
}

impl Menu {
    /// Its `<menu>` element, as an answer holds it.
    pub fn to_xml(&self) -> Result<String, XmlError> {
        fragment(&[menu(self)])
    }
}

pub(crate) fn menu(menu: &Menu) -> Element<'_> {
    let mut element = Element::new("menu").with("name", &menu.name);
    for attribute in &menu.attributes {
        element.set(attribute.name.as_str(), attribute.value(), Place::Plain);
    }
    element.holding(menu.entries.iter().map(|entry| {
        let mut choice =
            // A pattern: nothing in it is ever expanded, and people read it.
            Element::new("entry")
                .with("action", &entry.action)
                .with("digits", Level::Channel.within(&entry.digits).value(&entry.digits));
        if !entry.param.is_empty() {
            choice.set("param", entry.level.value(&entry.param), Place::Captured);
        }
        choice
    }))
}
