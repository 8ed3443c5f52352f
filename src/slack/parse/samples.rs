//! Payloads for tests, written by hand after Slack's documentation: the fields that Slack sends
//! in these situations, with people and places of our own.

pub(super) const CLICK_ON_CARD: &str = r#"{
  "type": "block_actions", "api_app_id": "A0LAPSE", "token": "ignored",
  "user": {"id": "U0GRACE", "username": "grace", "name": "grace", "team_id": "T0HARBOUR"},
  "team": {"id": "T0HARBOUR", "domain": "harbour"},
  "enterprise": null, "is_enterprise_install": false,
  "container": {"type": "message", "message_ts": "1793620800.000100", "channel_id": "D0GRACE", "is_ephemeral": false},
  "channel": {"id": "D0GRACE", "name": "directmessage"},
  "message": {"type": "message", "user": "U0LAPSE", "ts": "1793620800.000100", "text": "Amelie asks", "blocks": []},
  "state": {"values": {}},
  "trigger_id": "11.22.ccc", "response_url": "https://hooks.slack.com/actions/T0HARBOUR/11/abc",
  "actions": [{"type": "button", "action_id": "approve", "block_id": "verdict", "value": "0199-request.3",
               "text": {"type": "plain_text", "text": "Approve", "emoji": true}, "style": "primary",
               "action_ts": "1793620810.123456"}]
}"#;

pub(super) const CLICK_ON_EPHEMERAL: &str = r#"{
  "type": "block_actions",
  "user": {"id": "U0AMELIE", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"},
  "container": {"type": "message", "message_ts": "1793620900.000200", "channel_id": "C0DECK", "is_ephemeral": true},
  "channel": {"id": "C0DECK", "name": "deck"},
  "state": {"values": {"pick": {"profile": {"type": "external_select", "selected_option": {"text": {"type": "plain_text", "text": "Production"}, "value": "prod-ssh"}}}}},
  "trigger_id": "11.22.ddd", "response_url": "https://hooks.slack.com/actions/T0HARBOUR/11/def",
  "actions": [{"type": "button", "action_id": "save", "block_id": "pick", "value": "1"}]
}"#;

pub(super) const CLICK_ORG_WIDE: &str = r#"{
  "type": "block_actions", "team": null, "state": {},
  "user": {"id": "W0LINUS", "team_id": "T0ISLAND"},
  "enterprise": {"id": "E0FLEET", "name": "Fleet"}, "is_enterprise_install": true,
  "container": {"type": "message", "message_ts": "1793620800.000100", "channel_id": "D0LINUS"},
  "actions": [{"type": "button", "action_id": "deny", "block_id": "verdict", "value": "0199-request.3"}]
}"#;

pub(super) const CLICK_FROM_OUTSIDE: &str = r#"{
  "type": "block_actions",
  "user": {"id": "U0STRANGER", "team_id": "T0RIVAL"}, "team": {"id": "T0HARBOUR", "domain": "harbour"},
  "channel": {"id": "C0SHARED"}, "message": {"ts": "1793620801.000100"},
  "actions": [{"type": "button", "action_id": "approve", "block_id": "verdict", "value": "0199-request.3"}]
}"#;

pub(super) const CLICK_ON_WORKFLOW_MESSAGE: &str = r#"{
  "type": "block_actions",
  "user": {"id": "U0GRACE", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"},
  "channel": {"id": "D0GRACE"}, "container": {"type": "message", "message_ts": "1793620802.000100", "channel_id": "D0GRACE"},
  "actions": [{"type": "button", "action_id": "confirm", "block_id": "asked", "value": "yes"}],
  "bot_access_token": "xwfp-never-read", "function_data": {"execution_id": "Fx01", "inputs": {}},
  "interactivity": {"interactor": {"id": "U0GRACE", "secret": "never read"}, "interactivity_pointer": "1.2.3"}
}"#;

pub(super) const CHANGE_IN_MODAL: &str = r#"{
  "type": "block_actions",
  "user": {"id": "U0AMELIE", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"},
  "container": {"type": "view", "view_id": "V0FORM"}, "trigger_id": "11.22.eee",
  "view": {"id": "V0FORM", "type": "modal", "callback_id": "request", "hash": "1793620800.abc", "external_id": "",
           "private_metadata": "form-7", "root_view_id": "V0FORM", "previous_view_id": null, "blocks": [],
           "state": {"values": {"profile.1": {"profile": {"type": "static_select", "selected_option": {"value": "prod-ssh"}}}}}},
  "actions": [{"type": "static_select", "action_id": "profile", "block_id": "profile.1",
               "selected_option": {"text": {"type": "plain_text", "text": "Production SSH"}, "value": "prod-ssh"}}]
}"#;

pub(super) const SUBMISSION: &str = r#"{
  "type": "view_submission",
  "user": {"id": "U0AMELIE", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"},
  "trigger_id": "11.22.fff", "response_urls": [],
  "view": {"id": "V0FORM", "type": "modal", "callback_id": "request", "hash": "1793620801.abd", "external_id": "",
           "private_metadata": "form-7", "root_view_id": "V0FORM", "previous_view_id": null,
           "state": {"values": {"profile.1": {"profile": {"type": "static_select", "selected_option": {"value": "prod-ssh"}}},
                                "why": {"why": {"type": "plain_text_input", "value": "The tide gauge is stuck"}},
                                "devices": {"device": {"type": "external_select", "selected_option": null}}}}}
}"#;

pub(super) const CLOSED: &str = r#"{
  "type": "view_closed", "is_cleared": false,
  "user": {"id": "U0AMELIE", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"},
  "view": {"id": "V0FORM", "type": "modal", "callback_id": "request", "state": {}}
}"#;

pub(super) const SEARCH: &str = r#"{
  "type": "block_suggestion", "action_id": "device", "block_id": "devices", "value": "ama",
  "user": {"id": "W0LINUS", "team_id": "T0HARBOUR"},
  "team": {"id": "T0HARBOUR", "enterprise_id": "E0FLEET", "enterprise_name": "Fleet"},
  "container": {"type": "view", "view_id": "V0FORM"},
  "view": {"id": "V0FORM", "type": "modal", "callback_id": "request", "state": {"values": {}}}
}"#;

pub(super) const SHORTCUT: &str = r#"{
  "type": "shortcut", "callback_id": "request_access", "trigger_id": "11.22.aaa", "action_ts": "1793620800.1",
  "user": {"id": "U0AMELIE", "username": "amelie", "team_id": "T0HARBOUR"}, "team": {"id": "T0HARBOUR"}
}"#;

pub(super) const MESSAGE_SHORTCUT: &str = r#"{
  "type": "message_action", "callback_id": "request_access_for", "trigger_id": "11.22.bbb",
  "user": {"id": "U0AMELIE", "name": "amelie"}, "team": {"id": "T0HARBOUR", "domain": "harbour"},
  "channel": {"id": "C0DECK", "name": "deck"}, "message_ts": "1793620700.000300",
  "message": {"type": "message", "user": "U0LINUS", "ts": "1793620700.000300", "thread_ts": "1793620600.000200", "text": "the gauge is stuck"},
  "response_url": "https://hooks.slack.com/app/T0HARBOUR/11/ghi"
}"#;

pub(super) const HOME_OPENED: &str = r#"{
  "type": "event_callback", "event_id": "Ev0001", "event_time": 1793620800, "team_id": "T0HARBOUR", "token": "ignored",
  "authorizations": [{"enterprise_id": null, "team_id": "T0HARBOUR", "user_id": "U0LAPSE", "is_bot": true, "is_enterprise_install": false}],
  "event": {"type": "app_home_opened", "user": "U0AMELIE", "channel": "D0AMELIE", "tab": "home", "event_ts": "1793620800.1"}
}"#;

pub(super) const USER_CHANGE_ORG_WIDE: &str = r#"{
  "type": "event_callback", "event_id": "Ev0002", "team_id": null,
  "authorizations": [{"enterprise_id": "E0FLEET", "team_id": null, "user_id": "U0LAPSE", "is_enterprise_install": true}],
  "event": {"type": "user_change", "user": {"id": "W0LINUS", "deleted": true, "profile": {"email": "linus@example.com"}}}
}"#;

pub(super) const TOKENS_REVOKED: &str = r#"{
  "type": "event_callback", "event_id": "Ev0003", "team_id": "T0HARBOUR",
  "event": {"type": "tokens_revoked", "tokens": {"oauth": ["U0AMELIE"], "bot": ["U0LAPSE"]}}
}"#;

pub(super) const FUNCTION_EXECUTED: &str = r#"{
  "type": "event_callback", "event_id": "Ev0004", "team_id": "T0HARBOUR",
  "event": {"type": "function_executed", "function": {"id": "Fn01", "callback_id": "request_access"},
            "inputs": {"requester": "U0AMELIE", "profile": "prod-ssh"}, "function_execution_id": "Fx01",
            "workflow_execution_id": "Wx01", "bot_access_token": "xwfp-never-read"}
}"#;

/// Everything above, for tests that damage it.
pub(super) const ALL: &[&str] = &[
    CLICK_ON_CARD,
    CLICK_ON_EPHEMERAL,
    CLICK_ORG_WIDE,
    CLICK_FROM_OUTSIDE,
    CLICK_ON_WORKFLOW_MESSAGE,
    CHANGE_IN_MODAL,
    SUBMISSION,
    CLOSED,
    SEARCH,
    SHORTCUT,
    MESSAGE_SHORTCUT,
    HOME_OPENED,
    USER_CHANGE_ORG_WIDE,
    TOKENS_REVOKED,
    FUNCTION_EXECUTED,
];

/// Every kind that means something to Lapse.
pub(super) const KINDS: &[&str] = &[
    "block_actions",
    "block_suggestion",
    "view_submission",
    "view_closed",
    "shortcut",
    "message_action",
    "url_verification",
    "event_callback",
];

/// A form body with these fields.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
