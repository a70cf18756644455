//! XML as people may see it.

use super::is_secret;

/// What stands in the place of a value that is not shown.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Blanks what holds secrets in XML that the safe layer wrote, one element a line: attributes and
/// parameters, text in elements, and variables that an action sets.
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
    for at in (1..parts.len()).step_by(2) {
        let Some(key) = key(&parts[at - 1]) else { continue };
        if is_secret(&key) || (hides_value && key != "name") {
            HIDDEN.clone_into(&mut parts[at]);
        } else if let Some((name, _)) = parts[at].split_once('=')
            && key == "data"
            && is_secret(name)
        {
            parts[at] = format!("{name}={HIDDEN}");
        }
    }
    let element = line.trim_start().trim_start_matches('<').split([' ', '>']).next();
    if (hides_value || element.is_some_and(is_secret))
        && let Some(last) = parts.last_mut()
        && let Some((before, text)) = last.split_once('>')
        && let Some((_, after)) = text.split_once("</")
    {
        *last = format!("{before}>{HIDDEN}</{after}");
    }
    parts.join("\"")
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
            ("</params>", "</params>"),
        ] {
            assert_eq!(redact_line(line), shown);
        }
    }
}
