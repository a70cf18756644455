//! `jackfield room`.

use clap::Args;
use jackfield_api::snapshot::Room;
use serde_json::{Map, Value, json};

use super::fields::named;
use super::{Desk, N, Spoken};
use crate::db::nouns;

/// Flags of `jackfield room add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct RoomFields {
    /// The conference profile that it runs with [default of a new one: default]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for Room {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "PROFILE"];
    type Fields = RoomFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), profile: "default".to_owned() }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &RoomFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        named(&mut self.profile, fields.profile.as_ref());
        Ok(())
    }

    fn written(
        &self,
        _: Option<&Self>,
        _: i64,
        _: &RoomFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let profile = &self.profile;
        if !nouns::has_profile(desk.session, profile)? {
            desk.note(format!(
                "conference profile «{profile}» is not there, so nobody gets into the room: \
                 `jackfield profile add conference/{profile}` makes it"
            ));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        Map::from_iter([
            ("name".to_owned(), json!(self.name)),
            ("profile".to_owned(), json!(self.profile)),
        ])
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.profile.clone()]
    }
}
