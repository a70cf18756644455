//! Which switches a part of the PBX is for.
//!
//! A profile, a network list, a document or a global may be limited to switches that it names. Of
//! those with one name a switch has the one that names it, else the one for every switch.

use std::fmt;

use super::List;

/// The switches that something is for, each by the name that it gives in look-ups as `hostname`.
///
/// Names are kept in lower case, sorted, each once. None at all stand for every switch.
///
/// ```
/// use jackfield_api::snapshot::Hosts;
///
/// let two = Hosts::new(["SW2", "sw1"]);
/// assert!(two.name("sw2") && !two.are_all() && Hosts::default().are_all());
/// assert_eq!(two.to_string(), "sw1, sw2");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(from = "Vec<String>"))]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Of these names; without any, of every switch.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut names: Vec<String> =
            names.into_iter().map(|name| name.into().to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        names.shrink_to_fit();
        Self(names)
    }

    /// Whether every switch is meant.
    pub fn are_all(&self) -> bool {
        self.0.is_empty()
    }

    /// The names; none for every switch.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether this switch is named, case apart.
    pub fn name(&self, host: &str) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Whether two things of one name that are for these would both be the one of some switch: both
    /// name it, or both are for all. One for all beside one that names switches is what limits are
    /// for.
    pub fn overlap(&self, others: &Self) -> bool {
        (self.are_all() && others.are_all()) || self.0.iter().any(|name| others.name(name))
    }
}

impl From<Vec<String>> for Hosts {
    fn from(names: Vec<String>) -> Self {
        Self::new(names)
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.are_all() { f.write_str("every switch") } else { f.write_str(&self.0.join(", ")) }
    }
}

/// What can be limited to switches.
pub(super) trait Limited {
    fn hosts(&self) -> &Hosts;

    fn hosts_mut(&mut self) -> &mut Hosts;

    /// Whether a switch can have one of the two only: they have one name.
    fn is_namesake(&self, other: &Self) -> bool;
}

/// Of namesakes the one that a switch has. The first goes before others that fit as well.
pub(super) fn pick<'a, T: Limited>(
    namesakes: impl IntoIterator<Item = &'a T>,
    host: &str,
) -> Option<&'a T> {
    let mut of_all = None;
    for found in namesakes {
        if found.hosts().name(host) {
            return Some(found);
        }
        if of_all.is_none() && found.hosts().are_all() {
            of_all = Some(found);
        }
    }
    of_all
}

/// Of a list what a switch has, in its order.
pub(super) fn having<'a, T: Limited>(
    list: &'a List<T>,
    host: &'a str,
) -> impl Iterator<Item = &'a T> + use<'a, T> {
    let limited = list.iter().any(|found| !found.hosts().are_all());
    let has = move |found: &&'a T| {
        let namesakes = list.iter().filter(|other| other.is_namesake(found));
        !limited || pick(namesakes, host).is_some_and(|picked| std::ptr::eq(picked, *found))
    };
    list.iter().filter(has)
}

/// Leaves of a list what a switch has, in its order, each for every switch.
pub(super) fn keep<T: Limited + Clone>(list: &mut List<T>, host: &str) {
    let mut had = having(list, host).peekable();
    let has: Vec<bool> =
        list.iter().map(|found| had.next_if(|kept| std::ptr::eq(*kept, found)).is_some()).collect();
    drop(had);
    let mut has = has.into_iter();
    list.retain_mut(|found| {
        *found.hosts_mut() = Hosts::default();
        has.next().unwrap_or_default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Global;

    #[test]
    fn names_are_kept_in_one_spelling_and_compared_without_regard_to_case() {
        let hosts = Hosts::new(["B", "a", "b"]);
        assert_eq!(hosts.names(), ["a", "b"]);
        assert_eq!(serde_json::to_string(&hosts).expect("plain data"), r#"["a","b"]"#);
        assert_eq!(serde_json::from_str::<Hosts>(r#"["B","A"]"#).expect("a list"), hosts);
        assert!(hosts.name("A") && !hosts.name("c") && !hosts.name(""));
        assert_eq!(
            (hosts.to_string(), Hosts::default().to_string().as_str()),
            ("a, b".into(), "every switch")
        );
    }

    #[test]
    fn of_namesakes_the_first_that_names_the_switch_goes_before_the_first_for_all() {
        let named = |name: &str, value: &str, hosts: &[&str]| Global {
            name: name.into(),
            value: value.into(),
            hosts: Hosts::new(hosts.iter().copied()),
        };
        let list = List::from(vec![
            named("x", "all", &[]),
            named("other", "all", &[]),
            named("X", "ab", &["a", "b"]),
            named("x", "bc", &["b", "c"]),
            named("y", "c", &["c"]),
            named("x", "all again", &[]),
        ]);
        let values = |host| having(&list, host).map(|it| it.value.as_str()).collect::<Vec<_>>();
        assert_eq!(values("A"), ["all", "ab"]);
        assert_eq!(values("b"), ["all", "ab"]);
        assert_eq!(values("c"), ["all", "bc", "c"]);
        assert_eq!(values("d"), ["all", "all"]);
        assert_eq!(values(""), ["all", "all"]);
        // In the order of the list.
        let order = |host| having(&list, host).map(|it| it.name.as_str()).collect::<Vec<_>>();
        assert_eq!((order("a"), order("d")), (vec!["other", "X"], vec!["x", "other"]));
    }

    #[test]
    fn what_a_switch_has_can_be_kept_alone_and_is_for_every_switch_then() {
        let named = |name: &str, value: &str, hosts: &[&str]| Global {
            name: name.into(),
            value: value.into(),
            hosts: Hosts::new(hosts.iter().copied()),
        };
        let mut list = List::from(vec![
            named("x", "all", &[]),
            named("y", "b", &["b"]),
            named("X", "a", &["a"]),
        ]);
        keep(&mut list, "A");
        assert_eq!(list, vec![named("X", "a", &[])].into());
    }

    #[test]
    fn two_overlap_where_a_switch_could_have_either() {
        let of = |names: &[&str]| Hosts::new(names.iter().copied());
        for (one, other, overlap) in [
            (&["a"][..], &["A", "b"][..], true),
            (&["a"], &["b"], false),
            (&[], &["b"], false),
            (&[], &[], true),
        ] {
            assert_eq!(of(one).overlap(&of(other)), overlap, "{one:?} {other:?}");
            assert_eq!(of(other).overlap(&of(one)), overlap, "{other:?} {one:?}");
        }
    }
}
