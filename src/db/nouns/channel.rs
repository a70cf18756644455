//! Channels that browsers may join. Their clients are nouns of their own.

use jackfield_api::snapshot::{Channel, Verto, holds_punt};

use super::{Named, NounError};
use crate::db::tables::channel::ChannelRow;
use crate::db::tables::client::ClientRow;
use crate::db::tables::count;
use crate::db::{DbError, Session};
use crate::names;

impl Named for Channel {
    const WORD: &'static str = "channel";
    type Row = ChannelRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> ChannelRow {
        ChannelRow::of(self)
    }

    fn of(id: i64, row: ChannelRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn owned(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(vec![(count::<ClientRow>(c, &format!("channel_id = {id}"))?, "clients")])
    }

    fn check_rest(&self) -> Result<(), String> {
        // It is a part of a path.
        if !self.name.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)) {
            return Err("write letters, digits, `-`, `.`, `_` and `~`".to_owned());
        }
        names::check(&self.context).map_err(|why| format!("its context: {why}"))?;
        names::check(&self.dialplan).map_err(|why| format!("its dialplan: {why}"))?;
        self.methods.iter().try_for_each(|method| check_right("method", method))?;
        self.event_channels.iter().try_for_each(|name| check_right("event channel", name))?;
        if self.methods.is_empty() {
            return Err("without a method its clients could do nothing".to_owned());
        }
        self.origins.iter().try_for_each(|origin| check_origin(origin))?;
        match (self.session_life, self.limit) {
            (60..=315_360_000, None | Some(1..)) => Ok(()),
            (60..=315_360_000, _) => Err("a limit of none is no limit".to_owned()),
            _ => Err("a session lives from a minute to ten years".to_owned()),
        }
    }
}

/// Hooks are told several in one word, and a switch takes them as words of a command.
fn check_right(what: &str, name: &str) -> Result<(), String> {
    if Verto::can_name(name) && name.len() <= 128 && !holds_punt(name) {
        return Ok(());
    }
    Err(format!("«{}» is no {what} of verto", name.escape_debug()))
}

/// As a browser sends it: scheme, host and port, and nothing behind them.
fn check_origin(origin: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty() && host.chars().all(fits)) {
        return Ok(());
    }
    let origin = origin.escape_debug();
    Err(format!(
        "«{origin}» is no origin, as https://example.com is; in lower case, without a path"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_switch_or_a_hook_would_take_for_something_else_is_refused() {
        assert_eq!(Channel::new("front.desk-1").check_rest(), Ok(()));
        let with = |edit: fn(&mut Channel)| {
            let mut channel = Channel::new("c");
            edit(&mut channel);
            channel.check_rest()
        };
        let refused: [fn(&mut Channel); 13] = [
            |it| it.name = "a/b".to_owned(),
            |it| it.name = "a b".to_owned(),
            |it| it.context = String::new(),
            |it| it.dialplan = "a\nb".to_owned(),
            |it| it.methods = vec!["verto.invite,verto.bye".to_owned()],
            |it| it.methods = Vec::new(),
            |it| it.methods = vec!["verto.Punt".to_owned()],
            |it| it.event_channels = vec!["a b".to_owned()],
            |it| it.origins = vec!["example.com".to_owned()],
            |it| it.origins = vec!["https://example.com/x".to_owned()],
            |it| it.origins = vec!["*".to_owned()],
            |it| it.session_life = 59,
            |it| it.limit = Some(0),
        ];
        for (at, edit) in refused.into_iter().enumerate() {
            assert!(with(edit).is_err(), "{at}");
        }
        assert_eq!(with(|it| it.origins = vec!["https://[::1]:8443".to_owned()]), Ok(()));
        let event_channels =
            |it: &mut Channel| it.event_channels = vec!["conference.3500@x".into()];
        assert_eq!(with(event_channels), Ok(()));
    }
}
