//! Secrets within a text: `name=value` in the data of an action or in a dial string, and the password
//! in a URL. A sign may be encoded for a URL, once or twice.

use std::borrow::Cow;
use std::ops::Range;

use super::{HIDDEN, is_secret};

/// A secret, and what it is called there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// The name before the sign, or a URL's scheme, as `https://`.
    pub(super) name: &'t str,
    /// Where its value stands, in bytes.
    pub(super) value: Range<usize>,
}

/// What the first secret of a text is called. `application` is what is given the text, if anything.
pub(crate) fn secret_in<'t>(application: &str, text: &'t str) -> Option<&'t str> {
    find(application, text).first().map(|found| found.name)
}

/// A text without its secrets.
pub(crate) fn hide(text: &str) -> Cow<'_, str> {
    cover(text, find("", text).into_iter().map(|found| found.value))
}

/// Whether a text that somebody may have written at will tells a secret with its name, in whatever
/// notation: as [`secret_in`] finds it, or as `pin:1234` and `"pin": "1234"`. In what is stored a `:` is
/// no such sign: `phrase:enter_pin:#` plays a phrase.
pub(crate) fn is_told_in(text: &str) -> bool {
    let tells = |at: usize| {
        let before = text[..at].trim_end_matches([' ', '"', '\'']);
        is_secret(name_at_end(before)) && !text[at + 1..].trim().is_empty()
    };
    secret_in("", text).is_some() || text.match_indices([':', '=']).any(|(at, _)| tells(at))
}

/// A text without these ranges, which are in order.
pub(super) fn cover(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Cow<'_, str> {
    let (mut covered, mut from) = (String::new(), 0);
    for Range { start, end } in ranges {
        covered.push_str(&text[from..start]);
        covered.push_str(HIDDEN);
        from = end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    covered.push_str(&text[from..]);
    Cow::Owned(covered)
}

/// Finds what is secret, in order and without overlaps.
pub(super) fn find<'t>(application: &str, text: &'t str) -> Vec<Found<'t>> {
    let blocks = Blocks::of(application, text);
    let mut found: Vec<Found<'t>> = Vec::new();
    for sign in SIGNS {
        let signs = text.match_indices(sign);
        found.extend(signs.filter_map(|(at, sign)| pair(text, at, sign, &blocks)));
    }
    found.extend(text.match_indices("://").filter_map(|(at, _)| password_of_url(text, at)));
    found.sort_by_key(|found| found.value.start);
    let mut end = 0;
    found.retain_mut(|found| {
        // What begins within another one may end behind it.
        found.value.start = found.value.start.max(end);
        end = end.max(found.value.end);
        !found.value.is_empty()
    });
    found
}

/// What stands between a name and its value.
const SIGNS: [&str; 5] = ["=", "%3D", "%3d", "%253D", "%253d"];

/// The name that a text ends with.
fn name_at_end(text: &str) -> &str {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = text.trim_end_matches(of_name).len();
    // What separates pairs is encoded as their signs are, as in `a%3Db%26pin%3D1`.
    let (before, name) = text.split_at(start);
    let encoded = if before.ends_with('%') { ["2526", "26"] } else { ["", ""] };
    encoded.iter().find_map(|sign| name.strip_prefix(sign)).unwrap_or(name)
}

/// The pair around this sign, if its name is that of a secret.
fn pair<'t>(text: &'t str, at: usize, sign: &str, blocks: &Blocks) -> Option<Found<'t>> {
    let before = text[..at].trim_end();
    let name = name_at_end(before);
    if !is_secret(name) {
        return None;
    }
    let in_query = before[..before.len() - name.len()].ends_with(['?', '&']);
    let start = at + sign.len();
    let end = blocks.end_of(text, start, in_query);
    Some(Found { name, value: start..end }).filter(|found| !found.value.is_empty())
}

/// The password of the URL whose scheme ends here.
fn password_of_url(text: &str, at: usize) -> Option<Found<'_>> {
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = text[..at].trim_end_matches(of_scheme).len();
    let start = at + "://".len();
    let rest = &text[start..];
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>' | '|');
    let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let from = start + name.len() + 1;
    let value = from..from + password.len();
    (!value.is_empty()).then_some(Found { name: &text[scheme..start], value })
}

/// Brackets, each with what separates the variables in it.
struct Blocks {
    /// Where a block begins and ends, behind its bracket and before the closing one.
    blocks: Vec<(Range<usize>, Option<char>)>,
}

impl Blocks {
    fn of(application: &str, text: &str) -> Self {
        let words = text.trim_start();
        let many = application == "multiset" || words.starts_with("multiset ");
        let outside = other_delimiter(words).or(many.then_some(' '));
        let mut blocks = vec![(0..text.len(), outside)];
        for (open, close) in [('{', '}'), ('[', ']'), ('<', '>'), ('(', ')')] {
            let mut opened = Vec::new();
            for (at, c) in text.char_indices() {
                if c == open {
                    opened.push(at);
                } else if c == close
                    && let Some(start) = opened.pop()
                {
                    let inside = &text[start + 1..at];
                    let live = c == ')' || text[..start].ends_with('$');
                    let delimiter = other_delimiter(inside).or(Some(','));
                    blocks.push((start + 1..at, delimiter.filter(|_| !live)));
                }
            }
        }
        Self { blocks }
    }

    /// Where the value ends that begins here. Where that is not sure, the later end is taken.
    fn end_of(&self, text: &str, start: usize, in_query: bool) -> usize {
        let around = self.blocks.iter().filter(|(block, _)| block.start < start + 1);
        let innermost =
            around.filter(|(block, _)| start <= block.end).min_by_key(|(block, _)| block.len());
        let (close, delimiter) =
            innermost.map_or((text.len(), None), |(block, delimiter)| (block.end, *delimiter));
        let quoted = text[start..].starts_with('\'');
        let (mut in_quotes, mut escaped, mut inner) = (false, false, start);
        for (at, c) in text[start..close].char_indices().map(|(at, c)| (start + at, c)) {
            if let Some((block, _)) =
                self.blocks.iter().find(|(block, _)| block.start == at && at > 0)
            {
                inner = inner.max(block.end);
            }
            let plain = !escaped;
            escaped = plain && c == '\\';
            in_quotes ^= plain && quoted && c == '\'';
            let ends = Some(c) == delimiter || (in_query && (c == '&' || c == ' '));
            if ends && plain && !in_quotes && at >= inner {
                return at;
            }
        }
        close
    }
}

/// `^^:` in front says that `:` separates.
fn other_delimiter(text: &str) -> Option<char> {
    text.strip_prefix("^^")?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_wherever_the_switch_takes_a_variable() {
        for (text, shown) in [
            ("sip_auth_password=a,b c=d", "sip_auth_password=(not shown)"),
            ("nolocal:sip_auth_password=x", "nolocal:sip_auth_password=(not shown)"),
            (
                "{a=b,sip_auth_password=HUNTER9,c=d}sofia/x/1",
                "{a=b,sip_auth_password=(not shown),c=d}sofia/x/1",
            ),
            ("[sip_auth_password=x]user/1", "[sip_auth_password=(not shown)]user/1"),
            ("<sip_auth_password=x>{a=b}user/1", "<sip_auth_password=(not shown)>{a=b}user/1"),
            ("{sip_auth_password='x,y',a=b}z", "{sip_auth_password=(not shown),a=b}z"),
            (r"{sip_auth_password=x\,y,a=b}z", "{sip_auth_password=(not shown),a=b}z"),
            ("{sip_auth_password=${x(a,b)},a=b}z", "{sip_auth_password=(not shown),a=b}z"),
            ("{^^:sip_auth_password=x,y:a=b}z", "{^^:sip_auth_password=(not shown):a=b}z"),
            ("^^:a=b:sip_auth_password=x y:c=d", "^^:a=b:sip_auth_password=(not shown):c=d"),
            ("multiset a=b my_pwd=x c=d", "multiset a=b my_pwd=(not shown) c=d"),
            ("set my_pwd=x c=d", "set my_pwd=(not shown)"),
            ("${set(my_pwd=x,y)}z", "${set(my_pwd=(not shown))}z"),
            ("user=a password = 'b' c", "user=a password =(not shown)"),
            ("Uid=a;Pwd=b;", "Uid=a;Pwd=(not shown)"),
            ("http://h/x?api_key=K&number=${n}", "http://h/x?api_key=(not shown)&number=${n}"),
            ("postgresql://u:p@w@h:1/d", "postgresql://u:(not shown)@h:1/d"),
            ("{a=shout://u:pw@h/x.mp3,b=c}z", "{a=shout://u:(not shown)@h/x.mp3,b=c}z"),
            ("redis://:pw@h", "redis://:(not shown)@h"),
            ("http://h/?u=a%26pin%3D1&b", "http://h/?u=a%26pin%3D(not shown)"),
            ("a%2526my_pwd%253dx", "a%2526my_pwd%253d(not shown)"),
        ] {
            assert_eq!(hide(text), shown);
            assert!(secret_in("", text).is_some());
        }
        assert_eq!(secret_in("multiset", "a=b db_pass=x"), Some("db_pass"));
        assert_eq!(find("multiset", "db_pass=x a=b")[0].value, 8..9);
    }

    #[test]
    fn a_secret_is_told_in_whatever_notation() {
        for text in ["pin:1234", "\"pin\": \"1234\"", "'my_pwd' = x", "a pass : b", "{token=x}"] {
            assert!(is_told_in(text), "{text}");
        }
        for text in ["pin", "pin:", "a:pin", "\"pin\": ", "h:5060", "pinned:x"] {
            assert!(!is_told_in(text), "{text}");
        }
        assert_eq!(hide("phrase:enter_pin:#"), "phrase:enter_pin:#");
    }

    #[test]
    fn what_holds_no_secret_stays() {
        for text in [
            "",
            "a=b",
            "=x",
            "sip_auth_password=",
            "{sip_auth_password=}x",
            "{leg_timeout=15,ignore_early_media=true}${group(call:$1@${domain_name})}",
            "${cond(${token} == b ? 1 : 2)}",
            "origination_cancel_key=#",
            "http://h:80/a@b:c",
            "sofia/internal/1000@h:5060",
            "https://u:@h/",
        ] {
            assert_eq!(hide(text), text);
        }
    }
}
