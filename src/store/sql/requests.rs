//! Requests and their reviews.

/// A request with one of its reviews; requests without any come once.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT r.id AS id, r.number AS number, r.version AS version, r.origin AS origin, \
             r.requester AS requester, r.requester_as AS requester_as, r.login AS login, \
             r.facts AS facts, r.facts_number AS facts_number, \
             r.approvals_from AS approvals_from, r.wished_seconds AS wished_seconds, \
             r.justification AS justification, r.ask_first AS ask_first, \
             r.workflow AS workflow, r.device_as_of AS device_as_of, r.asked_at AS asked_at, \
             r.answer_by AS answer_by, r.reminders AS reminders, r.reminded_at AS reminded_at, \
             r.state AS state, r.state_detail AS state_detail, v.review AS review ",
            $from
        )
    };
}

/// The requests of a profile that wait for this person: they have not approved them as they are
/// now. Their own come too unless `$4` names them.
macro_rules! waiting {
    () => {
        "FROM requests AS p WHERE p.state = 'pending' AND p.profile = $1 AND p.answer_by > $3 \
         AND p.requester <> $4 AND NOT EXISTS (SELECT 1 FROM reviews AS given \
         WHERE given.request = p.id AND given.person = $2 \
         AND given.facts_number >= p.approvals_from)"
    };
}

statements! {
    NEXT_NUMBER = "UPDATE counters SET value = value + 1 WHERE name = 'request_number' RETURNING value";

    INSERT = "INSERT INTO requests (id, number, version, origin, requester, requester_as, login, \
        profile, node, facts, facts_number, approvals_from, wished_seconds, justification, \
        ask_first, workflow, device_as_of, asked_at, answer_by, state, state_detail, \
        reminders, reminded_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CAST($14 AS TEXT), \
        CAST($15 AS TEXT), CAST($16 AS TEXT), CAST($17 AS BIGINT), $18, $19, $20, $21, $22, \
        CAST($23 AS BIGINT)) ON CONFLICT DO NOTHING";

    UPDATE = "UPDATE requests SET version = $2, profile = $3, node = $4, facts = $5, \
        facts_number = $6, approvals_from = $7, device_as_of = CAST($8 AS BIGINT), \
        answer_by = $9, state = $10, state_detail = $11, wished_seconds = $12, \
        workflow = CAST($13 AS TEXT), asked_at = $14, reminders = $15, \
        reminded_at = CAST($16 AS BIGINT) WHERE id = $1 AND version = $2 - 1";

    /// Says nothing about a review that is stored already: reviews are only ever appended.
    INSERT_REVIEW = "INSERT INTO reviews (request, nth, person, verdict, facts_number, review) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request, nth) DO NOTHING";

    REMEMBER_REVIEWER = "INSERT INTO last_reviews (profile, person, at) VALUES ($1, $2, $3) \
        ON CONFLICT (profile, person) DO UPDATE SET at = excluded.at \
        WHERE excluded.at > last_reviews.at";

    BY_ID = select!("FROM requests AS r LEFT JOIN reviews AS v ON v.request = r.id \
        WHERE r.id = $1 ORDER BY v.nth");

    BY_NUMBER = select!("FROM requests AS r LEFT JOIN reviews AS v ON v.request = r.id \
        WHERE r.number = $1 ORDER BY v.nth");

    BY_ORIGIN = select!("FROM requests AS r LEFT JOIN reviews AS v ON v.request = r.id \
        WHERE r.origin = $1 ORDER BY v.nth");

    /// Eight at a time; a short list repeats its last one.
    BY_IDS = select!("FROM requests AS r LEFT JOIN reviews AS v ON v.request = r.id \
        WHERE r.id IN ($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY r.id, v.nth");

    /// Eight at a time; a short list repeats its last one.
    FACTS = "SELECT id, facts FROM requests WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8)";

    ID_BY_ORIGIN = "SELECT id FROM requests WHERE origin = $1";

    PENDING_TWIN = "SELECT number FROM requests \
        WHERE requester = $1 AND profile = $2 AND node = $3 AND state = 'pending'";

    /// The request of a workflow that somebody has not confirmed.
    UNCONFIRMED_TWIN = "SELECT number FROM requests \
        WHERE requester = $1 AND profile = $2 AND state = 'unconfirmed'";

    OF_REQUESTER = select!("FROM (SELECT id, number, version, origin, requester, \
        requester_as, login, facts, facts_number, approvals_from, wished_seconds, justification, \
        ask_first, workflow, device_as_of, asked_at, answer_by, state, state_detail, \
        reminders, reminded_at FROM requests \
        WHERE requester = $1 ORDER BY number DESC LIMIT $2) AS r LEFT JOIN reviews AS v ON v.request = r.id \
        ORDER BY r.number DESC, v.nth");

    WAITING_OF_REQUESTER = select!("FROM (SELECT id, number, version, origin, requester, \
        requester_as, login, facts, facts_number, approvals_from, wished_seconds, justification, \
        ask_first, workflow, device_as_of, asked_at, answer_by, state, state_detail, \
        reminders, reminded_at FROM requests \
        WHERE state IN ('unconfirmed', 'pending') AND requester = $1 \
        ORDER BY answer_by, id LIMIT $2) AS r \
        LEFT JOIN reviews AS v ON v.request = r.id ORDER BY r.answer_by, r.id, v.nth");

    PENDING_IN_PROFILE = select!("FROM (SELECT id, number, version, origin, requester, \
        requester_as, login, facts, facts_number, approvals_from, wished_seconds, justification, \
        ask_first, workflow, device_as_of, asked_at, answer_by, state, state_detail, \
        reminders, reminded_at FROM requests \
        WHERE state = 'pending' AND profile = $1 ORDER BY asked_at, id LIMIT $2) AS r \
        LEFT JOIN reviews AS v ON v.request = r.id ORDER BY r.asked_at, r.id, v.nth");

    WAITING_IN_PROFILE = concat!(select!("FROM (SELECT id, number, version, origin, requester, \
        requester_as, login, facts, facts_number, approvals_from, wished_seconds, justification, \
        ask_first, workflow, device_as_of, asked_at, answer_by, state, state_detail, \
        reminders, reminded_at "), waiting!(),
        " ORDER BY p.asked_at, p.id LIMIT $5) AS r \
        LEFT JOIN reviews AS v ON v.request = r.id ORDER BY r.asked_at, r.id, v.nth");

    /// Counts no further than `$5`.
    COUNT_WAITING = concat!("SELECT COUNT(*) AS waiting FROM (SELECT 1 AS one ", waiting!(),
        " LIMIT $5) AS counted");

    /// The next profile in the alphabet that something is pending for.
    NEXT_PENDING_PROFILE = "SELECT profile FROM requests \
        WHERE state = 'pending' AND profile > $1 ORDER BY profile LIMIT 1";

    ASKED_LATELY = "SELECT COUNT(*) AS times FROM requests \
        WHERE requester = $1 AND profile = $2 AND asked_at >= $3";

    LAST_REVIEWS = "SELECT person, at FROM last_reviews WHERE profile = $1 \
        ORDER BY at DESC LIMIT $2";

    DUE = "SELECT id, answer_by FROM requests WHERE state IN ('unconfirmed', 'pending') AND answer_by <= $1 \
        ORDER BY answer_by LIMIT $2";
}
