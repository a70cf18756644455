//! `export --bootstrap`: the few files of a switch that asks the service for everything else.

use std::fs;

use jackfield_api::snapshot::{Contents, Hosts, Profile, ProfileKind, StoredDocument};
use jackfield_api::xml::Raw;

use super::{export, files, nasty};
use crate::import::reference;
use crate::support::{Base, jackfield, on_each_empty};

fn modules(path: &std::path::Path) -> Vec<String> {
    let root = fs::canonicalize(path).expect("there");
    let tree = reference::tree(&root, &[]);
    let name = Some(("name", "modules.conf"));
    let steps = [("section", None), ("configuration", name), ("modules", None)];
    let modules = tree.find(&steps).expect("modules");
    let names = modules.children.iter().filter_map(|load| load.attribute("module"));
    names.map(str::to_owned).collect()
}

#[test]
fn a_served_switch_needs_no_more_than_what_it_reads_before_it_can_ask() {
    on_each_empty(|empty| {
        let base = empty();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("conf");
        let told = export(&base, &["--bootstrap"], &path);
        assert!(
            told.contains("the password in autoload_configs/event_socket.conf.xml is a new one")
        );
        let written = files(&path);
        let names: Vec<_> = written.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                ".jackfield-export",
                "autoload_configs/console.conf.xml",
                "autoload_configs/event_socket.conf.xml",
                "autoload_configs/logfile.conf.xml",
                "autoload_configs/modules.conf.xml",
                "autoload_configs/xml_curl.conf.xml",
                "freeswitch.xml",
                "vars.xml",
            ]
        );
        let loaded = modules(&path);
        assert_eq!(loaded[..3], ["mod_console", "mod_logfile", "mod_xml_curl"]);
        assert!(loaded.contains(&"mod_event_socket".to_owned()), "{loaded:?}");
    });
}

#[test]
fn a_served_switch_with_verto_can_run_the_hooks() {
    on_each_empty(|empty| {
        let profile = |kind| Profile { kind, name: "browsers".into(), ..Profile::default() };
        for (kind, hooks) in [(ProfileKind::Sofia, false), (ProfileKind::Verto, true)] {
            let base = empty();
            let contents = Contents { profiles: [profile(kind)].into(), ..Contents::default() };
            base.open().merge("test", &contents, &|| {}).expect("it can be stored");
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("conf");
            export(&base, &["--bootstrap"], &path);
            let loaded = modules(&path);
            for name in ["mod_verto", "mod_curl", "mod_lua"] {
                let times = loaded.iter().filter(|module| *module == name).count();
                assert_eq!(times, usize::from(hooks), "{name} in {loaded:?}");
            }
        }
    });
}

#[test]
fn hooks_of_a_served_switch_ask_the_service_where_it_listens() {
    let base = Base::sqlite();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    let vars = |listen: &str| {
        let done = jackfield()
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .env("JACKFIELD_LISTEN_MACHINE", listen)
            .args(["export", "--bootstrap"])
            .arg(&path)
            .output()
            .expect("the program runs");
        super::told(&done);
        files(&path)["vars.xml"].clone()
    };
    let set = |url: &str| format!("cmd=\"set\" data=\"jackfield_url={url}\"");
    assert!(!vars("127.0.0.1:8080").contains("jackfield_url"), "they ask there anyway");
    assert!(vars("127.0.0.1:18080").contains(&set("http://127.0.0.1:18080/fsapi")));
    assert!(vars("0.0.0.0:18080").contains(&set("http://127.0.0.1:18080/fsapi")));
    base.did(&["global", "add", "jackfield_url", "http://192.0.2.10:8080/fsapi"]);
    for listen in ["127.0.0.1:8080", "127.0.0.1:18080"] {
        let vars = vars(listen);
        assert_eq!(vars.matches("jackfield_url").count(), 1, "{vars}");
        assert!(vars.contains(&set("http://192.0.2.10:8080/fsapi")), "{vars}");
    }
}

#[test]
fn what_is_stored_about_the_start_of_a_switch_comes_with_it() {
    let base = Base::sqlite();
    let stored = |name: &str, xml: &str| StoredDocument {
        name: name.into(),
        xml: Raw::parse(&format!("<configuration name='{name}'>{xml}</configuration>"))
            .expect("valid"),
        hosts: Hosts::default(),
    };
    let contents = Contents {
        documents: [
            stored(
                "modules.conf",
                "<modules><load module='mod_sofia'/><load module='mod_console'/>\
                 <load module='mod_odd'/></modules>",
            ),
            stored("switch.conf", "<settings><param name='a' value='$${marked-up}'/></settings>"),
            stored(
                "event_socket.conf",
                "<settings><param name='password' value='own'/></settings>",
            ),
            stored("xml_curl.conf", "<bindings/>"),
            stored("fifo.conf", "<fifos/>"),
        ]
        .into(),
        globals: nasty::contents().globals,
        ..Contents::default()
    };
    base.open().merge("test", &contents, &|| {}).expect("it can be stored");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    let done = jackfield()
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_LISTEN_MACHINE", "127.0.0.1:18080")
        .args(["export", "--bootstrap"])
        .arg(&path)
        .output()
        .expect("the program runs");
    let told = super::told(&done);
    assert!(told.contains("the stored xml_curl.conf is not used"), "{told}");
    assert!(!told.contains("event_socket") && !told.contains("own"), "{told}");
    assert_eq!(modules(&path), ["mod_console", "mod_xml_curl", "mod_sofia", "mod_odd"]);
    let written = files(&path);
    assert!(!written.contains_key("autoload_configs/fifo.conf.xml"), "it is served");
    assert!(
        written["autoload_configs/xml_curl.conf.xml"]
            .contains(r#"value="http://127.0.0.1:18080/fsapi" bindings="configuration|directory|"#)
    );
    let root = fs::canonicalize(&path).expect("there");
    let tree = reference::tree(&root, &[]);
    let find = |document| {
        let steps = [("section", None), ("configuration", Some(("name", document)))];
        let settings = tree.find(&steps).and_then(|found| found.child("settings"));
        settings.expect("settings").children[0].attribute("value").map(str::to_owned)
    };
    assert_eq!(find("event_socket.conf").as_deref(), Some("own"));
    assert_eq!(find("switch.conf").as_deref(), Some("<a> & \"b\" 'c'"));
    // What calls read, and what the switch itself reads where a call has no such variable.
    let vars = &written["vars.xml"];
    for name in ["default_password", "moh", "zone"] {
        assert!(vars.contains(&format!("data=\"{name}=")), "{vars}");
    }
}
