//! nginx's language: directives, each with words and, in braces, further directives.

use std::sync::Arc;

use crate::check::files::fault::{Fault, Mend};
use crate::import::Place;

/// One directive.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) words: Vec<String>,
    pub(super) children: Vec<Directive>,
    pub(super) place: Place,
    /// Whether it stands in another file.
    pub(super) included: bool,
}

impl Directive {
    pub(super) fn is(&self, name: &str) -> bool {
        self.words.first().is_some_and(|word| word == name)
    }

    /// A word behind the name; nothing where there is none.
    pub(super) fn arg(&self, at: usize) -> &str {
        self.words.get(at + 1).map_or("", String::as_str)
    }

    pub(super) fn args(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    pub(super) fn child(&self, name: &str) -> Option<&Directive> {
        self.children.iter().find(|inner| inner.is(name))
    }
}

/// What keeps a file from being read.
#[derive(Debug)]
pub(super) struct Wrong(pub(super) Box<Fault>);

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

/// Deeper than any site.
const DEEPEST: usize = 32;

/// All directives of a file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Directive>, Wrong> {
    let mut reader = Reader { rest: text, line: 1, file: file.into() };
    let all = reader.block(0)?;
    Ok(all)
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Open,
    Close,
    End,
}

struct Reader<'t> {
    rest: &'t str,
    line: u32,
    file: Arc<str>,
}

impl Reader<'_> {
    fn block(&mut self, depth: usize) -> Result<Vec<Directive>, Wrong> {
        let opened = self.line;
        let mut all = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut line = self.line;
        loop {
            match self.token()? {
                Some(Token::Word(word)) => {
                    if words.is_empty() {
                        line = self.line;
                    }
                    words.push(word);
                }
                Some(Token::End) if words.is_empty() => {
                    return Err(self.wrong(self.line, "a semicolon ends nothing"));
                }
                Some(Token::End) => {
                    let words = std::mem::take(&mut words);
                    all.push(Directive {
                        words,
                        children: Vec::new(),
                        place: self.place(line),
                        included: false,
                    });
                }
                Some(Token::Open) if words.is_empty() => {
                    return Err(self.wrong(self.line, "a brace opens nothing"));
                }
                Some(Token::Open) if depth == DEEPEST => {
                    return Err(self.wrong(self.line, "blocks are nested too deep"));
                }
                Some(Token::Open) => {
                    let words = std::mem::take(&mut words);
                    let place = self.place(line);
                    let children = if words[0].ends_with("_by_lua_block") {
                        self.lua()?;
                        Vec::new()
                    } else {
                        self.block(depth + 1)?
                    };
                    all.push(Directive { words, children, place, included: false });
                }
                Some(Token::Close) | None if !words.is_empty() => {
                    return Err(self.wrong(line, &format!("«{}» has no semicolon", words[0])));
                }
                Some(Token::Close) if depth == 0 => {
                    return Err(self.wrong(self.line, "a brace closes nothing"));
                }
                None if depth > 0 => return Err(self.wrong(opened, "a brace is not closed")),
                Some(Token::Close) | None => return Ok(all),
            }
        }
    }

    /// A block in Lua, up to the brace that closes it.
    fn lua(&mut self) -> Result<(), Wrong> {
        let (opened, mut open) = (self.line, 1_u32);
        while let Some(first) = self.rest.chars().next() {
            let end = |mark: char| self.rest[1..].find(mark).map_or(self.rest.len(), |at| at + 2);
            let length = match first {
                '"' | '\'' => end(first),
                '-' if self.rest.starts_with("--") => end('\n'),
                _ => first.len_utf8(),
            };
            open = match first {
                '{' => open + 1,
                '}' => open - 1,
                _ => open,
            };
            self.take(length);
            if open == 0 {
                return Ok(());
            }
        }
        Err(self.wrong(opened, "a brace is not closed"))
    }

    fn token(&mut self) -> Result<Option<Token>, Wrong> {
        loop {
            let trimmed = self.rest.trim_start();
            self.take(self.rest.len() - trimmed.len());
            if !self.rest.starts_with('#') {
                break;
            }
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let one = match first {
            ';' => Some(Token::End),
            '{' => Some(Token::Open),
            '}' => Some(Token::Close),
            _ => None,
        };
        if one.is_some() {
            self.take(1);
            return Ok(one);
        }
        if let '"' | '\'' = first {
            let Some(length) = self.rest[1..].find(first) else {
                return Err(self.wrong(self.line, "a quote is not closed"));
            };
            let word = self.rest[1..=length].to_owned();
            self.take(length + 2);
            return Ok(Some(Token::Word(word)));
        }
        let mut in_variable = false;
        let mut before = ' ';
        let end = self.rest.find(|c: char| {
            // `${name}` is a variable, not a block.
            in_variable = (in_variable || (before == '$' && c == '{')) && before != '}';
            before = c;
            !in_variable && (c.is_whitespace() || matches!(c, ';' | '{' | '}'))
        });
        let end = end.unwrap_or(self.rest.len());
        let word = self.rest[..end].to_owned();
        self.take(end);
        Ok(Some(Token::Word(word)))
    }

    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += u32::try_from(taken.matches('\n').count()).unwrap_or(u32::MAX);
        self.rest = rest;
    }

    fn place(&self, line: u32) -> Place {
        Place { file: Arc::clone(&self.file), line }
    }

    fn wrong(&self, line: u32, what: &str) -> Wrong {
        let why = "nginx does not start with it, and nothing of it was looked at";
        let mend = Mend::Do("put it right; `nginx -t` says the same".to_owned());
        Fault::error(&self.place(line), what, why, mend).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_have_their_words_and_lines() {
        let text = "# {\nserver {\n  access_by_lua_block { x = { \"}\" } } listen 80; # x\n  set $a \"b ; c\";\n  location ~ ^/${x}a { }\n}\n";
        let all = parse("f", text).expect("right");
        let [server] = &all[..] else { panic!("{all:?}") };
        let words: Vec<_> =
            server.children.iter().map(|one| (one.words.join(" "), one.place.line)).collect();
        assert_eq!(
            words,
            [
                ("access_by_lua_block".to_owned(), 3),
                ("listen 80".to_owned(), 3),
                ("set $a b ; c".to_owned(), 4),
                ("location ~ ^/${x}a".to_owned(), 5)
            ]
        );
    }

    #[test]
    fn what_nginx_would_not_take_is_told_with_its_line() {
        for (text, line, what) in [
            ("server {\n listen 80\n}", 2, "«listen» has no semicolon"),
            ("server {\n", 1, "a brace is not closed"),
            ("\n}", 2, "a brace closes nothing"),
            ("a \"b;\n", 1, "a quote is not closed"),
            ("a;\n;", 2, "a semicolon ends nothing"),
            ("{", 1, "a brace opens nothing"),
        ] {
            let fault = parse("f", text).expect_err(text).0;
            assert_eq!((fault.place.line, fault.what.as_str()), (line, what), "{text}");
        }
        let deep = "a {".repeat(100_000);
        assert_eq!(parse("f", &deep).expect_err("deep").0.what, "blocks are nested too deep");
    }
}
