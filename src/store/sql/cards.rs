//! Cards: which exist, and where.

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, request, face, delivery, delivery_detail, shown, reply, made_at FROM cards ",
            $rest
        )
    };
}

statements! {
    INSERT = "INSERT INTO cards (id, request, face, delivery, delivery_detail, channel, ts, shown, \
        reply, made_at) VALUES ($1, $2, $3, $4, $5, CAST($6 AS TEXT), CAST($7 AS TEXT), \
        CAST($8 AS TEXT), CAST($9 AS TEXT), $10) ON CONFLICT DO NOTHING";

    /// A click that came in between has left another reply, which stays.
    SHOWN = "UPDATE cards SET delivery = $2, delivery_detail = $3, channel = CAST($4 AS TEXT), \
        ts = CAST($5 AS TEXT), shown = CAST($6 AS TEXT), \
        reply = CASE WHEN reply = CAST($7 AS TEXT) THEN CAST($8 AS TEXT) ELSE reply END \
        WHERE id = $1";

    SET_REPLY = "UPDATE cards SET reply = CAST($2 AS TEXT) WHERE id = $1";

    FORGET = "DELETE FROM cards WHERE id = $1";

    BY_ID = select!("WHERE id = $1");

    AT_PLACE = select!("WHERE channel = $1 AND ts = $2");

    OF_REQUEST = select!("WHERE request = $1 ORDER BY made_at, id");
}
