//! Text that the switch would act on, much more often than chance has it.

use jackfield_api::testing::switch_xml::Node;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::support::tree;

/// Pieces that do harm alone, next to each other, or cut short.
const FRAGMENTS: &[&str] = &[
    "$${",
    "$${default_password}",
    "$${}",
    "$$",
    "$",
    "{",
    "}",
    "${",
    "${system(id)}",
    "$1",
    "&#36;",
    "&#36;${",
    "&#x24;{a}",
    "&amp;",
    "&lt;!",
    "&",
    "&#10;",
    "&#0;",
    "&unknown;",
    "<",
    ">",
    "<!",
    "<!--",
    "<!--#exec cmd=\"id\"-->",
    "<!--#set a=b-->",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "<?",
    "<?xml version=\"1.0\"?>",
    "?>",
    "<include>",
    "</include>",
    "<INCLUDE data=\"/etc/passwd\"/>",
    "X-PRE-PROCESS",
    "x-pre-process",
    "<X-PRE-PROCESS cmd=\"exec\" data=\"id\"/>",
    "X-NO-PRE-PROCESS",
    "\"/><variable name=\"user_context\" value=\"admin\"/>",
    "\"",
    "'",
    "/>",
    "</user>",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "\u{0}",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "\u{fffd}",
    "\u{1f4de}",
    "%41",
    "%0D%0A",
    "%",
    "=",
    ";",
    "#",
    "\\",
    "ä",
    "李",
    "1000",
    "default",
];

/// Text made of such pieces, of harmless ones, and of anything else.
pub(super) fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        2 => "[a-z0-9@._-]{1,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Text that needs care and can be carried everywhere.
fn harmless() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(
            &[
                "&", "<", ">", "\"", "'", "\n", "\r\n", "\t", " ", "&amp;", "&#36;", "]]>", "-->",
                "/>", "#", "{", "}", "$ ", "ä", "李", "%41", "</user>", "\\", ";",
            ][..]
        )
        .prop_map(str::to_owned),
        "[a-z0-9@._-]{1,6}",
    ];
    vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// This many texts. One at most does harm, so that it is the one that an answer is refused for.
pub(super) fn texts(count: usize) -> impl Strategy<Value = Vec<String>> {
    (vec(harmless(), count), proptest::option::weighted(0.7, (0..count, named()))).prop_map(
        |(mut texts, harm)| {
            if let Some((at, text)) = harm {
                texts[at] = text;
            }
            texts
        },
    )
}

/// Failures are told, not kept in a file: each is one line of a test.
pub(super) fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(count) }
}

/// As [`nasty`], and at least one character.
pub(super) fn named() -> impl Strategy<Value = String> {
    nasty().prop_filter("a name", |name| !name.is_empty())
}

/// What a switch sees of an answer, which must hold nothing that it acts on. Dollars are escaped in
/// every answer, so even an expansion that the operator meant is no `$${` here.
pub(super) fn seen(body: &[u8]) -> Node {
    let text = std::str::from_utf8(body).expect("UTF-8");
    let lower = text.to_ascii_lowercase();
    for live in ["$${", "<!", "x-pre-process", "<include", "</include"] {
        assert!(!lower.contains(live), "{live:?} is live in\n{text}");
    }
    assert_eq!(text.matches("<?").count(), 1, "one declaration in\n{text}");
    tree(body)
}

/// Every value of an attribute anywhere in a tree, in the order of the document.
pub(super) fn values<'a>(tree: &'a Node, name: &str) -> Vec<&'a str> {
    let own =
        tree.attributes.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    own.chain(tree.children.iter().flat_map(|child| values(child, name))).collect()
}

/// How many elements a tree has.
pub(super) fn count(tree: &Node) -> usize {
    1 + tree.children.iter().map(count).sum::<usize>()
}

#[test]
fn the_pieces_are_met_often() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut met = std::collections::BTreeMap::new();
    for _ in 0..2000 {
        let text = nasty().new_tree(&mut runner).expect("a text").current();
        for word in ["$${", "${", "<!", "X-PRE-PROCESS", "<", "\n", "$1"] {
            *met.entry(word).or_insert(0) += u32::from(text.contains(word));
        }
    }
    assert!(met.values().all(|times| *times > 20), "{met:?}");
    assert!(met["<"] > 400, "{met:?}");
}
