//! `GET /health`: whether the service answers, and from what.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::app::App;

crate::route!("health", "/health", Machine, get(health));
crate::protect!("health");

async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let picture = app.router.picture();
    let body = json!({
        "status": "ready",
        "version": env!("CARGO_PKG_VERSION"),
        "revision": picture.snapshot.revision(),
        "domains": picture.snapshot.contents().domains.len(),
        "users": picture.snapshot.user_count(),
    });
    ([(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}
