//! The address of one Socket Mode connection.

use std::fmt;
use url::{Host, Url};

/// An address that Slack gave for one connection. It holds a ticket, and whoever has that reads
/// what people do: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SocketUrl(Url);

impl SocketUrl {
    /// Takes an address if it may be followed: `wss://`, or `ws://` on this machine, and that only
    /// when the Web API is on this machine too.
    pub fn new(address: &str, api: &Url) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let allowed = match url.scheme() {
            "wss" => url.host().is_some(),
            "ws" => is_this_machine(&url) && is_this_machine(api),
            _ => false,
        };
        let carries_credentials = !url.username().is_empty() || url.password().is_some();
        (allowed && !carries_credentials).then_some(Self(url))
    }

    /// The same address for the HTTP request that the connection begins with.
    pub fn over_http(&self) -> String {
        // The scheme is one of two, and both begin with these two letters.
        format!("http{}", self.0.as_str().trim_start_matches("ws"))
    }
}

impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketUrl(…)")
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(address: &str, api: &str) -> Option<String> {
        let api = Url::parse(api).expect("an address");
        SocketUrl::new(address, &api).map(|url| url.over_http())
    }

    #[test]
    fn only_encrypted_addresses_are_followed() {
        let api = "https://slack.com/api/";
        assert_eq!(
            followed("wss://wss-primary.slack.com/link/?ticket=1&app_id=2", api).as_deref(),
            Some("https://wss-primary.slack.com/link/?ticket=1&app_id=2")
        );
        for bad in [
            "ws://wss-primary.slack.com/link/?ticket=1",
            "ws://127.0.0.1:9000/link",
            "https://wss-primary.slack.com/link",
            "wss://user:secret@slack.com/link",
            "wss-primary.slack.com",
            "",
        ] {
            assert_eq!(followed(bad, api), None, "{bad}");
        }
    }

    #[test]
    fn a_stand_in_on_this_machine_needs_no_encryption() {
        let api = "http://127.0.0.1:9000/api/";
        assert_eq!(
            followed("ws://127.0.0.1:9000/link?ticket=1", api).as_deref(),
            Some("http://127.0.0.1:9000/link?ticket=1")
        );
        assert_eq!(followed("ws://10.0.0.1/link", api), None);
    }

    #[test]
    fn the_ticket_is_not_shown() {
        let api = Url::parse("https://slack.com/api/").expect("an address");
        let url = SocketUrl::new("wss://slack.com/?ticket=lantern", &api).expect("followed");
        assert!(!format!("{url:?}").contains("lantern"));
    }
}
