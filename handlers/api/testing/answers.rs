//! What an answer holds, in the words of its section: so that a test reads as a sentence.
//!
//! A word that is not in the answer ends the test and shows the answer.

use std::fmt;

use super::switch_xml::Node;

impl Node {
    /// The one element of this tag below that has this name, wherever it stands; of users the `id`
    /// is the name. Case does not count, as with the switch.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[track_caller]
    pub fn the(&self, tag: &str, name: &str) -> &Node {
        let found: Vec<_> =
            self.below().filter(|node| node.name == tag && node.is_called(name)).collect();
        match *found {
            [one] => one,
            [] => panic!("no <{tag}> {name:?} in\n{self}"),
            _ => panic!("<{tag}> {name:?} is there {} times in\n{self}", found.len()),
        }
    }

    /// Whether there is such an element.
    pub fn has(&self, tag: &str, name: &str) -> bool {
        self.below().any(|node| node.name == tag && node.is_called(name))
    }

    /// The names of all elements of this tag below, in their order; empty for one without.
    pub fn names(&self, tag: &str) -> Vec<&str> {
        let named = self.below().filter(|node| node.name == tag);
        named.map(|node| node.called().unwrap_or_default()).collect()
    }

    /// A domain of section `directory`.
    #[track_caller]
    pub fn domain(&self, name: &str) -> &Node {
        self.the("domain", name)
    }

    /// A user, by its `id`.
    #[track_caller]
    pub fn user(&self, id: &str) -> &Node {
        self.the("user", id)
    }

    /// A context of the dialplan or of the chatplan.
    #[track_caller]
    pub fn context(&self, name: &str) -> &Node {
        self.the("context", name)
    }

    /// An extension.
    #[track_caller]
    pub fn extension(&self, name: &str) -> &Node {
        self.the("extension", name)
    }

    /// All actions below, each as application and data, in their order; anti-actions are none.
    pub fn actions(&self) -> Vec<(&str, &str)> {
        let actions = self.below().filter(|node| node.name == "action");
        actions
            .map(|action| {
                let part = |name| action.attribute(name).unwrap_or_default();
                (part("application"), part("data"))
            })
            .collect()
    }

    /// The value of the parameter of this name of this very element: in its `params`, its
    /// `settings` or `global_settings`, or directly inside.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[track_caller]
    pub fn param(&self, name: &str) -> &str {
        self.only("param", name, &self.params(name))
    }

    /// All values of the parameter of this name.
    pub fn params(&self, name: &str) -> Vec<&str> {
        self.values(&["params", "settings", "global_settings"], "param", name)
    }

    /// The value of the variable of this name of this very element.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[track_caller]
    pub fn variable(&self, name: &str) -> &str {
        self.only("variable", name, &self.variables(name))
    }

    /// All values of the variable of this name.
    pub fn variables(&self, name: &str) -> Vec<&str> {
        self.values(&["variables"], "variable", name)
    }

    /// All elements below, each before what is inside of it.
    fn below(&self) -> impl Iterator<Item = &Node> {
        let mut left: Vec<_> = self.children.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = left.pop()?;
            left.extend(next.children.iter().rev());
            Some(next)
        })
    }

    fn called(&self) -> Option<&str> {
        self.attribute(if self.name == "user" { "id" } else { "name" })
    }

    fn is_called(&self, name: &str) -> bool {
        self.called().is_some_and(|found| found.eq_ignore_ascii_case(name))
    }

    fn values(&self, lists: &[&str], tag: &str, name: &str) -> Vec<&str> {
        let inside = self.children.iter().filter(|node| lists.contains(&node.name.as_str()));
        let items = inside.flat_map(|list| &list.children).chain(&self.children);
        let named = items.filter(|item| item.name == tag && item.is_called(name));
        named.map(|item| item.attribute("value").unwrap_or_default()).collect()
    }

    #[track_caller]
    fn only<'a>(&self, tag: &str, name: &str, values: &[&'a str]) -> &'a str {
        match *values {
            [one] => one,
            [] => panic!("no <{tag}> {name:?} in\n{self}"),
            _ => panic!("<{tag}> {name:?} has the values {values:?} in\n{self}"),
        }
    }
}

/// Shows the tree for people, an element a line: not as XML that could be read again.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn show(node: &Node, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:1$}<{2}", "", depth * 2, node.name)?;
            for (name, value) in &node.attributes {
                write!(f, " {name}={value:?}")?;
            }
            match node.text.trim() {
                "" => writeln!(f, ">")?,
                text => writeln!(f, "> {text:?}")?,
            }
            node.children.iter().try_for_each(|child| show(child, depth + 1, f))
        }
        show(self, 0, f)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::super::switch_xml::parse;

    const USERS: &str = r#"<section name="directory">
  <domain name="a.test"><params><param name="dial-string" value="x"/></params>
    <groups>
      <group name="one"><users><user id="1"><params><param name="P" value="1"/></params></user></users></group>
      <group name="two"><users><user id="1" type="pointer"/><user id="2"/></users></group>
    </groups>
  </domain>
</section>
"#;

    const CALLS: &str = r#"<section name="dialplan"><context name="c"><extension name="e">
  <condition><action application="answer"/><anti-action application="hangup"/>
    <condition><action application="bridge" data="user/1"/></condition>
  </condition></extension></context></section>
"#;

    fn complaint(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = catch_unwind(test).expect_err("it ends the test");
        *panic.downcast::<String>().expect("a text")
    }

    #[test]
    fn an_element_is_found_wherever_it_stands() {
        let tree = parse(USERS).expect("XML");
        assert_eq!(tree.domain("A.test").param("dial-string"), "x");
        assert_eq!(tree.the("group", "one").user("1").param("p"), "1");
        assert_eq!(tree.names("user"), ["1", "1", "2"]);
        assert!(tree.has("group", "TWO") && !tree.has("group", "three"));
        assert!(tree.domain("a.test").params("p").is_empty(), "of this very element");
    }

    #[test]
    fn actions_are_those_of_all_conditions_and_no_anti_actions() {
        let tree = parse(CALLS).expect("XML");
        let actions = tree.context("c").extension("e").actions();
        assert_eq!(actions, [("answer", ""), ("bridge", "user/1")]);
    }

    #[test]
    fn what_is_not_there_or_there_twice_shows_the_tree() {
        let missing = complaint(|| drop(parse(USERS).expect("XML").user("3").clone()));
        assert!(
            missing.starts_with("no <user> \"3\" in\n<section name=\"directory\">\n"),
            "{missing}"
        );
        assert!(missing.contains("\n          <user id=\"2\">\n"), "{missing}");
        let twice = complaint(|| drop(parse(USERS).expect("XML").user("1").clone()));
        assert!(twice.starts_with("<user> \"1\" is there 2 times in"), "{twice}");
        let param = complaint(|| drop(parse(USERS).expect("XML").user("2").param("p").to_owned()));
        assert_eq!(param, "no <param> \"p\" in\n<user id=\"2\">\n");
    }
}
