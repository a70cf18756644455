//! `jackfield domain`.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{
    AccessList, AccessTarget, Agent, Algorithm, Domain, Global, Profile,
};
use serde_json::{Map, Value, json};

use super::fields::{Params, Variables, edit_names};
use super::{Desk, N, Spoken, show};
use crate::db::Session;
use crate::db::nouns::{self, Noun, Page};

/// Flags of `jackfield domain add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct DomainFields {
    /// Another name. Hashes that were made with the old one are void then
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A further name that it answers to
    #[arg(long, value_name = "NAME")]
    alias: Vec<String>,
    /// Take a further name away
    #[arg(long, value_name = "NAME")]
    remove_alias: Vec<String>,
    /// A further realm that its users may be challenged with
    #[arg(long, value_name = "REALM")]
    realm: Vec<String>,
    /// Take a realm away
    #[arg(long, value_name = "REALM")]
    remove_realm: Vec<String>,
    /// The digest algorithms that hashes are made with [default of a new one: both]
    #[arg(long = "algorithm", value_name = "MD5|SHA-256", value_parser = algorithm)]
    algorithms: Vec<Algorithm>,
    /// Go through with a change that makes passwords or PINs of its users void
    #[arg(long)]
    void_passwords: bool,
    #[command(flatten)]
    params: Params,
    #[command(flatten)]
    variables: Variables,
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text.to_ascii_uppercase().as_str() {
        "MD5" => Ok(Algorithm::Md5),
        "SHA-256" => Ok(Algorithm::Sha256),
        _ => Err("write MD5 or SHA-256".to_owned()),
    }
}

/// What still names a domain that has another name now.
fn left_behind(c: &mut Session, name: &str) -> anyhow::Result<Vec<String>> {
    let all = Page { of: None, after: 0, limit: i64::MAX };
    let is = |text: &str| text.eq_ignore_ascii_case(name);
    let within = |text: &str| text.to_ascii_lowercase().contains(&name.to_ascii_lowercase());
    let mut left = Vec::new();
    for (_, global) in Global::page(c, &all)? {
        if is(&global.value) {
            left.push(format!("global {}", global.name));
        }
    }
    for (_, list) in AccessList::page(c, &all)? {
        let named =
            |target: &AccessTarget| matches!(target, AccessTarget::Domain(name) if is(name));
        if list.nodes.iter().any(|node| named(&node.target)) {
            left.push(format!("acl {}", list.name));
        }
    }
    for (_, profile) in Profile::page(c, &all)? {
        let domains = profile.domains.iter().any(|domain| is(&domain.name));
        if domains || profile.params.iter().any(|param| is(&param.text)) {
            left.push(format!("profile {}", profile.key()));
        }
    }
    for (_, agent) in Agent::page(c, &all)? {
        let attributes = agent.attributes.iter().any(|attribute| within(&attribute.text));
        if attributes || within(&agent.name) {
            left.push(format!("agent {}", agent.name));
        }
    }
    Ok(left)
}

impl Spoken for Domain {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "ALIASES", "REALMS"];
    type Fields = DomainFields;

    fn new(key: &N<Self>) -> Self {
        Self::new(&key.0)
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &DomainFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let (mut params, mut variables) = (self.params().to_vec(), self.variables().to_vec());
        fields.params.apply(&mut params)?;
        fields.variables.apply(&mut variables)?;
        let (mut aliases, mut realms) = (self.aliases().to_vec(), self.realms().to_vec());
        edit_names(&mut aliases, "alias", &fields.alias, &fields.remove_alias)?;
        edit_names(&mut realms, "realm", &fields.realm, &fields.remove_realm)?;
        let mut algorithms = fields.algorithms.clone();
        if algorithms.is_empty() {
            algorithms = self.algorithms().to_vec();
        }
        *self = Self::new(fields.name.as_deref().unwrap_or(self.name()))
            .with_settings(params, variables)
            .with_aliases(aliases)
            .with_digests(realms, algorithms)
            .with_others(self.others().clone());
        Ok(())
    }

    /// Tells which passwords fit no more.
    fn written(
        &self,
        was: Option<&Self>,
        id: i64,
        fields: &DomainFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let Some(was) = was else { return Ok(()) };
        if was.name() != self.name() {
            let left = left_behind(desk.session, was.name())?;
            if !left.is_empty() {
                desk.note(format!("still named «{}»: {}", was.name(), left.join(", ")));
            }
        }
        let same = was.all_realms().eq(self.all_realms()) && was.algorithms() == self.algorithms();
        if same {
            return Ok(());
        }
        let voided = nouns::void(desk.session, id, was, self)?;
        if !voided.is_empty() && !fields.void_passwords {
            bail!(
                "passwords or PINs of {} users ({}) fit these names no more: nobody can make them \
                 anew but with the passwords. --void-passwords goes through with it, and `jackfield \
                 user set --from FILE --passwords-to NEW` gives them others; --realm {} keeps the \
                 passwords good for phones that are challenged with it",
                voided.len(),
                show::names(&voided),
                was.name()
            );
        }
        if !voided.is_empty() {
            desk.note(format!(
                "passwords or PINs of {} users fit these names no more and are void: {}; \
                 `jackfield user set ID@{} --password-stdin` gives a new one, `jackfield user set \
                 --from FILE` many",
                voided.len(),
                show::names(&voided),
                self.name()
            ));
        }
        let lacking = nouns::hashes_that_lack(desk.session, id, self)?;
        if !lacking.is_empty() {
            desk.note(format!(
                "{} users cannot log in with every realm and algorithm of it until they get a new \
                 password: {}",
                lacking.len(),
                show::names(&lacking)
            ));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({
            "name": self.name(),
            "aliases": self.aliases(),
            "realms": self.realms(),
            "algorithms": self.algorithms(),
            "params": show::settings(self.params()),
            "variables": show::settings(self.variables()),
            "xml": show::hidden(self.others()),
        }))
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name().to_owned(), self.aliases().join(" "), self.realms().join(" ")]
    }
}
