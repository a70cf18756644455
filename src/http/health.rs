//! `GET /health`: whether the service answers, and from what.
//!
//! A degraded one answers look-ups all the same, so its status is 200, too.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

crate::route!("health", "/health", Machine, get(health));
crate::protect!("health");

async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let body = serde_json::to_string(&app.status()).expect("plain data");
    ([(header::CONTENT_TYPE, "application/json")], body + "\n")
}
