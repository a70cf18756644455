//! What a switch would be told about a user or a number: its own questions, asked one by one.
//!
//! The questions are written as a switch writes them ([`question`]) and go to the service that runs
//! here, through its control socket, or else to this program over the database. An answer is read as
//! far as the switch goes by it ([`mod@user`], [`mod@number`]); what depends on more than is known is said to.

mod dialplan;
mod number;
mod question;
mod sofia;
mod user;

use std::sync::Arc;

use serde::Serialize;

use crate::app::App;
use crate::control::{ControlError, Told, ask_about};
use crate::import::{Element, elements};
use crate::settings::Settings;

pub(crate) use self::number::{Call, number};
pub(crate) use self::user::user;

/// Who is asked.
pub(crate) enum Answers {
    /// The service that runs here.
    Service(Arc<Settings>),
    /// This program over the database.
    Here(Arc<App>),
}

impl Answers {
    /// What a look-up is answered.
    async fn ask(&self, body: &str) -> Result<Told, ControlError> {
        match self {
            Self::Service(settings) => ask_about(&settings.state_dir, body)?
                .ok_or_else(|| ControlError::Refused("the service has ended".to_owned())),
            Self::Here(app) => match app.router.ask(body.as_bytes().to_vec()).await {
                Ok(Some(asked)) => Ok(Told::of(&asked)),
                Ok(None) => Err(ControlError::Refused("it is no look-up".to_owned())),
                Err(error) => Err(ControlError::Refused(error.to_string())),
            },
        }
    }
}

/// One question and what comes of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    /// Why a switch asks.
    pub(crate) why: String,
    pub(crate) section: &'static str,
    pub(crate) handler: String,
    pub(crate) outcome: String,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<String>,
    /// Whether it gets what it asks for.
    pub(crate) works: bool,
    /// What it does then, a line each.
    pub(crate) then: Vec<String>,
    /// Of a dialplan: where the call goes, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goes: Option<String>,
}

/// An answer, as a tree.
struct Answer {
    told: Told,
    tree: Option<Element>,
}

impl Answer {
    fn of(told: Told) -> Self {
        let tree = elements(&told.answer).ok();
        Self { told, tree }
    }

    /// The section's first element of this name.
    fn first(&self, name: &str) -> Option<&Element> {
        self.tree.as_ref()?.child("section")?.child(name)
    }

    /// Why nobody is in it.
    fn nothing(&self) -> String {
        let falls = "the switch asks its next binding, and its files on the disk last";
        match (self.told.status, self.first("result").is_some()) {
            (200, true) => format!("not found: {falls}"),
            (200, false) => "refused: the switch stops there".to_owned(),
            (status, _) => format!("HTTP {status}: {falls}"),
        }
    }

    fn step(&self, why: &str, section: &'static str, works: bool, then: Vec<String>) -> Step {
        let Told { handler, outcome, why: refusal, .. } = self.told.clone();
        let why = why.to_owned();
        Step { why, section, handler, outcome, refusal, works, then, goes: None }
    }
}
