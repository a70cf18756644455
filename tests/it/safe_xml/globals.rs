//! Globals that do harm, limited to switches or not.

use jackfield_api::document::{Configuration, Document};
use jackfield_api::snapshot::{
    Contents, Global, Hosts, Profile, ProfileKind, Setting, Snapshot, StoredDocument,
};
use jackfield_api::xml::Raw;
use proptest::prelude::*;

use super::nasty::{cases, nasty, texts};

/// What switch `vm` is answered with where a profile and a document read this global; none where it
/// cannot be carried.
fn answered(global: &str, around: &str, hosts: Hosts) -> Vec<Option<String>> {
    let globals = vec![Global { name: "it".into(), value: global.into(), hosts }];
    let text = format!("{around}$${{it}}{around}");
    let params = vec![Setting::written("p", text)];
    let kind = ProfileKind::Sofia;
    let profiles = vec![Profile { kind, name: "n".into(), params, ..Profile::default() }];
    let xml = "<configuration name='x.conf'><a b='$${it}'/><c>1 $${IT} 2</c></configuration>";
    let (name, xml) = ("x.conf".into(), Raw::parse(xml).expect("valid"));
    let documents = vec![StoredDocument { name, xml, hosts: Hosts::default() }];
    let snapshot = Snapshot::new(Contents {
        globals: globals.into(),
        profiles: profiles.into(),
        documents: documents.into(),
        ..Contents::default()
    });
    let vm = snapshot.on("VM");
    let text = |document: Document| {
        let document = vm.complete(document).ok()?;
        Some(String::from_utf8(document.into_body()).expect("UTF-8"))
    };
    let profile = Configuration::new("sofia.conf").profiles(vm.profiles(kind)).answer();
    let stored = Configuration::stored(vm.document("x.conf").expect("stored"));
    [profile, stored].map(|answer| answer.ok().and_then(text)).to_vec()
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn a_limited_global_is_carried_like_one_for_every_switch_or_refused_like_it(
        global in nasty(), t in texts(1)
    ) {
        let limited = answered(&global, &t[0], Hosts::new(["vm"]));
        prop_assert_eq!(limited, answered(&global, &t[0], Hosts::default()));
    }
}
