//! Why a page is given nothing: a closed set, told as problem details (RFC 9457) and counted.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::db::NotGiven;

/// For how many seconds to wait for a client to connect or to expire.
const CROWDED: u64 = 60;
/// For how many seconds to wait for the database.
const AWAY: u64 = 5;

/// Why a page is given nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// Its origin is not listed.
    Origin,
    /// It does not post.
    Method,
    /// Its address asks too often: for how many seconds it has to wait.
    TooOften(u64),
    /// The channel's token is another one.
    Token,
    TooLarge,
    TooSlow,
    Malformed,
    /// The session that it comes back to is not there.
    Session,
    /// The channel's bound is reached.
    ChannelBound,
    /// The address's bound is reached.
    AddressBound,
    /// The database is away, or what was written cannot be served.
    Unavailable,
    /// There is no such channel any more: told as an unknown path, and not counted.
    Channel,
}

/// What a request can end as.
pub(crate) const OUTCOMES: [&str; 13] = [
    "created",
    "resumed",
    "origin",
    "method",
    "too-often",
    "token",
    "too-large",
    "too-slow",
    "malformed",
    "unknown-session",
    "channel-bound",
    "address-bound",
    "unavailable",
];

impl Problem {
    /// Of a body that could not be read.
    pub(super) fn of_body(status: StatusCode) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            _ => Self::Malformed,
        }
    }

    /// The word that it is counted and told by.
    pub(super) fn word(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Origin => (
                StatusCode::FORBIDDEN,
                "origin",
                "Pages of this origin may not ask; the channel lists those that may.",
            ),
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "method", "A session is asked for with POST.")
            }
            Self::TooOften(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-often",
                "This address has asked too often; Retry-After says when to ask again.",
            ),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "token",
                "Send the channel's token, as in `Authorization: Bearer TOKEN`.",
            ),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is longer than 1 KiB.")
            }
            Self::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "too-slow", "The body took longer than 2 seconds.")
            }
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "Send {\"session\": \"...\"} to go on with a session, {} or nothing for a new one.",
            ),
            Self::Session => (
                StatusCode::NOT_FOUND,
                "unknown-session",
                "There is no such session, or it has expired; ask for a new one.",
            ),
            Self::ChannelBound => (
                StatusCode::TOO_MANY_REQUESTS,
                "channel-bound",
                "The channel has as many clients that are not connected as it may have.",
            ),
            Self::AddressBound => (
                StatusCode::TOO_MANY_REQUESTS,
                "address-bound",
                "This address has as many clients that are not connected as it may have.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "No session can be given now; ask again.",
            ),
            Self::Channel => (StatusCode::NOT_FOUND, "channel", "There is no such channel."),
        }
    }
}

impl From<&NotGiven> for Problem {
    fn from(why: &NotGiven) -> Self {
        match why {
            NotGiven::Channel => Self::Channel,
            NotGiven::Token => Self::Token,
            NotGiven::Session => Self::Session,
            NotGiven::ChannelBound => Self::ChannelBound,
            NotGiven::AddressBound => Self::AddressBound,
            NotGiven::Database(_) => Self::Unavailable,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, word, detail) = self.row();
        let body = json!({
            "type": format!("urn:jackfield:problem:{word}"),
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": detail,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, format!("{body}\n")).into_response();
        let (name, value) = match self {
            Self::Method => (header::ALLOW, HeaderValue::from_static("POST, OPTIONS")),
            Self::Token => (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::TooOften(wait) => (header::RETRY_AFTER, wait.into()),
            Self::ChannelBound | Self::AddressBound => (header::RETRY_AFTER, CROWDED.into()),
            Self::Unavailable => (header::RETRY_AFTER, AWAY.into()),
            // What is left of a body is not read, so nothing can follow it.
            Self::TooLarge | Self::TooSlow => {
                (header::CONNECTION, HeaderValue::from_static("close"))
            }
            _ => return response,
        };
        response.headers_mut().insert(name, value);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_counted_by_a_word_of_the_closed_set() {
        for problem in [
            Problem::Origin,
            Problem::Method,
            Problem::TooOften(1),
            Problem::Token,
            Problem::TooLarge,
            Problem::TooSlow,
            Problem::Malformed,
            Problem::Session,
            Problem::ChannelBound,
            Problem::AddressBound,
            Problem::Unavailable,
        ] {
            assert!(OUTCOMES.contains(&problem.word()), "{problem:?}");
        }
    }
}
