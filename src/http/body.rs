//! The body of a request, within its limits of size and time.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::listener::SEND_TIME;

/// The longest body of a look-up. The longest one seen is below 16 KiB.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// Reads a body; one that is too long, too slow or cut short is told apart by a word.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, (StatusCode, &'static str)> {
    match tokio::time::timeout(SEND_TIME, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err((StatusCode::PAYLOAD_TOO_LARGE, "too_large"))
        }
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "cut_short")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "too_slow")),
    }
}
