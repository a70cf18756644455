//! `jackfield profile`.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Profile, ProfileDomain, ProfileKind};
use serde_json::{Map, Value, json};

use super::fields::{Params, edit_names, named};
use super::hosts::HostFlags;
use super::{Desk, N, Spoken, show};

/// Flags of `jackfield profile add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct ProfileFields {
    #[command(flatten)]
    hosts: HostFlags,
    /// A domain that a SIP profile serves, or all; with ",alias" it is a name of the profile, with
    /// ",parse" the profile runs the gateways of its users
    #[arg(long, value_name = "DOMAIN[,alias][,parse]", value_parser = domain)]
    domain: Vec<ProfileDomain>,
    /// Take a domain away
    #[arg(long, value_name = "DOMAIN")]
    remove_domain: Vec<String>,
    /// A further name of a SIP profile
    #[arg(long, value_name = "NAME")]
    alias: Vec<String>,
    /// Take a further name away
    #[arg(long, value_name = "NAME")]
    remove_alias: Vec<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    params: Params,
}

fn domain(text: &str) -> Result<ProfileDomain, String> {
    let mut parts = text.split(',');
    let name = parts.next().unwrap_or_default().to_owned();
    let mut domain = ProfileDomain { name, alias: false, parse: false };
    for part in parts {
        match part.trim() {
            "alias" => domain.alias = true,
            "parse" => domain.parse = true,
            other => return Err(format!("«{other}» is neither alias nor parse")),
        }
    }
    Ok(domain)
}

impl Spoken for Profile {
    const KEY: &'static str = "[KIND/]NAME";
    const OWNER: Option<&'static str> = Some("kind");
    const COLUMNS: &'static [&'static str] =
        &["KIND", "PROFILE", "ADDRESS", "PORT", "DOMAINS", "SWITCHES"];
    type Fields = ProfileFields;

    /// Of a new one without a kind: a SIP profile.
    fn new(key: &N<Self>) -> Self {
        let kind = key.kind.unwrap_or_default();
        Self { kind, name: key.name.clone(), ..Self::default() }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &ProfileFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        fields.hosts.apply(&mut self.hosts);
        for name in &fields.remove_domain {
            let before = self.domains.len();
            self.domains.retain(|domain| !domain.name.eq_ignore_ascii_case(name));
            if self.domains.len() == before {
                bail!("«{name}» is no domain of it");
            }
        }
        for domain in &fields.domain {
            let is_it = |found: &ProfileDomain| found.name.eq_ignore_ascii_case(&domain.name);
            self.domains.retain(|found| !is_it(found));
            self.domains.push(domain.clone());
        }
        edit_names(&mut self.aliases, "alias", &fields.alias, &fields.remove_alias)?;
        fields.params.apply(&mut self.params)
    }

    fn written(
        &self,
        was: Option<&Self>,
        _: i64,
        _: &ProfileFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let (own, name) = (self.kind, &self.name);
        if let (None, Ok(kind)) = (was, name.parse::<ProfileKind>())
            && kind != own
        {
            desk.note(format!(
                "it is a profile of {own} that is called «{name}»; one of {kind} is added with its own \
                 name, as `jackfield profile add {kind}/NAME`"
            ));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({
            "kind": self.kind.to_string(),
            "profile": self.name,
            "aliases": self.aliases,
            "domains": self.domains,
            "params": show::settings(&self.params),
            "hosts": self.hosts,
            "xml": show::hidden(&self.others),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let param = |name: &str| {
            let mut found = self.params.iter().filter(|param| param.name == name);
            found.next().map(|param| param.text.clone()).unwrap_or_default()
        };
        let domains: Vec<&str> = self.domains.iter().map(|domain| &*domain.name).collect();
        vec![
            self.kind.to_string(),
            self.name.clone(),
            param("sip-ip"),
            param("sip-port"),
            domains.join(" "),
            self.hosts.to_string(),
        ]
    }
}
