//! Takes what a tree of elements says into the tables' own shapes.
//!
//! Each text is taken for what it is: a *key* is what things are found by, so every global in it is put
//! in, and one that only a switch knows is a problem; so is a *secret*, which is hashed or kept for the
//! one place that needs it; any other *text* keeps its globals live. What no table has a place for stays
//! in a document, or is left out with a word about it.

mod chain;
mod configuration;
mod directory;
mod names;
mod phrases;
mod profile;
mod raw;
mod user;

use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::files::ADDED;
use jackfield_api::snapshot::{Contents, Context, Extension, Level, List, Menu, Setting, global};
use jackfield_api::xml::Value;

use super::globals::{Giver, Globals, is_of_the_switch};
use super::place::{Place, Problem};
use super::report::{Live, Report};
use super::tree::Element;
use crate::secret::is_secret;

/// Takes the whole tree. `existing` is what is stored already: domains keep their further names and
/// realms, which no file tells.
pub(super) fn take(
    document: &Element,
    globals: &Globals,
    existing: &Contents,
    report: &mut Report,
) -> Result<Contents, Vec<Problem>> {
    let mut taker = Taker::new(globals, existing, report);
    taker.document(document);
    if taker.problems.is_empty() {
        taker.finish();
        Ok(taker.contents)
    } else {
        taker.problems.sort();
        taker.problems.dedup();
        Err(taker.problems)
    }
}

/// Takes one `<extension>`.
pub(super) fn extension(
    element: &Element,
    globals: &Globals,
    report: &mut Report,
) -> Result<Option<Extension>, Vec<Problem>> {
    one(globals, report, |taker| taker.extension(element))
}

/// Takes one `<menu>`.
pub(super) fn menu(
    element: &Element,
    globals: &Globals,
    report: &mut Report,
) -> Result<Option<Menu>, Vec<Problem>> {
    one(globals, report, |taker| taker.menu(element))
}

fn one<T>(
    globals: &Globals,
    report: &mut Report,
    take: impl FnOnce(&mut Taker<'_>) -> Option<T>,
) -> Result<Option<T>, Vec<Problem>> {
    let existing = Contents::default();
    let mut taker = Taker::new(globals, &existing, report);
    taker.remedy = |name| format!("`jackfield global add {name} VALUE` sets it");
    let found = take(&mut taker);
    if taker.problems.is_empty() { Ok(found) } else { Err(taker.problems) }
}

struct Taker<'a> {
    globals: &'a Globals,
    existing: &'a Contents,
    report: &'a mut Report,
    contents: Contents,
    problems: Vec<Problem>,
    /// What gives a global of this name a value.
    remedy: fn(&str) -> String,
    /// Names of globals that secrets are made of.
    in_secrets: BTreeSet<String>,
    /// Names of globals that stay live in texts.
    in_texts: BTreeSet<String>,
    /// Names of globals that calls read as `${name}`, each with its first place.
    in_calls: BTreeMap<String, Place>,
    /// Names and aliases of domains, in lower case, each with its domain and the line that says it.
    domain_names: BTreeMap<String, (String, Place)>,
    /// Names of gateways, in lower case: one name may stand in one place only.
    gateways: BTreeMap<String, Place>,
    /// What there is to tell of passwords.
    logins: user::Logins,
    /// Sofia profiles, and the line that says with which realm each challenges.
    profile_places: Vec<(String, Place)>,
}

impl<'a> Taker<'a> {
    fn new(globals: &'a Globals, existing: &'a Contents, report: &'a mut Report) -> Self {
        Self {
            globals,
            existing,
            report,
            contents: Contents::default(),
            problems: Vec::new(),
            remedy: |name| format!("add --set {name}=VALUE"),
            in_secrets: BTreeSet::new(),
            in_texts: BTreeSet::new(),
            in_calls: BTreeMap::new(),
            domain_names: BTreeMap::new(),
            gateways: BTreeMap::new(),
            logins: user::Logins::default(),
            profile_places: Vec::new(),
        }
    }
}

impl Taker<'_> {
    fn document(&mut self, document: &Element) {
        if document.name != "document" {
            let message = format!("the tree begins with <{}>, not with <document>", document.name);
            self.problem(&document.place, message);
            return;
        }
        let document = &without_added(document);
        for section in &document.children {
            let name = section.attribute("name").unwrap_or_default().to_ascii_lowercase();
            match (section.name.as_str(), name.as_str()) {
                ("section", "configuration") => self.configuration(section),
                ("section", "directory") => self.directory(section),
                ("section", "dialplan") => {
                    let contexts = self.contexts(section);
                    self.contents.dialplan = contexts;
                }
                ("section", "chatplan") => {
                    let contexts = self.contexts(section);
                    self.contents.chatplan = contexts;
                }
                ("section", "languages") => self.languages(section),
                ("section", "phrases") => self.old_phrases(section),
                ("section", _) => {
                    let text = format!("section «{name}»: the switch asks nobody for it");
                    self.report.left_out(&section.place, text);
                }
                _ => self.stray(section, "a document"),
            }
        }
    }

    /// What can only be said when everything was taken.
    fn finish(&mut self) {
        self.check_realms();
        self.tell_logins();
        self.keep_globals();
        self.check_foreign();
        self.check_calls();
        self.report.sort();
        let count = |contexts: &List<Context>| {
            contexts.iter().map(|context| context.extensions().len()).sum()
        };
        let Contents { domains, profiles, dialplan, chatplan, languages, .. } = &self.contents;
        let users = || domains.iter().flat_map(|domain| domain.users().iter());
        let groups = domains.iter().map(|domain| domain.groups().len()).sum();
        let of_users: usize = users().map(|user| user.gateways().len()).sum();
        let of_profiles: usize = profiles.iter().map(|profile| profile.gateways.len()).sum();
        self.report.taken = vec![
            ("domains", domains.len()),
            ("users", users().count()),
            ("groups", groups),
            ("gateways", of_users + of_profiles),
            ("profiles", profiles.len()),
            ("access lists", self.contents.access_lists.len()),
            ("dialplan contexts", dialplan.len()),
            ("dialplan extensions", count(dialplan)),
            ("chatplan contexts", chatplan.len()),
            ("chatplan extensions", count(chatplan)),
            ("menus", self.contents.menus.len()),
            ("queues", self.contents.queues.len()),
            ("agents", self.contents.agents.len()),
            ("tiers", self.contents.tiers.len()),
            ("languages", languages.len()),
            ("phrases", languages.iter().map(|language| language.macros.len()).sum()),
            ("documents", self.contents.documents.len()),
            ("globals", self.contents.globals.len()),
        ];
    }

    /// A switch that does not run the line either has nothing to put in; a profile of sofia, for one,
    /// does not start with an empty address.
    fn check_foreign(&mut self) {
        for (name, live) in &self.report.live {
            if let Some(Giver::Foreign(command, place)) =
                self.globals.get(name).map(|entry| &entry.giver)
            {
                let text = format!(
                    "`{name}` is empty on a switch whose own vars.xml lacks this `{command}` line, \
                     and {} reads it: keep the line there, or add --set {name}=VALUE",
                    live.place
                );
                self.report.findings.push(super::report::Note { place: place.clone(), text });
            }
        }
    }

    /// `${name}` is a variable of the call, or else a global of the switch: no answer can put it in.
    fn check_calls(&mut self) {
        let Some(place) = self.in_calls.values().min().cloned() else { return };
        let names: Vec<String> = self.in_calls.keys().map(|name| format!("${{{name}}}")).collect();
        let text = format!(
            "calls read {}: where a call has no such variable it is the switch's own global, so its \
             vars.xml has to set them too",
            names.join(", ")
        );
        self.report.finding(&place, text);
    }

    /// Stores the operator's globals, but for those that nothing but a secret was made of.
    fn keep_globals(&mut self) {
        let stored = self.globals.stored();
        let mut needed: BTreeSet<String> =
            self.in_texts.iter().map(|name| name.to_ascii_lowercase()).collect();
        loop {
            let before = needed.len();
            for global in &stored {
                if needed.contains(&global.name.to_ascii_lowercase()) {
                    needed.extend(global::names(&global.value).map(str::to_ascii_lowercase));
                }
            }
            if needed.len() == before {
                break;
            }
        }
        let in_secrets: BTreeSet<String> =
            self.in_secrets.iter().map(|name| name.to_ascii_lowercase()).collect();
        for global in stored {
            let name = global.name.to_ascii_lowercase();
            let secret = in_secrets.contains(&name) || is_secret(&name);
            if secret && !needed.contains(&name) && !self.globals.is_kept(&name) {
                if let Some(Giver::Line(place)) = self.globals.get(&name).map(|entry| &entry.giver)
                {
                    let text = format!("`{name}` is not stored: only secrets were made of it");
                    self.report.left_out(&place.clone(), text);
                }
                continue;
            }
            self.contents.globals.push(global);
        }
    }

    /// What something is found by. `what` says it for people, as in "the domain's name".
    fn key(&mut self, what: &str, text: &str, place: &Place) -> Option<String> {
        let key = self.known(what, text, place)?;
        self.checked(what, key, place, crate::names::check)
    }

    fn checked(
        &mut self,
        what: &str,
        key: String,
        place: &Place,
        check: fn(&str) -> Result<(), String>,
    ) -> Option<String> {
        match check(&key) {
            Ok(()) => Some(key),
            Err(why) => {
                self.problem(place, format!("{what}, «{}»: {why}", key.escape_debug()));
                None
            }
        }
    }

    /// The name of an element, as in `<group name="sales">`.
    fn name_of(&mut self, element: &Element) -> Option<String> {
        let what = format!("the name of <{}>", element.name);
        self.key(&what, element.attribute("name").unwrap_or_default(), &element.place)
    }

    /// What something is called where nothing is found by it: a parameter, an extension.
    fn label(&mut self, what: &str, text: &str, place: &Place) -> Option<String> {
        let label = self.known(what, text, place)?;
        self.checked(what, label, place, |label| {
            Value::text(label).check_plain().map_err(|refused| refused.to_string())
        })
    }

    /// Whether everything in a text is known here.
    fn is_known(&self, text: &str) -> bool {
        self.globals.resolve(text).1.is_empty()
    }

    /// A secret in clear. No problem with it repeats it.
    fn secret(&mut self, what: &str, text: &str, place: &Place) -> Option<String> {
        self.in_secrets.extend(global::names(text).map(str::to_owned));
        self.known(what, text, place)
    }

    /// A text in which no global may be left.
    fn known(&mut self, what: &str, text: &str, place: &Place) -> Option<String> {
        let (resolved, unknown) = self.globals.resolve(text);
        let Some(unknown) = unknown.first() else { return Some(resolved) };
        let (name, why) = (&unknown.name, &unknown.why);
        self.problem(
            place,
            format!("{what} is made of $${{{name}}}: {why}; {}", (self.remedy)(name)),
        );
        None
    }

    /// Any other text: its globals stay live.
    fn text(&mut self, text: &str, place: &Place) -> String {
        if let Err(refused) = Value::global(text).check() {
            self.problem(place, format!("a text cannot be sent to the switch: {refused}"));
        }
        for name in call_names(text) {
            if self.globals.get(name).is_some_and(|entry| entry.value.is_some()) {
                self.in_calls.entry(name.to_owned()).or_insert_with(|| place.clone());
            }
        }
        for name in global::names(text) {
            self.in_texts.insert(name.to_owned());
            let (resolved, _) = self.globals.resolve(&format!("$${{{name}}}"));
            for inner in global::names(&resolved) {
                let why = self.who_knows(inner);
                let live = self.report.live.entry(inner.to_owned());
                let first = || Live { place: place.clone(), texts: 0, why };
                live.or_insert_with(first).texts += 1;
            }
        }
        text.to_owned()
    }

    fn who_knows(&self, name: &str) -> String {
        match self.globals.get(name).map(|entry| &entry.giver) {
            Some(Giver::Foreign(command, place)) => format!("set by `{command}` ({place})"),
            Some(_) => "it is made of itself".to_owned(),
            None if is_of_the_switch(name) => "the switch knows it".to_owned(),
            None => "nothing sets it, so it is empty".to_owned(),
        }
    }

    /// A `<param>` or `<variable>`.
    fn setting(&mut self, element: &Element) -> Option<Setting> {
        let what = format!("the name of <{}>", element.name);
        let name = element.attribute("name").unwrap_or_default();
        let name = self.label(&what, name, &element.place)?;
        let value = element.attribute("value").unwrap_or_default();
        let standing = match element.name.as_str() {
            "param" if !name.to_ascii_lowercase().ends_with("dial-string") => Standing::Plain,
            _ => Standing::Expanded,
        };
        let setting = if is_literal(element, "value", standing) {
            Setting::new(name, value)
        } else if is_secret(&name) {
            let what = format!("the value of «{name}»");
            Setting::written(name, self.secret(&what, value, &element.place)?)
        } else {
            Setting::written(name, self.text(value, &element.place))
        };
        let secure = element.attribute("secure").is_some_and(is_true);
        for (attribute, _) in &element.attributes {
            if !matches!(attribute.as_str(), "name" | "value" | "secure") {
                let text = format!("the attribute {attribute} of «{}»", setting.name);
                self.report.left_out(&element.place, text);
            }
        }
        Some(setting.with_secure(secure))
    }

    /// An attribute as a setting.
    fn attribute(&mut self, element: &Element, name: &str, standing: Standing) -> Setting {
        let value = element.attribute(name).unwrap_or_default();
        let (text, level) = self.leveled(element, name, value, standing);
        Setting::new(name, text).at(level)
    }

    /// The text of an attribute, or of the element for no name, with how far it is expanded.
    fn leveled(
        &mut self,
        element: &Element,
        name: &str,
        text: &str,
        standing: Standing,
    ) -> (String, Level) {
        if is_literal(element, name, standing) {
            return (text.to_owned(), Level::Text);
        }
        let text = self.text(text, &element.place);
        let level = Level::of(&text);
        (text, level)
    }

    fn settings(&mut self, list: &Element, item: &str) -> Vec<Setting> {
        let mut settings = Vec::new();
        for element in &list.children {
            if element.name == item {
                settings.extend(self.setting(element));
            } else {
                self.stray(element, &format!("<{}>", list.name));
            }
        }
        settings
    }

    /// An element that the switch does not look for where it stands.
    fn stray(&mut self, element: &Element, inside: &str) {
        let text = format!("<{}> in {inside}: the switch does not read it there", element.name);
        self.report.left_out(&element.place, text);
    }

    fn problem(&mut self, place: &Place, message: String) {
        self.problems.push(Problem { place: place.clone(), message });
    }
}

/// The element without what an export added to what was stored.
fn without_added(element: &Element) -> Element {
    let is_stored = |child: &&Element| child.attribute(ADDED.0) != Some(ADDED.1);
    let children = element.children.iter().filter(is_stored).map(without_added).collect();
    Element { children, ..element.clone() }
}

/// Names that a text reads as `${name}`.
fn call_names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("${").filter_map(|(at, _)| {
        let (name, _) = text[at + 2..].split_once('}')?;
        (!text[..at].ends_with('$')).then_some(name)
    })
}

/// What the switch takes for true (`switch_true`).
pub(crate) fn is_true(text: &str) -> bool {
    const WORDS: [&str; 7] = ["yes", "on", "true", "t", "enabled", "active", "allow"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.parse::<i64>().is_ok_and(|number| number != 0)
}

/// What the switch does with a text at run time, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is taken as it is.
    Plain,
    /// `${...}` in it is expanded.
    Expanded,
    /// So are captures.
    Captured,
}

/// Whether nothing in a text is expanded, and its place bears it so.
fn is_literal(element: &Element, name: &str, standing: Standing) -> bool {
    let text =
        if name.is_empty() { &element.text } else { element.attribute(name).unwrap_or_default() };
    let text = Value::text(text);
    let borne = match standing {
        Standing::Plain => text.check_plain(),
        Standing::Expanded => text.check_expanded(),
        Standing::Captured => text.check(),
    };
    element.is_literal(name) && borne.is_ok()
}
