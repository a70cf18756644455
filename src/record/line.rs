//! One recorded look-up, as a line of JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use jackfield_api::{Lookup, Pair, Section};

use super::fields;
use super::seal::Seal;

/// A look-up that has ended.
pub(crate) struct Entry<'a> {
    pub(crate) lookup: &'a Lookup,
    pub(crate) handler: &'static str,
    pub(crate) outcome: &'static str,
    /// How long it took, in microseconds.
    pub(crate) us: u64,
    /// When it ended.
    pub(crate) at: SystemTime,
    /// Status and body; nothing for one that nobody waited for.
    pub(crate) sent: Option<(u16, &'a [u8])>,
    /// What whoever passed it on calls it.
    pub(crate) request: Option<&'a str>,
}

/// Makes lines, one after the other.
#[derive(Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    /// The second that was written last.
    second: u64,
    date: String,
}

impl Lines {
    /// A line without its beginning, for which number it has is not known yet ([`begin`]).
    pub(super) fn make(
        &mut self,
        entry: &Entry<'_>,
        more: &[String],
        seal: Option<&Seal>,
    ) -> &[u8] {
        let Entry { lookup, handler, outcome, us, at, sent, request } = entry;
        self.line.clear();
        self.line.extend_from_slice(b"\"at\":\"");
        self.time(*at);
        let (section, form) = (lookup.section(), lookup.form());
        let to = &mut self.line;
        for part in ["\",\"section\":\"", section.as_str(), "\",\"handler\":\"", handler] {
            to.extend_from_slice(part.as_bytes());
        }
        for part in ["\",\"outcome\":\"", outcome, "\",\"us\":"] {
            to.extend_from_slice(part.as_bytes());
        }
        number(to, *us);
        if let Some((status, body)) = sent {
            to.extend_from_slice(b",\"status\":");
            number(to, u64::from(*status));
            to.extend_from_slice(b",\"bytes\":");
            number(to, body.len() as u64);
            if let Some(seal) = seal {
                for part in [",\"seal\":\"", &seal.seal(body), "\""] {
                    to.extend_from_slice(part.as_bytes());
                }
            }
        }
        if let Some(request) = request {
            to.extend_from_slice(b",\"request\":\"");
            to.extend_from_slice(request.as_bytes());
            to.push(b'"');
        }
        to.extend_from_slice(b",\"fields\":");
        number(to, form.len() as u64);
        to.extend_from_slice(b",\"body\":\"");
        let mut key = Key::of(section);
        fields::write(form, more, to, |pair| key.see(pair));
        to.extend_from_slice(b"\",\"key\":\"");
        to.extend_from_slice(key.found());
        to.extend_from_slice(b"\"}\n");
        to
    }

    /// As `2026-11-21T12:31:46.123456Z`.
    fn time(&mut self, at: SystemTime) {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        if since.as_secs() != self.second || self.date.is_empty() {
            self.second = since.as_secs();
            self.date = date(self.second);
        }
        self.line.extend_from_slice(self.date.as_bytes());
        let mut digits = *b".000000Z";
        let mut rest = since.subsec_micros();
        for digit in digits[1..7].iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        self.line.extend_from_slice(&digits);
    }
}

/// The beginning of a line; `lost` look-ups before it are in none.
pub(super) fn begin(to: &mut Vec<u8>, id: u64, lost: u64) {
    to.extend_from_slice(b"{\"id\":");
    number(to, id);
    if lost > 0 {
        to.extend_from_slice(b",\"lost\":");
        number(to, lost);
    }
    to.push(b',');
}

/// What a look-up is keyed by, while its fields pass.
struct Key<'a> {
    /// The field that it is in, the one where that is absent, and what it is where both are.
    names: [&'static [u8]; 3],
    found: [&'a [u8]; 3],
}

impl<'a> Key<'a> {
    fn of(section: Section) -> Self {
        let (first, second): (&[u8], &[u8]) = match section {
            Section::Directory => (b"domain", b""),
            Section::Dialplan => (b"Hunt-Context", b"Caller-Context"),
            Section::Languages => (b"lang", b""),
            Section::Chatplan => (b"context", b""),
            Section::Configuration | Section::Channels => (b"", b""),
        };
        Self { names: [first, second, b"key_value"], found: [b""; 3] }
    }

    fn see(&mut self, pair: Pair<'a>) {
        for (name, found) in self.names.iter().zip(&mut self.found) {
            if found.is_empty() && pair.name == *name {
                *found = pair.raw;
            }
        }
    }

    fn found(&self) -> &'a [u8] {
        self.found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// A second since 1970 in UTC, as `2026-11-21T12:31:46`.
fn date(second: u64) -> String {
    let (days, of_day) = (second / 86_400, second % 86_400);
    // Years begin in March here, so that a leap day is the last of one; 1970-01-01 is day 719,468.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month < 3);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn number(to: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
    }
    to.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_date() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_795_211_393, "2026-11-20T21:49:53"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(date(second), text);
        }
    }

    #[test]
    fn a_number_has_its_digits() {
        for value in [0, 7, 10, 4_294_967_295, u64::MAX] {
            let mut to = Vec::new();
            number(&mut to, value);
            assert_eq!(String::from_utf8(to), Ok(value.to_string()));
        }
    }
}
