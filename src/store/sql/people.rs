//! People, pins, groups.

statements! {
    UPSERT = "INSERT INTO people (id, name, email, standing, read_at) \
        VALUES ($1, $2, CAST($3 AS TEXT), $4, $5) ON CONFLICT (id) DO UPDATE SET \
        name = excluded.name, email = excluded.email, standing = excluded.standing, \
        read_at = excluded.read_at WHERE excluded.read_at >= people.read_at";

    FORGET_FRESHNESS = "UPDATE people SET read_at = 0 WHERE id = $1";

    /// Whether somebody waits for something, holds something, or has approved something that is
    /// still pending.
    SOMETHING_OPEN = "SELECT 1 AS found FROM requests WHERE requester = $1 AND state = 'pending' \
        UNION ALL SELECT 1 FROM requests WHERE requester = $1 AND state = 'unconfirmed' \
        UNION ALL SELECT 1 FROM grants WHERE holder = $1 \
            AND state IN ('applying', 'active', 'ending') \
        UNION ALL SELECT 1 FROM requests AS pending JOIN reviews ON reviews.request = pending.id \
            WHERE pending.state = 'pending' AND reviews.person = $1 LIMIT 1";

    /// The unanswered requests and open grants of one person, by request.
    OPEN_OF = "SELECT id AS request FROM requests WHERE requester = $1 AND state = 'pending' \
        UNION SELECT id FROM requests WHERE requester = $1 AND state = 'unconfirmed' \
        UNION SELECT request FROM grants WHERE holder = $1 \
            AND state IN ('applying', 'active', 'ending') AND state <> 'ending' LIMIT $2";

    PENDING_REVIEWED_BY = "SELECT pending.id AS request FROM requests AS pending \
        WHERE pending.state = 'pending' AND EXISTS (SELECT 1 FROM reviews \
            WHERE reviews.request = pending.id AND reviews.person = $1) LIMIT $2";

    /// Those who wait for something or hold something and were last read before this. Both lists
    /// come from the indexes of what is open.
    HOLDERS_READ_BEFORE = "SELECT people.id AS id FROM people JOIN (\
            SELECT requester AS id FROM requests AS pending WHERE state = 'pending' \
            UNION SELECT holder AS id FROM grants AS open WHERE state IN ('applying', 'active', 'ending')\
        ) AS holders ON holders.id = people.id WHERE people.read_at < $1 \
        ORDER BY people.read_at LIMIT $2";

    BY_ID = "SELECT id, name, email, standing, read_at FROM people WHERE id = $1";

    /// Eight at a time; a short list repeats its last one.
    BY_IDS = "SELECT id, name, email, standing, read_at FROM people \
        WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// Eight pairs at a time; a short list repeats its last one.
    PINS = "SELECT person, login FROM identity_pins \
        WHERE person IN ($1, $2, $3, $4, $5, $6, $7, $8) \
        UNION SELECT person, login FROM identity_pins \
        WHERE login IN ($9, $10, $11, $12, $13, $14, $15, $16)";

    /// Eight at a time; a short list repeats its last one. Whoever is pinned to another login
    /// does not answer to their e-mail address.
    WITH_LOGINS = "SELECT login, person FROM identity_pins \
        WHERE login IN ($1, $2, $3, $4, $5, $6, $7, $8) \
        UNION SELECT email AS login, id AS person FROM people \
        WHERE email IN ($1, $2, $3, $4, $5, $6, $7, $8) AND standing = 'member' \
        AND NOT EXISTS (SELECT 1 FROM identity_pins WHERE identity_pins.person = people.id) \
        AND NOT EXISTS (SELECT 1 FROM identity_pins WHERE identity_pins.login = people.email)";

    PIN = "INSERT INTO identity_pins (person, login) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    PIN_ADDRESS = "INSERT INTO address_pins (address, person) VALUES ($1, $2) \
        ON CONFLICT DO NOTHING";

    ADDRESS_PINS = "SELECT address, person FROM address_pins";

    SAVE_GROUP = "INSERT INTO member_lists (kind, name, members, as_of) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (kind, name) DO UPDATE SET members = excluded.members, \
        as_of = excluded.as_of WHERE excluded.as_of >= member_lists.as_of";

    FORGET_OLDER_GROUPS = "DELETE FROM member_lists WHERE kind = $1 AND as_of < $2";

    GROUPS = "SELECT kind, name, members, as_of FROM member_lists";
}
