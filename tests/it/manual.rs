//! The manual and the completions, which the program makes itself.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use jackfield::settings::TABLE;

use crate::support::run;

fn printed(arguments: &[&str]) -> String {
    let done = run(arguments);
    assert!(done.status.success(), "{arguments:?}");
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn every_command_has_a_page_and_every_page_that_is_named_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("man");
    printed(&["man", "--to", to.to_str().expect("UTF-8")]);
    let pages: BTreeSet<String> = fs::read_dir(&to)
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    let help = printed(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<_> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next().filter(|_| line.starts_with("  ")))
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() > 20, "{help}");
    for command in commands {
        assert!(pages.contains(&format!("jackfield-{command}.1")), "{command}: {pages:?}");
    }
    assert!(pages.contains("jackfield-user-add.1") && pages.contains("jackfield.1"));
    for page in &pages {
        let text = fs::read_to_string(to.join(page)).expect("UTF-8");
        assert!(text.contains(".SH NAME\n"), "{page}");
        for named in text.split_whitespace().filter_map(|word| word.strip_suffix("(1)")) {
            let named = named.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
            assert!(pages.contains(&format!("{named}.1")), "{page} names {named}");
        }
    }
}

#[test]
fn every_setting_is_in_its_page() {
    let folder = tempfile::tempdir().expect("a folder");
    printed(&["man", "--to", folder.path().to_str().expect("UTF-8")]);
    let page = fs::read_to_string(folder.path().join("jackfield.toml.5")).expect("UTF-8");
    for (key, _, _) in TABLE {
        assert!(page.contains(&key.replace('-', "\\-")), "{key}");
    }
    let restart = |key: &str| page.contains(&format!("\\fB{key}\\fR (restart)"));
    assert!(restart("listen_machine") && !restart("guard"), "{page}");
}

#[test]
fn the_chapters_of_the_readme_for_operators_are_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    printed(&["man", "--to", folder.path().to_str().expect("UTF-8")]);
    let page = folder.path().join("jackfield-operation.7");
    let page = fs::read_to_string(page).expect("UTF-8").replace("\\*(Aq", "'").replace('\\', "");
    let readme = include_str!("../../README.md");
    let (_, chapters) = readme.split_once("\n### Upgrade and roll back\n").expect("it is there");
    let (chapters, _) = chapters.split_once("\n## ").expect("another one follows");
    let mut lines = 0;
    for line in chapters.lines().filter(|line| line.starts_with("sudo ")) {
        assert!(page.lines().any(|written| written == line), "{line}");
        lines += 1;
    }
    assert!(lines > 10 && page.contains("fBjackfield_lookups_totalfR"), "{page}");
    assert!(!page.contains('`') && !page.contains("**"), "{page}");
}

#[test]
fn completions_know_the_commands_and_are_well_formed() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("passwords-to") && script.contains("explain"), "{shell}");
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash");
    let script = run(&["completions", "bash"]).stdout;
    std::io::Write::write_all(&mut bash.stdin.take().expect("piped"), &script).expect("read");
    assert!(bash.wait().expect("a child").success());
}
