//! What tells one question from another: the fields of a look-up that an answer depends on.
//!
//! Two look-ups never have the same body: each carries times, nonces and the identity of a call. To
//! know that one asks what another has asked, somebody has to say which fields count. An asynchronous
//! handler declares them ([`Field`]); what any other handler reads is written down while it reads
//! ([`Lookup::watched`]). Either way a handler that is asked with the same [`Fields`] cannot tell the
//! two look-ups apart.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Lookup, Section};

/// Something of a look-up that an asynchronous handler makes its answer of, besides what every
/// question of its section is made of.
///
/// Always part of a question, and not to be declared: the base fields, the switch's name among them,
/// and whatever the view's `flow()`, `context()`, `language()` and `macro_name()` tell. Never part of
/// one: what only identifies the call or the switch's process, as `call_id()`.
///
/// ```
/// use jackfield_api::lookup::{DialplanLookup, Field};
/// use jackfield_api::testing::question;
///
/// let body = "hostname=vm&section=dialplan&tag_name=&key_name=&key_value=\
///     &Hunt-Context=lobby&Hunt-Destination-Number=2000&variable_sip_h_X-Trunk=blue";
/// let lookup = question(body, &[Field::Destination, Field::Variable("sip_h_X-Trunk")]);
/// assert_eq!(DialplanLookup::new(&lookup).destination(), "2000");
/// // Reading `caller_number()` here would end the test, and fail a look-up in the service.
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// The number dialled ([`DialplanLookup::destination`](super::DialplanLookup::destination)).
    Destination,
    /// The caller's number, as it claims.
    CallerNumber,
    /// The caller's name, as it claims.
    CallerName,
    /// The address that the call comes from.
    NetworkAddress,
    /// The directory user that the call was authenticated as.
    User,
    /// The domain of that user.
    Domain,
    /// A channel variable, as in `sip_h_X-Trunk`.
    Variable(&'static str),
    /// Who sent a message.
    From,
    /// Who a message is for.
    To,
    /// The session id that a verto client tells
    /// ([`UserLookup::session_told`](super::UserLookup::session_told)).
    SessionTold,
    /// The function of the switch that asks.
    CallingFunction,
}

impl Field {
    /// The names that the switch sends it by.
    fn names(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Destination => &["Hunt-Destination-Number", "Caller-Destination-Number"],
            Self::CallerNumber => &["Hunt-Caller-ID-Number", "Caller-Caller-ID-Number"],
            Self::CallerName => &["Hunt-Caller-ID-Name", "Caller-Caller-ID-Name"],
            Self::NetworkAddress => &["Hunt-Network-Addr", "Caller-Network-Addr"],
            Self::User => &["variable_user_name"],
            Self::Domain => &["variable_domain_name"],
            Self::Variable(name) => return vec![format!("variable_{name}")],
            Self::From => &["from"],
            Self::To => &["to"],
            Self::SessionTold => &["sessid"],
            Self::CallingFunction => &["Event-Calling-Function"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// What every question of a section is made of, besides the base fields: the fields that decide on its
/// key and its flow.
const fn of_section(section: Section) -> &'static [&'static str] {
    match section {
        Section::Configuration => &[
            "Menu-Name",
            "Controls",
            "Conf-Name",
            "Conf-Profile",
            "conference_name",
            "profile_name",
            "CC-Queue",
            "profile",
        ],
        Section::Directory => &[
            "domain",
            "purpose",
            "profile",
            "group_name",
            "group",
            "user",
            "key",
            "action",
            "number_alias",
            "sip_auth_username",
            "sip_auth_realm",
        ],
        Section::Dialplan => &["Hunt-Context", "Caller-Context"],
        Section::Languages => &["lang", "macro_name", "Event-Calling-Function"],
        Section::Chatplan => &["context"],
        Section::Channels => &[],
    }
}

/// Names the algorithm by its length, and is another one in each look-up.
const RESPONSE: &str = "sip_auth_response";

/// What of a field counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Value(String),
    Length(String),
}

/// Fields of a look-up by which a question is told from others. The base fields always are among them.
///
/// For the service, which asks a handler once for all look-ups of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fields(BTreeSet<Part>);

impl Fields {
    /// Those of every question of a section, and the declared ones.
    pub fn declared(section: Option<Section>, fields: &[Field]) -> Self {
        let own = section.map_or(&[][..], of_section).iter().map(|name| (*name).to_owned());
        let declared = fields.iter().flat_map(|field| field.names());
        let mut parts: BTreeSet<_> = own.chain(declared).map(Part::Value).collect();
        if section == Some(Section::Directory) {
            parts.insert(Part::Length(RESPONSE.to_owned()));
        }
        Self(parts)
    }

    /// One of the others that is not among these.
    pub fn first_beyond<'a>(&self, others: &'a Self) -> Option<&'a str> {
        let beyond = others.0.iter().find(|part| !self.has(part))?;
        let (Part::Value(name) | Part::Length(name)) = beyond;
        Some(name)
    }

    fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
            || matches!(part, Part::Length(name) if self.0.contains(&Part::Value(name.clone())))
    }

    /// The names of the fields, as the switch sends them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(Part::Value(name) | Part::Length(name))| name.as_str())
    }

    /// What a look-up holds in these fields and in the base fields, each value with its length in
    /// front: two look-ups have the same key only if all of it is the same. It may hold what must not
    /// be shown.
    pub fn key_of(&self, lookup: &Lookup) -> Box<[u8]> {
        fn put(key: &mut Vec<u8>, value: Option<&[u8]>) {
            // No value is as long as this: the body is below 4 GiB.
            let length = value.map_or(u32::MAX, |v| u32::try_from(v.len()).unwrap_or(u32::MAX - 1));
            key.extend_from_slice(&length.to_be_bytes());
            key.extend_from_slice(value.unwrap_or_default());
        }
        let form = &lookup.form;
        let mut key = Vec::with_capacity(192);
        for position in 0..5 {
            put(&mut key, form.pair(position).map(|pair| pair.raw));
        }
        for part in &self.0 {
            match part {
                Part::Value(name) => put(&mut key, form.raw_field(name)),
                Part::Length(name) => {
                    let length = form.field(name).map(|value| value.len().to_be_bytes());
                    put(&mut key, length.as_ref().map(<[u8; _]>::as_slice));
                }
            }
        }
        key.into_boxed_slice()
    }
}

/// What has been read of one look-up.
#[derive(Debug, Default)]
pub(super) struct Reads {
    seen: Mutex<Seen>,
    /// For tests: reading anything else ends them.
    #[cfg(feature = "testing")]
    only: Option<Fields>,
}

#[derive(Debug, Default)]
struct Seen {
    fields: Fields,
    /// Whether somebody looked at the form as a whole.
    whole: bool,
}

impl Reads {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, part: Part) {
        #[cfg(feature = "testing")]
        if let (Some(only), Part::Value(name) | Part::Length(name)) = (&self.only, &part) {
            assert!(
                only.has(&part),
                "the handler reads the field «{name}», which is not part of its question: \
                 name it in `question()`"
            );
        }
        self.seen().fields.0.insert(part);
    }

    pub(super) fn value(&self, name: &str) {
        self.note(Part::Value(name.to_owned()));
    }

    pub(super) fn length(&self, name: &str) {
        self.note(Part::Length(name.to_owned()));
    }

    pub(super) fn whole(&self) {
        #[cfg(feature = "testing")]
        assert!(self.only.is_none(), "the handler reads the look-up as a whole");
        self.seen().whole = true;
    }
}

impl Lookup {
    /// The same look-up, which notes what is read of it from now on.
    #[must_use]
    pub fn watched(&self) -> Self {
        let (form, section) = (self.form.clone(), self.section);
        Self { form, section, reads: Some(Reads::default()) }
    }

    /// The fields that have been read of a watched look-up; none if it is not watched, or if somebody
    /// looked at the form as a whole.
    pub fn read(&self) -> Option<Fields> {
        let seen = self.reads.as_ref()?.seen();
        (!seen.whole).then(|| seen.fields.clone())
    }

    /// The same look-up, of which nothing can be read but these fields.
    #[cfg(feature = "testing")]
    #[must_use]
    pub(crate) fn only(self, fields: Fields) -> Self {
        Self { reads: Some(Reads { only: Some(fields), ..Reads::default() }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryFlow, DirectoryLookup,
        LanguagesLookup,
    };
    use super::*;
    use crate::form::Form;

    fn lookup(fields: &str) -> Lookup {
        let body = format!("hostname=vm&section=dialplan&tag_name=&key_name=&key_value={fields}");
        Lookup::new(Form::parse(body.into_bytes()).expect("a form")).expect("a look-up")
    }

    #[test]
    fn two_look_ups_have_one_key_only_if_every_declared_field_is_the_same() {
        let fields = Fields::declared(Some(Section::Dialplan), &[Field::Destination, Field::User]);
        let key = |rest: &str| fields.key_of(&lookup(rest));
        let one = key("&Hunt-Context=a&Caller-Destination-Number=1&Unique-ID=x");
        assert_eq!(one, key("&Unique-ID=y&Hunt-Context=a&Caller-Destination-Number=1"));
        for other in [
            "&Hunt-Context=a&Caller-Destination-Number=2",
            "&Hunt-Context=a&Hunt-Destination-Number=1",
            "&Hunt-Context=a&Caller-Destination-Number=1&variable_user_name=1000",
            "&Hunt-Context=ab&Caller-Destination-Number=1",
            "&Hunt-Context=a&Caller-Context=1&Caller-Destination-Number=1",
            "x&Hunt-Context=a&Caller-Destination-Number=1",
        ] {
            assert_ne!(one, key(other), "{other}");
        }
    }

    #[test]
    fn no_values_of_two_fields_run_into_one_another() {
        let fields = Fields::declared(None, &[Field::From, Field::To]);
        let key = |rest: &str| fields.key_of(&lookup(rest));
        let keys = [
            key("&from=ab&to=c"),
            key("&from=a&to=bc"),
            key("&from=abc"),
            key("&to=abc"),
            key("abc"),
            key("a&from=b&to=c"),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
    }

    #[test]
    fn the_length_of_the_response_counts_and_its_digits_do_not() {
        let fields = Fields::declared(Some(Section::Directory), &[]);
        let key = |digits: &str| fields.key_of(&lookup(&format!("&sip_auth_response={digits}")));
        assert_eq!(key(&"a".repeat(32)), key(&"b".repeat(32)));
        assert_ne!(key(&"a".repeat(32)), key(&"a".repeat(64)));
        assert_ne!(key(&"a".repeat(32)), key(""));
    }

    #[test]
    fn what_is_read_is_noted_and_what_is_not_is_not() {
        let watched = lookup("&Hunt-Context=a&Caller-Destination-Number=1").watched();
        let view = DialplanLookup::new(&watched);
        view.context();
        assert_eq!(watched.read().expect("watched").names().collect::<Vec<_>>(), ["Hunt-Context"]);
        view.destination();
        view.variable("x");
        let read = watched.read().expect("watched");
        let names: Vec<_> = read.names().collect();
        assert_eq!(
            names,
            ["Caller-Destination-Number", "Hunt-Context", "Hunt-Destination-Number", "variable_x"]
        );
        let declared = Fields::declared(Some(Section::Dialplan), &[Field::Destination]);
        assert_eq!(declared.first_beyond(&read), Some("variable_x"));
        let declared =
            Fields::declared(Some(Section::Dialplan), &[Field::Destination, Field::Variable("x")]);
        assert_eq!(declared.first_beyond(&read), None);
        watched.form();
        assert_eq!(watched.read(), None, "the whole form was looked at");
        assert_eq!(lookup("").read(), None, "not watched");
    }

    /// Everything that a view tells without a declaration.
    fn read_by_its_flow(lookup: &Lookup) {
        match lookup.section() {
            Section::Configuration => drop(ConfigurationLookup::new(lookup).flow()),
            Section::Directory => {
                let view = DirectoryLookup::new(lookup);
                if let DirectoryFlow::User(user) = view.flow() {
                    user.flow();
                }
            }
            Section::Dialplan => drop(DialplanLookup::new(lookup).context()),
            Section::Languages => {
                let view = LanguagesLookup::new(lookup);
                view.language();
                view.macro_name();
                view.is_say();
            }
            Section::Chatplan => drop(ChatplanLookup::new(lookup).context()),
            Section::Channels => {}
        }
    }

    #[test]
    fn what_a_view_tells_of_the_flow_is_part_of_every_question() {
        let bodies = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bodies");
        let mut count = 0;
        for entry in std::fs::read_dir(bodies).expect("recorded bodies") {
            let path = entry.expect("readable").path();
            let form = Form::parse(std::fs::read(&path).expect("readable")).expect("a form");
            let Some(lookup) = Lookup::new(form) else { continue };
            let watched = lookup.watched();
            read_by_its_flow(&watched);
            let read = watched.read().expect("watched");
            let declared = Fields::declared(Some(lookup.section()), &[]);
            assert_eq!(declared.first_beyond(&read), None, "{}", path.display());
            count += 1;
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn a_client_that_logs_in_is_asked_about_by_name_realm_and_length() {
        let watched = lookup(
            "&action=sip_auth&sip_auth_username=1&sip_auth_realm=r&sip_auth_response=0&key=id&user=1",
        )
        .watched();
        if let DirectoryFlow::User(user) = DirectoryLookup::new(&watched).flow() {
            user.flow();
        }
        let read = watched.read().expect("watched");
        assert!(read.0.contains(&Part::Length(RESPONSE.to_owned())), "{read:?}");
        assert!(!read.0.contains(&Part::Value(RESPONSE.to_owned())), "{read:?}");
        assert_eq!(Fields::declared(Some(Section::Directory), &[]).first_beyond(&read), None);
    }
}
