//! Where a `response_url` may lead.
//!
//! The address comes from outside. It is signed by Slack, but following it anywhere would let
//! whoever holds the signing secret send Lapse to addresses inside its own network.

use url::{Host, Url};

/// Whether the address is Slack's own (`slack.com` and below, https), or at the origin that the
/// configuration names as Slack.
pub(super) fn is_slacks(url: &Url, api: &Url) -> bool {
    let carries_credentials = !url.username().is_empty() || url.password().is_some();
    !carries_credentials && (url.origin() == api.origin() || is_slack_com(url))
}

fn is_slack_com(url: &Url) -> bool {
    let below = |domain: &str| domain == "slack.com" || domain.ends_with(".slack.com");
    url.scheme() == "https"
        && url.port().is_none()
        && matches!(url.host(), Some(Host::Domain(domain)) if below(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(url: &str, api: &str) -> bool {
        let api = Url::parse(api).expect("an address");
        Url::parse(url).is_ok_and(|url| is_slacks(&url, &api))
    }

    #[test]
    fn only_slacks_own_hosts_are_followed() {
        let api = "https://slack.com/api/";
        for good in [
            "https://hooks.slack.com/actions/T1/2/3",
            "https://slack.com/x",
            "https://HOOKS.slack.com/x",
            "https://hooks.slack.com:443/x",
        ] {
            assert!(followed(good, api), "{good}");
        }
        for bad in [
            "http://hooks.slack.com/x",
            "https://hooks.slack.com:8443/x",
            "https://evilslack.com/x",
            "https://slack.com.evil.example/x",
            "https://hooks.slack.com@evil.example/x",
            "https://user:secret@hooks.slack.com/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "hooks.slack.com",
            "",
        ] {
            assert!(!followed(bad, api), "{bad}");
        }
    }

    #[test]
    fn a_configured_stand_in_is_followed_at_its_own_origin_only() {
        let api = "http://127.0.0.1:9000/api/";
        assert!(followed("http://127.0.0.1:9000/respond/1", api));
        assert!(!followed("http://127.0.0.1:9001/respond/1", api));
        assert!(!followed("https://127.0.0.1:9000/respond/1", api));
        assert!(!followed("http://localhost:9000/respond/1", api));
    }
}
