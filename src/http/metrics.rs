//! `GET /metrics`: for Prometheus on this machine.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

crate::route!("metrics", "/metrics", Machine, get(metrics));
crate::protect!("metrics");

async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.keeping.observe(&app.metrics);
    app.router.observe();
    let text = app.metrics.text(&app.router.picture(), &app.reasons());
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text)
}
