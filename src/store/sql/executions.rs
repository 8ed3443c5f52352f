//! Runs of steps of workflows.

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, step, inputs, request, began_at, answer, told_at FROM executions ",
            $rest
        )
    };
}

statements! {
    BEGIN = "INSERT INTO executions (id, step, inputs, began_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (id) DO NOTHING";

    WAITS_FOR = "UPDATE executions SET person = CAST($2 AS TEXT), request = $3 \
        WHERE id = $1 AND answer IS NULL";

    ANSWER = "UPDATE executions SET answer = $2, answered_at = $3 WHERE id = $1 AND answer IS NULL";

    TOLD = "UPDATE executions SET told_at = $2 WHERE id = $1 AND told_at IS NULL";

    BY_ID = select!("WHERE id = $1");

    WAITING = select!("WHERE request = $1 AND answer IS NULL AND request IS NOT NULL ORDER BY id");

    UNTOLD = "SELECT id FROM executions WHERE told_at IS NULL AND answer IS NOT NULL \
        ORDER BY began_at LIMIT $1";

    CONFIRMATIONS = "SELECT COUNT(*) AS times FROM executions \
        WHERE person = $1 AND began_at >= $2 AND person IS NOT NULL";

    FORGET = "DELETE FROM executions WHERE told_at < $1 AND told_at IS NOT NULL";
}
