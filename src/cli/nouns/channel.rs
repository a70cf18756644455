//! `jackfield channel`.

use clap::Args;
use jackfield_api::snapshot::{Access, Channel, SecondLogin};
use serde_json::{Map, Value, json};

use super::fields::{edit_names, named};
use super::{Desk, N, Spoken, show};
use crate::db::nouns::{self, ContextKey, StoredContext};
use crate::secret::{generate_token, token_hash};
use crate::settings::LISTEN_PUBLIC;

/// Flags of `jackfield channel add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct ChannelFields {
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whether anybody is let in
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    enabled: Option<bool>,
    /// How many of its clients may be connected at once; 0 for as many as come
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Who may ask for a session: whoever has the bearer token (token), or everybody (open)
    /// [default of a new one: token]
    #[arg(long, value_name = "token|open")]
    access: Option<Access>,
    /// What becomes of a login with another session id than the expected one: punt-new, punt-old,
    /// refuse or allow [default of a new one: punt-new]
    #[arg(long, value_name = "WORD")]
    second_login: Option<SecondLogin>,
    /// The context that calls of its clients begin in [default of a new one: verto]
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// The dialplan that is hunted there [default of a new one: XML]
    #[arg(long, value_name = "DIALPLAN")]
    dialplan: Option<String>,
    #[command(flatten)]
    rights: Rights,
    /// Let web pages of this origin ask for a session, as `https://example.com`
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// Let them no more
    #[arg(long, value_name = "ORIGIN")]
    remove_origin: Vec<String>,
    /// How long a session lives [default of a new one: 1209600, two weeks]
    #[arg(long, value_name = "SECONDS")]
    session_life: Option<u32>,
    /// How many of its clients may be alive that are not connected [default of a new one: 1000]
    #[arg(long, value_name = "N")]
    max_unconnected: Option<u32>,
    /// How many of these one address may have asked for [default of a new one: 20]
    #[arg(long, value_name = "N")]
    max_unconnected_per_address: Option<u32>,
    /// Make another bearer token, and show it once; the one before is void
    #[arg(long)]
    new_token: bool,
}

/// What its clients may do.
#[derive(Args)]
struct Rights {
    /// Let its clients use a method of verto [default of a new one: what calls need]
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,
    /// Let them use it no more
    #[arg(long, value_name = "METHOD")]
    remove_method: Vec<String>,
    /// Let its clients subscribe to an event channel of verto
    #[arg(long, value_name = "NAME")]
    event_channel: Vec<String>,
    /// Let them no more
    #[arg(long, value_name = "NAME")]
    remove_event_channel: Vec<String>,
}

impl Rights {
    fn apply(&self, channel: &mut Channel) -> anyhow::Result<()> {
        let (add, remove) = (&self.method, &self.remove_method);
        edit_names(&mut channel.methods, "method", add, remove)?;
        let (add, remove) = (&self.event_channel, &self.remove_event_channel);
        edit_names(&mut channel.event_channels, "event channel", add, remove)
    }
}

fn is_open_to_no_page(channel: &Channel) -> bool {
    channel.access == Access::Open && channel.origins.is_empty()
}

impl Spoken for Channel {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] =
        &["NAME", "STATE", "ACCESS", "LIMIT", "SECOND LOGIN", "CONTEXT"];
    type Fields = ChannelFields;

    fn new(key: &N<Self>) -> Self {
        Self::new(key.0.clone())
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &ChannelFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        named(&mut self.context, fields.context.as_ref());
        named(&mut self.dialplan, fields.dialplan.as_ref());
        let set = |field: &mut u32, value: Option<u32>| *field = value.unwrap_or(*field);
        set(&mut self.session_life, fields.session_life);
        set(&mut self.max_unconnected, fields.max_unconnected);
        set(&mut self.max_unconnected_per_address, fields.max_unconnected_per_address);
        self.enabled = fields.enabled.unwrap_or(self.enabled);
        self.access = fields.access.unwrap_or(self.access);
        self.second_login = fields.second_login.unwrap_or(self.second_login);
        if let Some(limit) = fields.limit {
            self.limit = Some(limit).filter(|limit| *limit > 0);
        }
        fields.rights.apply(self)?;
        edit_names(&mut self.origins, "origin", &fields.origin, &fields.remove_origin)?;
        if fields.new_token || (self.access == Access::Token && self.token.is_none()) {
            let token = generate_token();
            self.token = Some(token_hash(&token));
            desk.made.push(("token", token));
        }
        Ok(())
    }

    fn written(
        &self,
        was: Option<&Self>,
        _: i64,
        _: &ChannelFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let context = self.context.parse::<ContextKey>().map_err(anyhow::Error::msg)?;
        if self.dialplan.eq_ignore_ascii_case("xml")
            && !nouns::exists::<StoredContext>(desk.session, &context)?
        {
            desk.note(format!(
                "context «{context}» is not there, so its clients can call nobody: \
                 `jackfield context add {context}` makes it"
            ));
        }
        if was.is_none() && !desk.listens_to_pages {
            desk.note(format!(
                "no page can ask for a session of it, for the public listener is off: {LISTEN_PUBLIC} \
                 turns it on"
            ));
        }
        if is_open_to_no_page(self) && !was.is_some_and(is_open_to_no_page) {
            desk.note(
                "it is open, but not to web pages, which are refused until their origin is listed: \
                 `--origin https://example.com`",
            );
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({
            "name": self.name,
            "enabled": self.enabled,
            "limit": self.limit,
            "access": self.access,
            "has_token": self.token.is_some(),
            "second_login": self.second_login,
            "context": self.context,
            "dialplan": self.dialplan,
            "methods": self.methods,
            "event_channels": self.event_channels,
            "origins": self.origins,
            "session_life": self.session_life,
            "max_unconnected": self.max_unconnected,
            "max_unconnected_per_address": self.max_unconnected_per_address,
        }))
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            if self.enabled { "open" } else { "disabled" }.to_owned(),
            self.access.to_string(),
            self.limit.map(|limit| limit.to_string()).unwrap_or_default(),
            self.second_login.to_string(),
            self.context.clone(),
        ]
    }
}
