//! IVR menus, as [`Configuration::menus`](crate::document::Configuration::menus) answers them.

use super::setting::{Level, Setting};
use crate::xml::Value;

/// One menu of `mod_ivr`.
///
/// ```
/// use jackfield_api::snapshot::Menu;
///
/// let menu = Menu::new("demo")
///     .attribute("greet-long", "phrase:welcome")
///     .attribute("timeout", 10_000)
///     .entry("menu-exec-app", "1", "transfer 1000 XML default")
///     .entry("menu-exit", "*", "");
/// # assert_eq!(menu.entries.len(), 2);
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Menu {
    /// The name, as in the application data of `ivr`.
    pub name: String,
    /// Attributes besides the name, in their order, as in `greet-long` or `timeout`.
    pub attributes: Vec<Setting>,
    /// What each choice does.
    pub entries: Vec<MenuEntry>,
}

impl Menu {
    /// A menu without choices.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), entries: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push(Setting::of(name, value));
        self
    }

    /// Adds a choice: an action, the digits or the `/regex/` that stand for it, and its data, empty
    /// where it has none. Data that is plain text is a stranger's: nothing in it is expanded.
    #[must_use]
    pub fn entry<'a>(mut self, action: &str, digits: &str, param: impl Into<Value<'a>>) -> Self {
        let Setting { text, level, .. } = Setting::of("", param);
        let (action, digits) = (action.to_owned(), digits.to_owned());
        self.entries.push(MenuEntry { action, digits, param: text, level });
        self
    }
}

/// One choice of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct MenuEntry {
    /// The action, as in `menu-exec-app`, `menu-sub` or `menu-top`.
    pub action: String,
    /// The digits, or a `/regex/`.
    pub digits: String,
    /// The action's data; a menu's name for `menu-sub`.
    #[cfg_attr(feature = "stored", serde(default))]
    pub param: String,
    /// How far the switch may expand the data.
    #[cfg_attr(feature = "stored", serde(default))]
    pub level: Level,
}

impl MenuEntry {
    /// The menu that this choice leads into.
    pub fn sub_menu(&self) -> Option<&str> {
        (self.action == "menu-sub").then_some(self.param.as_str())
    }
}
