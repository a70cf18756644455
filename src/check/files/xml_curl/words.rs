//! The words of `bindings`: for which sections a URL is asked.

use jackfield_api::Section;

use super::Binding;
use super::url::Url;
use crate::check::files::fault::{Fault, Mend};
use crate::check::files::param::{Param, escaped};
use crate::export::BINDINGS;

/// What the switch looks for in the words, anywhere and in any case (`switch_xml.c`).
const KNOWN: [(&str, Section); 6] = [
    ("config", Section::Configuration),
    ("directory", Section::Directory),
    ("dialplan", Section::Dialplan),
    ("languages", Section::Languages),
    ("chatplan", Section::Chatplan),
    ("channels", Section::Channels),
];

/// Sections that something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Sections(u8);

impl Sections {
    pub(super) fn of(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let found = KNOWN.iter().filter(|(word, _)| words.contains(word));
        let bits = found.fold(0, |bits, (_, section)| bits | 1 << (*section as u8));
        Self(if bits == 0 { u8::MAX } else { bits })
    }

    /// Whether everything is asked for, as where no word is known.
    pub(super) fn are_all(self) -> bool {
        self.0 == u8::MAX
    }

    pub(in super::super) fn has(self, section: Section) -> bool {
        self.0 & 1 << (section as u8) != 0
    }

    pub(super) fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The line of a URL with other words. Credentials in a URL are told of by themselves, and shown nowhere.
pub(super) fn line(url: &str, words: &str) -> String {
    let is_bare = !url.contains(['@', '?', '#']);
    let bare = (!is_bare).then(|| Url::of(url).bare());
    format!(
        "<param name=\"gateway-url\" value=\"{}\" bindings=\"{}\"/>",
        escaped(bare.as_deref().unwrap_or(url)),
        escaped(words)
    )
}

pub(super) fn check(binding: &Binding<'_>, url: &Param<'_>, faults: &mut Vec<Fault>) {
    let words = binding.words();
    if words.contains("$${") {
        return;
    }
    if Sections::of(words).are_all() {
        let what = if words.is_empty() {
            "there are no bindings: it is asked for everything".to_owned()
        } else {
            format!("FreeSWITCH knows no word of «{words}»: it is asked for everything")
        };
        let why = "every look-up of every section is asked here as well, those that others are there for, too";
        // The nearest word is what was meant, else all of ours are.
        let near: Option<Vec<_>> = split(words).map(nearest).collect();
        let meant = near.filter(|near| !near.is_empty()).map(|near| near.join("|"));
        let right = line(url.raw, meant.as_deref().unwrap_or(BINDINGS));
        faults.push(Fault::error(url.place(), what, why, Mend::Instead(right)));
        return;
    }
    let is_known = |word: &&str| {
        let word = word.to_ascii_lowercase();
        KNOWN.iter().any(|(known, _)| word.contains(known))
    };
    for word in split(words).filter(|word| !is_known(word)) {
        let meant: Vec<_> = split(words)
            .filter_map(|one| if one == word { nearest(one) } else { Some(one) })
            .collect();
        let what = format!("FreeSWITCH does not know the word «{word}» of «{words}»");
        let why = "what was meant by it is not asked here, but answered from the switch's disk";
        let right = Mend::Instead(line(url.raw, &meant.join("|")));
        faults.push(Fault::error(url.place(), what, why, right));
    }
}

fn split(words: &str) -> impl Iterator<Item = &str> {
    words.split(['|', ',', ' ']).filter(|word| !word.is_empty())
}

/// The word that somebody meant. Section `phrases` is asked for as `languages`, first.
fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    if word.starts_with("phrase") {
        return Some("languages");
    }
    let words: Vec<_> = BINDINGS.split('|').chain(["channels"]).collect();
    super::names::nearest(&word, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_anywhere_and_in_any_case() {
        let sections = Sections::of("Configurations, DIALPLAN");
        assert!(sections.has(Section::Configuration) && sections.has(Section::Dialplan));
        assert!(!sections.has(Section::Directory) && !sections.are_all());
        assert!(Sections::of("").are_all() && Sections::of("phrases").are_all());
        assert!(!Sections::of("phrases|chatplan").are_all());
    }
}
