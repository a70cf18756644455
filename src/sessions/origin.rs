//! Which web pages may ask: those of the origins that the channel lists (CORS).
//!
//! A browser says of which origin a page is, and lets no page say otherwise. Whoever says nothing is no
//! browser, and has nobody's page to speak for.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a page may send.
const METHODS: &str = "POST, OPTIONS";
/// For how many seconds a browser need not ask again whether it may.
const MAX_AGE: &str = "600";

/// Who asks, as far as its browser says.
#[derive(Debug)]
pub(super) enum Asker {
    NoBrowser,
    /// A page of this origin, which is listed.
    Page(HeaderValue),
    /// A page of any other.
    Stranger,
}

impl Asker {
    pub(super) fn of(headers: &HeaderMap, origins: &[String]) -> Self {
        let mut named = headers.get_all(header::ORIGIN).iter();
        match (named.next(), named.next()) {
            (None, _) => Self::NoBrowser,
            (Some(origin), None) if origins.iter().any(|listed| origin == listed.as_str()) => {
                Self::Page(origin.clone())
            }
            _ => Self::Stranger,
        }
    }

    pub(super) fn is_stranger(&self) -> bool {
        matches!(self, Self::Stranger)
    }

    /// What a browser is told that asks what a page may send.
    pub(super) fn preflight(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
        if let Self::Page(_) = self {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
                (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        self.finish(response)
    }

    /// The answer as the page may read it, and nobody may keep it.
    pub(super) fn finish(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        if let Self::Page(origin) = self {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let readable = HeaderValue::from_static("Retry-After");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_listed_by_its_whole_origin_and_by_one_header() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::ORIGIN, HeaderValue::from_static(value));
            }
            Asker::of(&headers, &["https://example.com".to_owned()])
        };
        assert!(matches!(of(&[]), Asker::NoBrowser));
        assert!(matches!(of(&["https://example.com"]), Asker::Page(_)));
        for values in [
            &["http://example.com"][..],
            &["https://example.com:8443"],
            &["https://example.com.test"],
            &["https://www.example.com"],
            &["https://example.com/"],
            &["null"],
            &[""],
            &["https://example.com", "https://example.com"],
        ] {
            assert!(of(values).is_stranger(), "{values:?}");
        }
    }
}
