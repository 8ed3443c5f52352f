-- Ids and enums are TEXT, instants are Unix milliseconds, documents are JSON as TEXT.
-- The same tables, columns and index names stand in migrations/postgres.

CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('request_number', 0), ('probe', 0);

CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    origin TEXT NOT NULL,
    requester TEXT NOT NULL,
    requester_as TEXT NOT NULL,
    login TEXT NOT NULL,
    profile TEXT NOT NULL,
    node TEXT NOT NULL,
    facts TEXT NOT NULL,
    facts_number INTEGER NOT NULL,
    approvals_from INTEGER NOT NULL,
    wished_seconds INTEGER NOT NULL,
    justification TEXT,
    ask_first TEXT,
    workflow TEXT,
    device_as_of INTEGER,
    asked_at INTEGER NOT NULL,
    answer_by INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    reminded_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('unconfirmed', 'pending', 'approved', 'denied', 'cancelled', 'lapsed')),
    state_detail TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_number ON requests (number);
CREATE UNIQUE INDEX requests_origin ON requests (origin);
CREATE UNIQUE INDEX requests_pending_twin ON requests (requester, profile, node) WHERE state = 'pending';
CREATE UNIQUE INDEX requests_unconfirmed_twin ON requests (requester, profile) WHERE state = 'unconfirmed';
CREATE INDEX requests_answer_by ON requests (answer_by) WHERE state IN ('unconfirmed', 'pending');
CREATE INDEX requests_waiting_of_requester ON requests (requester, answer_by, id) WHERE state IN ('unconfirmed', 'pending');
CREATE INDEX requests_pending_in_profile ON requests (profile, asked_at, id) WHERE state = 'pending';
CREATE INDEX requests_of_requester ON requests (requester, number);
CREATE INDEX requests_asked_lately ON requests (requester, profile, asked_at);

CREATE TABLE reviews (
    request TEXT NOT NULL REFERENCES requests (id),
    nth INTEGER NOT NULL,
    person TEXT NOT NULL,
    verdict TEXT NOT NULL,
    facts_number INTEGER NOT NULL,
    review TEXT NOT NULL,
    PRIMARY KEY (request, nth)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reviews_once ON reviews (request, person, verdict, facts_number);

CREATE TABLE last_reviews (
    profile TEXT NOT NULL,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (profile, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX last_reviews_newest ON last_reviews (profile, at, person);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    request TEXT NOT NULL REFERENCES requests (id),
    number INTEGER NOT NULL,
    version INTEGER NOT NULL,
    holder TEXT NOT NULL,
    holder_as TEXT NOT NULL,
    profile TEXT NOT NULL,
    node TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    comment TEXT NOT NULL,
    approved_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    approvers TEXT NOT NULL,
    write_mark TEXT NOT NULL CHECK (write_mark IN ('untouched', 'sent')),
    warned_at INTEGER,
    late_since INTEGER,
    held_by TEXT,
    due_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('applying', 'active', 'ending', 'ended', 'failed')),
    state_detail TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX grants_request ON grants (request);
CREATE INDEX grants_on_key ON grants (node, attribute) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_due_at ON grants (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX grants_open ON grants (ends_at, id) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_open_of_holder ON grants (holder, ends_at, id) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_open_in_profile ON grants (profile, ends_at, id) WHERE state IN ('applying', 'active', 'ending');

CREATE TABLE cards (
    id TEXT NOT NULL PRIMARY KEY,
    request TEXT NOT NULL REFERENCES requests (id),
    face TEXT NOT NULL,
    delivery TEXT NOT NULL CHECK (delivery IN ('unsent', 'posted', 'unknown', 'undeliverable')),
    delivery_detail TEXT NOT NULL,
    channel TEXT,
    ts TEXT,
    shown TEXT,
    reply TEXT,
    made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cards_of_request ON cards (request, made_at, id);
CREATE UNIQUE INDEX cards_place ON cards (channel, ts) WHERE channel IS NOT NULL;

CREATE TABLE homes (
    person TEXT NOT NULL PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    shown TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX homes_opened_at ON homes (opened_at);

CREATE TABLE home_watches (
    person TEXT NOT NULL,
    profile TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    PRIMARY KEY (person, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX home_watches_latest ON home_watches (profile, opened_at, person);

CREATE TABLE executions (
    id TEXT NOT NULL PRIMARY KEY,
    step TEXT NOT NULL CHECK (step IN ('request_access', 'end_access', 'check_access')),
    inputs TEXT NOT NULL,
    person TEXT,
    request TEXT REFERENCES requests (id),
    began_at INTEGER NOT NULL,
    answer TEXT,
    answered_at INTEGER,
    told_at INTEGER
) STRICT;
CREATE INDEX executions_waiting ON executions (request) WHERE answer IS NULL AND request IS NOT NULL;
CREATE INDEX executions_untold ON executions (began_at) WHERE told_at IS NULL;
CREATE INDEX executions_told ON executions (told_at) WHERE told_at IS NOT NULL;
CREATE INDEX executions_of_person ON executions (person, began_at) WHERE person IS NOT NULL;

CREATE TABLE audit_events (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_events_numbered ON audit_events (subject, number);
CREATE INDEX audit_events_at ON audit_events (at, subject, number);
CREATE TRIGGER audit_events_keep_update BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;
CREATE TRIGGER audit_events_keep_delete BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are never deleted');
END;

CREATE TABLE refusals (
    subject TEXT NOT NULL,
    person TEXT NOT NULL,
    reason TEXT NOT NULL,
    minute INTEGER NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (subject, person, reason, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    standing TEXT NOT NULL CHECK (standing IN ('member', 'guest', 'bot', 'deactivated', 'external', 'unconfirmed')),
    read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX people_email ON people (email);

CREATE TABLE identity_pins (
    person TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_pins_login ON identity_pins (login);

CREATE TABLE address_pins (
    address TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member_lists (
    kind TEXT NOT NULL CHECK (kind IN ('user_group', 'tailnet_group')),
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE devices (
    node TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    device TEXT NOT NULL
) STRICT;

CREATE TABLE snapshots (
    name TEXT NOT NULL PRIMARY KEY,
    as_of INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE outbox (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    lane TEXT NOT NULL,
    lane_group TEXT NOT NULL CHECK (lane_group IN ('tailscale', 'slack:chat.update', 'slack:response_url', 'slack:views.publish:opened', 'slack:views.publish:changed', 'slack:post')),
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_failed_at INTEGER,
    error_class TEXT,
    owner TEXT,
    leased_until INTEGER,
    abandoned_at INTEGER,
    PRIMARY KEY (kind, subject)
) STRICT;
CREATE INDEX outbox_ready ON outbox (lane_group, priority, run_at) WHERE owner IS NULL;
CREATE INDEX outbox_next ON outbox (lane_group, run_at) WHERE owner IS NULL;
CREATE INDEX outbox_leases ON outbox (leased_until) WHERE owner IS NOT NULL;
CREATE INDEX outbox_by_kind ON outbox (kind, run_at);

CREATE TABLE pauses (
    lane TEXT NOT NULL PRIMARY KEY,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE replicas (
    owner TEXT NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
