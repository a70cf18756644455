//! Answers as a switch reads them, and short paths into them.

use jackfield_api::testing::switch_xml::{Node, as_the_switch_sees};

/// Globals that an answer may hold live, with the documents that may: a switch sets them itself,
/// before it reads any configuration.
const LIVE: [(&str, &str); 2] =
    [("local_stream.conf", "$${sounds_dir}"), ("verto.conf", "$${certs_dir}")];

/// What a switch makes of an answer, through its pre-processor, its parser, its encoder and its
/// parser again. Fails where anything would be dropped, expanded, run or changed on that way.
pub(crate) fn tree(body: &[u8]) -> Node {
    let mut text = String::from_utf8(body.to_vec()).expect("answers are UTF-8");
    assert!(
        text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"),
        "the declaration stands on its own line: {text}"
    );
    for (document, global) in LIVE {
        if text.contains(&format!("<configuration name=\"{document}\"")) {
            text = text.replace(global, "/etc/freeswitch");
        }
    }
    match as_the_switch_sees(&text) {
        Ok(tree) => tree,
        Err(error) => panic!("the switch would not take this answer: {error}\n{text}"),
    }
}

/// Follows a path as in `section[name=directory]/domain/users/user[id=1000]@number-alias=5551000`:
/// tags, each with an attribute that picks it, and at the end an attribute with its exact value.
pub(crate) fn find<'a>(tree: &'a Node, path: &str) -> Option<&'a Node> {
    let (path, wanted) = match outside_brackets(path, '@').next() {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    };
    let mut steps = Vec::new();
    let mut start = 0;
    for end in outside_brackets(path, '/').chain([path.len()]) {
        let step = path[start..end].trim_end_matches(']');
        let (tag, attribute) = step.split_once('[').unwrap_or((step, ""));
        steps.push((tag, attribute.split_once('=')));
        start = end + 1;
    }
    let node = tree.find(&steps)?;
    match wanted.and_then(|wanted| wanted.split_once('=')) {
        Some((name, value)) => (node.attribute(name)? == value).then_some(node),
        None => Some(node),
    }
}

/// Where this character stands outside of brackets.
fn outside_brackets(path: &str, wanted: char) -> impl Iterator<Item = usize> + '_ {
    let mut inside = false;
    path.char_indices().filter_map(move |(at, c)| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        (c == wanted && !inside).then_some(at)
    })
}

/// Whether an answer is exactly the document that says that there is nothing.
pub(crate) fn is_not_found(body: &[u8]) -> bool {
    body == concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
        "<document type=\"freeswitch/xml\">\n",
        "  <section name=\"result\">\n",
        "    <result status=\"not found\"/>\n",
        "  </section>\n",
        "</document>\n",
    )
    .as_bytes()
}
