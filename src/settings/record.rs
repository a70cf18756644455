//! Which look-ups are recorded, and how much of them is kept: `[record]`.

use std::path::PathBuf;

use jackfield_api::Section;

use super::Settings;
use super::reader::Reader;

/// The table `[record]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSettings {
    /// Whether look-ups are recorded.
    pub on: bool,
    /// Where; none for `record` in the state folder.
    pub folder: Option<PathBuf>,
    /// How many MiB the files may take together.
    pub max_mib: u64,
    /// How many look-ups of a second are recorded.
    pub per_second: u32,
    /// Whether those of a section are, in the order of [`Section::ALL`].
    pub sections: [bool; 6],
    /// Fields that are kept besides those that are known to hold no secret.
    pub fields: Vec<String>,
}

impl RecordSettings {
    /// Whether look-ups of a section are recorded.
    pub fn takes(&self, section: Section) -> bool {
        self.on && self.sections[section as usize]
    }
}

impl Settings {
    /// The folder of recorded look-ups.
    pub fn record_folder(&self) -> PathBuf {
        self.record.folder.clone().unwrap_or_else(|| self.state_dir.join("record"))
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> RecordSettings {
    let folder = reader.folder();
    let on = reader.parse("record.on", "false", |word| {
        word.parse().map_err(|_| "write `true` or `false`".to_owned())
    });
    let folder =
        reader.parse("record.folder", "", |word| Ok((!word.is_empty()).then(|| folder.join(word))));
    let max_mib = reader.parse("record.max_mib", "64", |word| match word.parse() {
        Ok(mib @ 1..=1_048_576) => Ok(mib),
        _ => Err("write a number of MiB, from 1 on".to_owned()),
    });
    let per_second = reader.parse("record.per_second", "1000", |word| match word.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("write a number from 1 to 1000000".to_owned()),
    });
    let named = reader.list("record.sections", |word| {
        let known = || format!("the sections are {}", Section::ALL.map(Section::as_str).join(", "));
        Section::named(word).ok_or_else(known)
    });
    let sections = Section::ALL.map(|section| named.is_empty() || named.contains(&section));
    let fields = reader.list("record.fields", |word| {
        let is_name = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'&' | b'=');
        match word {
            word if crate::secret::is_secret(word) || may_be_secret(word) => {
                Err("a field of this name may hold a secret, and is never kept".to_owned())
            }
            word if !word.is_empty() && word.bytes().all(is_name) => Ok(word.to_owned()),
            _ => Err("write names of fields, as in `variable_sip_h_X-Trunk`".to_owned()),
        }
    });
    RecordSettings { on, folder, max_mib, per_second, sections, fields }
}

/// Whether a field may hold keys of media, a session, a digest or digits that somebody typed.
fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let anywhere = ["sdp", "sess", "auth", "nonce", "crypto", "digits", "pass", "token"];
    let at_the_end = |part: &str| part.ends_with("pin") || part.ends_with("key");
    anywhere.iter().any(|word| name.contains(word))
        || name
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|part| at_the_end(part.trim_end_matches('s')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        Settings::read(Some(("/etc/j/j.toml".into(), text)), &|_| None)
            .map_err(|errors| errors.to_string())
    }

    #[test]
    fn nothing_is_recorded_unless_it_is_turned_on() {
        let settings = read("state_dir = '/s'").expect("right");
        assert!(!settings.record.takes(Section::Directory));
        assert_eq!(settings.record_folder(), PathBuf::from("/s/record"));
        let settings = read("[record]\non = true\nfolder = 'seen'").expect("right");
        assert!(Section::ALL.into_iter().all(|section| settings.record.takes(section)));
        assert_eq!(settings.record_folder(), PathBuf::from("/etc/j/./seen"));
    }

    #[test]
    fn sections_and_fields_are_checked() {
        let text =
            "[record]\non = true\nsections = ['dialplan']\nfields = ['variable_sip_h_X-Trunk']";
        let record = read(text).expect("right").record;
        assert!(record.takes(Section::Dialplan) && !record.takes(Section::Directory));
        assert_eq!(record.fields, ["variable_sip_h_X-Trunk"]);
        for name in [
            "sessid",
            "verto_sessid",
            "sip_auth_nonce",
            "variable_switch_r_sdp",
            "variable_sip_h_Authorization",
            "variable_rtp_last_audio_local_crypto_key",
            "srtpKey",
            "digits_dialed",
            "vm_pin2",
        ] {
            assert!(read(&format!("[record]\nfields = ['{name}']")).is_err(), "{name}");
        }
        let errors =
            read("[record]\nsections = ['x']\nfields = ['my_pin']\nmax_mib = 0\nper_second = 0")
                .expect_err("wrong");
        for word in ["j.toml:2: record.sections", "j.toml:3: ", ":4: ", ":5: "] {
            assert!(errors.contains(word), "{word}: {errors}");
        }
    }
}
