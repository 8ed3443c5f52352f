//! People, pins, groups.

statements! {
    UPSERT = "INSERT INTO people (id, name, email, standing, read_at) \
        VALUES ($1, $2, CAST($3 AS TEXT), $4, $5) ON CONFLICT (id) DO UPDATE SET \
        name = excluded.name, email = excluded.email, standing = excluded.standing, \
        read_at = excluded.read_at";

    FORGET_FRESHNESS = "UPDATE people SET read_at = 0 WHERE id = $1";

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
