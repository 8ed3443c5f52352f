//! Whether a body really comes from Slack.
//!
//! `v0=` and the hexadecimal HMAC-SHA256 of `v0:{timestamp}:{raw body}` under the signing secret,
//! compared in constant time, not older or newer than five minutes: see
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>. There are no exceptions,
//! `ssl_check` included. A captured request can be replayed within the five minutes, so whatever
//! acts on a verified body has to bear repetition.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Carries the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
/// Carries the second at which Slack signed.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");

const TOLERANCE_SECONDS: u64 = 300;
const VERSION: &[u8] = b"v0";
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Knows the signing secret and checks signatures against it.
pub struct Verifier {
    keyed: Hmac<Sha256>,
}

/// Why a body is not believed. For metrics and the log; the caller is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A signature or timestamp header is missing.
    #[error("a signature header is missing")]
    Missing,
    /// A signature or timestamp header is there more than once, so it is unclear which one counts.
    #[error("a signature header is there more than once")]
    Doubled,
    /// The timestamp is not a whole number of seconds.
    #[error("the timestamp is not a number")]
    NotATime,
    /// Signed more than five minutes ago, or from now.
    #[error("the timestamp is more than five minutes from this machine's clock")]
    Stale,
    /// Signed with another secret, or something was changed after signing.
    #[error("the signature does not belong to this body and this signing secret")]
    Forged,
}

impl Verifier {
    /// Prepares the key once, so that a check costs no more than hashing the body.
    pub fn new(secret: &SecretString) -> Self {
        let key = secret.expose_secret().as_bytes();
        Self { keyed: keyed(key) }
    }

    /// Checks one request; `body` is exactly what came over the wire.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), Unverified> {
        let timestamp = only(headers, &TIMESTAMP)?.as_bytes();
        let claimed = only(headers, &SIGNATURE)?.as_bytes();
        let signed_at = seconds(timestamp).ok_or(Unverified::NotATime)?;
        if now.timestamp().abs_diff(signed_at) > TOLERANCE_SECONDS {
            return Err(Unverified::Stale);
        }
        if bool::from(self.signature(timestamp, body).ct_eq(claimed)) {
            Ok(())
        } else {
            Err(Unverified::Forged)
        }
    }

    /// What Slack would have put into the signature header.
    fn signature(&self, timestamp: &[u8], body: &[u8]) -> [u8; 67] {
        let mut mac = self.keyed.clone();
        mac.update(VERSION);
        mac.update(b":");
        mac.update(timestamp);
        mac.update(b":");
        mac.update(body);
        let mut text = *b"v0=0000000000000000000000000000000000000000000000000000000000000000";
        for (pair, byte) in text[3..]
            .chunks_exact_mut(2)
            .zip(mac.finalize().into_bytes())
        {
            pair[0] = HEX_DIGITS[usize::from(byte >> 4)];
            pair[1] = HEX_DIGITS[usize::from(byte & 0x0f)];
        }
        text
    }
}

/// The key as one block: a shorter key is filled up with zeros, a longer one is hashed first
/// (RFC 2104, section 2). Done here because the constructor for a whole block cannot fail.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    Hmac::new(&block.into())
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, Unverified> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().ok_or(Unverified::Missing)?;
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Unverified::Doubled),
    }
}

/// Digits only: `str::parse` would also take a sign.
fn seconds(timestamp: &[u8]) -> Option<i64> {
    if timestamp.is_empty() || !timestamp.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(timestamp).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "4be1c0ffee9911aa22bb33cc44dd55ee";
    const SIGNED_AT: i64 = 1_793_620_800;

    fn verifier() -> Verifier {
        Verifier::new(&SecretString::from(SECRET))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time that exists")
    }

    fn headers(timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TIMESTAMP, timestamp.parse().expect("a header value"));
        headers.insert(SIGNATURE, signature.parse().expect("a header value"));
        headers
    }

    fn signed(body: &[u8], timestamp: &str) -> HeaderMap {
        let signature = verifier().signature(timestamp.as_bytes(), body);
        headers(timestamp, std::str::from_utf8(&signature).expect("ASCII"))
    }

    #[test]
    fn the_signature_is_the_one_that_another_implementation_computes() {
        // printf '%s' 'v0:1793620800:a=1&b=%20x' | openssl dgst -sha256 -hmac "$SECRET"
        let signature = verifier().signature(b"1793620800", b"a=1&b=%20x");
        assert_eq!(
            std::str::from_utf8(&signature).expect("ASCII"),
            "v0=a3bef041bdb270dce64ea68b9ef2ec76cf98bd54e175cdcb089d83fc9886e67d"
        );
    }

    #[test]
    fn secrets_of_every_length_sign() {
        for length in [0, 1, 63, 64, 65, 200] {
            let secret = "k".repeat(length);
            let mut reference = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
            reference.update(b"body");
            let mut ours = keyed(secret.as_bytes());
            ours.update(b"body");
            assert_eq!(
                ours.finalize().into_bytes(),
                reference.finalize().into_bytes(),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_signed_body_is_believed_for_five_minutes_either_way() {
        let headers = signed(b"text=hello", &SIGNED_AT.to_string());
        for (offset, expected) in [
            (0, Ok(())),
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(Unverified::Stale)),
            (-301, Err(Unverified::Stale)),
        ] {
            let verdict = verifier().verify(&headers, b"text=hello", at(SIGNED_AT + offset));
            assert_eq!(verdict, expected, "{offset} s away");
        }
    }

    #[test]
    fn each_header_has_to_be_there_exactly_once() {
        let good = signed(b"x", &SIGNED_AT.to_string());
        for name in [SIGNATURE, TIMESTAMP] {
            let mut missing = good.clone();
            missing.remove(&name);
            assert_eq!(
                verifier().verify(&missing, b"x", at(SIGNED_AT)),
                Err(Unverified::Missing)
            );
            let mut doubled = good.clone();
            doubled.append(&name, good[&name].clone());
            assert_eq!(
                verifier().verify(&doubled, b"x", at(SIGNED_AT)),
                Err(Unverified::Doubled)
            );
        }
    }

    #[test]
    fn a_certificate_probe_gets_no_exception() {
        let unsigned = HeaderMap::new();
        assert_eq!(
            verifier().verify(&unsigned, b"ssl_check=1&token=anything", at(SIGNED_AT)),
            Err(Unverified::Missing)
        );
    }

    #[test]
    fn a_timestamp_is_digits_and_nothing_else() {
        for odd in [
            "",
            "+1793620800",
            "-1",
            "1793620800.5",
            "0x10",
            "now",
            " 1",
            "99999999999999999999",
        ] {
            let verdict = verifier().verify(&signed(b"x", odd), b"x", at(SIGNED_AT));
            assert_eq!(verdict, Err(Unverified::NotATime), "{odd:?}");
        }
        let far = i64::MAX.to_string();
        let verdict = verifier().verify(&signed(b"x", &far), b"x", at(SIGNED_AT));
        assert_eq!(verdict, Err(Unverified::Stale));
    }

    #[test]
    fn another_secret_signs_in_vain() {
        let theirs = Verifier::new(&SecretString::from("some other secret"));
        let verdict = theirs.verify(&signed(b"x", &SIGNED_AT.to_string()), b"x", at(SIGNED_AT));
        assert_eq!(verdict, Err(Unverified::Forged));
    }

    #[test]
    fn ten_thousand_forgeries_and_not_one_believed() {
        let verifier = verifier();
        let mut headers = signed(b"text=approve", &SIGNED_AT.to_string());
        let genuine = headers[&SIGNATURE].clone();
        for round in 0_u32..10_000 {
            let mut guess = genuine.as_bytes().to_vec();
            let place = 3 + (round as usize % 64);
            let digit = HEX_DIGITS[(round as usize / 64) % 16];
            guess[place] = if guess[place] == digit { b'g' } else { digit };
            headers.insert(
                SIGNATURE,
                HeaderValue::from_bytes(&guess).expect("a header value"),
            );
            assert_eq!(
                verifier.verify(&headers, b"text=approve", at(SIGNED_AT)),
                Err(Unverified::Forged)
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_signed_is_believed(body in prop::collection::vec(any::<u8>(), 0..512)) {
            let headers = signed(&body, &SIGNED_AT.to_string());
            prop_assert_eq!(verifier().verify(&headers, &body, at(SIGNED_AT)), Ok(()));
        }

        #[test]
        fn one_changed_bit_is_noticed(
            body in prop::collection::vec(any::<u8>(), 1..512),
            place in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let headers = signed(&body, &SIGNED_AT.to_string());
            let mut changed = body;
            let place = place.index(changed.len());
            changed[place] ^= 1 << bit;
            prop_assert_eq!(
                verifier().verify(&headers, &changed, at(SIGNED_AT)),
                Err(Unverified::Forged)
            );
        }

        #[test]
        fn no_header_text_passes_by_chance(
            timestamp in "[ -~]{0,20}",
            signature in "(v0=)?[0-9a-f]{0,70}",
        ) {
            let headers = headers(&timestamp, &signature);
            prop_assert!(verifier().verify(&headers, b"x", at(SIGNED_AT)).is_err());
        }
    }
}
