//! The addresses of the two platforms: `https://`, or `http://` to this machine for tests and
//! the demo, because everything sent there carries a token.

use super::problem::Findings;
use super::tree::Node;
use url::{Host, Url};

/// What may follow the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// A path (`/api`).
    Allowed,
    /// Nothing: the paths are Lapse's own.
    OriginOnly,
}

/// Reads an address, or says what is wrong with it. Never repeats it: it may hold a password.
pub(super) fn read(
    node: &Node<'_>,
    path: Path,
    example: &str,
    findings: &mut Findings<'_>,
) -> Option<Url> {
    let text = node.text()?;
    let advice = format!("write \"{example}\"");
    let Ok(url) = Url::parse(text) else {
        findings.error(node, "this is no address", advice);
        return None;
    };
    if text.contains(char::is_whitespace) {
        findings.error(node, "the address contains a space", advice);
    } else if !url.username().is_empty() || url.password().is_some() {
        let message = "a user name or password does not belong in this address";
        findings.error(node, message, advice);
    } else if !is_safe(&url) {
        let message = "everything sent to this address carries a token, so it has to be https://";
        let advice =
            format!("{advice}; http:// is accepted for localhost, 127.0.0.0/8 and [::1] only");
        findings.error(node, message, advice);
    } else if url.query().is_some() || url.fragment().is_some() {
        findings.error(node, "the address has something behind its path", advice);
    } else if path == Path::OriginOnly && !matches!(url.path(), "" | "/") {
        let message = "this address ends after the host and port";
        findings.error(node, message, advice);
    } else {
        return Some(url);
    }
    None
}

fn is_safe(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    }
}
