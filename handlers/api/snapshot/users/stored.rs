//! A user as it lies in the database: its texts are borrowed from there.

use std::borrow::Cow;

use super::super::profile::Gateway;
use super::super::setting::{Setting, StoredSetting};
use super::super::user::{StoredSecret, User};
use crate::xml::Raw;

/// What a [`User`] is packed from; it says what each field is for.
#[derive(Debug, Default)]
pub struct StoredUser<'a> {
    /// The id.
    pub id: &'a str,
    /// The second name.
    pub number_alias: Option<&'a str>,
    /// Whether it is Denied.
    pub disabled: bool,
    /// Networks it may call from without a password.
    pub cidr: Option<&'a str>,
    /// SIP and verto secrets.
    pub secrets: Vec<StoredSecret<'a>>,
    /// The hash of the PIN.
    pub voicemail_hash: Option<&'a str>,
    /// Parameters.
    pub params: Vec<StoredSetting<'a>>,
    /// Channel variables.
    pub variables: Vec<StoredSetting<'a>>,
    /// Gateways of its own.
    pub gateways: Cow<'a, [Gateway]>,
    /// Other elements.
    pub others: Cow<'a, Raw>,
}

impl<'a> From<&'a User> for StoredUser<'a> {
    fn from(user: &'a User) -> Self {
        let settings = |list: &'a [Setting]| list.iter().map(StoredSetting::from).collect();
        Self {
            id: &user.id,
            number_alias: user.number_alias.as_deref(),
            disabled: user.disabled,
            cidr: user.cidr.as_deref(),
            secrets: user.secrets.iter().map(StoredSecret::from).collect(),
            voicemail_hash: user.voicemail_hash.as_deref(),
            params: settings(&user.params),
            variables: settings(&user.variables),
            gateways: Cow::Borrowed(&user.gateways),
            others: Cow::Borrowed(&user.others),
        }
    }
}
