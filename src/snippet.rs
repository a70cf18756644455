//! Right files of what is around the service: the project's own, with the addresses of its settings.

use std::path::Path;

use clap::ValueEnum;
use jackfield_api::Section;
use jackfield_api::document::Configuration;
use jackfield_handlers::HOOKS;

use crate::export::{Service, xml_curl_conf};
use crate::settings::Settings;

const SITE: &str = include_str!("../nginx/jackfield.conf");
const SERVICE: &str = include_str!("../systemd/jackfield.service");
const SOCKET: &str = include_str!("../systemd/jackfield.socket");
const SCRAPE: &str = include_str!("../prometheus/scrape.yml");

/// What stands in those files, and which setting it is.
const MACHINE: &str = "127.0.0.1:8080";
pub(crate) const PUBLIC: &str = "127.0.0.1:8090";
const HOST: &str = "pbx.example.test";
const WAITS: &str = "proxy_read_timeout 5s;";
const STARTED: &str = "/usr/bin/jackfield serve\n";
const MIGRATED: &str = "/usr/bin/jackfield migrate\n";
const STATE: &str = "StateDirectory=jackfield\n";
const DATABASE: &str = " Database: /var/lib/jackfield/jackfield.db.";
const DATABASE_URL: &str = "sqlite:/var/lib/jackfield/jackfield.db";
const STATE_ROOT: &str = "/var/lib";
const SETTINGS: &str = "/etc/jackfield/jackfield.toml";

/// Each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Snippet {
    /// For the switch's `autoload_configs`: whom it asks
    #[value(name = "xml_curl")]
    XmlCurl,
    /// For the switch's `autoload_configs`: the hook scripts, where it reads them from its disk
    Lua,
    /// A site of nginx: the public server, and the one of this machine
    Nginx,
    /// The service's unit
    Systemd,
    /// The unit of its socket, which is optional
    SystemdSocket,
    /// The scrape configuration of Prometheus
    Prometheus,
}

impl Snippet {
    /// Its text. `file` is where the settings are from.
    pub(crate) fn text(self, settings: &Settings, file: Option<&Path>) -> String {
        let service = Service::of(settings);
        match self {
            Self::XmlCurl => xml_curl_conf(&service.address, service.timeout),
            Self::Lua => {
                Configuration::new("lua.conf").hooks(HOOKS).file().expect("names of ours are safe")
            }
            Self::Nginx => site(settings, &service),
            Self::Systemd => unit(settings, file),
            Self::SystemdSocket => SOCKET.replace(MACHINE, &settings.listen_machine.to_string()),
            Self::Prometheus => SCRAPE.replace(MACHINE, &service.address),
        }
    }
}

fn site(settings: &Settings, service: &Service) -> String {
    // In two steps, because one address may be what stood for the other.
    let mut text = SITE.replace(MACHINE, "\u{1}").replace(PUBLIC, "\u{2}");
    if let Some(host) = settings.verto.url.as_deref().and_then(host) {
        text = text.replace(HOST, host);
    }
    let needed = settings.switch_timeout(&Section::ALL);
    text = text.replace(WAITS, &format!("proxy_read_timeout {}s;", needed.max(5)));
    let public = settings.listen_public.map_or_else(|| PUBLIC.to_owned(), reached);
    text.replace('\u{1}', &service.address).replace('\u{2}', &public)
}

/// A socket on every address is reached on this machine's own.
fn reached(socket: std::net::SocketAddr) -> String {
    if socket.ip().is_unspecified() {
        return format!("127.0.0.1:{}", socket.port());
    }
    socket.to_string()
}

/// The host of a URL that browsers connect to: nginx has its certificate.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split([':', '/']).next().filter(|host| !host.is_empty() && !host.starts_with('['))
}

fn unit(settings: &Settings, file: Option<&Path>) -> String {
    let mut text = SERVICE.to_owned();
    if let Some(file) = file.filter(|file| *file != Path::new(SETTINGS) && file.is_absolute()) {
        for (command, from) in [("serve", STARTED), ("migrate", MIGRATED)] {
            let right = format!("/usr/bin/jackfield {command} --config {}\n", escaped(file));
            text = text.replace(from, &right);
        }
        text = text.replace(SETTINGS, &file.display().to_string());
    }
    // Where it is says the settings file or the environment, and may be changed there.
    if settings.database_url.to_string() != DATABASE_URL {
        text = text.replace(DATABASE, "");
    }
    let state = &settings.state_dir;
    if let Ok(name) = state.strip_prefix(STATE_ROOT) {
        text = text.replace(STATE, &format!("StateDirectory={}\n", name.display()));
    } else {
        text = text.replace(STATE, &writable(STATE, state));
    }
    let recorded = settings.record_folder();
    if settings.record.on && !recorded.starts_with(state) {
        text = text.replace("UMask=", &(writable("", &recorded) + "UMask="));
    }
    text
}

/// A line more, for a folder outside of systemd's own.
fn writable(lines: &str, folder: &Path) -> String {
    format!("{lines}ReadWritePaths={}\n", escaped(folder))
}

/// A path as a unit has it: quoted, and without anything that systemd would put in.
fn escaped(path: &Path) -> String {
    let text = path.display().to_string().replace('%', "%%").replace('$', "$$");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-%$".contains(c);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
