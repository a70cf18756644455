//! Profiles: what a command line says of them, and the one that the README has for browsers.

use std::path::Path;
use std::process::Command;

use crate::support::{Base, on_each_empty};

#[test]
fn the_commands_of_the_readme_make_a_profile_that_browsers_can_log_in_at() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("\n## Browsers\n").expect("it is there");
    let blocks: Vec<_> = rest.split("```sh\n").skip(1).take(2).collect();
    let commands: String =
        blocks.iter().filter_map(|block| Some(block.split_once("```")?.0)).collect();
    // The client's name is made up there.
    assert!(commands.contains("profile add verto/web") && commands.contains("client add desk"));
    on_each_empty(|empty| {
        let base = empty();
        let folder =
            Path::new(env!("CARGO_BIN_EXE_jackfield")).parent().expect("a folder").display();
        let done = Command::new("sh")
            .args(["-ec", &format!("PATH={folder}:$PATH\n{commands}")])
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .env("JACKFIELD_STATE_DIR", base.state())
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{told}");
        assert!(!told.contains("can call nobody"), "the context is there: {told}");

        let written = base.folder.path().join("conf");
        let written = written.to_str().expect("UTF-8");
        base.did(&["export", written]);
        let verto = format!("{written}/autoload_configs/verto.conf.xml");
        let checked = base.did(&["check", &verto]).out;
        assert!(checked.ends_with("0 errors, 0 warnings\n"), "{checked}");
    });
}

#[test]
fn what_is_set_twice_is_refused_and_nothing_is_lost() {
    let base = Base::sqlite();
    let twice = ["--param=rtp-ip=127.0.0.1", "--param=RTP-ip=::1"];
    let words = "«RTP-ip» is set twice";
    base.refuses(&[&["profile", "add", "verto/web"], &twice[..]].concat(), 1, words);
    base.did(&["profile", "add", "verto/web", "--param=rtp-ip=127.0.0.1"]);
    base.refuses(&[&["profile", "set", "verto/web"], &twice[..]].concat(), 1, words);
    base.did(&["profile", "set", "verto/web", "--param=rtp-ip=::1"]);
}

#[test]
fn a_profile_that_is_called_as_a_kind_is_pointed_out() {
    let base = Base::sqlite();
    let hint = "`jackfield profile add verto/NAME`";
    let told = base.did(&["profile", "add", "verto"]).err;
    assert!(
        told.contains("a profile of sofia that is called «verto»") && told.contains(hint),
        "{told}"
    );
    for name in ["sofia", "verto/verto", "web"] {
        let told = base.did(&["profile", "add", name]).err;
        assert!(!told.contains("/NAME"), "{name}: {told}");
    }
}
