//! Documents of modules, with the lists of the tables put back in; profiles, gateways and menus each in a
//! file of their own.

use jackfield_api::document::Configuration;
use jackfield_api::files::{self, Part};
use jackfield_api::snapshot::{Contents, Hosts, ProfileKind, StoredDocument};
use jackfield_api::xml::Raw;

use super::{ExportError, Tree, modules, names};

/// Documents that the tables hold a part of.
const TABLED: [&str; 7] = [
    "acl.conf",
    "callcenter.conf",
    "conference.conf",
    "ivr.conf",
    "sofia.conf",
    "verto.conf",
    "voicemail.conf",
];

/// What a switch logs where nothing is stored about it: all of use to its console and to its file.
const STOCK: [(&str, &str); 2] = [
    (
        "console.conf",
        "<mappings><map name='all' value='info,notice,warning,err,crit,alert'/></mappings>\
         <settings><param name='colorize' value='true'/><param name='loglevel' value='info'/></settings>",
    ),
    (
        "logfile.conf",
        "<settings><param name='rotate-on-hup' value='true'/></settings>\
         <profiles><profile name='default'>\
         <settings><param name='rollover' value='10485760'/>\
         <param name='maximum-rotate' value='32'/></settings>\
         <mappings><map name='all' value='info,notice,warning,err,crit,alert'/></mappings>\
         </profile></profiles>",
    ),
];

pub(super) fn put(tree: &mut Tree, contents: &Contents) -> Result<(), ExportError> {
    for document in &contents.documents {
        if !TABLED.iter().any(|name| document.name.eq_ignore_ascii_case(name)) {
            stored(tree, document)?;
        }
    }
    for name in TABLED {
        tabled(tree, contents, name)?;
    }
    for profile in contents.profiles.iter().filter(|found| found.kind == ProfileKind::Sofia) {
        let folder = names::folder(&profile.name);
        for gateway in &profile.gateways {
            let path = format!("sip_profiles/{folder}/{}.xml", names::file(&gateway.name));
            let what = || format!("gateway «{}»", gateway.name);
            tree.put(path, what, files::gateway(gateway))?;
        }
        let gateways = (!profile.gateways.is_empty()).then(|| format!("{folder}/*.xml"));
        let path = format!("sip_profiles/{}.xml", names::file(&profile.name));
        let what = || format!("profile «{}»", profile.name);
        tree.put(path, what, files::profile(profile, gateways.as_deref()))?;
    }
    for menu in &contents.menus {
        let path = format!("ivr_menus/{}.xml", names::file(&menu.name));
        tree.put(path, || format!("menu «{}»", menu.name), files::menu(menu))?;
    }
    Ok(())
}

/// A document as it is stored.
pub(super) fn stored(tree: &mut Tree, document: &StoredDocument) -> Result<(), ExportError> {
    let text = Configuration::new(&document.name).framed(Some(document)).file();
    tree.put(path(&document.name), || document.name.clone(), text)
}

/// What a switch needs to boot with and is not stored.
pub(super) fn completed(tree: &mut Tree, contents: &Contents) -> Result<(), ExportError> {
    if contents.document("modules.conf").is_none() {
        let modules = modules::needed(contents);
        let text = Configuration::new("modules.conf").modules(modules.iter().map(|name| &**name));
        tree.put(path("modules.conf"), || "modules.conf".to_owned(), text.added().file())?;
        tree.notes.push(
            "no modules.conf is stored: autoload_configs/modules.conf.xml loads what the rest needs"
                .to_owned(),
        );
        if contents.document("event_socket.conf").is_none() {
            tree.notes.push(
                "no event_socket.conf is stored, so the switch has no event socket and fs_cli does not \
                 reach it; `export --bootstrap` writes one"
                    .to_owned(),
            );
        }
    }
    logs(tree, contents)
}

/// Where the switch's log goes.
pub(super) fn logs(tree: &mut Tree, contents: &Contents) -> Result<(), ExportError> {
    for (name, inside) in STOCK {
        if contents.document(name).is_none() {
            let xml = format!("<configuration name='{name}'>{inside}</configuration>");
            let xml = Raw::parse(&xml).expect("fixed text is safe");
            let document = StoredDocument { name: name.to_owned(), xml, hosts: Hosts::default() };
            let text = Configuration::new(name).framed(Some(&document)).added().file();
            tree.put(path(name), || name.to_owned(), text)?;
        }
    }
    Ok(())
}

pub(super) fn path(document: &str) -> String {
    format!("autoload_configs/{}.xml", names::file(document))
}

/// A document with the lists that its module has tables for; none where nothing is stored of it.
fn tabled(tree: &mut Tree, contents: &Contents, name: &'static str) -> Result<(), ExportError> {
    let frame = contents.document(name);
    let of_kind = |kind| contents.profiles.iter().any(|profile| profile.kind == kind);
    let mut document = Configuration::new(frame.map_or(name, |frame| &frame.name)).framed(frame);
    let mut empty = frame.is_none();
    let mut with = |holds: bool, part: Part<'static>| {
        if holds {
            empty = false;
            document = document.clone().with_part(part, contents);
        }
    };
    match name {
        "acl.conf" => with(!contents.access_lists.is_empty(), Part::AccessLists),
        "callcenter.conf" => {
            with(!contents.queues.is_empty(), Part::Queues);
            with(!contents.agents.is_empty(), Part::Agents);
            with(!contents.tiers.is_empty(), Part::Tiers);
        }
        "conference.conf" => {
            with(!contents.rooms.is_empty(), Part::Rooms);
            let kind = ProfileKind::Conference;
            let own_keys = frame.is_some_and(|frame| frame.has("caller-controls"));
            let any = frame.is_some() || of_kind(kind) || !contents.rooms.is_empty();
            with(any && !own_keys, Part::UsualCallerControls);
            with(of_kind(kind), Part::Profiles(kind));
        }
        "ivr.conf" => with(!contents.menus.is_empty(), Part::Files("menus", "../ivr_menus/*.xml")),
        "sofia.conf" => {
            let profiles = Part::Files("profiles", "../sip_profiles/*.xml");
            with(of_kind(ProfileKind::Sofia), profiles);
        }
        "verto.conf" => with(of_kind(ProfileKind::Verto), Part::Profiles(ProfileKind::Verto)),
        _ => with(of_kind(ProfileKind::Voicemail), Part::Profiles(ProfileKind::Voicemail)),
    }
    if empty {
        return Ok(());
    }
    let file = path(frame.map_or(name, |frame| &frame.name));
    tree.put(file, || name.to_owned(), document.file())
}
