//! `POST /fsapi`: what the switch asks.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jackfield_api::FormError;

use super::body::{self, MAX_BODY};
use super::request_id;
use crate::app::App;
use crate::fsapi::Reply;
use crate::logging::{Line, Lines};

crate::route!("fsapi", "/fsapi", Machine, post(answer));
crate::protect!("fsapi");

/// What can be wrong with a post.
pub(crate) const BAD_REQUESTS: [&str; 5] =
    ["empty", "too_many_fields", "too_large", "too_slow", "cut_short"];

async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let id = request_id::id(request.headers()).map(str::to_owned);
    let body = match body::read(request.into_body(), MAX_BODY).await {
        Ok(body) => body,
        Err((status, reason)) => return bad(&app, status, reason),
    };
    match app.router.answer_request(body.into(), id.as_deref()).await {
        Ok(reply) => respond(reply, app.settings().connection_close),
        // The first leg of a digest has no body; nginx asks for credentials before it gets here.
        Err(FormError::Empty) => bad(&app, StatusCode::BAD_REQUEST, "empty"),
        Err(_) => bad(&app, StatusCode::BAD_REQUEST, "too_many_fields"),
    }
}

fn respond(reply: Reply, close: bool) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("200 or 503");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A post that is no form: an error status makes the switch ask its next binding.
fn bad(app: &App, status: StatusCode, reason: &'static str) -> Response {
    static LINES: Lines = Lines::new();
    app.metrics.bad_requests.with_label_values(&[reason]).inc();
    if let Some(Line { left_out }) = LINES.next() {
        tracing::warn!(left_out, reason, "a post could not be read");
    }
    let message = match reason {
        "empty" => "the body is empty; post the fields of a look-up",
        "too_many_fields" => "the body has more than 1024 fields",
        "too_large" => "the body is longer than 256 KiB",
        "too_slow" => "the body took longer than 2 seconds",
        _ => "the body was cut short",
    };
    let close = [(header::CONNECTION, "close")];
    (status, close, format!("{message}\n")).into_response()
}
