//! Sections `dialplan` and `chatplan`: calls and messages.

use super::Asking;

/// A call that is routed.
#[derive(Debug, Clone, Copy)]
pub struct Call;

/// A message that is routed.
#[derive(Debug, Clone, Copy)]
pub struct Message;

/// A call is routed in this context (`dialplan_xml_locate`). Unless it is told otherwise it came over
/// the SIP profile `external`, from nobody that the directory knows, to nowhere.
///
/// ```
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::testing::asking;
///
/// let lookup = asking::dialplan("default").by_user("1000", "pbx.example.test").lookup();
/// let asked = DialplanLookup::new(&lookup);
/// assert_eq!(asked.user().as_deref(), Some("1000"));
/// assert_eq!(asked.caller_number().as_deref(), Some("1000"));
/// ```
pub fn dialplan(context: &str) -> Asking<Call> {
    let (call, channel) = ("11111111-2222-4333-8444-000000000002", "sofia/external/anonymous");
    let caller = |asking: Asking<Call>, part: &str| {
        let field = |name| format!("{part}-{name}");
        asking
            .and(&field("Direction"), "inbound")
            .and(&field("Logical-Direction"), "inbound")
            .and(&field("Dialplan"), "XML")
            .and(&field("Caller-ID-Name"), "anonymous")
            .and(&field("Caller-ID-Number"), "anonymous")
            .and(&field("Network-Addr"), "192.0.2.9")
            .and(&field("Destination-Number"), "nowhere")
            .and(&field("Unique-ID"), call)
            .and(&field("Source"), "mod_sofia")
            .and(&field("Context"), context)
            .and(&field("Channel-Name"), channel)
    };
    let asking = Asking::base("dialplan", [""; 3])
        .by("REQUEST_PARAMS", "mod_dialplan_xml.c", "dialplan_xml_locate")
        .and("Channel-State", "CS_ROUTING")
        .and("Channel-Call-State", "RINGING")
        .and("Channel-State-Number", "2")
        .and("Channel-Name", channel)
        .and("Unique-ID", call)
        .and("Call-Direction", "inbound")
        .and("Channel-Call-UUID", call)
        .and("Answer-State", "ringing");
    let asking = caller(asking, "Caller")
        .and("variable_direction", "inbound")
        .and("variable_uuid", call)
        .and("variable_channel_name", channel)
        .and("variable_sip_network_ip", "192.0.2.9")
        .and("variable_call_uuid", call);
    caller(asking, "Hunt")
}

impl Asking<Call> {
    /// Dials this.
    #[must_use]
    pub fn destination(self, number: &str) -> Self {
        self.set(&["Caller-Destination-Number", "Hunt-Destination-Number"], number)
    }

    /// From this number, which is its name, too.
    #[must_use]
    pub fn caller(self, number: &str) -> Self {
        self.caller_name(number).set(&["Caller-Caller-ID-Number", "Hunt-Caller-ID-Number"], number)
    }

    /// From somebody of this name.
    #[must_use]
    pub fn caller_name(self, name: &str) -> Self {
        self.set(&["Caller-Caller-ID-Name", "Hunt-Caller-ID-Name"], name)
    }

    /// From this address.
    #[must_use]
    pub fn address(self, ip: &str) -> Self {
        self.set(&["Caller-Network-Addr", "variable_sip_network_ip", "Hunt-Network-Addr"], ip)
    }

    /// From a phone that has proved to be this user's.
    #[must_use]
    pub fn by_user(self, id: &str, domain: &str) -> Self {
        self.caller(id)
            .variable("sip_authorized", "true")
            .variable("user_name", id)
            .variable("domain_name", domain)
    }

    /// With this channel variable.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        let name = format!("variable_{name}");
        if self.body.has(&name) {
            return self.set(&[&name], value);
        }
        self.before("variable_call_uuid", &name, value)
    }
}

/// A message is routed in this context (`sofia_presence_handle_sip_i_message`): from 1000 to 1001 of
/// the domain of the tests, unless it is told otherwise.
pub fn chatplan(context: &str) -> Asking<Message> {
    let asking = Asking::<Message>::base("chatplan", [""; 3])
        .by("MESSAGE", "sofia_presence.c", "sofia_presence_handle_sip_i_message")
        .and("proto", "sip")
        .and("to_proto", "sip");
    let asking = ["from", "from_user", "from_host", "to_user", "to_host", "to"]
        .into_iter()
        .fold(asking, |asking, name| asking.and(name, "-"));
    asking
        .and("subject", "SIMPLE MESSAGE")
        .and("context", context)
        .and("type", "text/plain")
        .and("sip_profile", "internal")
        .and("dest_proto", "sip")
        .and("max_forwards", "70")
        .from("1000@pbx.example.test")
        .to("1001@pbx.example.test")
}

impl Asking<Message> {
    /// From this address, as in `1000@pbx.example.test`.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        let (user, host) = address.split_once('@').unwrap_or((address, ""));
        self.set(&["from"], address).set(&["from_user"], user).set(&["from_host"], host)
    }

    /// To this address.
    #[must_use]
    pub fn to(self, address: &str) -> Self {
        let (user, host) = address.split_once('@').unwrap_or((address, ""));
        self.set(&["to"], address).set(&["to_user"], user).set(&["to_host"], host)
    }
}
