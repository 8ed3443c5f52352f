//! A message as it is posted or updated: the whole sentence, and the blocks.

use super::fingerprint;
use serde::Serialize;
use slack_morphism::prelude::SlackBlock;

/// One message. `text` is the whole sentence: it is all that a phone's notification shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// The sentence, escaped for mrkdwn.
    pub text: String,
    /// What Slack draws.
    pub blocks: Vec<SlackBlock>,
}

impl Message {
    /// A fingerprint of all that is shown, so that the same content is not sent twice.
    pub fn digest(&self) -> String {
        fingerprint::of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_the_content() {
        let message = |text: &str| Message {
            text: text.to_owned(),
            blocks: Vec::new(),
        };
        assert_eq!(message("a").digest(), message("a").digest());
        assert_ne!(message("a").digest(), message("b").digest());
        assert_eq!(message("a").digest().len(), 64);
    }
}
