//! Extensions of a context: names may repeat, and the order decides.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use jackfield_api::document::{Dialplan, MAX_BYTES};
use jackfield_api::snapshot::{Action, Condition, Extension, Step};

use super::context::{ContextKey, context_named, key_of};
use super::{Noun, NounError, Page};
use crate::db::tables::context::ContextRow;
use crate::db::tables::extension::{self, ExtensionRow};
use crate::db::tables::{Row, put};
use crate::db::{DbError, Session};
use crate::names;

/// An extension, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct PlacedExtension {
    pub(crate) context: ContextKey,
    /// Its place in the context, counted from 1; none for the last.
    pub(crate) at: Option<usize>,
    pub(crate) extension: Extension,
}

/// `default/echo`, `chatplan/public/messages`; the name is empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InContext {
    pub(crate) context: ContextKey,
    pub(crate) name: String,
}

impl FromStr for InContext {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (section, rest) = ContextKey::sectioned(text);
        let (context, name) = rest.split_once('/').ok_or(
            "write CONTEXT/NAME, as in default/echo or chatplan/public/messages; \
             one without a name is default/",
        )?;
        names::check(context)?;
        names::check_label(name)?;
        let context = ContextKey { section, name: context.to_owned() };
        Ok(Self { context, name: name.to_owned() })
    }
}

impl fmt::Display for InContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.context, self.name)
    }
}

impl Noun for PlacedExtension {
    const NOUN: &'static str = "extension";
    const REPEATS: bool = true;
    type Key = InContext;

    fn key(&self) -> InContext {
        InContext { context: self.context.clone(), name: self.extension.name.clone() }
    }

    fn check(&self) -> Result<(), String> {
        names::check_label(&self.extension.name)?;
        self.extension.conditions.iter().try_for_each(check_condition)?;
        self.extension.to_xml().map(drop).map_err(|error| error.to_string())
    }

    fn find(c: &mut Session, key: &InContext) -> Result<Vec<i64>, NounError> {
        let context = context_named(c, &key.context)?;
        let rows = extension::in_order(c, Some(context))?;
        let named = rows.into_iter().filter(|(_, row)| row.name.eq_ignore_ascii_case(&key.name));
        Ok(named.map(|(id, _)| id).collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = ExtensionRow::read(c, id)? else { return Ok(None) };
        let rows = extension::in_order(c, Some(row.context_id))?;
        let at = rows.iter().position(|(other, _)| *other == id).map(|at| at + 1);
        let context = context_of(c, row.context_id)?;
        Ok(Some(Self { context, at, extension: row.read_as(id)? }))
    }

    /// In their order: what stands behind an id in the list, not what has a higher one.
    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let of = match page.of {
            Some(name) => {
                let absent = |_| NounError::Absent { noun: "context", key: name.to_owned() };
                Some(context_named(c, &name.parse().map_err(absent)?)?)
            }
            None => None,
        };
        let rows = extension::in_order(c, of)?;
        let after = match page.after {
            0 => 0,
            id => {
                1 + rows.iter().position(|(other, _)| *other == id).ok_or_else(|| {
                    NounError::Absent { noun: Self::NOUN, key: format!("id:{id}") }
                })?
            }
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut contexts = HashMap::<i64, ContextKey>::new();
        let mut places = HashMap::<i64, usize>::new();
        let mut found = Vec::new();
        for (at, (id, row)) in rows.into_iter().enumerate().take(after.saturating_add(limit)) {
            let place = places.entry(row.context_id).or_default();
            *place += 1;
            if at < after {
                continue;
            }
            let place = Some(*place);
            let known = contexts.get(&row.context_id).cloned();
            let context = match known {
                Some(known) => known,
                None => context_of(c, row.context_id)?,
            };
            contexts.insert(row.context_id, context.clone());
            found.push((id, Self { context, at: place, extension: row.read_as(id)? }));
        }
        Ok(found)
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let context = context_named(c, &self.context)?;
        let position = make_room(c, context, id, self.at)?;
        let row = ExtensionRow::of(context, position, &self.extension);
        let (id, _) = put(c, id, &row)?;
        self.check_length(c, context)?;
        Ok(id)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(ExtensionRow::remove(c, id)?)
    }
}

impl PlacedExtension {
    /// A context is answered as a whole.
    fn check_length(&self, c: &mut Session, context: i64) -> Result<(), NounError> {
        let mut extensions = Vec::new();
        for (id, row) in extension::in_order(c, Some(context))? {
            extensions.push(row.read_as(id)?);
        }
        let answer = Dialplan::context(self.context.name.as_str(), &extensions);
        match answer {
            Ok(answer) if answer.body().len() <= MAX_BYTES => Ok(()),
            Ok(_) => {
                let why = "its context would be longer than the switch takes (1 MiB)";
                Err(NounError::refused(self, why))
            }
            Err(refusal) => Err(NounError::refused(self, refusal.to_string())),
        }
    }
}

fn context_of(c: &mut Session, id: i64) -> Result<ContextKey, NounError> {
    let row = ContextRow::read(c, id)?.ok_or(DbError::Query(diesel::result::Error::NotFound))?;
    Ok(key_of(id, row)?)
}

/// The position that puts an extension at a place of its context. Those behind it move on, as far as
/// they have to.
fn make_room(
    c: &mut Session,
    context: i64,
    id: Option<i64>,
    at: Option<usize>,
) -> Result<i64, NounError> {
    let rows = extension::in_order(c, Some(context))?;
    let stands = rows.iter().position(|(other, _)| Some(*other) == id);
    let last = rows.iter().map(|(_, row)| row.position).max().unwrap_or_default();
    let others: Vec<(i64, i64)> = rows
        .iter()
        .filter(|(other, _)| Some(*other) != id)
        .map(|(other, row)| (*other, row.position))
        .collect();
    let place = at.map_or(others.len(), |at| at.saturating_sub(1)).min(others.len());
    if let Some(stands) = stands
        && stands == place
    {
        return Ok(rows[stands].1.position);
    }
    let Some((_, position)) = others.get(place).copied() else { return Ok(last + 1) };
    if let Some(id) = id {
        // Out of the way: no two may have one position, not for a moment.
        extension::place(c, id, last + 2)?;
    }
    let in_the_way = others[place..].iter().zip(position..);
    let in_the_way: Vec<_> =
        in_the_way.take_while(|((_, stands), wanted)| stands == wanted).collect();
    for ((other, stands), _) in in_the_way.into_iter().rev() {
        extension::place(c, *other, stands + 1)?;
    }
    Ok(position)
}

fn check_condition(condition: &Condition) -> Result<(), String> {
    condition.steps.iter().try_for_each(|step| match step {
        Step::Action(action) | Step::AntiAction(action) => check_action(action),
        Step::Condition(inner) => check_condition(inner),
        Step::Expression(_) | Step::Regex(_) => Ok(()),
    })
}

fn check_action(action: &Action) -> Result<(), String> {
    if action.application.is_empty() {
        return Err("an action has no application".to_owned());
    }
    let application = &action.application;
    if application.contains(|c: char| c.is_whitespace() || c == ':') {
        return Err(format!(
            "«{}» is no application; its data stand behind a sign, as in bridge=user/1000",
            application.escape_debug()
        ));
    }
    names::check_label(&action.application)
        .map_err(|why| format!("application «{}»: {why}", action.application.escape_debug()))
}
