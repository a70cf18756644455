//! The id that nginx gives a request: all lines that the log has of one bear it.

use axum::http::HeaderMap;
use tracing::{Span, error_span};

/// `$request_id` of nginx has 32 characters, a UUID 36.
const LONGEST: usize = 64;

/// A span with the id, for a request that comes with one; otherwise none, which costs nothing. At level
/// error, so that lines of every level stand in it.
pub(super) fn span(headers: &HeaderMap) -> Span {
    id(headers).map_or_else(Span::none, |id| error_span!("request", id))
}

/// Taken only if there is one, and it can do no harm to a log or to whoever reads it.
pub(super) fn id(headers: &HeaderMap) -> Option<&str> {
    let mut named = headers.get_all("x-request-id").iter();
    let (Some(value), None) = (named.next(), named.next()) else { return None };
    let id = value.to_str().ok().filter(|id| (1..=LONGEST).contains(&id.len()))?;
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_plain_and_alone() {
        let read = |values: &[&str]| {
            let mut map = HeaderMap::new();
            for value in values {
                map.append("x-request-id", value.parse().expect("a header"));
            }
            id(&map).map(ToOwned::to_owned)
        };
        for id in ["7f3a", "00000000-0000-4000-8000-000000000000", "a.b_c", &"x".repeat(LONGEST)] {
            assert_eq!(read(&[id]).as_deref(), Some(id));
        }
        for id in ["", "a b", "a\"b", "a=b", "a;b", "{}", "caf\u{e9}", &"x".repeat(LONGEST + 1)] {
            assert_eq!(read(&[id]), None, "{id:?}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["a", "b"]), None);
    }
}
