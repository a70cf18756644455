//! `jackfield NOUN add|list|show|set|remove`: one object at a time.
//!
//! Each verb is written once, here; a noun adds its flags and how it is shown ([`Spoken`]). What a
//! command changed is served when it returns.

mod acl;
mod agent;
mod attributes;
mod channel;
mod client;
mod context;
mod document;
mod domain;
mod extension;
mod fields;
mod gateway;
mod global;
mod group;
mod hosts;
mod input;
mod language;
mod menu;
mod password;
mod phrase;
mod profile;
mod queue;
mod room;
mod show;
mod steps;
mod text;
mod user;
mod users_csv;
mod verbs;

use std::io::Write;

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::Global;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::Opened;
use crate::db::nouns::{self, Address, Noun, Page};
use crate::db::{Database, Session};

pub(super) use self::client::{ClientVerb, run as run_client};
pub(super) use self::user::{UserVerb, run as run_user};
pub(super) use self::verbs::Verb;
use self::verbs::{Add, List, One, Output, Remove, Set};

/// A noun as the command line speaks of it.
pub(super) trait Spoken: Noun + Clone + 'static {
    /// What stands for its key in the help, as `ID@DOMAIN`.
    const KEY: &'static str;

    /// Whose a list can be limited to, as in `domain`; none where the noun belongs to nothing.
    const OWNER: Option<&'static str> = None;

    /// Titles of the columns of a list, besides the id.
    const COLUMNS: &'static [&'static str];

    /// The flags of `add` and `set`.
    type Fields: Args;

    /// An object of which nothing but its key is known.
    fn new(key: &N<Self>) -> Self;

    /// Puts what the flags say into it. `was` is what is stored; none where it is new.
    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &Self::Fields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()>;

    /// What is done besides, in the same transaction, when it has been written.
    fn written(
        &self,
        _was: Option<&Self>,
        _id: i64,
        _fields: &Self::Fields,
        _desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        Ok(())
    }

    /// Says what there is to say before it is taken away.
    fn leaving(&self, _id: i64, _desk: &mut Desk<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// What `show` tells people instead of its fields: XML that `set` takes back. Never a secret.
    fn text(&self) -> Option<String> {
        None
    }

    /// All that may be shown of it, as JSON. Never a secret.
    fn view(&self) -> Map<String, Value>;

    /// A row of a list.
    fn cells(&self) -> Vec<String>;
}

/// The key of a noun.
type N<T> = <T as Noun>::Key;

/// What a command works with besides its object.
pub(super) struct Desk<'a> {
    /// The transaction that it is written in.
    pub(super) session: &'a mut Session,
    /// The domain that clients of channels log in to.
    pub(super) verto_domain: &'a str,
    /// Whether pages can ask for sessions of channels.
    pub(super) listens_to_pages: bool,
    /// What there is to say, for people.
    pub(super) notes: Vec<String>,
    /// What is told once and never again: passwords that were made.
    pub(super) made: Vec<(&'static str, String)>,
}

impl<'a> Desk<'a> {
    fn new(session: &'a mut Session, opened: &'a Opened) -> Self {
        let verto_domain = &opened.settings.verto.login.domain;
        let listens_to_pages = opened.settings.listen_public.is_some();
        Self { session, verto_domain, listens_to_pages, notes: Vec::new(), made: Vec::new() }
    }

    /// Says something to people, when all is done.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Says what of a file was not taken, each with its line.
    fn left_out(&mut self, lines: Vec<String>) {
        self.notes.extend(lines.into_iter().map(|line| format!("left out: {line}")));
    }

    /// The stored global variables.
    fn globals(&mut self) -> anyhow::Result<Vec<Global>> {
        let page = Page { of: None, after: 0, limit: i64::MAX };
        Ok(Global::page(self.session, &page)?.into_iter().map(|(_, global)| global).collect())
    }
}

/// Rows of a page for people.
const PAGE: i64 = 100;

/// Rows that are read at a time.
const PART: i64 = 1000;

pub(super) fn run<S: Spoken>(verb: &Verb<S>) -> anyhow::Result<()> {
    match verb {
        Verb::Add(add) => self::add(add),
        Verb::List(list) => self::list::<S>(list),
        Verb::Show(one) => self::show(one),
        Verb::Set(set) => self::set(set),
        Verb::Remove(remove) => self::remove(remove),
    }
}

fn add<S: Spoken>(add: &Add<S>) -> anyhow::Result<()> {
    let opened = add.source.open()?;
    let new = |desk: &mut Desk<'_>| {
        let mut object = S::new(&add.key);
        object.apply(None, &add.fields, desk)?;
        Ok(object)
    };
    let ask = |desk: &mut Desk<'_>| new(desk).map(drop);
    let done = change(&opened, S::NOUN, "add", ask, |desk| {
        let object = new(desk)?;
        let id = nouns::add(desk.session, &object)?;
        object.written(None, id, &add.fields, desk)?;
        stored::<S>(desk, id)
    })?;
    tell(&opened, "added", &add.output, &done)
}

fn set<S: Spoken>(set: &Set<S>) -> anyhow::Result<()> {
    let opened = set.source.open()?;
    let edit = |desk: &mut Desk<'_>| {
        let (id, was) = nouns::one::<S>(desk.session, &set.address)?;
        let mut object = was.clone();
        object.apply(Some(&was), &set.fields, desk)?;
        anyhow::Ok((id, was, object))
    };
    let ask = |desk: &mut Desk<'_>| edit(desk).map(drop);
    let done = change(&opened, S::NOUN, "set", ask, |desk| {
        let (id, was, object) = edit(desk)?;
        nouns::change(desk.session, id, &object)?;
        object.written(Some(&was), id, &set.fields, desk)?;
        stored::<S>(desk, id)
    })?;
    let what = if done.same { "unchanged" } else { "changed" };
    tell(&opened, what, &set.output, &done)
}

/// What is stored in the end: names may have come out in another spelling.
fn stored<S: Spoken>(desk: &mut Desk<'_>, id: i64) -> anyhow::Result<(i64, S)> {
    Ok(nouns::one(desk.session, &Address::Id(id))?)
}

fn remove<S: Spoken>(Remove { one, with_all }: &Remove<S>) -> anyhow::Result<()> {
    let opened = one.source.open()?;
    let done = change(
        &opened,
        S::NOUN,
        "remove",
        |_| Ok(()),
        |desk| {
            let (id, object) = nouns::one::<S>(desk.session, &one.address)?;
            object.leaving(id, desk)?;
            let owned = nouns::remove(desk.session, id, &object, *with_all)?;
            if !owned.is_empty() {
                desk.note(format!("with it went {}", owned.join(", ")));
            }
            Ok((id, object))
        },
    )?;
    tell(&opened, "removed", &one.output, &done)
}

fn show<S: Spoken>(one: &One<S>) -> anyhow::Result<()> {
    let opened = one.source.open()?;
    let mut database = Database::open(opened.database())?;
    let (id, object): (i64, S) =
        database.read(|session| anyhow::Ok(nouns::one(session, &one.address)?))?;
    let view = viewed(id, &object, &[]);
    let mut out = std::io::stdout().lock();
    if one.output.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&view)?)?;
    } else if let Some(text) = object.text() {
        write!(out, "{text}")?;
    } else {
        write!(out, "{}", show::sheet(&view))?;
    }
    Ok(())
}

fn list<S: Spoken>(list: &List) -> anyhow::Result<()> {
    if list.of.is_some() && S::OWNER.is_none() {
        bail!("--of: a {} belongs to nothing", S::NOUN);
    }
    let opened = list.source.open()?;
    let mut database = Database::open(opened.database())?;
    let json = list.output.json;
    let limit = list.limit.unwrap_or(if json { i64::MAX } else { PAGE });
    let mut out = std::io::stdout().lock();
    let mut rows = Vec::new();
    let mut serializer = serde_json::Serializer::pretty(&mut out);
    let mut views = if json { Some(serializer.serialize_seq(None)?) } else { None };
    let more = database.read(|session| {
        each::<S>(session, list, limit, |id, object| {
            match &mut views {
                Some(views) => views.serialize_element(&viewed(id, &object, &[]))?,
                None => rows.push((id, object.cells())),
            }
            Ok(())
        })
    })?;
    if let Some(views) = views {
        views.end()?;
        writeln!(out)?;
    } else if rows.is_empty() {
        writeln!(out, "no {} here; `jackfield {0} add` makes one", S::NOUN)?;
    } else {
        writeln!(out, "{}", show::table(S::COLUMNS, rows.into_iter()))?;
    }
    if let Some(last) = more {
        eprintln!("there are more: --after {last} shows the next, --limit N more at once");
    }
    Ok(())
}

/// Tells of one object after the other, read in parts: all at once may be too many. The id of the last,
/// where more are left.
fn each<S: Spoken>(
    session: &mut Session,
    list: &List,
    limit: i64,
    mut tell: impl FnMut(i64, S) -> anyhow::Result<()>,
) -> anyhow::Result<Option<i64>> {
    let (mut after, mut left) = (list.after, limit);
    loop {
        // One more than is told, to know whether there is one.
        let part = PART.min(left.saturating_add(1));
        let page = Page { of: list.of.as_deref(), after, limit: part };
        let found = S::page(session, &page)?;
        let last_part = i64::try_from(found.len()).is_ok_and(|count| count < part);
        for (id, object) in found {
            if left == 0 {
                return Ok(Some(after));
            }
            tell(id, object)?;
            (after, left) = (id, left - 1);
        }
        if last_part {
            return Ok(None);
        }
    }
}

/// What a change came to.
struct Done<S> {
    id: i64,
    object: S,
    notes: Vec<String>,
    made: Vec<(&'static str, String)>,
    /// It said the same before.
    same: bool,
}

/// Does it in one transaction. Before, and without keeping others from writing, `ask` goes through
/// what there is to be asked for.
fn change<S: Spoken>(
    opened: &Opened,
    noun: &str,
    verb: &str,
    ask: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<()>,
    work: impl FnOnce(&mut Desk<'_>) -> anyhow::Result<(i64, S)>,
) -> anyhow::Result<Done<S>> {
    let mut database = Database::open(opened.database())?;
    opened.check_served(&mut database)?;
    database.read(|session| ask(&mut Desk::new(session, opened)))?;
    input::close();
    let before = database.revision()?;
    let mut done = database.write(&who(noun, verb), |session| {
        let mut desk = Desk::new(session, opened);
        let (id, object) = work(&mut desk)?;
        anyhow::Ok(Done { id, object, notes: desk.notes, made: desk.made, same: false })
    })?;
    done.same = database.revision()? == before;
    if done.same {
        done.notes.push("nothing was changed: it is as the flags say already".to_owned());
    }
    Ok(done)
}

/// Who changes tells of it: the person, as far as this machine knows, and the command.
pub(super) fn who(noun: &str, verb: &str) -> String {
    let person =
        ["SUDO_USER", "LOGNAME", "USER"].into_iter().filter_map(|name| std::env::var(name).ok());
    match person.into_iter().find(|name| !name.is_empty()) {
        Some(person) => format!("{person}: {noun} {verb}"),
        None => format!("{noun} {verb}"),
    }
}

/// Has the running service answer from it, and says what was done. Nobody who reads that may be left.
fn tell<S: Spoken>(
    opened: &Opened,
    what: &str,
    output: &Output,
    done: &Done<S>,
) -> anyhow::Result<()> {
    let Done { id, object, notes, made, .. } = done;
    let published = opened.publish();
    let mut text = if output.json {
        serde_json::to_string_pretty(&viewed(*id, object, made))?
    } else {
        let made = made.iter().map(|(name, value)| format!("\n{name}: {value}"));
        format!("{what} {} «{}» (id:{id}){}", S::NOUN, object.key(), made.collect::<String>())
    };
    text.push('\n');
    let told = std::io::stdout().lock().write_all(text.as_bytes());
    for note in notes {
        eprintln!("{note}");
    }
    eprintln!("{}", published?);
    if told.is_err() && !made.is_empty() {
        // What was made up is shown here alone.
        bail!("it is stored, but what was made up for it could not be shown: give it another");
    }
    Ok(())
}

fn viewed<S: Spoken>(id: i64, object: &S, made: &[(&'static str, String)]) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("id".to_owned(), id.into());
    view.extend(object.view());
    view.extend(made.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())));
    view
}
