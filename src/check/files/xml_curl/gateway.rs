//! The service that a binding asks, and who may listen on the way.

use super::url::Url;
use super::words::line;
use super::{Binding, names};
use crate::check::files::fault::{Fault, Mend};
use crate::check::files::param::{Param, line as param_line};
use crate::export::Service;
use crate::settings::Settings;

/// Where look-ups are answered.
const PATH: &str = "/fsapi";

/// Where `nginx/jackfield.conf` has its server for this machine.
pub(in crate::check::files) const BEHIND_NGINX: &str = "8008";

const OPEN_WAY: &str = "look-ups and answers hold what is as good as passwords, and everybody on the way can read \
                        and change them";

pub(super) fn check(
    binding: &Binding<'_>,
    param: &Param<'_>,
    settings: &Settings,
    service: &Service,
    faults: &mut Vec<Fault>,
) {
    if param.is_unknown() {
        return;
    }
    let url = Url::of(&param.value);
    let ours = format!("http://{}{PATH}", service.address);
    let instead = |url: &str| Mend::Instead(line(url, binding.words()));
    if url.credentials.is_some() {
        let why = "the switch logs the URL, and shows it to whoever may ask for its configuration";
        let mend = instead(&url.bare());
        faults.push(Fault::error(param.place(), "the URL holds credentials", why, mend));
    }
    let is_http = url.is("http");
    if !is_http && !url.is("https") {
        let what = format!("«{}:» is no service that could be asked", url.scheme);
        let why = "the switch goes on to its disk, or reads a file of this machine as the answer";
        faults.push(Fault::error(param.place(), what, why, instead(&ours)));
        return;
    }
    let is_here = is_reached(&url, settings, service);
    if is_http && !is_here && !url.is_loopback() {
        let what = format!("{} is asked over plain HTTP", url.socket());
        faults.push(Fault::error(param.place(), what, OPEN_WAY, instead(&ours)));
    } else if is_http && !is_here {
        let what = format!("none of these settings listens at {}", url.socket());
        let why = "where nobody answers, the switch goes on to its disk";
        faults.push(Fault::warning(param.place(), what, why, instead(&ours)));
    } else if is_here && !is_http {
        let what = format!("{} is asked over TLS, which it does not speak", url.socket());
        let why = "every look-up fails, and the switch goes on to its disk";
        faults.push(Fault::error(param.place(), what, why, instead(&ours)));
        return;
    } else if is_here && url.path != PATH {
        let what = format!("«{}» is not {PATH}, where look-ups are answered", url.path);
        let why =
            "any other path is unknown: every look-up fails, and the switch goes on to its disk";
        let url = format!("http://{}{PATH}", url.socket());
        faults.push(Fault::error(param.place(), what, why, instead(&url)));
    }
    credentials(binding, &url, faults);
    if !is_http {
        tls(binding, faults);
    }
}

/// Whether a look-up gets to this service, or another instance of it.
pub(super) fn is_ours(text: &str, settings: &Settings, service: &Service) -> bool {
    let url = Url::of(text);
    url.path == PATH || is_reached(&url, settings, service)
}

/// Whether it is the machine listener, or nginx on this machine in front of it.
fn is_reached(url: &Url<'_>, settings: &Settings, service: &Service) -> bool {
    let own = settings.listen_machine.port().to_string();
    let is_local = url.is_loopback() && [own.as_str(), BEHIND_NGINX].contains(&url.port);
    is_local || url.socket() == service.address
}

fn credentials(binding: &Binding<'_>, url: &Url<'_>, faults: &mut Vec<Fault>) {
    let Some(given) = binding.params.get("gateway-credentials") else { return };
    if !url.is("http") {
        return;
    }
    let what = "credentials go over plain HTTP with every look-up";
    if url.is_loopback() {
        let why = "nobody asks for them there, and who can read them may try them elsewhere";
        faults.push(Fault::warning(given.place(), what, why, Mend::Remove));
    } else {
        faults.push(Fault::error(given.place(), what, OPEN_WAY, Mend::Remove));
    }
}

/// The switch checks neither who signed a certificate nor whose it is, if nobody tells it to.
fn tls(binding: &Binding<'_>, faults: &mut Vec<Fault>) {
    for (name, what) in [
        ("enable-cacert-check", "any certificate is taken for the service's"),
        ("enable-ssl-verifyhost", "the certificate of any host is taken for the service's"),
    ] {
        let why = "whoever stands in between can be the service: reads look-ups, and lets in whom it likes";
        let right = param_line(name, "true");
        match binding.params.get(name) {
            _ if names::is_misspelt(binding, name) => {}
            Some(param) if param.is_false() => {
                faults.push(Fault::error(param.place(), what, why, Mend::Instead(right)));
            }
            Some(_) => {}
            None => faults.push(Fault::error(
                &binding.element.place,
                format!("{what}: there is no {name}"),
                why,
                Mend::Below(right),
            )),
        }
    }
    if let Some(version) = binding.params.get("ssl-version") {
        let what = format!("TLS is held down to {}", version.value);
        let why = "SSLv3 and TLSv1 are broken, and are all that this knows; without it the best one is taken";
        faults.push(Fault::error(version.place(), what, why, Mend::Remove));
    }
}
