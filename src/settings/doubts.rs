//! Settings that are taken, and may not do what somebody expects of them.

use std::time::Duration;

use jackfield_api::Section;

use super::Settings;

/// How long a switch waits whose `xml_curl.conf.xml` is as README and the bootstrap have it.
const SWITCH_WAITS: Duration = Duration::from_secs(2);

impl Settings {
    /// The `timeout` of a switch that asks for these sections, in whole seconds: longer than any deadline.
    pub(crate) fn switch_timeout(&self, sections: &[Section]) -> u64 {
        let deadlines =
            sections.iter().map(|section| self.section(*section).deadline.as_secs() + 1);
        deadlines.max().unwrap_or_default().max(SWITCH_WAITS.as_secs())
    }

    /// What is to be pointed out, a line each.
    pub fn doubts(&self) -> Vec<String> {
        let late = |section: &Section| self.section(*section).deadline >= SWITCH_WAITS;
        let told = |section: Section| {
            let ms = self.section(section).deadline.as_millis();
            format!(
                "sections.{section}.deadline_ms = {ms}: a switch whose `timeout` is 2 s has given up \
                 by then, and goes on to the files on its disk"
            )
        };
        Section::ALL.into_iter().filter(late).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_no_switch_waits_for_is_pointed_out() {
        let doubts = |text: &str| {
            Settings::read(Some(("j.toml".into(), text)), &|_| None).expect("right").doubts()
        };
        assert_eq!(doubts("sections.dialplan.deadline_ms = 1999"), [""; 0]);
        let told = doubts("sections.dialplan.deadline_ms = 2000");
        assert!(told.len() == 1 && told[0].starts_with("sections.dialplan.deadline_ms = 2000: "));
    }
}
