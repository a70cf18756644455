//! How clients of channels log in, wherever that does not depend on the channel: settings of the
//! service, in the snapshot so that whoever answers from it has them.

/// Settings of the service.
///
/// ```
/// use jackfield_api::snapshot::Verto;
///
/// assert_eq!(Verto::default().domain, "verto");
/// assert!(Verto::has("verto.invite") && Verto::can_name("conference-liveArray.3000@x"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verto {
    /// The domain that clients log in to.
    pub domain: String,
    /// When a client gets the rights of its channel.
    pub grant: Grant,
}

/// When a client gets the rights of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grant {
    /// Once its login has been approved of.
    #[default]
    OnApproval,
    /// With its login: for a switch that puts those out that are not approved of.
    AtLogin,
}

impl Grant {
    /// The word in the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnApproval => "on-approval",
            Self::AtLogin => "at-login",
        }
    }
}

impl Verto {
    /// All methods of `mod_verto` but `login` and the harmless `echo`, and what stands for several of them.
    pub const METHODS: [&str; 13] = [
        "verto",
        "verto.invite",
        "verto.attach",
        "verto.answer",
        "verto.bye",
        "verto.modify",
        "verto.info",
        "verto.subscribe",
        "verto.unsubscribe",
        "verto.broadcast",
        "verto.ping",
        "jsapi",
        "fsapi",
    ];

    /// The event channels that `mod_verto` has by itself.
    pub const EVENT_CHANNELS: [&str; 8] = [
        "presence",
        "conference",
        "conference-liveArray",
        "conference-chat",
        "conference-info",
        "conference-mod",
        "FSevent",
        "demo",
    ];

    /// Whether a right of this name can be one of a list in a command of a switch, and in what hooks are told.
    pub fn can_name(right: &str) -> bool {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._@/+".contains(&b);
        !right.is_empty() && right.bytes().all(fits)
    }

    /// Whether a right of this name is one that `mod_verto` has by itself.
    pub fn has(right: &str) -> bool {
        Self::METHODS.contains(&right) || Self::EVENT_CHANNELS.contains(&right)
    }
}

impl Default for Verto {
    fn default() -> Self {
        Self { domain: "verto".to_owned(), grant: Grant::default() }
    }
}
