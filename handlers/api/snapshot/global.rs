//! Global variables that are stored, and the texts that read them.
//!
//! A switch replaces `$${name}` when it reads its configuration. One that is served from here need
//! not know the operator's names: what is stored is put into every text that may read globals when
//! the snapshot is made, so that an answer holds `$${...}` only for what the switch alone knows. One that
//! is limited to some switches is put in once the answer to one of them is written: no text is kept
//! for each switch.

use std::collections::HashMap;

use super::hosts::{Hosts, Limited, pick};
use super::{
    Action, Agent, Condition, Contents, Extension, Gateway, Language, Level, List, Menu, Profile,
    Queue, Setting, Step, StoredDocument,
};

/// A global variable.
///
/// ```
/// use jackfield_api::snapshot::{Contents, Gateway, Global, Profile, ProfileKind, Snapshot};
/// use jackfield_api::xml::Value;
///
/// let proxy = Gateway::new("carrier").param("proxy", Value::global("$${carrier}"));
/// let snapshot = Snapshot::new(Contents {
///     globals: [Global::new("carrier", "carrier.example.test")].into(),
///     profiles: [Profile::new(ProfileKind::Sofia, "external").gateway(proxy)].into(),
///     ..Contents::default()
/// });
/// let profile = snapshot.on("vm").profiles(ProfileKind::Sofia).next().expect("one");
/// assert_eq!(profile.gateways[0].params[0].text, "carrier.example.test");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Global {
    /// The name, found without regard to ASCII case.
    pub name: String,
    /// The value; `$${...}` in it is live.
    pub value: String,
    /// The switches that it is for.
    #[cfg_attr(feature = "stored", serde(default, skip_serializing_if = "Hosts::are_all"))]
    pub hosts: Hosts,
}

impl Global {
    /// One that has this value on every switch.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), hosts: Hosts::default() }
    }
}

impl Limited for Global {
    fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    fn hosts_mut(&mut self) -> &mut Hosts {
        &mut self.hosts
    }

    fn is_namesake(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// Stored globals by name; namesakes are for different switches.
///
/// ```
/// use jackfield_api::snapshot::{Global, Globals};
///
/// let globals = Globals::new(&[Global::new("domain", "pbx.example.test")]);
/// assert_eq!(globals.resolve("1000@$${domain}, $${unknown}"), "1000@pbx.example.test, $${unknown}");
/// ```
#[derive(Debug, Default, Clone)]
pub struct Globals(HashMap<String, Vec<Global>>);

/// Longer than any chain of globals that means something: ends circles.
const DEEPEST: usize = 16;

/// Longer than any value that a switch takes: ends values that grow with each step.
const LONGEST: usize = 1 << 20;

/// More globals than any text is made of: ends values that say nothing but read one another often.
const MOST: usize = 4096;

impl Globals {
    /// Of two with one name the first counts.
    pub fn new<'g>(globals: impl IntoIterator<Item = &'g Global>) -> Self {
        let mut by_name = HashMap::<_, Vec<_>>::new();
        for global in globals {
            let name = global.name.to_ascii_lowercase();
            by_name.entry(name).or_default().push(global.clone());
        }
        Self(by_name)
    }

    /// Gives a name a value on every switch, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        let key = name.to_ascii_lowercase();
        match value {
            Some(value) => {
                let hosts = Hosts::default();
                self.0.insert(key, vec![Global { name: name.to_owned(), value, hosts }])
            }
            None => self.0.remove(&key),
        };
    }

    /// The value as it is stored, of a name that has the same one on every switch.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(&name.to_ascii_lowercase())?.as_slice() {
            found if found.iter().any(|global| !global.hosts.are_all()) => None,
            found => found.first().map(|global| global.value.as_str()),
        }
    }

    /// The value as this switch has it.
    pub fn get_on(&self, host: &str, name: &str) -> Option<&str> {
        let namesakes = self.0.get(&name.to_ascii_lowercase())?;
        pick(namesakes, host).map(|global| global.value.as_str())
    }

    /// Whether a value of the name is limited to some switches.
    pub fn is_limited(&self, name: &str) -> bool {
        let namesakes = self.0.get(&name.to_ascii_lowercase());
        namesakes.is_some_and(|found| found.iter().any(|global| !global.hosts.are_all()))
    }

    /// A text with the globals put in that are the same on every switch. Other names stay, and so
    /// does one that is made of itself.
    pub fn resolve(&self, text: &str) -> String {
        resolve_with(text, &|name| self.get(name))
    }

    /// A text with all globals put in, as this switch has them. Names that it has not stay.
    pub fn resolve_on(&self, host: &str, text: &str) -> String {
        resolve_with(text, &|name| self.get_on(host, name))
    }
}

/// Puts them into the parts of the contents.
impl Globals {
    fn put_into(&self, text: &mut String, level: Level) {
        if level == Level::Global && text.contains("$${") {
            *text = self.resolve(text);
        }
    }

    pub(super) fn settings(&self, settings: &mut [Setting]) {
        for setting in settings {
            self.put_into(&mut setting.text, setting.level);
        }
    }

    fn condition(&self, condition: &mut Condition) {
        self.settings(&mut condition.attributes);
        for step in &mut condition.steps {
            match step {
                Step::Action(action) | Step::AntiAction(action) => self.action(action),
                Step::Expression(found) => self.put_into(&mut found.text, found.level),
                Step::Regex(regex) => {
                    self.settings(&mut regex.attributes);
                    if let Some(found) = &mut regex.expression {
                        self.put_into(&mut found.text, found.level);
                    }
                }
                Step::Condition(inner) => self.condition(inner),
            }
        }
    }

    fn action(&self, action: &mut Action) {
        self.put_into(&mut action.data, action.level);
        self.settings(&mut action.attributes);
    }
}

type Get<'g> = dyn Fn(&str) -> Option<&'g str> + 'g;

fn resolve_with<'g>(text: &str, get: &'g Get<'g>) -> String {
    let out = String::with_capacity(text.len());
    let mut putting = Putting { get, left: MOST, out };
    putting.put(text, 0);
    putting.out
}

/// One text, while globals are put into it.
struct Putting<'g> {
    get: &'g Get<'g>,
    /// How many may still be put in.
    left: usize,
    out: String,
}

impl Putting<'_> {
    fn put(&mut self, text: &str, depth: usize) {
        let mut rest = text;
        while let Some(at) = rest.find("$${") {
            let Some(length) = rest[at + 3..].find('}') else { break };
            let (before, name) = (&rest[..at], &rest[at + 3..at + 3 + length]);
            self.out.push_str(before);
            match (self.get)(name) {
                Some(value) if depth < DEEPEST && self.left > 0 && self.out.len() < LONGEST => {
                    self.left -= 1;
                    self.put(value, depth + 1);
                }
                _ => self.out.push_str(&rest[at..at + 4 + length]),
            }
            rest = &rest[at + 4 + length..];
        }
        self.out.push_str(rest);
    }
}

/// The names that a text reads, in their order.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("$${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Puts the globals that are the same on every switch into every text that may read globals.
pub(super) fn resolve(contents: &mut Contents, globals: &Globals) {
    fn each<T: Clone>(list: &mut List<T>, resolve: impl Fn(&mut T)) {
        list.iter_mut().for_each(resolve);
    }
    each(&mut contents.domains, |domain| domain.resolve(globals));
    each(&mut contents.profiles, |profile| profile.resolve(globals));
    each(&mut contents.dialplan, |context| context.resolve(globals));
    each(&mut contents.chatplan, |context| context.resolve(globals));
    each(&mut contents.menus, |menu| menu.resolve(globals));
    each(&mut contents.queues, |queue| queue.resolve(globals));
    each(&mut contents.agents, |agent| agent.resolve(globals));
    each(&mut contents.languages, |language| language.resolve(globals));
    each(&mut contents.documents, |document| document.resolve(globals));
}

impl Profile {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.params);
        self.others.resolve(globals);
        self.gateways.iter_mut().for_each(|gateway| gateway.resolve(globals));
    }
}

impl Gateway {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.params);
        self.others.resolve(globals);
    }
}

impl Extension {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.conditions.iter_mut().for_each(|condition| globals.condition(condition));
    }
}

impl Menu {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.attributes);
        for entry in &mut self.entries {
            globals.put_into(&mut entry.param, entry.level);
        }
    }
}

impl Queue {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.params);
    }
}

impl Agent {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.attributes);
    }
}

impl Language {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.attributes);
        for group in &mut self.groups {
            globals.settings(&mut group.attributes);
        }
        for phrase in self.macros.values_mut() {
            phrase.xml.resolve(globals);
        }
    }
}

impl StoredDocument {
    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.xml.resolve(globals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(name: &str, value: &str) -> Global {
        Global { name: name.into(), value: value.into(), hosts: Hosts::default() }
    }

    #[test]
    fn what_is_stored_is_put_in_and_what_the_switch_alone_knows_stays() {
        let stored = [
            global("domain", "pbx.example.test"),
            global("sound_prefix", "$${sounds_dir}/en"),
            global("deep", "$${sound_prefix}/$${Domain}"),
        ];
        let globals = Globals::new(&stored);
        for (text, resolved) in [
            ("$${domain}", "pbx.example.test"),
            ("a$${DOMAIN}b$${local_ip_v4}", "apbx.example.testb$${local_ip_v4}"),
            ("$${deep}", "$${sounds_dir}/en/pbx.example.test"),
            ("${domain} $${open", "${domain} $${open"),
        ] {
            assert_eq!(globals.resolve(text), resolved);
        }
    }

    #[test]
    fn a_global_that_is_limited_stays_until_it_is_known_which_switch_asks() {
        let on =
            |host: &str, value: &str| Global { hosts: Hosts::new([host]), ..global("ip", value) };
        let stored = [
            on("a", "192.0.2.1"),
            global("url", "$${scheme}://$${ip}"),
            global("scheme", "https"),
            on("b", "$${scheme}"),
            global("IP", "192.0.2.9"),
            Global { name: "own".into(), ..on("a", "x") },
        ];
        let globals = Globals::new(&stored);
        let text = "$${url} $${own} $${local_ip_v4}";
        let kept = globals.resolve(text);
        assert_eq!(kept, "https://$${ip} $${own} $${local_ip_v4}");
        for (host, told) in [
            ("A", "https://192.0.2.1 x $${local_ip_v4}"),
            ("b", "https://https $${own} $${local_ip_v4}"),
            ("c", "https://192.0.2.9 $${own} $${local_ip_v4}"),
            ("", "https://192.0.2.9 $${own} $${local_ip_v4}"),
        ] {
            assert_eq!(globals.resolve_on(host, text), told, "{host}");
            assert_eq!(globals.resolve_on(host, &kept), told, "{host}");
        }
    }

    #[test]
    fn globals_that_read_one_another_many_times_over_end_soon() {
        let names: Vec<String> = (0..=DEEPEST).map(|n| format!("g{n}")).collect();
        let reads = |name: &String| format!("$${{{name}}}").repeat(50);
        let chain: Vec<Global> =
            names.windows(2).map(|pair| global(&pair[0], &reads(&pair[1]))).collect();
        let globals = Globals::new(&chain);
        assert!(globals.resolve("$${g0}").contains("$${g"));
    }

    #[test]
    fn a_circle_of_globals_ends() {
        let stored = [global("a", "$${b}"), global("b", "$${a}"), global("c", "$${c}$${c}x")];
        let globals = Globals::new(&stored);
        assert!(globals.resolve("$${a}").starts_with("$${"));
        assert!(globals.resolve("$${c}").len() < 4 * LONGEST);
    }
}
