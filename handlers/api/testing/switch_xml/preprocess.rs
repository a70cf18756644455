//! The pre-processor of configuration files, which an answer passes through first.
//!
//! It works line by line and knows nothing of XML, so it finds its words inside values and
//! comments too.

/// The longest line the switch holds; of a longer one the byte after these is lost.
const LONGEST_LINE: usize = 1_048_574;

const IN_A_TAG: &[&str] = &["set", "exec-set", "stun-set", "env-set", "include", "exec"];
const IN_A_COMMENT: &[&str] = &["set", "exec-set", "stun-set", "include", "exec"];

/// An answer after the pre-processor.
///
/// Commands are reported, not run: a `set` does not change later globals, and what an `include`
/// or an `exec` would have put in is missing from the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preprocessed {
    /// What the parser gets.
    pub text: String,
    /// Each line of which all or a part was left out, as it was answered, with its number. The
    /// switch ends a line at CR and at LF, so CR LF counts as two.
    pub dropped: Vec<(usize, String)>,
    /// The commands that the switch would have run, each as name and argument.
    pub commands: Vec<String>,
    /// The global variables that were asked for, whether set or not.
    pub globals_used: Vec<String>,
}

/// Pre-processes an answer with these global variables; an unset one becomes empty.
pub fn preprocess(answer: &str, globals: &dyn Fn(&str) -> Option<String>) -> Preprocessed {
    let mut run =
        Run { globals, in_comment: false, out: Vec::new(), seen: Preprocessed::default() };
    for (index, line) in lines(answer.as_bytes()).enumerate() {
        if !run.line(line.text) || line.lost_a_byte {
            run.seen.dropped.push((index + 1, lossy(line.text)));
        }
    }
    Preprocessed { text: lossy(&run.out), ..run.seen }
}

struct Run<'a> {
    globals: &'a dyn Fn(&str) -> Option<String>,
    /// Inside a comment command that was not closed on its own line.
    in_comment: bool,
    out: Vec<u8>,
    seen: Preprocessed,
}

impl Run<'_> {
    /// Whether the whole line reached the output.
    fn line(&mut self, line: &[u8]) -> bool {
        let raw = until_nul(line);
        let mut whole = raw.len() == line.len();
        let (checked, expanded) = self.expand(raw);
        if ["<include>", "</include>", "<?"].iter().any(|word| find(checked, word).is_some()) {
            return false;
        }
        let mut rest = expanded.as_slice();
        if self.in_comment {
            whole = false;
            // The end is looked for in the unexpanded line, which is also what goes on.
            let Some(end) = find(checked, "-->") else { return false };
            self.in_comment = false;
            rest = &checked[end + 3..];
        }
        if let Some(at) = find_any_case(rest, "x-pre-process") {
            // Anywhere but right after an opening bracket the line just vanishes.
            if at > 0 && rest[at - 1] == b'<' {
                self.seen.commands.extend(tag_command(&rest[at..]));
            }
            return false;
        }
        if let Some(at) = find(rest, "<!--#") {
            let (before, comment) = rest.split_at(at);
            self.out.extend_from_slice(before);
            let end = find(comment, "-->");
            if let Some(end) = end {
                self.out.extend_from_slice(&comment[end + 3..]);
            } else {
                self.in_comment = true;
            }
            let inside = &comment[5..end.unwrap_or(comment.len()).max(5)];
            self.seen.commands.extend(comment_command(inside));
            return false;
        }
        self.out.extend_from_slice(rest);
        whole
    }

    /// The line with its globals put in, and the part of the unexpanded line that is searched for
    /// the words that drop it: the switch cuts the latter at the end of the first global, so a
    /// `<?` behind one gets through.
    fn expand<'l>(&mut self, line: &'l [u8]) -> (&'l [u8], Vec<u8>) {
        let mut checked = line;
        let mut out = Vec::with_capacity(line.len());
        let mut at = 0;
        while at < line.len() {
            if line[at..].starts_with(b"$${")
                && let Some(length) = closing_brace(&line[at + 2..])
            {
                let end = at + 2 + length;
                let name = lossy(&line[at + 3..end]);
                out.extend((self.globals)(&name).unwrap_or_default().into_bytes());
                self.seen.globals_used.push(name);
                if checked.len() == line.len() {
                    checked = &line[..end];
                }
                at = end + 1;
            } else {
                out.push(line[at]);
                at += 1;
            }
        }
        (checked, out)
    }
}

/// The command of a tag, from its name on. Only double quotes count, and the words are looked for
/// anywhere, in any case.
fn tag_command(tag: &[u8]) -> Option<String> {
    let tag = find(tag, "/>").map_or(tag, |end| &tag[..end + 2]);
    let (name, rest) = quoted_after(tag, "cmd")?;
    // Without its closing quote the name would be all the rest, and no argument be left.
    let (argument, _) = quoted_after(rest?, "data")?;
    runnable(IN_A_TAG, name, argument)
}

/// The value in double quotes behind a word and an equals sign; and what follows the value, if its
/// closing quote is there.
fn quoted_after<'a>(text: &'a [u8], word: &str) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let text = &text[find_any_case(text, word)?..];
    let text = &text[find(text, "=")?..];
    let text = &text[find(text, "\"")? + 1..];
    Some(match find(text, "\"") {
        Some(end) => (&text[..end], Some(&text[end + 1..])),
        None => (text, None),
    })
}

fn comment_command(inside: &[u8]) -> Option<String> {
    let line = inside.split(|&byte| byte == b'\r' || byte == b'\n').next()?;
    let space = find(line, " ")?;
    let (name, mut argument) = (&line[..space], &line[space + 1..]);
    let mut quotes = argument.iter().enumerate().filter(|(_, byte)| **byte == b'"');
    if let (Some((open, _)), Some((close, _))) = (quotes.next(), quotes.next()) {
        argument = &argument[open + 1..close];
    }
    runnable(IN_A_COMMENT, name, argument)
}

fn runnable(known: &[&str], name: &[u8], argument: &[u8]) -> Option<String> {
    let name = known.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
    let complete = match *name {
        "env-set" => find(argument, "=$").is_some(),
        "set" | "exec-set" | "stun-set" => find(argument, "=").is_some(),
        _ => true,
    };
    complete.then(|| format!("{name} {}", lossy(argument)))
}

struct Line<'a> {
    text: &'a [u8],
    lost_a_byte: bool,
}

fn lines(mut rest: &[u8]) -> impl Iterator<Item = Line<'_>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let length = end.map_or(rest.len(), |end| end + 1);
        let lost_a_byte = length > LONGEST_LINE;
        let (text, next) = rest.split_at(length.min(LONGEST_LINE));
        rest = &next[usize::from(lost_a_byte)..];
        Some(Line { text, lost_a_byte })
    })
}

/// Where the brace that the text starts with is closed; braces nest.
fn closing_brace(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    text.iter().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

fn until_nul(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == 0).next().unwrap_or(line)
}

fn find(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word.as_bytes())
}

fn find_any_case(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(answer: &str) -> Preprocessed {
        preprocess(answer, &|_| None)
    }

    #[test]
    fn a_line_with_a_processing_instruction_is_dropped_whole() {
        let seen = plain("<?xml version=\"1.0\"?>\n<a/>\n<b c=\"<?\"/>\n");
        assert_eq!(seen.text, "<a/>\n");
        assert_eq!(seen.dropped.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_document_on_one_line_with_its_declaration_becomes_empty() {
        assert_eq!(plain("<?xml version=\"1.0\"?><document/>").text, "");
    }

    #[test]
    fn include_tags_are_dropped_in_lower_case_and_without_attributes_only() {
        let seen = plain("<include>\n<a/></include>\n<include x=\"\">\n<INCLUDE>\n");
        assert_eq!(seen.text, "<include x=\"\">\n<INCLUDE>\n");
    }

    #[test]
    fn a_line_with_the_preprocessor_tag_in_a_value_vanishes_without_a_command() {
        let seen = plain("<a b=\"an X-pre-PROCESS cmd=&quot;set\"/>\n<c/>\n");
        assert_eq!(seen.text, "<c/>\n");
        assert!(seen.commands.is_empty());
        assert_eq!(seen.dropped.len(), 1);
    }

    #[test]
    fn the_preprocessor_tag_is_a_command_and_takes_the_rest_of_its_line_along() {
        let seen = plain("<a/><x-pre-process cmd=\"EXEC-set\" data=\"x=id\"/><b/>\n<c/>\n");
        assert_eq!(seen.text, "<c/>\n");
        assert_eq!(seen.commands, ["exec-set x=id"]);
    }

    #[test]
    fn a_command_without_its_last_quote_still_runs() {
        let seen = plain("<X-PRE-PROCESS cmd=\"exec\" data=\"id");
        assert_eq!(seen.commands, ["exec id"]);
    }

    #[test]
    fn single_quotes_an_unknown_name_or_a_missing_sign_make_no_command() {
        for attributes in
            ["cmd='exec' data='id'", "cmd=\"run\" data=\"id\"", "cmd=\"set\" data=\"a\""]
        {
            assert!(plain(&format!("<X-PRE-PROCESS {attributes}/>\n")).commands.is_empty());
        }
    }

    #[test]
    fn a_comment_command_keeps_what_stands_around_it() {
        let seen = plain("<a/><!--#exec cmd=\"id\" --><b/>\n");
        assert_eq!(seen.text, "<a/><b/>\n");
        assert_eq!(seen.commands, ["exec id"]);
        assert_eq!(seen.dropped.len(), 1);
    }

    #[test]
    fn an_open_comment_command_swallows_lines_until_it_is_closed() {
        let seen = plain("<a><!--#set x=y\n<b/>\n--><c/>\n</a>\n");
        assert_eq!(seen.text, "<a><c/>\n</a>\n");
        assert_eq!(seen.commands, ["set x=y"]);
    }

    #[test]
    fn behind_the_end_of_an_open_comment_command_no_global_is_put_in() {
        assert_eq!(plain("<!--#set x=y\n--><c/>$${d}<e/>\n").text, "<c/>$${d");
    }

    #[test]
    fn an_ordinary_comment_is_no_command() {
        let seen = plain("<!-- set x=y -->\n");
        assert_eq!(seen.text, "<!-- set x=y -->\n");
        assert!(seen.commands.is_empty() && seen.dropped.is_empty());
    }

    #[test]
    fn a_global_is_put_in_and_an_unset_one_becomes_empty() {
        let globals = |name: &str| (name == "a{b}").then(|| "<1>".to_owned());
        let seen = preprocess("x$$${a{b}}y$${none}z ${c} $${open\n", &globals);
        assert_eq!(seen.text, "x$<1>yz ${c} $${open\n");
        assert_eq!(seen.globals_used, ["a{b}", "none"]);
        assert!(seen.dropped.is_empty());
    }

    #[test]
    fn a_processing_instruction_behind_a_global_gets_through() {
        assert_eq!(plain("$${x}<?y?>\n").text, "<?y?>\n");
        assert_eq!(plain("<?y?>$${x}\n").text, "");
    }

    #[test]
    fn a_carriage_return_ends_a_line_too() {
        let seen = plain("<?xml?>\r\n<a/>\r<b/>");
        assert_eq!(seen.text, "\n<a/>\r<b/>");
        assert_eq!(seen.dropped, [(1, "<?xml?>\r".to_owned())]);
    }

    #[test]
    fn of_a_line_that_is_too_long_one_byte_is_lost() {
        let long = format!("{}\n", "x".repeat(LONGEST_LINE + 5));
        let seen = plain(&long);
        assert_eq!(seen.text.len(), long.len() - 1);
        assert_eq!(seen.dropped.len(), 1);
    }

    #[test]
    fn a_zero_byte_ends_its_line() {
        let seen = plain("a\0b\nc\n");
        assert_eq!(seen.text, "ac\n");
        assert_eq!(seen.dropped.len(), 1);
    }
}
