//! Where a command has its secrets from: never from its arguments, which every process can read.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use jackfield_api::lookup::MailboxPin;

use super::input;

/// The password of every user of the files that FreeSWITCH comes with.
pub(super) const KNOWN_TO_ALL: &str = "1234";

/// Longer than any password; a file that was given by mistake is longer.
const LONGEST: u64 = 1024;

/// Reads one line from standard input, once for each name; a person at a terminal is asked twice, and
/// sees nothing.
pub(super) fn read(what: &str) -> anyhow::Result<String> {
    input::once(what, || ask(what))
}

fn ask(what: &str) -> anyhow::Result<String> {
    let secret = if std::io::stdin().is_terminal() {
        let once = rpassword::prompt_password(format!("{what}: "))?;
        if rpassword::prompt_password(format!("{what}, once more: "))? != once {
            bail!("these were two different ones");
        }
        once
    } else {
        let mut text = String::new();
        let mut input = std::io::stdin().lock().take(LONGEST + 1);
        input.read_to_string(&mut text).with_context(|| format!("reading {what}"))?;
        if text.len() as u64 > LONGEST {
            bail!("{what} is longer than {LONGEST} bytes");
        }
        text.strip_suffix('\n').map_or(text.clone(), str::to_owned)
    };
    let secret = secret.strip_suffix('\r').unwrap_or(&secret);
    check(what, secret)?;
    Ok(secret.to_owned())
}

/// A secret is one line of text.
pub(super) fn check(what: &str, secret: &str) -> anyhow::Result<()> {
    if secret.is_empty() {
        bail!("{what} is empty");
    }
    if secret.chars().any(char::is_control) {
        bail!("{what} holds a line break or another control character");
    }
    Ok(())
}

/// What can be typed on a phone.
pub(super) fn check_pin(pin: &str) -> anyhow::Result<()> {
    if MailboxPin::typed(pin).is_none() {
        bail!("a PIN is 1 to 20 digits");
    }
    Ok(())
}
