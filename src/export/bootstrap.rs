//! The files of a switch that is served: what it reads before it can ask anybody.

use jackfield_api::Section;
use jackfield_api::document::Configuration;
use jackfield_api::snapshot::{Contents, Hosts, StoredDocument};
use jackfield_api::xml::Raw;

use super::configuration::{logs, path, stored};
use super::{ExportError, Place, Tree, modules};
use crate::secret::{generate_password, is_generated};
use crate::settings::Settings;

/// Documents that the core or a module reads before `mod_xml_curl` is there.
const READ_FROM_DISK: [&str; 6] = [
    "console.conf",
    "event_socket.conf",
    "logfile.conf",
    "pre_load_modules.conf",
    "switch.conf",
    "timezones.conf",
];

/// The global that hook scripts ask the service at, and where they do without it.
pub(super) const URL_OF_HOOKS: &str = "jackfield_url";
const DEFAULT_OF_HOOKS: &str = "http://127.0.0.1:8080/fsapi";

/// Where a switch finds the service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Host and port of its URL.
    pub(crate) address: String,
    /// For how many seconds a switch has to wait.
    pub(crate) timeout: u64,
}

impl Service {
    /// The one with these settings. A socket on every address is asked at a name that it answers to.
    pub(crate) fn of(settings: &Settings) -> Self {
        let socket = settings.listen_machine;
        let host = settings.machine_hosts.first().filter(|_| socket.ip().is_unspecified());
        let address = match host {
            Some(host) => format!("{host}:{}", socket.port()),
            None if socket.ip().is_unspecified() => format!("127.0.0.1:{}", socket.port()),
            None => socket.to_string(),
        };
        Self { address, timeout: settings.switch_timeout(&Section::ALL) }
    }

    /// The URL that hook scripts have to be told, where it is not the one that they ask anyway.
    pub(super) fn asked_by_hooks(&self) -> Option<String> {
        Some(url(&self.address)).filter(|url| url != DEFAULT_OF_HOOKS)
    }
}

fn url(address: &str) -> String {
    format!("http://{address}/fsapi")
}

/// What a switch asks the service, in the words of `bindings`.
pub(crate) const BINDINGS: &str = "configuration|directory|dialplan|languages|chatplan";

/// A right `xml_curl.conf.xml` for a service at this address.
pub(crate) fn xml_curl_conf(address: &str, timeout: u64) -> String {
    let url = url(address);
    format!(
        r#"<configuration name="xml_curl.conf" description="cURL XML Gateway">
  <bindings>
    <binding name="jackfield">
      <param name="gateway-url" value="{url}" bindings="{BINDINGS}"/>
      <param name="timeout" value="{timeout}"/>
    </binding>
  </bindings>
</configuration>
"#
    )
}

pub(super) fn put(
    tree: &mut Tree,
    contents: &Contents,
    service: &Service,
    place: &Place,
) -> Result<(), ExportError> {
    for name in READ_FROM_DISK {
        if let Some(document) = contents.document(name) {
            stored(tree, document)?;
        }
    }
    logs(tree, contents)?;
    let modules = modules::served(contents);
    let text = Configuration::new("modules.conf").modules(modules.iter().map(|name| &**name));
    tree.put(path("modules.conf"), || "modules.conf".to_owned(), text.file())?;
    if contents.document("event_socket.conf").is_none() {
        event_socket(tree, place)?;
    }
    let raw = Raw::parse(&xml_curl_conf(&service.address, service.timeout))
        .map_err(|error| error.to_string());
    let curl = match raw {
        Ok(xml) => {
            StoredDocument { name: "xml_curl.conf".to_owned(), xml, hosts: Hosts::default() }
        }
        Err(_) => unreachable!("a socket's address and a checked name are safe"),
    };
    stored(tree, &curl)?;
    if contents.document("xml_curl.conf").is_some() {
        tree.notes.push(
            "the stored xml_curl.conf is not used: a new one names this service alone".to_owned(),
        );
    }
    Ok(())
}

/// A socket of the switch's own; whoever connects to it goes on with the password of the export before.
fn event_socket(tree: &mut Tree, place: &Place) -> Result<(), ExportError> {
    let path = path("event_socket.conf");
    let earlier = place.earlier(&path).as_deref().and_then(made_up).map(str::to_owned);
    let (password, age) = match earlier {
        Some(password) => (password, "that of the export before"),
        None => (generate_password(), "a new one"),
    };
    tree.notes.push(format!(
        "no event_socket.conf is stored: the password in {path} is {age}; fs_cli wants it with -p"
    ));
    let settings = [("listen-ip", "127.0.0.1"), ("listen-port", "8021"), ("password", &password)];
    let text = Configuration::new("event_socket.conf").settings(settings).file();
    tree.put(path, || "event_socket.conf".to_owned(), text)
}

/// The password in such a file, if it is one that an export made up.
fn made_up(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(r#"<param name="password" value=""#)?;
    let (password, _) = rest.split_once('"')?;
    is_generated(password).then_some(password)
}
