//! Who has opened their home tab, what it showed last, and whose news it follows.

statements! {
    /// Whatever it showed before, it is published anew.
    OPENED = "INSERT INTO homes (person, opened_at) VALUES ($1, $2) \
        ON CONFLICT (person) DO UPDATE SET opened_at = excluded.opened_at, shown = NULL";

    /// What it shows is still known.
    USED = "INSERT INTO homes (person, opened_at) VALUES ($1, $2) \
        ON CONFLICT (person) DO UPDATE SET opened_at = excluded.opened_at";

    /// Opened again meanwhile, it is published once more.
    SHOWN = "UPDATE homes SET shown = $3 WHERE person = $1 AND opened_at = $2";

    BY_PERSON = "SELECT person, opened_at, shown FROM homes WHERE person = $1";

    WATCHES = "SELECT profile, opened_at FROM home_watches WHERE person = $1 ORDER BY profile";

    WATCH = "INSERT INTO home_watches (person, profile, opened_at) VALUES ($1, $2, $3) \
        ON CONFLICT (person, profile) DO UPDATE SET opened_at = excluded.opened_at";

    FORGET_WATCHES = "DELETE FROM home_watches WHERE person = $1";

    FORGET = "DELETE FROM homes WHERE person = $1";

    /// The homes that a change concerns: whoever asked, and of those who may review or are
    /// security the ones that were opened last.
    CONCERNED = "SELECT person FROM homes WHERE person = $1 \
        UNION SELECT person FROM (SELECT person FROM home_watches WHERE profile = $2 \
            ORDER BY opened_at DESC LIMIT $3) AS reviewers \
        UNION SELECT person FROM (SELECT person FROM home_watches WHERE profile = '*' \
            ORDER BY opened_at DESC LIMIT $3) AS security";

    FORGET_OLD_WATCHES = "DELETE FROM home_watches \
        WHERE person IN (SELECT person FROM homes WHERE opened_at < $1)";

    FORGET_OLD = "DELETE FROM homes WHERE opened_at < $1";
}
