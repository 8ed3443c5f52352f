//! The device index, deliveries, pauses, replicas, the clock's next business, health.

statements! {
    DEVICES = "SELECT node, device FROM devices WHERE node > $1 ORDER BY node LIMIT $2";

    FINGERPRINTS = "SELECT node, fingerprint FROM devices WHERE node > $1 ORDER BY node LIMIT $2";

    SAVE_DEVICE = "INSERT INTO devices (node, fingerprint, device) VALUES ($1, $2, $3) \
        ON CONFLICT (node) DO UPDATE SET fingerprint = excluded.fingerprint, \
        device = excluded.device";

    FORGET_DEVICE = "DELETE FROM devices WHERE node = $1";

    SNAPSHOT = "SELECT name, as_of FROM snapshots WHERE name = $1";

    SAVE_SNAPSHOT = "INSERT INTO snapshots (name, as_of) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of \
        WHERE excluded.as_of > snapshots.as_of";

    FIRST_DELIVERY = "INSERT INTO deliveries (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    FORGET_DELIVERIES = "DELETE FROM deliveries WHERE at < $1";

    PAUSE = "INSERT INTO pauses (lane, ends_at) VALUES ($1, $2) \
        ON CONFLICT (lane) DO UPDATE SET ends_at = excluded.ends_at \
        WHERE excluded.ends_at > pauses.ends_at";

    PAUSES = "SELECT lane, ends_at FROM pauses WHERE ends_at > $1 ORDER BY lane";

    HEARTBEAT = "INSERT INTO replicas (owner, seen_at) VALUES ($1, $2) \
        ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at";

    FORGET_REPLICAS = "DELETE FROM replicas WHERE seen_at < $1";

    REPLICAS = "SELECT COUNT(*) AS alive FROM replicas WHERE seen_at >= $1";

    /// When the clock has to do with a request or a grant next.
    NEXT_DUE = "SELECT MIN(at) AS at FROM (SELECT MIN(answer_by) AS at FROM requests \
        WHERE state IN ('unconfirmed', 'pending') \
        UNION ALL SELECT MIN(due_at) AS at FROM grants WHERE due_at IS NOT NULL) AS soonest";

    /// Writes what is there already: it proves that a commit reaches the disk.
    PROBE = "UPDATE counters SET value = value + 1 WHERE name = 'probe'";

    SCHEMA_VERSION = "SELECT MAX(version) AS version FROM _sqlx_migrations";
}
