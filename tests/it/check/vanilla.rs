//! The files that FreeSWITCH comes with, where `JACKFIELD_VANILLA` says that they are.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::files::checked;

fn vanilla() -> Option<PathBuf> {
    let path = std::env::var_os("JACKFIELD_VANILLA").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: JACKFIELD_VANILLA does not say where FreeSWITCH's own tree is");
    }
    path
}

fn whats(findings: &[Value], about: &str) -> Vec<String> {
    let of = findings.iter().filter(|finding| finding["about"] == about);
    of.map(|finding| finding["what"].as_str().expect("words").to_owned()).collect()
}

/// What stands in it as a comment, as an element.
fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.contains("<param") {
            line.replace("<!--", "").replace("-->", "")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_stock_binding_without_its_comments_is_all_that_one_can_do_wrong() {
    let Some(vanilla) = vanilla() else { return };
    let stock = vanilla.join("autoload_configs/xml_curl.conf.xml");
    let text = uncommented(&fs::read_to_string(stock).expect("readable"));
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("xml_curl.conf.xml");
    fs::write(&file, &text).expect("writable");
    let findings = checked(&[&file], "");
    let line = |words: &str| {
        let at = text.lines().position(|line| line.contains(words)).expect(words);
        format!("{}:{}", file.display(), at + 1)
    };
    for (words, param) in [
        ("is asked over plain HTTP", "gateway-url"),
        ("credentials go over plain HTTP", "gateway-credentials\""),
        ("it waits 10 s", "\"timeout\""),
        ("of each look-up only «Unique-ID»", "enable-post-var"),
    ] {
        let found =
            findings.iter().find(|it| it["what"].as_str().is_some_and(|it| it.contains(words)));
        let found = found.unwrap_or_else(|| panic!("{words}: {findings:#?}"));
        assert_eq!(found["where"], line(param).as_str(), "{words}");
    }
    assert_eq!(findings.len(), 4, "{findings:#?}");
}

#[test]
fn what_is_open_in_the_stock_tree_is_told() {
    let Some(vanilla) = vanilla() else { return };
    let findings = checked(&[&vanilla], "");
    assert_eq!(whats(&findings, "vars"), ["default_password is the one that everybody knows"]);
    assert_eq!(whats(&findings, "event_socket").len(), 2);
    assert_eq!(whats(&findings, "xml_curl"), ["no binding has a gateway-url"]);
    assert_eq!(whats(&findings, "voicemail"), ["a mailbox without a PIN takes any PIN"]);
    assert_eq!(whats(&findings, "file"), [""; 0]);
    let directory = whats(&findings, "directory").join("\n");
    for words in ["user «default» has no secret", "20 users («1000» to «1019»)"] {
        assert!(directory.contains(words), "{directory}");
    }
    assert!(!directory.contains("behind the service"), "nobody is asked");
    // With a binding beside them, the stock users are what the switch falls back on.
    let curl = super::files::folder("right/xml_curl.conf.xml");
    let findings = checked(&[&vanilla, &curl], "");
    let directory = whats(&findings, "directory").join("\n");
    assert!(directory.contains("the disk behind the service holds 24 users"), "{directory}");
    let modules = whats(&findings, "modules");
    assert_eq!(modules, ["mod_xml_curl is not loaded"]);
}
