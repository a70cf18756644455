//! A stored name and value, with how far the switch may expand the value.

use std::borrow::Cow;

use crate::xml::Value;

/// A `<param>` or `<variable>` as stored.
///
/// ```
/// use jackfield_api::snapshot::{Level, Setting};
/// use jackfield_api::xml::Value;
///
/// # let name = "Ann";
/// let plain = Setting::new("effective_caller_id_name", name); // a stranger's: never expanded
/// let live = Setting::of("dial-string", Value::channel("user/${dialed_user}"));
/// assert_eq!((plain.level, live.level), (Level::Text, Level::Channel));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Setting {
    /// The name, as FreeSWITCH spells it.
    pub name: String,
    /// The value, as [`Setting::value`] reads it.
    pub text: String,
    /// How far the switch may expand the value.
    #[cfg_attr(feature = "stored", serde(default, skip_serializing_if = "Level::is_text"))]
    pub level: Level,
    /// Whether the element has `secure="true"`, as a `bind-local` of verto for TLS.
    #[cfg_attr(feature = "stored", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub secure: bool,
}

/// How far the switch may expand a stored value; see [`Value`].
///
/// ```
/// use jackfield_api::snapshot::Level;
///
/// assert_eq!(Level::of("sip:$${local_ip_v4}:${port}"), Level::Global);
/// assert_eq!(Level::Channel.within("nothing to expand"), Level::Text);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Level {
    /// Not at all.
    #[default]
    Text,
    /// Not at all, and an application reads it as one word; see [`Value::word`].
    Word,
    /// Channel variables.
    Channel,
    /// Channel variables and the switch's globals.
    Global,
}

impl Level {
    // The shape that serde asks for.
    #[cfg(feature = "stored")]
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_text(&self) -> bool {
        *self == Self::Text
    }

    /// The lowest level at which all that is live in an operator's text stays so.
    pub fn of(text: &str) -> Self {
        if text.contains("$${") {
            Self::Global
        } else if text.contains('$') {
            Self::Channel
        } else {
            Self::Text
        }
    }

    /// This level where a text has anything to expand, and else the lowest: what is stored does not
    /// depend on who wrote it.
    #[must_use]
    pub fn within(self, text: &str) -> Self {
        if text.contains('$') || self == Self::Word { self } else { Self::Text }
    }

    /// A text at this level.
    pub fn value(self, text: &str) -> Value<'_> {
        match self {
            Self::Text => Value::text(text),
            Self::Word => Value::word(text),
            Self::Channel => Value::channel(text),
            Self::Global => Value::global(text),
        }
    }
}

impl Setting {
    /// A setting whose value is never expanded.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), level: Level::Text, secure: false }
    }

    /// A setting whose value may hold live `${...}`.
    pub fn channel(name: impl Into<String>, text: impl Into<String>) -> Self {
        let setting = Self::new(name, text);
        Self { level: Level::Channel.within(&setting.text), ..setting }
    }

    /// A setting of a value: how far the switch may expand it is what the value says of who wrote it.
    pub fn of<'a>(name: impl Into<String>, value: impl Into<Value<'a>>) -> Self {
        let (level, text) = match value.into() {
            Value::Text(text) => (Level::Text, text),
            Value::Word(text) => (Level::Word, text),
            Value::Channel(text) => (Level::Channel, text),
            Value::Global(text) => (Level::Global, text),
        };
        let setting = Self::new(name, text);
        Self { level: level.within(&setting.text), ..setting }
    }

    /// A setting as an operator wrote it in a file: `${...}` and `$${...}` in it are live.
    pub fn written(name: impl Into<String>, text: impl Into<String>) -> Self {
        let setting = Self::new(name, text);
        Self { level: Level::of(&setting.text), ..setting }
    }

    /// The same at another level.
    #[must_use]
    pub fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same with `secure="true"`, or without it.
    #[must_use]
    pub fn with_secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// The value, at its level.
    pub fn value(&self) -> Value<'_> {
        self.level.value(&self.text)
    }
}

/// A [`Setting`] as it is stored, its texts borrowed.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Deserialize))]
pub struct StoredSetting<'a> {
    #[cfg_attr(feature = "stored", serde(borrow))]
    pub(super) name: Cow<'a, str>,
    #[cfg_attr(feature = "stored", serde(borrow))]
    pub(super) text: Cow<'a, str>,
    #[cfg_attr(feature = "stored", serde(default))]
    pub(super) level: Level,
    #[cfg_attr(feature = "stored", serde(default))]
    pub(super) secure: bool,
}

impl<'a> From<&'a Setting> for StoredSetting<'a> {
    fn from(setting: &'a Setting) -> Self {
        let (name, text) = (Cow::from(&setting.name), Cow::from(&setting.text));
        Self { name, text, level: setting.level, secure: setting.secure }
    }
}

/// A setting whose texts are borrowed, as those of a user in the snapshot are.
///
/// ```
/// # let pbx = jackfield_api::testing::pbx();
/// # let domain = pbx.domain("pbx.example.test").expect("a domain");
/// let user = domain.user("1000").expect("a user");
/// let context = user.variables().find(|variable| variable.name == "user_context");
/// assert_eq!(context.map(|variable| variable.text), Some("default"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingRef<'a> {
    /// The name, as FreeSWITCH spells it.
    pub name: &'a str,
    /// The value, as [`SettingRef::value`] reads it.
    pub text: &'a str,
    /// How far the switch may expand the value.
    pub level: Level,
    /// Whether the element has `secure="true"`.
    pub secure: bool,
}

impl<'a> SettingRef<'a> {
    /// The value, at its level.
    pub fn value(&self) -> Value<'a> {
        self.level.value(self.text)
    }

    /// The same with texts of its own.
    pub fn to_setting(&self) -> Setting {
        Setting::new(self.name, self.text).at(self.level).with_secure(self.secure)
    }
}

impl<'a> From<&'a Setting> for SettingRef<'a> {
    fn from(setting: &'a Setting) -> Self {
        let Setting { name, text, level, secure } = setting;
        Self { name, text, level: *level, secure: *secure }
    }
}
