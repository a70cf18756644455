//! `jackfield group`.

use clap::Args;
use jackfield_api::snapshot::Group;
use serde_json::{Map, Value, json};

use super::fields::{Params, Variables, edit_names, named};
use super::{Desk, N, Spoken, show};
use crate::db::nouns::{self, DomainGroup};

/// Flags of `jackfield group add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct GroupFields {
    /// A user that is in it; the order is the order of ringing
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
    /// Take a user out of it
    #[arg(long, value_name = "ID")]
    remove_member: Vec<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    params: Params,
    #[command(flatten)]
    variables: Variables,
}

impl Spoken for DomainGroup {
    const KEY: &'static str = "NAME[@DOMAIN]";
    const OWNER: Option<&'static str> = Some("domain");
    const COLUMNS: &'static [&'static str] = &["GROUP", "DOMAIN", "MEMBERS"];
    type Fields = GroupFields;

    fn new(key: &N<Self>) -> Self {
        let group = Group { name: key.name.clone(), ..Group::default() };
        Self { domain: key.domain.clone().unwrap_or_default(), group }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &GroupFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let known = Some(self.domain.as_str()).filter(|name| !name.is_empty());
        let (_, domain) = nouns::domain(desk.session, known)?;
        domain.name().clone_into(&mut self.domain);
        let group = &mut self.group;
        named(&mut group.name, fields.name.as_ref());
        edit_names(&mut group.members, "member", &fields.member, &fields.remove_member)?;
        fields.params.apply(&mut group.params)?;
        fields.variables.apply(&mut group.variables)
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({
            "group": self.group.name,
            "domain": self.domain,
            "members": self.group.members,
            "params": show::settings(&self.group.params),
            "variables": show::settings(&self.group.variables),
        }))
    }

    fn cells(&self) -> Vec<String> {
        vec![self.group.name.clone(), self.domain.clone(), self.group.members.join(" ")]
    }
}
