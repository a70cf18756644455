//! Elements as text that is the same for what the switch cannot tell apart.

use std::fmt::Write as _;

use jackfield_api::testing::switch_xml::Node;

/// Whether the order of unlike elements counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It does.
    Kept,
    /// It does not: the switch looks elements up by name, and only like ones follow one another.
    ByName,
}

/// An element with its attributes sorted and white space between elements gone. With the order by
/// name, lists that hold nothing are gone as well.
pub(crate) fn canonical(node: &Node, order: Order) -> String {
    let mut out = String::new();
    write(node, order, 0, &mut out);
    out
}

fn write(node: &Node, order: Order, depth: usize, out: &mut String) {
    let mut attributes = node.attributes.clone();
    attributes.sort();
    out.push_str(&"  ".repeat(depth));
    out.push_str(&node.name);
    for (name, value) in &attributes {
        let _ = write!(out, " {name}={value:?}");
    }
    if node.children.is_empty() && !node.text.trim().is_empty() {
        let _ = write!(out, " {:?}", node.text.trim());
    }
    out.push('\n');
    let mut children: Vec<&Node> = node.children.iter().collect();
    if order == Order::ByName {
        children.retain(|child| !is_empty(child));
        children.sort_by_key(|child| child.name.clone());
    }
    for child in children {
        write(child, order, depth + 1, out);
    }
}

fn is_empty(node: &Node) -> bool {
    node.attributes.is_empty() && node.text.trim().is_empty() && node.children.iter().all(is_empty)
}

/// The node without the elements for which this holds, wherever they stand.
pub(crate) fn without(node: &Node, gone: &dyn Fn(&Node) -> bool) -> Node {
    let children = node.children.iter().filter(|child| !gone(child));
    Node { children: children.map(|child| without(child, gone)).collect(), ..node.clone() }
}

/// Fails with the first lines that differ.
pub(crate) fn assert_same(what: &str, answered: &str, expected: &str) {
    if answered == expected {
        return;
    }
    let lines = || answered.lines().zip(expected.lines());
    let at = lines().position(|(is, want)| is != want).unwrap_or(lines().count());
    let part =
        |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    panic!("{what}, line {at}\nanswered:\n{}\nexpected:\n{}", part(answered), part(expected));
}
