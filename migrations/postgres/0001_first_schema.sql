-- Ids and enums are TEXT, instants are Unix milliseconds, documents are JSON as TEXT.
-- The same tables, columns and index names stand in migrations/sqlite. Text sorts by its
-- bytes (COLLATE "C"), as it does there and whatever the cluster's locale is.

CREATE TABLE counters (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('request_number', 0), ('probe', 0);

CREATE TABLE requests (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    requester TEXT COLLATE "C" NOT NULL,
    requester_as TEXT COLLATE "C" NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    facts_number BIGINT NOT NULL,
    approvals_from BIGINT NOT NULL,
    wished_seconds BIGINT NOT NULL,
    justification TEXT COLLATE "C",
    ask_first TEXT COLLATE "C",
    workflow TEXT COLLATE "C",
    device_as_of BIGINT,
    asked_at BIGINT NOT NULL,
    answer_by BIGINT NOT NULL,
    reminders BIGINT NOT NULL,
    reminded_at BIGINT,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('unconfirmed', 'pending', 'approved', 'denied', 'cancelled', 'lapsed')),
    state_detail TEXT COLLATE "C" NOT NULL
);
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
    request TEXT COLLATE "C" NOT NULL REFERENCES requests (id),
    nth BIGINT NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    facts_number BIGINT NOT NULL,
    review TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (request, nth)
);
CREATE UNIQUE INDEX reviews_once ON reviews (request, person, verdict, facts_number);

CREATE TABLE last_reviews (
    profile TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (profile, person)
);
CREATE INDEX last_reviews_newest ON last_reviews (profile, at, person);

CREATE TABLE grants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request TEXT COLLATE "C" NOT NULL REFERENCES requests (id),
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    holder_as TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    approved_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    approvers TEXT COLLATE "C" NOT NULL,
    write_mark TEXT COLLATE "C" NOT NULL CHECK (write_mark IN ('untouched', 'sent')),
    warned_at BIGINT,
    late_since BIGINT,
    held_by TEXT,
    due_at BIGINT,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('applying', 'active', 'ending', 'ended', 'failed')),
    state_detail TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX grants_request ON grants (request);
CREATE INDEX grants_on_key ON grants (node, attribute) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_due_at ON grants (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX grants_open ON grants (ends_at, id) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_open_of_holder ON grants (holder, ends_at, id) WHERE state IN ('applying', 'active', 'ending');
CREATE INDEX grants_open_in_profile ON grants (profile, ends_at, id) WHERE state IN ('applying', 'active', 'ending');

CREATE TABLE cards (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request TEXT COLLATE "C" NOT NULL REFERENCES requests (id),
    face TEXT COLLATE "C" NOT NULL,
    delivery TEXT COLLATE "C" NOT NULL CHECK (delivery IN ('unsent', 'posted', 'unknown', 'undeliverable')),
    delivery_detail TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C",
    ts TEXT COLLATE "C",
    shown TEXT COLLATE "C",
    reply TEXT COLLATE "C",
    made_at BIGINT NOT NULL
);
CREATE INDEX cards_of_request ON cards (request, made_at, id);
CREATE UNIQUE INDEX cards_place ON cards (channel, ts) WHERE channel IS NOT NULL;

CREATE TABLE homes (
    person TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    shown TEXT COLLATE "C"
);
CREATE INDEX homes_opened_at ON homes (opened_at);

CREATE TABLE home_watches (
    person TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    PRIMARY KEY (person, profile)
);
CREATE INDEX home_watches_latest ON home_watches (profile, opened_at, person);

CREATE TABLE executions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('request_access', 'end_access', 'check_access')),
    inputs TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C",
    request TEXT COLLATE "C" REFERENCES requests (id),
    began_at BIGINT NOT NULL,
    answer TEXT COLLATE "C",
    answered_at BIGINT,
    told_at BIGINT
);
CREATE INDEX executions_waiting ON executions (request) WHERE answer IS NULL AND request IS NOT NULL;
CREATE INDEX executions_untold ON executions (began_at) WHERE told_at IS NULL;
CREATE INDEX executions_told ON executions (told_at) WHERE told_at IS NOT NULL;
CREATE INDEX executions_of_person ON executions (person, began_at) WHERE person IS NOT NULL;

CREATE TABLE audit_events (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    event TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX audit_events_numbered ON audit_events (subject, number);
CREATE INDEX audit_events_at ON audit_events (at, subject, number);
CREATE FUNCTION audit_events_keep() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or deleted';
END
$$;
CREATE TRIGGER audit_events_keep_update BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_keep();
CREATE TRIGGER audit_events_keep_delete BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_keep();
CREATE TRIGGER audit_events_keep_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_keep();

CREATE TABLE refusals (
    subject TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    minute BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (subject, person, reason, minute)
);

CREATE TABLE people (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C",
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('member', 'guest', 'bot', 'deactivated', 'external', 'unconfirmed')),
    read_at BIGINT NOT NULL
);
CREATE INDEX people_email ON people (email);

CREATE TABLE identity_pins (
    person TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX identity_pins_login ON identity_pins (login);

CREATE TABLE address_pins (
    address TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL
);

CREATE TABLE member_lists (
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user_group', 'tailnet_group')),
    name TEXT COLLATE "C" NOT NULL,
    members TEXT COLLATE "C" NOT NULL,
    as_of BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE devices (
    node TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL
);

CREATE TABLE snapshots (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    as_of BIGINT NOT NULL
);

CREATE TABLE deliveries (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE outbox (
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    lane_group TEXT COLLATE "C" NOT NULL CHECK (lane_group IN ('tailscale', 'slack:chat.update', 'slack:response_url', 'slack:views.publish:opened', 'slack:views.publish:changed', 'slack:post')),
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    first_failed_at BIGINT,
    error_class TEXT COLLATE "C",
    owner TEXT COLLATE "C",
    leased_until BIGINT,
    abandoned_at BIGINT,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX outbox_ready ON outbox (lane_group, priority, run_at) WHERE owner IS NULL;
CREATE INDEX outbox_next ON outbox (lane_group, run_at) WHERE owner IS NULL;
CREATE INDEX outbox_leases ON outbox (leased_until) WHERE owner IS NOT NULL;
CREATE INDEX outbox_by_kind ON outbox (kind, run_at);

CREATE TABLE pauses (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ends_at BIGINT NOT NULL
);

CREATE TABLE replicas (
    owner TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
