//! Grants. `open` means applying, active or ending, in the words of the partial indexes.

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, request, number, version, holder_as, profile, node, attribute, value, \
             comment, approved_at, ends_at, approvers, write_mark, warned_at, late_since, \
             held_by, state, state_detail FROM grants ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO grants (id, request, number, version, holder, holder_as, profile, node, \
        attribute, value, comment, approved_at, ends_at, approvers, write_mark, warned_at, \
        late_since, held_by, due_at, state, state_detail) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
        CAST($16 AS BIGINT), CAST($17 AS BIGINT), CAST($18 AS TEXT), CAST($19 AS BIGINT), \
        $20, $21)";

    UPDATE = "UPDATE grants SET version = $2, approvers = $3, write_mark = $4, \
        warned_at = CAST($5 AS BIGINT), late_since = CAST($6 AS BIGINT), \
        held_by = CAST($7 AS TEXT), due_at = CAST($8 AS BIGINT), state = $9, \
        state_detail = $10 \
        WHERE id = $1 AND version = $2 - 1";

    BY_ID = select!("WHERE id = $1");

    ON_KEY = select!("WHERE node = $1 AND attribute = $2 \
        AND state IN ('applying', 'active', 'ending') ORDER BY number");

    OPEN = select!("WHERE state IN ('applying', 'active', 'ending') AND (ends_at, id) > ($1, $2) \
        ORDER BY ends_at, id LIMIT $3");

    OPEN_OF_HOLDER = select!("WHERE holder = $4 AND state IN ('applying', 'active', 'ending') \
        AND (ends_at, id) > ($1, $2) ORDER BY ends_at, id LIMIT $3");

    OPEN_IN_PROFILE = select!("WHERE profile = $4 AND state IN ('applying', 'active', 'ending') \
        AND (ends_at, id) > ($1, $2) ORDER BY ends_at, id LIMIT $3");

    /// The end is compared so that the index of open grants is searched.
    OPEN_OF_OTHERS = select!("WHERE state IN ('applying', 'active', 'ending') AND ends_at > $1 \
        AND holder <> $2 ORDER BY ends_at, id LIMIT $3");

    OPEN_OF_OTHERS_IN_PROFILE = select!("WHERE profile = $4 \
        AND state IN ('applying', 'active', 'ending') AND ends_at > $1 AND holder <> $2 \
        ORDER BY ends_at, id LIMIT $3");

    /// Counts no further than `$3`.
    COUNT_OPEN_OF_OTHERS = "SELECT COUNT(*) AS open_now FROM (SELECT 1 AS one FROM grants \
        WHERE state IN ('applying', 'active', 'ending') AND ends_at > $1 AND holder <> $2 \
        LIMIT $3) AS counted";

    COUNT_OPEN_OF_OTHERS_IN_PROFILE = "SELECT COUNT(*) AS open_now FROM (SELECT 1 AS one \
        FROM grants WHERE profile = $4 AND state IN ('applying', 'active', 'ending') \
        AND ends_at > $1 AND holder <> $2 LIMIT $3) AS counted";

    /// The end is compared so that the index of open grants is searched.
    COUNT_OPEN = "SELECT COUNT(*) AS times FROM grants \
        WHERE state IN ('applying', 'active', 'ending') AND ends_at > $1";

    COUNT_OPEN_OF_HOLDER = "SELECT COUNT(*) AS times FROM grants \
        WHERE holder = $1 AND state IN ('applying', 'active', 'ending')";

    COUNT_OPEN_IN_PROFILE = "SELECT COUNT(*) AS times FROM grants \
        WHERE profile = $1 AND state IN ('applying', 'active', 'ending')";

    /// One that waits until an operator mends the OAuth client. The end is compared so that the
    /// index of open grants is searched.
    OTHER_STUCK = "SELECT id FROM grants WHERE state IN ('applying', 'active', 'ending') \
        AND ends_at > $1 AND id <> $2 AND held_by LIKE '{\"client_refused\"%' LIMIT 1";

    DUE = "SELECT id, due_at FROM grants WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
}
