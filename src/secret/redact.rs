//! XML as people may see it.

use std::ops::Range;

use super::inside::{cover, find};
use super::is_secret;

/// What stands in the place of a value that is not shown.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Attributes that hold names and expressions.
const TESTED: [&str; 4] = ["name", "field", "expression", "pattern"];

/// Blanks what holds secrets in XML that the safe layer wrote, one element a line: attributes and
/// parameters, text in elements, variables within the data of an action or in a dial string, and
/// passwords in URLs. An empty one is shown: whoever may look has to see that there is none.
pub(crate) fn redact(xml: &str) -> String {
    xml.lines().map(|line| redact_line(line) + "\n").collect()
}

fn redact_line(line: &str) -> String {
    // In a written document every quote inside of a value is a reference.
    let mut parts: Vec<String> = line.split('"').map(str::to_owned).collect();
    let key = |part: &str| part.trim_end_matches('=').rsplit([' ', '<']).next().map(str::to_owned);
    let named = parts
        .chunks(2)
        .find(|chunk| key(&chunk[0]).as_deref() == Some("name"))
        .and_then(|chunk| chunk.get(1).cloned());
    let hides_value = named.is_some_and(|name| is_secret(&name));
    let application = parts
        .chunks(2)
        .find(|chunk| key(&chunk[0]).as_deref() == Some("application"))
        .and_then(|chunk| chunk.get(1).cloned())
        .unwrap_or_default();
    for at in (1..parts.len()).step_by(2) {
        let Some(key) = key(&parts[at - 1]) else { continue };
        if parts[at].is_empty() {
            continue;
        }
        if is_secret(&key) || (hides_value && key != "name") {
            HIDDEN.clone_into(&mut parts[at]);
        } else if !TESTED.contains(&key.as_str()) {
            parts[at] = redact_text(&application, &parts[at]);
        }
    }
    let element = line.trim_start().trim_start_matches('<').split([' ', '>']).next();
    let hides_text = hides_value || element.is_some_and(is_secret);
    if let Some(last) = parts.last_mut()
        && let Some((before, text)) = last.split_once('>')
        && let Some((text, after)) = text.split_once("</")
    {
        let text =
            if hides_text && !text.is_empty() { HIDDEN.to_owned() } else { redact_text("", text) };
        *last = format!("{before}>{text}</{after}");
    }
    parts.join("\"")
}

/// A text as it is written in a document, without the secrets in it. The rest of it stays as it is
/// written: a reference says something else than its character.
fn redact_text(application: &str, written: &str) -> String {
    let (text, places) = read(written);
    let ranges = find(application, &text).into_iter().map(|found| found.value);
    let ranges = ranges.map(|Range { start, end }| places[start]..places[end]);
    cover(written, ranges).into_owned()
}

/// What a written text says, and where each byte of that is written.
fn read(written: &str) -> (String, Vec<usize>) {
    let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
    while let Some(c) = written[at..].chars().next() {
        let (c, length) = reference(&written[at..]).unwrap_or((c, c.len_utf8()));
        text.push(c);
        places.resize(text.len(), at);
        at += length;
    }
    places.push(at);
    (text, places)
}

/// The character that a reference stands for, and how long that is.
fn reference(written: &str) -> Option<(char, usize)> {
    let (name, _) = written.strip_prefix('&')?.split_once(';')?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::redact_line;

    #[test]
    fn secrets_are_blanked_wherever_they_stand() {
        for (line, shown) in [
            (
                r#"  <param name="a1-hash" value="5f"/>"#,
                r#"  <param name="a1-hash" value="(not shown)"/>"#,
            ),
            (r#"<a password="x" b="y"/>"#, r#"<a password="(not shown)" b="y"/>"#),
            (
                r#"<param name="gateway-credentials" value="a:b"/>"#,
                r#"<param name="gateway-credentials" value="(not shown)"/>"#,
            ),
            (
                r#"<action application="set" data="sip_auth_password=x=y"/>"#,
                r#"<action application="set" data="sip_auth_password=(not shown)"/>"#,
            ),
            (
                r#"<action application="bridge" data="[a=b,my_pwd=x]&lt;my_pwd=y&gt;&#36;{z}"/>"#,
                r#"<action application="bridge" data="[a=b,my_pwd=(not shown)]&lt;my_pwd=(not shown)&gt;&#36;{z}"/>"#,
            ),
            (
                r#"<action application="multiset" data="my_pwd=x c=d"/>"#,
                r#"<action application="multiset" data="my_pwd=(not shown) c=d"/>"#,
            ),
            (
                r#"<entry action="menu-exec-app" digits="1" param="bridge {my_pwd=x}y"/>"#,
                r#"<entry action="menu-exec-app" digits="1" param="bridge {my_pwd=(not shown)}y"/>"#,
            ),
            (
                r#"<param name="url" value="http://u:x@h/?api_key=y&amp;n=&#36;{n}"/>"#,
                r#"<param name="url" value="http://u:(not shown)@h/?api_key=(not shown)&amp;n=&#36;{n}"/>"#,
            ),
            ("<url>http://u:x@h/</url>", "<url>http://u:(not shown)@h/</url>"),
            (
                r#"<condition field="a" expression="^token=(.*)$"/>"#,
                r#"<condition field="a" expression="^token=(.*)$"/>"#,
            ),
            ("  <password>x</password>", "  <password>(not shown)</password>"),
            (
                r#"<param name="password">x</param>"#,
                r#"<param name="password">(not shown)</param>"#,
            ),
            (
                r#"<param name="sip-port" value="5060"/>"#,
                r#"<param name="sip-port" value="5060"/>"#,
            ),
            ("  <text>x</text>", "  <text>x</text>"),
            (
                r#"<param name="a1-hash" value=""/><param name="password" value=""/>"#,
                r#"<param name="a1-hash" value=""/><param name="password" value=""/>"#,
            ),
            ("  <password></password>", "  <password></password>"),
            ("</params>", "</params>"),
        ] {
            assert_eq!(redact_line(line), shown);
        }
    }
}
