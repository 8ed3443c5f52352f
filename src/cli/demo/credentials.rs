//! What must not be in the environment of a demo.

/// The variables that would let somebody take the demo for the real thing: credentials of
/// either platform and the database, each also as a file.
pub fn forbidden(variables: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = variables
        .filter(|name| {
            let platform = ["SLACK_", "TAILSCALE_"];
            let database = ["DATABASE_URL", "DATABASE_URL_FILE"];
            platform.iter().any(|prefix| name.starts_with(prefix))
                || database.contains(&name.as_str())
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_databases_are_found_by_name() {
        let all = [
            "PATH",
            "SLACK_BOT_TOKEN",
            "SLACK_SIGNING_SECRET_FILE",
            "TAILSCALE_CLIENT_ID",
            "DATABASE_URL",
            "DATABASE_URL_FILE",
            "MY_SLACK_TOKEN",
            "LAPSE_LOG",
        ];
        assert_eq!(
            forbidden(all.iter().map(|name| (*name).to_owned())),
            [
                "DATABASE_URL",
                "DATABASE_URL_FILE",
                "SLACK_BOT_TOKEN",
                "SLACK_SIGNING_SECRET_FILE",
                "TAILSCALE_CLIENT_ID",
            ]
        );
    }
}
