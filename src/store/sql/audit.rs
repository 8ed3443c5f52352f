//! The audit trail and the tally of refusals.

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, number, at, event FROM audit_events ", $rest)
    };
}

statements! {
    /// Nothing is returned when somebody else took the number at the same moment.
    RECORD = "INSERT INTO audit_events (id, subject, number, kind, at, event) \
        SELECT CAST($1 AS TEXT) || '#' || CAST(following.number AS TEXT), CAST($1 AS TEXT), \
        following.number, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT) \
        FROM (SELECT COALESCE(MAX(number), 0) + 1 AS number FROM audit_events \
        WHERE subject = CAST($1 AS TEXT)) AS following WHERE 1 = 1 \
        ON CONFLICT DO NOTHING RETURNING id";

    BY_ID = select!("WHERE id = $1");

    OF_SUBJECT = select!("WHERE subject = $1 ORDER BY number");

    SECURITY_TOLD = select!("WHERE subject = $1 AND kind = 'security_told' \
        ORDER BY number DESC LIMIT 1");

    SINCE = select!("WHERE (at, subject, number) > ($1, $2, $3) \
        ORDER BY at, subject, number LIMIT $4");

    TALLY = "INSERT INTO refusals (subject, person, reason, minute, times) \
        VALUES ($1, $2, $3, $4, 1) ON CONFLICT (subject, person, reason, minute) \
        DO UPDATE SET times = refusals.times + 1 RETURNING times";

    REFUSAL_TIMES = "SELECT times FROM refusals \
        WHERE subject = $1 AND person = $2 AND reason = $3 AND minute = $4";
}
