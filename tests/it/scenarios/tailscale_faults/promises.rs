//! What must hold after every fault, whatever else a story shows.

use crate::support::world::{ADA, GRACE, LINUS, PROD_CHANNEL, World};
use chrono::{DateTime, Utc};
use lapse::domain::request::Request;
use lapse::sandbox::slack::Message;
use lapse::sandbox::tailscale::{Change, Route, Write};
use serde_json::json;

/// Tailscale takes no more, and counts who knows what; bytes are the safe reading.
const LONGEST_COMMENT: usize = 200;

impl World {
    /// Nothing was written without exactly one recorded approval by somebody who may, every
    /// write carries the stored end, no trail has a gap, and nobody was told that something is
    /// open before it was read back.
    pub async fn promises_hold(&self, requests: &[&Request]) {
        let mut known = Vec::new();
        for request in requests {
            let trail = self.trail(request).await;
            let approvals = trail.iter().filter(|name| **name == "approved").count();
            known.push((request.number.to_string(), approvals, *request));
        }
        for write in self.written_by_lapse() {
            let comment = write.comment.clone().unwrap_or_default();
            assert!(comment.len() <= LONGEST_COMMENT, "too long: {comment}");
            let (_, approvals, request) = known
                .iter()
                .find(|(number, ..)| comment.starts_with(number.as_str()))
                .unwrap_or_else(|| panic!("nobody asked for {write:?}"));
            assert_eq!(*approvals, 1, "{comment}");
            let grant = self.grant_of(request).await;
            let Change::Set { expiry, .. } = write.change else {
                continue;
            };
            assert_eq!(expiry, Some(grant.ends_at), "{comment}");
            for approver in &grant.approvers {
                assert!([GRACE, LINUS].contains(&approver.id.as_str()));
                assert_ne!(approver.id, grant.holder.id);
            }
        }
        self.nobody_was_told_too_early();
        self.nothing_was_refused();
    }

    /// The writes that carry a comment: those of Lapse that open, or close by hand.
    fn written_by_lapse(&self) -> Vec<Write> {
        let mut writes = self.tailnet.writes();
        writes.retain(|write| write.comment.is_some());
        writes
    }

    /// "Open" and "active" stand nowhere before Tailscale was read after a write.
    fn nobody_was_told_too_early(&self) {
        let calls = self.tailnet.calls();
        let read_back = calls
            .iter()
            .skip_while(|call| call.route != Route::WriteAttribute)
            .find(|call| call.route == Route::ReadAttributes && call.status == Some(200))
            .map(|call| call.at);
        for (at, text) in self.everything_said() {
            let claims = [" is open on ", ", active until ", " has Production SSH "];
            if claims.iter().any(|claim| text.contains(claim)) {
                assert!(
                    read_back.is_some_and(|read| read <= at),
                    "said at {at}, read back at {read_back:?}: {text}"
                );
            }
        }
    }

    /// Every wording that ever stood before somebody, with the time since when.
    pub fn everything_said(&self) -> Vec<(DateTime<Utc>, String)> {
        let mut messages: Vec<Message> = [ADA, GRACE, LINUS]
            .iter()
            .flat_map(|who| self.person(who).messages())
            .collect();
        messages.extend(self.slack.channel_messages(PROD_CHANNEL));
        let mut said = Vec::new();
        for message in messages {
            let now = (message.at, json!([message.text, message.blocks]));
            let before = message.history.into_iter();
            let before = before.map(|old| (old.at, json!([old.text, old.blocks])));
            said.extend(before.chain([now]).map(|(at, text)| (at, text.to_string())));
        }
        said
    }
}
