//! `jackfield gateway`.

use clap::Args;
use jackfield_api::snapshot::{Gateway, Setting};
use serde_json::{Map, Value, json};

use super::fields::{Params, named, put};
use super::{Desk, N, Spoken, password, show};
use crate::db::nouns::{Address, GatewayOwner, InDomain, OwnedGateway, ProfileKey};

/// Flags of `jackfield gateway add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct GatewayFields {
    /// The SIP profile that runs it: its name, or its id as id:17
    #[arg(long, value_name = "PROFILE", conflicts_with = "user")]
    profile: Option<Address<ProfileKey>>,
    /// The user that it belongs to: a profile that parses the user's domain runs it
    #[arg(long, value_name = "ID@DOMAIN")]
    user: Option<InDomain>,
    /// Read its password from standard input, or ask for it. The switch needs it in clear; no command
    /// shows it again
    #[arg(long, conflicts_with = "secret_param")]
    password_stdin: bool,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    params: Params,
}

impl Spoken for OwnedGateway {
    const KEY: &'static str = "NAME";
    const OWNER: Option<&'static str> = Some("profile");
    const COLUMNS: &'static [&'static str] = &["GATEWAY", "OF", "PROXY", "USERNAME", "REGISTERS"];
    type Fields = GatewayFields;

    fn new(key: &N<Self>) -> Self {
        Self { owner: None, gateway: Gateway { name: key.0.clone(), ..Gateway::default() } }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &GatewayFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.gateway.name, fields.name.as_ref());
        if let Some(profile) = &fields.profile {
            self.owner = Some(GatewayOwner::profile(desk.session, profile)?);
        }
        if let Some(user) = &fields.user {
            self.owner = Some(GatewayOwner::user(desk.session, user)?);
        }
        fields.params.apply(&mut self.gateway.params)?;
        if fields.password_stdin {
            let password = password::read("password of the gateway")?;
            put(&mut self.gateway.params, Setting::new("password", password));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let (profile, user) = match &self.owner {
            Some(GatewayOwner::Profile { name, .. }) => (Some(name.clone()), None),
            Some(GatewayOwner::User { key, .. }) => (None, Some(key.to_string())),
            None => (None, None),
        };
        show::fields(json!({
            "gateway": self.gateway.name,
            "profile": profile,
            "user": user,
            "params": show::settings(&self.gateway.params),
            "xml": show::hidden(&self.gateway.others),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let param = |name: &str| {
            let mut found = self.gateway.params.iter().filter(|param| param.name == name);
            found.next().map(|param| param.text.clone()).unwrap_or_default()
        };
        let owner = self.owner.as_ref().map(ToString::to_string).unwrap_or_default();
        let proxy = [param("proxy"), param("realm")].into_iter().find(|text| !text.is_empty());
        vec![
            self.gateway.name.clone(),
            owner,
            proxy.unwrap_or_default(),
            param("username"),
            param("register"),
        ]
    }
}
