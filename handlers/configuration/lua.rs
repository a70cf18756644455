//! `lua.conf`: which script hears which event.
//!
//! The scripts of Jackfield tell it who logs in at a verto profile and who leaves. The switch looks
//! for them in its own folder of scripts, so no path is named here. They are added to what is stored,
//! unless that has a script for the same event.
//!
//! ```text
//! key_value=lua.conf
//! ```
//! ->
//! ```xml
//! <configuration name="lua.conf">
//!   <settings>
//!     <hook event="CUSTOM" subclass="verto::login" script="login.lua"/>
//!     <hook event="CUSTOM" subclass="verto::client_disconnect" script="disconnect.lua"/>
//!   </settings>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Lua;

/// Which script of ours hears which event: event, subclass, script.
pub const HOOKS: [(&str, &str, &str); 2] = [
    ("CUSTOM", "verto::login", "login.lua"),
    ("CUSTOM", "verto::client_disconnect", "disconnect.lua"),
];

impl ConfigurationHandler for Lua {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        let frame = facts.snapshot.on(&host).document("lua.conf");
        let hooks = HOOKS.into_iter().filter(|(event, subclass, _)| {
            let mut stored =
                frame.iter().flat_map(|frame| frame.attributes("settings", ["event", "subclass"]));
            !stored.any(|found| found == [*event, *subclass])
        });
        Configuration::new("lua.conf").framed(frame).hooks(hooks).answer()
    }
}

register!(ConfigurationHandler, "lua", Keys::Fixed(&["lua.conf"]), Lua);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::{Pbx, ask, asking, recorded};

    #[test]
    fn the_module_loads_with_the_hooks_of_verto() {
        golden!("configuration/golden/lua.xml", text(&Lua, recorded::LUA_CONF));
    }

    #[test]
    fn hooks_are_added_to_what_is_stored_but_for_those_that_it_has() {
        let xml = "<configuration name='lua.conf'><settings><param name='script-directory' \
                   value='$${script_dir}'/><hook event='CUSTOM' subclass='verto::login' \
                   script='own.lua'/></settings></configuration>";
        let snapshot = Pbx::empty().document("lua.conf", xml).snapshot();
        let answer = ask(&Lua, asking::configuration("lua.conf"), &snapshot).expect("a document");
        let text = String::from_utf8(answer.into_body()).expect("UTF-8");
        assert!(text.contains("script=\"own.lua\"") && !text.contains("login.lua"), "{text}");
        assert!(text.contains("script=\"disconnect.lua\""), "{text}");
        assert!(text.contains("$${script_dir}"), "{text}");
        assert_eq!(text.matches("<settings>").count(), 1, "{text}");
    }
}
