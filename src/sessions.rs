//! `POST /verto/{channel}/session`: a page that hosts a verto client asks for what that logs in with.
//!
//! Until there is an enabled channel of the name the path is an unknown one, byte for byte. What is
//! answered is served here by then, so that the login which follows at once is known; every other
//! instance knows it within a second.

mod caller;
mod clerk;
mod origin;
mod pace;
mod problem;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jackfield_api::snapshot::{SessionId, TokenHash};
use serde::{Deserialize, Serialize};

pub use self::clerk::Clerk;
use self::origin::Asker;
pub(crate) use self::problem::OUTCOMES;
use self::problem::Problem;
use crate::app::App;
use crate::db::{Ask, Given};
use crate::http::{body, unknown_path};
use crate::logging::{Line, Lines};
use crate::secret::token_hash;

crate::route!("verto-session", "/verto/{channel}/session", Public, any(answer));

/// The longest body: a session id, and what JSON has around it.
const MAX_BODY: usize = 1024;

/// What a page sends. A word that is not known is an error: a session id under a wrong one would mean
/// another client with each reload.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Sent {
    session: Option<String>,
}

/// What it is answered with.
#[derive(Serialize)]
struct Told<'a> {
    client: String,
    login: String,
    password: &'a str,
    session: &'a str,
    url: Option<&'a str>,
    expires: i64,
}

/// What is known of a request before its body is read.
struct Asked {
    channel: i64,
    /// Of the channel.
    name: String,
    asker: Asker,
    address: String,
    token: Option<TokenHash>,
    /// Whether it is turned away already.
    verdict: Result<(), Problem>,
}

async fn answer(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A name that cannot be read is no channel's.
    let asked = path.ok().and_then(|Path(channel)| Asked::of(&app, &channel, &request));
    let Some(asked) = asked else { return unknown_path() };
    if request.method() == Method::OPTIONS && asked.verdict.is_ok() {
        return asked.asker.preflight();
    }
    let (outcome, answer) = match asked.given(&app, request).await {
        Ok(given) => (if given.is_resumed { "resumed" } else { "created" }, told(&app, &given)),
        // It has gone while its page was being answered.
        Err(Problem::Channel) => return unknown_path(),
        Err(problem) => {
            asked.report(problem);
            (problem.word(), problem.into_response())
        }
    };
    app.metrics.sessions.with_label_values(&[outcome]).inc();
    asked.asker.finish(answer)
}

impl Asked {
    /// Nothing where the path is an unknown one.
    fn of(app: &App, channel: &str, request: &Request) -> Option<Self> {
        let picture = app.router.picture();
        let (row, channel) = picture.snapshot.channel(channel).filter(|(_, it)| it.enabled)?;
        let headers = request.headers();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let network = caller::network(peer, headers, &app.settings().trusted_peers);
        let asker = Asker::of(headers, &channel.origins);
        let token = bearer(headers).map(token_hash);
        let verdict = match *request.method() {
            _ if asker.is_stranger() => Err(Problem::Origin),
            Method::OPTIONS => Ok(()),
            Method::POST => app
                .clerk
                .pace
                .admit(network)
                .map_err(Problem::TooOften)
                .and_then(|()| if channel.admits(token) { Ok(()) } else { Err(Problem::Token) }),
            _ => Err(Problem::Method),
        };
        let (name, address) = (channel.name.clone(), caller::text(network));
        Some(Self { channel: row, name, asker, address, token, verdict })
    }

    async fn given(&self, app: &App, request: Request) -> Result<Given, Problem> {
        self.verdict?;
        let body = body::read(request.into_body(), MAX_BODY).await;
        let body = body.map_err(|(status, _)| Problem::of_body(status))?;
        let sent = match body.trim_ascii() {
            [] => Sent::default(),
            body => serde_json::from_slice(body).map_err(|_| Problem::Malformed)?,
        };
        // What cannot be a session id is that of nobody.
        let session = sent.session.map(|id| SessionId::parse(&id).ok_or(Problem::Session));
        let ask = Ask {
            channel: self.channel,
            token: self.token,
            session: session.transpose()?,
            address: self.address.clone(),
            domain: app.settings().verto.login.domain.clone(),
        };
        app.clerk.give(ask).await
    }

    fn report(&self, problem: Problem) {
        static LINES: Lines = Lines::new();
        if let Some(Line { left_out }) = LINES.next() {
            let (channel, address, why) = (&self.name, &self.address, problem.word());
            tracing::info!(left_out, channel, address, why, "no session was given");
        }
    }
}

/// The token of `Authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut named = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (named.next(), named.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn told(app: &App, given: &Given) -> Response {
    let verto = &app.settings().verto;
    let told = Told {
        client: given.name.to_string(),
        login: format!("{}@{}", given.name, verto.login.domain),
        password: &given.password,
        session: given.session.as_str(),
        url: verto.url.as_deref(),
        expires: given.expires,
    };
    let body = serde_json::to_string(&told).expect("plain data") + "\n";
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_one_header_of_its_scheme_alone() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().expect("a header"));
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer x"]).as_deref(), Some("x"));
        assert_eq!(of(&["bearer  x "]).as_deref(), Some("x"));
        for values in [&[][..], &["Basic x"], &["x"], &["Bearer"], &["Bearer x", "Bearer x"]] {
            assert_eq!(of(values), None, "{values:?}");
        }
    }
}
