//! What is limited to switches: files are those of one of them.

use std::fs;

use jackfield_api::snapshot::{
    AccessList, Contents, Global, Hosts, Level, Profile, ProfileKind, Setting, StoredDocument,
};
use jackfield_api::xml::Raw;

use super::{export, files, on};
use crate::import::served::Served;
use crate::support::{Base, DOMAIN, jackfield, on_each_empty};

/// Of every kind one for all, and another one of its name for `vm` and `other`; globals that are read.
fn limited() -> Contents {
    let both = || [(Hosts::default(), "all"), (Hosts::new(["vm", "other"]), "named")];
    let profile = |(hosts, said): (Hosts, &str)| Profile {
        kind: ProfileKind::Verto,
        name: "main".into(),
        params: vec![
            Setting::new("debug", said),
            Setting::new("userauth", "$${login}").at(Level::Global),
        ],
        hosts,
        ..Profile::default()
    };
    let list = |(hosts, said): (Hosts, &str)| AccessList {
        name: "lan".into(),
        default_allow: said == "all",
        nodes: Vec::new(),
        hosts,
    };
    let document = |(hosts, said): (Hosts, &str)| StoredDocument {
        name: "fifo.conf".into(),
        xml: Raw::parse(&format!("<configuration name='fifo.conf'><{said}/></configuration>"))
            .expect("valid"),
        hosts,
    };
    let global = |name: &'static str| {
        move |(hosts, said): (Hosts, &str)| Global { name: name.into(), value: said.into(), hosts }
    };
    let mut contents = Contents {
        profiles: both().map(profile).into(),
        access_lists: both().map(list).into(),
        documents: both().map(document).into(),
        globals: both().map(global("zone")).into(),
        ..Contents::default()
    };
    // What else an answer or an export would add by itself.
    for name in ["console.conf", "logfile.conf", "modules.conf", "verto.conf"] {
        contents.documents.push(StoredDocument {
            name: name.into(),
            xml: Raw::parse(&format!("<configuration name='{name}'/>")).expect("valid"),
            hosts: Hosts::default(),
        });
    }
    // Empty where the others ask for a login: there the profile has to ask for one itself.
    contents.globals.push(Global {
        name: "login".into(),
        value: "true".into(),
        hosts: Hosts::default(),
    });
    contents.globals.push(Global {
        name: "login".into(),
        value: String::new(),
        hosts: Hosts::new(["vm"]),
    });
    contents
}

#[test]
fn without_a_name_nothing_is_written_and_the_names_are_told() {
    on_each_empty(|empty| {
        let base = empty();
        base.open().merge("test", &limited(), &|| {}).expect("it can be stored");
        let folder = tempfile::tempdir().expect("a folder");
        for arguments in [&["export"][..], &["export", "--bootstrap"]] {
            let path = folder.path().join("conf");
            let done = on(&base, arguments, &path);
            let told = String::from_utf8_lossy(&done.stderr);
            assert_eq!(done.status.code(), Some(1), "{told}");
            assert!(told.contains("profile verto/main is for some switches alone"), "{told}");
            assert!(told.contains("with --host NAME; limits name other, vm"), "{told}");
            assert!(!path.exists());
        }
    });
}

#[test]
fn with_a_name_the_files_say_what_is_answered_to_that_switch() {
    on_each_empty(|empty| {
        let base = empty();
        base.open().merge("test", &limited(), &|| {}).expect("it can be stored");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tree");
        let told = export(&base, &["--host", "VM"], &path);
        assert!(!told.contains("no limit names"), "{told}");
        let written = files(&path);
        assert!(written["vars.xml"].contains("data=\"zone=named\""), "{}", written["vars.xml"]);
        assert!(!written["vars.xml"].contains("zone=all"));
        // Whatever asks for its documents in these tests has the name `vm`.
        let root = fs::canonicalize(&path).expect("there");
        let served = Served::exported(&base.url(), &root, DOMAIN);
        let documents = served.check_documents();
        for name in ["acl.conf", "fifo.conf", "verto.conf"] {
            assert!(documents.iter().any(|found| found == name), "{documents:?}");
        }
        let verto = &written["autoload_configs/verto.conf.xml"];
        assert!(verto.contains(r#"name="debug" value="named""#), "{verto}");
        assert!(verto.contains(r#"name="userauth" value="true""#), "{verto}");
    });
}

#[test]
fn a_switch_that_no_limit_names_has_what_is_for_all_and_that_is_told() {
    let base = Base::sqlite();
    base.open().merge("test", &limited(), &|| {}).expect("it can be stored");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    let told = export(&base, &["--bootstrap", "--host", "third"], &path);
    assert!(told.contains("no limit names «third»: it has what is for every switch"), "{told}");
    assert!(files(&path)["vars.xml"].contains("data=\"zone=all\""));
}

#[test]
fn what_was_written_for_a_switch_is_for_every_switch_once_it_is_imported() {
    let base = Base::sqlite();
    base.open().merge("test", &limited(), &|| {}).expect("it can be stored");
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    export(&base, &["--host", "vm"], &first);
    let again = Base::sqlite();
    let done = jackfield()
        .env("JACKFIELD_DATABASE_URL", &again.url)
        .arg("import")
        .arg(&first)
        .output()
        .expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    export(&again, &[], &second);
    assert_eq!(files(&first), files(&second));
}
