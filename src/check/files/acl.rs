//! Network lists: which of them everybody is in.

use crate::import::{Element, Looked};

/// Lists of the switch's own that everybody of the internet is in.
const OPEN: [&str; 5] = ["any_v4.auto", "any_v6.auto", "wan.auto", "wan_v4.auto", "wan_v6.auto"];

/// Whether everybody is in a list: one by its name, or a network that stands in the place of one.
pub(super) fn is_open(list: &str, looked: &Looked) -> bool {
    let list = list.trim();
    let mut own = Vec::new();
    looked.roots.iter().for_each(|root| named(root, list, &mut own));
    is_everybody(list) || OPEN.contains(&list) || own.into_iter().any(lets_in_all)
}

/// A network that leaves nobody out.
fn is_everybody(network: &str) -> bool {
    network.ends_with("/0") || network.ends_with("/0.0.0.0")
}

/// The lists of this name that `acl.conf` has, where it is read along.
fn named<'e>(element: &'e Element, name: &str, found: &mut Vec<&'e Element>) {
    for inner in &element.children {
        if inner.name == "list" && inner.attribute("name") == Some(name) {
            found.push(inner);
        } else if inner.name != "list" {
            named(inner, name, found);
        }
    }
}

/// Whoever is not left out by name is in, or a node has everybody in it.
fn lets_in_all(list: &Element) -> bool {
    let allows = |element: &Element, key: &str| {
        element.attribute(key).is_some_and(|word| word.eq_ignore_ascii_case("allow"))
    };
    let network = |node: &Element| node.attribute("cidr").is_some_and(is_everybody);
    allows(list, "default")
        || list.children_named("node").any(|node| allows(node, "type") && network(node))
}
