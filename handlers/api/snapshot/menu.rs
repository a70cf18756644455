//! IVR menus.

use serde::{Deserialize, Serialize};

use super::setting::{Level, Setting};

/// One menu.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Menu {
    /// The name, as in the application data of `ivr`.
    pub name: String,
    /// Attributes besides the name, in their order, as in `greet-long` or `timeout`.
    pub attributes: Vec<Setting>,
    /// What each choice does.
    pub entries: Vec<MenuEntry>,
}

/// One choice of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuEntry {
    /// The action, as in `menu-exec-app`, `menu-sub` or `menu-top`.
    pub action: String,
    /// The digits, or a `/regex/`.
    pub digits: String,
    /// The action's data; a menu's name for `menu-sub`.
    #[serde(default)]
    pub param: String,
    /// How far the switch may expand the data.
    #[serde(default)]
    pub level: Level,
}

impl MenuEntry {
    /// The menu that this choice leads into.
    pub fn sub_menu(&self) -> Option<&str> {
        (self.action == "menu-sub").then_some(self.param.as_str())
    }
}
