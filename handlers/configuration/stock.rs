//! Documents for modules that nothing is stored for.
//!
//! Each says as little as its module can start from without an error in the switch's log.

use jackfield_api::document::Configuration;

use super::zones::ZONES;

struct Stock {
    file: &'static str,
    holds: Holds,
}

type Params = &'static [(&'static str, &'static str)];

/// What stands in a document.
enum Holds {
    Nothing,
    Settings(Params),
    /// A profile with its parameters.
    Profile(&'static str, Params),
    /// No modules.
    Modules,
    /// All time zones.
    Zones,
}

const STOCK: &[Stock] = &[
    // The module's own limit on what it fetches, in bytes.
    Stock { file: "curl.conf", holds: Holds::Settings(&[("max-bytes", "64000")]) },
    // No name of another database: the module uses its SQLite file.
    Stock { file: "db.conf", holds: Holds::Settings(&[]) },
    // No other switch to share counters with.
    Stock { file: "hash.conf", holds: Holds::Nothing },
    // The module does not load without a profile that has an address. A call uses it only if the
    // dialplan names no other; so it leads back to this machine and nowhere else.
    Stock {
        file: "httapi.conf",
        holds: Holds::Profile("default", &[("gateway-url", "http://127.0.0.1/httapi")]),
    },
    Stock { file: "loopback.conf", holds: Holds::Settings(&[]) },
    // Given a document that is silent on these, the module encodes at a constant rate.
    Stock {
        file: "opus.conf",
        holds: Holds::Settings(&[
            ("use-vbr", "1"),
            ("complexity", "10"),
            ("keep-fec-enabled", "1"),
        ]),
    },
    // Every kind of file that the module can read.
    Stock { file: "sndfile.conf", holds: Holds::Settings(&[]) },
    Stock { file: "post_load_modules.conf", holds: Holds::Modules },
    Stock { file: "post_load_switch.conf", holds: Holds::Settings(&[]) },
    // The core forgets the zones that it has when it is told to reload, so this names all of them.
    Stock { file: "timezones.conf", holds: Holds::Zones },
];

/// The document of this name, case apart.
pub(super) fn document(file: &str) -> Option<Configuration<'static>> {
    let stock = STOCK.iter().find(|stock| stock.file.eq_ignore_ascii_case(file))?;
    let document = Configuration::new(stock.file);
    Some(match stock.holds {
        Holds::Nothing => document,
        Holds::Settings(params) => document.settings(params.iter().copied()),
        Holds::Profile(name, params) => document.params_profile(name, params.iter().copied()),
        Holds::Modules => document.modules([]),
        Holds::Zones => document
            .zones(ZONES.iter().flat_map(|(rule, names)| names.iter().map(|name| (*name, *rule)))),
    })
}
