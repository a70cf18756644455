//! Where files are written: whole or not at all, for their owner alone, and over nobody's own files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use jackfield_api::snapshot::Hosts;

use super::{export, files, nasty, on, told};
use crate::support::{Base, jackfield_after, on_each_empty};

fn base() -> Base {
    let base = Base::sqlite();
    base.open().merge("test", &nasty::contents(), &|| {}).expect("it can be stored");
    base
}

fn refused(base: &Base, path: &Path) -> String {
    let done = on(base, &["export"], path);
    assert_eq!(done.status.code(), Some(1));
    assert!(done.stdout.is_empty());
    String::from_utf8(done.stderr).expect("UTF-8")
}

#[test]
fn a_folder_with_files_of_somebody_is_left_alone() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    fs::write(folder.path().join("freeswitch.xml"), "mine").expect("writable");
    let told = refused(&base, folder.path());
    assert!(
        told.contains("holds files that no export wrote; name a folder that is empty"),
        "{told}"
    );
    let kept = files(folder.path());
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("freeswitch.xml".into(), "mine".into())]);
}

#[test]
fn a_link_is_not_followed() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let (own, link) = (folder.path().join("own"), folder.path().join("link"));
    export(&base, &[], &own);
    let before = files(&own);
    symlink(&own, &link).expect("made");
    for name in ["link", "link/", "link/."] {
        let told = refused(&base, &folder.path().join(name));
        assert!(told.contains("link is a symbolic link, and what it leads to is not"), "{told}");
    }
    fs::remove_file(&link).expect("removed");
    symlink(folder.path().join("gone"), &link).expect("made");
    assert!(refused(&base, &link).contains("is a symbolic link"));
    assert_eq!(files(&own), before);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
    // One on the way is the operator's own business.
    fs::remove_file(&link).expect("removed");
    symlink(folder.path(), &link).expect("made");
    let told = export(&base, &[], &link.join("own"));
    assert!(told.contains(own.to_str().expect("UTF-8")), "{told}");
}

/// Whoever may write in the folder around can make ready whatever name they can foresee.
#[test]
fn what_somebody_put_beside_the_folder_is_not_taken_for_ours() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let (evil, path) = (folder.path().join("evil"), folder.path().join("conf"));
    fs::create_dir(&evil).expect("made");
    fs::write(evil.join("theirs"), "").expect("writable");
    // The shell becomes the program, so its number is known before.
    let beside = path.with_file_name(".conf");
    let plant = |what| format!("ln -s {} {}.{what}-$$", evil.display(), beside.display());
    let planted = format!("{} && {}", plant("new"), plant("old"));
    for _ in 0..2 {
        let done = jackfield_after(&planted)
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .arg("export")
            .arg(&path)
            .output()
            .expect("a shell");
        told(&done);
        let found = fs::symlink_metadata(&path).expect("there");
        assert!(found.is_dir(), "a link to a stranger's folder");
        assert!(path.join("freeswitch.xml").is_file());
    }
    assert_eq!(fs::read_dir(&evil).expect("readable").count(), 1);
    let entries =
        fs::read_dir(folder.path()).expect("readable").map(|entry| entry.expect("an entry"));
    let left: Vec<_> =
        entries.filter(|entry| !entry.file_type().expect("a type").is_symlink()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_file_of_an_export_that_somebody_changed_is_not_lost() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("conf");
    export(&base, &["--bootstrap"], &path);
    let changed = fs::read_to_string(path.join("vars.xml")).expect("there") + "<!-- mine -->";
    fs::write(path.join("vars.xml"), changed).expect("writable");
    fs::rename(path.join("freeswitch.xml"), path.join("root.xml")).expect("moved");
    symlink("root.xml", path.join("freeswitch.xml")).expect("made");
    let before = files(&path);
    for arguments in [&["export"][..], &["export", "--bootstrap"]] {
        let done = on(&base, arguments, &path);
        assert_eq!(done.status.code(), Some(1));
        let told = String::from_utf8(done.stderr).expect("UTF-8");
        assert!(told.contains("would be lost: freeswitch.xml, vars.xml; store what"), "{told}");
        assert_eq!(files(&path), before);
    }
    // What is gone is no loss.
    fs::remove_file(path.join("freeswitch.xml")).expect("removed");
    fs::remove_file(path.join("vars.xml")).expect("removed");
    export(&base, &[], &path);
    assert!(path.join("root.xml").is_file() && path.join("vars.xml").is_file());
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
    // A list that says nothing vouches for nothing.
    fs::write(path.join(".jackfield-export"), "Written by jackfield export.\n").expect("writable");
    let before = files(&path);
    assert!(refused(&base, &path).contains("is not from an export, and this one would write it"));
    assert_eq!(files(&path), before);
    fs::remove_file(path.join(".jackfield-export")).expect("removed");
    assert!(refused(&base, &path).contains("holds files that no export wrote"));
}

/// It would have to be written there again after each export.
#[test]
fn an_address_that_nothing_sets_is_to_be_stored_and_not_written_into_the_files() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("conf");
    let advice = "jackfield global add external_sip_ip ADDRESS";
    assert!(export(&base, &[], &path).contains(advice));
    let add = ["global", "add", "external_sip_ip", "203.0.113.1"];
    told(&on(&base, &add[..3], Path::new(add[3])));
    assert!(!export(&base, &[], &path).contains(advice));
    assert!(files(&path)["vars.xml"].contains("external_sip_ip=203.0.113.1\""));
}

#[test]
fn an_earlier_export_and_an_empty_folder_are_replaced_as_a_whole() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("conf");
    fs::create_dir(&path).expect("made");
    export(&base, &["--bootstrap"], &path);
    assert!(path.join("autoload_configs/xml_curl.conf.xml").exists());
    export(&base, &[], &path);
    assert!(!path.join("autoload_configs/xml_curl.conf.xml").exists());
    let left: Vec<_> = fs::read_dir(folder.path()).expect("readable").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_somebody_put_beside_an_export_stays_and_is_never_written_over() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("conf");
    export(&base, &[], &path);
    let plain = files(&path);
    fs::write(path.join("voicemail.tpl"), "mine").expect("writable");
    fs::create_dir(path.join("tls")).expect("made");
    fs::write(path.join("tls/wss.pem"), "mine, too").expect("writable");
    std::os::unix::fs::symlink("tls", path.join("certs")).expect("made");
    export(&base, &[], &path);
    assert_eq!(fs::read_link(path.join("certs")).expect("a link").to_str(), Some("tls"));
    fs::remove_file(path.join("certs")).expect("there");
    let mut written = files(&path);
    assert_eq!(written.remove("voicemail.tpl").as_deref(), Some("mine"));
    assert_eq!(written.remove("tls/wss.pem").as_deref(), Some("mine, too"));
    assert_eq!(written, plain);

    // A file of somebody's where the next export would write one.
    export(&base, &["--bootstrap"], &path);
    fs::write(path.join("autoload_configs/acl.conf.xml"), "mine").expect("writable");
    let told = refused(&base, &path);
    assert!(told.contains("acl.conf.xml is not from an export, and this one would"), "{told}");
    assert_eq!(files(&path)["autoload_configs/acl.conf.xml"], "mine");
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let (base, folder) = (base(), tempfile::tempdir().expect("a folder"));
    let told = refused(&base, &folder.path().join("gone/conf"));
    assert!(told.contains("there is no folder ") && told.contains("gone; make it first"), "{told}");
    fs::write(folder.path().join("file"), "mine").expect("writable");
    assert!(refused(&base, &folder.path().join("file")).contains("is not a folder"));
    // A value that a hand has written past every check.
    base.sql("UPDATE users SET cidr = 'a<!b' WHERE name = '1001'");
    let told = refused(&base, &folder.path().join("conf"));
    assert!(told.contains("user «1001» of pbx.example.test cannot be written: "), "{told}");
    assert!(told.contains("user[1001]@cidr: «<!» would be acted on"), "{told}");
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn what_only_some_switches_have_is_refused() {
    on_each_empty(|empty| {
        let base = empty();
        let mut contents = nasty::contents();
        contents.globals[0].hosts = Hosts::new(["vm"]);
        base.open().merge("test", &contents, &|| {}).expect("it can be stored");
        let folder = tempfile::tempdir().expect("a folder");
        let told = refused(&base, &folder.path().join("conf"));
        assert!(told.contains("global zone is for some switches alone"), "{told}");
    });
}

#[test]
fn the_files_are_for_their_owner_alone_and_none_is_outside() {
    on_each_empty(|empty| {
        let base = empty();
        base.open().merge("test", &nasty::contents(), &|| {}).expect("it can be stored");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("conf");
        let told = export(&base, &[], &path);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("directory")), 0o700);
        let written = files(&path);
        for name in written.keys() {
            assert_eq!(mode(&path.join(name)), 0o600, "{name}");
            let plain = |c: char| c.is_ascii_alphanumeric() || "/%.-_+@".contains(c);
            assert!(name.chars().all(plain) && !name.contains("/../"), "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
        // The mark is no file of the switch.
        assert!(told.starts_with(&format!("{} files are in ", written.len() - 1)), "{told}");
        for secret in ["pa$", "aaaaaaaa", "no secret"] {
            assert!(!told.contains(secret), "{told}");
        }
    });
}

#[test]
fn a_switch_that_reads_the_files_lets_no_closed_or_disabled_user_in() {
    on_each_empty(|empty| {
        let base = empty();
        base.open().merge("test", &nasty::contents(), &|| {}).expect("it can be stored");
        lets_in_those_with_a_secret(&base);
    });
}

fn lets_in_those_with_a_secret(base: &Base) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    export(base, &[], &path);
    let root = fs::canonicalize(&path).expect("there");
    let tree = crate::import::reference::tree(&root, &[]);
    let section = tree.find(&[("section", Some(("name", "directory")))]).expect("a directory");
    let mut open = Vec::new();
    for domain in &section.children {
        let groups = domain.child("groups").into_iter().flat_map(|groups| &groups.children);
        for user in groups.flat_map(|group| &group.child("users").expect("users").children) {
            let id = user.attribute("id").expect("an id");
            if user.attribute("type") == Some("pointer") {
                continue;
            }
            assert_ne!(id, "gone", "the disabled one");
            let params = &user.child("params").expect("parameters").children;
            let says = |name: &str, value: Option<&str>| {
                params.iter().any(|param| {
                    param.attribute("name") == Some(name)
                        && value.is_none_or(|value| param.attribute("value") == Some(value))
                })
            };
            assert!(says("vm-a1-hash", None), "{id}");
            if says("a1-hash", None) {
                open.push(id.to_owned());
            } else {
                assert!(says("allow-empty-password", Some("false")), "{id}");
                assert!(says("sip-forbid-register", Some("true")), "{id}");
            }
        }
    }
    open.sort();
    assert_eq!(open, ["1000", "1001", "Sha"]);
}
