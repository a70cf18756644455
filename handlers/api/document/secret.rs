//! Which settings hold secrets, told by their names.

/// How the names of secrets end.
const SECRET_ENDINGS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credentials",
    "dsn",
    "apikey",
];

/// Last words of names of secrets. Nothing ends with `key` alone here: most keys are those of a phone,
/// of a look-up, or files.
const SECRET_WORDS: [&str; 15] = [
    "access-key",
    "api-key",
    "auth-key",
    "cookie",
    "cred",
    "crypto-key",
    "encryption-key",
    "pass",
    "pin",
    "private-key",
    "psk",
    "pwd",
    "secret-key",
    "shared-key",
    "signing-key",
];

/// Settings of the switch that only sound like secrets: the passes of a video encoder, and how a digest
/// is made.
const NO_SECRETS: [&str; 2] = ["g-pass", "ndlb-broken-auth-hash"];

/// Whether a setting of this name holds a secret, as `esl-password`, `cookie` or `gateway-credentials`:
/// never in a list, never shown. `_` and `-` are the same here, and case does not count.
///
/// ```
/// use jackfield_api::document::is_secret;
///
/// assert!(is_secret("vm-password") && is_secret("gateway_credentials"));
/// assert!(!is_secret("user_context"));
/// ```
pub fn is_secret(name: &str) -> bool {
    let plain = |c: char| if c == '_' { '-' } else { c.to_ascii_lowercase() };
    let name: String = name.chars().map(plain).collect();
    let last = |word: &str| {
        name.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    (SECRET_ENDINGS.into_iter().any(|ending| name.ends_with(ending))
        || SECRET_WORDS.into_iter().any(last)
        || name.ends_with("-hash"))
        && !NO_SECRETS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn usual_names_of_secrets_are_known() {
        for name in [
            "password",
            "vm-password",
            "Password",
            "ssl-key-password",
            "a1-hash",
            "vm-a1-hash",
            "esl_password",
            "auth-pass",
            "pass",
            "passwd",
            "db_passwd",
            "psk",
            "pwd",
            "ldap_pwd",
            "tls-passphrase",
            "cookie",
            "cred",
            "gateway-credentials",
            "pin",
            "moderator-pin",
            "user_pin",
            "core-db-dsn",
            "whitepages-apikey",
            "api-key",
            "sip_h_X-API-Key",
            "private-key",
            "aws_secret_access_key",
            "client-secret",
            "auth_token",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_only_sounds_like_one_is_shown() {
        for name in [
            "",
            "key",
            "next-key",
            "change-pass-key",
            "origination_cancel_key",
            "binding_key",
            "secure-key",
            "ssl-key-path",
            "cookie-file",
            "hash",
            "NDLB-broken-auth-hash",
            "g-pass",
            "bypass",
            "pass-rfc2833",
            "inbound-bypass-media",
            "user_context",
            "token-parts",
            "Password-Mask",
            "db-password-override",
            "pin-sound",
            "spin",
            "userauth",
            "auth-calls",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
