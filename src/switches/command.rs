//! The commands that a switch is given, and what its answers mean.

use std::fmt;

use jackfield_api::snapshot::{SessionId, Uuid};

/// One argument of a command.
///
/// The event socket ends a command at a line's end, and the switch splits arguments at blanks and
/// gives quotes and backslashes a meaning. A name with any of these cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(Box<str>);

/// The switch keeps a user under key, name and domain in 1,024 bytes.
const LONGEST: usize = 256;

impl Word {
    /// None where the switch would understand something else.
    pub(super) fn new(text: &str) -> Option<Self> {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"'\"\\".contains(c);
        let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain);
        fits.then(|| Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user is looked up by. The switch caches under each apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    Id,
    NumberAlias,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::NumberAlias => "number-alias",
        })
    }
}

/// One line for the event socket's `api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    FlushUser {
        key: Key,
        user: Word,
        domain: Word,
    },
    FlushAll,
    ReloadAcl,
    ReloadXml,
    Rescan(Word),
    Start(Word),
    Restart(Word),
    Stop(Word),
    KillGateway {
        profile: Word,
        gateway: Word,
    },
    /// Which gateways a profile has: those that are up, or the others.
    Gateways {
        profile: Word,
        up: bool,
    },
    ReloadVoicemail(Word),
    LoadQueue(Word),
    ReloadQueue(Word),
    UnloadQueue(Word),
    ReloadAgent(Word),
    RemoveAgent(Word),
    ReloadTier {
        queue: Word,
        agent: Word,
    },
    RemoveTier {
        queue: Word,
        agent: Word,
    },
    /// Which run of the switch this is.
    Core,
    /// Seconds since that run began.
    Uptime,
    /// What its machine is called, as hook scripts tell it.
    Hostname,
    /// What it is called itself.
    Switchname,
    /// Who is connected over verto.
    VertoStatus,
    /// Takes what a verto session may do.
    Revoke {
        session: SessionId,
        right: Right,
        list: String,
    },
    /// Hangs up the calls of a verto session.
    EndCallsOf(SessionId),
    /// Hangs up the calls of a client.
    EndCallsOfClient(Uuid),
    /// Ends a verto session, where the switch can.
    Punt(SessionId),
}

/// What a verto session may do: which methods it may call, which event channels it may subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Methods,
    EventChannels,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Methods => "methods",
            Self::EventChannels => "event_channels",
        })
    }
}

/// Every kind of command, as metrics name them.
pub(super) const KINDS: [&str; 27] = [
    "flush-user",
    "flush-all",
    "reloadacl",
    "reloadxml",
    "rescan",
    "start",
    "restart",
    "stop",
    "killgw",
    "gwlist",
    "voicemail-reload",
    "queue-load",
    "queue-reload",
    "queue-unload",
    "agent-reload",
    "agent-del",
    "tier-reload",
    "tier-del",
    "core",
    "uptime",
    "hostname",
    "switchname",
    "verto-status",
    "verto-noperm",
    "hupall-session",
    "hupall-client",
    "verto-punt",
];

impl Command {
    /// One of [`KINDS`].
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::FlushUser { .. } => "flush-user",
            Self::FlushAll => "flush-all",
            Self::ReloadAcl => "reloadacl",
            Self::ReloadXml => "reloadxml",
            Self::Rescan(_) => "rescan",
            Self::Start(_) => "start",
            Self::Restart(_) => "restart",
            Self::Stop(_) => "stop",
            Self::KillGateway { .. } => "killgw",
            Self::Gateways { .. } => "gwlist",
            Self::ReloadVoicemail(_) => "voicemail-reload",
            Self::LoadQueue(_) => "queue-load",
            Self::ReloadQueue(_) => "queue-reload",
            Self::UnloadQueue(_) => "queue-unload",
            Self::ReloadAgent(_) => "agent-reload",
            Self::RemoveAgent(_) => "agent-del",
            Self::ReloadTier { .. } => "tier-reload",
            Self::RemoveTier { .. } => "tier-del",
            Self::Core => "core",
            Self::Uptime => "uptime",
            Self::Hostname => "hostname",
            Self::Switchname => "switchname",
            Self::VertoStatus => "verto-status",
            Self::Revoke { .. } => "verto-noperm",
            Self::EndCallsOf(_) => "hupall-session",
            Self::EndCallsOfClient(_) => "hupall-client",
            Self::Punt(_) => "verto-punt",
        }
    }

    /// As it is sent behind `api`. Not for logs, which get the same without a session's id.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Revoke { session, right, list } => {
                format!("verto noperm {} {right} {list}", session.as_str())
            }
            Self::EndCallsOf(session) => {
                format!("hupall NORMAL_CLEARING jsock_uuid_str {}", session.as_str())
            }
            Self::Punt(session) => format!("verto_punt {}", session.as_str()),
            _ => self.to_string(),
        }
    }

    /// The session that it is about, which may have gone by itself.
    fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Revoke { session, .. } | Self::EndCallsOf(session) | Self::Punt(session) => {
                Some(session)
            }
            _ => None,
        }
    }

    /// What a switch has said to it, for logs: without a session's id.
    pub(super) fn shown(&self, reply: &str) -> String {
        let session = self.session().map(SessionId::as_str);
        session.map_or_else(|| reply.to_owned(), |session| reply.replace(session, "..."))
    }

    /// What an answer of the switch to it means. Not every module marks an error as one.
    pub(super) fn verdict(&self, reply: &str) -> Verdict {
        let is_error = |line: &str| line.starts_with("-ERR") || line.starts_with("-USAGE");
        let error = reply.lines().map(str::trim).find(|line| is_error(line));
        let said = |words: &str| reply.contains(words);
        match self {
            _ if error.is_some_and(|line| line.ends_with("Command not found!")) => Verdict::Absent,
            // What is to be gone is gone.
            _ if self.session().is_some() && error == Some("-ERR") => Verdict::Done,
            Self::KillGateway { .. } if said("no such gateway") => Verdict::Done,
            Self::Stop(_) if said("Invalid Profile") => Verdict::Done,
            Self::Restart(_) if said("Invalid Profile") => Verdict::NotRunning,
            // A profile younger than ten seconds is neither stopped nor restarted.
            Self::Stop(_) | Self::Restart(_) if said("must be up for at least") => Verdict::TooSoon,
            Self::Start(_) if said("Failure starting") => Verdict::Refused,
            Self::Rescan(_) | Self::KillGateway { .. } if said("Invalid Profile") => {
                Verdict::Refused
            }
            _ if error.is_some() => Verdict::Refused,
            _ => Verdict::Done,
        }
    }
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    /// The switch will not, now or later.
    Refused,
    /// The switch has not loaded the module.
    Absent,
    /// It will, but not yet.
    TooSoon,
    /// There is no such profile that could be restarted.
    NotRunning,
}

/// For people.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlushUser { key, user, domain } => {
                write!(f, "xml_flush_cache {key} {user} {domain}")
            }
            Self::FlushAll => f.write_str("xml_flush_cache"),
            Self::ReloadAcl => f.write_str("reloadacl"),
            Self::ReloadXml => f.write_str("reloadxml"),
            Self::Rescan(profile) => write!(f, "sofia profile {profile} rescan"),
            Self::Start(profile) => write!(f, "sofia profile {profile} start"),
            Self::Restart(profile) => write!(f, "sofia profile {profile} restart"),
            Self::Stop(profile) => write!(f, "sofia profile {profile} stop"),
            Self::KillGateway { profile, gateway } => {
                write!(f, "sofia profile {profile} killgw {gateway}")
            }
            Self::Gateways { profile, up } => {
                write!(f, "sofia profile {profile} gwlist {}", if *up { "up" } else { "down" })
            }
            Self::ReloadVoicemail(profile) => write!(f, "voicemail reload {profile}"),
            Self::LoadQueue(queue) => write!(f, "callcenter_config queue load {queue}"),
            Self::ReloadQueue(queue) => write!(f, "callcenter_config queue reload {queue}"),
            Self::UnloadQueue(queue) => write!(f, "callcenter_config queue unload {queue}"),
            Self::ReloadAgent(agent) => write!(f, "callcenter_config agent reload {agent}"),
            Self::RemoveAgent(agent) => write!(f, "callcenter_config agent del {agent}"),
            Self::ReloadTier { queue, agent } => {
                write!(f, "callcenter_config tier reload {queue} {agent}")
            }
            Self::RemoveTier { queue, agent } => {
                write!(f, "callcenter_config tier del {queue} {agent}")
            }
            Self::Core => f.write_str("global_getvar core_uuid"),
            Self::Uptime => f.write_str("uptime s"),
            Self::Hostname => f.write_str("hostname"),
            Self::Switchname => f.write_str("switchname"),
            Self::VertoStatus => f.write_str("verto jsonstatus"),
            Self::Revoke { right, .. } => write!(f, "verto noperm ... {right}"),
            Self::EndCallsOf(_) => f.write_str("hupall NORMAL_CLEARING jsock_uuid_str ..."),
            Self::EndCallsOfClient(client) => {
                write!(f, "hupall NORMAL_CLEARING jackfield_client {client}")
            }
            Self::Punt(_) => f.write_str("verto_punt ..."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word::new(text).expect("a word")
    }

    #[test]
    fn what_the_switch_would_split_or_read_otherwise_is_no_argument() {
        for text in ["1000", "pbx.example.test", "support@default", "ünï", "a;b", "$1"] {
            assert_eq!(word(text).as_str(), text);
        }
        let long = "x".repeat(LONGEST + 1);
        for text in
            ["", "a b", "a\nb", "a\r\nb", "a\0b", "a\tb", "a'b", "a\"b", "a\\b", "\u{85}", &long]
        {
            assert_eq!(Word::new(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_kind_is_one_of_the_kinds_and_every_command_one_line() {
        let (p, q) = (word("p"), word("q"));
        let session = || SessionId::parse("hush").expect("an id");
        let commands = [
            Command::FlushUser { key: Key::NumberAlias, user: p.clone(), domain: q.clone() },
            Command::FlushAll,
            Command::ReloadAcl,
            Command::ReloadXml,
            Command::Rescan(p.clone()),
            Command::Start(p.clone()),
            Command::Restart(p.clone()),
            Command::Stop(p.clone()),
            Command::KillGateway { profile: p.clone(), gateway: q.clone() },
            Command::Gateways { profile: p.clone(), up: true },
            Command::ReloadVoicemail(p.clone()),
            Command::LoadQueue(p.clone()),
            Command::ReloadQueue(p.clone()),
            Command::UnloadQueue(p.clone()),
            Command::ReloadAgent(p.clone()),
            Command::RemoveAgent(p.clone()),
            Command::ReloadTier { queue: p.clone(), agent: q.clone() },
            Command::RemoveTier { queue: p, agent: q },
            Command::Core,
            Command::Uptime,
            Command::Hostname,
            Command::Switchname,
            Command::VertoStatus,
            Command::Revoke { session: session(), right: Right::Methods, list: "a,b".into() },
            Command::EndCallsOf(session()),
            Command::EndCallsOfClient(Uuid::nil()),
            Command::Punt(session()),
        ];
        let kinds: Vec<_> = commands.iter().map(Command::kind).collect();
        assert_eq!(kinds, KINDS);
        assert_eq!(commands[0].to_string(), "xml_flush_cache number-alias p q");
        assert!(commands.iter().all(|command| !command.line().contains(char::is_control)));
        assert_eq!(commands[23].line(), "verto noperm hush methods a,b");
        let shown = |command: &Command| format!("{command} {command:?}");
        assert!(commands.iter().all(|command| !shown(command).contains("hush")));
    }

    #[test]
    fn an_answer_means_what_the_module_means_by_it() {
        let p = word("internal");
        let (restart, rescan) = (Command::Restart(p.clone()), Command::Rescan(p.clone()));
        let kill = Command::KillGateway { profile: p.clone(), gateway: word("g") };
        let start = Command::Start(p.clone());
        let punt = Command::Punt(SessionId::parse("hush").expect("an id"));
        let denied = "-ERR permission denied for hush\n";
        assert!(!punt.shown(denied).contains("hush"));
        for (command, reply, verdict) in [
            (&punt, "-ERR\n", Verdict::Done),
            (&punt, denied, Verdict::Refused),
            (&punt, "-ERR verto_punt Command not found!\n", Verdict::Absent),
            (&Command::ReloadAcl, "+OK acl reloaded\n", Verdict::Done),
            (&Command::ReloadAcl, "-ERR [freeswitch.xml: unclosed]\n", Verdict::Refused),
            (&Command::ReloadAcl, "-ERR permission denied", Verdict::Refused),
            (&rescan, "Reload XML [Success]\n+OK scan complete\n", Verdict::Done),
            (
                &rescan,
                "Reload XML [Success]\n-ERR cannot find config for profile internal\n",
                Verdict::Refused,
            ),
            (&rescan, "Invalid Profile [internal]", Verdict::Refused),
            (&rescan, "-ERR sofia Command not found!\n", Verdict::Absent),
            (&restart, "Reload XML [Success]\nrestarting: internal", Verdict::Done),
            (&restart, "Invalid Profile [internal]", Verdict::NotRunning),
            (
                &restart,
                "Profile internal must be up for at least 10 seconds to stop/restart.\n\
                 Please wait 7 seconds\n",
                Verdict::TooSoon,
            ),
            (&Command::Stop(p.clone()), "Invalid Profile [internal]", Verdict::Done),
            (&kill, "-ERR no such gateway.\n", Verdict::Done),
            (&kill, "+OK gateway marked for deletion.\n", Verdict::Done),
            (&start, "Reload XML [Success]\nFailure starting internal\n", Verdict::Refused),
            (&start, "Reload XML [Success]\ninternal started successfully\n", Verdict::Done),
        ] {
            assert_eq!(command.verdict(reply), verdict, "{command}: {reply}");
        }
    }
}
