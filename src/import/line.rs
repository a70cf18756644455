//! One line of a configuration file, as the pre-processor of the switch reads it.
//!
//! It knows nothing of XML: it finds its words inside values and comments too, and takes the rest of
//! a line along with what it finds. See `preprocess` in the switch's `switch_xml.c`.

use jackfield_api::files::{STAND_IN, STORED};

/// What is done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// It goes on to the XML parser, from this byte on.
    Kept(usize),
    /// It is left out.
    Dropped,
    /// It is left out, and this is done.
    Command(Command<'a>),
    /// A comment that is a command: what stands before and behind it goes on.
    Comment {
        before: &'a str,
        command: Option<Command<'a>>,
        behind: &'a str,
        /// Whether the comment goes on in later lines.
        open: bool,
    },
}

/// A command of the pre-processor, with its argument.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// Sets a global variable.
    Set { name: &'a str, value: &'a str },
    /// Sets a global variable that is to be stored, whatever it is called.
    SetStored { name: &'a str, value: &'a str },
    /// Sets a global variable that only the machine knows, in the place of a line that asks it.
    StandIn(&'a str),
    /// Sets a global variable to one of the environment's.
    EnvSet { name: &'a str, variable: &'a str },
    /// Puts in other files.
    Include(&'a str),
    /// Runs a program or asks another machine: the name of the command and its argument.
    Foreign(&'static str, &'a str),
}

const FOREIGN: [&str; 3] = ["exec", "exec-set", "stun-set"];

/// Reads a line; `in_comment` says whether a command in a comment is still open, and is changed.
pub(super) fn read<'a>(line: &'a str, in_comment: &mut bool) -> Line<'a> {
    // The switch searches for these up to the end of the first global only.
    let checked = match line.find("$${").and_then(|at| Some(at + line[at..].find('}')?)) {
        Some(end) => &line[..end],
        None => line,
    };
    if ["<include>", "</include>", "<?"].iter().any(|word| checked.contains(word)) {
        return Line::Dropped;
    }
    let mut from = 0;
    if *in_comment {
        let Some(end) = line.find("-->") else { return Line::Dropped };
        *in_comment = false;
        from = end + 3;
    }
    let rest = &line[from..];
    if let Some(at) = find_any_case(rest, "x-pre-process") {
        // Anywhere but right behind a bracket the line just vanishes: so people switch commands off.
        let is_tag = rest[..at].ends_with('<');
        let command = is_tag.then(|| in_a_tag(&rest[at..])).flatten();
        return command.map_or(Line::Dropped, Line::Command);
    }
    if let Some(at) = rest.find("<!--#") {
        let (before, comment) = rest.split_at(at);
        let end = comment.find("-->");
        *in_comment = end.is_none();
        return Line::Comment {
            before,
            command: in_a_comment(&comment[5..end.unwrap_or(comment.len()).max(5)]),
            behind: end.map_or("", |end| &comment[end + 3..]),
            open: end.is_none(),
        };
    }
    Line::Kept(from)
}

/// Only double quotes count, and the words are looked for anywhere, in any case.
fn in_a_tag(tag: &str) -> Option<Command<'_>> {
    let tag = tag.find("/>").map_or(tag, |end| &tag[..end + 2]);
    let (name, rest) = quoted_after(tag, "cmd")?;
    let (argument, rest) = quoted_after(rest?, "data")?;
    let found = command(name, argument, true)?;
    let ours = rest.and_then(|rest| Some(quoted_after(rest, STAND_IN.0)?.0));
    match found {
        Command::Set { name, value } if ours == Some(STORED.1) => {
            Some(Command::SetStored { name, value })
        }
        // Where somebody has written an address of their own it is one.
        Command::Set { name, value }
            if ours == Some(STAND_IN.1) && value.starts_with("$${local_ip_v") =>
        {
            Some(Command::StandIn(name))
        }
        found => Some(found),
    }
}

fn quoted_after<'a>(text: &'a str, word: &str) -> Option<(&'a str, Option<&'a str>)> {
    let text = &text[find_any_case(text, word)?..];
    let text = text.split_once('=')?.1.split_once('"')?.1;
    Some(text.split_once('"').map_or((text, None), |(value, rest)| (value, Some(rest))))
}

fn in_a_comment(inside: &str) -> Option<Command<'_>> {
    let line = inside.split(['\r', '\n']).next()?;
    let (name, mut argument) = line.split_once(' ')?;
    if let Some((_, quoted)) = argument.split_once('"')
        && let Some((quoted, _)) = quoted.split_once('"')
    {
        argument = quoted;
    }
    command(name, argument, false)
}

fn command<'a>(name: &str, argument: &'a str, in_a_tag: bool) -> Option<Command<'a>> {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    if is("set") {
        let (name, value) = argument.split_once('=')?;
        let (name, value) = (name.trim_end_matches(' '), value.trim_start_matches(' '));
        return Some(Command::Set { name, value });
    }
    if is("env-set") && in_a_tag {
        let (name, variable) = argument.split_once("=$")?;
        return Some(Command::EnvSet { name, variable });
    }
    if is("include") {
        return Some(Command::Include(argument));
    }
    let name = FOREIGN.into_iter().find(|known| is(known))?;
    Some(Command::Foreign(name, argument))
}

fn find_any_case(text: &str, word: &str) -> Option<usize> {
    let found = |window: &[u8]| window.eq_ignore_ascii_case(word.as_bytes());
    text.as_bytes().windows(word.len()).position(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(line: &str) -> Line<'_> {
        read(line, &mut false)
    }

    #[test]
    fn commands_are_found_anywhere_in_a_line_and_take_it_along() {
        let set = Line::Command(Command::Set { name: "a", value: "b =c" });
        assert_eq!(once("<a/><x-pre-process CMD = \"SET\" data=\"a =  b =c\"/> <b/>\n"), set);
        assert_eq!(
            once("<!-- <X-PRE-PROCESS cmd=\"include\" data=\"a/*.xml\"/> -->"),
            Line::Command(Command::Include("a/*.xml"))
        );
        assert_eq!(
            once("<X-PRE-PROCESS cmd=\"exec-set\" data=\"a=id\"/>"),
            Line::Command(Command::Foreign("exec-set", "a=id"))
        );
        assert_eq!(
            once("<X-PRE-PROCESS cmd=\"env-set\" data=\"a=$HOME\"/>"),
            Line::Command(Command::EnvSet { name: "a", variable: "HOME" })
        );
    }

    #[test]
    fn lines_are_dropped_without_a_command() {
        for line in [
            "<include>",
            "</include>",
            "<?xml version=\"1.0\"?>",
            "<XX-PRE-PROCESS cmd=\"set\" data=\"a=b\"/>",
            "<a b=\"x-pre-process\"/>",
            "<X-PRE-PROCESS cmd='set' data='a=b'/>",
            "<X-PRE-PROCESS cmd=\"run\" data=\"a=b\"/>",
            "<X-PRE-PROCESS cmd=\"set\" data=\"a\"/>",
        ] {
            assert_eq!(once(line), Line::Dropped, "{line}");
        }
        assert_eq!(once("<X-NO-PRE-PROCESS cmd=\"set\" data=\"a=b\"/>"), Line::Kept(0));
        assert_eq!(once("<!-- a comment -->"), Line::Kept(0));
    }

    #[test]
    fn a_comment_command_may_go_on_in_later_lines() {
        let mut open = false;
        let first = read("<a><!--#set x=y\n", &mut open);
        let command = Some(Command::Set { name: "x", value: "y" });
        assert_eq!(first, Line::Comment { before: "<a>", command, behind: "", open: true });
        assert_eq!(read("<b/>\n", &mut open), Line::Dropped);
        assert_eq!(read("--><c/>\n", &mut open), Line::Kept(3));
        assert!(!open);
    }
}
