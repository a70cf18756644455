//! `conference.conf`: how conferences behave, and what keys their members have.
//!
//! Asked for when the module loads, to tell presence of the rooms; when a caller joins a room, for
//! its profile; and once more for the member's keys.
//!
//! ```text
//! key_value=conference.conf&...&Conf-Profile=default&Action=request-controls&Controls=default
//! ```
//! ->
//! ```xml
//! <configuration name="conference.conf">
//!   <caller-controls>
//!     <group name="default">
//!       <control action="mute" digits="0"/>
//!       <control action="hangup" digits="#"/>
//!     </group>
//!   </caller-controls>
//! </configuration>
//! ```

use jackfield_api::document::{Configuration, USUAL_CONTROLS};
use jackfield_api::lookup::{ConferenceJoin, ConfigurationFlow, ConfigurationLookup};
use jackfield_api::snapshot::{OnSwitch, ProfileKind, StoredDocument};
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, Refusal, register};

struct Conference;

const FILE: &str = "conference.conf";

impl ConfigurationHandler for Conference {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        let pbx = facts.snapshot.on(&host);
        match lookup.flow() {
            ConfigurationFlow::ConferenceJoin(join) => joining(&join, pbx),
            ConfigurationFlow::ConferenceControls(keys) => {
                // For another group that is not stored a file on the switch's disk is the one place
                // where it may be.
                let stored = frame(pbx)
                    .is_some_and(|frame| frame.lists("caller-controls", "group", &keys.controls));
                if !stored && !keys.controls.eq_ignore_ascii_case(USUAL_CONTROLS) {
                    return Err(Refusal::NotFound("no such group of caller controls"));
                }
                document(pbx).answer()
            }
            _ => whole(pbx),
        }
    }
}

/// The room's profile. Earlier switches read the keys from this answer too.
fn joining(join: &ConferenceJoin<'_>, pbx: OnSwitch<'_>) -> Answer {
    // Without the document the caller is not let in. In a document without the profile the switch
    // would see leave to open the room on its built-in defaults, with no PIN.
    let profile = pbx
        .profiles(ProfileKind::Conference)
        .find(|profile| profile.name.eq_ignore_ascii_case(&join.profile))
        .ok_or(Refusal::NotFound("no such conference profile"))?;
    document(pbx).profiles([profile]).answer()
}

fn whole(pbx: OnSwitch<'_>) -> Answer {
    let profiles = super::profiles(pbx, ProfileKind::Conference)?;
    let rooms = &pbx.snapshot().contents().rooms;
    let rooms: Vec<_> =
        rooms.iter().map(|room| room.advertised(pbx.profiles(ProfileKind::Conference))).collect();
    with_keys(Configuration::new(FILE).framed(frame(pbx)).rooms(&rooms), pbx)
        .profiles(profiles)
        .answer()
}

fn frame(pbx: OnSwitch<'_>) -> Option<&StoredDocument> {
    pbx.document(FILE)
}

fn document(pbx: OnSwitch<'_>) -> Configuration<'_> {
    with_keys(Configuration::new(FILE).framed(frame(pbx)), pbx)
}

/// The keys that callers know, where the operator stored none.
fn with_keys<'a>(document: Configuration<'a>, pbx: OnSwitch<'_>) -> Configuration<'a> {
    if frame(pbx).is_some_and(|frame| frame.has("caller-controls")) {
        return document;
    }
    document.usual_caller_controls()
}

register!(ConfigurationHandler, "conference", Keys::Fixed(&[FILE]), Conference);

#[cfg(test)]
mod tests {
    use super::super::recorded::{answer, text};
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::snapshot::{Profile, Room, Setting};
    use jackfield_api::testing::{Pbx, ask, asking, recorded};

    #[test]
    fn the_module_loads_with_rooms_keys_and_profiles() {
        golden!(
            "configuration/golden/conference.xml",
            text(&Conference, recorded::CONFERENCE_CONF)
        );
    }

    #[test]
    fn a_caller_joins_with_the_profile_of_the_room() {
        golden!(
            "configuration/golden/conference-join.xml",
            text(&Conference, recorded::CONFERENCE_JOIN)
        );
    }

    #[test]
    fn a_member_gets_the_default_keys() {
        golden!(
            "configuration/golden/conference-controls.xml",
            text(&Conference, recorded::CONFERENCE_CONTROLS)
        );
    }

    #[test]
    fn a_room_does_not_open_without_its_profile() {
        let body = asking::join("3000", "gone");
        assert!(matches!(answer(&Conference, body), Err(Refusal::NotFound(_))));
    }

    #[test]
    fn keys_that_are_not_stored_may_be_on_the_disk_of_the_switch() {
        let body = asking::controls("3000", "default", "moderator");
        assert!(matches!(answer(&Conference, body), Err(Refusal::NotFound(_))));
    }

    #[test]
    fn a_room_is_advertised_in_the_domain_of_its_profile() {
        let room = Room { name: "3000".into(), profile: "default".into() };
        let profile = |params| Profile {
            kind: ProfileKind::Conference,
            name: "default".into(),
            params,
            ..Profile::default()
        };
        let with = profile(vec![Setting::new("domain", "pbx.example.test")]);
        let advertised = room.advertised([&with]);
        assert_eq!(advertised.name, "3000@pbx.example.test");
        assert_eq!(advertised.advertised([&with]).name, "3000@pbx.example.test");
        assert_eq!(room.advertised([&profile(Vec::new())]).name, "3000");
    }

    #[test]
    fn what_the_operator_stored_around_the_profiles_is_in_every_answer() {
        let xml = "<configuration name='conference.conf' description='Audio'>\
                   <advertise><room name='9@x' status='y'/></advertise>\
                   <caller-controls><group name='moderator'/></caller-controls><profiles/>\
                   </configuration>";
        let profile = |name: &str| Profile {
            kind: ProfileKind::Conference,
            name: name.into(),
            ..Profile::default()
        };
        let snapshot = Pbx::empty()
            .with(|pbx| {
                pbx.profiles = [profile("default"), profile("other")].into();
                pbx.rooms = [Room { name: "3000".into(), profile: "default".into() }].into();
            })
            .document(FILE, xml)
            .snapshot();
        let answered = |asking: asking::Asking| {
            let document = ask(&Conference, asking, &snapshot).expect("a document");
            String::from_utf8(document.into_body()).expect("UTF-8")
        };
        let whole = answered(asking::configuration(FILE));
        assert!(
            whole.contains(
                r#"  <configuration name="conference.conf" description="Audio">
      <advertise>
        <room name="3000" status="FreeSWITCH"/>
        <room name="9@x" status="y"/>
      </advertise>
      <caller-controls>
        <group name="moderator"/>
      </caller-controls>
      <profiles>
        <profile name="default"/>
        <profile name="other"/>
      </profiles>
    </configuration>
"#
            ),
            "{whole}"
        );
        let joining = answered(asking::join("9", "other"));
        assert!(joining.contains("<profile name=\"other\"/>") && !joining.contains("\"default\""));
        let keys =
            |group: &str| ask(&Conference, asking::controls("9", "default", group), &snapshot);
        assert!(keys("Moderator").is_ok());
        assert!(matches!(keys("gone"), Err(Refusal::NotFound(_))));
    }
}
