//! Files that objects are taken from, and the XML that is shown of them.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use jackfield_api::xml::Raw;

use super::input;
use crate::import::Problems;
use crate::secret::{HIDDEN, redact};

/// Longer than any single object may be.
const LONGEST: u64 = 4 << 20;

/// A text, and what errors call it.
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads a file; `-` is standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Text> {
    let standard = path == Path::new("-");
    let name = if standard { "standard input".to_owned() } else { path.display().to_string() };
    let text = input::once(&name, || contents(path, &name))?;
    if let Some((at, _)) = text.lines().enumerate().find(|(_, line)| line.contains(HIDDEN)) {
        bail!(
            "{name}:{}: «{HIDDEN}» stands there for a value that is not shown: put the value \
             itself in its place",
            at + 1
        );
    }
    Ok(Text { name, text })
}

fn contents(path: &Path, name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let all = if path == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    };
    all.with_context(|| format!("{name} cannot be read"))?;
    if bytes.len() as u64 > LONGEST {
        bail!("{name} is longer than {LONGEST} bytes: this is no single object");
    }
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{name} is not UTF-8"))
}

/// Reads a file of XML that is kept as it is.
pub(super) fn read_raw(path: &Path) -> anyhow::Result<Raw> {
    let Text { name, text } = read(path)?;
    Raw::parse(&without_include(text))
        .map_err(|error| anyhow::anyhow!("{name}:{}: {}", error.line, error.message))
}

/// The text without an `<include>` around all of it, which a file of a switch has and an object has not.
/// Blanks stand there, so that every line keeps its number.
fn without_include(mut text: String) -> String {
    let (open, close) = ("<include>", "</include>");
    let mut start = 0;
    loop {
        start += text[start..].len() - text[start..].trim_start().len();
        let rest = &text[start..];
        let end = match rest.get(..2) {
            Some("<?") => rest.find("?>").map(|end| end + 2),
            Some("<!") if rest.starts_with("<!--") => rest.find("-->").map(|end| end + 3),
            _ => None,
        };
        let Some(end) = end else { break };
        start += end;
    }
    let end = text.trim_end().len();
    if text[start..end].starts_with(open) && text[start..end].ends_with(close) {
        text.replace_range(end - close.len()..end, &" ".repeat(close.len()));
        text.replace_range(start..start + open.len(), &" ".repeat(open.len()));
    }
    text
}

/// Problems of a file, each on a line of its own.
pub(super) fn told(problems: &Problems) -> anyhow::Error {
    let lines: Vec<_> = problems
        .0
        .iter()
        .map(|problem| format!("{}: {}", problem.place, problem.message))
        .collect();
    anyhow::anyhow!(lines.join("\n"))
}

/// XML as people write it: a dollar needs no reference but on its way to a switch. Without secrets.
pub(super) fn shown(xml: &str) -> String {
    redact(xml).replace("&#36;", "$")
}
