//! Signs requests to the app, in Slack's way and in wrong ways.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature.
pub(super) const SIGNATURE: &str = "X-Slack-Signature";
/// The header that carries the time it was made.
pub(super) const TIMESTAMP: &str = "X-Slack-Request-Timestamp";

/// How a request is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As Slack does it.
    #[default]
    Right,
    /// Not at all: neither header is sent.
    Unsigned,
    /// With another secret.
    WithSecret(String),
    /// Correctly, by a clock that is off by so many seconds.
    Off(i64),
}

/// `v0=` and the HMAC-SHA256 of `v0:timestamp:body`, in hexadecimal.
pub(super) fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut signature = "v0=".to_owned();
    // An HMAC takes a key of any length, so there is no other case.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(format!("v0:{timestamp}:").as_bytes());
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}");
        }
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_openssl_makes() {
        // printf 'v0:1800000000:text=hello' | openssl dgst -sha256 -hmac 'a-secret-of-ours'
        let expected = "v0=c400de2081e3fbd91c5a2eb2d23942b863ad926e6e2676ff657ccc3057ce1b0e";
        assert_eq!(
            sign("a-secret-of-ours", 1_800_000_000, b"text=hello"),
            expected
        );
    }
}
