//! `GET /health`: whether the service answers, and from what.
//!
//! A degraded one answers look-ups all the same, so its HTTP status is 200, too; that of one that is
//! down is 503, so that whoever shares out look-ups asks another one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

crate::route!("health", "/health", Machine, get(health));
crate::protect!("health");

async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let status = app.status().await;
    let code = if status.is_down() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = serde_json::to_string(&status).expect("plain data");
    (code, [(header::CONTENT_TYPE, "application/json")], body + "\n")
}
