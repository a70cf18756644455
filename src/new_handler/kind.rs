//! The kinds of handlers that there is a skeleton of.

use clap::ValueEnum;

/// Each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A `*.conf` document of a module
    Configuration,
    /// A domain and its users
    Directory,
    /// A context of calls
    Dialplan,
    /// A language and its phrases
    Languages,
    /// A context of messages
    Chatplan,
    /// What hook scripts post
    ChannelEvent,
    /// A domain and its users, by what somebody outside says
    AsyncDirectory,
    /// A context of calls, by what somebody outside says
    AsyncDialplan,
}

impl Kind {
    /// The skeleton.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Configuration => include_str!("kinds/configuration.rs"),
            Self::Directory => include_str!("kinds/directory.rs"),
            Self::Dialplan => include_str!("kinds/dialplan.rs"),
            Self::Languages => include_str!("kinds/languages.rs"),
            Self::Chatplan => include_str!("kinds/chatplan.rs"),
            Self::ChannelEvent => include_str!("kinds/channel_event.rs"),
            Self::AsyncDirectory => include_str!("kinds/async_directory.rs"),
            Self::AsyncDialplan => include_str!("kinds/async_dialplan.rs"),
        }
    }

    /// The key that goes with a handler's name.
    pub(crate) fn key(self, name: &str) -> String {
        match self {
            Self::Configuration => format!("{name}.conf"),
            Self::Directory | Self::AsyncDirectory => format!("{name}.example.test"),
            _ => name.to_owned(),
        }
    }

    /// What its keys are, for a person.
    pub(crate) const fn keyed_by(self) -> &'static str {
        match self {
            Self::Configuration => "document",
            Self::Directory | Self::AsyncDirectory => "domain",
            Self::Dialplan | Self::AsyncDialplan | Self::Chatplan => "context",
            Self::Languages => "language",
            Self::ChannelEvent => "action",
        }
    }

    /// Whether it asks somebody outside.
    pub(crate) const fn is_async(self) -> bool {
        matches!(self, Self::AsyncDirectory | Self::AsyncDialplan)
    }

    /// The module that the built-in ones of its kind stand in; `None` for those at the top.
    pub(crate) const fn module(self) -> Option<&'static str> {
        match self {
            Self::Configuration => Some("configuration"),
            Self::Directory => Some("directory"),
            Self::ChannelEvent => Some("events"),
            _ => None,
        }
    }
}
