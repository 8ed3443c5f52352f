//! The outbox. Times are the caller's, except for leases on PostgreSQL. Owner and end of the
//! lease name one claim: the next one of the same row ends at least a lease later.

/// The kinds that this version can perform: a newer one's rows are left to the newer one. Said the
/// other way round, so that SQLite does not take the kind for the way in: the order is by priority.
/// PostgreSQL reads it as a plain `IN`, and knows from its statistics that nearly every row qualifies;
/// if it expected few, it would sort the backlog.
macro_rules! known_kinds {
    () => {
        "NOT (kind NOT IN ('sync_key', 'sync_card', 'announce', 'publish_home', 'read_person', \
         'take_step', 'complete_step'))"
    };
}

/// The name of a group of lanes while no pause holds for all of it, else nothing. It concerns no
/// row, so it is looked up once, and a backlog behind a pause is not walked through at every claim.
macro_rules! unless_paused {
    ($group:literal, $pauses:literal, $now:literal) => {
        concat!(
            "(SELECT '",
            $group,
            "' WHERE NOT EXISTS (SELECT 1 FROM pauses WHERE ends_at > ",
            $now,
            " AND lane IN (",
            $pauses,
            ")))"
        )
    };
}

/// Posts are paused for each channel, so their rows are looked at one by one.
macro_rules! channel_not_paused {
    ($now:literal) => {
        concat!(
            " AND NOT EXISTS (SELECT 1 FROM pauses WHERE ends_at > ",
            $now,
            " AND pauses.lane = ready.lane)"
        )
    };
}

/// How many rows of a lane that Slack limits are claimed at a time. Slack takes calls of one kind
/// slowly, so the rest of a backlog would only be given back. As many as a channel takes at once
/// (`worker/pace.rs`); of other methods Slack takes more at once, and what has gathered there is
/// claimed in a few rounds. `response_url` is not slow, nor is what the operator says of Tailscale.
macro_rules! few {
    () => {
        "4"
    };
}

/// The same look at each group of lanes.
macro_rules! groups {
    ($look:ident, $now:literal, $lock:literal) => {
        concat!(
            $look!(
                unless_paused!("tailscale", "'tailscale'", $now),
                "",
                $now,
                "$4",
                $lock
            ),
            " UNION ALL ",
            $look!(
                unless_paused!("slack:chat.update", "'slack', 'slack:chat.update'", $now),
                "",
                $now,
                few!(),
                $lock
            ),
            " UNION ALL ",
            $look!(
                unless_paused!("slack:response_url", "'slack', 'slack:response_url'", $now),
                "",
                $now,
                "$4",
                $lock
            ),
            " UNION ALL ",
            $look!(
                unless_paused!(
                    "slack:views.publish:opened",
                    "'slack', 'slack:views.publish', 'slack:views.publish:opened'",
                    $now
                ),
                "",
                $now,
                few!(),
                $lock
            ),
            " UNION ALL ",
            $look!(
                unless_paused!(
                    "slack:views.publish:changed",
                    "'slack', 'slack:views.publish', 'slack:views.publish:changed'",
                    $now
                ),
                "",
                $now,
                few!(),
                $lock
            ),
            " UNION ALL ",
            $look!(
                unless_paused!("slack:post", "'slack', 'slack:post'", $now),
                channel_not_paused!($now),
                $now,
                "$4",
                $lock
            )
        )
    };
}

/// The most urgent rows of one group. The sign before `run_at` keeps planners from the index of
/// what runs next, after which they would have to sort the backlog.
macro_rules! most_urgent {
    ($group:expr, $unpaused:expr, $now:literal, $most:expr, $lock:literal) => {
        concat!(
            "SELECT kind, subject, lane, priority, run_at FROM (\
             SELECT kind, subject, lane, priority, run_at \
             FROM outbox AS ready WHERE owner IS NULL AND lane_group = ",
            $group,
            " AND +run_at <= ",
            $now,
            " AND ",
            known_kinds!(),
            $unpaused,
            " ORDER BY priority, run_at LIMIT ",
            $most,
            " ",
            $lock,
            ") AS candidates"
        )
    };
}

/// When the soonest row of one group may run.
macro_rules! soonest {
    ($group:expr, $unpaused:expr, $now:literal, $most:expr, $lock:literal) => {
        concat!(
            "SELECT at FROM (SELECT run_at AS at FROM outbox AS ready \
             WHERE owner IS NULL AND lane_group = ",
            $group,
            " AND ",
            known_kinds!(),
            $unpaused,
            " ORDER BY run_at LIMIT 1 ",
            $lock,
            ") AS candidate"
        )
    };
}

/// PostgreSQL's own clock in milliseconds.
macro_rules! database_clock {
    () => {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
}

macro_rules! claim {
    ($lease_begins:expr, $lock:literal) => {
        concat!(
            "WITH chosen AS MATERIALIZED (SELECT kind, subject FROM (\
             SELECT kind, subject, lane, priority, run_at, \
             ROW_NUMBER() OVER (PARTITION BY lane ORDER BY priority, run_at) AS place FROM (",
            groups!(most_urgent, "$2", $lock),
            ") AS candidates) AS placed \
             WHERE place <= ",
            few!(),
            " OR lane IN ('tailscale', 'slack:response_url') \
             ORDER BY priority, run_at LIMIT $4) UPDATE outbox SET owner = $1, leased_until = ",
            $lease_begins,
            " + $3 WHERE (kind, subject) IN (SELECT kind, subject FROM chosen) \
             RETURNING kind, subject, lane, priority, run_at, generation, attempts, \
             first_failed_at, leased_until, abandoned_at"
        )
    };
}

macro_rules! abandon {
    ($now:expr, $lock:literal) => {
        concat!(
            "WITH chosen AS MATERIALIZED (SELECT kind, subject FROM outbox \
             WHERE owner IS NOT NULL AND leased_until <= ",
            $now,
            " ",
            $lock,
            ") UPDATE outbox SET owner = NULL, abandoned_at = leased_until, leased_until = NULL \
             WHERE (kind, subject) IN (SELECT kind, subject FROM chosen)"
        )
    };
}

/// A lease that has ended by the clock that it is counted on is a reason to claim at once.
macro_rules! next_run_at {
    ($lease_ends:expr) => {
        concat!(
            "SELECT MIN(at) AS at FROM (",
            groups!(soonest, "$1", ""),
            " UNION ALL SELECT MIN(",
            $lease_ends,
            ") AS at FROM outbox WHERE owner IS NOT NULL \
             UNION ALL SELECT MIN(ends_at) AS at FROM pauses WHERE ends_at > $1) AS following"
        )
    };
}

/// Any number of rows, from one JSON array.
macro_rules! enqueue {
    ($rows:literal) => {
        concat!(
            "INSERT INTO outbox (kind, subject, lane, lane_group, priority, run_at, generation, \
             attempts) ",
            $rows,
            " ON CONFLICT (kind, subject) DO UPDATE SET generation = outbox.generation + 1, \
             run_at = CASE WHEN excluded.run_at < outbox.run_at \
                 THEN excluded.run_at ELSE outbox.run_at END, \
             lane = CASE WHEN excluded.priority < outbox.priority \
                 THEN excluded.lane ELSE outbox.lane END, \
             lane_group = CASE WHEN excluded.priority < outbox.priority \
                 THEN excluded.lane_group ELSE outbox.lane_group END, \
             priority = CASE WHEN excluded.priority < outbox.priority \
                 THEN excluded.priority ELSE outbox.priority END"
        )
    };
}

statements! {
    /// Touches the row so that nobody can take it over before the commit.
    HOLDS = "UPDATE outbox SET owner = owner \
        WHERE kind = $1 AND subject = $2 AND owner = $3 AND leased_until = $4";

    FINISH = "DELETE FROM outbox \
        WHERE kind = $1 AND subject = $2 AND owner = $3 AND leased_until = $4 AND generation = $5";

    RUN_AGAIN = "UPDATE outbox SET owner = NULL, leased_until = NULL, abandoned_at = NULL, \
        attempts = 0, first_failed_at = NULL, error_class = NULL \
        WHERE kind = $1 AND subject = $2 AND owner = $3 AND leased_until = $4";

    /// A wish that came while the attempt ran is not made to wait for the attempt's back-off.
    RETRY_AT = "UPDATE outbox SET owner = NULL, leased_until = NULL, abandoned_at = NULL, \
        run_at = CASE WHEN generation = $5 OR run_at > $6 THEN $6 ELSE run_at END, \
        attempts = attempts + 1, first_failed_at = COALESCE(first_failed_at, $7), \
        error_class = $8 \
        WHERE kind = $1 AND subject = $2 AND owner = $3 AND leased_until = $4";

    RELEASE = "UPDATE outbox SET owner = NULL, leased_until = NULL \
        WHERE kind = $1 AND subject = $2 AND owner = $3 AND leased_until = $4";

    RELEASE_ALL = "UPDATE outbox SET owner = NULL, leased_until = NULL \
        WHERE owner IS NOT NULL AND leased_until > 0 AND owner = $1";

    /// At the start on SQLite, where nobody else can hold a lease.
    ABANDON_ALL = "UPDATE outbox SET owner = NULL, abandoned_at = leased_until, \
        leased_until = NULL WHERE owner IS NOT NULL AND leased_until > 0";

    DEPTH = "SELECT kind, COUNT(*) AS rows_waiting, MIN(run_at) AS oldest FROM outbox \
        GROUP BY kind ORDER BY kind";

    @differing {
        ENQUEUE = enqueue!("SELECT value ->> 'kind', value ->> 'subject', value ->> 'lane', \
            value ->> 'lane_group', value ->> 'priority', value ->> 'run_at', 1, 0 FROM json_each($1) WHERE 1 = 1"),
            enqueue!("SELECT kind, subject, lane, lane_group, priority, run_at, 1, 0 \
            FROM json_to_recordset(CAST(CAST($1 AS TEXT) AS JSON)) AS wish \
            (kind TEXT, subject TEXT, lane TEXT, lane_group TEXT, priority BIGINT, run_at BIGINT)");

        CLAIM = claim!("$2", ""), claim!(database_clock!(), "FOR UPDATE SKIP LOCKED");

        NEXT_RUN_AT = next_run_at!("leased_until"), next_run_at!(concat!(
            "CASE WHEN leased_until <= ", database_clock!(), " THEN 0 ELSE leased_until END"));

        ABANDON = abandon!("$1", ""), abandon!(database_clock!(), "FOR UPDATE SKIP LOCKED");
    }
}
