//! Who may talk to the page: a browser on this machine that shows this page, and nobody else.
//!
//! A loopback address is no secret: every web site that is open in the same browser can send
//! requests to it. Foreign names for this machine (DNS rebinding) are told by `Host`, foreign
//! pages by `Origin`, <https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html>.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Nothing from elsewhere, no inline script, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

/// The names under which this page may be spoken to.
#[derive(Clone)]
pub(super) struct Doors(Arc<[String]>);

impl Doors {
    /// This machine's own names, with the port that is listened on. Browsers leave port 80 out.
    pub(super) fn at(address: SocketAddr) -> Self {
        let own = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let port = match address.port() {
            80 => String::new(),
            port => format!(":{port}"),
        };
        let names = ["127.0.0.1", "localhost", "[::1]", own.as_str()];
        Self(names.iter().map(|name| format!("{name}{port}")).collect())
    }

    fn judge(&self, method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
        let host = only(headers, &HOST).ok_or("The page needs one Host.")?;
        if !self.0.iter().any(|own| own == host) {
            return Err("This page answers to the names of this machine only.");
        }
        if method == Method::GET || method == Method::HEAD {
            return Ok(());
        }
        let origin = only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if origin == Some(host) {
            Ok(())
        } else {
            Err("Only this page itself may change something here. Nothing was changed.")
        }
    }
}

/// The value of a header that stands there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    }
}

/// Turns strangers away, and tells the browser what this page may do.
pub(super) async fn guard(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let mut response = match doors.judge(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => (StatusCode::FORBIDDEN, why).into_response(),
    };
    let rules = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in rules {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(method: &Method, headers: &[(HeaderName, &'static str)]) -> bool {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name, HeaderValue::from_static(value));
        }
        let address = SocketAddr::from(([127, 0, 0, 2], 4000));
        Doors::at(address).judge(method, &all).is_ok()
    }

    #[test]
    fn looking_needs_a_name_of_this_machine() {
        for own in [
            "127.0.0.1:4000",
            "localhost:4000",
            "[::1]:4000",
            "127.0.0.2:4000",
        ] {
            assert!(judged(&Method::GET, &[(HOST, own)]), "{own}");
        }
        for foreign in ["evil.example:4000", "127.0.0.1:4001", "127.0.0.1", ""] {
            assert!(!judged(&Method::GET, &[(HOST, foreign)]), "{foreign}");
        }
        assert!(!judged(&Method::GET, &[]));
        let twice = [(HOST, "localhost:4000"), (HOST, "localhost:4000")];
        assert!(!judged(&Method::GET, &twice));
    }

    #[test]
    fn changing_needs_the_page_itself() {
        let from = |origin: &'static str| {
            let headers = [(HOST, "localhost:4000"), (ORIGIN, origin)];
            judged(&Method::POST, &headers)
        };
        assert!(from("http://localhost:4000"));
        let foreign = [
            "http://127.0.0.1:4000",
            "http://localhost:4001",
            "https://localhost:4000",
            "https://evil.example",
            "null",
        ];
        for origin in foreign {
            assert!(!from(origin), "{origin}");
        }
        assert!(!judged(&Method::POST, &[(HOST, "localhost:4000")]));
        assert!(!judged(&Method::DELETE, &[(HOST, "localhost:4000")]));
    }
}
