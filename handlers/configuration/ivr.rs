//! `ivr.conf`: the menus that callers choose from.
//!
//! Asked for with a menu's name each time a call enters one. The switch builds the menu and all
//! that it leads to from this one answer.
//!
//! ```text
//! key_value=ivr.conf&...&Menu-Name=demo
//! ```
//! ->
//! ```xml
//! <configuration name="ivr.conf">
//!   <menus>
//!     <menu name="demo" timeout="10000">
//!       <entry action="menu-exec-app" digits="1" param="transfer 1000 XML default"/>
//!       <entry action="menu-sub" digits="2" param="more"/>
//!     </menu>
//!     <menu name="more" timeout="10000">...</menu>
//!   </menus>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::{ConfigurationFlow, ConfigurationLookup};
use jackfield_api::snapshot::{Menu, MenuEntry, OnSwitch};
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Ivr;

impl ConfigurationHandler for Ivr {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        let pbx = facts.snapshot.on(&host);
        let menus = if let ConfigurationFlow::Menu(name) = lookup.flow() {
            // A menu that is not stored leaves none, and the switch says that it cannot find it and
            // goes on with the call's next action. Not found would have it look on its disk, where
            // a menu of that name may lead elsewhere.
            reachable(pbx, &name)
        } else {
            let menus = &facts.snapshot.contents().menus;
            menus.iter().map(|menu| spelled(pbx, menu, None)).collect()
        };
        Configuration::new("ivr.conf").framed(pbx.document("ivr.conf")).menus(&menus).answer()
    }
}

/// The menu of this name and every one that it leads to, each once, in the order of their finding.
fn reachable(pbx: OnSwitch<'_>, name: &str) -> Vec<Menu> {
    let mut found: Vec<&Menu> = pbx.snapshot().menu(name).into_iter().collect();
    let mut at = 0;
    while let Some(menu) = found.get(at) {
        for next in menu.entries.iter().filter_map(|entry| led_to(pbx, entry)) {
            if !found.iter().any(|menu| std::ptr::eq(*menu, next)) {
                found.push(next);
            }
        }
        at += 1;
    }
    found.into_iter().map(|menu| spelled(pbx, menu, Some(name))).collect()
}

/// The stored menu that a choice leads into.
fn led_to<'a>(pbx: OnSwitch<'a>, entry: &MenuEntry) -> Option<&'a Menu> {
    pbx.snapshot().menu(&pbx.resolved(entry.sub_menu()?, entry.level))
}

/// The menu as the switch can follow it: every name in the spelling that it will be looked for by.
///
/// The switch finds a menu in the answer without regard to case, but one that it has built already
/// only in the same case. So a loop in which `demo` is also called `Demo` would have it build menus
/// without end, and a call that enters `DEMO` would not be let into `demo`. A choice that leads to a
/// menu that is not stored is left out: taking it would end the call.
fn spelled(pbx: OnSwitch<'_>, menu: &Menu, asked: Option<&str>) -> Menu {
    let spelling = |menu: &Menu| match asked {
        Some(asked) if menu.name.eq_ignore_ascii_case(asked) => asked.to_owned(),
        _ => menu.name.clone(),
    };
    let entries = menu.entries.iter().filter_map(|entry| {
        let mut entry = entry.clone();
        if entry.sub_menu().is_some() {
            entry.param = spelling(led_to(pbx, &entry)?);
        }
        Some(entry)
    });
    Menu { name: spelling(menu), attributes: menu.attributes.clone(), entries: entries.collect() }
}

register!(ConfigurationHandler, "ivr", Keys::Fixed(&["ivr.conf"]), Ivr);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::{asking, pbx, recorded};

    #[test]
    fn a_call_gets_the_menu_it_enters_and_every_one_it_leads_to() {
        golden!("configuration/golden/ivr-demo.xml", text(&Ivr, recorded::IVR_MENU));
    }

    #[test]
    fn every_name_is_spelled_as_the_call_spelled_it() {
        let pbx = pbx();
        let menus = reachable(pbx.on("vm"), "DEMO");
        let names: Vec<_> = menus.iter().map(|menu| menu.name.as_str()).collect();
        assert_eq!(names, ["DEMO", "more", "last"]);
        for name in menus.iter().flat_map(|menu| &menu.entries).filter_map(|to| to.sub_menu()) {
            assert!(names.contains(&name), "the switch would look for {name}");
        }
    }

    #[test]
    fn whoever_asks_for_no_menu_gets_all_of_them() {
        let xml = text(&Ivr, asking::configuration("ivr.conf"));
        for name in ["demo", "more", "last", "apart"] {
            assert!(xml.contains(&format!("<menu name=\"{name}\"")), "{name}: {xml}");
        }
    }

    #[test]
    fn a_menu_that_is_not_stored_does_not_send_the_switch_to_its_disk() {
        let xml = text(&Ivr, asking::menu("gone"));
        assert!(xml.contains("<menus/>"), "{xml}");
    }
}
